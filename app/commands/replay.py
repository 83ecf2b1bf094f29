"""`goalstate replay`: a saved run, taken again on the saved or the present definition, forwards or backwards."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from goalstate.diagrams.diagram import Sequence as Chart
from goalstate.diagrams.diagram import Track as Lane
from goalstate.diagrams.mermaid import mermaid
from goalstate.diagrams.swimlanes import swimlanes
from goalstate.diagrams.swimlanes import text as lanes_text
from goalstate.diagrams.traces import trace_diagram
from goalstate.model.bounds import NoSuchFault
from goalstate.model.deployment import Deployment
from goalstate.model.network.digest import digest
from goalstate.model.network.path import Path as Run
from goalstate.model.workflow import BoundsError
from goalstate.properties.runs.truths import Track, tracks

from ..formats.document import path_steps
from ..formats.portal import seen_as_json, seen_lines
from ..formats.story import Labels, story_lines, story_of, task_labels
from ..formats.trace import Trace, line_of_event, read_trace
from ..formats.truth import truth_lines
from ..reading.subjects import Subject, read_subject
from ..replay.replaying import MOST_LISTED, Tried, searched_again, seen_from, try_run
from ..replay.stepping import Stepper, backwards
from ..terminal.answer import Answer, Format, Output, Unfinished
from ..terminal.errors import Impossible, UserError
from ..terminal.exit_codes import HOLDS, UNKNOWN, VIOLATED
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, QUIET, WARNING, Line, Span, line, tame

PICTURES = (".svg", ".mmd")


@dataclass(frozen=True)
class View:
    """How to show a run: the steps ``first`` to ``last``, in which direction, as what."""

    output: Output
    first: int | None = None
    last: int | None = None
    backwards: bool = False
    step: bool = False
    lanes: bool = False
    picture: str | None = None


def replay(file: str, paths: Sequence[str], view: View) -> Answer:
    """Replay a trace: on the definition that ``paths`` name, or on its own, which must not have changed.

    Exit code 0: the run breaks its property as before; 1: it breaks it no longer; 3: unknown; 6: it can't happen.
    Raises UserError.
    """
    if not file:
        raise UserError("the name of the trace is empty; allowed: a file of --save-trace; name one")
    trace, text = read_trace(Path(file))
    _require_sense(view, trace)
    picture = _picture_place(view.picture, file)
    place = report_place(view.output.file, [file])
    subject, where = _subject(trace, paths, Path(file))
    tried = _tried(trace, paths, file, subject)
    note = _difference(trace, tried, file, given=bool(paths))
    labels = task_labels(subject) if isinstance(subject, Deployment) else {}
    watching = tracks(tried.run, tried.prop.claim, tried.space) if tried.prop is not None else ()
    head = [*_head(trace, tried, where, note), BLANK]
    if tried.refusal is not None:
        told = [*head, *story_lines(story_of(tried.run), "", labels, view.output.verbose)]
        so_far = _as_json(trace, tried, watching) if view.output.format is Format.JSON else told
        at = min(tried.refusal.at, len(trace.events) - 1)
        # Without paths the definition is that of the trace, so that the trace has been tampered with.
        kind = Impossible if paths else UserError
        wrong = kind(f"{tame(file)}:{line_of_event(text, at)}: {_refused(trace, tried)}")
        raise Unfinished(Answer(HOLDS, so_far, place, "the run can't happen any more")) from wrong
    ruling = tried.ruling
    code = {True: HOLDS, False: VIOLATED, None: UNKNOWN}[ruling.broken]
    chart = _chart(trace, tried, watching, labels)
    if picture is not None:
        _draw(chart, picture)
    if view.output.format is Format.JSON:
        return Answer(code, _as_json(trace, tried, watching), place, ruling.reason)
    if view.step:
        return Answer(code, head, None, "", Stepper(tried.run, watching, labels).talk)
    content = [*head, *_shown(tried.run, watching, labels, view, chart)]
    if picture is not None:
        content += [BLANK, line("", f"{tame(str(picture))} written")]
    return Answer(code, content, place, ruling.reason)


def _tried(trace: Trace, paths: Sequence[str], file: str, subject: Subject) -> Tried:
    """The run on a definition; raises UserError where the definition lacks a role or a fault that the search needs."""
    try:
        searched = searched_again(subject, trace.label, trace.settings)
    except (UserError, BoundsError) as error:
        changed = "" if paths else _touched(trace, file)
        if changed:
            raise _refusal(trace, file, changed) from None
        kind = Impossible if paths and isinstance(error, NoSuchFault) else UserError
        raise kind(f"{tame(file)}:1: {error}") from None
    return try_run(searched, trace.property, trace.events, trace.loop)


def _draw(chart: Chart, picture: Path) -> None:
    drawn = swimlanes(chart) if picture.suffix == ".svg" else mermaid(chart)
    try:
        picture.write_text(drawn, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(
            f"{tame(str(picture))}: can't be written ({error.strerror}); allowed: a new or writable file; name another"
        ) from None


def _shown(run: Run, watching: Sequence[Track], labels: Labels, view: View, chart: Chart) -> list[Line]:
    """The run as lanes or as steps, with what is true at each."""
    if view.lanes:
        return [line("", one) for one in lanes_text(chart).rstrip("\n").split("\n")]
    first, last = view.first or 1, view.last or len(run)
    steps = list(_steps(run, watching, labels, view, first, last))
    return [*steps, BLANK, *truth_lines(run, watching, "", first, last)] if watching else steps


def _require_sense(view: View, trace: Trace) -> None:
    """Refuse options that contradict each other, and numbers of steps that the run lacks; raises UserError."""
    wrong = [
        (view.step and view.output.file is not None, "--step and -o", "one of them; --step writes nothing"),
        (view.step and view.output.format is not Format.TEXT, "--step and --format json", "one of them"),
        (view.step and view.backwards, "--step and --backwards", "one of them; in --step, back goes backwards"),
        (view.lanes and view.step, "--lanes and --step", "one of them"),
        (view.lanes and view.backwards, "--lanes and --backwards", "one of them; time runs downwards in lanes"),
        (
            (view.lanes or view.step) and (view.first, view.last) != (None, None),
            "--from and --to with --lanes or --step",
            "either; leave the others out",
        ),
    ]
    for given, options, allowed in wrong:
        if given:
            raise UserError(f"{options}: allowed: {allowed}; leave one out")
    number = len(trace.events)
    for option, value in (("--from", view.first), ("--to", view.last)):
        if value is not None and value > number:
            raise UserError(f"{option}: {value}; allowed: 1 to {number}, the steps of this run; take a smaller number")
    if view.first is not None and view.last is not None and view.first > view.last:
        raise UserError(
            f"--from {view.first} --to {view.last}: the first step is after the last; allowed: the other way round; "
            "for going back there is --backwards"
        )


def _picture_place(name: str | None, file: str) -> Path | None:
    if name is not None and not name.endswith(PICTURES):
        raise UserError(
            f"--picture: {tame(name)!r}; allowed: a name that ends in {' or '.join(PICTURES)}, as in --picture run.svg"
        )
    return report_place(name, [file], "--picture")


def _subject(trace: Trace, paths: Sequence[str], file: Path) -> tuple[Subject, str]:
    """The definition to replay on, and a note if it is that of the trace; raises the errors of reading."""
    if paths:
        return read_subject(paths), ""
    folder = str(file.parent)
    there = [os.path.join(folder, source.file) for source in trace.sources]
    if not trace.paths or all(os.path.exists(path) for path in there):
        return read_subject(seen_from(folder, trace.paths)), ""
    if any(source.text is None for source in trace.sources):
        missing = next(path for path in there if not os.path.exists(path))
        raise UserError(
            f"{tame(os.path.normpath(missing))}:1: file not found; allowed: the definition where it was when the trace "
            f"was saved, or named after the trace, as in goalstate replay {tame(file.name)} PATHS"
        )
    with TemporaryDirectory(prefix="goalstate-") as kept:
        files = [Path(kept) / Path(source.file).name for source in trace.sources]
        for source, place in zip(trace.sources, files, strict=True):
            try:
                # Without its folders, and created only: a trace may name any file.
                with place.open("x", encoding="utf-8", newline="") as opened:
                    opened.write(source.text or "")
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "no text of Unicode"
                raise UserError(
                    f"{tame(str(file))}:1: its file {tame(source.file)} can't be unpacked ({reason}); allowed: files "
                    "as --save-trace keeps them; save the trace anew"
                ) from None
        subject = read_subject([str(place) for place in files if _main(place.name)])
        assert isinstance(subject, Deployment)
        names = ", ".join(tame(place.name) for place in files)
        return replace(subject, sources=()), f"on the definition as the trace has it: {names}"


def _main(file: str) -> bool:
    return file.casefold().endswith((".csdef", ".cscfg"))


def _difference(trace: Trace, tried: Tried, file: str, *, given: bool) -> str:
    """A note on how the definition differs from the saved one; raises UserError for one that nobody has named."""
    same_claim = tried.prop is not None and str(tried.prop.claim) == trace.claim
    if digest(tried.searched.network) == trace.network and same_claim:
        return ""
    if given:
        return "on a definition that differs from the saved one"
    what = _touched(trace, file) or "the model changed"
    if what == "the model changed" and trace.goalstate != version("goalstate"):
        what += f" from goalstate {tame(trace.goalstate)} to {version('goalstate')}"
    raise _refusal(trace, file, what)


def _touched(trace: Trace, file: str) -> str:
    """A note on which files of the definition have changed; empty if none."""
    touched = [s.file for s in trace.sources if _changed(Path(file).parent / s.file, s.sha256)]
    return f"{tame(', '.join(touched))}: changed" if touched else ""


def _refusal(trace: Trace, file: str, what: str) -> UserError:
    again = " ".join(seen_from(str(Path(file).parent), trace.paths)) or "PATHS"
    return UserError(
        f"{tame(file)}:1: {what} since the trace was saved; allowed: the definition as saved; "
        f"to try the run on the present one: goalstate replay {tame(file)} {tame(again)}"
    )


def _changed(file: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() != sha256
    except OSError:
        return True


def _head(trace: Trace, tried: Tried, where: str, note: str) -> Iterator[Line]:
    network = tried.searched.network
    bounds = ", ".join(f"{name}: {value}" for name, value in network.bounds)
    search = f", {trace.label}" if trace.label not in ("", trace.name) else ""
    count = f"{len(trace.events)} {'step' if len(trace.events) == 1 else 'steps'}"
    yield line("", (trace.name, HEADING), f": {count}{search}{f'; {bounds}' if bounds else ''}")
    for text in filter(None, (where, note)):
        yield line("  ", (text, WARNING))
    result: Span
    if tried.refusal is not None:
        result = ("does not happen any more: ", "bold red")
    else:
        result = {
            True: ("violated, as saved: ", "bold red"),
            False: ("no longer violated, mended: ", "bold green"),
            None: ("unknown: ", "bold yellow"),
        }[tried.ruling.broken]
    yield line("", result, trace.property)
    yield line("  ", (tried.ruling.reason, QUIET))


def _refused(trace: Trace, tried: Tried) -> str:
    assert tried.refusal is not None
    at, total = tried.refusal.at, len(trace.events)
    if at == total:
        return f"{tried.refusal.reason}; the definition differs from the saved one"
    able = tried.refusal.instead
    more = f" and {len(able) - MOST_LISTED} more" if len(able) > MOST_LISTED else ""
    instead = f"could happen instead: {', '.join(able[:MOST_LISTED])}{more}" if able else "nothing can happen there"
    return f"step {at + 1} of {total}: {tried.refusal.reason}; {instead}"


def _steps(run: Run, watching: Sequence[Track], labels: Labels, view: View, first: int, last: int) -> Iterator[Line]:
    if view.backwards:
        yield from backwards(Stepper(run, watching, labels), first, last)
        return
    whole = last == len(run)
    part = run if whole else Run.replay(run.network, run.events[:last])
    why = "left out by --from"
    yield from story_lines(story_of(part), "", labels, view.output.verbose, first - 1, why)
    yield from seen_lines(part, "", labels)


def _chart(trace: Trace, tried: Tried, watching: Sequence[Track], labels: Labels) -> Chart:
    watched = tuple(Lane(t.letter, t.text, t.values) for t in watching)
    violated = tried.ruling.broken is True
    names = {component: label.name for component, label in labels.items()}
    return trace_diagram(tried.run, trace.name, trace.property, violated=violated, tracks=watched, names=names)


def _as_json(trace: Trace, tried: Tried, watching: Sequence[Track]) -> str:
    found: dict[str, Any] = {
        "goalstate": version("goalstate"),
        "name": trace.name,
        "property": trace.property,
        "violated": tried.ruling.broken,
        "reason": tried.ruling.reason,
        "refused": None
        if tried.refusal is None
        else {"step": tried.refusal.at + 1, "reason": tried.refusal.reason, "instead": list(tried.refusal.instead)},
        "loop": tried.run.loop,
        "steps": path_steps(tried.run),
        "seen": seen_as_json(tried.run),
        "truth": [{"letter": t.letter, "text": t.text, "values": list(t.values)} for t in watching],
    }
    return json.dumps(found, indent=2) + "\n"
