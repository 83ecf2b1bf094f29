"""DOT, Mermaid and SVG: exact for small pictures, well-formed and whole for large and hostile ones."""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from goalstate.diagrams.diagram import Cluster, Diagram, Edge, Line, Node, Style
from goalstate.diagrams.dot import dot, identifiers, wrap
from goalstate.diagrams.mermaid import mermaid
from goalstate.diagrams.networks import network_diagram
from goalstate.diagrams.statecharts import statechart_diagram
from goalstate.diagrams.svg import Layout, LayoutError, layout_program, svg

from .charts import HOSTILE, LAMP, ROBOT, hostile_network, robots

LAYOUTS = [
    pytest.param("dot", marks=pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz on this machine")),
    "graphviz-pure",
]

GOLDEN_DOT = """\
digraph lamp {
	graph [bgcolor="#ffffff" fontname=Arial fontsize=11 label=<<table border="0" cellborder="0" cellspacing="0" \
cellpadding="0"><tr><td align="left" balign="left"><font point-size="16"><b>lamp</b></font></td></tr><tr>\
<td align="left" balign="left"><font color="#595959">event! sent ·\u00a0event? received ·\u00a0[guard] ·\u00a0/\u00a0\
effects ·\u00a0R-n requirement realised</font><br align="left"/></td></tr></table>> labeljust=l labelloc=t \
newrank=true nodesep=0.3 pad=0.2 rankdir=TB ranksep=0.4 tooltip=" "]
	node [color="#1a1a1a" fontcolor="#1a1a1a" fontname=Arial fontsize=10]
	edge [arrowsize=0.8 color="#1a1a1a" fontcolor="#1a1a1a" fontname=Arial fontsize=9]
	"/initial" [label="" fillcolor="#1a1a1a" fixedsize=true shape=circle style=filled tooltip="begins here" width=0.13]
	dark [label=<<b>dark</b>> fillcolor="#ffffff" margin="0.12,0.06" shape=box style="rounded,filled"]
	bright [label=<<b>bright</b>> fillcolor="#ffffff" margin="0.12,0.06" shape=box style="rounded,filled" \
tooltip="it shines"]
	"/initial" -> dark [arrowsize=0.7]
	dark -> bright [label=<<table border="0" cellborder="0" cellspacing="0" cellpadding="2"><tr><td align="left" \
balign="left"><font color="#005a8c">switch_on! ·\u00a0R-1</font><br align="left"/></td></tr></table>> color="#005a8c" \
labeltooltip="somebody comes in" tooltip="somebody comes in"]
	bright -> dark [label=<<table border="0" cellborder="0" cellspacing="0" cellpadding="2"><tr><td align="left" \
balign="left"><font color="#005a8c">switch_off!</font><br align="left"/></td></tr></table>> color="#005a8c"]
}
"""

GOLDEN_MERMAID = """\
flowchart TB
    accTitle: lamp
    accDescr: event! sent · event? received · [guard] · / effects · R-n requirement realised
    n__initial((" "))
    n_dark("dark")
    n_bright("bright")
    n__initial --> n_dark
    n_dark -->|"switch_on! ·\u00a0R-1"| n_bright
    n_bright -->|"switch_off!"| n_dark
    classDef state fill:#ffffff,stroke:#1a1a1a,color:#1a1a1a
    class n_dark,n_bright state
    classDef initial fill:#1a1a1a,stroke:#1a1a1a,color:#1a1a1a
    class n__initial initial
    linkStyle 1,2 stroke:#005a8c
"""


def words(picture: str) -> str:
    """All text of an SVG document, which must be well-formed, and draw nothing from elsewhere."""
    root = ET.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "title", "polygon", "path", "text", "a", "ellipse", "polyline", "rect", "circle"}
    for element in root.iter():
        for name in element.attrib:
            assert not name.rpartition("}")[2].startswith(("on", "href", "id"))
    return " ".join(" ".join(t.itertext()) for t in root.iter("{http://www.w3.org/2000/svg}text")).replace(
        "\u00a0", " "
    )


def test_golden_dot() -> None:
    assert dot(statechart_diagram(LAMP)) == GOLDEN_DOT


def test_golden_mermaid() -> None:
    assert mermaid(statechart_diagram(LAMP)) == GOLDEN_MERMAID


@pytest.mark.parametrize("layout", LAYOUTS)
def test_svg_shows_every_state_and_label(layout: Layout) -> None:
    diagram = statechart_diagram(ROBOT)
    shown = words(svg(diagram, layout))
    for name in ROBOT.state_names:
        assert name.rpartition(".")[2] in shown
    for event in ROBOT.alphabet:
        assert event in shown
    assert "fault wear: breaks!" in shown


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_arrow_runs_through_what_stands_beside_another(layout: Layout) -> None:
    ends = (("a", "b"), ("a", "c"), ("b", "c"), ("c", "a"), ("c", "b"))
    edges = tuple(Edge(tail, head, (Line(f"{tail} to {head}"),), Style.SEND) for tail, head in ends)
    picture = svg(Diagram("d", tuple(Node(n, (Line(n),), Style.AGENT) for n in "abc"), edges), layout)
    last_arrow = picture.rindex("<path")
    assert all(picture.index(f">{tail} to {head}<") > last_arrow for tail, head in ends)
    assert picture.count('paint-order="stroke"') == len(ends)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_svg_draws_every_edge_and_box(layout: Layout) -> None:
    diagram = statechart_diagram(ROBOT)
    classes = [g.get("class") for g in ET.fromstring(svg(diagram, layout)).iter("{http://www.w3.org/2000/svg}g")]
    assert classes.count("edge") == len(diagram.edges)
    assert classes.count("node") == sum(isinstance(i, Node) for i in diagram.walk())
    assert classes.count("cluster") == sum(isinstance(i, Cluster) for i in diagram.walk())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hostile_names_stay_text(layout: Layout) -> None:
    diagram = network_diagram(hostile_network())
    picture = svg(diagram, layout)
    shown = words(picture)
    assert "<script>alert(1)</script>" in shown.replace(" ", "")
    assert "<script" not in picture
    assert "back\\slash \\N \\G \\" in shown
    assert "汉字" in shown


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_a_node_a_cluster_an_edge_and_a_title(name: str, layout: Layout) -> None:
    line = (Line(name),)
    inner = Node(name + "inner", line, Style.STATE, name)
    items = (Cluster(name, line, Style.COMPOSITE, (inner,), name), Node(name + "other", line, Style.STATE))
    diagram = Diagram(name, items, (Edge(name + "inner", name + "other", line, Style.FAULT, name),), line)
    words(svg(diagram, layout))
    for text in mermaid(diagram).splitlines():
        assert "<script" not in text
        assert text.count('"') % 2 == 0


def test_mermaid_escapes_what_it_would_read() -> None:
    diagram = Diagram("t", (Node("end", (Line('"a" #b; <c> `d` & \\'),), Style.STATE),), ())
    line = mermaid(diagram).splitlines()[2]
    assert line.split("(")[0].strip() == "n_end"
    label = line.split('"')[1].replace("\u00a0", " ")
    assert label == "#quot;a#quot; #35;b#59; #lt;c#gt; #96;d#96; #amp; #92;"


def test_output_is_stable() -> None:
    def made() -> tuple[Diagram, Diagram]:
        return statechart_diagram(ROBOT), network_diagram(robots(3))

    for one, other in zip(made(), made(), strict=True):
        assert dot(one) == dot(other)
        assert mermaid(one) == mermaid(other)
        assert svg(one, "graphviz-pure") == svg(other, "graphviz-pure")


def test_output_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "from goalstate.diagrams.dot import dot; from goalstate.diagrams.networks import network_diagram\n"
        "from goalstate.diagrams.statecharts import statechart_diagram\n"
        "from goalstate.model.network import Component, Network\n"
        "from goalstate.model.notation.statechart import State, Statechart, does, on, ignores\n"
        "names = [f'e{i}' for i in range(9)]\n"
        "a = Statechart('a', (State('s'),), 's', rows=(does(tuple(names), 's'),))\n"
        "b = Statechart('b', (State('s'),), 's', rows=(on(tuple(names[:5]), 's'), ignores(tuple(names[5:]))))\n"
        "n = Network((Component('a', a), Component('b', b)))\n"
        "print(dot(statechart_diagram(b)), dot(network_diagram(n)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert "e8" in outputs.pop()


def test_without_dot_the_port_draws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert layout_program().name.startswith("graphviz-pure")
    assert "bright" in words(svg(statechart_diagram(LAMP)))


def test_without_any_program_the_error_tells_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(LayoutError, match=r"no dot and no graphviz-pure here.*pip install graphviz-pure"):
        svg(statechart_diagram(LAMP))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_program_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LayoutError, match="dot failed: out of memory"):
        svg(statechart_diagram(LAMP))


def test_pictures_have_a_background_and_a_name() -> None:
    root = ET.fromstring(svg(statechart_diagram(LAMP), "graphviz-pure"))
    assert (root.get("role"), root.get("aria-label")) == ("img", "lamp")
    assert '<polygon fill="#ffffff"' in svg(statechart_diagram(LAMP), "graphviz-pure")


def test_identifiers_are_distinct_and_harmless() -> None:
    found = identifiers(["a:b", "a;b", "a_b", "", "a\nb"])
    assert len(set(found.values())) == 5
    assert all(set(i) <= set("ab_2345") for i in found.values())


def test_a_line_is_never_wider_than_allowed() -> None:
    assert all(len(line) <= 20 for line in wrap("a" * 50 + " [silence == 25 and timeouts == 2] / silence := 0", 20))
    assert wrap(" ", 20) == ["\u00a0"]
