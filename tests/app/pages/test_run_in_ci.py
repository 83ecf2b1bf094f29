"""The page on CI: its commands do what it says, and the hook of the repository verifies what it is given."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.app.calls import DEFINITION, ROOT, call, quay
from tests.app.pages.test_howto import shows

PAGE = (ROOT / "docs" / "guides" / "run-in-ci.md").read_text(encoding="utf-8")
RUN = re.compile(r"^\s*- (?:run|script): goalstate (.*)$", re.MULTILINE)
SHOWN = re.compile(r"^\$ goalstate (.*)\n(.*\n)", re.MULTILINE)


def test_every_command_does_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    quay(Path("service"))
    told = dict(SHOWN.findall(PAGE))
    assert list(told) == RUN.findall(PAGE), "the page tries what it tells servers to run"
    for command, expected in told.items():
        done = call(*shlex.split(command))
        assert done.code == 1
        assert shows(expected).fullmatch(done.out), done.out
    (run,) = json.loads(Path("goalstate.sarif").read_text(encoding="utf-8"))["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "service/Quay.csdef"},
        "region": {"startLine": 4},
    }
    suites = ElementTree.parse("goalstate.xml").getroot()
    assert suites.get("failures") == "1"


def test_the_hook_verifies_each_definition(tmp_path: Path) -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^  entry: pytest (.*)$", hook, re.MULTILINE)
    quiet = DEFINITION.replace(
        '<Task commandLine="grease.cmd" />', '<Task commandLine="a.cmd" taskType="background" />'
    )
    files = [quay(tmp_path / "one") / "Quay.csdef", quay(tmp_path / "two", quiet) / "Quay.csdef"]
    assert all(re.search(r"\.csdef$", str(file)) for file in files)
    command = [sys.executable, "-m", "pytest", *shlex.split(entry), *map(str, files)]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    failed, passed = re.findall(r"([0-9]+) (?:failed|passed)", found.stdout.splitlines()[-1])
    assert int(failed) == 1
    assert int(passed) > 200
