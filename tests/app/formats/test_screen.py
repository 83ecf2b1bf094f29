"""The first screen of a service with eight findings: a line for each, what helps, and the same numbers everywhere."""

import json
import re
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any
from xml.etree import ElementTree

import pytest

from goalstate.commands.verify import judged
from goalstate.formats.document import document
from goalstate.formats.findings import counts, findings
from goalstate.formats.junit import as_junit
from goalstate.formats.lines import as_github, concise
from goalstate.formats.sarif import sarif
from goalstate.formats.screen import SCREEN, screen_lines
from goalstate.formats.text import text
from goalstate.model.deployment import Deployment
from goalstate.properties.property import Outcome
from goalstate.properties.rules import RULES, Code
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import Report
from goalstate.reading.acceptance import Acceptance, Accepted
from goalstate.reading.subjects import read_subject
from goalstate.terminal.page import plain
from tests.app.calls import QUICK, ROOT, WATCHDOG, call, quay

PORTAL = ROOT / "examples" / "portal"
FINDING = re.compile(r"^\S*ServiceDefinition\.csdef:(\d+): (.+) \[(GS\d{3})\] \((.+)\)$", re.MULTILINE)


@pytest.fixture(scope="module")
def portal() -> Deployment:
    subject = read_subject([str(PORTAL)])
    assert isinstance(subject, Deployment)
    return subject


@pytest.fixture(scope="module")
def report(portal: Deployment) -> Report:
    return judged(portal, Settings())


@pytest.fixture(scope="module")
def screen(portal: Deployment, report: Report) -> str:
    return plain(screen_lines(report, portal))


def test_it_fits_a_screen(screen: str) -> None:
    assert len(screen.splitlines()) <= SCREEN == 40


def test_each_finding_has_its_line_its_code_and_how_and_each_code_a_remedy(screen: str) -> None:
    found = FINDING.findall(screen)
    assert [(int(line), code) for line, _, code, _ in found] == [
        *((line, "GS101") for line in (10, 11, 12)),
        *((line, "GS120") for line in (33, 34)),
        *((line, "GS103") for line in (15, 16, 17)),
    ]
    assert found[0][1] == "InstallDotNet.cmd may keep Front Busy for ever"
    assert found[0][3] == "the task never ends"
    for code in {code for _, _, code, _ in found}:
        assert RULES[Code(code)].remedy in call("explain", code).out


def test_the_first_story_says_what_is_seen_who_must_act_and_what_to_do(screen: str) -> None:
    story = screen.split("\n\n")[2].splitlines()
    assert story[0] == "GS101 InstallDotNet.cmd may keep Front Busy for ever"
    assert re.fullmatch(r" +1-\d+  as in every ordinary deployment", story[1])
    assert story[-5].endswith("FAULT task_hang: InstallDotNet.cmd: the task never ends")
    assert [part[2:14].rstrip() for part in story[-4:]] == ["portal shows", "log to open", "who must act", "what to do"]
    assert "Front_IN_0: Busy (Waiting for role to start... System startup tasks are running.)" in story[-4]
    assert "WaHostBootstrapper.log" in story[-3]


def test_tasks_are_called_by_their_names_everywhere(portal: Deployment, report: Report, screen: str) -> None:
    told = text(report, portal)
    assert "startup_task_" not in screen
    assert "InstallDotNet.cmd is started and waited for" in told
    assert not re.search(r"^ +\d+ .*startup_task_", told, re.MULTILINE)
    assert "startup_task_" not in json.dumps([one["message"] for one in results(portal, report)])


def results(portal: Deployment, report: Report) -> list[dict[str, Any]]:
    (run,) = sarif(report, portal)["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


def test_all_formats_count_the_same(portal: Deployment, report: Report, screen: str) -> None:
    number = counts(findings(report))
    assert number["violated"] == 8
    assert document(report, portal)["counts"] == number
    said = f"violated: {number['violated']} violated, {number['unknown']} unknown, {number['hold']} hold; "
    for shown in (screen, concise(report, portal), as_github(report, portal), text(report, portal)):
        assert said in shown
    assert len(FINDING.findall(screen)) == len(FINDING.findall(concise(report, portal))) == number["violated"]
    assert len(re.findall("^::error ", as_github(report, portal), re.MULTILINE)) == number["violated"]
    suites = ElementTree.fromstring(as_junit(report, portal))
    assert suites.get("failures") == str(number["violated"])
    assert suites.get("tests") == str(number["violated"] + number["unknown"] + number["hold"])
    (run,) = sarif(report, portal)["runs"]
    assert [result["kind"] for result in results(portal, report)] == ["fail"] * number["violated"]
    assert len(run["properties"]["holds"]) == number["hold"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {"GS101", "GS103", "GS120"}


def test_ids_of_results_stay_when_a_task_is_put_in_front(tmp_path: Path) -> None:
    changed = copytree(PORTAL, tmp_path / "portal")
    file = changed / "ServiceDefinition.csdef"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("<Startup>", '<Startup>\n<Task commandLine="First.cmd" />'), encoding="utf-8")
    asked = Settings(only=("can't block",))
    ids = []
    for folder in (PORTAL, changed):
        service = read_subject([str(folder)])
        assert isinstance(service, Deployment)
        (run,) = sarif(judged(service, asked), service)["runs"]
        ids.append({(one["ruleId"], *one["partialFingerprints"].values()) for one in run["results"]})
    assert len(ids[0]) == 6
    assert ids[0] < ids[1]
    assert len(ids[1]) == 7


def test_what_is_accepted_has_a_line_and_no_story(portal: Deployment, report: Report) -> None:
    all_of_them = Acceptance((Accepted("*", "ServiceDefinition.csdef", "we live\x1b with it", "goalstate.toml:1"),))
    told = plain(screen_lines(report, portal, all_of_them))
    assert told.startswith("Portal: holds, but for 8 accepted violations\n")
    assert len(re.findall(r"^accepted: .* \[GS1\d\d\] .*; we live\\x1b with it$", told, re.MULTILINE)) == 8
    assert "FAULT" not in told
    assert len(re.findall("^::notice ", as_github(report, portal, all_of_them), re.MULTILINE)) == 8


def test_more_findings_than_fit_are_all_named_with_one_story(report: Report, portal: Deployment) -> None:
    (start,) = [run for run in report.runs if run.label == "Front: start"]
    stuck = next(v for v in start.verdicts if v.outcome is Outcome.VIOLATED and v.property.code is Code.TASK)
    many = [replace(stuck, property=replace(stuck.property, name=f"task {k}", about=str(k))) for k in range(60)]
    told = plain(screen_lines(replace(report, runs=(replace(start, verdicts=tuple(many)),)), portal))
    assert len(FINDING.findall(told)) == 60
    assert told.count("FAULT") == 1


def test_a_network_of_ones_own_has_its_finding_in_a_line() -> None:
    done = call("verify", f"{WATCHDOG}:hasty")
    assert "\na server that boots can come up is violated [GS901] (the server hangs)\n" in done.out
    assert "who must act" not in done.out
    only = call("verify", f"{WATCHDOG}:hasty", "--output-format", "concise").out.splitlines()
    assert only[0] == "a server that boots can come up is violated [GS901] (the server hangs)"
    assert len(only) == 2
    assert only[1].startswith("violated: 1 violated, 0 unknown, 3 hold; ")


def test_what_is_unknown_or_put_to_no_test_has_a_line_too(tmp_path: Path) -> None:
    stopped = call("verify", f"{WATCHDOG}:hasty", "--max-states", "5", "--output-format", "concise")
    assert stopped.code == 3
    assert "something can always happen is unknown [GS901] (stopped at 5 states)\n" in stopped.out
    bounds = ("--faults", "none", "--requests", "1", "--tick", "5")
    untested = call("verify", quay(tmp_path), *bounds, "--output-format", "concise")
    assert untested.code == 4
    (number,) = re.findall(r"\((\d+) of them vacuously\)", untested.out)
    assert len(re.findall(r" is vacuous \[GS\d{3}\] \(", untested.out)) == int(number) > 0


def test_an_annotation_is_escaped_as_github_wants_it(tmp_path: Path) -> None:
    definition = '<Task commandLine="100%,a:b.cmd" />'
    service = (quay(tmp_path) / "Quay.csdef").read_text(encoding="utf-8")
    folder = quay(tmp_path / "a,b", service.replace('<Task commandLine="grease.cmd" />', definition))
    done = call("verify", folder, *QUICK, "--property", "can't block", "--output-format", "github")
    error, verdict = done.out.splitlines()
    file = str(folder / "Quay.csdef").replace(",", "%2C")
    assert error.startswith(f"::error file={file},line=4,title=GS101 startup-task-keeps-busy::100%25,a:b.cmd may keep")
    assert "%0AGive every step of the script a time limit" in error
    assert verdict.startswith("violated: 1 violated, ")


def test_quiet_is_the_verdict_in_one_line() -> None:
    done = call("verify", f"{WATCHDOG}:hasty", "-q")
    assert re.fullmatch(r"violated: 1 violated, 0 unknown, 3 hold; \d+\.\d s\n", done.out)
    assert done.code == 1


@pytest.mark.parametrize("other", [("-v",), ("--output-format", "json"), ("--format", "full")])
def test_quiet_is_refused_with_what_asks_for_more(other: tuple[str, ...]) -> None:
    done = call("verify", f"{WATCHDOG}:hasty", "-q", *other)
    assert (done.code, done.out) == (2, "")
    assert "--quiet: not with --verbose or --output-format" in done.err


def test_the_old_name_of_the_option_is_known() -> None:
    old = json.loads(call("verify", f"{WATCHDOG}:hasty", "--format", "json").out)
    new = json.loads(call("verify", f"{WATCHDOG}:hasty", "--output-format", "json").out)
    assert [p["code"] for p in old["properties"]] == [p["code"] for p in new["properties"]] == ["GS901"] * 4
