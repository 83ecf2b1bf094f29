"""Mutants: charts with one small mistake each, made systematically from the rows of a table.

==================  ==================================================================================
``drop row``        a row is gone: a reaction that is missing, an event that is never sent, or, for ``ignores`` and
                    ``refuses``, an event that is held back without a word or no longer waits
``drop guard``      a row applies always
``drop condition``  one of the conditions that a guard joins by ``and`` is gone
``drop effect``     one assignment is gone
``drop target``     a row that led elsewhere stays where it is
``retarget``        a row leads to the next state beside its target
==================  ==================================================================================

A mutant that the notation refuses (two rows that compete, a state never reached) is no chart, so there is none.

Source: DeMillo, Lipton and Sayward, "Hints on test data selection", 1978.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .statechart import Answer, Statechart, StatechartError, Transition


@dataclass(frozen=True)
class Mutant:
    """A chart with one mistake: what was done to which row (numbered as written)."""

    chart: Statechart
    operator: str
    row: int
    what: str

    def __str__(self) -> str:
        return f"{self.chart.name}, row {self.row}: {self.operator}: {self.what}"


def mutants(chart: Statechart) -> Iterator[Mutant]:
    """Every mutant of a chart that the notation admits.

    >>> from .statechart import State, does
    >>> from .terms import Variable
    >>> tap = Statechart("tap", (State("shut"), State("open")), "shut", (Variable.counter("drops", 0, 3),),
    ...                  (does("drip", "shut", when="drops < 3", then="drops := drops + 1"),
    ...                   does("turn", "shut", "open"), does("turn", "open", "shut", then="drops := 0")))
    >>> for mutant in mutants(tap):
    ...     print(mutant)
    tap, row 0: drop row: does drip
    tap, row 0: drop effect: drops := drops + 1
    tap, row 2: drop row: does turn
    tap, row 2: drop effect: drops := 0
    tap, row 2: drop target: does turn stays
    tap, row 2: retarget: does turn -> open
    """
    seen = {chart}
    for attempt in attempts(chart):
        mutant = attempt.mutant()
        if mutant is not None and mutant.chart not in seen:
            seen.add(mutant.chart)
            yield mutant


@dataclass(frozen=True)
class Attempt:
    """A mutant that has not been made yet: making one flattens it, which takes its time."""

    chart: Statechart
    operator: str
    row: int
    what: str
    instead: tuple[Transition, ...]

    def mutant(self) -> Mutant | None:
        """The mutant, unless the notation refuses it."""
        chart = self.chart
        rows = (*chart.rows[: self.row], *self.instead, *chart.rows[self.row + 1 :])
        try:
            # The alphabet stays: who does not know an event any more would not hold it back either.
            found = replace(chart, rows=rows, knows=chart.alphabet - chart.sends, withholds=chart.sends)
        except StatechartError:
            return None
        return Mutant(found, self.operator, self.row, self.what)


def attempts(chart: Statechart) -> Iterator[Attempt]:
    """Every change to a row of a chart, in the order of the rows."""
    for row, written in enumerate(chart.rows):
        for operator, what, instead in _changes(chart, written):
            yield Attempt(chart, operator, row, what, instead)


def _changes(chart: Statechart, row: Transition) -> Iterator[tuple[str, str, tuple[Transition, ...]]]:
    event = row.event if isinstance(row.event, str) else ", ".join(row.event)
    name = f"{row.answer.value} {event}"
    yield "drop row", name, ()
    if row.when:
        conditions = [part.strip() for part in row.when.split(" and ")]
        yield "drop guard", row.when, (replace(row, when=""),)
        if len(conditions) > 1 and "(" not in row.when.replace("in(", ""):
            for k, gone in enumerate(conditions):
                rest = " and ".join(conditions[:k] + conditions[k + 1 :])
                yield "drop condition", gone, (replace(row, when=rest),)
    effects = [part.strip() for part in row.then.split(";") if part.strip()]
    for k, gone in enumerate(effects):
        yield "drop effect", gone, (replace(row, then="; ".join(effects[:k] + effects[k + 1 :])),)
    if row.target is not None and row.answer in (Answer.DOES, Answer.ON):
        yield "drop target", f"{name} stays", (replace(row, target=None),)
        beside = _beside(chart, chart.resolve(row.target))
        if beside:
            yield "retarget", f"{name} -> {beside}", (replace(row, target=beside),)


def _beside(chart: Statechart, state: str) -> str:
    """The next state among those around a state, the first after the last; empty where it is alone."""
    outer, dot, _ = state.rpartition(".")
    around = [f"{outer}{dot}{child.name}" for child in chart.by_name[outer].children]
    following = around[(around.index(state) + 1) % len(around)]
    return following if following != state else ""
