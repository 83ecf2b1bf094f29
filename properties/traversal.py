"""Traversal of a state graph: an observer in step with it, and what leads to a set of states.

Two implementations of each, with one meaning.  Plain numpy works layer by layer and needs nothing compiled; it serves
graphs with few edges, where the time to load a compiler would be longer than the search.  The compiled one is a queue
and a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..model.statespace import Graph

COMPILE_FROM = 20_000
"""Number of edges from which the compiled traversal pays, its loading time included."""

WORD = 64
"""Observer states that are followed at the same time."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Observing: TypeAlias = tuple[Ints, Mask]
"""``table[event, observer state]`` is where an observer goes, the mask tells which of its states are violations."""


def watch(graph: Graph, observers: Sequence[Observing]) -> list[bool]:
    """For each observer, whether it gets to a violation, run in step with a graph from state 0 and observer state 0.

    Each state of the graph carries the set of observer states it can be reached with; those of many observers are the
    bits of one word, so that one traversal serves them all.
    """
    if len(graph.targets) < COMPILE_FROM:
        return [_layers(graph, table, wrong)[1] is not None for table, wrong in observers]
    found = [False] * len(observers)
    together, alone, _ = _compiled()
    for batch in _batches([table.shape[1] for table, _ in observers]):
        if len(batch) == 1 and observers[batch[0]][0].shape[1] > WORD:
            table, wrong = observers[batch[0]]
            found[batch[0]] = alone(graph.offsets, graph.targets, graph.events, table, wrong)
            continue
        moves, wrongs = _bits([observers[i] for i in batch])
        seen = int(together(graph.offsets, graph.targets, graph.events, *moves))
        for i, bits in zip(batch, wrongs, strict=True):
            found[i] = bool(seen & bits)
    return found


def way_to_violation(graph: Graph, table: Ints, wrong: Mask) -> list[int]:
    """The edge positions of a shortest way on which an observer gets to a violation; there must be one."""
    layers, pair = _layers(graph, table, wrong)
    if pair is None:
        raise ValueError("the observer gets to no violation")
    return _unwind(graph, table, layers, pair)


def _batches(sizes: Sequence[int]) -> list[list[int]]:
    """Observers that fit into one word, in their order."""
    found: list[list[int]] = []
    used = WORD
    for i, size in enumerate(sizes):
        if used + size > WORD:
            found.append([])
            used = 0
        found[-1].append(i)
        used += size
    return found


def _bits(observers: Sequence[Observing]) -> tuple[tuple[Any, ...], list[int]]:
    """Observers side by side in one word: per event the bits that stay and those that move; each one's violations."""
    stay = np.zeros(len(observers[0][0]), dtype=np.uint64)
    moved: list[list[tuple[int, int]]] = [[] for _ in stay]
    initial, shift = 0, 0
    wrongs = []
    for table, wrong in observers:
        size = table.shape[1]
        initial |= 1 << shift
        wrongs.append(sum(1 << (shift + int(k)) for k in np.flatnonzero(wrong)))
        same = table == np.arange(size)
        stay |= (same.astype(np.uint64) << np.arange(shift, shift + size, dtype=np.uint64)).sum(axis=1, dtype=np.uint64)
        for event, k in np.argwhere(~same).tolist():
            moved[event].append((1 << (shift + k), 1 << (shift + int(table[event, k]))))
        shift += size
    starts = np.concatenate(([0], np.cumsum([len(m) for m in moved]))).astype(np.int64)
    pairs = np.array([pair for m in moved for pair in m], dtype=np.uint64).reshape(-1, 2).T
    return (stay, starts, *np.ascontiguousarray(pairs), np.uint64(initial)), wrongs


def leading_to(backward: Graph, targets: Mask, allowed: Mask) -> Mask:
    """The states from which one of ``targets`` can be reached over edges whose event is ``allowed``.

    ``backward`` is the reversed graph.
    """
    if len(backward.targets) >= COMPILE_FROM:
        reached: Mask = _compiled()[2](backward.offsets, backward.targets, backward.events, targets, allowed)
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


def _layers(graph: Graph, table: Ints, wrong: Mask) -> tuple[list[Ints], int | None]:
    """Pairs of a graph state and an observer state by distance, up to a violation; that pair, or None without one."""
    size = table.shape[1]
    visited = np.zeros((len(graph.offsets) - 1) * size, dtype=np.bool_)
    visited[0] = True
    layers = [np.zeros(1, dtype=np.int64)]
    while len(layers[-1]):
        pairs = layers[-1]
        hits = np.flatnonzero(wrong[pairs % size])
        if len(hits):
            return layers, int(pairs[hits[0]])
        following = _step(graph, table, pairs)[2]
        fresh = np.unique(following[~visited[following]])
        visited[fresh] = True
        layers.append(fresh)
    return layers, None


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
def _compiled() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    # Loaded on first use only: importing the compiler takes longer than most searches.
    from . import traversal_kernels as kernels

    return kernels.watch_together, kernels.watch, kernels.leading_to
