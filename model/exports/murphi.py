"""Murphi, for rumur: one rule per event.

Locations are enumerations, so that a counterexample shows the names of states; variables are ranges.  Claims are
invariants.  rumur's "rules fired" are the steps of the network, its "states" the states.

    rumur --deadlock-detection=off --output=model.c model.m && cc -O3 -o model model.c -lpthread && ./model

A state in which nothing can happen is found by ``--deadlock-detection=stuck``: the default, ``stuttering``, also
complains about a state that has only events that change nothing.

Source: Dill, "The Murphi verification system", 1996; rumur's manual pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..network import Event
from .machine import Case
from .naming import comment
from .system import System
from .writing import Dialect, Writer

_WORDS = """
alias array assert assume begin boolean by case choose clear const cover do else elsif end endalias endexists endfor
endforall endfunction endif endprocedure endrecord endrule endruleset endstartstate endswitch endwhile enum error
exists false for forall function if in interleaved invariant isundefined liveness log_end multiset multisetadd
multisetcount multisetremove of procedure process program property put record return rule ruleset scalarset startstate
stop switch then to traceuntil true type undefine union var while
"""

DIALECT = Dialect(
    conjunction="&",
    disjunction="|",
    negation="!",
    equal="=",
    unequal="!=",
    true="true",
    false="false",
    least=lambda a, b: f"({a} < {b} ? {a} : {b})",
    greatest=lambda a, b: f"({a} > {b} ? {a} : {b})",
    reserved=frozenset(_WORDS.split()),
)


def murphi(system: System) -> str:
    """The system as the text of a Murphi file; raises ExportError.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> print(murphi(System(Network((Component("lamp", lamp),)))).partition("end;")[2])
    <BLANKLINE>
    <BLANKLINE>
    rule "switch_off"
      at_lamp = lamp_bright
    ==>
    begin
      at_lamp := lamp_dark;
    end;
    <BLANKLINE>
    rule "switch_on"
      at_lamp = lamp_dark
    ==>
    begin
      at_lamp := lamp_bright;
    end;
    <BLANKLINE>
    """
    return "\n".join(_Murphi(system, DIALECT).lines()) + "\n"


class _Murphi(Writer):
    def lines(self) -> Iterator[str]:
        network = self.system.network
        yield from (f"-- {line}" for line in self.head())
        placed = list(dict.fromkeys(self.chart(i) for i, several in enumerate(self.placed) if several))
        constants = [(name, k) for words in self.naming.words.values() for k, name in enumerate(words)]
        if constants:
            yield "\nconst"
            yield from (f"  {name}: {k};" for name, k in constants)
        least, most = self.system.values
        if placed or least < 0 or most > 0:
            yield "\ntype"
            # rumur computes in the smallest type that holds every range, which need not hold what lies in between.
            yield from [f"  between: {least} .. {most};"] if least < 0 or most > 0 else []
            for chart in placed:
                yield f"  {self.naming.types[chart]}: enum {{ {', '.join(self.naming.locations[chart])} }};"
        yield "\nvar"
        for i in range(len(network.components)):
            yield from self.component(i)
        yield "\nstartstate\nbegin"
        for i in range(len(network.components)):
            yield from (f"  {variable} := {value};" for variable, value in self.initial(i))
        yield "end;"
        for event, guard in self.guarded[0]:
            yield from self.rule(event, guard)
        if not self.guarded[0]:
            yield '\nrule "nothing"\n  false\n==>\nbegin\nend;'
        for claim in self.system.claims:
            yield f'\ninvariant "{comment(claim.sentence)}"\n  {self.formula(claim.formula)};'

    def component(self, i: int) -> Iterator[str]:
        chart = self.chart(i)
        types = [self.naming.types[chart]] if self.placed[i] else []
        types += [f"{v.low} .. {v.high}" for v in chart.variables]
        for kind, (variable, _) in zip(types, self.initial(i), strict=True):
            yield f"  {variable}: {kind};"

    def rule(self, event: Event, guard: str) -> Iterator[str]:
        yield f'\nrule "{comment(event.name)}"'
        yield f"  {guard}"
        yield "==>"
        yield "begin"
        for i, _ in event.participants:
            cases = self.taken(i, event.name)
            changing = [c for c in cases if self.assignments(i, c)]
            if len(cases) == 1:
                yield from (f"  {statement}" for case in changing for statement in self.statements(i, case))
            elif changing:
                for number, case in enumerate(changing):
                    yield f"  {'elsif' if number else 'if'} {self.case_guard(i, case)} then"
                    yield from (f"    {statement}" for statement in self.statements(i, case))
                yield "  end;"
        yield "end;"

    def statements(self, component: int, case: Case) -> list[str]:
        return [f"{variable} := {value};" for variable, value in self.assignments(component, case)]
