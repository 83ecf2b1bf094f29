"""Agents joined before a search: fewer bits, and nothing else is different."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import joining, kernels
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.explicit.joining import join, joined
from goalstate.model.engines.explicit.machines import Machines
from goalstate.model.engines.explicit.structures import exact
from goalstate.model.engines.explicit.units import Units
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import NO_LIMITS, Joint, Layout, Limits, StateSpace
from goalstate.model.notation.lts import NONE
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.model.notation.terms import Variable
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue.platform import platform_properties
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import Outcome
from tests.model.services import role, service
from tests.properties.mutants.seeded import Mistake, catalogue, judged, mistakes
from tests.strategies import networks
from tests.toys.counters import counter, counters
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import two_phase_commit

from .test_agreement import assert_same
from .test_limits import assert_consistent


def workflow(kind: str = "full IIS", faults: int = 1, tick: int = 5) -> Network:
    return Workflow(service(role(kind, ("simple",), "default")), Bounds(Faults(faults), requests=1, tick=tick)).network


def searched_joined(network: Network, limits: Limits = NO_LIMITS, **settings: object) -> StateSpace:
    """Searched with machines joined as soon as can be, however little it spares."""
    with ExitStack() as patches:
        patches.enter_context(patch.object(joining, "join", joined))
        for name, value in {"SMALL": 1, "WIDE": 1, "JOINED_FROM": 1, **settings}.items():
            patches.enter_context(patch.object(explicit, name, value))
        return explicit.explore(network, limits, graph=True)


def product(machines: Machines) -> tuple[int, int]:
    """States and steps of the product of some machines, found in the plainest way."""
    start = tuple(0 for _ in machines.moves)
    if machines.layout.joints:
        members = [[0] * len(joint.members) for joint in machines.layout.joints]
        start = tuple(
            int(joint.numbers([np.array([x]) for x in locals_])[0])
            for joint, locals_ in zip(machines.layout.joints, members, strict=True)
        )
    known = {start}
    waiting = [start]
    steps = 0
    while waiting:
        state = waiting.pop()
        for participants in machines.events:
            following = list(state)
            for i, e in participants:
                following[i] = int(machines.moves[i][e, state[i]])
            if NONE not in following:
                steps += 1
                if tuple(following) not in known:
                    known.add(tuple(following))
                    waiting.append(tuple(following))
    return len(known), steps


@given(networks())
def test_joined_machines_have_the_same_product(network: Network) -> None:
    wanted = reference.explore(network, Limits(states=2_000))
    if wanted.complete:
        with patch.object(joining, "LEAST_GAIN", -99):
            assert product(joined(network)) == (wanted.distinct, wanted.transitions)


@settings(max_examples=40)
@given(networks())
def test_a_search_with_joined_machines_finds_the_same(network: Network) -> None:
    wanted = reference.explore(network, Limits(states=2_000))
    if wanted.complete:
        with patch.object(joining, "LEAST_GAIN", -99):
            found = searched_joined(network, ROUND=16)
        assert_same(found, wanted)
        for number in {0, found.distinct // 2, found.distinct - 1}:
            assert found.path(number).states[-1] == found.state(number)
            assert replace(found, graph=None).path(number).states[-1] == found.state(number)


@pytest.mark.parametrize("kind", ["worker", "HWC", "full IIS"])
def test_a_role_has_the_same_states_steps_and_paths(kind: str) -> None:
    network = workflow(kind)
    found, wanted = searched_joined(network), reference.explore(network)
    assert found.layout.joints
    assert_same(found, wanted)
    without_graph = replace(found, graph=None)
    for number in (found.distinct - 1, found.distinct // 2, found.distinct // 3):
        path = without_graph.path(number)
        assert path.states[-1] == found.state(number)
        assert len(path.events) == len(found.path(number).events)
    assert len(without_graph.path(found.distinct - 1).events) == found.depth == wanted.depth


def test_what_is_joined_of_a_role() -> None:
    """The placement alone has thousands of local states; beside the rest of the core, eight of them are reached."""
    network = workflow(faults=3, tick=1)
    machines = join(network)
    assert machines is not None
    layout = machines.layout
    assert Layout.of(network).words == 2
    assert layout.words == 1
    assert layout.bits <= 47, "an exact entry of the table needs that"
    assert exact(1 << 14, layout.bits, 1)
    placement = network.index["R_IN_0/placement"]
    assert network.components[placement].lts.size > 2_000
    joint = layout.joints[layout.field_of(placement)]
    assert len(np.unique(joint.locals[:, joint.members.index(placement)])) == 8


def test_local_states_that_are_left_out_are_not_reached() -> None:
    network = workflow(faults=2)
    machines = join(network)
    assert machines is not None
    with patch.object(explicit, "JOINED_FROM", 1 << 60):
        space = explicit.explore(network)
    assert not space.layout.joints
    repacked = machines.layout.repack(space.packed, space.layout)
    assert machines.layout.unpack(repacked) == space.layout.unpack(space.packed)


@pytest.mark.parametrize("network", [philosophers(9), two_phase_commit(5), counters(4, 8)], ids=lambda n: n.name)
def test_where_nothing_is_spared_nothing_is_joined(network: Network) -> None:
    assert join(network) is None


def test_how_much_is_tried_is_bounded() -> None:
    network = workflow(faults=2)
    for bound, least in (("MOST_WORK", -1), ("MOST_PAIRS", 2), ("MOST_KEYS", 2), ("MOST_MACHINES", 3)):
        with patch.object(joining, bound, least):
            found = join(network)
        assert found is None, bound
    with patch.object(joining, "MOST_STATES", 50):
        found = join(network)
    assert found is not None
    assert max(len(j.locals) for j in found.layout.joints if len(j.members) > 1) <= 50
    with patch.object(joining, "MOST_MOVES", 5_000):
        found = join(network)
    assert found is not None
    assert max(found.moves[k].size for k, j in enumerate(found.layout.joints) if len(j.members) > 1) <= 5_000


def test_many_machines_or_many_events_are_given_up_soon() -> None:
    join(counters(2, 2))  # compiles
    everything = [f"e{k}" for k in range(3_000)]
    wide = tuple(
        Component(
            f"w{i}",
            Statechart(
                "wheel",
                (State("turns"),),
                "turns",
                (Variable.counter("n", 0, 50),),
                (
                    *(does(e, "turns", when="n < 50", then="n := n + 1") for e in everything),
                    (does if i == 0 else on)("all", "turns", when="n == 50", then="n := 0"),
                ),
            ),
            f"w{i}/",
            frozenset({"all"}),
        )
        for i in range(8)
    )
    for network in (philosophers(50), Network(wide)):
        started = time.process_time()
        parts = joining._Joining(joining._parts(network))
        parts.run()
        assert parts.work <= joining.MOST_WORK + joining.LEAST_WORK + len(network.events)
        assert time.process_time() - started < 2


def test_joining_never_takes_more_words() -> None:
    """Two dials of three bits take five together, which push large counters out of the first word."""
    dials = [
        Component(
            f"d{i}",
            Statechart(
                "dial",
                (State("shows"),),
                "shows",
                (Variable.counter("n", 0, 7),),
                (
                    (does if i == 0 else on)("turn", "shows", when="n < 7", then="n := n + 1"),
                    does("reset", "shows", when=f"n == {home}", then="n := 0"),
                ),
            ),
            f"d{i}/",
            frozenset({"turn"}),
        )
        for i, home in ((0, 3), (1, 6))
    ]
    tens = [Component(f"c{i}", counter(1023), f"c{i}/") for i in range(12)]
    network = Network((dials[0], *tens[:6], dials[1], *tens[6:]))
    assert (Layout.of(network).bits, Layout.of(network).words) == (126, 2)
    layout = joined(network).layout
    assert (layout.bits, layout.words) == (125, 3)
    assert join(network) is None


def test_levels_that_are_narrow_are_joined_as_well() -> None:
    network = workflow("worker")
    wanted = reference.explore(network)
    with patch.multiple(explicit, SMALL=1, WIDE=1 << 40, JOINED_FROM=100, ROUND=100):
        found = explicit.explore(network, graph=True)
    assert found.layout.joints
    assert_same(found, wanted)


def test_where_memory_is_short_nothing_is_joined() -> None:
    network = workflow()
    wanted = reference.explore(network)
    found = []
    for memory in (1_500_000, 2_500_000):
        with patch.multiple(explicit, SMALL=1, JOINED_FROM=5_000, ROUND=5_000):
            found.append(explicit.explore(network, Limits(memory=memory)))
    assert [bool(space.layout.joints) for space in found] == [False, True]
    assert {(space.distinct, space.transitions, space.stopped) for space in found} == {
        (wanted.distinct, wanted.transitions, None)
    }


def test_a_state_that_is_not_kept_can_not_be_packed() -> None:
    joint = Joint((0, 1), np.array([[0, 0], [1, 2], [3, 1]], np.int32))
    layout = Layout.joined([joint])
    assert layout.unpack(layout.pack([(1, 2), (3, 1), (0, 0)])) == [(1, 2), (3, 1), (0, 0)]
    for state in ((1, 1), (4, 0), (0, 3), (2, 4)):
        with pytest.raises(ValueError, match="can't be reached"):
            layout.pack([state])


def test_verdicts_are_those_of_the_search_without() -> None:
    """Every property of the platform, on a role that keeps them."""
    built = Workflow(service(role("full IIS", ("simple",), "default")), Bounds(Faults(1), requests=1, tick=5))
    properties = platform_properties(built)
    found = check(searched_joined(built.network), properties)
    wanted = check(reference.explore(built.network), properties)
    assert len(found) > 200
    assert [(v.property, v.outcome) for v in found] == [(v.property, v.outcome) for v in wanted]


@pytest.mark.parametrize("mistake", mistakes()[::13], ids=lambda mistake: mistake.name)
def test_a_seeded_mistake_is_found_and_its_path_replays(mistake: Mistake) -> None:
    network = mistake.network()
    found = check(searched_joined(network), [catalogue(mistake.setting)[mistake.caught_by]])[0]
    wanted = judged(mistake)
    assert found.outcome is wanted.outcome is Outcome.VIOLATED
    assert (found.path is None) == (wanted.path is None)
    if found.path is not None and wanted.path is not None:
        assert len(found.path.events) == len(wanted.path.events)
        assert Path.replay(network, list(found.path.events)).states == found.path.states


@settings(max_examples=30)
@given(networks())
def test_joined_searches_find_states_in_the_same_order_on_any_number_of_cores(network: Network) -> None:
    with patch.object(joining, "LEAST_GAIN", 0):
        one, two = (
            searched_joined(network, Limits(states=1_000), ROUND=16, cores=lambda cores=cores: cores)
            for cores in (1, 2)
        )
    assert one.levels == two.levels
    assert np.array_equal(one.packed, two.packed)


@pytest.mark.parametrize(
    ("owner", "name"),
    [(joining, "compose"), (Layout, "repack"), (Units, "of"), (kernels, "rebuild")],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_an_interrupt_while_machines_are_joined_keeps_what_was_found(owner: object, name: str) -> None:
    network = workflow("worker")
    done = getattr(owner, name)
    joins: list[Network] = []

    def stop(*arguments: object) -> object:
        if joins:
            raise KeyboardInterrupt
        return done(*arguments)

    def begin(network: Network) -> Machines | None:
        joins.append(network)
        return join(network)

    with (
        patch.object(owner, name, stop),
        patch.object(joining, "join", begin),
        patch.multiple(explicit, SMALL=1, WIDE=1, ROUND=100, JOINED_FROM=500),
    ):
        space = explicit.explore(network)
    assert (str(space.stopped), len(joins)) == ("interrupted", 1)
    assert bool(space.layout.joints) == (name == "rebuild"), "its table is the last to be made"
    assert space.distinct >= 500
    assert_consistent(space)
