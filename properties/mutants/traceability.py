"""Traceability: for each requirement, the rows of the model that realise it and the properties that check it.

Nothing is kept by hand.  A *showcase* deployment has one of everything (every kind of role, task, probe and plugin
pair, two upgrade domains); its charts are asked what each row realises, its catalogue what each property checks.  A
row or a property that names a requirement which does not exist is an error, and so is a gap in a *behaviour*: tests
look for both.

The mutants are those that its properties caught when the model was broken on purpose: what the ledger says.

Source: the traceability matrix as IEEE 830-1998 asks for it, forwards and backwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ...model.deployment import (
    Certificate,
    Deployment,
    Endpoint,
    EndpointKind,
    LocalStorage,
    Probe,
    Role,
    RoleKind,
    Site,
    Task,
    TaskType,
)
from ...model.notation.statechart import Row, Statechart
from ...model.notation.terms import TRUE
from ...model.workflow import Fabric, Workflow
from ..catalogue import deployment_properties, fabric_properties, liveness_properties, platform_properties
from ..catalogue.deployment import availability
from ..property import Property
from ..requirements import REQUIREMENTS, Kind, require_known
from .ledger import read

PAIR = (
    Task("RemoteAccessAgent.exe", TaskType.BACKGROUND, module="RemoteAccess"),
    Task("RemoteAccessAgent.exe /blockStartup", module="RemoteAccess", partner=0),
)

SHOWCASE = Deployment(
    "Showcase",
    (
        Role(
            "Shop",
            RoleKind.FULL_IIS_WEB,
            instances=2,
            tasks=(*PAIR, Task("setup.cmd"), Task("watch.exe", TaskType.BACKGROUND)),
            endpoints=(Endpoint("Public", EndpointKind.INPUT, "http", 80),),
            sites=(Site("Web", 0), Site("Admin", 1)),
            local_storage=(LocalStorage("Cache"),),
            certificates=(Certificate("Tls", "LocalMachine", "My"),),
        ),
        Role(
            "Front",
            RoleKind.HWC_WEB,
            endpoints=(
                Endpoint("Public", EndpointKind.INPUT, "http", 8080),
                Endpoint("Probed", EndpointKind.INPUT, "tcp", 8081, probe="Alive"),
            ),
        ),
        Role(
            "Back",
            RoleKind.WORKER,
            tasks=(Task("collect.exe", TaskType.FOREGROUND),),
            endpoints=(Endpoint("Jobs", EndpointKind.INPUT, "tcp", 9000),),
        ),
    ),
    probes=(Probe("Alive", "tcp"),),
    upgrade_domain_count=2,
)
"""One of everything, so that each requirement has a place in it."""


@dataclass(frozen=True)
class Traced:
    """One requirement with what realises and what checks it; ``mutants`` are those that its properties caught."""

    id: str
    text: str
    kind: Kind
    transitions: tuple[str, ...]
    properties: tuple[str, ...]
    mutants: tuple[str, ...] = ()

    @property
    def gap(self) -> str:
        """What a behaviour lacks, in words; nothing for log data and where nothing is missing."""
        if self.kind is not Kind.BEHAVIOUR:
            return ""
        lacking = [w for w, found in (("transition", self.transitions), ("property", self.properties)) if not found]
        return " and ".join(f"no {what}" for what in lacking)

    def as_dict(self) -> dict[str, Any]:
        """The requirement in types that JSON has."""
        return {
            "id": self.id,
            "text": self.text,
            "transitions": list(self.transitions),
            "properties": list(self.properties),
            "mutants": list(self.mutants),
        }


@dataclass
class _Found:
    # Dictionaries as ordered sets: the same row stands in the chart of every instance.
    transitions: dict[str, None] = field(default_factory=dict)
    properties: dict[str, None] = field(default_factory=dict)
    mutants: dict[str, None] = field(default_factory=dict)


def trace(deployment: Deployment = SHOWCASE) -> tuple[Traced, ...]:
    """Every requirement with the rows and properties that a deployment's network and catalogue have for it.

    Raises UnknownRequirement when a row or a property names an id that no requirement has.

    >>> heartbeat = next(r for r in trace() if r.id == "R-C4")
    >>> print(next(row for row in heartbeat.transitions if "does" in row))
    host_agent: does restart_guest, guest.in_contact -> guest.first_contact [silence == 10 and order != reboot]
    >>> print(heartbeat.properties[0])
    the guest OS is restarted after exactly 10 minutes without a heartbeat answer, not before and never later
    """
    workflow = Workflow(deployment)
    found: dict[str, _Found] = defaultdict(_Found)
    caught = read().caught()
    for chart in dict.fromkeys(c.chart for c in workflow.network.components):
        for text, realises in readable_rows(chart):
            require_known(realises, text)
            for id in realises:
                found[id].transitions[text] = None
    for prop in catalogue(workflow):
        require_known(prop.requirements, prop.name)
        for id in prop.requirements:
            found[id].properties[prop.name] = None
            found[id].mutants |= dict.fromkeys(map(str, caught.get(prop.in_general, ())))
    return tuple(
        Traced(
            r.id,
            r.text,
            r.kind,
            tuple(found[r.id].transitions),
            tuple(found[r.id].properties),
            tuple(sorted(found[r.id].mutants)),
        )
        for r in REQUIREMENTS
    )


def catalogue(workflow: Workflow) -> list[Property]:
    """Every property of a workflow: platform, deployment, liveness, the fabric's walk, availability of each role."""
    fabric = Fabric(workflow.deployment, workflow.bounds, workflow.platform)
    walks = fabric_properties(fabric) if len(fabric.instances) > 1 else []
    concerning_several = [
        p
        for role in dict.fromkeys(role for role, _ in workflow.instances)
        for p in availability(replace(workflow, bounds=replace(workflow.bounds, instances=((role.name, (0,)),))), role)
    ]
    ends = liveness_properties(workflow)
    return platform_properties(workflow) + deployment_properties(workflow) + ends + walks + concerning_several


def readable_rows(chart: Statechart) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each row of a chart as it was written, in words, with the requirements that it realises."""
    written: dict[int, list[Row]] = defaultdict(list)
    for row in chart.table:
        written[row.index].append(row)
    for rows in written.values():
        first = rows[0]
        events = " or ".join(dict.fromkeys(r.event for r in rows))
        sources = " or ".join(dict.fromkeys(r.source or "any state" for r in rows))
        place = f"{sources} -> {first.target}" if first.target is not None else f"in {sources}"
        guard = f" [{first.guard}]" if first.guard != TRUE else ""
        yield f"{chart.name}: {first.answer.value} {events}, {place}{guard}", first.realises
