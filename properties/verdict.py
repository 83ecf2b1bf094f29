"""A verdict: what a check found out about one property, and within which bounds."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from ..model.network.path import Path
from .predicates import Predicate
from .property import Outcome, Property


@dataclass(frozen=True)
class Counts:
    """The size of a search: distinct states, transitions, depth."""

    distinct: int
    transitions: int
    depth: int


@dataclass(frozen=True)
class Way:
    """A run that breaks a claim, the events that it needs, and those of them that not every other way needs."""

    path: Path
    needs: frozenset[str]
    reason: str = ""
    own: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """The kinds of faults that it needs, sorted."""
        network = self.path.network
        return tuple(sorted({network.events[network.event_index[e]].fault for e in self.needs} - {""}))


@dataclass(frozen=True)
class Vacuity:
    """Why a property that holds was put to no test; ``certain``: known to be so, not only suspected."""

    reason: str
    certain: bool = True

    def __str__(self) -> str:
        return f"{'' if self.certain else 'perhaps '}vacuous: {self.reason}"


def never_reached(predicate: Predicate) -> Vacuity:
    """A property whose witness is out of reach within the bounds."""
    return Vacuity(f"nothing in these bounds gets to where {predicate}")


@dataclass(frozen=True)
class Verdict:
    """Property, outcome, and what proves it: a path for a violation, the limit for an unknown.

    ``reason`` says in words what was found; ``vacuity`` why a property that holds was put to no test, or perhaps not;
    ``bounds`` and ``options`` are those of the network that was searched.  ``ways``: if they were asked for, the
    different ways to break the property, that of ``path`` first, and whether there are more of them.  ``left_out``: how
    many events of the run that was found are not in ``path``, as the violation does not need them.  ``needs``: what
    the property was found to need of what it assumes, in words; None if that was not asked.  ``alike``: the subjects of
    which the same was found out, since in this search nothing sets them apart from the property's own.
    """

    property: Property
    outcome: Outcome
    engine: str
    counts: Counts
    bounds: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    seconds: float
    path: Path | None = None
    reason: str = ""
    vacuity: Vacuity | None = None
    ways: tuple[Way, ...] = ()
    more_ways: str = ""
    left_out: int = 0
    needs: tuple[str, ...] | None = None
    alike: tuple[str, ...] = ()

    @builtins.property  # the field of that name hides the decorator
    def vacuous(self) -> bool:
        """Whether the property holds vacuously."""
        return self.vacuity is not None and self.vacuity.certain
