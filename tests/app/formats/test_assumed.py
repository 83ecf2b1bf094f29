"""What a report says of a role whose code is assumed to behave in some way."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.app.calls import DEFINITION, ROOT, call, quay

QUICK = ("--faults", "none", "--requests", "1", "--tick", "5")


def test_a_crash_loop_is_told_with_its_look_and_who_must_act(tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), *QUICK, "--assume", "Crane/grease.cmd fails")
    assert done.code == 1
    head = done.out[: done.out.index("Quay.csdef:2: ")]
    assert "assumed Crane: grease.cmd fails at every start\n  a crash loop: it is started again" in head
    (look,) = [line for line in head.splitlines() if line.startswith("  on the portal: ")]
    assert "Busy (Waiting for role to start... System startup tasks are running.)" in look
    assert "then Recycling (Role has encountered an error and has stopped." in look
    assert 'Last startup task error: name - "grease.cmd", exit code - not 0.' in look
    assert "it never heals by itself: you must mend the code and upload a new package" in head
    assert "open C:\\Resources\\Directory\\<deploymentID>.Crane.DiagnosticStore\\WaHostBootstrapper.log" in head
    assert "Quay.csdef:4: Crane does not become Ready and stay so, assumed that grease.cmd f" in done.out
    assert "assumed: Crane/startup_task_0 fails" in done.out
    assert "a mistake in the model" not in done.out


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("OnStart throws", "a crash loop: it is started again and again, for ever, and is never Ready"),
        ("OnStart hangs", "it stays where it is for ever: nobody restarts it"),
        ("Run returns", "it becomes Ready and recycles, again and again, for ever"),
        ("OnStop hangs", "it becomes Ready, and stays so while nobody asks for anything"),
    ],
)
def test_what_becomes_of_a_role(tmp_path: Path, what: str, told: str) -> None:
    done = call("verify", quay(tmp_path), *QUICK, "--assume", f"Crane {what}", "--property", "stays so")
    assert done.code == (0 if what == "OnStop hangs" else 1)
    assert f"\n  {told}\n" in done.out
    assert ("heals" in done.out) == (what != "OnStop hangs")


def test_a_first_start_that_goes_well_is_told(tmp_path: Path) -> None:
    bounds = ("--faults", "bootstrapper_crash=1", "--requests", "1", "--tick", "5", "--property", "stays so")
    done = call("verify", quay(tmp_path), *bounds, "--assume", "Crane OnStart throws from the second start on")
    assert done.code == 1
    assert "\n  its first start is an ordinary one; once it is started again: a crash loop, for ever\n" in done.out


def test_a_search_that_stops_decides_nothing(tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), *QUICK, "--assume", "Crane OnStart throws", "--max-states", "9")
    assert done.code == 3
    assert "not decided: the search was stopped" in done.out
    assert "heals" not in done.out


def test_what_becomes_of_a_role_is_a_question_of_liveness(tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), *QUICK, "--assume", "Crane OnStart throws", "--no-liveness")
    assert "OnStart throws at every start\n  what becomes of it was not asked: that is a question of liv" in done.out
    assert "can never become Ready" in done.out
    assert "heals" not in done.out


def test_the_json_has_the_assumptions(tmp_path: Path) -> None:
    asked = ("--property", "stays so", "--format", "json")
    found = json.loads(call("verify", quay(tmp_path), *QUICK, "--assume", "Crane Run hangs", *asked).out)
    schema = (ROOT / "app" / "schemas" / "verify.schema.json").read_text(encoding="utf-8")
    Draft202012Validator(json.loads(schema)).validate(found)
    assert found["deployment"]["roles"][0]["assumptions"] == ["Run hangs"]
    assert found["bounds"]["assumed"] == "Crane/Run hangs"


def test_a_run_under_an_assumption_is_saved_and_replayed(tmp_path: Path) -> None:
    folder, trace = quay(tmp_path / "in"), tmp_path / "run.json"
    call("verify", folder, *QUICK, "--assume", "Crane OnStart throws", "--property", "stays so", "--save-trace", trace)
    assert json.loads(trace.read_text(encoding="utf-8"))["search"]["assume"] == ["Crane OnStart throws"]
    done = call("replay", trace)
    assert done.code == 0, "the run still breaks the property"
    assert "OnStart throws: the process dies" in done.out


def test_a_wrong_assumption_is_refused_with_its_place(tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), "--assume", "Crane/grease.cmd failed")
    assert done.code == 2
    assert "Quay.csdef:2: --assume can't be 'Crane/grease.cmd failed': startup_task_0 never 'failed'" in done.err
    assert "(did you mean 'fails'?); allowed: fails, exits 3010, hangs" in done.err


def test_a_simulation_takes_assumptions_too(tmp_path: Path) -> None:
    guide = ("--guide", "*/task_0_fails") * 2
    done = call("simulate", quay(tmp_path), "--faults", "none", "--assume", "Crane/grease.cmd fails", *guide)
    assert done.code == 0
    assert done.out.count("the task ends with an exit code other than 0") == 2


def test_what_an_assumption_leaves_untested_of_the_service_is_no_pass(tmp_path: Path) -> None:
    probed = DEFINITION.replace(
        '<WorkerRole name="Crane">',
        '<LoadBalancerProbes><LoadBalancerProbe name="Alive" protocol="tcp" port="80" /></LoadBalancerProbes>\n'
        '  <WorkerRole name="Crane"><Endpoints><InputEndpoint name="In" protocol="tcp" port="80" '
        'loadBalancerProbe="Alive" /></Endpoints>',
    )
    done = call("verify", quay(tmp_path, probed), *QUICK, "--assume", "Crane never answers the probe")
    assert done.code == 4
    assert "put to no test" in done.out
    assert "endpoint In" in done.out
