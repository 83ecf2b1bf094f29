"""The pytest plugin, in pytest processes of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .calls import DEFINITION, quay

HOLDING = DEFINITION.replace('<Task commandLine="grease.cmd" />', "")
BOUNDS = ("--goalstate-faults", "task_hang=1", "--goalstate-allow-vacuous")


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
    assert "FAULT task_hang: grease.cmd: the task never ends" in out
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--goalstate-faults", "earthquake=1"), "no fault of kind 'earthquake' here"),
        (("--goalstate-faults", "many"), "faults can't be 'many'; write none, a number, or kind=number"),
        (("--goalstate-faults", ""), "faults can't be ''"),
        (
            ("--goalstate-max-states", "0"),
            "--goalstate-max-states can't be '0'; allowed: 1 or more; leave the option out",
        ),
        (("--goalstate-max-states", "x"), "--goalstate-max-states can't be 'x'; allowed: 1 or more"),
        (("--goalstate-max-seconds", "nan"), "--goalstate-max-seconds can't be 'nan'; allowed: more than 0"),
        (("--goalstate-max-seconds", "-1"), "--goalstate-max-seconds can't be '-1'; allowed: more than 0"),
        (("--goalstate-accept", ""), "--goalstate-accept: the name of the file is empty"),
        (("--goalstate-accept", "nowhere.toml"), "nowhere.toml:1: can't be read (No such file or directory); "),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_a_wrong_option_is_refused_before_anything_is_collected(
    options: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    quay(tmp_path)
    code, out = run(tmp_path, "--goalstate", *options)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: goalstate: {message}" in out
    assert "collected" not in out
    assert "Traceback" not in out


def test_collecting_does_not_search(tmp_path: Path) -> None:
    quay(tmp_path, HOLDING)
    (tmp_path / "conftest.py").write_text(
        "import goalstate.pytest_plugin.service_tests as s\ns.judged = None\n", encoding="utf-8"
    )
    code, out = run(tmp_path, "--goalstate", "--collect-only", "-q")
    assert code == 0
    assert "Quay.csdef::Crane_IN_0: the role can become Ready" in out


def test_a_search_that_fails_is_not_tried_again_for_each_test(tmp_path: Path) -> None:
    quay(tmp_path)
    (tmp_path / "conftest.py").write_text(
        "import goalstate.pytest_plugin.service_tests as s\n"
        "def judged(*_):\n"
        "    with open('tries', 'a') as tries:\n"
        "        tries.write('tried ')\n"
        "    raise ValueError('no luck')\n"
        "s.judged = judged\n",
        encoding="utf-8",
    )
    code, out = run(tmp_path, "--goalstate", "-k", "Ready")
    assert code == 1
    assert (tmp_path / "tries").read_text(encoding="utf-8") == "tried "
    assert out.count("not judged: the search has failed (ValueError: no luck)") > 1
    assert out.count("Traceback") <= 1


class TestAccepted:
    """What is accepted is expected to fail."""

    ENTRY = (
        '[[accepted]]\nproperty = "Crane_IN_0: startup task * (grease.cmd) can\'t block the role for ever"\n'
        'location = "Quay.csdef:7"\nreason = "it is \\u001b watched"\n'
    )

    @pytest.mark.parametrize("named", [False, True])
    def test_an_accepted_violation_is_an_expected_failure(self, named: bool, tmp_path: Path) -> None:
        quay(tmp_path / "services")
        file = tmp_path / "accepted.toml" if named else tmp_path / "services" / "goalstate.toml"
        file.write_text(self.ENTRY, encoding="utf-8")
        options = ("--goalstate-accept", str(file)) if named else ()
        code, out = run(tmp_path, "--goalstate", *BOUNDS, "-rx", "-k", "block", *options)
        assert code == 0, out
        assert " 1 xfailed" in out
        assert "accepted: it is \\x1b watched" in out

    def test_one_that_is_found_no_longer_is_a_warning(self, tmp_path: Path) -> None:
        quay(tmp_path, HOLDING).joinpath("goalstate.toml").write_text(self.ENTRY, encoding="utf-8")
        code, out = run(
            tmp_path, "--goalstate", "--goalstate-faults", "none", "--goalstate-allow-vacuous", "-k", "Ready"
        )
        assert code == 0
        assert out.count("goalstate.toml:1: accepted, but there is no such property: Crane_IN_0: startup task *") == 1

    def test_a_wrong_list_is_one_failing_test(self, tmp_path: Path) -> None:
        quay(tmp_path).joinpath("goalstate.toml").write_text("[[acepted]]\n", encoding="utf-8")
        code, out = run(tmp_path, "--goalstate")
        assert code == 1
        assert "goalstate.toml:1: unknown key 'acepted' (did you mean 'accepted'?); allowed: " in out
        assert "1 failed in" in out


def test_without_the_option_nothing_happens_and_nothing_is_imported(tmp_path: Path) -> None:
    quay(tmp_path)
    (tmp_path / "test_imports.py").write_text(
        "import sys\n\n"
        "def test_nothing_heavy():\n"
        "    assert 'goalstate.pytest_plugin' in sys.modules\n"
        "    ours = {m for m in sys.modules if m.startswith('goalstate')}\n"
        "    assert ours == {'goalstate', 'goalstate.pytest_plugin'}\n"
        "    assert not {'numpy', 'numba', 'lxml', 'networkx', 'click', 'transitions'} & set(sys.modules)\n",
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
    for name in (" ", "-faults=", "-max-states=", "-max-seconds=", "-accept="):
        assert f"--goalstate{name}" in out


@pytest.mark.parametrize("name", ["Quay.CSDEF", "quay.csdef"])
def test_the_ending_may_be_written_in_any_way(tmp_path: Path, name: str) -> None:
    (quay(tmp_path) / "Quay.csdef").rename(tmp_path / name)
    code, out = run(tmp_path, "--goalstate", "--collect-only", "-q")
    assert code == 0
    assert f"{name}::Crane_IN_0: the role can become Ready" in out
