"""GraphML, for Gephi, yEd, Cytoscape and igraph: a state space with the local state of every component at its nodes.

The graph is a ``networkx.MultiDiGraph``: several events may lead from one state to another.  Nodes are numbered
breadth first, the initial state is 0; an edge has its event, sender and kind of fault.

Source: "The GraphML File Format", graphdrawing.org; the format is written by networkx.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import networkx as nx
import numpy as np

from ..network.statespace import StateSpace
from .aut import finished, label


def graph(space: StateSpace) -> nx.MultiDiGraph[int]:
    """The state space as a graph of networkx; raises ExportError for a search that did not finish."""
    edges = finished(space)
    network = space.network
    found: nx.MultiDiGraph[int] = nx.MultiDiGraph(name=label(network.name))
    found.graph.update({label(key): label(value) for key, value in (*network.bounds, *network.options)})
    names = [[label(c.lts.name(s)) for s in range(c.lts.size)] for c in network.components]
    columns = [space.column(i).tolist() for i in range(len(network.components))]
    keys = [label(c.name) for c in network.components]
    for depth, (begin, end) in enumerate(pairwise(space.levels)):
        for state in range(begin, end):
            local = {k: n[c[state]] for k, n, c in zip(keys, names, columns, strict=True)}
            found.add_node(state, **{"depth": depth} | {f"at {k}": v for k, v in local.items()})
    events = [
        {"event": label(e.name), "sender": keys[e.sender]} | ({"fault": label(e.fault)} if e.fault else {})
        for e in network.events
    ]
    sources = np.repeat(np.arange(space.distinct), np.diff(edges.offsets))
    for source, event, target in zip(sources.tolist(), edges.events.tolist(), edges.targets.tolist(), strict=True):
        found.add_edge(source, target, **events[event])
    return found


def graphml(space: StateSpace) -> Iterator[str]:
    """The lines of the file, without line ends; raises ExportError.

    >>> from goalstate.model.engines.reference import explore
    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> [line.strip() for line in graphml(explore(Network((Component("lamp", lamp),)))) if "<edge" in line]
    ['<edge source="0" target="1" id="0">', '<edge source="1" target="0" id="0">']
    """
    found = graph(space)
    return iter(nx.generate_graphml(found, named_key_ids=False))
