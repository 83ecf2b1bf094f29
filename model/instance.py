"""The agents of one instance, by name, from the outside in.

Each instance has a placement record, a host agent, a guest OS and what runs inside it: WaAppAgent, guest agent,
bootstrapper, the startup tasks of its role in their order, the host process of its role's kind, and, for full IIS,
IISConfigurator and w3wp.  With a public endpoint it also has a rotation record, and one for endpoints that have no
rotation.  Which agents an instance has is read from the deployment; how they behave stands in their own files.

The tables below list the agents.  A new agent is one more line in one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from .agents.guest_agent import guest_agent
from .agents.guest_os import guest_os
from .agents.guest_set_up import SetUp
from .agents.host_agent import FIRST_CONTACT_LIMIT, HEARTBEAT_LIMIT, host_agent
from .agents.host_bootstrapper import host_bootstrapper
from .agents.iis_configurator import iis_configurator
from .agents.iis_host import START as START_IIS_HOST
from .agents.iis_host import heeds_w3wp, iis_host, leaves_events_to_w3wp
from .agents.load_balancer import CUSTOM, DIRECT_REQUEST, REQUEST, CustomProbe, open_endpoint, rotation
from .agents.placement import START_LIMIT, placement
from .agents.role_lifecycle import ON_STOP_LIMIT, admits_to_rotation, answers_custom_probe
from .agents.startup_task import background_task, dies, foreground_task, simple_task
from .agents.vocabulary import CUT_OFF, GUEST_DOWN, NEW_PACKAGE, TICKS, command, update_domain
from .agents.w3wp import ANSWERS, RAPID_FAIL_ENDS, RAPID_FAIL_WINDOW, w3wp
from .agents.wa_app_agent import wa_app_agent
from .agents.web_host import START as START_WEB_HOST
from .agents.web_host import web_host
from .agents.worker_host import START as START_WORKER_HOST
from .agents.worker_host import worker_host
from .assumption import assumed
from .bounds import Bounds
from .deployment import EndpointKind, Role, RoleKind, TaskType
from .notation.statechart import Statechart, Transition
from .platform import Platform

Named = tuple[str, Statechart]
"""A chart with the name of its component, without scope."""


@dataclass(frozen=True)
class Instance:
    """What the agents of an instance depend on.

    ``update`` and ``configure`` are its places in the walk of an update and in that of a configuration change, both
    counted from 0.  Instances that agree in all of this have equal agents.
    """

    role: Role
    update: int
    configure: int
    bounds: Bounds
    platform: Platform

    @cached_property
    def agents(self) -> tuple[Named, ...]:
        """All agents, from the outside in."""
        found = (*_present(OUTSIDE, self), *self.inside, *_present(RECORDS, self))
        return tuple(assumed(self.role, found)) if self.role.assumptions else found

    @cached_property
    def inside(self) -> tuple[Named, ...]:
        """The agents that run inside the guest."""
        charts = startup_tasks(self.role, self.deaths_noticed)
        tasks = ((f"startup_task_{k}", chart) for k, chart in enumerate(charts))
        return (*_present(BEFORE_TASKS, self), *tasks, *_present(AFTER_TASKS, self))

    @property
    def full_iis(self) -> bool:
        """Whether IIS serves the role's sites."""
        return self.role.kind is RoleKind.FULL_IIS_WEB

    @property
    def probed(self) -> bool:
        """Whether the load balancer asks the guest agent."""
        return balanced(self.role)[0]

    @property
    def probe(self) -> CustomProbe | None:
        """The custom probe that the load balancer asks the role with, if there is one."""
        default, custom = balanced(self.role)
        return CustomProbe(CUSTOM if default else "") if custom else None

    @property
    def events_in_w3wp(self) -> bool:
        """Whether w3wp subscribed to RoleEnvironment events."""
        return self.full_iis and self.platform.role_events != "entry_point"

    @property
    def events_in_host(self) -> bool:
        """Whether the entry point subscribed to RoleEnvironment events."""
        return not self.full_iis or self.platform.role_events != "w3wp"

    @property
    def deaths_noticed(self) -> bool:
        """Whether the bootstrapper exits when a background task dies."""
        return self.platform.dead_background_task == "restart"

    @property
    def always_in(self) -> bool:
        """Whether the instance stays in rotation, once in."""
        return self.platform.single_instance == "stays_in_rotation" and self.role.instances == 1


@dataclass(frozen=True)
class Part:
    """A line of the tables: an agent's name, its chart for an instance, and which instances have it."""

    name: str
    chart: Callable[[Instance], Statechart]
    present: Callable[[Instance], bool] = lambda _: True


def _present(table: Sequence[Part], instance: Instance) -> Iterator[Named]:
    return ((part.name, part.chart(instance)) for part in table if part.present(instance))


def _placement(instance: Instance) -> Statechart:
    bounds = instance.bounds
    return placement(
        instance.update,
        instance.configure,
        bounds.ticks(START_LIMIT),
        bounds.kinds,
        refusable=instance.platform.refusable,
    )


def _host_agent(instance: Instance) -> Statechart:
    return host_agent(
        instance.bounds.ticks(HEARTBEAT_LIMIT),
        instance.bounds.ticks(FIRST_CONTACT_LIMIT),
        stops_role_before_reboot=instance.platform.reboot == "runs_on_stop",
    )


def _guest_os(instance: Instance) -> Statechart:
    news = (*NEW_PACKAGE, update_domain(instance.update), command("deploy"))
    not_inside = {*GUEST_DOWN, *TICKS, *CUT_OFF, "guest_booted", *news}
    computed = frozenset().union(*(chart.alphabet for _, chart in instance.inside)) - not_inside
    records = [chart for _, chart in _present(RECORDS, instance)]
    return guest_os(computed, {e for chart in records for e in chart.alphabet if e.endswith("_timeout")})


def _host_bootstrapper(instance: Instance) -> Statechart:
    return host_bootstrapper(
        STARTS[instance.role.kind],
        tuple(t.type is TaskType.SIMPLE for t in instance.role.tasks),
        instance.full_iis,
        events_in_w3wp=instance.events_in_w3wp,
        failing_task_blocks=instance.platform.failing_simple_task == "blocked",
        deaths=tuple(noticed_deaths(instance.role)) if instance.deaths_noticed else (),
        events_in_host=instance.events_in_host,
        names=instance.role.task_names,
    )


def _host(process: Callable[..., Statechart], instance: Instance) -> Statechart:
    rows = answers_custom_probe(instance.probe) if instance.probe else ()
    return process(requests_to(instance.role), instance.bounds.ticks(ON_STOP_LIMIT), rows, instance.update)


def _iis_host(instance: Instance) -> Statechart:
    # In full IIS the site answers the probe, in w3wp; the host process says only whether Run was invoked.
    rows = admits_to_rotation(instance.probe) if instance.probe else ()
    beside: tuple[Transition, ...] = ()
    if instance.events_in_w3wp:
        beside = heeds_w3wp() if instance.events_in_host else leaves_events_to_w3wp()
    limit = instance.bounds.ticks(ON_STOP_LIMIT)
    return iis_host(limit, (*rows, *beside), instance.update, instance.events_in_host)


def _w3wp(instance: Instance) -> Statechart:
    window = instance.bounds.ticks(RAPID_FAIL_WINDOW) if rapid_fail(instance.bounds) else None
    return w3wp(requests_to(instance.role), instance.events_in_w3wp, instance.probe, window)


def _rotation(instance: Instance) -> Statechart:
    if instance.probed:
        return rotation(False, instance.always_in)
    return rotation(True, instance.always_in, site_answers=instance.full_iis)


STARTS = {RoleKind.WORKER: START_WORKER_HOST, RoleKind.HWC_WEB: START_WEB_HOST, RoleKind.FULL_IIS_WEB: START_IIS_HOST}
"""The event in which the bootstrapper starts the host process, for each kind of role."""

OUTSIDE = (Part("placement", _placement), Part("host_agent", _host_agent), Part("guest_os", _guest_os))
"""The agents around the guest."""

BEFORE_TASKS = (
    Part("wa_app_agent", lambda its: wa_app_agent(its.platform.dead_guest_agent == "restarted")),
    Part("guest_agent", lambda its: guest_agent(its.probed, set_up(its.role), ANSWERS if its.events_in_w3wp else ())),
    Part("host_bootstrapper", _host_bootstrapper),
)
"""The agents inside the guest that stand before the startup tasks."""

AFTER_TASKS = (
    Part("iis_configurator", lambda its: iis_configurator(len(its.role.sites)), lambda its: its.full_iis),
    Part("worker_host", lambda its: _host(worker_host, its), lambda its: its.role.kind is RoleKind.WORKER),
    Part("web_host", lambda its: _host(web_host, its), lambda its: its.role.kind is RoleKind.HWC_WEB),
    Part("iis_host", _iis_host, lambda its: its.full_iis),
    Part("w3wp", _w3wp, lambda its: its.full_iis),
)
"""The agents inside the guest that stand after the startup tasks."""

RECORDS = (
    Part("rotation", _rotation, lambda its: its.probed or its.probe is not None),
    Part(
        CUSTOM + "rotation",
        lambda its: rotation(True, its.always_in, beside=True, site_answers=its.full_iis),
        lambda its: its.probed and its.probe is not None,
    ),
    Part("open_endpoint", lambda _: open_endpoint(), lambda its: reached_directly(its.role)),
)
"""The load balancer's records: endpoints with a custom probe have one of their own beside those without."""

AGENTS = tuple(part.name for part in (*OUTSIDE, *BEFORE_TASKS, *AFTER_TASKS, *RECORDS))
"""Every agent that an instance of some role has, but for startup tasks: the names of its components without scope."""


def balanced(role: Role) -> tuple[bool, bool]:
    """Whether a role has public endpoints that the guest agent's probe decides on, and ones with a custom probe.

    Endpoints with ignoreRoleInstanceStatus keep their instances whatever happens: there is nothing to record.
    """
    counted = [e for e in role.input_endpoints if not e.ignores_status]
    return any(e.probe is None for e in counted), any(e.probe is not None for e in counted)


def set_up(role: Role) -> SetUp:
    """What the guest agent sets up for a role (R-D1)."""
    return SetUp(
        tuple(endpoint.name for endpoint in role.endpoints),
        tuple(storage.name for storage in role.local_storage),
        tuple(certificate.name for certificate in role.certificates),
        tuple(storage.name for storage in role.local_storage if storage.clean_on_role_recycle),
    )


def rapid_fail(bounds: Bounds) -> bool:
    """Whether w3wp may end often enough for IIS to disable its AppPool."""
    return bounds.faults.number("w3wp_crash") >= RAPID_FAIL_ENDS


def reached_directly(role: Role) -> bool:
    """Whether requests reach the role by an endpoint that no probe decides on: one that ignores the role's status, one
    of each instance's own, or an internal one.  Endpoints that imported modules bring are for the modules' programs."""
    return any(e.module is None and (e.kind is not EndpointKind.INPUT or e.ignores_status) for e in role.endpoints)


def requests_to(role: Role) -> tuple[str, ...]:
    """The events in which a new connection reaches the role's program."""
    default, custom = balanced(role)
    by_rotation = (REQUEST, CUSTOM + REQUEST) if default and custom else (REQUEST,) if default or custom else ()
    return (*by_rotation, *((DIRECT_REQUEST,) if reached_directly(role) else ()))


def noticed_deaths(role: Role) -> Iterator[str]:
    """The deaths of a role's background tasks, where anybody cares for them."""
    awaited = {t.partner for t in role.tasks}
    return (dies(k, k in awaited) for k, t in enumerate(role.tasks) if t.type is TaskType.BACKGROUND)


def startup_tasks(role: Role, deaths_noticed: bool = False) -> list[Statechart]:
    """The charts of a role's startup tasks, in their order."""
    awaited_by = {t.partner: k for k, t in enumerate(role.tasks) if t.partner is not None}
    charts = []
    for k, task in enumerate(role.tasks):
        if task.type is TaskType.SIMPLE:
            charts.append(simple_task(k, task.partner is not None, task.module is not None))
        elif task.type is TaskType.BACKGROUND:
            charts.append(background_task(k, awaited_by.get(k), task.module is not None, deaths_noticed))
        else:
            charts.append(foreground_task(k))
    return charts
