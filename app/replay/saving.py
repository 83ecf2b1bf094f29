"""Files that `verify` writes about violations: traces to replay, and tests that fail until they are mended.

No file is overwritten: a name that exists is refused before the search, and files are only created.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from goalstate.model.deployment import Deployment
from goalstate.model.network.digest import digest
from goalstate.model.network.path import Path as Run
from goalstate.properties.property import Outcome, Property
from goalstate.properties.service.searches import Search
from goalstate.properties.service.settings import Settings

from ..formats.findings import Finding
from ..formats.trace import MOST_TEXT, Source, Trace, as_text
from ..reading.settings import written_world
from ..reading.subjects import Subject, sources
from ..terminal.errors import UserError
from ..terminal.output_file import report_place
from ..terminal.page import tame
from .replaying import searched_again, try_run

LONGEST_NAME = 60
"""Characters of a property in the name of a file or of a test."""


@dataclass(frozen=True)
class Shown:
    """One violation to write down: the property, the search that found it, the run, and what it shows."""

    prop: Property
    search: Search
    run: Run
    reason: str


@dataclass(frozen=True)
class Kept:
    """The names of the files to write, unread: a file of tests; a trace, or a folder for traces."""

    test: str | None = None
    traces: str | None = None


@dataclass(frozen=True)
class Places:
    """The same, known to be new and writable."""

    test: Path | None = None
    traces: Path | None = None


@dataclass(frozen=True)
class Origin:
    """What was verified, and how."""

    subject: Subject
    paths: tuple[str, ...]
    settings: Settings


def kept_places(kept: Kept, origin: Sequence[str]) -> Places:
    """The files to write, checked before a long search; raises UserError."""
    return Places(new_test(kept.test, origin), new_traces(kept.traces, origin))


def new_test(name: str | None, origin: Sequence[str]) -> Path | None:
    """The file to write tests to, known to be new and writable; raises UserError."""
    if name is None:
        return None
    if not name.endswith(".py"):
        raise UserError(
            f"--write-test: {tame(name)!r} is no Python file; allowed: a new one; as in --write-test test_mended.py"
        )
    return _new(name, "--write-test", origin)


def new_traces(name: str | None, origin: Sequence[str]) -> Path | None:
    """The file or folder to save traces in, known to be new (a folder may be there, and empty); raises UserError."""
    if name is None:
        return None
    if name.endswith(".json"):
        return _new(name, "--save-trace", origin)
    if not name:
        raise UserError("--save-trace: the name is empty; allowed: a new .json file, or a folder; name one")
    folder = Path(name)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            what = "a folder with files in it" if folder.is_dir() else "a file, but not .json"
            raise UserError(
                f"{tame(name)}: {what}; allowed for --save-trace: a new .json file, or a new or empty folder; "
                "name another one, since nothing is overwritten"
            )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{tame(name)}: can't be used ({reason}); allowed: a folder; name another") from None
    return folder


def _new(name: str, option: str, origin: Sequence[str]) -> Path:
    if os.path.lexists(name):
        raise UserError(
            f"{tame(name)}: is there already; allowed for {option}: a new file, since nothing is overwritten; "
            "name another one, or delete it first"
        )
    place = report_place(name, origin, option)
    assert place is not None
    return place


def keep(found: Sequence[Finding], origin: Origin, places: Places) -> None:
    """Write down the violations that are found and not accepted, and say so on stderr; raises UserError."""
    if places == Places():
        return
    shown = worth_saving(found)
    if not shown:
        print("nothing is written: there is no violation that a run shows", file=sys.stderr)
        return
    try:
        written = save_traces(shown, origin, places.traces) if places.traces is not None else []
        if places.test is not None:
            write_test(shown, origin, places.test)
            written.append(places.test)
    except OSError as error:
        name = tame(str(error.filename or places.test or places.traces))
        raise UserError(
            f"{name}: can't be written ({error.strerror}); allowed: a new file where you may write; name another"
        ) from None
    for file in written:
        print(f"{tame(str(file))} written", file=sys.stderr)


def worth_saving(found: Sequence[Finding]) -> list[Shown]:
    """The runs that show what is violated and not accepted: of each property the most telling, and its other ways."""
    shown = []
    for f in found:
        if f.outcome is Outcome.VIOLATED and not f.accepted and f.telling.path is not None:
            search = f.verdicts[0][0].search
            shown.append(Shown(f.prop, search, f.telling.path, f.telling.reason))
            shown += [Shown(f.prop, search, way.path, way.reason) for way in f.telling.ways[1:]]
    return shown


def trace_of(shown: Shown, origin: Origin, folder: Path) -> Trace:
    """The trace of a violation, to lie in a folder; raises UserError for one that could not be replayed from it."""
    _require_again(shown, origin)
    network = shown.run.network
    return Trace(
        name=origin.subject.name,
        paths=tuple(_from(folder, path) for path in origin.paths),
        sources=tuple(_source(file, folder, isinstance(origin.subject, Deployment)) for file in _sources(origin)),
        label=shown.search.label,
        settings=origin.settings,
        bounds=network.bounds,
        options=network.options,
        network=digest(network),
        property=str(shown.prop),
        location=shown.prop.location,
        claim=str(shown.prop.claim),
        reason=shown.reason,
        events=shown.run.events,
        loop=shown.run.loop,
        identity=shown.search.identity(shown.prop) if isinstance(origin.subject, Deployment) else None,
    )


def save_traces(found: Sequence[Shown], origin: Origin, place: Path) -> list[Path]:
    """Write traces: into a folder, one for each, or the first one to a file.  Raises OSError and UserError."""
    one = place.suffix == ".json"
    folder = place.parent if one else place
    chosen = found[:1] if one else found
    texts = [as_text(trace_of(shown, origin, folder)) for shown in chosen]
    if not one and texts:
        folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, (shown, text) in enumerate(zip(chosen, texts, strict=True), start=1):
        file = place if one else folder / f"{number:02}-{_stem(str(shown.prop))}.json"
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
        written.append(file)
    if one and len(found) > 1:
        print(
            f"{tame(str(place))} has the first of {len(found)} runs; a folder holds all; --property chooses",
            file=sys.stderr,
        )
    return written


def write_test(found: Sequence[Shown], origin: Origin, place: Path) -> None:
    """Write one test for each violation.  Raises OSError and UserError."""
    for shown in found:
        _require_again(shown, origin)
    content = tests_text(found, origin, place)
    with place.open("x", encoding="utf-8", newline="\n") as opened:
        opened.write(content)


def tests_text(found: Sequence[Shown], origin: Origin, place: Path) -> str:
    """A pytest file with one test for each violation."""
    lines = [
        f'"""Runs of {_quoted(origin.subject.name)} that break its properties, as tests.',
        "",
        "Found by `goalstate verify`.  A test fails as long as its run can happen and breaks its property.",
        '"""',
        "",
        "from goalstate.replay.replaying import assert_mended",
    ]
    names: dict[str, int] = {}
    for shown in found:
        name = _stem(shown.prop.name).replace("-", "_")
        names[name] = names.get(name, 0) + 1
        number = f"_{names[name]}" if names[name] > 1 else ""
        lines += ["", "", f"def test_{name}{number}() -> None:", *_call(shown, origin, place)]
    return "\n".join(lines) + "\n"


def _call(shown: Shown, origin: Origin, place: Path) -> list[str]:
    lines = ["    assert_mended("]
    lines += [f"        {_text(_from(place.parent, path))}," for path in origin.paths]
    lines += ["        beside=__file__,", f"        property={_text(str(shown.prop))},"]
    if isinstance(origin.subject, Deployment):
        lines.append(f"        search={_text(shown.search.label)},")
        same = shown.search.identity(shown.prop)
        lines.append(f"        identity=({_text(same.subject)}, {_text(same.general)}, {same.place}),")
    for name, value in written_world(origin.settings).items():
        if value not in (None, [], False):
            shown_value = _text(value) if isinstance(value, str) else _listed(value)
            lines.append(f"        {name}={shown_value},")
    if shown.run.loop is not None:
        lines.append(f"        loop={shown.run.loop},")
    lines.append("        run=[")
    events = shown.run.events
    at = 0
    while at < len(events):
        times = 1
        # The loop begins on a line of its own.
        while at + times < len(events) and events[at + times] == events[at] and at + times != shown.run.loop:
            times += 1
        if shown.run.loop == at:
            lines.append("            # from here on it repeats for ever")
        event = _text(events[at])
        lines.append(f"            {event}," if times == 1 else f"            *[{event}] * {times},")
        at += times
    return [*lines, "        ],", "    )"]


def _require_again(shown: Shown, origin: Origin) -> None:
    """Refuse to write a run that could not be replayed; raises UserError."""
    try:
        searched = searched_again(origin.subject, shown.search.label, origin.settings)
    except UserError as error:
        raise UserError(f"{shown.prop}: this run can't be saved: {error}") from None
    same = searched.network == shown.run.network or digest(searched.network) == digest(shown.run.network)
    if not same or try_run(searched, str(shown.prop), shown.run.events, shown.run.loop).prop is None:
        raise UserError(
            f"{shown.prop}: this run can't be saved: search {shown.search.label!r} is made of several networks; "
            "allowed: the runs of other searches; choose one by --property"
        )


def _sources(origin: Origin) -> tuple[str, ...]:
    return sources(origin.subject) if origin.paths else ()


def _source(file: str, folder: Path, keep: bool) -> Source:
    raw = Path(file).read_bytes()
    text: str | None = None
    if keep and len(raw) <= MOST_TEXT:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = None
    return Source(_from(folder, file), hashlib.sha256(raw).hexdigest(), text)


def _from(folder: Path, path: str) -> str:
    """A path relative to a folder, with slashes; unchanged if there is no relative path."""
    if Path(path).is_absolute():
        return path
    try:
        return PurePath(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path


def _stem(text: str) -> str:
    """A text as a part of a name: small letters, digits and dashes."""
    words = re.sub(r"[^a-z0-9]+", "-", text.replace("can't", "cannot").casefold()).strip("-") or "run"
    return words if len(words) <= LONGEST_NAME else words[:LONGEST_NAME].rpartition("-")[0] or words[:LONGEST_NAME]


def _quoted(text: str) -> str:
    return tame(text).replace("\\", "\\\\").replace('"', "'")


def _text(text: str) -> str:
    """A text as Python has it, in double quotes and on one line."""
    shown = ascii(text)
    inside = shown[1:-1]
    if shown[0] == "'":
        inside = inside.replace("\\'", "'").replace('"', '\\"')
    return f'"{inside}"'


def _listed(value: object) -> str:
    return f"[{', '.join(_text(v) for v in value)}]" if isinstance(value, list) else repr(value)
