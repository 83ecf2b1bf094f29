"""A report as text, for the engineer with the stuck role: what was read, what was searched, what was found.

Violations come first, each with its sentence, requirements, line of the service definition, and its path as a story.
What holds is counted (``verbose`` lists it); what holds only because nothing gets there is always named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from ..model.deployment import Deployment, Location, Role, RoleKind, Task
from ..model.path import Path
from ..model.workflow import scope
from ..page import AGENT, BLANK, HEADING, QUIET, WARNING, Line, Span, line, plain, table
from ..properties.property import Outcome
from ..properties.verdict import Verdict
from ..properties.verification import Report, Run
from .findings import Finding, findings
from .story import Labels, story_lines, story_of, whereabouts

STYLES = {Outcome.HOLDS: "bold green", Outcome.VIOLATED: "bold red", Outcome.UNKNOWN: "bold yellow"}

SHORTEST_SKIP = 5
"""Steps in common from which on they are not told again."""


def text_lines(report: Report, deployment: Deployment | None = None, verbose: bool = False) -> list[Line]:
    """The whole report as a page."""
    found = findings(report)
    labels = task_labels(deployment)
    sections = [
        [line("", (report.name, HEADING), ": ", (report.outcome.value, STYLES[report.outcome]))],
        list(_read(deployment, verbose)) if deployment is not None else [],
        _agents(report.agents),
        _runs(report.runs),
    ]
    violated = [f for f in found if f.outcome is Outcome.VIOLATED]
    for number, finding in enumerate(violated):
        sections.append(_violation(finding, [] if verbose else violated[:number], labels, verbose))
    sections += [_unknown(limit, fs) for limit, fs in _by_limit(found).items()]
    sections += [list(_holding([f for f in found if f.outcome is Outcome.HOLDS], verbose))]
    sections += [[line("", (summary(report), HEADING))]]
    lines: list[Line] = []
    for section in filter(None, sections):
        lines += [*([BLANK] if lines else []), *section]
    return lines


def text(report: Report, deployment: Deployment | None = None, verbose: bool = False) -> str:
    """The whole report as text without colours."""
    return plain(text_lines(report, deployment, verbose))


def summary(report: Report) -> str:
    """The report in one line: the outcome, and how many properties are violated, unknown, and hold."""
    found = findings(report)
    count = {outcome: sum(f.outcome is outcome for f in found) for outcome in Outcome}
    vacuous = sum(f.vacuous for f in found)
    hold = f"{count[Outcome.HOLDS]} hold" + (f" ({vacuous} of them vacuously)" if vacuous else "")
    return (
        f"{report.outcome.value}: {count[Outcome.VIOLATED]} violated, {count[Outcome.UNKNOWN]} unknown, {hold}; "
        f"{report.seconds:.1f} s"
    )


def task_labels(deployment: Deployment | None) -> Labels:
    """The command of every startup task, by the name of its component."""
    if deployment is None:
        return {}
    return {
        f"{scope(role.name, n)}startup_task_{k}": _short(task.command)
        for role in deployment.roles
        for n in range(role.instances)
        for k, task in enumerate(role.tasks)
    }


def violation_lines(
    verdict: Verdict, labels: Labels | None = None, verbose: bool = False, told: Sequence[Finding] = ()
) -> list[Line]:
    """What proves one verdict: the reason, the path as a story, and where it leaves everybody.

    What the path has in common with one already ``told`` is not told again.
    """
    lines = [line("  ", verdict.reason)] if verdict.reason else []
    path = verdict.path
    if path is None:
        return lines
    skip, other = max(((_common(path, f.telling.path), f) for f in told), default=(0, None), key=lambda found: found[0])
    if other is None or skip < SHORTEST_SKIP:
        lines += [BLANK, *story_lines(story_of(path), "  ", labels, verbose)]
    else:
        lines += [BLANK, *story_lines(story_of(path), "  ", labels, verbose, skip, f"as for {str(other.prop)!r}")]
    instance = _instance_of(verdict)
    there = whereabouts(path, instance, labels)
    if there:
        lines += [BLANK, line("  ", ("at the end: ", HEADING), *there)]
    return lines


# -- what was read -----------------------------------------------------------------------------------------------------


def _read(deployment: Deployment, verbose: bool) -> Iterator[Line]:
    yield line("", ("read ", HEADING), ", ".join(deployment.sources))
    for role in deployment.roles:
        plural = "instance" if role.instances == 1 else "instances"
        rows: list[list[Span]] = [
            [(f"startup_task_{k}", AGENT), _at(task.location), f"{task.type.value}, {task.context.value}", _task(task)]
            for k, task in enumerate(role.tasks)
        ]
        rows += [
            [
                ("endpoint", AGENT),
                _at(e.location),
                f"{e.protocol} {e.port}" if e.port is not None else e.protocol,
                e.name,
            ]
            for e in role.endpoints
            if e.is_public
        ]
        yield line("  ", (role.name, HEADING), f", {_kind(role)}, {role.instances} {plural}  ", _at(role.location))
        yield from table("    ", rows)
    if deployment.notes:
        count = len(deployment.notes)
        more = "" if verbose else "; -v lists them"
        yield line("  ", (f"{count} {'note' if count == 1 else 'notes'} on what is not modelled{more}", WARNING))
        if verbose:
            yield from (line("    ", _at(n.location), f"  {n.element}: {n.reason}") for n in deployment.notes)


def _kind(role: Role) -> str:
    return role.kind.value if role.kind is not RoleKind.HWC_WEB else "web role without Sites (HWC)"


def _task(task: Task) -> str:
    origin = f" (import {task.module})" if task.module else ""
    waits = f", waits for startup_task_{task.partner}" if task.partner is not None else ""
    return f"`{_short(task.command)}`{origin}{waits}"


def _at(location: Location) -> Span:
    return (str(location), QUIET) if location.line else ""


def _short(command: str, longest: int = 60) -> str:
    return command if len(command) <= longest else command[: longest - 1] + "…"


# -- what was searched -------------------------------------------------------------------------------------------------


def _agents(agents: Sequence[tuple[str, int]]) -> list[Line]:
    """Every agent with the size of its LTS; equal ones of several instances counted."""
    counted: dict[tuple[str, int], int] = {}
    for name, size in agents:
        key = (name.rpartition("/")[2], size)
        counted[key] = counted.get(key, 0) + 1
    if not counted:
        return []
    listed = [f"{name} {size}" + (f" ×{times}" if times > 1 else "") for (name, size), times in counted.items()]
    return [line("", ("agents ", HEADING), "(local states): ", ", ".join(listed))]


def _runs(runs: Sequence[Run]) -> list[Line]:
    common = set.intersection(*(set(run.network.bounds) for run in runs)) if runs else set()
    shared = [(k, v) for k, v in (runs[0].network.bounds if runs else ()) if (k, v) in common]
    lines = [line("", ("searched ", HEADING), _listed(shared))]
    options = list(dict.fromkeys(o for run in runs for o in run.network.options))
    if options:
        lines.append(line("  ", ("options: " + ", ".join(f"{k}={v}" for k, v in options), QUIET)))
    rows: list[list[Span]] = []
    for run in runs:
        own = _listed([b for b in run.network.bounds if b not in common])
        ending: list[Span] = [*([own] if own else []), *([(run.limit, WARNING)] if run.limit else [])]
        rows.append(
            [
                (run.label, AGENT),
                f"{run.counts.distinct:,} states",
                f"{run.counts.transitions:,} transitions",
                f"depth {run.counts.depth:,}",
                f"{run.seconds:.1f} s",
                f"{run.engine} engine",
                *ending,
            ]
        )
    return [*lines, *table("  ", rows)]


def _listed(bounds: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in bounds)


# -- what was found ----------------------------------------------------------------------------------------------------


def _common(path: Path, other: Path | None) -> int:
    """How many steps two paths of one network have in common at the beginning."""
    if other is None or path.network is not other.network:
        return 0
    pairs = zip(path.events, other.events, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _violation(found: Finding, told: Sequence[Finding], labels: Labels, verbose: bool) -> list[Line]:
    prop = found.prop
    run, verdict = found.verdicts[0]
    where = [prop.location, ", ".join(prop.requirements)]
    if prop.requirements:
        where.append(f"{prop.family.value} property")
    if run.label != run.network.name:
        where.append(f"found by {' and '.join(found.runs)}")
    if verdict.bounds != run.network.bounds:
        where.append(_listed(verdict.bounds))
    about = " · ".join(filter(None, where))
    return [
        line("", ("VIOLATED ", STYLES[Outcome.VIOLATED]), (str(prop), HEADING)),
        *([line("  ", (about, QUIET))] if about else []),
        *violation_lines(verdict, labels, verbose, told),
    ]


def _by_limit(found: Iterable[Finding]) -> dict[str, list[Finding]]:
    """What is unknown, by what stopped which searches."""
    together: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.outcome is Outcome.UNKNOWN:
            limit = f"{', '.join(finding.runs)}: {finding.telling.reason}"
            together.setdefault(limit, []).append(finding)
    return together


def _unknown(limit: str, found: Sequence[Finding]) -> list[Line]:
    count = f"{len(found)} {'property' if len(found) == 1 else 'properties'}"
    head = line("", ("UNKNOWN ", STYLES[Outcome.UNKNOWN]), (count, HEADING), f"; {limit}")
    return [head, *(line("  ", str(finding.prop), *_place(finding)) for finding in found)]


def _holding(found: Sequence[Finding], verbose: bool) -> Iterator[Line]:
    if not found:
        return
    count = f"{len(found)} {'property' if len(found) == 1 else 'properties'}"
    yield line("", ("HOLDS ", STYLES[Outcome.HOLDS]), (count, HEADING), "" if verbose else "; -v lists them")
    if verbose:
        for finding in found:
            if not finding.vacuous:
                yield line("  ", str(finding.prop), *_place(finding))
                if finding.telling.reason:
                    yield line("    ", (finding.telling.reason, QUIET))
    for finding in found:
        if finding.vacuous:
            yield line("  ", ("vacuously: ", WARNING), str(finding.prop), (f"  {finding.telling.reason}", QUIET))


def _place(finding: Finding) -> list[Span]:
    ids = ", ".join(finding.prop.requirements)
    where = " · ".join(filter(None, (finding.prop.location, ids)))
    return [(f"  {where}", QUIET)] if where else []


def _instance_of(verdict: Verdict) -> str:
    """The scope of the instance that a property speaks of, or nothing."""
    if verdict.path is None:
        return ""
    scopes = {c.scope for c in verdict.path.network.components if c.scope}
    named = verdict.property.subject.rstrip("/") + "/"
    return named if named in scopes else ""
