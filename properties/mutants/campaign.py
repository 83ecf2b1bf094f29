"""The platform's mutants: every small mistake in every agent, judged on a short list of configurations.

The list has each kind of role with what makes its agents differ (tasks, probes, sites), with the searches of
``verification``: *start* with one fault, *operations* with two requests, and the fabric's walk over its domains;
besides, for a worker, three requests, two faults, and a fault that meets an operation; for web roles what may go wrong
while they are stopped.  A tick is five minutes.

A mutant is a mistake in a row of an agent, in all its charts at once: the guest agent of a role with a public endpoint
has a few rows more than that of one without, and the rows that they share are the same row. It is

* *killed* when in some configuration a platform property is violated, or holds vacuously and did not before;
* *equivalent* when the charts can't be told apart whatever the other agents do, or, *here*, when no configuration can
  tell although the row is used in one (both proved by ``equivalence``);
* *unused* when no configuration ever gets to where the row matters: it counts as a survivor;
* *unknown* when a search was stopped before anything was noticed: it counts as a survivor;
* *stale* when it was judged before the model or the catalogue changed: it counts as a survivor;
* otherwise it *survives*.

Left out: what bounds a search and is no agent's behaviour, which is the fault budget, the surroundings, and how many
requests the user may make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from multiprocessing import get_context
from types import MappingProxyType

from ...model.agents.vocabulary import FURTHER_REQUESTS
from ...model.deployment import (
    Certificate,
    Deployment,
    Endpoint,
    EndpointKind,
    LocalStorage,
    Probe,
    Role,
    RoleKind,
    Site,
    Task,
    TaskType,
)
from ...model.engines.explicit import search as explicit
from ...model.mutants import Attempt, Mutant, attempts, described
from ...model.network.statespace import Limits, StateSpace
from ...model.notation.statechart import Statechart
from ...model.workflow import Bounds, Fabric, Faults, Platform, Workflow
from ..catalogue import fabric_properties, platform_properties
from ..graph.equivalence import Comparison
from ..property import Property
from .score import noticing, with_chart

PUBLIC = Endpoint("In", EndpointKind.INPUT, "http", 80)
PROBED = Endpoint("Probed", EndpointKind.INPUT, "http", 81, probe="Alive")
OWN = Endpoint("Own", EndpointKind.INSTANCE_INPUT, "tcp", local_port=82)
SIMPLE = Task("setup.cmd")
KEPT = LocalStorage("DiagnosticStore", 4096, clean_on_role_recycle=False)
STORAGE = (LocalStorage("Cache"), KEPT)
TLS = Certificate("Tls", "LocalMachine", "My")
TASKS = (
    Task("agent.exe", TaskType.BACKGROUND, module="RemoteAccess"),
    Task("agent.exe /blockStartup", module="RemoteAccess", partner=0),
    SIMPLE,
    Task("tidy.exe", TaskType.FOREGROUND),
)
START = Bounds(Faults(1), requests=1, tick=5)
OPERATIONS = Bounds(Faults(0), requests=2, tick=5)
COMBINED = Bounds(Faults(1), requests=2, tick=5)
EVERY_REQUEST = Bounds(Faults(0), requests=3, tick=5, also=FURTHER_REQUESTS)

STOPPING = Bounds(Faults.parse("on_stop_hangs=1,on_stop_throws=1,run_hangs=1,run_returns=1"), requests=2, tick=5)
RAPID_FAIL = Bounds(Faults.parse("w3wp_crash=6,run_returns=1"), requests=1, tick=5)
TWICE = Bounds(Faults(2), requests=1, tick=5)
OBSTACLES = "locked_directory=1,missing_certificate=1,damaged_package=1,wrong_entry_point=1"
REPAIRED = Bounds(Faults.parse(OBSTACLES), requests=2, tick=5)
MISLAID = Bounds(Faults.parse("wrong_entry_point=1"), requests=2, tick=5)
FAILING_OVER = Bounds(
    Faults.parse("rdfe_crash=1,ffe_crash=1,fabric_crash=1"), requests=2, tick=5, also=FURTHER_REQUESTS
)
NO_ROOM_TWICE = Bounds(Faults.parse("no_capacity=2"), requests=2, tick=5, also=FURTHER_REQUESTS)
CRASHING = Bounds(Faults.parse("bootstrapper_crash=1"), requests=2, tick=5)
FAILING = Bounds(Faults.parse("on_start_throws=1"), requests=2, tick=5)
BUSY_TWICE = Bounds(Faults.parse("handler_busy=2,run_hangs=1,run_returns=1"), requests=1, tick=5)
HANDLED = Bounds(Faults.parse("handler_busy=1,run_hangs=1"), requests=2, tick=5)
LOCKED = Bounds(Faults.parse("bootstrapper_crash=1,locked_directory=1"), requests=2, tick=5)
FOUR_REQUESTS = Bounds(Faults(0), requests=4, tick=5, also=FURTHER_REQUESTS)
NO_ROOM = Bounds(Faults.parse("no_capacity=1,rdfe_crash=1,ffe_crash=1,fabric_crash=1"), requests=1, tick=5)
MAY_RUN_OUT = Platform(capacity="may_run_out")

NOT_AGENTS = frozenset({"fault_budget", "surroundings"})
BUDGET = "left"
"""The user's variable that counts the requests to come."""

MOST_TIMES, MOST_MORE = 4, 50_000
"""A mutant that lost a bound may have no end: its search stops at so many times the states of the model, and so many
more."""


def _service(kind: RoleKind, tasks: tuple[Task, ...] = (), *endpoints: Endpoint, instances: int = 1) -> Deployment:
    sites = (Site("Web", 0),) if kind is RoleKind.FULL_IIS_WEB else ()
    role = Role("R", kind, instances, tasks, tuple(endpoints), sites)
    return Deployment("Service", (role,), probes=(Probe("Alive", "http"),))


def _with_all_of_step_5(service: Deployment) -> Deployment:
    roles = (replace(role, local_storage=STORAGE, certificates=(TLS,)) for role in service.roles)
    return replace(service, roles=tuple(roles))


WORKER = _service(RoleKind.WORKER, (), PUBLIC)
FULL_WORKER = _with_all_of_step_5(WORKER)
"""What step 5 does for storage and certificates doubles the guest agent's states: one service has it all."""

BUSY_WORKER = _service(RoleKind.WORKER, TASKS)
WEB = _service(RoleKind.HWC_WEB, (), PUBLIC, PROBED)
SITE = _service(RoleKind.FULL_IIS_WEB, (SIMPLE,), PUBLIC)
PROBED_SITE = _service(RoleKind.FULL_IIS_WEB, (), PROBED)

PLAN: Mapping[str, Workflow | Fabric] = MappingProxyType(
    {
        "worker, start": Workflow(WORKER, START),
        "full IIS, busy twice": Workflow(_service(RoleKind.FULL_IIS_WEB, (), PUBLIC), BUSY_TWICE),
        "worker, crashing in an update": Workflow(_service(RoleKind.WORKER), CRASHING),
        "worker, failing in an update": Workflow(_service(RoleKind.WORKER), FAILING),
        "worker, no room for a second request": Workflow(_service(RoleKind.WORKER), NO_ROOM_TWICE, MAY_RUN_OUT),
        "worker with step 5 in full, start": Workflow(FULL_WORKER, START),
        "worker with tasks, start": Workflow(BUSY_WORKER, START),
        "open worker, start": Workflow(_service(RoleKind.WORKER, (), OWN), START),
        "open worker, operations": Workflow(_service(RoleKind.WORKER, (), OWN), OPERATIONS),
        "fabric": Fabric(_service(RoleKind.WORKER, instances=3), Bounds(Faults(1), requests=3, tick=5)),
        "fabric of one, four requests": Fabric(_service(RoleKind.WORKER), FOUR_REQUESTS),
        "fabric, no room": Fabric(
            _service(RoleKind.WORKER, instances=2), replace(NO_ROOM_TWICE, requests=3), MAY_RUN_OUT
        ),
        "fabric, every request": Fabric(_service(RoleKind.WORKER, instances=3), EVERY_REQUEST),
        "worker with tasks, operations": Workflow(BUSY_WORKER, OPERATIONS),
        "full IIS, start": Workflow(SITE, START),
        "HWC, start": Workflow(WEB, START),
        "probed site, start": Workflow(PROBED_SITE, START),
        "worker, operations": Workflow(WORKER, OPERATIONS),
        "worker with step 5 in full, operations": Workflow(FULL_WORKER, OPERATIONS),
        "full IIS, operations": Workflow(SITE, OPERATIONS),
        "HWC, operations": Workflow(WEB, OPERATIONS),
        "probed site, operations": Workflow(PROBED_SITE, OPERATIONS),
        "worker, three requests": Workflow(_service(RoleKind.WORKER), Bounds(Faults(0), requests=3, tick=5)),
        "worker, no room": Workflow(_service(RoleKind.WORKER), NO_ROOM, MAY_RUN_OUT),
        "worker with step 5 in full, repaired": Workflow(FULL_WORKER, REPAIRED),
        "worker with step 5 in full, locked at a recycle": Workflow(FULL_WORKER, LOCKED),
        "HWC, repaired": Workflow(_service(RoleKind.HWC_WEB), MISLAID),
        "full IIS, repaired": Workflow(_service(RoleKind.FULL_IIS_WEB), MISLAID),
        "worker, failing over": Workflow(_service(RoleKind.WORKER), FAILING_OVER),
        "fabric, failing over": Fabric(_service(RoleKind.WORKER, instances=3), FAILING_OVER),
        "worker, every request": Workflow(_service(RoleKind.WORKER), EVERY_REQUEST),
        "worker, two faults": Workflow(_service(RoleKind.WORKER), TWICE),
        "full IIS, events in w3wp alone": Workflow(
            _service(RoleKind.FULL_IIS_WEB, (), PUBLIC), HANDLED, Platform(role_events="w3wp")
        ),
        "HWC, stopping": Workflow(_service(RoleKind.HWC_WEB), STOPPING),
        "full IIS, stopping": Workflow(_service(RoleKind.FULL_IIS_WEB), STOPPING),
        "full IIS, rapid fail": Workflow(_service(RoleKind.FULL_IIS_WEB, (), PUBLIC), RAPID_FAIL),
        "worker, combined": Workflow(_service(RoleKind.WORKER), COMBINED),
    }
)
"""The configurations, those that are soonest searched first."""


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    EQUIVALENT_HERE = "equivalent here"
    SURVIVES = "survives"
    UNUSED = "unused"
    UNKNOWN = "unknown"
    STALE = "stale"

    @property
    def survived(self) -> bool:
        """Whether it counts as one that nothing noticed."""
        return self not in (Fate.KILLED, Fate.EQUIVALENT, Fate.EQUIVALENT_HERE)


@dataclass(frozen=True, order=True)
class Name:
    """The name of a mutant, the same as long as its row does not change."""

    agent: str
    row: str
    change: str

    def __str__(self) -> str:
        return f"{self.agent} | {self.row} | {self.change}"


@dataclass(frozen=True)
class Judgement:
    """The fate of a mutant; if it was killed, in which configuration and by which properties, else in which one it can
    be told from the original."""

    fate: Fate
    configuration: str = ""
    by: tuple[str, ...] = ()


def properties_of(workflow: Workflow | Fabric) -> list[Property]:
    """The platform properties of a configuration."""
    return fabric_properties(workflow) if isinstance(workflow, Fabric) else platform_properties(workflow)


def agents() -> list[str]:
    """The agents whose mutants are judged."""
    return list(dict.fromkeys(name.agent for name in _everything()))


def names(only: Iterable[str] = ()) -> list[Name]:
    """Every mutant that might be made of the agents given, or of all: some the notation refuses."""
    wanted = set(only)
    return [name for name in _everything() if not wanted or name.agent in wanted]


@cache
def _everything() -> dict[Name, dict[Statechart, Attempt]]:
    """For each mutant what is to be done to each chart of its agent."""
    found: dict[Name, dict[Statechart, Attempt]] = {}
    charts = {c.chart: None for w in PLAN.values() for c in w.network.components if c.chart.name not in NOT_AGENTS}
    for chart in charts:
        rows = described(chart)
        seen = {(chart.rows, "")}
        for attempt in attempts(chart):
            key = (attempt.rows, attempt.without)
            bound = chart.name == "user" and BUDGET in attempt.what and not attempt.operator.startswith("drop row")
            if key not in seen and not bound:
                seen.add(key)
                # What an agent takes no part in is no matter of a single row.
                row = attempt.what if attempt.without else rows[attempt.row]
                what = attempt.operator if attempt.without else f"{attempt.operator}: {attempt.what}"
                found.setdefault(Name(chart.name, row, what), {})[chart] = attempt
    return found


class Judge:
    """Judges mutants; what it knows of a configuration it keeps."""

    def __init__(self) -> None:
        self.spaces: dict[str, StateSpace] = {}
        self.fine: dict[str, list[Property]] = {}
        self.comparisons: dict[tuple[str, int], Comparison] = {}
        self.alone: dict[Statechart, Comparison] = {}

    def judge(self, name: Name, before: Judgement | None = None) -> Judgement | None:
        """The fate of a mutant, None if there is no such mutant.

        What killed it ``before`` is tried first, and is enough if it still does.
        """
        attempted = _everything()[name]
        places = [
            (configuration, number, component.chart)
            for configuration, workflow in PLAN.items()
            for number, component in enumerate(workflow.network.components)
            if component.chart in attempted
        ]
        if before is not None and before.by:
            for configuration, number, chart in places:
                if configuration == before.configuration and (mutant := attempted[chart].mutant()) is not None:
                    by, _ = self._killers(configuration, number, mutant, before.by)
                    if by:
                        return Judgement(Fate.KILLED, configuration, by)
        made: dict[Statechart, Mutant | None] = {}  # making one takes most of the time
        used, told, unknown = False, "", False
        for configuration, number, chart in places:
            if chart not in made:
                made[chart] = attempted[chart].mutant()
            mutant = made[chart]
            if mutant is None:
                continue
            comparison = self._comparison(configuration, number)
            if comparison.bisimilar(mutant.chart):
                used = used or comparison.exercised(mutant.row)
                continue
            told = told or configuration
            by, complete = self._killers(configuration, number, mutant)
            if by:
                return Judgement(Fate.KILLED, configuration, by)
            unknown = unknown or not complete
        if told:
            return Judgement(Fate.UNKNOWN if unknown else Fate.SURVIVES, told)
        valid = [(chart, mutant) for chart, mutant in made.items() if mutant is not None]
        if not valid:
            return None
        if all(self._alone(chart).bisimilar(mutant.chart) for chart, mutant in valid):
            return Judgement(Fate.EQUIVALENT)
        return Judgement(Fate.EQUIVALENT_HERE if used else Fate.UNUSED)

    def _killers(
        self, configuration: str, number: int, mutant: Mutant, only: tuple[str, ...] = ()
    ) -> tuple[tuple[str, ...], bool]:
        """The properties that notice a mutant in the place of a component, and whether the search was complete."""
        space = self._space(configuration)
        network = with_chart(space.network, number, mutant)
        found = explicit.explore(network, Limits(MOST_TIMES * space.distinct + MOST_MORE), graph=True)
        fine = [p for p in self.fine[configuration] if not only or p.name in only]
        return tuple(dict.fromkeys(p.name for p in noticing(found, fine))), found.complete

    def _space(self, configuration: str) -> StateSpace:
        if configuration not in self.spaces:
            workflow = PLAN[configuration]
            space = self.spaces[configuration] = explicit.explore(workflow.network, graph=True)
            properties = properties_of(workflow)
            noticed = set(noticing(space, properties))
            self.fine[configuration] = [p for p in properties if p not in noticed]
        return self.spaces[configuration]

    def _comparison(self, configuration: str, number: int) -> Comparison:
        key = (configuration, number)
        if key not in self.comparisons:
            # Mutants come agent by agent: what was compared for the agent before is not needed any more.
            component = self._space(configuration).network.components[number].chart.name
            for other in [k for k in self.comparisons if self._agent(*k) != component]:
                del self.comparisons[other]
            self.comparisons[key] = Comparison(self._space(configuration), number)
        return self.comparisons[key]

    def _agent(self, configuration: str, number: int) -> str:
        return self.spaces[configuration].network.components[number].chart.name

    def _alone(self, chart: Statechart) -> Comparison:
        if chart not in self.alone:
            self.alone[chart] = Comparison.alone(chart)
        return self.alone[chart]


def judge_all(
    wanted: Mapping[Name, Judgement | None], jobs: int, progress: Callable[[str], None] | None = None
) -> Iterator[tuple[Name, Judgement | None]]:
    """Judge mutants, each with what is known of it from before, in so many processes; as they come."""
    total, done = len(wanted), 0
    if jobs == 1:
        judge = Judge()
        for name, before in wanted.items():
            yield name, judge.judge(name, before)
            done += 1
            _tell(progress, done, total, name)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_judged, name, before): name for name, before in wanted.items()}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
                done += 1
                _tell(progress, done, total, waiting[future])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _tell(progress: Callable[[str], None] | None, done: int, total: int, name: Name) -> None:
    if progress is not None:
        progress(f"{done:,} of {total:,} mutants: {name}")


@cache
def _judge() -> Judge:
    """The judge of this process."""
    return Judge()


def _judged(name: Name, before: Judgement | None) -> Judgement | None:
    return _judge().judge(name, before)
