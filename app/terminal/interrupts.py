"""Ctrl-C: before there is anything to lose the program leaves at once; later it is a KeyboardInterrupt.

A KeyboardInterrupt that is raised while modules are imported may vanish in whatever happens to be running there, and
then the program would go on.
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
    """From now on Ctrl-C is a KeyboardInterrupt, for those who have something to keep."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def noted() -> Iterator[list[int]]:
    """Ctrl-C is a KeyboardInterrupt that is noted, so that it can be told from one that a program raises itself."""
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
