"""Mistakes in a user's files: collected, so that one run reports all of them, and raised together.

Every message has three parts: what was wrong; what was allowed; the likely fix.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from .service import Location


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake and the place of it.

    >>> print(Problem(Location("a.csdef", 3), "port '0' is not a port; allowed: 1 to 65535; give another port"))
    a.csdef:3: port '0' is not a port; allowed: 1 to 65535; give another port
    """

    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


class DeploymentError(Exception):
    """The files do not describe a service: `problems` has every mistake found, in the order of the files.

    `str()` is one line `file:line: what was wrong; what was allowed; likely fix` per mistake.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def listed(names: Iterable[str]) -> str:
    """Names for a message, in the given order, at most a dozen.

    >>> listed(["simple", "background"])
    "'simple', 'background'"
    >>> listed([])
    'none'
    """
    quoted = [repr(name if len(name) <= 60 else name[:57] + "...") for name in names]
    if len(quoted) > 12:
        quoted[11:] = [f"and {len(quoted) - 11} more"]
    return ", ".join(quoted) or "none"


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that a misspelt one most likely stands for, without regard to case.

    >>> nearest("taskTyp", ["commandLine", "taskType"])
    'taskType'
    >>> nearest("colour", ["commandLine", "taskType"]) is None
    True
    """
    if len(name) > 60:  # the comparison is quadratic, and no allowed name is that long
        return None
    folded = {candidate.casefold(): candidate for candidate in islice(allowed, 200)}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.75)
    return folded[close[0]] if close else None


def suggestion(name: str, allowed: Iterable[str], otherwise: str) -> str:
    """The likely fix: `did you mean 'x'?` if an allowed name is near, else `otherwise`."""
    close = nearest(name, allowed)
    return f"did you mean {close!r}?" if close is not None else otherwise
