"""A labelled transition system: one agent as a finite machine of integers.

A local state is the set of active leaf states plus the values of the variables.  The machine is deterministic per
event: for a local state and an event there is at most one next state, so all choice in a network is the choice of the
next event, and a path is a list of events.

Source: Milner, "Communication and Concurrency", 1989.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .rows import ancestors
from .statechart import Statechart

NONE = -1
"""No next state: the event can't happen here."""


class LocalState(NamedTuple):
    """Where one agent is: its active leaves, in document order, and the values of its variables."""

    active: tuple[str, ...]
    values: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class LTS:
    """The flat machine of one chart.

    ``moves[e, s]`` is the next local state for event number ``e`` in local state ``s``, or ``NONE``;
    ``refused[e, s]`` tells that a missing move is declared; ``rows[e, s]`` lists the table rows that answer;
    ``changes[e, s]`` is false where the event is merely ignored.
    """

    chart: Statechart
    events: tuple[str, ...]
    states: tuple[LocalState, ...]
    moves: NDArray[np.int32]
    refused: NDArray[np.bool_]
    rows: Mapping[tuple[int, int], tuple[int, ...]]

    @property
    def size(self) -> int:
        """Number of local states."""
        return len(self.states)

    def name(self, state: int) -> str:
        """How a local state reads: ``in_contact(silence=3)``."""
        return show(self.chart, self.states[state])

    def active(self, state: int) -> frozenset[str]:
        """Full names of all active states, ancestors included."""
        return active_in(self.states[state].active)

    def values(self, state: int) -> dict[str, int]:
        """The valuation of a local state."""
        return {v.name: x for v, x in zip(self.chart.variables, self.states[state].values, strict=True)}


@lru_cache(maxsize=65536)
def active_in(leaves: tuple[str, ...]) -> frozenset[str]:
    """Leaves and all states around them."""
    return frozenset(a for leaf in leaves for a in ancestors(leaf))


def show(chart: Statechart, local: LocalState) -> str:
    """A local state in words."""
    values = ", ".join(f"{v.name}={v.show(x)}" for v, x in zip(chart.variables, local.values, strict=True))
    return "+".join(local.active) + (f"({values})" if values else "")
