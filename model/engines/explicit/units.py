"""Machines as tables for the compiled loops: a state is read in units of several machines at once.

A unit is a run of neighbouring fields of one word.  Each event is led by one of its participants.  For each value of a
unit, the events that its machines lead are listed, with all that the unit alone decides; what is left of an event is a
change of bits and a test of the participants outside.  So most events need no look at their sender, and many no test.

Tests are as cheap as they can be.  Participants that take an event in one local state, or in a set of them that some
bits tell, and all change alike, are tested by one comparison of a masked word (a cube, as in Quine and McCluskey's
minimisation); one participant more is tested by one look into its moves; others are in a list.

Left out, since they can't matter: participants that take the event everywhere and never change, and events that some
participant never takes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...notation.lts import NONE
from .machines import Machines, Moves

UNIT_BITS = 8
"""Bits of a unit of several machines.  More would decide more in advance, in tables that leave the nearest cache."""

EIGHT = 8
"""Free changes that are read at once; there are as many more behind the last."""

FREE, LOOP, GUARDED, ASKING, LISTED = range(5)
"""Kinds of rows: a change; no change; a guard; a guard and one participant; a guard and a list of participants."""

Words = NDArray[np.uint64]
Indices = NDArray[np.int32]


class Units(NamedTuple):
    """The tables of one network.

    ``units``: word, shift and mask of each unit, and where its values begin in ``begins``.  The rows of a value are,
    for each kind, ``begins[value, kind]:begins[value + 1, kind]`` in ``changes[kind]``; ``events[kind]`` are their
    events.

    A row is about the words of a state, if they are one or two, and otherwise about the word of its unit: first their
    changes, then the masks and then the values of the guard.  For ``ASKING`` follow mask, first move, shift and word of
    the participant, for ``LISTED`` begin and end of the participants in ``listed`` (word, shift, mask, first move).
    Rows without a guard are a change of the unit's word.
    ``most`` bounds the number of successors of any state.
    """

    units: NDArray[np.int64]
    begins: Indices
    changes: tuple[Words, ...]
    events: tuple[Indices, ...]
    listed: NDArray[np.int64]
    moves: Indices
    most: int

    @classmethod
    def of(cls, machines: Machines, sample: Words | None = None) -> Units:
        """The tables of some machines; good for states like those of the sample."""
        return _Builder(machines, sample).build()

    @property
    def nbytes(self) -> int:
        """Bytes of all tables."""
        rows = sum(a.nbytes for a in self.changes) + sum(a.nbytes for a in self.events)
        return rows + self.units.nbytes + self.begins.nbytes + self.listed.nbytes + self.moves.nbytes


class _Builder:
    def __init__(self, machines: Machines, sample: Words | None) -> None:
        layout = machines.layout
        self.moves = machines.moves
        self.events = machines.events
        self.fields = layout.fields
        self.words = layout.words
        self.guarded = layout.words if layout.words <= 2 else 1
        self.base: dict[int, int] = {}
        self.different: list[Moves] = []
        size = 0
        for moves in self.moves:
            if id(moves) not in self.base:
                self.base[id(moves)] = size
                self.different.append(moves)
                size += moves.size
        self.cubes: dict[tuple[int, int], Words | None] = {}
        self.idle: dict[int, NDArray[np.bool_]] = {}
        taken: dict[int, NDArray[np.float64]] = {}
        for moves in self.different:
            self.idle[id(moves)] = (moves == np.arange(moves.shape[1], dtype=np.int32)).all(axis=1)
            taken[id(moves)] = (moves != NONE).astype(np.float64)
        self.shares: list[list[float]] = []
        """How often each machine takes each of its events."""
        for i, moves in enumerate(self.moves):
            weights = np.full(moves.shape[1], 1e-6)
            if sample is None:
                weights += 1
            else:
                # A little of each local state stays: the sample doesn't tell what is impossible.
                weights += np.bincount(layout.numbers(sample, i), minlength=moves.shape[1])
            self.shares.append((taken[id(moves)] @ (weights / weights.sum())).tolist())
        self.listed: list[tuple[int, int, int, int]] = []
        self.rows: list[list[tuple[NDArray[np.int64], Words, int]]] = [[] for _ in range(5)]

    def build(self) -> Units:
        led: dict[int, list[int]] = defaultdict(list)
        for number, participants in enumerate(self.events):
            rarest, leader = min((self.shares[i][e], i) for i, e in participants)
            if rarest:
                led[leader].append(number)
        units = []
        begin = 0
        for members in self._units(led):
            word, shift, _ = self.fields[members[0]]
            width = sum(self.fields[i][2] for i in members)
            size = self.moves[members[0]].shape[1] if len(members) == 1 else 1 << width
            units.append((word, shift, (1 << width) - 1, begin))
            inside = self._inside(members, size)
            for leader in members:
                for number in led[leader]:
                    self._enter(number, inside, word, begin, size)
            begin += size
        counts = np.zeros((begin, 5), np.int64)
        changes, events = [], []
        for kind, found in enumerate(self.rows):
            values = np.concatenate([np.empty(0, np.int64), *(v for v, _, _ in found)])
            order = np.argsort(values, kind="stable")
            counts[:, kind] = np.bincount(values, minlength=begin)
            none = np.empty((0, 3 * self.guarded + 4), np.uint64)
            changes.append(np.concatenate([none, *(c for _, c, _ in found)])[order])
            numbers = [np.full(len(v), number, np.int32) for v, _, number in found]
            events.append(np.concatenate([np.empty(0, np.int32), *numbers])[order])
        index = np.concatenate((np.zeros((1, 5), np.int64), np.cumsum(counts, axis=0))).astype(np.int32)
        ends = [*(u[3] for u in units[1:]), begin]
        most = sum(int(counts[u[3] : end].sum(axis=1).max(initial=0)) for u, end in zip(units, ends, strict=True))
        free = np.bitwise_or.reduce(changes[FREE][:, : self.guarded], axis=1)
        changes[FREE] = np.append(free, np.zeros(EIGHT, np.uint64))
        changes[GUARDED] = np.ascontiguousarray(changes[GUARDED][:, : 3 * self.guarded])
        return Units(
            np.array(units, np.int64).reshape(-1, 4),
            index,
            tuple(changes),
            tuple(events),
            np.array(self.listed, np.int64).reshape(-1, 4),
            np.concatenate([np.empty(0, np.int32), *(moves.ravel() for moves in self.different)]),
            most,
        )

    def _units(self, led: dict[int, list[int]]) -> list[list[int]]:
        # Neighbours as long as their bits are few; those that lead no event are left out.
        found: list[list[int]] = []
        bits = 0
        end = (-1, 0)
        for i, (word, shift, width) in enumerate(self.fields):
            if end != (word, shift) or bits + width > UNIT_BITS:
                found.append([])
                bits = 0
            found[-1].append(i)
            bits += width
            end = (word, shift + width)
        return [members for members in found if any(led[i] for i in members)]

    def _inside(self, members: list[int], size: int) -> dict[int, NDArray[np.int64]]:
        """The local state of each member for each value of the unit."""
        values = np.arange(size, dtype=np.int64)
        first = self.fields[members[0]][1]
        return {i: (values >> (self.fields[i][1] - first)) & ((1 << self.fields[i][2]) - 1) for i in members}

    def _enter(self, number: int, inside: dict[int, NDArray[np.int64]], word: int, begin: int, size: int) -> None:
        """The rows of an event, one for each value of the unit in which nothing inside holds it back."""
        possible = np.ones(size, np.bool_)
        change = np.zeros(size, np.uint64)
        guards = np.zeros((3, self.guarded), np.uint64)  # changes, masks, values
        asked: list[tuple[float, tuple[int, int, int, int]]] = []
        free = True
        for i, e in self.events[number]:
            moves = self.moves[i]
            at, shift, width = self.fields[i]
            local = inside.get(i)
            if local is not None:
                real = np.minimum(local, moves.shape[1] - 1)
                following = moves[e][real]
                possible &= (following != NONE) & (local < moves.shape[1])
                change ^= (real ^ np.maximum(following, 0)).astype(np.uint64) << np.uint64(shift)
            elif not self.idle[id(moves)][e]:
                free = False
                cube = self._cube(moves, e, width)
                if cube is not None and (self.words <= 2 or at == word):
                    guards[:, at if self.words <= 2 else 0] |= cube << np.uint64(shift)
                else:
                    row = ((1 << width) - 1, self.base[id(moves)] + e * moves.shape[1], shift, at)
                    asked.append((self.shares[i][e], row))
        values = np.flatnonzero(possible)
        rows = np.zeros((len(values), 3 * self.guarded + 4), np.uint64)
        rows[:, : 3 * self.guarded] = guards.ravel()
        rows[:, word if self.words <= 2 else 0] ^= change[values]
        if len(asked) == 1:
            rows[:, 3 * self.guarded :] = asked[0][1]
        elif asked:
            first = len(self.listed)
            self.listed += [(at, shift, mask, base) for _, (mask, base, shift, at) in sorted(asked)]
            rows[:, 3 * self.guarded : 3 * self.guarded + 2] = (first, len(self.listed))
        elif free:
            still = change[values] == 0
            self.rows[LOOP].append((begin + values[still], rows[still], number))
            values, rows = values[~still], rows[~still]
        kind = LISTED if len(asked) > 1 else ASKING if asked else FREE if free else GUARDED
        self.rows[kind].append((begin + values, rows, number))

    def _cube(self, moves: Moves, e: int, width: int) -> Words | None:
        """Change, mask and value, if some bits tell whether the event is taken and the same bits change always."""
        key = (id(moves), e)
        if key not in self.cubes:
            following = moves[e]
            takes = np.flatnonzero(following != NONE)
            changes = takes ^ following[takes]
            ones = int(np.bitwise_and.reduce(takes))
            zeros = ~int(np.bitwise_or.reduce(takes)) & ((1 << width) - 1)
            mask = ones | zeros
            alike = (changes == changes[0]).all()
            told = np.array_equal(np.flatnonzero((np.arange(len(following)) & mask) == ones), takes)
            self.cubes[key] = np.array([changes[0], mask, ones], np.uint64) if alike and told else None
        return self.cubes[key]
