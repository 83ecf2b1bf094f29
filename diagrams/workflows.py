"""The workflow of the document, drawn from the model: which agent drives which, step by step.

A step is a requirement R-1, R-2, ... R-10 (R-9.1 belongs to R-9).  What realises it is in the charts: every row names
its requirements.  An event belongs to each step that a row about it names, on whichever side; the arrow leads from
its sender to those that react.

Within a step, events are in the order in which they first happen in one run without faults: always the event that has
happened least often so far, of the innermost agent, so that work is finished before new work is asked for.  Events
that this run doesn't come to follow in the order of the tables.

Agents are drawn by kind: all instances of an agent are one box.  Left out: faults, which are in the agents' own
pictures.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from ..model.network import Network
from ..model.notation.statechart import Answer
from .diagram import Diagram, Edge, Line, Node, Style, Tone
from .networks import reacting

RUN = 2000
"""Events in the run that puts the others in order."""

_STEP = re.compile(r"R-(\d+)(?:\.\d+)?")
_LEGEND = Line("5.2 = second event of step R-5 · sender → receivers · in a box: what the agent does alone", Tone.QUIET)


@dataclass(frozen=True)
class Step:
    """One event of the workflow: ``number`` is its step, ``position`` its place there, from 1.

    ``arrows`` are pairs of kinds of agents, sender and receiver; an event nobody reacts to leads back to its sender.
    """

    number: int
    position: int
    event: str
    arrows: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.number}.{self.position} {self.event}"


def workflow_steps(network: Network) -> tuple[Step, ...]:
    """The events that realise R-1, R-2, ..., in order.

    >>> from goalstate.model.network import Component
    >>> from goalstate.model.notation.statechart import State, Statechart, does, on
    >>> user = Statechart("user", (State("idle"),), "idle", rows=(does("request", "idle", realises=("R-1",)),))
    >>> rdfe = Statechart("rdfe", (State("idle"),), "idle", rows=(on("request", "idle"),))
    >>> workflow_steps(Network((Component("user", user), Component("rdfe", rdfe))))
    (Step(number=1, position=1, event='request', arrows=(('user', 'rdfe'),)),)
    """
    arrows: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    occurs: dict[str, int] = {}
    first = _first_occurrences(network)
    for event in network.events:
        sender = network.components[event.sender]
        name = event.name.removeprefix(sender.scope)
        if event.fault:
            continue
        kinds = [c.chart.name for c in reacting(network, event)]
        arrows[name].update(((sender.chart.name, kind), None) for kind in kinds or [sender.chart.name])
        # The last of its instances: one that has less to do is ahead of the others.
        occurs[name] = max(occurs.get(name, 0), first.get(event.name, RUN))
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for chart in dict.fromkeys(c.chart for c in network.components):
        for row in chart.table:
            if row.answer in (Answer.DOES, Answer.ON) and row.event in arrows:
                for identifier in row.realises:
                    if step := _STEP.fullmatch(identifier):
                        found[int(step[1])][row.event] = None
    return tuple(
        Step(number, position, event, tuple(arrows[event]))
        for number in sorted(found)
        for position, event in enumerate(sorted(found[number], key=occurs.__getitem__), 1)
    )


def workflow_diagram(network: Network) -> Diagram:
    """The agents of the workflow, and on the arrows between them the numbered events that drive it."""
    edges: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in workflow_steps(network):
        for arrow in step.arrows:
            edges[arrow].append(step)
    agents = dict.fromkeys(agent for arrow in edges for agent in arrow)
    says = {c.chart.name: c.chart.says for c in network.components}
    # Beside an arrow from a box to itself there is no room: other arrows run through what stands there.
    alone = {a: tuple(Line(str(step)) for step in edges.pop((a, a), ())) for a in agents}
    return Diagram(
        f"{network.name}: workflow",
        tuple(Node(a, (Line(a, Tone.TITLE), *alone[a]), Style.AGENT, says[a]) for a in agents),
        tuple(Edge(*arrow, tuple(Line(str(s)) for s in steps), Style.SEND) for arrow, steps in edges.items()),
        (_LEGEND,),
    )


def _first_occurrences(network: Network) -> dict[str, int]:
    """When each event happens first in the run described above."""
    happened: Counter[str] = Counter()
    first: dict[str, int] = {}
    state = network.initial
    faults = {e.name for e in network.events if e.fault}
    for position in range(RUN):
        possible = [e for e in network.enabled(state) if e not in faults]
        if not possible:
            break
        # The last of equals: `enabled` lists events by sender, and senders from the outside in.
        event = min(reversed(possible), key=happened.__getitem__)
        happened[event] += 1
        first.setdefault(event, position)
        state = network.step(state, event)
    return first
