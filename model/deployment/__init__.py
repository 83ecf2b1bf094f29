"""The deployment: what a `.csdef` and a `.cscfg` say, checked together and expanded as the packaging tool expands it.

`read_deployment` is the way in; everything it returns is a frozen, hashable value: docs/reference/service-files.md.
"""

from .configuration import Configuration, ConfiguredRole, read_configuration
from .definition import Definition, read_definition
from .limits import MAX_INSTANCES
from .problems import DeploymentError, Problem
from .reader import read_deployment
from .service import (
    NOWHERE,
    Assumption,
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
    Note,
    Probe,
    Role,
    RoleKind,
    Site,
    Task,
    TaskType,
    TopologyChangeDiscovery,
    upgrade_domain,
)

__all__ = [
    "MAX_INSTANCES",
    "NOWHERE",
    "Assumption",
    "Binding",
    "Certificate",
    "Configuration",
    "ConfiguredRole",
    "Definition",
    "Deployment",
    "DeploymentError",
    "Endpoint",
    "EndpointKind",
    "EntryPoint",
    "EntryPointKind",
    "ExecutionContext",
    "Import",
    "LocalStorage",
    "Location",
    "Note",
    "Probe",
    "Problem",
    "Role",
    "RoleKind",
    "Site",
    "Task",
    "TaskType",
    "TopologyChangeDiscovery",
    "read_configuration",
    "read_definition",
    "read_deployment",
    "upgrade_domain",
]
