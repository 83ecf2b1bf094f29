"""Pictures as files: for each picture DOT, SVG and Mermaid under one name.

Equal models give equal files; SVG so long as the same Graphviz lays them out (see `svg`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from ..model.network import Network
from ..model.notation.statechart import Statechart
from .diagram import Diagram
from .dot import dot
from .mermaid import mermaid
from .networks import network_diagram
from .statecharts import statechart_diagram
from .svg import Layout, svg
from .workflows import workflow_diagram

Kind: TypeAlias = Literal["agents", "workflow", "network"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""What can be drawn of a network."""


LONGEST = 100
"""Characters in a file's name, without its ending."""


def diagrams(kind: Kind, network: Network) -> dict[str, Diagram]:
    """The pictures of one kind, by file name without ending.

    ``agents`` has one for each chart that differs from the others; charts of one name are told apart by the first
    instance that has them, as in ``host_bootstrapper-Web_IN_0``.

    >>> from goalstate.model.network import Component
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("lit"),), "lit", rows=(does("flicker", "lit"),))
    >>> list(diagrams("agents", Network((Component("lamp", lamp),))))
    ['lamp']
    """
    match kind:
        case "agents":
            return {name: statechart_diagram(chart) for name, chart in _charts(network)}
        case "workflow":
            return {"workflow": workflow_diagram(network)}
        case "network":
            return {"network": network_diagram(network)}


def draw(kind: Kind, network: Network, directory: Path, layout: Layout = "auto") -> list[Path]:
    """Write the pictures of one kind into a directory, which is made if it is missing; returns the files, in order.

    Each picture is a DOT, an SVG and a Mermaid file.  Raises LayoutError when graphs can't be laid out, and OSError
    when the directory can't be written.

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from goalstate import Component, Network, State, Statechart, does
    >>> lamp = Statechart("lamp", (State("lit"),), "lit", rows=(does("flicker", "lit"),))
    >>> [file.name for file in draw("agents", Network((Component("lamp", lamp),)), Path(mkdtemp()))]
    ['lamp.dot', 'lamp.svg', 'lamp.mmd']
    """
    drawn = diagrams(kind, network)
    if drawn:
        directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, diagram in drawn.items():
        texts = {"dot": dot(diagram), "svg": svg(diagram, layout), "mmd": mermaid(diagram)}
        for ending, text in texts.items():
            path = directory / f"{name}.{ending}"
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


def _charts(network: Network) -> Iterator[tuple[str, Statechart]]:
    """Each chart that differs from the others, with a file name."""
    first: dict[Statechart, str] = {}
    for component in network.components:
        first.setdefault(component.chart, component.scope.strip("/"))
    often = Counter(chart.name for chart in first)
    taken: set[str] = set()
    for chart, scope in first.items():
        wanted = f"{chart.name}-{scope}" if often[chart.name] > 1 and scope else chart.name
        stem = name = re.sub(r"[^\w@-]", "_", wanted)[:LONGEST] or "_"
        number = 1
        # Some file systems don't tell upper from lower case.
        while name.casefold() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.casefold())
        yield name, chart
