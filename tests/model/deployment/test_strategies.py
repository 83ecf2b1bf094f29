"""The random services draw every feature of the files that reaches the model."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from goalstate.model.deployment import (
    Deployment,
    Endpoint,
    EndpointKind,
    Role,
    RoleKind,
    TaskType,
    TopologyChangeDiscovery,
)

from .strategies import deployments


def balanced(role: Role) -> list[Endpoint]:
    """The public endpoints whose instances come and go."""
    return [endpoint for endpoint in role.input_endpoints if not endpoint.ignores_status]


def probes(role: Role) -> set[str | None]:
    return {endpoint.probe for endpoint in balanced(role)}


def protocols(service: Deployment, role: Role) -> set[str]:
    return {service.probe(probe).protocol for probe in probes(role) if probe is not None}


def own(role: Role, kind: EndpointKind) -> bool:
    return any(endpoint.kind is kind and endpoint.module is None for endpoint in role.endpoints)


def domains(service: Deployment, role: Role) -> list[int]:
    return [domain for owner, _, domain in service.instances() if owner is role]


def tasks(role: Role, kind: TaskType, module: bool) -> bool:
    return any(task.type is kind and (task.module is not None) is module for task in role.tasks)


BLAST = TopologyChangeDiscovery.BLAST

FEATURES: dict[str, Callable[[Deployment, Role], bool]] = {
    **{kind.value: lambda _, role, kind=kind: role.kind is kind for kind in RoleKind},  # type: ignore[misc]
    "all kinds of roles in one service": lambda service, _: len({role.kind for role in service.roles}) == len(RoleKind),
    "the guest agent's probe alone": lambda _, role: probes(role) == {None},
    "custom probes alone": lambda _, role: bool(probes(role)) and None not in probes(role),
    "both kinds of probes": lambda _, role: len(probes(role)) > 1 and None in probes(role),
    "custom probes of both protocols": lambda service, role: len(protocols(service, role)) == 2,
    "no public endpoint": lambda _, role: not role.input_endpoints,
    "an endpoint that ignores the status": lambda _, role: any(e.ignores_status for e in role.input_endpoints),
    "an internal endpoint": lambda _, role: own(role, EndpointKind.INTERNAL),
    "an endpoint of each instance": lambda _, role: own(role, EndpointKind.INSTANCE_INPUT),
    "a simple task": lambda _, role: tasks(role, TaskType.SIMPLE, False),
    "a background task": lambda _, role: tasks(role, TaskType.BACKGROUND, False),
    "a foreground task": lambda _, role: tasks(role, TaskType.FOREGROUND, False),
    "a pair of one's own": lambda _, role: any(t.partner is not None and t.module is None for t in role.tasks),
    "a pair of a module": lambda _, role: any(t.partner is not None and t.module is not None for t in role.tasks),
    "a task of a module alone": lambda _, role: any(t.command.startswith("DiagnosticsPlugin") for t in role.tasks),
    "several sites": lambda _, role: len(role.sites) > 1,
    "one instance": lambda _, role: role.instances == 1,
    "several domains": lambda service, role: len(set(domains(service, role))) > 1,
    "several instances in one domain": lambda service, role: len(set(domains(service, role))) < role.instances,
    "all told at once": lambda service, role: (
        service.topology_change_discovery is BLAST and len(set(domains(service, role))) > 1
    ),
}


@pytest.fixture(scope="module")
def drawn() -> Counter[str]:
    """In how many of 300 services each feature is found."""
    found: Counter[str] = Counter()

    @settings(
        max_examples=300,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(deployments())
    def look(service: Deployment) -> None:
        found.update({name for name, has in FEATURES.items() for role in service.roles if has(service, role)})

    look()
    return found


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_is_drawn(drawn: Counter[str], feature: str) -> None:
    assert drawn[feature] >= 3
