"""A statechart: one agent, declared as a frozen table.

States nest, with an initial child, or run side by side (``parallel=True``).  The table has four kinds of row, named for
what they say about an event:

=============  ==========================================================================================
``does``       the agent takes the event on its own initiative: it *sends* it, and nobody else may send it
``on``         the agent reacts to an event that another agent sends
``ignores``    the event happens and changes nothing here
``refuses``    the event can't happen while this row applies: the sender has to wait, and that is intended
=============  ==========================================================================================

An event that a chart knows at all is part of its *alphabet*; events happen when every agent that has them in its
alphabet takes them together.  So an agent that neither takes nor ignores an event holds it back.  Holding back without
a ``refuses`` row is legal to write and a finding for the checker (an event somebody sent and nobody expected).

Meaning (Harel, "Statecharts", 1987; the priorities are those of UML and of the ``transitions`` library):

* The innermost row that is enabled wins; two enabled rows for one event at one level are an error.
* In parallel regions each region answers for itself; the event happens if one of them takes or ignores it and none
  refuses it.  A row further out applies only when no region has an answer.
* A row with a target leaves its source and everything inside, enters the target and its initial children.  A target
  inside the source leaves the source's children only.  A row without target changes variables and leaves states alone.
* Parallel regions are entered and left together: a row from a region to itself, to another region or out of the
  parallel state leaves all of its regions.  Two regions may answer one event together only if neither leaves the
  other's source.
* Effects happen in the order exit (innermost first), row, entry (outermost first).

Every row names the requirements it realises and says in a sentence what happens.  A *fault* is a ``does`` row marked
with its kind; it happens only while a fault budget has a unit left.

Mistakes are found in two steps, and each step lists all that it finds.  The constructor looks at what is written:
names, terms, bounds of initial values.  What only a run shows (a state never reached, a row never enabled, two rows
that compete, an assignment out of bounds) is found by ``flattening.flatten``, which a ``Component`` of a network calls
at its own construction.  So a declaration is a plain value: to make one costs little and reads no file, and no network
holds a chart that was not flattened without a mistake.

Left out: history states.  An agent that resumes where it was declares a variable that remembers, which does the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache

from .rows import ROOT, Answer, Names, Row, State, Transition, ancestors, does, each, events_of, ignores, on, refuses
from .terms import TermError, Variable, condition, effects, resolve_state

__all__ = [
    "ROOT",
    "Answer",
    "Names",
    "Row",
    "State",
    "Statechart",
    "StatechartError",
    "Transition",
    "ancestors",
    "does",
    "events_of",
    "ignores",
    "on",
    "refuses",
]


class StatechartError(ValueError):
    """An invalid statechart: carries every mistake found, one per line."""

    def __init__(self, chart: str, mistakes: Sequence[str]) -> None:
        self.chart = chart
        self.mistakes = tuple(mistakes)
        plural = "mistake" if len(self.mistakes) == 1 else "mistakes"
        super().__init__(
            f"statechart {chart!r}: {len(self.mistakes)} {plural}\n" + "\n".join(f"  - {m}" for m in mistakes)
        )


@dataclass(frozen=True)
class Statechart:
    """One agent.

    ``states`` are its top-level states (one of them active, ``initial`` first; with ``parallel``, all of them),
    ``variables`` its bounded memory, ``rows`` its table.  ``knows`` and ``withholds`` add names to the alphabet that
    no row mentions: an event of another agent that this one always holds back, and one of its own that it never
    sends.

    Raises StatechartError with all mistakes in what is written: unknown or doubled names, terms that can't be read,
    initial values out of bounds, an event on two sides.

    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> sorted(lamp.alphabet)
    ['switch_off', 'switch_on']
    """

    name: str
    states: tuple[State, ...]
    initial: str = ""
    variables: tuple[Variable, ...] = ()
    rows: tuple[Transition, ...] = ()
    parallel: bool = False
    knows: frozenset[str] = frozenset()
    withholds: frozenset[str] = frozenset()
    says: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        try:
            mistakes = tuple(self._no_tuples()) or _mistakes(self)
        except TypeError:
            mistakes = tuple(self._unhashable())
        if mistakes:
            raise StatechartError(self.name, mistakes)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(
            (self.name, self.states, self.initial, self.variables, self.rows, self.parallel, self.knows, self.withholds)
        )

    @cached_property
    def root(self) -> State:
        """The chart as one state that holds all others."""
        return State(ROOT, self.states, self.initial, self.parallel)

    @cached_property
    def by_name(self) -> dict[str, State]:
        """Every state by its full name (``outer.inner``), in document order, the root included as ``""``."""
        return dict(_walk(self.root, ROOT))

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        """Full names of all states but the root, in document order."""
        return tuple(n for n in self.by_name if n != ROOT)

    def resolve(self, name: str, where: str = "a reference") -> str:
        """The full name for a full name or an unambiguous ending; raises TermError otherwise."""
        return ROOT if name == ROOT else resolve_state(name, self.state_names, where)

    @cached_property
    def table(self) -> tuple[Row, ...]:
        """The rows, one per event and source, resolved."""
        return _table(self)

    @cached_property
    def alphabet(self) -> frozenset[str]:
        """Every event the agent knows."""
        return frozenset(r.event for r in self.table) | self.knows | self.withholds

    @cached_property
    def sends(self) -> frozenset[str]:
        """The events the agent takes on its own initiative."""
        return frozenset(r.event for r in self.table if r.answer is Answer.DOES) | self.withholds

    @cached_property
    def faults(self) -> dict[str, str]:
        """Fault events, each with its kind."""
        return {r.event: r.fault for r in self.table if r.fault}

    @cached_property
    def initial_values(self) -> tuple[int, ...]:
        """Initial values of the variables, in their order."""
        return tuple(v.initial for v in self.variables)

    def _resolve(self, index: int, written: Transition) -> Iterator[Row]:
        where = f"{written.answer.value} {_first(written.event)}"
        guard = condition(written.when, self.variables, self.state_names)
        then = effects(written.then, self.variables)
        target = None if written.target is None else self.resolve(written.target, where)
        for event in each(written.event):
            for source in each(written.source):
                yield Row(
                    index,
                    written.answer,
                    event,
                    self.resolve(source, where),
                    target,
                    guard,
                    then,
                    written.realises,
                    written.says,
                    written.fault,
                )

    def _no_tuples(self) -> Iterator[str]:
        for part in ("states", "variables", "rows"):
            value = getattr(self, part)
            if isinstance(value, State | Variable | Transition):
                kind = type(value).__name__
                yield f"{part}: one {kind}, no tuple; allowed: a tuple; write (..., ) with a comma before the bracket"

    def _unhashable(self) -> Iterator[str]:
        for part in fields(self):
            value = getattr(self, part.name)
            try:
                hash(value)
            except TypeError:
                kind = "a frozenset" if part.name in ("knows", "withholds") else "a tuple"
                what = f"{part.name}: a {type(value).__name__} with a part that can change"
                yield f"{what}; allowed: {kind} of values that can't; write it so"

    def _written_mistakes(self) -> Iterator[str]:
        yield from self._state_mistakes(self.root, ROOT)
        names = Counter(v.name for v in self.variables)
        yield from (f"variable {n!r} is declared {c} times" for n, c in names.items() if c > 1)
        for v in self.variables:
            if not v.low <= v.initial <= v.high:
                yield f"variable {v.name!r} starts at {v.initial}, outside {v.low}..{v.high}"
        readable: list[Row] = []
        for index, written in enumerate(self.rows):
            try:
                readable.extend(self._resolve(index, written))
            except TermError as error:
                yield f"row {index} ({written.answer.value} {_first(written.event)}): {error}"
        for name, state in self.by_name.items():
            for text in (state.entry, state.exit):
                try:
                    effects(text, self.variables)
                except TermError as error:
                    yield f"state {name!r}: {error}"
        yield from _row_mistakes(readable)

    def _state_mistakes(self, state: State, path: str) -> Iterator[str]:
        where = f"state {path!r}" if path else "the chart"
        children = [c.name for c in state.children]
        yield from (f"{where} has {n} children called {c!r}" for c, n in Counter(children).items() if n > 1)
        if path and not state.name.isidentifier():
            yield f"{where}: a state's name is letters, digits and underscores"
        if state.children and not state.parallel and state.initial not in children:
            yield f"{where} needs an initial child, not {state.initial!r}; allowed: {', '.join(children)}"
        if not state.children and (state.initial or state.parallel or not path):
            yield f"{where} has no children"
        for child in state.children:
            yield from self._state_mistakes(child, _join(path, child.name))


@lru_cache(maxsize=4096)
def _mistakes(chart: Statechart) -> tuple[str, ...]:
    # Equal charts are made again and again: for each role, and for each search.
    return tuple(chart._written_mistakes())


@lru_cache(maxsize=4096)
def _table(chart: Statechart) -> tuple[Row, ...]:
    return tuple(row for index, written in enumerate(chart.rows) for row in chart._resolve(index, written))


def _row_mistakes(rows: Sequence[Row]) -> Iterator[str]:
    answers: dict[str, set[Answer]] = defaultdict(set)
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        answers[row.event].add(row.answer)
        if row.answer is Answer.DOES:
            kinds[row.event].add(row.fault)
        if row.target == ROOT:
            yield f"row {row.index} ({row.answer.value} {row.event}): the chart as a whole is no target"
        if row.fault and row.answer is not Answer.DOES:
            yield f"row {row.index} ({row}): only what an agent does can be a fault"
        if row.answer in (Answer.IGNORES, Answer.REFUSES) and (row.effects or row.target is not None):
            allowed = "allowed: on, for an event that changes something"
            yield f"row {row.index} ({row}): has no target and no effects; {allowed}"
    for event, found in answers.items():
        if {Answer.DOES, Answer.ON} <= found:
            yield f"event {event!r} is both sent (does) and received (on); one agent is on one side of an event"
    for event, named in kinds.items():
        if len(named) > 1:
            listed = " and ".join(sorted(repr(kind) if kind else "no fault" for kind in named))
            yield f"event {event!r} is a fault of kind {listed}; an event has one kind, in all of its rows"


def _walk(state: State, path: str) -> Iterator[tuple[str, State]]:
    yield path, state
    for child in state.children:
        yield from _walk(child, _join(path, child.name))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _first(names: Names) -> str:
    return each(names)[0] if each(names) else "nothing"
