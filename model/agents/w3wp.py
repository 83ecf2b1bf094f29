"""w3wp: the standard IIS worker process; it runs the AppPool that IISConfigurator set up (R-L1).

IIS starts it when the first web request comes in, and it serves that request (R-10).  It is a child of IIS, not of
the bootstrapper: it outlives a recycle of the role until its AppPool is deleted, and when it crashes IIS starts it
again with the next request; nobody reports that to the fabric.  RoleEnvironment events subscribed in it are raised in
it (R-L2).

Left out: several worker processes, idle time-outs and recycling of AppPools (all of them look like a crash from
outside).
"""

from __future__ import annotations

from ..statechart import ROOT, State, Statechart, does, ignores, on, refuses
from .vocabulary import GUEST_DOWN

STATUS = ("status_check_in_w3wp", "changed_raised_in_w3wp")
NOBODY = ("no_w3wp_to_check", "no_w3wp_to_tell")


def w3wp(serves_requests: bool, subscribed: bool) -> Statechart:
    """The worker process; ``serves_requests`` if the role has a public endpoint, ``subscribed`` to RoleEnvironment
    events."""
    runs = ("starting", "serving", "idle")
    states = (State("no_site"), State("site"), *(State(s) for s in (runs if serves_requests else ())))
    serving = (
        on("client_request", "site", "starting", realises=("R-10", "R-L1"), says="the first request: IIS starts w3wp"),
        does(
            "w3wp_started", "starting", "serving", realises=("R-10", "R-L1"), says="w3wp runs the AppPool of the site"
        ),
        does("request_served", "serving", "idle", realises=("R-10", "R-L1"), says="w3wp serves the request"),
        on("client_request", "idle", "serving", realises=("R-L1",), says="another request"),
        refuses("client_request", ("no_site", "starting", "serving"), says="the request waits"),
        does("w3wp_crashes", runs, "site", fault="w3wp_crash", says="w3wp dies; the next request starts it again"),
    )
    events = (
        *((on(STATUS, runs, realises=("R-L2",), says="the event is raised in w3wp"),) if serves_requests else ()),
        refuses(STATUS, ("no_site", "site"), says="there is no w3wp"),
        *((refuses(NOBODY, runs, says="there is a w3wp"),) if serves_requests else ()),
        ignores(NOBODY, ("no_site", "site")),
    )
    return Statechart(
        "w3wp",
        states,
        "no_site",
        rows=(
            on(
                "sites_configured", "no_site", "site", realises=("R-L1",), says="IISConfigurator has set up the AppPool"
            ),
            on(
                "app_pools_deleted", ROOT, "no_site", realises=("R-6",), says="the AppPool is deleted, and w3wp with it"
            ),
            *(serving if serves_requests else ()),
            *(events if subscribed else ()),
            on(GUEST_DOWN, ROOT, "no_site", says="the guest goes down"),
        ),
    )
