"""The user: portal, Service Management API, Visual Studio or MMC, all of them clients of RDFE (R-A1, R-1).

A user deploys a service, and from then on may stop it, start it again (``deploy``), change its configuration, update
its package, and reboot or reimage one of its instances.  A stopped service keeps what it has in the data centre; what
was deleted is gone.  ``requests`` bounds how often the user asks, since the platform's own behaviour does not depend on
it; the bound is printed with every verdict.

A request may come at any time; whether it is taken is for RDFE to say.

Left out: subscriptions.
"""

from __future__ import annotations

from ..notation.statechart import State, Statechart, does, on
from ..notation.terms import Variable
from .vocabulary import ALLOCATION_FAILED, NO_POOL, REQUESTS, request


def user(requests: int | None, kinds: tuple[str, ...] = REQUESTS, refusable: bool = False) -> Statechart:
    """The user who makes at most ``requests`` requests of these kinds; None: any number.

    ``refusable``: a deployment may fail for want of room.
    """
    refused = on(
        (NO_POOL, ALLOCATION_FAILED),
        "deployed",
        "nothing_deployed",
        realises=("R-2", "R-3"),
        says="the user learns that there is no room for the deployment",
    )
    asks = {"when": "left > 0", "then": "left := left - 1"} if requests is not None else {}
    entered = ("R-A1", "R-1")
    while_deployed = tuple(request(k) for k in kinds if k not in ("deploy", "stop", "delete"))
    changes = (
        does(
            request("stop"),
            "deployed",
            "stopped",
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
    start_again = does(
        request("deploy"),
        "stopped",
        "deployed",
        realises=entered,
        says="the user asks RDFE to start the deployment again",
        **asks,
    )
    more = requests is None or requests > 2
    delete = does(
        request("delete"),
        ("deployed", "stopped") if more else "deployed",
        "nothing_deployed",
        realises=entered,
        says="the user asks RDFE to delete the deployment",
        **asks,
    )
    return Statechart(
        "user",
        (
            State("nothing_deployed", says="there is no deployment"),
            State("deployed"),
            *((State("stopped", says="there is a deployment, which does not run"),) if requests != 1 else ()),
        ),
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
            *((refused,) if refusable else ()),
            *(changes if requests != 1 else ()),
            *((start_again,) if more else ()),
            *((delete,) if requests != 1 and "delete" in kinds else ()),
        ),
        withholds=frozenset(request(k) for k in kinds) if requests == 1 else frozenset(),
    )
