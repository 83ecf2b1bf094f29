"""The rim of the program: whatever happens inside, there is a message, an exit code, and what had been found."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from goalstate.properties.judging.explicit import check
from goalstate.properties.service import two_processes as sharing
from goalstate.properties.service import verification
from goalstate.terminal.exit_codes import BROKEN, INTERRUPTED, UNKNOWN
from tests.app.calls import DEFINITION, QUICK, ROOT, WATCHDOG, call, quay, run_anyhow, start

POSIX = pytest.mark.skipif(os.name != "posix", reason="file descriptors and signals are different there")


def shell(command: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a command line; `goalstate` is this one."""
    program = f"{sys.executable} -m goalstate"
    return subprocess.run(
        ["bash", "-c", command.replace("goalstate ", f"{program} ")],
        cwd=cwd or ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class TestInternalErrors:
    """A fault of goalstate's own is no violation."""

    def test_one_line_and_an_exit_code_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise KeyError("no\nsuch\x1b[2J thing")

        monkeypatch.setattr("goalstate.commands.verify.verify_network", broken)
        done = run_anyhow("verify", f"{WATCHDOG}:hasty")
        assert (done.code, done.out) == (BROKEN, "")
        assert done.err.startswith("goalstate: internal error: KeyError: 'no\\nsuch\\x1b[2J thing' (test_rim.py:")
        assert "please report it" in done.err
        assert "GOALSTATE_TRACEBACK=1 shows the traceback" in done.err
        assert done.err.count("\n") == 1

    def test_the_traceback_can_be_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOALSTATE_TRACEBACK", "1")
        monkeypatch.setattr("goalstate.commands.verify.verify_network", None)
        done = run_anyhow("verify", f"{WATCHDOG}:hasty")
        assert done.code == BROKEN
        assert "\nTraceback (most recent call last):\n" in done.err

    def test_recursion_is_one_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def deeper(*_: Any, **__: Any) -> Any:
            return deeper()

        monkeypatch.setattr("goalstate.commands.verify.verify_network", deeper)
        done = run_anyhow("verify", f"{WATCHDOG}:hasty")
        assert done.code == BROKEN
        assert "internal error: RecursionError" in done.err

    def test_memory_that_runs_out_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def greedy(*_: Any, **__: Any) -> None:
            raise MemoryError

        monkeypatch.setattr("goalstate.commands.verify.verify_network", greedy)
        done = run_anyhow("verify", f"{WATCHDOG}:hasty")
        assert done.code == 3
        assert "memory ran out: unknown; take fewer instances" in done.err

    @pytest.mark.parametrize("format", ["text", "json"])
    def test_what_was_found_before_is_shown(self, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        searched = verification.enumerate_states
        calls = []

        def breaking(*arguments: Any) -> Any:
            calls.append(arguments)
            if len(calls) == 2:
                raise ZeroDivisionError("the second search")
            return searched(*arguments)

        monkeypatch.setattr(verification, "enumerate_states", breaking)
        folder = quay(tmp_path)
        # A search with one fault, then one without.
        done = run_anyhow("verify", folder, "--format", format)
        assert done.code == BROKEN
        assert "internal error: ZeroDivisionError: the second search" in done.err
        if format == "text":
            assert "grease.cmd may keep Crane Busy for ever [GS101]" in done.out
        else:
            assert json.loads(done.out)["outcome"] == "violated"

    def test_what_was_found_before_is_never_that_all_holds(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        searched = verification.enumerate_states
        calls = []

        def breaking(*arguments: Any) -> Any:
            calls.append(arguments)
            if len(calls) > 1:
                raise MemoryError
            return searched(*arguments)

        monkeypatch.setattr(verification, "enumerate_states", breaking)
        done = run_anyhow("verify", quay(tmp_path), "--property", "become Ready", "--format", "json")
        assert done.code == 3
        assert json.loads(done.out)["outcome"] == "unknown"


@POSIX
class TestStreams:
    """stdout and stderr may be closed, full or broken."""

    def test_stdout_closed(self) -> None:
        done = shell(f"goalstate verify {WATCHDOG}:hasty >&-")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "goalstate: stdout is closed; allowed: a terminal, a file or a pipe; to read nothing, write > /dev/null\n"
        )

    @pytest.mark.parametrize("streams", ["2>&-", "2>&- <&-", "2>/dev/full"])
    def test_stderr_closed_or_full(self, streams: str) -> None:
        done = shell(f"goalstate verify {WATCHDOG}:hasty --format json {streams}")
        assert (done.returncode, json.loads(done.stdout)["outcome"]) == (1, "violated")
        done = shell(f"goalstate verify nowhere.csdef {streams}")
        assert (done.returncode, done.stdout) == (2, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
    @pytest.mark.parametrize("command", ["--help", "--version", "verify --help", f"verify {WATCHDOG}:hasty"])
    def test_stdout_full(self, command: str) -> None:
        done = shell(f"goalstate {command} > /dev/full")
        assert done.returncode == 2
        assert done.stderr.startswith("goalstate: stdout: can't be written (No space left on device); allowed: ")
        assert done.stderr.count("\n") == 1

    @pytest.mark.parametrize("command", ["--help", f"verify {WATCHDOG}:hasty", "requirements -v --format json"])
    def test_a_reader_that_has_seen_enough(self, command: str) -> None:
        done = shell(f"goalstate {command} | head -1; exit ${{PIPESTATUS[0]}}")
        assert done.returncode == (1 if "hasty" in command else 0)
        assert done.stderr == ""
        assert len(done.stdout.splitlines()) == 1

    def test_a_reader_that_has_seen_enough_of_colours(self) -> None:
        done = shell(
            f"goalstate verify {WATCHDOG}:hasty | head -1; exit ${{PIPESTATUS[0]}}", FORCE_COLOR="1", TERM="xterm"
        )
        assert (done.returncode, done.stderr) == (1, "")

    @pytest.mark.parametrize("columns", ["0", "1", "-5", "many", "1000000"])
    def test_whatever_the_width_is_said_to_be_everything_is_shown(self, columns: str) -> None:
        done = shell(f"goalstate verify {WATCHDOG}:hasty", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm", COLUMNS=columns)
        assert (done.returncode, done.stderr) == (1, "")
        assert "a server that boots can come up is violated" in " ".join(re.sub("\x1b[^m]*m", "", done.stdout).split())
        assert "violated: 1 violated, 0 unknown, 3 hold" in " ".join(re.sub("\x1b[^m]*m", "", done.stdout).split())

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16", "cp1252"])
    def test_a_stdout_of_another_encoding(self, encoding: str, tmp_path: Path) -> None:
        folder = quay(tmp_path, DEFINITION.replace("grease", "fett\u00f6l\u4e2d"))
        done = subprocess.run(
            [sys.executable, "-m", "goalstate", "verify", str(folder), *QUICK, "--property", "can't block"],
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1
        assert " fett" in done.stdout.decode(encoding)

    def test_a_folder_that_is_no_more(self, tmp_path: Path) -> None:
        options = "--faults none --requests 1 --property 'become Ready'"
        done = shell(f"mkdir gone; cd gone; rmdir ../gone; goalstate verify {options}", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")

    def test_whatever_the_users_program_prints_is_not_in_the_json(self, tmp_path: Path) -> None:
        (tmp_path / "net.py").write_text(
            f"import atexit, os, subprocess, sys\nsys.path.insert(0, {str(ROOT / 'examples')!r})\nimport watchdog\n"
            "print('printed')\nos.write(1, b'written\\n')\nsubprocess.run(['echo', 'by a child'], check=True)\n"
            "atexit.register(os.write, 1, b'at the end\\n')\nx = watchdog.patient()\n",
            encoding="utf-8",
        )
        done = shell(f"goalstate verify {tmp_path / 'net.py'}:x --format json")
        assert json.loads(done.stdout)["outcome"] == "holds"
        for text in ("printed", "written", "by a child", "at the end"):
            assert f"{text}\n" in done.stderr


class TestNetworkFiles:
    """Programs that change what they run in."""

    @pytest.mark.parametrize(
        "lines",
        [
            "import os; os.close(1); os.close(2)",
            "sys.stdout = sys.stderr = None",
            "sys.setrecursionlimit(60)",
            "import os; os.chdir('/')",
            "import warnings; warnings.simplefilter('error')",
            "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
        ],
    )
    def test_what_they_change_does_not_reach_the_report(self, lines: str, tmp_path: Path) -> None:
        (tmp_path / "net.py").write_text(
            f"import sys\nsys.path.insert(0, {str(ROOT / 'examples')!r})\nimport watchdog\n"
            f"def x():\n    {lines}\n    return watchdog.patient()\n",
            encoding="utf-8",
        )
        done = start("verify", "net.py:x", "--format", "json", "-o", "found.json", cwd=tmp_path)
        assert (done.code, done.err) == (0, "")
        assert done.out.endswith("; written to found.json\n")
        assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["outcome"] == "holds"

    def test_what_they_raise_later_is_no_verdict(self, tmp_path: Path) -> None:
        (tmp_path / "net.py").write_text(
            f"import sys\nsys.path.insert(0, {str(ROOT / 'examples')!r})\nimport watchdog\n"
            "from goalstate.properties.property import *\n"
            "class Leaving(Property):\n    calls = 0\n    def __str__(self):\n        Leaving.calls += 1\n"
            "        if Leaving.calls > 5:\n            sys.exit(0)\n        return self.name\n"
            "x = (watchdog.patient()[0], [Leaving('p', NoDeadlock())])\n",
            encoding="utf-8",
        )
        done = start("verify", f"{tmp_path / 'net.py'}:x")
        assert (done.code, done.out) == (BROKEN, "")
        assert "internal error: SystemExit" in done.err


class TestFiles:
    """Where -o may lead."""

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("", "-o: the name of the file is empty; allowed: "),
            ("x" * 300, "can't be written (File name too long); allowed: "),
            ("a\0b", "can't be written ("),
            ("folder", "folder: a folder, where a file is expected"),
            ("no/where", "no/where: can't be written, there is no folder no; "),
            ("Quay/Quay.csdef", "Quay/Quay.csdef: is what is to be verified; allowed: any other file"),
            ("a\nb\u202e/c", r"a\nb\u202e/c: can't be written, there is no folder a\nb\u202e;"),
        ],
    )
    def test_a_file_that_cannot_be_written_is_refused_before_the_search(
        self, name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "folder").mkdir()
        quay(tmp_path / "Quay")
        monkeypatch.setattr("goalstate.commands.verify.judged", None)
        done = call("verify", "Quay", "-o", name)
        assert (done.code, done.out) == (2, "")
        assert message in done.err

    def test_looking_at_a_file_leaves_it_as_it_was(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old", tmp_path / "new"
        old.write_text("old", encoding="utf-8")
        for file in (old, new):
            assert call("verify", quay(tmp_path / "Quay"), "-o", file, "--faults", "earthquake=1").code == 2
        assert old.read_text(encoding="utf-8") == "old"
        assert not new.exists()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
    def test_a_report_that_its_file_does_not_take_is_not_lost(self) -> None:
        done = call("verify", f"{WATCHDOG}:hasty", "--format", "json", "-o", "/dev/full")
        assert done.code == 2
        assert json.loads(done.out)["outcome"] == "violated"
        assert done.err.startswith("/dev/full: can't be written (No space left on device); allowed: ")

    def test_pictures_want_a_folder(self) -> None:
        done = call("draw", "agents", f"{WATCHDOG}:hasty", "-o", "")
        assert (done.code, done.out) == (2, "")
        assert "-o: the name of the folder is empty; allowed: " in done.err

    def test_what_was_written_to_a_name_with_controls_is_told_without(self, tmp_path: Path) -> None:
        done = call("verify", f"{WATCHDOG}:patient", "-o", tmp_path / "a\x9b\u202e")
        assert done.out.endswith("written to " + str(tmp_path / r"a\x9b\u202e") + "\n")


@POSIX
class TestCtrlC:
    """Before the search there is nothing to report."""

    def test_while_modules_are_imported(self) -> None:
        program = (
            "import os, signal, sys\n"
            "class Finder:\n"
            "    def find_spec(self, name, *_):\n"
            "        if name == 'numpy':\n"
            "            os.kill(os.getpid(), signal.SIGINT)\n"
            "sys.meta_path.insert(0, Finder())\n"
            f"sys.argv = ['goalstate', 'verify', {WATCHDOG + ':hasty'!r}]\n"
            "from goalstate.cli import main\n"
            "main()\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (INTERRUPTED, "")
        assert done.stderr == "goalstate: interrupted before there was a verdict\n"

    def test_while_the_answer_is_written_to_a_pipe_that_nobody_reads(self) -> None:
        program = (
            "from goalstate.cli import main\n"
            "from goalstate.terminal.answer import Answer\n"
            "main(lambda _: lambda: Answer(0, 'x' * 4_000_000))\n"
        )
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 1) == b"x"  # it writes
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == INTERRUPTED
        assert len(out) < 4_000_000
        assert err == b"goalstate: interrupted while the answer was written; it may not be whole\n"

    def test_while_a_network_file_runs(self, tmp_path: Path) -> None:
        (tmp_path / "net.py").write_text(
            "import time\nprint('it runs', flush=True)\ntime.sleep(60)\n", encoding="utf-8"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "goalstate", "verify", f"{tmp_path / 'net.py'}:x"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert process.stderr.readline() == "it runs\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (INTERRUPTED, "")
        assert err == "goalstate: interrupted before there was a verdict\n"

    def test_while_properties_are_checked_what_was_found_is_shown(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = []

        def interrupted(*arguments: Any) -> Any:
            calls.append(arguments)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return check(*arguments)

        monkeypatch.setattr(verification, "check", interrupted)
        monkeypatch.setattr(sharing, "can_fork", lambda: False)  # one search after the other
        done = call("verify", quay(tmp_path), "--property", "can't block")
        assert done.code == 1
        assert "grease.cmd may keep Crane Busy for ever [GS101]" in done.out
        assert done.err == "goalstate: interrupted; this was found until then\n"

    def test_while_two_processes_search_no_process_is_left(self, tmp_path: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "goalstate", "verify", "--thorough", "--progress", str(quay(tmp_path))],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stderr is not None
        assert "searching" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode in (UNKNOWN, INTERRUPTED), err
        assert "Traceback" not in out + err
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)

    def test_one_that_the_users_program_raises_is_a_mistake_in_it(self, tmp_path: Path) -> None:
        (tmp_path / "net.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
        done = start("verify", f"{tmp_path / 'net.py'}:x")
        assert done.code == 2
        assert "net.py:1: KeyboardInterrupt" in done.err


def test_the_seconds_are_for_all_searches_together(tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), "--max-seconds", "0.001", "--format", "json")
    found = json.loads(done.out)
    assert done.code == 3
    assert len(found["runs"]) >= 2
    assert all(run["limit"] for run in found["runs"][1:])
    assert found["seconds"] < 30


def test_a_simulation_of_the_most_steps_ends_soon() -> None:
    done = start("simulate", f"{WATCHDOG}:patient", "--steps", "10000")
    assert done.code == 0
    assert done.seconds < 30
    refused = call("simulate", f"{WATCHDOG}:patient", "--steps", "100000")
    assert refused.code == 2
    assert "allowed: 0 to 10000, as in --steps 200" in refused.err
