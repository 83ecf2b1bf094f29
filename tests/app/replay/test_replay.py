"""`goalstate replay`: saved runs forwards, backwards and step by step; exit codes; definitions that have changed."""

import io
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from goalstate.cli import run
from goalstate.formats.trace import read_trace
from goalstate.model.network.path import Path as Run
from goalstate.model.network.statespace import Limits
from goalstate.reading.subjects import read_subject
from goalstate.replay.replaying import searched_again, try_run
from goalstate.replay.stepping import COMMANDS, Stepper
from tests.app.calls import CONFIGURATION, DEFINITION, QUICK, ROOT, WATCHDOG, Done, call, quay, start

from .test_saving import LAMP, MENDED

CROSSING = ROOT / "examples" / "crossing.py"


@pytest.fixture
def hasty(tmp_path: Path) -> Path:
    """A trace of the watchdog that is too hasty."""
    trace = tmp_path / "hasty.json"
    assert call("verify", f"{WATCHDOG}:hasty", "--save-trace", trace).code == 1
    return trace


@pytest.fixture
def quays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a service and a trace of it, as working folder."""
    quay(tmp_path / "quay")
    monkeypatch.chdir(tmp_path)
    assert call("verify", "quay", *QUICK, "--property", "can't block", "--save-trace", "trace.json").code == 1
    return tmp_path


def stepped(trace: Path, commands: str, monkeypatch: pytest.MonkeyPatch) -> Done:
    """Step through a trace with the commands on stdin."""
    monkeypatch.setattr("sys.stdin", io.StringIO(commands))
    out = io.StringIO()
    code = run(["replay", str(trace), "--step"], out)
    return Done(code, out.getvalue(), "", 0)


def run_of(trace: Path) -> Run:
    """The run of a trace of the hasty watchdog."""
    found, _ = read_trace(trace)
    searched = searched_again(read_subject([f"{WATCHDOG}:hasty"]), found.label, found.settings)
    return try_run(searched, found.property, found.events).run


def test_a_task_has_its_name_in_swim_lanes_and_pictures(quays: Path) -> None:
    done = call("replay", "trace.json", "--lanes", "--picture", "lanes.mmd")
    assert done.code == 0
    assert re.search(r"^  [A-Z]+ +Crane_IN_0/grease\.cmd +idle$", done.out, re.MULTILINE)
    picture = (quays / "lanes.mmd").read_text(encoding="utf-8")
    assert re.search(r"participant .*grease\.cmd", picture)
    assert not re.search(r"participant .*startup_task_", picture)


def test_stepping_shows_at_the_end_what_people_see(quays: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [*_, plain] = [line.strip() for line in call("replay", "trace.json").out.splitlines() if "the portal shows" in line]
    last = len(read_trace(Path("trace.json"))[0].events)
    for commands, times in ((f"{last - 1}\n", 0), (f"{last - 1}\nnext\n", 1), (f"{last}\n", 1)):
        out = stepped(Path("trace.json"), commands, monkeypatch).out
        assert out.count(plain) == times
        assert out.count("the portal shows of ") == times


def test_a_run_is_told_with_the_truth_of_each_part(hasty: Path) -> None:
    done = call("replay", hasty)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:3] == [
        "server and watchdog: 5 steps",
        "violated, as saved: a server that boots can come up",
        "  whatever happens from here on, this never comes true: server: in(up)",
    ]
    assert "2-4  min 1-3  clock: a minute passes (3 times)" in lines
    assert lines[-9:] == [
        "what is true before each step, and at the end:",
        "  a  {server: in(booting)}",
        "  b  {server: in(up)}",
        "  c  b can still come true",
        "         a b c",
        "    1    · + +  hang",
        "  2-5    · · ·  4 steps",
        "  end    + · ·",
        "  + true, · false",
    ]


def test_a_part_of_a_run(hasty: Path) -> None:
    done = call("replay", hasty, "--from", "3", "--to", "4")
    assert "1-2  left out by --from\n" in done.out
    assert "restart" not in done.out
    assert "3-4  min 2-3  clock: a minute passes (2 times)" in done.out


def test_backwards_undoes_what_was_done(hasty: Path) -> None:
    done = call("replay", hasty, "--backwards", "--from", "4")
    steps = done.out.split("\n\n")[1].splitlines()
    assert steps == [
        "   5  undone: watchdog: three minutes of silence: restart",
        "      server: booting -> hung; watchdog: silence 0 -> 3",
        "      a becomes false",
        "   4  undone: clock: a minute passes",
        "      watchdog: silence 3 -> 2",
    ]


def test_lanes_and_pictures(hasty: Path, tmp_path: Path) -> None:
    svg, mermaid = tmp_path / "run.svg", tmp_path / "run.mmd"
    done = call("replay", hasty, "--lanes", "--picture", svg)
    assert "    1 │   ●   │  · + +  fault: hang\n" in done.out
    assert "  end │   │   │  + · ·\n" in done.out
    assert done.out.endswith(f"{svg} written\n")
    assert ET.parse(svg).getroot().tag.endswith("svg")
    assert call("replay", hasty, "--picture", mermaid).code == 0
    assert mermaid.read_text(encoding="utf-8").startswith("sequenceDiagram\n")


def test_json_has_the_steps_and_the_truth(hasty: Path) -> None:
    found = json.loads(call("replay", hasty, "--format", "json").out)
    assert (found["violated"], found["loop"], len(found["steps"])) == (True, None, 5)
    assert [track["letter"] for track in found["truth"]] == ["a", "b", "c"]
    assert {len(track["values"]) for track in found["truth"]} == {6}


class TestLassos:
    """Runs that never end."""

    @pytest.fixture
    def unjust(self, tmp_path: Path) -> Path:
        trace = tmp_path / "unjust.json"
        assert call("verify", f"{CROSSING}:unjust", "--save-trace", trace).code == 1
        return trace

    def test_the_loop_is_marked(self, unjust: Path) -> None:
        done = call("replay", unjust)
        assert "\n   from here on it repeats for ever:\n" in done.out
        assert done.out.endswith("+ true, · false; from > on it repeats for ever\n")
        assert [line for line in done.out.splitlines() if ">  " in line and "->" not in line]
        assert " ┌─ for ever\n" in call("replay", unjust, "--lanes").out

    def test_stepping_goes_round(self, unjust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        done = stepped(unjust, "6\nwho\nnext\n", monkeypatch)
        assert "> west/train: west/leaves\n" in done.out
        assert "round again, from step 4\n   4  west/train: the train has left the track\n" in done.out


class TestStepping:
    """One step at a time, as a pipe or a person says."""

    def test_forwards_backwards_and_to_a_number(self, hasty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        done = stepped(hasty, "n\n\n5\nback\nb\n0\nback\n5\nn\nquit\nnext\n", monkeypatch)
        assert done.code == 0
        answers = done.out.split("5 steps; help tells the commands\n")[1].splitlines()
        assert [line for line in answers if not line.startswith("   ") or line[3].isdigit()] == [
            "   1  FAULT server_hang: server: the server hangs",
            "   2  clock: a minute passes",
            "   5  after: watchdog: three minutes of silence: restart",
            "  a is true: {server: in(booting)}",
            "  b is false: {server: in(up)}",
            "  c is false: b can still come true",
            "   5  undone: watchdog: three minutes of silence: restart",
            "   4  undone: clock: a minute passes",
            "   0  the start",
            "  a is false: {server: in(booting)}",
            "  b is true: {server: in(up)}",
            "  c is true: b can still come true",
            "this is the start; next goes on",
            "   5  after: watchdog: three minutes of silence: restart",
            "  a is true: {server: in(booting)}",
            "  b is false: {server: in(up)}",
            "  c is false: b can still come true",
            "this is the end; back goes back",
        ]

    def test_who_can_do_what_and_where_everybody_is(self, hasty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        done = stepped(hasty, "w\ns\ns dog\ns cat\ntruth\nhelp\n", monkeypatch)
        for line in (
            "> server: hang  (fault server_hang)",
            "  server: heartbeat",
            "  watchdog  watching(silence=0)",
            "no agent has 'cat' in its name",
            "  b is true: {server: in(up)}",
        ):
            assert f"{line}\n" in done.out
        for command, says in COMMANDS.items():
            assert f"  {command:<6}  {says}\n" in done.out

    @pytest.mark.parametrize("wrong", ["6", "99999999999999999999", "-1", "jump 3", "nxet", "\x1b[2J", "n n", "1 2"])
    def test_what_is_no_command_is_told(self, wrong: str, hasty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        done = stepped(hasty, f"{wrong}\n", monkeypatch)
        answer = done.out.splitlines()[-1]
        assert answer.startswith("no ")
        assert "allowed: 0 to 5" in answer or "help tells the commands" in answer
        assert "\x1b" not in done.out

    def test_a_pipe_may_hold_anything(self, hasty: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "goalstate", "replay", str(hasty), "--step"],
            input=b"n\n\xff\xfe\x00\nback\n" + b"x" * 30_000 + b"\n",
            capture_output=True,
            check=False,
            timeout=120,
            cwd=ROOT,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"   1  undone: " in done.stdout

    def test_a_person_is_asked_and_a_pipe_is_not(self, hasty: Path) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        for questions, prompts in ((Terminal("n\n4\n"), 3), (io.StringIO("n\n4\n"), 0)):
            answers = io.StringIO()
            Stepper(run_of(hasty)).talk(questions, answers)
            assert [f"{at} of 5> " in answers.getvalue() for at in (0, 1, 4)].count(True) == prompts

    def test_back_and_forth_is_nowhere(self, hasty: Path) -> None:
        stepper = Stepper(run_of(hasty))
        for _ in range(3):
            forth = [str(line) for line in stepper.answer("next")]
            back = [str(line) for line in stepper.answer("back")]
            assert len(forth) == len(back)
            list(stepper.answer("next"))
        assert stepper.at == 3


class TestChanges:
    """Definitions that are not those of then."""

    def test_a_comment_is_no_change(self, quays: Path) -> None:
        quay(quays / "quay", DEFINITION.replace("<Startup>", "<!-- so be it -->\n    <Startup>"))
        done = call("replay", "trace.json")
        assert (done.code, "violated, as saved: Crane_IN_0" in done.out) == (0, True)

    def test_a_changed_definition_is_refused_unless_it_is_named(self, quays: Path) -> None:
        quay(quays / "quay", DEFINITION.replace("<Task ", '<Task taskType="background" '))
        done = call("replay", "trace.json")
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            "trace.json:1: quay/Quay.csdef: changed since the trace was saved; allowed: the definition as saved; "
            "to try the run on the present one: goalstate replay trace.json quay\n"
        )
        done = call("replay", "trace.json", "quay")
        assert (done.code, done.err[:44]) == (6, "trace.json:1: no fault of kind 'task_hang' h")

    def test_the_first_step_that_is_refused_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder, one = tmp_path / "quay", '<Task commandLine="grease.cmd" />'
        quay(folder, DEFINITION.replace(one, one + '<Task commandLine="oil.cmd" />'))
        monkeypatch.chdir(tmp_path)
        asked = ("verify", "quay", *QUICK, "--property", "grease.cmd) can't block", "--save-trace", "trace.json")
        assert call(*asked).code == 1
        quay(folder, DEFINITION.replace(one, one.replace("<Task ", '<Task taskType="background" ') + one))
        done = call("replay", "trace.json", "quay")
        assert done.code == 6
        assert "does not happen any more: Crane_IN_0: startup task 0" in done.out
        trace = json.loads(Path("trace.json").read_text(encoding="utf-8"))
        number = trace["events"].index("Crane_IN_0/task_0_hangs")
        line = Path("trace.json").read_text(encoding="utf-8").splitlines().index('  "Crane_IN_0/task_0_hangs"') + 1
        assert done.err.startswith(f"trace.json:{line}: step {number + 1} of {number + 1}: ")
        assert "could happen instead: " in done.err

    def test_mended_is_1(self, hasty: Path) -> None:
        done = call("replay", hasty, f"{WATCHDOG}:patient")
        assert done.code == 1
        assert "  on a definition that differs from the saved one\n" in done.out
        assert "no longer violated, mended: a server that boots can come up\n" in done.out
        assert "  end    + · +\n" in done.out

    def test_what_holds_an_event_back_is_named(self, tmp_path: Path) -> None:
        network = tmp_path / "lamps.py"
        network.write_text(LAMP, encoding="utf-8")
        trace = tmp_path / "trace.json"
        assert call("verify", f"{network}:safe", "--save-trace", trace).code == 1
        network.write_text(LAMP.replace(*MENDED["safe"]).replace('"fall"', '"drop"'), encoding="utf-8")
        done = call("replay", trace, f"{network}:safe")
        assert done.code == 6
        assert "step 2 of 2: unknown event 'fall'" in done.err
        assert "could happen instead: switch_off, drop" in done.err or "could happen instead: drop, " in done.err
        assert "lamp: switch on\n" in done.out  # how far it gets

    def test_a_trace_goes_by_itself(self, quays: Path, tmp_path: Path) -> None:
        shutil.rmtree(quays / "quay")
        (tmp_path / "elsewhere").mkdir()
        (quays / "trace.json").rename(tmp_path / "elsewhere" / "trace.json")
        done = call("replay", tmp_path / "elsewhere" / "trace.json")
        assert (done.code, done.err) == (0, "")
        assert "  on the definition as the trace has it: Quay.csdef, Quay.cscfg\n" in done.out

    def test_a_trace_in_another_folder_finds_its_definition(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quay(tmp_path / "quay")
        (tmp_path / "traces").mkdir()
        monkeypatch.chdir(tmp_path)
        assert call("verify", "quay", *QUICK, "--property", "can't block", "--save-trace", "traces/a.json").code == 1
        monkeypatch.chdir(ROOT)
        assert call("replay", tmp_path / "traces" / "a.json").code == 0
        quay(tmp_path / "quay", configuration=CONFIGURATION.replace('count="1"', 'count="2"'))
        assert call("replay", tmp_path / "traces" / "a.json").code == 0  # the search looks at one instance

    def test_code_is_not_kept_in_a_trace(self, tmp_path: Path) -> None:
        network, trace = tmp_path / "lamps.py", tmp_path / "trace.json"
        network.write_text(LAMP, encoding="utf-8")
        assert call("verify", f"{network}:safe", "--save-trace", trace).code == 1
        network.unlink()
        done = call("replay", trace)
        assert done.code == 2
        assert f"{network}:1: file not found; allowed: " in done.err
        assert "State" not in trace.read_text(encoding="utf-8")

    def test_a_property_that_is_gone_is_told(self, tmp_path: Path) -> None:
        network, trace = tmp_path / "lamps.py", tmp_path / "trace.json"
        network.write_text(LAMP, encoding="utf-8")
        assert call("verify", f"{network}:safe", "--save-trace", trace).code == 1
        network.write_text(LAMP.replace("the lamp never breaks", "the lamp is whole"), encoding="utf-8")
        done = call("replay", trace)
        assert done.code == 2
        assert "changed since the trace was saved" in done.err
        done = call("replay", trace, f"{network}:safe")
        assert (done.code, "the definition has no such property any more" in done.out) == (1, True)


@pytest.mark.parametrize("name", ["safe", "lasso", "late", "order", "back", "stuck"])
def test_every_kind_of_claim_replays(name: str, tmp_path: Path) -> None:
    network, trace = tmp_path / "lamps.py", tmp_path / "trace.json"
    text = LAMP.replace('does("repair", "broken", "dark")', 'does("lies", "broken")') if name == "back" else LAMP
    network.write_text(text.replace('["repair"]', '["lies"]') if name == "back" else text, encoding="utf-8")
    assert call("verify", f"{network}:{name}", "--save-trace", trace).code == 1
    done = call("replay", trace)
    assert done.code == 0, done.out
    assert "violated, as saved: " in done.out
    assert "what is true before each step" in done.out
    for more in (["--lanes"], ["--backwards"], ["--format", "json"], ["-v"]):
        assert call("replay", trace, *more).code == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--step", "--backwards"),
        ("--step", "--lanes"),
        ("--step", "-o", "x"),
        ("--step", "--format", "json"),
        ("--lanes", "--backwards"),
        ("--lanes", "--from", "2"),
        ("--from", "6"),
        ("--to", "6"),
        ("--from", "3", "--to", "2"),
        ("--picture", "run.png"),
        ("--from", "0"),
        ("--from", "x"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: tuple[str, ...], hasty: Path) -> None:
    done = call("replay", hasty, *options)
    assert (done.code, done.out) == (2, "")
    assert "allowed: " in done.err


def test_what_can_follow_may_be_too_much_to_search(hasty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goalstate.replay.replaying.LIMITS", Limits(states=3))
    done = call("replay", hasty)
    assert done.code == 3
    assert "unknown: a server that boots can come up\n" in done.out
    assert "what can come after the run was not searched to its end (stopped at " in done.out
    assert "c  b can still come true" not in done.out


def test_it_runs_as_a_program(hasty: Path, tmp_path: Path) -> None:
    done = start("replay", hasty, "-o", tmp_path / "report.txt")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"written to {tmp_path / 'report.txt'}\n")
    assert "violated, as saved" in (tmp_path / "report.txt").read_text(encoding="utf-8")
