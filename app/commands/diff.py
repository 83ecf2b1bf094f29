"""`goalstate diff`: two definitions, or one with two sets of options: what a change mends, breaks and costs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from goalstate.model.deployment import Deployment
from goalstate.model.deployment.differences import Differing, differences
from goalstate.model.network.path import Path as Run
from goalstate.properties.service.guarantees import judged_guarantees
from goalstate.properties.service.settings import Settings, as_chosen

from ..formats.document import path_steps
from ..formats.findings import Finding
from ..formats.story import Labels, story_lines, story_of, task_labels
from ..reading.acceptance import NOTHING, Acceptance, accepted_beside
from ..reading.settings import written_world
from ..reading.subjects import Subject, read_subject, sources
from ..replay.comparing import Apart, Change, Comparison, Difference, Side, Traded, compared
from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS, UNKNOWN, VIOLATED
from ..terminal.interrupts import unwind
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, QUIET, WARNING, Line, line, tame
from ..terminal.progress import told
from .verify import judged

MOST_TOLD = 4
"""Steps of a run that are all told without -v."""

SHARED = "the same on both"

COLOURS = {Change.COMES: "bold red", Change.GOES: "bold green", Change.STAYS: "bold", Change.UNDECIDED: "bold yellow"}
WORDS = {Change.COMES: "comes", Change.GOES: "goes", Change.STAYS: "stays", Change.UNDECIDED: "unknown"}


@dataclass(frozen=True)
class Named:
    """A side as the user names it: a path, and the options with which it is verified."""

    path: str
    settings: Settings


def diff(old: Named, new: Named, output: Output) -> Answer:
    """Verify both sides and compare; raises the errors of `errors.USER_ERRORS`.

    Exit code 0: nothing is violated that was not; 1: something is; 3: that is not known.
    """
    before, after = read_subject([old.path]), read_subject([new.path])
    if isinstance(before, Deployment) is not isinstance(after, Deployment):
        raise UserError(
            f"{tame(old.path)} and {tame(new.path)}: a service and a network in a file; allowed: two of a kind; "
            "name another one"
        )
    if old == new:
        raise UserError(
            f"{tame(old.path)}: compared with itself; allowed: two definitions, or --old and --new with options that "
            f'differ; as in goalstate diff {tame(old.path)} --new "--tick 5"'
        )
    place = report_place(output.file, [*sources(before), *sources(after)])
    unwind()
    with told(output.progress) as tell:
        sides = []
        for named, subject in ((old, before), (new, after)):
            report = judged(subject, named.settings, tell)
            found = tuple(judged_guarantees(subject, named.settings, tell)) if isinstance(subject, Deployment) else ()
            sides.append(Side(named.path, subject, named.settings, report, _accepted(subject), found))
        comparison = compared(*sides)
    summary = _summary(comparison)
    content: str | list[Line]
    if output.format is Format.JSON:
        content = json.dumps(as_dict(comparison), indent=2) + "\n"
    else:
        content = list(_lines(comparison, output.verbose))
    return Answer(code_of(comparison), content, place, summary)


def code_of(comparison: Comparison) -> int:
    """The exit code: whether something is violated that was not, and is not accepted."""
    if any(not d.accepted for d in comparison.of(Change.COMES)):
        return VIOLATED
    unfinished = comparison.old.report.unfinished or comparison.new.report.unfinished
    return UNKNOWN if comparison.of(Change.UNDECIDED) or unfinished else HOLDS


def _accepted(subject: Subject) -> Acceptance:
    return accepted_beside(subject.sources[0]) if isinstance(subject, Deployment) else NOTHING


def _changes(comparison: Comparison) -> list[Differing]:
    old, new = comparison.old.subject, comparison.new.subject
    if not (isinstance(old, Deployment) and isinstance(new, Deployment)):
        return []
    return differences(as_chosen(old, comparison.old.settings), as_chosen(new, comparison.new.settings))


def _options(comparison: Comparison) -> list[Differing]:
    """The options that differ, by their names on the command line."""
    old, new = written_world(comparison.old.settings), written_world(comparison.new.settings)
    names = {"options": "option"}
    return [
        Differing((f"--{names.get(name, name)}",), _said(old.get(name)), _said(new.get(name)))
        for name in new
        if old.get(name) != new.get(name)
    ]


def _said(value: object) -> str:
    return (
        ", ".join(map(str, value)) or "none" if isinstance(value, list) else "default" if value is None else str(value)
    )


def _summary(comparison: Comparison) -> str:
    come, go, stay, open_ = (len(comparison.of(change)) for change in Change)
    given_up = sum(t.given_up for t in comparison.traded)
    gained = len(comparison.traded) - given_up
    unknown = f"; unknown: {open_ + len(comparison.open)}" if open_ or comparison.open else ""
    findings = f"findings that come: {come}, go: {go}, stay: {stay}{unknown}"
    return f"{findings}; guarantees given up: {given_up}, gained: {gained}"


def _lines(comparison: Comparison, verbose: bool) -> Iterator[Line]:
    old, new = comparison.old, comparison.new
    yield line("", (f"{_called(comparison, old)} -> {_called(comparison, new)}", HEADING))
    for differing in [*_changes(comparison), *_options(comparison)]:
        where = f"  {differing.location}" if differing.location.line else ""
        yield line("  ", str(differing), (where, QUIET))
    for change in (Change.COMES, Change.UNDECIDED, Change.GOES):
        for difference in comparison.of(change):
            yield BLANK
            yield from _difference_lines(comparison, difference, verbose)
    for together in _by_task(comparison.traded):
        yield BLANK
        yield from _traded_lines(comparison, together, verbose)
    for judged_ in comparison.open:
        yield BLANK
        yield line("", ("unknown: ", COLOURS[Change.UNDECIDED]), str(judged_.guarantee.prop))
        yield line("  ", judged_.verdict.reason)
    stays = comparison.of(Change.STAYS)
    if stays:
        yield BLANK
    for difference in stays:
        yield line("", ("stays: ", COLOURS[Change.STAYS]), _sentence(difference.shown))
    for side in (old, new):
        for text in side.report.left_out:
            yield BLANK
            yield line("", (f"{_called(comparison, side)}: {text}", WARNING))
    yield BLANK
    yield line("", _summary(comparison))


def _called(comparison: Comparison, side: Side) -> str:
    """The path of a side; old and new, where both are the same definition."""
    if comparison.old.name != comparison.new.name:
        return side.name
    return f"{side.name} ({'old' if side is comparison.old else 'new'})"


def _sentence(finding: Finding) -> str:
    return finding.prop.failure or str(finding.prop)


def _difference_lines(comparison: Comparison, difference: Difference, verbose: bool) -> Iterator[Line]:
    change, shown = difference.change, difference.shown
    accepted = " (accepted)" if difference.accepted else ""
    yield line("", (f"{WORDS[change]}{accepted}: ", COLOURS[change]), _sentence(shown))
    if shown.prop.location:
        yield line("  ", (shown.prop.location, QUIET))
    of, other = comparison.old, comparison.new
    if change is Change.COMES:
        of, other = other, of
    if change is Change.UNDECIDED:
        for side, finding in ((comparison.old, difference.old), (comparison.new, difference.new)):
            said = "there is no such property" if finding is None else finding.outcome.value
            reason = "" if finding is None or not finding.telling.reason else f": {finding.telling.reason}"
            yield line("  ", f"{_called(comparison, side)}: {said}{reason}")
        return
    counterpart = difference.new if change is Change.GOES else difference.old
    vacuously = counterpart is not None and counterpart.vacuous
    said = "there is no such property" if counterpart is None else "it holds" + ", put to no test" * vacuously
    yield line("  ", f"{_called(comparison, other)}: {said}")
    yield from _apart_lines(comparison, of, other, difference.apart, verbose)


def _by_task(traded: Sequence[Traded]) -> list[list[Traded]]:
    """What is traded, the moments of one task together."""
    found: dict[tuple[bool, str, int], list[Traded]] = {}
    for one in traded:
        guarantee = one.new.guarantee
        found.setdefault((one.given_up, guarantee.role.name, guarantee.position), []).append(one)
    return list(found.values())


def _traded_lines(comparison: Comparison, together: Sequence[Traded], verbose: bool) -> Iterator[Line]:
    """The guarantees of one task, each with its run; only the first of the runs is told, unless verbose."""
    first = together[0]
    of, other = (comparison.new, comparison.old) if first.given_up else (comparison.old, comparison.new)
    guarantee = (first.new if first.given_up else first.old).guarantee
    word, colour = ("given up: ", COLOURS[Change.COMES]) if first.given_up else ("gained: ", COLOURS[Change.GOES])
    moments = [one.new.guarantee.moment.value for one in together]
    yield line("", (word, colour), f"{guarantee.role.name}: {guarantee.task} has ended before {_listed(moments)}")
    if guarantee.prop.location:
        yield line("  ", (guarantee.prop.location, QUIET))
    yield line(
        "  ", f"{_called(comparison, other)}: always so within the bounds; {_called(comparison, of)}: not always"
    )
    for number, one in enumerate(together):
        moment = one.new.guarantee.moment.value
        yield line("  ", f"{guarantee.task} may still be at work when {moment}:")
        yield from _apart_lines(comparison, of, other, one.apart, verbose, told=verbose or number == 0)


def _listed(texts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _apart_lines(
    comparison: Comparison, of: Side, other: Side, apart: Apart | None, verbose: bool, *, told: bool = True
) -> Iterator[Line]:
    if apart is None:
        yield line("  ", "it is the lack of a run that breaks it, so no run is shown")
        return
    here, there, total = _called(comparison, of), _called(comparison, other), len(apart.run)
    if apart.refusal is None:
        yield line("  ", f"its run, of {total} steps, happens on both, and breaks nothing on {there}")
    else:
        reason = f"step {apart.refusal.at + 1}: {apart.refusal.reason}"
        yield line("  ", f"a run of {total} steps on {here} shows it; it can't happen on {there}, {reason}")
    if told:
        labels: Labels = task_labels(of.subject) if isinstance(of.subject, Deployment) else {}
        yield from _steps(apart, labels, verbose)


def _steps(apart: Apart, labels: Labels, verbose: bool) -> Iterator[Line]:
    """The run from where the other side can't follow: where that is long, its first and its last step."""
    run, common, total = apart.run, apart.common, len(apart.run)
    shared = 0 if verbose else min(common, total - 1)
    if verbose or total - common <= MOST_TOLD:
        yield from story_lines(story_of(run), "  ", labels, verbose, shared, SHARED)
        return
    beginning = Run.replay(run.network, run.events[: common + 1])
    width = 2 * len(str(total)) + 1
    yield from story_lines(story_of(beginning), "  ", labels, False, common, SHARED)
    yield line(f"  {f'{common + 2}-{total - 1}':>{width}}  ", ("left out; -v tells them", QUIET))
    _, *end = story_lines(story_of(run), "  ", labels, False, total - 1, SHARED)
    yield from end


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison in types that JSON has, as `docs/reference/diff.schema.json` describes it."""
    return {
        "goalstate": version("goalstate"),
        "old": _side_as_dict(comparison.old),
        "new": _side_as_dict(comparison.new),
        "changes": [
            {
                "place": list(d.place),
                "old": d.old,
                "new": d.new,
                "location": str(d.location) if d.location.line else None,
            }
            for d in [*_changes(comparison), *_options(comparison)]
        ],
        "findings": [_difference_as_dict(d) for d in comparison.differences],
        "guarantees": [
            {
                "given_up": t.given_up,
                "role": t.new.guarantee.role.name,
                "task": t.new.guarantee.task,
                "before": t.new.guarantee.moment.name.lower(),
                "name": t.new.guarantee.prop.name,
                "location": t.new.guarantee.prop.location or None,
                "apart": _apart_as_dict(t.apart),
            }
            for t in comparison.traded
        ],
        "undecided_guarantees": [str(judged_.guarantee.prop) for judged_ in comparison.open],
    }


def _side_as_dict(side: Side) -> dict[str, Any]:
    return {
        "path": side.name,
        "sources": list(sources(side.subject)),
        "outcome": side.report.outcome.value,
        "options": {name: value for name, value in written_world(side.settings).items() if value},
        "left_out": list(side.report.left_out),
    }


def _difference_as_dict(difference: Difference) -> dict[str, Any]:
    return {
        "change": difference.change.value,
        "name": difference.shown.prop.name,
        "subject": difference.shown.prop.subject or None,
        "family": difference.shown.prop.family.value,
        "accepted": difference.accepted,
        "old": _finding_as_dict(difference.old),
        "new": _finding_as_dict(difference.new),
        "apart": _apart_as_dict(difference.apart),
    }


def _finding_as_dict(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    return {
        "name": finding.prop.name,
        "outcome": finding.outcome.value,
        "vacuous": finding.vacuous,
        "location": finding.prop.location or None,
        "reason": finding.telling.reason or None,
        "runs": list(finding.runs),
    }


def _apart_as_dict(apart: Apart | None) -> dict[str, Any] | None:
    if apart is None:
        return None
    refused = apart.refusal
    return {
        "steps": path_steps(apart.run),
        "loop": apart.run.loop,
        "common": apart.common,
        "refused": None
        if refused is None
        else {"step": refused.at + 1, "reason": refused.reason, "instead": list(refused.instead)},
    }


def sides(paths: Sequence[str], old: Settings, new: Settings) -> tuple[Named, Named]:
    """The two sides of one or two paths; raises UserError for other numbers of them."""
    if not 1 <= len(paths) <= 2:
        raise UserError(
            f"{len(paths)} paths; allowed: OLD and NEW, or one definition with --old or --new; "
            'as in goalstate diff MyService/ --new "--tick 5"'
        )
    return Named(paths[0], old), Named(paths[-1], new)
