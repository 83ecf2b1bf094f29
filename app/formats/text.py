"""A report as text, for the engineer with the stuck role: what was read, what was searched, what was found.

Violations come first, each with its sentence, requirements, line of the service definition, and its path as a story;
those of one kind that come about by the same faults have one story between them.  Then comes what is accepted, with
the reason.  What holds is counted (``verbose`` lists it); what holds only because nothing gets there is always
named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from goalstate.model.deployment import Deployment, Location, Role, RoleKind, Task, TaskType
from goalstate.model.network.path import Path
from goalstate.model.workflow import scope
from goalstate.properties.property import Family, Outcome
from goalstate.properties.service.searches import SearchKind
from goalstate.properties.service.verification import Report, Run
from goalstate.properties.temporal.fairness import together
from goalstate.properties.verdict import Verdict

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import AGENT, BLANK, HEADING, QUIET, WARNING, Line, Span, line, plain, table, tame
from .findings import Finding, Result, Stale, findings, groups, outcome, stale, untested
from .story import Labels, cause, story_lines, story_of, whereabouts
from .ways import way_lines

STYLES = {
    Result.HOLDS: "bold green",
    Result.VIOLATED: "bold red",
    Result.UNKNOWN: "bold yellow",
    Result.VACUOUS: "bold yellow",
}

SHORTEST_SKIP = 5
"""Steps in common from which on they are not told again."""

MOST_AT_ONCE = 10
"""Violations that are named at the head of the report."""


def text_lines(
    report: Report, deployment: Deployment | None = None, verbose: bool = False, acceptance: Acceptance = NOTHING
) -> list[Line]:
    """The whole report as a page."""
    found = findings(report, acceptance)
    labels = task_labels(deployment)
    result = outcome(report, found, acceptance)
    violated = _told_together([f for f in found if f.outcome is Outcome.VIOLATED and not f.accepted], verbose)
    accepted = [f for f in found if f.accepted and not f.vacuous]
    but = f", but for {_counted(len(accepted), 'accepted violation')}" if accepted else ""
    sections = [
        [
            line("", (report.name, HEADING), ": ", (result.value, STYLES[result]), but),
            *_in_short(violated, deployment, labels),
        ],
        list(_read(deployment, verbose)) if deployment is not None else [],
        _agents(report.agents),
        [*_runs(report.runs), *_left_out(report), *_recycling(report, deployment)],
    ]
    told: list[Finding] = []
    for same in violated:
        sections.append(_violation(same, [] if verbose else told, labels, verbose))
        told.append(same[0])
    sections.append(_accepted(accepted, labels, verbose))
    sections += [_unknown(limit, fs) for limit, fs in _by_limit(found).items()]
    sections.append(_vacuous([f for f in found if f.vacuous], untested(found, acceptance), verbose))
    sections += [list(_holding([f for f in found if f.outcome is Outcome.HOLDS and not f.vacuous], verbose))]
    sections.append(_stale(stale(report, acceptance)))
    sections += [[line("", (summary(report, acceptance), HEADING))]]
    lines: list[Line] = []
    for section in filter(None, sections):
        lines += [*([BLANK] if lines else []), *section]
    return lines


def text(
    report: Report, deployment: Deployment | None = None, verbose: bool = False, acceptance: Acceptance = NOTHING
) -> str:
    """The whole report as text without colours."""
    return plain(text_lines(report, deployment, verbose, acceptance))


def summary(report: Report, acceptance: Acceptance = NOTHING) -> str:
    """The report in one line: the outcome, and how many properties are violated, accepted, unknown, and hold."""
    found = findings(report, acceptance)
    count = {outcome: sum(f.outcome is outcome for f in found) for outcome in Outcome}
    vacuous = sum(f.vacuous for f in found)
    accepted = sum(f.accepted is not None and not f.vacuous for f in found)
    gone = len(stale(report, acceptance))
    parts = [f"{count[Outcome.VIOLATED] - accepted} violated"]
    parts += [f"{accepted} accepted"] if accepted else []
    parts.append(f"{count[Outcome.UNKNOWN]} unknown")
    parts.append(f"{count[Outcome.HOLDS]} hold" + (f" ({vacuous} of them vacuously)" if vacuous else ""))
    parts += [f"{gone} accepted no longer violated"] if gone else []
    return f"{outcome(report, found, acceptance).value}: {', '.join(parts)}; {report.seconds:.1f} s"


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
    if verdict.left_out:
        count = _counted(verdict.left_out, "event")
        lines.append(line("  ", (f"{count} that it does not need left out; --all-events tells them", QUIET)))
    skip, other = max(((_common(path, f.telling.path), f) for f in told), default=(0, None), key=lambda found: found[0])
    if other is None or skip < SHORTEST_SKIP:
        lines += [BLANK, *story_lines(story_of(path), "  ", labels, verbose)]
    else:
        lines += [BLANK, *story_lines(story_of(path), "  ", labels, verbose, skip, f"as for {str(other.prop)!r}")]
    there = whereabouts(path, _instance_of(verdict), labels)
    if other is None or skip < SHORTEST_SKIP:
        head = "at the end:"
    else:
        assert other.telling.path is not None
        known = whereabouts(other.telling.path, _instance_of(other.telling), labels)
        there = [row for row in there if row not in known]
        head = "at the end, the others as there:" if there else "at the end: the same"
    width = max((len(tame(name)) for name, _ in there), default=0)
    # Names stand in the margin, so that what doesn't fit on a line goes on beside them.
    rows = [line(f"    {tame(name):<{width}}  ", state) for name, state in there]
    lines += [BLANK, line("  ", (head, HEADING)), *rows] if path.last else []
    return [*lines, *way_lines(verdict, labels, verbose)]


def _in_short(violated: Sequence[Sequence[Finding]], deployment: Deployment | None, labels: Labels) -> Iterator[Line]:
    """What is violated and by what, at the head of the report: the first thing that one wants to know."""
    for same in violated[:MOST_AT_ONCE]:
        first = same[0]
        more = f", and {len(same) - 1} more of the kind" if len(same) > 1 else ""
        yield line("  ", ("violated: ", STYLES[Result.VIOLATED]), str(first.prop), more)
        if first.telling.path is not None:
            for one in cause(story_of(first.telling.path), labels):
                yield Line("    ", one.spans)
        if deployment is not None and first.prop.family is Family.PLATFORM:
            yield line("    ", ("a platform property: a mistake in the model, not in the service; report it", WARNING))
    if len(violated) > MOST_AT_ONCE:
        yield line("  ", f"and {len(violated) - MOST_AT_ONCE} more, below")


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
        more = "" if verbose else "; -v lists them"
        yield line("  ", (f"{_counted(len(deployment.notes), 'note')} on what is not modelled{more}", WARNING))
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
                f"{run.counts.transitions:,} transitions" if run.counts.depth else "a kind of instance",
                f"depth {run.counts.depth:,}" if run.counts.depth else "with unlimited faults",
                f"{run.seconds:.1f} s",
                f"{run.engine} engine",
                *ending,
            ]
        )
    return [*lines, *table("  ", rows)]


def _left_out(report: Report) -> Iterator[Line]:
    """What was not judged; and, of liveness, what it rests on."""
    for what in report.left_out:
        yield line("  ", (what, WARNING))
    if any(v.property.assumes for run in report.runs for v in run.verdicts):
        yield line("  ", ("liveness: if agents are fair to each of their actions; -v names them by sentence", QUIET))


def _recycling(report: Report, deployment: Deployment | None) -> Iterator[Line]:
    """What to ask if a role recycles: by default a task that fails is tried again, and that is no violation."""
    simple = deployment is not None and any(t.type is TaskType.SIMPLE for r in deployment.roles for t in r.tasks)
    if simple and any(("failing_simple_task", "restart") in run.network.options for run in report.runs):
        hint = "a simple task that fails is tried again without limit; if not: --option failing_simple_task=blocked"
        yield line("  ", (hint, QUIET))


def _listed(bounds: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in bounds)


# -- what was found ----------------------------------------------------------------------------------------------------


def _common(path: Path, other: Path | None) -> int:
    """How many steps two paths of one network have in common at the beginning."""
    if other is None or path.network is not other.network:
        return 0
    pairs = zip(path.events, other.events, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _told_together(found: Sequence[Finding], verbose: bool) -> list[list[Finding]]:
    """Violations of one kind have one story between them, unless nothing shall be left out."""
    return [[finding] for finding in found] if verbose else groups(found)


def _violation(same: Sequence[Finding], told: Sequence[Finding], labels: Labels, verbose: bool) -> list[Line]:
    first = same[0]
    story = violation_lines(first.telling, labels, verbose, told)
    if len(same) == 1:
        return [_title("VIOLATED ", str(first.prop)), *_about(first, "  "), *story]
    lines = [_title(f"VIOLATED {len(same)} times: ", first.kind)]
    for finding in same:
        lines += [line("  ", str(finding.prop)), *_about(finding, "    ")]
    return [*lines, line("  ", ("the first one's story; -v tells every one:", QUIET)), *story]


def _title(word: str, sentence: str) -> Line:
    return line("", (word, STYLES[Result.VIOLATED]), (sentence, HEADING))


def _about(found: Finding, margin: str) -> list[Line]:
    """Where a violation belongs: line, requirements, family, searches, and bounds of its own."""
    prop = found.prop
    run, verdict = found.verdicts[0]
    where = [prop.location, ", ".join(prop.requirements)]
    if prop.requirements:
        where.append(f"{prop.family.value} property")
    if run.search.kind is not SearchKind.NETWORK:
        where.append(f"found by {' and '.join(found.runs)}")
    if verdict.bounds != run.network.bounds:
        where.append(_listed(verdict.bounds))
    about = " · ".join(filter(None, where))
    return [line(margin, (about, QUIET))] if about else []


def _accepted(found: Sequence[Finding], labels: Labels, verbose: bool) -> list[Line]:
    if not found:
        return []
    more = "" if verbose else "; -v tells their stories"
    lines = [line("", ("ACCEPTED ", WARNING), (_counted(len(found), "violation"), HEADING), more)]
    for finding in found:
        entry = finding.accepted
        assert entry is not None
        lines += [line("  ", str(finding.prop)), *_about(finding, "    ")]
        lines.append(line("    ", f"accepted: {entry.reason}", (f"  {entry.place}", QUIET)))
        if verbose:
            lines += violation_lines(finding.telling, labels, verbose)
    return lines


def _stale(gone: Sequence[Stale]) -> list[Line]:
    if not gone:
        return []
    count = _counted(len(gone), "accepted violation")
    head = line("", ("STALE ", WARNING), (count, HEADING), " no longer found; delete what is not needed")
    return [head, *(line("  ", f"{s.entry.place}: {s.entry.property}: {s.instead}") for s in gone)]


def _by_limit(found: Iterable[Finding]) -> dict[str, list[Finding]]:
    """What is unknown, by what stopped which searches."""
    together: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.outcome is Outcome.UNKNOWN:
            limit = f"{', '.join(finding.runs)}: {finding.telling.reason}"
            together.setdefault(limit, []).append(finding)
    return together


def _unknown(limit: str, found: Sequence[Finding]) -> list[Line]:
    count = _counted(len(found), "property")
    head = line("", ("UNKNOWN ", STYLES[Result.UNKNOWN]), (count, HEADING), f"; {limit}")
    return [head, *(line("  ", str(finding.prop), *_place(finding)) for finding in found)]


def _vacuous(found: Sequence[Finding], wrong: Sequence[Finding], verbose: bool) -> list[Line]:
    """What holds, but was put to no test; those that differ in nothing but whom they are about on one line."""
    if not found:
        return []
    # Which bounds are wide enough is not known; that these are not is.
    hint = "wider bounds (--faults, --requests), or --allow-vacuous" if wrong else "allowed"
    count = f"{_counted(len(found), 'property')} put to no test"
    lines = [line("", ("VACUOUS ", STYLES[Result.VACUOUS] if wrong else WARNING), (count, HEADING), f"; {hint}")]
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in found:
        key = (str(finding.prop),) if verbose else (finding.prop.name, _why(finding, "…"), finding.accepted)
        alike.setdefault(key, []).append(finding)
    for first, *others in alike.values():
        if others:
            about = ", ".join(finding.prop.subject for finding in (first, *others))
            times = f"vacuously, {1 + len(others)} times: "
            lines.append(line("  ", (times, WARNING), first.prop.name, (f"  {_why(first, '…')}; {about}", QUIET)))
        else:
            lines.append(line("  ", ("vacuously: ", WARNING), str(first.prop), (f"  {_why(first)}", QUIET)))
        if first.accepted:
            lines.append(line("    ", f"accepted: {first.accepted.reason}", (f"  {first.accepted.place}", QUIET)))
    return lines


def _why(finding: Finding, subject: str = "") -> str:
    """Why a property holds vacuously; with another word for whom it is about, if there is one."""
    vacuity = finding.telling.vacuity
    why = finding.telling.reason if vacuity is None else vacuity.reason
    return why.replace(finding.prop.subject, subject) if subject and finding.prop.subject else why


def _holding(found: Sequence[Finding], verbose: bool) -> Iterator[Line]:
    if not found:
        return
    count = _counted(len(found), "property")
    yield line("", ("HOLDS ", STYLES[Result.HOLDS]), (count, HEADING), "" if verbose else "; -v lists them")
    if verbose:
        for finding in found:
            yield line("  ", str(finding.prop), *_place(finding))
            if finding.prop.assumes:
                yield line("    ", (f"assuming {together(finding.prop.assumes)}", QUIET))
                for run, verdict in finding.verdicts:
                    if verdict.needs is not None:
                        needed = together(verdict.needs) or "nothing of it"
                        yield line("    ", (f"needed in {run.label}, and no less: {needed}", QUIET))
            elif finding.telling.reason:
                yield line("    ", (finding.telling.reason, QUIET))


def _place(finding: Finding) -> list[Span]:
    ids = ", ".join(finding.prop.requirements)
    where = " · ".join(filter(None, (finding.prop.location, ids)))
    return [(f"  {where}", QUIET)] if where else []


def _counted(number: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def _instance_of(verdict: Verdict) -> str:
    """The scope of the instance that a property speaks of, or nothing."""
    if verdict.path is None:
        return ""
    scopes = {c.scope for c in verdict.path.network.components if c.scope}
    named = verdict.property.subject.rstrip("/") + "/"
    return named if named in scopes else ""
