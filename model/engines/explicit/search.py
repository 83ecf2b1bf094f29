"""The explicit engine: breadth-first search over packed states, compiled, on all cores, exact.

A small state space is searched in plain Python; nothing is compiled or even imported for it.  Beyond ``SMALL`` states
the search continues with the compiled loops of ``kernels``: narrow levels on one core, wide ones in rounds on all.  A
large search continues with fewer machines (``joining``), which find the same states.  The order of the states depends
on the network, the limits and whether the compiled loops were loaded before; not on the number of cores.

A state takes its words and, in a large hash table, between five and seven bytes; buffers hold a twelfth of the states.
Address space is reserved in advance; memory is taken as the arrays fill up.

Whatever stops a search (a limit, too little memory, Ctrl-C), the states found so far are returned with the reason.

Left out: parent pointers (``StateSpace.path`` does without) and states on disk.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...network import GlobalState, Network
from ...network.statespace import NO_LIMITS, Graph, Layout, Limit, Limits, StateSpace, Stopped
from ..progress import Progress, Report
from ..resources import automatic_limit, cores
from .machines import Machines
from .structures import LINE, REGIONS, SLACK, Bounds, Buffer, Mixer, Position, Store, System, Table, Width, exact
from .successors import successors_of
from .units import Units

SMALL = 3_000
"""States that are searched for in plain Python: about as fast as loading the compiled loops."""

SMALL_ONCE_LOADED = 200
"""The same when they are loaded already."""

WIDE = 8_192
"""States left in a level from which on all cores work on it."""

SLICES = 8
"""Parts of a level that are expanded at the same time."""

PARTS = 16
"""Parts of the hash table's regions that are worked on at the same time."""

ROUND = 250_000
"""Successors, at least, between two looks at the clock."""

BUFFERED = 1 / 12
"""Successors in a round, as a part of the states known."""

MOST_BUFFERED = 1 << 22
"""Successors in a round, at most: some tenths of a second."""

LOAD = 0.8
"""The part of the hash table that may be in use."""

JOINED_FROM = 1 << 17
"""States known, or a few more, when machines are joined: a smaller search is as fast without."""

FIRST_SAMPLE = 1 << 17
"""States known when the tables are made for the first time to suit them; the next time it is so many times more."""

SAMPLED_AGAIN = 8
SAMPLE = 2_000
"""States in the sample."""

GENEROUS = 64 << 20
"""Bytes up to which arrays grow in large steps."""

REPORTS = 0.2
"""Seconds between two reports of progress."""

FIRST_SLOTS = 1 << 16
MOST_NUMBERS = int(LOAD * (1 << 32))


def explore(
    network: Network, limits: Limits = NO_LIMITS, *, graph: bool = False, progress: Report | None = None
) -> StateSpace:
    """Every reachable state of a network; with ``graph``, also the edges between them.

    Stops at a limit, at the latest a round of some tenths of a second after it, when memory runs short (half of what
    the machine has left, unless the limits say otherwise) and on Ctrl-C: ``stopped`` then says so.  The graph is left
    out when there is neither time nor room for it; a state space without the graph asked for is never complete.
    ``progress`` is called a few times a second.

    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> from goalstate.model.network import Component
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("on", "dark", "bright"), does("off", "bright", "dark")))
    >>> space = explore(Network(tuple(Component(f"lamp_{i}", lamp, f"{i}/") for i in range(10))))
    >>> space.distinct, space.transitions, space.depth
    (1024, 10240, 10)
    """
    search = _Search(network, limits, graph, progress)
    try:
        search.run()
    except KeyboardInterrupt:
        search.stopped = Stopped(Limit.INTERRUPTED)
    except MemoryError:
        search.stopped = Stopped(Limit.MACHINE_MEMORY, found=search.mark.known)
    return search.result()


@dataclass(frozen=True)
class _Mark:
    """A point to which an interrupted search is cut back: everything before it is consistent."""

    known: int
    expanded: int
    transitions: int
    levels: int


class _Search:
    """One search: first in plain Python and then, if that was not all, with the compiled loops."""

    def __init__(self, network: Network, limits: Limits, graph: bool, progress: Report | None) -> None:
        self.started = time.perf_counter()
        self.network = network
        self.limits = limits
        self.wants_graph = graph
        self.progress = progress
        self.reported = self.started
        self.most_states = MOST_NUMBERS if limits.states is None else min(limits.states, MOST_NUMBERS)
        self.memory = automatic_limit() if limits.memory is None else limits.memory
        self.layout = Layout.of(network)
        self.stopped: Stopped | None = None
        self.levels = [0, 1]
        self.mark = _Mark(1, 0, 0, 2)
        self.unpacked: list[GlobalState] = [network.initial]
        self.edges: list[list[tuple[int, int]]] = []
        self.packed: tuple[Layout, NDArray[np.uint64]] | None = None
        """The states of the compiled part, and how they are packed: one thing, which is replaced in one go."""
        self.graph: Graph | None = None

    def run(self) -> None:
        """Search until the end or a limit."""
        self._start()
        if self.stopped is None and self.mark.expanded < self.mark.known:
            compiled = _Compiled(self)
            try:
                compiled.run()
            finally:
                compiled.close()

    def result(self) -> StateSpace:
        """What was found, cut back to the last mark."""
        mark = self.mark
        layout = self.layout
        if self.packed is None:
            packed = layout.pack(self.unpacked[: mark.known])
            if self.wants_graph:
                self.graph = self._small_graph()
        else:
            layout, states = self.packed
            packed = states[: mark.known * layout.words].reshape(mark.known, layout.words)
        levels = self.levels[: mark.levels]
        if levels[-1] != mark.known:
            levels.append(mark.known)
        return StateSpace(
            self.network, "explicit", layout, packed, tuple(levels), mark.transitions, mark.expanded,
            time.perf_counter() - self.started, self.stopped, self.graph,
        )  # fmt: skip

    def must_stop(self, known: int) -> bool:
        """Whether a limit on states or time is reached; also where progress is reported."""
        now = time.perf_counter()
        if known > self.most_states:
            self.stopped = Stopped(Limit.STATES, self.most_states)
        elif self.limits.seconds is not None and now > self.limits.deadline(self.started):
            self.stopped = Stopped(Limit.SECONDS, self.limits.seconds)
        elif self.progress is not None and now - self.reported >= REPORTS:
            self.reported = now
            m = self.mark
            self.progress(Progress(m.known, m.known - m.expanded, m.transitions, m.levels - 2, now - self.started))
        return self.stopped is not None

    def out_of_memory(self) -> None:
        """Note that the memory is used up."""
        self.stopped = Stopped(Limit.MEMORY, self.memory, self.mark.known)

    def _start(self) -> None:
        successors = successors_of(self.network, self.layout)
        small = min(SMALL, SMALL_ONCE_LOADED) if f"{__package__}.kernels" in sys.modules else SMALL
        states = self.unpacked
        number = {states[0]: 0}
        cost = 200 + 8 * len(states[0])  # bytes: the tuple, its place in the list and in the dictionary
        transitions = 0
        for s, state in enumerate(states):  # grows while it runs
            if s == self.levels[-1]:
                self.levels.append(len(states))
            if len(states) > small or transitions > 10 * small:
                break
            if (s % 64 == 0 or len(states) > self.most_states) and self.must_stop(len(states)):
                break
            if len(states) * cost > self.memory:
                self.out_of_memory()
                break
            found = []
            for event, following in successors(state):
                target = number.setdefault(following, len(states))
                if target == len(states):
                    states.append(following)
                found.append((target, event))
            self.edges.append(found)
            transitions += len(found)
            self.mark = _Mark(len(states), s + 1, transitions, len(self.levels))

    def _small_graph(self) -> Graph:
        mark = self.mark
        edges = self.edges[: mark.expanded]
        offsets = np.full(mark.known + 1, mark.transitions, dtype=np.int64)
        offsets[: mark.expanded + 1] = np.cumsum([0, *(len(found) for found in edges)])
        flat = np.array([pair for found in edges for pair in found], dtype=np.int64).reshape(-1, 2)
        return Graph(offsets, np.ascontiguousarray(flat[:, 0]), flat[:, 1].astype(np.int32))


class _Compiled:
    """The part of a run that is worth compiling for."""

    def __init__(self, search: _Search) -> None:
        from . import joining, kernels

        self.kernels: Any = kernels
        self.joining = joining
        self.search = search
        self.threads = min(cores(), SLICES)
        self.pool: ThreadPoolExecutor | None = None
        self.sampled = FIRST_SAMPLE // SAMPLED_AGAIN
        """How many states were known when the units were made to suit them."""
        mark = search.mark
        self.known, self.expanded, self.transitions = mark.known, mark.expanded, mark.transitions
        self.candidates = self.transitions
        """How many successors the states expanded so far had, loops left out."""
        self.degrees = np.array([len(found) for found in search.edges] if search.wants_graph else [], np.int32)
        self.tried_to_join = False
        self._lay_out(Machines.of(search.network, search.layout), search.layout.pack(search.unpacked))
        search.unpacked.clear()
        search.edges.clear()

    def _lay_out(self, machines: Machines, known: NDArray[np.uint64], sample: NDArray[np.uint64] | None = None) -> None:
        """Go on with these machines, from the states known, packed as theirs."""
        search, layout = self.search, machines.layout
        self.machines = machines
        self.words = layout.words
        self.bits = max((shift + width for _, shift, width in layout.fields), default=0)
        units = Units.of(machines, sample)
        self.most = 2 * units.most
        """Successors of a state for which there is room: other tables may reckon with more."""
        width: Width = (0,) * self.words if self.words <= 2 else self.words
        self.system = System(width, units, Mixer.of(self.bits, self.words))
        self.scratch = [np.empty((self.most + SLACK) * self.words, np.uint64) for _ in range(SLICES)]
        self.room = max(1024, self.most)
        self.narrow_buffer = Buffer.of(self.scratch[0], self.words, self.room)
        self.buffer: Buffer | None = None
        """For wide levels."""
        self.fixed = units.nbytes + self.narrow_buffer.nbytes + sum(scratch.nbytes for scratch in self.scratch)
        self.may_be_wide = True

        self.states = np.empty(max(4 * known.size, SMALL * self.words), np.uint64)
        self.states[: known.size] = known.ravel()
        search.packed = layout, self.states
        degrees, self.degrees = self.degrees, np.empty(self.rows if search.wants_graph else 0, np.int32)
        self.degrees[: self.expanded] = degrees[: self.expanded]
        self.table = Table.of(1, 1, self.bits)
        self._enlarge_table(max(FIRST_SLOTS, int(len(known) / LOAD) + 1))

    @property
    def rows(self) -> int:
        """States for which there is room."""
        return len(self.states) // self.words

    @property
    def row_bytes(self) -> int:
        """Bytes per state outside the table."""
        return 8 * self.words + (4 if self.search.wants_graph else 0)

    @property
    def fitting(self) -> int:
        """States that may be in the table."""
        return int(LOAD * len(self.table.entries))

    @property
    def buffered(self) -> int:
        """Bytes of the buffer for wide levels."""
        return 0 if self.buffer is None else self.buffer.nbytes

    @property
    def wide_room(self) -> int:
        """The room in it for a slice of a region."""
        return 0 if self.buffer is None else self.buffer.room

    @property
    def store(self) -> Store:
        """The states known and their table, for the loops."""
        return Store(self.states, self.table)

    def run(self) -> None:
        """Search until the end or a limit, then build the graph."""
        search = self.search
        begun = np.empty(4096, np.int64)
        while self.expanded < self.known and not search.must_stop(self.known):
            self._suit()
            left = search.levels[-1] - self.expanded
            if left >= WIDE and self._round():
                continue
            if not self._reserve(self.known + self.room):
                search.out_of_memory()
                break
            wide = WIDE if self._share() else 1 << 62
            bounds = Bounds(wide, search.most_states, min(self.rows, self.fitting), ROUND // 2)
            at = Position(self.known, self.expanded, search.levels[-1])
            self.known, self.expanded, transitions, levels, full = self.kernels.narrow(
                self.system, self.store, self.narrow_buffer, at, bounds, self.degrees, begun
            )
            self.transitions += transitions
            self.candidates += transitions
            search.levels += begun[:levels].tolist()
            self._mark()
            if full and not self._enlarge_table_for(self.fitting + 1):
                search.out_of_memory()
        # What was reserved and not used counts as taken where the system holds a process within its limit.
        self.states.resize(self.known * self.words, refcheck=False)
        self.degrees.resize(self.known if search.wants_graph else 0, refcheck=False)
        if search.wants_graph and (search.stopped is None or self.known > search.most_states):
            self._build_graph()

    def close(self) -> None:
        """End the threads, and give back what was reserved."""
        if self.pool is not None:
            self.pool.shutdown()
        if self.search.packed is not None:
            # Ctrl-C may have come while the layout was changed: what is packed is one thing, and agrees with the mark.
            layout, states = self.search.packed
            states.resize(self.search.mark.known * layout.words, refcheck=False)

    def _mark(self) -> None:
        self.search.mark = _Mark(self.known, self.expanded, self.transitions, len(self.search.levels))

    def _suit(self) -> None:
        """Machines and tables that suit the states known: where an event is rare differs from part to part."""
        layout = self.machines.layout
        known = self.states[: self.known * self.words].reshape(self.known, self.words)
        sample = known[:: -(-self.known // SAMPLE)]
        if self.known >= JOINED_FROM and not self.tried_to_join:
            self.tried_to_join = True
            # States and table are there twice until the old ones go, and the states once more in between.
            fits = self.fixed + self.buffered + 3 * (self.known * self.row_bytes + self.table.entries.nbytes)
            machines = self.joining.join(self.search.network) if fits <= self.search.memory else None
            if machines is not None:
                self.sampled = self.known
                self._lay_out(machines, machines.layout.repack(known, layout), machines.layout.repack(sample, layout))
        elif self.known >= SAMPLED_AGAIN * self.sampled:
            self.sampled = self.known
            units = Units.of(self.machines, sample)
            if units.most <= self.most:
                self.system = self.system._replace(units=units)

    def _enlarge_buffer(self) -> None:
        """A buffer in proportion to the states known, as long as it doesn't take much of the memory."""
        wanted = min(max(ROUND, int(BUFFERED * self.known)), MOST_BUFFERED)
        # Odd, so that the ends of the regions don't share a few sets of the nearest cache.
        room = max(-(-wanted // (SLICES * REGIONS)), self.most, 64) | 1
        if room < 2 * self.wide_room:
            return
        if SLICES * REGIONS * room * Buffer.row_bytes(self.words) <= self.search.memory // 8:
            self.buffer = None  # gone before the new one comes
            self.buffer = Buffer.of(self.scratch[0], self.words, room, SLICES, REGIONS)
        elif self.buffer is None:
            self.may_be_wide = False

    def _share(self) -> int:
        """States per slice that are expanded in a round, so that the buffers are well filled; 0 if that can't be."""
        if not self.may_be_wide:
            return 0
        rows = max(ROUND, int(0.8 * SLICES * REGIONS * self.wide_room))
        share = max(1, int(rows * self.expanded / (self.candidates + 1)) // SLICES)
        share = min(share, (self.search.most_states - self.known) // (SLICES * max(1, self.most)))
        return share if SLICES * share >= min(WIDE, 256) else 0

    def _round(self) -> bool:
        """Expand part of a wide level on all cores; false if there is not enough room to try."""
        if self.may_be_wide:
            self._enlarge_buffer()
        share = self._share()
        if not share:
            return False
        kernels, search, buffer = self.kernels, self.search, self.buffer
        assert buffer is not None
        begin = self.expanded
        end = min(begin + SLICES * share, search.levels[-1])
        share = -(-(end - begin) // SLICES)
        cursors = [min(begin + j * share, end) for j in range(SLICES)]
        ends = [min(begin + (j + 1) * share, end) for j in range(SLICES)]
        fills = np.zeros((SLICES, REGIONS), np.int64)
        counts = [0] * SLICES
        new = np.zeros(REGIONS, np.int64)
        part = REGIONS // PARTS
        transitions = candidates = 0

        def generate(j: int) -> None:
            own = buffer._replace(scratch=self.scratch[j])
            cursors[j], counts[j] = kernels.generate(
                self.system, self.states, cursors[j], ends[j], own, j, fills[j], self.degrees
            )

        def insert(k: int) -> None:
            kernels.insert_regions(self.system, self.store, self.known, buffer, k * part, (k + 1) * part, fills, new)

        def commit(k: int) -> None:
            kernels.commit_regions(self.system, self.store, self.known, buffer, k * part, (k + 1) * part, new)

        while any(c < e for c, e in zip(cursors, ends, strict=True)):
            turn = list(cursors)
            fills[:] = 0
            self._on_all_cores(generate, SLICES)
            found = int(fills.sum())
            if not self._reserve(self.known + found):
                # Not enough is left for a whole turn.  The rest is done in small steps; what earlier turns of this
                # round have found is kept, and found again.
                self.may_be_wide = False
                self._mark()
                return False
            self._on_all_cores(insert, PARTS)
            if new.min() < 0:
                # Too full.  In a larger table, without what was entered in part, the turn is done once more.
                if not self._enlarge_table_for(self.fitting + 1):
                    self._mark()
                    search.out_of_memory()
                    return True
                cursors[:] = turn
                continue
            self._on_all_cores(commit, PARTS)
            self.known += int(new.sum())
            transitions += sum(counts)
            candidates += found
        self.transitions += transitions
        self.candidates += candidates
        self.expanded = end
        if end == search.levels[-1] and self.known > end:
            search.levels.append(self.known)
        self._mark()
        return True

    def _on_all_cores(self, work: Callable[[int], None], items: int) -> None:
        # Whoever is free takes the next item; a thread without a core of its own takes few.
        waiting = iter(range(items))

        def share() -> None:
            for item in waiting:
                work(item)

        if self.pool is None and self.threads > 1:
            self.pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="explore")
        others = [self.pool.submit(share) for _ in range(1, min(self.threads, items))] if self.pool else []
        try:
            share()
        finally:
            wait(others)
        for other in others:
            other.result()

    def _reserve(self, wanted: int) -> bool:
        """Make room for ``wanted`` states; false if the memory limit forbids it."""
        if wanted > MOST_NUMBERS:
            return False
        return (wanted <= self.rows or self._enlarge_states(wanted)) and (
            wanted <= self.fitting or self._enlarge_table_for(wanted)
        )

    def _most_rows(self) -> int:
        # What the memory limit would hold at the highest load of the table.
        return int((self.search.memory - self.fixed - self.buffered) / (self.row_bytes + 4 / LOAD))

    def _enlarge_states(self, wanted: int) -> bool:
        most = self._most_rows()
        if wanted > most:
            return False
        rows = max(wanted, 4 * self.rows)
        if rows * self.row_bytes > GENEROUS:
            rows = most  # pages never touched cost nothing
        rows = min(rows, most)
        try:
            states = np.empty(rows * self.words, np.uint64)
        except MemoryError:  # the system doesn't lend what isn't used
            states = np.empty(max(wanted, min(2 * self.rows, most)) * self.words, np.uint64)
        degrees = np.empty(len(states) // self.words if self.search.wants_graph else 0, np.int32)
        states[: self.known * self.words] = self.states[: self.known * self.words]
        degrees[: len(self.degrees)] = self.degrees  # those of a round under way included
        self.states, self.degrees = states, degrees
        self.search.packed = self.machines.layout, states
        return True

    def _enlarge_table_for(self, wanted: int) -> bool:
        slots = len(self.table.entries)
        growth = 4 if 16 * slots <= GENEROUS else 2 if 4 * slots <= GENEROUS else 1.35
        slots = max(int(wanted / LOAD) + 1, int(slots * growth))
        most = int(self._most_rows() / LOAD)
        if int(wanted / LOAD) + 1 > most:
            return False
        self._enlarge_table(min(slots, most, 1 << 32))
        return True

    def _enlarge_table(self, slots: int, numbered: bool = False) -> None:
        lines = -(-slots // (REGIONS * LINE))
        numbered = numbered or not exact(lines, self.bits, self.words)
        # Gone before the new one comes: it is rebuilt from the states.
        self.table = self.table._replace(entries=np.empty(0, np.uint32))
        self.table = Table.of(lines, _bits_for(lines * REGIONS * LINE) * numbered, self.bits)
        parts = self.threads if self.known > WIDE else 1

        def rebuild(part: int) -> None:
            if not self.kernels.rebuild(self.system, self.store, self.known, part, parts):
                raise MemoryError

        self._on_all_cores(rebuild, parts)

    def _build_graph(self) -> None:
        search = self.search
        in_use = self.fixed + self.buffered + self.known * self.row_bytes + self.table.entries.nbytes
        if in_use + 12 * self.transitions + 8 * (self.known + 1) > search.memory:
            search.stopped = Stopped(Limit.ROOM_FOR_EDGES, search.memory, self.transitions)
            return
        if self.table.number_bits == 0:
            self._enlarge_table(len(self.table.entries), numbered=True)
        offsets = np.full(self.known + 1, self.transitions, dtype=np.int64)
        offsets[0] = 0
        np.cumsum(self.degrees[: self.expanded], out=offsets[1 : self.expanded + 1])
        targets = np.empty(self.transitions, np.int64)
        events = np.empty(self.transitions, np.int32)
        part = -(-self.expanded // self.threads)

        def edges(t: int) -> None:
            sent = np.empty(self.room + SLACK, np.int32)
            buffer = Buffer.of(self.scratch[t], self.words, self.room)._replace(sent=sent)
            at, end = t * part, min((t + 1) * part, self.expanded)
            while at < end and not (t == 0 and search.must_stop(0)) and search.stopped is None:
                at = self.kernels.edges(self.system, self.store, buffer, at, end, offsets, targets, events)
                if at < 0:
                    raise AssertionError("a successor is not among the states found")

        stopped, search.stopped = search.stopped, None
        self._on_all_cores(edges, self.threads)
        if search.stopped is None:
            search.graph = Graph(offsets, targets, events)
            search.stopped = stopped


def _bits_for(slots: int) -> int:
    """Bits that the numbers of the states in so many slots need, 0 left out."""
    return (int(LOAD * slots) + 1).bit_length()
