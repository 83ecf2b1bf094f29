"""Random services: `deployments()` draws valid `Deployment` values, `files(deployment, ...)` writes them as XML.

The values are those that reading the files gives back, but for locations, sources and notes (`without_locations`).
Imported modules are expanded by the model's own expansion, whose judge is real packaging output (test_corpus.py), not
these values.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from xml.sax.saxutils import quoteattr

from hypothesis import strategies as st

from goalstate.model.deployment import (
    NOWHERE,
    Binding,
    Certificate,
    Deployment,
    Endpoint,
    EndpointKind,
    EntryPoint,
    EntryPointKind,
    ExecutionContext,
    Import,
    LocalStorage,
    Location,
    Probe,
    Role,
    RoleKind,
    Site,
    Task,
    TaskType,
    TopologyChangeDiscovery,
)
from goalstate.model.deployment.parts import Startup
from goalstate.model.deployment.plugins import add_module_parts, builtin_modules, expand_tasks, sdk_of
from goalstate.model.deployment.reading import Findings

Value = TypeVar("Value")

SCHEMA_VERSIONS = [None, "2012-10.1.8", "2014-06.2.4", "2015-04.2.6"]
NAMESPACES = {
    kind: f"http://schemas.microsoft.com/ServiceHosting/2008/10/{kind}"
    for kind in ("ServiceDefinition", "ServiceConfiguration")
}

names = st.tuples(st.sampled_from("AbZ_"), st.text("aB1_é& .()-", max_size=6), st.sampled_from("xY9_é")).map("".join)
"""Names as the schema allows them, with characters that XML must escape."""

texts = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1, max_size=12
)


def unique_names(max_size: int, min_size: int = 0) -> st.SearchStrategy[list[str]]:
    """Names that differ in more than case."""
    return st.lists(names, min_size=min_size, max_size=max_size, unique_by=str.casefold)


def environments() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    """Variables of a task: literal values, and values that the runtime fills in."""
    values = st.one_of(texts.filter(lambda text: not text.startswith("xpath:")), texts.map("xpath:".__add__))
    return st.tuples(unique_names(2), st.lists(values, min_size=2, max_size=2)).map(
        lambda p: tuple(zip(*p, strict=False))
    )


@st.composite
def startups(draw: st.DrawFn, max_tasks: int, relative_path: str) -> Startup:
    """A role's own tasks: of all three types, some of them in `/blockStartup` pairs."""
    tasks: list[Task] = []
    for number in range(draw(st.integers(0, max_tasks))):
        context = draw(st.sampled_from(ExecutionContext))
        if len(tasks) + 2 <= max_tasks and draw(st.booleans()):
            agent = f"agent{number}.exe"
            tasks.append(Task(f"tools\\{agent}", TaskType.BACKGROUND, context, None, relative_path))
            tasks.append(Task(f"tools\\{agent} /blockStartup", TaskType.SIMPLE, context, None, relative_path))
        elif len(tasks) < max_tasks:
            kind, variables = draw(st.sampled_from(TaskType)), draw(environments())
            command = f"task{number}.cmd > log.txt"
            tasks.append(Task(command, kind, context, None, relative_path, environment=variables))
    return Startup(0, tuple(tasks))


@st.composite
def endpoints(
    draw: st.DrawFn, ports: list[int], probes: Sequence[str], certificates: Sequence[str]
) -> tuple[Endpoint, ...]:
    """Endpoints of a role; public ports are taken from `ports`, which is used up."""
    found = []
    for name in draw(unique_names(3)):
        kind = draw(st.sampled_from(EndpointKind))
        local = draw(st.one_of(st.none(), st.integers(1, 65535)))
        if kind is EndpointKind.INPUT:
            protocol = draw(st.sampled_from(["http", "tcp", "udp", *(["https"] if certificates else [])]))
            found.append(
                Endpoint(
                    name,
                    kind,
                    protocol,
                    ports.pop(),
                    local,
                    probe=draw(st.sampled_from([None, *probes])),
                    ignores_status=draw(st.booleans()),
                    certificate=draw(st.sampled_from(certificates)) if protocol == "https" else None,
                )
            )
        elif kind is EndpointKind.INTERNAL:
            protocol = draw(st.sampled_from(["http", "tcp", "udp", "any"]))
            span = None if local is not None else draw(st.sampled_from([None, (2000, 2010)]))
            found.append(Endpoint(name, kind, protocol, local, local, port_range=span))
        else:
            low = ports.pop()
            local, protocol = draw(st.integers(1, 65535)), draw(st.sampled_from(["tcp", "udp"]))
            found.append(Endpoint(name, kind, protocol, None, local, port_range=(low, low + 5)))
    if draw(st.booleans()) and probes:  # left to chance, different probes at one role would hardly ever be drawn
        for number, probe in enumerate([None, *probes]):
            found.append(Endpoint(f"Probed{number}", EndpointKind.INPUT, "tcp", ports.pop(), 80, probe))
    return tuple(found)


@st.composite
def sites(draw: st.DrawFn, endpoints: Sequence[Endpoint]) -> tuple[Site, ...]:
    """One or two sites bound to the given endpoints, of which there must be one."""
    found = []
    for index, name in enumerate(draw(unique_names(2, 1))):
        bindings = tuple(
            Binding(binding, draw(st.sampled_from(endpoints)).name, draw(st.one_of(st.none(), texts)))
            for binding in draw(unique_names(2, 1))
        )
        found.append(Site(name, index, draw(st.one_of(st.none(), texts)), bindings))
    return tuple(found)


@st.composite
def entry_points(draw: st.DrawFn, kind: RoleKind) -> EntryPoint:
    """A role's runtime: nothing, an assembly, or (worker roles only) a program."""
    kinds = [k for k in EntryPointKind if k is not EntryPointKind.PROGRAM or kind is RoleKind.WORKER]
    chosen = draw(st.sampled_from(kinds))
    return EntryPoint(
        chosen,
        "" if chosen is EntryPointKind.NONE else draw(texts),
        chosen is EntryPointKind.PROGRAM,
        context=draw(st.sampled_from(ExecutionContext)),
        environment=draw(environments()),
    )


def role_kinds(max_roles: int) -> st.SearchStrategy[list[RoleKind]]:
    """The kinds of the roles of a service: any, or, if there may be so many roles, one of each kind."""
    some = st.lists(st.sampled_from(RoleKind), min_size=1, max_size=max_roles)
    return st.one_of(some, st.permutations(list(RoleKind))) if max_roles >= len(RoleKind) else some


@st.composite
def deployments(draw: st.DrawFn, *, max_roles: int = 3, max_instances: int = 3, max_tasks: int = 3) -> Deployment:
    """Valid services: up to `max_roles` roles of the three kinds, with modules, own tasks, endpoints, sites, probes."""
    schema_version = draw(st.sampled_from(SCHEMA_VERSIONS))
    modules = builtin_modules(sdk_of(schema_version))
    probes = tuple(
        Probe(
            name,
            protocol := draw(st.sampled_from(["http", "tcp"])),
            draw(st.one_of(st.none(), st.integers(1, 65535))),
            "/" + draw(texts) if protocol == "http" else None,
            draw(st.integers(5, 60)),
            draw(st.integers(11, 120)),
        )
        for name in draw(unique_names(2))
    )
    ports = [10_000 + 10 * number for number in range(40)]
    roles: list[Role] = []
    for name, kind in zip(draw(unique_names(max_roles, max_roles)), draw(role_kinds(max_roles)), strict=False):
        forwarded = any(entry.module == "RemoteForwarder" for role in roles for entry in role.imports)
        allowed = [module for module in modules if not (forwarded and module == "RemoteForwarder")]
        imports = tuple(Import(module) for module in draw(st.lists(st.sampled_from(allowed), max_size=3, unique=True)))
        more_endpoints, more_settings, more_certificates, _ = add_module_parts(imports, modules)
        own_certificates = tuple(
            Certificate(certificate, "LocalMachine", "My", draw(st.booleans()), draw(st.sampled_from([None, "AB12"])))
            for certificate in draw(unique_names(1))
        )
        own_endpoints = draw(endpoints(ports, [probe.name for probe in probes], [c.name for c in own_certificates]))
        if kind is RoleKind.FULL_IIS_WEB and not own_endpoints:
            own_endpoints = (Endpoint("HttpIn", EndpointKind.INPUT, "http", ports[-1], ports.pop()),)
        startup = draw(startups(max_tasks, "approot\\bin" if kind.is_web else "approot\\"))
        storage = tuple(
            LocalStorage(local, draw(st.integers(1, 5000)), draw(st.booleans())) for local in draw(unique_names(2))
        )
        roles.append(
            Role(
                name,
                kind,
                draw(st.integers(1, max_instances)),
                expand_tasks(kind, startup, imports, modules, Findings()),
                own_endpoints + more_endpoints,
                draw(sites(own_endpoints)) if kind is RoleKind.FULL_IIS_WEB else (),
                draw(entry_points(kind)),
                (*storage, LocalStorage("DiagnosticStore", 4096, False)),
                own_certificates + more_certificates,
                (*draw(unique_names(2)), *more_settings),
                imports,
                draw(st.sampled_from(["Small", "Large"])),
            )
        )
    return Deployment(
        draw(names),
        tuple(roles),
        probes,
        draw(st.integers(1, 20)),
        draw(st.sampled_from(TopologyChangeDiscovery)),
        draw(st.integers(1, 7)),
        draw(st.sampled_from(["*", "WA-GUEST-OS-4.1_201311-01"])),
        schema_version=schema_version,
    )


def without_locations(value: Value) -> Value:
    """The same value with every location replaced by `NOWHERE`, and without sources, notes and warnings."""
    bare = _without_locations(value)
    return replace(bare, sources=(), notes=(), warnings=()) if isinstance(bare, Deployment) else bare  # type: ignore[return-value]


def _without_locations(value: Any) -> Any:
    if isinstance(value, Location):
        return NOWHERE
    if isinstance(value, tuple):
        return tuple(map(_without_locations, value))
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{field.name: _without_locations(getattr(value, field.name)) for field in fields(value)})
    return value


class _Writer:
    """Writes elements with attributes in random order, random white space and comments."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def blank(self) -> str:
        return self.chance.choice([" ", "\n", "\t ", "\n\n  "])

    def element(self, tag: str, attributes: Mapping[str, object] | None = None, *children: str) -> str:
        given = [(key, value) for key, value in (attributes or {}).items() if value is not None]
        self.chance.shuffle(given)
        # Nothing inside a value is white space but blanks, so normalisation changes nothing.
        head = "".join(f"{self.blank()}{key}={quoteattr(str(value))}" for key, value in given)
        inside = "".join(self.blank() + self.chance.choice(["", "<!-- a comment -->"]) + c for c in children)
        return f"<{tag}{head}/>" if not children else f"<{tag}{head}>{inside}{self.blank()}</{tag}>"

    def boolean(self, value: bool) -> str:
        return self.chance.choice(["true", "1"] if value else ["false", "0"])


def files(deployment: Deployment, chance: random.Random) -> tuple[str, str]:
    """The definition and the configuration of a deployment as XML that says the same in a random manner."""
    writer = _Writer(chance)
    probes = [
        writer.element(
            "LoadBalancerProbe",
            {
                "name": probe.name,
                "protocol": probe.protocol,
                "port": probe.port,
                "path": probe.path,
                "intervalInSeconds": probe.interval_seconds,
                "timeoutInSeconds": probe.timeout_seconds,
            },
        )
        for probe in deployment.probes
    ]
    definition = writer.element(
        "ServiceDefinition",
        {
            "xmlns": NAMESPACES["ServiceDefinition"],
            "name": deployment.name,
            "upgradeDomainCount": deployment.upgrade_domain_count,
            "topologyChangeDiscovery": deployment.topology_change_discovery.value,
            "schemaVersion": deployment.schema_version,
        },
        *([writer.element("LoadBalancerProbes", None, *probes)] if probes else []),
        *(_role(role, writer) for role in deployment.roles),
    )
    configuration = writer.element(
        "ServiceConfiguration",
        {
            "xmlns": NAMESPACES["ServiceConfiguration"],
            "serviceName": deployment.name,
            "osFamily": deployment.os_family,
            "osVersion": deployment.os_version,
        },
        *(_configured(role, writer) for role in deployment.roles),
    )
    return definition, configuration


def _configured(role: Role, writer: _Writer) -> str:
    return writer.element(
        "Role",
        {"name": role.name},
        writer.element("Instances", {"count": role.instances}),
        writer.element(
            "Certificates",
            None,
            *(
                writer.element(
                    "Certificate", {"name": c.name, "thumbprint": c.thumbprint, "thumbprintAlgorithm": "sha1"}
                )
                for c in role.certificates
                if c.thumbprint is not None
            ),
        ),
    )


def _role(role: Role, writer: _Writer) -> str:
    parts = [
        writer.element("Imports", None, *(writer.element("Import", {"moduleName": i.module}) for i in role.imports)),
        writer.element("Startup", None, *(_task(task, writer) for task in role.tasks if task.module is None)),
        writer.element("Endpoints", None, *(_endpoint(e, writer) for e in role.endpoints if e.module is None)),
        writer.element(
            "ConfigurationSettings",
            None,
            *(
                writer.element("Setting", {"name": setting})
                for setting in role.settings
                if not setting.startswith("Microsoft.WindowsAzure.Plugins.")
            ),
        ),
        writer.element(
            "Certificates",
            None,
            *(
                writer.element(
                    "Certificate",
                    {
                        "name": c.name,
                        "storeLocation": c.store_location,
                        "storeName": c.store_name,
                        "permissionLevel": "elevated" if c.elevated_only else None,
                    },
                )
                for c in role.certificates
                if c.module is None
            ),
        ),
        writer.element(
            "LocalResources",
            None,
            *(
                writer.element(
                    "LocalStorage",
                    {
                        "name": storage.name,
                        "sizeInMB": storage.size_mb,
                        "cleanOnRoleRecycle": writer.boolean(storage.clean_on_role_recycle),
                    },
                )
                for storage in role.local_storage
                if storage.name != "DiagnosticStore"
            ),
        ),
        _runtime(role.entry_point, writer),
    ]
    if role.kind is RoleKind.FULL_IIS_WEB:
        parts.append(writer.element("Sites", None, *(_site(site, writer) for site in role.sites)))
    writer.chance.shuffle(parts)
    tag = "WorkerRole" if role.kind is RoleKind.WORKER else "WebRole"
    return writer.element(tag, {"name": role.name, "vmsize": role.vm_size}, *parts)


def _environment(environment: tuple[tuple[str, str], ...], writer: _Writer) -> str:
    return writer.element(
        "Environment",
        None,
        *(
            writer.element("Variable", {"name": name}, writer.element("RoleInstanceValue", {"xpath": value[6:]}))
            if value.startswith("xpath:")
            else writer.element("Variable", {"name": name, "value": value})
            for name, value in environment
        ),
    )


def _task(task: Task, writer: _Writer) -> str:
    simple = task.type is TaskType.SIMPLE and writer.chance.random() < 0.5
    attributes = {
        "commandLine": task.command,
        "taskType": None if simple else task.type.value,
        "executionContext": task.context.value,
    }
    return writer.element("Task", attributes, _environment(task.environment, writer))


def _endpoint(endpoint: Endpoint, writer: _Writer) -> str:
    span = (
        ()
        if endpoint.port_range is None
        else (writer.element("FixedPortRange", {"min": endpoint.port_range[0], "max": endpoint.port_range[1]}),)
    )
    shared: dict[str, object] = {"name": endpoint.name, "protocol": endpoint.protocol}
    if endpoint.kind is EndpointKind.INPUT:
        more: dict[str, object] = {
            "port": endpoint.port,
            "localPort": "*" if endpoint.local_port is None else endpoint.local_port,
            "loadBalancerProbe": endpoint.probe,
            "ignoreRoleInstanceStatus": writer.boolean(endpoint.ignores_status),
            "certificate": endpoint.certificate,
        }
        return writer.element("InputEndpoint", shared | more)
    if endpoint.kind is EndpointKind.INTERNAL:
        return writer.element("InternalEndpoint", shared | {"port": endpoint.port}, *span)
    source = writer.element("AllocatePublicPortFrom", None, *span)
    return writer.element("InstanceInputEndpoint", shared | {"localPort": endpoint.local_port}, source)


def _site(site: Site, writer: _Writer) -> str:
    bindings = [
        writer.element("Binding", {"name": b.name, "endpointName": b.endpoint, "hostHeader": b.host_header})
        for b in site.bindings
    ]
    attributes = {"name": site.name, "physicalDirectory": site.physical_directory}
    return writer.element("Site", attributes, writer.element("Bindings", None, *bindings))


def _runtime(entry: EntryPoint, writer: _Writer) -> str:
    inner = [_environment(entry.environment, writer)]
    if entry.kind is EntryPointKind.NETFX:
        point = writer.element("NetFxEntryPoint", {"assemblyName": entry.command})
        inner.append(writer.element("EntryPoint", None, point))
    elif entry.kind is EntryPointKind.PROGRAM:
        ready = writer.boolean(entry.set_ready_on_process_start)
        point = writer.element("ProgramEntryPoint", {"commandLine": entry.command, "setReadyOnProcessStart": ready})
        inner.append(writer.element("EntryPoint", None, point))
    return writer.element("Runtime", {"executionContext": entry.context.value}, *inner)
