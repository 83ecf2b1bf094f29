"""Swim lanes of a run that never ends, with the truth of each part of its formula, as they are in the folder `golden`.

`python -m tests.diagrams.test_lassos` draws them anew; look at them before they are committed.
"""

from pathlib import Path as File

import pytest

from goalstate.diagrams.diagram import Repeat, Sequence, Track
from goalstate.diagrams.mermaid import mermaid
from goalstate.diagrams.swimlanes import swimlanes, text
from goalstate.diagrams.traces import VARIES, trace_diagram
from goalstate.model.engines.reference import explore
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.properties.judging.explicit import check
from goalstate.properties.predicates import At
from goalstate.properties.property import Property
from goalstate.properties.runs.truths import tracks
from goalstate.properties.temporal.claims import EveryRun
from goalstate.properties.temporal.formula import globally
from goalstate.properties.temporal.reading import linear
from tests.toys.counters import counters
from tests.toys.peterson import peterson

GOLDEN = File(__file__).parent / "golden"


def starving() -> Sequence:
    """Peterson's algorithm without its turn: one process waits for ever."""
    network = peterson(gives_turn=False)
    claim = EveryRun(linear("{p1: in(waits)} leads to {p1: in(critical)}", network))
    [verdict] = check(explore(network), [Property("who waits gets in", claim)])
    assert verdict.path is not None
    return _drawn(verdict.path, claim)


def waiting() -> Sequence:
    """A run that ends: a value that changes inside a block that is drawn once."""
    path = Path.replay(counters(2, 5), ["c1/counts", *["c0/counts"] * 5, "c1/counts"])
    claim = EveryRun(globally(At("c0", "n < 3")))
    values = tuple("+" if n < 4 else "·" for n in range(len(path) + 1))
    watched = (Track("a", str(claim.formula), values), Track("b", "the count", tuple("0012345 "[: len(path) + 1])))
    return trace_diagram(path, "counters", "it does not get to three", violated=True, tracks=watched)


def _drawn(path: Path, claim: EveryRun) -> Sequence:
    watched = tuple(Track(t.letter, t.text, t.values) for t in tracks(path, claim))
    return trace_diagram(path, path.network.name, str(claim), violated=True, tracks=watched)


CHARTS = {"starving": starving, "waiting": waiting}
FORMATS = {"txt": text, "svg": swimlanes, "mmd": mermaid}


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("suffix", FORMATS)
def test_they_are_drawn_as_ever(name: str, suffix: str) -> None:
    golden = (GOLDEN / f"{name}.{suffix}").read_text(encoding="utf-8")
    assert FORMATS[suffix](CHARTS[name]()) == golden


def test_the_loop_is_a_frame_and_has_no_end() -> None:
    chart = starving()
    last = chart.messages[-1]
    assert isinstance(last, Repeat)
    assert last.times is None
    assert chart.end == ()


def test_what_varies_inside_a_block_is_said_to() -> None:
    repeat = waiting().messages[1]
    assert isinstance(repeat, Repeat)
    assert [m.watched for m in waiting().walk()][1] == (VARIES, VARIES)
    assert waiting().end == ("·", " ")


def test_every_message_has_the_values_before_it() -> None:
    rows = (does("on", "dark", "bright"), does("off", "bright", "dark"))
    network = Network((Component("lamp", Statechart("lamp", (State("dark"), State("bright")), "dark", rows=rows)),))
    path = Path.replay(network, ["on", "off"], loop=0)
    claim = EveryRun(globally(At("lamp", "in(dark)")))
    chart = _drawn(path, claim)
    assert [(m.event, m.watched) for m in chart.walk()] == [("on", ("+", "·")), ("off", ("·", "·"))]


if __name__ == "__main__":
    for name, chart in CHARTS.items():
        for suffix, render in FORMATS.items():
            (GOLDEN / f"{name}.{suffix}").write_text(render(chart()), encoding="utf-8", newline="\n")
