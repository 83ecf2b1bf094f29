"""The document's workflow, drawn from the requirements that rows name."""

from goalstate.diagrams.workflows import Step, workflow_diagram, workflow_steps
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on

USER = Statechart("user", (State("u"), State("done")), "u", rows=(does("ask", "u", "done", realises=("R-1",)),))
DESK = Statechart(
    "desk",
    (State("idle"), State("asked"), State("checked")),
    "idle",
    rows=(
        # Written last first: the picture has them in the order in which they happen.
        does("pass_on", "checked", "idle", realises=("R-1", "R-A3")),
        does("check", "asked", "checked", realises=("R-1",)),
        on("ask", "idle", "asked"),
        does("burns", "idle", fault="fire", realises=("R-1",)),
    ),
)
HOST = Statechart("host", (State("h"),), "h", rows=(on("pass_on", "h", realises=("R-9.1",)),))


def network(instances: int) -> Network:
    hosts = [Component(f"i{n}/host", HOST, f"i{n}/", frozenset({"pass_on"})) for n in range(instances)]
    return Network((Component("user", USER), Component("desk", DESK), *hosts))


def test_steps_are_in_order_of_requirement_and_of_happening() -> None:
    assert workflow_steps(network(2)) == (
        Step(1, 1, "ask", (("user", "desk"),)),
        Step(1, 2, "check", (("desk", "desk"),)),
        Step(1, 3, "pass_on", (("desk", "host"),)),
        Step(9, 1, "pass_on", (("desk", "host"),)),
    )


def test_faults_are_no_part_of_the_workflow() -> None:
    assert "burns" not in {s.event for s in workflow_steps(network(1))}


def test_agents_are_drawn_by_kind_and_arrows_are_numbered() -> None:
    diagram = workflow_diagram(network(3))
    assert [i.id for i in diagram.walk()] == ["user", "desk", "host"]
    assert {i.id: [line.text for line in i.lines] for i in diagram.walk()}["desk"] == ["desk", "1.2 check"]
    assert {(e.tail, e.head): [line.text for line in e.lines] for e in diagram.edges} == {
        ("user", "desk"): ["1.1 ask"],
        ("desk", "host"): ["1.3 pass_on", "9.1 pass_on"],
    }


def test_a_network_that_realises_no_step_has_an_empty_picture() -> None:
    diagram = workflow_diagram(
        Network((Component("host", Statechart("c", (State("s"),), "s", rows=(does("x", "s"),))),))
    )
    assert (diagram.items, diagram.edges) == ((), ())
