"""What people see: one line of the table for each reachable state, in the order in which a start shows them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from goalstate.model.deployment import Deployment
from goalstate.model.engines.explicit.search import explore
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart
from goalstate.model.notation.terms import Variable
from goalstate.model.running.story import simulate
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.log_files import ENTRIES, IIS_HOST, WEB_HOST, entries
from goalstate.properties.portal import (
    HOST,
    HOSTS,
    SIGHTS,
    Status,
    UnseenState,
    appearances,
    describe,
    host_of,
    scopes_seen,
    sight,
    sights,
)
from tests.model.deployment.strategies import deployments
from tests.model.services import KINDS, role, service

WORLDS = [Bounds(Faults(1), 1, 5), Bounds(Faults(0), 2, 5)]


def network_of(kind: str, bounds: Bounds) -> Network:
    return Workflow(service(role(kind, ("pair", "simple"), "both")), bounds).network


@pytest.mark.parametrize("bounds", WORLDS, ids=["one fault", "two requests"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_reachable_state_is_seen_as_one_line(kind: str, bounds: Bounds) -> None:
    space = explore(network_of(kind, bounds), graph=True)
    [scope] = scopes_seen(space.network)
    seen = sights(space, scope)
    assert space.complete
    assert seen.min() >= 0
    for number in range(0, space.distinct, max(1, space.distinct // 200)):
        assert sight(space.network, space.state(number), scope) is SIGHTS[seen[number]]


def test_every_line_is_seen_somewhere() -> None:
    found: set[int] = set()
    for kind in KINDS:
        for bounds in WORLDS:
            space = explore(network_of(kind, bounds), graph=True)
            found |= set(np.unique(sights(space, "R_IN_0/")).tolist())
    assert [SIGHTS[k].means for k in range(len(SIGHTS)) if k not in found] == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(deployment=deployments(max_roles=2, max_instances=2, max_tasks=2))
def test_states_of_random_deployments_are_seen(deployment: Deployment) -> None:
    for one in deployment.roles:
        network = Workflow(deployment, Bounds(Faults(1), 2, 5, ((one.name, (0,)),))).network
        space = explore(network, Limits(20_000))
        [scope] = scopes_seen(network)
        assert sights(space, scope).min() >= 0


def test_ready_is_shown_from_the_report_on_and_in_no_other_state() -> None:
    space = explore(network_of("worker", WORLDS[0]), graph=True)
    network = space.network
    assert space.graph is not None
    seen = sights(space, "R_IN_0/")
    sources = np.repeat(np.arange(space.distinct), np.diff(space.graph.offsets))
    reports = space.graph.events == network.event_index["R_IN_0/report_ready"]
    ready = np.array([line.status is Status.READY for line in SIGHTS])[seen]
    assert not ready[sources[reports]].any()
    came = ~ready[sources] & ready[space.graph.targets] & ~reports
    # Otherwise Ready is only shown again: heartbeats are heard once more, and the fabric's record has not changed.
    assert {network.events[e].name for e in np.unique(space.graph.events[came]).tolist()} <= {
        "R_IN_0/heartbeat_answered"
    }


def test_a_start_shows_the_texts_in_the_order_of_the_documents_steps() -> None:
    network = network_of("full IIS", WORLDS[0])
    run = simulate(network, guide=["R_IN_0/report_ready"], steps=0).path
    shown = [sight(network, state, "R_IN_0/").shown for state in run.states]
    assert list(dict.fromkeys(shown)) == [
        "Stopped",
        "Creating VM (Waiting for Host)",
        "Creating VM",
        "Starting VM",
        "Unknown",
        "Busy (Preparing to start role... System is initializing.)",
        "Busy (Initializing role... System is initializing.)",
        "Busy (Waiting for role to start... System startup tasks are running.)",
        "Busy (Waiting for role to start... Sites are being deployed.)",
        "Busy (Starting role... Sites were deployed.)",
        "Busy (Bringing role online... Calling OnRoleRun.)",
        "Ready",
    ]


def test_after_a_failed_start_the_portal_says_recycling_and_names_the_task() -> None:
    network = network_of("worker", WORLDS[0])
    failed = simulate(network, guide=["R_IN_0/task_2_fails", "R_IN_0/start_task_0"], steps=0).path
    [seen] = appearances(failed)
    assert seen.shown == "Recycling (Waiting for role to start... System startup tasks are running.)"
    assert (seen.status, seen.failed_task) == (Status.CYCLING, "task_2_fails")
    healed = simulate(network, guide=["R_IN_0/task_2_fails", "R_IN_0/report_ready"], steps=0).path
    [seen] = appearances(healed)
    assert (seen.shown, seen.failed_task, seen.again) == ("Ready", "", False)


def test_a_run_that_repeats_shows_one_thing_after_the_other() -> None:
    network = network_of("worker", Bounds(Faults(0, (("wrong_entry_point", 1),)), 1, 5))
    run = simulate(network, guide=["R_IN_0/entry_point_missing", *["R_IN_0/start_bootstrapper"] * 2], steps=0).path
    first = len(run.events) - 1 - run.events[-2::-1].index("R_IN_0/start_bootstrapper")
    events, states = list(run.events), list(run.states)
    while states[-1] != states[first]:
        events.append(events[len(events) - (len(run.events) - first)])
        states.append(network.step(states[-1], events[-1]))
        assert len(events) < 3 * len(run.events)
    [(_, tour)] = describe(Path.replay(network, events, first))
    assert "Recycling (Role has encountered an error and has stopped. Sites were deployed.)" in [a.shown for a in tour]
    assert "Recycling (Starting role... Sites were deployed.)" in [a.shown for a in tour]


def test_the_table_speaks_of_states_that_some_role_has() -> None:
    charts: dict[str, set[str]] = {}
    for kind in KINDS:
        for component in network_of(kind, WORLDS[0]).components:
            name = component.name.removeprefix("R_IN_0/")
            states = {part for whole in component.chart.state_names for part in (whole, whole.rpartition(".")[2])}
            for place in (name, *((HOST,) if name in HOSTS else ())):
                charts.setdefault(place, set()).update(states)
    for line in SIGHTS:
        for where in line.where:
            assert set(where.states) <= charts[where.component], f"{line.means}: {where}"


def test_a_state_that_the_table_does_not_know_is_refused() -> None:
    def one(name: str, state: str, *variables: Variable) -> Component:
        return Component(f"R_IN_0/{name}", Statechart(name, (State(state),), state, variables=variables), "R_IN_0/")

    network = Network(
        (
            one("placement", "placed"),
            one("host_agent", "in_contact", Variable.counter("silence", 0, 2), Variable.counter("timeouts", 0, 2)),
            one("guest_os", "running"),
            one("wa_app_agent", "watching", Variable.flag("installed")),
            one("guest_agent", "supervising"),
            one("host_bootstrapper", "dreaming"),
            one("worker_host", "dreaming"),
        )
    )
    with pytest.raises(UnseenState, match=r"R_IN_0 is not known where .*host_bootstrapper in dreaming"):
        sight(network, network.initial, "R_IN_0/")


def test_networks_without_whole_instances_show_nothing() -> None:
    lamp = Network((Component("lamp", Statechart("lamp", (State("dark"),), "dark")),))
    assert scopes_seen(lamp) == ()
    assert appearances(Path.replay(lamp, [])) == ()


def test_log_files_are_those_of_the_document() -> None:
    found = {entry.requirement for entry in (*ENTRIES.values(), WEB_HOST, IIS_HOST)}
    assert found == {f"R-LOG{n}" for n in range(1, 9)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_is_pointed_only_to_files_that_it_has(kind: str) -> None:
    host = host_of(network_of(kind, WORLDS[0]), "R_IN_0/")
    named = {entry.component for line in SIGHTS for entry in entries(line.logs, host)}
    assert ("IISConfigurator" in named) == (kind == "full IIS") == ("WaIISHost" in named) == ("IIS" in named)
    assert ("WaWebHost" in named) == (kind == "HWC")
