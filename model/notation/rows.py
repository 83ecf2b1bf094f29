"""The parts that a statechart is written in: states, and rows that say what becomes of an event in a state.

``statechart`` says what they mean together, and is where they are imported from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from .terms import TRUE, Assign, Condition

ROOT = ""
"""The name of the chart as a whole, as the source of a row that applies in every state."""

Names: TypeAlias = str | tuple[str, ...]


class Answer(Enum):
    """What a row says about its event."""

    DOES = "does"
    ON = "on"
    IGNORES = "ignores"
    REFUSES = "refuses"


@dataclass(frozen=True)
class State:
    """A state by its short name; with children it is composite (``parallel``: all children at once, else one of
    them)."""

    name: str
    children: tuple[State, ...] = ()
    initial: str = ""
    parallel: bool = False
    entry: str = ""
    exit: str = ""
    says: str = ""


@dataclass(frozen=True)
class Transition:
    """One row of the table as written: ``does``, ``on``, ``ignores`` and ``refuses`` make it."""

    answer: Answer
    event: Names
    source: Names
    target: str | None = None
    when: str = ""
    then: str = ""
    realises: tuple[str, ...] = ()
    says: str = ""
    fault: str = ""


def does(
    event: Names,
    source: Names,
    target: str | None = None,
    *,
    when: str = "",
    then: str = "",
    realises: tuple[str, ...] = (),
    says: str = "",
    fault: str = "",
) -> Transition:
    """The agent takes ``event`` on its own initiative; ``fault`` names the kind of fault, if it is one."""
    return Transition(Answer.DOES, event, source, target, when, then, realises, says, fault)


def on(
    event: Names,
    source: Names,
    target: str | None = None,
    *,
    when: str = "",
    then: str = "",
    realises: tuple[str, ...] = (),
    says: str = "",
) -> Transition:
    """The agent reacts to ``event``."""
    return Transition(Answer.ON, event, source, target, when, then, realises, says)


def ignores(event: Names, source: Names = ROOT, *, when: str = "", says: str = "") -> Transition:
    """``event`` may happen and changes nothing here."""
    return Transition(Answer.IGNORES, event, source, None, when, says=says)


def refuses(
    event: Names, source: Names = ROOT, *, when: str = "", realises: tuple[str, ...] = (), says: str = ""
) -> Transition:
    """``event`` has to wait while the agent is in ``source``: on purpose."""
    return Transition(Answer.REFUSES, event, source, None, when, realises=realises, says=says)


@dataclass(frozen=True)
class Row:
    """One row for one event and one source, its names resolved and its terms read."""

    index: int
    answer: Answer
    event: str
    source: str
    target: str | None
    guard: Condition
    effects: tuple[Assign, ...]
    realises: tuple[str, ...]
    says: str
    fault: str

    def __str__(self) -> str:
        arrow = f" -> {self.target}" if self.target is not None else ""
        guard = f" [{self.guard}]" if self.guard != TRUE else ""
        return f"{self.answer.value} {self.event}: {self.source or 'any state'}{arrow}{guard}"


@lru_cache(maxsize=65536)
def ancestors(name: str) -> tuple[str, ...]:
    """A state's own name and those around it, innermost first, the root last.

    >>> ancestors("running.ready")
    ('running.ready', 'running', '')
    """
    if name == ROOT:
        return (ROOT,)
    parts = name.split(".")
    return (*(".".join(parts[:k]) for k in range(len(parts), 0, -1)), ROOT)


def each(names: Iterable[str]) -> tuple[str, ...]:
    """One name or several, as several.

    >>> each("tick"), each(["tick", "tock"])
    (('tick',), ('tick', 'tock'))
    """
    return (names,) if isinstance(names, str) else tuple(names)


def events_of(rows: Iterable[Transition]) -> frozenset[str]:
    """All event names that rows mention."""
    return frozenset(e for r in rows for e in each(r.event))
