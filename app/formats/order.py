"""The order of findings: first what the user asked about, then the service's own code, then what imports bring.

An imported module brings startup tasks that nobody can mend, and they run before the tasks of the role: by the length
of their stories they would come first.
"""

from __future__ import annotations

from collections.abc import Callable

from goalstate.model.deployment import Deployment
from goalstate.model.workflow import scope
from goalstate.properties.catalogue.liveness import STAYS_READY

from .findings import Finding


def rank_in(deployment: Deployment | None) -> Callable[[Finding], int]:
    """What ranks findings about a deployment: 0 for what is assumed, 2 for tasks of imported modules, else 1."""
    imported = {
        (scope(role.name, n).rstrip("/"), f"startup task {k} ({task.command}) ")
        for role in (() if deployment is None else deployment.roles)
        for n in range(role.instances)
        for k, task in enumerate(role.tasks)
        if task.module is not None
    }

    def rank(finding: Finding) -> int:
        if finding.prop.name == STAYS_READY:
            return 0
        subject, name = finding.prop.subject, finding.prop.name
        return 2 if any(subject == whom and name.startswith(task) for whom, task in imported) else 1

    return rank
