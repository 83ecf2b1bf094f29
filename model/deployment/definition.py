"""The service definition (`.csdef`): roles with their imported modules expanded, and load-balancer probes.

What the schema of SDK 2.4 refuses is refused; what older schemas allowed is read, with a note: `InputEndpoints`,
`InternalEndpoint` and `LocalStorage` directly under a role, and files without namespace. A web role without `<Sites>`
is an HWC web role (R-J1). Sources: the schema files of SDK 2.4 and Microsoft's pages on them; where both speak,
docs/reference/service-files.md says which one counts. Left out: everything reported as a note.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from .document import Document, Element, read_document
from .parts import (
    MAX_INT,
    MAX_PORT,
    read_certificates,
    read_endpoint,
    read_endpoints,
    read_environment,
    read_local_resources,
    read_local_storage,
    read_settings,
    read_startup,
)
from .plugins import Module, Version, add_module_parts, expand_tasks, find_modules, sdk_of
from .problems import DeploymentError, listed, suggestion
from .reading import Findings, Reading, shown
from .service import (
    Binding,
    Endpoint,
    EndpointKind,
    EntryPoint,
    EntryPointKind,
    ExecutionContext,
    Import,
    LocalStorage,
    Location,
    Note,
    Probe,
    Role,
    RoleKind,
    Site,
    TopologyChangeDiscovery,
)

NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition"
MAX_ROLES = 25
MAX_UPGRADE_DOMAINS = 20
MAX_TASKS = 100
MAX_SITES = 100
"""Startup tasks and sites of a role: no limits of the platform's, but of what can be checked."""
DIAGNOSTIC_STORE_MB = 4096


class _ProbeProtocol(StrEnum):
    HTTP = "http"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a `.csdef` says; its roles have one instance each until a configuration says otherwise."""

    name: str
    roles: tuple[Role, ...]
    probes: tuple[Probe, ...]
    upgrade_domain_count: int
    topology_change_discovery: TopologyChangeDiscovery
    schema_version: str | None
    location: Location
    sources: tuple[str, ...]
    notes: tuple[Note, ...]


def read_definition(path: Path, *, sdk: Version | None = None) -> Definition:
    """Read a `.csdef`, expanding its imports as the SDK that it names does (or the one given, such as `(2, 9)`).

    Raises `DeploymentError` with every mistake found.
    """
    document = read_document(path)
    findings = Findings(notes=list(document.notes))
    definition = _definition(document, path, sdk, findings)
    if findings.problems:
        raise DeploymentError(sorted(findings.problems))
    return replace(definition, notes=tuple(findings.notes))


def require_root(document: Document, name: str, namespace: str, findings: Findings) -> None:
    """Report a wrong root element or namespace; raises `DeploymentError` if there is nothing to read below it."""
    root = document.root
    if root.name != name:
        others = {
            "ServiceDefinition": "this is a definition (.csdef)",
            "ServiceConfiguration": "this is a configuration (.cscfg)",
            "RoleModule": "this is a plugin (.csplugin), not a service",
            "RoleModel": "this is packaging output, not its input",
        }
        fix = others.get(root.name, suggestion(root.name, [name], "give the service's file"))
        findings.problem(root.location, f"root element <{root.name}>", f"<{name}>", fix)
        raise DeploymentError(findings.problems)
    if document.namespace is None:
        findings.note(root.location, name, "no namespace; read as if it had the usual one")
    elif document.namespace != namespace:
        what = f"namespace {shown(document.namespace)}"
        findings.problem(root.location, what, namespace, f'write xmlns="{namespace}"')
        raise DeploymentError(findings.problems)


def _definition(document: Document, path: Path, sdk: Version | None, findings: Findings) -> Definition:
    require_root(document, "ServiceDefinition", NAMESPACE, findings)
    reading = Reading(document.root, findings)
    schema_version = reading.text("schemaVersion")
    version = sdk if sdk is not None else sdk_of(schema_version)
    if schema_version not in (None, "unspecified") and sdk_of(schema_version) is None:
        reason = f"{schema_version!r} names no SDK; modules are those of SDK 1.8"
        findings.note(reading.location, "ServiceDefinition/@schemaVersion", reason)
    probes = _probes(reading.child("LoadBalancerProbes"), findings)
    role_elements = reading.children("WebRole", "WorkerRole")
    imports = [_imports(element, findings) for element in role_elements]
    modules = find_modules((i for entries in imports for i in entries), path.parent, version, findings)
    roles = tuple(
        _role(element, entries, modules, version, findings)
        for element, entries in zip(role_elements, imports, strict=True)
    )
    reading.unmodelled_children("NetworkTrafficRules", "traffic between roles is not modelled")
    for child in document.root.children:
        if child.name.endswith("Role") and child.name not in ("WebRole", "WorkerRole"):
            what = f"unknown kind of role <{child.name}>"
            fix = suggestion(child.name, ["WebRole", "WorkerRole"], "make it one of these")
            findings.problem(child.location, what, "<WebRole>, <WorkerRole>", fix)
            reading.children(child.name)
    definition = Definition(
        name=reading.name(),
        roles=roles,
        probes=probes,
        upgrade_domain_count=reading.integer("upgradeDomainCount", 1, MAX_UPGRADE_DOMAINS, 5),
        topology_change_discovery=reading.choice(
            "topologyChangeDiscovery", TopologyChangeDiscovery, TopologyChangeDiscovery.UPGRADE_DOMAIN_WALK
        ),
        schema_version=schema_version,
        location=reading.location,
        sources=(str(path), *(module.source for module in modules.values() if module.source is not None)),
        notes=(),
    )
    reading.finish()
    _check(definition, findings)
    return definition


def _probes(element: Element | None, findings: Findings) -> tuple[Probe, ...]:
    if element is None:
        return ()
    container = Reading(element, findings)
    probes = tuple(_probe(child, findings) for child in container.children("LoadBalancerProbe"))
    container.finish()
    findings.unique("probe", [(probe.name, probe.location) for probe in probes], "a service")
    return probes


def _probe(element: Element, findings: Findings) -> Probe:
    reading = Reading(element, findings)
    probe = Probe(
        name=reading.required("name"),
        protocol=reading.word("protocol", [protocol.value for protocol in _ProbeProtocol]),
        port=reading.integer_or_none("port", 1, MAX_PORT),
        path=reading.text("path"),
        interval_seconds=reading.integer("intervalInSeconds", 5, MAX_INT, 15),
        timeout_seconds=reading.integer("timeoutInSeconds", 11, MAX_INT, 31),
        location=element.location,
    )
    reading.finish()
    if probe.protocol == _ProbeProtocol.HTTP and not probe.path:
        what = f"http probe {shown(probe.name)} has no path"
        findings.problem(element.location, what, "a path such as '/probe'", 'add path="...", or use protocol="tcp"')
    if probe.protocol == _ProbeProtocol.TCP and probe.path:
        what = f"tcp probe {shown(probe.name)} has a path"
        findings.problem(element.location, what, "no path for tcp", 'delete path, or use protocol="http"')
    return probe


def _imports(role: Element, findings: Findings) -> tuple[Import, ...]:
    """The imports of a role, read ahead of it: its modules must be known before its endpoints can be checked."""
    imports: list[Import] = []
    for element in (child for child in role.children if child.name == "Imports"):
        container = Reading(element, findings)
        for child in container.children("Import"):
            reading = Reading(child, findings)
            imports.append(Import(reading.name("moduleName"), child.location))
            reading.finish()
        container.finish()
    findings.unique("import", [(entry.module, entry.location) for entry in imports], "a role")
    return tuple(imports)


def _role(
    element: Element, imports: tuple[Import, ...], modules: dict[str, Module], sdk: Version | None, findings: Findings
) -> Role:
    reading = Reading(element, findings)
    reading.child("Imports")
    sites_element = reading.child("Sites") if element.name == "WebRole" else None
    if element.name == "WorkerRole":
        kind = RoleKind.WORKER
    else:
        kind = RoleKind.HWC_WEB if sites_element is None else RoleKind.FULL_IIS_WEB
    if kind is RoleKind.HWC_WEB and sdk is not None and sdk >= (2, 0):
        reason = f"no <Sites>, which the schema of SDK {sdk[0]}.{sdk[1]} demands; read as an HWC web role"
        findings.note(element.location, "WebRole", reason)
    name = reading.name()
    startup = read_startup(reading.child("Startup"), findings, "approot\\bin" if kind.is_web else "approot\\")
    if startup.priority:
        reason = f"{startup.priority} moves the role's tasks among those of modules; meant for modules only"
        findings.note(element.location, "Startup/@priority", reason)
    more_endpoints, more_settings, more_certificates, more_storage = add_module_parts(imports, modules)
    endpoints = _endpoints(reading, findings) + more_endpoints
    settings = read_settings(reading.child("ConfigurationSettings"), findings)
    certificates = read_certificates(reading.child("Certificates"), findings) + more_certificates
    role = Role(
        name=name,
        kind=kind,
        tasks=expand_tasks(kind, startup, imports, modules, findings),
        endpoints=endpoints,
        sites=_sites(sites_element, dict.fromkeys(endpoint.name for endpoint in endpoints), findings),
        entry_point=_entry_point(reading, kind, findings),
        local_storage=_local_storage(reading, findings) + more_storage,
        certificates=certificates,
        settings=settings + tuple(setting for setting in more_settings if setting not in settings),
        imports=imports,
        vm_size=reading.text("vmsize", "Small") or "Small",
        location=element.location,
    )
    reading.unmodelled("enableNativeCodeExecution", "trust levels are not modelled")
    reading.unmodelled_children("Contents", "which files the package holds is not modelled")
    reading.finish()
    return role


def _endpoints(reading: Reading, findings: Findings) -> tuple[Endpoint, ...]:
    endpoints = read_endpoints(reading.child("Endpoints"), findings)
    old = reading.child("InputEndpoints")
    if old is not None:
        findings.note(old.location, "InputEndpoints", "old layout; read as if inside <Endpoints>")
        endpoints += read_endpoints(old, findings)
    bare = reading.child("InternalEndpoint")
    if bare is not None:
        findings.note(bare.location, "InternalEndpoint", "old layout; read as if inside <Endpoints>")
        endpoints += (read_endpoint(bare, EndpointKind.INTERNAL, findings),)
    return endpoints


def _local_storage(reading: Reading, findings: Findings) -> tuple[LocalStorage, ...]:
    storage = list(read_local_resources(reading.child("LocalResources"), findings))
    for child in reading.children("LocalStorage"):
        findings.note(child.location, "LocalStorage", "old layout; read as if inside <LocalResources>")
        storage.append(read_local_storage(child, findings))
    findings.unique("local storage", [(entry.name, entry.location) for entry in storage], "a role")
    if not any(entry.name == "DiagnosticStore" for entry in storage):
        # The packaging tool gives it to every role, imports or not.
        storage.append(LocalStorage("DiagnosticStore", DIAGNOSTIC_STORE_MB, False, reading.location))
    return tuple(storage)


def _entry_point(role: Reading, kind: RoleKind, findings: Findings) -> EntryPoint:
    element = role.child("Runtime")
    if element is None:
        return EntryPoint(location=role.location)
    runtime = Reading(element, findings)
    base = EntryPoint(
        location=element.location,
        context=runtime.choice("executionContext", ExecutionContext, ExecutionContext.LIMITED),
        environment=read_environment(runtime.child("Environment"), findings),
    )
    holder = runtime.child("EntryPoint")
    runtime.finish()
    if holder is None:
        return base
    entry = Reading(holder, findings)
    found = entry.children("NetFxEntryPoint", "ProgramEntryPoint")
    entry.finish()
    if len(found) != 1:
        what = f"an <EntryPoint> with {len(found)} entry points"
        findings.problem(holder.location, what, "one NetFxEntryPoint or ProgramEntryPoint", "keep one")
        return base
    reading = Reading(found[0], findings)
    if found[0].name == "NetFxEntryPoint":
        command, entry_kind, ready = reading.required("assemblyName"), EntryPointKind.NETFX, False
        reading.unmodelled("targetFrameworkVersion", "the framework version is not modelled")
    else:
        command, entry_kind = reading.required("commandLine"), EntryPointKind.PROGRAM
        ready = reading.boolean("setReadyOnProcessStart", None)
        if not ready and reading.has("setReadyOnProcessStart"):
            element_name = "ProgramEntryPoint/@setReadyOnProcessStart"
            findings.note(found[0].location, element_name, "false is reserved for the future by the schema")
        if kind.is_web:
            findings.problem(
                found[0].location,
                "a ProgramEntryPoint in a web role",
                "NetFxEntryPoint there",
                "move the program to a worker role or a startup task",
            )
    reading.finish()
    return replace(base, kind=entry_kind, command=command, set_ready_on_process_start=ready, location=found[0].location)


def _sites(element: Element | None, endpoints: Collection[str], findings: Findings) -> tuple[Site, ...]:
    if element is None:
        return ()
    container = Reading(element, findings)
    sites = tuple(_site(child, index, endpoints, findings) for index, child in enumerate(container.children("Site")))
    container.finish()
    if not sites:
        what = "a <Sites> without a <Site>"
        findings.problem(element.location, what, "at least one", "add a site, or delete <Sites> for an HWC web role")
    findings.unique("site", [(site.name, site.location) for site in sites], "a role")
    return sites


def _site(element: Element, index: int, endpoints: Collection[str], findings: Findings) -> Site:
    reading = Reading(element, findings)
    name = reading.name()
    bindings: tuple[Binding, ...] = ()
    holder = reading.child("Bindings")
    if holder is not None:
        container = Reading(holder, findings)
        bindings = tuple(_binding(child, endpoints, findings) for child in container.children("Binding"))
        container.finish()
    if not bindings:
        what = f"site {shown(name)} has no binding"
        fix = "add <Bindings><Binding name=... endpointName=.../></Bindings>"
        findings.problem(element.location, what, "at least one", fix)
    for kind in ("VirtualDirectory", "VirtualApplication"):
        reading.unmodelled_children(kind, "the folders of a site are not modelled")
    site = Site(name, index, reading.text("physicalDirectory"), bindings, element.location)
    reading.finish()
    return site


def _binding(element: Element, endpoints: Collection[str], findings: Findings) -> Binding:
    reading = Reading(element, findings)
    binding = Binding(reading.name(), reading.name("endpointName"), reading.text("hostHeader"), element.location)
    reading.finish()
    if binding.endpoint and binding.endpoint not in endpoints:
        what = f"binding {shown(binding.name)} names unknown endpoint {shown(binding.endpoint)}"
        fix = suggestion(binding.endpoint, endpoints, "declare it in <Endpoints>")
        findings.problem(element.location, what, listed(endpoints), fix)
    return binding


def _check(definition: Definition, findings: Findings) -> None:
    """What can only be seen in the whole definition."""
    roles, at = definition.roles, definition.location
    if not roles:
        findings.problem(at, "no role", f"1 to {MAX_ROLES} roles", "add a <WebRole> or <WorkerRole>")
    if len(roles) > MAX_ROLES:
        findings.problem(at, f"{len(roles)} roles", f"1 to {MAX_ROLES} roles", "split the service")
    findings.unique("role", [(role.name, role.location) for role in roles], "a service")
    probes = dict.fromkeys(probe.name for probe in definition.probes)
    for role in roles:
        if len(role.tasks) > MAX_TASKS:
            what = f"role {shown(role.name)} has {len(role.tasks)} startup tasks"
            fix = "put the commands of several tasks into one script"
            findings.problem(role.tasks[MAX_TASKS].location, what, f"up to {MAX_TASKS} for a role", fix)
        if len(role.sites) > MAX_SITES:
            what = f"role {shown(role.name)} has {len(role.sites)} sites"
            fix = "leave sites that are alike out of a copy for checking"
            findings.problem(role.location, what, f"up to {MAX_SITES} for a role", fix)
        findings.unique("endpoint", [(endpoint.name, endpoint.location) for endpoint in role.endpoints], "a role")
        certificates = dict.fromkeys(certificate.name for certificate in role.certificates)
        for endpoint in role.endpoints:
            name, place = shown(endpoint.name), endpoint.location
            if endpoint.probe is not None and endpoint.probe not in probes:
                what = f"endpoint {name} names unknown probe {shown(endpoint.probe)}"
                fix = suggestion(endpoint.probe, probes, "declare it in <LoadBalancerProbes>")
                findings.problem(place, what, listed(probes), fix)
            if endpoint.certificate is not None and endpoint.certificate not in certificates:
                what = f"endpoint {name} names unknown certificate {shown(endpoint.certificate)}"
                fix = suggestion(endpoint.certificate, certificates, "declare it in <Certificates>")
                findings.problem(place, what, listed(certificates), fix)
            if endpoint.protocol == "https" and endpoint.certificate is None:
                fix = 'add certificate="..."'
                findings.problem(place, f"https endpoint {name} has no certificate", listed(certificates), fix)
    _check_public_ports([endpoint for role in roles for endpoint in role.endpoints], findings)


def _check_public_ports(endpoints: Sequence[Endpoint], findings: Findings) -> None:
    """Public ports are unique over the service, for each transport, and so are the ranges of single instances."""
    taken: dict[tuple[str, int], Endpoint] = {}
    for endpoint in endpoints:
        if endpoint.kind is EndpointKind.INSTANCE_INPUT and endpoint.port_range is not None:
            low, high = endpoint.port_range
        elif endpoint.is_public and endpoint.port is not None:
            low = high = endpoint.port
        else:
            continue
        transport = "udp" if endpoint.protocol == "udp" else "tcp"
        wanted = range(low, high + 1)
        clash = next((taken[transport, port] for port in wanted if (transport, port) in taken), None)
        if clash is None:
            taken.update(((transport, port), endpoint) for port in wanted)
        else:
            ports = f"port {low}" if low == high else f"ports {low} to {high}"
            what = f"{transport} {ports} of endpoint {shown(endpoint.name)} taken"
            fix = f"use another port (first: {clash.name!r}, line {clash.location.line})"
            findings.problem(endpoint.location, what, "each public port once in a service", fix)
