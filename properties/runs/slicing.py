"""The causal slice of a run that breaks a claim: without the events that are not in the past of the violation.

Going backwards from where the claim is broken, a component matters if the claim speaks of it, or if it takes part in a
later event that is kept.  An event is kept if it changes a component that matters, or if the claim speaks of the event.
What is dropped changes nothing that matters, so what remains can happen.  In a loop every event is later than every
other one.  Then single events, and blocks of them, are left out as far as that goes, which also finds detours.

Whatever comes out is replayed and judged again: it breaks the claim, or the run stays as it was.

Sources: Lamport, "Time, clocks, and the ordering of events in a distributed system", 1978, for the past of an event;
Weiser, "Program slicing", 1984.

Left out: claims about what can follow (``AlwaysCan``, ``Initially``), for which every event matters; the run that the
search finds for them is a nearest one.
"""

from __future__ import annotations

from ...model.network.path import Path
from ..graph.shortening import shorten
from ..predicates import mentioned
from ..property import Always, Claim, Never, Watched
from ..temporal.claims import EveryRun, Within
from ..temporal.formula import Happens, Holds, parts
from .refutation import ABOUT_WHAT_FOLLOWS, rule

MOST = 20_000_000
"""The square of the events times the components, from which on only what is not in the past is dropped: to try every
event takes seconds then."""


def sliced(path: Path, claim: Claim) -> Path:
    """What a claim's violation needs of a run; the run itself where it breaks no claim, or nothing can be left out.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(does("switch_on", "dark", "bright"),))
    >>> clock = Statechart("clock", (State("ticks"),), "ticks", rows=(does("tick", "ticks"),))
    >>> network = Network((Component("lamp", lamp), Component("clock", clock)))
    >>> run = Path.replay(network, ["tick", "switch_on", "tick"])
    >>> from goalstate.properties.predicates import At
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

    past = _past(path, claim, ruling.after)
    best = past if past is not None and breaks(past) else path
    return shorten(best, breaks) if len(best) ** 2 * len(best.network.components) <= MOST else best


def _past(path: Path, claim: Claim, after: int | None) -> Path | None:
    """The run up to the event ``after`` which the claim is broken, without the events that can't have to do with it;
    of a lasso (None) all of it; None where nothing of the loop is left."""
    network = path.network
    spoken, matter = _spoken_of(path, claim)
    last = len(path) if after is None else after
    kept: set[int] = set()
    before = -1
    # In one go backwards but for a loop, where what comes later also comes before.
    while len(kept) > before:
        before = len(kept)
        for k in range(last - 1, -1, -1):
            event, here, there = path.events[k], path.states[k], path.states[k + 1]
            parts = [i for i, _ in network.events[network.event_index[event]].participants]
            if k not in kept and (event in spoken or any(i in matter and here[i] != there[i] for i in parts)):
                kept.add(k)
                matter.update(parts)
        if after is not None or path.loop is None:
            break
    events = [path.events[k] for k in sorted(kept)]
    if after is not None or path.loop is None:
        return Path.replay(network, events)
    loop = sum(k < path.loop for k in kept)
    return Path.replay(network, events, loop) if loop < len(events) else None


def _spoken_of(path: Path, claim: Claim) -> tuple[frozenset[str], set[int]]:
    """The events and the components that a claim speaks of; of a claim that is not taken apart, all components."""
    network = path.network
    match claim:
        case Always(predicate):
            return frozenset(), set(mentioned(predicate, network))
        case Never(events, when):
            return frozenset(events), set() if when is None else set(mentioned(when, network))
        case Watched(observer):
            return frozenset(observer.alphabet), set()
        case EveryRun(formula):
            atoms = list(parts(formula))
            spoken = frozenset(e for atom in atoms if isinstance(atom, Happens) for e in atom.events)
            predicates = [atom.predicate for atom in atoms if isinstance(atom, Holds)]
            return spoken, {i for predicate in predicates for i in mentioned(predicate, network)}
        case Within(start, goal, _, ticks):
            return frozenset((*start.events, *goal.events, *ticks)), set()
        case _:
            return frozenset(), set(range(len(network.components)))
