"""A finding in one line: as linters and type checkers have it, and as GitHub shows it beside the service definition.

A line has the place, what may happen, the code of the rule, and how it comes about.  For GitHub it is a workflow
command: violations are errors, what is unknown or was put to no test is a warning, what is accepted is a notice.

Source: GitHub, "Workflow commands for GitHub Actions", setting an error message; its toolkit for what is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from goalstate.model.deployment import Deployment
from goalstate.properties.property import Outcome
from goalstate.properties.service.verification import Report

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import HEADING, Line, Span, line, plain, tame
from .findings import Finding, Result, findings, rank_in, summary, untested
from .story import Labels, cause, story_of, task_labels

STYLES = {
    Result.HOLDS: "bold green",
    Result.VIOLATED: "bold red",
    Result.UNKNOWN: "bold yellow",
    Result.VACUOUS: "bold yellow",
}


def concise(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> str:
    """A line for each finding (violated, unknown, or put to no test), and the verdict."""
    found, rank = findings(report, acceptance), rank_in(deployment)
    wrong = untested(found, acceptance)
    shown = [f for f in found if f in wrong or (f.outcome is not Outcome.HOLDS and not f.accepted)]
    ordered = sorted(shown, key=lambda f: (f.outcome is not Outcome.VIOLATED, rank(f)))
    return plain([*finding_lines(ordered, task_labels(deployment)), line("", summary(report, acceptance))])


def finding_lines(found: Sequence[Finding], labels: Labels) -> list[Line]:
    """A line for each finding; those that would read the same name their instance."""
    times = Counter((f.prop.location, f.says) for f in found)
    return [one_line(f, labels, named=times[f.prop.location, f.says] > 1) for f in found]


def one_line(finding: Finding, labels: Labels, *, named: bool = False) -> Line:
    """A finding in one line: its place, what may happen, the code, and how."""
    prop = finding.prop
    place: list[Span] = [(f"{prop.location}:", HEADING), " "] if prop.location else []
    about = f" on {prop.subject}" if named and prop.subject and prop.failure else ""
    told = finding.outcome is Outcome.VIOLATED and prop.failure
    word = "" if told else f" is {_outcome(finding)}"
    style = STYLES[Result.VIOLATED if finding.outcome is Outcome.VIOLATED else Result.UNKNOWN]
    why = "; or ".join(ways(finding, labels)) or finding.telling.reason
    how = f" ({why})" if why else ""
    code = f" [{prop.code.value}]"
    return line("", *place, (f"{finding.says}{about}", style), word, (code, HEADING), how)


def ways(finding: Finding, labels: Labels) -> list[str]:
    """The ways in which a finding was seen to come about, in words, each once: its faults, or its last step."""
    paths = [v.path for _, v in finding.verdicts if v.outcome is Outcome.VIOLATED and v.path is not None]
    paths += [way.path for _, verdict in finding.verdicts for way in verdict.ways]
    return list(dict.fromkeys(filter(None, (cause(story_of(path), labels, kinds=False) for path in paths))))


def as_github(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> str:
    """The report as text, a command a line."""
    found = sorted(findings(report, acceptance), key=rank_in(deployment))
    labels = task_labels(deployment)
    wrong = untested(found, acceptance)
    lines = []
    for finding in found:
        if finding.outcome is Outcome.VIOLATED:
            lines.append(_command("notice" if finding.accepted else "error", finding, labels))
        elif finding.outcome is Outcome.UNKNOWN or finding in wrong:
            lines.append(_command("warning", finding, labels))
    return "".join(f"{one}\n" for one in [*lines, tame(summary(report, acceptance))])


def _command(level: str, finding: Finding, labels: Labels) -> str:
    rule = finding.rule
    file, _, number = finding.prop.location.rpartition(":")
    fields = {"file": file, "line": number} if file else {}
    fields["title"] = f"{rule.code.value} {rule.slug}"
    told = "; or ".join(ways(finding, labels)) or finding.telling.reason
    word = "" if finding.prop.failure and finding.outcome is Outcome.VIOLATED else f": {_outcome(finding)}"
    text = f"{finding.says}{word} [{rule.code.value}]" + (f" ({told})" if told else "")
    if finding.accepted:
        text += f"; accepted: {finding.accepted.reason}"
    written = ",".join(f"{name}={_field(value)}" for name, value in fields.items())
    remedy = f"\n{rule.remedy}" if finding.outcome is Outcome.VIOLATED and not finding.accepted else ""
    return f"::{level} {written}::{_text(tame(text) + remedy)}"


def _outcome(finding: Finding) -> str:
    return "vacuous" if finding.vacuous else finding.outcome.value


def _text(text: str) -> str:
    r"""A message as GitHub wants it.

    >>> _text("100%\nsure")
    '100%25%0Asure'
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _field(text: str) -> str:
    """A value before the message.

    >>> _field("C:/a,b.csdef")
    'C%3A/a%2Cb.csdef'
    """
    return _text(tame(text)).replace(":", "%3A").replace(",", "%2C")
