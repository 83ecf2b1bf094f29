"""A product of minimised instances does to the core what the whole product does."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goalstate.model.deployment import Deployment
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.many_instances.family import family_of
from goalstate.model.engines.many_instances.quotients import (
    HIDDEN,
    Steps,
    TooLarge,
    bisimilar,
    minimised,
    quotient,
    reduced,
)
from goalstate.model.engines.symbolic.search import Symbols
from goalstate.model.network import Component, Network
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, does, ignores, on, refuses
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.judging.abstraction import Abstractions
from goalstate.properties.judging.explicit import check
from goalstate.properties.judging.symbolic import Judge, speaks_of_the_core
from goalstate.properties.predicates import At, Can
from goalstate.properties.property import Always, AlwaysCan, NoDeadlock, Outcome, Property
from goalstate.properties.service.many_instances import assemble
from tests.model.services import role
from tests.properties.service.test_many_instances import families, shop


def workers(count: int, faults: int, tick: int = 5) -> Workflow:
    return Workflow(Deployment("service", (role("worker", instances=count),)), Bounds(Faults(faults), 1, tick))


def about_the_core(network: Network) -> list[Property]:
    """What can be said of each state of each chart of the core, and deadlock."""
    found = [Property("deadlock", NoDeadlock())]
    for component in network.components:
        for state in component.chart.state_names if not component.scope else ():
            there = At(component.name, f"in({state})")
            found += [
                Property(f"{component.name} is never in {state}", Always(~there)),
                Property(f"{component.name} can always get to {state}", AlwaysCan(there)),
                Property(f"{component.name} can always leave {state}", AlwaysCan(~there, there)),
            ]
    return found


def core_states(network: Network) -> set[tuple[int, ...]]:
    """The states of the core that are reached."""
    space = explicit.explore(network)
    assert space.complete
    core = [i for i, c in enumerate(network.components) if not c.scope]
    return {tuple(state[i] for i in core) for state in space.layout.unpack(space.packed)}


def same_to_the_core(network: Network, smaller: Network) -> None:
    assert [c for c in network.components if not c.scope] == [c for c in smaller.components if not c.scope]
    assert core_states(network) == core_states(smaller)
    claims = about_the_core(network)
    wanted = check(explicit.explore(network, graph=True), claims)
    found = check(explicit.explore(smaller, graph=True), claims)
    for one, other in zip(wanted, found, strict=True):
        assert one.outcome is other.outcome, one.property


# -- branching bisimulation --------------------------------------------------------------------------------------------


def test_a_hidden_step_that_decides_something_stays() -> None:
    # Milner's a.(b + tau.c): whoever can still do b is not who has lost it.
    classes, steps = minimised([{("a", 1)}, {("b", 3), (HIDDEN, 2)}, {("c", 3)}, set()])
    assert classes == [0, 1, 2, 3]
    assert steps == [{("a", 1)}, {("b", 3), (HIDDEN, 2)}, {("c", 3)}, set()]


def test_a_hidden_step_that_decides_nothing_goes() -> None:
    assert minimised([{(HIDDEN, 1)}, {("a", 2)}, set()]) == ([0, 0, 1], [{("a", 1)}, set()])


def test_going_on_for_ever_is_told_from_an_end() -> None:
    assert not bisimilar([{(HIDDEN, 0)}], [set()])
    assert bisimilar([{(HIDDEN, 1)}, {(HIDDEN, 2)}, {(HIDDEN, 1)}], [{(HIDDEN, 0)}])
    assert bisimilar([{(HIDDEN, 1)}, set()], [set()])


@st.composite
def systems(draw: st.DrawFn) -> Steps:
    size = draw(st.integers(1, 12))
    step = st.tuples(st.sampled_from([HIDDEN, HIDDEN, "a", "b"]), st.integers(0, size - 1))
    return [draw(st.sets(step, max_size=3)) for _ in range(size)]


@given(systems())
@settings(max_examples=300, deadline=None)
def test_what_is_minimised_does_the_same_and_is_minimal(system: Steps) -> None:
    classes, merged = minimised(system)
    assert classes[0] == 0
    assert bisimilar(system, merged)
    assert minimised(merged)[0] == list(range(len(merged)))


# -- products ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "faults"), [(1, 1), (2, 0)])
def test_workers_are_the_same_to_the_core(count: int, faults: int) -> None:
    network = workers(count, faults).network
    same_to_the_core(network, reduced(family_of(network)))


def test_some_instances_may_be_kept_whole() -> None:
    network = workers(2, 0).network
    smaller = reduced(family_of(network), ["R_IN_1/"])
    assert [c.name for c in smaller.components if c.scope == "R_IN_0/"] == ["R_IN_0/instance"]
    assert [c for c in smaller.components if c.scope == "R_IN_1/"] == [
        c for c in network.components if c.scope == "R_IN_1/"
    ]
    same_to_the_core(network, smaller)


@given(families())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_families_are_the_same_to_the_core(network: Network) -> None:
    if not explicit.explore(network, Limits(states=20_000)).complete:
        return
    same_to_the_core(network, reduced(family_of(network)))


@pytest.mark.parametrize("leaves", [True, False])
def test_one_that_is_stuck_stays_stuck(leaves: bool) -> None:
    network = shop(4, leaves=leaves)
    smaller = reduced(family_of(network))
    same_to_the_core(network, smaller)
    closes = Property("the shop can always be closed", AlwaysCan(At("keeper", "in(closed)")))
    (verdict,) = check(explicit.explore(smaller, graph=True), [closes])
    assert verdict.outcome is (Outcome.HOLDS if leaves else Outcome.VIOLATED)


def test_a_limit_is_told() -> None:
    with pytest.raises(TooLarge, match="R_IN_0 with the core: stopped at 100 states"):
        quotient(workers(1, 1).network, "R_IN_0/", Limits(states=100))


def test_a_hundred_workers_with_one_fault_are_a_product_of_few_nodes() -> None:
    smaller = reduced(assemble(workers(100, 1)).family)
    symbols = Symbols(smaller)
    states = symbols.reachable()
    assert sum(c.scope != "" for c in smaller.components) == 100, "each worker is one machine"
    assert symbols.size(states) > 10**70
    assert states.node_count() < 30 * 100


# -- what the abstraction leaves open ----------------------------------------------------------------------------------


def bell(customers: int, *, heard: bool) -> Network:
    """A shop that customers leave when the keeper rings; not ``heard``, some stay for ever."""
    scopes = [f"c{k}/" for k in range(customers)]
    enter = tuple(s + "enter" for s in scopes)
    keeper = Statechart(
        "keeper",
        (State("open"), State("closing"), State("closed")),
        "open",
        rows=(
            does("ring", "open", "closing"),
            does("ring", "closing"),
            does("close", "closing", "closed"),
            on(enter, ("open", "closing")),
            refuses(enter, "closed"),
        ),
    )
    customer = Statechart(
        "customer",
        (State("out"), State("inside"), State("deaf")),
        "out",
        rows=(
            does("enter", "out", "inside"),
            does("ponder", "inside", "deaf"),
            ignores("ring", "out"),
            on("ring", "inside", "out"),
            on("ring", "deaf", "out") if heard else ignores("ring", "deaf"),
            ignores("close", "out"),
            refuses("close", ("inside", "deaf")),
        ),
    )
    shared = frozenset({"ring", "close"})
    return Network((Component("keeper", keeper), *(Component(s + "customer", customer, s, shared) for s in scopes)))


@pytest.mark.parametrize("customers", [2, 3, 40])
@pytest.mark.parametrize("heard", [True, False])
def test_what_one_instance_leaves_open_is_asked_of_all_of_them_minimised(customers: int, heard: bool) -> None:
    network = bell(customers, heard=heard)
    closes = Property("the shop can always be closed", AlwaysCan(At("keeper", "in(closed)")))
    verdict = Judge(Abstractions(family_of(network)).of("c0/")).verdict(closes)
    if customers < 4:
        (wanted,) = check(explicit.explore(network, graph=True), [closes])
        assert wanted.outcome is (Outcome.HOLDS if heard else Outcome.VIOLATED)
    if heard:
        assert verdict.outcome is Outcome.HOLDS
        assert verdict.reason == "shown on the product of all instances, minimised"
    else:
        assert verdict.outcome is Outcome.VIOLATED
        assert verdict.path is not None


def test_what_minimised_instances_hide_is_not_asked_of_them() -> None:
    network = shop(2, leaves=True)
    closed = At("keeper", "in(closed)")
    assert speaks_of_the_core(AlwaysCan(closed), network)
    assert speaks_of_the_core(AlwaysCan(closed, None, frozenset({"c0/enter", "close"})), network)
    assert not speaks_of_the_core(AlwaysCan(closed, None, frozenset({"c0/leave"})), network)
    assert not speaks_of_the_core(AlwaysCan(closed, At("c0/customer", "in(out)")), network)
    assert not speaks_of_the_core(Always(Can("close") | closed), network)
