"""`goalstate availability`: the smallest number of faults that leaves an endpoint no instance, with the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from goalstate.model.deployment import Deployment
from goalstate.properties.service.availability import Breaking, breaking
from goalstate.properties.service.settings import Settings, as_chosen

from ..formats.document import path_steps
from ..formats.story import Labels, story_lines, story_of, task_labels
from ..reading.subjects import read_subject, require_few, require_roles
from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS, UNKNOWN
from ..terminal.output_file import report_place
from ..terminal.page import AGENT, BLANK, HEADING, QUIET, WARNING, Line, Span, line, table

HEAD = ("role", "endpoint", "instances", "asked", "smallest k", "by")


def availability(paths: Sequence[str], settings: Settings, output: Output) -> Answer:
    """A line for each public endpoint and question; verbose output tells the runs.  The code is that of unknown where a
    number is not known."""
    place = report_place(output.file, paths)
    subject = read_subject(paths)
    if not isinstance(subject, Deployment):
        raise UserError("availability is that of a deployment's endpoints; a network in a file has none of them")
    require_roles(subject, settings.instances)
    deployment = as_chosen(subject, settings)
    require_few(deployment)
    found = [
        one
        for role in deployment.roles
        for one in breaking(deployment, role, settings.platform, settings.tick or 5, settings.limits)
    ]
    unknown = sum(one.faults is None and not one.never for one in found)
    summary = f"{len(found)} questions about endpoints, {unknown} of them not decided"
    if output.format is Format.JSON:
        content: str | list[Line] = (
            json.dumps({"goalstate": version("goalstate"), "availability": [_as_dict(one) for one in found]}, indent=2)
            + "\n"
        )
    else:
        content = list(_lines(found, deployment, output.verbose))
    return Answer(UNKNOWN if unknown else HOLDS, content, place, summary)


def _lines(found: Sequence[Breaking], deployment: Deployment, verbose: bool) -> Iterator[Line]:
    yield line("", (deployment.name, HEADING), ": the smallest number of faults k that leaves no instance in rotation")
    if not found:
        yield line("  ", ("no role has a public endpoint", WARNING))
        return
    rows: list[list[Span]] = [[(text, QUIET) for text in HEAD]]
    for one in found:
        rows.append(
            [
                (one.role, AGENT),
                one.endpoint,
                str(one.instances),
                one.condition or "no request",
                (_number(one), HEADING),
                one.reason,
                (one.location, QUIET),
            ]
        )
    yield BLANK
    yield from table("  ", rows)
    if not verbose:
        yield BLANK
        yield line("", ("-v tells the run that stands behind each number", QUIET))
        return
    labels: Labels = task_labels(deployment)
    for one in found:
        if one.path is not None:
            yield BLANK
            yield line("", (str(one), HEADING))
            yield from story_lines(story_of(one.path), "  ", labels)


def _number(one: Breaking) -> str:
    if one.faults is not None:
        return str(one.faults)
    return "none breaks it" if one.never else "not known"


def _as_dict(one: Breaking) -> dict[str, Any]:
    return {
        "role": one.role,
        "endpoint": one.endpoint,
        "instances": one.instances,
        "location": one.location,
        "condition": one.condition or None,
        "smallest": one.faults,
        "never": one.never,
        "reason": one.reason,
        "path": None if one.path is None else path_steps(one.path),
    }
