"""A report as SARIF 2.1.0, which code-scanning services show beside the lines of the service definition.

A violation is a result of kind `fail` whose code flow is the path; what holds only vacuously is `fail` without a path;
what holds is `pass`; what is unknown is `open`, and a notification with the limit says that the tool did not get
through.  An accepted violation is a suppressed result.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 3.27 for kinds and levels.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from goalstate.model.deployment import Deployment
from goalstate.model.running.story import Line as Told
from goalstate.properties.property import Outcome, Property
from goalstate.properties.service.verification import Report

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import tame
from .document import exact
from .findings import Finding, findings, outcome, stale, untested
from .story import story_of

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

KINDS = {Outcome.VIOLATED: "fail", Outcome.HOLDS: "pass", Outcome.UNKNOWN: "open"}


def sarif(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> dict[str, Any]:
    """The report in types that JSON has; findings without a line of their own point at the start of the definition."""
    found = findings(report, acceptance)
    rules: dict[str, int] = {}
    described = []
    for finding in found:
        name = rule_id(finding.prop)
        if name not in rules:
            rules[name] = len(rules)
            described.append(
                {
                    "id": name,
                    "shortDescription": {"text": tame(finding.prop.name)},
                    "properties": {
                        "family": finding.prop.family.value,
                        "requirements": list(finding.prop.requirements),
                    },
                }
            )
    wrong = untested(found, acceptance)
    head = str(deployment.location) if deployment is not None and deployment.location.line else ""
    limits = [f"{run.label}: {run.limit}" for run in report.runs if run.limit]
    warned = [str(warning) for warning in deployment.warnings] if deployment is not None else []
    gone = [
        f"{one.entry.place}: accepted, but {one.instead}: {one.entry.property}" for one in stale(report, acceptance)
    ]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "goalstate", "version": version("goalstate"), "rules": described}},
                "invocations": [
                    {
                        "executionSuccessful": not limits,
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": tame(text)}} for text in [*warned, *limits, *gone]
                        ],
                    }
                ],
                "results": [_result(f, rules[rule_id(f.prop)], head, f in wrong) for f in found],
                "properties": {
                    "outcome": outcome(report, found, acceptance).value,
                    "runs": [
                        {
                            "label": run.label,
                            "engine": run.engine,
                            "distinct": exact(run.counts.distinct),
                            "bounds": dict(run.network.bounds),
                            "options": dict(run.network.options),
                        }
                        for run in report.runs
                    ],
                },
            }
        ],
    }


def as_sarif(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> str:
    """The report as text, in ASCII."""
    return json.dumps(sarif(report, deployment, acceptance), indent=2) + "\n"


def rule_id(prop: Property) -> str:
    """A property's sentence as an identifier.

    >>> from goalstate.properties.property import NoDeadlock
    >>> rule_id(Property("Something can always happen!", NoDeadlock()))
    'something-can-always-happen'
    """
    return re.sub(r"\W+", "-", prop.name.casefold()).strip("-") or "property"


def _result(finding: Finding, rule: int, head: str, untested: bool) -> dict[str, Any]:
    prop, judged, verdict = finding.prop, finding.outcome, finding.telling
    failed = judged is Outcome.VIOLATED
    sentence = f"{prop}: {judged.value}" + (f" ({verdict.reason})" if verdict.reason else "")
    result: dict[str, Any] = {
        "ruleId": rule_id(prop),
        "ruleIndex": rule,
        "kind": "fail" if untested else KINDS[judged],
        "level": "error" if failed or untested else "none",
        "message": {"text": tame(sentence)},
        "properties": {
            "subject": prop.subject,
            "vacuous": finding.vacuous,
            "assumes": list(prop.assumes),
            "searches": list(finding.runs),
        },
    }
    place = prop.location or head
    if place:
        result["locations"] = [_location(place)]
    if finding.accepted:
        reason = tame(finding.accepted.reason)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    if failed and verdict.path is not None:
        steps = [
            {"location": {"message": {"text": tame(_step(told))}}, "executionOrder": told.number}
            for told in story_of(verdict.path).lines
        ]
        if steps:
            result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _step(told: Told) -> str:
    fault = f"FAULT {told.fault}: " if told.fault else ""
    return f"{fault}{told.sender}: {told.says}"


def _location(place: str) -> dict[str, Any]:
    file, _, line = place.rpartition(":")
    path = PurePath(file)
    uri = Path(file).as_uri() if path.is_absolute() else quote(path.as_posix(), errors="replace")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": max(1, int(line))}}}
