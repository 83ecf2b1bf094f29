"""The reference engine: plain breadth-first search without tricks, against which the other engines are tested."""

from __future__ import annotations

import time

import numpy as np

from ..network import GlobalState, Network
from ..network.statespace import NO_LIMITS, Graph, Layout, Limit, Limits, StateSpace, Stopped


def explore(network: Network, limits: Limits = NO_LIMITS) -> StateSpace:
    """Every reachable state of a network, with the edges between them.

    Stops at a limit between two states: the result then says which limit, and holds what was found so far.
    """
    started = time.perf_counter()
    states: list[GlobalState] = [network.initial]
    number = {network.initial: 0}
    levels = [0, 1]
    offsets, targets, events = [0], [], []
    stopped = None
    for s, state in enumerate(states):  # grows while it runs
        if s == levels[-1]:
            levels.append(len(states))
        if limits.states is not None and len(states) > limits.states:
            stopped = Stopped(Limit.STATES, limits.states)
        elif limits.seconds is not None and s % 256 == 0 and time.perf_counter() > limits.deadline(started):
            stopped = Stopped(Limit.SECONDS, limits.seconds)
        if stopped is not None:
            break
        for event, following in network.successors(state):
            if following not in number:
                number[following] = len(states)
                states.append(following)
            targets.append(number[following])
            events.append(event)
        offsets.append(len(targets))
    if levels[-1] != len(states):
        levels.append(len(states))
    expanded = len(offsets) - 1
    layout = Layout.of(network)
    graph = Graph(
        np.array(offsets + [len(targets)] * (len(states) - expanded), dtype=np.int64),
        np.array(targets, dtype=np.int64),
        np.array(events, dtype=np.int32),
    )
    return StateSpace(
        network,
        "reference",
        layout,
        layout.pack(states),
        tuple(levels),
        len(targets),
        expanded,
        time.perf_counter() - started,
        stopped,
        graph,
    )
