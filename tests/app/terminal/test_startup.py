"""What everybody waits for is quick: the version, and the help, without anything heavy being imported."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from goalstate.model.workflow import ALTERNATIVES
from tests.app.calls import Done, call, start

HEAVY = {"numpy", "numba", "lxml", "networkx", "transitions", "rich", "hypothesis"}


def test_the_version_is_shown() -> None:
    done = start("--version")
    assert (done.code, done.out, done.err) == (0, f"goalstate {version('goalstate')}\n", "")


def test_the_version_takes_less_than_a_third_of_a_second() -> None:
    assert min(start("--version").seconds for _ in range(3)) < 0.3


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["verify", "--help"]])
def test_nothing_heavy_is_imported_for(arguments: list[str]) -> None:
    program = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('HEAVY', sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['goalstate', *{arguments!r}]\n"
        "from goalstate.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "HEAVY []\n"


def test_the_help_has_examples_and_exit_codes() -> None:
    done = call("--help")
    assert done.code == 0
    assert "goalstate verify net.py:NAME " in done.out
    assert "Exit codes: 0 holds, 1 violated, 2 wrong input or usage, 3 unknown,\n" in done.out
    listed = [int(code) for code in re.findall(r"\b(\d+) (?=holds|violated|wrong|unknown|a |interr)", done.out)]
    assert listed == [0, 1, 2, 3, 4, 5, 70, 130]


@pytest.mark.parametrize("command", ["verify", "simulate", "draw"])
def test_the_help_lists_every_alternative_of_the_platform(command: str) -> None:
    listed = re.findall(r"--option (\w+)=([\w|]+)", call(command, "--help").out)
    assert {name: tuple(values.split("|")) for name, values in listed if "|" in values} == dict(ALTERNATIVES)


def test_the_help_says_what_the_searches_are() -> None:
    told = call("verify", "--help").out
    for search in ("start ", "operations ", "combined ", "availability ", "fabric "):
        assert f"\n    {search}" in told


def test_without_a_command_the_help_is_shown() -> None:
    done: Done = call()
    assert done.code in (0, 2)
    assert "Commands:" in done.out + done.err
