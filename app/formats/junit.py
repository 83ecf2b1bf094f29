"""A report as JUnit XML, which continuous-integration servers read: a test case a property, a suite a run.

A violated property is a failure with its story.  An unknown one is an error with the limit; so is one that holds only
vacuously in all searches.  What is accepted is skipped, with its reason.

Characters that XML 1.0 does not allow are escaped (`page.tame`).

Source: the schema of the Jenkins xUnit plugin, the dialect that all servers read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from xml.etree import ElementTree

from goalstate.model.deployment import Deployment
from goalstate.properties.property import Outcome
from goalstate.properties.service.verification import Report
from goalstate.properties.temporal.fairness import together
from goalstate.properties.verdict import Verdict

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import plain, tame
from .findings import findings, stale, untested
from .text import task_labels, violation_lines


def as_junit(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> str:
    """The report as XML text."""
    found = findings(report, acceptance)
    accepting = {str(f.prop): f.accepted.reason for f in found if f.accepted}
    wrong = {str(f.prop) for f in untested(found, acceptance)}
    gone = stale(report, acceptance)
    suites = ElementTree.Element("testsuites", name=tame(report.name), time=f"{report.seconds:.3f}")
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for run in report.runs:
        kinds = [_kind(v, accepting, wrong) for v in run.verdicts]
        counts = {
            "tests": len(kinds),
            "failures": kinds.count("failure"),
            "errors": kinds.count("error"),
            "skipped": kinds.count("skipped"),
        }
        total = {key: total[key] + counts[key] for key in total}
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            {"name": tame(run.label), **{k: str(v) for k, v in counts.items()}, "time": f"{run.seconds:.3f}"},
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
        for verdict, kind in zip(run.verdicts, kinds, strict=True):
            suite.append(_case(report, verdict, deployment, kind, accepting.get(str(verdict.property), "")))
    for key, number in total.items():
        suites.set(key, str(number))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _kind(verdict: Verdict, accepting: Mapping[str, str], wrong: Collection[str]) -> str:
    """How a verdict is reported: as a failure, an error, skipped, or (empty) a success."""
    name = str(verdict.property)
    if verdict.outcome is Outcome.VIOLATED:
        return "skipped" if name in accepting else "failure"
    if verdict.outcome is Outcome.UNKNOWN or name in wrong:
        return "error"
    return "skipped" if verdict.vacuous and name in accepting else ""


def _case(
    report: Report, verdict: Verdict, deployment: Deployment | None, kind: str, accepted: str
) -> ElementTree.Element:
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
    if not kind:
        told = verdict.reason if verdict.vacuous else prop.assumes and f"assuming {together(prop.assumes)}"
        if told:
            ElementTree.SubElement(case, "system-out").text = tame(told)
        return case
    if kind == "skipped":
        ElementTree.SubElement(case, "skipped", message=tame(f"accepted: {accepted}"))
        return case
    outcome = "vacuous" if verdict.outcome is Outcome.HOLDS else verdict.outcome.value
    found = ElementTree.SubElement(case, kind, type=outcome, message=tame(verdict.reason))
    head = [f"{outcome}: {prop}", prop.location, ", ".join(prop.requirements)]
    story = plain(violation_lines(verdict, task_labels(deployment)))
    found.text = "\n".join([*map(tame, filter(None, head)), story])
    return case
