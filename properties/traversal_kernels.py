"""The compiled halves of ``traversal``: see there for what they mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..model.engines.kernels import compiled


@compiled()
def watch_together(
    offsets: NDArray[np.int64],
    targets: NDArray[np.int64],
    events: NDArray[np.int32],
    stay: NDArray[np.uint64],
    move_start: NDArray[np.int64],
    moved_from: NDArray[np.uint64],
    moved_to: NDArray[np.uint64],
    initial: np.uint64,
) -> np.uint64:
    """The observer states seen anywhere, for observers whose states are the bits of one word.

    A state of the graph keeps the set of observer states it was reached with, and waits in the queue while some of
    them are new.
    """
    count = len(offsets) - 1
    seen = np.zeros(count, dtype=np.uint64)
    fresh = np.zeros(count, dtype=np.uint64)
    queue = np.empty(count, dtype=np.int64)
    queue[0] = 0
    seen[0] = initial
    fresh[0] = initial
    everything = initial
    head, waiting = 0, 1
    while waiting:
        state = queue[head]
        head += 1
        if head == count:
            head = 0
        waiting -= 1
        bits = fresh[state]
        fresh[state] = 0
        for position in range(offsets[state], offsets[state + 1]):
            event = events[position]
            following = bits & stay[event]
            for move in range(move_start[event], move_start[event + 1]):
                if bits & moved_from[move]:
                    following |= moved_to[move]
            target = targets[position]
            new = following & ~seen[target]
            if new:
                seen[target] |= new
                everything |= new
                if not fresh[target]:
                    tail = head + waiting
                    queue[tail if tail < count else tail - count] = target
                    waiting += 1
                fresh[target] |= new
    return everything


@compiled()
def watch(
    offsets: NDArray[np.int64],
    targets: NDArray[np.int64],
    events: NDArray[np.int32],
    table: NDArray[np.int64],
    wrong: NDArray[np.bool_],
) -> bool:
    """Whether an observer gets to one of its wrong states."""
    size = table.shape[1]
    visited = np.zeros((len(offsets) - 1) * size, dtype=np.bool_)
    stack = np.empty(1024, dtype=np.int64)
    stack[0] = 0
    visited[0] = True
    top = 1
    while top:
        top -= 1
        pair = stack[top]
        state, watching = pair // size, pair % size
        for position in range(offsets[state], offsets[state + 1]):
            following = table[events[position], watching]
            if wrong[following]:
                return True
            successor = targets[position] * size + following
            if not visited[successor]:
                visited[successor] = True
                if top == len(stack):
                    longer = np.empty(2 * len(stack), dtype=np.int64)
                    longer[:top] = stack
                    stack = longer
                stack[top] = successor
                top += 1
    return False


@compiled()
def leading_to(
    offsets: NDArray[np.int64],
    sources: NDArray[np.int64],
    events: NDArray[np.int32],
    goals: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """The states from which a goal can be reached over allowed events."""
    reached = goals.copy()
    stack = np.empty(len(goals), dtype=np.int64)
    top = 0
    for state in range(len(goals)):
        if goals[state]:
            stack[top] = state
            top += 1
    while top:
        top -= 1
        state = stack[top]
        for position in range(offsets[state], offsets[state + 1]):
            source = sources[position]
            if allowed[events[position]] and not reached[source]:
                reached[source] = True
                stack[top] = source
                top += 1
    return reached
