"""Roles whose instances share a repair crew: what one of them does depends on how many others are broken."""

from __future__ import annotations

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on, refuses
from goalstate.model.notation.terms import Variable


def crew(instances: int, hands: int) -> Network:
    """``instances`` machines that break down, are repaired by one of ``hands`` and then restarted."""
    scopes = [f"m{k}/" for k in range(instances)]
    calls, returns = tuple(s + "repair" for s in scopes), tuple(s + "repaired" for s in scopes)
    workers = Statechart(
        "crew",
        (State("at_hand"),),
        "at_hand",
        variables=(Variable.counter("busy", 0, hands),),
        rows=(
            on(calls, "at_hand", when=f"busy < {hands}", then="busy := busy + 1"),
            refuses(calls, "at_hand", when=f"busy == {hands}"),
            on(returns, "at_hand", when="busy > 0", then="busy := busy - 1"),
            refuses(returns, "at_hand", when="busy == 0"),
        ),
    )
    machine = Statechart(
        "machine",
        (State("runs"), State("broken"), State("repairing"), State("starting")),
        "runs",
        rows=(
            does("breaks", "runs", "broken"),
            does("repair", "broken", "repairing"),
            does("repaired", "repairing", "starting"),
            does("started", "starting", "runs"),
        ),
    )
    return Network((Component("crew", workers), *(Component(s + "machine", machine, s) for s in scopes)), name="crew")


def states(instances: int, hands: int) -> int:
    """How many states there are: any choice of at most ``hands`` instances is being repaired, the others are in one of
    three states."""
    found, choices = 0, 1
    for busy in range(min(instances, hands) + 1):
        found += choices * 3 ** (instances - busy)
        choices = choices * (instances - busy) // (busy + 1)
    return found
