"""Strongly connected components, against those that networkx finds."""

from __future__ import annotations

import networkx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from goalstate.model.engines.components import components

NODES = 8
Edges = set[tuple[int, int]]


@given(
    st.sets(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=20),
    st.sets(st.integers(0, NODES - 1)),
)
def test_the_components_are_those_of_networkx(edges: Edges, alive: set[int]) -> None:
    ordered = sorted(edges)
    begins = np.searchsorted([source for source, _ in ordered], np.arange(NODES + 1)).astype(np.int64)
    to = np.array([target for _, target in ordered], dtype=np.int32)
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(alive)
    graph.add_edges_from((a, b) for a, b in edges if {a, b} <= alive)
    wanted = {frozenset(c) for c in networkx.strongly_connected_components(graph)}
    mask = np.isin(np.arange(NODES), list(alive))

    number, count = components(begins, to, mask, True)
    assert {frozenset(np.flatnonzero(number == k).tolist()) for k in range(count)} == wanted
    assert set(np.flatnonzero(number < 0).tolist()) == set(range(NODES)) - alive
    assert all(number[b] <= number[a] for a, b in graph.edges), "what follows comes first"

    number, count = components(begins, to, mask, False)
    cyclic = {c for c in wanted if len(c) > 1 or any((n, n) in edges for n in c)}
    assert {frozenset(np.flatnonzero(number == k).tolist()) for k in range(count)} == cyclic
    assert (number[mask] >= 0).sum() == sum(map(len, cyclic))
