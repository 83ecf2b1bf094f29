"""Compiling loops with numba, whose results are kept on disk.

What numba kept is good as long as the file of a loop is unchanged; it does not look at the files of what a loop calls.
So loops that call each other are in one module.

What is kept is a help and no more.  A file that can't be read (empty, or cut off when a disk was full) is thrown away
and the loop compiled anew; where nothing can be kept, the compiled loop is used and not kept.
Left out: files of the right form with other content; numba does not sign them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

_folders: set[Path] = set()


def cache_folders() -> list[Path]:
    """Where the loops are kept of the modules that are loaded; none where nothing can be kept."""
    return sorted(_folders)


def compiled(inline: bool = False) -> Callable[[F], F]:
    """Compile with numba; the result is kept on disk or, where there is no place for it, in memory."""

    def decorate(function: F) -> F:
        options: dict[str, Any] = {"nogil": True, "boundscheck": False}
        if inline:
            return njit(inline="always", **options)(function)  # type: ignore[no-any-return]
        try:
            dispatcher = njit(cache=True, **options)(function)
        except RuntimeError:  # numba found no folder it may write to
            return njit(**options)(function)  # type: ignore[no-any-return]
        _folders.add(Path(dispatcher.stats.cache_path))
        dispatcher._cache = Kept(dispatcher._cache)
        return dispatcher  # type: ignore[no-any-return]

    return decorate


class Kept:
    """What numba kept of one loop: it answers as numba's own cache does, and survives broken files and full disks."""

    def __init__(self, files: Any) -> None:
        self._files = files
        self._gone: int | None = None
        """The folder to go back to, which is no more."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The compiled loop; None if there is none, or if it can't be read, and then it is thrown away."""
        found = None
        try:
            found = self._files.load_overload(signature, context)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pickle raises anything for a file that is cut off
            self._forget()
        if found is None:
            self._gone = _leave_gone_folder()
        return found

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a compiled loop, if there is room."""
        if self._gone is not None:
            os.fchdir(self._gone)
            os.close(self._gone)
            self._gone = None
        try:
            self._files.save_overload(signature, compiled)
        except MemoryError:
            raise
        except OSError:
            return  # the disk is full, or the folder is gone
        except Exception:  # noqa: BLE001 - the index is read before it is written anew
            self._forget()
            with suppress(OSError):
                self._files.save_overload(signature, compiled)

    def _forget(self) -> None:
        index = self._files._cache_file._index_path
        with suppress(OSError):
            os.unlink(index)


def _leave_gone_folder() -> int | None:
    """Go to a folder that there is, if the working folder is no more: numba asks for it while it compiles.

    Returns what leads back.
    """
    try:
        os.getcwd()
    except FileNotFoundError:
        back = os.open(".", os.O_RDONLY)
        os.chdir(os.sep)
        return back
    return None
