"""The heartbeat table: the times of the workflow document come out of the search, each with a run that takes it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from goalstate.model.engines.explicit.search import explore
from goalstate.model.network.statespace import Limits
from goalstate.model.running.runner import Runner
from goalstate.model.running.story import simulate
from goalstate.model.workflow import Bounds, BoundsError, Faults, Workflow
from goalstate.properties.temporal.recovery import NOTICED, Row, Unfinished, as_options, recovery_times, table
from tests.model.services import role, service

WORKFLOW = Workflow(service(role("worker", probed="default")), Bounds(Faults(1), requests=1, tick=1))
KINDS = ("bootstrapper_crash", "guest_agent_crash", "guest_hang", "heartbeats_lost", "run_hangs")


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.kind: row for row in recovery_times(WORKFLOW, KINDS)}


def times(row: Row, what: str) -> tuple[int | None, int | None, bool] | None:
    span = getattr(row, what)
    return None if span is None else (span.shortest.ticks, span.longest.ticks, span.certain)


def test_a_hung_guest_is_restarted_exactly_ten_minutes_after_its_last_answer(rows: dict[str, Row]) -> None:
    row = rows["guest_hang"]
    assert times(row, "since_answer") == (10, 10, True)
    assert times(row, "noticed") == (9, 10, True), "it hung up to a minute after it had answered"
    assert times(row, "back_at_once") == (9, 10, True)
    assert times(row, "back") == (9, None, False), "nothing makes a boot or a start hurry"
    assert row.in_rotation


def test_lost_heartbeats_look_the_same_unless_they_come_back(rows: dict[str, Row]) -> None:
    row = rows["heartbeats_lost"]
    assert times(row, "since_answer") == (10, 10, True)
    assert times(row, "noticed") == (9, 10, False)


def test_what_the_guest_agent_repairs_takes_no_time_of_a_limit(rows: dict[str, Row]) -> None:
    assert times(rows["guest_agent_crash"], "noticed") == (0, 0, True), "WaAppAgent looks before the minute is over"
    assert times(rows["bootstrapper_crash"], "back_at_once") == (0, 0, True)
    assert times(rows["bootstrapper_crash"], "noticed") == (0, None, False)


def test_a_run_that_hangs_is_noticed_but_not_repaired(rows: dict[str, Row]) -> None:
    row = rows["run_hangs"]
    assert row.noticed_by == ("status_check_unanswered", "leave_rotation_timeout")
    assert times(row, "noticed") == (0, None, False)
    assert row.back is None


def test_every_time_has_a_run_that_takes_it(rows: dict[str, Row]) -> None:
    shown = 0
    for row in rows.values():
        for what in ("noticed", "since_answer", "back", "back_at_once"):
            span = getattr(row, what)
            if span is None:
                continue
            for time in (span.shortest, span.longest):
                passed = [e for e in time.path.events[time.begins :] if "/tick" in e]
                assert time.ticks is None or len(passed) == time.ticks
                assert (time.ticks is None) is (time.path.loop is not None)
                assert row.fault in time.path.events or what == "since_answer"
                shown += 1
        for _, path in row.runs():
            assert Runner(path.network).accepts(path)
    assert shown == sum(len(list(row.runs())) for row in rows.values()) == 30


def test_the_table(rows: dict[str, Row]) -> None:
    lines = table(list(rows.values())).splitlines()
    assert lines[0] == "Times in minutes."
    assert (
        "| --faults guest_hang=1 --guide '*/guest_hangs' | in rotation | restart_guest, restart_guest_no_contact "
        "| 9 to 10 min | 10 min | 9 min or more, or never | 9 to 10 min |"
    ) in lines
    noticed = "status_check_unanswered, leave_rotation_timeout | 0 min or more, or never | answers go on"
    out = "it stays in, or out for ever"
    assert f"| --faults run_hangs=1 --guide '*/run_hangs' | in rotation | {noticed} | {out} | {out} |" in lines
    slow = "| 45 to 50 min | 50 min | 45 min or more, or never | 45 to 50 min |"
    assert slow in table([rows["guest_hang"]], minutes=5)


def test_a_row_can_be_pasted_as_options(rows: dict[str, Row]) -> None:
    for row in rows.values():
        faults, kinds, guide, pattern = shlex.split(as_options(row))
        assert (faults, guide) == ("--faults", "--guide")
        bounds = replace(WORKFLOW.bounds, faults=Faults.parse(kinds))
        story = simulate(replace(WORKFLOW, bounds=bounds).network, guide=[pattern], steps=0)
        assert story.path.events[-1] == row.fault


def test_a_limit_gives_no_times() -> None:
    with pytest.raises(Unfinished, match="guest_hang: "):
        recovery_times(WORKFLOW, ("guest_hang",), Limits(states=100))
    with pytest.raises(BoundsError, match="no fault of kind 'guest_hangs' here"):
        recovery_times(WORKFLOW, ("guest_hangs",))


def test_the_kinds_that_are_named_exist() -> None:
    known = set()
    for kind in ("worker", "full IIS"):
        workflow = Workflow(service(role(kind, ("plugin", "simple"), probed="custom")), Bounds(Faults(1)))
        known |= {e.fault for e in workflow.network.events if e.fault}
    assert set(NOTICED) <= known


@pytest.mark.parametrize(("kind", "probed"), [("worker", "default"), ("full IIS", "custom")])
def test_what_nobody_reacts_to_makes_nothing_possible(kind: str, probed: str) -> None:
    deployment = service(role(kind, ("pair", "simple"), probed=probed))
    calm = Workflow(deployment, Bounds(Faults(0), 2, 5))
    usual = happening(calm)
    faults = {e.fault for e in calm.network.events if e.fault}
    unnoticed = faults - set(NOTICED)
    assert unnoticed == {"on_start_hangs", "task_hang"}
    for unheard in sorted(unnoticed):
        more = happening(replace(calm, bounds=Bounds(Faults(0, ((unheard, 1),)), 2, 5))) - usual
        assert more == {e.name for e in calm.network.events if e.fault == unheard}


def happening(workflow: Workflow) -> set[str]:
    """What happens anywhere."""
    space = explore(workflow.network, graph=True)
    assert space.graph is not None
    return {workflow.network.events[int(e)].name for e in set(space.graph.events.tolist())}


@pytest.mark.parametrize("fault", ["run_hangs", "task_3010", "on_stop_hangs", "custom_probe_fails"])
def test_a_reaction_that_is_listed_comes(fault: str) -> None:
    deployment = service(role("worker", ("simple",), probed="custom" if fault == "custom_probe_fails" else "default"))
    for row in recovery_times(Workflow(deployment, Bounds(requests=2, tick=5)), [fault]):
        assert row.noticed is not None, row.fault
        assert row.noticed_by
