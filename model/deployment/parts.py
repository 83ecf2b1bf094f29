"""The parts that a role and a module have in common: startup tasks, endpoints, settings, certificates, environments.

Each function turns one container element into values, and reports through the given findings. Sources: the types of the
definition schema of SDK 2.4; defaults where that schema and Microsoft's pages differ are those of the schema.
"""

from __future__ import annotations

from dataclasses import dataclass

from .document import Element
from .reading import Findings, Reading, read_each
from .service import (
    NOWHERE,
    Certificate,
    Endpoint,
    EndpointKind,
    ExecutionContext,
    LocalStorage,
    Location,
    Task,
    TaskType,
)

MAX_PORT = 65535
MAX_INT = 2**31 - 1

_STORES = ["My", "Root", "CA", "Trust", "Disallowed", "TrustedPeople", "TrustedPublisher", "AuthRoot", "AddressBook"]


@dataclass(frozen=True, slots=True)
class Startup:
    """A `<Startup>` block: its tasks in document order, and the priority that places it among those of modules."""

    priority: int = 0
    tasks: tuple[Task, ...] = ()
    location: Location = NOWHERE


NO_STARTUP = Startup()


def read_startup(element: Element | None, findings: Findings, relative_path: str) -> Startup:
    """The tasks of a `<Startup>`, run in `relative_path`; no element means no tasks."""
    if element is None:
        return NO_STARTUP
    reading = Reading(element, findings)
    priority = reading.integer("priority", -MAX_INT, MAX_INT, 0)
    tasks = reading.each("Task", lambda task: _task(task, relative_path))
    reading.finish()
    return Startup(priority, tasks, element.location)


def _task(reading: Reading, relative_path: str) -> Task:
    return Task(
        command=reading.required("commandLine"),
        type=reading.choice("taskType", TaskType, TaskType.SIMPLE),
        context=reading.choice("executionContext", ExecutionContext, ExecutionContext.LIMITED),
        relative_path=relative_path,
        location=reading.location,
        environment=read_environment(reading.child("Environment"), reading.findings),
    )


def read_environment(element: Element | None, findings: Findings) -> tuple[tuple[str, str], ...]:
    """The variables of an `<Environment>` in order; a value that the runtime fills in reads `xpath:...`."""
    variables = read_each(element, "Variable", _variable, findings)
    findings.unique("variable", [(name, location) for name, _, location in variables], "an environment")
    return tuple((name, value) for name, value, _ in variables)


def _variable(variable: Reading) -> tuple[str, str, Location]:
    name, value = variable.required("name"), variable.text("value")
    dynamic = variable.child("RoleInstanceValue")
    if dynamic is not None:
        source = Reading(dynamic, variable.findings)
        if value is not None:
            what = f"variable {name!r} has a value and a RoleInstanceValue"
            variable.findings.problem(variable.location, what, "one of them", "delete one")
        value = "xpath:" + source.required("xpath", longest=MAX_INT)
        source.finish()
    return name, value or "", variable.location


def read_endpoints(element: Element | None, findings: Findings) -> tuple[Endpoint, ...]:
    """The endpoints of an `<Endpoints>` (or of the older `<InputEndpoints>`) in document order."""
    if element is None:
        return ()
    reading = Reading(element, findings)
    kinds = {kind.value: kind for kind in EndpointKind}
    endpoints = tuple(read_endpoint(child, kinds[child.name], findings) for child in reading.children(*kinds))
    reading.finish()
    return endpoints


def read_endpoint(element: Element, kind: EndpointKind, findings: Findings) -> Endpoint:
    """One endpoint element of the given kind."""
    reading = Reading(element, findings)
    if kind is EndpointKind.INPUT:
        endpoint = _input_endpoint(reading)
    elif kind is EndpointKind.INTERNAL:
        endpoint = _internal_endpoint(reading)
    else:
        endpoint = _instance_input_endpoint(reading)
    reading.finish()
    return endpoint


def _input_endpoint(reading: Reading) -> Endpoint:
    port = reading.integer("port", 1, MAX_PORT)
    local_port = reading.integer_or_none("localPort", 1, MAX_PORT, wildcard="*")
    endpoint = Endpoint(
        name=reading.name(),
        kind=EndpointKind.INPUT,
        protocol=reading.word("protocol", ["http", "https", "tcp", "udp"]),
        port=port,
        local_port=local_port if reading.has("localPort") else port,
        probe=reading.text("loadBalancerProbe"),
        ignores_status=reading.boolean("ignoreRoleInstanceStatus", False),
        certificate=reading.text("certificate"),
        location=reading.location,
        load_balancer=reading.text("loadBalancer"),
    )
    for attribute in ("loadBalancer", "loadBalancerDistribution", "idleTimeoutInMinutes"):
        reading.unmodelled(attribute, "how connections are spread and kept is not modelled")
    return endpoint


def _internal_endpoint(reading: Reading) -> Endpoint:
    port = reading.integer_or_none("port", 1, MAX_PORT, wildcard="*")
    ranges = [*reading.each("FixedPortRange", _port_range)]
    ranges += ((fixed, fixed) for fixed in reading.each("FixedPort", lambda one: one.integer("port", 1, MAX_PORT)))
    if len(ranges) > 1 or (ranges and port is not None):
        reading.findings.note(reading.location, "InternalEndpoint", "more than one port given; the first is kept")
    chosen = ranges[0] if ranges and port is None else None
    if chosen is not None and chosen[0] == chosen[1]:
        port, chosen = chosen[0], None
    return Endpoint(
        name=reading.name(),
        kind=EndpointKind.INTERNAL,
        protocol=reading.word("protocol", ["http", "tcp", "udp", "any"]),
        port=port,
        local_port=port,
        location=reading.location,
        port_range=chosen,
    )


def _instance_input_endpoint(reading: Reading) -> Endpoint:
    name = reading.name()
    chosen: tuple[int, int] | None = None
    source = reading.child("AllocatePublicPortFrom")
    if source is not None:
        allocation = Reading(source, reading.findings)
        allocation.child("FixedPortRange")
        chosen = next(iter(allocation.each("FixedPortRange", _port_range)), None)
        allocation.finish()
    if chosen is None:
        what = f"InstanceInputEndpoint {name!r} has no public ports"
        fix = "add <AllocatePublicPortFrom><FixedPortRange min=... max=.../></AllocatePublicPortFrom>"
        reading.findings.problem(reading.location, what, "one FixedPortRange", fix)
    reading.unmodelled("idleTimeoutInMinutes", "how connections are kept is not modelled")
    return Endpoint(
        name=name,
        kind=EndpointKind.INSTANCE_INPUT,
        protocol=reading.word("protocol", ["tcp", "udp"]),
        local_port=reading.integer("localPort", 1, MAX_PORT),
        location=reading.location,
        port_range=chosen,
    )


def _port_range(reading: Reading) -> tuple[int, int]:
    low, high = reading.integer("min", 1, MAX_PORT), reading.integer("max", 1, MAX_PORT)
    if low > high:
        what = f"port range {low} to {high} is empty"
        reading.findings.problem(reading.location, what, "min at most max", "swap them")
    return low, high


def read_settings(element: Element | None, findings: Findings) -> tuple[str, ...]:
    """The names in a `<ConfigurationSettings>` of a definition."""
    names = read_each(element, "Setting", lambda setting: (setting.name(), setting.location), findings)
    findings.unique("setting", names, "a role")
    return tuple(name for name, _ in names)


def read_certificates(element: Element | None, findings: Findings) -> tuple[Certificate, ...]:
    """The certificates in a `<Certificates>` of a definition; their thumbprints come with the configuration."""
    certificates = read_each(element, "Certificate", _certificate, findings)
    findings.unique("certificate", [(c.name, c.location) for c in certificates], "a role")
    return certificates


def _certificate(certificate: Reading) -> Certificate:
    store, location = certificate.required("storeName"), certificate.location
    if store and store not in _STORES:
        certificate.findings.note(location, "Certificate/@storeName", f"{store!r} is not one of Windows' own stores")
    level = certificate.word("permissionLevel", ["limitedOrElevated", "elevated"], "limitedOrElevated")
    return Certificate(
        name=certificate.name(),
        store_location=certificate.word("storeLocation", ["LocalMachine", "CurrentUser"]),
        store_name=store,
        elevated_only=level == "elevated",
        location=location,
    )


def read_local_resources(element: Element | None, findings: Findings) -> tuple[LocalStorage, ...]:
    """The local storage in a `<LocalResources>`."""
    return read_each(element, "LocalStorage", read_local_storage, findings)


def read_local_storage(reading: Reading) -> LocalStorage:
    """One `<LocalStorage>`; the older spelling `sizeInMb` is understood, with a note."""
    size = "sizeInMB"
    if reading.has("sizeInMb") and not reading.has("sizeInMB"):
        size, reason = "sizeInMb", "read as sizeInMB, which is how the schema spells it"
        reading.findings.note(reading.location, "LocalStorage/@sizeInMb", reason)
    return LocalStorage(
        name=reading.name(),
        size_mb=reading.integer(size, 1, MAX_INT, 1000),
        clean_on_role_recycle=reading.boolean("cleanOnRoleRecycle", True),
        location=reading.location,
    )
