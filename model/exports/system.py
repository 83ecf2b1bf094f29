"""What is exported: a network with claims about its states, and the reasons for which some can't be.

A *claim* is a condition that every reachable state must satisfy, built from atoms that speak of one component in the
words of its chart, or of an event.  Rules about events and observers are brought into this form before
(``properties.exporting.invariants``).  ``deadlock`` asks the other tool to look for states in which nothing can happen.

The exported model makes one step per event of the network, so its reachable states and its steps are those of the
network, one to one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ..network import Network
from ..notation.terms import All, Any, Arithmetic, Assign, Compare, Condition, Expression, Literal, Name, Not, Within
from .machine import Machine, machine

MOST = 2**31 - 1
"""The largest number in Promela and in TLC."""


class ExportError(ValueError):
    """Something that another tool can't express: the message gives the reason."""


@dataclass(frozen=True)
class Local:
    """A condition on one component (by number), in the words of its chart."""

    component: int
    condition: Condition


@dataclass(frozen=True)
class Takes:
    """A component would take an event (by its name in the network)."""

    component: int
    event: str


@dataclass(frozen=True)
class Refuses:
    """A component holds an event back, and is declared to."""

    component: int
    event: str


@dataclass(frozen=True)
class Every:
    """All operands."""

    operands: tuple[Formula, ...]


@dataclass(frozen=True)
class Some:
    """At least one operand."""

    operands: tuple[Formula, ...]


@dataclass(frozen=True)
class Contrary:
    """Not the operand."""

    operand: Formula


Formula: TypeAlias = "Local | Takes | Refuses | Every | Some | Contrary"


def possible(network: Network, event: str) -> Formula:
    """The event can happen: every component that knows it would take it."""
    return Every(tuple(Takes(i, event) for i, _ in network.events[network.event_index[event]].participants))


@dataclass(frozen=True)
class Claim:
    """A sentence, and what must be true in every reachable state for it to hold."""

    sentence: str
    formula: Formula


@dataclass(frozen=True)
class System:
    """A network with the claims to check; raises ExportError for one without components, and for numbers that other
    tools can't hold.

    ``deadlock``: whether a state in which nothing can happen is a mistake.  ``left_out``: what is not exported, each
    sentence with the reason; the head of every model says so.
    """

    network: Network
    claims: tuple[Claim, ...] = ()
    deadlock: bool = False
    left_out: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.network.components:
            raise ExportError("a network without components has no state to export")
        too_large = sorted(set(self._too_large()))
        if too_large:
            raise ExportError("numbers beyond 32 bits can't be exported: " + "; ".join(too_large))

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The components by cases, in their order."""
        return tuple(machine(c.chart) for c in self.network.components)

    def chart_event(self, component: int, event: str) -> str:
        """The name by which a component's chart knows an event of the network."""
        found = self.network.components[component]
        return found.lts.events[found.alphabet.index(event)]

    def _too_large(self) -> Iterator[str]:
        for component, m in zip(self.network.components, self.machines, strict=True):
            ranges = {v.name: (v.low, v.high) for v in component.chart.variables}
            for v in component.chart.variables:
                if max(-v.low, v.high) > MOST:
                    yield f"{component.name}: {v.name} in {v.low}..{v.high}"
            for expression, where in _terms(m):
                if largest(expression, ranges) > MOST:
                    yield f"{component.name}: {where}"

    @property
    def values(self) -> tuple[int, int]:
        """The least and the greatest value of any variable or expression, the parts of expressions included."""
        found = {0}
        for component, m in zip(self.network.components, self.machines, strict=True):
            ranges = {v.name: (v.low, v.high) for v in component.chart.variables}
            found |= {bound for both in ranges.values() for bound in both}
            for expression, _ in _terms(m):
                for part in parts(expression):
                    found |= set(extent(part, ranges))
        return min(found), max(found)


def _terms(machine: Machine) -> Iterator[tuple[Expression, Assign | Condition]]:
    """Every expression of the cases, and what it stands in."""
    for cases in machine.cases.values():
        for case in cases:
            yield from ((a.expression, a) for a in case.effects)
            yield from ((e, case.guard) for e in compared(case.guard))


def compared(condition: Condition) -> Iterator[Expression]:
    """The two sides of every comparison in a condition."""
    match condition:
        case Compare(_, left, right):
            yield from (left, right)
        case Not(operand):
            yield from compared(operand)
        case All(operands) | Any(operands):
            for o in operands:
                yield from compared(o)
        case Within():
            return


def parts(expression: Expression) -> Iterator[Expression]:
    """An expression and all expressions in it."""
    yield expression
    if isinstance(expression, Arithmetic):
        yield from parts(expression.left)
        yield from parts(expression.right)


def largest(expression: Expression, ranges: dict[str, tuple[int, int]]) -> int:
    """The greatest absolute value that an expression or a part of it can have."""
    return max(abs(value) for part in parts(expression) for value in extent(part, ranges))


def extent(expression: Expression, ranges: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """The least and the greatest value an expression can have, its parts taken one by one.

    >>> from goalstate.model.notation.terms import Arithmetic, Literal, Name
    >>> extent(Arithmetic("-", Name("x"), Literal(1, "1")), {"x": (0, 5)})
    (-1, 4)
    """
    match expression:
        case Literal(value, _):
            return value, value
        case Name(variable):
            return ranges[variable]
        case Arithmetic(operator, left, right):
            (a, b), (c, d) = extent(left, ranges), extent(right, ranges)
            match operator:
                case "+":
                    return a + c, b + d
                case "-":
                    return a - d, b - c
                case "min":
                    return min(a, c), min(b, d)
                case _:
                    return max(a, c), max(b, d)
