"""`goalstate diff`: what a change of a definition mends, breaks and costs; runs that tell two definitions apart."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from goalstate.model.deployment import read_deployment
from goalstate.model.deployment.differences import differences
from goalstate.model.network.path import Path as Run
from goalstate.properties.property import Outcome
from goalstate.properties.service.guarantees import Moment, judged_guarantees
from goalstate.properties.service.searches import search_of
from goalstate.reading.settings import read_world
from tests.app.calls import CONFIGURATION, DEFINITION, ROOT, WATCHDOG, call, quay

SCHEMA = json.loads((ROOT / "app" / "schemas" / "diff.schema.json").read_text(encoding="utf-8"))
TASK = '<Task commandLine="grease.cmd" />'
ENDPOINT = '<Endpoints><InputEndpoint name="In" protocol="tcp" port="80" /></Endpoints>'
SERVED = DEFINITION.replace("</Startup>", f"</Startup>\n    {ENDPOINT}")
BACKGROUND = SERVED.replace(TASK, TASK.replace(" />", ' taskType="background" />'))
OILED_FIRST = SERVED.replace(TASK, f'<Task commandLine="oil.cmd" />\n      {TASK}')
OILED_LATER = SERVED.replace(TASK, f'{TASK}\n      <Task commandLine="oil.cmd" />')
SOON = ("--faults", "task_hang=1", "--requests", "1", "--no-liveness")
ANY_SOON = ("--faults", "1", "--requests", "1", "--no-liveness")
"""The bounds where a definition need not have the kind of fault."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    quay(tmp_path / "simple", SERVED)
    quay(tmp_path / "background", BACKGROUND)
    quay(tmp_path / "later", OILED_LATER)
    quay(tmp_path / "first", OILED_FIRST)
    return tmp_path


def compared(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the document, which is valid."""
    done = call("diff", *arguments, "--format", "json")
    found = json.loads(done.out)
    jsonschema.validate(found, SCHEMA)
    return done.code, found


def changes(found: dict[str, Any], change: str) -> list[dict[str, Any]]:
    return [one for one in found["findings"] if one["change"] == change]


def test_a_task_made_background_mends_one_thing_and_costs_another(here: Path) -> None:
    code, found = compared("simple", "background", *ANY_SOON)
    assert code == 0
    assert found["changes"] == [
        {
            "place": ["Crane", "task grease.cmd", "type"],
            "old": "simple",
            "new": "background",
            "location": "background/Quay.csdef:4",
        }
    ]
    [gone] = changes(found, "goes")
    assert "grease.cmd" in gone["name"]
    assert (gone["old"]["outcome"], gone["new"]) == ("violated", None)
    assert not changes(found, "comes")
    assert [(g["given_up"], g["task"], g["before"]) for g in found["guarantees"]] == [
        (True, "grease.cmd", "code"),
        (True, "grease.cmd", "ready"),
        (True, "grease.cmd", "traffic"),
    ]


def test_the_way_back_is_the_other_way_round(here: Path) -> None:
    code, found = compared("background", "simple", *ANY_SOON)
    assert code == 1
    [new] = changes(found, "comes")
    assert (new["old"], new["new"]["outcome"]) == (None, "violated")
    assert {(g["given_up"], g["before"]) for g in found["guarantees"]} == {
        (False, "code"),
        (False, "ready"),
        (False, "traffic"),
    }


def test_the_runs_happen_on_one_side_and_are_refused_by_the_other(here: Path) -> None:
    _, found = compared("simple", "background", *ANY_SOON)
    [gone] = changes(found, "goes")
    settings = read_world(faults="1", requests=1)
    networks = {}
    for folder in ("simple", "background"):
        search = search_of(read_deployment([folder]), settings, "Crane")
        assert search is not None
        networks[folder] = search.network
    cases = [(gone["apart"], "simple", "background")]
    cases += [(g["apart"], "background", "simple") for g in found["guarantees"]]
    for apart, there, not_there in cases:
        events = [step["event"] for step in apart["steps"]]
        assert len(Run.replay(networks[there], events)) == len(events)
        at = apart["refused"]["step"] - 1
        assert at == apart["common"]
        after = Run.replay(networks[not_there], events[:at]).last
        assert events[at] not in networks[not_there].enabled(after)


def test_a_guarantee_that_is_given_up_is_judged(here: Path) -> None:
    settings = read_world(faults="1", requests=1)
    outcomes = {
        folder: {g.guarantee.moment: g.verdict.outcome for g in judged_guarantees(read_deployment([folder]), settings)}
        for folder in ("simple", "background")
    }
    assert outcomes["simple"] == dict.fromkeys(Moment, Outcome.HOLDS)
    assert outcomes["background"] == dict.fromkeys(Moment, Outcome.VIOLATED)


def test_the_text_tells_the_run_from_where_the_sides_part(here: Path) -> None:
    done = call("diff", "simple", "background", *ANY_SOON)
    assert done.code == 0
    assert "  Crane, task grease.cmd, type: simple -> background  background/Quay.csdef:4\n" in done.out
    assert "the same on both" in done.out
    assert "given up: Crane: grease.cmd has ended before the role's code starts, the role is Ready and " in done.out
    assert done.out.endswith("findings that come: 0, go: 1, stay: 1; guarantees given up: 3, gained: 0\n")
    whole = call("diff", "simple", "background", *ANY_SOON, "-v")
    assert "the same on both" not in whole.out
    assert len(whole.out.splitlines()) > 2 * len(done.out.splitlines())


def test_a_task_in_front_renumbers_and_changes_nothing_else(here: Path) -> None:
    code, found = compared("later", "first", *SOON)
    assert code == 0
    assert found["changes"] == []  # the order is none of the values
    assert not changes(found, "comes")
    assert not changes(found, "goes")
    assert sorted(one["name"].split("(")[1].split(")")[0] for one in changes(found, "stays")) == [
        "grease.cmd",
        "oil.cmd",
    ]


def test_a_new_task_brings_its_own_finding_alone(here: Path) -> None:
    code, found = compared("simple", "first", *SOON)
    assert code == 1
    [new] = changes(found, "comes")
    assert "oil.cmd" in new["name"]
    assert new["apart"]["refused"]["reason"].endswith("there is no such task")
    [same] = changes(found, "stays")
    assert "grease.cmd" in same["name"]
    assert found["changes"] == [
        {"place": ["Crane", "task oil.cmd"], "old": None, "new": "oil.cmd", "location": "first/Quay.csdef:4"}
    ]


def test_one_definition_with_two_sets_of_options(here: Path) -> None:
    code, found = compared("simple", *SOON, "--new", "--assume 'Crane/grease.cmd fails'")
    assert code == 1
    assert [d["place"] for d in found["changes"]] == [["Crane", "assumption startup_task_0 fails"], ["--assume"]]
    assert any("never" in f["name"] or f["apart"] is None for f in changes(found, "comes"))


def test_options_of_one_side_replace_those_of_both(here: Path) -> None:
    _, found = compared("simple", *SOON, "--tick", "5", "--old", "--tick 1 --faults none")
    assert (found["old"]["options"]["tick"], found["new"]["options"]["tick"]) == (1, 5)
    assert (found["old"]["options"]["faults"], found["new"]["options"]["faults"]) == ("none", "task_hang=1")


def test_what_a_limit_leaves_open_is_unknown(here: Path) -> None:
    code, found = compared("simple", "background", *ANY_SOON, "--max-states", "20")
    assert code == 3
    assert changes(found, "undecided")
    assert not changes(found, "comes")
    assert "Crane_IN_0: grease.cmd has ended before the role is Ready" in found["undecided_guarantees"]
    done = call("diff", "simple", "background", *ANY_SOON, "--max-states", "20")
    assert (done.code, "unknown: " in done.out) == (3, True)


def test_what_the_new_side_accepts_does_not_count(here: Path) -> None:
    (here / "first" / "goalstate.toml").write_text(
        '[[accepted]]\nproperty = "*oil.cmd*"\nreason = "somebody looks on"\n', encoding="utf-8"
    )
    code, found = compared("simple", "first", *SOON)
    assert code == 0
    [new] = changes(found, "comes")
    assert new["accepted"]
    assert "comes (accepted): " in call("diff", "simple", "first", *SOON).out


def test_a_run_that_happens_on_both_sides_breaks_one_of_them() -> None:
    code, found = compared(f"{WATCHDOG}:hasty", f"{WATCHDOG}:patient")
    assert code == 0
    [gone] = changes(found, "goes")
    assert (gone["old"]["outcome"], gone["new"]["outcome"]) == ("violated", "holds")
    assert gone["apart"]["refused"] is None
    assert gone["apart"]["common"] == len(gone["apart"]["steps"])
    done = call("diff", f"{WATCHDOG}:hasty", f"{WATCHDOG}:patient")
    assert "happens on both, and breaks nothing on " in done.out


def test_a_role_that_is_gone_takes_its_findings_with_it(here: Path) -> None:
    renamed = SERVED.replace("Crane", "Lift")
    quay(here / "lift", renamed, CONFIGURATION.replace("Crane", "Lift"))
    code, found = compared("simple", "lift", *SOON)
    assert code == 1
    assert [one["subject"] for one in changes(found, "goes")] == ["Crane_IN_0"]
    assert [one["subject"] for one in changes(found, "comes")] == ["Lift_IN_0"]
    assert all("no search " in one["apart"]["refused"]["reason"] for one in [*changes(found, "goes")])


def test_what_differs_is_found_value_by_value(here: Path) -> None:
    changed = SERVED.replace('port="80"', 'port="8080"').replace(
        TASK, TASK.replace(" />", ' executionContext="elevated" />')
    )
    quay(here / "changed", changed, CONFIGURATION.replace('count="1"', 'count="3"'))
    found = differences(read_deployment(["simple"]), read_deployment(["changed"]))
    assert [str(one) for one in found] == [
        "Crane, instances: 1 -> 3",
        "Crane, task grease.cmd, context: limited -> elevated",
        "Crane, endpoint In, port: 80 -> 8080",
        "Crane, endpoint In, local port: 80 -> 8080",
    ]
    assert differences(read_deployment(["simple"]), read_deployment(["simple"])) == []


def test_the_report_goes_into_a_file(here: Path) -> None:
    done = call("diff", "simple", "first", *SOON, "-o", "diff.txt")
    assert (done.code, done.out.startswith("findings that come: 1, go: 0, stay: 1; ")) == (1, True)
    assert (here / "diff.txt").read_text(encoding="utf-8").startswith("simple -> first\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "0 paths; allowed: OLD and NEW"),
        (("simple", "simple", "simple"), "3 paths; allowed: OLD and NEW"),
        (("simple",), "compared with itself; allowed: two definitions, or --old and --new"),
        (("simple", f"{WATCHDOG}:hasty"), "a service and a network in a file; allowed: two of a kind"),
        (("simple", "--new", "--tikc 5"), "--new: '--tikc 5': No such option"),
        (("simple", "--new", "--tick 7"), "7"),
        (("simple", "--old", "'--tick"), '--old: "\'--tick": No closing quotation; allowed: --instances, '),
        (("simple", "--new", "background"), "--new: 'background': Got unexpected extra argument"),
        (("simple", "--new", "--instances Crate=2"), "no role 'Crate' (did you mean 'Crane'?)"),
        (("simple", "nowhere"), "nowhere"),
    ],
)
def test_wrong_usage_says_what_is_allowed(arguments: tuple[str, ...], said: str, here: Path) -> None:
    done = call("diff", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "allowed" in done.err or "roles: " in done.err
