"""The successors of a state in plain Python, for searches too small to wait for tables.

An event needs its sender.  So each component is asked what its local state offers, and only then the other
participants: the work is proportional to the offers, not to the alphabet.  What a local state offers is worked out when
the search first gets there.

Left out, since they can't matter: participants that take the event everywhere and never change, and events that some
participant never takes.  Participants that hold an event back most often are asked first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np

from ...network import GlobalState, Network
from ...network.statespace import Layout
from ...notation.lts import LTS, NONE

Successors: TypeAlias = Callable[[GlobalState], list[tuple[int, GlobalState]]]
Offer: TypeAlias = tuple[int, int, list[tuple[int, list[int]]]]
"""An event, the sender's next local state, and the other participants with their moves."""


def successors_of(network: Network, layout: Layout) -> Successors:
    """A function from a state to its events and next states, by the word in which ``layout`` packs the sender.

    The order decides which of several shortest paths is found, and a change of it changes counterexamples.
    """
    machines = [component.lts for component in network.components]

    @cache
    def shares(lts: LTS) -> list[tuple[float, bool]]:
        # For each event, in what share of the local states it is taken, and whether it changes none of them.
        taken = (lts.moves != NONE).mean(axis=1)
        idle = (lts.moves == np.arange(lts.size, dtype=np.int32)).all(axis=1)
        return list(zip(taken.tolist(), idle.tolist(), strict=True))

    sent: list[list[tuple[int, int]]] = [[] for _ in machines]  # numbers of an event in the network and in the LTS
    asked: dict[int, list[tuple[int, int]]] = {}
    for number, event in enumerate(network.events):
        others = []
        for i, e in event.participants:
            share, idle = shares(machines[i])[e]
            if i == event.sender:
                sent[i].append((number, e))
            elif not idle:
                others.append((share, i, e))
        if all(share for share, _, _ in others):
            asked[number] = [(i, e) for _, i, e in sorted(others)]

    @cache
    def moves(lts: LTS, e: int) -> list[int]:
        found: list[int] = lts.moves[e].tolist()
        return found

    @cache
    def offers(sender: int, local: int) -> list[Offer]:
        following = machines[sender].moves[:, local].tolist()
        return [
            (number, following[e], [(i, moves(machines[i], other)) for i, other in asked[number]])
            for number, e in sent[sender]
            if number in asked and following[e] != NONE
        ]

    senders = sorted((i for i, events in enumerate(sent) if events), key=lambda i: (layout.fields[i][0], i))

    def successors(state: GlobalState) -> list[tuple[int, GlobalState]]:
        found = []
        for sender in senders:
            for event, mine, others in offers(sender, state[sender]):
                following = list(state)
                following[sender] = mine
                for i, moved in others:
                    move = moved[state[i]]
                    if move == NONE:
                        break
                    following[i] = move
                else:
                    found.append((event, tuple(following)))
        return found

    return successors
