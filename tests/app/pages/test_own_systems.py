"""The page on own systems, followed in an empty folder: files are written as it says, and commands answer as it shows.

The examples of its last part are collected by pytest as doctests.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from goalstate import api
from tests.app.calls import ROOT, call

from .test_docs import timeless

PAGE = (ROOT / "docs" / "tutorials" / "own-systems.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^Write `(\S+)`:\n\n```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
CONSOLE = re.findall(r"^```console\n\$ goalstate (.*?)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

OF_SERVICES = {
    *("Bounds", "Deployment", "DeploymentError", "Faults", "Platform", "Workflow", "Settings"),
    *("read_deployment", "verify"),
}
"""What only those need who read services."""

OF_PROGRAMS = {
    *("NetworkError", "Path", "PredicateError", "Report", "StatechartError", "Story", "Strength", "Transition"),
    *("Verdict", "Within", "draw"),
}
"""What a program needs that makes networks or reads verdicts; the reference has it."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_commands_answer_as_the_page_shows(here: Path) -> None:
    assert list(FILES) == ["lease.py", "supervisor.py", "client.py", "test_client.py"]
    codes = []
    for command, expected in CONSOLE:
        done = call(*shlex.split(command))
        assert timeless(done.out + done.err) == timeless(expected), command
        codes.append((command.split()[0], done.code))
    verified = [code for what, code in codes if what == "verify"]
    assert verified == [1, 0, 1, 0, 1, 1, 0, 2]
    assert [code for what, code in codes if what != "verify"] == [0, 0, 0, 0]
    assert {path.suffix for path in (here / "pictures").iterdir()} == {".svg", ".dot", ".mmd"}


def test_the_other_commands_that_it_names_run(here: Path) -> None:
    named = re.findall(r"`goalstate (verify [^`]*--write-test \S+)`", PAGE)
    assert len(named) == 1
    assert call(*shlex.split(named[0])).code == 1
    assert call("draw", "network", "lease.py:careful", "-o", "pictures").code == 0
    for kind in ("murphi", "tla", "aut", "graphml"):
        assert call("export", kind, "lease.py:careful").code == 0
    assert call("verify", "lease.py:careless", "-v").code == 1


def test_its_test_passes_and_the_one_that_is_written_fails(here: Path) -> None:
    assert call("verify", "client.py:forgetful", "--write-test", "test_found.py").code == 1
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 2 passed" in done.stdout
    assert "FAILED test_found.py::test_an_order_is_charged_once" in done.stdout


def test_the_files_pass_strict_types_and_ruff(here: Path) -> None:
    for tool in (["mypy", "--strict"], ["ruff", "check", "--isolated", "--line-length", "120"]):
        done = subprocess.run([sys.executable, "-m", *tool, "."], cwd=here, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not (shutil.which("spin") and shutil.which("cc")), reason="needs spin and a C compiler")
def test_spin_finds_the_states_that_the_page_names(here: Path) -> None:
    assert call("export", "promela", "lease.py:careful", "-o", "lease.pml").code == 0
    (commands,) = re.findall(r"^```sh\n(spin .*?)\n```$", PAGE, re.MULTILINE)
    found = subprocess.run(commands, shell=True, cwd=here, check=True, capture_output=True, text=True).stdout
    assert "errors: 0" in found
    (states,) = re.findall(r"it finds the same (\d+) states", PAGE)
    assert re.search(rf"^ *{states} states, stored", found, re.MULTILINE)


@pytest.mark.parametrize(
    "option",
    [
        ("--instances", "Web=1"),
        ("--faults", "1"),
        ("--requests", "1"),
        ("--tick", "5"),
        ("--option", "reboot=skips_on_stop"),
        ("--assume", "Web/OnStart throws"),
        ("--thorough",),
        ("--whole",),
    ],
    ids=lambda option: option[0],
)
def test_the_options_for_services_are_those_that_it_lists(option: tuple[str, ...], here: Path) -> None:
    (listed,) = re.findall(r"^(`--instances`.*) are for services\.$", PAGE, re.MULTILINE)
    assert f"`{option[0]}`" in listed
    done = call("verify", "lease.py:careful", *option)
    assert (done.code, done.out) == (2, "")
    assert f"{option[0]} is for deployments; a network in a file " in done.err


def test_the_page_teaches_every_name_that_a_network_needs() -> None:
    untold = {name for name in api.__all__ if not re.search(rf"\b{name}\b", PAGE)}
    assert untold <= OF_SERVICES | OF_PROGRAMS, untold - OF_SERVICES - OF_PROGRAMS
