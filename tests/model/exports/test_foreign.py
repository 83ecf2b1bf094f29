"""SPIN, rumur and TLC find in the exported models what we find in the networks; skipped where a tool is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from goalstate.model.engines.reference import explore
from goalstate.model.exports.system import System
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.model.notation.terms import Variable
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue import platform_properties
from goalstate.properties.exporting.invariants import as_system, reason_against
from goalstate.properties.observer import precedence
from goalstate.properties.predicates import At, Can
from goalstate.properties.property import Always, Never, NoDeadlock, Property, Watched
from tests.model.services import role, service
from tests.toys.peterson import peterson
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import COUNTS, two_phase_commit

from .checkers import TOOLS, Finding, breaks, eight_digits, missing
from .test_texts import hostile

Check = Callable[[System], Finding]


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest, tmp_path: Path) -> Check:
    if reason := missing(request.param):
        pytest.skip(reason)
    return lambda system: TOOLS[request.param](system, tmp_path)


def assert_same_counts(finding: Finding, network: Network) -> None:
    space = explore(network)
    assert (finding.states, finding.transitions) == (space.distinct, space.transitions)


def test_two_phase_commit(tool: Check) -> None:
    finding = tool(System(two_phase_commit(3)))
    assert (finding.states, finding.transitions, finding.violated) == (*COUNTS[3][:2], False)


def test_a_deadlock_is_found_and_its_path_replays(tool: Check) -> None:
    system = System(philosophers(3), deadlock=True)
    finding = tool(system)
    assert finding.violated
    assert breaks(system, finding.trace)


def test_a_deadlock_that_nobody_asked_about_is_no_mistake(tool: Check) -> None:
    finding = tool(System(philosophers(3)))
    assert (finding.states, finding.transitions, finding.violated) == (26, 51, False)


@pytest.mark.parametrize("right", [True, False])
def test_mutual_exclusion(tool: Check, right: bool) -> None:
    both = At("p0", "in(critical)") & At("p1", "in(critical)")
    system = as_system(peterson(right), [Property("one at a time", Always(~both)), Property("goes on", NoDeadlock())])
    finding = tool(system)
    assert finding.violated is not right
    if right:
        assert_same_counts(finding, peterson())
    else:
        assert breaks(system, finding.trace)


def test_an_event_that_must_not_happen(tool: Check) -> None:
    claim = Never(("p0/takes/fork0",), Can("p1/takes/fork1"))
    system = as_system(philosophers(3), [Property("not both", claim)])
    finding = tool(system)
    assert finding.violated
    assert breaks(system, finding.trace)


def test_a_claim_that_is_false_whatever_the_state_is(tool: Check) -> None:
    everywhere = At("p0", "in(thinks)") | ~At("p0", "in(thinks)")
    system = as_system(philosophers(3), [Property("nowhere", Always(~everywhere))])
    finding = tool(system)
    assert finding.violated
    assert breaks(system, finding.trace)


def test_an_observer(tool: Check) -> None:
    watching = Component("order", precedence("order", ["p0/takes/fork0"], ["p1/takes/fork2"]))
    system = as_system(philosophers(3), [Property("p0 first", Watched(watching))])
    finding = tool(system)
    assert finding.violated
    assert breaks(system, finding.trace)


def test_hostile_names(tool: Check) -> None:
    # Two of the components: a product of nine is large.
    network = hostile()
    small = Network(network.components[:1] + network.components[-1:], bounds=network.bounds, name=network.name)
    never = At("====", "in(INT)") & At("timeout", "in(INT)")
    assert_same_counts(tool(System(small)), small)
    system = as_system(small, [Property('*/ "never" (* ====', Always(~never))])
    finding = tool(system)
    assert finding.violated
    assert breaks(system, finding.trace)
    assert set(finding.trace) >= {"timeout.*/ done", "====.*/ done"}


def arithmetic() -> Network:
    """Negative numbers, min and max, assignments that read what was just assigned, and words of variables."""
    chart = Statechart(
        "sums",
        (State("one", entry="k := max(k, -1)"), State("two", exit="n := n - 1")),
        "one",
        (
            Variable.counter("n", -3, 3, 0),
            Variable.counter("k", -3, 300, 0),
            Variable.choice("mode", "off", "on", "auto"),
            Variable.flag("seen"),
        ),
        (
            does("grow", "one", when="n < 3 and k < 290", then="n := n + 1; k := max(min(k + n, 290), -3); mode := on"),
            does("shrink", "one", "two", when="n > -2 or seen", then="k := 0 - n; n := max(k - 1, -2); seen := true"),
            does("back", "two", "one", when="not (mode == auto and n == -3)", then="mode := auto"),
            does("hear", ("one", "two"), when="in(one) or mode != off"),
        ),
    )
    listener = Statechart(
        "listener",
        (State("here"), State("away")),
        "here",
        (Variable.counter("heard", 0, 2),),
        (
            on("hear", "here", when="heard < 2", then="heard := heard + 1"),
            on("hear", "here", "away", when="heard == 2", then="heard := 0"),
            does("return", "away", "here"),
        ),
    )
    return Network((Component("sums", chart), Component("listener", listener)), name="arithmetic")


def test_arithmetic(tool: Check) -> None:
    assert_same_counts(tool(System(arithmetic())), arithmetic())


def test_a_network_in_which_nothing_happens(tool: Check) -> None:
    still = Network((Component("c", Statechart("c", (State("a"),), "a")),))
    finding = tool(System(still))
    assert (finding.states, finding.transitions, finding.violated) == (1, 0, False)
    assert tool(System(still, deadlock=True)).violated


def test_a_variable_that_nobody_reads(tool: Check) -> None:
    """SPIN would leave it out of the state, if it were let."""
    chart = Statechart(
        "diary",
        (State("open"),),
        "open",
        (Variable.counter("page", 0, 4),),
        (*(does(f"write_{k}", "open", then=f"page := {k}") for k in range(5)),),
    )
    network = Network((Component("diary", chart),))
    assert explore(network).distinct == 5
    assert_same_counts(tool(System(network)), network)


def test_a_role_of_the_workflow(tool: Check) -> None:
    workflow = Workflow(service(role("worker")), Bounds(Faults(0), requests=1, tick=5))
    properties = [
        p for p in platform_properties(workflow) if not reason_against(p) and not isinstance(p.claim, Watched)
    ]
    assert len(properties) > 5
    finding = tool(as_system(workflow.network, properties))
    assert not finding.violated
    assert_same_counts(finding, workflow.network)


def test_counts_are_those_of_the_end_not_of_a_report_of_progress(tool: Check) -> None:
    finding = tool(System(philosophers(9)))
    assert (finding.states, finding.transitions) == (19_682, 118_089)


@pytest.mark.parametrize(
    ("printed", "number", "within"),
    [
        ("     1145 transitions", 1145, 1),
        (" 98765432 transitions", 98_765_432, 1),
        ("1.235584e+08 transitions", 123_558_400, 10),
    ],
)
def test_large_numbers_of_spin_are_read_to_eight_digits(printed: str, number: int, within: int) -> None:
    assert eight_digits("transitions", f"stored\n{printed} (= stored+matched)") == (number, within)
    finding = Finding(3, number - 1, False, (), 0.0, 0.0, within)
    assert finding.counts(3, number - 1)
    assert not finding.counts(3, number - 1 + within)
    assert not finding.counts(4, number - 1)
