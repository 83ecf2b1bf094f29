"""Random services that use every feature of the schema that the model knows, mixed as nobody planned it.

``drawn`` draws one, small enough to be verified in seconds; ``features`` says what a service uses, so that a test can
tell that nothing is left out.  What the model makes of a feature stands in ``model/instance.py`` and
``model/workflow.py``: a feature that gets there belongs here too.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from goalstate.model.deployment import (
    Binding,
    Certificate,
    Deployment,
    Endpoint,
    EndpointKind,
    EntryPoint,
    EntryPointKind,
    Import,
    LocalStorage,
    Probe,
    Role,
    RoleKind,
    Site,
    Task,
    TaskType,
    TopologyChangeDiscovery,
)
from goalstate.model.deployment.parts import Startup
from goalstate.model.deployment.plugins import add_module_parts, builtin_modules, expand_tasks
from goalstate.model.deployment.reading import Findings
from goalstate.model.instance import balanced
from goalstate.model.platform import ALTERNATIVES, Platform

MOST_TASKS = 3
"""Startup tasks of a role: each more multiplies the states."""

PROBE = Probe("Alive", "http", path="/alive")
MODULES = builtin_modules((2, 4))
CERTIFICATE = Certificate("Own", "LocalMachine", "My", False, "AB12")
STORAGE = (LocalStorage("Cache", 100, True), LocalStorage("Kept", 100, False))
IMPORTED = ("RemoteAccess", "Diagnostics", "RemoteForwarder")
PROBED = {
    (True, True): "mixed probes",
    (True, False): "guest agent's probe",
    (False, True): "custom probe",
    (False, False): "no probe",
}
PORTS = range(8000, 9000, 10)


def drawn(chance: Random) -> Deployment:
    """A service of one to three roles."""
    ports = list(PORTS)
    kinds = chance.sample(list(RoleKind), chance.choice((1, 1, 2, 3)))
    return Deployment(
        "Random",
        tuple(_role(chance, name, kind, ports) for name, kind in zip("ABC", kinds, strict=False)),
        (PROBE,),
        chance.randint(1, 3),
        chance.choice(list(TopologyChangeDiscovery)),
    )


def drawn_platform(chance: Random) -> Platform:
    """The default options, or now and then another alternative of one of them."""
    if chance.random() < 0.7:
        return Platform()
    option = chance.choice(sorted(ALTERNATIVES))
    return Platform.of({option: chance.choice(sorted(ALTERNATIVES[option]))})


def service_of(seed: int) -> tuple[Deployment, Platform]:
    """The service of a number, with its options: the same in every run."""
    chance = Random(seed)
    return drawn(chance), drawn_platform(chance)


def features(service: Deployment) -> frozenset[str]:
    """What a service uses, in words."""
    found = {f"{service.topology_change_discovery.value} discovery", f"{len(service.roles)} kinds of roles"}
    domains = service.upgrade_domain_count
    used = {role.upgrade_domain(n, domains) for role in service.roles for n in range(role.instances)}
    found.add("several domains" if len(used) > 1 else "one domain")
    for role in service.roles:
        found |= {f"{role.kind.value} role", f"{role.entry_point.kind.value} entry point"}
        found |= {f"{task.type.value} task" for task in role.tasks if task.module is None and task.partner is None}
        found |= {"pair of tasks" for task in role.tasks if task.partner is not None and task.module is None}
        found |= {f"module {entry.module}" for entry in role.imports}
        found |= {f"{e.kind.value} endpoint" for e in role.endpoints if e.module is None}
        found |= {"endpoint that ignores the status" for e in role.endpoints if e.ignores_status}
        found |= {"certificate" for c in role.certificates if c.module is None}
        found |= {"endpoint with a certificate" for e in role.endpoints if e.certificate}
        found |= {"storage that stays" for s in role.local_storage if s == STORAGE[1]}
        found.add(PROBED[balanced(role)])
        found |= {"several sites"} if len(role.sites) > 1 else set()
        found |= {"several instances"} if role.instances > 1 else set()
    return frozenset(found)


def _role(chance: Random, name: str, kind: RoleKind, ports: list[int]) -> Role:
    imports = tuple(map(Import, chance.sample(IMPORTED, chance.choice((0, 0, 0, 1)))))
    more_endpoints, settings, more_certificates, more_storage = add_module_parts(imports, MODULES)
    own = chance.sample((CERTIFICATE,), chance.randint(0, 1))
    endpoints = _endpoints(chance, kind, ports, [c.name for c in own])
    tasks = _tasks(chance, 1 if imports else MOST_TASKS)
    role = Role(
        name,
        kind,
        chance.choice((1, 1, 2, 3)),
        expand_tasks(kind, Startup(0, tasks), imports, MODULES, Findings()),
        (*endpoints, *more_endpoints),
        _sites(chance, endpoints) if kind is RoleKind.FULL_IIS_WEB else (),
        _entry_point(chance, kind),
        (*chance.sample(STORAGE, chance.randint(0, 2)), *more_storage),
        (*own, *more_certificates),
        settings,
        imports,
    )
    return replace(role, local_storage=(*role.local_storage, LocalStorage("DiagnosticStore", 4096, False)))


def _tasks(chance: Random, most: int) -> tuple[Task, ...]:
    tasks: list[Task] = []
    for k in range(chance.randint(0, most)):
        if len(tasks) + 2 <= most and chance.random() < 0.2:
            tasks += [Task(f"agent{k}.exe", TaskType.BACKGROUND), Task(f"agent{k}.exe /blockStartup")]
        elif len(tasks) < most:
            tasks.append(Task(f"task{k}.cmd", chance.choice(list(TaskType))))
    return tuple(tasks)


def _endpoints(chance: Random, kind: RoleKind, ports: list[int], certificates: list[str]) -> tuple[Endpoint, ...]:
    found = []
    for k in range(chance.randint(1 if kind is RoleKind.FULL_IIS_WEB else 0, 3)):
        port = ports.pop()
        match chance.choice((*[EndpointKind.INPUT] * 3, EndpointKind.INTERNAL, EndpointKind.INSTANCE_INPUT)):
            case EndpointKind.INPUT:
                protocol = chance.choice(("http", "tcp", *(["https"] if certificates else [])))
                certificate = certificates[0] if protocol == "https" else None
                probe = chance.choice((None, PROBE.name))
                ignores = chance.random() < 0.15
                found.append(Endpoint(f"In{k}", EndpointKind.INPUT, protocol, port, port, probe, ignores, certificate))
            case EndpointKind.INTERNAL:
                found.append(Endpoint(f"Inner{k}", EndpointKind.INTERNAL, "tcp", port, port))
            case EndpointKind.INSTANCE_INPUT:
                found.append(
                    Endpoint(f"Own{k}", EndpointKind.INSTANCE_INPUT, "tcp", None, port, port_range=(port, port + 5))
                )
    return tuple(found)


def _sites(chance: Random, endpoints: tuple[Endpoint, ...]) -> tuple[Site, ...]:
    return tuple(
        Site(f"Site{k}", k, None, (Binding("Http", chance.choice(endpoints).name, f"host{k}"),))
        for k in range(chance.randint(1, 2))
    )


def _entry_point(chance: Random, kind: RoleKind) -> EntryPoint:
    kinds = [k for k in EntryPointKind if k is not EntryPointKind.PROGRAM or kind is RoleKind.WORKER]
    chosen = chance.choice(kinds)
    return EntryPoint(chosen, "" if chosen is EntryPointKind.NONE else "role.dll", chosen is EntryPointKind.PROGRAM)
