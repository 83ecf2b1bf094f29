"""A report as JUnit XML, which continuous-integration servers read: a test case a property, a suite an instance.

The numbers are those of the text: a property that several searches judge is one test case, with the worst verdict.
A violated property is a failure with its story.  An unknown one is an error with the limit; so is one that holds only
vacuously in all searches.  What is accepted is skipped, with its reason.  The searches, with their bounds, are
properties of the first suite.

Characters that XML 1.0 does not allow are escaped (`page.tame`).

Source: the schema of the Jenkins xUnit plugin, the dialect that all servers read.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from goalstate.model.deployment import Deployment
from goalstate.properties.property import Outcome
from goalstate.properties.service.verification import Report
from goalstate.properties.temporal.fairness import together

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import plain, tame
from .findings import Finding, findings, stale, untested
from .story import task_labels
from .text import violation_lines

KINDS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
"""The counts of a suite, and the element that each counts."""


def as_junit(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> str:
    """The report as XML text."""
    found = findings(report, acceptance)
    wrong = untested(found, acceptance)
    suites = ElementTree.Element("testsuites", name=tame(report.name), time=f"{report.seconds:.3f}")
    by_subject: dict[str, list[Finding]] = {}
    for finding in found:
        by_subject.setdefault(finding.prop.subject, []).append(finding)
    for subject, same in by_subject.items() or (("", []),):
        suite = ElementTree.SubElement(suites, "testsuite", name=tame(subject or report.name))
        if subject == next(iter(by_subject), ""):
            properties = ElementTree.SubElement(suite, "properties")
            for name, value in (*_facts(report), *_stale(report, acceptance)):
                ElementTree.SubElement(properties, "property", name=tame(name), value=tame(value))
        for finding in same:
            suite.append(_case(report, finding, deployment, _kind(finding, finding in wrong)))
        suite.set("time", f"{sum(v.seconds for f in same for _, v in f.verdicts):.3f}")
    for element in (suites, *suites):
        element.set("tests", str(sum(1 for _ in element.iter("testcase"))))
        for count, kind in KINDS.items():
            element.set(count, str(sum(1 for _ in element.iter(kind))))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    """What was searched, as names and values."""
    for run in report.runs:
        bounds = "; ".join(f"{name}: {value}" for name, value in (*run.network.bounds, *run.network.options))
        counts = f"{run.counts.distinct} states, {run.counts.transitions} transitions, depth {run.counts.depth}"
        limit = f"; {run.limit}" if run.limit else ""
        yield f"search: {run.label}", f"{counts}, {run.engine} engine, {run.seconds:.3f} s; {bounds}{limit}"


def _stale(report: Report, acceptance: Acceptance) -> Iterator[tuple[str, str]]:
    for one in stale(report, acceptance):
        told = f"{one.entry.place}: {one.entry.property}: {one.instead}; delete the entry"
        yield "stale accepted violation", told


def _kind(finding: Finding, untested: bool) -> str:
    """How a finding is reported: as a failure, an error, skipped, or (empty) a success."""
    if finding.accepted:
        return "skipped"
    if finding.outcome is Outcome.VIOLATED:
        return "failure"
    return "error" if untested or finding.outcome is Outcome.UNKNOWN else ""


def _case(report: Report, finding: Finding, deployment: Deployment | None, kind: str) -> ElementTree.Element:
    prop, verdict = finding.prop, finding.telling
    attributes = {
        "classname": tame(".".join(filter(None, (report.name, prop.subject)))),
        "name": tame(prop.name),
        "time": f"{sum(v.seconds for _, v in finding.verdicts):.3f}",
    }
    file, _, line = prop.location.rpartition(":")
    if file:
        attributes |= {"file": tame(file), "line": line}
    case = ElementTree.Element("testcase", attributes)
    if not kind:
        told = verdict.reason if finding.vacuous else prop.assumes and f"assuming {together(prop.assumes)}"
        if told:
            ElementTree.SubElement(case, "system-out").text = tame(told)
        return case
    if finding.accepted:
        ElementTree.SubElement(case, "skipped", message=tame(f"accepted: {finding.accepted.reason}"))
        return case
    outcome = "vacuous" if finding.vacuous else finding.outcome.value
    found = ElementTree.SubElement(case, kind, type=outcome, message=tame(verdict.reason))
    head = [f"{outcome}: {prop} [{prop.code.value}]", prop.location, ", ".join(prop.requirements)]
    story = plain(violation_lines(verdict, task_labels(deployment)))
    found.text = "\n".join([*map(tame, filter(None, head)), story])
    return case
