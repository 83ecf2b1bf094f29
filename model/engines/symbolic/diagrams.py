"""Multiway decision diagrams: sets of tuples of local states as shared nodes, which grow as far as they are allowed to.

Sources: Kam, Villa, Brayton and Sangiovanni-Vincentelli, "Multi-valued decision diagrams", 1998; Bryant, "Graph-based
algorithms for Boolean function manipulation", 1986, for unique nodes.

Left out: nodes that are no longer needed are not given back.
"""

from __future__ import annotations

# mypy: disallow-untyped-calls=False
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from ...network.statespace import NO_LIMITS, Limit, Limits, Stopped
from ..resources import automatic_limit
from . import kernels
from .kernels import Moves, Store

DEEP = 512 << 20
"""Bytes of stack for searches: a call for each level."""

_FIRST_NODES = 1 << 16
_FEWEST_NODES = 1 << 8
_SMALL = 256  # local states of all components, up to which few nodes are expected
_SHALLOW = 200  # levels that fit on any stack
_PATIENCE = 10_000  # some milliseconds
_FOR_EVER = 1 << 62
_MOST_NODES = (1 << 31) - 1
_ENTRIES = 8  # for a node, at first
_LARGEST_CACHE = 1 << 23


class OutOfLimits(Exception):
    """Time, nodes or memory are used up: ``stopped`` says which, and how many states were found for certain."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped)
        self.stopped = stopped


class _TakesLong(Exception):
    """A search is better continued in a thread."""


class Allowance:
    """What all diagrams of a check may take together.

    ``limits.memory`` are bytes, ``limits.states`` nodes: they are what this engine holds in the place of states.
    """

    def __init__(self, limits: Limits = NO_LIMITS) -> None:
        self.nodes = limits.states
        self.bytes = automatic_limit() if limits.memory is None else limits.memory
        self.diagrams: WeakSet[Diagrams] = WeakSet()

    @property
    def out_of_nodes(self) -> Stopped:
        """What stops a search that needs more nodes."""
        return Stopped(Limit.NODES, _MOST_NODES if self.nodes is None else self.nodes)

    def nodes_for(self, asking: Diagrams) -> int:
        """The nodes that some diagrams may have in all."""
        if self.nodes is None:
            return _MOST_NODES
        others = sum(int(d.store.state[kernels.NODES]) for d in self.diagrams if d is not asking)
        return max(0, self.nodes - others)

    def bytes_for(self, asking: Diagrams) -> int:
        """The bytes that some diagrams may have in all."""
        return self.bytes - sum(d.bytes for d in self.diagrams if d is not asking)


@dataclass(frozen=True, eq=False)
class Set:
    """A set of states; sets of one ``Symbols`` can be joined, intersected and taken from one another."""

    diagrams: Diagrams
    node: int

    def __or__(self, other: Set) -> Set:
        return self.diagrams.combine(kernels.OR, self, other)

    def __and__(self, other: Set) -> Set:
        return self.diagrams.combine(kernels.AND, self, other)

    def __sub__(self, other: Set) -> Set:
        return self.diagrams.combine(kernels.MINUS, self, other)

    def __invert__(self) -> Set:
        return self.diagrams.everything - self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Set) and self.diagrams is other.diagrams and self.node == other.node

    def __hash__(self) -> int:
        return hash(self.node)

    def satisfiable(self) -> bool:
        """Whether there is a state in it."""
        return self.node != 0

    def node_count(self) -> int:
        """The nodes of its diagram."""
        return int(self.diagrams.below(self).sum())


class Diagrams:
    """The nodes of all sets over components of the given sizes, from the bottom up.

    Grows as is needed; raises OutOfLimits where the allowance forbids it, or when the time of the limits is up.
    """

    def __init__(self, sizes: Sequence[int], limits: Limits = NO_LIMITS, allowance: Allowance | None = None) -> None:
        self.size = np.array([1, *sizes], dtype=np.int32)
        self.limits = limits
        self.allowance = Allowance(limits) if allowance is None else allowance
        self.started = time.perf_counter()
        self.bytes = 0
        self._nodes = _FIRST_NODES if int(self.size.sum()) > _SMALL else _FIRST_NODES >> 4
        while self._nodes > _FEWEST_NODES and not self._fits(self._nodes, _ENTRIES * self._nodes, self._nodes):
            self._nodes //= 4
        self.store = self._room_for(self._nodes, _ENTRIES * self._nodes, self._nodes)
        self.store.state[kernels.NODES] = 2
        self.allowance.diagrams.add(self)
        self.every = np.zeros(len(self.size), dtype=np.int32)
        self._quick(lambda: kernels.ladder(self.store, self.size, self.every))

    # Sets know their diagrams; were they kept here, diagrams no longer wanted would wait for the collector.
    @property
    def empty(self) -> Set:
        """No state."""
        return Set(self, 0)

    @property
    def everything(self) -> Set:
        """All states."""
        return Set(self, int(self.every[-1]))

    def box(self, chosen: Mapping[int, NDArray[np.bool_]]) -> Set:
        """The states whose components are in the local states chosen, by level; others anywhere."""
        flat = self._all.copy()
        for level, wanted in chosen.items():
            flat[self._begin[level] : self._begin[level + 1]] = wanted
        return Set(self, self._quick(lambda: kernels.box(self.store, self.size, flat)))

    @cached_property
    def _begin(self) -> NDArray[np.int64]:
        return np.concatenate([[0], [0], np.cumsum(self.size[1:], dtype=np.int64)])

    @cached_property
    def _all(self) -> NDArray[np.bool_]:
        return np.ones(int(self.size[1:].sum()), dtype=np.bool_)

    def combine(self, operation: int, one: Set, other: Set) -> Set:
        """Union, intersection or difference."""
        return Set(self, self._quick(lambda: kernels.combine(self.store, operation, one.node, other.node)))

    def closure(self, moves: Moves, start: Set, within: Set) -> Set:
        """What some events lead to from ``start`` without leaving ``within``."""
        try:
            return Set(self, self._long(lambda: kernels.fire(self.store, moves, kernels.END, start.node, within.node)))
        except OutOfLimits as limit:
            raise OutOfLimits(replace(limit.stopped, found=self._found(moves, start))) from None

    def _found(self, moves: Moves, start: Set) -> int:
        # Below a single state sets are closed from the bottom up: the highest that was finished tells what can be
        # reached while the components above it stay where they are.
        node = start.node
        while node > 1:
            everything = int(self.every[int(self.store.level[node])])
            closed = int(kernels.answered(self.store, moves.number, node, everything))
            if closed >= 0:
                return self.size_of(Set(self, closed))
            if int(self.store.length[node]) != 1:
                return 0
            node = int(self.store.child[int(self.store.begin[node])])
        return 0

    def step(self, moves: Moves, start: Set, within: Set) -> Set:
        """What one of some events leads to from ``start``, as far as it lies ``within``."""
        return Set(self, self._long(lambda: kernels.step(self.store, moves, start.node, within.node)))

    def below(self, states: Set) -> NDArray[np.bool_]:
        """Which nodes a set consists of."""
        marked = np.zeros(states.node + 1, dtype=np.bool_)
        kernels.mark(self.store, states.node, marked)
        marked[:2] = False
        return marked

    def size_of(self, states: Set) -> int:
        """The exact number of states in a set."""
        if states.node == 0:
            return 0
        counts = {1: 1}
        store = self.store
        for node in np.flatnonzero(self.below(states)).tolist():
            begin = int(store.begin[node])
            children, times = np.unique(store.child[begin : begin + int(store.length[node])], return_counts=True)
            counts[node] = sum(counts[c] * n for c, n in zip(children.tolist(), times.tolist(), strict=True))
        return counts[states.node]

    def one_of(self, states: Set) -> tuple[int, ...]:
        """A state of a set that is not empty: local states from the bottom up."""
        found, node = [], states.node
        while node > 1:
            begin = int(self.store.begin[node])
            found.append(int(self.store.index[begin]))
            node = int(self.store.child[begin])
        return tuple(reversed(found))

    def holds(self, states: Set, state: Sequence[int]) -> bool:
        """Whether a state, from the bottom up, is in a set."""
        node = states.node
        for local in reversed(state):
            if node == 0:
                return False
            begin = int(self.store.begin[node])
            entries = self.store.index[begin : begin + int(self.store.length[node])]
            k = int(np.searchsorted(entries, local))
            if k == len(entries) or entries[k] != local:
                return False
            node = int(self.store.child[begin + k])
        return node != 0

    def check_time(self) -> None:
        """Raise OutOfLimits when the time is up."""
        seconds = self.limits.seconds
        if seconds is not None and time.perf_counter() - self.started > seconds:
            raise OutOfLimits(Stopped(Limit.SECONDS, seconds))

    def _quick(self, work: Callable[[], int]) -> int:
        while True:
            found = int(work())
            reason = int(self.store.state[kernels.STOP])
            if reason == 0:
                return found
            self.store.state[kernels.STOP] = 0
            if reason & kernels.ASKED:
                self.check_time()
                raise OutOfLimits(Stopped(Limit.INTERRUPTED))
            if reason & kernels.LONG:
                raise _TakesLong
            self._grow(reason)

    def _long(self, work: Callable[[], int]) -> int:
        """Work that may take long, with a stack that is deep enough; gives in to the clock and to the user.

        Most searches are over sooner than a thread would be there.
        """
        self.check_time()
        if len(self.size) <= _SHALLOW:
            self.store.state[kernels.PATIENCE] = _PATIENCE
            try:
                return self._quick(work)
            except _TakesLong:
                pass  # what was worked out is still in the cache
        self.store.state[kernels.PATIENCE] = _FOR_EVER
        found: list[int | BaseException] = []

        def done() -> None:
            try:
                found.append(self._quick(work))
            except BaseException as error:  # noqa: BLE001 - handed over to whoever waits
                found.append(error)

        former = threading.stack_size(DEEP)
        try:
            worker = threading.Thread(target=done)
            worker.start()
        finally:
            threading.stack_size(former)
        try:
            seconds = self.limits.seconds
            if seconds is not None:
                worker.join(max(0.0, self.started + seconds - time.perf_counter()))
            else:
                worker.join()
        finally:
            # The store may be replaced by a larger one at any moment; the new one is asked as well.
            while worker.is_alive():
                self.store.state[kernels.STOP] |= kernels.ASKED
                worker.join(0.05)
        result = found[0]
        if isinstance(result, BaseException):
            raise result
        return result

    def _fits(self, nodes: int, entries: int, scratch: int) -> bool:
        # While it grows, what there was before is still there.
        return self.bytes + _bytes_for(nodes, entries, scratch) <= self.allowance.bytes_for(self)

    def _room_for(self, nodes: int, entries: int, scratch: int) -> Store:
        if not self._fits(nodes, entries, scratch):
            raise OutOfLimits(Stopped(Limit.NODE_MEMORY, self.allowance.bytes))
        most = self.allowance.nodes_for(self)
        if most < 2 + len(self.size):
            raise OutOfLimits(self.allowance.out_of_nodes)
        self.bytes = _bytes_for(nodes, entries, scratch)
        room = min(nodes, most)
        return Store(
            np.zeros(room, dtype=np.int32),
            np.zeros(room, dtype=np.int64),
            np.zeros(room, dtype=np.int32),
            np.zeros(entries, dtype=np.int32),
            np.zeros(entries, dtype=np.int32),
            np.zeros(2 * nodes, dtype=np.int32),
            np.zeros(3 * _lines_for(nodes), dtype=np.uint64),
            np.zeros(scratch, dtype=np.int32),
            np.zeros(5, dtype=np.int64),
        )

    def _grow(self, reason: int) -> None:
        old = self.store
        nodes, entries, scratch = self._nodes, len(old.index), len(old.scratch)
        used = int(old.state[kernels.NODES]), int(old.state[kernels.POOL])
        for factor in (4, 2):
            nodes, entries, scratch = self._nodes, len(old.index), len(old.scratch)
            if reason & kernels.STACK:
                scratch *= factor
            if reason & kernels.FULL:
                if used[0] >= len(old.level) and used[0] >= self.allowance.nodes_for(self):
                    raise OutOfLimits(self.allowance.out_of_nodes)
                nodes *= factor if used[0] * 2 > nodes else 1
                entries *= factor if used[1] * 2 > entries else 1
            if (nodes, entries, scratch) == (self._nodes, len(old.index), len(old.scratch)):
                entries *= 2
            if self._fits(nodes, entries, scratch):
                break
        new = self._room_for(nodes, entries, scratch)
        for kind in ("level", "begin", "length"):
            getattr(new, kind)[: used[0]] = getattr(old, kind)[: used[0]]
        for kind in ("index", "child"):
            getattr(new, kind)[: used[1]] = getattr(old, kind)[: used[1]]
        new.state[:] = old.state
        kernels.rehash(new)
        self.store, self._nodes = new, nodes


def _lines_for(nodes: int) -> int:
    return min(4 * nodes, _LARGEST_CACHE)


def _bytes_for(nodes: int, entries: int, scratch: int) -> int:
    return nodes * 24 + entries * 8 + _lines_for(nodes) * 24 + scratch * 4
