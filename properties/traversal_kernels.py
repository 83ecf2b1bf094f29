"""The compiled halves of ``traversal``: see there for what they mean."""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disable-error-code="call-arg, index"
import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros
from numpy.typing import NDArray

from ..model.engines.kernels import compiled


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

    A state of the graph keeps the set of observer states it was reached with, and waits in the queue while some of
    them are new.  ``stay[event]`` are the bits that an event leaves alone; the others move to ``moves[event, bit]``.
    """
    count, words = len(offsets) - 1, len(initial)
    seen = np.zeros((count, words), dtype=np.uint64)
    fresh = np.zeros((count, words), dtype=np.uint64)
    queue = np.empty(count, dtype=np.int64)
    queued = np.zeros(count, dtype=np.bool_)
    bits = np.empty(words, dtype=np.uint64)
    following = np.empty(words, dtype=np.uint64)
    everything = initial.copy()
    queue[0] = 0
    seen[0] = initial
    fresh[0] = initial
    head, waiting = 0, 1
    while waiting:
        state = queue[head]
        head += 1
        if head == count:
            head = 0
        waiting -= 1
        queued[state] = False
        for w in range(words):
            bits[w] = fresh[state, w]
            fresh[state, w] = 0
        for position in range(offsets[state], offsets[state + 1]):
            event = events[position]
            for w in range(words):
                following[w] = bits[w] & stay[event, w]
            for w in range(words):
                moving = bits[w] & ~stay[event, w]
                while moving:
                    to = moves[event, w * 64 + trailing_zeros(moving)]
                    following[to >> 6] |= np.uint64(1) << np.uint64(to & 63)
                    moving &= moving - np.uint64(1)
            target = targets[position]
            news = False
            for w in range(words):
                new = following[w] & ~seen[target, w]
                if new:
                    news = True
                    seen[target, w] |= new
                    fresh[target, w] |= new
                    everything[w] |= new
            if news and not queued[target]:
                queued[target] = True
                tail = head + waiting
                queue[tail if tail < count else tail - count] = target
                waiting += 1
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
