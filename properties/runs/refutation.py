"""Refutation: whether one run breaks a claim, decided by looking at the run.

A search says that a claim is broken and shows a run.  Here the run is judged again, from the definition of the claim
and by code that shares nothing with the search, so that a run can be cut down, saved, and tried on another definition.

Most claims are broken by a state or an event of the run.  ``AlwaysCan`` and ``Initially`` are broken by what can follow
after the run, so judging them takes the state space.  ``Possible`` and ``SomeRun`` are broken by the lack of a run: no
run refutes them.

Source: Kupferman and Vardi, "Model checking of safety properties", 2001, for bad prefixes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...model.network import Component, GlobalState, Network
from ...model.network.path import Path
from ...model.network.statespace import StateSpace
from ...model.notation.lts import NONE
from ..graph.traversal import leading_to
from ..observer import VIOLATED
from ..predicates import Mask, Predicate, bind
from ..property import Always, AlwaysCan, Claim, Lacks, Never, NoDeadlock, NothingLost, Possible, SentBy, Watched
from ..temporal.branching import ANY_STATE, Fails, Labelling, SomeUntil
from ..temporal.claims import EveryRun, Initially, SomeRun, Within
from ..temporal.fairness import assuming
from ..temporal.formula import english
from ..temporal.search import Arena
from ..temporal.word import Word, satisfies, unfair

ABOUT_WHAT_FOLLOWS = AlwaysCan | Initially
"""Claims that a run breaks by what can come after it."""


@dataclass(frozen=True)
class Ruling:
    """Whether a run breaks a claim (None: that was not decided), why, and after how many events if that can be said."""

    broken: bool | None
    reason: str
    after: int | None = None


def rule(path: Path, claim: Claim, space: StateSpace | None = None) -> Ruling:
    """Judge one run.  ``space`` is the network's state space with its graph, for claims ``ABOUT_WHAT_FOLLOWS``.

    >>> from goalstate.model.network import Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> from goalstate.properties.predicates import At
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(does("switch_on", "dark", "bright"),))
    >>> run = Path.replay(Network((Component("lamp", lamp),)), ["switch_on"])
    >>> print(rule(run, Always(At("lamp", "in(dark)"))))
    Ruling(broken=True, reason='a state in which lamp: in(dark) is false', after=1)
    >>> rule(run, Always(At("lamp", "in(dark) or in(bright)"))).broken
    False
    """
    network = path.network
    match claim:
        case Always(predicate):
            bound = bind(predicate, network)
            return _first((not bound.of(s) for s in path.states), claim.broken)
        case Never(events):
            bound = bind(claim.given, network)
            found = (e in events and bound.of(s) for e, s in zip(path.events, path.states, strict=False))
            at = next((k for k, hit in enumerate(found) if hit), None)
            if at is None:
                return _kept()
            return Ruling(True, claim.broken(path.events[at]), at + 1)
        case Watched(observer):
            at = next((k for k, s in enumerate(watched(path, observer)) if VIOLATED in observer.lts.active(s)), None)
            return _kept() if at is None else Ruling(True, f"{path.events[at - 1]} breaks the rule", at)
        case NoDeadlock():
            if network.enabled(path.last):
                return _kept()
            return Ruling(True, "nothing can happen any more", len(path))
        case NothingLost():
            for k, state in enumerate(path.states):
                reason = next(lost(network, state), "")
                if reason:
                    return Ruling(True, reason, k)
            return _kept()
        case Lacks() | SentBy():
            reason = structural(claim, network)
            return Ruling(True, reason, 0) if reason else _kept()
        case EveryRun(formula, fairness):
            try:
                word = Word.of(path)
            except ValueError:
                return Ruling(None, "the run neither returns to where it was nor ends where nothing can happen")
            broken = unfair(word, fairness)
            if broken:
                return Ruling(False, f"the run does not keep {broken[0]}")
            if satisfies(word, formula):
                return _kept()
            kept = f", {assuming(fairness)}" if fairness else ""
            return Ruling(True, f"a run of which this is false{kept}: {english(formula)}")
        case Within():
            return _overdue(path, claim)
        case AlwaysCan() | Initially():
            return _followed(path, claim, space)
        case Possible() | SomeRun():
            return Ruling(None, "it is the lack of a run that breaks this, so no run shows it")


def structural(claim: Lacks | SentBy, network: Network) -> str:
    """What breaks a claim about the network as such, before anything has happened; empty if nothing does."""
    if isinstance(claim, Lacks):
        return next((f"there is a {name}" for name in claim.components if name in network.index), "")
    senders = {e: network.participants(e)[0] for e in claim.events if e in network.event_index}
    return "; ".join(f"{e} is sent by {who}" for e, who in senders.items() if who != claim.component)


def watched(path: Path, observer: Component) -> list[int]:
    """Where an observer is before each event of a run, and at its end."""
    moves, number = observer.lts.moves, {name: e for e, name in enumerate(observer.alphabet)}
    found = [0]
    for event in path.events:
        found.append(int(moves[number[event], found[-1]]) if event in number else found[-1])
    return found


def lost(network: Network, state: GlobalState) -> Iterator[str]:
    """The events that are sent in a state to an agent that neither takes, ignores nor refuses them, in words."""
    for event in network.events:
        lts = {i: network.components[i].lts for i, _ in event.participants}
        held = [i for i, e in event.participants if lts[i].moves[e, state[i]] == NONE]
        declared = any(lts[i].refused[e, state[i]] for i, e in event.participants)
        if held and event.sender not in held and not declared:
            who = ", ".join(f"{network.components[i].name} in {lts[i].name(state[i])}" for i in held)
            sender = network.components[event.sender].name
            yield f"{sender} sends {event.name}, which {who} does not expect"


def ticks_since_start(path: Path, claim: Within) -> list[int | None]:
    """Before each event and at the end: the ticks since the deadline began to run; None: it does not run."""
    found: list[int | None] = [None]
    for event in path.events:
        now = found[-1]
        if event in claim.start.events:
            now = 0
        elif event in claim.goal.events:
            now = None
        elif event in claim.ticks and now is not None:
            now += 1
        found.append(now)
    return found


def hopeless(space: StateSpace, target: Predicate, without: frozenset[str]) -> Mask:
    """The states of a space from which ``target`` can't be reached by other events than ``without``."""
    assert space.graph is not None
    good = bind(target, space.network).over(space.column)
    allowed = np.array([e.name not in without for e in space.network.events], dtype=np.bool_)
    bad: Mask = ~leading_to(space.graph.reversed(), good, allowed)
    return bad


def numbers(space: StateSpace, path: Path) -> list[int]:
    """The numbers of a run's states in a space; raises KeyError for a state that is not there."""
    found = []
    for packed in space.layout.pack(list(path.states)):
        hits = np.flatnonzero((space.packed == packed).all(axis=1))
        if not len(hits):
            raise KeyError("a state of the run is not in the space")
        found.append(int(hits[0]))
    return found


def _first(bad: Iterator[bool], reason: str) -> Ruling:
    at = next((k for k, wrong in enumerate(bad) if wrong), None)
    return _kept() if at is None else Ruling(True, reason, at)


def _kept() -> Ruling:
    return Ruling(False, "the run does nothing that the property forbids")


def _overdue(path: Path, claim: Within) -> Ruling:
    counted = ticks_since_start(path, claim)
    most = max((n for n in counted if n is not None), default=0)
    what = f"without that {english(claim.goal)}"
    if most > claim.limit:
        late = next(k for k, n in enumerate(counted) if n is not None and n > claim.limit)
        return Ruling(True, f"{claim.tick_length.times(most)} pass {what}", late)
    if path.loop is not None and counted[-1] is not None:
        turning = path.events[path.loop :]
        ends = any(e in claim.goal.events or e in claim.start.events for e in turning)
        if not ends and any(e in claim.ticks for e in turning):
            return Ruling(True, f"time passes without end {what}")
    return _kept()


def _followed(path: Path, claim: AlwaysCan | Initially, space: StateSpace | None) -> Ruling:
    if space is None or space.graph is None or not space.complete:
        limit = f" ({space.stopped})" if space is not None and space.stopped else ""
        return Ruling(None, f"what can come after the run was not searched to its end{limit}")
    where = numbers(space, path)
    match claim:
        case AlwaysCan(target, source, without):
            bad = hopeless(space, target, without)
            if source is not None:
                bad &= bind(source, path.network).over(space.column)
            return _first((bool(bad[n]) for n in where), claim.stuck)
        case Initially(formula, fairness):
            labelling = Labelling(Arena(space), fairness)
            if bool(labelling.states(formula)[0]):
                return _kept()
            match formula:
                case Fails(SomeUntil(left, wrong)) if left == ANY_STATE:
                    bad = labelling.states(wrong) & labelling.fair
                    return _first((bool(bad[n]) for n in where), f"this is false: {claim}")
            return Ruling(True, f"this is false: {claim}", 0)
