"""`goalstate verify`: every property of a deployment, or of a network in a file, with a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..answer import Answer, Unfinished
from ..codes import HOLDS, UNKNOWN, VIOLATED
from ..errors import USER_ERRORS, UserError
from ..formats.document import as_json
from ..formats.junit import as_junit
from ..formats.sarif import as_sarif
from ..formats.text import summary, text_lines
from ..interrupts import unwind
from ..model.deployment import Deployment
from ..model.statespace import Limits
from ..model.terms import suggestion
from ..place import report_place
from ..progress import told
from ..properties.property import Outcome, worst
from ..properties.verification import Report, Run, Settings, matches, property_names, verify_network, with_instances
from ..properties.verification import verify as judge
from ..subjects import (
    Choices,
    Subject,
    read_subject,
    read_world,
    require_few,
    require_no_choices,
    require_roles,
    sources,
)

CODES: Mapping[Outcome, int] = {Outcome.HOLDS: HOLDS, Outcome.VIOLATED: VIOLATED, Outcome.UNKNOWN: UNKNOWN}

FORMATS: Mapping[str, Callable[[Report, Deployment | None], str]] = {
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
}
"""The formats for programs; the text for people is a page."""


@dataclass(frozen=True)
class Search:
    """How to search: engine, patterns of the properties wanted, limits; ``whole``: all instances in one network."""

    engine: str = "auto"
    properties: tuple[str, ...] = ()
    max_states: int | None = None
    max_seconds: float | None = None
    whole: bool = False


def verify(
    paths: Sequence[str],
    choices: Choices,
    search: Search,
    *,
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

    def answer(report: Report) -> Answer:
        content = FORMATS[format](report, deployment) if format != "text" else text_lines(report, deployment, verbose)
        return Answer(CODES[report.outcome], content, place, summary(report))

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
        raise Unfinished(answer(_so_far(runs, subject))) from error
    return answer(report)


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
        platform=world.platform,
        engine=search.engine,
        limits=Limits(search.max_states, search.max_seconds),
        only=search.properties,
    )
    if isinstance(subject, Deployment):
        require_roles(subject, world.instances)
        if search.whole:
            require_few(with_instances(subject, world.instances))
        if search.properties:
            _require_matches(search.properties, property_names(subject, settings))
        return judge(subject, settings, tell, runs)
    require_no_choices(choices)
    if search.whole:
        raise UserError("--whole is for deployments; a network in a file is always searched as a whole; leave it out")
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
