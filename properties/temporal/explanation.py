"""Explaining a run that breaks a formula: what is true where, what can be left out, and which other causes there are.

* ``truth_table``: every part of the formula at every step, so that one sees where it goes wrong.
* ``shortened``: the run without the events that the violation does not need (``shortening``).
* ``causes``: runs that differ in their faults.  A run is found, then for each kind of fault in it a run without that
  kind, and so on: a tree in the manner of diagnosis from first principles.  What remains is one run per smallest set of
  kinds, first of all a run without any fault, where there is one.

Source: Reiter, "A theory of diagnosis from first principles", 1987.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...model.network.path import Path
from ..graph.shortening import shorten
from . import formula as ltl
from .assumptions import NoFault, assumed
from .automaton import of_formula
from .fairness import Fair
from .search import Arena, accepted_run
from .word import Word, satisfies, truth, unfair


def truth_table(path: Path, formula: ltl.Formula) -> str:
    """What is true at every step of a run, as text: one line per step, one column per part of the formula.

    Raises ValueError for a path that is no whole run.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> from goalstate.properties.predicates import At
    >>> from goalstate.properties.temporal.formula import finally_, globally
    >>> rows = (does("on", "dark", "bright"), does("burns_out", "bright", "broken"), does("rattles", "broken"))
    >>> lamp = Statechart("lamp", (State("dark"), State("bright"), State("broken")), "dark", rows=rows)
    >>> run = Path.replay(Network((Component("lamp", lamp),)), ["on", "burns_out", "rattles"], loop=2)
    >>> print(truth_table(run, globally(finally_(At("lamp", "in(bright)")))))
    a  {lamp: in(bright)}
    b  F a
    c  G b
    <BLANKLINE>
             a b c
       1     · + ·  on
       2     + + ·  burns_out
       3  >  · · ·  rattles
    <BLANKLINE>
    + true, · false; from > on it goes round for ever
    """
    word = Word.of(path)
    known = truth(word, formula)
    names = lettered(formula)
    shown = list(names)
    width = max(map(len, names.values()), default=1)
    lines = [f"{names[part]:<{width}}  {abridged(part, names)}" for part in shown]
    lines += ["", " " * 9 + " ".join(f"{names[part]:<{width}}" for part in shown)]
    for step, event in enumerate(word.events):
        values = " ".join(f"{'+' if known[part][step] else '·':<{width}}" for part in shown)
        mark = ">" if step == word.loop else " "
        lines.append(f"{step + 1:>4}  {mark}  {values}  {event or 'nothing can happen any more'}")
    lines += ["", "+ true, · false; from > on it goes round for ever"]
    return "\n".join(line.rstrip() for line in lines)


def shortened(path: Path, formula: ltl.Formula, fairness: Sequence[Fair] = ()) -> Path:
    """A run that breaks the formula with some of the events of another one: no single event more can be left out."""

    def breaks(shorter: Path) -> bool:
        try:
            word = Word.of(shorter)
        except ValueError:
            return False
        return not satisfies(word, formula) and not unfair(word, fairness)

    return shorten(path, breaks)


@dataclass(frozen=True)
class Cause:
    """Kinds of fault, and a run with no others that breaks the formula."""

    faults: frozenset[str]
    path: Path

    def __str__(self) -> str:
        return " and ".join(sorted(self.faults)) or "no fault at all"


def causes(arena: Arena, formula: ltl.Formula, fairness: Sequence[Fair] = (), most: int = 16) -> list[Cause]:
    """Runs that break a formula by different faults: none has the kinds of another one and more; ``most`` of them."""
    found: list[Cause] = []
    tried: set[frozenset[str]] = set()
    waiting: list[frozenset[str]] = [frozenset()]
    while waiting and len(found) < most:
        without = waiting.pop(0)
        if without in tried:
            continue
        tried.add(without)
        wanted, _ = assumed(arena.network, formula, [NoFault(kind) for kind in sorted(without)])
        path = accepted_run(arena, of_formula(ltl.Not(wanted)), fairness)
        if path is None:
            continue
        path = shortened(path, wanted, fairness)
        cause = Cause(frozenset(o.fault for o in path.occurrences() if o.fault), path)
        if not any(known.faults <= cause.faults for known in found):
            found = [known for known in found if not cause.faults <= known.faults]
            found.append(cause)
        waiting += [without | {kind} for kind in sorted(cause.faults)]
    return sorted(found, key=lambda c: (len(c.faults), str(c)))


def lettered(*formulas: ltl.Formula) -> dict[ltl.Formula, str]:
    """The parts of formulas that are worth showing, what is inside first, each with a letter."""
    shown = dict.fromkeys(p for f in formulas for p in ltl.parts(f) if not isinstance(p, ltl.Constant | ltl.Said))
    return {part: letter(k) for k, part in enumerate(shown)}


def letter(number: int) -> str:
    """a, b, ... z, a1, b1, ..."""
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")


@dataclass(frozen=True)
class _Named(ltl.Constant):
    """A part of a formula by its letter: printed as such, without brackets."""

    letter: str = ""

    def __str__(self) -> str:
        return self.letter


def abridged(part: ltl.Formula, names: dict[ltl.Formula, str]) -> str:
    """A part, with what is inside it by letters."""

    def named(inner: ltl.Formula) -> ltl.Formula:
        while isinstance(inner, ltl.Said):
            inner = inner.meaning
        return _Named(True, names[inner]) if inner in names else inner

    match part:
        case ltl.And(inner) | ltl.Or(inner):
            return str(type(part)(tuple(map(named, inner))))
        case ltl.Not(operand) | ltl.Next(operand) | ltl.Finally(operand) | ltl.Globally(operand):
            return str(type(part)(named(operand)))
        case ltl.Until(left, right) | ltl.WeakUntil(left, right) | ltl.Release(left, right) | ltl.Implies(left, right):
            return str(type(part)(named(left), named(right)))
        case _:
            return str(part)
