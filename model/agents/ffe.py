"""FFE, the Fabric Front End: between RDFE and the fabric controllers; nothing else talks to a fabric controller (R-A3).

It finds the machine pool by affinity group or geography and by what is available (R-2), turns the request into fabric
commands (R-A4) and gives them to the pool's master fabric controller.

A crash loses nothing, for the reason given for RDFE.

Left out: the choice itself: the model does not distinguish pools.
"""

from __future__ import annotations

from ..notation.statechart import State, Statechart, does, ignores, on, refuses
from ..notation.terms import Variable
from .vocabulary import REQUESTS, command, forward


def ffe(kinds: tuple[str, ...] = REQUESTS) -> Statechart:
    """The front end of the fabric, for requests of these kinds."""
    forwards = tuple(forward(k) for k in kinds)
    commands = tuple(command(k) for k in kinds)
    return Statechart(
        "ffe",
        (
            State("process", (State("up"), State("down")), "up"),
            State("work", (State("idle"), State("choosing_pool"), State("translating")), "idle"),
        ),
        parallel=True,
        variables=(Variable.choice("kind", "none", *kinds),),
        rows=(
            *(
                on(
                    forward(k),
                    "idle",
                    "choosing_pool",
                    then=f"kind := {k}",
                    realises=("R-A3", "R-1"),
                    says=f"FFE takes the request from RDFE: {k}",
                )
                for k in kinds
            ),
            does(
                "pool_found",
                "choosing_pool",
                "translating",
                realises=("R-2",),
                says="FFE finds the machine pool by affinity group or geography and availability",
            ),
            *(
                does(
                    command(k),
                    "translating",
                    "idle",
                    when=f"kind == {k}",
                    then="kind := none",
                    realises=("R-A4", "R-2"),
                    says=f"FFE translates the request for the pool's master fabric controller: {k}",
                )
                for k in kinds
            ),
            ignores("operation_finished", "work.idle", says="the answer passes to RDFE"),
            refuses(
                "operation_finished",
                ("choosing_pool", "translating"),
                says="what is on its way overtakes the operation before it, which has no end of its own then",
            ),
            does("ffe_crashes", "up", "down", fault="ffe_crash", says="the front end's process dies"),
            does("ffe_fails_over", "down", "up", says="another replica goes on with the same request"),
            refuses((*forwards, *commands, "pool_found"), "down", says="nothing moves until a replica takes over"),
        ),
    )
