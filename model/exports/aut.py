"""The Aldebaran format (.aut), for CADP and mCRL2: a state space as a list of labelled edges.

    des (0, <edges>, <states>)
    (<from>, "<event>", <to>)

States have numbers and nothing else.  Source: the manual page ``aut`` of CADP.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..network.statespace import Graph, StateSpace
from .naming import percent
from .system import ExportError


def aut(space: StateSpace) -> Iterator[str]:
    """The lines of the file, without line ends; raises ExportError for a search that did not finish.

    >>> from goalstate.model.engines.reference import explore
    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> print("\\n".join(aut(explore(Network((Component("lamp", lamp),))))))
    des (0, 2, 2)
    (0, "switch_on", 1)
    (1, "switch_off", 0)
    """
    graph = finished(space)
    return _lines(space, graph)


def finished(space: StateSpace) -> Graph:
    """The graph of a complete search; raises ExportError with what is missing."""
    if not space.complete:
        raise ExportError(f"the state space is not complete ({space.stopped}): a part of it would read as the whole")
    if space.graph is None:
        raise ExportError("the state space was enumerated without its edges; enumerate it with graph=True")
    return space.graph


def label(text: str) -> str:
    """A label without quotation marks, backslashes and line ends; different texts stay different.

    >>> label('say "hi"'), label("100%")
    ('say %22hi%22', '100%25')
    """
    return percent(text, lambda c: c.isprintable() and c not in '"\\%')


def _lines(space: StateSpace, graph: Graph) -> Iterator[str]:
    labels = [label(e.name) for e in space.network.events]
    yield f"des (0, {len(graph.targets)}, {space.distinct})"
    sources = np.repeat(np.arange(space.distinct), np.diff(graph.offsets))
    for source, event, target in zip(sources.tolist(), graph.events.tolist(), graph.targets.tolist(), strict=True):
        yield f'({source}, "{labels[event]}", {target})'
