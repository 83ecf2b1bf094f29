"""More bounds never mean fewer answers: what is found within smaller bounds is kept when larger ones meet a limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from goalstate.model.network.statespace import Limits
from goalstate.model.workflow import Bounds, Faults
from goalstate.properties.property import Outcome
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.smaller_bounds import steps
from goalstate.properties.service.verification import Run, verify
from tests.model.services import role, service

HANGS = service(role("worker", ("simple",)))
ONE = Settings(faults=Faults(1), requests=1, tick=5, liveness=False)
TWO = replace(ONE, faults=Faults(2))


def pairs(bounds: Bounds) -> list[tuple[int, int | None]]:
    """Faults and requests of each step."""
    return [(b.faults.total, b.requests) for b in steps(bounds)]


@pytest.mark.parametrize(
    ("faults", "requests", "before"),
    [
        (0, 1, []),
        (0, 2, []),
        (1, 1, []),
        (1, 2, [(1, 1)]),
        (2, 1, [(1, 1)]),
        (3, 1, [(1, 1), (2, 1)]),
        (0, 4, [(0, 2), (0, 3)]),
        (2, 2, [(1, 1), (1, 2)]),
        (0, None, [(0, 2), (0, 3), (0, 4)]),
    ],
)
def test_the_steps(faults: int, requests: int | None, before: list[tuple[int, int | None]]) -> None:
    assert pairs(Bounds(Faults(faults), requests, 1)) == before


def test_budgets_of_single_kinds_have_no_steps() -> None:
    assert steps(Bounds(Faults.parse("guest_hang=2"), 1, 1)) == []


def single(settings: Settings) -> Run:
    """The one search for safety."""
    [run] = [run for run in verify(HANGS, settings).runs if run.search.kind.is_standard]
    return run


def test_a_limit_at_two_faults_leaves_what_one_fault_gave() -> None:
    one, two = single(ONE), single(TWO)
    assert one.counts.distinct < two.counts.distinct
    violated = {str(v.property) for v in one.verdicts if v.outcome is Outcome.VIOLATED}
    assert violated
    between = (one.counts.distinct + two.counts.distinct) // 2
    cut = single(replace(TWO, limits=Limits(states=between)))
    assert cut.stopped is not None
    by_name = {str(v.property): v for v in cut.verdicts}
    assert {name for name, v in by_name.items() if v.outcome is Outcome.VIOLATED} >= violated
    unknown = [v for v in cut.verdicts if v.outcome is Outcome.UNKNOWN]
    assert unknown
    assert Outcome.HOLDS not in {v.outcome for v in cut.verdicts if not v.vacuous} or one.stopped is None
    assert any(
        v.reason == f"holds with faults: 1, requests: 1; faults: 2, requests: 1: not finished ({cut.limit})"
        for v in unknown
    )
    for name in violated:
        path = by_name[name].path
        assert path is not None


def test_a_limit_within_the_smaller_bounds_ends_the_climb() -> None:
    cut = single(replace(TWO, limits=Limits(states=50)))
    assert str(cut.stopped) == "stopped at 50 states"
    assert cut.search.workflow.bounds.faults == Faults(2)
    assert {v.outcome for v in cut.verdicts} <= {Outcome.UNKNOWN, Outcome.VIOLATED}


def test_what_finishes_is_as_it_was() -> None:
    assert not any("not finished" in v.reason for v in single(TWO).verdicts)
