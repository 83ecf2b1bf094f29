"""The searches of a verification: one list, from which they are made and, for a saved run, found again.

The product of all instances of a deployment is beyond any explicit search.  Instances meet only in the fabric, which
they share, and in the fault budget; so each role is checked on one instance together with user, RDFE, FFE and fabric
controller, and the bounds of every verdict say so.  Unless told otherwise two searches are made per role:

* *start*: the first deployment, with one fault of any kind at any moment, minute by minute;
* *operations*: a second request of the user (stop, update, configuration change, reboot, reimage), without faults.

``thorough`` adds a third, *combined*: a second request and one fault, in steps of five minutes.  It has ten times the
states of the others.

Liveness (``catalogue.liveness``) is judged in the same worlds, in steps of five minutes unless the user chose the tick.
The limits of the model are multiples of five minutes, and the search has a third of the states.

*Availability* of a role is judged under bounds of its own (``bounds_of_one``).

A deployment with several upgrade domains gets one search more, *fabric*: an update walks from domain to domain, which
no search on one instance sees.  It holds the fabric with all domains and the placement records of two of them; the rest
of each instance may do anything (``model.workflow.Fabric``).

Each of ``faults``, ``requests`` and ``tick`` in the settings changes what it names and nothing else: ``faults`` those
of start, ``requests`` those of operations, ``tick`` the minutes of both.  ``faults`` and ``requests`` together ask for
one search with both, which replaces the two.  ``whole`` puts all instances into one network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from ...model.deployment import Deployment, Role
from ...model.network import Network
from ...model.workflow import Bounds, Fabric, Faults, Workflow
from ..catalogue import deployment_properties, fabric_properties, liveness_properties, platform_properties
from ..catalogue.deployment import TOGETHER, availability
from ..property import Property
from .settings import Engine, Settings, as_chosen

SERVICE_FAULTS = frozenset({"rdfe_crash", "ffe_crash", "fabric_crash"})
"""Kinds of faults of the service as a whole."""

LIVENESS_TICK = 5
"""Minutes in a tick where liveness is judged."""

LIVENESS_BEFORE = "in the end"
"""The word for liveness in the labels of runs that were saved before version 0.2."""


class SearchKind(Enum):
    """What a search is about; the value is the word for it in the search's label."""

    START = "start"
    OPERATIONS = "operations"
    COMBINED = "combined"
    BOUNDED = "within the bounds chosen"
    LIVENESS = "liveness"
    AVAILABILITY = "availability"
    FABRIC = "fabric"
    NETWORK = "network"

    @property
    def is_standard(self) -> bool:
        """Whether it asks for the safety of a role: start, operations, combined, or what replaces them."""
        return self in (SearchKind.START, SearchKind.OPERATIONS, SearchKind.COMBINED, SearchKind.BOUNDED)


@dataclass(frozen=True)
class GivenNetwork:
    """Any network written in the notation, with the properties to check on it."""

    network: Network
    properties: tuple[Property, ...]


@dataclass(frozen=True)
class Identity:
    """Which property it is, whatever the definition calls its tasks: what it is about, its sentence in general, and its
    place among those of the same sentence."""

    subject: str
    general: str
    place: int = 0


@dataclass(frozen=True)
class Search:
    """One search: what is searched, and what is asked about it.

    ``role``: the name of the role whose instance is searched; empty for all roles together.  ``within``: the kind of
    search whose world a search for liveness is made in.  Networks and properties are made when they are asked for.
    """

    kind: SearchKind
    system: Workflow | Fabric | GivenNetwork
    role: str = ""
    within: SearchKind | None = None

    @property
    def label(self) -> str:
        """The name of the search in a report."""
        match self.kind:
            case SearchKind.NETWORK:
                return self.network.name
            case SearchKind.LIVENESS if self.within is not None:
                return f"{_label(self.role, self.within)}, {self.kind.value}"
            case _:
                return _label(self.role, self.kind)

    @property
    def network(self) -> Network:
        """The network that is searched."""
        return self.system.network

    @property
    def workflow(self) -> Workflow:
        """The workflow that is searched; raises TypeError where that is something else."""
        if not isinstance(self.system, Workflow):
            raise TypeError(f"search {self.label!r} is not about a workflow")
        return self.system

    def properties(self) -> list[Property]:
        """The properties that are asked about."""
        match self.system:
            case GivenNetwork():
                return list(self.system.properties)
            case Fabric():
                return fabric_properties(self.system)
            case Workflow() if self.kind is SearchKind.LIVENESS:
                return liveness_properties(self.system)
            case Workflow() if self.kind is SearchKind.AVAILABILITY:
                return availability(self.system, self.system.instances[0][0])
            case Workflow():
                return platform_properties(self.system) + deployment_properties(self.system)

    def identity(self, prop: Property) -> Identity:
        """What a property keeps while commands and ticks in its name change."""
        alike = self._alike(prop.subject, prop.in_general)
        return Identity(prop.subject, prop.in_general, alike.index(prop))

    def property(self, name: str, identity: Identity | None = None) -> Property | None:
        """The property of a name; where there is none, that of an identity."""
        same = next((p for p in self.properties() if str(p) == name), None)
        if same is not None or identity is None:
            return same
        alike = self._alike(identity.subject, identity.general)
        return alike[identity.place] if 0 <= identity.place < len(alike) else None

    def _alike(self, subject: str, general: str) -> list[Property]:
        return [p for p in self.properties() if (p.subject, p.in_general) == (subject, general)]


def network_search(network: Network, properties: tuple[Property, ...]) -> Search:
    """The search of any network."""
    return Search(SearchKind.NETWORK, GivenNetwork(network, properties))


def searches(deployment: Deployment, settings: Settings) -> list[Search]:
    """All searches of a verification, in the order of the report.

    Those that follow each other and have the same ``system`` ask about the same states.  Raises BoundsError.
    """
    deployment = as_chosen(deployment, settings)
    found: list[Search] = []
    alone = {role.name: role for role in deployment.roles if role.input_endpoints}
    for search in _standard(deployment, settings):
        found.append(search)
        role = alone.get(search.role)
        if role is not None and bounds_of_one(role, settings) == search.workflow.bounds:
            found.append(_availability(deployment, alone.pop(search.role), settings))
        if not liveness_left_out(settings):
            bounds = replace(search.workflow.bounds, tick=LIVENESS_TICK if settings.tick is None else settings.tick)
            slower = replace(search.workflow, bounds=bounds)
            found.append(Search(SearchKind.LIVENESS, slower, search.role, within=search.kind))
    found += _fabric(deployment, settings)
    return found + [_availability(deployment, role, settings) for role in alone.values()]


def search_of(deployment: Deployment, settings: Settings, label: str) -> Search | None:
    """The search of a label, on which its runs can be replayed; None where the deployment has no such search.

    A run about availability is one of all instances of the role.  Labels as earlier versions wrote them are known too.
    """
    by_label = {search.label: search for search in searches(deployment, settings)}
    found = by_label.get(label) or by_label.get(label.replace(LIVENESS_BEFORE, SearchKind.LIVENESS.value))
    if found is None or found.kind is not SearchKind.AVAILABILITY:
        return found
    [(role, _)] = found.workflow.instances
    if role.instances > TOGETHER:
        return None
    return replace(found, system=replace(found.workflow, bounds=bounds_of_all(role, settings)))


def liveness_left_out(settings: Settings) -> str:
    """Why liveness is not judged; empty if it is."""
    what = "liveness was not judged"
    if not settings.liveness:
        return f"{what}: leave out --no-liveness"
    if settings.whole:
        return f"{what}: it is judged on one instance of each role, without --whole"
    if settings.engine is Engine.SYMBOLIC:
        return f"{what}: runs that never end need another engine, explicit or reference"
    return ""


def bounds_of_one(role: Role, settings: Settings) -> Bounds:
    """The bounds of the search on one instance that decides about the availability of all.

    Of k faults, if s are those of RDFE, FFE or the fabric controller, which all instances share, some instance of n
    suffers (k - s) // n at most.  So one instance is searched with k // n faults of its own and, besides,
    as many of the service's as there can be, k: more than it will ever meet.
    """
    faults = settings.most_faults
    if role.instances > 1 and faults.kinds is not None:
        own = sum(n for kind, n in faults.kinds if kind not in SERVICE_FAULTS)
        if own < role.instances:
            faults = Faults(0, tuple((kind, n) for kind, n in faults.kinds if kind in SERVICE_FAULTS and n) or None)
    elif role.instances > 1 and faults.total:
        faults = Faults(faults.total // role.instances, service=faults.total)
    return Bounds(faults, 1, settings.minutes, ((role.name, (0,)),), settings.also)


def bounds_of_all(role: Role, settings: Settings) -> Bounds:
    """The bounds of all instances of a role together, for which availability is asked."""
    instances = ((role.name, tuple(range(role.instances))),)
    return Bounds(settings.most_faults, 1, settings.minutes, instances, settings.also)


def _standard(deployment: Deployment, settings: Settings) -> Iterator[Search]:
    """The searches for safety: of each role, or of all instances together."""
    faults, requests, tick = settings.most_faults, settings.most_requests, settings.minutes
    several = {SearchKind.START: Bounds(faults, 1, tick), SearchKind.OPERATIONS: Bounds(Faults(0), requests, tick)}
    if settings.thorough and not settings.bounded:
        several[SearchKind.COMBINED] = Bounds(Faults(1), 2, 5)
    if settings.faults is not None and settings.requests is not None:
        several = {SearchKind.BOUNDED: Bounds(faults, requests, tick)}
    for role in [""] if settings.whole else [role.name for role in deployment.roles]:
        for kind, bounds in several.items():
            of = replace(bounds, also=settings.also, instances=None if settings.whole else ((role, (0,)),))
            yield Search(kind, Workflow(deployment, of, settings.platform), role)


def _fabric(deployment: Deployment, settings: Settings) -> list[Search]:
    """The fabric, where there is more than one upgrade domain to walk and the user may ask for more than to deploy."""
    if settings.whole or settings.most_requests == 1:
        return []
    bounds = Bounds(settings.most_faults, settings.most_requests, settings.minutes, also=settings.also)
    fabric = Fabric(deployment, bounds, settings.platform)
    return [Search(SearchKind.FABRIC, fabric)] if len(fabric.instances) > 1 else []


def _availability(deployment: Deployment, role: Role, settings: Settings) -> Search:
    workflow = Workflow(deployment, bounds_of_one(role, settings), settings.platform)
    return Search(SearchKind.AVAILABILITY, workflow, role.name)


def _label(role: str, kind: SearchKind) -> str:
    what = "" if kind is SearchKind.BOUNDED else kind.value
    return ": ".join(filter(None, (role, what))) or "all instances"
