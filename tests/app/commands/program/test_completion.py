"""`goalstate completion`: the script completes what the parser takes; bash, and where they are there zsh and fish."""

import shutil
import subprocess
from pathlib import Path

import click
import pytest

from goalstate.arguments import goalstate
from tests.app.calls import call

COMPLETE = """\
source ./script
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); COMPREPLY=()
_goalstate
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(words: str) -> list[str]:
    """What bash offers for the last of the words."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    Path("script").write_text(call("completion", "bash").out, encoding="utf-8")
    script = COMPLETE.format(words=words)
    done = subprocess.run([bash, "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_values(here: Path) -> None:
    assert completed("goalstate ver") == ["verify"]
    assert completed("goalstate ''") == list(goalstate.commands)
    assert completed("goalstate verify --max-") == ["--max-states", "--max-seconds", "--max-memory"]
    assert completed("goalstate verify --engine s") == ["symbolic"]
    assert completed("goalstate verify --max-states ''") == []
    assert completed("goalstate draw w") == ["workflow"]
    assert completed("goalstate help avail") == ["availability"]


def test_bash_completes_files_where_there_can_be_some(here: Path) -> None:
    Path("quay").mkdir()
    assert completed("goalstate verify qu") == ["quay"]
    assert completed("goalstate verify --accept qu") == ["quay"]
    assert completed("goalstate verify --tick qu") == []
    assert completed("goalstate requirements qu") == []


@pytest.mark.parametrize("command", list(goalstate.commands))
def test_every_option_of_the_parser_is_completed(command: str, here: Path) -> None:
    found = goalstate.commands[command]
    names = {n for p in found.get_params(click.Context(found)) if isinstance(p, click.Option) for n in p.opts}
    assert set(completed(f"goalstate {command} -")) == names


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_know_every_command_and_option(shell: str, here: Path) -> None:
    script = call("completion", shell).out
    for name, command in goalstate.commands.items():
        assert f" {name} " in script or f"'{name}:" in script
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                long = max(parameter.opts, key=len)
                assert (long if shell == "zsh" else f"-l {long[2:]}") in script
    if shutil.which(shell) is not None:
        Path("script").write_text(script, encoding="utf-8")
        done = subprocess.run([shell, "--no-execute", "script"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_quotes_in_a_help_do_not_end_the_text(here: Path) -> None:
    for shell in ("zsh", "fish"):
        for line in call("completion", shell).out.splitlines():
            if not line.startswith("#"):
                assert line.replace("'\\''", "").replace("\\'", "").count("'") % 2 == 0, line


def test_another_shell_is_refused() -> None:
    done = call("completion", "csh")
    assert (done.code, done.out) == (2, "")
    assert done.err == "'csh' is no shell that is known here; allowed: bash, zsh, fish; name one of them\n"
