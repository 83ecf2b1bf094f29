"""The smallest number of faults that breaks availability: a run takes that many, and no fewer are enough."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from goalstate.model.deployment import Deployment, Endpoint, EndpointKind
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network.path import Path
from goalstate.model.workflow import DEFAULT_PLATFORM, Bounds, Faults, Platform, Workflow
from goalstate.properties.catalogue.deployment import availability
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import Outcome
from goalstate.properties.service.availability import BACK_FIRST, UPDATE, Breaking, breaking
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import verify
from tests.app.calls import ROOT, call
from tests.model.services import role, service

ORCHARD = str(ROOT / "examples" / "orchard")


def shop(kind: str, instances: int, domains: int = 5, probed: str = "default") -> Deployment:
    return replace(service(role(kind, (), probed, instances)), upgrade_domain_count=domains)


def asked(deployment: Deployment, platform: Platform = DEFAULT_PLATFORM) -> list[tuple[str, int | None, bool]]:
    found = breaking(deployment, deployment.roles[0], platform)
    for one in found:
        if one.path is not None:
            assert_run(one)
    return [(one.condition, one.faults, one.never) for one in found]


def assert_run(one: Breaking) -> None:
    """The run replays, and has as many faults as it says."""
    path = one.path
    assert path is not None
    assert Path.replay(path.network, path.events).states == path.states
    kinds = [path.network.events[path.network.event_index[e]].fault for e in path.events]
    assert sum(bool(kind) for kind in kinds) == one.faults


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        (shop("worker", 1), [("", 1, False), (UPDATE, 0, False)]),
        (shop("worker", 2), [("", 2, False), (UPDATE, 0, False), (BACK_FIRST, 1, False)]),
        (shop("worker", 3, domains=2), [("", 3, False), (UPDATE, 0, False), (BACK_FIRST, 1, False)]),
        (shop("HWC", 3), [("", 3, False), (UPDATE, 0, False), (BACK_FIRST, 2, False)]),
        (shop("worker", 2, domains=1), [("", 2, False), (UPDATE, 0, False)]),
        (shop("worker", 2, probed="custom"), [("", 2, False), (UPDATE, 0, False), (BACK_FIRST, 1, False)]),
    ],
)
def test_the_smallest_number_and_the_run(deployment: Deployment, expected: list[tuple[str, int, bool]]) -> None:
    assert asked(deployment) == expected


def test_a_single_instance_that_is_kept_in_rotation_goes_with_its_host_only() -> None:
    deployment, platform = shop("worker", 1), Platform(single_instance="stays_in_rotation")
    [alone, *_] = breaking(deployment, deployment.roles[0], platform)
    assert (alone.faults, alone.reason) == (1, "the only instance leaves: host_failure")
    assert alone.path is not None
    assert alone.path.events[-1] == "R_IN_0/deploy_guest"


def test_an_endpoint_that_ignores_the_status_is_broken_by_nothing() -> None:
    whatever = Endpoint("In", EndpointKind.INPUT, "tcp", 80, ignores_status=True)
    deployment = service(replace(role("worker"), endpoints=(whatever,)))
    [found] = breaking(deployment, deployment.roles[0])
    assert (found.faults, found.never) == (None, True)
    assert str(found) == (
        "role R, endpoint In: no number of faults breaks it "
        "(it ignores the role's status: its instances are never taken out)"
    )


def test_verify_says_the_same_for_any_number() -> None:
    deployment = shop("worker", 2)
    for faults, outcome in ((0, Outcome.HOLDS), (1, Outcome.HOLDS), (2, Outcome.VIOLATED), (3, Outcome.VIOLATED)):
        settings = Settings(faults=Faults(faults), requests=1, tick=5, only=("keeps an instance",))
        [verdict] = verify(deployment, settings).verdicts
        assert verdict.outcome is outcome, faults


def test_the_product_of_two_instances_says_the_same() -> None:
    """The argument from one instance to all of them, against all of them: without requests, by one fault."""
    deployment = shop("worker", 2)
    workflow = Workflow(deployment, Bounds(Faults.parse("host_failure=1"), 1, 5))
    space = explicit.explore(workflow.network, graph=True)
    [verdict] = check(space, availability(workflow, deployment.roles[0]))
    assert space.complete
    assert (verdict.outcome, verdict.vacuous) == (Outcome.HOLDS, False)


class TestCommand:
    """`goalstate availability`."""

    def test_a_line_for_each_question(self) -> None:
        done = call("availability", ORCHARD)
        assert done.code == 0
        assert "each of the 2 instances leaves: host_failure" in done.out
        assert "a start takes over 30 minutes" in done.out
        assert "examples/orchard/ServiceDefinition.csdef:20" in done.out

    def test_json_has_the_runs(self) -> None:
        found = json.loads(call("availability", ORCHARD, "--format", "json").out)["availability"]
        assert [(one["condition"], one["smallest"]) for one in found] == [(None, 2), (UPDATE, 0), (BACK_FIRST, 1)]
        assert [sum(step["fault"] is not None for step in one["path"]) for one in found] == [2, 0, 1]

    def test_a_search_that_is_stopped_is_unknown(self) -> None:
        done = call("availability", ORCHARD, "--max-states", "100")
        assert done.code == 3
        assert "not known" in done.out
