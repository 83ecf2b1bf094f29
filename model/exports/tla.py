"""TLA+, for TLC: one action per event, the conjunction of what its participants do.

For each component and each event it knows there is an operator with its cases; an event is the conjunction of its
participants' operators, and leaves the variables of all other components alone.  Locations are strings, flags and words
numbers.  Claims are invariants, named in the configuration file.

    java -cp tla2tools.jar tlc2.TLC -deadlock -config model.cfg model.tla

``-deadlock`` keeps TLC from looking for states in which nothing can happen; without it, it looks.  A guard with a
disjunction is written ``(...) = TRUE``, so that TLC doesn't take its sides for two different steps.

TLC's "distinct states" are the states of the network; its "states generated" count the initial state too, so they are
one more than its steps.

Source: Lamport, "Specifying Systems", 2002.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..network import Event
from ..notation.terms import Arithmetic, Assign, Expression, Literal, Name
from .machine import Case
from .naming import comment, identifier
from .system import System
from .writing import Dialect, Writer, participants

_WORDS = """
assume assumption axiom boolean by case choose constant constants corollary def define domain else enabled except
extends false have hence hide if in instance lambda lemma let local module new obvious omitted onlyby other pick proof
proposition prove qed recursive sf_ sf string subset suffices take temporal then theorem true unchanged union use
variable variables wf_ wf with witness int nat real integers least greatest init next spec vars
"""

DIALECT = Dialect(
    conjunction="/\\",
    disjunction="\\/",
    negation="~",
    equal="=",
    unequal="#",
    true="TRUE",
    false="FALSE",
    least=lambda a, b: f"Least({a}, {b})",
    greatest=lambda a, b: f"Greatest({a}, {b})",
    reserved=frozenset(_WORDS.split()),
    among=lambda variable, values: f"{variable} \\in {{{', '.join(values)}}}",
)


@dataclass(frozen=True)
class Specification:
    """A module, which must be stored under its name, and the configuration file of TLC.

    ``actions`` gives each event that can happen for its action.
    """

    name: str
    module: str
    configuration: str
    actions: Mapping[str, str]


def tla(system: System, name: str = "") -> Specification:
    """The system as a TLA+ module called ``name`` (default: the network's name); raises ExportError.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> print(tla(System(Network((Component("lamp", lamp),)))).module.partition("Greatest")[2].partition("Next")[0])
    (a, b) == IF a > b THEN a ELSE b
    <BLANKLINE>
    VARIABLE at_lamp
    vars == <<at_lamp>>
    <BLANKLINE>
    Init ==
      /\\ at_lamp = "dark"
    <BLANKLINE>
    lamp_takes_switch_off ==
      /\\ at_lamp = "bright"
      /\\ at_lamp' = "dark"
    <BLANKLINE>
    lamp_takes_switch_on ==
      /\\ at_lamp = "dark"
      /\\ at_lamp' = "bright"
    <BLANKLINE>
    event_switch_off ==
      /\\ lamp_takes_switch_off
    <BLANKLINE>
    event_switch_on ==
      /\\ lamp_takes_switch_on
    <BLANKLINE>
    <BLANKLINE>
    """
    module = identifier(name or system.network.name)
    if module.casefold() in DIALECT.reserved:
        module += "_model"
    writer = _Tla(system, DIALECT)
    return Specification(
        module,
        "\n".join((f"---- MODULE {module} ----", *writer.lines(), "====")) + "\n",
        "\n".join(writer.configuration()) + "\n",
        {action: event for event, action in writer.actions.items()},
    )


class _Tla(Writer):
    def configuration(self) -> Iterator[str]:
        if not self.system.deadlock:
            yield "\\* run with -deadlock: that nothing can happen any more is no mistake here"
        yield "INIT Init"
        yield "NEXT Next"
        yield from (f"INVARIANT {name}" for name in self.naming.claims)

    def lines(self) -> Iterator[str]:
        network = self.system.network
        yield from (f"\\* {line}" for line in self.head())
        yield "EXTENDS Integers"
        yield ""
        yield "Least(a, b) == IF a < b THEN a ELSE b"
        yield "Greatest(a, b) == IF a > b THEN a ELSE b"
        for words in self.naming.words.values():
            yield from (f"{name} == {k}" for k, name in enumerate(words))
        every = [v for i in range(len(network.components)) for v, _ in self.initial(i)]
        yield ""
        yield f"VARIABLE{'S' if len(every) > 1 else ''} {', '.join(every)}"
        yield f"vars == <<{', '.join(every)}>>"
        yield ""
        yield "Init =="
        for i in range(len(network.components)):
            yield from (f"  /\\ {variable} = {value}" for variable, value in self.initial(i))
        for event, _ in self.guarded[0]:
            for i, _ in event.participants:
                yield from self.operator(i, event.name)
        for event, _ in self.guarded[0]:
            yield from self.action(event)
        yield ""
        yield "Next =="
        yield from (f"  \\/ {self.actions[event.name]}" for event, _ in self.guarded[0])
        if not self.guarded[0]:
            yield "  FALSE /\\ UNCHANGED vars"
        yield ""
        yield "Spec == Init /\\ [][Next]_vars"
        for name, claim in zip(self.naming.claims, self.system.claims, strict=True):
            yield ""
            yield f"\\* {comment(claim.sentence)}"
            yield f"{name} == {self.formula(claim.formula)}"

    @cached_property
    def operators(self) -> Mapping[tuple[int, str], str]:
        """The operator of a component and an event."""
        known = [(i, e.name) for e, _ in self.guarded[0] for i, _ in e.participants]
        components = self.system.network.components
        names = self.naming.each(f"{components[i].name}_takes_{self.system.chart_event(i, e)}" for i, e in known)
        return dict(zip(known, names, strict=True))

    @cached_property
    def actions(self) -> Mapping[str, str]:
        """The action of an event."""
        events = [e.name for e, _ in self.guarded[0]]
        return dict(zip(events, self.naming.each(f"event_{e}" for e in events), strict=True))

    def place(self, component: int, location: int) -> str:
        return f'"{self.machine(component).location_name(location)}"'

    def operator(self, i: int, event: str) -> Iterator[str]:
        yield ""
        yield f"{self.operators[i, event]} =="
        cases = self.taken(i, event)
        own = [v for v, _ in self.initial(i)]
        for case in cases:
            begin, more = ("  \\/ ", "     ") if len(cases) > 1 else ("  ", "  ")
            written = self.written(i, case)
            parts = [self.at(i, frozenset(case.locations)), self.condition(i, case.guard)]
            # TLC splits an action at its disjunctions and would count a step once per side; a value it evaluates whole.
            parts = [f"{p} = TRUE" if "\\/" in p else p for p in parts if p != self.dialect.true]
            parts += [f"{variable}' = {value}" for variable, value in written.items()]
            same = [v for v in own if v not in written]
            if same:
                parts.append(f"UNCHANGED <<{', '.join(same)}>>")
            for number, part in enumerate(parts or ["TRUE"]):
                yield f"{more if number else begin}/\\ {part}"

    def action(self, event: Event) -> Iterator[str]:
        yield ""
        yield f"{self.actions[event.name]} =="
        yield from (f"  /\\ {self.operators[i, event.name]}" for i in participants(event))
        inside = {i for i, _ in event.participants}
        others = [v for i in range(len(self.system.network.components)) if i not in inside for v, _ in self.initial(i)]
        if others:
            yield f"  /\\ UNCHANGED <<{', '.join(others)}>>"

    def written(self, component: int, case: Case) -> dict[str, str]:
        """Each variable's value after the case, in terms of the values before it."""
        values: dict[str, Expression] = {}
        for assign in case.effects:
            values[assign.variable] = substitute(assign.expression, values)
        written = {}
        if case.target is not None:
            written[self.naming.places[component]] = self.place(component, case.target)
        for name, expression in values.items():
            variable = self.naming.variables[component][name]
            written[variable] = self.assigned(component, Assign(name, expression))
        return written


def substitute(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """The expression with variables replaced by what has been assigned to them."""
    match expression:
        case Literal():
            return expression
        case Name(variable):
            return values.get(variable, expression)
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, substitute(left, values), substitute(right, values))
