"""The compiled halves of ``traversal``: see there for what they mean."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
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


@njit(cache=True)
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
