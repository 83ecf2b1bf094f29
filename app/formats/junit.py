"""A report as JUnit XML, which continuous-integration servers read: a test case a property, a suite a run.

A violated property is a failure with its story; an unknown one is an error with the limit, so that it never passes; an
accepted violation is skipped with its reason.

No character of a name or a command can end the document: what XML 1.0 can't have is spelt out (`page.tame`).

Source: the schema of the Jenkins xUnit plugin, the dialect that all of them read.
"""

from __future__ import annotations

from xml.etree import ElementTree

from ..acceptance import NOTHING, Acceptance
from ..model.deployment import Deployment
from ..page import plain, tame
from ..properties.property import Outcome
from ..properties.verdict import Verdict
from ..properties.verification import Report
from .findings import findings, stale
from .text import task_labels, violation_lines


def as_junit(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> str:
    """The report as XML text."""
    accepting = {str(f.prop): f.accepted.reason for f in findings(report, acceptance) if f.accepted}
    gone = stale(report, acceptance)
    suites = ElementTree.Element("testsuites", name=tame(report.name), time=f"{report.seconds:.3f}")
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for run in report.runs:
        outcomes = [v.outcome for v in run.verdicts]
        skipped = sum(v.outcome is Outcome.VIOLATED and str(v.property) in accepting for v in run.verdicts)
        counts = {
            "tests": len(outcomes),
            "failures": outcomes.count(Outcome.VIOLATED) - skipped,
            "errors": outcomes.count(Outcome.UNKNOWN),
            "skipped": skipped,
        }
        total = {key: total[key] + counts[key] for key in total}
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            {
                "name": tame(run.label),
                **{k: str(v) for k, v in counts.items()},
                "time": f"{run.seconds:.3f}",
            },
        )
        properties = ElementTree.SubElement(suite, "properties")
        facts = {
            "engine": run.engine,
            "distinct states": str(run.counts.distinct),
            "transitions": str(run.counts.transitions),
            "depth": str(run.counts.depth),
            **dict(run.network.bounds),
            **dict(run.network.options),
        }
        for name, value in facts.items():
            ElementTree.SubElement(properties, "property", name=tame(name), value=tame(value))
        for one in gone if run is report.runs[0] else ():
            told = f"{one.entry.place}: {one.entry.property}: {one.instead}; delete the entry"
            ElementTree.SubElement(properties, "property", name="stale accepted violation", value=tame(told))
        for verdict in run.verdicts:
            suite.append(_case(report, verdict, deployment, accepting.get(str(verdict.property))))
    for key, number in total.items():
        suites.set(key, str(number))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _case(report: Report, verdict: Verdict, deployment: Deployment | None, accepted: str | None) -> ElementTree.Element:
    prop = verdict.property
    attributes = {
        "classname": tame(".".join(filter(None, (report.name, prop.subject)))),
        "name": tame(prop.name),
        "time": f"{verdict.seconds:.3f}",
    }
    file, _, line = prop.location.rpartition(":")
    if file:
        attributes |= {"file": tame(file), "line": line}
    case = ElementTree.Element("testcase", attributes)
    if verdict.outcome is Outcome.HOLDS:
        if verdict.vacuous:
            ElementTree.SubElement(case, "system-out").text = tame(verdict.reason)
        return case
    if accepted is not None and verdict.outcome is Outcome.VIOLATED:
        ElementTree.SubElement(case, "skipped", message=tame(f"accepted: {accepted}"))
        return case
    kind = "failure" if verdict.outcome is Outcome.VIOLATED else "error"
    found = ElementTree.SubElement(case, kind, type=verdict.outcome.value, message=tame(verdict.reason))
    head = [f"{verdict.outcome.value}: {prop}", prop.location, ", ".join(prop.requirements)]
    story = plain(violation_lines(verdict, task_labels(deployment)))
    found.text = "\n".join([*map(tame, filter(None, head)), story])
    return case
