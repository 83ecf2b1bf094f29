"""Bounds: how much of the world a network covers.

They limit how many faults and user requests may happen, say which instances are part of the network, and how many
minutes a tick has.  They are printed with every verdict: a verdict is about what happens within them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .agents.vocabulary import FURTHER_REQUESTS, REQUESTS
from .notation.terms import suggestion


class BoundsError(ValueError):
    """An invalid bound or option: the message says what was allowed."""


class NoSuchFault(BoundsError):
    """A budget for a kind of fault that no agent of the workflow has."""


@dataclass(frozen=True)
class Faults:
    """How many faults may happen: ``total`` of any kind, or, with ``kinds``, so many of each kind named and none of
    others.

    With ``service``, RDFE, FFE and the fabric controller have so many of their own, and ``total`` is for instances.

    >>> str(Faults.parse("guest_hang=1,task_failure=2"))
    'guest_hang=1,task_failure=2'
    """

    total: int = 1
    kinds: tuple[tuple[str, int], ...] | None = None
    service: int | None = None

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Read ``none``, a number, or ``kind=number,...``; raises BoundsError."""
        text = text.strip()
        if text == "none":
            return cls(0)
        if text.isdecimal():
            return cls(_count(text, text))
        kinds: list[tuple[str, int]] = []
        for part in text.split(","):
            kind, sign, number = (p.strip() for p in part.partition("="))
            if not sign or not number.isdecimal():
                raise BoundsError(f"faults can't be {text!r}; write none, a number, or kind=number,...")
            if kind in dict(kinds):
                raise BoundsError(f"faults can't be {text!r}; each kind once, {kind} is there twice")
            kinds.append((kind, _count(number, text)))
        return cls(0, tuple(sorted(dict(kinds).items())))

    def number(self, kind: str) -> int:
        """How many faults of this kind may happen in an instance.

        >>> Faults.parse("guest_hang=1").number("guest_hang"), Faults(2).number("task_hang")
        (1, 2)
        """
        return self.total if self.kinds is None else dict(self.kinds).get(kind, 0)

    def allow(self, kind: str) -> bool:
        """Whether a fault of this kind may happen in an instance.

        >>> Faults.parse("guest_hang=1").allow("task_hang"), Faults(2).allow("task_hang")
        (False, True)
        """
        return self.number(kind) > 0

    def __str__(self) -> str:
        if self.kinds is not None:
            return ",".join(f"{k}={n}" for k, n in self.kinds) or "none"
        if self.service is not None:
            return f"{self.total or 'none'} in an instance, {self.service} in RDFE, FFE or fabric controller"
        return str(self.total) if self.total else "none"


def _count(number: str, text: str) -> int:
    if len(number) > 3 or int(number) > 255:
        raise BoundsError(f"faults can't be {text!r}; at most 255 of a kind")
    return int(number)


def require_further(kinds: Iterable[str]) -> tuple[str, ...]:
    """Kinds of request, each of which must be one of ``FURTHER_REQUESTS``; raises BoundsError.

    >>> require_further(["delete"])
    ('delete',)
    """
    found = tuple(kinds)
    for kind in found:
        if kind not in FURTHER_REQUESTS:
            allowed = ", ".join(FURTHER_REQUESTS)
            raise BoundsError(f"no further request {kind!r}{suggestion(kind, FURTHER_REQUESTS)}; allowed: {allowed}")
    return found


@dataclass(frozen=True)
class Bounds:
    """How much of the world a network covers.

    ``requests``: user requests, the first deployment included (None: any number).  ``also``: kinds of request that may
    be among them besides the usual ones, of ``FURTHER_REQUESTS``.  ``tick``: minutes in a tick, 1 or 5.
    ``instances``: role name to the numbers of the instances that are part of the network; None: all of them.
    """

    faults: Faults = Faults()
    requests: int | None = 2
    tick: int = 1
    instances: tuple[tuple[str, tuple[int, ...]], ...] | None = None
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.tick not in (1, 5):
            raise BoundsError(
                f"a tick can't be {self.tick} minutes: the platform's limits are multiples of 5; allowed: 1, 5"
            )
        if self.requests is not None and not 1 <= self.requests <= 255:
            raise BoundsError(f"requests can't be {self.requests}; allowed: 1 to 255")

        require_further(self.also)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of request that the user may make."""
        return (*REQUESTS, *(kind for kind in FURTHER_REQUESTS if kind in self.also))

    def ticks(self, minutes: int) -> int:
        """A number of minutes in ticks."""
        return minutes // self.tick


DEFAULT_BOUNDS = Bounds()
