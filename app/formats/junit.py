"""A report as JUnit XML, which continuous-integration servers read: a test case a property, a suite a run.

A violated property is a failure with its story; an unknown one is an error with the limit, so that it never passes.

Source: the schema of the Jenkins xUnit plugin, the dialect that all of them read.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ..model.deployment import Deployment
from ..page import plain
from ..properties.property import Outcome
from ..properties.verdict import Verdict
from ..properties.verification import Report
from .text import task_labels, violation_lines

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report, deployment: Deployment | None = None) -> str:
    """The report as XML text."""
    suites = ElementTree.Element("testsuites", name=_clean(report.name), time=f"{report.seconds:.3f}")
    total = {"tests": 0, "failures": 0, "errors": 0}
    for run in report.runs:
        outcomes = [v.outcome for v in run.verdicts]
        counts = {
            "tests": len(outcomes),
            "failures": outcomes.count(Outcome.VIOLATED),
            "errors": outcomes.count(Outcome.UNKNOWN),
        }
        total = {key: total[key] + counts[key] for key in total}
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            {
                "name": _clean(run.label),
                **{k: str(v) for k, v in counts.items()},
                "skipped": "0",
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
            ElementTree.SubElement(properties, "property", name=_clean(name), value=_clean(value))
        for verdict in run.verdicts:
            suite.append(_case(report, verdict, deployment))
    for key, number in total.items():
        suites.set(key, str(number))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _case(report: Report, verdict: Verdict, deployment: Deployment | None) -> ElementTree.Element:
    prop = verdict.property
    attributes = {
        "classname": _clean(".".join(filter(None, (report.name, prop.subject)))),
        "name": _clean(prop.name),
        "time": f"{verdict.seconds:.3f}",
    }
    file, _, line = prop.location.rpartition(":")
    if file:
        attributes |= {"file": _clean(file), "line": line}
    case = ElementTree.Element("testcase", attributes)
    if verdict.outcome is Outcome.HOLDS:
        if verdict.vacuous:
            ElementTree.SubElement(case, "system-out").text = _clean(verdict.reason)
        return case
    kind = "failure" if verdict.outcome is Outcome.VIOLATED else "error"
    found = ElementTree.SubElement(case, kind, type=verdict.outcome.value, message=_clean(verdict.reason))
    head = [f"{verdict.outcome.value}: {prop}", prop.location, ", ".join(prop.requirements)]
    story = plain(violation_lines(verdict, task_labels(deployment)))
    found.text = _clean("\n".join([*filter(None, head), story]))
    return case


def _clean(text: str) -> str:
    """A text without the characters that XML can't have."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
