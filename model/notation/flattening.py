"""Flattening: a statechart becomes, by itself, a finite labelled transition system of integers.

Starting from the initial local state, every event of the alphabet is answered by the rules of the notation
(``statechart`` has them); what is reached is the LTS.  The agent is taken alone: its partners may offer any event at
any time.  So the LTS holds every local state the product can ever show, usually a few more.

What an event does depends on the active leaves and on the few variables that guards and effects read: it is worked out
once for each valuation of these and looked up afterwards.  Events that every row treats alike, as the fabric does with
those of its thousand instances, are worked out once too.

Source: Harel, "Statecharts", 1987, for the step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .lts import LTS, NONE, LocalState, active_in, show
from .rows import ROOT, Answer, Row, State, ancestors
from .statechart import Statechart, StatechartError
from .terms import Assign, Condition, effects, evaluate, holds, variables_read

MOST_STATES = 100_000
"""Local states up to which a chart is flattened; the workflow's largest agent has fewer than 3,000."""

MOST_MOVES = 5_000_000
"""Pairs of a local state and an event up to which a chart is flattened."""


@dataclass(frozen=True)
class _Level:
    """The rows of one active state for one event, and those of the states inside it."""

    rows: tuple[Row, ...]
    inner: tuple[_Level, ...]

    @property
    def guards(self) -> Iterator[Condition]:
        """The guards of all rows."""
        yield from (r.guard for r in self.rows)
        for level in self.inner:
            yield from level.guards


class _Jump:
    """What some rows, taken together, do to one set of active leaves: the leaves after, and the assignments in order.

    Which assignments these are depends on the leaves alone; what they assign, on the variables that they read.
    """

    def __init__(self, leaves: tuple[str, ...], writes: list[tuple[Assign, Row | None]], order: dict[str, int]) -> None:
        self.leaves = leaves
        self.writes = writes
        read = set().union(*(variables_read(a.expression) for a, _ in writes)) if writes else set()
        self.reads = tuple(order[n] for n in sorted(read))
        self.known: dict[tuple[int, ...], tuple[tuple[int, int], ...]] = {}


class _Answers:
    """How one set of active leaves answers one event: for each valuation of the variables its guards read."""

    def __init__(self, level: _Level, order: dict[str, int]) -> None:
        self.level = level
        read = set().union(*(variables_read(g) for g in level.guards))
        self.reads = tuple(order[n] for n in sorted(read))
        self.known: dict[tuple[int, ...], tuple[tuple[int, ...], bool, _Jump | None]] = {}


class _Step:
    """The step relation of one chart on local states; also collects what is wrong with it.

    What an event does is worked out once for all local states that have the same active leaves and agree on the
    variables that matter, and looked up for the others.
    """

    def __init__(self, chart: Statechart, events: Sequence[str]) -> None:
        self.chart = chart
        self.mistakes: list[str] = []
        self.used: set[tuple[int, str, str]] = set()
        self.rows: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        self.known: dict[str, set[int]] = defaultdict(set)  # by source, the numbers of the events with rows there
        number = {name: e for e, name in enumerate(events)}
        for row in chart.table:
            if row.event in number:
                self.rows[row.event][row.source].append(row)
                self.known[row.source].add(number[row.event])
        self.events = events
        self.variables = {v.name: v for v in chart.variables}
        self.place = {v.name: i for i, v in enumerate(chart.variables)}
        self.answers: dict[tuple[str, ...], list[tuple[int, _Answers]]] = {}
        self.jumps: dict[tuple[tuple[str, ...], tuple[tuple[int, str, str], ...]], _Jump] = {}
        self.order = {name: i for i, name in enumerate(chart.by_name)}
        self.entry = {n: effects(s.entry, chart.variables) for n, s in chart.by_name.items() if s.entry}
        self.exit = {n: effects(s.exit, chart.variables) for n, s in chart.by_name.items() if s.exit}

    def initial(self) -> LocalState:
        leaves: list[str] = []
        writes: list[tuple[Assign, Row | None]] = []
        self._enter(ROOT, leaves, writes)
        start = LocalState((), self.chart.initial_values)
        return self._jumped(_Jump(tuple(leaves), writes, self.place), start)

    def moves(self, local: LocalState) -> Iterator[tuple[int, tuple[int, ...], bool, LocalState | None]]:
        """For each event that some row answers: its number, those rows, whether it is refused, and the next state."""
        leaves, values = local
        if leaves not in self.answers:
            self.answers[leaves] = self._answers(leaves)
        for number, answers in self.answers[leaves]:
            key = tuple([values[i] for i in answers.reads])
            found = answers.known.get(key)
            if found is None:
                found = answers.known[key] = self._answer(answers.level, local)
            rows, refused, jump = found
            if not rows:
                continue
            if jump is None:
                yield number, rows, refused, None
            elif jump.writes:
                yield number, rows, False, self._jumped(jump, local)
            else:
                yield number, rows, False, local if jump.leaves == leaves else LocalState(jump.leaves, values)

    def _answers(self, leaves: tuple[str, ...]) -> list[tuple[int, _Answers]]:
        inside: dict[str, list[str]] = defaultdict(list)
        for name in sorted(active_in(leaves) - {ROOT}, key=self.order.__getitem__):
            inside[ancestors(name)[1]].append(name)
        known = sorted(set().union(*(self.known[name] for name in active_in(leaves))))
        nested = ((e, self._nest(ROOT, inside, self.rows[self.events[e]])) for e in known)
        return [(e, _Answers(level, self.place)) for e, level in nested if level is not None]

    def _nest(self, name: str, inside: dict[str, list[str]], rows: dict[str, list[Row]]) -> _Level | None:
        """The rows for an event on the active states, nested like them; states without rows are left out."""
        below = (self._nest(child, inside, rows) for child in inside.get(name, ()))
        inner = tuple(level for level in below if level is not None)
        own = tuple(rows.get(name, ()))
        return _Level(own, inner) if own or inner else None

    def _answer(self, level: _Level, local: LocalState) -> tuple[tuple[int, ...], bool, _Jump | None]:
        """The rows that answer an event, whether they refuse it, and what they do if they don't."""
        values = dict(zip(self.place, local.values, strict=True))
        rows = self._ask(level, local, values)
        for row in rows:
            self.used.add((row.index, row.event, row.source))
        refused = any(r.answer is Answer.REFUSES for r in rows)
        jump = self._jump(local, [r for r in rows if r.answer is not Answer.IGNORES]) if rows and not refused else None
        return tuple(r.index for r in rows), refused, jump

    def _ask(self, level: _Level, local: LocalState, values: dict[str, int]) -> list[Row]:
        answers = [r for inner in level.inner for r in self._ask(inner, local, values)]
        if answers:
            return answers
        active = active_in(local.active)
        found = [r for r in level.rows if holds(r.guard, values, active)]
        if len(found) > 1:
            rivals = " and ".join(f"row {r.index} ({r})" for r in found)
            self._note(f"{rivals} compete in {show(self.chart, local)}")
        return found[:1]

    def _jump(self, local: LocalState, rows: list[Row]) -> _Jump:
        """What ``rows``, one per region, do together."""
        if len(rows) > 1:
            self._compare(rows, local)
        key = (local.active, tuple((r.index, r.event, r.source) for r in rows))
        if key in self.jumps:
            return self.jumps[key]
        leaves = list(local.active)
        writes: list[tuple[Assign, Row | None]] = []
        for row in rows:
            if row.target is None:
                writes += [(a, row) for a in row.effects]
            elif _under(row.source, leaves):
                leaves = self._move(row, leaves, writes)
        leaves.sort(key=self.order.__getitem__)
        self.jumps[key] = _Jump(tuple(leaves), writes, self.place)
        return self.jumps[key]

    def _jumped(self, jump: _Jump, local: LocalState) -> LocalState:
        """The local state after a jump."""
        values = local.values
        key = tuple([values[i] for i in jump.reads])
        changed = jump.known.get(key)
        if changed is None:
            changed = jump.known[key] = self._assign(jump, local)
        after = list(values)
        for place, value in changed:
            after[place] = value
        return LocalState(jump.leaves, tuple(after))

    def _assign(self, jump: _Jump, local: LocalState) -> tuple[tuple[int, int], ...]:
        values = dict(zip(self.place, local.values, strict=True))
        for assign, row in jump.writes:
            variable = self.variables[assign.variable]
            value = evaluate(assign.expression, values)
            if not variable.low <= value <= variable.high:
                where = f"row {row.index} ({row})" if row else "an entry effect"
                at = f" in {show(self.chart, local)}" if row else ""
                self._note(f"{where}: {assign} gives {value}{at}, outside {variable.low}..{variable.high}")
                value = min(max(value, variable.low), variable.high)
            values[assign.variable] = value
        return tuple((self.place[n], values[n]) for n in {a.variable: None for a, _ in jump.writes})

    def _compare(self, rows: list[Row], local: LocalState) -> None:
        """Rows of several regions may be taken together only if none of them leaves what another one answers in."""
        for row in rows:
            if row.target is None:
                continue
            left = self._exits(row, list(local.active))[1]
            for other in rows:
                if other is not row and other.source in left:
                    self._note(
                        f"row {row.index} ({row}) leaves the region in which row {other.index} ({other}) answers too, "
                        f"in {show(self.chart, local)}"
                    )

    def _exits(self, row: Row, leaves: list[str]) -> tuple[str, list[str]]:
        """The state that a row moves inside of, and the active states that it leaves."""
        assert row.target is not None
        inside = row.source == ROOT or row.target.startswith(row.source + ".")
        scope = row.source if inside else _common(row.source, row.target)
        # A row that leaves a parallel region for another state leaves the whole parallel state with it.
        while scope != ROOT and self.chart.by_name[scope].parallel and not inside:
            scope = ancestors(scope)[1]
        left = [n for n in active_in(tuple(leaves)) if n != scope and _below(n, scope)]
        if self.chart.by_name[scope].parallel and inside:
            # Only the region that holds the target is left.
            region = ".".join(row.target.split(".")[: len(scope.split(".")) + 1]) if scope else row.target.split(".")[0]
            left = [n for n in left if n == region or _below(n, region)]
        return scope, left

    def _move(self, row: Row, leaves: list[str], writes: list[tuple[Assign, Row | None]]) -> list[str]:
        assert row.target is not None
        inside = row.source == ROOT or row.target.startswith(row.source + ".")
        scope, left = self._exits(row, leaves)
        for name in sorted(left, key=self.order.__getitem__, reverse=True):
            writes += [(a, row) for a in self.exit.get(name, ())]
        writes += [(a, row) for a in row.effects]
        kept = [n for n in leaves if n not in left]
        entered: list[str] = []
        if self.chart.by_name[scope].parallel and not inside:
            # The chart as a whole was left by a row between its regions: the other regions start anew.
            for child in self.chart.by_name[scope].children:
                if child.name != row.target.split(".")[0]:
                    self._enter(child.name, entered, writes)
        way = [n for n in reversed(ancestors(row.target)) if n != scope and _below(n, scope)]
        for position, name in enumerate(way):
            writes += [(a, row) for a in self.entry.get(name, ())]
            below = way[position + 1] if position + 1 < len(way) else None
            state = self.chart.by_name[name]
            if below is None:
                self._enter_children(name, entered, writes)
            elif state.parallel:
                for child in state.children:
                    if f"{name}.{child.name}" != below:
                        self._enter(f"{name}.{child.name}", entered, writes)
        return kept + entered

    def _enter(self, name: str, leaves: list[str], writes: list[tuple[Assign, Row | None]]) -> None:
        writes += [(a, None) for a in self.entry.get(name, ())]
        self._enter_children(name, leaves, writes)

    def _enter_children(self, name: str, leaves: list[str], writes: list[tuple[Assign, Row | None]]) -> None:
        state = self.chart.by_name[name]
        if not state.children:
            leaves.append(name)
            return
        for child in _default_children(state):
            self._enter(f"{name}.{child}" if name else child, leaves, writes)

    def _note(self, mistake: str) -> None:
        if mistake not in self.mistakes and len(self.mistakes) < 20:
            self.mistakes.append(mistake)


@lru_cache(maxsize=128)
def _flatten(chart: Statechart) -> tuple[LTS, tuple[str, ...]]:
    events = tuple(sorted(chart.alphabet))
    alike = _alike(chart, events)
    if len(alike) < len(events):
        one, mistakes = _explored(chart, tuple(alike), len(events))
        if not mistakes:
            return _for_all(one, alike, events), ()
        # Each event has its own part in what is wrong.
    return _explored(chart, events, len(events))


def _alike(chart: Statechart, events: Sequence[str]) -> dict[str, list[str]]:
    """The events that stand in the same rows, each list by its first one; in order."""
    places: dict[str, list[tuple[int, str]]] = {event: [] for event in events}
    for row in chart.table:
        places[row.event].append((row.index, row.source))
    found: dict[tuple[tuple[int, str], ...], list[str]] = {}
    for event, standing in places.items():
        found.setdefault(tuple(standing), []).append(event)
    return {own[0]: own for own in found.values()}


def _for_all(one: LTS, alike: dict[str, list[str]], events: tuple[str, ...]) -> LTS:
    """An LTS of the first events of some that are alike, as that of all of them."""
    place = {event: e for e, event in enumerate(events)}
    numbers = [[place[other] for other in own] for own in alike.values()]
    stands_for = np.zeros(len(events), dtype=np.intp)
    for k, own in enumerate(numbers):
        stands_for[own] = k
    rows = {(e, s): answers for (k, s), answers in one.rows.items() for e in numbers[k]}
    return LTS(one.chart, events, one.states, one.moves[stands_for], one.refused[stands_for], rows)


def _explored(chart: Statechart, events: tuple[str, ...], width: int) -> tuple[LTS, tuple[str, ...]]:
    """The LTS over some of the events, of ``width`` in all, and what is wrong."""
    step = _Step(chart, events)
    initial = step.initial()
    states = [initial]
    number = {initial: 0}
    moves: list[list[int]] = []
    refused: list[tuple[int, int]] = []
    used: dict[tuple[int, int], tuple[int, ...]] = {}
    for s, local in enumerate(states):  # grows while it runs: breadth first
        if s >= MOST_STATES or s * width > MOST_MOVES:
            return LTS(chart, events, (), np.zeros((0, 0), np.int32), np.zeros((0, 0), np.bool_), {}), _too_many(chart)
        column = [NONE] * len(events)
        for e, rows, no, following in step.moves(local):
            used[e, s] = rows
            if no:
                refused.append((e, s))
            if following is local:
                column[e] = s
            elif following is not None:
                target = number.setdefault(following, len(states))
                if target == len(states):
                    states.append(following)
                column[e] = target
        moves.append(column)
    reached = {n for leaves in {s.active for s in states} for n in active_in(leaves)}
    mistakes = list(step.mistakes)
    mistakes += [f"state {n!r} is never reached" for n in chart.state_names if n not in reached]
    asked = frozenset(events)
    for row in chart.table:
        if row.event in asked and (row.index, row.event, row.source) not in step.used:
            mistakes.append(f"row {row.index} ({row}) is never enabled")
    table = np.ascontiguousarray(np.array(moves, dtype=np.int32).reshape(len(states), len(events)).T)
    held = np.zeros(table.shape, dtype=np.bool_)
    if refused:
        held[tuple(np.array(refused).T)] = True
    return LTS(chart, events, tuple(states), table, held, used), tuple(mistakes)


def _too_many(chart: Statechart) -> tuple[str, ...]:
    ranges = sorted(chart.variables, key=lambda v: v.low - v.high)[:3]
    named = ", ".join(f"{v.name} {v.low}..{v.high}" for v in ranges) or "none"
    most = min(MOST_STATES, MOST_MOVES // len(chart.alphabet))
    return (
        f"more than {most:,} local states; allowed: {MOST_STATES:,}, and {MOST_MOVES:,} pairs of a local state and an "
        f"event; bound its variables lower (the widest: {named}) or split it into several agents",
    )


def flatten(chart: Statechart) -> LTS:
    """The LTS of a chart; charts that are equal share one.

    Raises StatechartError with all mistakes that only a run shows: states never reached, rows never enabled, two rows
    that compete, assignments out of bounds, more than ``MOST_STATES`` local states.

    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> flatten(lamp).size, flatten(lamp).moves.tolist()
    (2, [[-1, 0], [1, -1]])
    """
    machine, mistakes = _flatten(chart)
    if mistakes:
        raise StatechartError(chart.name, mistakes)
    return machine


def _below(name: str, scope: str) -> bool:
    return name != ROOT and (scope == ROOT or name.startswith(scope + "."))


def _under(name: str, leaves: list[str]) -> list[str]:
    return [n for n in leaves if n == name or _below(n, name)]


def _common(one: str, other: str) -> str:
    shared = set(ancestors(other)[1:]) & set(ancestors(one)[1:])
    return max(shared, key=len)


def _default_children(state: State) -> list[str]:
    return [c.name for c in state.children] if state.parallel else [state.initial]
