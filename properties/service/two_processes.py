"""Work shared out: pieces that don't depend on each other, done by two processes, whoever is free taking the next.

The other process is a copy of this one at that moment, so that results are sent and no work.  It is help and no more: a
piece that fails there, for whatever reason, or is lost since the process was killed is done here, so that an error is
raised where it always was.  Where there can be no other process (``companion.possible``) all is done here, in order.

What a result refers to is sent without what follows from it: a network as its charts, not as its flat machines.

Left out: more than two processes; each of them has to do with its part of the memory.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from copyreg import dispatch_table
from dataclasses import fields
from io import BytesIO
from itertools import islice
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from ...model.network import Component, Network
from ...model.notation.statechart import Statechart
from ...model.workflow import Fabric, Workflow
from .companion import begun, possible

Result = TypeVar("Result")
Tell: TypeAlias = Callable[[str], None]


class NeedsAll(Exception):
    """A piece came to no end beside others: it has to be done again, with the whole machine for itself."""


class Surroundings(NamedTuple):
    """Where a piece is done: whom to tell how it gets on, and whether another one may be done at the same time."""

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

    Two processes take first what ``order`` names: the longest ones, lest one waits for the other in the end.
    ``around`` is entered while there are two processes.  ``keep`` gets the number of each piece with its result, in
    whatever order, and says whether to go on.  When a piece raises an exception it gets what is there already, and the
    exception goes on its way.

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

    if apart and len(pieces) > 1 and possible():
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
        self._process, self._here = begun(lambda there: _take_turns(there, pieces, self.turns, tell is not None))

    def __enter__(self) -> _OtherProcess[Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.turns.close()
        self._here.close()
        self._process.terminate()
        self._process.join()

    def found(self, *, wait: bool) -> Iterator[tuple[int, Result]]:
        """The pieces that are done there, with their results; with ``wait``, until there are no more to come."""
        with suppress(EOFError):
            while self._whole and (wait or self._here.poll()):
                self._whole = False
                said = pickle.loads(self._here.recv_bytes())
                self._whole = True
                if isinstance(said, tuple):
                    yield said
                elif self._tell is not None:
                    self._tell(said)


def _take_turns(there: Connection, pieces: Sequence[Piece[Any]], turns: _Turns, talkative: bool) -> None:
    """Take turns, and say what was found.  Who does so never waits until it is heard."""
    begun_by = os.getppid()
    lines: SimpleQueue[object] = SimpleQueue()
    end = object()

    def say() -> None:
        with suppress(OSError):
            while (line := lines.get()) is not end:
                there.send_bytes(line)  # type: ignore[arg-type]

    def tell(text: str) -> None:
        if os.getppid() != begun_by:
            os._exit(1)  # nobody is left to hear of it
        if talkative:
            lines.put(pickle.dumps(text))

    sender = threading.Thread(target=say)
    sender.start()
    while os.getppid() == begun_by and (k := turns.take()) is not None:
        with suppress(Exception, KeyboardInterrupt):  # it is done once more, by the other process
            lines.put(_pickled((k, pieces[k](Surroundings(tell, beside=True)))))
    lines.put(end)
    sender.join()


# -- results -----------------------------------------------------------------------------------------------------------


def _pickled(value: object) -> bytes:
    file = BytesIO()
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


def _bare(value: Any) -> tuple[Callable[..., Any], tuple[Any, ...], Any]:
    """How to make a dataclass again, without the properties that it has worked out."""
    return object.__new__, (type(value),), {f.name: getattr(value, f.name) for f in fields(value)}


class _Pickler(pickle.Pickler):
    dispatch_table = dispatch_table.copy() | dict.fromkeys((Component, Fabric, Network, Statechart, Workflow), _bare)
