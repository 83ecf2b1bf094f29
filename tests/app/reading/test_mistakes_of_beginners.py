"""The mistakes that somebody makes who follows the page on own systems: each is told with its line and a way out."""

import re
from pathlib import Path

import pytest

from tests.app.calls import call
from tests.app.pages.test_own_systems import FILES

NAMES = {"lease.py": "careful", "supervisor.py": "patient"}
SAFE = 'Never(("a/write",), At("lease", "holder != a"))'
HERE = 'At("lease", "holder == b")'
MISTAKES = {
    "and in place of &": ("lease.py", f"{HERE} &", f"{HERE} and", "write them, with brackets around each part"),
    "a text in place of a predicate": ("lease.py", SAFE, 'Possible("in(leader)")', "write At('agent', 'in(state)')"),
    "a text in place of a tuple of events": ("lease.py", SAFE, 'Never("a/write")', "write ('a/write',)"),
    "an event that nobody has": ("lease.py", '(("a/write",)', '(("a/wirte",)', "did you mean 'a/write'?"),
    "an agent that is not there": (
        "lease.py",
        'At("lease", "holder != a")',
        'At("leese", "left == 0")',
        "did you mean 'le",
    ),
    "no length of a tick": ("lease.py", "Duration(2, Unit.SECOND)", "2", "write Duration(5, Unit.SECOND)"),
    "a unit as a text": ("lease.py", "Unit.SECOND)", '"seconds")', "write Duration(5, Unit.SECOND)"),
    "a time between two ticks": ("lease.py", "within 6 sec", "within 5 sec", "allowed: multiples of 2"),
    "ticks as a text": ("lease.py", 'ticks=frozenset({"tick"})', 'ticks="tick"', "write frozenset({'tick'})"),
    "no ticks": ("lease.py", 'ticks=frozenset({"tick"}),', "", 'write Network(..., ticks=frozenset({"tick"}))'),
    "a tick that is not shared": ("lease.py", '"a/", shared)', '"a/")', "did you mean 'tick'?"),
    "one row without a comma": ("lease.py", 'pass"),))', 'pass")))', "with a comma before the bracket"),
    "one state without a comma": ("lease.py", '(State("there"),)', 'State("there")', "with a comma before the bracket"),
    "= in a guard": ("lease.py", 'when="left > 0"', 'when="left = 1"', "write == to compare"),
    "= in an effect": ("supervisor.py", '"waited := 0"', '"waited = 0"', "write 'variable := value'"),
    "a chart in place of an observer": ("supervisor.py", "Watched(order)", "Watched(order.chart)", "write Component("),
    "a formula that was not read": (
        "supervisor.py",
        'linear("<crash> leads to {worker: in(running)}", found)',
        '"<crash> leads to {worker: in(running)}"',
        "write linear('...', network)",
    ),
    "fairness that is none": (
        "supervisor.py",
        ", found), awake)",
        ', found), ("worker",))',
        "write weak(network, 'agent')",
    ),
    "fairness without the network": (
        "supervisor.py",
        'weak(found, "clock"',
        'weak("clock"',
        "write weak(network, 'clock', ",
    ),
    "no sender": ("supervisor.py", 'does("ready", "s', 'on("ready", "s', "one agent must do it: does('ready', ...)"),
    "two senders": ("supervisor.py", 'on("start", "down"', 'does("start", "down"', "an event has one sender"),
    "no initial child": (
        "supervisor.py",
        '"waiting"),\n            State("gave',
        ')\n            ,State("gave',
        "needs an initial child",
    ),
    "a counter that overflows": ("supervisor.py", '"waited < starts"', '"waited <= starts"', "outside 0..3"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_a_way_out(mistake: str, tmp_path: Path) -> None:
    name, right, wrong, fix = MISTAKES[mistake]
    text = FILES[name]
    assert right in text
    file = tmp_path / name
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    done = call("verify", f"{file}:{NAMES[name]}")
    assert (done.code, done.out) == (2, "")
    assert re.match(rf"{re.escape(str(file))}:[1-9][0-9]*: ", done.err)
    assert fix in done.err


def test_one_event_can_stand_for_several(tmp_path: Path) -> None:
    text = FILES["supervisor.py"].replace('fault_budget(["crash"]', 'fault_budget("crash"')
    text = text.replace(
        'precedence("order", ["crash"], ["start"], since=["start"])', 'precedence("order", "crash", "start", "start")'
    )
    assert text.count('"crash", "start"') == 1
    (tmp_path / "supervisor.py").write_text(text, encoding="utf-8")
    done = call("verify", f"{tmp_path / 'supervisor.py'}:patient", "-q")
    assert (done.code, done.out.split(";")[0]) == (0, "holds: 0 violated, 0 unknown, 5 hold")
