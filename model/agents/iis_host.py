"""WaIISHost: the host process of a full-IIS web role; it hosts the RoleEntryPoint code and nothing else (R-K1, R-9.3).

The first DLL that implements RoleEntryPoint, named in E:\\__entrypoint.txt, is loaded; a role without one runs the
default entry point.  Web requests, a custom probe's among them, are served by w3wp.  RoleEnvironment events that the
entry point subscribed are raised here (R-K2), beside those in w3wp: what a handler there says counts here too.
"""

from __future__ import annotations

from ..notation.statechart import Statechart, Transition, ignores, on
from .role_lifecycle import ON_STOP_LIMIT, role_host

START = "start_iis_host"


def iis_host(on_stop_limit: int = ON_STOP_LIMIT, rows: tuple[Transition, ...] = (), update: int = 0) -> Statechart:
    """The host process of a full-IIS web role; ``rows`` for a custom probe."""
    return role_host("iis_host", START, rows, hosts=("R-9.3", "R-K1"), on_stop_limit=on_stop_limit, update=update)


def heeds_w3wp() -> tuple[Transition, ...]:
    """Rows of a host process beside a w3wp that subscribed to RoleEnvironment events: its answers are the role's."""
    gone = ("run_hung", "stopping", "exiting")
    return (
        on("w3wp_sets_busy", ("ready", "busy"), "busy", realises=("R-L2",), says="w3wp says Busy: the role is Busy"),
        on("w3wp_cancels_change", "deciding", "stopping", realises=("R-L2",), says="w3wp cancels: the role recycles"),
        ignores(("w3wp_sets_busy", "w3wp_cancels_change"), gone, says="the role does not react any more"),
    )
