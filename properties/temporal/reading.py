"""Formulas as text: of linear time (``linear``) and of branching time (``branching_time``), read against a network.

==========================  ==========================================================================================
``{component: condition}``  a state atom: the component is where the condition says, in the words of its chart
``{can event}``             a state atom: the event can happen
``<event>``                 an event atom: it is taken next; ``*`` is any part of a name, ``|`` separates several
``<by agent>``              one of the events that the agent does of itself, faults left out
``<fault>``, ``<tick>``     any fault, any passing of time; ``<fault KIND>``, faults of one kind
``! & | -> <->``            not, and, or, implies, exactly where; ``not``, ``and``, ``or`` are the same
``X F G U W R``             next, finally, globally, until, weak until (or for ever), release
``always p``, ``never p``   as ``G p``, ``G !p``; ``eventually p`` as ``F p``; ``p leads to q``; ``p precedes q``
``SCOPE: pattern``          a pattern in a scope: ``before p``, ``after p``, ``between p and q``, ``after p until q``
``all i in ROLE: p``        p for every instance of the role, whose names begin with ``i/`` in p; ``some i in ROLE: p``
``within N UNIT of``        ``within 12 minutes of <event>, <event>``: a deadline (``deadline``)
``EX EF EG AX AF AG``       branching time: some run, all runs; ``EX<event>`` a step by that event
``E[p U q]``, ``A[p U q]``  branching time: some run, all runs
==========================  ==========================================================================================

Until, weak until and release bind tighter than ``&``, and group to the right; write brackets where that surprises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...model.network import Network
from ...model.network.duration import Duration, Unit
from ...model.notation.terms import suggestion
from ..predicates import At, Can, Predicate, PredicateError, bind
from . import branching as b
from . import formula as ltl
from . import patterns
from .claims import Within
from .fairness import does_of_itself, matching

DEEPEST = 50
"""Levels of brackets and operators up to which a formula is read."""

LONGEST = 100_000

_TOKEN = re.compile(
    r"\s*(?:(?P<state>\{[^{}]*\})|(?P<sign><->|->|<>|\[\]|&&|\|\||[!&|()\[\],:])|(?P<event><[^<>]*>)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*))"
)
_SIGNS = {"&&": "&", "||": "|", "and": "&", "or": "|", "not": "!", "[]": "G", "<>": "F"}
_WORDS = ("true", "false", "not", "and", "or", "X", "F", "G", "U", "W", "R")
_SENTENCES = (
    "always",
    "never",
    "eventually",
    "leads to",
    "precedes",
    "before",
    "after",
    "between",
    "until",
    "all",
    "some",
)
_BRANCHING = ("true", "false", "not", "and", "or", "EX", "EF", "EG", "AX", "AF", "AG", "E", "A", "U", "all", "some")


class FormulaError(PredicateError):
    """A text that is no formula: the message says where, what was wrong and what was allowed."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


def linear(text: str, network: Network) -> ltl.Formula:
    """Read a formula of linear time.

    Raises FormulaError with the column, what was wrong there, and what was allowed.

    >>> from goalstate.model.network import Component
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("on", "dark", "bright"), does("off", "bright", "dark")))
    >>> network = Network((Component("lamp", lamp),))
    >>> print(linear("<on> leads to {lamp: in(dark)}", network))
    G (<on> -> (X (F {lamp: in(dark)})))
    >>> linear("G (<of> -> F {lamp: in(dark)})", network)
    Traceback (most recent call last):
        ...
    goalstate.properties.temporal.reading.FormulaError: column 4: no event 'of' (did you mean 'off'?)
    """
    reader = _Linear(text, network)
    return reader.whole(reader.sentence)


def branching_time(text: str, network: Network) -> b.Branching:
    """Read a formula of branching time; raises FormulaError."""
    reader = _BranchingTime(text, network)
    return reader.whole(reader.sentence)


_DEADLINE = re.compile(r"\s*within\s+(\d{1,6})\s+([a-z]+?)s?\s+of\s+(<[^<>]*>)\s*,\s*(<[^<>]*>)\s*")


def deadline(text: str, network: Network) -> Within:
    """Read a deadline, ``within N minutes of <event>, <event>``; another unit is allowed, and ``ticks``.

    It is counted on the clock of the events' instance; where that has none, on the network's own, whose ticks have no
    scope.  Raises FormulaError for another text, for events that no clock or more than one counts, and for a time that
    no number of ticks makes up.

    >>> from goalstate.model.deployment import Deployment, Role, RoleKind
    >>> from goalstate.model.workflow import Bounds, Faults, Workflow
    >>> service = Workflow(Deployment("Shop", (Role("Back", RoleKind.WORKER),)), Bounds(Faults(1), 1, 5)).network
    >>> print(deadline("within 10 minutes of <Back_IN_0/guest_hangs>, <Back_IN_0/restart_guest*>", service))
    Whenever Back_IN_0/guest_hangs happens, Back_IN_0/restart_guest* happens before more than 10 minutes have passed.
    """
    match = _DEADLINE.fullmatch(text)
    form = "within N UNIT of <event>, <event>"
    if match is None:
        raise FormulaError(f"{text!r} is no deadline; allowed: {form}; as in: within 12 minutes of <event>, <event>")
    start, goal = linear(match[3], network), linear(match[4], network)
    if not isinstance(start, ltl.Happens) or not isinstance(goal, ltl.Happens):
        raise FormulaError(f"{text!r} is no deadline: what starts and what ends it must be events")
    ticks = _clock(text, (*start.events, *goal.events), network)
    return Within(start, goal, _in_ticks(int(match[1]), match[2], network.tick_length), ticks, network.tick_length)


def _clock(text: str, events: Sequence[str], network: Network) -> tuple[str, ...]:
    """The ticks that count for some events; raises FormulaError where no clock does, or several."""
    clocks: dict[str, list[str]] = {}
    for tick in sorted(network.ticks):
        clocks.setdefault(tick.rpartition("/")[0], []).append(tick)
    if not clocks:
        raise FormulaError(
            f"{text!r}: the network has no clock; allowed: one that names its ticks; "
            'write Network(..., ticks=frozenset({"tick"}))'
        )
    scopes = sorted({event.rpartition("/")[0] for event in events if "/" in event})
    with_clocks = [scope for scope in scopes if scope in clocks]
    if not with_clocks and "" in clocks:
        return tuple(clocks[""])
    if len(with_clocks) == 1 and len(scopes) == 1:
        return tuple(clocks[scopes[0]])
    told = f"of {' and '.join(scopes)}" if scopes else "of no instance"
    raise FormulaError(f"{text!r}: the events are {told}; allowed: events of one instance, whose clock counts")


def _in_ticks(number: int, unit: str, length: Duration) -> int:
    """A length of time in ticks; raises FormulaError for an unknown unit and for a time between two ticks."""
    if unit == "tick":
        return number
    units = {one.value: one for one in Unit}
    if unit not in units:
        allowed = [*units, "tick"]
        raise FormulaError(
            f"no unit {unit!r}{suggestion(unit, allowed)}; allowed: {', '.join(f'{a}s' for a in allowed)}"
        )
    if number * units[unit].milliseconds % length.milliseconds:
        multiples = (
            f"multiples of {length.number}" if length.unit is units[unit] else f"multiples of {length}, or ticks"
        )
        raise FormulaError(f"{number} {unit}s are no number of ticks of {length}; allowed: {multiples}")
    return number * units[unit].milliseconds // length.milliseconds


def instances(network: Network, role: str) -> tuple[str, ...]:
    """The prefixes of a role's instances in a network, such as ``Web_IN_0/``; raises PredicateError without one."""
    found: dict[str, list[str]] = {}
    for component in network.components:
        match = re.match(r"(.+)_IN_\d+/", component.name)
        if match and match[0] not in found.setdefault(match[1], []):
            found[match[1]].append(match[0])
    if role not in found:
        raise PredicateError(f"no role {role!r}{suggestion(role, found)}; roles: {', '.join(found) or 'none'}")
    return tuple(found[role])


def every_instance(network: Network, role: str, body: Callable[[str], ltl.Formula]) -> ltl.Said:
    """``body(prefix)`` for every instance of a role."""
    here = instances(network, role)
    return ltl.Said(_quantified("every", role, here, ltl.english(body(here[0]))), ltl.And(tuple(body(p) for p in here)))


def some_instance(network: Network, role: str, body: Callable[[str], ltl.Formula]) -> ltl.Said:
    """``body(prefix)`` for at least one instance of a role."""
    here = instances(network, role)
    return ltl.Said(_quantified("some", role, here, ltl.english(body(here[0]))), ltl.Or(tuple(body(p) for p in here)))


def _quantified(which: str, role: str, prefixes: Sequence[str], words: str) -> str:
    return f"for {which} instance i of {role}, {words.replace(prefixes[0], 'i/')}"


Read = TypeVar("Read", ltl.Formula, b.Branching)


class _Reader:
    """A text in tokens, with a place in it; knows the network that names are looked up in."""

    words: tuple[str, ...] = ()

    def __init__(self, text: str, network: Network) -> None:
        if len(text) > LONGEST:
            raise FormulaError(f"a formula of {len(text):,} characters; at most {LONGEST:,} are read")
        self.network = network
        self.text = text
        self.tokens = self._split(text)
        self.place = 0
        self.depth = 0
        self.variables: dict[str, str] = {}

    def _split(self, text: str) -> list[_Token]:
        found = []
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                column = place + len(text[place:]) - len(text[place:].lstrip()) + 1
                raise FormulaError(
                    f"column {column}: {text[column - 1 : column + 10]!r} begins nothing that can stand in a formula; "
                    "a state is written {component: condition}, an event <event>"
                )
            kind = str(match.lastgroup)
            word = match[kind]
            sign = _SIGNS.get(word, word)
            found.append(_Token("sign" if word in _SIGNS else kind, sign, match.start(kind) + 1))
            place = match.end()
        return [*found, _Token("end", "", len(text) + 1)]

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def ahead(self, *texts: str) -> bool:
        """Whether these tokens come next."""
        return [t.text for t in self.tokens[self.place : self.place + len(texts)]] == list(texts)

    def take(self, *texts: str) -> bool:
        """Go past these tokens if they come next."""
        if not self.ahead(*texts):
            return False
        self.place += len(texts)
        return True

    def need(self, text: str, for_what: str) -> None:
        if not self.take(text):
            raise self.wrong(f"{text!r} is needed {for_what}")

    def wrong(self, what: str, at: _Token | None = None) -> FormulaError:
        token = at or self.next
        found = f", not {token.text!r}" if at is None and token.kind != "end" else ""
        ends = " where the text ends" if at is None and token.kind == "end" else ""
        return FormulaError(f"column {token.column}: {what}{ends}{found}")

    def whole(self, read: Callable[[], Read]) -> Read:
        found = read()
        if self.next.kind != "end":
            word = self.next.text
            hint = suggestion(word, self.words) if self.next.kind == "word" and word not in self.words else ""
            raise self.wrong(f"the formula should end here or go on with an operator{hint}")
        return found

    def deeper(self, read: Callable[[], Read]) -> Read:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(f"a formula is nested more than {DEEPEST} levels deep", self.next)
        found = read()
        self.depth -= 1
        return found

    def unknown(self) -> FormulaError:
        token = self.next
        if token.kind == "word":
            return self.wrong(
                f"{token.text!r} is no operator{suggestion(token.text, self.words)}; "
                f"allowed: {', '.join(self.words)}, {{component: condition}}, <event>",
                token,
            )
        return self.wrong("a formula is needed")

    def instance(self, name: str) -> str:
        """A name with the variable of a quantifier replaced."""
        variable, slash, rest = name.partition("/")
        return self.variables[variable] + rest if slash and variable in self.variables else name

    def state(self) -> Predicate:
        token = self.next
        self.place += 1
        inner = token.text[1:-1].strip()
        component, colon, condition = inner.partition(":")
        if inner.startswith("can ") and not colon:
            predicate: Predicate = Can(self.instance(inner[4:].strip()))
        elif colon:
            predicate = At(self.instance(component.strip()), condition.strip())
        else:
            raise self.wrong(f"{token.text} is no state; write {{component: condition}} or {{can event}}", token)
        try:
            bind(predicate, self.network)
        except PredicateError as error:
            raise self.wrong(str(error), token) from None
        return predicate

    def event(self) -> ltl.Happens:
        token = self.next
        self.place += 1
        inner = " ".join(token.text[1:-1].split())
        parts = [part.strip() for part in inner.split("|")]
        try:
            events = dict.fromkeys(event for part in parts for event in self._events(part))
        except PredicateError as error:
            raise self.wrong(str(error), token) from None
        spelled = " | ".join(map(self._spelled, parts))
        return ltl.Happens(tuple(events), "" if spelled == " | ".join(events) else spelled)

    def _spelled(self, part: str) -> str:
        first, _, rest = part.partition(" ")
        return f"by {self.instance(rest)}" if first == "by" and rest else self.instance(part)

    def _events(self, part: str) -> tuple[str, ...]:
        first, _, rest = part.partition(" ")
        if first == "by" and rest:
            agent = self.instance(rest)
            if agent not in self.network.index:
                raise PredicateError(f"no agent {agent!r}{suggestion(agent, self.network.index)}")
            return does_of_itself(self.network, agent)
        if first == "fault" and part not in self.network.event_index:
            kinds = sorted({e.fault for e in self.network.events if e.fault})
            if rest and rest not in kinds:
                allowed = ", ".join(kinds) or "none"
                raise PredicateError(f"no fault of kind {rest!r}{suggestion(rest, kinds)}; kinds: {allowed}")
            return tuple(e.name for e in self.network.events if e.fault and (not rest or e.fault == rest))
        if part == "tick" and part not in self.network.event_index and self.network.ticks:
            return tuple(e.name for e in self.network.events if e.name in self.network.ticks)
        return matching(self.network, self.instance(part))

    def quantifier(self, body: Callable[[], Read], join: Callable[[str, list[Read], str], Read]) -> Read:
        """``all i in ROLE: body``; the body is read once for each instance."""
        which = self.next.text
        self.place += 1
        variable = self.next
        if variable.kind != "word":
            raise self.wrong(f"a variable is needed after {which!r}, as in '{which} i in ROLE: ...'")
        self.place += 1
        self.need("in", f"after '{which} {variable.text}'")
        role = self.next
        if role.kind != "word":
            raise self.wrong("the name of a role is needed")
        self.place += 1
        self.need(":", "after the name of the role")
        try:
            prefixes = instances(self.network, role.text)
        except PredicateError as error:
            raise self.wrong(str(error), role) from None
        begin = self.place
        found = []
        outer = dict(self.variables)
        for prefix in prefixes:
            self.place = begin
            self.variables = {**outer, variable.text: prefix}
            found.append(body())
        self.variables = outer
        return join(which, found, role.text)


class _Linear(_Reader):
    words = (*_WORDS, *_SENTENCES)

    def sentence(self) -> ltl.Formula:
        if self.next.text in ("all", "some"):
            return self.quantifier(self.sentence, self._joined)
        scope = self.scope()
        if self.take("never"):
            return patterns.absence(self.implication(), scope)
        if self.take("always"):
            return patterns.universality(self.implication(), scope)
        if self.take("eventually"):
            return patterns.existence(self.implication(), scope)
        first = self.implication()
        if self.take("leads", "to"):
            return patterns.response(first, self.implication(), scope)
        if self.take("precedes"):
            return patterns.precedence(first, self.implication(), scope)
        if scope != patterns.THROUGHOUT:
            raise self.wrong("a scope needs a pattern: never, always, eventually, ... leads to ..., ... precedes ...")
        return first

    def scope(self) -> patterns.Scope:
        scope: patterns.Scope = patterns.THROUGHOUT
        if self.take("before"):
            scope = patterns.Before(self.implication())
        elif self.take("between"):
            opens = self.binary()
            self.need("&", "between the two ends of a scope, as 'and'")
            scope = patterns.Between(opens, self.binary())
        elif self.take("after"):
            opens = self.implication()
            scope = patterns.Between(opens, self.implication(), True) if self.take("until") else patterns.After(opens)
        else:
            return scope
        self.need(":", "after a scope")
        return scope

    def implication(self) -> ltl.Formula:
        left = self.disjunction()
        if self.take("->"):
            return ltl.Implies(left, self.deeper(self.implication))
        if self.take("<->"):
            right = self.deeper(self.implication)
            return ltl.And((ltl.Implies(left, right), ltl.Implies(right, left)))
        return left

    def disjunction(self) -> ltl.Formula:
        found = [self.conjunction()]
        while self.take("|"):
            found.append(self.conjunction())
        return found[0] if len(found) == 1 else ltl.Or(tuple(found))

    def conjunction(self) -> ltl.Formula:
        found = [self.binary()]
        while self.take("&"):
            found.append(self.binary())
        return found[0] if len(found) == 1 else ltl.And(tuple(found))

    def binary(self) -> ltl.Formula:
        left = self.unary()
        for sign, kind in (("U", ltl.Until), ("W", ltl.WeakUntil), ("R", ltl.Release)):
            if self.take(sign):
                return kind(left, self.deeper(self.binary))
        return left

    def unary(self) -> ltl.Formula:
        return self.deeper(self._unary)

    def _unary(self) -> ltl.Formula:
        for sign, kind in (("!", ltl.Not), ("X", ltl.Next), ("F", ltl.Finally), ("G", ltl.Globally)):
            if self.take(sign):
                return kind(self.unary())
        if self.take("("):
            inner = self.sentence()
            self.need(")", "to close the bracket")
            return inner
        if self.take("true"):
            return ltl.TRUE
        if self.take("false"):
            return ltl.FALSE
        if self.next.kind == "state":
            return ltl.Holds(self.state())
        if self.next.kind == "event":
            return self.event()
        raise self.unknown()

    def _joined(self, which: str, found: list[ltl.Formula], role: str) -> ltl.Formula:
        every = which == "all"
        prefixes = instances(self.network, role)
        words = _quantified("every" if every else "some", role, prefixes, ltl.english(found[0]))
        return ltl.Said(words, ltl.And(tuple(found)) if every else ltl.Or(tuple(found)))


class _BranchingTime(_Reader):
    words = _BRANCHING

    def sentence(self) -> b.Branching:
        if self.next.text in ("all", "some"):
            return self.quantifier(self.sentence, self._joined)
        return self.implication()

    def implication(self) -> b.Branching:
        left = self.disjunction()
        if self.take("->"):
            return left >> self.deeper(self.implication)
        if self.take("<->"):
            right = self.deeper(self.implication)
            return (left >> right) & (right >> left)
        return left

    def disjunction(self) -> b.Branching:
        found = self.conjunction()
        while self.take("|"):
            found = found | self.conjunction()
        return found

    def conjunction(self) -> b.Branching:
        found = self.unary()
        while self.take("&"):
            found = found & self.unary()
        return found

    def unary(self) -> b.Branching:
        return self.deeper(self._unary)

    def _unary(self) -> b.Branching:
        for sign, kind in (("EF", b.ef), ("EG", b.eg), ("AF", b.af), ("AG", b.ag)):
            if self.take(sign):
                return kind(self.unary())
        for sign, step in (("EX", b.ex), ("AX", b.ax)):
            if self.take(sign):
                events = self.event().events if self.next.kind == "event" else ()
                return step(self.unary(), *events)
        for sign, until in (("E", b.eu), ("A", b.au)):
            if self.take(sign):
                self.need("[", f"after {sign!r}, as in '{sign}[p U q]'")
                left = self.implication()
                self.need("U", f"in '{sign}[p U q]'")
                right = self.implication()
                self.need("]", f"to close '{sign}[p U q]'")
                return until(left, right)
        if self.take("!"):
            return b.Fails(self.unary())
        if self.take("("):
            inner = self.sentence()
            self.need(")", "to close the bracket")
            return inner
        if self.take("true"):
            return b.ANY_STATE
        if self.take("false"):
            return b.Fails(b.ANY_STATE)
        if self.next.kind == "state":
            return b.Here(self.state())
        raise self.unknown()

    def _joined(self, which: str, found: list[b.Branching], role: str) -> b.Branching:
        joined = found[0]
        for other in found[1:]:
            joined = joined & other if which == "all" else joined | other
        return joined
