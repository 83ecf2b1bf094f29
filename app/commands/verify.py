"""`goalstate verify`: every property of a deployment, or of a network in a file, with a verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from goalstate.model.deployment import Deployment
from goalstate.model.notation.terms import suggestion
from goalstate.properties.property import Outcome, worst
from goalstate.properties.runs.slicing import sliced
from goalstate.properties.service.searches import SearchKind, searches
from goalstate.properties.service.settings import Engine, Settings, as_chosen
from goalstate.properties.service.verification import Report, Run, matches, not_made, property_names, verify_network
from goalstate.properties.service.verification import verify as judge
from goalstate.properties.verdict import Verdict

from ..formats.document import as_json
from ..formats.findings import Result, findings, outcome, rank_in, summary
from ..formats.junit import as_junit
from ..formats.lines import as_github, concise
from ..formats.sarif import as_sarif
from ..formats.screen import screen_lines
from ..formats.text import text_lines
from ..reading.acceptance import NOTHING, Acceptance, Accepting, accepted_beside, added, read_accepted
from ..reading.subjects import Subject, read_subject, require_few, require_no_bounds, require_roles, sources
from ..replay.saving import Kept, Origin, keep, kept_places
from ..terminal.answer import Answer, Format, Output, Unfinished
from ..terminal.errors import USER_ERRORS, UserError
from ..terminal.exit_codes import HOLDS, UNKNOWN, VACUOUS, VIOLATED
from ..terminal.interrupts import unwind
from ..terminal.output_file import report_place
from ..terminal.page import Line, line, tame
from ..terminal.progress import told

CODES: Mapping[Result, int] = {
    Result.HOLDS: HOLDS,
    Result.VIOLATED: VIOLATED,
    Result.UNKNOWN: UNKNOWN,
    Result.VACUOUS: VACUOUS,
}

FORMATS: Mapping[Format, Callable[[Report, Deployment | None, Acceptance], str]] = {
    Format.CONCISE: concise,
    Format.GITHUB: as_github,
    Format.JSON: as_json,
    Format.JUNIT: as_junit,
    Format.SARIF: as_sarif,
}
"""The formats that are plain text; those for people are pages."""


def verify(
    paths: Sequence[str],
    settings: Settings,
    output: Output,
    accepting: Accepting,
    kept: Kept,
    *,
    all_events: bool = False,
) -> Answer:
    """Read what the paths name, verify it, and report; raises the errors of `errors.USER_ERRORS`.

    Raises Unfinished, with the results of the searches before, if one of them fails for any other reason.
    """
    if output.quiet and (output.verbose or output.format is not Format.TEXT):
        raise UserError(
            "--quiet: not with --verbose or --output-format; allowed: --quiet by itself, for the verdict in one line; "
            "leave one of them out"
        )
    subject = read_subject(paths)
    place = report_place(output.file, sources(subject))
    deployment = _as_searched(subject, settings)
    target, acceptance = _acceptance(subject, accepting)
    places = kept_places(kept, sources(subject))
    acceptance = replace(acceptance, partial=bool(settings.only), assuming=bool(settings.assume))

    def answer(report: Report, acceptance: Acceptance) -> Answer:
        content: str | list[Line]
        if output.quiet:
            content = [line("", summary(report, acceptance))]
        elif output.format is Format.TEXT and not output.verbose:
            content = screen_lines(report, deployment, acceptance)
        elif output.format in (Format.TEXT, Format.FULL):
            content = text_lines(report, deployment, output.verbose, acceptance)
        else:
            content = FORMATS[output.format](report, deployment, acceptance)
        result = outcome(report, findings(report, acceptance), acceptance)
        return Answer(CODES[result], content, place, summary(report, acceptance))

    runs: list[Run] = []
    unwind()
    try:
        with told(output.progress) as tell:
            report = judged(subject, settings, tell, runs, all_events=all_events)
    except USER_ERRORS:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if not runs:
            raise
        raise Unfinished(answer(_so_far(runs, subject, settings), replace(acceptance, partial=True))) from error
    if target is not None:
        try:
            acceptance = _accept_all(report, acceptance, target)
        except OSError as error:
            wrong = UserError(
                f"{tame(str(target))}: can't be written ({error.strerror}); allowed: a file; name another"
            )
            raise Unfinished(answer(report, acceptance)) from wrong
    try:
        keep(
            sorted(findings(report, acceptance), key=rank_in(deployment)),
            Origin(subject, tuple(paths), settings),
            places,
        )
    except USER_ERRORS as error:
        raise Unfinished(answer(report, acceptance)) from error
    return answer(report, acceptance)


def _acceptance(subject: Subject, accepting: Accepting) -> tuple[Path | None, Acceptance]:
    """The file to add accepted violations to, if any, and what is accepted already."""
    accept, write_accepted = accepting.file, accepting.added_to
    if accept is not None and write_accepted is not None:
        raise UserError(
            "--accept and --write-accepted: allowed: one of them; what --write-accepted writes is accepted at once, "
            "together with what its file has already; leave --accept out"
        )
    if accept == "":
        raise UserError("--accept: the name of the file is empty; allowed: a TOML file, or none; name one")
    target = None if write_accepted is None else report_place(write_accepted, sources(subject), "--write-accepted")
    if target is not None:
        found = read_accepted(target, unsaid=True) if target.exists() else NOTHING
    elif accept is not None:
        found = NOTHING if accept == "none" else read_accepted(Path(accept))
    else:
        found = accepted_beside(subject.sources[0]) if isinstance(subject, Deployment) else NOTHING
    return target, replace(found, vacuous=accepting.vacuous)


def _accept_all(report: Report, acceptance: Acceptance, target: Path) -> Acceptance:
    """Add what is violated and not accepted yet to a file; returns what is accepted then.  Raises OSError."""
    new = [f.prop for f in findings(report, acceptance) if f.outcome is Outcome.VIOLATED and not f.accepted]
    if new:
        target.write_text(added(target, new), encoding="utf-8", newline="\n")
    count = f"{len(new)} {'violation' if len(new) == 1 else 'violations'}"
    print(f"{count} added to {tame(str(target))}" + ("; write the reasons into it" if new else ""), file=sys.stderr)
    if not new:
        return acceptance
    return replace(acceptance, entries=read_accepted(target, unsaid=True).entries)


def judged(
    subject: Subject,
    settings: Settings,
    tell: Callable[[str], None] | None = None,
    runs: list[Run] | None = None,
    *,
    all_events: bool = False,
) -> Report:
    """The report on a subject; ``runs`` gets each search as it ends.

    Runs are told without the events that their violations do not need, unless ``all_events``.  Raises UserError for
    settings that don't fit the subject.
    """
    if isinstance(subject, Deployment):
        _require_sense(subject, settings)
        report = judge(subject, settings, tell, runs)
    else:
        _require_nothing_of_deployments(settings)
        _require_matches(settings.only, map(str, subject.properties))
        report = verify_network(subject.network, subject.properties, settings, tell)
    return report if all_events else _without_detours(report)


def _without_detours(report: Report) -> Report:
    """The report with sliced runs; each of them has been replayed and judged again."""
    return replace(
        report, runs=tuple(replace(run, verdicts=tuple(_sliced(run, v) for v in run.verdicts)) for run in report.runs)
    )


def _sliced(run: Run, verdict: Verdict) -> Verdict:
    path = verdict.path
    # Where the run of one instance was repeated by all, the violation is that of all, not that of the claim on one.
    repeated = path is not None and path.network != run.network and run.search.kind is SearchKind.AVAILABILITY
    if verdict.outcome is not Outcome.VIOLATED or path is None or repeated:
        return verdict
    shorter = sliced(path, verdict.property.claim)
    return replace(verdict, path=shorter, left_out=len(path) - len(shorter))


def _require_sense(deployment: Deployment, settings: Settings) -> None:
    """Refuse settings that contradict each other or do not fit the deployment; raises UserError."""
    require_roles(deployment, settings.instances)
    if settings.thorough and settings.bounded:
        raise UserError(
            "--thorough: not with --faults, --requests or --tick, which choose the one search that is made; "
            "allowed: either; leave one out"
        )
    if settings.whole and settings.engine in (Engine.REFERENCE, Engine.EXPLICIT):
        require_few(as_chosen(deployment, settings))
    if settings.only:
        _require_matches(settings.only, property_names(deployment, settings))


def _require_nothing_of_deployments(settings: Settings) -> None:
    """Refuse settings that are for deployments only; raises UserError."""
    require_no_bounds(settings)
    if settings.whole:
        raise UserError("--whole is for deployments; a network in a file is always searched as a whole; leave it out")
    if settings.thorough:
        raise UserError(
            "--thorough is for deployments; a network in a file has the bounds it was built with; leave it out"
        )


def _require_matches(patterns: Sequence[str], names: Iterable[str]) -> None:
    """Refuse patterns that no property's sentence matches; raises UserError."""
    there = list(names) if patterns else []
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


def _so_far(runs: Sequence[Run], subject: Subject, settings: Settings) -> Report:
    """The report on the searches before one failed, with what was not searched; its outcome is never "holds"."""
    wanted = searches(subject, settings) if isinstance(subject, Deployment) else []
    missing = tuple(not_made(wanted, runs, {}, settings))
    found = [Outcome.UNKNOWN, *(v.outcome for run in runs for v in run.verdicts)]
    agents = dict.fromkeys((c.name, c.lts.size) for run in runs for c in run.network.components)
    return Report(
        subject.name,
        tuple(runs),
        worst(found),
        sum(run.seconds for run in runs),
        tuple(agents),
        missing,
        unfinished=True,
    )


def _as_searched(subject: Subject, settings: Settings) -> Deployment | None:
    if not isinstance(subject, Deployment):
        return None
    require_roles(subject, settings.instances)
    return as_chosen(subject, settings)
