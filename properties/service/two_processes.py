"""Two processes: work that is done by this process and a copy of it.

Searches, loops on decision diagrams and what is done about them in Python use one core each.  The other process is a
copy of this one at that moment (``fork``), so that results are sent and no work.  It is a help and no more: what fails
there, for whatever reason, or is lost because the process was killed is done here, so that an error is raised where it
always was.  Where there is one core, no ``fork`` (Windows), or more than one thread (a fork would copy the locks that
the others hold), all is done here, in order.

``share`` does pieces that don't depend on each other: the process that is free takes the next.  ``Forked`` is one call
begun in the other process, whose result is asked for later.

The two share the memory that this one may take: each gets half of what is left, and this one all of it when the other
is gone.  The other process ends with this one, even if this one is killed: the kernel sees to it (PR_SET_PDEATHSIG).

What a result refers to is sent without what follows from it: a network as its charts, not as its flat machines.

Left out: more than two processes; each of them has to do with its part of the memory.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from copyreg import dispatch_table
from dataclasses import fields
from io import BytesIO
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from ...model.engines.resources import allow, allowed, cores, taken
from ...model.network import Component, Network
from ...model.notation.statechart import Statechart
from ...model.workflow import Fabric, Workflow

Result = TypeVar("Result")
Tell: TypeAlias = Callable[[str], None]


def can_fork() -> bool:
    """Whether another process can be of help: not if this one is the other process itself."""
    alone = threading.active_count() == 1 and not multiprocessing.current_process().daemon
    return cores() > 1 and sys.platform == "linux" and alone


def fork(work: Callable[[Connection], None]) -> tuple[BaseProcess, Connection]:
    """A copy of this process that does some work, and the end of the pipe on which its results arrive.

    The copy ignores Ctrl-C: this process ends it, and it does not outlive this process.  Each of the two may take half
    of the memory that is left; ``ended`` gives this one the other half back.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    parent, most = os.getpid(), allowed()
    if most is not None:
        allow((most + taken()) // 2)

    def apart() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _die_with(parent)
        here.close()  # so that the copy notices when the reader is gone
        work(there)

    process = context.Process(target=apart, daemon=True)
    with warnings.catch_warnings():
        # Python 3.12 counts the threads of numpy's libraries too, which are safe in a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            process.start()
        except OSError:
            allow(most)
            raise
    there.close()
    _whole_of[process] = most
    return process, here


_whole_of: dict[BaseProcess, int | None] = {}
"""Of each other process, the bytes that this one might take before it began."""

PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent is gone, and leave if it is gone already."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def ended(process: BaseProcess) -> None:
    """End another process, whatever it is doing, and take its part of the memory back."""
    process.kill()
    process.join()
    allow(_whole_of.pop(process, None) or allowed())


class NeedsAll(Exception):
    """A piece did not finish beside others: it has to be done again, with the whole machine for itself."""


class Surroundings(NamedTuple):
    """Where a piece is done: what to call with its progress, and whether another one may be done at the same time."""

    tell: Tell | None
    beside: bool


Piece: TypeAlias = Callable[[Surroundings], Result]


def share(
    pieces: Sequence[Piece[Result]],
    keep: Callable[[int, Result], bool],
    tell: Tell | None = None,
    *,
    apart: bool = True,
    order: Sequence[int] = (),
    around: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Do all pieces, one after the other or (if ``apart``) two at a time, where that is possible.

    Two processes take first what ``order`` names: the longest ones, so that neither waits long for the other.
    ``around`` is entered while there are two processes.  ``keep`` gets the number of each piece with its result, in
    any order, and says whether to go on.  When a piece raises an exception it gets what is there already, and the
    exception is raised.

    >>> found = {}
    >>> share([lambda _, n=n: n * n for n in range(4)], lambda k, result: found.update({k: result}) or True)
    >>> sorted(found.items())
    [(0, 0), (1, 1), (2, 4), (3, 9)]
    """
    undone = dict.fromkeys(range(len(pieces)))
    going_on = True

    def done(k: int, result: Result) -> None:
        nonlocal going_on
        undone.pop(k)
        going_on = keep(k, result) and going_on

    if apart and len(pieces) > 1 and can_fork():
        with around(), _OtherProcess(pieces, dict.fromkeys((*order, *undone)), tell) as other:
            try:
                while going_on and (k := other.turns.take()) is not None:
                    with suppress(NeedsAll):
                        done(k, pieces[k](Surroundings(tell, beside=True)))
                    for found in other.found(wait=False):
                        done(*found)
                if going_on:
                    for found in other.found(wait=True):
                        done(*found)
            except BaseException:
                for found in other.found(wait=False):
                    done(*found)
                raise
    for k in tuple(undone):
        if going_on:
            done(k, pieces[k](Surroundings(tell, beside=False)))


MOST_TURNS = 30_000
"""Numbers that a pipe has room for; what is beyond them is left to the end."""


class _Turns:
    """The numbers of the pieces, each of which is taken by one process: a pipe with two bytes for each."""

    def __init__(self, order: Iterable[int]) -> None:
        self._taken, given = os.pipe()
        os.write(given, b"".join(k.to_bytes(2, "big") for k in islice(order, MOST_TURNS) if k < 1 << 16))
        os.close(given)

    def take(self) -> int | None:
        """The next number; None after the last."""
        line = os.read(self._taken, 2)
        return int.from_bytes(line, "big") if line else None

    def close(self) -> None:
        os.close(self._taken)


class _OtherProcess(Generic[Result]):
    """The other process, which takes turns at the pieces too.  Leaving the context ends it."""

    def __init__(self, pieces: Sequence[Piece[Result]], order: Iterable[int], tell: Tell | None) -> None:
        self.turns = _Turns(order)
        self._tell = tell
        self._whole = True  # what was read
        self._process, self._here = fork(lambda there: _take_turns(there, pieces, self.turns, tell is not None))

    def __enter__(self) -> _OtherProcess[Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.turns.close()
        self._here.close()
        ended(self._process)

    def found(self, *, wait: bool) -> Iterator[tuple[int, Result]]:
        """The pieces that are done there, with their results; with ``wait``, until there are no more to come."""
        with suppress(EOFError, OSError):  # it is gone; OSError: in the middle of a message
            while self._whole and (wait or self._here.poll()):
                self._whole = False
                said = pickle.loads(self._here.recv_bytes())
                self._whole = True
                if isinstance(said, tuple):
                    yield said
                elif self._tell is not None:
                    self._tell(said)


def _take_turns(there: Connection, pieces: Sequence[Piece[Any]], turns: _Turns, telling: bool) -> None:
    """Take turns, and send what was found.  A thread sends, so that the work never waits for the reader."""
    parent = os.getppid()
    lines: SimpleQueue[object] = SimpleQueue()
    end = object()

    def say() -> None:
        with suppress(OSError):
            while (line := lines.get()) is not end:
                there.send_bytes(line)  # type: ignore[arg-type]

    def tell(text: str) -> None:
        if os.getppid() != parent:
            os._exit(1)  # the reader is gone
        if telling:
            lines.put(pickle.dumps(text))

    sender = threading.Thread(target=say)
    sender.start()
    while os.getppid() == parent and (k := turns.take()) is not None:
        with suppress(Exception, KeyboardInterrupt):  # MemoryError too: the other process does it once more
            lines.put(_pickled((k, pieces[k](Surroundings(tell, beside=True)))))
    lines.put(end)
    sender.join()


class Forked(Generic[Result]):
    """A call begun in another process, or, if not ``apart``, made here when its result is asked for.

    Leaving the context ends it.

    >>> with Forked(lambda: sum(range(10))) as call:
    ...     call.result()
    45
    """

    def __init__(self, work: Callable[[], Result], *, apart: bool = True) -> None:
        self._work = work
        self._here: Connection | None = None
        if apart and can_fork():
            self._process, self._here = fork(lambda there: _answer(there, work))

    def __enter__(self) -> Forked[Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._here is not None:
            self._here.close()
            ended(self._process)

    def result(self) -> Result:
        """What the call returned; raises what it raised.  If the process was killed, the call is made here."""
        if self._here is None:
            return self._work()
        try:
            value, error = self._here.recv()
        except (EOFError, OSError):  # OSError: it was killed in the middle of its answer
            value, error = None, MemoryError()
        if isinstance(error, MemoryError):
            self._here.close()
            self._here = None
            ended(self._process)
            return self._work()
        if error is not None:
            raise error
        found: Result = value
        return found


def _answer(there: Connection, work: Callable[[], Result]) -> None:
    try:
        answer: tuple[Result | None, BaseException | None] = (work(), None)
    except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
        answer = (None, error)
    there.send(answer)


def _pickled(value: object) -> bytes:
    file = BytesIO()
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


def _bare(value: Any) -> tuple[Callable[..., Any], tuple[Any, ...], Any]:
    """How to make a dataclass again, without the properties that it has worked out."""
    return object.__new__, (type(value),), {f.name: getattr(value, f.name) for f in fields(value)}


class _Pickler(pickle.Pickler):
    dispatch_table = dispatch_table.copy() | dict.fromkeys((Component, Fabric, Network, Statechart, Workflow), _bare)
