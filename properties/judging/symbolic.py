"""Symbolic checking: judging properties of one instance among any number of them, without their product.

Each claim is put to an abstraction that keeps some components and leaves out the rest, which then restrains nothing
(``model.engines.compositional``).  What the abstraction says is carried over in one direction only:

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

An event is *faithful* where nothing that was left out takes part in it, and *sure* also where those left out are other
instances each of which can always be got to take it (which is itself AG EF, asked of one instance of each kind).

A violation that doesn't replay names components that were left out and would have prevented it; they are taken in and
the question is put again, until one of the two columns answers or everything is in and neither did: unknown, with the
reason.  So neither ``holds`` nor ``violated`` is ever said on the strength of the abstraction's own inventions.

Predicates are read twice, as what may be true and what must be true; the two differ only where a predicate says that
an event can happen in which something left out takes part.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...model.engines.many_instances.crowd import Crowd, lift, refuters
from ...model.engines.many_instances.quotients import TooLarge, reduced
from ...model.engines.symbolic.search import ENGINE, Allowance, OutOfLimits, Set, Symbols, Watcher
from ...model.network import Event, Network
from ...model.network.path import Path
from ...model.network.statespace import NO_LIMITS, Limits
from ...model.notation.lts import NONE
from ..observer import VIOLATED
from ..predicates import At, Both, Can, Either, Negation, Predicate, anywhere, bind, local_states
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
from ..temporal.claims import EveryRun, Initially, SomeRun, Within
from ..verdict import Counts, Vacuity, Verdict, never_reached
from .vacuity import by_words, movers, unmoved

MOST_LOOSE = 10**8
"""Product of the sizes of components from which on all agents are taken in."""

FEW_BUDGETS = 2
"""Budgets that are taken in together where a way back may depend on them."""

MOST_OF_ONE = 300_000
"""States of an instance with the core up to which it is minimised."""

BUDGET_COUNTS_AS = 50
"""Local states of an agent that is taken in as gladly as a budget."""


@dataclass(frozen=True)
class Finding:
    """An answer to one claim: outcome, path, and why."""

    outcome: Outcome
    path: Path | None = None
    reason: str = ""


HOLDS = Finding(Outcome.HOLDS)


class Bench:
    """The judges of a crowd, one for each kind of instance; made when they are needed.

    ``kinds``: a scope for each kind of instance, with how many there are.
    """

    def __init__(self, crowd: Crowd, kinds: Mapping[str, int] | None = None, limits: Limits = NO_LIMITS) -> None:
        self.crowd = crowd
        self.kinds = crowd.copies if kinds is None else kinds
        self.limits = limits
        self.started = time.perf_counter()
        self.allowance = Allowance(limits)
        self.needed: dict[object, frozenset[str]] = {}
        self._judges: dict[str, Judge] = {}

    @cached_property
    def minimised(self) -> Network:
        """The large network with its instances minimised; raises TooLarge."""
        most = min(self.limits.states or MOST_OF_ONE, MOST_OF_ONE)
        return reduced(self.crowd, (), replace(self.limits, states=most))

    def judge(self, scope: str = "") -> Judge:
        """The judge of one instance, or, without a scope, of the core alone."""
        if scope not in self._judges:
            rest = self.limits
            if rest.seconds is not None:
                rest = replace(rest, seconds=max(0.0, rest.seconds - (time.perf_counter() - self.started)))
            self._judges[scope] = Judge(self, scope, rest)
        return self._judges[scope]

    def others_are_willing(self, event: str, scope: str, without: frozenset[str]) -> bool:
        """Whether every instance but one can always be got to take an event that the core offers, by itself."""
        others = [s for s, number in self.kinds.items() if number > 1 or s != scope]
        return all(self.judge(other).is_willing(event, without) for other in others)


def check_symbolically(
    network: Network, properties: Iterable[Property], limits: Limits = NO_LIMITS
) -> tuple[Counts, list[Verdict], str]:
    """A verdict for each property on all of a network, the counts, and the limit that stopped the count, if one did.

    Nothing is left out here: counts and verdicts are those of a search state by state, and ways are shortest ones.
    """
    judge = Judge(Bench(Crowd(network, {}, lambda: network), {}, limits), "", limits)
    try:
        counts, limit = judge.counted(), ""
    except OutOfLimits as reason:
        counts, limit = Counts(reason.states, 0, 0), str(reason)
    return counts, [replace(judge.verdict(p), counts=counts) for p in properties], limit


class Judge:
    """One instance of a crowd, or the core alone (``scope`` empty), and what is asked about it."""

    def __init__(self, bench: Bench, scope: str = "", limits: Limits = NO_LIMITS) -> None:
        crowd = bench.crowd
        self.bench = bench
        self.crowd = crowd
        self.scope = scope
        self.network = crowd.network
        own = crowd.instances.get(scope, ()) if scope else ()
        self.everything = frozenset((*crowd.core, *own))
        self.limits = limits
        self.started = time.perf_counter()
        self.base = self.everything - frozenset(crowd.budgets)
        self._symbols: dict[frozenset[int], Symbols] = {}
        self._reached: dict[frozenset[int], Set] = {}
        self._counts: Counts | None = None
        self._runs: list[Path] = []
        self._columns: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._willing: dict[tuple[str, frozenset[str]], bool] = {}
        self._barred: dict[frozenset[str], frozenset[str]] = {}
        self._knows: list[frozenset[str]] = [frozenset(c.alphabet) for c in self.network.components]

    # -- verdicts ------------------------------------------------------------------------------------------------------

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
            finding, found = Finding(Outcome.UNKNOWN, None, str(limit)), limit.states
        return Verdict(
            prop,
            finding.outcome,
            ENGINE,
            self.counts if self.base in self._reached else Counts(found, 0, 0),
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
        found = self._reached.get(self.base)
        if found is None:
            return Counts(0, 0, 0)
        if self._counts is None:
            self._counts = Counts(self.symbols(self.base).size(found), 0, 0)
        return self._counts

    def counted(self) -> Counts:
        """Exactly how many states, transitions and layers there are with all components kept."""
        states, symbols = self.reached(self.everything), self.symbols(self.everything)
        transitions = sum(symbols.size(states & symbols.enabled(e.name)) for e in self.network.events)
        return Counts(symbols.size(states), transitions, symbols.depth(states))

    def finding(self, claim: Claim) -> Finding:
        """The answer to a claim."""
        match claim:
            case Always(predicate):
                about = mentioned(predicate, self.network)
                return self._in_base(claim, lambda k: ~self.set_of(predicate, k, may=False), (), about)
            case Never(events, when):
                for event in events:
                    one = Never((event,), when)
                    found = self._in_base(
                        one,
                        lambda k, e=event: self.set_of(when, k) & self.set_of(Can(e), k),  # type: ignore[misc]
                        (event,),
                        mentioned(when, self.network),
                    )
                    if found.outcome is not Outcome.HOLDS:
                        return found
                return HOLDS
            case Watched(observer, absent):
                for event in observer.alphabet:
                    if event not in absent:
                        self._event(event)
                return self._never_reached(claim)
            case Possible(predicate):
                return self._run_to(predicate)[0]
            case AlwaysCan(target, source, without):
                return self._always_can(claim, target, source, without)
            case NoDeadlock():
                return self._in_base(claim, self._stuck)
            case NothingLost():
                return self._nothing_lost(claim)
            case Lacks(components, _):
                present = [c for c in components if c in self.network.index]
                return self._structural(f"there is a {present[0]}" if present else "")
            case SentBy(events, component):
                senders = {e: self.network.participants(e)[0] for e in events if e in self.network.event_index}
                wrong = [f"{e} is sent by {who}" for e, who in senders.items() if who != component]
                return self._structural("; ".join(wrong))
            case EveryRun() | SomeRun() | Initially() | Within():
                return Finding(Outcome.UNKNOWN, None, "claims about whole runs are judged by the explicit engine only")

    def _settled(self, claim: Claim, finding: Finding) -> Finding:
        """What was left open about the core, asked of the core with all instances, minimised."""
        if not self.crowd.copies or not speaks_of_the_core(claim, self.network):
            return finding
        try:
            network = self.bench.minimised
        except TooLarge:
            return finding
        everybody = Judge(Bench(Crowd(network, {}, lambda: network), {}, self.rest), "", self.rest)
        answer = everybody.finding(claim).outcome
        if answer is Outcome.HOLDS:
            return Finding(Outcome.HOLDS, None, "shown on the product of all instances, minimised")
        if answer is Outcome.VIOLATED:
            return replace(finding, reason=f"{finding.reason}; the product of all instances, minimised, violates it")
        return finding

    def _structural(self, reason: str) -> Finding:
        return Finding(Outcome.VIOLATED, Path.replay(self.crowd.real, ()), reason) if reason else HOLDS

    # -- the abstraction -----------------------------------------------------------------------------------------------

    def reached(self, keep: frozenset[int]) -> Set:
        """What can be reached when only some components are kept."""
        if keep not in self._reached:
            self._reached[keep] = self.symbols(keep).reachable()
        return self._reached[keep]

    def symbols(self, keep: frozenset[int]) -> Symbols:
        """The sets and searches of the components kept."""
        if keep not in self._symbols:
            self._symbols[keep] = Symbols(self.network, keep, self.rest, None, self.bench.allowance)
        return self._symbols[keep]

    @property
    def rest(self) -> Limits:
        """The limits, less the time that has passed."""
        if self.limits.seconds is None:
            return self.limits
        left = self.started + self.limits.seconds - time.perf_counter()
        if left <= 0:
            raise OutOfLimits(f"stopped after {self.limits.seconds:g} seconds")
        return replace(self.limits, seconds=left)

    @cached_property
    def live(self) -> frozenset[str]:
        """The events that can happen at all: what no state of the widest search allows is not worth following."""
        states, symbols = self.reached(self.base), self.symbols(self.base)
        return frozenset(e.name for e in self.network.events if (states & symbols.enabled(e.name)).satisfiable())

    def faithful(self, event: Event, keep: frozenset[int]) -> bool:
        """Whether nothing that was left out takes part in an event."""
        return all(i in keep for i, _ in event.participants)

    def sure(self, event: Event, keep: frozenset[int], without: frozenset[str] = frozenset()) -> bool:
        """Whether an event that is possible among those kept is possible, sooner or later, among all.

        It is when nothing left out takes part, or only other instances that can always be got to take part, by other
        events than ``without``.
        """
        if self.faithful(event, keep):
            return True
        left_out = [self.network.components[i].scope for i, _ in event.participants if i not in keep]
        if event.fault or event.sender not in keep or any(s in ("", self.scope) for s in left_out):
            return False
        return self.bench.others_are_willing(event.name, self.scope, without)

    @cached_property
    def alone(self) -> frozenset[str]:
        """The events in which nobody but this instance takes part, and which are no faults."""
        own = frozenset(self.crowd.instances[self.scope])
        return frozenset(
            e.name for e in self.network.events if not e.fault and all(i in own for i, _ in e.participants)
        )

    @cached_property
    def _alone_unscoped(self) -> frozenset[str]:
        return frozenset(map(_unscoped, self.alone))

    def is_willing(self, event: str, without: frozenset[str] = frozenset()) -> bool:
        """Whether this instance, wherever it is when the core offers an event, can get to take it by itself: without
        faults, without the core, and without some events (which are barred on every instance alike)."""
        never = self._barred.get(without)
        if never is None:
            never = self._barred[without] = frozenset(map(_unscoped, without)) & self._alone_unscoped
        key = (event, never)
        if key not in self._willing:
            own = frozenset(self.crowd.instances[self.scope])
            states, symbols = self.reached(self.base), self.symbols(self.base)
            asked = states & symbols.enabled(event, self.base - own)
            by_itself = [a for a in symbols.actions if a in self.alone and _unscoped(a) not in never]
            ready = symbols.leading_to(symbols.enabled(event, own), by_itself, states)
            self._willing[key] = not (asked - ready).satisfiable()
        return self._willing[key]

    def set_of(self, predicate: Predicate, keep: frozenset[int], *, may: bool = True) -> Set:
        """The states in which a predicate may be true, or must be."""
        symbols = self.symbols(keep)
        match predicate:
            case At(component, text):
                wanted = local_states(self.network, component, text)
                number = self.network.index[component]
                if number not in keep:
                    return symbols.true if may else symbols.false
                return symbols.among(number, wanted)
            case Can(name):
                event = self._event(name)
                if not may and not self.faithful(event, keep):
                    return symbols.false
                return symbols.enabled(name)
            case Both(left, right):
                return self.set_of(left, keep, may=may) & self.set_of(right, keep, may=may)
            case Either(left, right):
                return self.set_of(left, keep, may=may) | self.set_of(right, keep, may=may)
            case Negation(operand):
                return ~self.set_of(operand, keep, may=not may)

    def _event(self, name: str) -> Event:
        bind(Can(name), self.network)  # says what is wrong with an unknown name
        return self.network.events[self.network.event_index[name]]

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
        if not self.crowd.copies:
            return (self.reached(self.base) & self.set_of(witness, self.base)).satisfiable()
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

    # -- claims --------------------------------------------------------------------------------------------------------

    def _never_reached(self, claim: Watched) -> Finding:
        # From the observer alone: each run that breaks the rule brings in a component that would have prevented it.
        # Which ones were needed the same rule about another instance will need too: it begins with those.
        lts = claim.observer.lts
        rule = (tuple(map(_unscoped, claim.observer.alphabet)), lts.moves.tobytes())
        needed = self.bench.needed.get(rule, frozenset())
        keep = frozenset(i for i in self.base if _unscoped(self.network.components[i].name) in needed)
        wrong = [VIOLATED in lts.active(s) for s in range(lts.size)]
        watcher = Watcher.observing(claim.observer)
        while True:
            symbols = Symbols(self.network, keep, self.rest, watcher, self.bench.allowance)
            actions = [a for a in symbols.actions if a in self.live]
            bad = symbols.watched(wrong)
            states = symbols.reachable(actions)
            if not (states & bad).satisfiable():
                self.bench.needed[rule] = frozenset(_unscoped(self.network.components[i].name) for i in keep)
                return HOLDS
            way = symbols.way(symbols.initial, bad, actions, states)
            wider = self._wider(keep, way, actions)
            if wider == keep:
                return self._confirmed(claim, way)
            if self.base <= keep:
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
        keep = self.base
        while True:
            states = self.reached(keep)
            target = bad(keep) & states
            if not target.satisfiable():
                return HOLDS
            symbols = self.symbols(keep)
            way = symbols.way(symbols.initial, target, symbols.actions, states)
            wider = self._wider(keep, [*way, *then], symbols.actions)
            if wider == keep:
                found = self._confirmed(claim, [*way, *then])
                wider = keep | (about & self.everything)
                if found.outcome is not Outcome.UNKNOWN or wider == keep:
                    return found
            keep = wider

    def _gone_along(self, claim: Claim, way: Sequence[str], watcher: Watcher) -> Finding:
        """A run of everybody in which the observer sees what it saw in a run of some, and no further fault happens."""
        seen = [e for e in way if e in watcher.moves or self._event(e).fault]
        symbols = Symbols(self.network, self.everything, self.rest, Watcher.following(seen), self.bench.allowance)
        allowed = [a for a in symbols.actions if a in seen or not (a in watcher.moves or self._event(a).fault)]
        end = symbols.watched([p == len(seen) for p in range(len(seen) + 1)])
        states = symbols.reachable(allowed)
        if not (states & end).satisfiable():
            return Finding(Outcome.UNKNOWN)
        return self._confirmed(claim, symbols.way(symbols.initial, end, allowed, states))

    def _wider(self, keep: frozenset[int], way: Sequence[str], actions: Sequence[str]) -> frozenset[int]:
        """The abstraction with a component that would have prevented a run; the same one if nothing would."""
        left_out = self.everything - keep
        acting = set(actions)
        # Where nobody alone prevents it, whoever has anything in common with those kept; budgets only if they object.
        next_ones = refuters(self.network, way, acting, left_out)
        next_ones = next_ones or [i for i in left_out & self.base if self._knows[i] & acting] or [*left_out & self.base]
        if not next_ones:
            return keep
        wider = keep | {min(next_ones, key=lambda i: (max(self._size(i), self._least(i)), i))}
        # Large agents without those that hold them in check make more states than all of them together.
        return wider if prod(self._size(i) for i in wider) < MOST_LOOSE else wider | self.base

    def _size(self, component: int) -> int:
        return self.network.components[component].lts.size

    def _least(self, component: int) -> int:
        # What a budget counts, all that is kept must remember: it is dearer than an agent of its size.
        return 0 if component in self.base else BUDGET_COUNTS_AS

    def _confirmed(self, claim: Claim, way: Sequence[str]) -> Finding:
        path, reason = lift(self.crowd, self.scope, way)
        if path is None:
            return Finding(Outcome.UNKNOWN, None, f"a run of one instance could not be carried over to all: {reason}")
        shown = shows(path, claim)
        if not shown:
            return Finding(Outcome.UNKNOWN, None, "a run of one instance shows something else when all take part")
        return Finding(Outcome.VIOLATED, path, shown)

    def _run_to(self, predicate: Predicate) -> tuple[Finding, Path | None]:
        """Whether some run of the large network gets to a predicate, and such a run of the small one.

        In it the other instances only go along, so the large network has one too.
        """
        keep = self.base
        while True:
            states = self.reached(keep)
            target = self.set_of(predicate, keep)
            if not (states & target).satisfiable():
                return Finding(Outcome.VIOLATED, None, f"no reachable state satisfies {predicate}"), None
            symbols = self.symbols(keep)
            way = symbols.way(symbols.initial, target, symbols.actions, states)
            wider = self._wider(keep, way, symbols.actions)
            if wider == keep:
                path = self._led_to(predicate, way)
                if path is not None:
                    return HOLDS, path
                return Finding(Outcome.UNKNOWN, None, f"no run was found to where {predicate}"), None
            keep = wider

    def _led_to(self, predicate: Predicate, way: Sequence[str]) -> Path | None:
        # Where others have to be ready for an event, they are led to it; what is wanted is there before it happens.
        for event in ("", *sorted(_offered(predicate))):
            run, _ = lift(self.crowd.small, self.scope, [*way, event] if event else way)
            if run is None:
                continue
            path = Path.replay(run.network, run.events[:-1]) if event else run
            if bind(predicate, path.network).of(path.last):
                return path
        return None

    def _always_can(
        self, claim: AlwaysCan, target: Predicate, source: Predicate | None, without: frozenset[str]
    ) -> Finding:
        keep = self.base
        while True:
            states, symbols = self.reached(keep), self.symbols(keep)
            allowed = [a for a in symbols.actions if a not in without]
            sure = [a for a in allowed if self.sure(self._event(a), keep, without)]
            asked = states if source is None else states & self.set_of(source, keep)
            good = symbols.leading_to(self.set_of(target, keep, may=False), sure, states)
            if not (asked - good).satisfiable():
                return HOLDS
            perhaps = symbols.leading_to(self.set_of(target, keep), allowed, states)
            lost = states - perhaps
            if source is not None:
                lost = lost & self.set_of(source, keep, may=False)
            if not lost.satisfiable():
                if keep != self.everything and len(self.everything - self.base) <= FEW_BUDGETS:
                    keep = self.everything
                    continue
                return Finding(Outcome.UNKNOWN, None, "whether the way back is open depends on what was left out")
            way = symbols.way(symbols.initial, lost, symbols.actions, states)
            wider = self._wider(keep, way, symbols.actions)
            if wider == keep:
                return self._confirmed(claim, way)
            keep = wider

    def _stuck(self, keep: frozenset[int]) -> Set:
        symbols = self.symbols(keep)
        stuck = self.reached(keep)
        for event in self.network.events:
            if self.faithful(event, keep):
                stuck = stuck - symbols.enabled(event.name)
        return stuck

    def _nothing_lost(self, claim: NothingLost) -> Finding:
        # Of two alike instances, each is the one that is asked about in turn: an event between the core and an
        # instance that is left out here is looked at there.
        for event in self.network.events:
            if event.sender in self.everything and self._could_be_lost(event):
                found = self._in_base(claim, lambda keep, e=event: self._lost(e, keep))  # type: ignore[misc]
                if found.outcome is not Outcome.HOLDS:
                    return found
        return HOLDS

    def _could_be_lost(self, event: Event) -> bool:
        for i, e in event.participants:
            lts = self.network.components[i].lts
            if i != event.sender and i in self.everything and bool(((lts.moves[e] == NONE) & ~lts.refused[e]).any()):
                return True
        return False

    def _lost(self, event: Event, keep: frozenset[int]) -> Set:
        symbols = self.symbols(keep)
        unexpected, on_purpose, offered = symbols.false, symbols.false, symbols.true
        for i, e in event.participants:
            if i not in keep:
                continue
            lts = self.network.components[i].lts
            on_purpose = on_purpose | symbols.among(i, lts.refused[e])
            if i == event.sender:
                offered = symbols.among(i, lts.moves[e] != NONE)
            else:
                unexpected = unexpected | symbols.among(i, (lts.moves[e] == NONE) & ~lts.refused[e])
        return (offered & unexpected) - on_purpose


def _unscoped(event: str) -> str:
    return event.rpartition("/")[2]


def mentioned(predicate: Predicate, network: Network) -> frozenset[int]:
    """The components that a predicate speaks of."""
    match predicate:
        case At(component, _):
            return frozenset({network.index[component]} if component in network.index else ())
        case Can(event):
            number = network.event_index.get(event)
            return frozenset(() if number is None else (i for i, _ in network.events[number].participants))
        case Both(left, right) | Either(left, right):
            return mentioned(left, network) | mentioned(right, network)
        case Negation(operand):
            return mentioned(operand, network)


def _offered(predicate: Predicate) -> frozenset[str]:
    """The events of which a predicate says that they can happen."""
    match predicate:
        case Can(event):
            return frozenset({event})
        case Both(left, right) | Either(left, right):
            return _offered(left) | _offered(right)
        case Negation(operand):
            return _offered(operand)
        case _:
            return frozenset()


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
    hidden = {e for e in events if e in network.event_index} - known
    return not hidden and all(p is None or (_places(p) <= names and not _offered(p)) for p in told)


def _places(predicate: Predicate) -> frozenset[str]:
    match predicate:
        case At(component, _):
            return frozenset({component})
        case Both(left, right) | Either(left, right):
            return _places(left) | _places(right)
        case Negation(operand):
            return _places(operand)
        case _:
            return frozenset()


def shows(path: Path, claim: Claim) -> str:
    """What a run of the network itself shows against a claim, in words; nothing if it shows nothing.

    For AlwaysCan it shows that the source is reached; that there is no way from there is for others to say.
    """
    network = path.network
    match claim:
        case Always(predicate):
            return "" if bind(predicate, network).of(path.last) else claim.broken
        case Never(events, when):
            before = path.states[-2] if len(path) else None
            if before is None or path.events[-1] not in events or not bind(when, network).of(before):
                return ""
            return f"{path.events[-1]} happens although {when}"
        case Watched(observer):
            number = {name: e for e, name in enumerate(observer.alphabet)}
            watching = 0
            for event in path.events:
                if event in number:
                    watching = int(observer.lts.moves[number[event], watching])
            return f"{path.events[-1]} breaks the rule" if VIOLATED in observer.lts.active(watching) else ""
        case AlwaysCan(_, source, _):
            return "" if source is not None and not bind(source, network).of(path.last) else claim.stuck
        case NoDeadlock():
            return "" if network.enabled(path.last) else "nothing can happen any more"
        case NothingLost():
            return _lost_in(path)
        case _:
            return ""


def _lost_in(path: Path) -> str:
    network, state = path.network, path.last
    for event in network.events:
        parts = [(i, e, network.components[i].lts) for i, e in event.participants]
        sent = all(lts.moves[e][state[i]] != NONE for i, e, lts in parts if i == event.sender)
        if not sent or any(lts.refused[e][state[i]] for i, e, lts in parts):
            continue
        who = [i for i, e, lts in parts if i != event.sender and lts.moves[e][state[i]] == NONE]
        if who:
            names = ", ".join(
                f"{network.components[i].name} in {network.components[i].lts.name(state[i])}" for i in who
            )
            return f"{network.components[event.sender].name} sends {event.name}, which {names} does not expect"
    return ""
