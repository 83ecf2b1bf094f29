"""Compiling loops with numba, whose results are kept on disk.

What numba kept is good as long as the file of a loop is unchanged; it does not look at the files of what a loop calls.
So loops that call each other are in one module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(inline: bool = False) -> Callable[[F], F]:
    """Compile with numba; the result is kept on disk or, where there is no place for it, in memory."""

    def decorate(function: F) -> F:
        options: dict[str, Any] = {"nogil": True, "boundscheck": False}
        if inline:
            return njit(inline="always", **options)(function)  # type: ignore[no-any-return]
        try:
            return njit(cache=True, **options)(function)  # type: ignore[no-any-return]
        except RuntimeError:  # numba found no folder it may write to
            return njit(**options)(function)  # type: ignore[no-any-return]

    return decorate
