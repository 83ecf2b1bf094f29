"""What stops the explicit engine, and what is left then; what small models don't pay; where compiled code is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.progress import Progress
from goalstate.model.engines.resources import automatic_limit
from goalstate.model.network import Network
from goalstate.model.network.statespace import SHORT_OF_MEMORY, Limit, Limits, StateSpace, Stopped
from tests.toys.counters import counters
from tests.toys.two_phase_commit import two_phase_commit


def assert_consistent(space: StateSpace) -> None:
    """What is told about a search that was stopped is true."""
    assert not space.complete
    assert len({tuple(row) for row in space.packed.tolist()}) == space.distinct
    assert space.levels[0] == 0
    assert space.levels[-1] == space.distinct
    assert all(a < b for a, b in pairwise(space.levels))
    states = space.layout.unpack(space.packed[: space.expanded])
    assert sum(len(space.network.successors(s)) for s in states) == space.transitions
    found = set(space.layout.unpack(space.packed))
    assert {following for s in states for _, following in space.network.successors(s)} <= found


@pytest.mark.parametrize("memory", [100, 50_000])
def test_a_memory_limit_in_plain_python(memory: int) -> None:
    space = explicit.explore(two_phase_commit(3), Limits(memory=memory), graph=True)
    assert str(space.stopped).startswith(
        "stopped at 100 bytes of memory" if memory == 100 else "stopped at 50 kB of memory"
    )
    assert space.distinct < 288
    assert_consistent(space)


@pytest.mark.parametrize(
    ("stopped", "said", "short"),
    [
        (Stopped(Limit.STATES, 50), "stopped at 50 states", False),
        (Stopped(Limit.SECONDS, 0.5), "stopped after 0.5 seconds", False),
        (Stopped(Limit.SECONDS, 2, 1_000), "stopped after 2 seconds, with 1,000 states or more", False),
        (Stopped(Limit.MEMORY, 999, 7), "stopped at 999 bytes of memory, with 7 states", True),
        (Stopped(Limit.ROOM_FOR_EDGES, 1_500, 8), "stopped at 1.5 kB of memory: no room for 8 edges", True),
        (Stopped(Limit.MACHINE_MEMORY, found=9), "stopped when memory ran out, with 9 states", True),
        (Stopped(Limit.NODES, 5_000), "stopped at 5,000 nodes of decision diagrams", False),
        (Stopped(Limit.NODE_MEMORY, 3e9), "stopped at 3 GB of memory for decision diagrams", True),
        (Stopped(Limit.INTERRUPTED), "interrupted", False),
    ],
    ids=str,
)
def test_what_stopped_a_search_is_said_in_one_sentence(stopped: Stopped, said: str, short: bool) -> None:
    assert (str(stopped), stopped.kind in SHORT_OF_MEMORY) == (said, short)


def test_a_memory_limit_in_compiled_code() -> None:
    space = explicit.explore(two_phase_commit(7), Limits(memory=1_000_000))
    assert str(space.stopped) == f"stopped at 1 MB of memory, with {space.distinct} states"
    assert 60_000 < space.distinct < 1_000_000 // 13
    assert_consistent(space)


def test_a_memory_limit_in_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explicit, "SLICES", 1)
    space = explicit.explore(counters(7, 7), Limits(memory=17_000_000))
    assert str(space.stopped) == f"stopped at 17 MB of memory, with {space.distinct} states"
    assert 1_000_000 < space.distinct < 1_400_000
    assert len(np.unique(space.packed)) == space.distinct
    assert space.transitions == 7 * space.expanded


def test_a_memory_limit_that_only_the_graph_breaks() -> None:
    network = two_phase_commit(6)
    whole = explicit.explore(network, Limits(memory=3_000_000))
    assert (whole.distinct, whole.stopped) == (50_816, None)
    space = explicit.explore(network, Limits(memory=3_000_000), graph=True)
    assert (space.distinct, space.transitions) == (whole.distinct, whole.transitions)
    assert str(space.stopped) == f"stopped at 3 MB of memory: no room for {whole.transitions} edges"
    assert space.graph is None


def test_memory_stays_in_bounds() -> None:
    """Sixteen bytes per state, beyond what the interpreter and numba take anyhow."""
    code = """
import resource
from goalstate.model.engines.explicit import search as explicit
from tests.toys.counters import counters
before = explicit.explore(counters(5, 7))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
space = explicit.explore(counters(7, 7))
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024
print(before.distinct, space.distinct, grown / space.distinct)
"""
    out = subprocess.run([sys.executable, "-c", code], cwd=_root(), capture_output=True, text=True, check=True).stdout
    before, distinct, each = out.split()
    assert (before, distinct) == ("32768", "2097152")
    assert float(each) < 24, "8 bytes of state and at most 7.5 in the table, and the buffers of a round"


@pytest.mark.parametrize("wide", [500, 1 << 40])
def test_a_time_limit_inside_a_long_level(monkeypatch: pytest.MonkeyPatch, wide: int) -> None:
    monkeypatch.setattr(explicit, "SMALL", 1)
    monkeypatch.setattr(explicit, "WIDE", wide)
    explicit.explore(counters(3, 30))  # compiles
    started = time.perf_counter()
    space = explicit.explore(counters(12, 30), Limits(seconds=0.3), graph=True)
    assert time.perf_counter() - started < 3
    assert str(space.stopped) == "stopped after 0.3 seconds"
    assert space.graph is None
    assert space.expanded > 1_000
    assert space.transitions == 12 * space.expanded


def test_states_limit_in_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explicit, "WIDE", 100)
    monkeypatch.setattr(explicit, "ROUND", 1_000)
    space = explicit.explore(two_phase_commit(6), Limits(states=20_000), graph=True)
    assert str(space.stopped) == "stopped at 20000 states"
    assert 20_000 < space.distinct <= 20_020
    assert space.graph is not None
    assert_consistent(space)


@pytest.mark.parametrize("small", [1, 3_000])
@pytest.mark.parametrize("rounds", [False, True])
def test_an_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch, small: int, rounds: bool) -> None:
    monkeypatch.setattr(explicit, "SMALL", small)
    monkeypatch.setattr(explicit, "REPORTS", 0.0)
    if rounds:
        monkeypatch.setattr(explicit, "WIDE", 100)
        monkeypatch.setattr(explicit, "ROUND", 1_000)
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 3 or progress.distinct > 10_000:
            raise KeyboardInterrupt

    space = explicit.explore(two_phase_commit(7), progress=interrupt)
    assert str(space.stopped) == "interrupted"
    assert (space.distinct, space.transitions) == (seen[-1].distinct, seen[-1].transitions)
    assert_consistent(space)


def test_progress_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explicit, "REPORTS", 0.0)
    seen: list[Progress] = []
    space = explicit.explore(two_phase_commit(6), progress=seen.append)
    assert [p.distinct for p in seen] == sorted(p.distinct for p in seen)
    assert all(p.waiting >= 0 and p.depth <= space.depth for p in seen)
    assert max(p.distinct for p in seen) > explicit.SMALL


def test_small_models_are_spared_the_compiler() -> None:
    code = """
import sys
from goalstate.model.engines.explicit.search import explore
from tests.toys.two_phase_commit import two_phase_commit
assert explore(two_phase_commit(3), graph=True).distinct == 288
assert not {"numba", "llvmlite"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], cwd=_root(), check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise on Windows")
def test_compiled_code_needs_no_place_on_disk(tmp_path: Path) -> None:
    """With nowhere to write to, the compiled loops are kept in memory only."""
    code = """
import numba.core.caching as caching
caching.CacheImpl._locator_classes = []
from goalstate.model.engines.explicit.search import explore
from tests.toys.counters import counters
print(explore(counters(2, 79)).distinct)
"""
    environment = {**os.environ, "NUMBA_OPT": "0"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=_root(), env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "6400"


def test_the_automatic_limit_is_less_than_the_machine_has() -> None:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 1 << 50
    assert 1 << 20 < automatic_limit() < pages


def test_nothing_is_left_running() -> None:
    import threading

    explicit.explore(Network(counters(3, 29).components))
    assert not [t for t in threading.enumerate() if t.name.startswith("explore")]


def _root() -> Path:
    return Path(__file__).resolve().parents[3]
