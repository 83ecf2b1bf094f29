"""The sentences of liveness hold, of every kind of role, and not vacuously; and each of their assumptions is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network.statespace import StateSpace
from goalstate.model.workflow import Bounds, Faults, Platform, Workflow
from goalstate.properties.catalogue.liveness import (
    DEPLOYED,
    Sentence,
    liveness_properties,
    recoverability,
    sentences,
    stuck,
)
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import AlwaysCan, Outcome
from goalstate.properties.temporal.assumptions import FairAgent, holds
from goalstate.properties.temporal.claims import EveryRun
from goalstate.properties.temporal.fairness import Strength
from goalstate.properties.temporal.reading import linear
from goalstate.properties.temporal.search import Arena
from tests.model.services import role, service

SEARCHES = {
    "start": Bounds(Faults(1), 1, 5),
    "operations": Bounds(Faults(0), 2, 5),
    "both": Bounds(Faults(1), 2, 5),
    "two faults": Bounds(Faults(2), 1, 5),
    "three requests": Bounds(Faults(0), 3, 5),
}

DEPLOYMENT = "a deployment leads to Ready, unless the user asks for something else"
FAULTS = (
    "the end of any process of the role leads to Ready again, unless the user asks for something else",
    "a guest that hangs and a host that fails lead to Ready again, unless the user asks for something else",
    "a guest that is silent is restarted, unless it is heard again",
    "an agent that dies beside the role is started again, or its replica takes over",
)
REQUESTS = (
    "a stop leads to stopped",
    "a changed configuration is in place in the end, unless the service is stopped",
    "an update comes to its end, unless it is overtaken, or stopped by a role that recycles",
)
SERVED = "a client's request to a role that is Ready is served, unless what would serve it goes down"


def searched(kind: str, label: str, tasks: tuple[str, ...] = ("simple",)) -> tuple[Workflow, StateSpace]:
    workflow = Workflow(service(role(kind, tasks, probed="default")), SEARCHES[label])
    return workflow, explicit.explore(workflow.network, graph=True)


@pytest.mark.parametrize(
    ("kind", "label"),
    [(kind, label) for kind in ("worker", "HWC", "full IIS") for label in ("start", "operations")]
    + [("worker", "both"), ("worker", "two faults"), ("worker", "three requests")],
)
def test_every_sentence_holds_and_is_put_to_the_test(kind: str, label: str) -> None:
    workflow, space = searched(kind, label)
    verdicts = check(space, liveness_properties(workflow))
    assert [str(v.property) for v in verdicts if v.outcome is not Outcome.HOLDS] == []
    assert [str(v.property) for v in verdicts if v.vacuous] == []
    faults, again = workflow.bounds.faults.total > 0, workflow.bounds.requests != 1
    expected = {DEPLOYMENT}
    expected |= set(FAULTS if faults else ()) | set(REQUESTS if again else ())
    expected |= {SERVED} if kind == "full IIS" else set()
    assert {v.property.name for v in verdicts if v.property.assumes} == expected
    [recovers] = [v.property.name for v in verdicts if not v.property.assumes]
    assert recovers.startswith("a role that is wanted can always become Ready again, except after")


def test_a_partner_that_dies_and_a_task_that_blocks_are_named_as_exceptions() -> None:
    workflow, space = searched("worker", "start", ("pair",))
    verdicts = check(space, liveness_properties(workflow))
    assert {v.outcome for v in verdicts} == {Outcome.HOLDS}
    assert "no fault task_crash" in verdicts[1].property.assumes
    assert verdicts[0].property.name.endswith("a plugin's agent that died before its partner saw it")


@pytest.mark.parametrize(
    ("kind", "tasks", "option"), [("worker", ("pair", "simple"), "restart"), ("full IIS", ("simple",), "blocked")]
)
def test_each_cause_that_nobody_repairs_is_one(kind: str, tasks: tuple[str, ...], option: str) -> None:
    """Without any one of the exceptions, the role could not become Ready again from somewhere."""
    platform = Platform(failing_simple_task=option)
    workflow = Workflow(service(role(kind, tasks, probed="default")), SEARCHES["start"], platform)
    space = explicit.explore(workflow.network, graph=True)
    [(of, number)] = workflow.instances
    causes = stuck(workflow, of, number)
    assert len(causes) == 8
    [prop] = recoverability(workflow, of, number)
    for cause, where in causes.items():
        assert cause in prop.name
        assert isinstance(prop.claim, AlwaysCan)
        [verdict] = check(space, [replace(prop, claim=replace(prop.claim, source=where & DEPLOYED))])
        assert verdict.outcome is Outcome.VIOLATED, cause
    [verdict] = check(space, [prop])
    assert (verdict.outcome, verdict.vacuous) == (Outcome.HOLDS, False)


def superfluous(arena: Arena, sentence: Sentence) -> list[str]:
    """Assumptions that can be left out, or made weaker."""
    found = []
    for assumption in sentence.assumptions:
        rest = [a for a in sentence.assumptions if a != assumption]
        if holds(arena, sentence.formula, rest):
            found.append(str(assumption))
        elif isinstance(assumption, FairAgent) and assumption.strength is Strength.STRONG:
            weaker = FairAgent(assumption.agent, Strength.WEAK)
            if holds(arena, sentence.formula, [*rest, weaker]):
                found.append(f"{assumption} need not be strong")
    return found


RARE = {
    FAULTS[0]: ("weak fairness of each action of fabric_controller", "guest_agent_crash=1,guest_hang=1"),
    REQUESTS[0]: (
        "strong fairness of each action of R_IN_0/guest_os need not be strong",
        "host_agent_crash=1,wrong_entry_point=1",
    ),
}
"""Assumptions that are needed only where two faults and a second request meet, and the faults."""


@pytest.mark.parametrize("name", RARE)
def test_what_is_needed_when_two_faults_and_a_request_meet(name: str) -> None:
    told, faults = RARE[name]
    workflow = Workflow(service(role("worker", (), probed="default")), Bounds(Faults.parse(faults), 2, 5))
    arena = Arena(explicit.explore(workflow.network, graph=True))
    (where,) = workflow.instances
    sentence = next(s for s in sentences(workflow, *where) if s.name == name)
    (rare,) = (a for a in sentence.assumptions if told.startswith(str(a)))
    rest = [a for a in sentence.assumptions if a != rare]
    weaker = [FairAgent(rare.agent, Strength.WEAK)] if isinstance(rare, FairAgent) and "not be strong" in told else []
    assert holds(arena, sentence.formula, sentence.assumptions)
    assert not holds(arena, sentence.formula, [*rest, *weaker])


BESIDE = {name: {"weak fairness of each action of R_IN_0/rotation"} for name in (DEPLOYMENT, *FAULTS[:3])}
"""Assumptions that are needed only where another probe can go on for ever meanwhile: test_no_false_violation.py."""


def test_no_assumption_is_superfluous() -> None:
    left: dict[str, list[set[str]]] = {}
    for label in ("both", "two faults"):
        workflow, space = searched("worker", label)
        arena = Arena(space)
        (where,) = workflow.instances
        for sentence in sentences(workflow, *where):
            left.setdefault(sentence.name, []).append(set(superfluous(arena, sentence)))
    rare = {name: {told} for name, (told, _) in RARE.items()}
    unneeded = {name: set.intersection(*found) - BESIDE.get(name, set()) for name, found in left.items()}
    remaining = {name: found - rare.get(name, set()) for name, found in unneeded.items()}
    assert {name: sorted(found) for name, found in remaining.items() if found} == {}


def test_every_sentence_reads_back() -> None:
    for label in ("start", "operations"):
        workflow, _ = searched("full IIS", label)
        for prop in liveness_properties(workflow):
            if not prop.assumes:
                continue
            assert isinstance(prop.claim, EveryRun)
            assert str(linear(str(prop.claim.formula), workflow.network)) == str(prop.claim.formula)


@pytest.mark.parametrize(("probed", "requests"), [("open", ["direct"]), ("both", ["client", "custom_client"])])
def test_a_request_is_served_by_whichever_endpoint_it_comes(probed: str, requests: list[str]) -> None:
    """A site may have no endpoint that the load balancer decides on: its requests are served too."""
    workflow = Workflow(service(role("full IIS", probed=probed)), SEARCHES["start"])
    [prop] = [p for p in liveness_properties(workflow) if p.name == SERVED]
    assert all(f"{name}_request" in str(prop.claim) for name in requests)
    [verdict] = check(explicit.explore(workflow.network, graph=True), [prop])
    assert (verdict.outcome, verdict.vacuous) == (Outcome.HOLDS, False)
