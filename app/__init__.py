"""goalstate: an executable, verified model of the classic Windows Azure VM workflow.

This package is the front door: the names of `goalstate.api` are its public interface, and docs/reference/api.md lists
them. They are loaded when the first of them is asked for, so that `goalstate --help` and Ctrl-C stay immediate.

>>> import goalstate
>>> sorted(goalstate.Outcome, key=str)
[<Outcome.HOLDS: 'holds'>, <Outcome.UNKNOWN: 'unknown'>, <Outcome.VIOLATED: 'violated'>]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import *  # noqa: F403 - the names are listed there


def __getattr__(name: str) -> Any:
    if name.startswith("_") and name != "__all__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".api", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *import_module(".api", __name__).__all__])
