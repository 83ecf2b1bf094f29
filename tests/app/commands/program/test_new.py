"""`goalstate new`: what it writes runs, is typed and is never written over something."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.calls import call


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    done = call("new", "pump_station")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"pump_station{os.sep}pump_station.py written\n")
    return tmp_path


def test_the_model_holds_and_the_mistake_is_found(here: Path) -> None:
    done = call("verify", "pump_station/pump_station.py:model")
    assert (done.code, "0 violated, 0 unknown, 3 hold" in done.out) == (0, True)
    done = call("verify", "pump_station/pump_station.py:hasty")
    assert (done.code, "2 violated, 0 unknown, 1 hold" in done.out) == (1, True)
    assert "the request is lost" in done.out


def test_what_the_file_and_the_answer_say_to_try_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here / "pump_station")
    text = Path("pump_station.py").read_text(encoding="utf-8")
    commands = re.findall(r"^    goalstate (.*?)(?:  .*)?$", text, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["verify", "verify", "simulate", "draw"]
    for command in commands:
        assert call(*command.split()).code == (1 if "hasty" in command else 0), command


def test_its_test_passes_and_notices_a_change(here: Path) -> None:
    def tested() -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "pump_station"]
        return subprocess.run(command, cwd=here, capture_output=True, text=True, check=False).stdout

    assert "2 passed" in tested()
    model = here / "pump_station" / "pump_station.py"
    text = model.read_text(encoding="utf-8")
    changed = text.replace('return network(when="")', 'return network(when="tries == 0")')
    assert changed != text
    model.write_text(changed, encoding="utf-8")
    assert "1 failed, 1 passed" in tested()


def test_it_passes_strict_types_and_ruff(here: Path) -> None:
    for tool in (["mypy", "--strict"], ["ruff", "check", "--isolated", "--line-length", "120"]):
        done = subprocess.run(
            [sys.executable, "-m", *tool, "."], cwd=here / "pump_station", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_overwritten(here: Path) -> None:
    before = (here / "pump_station" / "pump_station.py").read_bytes()
    done = call("new", "pump_station")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("pump_station:1: is there already; allowed: a new folder")
    assert (here / "pump_station" / "pump_station.py").read_bytes() == before


@pytest.mark.parametrize(
    "name", ["", "Pump", "../x", "a-b", "1a", "class", "match", "json", "pytest", "goalstate", "é"]
)
def test_a_name_that_python_cannot_import_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("new", name)
    assert (done.code, done.out) == (2, "")
    assert "allowed: small letters, digits and _" in done.err
    assert list(tmp_path.iterdir()) == []
