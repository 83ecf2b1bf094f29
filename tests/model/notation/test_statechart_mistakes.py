"""What makes a statechart or a network invalid: every kind of mistake, all of them at once, with what was allowed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from goalstate.model.network import Component, Network, NetworkError, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.notation.flattening import flatten
from goalstate.model.notation.statechart import (
    ROOT,
    State,
    Statechart,
    StatechartError,
    Transition,
    does,
    ignores,
    on,
    refuses,
)
from goalstate.model.notation.terms import Variable

A, B = State("a"), State("b")
GO, BACK = does("go", "a", "b"), does("back", "b", "a")
N = Variable.counter("n", 0, 2)


def mistakes(
    *rows: Transition, states: tuple[State, ...] = (A, B), initial: str = "a", **more: object
) -> tuple[str, ...]:
    """What is wrong with a chart."""
    with pytest.raises(StatechartError) as refusal:
        flatten(Statechart("chart", states, initial, rows=rows, **more))  # type: ignore[arg-type]
    return refusal.value.mistakes


def only(found: tuple[str, ...]) -> str:
    assert len(found) == 1, found
    return found[0]


CASES = [
    ((GO, BACK), {"states": (A, B, A)}, "the chart has 2 children called 'a'"),
    ((), {"states": (), "initial": ""}, "the chart has no children"),
    ((GO, BACK), {"initial": "c"}, "the chart needs an initial child, not 'c'; allowed: a, b"),
    ((GO, BACK), {"states": (A, State("b", (State("x"),)))}, "state 'b' needs an initial child, not ''; allowed: x"),
    ((GO, BACK), {"states": (A, State("b", initial="x"))}, "state 'b' has no children"),
    ((GO, BACK), {"states": (A, B, State("c d"))}, "state 'c d': a state's name is letters, digits and underscores"),
    ((GO, BACK), {"variables": (N, N)}, "variable 'n' is declared 2 times"),
    ((GO, BACK), {"variables": (Variable("n", 0, 2, 5),)}, "variable 'n' starts at 5, outside 0..2"),
    (
        (GO, BACK, on("call", "aa")),
        {},
        "row 2 (on call): unknown state 'aa' in 'on call' (did you mean 'a'?); states: a, b",
    ),
    (
        (GO, BACK, on("call", "a", "bb")),
        {},
        "row 2 (on call): unknown state 'bb' in 'on call' (did you mean 'b'?); states: a, b",
    ),
    (
        (GO, BACK, on("call", "a", when="m == 1")),
        {"variables": (N,)},
        "row 2 (on call): unknown name 'm' in 'm == 1'; allowed: n",
    ),
    (
        (GO, BACK, on("call", "a", then="n + 1")),
        {"variables": (N,)},
        "row 2 (on call): 'n + 1' is no assignment; write 'variable := value'",
    ),
    (
        (GO, BACK),
        {"states": (State("a", entry="x := 1"), B)},
        "state 'a': unknown variable 'x' in 'x := 1'; variables: none",
    ),
    ((GO, BACK, does("out", "a", ROOT)), {}, "row 2 (does out): the chart as a whole is no target"),
    (
        (GO, BACK, Transition(on("x", "a").answer, "x", "a", fault="crash")),
        {},
        "row 2 (on x: a): only what an agent does can be a fault",
    ),
    (
        (GO, BACK, replace(ignores("x", "a"), then="n := 1")),
        {"variables": (N,)},
        "row 2 (ignores x: a): has no target and no effects; allowed: on, for an event that changes something",
    ),
    (
        (GO, BACK, replace(refuses("x", "a"), target="b")),
        {},
        "row 2 (refuses x: a -> b): has no target and no effects; allowed: on, for an event that changes something",
    ),
    (
        (GO, BACK, on("go", "b", "a")),
        {},
        "event 'go' is both sent (does) and received (on); one agent is on one side of an event",
    ),
    (
        (GO, BACK, does("fail", "a", fault="crash"), does("fail", "b", fault="hang")),
        {},
        "event 'fail' is a fault of kind 'crash' and 'hang'; an event has one kind, in all of its rows",
    ),
    (
        (GO, BACK, does("fail", "a", fault="crash"), does("fail", "b")),
        {},
        "event 'fail' is a fault of kind 'crash' and no fault; an event has one kind, in all of its rows",
    ),
    ((does("go", "a"),), {}, "state 'b' is never reached"),
    ((GO, BACK, on("call", "a", when="n == 2")), {"variables": (N,)}, "row 2 (on call: a [n == 2]) is never enabled"),
    (
        (GO, BACK, on("call", "a", then="n := n + 1")),
        {"variables": (N,)},
        "row 2 (on call: a): n := n + 1 gives 3 in a(n=2), outside 0..2",
    ),
    (
        (GO, BACK, on("call", "a"), on("call", "a", "b")),
        {},
        "row 2 (on call: a) and row 3 (on call: a -> b) compete in a",
    ),
]


@pytest.mark.parametrize(("rows", "more", "mistake"), CASES, ids=[case[2][:60] for case in CASES])
def test_every_kind_of_mistake_is_reported(rows: tuple[Transition, ...], more: dict[str, object], mistake: str) -> None:
    found = mistakes(*rows, **more)  # type: ignore[arg-type]
    assert mistake in found


def test_all_mistakes_come_at_once() -> None:
    found = mistakes(
        does("go", "a", "bb"), on("call", "aa", when="m"), does("x", "a"), on("x", "b"), variables=(N, N), initial="c"
    )
    assert len(found) == 5
    with pytest.raises(StatechartError) as refusal:
        Statechart("chart", (A, B), "c", rows=(does("go", "a", "bb"),))
    assert str(refusal.value).splitlines() == [
        "statechart 'chart': 2 mistakes",
        "  - the chart needs an initial child, not 'c'; allowed: a, b",
        "  - row 0 (does go): unknown state 'bb' in 'does go' (did you mean 'b'?); states: a, b",
    ]
    assert only(mistakes(GO, states=(A, B, State("c")))) == "state 'c' is never reached"


def test_what_only_a_run_shows_is_refused_by_a_component() -> None:
    declared = Statechart("chart", (A, B, State("c")), "a", rows=(GO, BACK, on("call", "c")))
    with pytest.raises(StatechartError) as refusal:
        Component("one", declared)
    assert refusal.value.mistakes == ("state 'c' is never reached", "row 2 (on call: c) is never enabled")


def test_what_can_change_is_no_part_of_a_chart() -> None:
    found = mistakes(on(["call"], "a"), states=[A, B], knows={"noise"})  # type: ignore[arg-type]
    assert found == (
        "states: a list with a part that can change; allowed: a tuple of values that can't; write it so",
        "rows: a tuple with a part that can change; allowed: a tuple of values that can't; write it so",
        "knows: a set with a part that can change; allowed: a frozenset of values that can't; write it so",
    )


def test_two_regions_that_leave_their_parent_are_a_mistake() -> None:
    regions = State("both", (State("l", (A, B), "a"), State("r", (State("c"), State("d")), "c")), parallel=True)
    rows = (on("out", "l.a", "gone"), on("out", "r.c", "gone"), on("x", "l.a", "l.b"), on("y", "r.c", "r.d"))
    found = mistakes(*rows, states=(regions, State("gone")), initial="both")
    assert any("leaves the region in which row 1" in m for m in found), found


def test_guards_that_exclude_each_other_do_not_compete() -> None:
    chart = Statechart(
        "chart", (A, B), "a", (N,), (on("call", "a", when="n == 0", then="n := 1"), on("call", "a", "b", when="n != 0"))
    )
    assert chart.alphabet == {"call"}


def test_a_row_further_out_is_overruled_by_one_further_in() -> None:
    inner = State("a", (State("x"), State("y")), "x")
    chart = Statechart(
        "chart", (inner, B), "a", rows=(on("call", "a", "b"), on("call", "x", "y"), refuses("call", "b"))
    )
    path = [(row.source, row.target) for row in chart.table]
    assert path == [("a", "b"), ("a.x", "a.y"), ("b", None)]
    lts = flatten(chart)
    assert [lts.name(s) for s in range(lts.size)] == ["a.x", "a.y", "b"]
    assert lts.moves.tolist() == [[1, 2, -1]]
    assert lts.refused.tolist() == [[False, False, True]]


# -- networks and paths ------------------------------------------------------------------------------------------------


def test_components_that_do_not_fit_are_all_reported() -> None:
    sender = Statechart("sender", (A,), "a", rows=(does("call", "a"),))
    deaf = Statechart("deaf", (A,), "a", rows=(on("cal", "a"),))
    with pytest.raises(NetworkError) as refusal:
        Network((Component("one", sender), Component("two", sender), Component("two", deaf)), ticks=frozenset({"tick"}))
    assert refusal.value.mistakes == (
        "2 components are called 'two'",
        "event 'call' is sent by one and two; an event has one sender",
        "event 'cal' of two is sent by nobody (did you mean 'call'?)",
        "tick 'tick' is in no alphabet",
    )


def test_an_agent_that_would_take_part_in_one_event_twice_is_refused() -> None:
    chart = Statechart("chart", (A,), "a", rows=(does("y", "a"), does("s/y", "a")))
    with pytest.raises(NetworkError) as refusal:
        Network((Component("one", chart, "s/", frozenset({"s/y"})),))
    assert refusal.value.mistakes == (
        "two events of one are called 's/y' in the network: one of its own, behind its scope 's/', and a shared one",
    )


def test_a_path_exists_only_if_it_replays() -> None:
    network = Network((Component("one", Statechart("one", (A, B), "a", rows=(GO, BACK))),))
    assert len(Path.replay(network, ["go", "back"], loop=0)) == 2
    with pytest.raises(ReplayError, match=re.escape("step 2 of 2: 'go' can't happen: one holds it back in b")):
        Path.replay(network, ["go", "go"])
    with pytest.raises(ReplayError, match="the loop from step 2 does not return to where it began"):
        Path.replay(network, ["go", "back"], loop=1)
    with pytest.raises(ReplayError, match="unknown event 'gone'"):
        Path.replay(network, ["gone"])


def test_a_chart_with_too_many_local_states_is_refused_soon() -> None:
    endless = Variable.counter("n", 0, 10**9)
    few = does("up", "a", when="n < 9", then="n := n + 1")
    assert flatten(Statechart("few", (A,), "a", variables=(endless,), rows=(few,))).size == 10
    many = does("up", "a", when="n < 1000000000", then="n := n + 1")
    with pytest.raises(StatechartError) as refusal:
        flatten(Statechart("many", (A,), "a", variables=(endless,), rows=(many,)))
    assert refusal.value.mistakes == (
        "more than 100,000 local states; allowed: 100,000, and 5,000,000 pairs of a local state and an event; bound "
        "its variables lower (the widest: n 0..1000000000) or split it into several agents",
    )


def test_equal_charts_share_what_follows_and_nothing_else() -> None:
    one, other = (Statechart("told twice", (A, B), "a", rows=(GO, BACK), says=text) for text in ("once", "again"))
    further = replace(one, rows=(GO, BACK, does("stay", "a")))
    assert one == other
    assert (one.says, other.says) == ("once", "again")
    assert other.table == one.table
    assert further.alphabet == one.alphabet | {"stay"}
    assert Component("c", further).lts.size == 2


def test_what_was_refused_once_is_refused_again() -> None:
    found = [mistakes(GO, BACK, does("leap", "a", "c")) for _ in range(2)]
    assert found[0] == found[1]
    assert len(found[0]) == 1
