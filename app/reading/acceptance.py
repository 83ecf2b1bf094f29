"""Accepted violations: what a service is known to violate, with the reason why that is tolerated.

They stand in a TOML file, `goalstate.toml` beside the `.csdef` unless another one is named:

    [[accepted]]
    property = "Crane_IN_0: startup task 0 (grease.cmd) can't block the role for ever"
    location = "Quay.csdef:4"
    reason = "the crane is watched, and somebody restarts the role"

An entry covers a property with the same sentence (``*`` is a wildcard) whose line of the service definition is in the
file that the entry names.  The line number is not compared, since it changes with every line inserted above it; nor is
the folder.  Violations and vacuous passes can be accepted; unknown properties can't.  An entry is stale if its property
holds or does not exist any more: the report says so, so that the list stays short.

Source: the baselines of linters and type checkers, which leave line numbers out for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from goalstate.model.notation.terms import suggestion
from goalstate.properties.property import Family, Property

from ..terminal.errors import UserError
from ..terminal.page import tame
from .toml_file import TABLES, parsed, text_of

NAME = "goalstate.toml"
"""The file that is read if it lies beside the service definition."""

EXPECTED = "a TOML file with [[accepted]] entries"
FIELDS = ("property", "location", "reason")
UNSAID = "to be written"
"""The reason of an entry that a program has written."""

HEAD = """\
# Accepted violations of this service, each with its reason: `goalstate verify` shows them and does not fail for them.
# `*` in a property is wild; of a location only the name of the file is compared.
"""


@dataclass(frozen=True)
class Accepted:
    """One entry; ``place`` is its own file and line."""

    property: str
    location: str
    reason: str
    place: str

    def covers(self, prop: Property) -> bool:
        """Whether the entry is about a property.

        >>> from goalstate.properties.property import NoDeadlock
        >>> prop = Property("startup task 1 (a.cmd) is fine", NoDeadlock(), location="there/Quay.csdef:4")
        >>> Accepted("startup task * (a.cmd) is fine", "Quay.csdef:9", "so be it", "").covers(prop)
        True
        """
        pattern = ".*".join(map(re.escape, self.property.split("*")))
        if re.fullmatch(pattern, str(prop), re.DOTALL) is None:
            return False
        return not self.location or _file(self.location) == _file(prop.location)


@dataclass(frozen=True)
class Acceptance:
    """The accepted violations of a service, from one file.

    ``partial``: only some properties were checked, so that an entry may be about another one.  ``vacuous``: everything
    that holds only vacuously is accepted, too.  ``assuming``: this is so of the platform's properties, since what is
    assumed never to happen puts many of them to no test.
    """

    entries: tuple[Accepted, ...] = ()
    partial: bool = False
    vacuous: bool = False
    assuming: bool = False

    def excuses(self, prop: Property) -> bool:
        """Whether a property may hold only vacuously."""
        return self.vacuous or (self.assuming and prop.family is Family.PLATFORM)

    def of(self, prop: Property) -> Accepted | None:
        """The first entry that covers a property."""
        return next((entry for entry in self.entries if entry.covers(prop)), None)


NOTHING = Acceptance()


@dataclass(frozen=True)
class Accepting:
    """What the options say of accepted violations, unread: their file, or ``none``; the file that those found are added
    to; whether everything is accepted that holds only vacuously."""

    file: str | None = None
    added_to: str | None = None
    vacuous: bool = False


def accepted_beside(definition: str) -> Acceptance:
    """What is accepted by the file beside a service definition, if there is one; raises UserError for a wrong one."""
    file = Path(definition).parent / NAME
    return read_accepted(file) if file.exists() else NOTHING


def read_accepted(file: Path, *, unsaid: bool = False) -> Acceptance:
    """The accepted violations of a file; raises UserError, with file and line, for anything odd in it.

    ``unsaid``: reasons that nobody has written yet are let through, because the program is about to add to the file.
    """
    shown = tame(str(file))
    text = text_of(file, EXPECTED, "check the path, or make it with --write-accepted")
    content = parsed(text, shown, EXPECTED)
    lines = [
        text.count("\n", 0, m.start(1)) + 1 for m in re.finditer(r"^[ \t]*(\[\[[ \t]*accepted)", text, re.MULTILINE)
    ]
    for key in content:
        if key != "accepted" and not (file.name == NAME and key in TABLES):
            hint = suggestion(key, ["accepted"])
            raise UserError(f"{shown}:1: unknown key {key!r}{hint}; allowed: [[accepted]] entries; delete the others")
    tables = content.get("accepted", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UserError(f"{shown}:1: 'accepted' is no list of entries; allowed: entries; begin each with [[accepted]]")
    places = lines if len(lines) == len(tables) else [1] * len(tables)
    entries = tuple(_entry(table, f"{shown}:{at}") for table, at in zip(tables, places, strict=True))
    for entry in entries:
        if entry.reason == UNSAID and not unsaid:
            raise UserError(
                f"{entry.place}: the reason is {UNSAID!r}; allowed: why this is lived with; write it, or delete the "
                "entry"
            )
    return Acceptance(entries)


def added(file: Path, properties: Iterable[Property]) -> str:
    """The text of a file of accepted violations, with entries for some more properties at its end."""
    before = text_of(file, EXPECTED, "check the path") if file.exists() else HEAD
    entries = [
        f"\n[[accepted]]\nproperty = {_quoted(str(prop))}\n"
        + (f"location = {_quoted(PurePath(prop.location).name)}\n" if prop.location else "")
        + f"reason = {_quoted(UNSAID)}\n"
        for prop in properties
    ]
    return before + ("" if before.endswith("\n") or not before else "\n") + "".join(entries)


def _entry(table: dict[str, Any], place: str) -> Accepted:
    for key in table:
        if key not in FIELDS:
            hint = suggestion(key, FIELDS)
            raise UserError(f"{place}: unknown key {key!r}{hint}; allowed: {', '.join(FIELDS)}; correct or delete it")
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise UserError(f"{place}: {key} can't be {value!r}; allowed: text that says something; put it in quotes")
    for key, why in (("property", "the sentence as the report has it"), ("reason", "why this is lived with")):
        if key not in table:
            raise UserError(f"{place}: no {key}; allowed: property, reason and perhaps location; add {key} = {why!r}")
    return Accepted(table["property"], table.get("location", ""), table["reason"], place)


def _file(location: str) -> str:
    """The name of the file of a `file:line`, or of a file."""
    file, colon, line = location.rpartition(":")
    return PurePath((file if colon and line.isdecimal() else location).replace("\\", "/")).name


def _quoted(text: str) -> str:
    r"""A string in the syntax of TOML; what TOML can't hold is a wildcard.

    >>> print(_quoted('a "b" \\c\u202e'))
    "a \"b\" \\c\u202e"
    """
    return '"' + "".join(map(_character, text)) + '"'


def _character(c: str) -> str:
    if c in '"\\':
        return f"\\{c}"
    if 0xD800 <= ord(c) < 0xE000:
        return "*"
    if c.isprintable():
        return c
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"
