"""From a symptom back to its causes: how an instance of a role gets to look like that, and whether it gets out again.

One instance of each role is searched twice: the first deployment with one fault of any kind, and a second request of
the user without faults.  In both, what may *happen* to the instance is one event: a fault, or a request.  Then

* the symptom is *passing* if a start in which nothing happens comes through it;
* an event is a *cause* if after it the symptom can be there in a state from which the role does not get to Ready
  without the user (stuck), or if the symptom is never there unless something happens,
  or if it can only happen while the symptom is there, and brings it again;
* any other event after which the symptom comes again, and passes, is named without a run.

Each cause has a shortest run.  Which requests of the user then lead to Ready is found by looking for a way.

A task that fails once and one that fails at each start look the same until the next start: the role heals in the
search, since the fault happens once.  The owner of a cause says who has to mend it if it comes again.

Left out: two faults together; the other instances.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import numpy as np

from ...model.agents.vocabulary import REQUESTS, STACK_DOWN, request
from ...model.deployment import Deployment, Role, Task
from ...model.engines.explicit import search as explicit
from ...model.network import Network
from ...model.network.path import Path
from ...model.network.statespace import NO_LIMITS, Graph, Limits, StateSpace
from ...model.running.story import connect
from ...model.workflow import Bounds, Faults, Platform, Workflow, scope
from ..graph.traversal import Ints, Mask, leading_to, positions_of, reversed_graph
from ..portal import FRESH, READY, REPORTED, SIGHTS, Sight, host_of, sights
from ..symptom import Narrowing, Symptom

SEARCHED = 20_000
"""States that are looked at for a way from a stuck state to Ready by one request."""

INSIDE = ("startup_task_", "iis_configurator", "worker_host", "web_host", "iis_host", "w3wp")
"""The agents in which the role's own code, sites and tasks run."""


class Actor(Enum):
    """Who has to act, if it comes again or does not pass."""

    NOBODY = "nobody"
    OWNER = "the owner of the role"
    PLATFORM = "the platform"
    USER = "the user who asked for it"


@dataclass(frozen=True)
class Cause:
    """What leads to a symptom: an event, or (empty) nothing but a start.

    ``fault``: its kind, if it is one.  ``task``: the startup task that it is about.  ``sight``: what is seen at the end
    of the run.  ``heals``: Ready can be reached from there without the user; if not, by one of the requests
    ``by_request``.
    """

    event: str
    fault: str
    task: Task | None
    actor: Actor
    path: Path
    sight: Sight
    heals: bool
    by_request: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """What a symptom says of one instance of a role.

    ``host``: its host process.  ``lines``: the numbers of the lines of the table that occur.  ``states``: how many
    states of the searches look like that.  ``again``: kinds of faults and requests after which it comes again, and
    passes.
    """

    role: Role
    instance: str
    host: str
    lines: tuple[int, ...]
    states: int
    causes: tuple[Cause, ...]
    again: tuple[str, ...]

    @property
    def sights(self) -> tuple[Sight, ...]:
        """The lines of the table that occur."""
        return tuple(SIGHTS[k] for k in self.lines)


class Unfinished(ValueError):
    """A search stopped by a limit: not every cause is known."""


def explain(
    deployment: Deployment, symptom: Symptom, platform: Platform, tick: int = 1, limits: Limits = NO_LIMITS
) -> tuple[Explanation, ...]:
    """What the symptom says of each role, on its first instance.  Raises Unfinished when a limit stops a search."""
    return tuple(_of_role(deployment, role, symptom, platform, tick, limits) for role in deployment.roles)


def _of_role(
    deployment: Deployment, role: Role, symptom: Symptom, platform: Platform, tick: int, limits: Limits
) -> Explanation:
    here = scope(role.name, 0)
    one = ((role.name, (0,)),)
    worlds = [
        Workflow(deployment, Bounds(Faults(1), 1, tick, one), platform),
        Workflow(deployment, Bounds(Faults(0), 2, tick, one), platform),
    ]
    causes: list[Cause] = []
    again: list[str] = []
    lines: set[int] = set()
    states = 0
    for workflow in worlds:
        space = explicit.explore(workflow.network, limits, graph=True)
        if not space.complete:
            raise Unfinished(f"{role.name}: {space.stopped}")
        seen = _World(workflow, space, here, symptom)
        states += int(seen.wanted.sum())
        lines |= set(np.unique(seen.kinds[seen.wanted]).tolist())
        for event, number in seen.causes():
            if event or not any(not c.event for c in causes):
                causes.append(_cause(role, here, event, seen, number))
        again += seen.again()
    kept = [c for c in causes if _fits(c, symptom)]
    # A role's own tasks are likelier to be at fault than those that a module brings.
    kept.sort(key=lambda c: (bool(c.event), c.heals, c.task is not None and c.task.module is not None, len(c.path)))
    return Explanation(
        role,
        here.rstrip("/"),
        host_of(worlds[0].network, here),
        tuple(sorted(lines)),
        states,
        tuple(kept),
        tuple(dict.fromkeys(again)),
    )


class _World:
    """A searched world: its states by what is seen, and what may happen in it."""

    def __init__(self, workflow: Workflow, space: StateSpace, here: str, symptom: Symptom) -> None:
        assert space.graph is not None
        self.workflow = workflow
        self.space, self.graph, self.here, self.symptom = space, space.graph, here, symptom
        network = space.network
        user = network.index["user"]
        self.kinds = sights(space, here)
        self.wanted = np.isin(self.kinds, sorted(symptom.lines))
        self.ready = np.isin(self.kinds, sorted(READY))
        self.happening = [i for i, e in enumerate(network.events) if e.fault and i in self.graph.happening]
        self.happening += [
            i
            for i, e in enumerate(network.events)
            if e.sender == user and e.name != request("deploy") and i in self.graph.happening
        ]
        quiet = np.ones(len(network.events), dtype=np.bool_)
        quiet[self.happening] = False
        self.quiet = quiet
        by_itself = quiet & np.array([e.sender != user for e in network.events])
        self.heals = leading_to(reversed_graph(self.graph), self.ready, by_itself)
        self.down = frozenset(network.event_index[here + e] for e in STACK_DOWN if here + e in network.event_index)
        self.fresh = frozenset(network.event_index[here + e] for e in FRESH if here + e in network.event_index)
        self._found: list[int] = []
        self.later: list[int] = []
        self.passing = not symptom.again and self._walk(None, [self._pairs(self.wanted, (0,))])[0] is not None

    @cached_property
    def asked_more(self) -> Network:
        """The network in which the user may make one request more."""
        bounds = replace(self.workflow.bounds, requests=(self.workflow.bounds.requests or 0) + 1)
        return replace(self.workflow, bounds=bounds).network

    def causes(self) -> Iterator[tuple[str, int]]:
        """Events that lead to the symptom, each with the state at the end of a shortest run (``path``)."""
        after = (2,) if self.symptom.again else (1, 2)
        if self.passing:
            [pair] = self._walk(None, [self._pairs(self.wanted, (0,))])
            assert pair is not None
            self._found = pair
            yield "", self._state(pair)
        for event in self.happening:
            stuck, first, later = self._walk(
                event,
                [
                    self._pairs(self.wanted & ~self.heals, after),
                    self._pairs(self.wanted, after),
                    self._pairs(self.wanted, (2,)),
                ],
            )
            found = stuck if stuck is not None else first
            if stuck is None and self.passing:
                # Every start comes through it: what ends such a start, and brings the symptom again, is a cause.
                found = later if self.wanted[self._sources(event)].all() else None
                self.later += [event] if later is not None and found is None else []
            if found is not None:
                self._found = found
                yield self.space.network.events[event].name, self._state(found)

    def path(self) -> Path:
        """The run to what ``causes`` gave last."""
        names = [self.space.network.events[int(self.graph.events[p])].name for p in self._found]
        return Path.replay(self.space.network, names)

    def again(self) -> Iterator[str]:
        """Kinds of faults, or requests, after which a passing symptom comes again: to a Ready instance, or in a start
        that fails.  To be asked after ``causes``.
        """
        if not self.passing or (self.wanted & self.ready).any():
            return
        for event in self.happening:
            edges = np.flatnonzero(self.graph.events == event)
            edges = edges[self.ready[self._sources(event)]]
            if event in self.later or (self._after(self.graph.targets[edges]) & self.wanted).any():
                happened = self.space.network.events[event]
                yield happened.fault or happened.name

    def _sources(self, event: int) -> Ints:
        """The states in which an event happens, one for each of its edges."""
        edges = np.flatnonzero(self.graph.events == event)
        return np.searchsorted(self.graph.offsets, edges, side="right") - 1

    def _after(self, states: Ints) -> Mask:
        reached = np.zeros(self.space.distinct, dtype=np.bool_)
        frontier = np.unique(states)
        while len(frontier):
            reached[frontier] = True
            positions = positions_of(self.graph.offsets, frontier)
            targets = self.graph.targets[positions[self.quiet[self.graph.events[positions]]]]
            frontier = np.unique(targets[~reached[targets]])
        return reached

    def _pairs(self, states: Mask, levels: Sequence[int]) -> Mask:
        found = np.zeros((len(states), 3), dtype=np.bool_)
        for level in levels:
            found[:, level] = states
        return found.reshape(-1)

    def _state(self, positions: Sequence[int]) -> int:
        return int(self.graph.targets[positions[-1]]) if positions else 0

    def _walk(self, event: int | None, asked: Sequence[Mask]) -> list[list[int] | None]:
        """Shortest runs, as positions of edges, to pairs of a state and a level; nothing happens in them but ``event``.

        Level 0: it has not happened; 1: it has; 2: and since the last fresh start the host stack has ended.
        """
        table = np.full((len(self.quiet), 3), -1, dtype=np.int64)
        table[self.quiet] = np.arange(3)
        for down in self.down:
            if self.quiet[down]:
                table[down, 1] = 2
        for fresh in self.fresh:
            table[fresh, 2] = 1
        if event is not None:
            table[event, 0] = 2 if event in self.down else 1
        return walk(self.graph, table, asked)


def walk(graph: Graph, table: Ints, asked: Sequence[Mask]) -> list[list[int] | None]:
    """For each set of pairs a shortest run to one of them, as positions of edges; None where there is none.

    A pair is a state and an observer's state; ``table`` is where the observer goes, by event and state, -1 where the
    event is not allowed.
    """
    size = table.shape[1]
    pairs = np.zeros(1, dtype=np.int64)
    came = np.full((len(graph.offsets) - 1) * size, -1, dtype=np.int64)
    origin = np.full(len(came), -1, dtype=np.int64)
    came[0] = len(graph.targets)
    found: list[int | None] = [None for _ in asked]
    while len(pairs) and None in found:
        for k, targets in enumerate(asked):
            hits = pairs[targets[pairs]] if found[k] is None else pairs[:0]
            if len(hits):
                found[k] = int(hits[0])
        states = pairs // size
        positions = positions_of(graph.offsets, states)
        sources = np.repeat(pairs, graph.offsets[states + 1] - graph.offsets[states])
        following = table[graph.events[positions], sources % size]
        kept = following >= 0
        positions, sources = positions[kept], sources[kept]
        following = graph.targets[positions] * size + following[kept]
        fresh = came[following] < 0
        following, positions, sources = following[fresh], positions[fresh], sources[fresh]
        pairs, first = np.unique(following, return_index=True)
        came[pairs], origin[pairs] = positions[first], sources[first]
    return [None if pair is None else _unwound(came, origin, pair) for pair in found]


def _unwound(came: Ints, origin: Ints, pair: int) -> list[int]:
    way: list[int] = []
    while origin[pair] >= 0:
        way.append(int(came[pair]))
        pair = int(origin[pair])
    return way[::-1]


def _cause(role: Role, here: str, event: str, seen: _World, number: int) -> Cause:
    """The cause whose run ``seen`` found last, which ends in the state of this number."""
    network, path = seen.space.network, seen.path()
    happened = network.events[network.event_index[event]] if event else None
    sender = network.components[happened.sender].name.removeprefix(here) if happened is not None else ""
    heals = bool(seen.heals[number])
    if happened is None:
        actor = Actor.NOBODY if heals else Actor.USER
    elif not happened.fault:
        actor = Actor.USER
    else:
        actor = Actor.OWNER if sender.startswith(INSIDE) else Actor.PLATFORM
    task = re.fullmatch(r"startup_task_(\d+)", sender)
    return Cause(
        event,
        happened.fault if happened is not None else "",
        role.tasks[int(task[1])] if task else None,
        actor,
        path,
        SIGHTS[int(seen.kinds[number])],
        heals,
        () if heals else _healing(seen.asked_more, here, path),
    )


def _healing(network: Network, here: str, path: Path) -> tuple[str, ...]:
    """The requests each of which leads from the end of a run to Ready, if nothing else goes wrong."""
    state = Path.replay(network, path.events).last
    wanted = frozenset({network.event_index[here + REPORTED]})
    return tuple(kind for kind in REQUESTS if _leads(network, state, wanted, kind))


def _leads(network: Network, state: tuple[int, ...], wanted: frozenset[int], kind: str) -> bool:
    others = {request(other) for other in REQUESTS if other != kind}
    if request(kind) not in network.event_index:
        return False
    allowed = frozenset(i for i, e in enumerate(network.events) if not e.fault and e.name not in others)
    timeless = frozenset(i for i in allowed if network.events[i].name not in network.ticks)
    ways = (connect(network, state, wanted, some, SEARCHED) for some in (timeless, allowed))
    return any(not failure for _, failure in ways)


def _fits(cause: Cause, symptom: Symptom) -> bool:
    """Whether a cause is of the kind that the words name."""
    name = cause.event.rpartition("/")[2]
    match symptom.narrowing:
        case Narrowing.TASK:
            return cause.task is not None and name.endswith(("_fails", "_exits_3010"))
        case Narrowing.EXCEPTION:
            return name.endswith("_throws")
        case Narrowing.NOTHING:
            return True
