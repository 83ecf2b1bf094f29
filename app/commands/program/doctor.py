"""`goalstate doctor`: what this machine has of what goalstate uses, and what each is for where it is missing."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from goalstate.diagrams.svg import LayoutError, layout_program
from goalstate.model.engines import components
from goalstate.model.engines.compilation import cache_folders
from goalstate.model.engines.explicit import joining
from goalstate.model.engines.explicit import kernels as explicit
from goalstate.model.engines.resources import automatic_limit, cores
from goalstate.model.engines.symbolic import kernels as symbolic
from goalstate.properties.graph import equivalence_kernels, traversal_kernels
from goalstate.properties.temporal import kernels as temporal

from ...reading.defaults import source
from ...terminal.answer import Answer, Format, Output
from ...terminal.exit_codes import HOLDS
from ...terminal.output_file import report_place
from ...terminal.page import BLANK, HEADING, Line, Span, line, table, tame

LIBRARIES = ("click", "graphviz", "graphviz-pure", "hypothesis", "networkx", "numba", "numpy", "pytest", "rich")

LOADED = (components, joining, explicit, symbolic, equivalence_kernels, traversal_kernels, temporal)
"""The modules with compiled loops: once they are loaded, the folders where these are kept are known."""

SECONDS = 10.0
"""How long a program may take to tell its version."""

Ask = Callable[[str], str | None]
"""The path of a program; None if it is not there."""


class State(Enum):
    """Whether something is as it should be; what is missing is needed for some commands only."""

    GOOD = "ok"
    MISSING = "missing"
    POOR = "poor"


@dataclass(frozen=True)
class Item:
    """One thing that was looked at: what was found, and what it is for."""

    topic: str
    name: str
    state: State
    found: str
    use: str


FOREIGN = (
    ("spin", "-V", "checks what `goalstate export promela` writes"),
    ("gcc", "--version", "compiles what SPIN and rumur generate"),
    ("rumur", "--version", "checks what `goalstate export murphi` writes"),
    ("java", "-version", "runs TLC, which checks what `goalstate export tla` writes"),
    ("git", "--version", "tells which services changed: `goalstate verify --changed`"),
)
"""Programs of others: the name, what makes it tell its version, and what it is for."""


def doctor(output: Output) -> Answer:
    """Look at everything, and say what was found; nothing here is an error, since goalstate runs."""
    place = report_place(output.file)
    items = list(examined())
    lacking = [item for item in items if item.state is not State.GOOD]
    summary = f"{len(items)} things looked at; {len(lacking)} missing or poor" if lacking else "nothing is missing"
    if output.format is Format.JSON:
        found = [asdict(item) | {"state": item.state.value} for item in items]
        content: str | list[Line] = json.dumps({"goalstate": version("goalstate"), "items": found}, indent=2) + "\n"
    else:
        content = [*_lines(items), line("", summary)]
    return Answer(HOLDS, content, place, summary)


def examined(which: Ask = shutil.which) -> Iterator[Item]:
    """Everything that is looked at, in the order of the report."""
    yield Item("versions", "goalstate", State.GOOD, version("goalstate"), f"in {Path(__file__).resolve().parents[2]}")
    yield Item("versions", "Python", State.GOOD, platform.python_version(), f"{sys.executable}, {platform.platform()}")
    for name in LIBRARIES:
        try:
            yield Item("versions", name, State.GOOD, version(name), "a library that goalstate needs")
        except PackageNotFoundError:
            yield Item("versions", name, State.MISSING, "not installed", "a library that goalstate needs")
    yield from _machine()
    yield from _caches()
    yield _defaults()
    try:
        yield Item("programs", "layout", State.GOOD, str(layout_program()), "lays out the graphs of `goalstate draw`")
    except LayoutError as error:
        yield Item("programs", "layout", State.MISSING, str(error), "lays out the graphs of `goalstate draw`")
    yield _program("dot", "-V", "Graphviz: draws better layouts than graphviz-pure, which is used without it", which)
    for name, option, use in FOREIGN:
        yield _program(name, option, use, which)


def _machine() -> Iterator[Item]:
    count, limit = cores(), automatic_limit()
    few = State.GOOD if count > 1 else State.POOR
    yield Item("machine", "cores", few, str(count), "two searches at a time need two")
    little = State.GOOD if limit >= 1 << 30 else State.POOR
    use = "what a verification may take, half of what is free; --max-memory changes it"
    yield Item("machine", "memory limit", little, f"{limit / 1e9:.1f} GB", use)


def _caches() -> Iterator[Item]:
    """Where compiled loops are kept: without that, each run takes half a minute to compile."""
    folders = cache_folders()
    name, use = "compiled searches", "without them a run compiles, for about half a minute"
    if not folders:
        yield Item("caches", name, State.POOR, "no folder can be written, so that nothing is kept", use)
        return
    files = [file for folder in folders if folder.is_dir() for file in folder.glob("*.nb[ci]")]
    size = sum(file.stat().st_size for file in files) / 1e6
    shut = [folder for folder in folders if not os.access(folder if folder.is_dir() else folder.parent, os.W_OK)]
    found = f"{len(files)} files, {size:.1f} MB, below {os.path.commonpath(folders)}"
    if shut:
        yield Item("caches", name, State.POOR, f"{found}; can't be written: {', '.join(map(str, shut))}", use)
    else:
        yield Item("caches", name, State.GOOD if files else State.MISSING, found, use)


def _defaults() -> Item:
    use = "defaults of options"
    file = source()
    return Item("settings", "defaults", State.GOOD, "no file" if file is None else str(file), use)


def _program(name: str, option: str, use: str, which: Ask) -> Item:
    path = which(name)
    if path is None:
        return Item("programs", name, State.MISSING, "not found", use)
    try:
        done = subprocess.run([path, option], capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Item("programs", name, State.POOR, f"{path} does not run ({type(error).__name__})", use)
    told = next((text.strip() for text in (done.stdout + done.stderr).splitlines() if text.strip()), "no version")
    return Item("programs", name, State.GOOD, f"{path}: {told[:80]}", use)


def _lines(items: list[Item]) -> Iterator[Line]:
    colours = {State.GOOD: "green", State.MISSING: "yellow", State.POOR: "bold yellow"}
    for topic in dict.fromkeys(item.topic for item in items):
        yield line("", (topic, HEADING))
        rows: list[list[Span]] = []
        for item in (one for one in items if one.topic == topic):
            shown = f"{tame(item.found)}  ({item.use})" if topic != "versions" or item.name == "Python" else item.found
            rows.append([(item.state.value, colours[item.state]), item.name, shown])
        yield from table("  ", rows)
        yield BLANK
