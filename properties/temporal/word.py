"""A run as a word, and the truth of a formula and its parts at every step of it.

A lasso has finitely many steps, and after the last one comes the first of its loop.  A path to a state in which nothing
can happen is a lasso too: there the run stays for ever, and no event is taken.  On a lasso a formula is evaluated from
its definition, without any automaton: until as a least fixed point, release as a greatest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...model.network import GlobalState, Network
from ...model.network.path import Path
from ..predicates import bind
from . import formula as ltl
from .fairness import Fair, Strength


@dataclass(frozen=True)
class Word:
    """The steps of an endless run: states, the event taken from each (none: nothing can happen), where its loop is."""

    network: Network
    states: tuple[GlobalState, ...]
    events: tuple[str | None, ...]
    loop: int

    @classmethod
    def of(cls, path: Path) -> Word:
        """The run of a lasso, or of a path that ends where nothing can happen; raises ValueError for another one."""
        if path.loop is not None:
            return cls(path.network, path.states[:-1], path.events, path.loop)
        if path.network.enabled(path.last):
            raise ValueError("a path that neither returns nor ends where nothing can happen is no whole run")
        return cls(path.network, path.states, (*path.events, None), len(path.events))

    def __len__(self) -> int:
        return len(self.states)


def truth(word: Word, of: ltl.Formula) -> dict[ltl.Formula, list[bool]]:
    """The truth of a formula and of everything inside it at every step.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> from goalstate.properties.temporal.formula import finally_, happens
    >>> rows = (does("install", "new", "dark"), does("on", "dark", "bright"), does("off", "bright", "dark"))
    >>> lamp = Statechart("lamp", (State("new"), State("dark"), State("bright")), "new", rows=rows)
    >>> run = Path.replay(Network((Component("lamp", lamp),)), ["install", "on", "off"], loop=1)
    >>> truth(Word.of(run), finally_(happens("install")))[happens("install")]
    [True, False, False]
    """
    known: dict[ltl.Formula, list[bool]] = {}
    steps = len(word)
    for part in ltl.parts(of):
        match part:
            case ltl.Constant(value):
                known[part] = [value] * steps
            case ltl.Holds(predicate):
                bound = bind(predicate, word.network)
                known[part] = [bound.of(s) for s in word.states]
            case ltl.Happens(events):
                known[part] = [e in events for e in word.events]
            case ltl.Not(operand):
                known[part] = [not v for v in known[operand]]
            case ltl.And(operands):
                known[part] = [all(known[o][i] for o in operands) for i in range(steps)]
            case ltl.Or(operands):
                known[part] = [any(known[o][i] for o in operands) for i in range(steps)]
            case ltl.Implies(left, right):
                known[part] = [not a or b for a, b in zip(known[left], known[right], strict=True)]
            case ltl.Next(operand):
                known[part] = [*known[operand][1:], known[operand][word.loop]]
            case ltl.Finally(operand):
                known[part] = _settled(word, [True] * steps, known[operand], False)
            case ltl.Globally(operand):
                known[part] = _settled(word, known[operand], [False] * steps, True)
            case ltl.Until(left, right):
                known[part] = _settled(word, known[left], known[right], False)
            case ltl.WeakUntil(left, right):
                known[part] = _settled(word, known[left], known[right], True)
            case ltl.Release(left, right):
                both = [a and b for a, b in zip(known[left], known[right], strict=True)]
                known[part] = _settled(word, known[right], both, True)
            case ltl.Said(_, meaning):
                known[part] = known[meaning]
    return known


def satisfies(word: Word, of: ltl.Formula) -> bool:
    """Whether a formula is true of a run."""
    return truth(word, of)[of][0]


def unfair(word: Word, fairness: Sequence[Fair]) -> list[Fair]:
    """The constraints that a run does not keep."""
    round_ = range(word.loop, len(word))
    found = []
    for fair in fairness:
        enabled = [any(e in fair.events for e in word.network.enabled(word.states[i])) for i in round_]
        taken = any(word.events[i] in fair.events for i in round_)
        asked = {Strength.WEAK: all(enabled), Strength.STRONG: any(enabled), Strength.ENDLESS: True}[fair.strength]
        if asked and not taken:
            found.append(fair)
    return found


def _settled(word: Word, keeps: list[bool], comes: list[bool], endlessly: bool) -> list[bool]:
    """``keeps`` until ``comes``: the fixed point, the greatest when ``endlessly`` keeping is enough."""
    value = [endlessly] * len(word)
    for _ in range(2):  # once to the front of the loop, once more with what came of it
        following = value[word.loop]
        for i in range(len(word) - 1, -1, -1):
            value[i] = following = comes[i] or (keeps[i] and following)
    return value
