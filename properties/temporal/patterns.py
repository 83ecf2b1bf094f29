"""Dwyer's patterns of properties, with their five scopes, as formulas of linear time.

A pattern says what must be so (``absence``, ``existence``, ``universality``, ``precedence``, ``response``), a scope in
which part of a run: everywhere, ``before`` the first of something, ``after`` the first of it, ``between`` one and the
next other (a part that is never closed does not count), or ``after_until`` (there it does).  A part that opens includes
the step that opens it and ends before the step that closes it.

>>> from goalstate.properties.temporal.formula import english, happens
>>> crash, ready = happens("crash"), happens("reports_ready")
>>> print(response(crash, ready))
G (<crash> -> (X (F <reports_ready>)))
>>> print(english(absence(ready, between(crash, happens("restart")))))
between crash happens and restart happens: never reports_ready happens

Source: Dwyer, Avrunin and Corbett, "Patterns in property specifications for finite-state verification", 1999; the
formulas are those of its catalogue, but for precedence *after*: there the catalogue's formula is content with any
step at which the scope's condition is true, where its text (and this one) means the first; and for responses to an
event, which are looked for after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from . import formula as ltl


@dataclass(frozen=True)
class Throughout:
    """The whole run."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True)
class Before:
    """Up to the first step at which ``closes`` is true; a run without one has no such part."""

    closes: ltl.Formula

    def __str__(self) -> str:
        return f"before the first time that {ltl.english(self.closes)}: "


@dataclass(frozen=True)
class After:
    """From the first step at which ``opens`` is true."""

    opens: ltl.Formula

    def __str__(self) -> str:
        return f"after the first time that {ltl.english(self.opens)}: "


@dataclass(frozen=True)
class Between:
    """From each step with ``opens`` to the next with ``closes``; ``even_open``: also where there is no next one."""

    opens: ltl.Formula
    closes: ltl.Formula
    even_open: bool = False

    def __str__(self) -> str:
        if self.even_open:
            return f"after {ltl.english(self.opens)}, until {ltl.english(self.closes)}: "
        return f"between {ltl.english(self.opens)} and {ltl.english(self.closes)}: "

    @property
    def opened(self) -> ltl.Formula:
        """Where a part opens."""
        opens = ltl.And((self.opens, ltl.Not(self.closes)))
        return opens if self.even_open else ltl.And((opens, ltl.Finally(self.closes)))


Scope: TypeAlias = Throughout | Before | After | Between

THROUGHOUT = Throughout()


def before(closes: ltl.FormulaLike) -> Before:
    """Before the first time that something is true."""
    return Before(ltl.formula(closes))


def after(opens: ltl.FormulaLike) -> After:
    """After the first time that something is true."""
    return After(ltl.formula(opens))


def between(opens: ltl.FormulaLike, closes: ltl.FormulaLike) -> Between:
    """Between each one and the next other."""
    return Between(ltl.formula(opens), ltl.formula(closes))


def after_until(opens: ltl.FormulaLike, closes: ltl.FormulaLike) -> Between:
    """After each one, until the next other, which need not come."""
    return Between(ltl.formula(opens), ltl.formula(closes), even_open=True)


def absence(what: ltl.FormulaLike, scope: Scope = THROUGHOUT) -> ltl.Said:
    """``what`` is never true within the scope."""
    p = ltl.formula(what)
    return ltl.Said(f"{scope}never {_bracket(p)}", _lasting(ltl.Not(p), scope))


def universality(what: ltl.FormulaLike, scope: Scope = THROUGHOUT) -> ltl.Said:
    """``what`` is true at every step of the scope."""
    p = ltl.formula(what)
    return ltl.Said(f"{scope}always {_bracket(p)}", _lasting(p, scope))


def existence(what: ltl.FormulaLike, scope: Scope = THROUGHOUT) -> ltl.Said:
    """``what`` is true at some step of the scope."""
    p = ltl.formula(what)
    match scope:
        case Throughout():
            meaning: ltl.Formula = ltl.Finally(p)
        case Before(r):
            meaning = ltl.WeakUntil(ltl.Not(r), ltl.And((p, ltl.Not(r))))
        case After(q):
            meaning = ltl.Or((ltl.Globally(ltl.Not(q)), ltl.Finally(ltl.And((q, ltl.Finally(p))))))
        case Between(q, r, even_open):
            until = ltl.Until if even_open else ltl.WeakUntil
            meaning = ltl.Globally(ltl.Implies(ltl.And((q, ltl.Not(r))), until(ltl.Not(r), ltl.And((p, ltl.Not(r))))))
    return ltl.Said(f"{scope}at some time {_bracket(p)}", meaning)


def precedence(first: ltl.FormulaLike, then: ltl.FormulaLike, scope: Scope = THROUGHOUT) -> ltl.Said:
    """Within the scope, ``then`` is not true before ``first`` has been, or is at the same step."""
    s, p = ltl.formula(first), ltl.formula(then)
    match scope:
        case Throughout():
            meaning: ltl.Formula = ltl.WeakUntil(ltl.Not(p), s)
        case Before(r):
            meaning = ltl.Implies(ltl.Finally(r), ltl.Until(ltl.Not(p), ltl.Or((s, r))))
        case After(q):
            meaning = ltl.WeakUntil(ltl.Not(q), ltl.And((q, ltl.WeakUntil(ltl.Not(p), s))))
        case Between(_, r, even_open):
            until = ltl.WeakUntil if even_open else ltl.Until
            meaning = ltl.Globally(ltl.Implies(scope.opened, until(ltl.Not(p), ltl.Or((s, r)))))
    return ltl.Said(f"{scope}{_bracket(p)} only at or after a step with {_bracket(s)}", meaning)


def response(cause: ltl.FormulaLike, effect: ltl.FormulaLike, scope: Scope = THROUGHOUT) -> ltl.Said:
    """Within the scope, whenever ``cause`` is true, ``effect`` is later.

    Later begins with the step of the cause, unless the cause is an event: then with the step after it (``since``).
    """
    p, s = ltl.formula(cause), ltl.formula(effect)
    match scope:
        case Throughout():
            meaning: ltl.Formula = ltl.Globally(ltl.Implies(p, ltl.since(p, ltl.Finally(s))))
        case Before(r):
            meaning = ltl.Implies(ltl.Finally(r), ltl.Until(_answered(p, s, r), r))
        case After(q):
            meaning = ltl.Globally(ltl.Implies(q, ltl.Globally(ltl.Implies(p, ltl.since(p, ltl.Finally(s))))))
        case Between(_, r, even_open):
            until = ltl.WeakUntil if even_open else ltl.Until
            meaning = ltl.Globally(ltl.Implies(scope.opened, until(_answered(p, s, r), r)))
    return ltl.Said(f"{scope}whenever {ltl.since_english(p, s)}", meaning)


def _lasting(p: ltl.Formula, scope: Scope) -> ltl.Formula:
    match scope:
        case Throughout():
            return ltl.Globally(p)
        case Before(r):
            return ltl.Implies(ltl.Finally(r), ltl.Until(p, r))
        case After(q):
            return ltl.Globally(ltl.Implies(q, ltl.Globally(p)))
        case Between(_, r, even_open):
            return ltl.Globally(ltl.Implies(scope.opened, (ltl.WeakUntil if even_open else ltl.Until)(p, r)))


def _answered(p: ltl.Formula, s: ltl.Formula, r: ltl.Formula) -> ltl.Formula:
    return ltl.Implies(p, ltl.since(p, ltl.Until(ltl.Not(r), ltl.And((s, ltl.Not(r))))))


def _bracket(of: ltl.Formula) -> str:
    words = ltl.english(of)
    return f"({words})" if isinstance(of, ltl.And | ltl.Or | ltl.Implies | ltl.Until | ltl.WeakUntil) else words
