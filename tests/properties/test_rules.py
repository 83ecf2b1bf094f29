"""The rules: every property of the catalogue has one, and the code stays when a task is put in front."""

from dataclasses import replace

import pytest

from goalstate.model.deployment import Deployment, Task
from goalstate.model.workflow import Workflow
from goalstate.properties.catalogue import deployment_properties
from goalstate.properties.mutants.traceability import SHOWCASE
from goalstate.properties.property import Family, NoDeadlock, Property
from goalstate.properties.requirements import BY_ID
from goalstate.properties.rules import ROWS, RULES, Actor, Code, Rule, code_of
from goalstate.properties.service.searches import searches
from goalstate.properties.service.settings import Settings


def test_every_code_has_one_row_in_the_order_of_the_codes() -> None:
    assert list(RULES) == list(Code)
    assert [rule.code.value for rule in ROWS] == sorted(code.value for code in Code)
    assert len({rule.slug for rule in ROWS}) == len(ROWS)


@pytest.mark.parametrize("rule", ROWS, ids=lambda rule: rule.code.value)
def test_a_row_is_whole_and_names_its_sources(rule: Rule) -> None:
    assert all((rule.title, rule.cause, rule.example, rule.remedy, rule.brief))
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert len(rule.brief) < 90
    assert all(source in BY_ID or source.startswith("https://") for source in rule.sources)
    assert bool(rule.sources) == (rule.actor is not Actor.AUTHOR)
    assert code_of(rule.code.value.lower()) is code_of(rule.slug) is rule.code


def test_every_property_of_the_catalogue_has_a_code_of_its_family() -> None:
    found = {(p.family, p.code) for search in searches(SHOWCASE, Settings()) for p in search.properties()}
    first = {Family.DEPLOYMENT: "GS1", Family.PLATFORM: "GS2"}
    assert all(code.value.startswith(first[family]) for family, code in found)
    assert {Code.TASK, Code.ENDPOINT, Code.STARTUP_TASKS, Code.FABRIC, Code.LIVENESS} <= {code for _, code in found}


def test_one_sentence_has_one_code_in_all_searches() -> None:
    codes: dict[str, set[Code]] = {}
    for search in searches(SHOWCASE, Settings()):
        for prop in search.properties():
            codes.setdefault(prop.name, set()).add(prop.code)
    assert {name: found for name, found in codes.items() if len(found) > 1} == {}


def test_a_property_of_a_user_has_a_code_too() -> None:
    assert Property("it goes on", NoDeadlock()).code is Code.OWN


def test_codes_and_what_they_are_about_stay_when_a_task_is_put_in_front() -> None:
    role = next(role for role in SHOWCASE.roles if role.tasks)
    alone = replace(role, tasks=tuple(replace(task, partner=None) for task in role.tasks))
    longer = replace(alone, tasks=(Task("first.cmd"), *alone.tasks))
    before, after = (
        {(p.code, p.subject, p.about) for p in deployment_properties(Workflow(Deployment("Service", (one,))))}
        for one in (alone, longer)
    )
    assert {code for code, _, _ in before} >= {Code.TASK}
    assert before < after
    assert {about for _, _, about in after - before} == {"first.cmd"}
