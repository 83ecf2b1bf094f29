"""The runner: every agent as a real machine of the `transitions` library, a network as machines that step together.

This is the second reading of the notation.  The first, :mod:`.lts`, computes a table of moves; here the chart becomes a
``HierarchicalMachine`` with nested states, conditions and callbacks, which is then driven event by event.  The two
share the terms but no code for a step, so where they agree, the notation means what its head says.

The library evaluates and executes one transition after the other; the notation decides first and acts then.  So three
of the library's hooks are filled in, and its own classes stay as they are:

* an *event* asks the active states innermost first, all of them about the state before the event, and then executes the
  transitions found in document order (the library would show a region what another has just done);
* a *transition* leaves what lies below the state that its source and target share, effects in the order exit, row,
  entry (the library leaves less where the target is active already, and runs a transition's callbacks before the exit);
* a *state* is named with dots.

The chart as a whole is the machine's one top-level state: that gives rows "in any state" a place, and makes a chart
with parallel regions an ordinary parallel state.

One machine definition serves all agents with the same chart; an agent is its active states and its values.  The library
walks a definition by changing it, so agents with equal charts belong to one thread.

Sources: `transitions` 0.9, ``extensions/nesting.py``; Harel 1987 and UML 2.5.1, 14.2.3, for the step.

Left out: the library's queue, its convenience methods on models and its automatic transitions: an agent takes the
events of its table and no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from transitions.core import listify
from transitions.extensions import HierarchicalMachine
from transitions.extensions.nesting import NestedEvent, NestedEventData, NestedState, NestedTransition, resolve_order

from ..network import Component, GlobalState, Network, ReplayError
from ..network.path import Path
from ..notation.lts import LTS, LocalState
from ..notation.statechart import Answer, Row, State, Statechart
from ..notation.terms import TRUE, Assign, Condition, effects, evaluate, holds, suggestion

TOP = "chart"
"""The name, inside the machine, of the state that holds all states of a chart."""


@dataclass(frozen=True)
class Sight:
    """What conditions see: an agent as it was when the event began."""

    values: Mapping[str, int]
    active: frozenset[str]


@dataclass(frozen=True)
class _Move:
    """What a transition leaves (the active states below ``within``, or also itself) and enters (outermost first)."""

    within: str
    itself: bool
    enters: tuple[str, ...]

    def leaves(self, name: str) -> bool:
        """Whether a state, if active, is left."""
        return name.startswith(self.within + ".") or (self.itself and name == self.within)


class _State(NestedState):
    """A state named with dots."""

    separator = "."


class _Transition(NestedTransition):
    """A row of the table at its source."""

    def __init__(self, *arguments: Any, row: Row, move: _Move | None, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.row = row
        self.move = move

    def _change_state(self, event_data: Any) -> None:
        machine: _Definition = event_data.machine
        move = self.move
        assert move is not None  # the library calls this for transitions with a destination
        for name in machine.reversed(event_data.model.configuration):
            if move.leaves(name):
                machine.part[name].exit(event_data)
        _assign(self.row.effects, event_data)
        machine.move(event_data.model, move)
        for name in move.enters:
            machine.part[name].enter(event_data)


class _Event(NestedEvent):
    """An event whose transitions are all chosen before one of them is executed."""

    def trigger_nested(self, event_data: Any) -> Any:
        machine: _Definition = event_data.machine
        chosen = machine.answers(event_data.model, self.name)
        if not _allowed(chosen):
            return None  # the library's value for "can't be triggered here": it then raises its MachineError
        event_data.event = self
        event_data.args = (event_data.model.sight,)
        for transition in chosen:
            event_data.transition = transition
            event_data.result = transition.execute(event_data)
        return event_data.result


class _Definition(HierarchicalMachine):
    """The machine of one chart, without models of its own: agents share it."""

    state_cls = _State
    event_cls = _Event
    transition_cls = _Transition

    def __init__(self, chart: Statechart) -> None:
        super().__init__(
            model=None,
            states=[_declared(chart.root, TOP, chart)],
            initial=TOP,
            auto_transitions=False,
            send_event=True,
            name=chart.name,
        )
        self.chart = chart
        self.order = {name: i for i, name in enumerate(self.get_nested_state_names())}
        self.part = {name: self.get_state(name) for name in self.order}
        self._innermost: dict[tuple[str, ...], tuple[str, ...]] = {}
        # Not through `add_transition`, which can't name an event like one of the library's attributes.
        for name in sorted(chart.alphabet):
            self.events[name] = _Event(name, self)
        for row in chart.table:
            source, target = _full(row.source), None if row.target is None else _full(row.target)
            self.events[row.event].add_transition(
                _Transition(
                    source,
                    target,
                    conditions=[] if row.guard == TRUE else [partial(_meets, row.guard)],
                    after=[] if target is not None else [partial(_assign, row.effects)],
                    row=row,
                    move=None if target is None else self._moved(source, target),
                )
            )

    def innermost(self, leaves: tuple[str, ...]) -> tuple[str, ...]:
        """The active states, every one before those around it."""
        if leaves not in self._innermost:
            tree = self.build_state_tree(list(leaves), _State.separator)
            self._innermost[leaves] = tuple(".".join(path) for path in resolve_order(tree))
        return self._innermost[leaves]

    def reversed(self, leaves: tuple[str, ...]) -> list[str]:
        """The active states against document order: the order in which states are left."""
        return sorted(self.innermost(leaves), key=self.order.__getitem__, reverse=True)

    def answers(self, agent: Agent, event: str) -> list[_Transition]:
        """The transitions that answer an event, one per region that has an answer, in document order."""
        data = NestedEventData(None, self.events[event], self, agent, (agent.sight,), {})
        by_source = self.events[event].transitions
        chosen: list[_Transition] = []
        answered: set[str] = set()
        for name in self.innermost(agent.configuration):
            if name in answered or name not in by_source:
                continue
            found = next((t for t in by_source[name] if t._eval_conditions(data)), None)
            if isinstance(found, _Transition):
                chosen.append(found)
                parts = name.split(".")
                answered.update(".".join(parts[:k]) for k in range(1, len(parts) + 1))
        return sorted(chosen, key=lambda t: self.order[t.source])

    def _can_trigger(self, model: Agent, trigger: str, *_: Any, **__: Any) -> bool:
        return _allowed(self.answers(model, trigger))

    def move(self, agent: Agent, move: _Move) -> None:
        """Put an agent where a move leads."""
        kept = [n for n in agent.configuration if not move.leaves(n)]
        leaves = sorted([*kept, *(n for n in move.enters if not self.part[n].states)], key=self.order.__getitem__)
        self.set_state(leaves, agent)

    def start(self, agent: Agent) -> None:
        """Put an agent into the initial states, with their entry effects."""
        enters = (TOP, *self._below(TOP))
        self.move(agent, _Move(TOP, True, enters))
        for name in enters:
            self.part[name].enter(NestedEventData(None, None, self, agent, (), {}))

    def _moved(self, source: str, target: str) -> _Move:
        parts = target.split(".")
        way = [".".join(parts[:k]) for k in range(1, len(parts) + 1)]
        if target.startswith(source + "."):
            within, itself = source, self._parallel(source)
            if itself:  # the region that holds the target is left, the others stay
                within = way[way.index(source) + 1]
        else:
            shared = [n for n in way[:-1] if source.startswith(n + ".")]
            while shared and self._parallel(shared[-1]):  # nothing leaves one region and keeps the others
                shared.pop()
            within, itself = (shared[-1], False) if shared else (TOP, True)
        enters: list[str] = []
        entered = way[way.index(within) + (not itself) :]
        for name, following in zip(entered, [*entered[1:], None], strict=True):
            enters.append(name)
            if following is None:
                enters += self._below(name)
            elif self._parallel(name):
                beside = [f"{name}.{child}" for child in self.part[name].states]
                enters += [n for region in beside if region != following for n in (region, *self._below(region))]
        return _Move(within, itself, tuple(enters))

    def _below(self, name: str) -> list[str]:
        """The states entered with a state, outermost first."""
        children = listify(self.part[name].initial)
        return [n for child in children for n in (f"{name}.{child}", *self._below(f"{name}.{child}"))]

    def _parallel(self, name: str) -> bool:
        initial: Any = self.part[name].initial  # the name of a child, or a list of them
        return isinstance(initial, list)


@lru_cache(maxsize=256)
def _definition(chart: Statechart) -> _Definition:
    return _Definition(chart)


def _declared(state: State, name: str, chart: Statechart) -> dict[str, Any]:
    """A state as the library wants it declared."""
    declared: dict[str, Any] = {"name": name}
    if state.entry:
        declared["on_enter"] = [partial(_assign, effects(state.entry, chart.variables))]
    if state.exit:
        declared["on_exit"] = [partial(_assign, effects(state.exit, chart.variables))]
    if state.children:
        declared["children"] = [_declared(child, child.name, chart) for child in state.children]
        declared["initial"] = [c.name for c in state.children] if state.parallel else state.initial
    return declared


def _full(name: str) -> str:
    return f"{TOP}.{name}" if name else TOP


def _meets(guard: Condition, event_data: Any) -> bool:
    sight: Sight = event_data.args[0]
    return holds(guard, sight.values, sight.active)


def _assign(assignments: tuple[Assign, ...], event_data: Any) -> None:
    values: dict[str, int] = event_data.model.values
    for assignment in assignments:
        values[assignment.variable] = evaluate(assignment.expression, values)


def _allowed(chosen: list[_Transition]) -> bool:
    return bool(chosen) and all(t.row.answer is not Answer.REFUSES for t in chosen)


class Agent:
    """One agent at work, first in its initial state: a model in the library's sense, driven by its chart's machine.

    >>> from goalstate.model.notation.statechart import State, does
    >>> lamp = Agent(Statechart("lamp", (State("dark"), State("bright")), "dark",
    ...                         rows=(does("switch_on", "dark", "bright"), does("switch_off", "bright", "dark"))))
    >>> lamp.may("switch_on"), lamp.may("switch_off")
    (True, False)
    >>> [str(row) for row in lamp.take("switch_on")], lamp.active
    (['does switch_on: dark -> bright'], ('bright',))
    """

    def __init__(self, chart: Statechart) -> None:
        self.chart = chart
        self.machine = _definition(chart)
        self.restart()

    def restart(self) -> None:
        """Go back to the initial state."""
        self.values = {v.name: v.initial for v in self.chart.variables}
        self.state: str | list[str] = []  # kept by the library: one active leaf, or a list of them
        self.machine.start(self)

    @property
    def configuration(self) -> tuple[str, ...]:
        """The active leaves as the machine names them."""
        return (self.state,) if isinstance(self.state, str) else tuple(self.state)

    @property
    def active(self) -> tuple[str, ...]:
        """The active leaves, in document order, as the chart names them."""
        return tuple(name.removeprefix(TOP + ".") for name in self.configuration)

    @property
    def local(self) -> LocalState:
        """Where the agent is, as a value."""
        return LocalState(self.active, tuple(self.values.values()))

    @property
    def sight(self) -> Sight:
        """What conditions see: the values, and all active states with those around them."""
        names = (n.removeprefix(TOP).removeprefix(".") for n in self.machine.innermost(self.configuration))
        return Sight(dict(self.values), frozenset(names))

    def answers(self, event: str) -> tuple[Row, ...]:
        """The rows that answer an event now, one per region that has an answer; none for an event not in the table."""
        return tuple(t.row for t in self.machine.answers(self, event)) if event in self.machine.events else ()

    def may(self, event: str) -> bool:
        """Whether the agent can take an event now; nothing is executed."""
        return event in self.machine.events and self.machine._can_trigger(self, event)

    def take(self, event: str) -> tuple[Row, ...]:
        """Take an event, and tell which rows did it.

        Raises the library's ``MachineError`` when the event can't happen here, and ``AttributeError`` when the agent
        does not know it; nothing has changed then.
        """
        rows = self.answers(event)
        self.machine.trigger_event(self, event)
        return rows


@dataclass(frozen=True)
class Taken:
    """What a component did with an event: the rows of its table that answered."""

    component: str
    rows: tuple[Row, ...]


class Runner:
    """The agents of a network, one machine each, taking events together.

    >>> from goalstate.model.notation.statechart import State, does, on
    >>> hand = Statechart("hand", (State("idle"),), "idle", rows=(does("press", "idle"),))
    >>> lamp = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(on("press", "dark", "bright"),))
    >>> runner = Runner(Network((Component("hand", hand), Component("lamp", lamp))))
    >>> runner.enabled(), [taken.component for taken in runner.fire("press")], runner.state, runner.enabled()
    (['press'], ['hand', 'lamp'], (0, 1), [])
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.agents = tuple(Agent(component.chart) for component in network.components)
        self._parts = {
            event.name: tuple((i, network.components[i].lts.events[e]) for i, e in event.participants)
            for event in network.events
        }

    def reset(self) -> None:
        """Put every agent back into its initial state."""
        for agent in self.agents:
            agent.restart()

    @property
    def state(self) -> GlobalState:
        """The state as the network numbers it: a tuple of local state numbers.

        Raises ReplayError when an agent is where its LTS says it can't be.
        """
        return tuple(_number(c, a) for c, a in zip(self.network.components, self.agents, strict=True))

    def describe(self) -> dict[str, str]:
        """Component name to the name of its local state."""
        return {c.name: _name(a) for c, a in zip(self.network.components, self.agents, strict=True)}

    def enabled(self) -> list[str]:
        """The events that every agent concerned may take, in the network's order; nothing is executed."""
        return [name for name, parts in self._parts.items() if all(self.agents[i].may(e) for i, e in parts)]

    def fire(self, event: str) -> tuple[Taken, ...]:
        """Let all agents concerned take an event together, the sender first.

        Raises ReplayError, naming the agent that holds the event back, in which case nothing has changed.
        """
        if event not in self._parts:
            raise ReplayError(f"unknown event {event!r}{suggestion(event, self._parts)}")
        for i, local in self._parts[event]:
            if not self.agents[i].may(local):
                raise ReplayError(f"{event!r} can't happen: {self._objection(i, local)}")
        sender = self.network.events[self.network.event_index[event]].sender
        parts = sorted(self._parts[event], key=lambda part: part[0] != sender)
        return tuple(Taken(self.network.components[i].name, self.agents[i].take(local)) for i, local in parts)

    def run_path(self, path: Path) -> list[tuple[Taken, ...]]:
        """Take a path's events from the start and stay at its end; what was taken at each step.

        Raises ReplayError at the first event that an agent holds back or state that differs from the path's.
        """
        self.reset()
        self._compare(path, 0)
        taken = []
        for step, event in enumerate(path.events, start=1):
            try:
                taken.append(self.fire(event))
            except ReplayError as error:
                raise ReplayError(f"step {step} of {len(path)}: {error}") from None
            self._compare(path, step)
        return taken

    def accepts(self, path: Path) -> bool:
        """Whether the machines can follow a path and go through the same states."""
        try:
            self.run_path(path)
        except ReplayError:
            return False
        return True

    def _compare(self, path: Path, step: int) -> None:
        if self.state != path.states[step]:
            pairs = zip(self.describe().items(), self.network.describe(path.states[step]).values(), strict=True)
            differing = [f"{name} is in {here}, not in {there}" for (name, here), there in pairs if here != there]
            raise ReplayError(f"after step {step} of {len(path)}: {'; '.join(differing)}")

    def _objection(self, i: int, event: str) -> str:
        name, agent = self.network.components[i].name, self.agents[i]
        refused = [r for r in agent.answers(event) if r.answer is Answer.REFUSES]
        verb = "refuses it" if refused else "holds it back"
        reasons = [r.says for r in refused if r.says]
        return f"{name} {verb} in {_name(agent)}" + (f" ({reasons[0]})" if reasons else "")


@lru_cache(maxsize=256)
def _numbers(lts: LTS) -> dict[LocalState, int]:
    return {local: number for number, local in enumerate(lts.states)}


def _number(component: Component, agent: Agent) -> int:
    number = _numbers(component.lts).get(agent.local)
    if number is None:
        raise ReplayError(f"{component.name} is in {_name(agent)}, which its LTS does not have")
    return number


def _name(agent: Agent) -> str:
    values = ", ".join(f"{v.name}={v.show(agent.values[v.name])}" for v in agent.chart.variables)
    return "+".join(agent.active) + (f"({values})" if values else "")
