"""Operations of the fabric, event by event: runs that must be possible, and runs that must not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from goalstate.model.network import Network, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, BoundsError, Fabric, Faults, Platform

from .services import role, service

ONE, TWO = "R_IN_0/", "R_IN_1/"


def fabric(requests: int = 2, faults: int = 1) -> Network:
    """The fabric with the records of two instances, each in a domain of its own; a tick has five minutes."""
    return Fabric(service(role("worker", instances=2)), Bounds(Faults(faults), requests, 5)).network


def asked(kind: str) -> Iterator[str]:
    """A request on its way to the fabric controller."""
    yield from (f"request_{kind}", "subscription_work_done", f"forward_{kind}", "pool_found", f"command_{kind}")


def placed(*scopes: str) -> Iterator[str]:
    """Instances find their hosts and are deployed there."""
    for here in scopes:
        yield from (here + e for e in ("free_cores_found", "package_and_configuration_copied", "deploy_guest"))


DEPLOYED = (*asked("deploy"), *placed(ONE, TWO), "operation_finished")


def impossible(network: Network, *events: str) -> str:
    """The last of some events can't happen after the others, which can: who holds it back."""
    *before, last = events
    path = Path.replay(network, before)
    with pytest.raises(ReplayError) as refused:
        path.then(last)
    return str(refused.value)


# -- the walk of an update ---------------------------------------------------------------------------------------------

MOVING = (*DEPLOYED, *asked("update_package"), ONE + "host_fails", "update_domain_0")


def test_a_walk_waits_for_an_instance_that_has_no_host() -> None:
    assert "placement" in impossible(fabric(), *MOVING, "update_domain_0_done")
    Path.replay(fabric(), (*MOVING, *placed(ONE), ONE + "report_ready", "update_domain_0_done", "update_domain_1"))


def test_a_walk_waits_for_an_instance_whose_package_was_copied_already() -> None:
    copied = (*DEPLOYED, *asked("update_package"), ONE + "host_fails", *list(placed(ONE))[:-1], "update_domain_0")
    assert "placement" in impossible(fabric(), *copied, ONE + "deploy_guest")
    assert "placement" in impossible(fabric(), *copied, "update_domain_0_done")
    Path.replay(fabric(), (*copied, *list(placed(ONE))[1:], ONE + "report_ready", "update_domain_0_done"))


def test_a_walk_waits_thirty_minutes_in_all_whatever_happens_to_the_instance() -> None:
    ticks = [ONE + "tick"] * 3
    told = (*DEPLOYED, *asked("update_package"), "update_domain_0", *ticks, ONE + "host_fails", *ticks)
    assert "placement" in impossible(fabric(), *told[:-1], "update_domain_0_done")
    assert "placement" in impossible(fabric(), *told, ONE + "tick")
    Path.replay(fabric(), (*told, "update_domain_0_done", "update_domain_1"))


# -- what may overtake an update ---------------------------------------------------------------------------------------

UPDATING = (*DEPLOYED, *asked("update_package"), "update_domain_0")


def all_requests(requests: int = 4, faults: int = 1) -> Network:
    """The fabric with every kind of request, and three instances in as many domains."""
    deployment = service(role("worker", instances=3))
    return Fabric(deployment, Bounds(Faults(faults), requests, 5, also=("delete", "rollback"))).network


@pytest.mark.parametrize("kind", ["stop", "delete", "rollback", "update_package"])
def test_an_update_can_be_overtaken(kind: str) -> None:
    Path.replay(all_requests(), (*UPDATING, *asked(kind)))


@pytest.mark.parametrize("kind", ["change_configuration", "reboot", "reimage"])
def test_other_requests_wait_for_an_update(kind: str) -> None:
    assert "rdfe" in impossible(all_requests(), *UPDATING, f"request_{kind}")


def test_nothing_overtakes_a_change_of_the_configuration() -> None:
    assert "rdfe" in impossible(all_requests(), *DEPLOYED, *asked("change_configuration"), "request_stop")


def updated(here: str) -> tuple[str, ...]:
    """An instance gets its new package, starts with it, and reports Ready."""
    return (here + "order_package", here + "deliver_package", here + "start_bootstrapper", here + "report_ready")


def test_a_new_update_begins_with_the_first_domain_at_once() -> None:
    first = (*UPDATING, *updated(ONE), "update_domain_0_done", "update_domain_1", TWO + "order_package")
    second = (*first, *asked("update_package"))
    assert "fabric_controller" in impossible(all_requests(), *second, "update_domain_1_done")
    Path.replay(all_requests(), (*second, "update_domain_0", *updated(ONE), "update_domain_0_done", "update_domain_1"))


def test_what_an_update_before_delivered_is_not_what_is_waited_for() -> None:
    twice = (*UPDATING, ONE + "order_package", *asked("update_package"), "update_domain_0")
    early = (*twice, ONE + "deliver_package", ONE + "report_ready")
    assert "placement" in impossible(all_requests(), *early, "update_domain_0_done")
    Path.replay(all_requests(), (*early, *updated(ONE), "update_domain_0_done"))


def test_a_rollback_walks_the_domains_that_have_come_to_the_new_package() -> None:
    second = (*UPDATING, *updated(ONE), "update_domain_0_done", "update_domain_1", *updated(TWO))
    back = (*second, *asked("rollback"), "update_domain_0", *updated(ONE), "update_domain_0_done", "update_domain_1")
    done = (*back, *updated(TWO), "update_domain_1_done")
    assert "fabric_controller" in impossible(all_requests(), *done, "update_domain_2")
    Path.replay(all_requests(), (*done, "operation_finished"))


def test_a_rollback_comes_too_late_when_the_last_domain_has_come_to_the_new_package() -> None:
    second = (*UPDATING, *updated(ONE), "update_domain_0_done", "update_domain_1", *updated(TWO))
    last = (*second, "update_domain_1_done", "update_domain_2", *asked("rollback"))
    Path.replay(all_requests(), (*last, "update_domain_2_done", "operation_finished"))


def test_a_role_that_recycles_with_its_new_package_stops_the_update_until_the_user_acts() -> None:
    started = (*UPDATING, ONE + "order_package", ONE + "deliver_package", ONE + "start_bootstrapper")
    assert "placement" in impossible(all_requests(), *started, ONE + "recycle_threshold_reached")
    stopped = (*started, ONE + "bootstrapper_exits", ONE + "recycle_threshold_reached", "update_stops")
    for event in ("update_domain_0_done", "update_domain_1", "operation_finished"):
        assert "fabric_controller" in impossible(all_requests(), *stopped, event)
    for kind in ("stop", "delete", "rollback", "update_package"):
        Path.replay(all_requests(), (*stopped, *asked(kind)))


# -- stopping and deleting ---------------------------------------------------------------------------------------------


def gone(kind: str) -> tuple[str, ...]:
    """The service is stopped or deleted, and both instances with it."""
    orders = (here + event for here in (ONE, TWO) for event in ("order_stop", "stop_guest"))
    return (*DEPLOYED, *asked(kind), *orders, "operation_finished")


def test_a_stopped_instance_starts_again_on_the_host_that_it_has_kept() -> None:
    again = (*gone("stop"), *asked("deploy"))
    assert "placement" in impossible(all_requests(), *again, ONE + "free_cores_found")
    Path.replay(all_requests(), (*again, *list(placed(ONE))[1:], *list(placed(TWO))[1:], "operation_finished"))


def test_a_deleted_instance_has_freed_its_host() -> None:
    again = (*gone("delete"), *asked("deploy"))
    assert "placement" in impossible(all_requests(), *again, ONE + "package_and_configuration_copied")
    Path.replay(all_requests(), (*again, *placed(ONE, TWO), "operation_finished"))


def test_what_is_deleted_can_be_deleted_where_it_was_stopped() -> None:
    deleted = (*gone("stop"), *asked("delete"), "operation_finished", *asked("deploy"))
    Path.replay(all_requests(), (*deleted, *placed(ONE, TWO)))


def test_further_requests_are_made_only_where_the_bounds_say_so() -> None:
    assert "request_delete" not in fabric().event_index
    with pytest.raises(BoundsError, match="did you mean 'delete'"):
        Bounds(also=("delet",))


# -- room --------------------------------------------------------------------------------------------------------------


def crowded() -> Network:
    """The fabric of a data centre in which there may be no room."""
    deployment = service(role("worker", instances=2))
    return Fabric(deployment, Bounds(Faults(1), 2, 5), Platform(capacity="may_run_out")).network


def test_where_no_pool_has_room_the_user_gets_an_answer_and_may_ask_again() -> None:
    asked_once = list(asked("deploy"))[:3]
    Path.replay(crowded(), (*asked_once, "no_pool_found", "request_turned_down", *asked("deploy")))
    assert "fault_budget" in impossible(
        crowded(), *asked_once, "no_pool_found", "request_turned_down", *asked_once, "no_pool_found"
    )


def test_where_an_instance_finds_no_cores_what_was_placed_is_taken_back_before_the_user_gets_the_answer() -> None:
    half = (*asked("deploy"), *placed(TWO), ONE + "no_cores_found", "deployment_withdrawn")
    assert "R_IN_1/placement" in impossible(crowded(), *half, "allocation_failed")
    Path.replay(crowded(), (*half, TWO + "order_stop", TWO + "stop_guest", "allocation_failed", *asked("deploy")))


def test_there_is_room_unless_the_option_says_otherwise() -> None:
    assert not {"no_pool_found", ONE + "no_cores_found", "allocation_failed"} & set(fabric().event_index)
