"""WaWebHost: the host process of a web role without <Sites>, in Hosted Web Core mode (R-J1, R-9.2).

It hosts all the code: the entry point and the site, whose requests it serves itself.  There is no w3wp and no AppPool.
When Run was invoked and the role is marked Ready, it warms the site up with GET /do.__rd_runtime_init__; requests that
come meanwhile are served beside that.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..notation.statechart import ROOT, Statechart, Transition, does, on, refuses
from ..notation.terms import Variable
from .role_lifecycle import ON_STOP_LIMIT, UNDER_WAY, role_host
from .vocabulary import TICK

START = "start_web_host"


def web_host(
    requests: Sequence[str], on_stop_limit: int = ON_STOP_LIMIT, rows: tuple[Transition, ...] = (), update: int = 0
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
                UNDER_WAY,
                when="not warm",
                then="warm := true",
                realises=("R-9.2",),
                says="the role is Ready: the warm-up request GET /do.__rd_runtime_init__ is issued",
            ),
            refuses(TICK, UNDER_WAY, when="not warm", says="the warm-up request follows Ready at once"),
            *(serving if asked else ()),
            *rows,
        ),
        hosts=("R-9.2", "R-J1"),
        on_stop_limit=on_stop_limit,
        update=update,
        memory=(Variable.flag("warm"),),
    )
