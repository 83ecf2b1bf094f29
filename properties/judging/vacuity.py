"""Vacuity: why a claim that holds was put to no test.

A claim can hold for reasons that say nothing about the network.  Found here, for the claims of safety:

* it speaks of no event or component at all;
* it is true (``Always``) or its condition false (``Never``) by its words alone, in whatever states the agents were and
  whatever values their variables had: the network could be any other one;
* an observer never leaves its first state, since nothing that would move it ever happens;
* the states from which something must stay possible are never reached.

What concerns whole runs is in ``temporal.judging``: conditions without consequence, deadlines without a start or a
clock, fairness that no run keeps, formulas true of every run whatsoever.  A property's own witness comes on top.

Sources: Beer, Ben-David, Eisner and Rodeh, "Efficient detection of vacuity in temporal model checking", 2001; Kupferman
and Vardi, "Vacuity detection in temporal model checking", 2003, for claims true of every model.

Left out: conditions that are independent of each other only because of what a run can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from operator import and_, not_, or_

from ...model.network import Component, Network
from ...model.network.statespace import Graph
from ...model.notation.lts import LTS, NONE
from ...model.notation.terms import condition, holds, states_read, variables_read
from ..predicates import At, Mask, Predicate, arranged, atoms, fold
from ..property import Always, AlwaysCan, Claim, Lacks, Never, SentBy, Watched
from ..verdict import Vacuity, never_reached

MOST_COMBINATIONS = 100_000
"""Combinations that are tried; a predicate about more is taken to depend on them."""


def untested(claim: Claim, network: Network, graph: Graph | None, over: Callable[[Predicate], Mask]) -> Vacuity | None:
    """Why a claim that holds says nothing; None if it says something.

    ``over``: the truth of a predicate in every state that was searched, in which the claim is known to hold.
    """
    if why := by_words(claim, network):
        return why
    match claim:
        case AlwaysCan(_, source, _) if source is not None and not over(source).any():
            return never_reached(source)
        case Watched(observer, _) if graph is not None:
            return unmoved(observer) if movers(observer, network).isdisjoint(graph.happening) else None
        case _:
            return None


def by_words(claim: Claim, network: Network) -> Vacuity | None:
    """Why a claim that holds says nothing whatever the agents do; None if it says something."""
    match claim:
        case Always(predicate) if always_the_same(predicate, network) is True:
            return Vacuity("it is true by its words alone, whatever the agents do")
        case Never(events, _) | SentBy(events, _) if not events:
            return Vacuity("it speaks of no event")
        case Never(_, when) if when is not None and always_the_same(when, network) is False:
            return Vacuity(f"by its words alone it is never so that {when}")
        case Lacks(components, _) if not components:
            return Vacuity("it speaks of no component")
        case _:
            return None


def unmoved(observer: Component) -> Vacuity:
    """The vacuity of an observer that nothing moves."""
    return Vacuity(f"the observer {observer.name} never leaves its first state: nothing that moves it ever happens")


def movers(observer: Component, network: Network) -> frozenset[int]:
    """The events of a network, by number, that move an observer from its first state."""
    moves = observer.lts.moves
    return frozenset(
        network.event_index[name]
        for e, name in enumerate(observer.alphabet)
        if name in network.event_index and moves[e][0] not in (0, NONE)
    )


def always_the_same(predicate: Predicate, network: Network) -> bool | None:
    """The truth of a predicate, if it is the same whatever its components were, by their states' and variables' names
    alone; else None.  What an agent's table makes of them does not count: it could be mistaken.

    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("off"), State("on")), "off", rows=(does("light", "off", "on"),))
    >>> network = Network((Component("lamp", lamp),))
    >>> always_the_same(At("lamp", "in(on) or not in(on)"), network), always_the_same(At("lamp", "in(on)"), network)
    (True, None)
    """
    asked = sorted(atoms(predicate), key=str)
    by_component: dict[str, list[At]] = {}
    for atom in asked:
        if isinstance(atom, At):
            by_component.setdefault(atom.component, []).append(atom)
    # Whether an event can happen depends on tables, so it may be either.
    choices: list[list[dict[Predicate, bool]]] = [
        [{atom: False}, {atom: True}] for atom in asked if not isinstance(atom, At)
    ]
    for component, its in by_component.items():
        kinds = _kinds(network.components[network.index[component]].lts, its)
        if kinds is None:
            return None
        choices.append(kinds)
    if prod(map(len, choices)) > MOST_COMBINATIONS:
        return None
    seen = set()
    for chosen in product(*choices):
        holding = {atom: value for part in chosen for atom, value in part.items()}
        seen.add(fold(predicate, holding.__getitem__, and_, or_, not_))
    return seen.pop() if len(seen) == 1 else None


def _kinds(lts: LTS, atoms: Sequence[At]) -> list[dict[Predicate, bool]] | None:
    """Which truths of conditions on one agent go together, in any of its states with any values; None: too many."""
    terms = [condition(atom.condition, lts.chart.variables, lts.chart.state_names) for atom in atoms]
    read = frozenset().union(*map(variables_read, terms))
    ranges = {v.name: range(v.low, v.high + 1) for v in lts.chart.variables if v.name in read}
    asked = frozenset().union(*map(states_read, terms))
    occurring = arranged(lts)[0]
    if len(occurring) * prod(map(len, ranges.values())) > MOST_COMBINATIONS:
        return None
    places = dict.fromkeys(place & asked for place in occurring)
    found: dict[tuple[bool, ...], None] = {}
    for values in product(*ranges.values()):
        valuation = dict(zip(ranges, values, strict=True))
        for active in places:
            found[tuple(holds(term, valuation, active) for term in terms)] = None
    return [dict(zip(atoms, truths, strict=True)) for truths in found]
