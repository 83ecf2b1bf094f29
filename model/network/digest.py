"""A digest of a network: the same text exactly where the same events are possible in the same order.

What a network does is the tables of its components: who has which event, where it leads, who sends it, what is a fault
and what a tick.  Sentences, requirements and where a row stands in its file are left out, so that a comment added to a
definition changes nothing.

Source: FIPS 180-4 for SHA-256.
"""

from __future__ import annotations

import hashlib

from .network import Network


def digest(network: Network) -> str:
    """The SHA-256 of what a network can do, as 64 hexadecimal digits.

    >>> from goalstate.model.network import Component
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> def lamp(says: str, target: str) -> Network:
    ...     rows = (does("switch", "dark", "bright", says=says), does("break", "bright", target))
    ...     chart = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=rows)
    ...     return Network((Component("lamp", chart),))
    >>> digest(lamp("it gets light", "bright")) == digest(lamp("light!", "bright"))
    True
    >>> digest(lamp("it gets light", "bright")) == digest(lamp("it gets light", "dark"))
    False
    """
    known: dict[int, bytes] = {}
    whole = hashlib.sha256()
    for component in network.components:
        lts = component.lts
        # Components with equal charts share their LTS.
        if id(lts) not in known:
            table = hashlib.sha256(repr((lts.events, sorted(component.chart.faults.items()))).encode())
            table.update(repr([(s.active, s.values) for s in lts.states]).encode())
            table.update(lts.moves.astype("<i4").tobytes())
            table.update(lts.refused.astype("u1").tobytes())
            known[id(lts)] = table.digest()
        whole.update(repr((component.name, component.alphabet, sorted(component.sends))).encode())
        whole.update(known[id(lts)])
    whole.update(repr(sorted(network.ticks)).encode())
    return whole.hexdigest()
