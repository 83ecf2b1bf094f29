"""Defaults of options in a file: where it is looked for, what it can say, and every mistake at its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from goalstate.arguments import goalstate
from goalstate.options import Option
from goalstate.reading.toml_file import TABLES
from tests.app.calls import WATCHDOG, call, quay

BOUNDS = 'faults = "task_hang=1"\nrequests = 1\nno-liveness = true\nallow-vacuous = true\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, so that no file above it counts."""
    (tmp_path / ".git").mkdir()
    quay(tmp_path / "quay")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, file: str = "goalstate.toml") -> None:
    Path(file).write_text(text, encoding="utf-8")


def verified(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call("verify", "quay", "--format", "json", *arguments).out)
    return found


def test_what_stands_in_the_file_is_as_if_given(here: Path) -> None:
    given = verified("--faults", "task_hang=1", "--requests", "1", "--no-liveness", "--allow-vacuous")
    write("[verify]\n" + BOUNDS)
    assert verified()["bounds"] == given["bounds"]
    assert [run["label"] for run in verified()["runs"]] == [run["label"] for run in given["runs"]]


def test_the_command_line_wins(here: Path) -> None:
    write("[verify]\n" + BOUNDS)
    found = verified("--faults", "none")
    assert found["bounds"]["faults"] != "task_hang=1"
    assert (found["bounds"]["faults"], found["bounds"]["requests"]) == ("none", "1")


def test_pyproject_has_them_below_tool(here: Path) -> None:
    write("[project]\nname = 'x'\n\n[tool.goalstate.verify]\n" + BOUNDS, "pyproject.toml")
    assert verified()["bounds"]["faults"] == "task_hang=1"
    write("[verify]\n" + BOUNDS.replace("task_hang", "task_failure"))  # the nearer of the two
    assert verified()["bounds"]["faults"] == "task_failure=1"


def test_folders_above_count_up_to_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("[verify]\n" + BOUNDS)
    (here / "inside" / "deep").mkdir(parents=True)
    monkeypatch.chdir(here / "inside" / "deep")
    asked = ("verify", "../../quay", "--format", "json")
    assert json.loads(call(*asked).out)["bounds"]["faults"] == "task_hang=1"
    (here / "inside" / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    assert json.loads(call(*asked, "--max-states", "10").out)["bounds"]["faults"] != "task_hang=1"


def test_one_file_has_defaults_and_what_is_accepted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here / "quay")
    write(f'[verify]\n{BOUNDS}\n[[accepted]]\nproperty = "*block*"\nreason = "somebody looks on"\n')
    done = call("verify", ".", "--format", "json")
    found = json.loads(done.out)
    assert (done.code, found["bounds"]["faults"]) == (0, "task_hang=1")
    assert found["accepted"][0]["reason"] == "somebody looks on"


def test_a_file_of_what_is_accepted_alone_has_no_defaults(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("[verify]\n" + BOUNDS)
    monkeypatch.chdir(here / "quay")
    write('[[accepted]]\nproperty = "*block*"\nreason = "somebody looks on"\n')
    assert json.loads(call("verify", ".", "--format", "json").out)["bounds"]["faults"] == "task_hang=1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "\nmax-second = 3\n",
            ":3: no option 'max-second' that a file can set (did you mean 'max-seconds'?); allowed: ",
        ),
        ('max-seconds = "soon"', ":2: max-seconds: 'soon'; allowed: 0.001 or more"),
        ("max-seconds = true", ":2: max-seconds: True; allowed: a text or a number"),
        ("tick = 7.5", ":2: tick: '7.5'; allowed: 1 or 5"),
        ("tick = []", ":2: tick: []; allowed: a text or a number"),
        ('# tick\nno-liveness = "yes"', ":3: no-liveness: 'yes'; allowed: true or false"),
        ('assume = "Crane/grease.cmd fails"', ":2: assume: 'Crane/grease.cmd fails'; allowed: a list of texts"),
        ('instances = ["Crane"]', ":2: instances: --instances can't be 'Crane'; write ROLE=N"),
        ('option = ["reboot=never"]', ":2: option: "),
        ('faults = "task_hang=x"', ":2: faults: "),
        ('engine = "fast"', ":2: engine: 'fast' is not one of"),
        ('output = "report.json"', ":2: no option 'output' that a file can set"),
        ('property = ["Ready"]', ":2: no option 'property' that a file can set"),
        ("max-seconds 3", ":2: no TOML ("),
    ],
)
def test_a_mistake_has_its_line(text: str, said: str, here: Path) -> None:
    for file, heading in (("goalstate.toml", "[verify]"), ("pyproject.toml", "[tool.goalstate.verify]")):
        write(f"{heading}\n{text}\n", file)
        done = call("verify", "quay")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"{file}{said}"), done.err
        Path(file).unlink()


def test_a_table_that_no_command_has(here: Path) -> None:
    write("[verify]\ntick = 1\n[verfy]\ntick = 5\n")
    done = call("verify", "quay")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("goalstate.toml:3: 'verfy' is no table of defaults (did you mean 'verify'?); allowed: ")
    write('[tool.goalstate]\nfaults = "none"\n', "pyproject.toml")
    Path("goalstate.toml").unlink()
    assert call("verify", "quay").err.startswith("pyproject.toml:2: 'faults' is no table of defaults; allowed: ")


def test_help_needs_no_file(here: Path) -> None:
    write("[verify]\nnonsense = 1\n")
    assert call("verify", "--help").code == 0
    assert call("requirements", "R-9").code == 0


def test_each_table_is_that_of_a_command_with_settable_options(here: Path) -> None:
    settable = {
        name
        for name, command in goalstate.commands.items()
        if name in TABLES and any(isinstance(p, Option) and p.settable for p in command.params)
    }
    assert settable == set(TABLES)
    write("[simulate]\nsteps = 3\nseed = 7\n")
    assert (
        call("simulate", WATCHDOG + ":hasty").out
        == call("simulate", WATCHDOG + ":hasty", "--steps", "3", "--seed", "7").out
    )
