"""Vacuity: why a claim that holds was put to no test.

A claim can hold for reasons that say nothing about the network.  Found here, for the claims of safety:

* it speaks of no event or component at all;
* it is true (``Always``) or its condition false (``Never``) in every combination of local states whatever, those that
  no run reaches included: the network could be any other one;
* an observer never leaves its first state, since nothing that would move it ever happens;
* the states from which something must stay possible are never reached.

What concerns whole runs is in ``temporal.judging``: conditions without consequence, deadlines without a start or a
clock, fairness that no run keeps, formulas true of every run whatsoever.  A property's own witness comes on top.

Sources: Beer, Ben-David, Eisner and Rodeh, "Efficient detection of vacuity in temporal model checking", 2001; Kupferman
and Vardi, "Vacuity detection in temporal model checking", 2003, for claims true of every model.

Left out: conditions that are independent of each other only because of what a run can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..model.lts import NONE
from ..model.network import Component, Network
from ..model.statespace import Graph
from .predicates import At, Both, Can, Either, Mask, Negation, Predicate, enabled, local_states
from .property import Always, AlwaysCan, Claim, Lacks, Never, SentBy, Watched

MOST_COMBINATIONS = 100_000
"""Combinations of local states that are tried; a predicate about more is taken to depend on them."""


def untested(claim: Claim, network: Network, graph: Graph | None, over: Callable[[Predicate], Mask]) -> str:
    """Why a claim that holds says nothing, or nothing.

    ``over``: the truth of a predicate in every state that was searched, in which the claim is known to hold.
    """
    match claim:
        case Always(predicate) if always_the_same(predicate, network) is True:
            return "it is true in every combination of local states, whatever the agents do"
        case Never(events, _) if not events:
            return "it speaks of no event"
        case Never(_, when) if always_the_same(when, network) is False:
            return f"in no combination of local states {when}"
        case AlwaysCan(_, source, _) if source is not None and not over(source).any():
            return f"nothing in these bounds gets to where {source}"
        case Watched(observer, _) if graph is not None and not _leaves(observer, network, graph):
            return f"the observer {observer.name} never leaves its first state: nothing that moves it ever happens"
        case Lacks(components, _) if not components:
            return "it speaks of no component"
        case SentBy(events, _) if not events:
            return "it speaks of no event"
        case _:
            return ""


def _leaves(observer: Component, network: Network, graph: Graph) -> bool:
    """Whether something happens that moves an observer from its first state."""
    lts = observer.lts
    moving = [
        network.event_index[name]
        for e, name in enumerate(observer.alphabet)
        if name in network.event_index and lts.moves[e][0] not in (0, NONE)
    ]
    return bool(np.isin(graph.events, moving).any())


def always_the_same(predicate: Predicate, network: Network) -> bool | None:
    """The truth of a predicate, if it is the same in every combination of local states; else None.

    >>> from ..model.statechart import State, Statechart, on
    >>> lamp = Statechart("lamp", (State("off"), State("on")), "off", rows=(on("flip", "off", "on"),))
    >>> network = Network((Component("lamp", lamp),))
    >>> always_the_same(At("lamp", "in(on) or not in(on)"), network), always_the_same(At("lamp", "in(on)"), network)
    (True, None)
    """
    tables = dict(_atoms(predicate, network))
    by_component: dict[int, list[tuple[Predicate, int]]] = {}
    for atom, parts in tables.items():
        for k, (component, _) in enumerate(parts):
            by_component.setdefault(component, []).append((atom, k))
    # Local states that agree on every atom count as one.
    kinds = {c: np.unique([tables[a][k][1] for a, k in atoms], axis=1).T for c, atoms in by_component.items()}
    if prod(len(rows) for rows in kinds.values()) > MOST_COMBINATIONS:
        return None
    seen: bool | None = None
    for chosen in product(*kinds.values()):
        holding: dict[Predicate, bool] = {}
        for (_, atoms), row in zip(by_component.items(), chosen, strict=True):
            for (atom, _), value in zip(atoms, row, strict=True):
                holding[atom] = holding.get(atom, True) and bool(value)
        value = _truth(predicate, holding)
        if seen is not None and seen != value:
            return None
        seen = value
    return seen


def _atoms(predicate: Predicate, network: Network) -> Iterator[tuple[Predicate, list[tuple[int, NDArray[np.bool_]]]]]:
    """Each atom with the components it depends on, and their local states in which it may hold."""
    match predicate:
        case At(component, text):
            yield predicate, [(network.index[component], local_states(network, component, text))]
        case Can(event):
            yield predicate, enabled(network, event)
        case Both(left, right) | Either(left, right):
            yield from _atoms(left, network)
            yield from _atoms(right, network)
        case Negation(operand):
            yield from _atoms(operand, network)


def _truth(predicate: Predicate, holding: dict[Predicate, bool]) -> bool:
    match predicate:
        case Both(left, right):
            return _truth(left, holding) and _truth(right, holding)
        case Either(left, right):
            return _truth(left, holding) or _truth(right, holding)
        case Negation(operand):
            return not _truth(operand, holding)
        case _:
            return holding[predicate]
