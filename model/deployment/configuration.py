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
from .document import read_document
from .limits import MAX_INSTANCES
from .networks import NO_NETWORKS, Networks, read_networks
from .parts import MAX_INT
from .problems import DeploymentError
from .reading import Findings, Reading, read_each, shown
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
    roles = reading.each("Role", _role)
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


def _role(reading: Reading) -> ConfiguredRole:
    name, findings = reading.required("name"), reading.findings
    if reading.child("Instances") is None:
        what = f"role {shown(name)} has no <Instances>"
        findings.problem(reading.location, what, "one", 'add <Instances count="1" />')
    instances = reading.each("Instances", lambda inner: inner.integer("count", 1, MAX_INSTANCES))
    settings = read_each(reading.child("ConfigurationSettings"), "Setting", _setting, findings)
    findings.unique("setting", settings, "a role")
    certificates = read_each(reading.child("Certificates"), "Certificate", _certificate, findings)
    reading.unmodelled("vmName", "names of virtual machines are not modelled")
    reading.unmodelled_children("OsImage", "images of the operating system are not modelled")
    return ConfiguredRole(
        name, next(iter(instances), 1), tuple(setting for setting, _ in settings), certificates, reading.location
    )


def _setting(reading: Reading) -> tuple[str, Location]:
    name = reading.required("name")
    if reading.text("value") is None:
        what = f"setting {shown(name)} has no value"
        reading.findings.problem(reading.location, what, "any text", 'add value="..."')
    return name, reading.location


def _certificate(reading: Reading) -> tuple[str, str]:
    name, thumbprint = reading.required("name"), reading.text("thumbprint") or ""
    if not re.fullmatch(r"\s*(?:[0-9A-Fa-f]\s*)+", thumbprint):
        has = f"has thumbprint {shown(thumbprint)}" if thumbprint.strip() else "has no thumbprint"
        what, fix = f"certificate {shown(name)} {has}", "copy it from the certificate"
        reading.findings.problem(reading.location, what, "hexadecimal digits", fix)
    reading.word("thumbprintAlgorithm", ["sha1"])
    return name, thumbprint
