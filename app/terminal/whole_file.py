"""A file that is written whole or not at all: beside its place first, and then put there.

Otherwise a disk that is full leaves half a report, and half a JSON document where the last good one was.

Source: rename(2): the new file takes the place of the old one in one step.
Left out: files that are no regular ones, and folders where nothing can be made beside the file; both are written as
they are.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write a text into a file, new or not; raises OSError, and what was there before is then still there."""
    place = Path(os.path.realpath(file))
    content = text.encode("utf-8", errors="backslashreplace")
    try:
        mode = place.stat().st_mode
    except FileNotFoundError:
        mode = None
    beside = place.with_name(f".{place.name[:100]}.{os.getpid()}")
    if mode is not None and not stat.S_ISREG(mode):
        file.write_bytes(content)
        return
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except OSError:
        file.write_bytes(content)
        return
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
        if mode is not None:
            os.chmod(beside, stat.S_IMODE(mode))
        os.replace(beside, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
