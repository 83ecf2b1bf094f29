"""Services from public reports: the command line gives each of them the right answer."""

from pathlib import Path

import pytest

from tests.app.calls import call

CASES = next(
    (cases for above in Path(__file__).resolve().parents if (cases := above / "shared" / "cases").is_dir()),
    Path("shared", "cases"),
)
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the folder of reported cases is not here")

QUICK = ("--faults", "none", "--requests", "1", "--tick", "5", "--allow-vacuous")


@pytest.mark.parametrize(
    ("case", "where", "fix"),
    [
        ("F3b-rule-unknown-role", "ServiceDefinition.csdef:30: ", "did you mean 'WorkerRole2'?"),
        ("F5-curly", "ServiceDefinition.csdef:1: ", "replace it"),
        ("F5c-range-too-small", "ServiceDefinition.csdef:11: ", "widen the range, or lower the count"),
        ("M2-vmsize", "ServiceDefinition.csdef:2: ", "did you mean 'Standard_A9'?"),
        ("M3-task-in-role", "ServiceDefinition.csdef:3: ", "move it there"),
        ("M3b-task-in-worker", "ServiceDefinition.csdef:3: ", "move it there"),
        ("N02-local-storage-too-large", "ServiceDefinition.csdef:9: ", 'such as vmsize="Standard_D4"'),
        ("N03-reserved-ip-no-endpoint", "ServiceConfiguration.Cloud.cscfg:7: ", "add an <InputEndpoint> to a role"),
    ],
)
def test_what_azure_refuses_is_refused(case: str, where: str, fix: str) -> None:
    done = call("verify", CASES / case)
    assert (done.code, done.out) == (2, "")
    (message,) = done.err.splitlines()
    assert message.startswith(str(CASES / case / where))
    assert "; allowed: " in message
    assert fix in message


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("F1-gallery-2012", "warning: 'SSL' uses certificate 'sslcertificate', and the role declares none"),
        ("M7-unbound", "warning: no site binds 'F', so nobody answers there"),
        ("N11-acl-deny-all", "warning: every client of endpoint 'Endpoint1' of role 'Tracker' is denied by this rule"),
    ],
)
def test_what_keeps_clients_out_is_in_the_head_of_the_report(case: str, said: str) -> None:
    done = call("verify", CASES / case, *QUICK)
    assert done.code == 0
    assert done.out.splitlines()[1].startswith(f"  {said}")


@pytest.mark.parametrize(
    ("case", "role", "what", "looks"),
    [
        (
            "N04-simple-task-exit-2",
            "Web",
            "monitor_agent.cmd fails",
            'Last startup task error: name - "monitor_agent.cmd"',
        ),
        ("N16-onstart-throws", "Host", "OnStart throws", "Recycling (Role has encountered an error and has stopped."),
    ],
)
def test_what_fails_at_every_start_is_a_crash_loop(case: str, role: str, what: str, looks: str) -> None:
    done = call("verify", CASES / case, "--assume", f"{role}/{what}")
    assert done.code == 1
    head = done.out[done.out.index(f"assumed {role}: ") :].split("\n\n")[0]
    assert "a crash loop: it is started again and again, for ever, and is never Ready" in head
    (look,) = [line for line in head.splitlines() if line.startswith("  on the portal: ")]
    assert looks in look
    assert "it never heals by itself" in head
    assert "a mistake in the model" not in done.out


def test_an_on_stop_that_hangs_is_killed_after_five_minutes() -> None:
    guide = ("--guide", "request_stop", "--guide", "*/on_stop_hangs", "--guide", "*/kill_host")
    done = call("simulate", CASES / "N10-node-stopping", *guide)
    assert done.code == 0
    assert "OnStop has had its five minutes: the process is killed" in done.out
    assert call("simulate", CASES / "N10-node-stopping", *guide[2:]).code == 0


def test_a_background_task_is_not_waited_for() -> None:
    wanted = "every simple startup task has ended; background tasks are not waited for"
    done = call("verify", CASES / "N22-agent-background", *QUICK, "--property", "sites are configured only", "-v")
    assert done.code == 0
    assert f"sites are configured only when {wanted}" in done.out
