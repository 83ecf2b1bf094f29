"""Deployment properties: what a service definition can get wrong; each points at the line that it is about.

* Each role can become Ready at all.
* No startup task can block its role for ever.  A simple task can: when it never ends nobody repairs it, and the role
  stays Busy.  Such a task is named with its line.
* No foreground task can keep its role from being recycled or stopped for ever.  One that never ends does: the next
  start waits for it, and so do Stopping and the end of a stop.
* A public endpoint keeps an instance in rotation under the faults allowed (``availability``).
* An endpoint with a custom probe does not keep an instance in rotation that is not Ready.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model.agents.load_balancer import CUSTOM
from ...model.agents.vocabulary import REQUESTS, request
from ...model.deployment import Endpoint, Role, TaskType
from ...model.instance import balanced
from ...model.network import Component
from ...model.notation.statechart import Statechart, on
from ...model.notation.terms import Variable
from ...model.workflow import Workflow
from ..observer import VIOLATED, observer
from ..predicates import Can
from ..property import AlwaysCan, Family, Never, Possible, Property, Watched
from ..rules import Code
from .platform.instance import Instance, unhelped


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
        failure=f"{instance.role.name} can never become Ready",
        code=Code.NEVER_READY,
    )


def _tasks(instance: Instance) -> Iterator[Property]:
    names = instance.role.task_names
    for k, task in enumerate(instance.role.tasks):
        agent, name = f"startup_task_{k}", f"startup task {k} ({task.command})"
        if task.type is TaskType.SIMPLE:
            code, claims, keeps = Code.TASK, "block the role", f"keep {instance.role.name} Busy"
            blocked = instance.at(agent, "in(running) or in(hung)")
            free = instance.at(agent, "in(idle)")
            if instance.workflow.platform.failing_simple_task == "blocked":
                blocked = blocked | instance.at("host_bootstrapper", f"in(tasks.blocked) and task == {k + 1}")
                free = free & instance.at("host_bootstrapper", "not in(tasks.blocked)")
            barred = unhelped(instance.workflow.network)
        elif task.type is TaskType.FOREGROUND:
            code, claims = Code.FOREGROUND_TASK, "keep the role from being recycled or stopped"
            keeps = claims.replace("the role", instance.role.name)
            between = instance.at("guest_agent", "in(ready_to_start) or in(role_stopped)")
            blocked = instance.at(agent, "in(working)") & (between | instance.at(instance.host, "in(leaving)"))
            free = ~blocked
            barred = unhelped(instance.workflow.network) | {instance.here + f"task_{k}_ends"}
        else:
            continue
        yield Property(
            f"{name} can't {claims} for ever",
            AlwaysCan(free, blocked, barred),
            ("R-G3", "R-H3") if task.partner is not None else ("R-G3", "R-7"),
            Family.DEPLOYMENT,
            instance.here.rstrip("/"),
            witness=blocked,
            location=str(task.location),
            failure=f"{names[k]} may {keeps} for ever",
            code=code if task.module is None else Code.MODULE_TASK,
            about=task.command,
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
            failure=f"{instance.role.name} may answer probe {endpoint.probe} of {endpoint.name} without being Ready",
            code=Code.PROBE,
            about=f"{endpoint.name} {endpoint.probe}",
        )


def availability(workflow: Workflow, role: Role) -> list[Property]:
    """For each public endpoint of a role: once its instances are in rotation, one of them always is, for as long as the
    user asks for nothing more.

    The network must hold the role's instances that are to be looked at, at most ``TOGETHER`` of them; endpoints that
    ignore the role's status always keep their instances and need no property.
    """
    numbers = [n for r, n in workflow.instances if r == role]
    if len(numbers) > TOGETHER:
        raise ValueError(f"{len(numbers)} instances of {role.name}; an observer can follow {TOGETHER} at once")
    found = []
    for endpoint in role.input_endpoints:
        if endpoint.ignores_status:
            continue
        prefix = record_of(role, endpoint).removesuffix("rotation")
        chart = _one_in_rotation(
            [Instance(workflow, role, n).here for n in numbers], prefix, endpoint.probe is not None
        )
        found.append(
            Property(
                kept(endpoint),
                Watched(Component(f"{role.name} {chart.name}", chart)),
                ("R-9",),
                Family.DEPLOYMENT,
                role.name,
                witness=Can(Instance(workflow, role, numbers[0]).here + prefix + "enter_rotation"),
                location=str(endpoint.location),
                failure=f"endpoint {endpoint.name} of {role.name} may lose its last instance in rotation",
                code=Code.ENDPOINT,
                about=endpoint.name,
            )
        )
    return found


def kept(endpoint: Endpoint) -> str:
    """What is claimed of the availability of an endpoint."""
    return f"endpoint {endpoint.name} keeps an instance in rotation, once all were in, while the user asks for nothing"


def record_of(role: Role, endpoint: Endpoint) -> str:
    """The rotation record that decides on an endpoint, by its name within an instance."""
    default, custom = balanced(role)
    return (CUSTOM if endpoint.probe is not None and default and custom else "") + "rotation"


def rotation_events(role: Role, endpoint: Endpoint, here: str) -> tuple[str, tuple[str, ...]]:
    """The event by which an instance enters the rotation of an endpoint, and those by which it leaves; a new address
    (another host) and the end of a guest take it out as well."""
    prefix = here + record_of(role, endpoint).removesuffix("rotation")
    away = "leave_rotation_not_ready" if endpoint.probe is None else "leave_rotation_refused"
    leave = (prefix + away, prefix + "leave_rotation_timeout", here + "deploy_guest", here + "stop_guest")
    return prefix + "enter_rotation", leave


TOGETHER = 6
"""Instances whose rotation one observer follows: it has two states for each of them, multiplied."""


def _one_in_rotation(scopes: list[str], prefix: str, custom: bool) -> Statechart:
    """Knows which instances are in rotation.  From the time when all are in, one must be, until the user asks for
    something; a new address (another host) and the end of a guest take an instance out as well."""
    away = ("leave_rotation_refused" if custom else "leave_rotation_not_ready", "leave_rotation_timeout")
    rows = [
        on(tuple(request(k) for k in REQUESTS), "serving", "asked"),
        on(tuple(request(k) for k in REQUESTS if k != "deploy"), "filling", "asked"),
    ]
    for i, here in enumerate(scopes):
        enter = here + prefix + "enter_rotation"
        leave = (*(here + prefix + e for e in away), here + "deploy_guest", here + "stop_guest")
        others = [f"in_{k}" for k in range(len(scopes)) if k != i]
        all_in, none_in = " and ".join(others), " and ".join(f"not {other}" for other in others)
        rows.append(on(enter, "filling", "serving", when=all_in, then=f"in_{i} := true"))
        rows.append(on(leave, "filling", when=f"in_{i}", then=f"in_{i} := false"))
        rows.append(on(leave, "serving", VIOLATED, when=f"in_{i}" + (f" and {none_in}" if others else "")))
        if others:
            rows.append(on(enter, "filling", when=f"not ({all_in})", then=f"in_{i} := true"))
            rows.append(on(enter, "serving", then=f"in_{i} := true"))
            rows.append(on(leave, "serving", when=f"in_{i} and not ({none_in})", then=f"in_{i} := false"))
    if len(scopes) == 1:
        # The only instance is out while the observer waits for it.
        rows = [row for row in rows if not (row.source == "filling" and row.when == "in_0")]
    return observer(
        "in_rotation", ("filling", "serving", "asked"), rows, [Variable.flag(f"in_{i}") for i in range(len(scopes))]
    )
