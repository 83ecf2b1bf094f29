"""WaIISHost: the host process of a full-IIS web role; it hosts the RoleEntryPoint code and nothing else (R-K1, R-9.3).

The first DLL that implements RoleEntryPoint, named in E:\\__entrypoint.txt, is loaded; a role without one runs the
default entry point.  Web requests, a custom probe's among them, are served by w3wp.  RoleEnvironment events that the
entry point subscribed are raised here (R-K2), beside those in w3wp: what a handler there says counts here too.  Where
w3wp alone subscribed, no event is raised here (R-L2), and a Run that hangs keeps none from w3wp.
"""

from __future__ import annotations

from ..notation.statechart import Statechart, Transition, ignores, on, refuses
from .role_lifecycle import ON_STOP_LIMIT, role_host

START = "start_iis_host"


def iis_host(
    on_stop_limit: int = ON_STOP_LIMIT, rows: tuple[Transition, ...] = (), update: int = 0, subscribed: bool = True
) -> Statechart:
    """The host process of a full-IIS web role; ``rows`` for a custom probe and for events in w3wp; ``subscribed`` says
    whether the entry point subscribed to RoleEnvironment events."""
    return role_host(
        "iis_host",
        START,
        rows,
        hosts=("R-9.3", "R-K1"),
        on_stop_limit=on_stop_limit,
        update=update,
        subscribed=subscribed,
    )


def heeds_w3wp() -> tuple[Transition, ...]:
    """Rows of a host process beside a w3wp that subscribed to RoleEnvironment events: its answers are the role's."""
    gone = ("run_hung", "stopping", "exiting")
    return (
        on("w3wp_sets_busy", ("ready", "busy"), "busy", realises=("R-L2",), says="w3wp says Busy: the role is Busy"),
        on("w3wp_cancels_change", "deciding", "stopping", realises=("R-L2",), says="w3wp cancels: the role recycles"),
        ignores(("w3wp_sets_busy", "w3wp_cancels_change"), gone, says="the role does not react any more"),
    )


def leaves_events_to_w3wp() -> tuple[Transition, ...]:
    """Rows of a host process beside a w3wp that alone subscribed to RoleEnvironment events."""
    gone = ("stopping", "exiting")
    events = ("changing_raised_in_w3wp", "no_w3wp_to_ask", "changed_raised_in_w3wp", "no_w3wp_to_tell")
    return (
        on("w3wp_sets_busy", ("ready", "busy"), "busy", realises=("R-L2",), says="w3wp says Busy: the role is Busy"),
        ignores("w3wp_sets_busy", ("run_hung", *gone), says="the role does not react any more"),
        on("w3wp_cancels_change", "running", "stopping", realises=("R-L2",), says="w3wp cancels: the role recycles"),
        on(
            "w3wp_cancels_change",
            "run_hung",
            "on_stop_hung",
            realises=("R-L2",),
            says="w3wp cancels: the role is to recycle, but its process does not react",
        ),
        ignores(events, ("running", "run_hung"), says="the event is raised in w3wp only"),
        refuses((*events, "w3wp_cancels_change"), gone, says="the role is on its way out: nobody is told any more"),
    )
