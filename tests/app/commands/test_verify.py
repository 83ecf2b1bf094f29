"""`goalstate verify`: outcomes, exit codes, what the engineer reads."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.app.calls import DEFINITION, QUICK, ROOT, TWO_PHASE_COMMIT, WATCHDOG, call, quay, start


def test_a_mended_system_holds() -> None:
    done = call("verify", f"{WATCHDOG}:patient")
    assert (done.code, done.err) == (0, "")
    assert "searched 29 states in one search\n" in done.out
    assert "\nholds: 0 violated, 0 unknown, 4 hold; " in done.out
    assert "29 states  35 transitions  depth 15" in call("verify", f"{WATCHDOG}:patient", "-v").out


def test_a_violation_is_told_as_a_story() -> None:
    done = call("verify", f"{WATCHDOG}:hasty", "--output-format", "full")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[4:10] == [
        "    1  min 0    FAULT server_hang: server: the server hangs",
        "                server: up -> hung",
        "  2-4  min 1-3  clock: a minute passes (3 times)",
        "                watchdog: silence 0 -> 3",
        "    5  min 3    watchdog: three minutes of silence: restart",
        "                server: hung -> booting; watchdog: silence 3 -> 0",
    ]
    assert "at the end:" not in done.out
    verbose = call("verify", f"{WATCHDOG}:hasty", "-v").out.splitlines()
    place = verbose.index("  at the end:")
    assert verbose[place : place + 4] == [
        "  at the end:",
        "    clock     running",
        "    server    booting(beaten=false, boot=0)",
        "    watchdog  watching(silence=0)",
    ]


def test_what_is_violated_and_by_what_is_said_first() -> None:
    done = call("verify", f"{WATCHDOG}:hasty", "--output-format", "full")
    assert done.out.splitlines()[:4] == [
        "server and watchdog: violated",
        "",
        "a server that boots can come up is violated [GS901] (the server hangs)",
        "  whatever happens from here on, this never comes true: server: in(up)",
    ]


def test_a_limit_is_unknown_and_never_holds() -> None:
    done = call("verify", f"{TWO_PHASE_COMMIT}:five", "--max-states", "100")
    assert done.code == 3
    assert "UNKNOWN 4 properties; two-phase commit of 5: stopped at 100 states" in done.out
    assert "0 violated, 4 unknown, 0 hold" in done.out


@pytest.mark.parametrize(("name", "states"), [("three", "288 states"), ("five", "8,832 states")])
def test_two_phase_commit_has_the_published_number_of_states(name: str, states: str) -> None:
    done = call("verify", f"{TWO_PHASE_COMMIT}:{name}")
    assert done.code == 0
    assert states in done.out


@pytest.mark.parametrize("engine", ["auto", "reference", "explicit"])
def test_the_engines_agree(engine: str) -> None:
    done = call("verify", f"{WATCHDOG}:hasty", "--engine", engine, "--format", "json")
    found = json.loads(done.out)
    assert done.code == 1
    assert found["states"] == {"distinct": 15, "transitions": 18, "depth": 8}
    assert [p["outcome"] for p in found["properties"]] == ["violated", "holds", "holds", "holds"]


def test_verbose_lists_what_holds() -> None:
    done = call("verify", f"{WATCHDOG}:patient", "-v")
    assert "\n  no event is lost\n" in done.out


def test_properties_are_chosen_by_parts_of_their_names_and_patterns() -> None:
    done = call("verify", f"{WATCHDOG}:hasty", "--property", "LOST", "--property", "something*")
    assert done.code == 0
    assert "\nholds: 0 violated, 0 unknown, 2 hold; " in done.out


def test_a_property_that_is_not_there_is_refused() -> None:
    done = call("verify", f"{WATCHDOG}:hasty", "--property", "sunshine")
    assert (done.code, done.out) == (2, "")
    assert "no property matches 'sunshine'" in done.err


class TestAService:
    """A deployment, read from files."""

    def test_the_stuck_role_is_explained_with_the_line_of_its_task(self, tmp_path: Path) -> None:
        folder = quay(tmp_path)
        done = call("verify", folder, *QUICK, "--property", "can't block", "--output-format", "full")
        definition = folder / "Quay.csdef"
        assert (done.code, done.err) == (1, "")
        assert f"read {definition}, {folder / 'Quay.cscfg'}" in done.out
        assert f"  Crane, worker role, 1 instance  {definition}:2\n" in done.out
        short = "grease.cmd may keep Crane Busy for ever [GS101] (the task never ends)"
        sentence = "Crane_IN_0: startup task 0 (grease.cmd) can't block the role for ever"
        about = f"{sentence} · R-G3, R-7 · deployment property · found by Crane"
        assert f"\n{definition}:4: {short}\n  {about}\n" in done.out
        assert "FAULT task_hang: grease.cmd: the task never ends" in done.out
        verbose = call("verify", folder, *QUICK, "--property", "can't block", "-v").out
        assert f"    startup_task_0  {definition}:4  simple, limited  `grease.cmd`\n" in verbose
        assert "\n    grease.cmd         hung\n" in verbose
        assert "faults: task_hang=1, requests: 1, tick: 1 minute" in done.out

    def test_the_same_without_its_task_holds(self, tmp_path: Path) -> None:
        folder = quay(tmp_path, DEFINITION.replace('<Task commandLine="grease.cmd" />', ""))
        done = call("verify", folder, "--faults", "none", "--requests", "1", "--property", "the role can become Ready")
        assert done.code == 0, done.out
        assert "\nholds: 0 violated, 0 unknown, 1 hold; " in done.out

    def test_notes_are_counted_and_with_verbose_listed(self, tmp_path: Path) -> None:
        folder = quay(tmp_path, DEFINITION.replace("<Startup>", '<Startup priority="3">'), None)
        counted = call("verify", folder, *QUICK, "--property", "become Ready")
        listed = call("verify", folder, *QUICK, "--property", "become Ready", "-v")
        assert "notes on what is not modelled; -v lists them" in counted.out
        assert "no configuration given; one instance of every role" not in counted.out
        assert "ServiceConfiguration: no configuration given; one instance of every role" in listed.out

    def test_instances_replace_those_of_the_configuration(self, tmp_path: Path) -> None:
        done = call("verify", quay(tmp_path), *QUICK, "--property", "become Ready", "--instances", "Crane=3")
        assert done.code == 0
        assert "Crane, worker role, 3 instances" in done.out
        assert "Crane_IN_0 of 3" in done.out

    def test_platform_options_are_chosen_and_printed(self, tmp_path: Path) -> None:
        done = call("verify", quay(tmp_path), *QUICK, "--property", "become Ready", "--option", "reboot=skips_on_stop")
        assert done.code == 0
        assert "reboot=skips_on_stop" in done.out

    def test_json_has_the_same_verdicts(self, tmp_path: Path) -> None:
        folder = quay(tmp_path)
        done = call("verify", folder, *QUICK, "--property", "can't block", "--format", "json")
        (verdict,) = json.loads(done.out)["properties"]
        assert (verdict["outcome"], verdict["location"]) == ("violated", f"{folder / 'Quay.csdef'}:4")
        assert [step["fault"] for step in verdict["path"]].count("task_hang") == 1
        assert verdict["path"][-1]["fault"] == "task_hang"
        assert verdict["bounds"]["faults"] == "task_hang=1"


class TestOutput:
    """Where answers go."""

    def test_what_a_network_file_prints_does_not_spoil_the_json(self, tmp_path: Path) -> None:
        file = tmp_path / "net.py"
        file.write_text(
            f"import sys\nsys.path.insert(0, {str(ROOT / 'examples')!r})\nimport watchdog\nprint('hello')\n"
            "def x():\n    print('again')\n    return watchdog.patient()\n",
            encoding="utf-8",
        )
        done = call("verify", f"{file}:x", "--format", "json")
        assert json.loads(done.out)["outcome"] == "holds"
        assert done.err == "hello\nagain\n"

    def test_a_file_takes_the_report_and_stdout_the_summary(self, tmp_path: Path) -> None:
        file = tmp_path / "found.json"
        done = call("verify", f"{WATCHDOG}:hasty", "--format", "json", "-o", file)
        assert done.code == 1
        assert json.loads(file.read_text(encoding="utf-8"))["outcome"] == "violated"
        assert done.out.startswith("violated: 1 violated, 0 unknown, 3 hold; ")
        assert done.out.endswith(f"written to {file}\n")

    def test_a_file_in_no_folder_is_refused_before_the_search(self, tmp_path: Path) -> None:
        done = call("verify", f"{WATCHDOG}:hasty", "-o", tmp_path / "no" / "where.txt")
        assert (done.code, done.out) == (2, "")
        assert "there is no folder" in done.err

    def test_text_in_a_file_has_no_colours(self, tmp_path: Path) -> None:
        file = tmp_path / "found.txt"
        done = start("verify", f"{WATCHDOG}:hasty", "-o", file, FORCE_COLOR="1")
        assert done.code == 1
        assert "\x1b" not in file.read_text(encoding="utf-8")

    def test_colours_are_for_terminals_and_no_color_is_honoured(self) -> None:
        coloured = start("verify", f"{WATCHDOG}:hasty", FORCE_COLOR="1", NO_COLOR="", COLUMNS="100")
        plain = start("verify", f"{WATCHDOG}:hasty", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm")
        piped = start("verify", f"{WATCHDOG}:hasty")
        assert "\x1b[1;31m" in coloured.out
        assert "\x1b[1;31m" not in plain.out
        assert "31m" not in plain.out
        assert "\x1b" not in piped.out

    def test_progress_is_silent_where_nobody_sees_it(self) -> None:
        assert start("verify", f"{WATCHDOG}:patient").err == ""
        told = start("verify", f"{WATCHDOG}:patient", "--progress", "--format", "json")
        assert "server and watchdog" in told.err
        json.loads(told.out)

    @pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no pipes that break on this system")
    @pytest.mark.parametrize("format", ["text", "json"])
    def test_a_broken_pipe_is_silent(self, format: str) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", "goalstate", "verify", f"{WATCHDOG}:hasty", "--format", format],
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (1, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
    def test_a_full_disk_is_a_message(self) -> None:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "goalstate", "verify", f"{WATCHDOG}:hasty"],
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
                text=True,
            )
        assert done.returncode == 2
        assert "stdout: can't be written (No space left on device)" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C can't be sent to one process there")
def test_ctrl_c_gives_the_verdict_so_far(tmp_path: Path) -> None:
    big = tmp_path / "big.py"
    big.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'examples')!r})\n"
        "from two_phase_commit import two_phase_commit\n"
        "network, properties = two_phase_commit(16)\n"
        "def big():\n    return network, properties\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "goalstate", "verify", f"{big}:big", "--property", "all can", "--progress"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    process.stderr.readline()  # it searches
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, out + err
    assert "unknown" in out + err
    assert "Traceback" not in err


def test_the_report_on_a_service_is_informative() -> None:
    done = call("verify", str(ROOT / "examples" / "orchard"), "--max-states", "2000", "--property", "can't block")
    assert done.code == 3
    assert "Orchard: unknown" in done.out
    assert "Shop, full IIS web role, 2 instances" in done.out
    assert "Packing, worker role, 1 instance" in done.out
    assert "`RemoteAccessAgent.exe /blockStartup` (import RemoteAccess), waits for startup_task_0" not in done.out
    told = call("verify", str(ROOT / "examples" / "orchard"), "--max-states", "20", "--property", "can't block", "-v")
    assert "`RemoteAccessAgent.exe /blockStartup` (import RemoteAccess), waits for startup_task_0" in told.out


def test_everything_holds_for_the_bundled_example() -> None:
    done = call("verify")
    assert done.code == 0, done.out
    assert "Greenhouse: holds" in done.out
    assert "Counter, full IIS web role, 2 instances" in done.out


def test_a_thorough_verification_has_one_more_search(tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), "--thorough", "--max-states", "10", "--format", "json")
    labels = [run["label"] for run in json.loads(done.out)["runs"]]
    named = ["Crane: start", "Crane: operations", "Crane: combined"]
    assert labels == [label for name in named for label in (name, f"{name}, liveness")]


class TestWays:
    """`--counterexamples`: other ways to break a property; `--all-events`: what was left out."""

    CROSSING = ROOT / "examples" / "crossing.py"

    def test_json_has_the_ways(self) -> None:
        done = call("verify", f"{self.CROSSING}:careless", "--counterexamples", "4", "--format", "json")
        found = json.loads(done.out)
        schema = json.loads((ROOT / "app" / "schemas" / "verify.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(found)
        safe, endless = found["properties"]
        assert [way["own"] for way in safe["ways"]] == [["west/overlooks_signal"], ["forgets", "west/go"]]
        assert safe["path"] == safe["ways"][0]["path"]
        assert safe["more_ways"] == endless["more_ways"] == "there are no others"
        assert endless["ways"][0]["loop"] is not None

    def test_without_the_option_none_are_looked_for(self) -> None:
        done = call("verify", f"{self.CROSSING}:careless", "--format", "json")
        assert {(len(p["ways"]), p["more_ways"]) for p in json.loads(done.out)["properties"]} == {(0, None)}

    def test_the_only_way_is_said_to_be_the_only_one(self, tmp_path: Path) -> None:
        folder = quay(tmp_path, DEFINITION.replace("</Startup>", '<Task commandLine="oil.cmd" /></Startup>'))
        done = call(
            "verify",
            folder,
            "--faults",
            "1",
            "--requests",
            "1",
            "--property",
            "grease.cmd) can't block",
            "--counterexamples",
            "2",
            "--output-format",
            "full",
        )
        assert done.code == 1
        assert "  one way to break it; there are no others\n" in done.out

    @pytest.mark.parametrize("engine", ["explicit", "symbolic"])
    def test_where_no_other_runs_are_looked_for_the_report_says_so(self, engine: str) -> None:
        done = call(
            "verify", f"{self.CROSSING}:careless", "--counterexamples", "4", "--engine", engine, "--format", "json"
        )
        notes = [v["more_ways"] for v in json.loads(done.out)["properties"] if v["outcome"] == "violated"]
        assert notes
        assert all(notes)
        assert all(note.startswith("no other runs are looked for") for note in notes) == (engine == "symbolic")

    @pytest.mark.parametrize("wrong", ["0", "-1", "101", "many", "1.5"])
    def test_how_many_is_checked(self, wrong: str) -> None:
        done = call("verify", f"{self.CROSSING}:careless", "--counterexamples", wrong)
        assert (done.code, done.out) == (2, "")
        assert "allowed: 1 to 100, as in --counterexamples 3" in done.err

    def test_what_a_lasso_does_not_need_is_left_out(self, tmp_path: Path) -> None:
        file = tmp_path / "lamp.py"
        file.write_text(
            "from goalstate.model.network import Component, Network\n"
            "from goalstate.model.notation.statechart import State, Statechart, does\n"
            "from goalstate.properties.predicates import At\n"
            "from goalstate.properties.property import Property\n"
            "from goalstate.properties.temporal.claims import EveryRun\n"
            "from goalstate.properties.temporal.formula import globally\n"
            'rows = (does("press", "dark", "bright"), does("release", "bright", "dark"))\n'
            'chart = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=rows)\n'
            'dark = EveryRun(globally(At("lamp", "in(dark)")))\n'
            'lamp = (Network((Component("lamp", chart),)), [Property("it is dark", dark)])\n',
            encoding="utf-8",
        )
        short = call("verify", f"{file}:lamp", "--format", "json")
        whole = call("verify", f"{file}:lamp", "--all-events", "--format", "json")
        [told], [found] = (json.loads(done.out)["properties"] for done in (short, whole))
        assert found["shortened_by"] == 0
        assert len(told["path"]) + told["shortened_by"] == len(found["path"])
        assert [step["event"] for step in told["path"]] == ["press", "release"]
        assert (told["shortened_by"], told["loop"]) == (2, 0)
        text = call("verify", f"{file}:lamp", "--output-format", "full").out
        assert "  2 events that it does not need left out; --all-events tells them\n" in text


def test_properties_of_more_instances_than_an_observer_follows_have_names(tmp_path: Path) -> None:
    endpoint = '<Endpoints><InputEndpoint name="In" protocol="tcp" port="80" /></Endpoints>'
    folder = quay(tmp_path, DEFINITION.replace("</Startup>", f"</Startup>\n    {endpoint}"))
    done = call("verify", folder, "--whole", "--instances", "Crane=7", *QUICK, "--property", "sunshine")
    assert (done.code, done.out) == (2, "")
    assert "no property matches 'sunshine'" in done.err
