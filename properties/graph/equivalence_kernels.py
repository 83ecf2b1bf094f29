"""The compiled walk over pairs of ``equivalence``: see there for what it decides."""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disable-error-code="call-arg, index"
import numpy as np
from numpy.typing import NDArray

from ...model.engines.compilation import compiled
from .equivalence import Agent


@compiled()
def same_moves(
    graph: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]],
    agent: Agent,
    renumbered: NDArray[np.int32],
    others: NDArray[np.int32],
    alike: NDArray[np.bool_],
) -> bool:
    """Whether another agent, with the moves ``others``, can take the place of ``agent`` in a graph.

    ``renumbered`` gives for each event of the agent its number in the other one (or -1 where it takes no part), and
    ``alike`` tells which local states have the same name.
    """
    offsets, targets, events = graph
    column, own, offered, moves = agent
    size = alike.shape[1]
    seen = np.zeros((len(column) * size + 7) // 8, dtype=np.uint8)
    waiting = np.empty(1024, dtype=np.int64)
    waiting[0] = 0
    count = 1
    seen[0] = 1
    while count:
        count -= 1
        pair = waiting[count]
        state, local = pair // size, pair % size
        here = column[state]
        if not alike[here, local]:
            return False
        for e in range(len(renumbered)):
            # What the one holds back and everybody else would take, the other has to hold back as well.
            free = (offered[state, e >> 6] >> np.uint64(e & 63)) & np.uint64(1)
            if free and moves[e, here] < 0 and (renumbered[e] < 0 or others[renumbered[e], local] >= 0):
                return False
        for position in range(offsets[state], offsets[state + 1]):
            following = local
            e = own[events[position]]
            if e >= 0 and renumbered[e] >= 0:
                following = others[renumbered[e], local]
                if following < 0:
                    return False
            reached = targets[position] * size + following
            if not (seen[reached >> 3] >> (reached & 7)) & 1:
                seen[reached >> 3] |= np.uint8(1 << (reached & 7))
                if count == len(waiting):
                    longer = np.empty(2 * count, dtype=np.int64)
                    longer[:count] = waiting
                    waiting = longer
                waiting[count] = reached
                count += 1
    return True
