"""Equivalence: whether a network with a changed agent can do anything else than the network without the change.

Two networks are *bisimilar* when, after the same events, the same events can happen in both and their components are
in states of the same names.  What an agent remembers besides (its variables) is seen by what it leads to, or not at
all.  Networks are deterministic, so one walk over the pairs of states that the same events lead to decides it (Park,
"Concurrency and automata on infinite sequences", 1981; Milner, "Communication and Concurrency", 1989).

When only one agent was changed, all others are in the same states in both networks, so that a pair is a state of the
unchanged network and a local state of the changed agent: the walk needs the graph of one network only.

A pair of agents that are bisimilar by themselves, whatever the others let them do, can't be told apart in any network.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...model.network.statespace import Graph, StateSpace
from ...model.notation.lts import LTS, NONE
from ...model.notation.statechart import Statechart
from ..predicates import enabled
from .traversal import edges_of

Bits = NDArray[np.uint64]
WORD = 64


class Agent(NamedTuple):
    """An agent in a graph, for the compiled walk.

    ``column[state]`` is where it is in a state of the graph, ``own[event]`` its number of an event (or -1), ``offered``
    the events that all the others would take, as bits, and ``moves`` are its own.
    """

    column: NDArray[np.int32]
    own: NDArray[np.int32]
    offered: Bits
    moves: NDArray[np.int32]


class Comparison:
    """One component of a network that was searched, to be compared with charts that might take its place.

    >>> from goalstate.model.engines.explicit.search import explore
    >>> from goalstate.model.mutants import mutants
    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, does, on
    >>> tap = Statechart("tap", (State("shut"), State("open")), "shut",
    ...                  rows=(does("turn", "shut", "open"), does("turn", "open", "shut"), on("look", "open")))
    >>> who = Statechart("who", (State("looks"),), "looks", rows=(does("look", "looks"),))
    >>> network = Network((Component("tap", tap), Component("who", who)))
    >>> tap_in_it = Comparison(explore(network, graph=True), 0)
    >>> [(mutant.operator, tap_in_it.bisimilar(mutant.chart)) for mutant in mutants(tap)][:2]
    [('duplicate', False), ('drop row', False)]
    """

    def __init__(self, space: StateSpace, number: int) -> None:
        if space.graph is None or not space.complete:
            raise ValueError("this state space has no graph, or not the whole of it")
        network = space.network
        component = network.components[number]
        self.lts = component.lts
        self.graph = space.graph
        self.column = space.column(number).astype(np.int32)
        own = {name: e for e, name in enumerate(component.alphabet)}
        self.own = np.array([own.get(event.name, NONE) for event in network.events], dtype=np.int32)
        columns = {i: space.column(i) for i in range(len(network.components))}
        # For each state, the events of this component that all others would take.
        self.offered = np.zeros((space.distinct, -(-len(own) // WORD)), dtype=np.uint64)
        for name, e in own.items():
            others = (table[columns[i]] for i, table in enabled(network, name) if i != number)
            free = reduce(np.logical_and, others, np.ones(space.distinct, dtype=np.bool_))
            self.offered[free, e // WORD] |= np.uint64(1 << e % WORD)

    @classmethod
    def alone(cls, chart: Statechart) -> Comparison:
        """A chart by itself, all of whose events others might take at any time."""
        from ...model.notation.flattening import flatten

        found = cls.__new__(cls)
        lts = found.lts = flatten(chart)
        sources, numbers = np.nonzero(lts.moves.T != NONE)
        counts = np.bincount(sources, minlength=lts.size)
        found.graph = Graph(
            np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            lts.moves.T[sources, numbers].astype(np.int64),
            numbers.astype(np.int32),
        )
        found.column = np.arange(lts.size, dtype=np.int32)
        found.own = np.arange(len(lts.events), dtype=np.int32)
        found.offered = np.full((lts.size, -(-len(lts.events) // WORD)), ~np.uint64(0))
        return found

    def bisimilar(self, chart: Statechart) -> bool:
        """Whether the network can do the same, and gets to states of the same names, with ``chart`` in the place.

        The chart has the events of the one that it replaces, or fewer: those it takes no part in.
        """
        from ...model.notation.flattening import flatten
        from .equivalence_kernels import same_moves

        other = flatten(chart)
        number = {name: e for e, name in enumerate(other.events)}
        events = np.array([number.get(name, NONE) for name in self.lts.events], dtype=np.int32)
        names = _named(self.lts)[:, None] == _named(other)[None, :]
        agent = Agent(self.column, self.own, self.offered, self.lts.moves)
        return bool(same_moves(edges_of(self.graph), agent, events, other.moves, np.ascontiguousarray(names)))

    def exercised(self, row: int) -> bool:
        """Whether a row of the chart, by its number, ever answers an event that the others would take."""
        answers: dict[int, list[int]] = {}
        for (e, s), rows in self.lts.rows.items():
            if row in rows:
                answers.setdefault(e, []).append(s)
        for e, states in answers.items():
            here = np.zeros(self.lts.size, dtype=np.bool_)
            here[states] = True
            free = (self.offered[:, e // WORD] >> np.uint64(e % WORD)) & np.uint64(1)
            if (here[self.column] & (free != 0)).any():
                return True
        return False


def _named(lts: LTS) -> NDArray[np.int64]:
    """For each local state a number that states with the same active leaves share, in every LTS."""
    return np.array([hash(state.active) for state in lts.states], dtype=np.int64)
