"""The formats for programs: they say what the verdicts say, in the form that the programs expect."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError

from goalstate.formats.document import as_json, document
from goalstate.formats.findings import findings
from goalstate.formats.junit import as_junit
from goalstate.formats.sarif import as_sarif, sarif
from goalstate.formats.text import text
from goalstate.model.deployment import Deployment, Location, Note, Role, RoleKind
from goalstate.model.network.path import Path as Run
from goalstate.properties.property import Family, Outcome
from goalstate.properties.service.searches import SearchKind
from goalstate.properties.service.verification import Report
from goalstate.properties.verdict import Counts, Vacuity
from tests.app.calls import DEFINITION, QUICK, ROOT, TWO_PHASE_COMMIT, WATCHDOG, call, quay, report_on

SCHEMA = json.loads((ROOT / "app" / "schemas" / "verify.schema.json").read_text(encoding="utf-8"))

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
PLACE = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {"required": ["uri"]},
                "region": {"required": ["startLine"], "properties": {"startLine": {"type": "integer", "minimum": 1}}},
            },
        }
    },
}
STEP = {"required": ["location"], "properties": {"location": {**PLACE, "required": ["physicalLocation", "message"]}}}
FLOW = {
    "required": ["threadFlows"],
    "properties": {"threadFlows": {"items": {"properties": {"locations": {"items": STEP}}}}},
}
RESULT = {
    "required": ["ruleId", "ruleIndex", "message", "level", "locations", "partialFingerprints"],
    "properties": {
        "message": TEXT,
        "kind": {"const": "fail"},
        "level": {"enum": ["error", "warning", "note"]},
        "locations": {"minItems": 1, "items": PLACE},
        "partialFingerprints": {"minProperties": 1},
        "codeFlows": {"items": FLOW},
    },
}
RULE = {
    "required": ["id", "shortDescription", "fullDescription", "help", "helpUri"],
    "properties": {"shortDescription": TEXT, "fullDescription": TEXT, "help": TEXT, "helpUri": {"pattern": "^https:"}},
}
CODE_SCANNING = {
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"properties": {"driver": {"properties": {"rules": {"minItems": 1, "items": RULE}}}}},
                    "results": {"minItems": 1, "maxItems": 5000, "items": RESULT},
                },
            }
        },
    },
}
"""What GitHub's page on SARIF for code scanning asks of a log with findings."""

SARIF_SCHEMA = "GOALSTATE_SARIF_SCHEMA"
"""The variable that names a copy of OASIS' sarif-schema-2.1.0.json."""


@pytest.fixture(scope="module")
def hasty() -> Report:
    return report_on(f"{WATCHDOG}:hasty")


@pytest.fixture(scope="module")
def stopped() -> Report:
    return report_on(f"{TWO_PHASE_COMMIT}:five", max_states=100)


def valid(found: Any) -> None:
    Draft202012Validator(SCHEMA).validate(found)


class TestJson:
    def test_the_schema_is_one(self) -> None:
        Draft202012Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize("subject", [f"{WATCHDOG}:hasty", f"{WATCHDOG}:patient", f"{TWO_PHASE_COMMIT}:three"])
    def test_networks_follow_the_schema(self, subject: str) -> None:
        valid(json.loads(as_json(report_on(subject))))

    def test_unknown_follows_the_schema(self, stopped: Report) -> None:
        found = document(stopped)
        valid(found)
        assert {p["reason"] for p in found["properties"]} == {"stopped at 100 states"}
        assert found["runs"][0]["limit"] == "stopped at 100 states"

    def test_a_service_follows_the_schema(self, tmp_path: Path) -> None:
        done = call("verify", quay(tmp_path, configuration=None), *QUICK, "--format", "json")
        found = json.loads(done.out)
        valid(found)
        assert done.code == 1
        assert found["deployment"]["roles"][0]["tasks"][0]["command"] == "grease.cmd"
        assert found["deployment"]["notes"][0]["reason"] == "no configuration given; one instance of every role"
        assert {p["family"] for p in found["properties"]} == {"platform", "deployment"}

    def test_a_warning_stands_in_every_format(self, hasty: Report) -> None:
        warning = Note(Location("a.csdef", 4), "InputEndpoint", "no site binds 'F'")
        shop = Deployment("Shop", (), warnings=(warning,))
        found = document(hasty, shop)
        valid(found)
        reason = {"location": "a.csdef:4", "element": "InputEndpoint", "reason": "no site binds 'F'"}
        assert found["deployment"]["warnings"] == [reason]
        (notice,) = sarif(hasty, shop)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        assert notice == {"level": "warning", "message": {"text": "a.csdef:4: InputEndpoint: no site binds 'F'"}}
        head = text(hasty, shop).split("\n\n")[0]
        assert "  warning: no site binds 'F'  a.csdef:4" in head.split("\n")

    def test_the_schema_refuses_more_and_less(self, hasty: Report) -> None:
        found = document(hasty)
        for wrong in (
            found | {"extra": 1},
            {k: v for k, v in found.items() if k != "engine"},
            found | {"outcome": "maybe"},
            found | {"states": {"distinct": "15", "transitions": 18, "depth": 8}},
        ):
            assert not Draft202012Validator(SCHEMA).is_valid(wrong)

    def test_a_path_in_the_document_replays(self, hasty: Report) -> None:
        (violated,) = [p for p in document(hasty)["properties"] if p["outcome"] == "violated"]
        events = [step["event"] for step in violated["path"]]
        assert events == ["hang", "tick", "tick", "tick", "restart"]
        path = Run.replay(hasty.runs[0].network, events)
        changed = {c.component: {"before": c.before, "after": c.after} for c in list(path.occurrences())[-1].changes}
        assert violated["path"][-1]["changes"] == changed
        assert violated["path"][-1]["participants"] == ["watchdog", "server"]

    def test_numbers_too_large_for_a_double_are_digits(self, hasty: Report) -> None:
        (run,) = hasty.runs
        large = replace(hasty, runs=(replace(run, counts=Counts(10**25, 2**53, 8)),))
        found = document(large)
        valid(found)
        assert found["states"] == {"distinct": "1" + "0" * 25, "transitions": 2**53, "depth": 8}

    def test_it_is_ascii(self, hasty: Report) -> None:
        as_json(replace(hasty, name="service \udcff ü")).encode("ascii")


class TestFindings:
    def test_searches_of_one_property_are_put_together(self, hasty: Report) -> None:
        (run,) = hasty.runs
        other = replace(
            run,
            search=replace(run.search, kind=SearchKind.START),
            verdicts=tuple(
                replace(v, outcome=Outcome.HOLDS, path=None, reason="", vacuity=Vacuity("nothing gets there"))
                for v in run.verdicts
            ),
        )
        found = findings(replace(hasty, runs=(other, run)))
        assert len(found) == 4
        assert [f.outcome for f in found] == [Outcome.VIOLATED, *[Outcome.HOLDS] * 3]
        assert found[0].runs == ("server and watchdog",)
        assert not any(f.vacuous for f in found)

    def test_vacuous_everywhere_is_flagged(self, hasty: Report) -> None:
        (run,) = hasty.runs
        held = replace(run.verdicts[1], vacuity=Vacuity("nothing gets there"))
        shown = text(replace(hasty, outcome=Outcome.HOLDS, runs=(replace(run, verdicts=(held,)),)))
        assert "vacuously: a server that is up is never restarted  nothing gets there" in shown
        assert "1 hold (1 of them vacuously)" in shown

    def test_what_is_vacuous_for_several_instances_is_told_once(self, hasty: Report) -> None:
        (run,) = hasty.runs
        several = tuple(
            replace(
                run.verdicts[1],
                property=replace(run.verdicts[1].property, subject=f"Web_IN_{n}", name="it starts"),
                vacuity=Vacuity(f"nothing gets to where Web_IN_{n}/start can happen" + " here" * (n == 2)),
            )
            for n in range(3)
        )
        report = replace(hasty, outcome=Outcome.HOLDS, runs=(replace(run, verdicts=several),))
        assert [line for line in text(report).splitlines() if "vacuously" in line][:2] == [
            "  vacuously, 2 times: it starts  nothing gets to where …/start can happen; Web_IN_0, Web_IN_1",
            "  vacuously: Web_IN_2: it starts  nothing gets to where Web_IN_2/start can happen here",
        ]
        assert text(report, verbose=True).count("  vacuously: Web_IN_") == 3

    def test_what_is_vacuous_is_counted_and_the_first_are_named(self, hasty: Report) -> None:
        (run,) = hasty.runs
        held = replace(run.verdicts[1], vacuity=Vacuity("nothing gets there"))
        several = tuple(replace(held, property=replace(held.property, name=f"claim {n}")) for n in range(9))
        report = replace(hasty, outcome=Outcome.HOLDS, runs=(replace(run, verdicts=several),))
        assert text(report).count("  vacuously: claim") == 5
        assert "\n  and 4 more; -v lists them\n" in text(report)
        assert text(report, verbose=True).count("  vacuously: claim") == 9

    def test_a_violated_platform_property_is_no_mistake_of_the_service(self, hasty: Report) -> None:
        service = Deployment("Shop", (Role("Back", RoleKind.WORKER),))
        told = "  a mistake in the model, not in the service: report it\n"
        assert text(hasty, service).count(told) == 1
        assert told not in text(hasty)  # whose own properties these are
        (run,) = hasty.runs
        mine = replace(run.verdicts[0], property=replace(run.verdicts[0].property, family=Family.DEPLOYMENT))
        assert told not in text(replace(hasty, runs=(replace(run, verdicts=(mine,)),)), service)

    def test_a_story_begins_shortly_before_its_first_fault(self, hasty: Report) -> None:
        (run,) = hasty.runs
        found = run.verdicts[0]
        assert found.path is not None
        waiting = [*["heartbeat", "tick"] * 6, "heartbeat"]
        late = replace(found, path=Run.replay(run.network, [*waiting, *found.path.events]))
        report = replace(hasty, runs=(replace(run, verdicts=(late,)),))
        short = text(report)
        assert "\n   1-11  -v tells these steps\n     12  min 6    clock: a minute passes\n" in short
        assert "\n     14  min 6    FAULT server_hang: server: the server hangs\n" in short
        assert "at the end:" not in short
        whole = text(report, verbose=True)
        assert "-v tells" not in whole
        assert "  at the end:\n" in whole

    def test_a_story_that_repeats_is_told_from_where_it_does(self, hasty: Report) -> None:
        (run,) = hasty.runs
        round_and_round = Run.replay(run.network, ["heartbeat", "tick"] * 10, loop=6)
        endless = replace(run.verdicts[0], path=round_and_round)
        short = text(replace(hasty, runs=(replace(run, verdicts=(endless,)),)))
        assert "\na server that boots can come up is violated [GS901]" in short
        assert "1-6  -v tells these steps\n      from here on it repeats for ever:\n" in short

    def test_violations_of_one_kind_are_told_once(self, tmp_path: Path) -> None:
        tasks = "".join(f'<Task commandLine="{name}.cmd" />' for name in ("oil", "paint"))
        folder = quay(tmp_path, DEFINITION.replace("</Startup>", f"{tasks}\n    </Startup>"))
        options = (*QUICK, "--property", "can't block")
        done = call("verify", folder, *options, "--output-format", "full")
        for k, (name, line) in enumerate((("grease", 4), ("oil", 5), ("paint", 5))):
            short = f"{name}.cmd may keep Crane Busy for ever [GS101] (the task never ends)"
            sentence = f"Crane_IN_0: startup task {k} ({name}.cmd) can't block the role for ever"
            assert f"{folder / 'Quay.csdef'}:{line}: {short}\n  {sentence} · R-G3, R-7" in done.out
        assert "the first one's story; -v tells every one:\n" in done.out
        assert done.out.count("FAULT task_hang") == 1
        assert "grease.cmd: the task never ends" in done.out
        assert call("verify", folder, *options, "-v").out.count("FAULT task_hang") == 3
        found = json.loads(call("verify", folder, *options, "--format", "json").out)
        assert len(found["properties"]) == 3

    def test_violations_by_different_faults_are_told_apart(self, tmp_path: Path) -> None:
        imports = '<Imports><Import moduleName="Diagnostics" /></Imports>'
        folder = quay(tmp_path, DEFINITION.replace("<Startup>", f"{imports}\n    <Startup>"), None)
        faults = ("--faults", "task_hang=1,task_crash=1", "--requests", "1")
        done = call("verify", folder, "--property", "can't block", *faults)
        first, second = re.findall("^.*csdef.* may keep Crane Busy for ever .*$", done.out, re.MULTILINE)
        assert ("grease.cmd" in first, "blockStartup" in second) == (True, True)

    def test_violations_of_different_kinds_are_told_apart(self, hasty: Report) -> None:
        (run,) = hasty.runs
        first = run.verdicts[0]
        other = replace(first, property=replace(first.property, name="a server that boots is green"))
        shown = text(replace(hasty, runs=(replace(run, verdicts=(first, other)),)))
        assert len(re.findall("^a server that boots .* is violated", shown, re.MULTILINE)) == 2
        assert shown.count("FAULT server_hang") == 2

    def test_where_a_simple_task_is_the_text_says_what_to_ask_if_it_fails(self, tmp_path: Path) -> None:
        hint = "a simple task that fails is tried again without limit; if not: --option failing_simple_task=blocked\n"
        options = ("--faults", "task_failure=1", "--requests", "1", "--property", "can't block")
        restarted = call("verify", quay(tmp_path), *options)
        assert (restarted.code, hint in restarted.out) == (0, True)
        blocked = call("verify", tmp_path, *options, "--option", "failing_simple_task=blocked")
        assert (blocked.code, hint in blocked.out) == (1, False)
        assert "FAULT task_failure: grease.cmd: " in blocked.out


class TestJunit:
    def test_a_violation_is_a_failure_with_its_story(self, hasty: Report) -> None:
        suites = ElementTree.fromstring(as_junit(hasty))
        assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("4", "1", "0")
        (failure,) = suites.findall("testsuite/testcase/failure")
        assert "FAULT server_hang: server: the server hangs" in (failure.text or "")
        assert len(suites.findall("testsuite/testcase")) == 4

    def test_an_unknown_is_an_error_with_the_limit(self, stopped: Report) -> None:
        suites = ElementTree.fromstring(as_junit(stopped))
        assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("4", "0", "4")
        assert {e.get("message") for e in suites.iter("error")} == {"stopped at 100 states"}

    def test_characters_that_xml_lacks_are_spelt_out(self, hasty: Report) -> None:
        suites = ElementTree.fromstring(as_junit(replace(hasty, name="a\x1b\udcff\ufffe\n")))
        assert suites.get("name") == r"a\x1b\udcff\ufffe\n"

    @pytest.mark.parametrize("format", ["text", "full", "concise", "github", "junit", "sarif", "json"])
    def test_no_name_in_a_service_can_control_who_reads_the_report(self, format: str, tmp_path: Path) -> None:
        odd = "a&#x202E;b&#x9B;31mc&#10;d&#x2028;e&#x200B;f.cmd"
        folder = quay(tmp_path / "q\x1b[2J\u202e\nuay", DEFINITION.replace("grease.cmd", odd))
        done = call("verify", folder, *QUICK, "--format", format)
        assert done.code == 1
        if format == "junit":
            ElementTree.fromstring(done.out)
        elif format in ("sarif", "json"):
            # What is parsed is what was written; what is sent has none of it.
            assert done.out.isascii()
            json.loads(done.out)
        assert all(c.isprintable() or c == "\n" for c in done.out)
        if format not in ("sarif", "json"):
            assert r"a\u202eb\x9b31mc" in done.out
            assert r"q\x1b[2J\u202e\nuay" in done.out


class TestNumbers:
    """Text, JSON, JUnit and SARIF count the same properties."""

    @pytest.mark.parametrize("options", [(), ("--max-states", "200"), ("--faults", "none")])
    def test_all_formats_have_the_same(self, options: tuple[str, ...], tmp_path: Path) -> None:
        folder = quay(tmp_path, DEFINITION.replace("</Startup>", '<Task commandLine="oil.cmd" /></Startup>'))
        entry = '[[accepted]]\nproperty = "startup task 0 (grease.cmd) can\'t block"\nreason = "it is watched"\n'
        (folder / "goalstate.toml").write_text(entry, encoding="utf-8")
        bounds = ("--faults", "task_hang=1", "--requests", "1") if "--faults" not in options else ("--requests", "1")
        out = {
            f: call("verify", folder, *bounds, *options, "--format", f).out for f in ("text", "json", "junit", "sarif")
        }
        number = json.loads(out["json"])["counts"]
        parts = [f"{number['violated']} violated"] + [f"{number['accepted']} accepted"] * (number["accepted"] > 0)
        assert ", ".join([*parts, f"{number['unknown']} unknown", f"{number['hold']} hold"]) in out["text"]
        suites = ElementTree.fromstring(out["junit"])
        assert {key: int(suites.get(key, "")) for key in ("tests", "failures", "errors", "skipped")} == {
            "tests": number["violated"] + number["accepted"] + number["unknown"] + number["hold"],
            "failures": number["violated"],
            "errors": number["unknown"] + number["vacuous"],
            "skipped": number["accepted"],
        }
        (run,) = json.loads(out["sarif"])["runs"]
        suppressed = [r for r in run["results"] if "suppressions" in r]
        assert len(suppressed) == number["accepted"]
        assert len(run["results"]) == number["violated"] + number["accepted"] + number["vacuous"]
        assert len(run["properties"]["holds"]) == number["hold"]
        assert len(run["properties"]["unknown"]) == number["unknown"]


class TestSarif:
    def test_a_violation_points_at_its_line_and_tells_the_path(self, tmp_path: Path) -> None:
        folder = quay(tmp_path)
        done = call("verify", folder, *QUICK, "--format", "sarif")
        log = json.loads(done.out)
        (run,) = log["runs"]
        (result,) = [r for r in run["results"] if r["kind"] == "fail"]
        assert (log["version"], result["level"]) == ("2.1.0", "error")
        place = result["locations"][0]["physicalLocation"]
        assert place == {"artifactLocation": {"uri": (folder / "Quay.csdef").as_uri()}, "region": {"startLine": 4}}
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        assert steps[-1]["location"]["message"]["text"] == (
            "FAULT task_hang: Crane_IN_0/grease.cmd: the task never ends"
        )
        assert [s["executionOrder"] for s in steps] == list(range(1, len(steps) + 1))
        rules = run["tool"]["driver"]["rules"]
        assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
        assert len({r["id"] for r in rules}) == len(rules)
        assert all(r["level"] == "none" for r in run["results"] if r["kind"] != "fail")

    def test_what_is_unknown_is_no_result_and_the_run_not_successful(self, stopped: Report) -> None:
        (run,) = json.loads(as_sarif(stopped))["runs"]
        assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
        assert len(run["properties"]["unknown"]) == 4
        (invocation,) = run["invocations"]
        assert invocation["executionSuccessful"] is False
        assert "stopped at 100 states" in invocation["toolExecutionNotifications"][0]["message"]["text"]

    def test_what_holds_is_no_result(self, hasty: Report) -> None:
        (run,) = json.loads(as_sarif(hasty))["runs"]
        assert [r["kind"] for r in run["results"]] == ["fail"]
        assert len(run["properties"]["holds"]) == 3

    def test_ids_and_fingerprints_stay_when_a_task_is_put_in_front(self, tmp_path: Path) -> None:
        two = DEFINITION.replace("<Startup>", '<Startup>\n<Task commandLine="oil.cmd" />')
        told = []
        for definition in (DEFINITION, two):
            done = call("verify", quay(tmp_path, definition), *QUICK, "--format", "sarif")
            (run,) = json.loads(done.out)["runs"]
            told.append({(r["ruleId"], *r["partialFingerprints"].values()) for r in run["results"]})
        before, after = told
        assert len(before) == 1
        assert before < after
        assert len(after) == 2
        assert len({rule for rule, _ in after}) == 1

    def test_equal_tasks_have_fingerprints_of_their_own(self, tmp_path: Path) -> None:
        twice = DEFINITION.replace("<Startup>", '<Startup>\n<Task commandLine="grease.cmd" />')
        done = call("verify", quay(tmp_path, twice), *QUICK, "--format", "sarif")
        (run,) = json.loads(done.out)["runs"]
        assert len({r["partialFingerprints"]["goalstate/v2"] for r in run["results"]}) == len(run["results"]) == 2

    def test_every_step_has_a_place_and_a_task_its_own(self, tmp_path: Path) -> None:
        done = call("verify", quay(tmp_path), *QUICK, "--format", "sarif")
        (run,) = json.loads(done.out)["runs"]
        steps = run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]
        lines = {
            s["location"]["message"]["text"].split(":")[0]: s["location"]["physicalLocation"]["region"]["startLine"]
            for s in steps
        }
        assert lines["FAULT task_hang"] == 4
        assert lines["Crane_IN_0/host_bootstrapper"] == 2

    def test_a_rule_says_what_must_hold_and_what_to_do(self, tmp_path: Path) -> None:
        done = call("verify", quay(tmp_path), *QUICK, "--format", "sarif")
        (rule,) = json.loads(done.out)["runs"][0]["tool"]["driver"]["rules"]
        assert rule["shortDescription"]["text"] == "A startup task may keep its role Busy for ever"
        assert rule["id"] == "GS101"
        assert "R-G3: A simple task" in rule["help"]["text"]
        assert "Give every step of the script a time limit" in rule["help"]["text"]
        assert rule["helpUri"].startswith("https://")

    def test_no_name_can_be_a_link(self, tmp_path: Path) -> None:
        definition = DEFINITION.replace("grease.cmd", "[free](https:example.org)")
        done = call("verify", quay(tmp_path, definition), *QUICK, "--format", "sarif")
        assert done.code == 1
        (result,) = json.loads(done.out)["runs"][0]["results"]
        assert "[free] (https:example.org)" in result["message"]["text"]
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        assert not any("](" in step["location"]["message"]["text"] for step in steps)

    def test_the_log_follows_the_rules_of_code_scanning(self, tmp_path: Path, hasty: Report) -> None:
        done = call("verify", quay(tmp_path), *QUICK, "--format", "sarif")
        Draft202012Validator(CODE_SCANNING).validate(json.loads(done.out))
        unplaced = json.loads(as_sarif(hasty))
        with pytest.raises(ValidationError, match="'locations' is a required property"):
            Draft202012Validator(CODE_SCANNING).validate(unplaced)

    @pytest.mark.skipif(not os.environ.get(SARIF_SCHEMA), reason=f"{SARIF_SCHEMA} names no schema of SARIF 2.1.0")
    def test_the_log_follows_the_schema(self, tmp_path: Path, stopped: Report) -> None:
        schema = json.loads(Path(os.environ[SARIF_SCHEMA]).read_text(encoding="utf-8"))
        done = call("verify", quay(tmp_path), *QUICK, "--format", "sarif")
        for log in (json.loads(done.out), json.loads(as_sarif(stopped))):
            Draft7Validator(schema).validate(log)

    def test_relative_paths_stay_relative(self, hasty: Report) -> None:
        (run,) = hasty.runs
        placed = replace(run.verdicts[0], property=replace(run.verdicts[0].property, location="my service/a.csdef:3"))
        (log,) = json.loads(as_sarif(replace(hasty, runs=(replace(run, verdicts=(placed,)),))))["runs"]
        place = log["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "my%20service/a.csdef"
