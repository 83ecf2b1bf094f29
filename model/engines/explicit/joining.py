"""Machines joined before the search: fewer machines with fewer local states, and the same product.

A host agent alone has a thousand local states, since alone it must be ready for anything; beside the placement it
serves, it reaches a hundred.  Two machines are composed as if no other could block an event.  Every run of the network
is a run of this pair, so what the pair does not reach, the network does not reach:

trimming    a local state that a machine doesn't reach beside some other one is removed; then others may reach less, so
            this goes on until nothing changes;
joining     two machines become one, whose local states are the reached pairs of theirs.

States of the network before and after are in bijection, with the same events between them: counts, levels, edges and
paths are the same, for every kind of claim.  A state takes fewer bits, often one word instead of two, which is what
exact entries of the hash table need; and fewer participants have to be asked whether they take an event.

The pairs that save the most bits are joined first, as long as the result stays small: its moves are looked up all the
time.

Sources: Graf and Steffen, "Compositional minimization of finite state systems", 1990, without their interfaces and
without merging states; Laster and Grumberg, "Modular model checking of software", 1998.

Left out: local states that are unreachable only because of three machines together.
"""

from __future__ import annotations

# The type of the loop is numba's to infer.
# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import combinations
from math import log2, prod

import numpy as np
from numpy.typing import NDArray

from ...network import Network
from ...network.statespace import Joint, Layout
from ...notation.lts import NONE
from ..compilation import compiled
from .machines import Machines

MOST_STATES = 2_000
"""Local states, at most, of a machine that two are joined to."""

MOST_MOVES = 1 << 19
"""Moves of such a machine: its local states times its events."""

MOST_PAIRS = 1 << 20
"""Pairs of local states, reached or not, of two machines that are composed."""

MOST_TRIMMING = 1 << 15
"""Pairs reached, at most, where two machines are composed to be trimmed."""

MOST_KEYS = 1 << 62
"""Combinations of the members' local states, reached or not, that a ``Joint`` can tell apart."""

MOST_MACHINES = 100
"""Machines of a network that is looked at."""

MOST_WORK = 1 << 25
"""Moves looked at in all: some tenths of a second."""

LEAST_WORK = 1 << 12
"""What two machines cost that have hardly any moves."""

LEAST_GAIN = 0.5
"""Bits that a join has to save."""


@dataclass(frozen=True, eq=False)
class _Part:
    """One machine: the components in it; for each event of the network its column in the moves, or -1; the moves, a row
    per local state (so unlike those of ``Machines``); and a row of the members' local states for each."""

    members: tuple[int, ...]
    columns: NDArray[np.int64]
    moves: NDArray[np.int32]
    locals: NDArray[np.int32]

    @property
    def size(self) -> int:
        return len(self.moves)

    @property
    def ranges(self) -> list[int]:
        """Of each member, one more than its highest local state."""
        return [int(most) + 1 for most in self.locals.max(axis=0)]

    def kept(self, states: NDArray[np.int64]) -> _Part:
        """The same with these local states alone, numbered in this order."""
        number = np.full(self.size + 1, NONE, np.int32)  # one more: the place that NONE points to
        number[states] = np.arange(len(states), dtype=np.int32)
        return _Part(self.members, self.columns, number[self.moves[states]], self.locals[states])


def join(network: Network) -> Machines | None:
    """Machines that do what a network does in fewer bits; None when nothing is found to spare.

    How much is tried is bounded by numbers of moves, so the result depends on the network alone.

    >>> from goalstate.model.notation.statechart import State, Statechart, does, on
    >>> from goalstate.model.network import Component
    >>> states = (State("off"), State("on"))
    >>> lamp = Statechart("lamp", states, "off", rows=(does("shine", "off", "on"),))
    >>> wall = Statechart("wall", (State("dark"), State("lit")), "dark", rows=(on("shine", "dark", "lit"),))
    >>> joined = join(Network((Component("lamp", lamp), Component("wall", wall))))
    >>> joined.layout.bits, joined.layout.joints[0].locals.tolist()
    (1, [[0, 0], [1, 1]])
    """
    if not 1 < len(network.components) <= MOST_MACHINES:
        return None
    machines = joined(network)
    layout, plain = machines.layout, Layout.of(network)
    return machines if layout.bits < plain.bits and layout.words <= plain.words else None


def joined(network: Network) -> Machines:
    """The machines of a network as far as they could be joined."""
    parts = _Joining(_parts(network)).run()
    rows = [part.columns.tolist() for part in parts]
    return Machines(
        Layout.joined([Joint(part.members, part.locals) for part in parts]),
        tuple(np.ascontiguousarray(part.moves.T) for part in parts),
        tuple(
            tuple((k, known[number]) for k, known in enumerate(rows) if known[number] >= 0)
            for number in range(len(network.events))
        ),
    )


def _parts(network: Network) -> list[_Part]:
    columns = np.full((len(network.components), len(network.events)), -1, np.int64)
    for number, event in enumerate(network.events):
        for i, e in event.participants:
            columns[i, number] = e
    return [
        _Part(
            (i,),
            columns[i],
            np.ascontiguousarray(component.lts.moves.T),
            np.arange(component.lts.size, dtype=np.int32)[:, None],
        )
        for i, component in enumerate(network.components)
    ]


class _Joining:
    """One attempt, until nothing is left to do or the work is done."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self.parts = dict(enumerate(parts))
        self.work = 0
        self.place = np.full(MOST_PAIRS, NONE, np.int32)

    def run(self) -> list[_Part]:
        self._trim()
        self._join()
        # In the order of their members' local states, in which they are looked up.
        return [part.kept(np.lexsort(part.locals.T[::-1])) for part in self.parts.values()]

    def _trim(self) -> None:
        # Small pairs first: they cost little, and what they trim makes others small.
        partners = self._partners()
        waiting = [(self._size(i, j), i, j) for i in partners for j in partners[i] if i < j]
        heapify(waiting)
        current = {(i, j): size for size, i, j in waiting}
        while waiting and self.work < MOST_WORK:
            size, i, j = heappop(waiting)
            if current.get((i, j)) != size:
                continue  # waits with fewer pairs, or has had its turn
            del current[i, j]
            pairs, _, _ = self._compose(self.parts[i], self.parts[j], MOST_TRIMMING, False)
            for k, reached in ((i, pairs[:, 0]), (j, pairs[:, 1])) if len(pairs) else ():
                states = np.unique(reached)
                if len(states) < self.parts[k].size:
                    self.parts[k] = self.parts[k].kept(states)
                    for other in partners[k] - {i, j}:
                        pair = min(k, other), max(k, other)
                        current[pair] = self._size(*pair)
                        heappush(waiting, (current[pair], *pair))

    def _partners(self) -> dict[int, set[int]]:
        # For each machine, the others with which it shares an event.
        known = np.array([part.columns >= 0 for part in self.parts.values()], np.float32)
        shared = known @ known.T > 0
        return {i: set(np.flatnonzero(shared[i]).tolist()) - {i} for i in self.parts}

    def _size(self, i: int, j: int) -> int:
        return self.parts[i].size * self.parts[j].size

    def _join(self) -> None:
        found = self._joins(combinations(self.parts, 2))
        while found:
            (i, j), (_, part) = max(found.items(), key=lambda item: item[1][0])
            del self.parts[j]
            self.parts[i] = part
            found = {pair: join for pair, join in found.items() if not {i, j} & set(pair)}
            found |= self._joins((min(i, k), max(i, k)) for k in self.parts if k != i)

    def _joins(self, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], tuple[float, _Part]]:
        """By pair, the bits saved and the machine, where they are enough."""
        found = {}
        for i, j in pairs:
            if self.work >= MOST_WORK:
                break
            a, b = self.parts[i], self.parts[j]
            reached, moves, columns = self._compose(a, b, MOST_STATES, True)
            gain = log2(a.size) + log2(b.size) - log2(len(reached)) if len(reached) else 0.0
            if len(reached) and gain >= LEAST_GAIN:
                locals_ = np.hstack([a.locals[reached[:, 0]], b.locals[reached[:, 1]]])
                found[i, j] = gain, _Part(a.members + b.members, columns, moves, locals_)
        return found

    def _compose(
        self, a: _Part, b: _Part, most: int, wants_moves: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
        """The pairs reached of two machines that share an event, their moves and columns; no pairs if too many."""
        of_a, of_b = a.columns >= 0, b.columns >= 0
        events = np.flatnonzero(of_a | of_b)
        columns = np.full(len(of_a), -1, np.int64)
        columns[events] = np.arange(len(events))
        pairs, moves = np.empty((0, 2), np.int64), np.empty((0, 0), np.int32)
        small = a.size * b.size <= MOST_PAIRS and prod((*a.ranges, *b.ranges)) < MOST_KEYS
        if small and (of_a & of_b).any():
            moves_left = min(MOST_WORK - self.work, MOST_MOVES if wants_moves else MOST_WORK)
            most = min(most, a.size * b.size, moves_left // len(events))
            if most > 0:
                pairs, moves = compose(
                    a.moves, b.moves, a.columns[events], b.columns[events], most, wants_moves, self.place
                )  # fmt: skip
                self.work += (len(pairs) or most) * len(events) + len(columns) + LEAST_WORK
        return pairs, moves, columns


@compiled()
def compose(a, b, of_a, of_b, most, wants_moves, place):
    """The pairs that two machines reach from their first local states, and their moves; nothing if beyond ``most``.

    ``of_a`` and ``of_b`` give, for each event of the pair, its column in the moves of a machine, or -1.  ``place`` is
    full of NONE, before and after.
    """
    pairs = np.empty((most, 2), np.int64)
    moves = np.empty((most if wants_moves else 0, len(of_a)), np.int32)
    pairs[0] = 0
    place[0] = 0
    found = 1
    s = 0
    while 0 <= s < found:
        for k in range(len(of_a)):
            x, y = pairs[s, 0], pairs[s, 1]
            if of_a[k] >= 0:
                x = np.int64(a[x, of_a[k]])
            if of_b[k] >= 0:
                y = np.int64(b[y, of_b[k]])
            number = np.int32(NONE)
            if x >= 0 and y >= 0:
                number = place[x * len(b) + y]
                if number < 0 and found == most:
                    s = -2
                    break
                if number < 0:
                    number = np.int32(found)
                    place[x * len(b) + y] = number
                    pairs[found, 0] = x
                    pairs[found, 1] = y
                    found += 1
            if wants_moves:
                moves[s, k] = number
        s += 1
    for k in range(found):
        place[pairs[k, 0] * len(b) + pairs[k, 1]] = NONE
    return (pairs[:found], moves[:found]) if s == found else (pairs[:0], moves[:0])
