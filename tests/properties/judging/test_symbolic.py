"""The symbolic engine counts and judges as the engines do that look at every state."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.symbolic.search import Symbols
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import Limit, Limits, Stopped
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue import deployment_properties, platform_properties
from goalstate.properties.judging.explicit import check
from goalstate.properties.judging.symbolic import check_symbolically
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
from goalstate.properties.verdict import Counts
from tests.model.services import role, service
from tests.strategies import networks
from tests.toys import crews
from tests.toys.philosophers import number_of_states, philosophers
from tests.toys.two_phase_commit import two_phase_commit


@st.composite
def claims(draw: st.DrawFn, network: Network) -> list[Property]:
    def somewhere() -> Predicate:
        component = draw(st.sampled_from(network.components))
        state = draw(st.sampled_from(component.chart.state_names))
        found: Predicate = At(component.name, f"in({state})")
        if draw(st.integers(0, 3)) == 0:
            found = found | Can(event())
        return ~found if draw(st.booleans()) else found

    def event() -> str:
        return draw(st.sampled_from(network.events)).name

    first, then = event(), event()
    order = [Component("order", precedence("order", [first], [then]))] if first != then else []
    return [
        Property("always", Always(somewhere() | somewhere())),
        Property("never", Never((event(), event()), somewhere() & somewhere())),
        Property("never at all", Never((event(),))),
        *(Property("order", Watched(o), witness=somewhere()) for o in order),
        Property("possible", Possible(somewhere() & somewhere())),
        Property("can", AlwaysCan(somewhere(), somewhere(), frozenset({event()})), witness=Can(event())),
        Property("deadlock", NoDeadlock()),
        Property("lost", NothingLost()),
    ]


@given(st.data())
@settings(max_examples=220, deadline=None, suppress_health_check=list(HealthCheck))
def test_three_engines_agree_on_counts_and_verdicts(data: st.DataObject) -> None:
    network = data.draw(networks())
    space = reference.explore(network, Limits(states=3000))
    if not space.complete:
        return
    properties = data.draw(claims(network))
    counts, found, stopped = check_symbolically(network, properties)
    assert stopped is None
    assert counts == Counts(space.distinct, space.transitions, space.depth)
    other = explicit.explore(network, graph=True)
    assert counts == Counts(other.distinct, other.transitions, other.depth)
    for wanted, verdict in zip(check(other, properties), found, strict=True):
        assert (verdict.outcome, verdict.vacuous) == (wanted.outcome, wanted.vacuous), verdict
        if wanted.path is not None:
            assert verdict.path is not None
            assert Path.replay(network, verdict.path.events).states == verdict.path.states
            if not isinstance(wanted.property.claim, NothingLost | Never):  # the first event of several decides
                assert len(verdict.path) == len(wanted.path)


@pytest.mark.parametrize("kind", ["worker", "full IIS"])
def test_a_role_is_judged_as_state_by_state(kind: str) -> None:
    workflow = Workflow(
        service(role(kind, ("simple",), "none" if kind == "worker" else "default")), Bounds(Faults(1), 1, 5)
    )
    properties = platform_properties(workflow) + deployment_properties(workflow)
    space = explicit.explore(workflow.network, graph=True)
    counts, found, _ = check_symbolically(workflow.network, properties)
    assert counts == Counts(space.distinct, space.transitions, space.depth)
    for wanted, verdict in zip(check(space, properties), found, strict=True):
        assert (verdict.outcome, verdict.vacuous) == (wanted.outcome, wanted.vacuous), verdict
        assert (verdict.path is None) == (wanted.path is None)


def test_a_limit_is_unknown() -> None:
    counts, found, stopped = check_symbolically(two_phase_commit(5), [Property("", NoDeadlock())], Limits(seconds=0.0))
    assert (counts, stopped) == (Counts(0, 0, 0), Stopped(Limit.SECONDS))
    assert found[0].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(states=60), "stopped at 60 nodes of decision diagrams, with "),
        (Limits(memory=10_000), "stopped at 10 kB of memory for decision diagrams"),
    ],
)
def test_limits_of_nodes_and_memory_are_unknown_too(limits: Limits, told: str) -> None:
    properties = [Property("", NoDeadlock()), Property("", Always(At("p0", "not in(eats)")))]
    counts, found, stopped = check_symbolically(philosophers(9), properties, limits)
    assert str(stopped).startswith(told)
    assert [v.outcome for v in found] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert counts == Counts(18 if limits.states else 0, 0, 0)
    assert [v.counts for v in found] == [counts, counts]
    assert all(v.reason.startswith(told) for v in found)


# -- counts of any size ------------------------------------------------------------------------------------------------


def count(network: Network) -> int:
    symbols = Symbols(network)
    return symbols.size(symbols.reachable())


@pytest.mark.parametrize(("instances", "hands"), [(1, 1), (4, 2), (6, 3)])
def test_the_formula_for_a_shared_crew_is_what_plain_search_finds(instances: int, hands: int) -> None:
    network = crews.crew(instances, hands)
    assert reference.explore(network).distinct == crews.states(instances, hands) == count(network)


def test_a_thousand_instances_with_a_shared_crew_are_counted() -> None:
    found = count(crews.crew(1000, 3))
    assert found == crews.states(1000, 3)
    assert len(str(found)) == 484


@pytest.mark.parametrize(("instances", "faults"), [(1, 0), (1, 1), (2, 0)])
def test_whole_products_of_workers_are_counted(instances: int, faults: int) -> None:
    """Larger ones are listed in tests/counts.toml."""
    network = Workflow(service(role("worker", instances=instances)), Bounds(Faults(faults), 1, 5)).network
    assert count(network) == explicit.explore(network).distinct


def test_two_hundred_philosophers_are_counted() -> None:
    # Of the states in which nobody shares a fork one is out of reach: all hold the right one.
    assert count(philosophers(12)) == number_of_states(12) - 1 == 531_440
    assert count(philosophers(200)) == 3**200 - 1


def test_two_phase_commit_is_counted_beyond_what_fits_into_memory() -> None:
    assert [count(two_phase_commit(n)) for n in (3, 5, 9)] == [288, 8_832, 10_340_352]
    assert count(two_phase_commit(12)) == 2_193_563_648
