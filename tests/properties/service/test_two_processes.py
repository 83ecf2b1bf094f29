"""Work that two processes share gives what one of them would have got, whatever becomes of the other."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from numba.core import caching

from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path as Way
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.model.workflow import Faults
from goalstate.properties.graph.loading import compiled_loops
from goalstate.properties.graph.traversal import load
from goalstate.properties.property import Outcome
from goalstate.properties.service import two_processes as sharing
from goalstate.properties.service.settings import Engine, Settings
from goalstate.properties.service.two_processes import Forked, NeedsAll, Piece, Surroundings, can_fork, share
from goalstate.properties.service.verification import Report, Run, verify
from tests.model.services import role, service

T = TypeVar("T")
HERE = os.getpid()

two_processes = pytest.mark.skipif(not can_fork(), reason="one core, or no fork: all is done in one process")


def keeping(found: dict[int, T]) -> Callable[[int, T], bool]:
    """Keep every result, and ask for more."""

    def keep(k: int, result: T) -> bool:
        assert k not in found
        found[k] = result
        return True

    return keep


def shared(pieces: Sequence[Piece[T]], tell: sharing.Tell | None = None) -> dict[int, T]:
    found: dict[int, T] = {}
    share(pieces, keeping(found), tell)
    assert multiprocessing.active_children() == []
    return dict(sorted(found.items()))


def slowly(surroundings: Surroundings) -> int:
    time.sleep(0.1)
    return os.getpid()


@two_processes
def test_both_processes_take_turns() -> None:
    done_by = shared([slowly] * 6)
    assert list(done_by) == list(range(6))
    assert len(set(done_by.values())) == 2
    assert HERE in done_by.values()


def test_one_piece_is_not_worth_a_process() -> None:
    assert shared([slowly]) == {0: HERE}
    assert shared([]) == {}


def test_where_there_can_be_no_other_process_all_is_done_here_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "can_fork", lambda: False)
    order: list[int] = []

    def piece(number: int) -> Piece[tuple[int, bool]]:
        def work(surroundings: Surroundings) -> tuple[int, bool]:
            order.append(number)
            return os.getpid(), surroundings.beside

        return work

    assert shared([piece(number) for number in range(4)]) == dict.fromkeys(range(4), (HERE, False))
    assert order == [0, 1, 2, 3]


def test_what_fails_elsewhere_fails_here() -> None:
    def fails(_: Surroundings) -> int:
        raise LookupError("nothing there")

    found: dict[int, int] = {}
    with pytest.raises(LookupError, match="nothing there"):
        share([slowly, fails, slowly], keeping(found))
    assert multiprocessing.active_children() == []
    assert set(found) <= {0, 2}


def test_what_fails_elsewhere_only_is_done_here() -> None:
    def dislikes_other_processes(_: Surroundings) -> int:
        time.sleep(0.1)
        if os.getpid() != HERE:
            raise MemoryError
        return HERE

    assert shared([dislikes_other_processes] * 4) == dict.fromkeys(range(4), HERE)


def test_what_cannot_be_sent_is_done_here() -> None:
    def unsendable(_: Surroundings) -> Any:
        time.sleep(0.1)
        return lambda: os.getpid()

    assert [f() for f in shared([unsendable] * 4).values()] == [HERE] * 4


def test_a_process_that_was_killed_leaves_its_pieces_to_this_one() -> None:
    def dies_elsewhere(_: Surroundings) -> int:
        time.sleep(0.05)
        if os.getpid() != HERE:
            os._exit(9)
        return HERE

    assert shared([dies_elsewhere] * 5) == dict.fromkeys(range(5), HERE)


def test_what_needs_all_is_done_again_with_nothing_beside_it() -> None:
    def large(surroundings: Surroundings) -> tuple[int, bool]:
        time.sleep(0.05)
        if surroundings.beside:
            raise NeedsAll
        return os.getpid(), not multiprocessing.active_children()

    assert shared([large] * 4) == dict.fromkeys(range(4), (HERE, True))


def test_nothing_more_is_done_once_it_is_enough() -> None:
    kept: list[int] = []

    def enough(k: int, _: int) -> bool:
        kept.append(k)
        return False

    started = time.perf_counter()
    share([slowly] * 100, enough)
    assert 1 <= len(kept) <= 3
    assert time.perf_counter() - started < 5
    assert multiprocessing.active_children() == []


def test_an_interrupt_leaves_what_was_found_and_no_process() -> None:
    found: dict[int, int] = {}

    def interrupted(_: Surroundings) -> int:
        if os.getpid() != HERE:
            return slowly(_)
        time.sleep(0.5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        share([interrupted] * 3, keeping(found))
    assert multiprocessing.active_children() == []
    assert set(found.values()) <= {pid for pid in found.values() if pid != HERE}
    assert len(found) == (2 if can_fork() else 0)


def test_large_results_of_one_process_do_not_wait_for_the_other() -> None:
    """A pipe holds little: who works must not be held up by it."""

    def large(surroundings: Surroundings) -> tuple[float, bytes]:
        if os.getpid() == HERE:
            time.sleep(1)
        return time.perf_counter(), bytes(1_000_000)

    found = shared([large] * 6)
    assert [len(content) for _, content in found.values()] == [1_000_000] * 6
    if can_fork():
        moments = sorted(moment for moment, _ in found.values())
        assert moments[-2] < moments[-1] - 0.5


def test_how_it_gets_on_is_told_from_both() -> None:
    def talks(surroundings: Surroundings) -> None:
        time.sleep(0.1)
        assert surroundings.tell is not None
        surroundings.tell(f"by {os.getpid()}")

    told: list[str] = []
    shared([talks] * 4, told.append)
    assert len(told) == 4
    assert len(set(told)) == (2 if can_fork() else 1)


@two_processes
def test_a_network_is_sent_without_what_follows_from_it() -> None:
    chart = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(does("light", "dark", "bright"),))
    network = Network((Component("lamp", chart),))
    run = Way.replay(network, ["light"])  # which makes the flat machine

    def sends(_: Surroundings) -> tuple[Way, Way]:
        time.sleep(0.1)
        return run, run

    for one, other in shared([sends] * 4).values():
        assert one == run
        assert one is other
        assert Way.replay(one.network, one.events).states == run.states
    sent = sharing._pickled(network)
    assert b"moves" not in sent
    assert len(sent) < 2_000


@two_processes
def test_compiled_loops_are_read_and_written_by_one_process_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """numba writes an index and then the data: between the two nobody else may read."""

    def reads(cache: str, part: str) -> str:
        with (tmp_path / cache).open("a") as file:
            print("begins", file=file, flush=True)
            time.sleep(0.02)
            print("ends", file=file, flush=True)
        return part

    load()
    monkeypatch.setattr(caching.Cache, "load_overload", reads)
    monkeypatch.setattr(caching.Cache, "save_overload", reads)

    def works(_: Surroundings) -> tuple[int, str]:
        methods = vars(caching.Cache)
        methods["load_overload"]("cache", "read")
        return os.getpid(), methods["save_overload"]("cache", "written")

    found: dict[int, tuple[int, str]] = {}
    share([works] * 20, keeping(found), around=compiled_loops)
    assert vars(caching.Cache)["load_overload"] is reads
    assert len({pid for pid, _ in found.values()}) == 2
    assert {said for _, said in found.values()} == {"written"}
    assert (tmp_path / "cache").read_text().split() == ["begins", "ends"] * 40


# -- one call ----------------------------------------------------------------------------------------------------------


def test_the_work_is_done_elsewhere_where_that_is_can_fork() -> None:
    with Forked(os.getpid) as call:
        assert (call.result() != HERE) is can_fork()


def test_what_the_call_raises_is_raised_here() -> None:
    def fails() -> int:
        raise LookupError("nothing there")

    with Forked(fails) as call, pytest.raises(LookupError, match="nothing there"):
        call.result()


def test_the_call_of_a_process_that_was_killed_is_made_here() -> None:
    def dies_elsewhere() -> str:
        if os.getpid() != HERE:
            os._exit(9)
        return "done here"

    with Forked(dies_elsewhere) as call:
        assert call.result() == "done here"


def test_nobody_waits_for_a_call_whose_result_is_not_wanted() -> None:
    with Forked(threading.Event().wait):
        pass


def test_beside_other_threads_nothing_is_copied() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert not can_fork()
        with Forked(os.getpid) as call:
            assert call.result() == HERE
    finally:
        stop.set()
        thread.join()


def test_a_call_that_is_to_be_made_here_is_made_here() -> None:
    with Forked(os.getpid, apart=False) as call:
        assert call.result() == HERE


# -- verification ------------------------------------------------------------------------------------------------------

WORKER = service(role("worker", probed="default", instances=2))


def alike(report: Report) -> object:
    """A report without the seconds."""

    def timeless(run: Run) -> Run:
        return replace(run, seconds=0.0, verdicts=tuple(replace(v, seconds=0.0) for v in run.verdicts))

    return replace(report, seconds=0.0, runs=tuple(map(timeless, report.runs)))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(faults=Faults.parse("handler_busy=2"), requests=1, tick=5, counterexamples=2),
        Settings(faults=Faults(1), requests=1, tick=5, minimal=True, only=("in the end", "keeps", "Ready")),
        Settings(thorough=True, only=("block", "keeps", "domain")),
        Settings(faults=Faults(0), requests=2, limits=Limits(states=900)),
        Settings(faults=Faults(0), requests=1, engine=Engine.REFERENCE, tick=5),
    ],
    ids=["violated", "minimal", "thorough", "limited", "reference"],
)
def test_two_processes_report_what_one_does(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    two = verify(WORKER, settings)
    monkeypatch.setattr(sharing, "can_fork", lambda: False)
    one = verify(WORKER, settings)
    assert len(one.runs) > 1
    assert alike(two) == alike(one)


def test_a_search_that_is_short_of_memory_is_done_again_with_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the memory would be too little for any search of these, all of it is enough for some."""
    reports = []
    for memory in (2_000_000, 1_000_000):
        settings = Settings(faults=Faults(0), requests=2, tick=5, limits=Limits(memory=memory))
        with monkeypatch.context() as patch:
            two = verify(WORKER, settings)
            patch.setattr(sharing, "can_fork", lambda: False)
            one = verify(WORKER, settings)
        assert alike(two) == alike(one)
        reports.append(one)
    assert {bool(run.limit) for report in reports for run in report.runs} == {True, False}
    assert all("of memory" in run.limit for report in reports for run in report.runs if run.limit)
    assert reports[1].outcome is Outcome.UNKNOWN
