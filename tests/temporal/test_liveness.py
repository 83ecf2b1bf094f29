"""The sentences of liveness hold, of every kind of role, and not vacuously; and each of their assumptions is needed."""

from __future__ import annotations

import pytest

from goalstate.model.engines import explicit
from goalstate.model.statespace import StateSpace
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue.liveness import Sentence, liveness_properties, sentences
from goalstate.properties.checking import check
from goalstate.properties.property import Outcome
from goalstate.properties.temporal.assumptions import FairAgent, holds
from goalstate.properties.temporal.claims import EveryRun
from goalstate.properties.temporal.fairness import Strength
from goalstate.properties.temporal.reading import linear
from goalstate.properties.temporal.search import Arena

from ..model.services import role, service

SEARCHES = {"start": Bounds(Faults(1), 1, 5), "operations": Bounds(Faults(0), 2, 5)}

VACUOUS = {
    "start": {
        "a stop leads to stopped",
        "a changed configuration is in place in the end",
        "an update comes to its end",
    },
    "operations": {"the end of any process leads to Ready again", "a guest that hangs is restarted"},
}
"""What a search can't say anything about, having no second request, or no fault."""


def searched(kind: str, label: str) -> tuple[Workflow, StateSpace]:
    workflow = Workflow(service(role(kind, ("simple",), probed="default")), SEARCHES[label])
    return workflow, explicit.explore(workflow.network, graph=True)


@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
@pytest.mark.parametrize("label", SEARCHES)
def test_every_sentence_holds(kind: str, label: str) -> None:
    workflow, space = searched(kind, label)
    verdicts = check(space, liveness_properties(workflow))
    assert [str(v.property) for v in verdicts if v.outcome is not Outcome.HOLDS] == []
    assert {v.property.name for v in verdicts if v.vacuous} == VACUOUS[label]
    assert len(verdicts) == (7 if kind == "full IIS" else 6)


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


@pytest.mark.parametrize("kind", ["worker", "full IIS"])
def test_no_assumption_is_superfluous(kind: str) -> None:
    left: dict[str, list[set[str]]] = {}
    for label in SEARCHES:
        workflow, space = searched(kind, label)
        arena = Arena(space)
        (where,) = workflow.instances
        for sentence in sentences(workflow, *where):
            if sentence.name not in VACUOUS[label]:
                left.setdefault(sentence.name, []).append(set(superfluous(arena, sentence)))
    assert {name: sorted(set.intersection(*found)) for name, found in left.items()} == {name: [] for name in left}
    assert len(left) == (7 if kind == "full IIS" else 6)


def test_every_sentence_reads_back() -> None:
    workflow, _ = searched("full IIS", "start")
    for prop in liveness_properties(workflow):
        assert isinstance(prop.claim, EveryRun)
        assert str(linear(str(prop.claim.formula), workflow.network)) == str(prop.claim.formula)
