"""The folding of stories: nothing that changes a state and no fault is ever folded, and no step is lost."""

import random

import pytest

from goalstate.formats.document import path_steps
from goalstate.formats.story import Fold, cause, folded, story_lines, story_of, whereabouts
from goalstate.model.network import Component, Network
from goalstate.model.network.duration import Duration, Unit
from goalstate.model.network.path import Path
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.reading.network_file import Notated
from goalstate.reading.subjects import read_subject
from goalstate.terminal.page import plain
from tests.app.calls import WATCHDOG


def watchdog(name: str) -> Network:
    subject = read_subject([f"{WATCHDOG}:{name}"])
    assert isinstance(subject, Notated)
    return subject.network


def test_a_cycle_is_folded_with_the_number_of_times() -> None:
    path = Path.replay(watchdog("patient"), ["heartbeat", "tick"] * 6)
    assert folded(path) == [Fold(0, 2, 6)]
    assert plain(story_lines(story_of(path))) == (
        " 1-12  min 0-6  server: the server says that it lives; clock: a minute passes (6 times)\n"
        "                watchdog: silence 0 -> 1\n"
    )


def test_two_rounds_of_a_cycle_are_told() -> None:
    path = Path.replay(watchdog("patient"), ["heartbeat", "tick"] * 2)
    assert [f.times for f in folded(path)] == [1, 1, 1, 1]


def test_a_change_of_state_ends_a_fold() -> None:
    path = Path.replay(watchdog("hasty"), ["hang", *["tick"] * 3, "restart", *["tick"] * 3, "restart"])
    assert folded(path) == [Fold(0), Fold(1, 1, 3), Fold(4), Fold(5, 1, 3), Fold(8)]


def test_faults_are_told_one_by_one() -> None:
    drips = Statechart("tap", (State("shut"),), "shut", rows=(does("drip", "shut", fault="leak", says="it drips"),))
    path = Path.replay(Network((Component("tap", drips),)), ["drip"] * 5)
    assert folded(path) == [Fold(k) for k in range(5)]


def test_the_beginning_of_a_loop_is_marked_and_not_folded_over() -> None:
    lamp = Statechart(
        "lamp", (State("dark"), State("lit")), "dark",
        rows=(does("flicker", "dark"), does("switch_on", "dark", "lit"), does("shine", "lit")),
    )  # fmt: skip
    path = Path.replay(Network((Component("lamp", lamp),)), ["flicker", "switch_on", *["shine"] * 4], loop=3)
    assert folded(path) == [Fold(0), Fold(1), Fold(2), Fold(3, 1, 3)]
    told = plain(story_lines(story_of(path))).splitlines()
    assert told.index("   from here on it repeats for ever:") == next(n for n, t in enumerate(told) if "shine" in t) + 1


@pytest.mark.parametrize("seed", range(20))
def test_folds_cover_a_path_exactly_and_change_no_state(seed: int) -> None:
    network, dice = watchdog("patient"), random.Random(seed)
    state, events = network.initial, []
    for _ in range(dice.randrange(80)):
        events.append(dice.choice(network.enabled(state)))
        state = network.step(state, events[-1])
    path = Path.replay(network, events)
    folds = folded(path)
    assert [f.start for f in folds] == [0, *(f.end for f in folds)][: len(folds)]
    assert (folds[-1].end if folds else 0) == len(path)
    for fold in folds:
        block = path.events[fold.start : fold.start + fold.period]
        assert path.events[fold.start : fold.end] == block * fold.times
        if fold.times > 1:
            assert "hang" not in block
            shapes = {
                tuple(
                    c.lts.states[s].active
                    for c, s in zip(network.components, path.states[fold.start + k * fold.period], strict=True)
                )
                for k in range(fold.times + 1)
            }
            assert len(shapes) == 1


@pytest.mark.parametrize(
    ("length", "margin"),
    [(Duration(5), "min 5"), (Duration(10, Unit.SECOND), "sec 10"), (Duration(1, Unit.HOUR), "hour 1")],
)
def test_the_clock_has_the_unit_of_the_network(length: Duration, margin: str) -> None:
    clock = Statechart("clock", (State("running"),), "running", rows=(does("tick", "running", says="time passes"),))
    network = Network((Component("clock", clock),), frozenset({"tick"}), tick_length=length)
    story = story_of(Path.replay(network, ["tick"]))
    assert str(story_lines(story)[0]).split() == ["1", *margin.split(), "clock:", "time", "passes"]
    step = path_steps(story.path)[0]
    assert (step["time"], step["unit"]) == (length.number, length.unit.value)
    assert step["minute"] == (5 if length.unit is Unit.MINUTE else None)


def test_where_everybody_is_can_be_told_of_one_instance() -> None:
    lamp = Statechart("lamp", (State("dark"),), "dark", rows=(does("flicker", "dark"), on("power", "dark")))
    power = Statechart("power", (State("running"),), "running", rows=(does("power", "running"),))
    shared = frozenset({"power"})
    network = Network(
        (Component("power", power), Component("a/lamp", lamp, "a/", shared), Component("b/lamp", lamp, "b/", shared))
    )
    assert whereabouts(Path.replay(network, ["a/flicker"]), "b/") == [("lamp", "dark")]


def test_a_fault_that_comes_again_is_counted_in_the_cause() -> None:
    pump = Statechart(
        "pump",
        (State("up"), State("down")),
        "up",
        rows=(
            does("fail", "up", "down", fault="failure", says="the pump fails"),
            does("leak", "up", fault="leak", says="the pump leaks"),
            does("start", "down", "up"),
        ),
    )
    path = Path.replay(Network((Component("pump", pump),)), ["fail", "start", "fail", "start", "leak", "fail"])
    assert cause(story_of(path), kinds=False) == "the pump fails, 2 times, then the pump leaks, then the pump fails"
