"""Traversal of a state graph: an observer in step with it, and what leads to a set of states.

Two implementations of each, with one meaning.  Plain numpy works layer by layer and needs nothing compiled; it serves
graphs with few edges, where the time to load a compiler would be longer than the search.  The compiled one is a queue
and a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.statespace import Graph

COMPILE_FROM = 400_000
"""Number of edges from which the compiled traversal pays, its loading time included."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def watch(graph: Graph, table: Ints, wrong: Mask) -> list[int] | None:
    """Run an observer in step with a graph, from state 0 and observer state 0, breadth first.

    ``table[event, observer state]`` is where the observer goes, ``wrong`` tells which of its states are violations.
    Returns the edge positions of a shortest way to a violation, or None if there is none.
    """
    if len(graph.targets) >= COMPILE_FROM:
        found = _compiled()[0](graph.offsets, graph.targets, graph.events, table, wrong)
        if not found:
            return None
    return _watch_in_layers(graph, table, wrong)


def leading_to(backward: Graph, targets: Mask, allowed: Mask) -> Mask:
    """The states from which one of ``targets`` can be reached over edges whose event is ``allowed``.

    ``backward`` is the reversed graph.
    """
    if len(backward.targets) >= COMPILE_FROM:
        reached: Mask = _compiled()[1](backward.offsets, backward.targets, backward.events, targets, allowed)
        return reached
    reached = targets.copy()
    frontier = np.flatnonzero(targets)
    while len(frontier):
        positions = positions_of(backward.offsets, frontier)
        sources = backward.targets[positions[allowed[backward.events[positions]]]]
        frontier = np.unique(sources[~reached[sources]])
        reached[frontier] = True
    return reached


def positions_of(offsets: Ints, nodes: Ints) -> Ints:
    """The edge positions of several nodes, one node after the other."""
    starts, lengths = offsets[nodes], offsets[nodes + 1] - offsets[nodes]
    ends = np.cumsum(lengths)
    if not len(ends) or ends[-1] == 0:
        return np.zeros(0, dtype=np.int64)
    shift = np.repeat(starts - np.concatenate(([0], ends[:-1])), lengths)
    return np.arange(ends[-1], dtype=np.int64) + shift


def _watch_in_layers(graph: Graph, table: Ints, wrong: Mask) -> list[int] | None:
    size = table.shape[1]
    visited = np.zeros((len(graph.offsets) - 1) * size, dtype=np.bool_)
    visited[0] = True
    layers = [np.zeros(1, dtype=np.int64)]
    while len(layers[-1]):
        pairs = layers[-1]
        hits = np.flatnonzero(wrong[pairs % size])
        if len(hits):
            return _unwind(graph, table, layers, int(pairs[hits[0]]))
        following = _step(graph, table, pairs)[2]
        fresh = np.unique(following[~visited[following]])
        visited[fresh] = True
        layers.append(fresh)
    return None


def _step(graph: Graph, table: Ints, pairs: Ints) -> tuple[Ints, Ints, Ints]:
    """The edges out of pairs: their positions, the index of the pair each starts from, and the pair each leads to."""
    size = table.shape[1]
    states = pairs // size
    positions = positions_of(graph.offsets, states)
    origin = np.repeat(np.arange(len(pairs)), graph.offsets[states + 1] - graph.offsets[states])
    following = graph.targets[positions] * size + table[graph.events[positions], pairs[origin] % size]
    return positions, origin, following


def _unwind(graph: Graph, table: Ints, layers: list[Ints], pair: int) -> list[int]:
    way: list[int] = []
    for pairs in reversed(layers[:-1]):
        positions, origin, following = _step(graph, table, pairs)
        edge = int(np.flatnonzero(following == pair)[0])
        way.append(int(positions[edge]))
        pair = int(pairs[origin[edge]])
    return way[::-1]


@cache
def _compiled() -> tuple[Callable[..., Any], Callable[..., Any]]:
    # Loaded on first use only: importing the compiler takes longer than most searches.
    from .traversal_kernels import leading_to as backward
    from .traversal_kernels import watch as forward

    return forward, backward
