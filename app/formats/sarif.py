"""A report as SARIF 2.1.0, which code-scanning services show beside the lines of the service definition.

Results are findings: each violation, with its path as the code flow, and each property that no search put to the
test.  An accepted violation is a suppressed result.  What holds stands in the properties of the run: a service that
shows every result as an alert would show a pass as one, too.  A search that was stopped is a notification, and what it
left unknown stands in the properties.

The id of a rule is its code (``properties.rules``), which stays when a task is put in front.  The fingerprint of a
result adds the instance and the command, not their numbers or lines.

Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 3.11.6 for links in messages, 3.27
for kinds, levels and fingerprints; GitHub, "SARIF support for code scanning", for what is shown.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from goalstate.model.deployment import Deployment
from goalstate.model.running.story import Line as Told
from goalstate.properties.property import Outcome
from goalstate.properties.requirements import BY_ID
from goalstate.properties.rules import ROWS, WORKFLOW, Rule
from goalstate.properties.service.verification import Report

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import tame
from .document import exact
from .findings import Finding, findings, outcome, stale, untested
from .lines import ways
from .portal import role_of
from .story import Labels, Names, story_of, task_labels

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "goalstate/v2"


def sarif(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> dict[str, Any]:
    """The report in types that JSON has; findings without a line of their own point at the start of the definition."""
    found = findings(report, acceptance)
    vacuous = untested(found, acceptance)
    shown = [f for f in found if f.outcome is Outcome.VIOLATED or f in vacuous]
    rules = [rule for rule in ROWS if any(f.prop.code is rule.code for f in shown)]
    order = {rule.code: k for k, rule in enumerate(rules)}
    places, labels = _places(deployment), task_labels(deployment)
    again: Counter[str] = Counter()
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
                "tool": {
                    "driver": {
                        "name": "goalstate",
                        "version": version("goalstate"),
                        "informationUri": WORKFLOW,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not limits,
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": _message(text)} for text in [*warned, *limits, *gone]
                        ],
                    }
                ],
                "results": [_result(f, order[f.prop.code], places, labels, again) for f in shown],
                "properties": {
                    "outcome": outcome(report, found, acceptance).value,
                    "holds": [tame(str(f.prop)) for f in found if f.outcome is Outcome.HOLDS],
                    "unknown": [tame(str(f.prop)) for f in found if f.outcome is Outcome.UNKNOWN],
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


def _rule(rule: Rule) -> dict[str, Any]:
    asked = [f"{source}: {BY_ID[source].text}" for source in rule.sources if source in BY_ID]
    addresses = [source for source in rule.sources if source not in BY_ID]
    told = [f"{rule.title}.", rule.cause, f"What to do: {rule.remedy}", *asked, *addresses]
    return {
        "id": rule.code.value,
        "name": "".join(part.capitalize() for part in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.cause},
        "help": {"text": "\n".join(map(_plain, told))},
        "helpUri": addresses[0] if addresses else WORKFLOW,
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": [rule.slug]},
    }


def _result(
    finding: Finding, rule: int, places: Mapping[str, str], labels: Labels, again: Counter[str]
) -> dict[str, Any]:
    prop, verdict = finding.prop, finding.telling
    why = "; or ".join(ways(finding, labels)) or verdict.reason
    ending = finding.outcome.value if finding.says == str(prop) else ""
    sentence = ": ".join(filter(None, (finding.says, ending))) + (f" ({why})" if why else "")
    result: dict[str, Any] = {
        "ruleId": prop.code.value,
        "ruleIndex": rule,
        "kind": "fail",
        "level": "error",
        "message": _message(sentence),
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding, again)},
        "properties": {
            "subject": prop.subject,
            "family": prop.family.value,
            "requirements": list(prop.requirements),
            "vacuous": finding.vacuous,
            "assumes": list(prop.assumes),
            "searches": list(finding.runs),
        },
    }
    place = prop.location or places.get("", "")
    if place:
        result["locations"] = [_location(place)]
    if finding.accepted:
        reason = tame(finding.accepted.reason)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    if verdict.path is not None and verdict.path.events:
        names = Names(verdict.path.network, labels)
        steps = [
            {
                "location": {**_where(told, places, place), "message": _message(_step(told, names))},
                "executionOrder": told.number,
            }
            for told in story_of(verdict.path).lines
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _fingerprint(finding: Finding, again: Counter[str]) -> str:
    """What tells one result from the next, but for numbers and lines, which change with what stands before it."""
    prop = finding.prop
    text = "\n".join([prop.code.value, prop.subject, prop.about or prop.name])
    again[text] += 1
    return hashlib.sha256(f"{text}\n{again[text]}".encode(errors="backslashreplace")).hexdigest()[:32]


def _places(deployment: Deployment | None) -> dict[str, str]:
    """The line of the definition for each role, for each startup task of a role (``Web/startup_task_0``), and, under no
    name, for the service."""
    if deployment is None:
        return {}
    found = {"": deployment.location}
    for role in deployment.roles:
        found[role.name] = role.location
        found |= {f"{role.name}/startup_task_{k}": task.location for k, task in enumerate(role.tasks)}
    return {name: str(location) for name, location in found.items() if location.line}


def _where(told: Told, places: Mapping[str, str], otherwise: str) -> dict[str, Any]:
    """The place of a step: that of the task or the role whose agent takes it, else that of the finding."""
    instance, _, agent = told.sender.rpartition("/")
    role = role_of(instance)
    place = next((places[name] for name in (f"{role}/{agent}", role) if role and name in places), otherwise)
    return _location(place) if place else {}


def _step(told: Told, names: Names) -> str:
    fault = f"FAULT {told.fault}: " if told.fault else ""
    return f"{fault}{names.whole(told.sender)}: {told.says}"


def _message(text: str) -> dict[str, str]:
    return {"text": _plain(text)}


def _plain(text: str) -> str:
    """Text in which nothing is read as a link: ``[text](address)`` is one in every message of SARIF.

    >>> _plain("run [setup](1).cmd")
    'run [setup] (1).cmd'
    """
    return tame(text).replace("](", "] (")


def _location(place: str) -> dict[str, Any]:
    file, _, line = place.rpartition(":")
    path = PurePath(file)
    uri = Path(file).as_uri() if path.is_absolute() else quote(path.as_posix(), errors="replace")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": max(1, int(line))}}}
