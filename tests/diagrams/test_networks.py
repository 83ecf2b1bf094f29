"""The picture of a network: who is in it, who tells whom what."""

from goalstate.diagrams.diagram import Cluster, Diagram, Style
from goalstate.diagrams.networks import network_diagram
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, ignores, on, refuses

from .charts import robots


def arrows(diagram: Diagram) -> dict[tuple[str, str, Style], list[str]]:
    return {(e.tail, e.head, e.style): [line.text for line in e.lines] for e in diagram.edges}


def test_components_stand_in_the_box_of_their_instance() -> None:
    (cluster,) = (i for i in network_diagram(robots(1)).items if isinstance(i, Cluster))
    assert cluster.lines[0].text == "hall_0"
    assert [i.id for i in cluster.items] == ["hall_0/keeper", "hall_0/clock", "hall_0/robot"]


def test_instances_of_the_same_agents_are_drawn_once() -> None:
    one, three = network_diagram(robots(1)), network_diagram(robots(3))
    assert len(list(one.walk())) == len(list(three.walk()))
    assert three.items[0].lines[0].text == "hall_0, hall_1, hall_2: 3 instances of the same agents"


def test_arrows_lead_from_the_sender_to_those_that_react() -> None:
    chart = Statechart("sender", (State("s"),), "s", rows=(does(("a", "b", "c"), "s"),))
    reacts = Statechart("reacts", (State("r"),), "r", rows=(on("a", "r"), ignores("b", "r"), refuses("c", "r")))
    network = Network((Component("sender", chart), Component("reacts", reacts)))
    assert arrows(network_diagram(network)) == {("sender", "reacts", Style.SEND): ["a"]}


def test_faults_have_their_own_arrow_and_time_has_none() -> None:
    sender = Statechart("sender", (State("s"),), "s", rows=(does(("a", "tick"), "s"), does("dies", "s", fault="death")))
    receiver = Statechart("receiver", (State("r"),), "r", rows=(on(("a", "tick", "dies"), "r"),))
    network = Network((Component("sender", sender), Component("receiver", receiver)), frozenset({"tick"}))
    diagram = network_diagram(network)
    assert arrows(diagram) == {("sender", "receiver", Style.SEND): ["a"], ("sender", "receiver", Style.FAULT): ["dies"]}
    assert all("knows time" in [line.text for line in node.lines] for node in diagram.walk())


def test_a_fault_budget_is_told_in_words() -> None:
    sender = Statechart("sender", (State("s"),), "s", rows=(does("dies", "s", fault="death"),))
    budget = Statechart("budget", (State("left"), State("spent")), "left", rows=(on("dies", "left", "spent"),))
    diagram = network_diagram(Network((Component("sender", sender), Component("budget", budget))))
    assert diagram.edges == ()
    assert [line.text for line in list(diagram.walk())[1].lines] == ["budget", "2 local states", "faults counted: 1"]


def test_what_one_tells_many_leads_to_one_box_that_names_them() -> None:
    sender = Statechart("sender", (State("s"),), "s", rows=(does("alarm", "s"),))
    receivers = [
        Component(f"r{i}", Statechart(f"r{i}", (State("r"),), "r", rows=(on("alarm", "r"),))) for i in range(5)
    ]
    diagram = network_diagram(Network((Component("sender", sender), *receivers)))
    (edge,) = diagram.edges
    box = next(i for i in diagram.walk() if i.id == edge.head)
    assert (box.style, box.lines[0].text) == (Style.SEVERAL, "to r0, r1, r2, r3, r4")


def test_many_events_are_counted_and_the_tooltip_has_them_all() -> None:
    names = tuple(f"e{i}" for i in range(7))
    sender = Statechart("sender", (State("s"),), "s", rows=(does(names, "s"),))
    receiver = Statechart("receiver", (State("r"),), "r", rows=(on(names, "r"),))
    (edge,) = network_diagram(Network((Component("sender", sender), Component("receiver", receiver)))).edges
    assert [line.text for line in edge.lines] == ["e0", "e1", "e2", "e3", "and 3 more"]
    assert edge.says == ", ".join(names)


def test_bounds_and_options_stand_under_the_title() -> None:
    assert network_diagram(robots(1)).lines[0].text == "faults: any number"
