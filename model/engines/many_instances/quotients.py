"""Compositional minimisation: each instance is minimised before it is composed with the core.

An instance with all its agents has thousands of local states, but the core, and a property of the core, can tell only a
few of them apart.  So the instance is composed with the core as its interface; events in which nobody else takes part
are hidden, and states are merged by *branching bisimulation with explicit divergence*.  That is a congruence, so the
product of the minimised instances with the core is, for the core, equivalent to the whole product.

The interface is the core with one instance; an environment that can always do anything stands for all others.  Every
move of the instance in the whole product is possible there, so no move that matters is left out.

The result is an agent in the usual notation: a state for each class, and an event ``hidden_to_k`` for each hidden step
to class k; a hidden step from a class to itself says that hidden steps can go on for ever.  An agent takes an event in
one way only.  Where a class takes it in several, the event leads to an extra state, in which hidden steps choose.  So
the choice is made later than in the whole: reachable states of the core, deadlocks and recoverability (AG EF) stay the
same, since what can be chosen is reached next; claims on what is possible at once in such a state do not.

Sources: van Glabbeek and Weijland, "Branching time and abstraction in bisimulation semantics", 1996; Blom and Orzan,
"Distributed branching bisimulation reduction of state spaces", 2003, for refinement by signatures; Graf and Steffen,
"Compositional minimization of finite state systems", 1990, for the interface.

Left out: events that nobody expects (``NothingLost``), since a minimised instance refuses all that it can't take.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ...network import Component, Network
from ...network.statespace import NO_LIMITS, Limits
from ...notation.statechart import State, Statechart, does, on, refuses
from ..components import components
from ..explicit import search as explicit
from .family import Family, kinds_of, members

HIDDEN = ""
"""The label of a step that only the instance takes part in."""

Steps: TypeAlias = list[set[tuple[str, int]]]
"""By state, what can happen and where it leads."""


@dataclass(frozen=True)
class Quotient:
    """A minimised instance: the agent, and the numbers of states before, of the instance and of it with the core."""

    chart: Statechart
    shared: frozenset[str]
    before: int
    with_core: int

    @property
    def after(self) -> int:
        """The number of its states."""
        return len(self.chart.states)


def quotient(network: Network, scope: str, limits: Limits = NO_LIMITS) -> Quotient:
    """One instance of a network, minimised; instances must share events with the core only.

    Raises TooLarge when the instance with the core is not searched to its end within the limits.
    """
    own = members(network)[scope]
    inside = frozenset(own)
    core = [i for i, c in enumerate(network.components) if not c.scope]
    known = {e for i in core for e in network.components[i].alphabet}
    interface = _interface(network, [*core, *own])
    space = explicit.explore(interface, limits, graph=True)
    if not space.complete or space.graph is None:
        raise TooLarge(f"{scope.rstrip('/')} with the core: {space.stopped or 'no room for its edges'}")
    first = len(core)
    columns = np.stack([space.layout.column(space.packed, first + k) for k in range(len(own))], axis=1)
    states, number = np.unique(columns, axis=0, return_inverse=True)
    number = number.reshape(-1)
    sources = np.repeat(number, np.diff(space.graph.offsets))
    edges = np.unique(np.stack([sources, space.graph.events, number[space.graph.targets]], axis=1), axis=0)
    label = [e.name if e.name in known else HIDDEN for e in interface.events]
    takes_part = [any(first <= i < first + len(own) for i, _ in e.participants) for e in interface.events]
    steps: Steps = [set() for _ in range(len(states))]
    for source, event, target in edges.tolist():
        if takes_part[event]:
            steps[source].add((label[event], target))
    start = int(number[0])
    # The initial state first: the first class is that of the first state.
    order = [start, *(s for s in range(len(steps)) if s != start)]
    place = {s: k for k, s in enumerate(order)}
    _, merged = minimised([{(label, place[t]) for label, t in steps[s]} for s in order])
    events = [e for e in network.events if e.name in known and any(i in inside for i, _ in e.participants)]
    return Quotient(
        _agent(merged, scope, [(e.name, e.sender in inside, e.fault) for e in events]),
        frozenset().union(*(network.components[i].shared for i in own)),
        len(states),
        space.distinct,
    )


class TooLarge(Exception):
    """An instance that could not be searched within the limits; the message says which."""


def reduced(family: Family, whole: Iterable[str] = (), limits: Limits = NO_LIMITS) -> Network:
    """The large network of a family with its instances minimised, except for those kept ``whole``, by scope.

    Raises TooLarge.
    """
    small, network = family.network, family.real
    kept = frozenset(whole)
    samples = {kind: scope for scope, kind in reversed(kinds_of(small).items())}
    kinds = kinds_of(network)
    made: dict[object, Quotient] = {}
    components: list[Component] = []
    placed: set[str] = set()
    for component in network.components:
        scope = component.scope
        if not scope or scope in kept:
            components.append(component)
        elif scope not in placed:
            placed.add(scope)
            kind = kinds[scope]
            if kind not in made:
                made[kind] = quotient(small, samples[kind], limits)
            components.append(Component(scope + "instance", made[kind].chart, scope, made[kind].shared))
    known = {e for c in components for e in c.alphabet}
    return replace(network, components=tuple(components), ticks=network.ticks & known)


def _interface(network: Network, kept: Sequence[int]) -> Network:
    components = [network.components[i] for i in kept]
    sent = {e for c in components for e in c.sends}
    others = sorted({e for c in components for e in c.alphabet} - sent)
    if not others:
        return Network(tuple(components))
    anything = State("anything")
    surroundings = Statechart("surroundings", (anything,), "anything", rows=tuple(does(e, "anything") for e in others))
    return Network((*components, Component("surroundings", surroundings)))


def _agent(steps: Steps, scope: str, events: Sequence[tuple[str, bool, str]]) -> Statechart:
    """Classes and their steps as an agent; for each event of the core, whether it is sent here, and its fault."""
    names = [f"class_{k}" for k in range(len(steps))]
    after: dict[frozenset[int], str] = {}
    taken: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))  # event, target, sources
    for source, outgoing in enumerate(steps):
        targets: dict[str, set[int]] = defaultdict(set)
        for label, target in outgoing:
            if label == HIDDEN:
                taken[f"hidden_to_{target}"][names[target]].append(names[source])
            else:
                targets[label].add(target)
        for label, several in targets.items():
            known = after.setdefault(
                frozenset(several), names[min(several)] if len(several) == 1 else f"choice_{len(after)}"
            )
            taken[label][known].append(names[source])
    for choice, name in after.items():
        if len(choice) > 1:
            names.append(name)
            for target in choice:
                taken[f"hidden_to_{target}"][names[target]].append(name)
    hidden = sorted(set(taken) - {e for e, _, _ in events})
    rows = []
    for event, sent, fault in [*events, *((h, True, "") for h in hidden)]:
        own = event.removeprefix(scope)
        for to, sources in taken[event].items():
            rows.append(does(own, tuple(sources), to, fault=fault) if sent else on(own, tuple(sources), to))
        left = tuple(n for n in names if not any(n in sources for sources in taken[event].values()))
        if taken[event] and left and not sent:
            rows.append(refuses(own, left))
    never = {(e.removeprefix(scope), sent) for e, sent, _ in events if not taken[e]}
    return Statechart(
        "instance",
        tuple(State(n) for n in names),
        names[0],
        rows=tuple(rows),
        knows=frozenset(e for e, sent in never if not sent),
        withholds=frozenset(e for e, sent in never if sent),
    )


def minimised(steps: Steps) -> tuple[list[int], Steps]:
    """The class of each state, and the steps between classes.

    A hidden step that can be taken for ever without leaving a class is one from the class to itself.

    >>> minimised([{("", 1)}, {("a", 2)}, {("", 2)}])
    ([0, 0, 1], [{('a', 1)}, {('', 1)}])
    """
    component = _cycles(steps)
    joined, endless = _joined(steps, component)
    classes = _refined(joined, endless)
    # Classes are numbered by their first states.
    first = {k: n for n, k in enumerate(dict.fromkeys(classes[c] for c in component))}
    merged: Steps = [set() for _ in first]
    for part, outgoing in enumerate(joined):
        here = classes[part]
        merged[first[here]] |= {(a, first[classes[t]]) for a, t in outgoing if a != HIDDEN or classes[t] != here}
        if part in endless:
            merged[first[here]].add((HIDDEN, first[here]))
    return [first[classes[c]] for c in component], merged


def bisimilar(one: Steps, other: Steps) -> bool:
    """Whether the first states of two systems do the same: branching bisimulation with explicit divergence."""
    both: Steps = [*one, *({(label, len(one) + t) for label, t in outgoing} for outgoing in other)]
    component = _cycles(both)
    classes = _refined(*_joined(both, component))
    return classes[component[0]] == classes[component[len(one)]]


def _joined(steps: Steps, component: Sequence[int]) -> tuple[Steps, set[int]]:
    """The steps between components, and the components in which hidden steps can go on for ever."""
    joined: Steps = [set() for _ in range(max(component) + 1)]
    endless: set[int] = set()
    for source, outgoing in enumerate(steps):
        for label, target in outgoing:
            here, there = component[source], component[target]
            if label == HIDDEN and here == there:
                endless.add(here)
            else:
                joined[here].add((label, there))
    return joined, endless


def _refined(steps: Steps, endless: set[int]) -> list[int]:
    """The classes of states: split by what they can do, after hidden steps inside their class, until nothing splits.

    Hidden steps lead to smaller numbers.
    """
    classes, count = [0] * len(steps), 1
    while True:
        signatures: list[frozenset[tuple[str, int]]] = []
        found: dict[tuple[int, frozenset[tuple[str, int]]], int] = {}
        for state, outgoing in enumerate(steps):
            own = {(HIDDEN, -1)} if state in endless else set()
            for label, target in outgoing:
                if label == HIDDEN and classes[target] == classes[state]:
                    own |= signatures[target]
                else:
                    own.add((label, classes[target]))
            signatures.append(frozenset(own))
            found.setdefault((classes[state], signatures[-1]), len(found))
        if len(found) == count:
            return classes
        classes = [found[k, signature] for k, signature in zip(classes, signatures, strict=True)]
        count = len(found)


def _cycles(steps: Steps) -> list[int]:
    """Numbers of the strongly connected components by hidden steps; a hidden step leads to a smaller or equal one."""
    hidden = [[target for label, target in outgoing if label == HIDDEN] for outgoing in steps]
    begins = np.cumsum([0, *map(len, hidden)], dtype=np.int64)
    to = np.array([target for targets in hidden for target in targets], dtype=np.int32)
    found: list[int] = components(begins, to, np.ones(len(steps), dtype=np.bool_), True)[0].tolist()
    return found
