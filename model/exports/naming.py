"""Names for another language: valid identifiers, all different, the same in every run.

A name keeps its letters, digits and underscores; anything else becomes an underscore, and a name that is taken gets a
number.  State variables are ``at_<component>`` and ``<component>__<variable>``; with these shapes they can't be
keywords, nor names that a tool uses in the program it generates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ..notation.statechart import Statechart
from ..notation.terms import Variable
from .system import System

LONGEST = 100


def identifier(text: str) -> str:
    """ASCII letters, digits and underscores, a letter first.

    >>> identifier("Web_IN_0/tick"), identifier("9 lives"), identifier("é")
    ('Web_IN_0_tick', 'n9_lives', 'n_')
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)[:LONGEST]
    return name if name[:1].isalpha() else "n" + name


def comment(text: str) -> str:
    """Text on one line that ends no comment and no string of any of the languages.

    >>> comment('a */ "b"')
    'a %2a/ %22b%22'
    """
    spelled = percent(text, lambda c: c.isascii() and c.isprintable() and c not in '"\\%')
    for mark in ("*/", "/*", "(*", "*)", "--", "=="):
        spelled = spelled.replace(mark, "".join(f"%{ord(c):02x}" if c in "*-=" else c for c in mark))
    return spelled


def percent(text: str, keep: Callable[[str], bool]) -> str:
    """The text with every character that is not kept written as in a URL; what is kept must not include ``%``.

    >>> percent("50% é", str.isalnum)
    '50%25%20é'
    """
    return "".join(c if keep(c) else "".join(f"%{b:02x}" for b in c.encode("utf-8", "surrogatepass")) for c in text)


@dataclass
class Taken:
    """Identifiers in use; ``folds``: upper and lower case count as the same."""

    names: set[str] = field(default_factory=set)

    def new(self, text: str) -> str:
        """An identifier for a text that nothing else has; case doesn't tell two apart."""
        base = name = identifier(text)
        number = 2
        while name.casefold() in self.names:
            name = f"{base}_{number}"
            number += 1
        self.names.add(name.casefold())
        return name


@dataclass(frozen=True, eq=False)
class Naming:
    """All identifiers of one exported system, given out in the order of the components."""

    system: System
    reserved: frozenset[str]

    @cached_property
    def _taken(self) -> Taken:
        return Taken({w.casefold() for w in self.reserved})

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Per component, the variable that holds its location."""
        return tuple(self._taken.new(f"at_{c.name}") for c in self.system.network.components)

    @cached_property
    def variables(self) -> tuple[dict[str, str], ...]:
        """Per component, the variable for each variable of its chart."""
        return tuple(
            {v.name: self._taken.new(f"{c.name}__{v.name}") for v in c.chart.variables}
            for c in self.system.network.components
        )

    @cached_property
    def charts(self) -> tuple[Statechart, ...]:
        """The charts, each once."""
        return tuple(dict.fromkeys(c.chart for c in self.system.network.components))

    @cached_property
    def types(self) -> dict[Statechart, str]:
        """The type of a chart's locations."""
        return {chart: self._taken.new(f"{chart.name}_place") for chart in self.charts}

    @cached_property
    def locations(self) -> dict[Statechart, tuple[str, ...]]:
        """The constants for a chart's locations."""
        machines = {c.chart: m for c, m in zip(self.system.network.components, self.system.machines, strict=True)}
        return {
            chart: tuple(
                self._taken.new(f"{chart.name}_{machines[chart].location_name(k)}")
                for k in range(len(machines[chart].locations))
            )
            for chart in self.charts
        }

    @cached_property
    def words(self) -> dict[tuple[Statechart, str], tuple[str, ...]]:
        """The constants for the words of a chart's variable; flags have none, they are 0 and 1."""
        return {
            (chart, v.name): tuple(self._taken.new(f"{chart.name}_{v.name}_{word}") for word in v.names)
            for chart in self.charts
            for v in chart.variables
            if v.names and not is_flag(v)
        }

    @cached_property
    def claims(self) -> tuple[str, ...]:
        """A name for each claim."""
        return self.each(f"claim_{c.sentence}" for c in self.system.claims)

    def each(self, texts: Iterable[str]) -> tuple[str, ...]:
        """New names for texts."""
        return tuple(self._taken.new(text) for text in texts)


def is_flag(variable: Variable) -> bool:
    """Whether a variable is true or false."""
    return variable.names == ("false", "true")
