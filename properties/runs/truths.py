"""What is true along a run: every part of a property, before each event and at the end.

Which part goes wrong, and where, is what one wants to know of a counterexample.  For a formula that is the truth of
each part of it; for an observer, where it is; for a deadline, how much time has passed; for "can always get to", from
which step on there is no way back.

Source: Beer, Ben-David, Chockler, Orni and Trefler, "Explaining counterexamples using causality", 2012, for showing
values beside the trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...model.network.path import Path
from ...model.network.statespace import StateSpace
from ..predicates import At, Can, Predicate, fold
from ..property import Always, AlwaysCan, Claim, Never, NoDeadlock, NothingLost, Watched
from ..temporal import branching
from ..temporal.claims import EveryRun, Initially, Within
from ..temporal.explanation import abridged, letter, lettered
from ..temporal.formula import And, Formula, Happens, Holds, Not, Or, english
from ..temporal.search import Arena
from ..temporal.word import Word, truth
from .refutation import hopeless, lost, numbers, ticks_since_start, watched

TRUE, FALSE = "+", "·"


@dataclass(frozen=True)
class Track:
    """One thing to watch along a run: its letter, what it is, and its value before each event and at the end."""

    letter: str
    text: str
    values: tuple[str, ...]


def tracks(path: Path, claim: Claim, space: StateSpace | None = None) -> tuple[Track, ...]:
    """What to watch of a claim along a run; nothing for a claim about the network as such.

    The values are `+` for true, `·` for false, or what they are.  ``space``: as for ``refutation.rule``; without it,
    what would need it is left out.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> from goalstate.properties.predicates import At
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(does("switch_on", "dark", "bright"),))
    >>> run = Path.replay(Network((Component("lamp", lamp),)), ["switch_on"])
    >>> for track in tracks(run, Always(~At("lamp", "in(bright)"))):
    ...     print(track.letter, track.text, track.values)
    a {lamp: in(bright)} ('·', '+')
    b !a ('+', '·')
    """
    match claim:
        case Always(predicate):
            return _of_formulas(path, _now(path), _formula(predicate))
        case Never(events, when):
            happens = Happens(events)
            return _of_formulas(path, _now(path), Not(happens if when is None else And((happens, _formula(when)))))
        case EveryRun(formula):
            try:
                return _of_formulas(path, Word.of(path), formula)
            except ValueError:
                return ()
        case Watched(observer):
            names = tuple(observer.lts.name(s) for s in watched(path, observer))
            return (Track("a", f"the rule's observer, {observer.name}, is in", names),)
        case Within(start, goal):
            one, ticks = claim.tick_length, ticks_since_start(path, claim)
            counted = tuple("-" if n is None else str(n * one.number) for n in ticks)
            clock = Track("a", f"{one.unit.value}s since {english(start)}, until {english(goal)}", counted)
            above = tuple(_sign(n is not None and n > claim.limit) for n in ticks)
            return (clock, Track("b", f"more than {claim.limit * one.number}", above))
        case NoDeadlock():
            values = tuple(_sign(bool(path.network.enabled(s))) for s in path.states)
            return (Track("a", "something can happen", values),)
        case NothingLost():
            values = tuple(_sign(next(lost(path.network, s), "") == "") for s in path.states)
            return (Track("a", "no event is lost here", values),)
        case AlwaysCan(target, source, without):
            asked = [*([source] if source is not None else []), target]
            found = _of_formulas(path, _now(path), *map(_formula, asked))
            if space is not None and space.complete:
                bad = hopeless(space, target, without)
                named = lettered(*map(_formula, asked))[_formula(target)]
                ways = tuple(_sign(not bad[n]) for n in numbers(space, path))
                found = (*found, Track(letter(len(found)), f"{named} can still come true", ways))
            return found
        case Initially(formula, fairness):
            return (
                _of_branching(path, formula, branching.Labelling(Arena(space), fairness)) if space is not None else ()
            )
        case _:
            return ()


def _now(path: Path) -> Word:
    """A run whose present alone is asked about: for formulas on states and events the rest does not matter."""
    return Word(path.network, path.states, (*path.events, None), len(path.events))


def _of_formulas(path: Path, word: Word, *formulas: Formula) -> tuple[Track, ...]:
    names = lettered(*formulas)
    known: dict[Formula, list[bool]] = {}
    for one in formulas:
        known |= truth(word, one)
    # After its last event a lasso is where its loop begins.
    steps = [*range(len(path)), len(path) if len(word) > len(path) else word.loop]
    return tuple(
        Track(name, abridged(part, names), tuple(_sign(known[part][k]) for k in steps)) for part, name in names.items()
    )


def _of_branching(path: Path, formula: branching.Branching, labelling: branching.Labelling) -> tuple[Track, ...]:
    where = np.array(numbers(labelling.arena.space, path))
    shown = dict.fromkeys(_parts(formula))
    return tuple(
        Track(letter(k), str(part), tuple(_sign(bool(v)) for v in labelling.states(part)[where]))
        for k, part in enumerate(shown)
    )


def _parts(of: branching.Branching) -> Iterator[branching.Branching]:
    """A formula of branching time and what is inside it, what is inside first; AG, AF and AX are of one piece."""
    match of:
        case branching.Here(None):
            return
        case (
            branching.Fails(branching.SomeUntil(branching.Here(None), branching.Fails(p)))
            | branching.Fails(branching.SomeGlobally(branching.Fails(p)))
            | branching.Fails(branching.SomeNext(branching.Fails(p)))
        ):
            yield from _parts(p)
        case branching.Fails(p) | branching.SomeNext(p) | branching.SomeGlobally(p):
            yield from _parts(p)
        case branching.AndAlso(p, q) | branching.OrElse(p, q) | branching.SomeUntil(p, q) | branching.AllUntil(p, q):
            yield from _parts(p)
            yield from _parts(q)
    yield of


def _formula(predicate: Predicate) -> Formula:
    """A predicate as a formula, so that its parts are seen."""

    def atom(of: At | Can) -> Formula:
        return Holds(of)

    return fold(predicate, atom, lambda *both: And(both), lambda *either: Or(either), Not)


def _sign(value: bool) -> str:
    return TRUE if value else FALSE
