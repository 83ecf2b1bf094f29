"""Ways to break a claim: exactly the smallest sets of events that a brute-force search finds, on random networks."""

from itertools import chain, combinations
from random import Random

import pytest

from goalstate.model.engines.reference import explore
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import Limits, StateSpace
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.properties.judging.explicit import check
from goalstate.properties.observer import precedence
from goalstate.properties.predicates import At
from goalstate.properties.property import (
    Always,
    AlwaysCan,
    Claim,
    Never,
    NoDeadlock,
    NothingLost,
    Outcome,
    Possible,
    Property,
    Watched,
)
from goalstate.properties.runs.alternatives import _search, _Tree, ways, with_ways
from goalstate.properties.runs.refutation import rule
from goalstate.properties.temporal.claims import EveryRun, Within
from goalstate.properties.temporal.formula import Happens, finally_, globally, happens
from tests.properties.temporal.random_graphs import EVENTS, random_network, some_states
from tests.toys.philosophers import philosophers

from .test_refutation import random_claim


def smallest_sets(space: StateSpace, claim: Claim) -> set[frozenset[str]]:
    """The smallest sets of events by which a claim can be broken: every set is tried, on all runs up to a length."""
    network = space.network
    names = [e.name for e in network.events]
    found: list[frozenset[str]] = []
    for chosen in chain.from_iterable(combinations(names, n) for n in range(len(names) + 1)):
        some = frozenset(chosen)
        if not any(smaller <= some for smaller in found) and broken_by(space, claim, some):
            found.append(some)
    return set(found)


def broken_by(space: StateSpace, claim: Claim, some: frozenset[str]) -> bool:
    """Whether a run of some events breaks a claim of safety: all runs are tried that repeat no state of the network,
    but for a last step."""
    network = space.network
    waiting = [Path.replay(network, ())]
    while waiting:
        run = waiting.pop()
        if rule(run, claim, space).broken:
            return True
        for event in network.enabled(run.last):
            if event in some:
                longer = run.then(event)
                if rule(longer, claim, space).broken:
                    return True
                if longer.last not in run.states:
                    waiting.append(longer)
    return False


def test_the_ways_are_the_smallest_sets_of_events() -> None:
    several = 0
    for seed in range(500):
        random = Random(seed)
        network = random_network(random, 7)
        if len(network.events) < 2:
            continue
        claim = random.choice(
            (
                Always(~some_states(random, network)),
                NoDeadlock(),
                Never(tuple(network.event_index), some_states(random, network)),
                Never(tuple(network.event_index)[:1]),
                AlwaysCan(some_states(random, network)),
            )
        )
        space = explore(network)
        search = _search(space, claim)
        assert search is not None
        tree = _Tree(network, search, 99, float("inf"))
        tree.grow()
        assert tree.ended
        assert {way.needs for way in tree.known} == smallest_sets(space, claim), (seed, claim)
        several += len(tree.known) > 1
    assert several > 30


def test_every_way_breaks_its_claim_whatever_the_claim_is() -> None:
    kinds: dict[type, int] = {}
    for seed in range(900):
        random = Random(seed)
        network = random_network(random)
        if set(network.event_index) != set(EVENTS):
            continue
        claim = random_claim(random, network)
        space = explore(network)
        [verdict] = check(space, [Property("it holds", claim)])
        found = ways(space, claim, 9)
        if verdict.outcome is Outcome.VIOLATED and _search(space, claim) is not None:
            assert found.found
            assert found.note == "there are no others"
            kinds[type(claim)] = kinds.get(type(claim), 0) + len(found.found)
        else:
            assert not found.found
        for way in found.found:
            assert rule(way.path, claim, space).broken
            assert set(way.path.events) == way.needs
    assert set(kinds) == {Always, Never, Watched, NoDeadlock, AlwaysCan, EveryRun, Within}


# -- seeded mistakes ---------------------------------------------------------------------------------------------------


def tank(*more: object, faults: bool = False) -> Network:
    """A tank that must not run over: with two mistakes, each of which makes it."""
    kind = "leak" if faults else None
    rows = (
        does("fills", "empty", "full"),
        does("drains", "full", "empty"),
        does("pump_sticks", "full", "over", fault=kind) if kind else does("pump_sticks", "full", "over"),
        does("rains", "empty", "wet"),
        does("dries", "wet", "empty"),
        does("fills_blindly", "wet", "over"),
    )
    states = tuple(State(s) for s in ("empty", "full", "wet", "over"))
    return Network((Component("tank", Statechart("tank", states, "empty", rows=rows)),))


OVER = Always(~At("tank", "in(over)"))


def test_two_mistakes_are_two_ways() -> None:
    found = ways(explore(tank()), OVER, 5)
    assert [(way.path.events, way.own) for way in found.found] == [
        (("fills", "pump_sticks"), ("fills", "pump_sticks")),
        (("rains", "fills_blindly"), ("rains", "fills_blindly")),
    ]
    assert found.note == "there are no others"


def test_ways_without_faults_come_first() -> None:
    found = ways(explore(tank(faults=True)), OVER, 5)
    assert [(way.faults, way.path.events) for way in found.found] == [
        ((), ("rains", "fills_blindly")),
        (("leak",), ("fills", "pump_sticks")),
    ]


def test_there_may_be_more_than_were_asked_for() -> None:
    found = ways(explore(tank()), OVER, 1)
    assert (len(found.found), found.note) == (1, "there are more")


def test_a_search_that_was_stopped_does_not_say_that_there_are_no_others() -> None:
    found = ways(explore(tank(), Limits(states=3)), Never(("drains",), At("tank", "in(full)")), 5)
    assert found.note == "there are no others in what was searched"


def test_philosophers_starve_in_one_way_whoever_begins() -> None:
    found = ways(explore(philosophers(3)), NoDeadlock(), 9)
    assert [len(way.path) for way in found.found] == [3]


def test_a_lasso_has_ways_too() -> None:
    rows = (
        does("works", "busy"),
        does("sleeps", "busy", "asleep"),
        does("snores", "asleep"),
        does("strolls", "busy", "away"),
        does("returns", "away", "busy"),
    )
    chart = Statechart("man", (State("busy"), State("asleep"), State("away")), "busy", rows=rows)
    network = Network((Component("man", chart),))
    always_again = EveryRun(globally(finally_(happens("works"))))
    found = ways(explore(network), always_again, 5)
    assert {(way.path.events, way.path.loop) for way in found.found} == {
        (("strolls", "returns"), 0),
        (("sleeps", "snores"), 1),
    }


def test_an_observer_and_a_deadline_have_ways() -> None:
    rows = (does("a", "s"), does("b", "s"), does("tick", "s"), does("start", "s"))
    network = Network((Component("c", Statechart("c", (State("s"),), "s", rows=rows)),))
    watch = Watched(Component("order", precedence("order", ["a"], ["b", "tick"])))
    assert {way.path.events for way in ways(explore(network), watch, 5).found} == {("b",), ("tick",)}
    late = Within(Happens(("start",)), Happens(("a",)), 1, ("tick",))
    (way,) = ways(explore(network), late, 5).found
    assert way.needs == {"start", "tick"}


@pytest.mark.parametrize("claim", [Possible(At("tank", "in(wet) and in(full)"))])
def test_what_no_run_breaks_has_no_ways(claim: Claim) -> None:
    found = ways(explore(tank()), claim, 5)
    assert (found.found, found.note.split(":")[0]) == ((), "no other runs are looked for")


def test_lost_events_have_ways() -> None:
    bell = Statechart("bell", (State("quiet"), State("loud")), "quiet", rows=(on("pull", "quiet", "loud"),))
    rope = Statechart("rope", (State("there"),), "there", rows=(does("pull", "there"),))
    network = Network((Component("bell", bell), Component("rope", rope)))
    (way,) = ways(explore(network), NothingLost(), 5).found
    assert way.path.events == ("pull",)


def test_the_verdict_tells_its_ways() -> None:
    space = explore(tank(faults=True))
    [verdict] = check(space, [Property("it never runs over", OVER)])
    told = with_ways(space, verdict, 5)
    assert told.path == told.ways[0].path
    assert [way.reason for way in told.ways] == ["a state in which tank: in(over)"] * 2
    [holds] = check(space, [Property("fine", Always(At("tank", "in(wet) or not in(wet)")))])
    assert with_ways(space, holds, 5) is holds
