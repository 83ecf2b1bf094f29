"""The file that a report is written to, checked before a long search."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from .errors import UserError
from .page import tame


def report_place(name: str | None, sources: Iterable[str] = (), option: str = "-o") -> Path | None:
    """The file to write a report to, known to be writable; None for stdout.

    A pipe or a device is not opened, since that may block.  Raises UserError for a file that can't be written, and for
    one of the ``sources``, which would be lost.
    """
    if name is None:
        return None
    if not name:
        raise UserError(f"{option}: the name of the file is empty; allowed: a file, new or to be replaced; name one")
    file, shown = Path(name), tame(name)
    try:
        status = os.stat(file)
    except FileNotFoundError:
        status = None
    except (OSError, ValueError) as error:
        raise _unwritable(shown, error) from None
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise UserError(f"{shown}: a folder, where a file is expected; name a file in it")
    if status is not None and not stat.S_ISREG(status.st_mode):
        return file
    for source in sources:
        if status is not None and os.path.exists(source) and os.path.samestat(status, os.stat(source)):
            raise UserError(f"{shown}: is what is to be verified; allowed: any other file; name another one")
    if not file.parent.is_dir():
        folder = tame(str(file.parent))
        raise UserError(f"{shown}: can't be written, there is no folder {folder}; make it, or name another file")
    try:
        # Opened as it will be, but without cutting it off.
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o666))
        if status is None:
            file.unlink()
    except OSError as error:
        raise _unwritable(shown, error) from None
    return file


def report_folder(name: str) -> Path:
    """The folder to write pictures into; raises UserError if its name is empty."""
    if not name:
        raise UserError(
            "-o: the name of the folder is empty; allowed: a folder, there or to be made; name one, as in -o pictures"
        )
    return Path(name)


def _unwritable(shown: str, error: OSError | ValueError) -> UserError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UserError(f"{shown}: can't be written ({reason}); allowed: a file where you may write; name another")
