"""`goalstate times`: for each kind of fault, how long until it is noticed, and until the instance is in rotation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from goalstate.model.deployment import Deployment
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.terms import suggestion
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.service.settings import Settings
from goalstate.properties.temporal.deadline import Time
from goalstate.properties.temporal.recovery import HEAD, Row, Span, Unfinished, cells, recovery_times

from ..formats.story import story_lines, story_of, task_labels
from ..reading.subjects import bounds_of, read_subject
from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS, UNKNOWN
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, QUIET, Line, line, table

TIMES = {"noticed": "noticed", "since_answer": "since the last answer", "back": "back", "back_at_once": "at once"}


@dataclass(frozen=True)
class Found:
    """The table of one role, and how long a tick is."""

    workflow: Workflow
    rows: tuple[Row, ...]


def times(paths: Sequence[str], settings: Settings, output: Output, *, kinds: Sequence[str] = ()) -> Answer:
    """One table for each role, of one of its instances; verbose output tells the runs that take the longest times.

    ``kinds``: only these kinds of faults; none named: all of them.
    """
    place = report_place(output.file, paths)
    subject = read_subject(paths)
    if not isinstance(subject, Deployment):
        raise UserError("times are those of a deployment's agents; a network in a file has none of them")
    workflows = _workflows(subject, settings)
    known = sorted({kind for workflow in workflows for kind in _kinds(workflow)})
    for kind in kinds:
        if kind not in known:
            raise UserError(f"--fault: no kind {kind!r}{suggestion(kind, known)}; kinds: {', '.join(known)}")
    try:
        found = [_of(workflow, kinds, settings.limits) for workflow in workflows]
    except Unfinished as error:
        return Answer(UNKNOWN, [line("", f"unknown: {error}")], place, f"unknown: {error}")
    summary = f"{sum(len(f.rows) for f in found)} faults, {len(found)} {'role' if len(found) == 1 else 'roles'}"
    if output.format is Format.JSON:
        roles = {f.workflow.instances[0][0].name: [_as_dict(row, f.workflow) for row in f.rows] for f in found}
        content: str | list[Line] = json.dumps({"goalstate": version("goalstate"), "roles": roles}, indent=2) + "\n"
    else:
        content = [text for one in found for text in _lines(one, subject, output.verbose)]
    return Answer(HOLDS, content, place, summary)


def _workflows(deployment: Deployment, settings: Settings) -> list[Workflow]:
    of_one = (bounds_of(settings, Bounds(Faults(1), 1, 1, ((role.name, (0,)),))) for role in deployment.roles)
    return [Workflow(deployment, bounds, settings.platform) for bounds in of_one]


def _kinds(workflow: Workflow) -> list[str]:
    return sorted({e.fault for e in workflow.network.events if e.fault})


def _of(workflow: Workflow, kinds: Sequence[str], limits: Limits) -> Found:
    chosen = [kind for kind in _kinds(workflow) if kind in kinds or not kinds]
    return Found(workflow, recovery_times(workflow, chosen, limits))


def _lines(found: Found, deployment: Deployment, verbose: bool) -> Iterator[Line]:
    role, number = found.workflow.instances[0]
    bounds = ", ".join(f"{name}: {value}" for name, value in found.workflow.printed_bounds[1:])
    yield line("", (f"{role.name}_IN_{number}", HEADING), f": times in minutes; {bounds}")
    yield BLANK
    minutes = found.workflow.bounds.tick
    yield from table("  ", [[(text, QUIET) for text in HEAD], *(list(cells(row, minutes)) for row in found.rows)])
    yield BLANK
    labels = task_labels(deployment)
    for row in found.rows if verbose else ():
        for what, words in TIMES.items():
            span: Span | None = getattr(row, what)
            if span is not None:
                yield line("", (f"{row.fault.rpartition('/')[2]}, {words}: {span.text(minutes)}", HEADING))
                yield from story_lines(story_of(span.longest.path), "  ", labels)
                yield BLANK


def _as_dict(row: Row, workflow: Workflow) -> dict[str, Any]:
    minutes = workflow.bounds.tick
    return {
        "kind": row.kind,
        "event": row.fault,
        "in_rotation": row.in_rotation,
        "noticed_by": list(row.noticed_by),
        **{what: _span_as_dict(getattr(row, what), minutes) for what in TIMES},
    }


def _span_as_dict(span: Span | None, minutes: int) -> dict[str, Any] | None:
    if span is None:
        return None
    shortest, longest = (_time_as_dict(time, minutes) for time in (span.shortest, span.longest))
    return {"shortest": shortest, "longest": longest, "certain": span.certain}


def _time_as_dict(time: Time, minutes: int) -> dict[str, Any]:
    return {
        "minutes": None if time.ticks is None else time.ticks * minutes,
        "path": list(time.path.events),
        "loop": time.path.loop,
    }
