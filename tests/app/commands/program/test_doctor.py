"""`goalstate doctor`: what is there is found, and what is missing is told with what it is for."""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest

from goalstate.commands.program.doctor import FOREIGN, LIBRARIES, State, examined
from goalstate.model.engines.compilation import cache_folders
from goalstate.model.engines.resources import cores
from tests.app.calls import ROOT, call

SCHEMA = json.loads((ROOT / "app" / "schemas" / "doctor.schema.json").read_text(encoding="utf-8"))


def test_versions_and_cores_are_those_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("doctor", "--format", "json")
    found = json.loads(done.out)
    jsonschema.validate(found, SCHEMA)
    items = {item["name"]: item for item in found["items"]}
    assert done.code == 0
    assert items["Python"]["found"] == ".".join(map(str, sys.version_info[:3]))
    assert items["cores"]["found"] == str(cores())
    for name in LIBRARIES:
        assert items[name]["found"] == version(name)
    assert items["memory limit"]["found"].endswith(" GB")


def test_the_text_has_a_line_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("doctor")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for topic in ("versions", "machine", "caches", "settings", "programs"):
        assert topic in lines
    assert len([line for line in lines if line.startswith("  ")]) == len(list(examined()))


def test_a_program_that_is_missing_is_told_with_its_use() -> None:
    items = {item.name: item for item in examined(which=lambda _: None)}
    for name, _, use in FOREIGN:
        assert (items[name].state, items[name].found, items[name].use) == (State.MISSING, "not found", use)
    assert items["dot"].state is State.MISSING


def test_a_program_tells_its_version_or_does_not_run(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("#!/bin/sh\necho 'Spin Version 9'\n", encoding="utf-8")
    bad.write_text("no program", encoding="utf-8")
    good.chmod(0o755)
    bad.chmod(0o755)
    items = {item.name: item for item in examined(which={"spin": str(good), "git": str(bad)}.get)}
    assert (items["spin"].state, items["spin"].found) == (State.GOOD, f"{good}: Spin Version 9")
    assert (items["git"].state, items["git"].found) == (State.POOR, f"{bad} does not run (OSError)")


def test_the_folders_of_compiled_loops_are_known() -> None:
    below = os.path.commonpath(cache_folders())
    [cache] = [item for item in examined() if item.topic == "caches"]
    assert len(cache_folders()) == 5
    assert below in cache.found


def test_the_file_of_defaults_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    [settings] = [item for item in examined() if item.topic == "settings"]
    assert settings.found == "no file"
    (tmp_path / "goalstate.toml").write_text("[verify]\ntick = 5\n", encoding="utf-8")
    [settings] = [item for item in examined() if item.topic == "settings"]
    assert settings.found == str(tmp_path / "goalstate.toml")
