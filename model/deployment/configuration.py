"""The service configuration (`.cscfg`): instance counts, guest OS, and which settings and certificates are given.

Values of settings are not kept: no agent reads them, and they may be secrets. Source: the configuration schema of SDK
2.4. Left out, with a note each: networks and access control (only the names in them are checked), OS images,
guest-agent settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from .definition import require_root
from .document import Element, read_document
from .limits import MAX_INSTANCES
from .networks import NO_NETWORKS, Networks, read_networks
from .parts import MAX_INT
from .problems import DeploymentError
from .reading import Findings, Reading, shown
from .service import Location, Note

NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"


@dataclass(frozen=True, slots=True)
class ConfiguredRole:
    """What the configuration says of one role; `certificates` pairs names with thumbprints."""

    name: str
    instances: int
    settings: tuple[str, ...]
    certificates: tuple[tuple[str, str], ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a `.cscfg` says."""

    service_name: str
    roles: tuple[ConfiguredRole, ...]
    os_family: int
    os_version: str
    location: Location
    source: str
    networks: Networks = NO_NETWORKS
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


def read_configuration(path: Path) -> Configuration:
    """Read a `.cscfg`. Raises `DeploymentError` with every mistake found."""
    document = read_document(path)
    findings = Findings(notes=list(document.notes))
    require_root(document, "ServiceConfiguration", NAMESPACE, findings)
    reading = Reading(document.root, findings)
    roles = tuple(_role(child, findings) for child in reading.children("Role"))
    findings.unique("role", [(role.name, role.location) for role in roles], "a configuration")
    networks = read_networks(reading.child("NetworkConfiguration"), findings)
    reading.unmodelled_children("GuestAgentSettings", "settings of the guest agent are not modelled")
    reading.text("schemaVersion")  # tells which SDK wrote the file, and nothing about the service
    configuration = Configuration(
        service_name=reading.required("serviceName"),
        roles=roles,
        os_family=reading.integer("osFamily", 1, MAX_INT, 1),
        os_version=reading.text("osVersion", "*") or "*",
        location=reading.location,
        source=str(path),
        networks=networks,
    )
    reading.finish()
    if findings.problems:
        raise DeploymentError(sorted(findings.problems))
    return replace(configuration, notes=tuple(findings.notes), warnings=tuple(findings.warnings))


def _role(element: Element, findings: Findings) -> ConfiguredRole:
    reading = Reading(element, findings)
    name = reading.required("name")
    instances = 1
    count = reading.child("Instances")
    if count is None:
        what = f"role {shown(name)} has no <Instances>"
        findings.problem(element.location, what, "one", 'add <Instances count="1" />')
    else:
        inner = Reading(count, findings)
        instances = inner.integer("count", 1, MAX_INSTANCES)
        inner.finish()
    role = ConfiguredRole(
        name, instances, _settings(reading, findings), _certificates(reading, findings), element.location
    )
    reading.unmodelled("vmName", "names of virtual machines are not modelled")
    reading.unmodelled_children("OsImage", "images of the operating system are not modelled")
    reading.finish()
    return role


def _settings(role: Reading, findings: Findings) -> tuple[str, ...]:
    container = role.child("ConfigurationSettings")
    if container is None:
        return ()
    reading = Reading(container, findings)
    names = []
    for child in reading.children("Setting"):
        setting = Reading(child, findings)
        names.append((setting.required("name"), child.location))
        if setting.text("value") is None:
            findings.problem(
                child.location, f"setting {shown(names[-1][0])} has no value", "any text", 'add value="..."'
            )
        setting.finish()
    reading.finish()
    findings.unique("setting", names, "a role")
    return tuple(name for name, _ in names)


def _certificates(role: Reading, findings: Findings) -> tuple[tuple[str, str], ...]:
    container = role.child("Certificates")
    if container is None:
        return ()
    reading = Reading(container, findings)
    certificates = []
    for child in reading.children("Certificate"):
        certificate = Reading(child, findings)
        name = certificate.required("name")
        thumbprint = certificate.text("thumbprint") or ""
        if not re.fullmatch(r"\s*(?:[0-9A-Fa-f]\s*)+", thumbprint):
            has = f"has thumbprint {shown(thumbprint)}" if thumbprint.strip() else "has no thumbprint"
            fix = "copy it from the certificate"
            findings.problem(child.location, f"certificate {shown(name)} {has}", "hexadecimal digits", fix)
        certificate.word("thumbprintAlgorithm", ["sha1"])
        certificate.finish()
        certificates.append((name, thumbprint))
    reading.finish()
    return tuple(certificates)
