"""No service makes the platform look wrong: the kinds of services that once did, and random ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from goalstate.formats.findings import findings
from goalstate.model.deployment import Deployment, Location, TopologyChangeDiscovery
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network.statespace import NO_LIMITS, Limits, StateSpace
from goalstate.model.platform import ALTERNATIVES, DEFAULT_PLATFORM, Platform
from goalstate.model.workflow import Bounds, Fabric, Faults, Workflow
from goalstate.properties.catalogue import deployment_properties, fabric_properties
from goalstate.properties.catalogue.liveness import liveness_properties, sentences
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import AlwaysCan, Family, Outcome, Property
from goalstate.properties.service.settings import Engine, Settings
from goalstate.properties.service.verification import verify
from goalstate.properties.temporal.assumptions import FairAgent, holds
from goalstate.properties.temporal.search import Arena
from goalstate.properties.verdict import Verdict
from tests.model.random_services import drawn, features, service_of
from tests.model.services import role, service

from .mistakes import mistakes

START, OPERATIONS = Bounds(Faults(1), 1, 5), Bounds(Faults(0), 2, 5)


SAMPLE = (1, 2, 3, 4, 6, 8, 10, 11, 15, 18, 20, 21, 22, 26, 28, 29, 31, 32, 19, 90)
"""The numbers of random services that are searched quickly; ``benchmarks.random_services`` searches thousands."""

LINE = Location("Pier.csdef", 7)
CHECK = "tests.properties.service.mistakes.check"


# -- probes of both kinds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bounds", [START, OPERATIONS], ids=["start", "operations"])
@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
def test_whatever_comes_about_with_one_probe_comes_about_with_two(kind: str, bounds: Bounds) -> None:
    workflow = Workflow(service(role(kind, probed="both")), bounds)
    verdicts = check(explicit.explore(workflow.network, graph=True), liveness_properties(workflow))
    assert {(str(v.property), v.outcome, v.vacuous) for v in verdicts} == {
        (str(v.property), Outcome.HOLDS, False) for v in verdicts
    }


def test_a_probe_that_never_comes_holds_up_time() -> None:
    """Without fairness of the records, the time-out of one probe can go on for ever while the other never comes."""
    workflow = Workflow(service(role("worker", probed="both")), START)
    arena = Arena(explicit.explore(workflow.network, graph=True))
    (where,) = workflow.instances
    records = {"R_IN_0/rotation", "R_IN_0/custom_rotation"}
    timed = [s for s in sentences(workflow, *where) if "R_IN_0/guest_os" in (*s.weak, *s.strong)]
    assert len(timed) == 4
    for sentence in timed:
        assert records <= set(sentence.weak)
        rest = [a for a in sentence.assumptions if not (isinstance(a, FairAgent) and a.agent in records)]
        assert not holds(arena, sentence.formula, rest), sentence.name
    [deployment] = [s for s in timed if s.name.startswith("a deployment leads to Ready")]
    for record in records:
        rest = [a for a in deployment.assumptions if not (isinstance(a, FairAgent) and a.agent == record)]
        assert not holds(arena, deployment.formula, rest), record


# -- all instances told at once ----------------------------------------------------------------------------------------


def blast(instances: int, domains: int) -> Deployment:
    told = service(role("worker", probed="default", instances=instances))
    return replace(told, topology_change_discovery=TopologyChangeDiscovery.BLAST, upgrade_domain_count=domains)


def test_with_blast_an_instance_waits_for_the_others() -> None:
    fabric = Fabric(blast(2, 2), Bounds(Faults(1), 2, 5))
    verdicts = check(explicit.explore(fabric.network, graph=True), fabric_properties(fabric))
    assert [str(v.property) for v in verdicts if v.outcome is not Outcome.HOLDS or v.vacuous] == []
    [waits] = {v.property.name for v in verdicts if v.property.name.startswith("time waits for the fabric's record")}
    assert "waits for another instance of the domain" in waits


# -- a foreground task that never ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
def test_a_foreground_task_that_never_ends_is_a_finding_at_its_line(kind: str) -> None:
    """It waits for the task: Stopping, and with it a stop (no fault at all), and the next start."""
    waiting = role(kind, ("foreground",))
    [task] = waiting.tasks
    workflow = Workflow(service(replace(waiting, tasks=(replace(task, location=LINE),))), OPERATIONS)
    space = explicit.explore(workflow.network, graph=True)
    assert {v.outcome for v in check(space, liveness_properties(workflow))} == {Outcome.HOLDS}
    [finding] = [v for v in check(space, deployment_properties(workflow)) if v.outcome is not Outcome.HOLDS]
    assert (finding.outcome, finding.property.family) == (Outcome.VIOLATED, Family.DEPLOYMENT)
    assert (
        finding.property.name == "startup task 0 (tidy.exe) can't keep the role from being recycled or stopped for ever"
    )
    assert finding.property.location == str(LINE)
    assert finding.path is not None
    assert "request_stop" in finding.path.events or "request_update_package" in finding.path.events


@pytest.mark.parametrize("state", ["ready_to_start", "role_stopped"])
def test_it_holds_up_a_start_and_a_stop(state: str) -> None:
    bounds = START if state == "ready_to_start" else OPERATIONS
    workflow = Workflow(service(role("worker", ("foreground",))), bounds)
    [prop] = [p for p in deployment_properties(workflow) if "from being recycled or stopped" in p.name]
    assert isinstance(prop.claim, AlwaysCan)
    [verdict] = check(explicit.explore(workflow.network, graph=True), [prop])
    assert verdict.outcome is Outcome.VIOLATED


# -- all instances together --------------------------------------------------------------------------------------------


def test_what_one_search_asks_of_all_instances_alike_is_tested_for_each() -> None:
    """Before an update nothing tells upgrade domains apart: the first search asks about one for both of them."""
    asked = ("the fabric restarts a host agent only when",)
    settings = Settings(whole=True, engine=Engine.SYMBOLIC, only=asked)
    report = verify(service(role("worker", instances=2)), settings)
    assert [v.property.subject for v in report.runs[0].verdicts] == ["R_IN_0"]
    assert report.runs[0].verdicts[0].alike == ("R_IN_1",)
    assert {v.property.subject: v.vacuous for v in report.runs[1].verdicts} == {"R_IN_0": True, "R_IN_1": True}
    assert [(str(f.prop)[:6], f.outcome, f.vacuous) for f in findings(report)] == [
        ("R_IN_0", Outcome.HOLDS, False),
        ("R_IN_1", Outcome.HOLDS, False),
    ]


# -- random services ---------------------------------------------------------------------------------------------------

DRAWN = frozenset(
    {
        *("UpgradeDomainWalk discovery", "Blast discovery", "one domain", "several domains", "several instances"),
        *("1 kinds of roles", "2 kinds of roles", "3 kinds of roles", "several sites"),
        *("simple task", "background task", "foreground task", "pair of tasks"),
        *("module RemoteAccess", "module Diagnostics", "module RemoteForwarder"),
        *("guest agent's probe", "custom probe", "mixed probes", "no probe", "endpoint that ignores the status"),
        *("certificate", "endpoint with a certificate", "storage that stays"),
    }
)


def test_random_services_use_everything_that_reaches_the_model() -> None:
    found = frozenset().union(*(features(drawn(Random(seed))) for seed in range(300)))
    assert found >= DRAWN
    for sort, number in (("role", 3), ("endpoint", 3), ("entry point", 3)):
        assert sum(word.endswith(f" {sort}") for word in found) >= number, found


def test_the_sample_mixes_what_once_went_wrong() -> None:
    used = frozenset().union(*(features(service_of(seed)[0]) for seed in SAMPLE))
    assert used >= {"mixed probes", "Blast discovery", "several domains", "foreground task", "3 kinds of roles"}


@pytest.mark.parametrize("seed", SAMPLE)
def test_no_random_service_makes_the_platform_look_wrong(seed: int) -> None:
    assert mistakes(*service_of(seed), NO_LIMITS) == []


def test_what_is_wrong_of_us_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = service(role("worker"))
    assert {found.sort for found in mistakes(worker, DEFAULT_PLATFORM, Limits(states=10))} == {"unknown"}

    def check_nothing(space: StateSpace, properties: list[Property]) -> list[Verdict]:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(CHECK, check_nothing)
        assert [found.sort for found in mistakes(worker, DEFAULT_PLATFORM, NO_LIMITS)] == ["error"]

    def check_the_contrary(space: StateSpace, properties: list[Property]) -> list[Verdict]:
        return [replace(v, outcome=Outcome.VIOLATED) for v in check(space, properties)]

    with monkeypatch.context() as patched:
        patched.setattr(CHECK, check_the_contrary)
        found = mistakes(worker, DEFAULT_PLATFORM, NO_LIMITS)
    assert {one.sort for one in found} >= {"violated"}
    assert len(found) > 100
    assert mistakes(worker, DEFAULT_PLATFORM, NO_LIMITS) == []


@pytest.mark.parametrize("option", sorted(ALTERNATIVES))
@pytest.mark.parametrize("kind", ["worker", "full IIS"])
def test_no_option_makes_the_platform_look_wrong(kind: str, option: str) -> None:
    for alternative in list(ALTERNATIVES[option])[1:]:
        platform = Platform.of({option: alternative})
        assert mistakes(service(role(kind, ("simple",), probed="both")), platform, NO_LIMITS) == []
