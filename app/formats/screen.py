"""The first screen: a line for each finding, as linters and type checkers have it, and below what helps.

A line has the place in the service definition, what may happen, the code of its rule, and how it comes about.  Findings
about the user's own code come before those about modules.  Below, each kind of finding has its story from where it
leaves the ordinary deployment, what the portal shows in the end, who must act, what to do, and which log to open.  If
that is more than a screen holds, the stories that fit are told, one at least, and the rest is named.

Left out: how the searches were made, and what holds; ``formats.text`` has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from goalstate.model.agents.vocabulary import FURTHER_REQUESTS, REQUESTS, request
from goalstate.model.deployment import Deployment
from goalstate.model.network.path import Path
from goalstate.properties.portal import describe
from goalstate.properties.property import Family, Outcome
from goalstate.properties.rules import Actor
from goalstate.properties.service.verification import Report

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import BLANK, HEADING, QUIET, WARNING, Line, line
from .assumed import fate_lines
from .findings import Finding, Result, findings, groups, outcome, rank_in, stale, summary
from .lines import STYLES, finding_lines, one_line
from .portal import logs_of, role_of, words_of
from .story import Labels, step_lines, story_of, task_labels
from .text import (
    FURTHER,
    LESS,
    counted,
    failing_task_advice,
    instance_of,
    read_lines,
    searched_lines,
    unknown_lines,
    vacuous_lines,
    warning_lines,
)

SCREEN = 40
"""Lines that a first screen has at most, if it has one story only."""

HINTS = 3
"""Lines at the end that say how to see the rest."""

STEPS = 3
"""Steps of a story that are told after it has left the ordinary deployment."""

ORDINARY, UNTOLD = "as in every ordinary deployment", "-v tells these steps"
"""Why the beginning of a story is not told: of a service's, and of that of a network in a file."""


def screen_lines(report: Report, deployment: Deployment | None = None, acceptance: Acceptance = NOTHING) -> list[Line]:
    """The first screen of a report."""
    found = findings(report, acceptance)
    labels = task_labels(deployment)
    result = outcome(report, found, acceptance)
    rank = rank_in(deployment)
    violated = sorted((f for f in found if f.outcome is Outcome.VIOLATED and not f.accepted), key=rank)
    excused = sum(f.accepted is not None and not f.vacuous for f in found)
    but = f", but for {counted(excused, 'accepted violation')}" if excused else ""
    head = [
        line("", (report.name, HEADING), ": ", (result.value, STYLES[result]), but),
        *warning_lines(deployment),
        *read_lines(deployment),
    ]
    sections = [head, list(fate_lines(found, deployment, labels)), finding_lines(violated, labels)]
    sections += [_rest(report, found, acceptance, labels)]
    end = [line("", (summary(report, acceptance), HEADING)), *searched_lines(report, verbose=False)]
    stories = [story_section(same[0], labels, deployment is not None) for same in groups(violated, rank)]
    room = SCREEN - sum(len(section) + 1 for section in sections if section) - len(end) - HINTS
    told: list[list[Line]] = []
    for story in stories:
        room -= len(story) + 1
        if told and room < 0:
            break
        told.append(story)
    advice = [
        *([FURTHER + LESS[deployment is not None]] if result is Result.UNKNOWN else []),
        *failing_task_advice(report, deployment),
    ]
    end += _hints(violated, len(stories) - len(told), advice)
    lines: list[Line] = []
    for section in filter(None, [*sections, *told, end]):
        lines += [*([BLANK] if lines else []), *section]
    return lines


def story_section(finding: Finding, labels: Labels, of_service: bool) -> list[Line]:
    """One finding as a paragraph: its story from where it leaves the ordinary deployment, and what helps."""
    prop, path = finding.prop, finding.telling.path
    rule = finding.rule
    lines = [line("", (f"{rule.code.value} ", HEADING), (finding.says, HEADING))]
    if not of_service and finding.telling.reason:
        lines.append(line("  ", finding.telling.reason))
    if path is not None:
        lines += step_lines(story_of(path), "  ", labels, leaves(path), STEPS, ORDINARY if of_service else UNTOLD)
        lines += _seen(path, labels, instance_of(finding.telling))
    if of_service and prop.family is Family.PLATFORM:
        lines.append(line("  ", ("a mistake in the model, not in the service: report it", WARNING)))
    if rule.actor is not Actor.AUTHOR:
        lines.append(line("  ", ("who must act  ", QUIET), rule.actor.value))
        lines.append(line("  ", ("what to do    ", QUIET), rule.brief))
    return lines


def leaves(path: Path) -> int:
    """The number of steps after which a run leaves the ordinary deployment: at its first fault, or at the second
    request of the user; else shortly before its end."""
    network = path.network
    faults = {event.name for event in network.events if event.fault}
    requests = {request(kind) for kind in (*REQUESTS, *FURTHER_REQUESTS)}
    asked = [k for k, event in enumerate(path.events) if event in requests]
    first = [k for k, event in enumerate(path.events) if event in faults][:1] + asked[1:2]
    return min([*first, max(0, len(path) - STEPS), *([] if path.loop is None else [path.loop])])


def _seen(path: Path, labels: Labels, instance: str) -> Iterator[Line]:
    """The last state in the portal's words, and the log that tells most."""
    for appearance, _tour in describe(path):
        if instance and appearance.instance != instance.rstrip("/"):
            continue
        yield line("  ", ("portal shows  ", QUIET), f"{appearance.instance}: {words_of(appearance, labels)}")
        for entry in logs_of(appearance.sight, path.network, appearance.instance)[:1]:
            yield line("  ", ("log to open   ", QUIET), entry.path.format(role=role_of(appearance.instance)))
        return


def _rest(report: Report, found: Sequence[Finding], acceptance: Acceptance, labels: Labels) -> list[Line]:
    """What was accepted, is unknown, was put to no test, or is accepted without need: a line or two for each."""
    lines = []
    for finding in found:
        entry = finding.accepted
        if entry is not None and not finding.vacuous:
            lines.append(line("", ("accepted: ", WARNING), *one_line(finding, labels).spans, f"; {entry.reason}"))
    lines += unknown_lines(found)
    lines += vacuous_lines(found, acceptance)
    lines += [
        line("", ("stale: ", WARNING), f"{s.entry.place}: {s.entry.property}: {s.instead}")
        for s in stale(report, acceptance)
    ]
    return lines


def _hints(violated: Iterable[Finding], untold: int, advice: Iterable[str]) -> Iterator[Line]:
    """How to see the rest, in ``HINTS`` lines at most."""
    codes = [f.prop.code.value for f in violated if f.rule.actor is not Actor.AUTHOR]
    if codes:
        saves = "--write-accepted FILE accepts it, --save-trace FILE saves the run"
        yield line("  ", (f"goalstate explain {codes[0]} tells cause and remedy; {saves}", QUIET))
    yield from (line("  ", (one, QUIET)) for one in advice)
    more = f"{counted(untold, 'story')} more: " if untold else ""
    yield line("  ", (f"{more}--output-format full tells every story, -v the searches and what holds, too", QUIET))
