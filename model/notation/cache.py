"""Flattened machines kept on disk, so that the next run need not flatten the same charts again.

A machine is found by what it was made from: the chart, and the sources of the notation and of flattening.  So a change
of either makes a new one.  What is read is held against a checksum; whatever is missing, torn or of another version
is flattened anew.  No code is read: a file holds arrays and names.

The folder is ``goalstate`` in the user's folder for caches, or what ``GOALSTATE_CACHE`` names; when that is empty,
nothing is kept.  The newest ``MOST_KEPT`` stay.

Left out: small machines, which are made faster than they are read, and very large ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, cached_property
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from .lts import LTS, Declaration, LocalState

FOLDER = "GOALSTATE_CACHE"
"""The variable of the environment that names the folder."""

LEAST = 150
"""States times valuations of a chart's variables from which its machine is kept."""

MOST_KEPT = 256

MOST_CELLS = 1_000_000
"""Pairs of an event and a state up to which a machine is kept: one of a thousand instances is too large."""

SOURCES = ("cache.py", "flattening.py", "lts.py", "rows.py", "statechart.py", "terms.py")
_CHECKSUM = hashlib.sha256().digest_size


def read(chart: Declaration, events: tuple[str, ...]) -> LTS | None:
    """The machine of a chart with these events, if it was kept."""
    place = _place(chart)
    if place is None:
        return None
    try:
        content = place.read_bytes()
        checksum, packed = content[:_CHECKSUM], content[_CHECKSUM:]
        if hashlib.sha256(packed).digest() != checksum:
            return None
        with np.load(BytesIO(packed), allow_pickle=False) as found:
            names = json.loads(found["names"].tobytes())
            leaves = [tuple(each) for each in names["leaves"]]
            active, values = found["active"].tolist(), map(tuple, found["values"].tolist())
            states = tuple(LocalState(leaves[a], v) for a, v in zip(active, values, strict=True))
            return LTS(chart, events, states, found["moves"], found["refused"], _Rows(names["rows"], found["rows"]))
    except (OSError, ValueError, KeyError):
        return None


def keep(machine: LTS) -> None:
    """Keep a machine for the next run, if there is a place for it."""
    place = _place(machine.chart)
    if place is None or machine.moves.size > MOST_CELLS:
        return
    leaves = {each: k for k, each in enumerate(dict.fromkeys(s.active for s in machine.states))}
    answers = {each: k for k, each in enumerate(dict.fromkeys(machine.rows.values()))}
    names = json.dumps({"leaves": list(leaves), "rows": list(answers)}).encode()
    buffer = BytesIO()
    np.savez(
        buffer,
        names=np.frombuffer(names, np.uint8),
        active=np.array([leaves[s.active] for s in machine.states], np.int32),
        values=np.array([s.values for s in machine.states], np.int64).reshape(len(machine.states), -1),
        moves=machine.moves,
        refused=machine.refused,
        rows=np.array([(e, s, answers[found]) for (e, s), found in machine.rows.items()], np.int32).reshape(-1, 3),
    )
    packed = buffer.getvalue()
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written beside its place and moved there: another process sees all of it or nothing.
        with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".machine", delete=False) as file:
            file.write(hashlib.sha256(packed).digest() + packed)
        os.replace(file.name, place)
        oldest_first = sorted(place.parent.glob("*.machine"), key=lambda p: p.stat().st_mtime)
        for old in oldest_first[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


class _Rows(Mapping[tuple[int, int], tuple[int, ...]]):
    """The rows that answer, by event and local state; put in order when first asked for, which is seldom."""

    def __init__(self, answers: list[list[int]], found: np.ndarray[Any, np.dtype[np.int32]]) -> None:
        self._answers = answers
        self._found = found

    @cached_property
    def _known(self) -> dict[tuple[int, int], tuple[int, ...]]:
        answers = [tuple(each) for each in self._answers]
        return {(e, s): answers[k] for e, s, k in self._found.tolist()}

    def __getitem__(self, key: tuple[int, int]) -> tuple[int, ...]:
        return self._known[key]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._found)


def _place(chart: Declaration) -> Path | None:
    if len(chart.by_name) * prod(v.high - v.low + 1 for v in chart.variables) < LEAST:
        return None
    folder, version = _folder(os.environ.get(FOLDER)), _version()
    if folder is None or version is None:
        return None
    return folder / f"{hashlib.sha256(version + _written(chart).encode()).hexdigest()}.machine"


@cache
def _folder(named: str | None) -> Path | None:
    if named is not None:
        return Path(named) if named else None
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(caches) if caches else Path.home() / ".cache") / "goalstate"
    except RuntimeError:  # nobody's home
        return None


@cache
def _version() -> bytes | None:
    try:
        return b"".join(hashlib.sha256((Path(__file__).parent / name).read_bytes()).digest() for name in SOURCES)
    except OSError:
        return None


def _written(value: object) -> str:
    """A value in full, the same in every run: sets in order."""
    if isinstance(value, Enum):
        return repr(value.value)
    if is_dataclass(value):
        return f"{type(value).__name__}({','.join(_written(getattr(value, f.name)) for f in fields(value))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(_written, value)))}}}"
    if isinstance(value, tuple):
        return f"({','.join(map(_written, value))})"
    return repr(value)
