"""Fairness: which runs are left out because an agent that could act never does.

A constraint is about a set of events: all that one agent does of itself (its faults left out: a fault need not happen),
or one event.  It is *enabled* in a state when one of them can happen there, and *taken* when one of them does.

========  ============================================================================
weak      enabled at every step from some step on: taken again and again
strong    enabled again and again: taken again and again
endless   taken again and again, whatever is enabled; for the passing of time
========  ============================================================================

Runs that end, where nothing can happen, are weakly and strongly fair, and never endless.

Sources: Lamport, "What good is temporal logic?", 1983; Francez, "Fairness", 1986.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from ...model.network import Network
from ...model.notation.lts import NONE
from ...model.notation.terms import suggestion
from ..predicates import PredicateError


class Strength(Enum):
    """How much a constraint asks."""

    WEAK = "weak"
    STRONG = "strong"
    ENDLESS = "endless"


KINDS = (
    *(f"{strength.value} fairness of {whose}" for strength in Strength for whose in ("each action of ", "")),
    "no fault ",
)
"""How assumptions of one kind begin."""


@dataclass(frozen=True)
class Fair:
    """One constraint; ``name`` is the agent or event it was named by.

    ``each_of``: the agent whose actions are assumed to be fair one by one, this being one of them.
    """

    strength: Strength
    name: str
    events: tuple[str, ...]
    each_of: str = ""

    def __str__(self) -> str:
        name = f"each action of {self.each_of}" if self.each_of else self.name
        if self.strength is Strength.ENDLESS:
            return f"{name} happens again and again"
        return f"{self.strength.value} fairness of {name}"


def weak(network: Network, *names: str) -> tuple[Fair, ...]:
    """Weak fairness of agents and events, by name; ``*`` stands for any part of an event's name.

    Raises PredicateError for a name that the network lacks.
    """
    return _named(network, Strength.WEAK, names)


def strong(network: Network, *names: str) -> tuple[Fair, ...]:
    """Strong fairness of agents and events; see ``weak``."""
    return _named(network, Strength.STRONG, names)


def endless(network: Network, *names: str) -> tuple[Fair, ...]:
    """The events, or those of the agents, happen again and again; see ``weak``."""
    return _named(network, Strength.ENDLESS, names)


def each_action(network: Network, strength: Strength, *agents: str) -> tuple[Fair, ...]:
    """Fairness of each action of agents, one by one: an agent that does one thing for ever neglects its others.

    Raises PredicateError for an unknown agent.
    """
    found = []
    for agent in agents:
        if agent not in network.index:
            raise PredicateError(f"no agent {agent!r}{suggestion(agent, network.index)}")
        found += [Fair(strength, event, (event,), agent) for event in does_of_itself(network, agent)]
    return tuple(found)


def assuming(fairness: Sequence[Fair]) -> str:
    """The assumption in words, each kind of it once; empty without one."""
    return f"assuming {together(map(str, fairness))}" if fairness else ""


def together(assumptions: Iterable[str]) -> str:
    """Assumptions in words, those of one kind told together.

    >>> together(["weak fairness of crane", "no fault slip", "weak fairness of belt", "no fault fall"])
    'weak fairness of crane, belt; no fault slip, fall'
    """
    kinds: dict[str, dict[str, None]] = {}
    for assumption in assumptions:
        kind = next((k for k in KINDS if assumption.startswith(k)), "")
        kinds.setdefault(kind, {})[assumption.removeprefix(kind)] = None
    return "; ".join(kind + ", ".join(names) for kind, names in kinds.items())


def does_of_itself(network: Network, agent: str) -> tuple[str, ...]:
    """The events that an agent sends, faults left out."""
    number = network.index[agent]
    return tuple(e.name for e in network.events if e.sender == number and not e.fault)


def holding_up(network: Network, events: Iterable[str]) -> tuple[str, ...]:
    """The agents that can make one of the events wait and, where they do, can act themselves: so it waits for them.

    Read from the agents' tables, not from what is reached together: an agent more than needed may be found, none is
    missed.

    >>> from goalstate.model.network import Component
    >>> from goalstate.model.notation.statechart import State, Statechart, does, on, refuses
    >>> passes = Statechart("clock", (State("on"),), "on", rows=(does("tick", "on"),))
    >>> rows = (does("look", "due", "done"), on("tick", "done", "due"), refuses("tick", "due"))
    >>> looks = Statechart("guard", (State("due"), State("done")), "due", rows=rows)
    >>> holding_up(Network((Component("clock", passes), Component("guard", looks))), ["tick"])
    ('guard',)
    """
    acts = [set(does_of_itself(network, c.name)) for c in network.components]
    found: dict[int, None] = {}
    for name in events:
        event = network.events[network.event_index[name]]
        for agent, number in event.participants:
            if agent == event.sender or agent in found:
                continue
            component = network.components[agent]
            waits = component.lts.moves[number] == NONE
            own = [k for k, heard in enumerate(component.alphabet) if heard in acts[agent]]
            if any((waits & (component.lts.moves[k] != NONE)).any() for k in own):
                found[agent] = None
    return tuple(network.components[agent].name for agent in sorted(found))


def matching(network: Network, pattern: str) -> tuple[str, ...]:
    """The events of a network that a name or a pattern with ``*`` means; raises PredicateError when there is none."""
    found = tuple(e.name for e in network.events if e.name == pattern or fnmatchcase(e.name, pattern))
    if not found:
        allowed = [*network.event_index, *network.index]
        raise PredicateError(f"no event {pattern!r}{suggestion(pattern, allowed)}")
    return found


def _named(network: Network, strength: Strength, names: Sequence[str]) -> tuple[Fair, ...]:
    found: list[Fair] = []
    for name in names:
        if name in network.index:
            found.append(Fair(strength, name, does_of_itself(network, name)))
        else:
            found += [Fair(strength, event, (event,)) for event in matching(network, name)]
    return tuple(dict.fromkeys(found))
