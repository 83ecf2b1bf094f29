"""Seeded mistakes: small changes of one agent each, and the property that must catch it.

A model is worth what its properties notice.  Each mistake here is one that an implementer could make: a guard
forgotten, a step left out, an event sent by the wrong agent.  ``tests/properties/test_seeded.py`` builds the network
with the mistake in it and asserts that the property named is violated by a path that replays there, on the tables and
on the machines, while it holds, and not vacuously, without the mistake.  The table in
docs/generated/seeded-mistakes.md is written from this module.

``python -m tests.seeded`` writes that page.

Source: DeMillo, Lipton and Sayward, "Hints on test data selection", 1978, for mutants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from goalstate.model.agents.iis_host import iis_host
from goalstate.model.agents.vocabulary import STACK_DOWN, TICK, TICK_WHILE_DOWN, TICKS
from goalstate.model.agents.web_host import START as START_WEB_HOST
from goalstate.model.agents.web_host import web_host
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Component, Network
from goalstate.model.network.statespace import Limits, StateSpace
from goalstate.model.notation.statechart import (
    ROOT,
    Answer,
    Names,
    State,
    Statechart,
    Transition,
    does,
    events_of,
    ignores,
    on,
    refuses,
)
from goalstate.model.workflow import Bounds, Fabric, Faults, Workflow, scope
from goalstate.properties.catalogue import deployment_properties, fabric_properties, platform_properties
from goalstate.properties.catalogue.platform import counted_in
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import Property
from goalstate.properties.verdict import Verdict
from tests.model.services import role, service

HERE = scope("R", 0)

# -- settings ----------------------------------------------------------------------------------------------------------

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
    "HWC": Workflow(service(role("HWC", probed="default")), Bounds(Faults(1), requests=1, tick=5)),
    "custom probe": Workflow(service(role("worker", probed="custom")), Bounds(Faults(1), requests=1, tick=5)),
    "probed site": Workflow(service(role("full IIS", probed="custom")), Bounds(Faults(1), requests=1, tick=5)),
    "open endpoint": Workflow(service(role("worker", probed="open")), Bounds(Faults(0), requests=2, tick=5)),
    "two instances": Workflow(service(role("worker", instances=2)), Bounds(Faults(0), requests=2, tick=5)),
    "fabric": Fabric(service(role("worker", instances=3)), Bounds(Faults(1), requests=2, tick=5)),
}
"""The networks that the mistakes are put into, each small enough for a second or two."""


# -- edits -------------------------------------------------------------------------------------------------------------

Rows = tuple[Transition, ...]
Edit = Callable[[Rows], Rows]
Agents = tuple[Component, ...]
Change = Callable[[Agents], Agents]


def drop(event: str, at: str | None = None, kind: Answer | None = None, when: str = "") -> Edit:
    """Leave out what the rows say about an event, in one of their sources or in all of them."""
    return lambda rows: _each(rows, event, at, kind, when, lambda row: ())


def change(
    event: str,
    at: str | None = None,
    kind: Answer | None = None,
    only: str = "",
    *,
    to: str | None = "",
    when: str | None = None,
    then: str | None = None,
    source: Names | None = None,
    answer: Answer | None = None,
) -> Edit:
    """Change what the rows say about an event: target (``to``; None: none), guard, effect, source or kind.

    ``only`` picks the rows whose guard contains a text.
    """

    def changed(row: Transition) -> Rows:
        return (
            replace(
                row,
                target=row.target if to == "" else to,
                when=row.when if when is None else when,
                then=row.then if then is None else then,
                source=row.source if source is None else source,
                answer=row.answer if answer is None else answer,
            ),
        )

    return lambda rows: _each(rows, event, at, kind, only, changed)


def add(*more: Transition) -> Edit:
    """Further rows."""
    return lambda rows: (*rows, *more)


def reword(old: str, new: str) -> Edit:
    """Write every guard with one text in place of another."""

    def reworded(rows: Rows) -> Rows:
        assert any(old in row.when for row in rows), f"no guard says {old!r}"
        return tuple(replace(row, when=row.when.replace(old, new)) for row in rows)

    return reworded


def _each(
    rows: Rows, event: str, at: str | None, kind: Answer | None, when: str, edit: Callable[[Transition], Rows]
) -> Rows:
    """Apply an edit to the part of the rows that is about an event and a source; the rest of a row stays as it is."""
    found: list[Transition] = []
    edited = 0
    for row in rows:
        events, sources = _tuple(row.event), _tuple(row.source)
        if (
            event not in events
            or (at is not None and at not in sources)
            or kind not in (None, row.answer)
            or when not in row.when
        ):
            found.append(row)
        else:
            edited += 1
            part = sources if at is None else (at,)
            if others := tuple(e for e in events if e != event):
                found.append(replace(row, event=others))
            if elsewhere := tuple(s for s in sources if s not in part):
                found.append(replace(row, event=event, source=elsewhere))
            found += edit(replace(row, event=event, source=part))
    assert edited, f"no row about {event} in {at}"
    return tuple(found)


def _tuple(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


@dataclass(frozen=True)
class Agent:
    """One agent with edits: its rows changed, some events left out of its alphabet, some states of its chart gone."""

    name: str
    edits: Sequence[Edit] = ()
    forgets: frozenset[str] = frozenset()
    gone: tuple[str, ...] = ()

    def __call__(self, agents: Agents) -> Agents:
        """The agents with this one changed."""
        names = (self.name, HERE + self.name)
        return tuple(replace(a, chart=self.mistaken(a.chart)) if a.name in names else a for a in agents)

    def mistaken(self, chart: Statechart) -> Statechart:
        """The chart with the edits: it knows and sends the events that it did, but for those forgotten."""
        rows = tuple(
            replace(row, event=events, source=sources)
            for row in chart.rows
            if (events := tuple(e for e in _tuple(row.event) if e not in self.forgets))
            and (sources := tuple(s for s in _tuple(row.source) if s not in self.gone))
            and row.target not in self.gone
        )
        for edit in self.edits:
            rows = edit(rows)
        received = {e for row in rows if row.answer is Answer.ON for e in _tuple(row.event)}
        sends = chart.sends - self.forgets - received
        knows = (chart.alphabet | events_of(rows)) - self.forgets - sends
        return replace(
            chart,
            states=_without(chart.states, self.gone, ""),
            rows=rows,
            knows=frozenset(e for e in knows if e not in _sent(rows)),
            withholds=sends,
        )


def _sent(rows: Rows) -> set[str]:
    return {e for row in rows if row.answer is Answer.DOES for e in _tuple(row.event)}


def _without(states: tuple[State, ...], gone: tuple[str, ...], path: str) -> tuple[State, ...]:
    kept = []
    for state in states:
        full = f"{path}.{state.name}" if path else state.name
        if full not in gone:
            kept.append(replace(state, children=_without(state.children, gone, full)))
    return tuple(kept)


@dataclass(frozen=True)
class Beside:
    """An agent too many."""

    name: str
    chart: Statechart

    def __call__(self, agents: Agents) -> Agents:
        """The agents and the further one, in the first instance."""
        return (*agents, Component(HERE + self.name, self.chart, HERE))


@dataclass(frozen=True)
class InsteadOf:
    """Another agent in the place of one; ``renamed`` are events of other agents that it goes by."""

    name: str
    other: str
    chart: Statechart
    renamed: tuple[tuple[str, str], ...] = ()

    def __call__(self, agents: Agents) -> Agents:
        """The agents with the other one in the first instance; nobody knows what the one replaced did alone."""
        names = dict(self.renamed)
        found = []
        for agent in agents:
            if agent.name == HERE + self.name:
                agent = replace(agent, name=HERE + self.other, chart=self.chart)
            elif agent.name.startswith(HERE):
                agent = replace(agent, chart=_renamed(agent.chart, names))
            found.append(agent)
        sent = {event for agent in found for event in agent.sends}
        return tuple(replace(a, chart=_forgetting(a, sent)) for a in found)


def _renamed(chart: Statechart, names: Mapping[str, str]) -> Statechart:
    if not chart.alphabet & set(names):
        return chart
    rows = tuple(replace(row, event=tuple(names.get(e, e) for e in _tuple(row.event))) for row in chart.rows)
    return replace(chart, rows=rows)


def _forgetting(agent: Component, sent: set[str]) -> Statechart:
    unknown = frozenset(e for e in agent.chart.alphabet if agent.rename(e) not in sent)
    return Agent(agent.name, forgets=unknown).mistaken(agent.chart) if unknown else agent.chart


# -- mistakes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Mistake:
    """A mistake in one agent, put into the network of a setting; ``caught_by`` is the name of the property."""

    name: str
    agent: str
    setting: str
    changes: tuple[Change, ...]
    caught_by: str

    def network(self) -> Network:
        """The network with the mistake in it."""
        network = SETTINGS[self.setting].network
        agents = network.components
        for made in self.changes:
            agents = made(agents)
        assert agents != network.components, "nothing was changed"
        return replace(network, components=agents)


def _mistake(name: str, agent: str, setting: str, caught_by: str, *edits: Edit, also: Sequence[Change] = ()) -> Mistake:
    changes: tuple[Change, ...] = (Agent(agent, edits), *also) if edits else tuple(also)
    return Mistake(name, agent, setting, changes, caught_by)


# Names of the properties that catch several mistakes.
SILENCE = "the guest OS is restarted after exactly 10 minutes without a heartbeat answer, not before and never later"
FIRST_CONTACT = "a guest that never answered is restarted after exactly 25 minutes, and given up after three times"
LOST = "no event is lost: whoever knows it takes it, ignores it or makes the sender wait"
LEAVES = "an instance that is no longer Ready leaves the rotation before the next minute has passed"
START_ORDER = "every start goes through steps 5 to 9 in their order, each once"
SET_UP = (
    "the guest OS is set up step by step (firewall, ACLs, local storage, package, certificates, account) "
    "before the bootstrapper starts"
)
SITES = "IISConfigurator starts IIS, sets up the AppPool of each site in order, logging and permissions, each once"
LIFE = "OnStart has returned true before Run is invoked, and Run before the role is Ready"
FAREWELL = "after a crash, or after OnStart returned false, the process ends without Stopping and without OnStop"
ON_STOP = "OnStop has 5 minutes: no more, and the process is killed no sooner"
RUN_FIRST = "an instance enters the load balancer's rotation only after Run was invoked"
REQUEST = "a request passes through RDFE's subscription work and FFE's choice of a pool before it reaches the fabric"
LAST_SIMPLE = "startup task 2 (setup.cmd) is simple: it ends with exit code 0 before anything after it is started"
PARTNER_READY = "startup task 1 (agent.exe /blockStartup) waits until its background partner has initialised"
PLUGIN_FIRST = (
    "startup task 0 (agent.exe) of the plugin RemoteAccess comes before the role's own tasks and the host process"
)
TIME = "time can always go on"


@cache
def mistakes() -> tuple[Mistake, ...]:
    """All seeded mistakes, in the order of the workflow."""
    return (
        *_fabric(),
        *_host_agent(),
        *_guest(),
        *_bootstrapper(),
        *_tasks(),
        *_iis(),
        *_role(),
        *_rotation(),
        *_hidden(),
        *_orders(),
        *_records(),
        *_goal_states(),
        *_recoveries(),
        *_probes(),
        *_front_ends(),
        *_records_alone(),
        *_host_agents_memory(),
    )


def _fabric() -> tuple[Mistake, ...]:
    return (
        _mistake(
            "FFE commands the fabric unasked",
            "ffe",
            "operations",
            "the fabric is commanded to deploy only when the user asked for it",
            change(
                "command_deploy", "translating", source=("idle", "translating"), when="kind == deploy or kind == none"
            ),
        ),
        *(
            _mistake(
                f"FFE takes a request to {asked.replace('_', ' ')} for one to {done.replace('_', ' ')}",
                "ffe",
                "operations",
                f"the fabric is commanded to {done.replace('_', ' ')} only when the user asked for it",
                change(f"command_{done}", "translating", when=f"kind == {done} or kind == {asked}"),
            )
            for asked, done in pairwise(
                ("reboot", "reimage", "change_configuration", "update_package", "stop", "reboot")
            )
        ),
        _mistake(
            "RDFE hands a request over before the subscription work is done",
            "rdfe",
            "start",
            REQUEST,
            change("forward_deploy", "handing_over", source=("subscription_work", "handing_over")),
        ),
        _mistake(
            "RDFE goes past FFE and commands the fabric controller itself",
            "rdfe",
            "start",
            "only FFE gives commands to the fabric controller",
            add(does("command_deploy", "under_way")),
            also=[Agent("ffe", [change("command_deploy", kind=Answer.DOES, answer=Answer.ON)])],
        ),
        _mistake(
            "FFE asks for the machine pool and RDFE for nothing: it is FFE that takes the user's request",
            "rdfe",
            "start",
            "only RDFE talks to FFE, and only FFE to the fabric controller",
            change("forward_deploy", kind=Answer.DOES, answer=Answer.ON),
            also=[Agent("ffe", [change("forward_deploy", kind=Answer.ON, answer=Answer.DOES)])],
        ),
        _mistake(
            "FFE commands the fabric before it has found a machine pool",
            "ffe",
            "start",
            REQUEST,
            change("command_deploy", "translating", source=("choosing_pool", "translating")),
        ),
        _mistake(
            "the fabric controller updates all upgrade domains at once",
            "fabric_controller",
            "two instances",
            "an update comes to an upgrade domain only when the domain before it is done",
            change("update_domain_1", "updating.telling", when="domain == 0"),
            change("update_domain_0_done", "updating.waiting", then="domain := 0"),
            change("update_domain_1_done", "updating.waiting", when="domain == 0"),
        ),
        _mistake(
            "the fabric controller configures all upgrade domains at once",
            "fabric_controller",
            "two instances",
            "a configuration change comes to an upgrade domain only when the domain before it is done",
            change("configure_domain_1", "configuring.telling", when="domain == 0"),
            change("configure_domain_0_done", "configuring.waiting", then="domain := 0"),
            change("configure_domain_1_done", "configuring.waiting", when="domain == 0"),
        ),
        _mistake(
            "the fabric places an instance that nobody asked for",
            "placement",
            "start",
            "an instance is placed only when the deployment was commanded",
            change("free_cores_found", "allocating", source=("unallocated", "allocating")),
        ),
        _mistake(
            "the fabric copies a package before it has a host",
            "placement",
            "start",
            "package and configuration are copied only to a host that was found, and anew only if out of date",
            change("package_and_configuration_copied", "copying", source=("allocating", "copying")),
        ),
        _mistake(
            "the fabric tells the host agent to deploy before the package is copied",
            "placement",
            "start",
            "the host agent is told to deploy only when package and configuration are on the host, and once",
            change("deploy_guest", "instructing", source=("copying", "instructing")),
        ),
        _mistake(
            "an update does not wait for an instance to start",
            "placement",
            "operations",
            "an update goes on when the instance has it and said so, or after 30 minutes, and never later",
            drop("update_domain_0_done", kind=Answer.REFUSES),
            change("update_domain_0_done", kind=Answer.ON, when=""),
        ),
        _mistake(
            "a configuration change does not wait for an instance to have it",
            "placement",
            "operations",
            "a configuration change goes on when the instance has it and said so, or after 30 minutes, and never later",
            drop("configure_domain_0_done", kind=Answer.REFUSES),
            change("configure_domain_0_done", kind=Answer.ON, when=""),
        ),
        _mistake(
            "the fabric does not restart a host agent whose process died",
            "placement",
            "start",
            "a host agent whose process died is restarted by the fabric",
            drop("restart_host_agent"),
        ),
        _mistake(
            "the fabric never tells the host agent to stop an instance",
            "placement",
            "operations",
            "an instance that is to be stopped can always get there",
            also=[Agent("placement", gone=("stopping.waiting",))],
        ),
    )


def _host_agent() -> tuple[Mistake, ...]:
    minutes = "start, by minutes"
    answered = "heartbeat_answered"
    return (
        _mistake(
            "a host that failed starts its guest again by itself",
            "host_agent",
            "start",
            "an instance that lost its host is started on another",
            change("host_fails", "guest", to="starting"),
        ),
        _mistake(
            "the ten minutes are not waited for: the guest OS may be restarted at any time",
            "host_agent",
            minutes,
            SILENCE,
            change("restart_guest", only="order != reboot", when="order != reboot"),
        ),
        _mistake(
            "the guest OS is restarted after 9 minutes",
            "host_agent",
            minutes,
            SILENCE,
            reword("silence == 10", "silence == 9"),
            reword("silence < 10", "silence < 9"),
        ),
        _mistake(
            "the guest OS is restarted after 11 minutes",
            "host_agent",
            minutes,
            SILENCE,
            reword("silence == 10", "silence == 11"),
            reword("silence < 10", "silence < 11"),
        ),
        _mistake(
            "the guest OS is never restarted: the count stops at ten minutes",
            "host_agent",
            minutes,
            SILENCE,
            drop("restart_guest"),
            *(change(tick, "guest.in_contact", Answer.REFUSES, answer=Answer.IGNORES) for tick in TICKS),
        ),
        _mistake(
            "the guest OS is never restarted: after ten minutes the host agent just waits",
            "host_agent",
            minutes,
            TIME,
            drop("restart_guest"),
        ),
        _mistake(
            "an answer to a heartbeat does not start the count anew",
            "host_agent",
            minutes,
            SILENCE,
            change(answered, "guest.in_contact", then=""),
        ),
        _mistake(
            "an answer that was lost on its way counts",
            "host_agent",
            minutes,
            SILENCE,
            drop(answered, "guest", Answer.REFUSES),
            change(answered, "guest.in_contact", when=""),
            change(answered, "first_contact", when=""),
        ),
        _mistake(
            "the host agent gives a guest up after two time-outs of the first contact",
            "host_agent",
            minutes,
            FIRST_CONTACT,
            reword("timeouts < 2", "timeouts < 1"),
            reword("timeouts == 2", "timeouts == 1"),
        ),
        _mistake(
            "the first contact has 10 minutes only",
            "host_agent",
            minutes,
            FIRST_CONTACT,
            reword("silence == 25", "silence == 10"),
            reword("silence < 25", "silence < 10"),
        ),
        _mistake(
            "a time-out of the first contact is not counted",
            "host_agent",
            minutes,
            FIRST_CONTACT,
            change("heartbeat_answered", "first_contact", then="silence := 0"),
        ),
        _mistake(
            "the host agent starts a guest OS before it knows which",
            "host_agent",
            "start",
            "the host agent starts the guest OS only when the fabric has told it which, with addresses and ports",
            change("start_guest", "starting", source=("no_guest", "starting")),
        ),
        _mistake(
            "the host agent hands a goal state to a guest that has not answered yet",
            "host_agent",
            "operations",
            "a goal state is handed to the guest agent only while it is in contact",
            change("deliver_stop", "steady", source=("first_contact", "steady")),
        ),
        _mistake(
            "the host agent does not hand the order to stop on to the guest agent",
            "host_agent",
            "operations",
            "an instance that is to be stopped can always get there",
            change("deliver_stop", "steady", when="order == reboot or order == reimage"),
            drop("stop_guest", "in_contact.role_stopped"),
        ),
        _mistake(
            "a host agent that was down with a guest does not expect to be restarted",
            "host_agent",
            "start",
            LOST,
            drop("restart_host_agent", "crashed.with_guest"),
        ),
    )


def _guest() -> tuple[Mistake, ...]:
    return (
        _mistake(
            "time stands still while the guest OS hangs",
            "guest_os",
            "start",
            TIME,
            drop(TICK_WHILE_DOWN, "hung"),
        ),
        _mistake(
            "nothing happens any more once the guest is switched off",
            "guest_os",
            "operations",
            "something can always happen: there is no deadlock",
            drop(TICK_WHILE_DOWN, "off"),
        ),
        Mistake(
            "a guest OS that hangs answers heartbeats all the same",
            "guest_os",
            "start",
            (Agent("guest_os", forgets=frozenset({"heartbeat_answered"})),),
            "a heartbeat is answered only by a guest agent that runs in a guest OS that runs",
        ),
        _mistake(
            "the guest agent restarts the guest OS",
            "guest_agent",
            "start",
            "only the host agent restarts the guest OS; the guest agent never does",
            drop("restart_guest", ROOT, Answer.ON),
            add(does("restart_guest", "running", "absent", when="status == busy")),
            also=[Agent("host_agent", [change("restart_guest", kind=Answer.DOES, answer=Answer.ON)])],
        ),
        _mistake(
            "the guest agent switches the guest OS off",
            "guest_agent",
            "operations",
            "the guest agent takes no part in switching the guest OS off or on: a hang of the role is left alone",
            drop("stop_guest", ROOT, Answer.ON),
            add(does("stop_guest", "running", "absent", when="in(stopped)")),
            also=[Agent("host_agent", [change("stop_guest", kind=Answer.DOES, answer=Answer.ON)])],
        ),
        _mistake(
            "WaAppAgent starts the guest agent without configuring it",
            "wa_app_agent",
            "start",
            "WaAppAgent starts the guest agent only when it has installed or checked it, and configured it",
            change("install_guest_agent", to="launching"),
        ),
        _mistake(
            "WaAppAgent does not look whether the guest agent is installed",
            "wa_app_agent",
            "start",
            "WaAppAgent configures the guest agent only when it has installed it or found the newest one there",
            change("guest_booted", to="configuring"),
        ),
        _mistake(
            "WaAppAgent does not start a guest agent again that crashed",
            "wa_app_agent",
            "start",
            "a guest agent that is gone while its guest runs is started again",
            change("start_guest_agent", "launching", source="launching"),
            drop("start_guest_agent", "relaunching"),
        ),
        _mistake(
            "the guest agent leaves the access control lists out",
            "guest_agent",
            "start",
            SET_UP,
            change("create_local_storage", source=("configuring.acls", "configuring.local_storage")),
        ),
        _mistake(
            "the guest agent leaves the account of the role out",
            "guest_agent",
            "start",
            SET_UP,
            change(
                "copy_configuration",
                only="goal == configuration",
                source=("configuring.account", "copying_configuration"),
            ),
        ),
        _mistake(
            "the guest agent starts the bootstrapper without copying the configuration",
            "guest_agent",
            "start",
            "the configuration file is copied to C:\\Config before the bootstrapper starts",
            change("set_up_account", to="ready_to_start"),
            change("start_bootstrapper", when="goal == reached or goal == configuration"),
            drop("goal_state_changed", "ready_to_start", when="goal == configuration"),
            drop("copy_configuration", when="goal == applied"),
        ),
        _mistake(
            "the guest agent finds bootstrappers and never starts one",
            "guest_agent",
            "start",
            "when the bootstrapper has ended the guest agent starts it again, unless the role is to stop",
            drop("start_bootstrapper"),
        ),
        _mistake(
            "the guest agent starts a second bootstrapper after its own crash",
            "host_bootstrapper",
            "start",
            "only one bootstrapper runs at a time",
            *(
                edit
                for state in (
                    "reading",
                    "clearing",
                    "configuring_sites",
                    "tasks",
                    "starting_host",
                    "monitoring",
                    "stopping",
                    "exiting",
                )
                for edit in (
                    change("no_bootstrapper_found", state, Answer.REFUSES, answer=Answer.IGNORES),
                    add(ignores("start_bootstrapper", state)),
                )
            ),
        ),
        _mistake(
            "IISConfigurator sets permissions where it does not run",
            "iis_configurator",
            "start",
            "IISConfigurator does nothing where it does not run",
            add(does("set_permissions", "absent")),
        ),
        _mistake(
            "WaIISHost calls OnStart where it does not run",
            "iis_host",
            "start",
            "WaIISHost does nothing where it does not run",
            add(does("on_start_called", "absent")),
        ),
        _mistake(
            "WaWebHost calls OnStart where it does not run",
            "web_host",
            "HWC",
            "WaWebHost does nothing where it does not run",
            add(does("on_start_called", "absent")),
        ),
        _mistake(
            "the guest agent forgets that Run can return",
            "guest_agent",
            "start",
            LOST,
            drop("run_returns", "running"),
        ),
        _mistake(
            "the guest agent reports Ready although the role is busy",
            "guest_agent",
            "start",
            "the fabric is told Ready only when the role is",
            change("report_ready", when="reported == busy"),
        ),
        _mistake(
            "the guest agent reports not Ready although the role is Ready",
            "guest_agent",
            "start",
            "the fabric is told not Ready only when the role is",
            change("report_not_ready", when="reported == ready"),
        ),
        _mistake(
            "the guest agent takes its time to report a change of the status",
            "guest_agent",
            "start",
            "a change of the role's status is reported to the fabric before the minute is over",
            drop(TICK, "answered", Answer.REFUSES),
            change(TICK, "answered", Answer.ON, when=""),
        ),
        _mistake(
            "the guest agent does not notice that a status check is not answered",
            "guest_agent",
            "start",
            LEAVES,
            change("status_check_unanswered", "running", then=""),
        ),
        _mistake(
            "the guest agent sets a new package up while the role still runs",
            "guest_agent",
            "operations",
            LOST,
            change("stop_role", when="goal == stop"),
            add(does("stop_role", "supervising", "configuring.package", when="goal == package", then="status := busy")),
            *(drop(event, "stopping_role", when="goal != stop") for event in STACK_DOWN),
        ),
        _mistake(
            "a role that was told to stop may become Ready again",
            "guest_agent",
            "operations",
            "an instance that is to be stopped can always get there",
            drop("status_check", "running", Answer.IGNORES),
            drop("role_ready", "running", Answer.IGNORES),
            change("status_check", "running", Answer.ON, when=""),
            change("role_ready", "running", Answer.ON, when=""),
        ),
    )


def _bootstrapper() -> tuple[Mistake, ...]:
    return (
        _mistake(
            "the bootstrapper starts a startup task before it has read the role model",
            "host_bootstrapper",
            "worker",
            "WaHostBootstrapper reads the role model before it starts anything",
            change("start_worker_host", "starting_host", source=("reading", "starting_host")),
        ),
        _mistake(
            "the bootstrapper starts the host process before the last simple task",
            "host_bootstrapper",
            "start",
            LAST_SIMPLE,
            change("startup_tasks_done", when="task == 2"),
        ),
        _mistake(
            "the bootstrapper does not wait for a simple task",
            "host_bootstrapper",
            "start",
            LAST_SIMPLE,
            change("start_task_2", to=None),
        ),
        _mistake(
            "the bootstrapper takes a failed simple task for a success",
            "host_bootstrapper",
            "start",
            LAST_SIMPLE,
            change("task_2_fails", "tasks.waiting", to="tasks.launching"),
        ),
        _mistake(
            "the bootstrapper takes exit code 3010 for a success",
            "host_bootstrapper",
            "start",
            LAST_SIMPLE,
            change("task_2_exits_3010", "tasks.waiting", to="tasks.launching"),
        ),
        _mistake(
            "the bootstrapper begins with the second startup task",
            "host_bootstrapper",
            "start",
            "startup task 0 (agent.exe) is started before anything after it",
            change("start_task_0", when="task == 1"),
            change("start_task_1", when="task == 0"),
            change("start_task_0", then="task := 2"),
            change("start_task_1", then="task := 1"),
        ),
        _mistake(
            "the bootstrapper runs the role's own startup task before that of the plugin",
            "host_bootstrapper",
            "start",
            PLUGIN_FIRST,
            change("start_task_0", when="task == 2", then="task := 3"),
            change("start_task_2", when="task == 0", then="task := 1"),
        ),
        _mistake(
            "the bootstrapper starts without deleting the old AppPools",
            "host_bootstrapper",
            "start",
            "the old AppPools are deleted before new ones are set up",
            also=[
                Agent(
                    "host_bootstrapper",
                    [add(does("start_iis_configurator", "clearing.starting", "tasks"))],
                    gone=("clearing.telling", "clearing.waiting"),
                ),
                Agent("iis_configurator", [change("configure_sites", "cleared", source=("ready", "cleared"))]),
            ],
        ),
        _mistake(
            "the bootstrapper runs the startup tasks while the old AppPools are still there",
            "host_bootstrapper",
            "start",
            "the old AppPools are deleted before the startup tasks",
            change("start_task_0", "tasks.launching", source=("clearing.telling", "tasks.launching")),
        ),
        _mistake(
            "the bootstrapper configures the sites before the startup tasks",
            "host_bootstrapper",
            "start",
            "sites are configured only when the startup tasks are done",
            change("app_pools_deleted", "clearing.waiting", to="configuring_sites"),
            change("sites_configured", to="tasks"),
            change("startup_tasks_done", to="starting_host"),
        ),
        _mistake(
            "the bootstrapper starts the host process before the sites are there",
            "host_bootstrapper",
            "start",
            START_ORDER,
            change("start_iis_host", "starting_host", source=("configuring_sites.waiting", "starting_host")),
        ),
        Mistake(
            "the bootstrapper of a worker role starts WaWebHost",
            "host_bootstrapper",
            "worker",
            (
                InsteadOf(
                    "worker_host",
                    "web_host",
                    web_host(("client_request",), 1),
                    (("start_worker_host", START_WEB_HOST),),
                ),
            ),
            "the host process is the one that fits the kind of role, and no other",
        ),
        _mistake(
            "a bootstrapper whose child has ended lingers on",
            "host_bootstrapper",
            "start",
            "a bootstrapper whose child has ended is gone before the minute is over",
            change(TICK, "exiting", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "the bootstrapper does not monitor the host process",
            "host_bootstrapper",
            "start",
            LOST,
            drop("host_exits", "monitoring"),
        ),
        _mistake(
            "the bootstrapper never raises StatusCheck",
            "host_bootstrapper",
            "start",
            "the status of a role that is not to stop can always be checked again: StatusCheck is raised for ever",
            drop("status_check"),
        ),
        _mistake(
            "the bootstrapper gives up a role that does not answer a status check",
            "host_bootstrapper",
            "start",
            "a role that merely hangs is left alone: neither its processes nor the VM are restarted for it",
            change("status_check_unanswered", "watching", to="exiting"),
        ),
        _mistake(
            "the bootstrapper hangs when it should exit",
            "host_bootstrapper",
            "start",
            "a bootstrapper that exits takes the host process with it",
            drop("bootstrapper_exits"),
        ),
        _mistake(
            "StatusCheck is not raised in w3wp",
            "host_bootstrapper",
            "start",
            "a status check in WaIISHost is raised in w3wp too, before the next one and before the minute is over",
            change("status_check", "watching", to=None),
        ),
        _mistake(
            "Changed is not raised in w3wp before the minute is over",
            "host_bootstrapper",
            "operations",
            "Changed in WaIISHost is raised in w3wp too, before the minute is over",
            change(TICK, "monitoring.changed_in_w3wp", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "Changed is raised before the new configuration is applied",
            "host_bootstrapper",
            "operations",
            "Changed is raised only when the new configuration has been applied",
            change("changed_raised", "raising_changed", source=("awaiting_configuration", "raising_changed")),
        ),
        _mistake(
            "the guest agent applies a new configuration without announcing it",
            "guest_agent",
            "operations",
            "Changing is raised before a change is accepted, applied and Changed raised",
            add(does("apply_configuration", "supervising", when="goal == configuration", then="goal := applied")),
            also=[
                Agent(
                    "host_bootstrapper",
                    [add(on("apply_configuration", "watching", "raising_changed"))],
                ),
                Agent(
                    "iis_host",
                    [
                        change(
                            "changed_raised",
                            "awaiting_configuration",
                            source=("running.ready", "awaiting_configuration"),
                        ),
                    ],
                ),
            ],
        ),
        _mistake(
            "OnStop is cut short: the bootstrapper kills the process at once",
            "host_bootstrapper",
            "operations",
            ON_STOP,
            also=[
                Agent(
                    "iis_host",
                    [
                        drop("kill_host", "on_stop", Answer.REFUSES),
                        change("kill_host", "on_stop", Answer.ON, when=""),
                    ],
                )
            ],
        ),
    )


def _tasks() -> tuple[Mistake, ...]:
    return (
        _mistake(
            "the bootstrapper waits for the end of a plugin's agent, which is meant to stay",
            "host_bootstrapper",
            "start",
            "the role can become Ready",
            change("start_task_0", to="tasks.waiting"),
            add(on("task_0_ends", "tasks.waiting", "tasks.launching"), ignores("task_0_ends")),
        ),
        _mistake(
            "a simple task never ends",
            "startup_task_1",
            "operations",
            "startup task 1 (setup.cmd) can't block the role for ever",
            drop("task_1_succeeds"),
        ),
        _mistake(
            "the /blockStartup task does not wait for its partner",
            "startup_task_0",
            "start",
            PARTNER_READY,
            change("task_1_succeeds", "initialising", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        Mistake(
            "the background task and its /blockStartup partner know nothing of each other",
            "startup_task_0",
            "start",
            (Agent("startup_task_0", forgets=frozenset({"task_1_succeeds"})),),
            PARTNER_READY,
        ),
        _mistake(
            "the /blockStartup task ends although its partner has died",
            "startup_task_0",
            "start",
            "startup task 1 (agent.exe /blockStartup) ends only while its background partner is alive",
            change("task_1_succeeds", "dead", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a background task is waited for until it has initialised",
            "startup_task_0",
            "start",
            "a background or foreground task is never waited for: the next one can be started at once",
            add(refuses("start_task_1", "initialising"), ignores("start_task_1", ("idle", "working"))),
        ),
        _mistake(
            "a startup task that hangs stops the clock",
            "startup_task_2",
            "start",
            TIME,
            add(refuses(TICK, "hung"), ignores(TICK, ("idle", "running"))),
        ),
        _mistake(
            "a startup task survives the end of the bootstrapper that started it",
            "startup_task_2",
            "start",
            LOST,
            drop("bootstrapper_crashes"),
            add(ignores("bootstrapper_crashes")),
        ),
    )


def _iis() -> tuple[Mistake, ...]:
    return (
        Mistake(
            "a worker role has an IISConfigurator",
            "iis_configurator",
            "worker",
            (Beside("iis_configurator", Statechart("iis_configurator", (State("waiting"),), "waiting")),),
            "IISConfigurator and w3wp are for full-IIS web roles only",
        ),
        Mistake(
            "an HWC web role has a w3wp",
            "w3wp",
            "HWC",
            (Beside("w3wp", Statechart("w3wp", (State("waiting"),), "waiting")),),
            "IISConfigurator and w3wp are for full-IIS web roles only",
        ),
        Mistake(
            "a full-IIS web role runs its site in WaWebHost as well",
            "web_host",
            "start",
            (Beside("web_host", Statechart("web_host", (State("waiting"),), "waiting")),),
            "the role has an IISConfigurator and a w3wp, and neither hosts the entry point",
        ),
        _mistake(
            "IISConfigurator leaves the permissions out",
            "iis_configurator",
            "start",
            SITES,
            change("sites_configured", "configured", source=("permissions", "configured")),
        ),
        _mistake(
            "IISConfigurator sets the AppPool up before the rewrite module",
            "iis_configurator",
            "start",
            SITES,
            change("start_iis_services", to="site_0"),
            change("configure_rewrite_module", "rewrite_module", source="site_0", to="logging"),
            change("set_up_app_pool_0", to="rewrite_module"),
            change("configure_rewrite_module", source="rewrite_module"),
        ),
        _mistake(
            "w3wp is started without a request",
            "w3wp",
            "start",
            "w3wp is started only by a web request",
            change("w3wp_started", "starting", source=("site", "starting")),
        ),
        _mistake(
            "a request is served before w3wp is started",
            "w3wp",
            "start",
            "a request is served only by a w3wp that was started",
            change("request_served", "serving", source=("starting", "serving")),
        ),
        _mistake(
            "w3wp outlives its AppPool",
            "w3wp",
            "start",
            "w3wp runs only an AppPool that IISConfigurator has set up",
            change("app_pools_deleted", ROOT, to=None),
        ),
        _mistake(
            "Windows never lets w3wp come up",
            "guest_os",
            "start",
            "the request for which w3wp is started can be served",
            change("w3wp_started", "running", Answer.IGNORES, answer=Answer.REFUSES),
        ),
        _mistake(
            "w3wp is passed over although it runs",
            "w3wp",
            "start",
            "w3wp is passed over only when there is none",
            *(
                change("no_w3wp_to_check", state, Answer.REFUSES, answer=Answer.IGNORES)
                for state in ("starting", "serving", "idle")
            ),
        ),
    )


def _role() -> tuple[Mistake, ...]:
    return (
        _mistake(
            "Run is invoked before OnStart has returned",
            "iis_host",
            "start",
            LIFE,
            change("run_invoked", "started", source=("on_start", "started")),
        ),
        _mistake(
            "the role is Ready while OnStart runs",
            "iis_host",
            "start",
            LIFE,
            change("role_ready", "invoked", source=("on_start", "invoked"), to="running.ready"),
        ),
        _mistake(
            "the role is Ready without Run",
            "iis_host",
            "start",
            LIFE,
            change("role_ready", "invoked", source=("started", "invoked"), to="running.ready"),
        ),
        _mistake(
            "Ready does not follow Run at once",
            "iis_host",
            "start",
            "Ready follows Run at once, whether or not Run ever returns",
            change(TICK, "invoked", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "OnStop is called after OnStart returned false",
            "iis_host",
            "start",
            FAREWELL,
            change("on_start_returned_false", to="stopping"),
        ),
        _mistake(
            "OnStop is called after Run has thrown",
            "iis_host",
            "start",
            FAREWELL,
            change("run_throws", "running.ready", to="stopping.stopping_raised"),
        ),
        _mistake(
            "OnStop is called for a role that never ran",
            "iis_host",
            "operations",
            "OnStop is called only after Run was invoked",
            change("stop_host", "started", to="stopping"),
        ),
        _mistake(
            "OnStop is called without Stopping",
            "iis_host",
            "operations",
            "Stopping is raised before OnStop is called",
            change("on_stop_called", "stopping.stopping_raised", source=("leaving", "stopping.stopping_raised")),
        ),
        _mistake(
            "a role whose handler sets Busy is stopped",
            "iis_host",
            "start",
            "OnStop is called only for a role that was told to stop, returned from Run, or refused a change",
            change("handler_sets_busy", to="stopping"),
            change("status_check", "running.ready", to="running.busy"),
        ),
        _mistake(
            "OnStop has no limit",
            "iis_host",
            "start",
            ON_STOP,
            *(
                edit
                for state in ("on_stop", "on_stop_hung")
                for edit in (
                    drop(TICK, state, Answer.REFUSES),
                    change(TICK, state, Answer.ON, when="", then="minutes := min(minutes + 1, 1)"),
                )
            ),
        ),
        _mistake(
            "OnStop has 10 minutes",
            "iis_host",
            "start",
            ON_STOP,
            also=[InsteadOf("iis_host", "iis_host", iis_host(2))],
        ),
        _mistake(
            "the host process goes on when its bootstrapper has crashed",
            "iis_host",
            "start",
            "the host process never runs without its bootstrapper",
            drop("bootstrapper_crashes"),
            add(ignores("bootstrapper_crashes")),
        ),
        _mistake(
            "StatusCheck is raised on a process that does not run yet",
            "iis_host",
            "start",
            "StatusCheck is raised only on a host process that runs",
            change("status_check", "on_start", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "WaWebHost loads the entry point without the warm-up request",
            "web_host",
            "HWC",
            "WaWebHost issues the warm-up request before OnStart",
            change("entry_point_loaded", "loading", source=("warming_up", "loading")),
        ),
        _mistake(
            "a request counts as served although the host process is gone",
            "web_host",
            "HWC",
            "the host process serves requests itself, and only once Run was invoked",
            change("client_request", ROOT, Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a worker serves requests although it is gone",
            "worker_host",
            "worker",
            "the host process serves requests itself, and only once Run was invoked",
            change("client_request", ROOT, Answer.REFUSES, answer=Answer.IGNORES),
        ),
    )


def _rotation() -> tuple[Mistake, ...]:
    return (
        _mistake(
            "an instance gets traffic that was started before its addresses and ports were known",
            "rotation",
            "worker",
            "an instance is probed, enters the rotation and gets requests only while it has an address",
            change("enter_rotation", "out", source=("unconfigured", "out")),
            also=[Agent("host_agent", [change("start_guest", "starting", source=("no_guest", "starting"))])],
        ),
        _mistake(
            "the guest agent answers the probe with 200 although the role is not Ready",
            "guest_agent",
            "start",
            "an instance enters the rotation only while it is Ready",
            drop("enter_rotation", "running", Answer.REFUSES),
            change("enter_rotation", "running", Answer.ON, when=""),
        ),
        _mistake(
            "an instance enters the rotation before Run",
            "guest_agent",
            "start",
            RUN_FIRST,
            drop("enter_rotation", "running", Answer.REFUSES),
            change("enter_rotation", "running", Answer.ON, when=""),
        ),
        Mistake(
            "the load balancer asks nobody before it lets an instance in",
            "guest_agent",
            "start",
            (
                Agent("guest_agent", forgets=frozenset({"enter_rotation"})),
                Agent("guest_os", forgets=frozenset({"enter_rotation"})),
            ),
            RUN_FIRST,
        ),
        _mistake(
            "a minute may pass without a probe",
            "rotation",
            "start",
            "there is a probe in every minute",
            *(
                edit
                for tick in TICKS
                for state in ("out", "in_rotation")
                for edit in (drop(tick, state, Answer.REFUSES), change(tick, state, Answer.ON, when=""))
            ),
        ),
        Mistake(
            "Stopping is raised while the instance still gets traffic",
            "rotation",
            "start",
            (Agent("rotation", forgets=frozenset({"stopping_raised"})),),
            "Stopping is raised only when the instance has left the rotation",
        ),
        _mistake(
            "a custom probe is answered before Run",
            "worker_host",
            "custom probe",
            RUN_FIRST + " (custom probe)",
            drop("enter_rotation", ROOT, Answer.REFUSES),
            add(ignores("enter_rotation", ROOT)),
        ),
        _mistake(
            "a minute may pass without a custom probe",
            "rotation",
            "custom probe",
            "there is a probe in every minute (custom probe)",
            *(
                edit
                for tick in TICKS
                for state in ("out", "in_rotation")
                for edit in (drop(tick, state, Answer.REFUSES), change(tick, state, Answer.ON, when=""))
            ),
        ),
    )


@cache
def _hidden() -> tuple[Mistake, ...]:
    """Mistakes that leave each order of events intact and show only in what follows."""
    return (
        _mistake(
            "the fabric does not heal: an instance whose host failed stays where it was",
            "placement",
            "start",
            "an instance that counts as placed has a host agent at work for it",
            drop("host_fails", "placed.starting"),
            drop("host_fails", "placed.started"),
            add(ignores("host_fails", "placed")),
        ),
        _mistake(
            "the fabric forgets to look for another host once the first has failed",
            "placement",
            "start",
            "an operation of the fabric can always come to its end",
            change("host_fails", "placed.starting", only="awaits != start", to="stopping.waiting"),
        ),
        _mistake(
            "the fabric waits for ever for an instance to start in an update",
            "placement",
            "worker with faults",
            "an operation of the fabric can always come to its end",
            change("update_domain_0_done", kind=Answer.REFUSES, when="awaits != nothing"),
            change("update_domain_0_done", kind=Answer.ON, when="awaits == nothing"),
            change("configure_domain_0_done", kind=Answer.REFUSES, when="awaits != nothing"),
            change("configure_domain_0_done", kind=Answer.ON, when="awaits == nothing"),
        ),
        _mistake(
            "the guest is rebooted without being asked for",
            "host_agent",
            "operations",
            "the host agent carries out a reboot only when the fabric ordered it, and once",
            change(
                "reboot_guest",
                "in_contact.role_stopped",
                source=("steady", "in_contact.role_stopped"),
                when="order != none or order == none",
            ),
        ),
        _mistake(
            "the guest is reimaged without being asked for",
            "host_agent",
            "operations",
            "the host agent carries out a reimage only when the fabric ordered it, and once",
            change(
                "reimage_guest",
                "in_contact.role_stopped",
                source=("steady", "in_contact.role_stopped"),
                when="order != none or order == none",
            ),
        ),
        _mistake(
            "the guest is switched off without being asked for",
            "host_agent",
            "operations",
            "the host agent carries out a stop only when the fabric ordered it, and once",
            change(
                "stop_guest",
                "in_contact.role_stopped",
                source=("steady", "in_contact.role_stopped"),
                when="order != none or order == none",
            ),
        ),
        _mistake(
            "the guest is rebooted at once, without Stopping and OnStop",
            "host_agent",
            "operations",
            "a guest that was in contact goes down by order only when the guest agent has said that its role stopped",
            change("reboot_guest", "in_contact.role_stopped", source=("steady", "in_contact.role_stopped")),
        ),
        _mistake(
            "the guest agent does not start a bootstrapper again that crashed",
            "guest_agent",
            "start",
            "the guest agent notices the end of the bootstrapper that it supervises",
            change("bootstrapper_crashes", "supervising", only="goal != configuration", to=None),
        ),
        _mistake(
            "the bootstrapper waits for a background task to end",
            "host_bootstrapper",
            "operations",
            "startup task 0 (watch.exe) is not waited for",
            change("start_task_0", to="tasks.waiting"),
            add(on("task_0_ends", "tasks.waiting", "tasks.launching"), ignores("task_0_ends")),
        ),
        _mistake(
            "the plugin's agent ends with the startup tasks",
            "startup_task_0",
            "start",
            "startup task 0 (agent.exe) is a plugin's agent: it stays alive after the "
            "startup tasks, unless a fault ends it",
            add(on("startup_tasks_done", "working", "idle"), ignores("startup_tasks_done", ("idle", "initialising"))),
        ),
        _mistake(
            "the guest agent answers the probe of a Ready role with an error",
            "guest_agent",
            "start",
            "the probe of an instance that is Ready is answered",
            drop("probe_not_ready", "running", kind=Answer.REFUSES),
            add(ignores("probe_not_ready", "running", when="status == ready")),
        ),
        _mistake(
            "the fabric waits for ever once an instance has not started within 30 minutes",
            "placement",
            "worker with faults",
            "an update goes on when the instance has it and said so, or after 30 minutes, and never later",
            drop("tick", kind=Answer.REFUSES),
            drop("tick_while_down", kind=Answer.REFUSES),
            add(ignores(("tick", "tick_while_down"), when="awaits != nothing and waited == 6")),
        ),
        _mistake(
            "a role whose Run returned ends without Stopping and OnStop",
            "iis_host",
            "start",
            "a role that was up and recycles, or is told to stop, sees OnStop called before its process ends",
            change("run_returns", "running.ready", to="exiting"),
            change("run_returns", "running.busy", to="exiting"),
        ),
        _mistake(
            "an instance stays in rotation when the probe says not Ready",
            "rotation",
            "start",
            "an instance that left the rotation gets no traffic until it enters again",
            change("leave_rotation_not_ready", to=None),
        ),
        _mistake(
            "an instance stays in rotation when its guest does not answer",
            "rotation",
            "start",
            "an instance that left the rotation gets no traffic until it enters again",
            change("leave_rotation_timeout", to=None),
        ),
    )


def _orders() -> tuple[Mistake, ...]:
    """Mistakes in what the fabric orders, and in what becomes of it."""
    given = "an order to the host agent ({}) is given only when the user's request has come to the instance"
    can = "{} that the user asks for can come about"
    return (
        *(
            _mistake(
                f"the fabric controller leaves the last upgrade domain out of {what}",
                "fabric_controller",
                "two instances",
                f"{what} walks all upgrade domains, one after the other, and is over when the last one is done",
                change(f"{event}_domain_0_done", to="finishing", then="domain := 0"),
                drop(f"{event}_domain_1"),
                drop(f"{event}_domain_1_done"),
            )
            for what, event in (("an update", "update"), ("a configuration change", "configure"))
        ),
        _mistake(
            "the fabric moves an instance that has nothing wrong with it",
            "placement",
            "start",
            "a host is looked for once in a deployment, and again only when the one that was found is lost or given up",
            change("free_cores_found", "allocating", source=("allocating", "placed.started")),
        ),
        *(
            _mistake(
                f"the fabric orders the host agent ({kind}) unasked",
                "placement",
                "operations",
                given.format(kind),
                change(f"order_{kind}", when=f"(order == none or order == {kind}) and not host_agent_down"),
            )
            for kind in ("reboot", "reimage", "configuration", "package")
        ),
        *(
            _mistake(
                f"the fabric controller chooses an instance for a {kind} when the user asked for a {asked}",
                "fabric_controller",
                "operations",
                f"an instance is chosen for a {kind} only when the user has asked for one",
                change(f"R_IN_0/chosen_for_{kind}", kind=Answer.ON, source=state),
                drop(f"R_IN_0/chosen_for_{kind}", kind=Answer.REFUSES),
            )
            for kind, asked, state in (("reboot", "reimage", "reimaging"), ("reimage", "reboot", "rebooting"))
        ),
        _mistake(
            "the fabric orders the host agent (stop) unasked",
            "placement",
            "operations",
            given.format("stop"),
            change("order_stop", source=("stopping.telling", "placed.started")),
        ),
        *(
            _mistake(
                f"the host agent hands a new {kind} on that nobody ordered",
                "host_agent",
                "operations",
                f"a new {kind} is handed to the guest agent only when the fabric ordered it",
                change(f"deliver_{kind}", when=f"order == none or order == {kind}"),
            )
            for kind in ("configuration", "package")
        ),
        _mistake(
            "the host agent tells the guest agent to stop the role whatever the order is",
            "host_agent",
            "operations",
            "the guest agent is told to stop the role only when the fabric ordered it, or a reboot or reimage",
            change("deliver_stop", when="order != none"),
        ),
        _mistake(
            "the host agent does not reboot a guest whose role has stopped",
            "host_agent",
            "operations",
            "an order that the host agent has can always be carried out",
            drop("reboot_guest", "in_contact.role_stopped"),
        ),
        *(
            _mistake(
                f"the fabric never gives the order to {kind}",
                "placement",
                "operations",
                can.format(f"a {kind}"),
                drop(f"order_{kind}"),
            )
            for kind in ("reboot", "reimage")
        ),
        _mistake(
            "the host agent never switches a guest off",
            "host_agent",
            "operations",
            can.format("a stop"),
            drop("stop_guest"),
        ),
        _mistake(
            "the host agent keeps new packages to itself",
            "host_agent",
            "operations",
            can.format("an update"),
            drop("deliver_package"),
        ),
        _mistake(
            "the guest agent never applies a configuration in place",
            "guest_agent",
            "operations",
            can.format("a configuration change"),
            drop("apply_configuration"),
        ),
    )


def _records() -> tuple[Mistake, ...]:
    """Mistakes in what the fabric and its front ends know, and in what they wait for."""
    return (
        _mistake(
            "the fabric controller begins with the second upgrade domain while the first is not done",
            "fabric_controller",
            "fabric",
            "an update has the instances of one upgrade domain in hand at a time",
            change("update_domain_0", to="updating.telling", then="domain := 1"),
            change("update_domain_0_done", when="domain == 1"),
        ),
        _mistake(
            "the fabric controller leaves the second of three upgrade domains out",
            "fabric_controller",
            "fabric",
            "an update walks all upgrade domains, one after the other, and is over when the last one is done",
            change("update_domain_0_done", then="domain := 2"),
            drop("update_domain_1"),
            drop("update_domain_1_done"),
        ),
        _mistake(
            "RDFE takes a second request and forgets it",
            "rdfe",
            "operations",
            "RDFE takes the next request when the operation before it is over",
            change("request_reboot", "under_way", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "FFE keeps a request when it has given the command",
            "ffe",
            "operations",
            "RDFE and FFE can always come to where they take the next request",
            change("command_update_package", to=None),
        ),
        _mistake(
            "no other replica of FFE takes over",
            "ffe",
            "start",
            "RDFE and FFE can always come to where they take the next request",
            drop("ffe_fails_over"),
        ),
        _mistake(
            "a deployment is over before the instance has a host",
            "placement",
            "start",
            "an operation is over only when the instance has done its part: placed, or stopped",
            change("operation_finished", "allocating", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "an instance is started with the package before, which was on its host already",
            "placement",
            "operations",
            "an instance starts with the package and the configuration that were newest when it was deployed",
            change("update_domain_0", "instructing", to=None),
        ),
        *(
            _mistake(
                f"the host agent drops a new {kind} for a guest that has not answered yet",
                "host_agent",
                "operations",
                f"an instance that is waited for to get a new {kind} gets it: its order is given, or still to be given",
                change(f"order_{kind}", "first_contact", Answer.REFUSES, answer=Answer.IGNORES),
            )
            for kind in ("package", "configuration")
        ),
        *(
            _mistake(
                f"the fabric's record waits on although the walk has gone on ({kind})",
                "placement",
                "operations",
                f"an instance is waited for only while the walk waits for its domain ({kind})",
                change(f"{event}_domain_0_done", kind=Answer.ON, then=""),
            )
            for kind, event in (("package", "update"), ("configuration", "configure"))
        ),
        _mistake(
            "a host agent that crashed before it started its guest never does",
            "host_agent",
            "start",
            "a host agent that crashed is at work again for an instance that is placed",
            change("restart_host_agent", "crashed.before_start", to=None),
        ),
        _mistake(
            "the fabric does not learn that a guest was restarted",
            "placement",
            "start",
            "the fabric counts an instance as started only while the role's last report was Ready",
            change("restart_guest", "placed.started", to=None),
        ),
        _mistake(
            "the fabric does not note that the role is not Ready any more",
            "placement",
            "start",
            "the fabric counts an instance as started only while the role's last report was Ready",
            change("report_not_ready", "placed", to=None),
        ),
        _mistake(
            "the fabric notes Ready only at the end of an update",
            "placement",
            "start",
            "the fabric counts an instance as started when its role has reported Ready, unless an update or a stop "
            "concerns it",
            change("report_ready", "placed", only="awaits != start", to=None),
        ),
        _mistake(
            "WaAppAgent takes a guest agent that is gone for running",
            "guest_agent",
            "start",
            "WaAppAgent finds a guest agent only where one runs",
            change("guest_agent_found", "absent", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "WaAppAgent takes a guest agent that runs for gone",
            "guest_agent",
            "start",
            "WaAppAgent misses the guest agent only where none runs",
            change("guest_agent_missing", "running", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "WaAppAgent looks for the guest agent for ever",
            "wa_app_agent",
            "start",
            "WaAppAgent watches the guest agent again after its own restart",
            change("guest_agent_found", to=None),
        ),
        _mistake(
            "a guest agent that was restarted does not supervise the bootstrapper that it finds",
            "guest_agent",
            "start",
            "a guest agent that was started finds out what to do, start the role or supervise the one that runs, or "
            "its guest is on its way out",
            change("bootstrapper_found", to=None),
        ),
        _mistake(
            "the guest agent takes a configuration that it has applied for a new one",
            "guest_agent",
            "operations",
            "a configuration is announced to the role only when it was delivered, and not again once it is applied",
            change("apply_configuration", only="goal == configuration", then=""),
        ),
        _mistake(
            "the guest agent finds a bootstrapper where none is",
            "host_bootstrapper",
            "start",
            "the guest agent finds a bootstrapper only where one runs",
            change("bootstrapper_found", "absent", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "the guest agent overlooks the bootstrapper that runs",
            "host_bootstrapper",
            "start",
            "the guest agent finds no bootstrapper only where none runs",
            change("no_bootstrapper_found", "monitoring", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "the bootstrapper goes on waiting for a simple task that has failed",
            "host_bootstrapper",
            "start",
            "startup task 2 (setup.cmd) has not ended as long as the bootstrapper waits for it: "
            "a failure is noticed at once",
            change("task_2_fails", "tasks.waiting", to=None),
        ),
        _mistake(
            "the bootstrapper goes on waiting for an IISConfigurator that has failed",
            "host_bootstrapper",
            "start",
            "IISConfigurator is there as long as the bootstrapper waits for it: a failure is noticed at once",
            change("iis_configurator_fails", "configuring_sites.waiting", to=None),
        ),
        _mistake(
            "a guest agent that has applied a configuration does not go on supervising",
            "guest_agent",
            "operations",
            "a change of the configuration that was announced comes to its end, unless the role hangs",
            change("apply_configuration", only="goal == configuration", to=None),
        ),
    )


def _goal_states() -> tuple[Mistake, ...]:
    """Mistakes in how the guest agent follows its goal state."""
    return (
        _mistake(
            "the guest agent drops a new package",
            "guest_agent",
            "operations",
            "a new package that was delivered is not forgotten: it is still to be set up, or the role to be reported",
            change("deliver_package", "running", Answer.ON, when="goal != stop and goal != reached"),
            add(ignores("deliver_package", "running", when="goal == reached")),
        ),
        _mistake(
            "the guest agent does not report a role that is back with its new package within the minute",
            "guest_agent",
            "operations",
            "a new package that was delivered is not forgotten: it is still to be set up, or the role to be reported",
            change("set_up_package", only="goal == package", when="goal == package"),
        ),
        _mistake(
            "the guest agent drops a new configuration",
            "guest_agent",
            "operations",
            "a new configuration that was delivered is not forgotten: it is still to be put in place, or reported",
            change("deliver_configuration", "running", Answer.ON, when="goal == applied"),
            add(ignores("deliver_configuration", "running", when="goal == reached")),
        ),
        _mistake(
            "the guest agent starts the role again without its new package",
            "guest_agent",
            "operations",
            "a new package that was delivered is set up before the role is started again or reported Ready",
            *(change(event, "stopping_role", only="goal != stop", to="ready_to_start") for event in STACK_DOWN),
            change("start_bootstrapper", when="goal == reached or goal == package"),
            drop("goal_state_changed", "ready_to_start", when="goal == package"),
        ),
        _mistake(
            "the guest agent leaves the certificates of a new package out",
            "guest_agent",
            "operations",
            "each package is followed by its certificates, the account and the configuration file, each once, and then "
            "by the bootstrapper",
            change("set_up_package", only="goal == package", to="copying_configuration"),
        ),
        _mistake(
            "the guest agent sets the guest OS up anew after every end of the bootstrapper",
            "guest_agent",
            "start",
            "a bootstrapper that ended is started again from step 5 or 6: the guest OS is not set up anew",
            *(change(event, "supervising", only="goal != configuration", to="configuring") for event in STACK_DOWN),
        ),
        _mistake(
            "the guest agent starts the role although the host agent has not heard from it",
            "guest_agent",
            "start",
            "a role is started only in a guest that the host agent has heard from",
            change("no_bootstrapper_found", when="in(answered) or in(unheard)"),
        ),
        _mistake(
            "WaAppAgent takes the guest agent for installed on a disk that is new",
            "wa_app_agent",
            "start",
            "a guest agent is updated, or found to be the newest, only where it was installed",
            change("host_fails", then=""),
        ),
        _mistake(
            "WaAppAgent takes its time with a guest agent that has crashed",
            "wa_app_agent",
            "start",
            "a guest agent that WaAppAgent saw crash is started again before the minute is over",
            change(TICK, "relaunching", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a change that the role cancels is applied by nobody: the role is started with the configuration before",
            "guest_agent",
            "worker with faults",
            "a configuration that the role cancels is not applied in place: it recycles, and starts with it",
            *(
                change(event, state, only="goal == configuration or", to="ready_to_start")
                for event in STACK_DOWN
                for state in ("supervising", "changing")
            ),
            change("start_bootstrapper", when="goal == reached or goal == configuration"),
            drop("goal_state_changed", "ready_to_start", when="goal == configuration"),
        ),
    )


def _recoveries() -> tuple[Mistake, ...]:
    """Mistakes in what a role that is not well leads to."""
    return (
        _mistake(
            "the host agent restarts the guest OS of a role that does not answer a status check",
            "host_agent",
            "start",
            "a role that merely hangs is left alone: neither its processes nor the VM are restarted for it",
            add(
                on("status_check_unanswered", "guest.in_contact", then="silence := 2"),
                ignores("status_check_unanswered", ROOT),
            ),
        ),
        _mistake(
            "an entry point that was missing is there at the next start",
            "iis_host",
            "start",
            "a package without an entry point ends its process at every start, until a package is set up again",
            change("entry_point_loaded", when=""),
        ),
        _mistake(
            "a host process without an entry point lingers on at its second start",
            "iis_host",
            "start",
            "a host process that was started loads its entry point, or ends",
            drop("entry_point_still_missing"),
        ),
        _mistake(
            "a role whose Run has thrown goes on",
            "iis_host",
            "start",
            FAREWELL,
            change("run_throws", "running.ready", to=None),
        ),
        _mistake(
            "a status check of a process that runs may go unanswered",
            "iis_host",
            "start",
            "a status check goes unanswered only where the host process hangs",
            change("status_check_unanswered", "running", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a request is lost where IIS has no site",
            "w3wp",
            "start",
            "no request is lost in IIS: it comes where it can be served, or starts w3wp",
            change("client_request", "no_site", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a host process takes its time to end",
            "iis_host",
            "start",
            "a host process that ends is gone before the minute is over",
            change(TICK, "exiting", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "OnStop is waited out, whenever it returns",
            "iis_host",
            "operations",
            "a process whose OnStop returns ends by itself, and is not killed",
            drop("on_stop_returned"),
        ),
        _mistake(
            "a role whose handler sets Busy ends",
            "iis_host",
            "start",
            "a role that sets Busy goes on running: its process does not end for it",
            change("handler_sets_busy", to="exiting"),
            change("status_check", "running.ready", to="running.busy"),
        ),
        _mistake(
            "a role that has set Busy stays Busy, whatever the next status check says",
            "iis_host",
            "start",
            "a role that has set Busy is Ready again with a status check that finds it so",
            change("status_check", "running.busy", to=None),
        ),
        _mistake(
            "the guest agent does not listen to a status check that says Ready",
            "guest_agent",
            "start",
            "a role that has set Busy is Ready again with a status check that finds it so",
            change("status_check", "running", Answer.ON, then=""),
        ),
        _mistake(
            "a restarted host agent forgets, when heartbeats come through again, that a role may run in its guest",
            "host_agent",
            "worker with two faults",
            "a guest that was in contact goes down by order only when the guest agent has said that its role stopped",
            change("heartbeats_restored", then="link := up; known := false"),
        ),
        _mistake(
            "a role that cancels a change goes on as if nothing had been",
            "worker_host",
            "worker with faults",
            "a configuration that the role cancels is not applied in place: it recycles, and starts with it",
            change("change_cancelled", to="running.ready"),
        ),
        _mistake(
            "the guest agent takes a role that has cancelled a change for Ready, so it never leaves the rotation",
            "guest_agent",
            "operations",
            "a change of the configuration that was announced comes to its end, unless the role hangs",
            change("change_cancelled", "running", Answer.ON, then=""),
        ),
        _mistake(
            "a role that cancels a change ends without Stopping and OnStop",
            "worker_host",
            "worker with faults",
            "a role that was up and recycles, or is told to stop, sees OnStop called before its process ends",
            change("change_cancelled", to="exiting"),
        ),
    )


def _probes() -> tuple[Mistake, ...]:
    """Mistakes in who is probed, and in what follows from it."""
    return (
        _mistake(
            "an instance is let into the rotation only before its Ready is reported",
            "guest_agent",
            "start",
            "an instance that is Ready is in the rotation before the second minute has passed",
            change("enter_rotation", "running", Answer.ON, when="status == ready and reported == busy"),
            drop("probe_not_ready", "running", Answer.REFUSES),
            add(ignores("probe_not_ready", "running", when="status == ready and reported == ready")),
        ),
        _mistake(
            "the guest agent takes a crash of w3wp for a role that is not Ready",
            "guest_agent",
            "start",
            "an instance leaves the rotation only for a reason: its role, its agent or its guest is not well",
            add(on("w3wp_crashes", "running", then="status := busy"), ignores("w3wp_crashes", "absent")),
        ),
        Mistake(
            "it is WaIISHost that answers a custom probe, and not the site",
            "w3wp",
            "probed site",
            (
                Agent(
                    "w3wp",
                    forgets=frozenset({"enter_rotation", "probe_answered", "probe_refused", "leave_rotation_refused"}),
                ),
            ),
            "a custom probe is answered by the site, in a w3wp that runs",
        ),
        _mistake(
            "a custom probe is answered although w3wp is not there",
            "w3wp",
            "probed site",
            "a custom probe is answered by the site, in a w3wp that runs",
            change("probe_answered", "site", Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a site lets an instance into the rotation before Run",
            "iis_host",
            "probed site",
            RUN_FIRST + " (custom probe)",
            change("enter_rotation", ROOT, Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a custom probe is answered by a worker whose program fails it",
            "worker_host",
            "custom probe",
            "a custom probe is answered by the host process, once Run was invoked",
            change("probe_answered", ROOT, Answer.REFUSES, answer=Answer.IGNORES),
        ),
        _mistake(
            "a custom probe is not answered by a program that is well",
            "worker_host",
            "custom probe",
            "a custom probe whose program is well is answered",
            drop("leave_rotation_refused", "running", Answer.REFUSES),
        ),
        _mistake(
            "an instance whose program is well may stay out of the rotation",
            "worker_host",
            "custom probe",
            "an instance whose program answers is in the rotation before the second minute has passed (custom probe)",
            drop("probe_refused", "running", Answer.REFUSES),
        ),
        _mistake(
            "an instance gets traffic by a custom probe before its addresses and ports were known",
            "rotation",
            "custom probe",
            "an instance is probed, enters the rotation and gets requests only while it has an address (custom probe)",
            change("enter_rotation", "out", source=("unconfigured", "out")),
            also=[Agent("host_agent", [change("start_guest", "starting", source=("no_guest", "starting"))])],
        ),
        _mistake(
            "an instance stays in rotation when its custom probe is not answered",
            "rotation",
            "custom probe",
            "an instance that left the rotation gets no traffic until it enters again (custom probe)",
            change("leave_rotation_refused", to=None),
        ),
        _mistake(
            "a site that answers with an error stays in rotation until somebody looks",
            "rotation",
            "probed site",
            "an instance whose program fails leaves the rotation before the next minute has passed (custom probe)",
            *(
                edit
                for tick in TICKS
                for edit in (
                    drop(tick, "in_rotation", Answer.REFUSES),
                    change(tick, "in_rotation", Answer.ON, when=""),
                )
            ),
        ),
        _mistake(
            "an endpoint without rotation is open before the instance has an address",
            "open_endpoint",
            "open endpoint",
            "a request comes in by an endpoint without rotation only when the instance has an address",
            change("direct_request", source=("closed", "open")),
            also=[
                Agent("worker_host", [change("direct_request", ROOT, Answer.REFUSES, answer=Answer.IGNORES)]),
                Agent("guest_os", forgets=frozenset({"direct_request"})),
            ],
        ),
        _mistake(
            "an endpoint without rotation waits until the role is Ready",
            "open_endpoint",
            "open endpoint",
            "an endpoint without rotation takes requests before the role is Ready",
            change("deploy_guest", "closed", to=None),
            add(
                on("role_ready", "closed", "open"),
                ignores("role_ready", "open"),
                on(STACK_DOWN, "open", "closed"),
                ignores(STACK_DOWN, "closed"),
            ),
        ),
    )


def _front_ends() -> tuple[Mistake, ...]:
    """Mistakes of the user, of RDFE, FFE and the fabric controller, and of the replicas that take over."""
    return (
        _mistake(
            "the user reboots what was never deployed",
            "user",
            "operations",
            "what is not deployed, or was stopped, is deployed before the user asks for anything else",
            change("request_reboot", "deployed", source=("nothing_deployed", "deployed")),
        ),
        _mistake(
            "a request for a reboot is not counted",
            "user",
            "operations",
            "the user makes no more requests than the bounds of the search say",
            change("request_reboot", "deployed", then=""),
        ),
        _mistake(
            "FFE takes a request and forgets it",
            "ffe",
            "operations",
            "a request that RDFE has handed over is in the hands of FFE or of the fabric until it is finished",
            change("forward_reboot", "idle", to=None, then=""),
            drop("command_reboot", "translating"),
        ),
        _mistake(
            "RDFE takes a request for done that it has only handed over",
            "rdfe",
            "start",
            "FFE and the fabric controller work only on what RDFE has handed over, and not both at once",
            change("forward_deploy", "handing_over", to="operation.idle"),
        ),
        *(
            _mistake(
                f"{who} does its work although it has crashed",
                agent,
                "start",
                f"from a crash of {who} until another replica has taken over it takes and hands on nothing",
                drop(event, "down", Answer.REFUSES),
            )
            for who, agent, event in (
                ("RDFE", "rdfe", "subscription_work_done"),
                ("FFE", "ffe", "pool_found"),
                ("the fabric controller", "fabric_controller", "command_deploy"),
            )
        ),
        *(
            _mistake(
                f"{who} has no replica",
                agent,
                "start",
                f"when {who} has crashed another replica can take over at once",
                drop(f"{agent}_fails_over"),
            )
            for who, agent in (("RDFE", "rdfe"), ("FFE", "ffe"), ("the fabric controller", "fabric_controller"))
        ),
        *(
            _mistake(
                f"the fabric controller chooses one instance after the other for a {kind}",
                "fabric_controller",
                "fabric",
                f"a {kind} that the user asks for is for one instance only",
                change(f"R_IN_0/chosen_for_{kind}", state, to=None),
            )
            for kind, state in (("reboot", "rebooting"), ("reimage", "reimaging"))
        ),
    )


def _records_alone() -> tuple[Mistake, ...]:
    """Mistakes in the fabric's record of an instance, whatever the instance does."""
    return (
        *(
            _mistake(
                f"the fabric's record of an instance that is being placed holds up {what}",
                "placement",
                "fabric",
                f"{what} comes to its next upgrade domain at once, unless an order before it was not handed over yet",
                drop(event, "allocating", Answer.IGNORES),
            )
            for what, event in (("an update", "update_domain_0"), ("a configuration change", "configure_domain_0"))
        ),
        _mistake(
            "the fabric never loses patience with an instance",
            "placement",
            "fabric",
            "time waits for the fabric's record of an instance only while the walk can go on, or has no controller",
            change("update_domain_0_done", kind=Answer.ON, when="awaits == nothing"),
        ),
        _mistake(
            "the fabric restarts a host agent that has nothing wrong with it",
            "placement",
            "fabric",
            "the fabric restarts a host agent only when its process died, on the host that the instance is on",
            change("restart_host_agent", "placed.started", when=""),
        ),
        _mistake(
            "the fabric gives an order to a host agent that is down",
            "placement",
            "fabric",
            "no order is given to a host agent whose process died, until the fabric has restarted it",
            change("order_reboot", "placed.started", when="order == reboot"),
        ),
        _mistake(
            "a reboot takes the place of an order that was not handed over yet",
            "placement",
            "fabric",
            "an instance gets the next order of the fabric only when the one before was handed to its host agent",
            change("chosen_for_reboot", "placed.started", when=""),
            also=[Agent("fabric_controller", [change("R_IN_0/chosen_for_reboot", "rebooting", to=None)])],
        ),
        _mistake(
            "a guest is switched off for an instance that has none",
            "placement",
            "fabric",
            "an instance loses its host agent, guest or host only where it was deployed, and the latter two once",
            add(on("stop_guest", "unallocated")),
        ),
    )


def _host_agents_memory() -> tuple[Mistake, ...]:
    """Mistakes in what the host agent knows of its guest, and in what is left when it dies."""
    return (
        _mistake(
            "heartbeats that were lost stay lost when the guest is restarted",
            "host_agent",
            "start",
            "an answer to a heartbeat gets through, unless heartbeats are lost or the host agent is down",
            change("restart_guest", then="silence := 0"),
        ),
        _mistake(
            "heartbeats get through again that were never lost",
            "host_agent",
            "start",
            "heartbeats get through again once after each loss; a guest that was started anew has lost none",
            change("heartbeats_restored", when="", then=""),
        ),
        _mistake(
            "a guest that boots survives its host",
            "guest_os",
            "start",
            "on a host that failed nothing goes on: no guest is heard from, told or restarted until one is started",
            change("host_fails", "booting", to=None),
        ),
        _mistake(
            "the guest goes down with its host agent's process",
            "guest_os",
            "start",
            "a host agent that was in contact with its guest leaves it running when its process dies",
            add(on("host_agent_crashes", ("booting", "running", "hung"), "off"), ignores("host_agent_crashes", "off")),
        ),
        _mistake(
            "a host agent that was restarted takes its guest for one that never answered",
            "host_agent",
            "start",
            "a guest that its host agent never heard from has no bootstrapper, the host agent dead or alive",
            change("host_agent_crashes", "in_contact", then="silence := 0"),
        ),
        _mistake(
            "the host agent takes itself to be in contact with a guest that it has just rebooted",
            "host_agent",
            "operations",
            "a guest that boots is one that its host agent has yet to hear from, whatever it knew of it before",
            change("reboot_guest", "in_contact.role_stopped", to="guest.in_contact"),
        ),
        _mistake(
            "the host agent waits for the first answer of a guest before it reimages it",
            "host_agent",
            "operations",
            "a guest that never answered is stopped, rebooted or reimaged at once: there is no role to wait for",
            drop("reimage_guest", "first_contact"),
        ),
        _mistake(
            "the host agent tells the guest agent again to stop the role that has stopped",
            "host_agent",
            "operations",
            "the guest agent is told once to stop the role and says so once, unless the host agent was restarted",
            change("deliver_stop", "steady", source=("steady", "in_contact.role_stopped")),
        ),
        _mistake(
            "the host agent takes a new configuration for a guest agent that never answered",
            "host_agent",
            "operations",
            "the host agent takes a new configuration or package for a guest agent that it is in contact with",
            drop("order_configuration", "first_contact", Answer.REFUSES),
            change("order_configuration", "guest.in_contact", source=("guest.in_contact", "first_contact")),
        ),
        _mistake(
            "an endpoint stays open when the guest is switched off",
            "open_endpoint",
            "open endpoint",
            "an endpoint without rotation is open exactly while the instance is on a host",
            change("stop_guest", to=None),
        ),
    )


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


PAGE = Path(__file__).resolve().parents[3] / "docs" / "generated" / "seeded-mistakes.md"
HEAD = """\
# Seeded mistakes

A model is worth what its properties notice. Each row is a small mistake put into one agent of a network that is
otherwise sound, and the property that catches it: violated by a path that replays with the mistake in place, and true,
not vacuously, without it. The last column is the length of that path in events: 0 where the mistake shows before
anything has happened, none where what must be possible never is.

The mistakes are data in `tests/seeded.py`; `python -m tests.seeded` writes this page from them, and a test compares it.

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
