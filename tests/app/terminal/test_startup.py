"""What everybody waits for is quick: the version, and the help, without anything heavy being imported."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from goalstate.arguments import goalstate
from goalstate.model.platform import ALTERNATIVES
from goalstate.options import GROUPS, OPTIONS, Option
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
    listed = [int(code) for code in re.findall(r"\b(\d+) (?=holds|violated|wrong|unknown|an |interr)", done.out)]
    assert listed == [0, 1, 2, 3, 4, 70, 130]


@pytest.mark.parametrize("arguments", [("--help",), ("verify", "--help")])
def test_the_help_is_one_screen(arguments: tuple[str, ...]) -> None:
    assert len(start(*arguments, COLUMNS="100").out.splitlines()) <= 50


def test_every_option_is_in_a_group_of_the_help() -> None:
    for name, command in goalstate.commands.items():
        told = call(name, "--help").out
        for option in command.params:
            if isinstance(option, Option):
                assert option.group in GROUPS
                assert f"{option.group}:\n" in told
                assert f"  {', '.join(sorted(option.opts, reverse=True))}" in told or f"{option.opts[0]} " in told


def test_every_option_of_the_table_is_that_of_a_command() -> None:
    taken = {id(option) for command in goalstate.commands.values() for option in command.params}
    assert [name for name, option in OPTIONS.items() if id(option) not in taken] == []


def test_the_help_lists_every_alternative_of_the_platform() -> None:
    listed = re.findall(r"--option (\w+)=([\w|]+)", call("help", "alternatives").out)
    assert {name: tuple(values.split("|")) for name, values in listed} == dict(ALTERNATIVES)


def test_the_help_says_what_the_searches_are() -> None:
    told = call("help", "searches").out
    for search in ("start ", "operations ", "combined ", "availability ", "fabric "):
        assert f"\n  {search}" in told


def test_the_help_of_a_command_is_a_topic() -> None:
    assert call("help", "times").out == call("times", "--help").out


def test_without_a_topic_the_topics_are_listed() -> None:
    assert "topics: searches, alternatives, assume; commands: verify, " in call("help").out


def test_a_topic_that_is_not_there_is_refused() -> None:
    done = call("help", "serches")
    assert (done.code, done.out) == (2, "")
    assert "help: no topic 'serches' (did you mean 'searches'?); topics: " in done.err


def test_without_a_command_the_help_is_shown() -> None:
    done: Done = call()
    assert done.code in (0, 2)
    assert "Commands:" in done.out + done.err
