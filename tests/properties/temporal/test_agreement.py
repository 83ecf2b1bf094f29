"""On 10,000 random graphs the verdicts of linear and branching time are those of ``brute``, and every run that is
shown breaks its formula, keeps its fairness, and replays."""

from __future__ import annotations

import re
from functools import partial
from random import Random

import pytest

from goalstate.model.engines.reference import explore
from goalstate.model.network import GlobalState, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import StateSpace
from goalstate.properties.judging.temporal import breakable
from goalstate.properties.predicates import At
from goalstate.properties.temporal import formula as f
from goalstate.properties.temporal.automaton import of_formula
from goalstate.properties.temporal.branching import Labelling
from goalstate.properties.temporal.reading import linear
from goalstate.properties.temporal.search import Arena, accepted_run
from goalstate.properties.temporal.word import Word, satisfies, unfair

from .brute import Game, run_exists, satisfying, true_on
from .random_graphs import random_branching, random_fairness, random_formula, random_network

GRAPHS = 10_000
BLOCK = 500


def game_of(space: StateSpace) -> Game:
    network = space.network
    number = {space.state(s): s for s in range(space.distinct)}
    steps: list[tuple[int, str | None, int]] = []
    for state, s in number.items():
        following = network.successors(state)
        steps += [(s, network.events[e].name, number[t]) for e, t in following] or [(s, None, s)]
    return Game(tuple(steps), lambda s, predicate: true_in(network, space.state(s), predicate))


def true_in(network: Network, state: GlobalState, predicate: object) -> bool:
    """Whether the only component is in one of the states that a predicate lists."""
    assert isinstance(predicate, At)
    return network.components[0].lts.name(state[0]) in re.findall(r"in\((\w+)\)", predicate.condition)


@pytest.mark.parametrize("block", range(GRAPHS // BLOCK))
def test_verdicts_are_those_of_brute_force(block: int) -> None:
    violated = branching_true = 0
    for k in range(BLOCK):
        random = Random(block * BLOCK + k)
        network = random_network(random)
        space = explore(network)
        arena, game = Arena(space), game_of(space)
        fairness = random_fairness(random)

        formula = random_formula(random, network, depth=random.randint(1, 4), operators=3)
        path = accepted_run(arena, of_formula(f.Not(formula)), fairness)
        assert (path is not None) is run_exists(game, f.Not(formula), fairness), (block, k, str(formula))
        if path is not None:
            violated += 1
            assert Path.replay(network, path.events, path.loop) == path
            word = Word.of(path)
            truth = partial(true_in, network)
            assert not true_on(word.states, word.events, word.loop, formula, truth), (block, k, str(formula))
            assert not satisfies(word, formula)
            assert unfair(word, fairness) == []

        claim = random_branching(random, network, depth=random.randint(1, 3))
        states = Labelling(arena, fairness).states(claim)
        assert {s for s in range(space.distinct) if states[s]} == satisfying(game, claim, fairness), (
            block,
            k,
            str(claim),
        )
        branching_true += bool(states[0])
    # Neither outcome is rare, so the comparison means something.
    assert 0.2 * BLOCK < violated < 0.8 * BLOCK
    assert 0.2 * BLOCK < branching_true < 0.8 * BLOCK


EQUAL = [
    ("G X F <a>", "G F <a>"),
    ("G X F (<a> & !<b>)", "G F (<a> & !<b>)"),
    ("F G X <a>", "F G <a>"),
    ("<b> & X F <a> & F <b>", "<b> & X F <a>"),
    ("<a> U (<a> U <b>)", "<a> U <b>"),
    ("(<a> U <b>) U <b>", "<a> U <b>"),
    ("!(<a> U <b>)", "!<a> R !<b>"),
    ("<a> W <b>", "(<a> U <b>) | G <a>"),
    ("<a> R <b>", "<b> W (<a> & <b>)"),
    ("G F <a> & G F <b>", "G F (<a> & F <b>)"),
    ("F (<a> & X F <b>)", "(F <a>) & F (<a> & X F <b>)"),
    ("G (<a> -> X F <b>) & G F <a>", "G F <a> & G F <b> & G (<a> -> X F <b>)"),
    ("X X (<a> | <b>)", "X X <a> | X X <b>"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_formulas_that_mean_the_same(one: str, other: str) -> None:
    found = 0
    for number in range(150):
        random = Random(number)
        network = random_network(random)
        arena = Arena(explore(network))
        first, second = linear(one, network), linear(other, network)
        for formulas in ((first, second), (f.Not(first), f.Not(second))):
            runs = [accepted_run(arena, of_formula(x)) is not None for x in formulas]
            assert runs[0] is runs[1], (number, one, other)
            found += runs[0]
    assert 30 < found < 270


def test_what_can_be_broken_in_one_step_is_found_without_a_product() -> None:
    """ "Never is it so" on random graphs, as the search for a run has it; vacuity asks that of most conditions."""
    broken = 0
    for k in range(1_500):
        random = Random(k)
        network = random_network(random)
        arena, fairness = Arena(explore(network)), random_fairness(random)
        one_step = random_formula(random, network, depth=random.randint(0, 3), operators=0)
        for inside in (one_step, f.Not(one_step), f.And((one_step, f.Happens(("a",)))), f.Implies(f.TRUE, one_step)):
            never = f.Globally(f.Implies(f.Said("so", inside), f.FALSE))
            found = accepted_run(arena, of_formula(f.Not(never)), fairness) is not None
            assert breakable(arena, never, fairness) is found, (k, str(never), fairness)
            broken += found
        assert fairness in arena.lasting
    assert 1_000 < broken < 5_000
