"""Flat machines, remembered in memory and on disk: the next run need not flatten the same charts again.

``flatten`` is a pure function, and the notation below reads and writes no file.  Here its results are remembered.
A file is found by what the machine was made from: the chart, and the sources of the notation.  So a change of either
makes a new one, and what ``machine`` returns does not depend on what is on disk.  What is read is compared with a
checksum; whatever is missing, torn or of another version is flattened anew.  No code is read: a file holds arrays and
names.

The folder is ``goalstate`` in the user's folder for caches, or what ``GOALSTATE_CACHE`` names; when that is empty,
no file is read or written.  The newest ``MOST_FILES`` stay.

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
from functools import cache, cached_property, lru_cache
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..notation import flattening
from ..notation.lts import LTS, LocalState
from ..notation.statechart import Statechart

FOLDER = "GOALSTATE_CACHE"
"""The environment variable that names the folder."""

LEAST = 150
"""States times valuations of a chart's variables from which its machine is written."""

MOST_FILES = 256

MOST_CELLS = 1_000_000
"""Pairs of an event and a state up to which a machine is written: one of a thousand instances is too large."""

_CHECKSUM = hashlib.sha256().digest_size


MOST_KEPT = 512
"""Machines kept in memory: the largest have some megabytes each, and a ledger of mutants makes thousands."""


@lru_cache(maxsize=MOST_KEPT)
def machine(chart: Statechart) -> LTS:
    """The flat machine of a chart; charts that are equal share one.  Raises StatechartError, as ``flatten`` does.

    >>> from goalstate.model.notation.statechart import State, does
    >>> machine(Statechart("lamp", (State("dark"),), "dark", rows=(does("flicker", "dark"),))).size
    1
    """
    file = _file(chart)
    if file is None:
        return flattening.flatten(chart)
    found = _read(file, chart)
    if found is None:
        found = flattening.flatten(chart)
        if found.moves.size <= MOST_CELLS:
            _write(file, found)
    return found


def _read(file: Path, chart: Statechart) -> LTS | None:
    try:
        content = file.read_bytes()
        checksum, packed = content[:_CHECKSUM], content[_CHECKSUM:]
        if hashlib.sha256(packed).digest() != checksum:
            return None
        with np.load(BytesIO(packed), allow_pickle=False) as found:
            names = json.loads(found["names"].tobytes())
            leaves = [tuple(each) for each in names["leaves"]]
            active, values = found["active"].tolist(), map(tuple, found["values"].tolist())
            states = tuple(LocalState(leaves[a], v) for a, v in zip(active, values, strict=True))
            events = tuple(sorted(chart.alphabet))
            return LTS(chart, events, states, found["moves"], found["refused"], _Rows(names["rows"], found["rows"]))
    except (OSError, ValueError, KeyError):
        return None


def _write(file: Path, machine: LTS) -> None:
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
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written beside its place and moved there: another process sees all of it or nothing.
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".machine", delete=False) as beside:
            beside.write(hashlib.sha256(packed).digest() + packed)
        os.replace(beside.name, file)
        oldest_first = sorted(file.parent.glob("*.machine"), key=lambda p: p.stat().st_mtime)
        for old in oldest_first[:-MOST_FILES]:
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


def _file(chart: Statechart) -> Path | None:
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
    except RuntimeError:  # there is no home
        return None


@cache
def _version() -> bytes | None:
    sources = [*sorted(Path(flattening.__file__).parent.glob("*.py")), Path(__file__)]
    try:
        return b"".join(hashlib.sha256(source.read_bytes()).digest() for source in sources)
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
