"""Verification: from a deployment to a report, by searches that are small enough to finish and say what they cover.

The product of all instances of a deployment is beyond any explicit search.  Instances meet only in the fabric, which
they share, and in the fault budget; so each role is checked on one instance together with user, RDFE, FFE and fabric
controller, and the bounds of every verdict say so.  Unless told otherwise two searches are made per role:

* *start*: the first deployment, with one fault of any kind at any moment, minute by minute;
* *operations*: a second request of the user (stop, update, configuration change, reboot, reimage), without faults.

``thorough`` adds a third, *combined*: a second request and one fault, in steps of five minutes.  It has ten times the
states of the others.

What comes about in the end (``catalogue.liveness``) is judged in the same worlds, counted in steps of five minutes.

A deployment with several upgrade domains gets one search more, *fabric*: an update walks from domain to domain, which
no search on one instance sees.  It holds the fabric with all domains and the placement records of two of them; the rest
of each instance may do anything (``model.workflow.Fabric``).

``faults``, ``requests`` or ``tick`` in the settings replace the searches of a role by one under those bounds; ``whole``
puts all instances into one network.

Availability concerns several instances at once, and is about the first deployment: once all instances are in rotation
and while the user asks for nothing more, one of them is.  However k faults fall, if s of them befall RDFE, FFE or the
fabric controller, which all instances share, some instance of n suffers (k - s) // n at most.  So one instance is
searched with k // n faults of its own and, besides, as many of the service's as there can be, k: more than it will ever
meet.  If it never leaves the rotation so, the endpoint keeps one; that carries over because instances share nothing but
the budget and the fabric, and each of them only ever holds the fabric up.  If it does leave, the run is repeated for
all instances, event by event, and counts only if it replays on all of them together; else the answer is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TypeAlias

from ...model.deployment import Deployment, Role
from ...model.engines import reference
from ...model.engines.explicit import search as explicit
from ...model.engines.resources import automatic_limit
from ...model.network import Network, ReplayError
from ...model.network.path import Path
from ...model.network.statespace import NO_LIMITS, SHORT_OF_MEMORY, Limit, Limits, StateSpace, Stopped
from ...model.notation.terms import suggestion
from ...model.workflow import DEFAULT_PLATFORM, Bounds, BoundsError, Fabric, Faults, Platform, Workflow, scope
from ..catalogue import deployment_properties, fabric_properties, liveness_properties, platform_properties
from ..catalogue.deployment import availability, kept, record_of
from ..catalogue.liveness import sentences
from ..graph.loading import compiled_loops
from ..judging.explicit import check
from ..predicates import At, bind
from ..property import Outcome, Property, worst
from ..runs.alternatives import with_ways
from ..temporal.assumptions import needed
from ..temporal.search import Arena
from ..verdict import Counts, Verdict
from .two_processes import NeedsAll, Piece, Surroundings, share

ENGINES = ("auto", "reference", "explicit", "symbolic")

MOST_EXPLICIT = 7.0
"""Power of ten of the states that are predicted from which on all instances together are not searched one by one."""

SERVICE_FAULTS = frozenset({"rdfe_crash", "ffe_crash", "fabric_crash"})
"""Kinds of faults that befall the service as a whole."""


@dataclass(frozen=True)
class Settings:
    """What the user chose; None means the default of the two standard searches.

    ``instances``: role name to a count that replaces the one of the .cscfg.  ``only``: parts of property names, or
    patterns with ``*``; empty: all properties.  ``counterexamples``: how many different ways to break each property are
    looked for.  ``liveness``: also what comes about in the end; ``minimal``: which
    of its assumptions each sentence needs within the bounds.
    """

    faults: Faults | None = None
    requests: int | None = None
    tick: int | None = None
    instances: tuple[tuple[str, int], ...] = ()
    whole: bool = False
    thorough: bool = False
    liveness: bool = True
    minimal: bool = False
    platform: Platform = DEFAULT_PLATFORM
    engine: str = "auto"
    limits: Limits = NO_LIMITS
    only: tuple[str, ...] = ()
    counterexamples: int = 1


@dataclass(frozen=True)
class Run:
    """One search and the verdicts on it; ``stopped``: why it ended early, if it did."""

    label: str
    network: Network
    engine: str
    counts: Counts
    seconds: float
    stopped: Stopped | None
    verdicts: tuple[Verdict, ...]

    @property
    def limit(self) -> str:
        """What stopped the search, as a sentence; empty if nothing did."""
        return str(self.stopped or "")


@dataclass(frozen=True)
class Report:
    """All searches of one verification; ``agents`` lists each agent with the size of its LTS.

    ``left_out``: what was not judged, and why.
    """

    name: str
    runs: tuple[Run, ...]
    outcome: Outcome
    seconds: float
    agents: tuple[tuple[str, int], ...]
    left_out: tuple[str, ...] = ()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts of all searches, in their order."""
        return tuple(v for run in self.runs for v in run.verdicts)


def verify(
    deployment: Deployment,
    settings: Settings = Settings(),
    progress: Callable[[str], None] | None = None,
    runs: list[Run] | None = None,
) -> Report:
    """Check the whole catalogue on a deployment.  Raises BoundsError for settings that make no sense.

    The seconds of the limits are for all searches together.  Each search is appended to ``runs`` as it ends, so that a
    caller has what was found when a later one fails.
    """
    started = time.perf_counter()
    settings = replace(settings, limits=replace(settings.limits, since=started))
    deployment = with_instances(deployment, settings.instances)
    runs = [] if runs is None else runs
    found: dict[int, _Found] = {}

    def keep(number: int, one: _Found) -> bool:
        found[number] = one
        runs[:] = [run for _, each in sorted(found.items()) for run in each.runs]
        return not _interrupted(one.runs)

    several = _searching(deployment, settings)
    # What comes about in the end has a third of the states.
    order = [k for k, search in enumerate(several) if search.func is not _ending]
    pieces = [_piece(search, settings) for search in several]
    share(pieces, keep, progress, apart=_can_be_shared(settings), order=order, around=compiled_loops)
    agents: dict[str, int] = {}
    for _, one in sorted(found.items()):
        agents |= one.agents if one.crowd else {name: size for name, size in one.agents.items() if name not in agents}
    report = _report(deployment.name, runs, started, tuple(agents.items()), settings)
    return replace(report, left_out=tuple(filter(None, [liveness_left_out(settings)])))


@dataclass(frozen=True)
class _Found:
    """What searches gave, with the sizes of the agents; ``crowd``: of some instances, taken for all."""

    runs: list[Run]
    agents: Mapping[str, int] = field(default_factory=dict)
    crowd: bool = False


_Searching: TypeAlias = "partial[_Found]"
"""One or several searches, to be called with settings and whom to tell."""


def _can_be_shared(settings: Settings) -> bool:
    """Whether two searches at a time are a gain: diagrams, which all instances need, are shared out by themselves."""
    return not settings.whole and settings.engine != "symbolic"


def _searching(deployment: Deployment, settings: Settings) -> list[_Searching]:
    """All searches, in the order of the report; together those that may ask about the same states."""
    several: list[_Searching] = []
    alone = list(deployment.roles)
    for label, workflow in searches(deployment, settings):
        role = workflow.instances[0][0]
        available = not settings.whole and _share(role, settings) == workflow.bounds
        if available:
            alone.remove(role)
        several.append(partial(_of_role, label, workflow, available))
        if not liveness_left_out(settings) and in_the_end(workflow, settings).bounds != workflow.bounds:
            several.append(partial(_ending, label, workflow, {}))
    fabric = fabric_search(deployment, settings)
    if fabric is not None:
        several.append(partial(_of_fabric, fabric))
    return several + [partial(_alone, deployment, role) for role in alone]


def _piece(search: _Searching, settings: Settings) -> Piece[_Found]:
    """Searches as work that may be done beside another: with half of the memory, or all of it if that is too little."""
    memory = automatic_limit() if settings.limits.memory is None else settings.limits.memory
    shared = replace(settings, limits=replace(settings.limits, memory=memory // 2))

    def piece(surroundings: Surroundings) -> _Found:
        found = search(shared if surroundings.beside else settings, surroundings.tell)
        if surroundings.beside and any(run.stopped and run.stopped.kind in SHORT_OF_MEMORY for run in found.runs):
            raise NeedsAll
        return found

    return piece


def _of_role(
    label: str, workflow: Workflow, available: bool, settings: Settings, progress: Callable[[str], None] | None
) -> _Found:
    """One of the searches that every role has, with all that is asked about the same states."""
    if settings.whole and settings.engine in ("auto", "symbolic"):
        crowd = _crowd(label, workflow, replace(settings, limits=settings.limits.left()), progress)
        if crowd is not None:
            return _Found(crowd, {c.name: c.lts.size for run in crowd for c in run.network.components}, crowd=True)
    known: dict[Bounds, StateSpace] = {}
    properties = platform_properties(workflow) + deployment_properties(workflow)
    runs = _run(label, workflow.network, properties, settings, progress, known, workflow.bounds)
    if available and not _interrupted(runs):
        runs += _availability(workflow.deployment, workflow.instances[0][0], settings, progress, known)
    same = not liveness_left_out(settings) and in_the_end(workflow, settings).bounds == workflow.bounds
    if same and not _interrupted(runs):
        runs += _ending(label, workflow, known, settings, progress).runs
    return _Found(runs, {c.name: c.lts.size for c in workflow.network.components})


def _ending(
    label: str,
    workflow: Workflow,
    known: dict[Bounds, StateSpace],
    settings: Settings,
    progress: Callable[[str], None] | None,
) -> _Found:
    """What comes about in the end."""
    unhurried = in_the_end(workflow, settings)
    ends = liveness_properties(unhurried)
    runs = _run(end_label(label), unhurried.network, ends, settings, progress, known, unhurried.bounds)
    if settings.minimal and runs and not _interrupted(runs):
        runs = [_with_needs(runs[0], unhurried, known[unhurried.bounds], settings, progress)]
    return _Found(runs)


def _of_fabric(fabric: Fabric, settings: Settings, progress: Callable[[str], None] | None) -> _Found:
    return _Found(_run("fabric", fabric.network, fabric_properties(fabric), settings, progress))


def _alone(deployment: Deployment, role: Role, settings: Settings, progress: Callable[[str], None] | None) -> _Found:
    """Availability under bounds under which nothing else is asked."""
    return _Found(_availability(deployment, role, settings, progress, {}))


def verify_network(
    network: Network,
    properties: Sequence[Property],
    settings: Settings = Settings(),
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Check properties on any network written in the notation."""
    started = time.perf_counter()
    runs = _run(network.name, network, properties, settings, progress)
    agents = tuple((c.name, c.lts.size) for c in network.components)
    return _report(network.name, runs, started, agents, settings)


def searches(deployment: Deployment, settings: Settings) -> list[tuple[str, Workflow]]:
    """The networks to search, each with its label."""
    chosen = settings.faults is not None or settings.requests is not None or settings.tick is not None
    if chosen:
        faults = settings.faults if settings.faults is not None else Faults(1)
        # The command line says 0 for any number of requests.
        requests = 2 if settings.requests is None else settings.requests or None
        bounds = [("", Bounds(faults, requests, settings.tick or 1))]
    else:
        bounds = [("start", Bounds(Faults(1), 1, 1)), ("operations", Bounds(Faults(0), 2, 1))]
        if settings.thorough:
            bounds.append(("combined", Bounds(Faults(1), 2, 5)))
    if settings.whole:
        return [(label or "all instances", Workflow(deployment, bound, settings.platform)) for label, bound in bounds]
    found = []
    for role in deployment.roles:
        for label, bound in bounds:
            alone = replace(bound, instances=((role.name, (0,)),))
            name = f"{role.name}: {label}" if label else role.name
            found.append((name, Workflow(deployment, alone, settings.platform)))
    return found


def in_the_end(workflow: Workflow, settings: Settings) -> Workflow:
    """The workflow that is asked about what comes about in the end: unless minutes were asked for, it is counted in
    steps of five, which the limits are multiples of; that leaves a third of the states."""
    return replace(workflow, bounds=replace(workflow.bounds, tick=settings.tick or 5))


def end_label(label: str) -> str:
    """What the search is called that goes with another one, and is asked about what comes about in the end."""
    return f"{label}, in the end" if label else "in the end"


def _with_needs(
    run: Run, workflow: Workflow, space: StateSpace, settings: Settings, progress: Callable[[str], None] | None
) -> Run:
    """A search for what comes about in the end, with what each sentence that holds needs of its assumptions."""
    started = time.perf_counter()
    arena = Arena(space)
    needs: dict[str, tuple[str, ...]] = {}
    wanted = {str(v.property) for v in run.verdicts if v.outcome is Outcome.HOLDS and not v.vacuous}
    for role, number in workflow.instances:
        for sentence in sentences(workflow, role, number):
            name = f"{scope(role.name, number).rstrip('/')}: {sentence.name}"
            if name in wanted and time.perf_counter() < settings.limits.deadline(started):
                if progress is not None:
                    progress(f"{run.label}: what {name!r} needs")
                found = needed(arena, sentence.formula, sentence.assumptions, sentence.assumptions)
                if found is not None:
                    needs[name] = tuple(map(str, found.assumptions))
    verdicts = tuple(replace(v, needs=needs.get(str(v.property))) for v in run.verdicts)
    return replace(run, verdicts=verdicts, seconds=run.seconds + time.perf_counter() - started)


def liveness_left_out(settings: Settings) -> str:
    """Why what comes about in the end is not judged; empty if it is."""
    what = "what comes about in the end was not judged"
    if not settings.liveness:
        return f"{what}: leave out --no-liveness"
    if settings.whole:
        return f"{what}: it is, of one instance of each role, without --whole"
    if settings.engine == "symbolic":
        return f"{what}: runs that never end need another engine, explicit or reference"
    return ""


def fabric_search(deployment: Deployment, settings: Settings) -> Fabric | None:
    """The fabric, where there is more than one upgrade domain to walk and the user may ask for more than to deploy."""
    faults = Faults(1) if settings.faults is None else settings.faults
    requests = 2 if settings.requests is None else settings.requests or None
    if settings.whole or requests == 1:
        return None
    fabric = Fabric(deployment, Bounds(faults, requests, settings.tick or 1), settings.platform)
    return fabric if len(fabric.instances) > 1 else None


def enumerate_states(network: Network, settings: Settings, progress: Callable[[str], None] | None = None) -> StateSpace:
    """The state space of a network with its graph, by the engine that the settings name."""
    if settings.engine == "reference":
        return reference.explore(network, settings.limits)
    if settings.engine in ("auto", "explicit"):
        say = None if progress is None else lambda p: progress(f"{p.distinct:,} states, {p.transitions:,} transitions")
        return explicit.explore(network, settings.limits, graph=True, progress=say)
    allowed = ", ".join(ENGINES)
    raise BoundsError(f"no engine {settings.engine!r}{suggestion(settings.engine, ENGINES)}; engines: {allowed}")


def with_instances(deployment: Deployment, counts: Iterable[tuple[str, int]]) -> Deployment:
    """The deployment with other instance counts; raises BoundsError for an unknown role or a count below 1."""
    wanted = dict(counts)
    names = [r.name for r in deployment.roles]
    for name, count in wanted.items():
        if name not in names:
            raise BoundsError(f"no role {name!r}{suggestion(name, names)}; roles: {', '.join(names)}")
        if not 1 <= count <= 1_000_000:
            raise BoundsError(f"role {name!r} can't have {count} instances; allowed: 1 to 1000000")
    return replace(
        deployment, roles=tuple(replace(r, instances=wanted.get(r.name, r.instances)) for r in deployment.roles)
    )


def _interrupted(runs: Sequence[Run]) -> bool:
    """Whether the user stopped the last search: then no further one is begun, and what was found is reported."""
    return bool(runs) and runs[-1].stopped == Stopped(Limit.INTERRUPTED)


def property_names(deployment: Deployment, settings: Settings = Settings()) -> list[str]:
    """The properties that there are to check, without checking them, in the order of the searches."""
    deployment = with_instances(deployment, settings.instances)
    found: dict[str, None] = {}
    for _, workflow in searches(deployment, settings):
        for role in dict.fromkeys(role for role, _ in workflow.instances):
            # Of one instance, as it is searched: an observer can't follow any number of them.
            several = availability(Workflow(deployment, _share(role, settings), settings.platform), role)
            found |= dict.fromkeys(map(str, platform_properties(workflow) + deployment_properties(workflow) + several))
        if not liveness_left_out(settings):
            found |= dict.fromkeys(map(str, liveness_properties(in_the_end(workflow, settings))))
    fabric = fabric_search(deployment, settings)
    if fabric is not None:
        found |= dict.fromkeys(map(str, fabric_properties(fabric)))
    return list(found)


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern is a part of a property's name, or with its ``*`` and ``?`` the whole of it."""
    name, pattern = name.casefold(), pattern.casefold()
    return pattern in name or fnmatchcase(name, pattern)


def _selected(properties: Iterable[Property], only: Sequence[str]) -> list[Property]:
    return [p for p in properties if not only or any(matches(str(p), pattern) for pattern in only)]


def _run(
    label: str,
    network: Network,
    properties: Sequence[Property],
    settings: Settings,
    progress: Callable[[str], None] | None,
    known: dict[Bounds, StateSpace] | None = None,
    bounds: Bounds | None = None,
) -> list[Run]:
    selected = _selected(properties, settings.only)
    if not selected:
        return []
    started = time.perf_counter()
    if progress is not None:
        progress(f"{label}: searching")
    if settings.engine == "symbolic":
        # Loaded when it is wanted: its compiled loops take longer than most searches.
        from ..judging.symbolic import check_symbolically

        counts, judged, stopped = check_symbolically(network, selected, settings.limits.left())
        return [Run(label, network, "symbolic", counts, time.perf_counter() - started, stopped, tuple(judged))]
    space = known[bounds] if known and bounds in known else enumerate_states(network, settings, progress)
    if known is not None and bounds is not None:
        known.clear()
        known[bounds] = space
    if progress is not None:
        progress(f"{label}: {space.distinct:,} states; checking {len(selected)} properties")
    deadline = settings.limits.deadline(started)
    verdicts = tuple(check(space, selected, deadline))
    if settings.counterexamples > 1:
        verdicts = tuple(with_ways(space, v, settings.counterexamples, deadline) for v in verdicts)
    counts = Counts(space.distinct, space.transitions, space.depth)
    return [Run(label, network, space.engine, counts, time.perf_counter() - started, space.stopped, verdicts)]


def _crowd(
    label: str, workflow: Workflow, settings: Settings, progress: Callable[[str], None] | None
) -> list[Run] | None:
    """All instances, each kind asked about once; None where they are few enough to be searched state by state."""
    from ...model.engines.symbolic.diagrams import OutOfLimits
    from .many_instances import assemble, predict, verify_crowd

    started = time.perf_counter()
    assembly = assemble(workflow)
    if settings.engine == "auto":
        try:
            prediction = predict(assembly, settings.limits)
        except OutOfLimits:
            prediction = None
        if prediction is not None and prediction.order <= MOST_EXPLICIT:
            return None
        if progress is not None:
            progress(
                f"{label}: {prediction or 'too many states to predict'}; each kind of instance is asked about once"
            )

    def select(properties: Iterable[Property]) -> list[Property]:
        return _selected(properties, settings.only)

    verdicts = tuple(verify_crowd(workflow, select, settings.limits, progress, assembly=assembly))
    if not verdicts:
        return []
    # The product is not searched: what the counts are of is said with each verdict.
    counts = max((v.counts for v in verdicts), key=lambda c: c.distinct)
    network = assembly.crowd.network
    return [Run(label, network, "symbolic", counts, time.perf_counter() - started, None, verdicts)]


def _share(role: Role, settings: Settings) -> Bounds:
    """The bounds of the search on one instance that decides about the availability of all."""
    faults = settings.faults if settings.faults is not None else Faults(1)
    # However the faults fall, some instance suffers no more than its equal share of them, and all have to leave; what
    # befalls the service itself befalls them all.
    share = faults
    if faults.kinds is None and role.instances > 1 and faults.total:
        share = Faults(faults.total // role.instances, service=faults.total)
    elif faults.kinds is not None and role.instances > 1:
        own = sum(n for kind, n in faults.kinds if kind not in SERVICE_FAULTS)
        if own < role.instances:
            service = tuple((kind, n) for kind, n in faults.kinds if kind in SERVICE_FAULTS and n)
            share = Faults(0, service or None)
    return Bounds(share, 1, settings.tick or 1, ((role.name, (0,)),))


def _availability(
    deployment: Deployment,
    role: Role,
    settings: Settings,
    progress: Callable[[str], None] | None,
    known: dict[Bounds, StateSpace],
) -> list[Run]:
    faults = settings.faults if settings.faults is not None else Faults(1)
    workflow = Workflow(deployment, _share(role, settings), settings.platform)
    properties = availability(workflow, role)
    runs = _run(f"{role.name}: availability", workflow.network, properties, settings, progress, known, workflow.bounds)
    whole = Bounds(faults, 1, settings.tick or 1, ((role.name, tuple(range(role.instances))),))
    return [
        replace(run, verdicts=tuple(_for_all(v, role, deployment, whole, settings) for v in run.verdicts))
        for run in runs
    ]


def _for_all(verdict: Verdict, role: Role, deployment: Deployment, whole: Bounds, settings: Settings) -> Verdict:
    """The verdict on one instance, carried over to all instances of the role."""
    bounds = (("faults", str(whole.faults)), *verdict.bounds[1:-1], ("instances", f"{role.instances} of {role.name}"))
    if verdict.outcome is Outcome.HOLDS and role.instances > 1 and not verdict.vacuous:
        share = dict(verdict.bounds)["faults"]
        reason = (
            f"{role.instances} instances, faults: {whole.faults}: some instance suffers no more than {share}, and with "
            "that does not leave the rotation"
        )
        return replace(verdict, bounds=bounds, reason=reason)
    if verdict.outcome is not Outcome.VIOLATED or verdict.path is None:
        return replace(verdict, bounds=bounds)
    if role.instances == 1:
        return replace(
            verdict, bounds=bounds, reason="the only instance leaves the rotation: a second instance would stay"
        )
    workflow = Workflow(deployment, whole, settings.platform)
    path = _repeated(verdict.path, workflow.network, role)
    if path is None or not _breaks(path, role, verdict.property):
        return replace(
            verdict,
            bounds=bounds,
            outcome=Outcome.UNKNOWN,
            path=None,
            reason="one instance can leave the rotation; whether all can at once was not decided",
        )
    together = f"all {role.instances} instances leave the rotation"
    return replace(verdict, bounds=bounds, path=path, reason=together, ways=(), more_ways="")


def _repeated(path: Path, network: Network, role: Role) -> Path | None:
    """A run of one instance, done by all instances of the role side by side."""
    here = scope(role.name, 0)
    events: list[str] = []
    for event in path.events:
        if event.startswith(here):
            events += [scope(role.name, n) + event.removeprefix(here) for n in range(role.instances)]
        else:
            events.append(event)
    try:
        return Path.replay(network, events)
    except ReplayError:
        return None


def _breaks(path: Path, role: Role, prop: Property) -> bool:
    """Whether all instances of a role are in rotation in some state of a path, and none in the last one."""
    record = next(record_of(role, e) for e in role.input_endpoints if not e.ignores_status and kept(e) == prop.name)
    inside = [bind(At(scope(role.name, n) + record, "in(in_rotation)"), path.network) for n in range(role.instances)]
    were = any(all(b.of(state) for b in inside) for state in path.states)
    return were and not any(b.of(path.states[-1]) for b in inside)


def _with_a_note(verdict: Verdict) -> Verdict:
    """A violation for which nobody looked for other runs, with a note that says so."""
    if verdict.outcome is not Outcome.VIOLATED or verdict.more_ways:
        return verdict
    return replace(verdict, more_ways="no other runs are looked for: this was not found by looking at each state")


def _report(
    name: str, runs: Sequence[Run], started: float, agents: tuple[tuple[str, int], ...], settings: Settings
) -> Report:
    if not runs and settings.only:
        wanted = ", ".join(map(repr, settings.only))
        raise BoundsError(f"no property matches {wanted}; run without --property to see all of them")
    if settings.counterexamples > 1:
        runs = [replace(run, verdicts=tuple(map(_with_a_note, run.verdicts))) for run in runs]
    outcome = worst([v.outcome for run in runs for v in run.verdicts])
    return Report(name, tuple(runs), outcome, time.perf_counter() - started, agents)
