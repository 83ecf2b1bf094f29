"""The causal slice of a run that breaks a claim: without the events that are not in the past of the violation.

Going backwards from where the claim is broken, a component matters if the claim speaks of it, or if it takes part in a
later event that is kept.  An event is kept if it changes a component that matters, or if the claim speaks of the event.
What is dropped changes nothing that matters, so what remains can happen.  Then single events, and blocks of them, are
left out as far as that goes, which also finds detours.

Whatever comes out is replayed and judged again: it breaks the claim, or the run stays as it was.

Sources: Lamport, "Time, clocks, and the ordering of events in a distributed system", 1978, for the past of an event;
Weiser, "Program slicing", 1984.

Left out: claims about what can follow (``AlwaysCan``, ``Initially``), for which every event matters; the run that the
search finds for them is a nearest one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.network import Network
from ..model.path import Path
from .predicates import At, Both, Can, Either, Negation, Predicate
from .property import Always, Claim, Never, Watched
from .refutation import ABOUT_WHAT_FOLLOWS, rule
from .shortening import shorten
from .temporal.claims import Within

MOST = 2_000
"""Events from which on only what is not in the past is dropped: to try every event takes the square of their number."""


def sliced(path: Path, claim: Claim) -> Path:
    """What a claim's violation needs of a run; the run itself where it breaks no claim, or nothing can be left out.

    >>> from ..model.network import Component, Network
    >>> from ..model.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(does("switch_on", "dark", "bright"),))
    >>> clock = Statechart("clock", (State("ticks"),), "ticks", rows=(does("tick", "ticks"),))
    >>> network = Network((Component("lamp", lamp), Component("clock", clock)))
    >>> run = Path.replay(network, ["tick", "switch_on", "tick"])
    >>> sliced(run, Always(At("lamp", "in(dark)"))).events
    ('switch_on',)
    """
    if isinstance(claim, ABOUT_WHAT_FOLLOWS):
        return path
    ruling = rule(path, claim)
    if ruling.broken is not True:
        return path

    def breaks(shorter: Path) -> bool:
        return rule(shorter, claim).broken is True

    best = path
    if ruling.after is not None:
        past = Path.replay(path.network, _past(path, claim, ruling.after))
        if breaks(past):
            best = past
    return shorten(best, breaks) if len(best) <= MOST else best


def _past(path: Path, claim: Claim, after: int) -> list[str]:
    """The events up to the one ``after`` which the claim is broken, without those that can't have to do with it."""
    network = path.network
    spoken, matter = _spoken_of(path, claim)
    kept: list[str] = []
    for k in range(after - 1, -1, -1):
        event, before, then = path.events[k], path.states[k], path.states[k + 1]
        parts = [i for i, _ in network.events[network.event_index[event]].participants]
        if event in spoken or any(i in matter and before[i] != then[i] for i in parts):
            kept.append(event)
            matter.update(parts)
    return kept[::-1]


def _spoken_of(path: Path, claim: Claim) -> tuple[frozenset[str], set[int]]:
    """The events and the components that a claim speaks of; of a claim that is not taken apart, all components."""
    network = path.network
    match claim:
        case Always(predicate):
            return frozenset(), set(_components(predicate, network))
        case Never(events, when):
            return frozenset(events), set(_components(when, network))
        case Watched(observer):
            return frozenset(observer.alphabet), set()
        case Within(start, goal, _, ticks):
            return frozenset((*start.events, *goal.events, *ticks)), set()
        case _:
            return frozenset(), set(range(len(network.components)))


def _components(predicate: Predicate, network: Network) -> Iterator[int]:
    match predicate:
        case At(component):
            yield network.index[component]
        case Can(event):
            yield from (i for i, _ in network.events[network.event_index[event]].participants)
        case Both(left, right) | Either(left, right):
            yield from _components(left, network)
            yield from _components(right, network)
        case Negation(operand):
            yield from _components(operand, network)
