"""Dwyer's patterns of properties, with their five scopes, as formulas of linear time.

A pattern says what must be so (``absence``, ``existence``, ``universality``, ``precedence``, ``response``), a scope in
which part of a run: everywhere, ``before`` the first of something, ``after`` the first of it, ``between`` one and the
next other (a part that is never closed does not count), or ``after_until`` (there it does).  A part that opens includes
the step that opens it and ends before the step that closes it.

>>> from goalstate.properties.temporal.formula import happens
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

from .formula import (
    And,
    Finally,
    Formula,
    FormulaLike,
    Globally,
    Implies,
    Not,
    Or,
    Said,
    Until,
    WeakUntil,
    english,
    formula,
    since,
    since_english,
)


@dataclass(frozen=True)
class Throughout:
    """The whole run."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True)
class Before:
    """Up to the first step at which ``closes`` is true; a run without one has no such part."""

    closes: Formula

    def __str__(self) -> str:
        return f"before the first time that {english(self.closes)}: "


@dataclass(frozen=True)
class After:
    """From the first step at which ``opens`` is true."""

    opens: Formula

    def __str__(self) -> str:
        return f"after the first time that {english(self.opens)}: "


@dataclass(frozen=True)
class Between:
    """From each step with ``opens`` to the next with ``closes``; ``even_open``: also where there is no next one."""

    opens: Formula
    closes: Formula
    even_open: bool = False

    def __str__(self) -> str:
        if self.even_open:
            return f"after {english(self.opens)}, until {english(self.closes)}: "
        return f"between {english(self.opens)} and {english(self.closes)}: "

    @property
    def opened(self) -> Formula:
        """Where a part opens."""
        opens = And((self.opens, Not(self.closes)))
        return opens if self.even_open else And((opens, Finally(self.closes)))


Scope: TypeAlias = Throughout | Before | After | Between

THROUGHOUT = Throughout()


def before(closes: FormulaLike) -> Before:
    """Before the first time that something is true."""
    return Before(formula(closes))


def after(opens: FormulaLike) -> After:
    """After the first time that something is true."""
    return After(formula(opens))


def between(opens: FormulaLike, closes: FormulaLike) -> Between:
    """Between each one and the next other."""
    return Between(formula(opens), formula(closes))


def after_until(opens: FormulaLike, closes: FormulaLike) -> Between:
    """After each one, until the next other, which need not come."""
    return Between(formula(opens), formula(closes), even_open=True)


def absence(what: FormulaLike, scope: Scope = THROUGHOUT) -> Said:
    """``what`` is never true within the scope."""
    p = formula(what)
    return Said(f"{scope}never {_bracket(p)}", _lasting(Not(p), scope))


def universality(what: FormulaLike, scope: Scope = THROUGHOUT) -> Said:
    """``what`` is true at every step of the scope."""
    p = formula(what)
    return Said(f"{scope}always {_bracket(p)}", _lasting(p, scope))


def existence(what: FormulaLike, scope: Scope = THROUGHOUT) -> Said:
    """``what`` is true at some step of the scope."""
    p = formula(what)
    match scope:
        case Throughout():
            meaning: Formula = Finally(p)
        case Before(r):
            meaning = WeakUntil(Not(r), And((p, Not(r))))
        case After(q):
            meaning = Or((Globally(Not(q)), Finally(And((q, Finally(p))))))
        case Between(q, r, even_open):
            until = Until if even_open else WeakUntil
            meaning = Globally(Implies(And((q, Not(r))), until(Not(r), And((p, Not(r))))))
    return Said(f"{scope}at some time {_bracket(p)}", meaning)


def precedence(first: FormulaLike, then: FormulaLike, scope: Scope = THROUGHOUT) -> Said:
    """Within the scope, ``then`` is not true before ``first`` has been, or is at the same step."""
    s, p = formula(first), formula(then)
    match scope:
        case Throughout():
            meaning: Formula = WeakUntil(Not(p), s)
        case Before(r):
            meaning = Implies(Finally(r), Until(Not(p), Or((s, r))))
        case After(q):
            meaning = WeakUntil(Not(q), And((q, WeakUntil(Not(p), s))))
        case Between(_, r, even_open):
            until = WeakUntil if even_open else Until
            meaning = Globally(Implies(scope.opened, until(Not(p), Or((s, r)))))
    return Said(f"{scope}{_bracket(p)} only at or after a step with {_bracket(s)}", meaning)


def response(cause: FormulaLike, effect: FormulaLike, scope: Scope = THROUGHOUT) -> Said:
    """Within the scope, whenever ``cause`` is true, ``effect`` is later.

    Later begins with the step of the cause, unless the cause is an event: then with the step after it (``since``).
    """
    p, s = formula(cause), formula(effect)
    match scope:
        case Throughout():
            meaning: Formula = Globally(Implies(p, since(p, Finally(s))))
        case Before(r):
            meaning = Implies(Finally(r), Until(_answered(p, s, r), r))
        case After(q):
            meaning = Globally(Implies(q, Globally(Implies(p, since(p, Finally(s))))))
        case Between(_, r, even_open):
            until = WeakUntil if even_open else Until
            meaning = Globally(Implies(scope.opened, until(_answered(p, s, r), r)))
    return Said(f"{scope}whenever {since_english(p, s)}", meaning)


def _lasting(p: Formula, scope: Scope) -> Formula:
    match scope:
        case Throughout():
            return Globally(p)
        case Before(r):
            return Implies(Finally(r), Until(p, r))
        case After(q):
            return Globally(Implies(q, Globally(p)))
        case Between(_, r, even_open):
            return Globally(Implies(scope.opened, (WeakUntil if even_open else Until)(p, r)))


def _answered(p: Formula, s: Formula, r: Formula) -> Formula:
    return Implies(p, since(p, Until(Not(r), And((s, Not(r))))))


def _bracket(of: Formula) -> str:
    words = english(of)
    return f"({words})" if isinstance(of, And | Or | Implies | Until | WeakUntil) else words
