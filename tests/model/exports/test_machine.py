"""The second reading of the notation says what the flat machines say, for every local state and event."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from goalstate.model.exports.machine import machine
from goalstate.model.notation.flattening import flatten
from goalstate.model.notation.lts import NONE
from goalstate.model.notation.statechart import State, Statechart, StatechartError, does, on, refuses
from goalstate.model.notation.terms import Variable, evaluate, holds
from goalstate.model.workflow import Bounds, Faults, Workflow
from tests.model.services import KINDS, role, service
from tests.strategies import statecharts


def assert_same_meaning(chart: Statechart) -> None:
    flat, cases = flatten(chart), machine(chart)
    place = {leaves: k for k, leaves in enumerate(cases.locations)}
    number = {(s.active, s.values): k for k, s in enumerate(flat.states)}
    assert (cases.locations[cases.initial], cases.values) == (flat.states[0].active, flat.states[0].values)
    valuations = [flat.values(s) for s in range(flat.size)]
    for e, event in enumerate(flat.events):
        of_place = [[c for c in cases.cases[event] if k in c.locations] for k in range(len(cases.locations))]
        takes_in = [[g for places, g in cases.takes(event) if k in places] for k in range(len(cases.locations))]
        for s, local in enumerate(flat.states):
            here, values = place[local.active], dict(valuations[s])
            found = [c for c in of_place[here] if holds(c.guard, values)]
            assert len(found) <= 1
            taken = [c for c in found if not c.refused]
            assert any(c.refused for c in found) == bool(flat.refused[e, s])
            assert bool(taken) == (flat.moves[e, s] != NONE)
            assert bool(taken) == any(holds(g, values) for g in takes_in[here])
            for case in taken:
                for assign in case.effects:
                    values[assign.variable] = evaluate(assign.expression, values)
                there = cases.locations[here if case.target is None else case.target]
                assert number[there, tuple(values.values())] == flat.moves[e, s]


def with_effects(states: tuple[State, ...], draw: st.DrawFn, variables: tuple[Variable, ...]) -> tuple[State, ...]:
    """The states with entry and exit effects on some of them."""
    effects = [""] + [f"{v.name} := {value}" for v in variables for value in range(v.low, v.high + 1)]
    effects += [f"{v.name} := min({v.name} + 1, {v.high})" for v in variables]
    return tuple(
        replace(
            s,
            entry=draw(st.sampled_from(effects)),
            exit=draw(st.sampled_from(effects)),
            children=with_effects(s.children, draw, variables),
        )
        for s in states
    )


@st.composite
def charts_with_effects(draw: st.DrawFn) -> Statechart:
    chart = draw(statecharts())
    try:
        changed = replace(chart, states=with_effects(chart.states, draw, chart.variables))
        flatten(changed)
        return changed
    except StatechartError:  # an effect made a row impossible
        return chart


@settings(max_examples=150)
@given(charts_with_effects())
def test_random_charts(chart: Statechart) -> None:
    assert_same_meaning(chart)


def test_agents_of_the_workflow() -> None:
    charts = {
        c.chart
        for kind in KINDS
        for c in Workflow(
            service(role(kind, ("plugin", "simple", "background", "foreground"), "both")), Bounds(Faults(1), 2, 5)
        ).network.components
    }
    assert len(charts) > 20
    for chart in charts:
        assert_same_meaning(chart)


REGIONS = State(
    "work",
    (
        State("left", (State("a"), State("b")), "a", entry="n := n + 1", exit="m := n"),
        State("right", (State("c"), State("d", entry="m := 0")), "c"),
    ),
    parallel=True,
    entry="n := 0",
    exit="n := 7",
)


def test_a_row_between_regions_starts_both_anew() -> None:
    chart = Statechart(
        "regions",
        (REGIONS, State("rest")),
        "work",
        (Variable.counter("n", 0, 9), Variable.counter("m", 0, 9)),
        (
            does("cross", "work.left.a", "work.right.d"),
            does("inside", "work.left", "work.left.b"),
            does("into", "work", "work.left.b", when="n < 5"),
            does("leave", "work", "rest"),
            does("back", "rest", "work.right.d"),
            refuses("wait", "work.left.b"),
            on("wait", "rest", when="m < 9", then="m := m + 1"),
        ),
    )
    assert_same_meaning(chart)
    cases = machine(chart).cases
    (crossing,) = {tuple(map(str, c.effects)) for c in cases["cross"]}
    # Out of left and work, then into work, left and d.
    assert crossing == ("m := n", "n := 7", "n := 0", "n := n + 1", "m := 0")
    assert {str(c.guard) for c in cases["into"]} == {"n < 5"}
    assert all(c.refused for c in cases["wait"] if not c.changes)


def test_a_guard_that_is_always_true_is_left_out() -> None:
    chart = Statechart(
        "tap",
        (State("shut"),),
        "shut",
        (Variable.counter("n", 0, 3),),
        (does("drip", "shut", when="n < 3", then="n := n + 1"), does("drip", "shut", when="n == 3", then="n := 0")),
    )
    (enabled,) = machine(chart).takes("drip")
    assert (enabled[0], str(enabled[1])) == (frozenset({0}), "true")
