"""Mutation: do the properties of a network notice a small mistake in one of its agents?

Each mutant of each chart takes the place of the chart, and the properties are judged again.  A mutant is *killed* by
the properties that are violated of it, or say nothing any more, and were fine before.  It is *equivalent* when no
property of runs could tell: the two networks are bisimilar (``equivalence``), which is asked first.
What is neither *survives*: a gap in the properties, or a freedom that is meant.

Source: Jia and Harman, "An analysis and survey of the development of mutation testing", 2011.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ...model.engines.explicit import search as explicit
from ...model.mutants import Mutant, mutants
from ...model.network import Network
from ...model.network.statespace import NO_LIMITS, Limits, StateSpace
from ..graph.equivalence import Comparison
from ..judging.explicit import check
from ..predicates import PredicateError
from ..property import Outcome, Property


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
    noticed = set(noticing(space, properties))
    fine = [p for p in properties if p not in noticed]
    comparison = lru_cache(maxsize=1)(lambda number: Comparison(space, number))
    if chosen is None:
        chosen = ((k, m) for k, component in enumerate(network.components) for m in mutants(component.chart))
    return Score(tuple(_fate(space, fine, comparison, number, mutant, limits) for number, mutant in chosen))


def _fate(
    space: StateSpace,
    fine: Sequence[Property],
    comparison: Callable[[int], Comparison],
    number: int,
    mutant: Mutant,
    limits: Limits,
) -> Fate:
    if space.complete and comparison(number).bisimilar(mutant.chart):
        return Fate(space.network.components[number].name, mutant, equivalent=True)
    found = explicit.explore(with_chart(space.network, number, mutant), limits, graph=True)
    killers = tuple(sorted(map(str, noticing(found, fine))))
    unknown = not (killers or (space.complete and found.complete))
    return Fate(space.network.components[number].name, mutant, killers, unknown=unknown)


def with_chart(network: Network, number: int, mutant: Mutant) -> Network:
    """The network with a mutant in the place of a component's chart."""
    parts = list(network.components)
    parts[number] = replace(parts[number], chart=mutant.chart)
    return replace(network, components=tuple(parts))


def noticing(space: StateSpace, properties: Sequence[Property]) -> list[Property]:
    """The properties that are violated, or hold vacuously: a mutant that hides what a property is about is noticed."""
    try:
        verdicts = check(space, properties, paths=False)
    except PredicateError:
        return [p for p in properties if _notices(space, p)]
    return [v.property for v in verdicts if v.outcome is Outcome.VIOLATED or v.vacuous]


def _notices(space: StateSpace, prop: Property) -> bool:
    try:
        [verdict] = check(space, [prop], paths=False)
    except PredicateError:
        return True  # it speaks of a state or an event that the mutant has not got
    return verdict.outcome is Outcome.VIOLATED or verdict.vacuous
