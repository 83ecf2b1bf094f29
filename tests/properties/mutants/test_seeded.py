"""Each seeded mistake is caught by the property named for it, which holds where the mistake is not."""

from __future__ import annotations

from collections import Counter

import pytest

from goalstate.model.network.path import Path
from goalstate.model.running.runner import Runner
from goalstate.properties.judging.explicit import check
from goalstate.properties.mutants.ledger import read
from goalstate.properties.property import Family, Lacks, Outcome, Possible

from .seeded import PAGE, SETTINGS, Mistake, catalogue, judged, mistakes, page, sound


def by_name(mistake: Mistake) -> str:
    return mistake.name


@pytest.mark.parametrize("mistake", mistakes(), ids=by_name)
def test_a_seeded_mistake_is_caught(mistake: Mistake) -> None:
    verdict = judged(mistake)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.reason
    if isinstance(verdict.property.claim, Possible):
        assert verdict.path is None, "what never happens has no path that shows it"
        return
    assert verdict.path is not None
    network = mistake.network()
    again = Path.replay(network, verdict.path.events)
    assert again.states == verdict.path.states
    assert Runner(network).accepts(again)


@pytest.mark.parametrize(("setting", "name"), sorted({(m.setting, m.caught_by) for m in mistakes()}))
def test_what_catches_a_mistake_holds_without_it(setting: str, name: str) -> None:
    space = sound(setting)
    assert space.complete
    prop = catalogue(setting)[name]
    verdict = check(space, [prop])[0]
    assert (verdict.outcome, verdict.vacuous) == (Outcome.HOLDS, False), verdict.reason


def test_the_mistakes_are_many_and_spread_over_the_agents() -> None:
    names = Counter(m.name for m in mistakes())
    assert [n for n, count in names.items() if count > 1] == []
    assert len(mistakes()) >= 80
    agents = {c.name.rpartition("/")[2] for workflow in SETTINGS.values() for c in workflow.network.components}
    left = agents - {m.agent for m in mistakes()}
    # User, surroundings and budgets stand for the world outside, whatever it does; of the tasks one stands for all.
    without = ("user", "surroundings", "fault_budget", "startup_task_")
    assert {name for name in left if not name.startswith(without)} == set()


def test_every_platform_property_catches_a_mistake() -> None:
    caught = {catalogue(m.setting)[m.caught_by].in_general for m in mistakes()} | set(read().caught())
    said = {name: p for setting in SETTINGS for name, p in catalogue(setting).items() if p.family is Family.PLATFORM}
    alike = ("startup task", "the fabric is commanded to")  # one sentence for each task or request
    left = {n for n, p in said.items() if p.in_general not in caught and not n.startswith(alike)}
    assert left == set(), "seed a mistake that it catches, or make it notice one of the systematic mutants"
    assert any(isinstance(catalogue("worker")[m.caught_by].claim, Lacks) for m in mistakes() if m.setting == "worker")


def test_the_page_of_seeded_mistakes_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: python -m tests.properties.mutants.seeded"
