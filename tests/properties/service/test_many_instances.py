"""What is said of a family after asking one instance is what a search of the whole product says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goalstate.model.agents.fault_budget import fault_budget
from goalstate.model.deployment import Deployment
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.many_instances.family import Family, family_of
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, Transition, does, ignores, on, refuses
from goalstate.model.running.runner import Runner
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue import deployment_properties, platform_properties
from goalstate.properties.judging.abstraction import Abstractions
from goalstate.properties.judging.explicit import check
from goalstate.properties.judging.symbolic import Judge
from goalstate.properties.observer import precedence
from goalstate.properties.predicates import At, Can, Predicate
from goalstate.properties.property import (
    Always,
    AlwaysCan,
    Never,
    NoDeadlock,
    NothingLost,
    Outcome,
    Possible,
    Property,
    Watched,
)
from goalstate.properties.service.many_instances import assemble, verify_family
from tests.model.services import role
from tests.properties.mutants.seeded import HERE, SETTINGS, Mistake, catalogue, mistakes
from tests.strategies import statecharts

SMALL = Limits(memory=50_000_000)


# -- random families ---------------------------------------------------------------------------------------------------


def _for_each(chart: Statechart, event: str, scopes: Sequence[str]) -> Statechart:
    """A chart of the core that answers an event of each instance as it was drawn to answer the one."""

    def expanded(row: Transition) -> Transition:
        events = (row.event,) if isinstance(row.event, str) else row.event
        return replace(row, event=tuple(n for e in events for n in ([s + e for s in scopes] if e == event else [e])))

    every = frozenset(s + event for s in scopes)
    return replace(
        chart,
        rows=tuple(expanded(r) for r in chart.rows),
        knows=frozenset(e for e in chart.knows if e != event) | (every if event in chart.knows else frozenset()),
    )


@st.composite
def families(draw: st.DrawFn) -> Network:
    """A core, two or three instances of two agents each, and a budget for their faults."""
    scopes = [f"i{k}/" for k in range(draw(st.integers(2, 3)))]
    core = _for_each(draw(statecharts(("go", "halt"), ("call",), "core")), "call", scopes)
    outer = draw(statecharts(("call", "ping"), ("go",), "outer"))
    inner = draw(statecharts(("pong",), ("ping", "halt"), "inner"))
    shared = frozenset({"go", "halt"})
    components = [Component("core", core)]
    for s in scopes:
        components += [Component(s + "outer", outer, s, shared), Component(s + "inner", inner, s, shared)]
    faults = sorted({c.rename(e) for c in components for e in c.chart.faults})
    if faults:
        components.append(Component("budget", fault_budget(faults, draw(st.integers(0, 2)))))
    return Network(tuple(components))


@st.composite
def claims(draw: st.DrawFn, network: Network) -> list[Property]:
    """A claim of each sort about the first instance."""
    by_name = {c.name: c for c in network.components}

    def somewhere() -> Predicate:
        name = draw(st.sampled_from(["core", "i0/outer", "i0/inner"]))
        found: Predicate = At(name, f"in({draw(st.sampled_from(by_name[name].chart.state_names))})")
        if draw(st.integers(0, 3)) == 0:
            found = found | Can(event())
        return ~found if draw(st.booleans()) else found

    def event() -> str:
        return draw(st.sampled_from(["go", "halt", "i0/call", "i0/ping", "i0/pong"]))

    faults = frozenset(e.name for e in network.events if e.fault)
    first, then = event(), event()
    chart = precedence("order", [first], [then] if then != first else ["i0/ping" if first != "i0/ping" else "go"])
    return [
        Property("always", Always(somewhere() | somewhere()), witness=somewhere() & somewhere()),
        Property("never", Never((event(),), somewhere() & somewhere()), witness=Can(event())),
        Property("order", Watched(Component("order", chart))),
        Property("possible", Possible(somewhere() & somewhere())),
        Property("can", AlwaysCan(somewhere(), somewhere(), faults)),
        Property("can, with faults", AlwaysCan(somewhere())),
        Property("deadlock", NoDeadlock()),
        Property("lost", NothingLost()),
    ]


def agree(network: Network, properties: list[Property], seen: Counter[str]) -> None:
    """The judge of the first instance never contradicts a search of the product; ``seen`` counts what it decided."""
    space = explicit.explore(network, Limits(states=20_000), graph=True)
    if not space.complete:
        seen["too large"] += 1
        return
    judge = Judge(Abstractions(family_of(network), None, SMALL).of("i0/"))
    for wanted, prop in zip(check(space, properties), properties, strict=True):
        found = judge.verdict(prop)
        if isinstance(prop.claim, NothingLost) and found.outcome is Outcome.HOLDS:
            continue  # one instance answers for itself; the others are asked in turn below
        seen[f"{prop.name}: asked"] += 1
        if prop.witness is not None and found.outcome is Outcome.HOLDS:
            seen["witness: asked"] += 1
            if found.vacuity is not None and not found.vacuity.certain:
                seen["witness: unknown"] += 1
            else:
                assert found.vacuous is wanted.vacuous, (prop, found, wanted)
        if found.outcome is Outcome.UNKNOWN:
            assert found.reason
            seen[f"{prop.name}: unknown"] += 1
            continue
        assert found.outcome is wanted.outcome, (prop, found, wanted)
        if found.path is not None:
            assert Path.replay(network, found.path.events).states == found.path.states


def compared(examples: int, *, same: bool) -> Counter[str]:
    """What was decided about random families: the ``same`` in every run, or others."""
    seen: Counter[str] = Counter()

    @given(st.data())
    @settings(max_examples=examples, deadline=None, derandomize=same, suppress_health_check=list(HealthCheck))
    def compare(data: st.DataObject) -> None:
        network = data.draw(families())
        agree(network, data.draw(claims(network)), seen)

    compare()
    return seen


def test_random_families_agree_with_a_search_of_the_product() -> None:
    seen = compared(100, same=False)
    assert seen["always: asked"] > 70


def test_few_claims_about_random_families_are_unknown() -> None:
    """The same families in every run, since shares of others vary."""
    seen = compared(120, same=True)
    names = ("always", "never", "order", "possible", "can", "can, with faults", "deadlock", "lost", "witness")
    asked, unknown = ({n: seen[f"{n}: {what}"] for n in names} for what in ("asked", "unknown"))
    assert sum(asked.values()) > 800
    assert sum(unknown.values()) < 0.15 * sum(asked.values()), seen
    assert all(unknown[n] < 0.35 * asked[n] for n in names), seen


@given(families())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_event_is_lost_when_none_is_for_any_of_the_instances(network: Network) -> None:
    space = explicit.explore(network, Limits(states=20_000), graph=True)
    if not space.complete:
        return
    family = family_of(network)
    abstractions = Abstractions(family, None, SMALL)
    prop = Property("lost", NothingLost())
    found = {Judge(abstractions.of(scope)).verdict(prop).outcome for scope in family.copies}
    if found == {Outcome.HOLDS}:
        assert check(space, [prop])[0].outcome is Outcome.HOLDS


# -- a family by hand --------------------------------------------------------------------------------------------------


def shop(customers: int, *, leaves: bool) -> Network:
    """A shop that closes when every customer is out; with ``leaves``, a customer can always get out."""
    scopes = [f"c{k}/" for k in range(customers)]
    keeper = Statechart(
        "keeper",
        (State("open"), State("closing"), State("closed")),
        "open",
        rows=(
            does("announce", "open", "closing"),
            does("close", "closing", "closed"),
            on(tuple(s + "enter" for s in scopes), "open"),
            refuses(tuple(s + "enter" for s in scopes), ("closing", "closed")),
        ),
    )
    customer = Statechart(
        "customer",
        (State("out"), State("inside"), State("lost")),
        "out",
        rows=(
            does("enter", "out", "inside"),
            does("leave", "inside", "out"),
            *(() if leaves else (does("stray", "inside", "lost"),)),
            *((does("stray", "inside", "lost"), does("return", "lost", "inside")) if leaves else ()),
            ignores("close", "out"),
            refuses("close", ("inside", "lost")),
        ),
    )
    shared = frozenset({"close"})
    return Network((Component("keeper", keeper), *(Component(s + "customer", customer, s, shared) for s in scopes)))


CLOSES = Property("the shop can always be closed", AlwaysCan(At("keeper", "in(closed)")))


@pytest.mark.parametrize("customers", [1, 2, 5, 40])
def test_others_that_can_always_be_got_to_take_part_don_t_stand_in_the_way(customers: int) -> None:
    verdict = Judge(Abstractions(family_of(shop(customers, leaves=True))).of("c0/")).verdict(CLOSES)
    assert verdict.outcome is Outcome.HOLDS


@pytest.mark.parametrize("customers", [1, 2, 5, 40])
def test_one_that_is_stuck_keeps_the_shop_open(customers: int) -> None:
    network = shop(customers, leaves=False)
    verdict = Judge(Abstractions(family_of(network)).of("c0/")).verdict(CLOSES)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.path is not None
    assert verdict.path.events == ("c0/enter", "c0/stray")


def test_others_are_led_through_their_part_of_a_violation() -> None:
    late = Property("never closed", Always(At("keeper", "not in(closed)")))
    entered = replace(late, claim=Never(("close",), At("keeper", "in(closing)")))
    network = shop(3, leaves=True)
    verdict = Judge(Abstractions(family_of(network)).of("c0/")).verdict(entered)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.path is not None
    assert verdict.path.events == ("announce", "close")


def test_alike_means_that_the_core_answers_alike() -> None:
    assert dict(family_of(shop(4, leaves=True)).copies) == {"c0/": 4}
    first = Statechart("first", (State("a"),), "a", rows=(on("c0/enter", "a"),))
    network = shop(4, leaves=True).with_components([Component("first", first)])
    assert dict(family_of(network).copies) == {"c0/": 1, "c1/": 3}


def test_instances_that_share_what_one_of_them_sends_are_no_family() -> None:
    loud = Statechart("loud", (State("a"),), "a", rows=(does("shout", "a"),))
    quiet = Statechart("quiet", (State("a"),), "a", rows=(on("shout", "a"),))
    shared = frozenset({"shout"})
    with pytest.raises(ValueError, match="shares 'shout', which it sends, with another instance"):
        family_of(Network((Component("x/a", loud, "x/", shared), Component("y/a", quiet, "y/", shared))))


# -- workflows ---------------------------------------------------------------------------------------------------------


def workers(count: int, bounds: Bounds) -> Workflow:
    return Workflow(Deployment("service", (role("worker", instances=count),)), bounds)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_small_network_of_a_workflow_is_the_family_it_really_is(count: int) -> None:
    workflow = workers(count, Bounds(Faults(1), 2, 5))
    assembly = assemble(workflow)
    assert dict(assembly.family.copies) == dict(family_of(workflow.network).copies)
    by_name = {c.name: c for c in workflow.network.components}
    for component in assembly.family.network.components:
        if component.scope:
            assert by_name[component.name] == component


@pytest.mark.parametrize("count", [1, 2, 3, 7, 13])
def test_the_core_of_the_small_network_is_that_of_the_large_one(count: int) -> None:
    """But for the events of instances left out, which the core takes as it takes those of one that was kept."""
    workflow = workers(count, Bounds(Faults(1), 2, 5))
    small, large = assemble(workflow).small.network, workflow.network
    kept = {c.scope for c in small.components if c.scope}
    for component in small.components:
        if component.scope or component.name.startswith("fault_budget"):
            continue
        other = large.components[large.index[component.name]]
        moves, refused = (
            {name: (table[e].tolist()) for e, name in enumerate(other.alphabet)}
            for table in (other.lts.moves, other.lts.refused)
        )
        for e, name in enumerate(component.alphabet):
            assert moves.pop(name) == component.lts.moves[e].tolist(), (component.name, name)
            assert refused.pop(name) == component.lts.refused[e].tolist(), (component.name, name)
        for name, answer in moves.items():
            here, _, event = name.rpartition("/")
            assert here + "/" not in kept
            assert any(
                answer == component.lts.moves[e].tolist()
                for e, known in enumerate(component.alphabet)
                if known.endswith("/" + event)
            ), (component.name, name)


def test_two_workers_without_faults_agree_with_their_product() -> None:
    workflow = workers(2, Bounds(Faults(0), 1, 5))
    space = explicit.explore(workflow.network, graph=True)
    assert space.distinct == 36_997
    properties = platform_properties(workflow) + deployment_properties(workflow)
    wanted = {str(v.property): v.outcome for v in check(space, properties)}
    for verdict in verify_family(workflow):
        assert verdict.outcome is wanted[str(verdict.property)], verdict


def test_what_was_asked_about_a_thousand_grows_with_the_kinds_alone() -> None:
    asked = assemble(workers(1000, Bounds(Faults(1), 1, 5))).representatives()
    assert [(w.scope, w.stands_for) for w in asked] == [("R_IN_0/", 1000)]
    later = assemble(workers(1000, Bounds(Faults(1), 2, 5))).representatives()
    assert [w.stands_for for w in later] == [200] * 5


@cache
def without_limits() -> dict[str, Outcome]:
    """The verdicts on every eighth property of a thousand workers."""
    return {str(v.property): v.outcome for v in verify_family(WORKERS, lambda ps: list(ps)[::8])}


WORKERS = workers(1000, Bounds(Faults(1), 1, 5))


@pytest.mark.parametrize("limits", [Limits(states=300), Limits(memory=300_000), Limits(seconds=0.0)])
def test_a_limit_makes_what_is_not_decided_unknown(limits: Limits) -> None:
    verdicts = verify_family(WORKERS, lambda ps: list(ps)[::8], limits)
    wanted = without_limits()
    assert set(wanted) <= {str(v.property) for v in verdicts}
    undecided = [v for v in verdicts if v.outcome is Outcome.UNKNOWN]
    assert len(undecided) > 8
    assert all(v.reason.startswith("stopped a") for v in undecided)
    assert all(wanted.get(str(v.property), v.outcome) is v.outcome for v in verdicts if v not in undecided)


def test_a_violation_among_a_thousand_replays_on_the_machines_of_all_of_them() -> None:
    def workers(instances: int) -> Workflow:
        return Workflow(
            Deployment("service", (role("worker", ("simple",), instances=instances),)), Bounds(Faults(1), 1, 5)
        )

    workflow, alone = workers(1000), workers(1)
    (verdict,) = verify_family(workflow, lambda ps: [p for p in ps if "can't block the role for ever" in p.name])
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.path is not None
    assert len(verdict.path.network.components) == len(workflow.network.components) > 8000
    blocked = [p for p in deployment_properties(alone) if "can't block the role for ever" in p.name]
    (shortest,) = check(explicit.explore(alone.network, graph=True), blocked)
    assert shortest.path is not None
    assert len(verdict.path) == len(shortest.path), "the others take no step of their own"
    assert Runner(workflow.network).accepts(verdict.path)


def test_what_a_claim_bars_is_barred_on_the_others_too() -> None:
    network = shop(3, leaves=True)
    leaving = frozenset(s + "leave" for s in ("c0/", "c1/", "c2/"))
    claim = Property("closed, nobody leaving", AlwaysCan(At("keeper", "in(closed)"), None, leaving))
    assert check(explicit.explore(network, graph=True), [claim])[0].outcome is Outcome.VIOLATED
    alone = replace(claim, claim=AlwaysCan(At("keeper", "in(closed)"), At("c0/customer", "in(out)"), leaving))
    assert check(explicit.explore(network, graph=True), [alone])[0].outcome is Outcome.VIOLATED
    for prop in (claim, alone):
        assert Judge(Abstractions(family_of(network)).of("c0/")).verdict(prop).outcome is not Outcome.HOLDS


# -- seeded mistakes ---------------------------------------------------------------------------------------------------

QUICK = ("worker", "two instances", "custom probe", "HWC", "open endpoint", "worker with faults")
"""Settings whose mistakes take a second or two each; the others, in minutes, are found too."""


def by_name(mistake: Mistake) -> str:
    return mistake.name


@pytest.mark.parametrize("mistake", [m for m in mistakes() if m.setting in QUICK], ids=by_name)
def test_a_seeded_mistake_is_found(mistake: Mistake) -> None:
    network = mistake.network()
    family: Family = family_of(network)
    judge = Judge(Abstractions(family, None, Limits(memory=400_000_000)).of(HERE))
    verdict = judge.verdict(catalogue(mistake.setting)[mistake.caught_by])
    assert verdict.outcome is Outcome.VIOLATED, verdict.reason
    if verdict.path is not None:
        assert Runner(network).accepts(Path.replay(network, verdict.path.events))


@pytest.mark.parametrize("setting", ["worker", "HWC", "custom probe"])
def test_without_mistakes_everything_is_as_the_product_says(setting: str) -> None:
    network = SETTINGS[setting].network
    space = explicit.explore(network, graph=True)
    judge = Judge(Abstractions(family_of(network), None, Limits(memory=400_000_000)).of(HERE))
    properties = list(catalogue(setting).values())
    for wanted in check(space, properties):
        found = judge.verdict(wanted.property)
        assert found.outcome is wanted.outcome, (found, wanted.reason)
