"""What the three languages have in common: conditions, expressions and guards, written with a dialect's signs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..network import Event
from ..notation import terms
from ..notation.statechart import Statechart
from .machine import Case, Machine
from .naming import Naming, comment, is_flag
from .system import Contrary, Every, Formula, Local, Refuses, Some, System, Takes


@dataclass(frozen=True)
class Dialect:
    """The signs of a language.  ``least`` and ``greatest`` write min and max of two values; ``among``, where there is
    such a sign, that a variable has one of several values."""

    conjunction: str
    disjunction: str
    negation: str
    equal: str
    unequal: str
    true: str
    false: str
    least: Callable[[str, str], str]
    greatest: Callable[[str, str], str]
    reserved: frozenset[str]
    among: Callable[[str, Sequence[str]], str] | None = None


@dataclass(frozen=True, eq=False)
class Writer:
    """One system in one dialect."""

    system: System
    dialect: Dialect

    @cached_property
    def naming(self) -> Naming:
        """The identifiers."""
        return Naming(self.system, self.dialect.reserved)

    def machine(self, component: int) -> Machine:
        """A component by cases."""
        return self.system.machines[component]

    def chart(self, component: int) -> Statechart:
        """A component's chart."""
        return self.system.network.components[component].chart

    @cached_property
    def placed(self) -> tuple[bool, ...]:
        """Which components have a location variable: those with several locations, and the first if there would be no
        variable at all."""
        several = [len(m.locations) > 1 for m in self.system.machines]
        if several and not any(several) and not any(m.chart.variables for m in self.system.machines):
            several[0] = True
        return tuple(several)

    def place(self, component: int, location: int) -> str:
        """The constant for a location."""
        return self.naming.locations[self.chart(component)][location]

    def taken(self, component: int, event: str) -> list[Case]:
        """The cases in which a component takes an event."""
        return [c for c in self.machine(component).cases[self.system.chart_event(component, event)] if not c.refused]

    def initial(self, component: int) -> list[tuple[str, str]]:
        """Each variable of a component with its first value."""
        m = self.machine(component)
        begins = [(self.naming.places[component], self.place(component, m.initial))] if self.placed[component] else []
        for v, value in zip(m.chart.variables, m.values, strict=True):
            begins.append((self.naming.variables[component][v.name], self.value(component, v, value)))
        return begins

    def value(self, component: int, variable: terms.Variable, value: int) -> str:
        """A value of a variable, as a word where it has words."""
        words = self.naming.words.get((self.chart(component), variable.name))
        return words[value] if words else str(value)

    def assignments(self, component: int, case: Case) -> list[tuple[str, str]]:
        """What a case writes, in order: variable and value."""
        written = []
        if case.target is not None and self.placed[component]:
            written.append((self.naming.places[component], self.place(component, case.target)))
        for assign in case.effects:
            written.append((self.naming.variables[component][assign.variable], self.assigned(component, assign)))
        return written

    def assigned(self, component: int, assign: terms.Assign) -> str:
        """The value of an assignment."""
        return self.expression(component, assign.expression, self.variable(component, assign.variable))

    def variable(self, component: int, name: str) -> terms.Variable:
        """A variable of a component's chart."""
        return next(v for v in self.chart(component).variables if v.name == name)

    def guard(self, event: Event) -> str:
        """When an event can happen: every component that knows it takes it."""
        parts: list[str] = []
        for i in participants(event):
            found = self.machine(i).takes(self.system.chart_event(i, event.name))
            if len(found) == 1:
                places, guard = found[0]
                parts += [self.at(i, places), self.condition(i, guard)]
            else:
                parts.append(self.takes(i, event.name))
        return self.conjunction(parts)

    @cached_property
    def guarded(self) -> tuple[list[tuple[Event, str]], list[Event]]:
        """The events that can happen somewhere, each with its guard; and the others."""
        guards = [(e, self.guard(e)) for e in self.system.network.events]
        never = [e for e, guard in guards if guard == self.dialect.false]
        return [(e, guard) for e, guard in guards if guard != self.dialect.false], never

    def head(self) -> Iterator[str]:
        """What the model is, line by line, for a comment."""
        network = self.system.network
        yield f"{comment(network.name)}: {len(network.components)} components, {len(network.events)} events."
        yield from (f"{comment(name)}: {comment(value)}" for name, value in (*network.bounds, *network.options))
        yield from (f"event that can't happen under these bounds: {comment(e.name)}" for e in self.guarded[1])
        yield from (f"left out: {comment(what)}: {comment(why)}" for what, why in self.system.left_out)

    def takes(self, component: int, event: str) -> str:
        """When one component takes an event."""
        found = self.machine(component).takes(self.system.chart_event(component, event))
        return self.disjunction(self.where(component, places, guard) for places, guard in found)

    def refuses(self, component: int, event: str) -> str:
        """When one component holds an event back on purpose."""
        found = self.machine(component).refuses(self.system.chart_event(component, event))
        return self.disjunction(self.where(component, places, guard) for places, guard in found)

    def case_guard(self, component: int, case: Case) -> str:
        """When a case applies."""
        return self.where(component, frozenset(case.locations), case.guard)

    def where(self, component: int, places: frozenset[int], guard: terms.Condition) -> str:
        """In some locations, under a guard."""
        return self.conjunction([self.at(component, places), self.condition(component, guard)])

    def at(self, component: int, places: frozenset[int]) -> str:
        """Being in one of some locations."""
        everywhere = self.machine(component).everywhere
        if places == everywhere:
            return self.dialect.true
        if not places:
            return self.dialect.false
        variable = self.naming.places[component]
        elsewhere = everywhere - places
        if len(places) == 1 or len(elsewhere) > 1 or self.dialect.among is not None:
            listed = [self.place(component, p) for p in sorted(places)]
            if len(listed) > 1 and self.dialect.among is not None:
                return self.dialect.among(variable, listed)
            return self.disjunction(f"{variable} {self.dialect.equal} {name}" for name in listed)
        return f"{variable} {self.dialect.unequal} {self.place(component, min(elsewhere))}"

    def condition(self, component: int, condition: terms.Condition) -> str:
        """A condition of a component's chart."""
        match condition:
            case terms.Within(state):
                return self.at(component, self.machine(component).within(state))
            case terms.Not(operand):
                return self.negation(self.condition(component, operand))
            case terms.All(operands):
                return self.conjunction(self.condition(component, o) for o in operands)
            case terms.Any(operands):
                return self.disjunction(self.condition(component, o) for o in operands)
            case terms.Compare(operator, left, right):
                sign = {"==": self.dialect.equal, "!=": self.dialect.unequal}.get(operator, operator)
                named = [o.variable for o in (left, right) if isinstance(o, terms.Name)]
                subject = self.variable(component, named[0]) if named else None
                return (
                    f"{self.expression(component, left, subject)} {sign} {self.expression(component, right, subject)}"
                )

    def expression(self, component: int, expression: terms.Expression, subject: terms.Variable | None) -> str:
        """A value; the words of ``subject`` are written as its constants."""
        match expression:
            case terms.Literal(value, text):
                if subject is not None and text in subject.names and not is_flag(subject):
                    return self.naming.words[self.chart(component), subject.name][value]
                return str(value) if value >= 0 else f"({value})"
            case terms.Name(variable):
                return self.naming.variables[component][variable]
            case terms.Arithmetic(operator, left, right):
                one, other = (self.expression(component, o, subject) for o in (left, right))
                if operator == "min":
                    return self.dialect.least(one, other)
                if operator == "max":
                    return self.dialect.greatest(one, other)
                return f"({one} {operator} {other})"

    def formula(self, formula: Formula) -> str:
        """A formula about the whole state."""
        match formula:
            case Local(component, condition):
                return self.condition(component, condition)
            case Takes(component, event):
                return self.takes(component, event)
            case Refuses(component, event):
                return self.refuses(component, event)
            case Every(operands):
                return self.conjunction(self.formula(o) for o in operands)
            case Some(operands):
                return self.disjunction(self.formula(o) for o in operands)
            case Contrary(operand):
                return self.negation(self.formula(operand))

    def conjunction(self, parts: Iterable[str]) -> str:
        """All parts; true ones are left out."""
        d = self.dialect
        kept = [p for p in dict.fromkeys(parts) if p != d.true]
        if d.false in kept:
            return d.false
        return self._joined(kept, d.conjunction, d.true)

    def disjunction(self, parts: Iterable[str]) -> str:
        """At least one part; false ones are left out."""
        d = self.dialect
        kept = [p for p in dict.fromkeys(parts) if p != d.false]
        if d.true in kept:
            return d.true
        return self._joined(kept, d.disjunction, d.false)

    def negation(self, part: str) -> str:
        """Not the part."""
        d = self.dialect
        return {d.true: d.false, d.false: d.true}.get(part, f"{d.negation}({part})")

    def _joined(self, parts: list[str], sign: str, empty: str) -> str:
        if len(parts) < 2:
            return parts[0] if parts else empty
        return "(" + f" {sign} ".join(parts) + ")"


def participants(event: Event) -> list[int]:
    """The participants, the sender first: most events that can't happen fail there, and the tools stop there."""
    return [event.sender, *(i for i, _ in event.participants if i != event.sender)]
