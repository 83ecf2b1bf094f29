"""The symbolic engine: sets of states as multiway decision diagrams, so that the number of states does not matter.

A level of the diagrams is a component, an edge one of its local states.  An event of a network is a product of partial
functions, one for each participant, which is what saturation asks for: sets are closed under the events of the lowest
components first, and what several instances do alike is worked out once.  Counts are exact, whatever their size; a way
is a shortest one.

A search may keep some of the components only.  The others then block nothing, so the search covers at least what the
whole network can do (Kurshan's localisation reduction).

Sources: Kam, Villa, Brayton and Sangiovanni-Vincentelli, "Multi-valued decision diagrams", 1998; Burch, Clarke,
McMillan, Dill and Hwang, "Symbolic model checking: 10^20 states and beyond", 1990; Ciardo, Lüttgen and Siminiescu,
"Saturation", 2001; Kurshan, "Computer-aided verification of coordinating processes", 1994.

Left out: reordering of levels while a search is under way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...network import Component, GlobalState, Network
from ...network.statespace import NO_LIMITS, Limits
from ...notation.lts import LTS, NONE
from .diagrams import Allowance, Diagrams, Set
from .kernels import END, Moves

ENGINE = "symbolic"

ROUNDS = 50
"""Times that components are moved towards those they share events with."""

LARGE = 64
"""States from which on an observer is better placed above the components."""

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Watcher:
    """A machine in step with a network: ``moves[event][state]``, or NONE where it blocks the event; it ignores others.

    ``above``: its level is above those of the components, not below.  Above is better for one that blocks events; below
    is better for a small observer, which then does not separate what components have in common.
    """

    size: int
    moves: Mapping[str, NDArray[np.int32]]
    above: bool = False

    @classmethod
    def observing(cls, observer: Component) -> Watcher:
        """An observer in step with the network."""
        lts = observer.lts
        if (lts.moves == NONE).any():
            raise ValueError(f"{observer.name} blocks events; an observer takes every event in every state")
        return cls(lts.size, {name: lts.moves[e] for e, name in enumerate(observer.alphabet)}, lts.size > LARGE)

    @classmethod
    def following(cls, word: Sequence[str]) -> Watcher:
        """A counter of how much of a word has happened: its events can happen in its order only."""
        moves = {name: np.full(len(word) + 1, NONE, dtype=np.int32) for name in word}
        for position, name in enumerate(word):
            moves[name][position] = position + 1
        return cls(len(word) + 1, moves, True)


_Tables: TypeAlias = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]


class _Part(NamedTuple):
    """What one level does in an event: event ``number`` of an LTS, or the moves of the watcher."""

    level: int
    moves: NDArray[np.int32]
    functions: _Functions | None = None
    number: int = 0

    @property
    def key(self) -> object:
        """Equal for parts of one level that do the same."""
        if self.functions is None:
            return self.moves.tobytes()
        return self.functions, self.functions.first[self.number]

    def rows(self, forwards: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The moves as the kernels read them."""
        if self.functions is None:
            return _rows_of(self.moves, forwards)
        return self.functions.rows(self.number, forwards)


class Symbols:
    """The sets and searches of some components of a network.

    ``keep``: numbers of the components that take part in the searches; None: all.  A ``watcher`` runs in step.
    """

    def __init__(
        self,
        network: Network,
        keep: Iterable[int] | None = None,
        limits: Limits = NO_LIMITS,
        watcher: Watcher | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self.network = network
        self.keep = tuple(range(len(network.components)) if keep is None else sorted(set(keep)))
        self.watcher = watcher
        components = network.components
        order = _arranged(network, self.keep)
        sizes = [components[i].lts.size for i in reversed(order)]
        self.level = {i: len(order) - k for k, i in enumerate(order)}
        self._watching = len(order) + 1
        if watcher is not None and not watcher.above:
            self._watching = 1
            self.level = {i: level + 1 for i, level in self.level.items()}
        if watcher is not None:
            sizes.insert(self._watching - 1, watcher.size)
        self.diagrams = Diagrams(sizes, limits, allowance)
        self.true = self.diagrams.everything
        self.false = self.diagrams.empty
        self._order = order
        self._links: dict[tuple[int, int, int], int] = {}
        self._move_numbers: dict[object, int] = {}
        self._moves: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []
        self._joined_up: tuple[tuple[int, int], _Tables] | None = None
        self._events: dict[str, list[_Part]] = {}
        self._searches = 0

    def among(self, component: int, wanted: Sequence[bool] | NDArray[np.bool_]) -> Set:
        """The states in which a component is in one of its local states for which ``wanted`` is true."""
        return self.diagrams.box({self.level[component]: np.asarray(wanted, dtype=np.bool_)})

    def watched(self, wanted: Sequence[bool] | NDArray[np.bool_]) -> Set:
        """The states in which the watcher is in one of its states for which ``wanted`` is true."""
        return self.diagrams.box({self._watching: np.asarray(wanted, dtype=np.bool_)})

    @cached_property
    def initial(self) -> Set:
        """The initial state."""
        sizes = self.diagrams.size.tolist()
        return self.diagrams.box({k: np.arange(sizes[k]) == 0 for k in range(1, len(sizes))})

    def enabled(self, event: str, among: Iterable[int] | None = None) -> Set:
        """The states in which no component kept, or none of those ``among`` them, blocks an event."""
        asked = set(self.keep) if among is None else set(among)
        chosen = {}
        for i, e in self.network.events[self.network.event_index[event]].participants:
            if i in self.level and i in asked:
                chosen[self.level[i]] = self.network.components[i].lts.moves[e] != NONE
        return self.diagrams.box(chosen)

    def size(self, states: Set) -> int:
        """The exact number of states in a set."""
        return self.diagrams.size_of(states)

    def holds(self, states: Set, state: GlobalState) -> bool:
        """Whether a state of the network is, as far as the components kept are concerned, in a set."""
        if self.watcher is not None:
            raise ValueError("a state of the network does not say where the watcher is")
        return self.diagrams.holds(states, [state[i] for i in reversed(self._order)])

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """The events that change a component kept, or the watcher."""
        found = []
        watching = {} if self.watcher is None else self.watcher.moves
        known = set(watching).union(*(self.network.components[i].alphabet for i in self.level))
        for number in sorted(self.network.event_index[name] for name in known if name in self.network.event_index):
            event = self.network.events[number]
            parts = []
            changing = event.name in watching
            for i, e in event.participants:
                if i in self.level:
                    functions = _functions(self.network.components[i].lts)
                    parts.append(_Part(self.level[i], functions.moves[e], functions, e))
                    changing = changing or functions.changes[e]
            if event.name in watching:
                parts.append(_Part(self._watching, watching[event.name]))
            if changing:
                self._events[event.name] = sorted(parts, key=lambda p: -p.level)
                found.append(event.name)
        return tuple(found)

    def moves(self, events: Iterable[str], *, forwards: bool, closing: bool) -> Moves:
        """What a search over some events needs."""
        firsts = []
        self.actions  # noqa: B018 - finds out what the events do
        for name in events:
            link = END
            parts = self._events[name]
            for part in reversed(parts[1:]):
                link = self._link(part.level, self._number(part, forwards), link)
            firsts.append((parts[0].level, self._number(parts[0], forwards), link))
        self._searches += 1
        return self._assembled(firsts, closing)

    def _link(self, level: int, move: int, following: int) -> int:
        key = (level, move, following)
        if key not in self._links:
            self._links[key] = len(self._links) + 1
        return self._links[key]

    def _number(self, part: _Part, forwards: bool) -> int:
        key = (part.key, forwards)
        number = self._move_numbers.get(key)
        if number is None:
            number = self._move_numbers[key] = len(self._moves)
            self._moves.append(part.rows(forwards))
        return number

    @property
    def _tables(self) -> _Tables:
        # Links and moves of all searches so far, as the kernels read them; most searches bring nothing new.
        if self._joined_up is None or self._joined_up[0] != (len(self._links), len(self._moves)):
            links = np.array([(0, 0, 0), *self._links], dtype=np.int32).reshape(-1, 3)
            lengths = np.array([0, *(len(r) for r, _ in self._moves)], dtype=np.int64)
            widths = np.array([0, *(len(c) for _, c in self._moves)], dtype=np.int64)
            column = np.cumsum(widths)
            rows = _joined([r + column[k] for k, (r, _) in enumerate(self._moves)], np.int64)
            columns = _joined([c for _, c in self._moves], np.int32)
            counted = (len(self._links), len(self._moves))
            self._joined_up = (counted, (np.ascontiguousarray(links.T), np.cumsum(lengths), rows, columns))
        return self._joined_up[1]

    def _assembled(self, firsts: Sequence[tuple[int, int, int]], closing: bool) -> Moves:
        levels = len(self.diagrams.size)
        links, row, rows, columns = self._tables
        fan_row = np.full(levels, -1, dtype=np.int64)
        fans, entries_link, entries_to = [], [], []
        by_level: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for level, move, link in firsts:
            by_level[level].append((move, link))
        at = total = 0
        for level, own in sorted(by_level.items()):
            width = int(self.diagrams.size[level])
            sources, targets, following = [], [], []
            for move, link in own:
                r, c = self._moves[move]
                sources.append(np.repeat(np.arange(width), np.diff(r)))
                targets.append(c)
                following.append(np.full(len(c), link, dtype=np.int32))
            source, target, link_of = np.concatenate(sources), np.concatenate(targets), np.concatenate(following)
            # Where an event changes nothing here and concerns nobody below, it has no effect.
            useful = (target != source) | (link_of != END)
            source, target, link_of = source[useful], target[useful], link_of[useful]
            order = np.argsort(source, kind="stable")
            fan_row[level] = at
            fans.append(total + np.concatenate([[0], np.cumsum(np.bincount(source, minlength=width))]))
            entries_to.append(target[order])
            entries_link.append(link_of[order])
            at += width + 1
            total += len(source)
        return Moves(
            self.diagrams.size,
            self.diagrams.every,
            links[0],
            links[1],
            links[2],
            row,
            rows,
            columns,
            fan_row,
            _joined(fans, np.int64),
            _joined(entries_link, np.int32),
            _joined(entries_to, np.int32),
            closing,
            self._searches,
        )

    def reachable(self, events: Iterable[str] | None = None, start: Set | None = None) -> Set:
        """What can be reached from ``start``, or from the initial state, by some events, or by all."""
        moves = self.moves(self.actions if events is None else events, forwards=True, closing=True)
        return self.diagrams.closure(moves, self.initial if start is None else start, self.true)

    def depth(self, states: Set) -> int:
        """How far the farthest of the reachable states is from the initial one."""
        moves = self.moves(self.actions, forwards=True, closing=False)
        layer = known = self.initial
        found = 0
        while known != states:
            layer = self.diagrams.step(moves, layer, states) - known
            known = known | layer
            found += 1
        return found

    def leading_to(self, target: Set, events: Iterable[str] | None = None, within: Set | None = None) -> Set:
        """The states of ``within`` from which ``target`` can be reached by some events without leaving it."""
        moves = self.moves(self.actions if events is None else events, forwards=False, closing=True)
        return self.diagrams.closure(moves, target, self.true if within is None else within)

    def way(self, start: Set, target: Set, events: Iterable[str], within: Set) -> list[str]:
        """The events of a shortest way from a state of ``start`` to one of ``target``; there must be one.

        Backwards in layers inside ``within``, then forwards by picking, in each layer, a state of the next.
        """
        names = tuple(events)
        backwards = self.moves(names, forwards=False, closing=False)
        layers = [target & within]
        known = layers[0]
        while not (known & start).satisfiable():
            layer = self.diagrams.step(backwards, layers[-1], within) - known
            if not layer.satisfiable():
                raise AssertionError("there is no way from the start to the target")
            layers.append(layer)
            known = known | layer
        here = self.diagrams.one_of(known & start)
        found = []
        for layer in reversed(layers[:-1]):
            for name in names:
                there = self._step(here, name)
                if there is not None and self.diagrams.holds(layer, there):
                    found.append(name)
                    here = there
                    break
        return found

    def _step(self, state: tuple[int, ...], event: str) -> tuple[int, ...] | None:
        following = list(state)
        for part in self._events[event]:
            local = int(part.moves[state[part.level - 1]])
            if local == NONE:
                return None
            following[part.level - 1] = local
        return tuple(following)


def _arranged(network: Network, keep: Sequence[int]) -> list[int]:
    """The components from the top down: the instances, then the core, which all of them have in common.

    Of an instance large components come first: what they do is then tried last, on sets that are closed below.  Where
    there are no instances, components that share events are put next to each other (Aloul, Markov and Sakallah, "FORCE:
    a fast and easy-to-implement variable-ordering heuristic", 2003): each goes to the middle of its events, again and
    again.
    """
    components = network.components
    places = {scope: k for k, scope in enumerate(dict.fromkeys(c.scope for c in components if c.scope))}
    if places:
        last = len(places)
        return sorted(
            keep,
            key=lambda i: (
                places.get(components[i].scope, last),
                -components[i].lts.size if components[i].scope else i,
            ),
        )
    kept = set(keep)
    events = [found for e in network.events if len(found := [i for i, _ in e.participants if i in kept]) > 1]
    best, order = None, list(keep)
    for _ in range(ROUNDS):
        place = {i: k for k, i in enumerate(order)}
        spread = sum(max(place[i] for i in e) - min(place[i] for i in e) for e in events)
        if best is None or spread < best[0]:
            best = (spread, order)
        middles: dict[int, list[float]] = defaultdict(list)
        for e in events:
            middle = sum(place[i] for i in e) / len(e)
            for i in e:
                middles[i].append(middle)
        order = sorted(order, key=lambda i: sum(middles[i]) / len(middles[i]) if i in middles else float(place[i]))
    return list(keep) if best is None else best[1]


def _changes(moves: NDArray[np.int32]) -> bool:
    return bool(((moves != NONE) & (moves != np.arange(len(moves)))).any())


class _Functions:
    """The moves of one LTS as partial functions: which events do the same, and which change anything."""

    def __init__(self, lts: LTS) -> None:
        self.moves = lts.moves
        known: dict[bytes, int] = {}
        self.first = tuple(known.setdefault(row.tobytes(), e) for e, row in enumerate(lts.moves))
        self.changes = tuple(_changes(row) for row in lts.moves)
        self._rows: dict[tuple[int, bool], tuple[NDArray[np.int64], NDArray[np.int32]]] = {}

    def rows(self, event: int, forwards: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Where the targets of each local state begin, and the targets."""
        key = (self.first[event], forwards)
        if key not in self._rows:
            self._rows[key] = _rows_of(self.moves[event], forwards)
        return self._rows[key]


@lru_cache(maxsize=4096)
def _functions(lts: LTS) -> _Functions:
    return _Functions(lts)


def _rows_of(moves: NDArray[np.int32], forwards: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    sources: NDArray[np.signedinteger] = np.flatnonzero(moves != NONE)
    targets: NDArray[np.signedinteger] = moves[sources]
    if not forwards:
        order = np.argsort(targets, kind="stable")
        sources, targets = targets[order], sources[order]
    rows = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=len(moves)))])
    return rows.astype(np.int64), targets.astype(np.int32)


def _joined(parts: Sequence[NDArray[np.generic]], kind: type[_Number]) -> NDArray[_Number]:
    return np.concatenate([*parts, np.zeros(0, dtype=kind)]).astype(kind)
