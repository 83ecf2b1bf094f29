"""Temporal claims: what a property may claim beyond the safety and recoverability of ``property``.

``EveryRun``   every fair run satisfies a formula of linear time
``SomeRun``    some fair run does: a scenario that must be possible
``Initially``  the initial state satisfies a formula of branching time
``Within``     a goal is reached within so many ticks of a start, in every run in which time passes
"""

from __future__ import annotations

from dataclasses import dataclass
from types import UnionType
from typing import TypeAlias

from ...model.network.duration import MINUTE, Duration
from ..predicates import PredicateError
from . import branching
from .fairness import Fair, assuming
from .formula import Formula, Happens, english, sentence


@dataclass(frozen=True)
class EveryRun:
    """Every run that keeps ``fairness`` satisfies ``formula``; raises PredicateError for what is no formula."""

    formula: Formula
    fairness: tuple[Fair, ...] = ()

    def __post_init__(self) -> None:
        _require(self.formula, Formula, "EveryRun", "linear", self.fairness)

    def __str__(self) -> str:
        return _assuming(sentence(self.formula), self.fairness)


@dataclass(frozen=True)
class SomeRun:
    """Some run that keeps ``fairness`` satisfies ``formula``; raises PredicateError for what is no formula."""

    formula: Formula
    fairness: tuple[Fair, ...] = ()

    def __post_init__(self) -> None:
        _require(self.formula, Formula, "SomeRun", "linear", self.fairness)

    def __str__(self) -> str:
        return _assuming(f"There is a run in which {english(self.formula)}.", self.fairness)


@dataclass(frozen=True)
class Initially:
    """The initial state satisfies ``formula``, whose runs are those that keep ``fairness``.

    Raises PredicateError for what is no formula of branching time.
    """

    formula: branching.Branching
    fairness: tuple[Fair, ...] = ()

    def __post_init__(self) -> None:
        _require(self.formula, branching.Branching, "Initially", "branching_time", self.fairness)

    def __str__(self) -> str:
        words = branching.english(self.formula)
        return _assuming(words[:1].upper() + words[1:] + ".", self.fairness)


@dataclass(frozen=True)
class Within:
    """After each of ``start``, no more than ``limit`` of ``ticks`` pass before one of ``goal`` (or before ``start``
    happens again, from where the limit counts again).

    A run in which time stands still breaks no deadline.  ``reading.deadline`` makes one from a text.
    """

    start: Happens
    goal: Happens
    limit: int
    ticks: tuple[str, ...]
    tick_length: Duration = MINUTE

    def __str__(self) -> str:
        return (
            f"Whenever {english(self.start)}, {english(self.goal)} before more than "
            f"{self.tick_length.times(self.limit)} have passed."
        )


TemporalClaim: TypeAlias = EveryRun | SomeRun | Initially | Within


def _assuming(words: str, fairness: tuple[Fair, ...]) -> str:
    return f"{words[:-1]}, {assuming(fairness)}." if fairness else words


def _require(formula: object, kinds: UnionType, claim: str, reader: str, fairness: object) -> None:
    """Refuse what is no formula of some kinds, and no fairness; raises PredicateError."""
    if not isinstance(formula, kinds):
        raise PredicateError(
            f"{claim}: {formula!r} is no formula; allowed: what {reader} reads; write {reader}('...', network)"
        )
    if not isinstance(fairness, tuple) or not all(isinstance(one, Fair) for one in fairness):
        raise PredicateError(
            f"{claim}: {fairness!r} is no fairness; allowed: what weak, strong, endless and each_action give; "
            "write weak(network, 'agent')"
        )
