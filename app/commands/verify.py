"""`goalstate verify`: every property of a deployment, or of a network in a file, with a verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from goalstate.model.deployment import Deployment
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.terms import suggestion
from goalstate.properties.property import Outcome, worst
from goalstate.properties.service.settings import Engine, Settings, with_instances
from goalstate.properties.service.verification import Report, Run, matches, property_names, verify_network
from goalstate.properties.service.verification import verify as judge

from ..formats.document import as_json
from ..formats.findings import Result, findings, outcome
from ..formats.junit import as_junit
from ..formats.sarif import as_sarif
from ..formats.text import summary, text_lines
from ..reading.acceptance import NOTHING, Acceptance, accepted_beside, added, read_accepted
from ..reading.subjects import (
    Choices,
    Subject,
    read_subject,
    read_world,
    require_few,
    require_no_choices,
    require_roles,
    sources,
)
from ..replay.saving import NO_FILES, Kept, Origin, keep, kept_places
from ..terminal.answer import Answer, Unfinished
from ..terminal.errors import USER_ERRORS, UserError
from ..terminal.exit_codes import HOLDS, UNKNOWN, VACUOUS, VIOLATED
from ..terminal.interrupts import unwind
from ..terminal.output_file import report_place
from ..terminal.page import Line, tame
from ..terminal.progress import told
from .slicing import without_detours

CODES: Mapping[Result, int] = {
    Result.HOLDS: HOLDS,
    Result.VIOLATED: VIOLATED,
    Result.UNKNOWN: UNKNOWN,
    Result.VACUOUS: VACUOUS,
}

FORMATS: Mapping[str, Callable[[Report, Deployment | None, Acceptance], str]] = {
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
}
"""The formats for programs; the text for people is a page."""


@dataclass(frozen=True)
class Search:
    """How to search: engine, patterns of the properties wanted, limits.

    ``whole``: all instances in one network.  ``thorough``: a fault and a second request together, too.
    ``counterexamples``: so many ways to break each property.  ``all_events``: runs are told as they were found.
    ``liveness``: also what comes about in the end; ``minimal``: which of its assumptions each sentence needs.
    """

    engine: str = "auto"
    properties: tuple[str, ...] = ()
    max_states: int | None = None
    max_seconds: float | None = None
    whole: bool = False
    thorough: bool = False
    counterexamples: int = 1
    all_events: bool = False
    liveness: bool = True
    minimal: bool = False


def verify(
    paths: Sequence[str],
    choices: Choices,
    search: Search,
    *,
    accept: str | None = None,
    write_accepted: str | None = None,
    kept: Kept = NO_FILES,
    allow_vacuous: bool = False,
    format: str = "text",
    output: str | None = None,
    verbose: bool = False,
    progress: bool = False,
) -> Answer:
    """Read what the paths stand for, judge it, and report in a format; raises the errors of `errors.USER_ERRORS`.

    Raises Unfinished, with what the searches before have found, when one of them fails for any other reason.
    """
    subject = read_subject(paths)
    place = report_place(output, sources(subject))
    deployment = _as_searched(subject, choices)
    target, acceptance = _acceptance(subject, accept, write_accepted, partial=bool(search.properties))
    places = kept_places(kept, sources(subject))
    acceptance = replace(acceptance, vacuous=allow_vacuous)

    def answer(report: Report, acceptance: Acceptance) -> Answer:
        if format == "text":
            content: str | list[Line] = text_lines(report, deployment, verbose, acceptance)
        else:
            content = FORMATS[format](report, deployment, acceptance)
        result = outcome(report, findings(report, acceptance), acceptance)
        return Answer(CODES[result], content, place, summary(report, acceptance))

    runs: list[Run] = []
    unwind()
    try:
        with told(progress) as tell:
            report = judged(subject, choices, search, tell, runs)
    except USER_ERRORS:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if not runs:
            raise
        raise Unfinished(answer(_so_far(runs, subject), replace(acceptance, partial=True))) from error
    if target is not None:
        try:
            acceptance = _accept_all(report, acceptance, target)
        except OSError as error:
            wrong = UserError(
                f"{tame(str(target))}: can't be written ({error.strerror}); allowed: a file; name another"
            )
            raise Unfinished(answer(report, acceptance)) from wrong
    try:
        keep(findings(report, acceptance), Origin(subject, tuple(paths), choices, search.whole), places)
    except USER_ERRORS as error:
        raise Unfinished(answer(report, acceptance)) from error
    return answer(report, acceptance)


def _acceptance(
    subject: Subject, accept: str | None, write_accepted: str | None, *, partial: bool
) -> tuple[Path | None, Acceptance]:
    """The file to add accepted violations to, if any, and what is accepted already."""
    if accept is not None and write_accepted is not None:
        raise UserError(
            "--accept and --write-accepted: allowed: one of them; what --write-accepted writes is accepted at once, "
            "together with what its file has already; leave --accept out"
        )
    if accept == "":
        raise UserError("--accept: the name of the file is empty; allowed: a TOML file, or none; name one")
    target = None if write_accepted is None else report_place(write_accepted, sources(subject), "--write-accepted")
    if target is not None:
        found = read_accepted(target) if target.exists() else NOTHING
    elif accept is not None:
        found = NOTHING if accept == "none" else read_accepted(Path(accept))
    else:
        found = accepted_beside(subject.sources[0]) if isinstance(subject, Deployment) else NOTHING
    return target, replace(found, partial=partial)


def _accept_all(report: Report, acceptance: Acceptance, target: Path) -> Acceptance:
    """Add what is violated and not accepted yet to a file; returns what is accepted then.  Raises OSError."""
    new = [f.prop for f in findings(report, acceptance) if f.outcome is Outcome.VIOLATED and not f.accepted]
    if new:
        target.write_text(added(target, new), encoding="utf-8", newline="\n")
    count = f"{len(new)} {'violation' if len(new) == 1 else 'violations'}"
    print(f"{count} added to {tame(str(target))}" + ("; write the reasons into it" if new else ""), file=sys.stderr)
    if not new:
        return acceptance
    return replace(read_accepted(target), partial=acceptance.partial, vacuous=acceptance.vacuous)


def judged(
    subject: Subject,
    choices: Choices,
    search: Search,
    tell: Callable[[str], None] | None = None,
    runs: list[Run] | None = None,
) -> Report:
    """The report on a subject; ``runs`` gets each search as it ends.  Raises UserError for options that don't fit."""
    world = read_world(choices)
    settings = Settings(
        faults=world.faults,
        requests=world.requests,
        tick=world.tick,
        instances=world.instances,
        whole=search.whole,
        thorough=search.thorough,
        liveness=search.liveness,
        minimal=search.minimal,
        platform=world.platform,
        engine=Engine.of(search.engine),
        limits=Limits(search.max_states, search.max_seconds),
        only=search.properties,
        counterexamples=search.counterexamples,
    )
    report = _judged(subject, choices, search, settings, tell, runs)
    return report if search.all_events else without_detours(report)


def _judged(
    subject: Subject,
    choices: Choices,
    search: Search,
    settings: Settings,
    tell: Callable[[str], None] | None,
    runs: list[Run] | None,
) -> Report:
    if isinstance(subject, Deployment):
        require_roles(subject, settings.instances)
        if search.thorough and (choices.faults, choices.requests, choices.tick) != (None, None, None):
            raise UserError(
                "--thorough: not with --faults, --requests or --tick, which choose the one search that is made; "
                "allowed: either; leave one out"
            )
        if search.whole and search.engine in ("reference", "explicit"):
            require_few(with_instances(subject, settings.instances))
        if search.properties:
            _require_matches(search.properties, property_names(subject, settings))
        return judge(subject, settings, tell, runs)
    require_no_choices(choices)
    if search.whole:
        raise UserError("--whole is for deployments; a network in a file is always searched as a whole; leave it out")
    if search.thorough:
        raise UserError(
            "--thorough is for deployments; a network in a file has the bounds it was built with; leave it out"
        )
    _require_matches(search.properties, map(str, subject.properties))
    return verify_network(subject.network, subject.properties, settings, tell)


def _require_matches(patterns: Sequence[str], names: Iterable[str]) -> None:
    """Refuse patterns that no property's sentence matches; raises UserError."""
    there = list(names)
    for pattern in patterns:
        if not pattern.strip():
            raise UserError(
                "--property: the name is empty; allowed: a part of a property's sentence, or a pattern with * and ?; "
                "write one, as in --property Ready"
            )
        if not any(matches(name, pattern) for name in there):
            raise UserError(
                f"--property: no property matches {pattern!r}{suggestion(pattern, there)}; allowed: a part of a "
                f"property's sentence, or a pattern with * and ?; run with -v and without --property to see all "
                f"{len(there)}, such as {there[0]!r}"
            )


def _so_far(runs: Sequence[Run], subject: Subject) -> Report:
    """What was found before a search failed: never that all holds."""
    found = [Outcome.UNKNOWN, *(v.outcome for run in runs for v in run.verdicts)]
    agents = dict.fromkeys((c.name, c.lts.size) for run in runs for c in run.network.components)
    return Report(subject.name, tuple(runs), worst(found), sum(run.seconds for run in runs), tuple(agents))


def _as_searched(subject: Subject, choices: Choices) -> Deployment | None:
    if not isinstance(subject, Deployment):
        return None
    world = read_world(choices)
    require_roles(subject, world.instances)
    return with_instances(subject, world.instances)
