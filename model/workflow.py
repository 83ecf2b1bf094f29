"""The workflow: every agent of a deployment, composed into one network.

The service has one user, RDFE, FFE and fabric controller.  Each instance has a placement record, a host agent, a
guest OS and what runs inside it: WaAppAgent, guest agent, bootstrapper, the startup tasks of its role in their order,
the host process of its role's kind, and, for full IIS, IISConfigurator and w3wp; with a public endpoint also a
rotation record, and a record of the endpoints that have no rotation.  Which agents there are is read from the
deployment; how they behave stands in their own files.

``Bounds`` say how much of the world is looked at: how many faults and user requests, which instances, and how long a
tick is. ``Platform`` holds the named alternatives of the decisions table.  Both are printed with every verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType

from .agents.fabric_controller import fabric_controller
from .agents.fault_budget import fault_budget
from .agents.ffe import ffe
from .agents.guest_agent import guest_agent
from .agents.guest_os import guest_os
from .agents.host_agent import FIRST_CONTACT_LIMIT, HEARTBEAT_LIMIT, host_agent
from .agents.host_bootstrapper import host_bootstrapper
from .agents.iis_configurator import iis_configurator
from .agents.iis_host import START as START_IIS_HOST
from .agents.iis_host import iis_host
from .agents.load_balancer import CUSTOM, DIRECT_REQUEST, REQUEST, CustomProbe, open_endpoint, rotation
from .agents.placement import START_LIMIT, placement
from .agents.rdfe import rdfe
from .agents.role_lifecycle import ON_STOP_LIMIT, admits_to_rotation, answers_custom_probe
from .agents.startup_task import background_task, foreground_task, simple_task
from .agents.surroundings import surroundings
from .agents.user import user
from .agents.vocabulary import GUEST_DOWN, TICKS, service_events
from .agents.w3wp import w3wp
from .agents.wa_app_agent import wa_app_agent
from .agents.web_host import START as START_WEB_HOST
from .agents.web_host import web_host
from .agents.worker_host import START as START_WORKER_HOST
from .agents.worker_host import worker_host
from .deployment import Deployment, EndpointKind, Role, RoleKind, TaskType, TopologyChangeDiscovery
from .network import Component, Network
from .notation.statechart import Statechart
from .notation.terms import suggestion

ALTERNATIVES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "failing_simple_task": ("restart", "blocked"),
        "reboot": ("runs_on_stop", "skips_on_stop"),
        "single_instance": ("leaves_rotation", "stays_in_rotation"),
        "role_events": ("entry_point_and_w3wp", "entry_point"),
    }
)
"""The platform's named options with their alternatives, the default first."""


AGENTS = (
    *("placement", "host_agent", "guest_os", "wa_app_agent", "guest_agent", "host_bootstrapper", "iis_configurator"),
    *("worker_host", "web_host", "iis_host", "w3wp", "rotation", CUSTOM + "rotation", "open_endpoint"),
)
"""Every agent that an instance of some role has, but for startup tasks: the names of its components without scope."""


class BoundsError(ValueError):
    """A bound or an option that makes no sense: the message says what was allowed."""


class NoSuchFault(BoundsError):
    """A budget for a kind of fault that nothing in the workflow can suffer."""


@dataclass(frozen=True)
class Platform:
    """Named alternatives where the documents are silent or disagree (requirements, "Decisions").

    >>> Platform.of({"reboot": "skips_on_stop"}).reboot
    'skips_on_stop'
    """

    failing_simple_task: str = "restart"
    reboot: str = "runs_on_stop"
    single_instance: str = "leaves_rotation"
    role_events: str = "entry_point_and_w3wp"

    def __post_init__(self) -> None:
        for name, value in self.chosen:
            if value not in ALTERNATIVES[name]:
                allowed = ", ".join(ALTERNATIVES[name])
                raise BoundsError(
                    f"option {name} can't be {value!r}{suggestion(value, ALTERNATIVES[name])}; allowed: {allowed}"
                )

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> Platform:
        """The options given by name; raises BoundsError for an unknown one."""
        for name in chosen:
            if name not in ALTERNATIVES:
                raise BoundsError(
                    f"unknown option {name!r}{suggestion(name, ALTERNATIVES)}; allowed: {', '.join(ALTERNATIVES)}"
                )
        return cls(**chosen)

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """Each option with its value."""
        return tuple((f.name, getattr(self, f.name)) for f in fields(self))


DEFAULT_PLATFORM = Platform()


@dataclass(frozen=True)
class Faults:
    """How many faults may happen: ``total`` of any kind, or, with ``kinds``, so many of each kind named and none of
    others.

    With ``service``, RDFE, FFE and the fabric controller have so many of their own, and ``total`` is for instances.

    >>> str(Faults.parse("guest_hang=1,task_failure=2"))
    'guest_hang=1,task_failure=2'
    """

    total: int = 1
    kinds: tuple[tuple[str, int], ...] | None = None
    service: int | None = None

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Read ``none``, a number, or ``kind=number,...``; raises BoundsError."""
        text = text.strip()
        if text == "none":
            return cls(0)
        if text.isdecimal():
            return cls(_count(text, text))
        kinds: list[tuple[str, int]] = []
        for part in text.split(","):
            kind, sign, number = (p.strip() for p in part.partition("="))
            if not sign or not number.isdecimal():
                raise BoundsError(f"faults can't be {text!r}; write none, a number, or kind=number,...")
            if kind in dict(kinds):
                raise BoundsError(f"faults can't be {text!r}; each kind once, {kind} is there twice")
            kinds.append((kind, _count(number, text)))
        return cls(0, tuple(sorted(dict(kinds).items())))

    def allow(self, kind: str) -> bool:
        """Whether a fault of this kind may happen in an instance.

        >>> Faults.parse("guest_hang=1").allow("task_hang"), Faults(2).allow("task_hang")
        (False, True)
        """
        return self.total > 0 if self.kinds is None else dict(self.kinds).get(kind, 0) > 0

    def __str__(self) -> str:
        if self.kinds is not None:
            return ",".join(f"{k}={n}" for k, n in self.kinds) or "none"
        if self.service is not None:
            return f"{self.total or 'none'} in an instance, {self.service} in RDFE, FFE or fabric controller"
        return str(self.total) if self.total else "none"


def _count(number: str, text: str) -> int:
    if len(number) > 3 or int(number) > 255:
        raise BoundsError(f"faults can't be {text!r}; at most 255 of a kind")
    return int(number)


@dataclass(frozen=True)
class Bounds:
    """How much of the world a network covers.

    ``requests``: user requests, the first deployment included (None: any number).  ``tick``: minutes in a tick, 1 or 5.
    ``instances``: role name to the numbers of the instances that are part of the network; None: all of them.
    """

    faults: Faults = Faults()
    requests: int | None = 2
    tick: int = 1
    instances: tuple[tuple[str, tuple[int, ...]], ...] | None = None

    def __post_init__(self) -> None:
        if self.tick not in (1, 5):
            raise BoundsError(
                f"a tick can't be {self.tick} minutes: the platform's limits are multiples of 5; allowed: 1, 5"
            )
        if self.requests is not None and not 1 <= self.requests <= 255:
            raise BoundsError(f"requests can't be {self.requests}; allowed: 1 to 255")

    def ticks(self, minutes: int) -> int:
        """A number of minutes in ticks."""
        return minutes // self.tick


def scope(role: str, instance: int) -> str:
    """The prefix of an instance's events and components, as Azure names it: ``Web_IN_0/``."""
    return f"{role}_IN_{instance}/"


@dataclass(frozen=True)
class Workflow:
    """A deployment under bounds and options; ``network`` is its product automaton."""

    deployment: Deployment
    bounds: Bounds = Bounds()
    platform: Platform = DEFAULT_PLATFORM

    @cached_property
    def instances(self) -> tuple[tuple[Role, int], ...]:
        """The instances that are part of the network."""
        if self.bounds.instances is None:
            return tuple((role, n) for role in self.deployment.roles for n in range(role.instances))
        roles = {r.name: r for r in self.deployment.roles}
        found = []
        for name, numbers in self.bounds.instances:
            if name not in roles:
                raise BoundsError(f"no role {name!r}{suggestion(name, roles)}; roles: {', '.join(roles)}")
            for n in numbers:
                if not 0 <= n < roles[name].instances:
                    raise BoundsError(f"role {name!r} has {roles[name].instances} instances, so none with number {n}")
                found.append((roles[name], n))
        return tuple(found)

    @cached_property
    def _walk(self) -> dict[int, int]:
        """The upgrade domains in use, each with its place in the walk; the others have nothing to do."""
        count = self.deployment.upgrade_domain_count
        return {d: i for i, d in enumerate(sorted({r.upgrade_domain(n, count) for r, n in self.instances}))}

    @property
    def _blast(self) -> bool:
        """Whether a configuration change goes to all instances at once."""
        return self.deployment.topology_change_discovery is TopologyChangeDiscovery.BLAST

    def domains(self, role: Role, instance: int) -> tuple[int, int]:
        """The place of an instance in the walk of an update, and in that of a configuration change."""
        place = self._walk[role.upgrade_domain(instance, self.deployment.upgrade_domain_count)]
        return place, 0 if self._blast else place

    @cached_property
    def network(self) -> Network:
        """All agents, composed."""
        domains = len(self._walk)
        shared = service_events(domains)
        components = [
            Component("user", user(self.bounds.requests)),
            Component("rdfe", rdfe()),
            Component("ffe", ffe()),
            Component(
                "fabric_controller",
                fabric_controller(
                    domains, 1 if self._blast else domains, [scope(r.name, n) for r, n in self.instances]
                ),
            ),
        ]
        ticks: set[str] = set()
        charts_of: dict[tuple[str, int, int], list[tuple[str, Statechart]]] = {}
        for role, n in self.instances:
            here = scope(role.name, n)
            # Instances that are alike share their charts: a thousand cost little more than a few.
            kind = (role.name, *self.domains(role, n))
            if kind not in charts_of:
                charts_of[kind] = self._instance(role, *self.domains(role, n))
            charts = charts_of[kind]
            components += [Component(here + name, chart, here, shared) for name, chart in charts]
            ticks |= {here + tick for tick in TICKS}
        components += self._budgets(components)
        return Network(
            tuple(components), frozenset(ticks), self.printed_bounds, self.platform.chosen, self.deployment.name
        )

    @property
    def printed_bounds(self) -> tuple[tuple[str, str], ...]:
        """The bounds in words."""
        whole = self.bounds.instances is None
        listed = ", ".join(f"{r.name}_IN_{n}" for r, n in self.instances)
        everything = {(r.name, n) for r in self.deployment.roles for n in range(r.instances)}
        complete = whole or everything == {(r.name, n) for r, n in self.instances}
        return (
            ("faults", str(self.bounds.faults)),
            ("requests", "any number" if self.bounds.requests is None else str(self.bounds.requests)),
            ("tick", f"{self.bounds.tick} minute{'s' if self.bounds.tick > 1 else ''}"),
            ("instances", f"all ({len(everything)})" if complete else f"{listed} of {len(everything)}"),
        )

    def _instance(self, role: Role, update: int, configure: int) -> list[tuple[str, Statechart]]:
        """The agents of one instance, by name, from the outside in."""
        bounds, platform = self.bounds, self.platform
        inside = self._inside(role)
        outside = [
            ("placement", placement(update, configure, bounds.ticks(START_LIMIT))),
            (
                "host_agent",
                host_agent(
                    bounds.ticks(HEARTBEAT_LIMIT),
                    bounds.ticks(FIRST_CONTACT_LIMIT),
                    stops_role_before_reboot=platform.reboot == "runs_on_stop",
                ),
            ),
        ]
        default, custom = balanced(role)
        always_in = platform.single_instance == "stays_in_rotation" and role.instances == 1
        records = []
        if default:
            records.append(("rotation", rotation(False, always_in)))
        if custom:
            site_answers = role.kind is RoleKind.FULL_IIS_WEB
            chart = rotation(True, always_in, beside=default, site_answers=site_answers)
            records.append((chart.name, chart))
        if reached_directly(role):
            records.append(("open_endpoint", open_endpoint()))
        not_inside = {*GUEST_DOWN, *TICKS, "guest_booted"}
        computed = frozenset().union(*(chart.alphabet for _, chart in inside)) - not_inside
        timeouts = {e for _, chart in records for e in chart.alphabet if e.endswith("_timeout")}
        return [*outside, ("guest_os", guest_os(computed, timeouts)), *inside, *records]

    def _inside(self, role: Role) -> list[tuple[str, Statechart]]:
        """The agents that run inside the guest."""
        default, custom = balanced(role)
        requests = requests_to(role)
        full_iis = role.kind is RoleKind.FULL_IIS_WEB
        limit = self.bounds.ticks(ON_STOP_LIMIT)
        probe = CustomProbe(CUSTOM if default else "") if custom else None
        # In full IIS it is the site that answers, in w3wp; the host process says only whether Run was invoked.
        part = admits_to_rotation if full_iis else answers_custom_probe
        probe_rows = part(probe) if probe else ()
        in_w3wp = self.platform.role_events == "entry_point_and_w3wp"
        host = {
            RoleKind.WORKER: (START_WORKER_HOST, lambda: worker_host(requests, limit, probe_rows)),
            RoleKind.HWC_WEB: (START_WEB_HOST, lambda: web_host(requests, limit, probe_rows)),
            RoleKind.FULL_IIS_WEB: (START_IIS_HOST, lambda: iis_host(limit, probe_rows)),
        }[role.kind]
        agents = [
            ("wa_app_agent", wa_app_agent()),
            ("guest_agent", guest_agent(default)),
            (
                "host_bootstrapper",
                host_bootstrapper(
                    host[0],
                    tuple(t.type is TaskType.SIMPLE for t in role.tasks),
                    full_iis,
                    events_in_w3wp=in_w3wp,
                    failing_task_blocks=self.platform.failing_simple_task == "blocked",
                ),
            ),
            *((f"startup_task_{k}", chart) for k, chart in enumerate(startup_tasks(role))),
        ]
        if full_iis:
            agents.append(("iis_configurator", iis_configurator(len(role.sites))))
        process = host[1]()
        agents.append((process.name, process))
        if full_iis:
            agents.append(("w3wp", w3wp(requests, in_w3wp, probe)))
        return agents

    def _budgets(self, components: Sequence[Component]) -> list[Component]:
        if self.bounds.faults.service is not None:
            own = [c.rename(e) for c in components for e in c.chart.faults if not c.scope]
            others = [c.rename(e) for c in components for e in c.chart.faults if c.scope]
            return [
                Component("fault_budget", fault_budget(others, self.bounds.faults.total)),
                Component("fault_budget_service", fault_budget(own, self.bounds.faults.service)),
            ]
        faults = {c.rename(e): kind for c in components for e, kind in c.chart.faults.items()}
        known = sorted(set(faults.values()))
        limits = dict(self.bounds.faults.kinds or ())
        if not limits.keys() <= set(known):
            # One role's network may lack a kind that another role has: then there is nothing to count.
            charts = [chart for role in self.deployment.roles for _, chart in self._instance(role, 0, 0)]
            known = sorted({*known, *(kind for chart in charts for kind in chart.faults.values())})
        for kind in limits:
            if kind not in known:
                raise NoSuchFault(f"no fault of kind {kind!r} here{suggestion(kind, known)}; kinds: {', '.join(known)}")
        if self.bounds.faults.kinds is None:
            return [Component("fault_budget", fault_budget(faults, self.bounds.faults.total))]
        named = [
            Component(f"fault_budget_{kind}", fault_budget([e for e, k in faults.items() if k == kind], units))
            for kind, units in limits.items()
            if kind in faults.values()
        ]
        others = [e for e, kind in faults.items() if kind not in limits]
        return named + ([Component("fault_budget", fault_budget(others, 0))] if others else [])


@dataclass(frozen=True)
class Fabric:
    """The fabric alone: user, RDFE, FFE, fabric controller with every upgrade domain, and the placement records of one
    instance in each of the first two domains.

    What else there is of the instances is replaced by surroundings that may do anything at any time.  So the network
    can do all that the whole service can do to its fabric, and more: what never happens here never happens there.  Two
    domains stand for any two that follow each other, since records differ in nothing but the number of their domain.
    """

    deployment: Deployment
    bounds: Bounds = Bounds()
    platform: Platform = DEFAULT_PLATFORM

    @cached_property
    def whole(self) -> Workflow:
        """The workflow of all instances, of which this is a part."""
        return Workflow(self.deployment, replace(self.bounds, instances=None), self.platform)

    @cached_property
    def instances(self) -> tuple[tuple[Role, int], ...]:
        """One instance in each of the first two upgrade domains; fewer if there are not so many domains."""
        first: dict[int, tuple[Role, int]] = {}
        for role, n in self.whole.instances:
            first.setdefault(self.whole.domains(role, n)[0], (role, n))
        return tuple(first[d] for d in sorted(first)[:2])

    def domains(self, role: Role, instance: int) -> tuple[int, int]:
        """The place of an instance in the walk of an update, and in that of a configuration change."""
        return self.whole.domains(role, instance)

    @cached_property
    def network(self) -> Network:
        """The fabric, composed."""
        domains = 1 + max(self.whole.domains(role, n)[0] for role, n in self.whole.instances)
        walked = 1 + max(self.whole.domains(role, n)[1] for role, n in self.whole.instances)
        shared = service_events(domains)
        scopes = [scope(role.name, n) for role, n in self.instances]
        elsewhere = "elsewhere/"
        components = [
            Component("user", user(self.bounds.requests)),
            Component("rdfe", rdfe()),
            Component("ffe", ffe()),
            Component("fabric_controller", fabric_controller(domains, walked, [*scopes, elsewhere])),
            Component(elsewhere + "surroundings", surroundings(["chosen_for_reboot", "chosen_for_reimage"]), elsewhere),
        ]
        for (role, n), here in zip(self.instances, scopes, strict=True):
            record = placement(*self.whole.domains(role, n), self.bounds.ticks(START_LIMIT))
            around = surroundings(sorted(record.alphabet - record.sends - shared))
            components += [
                Component(here + "placement", record, here, shared),
                Component(here + "surroundings", around, here),
            ]
        faults = self.bounds.faults
        if faults.kinds is not None:
            known = {kind for c in components for kind in c.chart.faults.values()}
            faults = Faults(0, tuple((kind, n) for kind, n in faults.kinds if kind in known))
        part = Workflow(self.deployment, replace(self.bounds, faults=faults, instances=None), self.platform)
        components += part._budgets(components)
        listed = " and ".join(here.rstrip("/") for here in scopes)
        bounds = (*part.printed_bounds[:-1], ("instances", f"the fabric's records of {listed}; around them, anything"))
        ticks = frozenset(here + tick for here in scopes for tick in TICKS)
        return Network(tuple(components), ticks, bounds, self.platform.chosen, self.deployment.name)


def balanced(role: Role) -> tuple[bool, bool]:
    """Whether a role has public endpoints that the guest agent's probe decides on, and ones with a custom probe.

    Endpoints with ignoreRoleInstanceStatus keep their instances whatever happens: there is nothing to record.
    """
    counted = [e for e in role.input_endpoints if not e.ignores_status]
    return any(e.probe is None for e in counted), any(e.probe is not None for e in counted)


def reached_directly(role: Role) -> bool:
    """Whether requests reach the role by an endpoint that no probe decides on: one that ignores the role's status, one
    of each instance's own, or an internal one.  Endpoints that imported modules bring are for the modules' programs."""
    return any(e.module is None and (e.kind is not EndpointKind.INPUT or e.ignores_status) for e in role.endpoints)


def requests_to(role: Role) -> tuple[str, ...]:
    """The events in which a new connection reaches the role's program."""
    default, custom = balanced(role)
    by_rotation = (REQUEST, CUSTOM + REQUEST) if default and custom else (REQUEST,) if default or custom else ()
    return (*by_rotation, *((DIRECT_REQUEST,) if reached_directly(role) else ()))


def startup_tasks(role: Role) -> list[Statechart]:
    """The charts of a role's startup tasks, in their order."""
    awaited_by = {t.partner: k for k, t in enumerate(role.tasks) if t.partner is not None}
    charts = []
    for k, task in enumerate(role.tasks):
        if task.type is TaskType.SIMPLE:
            charts.append(simple_task(k, task.partner is not None, task.module is not None))
        elif task.type is TaskType.BACKGROUND:
            charts.append(background_task(k, awaited_by.get(k), task.module is not None))
        else:
            charts.append(foreground_task(k))
    return charts
