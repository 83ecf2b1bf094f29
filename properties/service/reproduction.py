"""A search of ``verify`` again: the network that it searched, and what it asked of it, by the label of the search.

A saved run names its search and how that was asked for.  The network of the search is made anew from the definition, so
that the run can be tried on a definition that has changed since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...model.deployment import Deployment
from ...model.network import Network
from ...model.workflow import Bounds, Faults, Workflow
from ..catalogue import deployment_properties, fabric_properties, liveness_properties, platform_properties
from ..catalogue.deployment import TOGETHER, availability
from ..property import Property
from .verification import Settings, end_label, fabric_search, in_the_end, liveness_left_out, searches, with_instances


@dataclass(frozen=True)
class Searched:
    """The network of a search, and the properties that there are of it, which are made when they are asked for."""

    label: str
    network: Network
    properties: Callable[[], list[Property]]

    def property(self, name: str) -> Property | None:
        """The property of a name; also one whose name differs only in what stands in brackets, if it is the only one.

        The brackets hold commands and names of the definition, which may be written anew without changing what is
        claimed.
        """
        there = self.properties()
        same = [p for p in there if str(p) == name]
        alike = same or [p for p in there if _plain(str(p)) == _plain(name)]
        return alike[0] if len(alike) == 1 or same else None


def reproduced(deployment: Deployment, settings: Settings, label: str) -> Searched | None:
    """The search of a label; None where the deployment has no such search."""
    deployment = with_instances(deployment, settings.instances)
    for found, workflow in searches(deployment, settings):
        if found == label:
            return Searched(label, workflow.network, partial(_of_workflow, workflow))
        if label == end_label(found):
            unhurried = in_the_end(workflow, settings)
            return Searched(label, unhurried.network, partial(liveness_properties, unhurried))
    fabric = fabric_search(deployment, settings)
    if fabric is not None and label == "fabric":
        return Searched(label, fabric.network, partial(fabric_properties, fabric))
    for role in deployment.roles:
        if label == f"{role.name}: availability" and role.instances <= TOGETHER:
            faults = settings.faults if settings.faults is not None else Faults(1)
            bounds = Bounds(faults, 1, settings.tick or 1, ((role.name, tuple(range(role.instances))),))
            together = Workflow(deployment, bounds, settings.platform)
            return Searched(label, together.network, partial(availability, together, role))
    return None


def labels(deployment: Deployment, settings: Settings) -> list[str]:
    """The searches that there are."""
    deployment = with_instances(deployment, settings.instances)
    ends = not liveness_left_out(settings)
    found = [
        one for label, _ in searches(deployment, settings) for one in (label, *([end_label(label)] if ends else []))
    ]
    fabric = ["fabric"] if fabric_search(deployment, settings) is not None else []
    return [*found, *fabric, *(f"{role.name}: availability" for role in deployment.roles if role.input_endpoints)]


def _of_workflow(workflow: Workflow) -> list[Property]:
    return platform_properties(workflow) + deployment_properties(workflow)


def _plain(name: str) -> str:
    """A sentence without what stands in brackets."""
    outside, depth = [], 0
    for character in name:
        depth += character == "("
        if not depth:
            outside.append(character)
        depth -= character == ")" and depth > 0
    return " ".join("".join(outside).split())
