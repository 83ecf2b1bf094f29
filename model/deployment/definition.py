"""The service definition (`.csdef`): roles with their imported modules expanded, and load-balancer probes.

What the schema of SDK 2.4 refuses is refused; what older schemas allowed is read, with a note: `InputEndpoints`,
`InternalEndpoint` and `LocalStorage` directly under a role, and files without namespace. A web role without `<Sites>`
is an HWC web role (R-J1). Sources: the schema files of SDK 2.4 and Microsoft's pages on them; where they differ,
docs/reference/service-files.md says which one counts. Left out: everything reported as a note.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from .checks import check_service, check_storage
from .document import Document, Element, read_document
from .limits import SERVICE
from .networks import check_traffic_rules
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
from .problems import DeploymentError, suggestion
from .reading import Findings, Reading, read_each, shown
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
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


def read_definition(path: Path, *, sdk: Version | None = None) -> Definition:
    """Read a `.csdef`, expanding its imports as the SDK that it names does (or the one given, such as `(2, 9)`).

    Raises `DeploymentError` with every mistake found.
    """
    document = read_document(path)
    findings = Findings(notes=list(document.notes))
    definition = _definition(document, path, sdk, findings)
    if findings.problems:
        raise DeploymentError(sorted(findings.problems))
    return replace(definition, notes=tuple(findings.notes), warnings=tuple(findings.warnings))


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
    probes = read_each(reading.child("LoadBalancerProbes"), "LoadBalancerProbe", _probe, findings)
    findings.unique("probe", [(probe.name, probe.location) for probe in probes], "a service")
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
        upgrade_domain_count=reading.integer("upgradeDomainCount", 1, SERVICE["upgrade_domains"], 5),
        topology_change_discovery=reading.choice(
            "topologyChangeDiscovery", TopologyChangeDiscovery, TopologyChangeDiscovery.UPGRADE_DOMAIN_WALK
        ),
        schema_version=schema_version,
        location=reading.location,
        sources=(str(path), *(module.source for module in modules.values() if module.source is not None)),
    )
    reading.finish()
    check_service(roles, probes, reading.location, findings)
    check_traffic_rules(reading.children("NetworkTrafficRules"), roles, findings)
    return definition


def _probe(reading: Reading) -> Probe:
    probe = Probe(
        name=reading.required("name"),
        protocol=reading.word("protocol", [protocol.value for protocol in _ProbeProtocol]),
        port=reading.integer_or_none("port", 1, MAX_PORT),
        path=reading.text("path"),
        interval_seconds=reading.integer("intervalInSeconds", 5, MAX_INT, 15),
        timeout_seconds=reading.integer("timeoutInSeconds", 11, MAX_INT, 31),
        location=reading.location,
    )
    if probe.protocol == _ProbeProtocol.HTTP and not probe.path:
        what, fix = f"http probe {shown(probe.name)} has no path", 'add path="...", or use protocol="tcp"'
        reading.findings.problem(probe.location, what, "a path such as '/probe'", fix)
    if probe.protocol == _ProbeProtocol.TCP and probe.path:
        what, fix = f"tcp probe {shown(probe.name)} has a path", 'delete path, or use protocol="http"'
        reading.findings.problem(probe.location, what, "no path for tcp", fix)
    return probe


def _imports(role: Element, findings: Findings) -> tuple[Import, ...]:
    """The imports of a role, read ahead of it: its modules must be known before its endpoints can be checked."""
    imports = [
        entry
        for element in role.children
        if element.name == "Imports"
        for entry in read_each(element, "Import", lambda one: Import(one.name("moduleName"), one.location), findings)
    ]
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
        findings.note(startup.location, "Startup/@priority", reason)
    more_endpoints, more_settings, more_certificates, more_storage = add_module_parts(imports, modules)
    endpoints = _endpoints(reading, findings) + more_endpoints
    settings = read_settings(reading.child("ConfigurationSettings"), findings)
    certificates = read_certificates(reading.child("Certificates"), findings) + more_certificates
    entry_point = _entry_point(reading, kind, findings)
    vm_size = reading.text("vmsize", "Small") or "Small"
    storage = _local_storage(reading, more_storage, vm_size, findings)
    role = Role(
        name=name,
        kind=kind,
        tasks=expand_tasks(kind, startup, imports, modules, findings),
        endpoints=endpoints,
        sites=_sites(sites_element, findings),
        entry_point=entry_point,
        local_storage=storage,
        certificates=certificates,
        settings=settings + tuple(setting for setting in more_settings if setting not in settings),
        imports=imports,
        vm_size=vm_size,
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


def _local_storage(
    reading: Reading, of_modules: tuple[LocalStorage, ...], vm_size: str, findings: Findings
) -> tuple[LocalStorage, ...]:
    storage = list(read_local_resources(reading.child("LocalResources"), findings))
    for old in reading.each("LocalStorage", read_local_storage):
        findings.note(old.location, "LocalStorage", "old layout; read as if inside <LocalResources>")
        storage.append(old)
    findings.unique("local storage", [(entry.name, entry.location) for entry in storage], "a role")
    check_storage([*storage, *of_modules], vm_size, findings)
    if not any(entry.name == "DiagnosticStore" for entry in storage):
        # The packaging tool gives it to every role, imports or not.
        storage.append(LocalStorage("DiagnosticStore", DIAGNOSTIC_STORE_MB, False, reading.location))
    return (*storage, *of_modules)


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


def _sites(element: Element | None, findings: Findings) -> tuple[Site, ...]:
    sites = read_each(element, "Site", _site, findings)
    if element is not None and not sites:
        what = "a <Sites> without a <Site>"
        findings.problem(element.location, what, "at least one", "add a site, or delete <Sites> for an HWC web role")
    findings.unique("site", [(site.name, site.location) for site in sites], "a role")
    return tuple(replace(site, index=index) for index, site in enumerate(sites))


def _site(reading: Reading) -> Site:
    name = reading.name()
    bindings = read_each(reading.child("Bindings"), "Binding", _binding, reading.findings)
    if not bindings:
        what = f"site {shown(name)} has no binding"
        fix = "add <Bindings><Binding name=... endpointName=.../></Bindings>"
        reading.findings.problem(reading.location, what, "at least one", fix)
    for kind in ("VirtualDirectory", "VirtualApplication"):
        reading.unmodelled_children(kind, "the folders of a site are not modelled")
    return Site(name, 0, reading.text("physicalDirectory"), bindings, reading.location)


def _binding(reading: Reading) -> Binding:
    return Binding(reading.name(), reading.name("endpointName"), reading.text("hostHeader"), reading.location)
