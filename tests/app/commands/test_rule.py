"""`goalstate explain CODE`: one row of the table of findings."""

import json

import pytest

from goalstate.commands.rule import rules_page
from goalstate.properties.rules import ROWS, Rule
from tests.app.calls import call


@pytest.mark.parametrize("rule", ROWS, ids=lambda rule: rule.code.value)
def test_every_code_is_explained_and_has_its_place_on_the_page(rule: Rule) -> None:
    done = call("explain", rule.code.value)
    assert (done.code, done.err) == (0, "")
    for part in (rule.title, rule.cause, rule.example, rule.remedy, rule.actor.value, *rule.sources):
        assert part in done.out
    assert f"\n## {rule.code.value}\n\n{rule.title} (`{rule.slug}`).\n" in rules_page()
    assert f"| [{rule.code.value}](#{rule.anchor}) | {rule.title} |\n" in rules_page()


def test_the_case_of_a_code_does_not_matter_and_its_slug_is_known() -> None:
    assert (
        call("explain", "gs101").out == call("explain", "startup-task-keeps-busy").out == call("explain", "GS101").out
    )


def test_programs_get_the_same() -> None:
    found = json.loads(call("explain", "GS103", "--output-format", "json").out)
    assert (found["code"], found["slug"]) == ("GS103", "module-task-keeps-busy")
    assert found["who_must_act"] == "the owner of the role"
    assert "R-H3" in found["sources"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("GS100",), "no finding has the code 'GS100'; allowed: GS101, GS102"),
        (("GS",), "no finding has the code 'GS'"),
        (("GS101", "--deployment", "examples/portal"), "GS101 means the same in every service"),
    ],
)
def test_what_is_no_code_is_refused(arguments: tuple[str, ...], complaint: str) -> None:
    done = call("explain", *arguments)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err
