"""Checking: judging properties on the state space that an engine found.

The space is enumerated once; every claim is then judged on it.

* State predicates are table look-ups over the columns of the packed states; the first state that breaks a claim is
  one of the nearest, since states lie in breadth-first order.
* An observer is run in step with the graph, breadth first over pairs of state and observer state.
* Recoverability is a backward search from the target over the edges that may be used (CTL's AG EF).
* What is claimed of whole runs is judged by ``temporal.judging``.

When the search was stopped by a limit, a violation that was found stays a violation; everything else is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from ...model.network import Component
from ...model.network.path import Path
from ...model.network.statespace import Graph, StateSpace, Words
from ...model.notation.lts import NONE
from ...model.notation.terms import suggestion
from ..graph.traversal import WORD, leading_to_each, reversed_graph, sources_of, watch, way_to_violation, with_bit
from ..observer import observer_table
from ..predicates import At, Can, Column, Columns, Either, Mask, Predicate, PredicateError, bind, local_states
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
from ..runs.refutation import lost, structural
from ..temporal.automaton import FormulaTooLarge
from ..temporal.claims import EveryRun, Initially, SomeRun, Within
from ..temporal.search import Arena
from ..verdict import Counts, Vacuity, Verdict, never_reached
from .temporal import judged, remark
from .vacuity import untested

OUT_OF_TIME = "time limit reached before it was judged"
NEED_THE_GRAPH = Watched | AlwaysCan | NoDeadlock | EveryRun | SomeRun | Initially | Within


def check(
    space: StateSpace, properties: Iterable[Property], deadline: float = inf, *, paths: bool = True
) -> list[Verdict]:
    """A verdict for each property on a state space with its graph.

    ``deadline``: the reading of ``time.perf_counter`` after which no further property is judged; the rest is unknown.
    Without ``paths`` only the outcome matters: no run is looked for that shows a violation of safety, if the space is
    complete.
    """
    properties = list(properties)
    judge = _Judge(space, properties, deadline, paths or not space.complete)
    judge.watch([p.claim.observer for p in properties if isinstance(p.claim, Watched)])
    return [judge.verdict(p) for p in properties]


class _Judge:
    """One state space with what several claims need of it, computed once."""

    def __init__(self, space: StateSpace, properties: Sequence[Property], deadline: float, paths: bool) -> None:
        self.space = space
        self.paths = paths
        self.deadline = deadline
        self.network = space.network
        self.columns: dict[int, Column] = {}
        self.reversed: Graph | None = None
        self.broken: dict[Component, bool] = {}
        self.recoveries = [p.claim for p in properties if isinstance(p.claim, AlwaysCan)]
        self.led: dict[AlwaysCan, tuple[Words, int]] = {}
        self.occupied: dict[int, Mask] = {}
        self.found: dict[Predicate, bool] = {}
        self.sources: dict[int, NDArray[np.int64]] = {}
        never = {e for p in properties if isinstance(p.claim, Never) for e in p.claim.events}
        self.forbidden = {self.network.event_index[e] for e in never if e in self.network.event_index}
        self.arena = Arena(space)

    def late(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() >= self.deadline

    def column(self, component: int) -> Column:
        if component not in self.columns:
            # A column is kept as narrow as it can be: there are as many as components, each as long as the space.
            width = np.min_scalar_type(self.network.components[component].lts.size)
            self.columns[component] = self.space.column(component).astype(width)
        return self.columns[component]

    def over(self, predicate: Predicate) -> Mask:
        return bind(predicate, self.network).over(self.column)

    def somewhere(self, predicate: Predicate) -> bool:
        """Whether a predicate holds in any state: no more of it is looked at than decides that."""
        if predicate not in self.found:
            bind(predicate, self.network)  # all of it has to be there
            self.found[predicate] = self._somewhere(predicate)
        return self.found[predicate]

    def _somewhere(self, predicate: Predicate) -> bool:
        graph = self.space.graph
        match predicate:
            case At(component, text):
                satisfying = local_states(self.network, component, text)
                return bool((satisfying & self.local(self.network.index[component])).any())
            case Either(left, right):
                return self.somewhere(left) or self.somewhere(right)
            case Can(event) if self.space.complete and graph is not None and event in self.network.event_index:
                return self.network.event_index[event] in graph.happening
            case _:
                return bool(self.over(predicate).any())

    def local(self, component: int) -> Mask:
        """Which local states of a component occur."""
        if component not in self.occupied:
            occupied = np.zeros(self.network.components[component].lts.size, dtype=np.bool_)
            occupied[self.column(component)] = True
            self.occupied[component] = occupied
        return self.occupied[component]

    def happening(self, events: Sequence[str]) -> list[NDArray[np.int64]] | None:
        """For each event the states in which it can happen, in their order; None where the edges don't tell."""
        numbers = [self.network.event_index.get(e, -1) for e in events]
        if self.space.graph is None or not self.space.complete or -1 in numbers:
            return None
        if not self.sources.keys() >= set(numbers):
            self.sources |= sources_of(self.space.graph, self.forbidden | set(numbers))
        return [self.sources[n] for n in numbers]

    def verdict(self, prop: Property) -> Verdict:
        """The verdict on one property; raises PredicateError for a name that the network lacks."""
        try:
            return self._verdict(prop)
        except PredicateError as error:
            raise PredicateError(str(error), error.name, str(prop)) from None

    def _verdict(self, prop: Property) -> Verdict:
        started = time.perf_counter()
        if self.late():
            return self.answered(prop, Outcome.UNKNOWN, started, None, OUT_OF_TIME)
        incomplete = not self.space.complete
        # A search that was stopped may have no graph: what needs one is then unknown.
        blind = incomplete and self.space.graph is None and isinstance(prop.claim, NEED_THE_GRAPH)
        too_large = ""
        try:
            path, reason = (None, "") if blind else self.counterexample(prop.claim)
        except TimeoutError:
            return self.answered(prop, Outcome.UNKNOWN, started, None, OUT_OF_TIME)
        except FormulaTooLarge as error:
            path, reason, too_large = None, "", str(error)
        reached = isinstance(prop.claim, Possible | SomeRun) and not blind and not reason
        vacuity: Vacuity | None = None
        if reason and (path is not None or not incomplete):
            outcome = Outcome.VIOLATED
        elif too_large or (incomplete and not reached):
            outcome, reason = Outcome.UNKNOWN, too_large or str(self.space.stopped)
        else:
            outcome = Outcome.HOLDS
            if isinstance(prop.claim, EveryRun | SomeRun | Initially | Within):
                reason, vacuity = remark(self.arena, prop.claim)
            if prop.witness is not None and not self.somewhere(prop.witness):
                vacuity = never_reached(prop.witness)
            else:
                vacuity = untested(prop.claim, self.network, self.space.graph, self.over) or vacuity
        answer = self.answered(prop, outcome, started, path, reason)
        return answer if vacuity is None else replace(answer, reason=str(vacuity), vacuity=vacuity)

    def answered(self, prop: Property, outcome: Outcome, started: float, path: Path | None, reason: str) -> Verdict:
        return Verdict(
            prop,
            outcome,
            self.space.engine,
            Counts(self.space.distinct, self.space.transitions, self.space.depth),
            self.network.bounds,
            self.network.options,
            time.perf_counter() - started,
            path,
            reason,
        )

    def counterexample(self, claim: Claim) -> tuple[Path | None, str]:
        """A path that breaks a claim, and in words what it shows; no words: nothing breaks it in what was searched."""
        match claim:
            case Always(predicate):
                return self.first(~self.over(predicate), claim.broken)
            case Never():
                return self.never(claim)
            case Watched(observer, absent):
                self.require([e for e in observer.alphabet if e not in absent], observer.name)
                return self.watched(observer)
            case Possible(predicate):
                if self.somewhere(predicate):
                    return None, ""
                return None, f"no reachable state satisfies {predicate}"
            case AlwaysCan():
                return self.always_can(claim)
            case NoDeadlock():
                graph = self.graph()
                stuck = np.diff(graph.offsets) == 0
                stuck[self.space.expanded :] = False
                return self.first(stuck, "nothing can happen any more")
            case NothingLost():
                return self.nothing_lost()
            case Lacks() | SentBy():
                if isinstance(claim, SentBy):
                    self.require(claim.events, str(claim))
                    if claim.component not in self.network.index:
                        hint = suggestion(claim.component, self.network.index)
                        raise PredicateError(f"no component {claim.component!r}{hint}", claim.component)
                reason = structural(claim, self.network)
                return (Path.replay(self.network, ()), reason) if reason else (None, "")
            case EveryRun() | SomeRun() | Initially() | Within():
                return judged(self.arena, claim)

    def never(self, claim: Never) -> tuple[Path | None, str]:
        """The first state in which one of some events can happen although it must not."""
        events, when = claim.events, claim.given
        where = self.happening(events)
        found: Iterator[tuple[str, NDArray[np.int64]]]
        if where is None:
            # Few states satisfy the condition as a rule: only those are looked at.
            states = np.flatnonzero(self.over(when))
            if not len(states):
                self.require(events, "never")
                return None, ""
            near = self.near(states)
            found = ((e, states[bind(Can(e), self.network).over(near)]) for e in events)
        else:
            # The edges tell where the events happen, mostly in few states: there the condition is looked at.
            bound = bind(when, self.network)
            found = ((e, states[bound.over(self.near(states))]) for e, states in zip(events, where, strict=True))
        nearest = min(((int(bad[0]), event) for event, bad in found if len(bad)), key=itemgetter(0), default=None)
        if nearest is None:
            return None, ""
        number, event = nearest
        return self.space.path(number).then(event) if self.paths else None, claim.broken(event)

    def near(self, states: NDArray[np.int64]) -> Columns:
        """The columns of some states."""
        columns: dict[int, Column] = {}

        def here(component: int) -> Column:
            if component not in columns:
                columns[component] = self.column(component)[states]
            return columns[component]

        return here

    def require(self, events: Iterable[str], where: str) -> None:
        """Raise PredicateError for an event that the network lacks: a misspelt rule would hold for ever."""
        for event in events:
            if event not in self.network.event_index:
                hint = suggestion(event, self.network.event_index)
                raise PredicateError(f"{where}: no event {event!r}{hint}", event)

    def first(self, bad: Mask, reason: str) -> tuple[Path | None, str]:
        hits = np.flatnonzero(bad)
        if not len(hits):
            return None, ""
        return (self.space.path(int(hits[0])) if self.paths else None), reason

    def graph(self) -> Graph:
        if self.space.graph is None:
            raise ValueError("this state space was enumerated without its graph")
        return self.space.graph

    def nothing_lost(self) -> tuple[Path | None, str]:
        for event in self.network.events:
            lts = {i: self.network.components[i].lts for i, _ in event.participants}
            held = {i: lts[i].moves[e] == NONE for i, e in event.participants}
            silent = {i: held[i] & ~lts[i].refused[e] for i, e in event.participants if i != event.sender}
            if not any(table.any() for table in silent.values()):
                continue  # each receiver says what becomes of it, in each of its states
            if self.late():
                raise TimeoutError
            # Few states offer an event: only those are looked at.
            where = np.flatnonzero(~held[event.sender][self.column(event.sender)])
            unexpected = np.zeros(len(where), dtype=np.bool_)
            for i, table in silent.items():
                unexpected |= table[self.column(i)[where]]
            where = where[unexpected]
            for i, e in event.participants:
                where = where[~lts[i].refused[e][self.column(i)[where]]]
            if len(where):
                first = int(where[0])
                return self.space.path(first), next(lost(self.network, self.space.state(first)))
        return None, ""

    def always_can(self, claim: AlwaysCan) -> tuple[Path | None, str]:
        if not self.space.complete:
            bind(claim.target, self.network)  # a misspelt one is a mistake, however far the search got
            return None, ""  # what was not expanded might lead to the target
        bad = ~self.reaching(claim)
        if claim.source is not None:
            bad &= self.over(claim.source)
        return self.first(bad, claim.stuck)

    def reaching(self, claim: AlwaysCan) -> Mask:
        """The states from which the claim's target can be reached; found for several claims in one go."""
        if claim not in self.led:
            if self.reversed is None:
                self.reversed = reversed_graph(self.graph())
            asked = list(dict.fromkeys([claim, *(c for c in self.recoveries if c not in self.led)]))[:WORD]
            words = leading_to_each(self.reversed, ((self.over(c.target), self.allowed(c)) for c in asked))
            self.led |= {c: (words, k) for k, c in enumerate(asked)}
        return with_bit(*self.led[claim])

    def allowed(self, claim: AlwaysCan) -> Mask:
        return np.array([e.name not in claim.without for e in self.network.events], dtype=np.bool_)

    def watch(self, observers: Sequence[Component]) -> None:
        """Find out which of some observers can be violated, all of them in one go."""
        if self.space.graph is not None and not self.late():
            tables = [observer_table(c, self.network) for c in observers]
            self.broken |= dict(zip(observers, watch(self.space.graph, tables, self.late), strict=False))

    def watched(self, component: Component) -> tuple[Path | None, str]:
        """Run an observer in step with the graph; a shortest path to ``violated``, or nothing."""
        graph = self.graph()
        if component not in self.broken:
            raise TimeoutError
        if not self.broken[component]:
            return None, ""
        if not self.paths:
            return None, f"{component.name} is violated"
        way = way_to_violation(graph, *observer_table(component, self.network))
        events = [self.network.events[int(graph.events[position])].name for position in way]
        return Path.replay(self.network, events), f"{events[-1]} breaks the rule"
