"""The user: portal, Service Management API, Visual Studio or MMC, all of them clients of RDFE (R-A1, R-1).

A user deploys a service, and from then on may stop it, deploy it again, change its configuration, update its package,
and reboot or reimage one of its instances.  ``requests`` bounds how often, since the platform's own behaviour does
not depend on it; the bound is printed with every verdict.

Left out: subscriptions, staging and production slots, swaps.
"""

from __future__ import annotations

from ..notation.statechart import State, Statechart, does
from ..notation.terms import Variable
from .vocabulary import REQUESTS, request


def user(requests: int | None) -> Statechart:
    """The user who makes at most ``requests`` requests; None: any number."""
    asks = {"when": "left > 0", "then": "left := left - 1"} if requests is not None else {}
    entered = ("R-A1", "R-1")
    while_deployed = tuple(request(k) for k in REQUESTS if k not in ("deploy", "stop"))
    later = (
        does(
            request("stop"),
            "deployed",
            "nothing_deployed",
            realises=entered,
            says="the user asks RDFE to stop the deployment",
            **asks,
        ),
        does(
            while_deployed,
            "deployed",
            realises=entered,
            says="the user asks RDFE for a change of a running deployment",
            **asks,
        ),
    )
    return Statechart(
        "user",
        (State("nothing_deployed", says="there is no deployment, or it is stopped"), State("deployed")),
        "nothing_deployed",
        variables=(Variable.counter("left", 0, requests, requests),) if requests is not None else (),
        rows=(
            does(
                request("deploy"),
                "nothing_deployed",
                "deployed",
                realises=entered,
                says="the user uploads .cspkg and .cscfg and asks RDFE to deploy them",
                **asks,
            ),
            *(later if requests != 1 else ()),
        ),
        withholds=frozenset(request(k) for k in REQUESTS) if requests == 1 else frozenset(),
    )
