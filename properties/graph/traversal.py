"""Traversal of a state graph: an observer in step with it, and what leads to a set of states.

Two implementations of each, with one meaning.  Plain numpy works layer by layer and needs nothing compiled; it serves
graphs with few edges, where the time to load a compiler would be longer than the search.  The compiled one is a queue
and a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...model.network.statespace import Graph, Words

COMPILE_FROM = 20_000
"""Number of edges from which the compiled traversal pays, its loading time included."""

WORD = 64
"""Observer states that are followed at the same time."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Moves = NDArray[np.int32]
Observing: TypeAlias = tuple[Ints, Mask]
"""``table[event, observer state]`` is where an observer goes, the mask tells which of its states are violations."""


def watch(graph: Graph, observers: Sequence[Observing], late: Callable[[], bool] = lambda: False) -> list[bool]:
    """For each observer, whether it gets to a violation, run in step with a graph from state 0 and observer state 0.

    Once it is ``late`` the rest is left out.

    Each state of the graph carries the set of observer states it can be reached with; those of many observers are the
    bits of one word, so that one traversal serves them all.
    """
    if len(graph.targets) < COMPILE_FROM:
        timely = takewhile(lambda _: not late(), observers)
        return [_layers(graph, table, wrong)[1] is not None for table, wrong in timely]
    from . import traversal_kernels as kernels  # here, since to load the compiler takes longer than most searches

    found: list[bool] = []
    for batch in _batches(observers):
        if late():
            break
        stay, moves, initial, wrong = _side_by_side(batch)
        seen = kernels.watch(*edges_of(graph), stay, moves, initial)
        found += [bool((seen & bits).any()) for bits in wrong]
    return found


def way_to_violation(graph: Graph, table: Ints, wrong: Mask) -> list[int]:
    """The edge positions of a shortest way on which an observer gets to a violation; there must be one."""
    layers, pair = _layers(graph, table, wrong)
    if pair is None:
        raise ValueError("the observer gets to no violation")
    return _unwind(graph, table, layers, pair)


def _batches(observers: Sequence[Observing]) -> Iterator[list[Observing]]:
    """The observers in their order, in groups that fit into one word; one that doesn't is alone."""
    batch: list[Observing] = []
    for one in observers:
        if batch and sum(len(wrong) for _, wrong in (*batch, one)) > WORD:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _side_by_side(observers: Sequence[Observing]) -> tuple[Words, Moves, Words, list[Words]]:
    """Observers as one: for each event the bits that stay and where each bit goes, the initial bits, and for each
    observer its violations."""
    sizes = [len(wrong) for _, wrong in observers]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    words = -(-int(starts[-1]) // WORD)
    moves = np.tile(np.arange(words * WORD, dtype=np.int32), (len(observers[0][0]), 1))
    for start, (table, _) in zip(starts, observers, strict=False):
        moves[:, start : start + table.shape[1]] = table + start
    stay = _packed(moves == np.arange(words * WORD))
    initial = np.zeros(words * WORD, dtype=np.bool_)
    initial[starts[:-1]] = True
    wrongs = np.zeros((len(observers), words * WORD), dtype=np.bool_)
    for row, start, (_, wrong) in zip(wrongs, starts, observers, strict=False):
        row[start : start + len(wrong)] = wrong
    return stay, moves, _packed(initial), list(_packed(wrongs))


def _packed(bits: Mask) -> Words:
    """The last axis as words, the first bit the lowest."""
    return np.packbits(bits, axis=-1, bitorder="little").view("<u8").astype(np.uint64)


def leading_to(backward: Graph, targets: Mask, allowed: Mask) -> Mask:
    """The states from which one of ``targets`` can be reached over edges whose event is ``allowed``.

    ``backward`` is the reversed graph.
    """
    return with_bit(leading_to_each(backward, [(targets, allowed)]), 0)


def leading_to_each(backward: Graph, asked: Iterable[tuple[Mask, Mask]]) -> Words:
    """The same for several targets, each with the events that are allowed: for each state one bit for each of them.

    There is room for ``WORD`` of them.
    """
    goals = np.zeros(len(backward.offsets) - 1, dtype=np.uint64)
    if len(backward.targets) < COMPILE_FROM:
        for k, (targets, allowed) in enumerate(asked):
            goals |= _leading_to(backward, targets, allowed).astype(np.uint64) << np.uint64(k)
        return goals
    events = np.zeros(1 + int(backward.events.max(initial=0)), dtype=np.uint64)
    for k, (targets, allowed) in enumerate(asked):
        goals |= targets.astype(np.uint64) << np.uint64(k)
        events |= allowed[: len(events)].astype(np.uint64) << np.uint64(k)
    from . import traversal_kernels as kernels

    found: Words = kernels.leading_to(*edges_of(backward), goals, events)
    return found


def reversed_graph(graph: Graph) -> Graph:
    """The same edges by target; ``targets`` then holds the sources.  What ``Graph.reversed`` gives, sooner."""
    if len(graph.targets) < COMPILE_FROM:
        return graph.reversed()
    from . import traversal_kernels as kernels

    return Graph(*kernels.reversed_edges(*edges_of(graph)))


def edges_of(graph: Graph) -> tuple[Ints, Ints, NDArray[np.int32]]:
    """A graph as the compiled loops read it."""
    return graph.offsets, graph.targets, graph.events


def with_bit(words: Words, k: int) -> Mask:
    """Where a bit is set."""
    found: Mask = (words & np.uint64(1 << k)) != 0
    return found


def _leading_to(backward: Graph, targets: Mask, allowed: Mask) -> Mask:
    reached = targets.copy()
    frontier = np.flatnonzero(targets)
    while len(frontier):
        positions = positions_of(backward.offsets, frontier)
        sources = backward.targets[positions[allowed[backward.events[positions]]]]
        frontier = np.unique(sources[~reached[sources]])
        reached[frontier] = True
    return reached


def sources_of(graph: Graph, events: Collection[int]) -> dict[int, Ints]:
    """For each of some events, by number, the states in which it can happen, in their order.

    >>> sources_of(Graph(np.array([0, 2, 3]), np.array([1, 1, 0]), np.array([4, 7, 7], dtype=np.int32)), [7])[7]
    array([0, 1])
    """
    numbers = sorted(events)
    # Narrow numbers are sorted several times as fast.
    place = np.full(
        max([*numbers, int(graph.events.max(initial=0))]) + 1, len(numbers), dtype=np.min_scalar_type(len(numbers))
    )
    place[numbers] = np.arange(len(numbers))
    positions = np.flatnonzero((place < len(numbers))[graph.events])
    places = place[graph.events[positions]]
    order = np.argsort(places, kind="stable")
    states = np.searchsorted(graph.offsets, positions, side="right")[order] - 1
    ends = np.cumsum(np.bincount(places, minlength=len(numbers)))
    return dict(zip(numbers, np.split(states, ends[:-1]), strict=True))


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


def load() -> None:
    """Load the compiled loops and the compiler that they need: before a process is copied, so that it is done once."""
    from . import traversal_kernels as kernels

    kernels.leading_to(np.zeros(1, np.int64), _NOWHERE, np.zeros(0, np.int32), _NOTHING, _NOTHING)


_NOWHERE = np.zeros(0, dtype=np.int64)
_NOTHING = np.zeros(0, dtype=np.uint64)
