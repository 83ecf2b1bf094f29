"""`goalstate verify --list`: the properties that there are to check, without a search."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from goalstate.model.deployment import Deployment
from goalstate.properties.property import Property
from goalstate.properties.service.searches import Search, network_search, searches
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import matches

from ..reading.subjects import read_subject, require_no_bounds, require_roles, sources
from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, QUIET, Line, line


def list_properties(services: Sequence[tuple[str, ...]], settings: Settings, output: Output) -> Answer:
    """The properties of services, each once, with the searches that judge it; raises the errors of reading."""
    if output.format not in (Format.TEXT, Format.JSON):
        raise UserError(
            f"--list --format {output.format.value}: nothing was judged that could be reported so; allowed: text or "
            "json; leave --format out"
        )
    found = []
    read: list[str] = []
    for paths in services:
        subject = read_subject(paths)
        read += sources(subject)
        if isinstance(subject, Deployment):
            require_roles(subject, settings.instances)
            made = searches(subject, settings)
        else:
            require_no_bounds(settings)
            made = [network_search(subject.network, tuple(subject.properties))]
        found.append((" ".join(paths) or subject.name, _together(made, settings.only)))
    place = report_place(output.file, read)
    total = sum(len(listed) for _, listed in found)
    summary = f"{total} {'property' if total == 1 else 'properties'}"
    if output.format is Format.JSON:
        documents = [
            {"paths": name, "properties": [_as_dict(prop, labels) for prop, labels in listed]} for name, listed in found
        ]
        content: str | list[Line] = json.dumps({"goalstate": version("goalstate"), "services": documents}, indent=2)
        return Answer(HOLDS, f"{content}\n", place, summary)
    return Answer(HOLDS, [*_lines(found, output.verbose), line("", summary)], place, summary)


def _together(made: Sequence[Search], only: Sequence[str]) -> list[tuple[Property, tuple[str, ...]]]:
    """Each property once, with the labels of its searches."""
    found: dict[tuple[str, str], tuple[Property, list[str]]] = {}
    for search in made:
        for prop in search.properties():
            if not only or any(matches(str(prop), pattern) for pattern in only):
                found.setdefault((str(prop), prop.location), (prop, []))[1].append(search.label)
    return [(prop, tuple(labels)) for prop, labels in found.values()]


def _lines(found: Sequence[tuple[str, Sequence[tuple[Property, tuple[str, ...]]]]], verbose: bool) -> Iterator[Line]:
    for name, listed in found:
        if len(found) > 1:
            yield line("", (name, HEADING))
        for prop, labels in listed:
            yield line("", str(prop))
            if verbose:
                where = [prop.location, ", ".join(prop.requirements), f"judged in {'; '.join(labels)}"]
                yield line("  ", ("; ".join(filter(None, where)), QUIET))
        yield BLANK


def _as_dict(prop: Property, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "name": prop.name,
        "subject": prop.subject or None,
        "family": prop.family.value,
        "location": prop.location or None,
        "requirements": list(prop.requirements),
        "runs": list(labels),
    }
