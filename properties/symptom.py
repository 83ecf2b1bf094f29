"""A symptom: what somebody reads on the portal, in an answer of the API or in Visual Studio, as lines of the table.

The words are taken as they are written: a status (``Recycling``, ``CyclingRole``), a text (``System startup tasks are
running``), or both (``Busy (Waiting for role to start... System startup tasks are running.)``), with or without the
time stamp, the exit codes and the closing bracket that the portal cuts off.  Case does not matter.

Left out: texts in other languages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from ..model.notation.terms import suggestion
from .portal import SIGHTS, Sight, Status

ALIASES = {
    "running": Status.READY,
    "in an unknown state": Status.UNKNOWN,
    "unknown": Status.UNKNOWN,
    "creating the virtual machine": Status.CREATING_VM,
    "starting the virtual machine": Status.STARTING_VM,
    "cycling": Status.CYCLING,
    "recovering role": Status.CYCLING,
    "stopped (deallocated)": Status.STOPPED_VM,
    "stoppeddeallocated": Status.STOPPED_VM,
    "deletingvm": Status.STOPPING_VM,
    "failedstartingrole": Status.CYCLING,
    "startingrole": Status.BUSY,
    "creatingrole": Status.BUSY,
    "initializing": Status.BUSY,
    "preparing": Status.BUSY,
    "preparing node": Status.BUSY,
    "aborted": Status.CYCLING,
}
"""Other words for a status: older portals, Visual Studio, and statuses of the API to which no part of the workflow
belongs, which are taken for their nearest."""


class Narrowing(Enum):
    """What a text says about the cause, besides the status."""

    NOTHING = ""
    TASK = "a startup task failed"
    EXCEPTION = "the role's code threw"


TELLING = {
    "recovering role... application startup task": Narrowing.TASK,
    "last startup task error": Narrowing.TASK,
    "unhandled exception": Narrowing.EXCEPTION,
}
"""Texts that name the cause; the state that they are shown in is that of a role that has stopped."""


class UnknownSymptom(ValueError):
    """Words that are neither a status nor a text: the message lists what is known."""


@dataclass(frozen=True)
class Symptom:
    """The words as given, and the lines of the table they stand for, by number.

    ``again``: the words say that the start has failed before.  ``taken``: a note on how the words were taken.
    """

    words: str
    lines: frozenset[int]
    again: bool = False
    narrowing: Narrowing = Narrowing.NOTHING
    taken: str = ""

    @property
    def sights(self) -> tuple[Sight, ...]:
        """The lines of the table."""
        return tuple(SIGHTS[k] for k in sorted(self.lines))


def read_symptom(words: str) -> Symptom:
    """The lines of the table that words of the portal or the API stand for.  Raises UnknownSymptom.

    >>> [sight.means[:6] for sight in read_symptom("busy (waiting for role to start... Sites are being").sights]
    ['step 8']
    """
    given = _plain(words)
    if not given:
        raise UnknownSymptom(f"the status is empty; {_allowed()}")
    for beginning, narrowing in TELLING.items():
        if beginning in given:
            stopped = frozenset(k for k, s in enumerate(SIGHTS) if s.text.startswith("Role has encountered"))
            return Symptom(words, stopped, narrowing=narrowing)
    status, text = _parted(given)
    lines = frozenset(k for k, s in enumerate(SIGHTS) if not text or _has_text(s, text))
    if text and not lines:
        raise UnknownSymptom(f"no text {text!r}{suggestion(text, _texts())}; {_allowed()}")
    if status is None:
        return Symptom(words, lines)
    same = frozenset(k for k in lines if SIGHTS[k].status is status)
    if same or not text:
        note = "" if given.startswith((status.word.casefold(), status.api.casefold())) else f"taken for {status.api}"
        return Symptom(words, same, taken=note)
    if status is Status.CYCLING:
        # The text of a start that goes on, after one that failed [K7].
        return Symptom(words, lines, again=True)
    other = ", ".join(sorted({SIGHTS[k].status.word for k in lines}))
    return Symptom(words, lines, taken=f"with this text the status is {other}")


def known_words() -> tuple[str, ...]:
    """Everything that is shown for some state, as the portal writes it."""
    return tuple(dict.fromkeys(sight.shown for sight in SIGHTS))


def _plain(words: str) -> str:
    """Without what differs from report to report: case, dots, time stamps, exit codes, doubled blanks."""
    text = words.replace("\u2026", "...").replace("\u201c", '"').replace("\u201d", '"')
    text = re.sub(r"\[\d{4}-\d\d-\d\dT[^\]]*\]?", "", text)
    text = re.sub(r"last exit (time|code):.*?(?=last startup task error|$)", "", text, flags=re.IGNORECASE)
    return " ".join(text.casefold().split()).strip(" \"'")


def _parted(given: str) -> tuple[Status | None, str]:
    """Status and text.  Raises UnknownSymptom for a word before a bracket that is no status."""
    head, bracket, text = given.partition("(")
    named = _status(given.rstrip(" .")) or _status(head)
    if named is not None and (not bracket or _status(given.rstrip(" ."))):
        return named, ""
    if named is not None:
        return named, text.strip(" ().")
    if any(_has_text(s, given.strip(" ().")) for s in SIGHTS):
        return None, given.strip(" ().")
    if bracket and not head.startswith("waiting"):
        raise UnknownSymptom(f"no status {head.strip()!r}{suggestion(head.strip(), _names())}; {_allowed()}")
    raise UnknownSymptom(f"no status or text {given!r}{suggestion(given, [*_names(), *_texts()])}; {_allowed()}")


def _status(word: str) -> Status | None:
    plain = word.strip()
    for status in Status:
        if plain in (status.api.casefold(), status.word.casefold(), status.word.casefold().replace(" ", "")):
            return status
    return ALIASES.get(plain)


def _has_text(sight: Sight, text: str) -> bool:
    """Whether the words are a text of a line, or part of one; a few letters are no text."""
    return len(text) >= len("waiting for") and any(
        text in _plain(one).strip(" ().") for one in (sight.text, *sight.also) if one
    )


def _texts() -> list[str]:
    return [one.casefold() for s in SIGHTS for one in (s.text, *s.also) if one]


def _names() -> list[str]:
    return [*(s.word.casefold() for s in Status), *(s.api.casefold() for s in Status), *ALIASES]


def _allowed() -> str:
    statuses = ", ".join(f"{s.word} ({s.api})" for s in Status)
    texts = "; ".join(dict.fromkeys(s.text for s in SIGHTS if s.text))
    return f"allowed: a status, a text, or both as the portal writes them; statuses: {statuses}; texts: {texts}"
