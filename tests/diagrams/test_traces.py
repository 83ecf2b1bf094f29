"""A path as lanes and messages, and how these read as SVG, Mermaid and plain text."""

import xml.etree.ElementTree as ET

import pytest

from goalstate.diagrams.diagram import Mark, Message, Repeat
from goalstate.diagrams.mermaid import mermaid
from goalstate.diagrams.svg import svg
from goalstate.diagrams.swimlanes import text
from goalstate.diagrams.traces import trace_diagram
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.notation.statechart import State, Statechart, does, ignores, on
from goalstate.model.notation.terms import Variable

from .charts import HOSTILE, hostile_network

HOST = Statechart(
    "host",
    (State("watching", (State("calm"), State("alarmed")), "calm"),),
    "watching",
    variables=(Variable.counter("silence", 0, 10),),
    rows=(
        on("tick", "watching", when="silence < 10", then="silence := silence + 1"),
        on("answer", "watching", then="silence := 0"),
        does("restart", "calm", "alarmed", when="silence == 10", then="silence := 0"),
        does("relax", "alarmed", "calm"),
    ),
)
GUEST = Statechart(
    "guest",
    (State("up"), State("hung")),
    "up",
    rows=(
        does("answer", "up"),
        does("hangs", "up", "hung", fault="hang"),
        on("restart", "hung", "up"),
        ignores("relax"),
    ),
)
CLOCK = Statechart("clock", (State("on"),), "on", rows=(does("tick", "on"),))
IDLER = Statechart("idler", (State("idle"),), "idle", rows=(ignores(("tick", "relax")), does("yawn", "idle")))
NETWORK = Network(
    (
        Component("vm/host", HOST, "vm/"),
        Component("vm/guest", GUEST, "vm/"),
        Component("vm/clock", CLOCK, "vm/"),
        Component("vm/idler", IDLER, "vm/"),
    ),
    frozenset({"vm/tick"}),
    name="machine",
)
HANG = Path.replay(NETWORK, ["vm/answer", "vm/hangs", *["vm/tick"] * 10, "vm/restart"])


def test_only_those_that_take_part_have_a_lane() -> None:
    sequence = trace_diagram(HANG)
    assert [(lane.group, lane.name, lane.begins) for lane in sequence.lanes] == [
        ("vm", "host", "watching.calm(silence=0)"),
        ("vm", "guest", "up"),
        ("vm", "clock", "on"),
    ]


def test_a_lane_can_be_called_by_another_name() -> None:
    sequence = trace_diagram(HANG, names={"vm/guest": "setup.cmd"})
    assert [lane.name for lane in sequence.lanes] == ["host", "setup.cmd", "clock"]


def test_messages_tell_sender_receivers_changes_and_faults() -> None:
    answer, hangs, tick, restart = trace_diagram(HANG, violated=True).walk()
    assert (answer.event, answer.sender, answer.receivers, answer.notes) == ("vm/answer", 1, (0,), ())
    assert (set(hangs.marks), hangs.notes[0].lines) == ({Mark.FAULT}, ("up → hung",))
    assert (tick.number, set(tick.marks), tick.notes[0].lines) == (3, {Mark.TICK}, ("silence: 0 → 10",))
    assert (restart.number, set(restart.marks)) == (13, {Mark.VIOLATED})
    assert [(n.lane, n.lines) for n in restart.notes] == [
        (0, ("calm → alarmed", "silence: 10 → 0")),
        (1, ("hung → up",)),
    ]


def test_a_repeated_block_is_drawn_once() -> None:
    path = Path.replay(NETWORK, ["vm/hangs", *["vm/tick"] * 3, "vm/tick"])
    assert [type(m) for m in trace_diagram(path).messages] == [Message, Repeat]
    path = Path.replay(NETWORK, [*["vm/answer", "vm/tick"] * 4, "vm/answer"])
    repeat, last = trace_diagram(path).messages
    assert isinstance(repeat, Repeat)
    assert isinstance(last, Message)
    inside = [m.event for m in repeat.messages if isinstance(m, Message)]
    assert (repeat.times, repeat.last, inside) == (4, 8, ["vm/answer", "vm/tick"])
    assert last.number == 9


def test_the_step_that_breaks_a_property_is_shown_by_itself() -> None:
    path = Path.replay(NETWORK, ["vm/tick"] * 4)
    repeat, last = trace_diagram(path, violated=True).messages
    assert isinstance(repeat, Repeat)
    assert isinstance(last, Message)
    assert (repeat.times, last.number, set(last.marks)) == (3, 4, {Mark.TICK, Mark.VIOLATED})


def test_two_of_a_kind_are_no_block() -> None:
    assert all(isinstance(m, Message) for m in trace_diagram(Path.replay(NETWORK, ["vm/tick"] * 2)).messages)


def test_a_lasso_ends_in_a_frame_for_ever() -> None:
    path = Path.replay(NETWORK, ["vm/tick", "vm/answer", "vm/answer"], loop=2)
    sequence = trace_diagram(path, violated=True)
    repeat = sequence.messages[-1]
    assert isinstance(repeat, Repeat)
    assert (repeat.times, repeat.last) == (None, 3)
    assert not any(Mark.VIOLATED in m.marks for m in sequence.walk())


def test_an_empty_path_is_drawn() -> None:
    sequence = trace_diagram(Path.replay(NETWORK, []))
    assert (sequence.lanes, sequence.messages) == ((), ())
    ET.fromstring(svg(sequence))
    assert text(sequence) == "machine\n\n\n"
    assert mermaid(sequence).startswith("sequenceDiagram\n")


def test_golden_text() -> None:
    assert (
        text(trace_diagram(HANG, "a guest hangs", violated=True))
        == """\
a guest hangs
  A  vm/host   watching.calm(silence=0)
  B  vm/guest  up
  C  vm/clock  on

      A   B   C
    1 │◀──●   │  vm/answer
    2 │   ●   │  fault: vm/hangs
      │   │   │    B: up → hung
 ┌─ 10 times, until step 12
 │  3 │◀┄┄┼┄┄┄●  vm/tick
 │    │   │   │    A: silence: 0 → 10
 └─
   13 ●──▶│   │  violated: vm/restart
      │   │   │    A: calm → alarmed; silence: 10 → 0
      │   │   │    B: hung → up
"""
    )


def test_golden_mermaid() -> None:
    assert (
        mermaid(trace_diagram(HANG, "a guest hangs", "why", violated=True))
        == """\
sequenceDiagram
    accTitle: a guest hangs
    accDescr: why
    box vm
    participant L0 as host<br/>watching.calm(silence=0)
    participant L1 as guest<br/>up
    participant L2 as clock<br/>on
    end
    L1->>L0: 1 answer
    L1--)L1: 2 fault: hangs
    Note over L1: up → hung
    loop 10 times
        L2--)L0: 3 tick
        Note over L0: silence: 0 → 10
    end
    L0->>L1: 13 violated: restart
    Note over L0: calm → alarmed<br/>silence: 10 → 0
    Note over L1: hung → up
"""
    )


def test_svg_has_an_arrow_head_per_receiver_and_a_dot_per_sender() -> None:
    picture = svg(trace_diagram(HANG, "a guest hangs", violated=True))
    root = ET.fromstring(picture)
    messages = list(trace_diagram(HANG).walk())
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == len(messages)
    assert picture.count("v8z") == sum(len(m.receivers) for m in messages)
    shown = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a guest hangs", "fault: hangs", "violated: restart", "10 times, until step 12", "vm"} <= set(shown)
    assert svg(trace_diagram(HANG)) == svg(trace_diagram(HANG))


@pytest.mark.parametrize("event", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text(event: str) -> None:
    sequence = trace_diagram(Path.replay(hostile_network(), [event]), event, event)
    picture = svg(sequence)
    ET.fromstring(picture)
    assert "<script" not in picture
    plain = text(sequence)
    assert not any(c in plain for c in "\x00\x07\x1b\u202e")
    lines = mermaid(sequence).splitlines()
    participants = [line for line in lines if line.startswith("    participant")]
    arrows = [line for line in lines if "->>" in line]
    # The lines there are come from the messages, none from a name.
    assert len(participants) == len(sequence.lanes)
    assert len(arrows) == sum(max(len(m.receivers), 1) for m in sequence.walk())
