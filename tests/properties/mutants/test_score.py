"""Mutants of known protocols: what the properties kill, what survives, and that equivalent ones are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.mutants import Mutant, attempts, mutants
from goalstate.model.network import Component, Network
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, does, on, refuses
from goalstate.model.notation.terms import Variable
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.graph.equivalence import Comparison
from goalstate.properties.mutants.score import score, with_chart
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, NoDeadlock, Property
from goalstate.properties.temporal.claims import EveryRun
from goalstate.properties.temporal.reading import linear
from tests.model.services import role, service
from tests.toys.peterson import peterson

EXCLUSION = Property("never both", Always(~(At("p0", "in(critical)") & At("p1", "in(critical)"))))
DEADLOCK = Property("goes on", NoDeadlock())


def enters(network: Network) -> list[Property]:
    return [
        Property(f"{p} gets in", EveryRun(linear(f"{{{p}: in(waits)}} leads to {{{p}: in(critical)}}", network)))
        for p in ("p0", "p1")
    ]


def test_peterson_s_properties_kill_what_can_be_noticed() -> None:
    network = peterson()
    weak = score(network, [EXCLUSION])
    strong = score(network, [EXCLUSION, DEADLOCK, *enters(network)])
    assert len(weak.fates) == len(strong.fates) == 42
    assert 0 < weak.score < strong.score
    by_exclusion = {str(f) for f in weak.killed}
    assert by_exclusion < {str(f) for f in strong.killed}
    assert "turn: turn, row 1: drop target: on p1/gives_turn stays" in by_exclusion


def test_a_clock_that_no_longer_waits() -> None:
    egg = Statechart(
        "egg",
        (State("boils"), State("done")),
        "boils",
        (Variable.counter("minutes", 0, 3),),
        (
            on("tick", "boils", when="minutes < 3", then="minutes := minutes + 1"),
            refuses("tick", "boils", when="minutes == 3"),
            does("ready", "boils", "done", when="minutes == 3"),
            on("tick", "done"),
        ),
    )
    clock = Statechart("clock", (State("ticks"),), "ticks", rows=(does("tick", "ticks"),))
    network = Network((Component("egg", egg), Component("clock", clock)), frozenset({"tick"}))
    done = Property("it is done in the end", EveryRun(linear("F {egg: in(done)}", network)))
    early = Property("not before three minutes", EveryRun(linear("{egg: minutes == 3} precedes <ready>", network)))
    found = score(network, [done, early, DEADLOCK])
    fates = {str(f.mutant): f for f in found.fates}
    # Nobody moves when the clock is refused or merely not answered: the notation tells the two apart, runs do not.
    assert fates["egg, row 1: drop row: refuses tick"].equivalent
    assert fates["egg, row 2: drop guard: minutes == 3"].killed_by == ("not before three minutes",)
    assert sorted(text for text, fate in fates.items() if not fate.killed_by and not fate.equivalent) == [
        "egg, row 2: duplicate: does ready in done too"
    ], "a second ready is what no property speaks of"
    assert fates["egg, row 1: drop tick guard: tick"].killed_by == ("it is done in the end",)
    assert fates["egg, row 2: weaken guard: minutes >= 3"].equivalent
    assert len(fates["egg, row 2: off by one: minutes == 2"].killed_by) == 3
    assert len(fates) == 10, "the others the notation refuses: a state that is never reached, a row that never applies"
    assert [str(f.mutant) for f in found.survivors] == ["egg, row 2: duplicate: does ready in done too"]
    assert found.score == 6 / 7


def bisimilar(one: Network, other: Network) -> bool:
    """By the definition, on the networks themselves: a walk over pairs of global states."""
    seen = {(one.initial, other.initial)}
    waiting = list(seen)
    while waiting:
        pair = waiting.pop()
        active = [
            [c.lts.active(s) for c, s in zip(network.components, state, strict=True)]
            for network, state in zip((one, other), pair, strict=True)
        ]
        here = [set(network.enabled(state)) for network, state in zip((one, other), pair, strict=True)]
        if active[0] != active[1] or here[0] != here[1]:
            return False
        for event in here[0]:
            following = (one.step(pair[0], event), other.step(pair[1], event))
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return True


def chosen(chart: Statechart, apart: int) -> Iterator[Mutant]:
    """One mutant in so many, made only then."""
    return (mutant for attempt in list(attempts(chart))[::apart] if (mutant := attempt.mutant()) is not None)


def small_worker() -> Network:
    workflow = Workflow(service(role("worker", probed="default")), Bounds(Faults(0), requests=1, tick=5))
    return workflow.network


@pytest.mark.parametrize(("network", "apart"), [(peterson(), 5), (small_worker(), 60)], ids=["Peterson", "worker"])
def test_a_component_is_compared_as_the_definition_says(network: Network, apart: int) -> None:
    space = explicit.explore(network, graph=True)
    found: Counter[bool] = Counter()
    for number, component in enumerate(network.components):
        compared = Comparison(space, number)
        assert compared.bisimilar(component.chart)
        for mutant in chosen(component.chart, apart):
            same = compared.bisimilar(mutant.chart)
            assert same == bisimilar(network, with_chart(network, number, mutant)), str(mutant)
            found[same] += 1
    assert found[False] > 0


def test_charts_alike_by_themselves_are_alike_in_every_network() -> None:
    network = small_worker()
    space = explicit.explore(network, graph=True)
    alone, within = Counter[bool](), Counter[bool]()
    for name in ("guest_agent", "host_agent"):
        number = network.index[f"R_IN_0/{name}"]
        compared = Comparison(space, number)
        for mutant in chosen(network.components[number].chart, 12):
            by_itself = Comparison.alone(network.components[number].chart).bisimilar(mutant.chart)
            here = compared.bisimilar(mutant.chart)
            assert here or not by_itself, str(mutant)
            alone[by_itself] += 1
            within[here] += 1
    assert 0 < alone[True] < within[True]


def test_a_limit_leaves_a_mutant_unknown() -> None:
    network = peterson()
    found = score(network, [EXCLUSION], Limits(states=3))
    assert all(f.unknown for f in found.fates)
    assert (found.score, found.survivors) == (1.0, ())
    number = network.index["turn"]
    turns = score(network, [EXCLUSION], chosen=[(number, m) for m in mutants(network.components[number].chart)])
    assert {f.component for f in turns.fates} == {"turn"}
