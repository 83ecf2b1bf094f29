"""The compiled loops of ``kernels``, compiled or loaded before a search needs them: by a search of nothing.

Compiling takes seconds for each width of a state.  Two processes can do one width each, and find the other on disk.

Left out: the loops for wide levels, which only large searches need.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...network import Network
from ...network.statespace import Layout
from . import kernels
from .machines import Machines
from .structures import SLACK, Bounds, Buffer, Mixer, Position, Store, System, Table
from .units import Units


def prepare(network: Network, words: int) -> None:
    """Compile, or load from disk, what a search with its graph needs for states of one word or of two.

    Any network will do: the types of its tables are those of all.
    """
    loops: Any = kernels
    units = Units.of(Machines.of(network, Layout.of(network)))
    system = System((0,) * words, units, Mixer.of(64 * words, words))
    store = Store(np.empty(words, np.uint64), Table.of(1, 1, 64 * words))
    buffer = Buffer.of(np.empty((2 * units.most + SLACK) * words, np.uint64), words, units.most)
    none, numbers = np.empty(0, np.int32), np.empty(1, np.int64)
    loops.rebuild(system, store, 0, 0, 1)
    loops.narrow(system, store, buffer, Position(0, 0, 0), Bounds(0, 0, 0, 0), none, numbers)
    loops.edges(system, store, buffer, 0, 0, numbers, numbers, none)
