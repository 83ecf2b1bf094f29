"""Mutation: do the properties of a network notice a small mistake in one of its agents?

Each mutant of each chart takes the place of the chart, and the properties are judged again.  A mutant is *killed* by
the properties that are violated of it, or say nothing any more, and were fine before.  It is *equivalent* when no
property of runs could tell: after the same events, the same events can happen in both networks, and the components
are in states of the same names.  Networks are deterministic, so one walk over pairs of states decides this
bisimulation.
What is neither *survives*: a gap in the properties, or a freedom that is meant.

Source: Jia and Harman, "An analysis and survey of the development of mutation testing", 2011.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..model.engines import explicit
from ..model.mutants import Mutant, mutants
from ..model.network import Network
from ..model.statespace import NO_LIMITS, Limits, StateSpace
from .checking import check
from .predicates import PredicateError
from .property import Outcome, Property


@dataclass(frozen=True)
class Fate:
    """What became of one mutant of the component called so: killed by properties, equivalent, or neither.

    ``unknown``: a limit stopped its search before anything noticed it.
    """

    component: str
    mutant: Mutant
    killed_by: tuple[str, ...] = ()
    equivalent: bool = False
    unknown: bool = False

    @property
    def survived(self) -> bool:
        """Whether nothing noticed it although something could."""
        return not (self.killed_by or self.equivalent or self.unknown)

    def __str__(self) -> str:
        return f"{self.component}: {self.mutant}"


@dataclass(frozen=True)
class Score:
    """The fates of all mutants of a network."""

    fates: tuple[Fate, ...]

    @property
    def killed(self) -> tuple[Fate, ...]:
        """Those that some property noticed."""
        return tuple(f for f in self.fates if f.killed_by)

    @property
    def survivors(self) -> tuple[Fate, ...]:
        """Those that nothing noticed."""
        return tuple(f for f in self.fates if f.survived)

    @property
    def score(self) -> float:
        """The share of the killed among those that could be noticed and were searched to the end; 1.0 of none."""
        counted = len(self.killed) + len(self.survivors)
        return len(self.killed) / counted if counted else 1.0


def score(
    network: Network,
    properties: Sequence[Property],
    limits: Limits = NO_LIMITS,
    chosen: Iterable[tuple[int, Mutant]] | None = None,
) -> Score:
    """Judge the properties on every mutant of every component, or on those ``chosen``, by component number."""
    space = explicit.explore(network, limits, graph=True)
    before = _violated(space, properties)
    if chosen is None:
        chosen = ((k, m) for k, component in enumerate(network.components) for m in mutants(component.chart))
    return Score(tuple(_fate(space, before, properties, number, mutant, limits) for number, mutant in chosen))


def _fate(
    space: StateSpace,
    before: frozenset[str],
    properties: Sequence[Property],
    number: int,
    mutant: Mutant,
    limits: Limits,
) -> Fate:
    network = with_chart(space.network, number, mutant)
    found = explicit.explore(network, limits, graph=True)
    killers = sorted(_violated(found, properties) - before)
    fate = Fate(network.components[number].name, mutant, tuple(killers))
    if killers:
        return fate
    if not (space.complete and found.complete):
        return replace(fate, unknown=True)
    return replace(fate, equivalent=bisimilar(space, found))


def with_chart(network: Network, number: int, mutant: Mutant) -> Network:
    """The network with a mutant in the place of a component's chart."""
    parts = list(network.components)
    parts[number] = replace(parts[number], chart=mutant.chart)
    return replace(network, components=tuple(parts))


def bisimilar(one: StateSpace, other: StateSpace) -> bool:
    """Whether two networks with the same events can always do the same: a walk over the pairs of states that the same
    events lead to, comparing what is possible and where the components are."""
    first, second = (_moves(space) for space in (one, other))
    names = [[c.lts.name for c in space.network.components] for space in (one, other)]
    seen = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        a, b = waiting.pop()
        if any(
            name_a(x) != name_b(y) for name_a, name_b, x, y in zip(*names, one.state(a), other.state(b), strict=True)
        ):
            return False
        here, there = first(a), second(b)
        if here.keys() != there.keys():
            return False
        for event, following in here.items():
            pair = (following, there[event])
            if pair not in seen:
                seen.add(pair)
                waiting.append(pair)
    return True


def _moves(space: StateSpace) -> Callable[[int], dict[str, int]]:
    graph = space.graph
    if graph is None:
        raise ValueError("this state space was enumerated without its graph")
    names = np.array([e.name for e in space.network.events], dtype=object)

    def moves(state: int) -> dict[str, int]:
        begin, end = graph.offsets[state], graph.offsets[state + 1]
        return dict(zip(names[graph.events[begin:end]], graph.targets[begin:end].tolist(), strict=True))

    return moves


def _violated(space: StateSpace, properties: Iterable[Property]) -> frozenset[str]:
    """The properties that are violated, or hold vacuously: a mutant that hides what a property is about is noticed."""
    return frozenset(_noticing(space, properties))


def _noticing(space: StateSpace, properties: Iterable[Property]) -> Iterator[str]:
    for prop in properties:
        try:
            [verdict] = check(space, [prop])
        except PredicateError:
            yield str(prop)  # it speaks of a state that the mutant has not got
            continue
        if verdict.outcome is Outcome.VIOLATED or verdict.vacuous:
            yield str(prop)
