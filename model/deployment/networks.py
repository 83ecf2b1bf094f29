"""What the files say about networks: traffic rules, access control, addresses. Names are checked, and who is denied.

No agent of the model filters packets, so all of this leaves a note. But a name may refer to nothing, and a list may
deny every client. An access control list is read by rising `order`; the first rule that matches decides. Without a
match, a list that permits something denies the rest, and a list that only denies permits the rest.

Sources: the schemas of SDK 2.4; Microsoft's page on endpoint access control lists (virtual-networks-acl). Left out:
names of virtual networks, subnets, security groups and reserved addresses, which only the subscription knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses

from .checks import require_known
from .document import Element
from .limits import MAX_RULES
from .reading import Findings, Reading, Value, shown
from .service import EndpointKind, Location, Role

Named = tuple[str, Location]
"""A name, and where it stands."""

_EVERYBODY = IPv4Network("0.0.0.0/0")

_READ = ("AddressAssignments", "AccessControls", "EndpointAcls", "LoadBalancers", "NetworkSecurityGroupRefs")


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One rule of an access control list: lower orders come first."""

    order: int
    permits: bool
    subnet: IPv4Network
    location: Location


@dataclass(frozen=True, slots=True)
class AccessControl:
    """A list of rules under a name."""

    name: str
    rules: tuple[AccessRule, ...]
    location: Location

    def denying(self) -> Named | None:
        """What denies every client, and where it stands; `None` if some client gets through."""
        denied: list[IPv4Network] = []
        for rule in sorted(self.rules, key=lambda rule: rule.order):
            if not rule.permits:
                denied.append(rule.subnet)
            elif not any(rule.subnet.subnet_of(subnet) for subnet in collapse_addresses(denied)):
                return None
        if len(denied) == len(self.rules) and list(collapse_addresses(denied)) != [_EVERYBODY]:
            return None
        alone = next((rule for rule in self.rules if not rule.permits and rule.subnet == _EVERYBODY), None)
        return ("this rule", alone.location) if alone else (f"the rules of {shown(self.name)}", self.location)


@dataclass(frozen=True, slots=True)
class EndpointAcl:
    """Which access control list guards an endpoint of a role."""

    role: str
    endpoint: str
    control: str
    location: Location


@dataclass(frozen=True, slots=True)
class Networks:
    """What a `<NetworkConfiguration>` names; `roles` are the roles that get addresses or security groups."""

    roles: tuple[Named, ...] = ()
    controls: tuple[AccessControl, ...] = ()
    acls: tuple[EndpointAcl, ...] = ()
    load_balancers: tuple[Named, ...] = ()
    reserved: tuple[Named, ...] = ()


NO_NETWORKS = Networks()


def read_networks(element: Element | None, findings: Findings) -> Networks:
    """What a `<NetworkConfiguration>` names; nothing without the element."""
    if element is None:
        return NO_NETWORKS
    reading = Reading(element, findings)
    unread = [child for name in ("Dns", "VirtualNetworkSite") for child in reading.children(name)]
    parts = {name: Reading(found, findings) for name in _READ if (found := reading.child(name)) is not None}
    reading.finish()

    def each(part: str, name: str, read: Callable[[Reading], Value], *unread: str) -> tuple[Value, ...]:
        return parts[part].each(name, read, *unread) if part in parts else ()

    for child in element.children:
        if child in unread or child.name in parts:
            reason = "networks and access control are not modelled"
            findings.note(child.location, f"NetworkConfiguration/{child.name}", reason)
    networks = Networks(
        roles=(
            *each("AddressAssignments", "InstanceAddress", _role_name, "Subnets", "PublicIPs"),
            *each("NetworkSecurityGroupRefs", "NetworkSecurityGroupRef", _role_name, "NetworkSecurityGroup"),
        ),
        controls=each("AccessControls", "AccessControl", _control),
        acls=each("EndpointAcls", "EndpointAcl", _acl),
        load_balancers=each("LoadBalancers", "LoadBalancer", _name, "FrontendIPConfiguration"),
        reserved=tuple(
            name
            for names in each("AddressAssignments", "ReservedIPs", lambda held: held.each("ReservedIP", _name))
            for name in names
        ),
    )
    for part in parts.values():
        part.finish()
    findings.unique("access control", [(control.name, control.location) for control in networks.controls], "a service")
    return networks


def _name(reading: Reading) -> Named:
    return reading.name(), reading.location


def _role_name(reading: Reading) -> Named:
    return reading.required("roleName"), reading.location


def _control(reading: Reading) -> AccessControl:
    rules = tuple(filter(None, reading.each("Rule", _rule)))
    control = AccessControl(reading.name(), rules, reading.location)
    count = len(reading.children("Rule"))
    if not 1 <= count <= MAX_RULES:
        what = f"access control {shown(control.name)} has {count} rules"
        reading.findings.problem(reading.location, what, f"1 to {MAX_RULES}", "add or delete rules")
    return control


def _rule(reading: Reading) -> AccessRule | None:
    order = reading.integer("order", 0, 65535)
    permits = reading.word("action", ["permit", "deny"]) == "permit"
    subnet = reading.required("remoteSubnet")
    reading.text("description")
    try:
        return AccessRule(order, permits, IPv4Network(subnet.strip(), strict=False), reading.location)
    except ValueError:
        if subnet:
            what = f"remoteSubnet {shown(subnet)} is not an IPv4 subnet"
            reading.findings.problem(reading.location, what, "an address and a length", "write it like 10.1.0.0/16")
        return None


def _acl(reading: Reading) -> EndpointAcl:
    # The schema spells it endPoint, Microsoft's page endpoint.
    spelling = "endpoint" if reading.has("endpoint") else "endPoint"
    role, endpoint, control = reading.required("role"), reading.name(spelling), reading.name("accessControl")
    return EndpointAcl(role, endpoint, control, reading.location)


def check_networks(networks: Networks, roles: Sequence[Role], findings: Findings) -> None:
    """Check that everything that a configuration names is there, and that some client is let in."""
    public = {role.name: [e for e in role.endpoints if e.kind is not EndpointKind.INTERNAL] for role in roles}
    names = {role: dict.fromkeys(endpoint.name for endpoint in found) for role, found in public.items()}
    fix = "name a role of the definition"
    for name, location in networks.roles:
        require_known(location, "address or security group for unknown role", name, names, fix, findings)
    for name, location in () if any(public.values()) else networks.reserved:
        what, allowed = f"ReservedIP {shown(name)} in a service without an endpoint", "a service with an InputEndpoint"
        findings.problem(location, what, allowed, "add an <InputEndpoint> to a role, or delete the ReservedIP")
    balancers = dict.fromkeys(name for name, _ in networks.load_balancers)
    for endpoint in (endpoint for found in public.values() for endpoint in found):
        if endpoint.load_balancer is not None:
            what = f"endpoint {shown(endpoint.name)} names unknown load balancer"
            declare = "declare it in <LoadBalancers> of the configuration"
            require_known(endpoint.location, what, endpoint.load_balancer, balancers, declare, findings)
    controls = {control.name: control.denying() for control in networks.controls}
    for acl in networks.acls:
        require_known(acl.location, "EndpointAcl for unknown role", acl.role, names, fix, findings)
        if acl.role in names:
            what = f"EndpointAcl for unknown public endpoint of role {shown(acl.role)}:"
            require_known(acl.location, what, acl.endpoint, names[acl.role], "name a public endpoint", findings)
        what, declare = "EndpointAcl names unknown access control", "declare it in <AccessControls>"
        require_known(acl.location, what, acl.control, controls, declare, findings)
        by = controls.get(acl.control)
        if by is not None:
            who = f"every client of endpoint {shown(acl.endpoint)} of role {shown(acl.role)}"
            fix_order = "permit clients in a rule with a lower order, or delete it"
            findings.warn(by[1], "AccessControl", f"{who} is denied by {by[0]}; {fix_order}")


def check_traffic_rules(elements: Iterable[Element], roles: Sequence[Role], findings: Findings) -> None:
    """Read `<NetworkTrafficRules>` and check that the roles and endpoints that they name are there."""
    names = {role.name: dict.fromkeys(endpoint.name for endpoint in role.endpoints) for role in roles}
    for element in elements:
        container = Reading(element, findings)
        for named in container.each("OnlyAllowTrafficTo", _traffic_rule):
            for role, endpoint, location in named:
                what, fix = "traffic rule names unknown role", "name a role of the definition"
                require_known(location, what, role, names, fix, findings)
                if role in names and endpoint is not None:
                    what, fix = (
                        f"traffic rule names unknown endpoint of role {shown(role)}:",
                        "declare it in <Endpoints>",
                    )
                    require_known(location, what, endpoint, names[role], fix, findings)
        container.finish()


def _traffic_rule(reading: Reading) -> list[tuple[str, str | None, Location]]:
    """The roles that a rule names, with the endpoints of those that are its destinations."""
    reading.children("AllowAllTraffic")
    targets = reading.each("Destinations", lambda inner: inner.each("RoleEndpoint", _target))
    sources = reading.each("WhenSource", _sources)
    return [
        *(one for found in targets for one in found),
        *((name, None, at) for found in sources for name, at in found),
    ]


def _target(reading: Reading) -> tuple[str, str | None, Location]:
    return reading.name("roleName"), reading.name("endpointName"), reading.location


def _sources(reading: Reading) -> tuple[Named, ...]:
    reading.word("matches", ["AnyRule"])
    return reading.each("FromRole", _role_name)
