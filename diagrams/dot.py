"""DOT, the language of Graphviz, for diagrams.

Text goes into HTML-like labels, wrapped here because Graphviz doesn't wrap.

Colours are those of Okabe and Ito ("Color universal design", 2008), darkened until text in them has a contrast of
4.5:1 on white (WCAG 2.2, 1.4.3).  No meaning rests on colour alone: faults are also dashed and say so, ticks are
dotted, parallel regions have dashed borders.  The background is white, so that a picture reads the same on a dark
page.

The source is the same for `dot` and for `graphviz-pure`; see `svg`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping

import graphviz

from .diagram import Diagram, Edge, Item, Line, Node, Style, Tone, printable

INK = "#1a1a1a"
QUIET = "#595959"
FAULT = "#a63f00"
SEND = "#005a8c"
FONT = "Arial"
"""The font whose widths Graphviz lays out."""

FAMILY = "Arial, Helvetica, 'Liberation Sans', Arimo, sans-serif"
"""Fonts of those widths, for SVG."""


NODE_WIDTH = 42
EDGE_WIDTH = 38
TITLE_WIDTH = 110
"""Characters in a line, before it is wrapped."""

_HARD = "\u00a0"
"""A space at which no line is broken, and which is never swallowed."""

_LOOKS: Mapping[Style, Mapping[str, str]] = {
    Style.STATE: {"shape": "box", "style": "rounded,filled", "fillcolor": "#ffffff"},
    Style.INITIAL: {"shape": "circle", "style": "filled", "fillcolor": INK, "width": "0.13", "fixedsize": "true"},
    Style.ANYWHERE: {"shape": "box", "style": "filled,dashed", "fillcolor": "#fffbe6"},
    Style.SEVERAL: {"shape": "box", "style": "filled,dashed", "fillcolor": "#fffbe6"},
    Style.AGENT: {"shape": "box", "style": "filled", "fillcolor": "#eaf3f9"},
    Style.COMPOSITE: {"style": "rounded,filled", "fillcolor": "#f4f4f4"},
    Style.PARALLEL: {"style": "rounded,filled", "fillcolor": "#e9eff4", "penwidth": "1.6"},
    Style.REGION: {"style": "rounded,filled,dashed", "fillcolor": "#f7fafc"},
    Style.INSTANCE: {"style": "rounded,filled", "fillcolor": "#f4f4f4"},
    Style.BEGIN: {"arrowsize": "0.7"},
    Style.SEND: {"color": SEND},
    Style.RECEIVE: {"color": INK, "arrowhead": "vee"},
    Style.TICK: {"color": INK, "style": "dotted", "penwidth": "1.4", "arrowhead": "vee"},
    Style.FAULT: {"color": FAULT, "style": "dashed", "penwidth": "1.4"},
}
_WIDTHS: Mapping[Style, int] = {Style.ANYWHERE: 56, Style.SEVERAL: 56}
_TEXT: Mapping[Style, str] = {Style.SEND: SEND, Style.FAULT: FAULT}
_TONES: Mapping[Tone, str] = {Tone.QUIET: QUIET, Tone.FAULT: FAULT}


def dot(diagram: Diagram) -> str:
    """The DOT source of a diagram.

    >>> from goalstate.diagrams.diagram import Diagram, Line, Node, Style
    >>> print(dot(Diagram("d", (Node("a", (Line("a & b"),), Style.STATE),), ())).splitlines()[-2].strip())
    a [label=<a &amp; b> fillcolor="#ffffff" margin="0.12,0.06" shape=box style="rounded,filled"]
    """
    return _Writer(diagram).source()


class _Writer:
    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.ids = identifiers(item.id for item in diagram.walk())

    def source(self) -> str:
        heading = [Line(self.diagram.title, Tone.TITLE), *self.diagram.lines]
        graph = graphviz.Digraph(
            _identifier(self.diagram.title) or "diagram",
            graph_attr={
                "bgcolor": "#ffffff",
                "fontname": FONT,
                "fontsize": "11",
                "label": _html(heading, TITLE_WIDTH, ranged=True, title_size=16),
                "labeljust": "l",
                "labelloc": "t",
                "newrank": "true",
                "nodesep": "0.3",
                "pad": "0.2",
                "rankdir": "LR" if self.diagram.sideways else "TB",
                "ranksep": "0.4",
                "tooltip": " ",
            },
            node_attr={"color": INK, "fontcolor": INK, "fontname": FONT, "fontsize": "10"},
            edge_attr={"arrowsize": "0.8", "color": INK, "fontcolor": INK, "fontname": FONT, "fontsize": "9"},
        )
        self.fill(graph, self.diagram.items)
        for edge in self.diagram.edges:
            self.edge(graph, edge)
        source: str = graph.source
        return source

    def fill(self, graph: graphviz.Digraph, items: Iterable[Item]) -> None:
        items = tuple(items)
        # What is true of the whole of a composite stands at its top, beside its initial marker.
        level = [self.ids[i.id] for i in items if i.style in (Style.INITIAL, Style.ANYWHERE)]
        for item in items:
            if isinstance(item, Node):
                look = dict(_LOOKS[item.style])
                if item.style is Style.INITIAL:
                    graph.node(self.ids[item.id], label="", tooltip="begins here", **look)
                    continue
                if item.says:
                    look["tooltip"] = _tooltip(item.says)
                graph.node(
                    self.ids[item.id],
                    label=_html(item.lines, _WIDTHS.get(item.style, NODE_WIDTH), ranged=len(item.lines) > 1),
                    margin="0.12,0.06",
                    **look,
                )
                continue
            with graph.subgraph(name=f"cluster_{self.ids[item.id]}") as inner:
                inner.attr(
                    label=_html(item.lines, 2 * NODE_WIDTH, ranged=True),
                    labeljust="l",
                    color=INK,
                    margin="12",
                    tooltip=_tooltip(item.says) if item.says else " ",
                    **_LOOKS[item.style],
                )
                self.fill(inner, item.items)
        if len(level) > 1:
            with graph.subgraph(graph_attr={"rank": "same"}) as row:
                for identifier in level:
                    row.node(identifier)

    def edge(self, graph: graphviz.Digraph, edge: Edge) -> None:
        look = dict(_LOOKS[edge.style])
        if edge.lines:
            look["label"] = _html(edge.lines, EDGE_WIDTH, ranged=True, colour=_TEXT.get(edge.style), padding=2)
        if edge.says:
            look["tooltip"] = look["labeltooltip"] = _tooltip(edge.says)
        graph.edge(self.ids[edge.tail], self.ids[edge.head], **look)


def identifiers(names: Iterable[str], pattern: str = r"[^\w./@-]") -> dict[str, str]:
    """For each name an identifier of its own, like it but for characters that ``pattern`` matches.

    >>> identifiers(["a:b", "a;b", "c"])
    {'a:b': 'a_b', 'a;b': 'a_b_2', 'c': 'c'}
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in names:
        stem = identifier = _identifier(name, pattern) or "_"
        number = 1
        while identifier in taken:
            number += 1
            identifier = f"{stem}_{number}"
        taken.add(identifier)
        found[name] = identifier
    return found


def _identifier(name: str, pattern: str = r"[^\w./@-]") -> str:
    return re.sub(pattern, "_", name)


_TIED = re.compile(r" (:=|==|!=|<=|>=|<|>|\+|-|\|) |(?<=[·/]) (?=\S)")


def wrap(text: str, width: int) -> list[str]:
    """The lines of a text, none longer than ``width``; those after the first are indented.

    Comparisons and assignments stay in one piece where they fit.

    >>> [line.replace("\u00a0", " ") for line in wrap("tick! [silence < 10] / silence := silence + 1", 28)]
    ['tick! [silence < 10]', '   / silence := silence + 1']
    """
    tied = _TIED.sub(lambda found: found[0].replace(" ", _HARD), printable(text))
    lines = textwrap.wrap(tied, width, subsequent_indent=_HARD * 3, break_on_hyphens=False)
    # Not nothing: Graphviz takes empty elements for a mistake.
    return lines or [_HARD]


def _html(
    lines: Iterable[Line], width: int, *, ranged: bool, colour: str | None = None, padding: int = 0, title_size: int = 0
) -> str:
    """An HTML-like label; ``ranged`` sets its lines flush left in a table, below a title in a row of its own."""
    rows: list[str] = []
    lines = list(lines)
    for line in lines:
        for text in map(_escape, wrap(line.text, width)):
            shown = f"<b>{text}</b>" if line.tone is Tone.TITLE and text else text
            tone = _TONES.get(line.tone, colour)
            attributes = f' color="{tone}"' if tone else ""
            if line.tone is Tone.TITLE and title_size:
                attributes += f' point-size="{title_size}"'
            rows.append(f"<font{attributes}>{shown}</font>" if attributes else shown)
    if not ranged:
        return f"<{'<br/>'.join(rows)}>"
    titled = len(lines) > 1 and lines[0].tone is Tone.TITLE
    titles = len(wrap(lines[0].text, width)) if titled else 0
    parts = ["<br/>".join(rows[:titles])] if titled else []
    parts.append('<br align="left"/>'.join(rows[titles:]) + '<br align="left"/>')
    left = ' align="left" balign="left"'
    cells = "".join(f"<tr><td{left}>{part}</td></tr>" for part in parts)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="{padding}">{cells}</table>>'


def _escape(text: str) -> str:
    # Graphviz replaces \N, \G, ... in labels, HTML-like ones included, and takes two backslashes for one.
    for plain, coded in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\\", "\\\\")):
        text = text.replace(plain, coded)
    return text


def _tooltip(text: str) -> str:
    # The two renderers disagree on how often a tooltip's escapes are read, so none is left in it.
    return graphviz.escape(printable(text).replace("\\", "/"))  # type: ignore[no-any-return]
