"""Judging temporal claims on a state space: the run that breaks a claim, or the words that say there is none needed.

A run that is shown is checked once more by evaluating the formula on it (``word``), which shares nothing with the
search that found it: a lasso that does not break its formula, or does not keep its fairness, is an error of this
program and never reaches a verdict.

A claim that holds is tried once more for each "if ... then" in it, with the second part made impossible: where it still
holds, nothing follows from the first part, mostly because it never comes, and the claim is vacuous.

It is vacuous, too, where it is true of every run whatsoever, where no run keeps the fairness that it assumes, and where
a deadline's clock never starts or never ticks.

Source: Beer, Ben-David, Eisner and Rodeh, "Efficient detection of vacuity in temporal model checking", 2001.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import numpy as np

from ...model.network.path import Path
from ..predicates import Mask, bind
from ..temporal import formula as ltl
from ..temporal.automaton import accepts_something, of_formula
from ..temporal.branching import Labelling, counterexample
from ..temporal.claims import EveryRun, Initially, SomeRun, TemporalClaim, Within
from ..temporal.deadline import breach
from ..temporal.fairness import Fair, Strength, assuming
from ..temporal.search import Arena, accepted_run
from ..temporal.word import Word, satisfies, unfair
from ..verdict import Vacuity


def run_with(arena: Arena, formula: ltl.Formula, fairness: tuple[Fair, ...] = ()) -> Path | None:
    """A fair run that satisfies a formula, or None: a lasso, or a path to where nothing can happen."""
    path = accepted_run(arena, of_formula(formula), fairness)
    if path is not None:
        word = Word.of(path)
        if not satisfies(word, formula) or unfair(word, fairness):
            raise AssertionError(f"the run found does not do what was asked: {formula}")
    return path


def judged(arena: Arena, claim: TemporalClaim) -> tuple[Path | None, str]:
    """A run that breaks a claim, and in words what it shows; no words: nothing in what was searched breaks it.

    No run but words: no run that was searched does what must be possible.
    """
    match claim:
        case EveryRun(formula, fairness):
            path = run_with(arena, ltl.Not(formula), fairness)
            if path is None:
                return None, ""
            kind = "a run that never ends" if path.loop is not None else "a run to where nothing can happen any more"
            kept = f", {assuming(fairness)}" if fairness else ""
            return path, f"{kind}, of which this is false{kept}: {ltl.english(formula)}"
        case SomeRun(formula, fairness):
            if run_with(arena, formula, fairness) is not None:
                return None, ""
            return None, f"no run satisfies this{f', {assuming(fairness)}' if fairness else ''}: {ltl.english(formula)}"
        case Initially(formula, fairness):
            if not arena.space.complete:
                return None, ""  # what was not expanded might change what is true of every state
            found = counterexample(arena, formula, fairness)
            return found if found is not None else (None, "")
        case Within():
            return breach(arena, claim)


def remark(arena: Arena, claim: TemporalClaim) -> tuple[str, Vacuity | None]:
    """What is to be said of a claim that holds: the assumption it rests on, and why it holds vacuously, if it does."""
    match claim:
        case EveryRun(formula, fairness):
            if not accepts_something(of_formula(ltl.Not(formula))):
                return "", Vacuity("it is true of every run whatsoever, whatever the network")
            if neglected := unkept(arena, fairness):
                return "", neglected
            for first, emptied in (found for part in parts(formula) for found in without_consequence(part)):
                if not breakable(arena, emptied, fairness):
                    return "", Vacuity(f"it holds whatever follows from this: {ltl.english(first)}")
            return assuming(fairness), None
        case SomeRun(_, fairness):
            return assuming(fairness), None
        case Initially(_, fairness):
            return assuming(fairness), unkept(arena, fairness)
        case Within(start, _, _, ticks):
            if not ticks or accepted_run(arena, of_formula(ltl.Finally(ltl.Happens(ticks)))) is None:
                return "", Vacuity("the clock never ticks, so that every deadline is kept")
            if accepted_run(arena, of_formula(ltl.Finally(start))) is None:
                return "", Vacuity(f"in these bounds it never comes to it that {ltl.english(start)}")
            return "", None


def breakable(arena: Arena, formula: ltl.Formula, fairness: tuple[Fair, ...]) -> bool:
    """Whether some fair run breaks a formula.

    That something never is so (``G (x -> false)``) is broken where it is so and a fair run goes on from there, since
    fairness asks nothing of a run's beginning; every state that was found can be reached.  No product is needed.
    """
    never = _never(formula)
    if never is None:
        return accepted_run(arena, of_formula(ltl.Not(formula)), fairness) is not None
    going_on = arena.lasting.get(fairness)
    if going_on is None:
        going_on = arena.lasting[fairness] = Labelling(arena, fairness).fair
    return bool((_on_edges(arena, never) & going_on[arena.graph.targets]).any())


def _never(formula: ltl.Formula) -> ltl.Formula | None:
    """What a formula says is never so, if it says that and what it is so of is a single step."""
    match formula:
        case ltl.Said(_, meaning):
            return _never(meaning)
        case ltl.Globally(ltl.Implies(first, ltl.Constant(False))) if _of_one_step(first):
            return first
        case _:
            return None


def _of_one_step(formula: ltl.Formula) -> bool:
    match formula:
        case ltl.Constant() | ltl.Holds() | ltl.Happens():
            return True
        case ltl.Not(operand):
            return _of_one_step(operand)
        case ltl.And(operands) | ltl.Or(operands):
            return all(map(_of_one_step, operands))
        case ltl.Implies(left, right):
            return _of_one_step(left) and _of_one_step(right)
        case ltl.Said(_, meaning):
            return _of_one_step(meaning)
        case _:
            return False


def _on_edges(arena: Arena, formula: ltl.Formula) -> Mask:
    """The truth of a formula of one step, for each edge: before it, and taking it."""
    graph = arena.graph
    match formula:
        case ltl.Holds(predicate):
            now = bind(predicate, arena.network).over(arena.space.column)
            return np.repeat(now, np.diff(graph.offsets))
        case ltl.Happens(events):
            return arena.marked(events)[graph.events]
        case ltl.Not(operand):
            return ~_on_edges(arena, operand)
        case ltl.And(operands):
            return reduce(np.logical_and, (_on_edges(arena, o) for o in operands), np.ones(len(graph.events), np.bool_))
        case ltl.Or(operands):
            return reduce(np.logical_or, (_on_edges(arena, o) for o in operands), np.zeros(len(graph.events), np.bool_))
        case ltl.Implies(left, right):
            return ~_on_edges(arena, left) | _on_edges(arena, right)
        case ltl.Said(_, meaning):
            return _on_edges(arena, meaning)
        case ltl.Constant(value):
            return np.full(len(graph.events), value)
        case _:
            raise AssertionError("a formula of more than one step")


def unkept(arena: Arena, fairness: tuple[Fair, ...]) -> Vacuity | None:
    """The vacuity of fairness that no run keeps; None if one does.

    Weak and strong fairness some run always keeps: only what must happen again and again can be out of reach.
    """
    endless = any(fair.strength is Strength.ENDLESS for fair in fairness)
    if not endless or accepted_run(arena, of_formula(ltl.TRUE), fairness) is not None:
        return None
    return Vacuity(f"no run at all keeps what is assumed, {assuming(fairness)}")


def parts(formula: ltl.Formula) -> Iterator[ltl.Formula]:
    """The claims that a formula joins by "and", each with the condition that they stand under: smaller to search.

    >>> from goalstate.properties.temporal.formula import happens
    >>> calm, a, b = (happens(name) for name in ("calm", "a", "b"))
    >>> [str(part) for part in parts(calm >> (a & b))]
    ['<calm> -> <a>', '<calm> -> <b>']
    """
    match formula:
        case ltl.And(operands):
            for operand in operands:
                yield from parts(operand)
        case ltl.Implies(left, right):
            yield from (ltl.Implies(left, part) for part in parts(right))
        case _:
            yield formula


def without_consequence(formula: ltl.Formula) -> Iterator[tuple[ltl.Formula, ltl.Formula]]:
    """For each "if ... then" that a formula claims: its first part, and the formula with its second part made false.

    >>> from goalstate.properties.temporal.formula import happens, leads_to
    >>> for first, emptied in without_consequence(leads_to(happens("crash"), happens("restart"))):
    ...     print(first, "|", emptied)
    <crash> | G (<crash> -> false)
    """
    match formula:
        case ltl.Implies(left, right):
            yield left, ltl.Implies(left, ltl.FALSE)
            yield from ((first, ltl.Implies(left, emptied)) for first, emptied in without_consequence(right))
        case ltl.And(operands) | ltl.Or(operands):
            for k, operand in enumerate(operands):
                for first, emptied in without_consequence(operand):
                    yield first, type(formula)((*operands[:k], emptied, *operands[k + 1 :]))
        case ltl.Next(operand) | ltl.Finally(operand) | ltl.Globally(operand):
            yield from ((first, type(formula)(emptied)) for first, emptied in without_consequence(operand))
        case ltl.Until(left, right) | ltl.WeakUntil(left, right) | ltl.Release(left, right):
            yield from ((first, type(formula)(emptied, right)) for first, emptied in without_consequence(left))
            yield from ((first, type(formula)(left, emptied)) for first, emptied in without_consequence(right))
        case ltl.Said(_, meaning):
            yield from without_consequence(meaning)
        case _:
            return
