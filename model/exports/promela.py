"""Promela, for SPIN: one process, one guarded step per event.

The process is a loop whose options are the events; an option is a ``d_step``, which SPIN takes as one transition, so
between two stored states lies exactly one event.  Claims are further options that are possible only where a claim is
broken, and end in an assertion.

    spin -o2 -a model.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan -m10000000

``-o2`` matters for the counts: without it SPIN leaves a variable that is written and never read at zero, which changes
no verdict and makes states equal that are not.

``spin -t -DTELL model.pml`` prints the events of a trail.  SPIN's "states, stored" are the states of the network; its
"transitions" count the initial state too, so they are one more.

Source: Holzmann, "The SPIN Model Checker", 2003, and SPIN's manual pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..network import Event
from .machine import Case
from .naming import comment, is_flag
from .system import System
from .writing import Dialect, Writer

_WORDS = """
active always assert atomic auto bit bool break byte c_code c_decl c_expr c_state c_track case chan char cond const
continue copy d_proctype d_step default do double else empty enabled end enum equivalent eval eventually extern false
fi float for full get_priority goto hidden if implies in init inline int len local long ltl mtype nempty network never
next nfull notrace np_ od of pc_value pid precedes printf printm priority proctype product provided register release
return run select set_priority short show signed sizeof skip static strong struct switch tell timeout trace true
typedef union unless unlocked unsigned until void volatile weak while xr xs
"""


DIALECT = Dialect(
    conjunction="&&",
    disjunction="||",
    negation="!",
    equal="==",
    unequal="!=",
    true="true",
    false="false",
    least=lambda a, b: f"({a} < {b} -> {a} : {b})",
    greatest=lambda a, b: f"({a} > {b} -> {a} : {b})",
    reserved=frozenset(_WORDS.split()),
)


def promela(system: System) -> str:
    """The system as the text of a Promela file; raises ExportError.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> print(promela(System(Network((Component("lamp", lamp),)))).partition("  do")[2])
    <BLANKLINE>
      :: d_step { /* switch_off */
           at_lamp == lamp_bright -> tell("switch_off\\n")
           ; at_lamp = lamp_dark
         }
      :: d_step { /* switch_on */
           at_lamp == lamp_dark -> tell("switch_on\\n")
           ; at_lamp = lamp_bright
         }
      od
    }
    <BLANKLINE>
    """
    return "\n".join(Promela(system, DIALECT).lines()) + "\n"


class Promela(Writer):
    """One system in Promela."""

    def lines(self) -> Iterator[str]:
        """The file, line by line."""
        yield from self.declarations()
        for name, claim in zip(self.naming.claims, self.system.claims, strict=True):
            yield f"/* {comment(claim.sentence)} */"
            yield f"#define {name} ({self.formula(claim.formula)})"
        yield ""
        yield "active proctype network()"
        yield "{"
        if not self.system.deadlock:
            yield "end:"
        yield "  do"
        for event, guard in self.guarded[0]:
            yield from self.option(event, guard)
        for name in self.naming.claims:
            yield f"  :: d_step {{ !{name} -> assert({name}) }}"
        if not self.guarded[0] and not self.system.claims:
            yield "  :: false -> skip"
        yield "  od"
        yield "}"

    def declarations(self) -> Iterator[str]:
        """What comes before the processes: the names, and the variables of all components."""
        yield from (f"/* {line} */" for line in self.head())
        yield ""
        yield "#ifdef TELL"
        yield "#define tell(event) printf(event)"
        yield "#else"
        yield "#define tell(event) skip"
        yield "#endif"
        yield from self.constants()
        yield ""
        for i in range(len(self.system.network.components)):
            yield from self.component(i)
        yield ""

    def constants(self) -> Iterator[str]:
        """The names of locations and of the words of variables."""
        placed = {self.chart(i) for i, several in enumerate(self.placed) if several}
        for chart in self.naming.charts:
            yield ""
            yield f"/* {comment(chart.name)} */"
            if chart in placed:
                yield from (f"#define {name} {k}" for k, name in enumerate(self.naming.locations[chart]))
            for v in chart.variables:
                words = self.naming.words.get((chart, v.name), ())
                yield from (f"#define {name} {k}" for k, name in enumerate(words))

    def component(self, i: int) -> Iterator[str]:
        """The variables of a component."""
        m, begins = self.machine(i), self.initial(i)
        types = [_type(0, len(m.locations) - 1)] if self.placed[i] else []
        types += ["bool" if is_flag(v) else _type(v.low, v.high) for v in m.chart.variables]
        name = comment(self.system.network.components[i].name)
        for kind, (variable, value) in zip(types, begins, strict=True):
            yield f"{kind} {variable} = {value}; /* {name} */"

    def option(self, event: Event, guard: str) -> Iterator[str]:
        """An event as one step of a loop."""
        name = comment(event.name)
        yield f"  :: d_step {{ /* {name} */"
        yield f'       {guard} -> tell("{name.replace("%", "%%")}\\n")'
        for i, _ in event.participants:
            cases = self.taken(i, event.name)
            changing = [c for c in cases if c.changes and self.assignments(i, c)]
            if len(cases) == 1:
                yield from (f"       ; {statement}" for case in changing for statement in self.statements(i, case))
            elif changing:
                yield "       ; if"
                for case in changing:
                    yield f"         :: {self.case_guard(i, case)} -> {'; '.join(self.statements(i, case))}"
                if len(changing) < len(cases):
                    yield "         :: else"
                yield "         fi"
        yield "     }"

    def statements(self, component: int, case: Case) -> list[str]:
        """The assignments of a case."""
        return [f"{variable} = {value}" for variable, value in self.assignments(component, case)]


def _type(low: int, high: int) -> str:
    """The smallest type that holds a range.

    >>> [_type(0, 1), _type(0, 255), _type(-1, 1), _type(0, 70_000)]
    ['bit', 'byte', 'short', 'int']
    """
    if low >= 0 and high <= 255:
        return "bit" if high <= 1 else "byte"
    return "short" if low >= -(2**15) and high < 2**15 else "int"
