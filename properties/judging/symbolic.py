"""Symbolic checking: judging properties of one instance among any number of them, without their product.

Each claim is put to an abstraction, which keeps some components (``abstraction``).  What it says is carried over in one
direction only:

==============  ====================================================  ==============================================
claim           holds, if in the abstraction                          violated, if
==============  ====================================================  ==============================================
Always, Never,  no bad state (of the observer) is reached             a run to one is lifted and replays
Watched
AlwaysCan       from every state with ``source`` there is a way       a run is lifted to a state from which not even
                along sure events                                     the abstraction knows a way
NoDeadlock      in every state a faithful event can happen            a run is lifted to a state without events
NothingLost     no event of a component kept is lost on one kept      a run is lifted and shows it
Possible        a run is lifted and replays                           no such state is reached
==============  ====================================================  ==============================================

A violation that doesn't replay names components that were left out and would have prevented it; they are taken in and
the question is put again, until one of the two columns answers or everything is in and neither did: unknown, with the
reason.  So no verdict rests on a run that only the abstraction has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...model.engines.many_instances.family import Family, lift
from ...model.engines.many_instances.quotients import TooLarge
from ...model.engines.symbolic.diagrams import OutOfLimits, Set
from ...model.engines.symbolic.search import ENGINE, Watcher
from ...model.network import Network
from ...model.network.path import Path
from ...model.network.statespace import NO_LIMITS, Limits, Stopped
from ..observer import VIOLATED
from ..predicates import At, Can, Predicate, anywhere, atoms, bind, mentioned
from ..property import (
    Always,
    AlwaysCan,
    Claim,
    Lacks,
    Never,
    NoDeadlock,
    NothingLost,
    Outcome,
    Possible,
    Property,
    SentBy,
    Watched,
)
from ..runs.refutation import rule, structural
from ..temporal.claims import EveryRun, Initially, SomeRun, Within
from ..verdict import Counts, Vacuity, Verdict, never_reached
from .abstraction import Abstraction, Abstractions, unscoped
from .vacuity import by_words, movers, unmoved

FEW_BUDGETS = 2
"""Budgets that are taken in together where a way back may depend on them."""


@dataclass(frozen=True)
class Finding:
    """An answer to one claim: outcome, path, and why."""

    outcome: Outcome
    path: Path | None = None
    reason: str = ""


HOLDS = Finding(Outcome.HOLDS)


def check_symbolically(
    network: Network, properties: Iterable[Property], limits: Limits = NO_LIMITS
) -> tuple[Counts, list[Verdict], Stopped | None]:
    """A verdict for each property on all of a network, the counts, and what stopped the count, if anything did.

    Nothing is left out here: counts and verdicts are those of a search state by state, and ways are shortest ones.
    """
    judge = Judge(Abstractions(Family(network, {}, lambda: network), {}, limits).of())
    try:
        counts, stopped = judge.counted(), None
    except OutOfLimits as reason:
        counts, stopped = Counts(reason.stopped.found, 0, 0), reason.stopped
    return counts, [replace(judge.verdict(p), counts=counts) for p in properties], stopped


class Judge:
    """What is asked about one abstraction."""

    def __init__(self, abstraction: Abstraction) -> None:
        self.abstraction = abstraction
        self.family = abstraction.family
        self.network = abstraction.network
        self._counts: Counts | None = None
        self._runs: list[Path] = []
        self._columns: dict[tuple[int, int], NDArray[np.int64]] = {}

    def verdict(self, prop: Property) -> Verdict:
        """The verdict on one property, for the large network."""
        started = time.perf_counter()
        vacuity: Vacuity | None = None
        found = 0
        try:
            finding = self.finding(prop.claim)
            if finding.outcome is Outcome.UNKNOWN:
                finding = self._settled(prop.claim, finding)
            if finding.outcome is Outcome.HOLDS:
                vacuity = self._untested(prop)
                said = "" if vacuity is None else str(vacuity)
                finding = replace(finding, reason="; ".join(filter(None, (finding.reason, said))))
        except OutOfLimits as limit:
            finding, found = Finding(Outcome.UNKNOWN, None, str(limit)), limit.stopped.found
        return Verdict(
            prop,
            finding.outcome,
            ENGINE,
            self.counts if self.abstraction.searched else Counts(found, 0, 0),
            self.network.bounds,
            self.network.options,
            time.perf_counter() - started,
            finding.path,
            finding.reason,
            vacuity,
        )

    @property
    def counts(self) -> Counts:
        """States of the abstraction that all properties share; 0 where none needed it.  It has no edges to count."""
        if not self.abstraction.searched:
            return Counts(0, 0, 0)
        if self._counts is None:
            self._counts = Counts(self.abstraction.size(), 0, 0)
        return self._counts

    def counted(self) -> Counts:
        """Exactly how many states, transitions and layers there are with all components kept."""
        everything = self.abstraction.everything
        states, symbols = self.abstraction.reached(everything), self.abstraction.symbols(everything)
        transitions = sum(symbols.size(states & symbols.enabled(e.name)) for e in self.network.events)
        return Counts(symbols.size(states), transitions, symbols.depth(states))

    def finding(self, claim: Claim) -> Finding:
        """The answer to a claim."""
        match claim:
            case Always(predicate):
                about = mentioned(predicate, self.network)
                return self._in_base(claim, lambda k: ~self.abstraction.set_of(predicate, k, may=False), (), about)
            case Never(events, when):
                about = mentioned(claim.given, self.network)
                for event in events:
                    one = Never((event,), when)
                    found = self._in_base(
                        one,
                        lambda k, e=event: self.abstraction.set_of(claim.given, k) & self.abstraction.set_of(Can(e), k),  # type: ignore[misc]
                        (event,),
                        about,
                    )
                    if found.outcome is not Outcome.HOLDS:
                        return found
                return HOLDS
            case Watched(observer, absent):
                for event in observer.alphabet:
                    if event not in absent:
                        self.abstraction.event(event)
                return self._never_reached(claim)
            case Possible(predicate):
                return self._run_to(predicate)[0]
            case AlwaysCan(target, source, without):
                return self._always_can(claim, target, source, without)
            case NoDeadlock():
                return self._in_base(claim, self.abstraction.stuck)
            case NothingLost():
                return self._nothing_lost(claim)
            case Lacks() | SentBy():
                reason = structural(claim, self.network)
                return Finding(Outcome.VIOLATED, Path.replay(self.family.real, ()), reason) if reason else HOLDS
            case EveryRun() | SomeRun() | Initially() | Within():
                return Finding(Outcome.UNKNOWN, None, "claims about whole runs are judged by the explicit engine only")

    def _settled(self, claim: Claim, finding: Finding) -> Finding:
        """What was left open about the core, asked of the core with all instances, minimised."""
        if not self.family.copies or not speaks_of_the_core(claim, self.network):
            return finding
        try:
            network = self.abstraction.all.minimised
        except TooLarge:
            return finding
        whole = Judge(Abstractions(Family(network, {}, lambda: network), {}, self.abstraction.all.rest).of())
        answer = whole.finding(claim).outcome
        if answer is Outcome.HOLDS:
            return Finding(Outcome.HOLDS, None, "shown on the product of all instances, minimised")
        if answer is Outcome.VIOLATED:
            return replace(finding, reason=f"{finding.reason}; the product of all instances, minimised, violates it")
        return finding

    def _untested(self, prop: Property) -> Vacuity | None:
        """Why a property that holds was put to no test, in the sense of ``vacuity``, or perhaps to none."""
        claim = prop.claim
        why = by_words(claim, self.network)
        if why is None and prop.witness is not None:
            why = self._unseen(prop.witness)
        if why is not None:
            return why
        match claim:
            case AlwaysCan(_, source, _) if source is not None and source != prop.witness:
                return self._unseen(source)
            case Watched(observer, _):
                moving = sorted(movers(observer, self.network))
                if not moving:
                    return unmoved(observer)
                why = self._unseen(anywhere([Can(self.network.events[e].name) for e in moving]))
                return unmoved(observer) if why is not None and why.certain else None
            case _:
                return None

    def _unseen(self, witness: Predicate) -> Vacuity | None:
        """The vacuity if nothing in the bounds gets to a witness, or perhaps nothing does."""
        if self._seen(witness):
            return None
        found, path = self._run_to(witness)
        if path is not None:
            self._runs.append(path)
            return None
        if found.outcome is Outcome.VIOLATED:
            return never_reached(witness)
        return Vacuity(f"no run was found to where {witness}", certain=False)

    def _seen(self, witness: Predicate) -> bool:
        # Runs to other witnesses pass by most of them.
        if not self.family.copies:
            base = self.abstraction.base
            return (self.abstraction.reached(base) & self.abstraction.set_of(witness, base)).satisfiable()
        if not self._runs:
            return False
        shown = bind(witness, self._runs[0].network)
        return any(bool(shown.over(partial(self._passed, k)).any()) for k in range(len(self._runs)))

    def _passed(self, run: int, component: int) -> NDArray[np.int64]:
        """The local states of a component along one of the runs."""
        if (run, component) not in self._columns:
            states = self._runs[run].states
            self._columns[run, component] = np.array([state[component] for state in states], dtype=np.int64)
        return self._columns[run, component]

    def _never_reached(self, claim: Watched) -> Finding:
        # From the observer alone: each run that breaks the rule brings in a component that would have prevented it.
        # Those that were needed are needed for the same observer of another instance too: it begins with them.
        lts = claim.observer.lts
        alike = (tuple(map(unscoped, claim.observer.alphabet)), lts.moves.tobytes())
        needed = self.abstraction.all.needed.get(alike, frozenset())
        keep = frozenset(i for i in self.abstraction.base if unscoped(self.network.components[i].name) in needed)
        wrong = [VIOLATED in lts.active(s) for s in range(lts.size)]
        watcher = Watcher.observing(claim.observer)
        while True:
            symbols = self.abstraction.watched_by(watcher, keep)
            actions = [a for a in symbols.actions if a in self.abstraction.live]
            bad = symbols.watched(wrong)
            states = symbols.reachable(actions)
            if not (states & bad).satisfiable():
                self.abstraction.all.needed[alike] = frozenset(unscoped(self.network.components[i].name) for i in keep)
                return HOLDS
            way = symbols.way(symbols.initial, bad, actions, states)
            wider = self.abstraction.wider(keep, way, actions)
            if wider == keep:
                return self._confirmed(claim, way)
            if self.abstraction.base <= keep:
                # Before budgets are counted: can they simply go along with this run?
                found = self._gone_along(claim, way, watcher)
                if found.outcome is Outcome.VIOLATED:
                    return found
            keep = wider

    def _in_base(
        self,
        claim: Claim,
        bad: Callable[[frozenset[int]], Set],
        then: tuple[str, ...] = (),
        about: frozenset[int] = frozenset(),
    ) -> Finding:
        """The same for bad states alone, on what is reached with all but the budgets, which is searched but once.

        ``about``: components to take in where a run shows nothing, because the claim speaks of them.
        """
        keep = self.abstraction.base
        while True:
            states = self.abstraction.reached(keep)
            target = bad(keep) & states
            if not target.satisfiable():
                return HOLDS
            symbols = self.abstraction.symbols(keep)
            way = symbols.way(symbols.initial, target, symbols.actions, states)
            wider = self.abstraction.wider(keep, [*way, *then], symbols.actions)
            if wider == keep:
                found = self._confirmed(claim, [*way, *then])
                wider = keep | (about & self.abstraction.everything)
                if found.outcome is not Outcome.UNKNOWN or wider == keep:
                    return found
            keep = wider

    def _gone_along(self, claim: Claim, way: Sequence[str], watcher: Watcher) -> Finding:
        """A run of all components in which the observer sees what it saw in a run of some, without further faults."""
        noticed = {e.name for e in self.network.events if e.name in watcher.moves or e.fault}
        seen = [e for e in way if e in noticed]
        symbols = self.abstraction.watched_by(Watcher.following(seen), self.abstraction.everything)
        allowed = [a for a in symbols.actions if a in seen or a not in noticed]
        end = symbols.watched([p == len(seen) for p in range(len(seen) + 1)])
        states = symbols.reachable(allowed)
        if not (states & end).satisfiable():
            return Finding(Outcome.UNKNOWN)
        return self._confirmed(claim, symbols.way(symbols.initial, end, allowed, states))

    def _confirmed(self, claim: Claim, way: Sequence[str]) -> Finding:
        path, reason = lift(self.family, self.abstraction.scope, way)
        if path is None:
            return Finding(Outcome.UNKNOWN, None, f"a run of one instance could not be carried over to all: {reason}")
        reason = shown(path, claim)
        if not reason:
            return Finding(Outcome.UNKNOWN, None, "a run of one instance shows something else when all take part")
        return Finding(Outcome.VIOLATED, path, reason)

    def _run_to(self, predicate: Predicate) -> tuple[Finding, Path | None]:
        """Whether some run of the large network gets to a predicate, and such a run of the small one.

        In it the other instances only go along, so the large network has one too.
        """
        keep = self.abstraction.base
        while True:
            states = self.abstraction.reached(keep)
            target = self.abstraction.set_of(predicate, keep)
            if not (states & target).satisfiable():
                return Finding(Outcome.VIOLATED, None, f"no reachable state satisfies {predicate}"), None
            symbols = self.abstraction.symbols(keep)
            way = symbols.way(symbols.initial, target, symbols.actions, states)
            wider = self.abstraction.wider(keep, way, symbols.actions)
            if wider == keep:
                path = self._led_to(predicate, way)
                if path is not None:
                    return HOLDS, path
                return Finding(Outcome.UNKNOWN, None, f"no run was found to where {predicate}"), None
            keep = wider

    def _led_to(self, predicate: Predicate, way: Sequence[str]) -> Path | None:
        # Where others have to be ready for an event, they are led to it; what is wanted is there before it happens.
        for event in ("", *sorted(atom.event for atom in atoms(predicate) if isinstance(atom, Can))):
            run, _ = lift(self.family.small, self.abstraction.scope, [*way, event] if event else way)
            if run is None:
                continue
            path = Path.replay(run.network, run.events[:-1]) if event else run
            if bind(predicate, path.network).of(path.last):
                return path
        return None

    def _always_can(
        self, claim: AlwaysCan, target: Predicate, source: Predicate | None, without: frozenset[str]
    ) -> Finding:
        keep = self.abstraction.base
        while True:
            states, symbols = self.abstraction.reached(keep), self.abstraction.symbols(keep)
            allowed = [a for a in symbols.actions if a not in without]
            sure = [a for a in allowed if self.abstraction.sure(self.abstraction.event(a), keep, without)]
            asked = states if source is None else states & self.abstraction.set_of(source, keep)
            good = symbols.leading_to(self.abstraction.set_of(target, keep, may=False), sure, states)
            if not (asked - good).satisfiable():
                return HOLDS
            perhaps = symbols.leading_to(self.abstraction.set_of(target, keep), allowed, states)
            lost = states - perhaps
            if source is not None:
                lost = lost & self.abstraction.set_of(source, keep, may=False)
            if not lost.satisfiable():
                everything = self.abstraction.everything
                if keep != everything and len(everything - self.abstraction.base) <= FEW_BUDGETS:
                    keep = everything
                    continue
                return Finding(Outcome.UNKNOWN, None, "whether the way back is open depends on what was left out")
            way = symbols.way(symbols.initial, lost, symbols.actions, states)
            wider = self.abstraction.wider(keep, way, symbols.actions)
            if wider == keep:
                return self._confirmed(claim, way)
            keep = wider

    def _nothing_lost(self, claim: NothingLost) -> Finding:
        # Of two alike instances, each is the one that is asked about in turn: an event between the core and an
        # instance that is left out here is looked at there.
        for event in self.network.events:
            if event.sender in self.abstraction.everything and self.abstraction.could_be_lost(event):
                found = self._in_base(claim, lambda keep, e=event: self.abstraction.lost(e, keep))  # type: ignore[misc]
                if found.outcome is not Outcome.HOLDS:
                    return found
        return HOLDS


def speaks_of_the_core(claim: Claim, network: Network) -> bool:
    """Whether minimised instances are as good as whole ones to judge a claim: it names nothing that they hide."""
    core = [c for c in network.components if not c.scope]
    names, known = {c.name for c in core}, {e for c in core for e in c.alphabet}
    told: list[Predicate | None]
    match claim:
        case NoDeadlock():
            told, events = [], frozenset[str]()
        case Always(predicate):
            told, events = [predicate], frozenset()
        case Never(forbidden, when):
            told, events = [when], frozenset(forbidden)
        case AlwaysCan(target, source, without):
            told, events = [target, source], without
        case Watched(observer):
            told, events = [], frozenset(observer.alphabet)
        case _:
            return False
    spoken = {atom for p in told if p is not None for atom in atoms(p)}
    hidden = {e for e in events if e in network.event_index} - known
    return not hidden and all(isinstance(atom, At) and atom.component in names for atom in spoken)


def shown(path: Path, claim: Claim) -> str:
    """What the end of a run of the network itself shows against a claim, in words; nothing if it shows nothing.

    For AlwaysCan it shows that the source is reached; the search has shown that there is no way from there.
    """
    if isinstance(claim, AlwaysCan):
        reached = claim.source is None or bind(claim.source, path.network).of(path.last)
        return claim.stuck if reached else ""
    end = path if isinstance(claim, Watched) else Path(path.network, path.events[-1:], path.states[-2:])
    ruling = rule(end, claim)
    return ruling.reason if ruling.broken else ""
