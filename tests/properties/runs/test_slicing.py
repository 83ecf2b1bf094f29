"""Causal slices: what is left can happen, breaks the claim, and can't do without any event."""

from random import Random

from goalstate.model.network import Component, Network, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.properties.observer import precedence
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, Never, Watched
from goalstate.properties.runs.refutation import rule
from goalstate.properties.runs.slicing import sliced
from goalstate.properties.temporal.claims import EveryRun, Within
from goalstate.properties.temporal.formula import Happens, finally_, globally
from tests.properties.temporal.random_graphs import random_network
from tests.toys.counters import counters, relay


def without_one(path: Path) -> list[Path]:
    """The runs with one event less that can happen."""
    found = []
    for k in range(len(path)):
        try:
            found.append(Path.replay(path.network, path.events[:k] + path.events[k + 1 :]))
        except ReplayError:
            continue
    return found


def test_what_others_do_meanwhile_is_left_out() -> None:
    network = counters(3, 3)
    run = Path.replay(network, ["c0/counts", "c2/counts", "c1/counts", "c0/counts", "c1/counts", "c2/counts"])
    assert sliced(run, Always(At("c1", "n < 2"))).events == ("c1/counts", "c1/counts")
    both = Always(~(At("c0", "n == 1") & At("c2", "n == 1")))
    assert sliced(run, both).events == ("c0/counts", "c2/counts")
    never = Never(("c2/counts",), At("c0", "n == 2"))
    assert sliced(run, never).events == ("c0/counts", "c0/counts", "c2/counts")


def test_what_comes_after_the_violation_is_left_out() -> None:
    network = counters(1, 3)
    run = Path.replay(network, ["c0/counts"] * 3 + ["c0/resets", "c0/counts"])
    assert sliced(run, Always(At("c0", "n < 2"))).events == ("c0/counts",) * 2
    assert sliced(run, Always(At("c0", "n > 0"))).events == ()


def test_detours_are_left_out() -> None:
    network = counters(1, 1)
    run = Path.replay(network, ["c0/counts", "c0/resets", "c0/counts"])
    assert sliced(run, Always(At("c0", "n < 1"))).events == ("c0/counts",)


def test_an_observer_keeps_what_it_needs() -> None:
    network = counters(3, 1)
    rule_ = Watched(Component("order", precedence("order", ["c0/counts"], ["c1/counts"], ["c0/resets"])))
    events = ["c2/counts", "c0/counts", "c1/counts", "c1/resets", "c0/resets", "c2/resets", "c1/counts"]
    assert sliced(Path.replay(network, events), rule_).events == ("c1/counts",)


def test_a_deadline_keeps_its_ticks() -> None:
    rows = (does("starts", "there"), does("ends", "there"), does("tick", "there"))
    clock = Statechart("clock", (State("there"),), "there", rows=rows)
    other = Statechart("other", (State("there"),), "there", rows=(does("yawns", "there"),))
    network = Network((Component("clock", clock), Component("other", other)))
    run = Path.replay(network, ["tick", "yawns", "starts", "tick", "starts", "yawns", "tick", "tick", "tick", "yawns"])
    late = Within(Happens(("starts",)), Happens(("ends",)), 1, ("tick",))
    assert sliced(run, late).events == ("starts", "tick", "tick")


def test_a_lasso_stays_one() -> None:
    network = counters(2, 1)
    turn = ["c0/counts", "c1/counts", "c0/resets", "c1/resets"]
    run = Path.replay(network, [*turn, *turn], loop=4)
    short = sliced(run, EveryRun(globally(At("c1", "n == 0"))))
    assert (short.events, short.loop) == (("c1/counts", "c1/resets"), 0)
    again = EveryRun(globally(finally_(At("c1", "n == 1"))))
    assert sliced(run, again) is run
    idle = Path.replay(network, ["c1/counts", "c1/resets", *turn[::2] * 2], loop=4)
    short = sliced(idle, again)
    assert (short.events, short.loop) == (("c0/counts", "c0/resets"), 0)


def test_a_long_run_is_cut_down_to_its_past_at_once() -> None:
    network = counters(2, 9)
    run = Path.replay(network, [*["c0/counts"] * 9, "c0/resets", "c1/counts"] * 9)
    short = sliced(run, Always(At("c1", "n < 9")))
    assert short.events == ("c1/counts",) * 9


def test_a_run_that_breaks_nothing_stays_as_it_is() -> None:
    run = Path.replay(relay(3), ["hand_0", "hand_1"])
    assert sliced(run, Always(At("holder0", "in(with_it) or in(without)"))) is run


def test_random_slices_break_their_claims_and_need_every_event() -> None:
    shorter = 0
    for seed in range(400):
        random = Random(seed)
        charts = [random_network(random).components[0].chart for _ in range(2)]
        network = Network(tuple(Component(f"c{k}", chart, f"c{k}/") for k, chart in enumerate(charts)))
        run = Path.replay(network, ())
        for _ in range(random.randrange(25)):
            able = network.enabled(run.last)
            run = run.then(random.choice(able)) if able else run
        who = random.choice(("c0", "c1"))
        names = network.components[network.index[who]].chart.state_names
        claim = random.choice(
            (
                Always(~At(who, f"in({random.choice(names)})")),
                Always(~(At("c0", f"in({charts[0].state_names[-1]})") & At("c1", f"in({charts[1].state_names[-1]})"))),
                Never(tuple(network.event_index)[:2], At(who, f"in({random.choice(names)})")),
            )
        )
        if not rule(run, claim).broken:
            continue
        short = sliced(run, claim)
        assert rule(short, claim).broken
        assert all(not rule(less, claim).broken for less in without_one(short))
        shorter += len(short) < len(run)
    assert shorter > 100
