"""The compiled halves of ``traversal``: see there for what they mean."""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disable-error-code="call-arg, index"
import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros
from numpy.typing import NDArray

from ...model.engines.compilation import compiled


@compiled()
def watch(
    offsets: NDArray[np.int64],
    targets: NDArray[np.int64],
    events: NDArray[np.int32],
    stay: NDArray[np.uint64],
    moves: NDArray[np.int32],
    initial: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """The observer states seen anywhere, as the bits of a few words.

    A state of the graph keeps the set of observer states it was reached with, and waits while some of them are new.
    ``stay[event]`` are the bits that an event leaves alone; the others move to ``moves[event, bit]``.  States lie in
    breadth-first order, so most edges lead to later ones: in sweeps from the first state to the last a state has mostly
    heard of all its observer states before it hands them on.
    """
    count, words = len(offsets) - 1, len(initial)
    seen = np.zeros((count, words), dtype=np.uint64)
    fresh = np.zeros((count, words), dtype=np.uint64)
    waiting = np.zeros(count, dtype=np.bool_)
    word = np.empty(words, dtype=np.int64)
    bits = np.empty(words, dtype=np.uint64)
    everything = initial.copy()
    for w in range(words):  # an assignment of rows takes long to compile, for the message of its error
        seen[0, w] = initial[w]
        fresh[0, w] = initial[w]
    waiting[0] = True
    first = 0
    while first < count:
        again = count
        for state in range(first, count):
            if not waiting[state]:
                continue
            waiting[state] = False
            some = 0  # words that have something new: of a large observer it is mostly one
            for w in range(words):
                if fresh[state, w]:
                    word[some] = w
                    bits[some] = fresh[state, w]
                    fresh[state, w] = 0
                    some += 1
            for position in range(offsets[state], offsets[state + 1]):
                event, target = events[position], targets[position]
                for k in range(some):
                    w = word[k]
                    new = bits[k] & stay[event, w] & ~seen[target, w]
                    if new:
                        seen[target, w] |= new
                        fresh[target, w] |= new
                        everything[w] |= new
                        waiting[target] = True
                    moving = bits[k] & ~stay[event, w]
                    while moving:
                        to = moves[event, w * 64 + trailing_zeros(moving)]
                        moving &= moving - np.uint64(1)
                        there, bit = to >> 6, np.uint64(1) << np.uint64(to & 63)
                        if not seen[target, there] & bit:
                            seen[target, there] |= bit
                            fresh[target, there] |= bit
                            everything[there] |= bit
                            waiting[target] = True
                if target <= state and target < again and waiting[target]:
                    again = target
        first = again
    return everything


@compiled()
def leading_to(
    offsets: NDArray[np.int64],
    sources: NDArray[np.int64],
    events: NDArray[np.int32],
    goals: NDArray[np.uint64],
    allowed: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """For each state, as bits, the goals that can be reached from it over events that are allowed for them.

    States lie in breadth-first order, so most edges lead to later ones: in sweeps from the last state to the first a
    state mostly hears of all its goals before it hands them on.
    """
    reached = goals.copy()
    fresh = goals.copy()
    last = len(goals) - 1
    while last >= 0:
        again = -1
        for state in range(last, -1, -1):
            bits = fresh[state]
            if not bits:
                continue
            fresh[state] = 0
            for position in range(offsets[state], offsets[state + 1]):
                source = sources[position]
                new = bits & allowed[events[position]] & ~reached[source]
                if new:
                    reached[source] |= new
                    fresh[source] |= new
                    if source >= state and source > again:
                        again = source
        last = again
    return reached


@compiled()
def reversed_edges(
    offsets: NDArray[np.int64], targets: NDArray[np.int64], events: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """The edges by target, those of a target in the order of their sources: sorted by counting."""
    count = len(offsets) - 1
    begins = np.zeros(count + 2, dtype=np.int64)
    for target in targets:
        begins[target + 2] += 1
    for state in range(count):
        begins[state + 2] += begins[state + 1]
    sources = np.empty(len(targets), dtype=np.int64)
    taken = np.empty(len(targets), dtype=np.int32)
    for state in range(count):
        for position in range(offsets[state], offsets[state + 1]):
            place = begins[targets[position] + 1]
            begins[targets[position] + 1] += 1
            sources[place] = state
            taken[place] = events[position]
    return begins[: count + 1].copy(), sources, taken
