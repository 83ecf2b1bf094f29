"""A chart as cases: where it is, under which guard, what an event does; the chart's own words, not its flat states.

Other checkers read variables, guards and assignments, so that is what they get: per component one *location* (which
leaf states are active) and the variables of the chart.  For every location and event the rows of the table are resolved
here: who is innermost, which regions answer, which states are left and entered, which effects happen in which order.
What is left to the foreign tool are conditions and assignments over the variables.

Nothing is taken over from ``flattening``: it is a second reading of the notation, so a foreign tool that finds the same
states has checked the flattening too.  Locations are found without looking at the values of variables beyond single
guards, so a few may be listed that no run reaches; they cost nothing.

Source: the meaning written down at the head of ``statechart``; Harel, "Statecharts", 1987.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

from ..notation import terms
from ..notation.statechart import ROOT, Answer, Row, State, Statechart, ancestors
from ..notation.terms import effects

Leaves: TypeAlias = tuple[str, ...]

FALSE = terms.Any()
MOST_VALUATIONS = 4_096
"""The most valuations for which a guard is evaluated, to see whether it is always true or never."""

_CONTRARY = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Case:
    """What an event does in some locations under a guard: go to ``target`` (None: stay) with ``effects`` in order.

    ``refused`` cases don't happen, and are declared not to.  Guards mention variables only.
    """

    locations: tuple[int, ...]
    guard: terms.Condition
    target: int | None
    effects: tuple[terms.Assign, ...]
    refused: bool = False

    @property
    def changes(self) -> bool:
        """Whether any variable or location changes."""
        return self.target is not None or bool(self.effects)


@dataclass(frozen=True, eq=False)
class Machine:
    """One chart by locations and cases: build it with ``machine``."""

    chart: Statechart
    locations: tuple[Leaves, ...]
    initial: int
    values: tuple[int, ...]
    cases: dict[str, tuple[Case, ...]]

    def location_name(self, location: int) -> str:
        """The active leaves, joined."""
        return "+".join(self.locations[location])

    def within(self, state: str) -> frozenset[int]:
        """The locations in which a state is active."""
        return frozenset(
            k for k, leaves in enumerate(self.locations) if any(state in ancestors(leaf) for leaf in leaves)
        )

    @cached_property
    def everywhere(self) -> frozenset[int]:
        """All locations."""
        return frozenset(range(len(self.locations)))

    def takes(self, event: str) -> tuple[tuple[frozenset[int], terms.Condition], ...]:
        """Where and under which guards the event can happen: alternatives."""
        return self._where(event, refused=False)

    def refuses(self, event: str) -> tuple[tuple[frozenset[int], terms.Condition], ...]:
        """Where and under which guards the event is held back on purpose: alternatives."""
        return self._where(event, refused=True)

    def _where(self, event: str, refused: bool) -> tuple[tuple[frozenset[int], terms.Condition], ...]:
        guards: dict[int, list[terms.Condition]] = {}
        for case in self.cases[event]:
            if case.refused is refused:
                for location in case.locations:
                    guards.setdefault(location, []).append(case.guard)
        grouped: dict[terms.Condition, set[int]] = {}
        for location, found in guards.items():
            grouped.setdefault(settle(either(found), self.chart.variables), set()).add(location)
        return tuple((frozenset(places), guard) for guard, places in grouped.items())


@lru_cache(maxsize=1024)
def machine(chart: Statechart) -> Machine:
    """The cases of a chart.

    >>> from goalstate.model.notation.statechart import State, does
    >>> from goalstate.model.notation.terms import Variable
    >>> tap = Statechart("tap", (State("shut"), State("open")), "shut", (Variable.counter("drops", 0, 3),),
    ...                  (does("drip", "shut", when="drops < 3", then="drops := drops + 1"),
    ...                   does("turn", "shut", "open"), does("turn", "open", "shut", then="drops := 0")))
    >>> for case in machine(tap).cases["drip"]:
    ...     print(case.locations, case.guard, case.target, *case.effects)
    (0,) drops < 3 None drops := drops + 1
    """
    return _Reading(chart).machine()


class _Reading:
    """Resolves the table of one chart, location by location."""

    def __init__(self, chart: Statechart) -> None:
        self.chart = chart
        self.order = {name: k for k, name in enumerate(chart.by_name)}
        self.rows: dict[tuple[str, str], list[Row]] = {}
        for row in chart.table:
            self.rows.setdefault((row.event, row.source), []).append(row)

    def machine(self) -> Machine:
        events = sorted(self.chart.alphabet)
        leaves, begins = self._entered(ROOT)
        first = self._sorted(leaves)
        values = dict(zip((v.name for v in self.chart.variables), self.chart.initial_values, strict=True))
        found = {first: None}
        answers: dict[tuple[Leaves, str], list[tuple[terms.Condition, Leaves, tuple[terms.Assign, ...], bool]]] = {}
        waiting = [first]
        while waiting:
            here = waiting.pop(0)
            for event in events:
                outcomes = answers[here, event] = list(self._outcomes(here, event))
                for _, there, _, _ in outcomes:
                    if there not in found:
                        found[there] = None
                        waiting.append(there)
        locations = sorted(found, key=lambda leaves: [self.order[n] for n in leaves])
        number = {leaves: k for k, leaves in enumerate(locations)}
        cases = {}
        for event in events:
            grouped: dict[tuple[terms.Condition, int | None, tuple[terms.Assign, ...], bool], list[int]] = {}
            for here in locations:
                for guard, there, assigned, refused in answers[here, event]:
                    target = None if there == here else number[there]
                    grouped.setdefault((guard, target, assigned, refused), []).append(number[here])
            cases[event] = tuple(Case(tuple(at), *what) for what, at in grouped.items())
        for assign in begins:
            values[assign.variable] = terms.evaluate(assign.expression, values)
        return Machine(self.chart, tuple(locations), number[first], tuple(values.values()), cases)

    def _outcomes(
        self, here: Leaves, event: str
    ) -> Iterator[tuple[terms.Condition, Leaves, tuple[terms.Assign, ...], bool]]:
        active = frozenset(a for leaf in here for a in ancestors(leaf))
        grouped: dict[tuple[Leaves, tuple[terms.Assign, ...], bool], list[terms.Condition]] = {}
        for guard, rows in self._ask(ROOT, event, active):
            if not rows:
                continue
            if any(r.answer is Answer.REFUSES for r in rows):
                outcome: tuple[Leaves, tuple[terms.Assign, ...], bool] = (here, (), True)
            else:
                outcome = (*self._take(here, [r for r in rows if r.answer is not Answer.IGNORES]), False)
            grouped.setdefault(outcome, []).append(guard)
        for (there, assigned, refused), guards in grouped.items():
            guard = settle(either(guards), self.chart.variables)
            if guard != FALSE:
                yield guard, there, assigned, refused

    def _ask(self, state: str, event: str, active: frozenset[str]) -> list[tuple[terms.Condition, tuple[Row, ...]]]:
        """Who answers, from the inside out: alternatives that exclude each other and leave nothing open."""
        children = [c for c in self._children(state) if c in active]
        alternatives: list[tuple[terms.Condition, tuple[Row, ...]]] = []
        for parts in itertools.product(*(self._ask(child, event, active) for child in children)):
            guard = both(g for g, _ in parts)
            rows = tuple(r for _, answers in parts for r in answers)
            if rows:
                alternatives.append((guard, rows))
                continue
            for row in self.rows.get((event, state), ()):
                own = resolve(row.guard, active)
                alternatives.append((both([guard, own]), (row,)))
                guard = both([guard, contrary(own)])
            alternatives.append((guard, ()))
        return [(g, rows) for g, rows in alternatives if g != FALSE]

    def _take(self, here: Leaves, rows: Iterable[Row]) -> tuple[Leaves, tuple[terms.Assign, ...]]:
        leaves, assigned = list(here), list[terms.Assign]()
        for row in rows:
            if row.target is None:
                assigned += row.effects
            elif any(_inside(leaf, row.source) for leaf in leaves):
                leaves = self._move(row, row.target, leaves, assigned)
        return self._sorted(leaves), tuple(assigned)

    def _move(self, row: Row, target: str, leaves: list[str], assigned: list[terms.Assign]) -> list[str]:
        # What stays is the innermost state that holds both ends; a region is never left alone, for another region.
        within = target != row.source and _inside(target, row.source)
        stays = (
            row.source if within else next(a for a in ancestors(row.source)[1:] if a != target and _inside(target, a))
        )
        if not within:
            while stays != ROOT and self.chart.by_name[stays].parallel:
                stays = ancestors(stays)[1]
        left_below = stays
        if within and self.chart.by_name[stays].parallel:
            left_below = self._toward(stays, target)  # from the outside into one region: the others go on
        active = {a for leaf in leaves for a in ancestors(leaf)}
        left = {n for n in active if _inside(n, left_below) and n != stays}
        for name in sorted(left, key=self.order.__getitem__, reverse=True):
            assigned += self._effects(self.chart.by_name[name].exit)
        assigned += row.effects
        kept = [n for n in leaves if n not in left]
        root_anew = stays == ROOT and not within and self.chart.by_name[ROOT].parallel
        if root_anew:
            for child in self._children(ROOT):
                if child != self._toward(ROOT, target):
                    kept += self._enter(child, assigned)
        return kept + self._enter_toward(self._toward(stays, target), target, assigned)

    def _enter_toward(self, state: str, target: str, assigned: list[terms.Assign]) -> list[str]:
        if state == target:
            return self._enter(state, assigned)
        assigned += self._effects(self.chart.by_name[state].entry)
        following = self._toward(state, target)
        entered: list[str] = []
        if self.chart.by_name[state].parallel:
            for child in self._children(state):
                if child != following:
                    entered += self._enter(child, assigned)
        return entered + self._enter_toward(following, target, assigned)

    def _enter(self, state: str, assigned: list[terms.Assign]) -> list[str]:
        leaves, begins = self._entered(state)
        assigned += begins
        return leaves

    def _entered(self, state: str) -> tuple[list[str], list[terms.Assign]]:
        """The leaves and the entry effects of entering a state the default way."""
        found: State = self.chart.by_name[state]
        assigned = list(self._effects(found.entry))
        if not found.children:
            return [state], assigned
        leaves: list[str] = []
        for child in self._children(state) if found.parallel else [_join(state, found.initial)]:
            inner, begins = self._entered(child)
            leaves += inner
            assigned += begins
        return leaves, assigned

    def _effects(self, text: str) -> tuple[terms.Assign, ...]:
        return effects(text, self.chart.variables)

    def _children(self, state: str) -> list[str]:
        return [_join(state, c.name) for c in self.chart.by_name[state].children]

    def _toward(self, state: str, target: str) -> str:
        """The child of a state that holds the target."""
        return next(c for c in self._children(state) if _inside(target, c))

    def _sorted(self, leaves: Iterable[str]) -> Leaves:
        return tuple(sorted(leaves, key=self.order.__getitem__))


def _join(outer: str, inner: str) -> str:
    return f"{outer}.{inner}" if outer else inner


def _inside(name: str, outer: str) -> bool:
    """Whether a state is another one or below it."""
    return outer in ancestors(name)


def both(conditions: Iterable[terms.Condition]) -> terms.Condition:
    """All of them; conditions that are always true are left out."""
    parts: list[terms.Condition] = []
    for c in conditions:
        parts += [p for p in (c.operands if isinstance(c, terms.All) else (c,)) if p not in parts]
    if FALSE in parts:
        return FALSE
    return parts[0] if len(parts) == 1 else terms.All(tuple(parts))


def either(conditions: Iterable[terms.Condition]) -> terms.Condition:
    """At least one of them."""
    parts: list[terms.Condition] = []
    for c in conditions:
        parts += [p for p in (c.operands if isinstance(c, terms.Any) else (c,)) if p not in parts]
    if terms.TRUE in parts:
        return terms.TRUE
    return parts[0] if len(parts) == 1 else terms.Any(tuple(parts))


def contrary(condition: terms.Condition) -> terms.Condition:
    """The negation, with each comparison replaced by its opposite."""
    match condition:
        case terms.Compare(operator, left, right):
            return terms.Compare(_CONTRARY[operator], left, right)
        case terms.Not(operand):
            return operand
        case terms.All(operands):
            return either(contrary(o) for o in operands)
        case terms.Any(operands):
            return both(contrary(o) for o in operands)
        case terms.Within():
            return terms.Not(condition)


def resolve(condition: terms.Condition, active: frozenset[str]) -> terms.Condition:
    """The condition with every ``in(state)`` answered."""
    match condition:
        case terms.Within(state):
            return terms.TRUE if state in active else FALSE
        case terms.Not(operand):
            return contrary(resolve(operand, active))
        case terms.All(operands):
            return both(resolve(o, active) for o in operands)
        case terms.Any(operands):
            return either(resolve(o, active) for o in operands)
        case terms.Compare():
            return condition


def settle(condition: terms.Condition, variables: Sequence[terms.Variable]) -> terms.Condition:
    """True or false where every valuation agrees on it, else the condition itself."""
    read = terms.variables_read(condition)
    ranges = [(v.name, range(v.low, v.high + 1)) for v in variables if v.name in read]
    number = 1
    for _, values in ranges:
        number *= len(values)
    if number > MOST_VALUATIONS:
        return condition
    truths = {
        terms.holds(condition, dict(zip((n for n, _ in ranges), chosen, strict=True)))
        for chosen in itertools.product(*(values for _, values in ranges))
    }
    return condition if len(truths) == 2 else terms.TRUE if truths == {True} else FALSE
