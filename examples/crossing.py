"""Two trains on a single track, and the signalman who lets one of them in.

It is the system of docs/guides/work-with-a-counterexample.md.

`goalstate verify examples/crossing.py:careless` finds two mistakes, `examples/crossing.py:unjust` a run that never
ends; `examples/crossing.py:mended` holds.
"""

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, Transition, does, on
from goalstate.model.notation.terms import Variable
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, Property
from goalstate.properties.temporal.claims import EveryRun
from goalstate.properties.temporal.fairness import weak
from goalstate.properties.temporal.reading import linear

SINGLE = At("east/train", "in(on_track)") & At("west/train", "in(on_track)")


def train(*more: Transition) -> Statechart:
    """A train that comes again and again."""
    rows = (
        does("arrives", "away", "waiting", says="the train stops at the signal"),
        on("go", "waiting", "on_track", says="the train sees green"),
        does("leaves", "on_track", "away", says="the train has left the track"),
    )
    return Statechart("train", (State("away"), State("waiting"), State("on_track")), "away", rows=(*rows, *more))


def signalman(*more: Transition, just: bool = True) -> Statechart:
    """Lets a train onto the free track; if ``just``, one that waits comes before the one that was there last."""
    turns = {"east": "not west_waits or last != 1", "west": "not east_waits or last != 2"}
    rows: list[Transition] = []
    for number, (side, turn) in enumerate(turns.items(), start=1):
        then = f"{side}_waits := false; last := {number}"
        asks = f"{side}_waits" + (f" and ({turn})" if just else "")
        rows += [
            on(f"{side}/arrives", ("free", "taken"), then=f"{side}_waits := true"),
            does(f"{side}/go", "free", "taken", when=asks, then=then, says=f"green for the train from the {side}"),
            on(f"{side}/leaves", ("taken", "free"), "free"),
        ]
    variables = (Variable.flag("east_waits"), Variable.flag("west_waits"), Variable.counter("last", 0, 2))
    return Statechart("signalman", (State("free"), State("taken")), "free", variables=variables, rows=(*rows, *more))


def network(east: Statechart, west: Statechart, signals: Statechart) -> tuple[Network, tuple[Property, ...]]:
    """Two trains and a signalman, and what shall be true of them."""
    trains = (Component("east/train", east, "east/"), Component("west/train", west, "west/"))
    found = Network((*trains, Component("signalman", signals)), name="crossing")
    waits = "{east/train: in(waiting)} leads to {east/train: in(on_track)}"
    fair = weak(found, "signalman", "east/train", "west/train")
    return found, (
        Property("never two trains at once", Always(~SINGLE)),
        Property("a train that waits gets onto the track", EveryRun(linear(waits, found), fair)),
    )


def careless() -> tuple[Network, tuple[Property, ...]]:
    """The driver from the west may overlook the signal, and the signalman may forget that there is a train."""
    overlooks = does("overlooks_signal", "waiting", "on_track", says="the driver overlooks the signal")
    forgets = does("forgets", "taken", "free", says="the signalman forgets the train on the track")
    return network(train(), train(overlooks), signalman(forgets))


def unjust() -> tuple[Network, tuple[Property, ...]]:
    """The signalman lets in whom he likes."""
    return network(train(), train(), signalman(just=False))


def mended() -> tuple[Network, tuple[Property, ...]]:
    """Nobody overlooks anything, and everybody has a turn."""
    return network(train(), train(), signalman())
