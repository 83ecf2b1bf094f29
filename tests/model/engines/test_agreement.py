"""The explicit engine finds what the reference engine finds, in every way it has of going about it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from unittest.mock import patch

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import GlobalState, Network
from goalstate.model.network.statespace import Layout, Limits, StateSpace
from tests.strategies import networks
from tests.toys.counters import counters
from tests.toys.two_phase_commit import two_phase_commit

WAYS: tuple[dict[str, object], ...] = (
    {},
    {"SMALL": 1},
    {"SMALL": 1, "WIDE": 1, "ROUND": 16, "SLICES": 3, "cores": lambda: 2},
    {"SMALL": 7, "WIDE": 4, "ROUND": 100, "cores": lambda: 1},
    {"SMALL": 1, "WIDE": 1, "ROUND": 16, "JOINED_FROM": 4, "cores": lambda: 2},
)
"""Plain Python; compiled on one core; in rounds on two; some of each on one; with machines joined on the way."""


def explore(network: Network, way: dict[str, object], limits: Limits | None = None) -> StateSpace:
    with ExitStack() as changes:
        for name, value in way.items():
            changes.enter_context(patch.object(explicit, name, value))
        return explicit.explore(network, limits or Limits(), graph=True)


def edges(space: StateSpace) -> Counter[tuple[GlobalState, int, GlobalState]]:
    """Every edge with its states in full: numbers inside a level may differ."""
    assert space.graph is not None
    states = space.layout.unpack(space.packed)
    o = space.graph.offsets
    return Counter(
        (states[s], int(space.graph.events[k]), states[int(space.graph.targets[k])])
        for s in range(space.distinct)
        for k in range(o[s], o[s + 1])
    )


def levels(space: StateSpace) -> list[set[GlobalState]]:
    states = space.layout.unpack(space.packed)
    return [set(states[a:b]) for a, b in zip(space.levels, space.levels[1:], strict=False)]


def assert_same(found: StateSpace, wanted: StateSpace) -> None:
    assert (found.distinct, found.transitions, found.depth) == (wanted.distinct, wanted.transitions, wanted.depth)
    assert (found.levels, found.expanded, found.stopped) == (wanted.levels, wanted.expanded, wanted.stopped)
    assert levels(found) == levels(wanted)
    assert edges(found) == edges(wanted)


@given(networks(), st.sampled_from(WAYS))
def test_random_networks(network: Network, way: dict[str, object]) -> None:
    wanted = reference.explore(network, Limits(states=3_000))
    if wanted.complete:
        assert_same(explore(network, way), wanted)


@settings(max_examples=30)
@given(networks(most=3), st.sampled_from(WAYS[:-1]), st.integers(1, 3))
def test_random_networks_in_several_words(network: Network, way: dict[str, object], words: int) -> None:
    # The same network, each field in the next word.
    sizes = [c.lts.size for c in network.components]
    assume(max(sizes) <= 512)
    fields = tuple((i % words, 9 * (i // words), (n - 1).bit_length()) for i, n in enumerate(sizes))
    wanted = reference.explore(network, Limits(states=3_000))
    if wanted.complete:
        with patch.object(Layout, "of", lambda network: Layout(fields, words)):
            found = explore(network, way)
        assert found.layout.words == words
        assert_same(found, wanted)


@settings(max_examples=30)
@given(networks(), st.sampled_from(WAYS), st.integers(1, 60))
def test_a_search_that_was_stopped_is_a_part_of_the_whole(network: Network, way: dict[str, object], most: int) -> None:
    whole = reference.explore(network, Limits(states=3_000))
    part = explore(network, way, Limits(states=most))
    if whole.complete:
        assert part.complete == (part.distinct == whole.distinct and part.expanded == part.distinct)
        assert set(part.layout.unpack(part.packed)) <= set(whole.layout.unpack(whole.packed))
        assert edges(part) <= edges(whole)
        assert edges(part).total() == part.transitions
        states = part.layout.unpack(part.packed)
        assert part.transitions == sum(len(network.successors(s)) for s in states[: part.expanded])


def test_larger_systems() -> None:
    for network in (two_phase_commit(5), counters(4, 8)):
        wanted = reference.explore(network)
        for way in WAYS:
            assert_same(explore(network, way), wanted)


def test_the_order_of_states_does_not_depend_on_the_number_of_cores() -> None:
    found = []
    for cores in (1, 2, 3):
        way = {"SMALL": 1, "WIDE": 64, "ROUND": 2_000, "cores": lambda cores=cores: cores}
        found.append(explore(two_phase_commit(5), way))
    assert (found[0].packed == found[1].packed).all()
    assert (found[0].packed == found[2].packed).all()
