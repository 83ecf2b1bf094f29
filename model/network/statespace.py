"""What an engine found: the reachable states of a network, the same whichever engine enumerated them.

States are kept packed: the local states of the components as bit fields in one or more 64-bit words, in breadth-first
order, so that the first state that breaks a rule is one of the nearest.  Nothing is stored but the states (and, on
request, the edges): the path to a state is found again by looking, level by level, for a predecessor, and is then
replayed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from .network import Event, GlobalState, Network
from .path import Path

Words = NDArray[np.uint64]
"""Packed states: shape (number of states, words per state)."""


@dataclass(frozen=True)
class Limits:
    """When to stop: distinct states, seconds, bytes of memory; None means no limit.

    The seconds count from ``since``, a reading of ``time.perf_counter``; without it, from the start of the search.
    """

    states: int | None = None
    seconds: float | None = None
    memory: int | None = None
    since: float | None = None

    def deadline(self, started: float) -> float:
        """The reading of ``time.perf_counter`` at which a search begun at ``started`` has to stop."""
        return inf if self.seconds is None else self.seconds + (started if self.since is None else self.since)

    def left(self) -> Limits:
        """The limits of a search that begins now, in seconds of its own."""
        now = time.perf_counter()
        if self.seconds is None or self.since is None:
            return replace(self, since=None)
        return replace(self, seconds=round(max(0.0, self.deadline(now) - now), 3), since=None)


NO_LIMITS = Limits()


class Limit(Enum):
    """What a search can run into, with the sentence that says so."""

    STATES = "stopped at {amount} states"
    SECONDS = "stopped after {amount:g} seconds{at_least}"
    MEMORY = "stopped at {bytes} of memory, with {found} states"
    ROOM_FOR_EDGES = "stopped at {bytes} of memory: no room for {found} edges"
    MACHINE_MEMORY = "stopped when memory ran out, with {found} states"
    WORK_MEMORY = "stopped at the limit of memory{at_most}, before the states or in judging them{at_least}"
    NODES = "stopped at {amount:,} nodes of decision diagrams{at_least}"
    NODE_MEMORY = "stopped at {bytes} of memory for decision diagrams{at_least}"
    INTERRUPTED = "interrupted"


SHORT_OF_MEMORY = frozenset(
    {Limit.MEMORY, Limit.ROOM_FOR_EDGES, Limit.MACHINE_MEMORY, Limit.NODE_MEMORY, Limit.WORK_MEMORY}
)
"""The limits that a search with more memory would not have met."""


@dataclass(frozen=True)
class Stopped:
    """Why a search ended before it had found everything; as a text, the sentence for a report.

    ``amount``: how much was allowed, in states, seconds, nodes or, of memory, bytes.  ``found``: the states found, or
    the edges for which there is no room; 0 where it is not said.

    >>> str(Stopped(Limit.MEMORY, 17_000_000, found=80_521))
    'stopped at 17 MB of memory, with 80521 states'
    """

    kind: Limit
    amount: float = 0
    found: int = 0

    def __str__(self) -> str:
        at_least = f", with {self.found:,} states or more" if self.found else ""
        return self.kind.value.format(
            amount=self.amount,
            bytes=_bytes(self.amount),
            found=self.found,
            at_least=at_least,
            at_most=f", {_bytes(self.amount)}" if self.amount else "",
        )


def _bytes(count: float) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"


@dataclass(frozen=True, eq=False)
class Joint:
    """Components whose local states are kept as one number: ``locals[number]`` are theirs, rows in ascending order."""

    members: tuple[int, ...]
    locals: NDArray[np.int32]

    @cached_property
    def _sizes(self) -> list[int]:
        return [int(most) + 1 for most in self.locals.max(axis=0)]

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        return self._key([self.locals[:, m].astype(np.int64) for m in range(len(self.members))])

    def _key(self, columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        # Local states as the digits of one number; rows in ascending order have ascending keys.
        key = columns[0]
        for size, column in zip(self._sizes[1:], columns[1:], strict=True):
            key = key * size + column
        return key

    def numbers(self, columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        """The numbers of some states, a column for each member; raises ValueError for one that is not kept."""
        key = self._key(columns)
        found = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        inside = all((column < size).all() for size, column in zip(self._sizes, columns, strict=True))
        if not inside or not np.array_equal(self._keys[found], key):
            raise ValueError("a state that can't be reached")
        return found


@dataclass(frozen=True)
class Layout:
    """Where each component's local state lies in a packed state: word, shift and width in bits.

    With ``joints``, a field holds the number that each of them gives to its members' local states.

    >>> Layout.of_sizes([3, 1, 300]).fields
    ((0, 0, 2), (0, 2, 0), (0, 2, 9))
    """

    fields: tuple[tuple[int, int, int], ...]
    words: int
    joints: tuple[Joint, ...] = ()

    @classmethod
    def of(cls, network: Network) -> Layout:
        """The layout of a network's states."""
        return cls.of_sizes([c.lts.size for c in network.components])

    @classmethod
    def of_sizes(cls, sizes: list[int]) -> Layout:
        """Fields one after the other, none across a word boundary; a component with one local state takes no bits."""
        fields = []
        word = shift = 0
        for size in sizes:
            width = (size - 1).bit_length()
            if shift + width > 64:
                word, shift = word + 1, 0
            fields.append((word, shift, width))
            shift += width
        return cls(tuple(fields), word + 1)

    @classmethod
    def joined(cls, joints: list[Joint]) -> Layout:
        """The layout with a field for each joint; every component is a member of one."""
        return replace(cls.of_sizes([len(joint.locals) for joint in joints]), joints=tuple(joints))

    @property
    def bits(self) -> int:
        """Bits in use."""
        return sum(width for _, _, width in self.fields)

    @cached_property
    def _places(self) -> tuple[tuple[int, int], ...]:
        # For each component its field and, in a joint, the number of the member.
        if not self.joints:
            return tuple((i, 0) for i in range(len(self.fields)))
        places = {i: (k, m) for k, joint in enumerate(self.joints) for m, i in enumerate(joint.members)}
        return tuple(places[i] for i in range(len(places)))

    @property
    def _all(self) -> range:
        return range(len(self._places))

    def field_of(self, component: int) -> int:
        """The number of the field in which a component's local state is."""
        return self._places[component][0]

    def pack(self, states: list[GlobalState]) -> Words:
        """Pack states given as tuples of local state numbers."""
        columns = np.array(states, dtype=np.int64).reshape(len(states), len(self._places))
        return self._pack(len(states), list(columns.T))

    def repack(self, packed: Words, layout: Layout) -> Words:
        """States that another layout has packed."""
        blocks = [packed[begin : begin + (1 << 14)] for begin in range(0, len(packed), 1 << 14)]
        return np.concatenate([self._pack(len(b), [layout.column(b, i) for i in self._all]) for b in blocks])

    def _pack(self, count: int, columns: list[NDArray[np.int64]]) -> Words:
        packed = np.zeros((count, self.words), dtype=np.uint64)
        for k, (word, shift, _) in enumerate(self.fields):
            numbers = (
                self.joints[k].numbers([columns[i] for i in self.joints[k].members]) if self.joints else columns[k]
            )
            packed[:, word] |= numbers.astype(np.uint64) << np.uint64(shift)
        return packed

    def unpack(self, packed: Words) -> list[GlobalState]:
        """The states as tuples of local state numbers."""
        columns = [self.column(packed, i) for i in self._all]
        return list(zip(*(c.tolist() for c in columns), strict=True))

    def column(self, packed: Words, component: int) -> NDArray[np.int64]:
        """The local state number of one component in every packed state."""
        field, member = self._places[component]
        numbers = self.numbers(packed, field)
        return self.joints[field].locals[numbers, member].astype(np.int64) if self.joints else numbers

    def numbers(self, packed: Words, field: int) -> NDArray[np.int64]:
        """What stands in one field in every packed state."""
        word, shift, width = self.fields[field]
        mask = np.uint64((1 << width) - 1)
        return ((packed[:, word] >> np.uint64(shift)) & mask).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Graph:
    """The edges between numbered states, by source: those of state s are ``offsets[s]:offsets[s + 1]``, in no order."""

    offsets: NDArray[np.int64]
    targets: NDArray[np.int64]
    events: NDArray[np.int32]

    @cached_property
    def happening(self) -> frozenset[int]:
        """The events that happen anywhere."""
        return frozenset(np.flatnonzero(np.bincount(self.events)).tolist())

    def reversed(self) -> Graph:
        """The same edges by target; ``targets`` then holds the sources."""
        order = np.argsort(self.targets, kind="stable")
        sources = np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int64), np.diff(self.offsets))
        counts = np.bincount(self.targets, minlength=len(self.offsets) - 1)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return Graph(offsets, sources[order], self.events[order])


@dataclass(frozen=True, eq=False)
class StateSpace:
    """The states found, in breadth-first order: those at distance d are ``levels[d]:levels[d + 1]``.

    ``stopped`` says why the search ended early; it is None when every reachable state was found and its events tried.
    ``transitions`` counts pairs of a state and an event that can happen in it, loops included.  When the search was
    stopped, ``expanded`` states had all their events tried.
    """

    network: Network
    engine: str
    layout: Layout
    packed: Words
    levels: tuple[int, ...]
    transitions: int
    expanded: int
    seconds: float
    stopped: Stopped | None
    graph: Graph | None = None

    @property
    def distinct(self) -> int:
        """Number of distinct states found."""
        return len(self.packed)

    @property
    def depth(self) -> int:
        """Distance of the farthest state found, in events."""
        return len(self.levels) - 2

    @property
    def complete(self) -> bool:
        """Whether nothing stopped the search."""
        return self.stopped is None

    def column(self, component: int) -> NDArray[np.int64]:
        """The local state number of one component in every state."""
        return self.layout.column(self.packed, component)

    def state(self, number: int) -> GlobalState:
        """One state as a tuple of local state numbers."""
        return self.layout.unpack(self.packed[number : number + 1])[0]

    def path(self, number: int) -> Path:
        """A shortest path to a state, found backwards level by level and then replayed."""
        if self.graph is not None:
            return Path.replay(self.network, [self.network.events[e].name for e in self._way(self.graph, number)])
        events: list[str] = []
        target = self.state(number)
        level = int(np.searchsorted(np.array(self.levels), number, side="right")) - 1
        while level > 0:
            found = self._predecessor(target, level - 1)
            events.append(found[0])
            target = found[1]
            level -= 1
        return Path.replay(self.network, events[::-1])

    def _way(self, graph: Graph, number: int) -> list[int]:
        way: list[int] = []
        while number:
            position = int(self._discovered[number])
            way.append(int(graph.events[position]))
            number = int(np.searchsorted(graph.offsets, position, side="right")) - 1
        return way[::-1]

    @cached_property
    def _discovered(self) -> NDArray[np.int64]:
        """For each state the position of the first edge that leads to it, which is one from the level before."""
        assert self.graph is not None
        found = np.zeros(self.distinct, dtype=np.int64)
        # Of several writes to one place the last one stays, so the edges are written from the last to the first.
        found[self.graph.targets[::-1]] = np.arange(len(self.graph.targets), dtype=np.int64)[::-1]
        return found

    @cached_property
    def _outsides(self) -> list[tuple[Words, list[int], list[Event]]]:
        # The events by their participants, each group with a mask of the bits that are none of its participants'
        # fields, and all components in these fields.
        groups: dict[tuple[int, ...], list[Event]] = defaultdict(list)
        for event in self.network.events:
            groups[tuple(i for i, _ in event.participants)].append(event)
        found = []
        for participants, events in groups.items():
            outside = np.full(self.layout.words, ~np.uint64(0))
            touched = {self.layout.field_of(i) for i in participants}
            for word, shift, width in (self.layout.fields[field] for field in touched):
                outside[word] &= ~np.uint64(((1 << width) - 1) << shift)
            inside = [i for i in range(len(self.network.components)) if self.layout.field_of(i) in touched]
            found.append((outside, inside, events))
        return found

    def _predecessor(self, target: GlobalState, level: int) -> tuple[str, GlobalState]:
        if self.levels[level + 1] - self.levels[level] <= 16:
            for state in self.layout.unpack(self.packed[self.levels[level] : self.levels[level + 1]]):
                for number, following in self.network.successors(state):
                    if following == target:
                        return self.network.events[number].name, state
        # A predecessor agrees with the target wherever the event has no participant, and holds a local state that leads
        # to the target's wherever it has one.  The first is a test of whole words, once for all events with the same
        # participants; it leaves few states for the second.
        wanted = self.layout.pack([target])[0]
        for begin in range(self.levels[level], self.levels[level + 1], 1 << 16):
            block = self.packed[begin : min(begin + (1 << 16), self.levels[level + 1])]
            differing = block ^ wanted
            for outside, inside, events in self._outsides:
                agrees = (differing[:, 0] & outside[0]) == 0
                for word in range(1, self.layout.words):
                    if not agrees.any():
                        break
                    agrees &= (differing[:, word] & outside[word]) == 0
                rows = np.flatnonzero(agrees)
                near = block[rows]
                for event in events if len(rows) else ():
                    hits = np.ones(len(rows), dtype=np.bool_)
                    taken = dict(event.participants)
                    for i in inside:
                        local = self.layout.column(near, i)
                        if i in taken:
                            local = self.network.components[i].lts.moves[taken[i]][local].astype(np.int64)
                        hits &= local == target[i]
                    if hits.any():
                        return event.name, self.state(begin + int(rows[hits][0]))
        raise AssertionError("a state beyond the first level has no predecessor in the level before")
