"""Formulas of linear time: what can be said of one run.

A run is an endless sequence of steps: at step *i* the network is in a state and takes an event.  A *state atom*
(``Holds``) speaks of the state, an *event atom* (``Happens``) of the event that is taken from it.  A run that comes to
a state in which nothing can happen stays there for ever; at these steps no event is taken, so no event atom is true.

``&``, ``|``, ``~`` and ``>>`` (implies) combine formulas; a predicate may stand wherever a formula may.  Everything
else is defined by ``Next``, ``Until`` and ``Release``: see ``core``.

``str`` of a formula is text that ``reading.linear`` reads back; ``english`` is a sentence.

Sources: Pnueli, "The temporal logic of programs", 1977; De Nicola and Vaandrager, "Three logics for branching
bisimulation", 1995, for states and events in one logic; Holzmann, "The SPIN Model Checker", 2003, for the stuttering of
finite runs.

Left out: the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from ..predicates import At, Both, Can, Either, Negation, Predicate, fold

FormulaLike: TypeAlias = "Formula | Predicate"


class Joining:
    """The operators of every formula."""

    def __and__(self, other: FormulaLike) -> And:
        return And((cast("Formula", self), formula(other)))

    def __or__(self, other: FormulaLike) -> Or:
        return Or((cast("Formula", self), formula(other)))

    def __rshift__(self, other: FormulaLike) -> Implies:
        return Implies(cast("Formula", self), formula(other))

    def __invert__(self) -> Not:
        return Not(cast("Formula", self))


@dataclass(frozen=True)
class Constant(Joining):
    """True or false, whatever the run."""

    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(frozen=True)
class Holds(Joining):
    """The state satisfies a predicate."""

    predicate: Predicate

    def __str__(self) -> str:
        return state_text(self.predicate)


@dataclass(frozen=True)
class Happens(Joining):
    """One of ``events`` is taken next.  ``words`` is how they were named together, such as ``by Web_IN_0/guest_os``."""

    events: tuple[str, ...]
    words: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"<{self.words or ' | '.join(self.events)}>"


@dataclass(frozen=True)
class Not(Joining):
    """The contrary."""

    operand: Formula

    def __str__(self) -> str:
        return f"!{_tight(self.operand)}"


@dataclass(frozen=True)
class And(Joining):
    """All operands."""

    operands: tuple[Formula, ...]

    def __str__(self) -> str:
        return " & ".join(map(_tight, self.operands)) if self.operands else "true"


@dataclass(frozen=True)
class Or(Joining):
    """At least one operand."""

    operands: tuple[Formula, ...]

    def __str__(self) -> str:
        return " | ".join(map(_tight, self.operands)) if self.operands else "false"


@dataclass(frozen=True)
class Implies(Joining):
    """Where ``left`` is true, ``right`` is."""

    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"{_tight(self.left)} -> {_tight(self.right)}"


@dataclass(frozen=True)
class Next(Joining):
    """True after the next event (or, where nothing can happen, now)."""

    operand: Formula

    def __str__(self) -> str:
        return f"X {_tight(self.operand)}"


@dataclass(frozen=True)
class Finally(Joining):
    """True now or at a later step."""

    operand: Formula

    def __str__(self) -> str:
        return f"F {_tight(self.operand)}"


@dataclass(frozen=True)
class Globally(Joining):
    """True now and at every later step."""

    operand: Formula

    def __str__(self) -> str:
        return f"G {_tight(self.operand)}"


@dataclass(frozen=True)
class Until(Joining):
    """``right`` is true now or later, and until then ``left`` is."""

    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"{_tight(self.left)} U {_tight(self.right)}"


@dataclass(frozen=True)
class WeakUntil(Joining):
    """``left`` is true until ``right`` is, or for ever."""

    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"{_tight(self.left)} W {_tight(self.right)}"


@dataclass(frozen=True)
class Release(Joining):
    """``right`` is true up to and including the step at which ``left`` is, or for ever."""

    left: Formula
    right: Formula

    def __str__(self) -> str:
        return f"{_tight(self.left)} R {_tight(self.right)}"


@dataclass(frozen=True)
class Said(Joining):
    """A formula with the sentence that says it: a pattern, or one formula for every instance of a role."""

    sentence: str = field(compare=False)
    meaning: Formula

    def __str__(self) -> str:
        return str(self.meaning)


Formula: TypeAlias = (
    Constant
    | Holds
    | Happens
    | Not
    | And
    | Or
    | Implies
    | Next
    | Finally
    | Globally
    | Until
    | WeakUntil
    | Release
    | Said
)

TRUE, FALSE = Constant(True), Constant(False)


def formula(of: FormulaLike) -> Formula:
    """A predicate as a formula; a formula as it is."""
    return Holds(of) if isinstance(of, At | Can | Both | Either | Negation) else of


def happens(*events: str) -> Happens:
    """One of the events is taken next."""
    return Happens(events)


def globally(of: FormulaLike) -> Globally:
    """At every step from now on."""
    return Globally(formula(of))


def finally_(of: FormulaLike) -> Finally:
    """Now or at a later step."""
    return Finally(formula(of))


def next_(of: FormulaLike) -> Next:
    """After the next event."""
    return Next(formula(of))


def until(left: FormulaLike, right: FormulaLike) -> Until:
    """``left`` until ``right``, which comes."""
    return Until(formula(left), formula(right))


def leads_to(cause: FormulaLike, effect: FormulaLike) -> Said:
    """Whenever ``cause`` is true, ``effect`` is true later: see ``since`` for when that begins."""
    first, then = formula(cause), formula(effect)
    return Said(f"whenever {since_english(first, then)}", Globally(Implies(first, since(first, Finally(then)))))


def since(cause: Formula, what: Formula) -> Formula:
    """Something that is asked because of ``cause``: of the steps after it if it is an event, else from its own step on.

    The state of the step at which an event is taken is the one *before* the event: after ``<crash>`` it would be no
    answer that the service was ready when it crashed.
    """
    return Next(what) if is_event(cause) else what


def since_english(cause: Formula, effect: Formula) -> str:
    """The words for ``since``."""
    when = "after it, sooner or later," if is_event(cause) else "at that step or a later one"
    return f"{english(cause)}, then {when} {english(effect)}"


def is_event(of: Formula) -> bool:
    """Whether a formula speaks of the event that is taken at its own step."""
    match of:
        case Happens():
            return True
        case And(inner):
            return any(map(is_event, inner))
        case Or(inner):
            return bool(inner) and all(map(is_event, inner))
        case Said(_, meaning):
            return is_event(meaning)
        case _:
            return False


def operands(of: Formula) -> tuple[Formula, ...]:
    """The formulas right inside one."""
    match of:
        case Constant() | Holds() | Happens():
            return ()
        case And(parts) | Or(parts):
            return parts
        case Not(operand) | Next(operand) | Finally(operand) | Globally(operand):
            return (operand,)
        case Until(left, right) | WeakUntil(left, right) | Release(left, right) | Implies(left, right):
            return (left, right)
        case Said(_, meaning):
            return (meaning,)


def parts(of: Formula) -> Iterator[Formula]:
    """A formula and all that is inside it, each once, what is inside first."""
    seen: set[Formula] = set()

    def walk(f: Formula) -> Iterator[Formula]:
        for inner in operands(f):
            yield from walk(inner)
        if f not in seen:
            seen.add(f)
            yield f

    return walk(of)


def core(of: Formula, positive: bool = True) -> Formula:
    """The same (or, with ``positive`` false, the contrary) in negation normal form: constants, atoms, negated atoms,
    ``And``, ``Or``, ``Next``, ``Until`` and ``Release`` only.

    >>> print(core(Not(Globally(Happens(("tick",))))))
    true U !<tick>
    """
    match of:
        case Constant(value):
            return Constant(value is positive)
        case Holds() | Happens():
            return of if positive else Not(of)
        case Not(operand):
            return core(operand, not positive)
        case Said(_, meaning):
            return core(meaning, positive)
        case Next(operand):
            return _simple_next(core(operand, positive))
        case And(inner) | Or(inner):
            found = tuple(core(f, positive) for f in inner)
            return conjunction(found) if isinstance(of, And) is positive else disjunction(found)
        case Implies(left, right):
            return core(Or((Not(left), right)), positive)
        case Finally(operand):
            return core(Until(TRUE, operand), positive)
        case Globally(operand):
            return core(Release(FALSE, operand), positive)
        case WeakUntil(left, right):
            return core(Release(right, Or((left, right))), positive)
        case Until(left, right) | Release(left, right):
            one, other = core(left, positive), core(right, positive)
            if isinstance(other, Constant):
                return other
            if isinstance(of, Until) is positive:
                return other if one == FALSE else Until(one, other)
            return other if one == TRUE else Release(one, other)


def conjunction(found: tuple[Formula, ...]) -> Formula:
    """All of them, flat, each once, constants taken out."""
    flat = dict.fromkeys(g for f in found for g in (f.operands if isinstance(f, And) else (f,)) if g != TRUE)
    if FALSE in flat:
        return FALSE
    return next(iter(flat)) if len(flat) == 1 else And(tuple(flat)) if flat else TRUE


def disjunction(found: tuple[Formula, ...]) -> Formula:
    """At least one of them, flat, each once, constants taken out."""
    flat = dict.fromkeys(g for f in found for g in (f.operands if isinstance(f, Or) else (f,)) if g != FALSE)
    if TRUE in flat:
        return TRUE
    return next(iter(flat)) if len(flat) == 1 else Or(tuple(flat)) if flat else FALSE


def _simple_next(operand: Formula) -> Formula:
    return operand if isinstance(operand, Constant) else Next(operand)


def state_text(predicate: Predicate) -> str:
    """A predicate as the text of a state atom.

    >>> state_text(At("os", "in(up)") & ~Can("halt"))
    '({os: in(up)} & !{can halt})'
    """

    def atom(of: At | Can) -> str:
        return f"{{{of.component}: {of.condition}}}" if isinstance(of, At) else f"{{can {of.event}}}"

    return fold(predicate, atom, "({} & {})".format, "({} | {})".format, "!{}".format)


def english(of: FormulaLike) -> str:
    """A formula as a clause of an English sentence.

    >>> english(globally(happens("crash") >> finally_(At("os", "in(up)"))))
    'at every step: if crash happens, then at some step from then on: os is in(up)'
    """
    match formula(of):
        case Constant(value):
            return "nothing needs to be true" if value else "the impossible"
        case Holds(predicate):
            return state_english(predicate)
        case Happens() as event:
            return _event_english(event, "happens", "does something")
        case Not(Happens() as event):
            return _event_english(event, "does not happen", "does nothing")
        case Not(operand):
            return f"not ({english(operand)})"
        case And(inner):
            return " and ".join(_clause(f) for f in inner) or english(TRUE)
        case Or(inner):
            return " or ".join(_clause(f) for f in inner) or english(FALSE)
        case Implies(left, right):
            return f"if {_clause(left)}, then {_clause(right)}"
        case Next(operand):
            return f"after the next event {_clause(operand)}"
        case Globally(Finally(operand)):
            return f"again and again {_clause(operand)}"
        case Finally(Globally(operand)):
            return f"from some step on, for ever, {_clause(operand)}"
        case Globally(Not(operand)):
            return f"never {_clause(operand)}"
        case Globally(operand):
            return f"at every step: {english(operand)}"
        case Finally(operand):
            return f"at some step from then on: {english(operand)}"
        case Until(left, right):
            return f"{_clause(left)} until {_clause(right)}"
        case WeakUntil(left, right):
            return f"{_clause(left)} until {_clause(right)}, or for ever"
        case Release(left, right):
            return f"{_clause(right)} up to where {_clause(left)}, or for ever"
        case Said(sentence, _):
            return sentence


def sentence(of: FormulaLike) -> str:
    """A formula as an English sentence.

    >>> sentence(leads_to(happens("crash"), At("os", "in(up)")))
    'Whenever crash happens, then after it, sooner or later, os is in(up).'
    >>> sentence(happens("crash"))
    'At the start crash happens.'
    """
    words = english(of)
    if isinstance(formula(of), Holds | Happens | Not | And | Or | Until | WeakUntil | Release):
        words = f"at the start {words}"  # a name keeps its small letter
    return words[:1].upper() + words[1:] + "."


def state_english(predicate: Predicate) -> str:
    """A predicate as a clause of an English sentence."""

    def atom(of: At | Can) -> str:
        return f"{of.component} is {of.condition}" if isinstance(of, At) else str(of)

    return fold(predicate, atom, "({} and {})".format, "({} or {})".format, "not ({})".format)


def _event_english(event: Happens, happens_: str, does: str) -> str:
    if event.words.startswith("by ") and "|" not in event.words:
        return f"{event.words[3:]} {does}"
    article = "a " if event.words.split(" ")[0] in ("fault", "tick") else ""
    return f"{article}{event.words or ' or '.join(event.events)} {happens_}"


def _clause(of: Formula) -> str:
    words = english(of)
    return f"({words})" if isinstance(of, And | Or | Implies | Until | WeakUntil | Release | Said) else words


def _tight(of: Formula) -> str:
    inner = of.meaning if isinstance(of, Said) else of
    if isinstance(inner, Said):
        return _tight(inner)
    loose = not isinstance(inner, Constant | Holds | Happens | Not)
    return f"({inner})" if loose else str(inner)
