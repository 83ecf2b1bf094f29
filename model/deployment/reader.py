"""From paths to a `Deployment`: which files belong together, and whether they agree.

A folder stands for the one `.csdef` in it and the configuration that a publisher would take:
`ServiceConfiguration.Cloud.cscfg`, else `ServiceConfiguration.cscfg`, else the only one there is. Visual Studio writes
a second definition, `*.build.csdef`, when it builds: it is skipped, with a note. Mistakes of both files are reported
together.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .checks import may_be_known
from .configuration import Configuration, ConfiguredRole, read_configuration
from .definition import Definition, read_definition
from .networks import check_networks
from .plugins import Version
from .problems import DeploymentError, Problem, listed, suggestion
from .reading import Findings, shown
from .service import Deployment, EndpointKind, Location, Note, Role

_PREFERRED = ("serviceconfiguration.cloud.cscfg", "serviceconfiguration.cscfg")


def read_deployment(paths: Sequence[Path | str], *, sdk: Version | None = None) -> Deployment:
    """Read a service from a folder, or from a `.csdef` and perhaps a `.cscfg`.

    Without a configuration every role gets one instance, and a note says so. `sdk` overrides the version that decides
    what imported modules define (else: the definition's schemaVersion). Raises `DeploymentError`, and nothing else,
    with every mistake found.
    """
    definition_path, configuration_path, skipped = _choose([Path(path) for path in paths])
    problems: list[Problem] = []
    definition: Definition | None = None
    configuration: Configuration | None = None
    try:
        definition = read_definition(definition_path, sdk=sdk)
    except DeploymentError as error:
        problems += error.problems
    if configuration_path is not None:
        try:
            configuration = read_configuration(configuration_path)
        except DeploymentError as error:
            problems += error.problems
    if problems or definition is None:
        raise DeploymentError(problems)
    deployment = combine(definition, configuration)
    return replace(deployment, notes=skipped + deployment.notes)


def combine(definition: Definition, configuration: Configuration | None) -> Deployment:
    """Put a definition and its configuration together. Raises `DeploymentError` with every disagreement."""
    findings = Findings(notes=list(definition.notes), warnings=list(definition.warnings))
    roles = definition.roles
    family, version, sources = 1, "*", definition.sources
    if configuration is None:
        findings.note(definition.location, "ServiceConfiguration", "no configuration given; one instance of every role")
    else:
        findings.notes.extend(configuration.notes)
        findings.warnings.extend(configuration.warnings)
        roles = _configured_roles(definition, configuration, findings)
        check_networks(configuration.networks, roles, findings)
        family, version = configuration.os_family, configuration.os_version
        sources += (configuration.source,)
    if findings.problems:
        raise DeploymentError(sorted(findings.problems))
    return Deployment(
        name=definition.name,
        roles=roles,
        probes=definition.probes,
        upgrade_domain_count=definition.upgrade_domain_count,
        topology_change_discovery=definition.topology_change_discovery,
        os_family=family,
        os_version=version,
        sources=sources,
        notes=tuple(findings.notes),
        warnings=tuple(sorted(findings.warnings, key=lambda warning: warning.location)),
        schema_version=definition.schema_version,
        location=definition.location,
    )


def _configured_roles(definition: Definition, configuration: Configuration, findings: Findings) -> tuple[Role, ...]:
    if configuration.service_name != definition.name:
        what = f"configuration of service {shown(configuration.service_name)}"
        fix = f"give the configuration of {shown(definition.name)} ({definition.location})"
        findings.problem(configuration.location, what, f"serviceName {shown(definition.name)}", fix)
    configured = {role.name: role for role in configuration.roles}
    defined = dict.fromkeys(role.name for role in definition.roles)
    for extra in configuration.roles:
        if extra.name not in defined:
            what = f"role {shown(extra.name)} is not in the definition"
            fix = suggestion(extra.name, defined, f"delete it, or define it in {definition.location.file}")
            findings.problem(extra.location, what, listed(defined), fix)
    roles = []
    for role in definition.roles:
        settings = configured.get(role.name)
        if settings is None:
            what = f"role {shown(role.name)} is not in the configuration {configuration.source}"
            fix = suggestion(role.name, configured, f'add <Role name="{role.name}"> with <Instances> there')
            findings.problem(role.location, what, "every role in both files", fix)
        else:
            roles.append(_configured(role, settings, findings))
    return tuple(roles)


def _configured(role: Role, configured: ConfiguredRole, findings: Findings) -> Role:
    declared, given = set(role.settings), set(configured.settings)
    for setting in configured.settings:
        if setting not in declared:
            reason = f"{shown(setting)} is not declared for role {shown(role.name)} in the definition"
            findings.note(configured.location, "Setting", reason)
    for setting in role.settings:
        if setting not in given:
            findings.note(
                configured.location, "Setting", f"{shown(setting)} of role {shown(role.name)} has no value here"
            )
    _check_ports(role, configured, findings)
    thumbprints = dict(configured.certificates)
    known = dict.fromkeys(certificate.name for certificate in role.certificates)
    for name in thumbprints:
        if not may_be_known(name, known):
            reason = (
                f"{shown(name)} is not declared for role {shown(role.name)} in the definition, so it is not installed"
            )
            findings.warn(configured.location, "Certificate", reason)
    for name in known:
        if name not in thumbprints:
            users = ", ".join(shown(endpoint.name) for endpoint in role.endpoints if endpoint.certificate == name)
            reason = f"{shown(name)} of role {shown(role.name)} has no thumbprint, so it is not installed"
            findings.warn(
                configured.location, "Certificate", reason + (f"; endpoint {users} needs it" if users else "")
            )
    certificates = tuple(replace(c, thumbprint=thumbprints.get(c.name)) for c in role.certificates)
    return replace(role, instances=configured.instances, certificates=certificates)


def _check_ports(role: Role, configured: ConfiguredRole, findings: Findings) -> None:
    """Every instance needs a public port of its own for an instance input endpoint."""
    for endpoint in role.endpoints:
        if endpoint.kind is EndpointKind.INSTANCE_INPUT and endpoint.port_range is not None:
            ports = endpoint.port_range[1] - endpoint.port_range[0] + 1
            if ports < configured.instances:
                what = f"endpoint {shown(endpoint.name)} has {ports} public ports for {configured.instances} instances"
                fix = f"widen the range, or lower the count ({configured.location})"
                findings.problem(endpoint.location, what, "one port or more for every instance", fix)


def _choose(paths: Sequence[Path]) -> tuple[Path, Path | None, tuple[Note, ...]]:
    """The definition and, if there is one, the configuration that the paths stand for; with notes on skipped files."""
    if len(paths) == 1 and os.path.isdir(paths[0]):
        return _choose_in(paths[0])
    definitions = [path for path in paths if path.suffix.casefold() == ".csdef"]
    configurations = [path for path in paths if path.suffix.casefold() == ".cscfg"]
    others = [path for path in paths if path not in definitions and path not in configurations]
    allowed = "a folder, or one .csdef and at most one .cscfg"
    problems = [
        Problem(
            Location(str(path), 1),
            f"{'neither a .csdef nor a .cscfg file' if os.path.lexists(path) else 'there is no such file or folder'}; "
            f"allowed: {allowed}; check the name",
        )
        for path in others
    ]
    for kind, found in ((".csdef", definitions), (".cscfg", configurations)):
        for path in found[1:]:
            problems.append(
                Problem(Location(str(path), 1), f"a second {kind} file; allowed: {allowed}; give one of them")
            )
    if not definitions and not problems:
        place = Location(str(configurations[0]), 1) if configurations else Location(".", 1)
        problems.append(Problem(place, f"no .csdef file given; allowed: {allowed}; add the definition"))
    if problems:
        raise DeploymentError(problems)
    return definitions[0], configurations[0] if configurations else None, ()


def _choose_in(folder: Path) -> tuple[Path, Path | None, tuple[Note, ...]]:
    place = Location(str(folder), 1)
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        message = f"cannot be listed ({error.strerror}); a readable folder is expected; check its permissions"
        raise DeploymentError([Problem(place, message)]) from None
    definitions = [name for name in names if name.casefold().endswith(".csdef")]
    built = [name for name in definitions if name.casefold().endswith(".build.csdef")]
    skipped: tuple[Note, ...] = ()
    if 0 < len(built) < len(definitions):
        definitions = [name for name in definitions if name not in built]
        reason = "written by Visual Studio from the definition when it builds; skipped"
        skipped = tuple(Note(Location(str(folder / name), 1), "ServiceDefinition", reason) for name in built)
    configurations = [name for name in names if name.casefold().endswith(".cscfg")]
    if len(definitions) != 1:
        what = "no .csdef file in this folder" if not definitions else f"several .csdef files: {listed(definitions)}"
        message = f"{what}; allowed: exactly one; name the .csdef (and the .cscfg) instead of the folder"
        raise DeploymentError([Problem(place, message)])
    chosen = next((name for want in _PREFERRED for name in configurations if name.casefold() == want), None)
    if chosen is None and len(configurations) > 1:
        allowed = "one that is named ServiceConfiguration.Cloud.cscfg or ServiceConfiguration.cscfg"
        one = f"{shlex.quote(str(folder / definitions[0]))} {shlex.quote(str(folder / configurations[0]))}"
        message = (
            f"several .cscfg files: {listed(configurations)}; allowed: {allowed}; "
            f"name the .csdef and one of them, as in goalstate verify {one}"
        )
        raise DeploymentError([Problem(place, message)])
    if chosen is None and configurations:
        chosen = configurations[0]
    return folder / definitions[0], folder / chosen if chosen is not None else None, skipped
