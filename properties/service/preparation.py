"""The first run on a machine: two processes compile the loops, each a part, and every later run loads them.

Without this, two processes that search would compile the same loops at the same time.  One takes the search of states
of one word, the other that of two words and what judges liveness.

Left out: loops that only large searches need; they are compiled when they are called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ...model.engines.explicit.search import explore
from ...model.network import Component, Network
from ...model.network.statespace import Graph
from ...model.notation.statechart import State, Statechart, does
from ..graph.loading import compiled_loops
from ..graph.traversal import COMPILE_FROM, reversed_graph, watch
from ..judging.temporal import run_with
from ..predicates import At
from ..temporal.branching import counterexample, ef
from ..temporal.fairness import weak
from ..temporal.formula import finally_, globally, happens
from ..temporal.search import Arena
from .two_processes import Forked, Tell

ROWS = (does("on", "dark", "bright"), does("off", "bright", "dark"))
LAMP = Network((Component("lamp", Statechart("lamp", (State("dark"), State("bright")), "dark", rows=ROWS)),))
"""As small a network as there is."""


@contextmanager
def prepared_loops(tell: Tell | None = None) -> Iterator[None]:
    """The compiled loops for this process and its copies; the first time on a machine, two processes compile them."""
    with compiled_loops():
        if not _are_kept():
            if tell is not None:
                tell("compiling the loops of the search; this happens once")
            with Forked(_prepare_the_other_half) as other:
                prepare_search(1)
                other.result()
        yield


def prepare_search(words: int) -> None:
    """Compile, or load from disk, what a search needs for states of one word or of two."""
    from ...model.engines.explicit.preparation import prepare

    prepare(LAMP, words)


def prepare_judging() -> None:
    """Compile, or load from disk, what observers and liveness need: by judging as little as possible."""
    line = Graph(
        np.arange(COMPILE_FROM + 2), np.zeros(COMPILE_FROM + 1, np.int64), np.zeros(COMPILE_FROM + 1, np.int32)
    )
    watch(line, [(np.zeros((1, 1), np.int64), np.zeros(1, np.bool_))])
    reversed_graph(line)
    arena = Arena(explore(LAMP, graph=True))
    run_with(arena, globally(finally_(happens("on"))), weak(LAMP, "lamp"))
    counterexample(arena, ef(At("lamp", "in(bright)")))


def _are_kept() -> bool:
    """Whether an earlier run has left its loops on disk, or there is no place for them."""
    from ...model.engines.explicit import kernels

    loop: Any = kernels.narrow
    folder, changed = loop.stats.cache_path, Path(kernels.__file__).stat().st_mtime
    return folder is None or any(f.stat().st_mtime > changed for f in Path(folder).glob("kernels.narrow-*.nbi"))


def _prepare_the_other_half() -> None:
    prepare_search(2)
    prepare_judging()
