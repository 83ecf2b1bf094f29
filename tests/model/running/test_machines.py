"""The machines of the `transitions` library and the tables of the LTS are two readings of one notation: they agree."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from transitions import MachineError
from transitions.extensions import HierarchicalMachine
from transitions.extensions.nesting import NestedState

from goalstate.model.network import GlobalState, Network
from goalstate.model.notation.flattening import flatten
from goalstate.model.notation.lts import LTS, NONE, LocalState
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, ignores, on, refuses
from goalstate.model.notation.terms import Variable
from goalstate.model.running.runner import Agent, Runner
from tests.stateful import alone, stateful
from tests.strategies import networks

from .charts import charts

# Drawing a chart means drawing rows and taking out the dead ones, so Hypothesis finds it slow and choosy.
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def ways(lts: LTS) -> Iterator[tuple[int, list[str]]]:
    """A shortest list of events to every local state."""
    found: dict[int, list[str]] = {0: []}
    for state in range(lts.size):  # numbered breadth first, so the way to a state is known when its turn comes
        yield state, found[state]
        for e, event in enumerate(lts.events):
            found.setdefault(int(lts.moves[e, state]), [*found[state], event])


def led(chart: Statechart, events: list[str]) -> Agent:
    agent = Agent(chart)
    for event in events:
        agent.take(event)
    return agent


# -- agreement ---------------------------------------------------------------------------------------------------------


@settings(suppress_health_check=SLOW)
@given(charts())
def test_machine_and_lts_agree_in_every_local_state(chart: Statechart) -> None:
    lts = flatten(chart)
    for state, way in ways(lts):
        agent = led(chart, way)
        assert agent.local == lts.states[state]
        for e, event in enumerate(lts.events):
            assert agent.may(event) == (lts.moves[e, state] != NONE), event
            assert tuple(row.index for row in agent.answers(event)) == lts.rows.get((e, state), ()), event
            if agent.may(event):
                follower = led(chart, way)
                follower.take(event)
                assert follower.local == lts.states[lts.moves[e, state]], event


@settings(suppress_health_check=SLOW)
@given(charts(), st.data())
def test_an_event_that_is_held_back_changes_nothing(chart: Statechart, data: st.DataObject) -> None:
    lts = flatten(chart)
    barred = [(s, e) for s in range(lts.size) for e in range(len(lts.events)) if lts.moves[e, s] == NONE]
    if barred:
        state, e = data.draw(st.sampled_from(barred))
        agent = led(chart, dict(ways(lts))[state])
        with pytest.raises(MachineError):
            agent.take(lts.events[e])
        assert agent.local == lts.states[state]


@settings(suppress_health_check=SLOW)
@given(networks(), st.data())
def test_runner_and_network_agree_along_random_runs(network: Network, data: st.DataObject) -> None:
    runner, state = Runner(network), network.initial
    for _ in range(12):
        enabled = network.enabled(state)
        assert runner.state == state
        assert runner.enabled() == enabled
        if not enabled:
            break
        event = data.draw(st.sampled_from(enabled))
        runner.fire(event)
        state = network.step(state, event)


# -- the notation, rule by rule ----------------------------------------------------------------------------------------

COUNT = (Variable.counter("n", 0, 99),)


def trace(digit: int) -> str:
    """An effect that writes one more digit, so that the value of ``n`` tells the order of two effects."""
    return f"n := min(n + n + n + n + n + n + n + n + n + n, 90) + {digit}"


def test_effects_happen_in_the_order_exit_row_entry() -> None:
    for first, second in (("exit", "row"), ("row", "entry"), ("exit", "entry")):
        effect = {first: trace(1), second: trace(2)}
        chart = Statechart(
            "order",
            (State("here", exit=effect.get("exit", "")), State("there", entry=effect.get("entry", ""))),
            "here",
            COUNT,
            (on("go", "here", "there", then=effect.get("row", "")),),
        )
        assert led(chart, ["go"]).values == {"n": 12}, (first, second)


def test_the_initial_states_are_entered_with_their_effects() -> None:
    inner = State("inner", entry=trace(2))
    outer = State("outer", (inner,), "inner", entry=trace(1))
    assert Agent(Statechart("start", (outer,), "outer", COUNT)).values == {"n": 12}


def nest() -> Statechart:
    """Two levels with counters of exits: outer adds 10, inner adds 1."""
    return Statechart(
        "nest",
        (
            State(
                "outer",
                (State("one", exit="n := min(n + 1, 99)"), State("two", exit="n := min(n + 1, 99)")),
                "one",
                exit="n := min(n + 10, 99)",
            ),
            State("away"),
        ),
        "outer",
        COUNT,
        (
            on("inward", "outer", "outer.two"),
            on("outward", "outer.two", "outer"),
            on("again", "outer.one", "outer.one"),
            on("leave", "outer", "away"),
            on("back", "away", "outer.two"),
        ),
    )


def test_a_target_inside_its_source_does_not_leave_the_source() -> None:
    agent = led(nest(), ["inward"])
    assert (agent.active, agent.values["n"]) == (("outer.two",), 1)
    agent.take("inward")  # the child that is active already is left and entered again
    assert (agent.active, agent.values["n"]) == (("outer.two",), 2)


def test_a_target_around_or_at_its_source_is_left_and_entered_again() -> None:
    assert led(nest(), ["inward", "outward"]).local == LocalState(("outer.one",), (12,))
    agent = led(nest(), ["again"])
    assert (agent.active, agent.values["n"]) == (("outer.one",), 1)


def test_the_innermost_row_wins_and_a_refusal_is_one() -> None:
    chart = Statechart(
        "inner",
        (State("outer", (State("one"), State("two"), State("three")), "one"),),
        "outer",
        COUNT,
        (
            on("ask", ROOT, then="n := 3"),
            on("ask", "two", then="n := 2"),
            refuses("ask", "three"),
            on("next", "one", "two"),
            on("next", "two", "three"),
        ),
    )
    assert led(chart, ["ask"]).values["n"] == 3
    assert led(chart, ["next", "ask"]).values["n"] == 2
    assert not led(chart, ["next", "next"]).may("ask")


def regions() -> Statechart:
    """Two regions that answer the same events."""
    return Statechart(
        "regions",
        (State("left", (State("a"), State("b")), "a"), State("right", (State("c"), State("d")), "c")),
        variables=COUNT,
        parallel=True,
        rows=(
            on("both", "a", "b", when="n == 0", then="n := 1"),
            on("both", "c", "d", when="n == 0", then="n := min(n + 10, 99)"),
            on("one", "a"),
            refuses("one", "d"),
            on("one", ROOT, then="n := 50"),
            ignores("mute", "a"),
            on("mute", "d", then="n := 7"),
            on("home", ROOT, "right.c"),
        ),
    )


def test_regions_decide_before_one_of_them_acts() -> None:
    # The second row's guard would be false after the first row's effect.
    agent = led(regions(), ["both"])
    assert (agent.active, agent.values["n"]) == (("left.b", "right.d"), 11)


def test_a_refusal_in_one_region_holds_the_event_back() -> None:
    assert led(regions(), ["one"]).values["n"] == 0
    assert not led(regions(), ["both"]).may("one")
    assert led(regions(), ["both", "home", "one"]).values["n"] == 50, "no region answers, so the chart does"


def test_one_region_ignores_and_the_other_acts() -> None:
    assert led(regions(), ["mute"]).values["n"] == 0
    assert led(regions(), ["both", "mute"]).values["n"] == 7


def test_a_target_in_one_region_leaves_the_other_alone() -> None:
    assert led(regions(), ["both", "home"]).active == ("left.b", "right.c")


def test_a_row_from_region_to_region_leaves_the_parallel_state_as_a_whole() -> None:
    left = State("left", (State("a"), State("b")), "a", exit="n := min(n + 1, 99)")
    right = State("right", (State("c"), State("d")), "c", exit="n := min(n + 10, 99)")
    chart = Statechart(
        "across",
        (State("both", (left, right), parallel=True),),
        "both",
        COUNT,
        (on("go", "a", "b"), on("move", "c", "d"), on("cross", "b", "d"), on("renew", "right", "right")),
    )
    agent = led(chart, ["go", "cross"])
    assert (agent.active, agent.values["n"]) == (("both.left.a", "both.right.d"), 11)
    agent.take("renew")
    assert (agent.active, agent.values["n"]) == (("both.left.a", "both.right.c"), 22)


def test_a_chart_of_regions_is_left_and_entered_as_a_whole() -> None:
    left, right = State("left", (State("a"), State("b")), "a"), State("right", (State("c"), State("d")), "c")
    # Reachable by other rows too, so that the chart is one that can be meant.
    rows = (on("go", "a", "b"), on("move", "c", "d"), on("cross", "b", "d"), on("renew", "right", "right"))
    agent = led(Statechart("across", (left, right), parallel=True, rows=rows), ["go", "cross"])
    assert agent.active == ("left.a", "right.d")
    agent.take("go")
    agent.take("renew")
    assert agent.active == ("left.a", "right.c")


# -- the library -------------------------------------------------------------------------------------------------------


def test_an_agent_is_driven_by_a_machine_of_the_library_and_leaves_its_classes_alone() -> None:
    agent = Agent(nest())
    assert isinstance(agent.machine, HierarchicalMachine)
    assert agent.machine.get_nested_state_names() == ["chart", *(f"chart.{name}" for name in nest().state_names)]
    assert len(agent.machine.get_transitions(source="chart.outer")) == 2
    assert agent.machine.get_triggers("chart.away") == ["back"], "no automatic transitions"
    assert NestedState.separator == "_"


def test_agents_with_one_chart_share_the_machine_and_nothing_else() -> None:
    one, other = Agent(nest()), Agent(nest())
    assert one.machine is other.machine
    one.take("leave")
    assert (one.active, other.active) == (("away",), ("outer.one",))
    one.restart()
    assert one.local == other.local


def test_events_may_be_called_like_attributes_of_the_library() -> None:
    names = ("state", "trigger", "to", "initial", "go-on/now")
    chart = Statechart("words", (State("trigger"), State("chart")), "trigger", rows=(does(names, ROOT, "chart"),))
    for name in names:
        assert led(chart, [name]).active == ("chart",)


def test_an_event_without_rows_is_held_back_and_an_unknown_one_is_an_error() -> None:
    chart = Statechart("deaf", (State("here"),), "here", knows=frozenset({"call"}))
    agent = Agent(chart)
    assert not agent.may("call")
    with pytest.raises(MachineError):
        agent.take("call")
    assert not agent.may("cal")
    with pytest.raises(AttributeError, match="cal"):
        agent.take("cal")


@pytest.mark.parametrize("chart", [nest(), regions()], ids=lambda chart: chart.name)
def test_an_agent_alone_walks_in_step_with_its_network(chart: Statechart) -> None:
    run_state_machine_as_test(stateful(alone(chart)), settings=settings(max_examples=20))


def test_the_walk_reports_an_invariant_that_fails() -> None:
    def never_away(network: Network, state: GlobalState) -> bool:
        return "away" not in network.describe(state)["nest"]

    walk = stateful(alone(nest()), [never_away])
    with pytest.raises(AssertionError, match=r"never_away fails in {'nest': 'away\(n=11\)'"):
        run_state_machine_as_test(walk, settings=settings(max_examples=50, database=None, derandomize=True))


def test_the_most_general_partner_offers_what_the_agent_receives() -> None:
    network = alone(regions())
    assert isinstance(network, Network)
    assert {e.name: network.participants(e.name)[0] for e in network.events} == dict.fromkeys(
        ("both", "home", "mute", "one"), "environment"
    )
