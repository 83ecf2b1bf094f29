"""Counters that know nothing of each other: the product of their sizes, at a distance that is the sum of the counts."""

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.model.notation.terms import Variable


def counter(top: int) -> Statechart:
    """Counts from 0 to ``top``, then starts again."""
    return Statechart(
        f"counter_to_{top}",
        (State("counts"),),
        "counts",
        (Variable.counter("n", 0, top),),
        (
            does("counts", "counts", when=f"n < {top}", then="n := n + 1"),
            does("resets", "counts", when=f"n == {top}", then="n := 0"),
        ),
    )


def counters(number: int, top: int, name: str = "counters") -> Network:
    """``number`` counters side by side: ``(top + 1) ** number`` states."""
    return Network(tuple(Component(f"c{i}", counter(top), f"c{i}/") for i in range(number)), name=name)


def relay(number: int) -> Network:
    """A token handed on along ``number`` holders of two states each: a line of ``number`` states, as many bits wide."""
    components = []
    for i in range(number):
        rows = []
        if i > 0:
            rows.append(on(f"hand_{i - 1}", "without", "with_it"))
        if i < number - 1:
            rows.append(does(f"hand_{i}", "with_it", "without"))
        first = "with_it" if i == 0 else "without"
        components.append(
            Component(f"holder{i}", Statechart("holder", (State("with_it"), State("without")), first, rows=tuple(rows)))
        )
    return Network(tuple(components), name=f"relay of {number}")


def barrier(number: int) -> Network:
    """``number`` workers that start one after the other and pass one barrier together."""
    components = []
    for i in range(number):
        rows = [does("starts", "waits", "ready")] + (
            [does("all", "ready", "past")] if i == 0 else [on("all", "ready", "past")]
        )
        components.append(
            Component(
                f"w{i}",
                Statechart("worker", (State("waits"), State("ready"), State("past")), "waits", rows=tuple(rows)),
                f"w{i}/",
                frozenset({"all"}),
            )
        )
    return Network(tuple(components), name=f"barrier of {number}")
