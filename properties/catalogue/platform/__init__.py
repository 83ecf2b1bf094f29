"""Platform properties: true of every deployment, whatever its definition says.

They are the workflow document turned into claims: the orders of its ten steps, who may do what and when, and that
nothing gets stuck.  A violation is a mistake of the model or of the catalogue, never of the service that was read.
Each property catches a mutant of the ledger or a seeded mistake; a test asserts it.

Some rules are qualified, each for a reason that stands in the decisions table:

* Rotation and Ready go together only where the guest agent's probe decides (a custom probe replaces it), and a single
  instance may be kept in rotation by option.
* A *start* is a start of the bootstrapper: it ends when the bootstrapper ends or the guest goes down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ....model.agents.vocabulary import TICKS
from ....model.workflow import Workflow
from ...predicates import anywhere
from ...property import AlwaysCan, Claim, Possible, Property
from ...rules import Code
from . import full_iis, guest, host_agent, lifecycle, placement, presence, rotation, set_up, start
from .instance import Instance, counted_in, in_ticks, unhelped
from .placement import RECYCLING
from .service import fabric_properties, kinds, service_properties
from .walks import recycling_stops

__all__ = [
    "Instance",
    "counted_in",
    "fabric_properties",
    "in_ticks",
    "instance_properties",
    "platform_properties",
    "service_properties",
]


def platform_properties(workflow: Workflow) -> list[Property]:
    """Every platform property of the network of a workflow, instance by instance."""
    instances = [Instance(workflow, role, number) for role, number in workflow.instances]
    service = list(service_properties(workflow.network))
    if any(its.meets_request(kind) for its in instances for kind in RECYCLING):
        service.append(recycling_stops(workflow.network, kinds(workflow.network)))
    found = [replace(prop, code=Code.SERVICE) for prop in service]
    for its in instances:
        found += instance_properties(its)
    return [in_ticks(p, workflow.bounds.tick) for p in found]


def instance_properties(its: Instance) -> list[Property]:
    """Every platform property of one instance; with assumptions about its code, not those that need working code."""
    found = [replace(prop, code=code) for group, code in GROUPS for prop in group(its)]
    return [prop for prop in found if not (its.role.assumptions and _needs_code(prop.claim))]


def _needs_code(claim: Claim) -> bool:
    """Whether a claim says that something can come about, which depends on what the code of the role does."""
    return isinstance(claim, Possible) or (isinstance(claim, AlwaysCan) and claim.source is not None)


def time(its: Instance) -> Iterator[Property]:
    """Time never stops."""
    yield its.claim(
        "time can always go on",
        AlwaysCan(anywhere([its.can(t) for t in TICKS]), None, unhelped(its.workflow.network)),
        (),
    )


GROUPS: tuple[tuple[Callable[[Instance], Iterator[Property]], Code], ...] = (
    (placement.placement, Code.PLACEMENT),
    (placement.orders, Code.PLACEMENT),
    (guest.heartbeats, Code.HEARTBEATS),
    (host_agent.host_agent, Code.HOST_AGENT),
    (host_agent.orders_taken, Code.HOST_AGENT),
    (guest.guest_agent_installed, Code.GUEST_AGENT),
    (guest.guest_agent_looked_after, Code.GUEST_AGENT),
    (set_up.set_up, Code.SET_UP),
    (set_up.recycled, Code.SET_UP),
    (set_up.obstacles, Code.SET_UP),
    (guest.first_report, Code.REPORTS),
    (guest.bootstrapper_kept_running, Code.START),
    (guest.status_reported, Code.REPORTS),
    (guest.goal_states, Code.REPORTS),
    (presence.presence, Code.PRESENCE),
    (start.order_of_start, Code.START),
    (start.status_checks, Code.START),
    (start.bootstrapper_end, Code.START),
    (start.startup_tasks, Code.STARTUP_TASKS),
    (full_iis.of_the_kind, Code.KIND_OF_ROLE),
    (lifecycle.starting, Code.LIFE),
    (lifecycle.running, Code.LIFE),
    (lifecycle.stopping, Code.LIFE),
    (lifecycle.busy, Code.LIFE),
    (lifecycle.changes_announced, Code.CHANGES),
    (lifecycle.changes_in_place, Code.CHANGES),
    (lifecycle.probed_program, Code.LIFE),
    (rotation.rotation, Code.ROTATION),
    (rotation.direct, Code.ROTATION),
    (time, Code.TIME),
)
"""The sentences about an instance, group by group in the order of the workflow: a new group is entered here,
with the code of its rule."""
