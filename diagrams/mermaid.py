"""Mermaid, which code hosts draw in the browser, for diagrams and sequences.

State charts become flowcharts, not Mermaid's own state diagrams: those have no edge between inner states of different
composite states, and draw nested parallel states wrongly.  Flowcharts with subgraphs say all that is in a `Diagram`.

No meaning rests on colour: faults are dotted thick and say so.  Colours are set together with the colour of the text
on them, so that light and dark themes are both legible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .diagram import Cluster, Diagram, Edge, Item, Line, Mark, Message, Node, Repeat, Sequence, Style, printable
from .dot import EDGE_WIDTH, FAULT, INK, NODE_WIDTH, SEND, identifiers, wrap
from .swimlanes import label

LANE_WIDTH = 32
"""Characters in a line of a lane, before it is wrapped."""

_CLASSES: Mapping[Style, str] = {
    Style.STATE: f"fill:#ffffff,stroke:{INK},color:{INK}",
    Style.INITIAL: f"fill:{INK},stroke:{INK},color:{INK}",
    Style.ANYWHERE: f"fill:#fffbe6,stroke:{INK},color:{INK},stroke-dasharray:4",
    Style.SEVERAL: f"fill:#fffbe6,stroke:{INK},color:{INK},stroke-dasharray:4",
    Style.AGENT: f"fill:#eaf3f9,stroke:{INK},color:{INK}",
    Style.COMPOSITE: f"fill:#f4f4f4,stroke:{INK},color:{INK}",
    Style.PARALLEL: f"fill:#e9eff4,stroke:{INK},color:{INK},stroke-width:2px",
    Style.REGION: f"fill:#f7fafc,stroke:{INK},color:{INK},stroke-dasharray:6",
    Style.INSTANCE: f"fill:#f4f4f4,stroke:{INK},color:{INK}",
}
_ARROWS: Mapping[Style, str] = {
    Style.BEGIN: "-->",
    Style.SEND: "-->",
    Style.RECEIVE: "-->",
    Style.TICK: "-.->",
    Style.FAULT: "-.->",
}
_STROKES: Mapping[Style, str] = {Style.SEND: f"stroke:{SEND}", Style.FAULT: f"stroke:{FAULT},stroke-width:3px"}


def mermaid(picture: Diagram | Sequence) -> str:
    """The Mermaid source of a picture, with a newline at its end.

    >>> from goalstate.diagrams.diagram import Diagram, Line, Node, Style
    >>> print(mermaid(Diagram("d", (Node("a", (Line('say "hi"'),), Style.STATE),), ())).splitlines()[2].strip())
    n_a("say #quot;hi#quot;")
    """
    lines = _sequence(picture) if isinstance(picture, Sequence) else _flowchart(picture)
    return "\n".join(lines) + "\n"


def _flowchart(diagram: Diagram) -> Iterator[str]:
    ids = {k: f"n_{v}" for k, v in identifiers((i.id for i in diagram.walk()), r"[^A-Za-z0-9_]").items()}
    yield f"flowchart {'LR' if diagram.sideways else 'TB'}"
    yield f"    accTitle: {_accessible(diagram.title)}"
    if diagram.lines:
        yield f"    accDescr: {_accessible('; '.join(line.text for line in diagram.lines))}"
    yield from _items(diagram.items, ids, 1)
    strokes: dict[str, list[int]] = {}
    for number, edge in enumerate(diagram.edges):
        yield f"    {_edge(edge, ids)}"
        if edge.style in _STROKES:
            strokes.setdefault(_STROKES[edge.style], []).append(number)
    for style, look in _CLASSES.items():
        members = [ids[i.id] for i in diagram.walk() if i.style is style]
        if members:
            yield f"    classDef {style.value} {look}"
            yield f"    class {','.join(members)} {style.value}"
    for stroke, numbers in strokes.items():
        yield f"    linkStyle {','.join(map(str, numbers))} {stroke}"


def _items(items: Iterable[Item], ids: Mapping[str, str], depth: int) -> Iterator[str]:
    indent = "    " * depth
    for item in items:
        if isinstance(item, Cluster):
            yield f'{indent}subgraph {ids[item.id]}["{_label(item.lines, 2 * NODE_WIDTH)}"]'
            yield from _items(item.items, ids, depth + 1)
            yield f"{indent}end"
        else:
            yield indent + _node(item, ids[item.id])


def _node(node: Node, identifier: str) -> str:
    if node.style is Style.INITIAL:
        return f'{identifier}((" "))'
    opening, closing = ("(", ")") if node.style is Style.STATE else ("[", "]")
    return f'{identifier}{opening}"{_label(node.lines, NODE_WIDTH)}"{closing}'


def _edge(edge: Edge, ids: Mapping[str, str]) -> str:
    label = f'|"{_label(edge.lines, EDGE_WIDTH)}"|' if edge.lines else ""
    return f"{ids[edge.tail]} {_ARROWS[edge.style]}{label} {ids[edge.head]}"


def _label(lines: Iterable[Line], width: int) -> str:
    return "<br/>".join(_escape(text.strip()) for line in lines for text in wrap(line.text, width))


def _escape(text: str) -> str:
    """Text that Mermaid takes neither for syntax, nor HTML, nor Markdown; the entities are its own."""
    coded = {"#": "#35;", "&": "#amp;", "<": "#lt;", ">": "#gt;", '"': "#quot;", ";": "#59;", "`": "#96;", "\\": "#92;"}
    coded |= {"*": "#42;", "%": "#37;", "{": "#123;", "}": "#125;"}
    return "".join(coded.get(c, c) for c in printable(text))


def _accessible(text: str) -> str:
    # This text has no escapes of any kind.
    return "".join(" " if c in '#;"{}<>%`' else c for c in printable(text)).strip() or "untitled"


def _sequence(sequence: Sequence) -> Iterator[str]:
    yield "sequenceDiagram"
    yield f"    accTitle: {_accessible(sequence.title)}"
    if sequence.says:
        yield f"    accDescr: {_accessible(sequence.says)}"
    # Boxes must hold neighbours: a group that comes again later gets a second box.
    group = ""
    for number, lane in enumerate(sequence.lanes):
        if lane.group != group:
            if group:
                yield "    end"
            if lane.group:
                yield f"    box {_escape(lane.group)}"
            group = lane.group
        begins = "<br/>".join(_escape(line) for line in wrap(lane.begins, LANE_WIDTH))
        yield f"    participant L{number} as {_escape(lane.name)}<br/>{begins}"
    if group:
        yield "    end"
    across = f"L0,L{len(sequence.lanes) - 1}" if len(sequence.lanes) > 1 else "L0"
    if sequence.tracks and sequence.lanes:
        legend = (f"{_escape(track.letter)}: {_escape(track.text)}" for track in sequence.tracks)
        yield f"    Note over {across}: {'<br/>'.join(legend)}"
    yield from _messages(sequence.messages, sequence, 1)
    if sequence.end and sequence.lanes:
        yield f"    Note over {across}: at the end: {_watched(sequence, sequence.end)}"


def _watched(sequence: Sequence, values: Iterable[str]) -> str:
    """The values of the tracks, each with its letter."""
    pairs = zip(sequence.tracks, values, strict=True)
    return _escape(", ".join(f"{track.letter} {value}" for track, value in pairs))


def _messages(items: Iterable[Message | Repeat], sequence: Sequence, depth: int) -> Iterator[str]:
    indent = "    " * depth
    for item in items:
        if isinstance(item, Repeat):
            yield f"{indent}loop {'for ever' if item.times is None else f'{item.times} times'}"
            yield from _messages(item.messages, sequence, depth + 1)
            yield f"{indent}end"
            continue
        arrow = "--)" if item.marks & {Mark.TICK, Mark.FAULT} else "->>"
        text = _escape(label(item, sequence.lanes[item.sender].group))
        for receiver in item.receivers or (item.sender,):
            yield f"{indent}L{item.sender}{arrow}L{receiver}: {item.number} {text}"
        if item.watched and item.watched != tuple(track.values[item.number - 2] for track in sequence.tracks):
            yield f"{indent}Note over L{item.sender}: before it: {_watched(sequence, item.watched)}"
        for note in item.notes:
            lines = (_escape(line) for changed in note.lines for line in wrap(changed, LANE_WIDTH))
            yield f"{indent}Note over L{note.lane}: {'<br/>'.join(lines)}"
