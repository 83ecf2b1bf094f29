"""Stateful tests of networks: Hypothesis picks the events, the machines and the network take them, and must agree."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from goalstate.model.network import Component, GlobalState, Network, ReplayError
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.model.running.runner import Runner

Invariant = Callable[[Network, GlobalState], bool]


def alone(chart: Statechart) -> Network:
    """One agent with the most general partner: it offers every event that the agent does not send, at any time."""
    received = tuple(sorted(chart.alphabet - chart.sends))
    partner = Statechart(
        "environment",
        (State("anything", says="whatever may happen, happens"),),
        "anything",
        rows=(does(received, "anything", says="the environment does it"),) if received else (),
    )
    return Network((Component(chart.name, chart), Component("environment", partner)), name=f"{chart.name} alone")


def stateful(network: Network, invariants: Sequence[Invariant] = ()) -> type[RuleBasedStateMachine]:
    """A test that walks through a network on the machines and on the tables at once.

    After every step both must be in the same state and allow the same events, and every invariant must hold.  Use its
    ``.TestCase`` in a test module, or ``hypothesis.stateful.run_state_machine_as_test``.
    """

    class Walk(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.runner = Runner(network)
            self.state = network.initial

        @rule(data=st.data())
        @precondition(lambda self: bool(network.enabled(self.state)))
        def happens(self, data: st.DataObject) -> None:
            event = data.draw(st.sampled_from(network.enabled(self.state)))
            self.runner.fire(event)
            self.state = network.step(self.state, event)

        @rule(data=st.data())
        @precondition(lambda self: len(network.enabled(self.state)) < len(network.events))
        def held_back(self, data: st.DataObject) -> None:
            enabled = set(network.enabled(self.state))
            event = data.draw(st.sampled_from([e.name for e in network.events if e.name not in enabled]))
            with pytest.raises(ReplayError, match="can't happen"):
                self.runner.fire(event)

        @invariant()
        def agree(self) -> None:
            assert self.runner.describe() == network.describe(self.state)
            assert self.runner.state == self.state
            assert self.runner.enabled() == network.enabled(self.state)

        @invariant()
        def hold(self) -> None:
            for claim in invariants:
                assert claim(network, self.state), f"{claim.__name__} fails in {network.describe(self.state)}"

    Walk.__name__ = Walk.__qualname__ = f"Walk through {network.name}"
    return Walk
