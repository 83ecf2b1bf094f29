"""WaWebHost: the host process of a web role without <Sites>, in Hosted Web Core mode (R-J1, R-9.2).

It hosts all the code: the entry point and the site, which it warms up with GET /do.__rd_runtime_init__ and whose
requests it serves itself.  There is no w3wp and no AppPool.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..notation.statechart import ROOT, State, Statechart, Transition, does, on, refuses
from .role_lifecycle import ON_STOP_LIMIT, role_host

START = "start_web_host"


def web_host(
    requests: Sequence[str], on_stop_limit: int = ON_STOP_LIMIT, rows: tuple[Transition, ...] = ()
) -> Statechart:
    """The host process of an HWC web role; ``requests`` reach it from outside; ``rows`` for a custom probe."""
    asked = tuple(requests)
    serving = (
        on(asked, "running", realises=("R-9.2", "R-J1"), says="WaWebHost serves the request itself"),
        refuses(asked, ROOT, says="nobody listens: the client tries again"),
    )
    return role_host(
        "web_host",
        START,
        (
            does(
                "warm_up_requested",
                "warming_up",
                "loading",
                realises=("R-9.2",),
                says="the warm-up request GET /do.__rd_runtime_init__ is issued",
            ),
            *(serving if asked else ()),
            *rows,
        ),
        hosts=("R-9.2", "R-J1"),
        on_stop_limit=on_stop_limit,
        loading=(State("warming_up"), State("loading")),
    )
