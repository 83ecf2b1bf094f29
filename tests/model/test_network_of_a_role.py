"""The network of a whole role: engines, machines and network agree, what must be true of it is true on walks."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from goalstate.model.deployment import Deployment, Role
from goalstate.model.engines import reference
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import GlobalState, Network
from goalstate.model.network.statespace import Limits
from goalstate.model.running.runner import Runner
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue import deployment_properties, platform_properties
from goalstate.properties.judging.explicit import check
from goalstate.properties.predicates import At, Predicate, bind
from goalstate.properties.property import Family, Outcome, Possible
from tests.model.deployment.strategies import deployments
from tests.stateful import Invariant, stateful

from .services import role, service

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

FULL_IIS = Workflow(service(role("full IIS", ("pair", "simple"), "default")), Bounds(Faults(1), requests=2, tick=5))


# -- walks -------------------------------------------------------------------------------------------------------------


def at(agent: str, condition: str) -> Predicate:
    return At(f"R_IN_0/{agent}", condition)


def rule_of(name: str, predicate: Predicate) -> Invariant:
    """A predicate on the full-IIS network as an invariant of a walk."""
    bound = bind(predicate, FULL_IIS.network)

    def holds(network: Network, state: GlobalState) -> bool:
        return bound.of(state)

    holds.__name__ = name
    return holds


INVARIANTS = [
    rule_of(
        "no_host_process_without_a_bootstrapper",
        at("iis_host", "in(absent)") | at("host_bootstrapper", "not in(absent)"),
    ),
    rule_of(
        "nothing_runs_in_a_guest_that_is_off",
        at("guest_os", "not in(off)")
        | (at("guest_agent", "in(absent)") & at("host_bootstrapper", "in(absent)") & at("w3wp", "in(no_site)")),
    ),
    rule_of("ready_only_with_a_guest", at("guest_agent", "status == busy") | at("guest_os", "in(running) or in(hung)")),
    rule_of(
        "rotation_only_with_an_address",
        at("rotation", "not in(in_rotation)")
        | at("placement", "in(placed) or in(stopping) or in(allocating) or in(copying) or in(instructing)"),
    ),
    rule_of("w3wp_only_for_a_site_that_was_set_up", at("w3wp", "in(no_site)") | at("guest_os", "not in(off)")),
]


def test_a_walk_through_a_full_iis_role() -> None:
    walk = stateful(FULL_IIS.network, INVARIANTS)
    run_state_machine_as_test(
        walk, settings=settings(max_examples=4, stateful_step_count=60, suppress_health_check=SLOW)
    )


@pytest.mark.parametrize("seed", range(3))
def test_machines_network_and_space_agree_on_long_walks(seed: int) -> None:
    """A walk of several hundred events goes through states that the engine found, over edges that it found."""
    workflow = Workflow(FULL_IIS.deployment, Bounds(Faults(1), requests=1, tick=5))
    network = workflow.network
    space = explicit.explore(network, graph=True)
    assert space.graph is not None
    number = {state: i for i, state in enumerate(space.layout.unpack(space.packed))}
    runner, state, chance = Runner(network), network.initial, random.Random(seed)
    seen = set()
    for _ in range(250):
        enabled = network.enabled(state)
        here = number[state]
        edges = sorted(range(*space.graph.offsets[here : here + 2].tolist()), key=space.graph.events.__getitem__)
        assert [network.events[int(space.graph.events[k])].name for k in edges] == enabled == runner.enabled()
        choice = chance.randrange(len(enabled))
        runner.fire(enabled[choice])
        state = network.step(state, enabled[choice])
        assert number[state] == space.graph.targets[edges[choice]]
        assert runner.state == state
        seen.add(state)
    assert len(seen) > 60


# -- random deployments ------------------------------------------------------------------------------------------------


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """One instance of a random role, few faults and requests."""
    deployment = draw(deployments(max_roles=2, max_instances=2, max_tasks=2))
    chosen: Role = draw(st.sampled_from(deployment.roles))
    faults, requests = draw(st.sampled_from([(0, 1), (0, 2), (1, 1)]))
    return Workflow(deployment, Bounds(Faults(faults), requests, 5, ((chosen.name, (0,)),)))


@settings(max_examples=12, suppress_health_check=SLOW)
@given(workflows())
def test_the_platform_properties_are_true_of_random_deployments(workflow: Workflow) -> None:
    space = explicit.explore(workflow.network, Limits(states=150_000), graph=True)
    properties = platform_properties(workflow) + deployment_properties(workflow)
    names = [str(p) for p in properties if p.family is Family.PLATFORM]
    assert len(names) == len(set(names)), "a sentence and a subject name one property"
    runner = Runner(workflow.network)
    for verdict in check(space, properties):
        if verdict.property.family is Family.PLATFORM:
            # In a search that stopped, what can come about may have come about already; the rest stays unknown.
            found = isinstance(verdict.property.claim, Possible) and verdict.outcome is Outcome.HOLDS
            wanted = Outcome.HOLDS if space.complete or found else Outcome.UNKNOWN
            assert verdict.outcome is wanted, f"{verdict.property}: {verdict.reason}"
        elif verdict.outcome is Outcome.VIOLATED:
            assert verdict.path is not None
            assert runner.accepts(verdict.path)
            assert verdict.property.location


@settings(max_examples=8, suppress_health_check=SLOW)
@given(workflows())
def test_both_engines_find_the_same_in_random_deployments(workflow: Workflow) -> None:
    limits = Limits(states=4_000)
    wanted, found = reference.explore(workflow.network, limits), explicit.explore(workflow.network, limits)
    assert found.complete == wanted.complete
    if wanted.complete:
        assert (found.distinct, found.transitions, found.levels) == (wanted.distinct, wanted.transitions, wanted.levels)


@settings(max_examples=15, suppress_health_check=SLOW)
@given(deployments(max_roles=3, max_instances=3, max_tasks=3), st.integers(0, 1 << 30))
def test_whole_deployments_compose_and_run(deployment: Deployment, seed: int) -> None:
    """All instances at once: beyond enumeration, not beyond composition and a walk."""
    network = Workflow(deployment, Bounds(Faults(1), requests=2, tick=5)).network
    assert len({c.name for c in network.components}) == len(network.components)
    runner, state, chance = Runner(network), network.initial, random.Random(seed)
    for _ in range(25):
        enabled = network.enabled(state)
        assert enabled, "something can always happen"
        event = chance.choice(enabled)
        runner.fire(event)
        state = network.step(state, event)
        assert runner.state == state
