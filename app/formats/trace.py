"""A saved run: a counterexample as a JSON file that can be replayed by itself.

The file holds the events, and where a lasso returns to; the property that they break; which search found them, with
the options of it; and the definition, with its text, so that it can be read again where the files are gone.  A network
in a Python file is named only: code is not kept in a trace.  Two digests tell whether the definition has changed: that
of each file says which, that of the network whether it matters.

The file is input like any other, and nobody's word is taken for what is in it: sizes are limited, every field is looked
at, and a text is used as a name of a file only without folders.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any

from goalstate.model.workflow import BoundsError
from goalstate.properties.service.searches import Identity
from goalstate.properties.service.settings import Settings

from ..reading.settings import World, read_world, written_world
from ..terminal.errors import UserError
from ..terminal.page import tame

FORMAT = "goalstate trace"
VERSION = 1

MOST_BYTES = 16 * 2**20
"""A longer file is no trace."""

MOST_EVENTS = 20_000
"""More events than any run that is told has."""

MOST_TEXT = 4 * 2**20
"""Characters of a definition that are kept at most."""

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """A file of the definition: its name as seen from the trace, the digest of its bytes, its text if that is kept."""

    file: str
    sha256: str
    text: str | None = None


@dataclass(frozen=True)
class Trace:
    """A run that breaks a property, and all that it takes to replay it.

    ``label`` and ``settings`` are the search of `verify` that found it.  ``paths`` stand for the definition as on the
    command line, seen from the folder of the trace; none: the bundled example.  ``claim`` and ``network`` (a digest)
    are those of the time when the run was found.  ``identity`` is what the property of a service keeps while its name
    changes with commands and ticks; None for a network in a file, and in runs that earlier versions saved.
    """

    name: str
    paths: tuple[str, ...]
    sources: tuple[Source, ...]
    label: str
    settings: Settings
    bounds: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    network: str
    property: str
    location: str
    claim: str
    reason: str
    events: tuple[str, ...]
    loop: int | None = None
    goalstate: str = ""
    identity: Identity | None = None


def as_text(trace: Trace) -> str:
    """The trace as JSON in ASCII, one event a line."""
    return (
        json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "goalstate": trace.goalstate or version("goalstate"),
                "name": trace.name,
                "property": {
                    "name": trace.property,
                    "location": trace.location or None,
                    "claim": trace.claim,
                    "reason": trace.reason,
                    **({} if trace.identity is None else {"identity": asdict(trace.identity)}),
                },
                "definition": {
                    "paths": list(trace.paths),
                    "sources": [{"file": s.file, "sha256": s.sha256, "text": s.text} for s in trace.sources],
                },
                "search": {"label": trace.label, **written_world(trace.settings), "thorough": trace.settings.thorough},
                "network": {"sha256": trace.network, "bounds": dict(trace.bounds), "options": dict(trace.options)},
                "loop": trace.loop,
                "events": list(trace.events),
            },
            indent=1,
        )
        + "\n"
    )


def read_trace(file: Path) -> tuple[Trace, str]:
    """A trace and the text of its file; raises UserError for whatever is no trace."""
    shown = tame(str(file))
    try:
        if not file.is_file():
            raise UserError(f"{shown}:1: file not found, or no file; allowed: a trace of --save-trace; check the path")
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{shown}:1: can't be read ({reason}); allowed: a trace of --save-trace; name one") from None
    if len(raw) > MOST_BYTES:
        raise UserError(f"{shown}:1: longer than {MOST_BYTES:,} bytes; allowed: a trace of --save-trace; name one")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{shown}:{line}: not UTF-8; allowed: a trace as --save-trace writes it; save it anew"
        ) from None
    try:
        found = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise UserError(
            f"{shown}:{error.lineno}: no JSON ({error.msg}); allowed: a trace as --save-trace writes it; save it anew"
        ) from None
    except (RecursionError, ValueError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UserError(f"{shown}:1: {what}; allowed: a trace as --save-trace writes it; save it anew") from None
    return _trace(_Fields(found, shown, text, "a trace")), text


def line_of_event(text: str, number: int) -> int:
    """The line of a trace's file on which its event ``number`` (from 0) stands; 1 where it is laid out differently.

    >>> line_of_event('{\\n "events": [\\n  "a",\\n  "b"\\n ]\\n}\\n', 1)
    4
    """
    lines = text.splitlines()
    begins = next((k for k, line in enumerate(lines) if line.strip() == '"events": ['), None)
    if begins is None or begins + 1 + number >= len(lines):
        return 1
    return begins + 2 + number


def _trace(fields: _Fields) -> Trace:
    if fields.found.get("format") != FORMAT:
        raise fields.wrong("format", f"{FORMAT!r}, as --save-trace writes it")
    if fields.integer("version") != VERSION:
        raise fields.wrong("version", f"{VERSION}, what this goalstate writes; save the trace anew")
    prop, definition = fields.inside("property"), fields.inside("definition")
    search, network = fields.inside("search"), fields.inside("network")
    events = fields.texts("events")
    if len(events) > MOST_EVENTS:
        raise fields.wrong("events", f"at most {MOST_EVENTS:,} events")
    loop = fields.maybe_integer("loop")
    if loop is not None and not 0 <= loop < len(events):
        raise fields.wrong("loop", "null, or the number of events before the loop")
    digest = network.text("sha256")
    if not _SHA256.fullmatch(digest):
        raise network.wrong("sha256", "64 hexadecimal digits")
    return Trace(
        name=fields.text("name"),
        paths=definition.texts("paths"),
        sources=tuple(_source(one) for one in definition.several("sources")),
        label=search.text("label"),
        settings=_settings(search),
        bounds=network.pairs("bounds"),
        options=network.pairs("options"),
        network=digest,
        property=prop.text("name"),
        location=prop.maybe_text("location") or "",
        claim=prop.text("claim"),
        reason=prop.text("reason"),
        events=events,
        loop=loop,
        goalstate=fields.text("goalstate"),
        identity=_identity(prop),
    )


def _identity(prop: _Fields) -> Identity | None:
    if prop.found.get("identity") is None:
        return None
    same = prop.inside("identity")
    return Identity(same.text("subject"), same.text("general"), same.integer("place"))


def _settings(search: _Fields) -> Settings:
    world: World = {
        "instances": search.texts("instances"),
        "faults": search.maybe_text("faults"),
        "requests": search.maybe_integer("requests", 0, 255),
        "also": search.texts("also") if "also" in search.found else (),
        "tick": search.maybe_integer("tick", 1, 5),
        "options": search.texts("options"),
        # Runs that earlier versions saved assume nothing.
        "assume": search.texts("assume") if "assume" in search.found else (),
        "whole": search.flag("whole"),
    }
    thorough = search.flag("thorough")
    try:
        return replace(read_world(**world), thorough=thorough)
    except (UserError, BoundsError) as error:
        raise UserError(f"{search.file}:1: {error}") from None


def _source(fields: _Fields) -> Source:
    file = fields.text("file")
    if PurePath(file).name in ("", ".", "..") or "\0" in file:
        raise fields.wrong("file", "the name of a file")
    return Source(file, fields.text("sha256"), fields.maybe_text("text"))


@dataclass(frozen=True)
class _Fields:
    """The fields of an object in a file, each looked at before it is used."""

    found: Any
    file: str
    text_of_file: str
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.found, Mapping):
            kind = _KINDS.get(type(self.found), "nothing")
            raise UserError(
                f"{self.file}:1: {self.where} is {kind}; allowed: an object, as --save-trace writes it; save it anew"
            )

    def wrong(self, field: str, allowed: str) -> UserError:
        there = self.found.get(field)
        what = _KINDS.get(type(there), "null") if not isinstance(there, str) else repr(there[:40])
        if isinstance(there, int) and not isinstance(there, bool):
            what = str(there) if abs(there) < 10**18 else "a huge number"
        if field not in self.found:
            what = "missing"
        place = self.text_of_file[: max(0, self.text_of_file.find(f'"{field}"'))].count("\n") + 1
        return UserError(
            f"{self.file}:{place}: {field} of {self.where} is {tame(what)}; allowed: {allowed}; save the trace anew"
        )

    def inside(self, field: str) -> _Fields:
        if not isinstance(self.found.get(field), Mapping):
            raise self.wrong(field, "an object")
        return _Fields(self.found[field], self.file, self.text_of_file, field)

    def several(self, field: str) -> list[_Fields]:
        if not isinstance(self.found.get(field), list):
            raise self.wrong(field, "a list of objects")
        return [_Fields(one, self.file, self.text_of_file, field) for one in self.found[field]]

    def text(self, field: str) -> str:
        found = self.found.get(field)
        if not isinstance(found, str):
            raise self.wrong(field, "text")
        return found

    def maybe_text(self, field: str) -> str | None:
        return None if self.found.get(field, "") is None else self.text(field)

    def texts(self, field: str) -> tuple[str, ...]:
        found = self.found.get(field)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self.wrong(field, "a list of texts")
        return tuple(found)

    def pairs(self, field: str) -> tuple[tuple[str, str], ...]:
        inner = self.inside(field)
        return tuple((name, inner.text(name)) for name in inner.found)

    def integer(self, field: str) -> int:
        found = self.found.get(field)
        if not isinstance(found, int) or isinstance(found, bool):
            raise self.wrong(field, "a whole number")
        return found

    def maybe_integer(self, field: str, least: int = 0, most: int = MOST_EVENTS) -> int | None:
        if self.found.get(field, 0) is None:
            return None
        found = self.integer(field)
        if not least <= found <= most:
            raise self.wrong(field, f"null, or {least} to {most}")
        return found

    def flag(self, field: str) -> bool:
        found = self.found.get(field)
        if not isinstance(found, bool):
            raise self.wrong(field, "true or false")
        return found


_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a number",
    float: "a number with a fraction",
    bool: "true or false",
}


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
