"""What is compiled in advance is what searches and judging call: nothing more is compiled after it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from goalstate.model.engines import components
from goalstate.model.engines.explicit import kernels
from goalstate.model.engines.explicit.search import explore
from goalstate.model.network import Network
from goalstate.properties.graph import traversal_kernels
from goalstate.properties.graph.traversal import COMPILE_FROM, load, reversed_graph
from goalstate.properties.service.preparation import prepare_judging, prepare_search
from goalstate.properties.temporal import kernels as temporal_kernels
from tests.toys.counters import counters, relay

def compiled():
    modules = kernels, traversal_kernels, temporal_kernels, components
    loops = {f"{m.__name__}.{name}": loop for m in modules for name, loop in vars(m).items()}
    return {name: len(loop.signatures) for name, loop in loops.items() if hasattr(loop, "signatures")}

load()
prepare_search(1)
prepare_search(2)
prepare_judging()
before = compiled()
both = Network((*relay(70).components, *counters(3, 4).components))
for network, words in ((counters(6, 4), 1), (both, 2)):
    space = explore(network, graph=True)
    assert space.layout.words == words, space.layout.words
    assert space.distinct > 3_000 and space.graph is not None and len(space.graph.targets) > COMPILE_FROM
    reversed_graph(space.graph)
assert before[kernels.__name__ + ".narrow"] == 2
assert compiled() == before, (before, compiled())
"""


def test_a_search_after_the_preparation_compiles_nothing() -> None:
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
