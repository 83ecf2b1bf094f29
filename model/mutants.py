"""Mutants: charts with one small mistake each, made systematically from the rows of a table.

========================  ============================================================================
``drop row``              a row is gone: a reaction that is missing, an event that is never sent, or, for ``ignores``
                          and ``refuses``, an event that is held back without a declaration, or no longer waits
``drop guard``            a row applies always
``drop condition``        one of the conditions that a guard joins by ``and`` is gone
``weaken guard``          a comparison with a number holds more often: ``<=`` for ``<`` and for ``==``, and so on
``off by one``            a number that a guard compares for equality is one more, or one less
``drop effect``           one assignment is gone
``drop target``           a row that led elsewhere stays where it is
``retarget``              a row leads to the next state beside its target
``drop tick guard``       time goes on, without effect, where it had to wait
``let through``           any other event goes on, without effect, where it had to wait
``drop synchronisation``  the agent takes no part any more in an event that others send: it neither reacts nor holds
                          it back
``duplicate``             an event is also taken in the state beside the first one in which it should be, with the same
                          effects and target, instead of what the chart says there
========================  ============================================================================

An invalid mutant (two rows that compete, a state never reached) is left out.

Source: DeMillo, Lipton and Sayward, "Hints on test data selection", 1978.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .agents.vocabulary import TICKS
from .notation.flattening import flatten
from .notation.rows import each
from .notation.statechart import Answer, Statechart, StatechartError, Transition

COMPARISON = re.compile(r"(?P<left>\b\w+) (?P<operator><=|>=|==|<|>) (?P<right>\d+)\b")

WEAKER = {"<": ("<=",), ">": (">=",), "==": ("<=", ">=")}

Change = tuple[str, str, tuple[Transition, ...]]
"""An operator, what it does, and the rows in place of one row."""


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
    """Every valid mutant of a chart, equal ones once.

    >>> from goalstate.model.notation.statechart import State, does
    >>> from goalstate.model.notation.terms import Variable
    >>> tap = Statechart("tap", (State("shut"), State("open")), "shut", (Variable.counter("drops", 0, 3),),
    ...                  (does("drip", "shut", when="drops < 3", then="drops := drops + 1"),
    ...                   does("turn", "shut", "open"), does("turn", "open", "shut", then="drops := 0")))
    >>> for mutant in mutants(tap):
    ...     print(mutant)
    tap, row 0: drop row: does drip
    tap, row 0: drop effect: drops := drops + 1
    tap, row 0: duplicate: does drip in open too
    tap, row 1: duplicate: does turn in open too
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
    """A mutant that has not been made yet: making one flattens it, which takes its time.

    ``without``: an event that the agent is to forget; every other stays in its alphabet.
    """

    chart: Statechart
    operator: str
    row: int
    what: str
    rows: tuple[Transition, ...]
    without: str = ""

    def mutant(self) -> Mutant | None:
        """The mutant; None if it is an invalid statechart."""
        chart = self.chart
        # The alphabet stays: an agent that no longer knows an event would not hold it back either.
        known = chart.alphabet - chart.sends - {self.without}
        try:
            found = replace(chart, rows=self.rows, knows=known, withholds=chart.sends)
            flatten(found)
        except StatechartError:
            return None
        return Mutant(found, self.operator, self.row, self.what)


def attempts(chart: Statechart) -> Iterator[Attempt]:
    """Every change to a row of a chart, in the order of the rows; then the events that it takes no part in."""
    for row, written in enumerate(chart.rows):
        for operator, what, instead in _changes(chart, written):
            rows = (*chart.rows[:row], *instead, *chart.rows[row + 1 :])
            yield Attempt(chart, operator, row, what, rows)
        if written.answer in (Answer.DOES, Answer.ON):
            yield from _duplicated(chart, row)
    for event in sorted(chart.alphabet - chart.sends):
        [first, *_] = (k for k, row in enumerate(chart.rows) if event in each(row.event))
        rest = tuple(part for row in chart.rows for part in _less(row, event))
        yield Attempt(chart, "drop synchronisation", first, event, rest, event)


def described(chart: Statechart) -> tuple[str, ...]:
    """Each row of a chart in words that stay the same when rows come or go before it; equal ones are counted.

    Of a long list the beginning is named: the rest may differ from chart to chart of an agent.

    >>> from goalstate.model.agents.wa_app_agent import wa_app_agent
    >>> described(wa_app_agent())[0]
    'on guest_booted: absent -> checking'
    """
    found: Counter[str] = Counter()
    texts = []
    for row in chart.rows:
        arrow = f" -> {row.target}" if row.target is not None else ""
        guard = f" [{row.when}]" if row.when else ""
        text = f"{row.answer.value} {_listed(each(row.event))}: {_listed(each(row.source))}{arrow}{guard}"
        found[text] += 1
        texts.append(text if found[text] == 1 else f"{text} ({found[text]})")
    return tuple(texts)


def _listed(names: tuple[str, ...]) -> str:
    shown = [name or "anywhere" for name in names]
    return ", ".join(shown) if len(shown) <= 3 else f"{', '.join(shown[:2])} and more"


def _changes(chart: Statechart, row: Transition) -> Iterator[Change]:
    event = _listed(each(row.event))
    name = f"{row.answer.value} {event}"
    yield "drop row", name, ()
    if row.when:
        yield from _guards(row)
    effects = [part.strip() for part in row.then.split(";") if part.strip()]
    for k, gone in enumerate(effects):
        yield "drop effect", gone, (replace(row, then="; ".join(effects[:k] + effects[k + 1 :])),)
    if row.target is not None and row.answer in (Answer.DOES, Answer.ON):
        yield "drop target", f"{name} stays", (replace(row, target=None),)
        beside = _beside(chart, chart.resolve(row.target))
        if beside:
            yield "retarget", f"{name} -> {beside}", (replace(row, target=beside),)
    if row.answer is Answer.REFUSES:
        time = set(each(row.event)) <= set(TICKS)
        yield (
            "drop tick guard" if time else "let through",
            _listed(each(row.event)),
            (replace(row, answer=Answer.IGNORES),),
        )


def _guards(row: Transition) -> Iterator[Change]:
    conditions = [part.strip() for part in row.when.split(" and ")]
    yield "drop guard", row.when, (replace(row, when=""),)
    if len(conditions) > 1 and "(" not in row.when.replace("in(", ""):
        for k, gone in enumerate(conditions):
            rest = " and ".join(conditions[:k] + conditions[k + 1 :])
            yield "drop condition", gone, (replace(row, when=rest),)
    for found in COMPARISON.finditer(row.when):
        for operator in WEAKER.get(found["operator"], ()):
            text = f"{found['left']} {operator} {found['right']}"
            yield "weaken guard", text, (replace(row, when=_put(row.when, found, text)),)
        if found["operator"] == "==":
            for number in (int(found["right"]) - 1, int(found["right"]) + 1):
                text = f"{found['left']} == {number}"
                yield "off by one", text, (replace(row, when=_put(row.when, found, text)),)


def _put(text: str, found: re.Match[str], instead: str) -> str:
    return text[: found.start()] + instead + text[found.end() :]


def _duplicated(chart: Statechart, number: int) -> Iterator[Attempt]:
    row = chart.rows[number]
    sources = {chart.resolve(source) for source in each(row.source)}
    beside = _beside(chart, chart.resolve(each(row.source)[0]))
    if not beside or beside in sources:
        return
    events = frozenset(each(row.event))
    others = [
        part for k, other in enumerate(chart.rows) if k != number for part in _freed(chart, other, events, beside)
    ]
    wider = replace(row, source=(*each(row.source), beside))
    what = f"{row.answer.value} {_listed(each(row.event))} in {beside} too"
    yield Attempt(chart, "duplicate", number, what, (wider, *others))


def _freed(chart: Statechart, row: Transition, events: frozenset[str], state: str) -> Iterator[Transition]:
    """A row without what it says of some events in a state."""
    mine = each(row.event)
    elsewhere = tuple(source for source in each(row.source) if chart.resolve(source) != state)
    if len(elsewhere) == len(each(row.source)) or not events & set(mine):
        yield row
        return
    if elsewhere:
        yield replace(row, source=elsewhere)
    if others := tuple(event for event in mine if event not in events):
        yield replace(row, source=state, event=others)


def _less(row: Transition, event: str) -> Iterator[Transition]:
    """A row without an event."""
    rest = tuple(name for name in each(row.event) if name != event)
    if rest:
        yield replace(row, event=rest)


def _beside(chart: Statechart, state: str) -> str:
    """The next state among those around a state, the first after the last; empty where it is alone."""
    if not state:
        return ""
    outer, dot, _ = state.rpartition(".")
    around = [f"{outer}{dot}{child.name}" for child in chart.by_name[outer].children]
    following = around[(around.index(state) + 1) % len(around)]
    return following if following != state else ""
