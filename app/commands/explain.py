"""`goalstate explain`: from the words of the portal back to what the role does, how it got there, and what helps.

A code of a finding (`commands.rule`) is explained as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from goalstate.model.deployment import Deployment
from goalstate.model.running.story import Story
from goalstate.properties.log_files import Entry, entries
from goalstate.properties.portal import Sight
from goalstate.properties.service.causes import Actor, Cause, Explanation, Unfinished
from goalstate.properties.service.causes import explain as explained
from goalstate.properties.service.settings import Settings
from goalstate.properties.symptom import Symptom, UnknownSymptom, read_symptom

from ..formats.document import path_steps
from ..formats.portal import MOST_LOGS, entry_as_json, event_lines, log_lines, sight_as_json
from ..formats.story import FAULT, Labels, Names, cause, story_lines, story_of, task_labels
from ..reading.subjects import read_subject, sources
from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS, UNKNOWN
from ..terminal.output_file import report_place
from ..terminal.page import AGENT, BLANK, HEADING, QUIET, WARNING, Line, line
from .rule import code_meant, explain_rule

AT_THE_END = 2
"""Steps at the end of a run that are told."""


def explain(words: str, paths: Sequence[str], settings: Settings, output: Output) -> Answer:
    """What words of the portal mean for a deployment, or what a code stands for.

    Exit code 0; 3 if a limit stopped a search.  Raises UserError for words that are not known, and the errors of
    reading.
    """
    code = code_meant(words)
    if code is not None:
        if paths:
            raise UserError(
                f"--deployment: {code.value} means the same in every service; allowed: words of the portal with it; "
                "leave it out"
            )
        return explain_rule(code, output.format, report_place(output.file))
    try:
        symptom = read_symptom(words)
    except UnknownSymptom as error:
        raise UserError(f"explain: {error}") from None
    subject = read_subject(paths)
    if not isinstance(subject, Deployment):
        raise UserError(
            "--deployment: a network in a file has no portal; allowed: a folder with a .csdef, or a .csdef and its "
            ".cscfg; name one, or none for the bundled example"
        )
    place = report_place(output.file, sources(subject))
    try:
        found = explained(subject, symptom, settings.platform, settings.tick or 1, settings.limits)
    except Unfinished as error:
        summary = f"unknown: {error}"
        if output.format is Format.JSON:
            told = {"goalstate": version("goalstate"), "words": symptom.words, "unknown": str(error)}
            return Answer(UNKNOWN, json.dumps(told, indent=2) + "\n", place, summary)
        hint = "search further (--max-states, --max-seconds), or in larger steps (--tick 5)"
        return Answer(UNKNOWN, [line("", (summary, WARNING)), line("  ", hint)], place, summary)
    count = sum(len(one.causes) for one in found)
    summary = f"{count} {'cause' if count == 1 else 'causes'}"
    if output.format is Format.JSON:
        content: str | list[Line] = json.dumps(_as_dict(symptom, found), indent=2) + "\n"
    else:
        content = list(_lines(symptom, found, subject, output.verbose))
    return Answer(HOLDS, content, place, summary)


def _lines(symptom: Symptom, found: Sequence[Explanation], deployment: Deployment, verbose: bool) -> Iterator[Line]:
    yield line("", (deployment.name, HEADING), f": {symptom.words}")
    if symptom.taken:
        yield line("  ", (symptom.taken, WARNING))
    for sight in _different(symptom.sights):
        yield line("  ", (sight.shown, AGENT), (f"  {sight.status.api}; source: {sight.source}", QUIET))
        yield line("    ", sight.means)
    if symptom.again:
        yield line("  ", "Recycling with this text: the start has failed before, and is tried again")
    labels = task_labels(deployment)
    for one in found:
        yield BLANK
        yield from _of_role(one, labels, verbose)
    if not verbose:
        yield BLANK
        yield line("", ("-v tells whole runs, and all log files", QUIET))


def _of_role(found: Explanation, labels: Labels, verbose: bool) -> Iterator[Line]:
    if not found.causes:
        why = "looks like that in no state" if not found.states else "gets there in no way that these words name"
        yield line("", (found.instance, HEADING), f": {why}: with one fault, or two requests of the user")
        return
    yield line("", (found.instance, HEADING), f": {found.states:,} states look like that")
    yield from log_lines(_logs(found), found.instance, "  ", MOST_LOGS if not verbose else len(_logs(found)))
    yield from event_lines(found.sights, "  ")
    for one in found.causes:
        yield from _cause(one, labels, verbose)
    if found.again:
        yield line("  ", "it comes again, and passes, after: ", ", ".join(map(_happened, found.again)))


def _cause(one: Cause, labels: Labels, verbose: bool) -> Iterator[Line]:
    story = story_of(one.path)
    if not one.event:
        head = "it passes: every start comes through it" if one.heals else "nothing has happened yet"
        yield line("  ", (head, HEADING))
    else:
        where = f"{one.task.location}: " if one.task is not None and one.task.location.line else ""
        what = f"`{one.task.command}`: " if one.task is not None else ""
        told = cause(story, labels) if one.fault else _requested(one)
        yield line("  ", (where, HEADING), what, (told, HEADING if one.heals else "bold red"))
    yield line("    ", ("heals: ", QUIET), _healing(one))
    yield line("    ", ("who must act: ", QUIET), _acting(one))
    if verbose:
        yield from story_lines(story, "    ", labels, verbose)
    elif one.event:
        yield from _end_of_run(story, one.event, labels)


def _end_of_run(story: Story, event: str, labels: Labels) -> Iterator[Line]:
    """The step before what happened, that step, and the last ones."""
    names = Names(story.path.network, labels)
    steps = story.lines
    at = next(k for k, told in enumerate(steps) if told.event == event)
    chosen = [k for k in range(len(steps)) if at - 1 <= k <= at or k >= max(at, len(steps) - AT_THE_END)]
    yield line("    ", ("run: ", QUIET), f"{len(steps)} {'step' if len(steps) == 1 else 'steps'}")
    for before, k in zip([chosen[0] - 1, *chosen], chosen, strict=False):
        if k > before + 1:
            yield line("      ", "…")
        told = steps[k]
        fault = f"FAULT {told.fault}: " if told.fault else ""
        yield line(f"      {told.number:>4}  ", (fault, FAULT), (names.short(told.sender), AGENT), f": {told.says}")


def _requested(one: Cause) -> str:
    return f"the user asks: {_plainly(one.event.removeprefix('request_'))}"


def _happened(kind: str) -> str:
    """A kind of fault, or a request in words."""
    return f"the request to {_plainly(kind.removeprefix('request_'))}" if kind.startswith("request_") else kind


def _plainly(name: str) -> str:
    return name.replace("_", " ")


def _healing(one: Cause) -> str:
    if one.heals:
        return "by itself, if the next start goes well" if one.actor is Actor.OWNER else "by itself"
    if not one.by_request:
        return "not by itself, and not by one request of the user"
    return f"not by itself; Ready again after: {' or '.join(map(_plainly, one.by_request))}"


def _acting(one: Cause) -> str:
    if not one.heals:
        return "the user" + (", and the owner of the role if it comes again" if one.actor is Actor.OWNER else "")
    if one.actor is Actor.OWNER:
        return "nobody; but if every start fails like that it never heals: the owner of the role"
    return "nobody" + (", unless it lasts" if not one.event else "")


def _logs(found: Explanation) -> tuple[Entry, ...]:
    return entries([file for sight in found.sights for file in sight.logs], found.host)


def _different(sights: Sequence[Sight]) -> list[Sight]:
    """Lines of the table that say different things."""
    return list({(sight.shown, sight.means): sight for sight in sights}.values())


def _as_dict(symptom: Symptom, found: Sequence[Explanation]) -> dict[str, Any]:
    return {
        "goalstate": version("goalstate"),
        "words": symptom.words,
        "taken": symptom.taken or None,
        "failed_before": symptom.again,
        "seen": [sight_as_json(sight) for sight in symptom.sights],
        "roles": [_role_as_dict(one) for one in found],
    }


def _role_as_dict(found: Explanation) -> dict[str, Any]:
    return {
        "role": found.role.name,
        "instance": found.instance,
        "states": found.states,
        "causes": [_cause_as_dict(one) for one in found.causes],
        "again_after": list(found.again),
        "logs": [entry_as_json(entry, found.instance) for entry in _logs(found)],
        "event_ids": sorted({number for sight in found.sights for number in sight.events}),
    }


def _cause_as_dict(one: Cause) -> dict[str, Any]:
    task = one.task
    return {
        "event": one.event or None,
        "fault": one.fault or None,
        "task": None
        if task is None
        else {"command": task.command, "location": str(task.location) if task.location.line else None},
        "heals_by_itself": one.heals,
        "heals_by_request": list(one.by_request),
        "who_must_act": one.actor.value,
        "seen": sight_as_json(one.sight),
        "path": path_steps(one.path),
    }
