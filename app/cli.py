"""The program: it does what the command line asks, writes the answer, and ends with an exit code.

stdout has the answer and nothing else.  The program writes to a copy of stdout and redirects file descriptor 1 to
stderr, so that the output of a network file, or of a child process of it, is never in the JSON.

An error is never a traceback.  A mistake of the user gives a message and exit code 2.  An internal error gives one line
and exit code 70, after what was found before.  Ctrl-C before there is a verdict gives 130.  This module imports nothing
heavy, so that it catches Ctrl-C while the other modules are imported.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from typing import NoReturn, TextIO, TypeAlias

from .terminal.answer import Answer, Unfinished
from .terminal.exit_codes import BROKEN, INTERRUPTED, UNKNOWN, WRONG
from .terminal.interrupts import MESSAGE, leave_at_once, unwind
from .terminal.page import tame, write
from .terminal.whole_file import write_whole

TRACEBACK = "GOALSTATE_TRACEBACK"
"""The environment variable that makes an internal error show its traceback."""

LONGEST = 300
"""Characters of an internal error's own message that are shown."""


COLLECTED = (50_000, 20, 50)
"""The thresholds of the garbage collector: new objects, and collections of younger generations."""


Read: TypeAlias = Callable[[Sequence[str] | None], Callable[[], Answer] | int]
"""What parses arguments: it returns what is to be done, or the exit code if that is done already."""


def main(read: Read | None = None) -> NoReturn:
    """Run the command line as a program; ``read`` parses the arguments, if that is not `arguments.read`."""
    leave_at_once()
    # Most objects stay alive: with the default thresholds, the collector takes a tenth of the time.
    gc.set_threshold(*COLLECTED)
    try:
        code = _with_own_stdout(read)
    except KeyboardInterrupt:
        code = _interrupted()
    except BaseException as error:  # noqa: BLE001 - SystemExit too: nothing but a verdict may leave with its code
        code = BROKEN
        _say_internal(error)
    gc.freeze()  # no last collection: the system frees the memory at once
    _end_with_threads(code)
    sys.exit(code)


def _end_with_threads(code: int) -> None:
    """End at once if a thread still runs that a network file has left: the interpreter would wait for it."""
    if not any(not one.daemon and one is not threading.main_thread() for one in threading.enumerate()):
        return
    _say("goalstate: a thread of the file still runs; it is stopped with the program")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def run(arguments: Sequence[str] | None, out: TextIO, read: Read | None = None) -> int:
    """Do what the arguments (None: those of the program) ask, write the answer to ``out``; returns the exit code."""
    shown = io.StringIO()  # help and version, which the parser of the arguments prints by itself
    try:
        with redirect_stdout(shown):
            from .arguments import read as read_arguments

            asked = (read or read_arguments)(arguments)
            done = asked if isinstance(asked, int) else asked()
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:  # noqa: BLE001 - the one place that handles unexpected errors
        return _failed(error, out)
    if isinstance(done, int):
        return _guarded(lambda: out.write(shown.getvalue()), out, done)
    if shown.getvalue():
        _say(shown.getvalue())
    return _delivered(done, out)


def _with_own_stdout(read: Read | None) -> int:
    if sys.stderr is None:  # closed: print would then write to stdout
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it lives as long as the program
    if sys.stdout is None:
        _say("goalstate: stdout is closed; allowed: a terminal, a file or a pipe; to read nothing, write > /dev/null")
        return WRONG
    for stream in (sys.stdout, sys.stderr):
        # A file's name may hold what the terminal's encoding can't.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    own = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(own, "w", encoding=sys.stdout.encoding, errors="backslashreplace", closefd=False) as out:
        return run(None, out, read)


def _delivered(answer: Answer, out: TextIO) -> int:
    """Write an answer to its file or to stdout; if the file can't be written, to stdout, so that nothing is lost."""
    content = answer.content
    if answer.file is None:
        code = _guarded(
            lambda: out.write(content) if isinstance(content, str) else write(content, out), out, answer.code
        )
        talk = answer.talk
        if talk is None or code != answer.code or sys.stdin is None:
            return code
        return _guarded(lambda: talk(sys.stdin, out), out, code)
    try:
        write_whole(answer.file, answer.text)
    except OSError as error:
        _say(
            f"{tame(str(answer.file))}: can't be written ({error.strerror}); allowed: a file on a disk with room; "
            "the report is on stdout instead"
        )
        return _guarded(lambda: out.write(answer.text), out, WRONG)
    return _guarded(
        lambda: out.write(f"{tame(answer.summary)}; written to {tame(str(answer.file))}\n"), out, answer.code
    )


def _guarded(action: Callable[[], object], out: TextIO, code: int) -> int:
    """Write; returns the exit code, or another one if writing fails or is interrupted."""
    unwind()
    try:
        action()
        out.flush()
    except BrokenPipeError:
        # The reader has closed the pipe.  What is still buffered must not raise an error later.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    except OSError as error:
        _say(f"goalstate: stdout: can't be written ({error.strerror}); allowed: a file on a disk with room, or -o FILE")
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        return WRONG
    except KeyboardInterrupt:
        _say("goalstate: interrupted while the answer was written; it may not be whole")
        with suppress(OSError):  # what is still buffered must not block again
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        return INTERRUPTED
    return code


def _failed(error: Exception, out: TextIO) -> int:
    """Say what went wrong, after what was found before; returns the exit code."""
    if isinstance(error, Unfinished):
        code, cause = _delivered(error.answer, out), error.__cause__
        if not isinstance(cause, Exception):
            _say("goalstate: interrupted; this was found until then")
            return code
        error = cause
    from click import ClickException  # which has parsed the arguments

    if isinstance(error, ClickException):
        usage = io.StringIO()
        error.show(file=usage)
        _say(usage.getvalue())
        return WRONG
    if isinstance(error, MemoryError):
        _say("goalstate: memory ran out: unknown; take fewer instances, faults or requests, or --max-states N")
        return UNKNOWN
    if _is_the_users(error):
        from .terminal.errors import code_of, message

        _say(message(error))
        return code_of(error)
    _say_internal(error)
    return BROKEN


def _is_the_users(error: Exception) -> bool:
    try:
        from .terminal.errors import USER_ERRORS
    except Exception:  # noqa: BLE001 - a broken installation: the error at hand is the one to tell of
        return False
    return isinstance(error, USER_ERRORS)


def _say_internal(error: BaseException) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    what = " ".join(str(error).split())[:LONGEST]
    _say(
        f"goalstate: internal error: {type(error).__name__}: {tame(what)}{where}; this says nothing about the service; "
        f"please report it with the command and its files ({TRACEBACK}=1 shows the traceback)"
    )
    if os.environ.get(TRACEBACK):
        sys.stderr.writelines(traceback.format_exception(error))


def _interrupted() -> int:
    _say(MESSAGE)
    return INTERRUPTED


def _say(text: str) -> None:
    """Write a message to stderr, without control characters; if that fails, the exit code must do."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("".join(f"{tame(one)}\n" for one in text.rstrip("\n").split("\n")))
        sys.stderr.flush()
