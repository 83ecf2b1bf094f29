"""Each sentence about the end of things catches a mistake of an agent, by a run that replays and is fair."""

from __future__ import annotations

from dataclasses import replace

import pytest

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Network
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue.liveness import liveness_properties
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import AlwaysCan, Outcome, Property
from goalstate.properties.temporal.claims import EveryRun
from goalstate.properties.temporal.formula import Not
from goalstate.properties.temporal.word import Word, satisfies, unfair
from tests.model.services import role, service
from tests.properties.mutants.seeded import with_edits

START, OPERATIONS = Bounds(Faults(1), 1, 5), Bounds(Faults(0), 2, 5)

FORGOTTEN = ("wa_app_agent", "drop start_guest_agent @ relaunching")
"""A guest agent that crashes is not started again."""

MISTAKES = [
    ("a role that is wanted can always", START, FORGOTTEN),
    ("a deployment leads to Ready", START, ("rdfe", "drop rdfe_fails_over")),
    ("the end of any process", START, FORGOTTEN),
    ("a guest that hangs and a host", START, ("host_agent", "drop restart_guest")),
    ("a guest that is silent", START, ("host_agent", "drop restart_guest")),
    ("an agent that dies", START, ("rdfe", "drop rdfe_fails_over")),
    ("an agent that dies", START, ("placement", "drop restart_host_agent")),
    ("a stop leads to stopped", OPERATIONS, ("placement", "change order_stop, when: host_agent_down")),
    ("a changed configuration", OPERATIONS, ("host_agent", "drop deliver_configuration")),
    (
        "an update comes to its end, unless it is overtaken, or stopped by a role that recycles",
        OPERATIONS,
        ("fabric_controller", "drop update_domain_0_done"),
    ),
    ("a client's request", OPERATIONS, ("w3wp", "change client_request @ idle, to: site")),
]


def mistaken(workflow: Workflow, mistake: tuple[str, str]) -> Network:
    """The workflow's network with a mistake of one agent in it."""
    sound = workflow.network
    return replace(sound, components=with_edits(sound.components, *mistake))


@pytest.mark.parametrize(("name", "bounds", "mistake"), MISTAKES, ids=str)
def test_a_mistake_is_caught_by_a_run_that_is_fair(name: str, bounds: Bounds, mistake: tuple[str, str]) -> None:
    workflow = Workflow(service(role("full IIS", (), probed="default")), bounds)
    [prop] = [p for p in liveness_properties(workflow) if p.name.startswith(name)]
    network = mistaken(workflow, mistake)
    [verdict] = check(explicit.explore(network, graph=True), [prop])
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.path is not None
    assert Path.replay(network, verdict.path.events, verdict.path.loop).states == verdict.path.states
    if isinstance(prop.claim, EveryRun):
        word = Word.of(verdict.path)
        assert satisfies(word, Not(prop.claim.formula))
        assert unfair(word, prop.claim.fairness) == []


def test_every_sentence_is_named_here() -> None:
    full = Workflow(service(role("full IIS", (), probed="default")), Bounds(Faults(1), 2, 5))
    names = {p.name for p in liveness_properties(full)}
    assert {n for n in names if not any(n.startswith(start) for start, *_ in MISTAKES)} == set()
    assert all(any(n.startswith(start) for n in names) for start, *_ in MISTAKES)


def kinds(properties: list[Property]) -> set[type]:
    return {type(p.claim) for p in properties}


def test_recoverability_assumes_nothing_and_the_others_something() -> None:
    full = Workflow(service(role("worker", ())), START)
    properties = liveness_properties(full)
    assert kinds(properties) == {AlwaysCan, EveryRun}
    assert all(bool(p.assumes) is isinstance(p.claim, EveryRun) for p in properties)
