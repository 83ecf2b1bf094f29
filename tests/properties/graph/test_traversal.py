"""Both traversals, plain and compiled, find the same on random graphs, and what networkx finds."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from goalstate.model.network.statespace import Graph
from goalstate.properties.graph import traversal
from goalstate.properties.graph.traversal import (
    Observing,
    edges_of,
    leading_to,
    leading_to_each,
    positions_of,
    reversed_graph,
    sources_of,
    watch,
    way_to_violation,
    with_bit,
)

Edges = list[tuple[int, int, int]]
Arrays = tuple[NDArray[np.signedinteger], ...]


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
def test_what_leads_to_each_of_several_sets(
    from_edges: int, monkeypatch: pytest.MonkeyPatch, graph: tuple[int, Edges], data: st.DataObject
) -> None:
    monkeypatch.setattr(traversal, "COMPILE_FROM", from_edges)
    size, edges = graph
    backward = graph_of(size, edges).reversed()
    asked = []
    for _ in range(data.draw(st.sampled_from([1, 2, 5, 64]))):
        targets = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
        asked.append((targets, np.array(data.draw(st.lists(st.booleans(), min_size=4, max_size=4)))))
    words = leading_to_each(backward, asked)
    for k, (targets, allowed) in enumerate(asked):
        plain: nx.DiGraph[int] = nx.DiGraph()
        plain.add_nodes_from(range(size))
        plain.add_edges_from((s, t) for s, e, t in edges if allowed[e])
        wanted = [any(targets[t] for t in {s, *nx.descendants(plain, s)}) for s in range(size)]
        assert with_bit(words, k).tolist() == wanted
    assert leading_to(backward, *asked[0]).tolist() == with_bit(words, 0).tolist()


@pytest.mark.parametrize("from_edges", [0, 400_000], ids=["compiled", "plain"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs())
def test_edges_by_target(from_edges: int, monkeypatch: pytest.MonkeyPatch, graph: tuple[int, Edges]) -> None:
    monkeypatch.setattr(traversal, "COMPILE_FROM", from_edges)
    size, edges = graph
    found, expected = reversed_graph(graph_of(size, edges)), graph_of(size, edges).reversed()
    ours: Arrays = edges_of(found)
    theirs: Arrays = edges_of(expected)
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist()


@given(graph=graphs(), wanted=st.sets(st.integers(0, 6), min_size=1))
def test_where_events_happen(graph: tuple[int, Edges], wanted: set[int]) -> None:
    size, edges = graph
    found = sources_of(graph_of(size, edges), wanted)
    assert {e: states.tolist() for e, states in found.items()} == {
        e: [s for s, event, _ in edges if event == e] for e in wanted
    }


@st.composite
def observers(draw: st.DrawFn) -> Observing:
    """An observer of four events whose last state is a violation, and stays one."""
    size = draw(st.sampled_from([2, 3, 5, 30, 63, 64, 65, 70]))
    table = np.array([draw(st.lists(st.integers(0, 4), min_size=4, max_size=4)) for _ in range(4)])
    # Large observers count: most of their moves lead on to the next state.
    moves = np.minimum(np.arange(size) + 1, size - 1) * np.ones((4, 1), dtype=np.int64)
    moves[:, : min(4, size)] = np.minimum(table, size - 1)[:, : min(4, size)]
    moves[:, size - 1] = size - 1
    return moves, np.arange(size) == size - 1


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), watching=st.lists(observers(), min_size=1, max_size=12))
def test_observers_in_step(
    monkeypatch: pytest.MonkeyPatch, graph: tuple[int, Edges], watching: list[Observing]
) -> None:
    size, edges = graph
    wanted = []
    for table, wrong in watching:
        product: nx.DiGraph[tuple[int, int]] = nx.DiGraph()
        product.add_node((0, 0))
        for s, e, t in edges:
            for w in range(len(wrong)):
                product.add_edge((s, w), (t, int(table[e, w])))
        lengths = nx.single_source_shortest_path_length(product, (0, 0))
        wanted.append(min((d for (_, w), d in lengths.items() if wrong[w]), default=None))
    for from_edges in (0, 400_000):
        monkeypatch.setattr(traversal, "COMPILE_FROM", from_edges)
        assert watch(graph_of(size, edges), watching) == [length is not None for length in wanted]
    for length, (table, wrong) in zip(wanted, watching, strict=True):
        if length is None:
            with pytest.raises(ValueError, match="no violation"):
                way_to_violation(graph_of(size, edges), table, wrong)
            continue
        way = way_to_violation(graph_of(size, edges), table, wrong)
        assert len(way) == length
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
