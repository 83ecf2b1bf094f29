"""Pictures as files."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import get_args

import pytest

from goalstate.diagrams.drawing import KINDS, Kind, diagrams, draw
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does

from .charts import hostile_network, robots


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_is_written_in_three_formats(kind: Kind, tmp_path: Path) -> None:
    files = draw(kind, robots(2), tmp_path / "new" / "folder")
    stems = list(dict.fromkeys(f.stem for f in files))
    assert [f.name for f in files] == [f"{stem}.{ending}" for stem in stems for ending in ("dot", "svg", "mmd")]
    assert sorted(files) == sorted((tmp_path / "new" / "folder").iterdir())
    for file in files:
        if file.suffix == ".svg":
            ET.parse(file)


def test_agents_has_one_picture_per_chart(tmp_path: Path) -> None:
    assert list(diagrams("agents", robots(3))) == ["keeper", "clock", "robot"]


def test_charts_of_one_name_are_told_apart_by_their_instance() -> None:
    one = Statechart("agent", (State("s"),), "s", rows=(does("x", "s"),))
    other = Statechart("agent", (State("s"),), "s", rows=(does("y", "s"),))
    network = Network((Component("a/agent", one, "a/"), Component("b/agent", other, "b/")))
    assert list(diagrams("agents", network)) == ["agent-a", "agent-b"]


def test_names_that_no_file_may_have_are_changed_and_stay_distinct(tmp_path: Path) -> None:
    network = hostile_network()
    files = draw("agents", network, tmp_path, "graphviz-pure")
    assert len({str(f).casefold() for f in files}) == 3 * len({c.chart for c in network.components})
    assert all(f.parent == tmp_path for f in files)
    assert all(len(f.name) <= 110 for f in files)


def test_drawing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for kind in get_args(Kind):
        first = [f.read_bytes() for f in draw(kind, robots(2), tmp_path / "1", "graphviz-pure")]
        assert first == [f.read_bytes() for f in draw(kind, robots(2), tmp_path / "2", "graphviz-pure")]
