"""Wrong and hostile input: exit code 2, a message with file and line, no traceback, and quickly."""

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.calls import CONFIGURATION, DEFINITION, WATCHDOG, Done, call, quay, start

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
    "an empty path": (lambda _: [""], r"a path is empty; allowed: a folder, a \.csdef and its \.cscfg"),
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
    ("--option", "foo"): "--option can't be 'foo'; write NAME=VALUE, as in reboot=skips_on_stop; options: failing_sim",
    ("--option", "reboo"): "--option can't be 'reboo' (did you mean 'reboot'?); write NAME=VALUE",
    ("--option", "reboot"): "write --option reboot=skips_on_stop; allowed: runs_on_stop, skips_on_stop",
    ("--option", "reboot=skips_on_stop", "--option", "reboot=runs_on_stop"): "--option: 'reboot' is given 2 times",
    ("--option", "reboot=sometimes"): "option reboot can't be 'sometimes'",
    ("--option", "rebot=runs_on_stop"): "unknown option 'rebot' (did you mean 'reboot'?)",
    ("--instances", "Crane"): "--instances can't be 'Crane'; write ROLE=N",
    ("--instances", "Crane=0"): "role 'Crane' can't have '0' instances; allowed: 1 to 1000000",
    ("--instances", "Crane=٣"): "role 'Crane' can't have",
    ("--instances", "Crane=2", "--instances", "Crane=3"): "--instances: 'Crane' is given 2 times; allowed: once",
    ("--faults", ""): "faults can't be ''; write none, a number, or kind=number,...",
    ("--faults", "task_hang=1,task_hang=2"): "--faults: 'task_hang' is given 2 times",
    ("--property", ""): "--property: the name is empty; allowed: a part of",
    ("--property", "Ready", "--property", "sunshine"): "--property: no property matches 'sunshine'; allowed: a part of",
    ("--requests", "-1"): "Invalid value for '--requests': '-1'; allowed: 0 to 255",
    ("--requests", "256"): "'256'; allowed: 0 to 255, the first deployment included; 0 stands for any number",
    ("--requests", "٣"): "Invalid value for '--requests'",
    ("--also", "delet"): "no further request 'delet' (did you mean 'delete'?); allowed: delete, rollback",
    ("--also", "delete", "--also", "delete"): "--also: 'delete' is given 2 times; allowed: once",
    ("--max-states", "0"): "Invalid value for '--max-states': '0'; allowed: 1 or more; leave the option out",
    ("--max-states", "9" * 5000): "allowed: 1 or more",
    ("--max-seconds", "nan"): "Invalid value for '--max-seconds': 'nan'; allowed: 0.001 or more",
    ("--max-seconds", "inf"): "Invalid value for '--max-seconds': 'inf'; allowed: 0.001 or more",
    ("--tick", "x"): "Invalid value for '--tick': 'x'; allowed: 1 or 5, as in --tick 5",
    (
        "--whole",
        "--engine",
        "explicit",
        "--instances",
        "Crane=500",
    ): "500 instances in one network; allowed: 64; take fewer, as in --instances",
    ("--engine", "diesel"): "Invalid value for '--engine'",
    ("--format", "papyrus"): "Invalid value for '--output-format' / '--format'",
    ("--no-such-option",): "No such option",
    ("another-path",): "another-path:1: there is no such file or folder",
    ("--thorough", "--tick", "5"): "--thorough: not with --faults, --requests or --tick, which choose the one search",
}


@pytest.mark.parametrize("options", OPTIONS, ids=lambda given: " ".join(given)[:40])
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
    "an exit on the spot": ("import os\n\nos._exit(0)\n", "x", "net.py:3: SystemExit: os._exit(0)"),
    "an interrupt": ("def f():\n    raise KeyboardInterrupt\n", "f", "net.py:2: KeyboardInterrupt"),
    "the end of a generator": ("\n\nraise GeneratorExit('done')\n", "x", "net.py:3: GeneratorExit: done"),
    "an endless recursion": ("def f():\n    return f()\n", "f", "net.py:2: RecursionError: maximum recursion"),
    "a value that looks like something else": (
        "class Odd:\n    @property\n    def __class__(self):\n        raise ValueError('no class')\nx = Odd()\n",
        "x",
        "net.py:4: ValueError: no class",
    ),
    "a chart with mistakes": (
        "from goalstate.model.notation.statechart import *\n\nlamp = Statechart('lamp', (State('dark'),), 'bright')\n",
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
        "net.py:2: x has a str among its properties; allowed: Property",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_network_file_with_mistakes_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    text, wanted, message = FILES[name]
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    done = call("verify", f"{tmp_path / 'net.py'}:{wanted}")
    refused(done, r"net\.py:\d+: ")
    assert message in done.err


LEFT = """\
import os
import threading
import time

from goalstate import Component, Network, State, Statechart, does

child = os.fork() if hasattr(os, "fork") else None
if child == 0:
    os._exit(0)
threading.Thread(target=time.sleep, args=(60,)).start()
rows = (does("light", "dark", "lit"), does("dim", "lit", "dark"))
lamp = Statechart("lamp", (State("dark"), State("lit")), "dark", (), rows)
net = Network((Component("lamp", lamp),))
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_thread_and_a_child_of_the_file_do_not_hold_the_program(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(LEFT, encoding="utf-8")
    began = time.monotonic()
    done = start("verify", f"{tmp_path / 'net.py'}:net")
    assert time.monotonic() - began < 50
    assert done.code == 0
    assert ": holds\n" in done.out
    assert done.err == "goalstate: a thread of the file still runs; it is stopped with the program\n"


def test_a_network_file_that_is_not_there(tmp_path: Path) -> None:
    refused(call("verify", f"{tmp_path / 'net.py'}:x"), r"net\.py:1: file not found")


USING = (
    f"import sys\nsys.path.insert(0, {str(Path(WATCHDOG).parent)!r})\nfrom watchdog import *\n"
    "from goalstate.properties.property import *\nfrom goalstate.properties.predicates import Can\n"
    "net = network(HASTY)\n"
)
ABOUT = "; components: clock, server, watchdog; correct the name"
PROPERTIES = {
    "a component": ("Always(At('servr', 'in(up)'))", "no component 'servr' (did you mean 'server'?)" + ABOUT),
    "a state": (
        "Possible(At('server', 'in(upp)'))",
        "unknown state 'upp' in 'in(upp)' (did you mean 'up'?); states: up, ",
    ),
    "an event": ("Never(('hangs',), At('server', 'in(up)'))", "no event 'hangs' (did you mean 'hang'?); events: "),
    "a barred event": ("AlwaysCan(At('server', 'in(up)'), None, frozenset({'tik'}))", "no event 'tik' (did you mean"),
    "a sender": ("SentBy(('hang',), 'servr')", "no component 'servr' (did you mean 'server'?)" + ABOUT),
    "a witness": ("NoDeadlock(), witness=Can('hangs')", "no event 'hangs' (did you mean 'hang'?); events: "),
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_about_nobody_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    claim, message = PROPERTIES[name]
    (tmp_path / "net.py").write_text(
        f"{USING}\nx = (net, [\n    Property('fine', NoDeadlock()),\n    Property('p', {claim}),\n])\n",
        encoding="utf-8",
    )
    done = call("verify", f"{tmp_path / 'net.py'}:x")
    refused(done, r"net\.py:10: property 'p': ")
    assert message in done.err


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("3, NoDeadlock()", "a property's name is a int; allowed: text"),
        ("' ', NoDeadlock()", "a property has no name; allowed: the sentence that it claims"),
        ("'p', 'always'", "property 'p': its claim is a str; allowed: Never, Always, "),
        ("'p', NoDeadlock(), 'R-1'", "property 'p': its requirements are no tuple of ids"),
        ("'p', NoDeadlock(), location='here'", "property 'p': its location is 'here'; allowed: file:line"),
    ],
)
def test_a_property_of_odd_parts_is_refused(written: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(f"{USING}\n\nx = (net, [Property({written})])\n", encoding="utf-8")
    done = call("verify", f"{tmp_path / 'net.py'}:x")
    refused(done, r"net\.py:9: ")
    assert message in done.err


def test_two_properties_of_one_name_are_refused_with_both_lines(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        f"{USING}x = (net, [\n    Property('p', NoDeadlock()),\n    Property('p', NothingLost()),\n])\n",
        encoding="utf-8",
    )
    refused(
        call("verify", f"{tmp_path / 'net.py'}:x"), r"net\.py:9: a second property 'p', the first: .*net\.py:8; allowed"
    )


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    refused(call("verify", str(tmp_path / ("x" * 5000)) + ".py:x"), r"\.py:1: file not found")
    refused(call("verify", str(tmp_path / ("x" * 5000))), r":1: ")


def test_a_file_name_of_several_lines_is_one_line_of_the_message(tmp_path: Path) -> None:
    done = call("verify", tmp_path / "a\nb.csdef:1: all is well\u202e.csdef")
    refused(done, r"a\\nb\.csdef:1: all is well\\u202e\.csdef:1: file not found")
    assert len(done.err.splitlines()) == 1
    done = call("verify", tmp_path / "a\nb.py")
    refused(done, r"a\\nb\.py:1: file not found")


@pytest.mark.parametrize(
    "option", [("--faults", "1"), ("--instances", "a=1"), ("--tick", "5"), ("--whole",), ("--thorough",)]
)
def test_options_for_deployments_are_refused_for_networks(option: tuple[str, ...]) -> None:
    done = call("verify", f"{WATCHDOG}:hasty", *option)
    assert (done.code, done.out) == (2, "")
    assert option[0] in done.err
    assert "for deployments" in done.err
