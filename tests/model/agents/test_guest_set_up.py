"""Step 5: what the guest agent sets up for which role, for a new package again, and what can stand in its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from goalstate.model.deployment import LocalStorage, Role
from goalstate.model.network import Network, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, Faults, Workflow
from tests.model.services import role, service

HERE = "R_IN_0/"
ASKED = "request_{0} subscription_work_done forward_{0} pool_found command_{0}"
BOOTED = """free_cores_found package_and_configuration_copied deploy_guest start_guest guest_booted install_guest_agent
configure_guest_agent start_guest_agent heartbeat_answered no_bootstrapper_found"""
SET_UP = """configure_firewall configure_acls create_local_storage set_up_package install_certificates set_up_account
copy_configuration"""
STARTED = """report_configuration_applied start_bootstrapper read_role_configuration read_startup_tasks
startup_tasks_done start_worker_host entry_point_loaded on_start_called on_start_returned run_invoked role_ready
report_ready operation_finished"""
UPDATE = f"{ASKED.format('update_package')} update_domain_0 order_package deliver_package"
STOPPED = """stop_role stop_host stopping_raised on_stop_called on_stop_returned host_exits bootstrapper_exits
report_not_ready"""
STEPS = {
    "firewall": "configure_firewall",
    "acls": "configure_acls",
    "local_storage": "create_local_storage",
    "package": "set_up_package",
    "certificates": "install_certificates",
    "account": "set_up_account",
}
EMPTIED = replace(role("worker"), local_storage=(LocalStorage("Cache"),))


def network_of(subject: Role, faults: str = "none", requests: int = 1) -> Network:
    return Workflow(service(subject), Bounds(Faults.parse(faults), requests=requests, tick=5)).network


def run(network: Network, *parts: str) -> Path:
    """The run of these events after the guest has booted; those of the instance are written without its scope."""
    words = " ".join((ASKED.format("deploy"), BOOTED, *parts)).split()
    return Path.replay(network, [w if w in network.event_index else HERE + w for w in words])


@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
def test_the_steps_are_those_that_the_role_declares(kind: str) -> None:
    def steps(subject: Role) -> set[str]:
        known = {e.removeprefix(HERE) for e in network_of(subject).event_index}
        return {event for event in STEPS.values() if event in known}

    whole = role(kind)
    assert steps(whole) == set(STEPS.values())
    assert steps(replace(whole, certificates=())) == set(STEPS.values()) - {"install_certificates"}
    assert steps(replace(whole, local_storage=())) == set(STEPS.values()) - {"create_local_storage"}


def test_a_role_without_resources_starts_without_their_steps() -> None:
    bare = network_of(replace(role("worker"), certificates=(), local_storage=()))
    few = SET_UP.replace("create_local_storage", "").replace("install_certificates", "")
    assert run(bare, few, STARTED)
    with pytest.raises(ReplayError):
        run(bare, few.replace("configure_acls", ""))


def test_a_new_package_goes_through_step_5_in_full() -> None:
    network = network_of(role("worker"), requests=2)
    before = (SET_UP, STARTED, UPDATE, STOPPED)
    assert run(network, *before, SET_UP, "report_configuration_applied start_bootstrapper")
    with pytest.raises(ReplayError, match="guest_agent"):
        run(network, *before, "set_up_package")


def test_a_package_that_arrives_in_the_middle_of_step_5_begins_it_anew() -> None:
    network = network_of(role("worker"), requests=2)
    early = f"configure_firewall configure_acls operation_finished {UPDATE} goal_state_changed"
    assert run(network, early, SET_UP)
    with pytest.raises(ReplayError, match="guest_agent"):
        run(network, early.removesuffix("goal_state_changed"), "create_local_storage")


@pytest.mark.parametrize(
    ("fault", "found", "again", "before"),
    [
        ("locked_directory", "local_storage_locked", "local_storage_still_locked", "create_local_storage"),
        ("damaged_package", "package_damaged", "package_still_damaged", "set_up_package"),
        ("missing_certificate", "certificate_missing", "certificate_still_missing", "install_certificates"),
    ],
)
def test_an_obstacle_is_met_again_and_again(fault: str, found: str, again: str, before: str) -> None:
    network = network_of(role("worker"), f"{fault}=1")
    reached = SET_UP.split(before, maxsplit=1)[0]
    stuck = f"{reached} {found} {again} tick heartbeat_answered {again}"
    assert run(network, stuck)
    with pytest.raises(ReplayError, match="guest_agent"):
        run(network, stuck, before)


@pytest.mark.parametrize("kind", ["update_package", "change_configuration", "reboot"])
@pytest.mark.parametrize("fault", ["locked_directory", "damaged_package", "missing_certificate"])
def test_what_heals_an_obstacle(fault: str, kind: str) -> None:
    """A new package heals two of them, a new configuration a missing certificate, a reboot a locked directory."""
    heals = {
        "locked_directory": {"reboot"},
        "damaged_package": {"update_package"},
        "missing_certificate": {"update_package", "change_configuration"},
    }
    found, before = {
        "locked_directory": ("local_storage_locked", "create_local_storage"),
        "damaged_package": ("package_damaged", "set_up_package"),
        "missing_certificate": ("certificate_missing", "install_certificates"),
    }[fault]
    told = {
        "update_package": "update_domain_0 order_package deliver_package goal_state_changed",
        "change_configuration": "configure_domain_0 order_configuration deliver_configuration",
        "reboot": """chosen_for_reboot order_reboot deliver_stop goal_state_stopped role_stopped reboot_guest
        guest_booted guest_agent_is_newest configure_guest_agent start_guest_agent heartbeat_answered
        no_bootstrapper_found""",
    }[kind]
    network = network_of(role("worker"), f"{fault}=1", requests=2)
    first, _ = SET_UP.split(before, maxsplit=1)
    again = "" if kind == "change_configuration" else first
    met = f"{first} {found} operation_finished {ASKED.format(kind)} {told} {again}"
    assert run(network, met)
    if kind in heals[fault]:
        assert run(network, met, before)
    else:
        with pytest.raises(ReplayError, match="guest_agent"):
            run(network, met, before)


def test_a_recycle_empties_local_storage() -> None:
    network = network_of(EMPTIED, "bootstrapper_crash=1")
    ended = (SET_UP, STARTED, "bootstrapper_crashes")
    assert run(network, *ended, "empty_local_storage start_bootstrapper")
    with pytest.raises(ReplayError, match="guest_agent"):
        run(network, *ended, "start_bootstrapper")


def test_local_storage_that_is_kept_is_not_emptied() -> None:
    network = network_of(role("worker"), "bootstrapper_crash=1")
    assert HERE + "empty_local_storage" not in network.event_index
    assert run(network, SET_UP, STARTED, "bootstrapper_crashes start_bootstrapper")


def test_a_file_that_is_locked_keeps_a_role_from_being_recycled() -> None:
    network = network_of(EMPTIED, "bootstrapper_crash=1,locked_directory=1")
    locked = (SET_UP, STARTED, "bootstrapper_crashes local_storage_locked local_storage_still_locked")
    assert run(network, *locked)
    with pytest.raises(ReplayError, match="guest_agent"):
        run(network, *locked, "empty_local_storage")
