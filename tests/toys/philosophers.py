"""Dining philosophers (Dijkstra, EWD 310), each taking the left fork first: all may hold one fork and wait for ever.

A philosopher thinks, holds the left fork, eats with both, or holds the right fork only (having put down the left
one). Where neighbours don't use the same fork, a ring of n is a closed walk: tr(M^n) = 3^n of them.  All of them are
reached but one, in which everybody holds the right fork; its mirror image, in which everybody holds the left one, is
the deadlock.
"""

import numpy as np

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on


def philosophers(number: int) -> Network:
    """``number`` philosophers at a round table with as many forks."""
    components = []
    for i in range(number):
        left, right = f"fork{i}", f"fork{(i + 1) % number}"
        me = f"p{i}"
        components.append(
            Component(
                me,
                Statechart(
                    "philosopher",
                    (State("thinks"), State("holds_left"), State("eats"), State("holds_right")),
                    "thinks",
                    rows=(
                        does(f"{me}/takes/{left}", "thinks", "holds_left"),
                        does(f"{me}/takes/{right}", "holds_left", "eats"),
                        does(f"{me}/returns/{left}", "eats", "holds_right"),
                        does(f"{me}/returns/{right}", "holds_right", "thinks"),
                    ),
                ),
            )
        )
    for i in range(number):
        users = (f"p{i}", f"p{(i - 1) % number}")
        fork = Statechart(
            "fork",
            (State("free"), State("taken")),
            "free",
            rows=(
                on(tuple(f"{p}/takes/fork{i}" for p in users), "free", "taken"),
                on(tuple(f"{p}/returns/fork{i}" for p in users), "taken", "free"),
            ),
        )
        components.append(Component(f"fork{i}", fork))
    return Network(tuple(components), name=f"{number} philosophers")


def number_of_states(number: int) -> int:
    """tr(M^n): M[a][b] says that a philosopher in state a may have a right-hand neighbour in state b."""
    uses_left, uses_right = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
    allowed = 1 - np.outer(uses_right, uses_left)
    return int(np.trace(np.linalg.matrix_power(allowed, number)))
