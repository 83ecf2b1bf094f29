"""A report as text, for the engineer whose role is stuck: the verdict, what was found and why, and what to do.

Each violation is one line with its place in the service definition and its cause; below it stand its property and the
end of its story, from shortly before the first fault.  Violations of one kind that the same faults cause share one
story.  What is accepted is named with its reason, and so is what holds only vacuously.  ``verbose`` tells whole
stories, the searches, the agents, and what holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from types import MappingProxyType

from goalstate.model.deployment import (
    Deployment,
    Endpoint,
    EndpointKind,
    EntryPointKind,
    Location,
    Probe,
    Role,
    RoleKind,
    Task,
    TaskType,
)
from goalstate.model.network.path import Path
from goalstate.model.workflow import DEFAULT_PLATFORM
from goalstate.properties.property import Family, Outcome
from goalstate.properties.service.searches import SearchKind
from goalstate.properties.service.verification import Report, Run
from goalstate.properties.temporal.fairness import together
from goalstate.properties.verdict import Verdict

from ..reading.acceptance import NOTHING, Acceptance
from ..terminal.page import AGENT, BLANK, HEADING, QUIET, WARNING, Line, Span, line, plain, table, tame
from .assumed import fate_lines
from .findings import Finding, Result, Stale, findings, groups, outcome, rank_in, stale, summary, untested
from .lines import STYLES, one_line
from .portal import seen_lines
from .story import Labels, shortened, story_lines, story_of, task_labels, whereabouts
from .ways import way_lines

BEFORE_A_FAULT = 2
"""Steps of a story that are told before its first fault."""

AT_THE_END = 10
"""Steps of a story without faults that are told."""

MOST_VACUOUS = 5
"""Properties that hold only vacuously that are named."""

ENDPOINTS: Mapping[EndpointKind, str] = MappingProxyType(
    {
        EndpointKind.INPUT: "endpoint",
        EndpointKind.INTERNAL: "internal endpoint",
        EndpointKind.INSTANCE_INPUT: "endpoint of each instance",
    }
)

FURTHER = "search further (--max-states, --max-seconds), or less (--instances, --faults, --requests)"
"""What to do about what is unknown."""

SHORTEST_SKIP = 5
"""Steps that are told rather than left out, if there are no more of them."""


def text_lines(
    report: Report, deployment: Deployment | None = None, verbose: bool = False, acceptance: Acceptance = NOTHING
) -> list[Line]:
    """The whole report as a page."""
    found = findings(report, acceptance)
    labels = task_labels(deployment)
    result = outcome(report, found, acceptance)
    rank = rank_in(deployment)
    violated = sorted((f for f in found if f.outcome is Outcome.VIOLATED and not f.accepted), key=rank)
    accepted = [f for f in found if f.accepted and not f.vacuous]
    but = f", but for {counted(len(accepted), 'accepted violation')}" if accepted else ""
    sections = [
        [
            line("", (report.name, HEADING), ": ", (result.value, STYLES[result]), but),
            *warning_lines(deployment),
            *(_read(deployment, verbose) if deployment is not None else []),
        ],
        list(fate_lines(found, deployment, labels)),
        *([_agents(report.agents), _runs(report.runs)] if verbose else []),
        *(
            _violation(same, deployment is not None, labels, verbose)
            for same in _told_together(violated, verbose, rank)
        ),
        _accepted(accepted, labels, verbose),
        *(_unknown(limit, unknown) for limit, unknown in _by_limit(found).items()),
        _vacuous([f for f in found if f.vacuous], untested(found, acceptance), verbose),
        *([_holding([f for f in found if f.outcome is Outcome.HOLDS and not f.vacuous])] if verbose else []),
        _stale(stale(report, acceptance)),
        [line("", (summary(report, acceptance), HEADING)), *searched_lines(report, verbose), *_fair(report)],
        list(_advice(report, result, deployment, verbose)),
    ]
    lines: list[Line] = []
    for section in filter(None, sections):
        lines += [*([BLANK] if lines else []), *section]
    return lines


def text(
    report: Report, deployment: Deployment | None = None, verbose: bool = False, acceptance: Acceptance = NOTHING
) -> str:
    """The whole report as text without colours."""
    return plain(text_lines(report, deployment, verbose, acceptance))


def violation_lines(
    verdict: Verdict, labels: Labels | None = None, verbose: bool = False, whole: bool = True
) -> list[Line]:
    """What proves one verdict: the reason, the path as a story, and where it leaves every agent.

    If not ``whole``, only the part of the story that matters.
    """
    lines = [line("  ", verdict.reason)] if verdict.reason else []
    path = verdict.path
    if path is None:
        return lines
    if verdict.left_out:
        count = counted(verdict.left_out, "event")
        lines.append(line("  ", (f"{count} that it does not need left out; --all-events tells them", QUIET)))
    story, skip = story_of(path), 0 if whole else _unremarkable(path)
    lines += [*([BLANK] if whole else []), *story_lines(story, "  ", labels, verbose, skip, "-v tells these steps")]
    if whole and path.last:
        there = whereabouts(path, instance_of(verdict), labels)
        width = max((len(tame(name)) for name, _ in there), default=0)
        # Names stand in the margin, so that what doesn't fit on a line goes on beside them.
        rows = [line(f"    {tame(name):<{width}}  ", state) for name, state in there]
        lines += [BLANK, line("  ", ("at the end:", HEADING)), *rows]
    lines += seen_lines(path, "  ", labels, instance_of(verdict))
    return [*lines, *way_lines(verdict, labels, verbose)]


def _unremarkable(path: Path) -> int:
    """How many steps at the beginning of a path need not be told."""
    faults = {event.name for event in path.network.events if event.fault}
    first = next((k - BEFORE_A_FAULT for k, event in enumerate(path.events) if event in faults), len(path) - AT_THE_END)
    skip = first if path.loop is None else min(first, path.loop)
    return skip if skip > SHORTEST_SKIP else 0


def warning_lines(deployment: Deployment | None) -> Iterator[Line]:
    """What the platform accepts and what will most likely not work; this was seen in the files, not in a search."""
    for warning in () if deployment is None else deployment.warnings:
        yield line("  ", ("warning: ", WARNING), f"{warning.reason}  ", _at(warning.location))


def _read(deployment: Deployment, verbose: bool) -> Iterator[Line]:
    yield line("", ("read ", HEADING), ", ".join(deployment.sources))
    for role in deployment.roles:
        yield line(
            "  ", (role.name, HEADING), f", {_kind(role)}, {counted(role.instances, 'instance')}  ", _at(role.location)
        )
        yield from table("    ", list(_parts(role)) if verbose else [])
    if verbose:
        yield from table("  ", [_probe(probe) for probe in deployment.probes])
    if deployment.notes:
        more = "" if verbose else "; -v lists them"
        yield line("  ", (f"{counted(len(deployment.notes), 'note')} on what is not modelled{more}", WARNING))
        if verbose:
            yield from (line("    ", _at(n.location), f"  {n.element}: {n.reason}") for n in deployment.notes)


def _parts(role: Role) -> Iterator[list[Span]]:
    """What a role declares, a row each: what it is, its line, its kind, and its name."""
    for k, task in enumerate(role.tasks):
        yield [
            (f"startup_task_{k}", AGENT),
            _at(task.location),
            f"{task.type.value}, {task.context.value}",
            _task(task),
        ]
    code = role.entry_point
    if code.kind is not EntryPointKind.NONE:
        yield [("entry point", AGENT), _at(code.location), f"{code.kind.value}, {code.context.value}", code.command]
    for endpoint in role.endpoints:
        where = f"{endpoint.protocol} {_port(endpoint)}".rstrip()
        probed = f", probe {endpoint.probe}" if endpoint.probe else ""
        yield [(ENDPOINTS[endpoint.kind], AGENT), _at(endpoint.location), where, f"{endpoint.name}{probed}"]
    for site in role.sites:
        bound = ", ".join(dict.fromkeys(binding.endpoint for binding in site.bindings))
        yield [("site", AGENT), _at(site.location), f"of {bound}" if bound else "", site.name]


def _port(endpoint: Endpoint) -> str:
    if endpoint.port is not None:
        return str(endpoint.port)
    return "-".join(map(str, endpoint.port_range)) if endpoint.port_range else ""


def _probe(probe: Probe) -> list[Span]:
    asks = " ".join(filter(None, [probe.protocol, str(probe.port or ""), probe.path]))
    every = f"{asks}, every {probe.interval_seconds} s, timeout {probe.timeout_seconds} s"
    return [("probe", AGENT), _at(probe.location), every, probe.name]


def _kind(role: Role) -> str:
    return role.kind.value if role.kind is not RoleKind.HWC_WEB else "web role without Sites (HWC)"


def _task(task: Task) -> str:
    origin = f" (import {task.module})" if task.module else ""
    waits = f", waits for startup_task_{task.partner}" if task.partner is not None else ""
    return f"`{shortened(task.command)}`{origin}{waits}"


def _at(location: Location) -> Span:
    return (str(location), QUIET) if location.line else ""


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
    common = _common(runs)
    lines = [line("", ("searched ", HEADING), _listed(common))]
    if options := _options(runs):
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


def read_lines(deployment: Deployment | None) -> Iterator[Line]:
    """What was read, in short: the roles with their kinds and instances."""
    for role in () if deployment is None else deployment.roles:
        yield line("  ", (role.name, HEADING), f", {_kind(role)}, {counted(role.instances, 'instance')}")
    if deployment is not None and deployment.notes:
        yield line("  ", (f"{counted(len(deployment.notes), 'note')} on what is not modelled; -v lists them", WARNING))


def unknown_lines(found: Sequence[Finding]) -> list[Line]:
    """What is unknown: how much for which reason, without the sentences."""
    return [_unknown(limit, unknown)[0] for limit, unknown in _by_limit(found).items()]


def vacuous_lines(found: Sequence[Finding], acceptance: Acceptance) -> list[Line]:
    """What holds only vacuously, and is not accepted, in short."""
    wrong = untested(found, acceptance)
    return _vacuous(wrong, wrong, verbose=False) if wrong else []


def searched_lines(report: Report, verbose: bool) -> Iterator[Line]:
    """What was searched in short, and what was not judged."""
    runs = report.runs
    if runs and not verbose:
        states = sum(run.counts.distinct for run in runs)
        where = "in one search" if len(runs) == 1 else f"in {len(runs)} searches, whose bounds -v lists"
        common = f"; {_listed(_common(runs))}" if _common(runs) else ""
        yield line("", f"searched {states:,} states {where}{common}")
        chosen = [f"{k}={v}" for k, v in _options(runs) if (k, v) not in DEFAULT_PLATFORM.chosen]
        if chosen:
            yield line("  ", ("options: " + ", ".join(chosen), QUIET))
        for limit, stopped in groupby(sorted((r for r in runs if r.limit), key=_limit), _limit):
            yield line("  ", (f"{limit}: {', '.join(run.label for run in stopped)}", WARNING))
    for what in report.left_out:
        yield line("  ", (what, WARNING))


def _fair(report: Report) -> Iterator[Line]:
    """What the verdicts on liveness assume."""
    if any(v.property.assumes for run in report.runs for v in run.verdicts):
        yield line("  ", ("liveness: if agents are fair to each of their actions; -v names the assumptions", QUIET))


def _advice(report: Report, result: Result, deployment: Deployment | None, verbose: bool) -> Iterator[Line]:
    """What to do next."""
    advice = []
    if result is Result.VIOLATED:
        if deployment is not None:
            advice.append("mend the line that is named, or accept the violation with a reason: --write-accepted FILE")
        advice.append("--save-trace FILE.json saves a run, to step through it: goalstate replay FILE.json --step")
    if result is Result.UNKNOWN:
        advice.append(FURTHER)
    advice += failing_task_advice(report, deployment)
    if advice:
        yield line("", ("what to do", HEADING))
        yield from (line("  ", one) for one in advice)
    if not verbose:
        yield line("", ("-v tells whole stories, the searches with their bounds, the agents, and what holds", QUIET))


def failing_task_advice(report: Report, deployment: Deployment | None) -> list[str]:
    """What to ask besides, where a task may fail: by default one that does is tried again, and that is no violation."""
    simple = deployment is not None and any(t.type is TaskType.SIMPLE for r in deployment.roles for t in r.tasks)
    if not simple or ("failing_simple_task", "restart") not in _options(report.runs):
        return []
    return ["a simple task that fails is tried again without limit; if not: --option failing_simple_task=blocked"]


def _common(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """The bounds that all searches have."""
    return [bound for bound in (runs[0].network.bounds if runs else ()) if all(bound in r.network.bounds for r in runs)]


def _options(runs: Sequence[Run]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(option for run in runs for option in run.network.options))


def _limit(run: Run) -> str:
    return run.limit


def _listed(bounds: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in bounds)


def _told_together(found: Sequence[Finding], verbose: bool, rank: Callable[[Finding], int]) -> list[list[Finding]]:
    """Violations of one kind have one story between them, unless nothing shall be left out."""
    return [[finding] for finding in found] if verbose else groups(found, rank)


def _violation(same: Sequence[Finding], of_service: bool, labels: Labels, verbose: bool) -> list[Line]:
    first = same[0]
    lines: list[Line] = []
    for finding in same:
        prop = finding.prop
        lines.append(one_line(finding, labels))
        lines += _about(finding, "  ", str(prop) if prop.failure else "")
        if of_service and prop.family is Family.PLATFORM:
            lines.append(line("  ", ("a mistake in the model, not in the service: report it", WARNING)))
    if len(same) > 1:
        lines.append(line("  ", ("the first one's story; -v tells every one:", QUIET)))
    return lines + violation_lines(first.telling, labels, verbose, verbose)


def _about(found: Finding, margin: str, first: str) -> list[Line]:
    """Where a violation belongs: what is said first, requirements, family, searches, and bounds of its own."""
    prop = found.prop
    run, verdict = found.verdicts[0]
    where = [first, ", ".join(prop.requirements)]
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
    lines = [line("", ("ACCEPTED ", WARNING), (counted(len(found), "violation"), HEADING), more)]
    for finding in found:
        entry = finding.accepted
        assert entry is not None
        lines += [line("  ", str(finding.prop)), *_about(finding, "    ", finding.prop.location)]
        lines.append(line("    ", f"accepted: {entry.reason}", (f"  {entry.place}", QUIET)))
        if verbose:
            lines += violation_lines(finding.telling, labels, verbose)
    return lines


def _stale(gone: Sequence[Stale]) -> list[Line]:
    if not gone:
        return []
    count = counted(len(gone), "accepted violation")
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
    count = counted(len(found), "property")
    head = line("", ("UNKNOWN ", STYLES[Result.UNKNOWN]), (count, HEADING), f"; {limit}")
    return [head, *(line("  ", str(finding.prop), *_place(finding)) for finding in found)]


def _vacuous(found: Sequence[Finding], wrong: Sequence[Finding], verbose: bool) -> list[Line]:
    """What holds, but was put to no test; those that differ in nothing but whom they are about on one line."""
    if not found:
        return []
    # Which bounds are wide enough is not known; that these are not is.
    hint = "wider bounds (--faults, --requests), or --allow-vacuous" if wrong else "allowed"
    count = f"{counted(len(found), 'property')} put to no test"
    lines = [line("", ("VACUOUS ", STYLES[Result.VACUOUS] if wrong else WARNING), (count, HEADING), f"; {hint}")]
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in sorted(found, key=lambda finding: finding not in wrong):
        key = (str(finding.prop),) if verbose else (finding.prop.name, _why(finding, "…"), finding.accepted)
        alike.setdefault(key, []).append(finding)
    told = alike.values() if verbose else islice(alike.values(), MOST_VACUOUS)
    for first, *others in told:
        if others:
            about = ", ".join(finding.prop.subject for finding in (first, *others))
            times = f"vacuously, {1 + len(others)} times: "
            lines.append(line("  ", (times, WARNING), first.prop.name, (f"  {_why(first, '…')}; {about}", QUIET)))
        else:
            lines.append(line("  ", ("vacuously: ", WARNING), str(first.prop), (f"  {_why(first)}", QUIET)))
        if first.accepted:
            lines.append(line("    ", f"accepted: {first.accepted.reason}", (f"  {first.accepted.place}", QUIET)))
    if len(alike) > MOST_VACUOUS and not verbose:
        lines.append(line("  ", (f"and {len(alike) - MOST_VACUOUS} more; -v lists them", QUIET)))
    return lines


def _why(finding: Finding, subject: str = "") -> str:
    """Why a property holds vacuously; with another word for whom it is about, if there is one."""
    vacuity = finding.telling.vacuity
    why = finding.telling.reason if vacuity is None else vacuity.reason
    return why.replace(finding.prop.subject, subject) if subject and finding.prop.subject else why


def _holding(found: Sequence[Finding]) -> list[Line]:
    """What holds, with what that assumes."""
    if not found:
        return []
    lines = [line("", ("HOLDS ", STYLES[Result.HOLDS]), (counted(len(found), "property"), HEADING))]
    for finding in found:
        lines.append(line("  ", str(finding.prop), *_place(finding)))
        if finding.prop.assumes:
            lines.append(line("    ", (f"assuming {together(finding.prop.assumes)}", QUIET)))
            for run, verdict in finding.verdicts:
                if verdict.needs is not None:
                    needed = together(verdict.needs) or "nothing of it"
                    lines.append(line("    ", (f"needed in {run.label}, and no less: {needed}", QUIET)))
        elif finding.telling.reason:
            lines.append(line("    ", (finding.telling.reason, QUIET)))
    return lines


def _place(finding: Finding) -> list[Span]:
    ids = ", ".join(finding.prop.requirements)
    where = " · ".join(filter(None, (finding.prop.location, ids)))
    return [(f"  {where}", QUIET)] if where else []


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "story"), counted(2, "story")
    ('1 story', '2 stories')
    """
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def instance_of(verdict: Verdict) -> str:
    """The scope of the instance that a property speaks of, or nothing."""
    if verdict.path is None:
        return ""
    scopes = {c.scope for c in verdict.path.network.components if c.scope}
    named = verdict.property.subject.rstrip("/") + "/"
    return named if named in scopes else ""
