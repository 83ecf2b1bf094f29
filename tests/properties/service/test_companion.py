"""A second process gives what this one would have got, and its end is noticed."""

from __future__ import annotations

import os
import threading

import pytest

from goalstate.properties.service.companion import Companion, possible

HERE = os.getpid()


def test_the_work_is_done_elsewhere_where_that_is_possible() -> None:
    with Companion(os.getpid) as companion:
        assert (companion.result() != HERE) is possible()


def test_what_the_work_raises_is_raised_here() -> None:
    def fails() -> int:
        raise LookupError("nothing there")

    with Companion(fails) as companion, pytest.raises(LookupError, match="nothing there"):
        companion.result()


def test_a_companion_that_was_killed_leaves_its_work_to_this_process() -> None:
    def dies_elsewhere() -> str:
        if os.getpid() != HERE:
            os._exit(9)
        return "done here"

    with Companion(dies_elsewhere) as companion:
        assert companion.result() == "done here"


def test_nobody_waits_for_a_companion_whose_result_is_not_wanted() -> None:
    with Companion(threading.Event().wait):
        pass


def test_beside_other_threads_nothing_is_copied() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert not possible()
        with Companion(os.getpid) as companion:
            assert companion.result() == HERE
    finally:
        stop.set()
        thread.join()


def test_work_that_is_to_be_done_here_is_done_here() -> None:
    with Companion(os.getpid, apart=False) as companion:
        assert companion.result() == HERE
