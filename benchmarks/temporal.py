"""Asks SPIN about formulas of linear time on random networks, and compares its verdicts with ours.

`python -m benchmarks.temporal` from the repository root; `--networks N` says how many must be answered (200): SPIN's
translation of a formula may take too long, and the network is then left out and named. On each network there are
three questions: a formula about states and events with *next*, and one about states without it, asked without and with
SPIN's weak fairness. The exit code is 1 when a verdict differs, 3 when there is no SPIN. `--scale` measures the search
on a graph of a million states instead.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Network
from goalstate.properties.temporal.automaton import of_formula
from goalstate.properties.temporal.branching import Labelling, branching
from goalstate.properties.temporal.fairness import strong, weak
from goalstate.properties.temporal.formula import Not
from goalstate.properties.temporal.reading import branching_time, linear
from goalstate.properties.temporal.search import Arena, accepted_run
from tests.properties.temporal.spin import SpinFailed, compare
from tests.toys.counters import counters

from .crosscheck import random_networks

MOST = 500


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--scale", action="store_true")
    chosen = parser.parse_args()
    return scale() if chosen.scale else verdicts(chosen.networks)


def verdicts(number: int) -> int:
    """Compare the verdicts."""
    if not (shutil.which("spin") and shutil.which("gcc")):
        print("no spin or no gcc here")
        return 3
    asked = violated = answered = 0
    differences: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for k, network in enumerate(small_networks(number)):
            try:
                found = compare(network, k, Path(folder))
            except SpinFailed as error:
                print(f"network {k}: {error}", flush=True)
                continue
            asked, violated = asked + found.asked, violated + found.violated
            answered += 1
            differences += found.differences
            for line in found.differences:
                print(line, flush=True)
            if answered == number:
                break
            if answered % 20 == 0:
                print(f"{answered} networks so far, {asked} questions, {violated} violated", flush=True)
    print(f"{answered} networks answered, {asked} questions, {violated} violated, {len(differences)} verdicts differ")
    return 1 if differences else 0


def small_networks(number: int) -> list[Network]:
    """The same random networks in every run, the largest that have no more than so many states."""
    return [n for n in random_networks(2 * number) if explicit.explore(n).distinct <= MOST]


def scale() -> int:
    """Seconds of some checks on a million states."""
    network = counters(6, 9)
    space = explicit.explore(network, graph=True)
    print(f"{space.distinct:,} states, {space.transitions:,} transitions: {space.seconds:.1f} s")
    arena = Arena(space)
    response = linear("<c0/counts> leads to <c5/resets>", network)
    for name, fairness in (("no", ()), ("weak", weak(network, "*")), ("strong", strong(network, "*"))):
        began = time.perf_counter()
        path = accepted_run(arena, of_formula(Not(response)), fairness)
        outcome = "holds" if path is None else f"violated, {len(path)} events"
        print(f"response under {name} fairness: {outcome}, {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    back = branching(branching_time("AG EF {c0: n == 9}", network))
    print(f"AG EF: {bool(Labelling(arena).states(back)[0])}, {time.perf_counter() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
