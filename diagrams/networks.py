"""Drawings of a network: who is in it, and who tells whom what.

Components stand in boxes by instance.  An arrow leads from the sender of events to a component that reacts to them;
who only ever ignores or refuses an event is not told anything by it.  Three things keep the picture of a large
service readable:

* Instances of the same agents are drawn once, with all their names.
* What one component tells many at once leads to one box that names them.
* Time and fault budgets take part in nearly everything; they are told in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..model.network import Component, Event, Network
from ..model.notation.statechart import Answer
from .diagram import Cluster, Diagram, Edge, Item, Line, Node, Style, Tone

NAMES = 4
"""Events named at an arrow before the rest is counted."""

MANY = 4
"""As many receivers of one event are drawn as one box."""

_LEGEND = Line("sender → receivers · dashed: faults · an arrow's tooltip names all its events", Tone.QUIET)


def network_diagram(network: Network) -> Diagram:
    """The components of a network and the events they share.

    >>> from goalstate.model.notation.statechart import State, Statechart, does, on
    >>> tap = Statechart("tap", (State("shut"),), "shut", rows=(does("drip", "shut"),))
    >>> sink = Statechart("sink", (State("dry"),), "dry", rows=(on("drip", "dry"),))
    >>> pair = (Component("kitchen/tap", tap, "kitchen/"), Component("kitchen/sink", sink, "kitchen/"))
    >>> [(e.tail, e.head, e.lines[0].text) for e in network_diagram(Network(pair)).edges]
    [('kitchen/tap', 'kitchen/sink', 'drip')]
    """
    return _Picture(network).diagram()


def reacting(network: Network, event: Event) -> Iterator[Component]:
    """The components that react to an event which another one sends."""
    for i, e in event.participants:
        component = network.components[i]
        name = component.lts.events[e]
        if i != event.sender and any(r.event == name and r.answer is Answer.ON for r in component.chart.table):
            yield component


class _Picture:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.faults = frozenset(e.name for e in network.events if e.fault)
        self.scopes = _alike(network)
        self.first = {scope: first for first, scopes in self.scopes.items() for scope in scopes}
        self.order = {c.name: i for i, c in enumerate(network.components)}

    def diagram(self) -> Diagram:
        edges = self.edges()
        boxes: dict[str, list[Item]] = {scope: [] for scope in self.scopes}
        for component in self.network.components:
            if component.scope in self.scopes:
                boxes[component.scope].append(self.node(component))
        # A box of many stands with its sender.
        scope_of = {c.name: c.scope for c in self.network.components}
        for (tail, heads, _), _events in edges:
            box = Node(_many(heads), (Line(self.title(heads)),), Style.SEVERAL)
            if len(heads) >= MANY and box not in boxes[scope_of[tail]]:
                boxes[scope_of[tail]].append(box)
        items: list[Item] = []
        for scope, inside in boxes.items():
            names = [s.rstrip("/") for s in self.scopes[scope]]
            more = f": {len(names)} instances of the same agents" if len(names) > 1 else ""
            title = Line(", ".join(names) + more, Tone.TITLE)
            items += [Cluster(f"in {scope}", (title,), Style.INSTANCE, tuple(inside))] if scope else inside
        network = self.network
        said = [Line(f"{name}: {value}", Tone.QUIET) for name, value in (*network.bounds, *network.options)]
        return Diagram(
            network.name,
            tuple(items),
            tuple(
                Edge(
                    tail,
                    heads[0] if len(heads) < MANY else _many(heads),
                    tuple(_named(events)),
                    Style.FAULT if fault else Style.SEND,
                    ", ".join(events),
                )
                for (tail, heads, fault), events in edges
            ),
            (*said, _LEGEND),
            sideways=True,
        )

    def edges(self) -> list[tuple[tuple[str, tuple[str, ...], bool], list[str]]]:
        """Sender, receivers (one, or ``MANY`` and more) and whether it's about faults, with the events."""
        found: dict[tuple[str, tuple[str, ...], bool], dict[str, None]] = defaultdict(dict)
        for event in self.network.events:
            sender = self.network.components[event.sender]
            if event.name in self.network.ticks or sender.scope not in self.scopes:
                continue
            told = (c for c in reacting(self.network, event) if not self.is_budget(c))
            heads = tuple(sorted(dict.fromkeys(map(self.shown, told)), key=self.order.__getitem__))
            for together in [heads] if len(heads) >= MANY else [(h,) for h in heads]:
                found[sender.name, together, bool(event.fault)][event.name.removeprefix(sender.scope)] = None
        # What other instances of the same agents say to the service as a whole is said by the first one, too.
        key = self.order.__getitem__
        order = sorted(found.items(), key=lambda e: (key(e[0][0]), [key(h) for h in e[0][1]], e[0][2]))
        return [(about, list(events)) for about, events in order]

    def shown(self, component: Component) -> str:
        """The name of the component that is drawn for a component."""
        return self.first[component.scope] + _short(component)

    def is_budget(self, component: Component) -> bool:
        """Whether all that a component knows are other components' faults."""
        return not component.sends and self.faults.issuperset(component.alphabet)

    def title(self, heads: tuple[str, ...]) -> str:
        by_name = {c.name: c for c in self.network.components}
        return "to " + ", ".join(_short(by_name[h]) for h in heads)

    def node(self, component: Component) -> Node:
        lines = [Line(_short(component), Tone.TITLE)]
        if component.chart.name != _short(component):
            lines.append(Line(component.chart.name, Tone.QUIET))
        size = component.lts.size
        lines.append(Line(f"{size:,} local state{'s' if size != 1 else ''}", Tone.QUIET))
        if not self.network.ticks.isdisjoint(component.alphabet):
            lines.append(Line("knows time", Tone.QUIET))
        if self.is_budget(component):
            lines.append(Line(f"faults counted: {len(component.alphabet)}", Tone.QUIET))
        return Node(component.name, tuple(lines), Style.AGENT, component.chart.says)


def _alike(network: Network) -> dict[str, list[str]]:
    """For the first scope of each kind, all scopes that hold agents of the same names; the service itself is one."""
    agents: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for component in network.components:
        agents[component.scope].append((_short(component), component.chart.name))
    found: dict[str, list[str]] = {}
    for scope, inside in agents.items():
        like = next((s for s in found if s and scope and agents[s] == inside), scope)
        found.setdefault(like, []).append(scope)
    return found


def _short(component: Component) -> str:
    return component.name.removeprefix(component.scope)


def _many(heads: tuple[str, ...]) -> str:
    return f"to {'+'.join(heads)}"


def _named(events: list[str]) -> Iterator[Line]:
    whole = len(events) <= NAMES + 1
    for name in events if whole else events[:NAMES]:
        yield Line(name)
    if not whole:
        yield Line(f"and {len(events) - NAMES} more", Tone.QUIET)
