"""Wrong and hostile input: exit code 2, a message with file and line, no traceback, and quickly."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .calls import CONFIGURATION, DEFINITION, WATCHDOG, Done, call, quay, start

SECONDS = 2.0

Service = Callable[[Path], list[str]]


def folder_of(definition: str, configuration: str | None = CONFIGURATION, *options: str) -> Service:
    return lambda tmp: [str(quay(tmp / "quay", definition, configuration)), *options]


def bomb() -> str:
    levels = "\n".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY e0 "boom">\n{levels}]>\n{DEFINITION.replace("grease.cmd", "&e11;")}'


def large(tmp: Path) -> list[str]:
    folder = quay(tmp / "quay")
    with (folder / "Quay.csdef").open("r+b") as file:
        file.truncate(100 * 2**20)  # sparse: it takes no room
    return [str(folder)]


def pipe(tmp: Path) -> list[str]:
    (tmp / "quay").mkdir()
    os.mkfifo(tmp / "quay" / "Quay.csdef")
    return [str(tmp / "quay")]


def empty(tmp: Path) -> list[str]:
    (tmp / "quay").mkdir()
    return [str(tmp / "quay")]


def binary(tmp: Path) -> list[str]:
    folder = quay(tmp / "quay")
    (folder / "Quay.csdef").write_bytes(bytes(range(256)) * 100)
    return [str(folder)]


UNKNOWN_TYPE = DEFINITION.replace("/>", 'taskType="sample" />', 1)

CASES: dict[str, tuple[Service, str]] = {
    "malformed XML": (folder_of(DEFINITION.replace("</Startup>", "</Startop>")), r"Quay\.csdef:5: malformed XML"),
    "an entity bomb": (folder_of(bomb()), r"Quay\.csdef:1: a DOCTYPE"),
    "an external entity": (
        folder_of(f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n{DEFINITION}'),
        r"Quay\.csdef:1: a DOCTYPE",
    ),
    "a configuration of another service": (
        folder_of(DEFINITION, CONFIGURATION.replace('"Quay"', '"Mole"')),
        r"Quay\.cscfg:1: configuration of service 'Mole'",
    ),
    "no instances": (folder_of(DEFINITION, CONFIGURATION.replace('"1"', '"0"')), r"Quay\.cscfg:2: "),
    "an unknown type of task": (folder_of(UNKNOWN_TYPE), r"Quay\.csdef:4: .*did you mean 'simple'"),
    "a role that is not there": (
        folder_of(DEFINITION, CONFIGURATION, "--instances", "Crone=2"),
        r"Quay\.csdef:1: --instances: no role 'Crone' \(did you mean 'Crane'\?\); roles: Crane",
    ),
    "a file of 100 MB": (large, r"Quay\.csdef:1: 104857600 bytes, more than"),
    "a folder without a definition": (empty, r"quay:1: no \.csdef file in this folder"),
    "a path that is not there": (lambda tmp: [str(tmp / "nowhere")], r"nowhere:1: "),
    "bytes": (binary, r"Quay\.csdef:1: "),
}
if hasattr(os, "mkfifo"):
    CASES["a pipe"] = (pipe, r"Quay\.csdef:1: not a regular file")


def refused(done: Done, pattern: str) -> None:
    assert done.code == 2, done
    assert done.out == ""
    assert re.search(pattern, done.err), done.err
    assert "Traceback" not in done.err
    assert done.seconds < SECONDS


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Modules are imported once in this process, and that is not what is timed."""
    call("verify", f"{WATCHDOG}:patient")


@pytest.mark.parametrize("name", CASES)
def test_is_refused(name: str, tmp_path: Path) -> None:
    make, pattern = CASES[name]
    refused(call("verify", *make(tmp_path)), pattern)


@pytest.mark.parametrize("name", ["malformed XML", "an entity bomb", "a file of 100 MB"])
def test_is_refused_by_the_program(name: str, tmp_path: Path) -> None:
    make, pattern = CASES[name]
    refused(start("verify", *make(tmp_path)), pattern)


@pytest.mark.parametrize("command", [["simulate"], ["draw", "agents", "-o", "pictures"]])
def test_the_other_commands_refuse_the_same(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make, pattern = CASES["malformed XML"]
    refused(call(*command, *make(tmp_path)), pattern)
    assert not (tmp_path / "pictures").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are different there")
def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = quay(tmp_path)
    (folder / "Quay.csdef").chmod(0)
    if os.geteuid() == 0:  # root may read everything: let opening fail as it does for others
        original = os.open

        def refuse(path: str | Path, *arguments: int) -> int:
            if str(path).endswith(".csdef"):
                raise PermissionError(13, "Permission denied", str(path))
            return original(path, *arguments)

        monkeypatch.setattr(os, "open", refuse)
    refused(call("verify", folder), r"Quay\.csdef:1: no permission to read it")


def test_a_name_that_would_control_the_terminal_is_spelt_out(tmp_path: Path) -> None:
    done = call("verify", tmp_path / "a\x1b]0;b\x07.csdef")
    refused(done, r"a\\x1b\]0;b\\x07\.csdef:1: file not found")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode there")
def test_a_name_that_is_no_unicode_is_no_crash(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/qu\xffay"))
    refused(start("verify", folder), r"quay|qu\\udcffay")
    quay(folder, UNKNOWN_TYPE)
    refused(start("verify", folder, PYTHONIOENCODING="ascii"), r"qu\\udcffay/Quay\.csdef:4: ")


OPTIONS = {
    ("--faults", "many"): "faults can't be 'many'; write none, a number, or kind=number,...",
    ("--faults", "earthquake=1"): "no fault of kind 'earthquake' here",
    ("--tick", "7"): "a tick can't be 7 minutes",
    ("--option", "reboot"): "--option can't be 'reboot'; write NAME=VALUE",
    ("--option", "reboot=sometimes"): "option reboot can't be 'sometimes'",
    ("--option", "rebot=runs_on_stop"): "unknown option 'rebot' (did you mean 'reboot'?)",
    ("--instances", "Crane"): "--instances can't be 'Crane'; write ROLE=N",
    ("--instances", "Crane=0"): "role 'Crane' can't have '0' instances; allowed: 1 to 1000000",
    ("--instances", "Crane=٣"): "role 'Crane' can't have",
    ("--requests", "-1"): "Invalid value for '--requests'",
    ("--max-states", "0"): "Invalid value for '--max-states'",
    ("--engine", "diesel"): "Invalid value for '--engine'",
    ("--format", "papyrus"): "Invalid value for '--format'",
    ("--no-such-option",): "No such option",
    ("another-path",): "neither a .csdef nor a .cscfg file",
}


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_a_wrong_option_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), *options)
    assert (done.code, done.out) == (2, "")
    assert OPTIONS[options] in done.err
    assert "Traceback" not in done.err


FILES: dict[str, tuple[str, str, str]] = {
    "a syntax error": ("x = 1\nx = = 2\n", "x", "net.py:2: invalid syntax"),
    "an import that fails": ("\nimport goalstate.nothing\n", "x", "net.py:2: ModuleNotFoundError: "),
    "an exception": ("def f():\n    return 1 / 0\n", "f", "net.py:2: ZeroDivisionError: division by zero"),
    "an exit": ("import sys\nsys.exit(0)\n", "x", "net.py:2: SystemExit: 0"),
    "a chart with mistakes": (
        "from goalstate.model.statechart import *\n\nlamp = Statechart('lamp', (State('dark'),), 'bright')\n",
        "lamp",
        "net.py:3: statechart 'lamp': 1 mistake\n  - the chart needs an initial child, not 'bright'; allowed: dark",
    ),
    "a name that is not there": ("def five(): pass\n", "fve", "net.py:1: no 'fve' here (did you mean 'five'?)"),
    "no name": ("def five(): pass\n", "", "net.py:1: which network? write"),
    "something else": ("x = 3\n", "x", "net.py:1: x is a int; allowed: a Network, or a pair"),
    "a function with arguments": ("def f(n): pass\n", "f", "net.py:1: f wants arguments"),
    "a property of something else": (
        "from goalstate.model.network import Network\nx = (Network(()), ['deadlock'])\n",
        "x",
        "net.py:1: x has a str among its properties; allowed: Property",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_network_file_with_mistakes_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    text, wanted, message = FILES[name]
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    done = call("verify", f"{tmp_path / 'net.py'}:{wanted}")
    refused(done, r"net\.py:\d+: ")
    assert message in done.err


def test_a_network_file_that_is_not_there(tmp_path: Path) -> None:
    refused(call("verify", f"{tmp_path / 'net.py'}:x"), r"net\.py:1: file not found")


def test_a_predicate_about_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        f"import sys\nsys.path.insert(0, {str(Path(WATCHDOG).parent)!r})\nfrom watchdog import *\n"
        "from goalstate.properties.property import Always\n"
        "def x():\n    return network(HASTY), [Property('p', Always(At('servr', 'in(up)')))]\n",
        encoding="utf-8",
    )
    done = call("verify", f"{tmp_path / 'net.py'}:x")
    assert (done.code, done.out) == (2, "")
    assert "no component 'servr' (did you mean 'server'?)" in done.err


@pytest.mark.parametrize("option", [("--faults", "1"), ("--instances", "a=1"), ("--tick", "5"), ("--whole",)])
def test_options_for_deployments_are_refused_for_networks(option: tuple[str, ...]) -> None:
    done = call("verify", f"{WATCHDOG}:hasty", *option)
    assert (done.code, done.out) == (2, "")
    assert option[0] in done.err
    assert "for deployments" in done.err
