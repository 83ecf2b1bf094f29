"""`goalstate verify`: every property of a deployment, or of a network in a file, with a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..answer import HOLDS, UNKNOWN, VIOLATED, Answer, require_place
from ..errors import UserError
from ..formats.document import as_json
from ..formats.junit import as_junit
from ..formats.sarif import as_sarif
from ..formats.text import summary, text_lines
from ..model.deployment import Deployment
from ..model.statespace import Limits
from ..progress import told
from ..properties.property import Outcome
from ..properties.verification import Report, Settings, verify_network, with_instances
from ..properties.verification import verify as judge
from ..subjects import Choices, Subject, read_subject, read_world, require_no_choices, require_roles

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
    output: Path | None = None,
    verbose: bool = False,
    progress: bool = False,
) -> Answer:
    """Read what the paths stand for, judge it, and report in a format; raises the errors of `errors.USER_ERRORS`."""
    require_place(output)
    subject = read_subject(paths)
    with told(progress) as tell:
        report = judged(subject, choices, search, tell)
    deployment = _as_searched(subject, choices)
    content = FORMATS[format](report, deployment) if format != "text" else text_lines(report, deployment, verbose)
    return Answer(CODES[report.outcome], content, output, summary(report))


def judged(subject: Subject, choices: Choices, search: Search, tell: Callable[[str], None] | None = None) -> Report:
    """The report on a subject; raises UserError for options that don't fit it."""
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
        report = judge(subject, settings, tell)
    else:
        require_no_choices(choices)
        if search.whole:
            raise UserError("--whole is for deployments; a network in a file is always searched as a whole")
        report = verify_network(subject.network, subject.properties, settings, tell)
    return report


def _as_searched(subject: Subject, choices: Choices) -> Deployment | None:
    if not isinstance(subject, Deployment):
        return None
    return with_instances(subject, read_world(choices).instances)
