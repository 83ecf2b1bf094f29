"""Counts of states, as data in counts.toml: they change only when the model does, and then somebody has to say why."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.explicit.joining import join
from goalstate.model.engines.many_instances.quotients import quotient, reduced
from goalstate.model.engines.symbolic.search import Symbols
from goalstate.model.network import Network
from goalstate.model.network.statespace import Layout, StateSpace
from goalstate.model.workflow import Bounds, Faults, Platform, Workflow
from goalstate.properties.catalogue import deployment_properties, platform_properties
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import Outcome
from goalstate.properties.service.many_instances import assemble
from tests.model.services import role, service
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import two_phase_commit

COUNTS = tomllib.loads((Path(__file__).parent / "counts.toml").read_text(encoding="utf-8"))
PLAIN = 1_000_000
"""States up to which the reference engine has the patience."""

TOYS = {"two-phase commit": two_phase_commit, "dining philosophers": philosophers}


def workflow(entry: dict[str, Any]) -> Workflow:
    """The workflow of an entry."""
    probed = entry.get("probed", "none")
    chosen = role(entry["kind"], entry.get("tasks", ()), probed, entry.get("instances", 1), entry.get("sites", 1))
    bounds = Bounds(Faults.parse(entry["faults"]), entry["requests"] or None, entry["tick"])
    return Workflow(service(chosen), bounds, Platform.of(entry.get("options", {})))


def counted(space: StateSpace) -> dict[str, int]:
    """What is compared."""
    assert space.complete
    return {"distinct": space.distinct, "transitions": space.transitions, "depth": space.depth}


def expect(found: dict[str, int], entry: dict[str, Any], engine: str, what: str = "states") -> None:
    """Fail with the sentence of counts.toml where something differs."""
    differing = [f"{key}: {entry.get(key)} is now {value}" for key, value in found.items() if entry.get(key) != value]
    if differing:
        changes = f"{entry['name']}, {engine} engine: {', '.join(differing)}"
        pytest.fail(f"{changes}: say which {what} came or went, then renew tests/counts.toml: make renew")


def verdicts(subject: Workflow, space: StateSpace) -> list[tuple[str, Outcome, bool, str, int]]:
    """For each property of the catalogue the outcome, and how long the path that shows it is."""
    found = check(space, platform_properties(subject) + deployment_properties(subject))
    return [(str(v.property), v.outcome, v.vacuous, v.reason, len(v.path) if v.path else 0) for v in found]


def judged(subject: Workflow, space: StateSpace) -> tuple[dict[str, int], list[str]]:
    """How many properties of the catalogue have which outcome, and the names of those violated."""
    found = check(space, platform_properties(subject) + deployment_properties(subject))
    outcomes = Counter("vacuous" if v.vacuous else v.outcome.value for v in found)
    violated = sorted(v.property.name for v in found if v.outcome is Outcome.VIOLATED)
    return {key: outcomes[key] for key in ("holds", "vacuous", "violated", "unknown")}, violated


@pytest.mark.parametrize("entry", COUNTS["workflow"], ids=lambda entry: entry["name"])
def test_counts_of_the_workflow(entry: dict[str, Any]) -> None:
    subject = workflow(entry)
    space = explicit.explore(subject.network, graph=True)
    expect(counted(space), entry, "explicit")
    if space.distinct <= PLAIN:
        plain = reference.explore(subject.network)
        expect(counted(plain), entry, "reference")
        assert plain.levels == space.levels
        assert verdicts(subject, plain) == verdicts(subject, space)
    if entry.get("judged", True):
        outcomes, findings = judged(subject, space)
        expect(outcomes, entry, "explicit", "properties")
        listed = entry.get("findings", [])
        assert findings == listed, f"{entry['name']}: the violated properties of tests/counts.toml: make renew"


def product(entry: dict[str, Any]) -> int:
    """How many states the whole product of all instances has, or that of the instances minimised: too many for a search
    that looks at each."""
    subject = workflow(entry)
    symbols = Symbols(reduced(assemble(subject).family) if entry.get("minimised") else subject.network)
    return symbols.size(symbols.reachable())


def sizes(entry: dict[str, Any]) -> dict[str, int]:
    """The states of an instance with the core, by itself, and minimised to what the core sees of it."""
    found = quotient(workflow(entry).network, "R_IN_0/")
    return {"with_core": found.with_core, "before": found.before, "after": found.after}


def bits(entry: dict[str, Any]) -> dict[str, int]:
    """The bits of a state, those of a state of joined machines, and the local states of the placement."""
    network = workflow(entry).network
    machines = join(network)
    assert machines is not None
    placement = network.components[network.index["R_IN_0/placement"]].lts.size
    return {"bits": Layout.of(network).bits, "joined": machines.layout.bits, "placement": placement}


@pytest.mark.parametrize("entry", COUNTS["quotient"], ids=lambda entry: entry["name"])
def test_counts_of_minimised_instances(entry: dict[str, Any]) -> None:
    expect(sizes(entry), entry, "many-instances")


@pytest.mark.parametrize("entry", COUNTS["joined"], ids=lambda entry: entry["name"])
def test_bits_of_joined_machines(entry: dict[str, Any]) -> None:
    expect(bits(entry), entry, "explicit", "bits")


@pytest.mark.parametrize("entry", COUNTS["product"], ids=lambda entry: entry["name"])
def test_counts_of_products(entry: dict[str, Any]) -> None:
    expect({"distinct": product(entry)}, entry, "symbolic")


@pytest.mark.parametrize("entry", COUNTS["toy"], ids=lambda entry: entry["name"])
def test_counts_of_toy_models(entry: dict[str, Any]) -> None:
    network: Network = TOYS[entry["model"]](entry["size"])
    for engine, space in (("reference", reference.explore(network)), ("explicit", explicit.explore(network))):
        expect(counted(space), entry, engine)


def test_every_kind_of_role_and_task_is_counted() -> None:
    listed = COUNTS["workflow"]
    assert {entry["kind"] for entry in listed} == {"worker", "HWC", "full IIS"}
    assert {task for entry in listed for task in entry.get("tasks", ())} >= {
        "simple",
        "background",
        "foreground",
        "pair",
    }
    assert {entry.get("probed", "none") for entry in listed} == {"none", "default", "custom", "both", "open"}


def test_a_changed_count_fails_with_the_question_to_answer() -> None:
    entry = {"name": "a worker", "distinct": 1, "transitions": 2, "depth": 3}
    with pytest.raises(pytest.fail.Exception) as failure:
        expect({"distinct": 5, "transitions": 2, "depth": 4}, entry, "explicit")
    assert str(failure.value) == (
        "a worker, explicit engine: distinct: 1 is now 5, depth: 3 is now 4: "
        "say which states came or went, then renew tests/counts.toml: make renew"
    )
