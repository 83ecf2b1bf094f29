"""The smallest set of assumptions is the one that trying all sets finds; on random graphs, and where it is known."""

from __future__ import annotations

import itertools
from random import Random

from goalstate.model.engines.reference import explore
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, Transition, does, on
from goalstate.properties.temporal.assumptions import Assumption, FairAgent, NoFault, candidates, holds, needed
from goalstate.properties.temporal.fairness import Strength
from goalstate.properties.temporal.reading import linear
from goalstate.properties.temporal.search import Arena


def relayed(random: Random) -> Network:
    """A walk along a line of places, each step by one of four agents, with faults that lead aside and back."""
    places = [f"p{k}" for k in range(5)]
    agents = [f"a{k}" for k in range(4)]
    rows: list[Transition] = []
    sends: dict[str, list[Transition]] = {agent: [] for agent in agents}
    for k, place in enumerate(places[:-1]):
        for way in range(random.choice((1, 1, 2))):
            agent, event = random.choice(agents), f"go_{k}_{way}"
            sends[agent].append(does(event, "here"))
            rows.append(on(event, place, random.choice(places[k + 1 :])))
    for k in range(2):
        kind, agent = f"kind{k}", random.choice(agents)
        sends[agent].append(does(f"fault_{k}", "here", fault=kind))
        rows.append(on(f"fault_{k}", random.choice(places[:-1]), random.choice(["aside", *places[:-1]])))
    back = random.choice(agents)
    sends[back].append(does("mend", "here"))
    rows.append(on("mend", "aside", random.choice(places)))
    if random.random() < 0.2:
        sends[back].append(does("fall", "here"))
        rows.append(on("fall", random.choice(places[:-1]), "pit"))
    pit = (State("pit"),) if any(r.target == "pit" for r in rows) else ()
    line = Statechart("line", (*(State(p) for p in (*places, "aside")), *pit), "p0", rows=tuple(rows))
    charts = [Statechart(a, (State("here"),), "here", rows=tuple(sends[a])) for a in agents if sends[a]]
    return Network((Component("line", line), *(Component(c.name, c) for c in charts)))


def test_smallest_sets_are_those_of_trying_all() -> None:
    several = none = 0
    for number in range(400):
        random = Random(number)
        try:
            network = relayed(random)
        except ValueError:
            continue  # a place that is never reached
        arena = Arena(explore(network))
        formula = linear("F {line: in(p4)}", network)
        possible = candidates(network)
        found = needed(arena, formula)
        enough = [
            chosen
            for size in range(len(possible) + 1)
            for chosen in itertools.combinations(possible, size)
            if holds(arena, formula, chosen)
        ]
        if found is None:
            assert enough == []
            none += 1
            continue
        assert len(found.assumptions) == len(enough[0])
        assert holds(arena, formula, found.assumptions)
        least = [e for e in enough if not any(set(other) < set(e) for other in enough)]
        assert found.only is (len(least) == 1)
        several += len(least) > 1
    assert several > 20
    assert none > 5


def test_strong_fairness_only_where_it_is_needed() -> None:
    door = Statechart(
        "door",
        (State("shut"), State("open"), State("gone")),
        "shut",
        rows=(on("opens", "shut", "open"), on("shuts", "open", "shut"), on("leaves", "open", "gone")),
    )
    wind = Statechart("wind", (State("blows"),), "blows", rows=(does("opens", "blows"), does("shuts", "blows")))
    cat = Statechart("cat", (State("waits"),), "waits", rows=(does("leaves", "waits"),))
    clock = Statechart("clock", (State("ticks"),), "ticks", rows=(does("goes", "ticks"),))
    parts = {"door": door, "wind": wind, "cat": cat, "clock": clock}
    network = Network(tuple(Component(name, chart) for name, chart in parts.items()))
    found = needed(Arena(explore(network)), linear("F <leaves>", network))
    assert found is not None
    assert found.assumptions == (FairAgent("wind", Strength.WEAK), FairAgent("cat", Strength.STRONG))
    assert found.only
    assert str(found) == "weak fairness of each action of wind, strong fairness of each action of cat"
    assert str(NoFault("crash")) == "no fault crash"


def test_nothing_is_needed_for_what_must_be() -> None:
    network = Network((Component("c", Statechart("c", (State("s"),), "s", rows=(does("e", "s"),))),))
    found = needed(Arena(explore(network)), linear("G F <e>", network))
    assert found is not None
    assert (found.assumptions, found.only, str(found)) == ((), True, "nothing")
    nothing: tuple[Assumption, ...] = ()
    assert needed(Arena(explore(network)), linear("F !<e>", network), nothing) is None
