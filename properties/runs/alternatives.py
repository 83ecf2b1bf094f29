"""Other ways to break a claim: runs that differ in the events they need, each for a cause of its own.

Interleavings of the same events, the same events of another instance, and other events through the same states to the
same last one are one way; so is a run with a detour.  What tells two ways apart is the set of events that they need.  A
*needed* set is one from which no event can be taken: by the others alone nothing breaks the claim.

The first needed set comes from a nearest run.  Every other one lacks some event of it, so for each of its events a
nearest run without that event is looked for, and so on: a tree in the manner of diagnosis from first principles, whose
branches end where nothing breaks the claim any more.  Events without which nothing does are never tried again.  When
all branches have ended, there is no other way.

The search is exact: it is made in the graph in which the claim was judged, without some of its edges.  A formula of
linear time is judged again, of the runs that never take the events; fairness is that of the whole network.

Source: Reiter, "A theory of diagnosis from first principles", 1987.

Left out: ``Initially``, whose violation no single run shows; ``Possible`` and ``SomeRun``, which the lack of a run
breaks; ``Lacks`` and ``SentBy``, which are not about runs.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from math import inf

import numpy as np
from numpy.typing import NDArray

from ...model.network import Network
from ...model.network.path import Path
from ...model.network.statespace import Graph, StateSpace
from ..graph.traversal import positions_of
from ..observer import observer_table
from ..predicates import Can, Mask, bind
from ..property import Always, AlwaysCan, Claim, Never, NoDeadlock, NothingLost, Outcome, Watched
from ..temporal.automaton import of_formula
from ..temporal.claims import EveryRun, Within
from ..temporal.deadline import breach
from ..temporal.explanation import shortened
from ..temporal.formula import And, Globally, Happens, Not
from ..temporal.search import Arena, accepted_run
from ..verdict import Verdict, Way
from .refutation import ABOUT_WHAT_FOLLOWS, hopeless, lost, rule

SEARCHES = 600
"""Searches for a run without certain events, at most, for one claim."""

SECONDS = 30.0
"""So long they may take, for one claim."""

Events = frozenset[str]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Ways:
    """Ways to break a claim; ``note`` says whether there are others, or why none were looked for."""

    found: tuple[Way, ...]
    note: str


def ways(space: StateSpace, claim: Claim, most: int, deadline: float = inf) -> Ways:
    """Up to ``most`` ways in which a claim is broken, those with the fewest faults first, sorted by their faults.

    ``space`` must have its graph; ``deadline`` is a reading of ``time.perf_counter``.
    """
    search = _search(space, claim)
    if search is None:
        return Ways((), "no other runs are looked for: this is not broken by a run of its own")
    limit = min(deadline, time.perf_counter() + SECONDS)
    tree = _Tree(space.network, search, most, limit)
    tree.grow()
    common = reduce(frozenset.intersection, (w.needs for w in tree.found)) if tree.found else frozenset()
    found = sorted(tree.found, key=lambda w: (len(w.faults), w.faults))
    if tree.more:
        note = "there are more"
    elif tree.ended:
        note = "there are no others" + ("" if space.complete else " in what was searched")
    else:
        note = "there may be more: the search for them was stopped"
    return Ways(tuple(replace(w, own=_own(w, common)) for w in found), note)


def with_ways(space: StateSpace, verdict: Verdict, most: int, deadline: float = inf) -> Verdict:
    """A verdict with up to ``most`` ways to break the property, if it is violated; the first one's run is its path."""
    if verdict.outcome is not Outcome.VIOLATED or verdict.path is None:
        return verdict
    found = ways(space, verdict.property.claim, most, deadline)
    if not found.found:
        return replace(verdict, more_ways=found.note)
    told = tuple(replace(way, reason=_reason(way, verdict)) for way in found.found)
    return replace(verdict, path=told[0].path, reason=told[0].reason, ways=told, more_ways=found.note)


def _reason(way: Way, verdict: Verdict) -> str:
    claim = verdict.property.claim
    if isinstance(claim, ABOUT_WHAT_FOLLOWS | EveryRun):
        return verdict.reason
    return rule(way.path, claim).reason


class _Tree:
    """The tree of sets of events to do without."""

    def __init__(self, network: Network, search: Callable[[Events], Path | None], most: int, deadline: float) -> None:
        self.network = network
        self.search = search
        self.most = most
        self.deadline = deadline
        self.searches = 0
        self.found: list[Way] = []
        self.known: list[Way] = []
        self.necessary: set[str] = set()
        self.ended = False
        self.more = False
        self.all = frozenset(e.name for e in network.events)
        scopes = sorted({c.scope for c in network.components if c.scope}, key=len, reverse=True)
        self.plain = {e: next((e.removeprefix(s) for s in scopes if e.startswith(s)), e) for e in self.all}

    def grow(self) -> None:
        """Look for ways until there are enough, no more, or no time."""
        waiting: deque[Events] = deque([frozenset()])
        seen = set(waiting)
        while waiting:
            without = waiting.popleft()
            way = next((w for w in self.known if not w.needs & without), None)
            if way is None:
                if self.stopped():
                    return
                path = self.nearest(without)
                if path is None:
                    if len(without) == 1:
                        self.necessary |= without
                    continue
                way = self.reduced(path)
                self.keep(way)
                if len(self.found) > self.most:
                    self.found.pop()
                    self.more = True
                    return
            for event in self.order(way):
                further = without | {event}
                if event not in self.necessary and further not in seen:
                    seen.add(further)
                    waiting.append(further)
        self.ended = True

    def stopped(self) -> bool:
        """Whether there was enough searching."""
        return self.searches >= SEARCHES or time.perf_counter() >= self.deadline

    def nearest(self, without: Events) -> Path | None:
        """A nearest run without some events."""
        self.searches += 1
        return self.search(without)

    def reduced(self, path: Path) -> Way:
        """The run with as few different events as it needs: none of them can be missing."""
        needs = frozenset(path.events)
        for event in self.order(Way(path, needs)):
            if event in self.necessary or event not in needs or self.stopped():
                continue
            other = self.nearest(self.all - (needs - {event}))
            if other is not None:
                path, needs = other, frozenset(other.events)
        return Way(path, needs)

    def keep(self, way: Way) -> None:
        """Remember a way; one that is like a known one but for its instance or its states is not shown."""
        if not any(self.plainly(way) == self.plainly(w) or _alike(way, w) for w in self.found):
            self.found.append(way)
        self.known.append(way)

    def plainly(self, way: Way) -> Events:
        """What a way needs, without the instances."""
        return frozenset(self.plain[e] for e in way.needs)

    def order(self, way: Way) -> list[str]:
        """Its events in the order in which to do without them: faults first, then the last ones."""
        faults = {e.name for e in self.network.events if e.fault}
        latest = {e: k for k, e in enumerate(way.path.events)}
        return sorted(way.needs, key=lambda e: (e not in faults, -latest[e]))


def _alike(way: Way, other: Way) -> bool:
    """Whether two ways lead through the same states, and end by the same event."""
    return set(way.path.states) == set(other.path.states) and way.path.events[-1:] == other.path.events[-1:]


def _own(way: Way, common: Events) -> tuple[str, ...]:
    """What a way needs and not every one does, in the order of its run."""
    return tuple(e for e in dict.fromkeys(way.path.events) if e in way.needs - common)


def _search(space: StateSpace, claim: Claim) -> Callable[[Events], Path | None] | None:
    """How to look for a nearest run that breaks a claim and lacks some events; None: not for claims of this kind."""
    network = space.network
    match claim:
        case Always(predicate):
            return _reaching(space, ~bind(predicate, network).over(space.column))
        case Never(events):
            return _taking(space, events, bind(claim.given, network).over(space.column))
        case NoDeadlock():
            assert space.graph is not None
            stuck = np.diff(space.graph.offsets) == 0
            stuck[space.expanded :] = False
            return _reaching(space, stuck)
        case AlwaysCan(target, source, without):
            if not space.complete:
                return None
            bad = hopeless(space, target, without)
            if source is not None:
                bad &= bind(source, network).over(space.column)
            return _reaching(space, bad)
        case NothingLost() if space.distinct <= FEW:
            return _reaching(space, np.array([any(lost(network, space.state(n))) for n in range(space.distinct)]))
        case Watched(observer):
            table, wrong = observer_table(observer, network)
            return lambda lacking: _walk(space, lacking, table, np.tile(wrong, space.distinct))
        case EveryRun(formula, fairness):
            arena = Arena(space)

            def run_without(lacking: Events) -> Path | None:
                broken = Not(formula)
                wanted = And((broken, Globally(Not(Happens(tuple(sorted(lacking))))))) if lacking else broken
                path = accepted_run(arena, of_formula(wanted), fairness)
                return None if path is None else shortened(path, formula, fairness)

            return run_without
        case Within() if space.complete:
            return lambda lacking: breach(Arena(_lacking(space, lacking)), claim)[0]
        case _:
            return None


FEW = 20_000
"""States of which each is asked whether an event gets lost there."""


def _reaching(space: StateSpace, bad: Mask) -> Callable[[Events], Path | None]:
    table = np.zeros((len(space.network.events), 1), dtype=np.int64)
    return lambda lacking: _walk(space, lacking, table, bad)


def _taking(space: StateSpace, events: Iterable[str], states: Mask) -> Callable[[Events], Path | None]:
    """A way to where one of some events happens in one of some states, and that event."""
    network = space.network
    able = {e: states & bind(Can(e), network).over(space.column) for e in events}
    table = np.zeros((len(network.events), 1), dtype=np.int64)

    def search(lacking: Events) -> Path | None:
        left = {e: mask for e, mask in able.items() if e not in lacking}
        if not left:
            return None
        path = _walk(space, lacking, table, np.logical_or.reduce(list(left.values())))
        if path is None:
            return None
        there = set(network.enabled(path.last))
        bound = next(e for e in left if e in there)
        return path.then(bound)

    return search


def _walk(space: StateSpace, lacking: Events, table: Ints, targets: Mask) -> Path | None:
    """A shortest run without some events to one of the ``targets``, breadth first over pairs of state and observer.

    ``table`` is where the observer goes, by event and state of its own; pairs are numbered state by state.
    """
    graph, network, size = space.graph, space.network, table.shape[1]
    assert graph is not None
    allowed = np.array([e.name not in lacking for e in network.events], dtype=np.bool_)
    came = np.full(len(targets), -1, dtype=np.int64)
    origin = np.full(len(targets), -1, dtype=np.int64)
    came[0] = len(graph.targets)  # the start, by no edge
    pairs = np.zeros(1, dtype=np.int64)
    while len(pairs):
        hits = pairs[targets[pairs]]
        if len(hits):
            return _unwound(network, graph, came, origin, int(hits[0]))
        states = pairs // size
        positions = positions_of(graph.offsets, states)
        sources = np.repeat(pairs, graph.offsets[states + 1] - graph.offsets[states])
        kept = allowed[graph.events[positions]]
        positions, sources = positions[kept], sources[kept]
        following = graph.targets[positions] * size + table[graph.events[positions], sources % size]
        fresh = came[following] < 0
        following, positions, sources = following[fresh], positions[fresh], sources[fresh]
        pairs, first = np.unique(following, return_index=True)
        came[pairs], origin[pairs] = positions[first], sources[first]
    return None


def _unwound(network: Network, graph: Graph, came: Ints, origin: Ints, pair: int) -> Path:
    way: list[str] = []
    while origin[pair] >= 0:
        way.append(network.events[int(graph.events[came[pair]])].name)
        pair = int(origin[pair])
    return Path.replay(network, way[::-1])


def _lacking(space: StateSpace, lacking: Events) -> StateSpace:
    """The part of a complete space that is reached without some events, in the order in which it is reached."""
    graph = space.graph
    assert graph is not None
    kept = np.array([e.name not in lacking for e in space.network.events], dtype=np.bool_)[graph.events]
    seen = np.zeros(space.distinct, dtype=np.bool_)
    seen[0] = True
    layers = [np.zeros(1, dtype=np.int64)]
    while len(layers[-1]):
        positions = positions_of(graph.offsets, layers[-1])
        targets = graph.targets[positions[kept[positions]]]
        _, first = np.unique(targets, return_index=True)
        fresh = targets[np.sort(first)]
        fresh = fresh[~seen[fresh]]
        seen[fresh] = True
        layers.append(fresh)
    order = np.concatenate(layers)
    number = np.full(space.distinct, -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    positions = positions_of(graph.offsets, order)
    left = kept[positions]
    sizes = graph.offsets[order + 1] - graph.offsets[order]
    count = np.concatenate(([0], np.cumsum(left)))
    offsets = count[np.concatenate(([0], np.cumsum(sizes)))]
    positions = positions[left]
    return replace(
        space,
        packed=space.packed[order],
        levels=tuple(np.concatenate(([0], np.cumsum([len(layer) for layer in layers[:-1]]))).tolist()),
        transitions=len(positions),
        expanded=len(order),
        graph=Graph(offsets.astype(np.int64), number[graph.targets[positions]], graph.events[positions]),
    )
