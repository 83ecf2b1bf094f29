"""What differs between two deployments, value by value: the places, and what is there before and after.

Parts are told from each other by their names: roles, endpoints, sites and so on by name, startup tasks by command,
imports by module.  Parts of the same name are paired in their order.

Left out: lines of the files, notes and warnings, which no agent reads; the order of parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from .service import NOWHERE, Deployment, Location

UNREAD = frozenset({"location", "sources", "notes", "warnings", "index", "partner"})
"""Fields that say where something stands, not what it is."""

KEYS = ("name", "command", "module")


@dataclass(frozen=True)
class Differing:
    """A place in a deployment, as in `Web, task a.cmd, type`; what is there on each side (None: nothing); the line."""

    place: tuple[str, ...]
    old: str | None
    new: str | None
    location: Location = NOWHERE

    def __str__(self) -> str:
        where = ", ".join(self.place)
        if self.old is None:
            return f"{where}: new"
        if self.new is None:
            return f"{where}: gone"
        return f"{where}: {self.old} -> {self.new}"


def differences(old: Deployment, new: Deployment) -> list[Differing]:
    """Everything that is not the same, in the order of the old deployment.

    >>> from .service import Role, RoleKind, Task, TaskType
    >>> def web(kind):
    ...     return Deployment("shop", (Role("Web", RoleKind.WORKER, tasks=(Task("a.cmd", kind),)),))
    >>> for one in differences(web(TaskType.SIMPLE), web(TaskType.BACKGROUND)):
    ...     print(one)
    Web, task a.cmd, type: simple -> background
    """
    return list(_within((), old, new, NOWHERE))


def _within(place: tuple[str, ...], old: object, new: object, location: Location) -> Iterator[Differing]:
    if is_dataclass(old) and type(old) is type(new):
        here = getattr(new, "location", location)
        for field in fields(old):
            if field.name not in UNREAD:
                one, other = getattr(old, field.name), getattr(new, field.name)
                yield from _of_field(place, field.name, one, other, here)
    elif old != new:
        yield Differing(place, _shown(old), _shown(new), location)


def _of_field(place: tuple[str, ...], name: str, old: object, new: object, location: Location) -> Iterator[Differing]:
    if isinstance(old, tuple) and isinstance(new, tuple) and any(map(is_dataclass, (*old, *new))):
        before, after = _by_key(old), _by_key(new)
        kind = "" if name == "roles" else f"{name.removesuffix('s').replace('_', ' ')} "
        for key in dict.fromkeys([*before, *after]):
            there = (*place, f"{kind}{key[0]}")
            one, other = before.get(key), after.get(key)
            if one is None or other is None:
                line = getattr(one or other, "location", location)
                yield Differing(there, None if one is None else key[0], None if other is None else key[0], line)
            else:
                yield from _within(there, one, other, location)
    else:
        yield from _within((*place, name.replace("_", " ")), old, new, location)


def _by_key(parts: tuple[object, ...]) -> dict[tuple[str, int], object]:
    """Parts by name and by their number among those of the same name."""
    found: dict[tuple[str, int], object] = {}
    for part in parts:
        name = next((str(getattr(part, key)) for key in KEYS if hasattr(part, key)), str(part))
        times = 0
        while (name, times) in found:
            times += 1
        found[name, times] = part
    return found


def _shown(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return ", ".join("=".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in value) or "none"
    return (
        {None: "none", True: "yes", False: "no"}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )
