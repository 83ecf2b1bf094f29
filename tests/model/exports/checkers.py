"""SPIN, rumur and TLC as functions: an exported system in, what the tool found out.

Each tool works in a folder of its own.  Counterexamples come back as events of the network, so that they can be
replayed there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from goalstate.model.exports.murphi import murphi
from goalstate.model.exports.naming import comment
from goalstate.model.exports.promela import promela
from goalstate.model.exports.system import Contrary, Every, Formula, Local, Refuses, Some, System, Takes
from goalstate.model.exports.tla import tla
from goalstate.model.network import GlobalState
from goalstate.model.notation.lts import NONE
from goalstate.model.notation.terms import holds

JAR = "GOALSTATE_TLC_JAR"
PATIENCE = 1_800


class ToolFailed(RuntimeError):
    """A foreign tool that gave no answer, with what it said."""


@dataclass(frozen=True)
class Finding:
    """What a tool found: counts (of what it visited, when it stopped at an error), and a way to the error.

    ``build`` are the seconds that translating and compiling took, ``seconds`` those of the search.  ``within``: SPIN
    prints eight digits, so a larger number of transitions is known to less than so many.
    """

    states: int
    transitions: int
    violated: bool
    trace: tuple[str, ...]
    build: float
    seconds: float
    within: int = 1

    def counts(self, states: int, transitions: int) -> bool:
        """Whether the counts are these, as far as they were printed."""
        return self.states == states and abs(self.transitions - transitions) < self.within


Tool = Callable[[System, Path], Finding]


def missing(tool: str) -> str:
    """Why a tool can't be used here; empty when it can."""
    if tool == "TLC":
        if not os.environ.get(JAR):
            return f"{JAR} names no tla2tools.jar"
        return "" if shutil.which("java") else "no java here"
    absent = [program for program in (tool.lower(), "gcc") if not shutil.which(program)]
    return f"no {' and no '.join(absent)} here" if absent else ""


def run(command: list[str], folder: Path, *, any_code: bool = False) -> str:
    """What a command prints; raises ToolFailed when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE, check=False)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode and not any_code:
        raise ToolFailed(f"{' '.join(command)} ended with {done.returncode}:\n{text[-3_000:]}")
    return text


def number(pattern: str, text: str) -> int:
    """The number that a pattern finds."""
    found = re.search(pattern, text)
    if found is None:
        raise ToolFailed(f"nothing like {pattern!r} in:\n{text[-3_000:]}")
    return int(found[1].replace(",", ""))


def eight_digits(what: str, text: str) -> tuple[int, int]:
    """A number that C printed with ``%.8g``, and to less than what it is known."""
    found = re.search(rf"([\d.]+)(?:e\+(\d+))? {what}", text)
    if found is None:
        raise ToolFailed(f"no {what!r} in:\n{text[-3_000:]}")
    exponent = int(found[2] or 0)
    return round(float(found[1]) * 10**exponent), max(1, 10 ** (exponent - 7))


# -- SPIN --------------------------------------------------------------------------------------------------------------


def spin(
    system: System,
    folder: Path,
    *,
    model: str = "",
    depth: int = 1_000_000,
    slots: int = 20,
    flags: tuple[str, ...] = (),
    again: bool = False,
) -> Finding:
    """SPIN with -O2: the whole search, states stored in full.

    ``model`` replaces the export; ``depth`` must be as large as the longest way without a repetition, ``slots`` is the
    logarithm of the size of the hash table; ``flags`` go to the compiler; ``again`` runs what was compiled before.
    """
    began = time.perf_counter()
    if not again:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.pml").write_text(model or promela(system), encoding="ascii")
        # Without -o2, variables that are never read are taken out of the state.
        run(["spin", "-o2", "-a", "model.pml"], folder)
        run(["gcc", "-O2", "-w", "-DSAFETY", "-DMEMLIM=16000", *flags, "-o", "pan", "pan.c"], folder)
    built = time.perf_counter()
    text = run(["./pan", f"-m{depth}", f"-w{slots}"], folder, any_code=True)
    ended = time.perf_counter()
    if "max search depth too small" in text or "out of memory" in text or "VECTORSZ" in text:
        raise ToolFailed(text[-2_000:])
    violated = number(r"errors: (\d+)", text) > 0
    trace: tuple[str, ...] = ()
    if violated and not model:
        told = run(["spin", "-t", "-DTELL", "model.pml"], folder, any_code=True)
        names = {comment(e.name): e.name for e in system.network.events}
        trace = tuple(names[line.strip()] for line in told.splitlines() if line.strip() in names)
    transitions, within = eight_digits("transitions", text)
    return Finding(
        eight_digits("states, stored", text)[0],
        transitions - 1,  # SPIN counts the initial state as one
        violated,
        trace,
        built - began,
        ended - built,
        within,
    )


# -- rumur -------------------------------------------------------------------------------------------------------------


def rumur(
    system: System, folder: Path, *, model: str = "", optimise: str = "-O1", threads: int = 0, again: bool = False
) -> Finding:
    """rumur on all cores, or on as many ``threads``; ``again`` runs what was compiled before."""
    began = time.perf_counter()
    if not again:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.m").write_text(model or murphi(system), encoding="ascii")
        deadlock = "stuck" if system.deadlock else "off"
        options = [f"--deadlock-detection={deadlock}", f"--threads={threads}"]
        run(["rumur", *options, "--output=model.c", "model.m"], folder)
        libraries = ["-lpthread", "-latomic"]
        run(["gcc", "-std=c11", optimise, "-w", "-march=native", "-o", "model", "model.c", *libraries], folder)
    built = time.perf_counter()
    text = run(["./model"], folder, any_code=True)
    ended = time.perf_counter()
    names = {comment(e.name): e.name for e in system.network.events}
    fired = re.findall(r"Rule (.*) fired\.", text)
    return Finding(
        # The last line; reports of progress, every 10,000 states, are worded otherwise.
        number(r"(\d+) states, \d+ rules fired", text),
        number(r"\d+ states, (\d+) rules fired", text),
        "No error found" not in text,
        tuple(names[name.strip('"')] for name in fired if name.strip('"') in names),
        built - began,
        ended - built,
    )


# -- TLC ---------------------------------------------------------------------------------------------------------------


def tlc(system: System, folder: Path, *, model: tuple[str, str] | None = None, workers: int = 0) -> Finding:
    """TLC on all cores; ``model`` (module and configuration, for a module called ``model``) replaces the export."""
    folder.mkdir(parents=True, exist_ok=True)
    written = tla(system, "model")
    module, configuration = model or (written.module, written.configuration)
    (folder / "model.tla").write_text(module, encoding="ascii")
    (folder / "model.cfg").write_text(configuration, encoding="ascii")
    # TLC unpacks its modules into the temporary folder, where two of them would meet.
    command = [
        "java",
        "-XX:+UseParallelGC",
        f"-Djava.io.tmpdir={folder.resolve()}",
        "-cp",
        str(Path(os.environ[JAR]).resolve()),
        "tlc2.TLC",
    ]
    command += ["-workers", str(workers or os.cpu_count() or 1), "-metadir", "states", "-config", "model.cfg"]
    began = time.perf_counter()
    text = run([*command, *(() if system.deadlock else ("-deadlock",)), "model.tla"], folder, any_code=True)
    ended = time.perf_counter()
    # A claim that is false whatever the state is, TLC calls "equal to FALSE", and looks at no state.
    at_once = "is violated by the initial state" in text or "is equal to FALSE" in text
    violated = at_once or "is violated" in text or "Deadlock reached" in text
    if not violated and "No error has been found" not in text:
        raise ToolFailed(text[-2_000:])
    if at_once:
        return Finding(1, 0, True, (), 0.0, ended - began)
    taken = re.findall(r"^State \d+: <(\w+) line", text, re.MULTILINE)
    return Finding(
        number(r"states generated, ([\d,]+) distinct", text),
        number(r"([\d,]+) states generated, [\d,]+ distinct", text) - 1,  # TLC counts the initial state as one
        violated,
        tuple(written.actions[a] for a in taken if a in written.actions),
        0.0,
        ended - began,
    )


TOOLS: dict[str, Callable[..., Finding]] = {"SPIN": spin, "rumur": rumur, "TLC": tlc}


# -- meaning -----------------------------------------------------------------------------------------------------------


def satisfies(system: System, formula: Formula, state: GlobalState) -> bool:
    """Whether a state of the network satisfies a formula, by the flat machines."""
    match formula:
        case Local(component, condition):
            lts = system.network.components[component].lts
            return holds(condition, lts.values(state[component]), lts.active(state[component]))
        case Takes(component, event):
            found = system.network.components[component]
            return bool(found.lts.moves[found.alphabet.index(event), state[component]] != NONE)
        case Refuses(component, event):
            found = system.network.components[component]
            return bool(found.lts.refused[found.alphabet.index(event), state[component]])
        case Every(operands):
            return all(satisfies(system, o, state) for o in operands)
        case Some(operands):
            return any(satisfies(system, o, state) for o in operands)
        case Contrary(operand):
            return not satisfies(system, operand, state)


def breaks(system: System, trace: tuple[str, ...]) -> bool:
    """Whether a foreign counterexample replays on the network and ends in a state that breaks what was claimed.

    Raises ReplayError when it does not replay.
    """
    state = system.network.initial
    for event in trace:
        state = system.network.step(state, event)
    stuck = system.deadlock and not system.network.enabled(state)
    return stuck or any(not satisfies(system, c.formula, state) for c in system.claims)
