"""The workflow: every agent of a deployment, composed into one network.

The service has one user, RDFE, FFE and fabric controller; each instance has the agents that ``instance`` lists.

``Bounds`` say how much of the world is looked at, and ``Platform`` holds the named alternatives of the table of
decisions.  Both are printed with every verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .agents.fabric_controller import fabric_controller
from .agents.fault_budget import fault_budget
from .agents.ffe import ffe
from .agents.placement import START_LIMIT, placement
from .agents.rdfe import rdfe
from .agents.surroundings import surroundings
from .agents.user import user
from .agents.vocabulary import NO_CORES, RECYCLES, TICKS, service_events
from .bounds import DEFAULT_BOUNDS, Bounds, BoundsError, Faults, NoSuchFault
from .deployment import Deployment, Role, TopologyChangeDiscovery
from .instance import Instance
from .network import Component, Network
from .network.duration import Duration
from .notation.statechart import Statechart
from .notation.terms import suggestion
from .platform import DEFAULT_PLATFORM, Platform

__all__ = [
    "DEFAULT_PLATFORM",
    "Bounds",
    "BoundsError",
    "Fabric",
    "Faults",
    "NoSuchFault",
    "Platform",
    "Workflow",
    "scope",
]


def scope(role: str, instance: int) -> str:
    """The prefix of an instance's events and components, as Azure names it: ``Web_IN_0/``."""
    return f"{role}_IN_{instance}/"


def _service(bounds: Bounds, platform: Platform, domains: int, walked: int, scopes: Sequence[str]) -> list[Component]:
    """The agents that a service has once; an update walks ``domains``, a configuration change ``walked`` of them."""
    kinds, refusable = bounds.kinds, platform.refusable
    controller = fabric_controller(domains, walked, scopes, kinds, refusable=refusable)
    return [
        Component("user", user(bounds.requests, kinds, refusable)),
        Component("rdfe", rdfe(kinds, refusable)),
        Component("ffe", ffe(kinds, refusable)),
        Component("fabric_controller", controller),
    ]


@dataclass(frozen=True)
class Workflow:
    """A deployment under bounds and options; ``network`` is its product automaton."""

    deployment: Deployment
    bounds: Bounds = DEFAULT_BOUNDS
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
        scopes = [scope(role.name, n) for role, n in self.instances]
        components = _service(self.bounds, self.platform, domains, 1 if self._blast else domains, scopes)
        alike: dict[tuple[str, int, int], tuple[tuple[str, Statechart], ...]] = {}
        for (role, n), here in zip(self.instances, scopes, strict=True):
            # Instances that are alike share their charts: a thousand cost little more than a few.
            kind = (role.name, *self.domains(role, n))
            if kind not in alike:
                alike[kind] = self._agents(role, *self.domains(role, n))
            components += [Component(here + name, chart, here, shared) for name, chart in alike[kind]]
        components += self.budgets(components)
        ticks = frozenset(here + tick for here in scopes for tick in TICKS)
        return Network(
            tuple(components),
            ticks,
            self.printed_bounds,
            self.platform.chosen,
            self.deployment.name,
            Duration(self.bounds.tick),
        )

    @property
    def printed_bounds(self) -> tuple[tuple[str, str], ...]:
        """The bounds in words."""
        whole = self.bounds.instances is None
        listed = ", ".join(f"{r.name}_IN_{n}" for r, n in self.instances)
        everything = {(r.name, n) for r in self.deployment.roles for n in range(r.instances)}
        complete = whole or everything == {(r.name, n) for r, n in self.instances}
        assumed = [f"{role.name}/{one}" for role in self.deployment.roles for one in role.assumptions]
        return (
            ("faults", str(self.bounds.faults)),
            ("requests", self._requests),
            ("tick", str(Duration(self.bounds.tick))),
            *((("assumed", ", ".join(assumed)),) if assumed else ()),
            ("instances", f"all ({len(everything)})" if complete else f"{listed} of {len(everything)}"),
        )

    @property
    def _requests(self) -> str:
        number = "any number" if self.bounds.requests is None else str(self.bounds.requests)
        return ", also ".join((number, *(kind.replace("_", " ") for kind in self.bounds.also)))

    def _agents(self, role: Role, update: int, configure: int) -> tuple[tuple[str, Statechart], ...]:
        return Instance(role, update, configure, self.bounds, self.platform).agents

    def budgets(self, components: Sequence[Component]) -> list[Component]:
        """The fault budgets for some components; raises NoSuchFault for a kind of fault that no agent has."""
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
            charts = [chart for role in self.deployment.roles for _, chart in self._agents(role, 0, 0)]
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
    bounds: Bounds = DEFAULT_BOUNDS
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
        no_cores = [NO_CORES] if self.platform.refusable else []
        others = surroundings(["chosen_for_reboot", "chosen_for_reimage", RECYCLES, *no_cores])
        components = _service(self.bounds, self.platform, domains, walked, [*scopes, elsewhere])
        components += [Component(elsewhere + "surroundings", others, elsewhere)]
        for (role, n), here in zip(self.instances, scopes, strict=True):
            record = placement(
                *self.whole.domains(role, n),
                self.bounds.ticks(START_LIMIT),
                self.bounds.kinds,
                refusable=self.platform.refusable,
            )
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
        components += part.budgets(components)
        listed = " and ".join(here.rstrip("/") for here in scopes)
        bounds = (*part.printed_bounds[:-1], ("instances", f"the fabric's records of {listed}; around them, anything"))
        ticks = frozenset(here + tick for here in scopes for tick in TICKS)
        length = Duration(self.bounds.tick)
        return Network(tuple(components), ticks, bounds, self.platform.chosen, self.deployment.name, length)
