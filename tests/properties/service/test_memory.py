"""The limit of memory holds for both processes at every stage, and no process outlives the one that began it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from goalstate.model.engines.resources import allowed, kept_within, room, taken
from goalstate.model.network import Network
from goalstate.model.network.statespace import Limit, StateSpace, Stopped
from goalstate.model.workflow import Faults
from goalstate.properties.judging import explicit
from goalstate.properties.property import Outcome, Property
from goalstate.properties.service import two_processes as sharing
from goalstate.properties.service import verification
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.two_processes import Forked, can_fork
from goalstate.properties.service.verification import verify
from goalstate.properties.verdict import Verdict
from tests.model.services import role, service

linux = pytest.mark.skipif(sys.platform != "linux", reason="the system does not enforce the limit")
two_processes = pytest.mark.skipif(not can_fork(), reason="one core, or no fork: all is done in one process")

WORKER = service(role("worker"))
QUICK = Settings(faults=Faults(0), requests=1, tick=5)
MB = 1_000_000


@linux
def test_the_system_refuses_what_is_beyond_the_limit() -> None:
    before = allowed()
    with kept_within(300 * MB):
        assert room(0) <= 300 * MB
        assert np.zeros(100 * MB, np.uint8).nbytes == 100 * MB
        with pytest.raises(MemoryError):
            np.zeros(400 * MB, np.uint8)
        with kept_within(900 * MB), pytest.raises(MemoryError):
            np.zeros(400 * MB, np.uint8)
    assert allowed() == before
    assert np.zeros(400 * MB, np.uint8).nbytes == 400 * MB


@linux
@two_processes
def test_two_processes_share_what_is_left() -> None:
    with kept_within(600 * MB):
        before, most = taken(), allowed()
        assert most is not None
        with Forked(lambda: room(0)) as call:
            assert abs(room(0) - (most - before) // 2) < 50 * MB
            assert call.result() <= (most - before) // 2 + 50 * MB
        assert allowed() == most


@linux
@two_processes
def test_a_call_with_too_little_for_it_is_made_here_with_all_of_it() -> None:
    with kept_within(600 * MB), Forked(lambda: np.ones(400 * MB, np.uint8).nbytes) as call:
        assert call.result() == 400 * MB


def test_a_search_for_whose_network_there_is_no_room_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(network: Network, *_: object) -> StateSpace:
        raise MemoryError

    monkeypatch.setattr(verification, "enumerate_states", too_much)
    report = verify(WORKER, QUICK)
    assert (report.outcome, report.unfinished, report.runs) == (Outcome.UNKNOWN, True, ())
    assert report.left_out[0].startswith("R was not searched: stopped at the limit of memory, ")
    assert len(report.left_out) == 2


def test_memory_that_gives_out_in_judging_leaves_the_other_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = verify(WORKER, replace(QUICK, liveness=False))
    judge = explicit.check
    costly = str(whole.verdicts[3].property)

    def check(space: StateSpace, properties: Iterable[Property], deadline: float) -> list[Verdict]:
        properties = list(properties)
        if any(str(p) == costly for p in properties):
            raise MemoryError
        return judge(space, properties, deadline)

    monkeypatch.setattr(verification, "check", check)
    found = verify(WORKER, replace(QUICK, liveness=False)).verdicts
    assert [v.outcome for v in found if str(v.property) != costly] == [
        v.outcome for v in whole.verdicts if str(v.property) != costly
    ]
    [unknown] = [v for v in found if str(v.property) == costly]
    assert unknown.outcome is Outcome.UNKNOWN
    assert unknown.reason == str(Stopped(Limit.WORK_MEMORY, found=whole.runs[0].counts.distinct))


def test_what_ctrl_c_left_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = verification.enumerate_states

    def interrupted(network: Network, *rest: object) -> StateSpace:
        space: StateSpace = made(network, *rest)  # type: ignore[arg-type]
        return replace(space, stopped=Stopped(Limit.INTERRUPTED))

    monkeypatch.setattr(sharing, "can_fork", lambda: False)
    monkeypatch.setattr(verification, "enumerate_states", interrupted)
    report = verify(WORKER, replace(QUICK, requests=None))
    assert [run.label for run in report.runs] == ["R: start"]
    assert report.unfinished
    assert [line for line in report.left_out if "operations" in line] == [
        "R: operations was not searched: interrupted",
        "R: operations, liveness was not searched: interrupted",
    ]


@two_processes
def test_an_answer_cut_off_in_the_middle_is_found_here() -> None:
    def half(there: Connection) -> None:
        os.write(there.fileno(), (1000).to_bytes(4, "big") + b"half of it")

    process, here = sharing.fork(half)
    process.join()
    call = Forked(lambda: 7, apart=False)
    call._process, call._here = process, here
    with call:
        assert call.result() == 7


@two_processes
def test_no_process_outlives_the_one_that_was_killed() -> None:
    code = """
import time
from goalstate.properties.service.two_processes import Forked
with Forked(lambda: time.sleep(60)) as call:
    print(call._process.pid, flush=True)
    call.result()
"""
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    child = int(program.stdout.readline())
    assert Path(f"/proc/{child}").exists()
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    until = time.monotonic() + 2
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
