"""Verification: from a deployment to a report, by searches that are small enough to finish and say what they cover.

Which searches there are is said in ``searches``.  Those that ask about the same states share them; those that don't are
done by two processes where that is possible.

Availability concerns several instances at once, and is about the first deployment: once all instances are in rotation
and while the user asks for nothing more, one of them is.  It is searched on one instance under the bounds of
``searches.bounds_of_one``.  If that instance never leaves the rotation so, the endpoint keeps one; that carries over
because instances share nothing but the budget and the fabric, and each of them only ever holds the fabric up.  If it
does leave, the run is repeated for all instances, event by event, and counts only if it replays on all of them
together; else the answer is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property, partial
from itertools import groupby
from operator import attrgetter

from ...model.deployment import Deployment
from ...model.engines import reference
from ...model.engines.explicit import search as explicit
from ...model.engines.resources import automatic_limit, kept_within, room, taken
from ...model.network import Network
from ...model.network.statespace import SHORT_OF_MEMORY, Limit, StateSpace, Stopped
from ...model.workflow import BoundsError, Workflow, scope
from ..catalogue.deployment import kept
from ..catalogue.liveness import sentences
from ..judging.explicit import check
from ..property import Outcome, Property, worst
from ..runs.alternatives import with_ways
from ..temporal.assumptions import needed
from ..temporal.search import Arena
from ..verdict import Counts, Verdict
from .availability import all_left, by_all, replayed
from .preparation import prepared_loops
from .searches import Search, SearchKind, bounds_of_all, liveness_left_out, network_search, searches
from .settings import DEFAULT_SETTINGS, Engine, Settings
from .smaller_bounds import Step, steps, with_smaller
from .two_processes import NeedsAll, Piece, Surroundings, Tell, share

MOST_EXPLICIT = 7.0
"""Power of ten of the states that are predicted from which on all instances together are not searched one by one."""

SEARCHED = 0.8
"""The part of the memory that is left which states and edges may take; the rest is for judging."""

AFTER_CTRL_C = 0.7
"""Seconds in which the states found until Ctrl-C are judged."""


@dataclass(frozen=True)
class Run:
    """One search and the verdicts on it; ``network`` is what was searched, ``stopped`` why that ended early, if so."""

    search: Search
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

    @property
    def label(self) -> str:
        """The name of the search in the report."""
        return self.search.label


@dataclass(frozen=True)
class Report:
    """All searches of one verification; ``agents`` lists each agent with the size of its LTS.

    ``left_out``: what was not judged, and why.  ``unfinished``: a search that was asked for was not made.
    """

    name: str
    runs: tuple[Run, ...]
    outcome: Outcome
    seconds: float
    agents: tuple[tuple[str, int], ...]
    left_out: tuple[str, ...] = ()
    unfinished: bool = False

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts of all searches, in their order."""
        return tuple(v for run in self.runs for v in run.verdicts)


def verify(
    deployment: Deployment,
    settings: Settings = DEFAULT_SETTINGS,
    progress: Tell | None = None,
    runs: list[Run] | None = None,
) -> Report:
    """Check the whole catalogue on a deployment.  Raises BoundsError for settings that make no sense.

    The seconds of the limits are for all searches together, and so is the memory, at every stage: where it gives out,
    what needs more is unknown.  Each search is appended to ``runs`` as it ends, so that a caller has what was found
    when a later one fails.
    """
    with kept_within(_still_to_take(settings)):
        return _verified(deployment, settings, progress, runs)


def memory_of(settings: Settings) -> int:
    """The bytes that a verification may take, all its processes together."""
    return automatic_limit() if settings.limits.memory is None else settings.limits.memory


LIBRARIES = 80_000_000
"""Bytes of the libraries' own files in memory, which the system does not count as taken."""


def _still_to_take(settings: Settings) -> int:
    """What is left of a limit that the user gave, which is for the whole process; half of what is free is new."""
    given = settings.limits.memory
    return automatic_limit() if given is None else given - taken() - LIBRARIES


def _verified(deployment: Deployment, settings: Settings, progress: Tell | None, runs: list[Run] | None) -> Report:
    started = time.perf_counter()
    settings = replace(settings, limits=replace(settings.limits, since=started, memory=memory_of(settings)))
    runs = [] if runs is None else runs
    found: dict[int, _Found] = {}

    def keep(number: int, one: _Found) -> bool:
        found[number] = one
        runs[:] = [run for _, each in sorted(found.items()) for run in each.runs]
        return not _interrupted(one.runs)

    wanted = searches(deployment, settings)
    several = [list(same) for _, same in groupby(wanted, key=attrgetter("system"))]
    # Searches for liveness have a third of the states.
    order = [k for k, (first, *_) in enumerate(several) if first.kind is not SearchKind.LIVENESS]
    pieces = [_piece(together, settings) for together in several]
    loops = partial(prepared_loops, progress)
    share(pieces, keep, progress, apart=_can_be_shared(settings), order=order, around=loops)
    agents: dict[str, int] = {}
    for _, one in sorted(found.items()):
        agents |= one.agents if one.replicated else {k: size for k, size in one.agents.items() if k not in agents}
    short = {label: why for one in found.values() for label, why in one.short}
    broken_off = any(run.stopped == Stopped(Limit.INTERRUPTED) for run in runs)
    missing = not_made([s for s in wanted if broken_off or s.label in short], runs, short, settings)
    report = _report(deployment.name, runs, started, tuple(agents.items()), settings, missing)
    return replace(report, left_out=(*missing, *filter(None, [liveness_left_out(settings), _assumed_away(settings)])))


def not_made(wanted: Iterable[Search], runs: Sequence[Run], short: Mapping[str, str], settings: Settings) -> list[str]:
    """For each search that was asked for and not made, a sentence; ``short``: the reasons, if none broke it off."""
    made = {run.label for run in runs}
    return [
        f"{search.label} was not searched: {short.get(search.label, 'it was broken off before')}"
        for search in wanted
        if search.label not in made and _selected(search.properties(), settings.only)
    ]


def _assumed_away(settings: Settings) -> str:
    """Why not everything was asked of roles whose code is assumed to behave in some way; empty without assumptions."""
    return "what needs working code was not asked of roles with assumptions" if settings.assume else ""


@dataclass(frozen=True)
class _Found:
    """What searches gave, with the sizes of the agents; ``replicated``: of some instances, taken for all.

    ``short``: labels of searches that could not begin, with the reason.
    """

    runs: list[Run]
    agents: Mapping[str, int] = field(default_factory=dict)
    replicated: bool = False
    short: tuple[tuple[str, str], ...] = ()


def _can_be_shared(settings: Settings) -> bool:
    """Whether two searches at a time are a gain: diagrams, which all instances need, are shared out by themselves."""
    return not settings.whole and settings.engine is not Engine.SYMBOLIC


def _piece(together: Sequence[Search], settings: Settings) -> Piece[_Found]:
    """Searches as work that may be done beside another: with half of the memory, or all of it if that is too little."""
    memory = memory_of(settings)
    shared = replace(settings, limits=replace(settings.limits, memory=memory // 2))

    def piece(surroundings: Surroundings) -> _Found:
        try:
            found = _made(together, shared if surroundings.beside else settings, surroundings.tell)
        except MemoryError:
            if surroundings.beside:
                raise NeedsAll from None
            why = str(Stopped(Limit.WORK_MEMORY, memory))
            return _Found([], short=tuple((search.label, why) for search in together))
        if surroundings.beside and any(run.stopped and run.stopped.kind in SHORT_OF_MEMORY for run in found.runs):
            raise NeedsAll
        return found

    return piece


class _States:
    """The states of a network, searched when the first question needs them."""

    def __init__(self, network: Network, settings: Settings, progress: Tell | None) -> None:
        self.network = network
        self._settings = settings
        self._progress = progress

    @cached_property
    def space(self) -> StateSpace:
        """The state space with its graph."""
        return enumerate_states(self.network, self._settings, self._progress)


def _made(together: Sequence[Search], settings: Settings, progress: Tell | None) -> _Found:
    """Make searches that ask about the same states."""
    first = together[0]
    if settings.whole and first.kind.is_standard and settings.engine in (Engine.AUTO, Engine.SYMBOLIC):
        runs = _replicated(first, replace(settings, limits=settings.limits.left()), progress)
        if runs is not None:
            return _Found(runs, {c.name: c.lts.size for run in runs for c in run.network.components}, replicated=True)
    below, last = _climbed(together, settings, progress)
    if last and last[0].stopped is not None:
        return _Found([_instead(run, run.search, together, below) for run in last])
    try:
        found = _searched(together, settings, progress)
    except MemoryError:
        if not last:
            raise
        why = Stopped(Limit.WORK_MEMORY, settings.limits.memory or 0)
        return _Found([_instead(replace(run, stopped=why), run.search, together, below) for run in last])
    return replace(found, runs=[_with_smaller(run, below) for run in found.runs])


def _climbed(
    together: Sequence[Search], settings: Settings, progress: Tell | None
) -> tuple[dict[SearchKind, list[Step]], list[Run]]:
    """What the steps before the bounds asked for find, by kind of search, and the runs of the last step."""
    below: dict[SearchKind, list[Step]] = {}
    runs: list[Run] = []
    asked = [s for s in together if isinstance(s.system, Workflow) and s.kind is not SearchKind.AVAILABILITY]
    for bounds in steps(asked[0].workflow.bounds) if asked else []:
        smaller = [replace(s, system=replace(s.workflow, bounds=bounds)) for s in asked]
        try:
            runs = _searched(smaller, replace(settings, counterexamples=1, minimal=False), progress).runs
        except MemoryError:
            break
        for run in runs:
            below.setdefault(run.search.kind, []).append(Step(bounds, {str(v.property): v for v in run.verdicts}))
        if any(run.stopped is not None for run in runs):
            break
    return below, runs


def _with_smaller(run: Run, below: Mapping[SearchKind, Sequence[Step]]) -> Run:
    """A search with what was found within smaller bounds, where it did not get to an answer itself."""
    found = below.get(run.search.kind, ())
    if not found:
        return run
    bounds = run.search.workflow.bounds
    return replace(run, verdicts=tuple(with_smaller(v, bounds, found) for v in run.verdicts))


def _instead(run: Run, smaller: Search, together: Sequence[Search], below: Mapping[SearchKind, Sequence[Step]]) -> Run:
    """The search asked for, of which only a step before it was made: what holds there is unknown."""
    [asked] = [search for search in together if search.kind is smaller.kind]
    open_ = tuple(
        v
        if v.outcome is Outcome.VIOLATED
        else replace(v, outcome=Outcome.UNKNOWN, vacuity=None, reason=run.limit, path=None)
        for v in run.verdicts
    )
    found = below.get(smaller.kind, ())
    bounds = asked.workflow.bounds
    return replace(run, search=asked, verdicts=tuple(with_smaller(v, bounds, found) for v in open_))


def _searched(together: Sequence[Search], settings: Settings, progress: Tell | None) -> _Found:
    """Make them within their own bounds."""
    first = together[0]
    runs: list[Run] = []
    states = _States(first.network, settings, progress)
    for search in together:
        if _interrupted(runs):
            break
        found = _run(search, states, settings, progress)
        if search.kind is SearchKind.AVAILABILITY:
            found = [replace(r, verdicts=tuple(_for_all(v, search, settings) for v in r.verdicts)) for r in found]
        if settings.minimal and search.kind is SearchKind.LIVENESS and found and not _interrupted(found):
            found = [_with_needs(found[0], states.space, settings, progress)]
        runs += found
    sizes = {c.name: c.lts.size for c in first.network.components} if first.kind.is_standard else {}
    return _Found(runs, sizes)


def verify_network(
    network: Network,
    properties: Sequence[Property],
    settings: Settings = DEFAULT_SETTINGS,
    progress: Tell | None = None,
) -> Report:
    """Check properties on any network written in the notation, within the memory of the settings."""
    started = time.perf_counter()
    settings = replace(settings, limits=replace(settings.limits, memory=memory_of(settings)))
    with kept_within(_still_to_take(settings)):
        states = _States(network, settings, progress)
        runs = _run(network_search(network, tuple(properties)), states, settings, progress)
    agents = tuple((c.name, c.lts.size) for c in network.components)
    return _report(network.name, runs, started, agents, settings)


def _with_needs(run: Run, space: StateSpace, settings: Settings, progress: Tell | None) -> Run:
    """A search for liveness, with what each property that holds needs of its assumptions."""
    started = time.perf_counter()
    arena = Arena(space)
    needs: dict[str, tuple[str, ...]] = {}
    wanted = {str(v.property) for v in run.verdicts if v.outcome is Outcome.HOLDS and not v.vacuous}
    workflow = run.search.workflow
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


def enumerate_states(network: Network, settings: Settings, progress: Tell | None = None) -> StateSpace:
    """The state space of a network with its graph, by the engine that the settings name."""
    if settings.engine is Engine.REFERENCE:
        return reference.explore(network, settings.limits)
    limits = settings.limits
    if limits.memory is not None:
        # What the network itself has taken is gone, and what a search leaves is for its judging.
        limits = replace(limits, memory=min(limits.memory, int(SEARCHED * room(limits.memory))))
    say = None if progress is None else lambda p: progress(f"{p.distinct:,} states, {p.transitions:,} transitions")
    return explicit.explore(network, limits, graph=True, progress=say)


def _interrupted(runs: Sequence[Run]) -> bool:
    """Whether the user stopped the last search: then no further one is begun, and what was found is reported."""
    return bool(runs) and runs[-1].stopped == Stopped(Limit.INTERRUPTED)


def property_names(deployment: Deployment, settings: Settings = DEFAULT_SETTINGS) -> list[str]:
    """The properties that there are to check, without checking them, in the order of the searches."""
    return list(dict.fromkeys(str(p) for search in searches(deployment, settings) for p in search.properties()))


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern is a part of a property's name, or with its ``*`` and ``?`` the whole of it."""
    name, pattern = name.casefold(), pattern.casefold()
    return pattern in name or fnmatchcase(name, pattern)


def _selected(properties: Iterable[Property], only: Sequence[str]) -> list[Property]:
    return [p for p in properties if not only or any(matches(str(p), pattern) for pattern in only)]


def _run(search: Search, states: _States, settings: Settings, progress: Tell | None) -> list[Run]:
    selected = _selected(search.properties(), settings.only)
    if not selected:
        return []
    started = time.perf_counter()
    if progress is not None:
        progress(f"{search.label}: searching")
    if settings.engine is Engine.SYMBOLIC:
        # Loaded when it is wanted: its compiled loops take longer than most searches.
        from ..judging.symbolic import check_symbolically

        counts, judged, stopped = check_symbolically(states.network, selected, settings.limits.left())
        seconds = time.perf_counter() - started
        return [Run(search, states.network, settings.engine.value, counts, seconds, stopped, tuple(judged))]
    space = states.space
    if progress is not None:
        progress(f"{search.label}: {space.distinct:,} states; checking {len(selected)} properties")
    deadline = settings.limits.deadline(started)
    if space.stopped == Stopped(Limit.INTERRUPTED):
        deadline = min(deadline, time.perf_counter() + AFTER_CTRL_C)
    verdicts = tuple(_judged(space, selected, deadline))
    if settings.counterexamples > 1:
        verdicts = tuple(with_ways(space, v, settings.counterexamples, deadline) for v in verdicts)
    counts = Counts(space.distinct, space.transitions, space.depth)
    return [Run(search, states.network, space.engine, counts, time.perf_counter() - started, space.stopped, verdicts)]


def _judged(space: StateSpace, properties: Sequence[Property], deadline: float) -> list[Verdict]:
    """The verdicts; if memory gives out, each property is judged alone, and unknown if that is still too much."""
    try:
        return check(space, properties, deadline)
    except MemoryError:
        pass
    verdicts = []
    for prop in properties:
        try:
            verdicts += check(space, [prop], deadline)
        except MemoryError:
            verdicts.append(_undecided(space, prop))
    return verdicts


def _undecided(space: StateSpace, prop: Property) -> Verdict:
    why = str(space.stopped or Stopped(Limit.WORK_MEMORY, found=space.distinct))
    counts, network = Counts(space.distinct, space.transitions, space.depth), space.network
    return Verdict(prop, Outcome.UNKNOWN, space.engine, counts, network.bounds, network.options, 0.0, reason=why)


def _replicated(search: Search, settings: Settings, progress: Tell | None) -> list[Run] | None:
    """All instances, each kind asked about once; None where they are few enough to be searched state by state."""
    from ...model.engines.symbolic.diagrams import OutOfLimits
    from .many_instances import assemble, predict, verify_family

    started = time.perf_counter()
    assembly = assemble(search.workflow)
    if settings.engine is Engine.AUTO:
        try:
            prediction = predict(assembly, settings.limits)
        except OutOfLimits:
            prediction = None
        if prediction is not None and prediction.order <= MOST_EXPLICIT:
            return None
        if progress is not None:
            size = prediction or "too many states to predict"
            progress(f"{search.label}: {size}; each kind of instance is asked about once")

    def select(properties: Iterable[Property]) -> list[Property]:
        return _selected(properties, settings.only)

    verdicts = tuple(verify_family(search.workflow, select, settings.limits, progress, assembly=assembly))
    if not verdicts:
        return []
    # The product is not searched: what the counts are of is said with each verdict.
    counts = max((v.counts for v in verdicts), key=lambda c: c.distinct)
    network, seconds = assembly.family.network, time.perf_counter() - started
    return [Run(search, network, Engine.SYMBOLIC.value, counts, seconds, None, verdicts)]


def _for_all(verdict: Verdict, search: Search, settings: Settings) -> Verdict:
    """The verdict on the availability of one instance, carried over to all instances of its role."""
    [(role, _)] = search.workflow.instances
    whole = bounds_of_all(role, settings)
    share = dict(verdict.bounds)["faults"]
    bounds = (("faults", str(whole.faults)), *verdict.bounds[1:-1], ("instances", f"{role.instances} of {role.name}"))
    verdict = replace(verdict, bounds=bounds)
    if verdict.outcome is Outcome.HOLDS and role.instances > 1 and not verdict.vacuous:
        reason = (
            f"{role.instances} instances, faults: {whole.faults}: some instance suffers no more than {share}, and with "
            "that does not leave the rotation"
        )
        return replace(verdict, reason=reason)
    if verdict.outcome is not Outcome.VIOLATED or verdict.path is None:
        return verdict
    if role.instances == 1:
        return replace(verdict, reason="the only instance leaves the rotation: a second instance would stay")
    endpoint = next(e for e in role.input_endpoints if not e.ignores_status and kept(e) == verdict.property.name)
    events = [e for event in verdict.path.events for e in by_all(event, role, range(role.instances))]
    path = replayed(replace(search.workflow, bounds=whole).network, events)
    if path is None or not all_left(path, role, endpoint):
        reason = "one instance can leave the rotation; whether all can at once was not decided"
        return replace(verdict, outcome=Outcome.UNKNOWN, path=None, reason=reason)
    together = f"all {role.instances} instances leave the rotation"
    return replace(verdict, path=path, reason=together, ways=(), more_ways="")


def _with_a_note(verdict: Verdict) -> Verdict:
    """A violation with a note that no other runs were looked for."""
    if verdict.outcome is not Outcome.VIOLATED or verdict.more_ways:
        return verdict
    return replace(verdict, more_ways="no other runs are looked for: this was not found by looking at each state")


def _report(
    name: str,
    runs: Sequence[Run],
    started: float,
    agents: tuple[tuple[str, int], ...],
    settings: Settings,
    missing: Sequence[str] = (),
) -> Report:
    if not runs and not missing and settings.only:
        wanted = ", ".join(map(repr, settings.only))
        raise BoundsError(f"no property matches {wanted}; run without --property to see all of them")
    if settings.counterexamples > 1:
        runs = [replace(run, verdicts=tuple(map(_with_a_note, run.verdicts))) for run in runs]
    outcome = worst([*([Outcome.UNKNOWN] if missing else []), *(v.outcome for run in runs for v in run.verdicts)])
    return Report(name, tuple(runs), outcome, time.perf_counter() - started, agents, unfinished=bool(missing))
