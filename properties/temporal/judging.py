"""Judging temporal claims on a state space: the run that breaks a claim, or the words that say there is none needed.

A run that is shown is checked once more by evaluating the formula on it (``word``), which shares nothing with the
search that found it: a lasso that does not break its formula, or does not keep its fairness, is an error of this
program and never reaches a verdict.
"""

from __future__ import annotations

from ...model.path import Path
from .automaton import of_formula
from .branching import counterexample
from .claims import EveryRun, Initially, SomeRun, TemporalClaim, Within
from .deadline import breach
from .fairness import Fair, assuming
from .formula import Formula, Not, english
from .search import Arena, accepted_run
from .word import Word, satisfies, unfair


def run_with(arena: Arena, formula: Formula, fairness: tuple[Fair, ...] = ()) -> Path | None:
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
            path = run_with(arena, Not(formula), fairness)
            if path is None:
                return None, ""
            kind = "a run that never ends" if path.loop is not None else "a run to where nothing can happen any more"
            kept = f", {assuming(fairness)}" if fairness else ""
            return path, f"{kind}, of which this is false{kept}: {english(formula)}"
        case SomeRun(formula, fairness):
            if run_with(arena, formula, fairness) is not None:
                return None, ""
            return None, f"no run satisfies this{f', {assuming(fairness)}' if fairness else ''}: {english(formula)}"
        case Initially(formula, fairness):
            if not arena.space.complete:
                return None, ""  # what was not expanded might change what is true of every state
            found = counterexample(arena, formula, fairness)
            return found if found is not None else (None, "")
        case Within():
            return breach(arena, claim)
