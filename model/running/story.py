"""A story: a run of a network told step by step, in the sentences of the rows that were taken.

A run is chosen on the network and told by the machines of :mod:`.runner`, which have to reach the same states: what is
told here is confirmed by both readings of the notation.  Runs are chosen at random, reproducibly, or along a *guide*:
events, or patterns such as ``*/on_start_returned``, that must happen in this order.  A pattern that begins with ``*/``
stays on the instance of the step before, if that has such an event.  What lies between two steps is the shortest run
that connects them, first with few events: those of that instance alone, without ticks and without faults; then with
time, then with all instances, then with faults.  Where the shortest is not found soon, it is one that goes straight
there.

Each instance has its own clock, which its tick events advance by one minute; a line tells the minute of its instance.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..network import Change, Event, GlobalState, Network
from ..network.path import Path
from ..notation.lts import NONE
from ..notation.statechart import Answer
from ..notation.terms import suggestion


class GuideError(ValueError):
    """A guide that can't be followed: says how far it led, and what blocked the next step."""


@dataclass(frozen=True)
class Chances:
    """How a random run chooses: the chance of a fault where one can happen, and of a minute passing where something
    else could happen instead."""

    fault: float = 0.02
    tick: float = 0.2


@dataclass(frozen=True)
class Line:
    """One step: ``minute`` is that of its instance, None for an event of the whole service.

    ``says`` is the sentence of the sender's row, ``reactions`` those of the agents that received the event;
    ``realises`` the requirements of all rows taken.  ``changes`` names local states in full, ``moves`` what differs.
    """

    number: int
    event: str
    instance: str
    minute: int | None
    sender: str
    participants: tuple[str, ...]
    says: str
    reactions: tuple[tuple[str, str], ...]
    realises: tuple[str, ...]
    fault: str
    changes: tuple[Change, ...]
    moves: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """The line in types that JSON has."""
        return {
            "step": self.number,
            "event": self.event,
            "instance": self.instance or None,
            "minute": self.minute,
            "sender": self.sender,
            "participants": list(self.participants),
            "says": self.says,
            "reactions": [list(reaction) for reaction in self.reactions],
            "requirements": list(self.realises),
            "fault": self.fault or None,
            "changes": {c.component: [c.before, c.after] for c in self.changes},
        }

    def __str__(self) -> str:
        here = f"{self.instance}/"
        said = {name: [text for who, text in self.reactions if who == name] for name in self.participants}
        moved = dict(self.moves)
        when = f"{self.instance or 'service'}, minute {self.minute}" if self.minute is not None else "service"
        fault = f"FAULT {self.fault}: " if self.fault else ""
        requirements = f" [{', '.join(self.realises)}]" if self.realises else ""
        rest = [f"{self.event.removeprefix(here)}, by {self.sender.removeprefix(here)}{_bracketed(moved, self.sender)}"]
        for name in self.participants[1:]:
            if said[name] or name in moved:
                colon = ": " if said[name] else ""
                rest.append(f"{name.removeprefix(here)}{colon}{'; '.join(said[name])}{_bracketed(moved, name)}")
        head = f"{self.number:4}. {when}: {fault}{self.says}{requirements}"
        return "\n".join([head, *(f"      {text}" for text in rest)])


def _bracketed(moved: Mapping[str, str], name: str) -> str:
    return f" ({moved[name]})" if name in moved else ""


@dataclass(frozen=True)
class Story:
    """A run and its telling; ``ending`` says why it ends where it does.

    ``seed`` and ``guide`` are how it was found; with the same network they give the same story again.
    """

    path: Path
    lines: tuple[Line, ...]
    ending: str
    seed: int | None = None
    guide: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The story in types that JSON has."""
        return {
            "network": self.path.network.name,
            "seed": self.seed,
            "guide": list(self.guide),
            "steps": [line.as_dict() for line in self.lines],
            "loop": self.path.loop,
            "ending": self.ending,
        }

    def __str__(self) -> str:
        found = [f"{len(self.lines)} {'step' if len(self.lines) == 1 else 'steps'}"]
        found += [f"seed {self.seed}"] if self.seed is not None else []
        found += [f"guided by {', '.join(self.guide)}"] if self.guide else []
        head = f"{self.path.network.name}: {', '.join(found)}"
        return "\n".join([head, *map(str, self.lines), f"  end. {self.ending}"])


def tell(path: Path, *, tick: int = 1, ending: str = "", seed: int | None = None, guide: Sequence[str] = ()) -> Story:
    """The story of a path, told by the machines; ``tick`` is the number of minutes in a tick.

    Raises ReplayError when a machine holds an event back or reaches another state than the path's.
    """
    network = path.network
    clocks = {tick.rpartition("/")[0] for tick in network.ticks}
    minutes: Counter[str] = Counter()
    lines = []
    # Loaded when a run is told: the library below it takes longer to load than all of the rest.
    from .runner import Runner

    taken_at = Runner(network).run_path(path)
    for number, (occurrence, taken) in enumerate(zip(path.occurrences(), taken_at, strict=True), start=1):
        instance = occurrence.event.rpartition("/")[0]
        minutes[instance] += tick if occurrence.event in network.ticks else 0
        sender, *receivers = taken
        says = " ".join(row.says for row in sender.rows if row.says)
        line = Line(
            number,
            occurrence.event,
            instance,
            minutes[instance] if instance in clocks else None,
            sender.component,
            occurrence.participants,
            says or occurrence.event.rpartition("/")[2].replace("_", " "),
            tuple(
                (receiver.component, row.says)
                for receiver in receivers
                for row in receiver.rows
                if row.says and row.answer is not Answer.IGNORES
            ),
            tuple(dict.fromkeys(id for part in taken for row in part.rows for id in row.realises)),
            occurrence.fault,
            occurrence.changes,
            moves(network, *path.states[number - 1 : number + 1]),
        )
        lines.append(line)
    if path.loop is not None:
        ending = ending or f"from here it can go on for ever as from step {path.loop + 1}"
    return Story(path, tuple(lines), ending or "the path ends here", seed, tuple(guide))


def simulate(
    network: Network,
    *,
    seed: int = 0,
    steps: int = 50,
    guide: Sequence[str] = (),
    chances: Chances = Chances(),
    search: int = 50_000,
    tick: int = 1,
) -> Story:
    """A run along ``guide``, then ``steps`` random steps, told.

    ``guide`` holds event names or patterns (``*``, ``?``, ``[...]``); ``search`` is how many states each search for the
    way from one of them to the next may look at; ``tick`` is the number of minutes in a tick.  Among events of one kind
    (fault, tick, any other) those are likelier that have happened less and lead where the run has been less.

    Raises GuideError when the guide can't be followed.

    >>> from goalstate.model.network import Component
    >>> from goalstate.model.notation.statechart import State, Statechart, does
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                   rows=(does("switch_on", "dark", "bright", says="it gets light"),
    ...                         does("switch_off", "bright", "dark", says="it gets dark")))
    >>> print(simulate(Network((Component("lamp", lamp),), name="room"), guide=["*_off"], steps=0))
    room: 2 steps, seed 0, guided by *_off
       1. service: it gets light
          switch_on, by lamp (dark -> bright)
       2. service: it gets dark
          switch_off, by lamp (bright -> dark)
      end. the guide ends here
    """
    events = list(_guided(network, guide, search))
    ending = "the guide ends here" if guide and not steps else f"{steps} random steps are done"
    for event in _random(network, Path.replay(network, events), random.Random(seed), steps, chances):
        if event is None:
            ending = "nothing more can happen"
            break
        events.append(event)
    return tell(Path.replay(network, events), tick=tick, ending=ending, seed=seed, guide=guide)


def moves(network: Network, before: GlobalState, after: GlobalState) -> tuple[tuple[str, str], ...]:
    """What differs between two states, by component: the states left and entered, and the variables that moved."""
    found = []
    for component, b, a in zip(network.components, before, after, strict=True):
        if a != b:
            old, new = component.lts.states[b], component.lts.states[a]
            left, entered = (
                "+".join(n for n in one.active if n not in other.active) for one, other in ((old, new), (new, old))
            )
            texts = [f"{left} -> {entered}"] if left or entered else []
            for variable, x, y in zip(component.chart.variables, old.values, new.values, strict=True):
                texts += [f"{variable.name} {variable.show(x)} -> {variable.show(y)}"] if x != y else []
            found.append((component.name, ", ".join(texts)))
    return tuple(found)


def _random(network: Network, begun: Path, dice: random.Random, steps: int, chances: Chances) -> Iterator[str | None]:
    """``steps`` events that can follow; None where none can, or none but a fault that has no chance."""
    seen, happened = Counter(begun.states), Counter(begun.events)
    state = begun.last
    for _ in range(steps):
        options = network.successors(state)
        faults = [o for o in options if network.events[o[0]].fault]
        ticks = [o for o in options if network.events[o[0]].name in network.ticks]
        others = [o for o in options if o not in faults and o not in ticks]
        if faults and dice.random() < chances.fault:
            kind = faults
        elif ticks and (not others or dice.random() < chances.tick):
            kind = ticks
        else:
            kind = others or (faults if chances.fault > 0 else [])
        if not kind:
            yield None
            return
        rarity = [1 / (1 + happened[network.events[e].name]) / (1 + seen[following]) for e, following in kind]
        number, state = dice.choices(kind, rarity)[0]
        event = network.events[number].name
        seen[state] += 1
        happened[event] += 1
        yield event


def _guided(network: Network, guide: Sequence[str], search: int) -> Iterator[str]:
    """The events of the shortest runs from each step of a guide to the next."""
    state, here = network.initial, ""
    for position, pattern in enumerate(guide, start=1):
        wanted = frozenset(i for i, e in enumerate(network.events) if fnmatchcase(e.name, pattern))
        if pattern.startswith(EACH) and here:
            wanted = frozenset(i for i in wanted if network.events[i].name.startswith(here)) or wanted
        step = f"guide, step {position} of {len(guide)}"
        if not wanted:
            faults = [e.name for e in network.events if e.fault and e.fault == pattern.rpartition("/")[2]]
            known = (
                f" (a kind of fault, whose event is {faults[0]!r})"
                if faults
                else suggestion(pattern, network.event_index)
            )
            raise GuideError(
                f"{step}: no event is called {pattern!r}{known}; allowed: an event of the network, such as "
                f"{network.events[0].name!r}, or a pattern with * and ?; a run told with -v names its events"
            )
        failure = ""
        for allowed, most, straight in _ways(network, state, wanted, search):
            route, failure = connect(network, state, wanted, allowed, most, straight=straight)
            if not failure:
                break
        if failure:
            raise GuideError(f"{step}: {pattern!r} {failure}")
        for event in route:
            state = network.step(state, event)
            yield event
        instance, slash, _ = route[-1].rpartition("/")
        here = instance + slash or here


EACH = "*/"
"""How a pattern begins that names no instance."""

NEAREST = 2
"""Instances that are tried one by one before they are tried together."""

BRIEFLY = 10
"""Part of a search, as a divisor, that is spent on looking for a way without faults before one with faults is taken."""


def _ways(
    network: Network, state: GlobalState, wanted: frozenset[int], search: int
) -> list[tuple[frozenset[int], int, bool]]:
    """Sets of events to look for a connecting run with, from the smallest to all, how many states to look at, and
    whether to go straight ahead.

    Where a pattern names events of several instances, each of the nearest is tried with the others at rest: what they
    can do in any order makes the search larger, and the way no shorter.  Faults come late, but before a long search.
    """
    scope_of = [e.name.rpartition("/")[0] for e in network.events]
    away: dict[str, int] = {}
    for i in sorted(wanted):
        steps = max(far[state[part]] for part, far in _distances(network, network.events[i]))
        away[scope_of[i]] = min(steps, away.get(scope_of[i], FAR))
    every = frozenset(range(len(network.events)))
    faults = frozenset(i for i in every if network.events[i].fault)
    ticks = frozenset(i for i in every if network.events[i].name in network.ticks)
    nearest = sorted(away, key=lambda scope: away[scope])[:NEAREST]
    alone = [frozenset(i for i in every if scope_of[i] in ("", scope)) for scope in nearest]
    near = frozenset(i for i in every if scope_of[i] in ("", *away)) - faults
    brief = search // BRIEFLY
    ways = [(one - faults - ticks, search, False) for one in alone] + [(one - faults, search, False) for one in alone]
    ways += [(near - ticks, brief, False), (near, brief, False), (near - ticks, brief, True), (near, brief, True)]
    ways += [(one, search, False) for one in alone]
    ways += [(near | faults, brief, True)]
    ways += [(near - ticks, search, False), (near, search, False), (every - faults, search, False)]
    ways += [(every, search, False)]
    return list(dict.fromkeys(ways))


def connect(
    network: Network,
    start: GlobalState,
    wanted: frozenset[int],
    allowed: frozenset[int],
    search: int,
    *,
    straight: bool = False,
) -> tuple[list[str], str]:
    """A shortest run of ``allowed`` events that ends with a ``wanted`` one, or why there is none.

    ``straight``: not a shortest one, but one that always goes on from where all participants together are nearest; with
    several instances that takes a few hundred states where the shortest takes millions.

    Best-first search (Hart, Nilsson and Raphael, 1968, A*).  A run is at least as long as the way each participant has
    to go by itself, in its LTS, before it can take the event.
    """
    distances = [(network.events[i], _distances(network, network.events[i])) for i in sorted(wanted)]

    def ahead(state: GlobalState) -> int:
        return min(max(far[state[part]] for part, far in parts) for _, parts in distances)

    def together(state: GlobalState) -> int:
        return min(sum(far[state[part]] for part, far in parts) for _, parts in distances)

    came: dict[GlobalState, tuple[GlobalState, int]] = {}
    length = {start: 0}
    done: set[GlobalState] = set()
    queue = [(ahead(start), 0, 0, start)]
    nearest = start
    while queue and len(length) <= search:
        _, _, _, state = heappop(queue)
        if state in done:
            continue
        done.add(state)
        nearest = min(nearest, state, key=ahead)
        for number, following in network.successors(state):
            if number in wanted:
                return [*_backwards(network, came, state), network.events[number].name], ""
            steps = length[state] + 1
            if number in allowed and steps < length.get(following, FAR) and ahead(following) < FAR:
                length[following] = steps
                came[following] = (state, number)
                # Among equals the deepest first, then the oldest.
                cost = together(following) if straight else steps + ahead(following)
                heappush(queue, (cost, -steps, len(length), following))
    event, parts = min(distances, key=lambda d: max(far[nearest[part]] for part, far in d[1]))
    blocking = [(network.components[i], nearest[i]) for i, far in parts if far[nearest[i]]]
    where = " and ".join(f"{component.name} in {component.lts.name(local)}" for component, local in blocking)
    failure = f"was not found in the first {search} states" if queue else "can't be reached"
    hint = "; guide it to an event on the way first" if queue else ""
    return [], f"{failure}; where it is nearest, {event.name!r} is held back by {where}{hint}"


def _backwards(network: Network, came: dict[GlobalState, tuple[GlobalState, int]], state: GlobalState) -> list[str]:
    route = []
    while state in came:
        state, number = came[state]
        route.append(network.events[number].name)
    return route[::-1]


FAR = 10**9
"""More steps than any run has."""


def _distances(network: Network, event: Event) -> list[tuple[int, list[int]]]:
    """For each participant and each of its local states: moves it needs, by itself, before it can take an event."""
    found = []
    for i, e in event.participants:
        moves = network.components[i].lts.moves
        far = np.where(moves[e] != NONE, 0, FAR)
        for steps in range(1, moves.shape[1]):
            nearer = ((moves != NONE) & (far[moves] == steps - 1)).any(axis=0) & (far == FAR)
            if not nearer.any():
                break
            far[nearer] = steps
        found.append((i, far.tolist()))
    return found
