"""A verdict: what a check found out about one property, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.path import Path
from .property import Outcome, Property


@dataclass(frozen=True)
class Counts:
    """The size of a search: distinct states, transitions, depth."""

    distinct: int
    transitions: int
    depth: int


@dataclass(frozen=True)
class Verdict:
    """Property, outcome, and what proves it: a path for a violation, the limit for an unknown.

    ``reason`` says in words what was found; ``vacuous`` that the property held because its witness is out of reach;
    ``bounds`` and ``options`` are those of the network that was searched; ``needs``, in words, is what the property was
    found to need of what it assumes: None if that was not asked.
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
    needs: tuple[str, ...] | None = None
