"""From a formula to an automaton that accepts exactly the runs on which it is true.

A state of the automaton is a set of formulas that the rest of the run owes.  To read a step, the set is expanded into
alternatives: which atoms the step must satisfy, which it must not, what is owed at the next step, and which untils were
put off.  An endless run of the automaton accepts when no until is put off for ever: each until is one *mark*, borne by
every edge that does not put it off, and each mark must be met again and again.  This is a transition-based generalised
Büchi automaton; nothing is determinised.

Edges that another edge of the same state makes superfluous (it asks less, owes less, puts less off) are dropped, which
is sound because owing a subset simulates owing the set; states with the same edges are merged.

Sources: Gerth, Peled, Vardi and Wolper, "Simple on-the-fly automatic verification of linear temporal logic", 1995;
Couvreur, "On-the-fly verification of linear temporal logic", 1999.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import TypeAlias

from .formula import And, Constant, Formula, Happens, Holds, Next, Not, Or, Release, Until, core, parts

Atom: TypeAlias = Holds | Happens
Owed: TypeAlias = frozenset[Formula]

MOST_STATES = 4_096
MOST_WAYS = 4_096
MOST_MARKS = 62


class FormulaTooLarge(ValueError):
    """A formula whose automaton would be beyond what a check can use."""


@dataclass(frozen=True)
class Edge:
    """One way to read a step: atoms it must satisfy and must not (as bits), where to go, the marks it bears."""

    requires: int
    forbids: int
    target: int
    marks: int


@dataclass(frozen=True)
class Automaton:
    """States are numbers, the initial one is 0; a run accepts when it bears each of ``marks`` marks again and again.

    >>> from goalstate.properties.temporal.formula import finally_, globally, happens
    >>> automaton = of_formula(globally(finally_(happens("tick"))))
    >>> len(automaton.edges), automaton.marks
    (1, 1)
    """

    atoms: tuple[Atom, ...]
    edges: tuple[tuple[Edge, ...], ...]
    marks: int

    @property
    def all_marks(self) -> int:
        """Every mark, as bits."""
        return (1 << self.marks) - 1


def accepts_something(automaton: Automaton) -> bool:
    """Whether there is a run that the automaton accepts, were each atom free to be true or false at each step.

    >>> from goalstate.properties.temporal.formula import Not, finally_, happens
    >>> now_or_never = finally_(happens("tick")) | Not(finally_(happens("tick")))
    >>> accepts_something(of_formula(now_or_never)), accepts_something(of_formula(Not(now_or_never)))
    (True, False)
    """
    # States that can reach each other, by closing the relation of one step: automata are small.
    reach = [{edge.target for edge in edges} for edges in automaton.edges]
    grown = True
    while grown:
        grown = False
        for found in reach:
            more = set().union(*(reach[s] for s in found)) - found
            found |= more
            grown |= bool(more)
    for state in {0, *reach[0]}:
        if state in reach[state]:
            together = {s for s in reach[state] if state in reach[s]}
            inner = (edge.marks for s in together for edge in automaton.edges[s] if edge.target in together)
            if reduce(or_, inner, 0) == automaton.all_marks:
                return True
    return False


@dataclass(frozen=True)
class _Way:
    """One alternative of an expansion."""

    requires: frozenset[Atom]
    forbids: frozenset[Atom]
    owed: Owed
    delayed: Owed

    def also(self, other: _Way) -> _Way | None:
        """Both at once; None when they contradict each other."""
        requires, forbids = self.requires | other.requires, self.forbids | other.forbids
        if requires & forbids:
            return None
        return _Way(requires, forbids, self.owed | other.owed, self.delayed | other.delayed)

    def covers(self, other: _Way) -> bool:
        """Whether this one asks, owes and puts off no more than the other."""
        return (
            self.requires <= other.requires
            and self.forbids <= other.forbids
            and self.owed <= other.owed
            and self.delayed <= other.delayed
        )

    @cached_property
    def size(self) -> int:
        return len(self.requires) + len(self.forbids) + len(self.owed) + len(self.delayed)


_FREE = _Way(frozenset(), frozenset(), frozenset(), frozenset())


def of_formula(formula: Formula) -> Automaton:
    """The automaton of a formula; raises FormulaTooLarge."""
    wanted = core(formula)
    atoms = tuple(f for f in parts(wanted) if isinstance(f, Holds | Happens))
    untils = [f for f in parts(wanted) if isinstance(f, Until)]
    if len(untils) > MOST_MARKS:
        raise FormulaTooLarge(f"a formula with {len(untils)} untils; at most {MOST_MARKS} can be checked")
    bit = {atom: 1 << k for k, atom in enumerate(atoms)}
    expansion = _Expansion()
    number: dict[Owed, int] = {_owing(wanted): 0}
    waiting = [_owing(wanted)]
    edges: list[tuple[Edge, ...]] = []
    while waiting:
        owed = waiting.pop(0)
        found = []
        for way in expansion.of_all(owed):
            if way.owed not in number:
                number[way.owed] = len(number)
                waiting.append(way.owed)
            found.append(
                Edge(
                    sum(bit[a] for a in way.requires),
                    sum(bit[a] for a in way.forbids),
                    number[way.owed],
                    sum(1 << k for k, u in enumerate(untils) if u not in way.delayed),
                )
            )
        edges.append(tuple(found))
        if len(number) > MOST_STATES:
            raise FormulaTooLarge(f"a formula whose automaton has more than {MOST_STATES} states can't be checked")
    return Automaton(atoms, _merged(edges), len(untils))


class _Expansion:
    """The ways to read a step, by what is owed; each formula is expanded once."""

    def __init__(self) -> None:
        self.known: dict[Formula, tuple[_Way, ...]] = {}

    def of_all(self, owed: Iterable[Formula]) -> tuple[_Way, ...]:
        ways: tuple[_Way, ...] = (_FREE,)
        for formula in sorted(owed, key=str):
            ways = _product(ways, self.of(formula))
        return ways

    def of(self, formula: Formula) -> tuple[_Way, ...]:
        if formula not in self.known:
            self.known[formula] = self._expand(formula)
        return self.known[formula]

    def _expand(self, formula: Formula) -> tuple[_Way, ...]:
        match formula:
            case Constant(value):
                return (_FREE,) if value else ()
            case Holds() | Happens():
                return (_Way(frozenset({formula}), frozenset(), frozenset(), frozenset()),)
            case Not(Holds() | Happens() as atom):
                return (_Way(frozenset(), frozenset({atom}), frozenset(), frozenset()),)
            case Next(operand):
                return (_Way(frozenset(), frozenset(), _owing(operand), frozenset()),)
            case And(operands):
                return self.of_all(operands)
            case Or(operands):
                return _needed(way for f in operands for way in self.of(f))
            case Until(left, right):
                later = _Way(frozenset(), frozenset(), frozenset({formula}), frozenset({formula}))
                return _needed((*self.of(right), *_product(self.of(left), (later,))))
            case Release(left, right):
                later = _Way(frozenset(), frozenset(), frozenset({formula}), frozenset())
                return _product(self.of(right), _needed((*self.of(left), later)))
            case _:
                raise AssertionError(f"{formula} is not in negation normal form")


def _owing(formula: Formula) -> Owed:
    if isinstance(formula, And):
        return frozenset(formula.operands)
    return frozenset() if formula == Constant(True) else frozenset({formula})


def _product(one: tuple[_Way, ...], other: tuple[_Way, ...]) -> tuple[_Way, ...]:
    if len(one) * len(other) > MOST_WAYS:
        raise FormulaTooLarge(f"a formula with more than {MOST_WAYS} ways to read one step can't be checked")
    return _needed(way for a in one for b in other if (way := a.also(b)) is not None)


def _needed(ways: Iterable[_Way]) -> tuple[_Way, ...]:
    """Without those that another one covers."""
    kept: list[_Way] = []
    for way in sorted(dict.fromkeys(ways), key=lambda w: w.size):
        if not any(k.covers(way) for k in kept):
            kept.append(way)
    return tuple(kept)


def _merged(edges: list[tuple[Edge, ...]]) -> tuple[tuple[Edge, ...], ...]:
    """States with the same edges become one (partition refinement); the initial state keeps the number 0."""
    block = [0] * len(edges)
    while True:
        rows = [
            (block[s], frozenset((e.requires, e.forbids, block[e.target], e.marks) for e in edges[s]))
            for s in range(len(edges))
        ]
        names: dict[object, int] = {}
        refined = [names.setdefault(row, len(names)) for row in rows]
        if len(names) == len(set(block)):
            break
        block = refined
    found: list[tuple[Edge, ...]] = []
    for s, b in enumerate(block):
        if b == len(found):
            moved = dict.fromkeys(Edge(e.requires, e.forbids, block[e.target], e.marks) for e in edges[s])
            found.append(tuple(moved))
    return tuple(found)
