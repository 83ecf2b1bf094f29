"""Drawings of one agent: its statechart, nested and parallel states and all.

Every row of the table is in the picture exactly once.  A row that leads to another state is an edge; rows with one
source and one target share an edge, and rows that say the same of several events share a line.  A row that stays
where it is is a line inside its state, and so are refusals and ignored events, gathered.

Arrows join nodes only.  What a composite state does as a whole stands in a box "in any state of ..." within it, where
its arrows start; and an arrow to a composite state ends at its initial marker, which is what entering it means.  So
an arrow never ends at a border, where one between a state and something within it is read in three different ways,
and where Graphviz and Mermaid lose labels or refuse.

Notation: ``event!`` is sent and ``event?`` received (as in UPPAAL); ``[guard]`` and ``/ effects`` are UML's.

The sentences of the rows are tooltips.  Left out: the names of events beyond the twelfth in one line, which are
counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..model.notation.statechart import ROOT, Answer, Row, State, Statechart, ancestors
from ..model.notation.terms import TRUE, Variable
from .diagram import Cluster, Diagram, Edge, Item, Line, Node, Style, Tone

GATHERED = 4
"""As many states from which one row leads to one target get one arrow together, from a box that names them."""

EVENTS = 12
"""Events named in one line before the rest is counted."""

LEGEND = Line("event! sent · event? received · [guard] · / effects · R-n requirement realised", Tone.QUIET)


def is_tick(event: str) -> bool:
    """Whether an event's name says that it is time passing: ``tick``, with or without an instance and a suffix.

    >>> is_tick("Web_0/tick_while_down"), is_tick("ticket")
    (True, False)
    """
    name = event.rpartition("/")[2]
    return name == "tick" or name.startswith("tick_")


def statechart_diagram(chart: Statechart) -> Diagram:
    """The picture of one agent.

    >>> from goalstate.model.notation.statechart import does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> [(e.tail, e.head, e.lines[0].text) for e in statechart_diagram(lamp).edges[1:]]
    [('dark', 'bright', 'switch_on!'), ('bright', 'dark', 'switch_off!')]
    """
    return _Picture(chart).diagram()


class _Picture:
    def __init__(self, chart: Statechart) -> None:
        self.chart = chart
        self.order = {name: i for i, name in enumerate(chart.by_name)}
        self.staying: dict[str, list[Row]] = defaultdict(list)
        leading: dict[tuple[int, str | None], list[str]] = defaultdict(list)
        for row in chart.table:
            if row.target is None or row.target == row.source:
                self.staying[row.source].append(row)
            elif row.source not in leading[row.index, row.target]:
                leading[row.index, row.target].append(row.source)
        # Sources are tuples: one state, or the many that one row leads to one target from.
        self.moving: dict[tuple[tuple[str, ...], str, bool], list[Row]] = defaultdict(list)
        for row in chart.table:
            if row.target is not None and row.target != row.source:
                sources = tuple(leading[row.index, row.target])
                found = sources if len(sources) >= GATHERED else (row.source,)
                self.moving[found, row.target, bool(row.fault)].append(row)
        self.sources = dict.fromkeys(sources for sources, _, _ in self.moving)
        self.targets = {target for _, target, _ in self.moving}
        self.begins: list[Edge] = []

    def diagram(self) -> Diagram:
        items = self.items(ROOT, self.chart.root)
        edges = [
            self.edge(sources, target, rows)
            for (sources, target, _), rows in sorted(
                self.moving.items(), key=lambda m: (self.order[m[0][0][0]], m[0][0], self.order[m[0][1]], m[0][2])
            )
        ]
        lines = [Line(self.chart.says)] if self.chart.says else []
        if self.chart.variables:
            lines.append(Line("remembers " + "; ".join(_domain(v) for v in self.chart.variables)))
        # What is in no row never happens, which a reader must be able to see.
        for verb, events in (("never takes", self.chart.knows), ("never sends", self.chart.withholds)):
            never = events - {r.event for r in self.chart.table}
            if never:
                lines.append(Line(f"{verb} {', '.join(sorted(never))}"))
        return Diagram(self.chart.name, items, (*self.begins, *edges), (*lines, LEGEND))

    def items(self, name: str, state: State) -> tuple[Item, ...]:
        """What is drawn inside a composite state, or the chart."""
        found: list[Item] = []
        inside = [f"{name}.{c.name}" if name else c.name for c in state.children]
        if not state.parallel or self.is_entered(name):
            found.append(Node(_initial(name), (), Style.INITIAL))
            starts = inside if state.parallel else [f"{name}.{state.initial}" if name else state.initial]
            self.begins += [Edge(_initial(name), self.entrance(start), (), Style.BEGIN) for start in starts]
        lines = tuple(self.inner_lines(name, state))
        if lines or (name,) in self.sources:
            where = f"in any state of {state.name}" if name else "in any state"
            found.append(Node(_anywhere((name,)), (Line(where, Tone.TITLE), *lines), Style.ANYWHERE, self.says(name)))
        for sources in self.sources:
            if len(sources) > 1 and _around(sources) == name:
                title = Line("in " + ", ".join(map(self.short, sources)), Tone.TITLE)
                found.append(Node(_anywhere(sources), (title,), Style.SEVERAL))
        for full, child in zip(inside, state.children, strict=True):
            title = Line(child.name, Tone.TITLE)
            if child.children:
                style = Style.REGION if state.parallel else Style.PARALLEL if child.parallel else Style.COMPOSITE
                found.append(Cluster(full, (title,), style, self.items(full, child), child.says))
            else:
                found.append(Node(full, (title, *self.inner_lines(full, child)), Style.STATE, self.says(full)))
        return tuple(found)

    def inner_lines(self, name: str, state: State) -> Iterator[Line]:
        """The lines inside a state: what happens there without leaving it."""
        if state.entry:
            yield Line(f"entry / {state.entry}")
        if state.exit:
            yield Line(f"exit / {state.exit}")
        rows = self.staying[name]
        yield from _lines(r for r in rows if r.answer in (Answer.DOES, Answer.ON))
        for answer in (Answer.REFUSES, Answer.IGNORES):
            by_guard: dict[str, list[str]] = defaultdict(list)
            for row in rows:
                if row.answer is answer:
                    by_guard[_guard(row)].append(row.event)
            for guard, events in sorted(by_guard.items()):
                yield Line(f"{answer.value} {_listed(sorted(set(events)))}{guard}", Tone.QUIET)

    def short(self, name: str) -> str:
        """The last part of a state's name where no other state's ends alike."""
        last = name.rpartition(".")[2]
        alike = [n for n in self.chart.state_names if n.rpartition(".")[2] == last]
        return last if len(alike) == 1 else name

    def says(self, name: str) -> str:
        """The sentences of a state and of what happens there without leaving it."""
        sentences = (self.chart.by_name[name].says, *(r.says for r in self.staying[name]))
        return "; ".join(dict.fromkeys(filter(None, sentences)))

    def edge(self, sources: tuple[str, ...], target: str, rows: list[Row]) -> Edge:
        if all(r.fault for r in rows):
            style = Style.FAULT
        elif all(is_tick(r.event) for r in rows):
            style = Style.TICK
        else:
            style = Style.SEND if any(r.answer is Answer.DOES for r in rows) else Style.RECEIVE
        leaf = len(sources) == 1 and not self.chart.by_name[sources[0]].children
        tail = sources[0] if leaf else _anywhere(sources)
        says = "; ".join(dict.fromkeys(r.says for r in rows if r.says))
        return Edge(tail, self.entrance(target), tuple(_lines(rows)), style, says)

    def entrance(self, name: str) -> str:
        """The node at which a state is entered: a composite one at its initial marker."""
        return _initial(name) if self.chart.by_name[name].children else name

    def is_entered(self, name: str) -> bool:
        """Whether an arrow leads to the whole of a parallel state, which needs a marker then."""
        around = name.rpartition(".")[0]
        outer = self.chart.by_name[around]
        begins = name != ROOT and (outer.parallel or outer.initial == self.chart.by_name[name].name)
        return begins or name in self.targets


def _lines(rows: Iterable[Row]) -> Iterator[Line]:
    """One line for all rows that say the same of their events."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.answer, _guard(row), row.effects, row.realises, row.fault, row.target].append(row)
    for found in groups.values():
        first = found[0]
        sign = "!" if first.answer is Answer.DOES else "?"
        text = _listed(dict.fromkeys(r.event + sign for r in found)) + _guard(first)
        if first.effects:
            text += " / " + "; ".join(str(a) for a in first.effects)
        if first.target is not None and first.target == first.source:
            text += " (leaves and enters again)"
        if first.realises:
            text += " · " + ", ".join(first.realises)
        yield Line(f"fault {first.fault}: {text}", Tone.FAULT) if first.fault else Line(text)


def _listed(events: Iterable[str]) -> str:
    names = list(events)
    shown = names if len(names) <= EVENTS + 1 else [*names[:EVENTS], f"and {len(names) - EVENTS} more"]
    return ", ".join(shown)


def _guard(row: Row) -> str:
    return "" if row.guard == TRUE else f" [{row.guard}]"


def _domain(variable: Variable) -> str:
    if variable.names:
        return f"{variable.name} = {' | '.join(variable.names)}, first {variable.show(variable.initial)}"
    return f"{variable.name} = {variable.low}..{variable.high}, first {variable.initial}"


def _around(names: tuple[str, ...]) -> str:
    """The innermost composite state that holds several states."""
    shared = set.intersection(*(set(ancestors(n)[1:]) for n in names))
    return max(shared, key=len)


def _initial(name: str) -> str:
    return f"{name}/initial"


def _anywhere(names: tuple[str, ...]) -> str:
    return f"{'+'.join(names)}/anywhere"
