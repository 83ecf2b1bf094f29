"""What is false in branching time is shown by a run where a run can show it: the run refutes the linear formula."""

from __future__ import annotations

from random import Random

import pytest

from goalstate.model.engines.reference import explore
from goalstate.properties.predicates import bind
from goalstate.properties.temporal import branching as b
from goalstate.properties.temporal import formula as f
from goalstate.properties.temporal.search import Arena
from goalstate.properties.temporal.word import Word, satisfies

from .random_graphs import random_network, some_states


@pytest.mark.parametrize("kind", ["AF", "AU", "AG AF", "AG AX", "AG AU"])
def test_a_run_shows_it(kind: str) -> None:
    shown = loops = 0
    for number in range(400):
        random = Random(number)
        network = random_network(random)
        arena = Arena(explore(network))
        p, q = f.Holds(some_states(random, network)), f.Holds(some_states(random, network))
        pairs: dict[str, tuple[b.Branching, f.Formula]] = {
            "AF": (b.af(q.predicate), f.Finally(q)),
            "AU": (b.au(p.predicate, q.predicate), f.Until(p, q)),
            "AG AF": (b.ag(b.af(q.predicate)), f.Globally(f.Finally(q))),
            "AG AX": (b.ag(b.ax(q.predicate)), f.Globally(f.Next(q))),
            "AG AU": (b.ag(b.au(p.predicate, q.predicate)), f.Globally(f.Until(p, q))),
        }
        claim, linear = pairs[kind]
        found = b.counterexample(arena, claim)
        if found is None:
            continue
        path, words = found
        shown += 1
        loops += path.loop is not None
        assert words.startswith("a state in which this is false: ")
        if path.loop is None and not ends(path.last, arena):
            # A way that is not round: it breaks the formula however it goes on.
            assert not bind(q.predicate, network).of(path.last), (number, words)
            continue
        assert satisfies(Word.of(path), f.Not(linear)), (number, words)
    assert shown > 50
    assert loops > 5 or kind == "AG AX"


def ends(state: tuple[int, ...], arena: Arena) -> bool:
    """Whether nothing can happen in a state."""
    return not arena.network.enabled(state)


def test_what_no_run_does_no_run_shows() -> None:
    random = Random(1)
    said = 0
    for number in range(100):
        network = random_network(Random(number))
        arena = Arena(explore(network))
        found = b.counterexample(arena, b.ag(b.ef(some_states(random, network))))
        if found is not None:
            said += found[1].endswith("(no run does it, which no single one shows)")
    assert said > 5
