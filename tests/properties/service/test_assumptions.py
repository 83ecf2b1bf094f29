"""Verdicts about roles whose code is assumed to behave in some way: what becomes of them; nothing else is blamed."""

from __future__ import annotations

import pytest

from goalstate.model.bounds import Faults
from goalstate.model.network.path import Path
from goalstate.properties.catalogue.liveness import STAYS_READY
from goalstate.properties.property import Family, Outcome
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import Report, verify
from tests.model.services import role, service


def report(kind: str, what: str, faults: str = "none", requests: int = 1) -> Report:
    settings = Settings(faults=Faults.parse(faults), requests=requests, tick=5, assume=(what,))
    return verify(service(role(kind, ["simple"], "default")), settings)


def lasso(found: Report) -> Path | None:
    """The run of the claim that the role becomes Ready and stays so; None where it holds."""
    [verdict] = [v for v in found.verdicts if v.property.name == STAYS_READY]
    assert verdict.property.family is Family.DEPLOYMENT
    assert not verdict.vacuous
    assert (verdict.path is None) == (verdict.outcome is Outcome.HOLDS)
    return verdict.path


def repeated(path: Path | None) -> set[str]:
    """The events of the instance that a run repeats for ever."""
    assert path is not None
    assert path.loop is not None
    return {event.removeprefix("R_IN_0/") for event in path.events[path.loop :]}


def blamed(found: Report) -> list[str]:
    """The properties of the platform that are violated: an assumption about a role is no mistake of the platform."""
    platform = [v for v in found.verdicts if v.property.family is Family.PLATFORM]
    assert len(platform) > 80
    return [str(v.property) for v in platform if v.outcome is not Outcome.HOLDS]


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("worker", "R/setup.cmd fails"),
        ("HWC", "R/OnStart throws"),
        ("full IIS", "R/setup.cmd exits 3010"),
        ("full IIS", "R/OnStart returns false"),
    ],
)
def test_code_that_fails_at_every_start_is_a_crash_loop(kind: str, what: str) -> None:
    found = report(kind, what)
    again = repeated(lasso(found))
    assert {"start_bootstrapper", "bootstrapper_exits"} <= again
    assert not {"role_ready", "run_invoked"} & again
    assert "the role can become Ready" in [v.property.name for v in found.verdicts if v.outcome is Outcome.VIOLATED]
    assert blamed(found) == []


@pytest.mark.parametrize(
    ("kind", "what"), [("worker", "R/setup.cmd hangs"), ("HWC", "R/Run hangs"), ("full IIS", "R/OnStart hangs")]
)
def test_code_that_hangs_is_restarted_by_nobody(kind: str, what: str) -> None:
    found = report(kind, what)
    assert not {"start_bootstrapper", "bootstrapper_exits"} & repeated(lasso(found))
    assert blamed(found) == []


@pytest.mark.parametrize(("kind", "what"), [("worker", "R/Run returns"), ("full IIS", "R/Run throws")])
def test_a_run_that_ends_is_ready_and_recycles_for_ever(kind: str, what: str) -> None:
    found = report(kind, what)
    assert {"start_bootstrapper", "role_ready"} <= repeated(lasso(found))
    assert blamed(found) == []


@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
def test_an_on_stop_that_hangs_does_not_keep_a_role_from_ready(kind: str) -> None:
    found = report(kind, "R/OnStop hangs", requests=2)
    assert lasso(found) is None
    assert blamed(found) == []


def test_from_the_second_start_on_it_takes_a_second_start() -> None:
    later = "R/OnStart throws from the second start on"
    assert lasso(report("worker", later)) is None
    after_a_reboot, after_a_fault = report("worker", later, requests=2), report("worker", later, faults="run_throws=1")
    for found in (after_a_reboot, after_a_fault):
        assert "on_start_throws" in repeated(lasso(found))
        assert blamed(found) == []
    path = lasso(after_a_fault)
    assert path is not None
    assert "R_IN_0/run_throws" in path.events


def test_of_working_code_more_is_asked() -> None:
    """Without an assumption the sentences about working code are there, and the one about assumed code is not."""
    settings = Settings(faults=Faults(0), requests=1, tick=5)
    names = {v.property.name for v in verify(service(role("worker", ["simple"])), settings).verdicts}
    assumed = {v.property.name for v in report("worker", "R/setup.cmd fails").verdicts}
    ready = "a deployment leads to Ready, unless the user asks for something else"
    assert (ready in names, STAYS_READY in names) == (True, False)
    assert (ready in assumed, STAYS_READY in assumed) == (False, True)


def test_the_report_says_that_not_everything_was_asked() -> None:
    assert report("worker", "R/Run hangs").left_out == (
        "what needs working code was not asked of roles with assumptions",
    )
