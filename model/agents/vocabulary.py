"""The names that agents share: the user's requests, what takes a guest or a host stack down, the passing of a minute.

An event belongs to one instance unless it is listed in ``SERVICE_EVENTS`` or made by ``service_events``.
"""

from __future__ import annotations

REQUESTS = ("deploy", "stop", "change_configuration", "update_package", "reboot", "reimage")
"""What a user can ask for (R-1; reboot and reimage are the Service Management API's role-instance operations)."""

FURTHER_REQUESTS = ("delete", "rollback")
"""What a user can ask for besides, where the bounds say so."""

OVERTAKING = ("stop", "update_package", "delete", "rollback")
"""What may come while an update is under way (Microsoft, "Update an Azure cloud service")."""

UPDATES = ("update_package", "rollback")
"""What walks the upgrade domains with a package."""

UPDATE_STOPS = "update_stops"
"""The fabric controller stops an update until the user acts."""

NO_POOL, ALLOCATION_FAILED = "request_turned_down", "allocation_failed"
"""The user's answers where no pool has room for a deployment, and where a pool has no core left for an instance."""

NO_CORES, WITHDRAWN = "no_cores_found", "deployment_withdrawn"
"""There is no host for an instance; the fabric controller gives the whole deployment up."""

RECYCLES = "recycle_threshold_reached"
"""An instance has recycled too often with its new package."""

TICK = "tick"
"""A minute passes while the guest computes."""

TICK_WHILE_DOWN = "tick_while_down"
"""A minute passes while the guest does not compute: switched off, booting or hung.  Nothing inside it can hold it
back."""

TICKS = (TICK, TICK_WHILE_DOWN)

GUEST_RESTARTS = ("restart_guest", "restart_guest_no_contact", "reboot_guest", "reimage_guest")
"""The guest goes down and boots again; all four are the host agent's."""

GUEST_ENDS = ("stop_guest", "report_hardware_fault", "host_fails")
"""The guest goes down for good, as far as this host is concerned."""

GUEST_DOWN = (*GUEST_RESTARTS, *GUEST_ENDS)
"""Everything that runs inside the guest is gone."""

WIPED = ("restart_guest_no_contact", "reimage_guest", *GUEST_ENDS)
"""The disk of the guest is gone, with what was installed on it."""

STACK_DOWN = ("bootstrapper_exits", "bootstrapper_crashes")
"""WaHostBootstrapper ends, and every process it started with it (Microsoft, "Heartbeats, Recovery, and the Load
Balancer", 2013: the host process and the bootstrapper live and die together)."""

REPORTS = ("report_ready", "report_not_ready", "report_configuration_applied")
"""What the guest agent tells the fabric of the role (R-D3); it goes by way of the host agent."""

CUT_OFF = ("heartbeats_lost", "host_agent_crashes")
"""From now on nothing that the guest agent says arrives; both happen outside the guest."""


NEW_PACKAGE = ("order_package", "package_and_configuration_copied")
"""A package comes to the host of an instance: one for an update, or the newest for a new host."""


def request(kind: str) -> str:
    """The user asks for ``kind``."""
    return f"request_{kind}"


def forward(kind: str) -> str:
    """RDFE hands a request to FFE."""
    return f"forward_{kind}"


def command(kind: str) -> str:
    """FFE tells the fabric controller, and so each placement record, what to do."""
    return f"command_{kind}"


def update_domain(domain: int) -> str:
    """The fabric starts to update one upgrade domain."""
    return f"update_domain_{domain}"


def configure_domain(domain: int) -> str:
    """The fabric starts to send a new configuration to one upgrade domain."""
    return f"configure_domain_{domain}"


def update_domain_done(domain: int) -> str:
    """Every instance of the domain is started again, or was waited for long enough."""
    return f"update_domain_{domain}_done"


def configure_domain_done(domain: int) -> str:
    """Every instance of the domain has the new configuration, or was waited for long enough."""
    return f"configure_domain_{domain}_done"


def service_events(domains: int) -> frozenset[str]:
    """The events that belong to the service as a whole, whichever instance's agent takes part."""
    kinds = (*REQUESTS, *FURTHER_REQUESTS)
    per_request = (f(kind) for kind in kinds for f in (request, forward, command))
    per_domain = (
        f(d)
        for d in range(domains)
        for f in (update_domain, configure_domain, update_domain_done, configure_domain_done)
    )
    return frozenset(
        {*per_request, *per_domain, UPDATE_STOPS, WITHDRAWN, NO_POOL, ALLOCATION_FAILED, "operation_finished"}
    )
