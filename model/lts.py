"""Flattening: a statechart becomes, by itself, a finite labelled transition system of integers.

A local state is the set of active leaf states plus the values of the variables.  Starting from the initial one, every
event of the alphabet is answered by the rules of the notation; what is reached is the LTS.  It is deterministic per
event: for a local state and an event there is at most one next state, so all choice in a network is the choice of the
next event, and a path is a list of events.

The agent is taken alone: its partners may offer any event at any time.  So the LTS holds every local state the product
can ever show, usually a few more.

Sources: Harel 1987 for the step; Milner, "Communication and Concurrency", 1989, for labelled transition systems.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .statechart import ROOT, Answer, Row, State, Statechart, ancestors
from .terms import Assign, effects, evaluate, holds

NONE = -1
"""No next state: the event can't happen here."""


@dataclass(frozen=True)
class LocalState:
    """Where one agent is: its active leaves, in document order, and the values of its variables."""

    active: tuple[str, ...]
    values: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class LTS:
    """The flat machine of one chart.

    ``moves[e, s]`` is the next local state for event number ``e`` in local state ``s``, or ``NONE``;
    ``refused[e, s]`` tells that a missing move is declared; ``rows[e, s]`` lists the table rows that answer;
    ``changes[e, s]`` is false where the event is merely ignored.
    """

    chart: Statechart
    events: tuple[str, ...]
    states: tuple[LocalState, ...]
    moves: NDArray[np.int32]
    refused: NDArray[np.bool_]
    rows: dict[tuple[int, int], tuple[int, ...]]

    @property
    def size(self) -> int:
        """Number of local states."""
        return len(self.states)

    def name(self, state: int) -> str:
        """How a local state reads: ``in_contact(silence=3)``."""
        local = self.states[state]
        values = ", ".join(f"{v.name}={v.show(x)}" for v, x in zip(self.chart.variables, local.values, strict=True))
        return "+".join(local.active) + (f"({values})" if values else "")

    def active(self, state: int) -> frozenset[str]:
        """Full names of all active states, ancestors included."""
        return _active(self.states[state].active)

    def values(self, state: int) -> dict[str, int]:
        """The valuation of a local state."""
        return {v.name: x for v, x in zip(self.chart.variables, self.states[state].values, strict=True)}


@dataclass(frozen=True)
class _Level:
    """The rows of one active state for one event, and those of the states inside it."""

    rows: tuple[Row, ...]
    inner: tuple[_Level, ...]


class _Step:
    """The step relation of one chart on local states; also collects what is wrong with it."""

    def __init__(self, chart: Statechart) -> None:
        self.chart = chart
        self.mistakes: list[str] = []
        self.used: set[tuple[int, str, str]] = set()
        self.rows: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in chart.table:
            self.rows[row.event][row.source].append(row)
        self.levels: dict[tuple[tuple[str, ...], str], _Level | None] = {}
        self.seen: LocalState | None = None
        self.values: dict[str, int] = {}
        self.order = {name: i for i, name in enumerate(chart.by_name)}
        self.entry = {n: effects(s.entry, chart.variables) for n, s in chart.by_name.items() if s.entry}
        self.exit = {n: effects(s.exit, chart.variables) for n, s in chart.by_name.items() if s.exit}

    def initial(self) -> LocalState:
        values = dict(zip((v.name for v in self.chart.variables), self.chart.initial_values, strict=True))
        leaves: list[str] = []
        self._enter(ROOT, leaves, values)
        return LocalState(tuple(leaves), tuple(values.values()))

    def answer(self, local: LocalState, event: str) -> tuple[list[Row], bool]:
        """The rows that answer an event, and whether it is refused."""
        level = self._level(local.active, event)
        if level is None:
            return [], False
        if local is not self.seen:
            # One local state is asked about every event of the alphabet in turn.
            self.seen = local
            self.values = dict(zip((v.name for v in self.chart.variables), local.values, strict=True))
        answers = self._ask(level, local)
        for row in answers:
            self.used.add((row.index, row.event, row.source))
        return answers, any(r.answer is Answer.REFUSES for r in answers)

    def _level(self, leaves: tuple[str, ...], event: str) -> _Level | None:
        """The rows for an event on the active states, nested like them; states without rows are left out."""
        key = (leaves, event)
        if key not in self.levels:
            self.levels[key] = self._nest(ROOT, _active(leaves), self.rows.get(event, {}))
        return self.levels[key]

    def _nest(self, name: str, active: frozenset[str], rows: dict[str, list[Row]]) -> _Level | None:
        prefix = f"{name}." if name else ""
        children = (prefix + c.name for c in self.chart.by_name[name].children)
        inner = tuple(n for c in children if c in active and (n := self._nest(c, active, rows)) is not None)
        own = tuple(rows.get(name, ()))
        return _Level(own, inner) if own or inner else None

    def _ask(self, level: _Level, local: LocalState) -> list[Row]:
        answers = [r for inner in level.inner for r in self._ask(inner, local)]
        if answers:
            return answers
        active = _active(local.active)
        found = [r for r in level.rows if holds(r.guard, self.values, active)]
        if len(found) > 1:
            rivals = " and ".join(f"row {r.index} ({r})" for r in found)
            self._note(f"{rivals} compete in {_show(self.chart, local)}")
        return found[:1]

    def take(self, local: LocalState, rows: list[Row]) -> LocalState:
        """The next local state when ``rows``, one per region, are taken together."""
        values = dict(zip((v.name for v in self.chart.variables), local.values, strict=True))
        leaves = list(local.active)
        if len(rows) > 1:
            self._compare(rows, leaves)
        for row in rows:
            if row.target is None:
                self._assign(row.effects, values, local, row)
            elif _under(row.source, leaves):
                leaves = self._move(row, leaves, values, local)
        leaves.sort(key=self.order.__getitem__)
        return LocalState(tuple(leaves), tuple(values.values()))

    def _compare(self, rows: list[Row], leaves: list[str]) -> None:
        """Rows of several regions may be taken together only if none of them leaves what another one answers in."""
        for row in rows:
            if row.target is None:
                continue
            left = self._exits(row, leaves)[1]
            for other in rows:
                if other is not row and other.source in left:
                    self._note(
                        f"row {row.index} ({row}) leaves the region in which row {other.index} ({other}) answers too, "
                        f"in {_show(self.chart, LocalState(tuple(leaves), tuple(self.values.values())))}"
                    )

    def _exits(self, row: Row, leaves: list[str]) -> tuple[str, list[str]]:
        """The state that a row moves inside of, and the active states that it leaves."""
        assert row.target is not None
        inside = row.source == ROOT or row.target.startswith(row.source + ".")
        scope = row.source if inside else _common(row.source, row.target)
        # A row that leaves a parallel region for another state leaves the whole parallel state with it.
        while scope != ROOT and self.chart.by_name[scope].parallel and not inside:
            scope = ancestors(scope)[1]
        left = [n for n in _active(tuple(leaves)) if n != scope and _below(n, scope)]
        if self.chart.by_name[scope].parallel and inside:
            # Only the region that holds the target is left.
            region = ".".join(row.target.split(".")[: len(scope.split(".")) + 1]) if scope else row.target.split(".")[0]
            left = [n for n in left if n == region or _below(n, region)]
        return scope, left

    def _move(self, row: Row, leaves: list[str], values: dict[str, int], local: LocalState) -> list[str]:
        assert row.target is not None
        inside = row.source == ROOT or row.target.startswith(row.source + ".")
        scope, left = self._exits(row, leaves)
        for name in sorted(left, key=self.order.__getitem__, reverse=True):
            self._assign(self.exit.get(name, ()), values, local, row)
        self._assign(row.effects, values, local, row)
        kept = [n for n in leaves if n not in left]
        entered: list[str] = []
        if self.chart.by_name[scope].parallel and not inside:
            # The chart as a whole was left by a row between its regions: the other regions start anew.
            for child in self.chart.by_name[scope].children:
                if child.name != row.target.split(".")[0]:
                    self._enter(child.name, entered, values)
        way = [n for n in reversed(ancestors(row.target)) if n != scope and _below(n, scope)]
        for position, name in enumerate(way):
            self._assign(self.entry.get(name, ()), values, local, row)
            below = way[position + 1] if position + 1 < len(way) else None
            state = self.chart.by_name[name]
            if below is None:
                self._enter_children(name, entered, values)
            elif state.parallel:
                for child in state.children:
                    if f"{name}.{child.name}" != below:
                        self._enter(f"{name}.{child.name}", entered, values)
        return kept + entered

    def _enter(self, name: str, leaves: list[str], values: dict[str, int]) -> None:
        self._assign(self.entry.get(name, ()), values, None, None)
        self._enter_children(name, leaves, values)

    def _enter_children(self, name: str, leaves: list[str], values: dict[str, int]) -> None:
        state = self.chart.by_name[name]
        if not state.children:
            leaves.append(name)
            return
        for child in _default_children(state):
            self._enter(f"{name}.{child}" if name else child, leaves, values)

    def _assign(
        self, assignments: tuple[Assign, ...], values: dict[str, int], local: LocalState | None, row: Row | None
    ) -> None:
        for assign in assignments:
            variable = next(v for v in self.chart.variables if v.name == assign.variable)
            value = evaluate(assign.expression, values)
            if not variable.low <= value <= variable.high:
                where = f"row {row.index} ({row})" if row else "an entry effect"
                at = f" in {_show(self.chart, local)}" if local else ""
                self._note(f"{where}: {assign} gives {value}{at}, outside {variable.low}..{variable.high}")
                value = min(max(value, variable.low), variable.high)
            values[assign.variable] = value

    def _note(self, mistake: str) -> None:
        if mistake not in self.mistakes and len(self.mistakes) < 20:
            self.mistakes.append(mistake)


@lru_cache(maxsize=4096)
def _flatten(chart: Statechart) -> tuple[LTS, tuple[str, ...]]:
    step = _Step(chart)
    events = tuple(sorted(chart.alphabet))
    initial = step.initial()
    states = [initial]
    number = {initial: 0}
    moves: list[list[int]] = []
    refused: list[list[bool]] = []
    used: dict[tuple[int, int], tuple[int, ...]] = {}
    for s, local in enumerate(states):  # grows while it runs: breadth first
        column, refusals = [], []
        for e, event in enumerate(events):
            answers, no = step.answer(local, event)
            refusals.append(no)
            if answers:
                used[e, s] = tuple(r.index for r in answers)
            if no or not answers:
                column.append(NONE)
                continue
            following = step.take(local, [r for r in answers if r.answer is not Answer.IGNORES])
            if following not in number:
                number[following] = len(states)
                states.append(following)
            column.append(number[following])
        moves.append(column)
        refused.append(refusals)
    reached = {n for s in states for n in _active(s.active)}
    mistakes = list(step.mistakes)
    mistakes += [f"state {n!r} is never reached" for n in chart.state_names if n not in reached]
    for row in chart.table:
        if (row.index, row.event, row.source) not in step.used:
            mistakes.append(f"row {row.index} ({row}) is never enabled")
    shape = (len(states), len(events))
    lts = LTS(
        chart,
        events,
        tuple(states),
        np.ascontiguousarray(np.array(moves, dtype=np.int32).reshape(shape).T),
        np.ascontiguousarray(np.array(refused, dtype=np.bool_).reshape(shape).T),
        used,
    )
    return lts, tuple(mistakes)


def flatten(chart: Statechart) -> LTS:
    """The LTS of a chart; charts that are equal share one.

    >>> from .statechart import State, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> flatten(lamp).size, flatten(lamp).moves.tolist()
    (2, [[-1, 0], [1, -1]])
    """
    return _flatten(chart)[0]


def flatten_mistakes(chart: Statechart) -> list[str]:
    """What flattening finds wrong with a chart."""
    return list(_flatten(chart)[1])


@lru_cache(maxsize=65536)
def _active(leaves: tuple[str, ...]) -> frozenset[str]:
    return frozenset(a for leaf in leaves for a in ancestors(leaf))


def _below(name: str, scope: str) -> bool:
    return name != ROOT and (scope == ROOT or name.startswith(scope + "."))


def _under(name: str, leaves: list[str]) -> list[str]:
    return [n for n in leaves if n == name or _below(n, name)]


def _common(one: str, other: str) -> str:
    shared = set(ancestors(other)[1:]) & set(ancestors(one)[1:])
    return max(shared, key=len)


def _default_children(state: State) -> list[str]:
    return [c.name for c in state.children] if state.parallel else [state.initial]


def _show(chart: Statechart, local: LocalState) -> str:
    values = ", ".join(f"{v.name}={v.show(x)}" for v, x in zip(chart.variables, local.values, strict=True))
    return "+".join(local.active) + (f"({values})" if values else "")
