"""A network: agents composed into the product automaton.

The synchronous product (Hoare, "Communicating Sequential Processes", 1985, parallel composition by alphabets; Arnold
and Nivat's synchronised product): an event happens when every component that has it in its alphabet takes it, all of
them at once; the others stay where they are.  Components share events and nothing else.

All nondeterminism is the choice of the next event, so a run is a list of events and always replays.  A state is a
tuple of local state numbers, one per component.  Nothing here knows about Azure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..notation.lts import LTS, NONE
from ..notation.statechart import Statechart
from ..notation.terms import suggestion
from .duration import MINUTE, Duration
from .machine_cache import machine

GlobalState: TypeAlias = tuple[int, ...]


class NetworkError(ValueError):
    """Components that can't be composed: carries every mistake found."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        plural = "mistake" if len(self.mistakes) == 1 else "mistakes"
        super().__init__(f"network: {len(self.mistakes)} {plural}\n" + "\n".join(f"  - {m}" for m in mistakes))


class ReplayError(ValueError):
    """An event that can't happen where a path says it does."""


@dataclass(frozen=True)
class Component:
    """A chart in its place: its events get the ``scope`` as a prefix, but for those ``shared`` with the whole network.

    Raises StatechartError with all mistakes of the chart that only its flat machine shows.

    >>> from goalstate.model.notation.statechart import State, does
    >>> tap = Statechart("tap", (State("shut"),), "shut", rows=(does("drip", "shut"),))
    >>> Component("kitchen/tap", tap, "kitchen/").alphabet
    ('kitchen/drip',)
    """

    name: str
    chart: Statechart
    scope: str = ""
    shared: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.lts  # noqa: B018 - an invalid chart is refused here, not in the middle of a search

    @cached_property
    def lts(self) -> LTS:
        """The flat machine."""
        return machine(self.chart)

    @cached_property
    def alphabet(self) -> tuple[str, ...]:
        """The network's names for the events of the LTS, in the LTS's order."""
        return tuple(self.rename(e) for e in self.lts.events)

    def rename(self, event: str) -> str:
        """The network's name for one of the chart's events."""
        return event if event in self.shared else self.scope + event

    @cached_property
    def sends(self) -> frozenset[str]:
        """The network's names of the events this component sends."""
        return frozenset(self.rename(e) for e in self.chart.sends)

    def __hash__(self) -> int:
        return hash((self.name, self.scope, self.chart._hash))


@dataclass(frozen=True)
class Event:
    """One event of a network: who takes part (component number, event number in its LTS), and who sends it."""

    name: str
    participants: tuple[tuple[int, int], ...]
    sender: int
    fault: str = ""


@dataclass(frozen=True)
class Change:
    """What one event did to one component: the names of the local states before and after."""

    component: str
    before: str
    after: str


@dataclass(frozen=True)
class Network:
    """Components side by side; pure: ``initial``, ``enabled(state)`` in a fixed order, ``step(state, event)``.

    ``bounds`` and ``options`` say, in words, under which limits and with which alternatives the network was built; they
    are printed with every verdict.  ``ticks`` are the events in which time passes, ``tick_length`` is how much of it.

    Raises NetworkError with all mistakes: doubled names, of components or of events in one, and events without or with
    several senders.
    """

    components: tuple[Component, ...]
    ticks: frozenset[str] = frozenset()
    bounds: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    name: str = field(default="network", compare=False)
    tick_length: Duration = MINUTE

    def __post_init__(self) -> None:
        mistakes = list(self._mistakes())
        if mistakes:
            raise NetworkError(mistakes)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Component number by name."""
        return {c.name: i for i, c in enumerate(self.components)}

    @cached_property
    def _known(self) -> Mapping[str, list[tuple[int, int]]]:
        # Who knows an event, by its name: component number, event number in its LTS.
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for i, component in enumerate(self.components):
            for e, name in enumerate(component.alphabet):
                found[name].append((i, e))
        return dict(found)

    @cached_property
    def _senders(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for i, component in enumerate(self.components):
            for name in component.sends:
                found[name].append(i)
        return dict(found)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All events, in the fixed order in which ``enabled`` lists them: by sender, then by name."""
        faults = {c.rename(event): kind for c in self.components for event, kind in c.chart.faults.items()}
        senders = {name: who[0] for name, who in self._senders.items()}
        ordered = sorted(self._known.items(), key=lambda known: (senders[known[0]], known[0]))
        return tuple(Event(n, tuple(who), senders[n], faults.get(n, "")) for n, who in ordered)

    @cached_property
    def event_index(self) -> Mapping[str, int]:
        """Event number by name."""
        return {e.name: i for i, e in enumerate(self.events)}

    @property
    def initial(self) -> GlobalState:
        """The state in which every component is in its initial local state."""
        return (0,) * len(self.components)

    @cached_property
    def _columns(self) -> tuple[tuple[tuple[int, list[int]], ...], ...]:
        return tuple(self._column(number) for number in range(len(self.events)))

    @cached_property
    def _lists(self) -> tuple[dict[int, tuple[tuple[int, list[int]], ...]], dict[tuple[int, int], list[int]]]:
        return {}, {}

    def _column(self, number: int) -> tuple[tuple[int, list[int]], ...]:
        # Plain lists: indexing them is several times faster than indexing numpy arrays one element at a time.
        # Components with equal charts share them; a path asks for those of its own events only.
        columns, known = self._lists
        if number not in columns:
            found = []
            for i, e in self.events[number].participants:
                lts = self.components[i].lts
                key = (id(lts), e)
                if key not in known:
                    known[key] = lts.moves[e].tolist()
                found.append((i, known[key]))
            columns[number] = tuple(found)
        return columns[number]

    def enabled(self, state: GlobalState) -> list[str]:
        """The events that can happen in a state, in a fixed order."""
        return [
            event.name
            for event, columns in zip(self.events, self._columns, strict=True)
            if all(moves[state[i]] != NONE for i, moves in columns)
        ]

    def successors(self, state: GlobalState) -> list[tuple[int, GlobalState]]:
        """Event number and next state for every event that can happen."""
        found = []
        for e, columns in enumerate(self._columns):
            following = list(state)
            for i, moves in columns:
                move = moves[state[i]]
                if move == NONE:
                    break
                following[i] = move
            else:
                found.append((e, tuple(following)))
        return found

    def step(self, state: GlobalState, event: str) -> GlobalState:
        """The state after an event; raises ReplayError when it can't happen, naming who holds it back."""
        number = self.event_index.get(event)
        if number is None:
            raise ReplayError(f"unknown event {event!r}{suggestion(event, self.event_index)}")
        following = list(state)
        for i, moves in self._column(number):
            if moves[state[i]] == NONE:
                where = self.components[i].lts.name(state[i])
                raise ReplayError(f"{event!r} can't happen: {self.components[i].name} holds it back in {where}")
            following[i] = moves[state[i]]
        return tuple(following)

    def participants(self, event: str) -> tuple[str, ...]:
        """Names of the components that take part in an event, the sender first."""
        found = self.events[self.event_index[event]]
        rest = [i for i, _ in found.participants if i != found.sender]
        return tuple(self.components[i].name for i in (found.sender, *rest))

    def changes(self, before: GlobalState, after: GlobalState) -> tuple[Change, ...]:
        """Which components are elsewhere in ``after``."""
        return tuple(
            Change(c.name, c.lts.name(a), c.lts.name(b))
            for c, a, b in zip(self.components, before, after, strict=True)
            if a != b
        )

    def describe(self, state: GlobalState) -> dict[str, str]:
        """Component name to local state name."""
        return {c.name: c.lts.name(s) for c, s in zip(self.components, state, strict=True)}

    def refusals(self, event: Event) -> list[tuple[int, NDArray[np.bool_]]]:
        """For each participant, the local states in which it holds the event back on purpose."""
        return [(i, self.components[i].lts.refused[e]) for i, e in event.participants]

    def with_components(self, extra: Iterable[Component]) -> Network:
        """The network with further components, such as observers, after the others."""
        return replace(self, components=(*self.components, *extra))

    def _mistakes(self) -> Iterable[str]:
        names = Counter(component.name for component in self.components)
        yield from (f"{n} components are called {name!r}" for name, n in names.items() if n > 1)
        senders = self._senders
        for event, known in self._known.items():
            if event not in senders:
                who = ", ".join(self.components[i].name for i, _ in known)
                close = suggestion(event, senders)
                fix = close or f"; one agent must do it: does({event!r}, ...)"
                yield f"event {event!r} of {who} is sent by nobody{fix}"
            elif len(known) > 1 and len({i for i, _ in known}) < len(known):
                twice = next(c for i, c in enumerate(self.components) if [k for k, _ in known].count(i) > 1)
                both = f"one of its own, behind its scope {twice.scope!r}, and a shared one"
                yield f"two events of {twice.name} are called {event!r} in the network: {both}"
            elif len(senders[event]) > 1:
                who = " and ".join(self.components[i].name for i in senders[event])
                yield f"event {event!r} is sent by {who}; an event has one sender"
        if not isinstance(self.tick_length, Duration):
            yield f"tick_length is {self.tick_length!r}; allowed: a duration; write Duration(5, Unit.SECOND)"
        if isinstance(self.ticks, str):
            yield f"ticks is the text {self.ticks!r}; allowed: a set of names; write frozenset({{{self.ticks!r}}})"
            return
        for tick in self.ticks:
            if tick not in self._known:
                yield f"tick {tick!r} is in no alphabet"
