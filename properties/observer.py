"""Observers: properties of a run, written as statecharts that watch and never interfere.

An observer knows some events of the network and follows them; it takes each of them in every state, so it can't
change what happens.  A run breaks the property when the observer is in its state ``violated``, from which there is no
way out.

``orders`` and ``counts_between`` build the two shapes that the catalogue needs most.

Source: Vardi and Wolper, "An automata-theoretic approach to automatic program verification", 1986, for safety: a bad
prefix is one that an automaton accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..model.network import Component, Network
from ..model.notation.rows import each
from ..model.notation.statechart import ROOT, State, Statechart, Transition, events_of, ignores, on
from ..model.notation.terms import Variable

VIOLATED = "violated"


def observer(
    name: str, states: Sequence[str], rows: Iterable[Transition], variables: Sequence[Variable] = ()
) -> Statechart:
    """An observer that starts in the first of ``states``; what ``rows`` don't mention it ignores."""
    table = tuple(rows)
    return Statechart(
        name,
        (*(State(s) for s in states), State(VIOLATED)),
        states[0],
        variables=tuple(variables),
        rows=(*table, *(ignores(e, ROOT) for e in sorted(events_of(table)))),
    )


def precedence(name: str, first: Sequence[str], then: Sequence[str], since: Sequence[str] = ()) -> Statechart:
    """``then`` never happens unless one of ``first`` has happened before, since the last of ``since``.

    Each is an event or several.

    >>> chart = precedence("run after start", ["on_start_returned"], ["run_invoked"], ["host_exits"])
    >>> sorted(chart.alphabet)
    ['host_exits', 'on_start_returned', 'run_invoked']
    """
    return observer(
        name,
        ("not_yet", "happened"),
        (
            on(each(first), "not_yet", "happened"),
            on(each(then), "not_yet", VIOLATED),
            *((on(each(since), "happened", "not_yet"),) if since else ()),
        ),
    )


def once(name: str, events: Sequence[str], since: Sequence[str] = ()) -> Statechart:
    """One of ``events`` happens, and no further one before one of ``since``; without ``since``, never again.

    >>> once("charged once", "charge", "order") == once("charged once", ["charge"], ["order"])
    True
    """
    return observer(
        name,
        ("not_yet", "happened"),
        (
            on(each(events), "not_yet", "happened"),
            on(each(events), "happened", VIOLATED),
            *((on(each(since), "happened", "not_yet"),) if since else ()),
        ),
    )


def sequence(
    name: str, steps: Sequence[Sequence[str]], restart: Sequence[str] = (), *, once: bool = False
) -> Statechart:
    """Each step's events never happen unless an event of every earlier step has happened, since the last ``restart``.

    A later step may be followed by an earlier one, unless each comes only ``once``; what has happened stays happened
    until ``restart``.
    """
    states = [f"after_{k}" for k in range(len(steps) + once)]
    rows = []
    for k in range(len(states)):
        if k + 1 < len(states):
            rows.append(on(each(steps[k]), states[k], states[k + 1]))
        late = tuple(e for later in steps[k + 1 :] for e in each(later))
        early = tuple(e for earlier in steps[:k] for e in each(earlier)) if once else ()
        if late or early:
            rows.append(on((*late, *early), states[k], VIOLATED))
    if restart:
        rows.append(on(each(restart), tuple(states[1:]), states[0]))
    return observer(name, states, rows)


def observer_table(component: Component, network: Network) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where an observer goes: table[event of the network, observer state]; and its violating states."""
    lts = component.lts
    stay = np.arange(lts.size, dtype=np.int64)
    table = np.tile(stay, (len(network.events), 1))
    for e, name in enumerate(component.alphabet):
        if name in network.event_index:
            table[network.event_index[name]] = lts.moves[e]
    wrong = np.array([VIOLATED in lts.active(s) for s in range(lts.size)], dtype=np.bool_)
    return table, wrong
