"""`goalstate verify` on several services: a tree, what changed in git, and a list without a search."""

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from goalstate.reading.services import services
from tests.app.calls import CONFIGURATION, DEFINITION, QUICK, WATCHDOG, call, quay

HELD = DEFINITION.replace('commandLine="grease.cmd"', 'commandLine="grease.cmd" taskType="background"')
FREE = ("--faults", "none", "--requests", "1", "--no-liveness", "--allow-vacuous")
BROKEN = DEFINITION.replace("<Task ", "<Tusk ")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two services below a folder, and the copies of one that a build has left."""
    monkeypatch.chdir(tmp_path)
    quay(tmp_path / "all" / "east")
    quay(tmp_path / "all" / "west" / "deep", HELD)
    quay(tmp_path / "all" / "east" / "bin" / "Debug")
    quay(tmp_path / "all" / ".hidden")
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments], check=True, capture_output=True
    )


def paths_of(out: str) -> list[str]:
    return [service["paths"] for service in json.loads(out)["services"]]


def test_a_folder_stands_for_the_services_below_it(tree: Path) -> None:
    assert services(["all"]) == [("all/east",), ("all/west/deep",)]
    assert services(["all/east"]) == [("all/east",)]
    assert services(["all/east", "all/west"]) == [("all/east",), ("all/west/deep",)]
    assert services(["all/east/Quay.csdef", "all/east/Quay.cscfg"]) == [("all/east/Quay.csdef", "all/east/Quay.cscfg")]
    assert services(["all/east", "all"]) == [("all/east",), ("all/west/deep",)]
    assert services([]) == [()]


def test_each_service_has_its_report_and_the_worst_is_the_code(tree: Path) -> None:
    done = call("verify", "all", *QUICK)
    assert done.code == 2  # the west has no task that could hang
    assert "no fault of kind 'task_hang'" in done.err
    assert "== all/east\n" in done.out
    done = call("verify", "all", *FREE)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("    holds  all/east\n    holds  all/west/deep\n2 services; holds: 2\n")
    done = call("verify", "all", "--faults", "1", "--requests", "1", "--no-liveness", "--allow-vacuous")
    assert done.code == 1
    assert done.out.endswith(" violated  all/east\n    holds  all/west/deep\n2 services; violated: 1, holds: 1\n")


def test_a_service_that_cannot_be_read_fails_after_the_others(tree: Path) -> None:
    quay(tree / "all" / "broken", BROKEN)
    done = call("verify", "all", *FREE)
    assert done.code == 2
    assert done.err.startswith("all/broken/Quay.csdef:4: ")
    assert done.out.endswith("2 services; holds: 2\n")


def test_json_has_each_service(tree: Path) -> None:
    done = call("verify", "all", *FREE, "--format", "json")
    assert paths_of(done.out) == ["all/east", "all/west/deep"]
    assert [one["outcome"] for one in json.loads(done.out)["services"]] == ["holds", "holds"]


def test_sarif_has_a_run_for_each(tree: Path) -> None:
    done = call(
        "verify",
        "all",
        "--faults",
        "1",
        "--requests",
        "1",
        "--no-liveness",
        "--allow-vacuous",
        "--format",
        "sarif",
        "-o",
        "a",
    )
    log = json.loads((tree / "a").read_text(encoding="utf-8"))
    assert done.code == 1
    assert [bool(run["results"]) for run in log["runs"]] == [True, False]
    assert log["version"] == "2.1.0"


def test_junit_has_the_suites_of_each_and_sums_them(tree: Path) -> None:
    bounds = ("--faults", "1", "--requests", "1", "--no-liveness")
    alone = [ET.fromstring(call("verify", p, *bounds, "--format", "junit").out) for p in ("all/east", "all/west/deep")]
    together = ET.fromstring(call("verify", "all", *bounds, "--format", "junit").out)
    assert len(together) == sum(map(len, alone))
    for count in ("tests", "failures", "errors", "skipped"):
        assert int(together.attrib[count]) == sum(int(one.attrib[count]) for one in alone)
    assert int(together.attrib["failures"]) > 0


def test_what_is_for_one_service_is_refused_for_several(tree: Path) -> None:
    for option, value in (("--write-accepted", "a.toml"), ("--write-test", "test_a.py"), ("--save-trace", "a.json")):
        done = call("verify", "all", *FREE, option, value)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"{option}: for one service, and there are 2; name one of them\n"
    done = call("verify", "all", *FREE, "all/east/Quay.cscfg")
    assert (done.code, done.out) == (2, "")
    assert "a configuration among several services; allowed: folders" in done.err
    done = call("verify", "all", *FREE, "-o", "all/east/Quay.csdef")
    assert (done.code, "is what is to be verified" in done.err) == (2, True)


class TestChanged:
    """Only the services that changed in git."""

    @pytest.fixture(autouse=True)
    def repository(self, tree: Path) -> None:
        git("init", "-q")
        git("add", "-A", "-f")
        git("commit", "-q", "-m", "all")

    def test_nothing_changed_is_a_pass_that_says_so(self, tree: Path) -> None:
        done = call("verify", "all", *FREE, "--changed", "HEAD")
        assert (done.code, done.out) == (0, "none of 2 services changed since HEAD\n")
        done = call("verify", "all", *FREE, "--changed", "HEAD", "--format", "json")
        assert (done.code, json.loads(done.out)["services"]) == (0, [])
        assert ET.fromstring(call("verify", "all", "--changed", "HEAD", "--format", "junit").out).get("tests") == "0"

    @pytest.mark.parametrize("file", ["Quay.csdef", "Quay.cscfg", "goalstate.toml"])
    def test_a_change_that_is_not_committed_counts(self, file: str, tree: Path) -> None:
        place = tree / "all" / "east" / file
        place.write_text((place.read_text(encoding="utf-8") if place.exists() else "") + "\n", encoding="utf-8")
        done = call("verify", "all", "--list", "--format", "json", "--changed", "HEAD")
        assert (done.code, paths_of(done.out)) == (0, ["all/east"])

    def test_a_file_that_no_service_reads_does_not_count(self, tree: Path) -> None:
        (tree / "all" / "east" / "notes.txt").write_text("so be it", encoding="utf-8")
        quay(tree / "all" / "east" / "bin" / "Debug", HELD)
        assert call("verify", "all", "--changed", "HEAD").out == "none of 2 services changed since HEAD\n"

    def test_what_a_branch_changed_counts_and_what_main_did_since_does_not(self, tree: Path) -> None:
        git("branch", "-q", "-m", "trunk")
        git("checkout", "-q", "-b", "mine")
        quay(tree / "all" / "west" / "deep", HELD.replace("grease.cmd", "oil.cmd"))
        git("commit", "-q", "-a", "-m", "west")
        git("checkout", "-q", "trunk")
        quay(tree / "all" / "east", configuration=CONFIGURATION.replace('count="1"', 'count="2"'))
        git("commit", "-q", "-a", "-m", "east")
        git("checkout", "-q", "mine")
        done = call("verify", "all", "--list", "--format", "json", "--changed", "trunk")
        assert paths_of(done.out) == ["all/west/deep"]

    @pytest.mark.parametrize("ref", ["nowhere", "--output=x", ""])
    def test_no_commit_is_refused(self, ref: str, tree: Path) -> None:
        done = call("verify", "all", f"--changed={ref}")
        assert (done.code, done.out) == (2, "")
        assert "--changed" in done.err
        assert "allowed: " in done.err

    def test_it_takes_a_path(self, tree: Path) -> None:
        done = call("verify", "--changed", "HEAD")
        assert (done.code, done.err[:40]) == (2, "--changed: no path; allowed: the folder ")


def test_outside_of_a_repository_git_says_so(tree: Path) -> None:
    done = call("verify", "all", "--changed", "HEAD")
    assert (done.code, done.out) == (2, "")
    assert "git says of " in done.err


class TestList:
    """The properties that there are, without a search."""

    def test_they_are_those_that_a_run_judges(self, tree: Path) -> None:
        listed = json.loads(call("verify", "all/east", *QUICK, "--list", "--format", "json").out)
        judged = json.loads(call("verify", "all/east", *QUICK, "--format", "json").out)
        [service] = listed["services"]
        assert {(p["subject"], p["name"]) for p in service["properties"]} == {
            (p["subject"], p["name"]) for p in judged["properties"]
        }
        assert {run for p in service["properties"] for run in p["runs"]} == {r["label"] for r in judged["runs"]}

    def test_text_has_a_line_for_each(self, tree: Path) -> None:
        done = call("verify", "all/east", "--list", "--property", "can't block")
        assert (done.code, done.err) == (0, "")
        assert done.out.splitlines()[-1] == "1 property"
        assert "grease.cmd" in done.out.splitlines()[0]
        told = call("verify", "all/east", "--list", "--property", "can't block", "-v").out
        assert "  all/east/Quay.csdef:4; " in told
        assert "judged in Crane: start; Crane: operations" in told

    def test_networks_in_files_have_lists_too(self) -> None:
        done = call("verify", f"{WATCHDOG}:hasty", "--list")
        assert "a server that boots can come up\n" in done.out
        assert call("verify", f"{WATCHDOG}:hasty", "--list", "--faults", "1").code == 2

    def test_it_has_no_results_to_report(self, tree: Path) -> None:
        done = call("verify", "all", "--list", "--format", "sarif")
        assert (done.code, done.err[:37]) == (2, "--list --format sarif: nothing was ju")
