"""FFE, the Fabric Front End: between RDFE and the fabric controllers; nothing else talks to a fabric controller (R-A3).

It finds the machine pool by affinity group or geography and by what is available (R-2), turns the request into fabric
commands (R-A4) and gives them to the pool's master fabric controller.  For a deployment there may be no pool with room
(``refusable``): then the user gets an allocation failure.

A crash loses nothing, for the reason given for RDFE.

Left out: which pool it is: a deployment stays in the pool that was chosen for it, and pools don't differ otherwise.
"""

from __future__ import annotations

from ..notation.statechart import State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .vocabulary import ALLOCATION_FAILED, NO_POOL, REQUESTS, command, forward


def ffe(kinds: tuple[str, ...] = REQUESTS, refusable: bool = False) -> Statechart:
    """The front end of the fabric, for requests of these kinds; ``refusable``: there may be no pool with room."""
    forwards = tuple(forward(k) for k in kinds)
    commands = tuple(command(k) for k in kinds)
    choice = ("no_pool_found", NO_POOL, ALLOCATION_FAILED) if refusable else ()
    return Statechart(
        "ffe",
        (
            State("process", (State("up"), State("down")), "up"),
            State(
                "work",
                (
                    State("idle"),
                    State("choosing_pool"),
                    State("translating"),
                    *((State("answering", says="there is no pool with room"),) if refusable else ()),
                ),
                "idle",
            ),
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
            *(_no_pool() if refusable else ()),
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
            refuses(
                (*forwards, *commands, *choice, "pool_found"), "down", says="nothing moves until a replica takes over"
            ),
        ),
    )


def _no_pool() -> tuple[Transition, ...]:
    return (
        does(
            "no_pool_found",
            "choosing_pool",
            "answering",
            when="kind == deploy",
            then="kind := none",
            realises=("R-2",),
            fault="no_capacity",
            says="no pool of the affinity group or geography has room",
        ),
        does(NO_POOL, "answering", "idle", realises=("R-2",), says="FFE turns the deployment down"),
        ignores(ALLOCATION_FAILED, "work.idle", says="the answer passes to RDFE"),
    )
