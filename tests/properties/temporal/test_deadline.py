"""Shortest and longest times on random graphs are those of a walk over all runs; runs shown take what they claim."""

from __future__ import annotations

from random import Random

import pytest

from goalstate.model.engines.reference import explore
from goalstate.model.network import Network
from goalstate.properties.temporal.deadline import Stopwatch, Time
from goalstate.properties.temporal.search import Arena

from .random_graphs import random_network

A, B, TICK = "a", "b", "c"


def walk(network: Network, must_stop: bool) -> tuple[int | None, int | None, bool]:
    """Fewest and most ticks from an ``a`` to the next ``b``, stepping through all (state, ticks) pairs; ``must_stop``:
    only what still gets to a ``b`` counts.  No greatest number shows by more ticks than there are states."""
    states = {network.initial}
    waiting = [network.initial]
    while waiting:
        for _, following in network.successors(waiting.pop()):
            if following not in states:
                states.add(following)
                waiting.append(following)
    name = [e.name for e in network.events]
    moves = {s: [(name[e], t) for e, t in network.successors(s)] for s in states}
    arrives = {s for s in states if any(e == B for e, _ in moves[s])}
    while more := {s for s in states - arrives if any(e != A and t in arrives for e, t in moves[s])}:
        arrives |= more
    begun = {(t, 0) for s in states for e, t in moves[s] if e == A and (t in arrives or not must_stop)}
    enough = len(states) + 1
    seen, open_ = set(begun), list(begun)
    fewest = None
    most = None
    while open_:
        state, ticks = open_.pop()
        most = ticks if most is None else max(most, ticks)
        if any(e == B for e, _ in moves[state]):
            fewest = ticks if fewest is None else min(fewest, ticks)
        for event, following in moves[state]:
            after = (following, ticks + (event == TICK))
            if event in (A, B) or after in seen or after[1] > enough or (must_stop and following not in arrives):
                continue
            seen.add(after)
            open_.append(after)
    return fewest, most, most is not None and most >= enough


def agrees(found: Time | None, most: int | None, endless: bool) -> None:
    if most is None:
        assert found is None
        return
    assert found is not None
    assert found.ticks == (None if endless else most)
    events = found.path.events
    assert events[found.begins - 1] == A
    if endless:
        assert found.path.loop is not None
        assert found.path.loop >= found.begins
        assert TICK in events[found.path.loop :]
        assert not {A, B} & set(events[found.begins :])
    else:
        assert events[found.begins :].count(TICK) == found.ticks
        assert A not in events[found.begins :]
        assert B not in events[found.begins : -1]


@pytest.mark.parametrize("block", range(4))
def test_times_are_those_of_a_walk(block: int) -> None:
    finite = 0
    for number in range(block * 500, block * 500 + 500):
        network = random_network(Random(number), most=7)
        watch = Stopwatch(Arena(explore(network)), (A,), (B,), (TICK,))
        fewest, most, endless = walk(network, must_stop=True)
        shortest = watch.shortest()
        assert (shortest.ticks if shortest else None) == fewest, number
        if shortest is not None:
            assert shortest.path.events[shortest.begins :].count(TICK) == fewest
            assert shortest.path.events[-1] == B
        longest = watch.longest()
        agrees(longest, most if fewest is not None else None, endless)
        if longest is not None and longest.ticks:
            assert longest.path.events[-1] == B
            finite += 1
        _, most, endless = walk(network, must_stop=False)
        agrees(watch.tightest(), most, endless)
    assert finite > 10
