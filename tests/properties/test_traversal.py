"""Both traversals, plain and compiled, find the same on random graphs, and what networkx finds."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goalstate.model.statespace import Graph
from goalstate.properties import traversal
from goalstate.properties.traversal import leading_to, positions_of, watch

Edges = list[tuple[int, int, int]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges]:
    """Nodes and edges (source, event, target); four events."""
    size = draw(st.integers(1, 9))
    node = st.integers(0, size - 1)
    return size, sorted(draw(st.lists(st.tuples(node, st.integers(0, 3), node), max_size=30)))


def graph_of(size: int, edges: Edges) -> Graph:
    counts = np.bincount([s for s, _, _ in edges], minlength=size) if edges else np.zeros(size, dtype=np.int64)
    return Graph(
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        np.array([t for _, _, t in edges], dtype=np.int64),
        np.array([e for _, e, _ in edges], dtype=np.int32),
    )


@pytest.mark.parametrize("from_edges", [0, 400_000], ids=["compiled", "plain"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), data=st.data())
def test_what_leads_to_a_set(
    from_edges: int, monkeypatch: pytest.MonkeyPatch, graph: tuple[int, Edges], data: st.DataObject
) -> None:
    monkeypatch.setattr(traversal, "COMPILE_FROM", from_edges)
    size, edges = graph
    targets = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=4, max_size=4)))
    plain = nx.DiGraph()
    plain.add_nodes_from(range(size))
    plain.add_edges_from((s, t) for s, e, t in edges if allowed[e])
    wanted = [any(targets[t] for t in {s, *nx.descendants(plain, s)}) for s in range(size)]
    found = leading_to(graph_of(size, edges).reversed(), targets, allowed)
    assert found.tolist() == wanted


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), data=st.data())
def test_an_observer_in_step(monkeypatch: pytest.MonkeyPatch, graph: tuple[int, Edges], data: st.DataObject) -> None:
    size, edges = graph
    watching = data.draw(st.integers(2, 4))
    table = np.array(
        data.draw(
            st.lists(
                st.lists(st.integers(0, watching - 1), min_size=watching, max_size=watching), min_size=4, max_size=4
            )
        ),
        dtype=np.int64,
    )
    table[:, watching - 1] = watching - 1  # a violation stays one
    wrong = np.arange(watching) == watching - 1
    product = nx.DiGraph()
    product.add_node((0, 0))
    for s, e, t in edges:
        for w in range(watching):
            product.add_edge((s, w), (t, int(table[e, w])))
    lengths = nx.single_source_shortest_path_length(product, (0, 0))
    wanted = min((d for (_, w), d in lengths.items() if wrong[w]), default=None)
    for from_edges in (0, 400_000):
        monkeypatch.setattr(traversal, "COMPILE_FROM", from_edges)
        way = watch(graph_of(size, edges), table, wrong)
        assert (None if way is None else len(way)) == wanted
        if way is not None:
            state = memory = 0
            for position in way:
                source, event, target = edges[position]
                assert source == state
                state, memory = target, int(table[event, memory])
            assert wrong[memory]


def test_positions_of_several_nodes() -> None:
    offsets = np.array([0, 2, 2, 5], dtype=np.int64)
    assert positions_of(offsets, np.array([2, 0, 1])).tolist() == [2, 3, 4, 0, 1]
    assert positions_of(offsets, np.array([1])).tolist() == []
    assert positions_of(offsets, np.array([], dtype=np.int64)).tolist() == []


def test_a_reversed_graph_has_the_same_edges() -> None:
    edges = [(0, 1, 2), (0, 2, 0), (2, 0, 1), (2, 3, 2)]
    backward = graph_of(3, edges).reversed()
    pairs = {
        (int(backward.targets[k]), int(backward.events[k]), t)
        for t in range(3)
        for k in range(backward.offsets[t], backward.offsets[t + 1])
    }
    assert pairs == set(edges)
