"""WaWorkerHost: the host process of a worker role; it loads the role's DLLs and runs its entry point (R-I1, R-9.1).

A worker role with a ProgramEntryPoint has Run start the program and wait for its end; the role is Ready as soon as the
program is started, and when the program ends, Run returns.
"""

from __future__ import annotations

from ..statechart import ROOT, Statechart, Transition, on, refuses
from .role_lifecycle import ON_STOP_LIMIT, role_host

START = "start_worker_host"


def worker_host(
    serves_requests: bool, on_stop_limit: int = ON_STOP_LIMIT, rows: tuple[Transition, ...] = ()
) -> Statechart:
    """The host process of a worker role; ``serves_requests`` if it has a public endpoint; ``rows`` for a custom
    probe."""
    serving = (
        on("client_request", "running", realises=("R-I1",), says="the worker serves the request"),
        refuses("client_request", ROOT, says="nobody listens: the client tries again"),
    )
    return role_host(
        "worker_host",
        START,
        (*(serving if serves_requests else ()), *rows),
        hosts=("R-9.1", "R-I1"),
        on_stop_limit=on_stop_limit,
    )
