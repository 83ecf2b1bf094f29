"""Small charts and networks for the drawings: one that has everything the notation has, and hostile ones."""

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, ignores, on, refuses
from goalstate.model.notation.terms import Variable

LAMP = Statechart(
    "lamp",
    (State("dark"), State("bright", says="it shines")),
    "dark",
    rows=(
        does("switch_on", "dark", "bright", realises=("R-1",), says="somebody comes in"),
        does("switch_off", "bright", "dark"),
    ),
)

ROBOT = Statechart(
    "robot",
    (
        State("off", exit="charge := 3"),
        State(
            "on",
            (
                State("arm", (State("idle"), State("holding", (State("loose"), State("firm")), "loose")), "idle"),
                State("wheels", (State("still"), State("rolling", entry="charge := max(charge - 1, 0)")), "still"),
            ),
            parallel=True,
        ),
        State("broken"),
    ),
    "off",
    variables=(Variable.counter("charge", 0, 3), Variable.choice("mode", "slow", "fast")),
    rows=(
        on("power", "off", "on", realises=("R-4",), says="the key is turned"),
        does("grip", "idle", "holding", when="charge > 0"),
        does("press", "loose", "firm", then="mode := fast"),
        does("shake", "holding", "holding", when="mode == fast"),
        does("drop", "holding", "idle"),
        does("roll", "still", "rolling"),
        on("tick", "rolling", "still", when="charge > 0"),
        on("tick", "rolling", when="charge == 0"),
        on("reset", ("on", "broken"), "on", then="mode := slow"),
        on("reset", "off"),
        does("breaks", "on", "broken", fault="wear", says="metal fatigue"),
        does("slips", "firm", "loose", fault="wear"),
        ignores(("tick", "poke"), "off"),
        ignores("poke", "on", when="mode == fast"),
        refuses("poke", "on", when="mode == slow", says="it bites"),
        refuses(("tick", "poke"), "broken"),
        refuses("power", ("on", "broken")),
        on("stop", ROOT, "off"),
    ),
)

KEEPER = Statechart(
    "keeper", (State("watching"),), "watching", rows=(does(("power", "reset", "poke", "stop"), "watching"),)
)

CLOCK = Statechart("clock", (State("running"),), "running", rows=(does("tick", "running"),))


def robots(number: int) -> Network:
    """A keeper and a clock for each of some robots."""
    agents = {"keeper": KEEPER, "clock": CLOCK, "robot": ROBOT}
    return Network(
        tuple(
            Component(f"hall_{n}/{name}", chart, f"hall_{n}/") for n in range(number) for name, chart in agents.items()
        ),
        frozenset(f"hall_{n}/tick" for n in range(number)),
        bounds=(("faults", "any number"),),
        name="robots",
    )


HOSTILE = (
    "</text><script>alert(1)</script>",
    '"quoted" & <b>bold</b>',
    "back\\slash \\N \\G \\",
    "line\nbreak\ttab\x00\x1b[31m\x07",
    "a:b;c|d{e}[f]",
    "]]> --> <!-- ${x} `y` %%{init: {}}%% #35;",
    "end",
    "<html>",
    "ünï → 汉字 \u202e gnitset",
    "x" * 300,
    " ",
)
"""Names that mean something to XML, DOT, Mermaid, HTML or a terminal."""


def hostile_network() -> Network:
    """Components and events with hostile names; what is a name of a state is an identifier anyhow."""
    sender = Statechart("sender <&>", (State("s"),), "s", rows=(does(HOSTILE, "s", says='says "<&>\\'),))
    receivers = [
        Component(
            name,
            Statechart(
                name, (State("r"), State("q")), "r", rows=(on(HOSTILE[:3], "r", "q"), on(HOSTILE[:3], "q", "r"))
            ),
        )
        for name in HOSTILE
    ]
    return Network((Component("sender", sender), *receivers), name=HOSTILE[0])
