"""Causes of a symptom: each has a run that ends in it, and what is said of healing is found again by brute force."""

import pytest

from goalstate.model.network import GlobalState, Network
from goalstate.model.platform import DEFAULT_PLATFORM
from goalstate.properties.portal import Status, sight
from goalstate.properties.service.causes import Actor, Explanation, explain
from goalstate.properties.symptom import read_symptom
from tests.model.services import role, service

TASKS = "Busy (Waiting for role to start... System startup tasks are running.)"
HERE = "R_IN_0/"


def explained(words: str, kind: str = "worker", tasks: tuple[str, ...] = ("simple",)) -> Explanation:
    [found] = explain(service(role(kind, tasks)), read_symptom(words), DEFAULT_PLATFORM, tick=5)
    return found


def gets_ready(network: Network, state: GlobalState) -> bool:
    """Whether Ready is reached without a fault and without the user, searched state by state."""
    user = network.index["user"]
    seen, queue = {state}, [state]
    while queue:
        here = queue.pop()
        if sight(network, here, HERE).status is Status.READY:
            return True
        for number, following in network.successors(here):
            event = network.events[number]
            if not event.fault and event.sender != user and following not in seen:
                seen.add(following)
                queue.append(following)
    return False


@pytest.mark.parametrize("words", [TASKS, "Recycling", "UnresponsiveRole", "Restarting", "Stopped"])
def test_each_run_ends_in_the_symptom_and_heals_as_is_said(words: str) -> None:
    found = explained(words)
    assert found.causes
    wanted = set(read_symptom(words).sights)
    for cause in found.causes:
        network = cause.path.network
        assert sight(network, cause.path.last, HERE) in wanted
        assert cause.heals == gets_ready(network, cause.path.last), cause.event
        faults = [o.event for o in cause.path.occurrences() if o.fault]
        assert faults == ([cause.event] if cause.fault else [])


def test_a_task_that_hangs_is_stuck_and_named_as_the_definition_names_it() -> None:
    found = explained(TASKS)
    passing, *stuck = [c for c in found.causes if not c.heals or not c.event]
    assert (passing.event, passing.heals, passing.actor) == ("", True, Actor.NOBODY)
    hang = next(c for c in stuck if c.fault == "task_hang")
    assert hang.task is not None
    assert hang.task.command == "setup.cmd"
    assert hang.actor is Actor.OWNER
    assert {"reboot", "reimage", "update_package"} <= set(hang.by_request)
    assert "change_configuration" not in hang.by_request


def test_a_task_that_fails_is_tried_again_and_heals() -> None:
    fails = next(c for c in explained(TASKS).causes if c.fault == "task_failure")
    assert fails.heals
    assert "R_IN_0/bootstrapper_exits" in fails.path.events


def test_without_startup_tasks_no_task_is_to_blame() -> None:
    assert {c.fault for c in explained(TASKS, tasks=()).causes} & {"task_hang", "task_failure"} == set()


def test_words_that_name_the_cause_leave_only_such_causes() -> None:
    failed = explained('Recovering role... Application startup task "setup.cmd" failed with exit code 3010.')
    assert {c.fault for c in failed.causes} == {"task_failure", "task_3010"}
    threw = explained("Unhandled Exception: Could not load file or assembly")
    assert {"on_start_throws", "run_throws"} <= {c.fault for c in threw.causes}
    assert all(c.fault.endswith("_throws") for c in threw.causes)


def test_recycling_with_the_text_of_a_start_needs_a_start_that_failed() -> None:
    again = explained(TASKS.replace("Busy", "Recycling"))
    assert all(c.event for c in again.causes)
    for cause in again.causes:
        ends = [
            k for k, e in enumerate(cause.path.events) if e.endswith(("bootstrapper_exits", "bootstrapper_crashes"))
        ]
        assert ends
        assert f"{HERE}report_ready" not in cause.path.events[ends[-1] :]


def test_the_platform_acts_on_its_own_faults_and_the_user_on_requests() -> None:
    actors = {c.fault or c.event: c.actor for c in explained("RestartingRole").causes}
    assert actors["guest_hang"] is Actor.PLATFORM
    assert actors["request_reboot"] is Actor.USER


def test_a_worker_never_deploys_sites() -> None:
    found = explained("Waiting for role to start... Sites are being deployed.")
    assert (found.states, found.causes) == (0, ())
    assert explained("Waiting for role to start... Sites are being deployed.", "full IIS").causes
