"""Who is asked and by which way requests come in, endpoint by endpoint."""

from __future__ import annotations

import pytest

from goalstate.model.deployment import Endpoint, EndpointKind, Role
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, Faults, Workflow

from .services import role, service

HERE = "R_IN_0/"


def network_of(subject: Role, faults: str = "none") -> Workflow:
    return Workflow(service(subject), Bounds(Faults.parse(faults), requests=1, tick=5))


def known(subject: Role) -> set[str]:
    """The events of the instance in which somebody outside asks for something."""
    events = network_of(subject).network.event_index
    return {e.removeprefix(HERE) for e in events if e.endswith(("request", "probe_answered", "probe_reaches_iis"))}


def with_endpoints(kind: str, *endpoints: Endpoint) -> Role:
    made = role(kind)
    return Role(made.name, made.kind, endpoints=endpoints, sites=made.sites)


IGNORING = Endpoint("Any", EndpointKind.INPUT, "http", 80, ignores_status=True)
OWN = Endpoint("Own", EndpointKind.INSTANCE_INPUT, "tcp", local_port=80)
INTERNAL = Endpoint("Inside", EndpointKind.INTERNAL, "http", 80)
OF_A_MODULE = Endpoint("Rdp", EndpointKind.INTERNAL, "tcp", 3389, module="RemoteAccess")


@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
def test_requests_come_by_every_kind_of_endpoint(kind: str) -> None:
    probing = {"custom_probe_reaches_iis"} if kind == "full IIS" else set()
    lone = {e.removeprefix("custom_") for e in probing}
    assert known(role(kind)) == set()
    assert known(role(kind, probed="default")) == {"client_request", "probe_answered"}
    assert known(role(kind, probed="custom")) == {"client_request", "probe_answered"} | lone
    both = {"client_request", "custom_client_request", "probe_answered", "custom_probe_answered"}
    assert known(role(kind, probed="both")) == both | probing
    for endpoint in (IGNORING, OWN, INTERNAL):
        assert known(with_endpoints(kind, endpoint)) == {"direct_request"}
    assert known(with_endpoints(kind, OF_A_MODULE)) == set()


def test_a_custom_probe_is_answered_by_the_program() -> None:
    for kind, program in (("worker", "worker_host"), ("HWC", "web_host"), ("full IIS", "w3wp")):
        asked = network_of(role(kind, probed="custom")).network.participants(HERE + "probe_answered")
        assert asked == (HERE + "rotation", HERE + "guest_os", HERE + program)


START = """request_deploy subscription_work_done forward_deploy pool_found command_deploy free_cores_found
package_and_configuration_copied deploy_guest start_guest guest_booted install_guest_agent configure_guest_agent
start_guest_agent heartbeat_answered no_bootstrapper_found configure_firewall configure_acls create_local_storage
set_up_package install_certificates set_up_account copy_configuration start_bootstrapper
read_role_configuration start_iis_configurator delete_app_pools app_pools_deleted read_startup_tasks
startup_tasks_done configure_sites start_iis_services
configure_rewrite_module set_up_app_pool_0 redirect_iis_logging set_permissions sites_configured"""
REPORT = "report_configuration_applied"


def test_a_crash_of_w3wp_takes_an_instance_with_a_custom_probe_out_of_rotation_and_ready_stays() -> None:
    network = network_of(role("full IIS", probed="custom"), "w3wp_crash=1").network
    words = START.replace("start_bootstrapper", f"{REPORT} start_bootstrapper").split()
    early = [*words, "probe_reaches_iis", "w3wp_started", "probe_answered_before_run"]
    late = "start_iis_host entry_point_loaded on_start_called on_start_returned run_invoked role_ready enter_rotation"
    ends = "w3wp_crashes report_ready tick probe_reaches_iis leave_rotation_refused"
    events = [*early, *late.split(), *ends.split()]
    named = [HERE + e if HERE + e in network.event_index else e for e in events]
    path = Path.replay(network, named)
    last = network.describe(path.states[-1])
    assert last[HERE + "rotation"].startswith("out")
    assert "status=ready" in last[HERE + "guest_agent"]
    assert last[HERE + "w3wp"].startswith("starting")
    assert "enter_rotation" not in {e.removeprefix(HERE) for e in network.enabled(path.states[len(early)])}
