"""WaWorkerHost: the host process of a worker role; it loads the role's DLLs and runs its entry point (R-I1, R-9.1).

A worker role with a ProgramEntryPoint has Run start the program and wait for its end; the role is Ready as soon as the
program is started, and when the program ends, Run returns.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..notation.statechart import ROOT, Statechart, Transition, on, refuses
from .role_lifecycle import ON_STOP_LIMIT, role_host

START = "start_worker_host"


def worker_host(
    requests: Sequence[str], on_stop_limit: int = ON_STOP_LIMIT, rows: tuple[Transition, ...] = (), update: int = 0
) -> Statechart:
    """The host process of a worker role; ``requests`` reach it from outside; ``rows`` for a custom probe."""
    asked = tuple(requests)
    serving = (
        on(asked, "running", realises=("R-I1",), says="the worker serves the request"),
        refuses(asked, ROOT, says="nobody listens: the client tries again"),
    )
    return role_host(
        "worker_host",
        START,
        (*(serving if asked else ()), *rows),
        hosts=("R-9.1", "R-I1"),
        on_stop_limit=on_stop_limit,
        update=update,
    )
