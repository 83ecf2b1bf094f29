"""Invariants: the safety properties of the catalogue in the form that other model checkers take.

``Always`` and ``Never`` become conditions on every state, ``NothingLost`` one per event; an observer becomes one more
component, with the condition that it never is in ``violated``.  So the exported network may have more components, and
more states, than the one the properties speak of.  What is no claim about single states is refused, with the reason,
or left out, and the model says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...model.exports import system
from ...model.network import Component, Network
from ...model.notation.statechart import State, Statechart
from ...model.notation.terms import TermError, Within, condition, suggestion
from ..observer import VIOLATED
from ..predicates import At, Can, Predicate, PredicateError, fold
from ..property import Always, AlwaysCan, Lacks, Never, NoDeadlock, NothingLost, Possible, Property, SentBy, Watched
from ..temporal import claims as temporal


def reason_against(prop: Property) -> str:
    """Why a property is no invariant; empty where it is one."""
    match prop.claim:
        case AlwaysCan():
            return "it says what can still be reached from every state, which is no claim about single states"
        case Possible():
            return "it asks for one state, not about all of them: export the contrary, and a violation is the answer"
        case temporal.EveryRun() | temporal.SomeRun() | temporal.Initially() | temporal.Within():
            return "it speaks of whole runs, not of single states"
        case Lacks() | SentBy():
            return "it speaks of how the network is built, not of its states"
        case _:
            return ""


def as_system(network: Network, properties: Iterable[Property]) -> system.System:
    """The network, with the observers it needs, and its properties as claims.

    Raises ExportError with every property that is no invariant, and PredicateError for names the network lacks.
    """
    chosen = list(properties)
    against = [f"{p}: {reason}" for p in chosen if (reason := reason_against(p))]
    if against:
        raise system.ExportError("can't be exported:\n" + "\n".join(f"  - {a}" for a in against))
    watching: dict[Component, Component] = {}
    taken = {c.name for c in network.components}
    for observer in (p.claim.observer for p in chosen if isinstance(p.claim, Watched)):
        if observer not in watching:
            watching[observer] = replace(observer, name=_free(f"observer {observer.name}", taken))
            taken.add(watching[observer].name)
    watched = _with_observers(network, watching.values())
    claims: list[system.Claim] = []
    for prop in chosen:
        match prop.claim:
            case Always(predicate):
                claims.append(system.Claim(str(prop), exported(predicate, watched)))
            case Never(events, when):
                happens = system.Some(tuple(exported(Can(e), watched) for e in events))
                there = happens if when is None else system.Every((exported(when, watched), happens))
                claims.append(system.Claim(str(prop), system.Contrary(there)))
            case Watched(observer):
                number = watched.index[watching[observer].name]
                claims.append(system.Claim(str(prop), system.Contrary(system.Local(number, Within(VIOLATED)))))
            case NothingLost():
                claims.append(system.Claim(str(prop), system.Every(tuple(system.Contrary(f) for f in _lost(watched)))))
            case _:
                pass
    return system.System(watched, tuple(claims), any(isinstance(p.claim, NoDeadlock) for p in chosen))


def what_can_be(network: Network, properties: Iterable[Property]) -> system.System:
    """The network with those properties that are invariants; the others are named as left out, each with the reason.

    >>> from goalstate.model.notation.statechart import does
    >>> tap = Statechart("tap", (State("shut"), State("open")), "shut", rows=(does("turn", "shut", "open"),))
    >>> network = Network((Component("tap", tap),))
    >>> what_can_be(network, [Property("it opens", Possible(Can("turn")))]).left_out
    (('it opens', 'it asks for one state, not about all of them: export the contrary, and a violation is the answer'),)
    """
    chosen = list(properties)
    left = tuple((str(p), reason) for p in chosen if (reason := reason_against(p)))
    return replace(as_system(network, [p for p in chosen if not reason_against(p)]), left_out=left)


def _with_observers(network: Network, observers: Iterable[Component]) -> Network:
    """The network with observers; what they watch and nobody sends is sent, never, by a component of its own."""
    found = tuple(observers)
    missing = sorted({e for o in found for e in o.alphabet} - set(network.event_index))
    if missing:
        silent = Statechart("nobody", (State("silent"),), "silent", withholds=frozenset(missing))
        found = (*found, Component(_free("nobody", {c.name for c in (*network.components, *found)}), silent))
    return network.with_components(found)


def _lost(network: Network) -> Iterable[system.Formula]:
    """Per event, the states in which it is sent and somebody holds it back without a word."""
    for event in network.events:
        receivers = [i for i, _ in event.participants if i != event.sender]
        if receivers:
            silent = tuple(
                system.Contrary(system.Some((system.Takes(i, event.name), system.Refuses(i, event.name))))
                for i in receivers
            )
            refused = system.Some(tuple(system.Refuses(i, event.name) for i, _ in event.participants))
            yield system.Every((system.Takes(event.sender, event.name), system.Some(silent), system.Contrary(refused)))


def exported(predicate: Predicate, network: Network) -> system.Formula:
    """A predicate as a condition for other tools; raises PredicateError for names that the network lacks."""

    def atom(of: At | Can) -> system.Formula:
        if isinstance(of, Can):
            if of.event not in network.event_index:
                raise PredicateError(f"no event {of.event!r}{suggestion(of.event, network.event_index)}")
            return system.possible(network, of.event)
        if of.component not in network.index:
            raise PredicateError(f"no component {of.component!r}{suggestion(of.component, network.index)}")
        number = network.index[of.component]
        chart = network.components[number].chart
        try:
            return system.Local(number, condition(of.condition, chart.variables, chart.state_names))
        except TermError as error:
            raise PredicateError(f"{of.component}: {error}") from None

    return fold(predicate, atom, lambda *both: system.Every(both), lambda *either: system.Some(either), system.Contrary)


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found
