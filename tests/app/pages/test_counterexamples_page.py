"""The page on counterexamples, done step by step: commands answer as it shows, and write the test that it shows."""

import io
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from goalstate.cli import run
from tests.app.calls import ROOT

from .test_howto import shows

PAGE = (ROOT / "docs" / "guides" / "work-with-a-counterexample.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|console)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def answer(command: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command of the page writes."""
    if command.startswith("pytest "):
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command), "-p", "no:cacheprovider"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout
    typed, _, program = command.rpartition(" | ")
    if typed:
        word, text = shlex.split(typed)
        assert word == "printf"
        monkeypatch.setattr("sys.stdin", io.StringIO(text.replace("\\n", "\n")))
    out = io.StringIO()
    with redirect_stderr(out):
        run(shlex.split(program.strip())[1:], out)
    return out.getvalue()


def test_the_steps_do_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    example = tmp_path / "examples" / "crossing.py"
    wrong = example.read_text(encoding="utf-8")
    right = wrong.replace("train(overlooks)", "train()").replace("    overlooks = does", "    does")
    assert [language for language, _ in BLOCKS] == ["console", "console", "python", *["console"] * 6]
    tests = 0
    for language, block in BLOCKS:
        if language == "python":
            assert (tmp_path / "test_crossing.py").read_text(encoding="utf-8") == block
            continue
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            tests += command.startswith("pytest")
            example.write_text(right if tests == 2 and command.startswith("pytest") else wrong, encoding="utf-8")
            assert shows(expected).fullmatch(answer(command, monkeypatch)), command
    assert tests == 2
    assert (tmp_path / "unjust.svg").read_text(encoding="utf-8").startswith("<svg")
