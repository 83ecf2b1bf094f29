"""Explanations: the truth of every part, runs cut down to what they need, causes told apart."""

from __future__ import annotations

from random import Random

import pytest

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.reference import explore
from goalstate.model.network.path import Path
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue.liveness import UNREPAIRED, sentences
from goalstate.properties.temporal import formula as f
from goalstate.properties.temporal.assumptions import FairAgent, assumed
from goalstate.properties.temporal.automaton import of_formula
from goalstate.properties.temporal.explanation import causes, shortened, truth_table
from goalstate.properties.temporal.reading import linear
from goalstate.properties.temporal.search import Arena, accepted_run
from goalstate.properties.temporal.word import Word, satisfies, unfair
from tests.model.services import role, service
from tests.toys.counters import relay
from tests.toys.peterson import peterson

from .random_graphs import random_fairness, random_formula, random_network


def test_the_truth_of_every_part() -> None:
    network = relay(3)
    run = Path.replay(network, ["hand_0", "hand_1"])
    table = truth_table(
        run, linear("all_of_it".replace("all_of_it", "<hand_0> leads to G {holder1: in(with_it)}"), network)
    )
    assert table.splitlines() == [
        "a  <hand_0>",
        "b  {holder1: in(with_it)}",
        "c  G b",
        "d  F c",
        "e  X d",
        "f  a -> e",
        "g  G f",
        "",
        "         a b c d e f g",
        "   1     + · · · · · ·  hand_0",
        "   2     · + · · · + +  hand_1",
        "   3  >  · · · · · + +  nothing can happen any more",
        "",
        "+ true, · false; from > on it goes round for ever",
    ]
    with pytest.raises(ValueError, match="no whole run"):
        truth_table(Path.replay(network, ["hand_0"]), linear("F <hand_1>", network))


def test_what_is_not_needed_is_left_out() -> None:
    network = peterson()
    never_both = linear("G F <p0/raises>", network)
    long = ["p1/raises", "p1/gives_turn", "p1/sees_no_flag", "p1/leaves"]
    other = ["p0/raises", "p0/gives_turn", "p0/sees_no_flag", "p0/leaves"]
    run = Path.replay(network, [*other, *long, *long, *long], loop=8)
    short = shortened(run, never_both)
    assert (short.events, short.loop) == (tuple(long), 0)
    assert not satisfies(Word.of(short), never_both)


def test_shortened_runs_still_break_their_formulas() -> None:
    shorter = 0
    for number in range(600):
        random = Random(number)
        network = random_network(random)
        fairness = random_fairness(random)
        formula = random_formula(random, network, 3, 3)
        path = accepted_run(Arena(explore(network)), of_formula(f.Not(formula)), fairness)
        if path is None:
            continue
        long = Path.replay(network, (*path.events, *path.events[path.loop :] * 2), path.loop) if path.loop else path
        short = shortened(long, formula, fairness)
        assert len(short) <= len(path)
        assert not satisfies(Word.of(short), formula)
        assert unfair(Word.of(short), fairness) == []
        shorter += len(short) < len(path)
    assert shorter > 5


def test_causes_are_the_exceptions_of_the_sentence() -> None:
    workflow = Workflow(service(role("worker", ("simple",), probed="default")), Bounds(Faults(1), 1, 5))
    arena = Arena(explicit.explore(workflow.network, graph=True))
    deployment = next(sentences(workflow, *workflow.instances[0]))
    fair = [a for a in deployment.assumptions if isinstance(a, FairAgent)]
    formula, fairness = assumed(workflow.network, deployment.formula, fair)
    found = causes(arena, formula, fairness)
    # A Run that hangs comes too late to keep a role from Ready, unless another fault has struck before; there is room
    # for every instance, unless an option says that there may be none.
    assert [str(cause) for cause in found] == sorted(set(UNREPAIRED) - {"run_hangs", "no_capacity"})
    for cause in found:
        word = Word.of(cause.path)
        assert not satisfies(word, formula)
        assert unfair(word, fairness) == []
        assert {o.fault for o in cause.path.occurrences() if o.fault} == cause.faults
    # Without fairness no fault is needed.
    (lazy,) = causes(arena, formula)
    assert (lazy.faults, str(lazy)) == (frozenset(), "no fault at all")
    assert causes(arena, f.TRUE) == []
