"""WaIISHost: the host process of a full-IIS web role; it hosts the RoleEntryPoint code and nothing else (R-K1, R-9.3).

The first DLL that implements RoleEntryPoint, named in E:\\__entrypoint.txt, is loaded; a role without one runs the
default entry point.  Web requests, a custom probe's among them, are served by w3wp.  RoleEnvironment events that the
entry point subscribed are raised here (R-K2).
"""

from __future__ import annotations

from ..notation.statechart import Statechart, Transition
from .role_lifecycle import ON_STOP_LIMIT, role_host

START = "start_iis_host"


def iis_host(on_stop_limit: int = ON_STOP_LIMIT, rows: tuple[Transition, ...] = ()) -> Statechart:
    """The host process of a full-IIS web role; ``rows`` for a custom probe."""
    return role_host("iis_host", START, rows, hosts=("R-9.3", "R-K1"), on_stop_limit=on_stop_limit)
