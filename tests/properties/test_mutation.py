"""Mutants of known protocols: what the properties kill, what survives, and that equivalent ones are told apart."""

from __future__ import annotations

from goalstate.model.engines import explicit
from goalstate.model.mutants import mutants
from goalstate.model.network import Component, Network
from goalstate.model.statechart import State, Statechart, does, on, refuses
from goalstate.model.statespace import Limits
from goalstate.model.terms import Variable
from goalstate.properties.mutation import bisimilar, score, with_chart
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, NoDeadlock, Property
from goalstate.properties.temporal.claims import EveryRun
from goalstate.properties.temporal.reading import linear

from ..models.peterson import peterson

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
    assert len(weak.fates) == len(strong.fates) == 19
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
    assert sorted(fates) == [
        "clock, row 0: drop row: does tick",
        "egg, row 1: drop row: refuses tick",
        "egg, row 2: drop guard: minutes == 3",
        "egg, row 3: drop row: on tick",
    ], "the others the notation refuses: a state that is never reached, a row that never applies"
    assert [str(f) for f in found.survivors] == []
    assert found.score == 1.0


def test_equivalence_is_that_of_runs() -> None:
    network = peterson()
    space = explicit.explore(network, graph=True)
    assert bisimilar(space, explicit.explore(peterson(), graph=True))
    for number, component in enumerate(network.components):
        for mutant in mutants(component.chart):
            changed = explicit.explore(with_chart(network, number, mutant), graph=True)
            same = bisimilar(space, changed)
            runs = {frozenset(network.enabled(space.state(s))) for s in range(space.distinct)}
            if same:
                assert (changed.distinct, changed.transitions) == (space.distinct, space.transitions)
                assert runs == {frozenset(changed.network.enabled(changed.state(s))) for s in range(changed.distinct)}


def test_a_limit_leaves_a_mutant_unknown() -> None:
    network = peterson()
    found = score(network, [EXCLUSION], Limits(states=3))
    assert all(f.unknown for f in found.fates)
    assert (found.score, found.survivors) == (1.0, ())
    number = network.index["turn"]
    turns = score(network, [EXCLUSION], chosen=[(number, m) for m in mutants(network.components[number].chart)])
    assert {f.component for f in turns.fates} == {"turn"}
