"""What is in the picture of an agent."""

from itertools import pairwise

from goalstate.diagrams.diagram import Cluster, Diagram, Node, Style, Tone
from goalstate.diagrams.statecharts import statechart_diagram
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, on, refuses

from .charts import LAMP, ROBOT


def texts(diagram: Diagram) -> list[str]:
    """All lines of nodes and edges."""
    return [line.text for part in (*diagram.walk(), *diagram.edges) for line in part.lines]


def node(diagram: Diagram, identifier: str) -> Node:
    found = next(i for i in diagram.walk() if i.id == identifier)
    assert isinstance(found, Node)
    return found


def test_every_state_is_there_once_and_nested_as_declared() -> None:
    diagram = statechart_diagram(ROBOT)
    ids = [i.id for i in diagram.walk()]
    assert len(ids) == len(set(ids))
    assert set(ROBOT.state_names) <= set(ids)
    holders = {inner.id: i.id for i in diagram.walk() if isinstance(i, Cluster) for inner in i.items}
    for name in ROBOT.state_names:
        assert holders.get(name, "") == name.rpartition(".")[0]


def test_styles_say_what_a_state_is() -> None:
    styles = {i.id: i.style for i in statechart_diagram(ROBOT).walk()}
    assert styles["on"] is Style.PARALLEL
    assert styles["on.arm"] is styles["on.wheels"] is Style.REGION
    assert styles["on.arm.holding"] is Style.COMPOSITE
    assert styles["on.arm.holding.firm"] is Style.STATE


def test_every_row_is_in_the_picture() -> None:
    said = " ".join(texts(statechart_diagram(ROBOT)))
    for row in ROBOT.table:
        assert row.event in said
        assert str(row.guard) == "true" or f"[{row.guard}]" in said
        for assign in row.effects:
            assert str(assign) in said
        for identifier in row.realises:
            assert identifier in said


def test_every_edge_joins_nodes_that_exist() -> None:
    diagram = statechart_diagram(ROBOT)
    nodes = {i.id for i in diagram.walk() if isinstance(i, Node)}
    assert {end for e in diagram.edges for end in (e.tail, e.head)} <= nodes


def test_each_composite_has_a_marker_that_leads_to_its_initial_child() -> None:
    begins = {(e.tail, e.head) for e in statechart_diagram(ROBOT).edges if e.style is Style.BEGIN}
    assert begins == {
        ("/initial", "off"),
        ("on/initial", "on.arm/initial"),
        ("on/initial", "on.wheels/initial"),
        ("on.arm/initial", "on.arm.idle"),
        ("on.arm.holding/initial", "on.arm.holding.loose"),
        ("on.wheels/initial", "on.wheels.still"),
    }


def test_rows_of_one_source_and_target_share_an_edge_but_faults_have_their_own() -> None:
    chart = Statechart(
        "c",
        (State("a"), State("b")),
        "a",
        rows=(does("x", "a", "b"), on("y", "a", "b"), does("z", "a", "b", fault="f"), does("back", "b", "a")),
    )
    edges = [e for e in statechart_diagram(chart).edges if e.tail == "a"]
    assert [([line.text for line in e.lines], e.style) for e in edges] == [
        (["x!", "y?"], Style.SEND),
        (["fault f: z!"], Style.FAULT),
    ]


def test_rows_that_say_the_same_of_several_events_share_a_line() -> None:
    chart = Statechart(
        "c", (State("a"), State("b")), "a", rows=(on(("x", "y"), "a", "b", realises=("R-1",)), on(("x", "y"), "b", "a"))
    )
    assert [line.text for line in statechart_diagram(chart).edges[1].lines] == ["x?, y? · R-1"]


def test_rows_of_a_composite_start_at_the_box_for_any_state_inside() -> None:
    diagram = statechart_diagram(ROBOT)
    edges = {(e.tail, e.head): e for e in diagram.edges}
    assert edges["on/anywhere", "broken"].style is Style.FAULT
    assert edges["/anywhere", "off"].lines[0].text == "stop?"
    assert node(diagram, "on/anywhere").lines[0].text == "in any state of on"
    assert node(diagram, "/anywhere").lines[0].text == "in any state"


def test_an_arrow_to_a_composite_ends_at_its_marker() -> None:
    edges = {(e.tail, e.head) for e in statechart_diagram(ROBOT).edges}
    assert ("off", "on/initial") in edges
    assert ("on.arm.idle", "on.arm.holding/initial") in edges


def test_what_stays_is_a_line_inside_its_state() -> None:
    diagram = statechart_diagram(ROBOT)
    assert "shake! [mode == fast] (leaves and enters again)" in [
        line.text for line in node(diagram, "on.arm.holding/anywhere").lines
    ]
    rolling = [line.text for line in node(diagram, "on.wheels.rolling").lines]
    assert rolling == ["rolling", "entry / charge := max(charge - 1, 0)", "tick? [charge == 0]"]


def test_refusals_and_ignored_events_are_gathered_and_quiet() -> None:
    diagram = statechart_diagram(ROBOT)
    assert [(line.text, line.tone) for line in node(diagram, "broken").lines[1:]] == [
        ("refuses poke, power, tick", Tone.QUIET)
    ]
    inside = [line.text for line in node(diagram, "on/anywhere").lines]
    assert "refuses poke [mode == slow]" in inside
    assert "ignores poke [mode == fast]" in inside


def test_an_edge_that_is_only_time_passing_is_marked() -> None:
    edges = {(e.tail, e.head): e.style for e in statechart_diagram(ROBOT).edges}
    assert edges["on.wheels.rolling", "on.wheels.still"] is Style.TICK


def test_one_row_from_many_states_is_one_arrow_from_a_box_that_names_them() -> None:
    names = ("a", "b", "c", "d")
    rows = (*(does(f"to_{y}", x, y) for x, y in pairwise(names)), on("stop", names, "off"))
    chart = Statechart("c", (*map(State, names), State("off")), "a", rows=rows)
    diagram = statechart_diagram(chart)
    (edge,) = (e for e in diagram.edges if e.head == "off")
    box = node(diagram, edge.tail)
    assert (box.style, box.lines[0].text) == (Style.SEVERAL, "in a, b, c, d")


def test_states_named_together_are_told_apart() -> None:
    outer = State("p", (State("a"), State("b")), "a"), State("q", (State("a"), State("c")), "a"), State("off")
    names = ("p.a", "p.b", "q.a", "q.c")
    rows = (*(does(f"to_{y}", x, y) for x, y in pairwise(names)), on("stop", names, "off"))
    chart = Statechart("c", outer, "p", rows=rows)
    (box,) = (i for i in statechart_diagram(chart).walk() if i.style is Style.SEVERAL)
    assert box.lines[0].text == "in p.a, b, q.a, c"


def test_variables_and_events_that_never_happen_are_told() -> None:
    chart = Statechart("c", (State("a"),), "a", rows=(does("x", "a"),), knows=frozenset({"w"}))
    assert statechart_diagram(chart).lines[0].text == "never takes w"
    assert statechart_diagram(ROBOT).lines[0].text == (
        "remembers charge = 0..3, first 0; mode = slow | fast, first slow"
    )


def test_a_long_list_of_events_is_counted() -> None:
    events = tuple(f"e{i:02}" for i in range(30))
    chart = Statechart("c", (State("a"),), "a", rows=(refuses(events, ROOT),))
    assert node(statechart_diagram(chart), "/anywhere").lines[1].text.endswith("e11, and 18 more")


def test_sentences_are_kept_for_tooltips() -> None:
    diagram = statechart_diagram(LAMP)
    assert node(diagram, "bright").says == "it shines"
    assert [e.says for e in diagram.edges] == ["", "somebody comes in", ""]
