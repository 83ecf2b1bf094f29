"""What the schema and the platform allow, as data: limits of a service, VM sizes with their disks, places of elements.

The numbers and names live in `data/limits.toml` and `data/elements.toml`, each with its source. Left out: the number of
cores that a subscription may use, which no file of a service says.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


_LIMITS = _data("limits.toml")

SERVICE: dict[str, int] = _LIMITS["service"]
"""The largest numbers of what a service may hold: roles, upgrade domains, endpoints of each kind."""

ROLE: dict[str, int] = _LIMITS["role"]

MAX_RULES: int = _LIMITS["access_control"]["rules"]

MAX_TASKS: int = _LIMITS["checked"]["tasks"]
MAX_SITES: int = _LIMITS["checked"]["sites"]
MAX_INSTANCES: int = _LIMITS["checked"]["instances"]

DISK_GIB: dict[str, int] = _LIMITS["disk_gib"] | {
    name: _LIMITS["disk_gib"][size] for name, size in _LIMITS["disk_of"].items()
}
"""The local disk of every VM size, by all names of the size, the usual one first."""

_DISK_BY_FOLDED_NAME = {name.casefold(): gib for name, gib in DISK_GIB.items()}

PLACES: dict[str, str] = {name: place for part in _data("elements.toml").values() for name, place in part.items()}
"""Where each element of the schemas belongs."""


def disk_gib(size: str) -> int | None:
    """The local disk of a VM size in GiB, or `None` for an unknown size; case does not matter.

    >>> disk_gib("Standard_D1"), disk_gib("small"), disk_gib("Standard_Q99")
    (50, 225, None)
    """
    return _DISK_BY_FOLDED_NAME.get(size.casefold())


def smallest_size(megabytes: int) -> str | None:
    """The VM size with the smallest local disk that holds so much, or `None` if there is none.

    >>> smallest_size(409_600), smallest_size(10**9)
    ('Standard_D4', None)
    """
    fitting = [(gib, name) for name, gib in DISK_GIB.items() if gib * 1024 >= megabytes]
    return min(fitting, key=lambda found: found[0])[1] if fitting else None
