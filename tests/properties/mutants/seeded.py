"""Seeded mistakes: what systematic mutants leave out, and the property that must catch each.

A model is worth what its properties notice.  ``model.mutants`` changes a row of an agent as a whole; the ledger of
``properties.mutants`` says what notices each such mutant.  Implementers make other mistakes too: a row wrong in one of
its states, several rows at once, a row too many, an event sent by the wrong agent, an agent too many.  ``seeded.txt``
lists them.  ``test_seeded`` builds the network with the mistake in it and asserts that the property named is violated
by a path that replays there, on the tables and on the machines, while it holds, and not vacuously, without it.

``python -m tests.properties.mutants.seeded`` writes docs/generated/seeded-mistakes.md.

Source: DeMillo, Lipton and Sayward, "Hints on test data selection", 1978, for mutants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from goalstate.model.agents.iis_host import iis_host
from goalstate.model.agents.web_host import web_host
from goalstate.model.deployment import LocalStorage
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Component, Network
from goalstate.model.network.statespace import Limits, StateSpace
from goalstate.model.notation.rows import each
from goalstate.model.notation.statechart import ROOT, Answer, State, Statechart, Transition, events_of
from goalstate.model.workflow import Bounds, Fabric, Faults, Platform, Workflow, scope
from goalstate.properties.catalogue import deployment_properties, fabric_properties, platform_properties
from goalstate.properties.catalogue.platform import counted_in
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import Property
from goalstate.properties.verdict import Verdict
from tests.model.services import role, service

HERE = scope("R", 0)
TABLE = Path(__file__).with_name("seeded.txt")
PAGE = Path(__file__).resolve().parents[3] / "docs" / "generated" / "seeded-mistakes.md"

SETTINGS: Mapping[str, Workflow | Fabric] = {
    "start": Workflow(
        service(role("full IIS", ("plugin", "simple"), "default")), Bounds(Faults(1), requests=1, tick=5)
    ),
    "start, by minutes": Workflow(service(role("worker")), Bounds(Faults(1), requests=1, tick=1)),
    "operations": Workflow(
        service(role("full IIS", ("background", "simple"), "default")), Bounds(Faults(0), requests=2, tick=5)
    ),
    "worker": Workflow(service(role("worker", probed="default")), Bounds(Faults(1), requests=1, tick=5)),
    "worker with faults": Workflow(service(role("worker")), Bounds(Faults(1), requests=2, tick=5)),
    "worker with two faults": Workflow(
        service(role("worker")), Bounds(Faults.parse("heartbeats_lost=1,host_agent_crash=1"), requests=2, tick=5)
    ),
    "emptied": Workflow(
        service(replace(role("worker"), local_storage=(LocalStorage("Cache"),))), Bounds(Faults(1), requests=1, tick=5)
    ),
    "HWC": Workflow(service(role("HWC", probed="default")), Bounds(Faults(1), requests=1, tick=5)),
    "custom probe": Workflow(service(role("worker", probed="custom")), Bounds(Faults(1), requests=1, tick=5)),
    "probed site": Workflow(service(role("full IIS", probed="custom")), Bounds(Faults(1), requests=1, tick=5)),
    "open endpoint": Workflow(service(role("worker", probed="open")), Bounds(Faults(0), requests=2, tick=5)),
    "two instances": Workflow(service(role("worker", instances=2)), Bounds(Faults(0), requests=2, tick=5)),
    "fabric": Fabric(service(role("worker", instances=3)), Bounds(Faults(1), requests=2, tick=5)),
    "every request": Fabric(
        service(role("worker", instances=3)), Bounds(Faults(0), requests=3, tick=5, also=("delete", "rollback"))
    ),
    "events in w3wp alone": Workflow(
        service(role("full IIS", probed="default")),
        Bounds(Faults.parse("run_hangs=1"), requests=2, tick=5),
        Platform(role_events="w3wp"),
    ),
    "rapid fail": Workflow(
        service(role("full IIS", probed="default")), Bounds(Faults.parse("w3wp_crash=6"), requests=1, tick=5)
    ),
    "no room": Workflow(
        service(role("worker", instances=2)),
        Bounds(Faults.parse("no_capacity=1"), requests=1, tick=5),
        Platform(capacity="may_run_out"),
    ),
}
"""The networks that the mistakes are put into, each small enough for a second or two."""


# -- edits of one agent ------------------------------------------------------------------------------------------------

Rows = tuple[Transition, ...]
Agents = tuple[Component, ...]
FIELD = re.compile(r",? (only|from|to|when|then|source|answer|as): ")
WORDS = {"always": "", "nothing": ""}
ANSWERS = {answer.value for answer in Answer}


@dataclass(frozen=True)
class Edit:
    """What is done to the rows about some events, in some states or in all (None), of one kind or of each.

    ``drop`` leaves them out, ``change`` gives them other fields, ``add`` adds a row; ``reword`` replaces a text in all
    guards; ``forget`` takes events out of the alphabet, ``remove`` takes states out of the chart.
    """

    verb: str
    names: tuple[str, ...]
    states: tuple[str | None, ...]
    answer: Answer | None
    fields: Mapping[str, str]

    @staticmethod
    def read(text: str) -> Edit:
        """An edit as ``seeded.txt`` has it; the field ``only`` picks the rows whose guard contains a text.

        >>> Edit.read("change tick @ running,hung refuses, only: goal == stop, answer: ignores").fields
        {'only': 'goal == stop', 'answer': 'ignores'}
        """
        head, *rest = FIELD.split(text)
        verb, *words = head.split()
        assert verb in ("drop", "change", "add", "reword", "forget", "remove"), text
        answer = Answer(words.pop()) if words and words[-1] in ANSWERS else None
        states = words[2].split(",") if "@" in words else [ROOT if verb == "add" else None]
        names = tuple(words[0].split(",")) if words else ()
        fields = {name: WORDS.get(value, value) for name, value in zip(rest[::2], rest[1::2], strict=True)}
        return Edit(verb, names, tuple(ROOT if s == "anywhere" else s for s in states), answer, fields)

    def rows(self, rows: Rows) -> Rows:
        """The rows of an agent with the edit."""
        get = self.fields.get
        if self.verb == "add":
            assert self.answer is not None
            sources = tuple(s or ROOT for s in self.states)
            return (*rows, Transition(self.answer, self.names, sources, get("to"), get("when", ""), get("then", "")))
        if self.verb == "reword":
            assert any(self.fields["from"] in row.when for row in rows), f"no guard says {self.fields['from']!r}"
            return tuple(replace(r, when=r.when.replace(self.fields["from"], self.fields["to"])) for r in rows)
        for event in self.names if self.verb in ("drop", "change") else ():
            for state in self.states:
                rows = self._part(rows, event, state)
        return rows

    def _part(self, rows: Rows, event: str, state: str | None) -> Rows:
        """Edit the part of the rows that is about an event and a state; the rest of a row stays as it is."""
        found: list[Transition] = []
        edited = False
        for row in rows:
            events, sources = each(row.event), each(row.source)
            wanted = event in events and (state is None or state in sources)
            if not wanted or self.answer not in (None, row.answer) or self.fields.get("only", "") not in row.when:
                found.append(row)
                continue
            edited = True
            part = sources if state is None else (state,)
            if others := tuple(e for e in events if e != event):
                found.append(replace(row, event=others))
            if elsewhere := tuple(s for s in sources if s not in part):
                found.append(replace(row, event=event, source=elsewhere))
            if self.verb == "change":
                found.append(self._changed(replace(row, event=event, source=part)))
        assert edited, f"no row about {event} in {state}"
        return tuple(found)

    def _changed(self, row: Transition) -> Transition:
        get = self.fields.get
        return replace(
            row,
            event=get("as", row.event),
            target=None if get("to") == "stay" else get("to", row.target),
            when=get("when", row.when),
            then=get("then", row.then),
            source=tuple(self.fields["source"].split(",")) if "source" in self.fields else row.source,
            answer=Answer(get("answer", row.answer.value)),
        )


def edited(chart: Statechart, edits: Sequence[Edit]) -> Statechart:
    """A chart with the edits: it knows and sends the events that it did, but for those forgotten or renamed."""
    forgotten, removed = ({n for edit in edits if edit.verb == v for n in edit.names} for v in ("forget", "remove"))
    rows = tuple(
        replace(row, event=events, source=sources)
        for row in chart.rows
        if (events := tuple(e for e in each(row.event) if e not in forgotten))
        and (sources := tuple(s for s in each(row.source) if s not in removed))
        and row.target not in removed
    )
    for edit in edits:
        rows = edit.rows(rows)
    forgotten |= {name for edit in edits if "as" in edit.fields for name in edit.names}
    withholds = chart.sends - forgotten - events_of(row for row in rows if row.answer is Answer.ON)
    sent = withholds | events_of(row for row in rows if row.answer is Answer.DOES)
    knows = (chart.alphabet | events_of(rows)) - forgotten - sent
    return replace(chart, states=_without(chart.states, removed, ""), rows=rows, knows=knows, withholds=withholds)


def _without(states: tuple[State, ...], removed: set[str], path: str) -> tuple[State, ...]:
    return tuple(
        replace(state, children=_without(state.children, removed, f"{path}{state.name}."))
        for state in states
        if path + state.name not in removed
    )


def with_edits(agents: Agents, name: str, *lines: str) -> Agents:
    """The agents of a network, one of them edited: of the service, or of the first instance."""
    edits = [Edit.read(line) for line in lines]
    return tuple(replace(a, chart=edited(a.chart, edits)) if a.name in (name, HERE + name) else a for a in agents)


# -- other agents ------------------------------------------------------------------------------------------------------


def beside(name: str) -> Callable[[Agents], Agents]:
    """An agent too many in the first instance."""
    chart = Statechart(name, (State("waiting"),), "waiting")
    return lambda agents: (*agents, Component(HERE + name, chart, HERE))


def in_place_of(name: str, chart: Statechart) -> Callable[[Agents], Agents]:
    """Another agent in the place of one of the first instance."""

    def put(agents: Agents) -> Agents:
        return tuple(replace(a, name=HERE + chart.name, chart=chart) if a.name == HERE + name else a for a in agents)

    return put


OTHERS: Mapping[str, Callable[[Agents], Agents]] = {
    "a worker role has an IISConfigurator": beside("iis_configurator"),
    "an HWC web role has a w3wp": beside("w3wp"),
    "a full-IIS web role runs its site in WaWebHost as well": beside("web_host"),
    "the bootstrapper of a worker role starts WaWebHost": in_place_of("worker_host", web_host(("client_request",), 1)),
    "OnStop has 10 minutes": in_place_of("iis_host", iis_host(2)),
}
"""Mistakes in which an agent is put in, by name: before the edits, if there are any."""


# -- mistakes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Mistake:
    """A mistake put into the network of a setting, and the name of the property that must catch it.

    ``edits``: for each line an agent and what is done to it.  ``agent`` is the one that the mistake is about.
    """

    name: str
    agent: str
    setting: str
    caught_by: str
    edits: tuple[tuple[str, str], ...]

    def network(self) -> Network:
        """The network with the mistake in it."""
        network = SETTINGS[self.setting].network
        agents = OTHERS.get(self.name, tuple)(network.components)
        for name in dict.fromkeys(agent for agent, _ in self.edits):
            agents = with_edits(agents, name, *(line for agent, line in self.edits if agent == name))
        assert agents != network.components, "nothing was changed"
        return replace(network, components=agents)


@cache
def mistakes() -> tuple[Mistake, ...]:
    """All seeded mistakes, network by network."""
    _, *sections = TABLE.read_text(encoding="utf-8").replace("\n    ", " ").split("\n# ")
    return tuple(_read(title, line) for title, *lines in map(str.splitlines, sections) for line in lines if line)


def _read(setting: str, line: str) -> Mistake:
    """One line of ``seeded.txt``; an edit of another agent than the one in the first column begins with ``of``."""
    agent, name, caught_by, edits = line.split(" | ")
    others = [edit.split(" ", 2)[1:] if edit.startswith("of ") else [agent, edit] for edit in edits.split(" & ")]
    return Mistake(name, agent, setting, caught_by, () if edits == "-" else tuple((who, what) for who, what in others))


# -- judging -----------------------------------------------------------------------------------------------------------

ENOUGH = Limits(states=300_000)
"""A counterexample is found long before a network with a mistake has this many states."""


@cache
def catalogue(setting: str) -> dict[str, Property]:
    """The properties of a setting by name, whatever the tick; of several with one name, the first."""
    workflow = SETTINGS[setting]
    found = (
        fabric_properties(workflow)
        if isinstance(workflow, Fabric)
        else [*platform_properties(workflow), *deployment_properties(workflow)]
    )
    counted = counted_in(workflow.bounds.tick)
    return {p.name.removesuffix(counted): p for p in reversed(found)}


@cache
def sound(setting: str) -> StateSpace:
    """The state space of a setting without mistakes."""
    return explicit.explore(SETTINGS[setting].network, graph=True)


@cache
def judged(mistake: Mistake) -> Verdict:
    """The verdict on the property that must catch a mistake, in the network that has it."""
    space = explicit.explore(mistake.network(), ENOUGH, graph=True)
    return check(space, [catalogue(mistake.setting)[mistake.caught_by]])[0]


HEAD = """\
# Seeded mistakes

A model is worth what its properties notice.
A systematic mutant changes one row of one agent as a whole; the ledger says what notices it.
Each row here is another mistake that an implementer could make, such as a row that is wrong in one of its states,
several rows changed, a row too many, or an event sent by the wrong agent.
It is put into a network that is otherwise sound.
The property beside it is violated by a path that replays with the mistake in place,
and holds, not vacuously, without it.
The last column is the length of that path in events:
0 where the mistake shows before anything has happened, none where what must be possible never is.

The mistakes are data in `tests/properties/mutants/seeded.txt`;
`python -m tests.properties.mutants.seeded` writes this page from them, and a test compares it.

"""


def page() -> str:
    """The page docs/generated/seeded-mistakes.md."""
    rows = ["| # | mistake | agent | caught by | events |", "|---|---|---|---|---|"]
    for number, mistake in enumerate(mistakes(), start=1):
        path = judged(mistake).path
        length = "" if path is None else len(path)
        rows.append(f"| {number} | {mistake.name} | {mistake.agent} | {mistake.caught_by} | {length} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
