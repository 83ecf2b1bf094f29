"""Progress on stderr: on a terminal one line that is overwritten; elsewhere, if asked for, a line every two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .page import tame

APART = 2.0
"""Seconds between two lines where lines can't be overwritten."""

COLUMNS = 78


@contextmanager
def told(asked: bool) -> Iterator[Callable[[str], None] | None]:
    """The function that shows progress; None if it would not be seen."""
    terminal = sys.stderr.isatty()
    if not (asked or terminal):
        yield None
        return
    last = -APART

    def tell(text: str) -> None:
        nonlocal last
        if terminal:
            sys.stderr.write(f"\r\x1b[K{tame(text)[:COLUMNS]}")
            sys.stderr.flush()
        elif time.monotonic() - last >= APART:
            last = time.monotonic()
            print(tame(text), file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
