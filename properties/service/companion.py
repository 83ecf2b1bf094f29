"""A companion: a second process that does a part of the work while this one does the rest.

The loops on decision diagrams use one core, and so does what is done about them in Python.  Instances of several kinds
are judged apart from each other, so another process, a copy of this one at that moment, can judge some of them.  What
it found comes back as a value, the exceptions included.  Where there is one core, no ``fork`` (Windows), or more than
one thread (a fork would copy the locks that the others hold), the work is done here, when its result is asked for.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Generic, TypeVar

Result = TypeVar("Result")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def possible() -> bool:
    """Whether another process can be of help: not if this one is a help itself."""
    alone = threading.active_count() == 1 and not multiprocessing.current_process().daemon
    return cores() > 1 and sys.platform == "linux" and alone


def begun(work: Callable[[Connection], None]) -> tuple[BaseProcess, Connection]:
    """A copy of this process that does some work, and the end of the pipe from which it is heard.

    Ctrl-C is left to whoever waits for it and ends it.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)

    def apart() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        here.close()  # so that it is noticed when nobody reads any more
        work(there)

    process = context.Process(target=apart, daemon=True)
    with warnings.catch_warnings():
        # Python 3.12 counts the threads of numpy's libraries too, which look after themselves in a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    there.close()
    return process, here


class Companion(Generic[Result]):
    """Work begun elsewhere (unless not ``apart``); ``result`` waits for it.  Leaving the context ends it.

    >>> with Companion(lambda: sum(range(10))) as companion:
    ...     companion.result()
    45
    """

    def __init__(self, work: Callable[[], Result], *, apart: bool = True) -> None:
        self._work = work
        self._here: Connection | None = None
        if apart and possible():
            self._process, self._here = begun(lambda there: _tell(there, work))

    def __enter__(self) -> Companion[Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._here is not None:
            self._here.close()
            self._process.terminate()
            self._process.join()

    def result(self) -> Result:
        """What the work gave; raises what it raised.  A companion that was killed leaves its work to be done here."""
        if self._here is None:
            return self._work()
        try:
            value, error = self._here.recv()
        except EOFError:
            return self._work()
        if error is not None:
            raise error
        found: Result = value
        return found


def _tell(there: Connection, work: Callable[[], Result]) -> None:
    try:
        answer: tuple[Result | None, BaseException | None] = (work(), None)
    except Exception as error:  # noqa: BLE001 - raised again by whoever waits
        answer = (None, error)
    there.send(answer)
