"""Families of networks: any number of equal instances around a core, verified through one instance of each kind.

A *family* is a network of a core (components without a scope) and instances (components with the same scope).
Instances share events with the core, but not with each other.  Instances are *alike* when their charts are equal and
the core answers their events in the same way.  Then what holds for one of them holds for each, and a small network with
a few instances of each kind (``network``) stands for the large one, with ``copies`` of them.

A question about an instance is answered on the core and that instance.  The components left out (other instances,
budgets) restrict nothing there, so every run of the family, projected on the components kept, is a run of these: what
they never reach, the family never reaches.  An event is *faithful* when only components kept take part in it: it is
possible in the family whenever it is possible there, so a run of such events is a run of the family.  Together this
gives safety and recoverability; docs/explanation/thousand-instances.md has the proof.

A violation found there is *lifted*: a search on each other instance finds what it does between the shared events, and
the whole run must replay on the large network.

Sources: Kurshan, "Computer-aided verification of coordinating processes", 1994, for localisation; Clarke, Grumberg,
Jha, Lu and Veith, "Counterexample-guided abstraction refinement", 2000; Wolper and Lovinfosse, "Verifying properties of
large sets of processes with network invariants", 1989.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...network import Component, Network, ReplayError
from ...network.path import Path
from ...notation.lts import LTS, NONE

MOST_STEPS = 200_000
"""States looked at while one instance is led through its part of a run."""


@dataclass(frozen=True, eq=False)
class Family:
    """A small network that stands for a large one.

    ``network`` holds the core and, of each kind of instance, one (if there is one only) or two; ``copies`` says for
    how many instances of the large network the scope of the first of them stands, those alike included;
    ``whole`` builds the large network.

    Without ``copies`` there are no instances: all of the network is its core.

    Raises ValueError when two instances share an event that one of them sends.
    """

    network: Network
    copies: Mapping[str, int]
    whole: Callable[[], Network]

    def __post_init__(self) -> None:
        for component in self.network.components if self.copies else ():
            if component.scope:
                _meets_in_core_only(self.network, component)

    @cached_property
    def core(self) -> tuple[int, ...]:
        """Numbers of the components that belong to no instance."""
        return tuple(i for i, c in enumerate(self.network.components) if not c.scope or not self.copies)

    @cached_property
    def instances(self) -> Mapping[str, tuple[int, ...]]:
        """Numbers of the components of each instance in the small network."""
        return members(self.network) if self.copies else {}

    @cached_property
    def real(self) -> Network:
        """The large network, built when it is first asked for."""
        with _collector_paused():
            network = self.whole()
            network.events  # noqa: B018 - as many small objects as the components
        return network

    @cached_property
    def small(self) -> Family:
        """The family whose large network is the small one.

        A run of it in which the other instances only follow is one of the large network too: the instances left out
        can do what the one of their kind does.
        """
        return Family(self.network, self.copies, lambda: self.network)

    @cached_property
    def meetings(self) -> tuple[Mapping[str, tuple[int, ...]], frozenset[str], Mapping[str, list[str]]]:
        """Of the large network: its instances, the events of the core, and by event the instances that take part."""
        network = self.real
        own = members(network) if self.copies else {}
        core = frozenset(e for c in network.components if not c.scope or not self.copies for e in c.alphabet)
        found: dict[str, set[str]] = defaultdict(set)
        for scope, numbers in own.items():
            for i in numbers:
                shared = network.components[i].shared
                for event in network.components[i].alphabet:
                    if event in core or event in shared:
                        found[event].add(scope)
        return own, core, {event: sorted(scopes) for event, scopes in found.items()}

    @cached_property
    def budgets(self) -> tuple[int, ...]:
        """Components of the core that only restrict: they send nothing, and every event they block is declared so."""
        found: list[int] = []
        if not self.copies:
            return ()
        for i in self.core:
            component = self.network.components[i]
            lts = component.lts
            if not component.sends and lts.size > 1 and bool(((lts.moves != NONE) | lts.refused).all()):
                found.append(i)
        return tuple(found)


@contextmanager
def _collector_paused() -> Iterator[None]:
    # Hundreds of thousands of objects are made and kept: to look for garbage among them takes as long as to make them.
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def members(network: Network) -> dict[str, tuple[int, ...]]:
    """The numbers of the components of each instance, by scope."""
    found: dict[str, list[int]] = defaultdict(list)
    for i, component in enumerate(network.components):
        if component.scope:
            found[component.scope].append(i)
    return {scope: tuple(numbers) for scope, numbers in found.items()}


def family_of(network: Network) -> Family:
    """The family that a network is, instances alike found by comparing; its small network is the network itself."""
    kinds: dict[object, list[str]] = defaultdict(list)
    for scope, kind in kinds_of(network).items():
        kinds[kind].append(scope)
    return Family(network, {scopes[0]: len(scopes) for scopes in kinds.values()}, lambda: network)


def kinds_of(network: Network) -> dict[str, object]:
    """By the scope of each instance, its kind: equal for instances that are alike."""
    core = [c for c in network.components if not c.scope]
    return {
        scope: _kind(scope, [network.components[i] for i in numbers], core)
        for scope, numbers in members(network).items()
    }


def _meets_in_core_only(network: Network, component: Component) -> None:
    for event in component.sends:
        for i, _ in network.events[network.event_index[event]].participants:
            if network.components[i].scope not in ("", component.scope):
                raise ValueError(f"{component.name} shares {event!r}, which it sends, with another instance")


def _kind(scope: str, parts: Sequence[Component], core: Sequence[Component]) -> object:
    own = {e for c in parts for e in c.alphabet if e.startswith(scope)}
    answers = tuple(
        tuple(
            sorted(
                (name.removeprefix(scope), c.lts.moves[e].tobytes(), c.lts.refused[e].tobytes())
                for e, name in enumerate(c.alphabet)
                if name in own
            )
        )
        for c in core
    )
    return tuple((c.name.removeprefix(scope), c.chart, c.shared) for c in parts), answers


def lift(family: Family, scope: str, events: Sequence[str]) -> tuple[Path | None, str]:
    """A run of core and one instance as a run of the large network, or the reason why none was found.

    ``events``: the run; every event in it has the core or the instance as a participant.
    """
    network = family.real
    own, core, alphabets = family.meetings
    before: dict[int, list[str]] = defaultdict(list)
    known: dict[object, list[list[str]] | None] = {}
    concerned = defaultdict(list)
    for position, event in enumerate(events):
        for other in alphabets.get(event, ()):
            if other != scope:
                concerned[other].append(position)
    for other, positions in concerned.items():
        parts = [network.components[i] for i in own[other]]
        word = tuple(events[p].removeprefix(other) for p in positions)
        key = (tuple((c.chart, c.shared) for c in parts), word)
        if key not in known:
            meets = {e.removeprefix(other) for c in parts for e in c.alphabet if e in core}
            known[key] = _led_through(parts, word, meets)
        ways = known[key]
        if ways is None:
            return None, f"{other.rstrip('/')} could not be led through its part of the run"
        for position, way in zip(positions, ways, strict=True):
            before[position] += [other + e for e in way]
    run = [e for position, event in enumerate(events) for e in (*before[position], event)]
    try:
        return Path.replay(network, run), ""
    except ReplayError as error:
        return None, str(error)


def _led_through(parts: Sequence[Component], word: Sequence[str], meets: set[str]) -> list[list[str]] | None:
    """For each event of ``word``, what an instance does by itself before it; None if there is no such run.

    By itself: without faults and without the events in ``meets``, in which the core takes part.
    """
    barred = {*meets, *(e for c in parts for e in c.chart.faults), *(e for c in parts for e in c.shared)}
    owned: dict[str, list[tuple[int, list[int]]]] = {e: [] for c in parts for e in c.lts.events}
    for k, component in enumerate(parts):
        for moves, event in zip(_lists(component.lts), component.lts.events, strict=True):
            owned[event].append((k, moves))
    return _best_first(len(parts), owned, word, [e for e in owned if e not in barred])


@lru_cache(maxsize=1024)
def _lists(lts: LTS) -> list[list[int]]:
    # Plain lists: indexing them is several times faster than indexing numpy arrays one element at a time.
    found: list[list[int]] = lts.moves.tolist()
    return found


_Node: TypeAlias = tuple[tuple[int, ...], int]


def _best_first(
    size: int, owned: Mapping[str, Sequence[tuple[int, Sequence[int]]]], word: Sequence[str], free: Sequence[str]
) -> list[list[str]] | None:
    # A best-first search: the states farthest along the word come first.
    start: _Node = ((0,) * size, 0)
    came: dict[_Node, tuple[_Node, str]] = {start: (start, "")}
    waiting: list[tuple[int, int, int, _Node]] = [(0, 0, 0, start)]
    while waiting and len(came) < MOST_STEPS:
        _, far, _, node = heappop(waiting)
        state, at = node
        if at == len(word):
            return _unwound(came, start, node, len(word))
        for event in (word[at], *free):
            following = list(state)
            for k, moves in owned.get(event, ()):
                if moves[state[k]] == NONE:
                    break
                following[k] = moves[state[k]]
            else:
                reached = (tuple(following), at + (event == word[at]))
                if reached not in came:
                    came[reached] = (node, event)
                    heappush(waiting, (-reached[1], far + 1, len(came), reached))
    return None


def _unwound(came: Mapping[_Node, tuple[_Node, str]], start: _Node, node: _Node, length: int) -> list[list[str]]:
    ways: list[list[str]] = [[] for _ in range(length)]
    while node != start:
        earlier, event = came[node]
        if earlier[1] == node[1]:
            ways[node[1]].insert(0, event)
        node = earlier
    return ways


def refuters(network: Network, events: Sequence[str], acting: set[str], candidates: Iterable[int]) -> list[int]:
    """The candidates that block a run.

    ``acting`` are the events that change the components that the run is about; in between, a candidate may take any
    others.
    """
    found = []
    for i in candidates:
        component = network.components[i]
        moves = component.lts.moves
        number = {name: e for e, name in enumerate(component.alphabet)}
        asked = [number[event] for event in events if event in number]
        if not asked:
            continue
        free = moves[[e for name, e in number.items() if name not in acting]]
        here = np.zeros(component.lts.size, dtype=np.bool_)
        here[0] = True
        _close(here, free)
        for e in asked:
            following = moves[e][here]
            here = np.zeros_like(here)
            here[following[following != NONE]] = True
            if not here.any():
                found.append(i)
                break
            _close(here, free)
    return found


def _close(states: NDArray[np.bool_], free: NDArray[np.int32]) -> None:
    # Add what can be reached by any of the moves.
    fresh = states
    while fresh.any():
        following = free[:, fresh].ravel()
        reached = np.zeros_like(states)
        reached[following[following != NONE]] = True
        fresh = reached & ~states
        states |= fresh
