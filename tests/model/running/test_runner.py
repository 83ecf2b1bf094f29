"""The runner takes events with all agents or with none, and follows the paths of the network."""

import time
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from goalstate.model.engines.reference import explore
from goalstate.model.network import Component, Network, ReplayError
from goalstate.model.network.path import Path
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, on, refuses
from goalstate.model.running.runner import Runner
from tests.stateful import stateful


def two_phase_commit(managers: int) -> Network:
    """Gray and Lamport's TwoPhase with its message set: 288 states for 3 resource managers, 8,832 for 5."""
    each = range(managers)
    coordinator = Statechart(
        "coordinator",
        (State("waiting"), State("committed"), State("aborted")),
        "waiting",
        rows=(
            does(tuple(f"hear_{i}" for i in each), "waiting"),
            does("commit", "waiting", "committed"),
            does("abort", "waiting", "aborted"),
            does(tuple(f"tell_commit_{i}" for i in each), "committed"),
            does(tuple(f"tell_abort_{i}" for i in each), "aborted"),
        ),
    )
    parts = [Component("coordinator", coordinator)]
    for i in each:
        manager = Statechart(
            "manager",
            (State("working"), State("prepared"), State("committed"), State("aborted")),
            "working",
            rows=(
                does(f"prepare_{i}", "working", "prepared"),
                does(f"give_up_{i}", "working", "aborted"),
                on(f"tell_commit_{i}", ROOT, "committed"),
                on(f"tell_abort_{i}", ROOT, "aborted"),
            ),
        )
        message = Statechart(
            "message",
            (State("none"), State("sent"), State("heard")),
            "none",
            rows=(
                on(f"prepare_{i}", "none", "sent"),
                on(f"hear_{i}", ("sent", "heard"), "heard"),
                on("commit", "heard"),
                refuses("commit", ("none", "sent"), says="not every manager is prepared"),
            ),
        )
        parts += [Component(f"manager_{i}", manager), Component(f"message_{i}", message)]
    return Network(tuple(parts), name="two-phase commit")


TWO = two_phase_commit(2)


def test_the_runner_follows_a_shortest_path_to_every_state() -> None:
    network = two_phase_commit(3)
    space = explore(network)
    assert space.distinct == 288
    runner = Runner(network)
    for number in range(0, space.distinct, 7):
        path = space.path(number)
        assert runner.accepts(path)
        assert runner.state == space.state(number)
        assert runner.enabled() == network.enabled(space.state(number))


def test_an_event_is_taken_by_all_or_by_none() -> None:
    runner = Runner(TWO)
    for event in ("prepare_0", "hear_0"):
        runner.fire(event)
    before = runner.state
    with pytest.raises(ReplayError) as error:
        runner.fire("commit")
    assert str(error.value) == "'commit' can't happen: message_1 refuses it in none (not every manager is prepared)"
    assert runner.state == before
    with pytest.raises(ReplayError, match=r"'hear_1' can't happen: message_1 holds it back in none$"):
        runner.fire("hear_1")
    with pytest.raises(ReplayError, match=r"unknown event 'comit' \(did you mean 'commit'\?\)"):
        runner.fire("comit")
    assert runner.state == before


def test_the_sender_is_told_first_and_with_its_row() -> None:
    taken = Runner(TWO).fire("prepare_1")
    assert [(t.component, [str(r) for r in t.rows]) for t in taken] == [
        ("manager_1", ["does prepare_1: working -> prepared"]),
        ("message_1", ["on prepare_1: none -> sent"]),
    ]


def test_reset_goes_back_to_the_start() -> None:
    runner = Runner(TWO)
    runner.fire("abort")
    assert runner.describe()["coordinator"] == "aborted"
    runner.reset()
    assert runner.state == TWO.initial
    assert runner.describe() == TWO.describe(TWO.initial)


def test_a_path_with_a_false_state_is_not_accepted() -> None:
    path = Path.replay(TWO, ["prepare_0", "abort"])
    runner = Runner(TWO)
    assert runner.accepts(path)
    false = replace(path, states=(path.states[0], path.states[0], path.states[2]))
    assert not runner.accepts(false)
    with pytest.raises(ReplayError, match="after step 1 of 2: manager_0 is in prepared, not in working"):
        runner.run_path(false)
    skipping = replace(path, events=("hear_0", "abort"))
    with pytest.raises(ReplayError, match="step 1 of 2: 'hear_0' can't happen: message_0 holds it back in none"):
        runner.run_path(skipping)


def test_the_network_and_its_machines_walk_in_step() -> None:
    run_state_machine_as_test(stateful(TWO), settings=settings(max_examples=20))


def test_definitions_are_shared_so_many_components_cost_little() -> None:
    lamp = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(does("light", "dark", "bright"),))
    network = Network(tuple(Component(f"lamp_{i}", lamp, f"{i}/") for i in range(300)))
    assert len(network.events) == 300
    started = time.perf_counter()
    runner = Runner(network)
    assert time.perf_counter() - started < 0.5
    assert len({id(agent.machine) for agent in runner.agents}) == 1
