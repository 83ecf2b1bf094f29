"""The symbolic engine: sets of states as binary decision diagrams, so that the number of states does not matter.

A component's local state is written in the words of its chart: one field for the active states, one for each
variable.  What an event does to a component is then a handful of *strokes*: where a guard holds, some fields get
constants.  An image needs no primed variables: ``exists fields (S and guard)``, ``and constants`` (the inverse is as
short), one component after the other, since components share no variables.

Events are fired one by one into the growing set, those of the deepest variables until nothing changes before the ones
above them are tried again (a simple form of saturation).  Counts are exact, whatever their size.

A search may keep some of the components only.  What is left out then restrains nothing: every event of the others
stays possible as far as those kept are concerned, so the search covers at least what the whole network can do
(Kurshan's localisation reduction).  ``faithful`` events are those in which nothing that was left out takes part.

Sources: Bryant, "Graph-based algorithms for Boolean function manipulation", 1986; Burch, Clarke, McMillan, Dill and
Hwang, "Symbolic model checking: 10^20 states and beyond", 1990; Ciardo, Lüttgen and Siminiescu, "Saturation", 2001;
Kurshan, "Computer-aided verification of coordinating processes", 1994.  Diagrams are those of the package oxidd.

Left out: reordering of variables; the order is that of the components.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from oxidd.bcdd import BCDDFunction, BCDDManager
from oxidd.util import BooleanOperator

from ..lts import LTS, NONE
from ..network import Component, Network
from ..statespace import NO_LIMITS, Limits

Set: TypeAlias = BCDDFunction
"""A set of states."""

BYTES_PER_NODE = 40
"""Memory of a node with its share of the operation cache."""

MOST_NODES = 1 << 25
WATCHERS = 24
"""Variables kept in reserve, above all others, for observers."""


class OutOfLimits(Exception):
    """The time is up: the message says so.  Where memory is what ran out, oxidd raises DDMemoryError."""


@dataclass(frozen=True, eq=False)
class Stroke:
    """Where ``guard`` holds, the variables in ``written`` (a conjunction) get the values in ``constants``."""

    guard: Set
    written: Set
    constants: Set
    writes: bool


@dataclass(frozen=True, eq=False)
class Action:
    """One event as a transformer of sets: where it can happen, and the strokes of each participant."""

    name: str
    top: int
    enabled: Set
    parts: tuple[tuple[Stroke, ...], ...]

    def image(self, states: Set) -> Set:
        """The states after the event, from those among ``states`` in which it can happen."""
        result = states & self.enabled
        for strokes in self.parts:
            if not result.satisfiable():
                break
            found = None
            for s in strokes:
                one = (
                    result.apply_exists(BooleanOperator.AND, s.guard, s.written) & s.constants
                    if s.writes
                    else result & s.guard
                )
                found = one if found is None else found | one
            assert found is not None
            result = found
        return result

    def before(self, states: Set) -> Set:
        """The states from which the event leads into ``states``."""
        result = states
        for strokes in self.parts:
            found = None
            for s in strokes:
                one = (
                    result.apply_exists(BooleanOperator.AND, s.constants, s.written) & s.guard
                    if s.writes
                    else result & s.guard
                )
                found = one if found is None else found | one
            assert found is not None
            result = found
        return result & self.enabled


@dataclass(frozen=True)
class Coding:
    """How a component's local states are written: widths of the fields in bits, and the values of each state."""

    widths: tuple[int, ...]
    values: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, lts: LTS) -> Coding:
        """The active states as one field, each variable as another."""
        kinds = {a: k for k, a in enumerate(sorted({s.active for s in lts.states}))}
        variables = lts.chart.variables
        widths = ((len(kinds) - 1).bit_length(), *((v.high - v.low).bit_length() for v in variables))
        values = tuple(
            (kinds[s.active], *(x - v.low for v, x in zip(variables, s.values, strict=True))) for s in lts.states
        )
        return cls(widths, values)


class Symbols:
    """The variables, sets and actions of some components of a network: built once, searched often.

    ``keep``: numbers of the components that may take part in a search; None: all.  ``limits.memory`` bounds the
    diagrams, in bytes.
    """

    def __init__(self, network: Network, keep: Iterable[int] | None = None, limits: Limits = NO_LIMITS) -> None:
        self.network = network
        self.keep = tuple(range(len(network.components)) if keep is None else sorted(set(keep)))
        self.limits = limits
        self.started = time.perf_counter()
        nodes = MOST_NODES if limits.memory is None else min(MOST_NODES, max(1 << 16, limits.memory // BYTES_PER_NODE))
        self.manager = BCDDManager(nodes, max(1 << 12, nodes // 8), 1)
        self.codings = {i: Coding.of(network.components[i].lts) for i in self.keep}
        self.fields: dict[int, list[list[int]]] = {}
        count = WATCHERS
        for i in self.keep:
            self.fields[i] = []
            for width in self.codings[i].widths:
                self.fields[i].append(list(range(count, count + width)))
                count += width
        self.manager.add_vars(count)
        self.count = count
        self.true: Set = self.manager.true()
        self.false: Set = self.manager.false()
        self._literals = [(self.manager.not_var(v), self.manager.var(v)) for v in range(count)]
        self._local: dict[tuple[int, bytes], Set] = {}
        self._strokes: dict[tuple[int, int], tuple[Stroke, ...]] = {}

    # -- sets ----------------------------------------------------------------------------------------------------------

    def among(self, component: int, wanted: Sequence[bool]) -> Set:
        """The states in which a component is in one of its local states for which ``wanted`` is true."""
        key = (component, bytes(map(bool, wanted)))
        if key not in self._local:
            coding, fields = self.codings[component], self.fields[component]
            self._local[key] = self._any([self._cube(fields, coding.values[s]) for s, yes in enumerate(wanted) if yes])
        return self._local[key]

    def initial(self, keep: Iterable[int] | None = None) -> Set:
        """The initial state of the components kept."""
        result = self.true
        for i in reversed(self.keep if keep is None else sorted(keep)):
            result = self._cube(self.fields[i], self.codings[i].values[0]) & result
        return result

    def enabled(self, event: str, keep: Iterable[int] | None = None) -> Set:
        """The states in which no component kept holds an event back."""
        kept = set(self.keep if keep is None else keep)
        result = self.true
        for i, e in self.network.events[self.network.event_index[event]].participants:
            if i in kept:
                moves = self.network.components[i].lts.moves[e]
                result = result & self.among(i, (moves != NONE).tolist())
        return result

    def size(self, states: Set, keep: Iterable[int] | None = None) -> int:
        """The exact number of states in a set over the components kept."""
        kept = set(self.keep if keep is None else keep)
        used = sum(w for i in kept for w in self.codings[i].widths)
        found: int = states.sat_count(self.count)
        return found >> (self.count - used)

    def _one_of(self, states: Set) -> Set:
        return states.pick_cube_dd_set(self._all_false)

    @cached_property
    def _all_false(self) -> Set:
        result = self.true
        for negative, _ in reversed(self._literals):
            result = negative & result
        return result

    # -- events --------------------------------------------------------------------------------------------------------

    def actions(self, keep: Iterable[int] | None = None, watcher: Watcher | None = None) -> list[Action]:
        """The events that change a component kept, the deepest first."""
        kept = set(self.keep if keep is None else keep)
        found = []
        for event in self.network.events:
            parts, enabled, changing = [], self.true, False
            top = self.count
            for i, e in event.participants:
                if i not in kept:
                    continue
                moves = self.network.components[i].lts.moves[e]
                enabled = enabled & self.among(i, (moves != NONE).tolist())
                strokes = self._of(i, e)
                if any(s.writes for s in strokes):
                    parts.append(strokes)
                    changing = True
                top = min([top, *(v for f in self.fields[i] for v in f)])
            if watcher is not None and event.name in watcher.strokes:
                parts.append(watcher.strokes[event.name])
                changing = True
            if changing:
                found.append(Action(event.name, top, enabled, tuple(parts)))
        return sorted(found, key=lambda a: -a.top)

    @cached_property
    def all_actions(self) -> list[Action]:
        """The events that change any of the components."""
        return self.actions()

    def _of(self, component: int, event: int) -> tuple[Stroke, ...]:
        if (component, event) not in self._strokes:
            moves = self.network.components[component].lts.moves[event].tolist()
            self._strokes[component, event] = self._grouped(
                moves, self.codings[component].values, self.fields[component], lambda w: self.among(component, w)
            )
        return self._strokes[component, event]

    def _grouped(
        self,
        moves: Sequence[int],
        values: Sequence[tuple[int, ...]],
        fields: list[list[int]],
        among: Callable[[list[bool]], Set],
    ) -> tuple[Stroke, ...]:
        # Moves that write the same values into the same fields are one stroke.
        groups: dict[tuple[tuple[int, int], ...], list[int]] = defaultdict(list)
        for s, t in enumerate(moves):
            if t != NONE:
                changed = tuple((k, b) for k, (a, b) in enumerate(zip(values[s], values[t], strict=True)) if a != b)
                groups[changed].append(s)
        strokes = []
        for changed, sources in groups.items():
            wanted = [False] * len(values)
            for s in sources:
                wanted[s] = True
            written = constants = self.true
            for k, value in changed:
                for bit, v in enumerate(fields[k]):
                    written = written & self._literals[v][1]
                    constants = constants & self._literals[v][(value >> bit) & 1]
            strokes.append(Stroke(among(wanted), written, constants, bool(changed)))
        return tuple(strokes)

    def _cube(self, fields: list[list[int]], values: Sequence[int]) -> Set:
        literals = [
            self._literals[v][(x >> b) & 1] for f, x in zip(fields, values, strict=True) for b, v in enumerate(f)
        ]
        result = self.true
        for literal in reversed(literals):
            result = literal & result
        return result

    def _any(self, sets: list[Set]) -> Set:
        while len(sets) > 1:
            sets = [sets[i] | sets[i + 1] if i + 1 < len(sets) else sets[i] for i in range(0, len(sets), 2)]
        return sets[0] if sets else self.false

    # -- observers -----------------------------------------------------------------------------------------------------

    def watcher(self, component: Component) -> Watcher:
        """An observer in step with the network, in the variables reserved for one."""
        lts = component.lts
        width = (lts.size - 1).bit_length()
        if width > WATCHERS:
            raise OutOfLimits(f"the observer {component.name} has {lts.size} states, more than 2^{WATCHERS}")
        fields = [list(range(width))]
        values = tuple((s,) for s in range(lts.size))

        def among(wanted: Sequence[bool]) -> Set:
            return self._any([self._cube(fields, values[s]) for s, yes in enumerate(wanted) if yes])

        strokes = {
            name: self._grouped(lts.moves[e].tolist(), values, fields, among)
            for e, name in enumerate(component.alphabet)
        }
        return Watcher(strokes, among([s == 0 for s in range(lts.size)]), among)

    def follower(self, word: Sequence[str]) -> Watcher:
        """What counts how much of a word has happened: its events happen in its order only."""
        width = len(word).bit_length()
        if width > WATCHERS:
            raise OutOfLimits(f"a run of {len(word)} events is too long to be followed")
        fields = [list(range(width))]
        values = tuple((s,) for s in range(len(word) + 1))

        def among(wanted: Sequence[bool]) -> Set:
            return self._any([self._cube(fields, values[s]) for s, yes in enumerate(wanted) if yes])

        strokes = {
            name: self._grouped(
                [p + 1 if p < len(word) and word[p] == name else NONE for p in range(len(word) + 1)],
                values,
                fields,
                among,
            )
            for name in set(word)
        }
        return Watcher(strokes, among([s == 0 for s in range(len(values))]), among)

    # -- searches ------------------------------------------------------------------------------------------------------

    def check_time(self) -> None:
        """Raise OutOfLimits when the time is up."""
        seconds = self.limits.seconds
        if seconds is not None and time.perf_counter() - self.started > seconds:
            raise OutOfLimits(f"stopped after {seconds:g} seconds")

    def reachable(self, actions: Sequence[Action], start: Set, stop: Set | None = None) -> Set:
        """What can be reached from ``start``; the search may end once a state of ``stop`` is found."""
        return self._closure(actions, start, None, stop, forwards=True)

    def leading_to(
        self, target: Set, actions: Sequence[Action], within: Set | None = None, until: Set | None = None
    ) -> Set:
        """The states of ``within`` from which ``target`` can be reached; ends early once it holds all of ``until``."""
        return self._closure(actions, target if within is None else target & within, within, until, forwards=False)

    def _closure(
        self, actions: Sequence[Action], start: Set, within: Set | None, enough: Set | None, *, forwards: bool
    ) -> Set:
        if enough is not None and _is_enough(start, enough, forwards):
            return start
        layers: dict[int, list[Action]] = defaultdict(list)
        for action in actions:
            layers[action.top].append(action)
        order = [layers[top] for top in sorted(layers, reverse=True)]
        found, at = start, 0
        while at < len(order):
            self.check_time()
            before = found
            for action in order[at]:
                step = action.image(found) if forwards else action.before(found)
                found = found | (step if within is None else step & within)
            if found == before:
                at += 1
                continue
            at = 0
            if enough is not None and _is_enough(found, enough, forwards):
                break
        return found

    def way(self, start: Set, target: Set, actions: Sequence[Action], within: Set) -> list[str]:
        """The events of a shortest way from a state of ``start`` to one of ``target``; there must be one.

        Backwards in layers inside ``within``, then forwards by picking, in each layer, a state of the next.
        """
        layers = [target & within]
        known = layers[0]
        while not (known & start).satisfiable():
            self.check_time()
            layer = self.false
            for action in actions:
                layer = layer | action.before(layers[-1])
            layer = (layer & within) & ~known
            if not layer.satisfiable():
                raise AssertionError("there is no way from the start to the target")
            layers.append(layer)
            known = known | layer
        here = self._one_of(known & start)
        events = []
        for layer in reversed(layers[:-1]):
            for action in actions:
                there = action.image(here) & layer
                if there.satisfiable():
                    events.append(action.name)
                    here = self._one_of(there)
                    break
        return events


@dataclass(frozen=True, eq=False)
class Watcher:
    """An observer as strokes by event name, its initial state, and sets of its states."""

    strokes: dict[str, tuple[Stroke, ...]]
    initial: Set
    among: Callable[[Sequence[bool]], Set]


def _is_enough(found: Set, enough: Set, forwards: bool) -> bool:
    return (found & enough).satisfiable() if forwards else not (enough & ~found).satisfiable()
