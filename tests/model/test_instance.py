"""The agents of an instance: none is forgotten, and the lists that others read are derived from the tables."""

from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import CodeType, FrameType
from typing import Any

from goalstate.model import agents
from goalstate.model.deployment import Deployment, Endpoint, EndpointKind, Role, RoleKind, Site, Task, TaskType
from goalstate.model.instance import AGENTS
from goalstate.model.platform import ALTERNATIVES, OPTIONS, Platform
from goalstate.model.workflow import Bounds, Fabric, Faults, Workflow, scope

ROLES = tuple(
    Role(
        kind.name,
        kind,
        tasks=(Task("a", TaskType.SIMPLE), Task("b", TaskType.BACKGROUND), Task("c", TaskType.FOREGROUND)),
        endpoints=(
            Endpoint("Public", EndpointKind.INPUT, "http", 80),
            Endpoint("Probed", EndpointKind.INPUT, "http", 81, probe="Health"),
            Endpoint("Inside", EndpointKind.INTERNAL, "http"),
        ),
        sites=(Site("Web", 0),) if kind is RoleKind.FULL_IIS_WEB else (),
    )
    for kind in RoleKind
)
SERVICE = Deployment("Everything", ROLES)


def builders() -> dict[CodeType, str]:
    """Every public function of the agents' modules that makes a chart, by its code."""
    found: dict[CodeType, str] = {}
    for module in pkgutil.iter_modules(agents.__path__):
        loaded = import_module(f"{agents.__name__}.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            own = function.__module__ == loaded.__name__ and not name.startswith("_")
            if own and inspect.signature(function).return_annotation == "Statechart":
                found[function.__code__] = f"{module.name}.{name}"
    return found


def called(action: Callable[[], object]) -> set[CodeType]:
    """The code of every Python function that is called while an action runs."""
    found: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            found.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return found


def compose() -> None:
    """Every workflow that matters here."""
    assert Workflow(SERVICE, Bounds(Faults(1))).network.components
    assert Fabric(SERVICE).network.components


def names() -> Iterator[str]:
    """The names of all components of instances, without scope."""
    for component in Workflow(SERVICE).network.components:
        if component.scope:
            yield component.name.removeprefix(component.scope)


def test_every_agent_that_is_declared_is_part_of_some_workflow() -> None:
    declared = builders()
    assert len(declared) > 20
    reached = called(compose)
    assert {name for code, name in declared.items() if code not in reached} == set()


def test_the_list_of_agents_is_that_of_the_components() -> None:
    found = {name for name in names() if not name.startswith("startup_task_")}
    assert found == set(AGENTS)
    assert len(AGENTS) == len(set(AGENTS))


def test_the_components_of_an_instance_stand_from_the_outside_in() -> None:
    here = scope(ROLES[0].name, 0)
    own = [c.name.removeprefix(here) for c in Workflow(SERVICE).network.components if c.scope == here]
    listed = [name for name in own if name in AGENTS]
    assert listed == sorted(listed, key=AGENTS.index)


def test_every_option_of_the_platform_has_alternatives_with_a_sentence_each() -> None:
    assert [option.name for option in OPTIONS] == [name for name, _ in Platform().chosen]
    for option in OPTIONS:
        assert option.says
        assert len(option.alternatives) >= 2
        assert all(option.alternatives.values())
        assert dict(Platform().chosen)[option.name] == ALTERNATIVES[option.name][0] == next(iter(option.alternatives))
