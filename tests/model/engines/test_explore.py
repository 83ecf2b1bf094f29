"""One contract, two engines, the same tests: what an engine finds in systems whose state spaces are known."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Component, Network
from goalstate.model.network.statespace import NO_LIMITS, Limits, StateSpace
from goalstate.model.notation.statechart import State, Statechart, does, on
from tests.toys.counters import barrier, counter, counters, relay
from tests.toys.peterson import peterson
from tests.toys.philosophers import number_of_states, philosophers
from tests.toys.two_phase_commit import COUNTS, two_phase_commit


class Contract(ABC):
    """Every test of an engine; subclasses say which."""

    @abstractmethod
    def explore(self, network: Network, limits: Limits = NO_LIMITS) -> StateSpace: ...

    @pytest.mark.parametrize("managers", COUNTS)
    def test_two_phase_commit_has_the_published_number_of_states(self, managers: int) -> None:
        space = self.explore(two_phase_commit(managers))
        assert (space.distinct, space.transitions, space.depth) == COUNTS[managers]
        assert space.complete
        assert space.expanded == space.distinct

    def test_two_phase_commit_agrees(self) -> None:
        network = two_phase_commit(3)
        for state in (s := self.explore(network)).layout.unpack(s.packed):
            outcomes = {n for c, n in network.describe(state).items() if c.endswith("self")}
            assert not {"committed", "aborted"} <= outcomes

    @pytest.mark.parametrize(("right", "states", "both_inside"), [(True, 20, 0), (False, 16, 1)])
    def test_peterson_excludes_unless_the_turn_is_kept(self, right: bool, states: int, both_inside: int) -> None:
        network = peterson(right)
        space = self.explore(network)
        assert space.distinct == states
        found = [network.describe(s) for s in space.layout.unpack(space.packed)]
        assert sum(d["p0"] == d["p1"] == "critical" for d in found) == both_inside

    @pytest.mark.parametrize("number", [2, 3, 5, 8])
    def test_philosophers_starve_when_all_hold_the_left_fork(self, number: int) -> None:
        network = philosophers(number)
        space = self.explore(network)
        assert space.distinct == number_of_states(number) - 1 == 3**number - 1
        assert space.graph is not None
        stuck = [s for s in range(space.distinct) if space.graph.offsets[s] == space.graph.offsets[s + 1]]
        assert len(stuck) == 1
        assert {n for c, n in network.describe(space.state(stuck[0])).items() if c[0] == "p"} == {"holds_left"}
        path = space.path(stuck[0])
        assert len(path) == number
        assert path.last == space.state(stuck[0])

    def test_levels_of_independent_counters_are_binomial(self) -> None:
        space = self.explore(counters(10, 1))
        sizes = [b - a for a, b in zip(space.levels, space.levels[1:], strict=False)]
        assert sizes == [1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1]
        assert space.transitions == 10 * 1024

    @pytest.mark.parametrize(("holders", "words"), [(64, 1), (65, 2), (128, 2), (200, 4)])
    def test_states_wider_than_a_word(self, holders: int, words: int) -> None:
        space = self.explore(relay(holders))
        assert space.layout.words == words
        assert (space.distinct, space.transitions, space.depth) == (holders, holders - 1, holders - 1)
        found = [list(space.network.describe(s).values()) for s in space.layout.unpack(space.packed)]
        assert [names.index("with_it") for names in found] == list(range(holders))
        assert {names.count("with_it") for names in found} == {1}

    def test_a_field_is_never_cut_by_a_word_boundary(self) -> None:
        # Sixty bits of holders before fields of five bits: the first of them begins the second word.
        holders = relay(62).components
        network = Network((*holders, Component("a", counter(19), "a/"), Component("b", counter(16), "b/")))
        space = self.explore(network)
        assert space.layout.fields[62:] == ((1, 0, 5), (1, 5, 5))
        assert space.distinct == 62 * 20 * 17
        assert space.depth == 61 + 19 + 16

    def test_a_barrier_of_a_thousand(self) -> None:
        space = self.explore(Network(tuple(_in_turn(i, 1_000) for i in range(1_000))))
        assert (space.distinct, space.transitions) == (1_002, 1_001)
        assert space.layout.bits == 2_000
        assert set(space.network.describe(space.state(1_001)).values()) == {"past"}

    def test_a_barrier_waits_for_everybody(self) -> None:
        space = self.explore(barrier(8))
        assert space.distinct == 2**8 + 1
        assert space.transitions == 8 * 2**7 + 1

    def test_components_with_one_state_take_no_room(self) -> None:
        tap = Statechart("tap", (State("shut"),), "shut", rows=(does("drips", "shut"),))
        network = Network((Component("a", tap, "a/"), Component("b", tap, "b/")))
        space = self.explore(network)
        assert (space.layout.bits, space.distinct, space.transitions, space.depth) == (0, 1, 2, 0)

    def test_a_network_without_components(self) -> None:
        space = self.explore(Network(()))
        assert (space.distinct, space.transitions, space.complete) == (1, 0, True)

    @pytest.mark.parametrize("most", [0, 1, 10, 287])
    def test_a_limit_on_states_stops_with_a_sentence(self, most: int) -> None:
        space = self.explore(two_phase_commit(3), Limits(states=most))
        assert str(space.stopped) == f"stopped at {most} states"
        assert not space.complete
        assert most < space.distinct <= most + 12
        assert space.expanded < space.distinct
        assert space.levels[-1] == space.distinct
        assert space.graph is not None
        assert space.graph.offsets[space.expanded] == space.graph.offsets[-1] == space.transitions

    def test_a_limit_that_is_not_reached_is_not_mentioned(self) -> None:
        assert self.explore(two_phase_commit(3), Limits(states=288, seconds=60, memory=10**8)).complete

    def test_no_time_at_all(self) -> None:
        space = self.explore(two_phase_commit(3), Limits(seconds=0))
        assert (str(space.stopped), space.expanded) == ("stopped after 0 seconds", 0)


def _in_turn(i: int, number: int) -> Component:
    # Workers of a barrier that get ready one after the other.
    rows = [does(f"start_{i}", "waits", "ready")]
    if i < number - 1:
        rows.append(on(f"start_{i + 1}", "ready"))
    rows.append(does("all", "ready", "past") if i == 0 else on("all", "ready", "past"))
    return Component(
        f"w{i}", Statechart("worker", (State("waits"), State("ready"), State("past")), "waits", rows=tuple(rows))
    )


class TestReference(Contract):
    def explore(self, network: Network, limits: Limits = NO_LIMITS) -> StateSpace:
        return reference.explore(network, limits)


class TestExplicit(Contract):
    """As it comes: these systems are small, so plain Python."""

    def explore(self, network: Network, limits: Limits = NO_LIMITS) -> StateSpace:
        return explicit.explore(network, limits, graph=True)


class TestCompiled(Contract):
    """The compiled loops on one core, from the second state on."""

    @pytest.fixture(autouse=True)
    def compiled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(explicit, "SMALL", 1)

    def explore(self, network: Network, limits: Limits = NO_LIMITS) -> StateSpace:
        return explicit.explore(network, limits, graph=True)


class TestInRounds(TestCompiled):
    """The compiled loops in rounds, however narrow the levels, with two threads."""

    @pytest.fixture(autouse=True)
    def rounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(explicit, "WIDE", 2)
        monkeypatch.setattr(explicit, "ROUND", 64)
        monkeypatch.setattr(explicit, "cores", lambda: 2)


@pytest.mark.parametrize("network", [two_phase_commit(3), philosophers(4), relay(70), barrier(5)], ids=lambda n: n.name)
def test_every_state_has_a_shortest_path(network: Network) -> None:
    space = explicit.explore(network)
    for level, (begin, end) in enumerate(zip(space.levels, space.levels[1:], strict=False)):
        for number in range(begin, end):
            path = space.path(number)
            assert len(path) == level
            assert path.last == space.state(number)
