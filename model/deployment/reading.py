"""Reading one element: the reader asks for every attribute and child by name, and the rest is reported.

So the list of what is allowed is not written twice: it is what the reader asked for. An unknown name becomes a note.
A name that is nearly a known one becomes a problem, because skipping `taskTyp` would silently verify another service;
so does an element that the schema knows in another place.

The simple types are those of the schema of SDK 2.4 (`xs:int`, `xs:boolean`, `NamedElementNameString`, ...). Left out:
the order of children, which the schema mostly leaves free.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from .document import MAX_NAME, Element
from .limits import PLACES
from .problems import DeploymentError, Problem, listed, nearest, suggestion
from .service import Location, Note

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_NAME = re.compile(r"""[a-zA-Z_][^\\/:*?"<>|`'^\x00-\x1f]*(?<![.\s])""")


MAX_PROBLEMS = 100
MAX_NOTES = 1000


@dataclass(slots=True)
class Findings:
    """What came up while reading: problems make the reading fail, warnings and notes go along with the result.

    A warning says that something is allowed but will most likely not work; a note says what is not modelled. Reading
    stops with a `DeploymentError` after `MAX_PROBLEMS` mistakes or `MAX_NOTES` notes or warnings, so that a hostile
    file cannot keep the reader busy.
    """

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def problem(self, location: Location, what: str, allowed: str, fix: str) -> None:
        """Record a mistake in the three parts of every message."""
        self.problems.append(Problem(location, f"{what}; allowed: {allowed}; {fix}"))
        if len(self.problems) >= MAX_PROBLEMS:
            self._give_up(location, f"{MAX_PROBLEMS} mistakes, the rest is not read")

    def note(self, location: Location, element: str, reason: str) -> None:
        """Record something that is not modelled, or was read in an unusual way."""
        self.notes.append(Note(location, element, reason))
        if len(self.notes) >= MAX_NOTES:
            self._give_up(location, f"{MAX_NOTES} things that are not modelled, the rest is not read")

    def warn(self, location: Location, element: str, reason: str) -> None:
        """Record something that the platform accepts and that will most likely not work."""
        self.warnings.append(Note(location, element, reason))
        if len(self.warnings) >= MAX_NOTES:
            self._give_up(location, f"{MAX_NOTES} warnings, the rest is not read")

    def _give_up(self, location: Location, what: str) -> None:
        message = f"{what}; allowed: fewer; is this really a service file?"
        raise DeploymentError([*self.problems, Problem(location, message)])

    def unique(self, kind: str, named: Iterable[tuple[str, Location]], scope: str) -> None:
        """Report every name that was given before, with the line of its first use; case does not matter."""
        first: dict[str, Location] = {}
        for name, location in named:
            if not name:
                continue
            before = first.setdefault(name.casefold(), location)
            if before is not location:
                fix = f"rename it or delete it (first: line {before.line})"
                self.problem(location, f"{kind} {shown(name)} appears twice", f"each name once in {scope}", fix)


def shown(value: str) -> str:
    """A value quoted for a message, cut if it is long.

    >>> shown("web")
    "'web'"
    """
    return repr(value if len(value) <= 60 else value[:57] + "...")


class Reading:
    """One element being read; `finish` reports what was not asked for."""

    def __init__(self, element: Element, findings: Findings) -> None:
        self.element = element
        self.findings = findings
        self.location = element.location
        self._attributes: dict[str, None] = {}  # in the order in which they were asked for
        self._children: dict[str, None] = {}
        self._absent: list[tuple[str, str]] = []
        if element.text:
            self._problem(f"text {shown(element.text)}", "elements and attributes only", "delete it")

    def _problem(self, what: str, allowed: str, fix: str) -> None:
        self.findings.problem(self.location, f"{what} in <{self.element.name}>", allowed, fix)

    def _value(self, attribute: str) -> str | None:
        self._attributes[attribute] = None
        return self.element.attributes.get(attribute)

    def _missing(self, attribute: str, allowed: str) -> None:
        """Remember a required attribute that is missing; `finish` tells whether it is there, but misspelt."""
        self._absent.append((attribute, allowed))

    def has(self, attribute: str) -> bool:
        """Whether the attribute is given."""
        return attribute in self.element.attributes

    def text(self, attribute: str, default: str | None = None) -> str | None:
        """An optional attribute as it stands."""
        value = self._value(attribute)
        return default if value is None else value

    def required(self, attribute: str, longest: int = 256) -> str:
        """An attribute that must be there and not be empty."""
        value = self._value(attribute)
        if value is None:
            self._missing(attribute, f"1 to {longest} characters")
        elif not 1 <= len(value) <= longest:
            self._problem(f"{attribute} has {len(value)} characters", f"1 to {longest}", "give a text of that length")
        return value or ""

    def name(self, attribute: str = "name") -> str:
        """A name after the schema's pattern; empty if it is missing."""
        value = self._value(attribute)
        allowed = (
            "a-z, A-Z or _ first, none of \\ / : * ? \" < > | ` ' ^, no control characters, no dot or blank at the end"
        )
        if value is None:
            self._missing(attribute, allowed)
        elif len(value) > MAX_NAME:
            self._problem(f"{attribute} has {len(value)} characters", f"1 to {MAX_NAME}", "shorten it")
            return ""
        elif not _NAME.fullmatch(value):
            self._problem(f"{attribute} {shown(value)} is not a valid name", allowed, "rename it")
        return value or ""

    def integer(self, attribute: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`; without a default it must be there."""
        value = self.integer_or_none(attribute, low, high)
        if value is None:
            if default is None and not self.has(attribute):
                self._missing(attribute, f"{low} to {high}")
            return low if default is None else default
        return value

    def integer_or_none(self, attribute: str, low: int, high: int, wildcard: str | None = None) -> int | None:
        """A whole number from `low` to `high`, or `None` if it is not given or is the wildcard."""
        value = self._value(attribute)
        if value is None or (wildcard is not None and value.strip() == wildcard):
            return None
        allowed = f"{low} to {high}" + (f", or {wildcard!r}" if wildcard is not None else "")
        if not _INTEGER.fullmatch(value.strip()):
            self._problem(f"{attribute} {shown(value)} is not a whole number", allowed, "give a number")
            return None
        number = int(value)
        if not low <= number <= high:
            self._problem(f"{attribute} {number} is out of range", allowed, "give a number in that range")
            return None
        return number

    def boolean(self, attribute: str, default: bool | None) -> bool:
        """A truth value as XML Schema writes it; without a default it must be there."""
        value = self._value(attribute)
        if value is None:
            if default is None:
                self._missing(attribute, "'true' or 'false'")
            return bool(default)
        if value.strip() not in _BOOLEANS:
            fix = suggestion(value.strip(), _BOOLEANS, "write true or false")
            self._problem(f"{attribute} {shown(value)} is not a truth value", "'true' or 'false'", fix)
        return _BOOLEANS.get(value.strip(), False)

    def choice(self, attribute: str, kinds: type[Choice], default: Choice) -> Choice:
        """One of an enumeration's values."""
        chosen = self.word(attribute, [kind.value for kind in kinds], default.value)
        return kinds(chosen)

    def word(self, attribute: str, allowed: list[str], default: str | None = None) -> str:
        """One of the allowed words; without a default it must be there, and the first stands in for a wrong one."""
        value = self._value(attribute)
        if value is None:
            if default is None:
                self._missing(attribute, listed(allowed))
            return default or allowed[0]
        if value not in allowed:
            fix = suggestion(value, allowed, "use one of these")
            self._problem(f"{attribute} {shown(value)} is unknown", listed(allowed), fix)
            return default or allowed[0]
        return value

    def unmodelled(self, attribute: str, reason: str) -> None:
        """An attribute that the schema knows and no agent reads."""
        if self._value(attribute) is not None:
            self.findings.note(self.location, f"{self.element.name}/@{attribute}", reason)

    def children(self, *names: str) -> list[Element]:
        """All children with one of these names."""
        self._children |= dict.fromkeys(names)
        return [child for child in self.element.children if child.name in names]

    def child(self, name: str) -> Element | None:
        """The child of that name, which may be there once."""
        found = self.children(name)
        for again in found[1:]:
            self.findings.problem(
                again.location,
                f"<{name}> appears twice in <{self.element.name}>",
                "once",
                f"merge it with line {found[0].location.line}",
            )
        return found[0] if found else None

    def each(self, name: str, read: Callable[[Reading], Value], *unread: str) -> tuple[Value, ...]:
        """What `read` makes of each child of that name; its own children named `unread` are skipped."""
        values = []
        for child in self.children(name):
            reading = Reading(child, self.findings)
            reading.children(*unread)
            values.append(read(reading))
            reading.finish()
        return tuple(values)

    def unmodelled_children(self, name: str, reason: str) -> None:
        """Children that the schema knows and no agent reads."""
        for child in self.children(name):
            self.findings.note(child.location, f"{self.element.name}/{name}", reason)

    def finish(self) -> None:
        """Report attributes and children that were not asked for: near misses as problems, others as notes."""
        strange = [attribute for attribute in self.element.attributes if attribute not in self._attributes]
        for attribute in strange:
            self._unknown(self.location, f"{self.element.name}/@{attribute}", "attribute", attribute, self._attributes)
        for attribute, allowed in self._absent:
            if not any(nearest(other, [attribute]) for other in strange):  # reported as misspelt above
                self._problem(f"attribute {attribute!r} is missing", allowed, f'add {attribute}="..."')
        for child in self.element.children:
            if child.name not in self._children:
                self._unknown(
                    child.location, f"{self.element.name}/{child.name}", "element", child.name, self._children
                )

    def _unknown(self, location: Location, path: str, kind: str, name: str, allowed: Iterable[str]) -> None:
        close = nearest(name, allowed)
        if kind == "element" and name in PLACES:
            what = f"<{name}> is misplaced in <{self.element.name}>"
            self.findings.problem(location, what, f"in {PLACES[name]}", "move it there")
        elif close is None:
            self.findings.note(location, path, f"unknown {kind}, not modelled; known here: {listed(allowed)}")
        else:
            what = f"unknown {kind} {shown(name)} in <{self.element.name}>"
            self.findings.problem(location, what, listed(allowed), f"did you mean {close!r}?")


def read_each(
    container: Element | None, name: str, read: Callable[[Reading], Value], findings: Findings
) -> tuple[Value, ...]:
    """What `read` makes of each child of that name in a container that holds nothing else; nothing without it."""
    if container is None:
        return ()
    reading = Reading(container, findings)
    values = reading.each(name, read)
    reading.finish()
    return values
