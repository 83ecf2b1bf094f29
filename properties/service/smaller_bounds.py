"""Bounds raised step by step, so that more bounds never mean fewer answers.

States grow by a factor with each fault and each request.  So the steps before the last cost little, and what they find
is kept: a violation, with the bounds within which it is one.  That a rule holds within one fault says nothing about
two; the verdict then stays unknown, and says how far it holds.

Left out: steps within the standard bounds (one fault, or two requests), and budgets of single kinds of faults, which
the user has chosen with care.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...model.workflow import Bounds, Faults
from ..property import Outcome
from ..verdict import Verdict

UNBOUNDED = 4
"""Requests up to which the steps go where any number is allowed."""


@dataclass(frozen=True)
class Step:
    """What was found within smaller bounds: the verdicts by the property's sentence."""

    bounds: Bounds
    verdicts: Mapping[str, Verdict]


def steps(bounds: Bounds) -> list[Bounds]:
    """The bounds before these, the smallest first; none for the standard ones.

    >>> [(b.faults.total, b.requests) for b in steps(Bounds(Faults(2), 2, 1))]
    [(1, 1), (1, 2)]
    >>> steps(Bounds(Faults(1), 1, 1))
    []
    """
    return [] if bounds.faults.kinds is not None or bounds.faults.service is not None else list(_steps(bounds))


def _steps(bounds: Bounds) -> Iterator[Bounds]:
    most, wanted = bounds.faults.total, UNBOUNDED if bounds.requests is None else bounds.requests
    faults, requests = min(most, 1), 1 if most else min(wanted, 2)
    while (faults, requests) != (most, wanted):
        yield replace(bounds, faults=Faults(faults), requests=requests)
        if requests < wanted and (faults == most or requests <= faults):
            requests += 1
        else:
            faults += 1
    if bounds.requests is None:
        yield replace(bounds, requests=wanted)


def words(bounds: Bounds) -> str:
    """Bounds in words.

    >>> words(Bounds(Faults(2), 1, 1))
    'faults: 2, requests: 1'
    """
    return f"faults: {bounds.faults}, requests: {'any number' if bounds.requests is None else bounds.requests}"


def with_smaller(verdict: Verdict, bounds: Bounds, below: Sequence[Step]) -> Verdict:
    """A verdict, or, if it is unknown, what the steps before found.

    A violation that a run shows is told with the bounds within which it was found, and as true within those: with more
    requests or faults, a state without a way back may get one.
    """
    if verdict.outcome is not Outcome.UNKNOWN:
        return verdict
    name = str(verdict.property)
    before = [(step.bounds, step.verdicts[name]) for step in below if name in step.verdicts]
    unfinished = f"{words(bounds)}: not finished ({verdict.reason})"
    for smaller, found in before:
        if found.outcome is Outcome.VIOLATED and found.path is not None:
            reason = "; ".join(filter(None, [found.reason, f"found with {words(smaller)}; {unfinished}"]))
            return replace(found, reason=reason)
    held = [smaller for smaller, found in before if found.outcome is Outcome.HOLDS and not found.vacuous]
    return replace(verdict, reason=f"holds with {words(held[-1])}; {unfinished}") if held else verdict
