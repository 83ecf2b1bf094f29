"""The search for a run: is there a fair run of the graph that an automaton accepts, and which?

The product of graph and automaton is built breadth first.  A fair accepting run exists iff the product has a strongly
connected part whose edges bear every mark and which keeps every constraint: a weak one is taken there or somewhere
disabled; an endless one is taken; a strong one is taken or nowhere enabled.  Where a component fails only for strong
constraints, the nodes that enable them are removed and what is left of it is taken apart again (Streett acceptance by
recursive decomposition).

The run is a shortest way to such a component, and inside it a tour that collects what is asked, one shortest way after
the other.

The compiled loops are imported where they are called: to load the compiler takes longer than most searches.

States in which nothing can happen get a step that goes nowhere, with no event, so that finite runs go on for ever.

Sources: Vardi and Wolper, "An automata-theoretic approach to automatic program verification", 1986; Emerson and Lei,
"Modalities for model checking", 1987.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...model.network import Network
from ...model.network.path import Path
from ...model.network.statespace import Graph, StateSpace
from ..graph.traversal import edges_of, reversed_graph
from ..predicates import Mask, PredicateError, bind
from .automaton import Automaton, FormulaTooLarge
from .fairness import Fair, Strength
from .formula import Happens

MOST_PAIRS = 2**31 - 2
"""Pairs of graph state and automaton state that a search has room for."""

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Arena:
    """A state space whose runs are all endless, with what several searches need of it.

    ``idle`` is the number of the event that goes nowhere: one more than the network's last.  States that a stopped
    search has not expanded have no edges, so that no run that is found depends on what was not seen.
    """

    space: StateSpace

    @property
    def network(self) -> Network:
        """The network."""
        return self.space.network

    @property
    def idle(self) -> int:
        """The event of a state in which nothing can happen."""
        return len(self.network.events)

    @cached_property
    def stuck(self) -> Mask:
        """The states in which nothing can happen."""
        stuck: Mask = np.diff(self._found.offsets) == 0
        stuck[self.space.expanded :] = False
        return stuck

    @cached_property
    def graph(self) -> Graph:
        """The graph with a step that goes nowhere wherever nothing can happen."""
        graph = self._found
        if not self.stuck.any():
            return graph
        where = np.flatnonzero(self.stuck)
        offsets = graph.offsets + np.concatenate(([0], np.cumsum(self.stuck)))
        places = graph.offsets[where]  # a state without edges ends where it begins
        return Graph(
            offsets.astype(np.int64),
            np.insert(graph.targets, places, where),
            np.insert(graph.events, places, self.idle).astype(np.int32),
        )

    @cached_property
    def reversed(self) -> Graph:
        """The edges of ``graph`` by target."""
        return reversed_graph(self.graph)

    @cached_property
    def to(self) -> NDArray[np.int32]:
        """Where the edges lead, as node numbers of a search."""
        return self.graph.targets.astype(np.int32)

    @property
    def _found(self) -> Graph:
        if self.space.graph is None:
            raise ValueError("this state space was enumerated without its graph")
        return self.space.graph

    @cached_property
    def _constraints(self) -> dict[tuple[Fair, ...], Constraints]:
        return {}

    def constraints(self, fairness: Sequence[Fair]) -> Constraints:
        """The constraints that some fairness is, made once: many claims assume the same."""
        wanted = tuple(fairness)
        if wanted not in self._constraints:
            self._constraints[wanted] = Constraints.of(self, wanted)
        return self._constraints[wanted]

    @cached_property
    def lasting(self) -> dict[tuple[Fair, ...], Mask]:
        """For fairness that was asked about, the states from which a run can keep it."""
        return {}

    def marked(self, events: Sequence[str]) -> Mask:
        """Which event numbers, the idle one included, are among some events; raises PredicateError for unknown ones."""
        found = np.zeros(self.idle + 1, dtype=np.bool_)
        for event in events:
            if event not in self.network.event_index:
                raise PredicateError(f"no event {event!r}")
            found[self.network.event_index[event]] = True
        return found


class Nodes(NamedTuple):
    """A graph to search for fair runs in: per node the graph state it stands for, per edge marks and event.

    Node 0 is the initial one; nodes lie in breadth-first order, and ``before`` gives the node each was found from.
    """

    state: Ints
    before: NDArray[np.int32]
    begins: Ints
    to: NDArray[np.int32]
    bears: Ints
    event: NDArray[np.int32]


class Rows(NamedTuple):
    """Where an automaton of ``size`` states may go, and with which marks.

    The row of automaton state q, a kind of state s and one of ``kinds`` kinds of events e has the number
    (q * kinds of states + s) * ``kinds`` + e; row r is ``begins[r]:begins[r + 1]`` in ``targets`` and ``marks``.
    """

    begins: Ints
    targets: NDArray[np.int32]
    marks: Ints
    kinds: int
    size: int


class Constraints(NamedTuple):
    """Fairness as bits: which constraint each event takes, which of them each state enables, and how strong each is."""

    taken: Words
    enabled: Words
    weak: Words
    strong: Words
    endless: Words

    @classmethod
    def of(cls, arena: Arena, fairness: Sequence[Fair]) -> Constraints:
        """The constraints on an arena."""
        from .kernels import enabled_in

        words = max(1, -(-len(fairness) // 64))
        taken = np.zeros((arena.idle + 1, words), dtype=np.uint64)
        masks = {strength: np.zeros(words, dtype=np.uint64) for strength in Strength}
        for k, fair in enumerate(fairness):
            bit = np.uint64(1 << (k % 64))
            taken[arena.marked(fair.events), k // 64] |= bit
            masks[fair.strength][k // 64] |= bit
        enabled = enabled_in(arena.graph.offsets, arena.graph.events, taken)
        return cls(taken, enabled, masks[Strength.WEAK], masks[Strength.STRONG], masks[Strength.ENDLESS])


@dataclass(frozen=True, eq=False)
class Fairly:
    """A strongly connected part in which a fair run can stay for ever: its nodes, and what it enables somewhere."""

    inside: Mask
    somewhere: Words


def fair_parts(nodes: Nodes, constraints: Constraints, marks: int, alive: Mask, every: bool) -> list[Fairly]:
    """The parts of the nodes ``alive`` in which a run can bear all marks and keep all constraints for ever.

    With ``every`` all such parts, joined per round of the decomposition; else one that is nearest to the initial node.
    """
    from ...model.engines.components import components
    from .kernels import gathered

    found: list[Fairly] = []
    alive = alive.copy()
    while True:
        component, number = components(nodes.begins, nodes.to, alive, False)
        if not number:
            return found
        borne, inside, somewhere, not_always = gathered(nodes, constraints, component, number)
        hopeful = (borne & marks) == marks
        hopeful &= ~(constraints.weak & ~(inside | not_always)).any(axis=1)
        hopeful &= ~(constraints.endless & ~inside).any(axis=1)
        neglected = constraints.strong & somewhere & ~inside
        fine = hopeful & ~neglected.any(axis=1)
        member = component >= 0
        if fine.any():
            winners = member & fine[component]
            if not every:
                c = component[int(np.flatnonzero(winners)[0])]
                return [Fairly(component == c, somewhere[c])]
            found.append(Fairly(winners, np.zeros(constraints.taken.shape[1], dtype=np.uint64)))
        again = hopeful & ~fine
        if not again.any():
            return found
        alive = member & again[component]
        rest = np.flatnonzero(alive)
        bad = (constraints.enabled[nodes.state[rest]] & neglected[component[rest]]).any(axis=1)
        alive[rest[bad]] = False


def accepted_run(arena: Arena, automaton: Automaton, fairness: Sequence[Fair] = ()) -> Path | None:
    """A fair run that the automaton accepts, or None when there is none.

    It is a lasso, or a path to a state in which nothing can happen.
    """
    constraints = arena.constraints(fairness)
    nodes, via = _product(arena, automaton)
    alive = np.ones(len(nodes.state), dtype=np.bool_)
    found = fair_parts(nodes, constraints, automaton.all_marks, alive, every=False)
    if not found:
        return None
    entry = int(np.flatnonzero(found[0].inside)[0])
    stem = [via[k] for k in _stem(nodes, entry)]
    tour = [via[k] for k in _tour(nodes, constraints, automaton.all_marks, found[0], entry)]
    return _path(arena, stem, tour)


def _product(arena: Arena, automaton: Automaton) -> tuple[Nodes, Ints]:
    from .kernels import product

    graph, size = arena.graph, len(automaton.edges)
    if arena.space.distinct * size > MOST_PAIRS:
        raise FormulaTooLarge(
            f"{arena.space.distinct:,} states times {size:,} states of the formula's automaton are too many"
        )
    state_kind, state_letters = _state_letters(arena, automaton)
    event_kind, event_letters = _event_letters(arena, automaton)
    begins, targets, marks = [0], [], []
    for edges in automaton.edges:
        for a in state_letters:
            for b in event_letters:
                letter = a | b
                for edge in edges:
                    if edge.requires & ~letter == 0 and edge.forbids & letter == 0:
                        targets.append(edge.target)
                        marks.append(edge.marks)
                begins.append(len(targets))
    rows = Rows(
        np.array(begins, dtype=np.int64),
        np.array(targets, dtype=np.int32),
        np.array(marks, dtype=np.int64),
        len(event_letters),
        size,
    )
    pairs, before, node_begins, to, via, bears = product(*edges_of(graph), state_kind, event_kind, rows)
    return Nodes(pairs // size, before, node_begins, to, bears, graph.events[via]), via


def _state_letters(arena: Arena, automaton: Automaton) -> tuple[NDArray[np.int32], list[int]]:
    """Per state its kind, per kind the state atoms that are true of it."""
    code = np.zeros(arena.space.distinct, dtype=np.int64)
    for k, atom in enumerate(automaton.atoms):
        if not isinstance(atom, Happens):
            code |= bind(atom.predicate, arena.network).over(arena.space.column).astype(np.int64) << k
    if not code.any():
        return np.zeros(len(code), dtype=np.int32), [0]
    letters, kind = np.unique(code, return_inverse=True)
    return kind.astype(np.int32), [int(x) for x in letters]


def _event_letters(arena: Arena, automaton: Automaton) -> tuple[NDArray[np.int32], list[int]]:
    """Per event, the idle one included, its kind; per kind the event atoms that are true of it."""
    code = np.zeros(arena.idle + 1, dtype=np.int64)
    for k, atom in enumerate(automaton.atoms):
        if isinstance(atom, Happens):
            code |= arena.marked(atom.events).astype(np.int64) << k
    letters, kind = np.unique(code, return_inverse=True)
    return kind.astype(np.int32), [int(x) for x in letters]


def _stem(nodes: Nodes, entry: int) -> list[int]:
    """The edges of a shortest way from the initial node."""
    way = []
    while entry:
        source = int(nodes.before[entry])
        begin, end = nodes.begins[source], nodes.begins[source + 1]
        way.append(int(begin + np.flatnonzero(nodes.to[begin:end] == entry)[0]))
        entry = source
    return way[::-1]


def _tour(nodes: Nodes, constraints: Constraints, marks: int, part: Fairly, entry: int) -> list[int]:
    """The edges of a way from a node of a part back to it, along which everything that is asked is met."""
    from .kernels import seek

    must = constraints.endless | (constraints.strong & part.somewhere)
    may_rest = constraints.weak.copy()
    none = np.zeros_like(must)
    way: list[int] = []
    here = entry

    def walk(goal: int, marks: int, must: Words, may_rest: Words) -> None:
        nonlocal here
        found = seek(nodes, constraints, part.inside, here, goal, marks, must, may_rest)
        way.extend(int(k) for k in found)
        here = int(nodes.to[way[-1]])

    while marks or must.any() or may_rest.any():
        met, source = len(way), here
        walk(-1, marks, must, may_rest)
        for k in way[met:]:
            got = constraints.taken[nodes.event[k]]
            marks &= ~int(nodes.bears[k])
            must &= ~got
            may_rest &= ~(got | ~constraints.enabled[nodes.state[source]])
            source = int(nodes.to[k])
    if here != entry or not way:
        walk(entry, 0, none, none)
    return way


def _path(arena: Arena, stem: list[int], tour: list[int]) -> Path:
    events = [int(arena.graph.events[k]) for k in (*stem, *tour)]
    if arena.idle in events:
        events = events[: events.index(arena.idle)]
        return Path.replay(arena.network, [arena.network.events[e].name for e in events])
    return Path.replay(arena.network, [arena.network.events[e].name for e in events], loop=len(stem))
