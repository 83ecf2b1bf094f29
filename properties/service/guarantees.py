"""What a start guarantees: which startup tasks have ended before the role's code runs, before Ready, before traffic.

The catalogue says what must be true of every service.  What is said here may be true of one definition and false of
another, and both may be right: who makes a task a background task gives up that it has ended before Ready.  So these
claims are judged where two definitions are compared, and nowhere else.

They are judged like all others, in the world of each role's first search: its start, with the faults allowed.

Left out: what a task does for the code; in which order two tasks end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from ...model.deployment import Deployment, Role
from ..catalogue.deployment import rotation_events
from ..catalogue.platform.instance import Instance
from ..predicates import Can, anywhere
from ..property import Family, Never, Property
from ..verdict import Verdict
from .searches import Search, SearchKind, searches
from .settings import Settings
from .two_processes import Tell
from .verification import verify_network


class Moment(Enum):
    """What a task may have to end before; the value completes "has ended before"."""

    CODE = "the role's code starts"
    READY = "the role is Ready"
    TRAFFIC = "the load balancer sends it requests"


@dataclass(frozen=True)
class Guarantee:
    """That a task of a role, the one at a position in its list, has ended before a moment."""

    role: Role
    position: int
    moment: Moment
    prop: Property

    @property
    def task(self) -> str:
        """The command of the task."""
        return self.role.tasks[self.position].command


@dataclass(frozen=True)
class Judged:
    """A guarantee with its verdict and the search that it comes from."""

    guarantee: Guarantee
    verdict: Verdict
    search: Search


def judged_guarantees(deployment: Deployment, settings: Settings, tell: Tell | None = None) -> list[Judged]:
    """Every guarantee of a deployment with its verdict; what a limit leaves open is unknown.  Raises BoundsError."""
    found = []
    alone = replace(settings, whole=False, thorough=False, liveness=False, only=(), counterexamples=1)
    seen: set[str] = set()
    for search in searches(deployment, alone):
        if search.role in seen or search.kind not in (SearchKind.START, SearchKind.BOUNDED):
            continue
        seen.add(search.role)
        [(role, number)] = search.workflow.instances
        claims = list(_guarantees(Instance(search.workflow, role, number)))
        if claims:
            report = verify_network(search.network, [one.prop for one in claims], alone, tell)
            [run] = report.runs
            found += [Judged(g, v, search) for g, v in zip(claims, run.verdicts, strict=True)]
    return found


def _guarantees(its: Instance) -> Iterator[Guarantee]:
    for position, task in enumerate(its.role.tasks):
        component = its.workflow.network.components[its.workflow.network.index[f"{its.here}startup_task_{position}"]]
        states = {state.name for state in component.chart.states}
        over = [name for name in ("idle", "dead") if name in states]
        at_work = ~its.at(f"startup_task_{position}", " or ".join(f"in({name})" for name in over))
        for moment in Moment:
            events = _events(its, moment)
            if events:
                sentence = f"{task.command} has ended before {moment.value}"
                prop = Property(
                    sentence,
                    Never(events, at_work),
                    ("R-G2", "R-G3"),
                    Family.DEPLOYMENT,
                    its.here.rstrip("/"),
                    witness=anywhere([Can(event) for event in events]),
                    location=str(task.location),
                    failure=f"{task.command} may be still at work when {moment.value}",
                )
                yield Guarantee(its.role, position, moment, prop)


def _events(its: Instance, moment: Moment) -> tuple[str, ...]:
    """The events in which a moment comes."""
    match moment:
        case Moment.CODE:
            return its.events(its.start_host)
        case Moment.READY:
            return its.events("role_ready")
        case Moment.TRAFFIC:
            served = [e for e in its.role.input_endpoints if not e.ignores_status]
            return tuple(dict.fromkeys(rotation_events(its.role, endpoint, its.here)[0] for endpoint in served))
