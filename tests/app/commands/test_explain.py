"""`goalstate explain`: ten texts of the portal on the two examples, and what is said of words that are unknown."""

import json
from pathlib import Path

import pytest

from tests.app.calls import ROOT, WATCHDOG, call, quay

ORCHARD = str(ROOT / "examples" / "orchard")

TEXTS = {
    "Busy (Preparing to start role... System is initializing.)": "AppAgentRuntime.log",
    "Busy (Waiting for role to start... System startup tasks are running.)": "WaHostBootstrapper.log",
    "Busy (Waiting for role to start... Sites are being deployed.)": "IISConfigurator.log",
    "Busy (Starting role... Sites were deployed.)": "WaIISHost.log",
    "Busy (Bringing role online... Calling OnRoleRun. [2016-06-08T07:33:46Z]": "WaIISHost.log",
    "Recycling (Role has encountered an error and has stopped. Sites were deployed. [2013-11-29T12:51:30Z]": "Winevt",
    "Unhandled Exception: Could not load file or assembly 'Shop'": "Winevt",
    "Waiting for the status (Role has reported itself as unhealthy.)": "WaIISHost.log",
    "Waiting for Host": "no log inside the guest tells more",
    "restartingrole": "AppAgentRuntime.log",
}
"""Texts as people copy them, each with a log to open for a full-IIS role."""


@pytest.mark.parametrize("deployment", [None, ORCHARD], ids=["bundled", "orchard"])
@pytest.mark.parametrize("words", TEXTS)
def test_ten_texts(words: str, deployment: str | None) -> None:
    options = ("--deployment", deployment) if deployment is not None else ()
    done = call("explain", words, *options, "--tick", "5")
    assert (done.code, done.err) == (0, "")
    assert words in done.out.splitlines()[0]
    assert TEXTS[words] in done.out
    roles = ["Counter_IN_0", "Watering_IN_0"] if deployment is None else ["Shop_IN_0", "Packing_IN_0"]
    assert all(f"\n{name}: " in done.out for name in roles)
    assert "    heals: " in done.out
    assert "    who must act: " in done.out


def test_a_task_is_named_with_its_line_and_who_must_act() -> None:
    done = call("explain", "busyrole (system startup tasks are running", "--deployment", ORCHARD, "--tick", "5")
    line = next(one for one in done.out.splitlines() if "`install-fonts.cmd`: the task never ends" in one)
    assert "ServiceDefinition.csdef:10: " in line
    heals, acts = done.out[done.out.index(line) :].splitlines()[1:3]
    assert heals.startswith("    heals: not by itself; Ready again after: ")
    assert acts == "    who must act: the user, and the owner of the role if it comes again"


def test_a_symptom_that_a_role_never_has_is_said_to_be_so() -> None:
    done = call("explain", "Sites are being deployed", "--tick", "5")
    assert "\nWatering_IN_0: looks like that in no state: with one fault, or two requests of the user\n" in done.out


def test_json_has_causes_with_their_runs(tmp_path: Path) -> None:
    folder = quay(tmp_path)
    done = call("explain", "Recycling", "--deployment", folder, "--tick", "5", "--format", "json")
    found = json.loads(done.out)
    assert (done.code, found["words"], found["taken"]) == (0, "Recycling", None)
    [crane] = found["roles"]
    failed = next(c for c in crane["causes"] if c["fault"] == "task_failure")
    assert failed["task"]["command"] == "grease.cmd"
    assert failed["task"]["location"].endswith("Quay.csdef:4")
    assert failed["heals_by_itself"] is True
    assert failed["who_must_act"] == "the owner of the role"
    assert failed["path"][-1]["event"] == "Crane_IN_0/task_0_fails"
    assert crane["logs"][0]["path"].endswith("Crane.DiagnosticStore\\WaHostBootstrapper.log")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("Buzy", "explain: no status or text 'buzy' (did you mean 'busy'?); allowed: a status, a text, or both"),
        ("", "explain: the status is empty; allowed: a status"),
    ],
)
def test_unknown_words_are_the_users_mistake(words: str, message: str) -> None:
    done = call("explain", words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_network_in_a_file_has_no_portal() -> None:
    done = call("explain", "Busy", "--deployment", f"{WATCHDOG}:hasty")
    assert (done.code, done.out) == (2, "")
    assert "a network in a file has no portal" in done.err


def test_a_limit_makes_it_unknown(tmp_path: Path) -> None:
    done = call("explain", "Busy", "--deployment", quay(tmp_path), "--max-states", "10")
    assert done.code == 3
    assert done.out.startswith("unknown: Crane: ")


class TestEndStates:
    def test_a_violation_says_what_the_portal_shows(self, tmp_path: Path) -> None:
        limits = ("--faults", "task_hang=1", "--requests", "1", "--allow-vacuous")
        done = call("verify", quay(tmp_path), *limits, "--output-format", "full")
        shown = "Busy (Waiting for role to start... System startup tasks are running.)"
        assert done.code == 1
        assert f"the portal shows of Crane_IN_0: {shown}  BusyRole\n" in done.out
        assert "open C:\\Resources\\Directory\\<deploymentID>.Crane.DiagnosticStore\\WaHostBootstrapper.log" in done.out
        for form in ("json", "junit"):
            assert shown in call("verify", quay(tmp_path), *limits, "--format", form).out

    def test_a_story_says_what_the_portal_shows(self, tmp_path: Path) -> None:
        done = call("simulate", quay(tmp_path), "--guide", "*/report_ready", "--format", "json")
        [seen] = json.loads(done.out)["seen"]
        assert (seen["instance"], seen["status"], seen["shown"]) == ("Crane_IN_0", "ReadyRole", "Ready")

    def test_a_replay_says_what_the_portal_shows(self, tmp_path: Path) -> None:
        trace = tmp_path / "run.json"
        call("verify", quay(tmp_path), "--faults", "task_hang=1", "--requests", "1", "--save-trace", trace)
        assert "the portal shows of Crane_IN_0: Busy (Waiting for role to start..." in call("replay", trace).out
        [seen] = json.loads(call("replay", trace, "--format", "json").out)["seen"]
        assert seen["logs"][0]["requirement"] == "R-LOG3"


def test_what_is_so_from_the_beginning_is_nobodys_fault(tmp_path: Path) -> None:
    done = call("explain", "Stopped")
    assert done.code == 0
    assert "the user asks: stop" in done.out
    assert "crash" not in done.out


def test_a_stopped_search_is_json_where_that_is_asked_for() -> None:
    done = call("explain", "Ready", "--max-states", "10", "--format", "json")
    assert done.code == 3
    assert json.loads(done.out)["unknown"] == "Counter: stopped at 10 states"
    assert "--tick 5" in call("explain", "Ready", "--max-states", "10").out


def test_brackets_without_words_are_no_status() -> None:
    assert "the status is empty; allowed: " in call("explain", "(").err
