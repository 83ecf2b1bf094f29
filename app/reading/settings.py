"""Settings read from the texts of the command line, of a saved run or of a test, and written back as texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from goalstate.model.bounds import Faults, require_further
from goalstate.model.deployment import MAX_INSTANCES
from goalstate.model.notation.terms import suggestion
from goalstate.model.platform import ALTERNATIVES, DEFAULT_PLATFORM, Platform
from goalstate.properties.service.settings import Settings

from ..terminal.errors import UserError


class World(TypedDict, total=False):
    """The arguments of `read_world`."""

    instances: Sequence[str]
    faults: str | None
    requests: int | None
    also: Sequence[str]
    tick: int | None
    options: Sequence[str]
    assume: Sequence[str]
    whole: bool


def read_world(
    instances: Sequence[str] = (),
    faults: str | None = None,
    requests: int | None = None,
    tick: int | None = None,
    options: Sequence[str] = (),
    assume: Sequence[str] = (),
    whole: bool = False,
    also: Sequence[str] = (),
) -> Settings:
    """The settings that choose the part of a deployment's behaviour to verify, from the texts of the command line.

    ``instances``: ROLE=N; ``faults``: none, a number, or KIND=N,...; ``requests``: a number, 0 for any; ``also``:
    further kinds of request; ``tick``: 1 or 5 minutes; ``options``: NAME=VALUE; ``assume``: as `model.assumption`
    reads it.  Raises UserError and BoundsError.

    >>> read_world(["Web=2"], "task_hang=1").instances
    (('Web', 2),)
    """
    alternatives = [_alternative(text) for text in options]
    counts = [_count(text) for text in instances]
    _require_once("--instances", [role for role, _ in counts])
    _require_once("--option", [name for name, _ in alternatives])
    _require_once("--also", also)
    if faults is not None:
        _require_once("--faults", [part.partition("=")[0].strip() for part in faults.split(",")])
    return Settings(
        faults=None if faults is None else Faults.parse(faults),
        requests=requests,
        tick=tick,
        instances=tuple(counts),
        also=require_further(also),
        assume=tuple(assume),
        whole=whole,
        platform=Platform.of(dict(alternatives)),
    )


def written_world(settings: Settings) -> World:
    """What `read_world` reads as these settings.

    >>> read_world(**written_world(Settings(tick=5))) == Settings(tick=5)
    True
    """
    chosen = zip(settings.platform.chosen, DEFAULT_PLATFORM.chosen, strict=True)
    return {
        "instances": [f"{role}={count}" for role, count in settings.instances],
        "faults": None if settings.faults is None else str(settings.faults),
        "requests": settings.requests,
        "also": list(settings.also),
        "tick": settings.tick,
        "options": [f"{name}={value}" for (name, value), default in chosen if (name, value) != default],
        "assume": list(settings.assume),
        "whole": settings.whole,
    }


def _alternative(text: str) -> tuple[str, str]:
    name, value = _parts(text)
    if name and value:
        return name, value
    if name in ALTERNATIVES:
        allowed = ALTERNATIVES[name]
        raise UserError(
            f"--option can't be {text!r}; write --option {name}={allowed[-1]}; allowed: {', '.join(allowed)}"
        )
    raise UserError(
        f"--option can't be {text!r}{suggestion(name, ALTERNATIVES)}; write NAME=VALUE, as in reboot=skips_on_stop; "
        f"options: {', '.join(ALTERNATIVES)}"
    )


def _count(text: str) -> tuple[str, int]:
    role, number = _parts(text)
    if not (role and number):
        raise UserError(f"--instances can't be {text!r}; write ROLE=N, as in Web=2")
    if not (number.isascii() and number.isdecimal() and len(number) <= 7 and 1 <= int(number) <= MAX_INSTANCES):
        raise UserError(f"--instances: role {role!r} can't have {number!r} instances; allowed: 1 to {MAX_INSTANCES}")
    return role, int(number)


def _parts(text: str) -> tuple[str, str]:
    """What is before and after the first equals sign; the second part is empty if there is no sign."""
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def _require_once(option: str, names: Sequence[str]) -> None:
    """Refuse a name that is given twice: the second would replace the first."""
    for name, times in Counter(names).items():
        if times > 1:
            raise UserError(f"{option}: {name!r} is given {times} times; allowed: once; keep the one that is meant")
