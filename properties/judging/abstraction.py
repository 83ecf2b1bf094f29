"""Abstractions of a network: some components are kept, the rest is left out and then restrains nothing.

An abstraction of one instance holds the core (what all instances share) and that instance.  Its *base* leaves the fault
budgets out.  An event is *faithful* where nothing that was left out takes part in it, and *sure* also where those left
out are other instances each of which can always be got to take it (which is itself AG EF, asked of one instance of each
kind).

Predicates are read twice, as what may be true and what must be true; the two differ only where a predicate says that
an event can happen in which something left out takes part.

Source: Clarke, Grumberg, Jha, Lu and Veith, "Counterexample-guided abstraction refinement", 2000.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import prod

from ...model.engines.many_instances.family import Family, refuters
from ...model.engines.many_instances.quotients import reduced
from ...model.engines.symbolic.diagrams import Allowance, OutOfLimits, Set
from ...model.engines.symbolic.search import Symbols, Watcher
from ...model.network import Event, Network
from ...model.network.statespace import NO_LIMITS, Limit, Limits, Stopped
from ...model.notation.lts import NONE
from ..predicates import At, Both, Can, Either, Negation, Predicate, bind, local_states

MOST_LOOSE = 10**8
"""Product of the sizes of components from which on all agents are taken in."""

MOST_OF_ONE = 300_000
"""States of an instance with the core up to which it is minimised."""

BUDGET_COUNTS_AS = 50
"""Local states of an agent that is taken in as readily as a budget."""


class Abstractions:
    """The abstractions of a network of many instances, one for each kind; made when they are needed.

    ``kinds``: a scope for each kind of instance, with how many there are.
    """

    def __init__(self, family: Family, kinds: Mapping[str, int] | None = None, limits: Limits = NO_LIMITS) -> None:
        self.family = family
        self.kinds = family.copies if kinds is None else kinds
        self.limits = limits
        self.started = time.perf_counter()
        self.allowance = Allowance(limits)
        self.needed: dict[object, frozenset[str]] = {}
        self._found: dict[str, Abstraction] = {}

    @cached_property
    def minimised(self) -> Network:
        """The large network with its instances minimised; raises TooLarge."""
        most = min(self.limits.states or MOST_OF_ONE, MOST_OF_ONE)
        return reduced(self.family, (), replace(self.limits, states=most))

    @property
    def rest(self) -> Limits:
        """The limits, less the time that has passed; raises OutOfLimits where none is left."""
        if self.limits.seconds is None:
            return self.limits
        left = self.started + self.limits.seconds - time.perf_counter()
        if left <= 0:
            raise OutOfLimits(Stopped(Limit.SECONDS, self.limits.seconds))
        return replace(self.limits, seconds=left)

    def of(self, scope: str = "") -> Abstraction:
        """That of one instance, or, without a scope, of the core alone."""
        if scope not in self._found:
            self._found[scope] = Abstraction(self, scope)
        return self._found[scope]

    def others_are_willing(self, event: str, scope: str, without: frozenset[str]) -> bool:
        """Whether every instance but one can always be got to take an event that the core offers, by itself."""
        others = [s for s, number in self.kinds.items() if number > 1 or s != scope]
        return all(self.of(other).is_willing(event, without) for other in others)


class Abstraction:
    """One instance with the core, or the core alone (``scope`` empty): sets of states, whichever components are kept.

    ``keep``, wherever it is asked for: the components that are kept, by number.
    """

    def __init__(self, all: Abstractions, scope: str = "") -> None:
        family = all.family
        self.all = all
        self.family = family
        self.scope = scope
        self.network = family.network
        own = family.instances.get(scope, ()) if scope else ()
        self.everything = frozenset((*family.core, *own))
        self.base = self.everything - frozenset(family.budgets)
        self._symbols: dict[frozenset[int], Symbols] = {}
        self._reached: dict[frozenset[int], Set] = {}
        self._willing: dict[tuple[str, frozenset[str]], bool] = {}
        self._barred: dict[frozenset[str], frozenset[str]] = {}
        self._knows: list[frozenset[str]] = [frozenset(c.alphabet) for c in self.network.components]

    def size(self) -> int:
        """How many states the base has."""
        return self.symbols(self.base).size(self.reached(self.base))

    @property
    def searched(self) -> bool:
        """Whether the base has been searched."""
        return self.base in self._reached

    def reached(self, keep: frozenset[int]) -> Set:
        """What can be reached when only some components are kept."""
        if keep not in self._reached:
            self._reached[keep] = self.symbols(keep).reachable()
        return self._reached[keep]

    def symbols(self, keep: frozenset[int]) -> Symbols:
        """The sets and searches of the components kept."""
        if keep not in self._symbols:
            self._symbols[keep] = self.watched_by(None, keep)
        return self._symbols[keep]

    def watched_by(self, watcher: Watcher | None, keep: frozenset[int]) -> Symbols:
        """The sets of the components kept, with an observer beside them."""
        return Symbols(self.network, keep, self.all.rest, watcher, self.all.allowance)

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
        return self.all.others_are_willing(event.name, self.scope, without)

    @cached_property
    def alone(self) -> frozenset[str]:
        """The events in which only this instance takes part, and which are no faults."""
        own = frozenset(self.family.instances[self.scope])
        return frozenset(
            e.name for e in self.network.events if not e.fault and all(i in own for i, _ in e.participants)
        )

    @cached_property
    def _alone_unscoped(self) -> frozenset[str]:
        return frozenset(map(unscoped, self.alone))

    def is_willing(self, event: str, without: frozenset[str] = frozenset()) -> bool:
        """Whether this instance, wherever it is when the core offers an event, can get to take it by itself: without
        faults, without the core, and without some events (which are barred on every instance alike)."""
        never = self._barred.get(without)
        if never is None:
            never = self._barred[without] = frozenset(map(unscoped, without)) & self._alone_unscoped
        key = (event, never)
        if key not in self._willing:
            own = frozenset(self.family.instances[self.scope])
            states, symbols = self.reached(self.base), self.symbols(self.base)
            asked = states & symbols.enabled(event, self.base - own)
            by_itself = [a for a in symbols.actions if a in self.alone and unscoped(a) not in never]
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
                event = self.event(name)
                if not may and not self.faithful(event, keep):
                    return symbols.false
                return symbols.enabled(name)
            case Both(left, right):
                return self.set_of(left, keep, may=may) & self.set_of(right, keep, may=may)
            case Either(left, right):
                return self.set_of(left, keep, may=may) | self.set_of(right, keep, may=may)
            case Negation(operand):
                return ~self.set_of(operand, keep, may=not may)

    def event(self, name: str) -> Event:
        """An event of the network; raises PredicateError for a name that it lacks."""
        bind(Can(name), self.network)  # says what is wrong with an unknown name
        return self.network.events[self.network.event_index[name]]

    def wider(self, keep: frozenset[int], way: Sequence[str], actions: Sequence[str]) -> frozenset[int]:
        """The abstraction with a component that would have prevented a run; the same one if nothing would."""
        left_out = self.everything - keep
        acting = set(actions)
        # Where no component alone prevents it: one that shares events with those kept; budgets only if they do.
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

    def stuck(self, keep: frozenset[int]) -> Set:
        """The states in which no event that can be told for sure is possible."""
        symbols = self.symbols(keep)
        stuck = self.reached(keep)
        for event in self.network.events:
            if self.faithful(event, keep):
                stuck = stuck - symbols.enabled(event.name)
        return stuck

    def could_be_lost(self, event: Event) -> bool:
        """Whether some state of a receiver neither takes, ignores nor refuses an event."""
        for i, e in event.participants:
            lts = self.network.components[i].lts
            if i != event.sender and i in self.everything and bool(((lts.moves[e] == NONE) & ~lts.refused[e]).any()):
                return True
        return False

    def lost(self, event: Event, keep: frozenset[int]) -> Set:
        """The states in which an event is sent to a receiver that neither takes, ignores nor refuses it."""
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


def unscoped(name: str) -> str:
    """An event or a component without its instance."""
    return name.rpartition("/")[2]
