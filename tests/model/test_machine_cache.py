"""Flat machines on disk: what is read is what would be made, and a damaged file is written anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from goalstate.model.network import machine_cache
from goalstate.model.notation import flattening
from goalstate.model.notation.lts import LTS
from goalstate.model.notation.statechart import State, Statechart, StatechartError, does, on, refuses
from goalstate.model.notation.terms import Variable

Flatten = Callable[[int], LTS]


def clock(top: int) -> Statechart:
    """Counts to ``top``, unless it is stopped."""
    return Statechart(
        "clock",
        (State("runs"), State("stopped")),
        "runs",
        (Variable.counter("n", 0, top),),
        (
            does("ticks", "runs", when=f"n < {top}", then="n := n + 1"),
            refuses("resets", "stopped"),
            on("resets", "runs", then="n := 0"),
            on("stop", "runs", "stopped"),
        ),
    )


@pytest.fixture
def flatten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flatten:
    """Flattening as in a process that has just begun, with an empty folder for machines."""
    monkeypatch.setenv(machine_cache.FOLDER, str(tmp_path / "machines"))

    def anew(top: int) -> LTS:
        flattening._flatten.cache_clear()
        machine_cache.machine.cache_clear()
        return machine_cache.machine(clock(top))

    return anew


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "machines").glob("*"))


def assert_same(found: LTS, wanted: LTS) -> None:
    assert (found.events, found.states, dict(found.rows)) == (wanted.events, wanted.states, dict(wanted.rows))
    assert found.moves.dtype == wanted.moves.dtype
    assert np.array_equal(found.moves, wanted.moves)
    assert np.array_equal(found.refused, wanted.refused)


def test_a_machine_from_disk_is_the_one_that_is_made(flatten: Flatten, tmp_path: Path) -> None:
    made = flatten(200)
    assert len(files(tmp_path)) == 1
    read = flatten(200)
    assert isinstance(made.rows, dict)
    assert not isinstance(read.rows, dict)
    assert_same(read, made)
    assert (len(read.rows), read.rows[read.events.index("stop"), 0], read.size) == (len(made.rows), (3,), 402)


def test_the_notation_reads_and_writes_no_file(flatten: Flatten, tmp_path: Path) -> None:
    flattening.flatten(clock(200))
    assert files(tmp_path) == []
    flatten(200)
    assert len(files(tmp_path)) == 1


def test_another_chart_is_another_machine(flatten: Flatten, tmp_path: Path) -> None:
    flatten(200)
    assert flatten(201).size == 404
    assert len(files(tmp_path)) == 2


def test_another_version_of_the_notation_makes_its_own(
    flatten: Flatten, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flatten(200)
    monkeypatch.setattr(machine_cache, "_version", lambda: b"of tomorrow")
    assert isinstance(flatten(200).rows, dict)
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("torn", [b"", b"short", None])
def test_a_torn_file_is_written_anew(flatten: Flatten, tmp_path: Path, torn: bytes | None) -> None:
    made = flatten(200)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    changed = whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:]
    file.write_bytes(changed if torn is None else torn)
    assert_same(flatten(200), made)
    assert file.read_bytes() == whole
    assert not isinstance(flatten(200).rows, dict)


def test_nothing_is_written_without_a_folder(flatten: Flatten, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine_cache.FOLDER, "")
    assert isinstance(flatten(200).rows, dict)
    assert isinstance(flatten(200).rows, dict)
    occupied = tmp_path / "a file"
    occupied.touch()
    monkeypatch.setenv(machine_cache.FOLDER, str(occupied))
    assert flatten(200).size == 402


def test_an_invalid_chart_is_not_written(flatten: Flatten, tmp_path: Path) -> None:
    good = flatten(200).chart
    (file,) = files(tmp_path)
    file.unlink()
    rows = (*good.rows, does("strikes", "runs", when="n > 200"))
    invalid = Statechart("clock", good.states, "runs", good.variables, rows)
    with pytest.raises(StatechartError, match="never enabled"):
        machine_cache.machine(invalid)
    assert files(tmp_path) == []


def test_small_machines_are_not_written(flatten: Flatten, tmp_path: Path) -> None:
    flatten(3)
    assert files(tmp_path) == []


def test_the_oldest_go(flatten: Flatten, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_cache, "MOST_FILES", 2)
    for top in (200, 201, 202):
        flatten(top)
    assert len(files(tmp_path)) == 2
