"""Formulas of linear time for SPIN: the network in Promela, and each formula as a never claim to be.

SPIN's formulas speak of states, and its ``X`` is often compiled out, so there are two ways to write a network:

* ``with_choices``: a step is taken in two, first the event is chosen, then it happens.  The moments between the two are
  the steps of our runs: there the state is known and the event to come.  Formulas are relativised to them (``G p``
  becomes "whenever an event is chosen, p"); as chosen and not chosen alternate, even *next* can be written with
  untils.  Where nothing can happen, nothing is chosen and happens, for ever.
* ``with_processes``: one process per agent, one step per event, for formulas about states without *next*.  SPIN's weak
  fairness (``pan -f``) is then weak fairness of each agent, its faults included, and SPIN's own stuttering is the
  staying of a run where nothing can happen.

The atoms of the formulas are macros of the model, so that SPIN's translation takes each for one symbol:

    spin -f "!($formula)" >> model.pml && spin -o2 -a model.pml && cc -DNOREDUCE -o pan pan.c && ./pan -a -E

Source: Holzmann, "The SPIN Model Checker", 2003; Lamport, "What good is temporal logic?", 1983, for stuttering.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ...model.exports.promela import DIALECT, Promela
from ...model.exports.system import ExportError, System
from ...model.exports.writing import Dialect
from ...model.network import Network
from ..temporal import formula as ltl
from .invariants import exported


@dataclass(frozen=True)
class Exported:
    """A model, and formulas over its macros in the notation of ``spin -f``."""

    model: str
    formulas: tuple[str, ...]


def with_choices(network: Network, formulas: Sequence[ltl.Formula]) -> Exported:
    """The network with a step in two, and any formulas of linear time; raises ExportError."""
    return _WithChoices(System(network), _dialect(), tuple(formulas)).exported()


def with_processes(network: Network, formulas: Sequence[ltl.Formula]) -> Exported:
    """The network with a process per agent, and formulas about states without *next*; raises ExportError."""
    for formula in formulas:
        if any(isinstance(part, ltl.Happens | ltl.Next) for part in ltl.parts(formula)):
            raise ExportError(f"a formula about states without 'next' is needed here, not {formula}")
    return _WithProcesses(System(network), _dialect(), tuple(formulas)).exported()


@dataclass(frozen=True, eq=False)
class _Linear(Promela, ABC):
    """A network with formulas; how a step of a run shows in SPIN is left open."""

    formulas: tuple[ltl.Formula, ...] = ()

    def exported(self) -> Exported:
        return Exported("\n".join(self.lines()) + "\n", tuple(self.whole(f) for f in self.formulas))

    @cached_property
    def atoms(self) -> dict[ltl.Formula, str]:
        found = dict.fromkeys(p for f in self.formulas for p in ltl.parts(f) if isinstance(p, ltl.Holds | ltl.Happens))
        return {atom: f"atom_{k}" for k, atom in enumerate(found)}

    def macros(self) -> Iterator[str]:
        for atom, name in self.atoms.items():
            yield f"#define {name} ({self.meaning(atom)})"

    def meaning(self, atom: ltl.Formula) -> str:
        if isinstance(atom, ltl.Holds):
            return self.formula(exported(atom.predicate, self.system.network))
        raise ExportError(f"{atom} can't be said of states alone")

    def whole(self, formula: ltl.Formula) -> str:
        return self.written(formula)

    def written(self, of: ltl.Formula) -> str:
        match of:
            case ltl.Constant(value):
                return "true" if value else "false"
            case ltl.Holds() | ltl.Happens():
                return self.atoms[of]
            case ltl.Said(_, meaning):
                return self.written(meaning)
            case ltl.Not(operand):
                return f"(!{self.written(operand)})"
            case ltl.And(operands):
                return "(" + " && ".join(map(self.written, operands or (ltl.Constant(True),))) + ")"
            case ltl.Or(operands):
                return "(" + " || ".join(map(self.written, operands or (ltl.Constant(False),))) + ")"
            case ltl.Implies(left, right):
                return f"({self.written(left)} -> {self.written(right)})"
            case ltl.Finally(operand):
                return self.written(ltl.Until(ltl.Constant(True), operand))
            case ltl.Globally(operand):
                return self.written(ltl.Not(ltl.Finally(ltl.Not(operand))))
            case ltl.WeakUntil(left, right):
                return self.written(ltl.Or((ltl.Globally(left), ltl.Until(left, right))))
            case ltl.Release(left, right):
                return self.written(ltl.Not(ltl.Until(ltl.Not(left), ltl.Not(right))))
            case _:
                return self.stepping(of)

    @abstractmethod
    def stepping(self, of: ltl.Formula) -> str:
        """Until and next, which depend on what a step is."""


class _WithProcesses(_Linear):
    def lines(self) -> Iterator[str]:
        yield from self.declarations()
        for i in range(len(self.system.network.components)):
            mine = [(event, guard) for event, guard in self.guarded[0] if event.sender == i]
            if mine:
                yield f"active proctype agent_{i}()"
                yield from ("{", "end:", "  do")
                for event, guard in mine:
                    yield from self.option(event, guard)
                yield from ("  od", "}")
        if not self.guarded[0]:
            yield "active proctype nobody() { end: false }"
        yield from self.macros()

    def stepping(self, of: ltl.Formula) -> str:
        match of:
            case ltl.Until(left, right):
                return f"({self.written(left)} U {self.written(right)})"
            case _:
                raise ExportError(f"{of} can't be said of states alone")


class _WithChoices(_Linear):
    def lines(self) -> Iterator[str]:
        yield from self.declarations()
        yield "int chosen = -1; /* the event to come; 0: none, as nothing can happen; -1: not chosen yet */"
        yield "active proctype network()"
        yield from ("{", "end:", "  do")
        for event, guard in self.guarded[0]:
            number = self.number(event.name)
            yield f"  :: d_step {{ chosen == -1 && {guard} -> chosen = {number} }}"
            *most, last = self.option(event, f"chosen == {number}")
            yield from (*most, "       ; chosen = -1", last)
        anything = self.disjunction(guard for _, guard in self.guarded[0])
        yield f"  :: d_step {{ chosen == -1 && {self.negation(anything)} -> chosen = 0 }}"
        yield "  :: d_step { chosen == 0 -> chosen = -1 }"
        yield from ("  od", "}", "#define is_chosen (chosen != -1)")
        yield from self.macros()

    def number(self, event: str) -> int:
        return self.system.network.event_index[event] + 1

    def whole(self, formula: ltl.Formula) -> str:
        """The formula at the next choice; an until is the same before the choice as after it."""
        match formula:
            case ltl.Said(_, meaning):
                return self.whole(meaning)
            case ltl.Not(operand):
                return f"(!{self.whole(operand)})"
            case ltl.And(operands) | ltl.Or(operands) if operands:
                sign = " && " if isinstance(formula, ltl.And) else " || "
                return "(" + sign.join(map(self.whole, operands)) + ")"
            case ltl.Implies(left, right):
                return f"({self.whole(left)} -> {self.whole(right)})"
            case ltl.Constant() | ltl.Until() | ltl.WeakUntil() | ltl.Release() | ltl.Finally() | ltl.Globally():
                return self.written(formula)
            case _:
                return f"(!is_chosen U (is_chosen && {self.written(formula)}))"

    def meaning(self, atom: ltl.Formula) -> str:
        if isinstance(atom, ltl.Happens):
            return self.disjunction(f"chosen == {self.number(e)}" for e in atom.events)
        return super().meaning(atom)

    def stepping(self, of: ltl.Formula) -> str:
        match of:
            case ltl.Until(left, right):
                return f"((is_chosen -> {self.written(left)}) U (is_chosen && {self.written(right)}))"
            case ltl.Next(operand):
                return f"(is_chosen U (!is_chosen && {self.whole(operand)}))"
            case _:
                raise AssertionError(f"{of} has been rewritten")


def _dialect() -> Dialect:
    return replace(DIALECT, reserved=DIALECT.reserved | {"chosen", "is_chosen"})
