"""The bootstrapper and the role's own code, run by run: what can happen when, and what can't."""

from __future__ import annotations

import pytest

from goalstate.model.network.network import GlobalState, Network
from goalstate.model.network.path import Path
from goalstate.model.platform import DEFAULT_PLATFORM, Platform
from goalstate.model.workflow import Bounds, BoundsError, Faults, Workflow

from .services import role, service

HERE = "R_IN_0/"

TO_BOOTSTRAPPER = """request_deploy subscription_work_done forward_deploy pool_found command_deploy free_cores_found
package_and_configuration_copied deploy_guest start_guest guest_booted install_guest_agent configure_guest_agent
start_guest_agent heartbeat_answered no_bootstrapper_found configure_firewall configure_acls create_local_storage
set_up_package install_certificates set_up_account copy_configuration report_configuration_applied start_bootstrapper
read_role_configuration"""
SITES = """configure_sites start_iis_services configure_rewrite_module set_up_app_pool_0 redirect_iis_logging
set_permissions sites_configured"""
CLEARING = "start_iis_configurator delete_app_pools app_pools_deleted"
TO_READY = "entry_point_loaded on_start_called on_start_returned run_invoked role_ready"
CHANGE = """operation_finished request_change_configuration subscription_work_done forward_change_configuration
pool_found command_change_configuration configure_domain_0 order_configuration deliver_configuration announce_change
changing_raised"""

START = {
    "worker": f"{TO_BOOTSTRAPPER} read_startup_tasks startup_tasks_done start_worker_host",
    "HWC": f"{TO_BOOTSTRAPPER} read_startup_tasks startup_tasks_done start_web_host",
    "full IIS": f"{TO_BOOTSTRAPPER} {CLEARING} read_startup_tasks startup_tasks_done {SITES} start_iis_host",
}


def network(
    kind: str,
    faults: str = "none",
    probed: str = "default",
    platform: Platform = DEFAULT_PLATFORM,
    tasks: tuple[str, ...] = (),
) -> Network:
    subject = service(role(kind, tasks, probed))
    return Workflow(subject, Bounds(Faults.parse(faults), requests=2, tick=5), platform).network


def after(of: Network, *words: str) -> GlobalState:
    """Where a run leads; it must be possible."""
    events = [HERE + e if HERE + e in of.event_index else e for e in " ".join(words).split()]
    return Path.replay(of, events).states[-1]


def enabled(of: Network, *words: str) -> set[str]:
    """What can happen after a run."""
    return {e.removeprefix(HERE) for e in of.enabled(after(of, *words))}


def test_the_startup_tasks_are_read_after_the_old_app_pools_are_deleted() -> None:
    site = network("full IIS")
    assert "read_startup_tasks" not in enabled(site, TO_BOOTSTRAPPER)
    assert "start_iis_configurator" in enabled(site, TO_BOOTSTRAPPER)
    assert "read_startup_tasks" in enabled(site, TO_BOOTSTRAPPER, CLEARING)
    assert "read_startup_tasks" in enabled(network("worker"), TO_BOOTSTRAPPER)


@pytest.mark.parametrize("kind", START)
def test_the_bootstrapper_has_on_start_run_then_run_and_marks_the_role_ready(kind: str) -> None:
    of = network(kind)
    for event in ("on_start_called", "run_invoked", "role_ready"):
        sender = of.components[of.events[of.event_index[HERE + event]].sender]
        assert sender.name == HERE + "host_bootstrapper"
    assert "on_start_called" not in enabled(of, START[kind])
    assert "status_check" not in enabled(of, START[kind], TO_READY.removesuffix(" role_ready"))
    assert "status_check" in enabled(of, START[kind], TO_READY)


def test_the_warm_up_request_comes_after_ready_and_before_the_minute_is_over() -> None:
    web = network("HWC")
    words = [START["HWC"], *TO_READY.split()]
    for k in range(1, len(words)):
        assert "warm_up_requested" not in enabled(web, *words[:k])
    ready = enabled(web, *words, "report_ready", "enter_rotation")
    assert {"warm_up_requested", "client_request"} <= ready
    assert "tick" not in ready
    warm = enabled(web, *words, "report_ready", "enter_rotation", "warm_up_requested")
    assert "tick" in warm
    assert "warm_up_requested" not in warm


ENDS = {
    "run_returns": "run_returns",
    "request_recycle": "recycle_requested",
    "run_throws": "run_throws",
    "run_hangs": "run_hangs",
    "handler_throws": "handler_throws",
}


@pytest.mark.parametrize("kind", START)
@pytest.mark.parametrize("fault", ENDS)
def test_run_may_end_while_the_handler_of_a_change_runs(kind: str, fault: str) -> None:
    of = network(kind, f"{fault}=1", probed="none")
    words = [START[kind], TO_READY, "warm_up_requested" if kind == "HWC" else "", CHANGE]
    deciding = [*words, "no_w3wp_to_ask" if kind == "full IIS" else ""]
    for during in (words, deciding, [*deciding, "change_accepted"]):
        assert {ENDS[fault], "status_check"} <= enabled(of, *during)
    last = of.describe(after(of, *deciding, ENDS[fault]))
    assert "deciding" not in last[HERE + HOSTS[kind]]


HOSTS = {"worker": "worker_host", "HWC": "web_host", "full IIS": "iis_host"}


@pytest.mark.parametrize("kind", START)
def test_a_handler_sets_busy_at_check_after_check(kind: str) -> None:
    of = network(kind, "handler_busy=1", probed="none")
    words = [START[kind], TO_READY, "warm_up_requested" if kind == "HWC" else "", "handler_sets_busy"]
    asked = "no_w3wp_to_check" if kind == "full IIS" else ""
    for _ in range(3):
        words += [asked, "handler_stays_busy"]
    last = of.describe(after(of, *words))
    assert "status=busy" in last[HERE + "guest_agent"]
    assert "busy" in last[HERE + HOSTS[kind]]
    healed = of.describe(after(of, *words, asked, "status_check"))
    assert "status=ready" in healed[HERE + "guest_agent"]


W3WP = f"{START['full IIS']} {TO_READY} report_ready enter_rotation client_request w3wp_started"


def test_w3wp_hears_of_every_event_and_has_its_say() -> None:
    site = network("full IIS", "handler_busy=1")
    for event in ("status_check_in_w3wp", "changing_raised_in_w3wp", "changed_raised_in_w3wp", "stopping_raised"):
        assert HERE + "w3wp" in site.participants(HERE + event)
    busy = site.describe(after(site, W3WP, "status_check w3wp_sets_busy"))
    assert "status=busy" in busy[HERE + "guest_agent"]
    asked = enabled(site, W3WP, CHANGE)
    assert {"changing_raised_in_w3wp", "w3wp_cancels_change"} <= asked
    assert not asked & {"change_accepted", "tick"}
    gone = site.describe(after(site, W3WP, CHANGE, "w3wp_cancels_change"))
    assert gone[HERE + "iis_host"].startswith("stopping")


def test_a_role_without_events_in_w3wp_asks_the_entry_point_only() -> None:
    site = network("full IIS", platform=Platform(role_events="entry_point"))
    assert {"change_accepted", "change_cancelled"} <= enabled(site, W3WP, CHANGE)
    assert HERE + "w3wp" not in site.participants(HERE + "stopping_raised")


ALONE = Platform(role_events="w3wp")
CHANGE_ALONE = CHANGE.removesuffix("changing_raised")


def test_events_that_w3wp_alone_subscribed_to_are_raised_only_there() -> None:
    site = network("full IIS", "handler_busy=1", platform=ALONE)
    asked = enabled(site, W3WP, CHANGE_ALONE)
    assert {"changing_raised_in_w3wp", "w3wp_cancels_change"} <= asked
    assert not asked & {"changing_raised", "change_accepted", "no_w3wp_to_ask"}
    assert HERE + "iis_host" not in site.participants(HERE + "change_accepted")
    accepted = f"{CHANGE_ALONE} changing_raised_in_w3wp change_accepted apply_configuration"
    told = enabled(site, W3WP, accepted)
    assert "changed_raised_in_w3wp" in told
    assert "changed_raised" not in told
    done = site.describe(after(site, W3WP, accepted, "changed_raised_in_w3wp"))
    assert "changes.quiet" in done[HERE + "host_bootstrapper"]
    gone = site.describe(after(site, W3WP, CHANGE_ALONE, "w3wp_cancels_change"))
    assert gone[HERE + "iis_host"].startswith("stopping")
    stopping = after(site, W3WP, CHANGE_ALONE, "w3wp_cancels_change report_not_ready leave_rotation_not_ready")
    assert HERE + "stopping_raised" in site.enabled(stopping)
    assert HERE + "w3wp" in site.participants(HERE + "stopping_raised")


def test_an_entry_point_that_did_not_subscribe_never_sets_busy_but_is_asked_whether_it_answers() -> None:
    site = network("full IIS", "handler_busy=1", platform=ALONE)
    ready = enabled(site, W3WP)
    assert "status_check" in ready
    assert "handler_sets_busy" not in ready
    assert "handler_sets_busy" in enabled(network("full IIS", "handler_busy=1"), W3WP)
    busy = site.describe(after(site, W3WP, "status_check w3wp_sets_busy"))
    assert "status=busy" in busy[HERE + "guest_agent"]
    with pytest.raises(BoundsError, match="handler_throws"):
        network("full IIS", "handler_throws=1", platform=ALONE)


def test_a_run_that_hangs_keeps_no_event_from_w3wp_alone() -> None:
    hung = f"{W3WP} run_hangs"
    site = network("full IIS", "run_hangs=1", platform=ALONE)
    assert "changing_raised_in_w3wp" in enabled(site, hung, CHANGE_ALONE)
    last = site.describe(after(site, hung, CHANGE_ALONE, "w3wp_cancels_change"))
    assert last[HERE + "iis_host"].startswith("stopping.on_stop_hung")
    both = network("full IIS", "run_hangs=1")
    assert not enabled(both, hung, CHANGE_ALONE) & {"changing_raised", "changing_raised_in_w3wp"}


@pytest.mark.parametrize("kind", ["worker", "HWC"])
def test_a_role_without_w3wp_does_not_care_who_subscribed_there(kind: str) -> None:
    assert network(kind, platform=ALONE).components == network(kind).components


OUT_OF_THE_ORDINARY = "w3wp_crashes client_request w3wp_started"
FOUR_ENDS = f"{W3WP} {' '.join([OUT_OF_THE_ORDINARY] * 4)}"


def test_five_ends_of_w3wp_disable_the_app_pool_and_the_role_stays_ready() -> None:
    site = network("full IIS", "w3wp_crash=6,run_returns=1")
    assert "w3wp_started" in enabled(site, FOUR_ENDS.removesuffix(" w3wp_started"))
    last = after(site, FOUR_ENDS, "w3wp_crashes")
    assert site.describe(last)[HERE + "w3wp"].startswith("disabled")
    assert "status=ready, reported=ready" in site.describe(last)[HERE + "guest_agent"]
    assert site.describe(last)[HERE + "rotation"].startswith("in_rotation")
    asked = enabled(site, FOUR_ENDS, "w3wp_crashes client_request")
    assert "request_fails" in asked
    assert not asked & {"w3wp_started", "request_served", "w3wp_crashes"}
    healed = """run_returns report_not_ready leave_rotation_not_ready stopping_raised on_stop_called on_stop_returned
    host_exits bootstrapper_exits"""
    again = "start_bootstrapper read_role_configuration"
    site_again = f"{CLEARING} read_startup_tasks startup_tasks_done {SITES} start_iis_host {TO_READY} report_ready"
    served = enabled(
        site, FOUR_ENDS, "w3wp_crashes", healed, again, site_again, "enter_rotation client_request w3wp_started"
    )
    assert "request_served" in served


def test_ends_of_w3wp_that_are_further_apart_disable_nothing() -> None:
    site = network("full IIS", "w3wp_crash=6")
    apart = site.describe(after(site, FOUR_ENDS, "status_check status_check_in_w3wp tick w3wp_crashes"))
    assert apart[HERE + "w3wp"].startswith("site")


def test_without_five_ends_in_the_bounds_nothing_is_counted() -> None:
    assert "request_fails" not in {e.removeprefix(HERE) for e in network("full IIS", "w3wp_crash=4").event_index}
    assert HERE + "request_fails" in network("full IIS", "w3wp_crash=5").event_index


BACKGROUND = f"{TO_BOOTSTRAPPER} read_startup_tasks start_task_0"


@pytest.mark.parametrize("ready", [False, True])
def test_the_bootstrapper_looks_after_background_tasks_by_option(ready: bool) -> None:
    watched = network(
        "worker", "task_crash=1", platform=Platform(dead_background_task="restart"), tasks=("background",)
    )
    more = f"startup_tasks_done start_worker_host {TO_READY}" if ready else ""
    assert "bootstrapper_exits" in enabled(watched, BACKGROUND, more, "task_0_dies")
    pair = ("worker", "task_crash=1", "default")
    plugin = f"{BACKGROUND} task_0_initialised start_task_1 task_1_succeeds {more}"
    assert "bootstrapper_exits" in enabled(
        network(*pair, Platform(dead_background_task="restart"), ("plugin",)), plugin, "task_0_ends"
    )
    left = enabled(network(*pair, tasks=("plugin",)), plugin, "task_0_ends")
    assert "bootstrapper_exits" not in left
    assert ("status_check" if ready else "startup_tasks_done") in left


LOST = f"{START['worker']} entry_point_missing host_exits bootstrapper_exits operation_finished"
SET_UP = """install_certificates set_up_account copy_configuration report_configuration_applied start_bootstrapper
read_role_configuration read_startup_tasks startup_tasks_done start_worker_host"""
REIMAGED = """request_reimage subscription_work_done forward_reimage pool_found command_reimage chosen_for_reimage
order_reimage deliver_stop goal_state_stopped role_stopped reimage_guest guest_booted install_guest_agent
configure_guest_agent start_guest_agent heartbeat_answered no_bootstrapper_found configure_firewall configure_acls
create_local_storage set_up_package"""
UPDATED = """request_update_package subscription_work_done forward_update_package pool_found command_update_package
update_domain_0 order_package deliver_package goal_state_changed configure_firewall configure_acls create_local_storage
set_up_package"""


def test_a_missing_entry_point_heals_with_a_new_package_only() -> None:
    of = network("worker", "wrong_entry_point=1")
    same = enabled(of, LOST, REIMAGED, SET_UP)
    assert "entry_point_still_missing" in same
    assert "entry_point_loaded" not in same
    assert "entry_point_loaded" in enabled(of, LOST, UPDATED, SET_UP)
