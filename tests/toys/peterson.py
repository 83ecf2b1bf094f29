"""Mutual exclusion of two processes (Peterson, "Myths about the mutual exclusion problem", 1981), by events alone.

A process raises its flag, gives the turn away, waits until the other's flag is down or the turn is its own, and
leaves by lowering its flag.  Flags and turn are components of their own; a process that reads one takes part in an
event that happens only where it has the value.
"""

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on


def peterson(gives_turn: bool = True) -> Network:
    """Two processes, two flags, the turn; without ``gives_turn``, a process keeps the turn as it is, which is wrong."""
    components = []
    for me, other in ((0, 1), (1, 0)):
        p = f"p{me}"
        components.append(
            Component(
                p,
                Statechart(
                    "process",
                    (State("idle"), State("flagged"), State("waits"), State("critical")),
                    "idle",
                    rows=(
                        does(f"{p}/raises", "idle", "flagged"),
                        does(f"{p}/gives_turn" if gives_turn else f"{p}/keeps_turn", "flagged", "waits"),
                        does((f"{p}/sees_no_flag", f"{p}/sees_own_turn"), "waits", "critical"),
                        does(f"{p}/leaves", "critical", "idle"),
                    ),
                ),
            )
        )
        flag = Statechart(
            "flag",
            (State("down"), State("up")),
            "down",
            rows=(
                on(f"{p}/raises", "down", "up"),
                on(f"{p}/leaves", "up", "down"),
                on(f"p{other}/sees_no_flag", "down"),
            ),
        )
        components.append(Component(f"flag{me}", flag))
    moves = (
        (on("p0/gives_turn", ("of0", "of1"), "of1"), on("p1/gives_turn", ("of0", "of1"), "of0")) if gives_turn else ()
    )
    states = (State("of0"), State("of1")) if gives_turn else (State("of0"),)
    sees = (on("p0/sees_own_turn", "of0"), on("p1/sees_own_turn", "of1" if gives_turn else "of0"))
    components.append(Component("turn", Statechart("turn", states, "of0", rows=(*moves, *sees))))
    return Network(tuple(components), name="Peterson")
