"""Ctrl-C: it ends the program at once as long as there are no results; later it is a KeyboardInterrupt.

A KeyboardInterrupt that is raised while modules are imported may be swallowed by code that runs there, and then the
program would go on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from .exit_codes import INTERRUPTED

MESSAGE = "goalstate: interrupted before there was a verdict"


def leave_at_once() -> None:
    """From now on Ctrl-C ends the program."""
    signal.signal(signal.SIGINT, _leave)


def unwind() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt, so that results are not lost."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def noted() -> Iterator[list[int]]:
    """Ctrl-C is a KeyboardInterrupt that is recorded, which tells it from one that the user's program raises itself."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def note(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), f"{MESSAGE}\n".encode())
    os._exit(INTERRUPTED)
