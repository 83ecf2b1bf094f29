"""A run judged by itself: the verdict of the search that found it, on random networks and for every kind of claim."""

from random import Random

import pytest

from goalstate.model.engines.reference import explore
from goalstate.model.network import Component, Network
from goalstate.model.network.duration import Duration
from goalstate.model.network.path import Path
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.properties.judging.explicit import check
from goalstate.properties.observer import precedence
from goalstate.properties.predicates import At, Can
from goalstate.properties.property import (
    Always,
    AlwaysCan,
    Claim,
    Lacks,
    Never,
    NoDeadlock,
    NothingLost,
    Outcome,
    Possible,
    Property,
    SentBy,
    Watched,
)
from goalstate.properties.runs.refutation import rule
from goalstate.properties.temporal.branching import ag, ef
from goalstate.properties.temporal.claims import EveryRun, Initially, SomeRun, Within
from goalstate.properties.temporal.formula import Happens, finally_, globally
from tests.properties.temporal.random_graphs import EVENTS, random_fairness, random_formula, random_network, some_states
from tests.toys.counters import relay


def random_claim(random: Random, network: Network) -> Claim:
    """A claim of any kind that a run can break."""
    events = list(network.event_index)
    some = some_states(random, network)
    one, other = random.sample(EVENTS, 2)
    match random.randrange(8):
        case 0:
            return Always(~some)
        case 1:
            return Never(tuple(random.sample(events, random.randint(1, len(events)))), random.choice((some, None)))
        case 2:
            watches = Component("observer", precedence("order", [one], [other]))
            return Watched(watches, frozenset(EVENTS) - set(events))
        case 3:
            return NoDeadlock()
        case 4:
            return AlwaysCan(some, some_states(random, network), frozenset(random.sample(events, 1)))
        case 5:
            return EveryRun(random_formula(random, network, 3, 3), random_fairness(random))
        case 6:
            ticks = (events[1 % len(events)],)
            return Within(Happens((events[0],)), Happens((events[-1],)), random.randrange(3), ticks)
        case _:
            return Initially(ag(ef(some)))


def test_what_the_search_found_breaks_its_claim_and_a_part_of_it_does_not() -> None:
    violated: dict[type, int] = {}
    for seed in range(1500):
        random = Random(seed)
        network = random_network(random)
        if not network.events or (len(EVENTS) > len(network.events) and seed % 2):
            continue
        claim = random_claim(random, network)
        if isinstance(claim, EveryRun) and any(e not in network.event_index for f in claim.fairness for e in f.events):
            continue
        space = explore(network)
        [verdict] = check(space, [Property("it holds", claim)])
        if verdict.outcome is not Outcome.VIOLATED:
            continue
        assert verdict.path is not None
        ruling = rule(verdict.path, claim, space)
        assert ruling.broken is True, (seed, claim)
        violated[type(claim)] = violated.get(type(claim), 0) + 1
        if isinstance(claim, Always | Never | Watched | AlwaysCan):
            # The search finds a nearest state, so that no beginning of the run breaks the claim.
            assert ruling.after == len(verdict.path)
            for length in range(len(verdict.path)):
                part = Path.replay(network, verdict.path.events[:length])
                assert rule(part, claim, space).broken is False
    assert set(violated) == {Always, Never, Watched, NoDeadlock, AlwaysCan, EveryRun, Within, Initially}
    assert min(violated.values()) > 20


def test_claims_that_hold_are_broken_by_no_run() -> None:
    looked = 0
    for seed in range(400):
        random = Random(seed)
        network = random_network(random)
        if not network.events:
            continue
        claim = random_claim(random, network)
        if isinstance(claim, EveryRun | Within):
            continue
        space = explore(network)
        [verdict] = check(space, [Property("it holds", claim)])
        if verdict.outcome is Outcome.HOLDS:
            for number in range(space.distinct):
                assert rule(space.path(number), claim, space).broken is False
                looked += 1
    assert looked > 300


LAMP = Statechart(
    "lamp", (State("off"), State("on")), "off", rows=(does("press", "off", "on"), on("release", "on", "off"))
)
HAND = Statechart("hand", (State("there"),), "there", rows=(does("release", "there"), does("waves", "there")))
LOSSY = Network((Component("lamp", LAMP), Component("hand", HAND)))


def test_claims_on_the_network_itself() -> None:
    start = Path.replay(LOSSY, ())
    assert rule(start, Lacks(("lamp",))).reason == "there is a lamp"
    assert rule(start, Lacks(("fan",))).broken is False
    assert rule(start, SentBy(("press",), "hand")).reason == "press is sent by lamp"
    assert rule(start, SentBy(("press",), "lamp")).broken is False
    assert rule(start, NothingLost()).reason == "hand sends release, which lamp in off does not expect"
    assert rule(start, NothingLost()).after == 0


@pytest.mark.parametrize("claim", [Possible(Can("press")), SomeRun(globally(finally_(At("lamp", "in(on)"))))])
def test_the_lack_of_a_run_is_shown_by_no_run(claim: Claim) -> None:
    assert rule(Path.replay(LOSSY, ["press"]), claim).broken is None


def test_what_can_follow_is_not_known_without_the_state_space() -> None:
    run = Path.replay(relay(3), ["hand_0"])
    claim = AlwaysCan(At("holder0", "in(with_it)"))
    assert rule(run, claim).broken is None
    assert rule(run, claim, explore(relay(3))).after == 1


def test_a_run_that_goes_on_somehow_decides_nothing_about_endless_ones() -> None:
    run = Path.replay(relay(3), ["hand_0"])
    ruling = rule(run, EveryRun(finally_(At("holder2", "in(with_it)"))))
    assert (ruling.broken, ruling.reason[:15]) == (None, "the run neither")


def test_a_deadline_is_counted_along_the_run() -> None:
    rows = (does("starts", "there"), does("ends", "there"), does("tick", "there"))
    network = Network((Component("clock", Statechart("clock", (State("there"),), "there", rows=rows)),))
    claim = Within(Happens(("starts",)), Happens(("ends",)), 2, ("tick",), Duration(5))
    late = rule(Path.replay(network, ["tick", "starts", "tick", "tick", "tick", "ends"]), claim)
    assert (late.broken, late.after, late.reason.split(" without")[0]) == (True, 5, "15 minutes pass")
    assert (
        rule(Path.replay(network, ["starts", "tick", "tick", "starts", "tick", "tick", "ends"]), claim).broken is False
    )
    assert rule(Path.replay(network, ["starts", "tick"], loop=1), claim).reason[:27] == "time passes without end wit"
    assert rule(Path.replay(network, ["starts", "tick", "ends"], loop=1), claim).broken is False
