"""The page on comparing two definitions, done step by step: commands answer as it shows."""

import re
import shlex
from pathlib import Path

import pytest

from tests.app.calls import ROOT, call

from .test_howto import shows

PAGE = (ROOT / "docs" / "guides" / "compare-two-definitions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(xml|console)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_steps_do_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [language for language, _ in BLOCKS] == ["xml", "xml", "console", "console"]
    folders = iter(("before", "after"))
    codes = iter((0, 1))
    for language, block in BLOCKS:
        if language == "xml":
            folder = tmp_path / next(folders)
            folder.mkdir()
            (folder / "Booth.csdef").write_text(block, encoding="utf-8")
        else:
            command, _, expected = block.removeprefix("$ ").partition("\n")
            done = call(*shlex.split(command)[1:])
            assert shows(expected).fullmatch(done.out), done.out + done.err
            assert done.code == next(codes)
