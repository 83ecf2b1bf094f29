"""The options and arguments of the commands: one table; a command names those that it takes.

An option has a group, under which the help lists it.  A wrong value is refused with what is allowed.
Nothing heavy is imported, so that the help is immediate.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

CHECK, BOUNDS, ENGINE, OUTPUT = "What to check", "Bounds", "Search engine", "Output"
GROUPS = ("Options", CHECK, BOUNDS, ENGINE, OUTPUT)
"""The groups of options, in the order of the help."""

MOST = 10**15
"""More states, seconds or steps than anybody waits for."""

MOST_WAYS = 100
"""Counterexamples that are looked for at most, for each property."""

MOST_STEPS = 10_000
"""Steps of a simulation at most."""


class Option(click.Option):
    """An option: its names and perhaps that of its field, what its value looks like, the help, and the help's group.

    Without a value it is a flag.  The help shows the first of several long names.  A ``settable`` option may have its
    default in a file of the user.
    """

    settable = False

    def __init__(self, names: str, value: str, help: str, group: str = GROUPS[0], **keywords: Any) -> None:
        super().__init__(names.split(), metavar=value or None, is_flag=not value or None, help=help, **keywords)
        self.group = group

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The names and the help."""
        record = super().get_help_record(ctx)
        if record is None:
            return None
        first, *others = [name for name in self.opts if name.startswith("--")]
        names = record[0]
        for other in others:
            names = names.replace(f", {other}", "").replace(f"{other}, ", "")
        return names if names.startswith("-") else first, record[1]


def number(
    least: float, most: float, allowed: str, kind: type[int] | type[float] = int
) -> Callable[[str | float], float]:
    """What reads a number in a range; anything else is refused with what is allowed."""

    form = re.compile(r"[+-]?[0-9]{1,18}" + (r"(\.[0-9]{0,18})?" if kind is float else ""))

    def read(given: str | float) -> float:
        text = str(given)  # the default is a number already
        if form.fullmatch(text.strip()) and least <= kind(text) <= most:
            return kind(text)
        raise click.BadParameter(f"{text!r}; allowed: {allowed}.")

    return read


UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
LEAST_MEMORY = 200_000_000
"""Bytes: the program itself, its libraries loaded, takes about that much."""


def memory(given: str | int) -> int:
    """Read an amount of memory in bytes, as in 2GB or 800MB; anything else is refused with what is allowed.

    >>> memory("1.5GB")
    1500000000
    """
    text = str(given)
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{0,9})?)\s*([KMGT]?B)?", text.strip().upper())
    count = int(float(found[1]) * UNITS[found[2] or ""]) if found else 0
    if not LEAST_MEMORY <= count <= 10**15:
        raise click.BadParameter(
            f"{text!r}; allowed: 200MB or more, as in 2GB; leave the option out for half of what is free."
        )
    return count


def _states(otherwise: str, help: str = "Stop a search after N states.", group: str = BOUNDS) -> Option:
    allowed = f"1 or more; leave the option out for {otherwise}"
    return Option("--max-states", "N", help, group, type=number(1, MOST, allowed))


def _format(*names: str) -> Option:
    return Option(
        "--output-format --format format",
        "FORMAT",
        " or ".join(names) + "." if len(names) == 2 else f"{', '.join(names[1:])}.",
        OUTPUT,
        type=click.Choice(names),
        default="text",
    )


OPTIONS = {
    # what to check
    "list": Option("--list", "", "List the properties, and search nothing.", CHECK),
    "changed": Option("--changed", "REF", "Only services that changed in git since REF.", CHECK),
    "property": Option(
        "--property only", "NAME", "Only sentences with NAME in them; repeatable.", CHECK, multiple=True
    ),
    "thorough": Option("--thorough", "", "Also a fault and a second request together (long).", CHECK),
    "whole": Option("--whole", "", "All instances in one network, not one of each role.", CHECK),
    "no_liveness": Option("--no-liveness", "", "Leave the liveness properties out.", CHECK),
    "minimal": Option("--minimal", "", "Find the assumptions that liveness needs (long).", CHECK),
    "counterexamples": Option(
        "--counterexamples",
        "K",
        "Up to K different ways to break each property (1).",
        CHECK,
        default=1,
        type=number(1, MOST_WAYS, f"1 to {MOST_WAYS}, as in --counterexamples 3"),
    ),
    "accept": Option("--accept", "FILE|none", "Accepted violations (else: goalstate.toml).", CHECK),
    "write_accepted": Option("--write-accepted", "FILE", "Accept what is violated now: list it in FILE.", CHECK),
    "allow_vacuous": Option("--allow-vacuous", "", "Accept properties that hold only vacuously.", CHECK),
    # bounds
    "instances": Option("--instances", "ROLE=N", "N instances of the role. Repeatable.", BOUNDS, multiple=True),
    "faults": Option("--faults", "none|N|KIND=N,...", "How many faults may happen.", BOUNDS),
    "requests": Option(
        "--requests",
        "N",
        "Requests, the deployment included; 0: any.",
        BOUNDS,
        type=number(0, 255, "0 to 255, the first deployment included; 0 stands for any number, as in --requests 0"),
    ),
    "also": Option("--also", "KIND", "Further requests: delete, rollback. Repeatable.", BOUNDS, multiple=True),
    "tick": Option(
        "--tick", "1|5", "Minutes in a tick of the clocks.", BOUNDS, type=number(-MOST, MOST, "1 or 5, as in --tick 5")
    ),
    "option": Option(
        "--option options", "NAME=VALUE", "See goalstate help alternatives. Repeatable.", BOUNDS, multiple=True
    ),
    "assume": Option(
        "--assume", '"ROLE/WHO WHAT"', "How code behaves: see goalstate help assume.", BOUNDS, multiple=True
    ),
    # search engine
    "engine": Option(
        "--engine",
        "NAME",
        "auto (the default), reference, explicit or symbolic.",
        ENGINE,
        type=click.Choice(("auto", "reference", "explicit", "symbolic")),
        default="auto",
    ),
    "max_states": _states("no limit", group=ENGINE),
    "most_exported": _states("no limit", "Refuse a state space (aut, graphml) with more states."),
    "most_of_mutant": _states("200,000", "Stop the search of a mutant after N states (200,000)."),
    "max_seconds": Option(
        "--max-seconds",
        "S",
        "Stop after S seconds, all searches together.",
        ENGINE,
        type=number(0.001, MOST, "0.001 or more, as in 2.5; leave the option out for no limit", float),
    ),
    "max_memory": Option(
        "--max-memory", "SIZE", "Take no more in all processes (half of what is free).", ENGINE, type=memory
    ),
    # output
    "report": _format("text", "concise", "full", "github", "json", "junit", "sarif"),
    "format": _format("text", "json"),
    "output": Option("--output -o", "FILE", "Write the report there, not to stdout.", OUTPUT),
    "folder": Option("--output -o", "DIR", "The folder for the pictures.", OUTPUT, required=True),
    "quiet": Option("--quiet -q", "", "The verdict only, in one line.", OUTPUT),
    "verbose": Option("--verbose -v", "", "Leave nothing out.", OUTPUT),
    "progress": Option("--progress", "", "Progress on stderr, on a terminal or not.", OUTPUT),
    "all_events": Option("--all-events", "", "Tell also what a violation does not need.", OUTPUT),
    "write_test": Option("--write-test", "FILE", "Write tests that fail until it is mended.", OUTPUT),
    "save_trace": Option("--save-trace", "FILE.json|DIR", "Save the first run, or all, for replay.", OUTPUT),
    # what single commands take
    "deployment": Option(
        "--deployment paths",
        "PATH",
        "A folder, or a .csdef, or a .cscfg (the bundled example). Repeatable.",
        multiple=True,
    ),
    "old": Option("--old", "OPTIONS", 'Bounds of the old side alone, as in "--tick 1".'),
    "new": Option("--new", "OPTIONS", 'Bounds of the new side alone, as in "--tick 5".'),
    "guide": Option("--guide", "EVENT", "An event that must come next (* ?). Repeatable.", multiple=True),
    "seed": Option(
        "--seed",
        "N",
        "The same seed gives the same choice (0).",
        default=0,
        type=number(-MOST, MOST, "a whole number of at most 15 digits, as in --seed 7"),
    ),
    "steps": Option(
        "--steps",
        "N",
        "Random steps (60, or none after a guide).",
        type=number(0, MOST_STEPS, f"0 to {MOST_STEPS}, as in --steps 200"),
    ),
    "step": Option("--step", "", "Wait for a command after each step: next, back, ..."),
    "first": Option("--from first", "N", "The first step to show.", type=number(1, MOST, "1 or more")),
    "last": Option("--to last", "N", "The last step to show.", type=number(1, MOST, "1 or more")),
    "backwards": Option("--backwards", "", "From the end to the start."),
    "lanes": Option("--lanes", "", "Swim lanes: a column for each agent."),
    "picture": Option("--picture", "FILE.svg|.mmd", "Draw the swim lanes as SVG or Mermaid."),
    "fault": Option("--fault kinds", "KIND", "Only this kind of fault. Repeatable.", multiple=True),
    "sample": Option(
        "--sample",
        "N",
        "Only N mutants, chosen at random.",
        type=number(1, MOST, "1 or more; leave the option out for all of them"),
    ),
}
"""Every option of every command."""

WORLD = ("instances", "faults", "requests", "also", "tick", "option", "assume")
"""The options about what is looked at of a deployment."""

WORLD_FIELDS = ("instances", "faults", "requests", "also", "tick", "options", "assume")
"""The fields of their values."""

for _name in (
    *("thorough", "whole", "no_liveness", "minimal", "counterexamples", "allow_vacuous"),
    *(*WORLD, "engine", "max_states", "most_of_mutant", "max_seconds", "max_memory"),
    *("report", "format", "verbose", "progress", "all_events", "seed", "steps"),
):
    OPTIONS[_name].settable = True

PATHS = click.Argument(("paths",), nargs=-1, metavar="[PATHS]...")


def options(*names: str) -> list[click.Parameter]:
    """The options of these names."""
    return [OPTIONS[name] for name in names]
