"""Operations of the fabric, event by event: runs that must be possible, and runs that must not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from goalstate.model.network import Network, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, Fabric, Faults

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
