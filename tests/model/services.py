"""Small services of one role, as values: no file is read for them."""

from __future__ import annotations

from collections.abc import Sequence

from goalstate.model.deployment import (
    Certificate,
    Deployment,
    Endpoint,
    EndpointKind,
    LocalStorage,
    Role,
    RoleKind,
    Site,
    Task,
    TaskType,
)

KINDS = {"worker": RoleKind.WORKER, "HWC": RoleKind.HWC_WEB, "full IIS": RoleKind.FULL_IIS_WEB}

TASKS: dict[str, tuple[Task, ...]] = {
    "simple": (Task("setup.cmd"),),
    "background": (Task("watch.exe", TaskType.BACKGROUND),),
    "foreground": (Task("tidy.exe", TaskType.FOREGROUND),),
    "pair": (Task("agent.exe", TaskType.BACKGROUND), Task("agent.exe /blockStartup", partner=0)),
    "plugin": (
        Task("agent.exe", TaskType.BACKGROUND, module="RemoteAccess"),
        Task("agent.exe /blockStartup", partner=0, module="RemoteAccess"),
    ),
}
"""Startup tasks by a word; ``pair`` and ``plugin``, whose second task names the first, go before the others."""

ENDPOINTS: dict[str, tuple[Endpoint, ...]] = {
    "none": (),
    "default": (Endpoint("In", EndpointKind.INPUT, "http", 80),),
    "custom": (Endpoint("In", EndpointKind.INPUT, "http", 80, probe="Alive"),),
    "open": (Endpoint("Own", EndpointKind.INSTANCE_INPUT, "tcp", local_port=80),),
    "both": (
        Endpoint("In", EndpointKind.INPUT, "http", 80),
        Endpoint("Other", EndpointKind.INPUT, "http", 81, probe="Alive"),
    ),
}
"""Endpoints by who is probed: nobody (without or with requests), the guest agent, the role's own program, or each by
one of two."""


def role(kind: str, tasks: Sequence[str] = (), probed: str = "none", instances: int = 1, sites: int = 1) -> Role:
    """A role called R of the kind ``worker``, ``HWC`` or ``full IIS``."""
    return Role(
        "R",
        KINDS[kind],
        instances,
        tuple(task for word in tasks for task in TASKS[word]),
        ENDPOINTS[probed],
        tuple(Site(f"Site{i}", i) for i in range(sites)) if kind == "full IIS" else (),
        local_storage=(LocalStorage("DiagnosticStore", 4096, clean_on_role_recycle=False),),
        certificates=(Certificate("Tls", "LocalMachine", "My"),),
    )


def service(*roles: Role) -> Deployment:
    """A service of these roles."""
    return Deployment("service", roles)
