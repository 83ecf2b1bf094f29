"""Deadlines: how many ticks can pass between one event and another, at least and at most, and the run that shows it.

A *stopwatch* starts with each of some events and stops with the first of others; when it starts again before, it
counts from there.  Ticks in between are counted: fewest by a search in layers, one layer per tick; most by a longest
way, which exists unless ticks lie on a cycle: there time can pass without end, and a lasso shows it.

Two questions have different answers.  ``longest`` looks at the runs that do get to the stop; ``tightest`` at all runs,
whether they get there or not, so its answer is a deadline that is kept: the smallest that is.  Runs in which time
stands still break no deadline.

``prompt`` leaves out the runs in which an agent delays what it could do: a tick passes only where nothing but a fault,
an event that may be put off, or one without effect could happen instead.  What is left are the times that limits and
time-outs impose.

Source: Alur and Henzinger, "Real-time logics: complexity and expressiveness", 1993, for bounded response; time here is
the counting of ticks, as in tock-CSP.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...model.network.path import Path
from ..predicates import Mask, Predicate, bind
from .claims import Within
from .formula import english
from .search import Arena

ENDLESS = 2**62

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Time:
    """A number of ticks, and a run that takes them, ``begins`` events after its beginning.

    ``ticks`` is None when there is no greatest number; then the run is a lasso.
    """

    ticks: int | None
    path: Path
    begins: int


@dataclass(frozen=True, eq=False)
class Stopwatch:
    """What is measured: ``ticks`` from an event of ``start`` (where ``given`` is true before it) to one of ``stop``.

    ``prompt``: only runs in which no agent delays what it could do; ``at_leisure`` are events that may be put off even
    then.
    """

    arena: Arena
    start: tuple[str, ...]
    stop: tuple[str, ...]
    ticks: tuple[str, ...]
    given: Predicate | None = None
    prompt: bool = False
    at_leisure: tuple[str, ...] = ()

    def shortest(self) -> Time | None:
        """The fewest ticks to the stop; None when no run gets there."""
        from .kernels import fewest_ticks

        graph = self.arena.graph
        found, way = fewest_ticks(
            graph.offsets, self.arena.to, self._tick, self._open, self._stops, graph.targets[self.starts]
        )
        if not len(way):
            return None
        first = int(np.searchsorted(graph.offsets, way[0], side="right")) - 1
        begin = next(int(k) for k in self.starts if graph.targets[k] == first)
        return self._time(int(found), begin, [int(k) for k in way])

    def longest(self) -> Time | None:
        """The most ticks on a run to the stop; None when no run gets there."""
        return self._most(self._stops, np.zeros(self.arena.space.distinct, dtype=np.bool_))

    def tightest(self) -> Time | None:
        """The smallest deadline that every run keeps; None when the start never happens."""
        return self._most(np.zeros_like(self._stops), np.ones(self.arena.space.distinct, dtype=np.bool_))

    @cached_property
    def starts(self) -> Ints:
        """Positions of the edges that start the watch, the nearest first."""
        graph = self.arena.graph
        starts = self.arena.marked(self.start)[graph.events]
        if self.given is not None:
            truth = bind(self.given, self.arena.network).over(self.arena.space.column)
            starts &= np.repeat(truth, np.diff(graph.offsets))
        found: Ints = np.flatnonzero(starts & self._possible)
        return found

    @cached_property
    def _stops(self) -> Mask:
        """The edges that stop it."""
        found: Mask = self.arena.marked(self.stop)[self.arena.graph.events]
        return found & self._possible

    @cached_property
    def _tick(self) -> Mask:
        found: Mask = self.arena.marked(self.ticks)[self.arena.graph.events]
        return found

    @cached_property
    def _possible(self) -> Mask:
        """The edges of the runs that are looked at at all."""
        graph, network = self.arena.graph, self.arena.network
        if not self.prompt:
            return np.ones(len(graph.targets), dtype=np.bool_)
        source = np.repeat(np.arange(self.arena.space.distinct), np.diff(graph.offsets))
        ticks = self.arena.marked(tuple(network.ticks))
        unhurried = ticks | self.arena.marked([*(e.name for e in network.events if e.fault), *self.at_leisure])
        unhurried[self.arena.idle] = True
        could = np.zeros(self.arena.space.distinct, dtype=np.bool_)
        could[source[~unhurried[graph.events] & (graph.targets != source)]] = True
        possible: Mask = ~(could[source] & ticks[graph.events])
        return possible

    @cached_property
    def _open(self) -> Mask:
        """The edges along which the watch goes on."""
        opened = self._possible & ~self._stops
        opened[self.starts] = False
        return opened

    @cached_property
    def _component(self) -> NDArray[np.int32]:
        """Per state its strongly connected component by open edges."""
        from ...model.engines.components import components

        graph, count = self.arena.graph, np.concatenate(([0], np.cumsum(self._open)))
        every = np.ones(self.arena.space.distinct, dtype=np.bool_)
        found: NDArray[np.int32] = components(count[graph.offsets], self.arena.to[self._open], every, True)[0]
        return found

    def _most(self, ends: Mask, final: Mask) -> Time | None:
        from .kernels import most_ticks

        graph = self.arena.graph
        value = most_ticks(graph.offsets, self.arena.to, self._tick, self._open, ends, final, self._component, ENDLESS)
        begun = value[graph.targets[self.starts]] if len(self.starts) else np.zeros(0, dtype=np.int64)
        if not len(begun) or begun.max() < 0:
            return None
        best = int(begun.max())
        begin = int(self.starts[int(np.argmax(begun))])
        if best == ENDLESS:
            return self._endless(begin, value)
        way = self._follow(
            int(graph.targets[begin]),
            lambda k, n: bool(self._open[k]) and int(value[graph.targets[k]]) + int(self._tick[k]) == int(value[n]),
            lambda k, n: bool(ends[k]) and value[n] == 0,
            lambda n: bool(final[n]) and value[n] == 0,
        )
        return self._time(best, begin, way)

    def _endless(self, begin: int, value: Ints) -> Time:
        graph = self.arena.graph
        component = self._component
        source = np.repeat(np.arange(self.arena.space.distinct), np.diff(graph.offsets))
        turning = self._open & self._tick & (value[source] == ENDLESS) & (component[source] == component[graph.targets])
        stem = self._follow(
            int(graph.targets[begin]),
            lambda k, _: bool(self._open[k]) and value[graph.targets[k]] == ENDLESS,
            lambda k, _: bool(turning[k]),
            lambda _: False,
        )
        last = stem[-1]
        home, here = int(source[last]), int(graph.targets[last])
        back: list[int] = []
        if here != home:
            back = self._follow(
                here,
                lambda k, n: bool(self._open[k]) and component[graph.targets[k]] == component[n],
                lambda k, _: bool(self._open[k]) and int(graph.targets[k]) == home,
                lambda _: False,
            )
        way = [*stem, *back]
        path = self._path(begin, way)
        return Time(None, Path.replay(path.network, path.events, len(path) - len(back) - 1), len(path) - len(way))

    def _follow(
        self,
        first: int,
        goes: Callable[[int, int], bool],
        ends: Callable[[int, int], bool],
        final: Callable[[int], bool],
    ) -> list[int]:
        """The edges of a shortest way from a node over edges that ``goes`` admits to one that ``ends`` it, or to a node
        that is final."""
        graph = self.arena.graph
        led: dict[int, tuple[int, int]] = {}
        queue = deque([first])
        seen = {first}

        def way(node: int) -> list[int]:
            found = []
            while node in led:
                node, k = led[node]
                found.append(k)
            return found[::-1]

        while queue:
            node = queue.popleft()
            if final(node):
                return way(node)
            edges = range(int(graph.offsets[node]), int(graph.offsets[node + 1]))
            for k in edges:
                if ends(k, node):
                    return [*way(node), k]
            for k in edges:
                target = int(graph.targets[k])
                if target not in seen and goes(k, node):
                    seen.add(target)
                    led[target] = (node, k)
                    queue.append(target)
        raise AssertionError("what was counted can't be walked")

    def _time(self, ticks: int, begin: int, way: Sequence[int]) -> Time:
        path = self._path(begin, way)
        return Time(ticks, path, len(path) - len(way))

    def _path(self, begin: int, way: Sequence[int]) -> Path:
        graph, network = self.arena.graph, self.arena.network
        stem = self.arena.space.path(int(np.searchsorted(graph.offsets, begin, side="right")) - 1)
        steps = [network.events[int(graph.events[k])].name for k in (begin, *way) if graph.events[k] != self.arena.idle]
        return Path.replay(network, [*stem.events, *steps])


def breach(arena: Arena, claim: Within) -> tuple[Path | None, str]:
    """A run that breaks a deadline, and in words by how much; no words: it is kept."""
    watch = Stopwatch(arena, claim.start.events, claim.goal.events, claim.ticks)
    found = watch.tightest()
    if found is None or (found.ticks is not None and found.ticks <= claim.limit):
        return None, ""
    what = f"without that {english(claim.goal)}"
    if found.ticks is None:
        return found.path, f"time can pass without end {what}: no deadline is kept"
    most = claim.tick_length.times(found.ticks)
    return found.path, f"{most} can pass {what}; the smallest deadline that is kept is {most}"
