"""Decision diagrams give the sets, ways and counts that plain search gives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.symbolic.diagrams import Allowance, OutOfLimits, Set
from goalstate.model.engines.symbolic.search import Symbols
from goalstate.model.network import Component, GlobalState, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, does, on
from tests.strategies import networks
from tests.toys.counters import counters
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import two_phase_commit

SMALL = Limits(memory=50_000_000)


def only(symbols: Symbols, state: GlobalState) -> Set:
    found = symbols.true
    for i in symbols.keep:
        found = found & symbols.among(i, [s == state[i] for s in range(symbols.network.components[i].lts.size)])
    return found


@given(networks())
@settings(max_examples=120, deadline=None)
def test_the_reachable_states_are_those_of_plain_search(network: Network) -> None:
    space = reference.explore(network, Limits(states=3000))
    if not space.complete:
        return
    symbols = Symbols(network, limits=SMALL)
    found = symbols.reachable()
    assert symbols.size(found) == space.distinct
    for state in space.layout.unpack(space.packed):
        assert symbols.holds(found, state)


@given(networks(), st.data())
@settings(max_examples=80, deadline=None)
def test_a_way_is_a_shortest_one_and_replays(network: Network, data: st.DataObject) -> None:
    space = reference.explore(network, Limits(states=2000))
    if not space.complete:
        return
    symbols = Symbols(network, limits=SMALL)
    number = data.draw(st.integers(0, space.distinct - 1))
    target = only(symbols, space.state(number))
    way = symbols.way(symbols.initial, target, symbols.actions, symbols.reachable())
    assert Path.replay(network, way).last == space.state(number)
    assert len(way) == len(space.path(number))


@given(networks(), st.data())
@settings(max_examples=80, deadline=None)
def test_what_leads_to_a_state_is_what_plain_search_says(network: Network, data: st.DataObject) -> None:
    space = reference.explore(network, Limits(states=1000))
    if not space.complete:
        return
    symbols = Symbols(network, limits=SMALL)
    states = space.layout.unpack(space.packed)
    number = {state: k for k, state in enumerate(states)}
    goal = data.draw(st.integers(0, len(states) - 1))
    leading = {goal}
    while True:
        more = {number[s] for s in states if any(number[t] in leading for _, t in network.successors(s))} - leading
        if not more:
            break
        leading |= more
    found = symbols.leading_to(only(symbols, states[goal]), within=symbols.reachable())
    assert symbols.size(found) == len(leading)
    for k in leading:
        assert (found & only(symbols, states[k])).satisfiable()


@pytest.mark.parametrize(("managers", "states"), [(3, 288), (5, 8_832)])
def test_two_phase_commit_has_its_published_counts(managers: int, states: int) -> None:
    symbols = Symbols(two_phase_commit(managers))
    assert symbols.size(symbols.reachable()) == states


def test_counts_have_any_size() -> None:
    lamp = Statechart(
        "lamp",
        (State("dark"), State("bright")),
        "dark",
        rows=(does("on", "dark", "bright"), does("off", "bright", "dark")),
    )
    symbols = Symbols(Network(tuple(Component(f"lamp_{i}", lamp, f"{i}/") for i in range(300))))
    assert symbols.size(symbols.reachable()) == 2**300


def test_leaving_components_out_gives_at_least_as_much() -> None:
    network = two_phase_commit(3)
    symbols = Symbols(network)
    whole = symbols.reachable()
    for left_out in range(len(network.components)):
        keep = [i for i in range(len(network.components)) if i != left_out]
        some = Symbols(network, keep)
        wide = some.reachable()
        for state in explicit.explore(network).layout.unpack(explicit.explore(network).packed):
            assert some.holds(wide, state)
    assert symbols.size(whole) == 288


def test_a_time_limit_is_told() -> None:
    symbols = Symbols(counters(6, 3), limits=Limits(seconds=0.0))
    with pytest.raises(OutOfLimits, match="stopped after 0 seconds"):
        symbols.reachable()


def test_a_time_limit_stops_a_search_that_is_under_way() -> None:
    symbols = Symbols(scattered(24), limits=Limits(seconds=0.5))
    began = time.perf_counter()
    with pytest.raises(OutOfLimits, match=r"stopped after 0\.5 seconds"):
        symbols.reachable()
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(memory=20_000_000), "stopped at 20 MB of memory for decision diagrams, with "),
        (Limits(states=5_000), "stopped at 5,000 nodes of decision diagrams, with "),
        (Limits(seconds=0.5), "stopped after 0.5 seconds, with "),
    ],
)
def test_a_limit_is_told_with_what_was_found(limits: Limits, told: str) -> None:
    with pytest.raises(OutOfLimits) as limit:
        Symbols(scattered(24), limits=limits).reachable()
    assert str(limit.value) == f"{told}{limit.value.stopped.found:,} states or more"
    assert 1 < limit.value.stopped.found < 2**24


@pytest.mark.parametrize("limits", [Limits(memory=2_000), Limits(states=10)])
def test_a_limit_that_leaves_no_room_at_all(limits: Limits) -> None:
    with pytest.raises(OutOfLimits, match=r"^stopped at .* decision diagrams$"):
        Symbols(scattered(24), limits=limits)


def test_states_found_before_a_limit_are_states_of_the_network() -> None:
    network = philosophers(9)
    whole = Symbols(network)
    states = whole.size(whole.reachable())
    counts = []
    for most in range(60, 140, 20):
        with pytest.raises(OutOfLimits) as limit:
            Symbols(network, limits=Limits(states=most)).reachable()
        counts.append(limit.value.stopped.found)
    assert counts == sorted(counts)
    assert 0 < counts[-1] < states


def test_diagrams_of_one_check_share_their_allowance() -> None:
    allowance = Allowance(Limits(states=1_000))
    for _ in range(9):  # 137 nodes each, given back with the diagrams
        Symbols(philosophers(9), allowance=allowance).reachable()
    kept = []
    with pytest.raises(OutOfLimits, match="stopped at 1,000 nodes"):
        kept += [Symbols(philosophers(9), allowance=allowance).reachable() for _ in range(9)]
    assert not kept


def scattered(pairs: int) -> Network:
    """Switches of which each has its partner at the far end: what lies between must remember all of them."""
    switch = (State("low"), State("high"))
    ones = [Statechart("one", switch, "low", rows=(does(f"up_{k}", "low", "high"),)) for k in range(pairs)]
    others = [Statechart("other", switch, "low", rows=(on(f"up_{k}", "low", "high"),)) for k in range(pairs)]
    # Scopes are levels in their order: nobody puts partners side by side.
    charts = enumerate([*ones, *others])
    return Network(tuple(Component(f"{k}/switch", chart, f"{k}/", chart.alphabet) for k, chart in charts))
