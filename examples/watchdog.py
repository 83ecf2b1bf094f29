"""A server that may hang and a watchdog that restarts it, with a mistake and mended.

It is the system of docs/tutorials/small-network.md.

`goalstate verify examples/watchdog.py:hasty` finds the mistake; `examples/watchdog.py:patient` holds.
"""

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on, refuses
from goalstate.model.notation.terms import Variable
from goalstate.properties.predicates import At
from goalstate.properties.property import AlwaysCan, Never, NoDeadlock, NothingLost, Property

CLOCK = Statechart("clock", (State("running"),), "running", rows=(does("tick", "running", says="a minute passes"),))

SERVER = Statechart(
    "server",
    (State("up"), State("hung"), State("booting")),
    "up",
    variables=(Variable.flag("beaten"), Variable.counter("boot", 0, 4)),
    rows=(
        does("heartbeat", "up", when="not beaten", then="beaten := true", says="the server says that it lives"),
        on("tick", "up", when="beaten", then="beaten := false"),
        refuses("tick", "up", when="not beaten", says="a server that is up beats once a minute"),
        does("hang", "up", "hung", fault="server_hang", says="the server hangs"),
        on("tick", "hung"),
        on("restart", ("up", "hung", "booting"), "booting", then="boot := 0; beaten := false", says="it boots anew"),
        on("tick", "booting", when="boot < 4", then="boot := boot + 1"),
        refuses("tick", "booting", when="boot == 4", says="booting takes four minutes, not more"),
        does("booted", "booting", "up", when="boot == 4", says="the server is up"),
    ),
)

HASTY = Statechart(
    "watchdog",
    (State("watching"),),
    "watching",
    variables=(Variable.counter("silence", 0, 3),),
    rows=(
        on("heartbeat", "watching", then="silence := 0"),
        on("tick", "watching", when="silence < 3", then="silence := silence + 1"),
        refuses("tick", "watching", when="silence == 3", says="it acts before another minute passes"),
        does("restart", "watching", when="silence == 3", then="silence := 0", says="three minutes of silence: restart"),
    ),
)

PATIENT = Statechart(
    "watchdog",
    (State("watching"), State("waiting")),
    "watching",
    variables=(Variable.counter("silence", 0, 6),),
    rows=(
        on("heartbeat", ("watching", "waiting"), "watching", then="silence := 0"),
        on("tick", "watching", when="silence < 3", then="silence := silence + 1"),
        on("tick", "waiting", when="silence < 6", then="silence := silence + 1"),
        refuses("tick", "watching", when="silence == 3", says="it acts before another minute passes"),
        refuses("tick", "waiting", when="silence == 6", says="it acts before another minute passes"),
        does("restart", "watching", "waiting", when="silence == 3", then="silence := 0", says="silence: restart"),
        does("restart", "waiting", when="silence == 6", then="silence := 0", says="it did not boot: once more"),
    ),
)

PROPERTIES = (
    Property("a server that boots can come up", AlwaysCan(At("server", "in(up)"), At("server", "in(booting)"))),
    Property("a server that is up is never restarted", Never(("restart",), At("server", "in(up)"))),
    Property("something can always happen", NoDeadlock()),
    Property("no event is lost", NothingLost()),
)


def network(watchdog: Statechart) -> Network:
    """A clock, a server and a watchdog side by side."""
    components = (Component("clock", CLOCK), Component("server", SERVER), Component("watchdog", watchdog))
    return Network(components, ticks=frozenset({"tick"}), name="server and watchdog")


def hasty() -> tuple[Network, tuple[Property, ...]]:
    """The watchdog that gives a booting server no more time than a running one."""
    return network(HASTY), PROPERTIES


def patient() -> tuple[Network, tuple[Property, ...]]:
    """The watchdog that waits longer for the first heartbeat after a restart."""
    return network(PATIENT), PROPERTIES
