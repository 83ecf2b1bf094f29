"""Guards and effects: small terms over bounded variables, written as text, held as data.

A guard is a condition such as ``silence < 10 and link == up``; an effect is a sequence of assignments such as ``silence
:= min(silence + 1, 10); answered := true``.  The text is parsed once, against the variables and states of one chart,
into frozen terms.  Nothing here can call Python: what a term may say is exactly what every reader of the model (runner,
engines, drawings, exports) can represent.

Every value is an integer.  A choice among names is the index of the name, a flag is 0 or 1; the names live in the
variable, so a term prints with the words it was written in.

Grammar: integers, variable names, value names, ``+``, ``-``, ``min(a, b)``, ``max(a, b)``, the six comparisons,
``and``, ``or``, ``not``, and ``in(state)`` for "this state of my own chart is active".
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

Valuation: TypeAlias = Mapping[str, int]


class TermError(ValueError):
    """An invalid guard or effect: the message says what was wrong and what was allowed."""


@dataclass(frozen=True)
class Variable:
    """A bounded variable: integers ``low..high``, or, with ``names``, a choice among words (``low`` is then 0).

    >>> Variable.counter("silence", 0, 10).show(3)
    '3'
    >>> Variable.choice("link", "up", "down").show(1)
    'down'
    """

    name: str
    low: int
    high: int
    initial: int
    names: tuple[str, ...] = ()

    @classmethod
    def counter(cls, name: str, low: int, high: int, initial: int | None = None) -> Variable:
        """An integer between ``low`` and ``high``, both included."""
        return cls(name, low, high, low if initial is None else initial)

    @classmethod
    def choice(cls, name: str, *names: str) -> Variable:
        """One of several words; the first is the initial one."""
        return cls(name, 0, len(names) - 1, 0, tuple(names))

    @classmethod
    def flag(cls, name: str, initial: bool = False) -> Variable:
        """True or false."""
        return cls(name, 0, 1, int(initial), ("false", "true"))

    def show(self, value: int) -> str:
        """The word or number for a value."""
        return self.names[value] if self.names else str(value)


@dataclass(frozen=True)
class Literal:
    """A constant, with the text that it was written as."""

    value: int
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Name:
    """The value of a variable."""

    variable: str

    def __str__(self) -> str:
        return self.variable


@dataclass(frozen=True)
class Arithmetic:
    """``left + right``, ``left - right``, ``min(left, right)`` or ``max(left, right)``."""

    operator: str
    left: Expression
    right: Expression

    def __str__(self) -> str:
        if self.operator in ("min", "max"):
            return f"{self.operator}({self.left}, {self.right})"
        return f"{self.left} {self.operator} {self.right}"


Expression: TypeAlias = "Literal | Name | Arithmetic"


@dataclass(frozen=True)
class Compare:
    """``left OP right`` with OP one of ``== != < <= > >=``."""

    operator: str
    left: Expression
    right: Expression

    def __str__(self) -> str:
        if self.operator == "==" and self.right == Literal(1, "true"):
            return str(self.left)
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True)
class Within:
    """``in(state)``: the state, or one below it, is active in the same chart."""

    state: str

    def __str__(self) -> str:
        return f"in({self.state})"


@dataclass(frozen=True)
class Not:
    """The negation of a condition."""

    operand: Condition

    def __str__(self) -> str:
        return f"not {_bracket(self.operand)}"


@dataclass(frozen=True)
class All:
    """Every operand; with none of them, always true."""

    operands: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        return " and ".join(_bracket(o) for o in self.operands) or "true"


@dataclass(frozen=True)
class Any:
    """At least one operand; with none of them, never true."""

    operands: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        return " or ".join(_bracket(o) for o in self.operands) or "false"


Condition: TypeAlias = "Compare | Within | Not | All | Any"

TRUE = All()

DEEPEST = 100
"""Levels of nesting up to which a term is read: terms are evaluated and printed by recursion."""


@dataclass(frozen=True)
class Assign:
    """``variable := expression``."""

    variable: str
    expression: Expression

    def __str__(self) -> str:
        return f"{self.variable} := {self.expression}"


def _bracket(condition: Condition) -> str:
    compound = isinstance(condition, All | Any) and len(condition.operands) != 1
    return f"({condition})" if compound else str(condition)


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "min": min,
    "max": max,
}


def evaluate(expression: Expression, values: Valuation) -> int:
    """The number an expression stands for under a valuation."""
    match expression:
        case Literal(value, _):
            return value
        case Name(variable):
            return values[variable]
        case Arithmetic(operator, left, right):
            return _ARITHMETIC[operator](evaluate(left, values), evaluate(right, values))


def holds(condition: Condition, values: Valuation, active: frozenset[str] = frozenset()) -> bool:
    """Whether a condition is true under a valuation, with ``active`` states (full names, ancestors included).

    >>> silence = Variable.counter("silence", 0, 10)
    >>> holds(condition("silence < 10 and not in(crashed)", [silence], ["crashed"]), {"silence": 9})
    True
    """
    match condition:
        case Compare(operator, left, right):
            return _COMPARISONS[operator](evaluate(left, values), evaluate(right, values))
        case Within(state):
            return state in active
        case Not(operand):
            return not holds(operand, values, active)
        case All(operands):
            return all(holds(o, values, active) for o in operands)
        case Any(operands):
            return any(holds(o, values, active) for o in operands)


def variables_read(term: Condition | Expression) -> frozenset[str]:
    """The variables whose values a term depends on."""
    match term:
        case Literal() | Within():
            return frozenset()
        case Name(variable):
            return frozenset({variable})
        case Arithmetic(_, left, right) | Compare(_, left, right):
            return variables_read(left) | variables_read(right)
        case Not(operand):
            return variables_read(operand)
        case All(operands) | Any(operands):
            return frozenset().union(*(variables_read(o) for o in operands))


def states_read(condition: Condition) -> frozenset[str]:
    """The states that a condition asks about."""
    match condition:
        case Compare():
            return frozenset()
        case Within(state):
            return frozenset({state})
        case Not(operand):
            return states_read(operand)
        case All(operands) | Any(operands):
            return frozenset().union(*(states_read(o) for o in operands))


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` when an allowed word is close, else nothing."""
    close = difflib.get_close_matches(word, list(allowed), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def condition(text: str, variables: Sequence[Variable], states: Sequence[str] = ()) -> Condition:
    """Read a guard.

    ``states`` are the full names ``in(...)`` may use; a last component is enough where it is unambiguous.
    Raises TermError with what was wrong and what was allowed.

    >>> print(condition("answered and silence >= 2", [Variable.flag("answered"), Variable.counter("silence", 0, 3)]))
    answered and silence >= 2
    """
    if not text.strip():
        return TRUE
    return _Reader(text, variables, states).condition(_parse(text))


def effects(text: str, variables: Sequence[Variable]) -> tuple[Assign, ...]:
    """Read a sequence of assignments separated by semicolons; they happen from left to right.

    >>> [str(a) for a in effects("silence := 0; answered := true",
    ...                          [Variable.flag("answered"), Variable.counter("silence", 0, 3)])]
    ['silence := 0', 'answered := true']
    """
    assignments = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        target, sign, expression = (p.strip() for p in part.partition(":="))
        if not sign:
            raise TermError(f"{part!r} is no assignment; write 'variable := value'")
        reader = _Reader(part, variables, ())
        variable = reader.variable(target)
        assignments.append(Assign(target, reader.expression(_parse(expression), variable)))
    return tuple(assignments)


@lru_cache(maxsize=4096)
def _parse(text: str) -> ast.expr:
    # `in` is a keyword of Python, not of this language: rename it on the way in.
    readable = re.sub(r"\bin\(", "_in(", text)
    try:
        node = ast.parse(readable.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        equal = "; write == to compare" if re.search(r"[^=!<>:]=[^=]", text) else ""
        allowed = "==, !=, <, <=, >, >=, and, or, not, in(state), +, -, min, max"
        raise TermError(f"{text!r} can't be read as a term{equal}; allowed: {allowed}") from None
    if _depth(node) > DEEPEST:
        raise TermError(f"a term is nested more than {DEEPEST} levels deep")
    return node


def _depth(node: ast.AST) -> int:
    depth, level = 0, [node]
    while level and depth <= DEEPEST:
        depth, level = depth + 1, [child for parent in level for child in ast.iter_child_nodes(parent)]
    return depth


class _Reader:
    """Turns one parsed text into terms; knows the names the text may use."""

    def __init__(self, text: str, variables: Sequence[Variable], states: Sequence[str]) -> None:
        self.text = text
        self.variables = {v.name: v for v in variables}
        self.states = states

    def variable(self, name: str) -> Variable:
        if name not in self.variables:
            allowed = ", ".join(self.variables) or "none"
            hint = suggestion(name, self.variables)
            raise TermError(f"unknown variable {name!r} in {self.text!r}{hint}; variables: {allowed}")
        return self.variables[name]

    def condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(ast.And(), operands):
                return All(tuple(self.condition(o) for o in operands))
            case ast.BoolOp(ast.Or(), operands):
                return Any(tuple(self.condition(o) for o in operands))
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self.condition(operand))
            case ast.Compare(left, [operator], [right]):
                return self.comparison(left, operator, right)
            case ast.Call(ast.Name("_in"), [argument], []):
                return Within(self.state(_dotted(argument)))
            case ast.Name("true"):
                return TRUE
            case ast.Name("false"):
                return Any()
            case ast.Name(name):
                if self.variable(name).names != ("false", "true"):
                    raise TermError(f"{name!r} is no flag; compare it with a value in {self.text!r}")
                return Compare("==", Name(name), Literal(1, "true"))
            case _:
                raise TermError(
                    f"{self.text!r}: {ast.unparse(node)!r} is no condition; allowed are comparisons of variables, "
                    "flags, in(state), and, or, not"
                )

    def comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Compare:
        symbols: dict[type[ast.cmpop], str] = {
            ast.Eq: "==",
            ast.NotEq: "!=",
            ast.Lt: "<",
            ast.LtE: "<=",
            ast.Gt: ">",
            ast.GtE: ">=",
        }
        symbol = symbols.get(type(operator))
        if symbol is None:
            raise TermError(f"{self.text!r}: allowed comparisons are == != < <= > >=")
        # A bare word means a value of the variable it is compared with.
        subject = next(
            (self.variables[n.id] for n in (left, right) if isinstance(n, ast.Name) and n.id in self.variables), None
        )
        return Compare(symbol, self.expression(left, subject), self.expression(right, subject))

    def expression(self, node: ast.expr, subject: Variable | None) -> Expression:
        match node:
            case ast.Constant(int() as value) if not isinstance(value, bool):
                return Literal(value, str(value))
            case ast.UnaryOp(ast.USub(), ast.Constant(int() as value)):
                return Literal(-value, str(-value))
            case ast.Name(word):
                if subject is not None and word in subject.names:
                    return Literal(subject.names.index(word), word)
                if word in self.variables:
                    return Name(word)
                allowed = [*(subject.names if subject else ()), *self.variables]
                hint = suggestion(word, allowed)
                raise TermError(f"unknown name {word!r} in {self.text!r}{hint}; allowed: {', '.join(allowed)}")
            case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
                sign = "+" if isinstance(operator, ast.Add) else "-"
                return Arithmetic(sign, self.expression(left, subject), self.expression(right, subject))
            case ast.Call(ast.Name("min" | "max" as function), [left, right], []):
                return Arithmetic(function, self.expression(left, subject), self.expression(right, subject))
            case _:
                raise TermError(
                    f"{self.text!r}: {ast.unparse(node)!r} is no value; allowed are integers, variables, +, -, min, max"
                )

    def state(self, name: str) -> str:
        return resolve_state(name, self.states, self.text)


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node)


def resolve_state(name: str, states: Sequence[str], where: str) -> str:
    """The full name of a state given by its full name or by an unambiguous ending.

    >>> resolve_state("ready", ["off", "running", "running.ready"], "a guard")
    'running.ready'
    """
    if name in states:
        return name
    matches = _endings(tuple(states)).get(name, [])
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise TermError(f"state {name!r} in {where!r} is ambiguous; write one of {', '.join(matches)}")
    short = {s.rpartition(".")[2] for s in states}
    hint = suggestion(name, short | set(states))
    raise TermError(f"unknown state {name!r} in {where!r}{hint}; states: {', '.join(states) or 'none'}")


@lru_cache(maxsize=256)
def _endings(states: tuple[str, ...]) -> dict[str, list[str]]:
    """The full names for each proper ending of one."""
    found: dict[str, list[str]] = {}
    for state in states:
        _, _, rest = state.partition(".")
        while rest:
            found.setdefault(rest, []).append(state)
            _, _, rest = rest.partition(".")
    return found
