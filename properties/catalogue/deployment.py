"""Deployment properties: what a service definition can get wrong; each points at the line that it is about.

* Each role can become Ready at all.
* No startup task can block its role for ever.  A simple task can: when it never ends nobody repairs it, and the role
  stays Busy.  So can a foreground task, which keeps its role from being started again.  Such a task is named with its
  line.
* A public endpoint keeps an instance in rotation under the faults allowed (``availability``).
* An endpoint with a custom probe does not keep an instance in rotation that is not Ready.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model.agents.load_balancer import CUSTOM
from ...model.deployment import Role, TaskType
from ...model.network import Component
from ...model.statechart import Statechart, on
from ...model.terms import Variable
from ...model.workflow import Workflow, balanced
from ..observer import VIOLATED, observer
from ..predicates import Can
from ..property import AlwaysCan, Family, Never, Possible, Property, Watched
from .platform import Instance, unhelped


def deployment_properties(workflow: Workflow) -> list[Property]:
    """Every deployment property of the instances of a workflow, but for availability."""
    found: list[Property] = []
    for role, number in workflow.instances:
        instance = Instance(workflow, role, number)
        found += [_can_become_ready(instance), *_tasks(instance), *_custom_probes(instance)]
    return found


def _can_become_ready(instance: Instance) -> Property:
    return Property(
        "the role can become Ready",
        Possible(instance.at("guest_agent", "status == ready")),
        ("R-9", "R-C2"),
        Family.DEPLOYMENT,
        instance.here.rstrip("/"),
        location=str(instance.role.location),
    )


def _tasks(instance: Instance) -> Iterator[Property]:
    network = instance.workflow.network
    for k, task in enumerate(instance.role.tasks):
        agent = f"startup_task_{k}"
        if task.type is TaskType.SIMPLE:
            blocked = instance.at(agent, "in(running) or in(hung)")
            free = instance.at(agent, "in(idle)")
            if instance.workflow.platform.failing_simple_task == "blocked":
                blocked = blocked | instance.at("host_bootstrapper", f"in(tasks.blocked) and task == {k + 1}")
                free = free & instance.at("host_bootstrapper", "not in(tasks.blocked)")
        elif task.type is TaskType.FOREGROUND:
            blocked = instance.at(agent, "in(working)") & instance.at("guest_agent", "in(ready_to_start)")
            free = instance.can("start_bootstrapper") | instance.at("guest_agent", "not in(ready_to_start)")
        else:
            continue
        barred = unhelped(network) | ({instance.here + f"task_{k}_ends"} if task.type is TaskType.FOREGROUND else set())
        yield Property(
            f"startup task {k} ({task.command}) can't block the role for ever",
            AlwaysCan(free, blocked, frozenset(barred)),
            ("R-G3", "R-H3") if task.partner is not None else ("R-G3", "R-7"),
            Family.DEPLOYMENT,
            instance.here.rstrip("/"),
            witness=blocked,
            location=str(task.location),
        )


def _custom_probes(instance: Instance) -> Iterator[Property]:
    default, _ = balanced(instance.role)
    prefix = CUSTOM if default else ""
    for endpoint in instance.role.input_endpoints:
        if endpoint.probe is None or endpoint.ignores_status:
            continue
        ready = instance.at("guest_agent", "in(running) and status == ready")
        yield Property(
            f"the custom probe {endpoint.probe} of endpoint {endpoint.name} is answered only while the role is Ready",
            Never(instance.events(prefix + "probe_answered"), ~ready),
            ("R-9",),
            Family.DEPLOYMENT,
            instance.here.rstrip("/"),
            witness=Can(instance.here + prefix + "probe_answered"),
            location=str(endpoint.location),
        )


def availability(workflow: Workflow, role: Role) -> list[Property]:
    """For each public endpoint of a role: once its instances are in rotation, one of them always is.

    The network must hold the role's instances that are to be looked at; endpoints that ignore the role's status
    always keep their instances and need no property.
    """
    default, custom = balanced(role)
    numbers = [n for r, n in workflow.instances if r == role]
    found = []
    for endpoint in role.input_endpoints:
        if endpoint.ignores_status:
            continue
        prefix = CUSTOM if endpoint.probe is not None and default and custom else ""
        chart = _one_in_rotation(
            [Instance(workflow, role, n).here + prefix for n in numbers], endpoint.probe is not None
        )
        found.append(
            Property(
                f"endpoint {endpoint.name} keeps an instance in rotation, once all were in",
                Watched(Component(f"{role.name} {chart.name}", chart)),
                ("R-9",),
                Family.DEPLOYMENT,
                role.name,
                witness=Can(Instance(workflow, role, numbers[0]).here + prefix + "enter_rotation"),
                location=str(endpoint.location),
            )
        )
    return found


def _one_in_rotation(prefixes: list[str], custom: bool) -> Statechart:
    """Counts the instances in rotation; from the time when all were in, one must be, until the user asks for
    something."""
    count = len(prefixes)
    away = ("leave_rotation_refused" if custom else "leave_rotation_not_ready", "leave_rotation_timeout")
    enter = tuple(p + "enter_rotation" for p in prefixes)
    leave = tuple(p + e for p in prefixes for e in away)
    several = (
        on(enter, "filling", when=f"inside < {count - 1}", then="inside := inside + 1"),
        on(leave, "filling", when="inside > 0", then="inside := inside - 1"),
        on(enter, "serving", when=f"inside < {count}", then="inside := inside + 1"),
        on(leave, "serving", when="inside > 1", then="inside := inside - 1"),
    )
    return observer(
        "in_rotation",
        ("filling", "serving"),
        (
            *(several if count > 1 else ()),
            on(enter, "filling", "serving", when=f"inside == {count - 1}", then=f"inside := {count}"),
            on(leave, "serving", VIOLATED, when="inside == 1"),
        ),
        (Variable.counter("inside", 0, count),),
    )
