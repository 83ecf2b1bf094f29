"""A guest that is silent: what the host agent does, when, and what comes too late."""

from __future__ import annotations

import pytest

from goalstate.model.network import Network, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, Faults, Platform, Workflow
from tests.model.services import role, service

HERE = "R_IN_0/"
DEPLOYED = """request_deploy subscription_work_done forward_deploy pool_found command_deploy free_cores_found
package_and_configuration_copied deploy_guest start_guest guest_booted"""
CONTACT = "install_guest_agent configure_guest_agent start_guest_agent heartbeat_answered"
SILENT_MINUTES = 5 * "tick_while_down "
"""25 minutes, in ticks of five."""


def run(network: Network, *parts: str) -> Path:
    """The run of these events; those of the instance are written without its scope."""
    words = " ".join((DEPLOYED, *parts)).split()
    return Path.replay(network, [w if w in network.event_index else HERE + w for w in words])


def worker(faults: str, platform: Platform | None = None) -> Network:
    bounds = Bounds(Faults.parse(faults), requests=1, tick=5)
    return Workflow(service(role("worker")), bounds, platform or Platform()).network


def test_a_guest_that_never_answered_is_set_up_anew() -> None:
    """Its disk is empty after that, so the guest agent is installed again; it was only looked at before."""
    network = worker("guest_hang=1")
    anew = f"install_guest_agent guest_hangs {SILENT_MINUTES} restart_guest_no_contact guest_booted"
    assert run(network, anew, CONTACT)
    with pytest.raises(ReplayError, match="wa_app_agent"):
        run(network, anew, "guest_agent_is_newest")


def test_a_guest_that_was_in_contact_keeps_its_disk() -> None:
    network = worker("guest_hang=1")
    again = f"{CONTACT} guest_hangs tick_while_down tick_while_down restart_guest guest_booted"
    assert run(network, again, "guest_agent_is_newest")
    with pytest.raises(ReplayError, match="wa_app_agent"):
        run(network, again, "install_guest_agent")


def test_an_answer_in_the_very_minute_of_the_restart_comes_too_late() -> None:
    network = worker("heartbeats_lost=1")
    lost = f"{CONTACT} heartbeats_lost tick heartbeat_unheard"
    in_time = f"{CONTACT} heartbeats_lost tick heartbeats_restored heartbeat_answered tick heartbeat_answered"
    assert run(network, in_time)
    due = f"{lost} tick heartbeats_restored"
    assert run(network, due, "restart_guest")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, due, "heartbeat_answered")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, due, "tick")


def test_a_first_answer_at_the_very_end_of_its_time_counts() -> None:
    network = worker("none")
    late = f"install_guest_agent configure_guest_agent {5 * 'tick '} start_guest_agent"
    assert run(network, late, "heartbeat_answered no_bootstrapper_found")
    assert run(network, late, "restart_guest_no_contact")


def test_a_guest_agent_that_died_is_started_again_within_the_minute() -> None:
    network = worker("guest_agent_crash=1")
    assert run(network, CONTACT, "guest_agent_crashes start_guest_agent")
    with pytest.raises(ReplayError, match="wa_app_agent"):
        run(network, CONTACT, "guest_agent_crashes tick")


def test_a_guest_agent_that_stays_dead_costs_its_guest_a_restart() -> None:
    network = worker("guest_agent_crash=1", Platform(dead_guest_agent="stays_dead"))
    with pytest.raises(ReplayError, match="wa_app_agent"):
        run(network, CONTACT, "guest_agent_crashes start_guest_agent")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, CONTACT, "guest_agent_crashes tick restart_guest")
    back = "guest_agent_is_newest configure_guest_agent start_guest_agent heartbeat_answered"
    assert run(network, CONTACT, "guest_agent_crashes tick tick restart_guest guest_booted", back)
