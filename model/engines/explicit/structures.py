"""What the compiled loops of ``kernels`` work on: named tuples of arrays, which numba passes on without a copy.

The hash table has lines of sixteen entries of 32 bits, a line of the processor's cache, filled from the front; what
doesn't fit goes to another line of the region, by quadratic probing.  An entry is of one of two kinds:

exact     for states of one word.  The hash is a permutation of the states, so a state is told by its line, what the
          line leaves open of its hash, and how many lines it was displaced: quotienting (Cleary, "Compact hash tables
          using bidirectional linear probing", 1984).  Nothing else is looked at.
numbered  otherwise: the number of a state plus one, and in the bits left over some of its hash, which spare most of the
          comparisons that would fail.  An entry never decides alone: states are equal only if all their words are.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .units import Units

REGION_BITS = 6
REGIONS = 1 << REGION_BITS
"""Regions of the hash table.  A constant, so that the order of states doesn't depend on the number of cores."""

LINE = 16
"""Entries of a line."""

DISPLACEMENT_BITS = 4
"""Bits of an exact entry that tell how many lines it was displaced."""

SLACK = 8
"""Places behind the last successor of a state that may be written to."""

Width: TypeAlias = int | tuple[int, ...]
"""The number of words of a state; one or two as a tuple of that length, which the compiler knows from its type."""


class Mixer(NamedTuple):
    """How a word is scattered: its bits as a mask, half of their number, and how far they are from the top."""

    mask: np.uint64
    shift: np.uint64
    left: np.uint64

    @classmethod
    def of(cls, bits: int, words: int) -> Mixer:
        """For states of so many bits in so many words."""
        bits = 64 if words > 1 else max(bits, 2)
        return cls(np.uint64((1 << bits) - 1), np.uint64(bits // 2 + 1), np.uint64(64 - bits))


class Table(NamedTuple):
    """A hash table: ``lines`` in each region.  ``number_bits`` is 0 for exact entries.

    ``open`` and ``rest`` are the bits of an exact entry that the choice of its line leaves open: of the 32 bits that
    choose it, how many are given up, and how many there are below them.
    """

    entries: NDArray[np.uint32]
    lines: int
    number_bits: int
    open: np.uint64
    rest: np.uint64

    @classmethod
    def of(cls, lines: int, number_bits: int, bits: int) -> Table:
        """An empty table; ``bits`` are those of a state."""
        size = REGIONS * lines * LINE
        entries = np.zeros(size + LINE, np.uint32)
        begin = -entries.ctypes.data // entries.itemsize % LINE
        rest = np.uint64(max(0, bits - REGION_BITS - 32))
        return cls(entries[begin : begin + size], lines, number_bits, np.uint64(lines.bit_length() - 1), rest)


class System(NamedTuple):
    """What is searched: the words of a state, the tables of its machines, and how words are mixed."""

    words: Width
    units: Units
    mixer: Mixer


class Store(NamedTuple):
    """The known states, row after row, and the table in which they are looked up."""

    states: NDArray[np.uint64]
    table: Table


class Buffer(NamedTuple):
    """Where successors wait: ``room`` rows of ``candidates`` for each region and, in it, for each slice.

    ``scratch`` holds the successors of one state, and ``SLACK`` more; ``slots`` tells, for candidates that turned out
    new, where their entries are; ``sent`` gets the events of successors, unless it is empty.
    """

    scratch: NDArray[np.uint64]
    candidates: NDArray[np.uint64]
    slots: NDArray[np.uint32]
    sent: NDArray[np.int32]
    room: int
    slices: int
    regions: int

    @classmethod
    def of(cls, scratch: NDArray[np.uint64], words: int, room: int, slices: int = 1, regions: int = 1) -> Buffer:
        """An empty one."""
        rows = room * slices * regions
        candidates, slots, sent = np.empty(rows * words, np.uint64), np.empty(rows, np.uint32), np.empty(0, np.int32)
        return cls(scratch, candidates, slots, sent, room, slices, regions)

    @staticmethod
    def row_bytes(words: int) -> int:
        """Bytes of a row."""
        return 8 * words + 4

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return self.candidates.nbytes + self.slots.nbytes


class Place(NamedTuple):
    """Where the rows ``first..last`` of a unit are applied.

    ``here`` is the first word of the state and ``own`` the unit's word in it; ``n`` successors are before, whose events
    begin at ``at``.
    """

    here: int
    own: int
    n: int
    at: int
    first: np.uint64
    last: np.uint64


class Position(NamedTuple):
    """How far a search has come: states known, states expanded, and the end of the level that is being expanded."""

    known: int
    expanded: int
    level_end: int


class Bounds(NamedTuple):
    """Where a search by ``narrow`` ends: at a level with ``wide`` states left to expand; when more than ``most_states``
    are known; when ``capacity`` states would not hold what may come; and after so much ``effort``, which is states plus
    transitions."""

    wide: int
    most_states: int
    capacity: int
    effort: int


def exact(lines: int, bits: int, words: int) -> bool:
    """Whether entries of tables of this size can be exact."""
    open_bits = 32 - (lines.bit_length() - 1) + max(0, bits - REGION_BITS - 32)
    return words == 1 and open_bits + DISPLACEMENT_BITS <= 31
