"""Every chart of every agent can be made, and the machines and the tables agree on all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from goalstate.model.notation.flattening import flatten
from goalstate.model.notation.lts import LTS, NONE
from goalstate.model.notation.statechart import Answer, Statechart
from goalstate.model.running.runner import Agent
from tests.stateful import alone, stateful

from .charts import every, small

SMALL = small()


def test_every_parameter_gives_a_chart() -> None:
    charts = every()
    assert len(charts) > 110
    for what, chart in charts.items():
        lts = flatten(chart)
        assert (
            lts.size >= sum(not chart.by_name[name].children for name in chart.state_names)
            if not chart.parallel
            else lts.size > 1
        ), what
        assert (lts.moves < lts.size).all(), what
        assert chart.sends <= chart.alphabet, what


def test_what_happens_is_said_in_a_sentence() -> None:
    for what, chart in every().items():
        for row in chart.table:
            if row.answer in (Answer.DOES, Answer.ON):
                assert row.says, f"{what}: {row}"


def test_faults_are_sent_by_the_agent_they_befall() -> None:
    kinds = {kind for chart in every().values() for kind in chart.faults.values()}
    assert {"guest_hang", "task_hang", "task_failure", "host_failure", "bootstrapper_crash", "w3wp_crash"} <= kinds
    for chart in every().values():
        assert set(chart.faults) <= chart.sends


# -- machine and table -------------------------------------------------------------------------------------------------


def ways(lts: LTS) -> Iterator[tuple[int, list[str]]]:
    """A shortest list of events to every local state."""
    found: dict[int, list[str]] = {0: []}
    for state in range(lts.size):  # numbered breadth first
        yield state, found[state]
        for e, event in enumerate(lts.events):
            if lts.moves[e, state] != NONE:
                found.setdefault(int(lts.moves[e, state]), [*found[state], event])


@pytest.mark.parametrize("name", SMALL)
def test_machine_and_table_agree_on_every_state_and_event(name: str) -> None:
    chart = SMALL[name]
    lts = flatten(chart)
    agent = Agent(chart)
    pairs = 0
    for state, way in ways(lts):
        lead(agent, way)
        assert agent.local == lts.states[state]
        for e, event in enumerate(lts.events):
            pairs += 1
            assert agent.may(event) == (lts.moves[e, state] != NONE), (way, event)
            assert tuple(row.index for row in agent.answers(event)) == lts.rows.get((e, state), ()), (way, event)
            if lts.moves[e, state] not in (NONE, state):
                values, active = dict(agent.values), agent.state
                agent.take(event)
                assert agent.local == lts.states[lts.moves[e, state]], (way, event)
                agent.values, agent.state = values, active
    assert pairs == lts.size * len(lts.events)


def lead(agent: Agent, way: list[str]) -> None:
    """Take an agent from the start along some events."""
    agent.restart()
    for event in way:
        agent.take(event)


@pytest.mark.parametrize("name", SMALL)
def test_an_agent_alone_walks_in_step_with_its_machine(name: str) -> None:
    run_state_machine_as_test(stateful(alone(SMALL[name])), settings=settings(max_examples=8, stateful_step_count=30))


# -- sizes -------------------------------------------------------------------------------------------------------------

SIZES = {
    "user": (4, 6),
    "rdfe": (30, 66),
    "ffe": (26, 46),
    "fabric_controller": (36, 81),
    "placement": (610, 14007),
    "host_agent": (387, 2642),
    "guest_os": (4, 33),
    "wa_app_agent": (14, 137),
    "guest_agent": (2476, 71406),
    "host_bootstrapper": (36, 574),
    "simple_task": (3, 32),
    "background_task": (4, 41),
    "foreground_task": (2, 19),
    "iis_configurator": (11, 117),
    "worker_host": (35, 666),
    "web_host": (41, 820),
    "iis_host": (35, 692),
    "iis_host without events": (27, 504),
    "w3wp": (5, 74),
    "w3wp that may be disabled": (87, 1407),
    "w3wp that is probed": (7, 125),
    "rotation": (5, 32),
    "open_endpoint": (2, 5),
    "fault_budget": (3, 4),
}
"""Local states, and pairs of a local state and an event that can happen in it."""


def test_sizes_of_the_agents() -> None:
    assert {name: sizes(chart) for name, chart in SMALL.items()} == SIZES, "say which states came or went"


def sizes(chart: Statechart) -> tuple[int, int]:
    """What ``SIZES`` lists."""
    lts = flatten(chart)
    return lts.size, int((lts.moves != NONE).sum())


# -- all states of the smallest agents ---------------------------------------------------------------------------------


STATES = {
    "user": ["nothing_deployed(left=2)", "deployed(left=1)", "deployed(left=0)", "stopped(left=0)"],
    "guest_os": ["off", "booting", "running", "hung"],
    "wa_app_agent": [
        "absent(installed=false)",
        "checking(installed=false)",
        "crashed(installed=false)",
        "configuring(installed=true)",
        "looking(installed=false)",
        "crashed(installed=true)",
        "launching(installed=true)",
        "absent(installed=true)",
        "watching(installed=false)",
        "looking(installed=true)",
        "watching(installed=true)",
        "checking(installed=true)",
        "relaunching(installed=false)",
        "relaunching(installed=true)",
    ],
    "simple_task": ["idle", "running", "hung"],
    "background_task": ["idle", "initialising", "dead", "working"],
    "foreground_task": ["idle", "working"],
    "iis_configurator": [
        "absent",
        "ready",
        "deleting",
        "cleared",
        "configuring.services",
        "configuring.rewrite_module",
        "configuring.site_0",
        "configuring.site_1",
        "configuring.logging",
        "configuring.permissions",
        "configured",
    ],
    "w3wp": ["no_site", "site", "starting", "serving", "idle"],
    "w3wp that is probed": [
        "no_site(unwell=false)",
        "site(unwell=false)",
        "starting(unwell=false)",
        "serving(unwell=false)",
        "serving(unwell=true)",
        "idle(unwell=false)",
        "idle(unwell=true)",
    ],
    "open_endpoint": ["closed", "open"],
    "rotation": [
        "unconfigured(probed=false)",
        "out(probed=false)",
        "in_rotation(probed=true)",
        "out(probed=true)",
        "in_rotation(probed=false)",
    ],
    "fault_budget": ["counting(left=2)", "counting(left=1)", "counting(left=0)"],
}


@pytest.mark.parametrize("name", STATES)
def test_all_states_of_the_smallest_agents(name: str) -> None:
    lts = flatten(SMALL[name])
    assert [lts.name(s) for s in range(lts.size)] == STATES[name]
