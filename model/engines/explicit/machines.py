"""The machines that the compiled loops run side by side: those of a network's components, or fewer that do the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...network import Network
from ...network.statespace import Layout

Moves: TypeAlias = NDArray[np.int32]
"""By event and local state, the next local state or ``lts.NONE``."""


@dataclass(frozen=True, eq=False)
class Machines:
    """The product automaton of a network, as the compiled loops take it.

    ``moves`` of each machine, whose local states stand in the field of the same number of the ``layout``; ``events``
    are those of the network, each with its participants: the number of a machine, and of the event in its moves.
    """

    layout: Layout
    moves: tuple[Moves, ...]
    events: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, network: Network, layout: Layout | None = None) -> Machines:
        """Those of the components; components with equal charts share their moves."""
        return cls(
            layout or Layout.of(network),
            tuple(c.lts.moves for c in network.components),
            tuple(event.participants for event in network.events),
        )
