"""Surroundings: a stand-in for other agents that may do anything at any time.

They take the place of agents that a search leaves out.  An agent restricts what may happen and surroundings don't, so a
network with surroundings can do all that the network with the agents can do: what never happens in it never happens
with them.  The converse does not hold: what it can reach, the agents may be unable to reach.

Source: Clarke, Grumberg and Long, "Model checking and abstraction", 1994, for abstractions that only add behaviour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ..notation.statechart import State, Statechart, does
from .vocabulary import NO_CORES

FAULTS: Mapping[str, str] = MappingProxyType(
    {"host_agent_crashes": "host_agent_crash", "host_fails": "host_failure", NO_CORES: "no_capacity"}
)
"""Faults of the agents left out that others take part in, with their kinds: they need a unit of the budget here too."""


def surroundings(events: Iterable[str]) -> Statechart:
    """One state in which each of the events may happen."""
    return Statechart(
        "surroundings",
        (State("anything"),),
        "anything",
        rows=tuple(does(e, "anything", fault=FAULTS.get(e, ""), says="this may happen at any time") for e in events),
    )
