"""A report as a JSON document, as `app/schemas/verify.schema.json` has it.

An integer that a double can't hold is a string of digits, since most readers of JSON turn numbers into doubles.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from goalstate.model.deployment import Deployment, Location, Note
from goalstate.model.network.path import Path
from goalstate.properties.property import Outcome
from goalstate.properties.service.verification import Report, Run
from goalstate.properties.verdict import Counts, Verdict, Way

from ..reading.acceptance import NOTHING, Acceptance
from .findings import counts, findings, outcome, stale
from .portal import seen_as_json
from .story import story_of

EXACT = 2**53
"""The integers up to this one are exact as doubles."""


def document(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> dict[str, Any]:
    """The report in types that JSON has; states of several runs are summed, their depth is the largest."""
    runs = report.runs
    found = findings(report, acceptance)
    accepting = {(str(f.prop), f.outcome): f.accepted.reason for f in found if f.accepted}
    gone = {s.entry: s.instead for s in stale(report, acceptance)}
    total = Counts(
        sum(r.counts.distinct for r in runs),
        sum(r.counts.transitions for r in runs),
        max((r.counts.depth for r in runs), default=0),
    )
    return {
        "goalstate": version("goalstate"),
        "name": report.name,
        "outcome": outcome(report, found, acceptance).value,
        "counts": counts(found),
        "engine": _joined(r.engine for r in runs),
        "bounds": _merged(b for r in runs for b in r.network.bounds),
        "options": _merged(o for r in runs for o in r.network.options),
        "states": _counts(total),
        "seconds": round(report.seconds, 3),
        "left_out": list(report.left_out),
        "properties": [_verdict(run, verdict, accepting) for run in runs for verdict in run.verdicts],
        "accepted": [
            {
                "property": entry.property,
                "location": entry.location or None,
                "reason": entry.reason,
                "entry": entry.place,
                "stale": gone.get(entry),
            }
            for entry in acceptance.entries
        ],
        "runs": [_run(run) for run in runs],
        "agents": [{"name": name, "states": exact(size)} for name, size in report.agents],
        "deployment": None if deployment is None else _deployment(deployment),
    }


def as_json(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> str:
    """The document as text, in ASCII."""
    return json.dumps(document(report, deployment, acceptance), indent=2) + "\n"


def exact(number: int) -> int | str:
    """A number as JSON should have it.

    >>> exact(2**53), exact(2**53 + 1)
    (9007199254740992, '9007199254740993')
    """
    return number if abs(number) <= EXACT else str(number)


def path_steps(path: Path) -> list[dict[str, Any]]:
    """The steps of a path: the event, its participants (the sender first), the changes, the sentence of the story."""
    steps = []
    for told in story_of(path).lines:
        steps.append(
            {
                "event": told.event,
                "participants": list(told.participants),
                "changes": {c.component: {"before": c.before, "after": c.after} for c in told.changes},
                "says": told.says,
                "requirements": list(told.realises),
                "instance": told.instance or None,
                "minute": told.minute,
                "fault": told.fault or None,
            }
        )
    return steps


def _verdict(run: Run, verdict: Verdict, accepting: Mapping[tuple[str, Outcome], str]) -> dict[str, Any]:
    prop = verdict.property
    return {
        "code": prop.code.value,
        "name": prop.name,
        "subject": prop.subject or None,
        "family": prop.family.value,
        "requirements": list(prop.requirements),
        "outcome": verdict.outcome.value,
        "vacuous": verdict.vacuous,
        "location": prop.location or None,
        "path": None if verdict.path is None else path_steps(verdict.path),
        "loop": None if verdict.path is None else verdict.path.loop,
        "seen": [] if verdict.path is None else seen_as_json(verdict.path),
        "reason": verdict.reason or None,
        "shortened_by": verdict.left_out,
        "ways": [_way(way) for way in verdict.ways],
        "more_ways": verdict.more_ways or None,
        "accepted": accepting.get((str(prop), verdict.outcome)),
        "claim": str(prop.claim),
        "assumes": list(prop.assumes),
        "needs": None if verdict.needs is None else list(verdict.needs),
        "states": _counts(verdict.counts),
        "seconds": round(verdict.seconds, 3),
        "bounds": dict(verdict.bounds),
        "run": run.label,
    }


def _way(way: Way) -> dict[str, Any]:
    return {
        "faults": list(way.faults),
        "own": list(way.own),
        "reason": way.reason,
        "path": path_steps(way.path),
        "loop": way.path.loop,
        "seen": seen_as_json(way.path),
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "label": run.label,
        "engine": run.engine,
        "bounds": dict(run.network.bounds),
        "options": dict(run.network.options),
        "states": _counts(run.counts),
        "seconds": round(run.seconds, 3),
        "limit": run.limit or None,
    }


def _counts(counts: Counts) -> dict[str, int | str]:
    return {"distinct": exact(counts.distinct), "transitions": exact(counts.transitions), "depth": exact(counts.depth)}


def _deployment(deployment: Deployment) -> dict[str, Any]:
    return {
        "sources": list(deployment.sources),
        "roles": [
            {
                "name": role.name,
                "kind": role.kind.value,
                "instances": role.instances,
                "location": _place(role.location),
                "tasks": [
                    {
                        "command": task.command,
                        "type": task.type.value,
                        "context": task.context.value,
                        "module": task.module,
                        "location": _place(task.location),
                    }
                    for task in role.tasks
                ],
                "endpoints": [
                    {
                        "name": endpoint.name,
                        "kind": endpoint.kind.value,
                        "protocol": endpoint.protocol,
                        "port": endpoint.port,
                        "local_port": endpoint.local_port,
                        "probe": endpoint.probe,
                        "module": endpoint.module,
                        "location": _place(endpoint.location),
                    }
                    for endpoint in role.endpoints
                ],
                "sites": [
                    {
                        "name": site.name,
                        "endpoints": [binding.endpoint for binding in site.bindings],
                        "location": _place(site.location),
                    }
                    for site in role.sites
                ],
                "entry_point": {
                    "kind": role.entry_point.kind.value,
                    "command": role.entry_point.command,
                    "context": role.entry_point.context.value,
                    "set_ready_on_process_start": role.entry_point.set_ready_on_process_start,
                    "location": _place(role.entry_point.location),
                },
                "assumptions": [str(assumption) for assumption in role.assumptions],
            }
            for role in deployment.roles
        ],
        "probes": [
            {
                "name": probe.name,
                "protocol": probe.protocol,
                "port": probe.port,
                "path": probe.path,
                "location": _place(probe.location),
            }
            for probe in deployment.probes
        ],
        "notes": _notes(deployment.notes),
        "warnings": _notes(deployment.warnings),
    }


def _place(location: Location) -> str | None:
    return str(location) if location.line else None


def _notes(notes: Iterable[Note]) -> list[dict[str, str]]:
    return [{"location": str(note.location), "element": note.element, "reason": note.reason} for note in notes]


def _merged(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each name with its value; where runs differ, with all values, in the order of the runs."""
    values: dict[str, dict[str, None]] = {}
    for name, value in pairs:
        values.setdefault(name, {})[value] = None
    return {name: "; ".join(found) for name, found in values.items()}


def _joined(names: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(names)) or "none"
