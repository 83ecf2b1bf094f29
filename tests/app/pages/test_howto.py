"""The page on accepted violations, done step by step: files are written as it says, and commands answer as it shows."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from goalstate.reading.acceptance import read_accepted
from tests.app.calls import ROOT, call

PAGE = (ROOT / "docs" / "guides" / "accept-a-finding.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(xml|toml|console)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def shows(expected: str) -> re.Pattern[str]:
    """What a page shows: a line … stands for any lines, … at the end of a line for the rest of it."""
    lines = [".*" if line == "…\n" else re.escape(line) for line in expected.splitlines(keepends=True)]
    return re.compile("".join(lines).replace("…", "[^\n]*"), re.DOTALL)


def test_the_steps_do_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jetty").mkdir()
    assert [language for language, _ in BLOCKS] == ["xml", "console", "console", "toml", "console", "xml", "console"]
    for language, block in BLOCKS:
        if language == "xml":
            (tmp_path / "jetty" / "Jetty.csdef").write_text(block, encoding="utf-8")
        elif language == "toml":
            file = tmp_path / "jetty" / "goalstate.toml"
            written, (better,) = read_accepted(file, unsaid=True).entries[0], tomllib.loads(block)["accepted"]
            assert (written.property.replace("task 0", "task *"), written.location) == (
                better["property"],
                better["location"],
            )
            file.write_text(block, encoding="utf-8")
        else:
            command, _, expected = block.removeprefix("$ ").partition("\n")
            done = call(*shlex.split(command)[1:])
            assert shows(expected).fullmatch(done.out + done.err), done.out + done.err
            assert done.code == (1 if "violated\n" in expected else 0)
