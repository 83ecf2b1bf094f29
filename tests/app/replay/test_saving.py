"""`verify --write-test` and `--save-trace`: the test fails now and passes once mended; nothing is overwritten."""

import errno
import json
import os
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from goalstate.replay.replaying import assert_mended
from goalstate.replay.saving import _stem, _text
from tests.app.calls import DEFINITION, QUICK, ROOT, WATCHDOG, call, quay

CROSSING = ROOT / "examples" / "crossing.py"

LAMP = """
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, NoDeadlock, NothingLost, Property, Watched
from goalstate.properties.observer import precedence
from goalstate.properties.temporal.branching import ag, ef
from goalstate.properties.temporal.claims import EveryRun, Initially, Within
from goalstate.properties.temporal.formula import Happens, finally_, globally


def lamp(*rows):
    states = tuple(State(s) for s in ("dark", "bright", "broken"))
    chart = Statechart("lamp", states, "dark", rows=(*ROWS, *rows))
    clock = Statechart("clock", (State("runs"),), "runs", rows=(does("tick", "runs"),))
    return Network((Component("lamp", chart), Component("clock", clock)), ticks=frozenset({"tick"}))


ROWS = (does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark"), does("fall", "bright", "broken"),
        does("repair", "broken", "dark"))
NETWORK = lamp()
safe = (NETWORK, [Property("the lamp never breaks", Always(~At("lamp", "in(broken)")))])
lasso = (NETWORK, [Property("it is bright again and again", EveryRun(globally(finally_(At("lamp", "in(bright)")))))])
LATE = Within(Happens(("switch_on",)), Happens(("switch_off",)), 2, ("tick",))
late = (NETWORK, [Property("it is switched off in time", LATE)])
ORDER = Watched(Component("order", precedence("order", ["repair"], ["fall"])))
order = (NETWORK, [Property("it falls only after a repair", ORDER)])
back = (NETWORK, [Property("it can always break", Initially(ag(ef(At("lamp", "in(dark)")))))])


def stuck():
    states = (State("dark"), State("bright"))
    chart = Statechart("lamp", states, "dark", rows=(does("switch_on", "dark", "bright"), *MORE))
    return Network((Component("lamp", chart),)), [Property("it goes on", NoDeadlock())]


MORE = ()
"""
MENDED = {
    "safe": ('does("fall", "bright", "broken")', 'does("fall", "bright", "dark"), does("fade", "dark", "broken")'),
    "lasso": ('does("tick", "runs")', 'does("tock", "runs"), does("tick", "runs")'),
    "late": ('"runs", rows=(does("tick", "runs"),)', '"runs", rows=(does("tock", "runs"),)'),
    "order": ('["repair"], ["fall"]', '["repair"], ["switch_off"]'),
    "stuck": ("MORE = ()", 'MORE = (does("switch_off", "bright", "dark"),)'),
}


def run_tests(file: Path) -> None:
    """Run the tests of a file that was written."""
    for name, test in runpy.run_path(str(file)).items():
        if name.startswith("test_"):
            test()


@pytest.mark.parametrize("name", ["safe", "lasso", "late", "order", "stuck"])
def test_a_written_test_fails_now_and_passes_once_mended(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, test = tmp_path / "lamps.py", tmp_path / "test_lamps.py"
    network.write_text(LAMP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert call("verify", f"lamps.py:{name}", "--write-test", test.name).code == 1
    with pytest.raises(AssertionError, match=r"^still violated: ") as failed:
        run_tests(test)
    assert "\n\n" in str(failed.value)  # its story
    wrong, right = MENDED[name]
    assert wrong in LAMP
    mended = LAMP.replace(wrong, right)
    if name == "lasso":  # the run of idle ticks is gone where the clock can't tick in the dark
        mended = LAMP.replace('does("tick", "runs")', 'does("tock", "runs")').replace('{"tick"}', '{"tock"}')
        mended = mended.replace('("tick",)', '("tock",)')
    if name == "late":
        mended = mended.replace('{"tick"}', '{"tock"}').replace('("tick",)', '("tock",)')
    network.write_text(mended, encoding="utf-8")
    run_tests(test)


def test_the_test_of_a_lasso_says_where_it_goes_round(tmp_path: Path) -> None:
    test = tmp_path / "test_crossing.py"
    assert call("verify", f"{CROSSING}:unjust", "--write-test", test).code == 1
    text = test.read_text(encoding="utf-8")
    assert "        loop=3,\n" in text
    assert '            "west/go",\n            # from here on it repeats for ever\n' in text
    with pytest.raises(AssertionError, match="a train that waits gets onto the track"):
        run_tests(test)
    test.write_text(text.replace(":unjust", ":mended"), encoding="utf-8")
    run_tests(test)


def test_a_service_is_mended_in_its_definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = quay(tmp_path / "quay")
    monkeypatch.chdir(tmp_path)
    done = call("verify", "quay", *QUICK, "--property", "can't block", "--write-test", "test_quay.py")
    assert (done.code, done.err) == (1, "test_quay.py written\n")
    text = (tmp_path / "test_quay.py").read_text(encoding="utf-8")
    for line in (
        "def test_startup_task_0_grease_cmd_cannot_block_the_role_for_ever() -> None:",
        '        "quay",',
        '        property="Crane_IN_0: startup task 0 (grease.cmd) can\'t block the role for ever",',
        '        search="Crane",',
        '        faults="task_hang=1",',
        "        requests=1,",
        '            "Crane_IN_0/task_0_hangs",',
    ):
        assert f"{line}\n" in text
    with pytest.raises(AssertionError, match="Crane_IN_0: startup task 0"):
        run_tests(tmp_path / "test_quay.py")
    # From another folder it is found as well; a new name of the command is no mending.
    monkeypatch.chdir(ROOT)
    quay(folder, DEFINITION.replace("grease.cmd", "oil.cmd"))
    with pytest.raises(AssertionError, match="still violated"):
        run_tests(tmp_path / "test_quay.py")
    quay(folder, DEFINITION.replace('"grease.cmd"', '"grease.cmd" taskType="background"'))
    run_tests(tmp_path / "test_quay.py")
    quay(folder, DEFINITION.replace('<Task commandLine="grease.cmd" />', ""))
    run_tests(tmp_path / "test_quay.py")


def test_every_violation_and_every_way_has_a_test(tmp_path: Path) -> None:
    test, traces = tmp_path / "test_careless.py", tmp_path / "traces"
    done = call(
        "verify", f"{CROSSING}:careless", "--counterexamples", "5", "--write-test", test, "--save-trace", traces
    )
    assert done.code == 1
    assert re.findall(r"def (\w+)", test.read_text(encoding="utf-8")) == [
        "test_never_two_trains_at_once",
        "test_never_two_trains_at_once_2",
        "test_a_train_that_waits_gets_onto_the_track",
    ]
    assert sorted(file.name for file in traces.iterdir()) == [
        "01-never-two-trains-at-once.json",
        "02-never-two-trains-at-once.json",
        "03-a-train-that-waits-gets-onto-the-track.json",
    ]
    assert len(done.err.splitlines()) == 4


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("mine", encoding="utf-8")
    (tmp_path / "trace.json").write_text("mine", encoding="utf-8")
    (tmp_path / "other.txt").write_text("mine", encoding="utf-8")
    for option, name in (
        ("--write-test", "test_it.py"),
        ("--save-trace", "trace.json"),
        ("--save-trace", "other.txt"),
        ("--save-trace", "."),
    ):
        done = call("verify", f"{WATCHDOG}:hasty", option, tmp_path / name)
        assert (done.code, done.out) == (2, "")
        assert "nothing is overwritten" in done.err
    assert {file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == {"mine"}


@pytest.mark.parametrize(
    ("option", "name", "says"),
    [
        ("--write-test", "test.txt", "is no Python file"),
        ("--write-test", "nowhere/test_it.py", "there is no folder"),
        ("--save-trace", "", "the name is empty"),
        ("--save-trace", "nowhere/trace.json", "there is no folder"),
    ],
)
def test_places_where_nothing_can_be_written_are_refused_before_the_search(
    option: str, name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("verify", f"{WATCHDOG}:hasty", option, name)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "allowed: " in done.err or "make it" in done.err


def test_what_holds_leaves_nothing_behind(tmp_path: Path) -> None:
    done = call("verify", f"{WATCHDOG}:patient", "--write-test", tmp_path / "test_it.py")
    assert (done.code, done.err) == (0, "nothing is written: there is no violation that a run shows\n")
    assert not list(tmp_path.iterdir())


def test_one_file_has_the_first_run(tmp_path: Path) -> None:
    done = call("verify", f"{CROSSING}:careless", "--save-trace", tmp_path / "trace.json")
    assert "trace.json has the first of 2 runs; a folder holds all; --property chooses" in done.err
    trace = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))
    assert trace["property"]["name"] == "never two trains at once"


def test_the_report_is_shown_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(place: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if mode == "x":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))
        return opened(place, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", full)
    done = call("verify", f"{WATCHDOG}:hasty", "--save-trace", tmp_path / "traces")
    assert done.code == 2
    assert "violated: 1 violated" in done.out
    assert "can't be written (No space left on device)" in done.err
    assert not list((tmp_path / "traces").iterdir())


def test_all_instances_of_the_bundled_example_leave_the_rotation(tmp_path: Path) -> None:
    test = tmp_path / "test_example.py"
    assert call("verify", "--faults", "2", "--property", "keeps an instance", "--write-test", test).code == 1
    text = test.read_text(encoding="utf-8")
    assert "    assert_mended(\n        beside=__file__,\n" in text
    with pytest.raises(AssertionError, match="still violated"):
        run_tests(test)
    # One of two instances is not all of them.
    kept = [line for line in text.splitlines() if '"Counter_IN_1/' not in line]
    test.write_text("\n".join(kept), encoding="utf-8")
    run_tests(test)


def test_a_test_without_an_identity_does_not_pass_where_the_name_has_changed(tmp_path: Path) -> None:
    folder, test = quay(tmp_path / "quay"), tmp_path / "test_quay.py"
    assert call("verify", folder, *QUICK, "--property", "can't block", "--write-test", test).code == 1
    text = test.read_text(encoding="utf-8")
    older = re.sub(r"^ *identity=.*\n", "", text, flags=re.MULTILINE)
    assert older != text
    quay(folder, DEFINITION.replace("grease.cmd", "oil.cmd"))
    with pytest.raises(AssertionError, match="still violated"):
        run_tests(test)
    test.write_text(older, encoding="utf-8")
    with pytest.raises(AssertionError, match=r"the service has no property .* write the test anew, with --write-test"):
        run_tests(test)


def test_a_trace_is_replayed_on_a_task_of_another_name_by_the_identity_of_its_property(tmp_path: Path) -> None:
    folder, trace = quay(tmp_path / "quay"), tmp_path / "trace.json"
    assert call("verify", folder, *QUICK, "--property", "can't block", "--save-trace", trace).code == 1
    other = quay(tmp_path / "other", DEFINITION.replace("grease.cmd", "oil.cmd"))
    done = call("replay", trace, other)
    assert (done.code, "can't block the role" in done.out) == (0, True)
    saved = json.loads(trace.read_text(encoding="utf-8"))
    assert saved["property"]["identity"] == {
        "subject": "Crane_IN_0",
        "general": "a startup task can't block the role for ever",
        "place": 0,
    }
    saved["property"]["identity"] = {"subject": 1}
    trace.write_text(json.dumps(saved), encoding="utf-8")
    done = call("replay", trace, other)
    assert (done.code, "subject of " in done.err) == (2, True)


def test_a_search_that_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = quay(tmp_path / "quay")
    with pytest.raises(Exception, match=r"no search 'Crain: start' of this service \(did you mean 'Crane: start'\?\)"):
        assert_mended("quay", beside=str(folder), property="it is", search="Crain: start", run=[])


@pytest.mark.parametrize("text", ["plain", 'it\'s "quoted"', "back\\slash", "new\nline", "übér", "\u202e", "'", '"'])
def test_texts_are_python(text: str) -> None:
    assert eval(_text(text)) == text
    assert _text(text).isascii()
    assert _text(text)[0] == '"'


@pytest.mark.parametrize("text", ["", "???", "Ünï", "a" * 200, "can't do (x.cmd /y)", "../../etc/passwd", "con\0"])
def test_names_of_files_are_harmless(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", _stem(text))
    assert len(_stem(text)) <= 60
