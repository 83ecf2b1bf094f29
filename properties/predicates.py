"""State predicates: what can be said of one state of a network.

An atom speaks of one component, in the notation of its own chart: ``At("Web_IN_0/guest_agent", "in(supervising) and
status == ready")``.  ``Can`` says that an event can happen.  ``&``, ``|`` and ``~`` combine them.

A predicate is *bound* to a network before it is used: each atom becomes a table over the local states of its
component, so that it is evaluated for millions of packed states by looking columns up (``Bound.over``) as well as for
one (``Bound.of``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_, or_
from typing import Any, NoReturn, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..model.network import GlobalState, Network
from ..model.notation.lts import LTS, NONE, active_in
from ..model.notation.terms import TermError, condition, holds, states_read, suggestion, variables_read

Mask = NDArray[np.bool_]
Column = NDArray[np.integer[Any]]
Columns = Callable[[int], Column]
Over = Callable[[Columns], Mask]
Value = TypeVar("Value")


class PredicateError(ValueError):
    """A predicate that speaks of something the network does not have.

    ``name`` is what there is not; ``property`` the property that names it, once that is known.
    """

    def __init__(self, text: str, name: str = "", property: str = "") -> None:
        super().__init__(text)
        self.name = name
        self.property = property


class Combining:
    """The operators ``&``, ``|`` and ``~`` of every predicate."""

    def __and__(self, other: Predicate) -> Both:
        return Both(cast("Predicate", self), other)

    def __or__(self, other: Predicate) -> Either:
        return Either(cast("Predicate", self), other)

    def __invert__(self) -> Negation:
        return Negation(cast("Predicate", self))

    def __bool__(self) -> NoReturn:
        raise PredicateError(
            f"{self}: true in some states and false in others; allowed: &, | and ~ in place of and, or and not; "
            "write them, with brackets around each part"
        )


@dataclass(frozen=True)
class At(Combining):
    """A component is where ``condition`` says, in the words of its chart: ``in(state)``, variables, and, or, not."""

    component: str
    condition: str

    def __str__(self) -> str:
        return f"{self.component}: {self.condition}"


@dataclass(frozen=True)
class Can(Combining):
    """An event can happen."""

    event: str

    def __str__(self) -> str:
        return f"{self.event} can happen"


@dataclass(frozen=True)
class Both(Combining):
    """Two predicates at once."""

    left: Predicate
    right: Predicate

    def __str__(self) -> str:
        return f"({self.left}) and ({self.right})"


@dataclass(frozen=True)
class Either(Combining):
    """One of two predicates, or both."""

    left: Predicate
    right: Predicate

    def __str__(self) -> str:
        return f"({self.left}) or ({self.right})"


@dataclass(frozen=True)
class Negation(Combining):
    """The contrary of a predicate."""

    operand: Predicate

    def __str__(self) -> str:
        return f"not ({self.operand})"


Predicate: TypeAlias = At | Can | Both | Either | Negation


def require_predicate(value: object, claim: str) -> None:
    """Refuse what is no predicate, in a claim of some kind; raises PredicateError.

    >>> require_predicate("in(up)", "Always")
    Traceback (most recent call last):
    ...
    goalstate.properties.predicates.PredicateError: Always: 'in(up)' is no predicate; allowed: At and Can, joined by \
&, | and ~; write At('agent', 'in(state)')
    """
    if not isinstance(value, Combining):
        raise PredicateError(
            f"{claim}: {value!r} is no predicate; allowed: At and Can, joined by &, | and ~; "
            "write At('agent', 'in(state)')"
        )


def require_names(value: object, claim: str, kind: type[tuple[str, ...]] | type[frozenset[str]]) -> None:
    """Refuse what is no tuple, or no frozenset, of names; raises PredicateError."""
    if not isinstance(value, kind):
        name = value if isinstance(value, str) else "name"
        told = f"frozenset({{{name!r}}})" if kind is frozenset else f"({name!r},)"
        raise PredicateError(f"{claim}: {value!r} is no {kind.__name__} of names; write {told}")


def fold(
    predicate: Predicate,
    atom: Callable[[At | Can], Value],
    both: Callable[[Value, Value], Value],
    either: Callable[[Value, Value], Value],
    negation: Callable[[Value], Value],
) -> Value:
    """The value of a predicate in any Boolean algebra, from the values of its atoms.

    >>> from operator import not_
    >>> fold(At("os", "in(up)") & ~Can("halt"), lambda atom: isinstance(atom, At), and_, or_, not_)
    True
    """
    match predicate:
        case At() | Can():
            return atom(predicate)
        case Both(left, right) | Either(left, right):
            join = both if isinstance(predicate, Both) else either
            return join(fold(left, atom, both, either, negation), fold(right, atom, both, either, negation))
        case Negation(operand):
            return negation(fold(operand, atom, both, either, negation))


def atoms(predicate: Predicate) -> frozenset[At | Can]:
    """What a predicate is made of."""
    return fold(predicate, lambda atom: frozenset({atom}), or_, or_, lambda inside: inside)


def mentioned(predicate: Predicate, network: Network) -> frozenset[int]:
    """The components of a network, by number, that a predicate speaks of."""
    found: set[int] = set()
    for atom in atoms(predicate):
        match atom:
            case At(component) if component in network.index:
                found.add(network.index[component])
            case Can(event) if event in network.event_index:
                found |= {i for i, _ in network.events[network.event_index[event]].participants}
    return frozenset(found)


def everywhere(predicates: Sequence[Predicate]) -> Predicate:
    """All predicates at once; there must be one at least."""
    return reduce(Both, predicates)


def anywhere(predicates: Sequence[Predicate]) -> Predicate:
    """At least one of the predicates; there must be one at least."""
    return reduce(Either, predicates)


@dataclass(frozen=True, eq=False)
class Bound:
    """A predicate with its tables for one network: build it with ``bind``."""

    mask: Over

    def over(self, column: Columns) -> Mask:
        """The truth in every state; ``column(i)`` gives the local state numbers of component i."""
        return self.mask(column)

    def of(self, state: GlobalState) -> bool:
        """The truth in one state."""
        return bool(self.mask(lambda i: np.array([state[i]], dtype=np.int64))[0])


def bind(predicate: Predicate, network: Network) -> Bound:
    """The predicate over the states of a network; raises PredicateError for names that the network lacks."""

    def atom(of: At | Can) -> Over:
        if isinstance(of, Can):
            tables = enabled(network, of.event)
            return lambda column: reduce(and_, (table[column(i)] for i, table in tables))
        table = local_states(network, of.component, of.condition)
        number = network.index[of.component]
        return lambda column: table[column(number)]

    def both(one: Over, other: Over) -> Over:
        return lambda column: one(column) & other(column)

    def either(one: Over, other: Over) -> Over:
        return lambda column: one(column) | other(column)

    def negation(inner: Over) -> Over:
        return lambda column: ~inner(column)

    return Bound(fold(predicate, atom, both, either, negation))


def local_states(network: Network, component: str, text: str) -> Mask:
    """Which local states of a component satisfy a condition in the words of its chart."""
    if component not in network.index:
        raise PredicateError(f"no component {component!r}{suggestion(component, network.index)}", component)
    try:
        return _satisfying(network.components[network.index[component]].lts, text)
    except TermError as error:
        raise PredicateError(f"{component}: {error}") from None


@lru_cache(maxsize=4096)
def _satisfying(lts: LTS, text: str) -> Mask:
    """Which local states satisfy a condition; it is judged once for all that agree in what it reads."""
    term = condition(text, lts.chart.variables, lts.chart.state_names)
    asked, read = states_read(term), variables_read(term)
    places, place, values = arranged(lts)
    alike = {active & asked: k for k, active in reversed(list(enumerate(places)))}
    code = np.array([alike[active & asked] for active in places], dtype=np.int64)[place]
    for i, variable in enumerate(lts.chart.variables):
        if variable.name in read:
            # Numbered again, since ranges may be of any width.
            known, value = np.unique(values[:, i], return_inverse=True)
            code = np.unique(code * len(known) + value, return_inverse=True)[1]
    _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    found: Mask = np.array([holds(term, lts.values(s), lts.active(s)) for s in first.tolist()], dtype=np.bool_)[kind]
    return found


@lru_cache(maxsize=256)
def arranged(lts: LTS) -> tuple[tuple[frozenset[str], ...], NDArray[np.int64], NDArray[np.int64]]:
    """The sets of active states that occur in a machine; for each local state the place of its own among them, and its
    values."""
    places = {leaves: k for k, leaves in enumerate(dict.fromkeys(local.active for local in lts.states))}
    place = np.array([places[local.active] for local in lts.states], dtype=np.int64)
    values = np.array([local.values for local in lts.states], dtype=np.int64).reshape(lts.size, -1)
    return tuple(map(active_in, places)), place, values


def enabled(network: Network, event: str) -> list[tuple[int, Mask]]:
    """For each participant of an event, the local states in which it can take it."""
    if event not in network.event_index:
        raise PredicateError(f"no event {event!r}{suggestion(event, network.event_index)}", event)
    participants = network.events[network.event_index[event]].participants
    return [(i, network.components[i].lts.moves[e] != NONE) for i, e in participants]
