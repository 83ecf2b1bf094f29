"""Random small statecharts and networks in the project's notation.

A chart is drawn freely and then repaired: what construction finds wrong with it (rows never enabled or in competition,
states never reached) is taken out, until nothing is wrong.  So every draw gives a chart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from goalstate.model.network import Component, Network
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

NAMES = "abcdef"
_ROW = re.compile(r"row (\d+) \(")
_UNREACHED = re.compile(r"state '([\w.]+)' is never reached")


@st.composite
def state_trees(draw: st.DrawFn, depth: int = 2, prefix: str = "") -> tuple[tuple[State, ...], bool]:
    """Sibling states, some with states inside, and whether they are regions; short names are unique in the chart."""
    parallel = draw(st.integers(0, 3)) == 0 and depth < 2
    states = []
    for k in range(draw(st.integers(2, 3))):
        name = prefix + NAMES[k]
        children: tuple[State, ...] = ()
        inside = False
        if depth > 0 and draw(st.integers(0, 2)) == 0:
            children, inside = draw(state_trees(depth - 1, name))
        initial = children[0].name if children and not inside else ""
        states.append(State(name, children, initial, inside))
    return tuple(states), parallel


@st.composite
def statecharts(
    draw: st.DrawFn, sends: tuple[str, ...] = ("s0", "s1"), receives: tuple[str, ...] = ("r0",), name: str = "chart"
) -> Statechart:
    """A chart that sends and receives the given events, each in at least one row as drawn."""
    states, parallel = draw(state_trees())
    variables = tuple(
        draw(
            st.sampled_from(
                [
                    Variable.counter(v, 0, 2),
                    Variable.counter(v, -1, 1, 0),
                    Variable.flag(v),
                    Variable.choice(v, "up", "down"),
                ]
            )
        )
        for v in draw(st.sampled_from([(), ("x",), ("x", "y")]))
    )
    full = [n for n, _ in _walk(states, "")]

    def guard() -> str:
        choices = [""] * 8
        for v in variables:
            choices += [f"{v.name} {op} {value}" for op in ("==", "!=", "<") for value in range(v.low, v.high + 1)]
        choices += [f"in({s})" for s in full]
        return draw(st.sampled_from(choices))

    def effect() -> str:
        choices = [""]
        for v in variables:
            choices += [f"{v.name} := {value}" for value in range(v.low, v.high + 1)]
            choices += [f"{v.name} := min({v.name} + 1, {v.high})", f"{v.name} := max({v.name} - 1, {v.low})"]
        return draw(st.sampled_from(choices))

    def target() -> str | None:
        return draw(st.sampled_from([None, *full, *full]))

    source = st.sampled_from([ROOT, *full])
    rows: list[Transition] = []
    faults = {event: draw(st.sampled_from(["", "", "", "crash"])) for event in sends}
    # A walk through the top-level states, so that most of them are reached.
    if not parallel:
        for k, event in zip(range(len(states)), sends * len(states), strict=False):
            rows.append(does(event, states[k].name, states[(k + 1) % len(states)].name, fault=faults[event]))
    for event in sends:
        for _ in range(draw(st.integers(1, 3))):
            rows.append(does(event, draw(source), target(), when=guard(), then=effect(), fault=faults[event]))
    for event in receives:
        for _ in range(draw(st.integers(1, 3))):
            rows.append(on(event, draw(source), target(), when=guard(), then=effect()))
    for event in (*sends, *receives):
        kind = draw(st.sampled_from(["", "ignores", "refuses"]))
        if kind:
            rows.append((ignores if kind == "ignores" else refuses)(event, draw(source), when=guard()))
        if event in receives and draw(st.integers(0, 3)):
            rows.append(ignores(event))
    return repaired(Draft(name, states, variables, tuple(rows), parallel, frozenset(receives), frozenset(sends)))


@dataclass(frozen=True)
class Draft:
    """What a chart is made from; the initial states are the first ones."""

    name: str
    states: tuple[State, ...]
    variables: tuple[Variable, ...]
    rows: tuple[Transition, ...]
    parallel: bool
    knows: frozenset[str]
    withholds: frozenset[str]

    def chart(self) -> Statechart:
        """The chart, checked by flattening; raises StatechartError."""
        initial = "" if self.parallel else self.states[0].name
        chart = Statechart(
            self.name, self.states, initial, self.variables, self.rows, self.parallel, self.knows, self.withholds
        )
        flatten(chart)
        return chart


def repaired(draft: Draft) -> Statechart:
    """The chart that is left when what makes it invalid is taken out, one complaint after the other."""
    while True:
        try:
            return draft.chart()
        except StatechartError as error:
            mistake = error.mistakes[0]
        unreached = _UNREACHED.match(mistake)
        if unreached:
            gone = unreached[1]
            kept = tuple(r for r in draft.rows if not _mentions(r, gone))
            draft = replace(draft, states=_without(draft.states, gone, ""), rows=kept)
        else:
            row = _ROW.search(mistake)
            assert row, mistake
            draft = replace(draft, rows=draft.rows[: int(row[1])] + draft.rows[int(row[1]) + 1 :])


@st.composite
def networks(draw: st.DrawFn, most: int = 4) -> Network:
    """Components that send two events each and receive some of the others'; some own their instance's events."""
    number = draw(st.integers(1, most))
    components = []
    for i in range(number):
        offered = [f"c{j}s{k}" for j in range(number) if j != i for k in range(2)]
        receives = tuple(draw(st.lists(st.sampled_from(offered), max_size=2, unique=True))) if offered else ()
        mine = (f"c{i}s0", f"c{i}s1")
        chart = draw(statecharts(mine, receives, f"chart{i}"))
        components.append(Component(f"c{i}", chart))
    if draw(st.booleans()):
        pulse = Statechart(
            "pulse", (State("a"), State("b")), "a", rows=(does("beat", "a", "b"), does("rest", "b", "a"))
        )
        components += [Component(f"p{k}", pulse, f"p{k}/") for k in range(draw(st.integers(1, 3)))]
    return Network(tuple(components))


def _walk(states: tuple[State, ...], path: str) -> list[tuple[str, State]]:
    found = []
    for s in states:
        full = f"{path}.{s.name}" if path else s.name
        found += [(full, s), *_walk(s.children, full)]
    return found


def _without(states: tuple[State, ...], gone: str, path: str) -> tuple[State, ...]:
    kept = []
    for s in states:
        full = f"{path}.{s.name}" if path else s.name
        if full != gone:
            children = _without(s.children, gone, full)
            kept.append(replace(s, children=children, initial="" if s.parallel or not children else children[0].name))
    return tuple(kept)


def _mentions(row: Transition, state: str) -> bool:
    names = [str(row.source), row.target or "", *re.findall(r"in\(([\w.]+)\)", row.when)]
    return any(n == state or n.startswith(state + ".") for n in names)
