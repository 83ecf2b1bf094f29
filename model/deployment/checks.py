"""Checks that need a whole service: names that refer to something, limits, ports, sites.

What Azure refuses is a problem. What Azure accepts but what most likely keeps clients from an answer is a warning.
Sources: Microsoft's pages on the definition schema and on sizes (see `data/limits.toml`); for bindings, IIS: it starts
only one of two sites with the same port and host header. Left out: what only the subscription knows, such as free
cores, uploaded certificates and reserved addresses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from .limits import DISK_GIB, MAX_SITES, MAX_TASKS, ROLE, SERVICE, disk_gib, smallest_size
from .plugins import PREFIX, UNDEFINED
from .problems import listed, suggestion
from .reading import Findings, shown
from .service import Endpoint, EndpointKind, LocalStorage, Location, Probe, Role, RoleKind

_NAMED = re.compile(r"\b(Endpoint|LocalResource|ConfigurationSetting)\[@name='([^']+)'\]")

DISAGREE = "Microsoft's pages disagree whether the platform allows more than"


def may_be_known(name: str, known: Collection[str]) -> bool:
    """Whether a name is known, or begins like those of a module without a public definition."""
    return name in known or any(name.startswith(f"{PREFIX}{module}.") for module in UNDEFINED)


def require_known(
    location: Location, what: str, name: str, known: Collection[str], fix: str, findings: Findings
) -> None:
    """Report a name that refers to nothing; an empty one was reported as missing."""
    if name and not may_be_known(name, known):
        findings.problem(location, f"{what} {shown(name)}", listed(known), suggestion(name, known, fix))


def check_service(roles: Sequence[Role], probes: Sequence[Probe], at: Location, findings: Findings) -> None:
    """Check the roles of a definition, which begins `at` a place, against each other and against the limits."""
    if not 1 <= len(roles) <= SERVICE["roles"]:
        what, fix = f"{len(roles)} roles", "split the service"
        if not roles:
            what, fix = "no role", "add a <WebRole> or <WorkerRole>"
        findings.problem(at, what, f"1 to {SERVICE['roles']} roles", fix)
    findings.unique("role", [(role.name, role.location) for role in roles], "a service")
    for role in roles:
        _check_size(role, findings)
        _check_endpoints(role, dict.fromkeys(probe.name for probe in probes), findings)
        _check_sites(role, findings)
        _check_variables(role, findings)
    endpoints = [endpoint for role in roles for endpoint in role.endpoints]
    _check_counts(endpoints, findings)
    _check_public_ports(endpoints, findings)


def _check_size(role: Role, findings: Findings) -> None:
    name = shown(role.name)
    if disk_gib(role.vm_size) is None:
        fix = suggestion(role.vm_size, DISK_GIB, "use one of these")
        findings.problem(role.location, f"role {name} has unknown VM size {shown(role.vm_size)}", listed(DISK_GIB), fix)
    if len(role.tasks) > MAX_TASKS:
        what, fix = (
            f"role {name} has {len(role.tasks)} startup tasks",
            "put the commands of several tasks into one script",
        )
        findings.problem(role.tasks[MAX_TASKS].location, what, f"up to {MAX_TASKS} for a role", fix)
    if len(role.sites) > MAX_SITES:
        what, fix = f"role {name} has {len(role.sites)} sites", "leave sites that are alike out of a copy for checking"
        findings.problem(role.location, what, f"up to {MAX_SITES} for a role", fix)


def check_storage(storage: Sequence[LocalStorage], size: str, findings: Findings) -> None:
    """Local storage that a role declares, in all, fits on the local disk of its VM size.

    The store for diagnostics that the packaging tool adds is not counted: no source says that the platform counts it.
    """
    total, disk = sum(entry.size_mb for entry in storage), disk_gib(size)
    if disk is not None and total > disk * 1024:
        largest, better = max(storage, key=lambda entry: entry.size_mb), smallest_size(total)
        what = f"local storage of {total} MB (largest: {shown(largest.name)}, {largest.size_mb} MB)"
        fix = "make it smaller" + (f', or use a larger size, such as vmsize="{better}"' if better else "")
        allowed = f"{disk * 1024} MB in all on the local disk of size {size} ({disk} GiB)"
        findings.problem(largest.location, what, allowed, fix)


def _check_endpoints(role: Role, probes: Collection[str], findings: Findings) -> None:
    findings.unique("endpoint", [(endpoint.name, endpoint.location) for endpoint in role.endpoints], "a role")
    own = any(certificate.module is None for certificate in role.certificates)
    known = dict.fromkeys(certificate.name for certificate in role.certificates)
    for endpoint in role.endpoints:
        name, place, certificate = shown(endpoint.name), endpoint.location, endpoint.certificate
        if endpoint.probe is not None:
            what, fix = f"endpoint {name} names unknown probe", "declare it in <LoadBalancerProbes>"
            require_known(place, what, endpoint.probe, probes, fix, findings)
        if certificate is not None and (own or certificate in known):
            what, fix = f"endpoint {name} names unknown certificate", "declare it in <Certificates>"
            require_known(place, what, certificate, known, fix, findings)
        elif certificate is not None:
            # Packages of 2012 were built like this, so it is not refused.
            reason = f"{name} uses certificate {shown(certificate)}, and the role declares none in <Certificates>; "
            findings.warn(place, "InputEndpoint", reason + "the platform installs it only if it is declared")
        elif endpoint.protocol == "https":
            what, fix = f"https endpoint {name} has no certificate", 'add certificate="..."'
            findings.problem(place, what, listed(known), fix)
    # Those of modules don't count: the Caching module alone has 5, and real services have more beside it.
    internal = [e for e in role.endpoints if e.kind is EndpointKind.INTERNAL and e.module is None]
    limit = ROLE["internal_endpoints_warned_above"]
    if len(internal) > limit:
        has = f"role {shown(role.name)} has {len(internal)} internal endpoints"
        findings.warn(internal[limit].location, "InternalEndpoint", f"{has}; {DISAGREE} {limit} in a role")


def _check_sites(role: Role, findings: Findings) -> None:
    endpoints = {endpoint.name: endpoint for endpoint in role.endpoints}
    taken: dict[tuple[int | str, str], tuple[str, Location]] = {}
    for site in role.sites:
        equal: tuple[str, Location] | None = None
        for binding in site.bindings:
            what = f"binding {shown(binding.name)} names unknown endpoint"
            require_known(binding.location, what, binding.endpoint, endpoints, "declare it in <Endpoints>", findings)
            endpoint = endpoints.get(binding.endpoint)
            port = binding.endpoint if endpoint is None or endpoint.local_port is None else endpoint.local_port
            first = taken.setdefault((port, (binding.host_header or "").casefold()), (site.name, binding.location))
            if first[0] != site.name and equal is None:
                equal = first
                reason = (
                    f"site {shown(site.name)} has the same port and host header as site {shown(first[0])} "
                    f"(line {first[1].line}), so only one of them starts; give them different host headers"
                )
                findings.warn(binding.location, "Binding", reason)
    bound = {binding.endpoint for site in role.sites for binding in site.bindings}
    for endpoint in role.endpoints if role.kind is RoleKind.FULL_IIS_WEB else ():
        web = endpoint.is_public and endpoint.protocol in ("http", "https") and endpoint.module is None
        if web and endpoint.name not in bound:
            reason = (
                f"no site binds {shown(endpoint.name)}, so nobody answers there unless the role's code listens itself; "
                f'add <Binding name="..." endpointName="{endpoint.name}" /> to a site'
            )
            findings.warn(endpoint.location, "InputEndpoint", reason)


def _check_variables(role: Role, findings: Findings) -> None:
    """Variables that the runtime fills in name an endpoint, a local storage or a setting of the role."""
    known = {
        "Endpoint": {endpoint.name for endpoint in role.endpoints},
        "LocalResource": {storage.name for storage in role.local_storage},
        "ConfigurationSetting": set(role.settings),
    }
    filled = [(task.location, task.environment) for task in role.tasks if task.module is None]
    for location, environment in [*filled, (role.entry_point.location, role.entry_point.environment)]:
        for variable, value in environment:
            for kind, name in _NAMED.findall(value) if value.startswith("xpath:") else ():
                if name not in known[kind] and not name.startswith(PREFIX):
                    reason = (
                        f"{shown(variable)} reads {kind} {shown(name)}, which role {shown(role.name)} does not have"
                    )
                    findings.warn(location, "RoleInstanceValue", reason)


def _check_counts(endpoints: Sequence[Endpoint], findings: Findings) -> None:
    for kind, limit in (
        (EndpointKind.INPUT, SERVICE["input_endpoints"]),
        (EndpointKind.INTERNAL, SERVICE["internal_endpoints"]),
        (EndpointKind.INSTANCE_INPUT, SERVICE["instance_input_endpoints"]),
    ):
        # Nobody can delete what a module brings.
        found = [endpoint for endpoint in endpoints if endpoint.kind is kind and endpoint.module is None]
        if len(found) > limit:
            what = f"{len(found)} endpoints of kind {kind.value}"
            findings.problem(found[limit].location, what, f"up to {limit} in a service", "delete some")
    limit = SERVICE["endpoints_warned_above"]
    if len(endpoints) > limit:
        has = f"the service has {len(endpoints)} endpoints of all kinds"
        findings.warn(endpoints[limit].location, "Endpoints", f"{has}; {DISAGREE} {limit}")


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
