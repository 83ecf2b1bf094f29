"""Families: verdicts on a deployment of any number of instances, from a few questions about one instance of each kind.

Instances of one role in one upgrade domain are alike.  A small workflow holds two of each kind (one where there is only
one) with the core as it is in the whole deployment; each kind is asked about once.  Kinds that differ in nothing that
the core ever makes use of are asked about together: before a package is updated, upgrade domains do not differ.
``judging.symbolic`` says what an answer means and why it is one about the whole deployment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from math import log10
from typing import TypeAlias

from ...model.deployment import Role
from ...model.engines.many_instances.family import Family
from ...model.engines.symbolic.diagrams import OutOfLimits
from ...model.network import Network
from ...model.network.path import Path
from ...model.network.statespace import NO_LIMITS, Limits
from ...model.workflow import Workflow, scope
from ..catalogue import deployment_properties
from ..catalogue.platform import Instance, in_ticks, instance_properties, service_properties
from ..judging.abstraction import Abstractions
from ..judging.symbolic import Judge
from ..property import WORST_FIRST, NothingLost, Property
from ..verdict import Verdict
from .two_processes import Forked, can_fork


@dataclass(frozen=True, eq=False)
class Representative:
    """An instance that is asked about for all that are like it: how many there are.

    ``alike``: the first instance of each other kind that is taken together with its own.
    """

    role: Role
    number: int
    stands_for: int
    alike: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """The prefix of its events and components."""
        return scope(self.role.name, self.number)


@dataclass(frozen=True, eq=False)
class Assembly:
    """A workflow as a family: the small workflow and the family that it is the network of."""

    workflow: Workflow
    small: Workflow
    family: Family

    def representatives(self, limits: Limits = NO_LIMITS) -> list[Representative]:
        """The instances to ask about, kinds that the core can't tell apart taken together.

        Where the limits don't suffice to tell which events of the core ever happen, all may, and fewer kinds are one.
        """
        network = self.family.network
        live = _live(self.family, limits)
        kinds: dict[object, list[str]] = defaultdict(list)
        for first in self.family.copies:
            kinds[_seen(network, first, self.family, live)].append(first)
        by_scope = {scope(r.name, n): (r, n) for r, n in self.small.instances}
        return [
            Representative(*by_scope[scopes[0]], sum(self.family.copies[s] for s in scopes), tuple(scopes[1:]))
            for scopes in kinds.values()
        ]


def assemble(workflow: Workflow) -> Assembly:
    """The family that a workflow is; nothing is built that grows with the number of its instances."""
    domains = workflow.deployment.upgrade_domain_count
    kinds: dict[tuple[str, int], list[int]] = defaultdict(list)
    for role, number in workflow.instances:
        kinds[role.name, role.upgrade_domain(number, domains)].append(number)
    chosen: dict[str, list[int]] = defaultdict(list)
    for (name, _), numbers in kinds.items():
        chosen[name] += numbers[:2]
    instances = tuple((name, tuple(sorted(numbers))) for name, numbers in chosen.items())
    small = Workflow(workflow.deployment, replace(workflow.bounds, instances=instances), workflow.platform)
    network = replace(small.network, bounds=workflow.printed_bounds)
    copies = {scope(name, numbers[0]): len(numbers) for (name, _), numbers in kinds.items()}
    return Assembly(workflow, small, Family(network, copies, lambda: workflow.network))


def _live(family: Family, limits: Limits) -> frozenset[str]:
    """The events of the core that the core, left to itself, can ever take part in."""
    known = [e for i in family.core for e in family.network.components[i].alphabet]
    core = Abstractions(family, None, limits).of()
    try:
        states, symbols = core.reached(core.base), core.symbols(core.base)
        return frozenset(e for e in known if (states & symbols.enabled(e)).satisfiable())
    except OutOfLimits:
        return frozenset(known)


def _seen(network: Network, here: str, family: Family, live: frozenset[str]) -> object:
    """An instance with its events, but for those that never happen: equal for instances that do not differ."""
    core = {e for i in family.core for e in network.components[i].alphabet}
    parts = []
    for i in (*family.core, *family.instances[here]):
        component, lts = network.components[i], network.components[i].lts
        mine = i in family.instances[here]
        rows = sorted(
            (name.removeprefix(here), lts.moves[e].tobytes(), lts.refused[e].tobytes())
            for e, name in enumerate(component.alphabet)
            if (name not in core or name in live) and (mine or name.startswith(here))
        )
        parts.append((component.name.removeprefix(here), lts.states if mine else (), tuple(rows)))
    return tuple(parts)


def properties_of(assembly: Assembly, who: Representative) -> list[Property]:
    """The platform's and the deployment's properties of one instance."""
    subject = who.scope.rstrip("/")
    instance = Instance(assembly.small, who.role, who.number)
    own = instance_properties(instance) + [p for p in deployment_properties(assembly.small) if p.subject == subject]
    return [in_ticks(p, assembly.workflow.bounds.tick) for p in own]


@dataclass(frozen=True)
class Prediction:
    """How large the product of all instances is, before anybody tries to build it: powers of ten.

    ``bound``: the product of the sizes of all agents; ``order``: that of the states which one instance of each kind has
    with the core, were all others absent and faults unlimited.  ``agents``: each agent of the kinds with its size.
    """

    agents: tuple[tuple[str, int], ...]
    bound: float
    order: float

    def __str__(self) -> str:
        return f"about 10^{self.order:.0f} states (10^{self.bound:.0f} by the sizes of the agents)"


def predict(assembly: Assembly, limits: Limits = NO_LIMITS) -> Prediction:
    """Predict the size of a workflow's product; raises OutOfLimits."""
    network, kinds = assembly.family.network, assembly.family.copies
    abstractions = Abstractions(assembly.family, None, limits)
    core = log10(abstractions.of().size())
    bound = sum(log10(network.components[i].lts.size) for i in assembly.family.core)
    order = core
    for who in assembly.representatives():
        own = assembly.family.instances[who.scope]
        bound += who.stands_for * sum(log10(network.components[i].lts.size) for i in own)
        order += who.stands_for * max(0.0, log10(abstractions.of(who.scope).size()) - core)
    first = {i for scope in kinds for i in assembly.family.instances[scope]}
    agents = tuple((c.name, c.lts.size) for i, c in enumerate(network.components) if not c.scope or i in first)
    return Prediction(agents, bound, order)


def verify_family(
    workflow: Workflow,
    select: Callable[[Iterable[Property]], Sequence[Property]] = list,
    limits: Limits = NO_LIMITS,
    progress: Callable[[str], None] | None = None,
    further: Callable[[Instance], Sequence[Property]] = lambda _: (),
    assembly: Assembly | None = None,
) -> list[Verdict]:
    """The verdicts on the whole catalogue for every instance of a workflow, however many there are.

    Properties of the service come first, then those of one instance of each kind, whose ``reason`` says for how many
    it stands.  ``select`` picks from the properties; ``further`` are more of them for one instance.
    """
    assembly = assemble(workflow) if assembly is None else assembly
    asked = assembly.representatives(limits)
    abstractions = Abstractions(assembly.family, {who.scope: who.stands_for for who in asked}, limits)
    minutes = workflow.bounds.tick
    service = select([in_ticks(p, minutes) for p in service_properties(assembly.family.network)])
    tasks: list[_Task] = []
    for who in asked:
        own = select([*properties_of(assembly, who), *further(Instance(assembly.small, who.role, who.number))])
        # An event of the service that is lost on an instance is found with each kind; all else is asked once.
        again = [p for p in service if not tasks or isinstance(p.claim, NothingLost)]
        if own or again:
            tasks.append(_Task(who, tuple(again), tuple(own)))
    here, elsewhere = _shared_out(tasks, abstractions)
    if elsewhere:
        abstractions.allowance.bytes //= 2
    judged: dict[str, list[Verdict]] = {}
    with Forked(lambda: [_packed(task.judged(abstractions)) for task in elsewhere], apart=bool(elsewhere)) as other:
        for task in here:
            if progress is not None:
                progress(f"{task.who.scope.rstrip('/')}: checking {len(task.properties)} properties")
            judged[task.who.scope] = task.judged(abstractions)
        for task, found in zip(elsewhere, other.result(), strict=True):
            if progress is not None:
                progress(f"{task.who.scope.rstrip('/')}: checked {len(task.properties)} properties")
            judged[task.who.scope] = _unpacked(task, found, assembly.family)
    of_service: dict[Property, Verdict] = {}
    of_instances: list[Verdict] = []
    for task in tasks:
        verdicts = judged[task.who.scope]
        for verdict in verdicts[: len(task.service)]:
            known = of_service.get(verdict.property)
            if known is None or WORST_FIRST[verdict.outcome] < WORST_FIRST[known.outcome]:
                of_service[verdict.property] = verdict
        of_instances += [_for_all(v, task.who) for v in verdicts[len(task.service) :]]
    return [*of_service.values(), *of_instances]


@dataclass(frozen=True, eq=False)
class _Task:
    """What is asked about one kind of instance: properties of the service, and its own."""

    who: Representative
    service: tuple[Property, ...]
    own: tuple[Property, ...]

    @property
    def properties(self) -> tuple[Property, ...]:
        return (*self.service, *self.own)

    def judged(self, abstractions: Abstractions) -> list[Verdict]:
        judge = Judge(abstractions.of(self.who.scope))
        return [judge.verdict(p) for p in self.properties]


def _shared_out(tasks: Sequence[_Task], abstractions: Abstractions) -> tuple[list[_Task], list[_Task]]:
    """The tasks in two parts of about equal weight; the first, with the heaviest of all, stays here."""
    if not can_fork():
        return list(tasks), []
    instances = abstractions.family.instances
    parts: tuple[list[_Task], list[_Task]] = ([], [])
    weights = [0, 0]
    for task in sorted(tasks, key=lambda t: -len(t.properties) * len(instances[t.who.scope])):
        lighter = 0 if weights[0] <= weights[1] else 1
        parts[lighter].append(task)
        weights[lighter] += len(task.properties) * len(instances[task.who.scope])
    return parts


_Packed: TypeAlias = list[tuple[dict[str, object], tuple[str, ...] | None]]


def _packed(verdicts: Sequence[Verdict]) -> _Packed:
    # What can be sent: a path as its events, and no property, which the other side knows.
    names = [f.name for f in fields(Verdict) if f.name not in ("property", "path")]
    return [({n: getattr(v, n) for n in names}, None if v.path is None else v.path.events) for v in verdicts]


def _unpacked(task: _Task, packed: _Packed, family: Family) -> list[Verdict]:
    return [
        Verdict(property=prop, path=None if events is None else Path.replay(family.real, events), **said)  # type: ignore[arg-type]
        for prop, (said, events) in zip(task.properties, packed, strict=True)
    ]


def _for_all(verdict: Verdict, who: Representative) -> Verdict:
    if who.stands_for == 1 or verdict.vacuous:
        return verdict
    same = f"the same for all {who.stands_for} instances of {who.role.name} that are like {who.scope.rstrip('/')}"
    alike = tuple(scope.rstrip("/") for scope in who.alike)
    return replace(verdict, reason=f"{verdict.reason}; {same}" if verdict.reason else same, alike=alike)
