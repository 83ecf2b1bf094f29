"""A path as a chart over time: one lane per component that takes part, one message per event.

A component that merely ignores an event takes no part in it, and one that takes part in nothing has no lane.  What an
event changed is told beside it: the state left and entered, and the variables that moved.  Blocks of events that come
several times in a row are drawn once, with their number, so that ten minutes of silence don't fill ten pages.  Tracks
tell what is watched, such as the truth of a formula, before each event.

Sources: ITU-T Z.120, "Message Sequence Chart", for the reading from top to bottom and the loop frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items
from types import MappingProxyType

from ..model.network import GlobalState, Network
from ..model.network.path import Path
from ..model.notation.statechart import Answer
from .diagram import Lane, Mark, Message, Note, Repeat, Sequence, Track

BLOCK = 8
"""Events in the longest block that is looked for."""

TIMES = 3
"""Fewer repetitions than this are drawn one by one."""


VARIES = "±"
"""The value of a track that is not the same in all repetitions of an event."""


def trace_diagram(
    path: Path,
    title: str = "",
    says: str = "",
    *,
    violated: bool = False,
    tracks: Items[Track] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Sequence:
    """The chart of a path; ``violated`` marks its last step as the one that breaks a property (in a lasso, none).

    ``tracks``: what to show beside it.  ``names``: what to call components, by their full names, other than what they
    are called within their instance.

    >>> from goalstate.model.network import Component, Network
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark")))
    >>> chart = trace_diagram(Path.replay(Network((Component("lamp", lamp),)), ["switch_on"]))
    >>> [(m.event, m.notes[0].lines) for m in chart.walk()]
    [('switch_on', ('dark → bright',))]
    """
    return _Trace(path, violated, tuple(tracks), names).sequence(title or path.network.name, says)


class _Trace:
    def __init__(self, path: Path, violated: bool, tracks: tuple[Track, ...], names: Mapping[str, str]) -> None:
        self.path = path
        self.names = names
        self.tracks = tracks
        # A lasso breaks its property by going round for ever, not by any one step.
        self.breaking = len(path) - 1 if violated and path.loop is None else None
        network = path.network
        parts = [_reacting(network, s, e) for s, e in zip(path.states, path.events, strict=False)]
        taking_part = sorted({i for found in parts for i in found})
        self.lane = {component: number for number, component in enumerate(taking_part)}
        self.parts = parts

    def sequence(self, title: str, says: str) -> Sequence:
        network, path = self.path.network, self.path
        lanes = []
        for i in self.lane:
            component = network.components[i]
            lanes.append(
                Lane(
                    self.names.get(component.name) or component.name.removeprefix(component.scope) or component.name,
                    component.scope.rstrip("/"),
                    component.lts.name(path.states[0][i]),
                )
            )
        size = len(path)
        loop = size if path.loop is None else path.loop
        items = list(self.fold(0, loop))
        if path.loop is not None:
            items.append(Repeat(tuple(self.fold(loop, size)), None, size))
        end = tuple(track.values[size] for track in self.tracks) if path.loop is None else ()
        return Sequence(title, tuple(lanes), tuple(items), says, self.tracks, end)

    def fold(self, start: int, end: int) -> list[Message | Repeat]:
        """The messages of steps ``start`` to ``end``, repeated blocks folded."""
        found: list[Message | Repeat] = []
        at = start
        # The step that breaks the property is shown by itself.
        stop = end if self.breaking is None else self.breaking
        while at < end:
            size, times = _repetition(self.path.events[at:stop])
            if times >= TIMES:
                last = at + size * times
                found.append(Repeat(tuple(self.message(range(at + k, last, size)) for k in range(size)), times, last))
                at = last
            else:
                found.append(self.message(range(at, at + 1)))
                at += 1
        return found

    def message(self, steps: range) -> Message:
        """The message for one event at several steps: its notes reach from before the first to after the last."""
        network, path = self.path.network, self.path
        event = network.events[network.event_index[path.events[steps[0]]]]
        before, after = path.states[steps[0]], path.states[steps[-1] + 1]
        involved = sorted({i for step in steps for i in self.parts[step]})
        notes = ((i, _change(network, i, before[i], after[i])) for i in involved)
        marks = set()
        if event.fault:
            marks.add(Mark.FAULT)
        if event.name in network.ticks:
            marks.add(Mark.TICK)
        if self.breaking in steps:
            marks.add(Mark.VIOLATED)
        return Message(
            steps[0] + 1,
            event.name,
            self.lane[event.sender],
            tuple(self.lane[i] for i in involved if i != event.sender),
            tuple(Note(self.lane[i], lines) for i, lines in notes if lines),
            frozenset(marks),
            tuple(_common({track.values[step] for step in steps}) for track in self.tracks),
        )


def _reacting(network: Network, state: GlobalState, name: str) -> tuple[int, ...]:
    """The sender of an event and those that don't ignore it."""
    event = network.events[network.event_index[name]]
    found = []
    for i, e in event.participants:
        component = network.components[i]
        rows = component.lts.rows.get((e, state[i]), ())
        if i == event.sender or any(component.chart.rows[r].answer is not Answer.IGNORES for r in rows):
            found.append(i)
    return tuple(found)


def _common(values: set[str]) -> str:
    return values.pop() if len(values) == 1 else VARIES


def _change(network: Network, component: int, before: int, after: int) -> tuple[str, ...]:
    """What differs between two local states: "left → entered", then one line per variable."""
    lts = network.components[component].lts
    one, other = lts.states[before], lts.states[after]
    lines = []
    if one.active != other.active:
        left = [n for n in one.active if n not in other.active]
        entered = [n for n in other.active if n not in one.active]
        shared = _shared([*left, *entered])
        lines.append(f"{', '.join(n[shared:] for n in left)} → {', '.join(n[shared:] for n in entered)}")
    for variable, x, y in zip(lts.chart.variables, one.values, other.values, strict=True):
        if x != y:
            lines.append(f"{variable.name}: {variable.show(x)} → {variable.show(y)}")
    return tuple(lines)


def _shared(names: list[str]) -> int:
    """How many characters of all names are the same composite states, which a change need not repeat.

    >>> _shared(["running.goal.acls", "running.goal.account"])
    13
    """
    parents = [n.split(".")[:-1] for n in names]
    depth = 0
    while all(len(p) > depth for p in parents) and len({p[depth] for p in parents}) == 1:
        depth += 1
    return sum(len(part) + 1 for part in parents[0][:depth])


def _repetition(events: Items[str]) -> tuple[int, int]:
    """The block with which ``events`` begin, as its size and number: what covers most, else the shortest."""
    best = (1, 1)
    for size in range(1, min(BLOCK, len(events) // TIMES) + 1):
        times = 1
        while events[times * size : (times + 1) * size] == events[:size]:
            times += 1
        if times >= TIMES and size * times > best[0] * best[1]:
            best = (size, times)
    return best
