"""Branching time: what can be said of a state and the runs that begin in it.

``Some`` and ``All`` quantify over the runs that begin in a state; inside stands one of *next*, *until* and *globally*.
A step of *next* may be restricted to certain events; so EX is a modality as in Hennessy and Milner's logic.  With
fairness, the runs quantified over are the fair ones.  In a state where nothing can happen the only run stays there.

Everything is defined by three operators, and those are computed on the whole graph:

* ``SomeNext(p)``: a step to a state with p from which a fair run goes on;
* ``SomeUntil(p, q)``: backwards from the states with q from which a fair run goes on, through states with p;
* ``SomeGlobally(p)``: backwards, through states with p, from the fair strongly connected parts of the states with p.

Sources: Clarke, Emerson and Sistla, "Automatic verification of finite-state concurrent systems using temporal logic
specifications", 1986; De Nicola and Vaandrager, "Action versus state based logics for transition systems", 1990.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np

from ...model.network.path import Path
from ..graph.traversal import edges_of
from ..predicates import At, Both, Can, Either, Mask, Negation, Predicate, bind
from .fairness import Fair
from .formula import state_english, state_text
from .search import Arena, Nodes, fair_parts

BranchingLike: TypeAlias = "Branching | Predicate"


class Joining:
    """The operators of every formula."""

    def __and__(self, other: BranchingLike) -> AndAlso:
        return AndAlso(cast("Branching", self), branching(other))

    def __or__(self, other: BranchingLike) -> OrElse:
        return OrElse(cast("Branching", self), branching(other))

    def __rshift__(self, other: BranchingLike) -> OrElse:
        return OrElse(Fails(cast("Branching", self)), branching(other))

    def __invert__(self) -> Fails:
        return Fails(cast("Branching", self))


@dataclass(frozen=True)
class Here(Joining):
    """The state satisfies a predicate; without one, any state does."""

    predicate: Predicate | None = None

    def __str__(self) -> str:
        return "true" if self.predicate is None else state_text(self.predicate)


@dataclass(frozen=True)
class Fails(Joining):
    """The contrary."""

    operand: Branching

    def __str__(self) -> str:
        match self.operand:
            case SomeNext(Fails(p), ()):
                return f"AX {_tight(p)}"
            case SomeNext(Fails(p), _, words):
                return f"AX<{words}> {_tight(p)}"
            case SomeUntil(Here(None), Fails(p)):
                return f"AG {_tight(p)}"
            case SomeGlobally(Fails(p)):
                return f"AF {_tight(p)}"
        return f"!{_tight(self.operand)}"


@dataclass(frozen=True)
class AndAlso(Joining):
    """Both operands."""

    left: Branching
    right: Branching

    def __str__(self) -> str:
        return f"{_tight(self.left)} & {_tight(self.right)}"


@dataclass(frozen=True)
class OrElse(Joining):
    """At least one operand."""

    left: Branching
    right: Branching

    def __str__(self) -> str:
        if isinstance(self.left, Fails) and str(self.left).startswith("!"):
            return f"{_tight(self.left.operand)} -> {_tight(self.right)}"
        return f"{_tight(self.left)} | {_tight(self.right)}"


@dataclass(frozen=True)
class SomeNext(Joining):
    """EX: some step leads to a state with ``operand``; with ``events``, a step by one of them."""

    operand: Branching
    events: tuple[str, ...] = ()
    words: str = ""

    def __str__(self) -> str:
        return f"EX{f'<{self.words}>' if self.events else ''} {_tight(self.operand)}"


@dataclass(frozen=True)
class SomeUntil(Joining):
    """E[p U q]: some run gets to ``right``, through ``left`` only."""

    left: Branching
    right: Branching

    def __str__(self) -> str:
        return f"EF {_tight(self.right)}" if self.left == Here() else f"E[{self.left} U {self.right}]"


@dataclass(frozen=True)
class SomeGlobally(Joining):
    """EG: some run keeps ``operand`` for ever."""

    operand: Branching

    def __str__(self) -> str:
        return f"EG {_tight(self.operand)}"


@dataclass(frozen=True)
class AllUntil(Joining):
    """A[p U q]: every run gets to ``right``, through ``left`` only."""

    left: Branching
    right: Branching

    def __str__(self) -> str:
        return f"A[{self.left} U {self.right}]"


Branching: TypeAlias = Here | Fails | AndAlso | OrElse | SomeNext | SomeUntil | SomeGlobally | AllUntil

ANY_STATE = Here()


def branching(of: BranchingLike) -> Branching:
    """A predicate as a formula; a formula as it is."""
    return Here(of) if isinstance(of, At | Can | Both | Either | Negation) else of


def ex(of: BranchingLike, *events: str) -> SomeNext:
    """EX: after some step (by one of ``events``)."""
    return SomeNext(branching(of), events, " | ".join(events))


def ax(of: BranchingLike, *events: str) -> Fails:
    """AX: after every step (by one of ``events``)."""
    return Fails(SomeNext(Fails(branching(of)), events, " | ".join(events)))


def ef(of: BranchingLike) -> SomeUntil:
    """EF: some run gets there."""
    return SomeUntil(ANY_STATE, branching(of))


def ag(of: BranchingLike) -> Fails:
    """AG: every state of every run."""
    return Fails(SomeUntil(ANY_STATE, Fails(branching(of))))


def eg(of: BranchingLike) -> SomeGlobally:
    """EG: every state of some run."""
    return SomeGlobally(branching(of))


def af(of: BranchingLike) -> Fails:
    """AF: every run gets there."""
    return Fails(SomeGlobally(Fails(branching(of))))


def eu(left: BranchingLike, right: BranchingLike) -> SomeUntil:
    """E[left U right]."""
    return SomeUntil(branching(left), branching(right))


def au(left: BranchingLike, right: BranchingLike) -> AllUntil:
    """A[left U right]."""
    return AllUntil(branching(left), branching(right))


def english(of: BranchingLike) -> str:
    """A formula as a clause of an English sentence.

    >>> english(ag(ef(At("os", "in(up)"))))
    'in every state that can be reached, one can get to a state where os is in(up)'
    """
    match branching(of):
        case Here(None):
            return "nothing needs to be true"
        case Here(predicate) if predicate is not None:
            return state_english(predicate)
        case Fails(SomeUntil(Here(None), Fails(p))):
            return f"in every state that can be reached, {english(p)}"
        case Fails(SomeGlobally(Fails(p))):
            return f"every run gets to a state where {english(p)}"
        case Fails(SomeNext(Fails(p), events, words)):
            return f"after every step{f' by {words}' if events else ''}, {english(p)}"
        case Fails(p):
            return f"not ({english(p)})"
        case AndAlso(p, q):
            return f"({english(p)} and {english(q)})"
        case OrElse(Fails(p), q):
            return f"(if {english(p)}, then {english(q)})"
        case OrElse(p, q):
            return f"({english(p)} or {english(q)})"
        case SomeNext(p, events, words):
            return f"there is a step{f' by {words}' if events else ''} after which {english(p)}"
        case SomeUntil(Here(None), p):
            return f"one can get to a state where {english(p)}"
        case SomeUntil(p, q):
            return f"one can get to a state where {english(q)}, staying where {english(p)}"
        case SomeGlobally(p):
            return f"some run stays for ever where {english(p)}"
        case AllUntil(p, q):
            return f"every run gets to a state where {english(q)}, and stays until then where {english(p)}"
        case _:
            raise AssertionError("a formula of a kind that this page does not know")


class Labelling:
    """The states that satisfy formulas, for one arena and one assumption of fairness; each formula is computed once."""

    def __init__(self, arena: Arena, fairness: Sequence[Fair] = ()) -> None:
        self.arena = arena
        self.constraints = arena.constraints(fairness)
        self.known: dict[Branching, Mask] = {}
        self.every_event = np.ones(arena.idle + 1, dtype=np.bool_)
        graph = arena.graph
        self.nodes = Nodes(
            np.arange(arena.space.distinct, dtype=np.int64),
            np.zeros(0, dtype=np.int32),
            graph.offsets,
            arena.to,
            np.zeros(len(graph.targets), dtype=np.int64),
            graph.events,
        )
        everywhere = np.ones(arena.space.distinct, dtype=np.bool_)
        self.fair = everywhere if not fairness else self._lasting(everywhere)

    def states(self, of: Branching) -> Mask:
        """The states that satisfy a formula."""
        if of not in self.known:
            self.known[of] = self._compute(of)
        return self.known[of]

    def _compute(self, of: Branching) -> Mask:
        match of:
            case Here(None):
                return np.ones(self.arena.space.distinct, dtype=np.bool_)
            case Here(predicate) if predicate is not None:
                return bind(predicate, self.arena.network).over(self.arena.space.column)
            case Fails(p):
                return ~self.states(p)
            case AndAlso(p, q):
                return self.states(p) & self.states(q)
            case OrElse(p, q):
                return self.states(p) | self.states(q)
            case SomeNext(p, events, _):
                allowed = self.arena.marked(events) if events else self.every_event
                return self._before(self.states(p) & self.fair, allowed)
            case SomeUntil(p, q):
                return self._until(self.states(p), self.states(q) & self.fair)
            case SomeGlobally(p):
                return self._lasting(self.states(p))
            case AllUntil(p, q):
                # Broken by a run that avoids q for ever, or that leaves p before q.
                without = ~self.states(q)
                broken = self._until(without, without & ~self.states(p) & self.fair)
                return ~(broken | self._lasting(without))
            case _:
                raise AssertionError("a formula of a kind that this page does not know")

    def _before(self, goals: Mask, allowed: Mask) -> Mask:
        graph = self.arena.graph
        good = goals[graph.targets] & allowed[graph.events]
        count = np.concatenate(([0], np.cumsum(good)))
        found: Mask = count[graph.offsets[1:]] > count[graph.offsets[:-1]]
        return found

    def _until(self, through: Mask, goals: Mask) -> Mask:
        from .kernels import backwards

        return backwards(*edges_of(self.arena.reversed), goals, through, self.every_event)

    def _lasting(self, where: Mask) -> Mask:
        """The states from which a fair run stays in ``where`` for ever."""
        goals = np.zeros(len(where), dtype=np.bool_)
        for part in fair_parts(self.nodes, self.constraints, 0, where, every=True):
            goals |= part.inside
        return self._until(where, goals)


def counterexample(arena: Arena, of: Branching, fairness: Sequence[Fair] = ()) -> tuple[Path, str] | None:
    """Why the initial state does not satisfy a formula: a run that shows it as far as one can, and in words what it
    shows.

    None: it does satisfy it.  Of an ``AG`` the run leads to a nearest state in which what is inside is false, and goes
    on from there where one run shows that: a step (``AX``), a way (``A[p U q]``), a loop (``AF``).  What is false
    because no run does it (``EF``, ``EG``), no single run shows, and the words say so.
    """
    labelling = Labelling(arena, fairness)
    if bool(labelling.states(of)[0]):
        return None
    number, inner = 0, of
    if isinstance(of, Fails) and isinstance(of.operand, SomeUntil) and of.operand.left == ANY_STATE:
        # Every state of a space can be reached, and the first in its order is a nearest one.
        inner = of.operand.right.operand if isinstance(of.operand.right, Fails) else Fails(of.operand.right)
        number = int(np.flatnonzero(labelling.states(of.operand.right) & labelling.fair)[0])
    told = _Told(labelling)
    told.refute(number, inner)
    begun = list(arena.space.path(number).events)
    names = [arena.network.events[e].name for e in told.events if e != arena.idle]
    loop = None if told.loop is None or len(names) < len(told.events) else len(begun) + told.loop
    path = Path.replay(arena.network, [*begun, *names], loop)
    return path, f"a state in which this is false: {english(inner)}{told.more(len(begun))}"


class _Told:
    """A run from a state on that shows why a formula is false there, or true: events, and where its loop begins."""

    def __init__(self, labelling: Labelling) -> None:
        self.labelling = labelling
        self.arena = labelling.arena
        self.events: list[int] = []
        self.loop: int | None = None
        self.left = ""

    def more(self, begun: int) -> str:
        """What is to be said of the run besides."""
        if not self.events:
            return self.left
        return f"; from step {begun + 1} on the run shows it{self.left}"

    def refute(self, state: int, of: Branching) -> None:
        """Go on from a state in which a formula is false."""
        match of:
            case Fails(p):
                self.show(state, p)
            case AndAlso(p, q):
                self.refute(state, q if bool(self.labelling.states(p)[state]) else p)
            case AllUntil(p, q):
                avoids = Fails(q)
                leaves = SomeUntil(avoids, AndAlso(avoids, Fails(p)))
                self.show(state, leaves if bool(self.labelling.states(leaves)[state]) else SomeGlobally(avoids))
            case OrElse() | SomeNext() | SomeUntil() | SomeGlobally():
                self.left = " (no run does it, which no single one shows)" if not isinstance(of, OrElse) else ""
            case _:
                pass

    def show(self, state: int, of: Branching) -> None:
        """Go on from a state in which a formula is true."""
        match of:
            case Fails(p):
                self.refute(state, p)
            case OrElse(p, q):
                self.show(state, p if bool(self.labelling.states(p)[state]) else q)
            case SomeNext(p, events, _):
                allowed = self.arena.marked(events) if events else self.labelling.every_event
                self.show(self._step(state, self.labelling.states(p) & self.labelling.fair, allowed), p)
            case SomeUntil(p, q):
                goals = self.labelling.states(q) & self.labelling.fair
                self.show(self._way(state, self.labelling.states(p), goals), q)
            case SomeGlobally(p) if not self.labelling.constraints.taken.any():
                self._round(state, self.labelling.states(of))
            case SomeGlobally():
                self.left = " (a fair run goes on so for ever, whose loop is not shown)"
            case _:
                pass

    def _step(self, state: int, goals: Mask, allowed: Mask) -> int:
        graph = self.arena.graph
        begin, end = int(graph.offsets[state]), int(graph.offsets[state + 1])
        edges = begin + np.flatnonzero(goals[graph.targets[begin:end]] & allowed[graph.events[begin:end]])
        self.events.append(int(graph.events[edges[0]]))
        return int(graph.targets[edges[0]])

    def _way(self, state: int, through: Mask, goals: Mask) -> int:
        """A shortest way to a goal; returns the state it ends in."""
        graph = self.arena.graph
        before: dict[int, tuple[int, int]] = {state: (-1, -1)}
        queue = deque([state])
        while not goals[state := queue.popleft()]:
            for k in range(int(graph.offsets[state]), int(graph.offsets[state + 1])):
                target = int(graph.targets[k])
                if target not in before and through[state]:
                    before[target] = (state, int(graph.events[k]))
                    queue.append(target)
        way, here = [], state
        while before[here][0] >= 0:
            here, event = before[here]
            way.append(event)
        self.events += way[::-1]
        return state

    def _round(self, state: int, inside: Mask) -> None:
        """Walk among states from each of which one can stay inside, until one comes again."""
        seen = {state: len(self.events)}
        while True:
            state = self._step(state, inside, self.labelling.every_event)
            if state in seen:
                self.loop = seen[state]
                return
            seen[state] = len(self.events)


def _tight(of: Branching) -> str:
    text = str(of)
    loose = isinstance(of, AndAlso | OrElse)
    return f"({text})" if loose else text
