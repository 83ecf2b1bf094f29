"""The pytest plugin, in pytest processes of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .calls import DEFINITION, quay

HOLDING = DEFINITION.replace('<Task commandLine="grease.cmd" />', "")
BOUNDS = ("--goalstate-faults", "task_hang=1")


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_violation_fails_with_its_story_and_the_others_pass(tmp_path: Path) -> None:
    quay(tmp_path / "services" / "quay")
    code, out = run(tmp_path, "--goalstate", "services", "-v", *BOUNDS)
    test = "services/quay/Quay.csdef::Crane_IN_0: startup task 0 (grease.cmd) can't block the role for ever"
    assert code == 1
    assert f"{test} FAILED" in out
    assert "services/quay/Quay.csdef::Crane_IN_0: the role can become Ready PASSED" in out
    assert "FAULT task_hang: startup_task_0 `grease.cmd`: the task never ends" in out
    assert f"{Path('services', 'quay', 'Quay.csdef')}:4" in out
    assert re.search(r"\n=+ 1 failed, \d+ passed in ", out)
    assert "Traceback" not in out
    assert "service_tests.py" not in out


def test_an_unknown_fails_with_the_limit(tmp_path: Path) -> None:
    quay(tmp_path)
    code, out = run(tmp_path, "--goalstate", "--goalstate-max-states", "20", "-k", "block")
    assert code == 1
    assert "unknown: Crane_IN_0: startup task 0 (grease.cmd) can't block the role for ever" in out
    assert "stopped at 20 states" in out
    assert " 1 failed" in out
    assert " passed" not in out


def test_files_that_cannot_be_read_are_one_failing_test_beside_the_others(tmp_path: Path) -> None:
    quay(tmp_path / "bad", DEFINITION.replace("</Startup>", "</Startop>"))
    quay(tmp_path / "twice")
    quay(tmp_path / "twice").joinpath("Other.csdef").write_text(DEFINITION, encoding="utf-8")
    (tmp_path / "test_other.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    code, out = run(tmp_path, "--goalstate", "-v")
    assert code == 1
    assert "bad/Quay.csdef::the service can be read FAILED" in out
    assert re.search(r"Quay\.csdef:5: malformed XML", out)
    assert "several .csdef files: 'Other.csdef', 'Quay.csdef'" in out
    assert "test_other.py::test_it PASSED" in out
    assert "3 failed, 1 passed" in out


def test_a_wrong_bound_fails_with_its_message(tmp_path: Path) -> None:
    quay(tmp_path)
    code, out = run(tmp_path, "--goalstate", "--goalstate-faults", "earthquake=1", "-k", "become and Ready")
    assert code == 1
    assert "no fault of kind 'earthquake' here" in out
    assert "Traceback" not in out


def test_collecting_does_not_search(tmp_path: Path) -> None:
    quay(tmp_path, HOLDING)
    code, out = run(tmp_path, "--goalstate", "--collect-only", "-q", "--goalstate-faults", "earthquake=1")
    assert code == 0
    assert "Quay.csdef::Crane_IN_0: the role can become Ready" in out


def test_without_the_option_nothing_happens_and_nothing_is_imported(tmp_path: Path) -> None:
    quay(tmp_path)
    (tmp_path / "test_imports.py").write_text(
        "import sys\n\n"
        "def test_nothing_heavy():\n"
        "    assert 'goalstate.pytest_plugin' in sys.modules\n"
        "    ours = {m for m in sys.modules if m.startswith('goalstate')}\n"
        "    assert ours == {'goalstate', 'goalstate.pytest_plugin'}\n"
        "    assert not {'numpy', 'numba', 'lxml', 'networkx', 'typer', 'transitions'} & set(sys.modules)\n",
        encoding="utf-8",
    )
    code, out = run(tmp_path, "-p", "no:hypothesispytest", "-v")
    assert code == 0, out
    assert "1 passed" in out
    assert "Quay" not in out
    assert "\ngoalstate " not in out


def test_with_the_option_the_version_is_named(tmp_path: Path) -> None:
    _, out = run(tmp_path, "--goalstate", "--collect-only")
    assert re.search(r"\ngoalstate \d+\.\d+", out)


def test_the_help_lists_the_options(tmp_path: Path) -> None:
    code, out = run(tmp_path, "--help")
    assert code == 0
    for option in ("--goalstate ", "--goalstate-faults=", "--goalstate-max-states=", "--goalstate-max-seconds="):
        assert option in out


@pytest.mark.parametrize("name", ["Quay.CSDEF", "quay.csdef"])
def test_the_ending_may_be_written_in_any_way(tmp_path: Path, name: str) -> None:
    (quay(tmp_path) / "Quay.csdef").rename(tmp_path / name)
    code, out = run(tmp_path, "--goalstate", "--collect-only", "-q")
    assert code == 0
    assert f"{name}::Crane_IN_0: the role can become Ready" in out
