"""A verdict: what a check found out about one property, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.network.path import Path
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
class Verdict:
    """Property, outcome, and what proves it: a path for a violation, the limit for an unknown.

    ``reason`` says in words what was found; ``vacuous`` that the property held because its witness is out of reach;
    ``bounds`` and ``options`` are those of the network that was searched.  ``ways``: if they were asked for, the
    different ways to break the property, that of ``path`` first, and whether there are more of them.  ``left_out``: how
    many events of the run that was found are not in ``path``, as the violation does not need them.  ``needs``: what
    the property was found to need of what it assumes, in words; None if that was not asked.
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
    vacuous: bool = False
    ways: tuple[Way, ...] = ()
    more_ways: str = ""
    left_out: int = 0
    needs: tuple[str, ...] | None = None
