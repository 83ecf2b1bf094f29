"""Measures the memory that the explicit engine takes for a state, on a search of tens of millions of states.

`python -m benchmarks.memory` from the repository root: eight counters and sixteen philosophers, 43 million states each,
of one word; a full IIS role with four faults, 28 million states that fit one word when its agents are joined; and six
counters beside a relay, 34 million states of two words. Each in a process of its own.  What counts is how far the peak
of the process grows from before the search to after it, without the graph of edges; the buffers of the search count.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Network
from goalstate.model.network.statespace import Limits
from goalstate.model.workflow import Bounds, Faults, Workflow
from tests.model.services import role, service
from tests.toys.counters import counters, relay
from tests.toys.philosophers import philosophers

SYSTEMS = {
    "counters": lambda: counters(8, 8),
    "philosophers": lambda: philosophers(16),
    "role": lambda: _role(4),
    "two words": lambda: Network(counters(6, 8).components + relay(64).components),
}


def _role(faults: int) -> Network:
    deployment = service(role("full IIS", ("simple", "background"), "custom"))
    return Workflow(deployment, Bounds(Faults(faults), requests=1, tick=1)).network


def measure(name: str) -> None:
    """Search once and print states, steps, seconds and bytes."""
    network = SYSTEMS[name]()
    explicit.explore(network, Limits(states=300_000))  # compiles what is to be compiled
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    space = explicit.explore(network)
    seconds = time.perf_counter() - began
    each = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / space.distinct
    print(
        f"{name:12} {space.distinct:,} states of {8 * space.layout.words} bytes, {space.transitions:,} steps, "
        f"{seconds:.1f} s, {each:.2f} bytes a state"
    )


def main() -> None:
    """Measure each system in a process of its own."""
    if len(sys.argv) > 1:
        measure(sys.argv[1])
        return
    for name in SYSTEMS:
        subprocess.run([sys.executable, "-m", "benchmarks.memory", name], check=True)


if __name__ == "__main__":
    main()
