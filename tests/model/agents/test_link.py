"""What passes between host agent and guest agent, and what a lost link or a host agent that is down keeps from it."""

from __future__ import annotations

import pytest

from goalstate.model.network import Network, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, Faults, Workflow
from tests.model.services import role, service

HERE = "R_IN_0/"
ASKED = "request_{0} subscription_work_done forward_{0} pool_found command_{0}"
BOOTED = """free_cores_found package_and_configuration_copied deploy_guest start_guest guest_booted install_guest_agent
configure_guest_agent start_guest_agent"""
SET_UP = """heartbeat_answered no_bootstrapper_found configure_firewall configure_acls create_local_storage
set_up_package install_certificates set_up_account copy_configuration report_configuration_applied start_bootstrapper"""
STARTED = """read_role_configuration read_startup_tasks startup_tasks_done start_worker_host entry_point_loaded
on_start_called on_start_returned run_invoked role_ready"""


def run(network: Network, *parts: str) -> Path:
    """The run of these events; those of the instance are written without its scope."""
    words = " ".join((ASKED.format("deploy"), BOOTED, SET_UP, *parts)).split()
    return Path.replay(network, [w if w in network.event_index else HERE + w for w in words])


def worker(faults: str, requests: int = 1) -> Network:
    return Workflow(service(role("worker")), Bounds(Faults.parse(faults), requests=requests, tick=5)).network


def test_a_lost_link_carries_no_status() -> None:
    network = worker("heartbeats_lost=1")
    assert run(network, STARTED, "report_ready")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, STARTED, "heartbeats_lost report_ready")
    again = run(network, STARTED, "heartbeats_lost tick heartbeat_unheard heartbeats_restored report_ready")
    assert again.events[-1] == HERE + "report_ready"


def test_a_status_that_can_not_be_told_holds_nothing_up() -> None:
    network = worker("heartbeats_lost=1")
    with pytest.raises(ReplayError, match="guest_agent"):
        run(network, STARTED, "tick")
    assert run(network, STARTED, "heartbeats_lost tick heartbeat_unheard tick heartbeat_unheard restart_guest")


@pytest.mark.parametrize("kind", ["change_configuration", "update_package", "stop"])
def test_a_lost_link_carries_no_orders(kind: str) -> None:
    network = worker("heartbeats_lost=1", requests=2)
    order = {"change_configuration": "configuration", "update_package": "package", "stop": "stop"}[kind]
    walk = {"change_configuration": "configure_domain_0", "update_package": "update_domain_0", "stop": ""}[kind]
    asked = f"report_ready operation_finished {ASKED.format(kind)} {walk} order_{order}"
    assert run(network, STARTED, asked, f"deliver_{order}")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, STARTED, asked, f"heartbeats_lost deliver_{order}")
    assert run(network, STARTED, asked, f"heartbeats_lost heartbeats_restored deliver_{order}")


def test_a_host_agent_that_is_down_hands_on_no_status() -> None:
    network = worker("host_agent_crash=1")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, STARTED, "host_agent_crashes report_ready")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, STARTED, "host_agent_crashes restart_host_agent report_ready")
    back = "host_agent_crashes tick heartbeat_unheard restart_host_agent tick heartbeat_answered report_ready"
    assert run(network, STARTED, back)


def test_a_role_that_stopped_is_not_heard_over_a_lost_link() -> None:
    network = worker("heartbeats_lost=1", requests=2)
    asked = f"report_ready operation_finished {ASKED.format('stop')} order_stop deliver_stop stop_role"
    stopped = "stop_host stopping_raised on_stop_called on_stop_returned host_exits bootstrapper_exits report_not_ready"
    assert run(network, STARTED, asked, stopped, "role_stopped stop_guest")
    with pytest.raises(ReplayError, match="host_agent"):
        run(network, STARTED, asked, stopped, "heartbeats_lost role_stopped")
