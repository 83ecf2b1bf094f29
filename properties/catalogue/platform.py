"""Platform properties: true of every deployment, whatever its definition says.

They are the workflow document turned into claims: the orders of its ten steps, who may do what and when, and that
nothing gets stuck.  A violation is a mistake of the model (or of this page), never of the service that was read; so
each property is also what catches a seeded mistake, and tests keep the list of which catches which.

Some rules are qualified, each for a reason that stands in the decisions table:

* Rotation and Ready go together only where the guest agent's probe decides (a custom probe replaces it), and a single
  instance may be kept in rotation by option.
* A *start* is a start of the bootstrapper: it ends when the bootstrapper ends or the guest goes down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ...model.agents import startup_task as tasks
from ...model.agents.guest_agent import CONFIGURING
from ...model.agents.host_agent import FIRST_CONTACT_ATTEMPTS, FIRST_CONTACT_LIMIT, HEARTBEAT_LIMIT
from ...model.agents.iis_configurator import site_configured
from ...model.agents.load_balancer import CUSTOM, DIRECT_REQUEST, REQUEST, CustomProbe
from ...model.agents.placement import START_LIMIT
from ...model.agents.role_lifecycle import ON_STOP_LIMIT
from ...model.agents.vocabulary import (
    GUEST_DOWN,
    GUEST_ENDS,
    GUEST_RESTARTS,
    REQUESTS,
    STACK_DOWN,
    TICK,
    TICKS,
    command,
    configure_domain,
    configure_domain_done,
    forward,
    request,
    update_domain,
    update_domain_done,
)
from ...model.deployment import Role, RoleKind, TaskType
from ...model.network import Component, Network
from ...model.statechart import Statechart, on
from ...model.terms import Variable
from ...model.workflow import AGENTS, Fabric, Workflow, balanced, reached_directly, requests_to, scope
from ..observer import VIOLATED, observer, precedence, sequence
from ..predicates import At, Can, Predicate, anywhere, everywhere
from ..property import Always, AlwaysCan, Lacks, Never, NoDeadlock, NothingLost, Possible, Property, SentBy, Watched

END_OF_START = (*STACK_DOWN, *GUEST_DOWN)
WIPED = ("reimage_guest", *GUEST_ENDS)
"""The disk of the guest, with what was installed on it, is gone."""

HOSTS = {
    RoleKind.WORKER: ("worker_host", "start_worker_host", ("R-9", "R-9.1", "R-I1")),
    RoleKind.HWC_WEB: ("web_host", "start_web_host", ("R-9", "R-9.2", "R-J1")),
    RoleKind.FULL_IIS_WEB: ("iis_host", "start_iis_host", ("R-9", "R-9.3", "R-K1")),
}
"""Component, start event and requirements of the host process of each kind of role."""


def platform_properties(workflow: Workflow) -> list[Property]:
    """Every platform property of the network of a workflow, instance by instance."""
    found = list(service_properties(workflow.network))
    for role, number in workflow.instances:
        found += Instance(workflow, role, number).properties()
    return [in_ticks(p, workflow.bounds.tick) for p in found]


def in_ticks(prop: Property, minutes: int) -> Property:
    """A property whose sentence speaks of minutes says what was counted, where a tick is longer than a minute.

    >>> in_ticks(Property("it takes 10 minutes", NoDeadlock()), 5).name
    'it takes 10 minutes (counted in steps of 5 minutes)'
    """
    if minutes == 1 or "minute" not in prop.name:
        return prop
    return replace(prop, name=prop.name + counted_in(minutes))


def counted_in(minutes: int) -> str:
    """What is said of a sentence that was checked with longer ticks."""
    return f" (counted in steps of {minutes} minutes)"


def service_properties(network: Network) -> Iterator[Property]:
    """What is true of user, RDFE, FFE and fabric controller, whatever the instances do."""
    yield from _requests(network)
    yield from _front_ends(network)
    yield from _walks(network)
    yield Property(
        "an operation of the fabric can always come to its end",
        AlwaysCan(At("fabric_controller", "in(operation.idle)"), None, unhelped(network)),
        ("R-B1", "R-1"),
        witness=At("fabric_controller", "not in(operation.idle)"),
    )
    yield Property("something can always happen: there is no deadlock", NoDeadlock())
    yield Property("no event is lost: whoever knows it takes it, ignores it or makes the sender wait", NothingLost())


def _requests(network: Network) -> Iterator[Property]:
    requests = [request(k) for k in REQUESTS]
    steps = (
        requests,
        ["subscription_work_done"],
        [forward(k) for k in REQUESTS],
        ["pool_found"],
        [command(k) for k in REQUESTS],
    )
    yield Property(
        "a request passes through RDFE's subscription work and FFE's choice of a pool before it reaches the fabric",
        Watched(Component("request order", sequence("request_order", steps, ["operation_finished"]))),
        ("R-A1", "R-A2", "R-A3", "R-A4", "R-1", "R-2"),
        witness=Can(command("deploy")),
    )
    for kind in REQUESTS:
        yield Property(
            f"the fabric is commanded to {kind.replace('_', ' ')} only when the user asked for it",
            Watched(
                Component(
                    f"{kind} asked for",
                    precedence(f"{kind}_asked_for", [request(kind)], [command(kind)], ["operation_finished"]),
                )
            ),
            ("R-A4", "R-1"),
            witness=Can(command(kind)),
        )
    yield Property(
        "only RDFE talks to FFE, and only FFE to the fabric controller",
        SentBy(tuple(forward(k) for k in REQUESTS), "rdfe"),
        ("R-A1", "R-A3"),
    )
    yield Property(
        "only FFE gives commands to the fabric controller",
        SentBy(tuple(command(k) for k in REQUESTS), "ffe"),
        ("R-A3", "R-A4"),
    )


def _front_ends(network: Network) -> Iterator[Property]:
    requests = tuple(request(k) for k in REQUESTS)
    chart = observer(
        "one_at_a_time",
        ("idle", "busy"),
        (
            on(requests, "idle", "busy"),
            on(requests, "busy", VIOLATED),
            on("operation_finished", "busy", "idle"),
        ),
    )
    yield Property(
        "RDFE takes the next request when the operation before it is over",
        Watched(Component("one at a time", chart)),
        ("R-A1", "R-1"),
        witness=Can("operation_finished"),
    )
    yield Property(
        "RDFE and FFE can always come to where they take the next request",
        AlwaysCan(
            At("rdfe", "in(operation.idle) and in(up)") & At("ffe", "in(work.idle) and in(up)"), None, unhelped(network)
        ),
        ("R-A1", "R-A3", "R-1"),
        witness=At("rdfe", "not in(operation.idle)"),
    )


def _walks(network: Network) -> Iterator[Property]:
    known = network.event_index
    for what, kind, tell, done in (
        ("an update", "update_package", update_domain, update_domain_done),
        ("a configuration change", "change_configuration", configure_domain, configure_domain_done),
    ):
        domains = sum(tell(d) in known for d in range(len(known)))
        yield Property(
            f"{what} walks all upgrade domains, one after the other, and is over when the last one is done",
            Watched(Component(f"{kind} walk", _walk(kind, tell, done, domains))),
            ("R-B1", "R-2"),
            witness=Can(done(domains - 1)),
        )
    domain = 1
    while update_domain(domain) in network.event_index:
        for what, tell, done in (
            ("update", update_domain, update_domain_done),
            ("configuration change", configure_domain, configure_domain_done),
        ):
            if tell(domain) not in network.event_index:
                continue
            yield Property(
                f"an {what} comes to an upgrade domain only when the domain before it is done"
                if what == "update"
                else f"a {what} comes to an upgrade domain only when the domain before it is done",
                Watched(
                    Component(
                        f"{tell(domain)} in turn",
                        precedence("domain_in_turn", [done(domain - 1)], [tell(domain)], ["operation_finished"]),
                    )
                ),
                ("R-B1",),
                subject=f"upgrade domain {domain}",
                witness=Can(tell(domain)),
            )
        domain += 1


def fabric_properties(fabric: Fabric) -> list[Property]:
    """What is true of the walk of an operation, whatever the instances do; judged on the fabric alone.

    Only claims about what never happens: the surroundings of the records can do more than instances can.
    """
    network = fabric.network
    found = list(_walks(network))
    bounds = fabric.bounds
    for role, number in fabric.instances:
        here = scope(role.name, number)
        places = fabric.whole.domains(role, number)
        for sentence, chart, deliver in _patient(places, bounds.ticks(START_LIMIT)):
            shared = chart.alphabet & frozenset(network.event_index)
            watched = Watched(Component(here + chart.name, chart, here, shared))
            found.append(
                Property(sentence, watched, ("R-B1", "R-D3"), subject=here.rstrip("/"), witness=Can(here + deliver))
            )
    in_hand = [
        At(scope(role.name, n) + "placement", "awaits == package or awaits == start") for role, n in fabric.instances
    ]
    if len(in_hand) > 1:
        found.append(
            Property(
                "an update has the instances of one upgrade domain in hand at a time",
                Always(~everywhere(in_hand)),
                ("R-B1",),
                witness=in_hand[1],
            )
        )
    return [in_ticks(p, bounds.tick) for p in found]


@dataclass(frozen=True)
class Instance:
    """One instance of a role in a workflow: the words that its properties are made of."""

    workflow: Workflow
    role: Role
    number: int

    @property
    def here(self) -> str:
        """The prefix of the instance's events and components."""
        return scope(self.role.name, self.number)

    @property
    def host(self) -> str:
        """The component of the host process."""
        return HOSTS[self.role.kind][0]

    @property
    def start_host(self) -> str:
        """The event that starts the host process."""
        return HOSTS[self.role.kind][1]

    @property
    def full_iis(self) -> bool:
        """Whether the role is a full-IIS web role."""
        return self.role.kind is RoleKind.FULL_IIS_WEB

    def at(self, component: str, condition: str) -> Predicate:
        """A predicate on one of the instance's agents."""
        return At(self.here + component, condition)

    def can(self, event: str) -> Predicate:
        """One of the instance's events can happen."""
        return Can(self.here + event)

    def events(self, *names: str) -> tuple[str, ...]:
        """Events of the instance, by the network's names."""
        return tuple(self.here + n for n in names)

    def never(
        self, sentence: str, events: Sequence[str], when: Predicate, requirements: Sequence[str], witness: str = ""
    ) -> Property:
        """An event that never happens in some states; the witness is, unless given, that the event does happen."""
        return Property(
            sentence,
            Never(self.events(*events), when),
            tuple(requirements),
            subject=self.here.rstrip("/"),
            witness=self.can(witness) if witness else anywhere([self.can(e) for e in events]),
        )

    def watched(self, sentence: str, chart: Statechart, requirements: Sequence[str], witness: str) -> Property:
        """A rule that an observer keeps an eye on; the witness is an event that must be possible."""
        known = self.workflow.network.event_index
        # The service's own events, and those of agents that this kind of role does not have.
        shared = frozenset(e for e in chart.alphabet if self.here + e not in known)
        absent = frozenset(e for e in shared if e not in known)
        return Property(
            sentence,
            Watched(Component(self.here + chart.name, chart, self.here, shared), absent),
            tuple(requirements),
            subject=self.here.rstrip("/"),
            witness=self.can(witness),
        )

    def precedes(
        self,
        sentence: str,
        first: Sequence[str],
        then: Sequence[str],
        since: Sequence[str],
        requirements: Sequence[str],
        witness: str = "",
    ) -> Property:
        """``then`` never happens before ``first``, counted anew from ``since``."""
        name = f"{first[0]}_before_{then[0]}"
        return self.watched(sentence, precedence(name, first, then, since), requirements, witness or then[0])

    def recovers(self, sentence: str, source: Predicate, target: Predicate, requirements: Sequence[str]) -> Property:
        """From ``source`` the platform alone, without user and without further faults, can get to ``target``."""
        return Property(
            sentence,
            AlwaysCan(target, source, unhelped(self.workflow.network)),
            tuple(requirements),
            subject=self.here.rstrip("/"),
            witness=source,
        )

    def invariant(
        self, sentence: str, predicate: Predicate, requirements: Sequence[str], witness: Predicate
    ) -> Property:
        """What is true in every state."""
        return Property(
            sentence, Always(predicate), tuple(requirements), subject=self.here.rstrip("/"), witness=witness
        )

    def possible(self, sentence: str, event: str, requirements: Sequence[str]) -> Property:
        """An event that some run must reach."""
        return Property(sentence, Possible(self.can(event)), tuple(requirements), subject=self.here.rstrip("/"))

    def lacks(self, names: Sequence[str]) -> Lacks:
        """The instance has no such agents."""
        return Lacks(self.events(*names), frozenset(self.events(*AGENTS)))

    def properties(self) -> list[Property]:
        """All platform properties of the instance."""
        return [
            *self.placement(),
            *(() if self.workflow.bounds.requests == 1 else self.orders()),
            *self.heartbeats(),
            *self.guest(),
            *self.start(),
            *self.startup_tasks(),
            *(self.full_iis_only() if self.full_iis else self.never_full_iis()),
            *self.lifecycle(),
            *self.changes(),
            *self.rotation(),
            *self.direct(),
            *self.time(),
        ]

    # -- steps 3 and 4 -------------------------------------------------------------------------------------------------

    def placement(self) -> Iterator[Property]:
        """The fabric's part."""
        ends = (*GUEST_ENDS, command("stop"))
        yield self.precedes(
            "package and configuration are copied only to a host that was found or spun up",
            ["free_cores_found", "host_spun_up"],
            ["package_and_configuration_copied"],
            ends,
            ("R-3", "R-B1"),
        )
        yield self.precedes(
            "the host agent is told to deploy only when package and configuration are on the host",
            ["package_and_configuration_copied"],
            ["deploy_guest"],
            ends,
            ("R-3", "R-B2"),
        )
        yield self.precedes(
            "the host agent starts the guest OS only when the fabric has told it which, with addresses and ports",
            ["deploy_guest"],
            ["start_guest"],
            GUEST_ENDS,
            ("R-3", "R-4", "R-C1", "R-B2"),
        )
        yield self.precedes(
            "an instance is placed only when the deployment was commanded",
            [command("deploy")],
            ["free_cores_found", "host_spun_up"],
            [command("stop")],
            ("R-2", "R-3"),
        )
        yield self.precedes(
            "an instance that was placed is placed anew only when its host is lost or given up",
            [command("deploy"), "host_fails", "report_hardware_fault"],
            ["free_cores_found", "host_spun_up"],
            ["deploy_guest"],
            ("R-3", "R-B1"),
        )
        yield Property(
            "an instance that counts as placed has a host agent at work for it",
            Always(~(self.at("placement", "in(placed)") & self.at("host_agent", "in(no_guest) or in(provisioned)"))),
            ("R-B1", "R-3"),
            subject=self.here.rstrip("/"),
            witness=self.at("placement", "in(placed)"),
        )
        yield self.recovers(
            "an instance that lost its host is started on another",
            self.at("placement", "in(allocating)"),
            self.at("placement", "in(placed)"),
            ("R-B1", "R-3"),
        )
        yield self.invariant(
            "the fabric counts an instance as started only while the role's last report was Ready",
            ~(self.at("placement", "in(placed.started)") & self.at("guest_agent", "reported == busy")),
            ("R-B1", "R-D3"),
            self.at("placement", "in(placed.started)"),
        )
        newer = self.at("placement", "awaits != nothing or order == package") | (
            self.at("host_agent", "order == package") | self.at("guest_agent", "goal == package or goal == stop")
        )
        yield self.invariant(
            "the fabric counts an instance as started when its role has reported Ready, unless an update or a stop "
            "concerns it",
            ~(self.at("placement", "in(placed.starting)") & self.at("guest_agent", "reported == ready")) | newer,
            ("R-B1", "R-D3"),
            self.at("guest_agent", "reported == ready"),
        )
        yield Property(
            "an operation is over only when the instance has done its part: placed, or stopped",
            Never(
                ("operation_finished",),
                self.at("placement", "in(allocating) or in(copying) or in(instructing) or in(stopping)"),
            ),
            ("R-3", "R-B1"),
            subject=self.here.rstrip("/"),
            witness=Can("operation_finished"),
        )
        yield self.recovers(
            "a host agent that crashed is at work again for an instance that is placed",
            self.at("host_agent", "in(crashed)") & self.at("placement", "in(placed)"),
            self.at("host_agent", "in(guest)"),
            ("R-B1", "R-C1"),
        )
        yield self.recovers(
            "a host agent whose process died is restarted by the fabric",
            self.at("placement", "host_agent_down and in(placed)"),
            self.at("placement", "not host_agent_down"),
            ("R-B1",),
        )
        places = self.workflow.domains(self.role, self.number)
        for sentence, chart, deliver in _patient(places, self.workflow.bounds.ticks(START_LIMIT)):
            yield self.watched(sentence, chart, ("R-B1", "R-D3"), deliver)
        stopping = self.at("placement", "in(stopping)")
        yield self.recovers(
            "an instance that is to be stopped can always get there",
            stopping,
            self.at("placement", "in(unallocated)"),
            ("R-C2", "R-1"),
        )

    def orders(self) -> Iterator[Property]:
        """What the fabric orders and the host agent hands on (R-B2, R-C2), once the user asks for more than the
        deployment."""
        update, configure = self.workflow.domains(self.role, self.number)
        told = {
            "reboot": "chosen_for_reboot",
            "reimage": "chosen_for_reimage",
            "stop": command("stop"),
            "configuration": configure_domain(configure),
            "package": update_domain(update),
        }
        for kind, first in told.items():
            yield self.precedes(
                f"an order to the host agent ({kind}) is given only when the user's request has come to the instance",
                [first],
                [f"order_{kind}"],
                [f"order_{kind}"],
                ("R-B2", "R-1"),
            )
        for kind in ("reboot", "reimage"):
            yield self.precedes(
                f"an instance is chosen for a {kind} only when the user has asked for one",
                [command(kind)],
                [f"chosen_for_{kind}"],
                [f"chosen_for_{kind}"],
                ("R-B2", "R-1"),
            )
        for kind in ("configuration", "package"):
            yield self.precedes(
                f"a new {kind} is handed to the guest agent only when the fabric ordered it",
                [f"order_{kind}"],
                [f"deliver_{kind}"],
                [f"deliver_{kind}"],
                ("R-B2", "R-C2"),
            )
        yield self.precedes(
            "the guest agent is told to stop the role only when the fabric ordered it, or a reboot or reimage",
            ["order_stop", "order_reboot", "order_reimage"],
            ["deliver_stop"],
            ["reboot_guest", "reimage_guest", *GUEST_ENDS],
            ("R-B2", "R-C2"),
        )
        for kind, operation in (("package", "updating"), ("configuration", "configuring")):
            due = self.at("placement", f"awaits == {kind}")
            yield self.invariant(
                f"an instance that is waited for to get a new {kind} gets it: its order is given, or still to be given",
                ~due | self.at("placement", f"order == {kind}") | self.at("host_agent", f"order == {kind}"),
                ("R-B2", "R-B1"),
                due,
            )
            states = ("package", "start") if kind == "package" else ("configuration", "applied")
            due = self.at("placement", " or ".join(f"awaits == {state}" for state in states))
            yield self.invariant(
                f"an instance is waited for only while the walk waits for its domain ({kind})",
                ~due | At("fabric_controller", f"in({operation}.waiting)"),
                ("R-B1",),
                due,
            )
        yield self.watched(
            "an instance starts with the package and the configuration that were newest when it was deployed",
            _newest((update_domain(update), configure_domain(configure))),
            ("R-B2", "R-3"),
            "deploy_guest",
        )
        yield self.recovers(
            "a change of the configuration that was announced comes to its end, unless the role hangs",
            self.at("guest_agent", "in(changing)")
            & self.at("guest_os", "in(running)")
            & ~self.at(self.host, "in(on_start_hung) or in(run_hung)"),
            self.at("guest_agent", "not in(changing)"),
            ("R-D1", "R-D4"),
        )
        yield self.recovers(
            "an order that the host agent has can always be carried out",
            self.at("host_agent", "order != none"),
            self.at("host_agent", "order == none"),
            ("R-C2", "R-B2"),
        )
        waiting = self.at("placement", "in(placed) and awaits == start")
        yield self.invariant(
            "a new package that was delivered is not forgotten: it is still to be set up, or the role to be reported",
            ~(waiting & self.at("guest_agent", "reported == ready and goal != package")),
            ("R-C2", "R-D1", "R-D3"),
            waiting,
        )
        waiting = self.at("placement", "in(placed) and awaits == applied")
        yield self.invariant(
            "a new configuration that was delivered is not forgotten: it is still to be put in place, or reported",
            ~(waiting & self.at("guest_agent", "goal == reached")),
            ("R-C2", "R-D1", "R-D3"),
            waiting,
        )
        yield self.watched(
            "a new package that was delivered is set up before the role is started again or reported Ready",
            _set_up_first(),
            ("R-C2", "R-D1"),
            "deliver_package",
        )
        for what, event in (
            ("a reboot", "reboot_guest"),
            ("a reimage", "reimage_guest"),
            ("a stop", "stop_guest"),
            ("an update", "deliver_package"),
            ("a configuration change", "apply_configuration"),
        ):
            yield self.possible(f"{what} that the user asks for can come about", event, ("R-1", "R-C2", "R-B2"))

    def heartbeats(self) -> Iterator[Property]:
        """R-C3, R-C4 and the first contact."""
        bounds = self.workflow.bounds
        limit, first = bounds.ticks(HEARTBEAT_LIMIT), bounds.ticks(FIRST_CONTACT_LIMIT)
        yield self.watched(
            "the guest OS is restarted after exactly 10 minutes without a heartbeat answer, not before and never later",
            _silence(limit),
            ("R-C3", "R-C4", "R-4"),
            "restart_guest",
        )
        yield self.watched(
            "a guest that never answered is restarted after exactly 25 minutes, and given up after three times",
            _first_contact(first),
            ("R-C3", "R-4"),
            "restart_guest_no_contact",
        )
        yield self.watched(
            "a role is started only in a guest that the host agent has heard from",
            _contact_first(),
            ("R-4", "R-C3"),
            "start_bootstrapper",
        )
        for order, done in (("reboot", "reboot_guest"), ("reimage", "reimage_guest"), ("stop", "stop_guest")):
            yield self.precedes(
                f"the host agent carries out a {order} only when the fabric ordered it",
                [f"order_{order}"],
                [done],
                [done],
                ("R-B2", "R-C2"),
            )
        asked: tuple[str, ...] = ("reimage_guest", "stop_guest")
        if self.workflow.platform.reboot == "runs_on_stop":
            asked = ("reboot_guest", *asked)
        yield self.watched(
            "a guest that was in contact goes down by order only when the guest agent has said that its role stopped",
            _farewell(asked),
            ("R-C2", "R-D4"),
            "stop_guest",
        )
        yield Property(
            "only the host agent restarts the guest OS; the guest agent never does",
            SentBy(self.events(*GUEST_RESTARTS), self.here + "host_agent"),
            ("R-C4", "R-D4"),
            subject=self.here.rstrip("/"),
        )
        yield self.never(
            "a heartbeat is answered only by a guest agent that runs in a guest OS that runs",
            ["heartbeat_answered"],
            ~(self.at("guest_os", "in(running)") & self.at("guest_agent", "in(running)")),
            ("R-C3", "R-4"),
        )
        yield self.never(
            "a goal state is handed to the guest agent only while it is in contact",
            ["deliver_configuration", "deliver_package", "deliver_stop"],
            ~self.at("host_agent", "in(in_contact)"),
            ("R-C2",),
            "deliver_stop",
        )

    def guest(self) -> Iterator[Property]:
        """WaAppAgent and the guest agent (R-C2.1, R-D*, R-5)."""
        here = self.here
        yield self.precedes(
            "WaAppAgent starts the guest agent only when it has installed or checked it, and configured it",
            ["configure_guest_agent"],
            ["start_guest_agent"],
            GUEST_DOWN,
            ("R-C2.1",),
        )
        yield self.precedes(
            "WaAppAgent configures the guest agent only when it has installed it or found the newest one there",
            ["install_guest_agent", "update_guest_agent", "guest_agent_is_newest"],
            ["configure_guest_agent"],
            GUEST_DOWN,
            ("R-C2.1",),
        )
        yield self.precedes(
            "a guest agent is updated, or found to be the newest, only where it was installed",
            ["install_guest_agent"],
            ["update_guest_agent", "guest_agent_is_newest"],
            WIPED,
            ("R-C2.1",),
        )
        yield self.never(
            "a guest agent that WaAppAgent saw crash is started again before the minute is over",
            [TICK],
            self.at("wa_app_agent", "in(relaunching)"),
            ("R-C2.1",),
        )
        yield self.never(
            "WaAppAgent finds a guest agent only where one runs",
            ["guest_agent_found"],
            ~self.at("guest_agent", "in(running)"),
            ("R-C2.1",),
        )
        yield self.never(
            "WaAppAgent misses the guest agent only where none runs",
            ["guest_agent_missing"],
            self.at("guest_agent", "in(running)"),
            ("R-C2.1",),
        )
        running = self.at("guest_os", "in(running)")
        yield self.recovers(
            "WaAppAgent watches the guest agent again after its own restart",
            self.at("wa_app_agent", "in(crashed) or in(looking)") & running,
            self.at("wa_app_agent", "in(watching)"),
            ("R-C2.1",),
        )
        yield self.recovers(
            "a guest agent that was started finds out what to do, start the role or supervise the one that runs, or "
            "its guest is on its way out",
            self.at("guest_agent", "in(attaching)") & running,
            self.at("guest_agent", "in(running) and not in(attaching)") | ~running,
            ("R-D4", "R-4"),
        )
        yield self.recovers(
            "a guest agent that is gone while its guest runs is started again",
            self.at("guest_agent", "in(absent)") & self.at("guest_os", "in(running)"),
            self.at("guest_agent", "in(running)"),
            ("R-C2.1",),
        )
        steps = [[event] for _, event, _, _ in CONFIGURING] + [["copy_configuration"], ["start_bootstrapper"]]
        yield self.watched(
            "the guest OS is set up step by step (firewall, ACLs, local storage, package, certificates, account) "
            "before the bootstrapper starts",
            sequence("guest_set_up", steps, (*GUEST_DOWN, "no_bootstrapper_found")),
            ("R-D1", "R-D2", "R-5"),
            "start_bootstrapper",
        )
        yield self.watched(
            "after each package come its certificates, the account and the configuration file, then the bootstrapper",
            _after_a_package(),
            ("R-D1", "R-D2", "R-5"),
            "set_up_package",
        )
        yield self.watched(
            "a bootstrapper that ended is started again from step 5 or 6: the guest OS is not set up anew",
            _stack_only(),
            ("R-D4", "R-5"),
            "bootstrapper_exits",
        )
        yield self.precedes(
            "the configuration file is copied to C:\\Config before the bootstrapper starts",
            ["copy_configuration"],
            ["start_bootstrapper"],
            GUEST_DOWN,
            ("R-5",),
        )
        yield self.never(
            "the guest agent finds a bootstrapper only where one runs",
            ["bootstrapper_found"],
            self.at("host_bootstrapper", "in(absent)"),
            ("R-D4",),
        )
        yield self.never(
            "the guest agent finds no bootstrapper only where none runs",
            ["no_bootstrapper_found"],
            ~self.at("host_bootstrapper", "in(absent)"),
            ("R-D4",),
        )
        yield self.never(
            "only one bootstrapper runs at a time",
            ["start_bootstrapper"],
            ~self.at("host_bootstrapper", "in(absent)"),
            ("R-D4", "R-5"),
        )
        yield self.recovers(
            "when the bootstrapper has ended the guest agent starts it again, unless the role is to stop",
            self.at("host_bootstrapper", "in(absent)")
            & self.at("guest_os", "in(running)")
            & self.at("guest_agent", "goal != stop")
            & self.at("placement", "not in(stopping) and not in(unallocated)"),
            self.at("host_bootstrapper", "not in(absent)"),
            ("R-D4", "R-E2"),
        )
        watching = self.at("guest_agent", "in(supervising) or in(changing) or in(stopping_role)")
        yield Property(
            "the guest agent notices the end of the bootstrapper that it supervises",
            Always(~(watching & self.at("host_bootstrapper", "in(absent)"))),
            ("R-D4", "R-E2"),
            subject=here.rstrip("/"),
            witness=watching,
        )
        yield self.never(
            "a change of the role's status is reported to the fabric before the minute is over",
            [TICK],
            self.at("guest_agent", "in(running) and status != reported and (status == busy or goal != package)"),
            ("R-D3",),
        )
        for event, status in (("report_ready", "ready"), ("report_not_ready", "busy")):
            yield self.never(
                f"the fabric is told {'Ready' if status == 'ready' else 'not Ready'} only when the role is",
                [event],
                ~self.at("guest_agent", f"status == {status}"),
                ("R-D3",),
            )
        yield Property(
            "the guest agent takes no part in switching the guest OS off or on: a hang of the role is left alone",
            SentBy((f"{here}stop_guest", f"{here}start_guest"), f"{here}host_agent"),
            ("R-C1", "R-C4"),
            subject=here.rstrip("/"),
        )

    # -- steps 5 to 9 --------------------------------------------------------------------------------------------------

    def start(self) -> Iterator[Property]:
        """The order of one start."""
        order = [["start_bootstrapper"], ["read_role_model"]]
        if self.full_iis:
            order += [["app_pools_deleted"]]
        order += [["startup_tasks_done"]]
        if self.full_iis:
            order += [["sites_configured"]]
        order += [[self.start_host], ["on_start_returned"], ["run_invoked"], ["role_ready"]]
        steps = ("R-5", "R-6", "R-7", "R-8", "R-9") if self.full_iis else ("R-5", "R-7", "R-9")
        yield self.watched(
            "every start goes through steps 5 to 9 in their order",
            sequence("start_order", order, END_OF_START),
            (*steps, "R-E1"),
            "role_ready",
        )
        yield self.precedes(
            "WaHostBootstrapper reads the role model before it starts anything",
            ["read_role_model"],
            [*(tasks.started(k) for k in range(len(self.role.tasks))), self.start_host],
            END_OF_START,
            ("R-E1", "R-7", "R-G1"),
            self.start_host,
        )
        hosts = {kind: names[0] for kind, names in HOSTS.items()}
        others = [name for kind, name in hosts.items() if kind is not self.role.kind]
        yield Property(
            "the host process is the one that fits the kind of role, and no other",
            self.lacks(others),
            HOSTS[self.role.kind][2],
            subject=self.here.rstrip("/"),
            witness=self.can(self.start_host),
        )
        yield self.never(
            "StatusCheck is raised only on a host process that runs",
            ["status_check"],
            ~self.at(self.host, "in(running)"),
            ("R-E3", "R-9"),
        )
        yield self.never(
            "a status check goes unanswered only where the host process hangs",
            ["status_check_unanswered"],
            ~self.at(self.host, "in(run_hung)"),
            ("R-E3",),
        )
        answering = self.at(self.host, "in(running.ready) or in(running.busy) or in(run_hung)")
        yield self.recovers(
            "the status of a role that is not to stop can always be checked again: StatusCheck is raised for ever",
            self.at("host_bootstrapper", "in(monitoring)")
            & answering
            & self.at("guest_os", "in(running)")
            & self.at("guest_agent", "goal != stop"),
            self.can("status_check") | self.can("status_check_unanswered"),
            ("R-E3", "R-9"),
        )
        yield self.watched(
            "a role that merely hangs is left alone: neither its processes nor the VM are restarted for it",
            _left_alone(),
            ("R-D4", "R-E2"),
            "run_hangs",
        )
        yield self.never(
            "a bootstrapper whose child has ended is gone before the minute is over",
            [TICK],
            self.at("host_bootstrapper", "in(exiting)"),
            ("R-E2",),
        )
        yield self.recovers(
            "a bootstrapper that exits takes the host process with it",
            self.at("host_bootstrapper", "in(exiting)") & self.at("guest_os", "in(running)"),
            self.at("host_bootstrapper", "in(absent)") & self.at(self.host, "in(absent)"),
            ("R-E2",),
        )
        yield self.never(
            "the host process never runs without its bootstrapper",
            ["on_start_called", "run_invoked", "role_ready", "on_stop_called"],
            self.at("host_bootstrapper", "in(absent)"),
            ("R-E2", "R-E1"),
            "run_invoked",
        )

    def startup_tasks(self) -> Iterator[Property]:
        """R-G* and R-H*."""
        count = len(self.role.tasks)
        after = [*(tasks.started(k) for k in range(count)), "startup_tasks_done", self.start_host]
        if self.full_iis:
            after.append("configure_sites")
        for k, task in enumerate(self.role.tasks):
            later = [e for e in after if e not in [tasks.started(j) for j in range(k + 1)]]
            label = f"startup task {k} ({task.command})"
            if task.type is TaskType.SIMPLE:
                waiting = self.at("host_bootstrapper", f"in(tasks.waiting) and task == {k + 1}")
                yield self.invariant(
                    f"{label} has not ended as long as the bootstrapper waits for it: a failure is noticed at once",
                    ~(waiting & self.at(f"startup_task_{k}", "in(idle)")),
                    ("R-E2", "R-G3"),
                    waiting,
                )
                yield self.precedes(
                    f"{label} is simple: it ends with exit code 0 before anything after it is started",
                    [tasks.succeeded(k)],
                    later,
                    END_OF_START,
                    ("R-G3", "R-7"),
                    "startup_tasks_done",
                )
            else:
                yield self.precedes(
                    f"{label} is started before anything after it",
                    [tasks.started(k)],
                    later,
                    END_OF_START,
                    ("R-G1", "R-G2"),
                    "startup_tasks_done",
                )
            if task.type is not TaskType.SIMPLE and any(t.type is TaskType.SIMPLE for t in self.role.tasks):
                started = self.at("host_bootstrapper", f"task == {k + 1}")
                yield Property(
                    f"{label} is not waited for",
                    Always(~(started & self.at("host_bootstrapper", "in(tasks.waiting)"))),
                    ("R-G2",),
                    subject=self.here.rstrip("/"),
                    witness=started,
                )
            if k in {t.partner for t in self.role.tasks}:
                up = self.at("host_bootstrapper", "in(monitoring)")
                yield self.invariant(
                    f"{label} is a plugin's agent: it stays alive after the startup tasks, unless a fault ends it",
                    ~up | self.at(f"startup_task_{k}", "in(working) or in(dead)"),
                    ("R-H4", "R-H2"),
                    up,
                )
            if task.type is TaskType.FOREGROUND:
                yield self.never(
                    f"{label} keeps the role from being started again or shut down until it has ended",
                    ["start_bootstrapper", "role_stopped"],
                    self.at(f"startup_task_{k}", "in(working)"),
                    ("R-G1",),
                    tasks.started(k),
                )
            if task.partner is not None:
                initialised = f"task_{task.partner}_initialised"
                yield self.precedes(
                    f"{label} waits until its background partner has initialised",
                    [initialised],
                    [tasks.succeeded(k)],
                    END_OF_START,
                    ("R-H2", "R-H3", "R-H4"),
                )
                alive = self.at(f"startup_task_{task.partner}", "in(working)")
                yield self.never(
                    f"{label} ends only while its background partner is alive",
                    [tasks.succeeded(k)],
                    ~alive,
                    ("R-H3", "R-H4"),
                )
            if task.module is not None:
                own = [tasks.started(j) for j, t in enumerate(self.role.tasks) if t.module is None]
                yield self.precedes(
                    f"{label} of the plugin {task.module} comes before the role's own tasks and the host process",
                    [tasks.started(k)],
                    [*own, self.start_host],
                    END_OF_START,
                    ("R-H1", "R-H4"),
                    self.start_host,
                )
        following = [tasks.started(k) for k in range(count)] + ["startup_tasks_done"]
        ready_to_go_on = self.at("host_bootstrapper", "in(tasks.launching)") & self.at("guest_os", "in(running)")
        yield Property(
            "a background or foreground task is never waited for: the next one can be started at once",
            Always(~ready_to_go_on | anywhere([self.can(e) for e in following])),
            ("R-G2", "R-G1"),
            subject=self.here.rstrip("/"),
            witness=ready_to_go_on,
        )

    def full_iis_only(self) -> Iterator[Property]:
        """IISConfigurator and w3wp (R-6, R-8, R-10, R-F*, R-K*, R-L*)."""
        sites = len(self.role.sites)
        order = [
            ["configure_sites"],
            ["start_iis_services"],
            ["configure_rewrite_module"],
            *([site_configured(i)] for i in range(sites)),
            ["redirect_iis_logging"],
            ["set_permissions"],
            ["sites_configured"],
        ]
        yield self.watched(
            "IISConfigurator starts IIS, then sets up the AppPool of each site in order, logging and permissions",
            sequence("sites", order, (*END_OF_START, "iis_configurator_fails")),
            ("R-F2", "R-F3", "R-F4", "R-F5", "R-F6", "R-F7", "R-8"),
            "sites_configured",
        )
        waiting = self.at("host_bootstrapper", "in(clearing.waiting) or in(configuring_sites.waiting)")
        yield self.invariant(
            "IISConfigurator is there as long as the bootstrapper waits for it: a failure is noticed at once",
            ~(waiting & self.at("iis_configurator", "in(absent)")),
            ("R-E2", "R-6", "R-8"),
            waiting,
        )
        yield self.precedes(
            "the old AppPools are deleted before new ones are set up",
            ["app_pools_deleted"],
            [site_configured(0)],
            END_OF_START,
            ("R-6", "R-F4", "R-F1"),
        )
        yield self.precedes(
            "the old AppPools are deleted before the startup tasks",
            ["app_pools_deleted"],
            [*(tasks.started(k) for k in range(len(self.role.tasks))), "startup_tasks_done"],
            END_OF_START,
            ("R-6", "R-7"),
            "startup_tasks_done",
        )
        yield self.precedes(
            "sites are configured only when the startup tasks are done",
            ["startup_tasks_done"],
            ["configure_sites"],
            END_OF_START,
            ("R-7", "R-8"),
        )
        yield Property(
            "the role has an IISConfigurator and a w3wp, and neither hosts the entry point",
            self.lacks(["web_host", "worker_host"]),
            ("R-K1", "R-F1"),
            subject=self.here.rstrip("/"),
            witness=self.can("start_iis_configurator"),
        )
        requests = list(requests_to(self.role))
        if requests:
            default, custom = balanced(self.role)
            probes = [CustomProbe(CUSTOM if default else "").reaches_iis] if custom else []
            starting = self.at("w3wp", "in(starting)") & self.at("guest_os", "in(running)")
            yield self.recovers(
                "the request for which w3wp is started can be served",
                starting,
                self.at("w3wp", "in(idle)"),
                ("R-10", "R-L1"),
            )
            yield self.precedes(
                "w3wp is started only by a web request",
                [*requests, *probes],
                ["w3wp_started"],
                ["w3wp_started", "app_pools_deleted", "w3wp_crashes", *GUEST_DOWN],
                ("R-10", "R-L1"),
            )
            yield self.never(
                "no request is lost in IIS: it comes where it can be served, or starts w3wp",
                requests,
                self.at("w3wp", "in(no_site) or in(starting) or in(serving)"),
                ("R-10", "R-L1"),
            )
            yield self.precedes(
                "a request is served only by a w3wp that was started",
                ["w3wp_started"],
                ["request_served"],
                ["app_pools_deleted", "w3wp_crashes", *GUEST_DOWN],
                ("R-10", "R-L1"),
            )
            yield self.precedes(
                "w3wp runs only an AppPool that IISConfigurator has set up",
                ["sites_configured"],
                ["w3wp_started"],
                ["app_pools_deleted", *GUEST_DOWN],
                ("R-L1", "R-10"),
            )
        if self.workflow.platform.role_events == "entry_point_and_w3wp":
            yield self.watched(
                "a status check in WaIISHost is raised in w3wp too, before the next one and before the minute is over",
                _both_processes(
                    "status_check_in_both",
                    ("status_check", "handler_sets_busy"),
                    ("status_check_in_w3wp", "no_w3wp_to_check"),
                ),
                ("R-K2", "R-L2", "R-E3"),
                "status_check",
            )
            yield self.watched(
                "Changed in WaIISHost is raised in w3wp too, before the minute is over",
                _both_processes("changed_in_both", ("changed_raised",), ("changed_raised_in_w3wp", "no_w3wp_to_tell")),
                ("R-K2", "R-L2"),
                "changed_raised",
            )
            if requests:
                yield self.never(
                    "w3wp is passed over only when there is none",
                    ["no_w3wp_to_check", "no_w3wp_to_tell"],
                    ~self.at("w3wp", "in(no_site) or in(site)"),
                    ("R-L2",),
                    "no_w3wp_to_check",
                )

    def never_full_iis(self) -> Iterator[Property]:
        """What HWC web roles and worker roles don't have."""
        hosted = "R-J1" if self.role.kind is RoleKind.HWC_WEB else "R-I1"
        yield Property(
            "IISConfigurator and w3wp are for full-IIS web roles only",
            self.lacks(["iis_configurator", "w3wp"]),
            ("R-F1", hosted),
            subject=self.here.rstrip("/"),
        )
        if self.role.kind is RoleKind.HWC_WEB:
            yield self.precedes(
                "WaWebHost issues the warm-up request before OnStart",
                ["warm_up_requested"],
                ["on_start_called"],
                ["host_exits", *END_OF_START],
                ("R-9.2",),
            )
        if requests := requests_to(self.role):
            yield self.never(
                "the host process serves requests itself, and only once Run was invoked",
                requests,
                ~self.at(self.host, "in(running)"),
                ("R-9.2", "R-J1") if hosted == "R-J1" else ("R-I1",),
            )

    # -- the role's life -----------------------------------------------------------------------------------------------

    def lifecycle(self) -> Iterator[Property]:
        """OnStart, Run, OnStop (R-9) and what events go with them."""
        gone = ["host_exits", "kill_host", *END_OF_START]
        limit = self.workflow.bounds.ticks(ON_STOP_LIMIT)
        yield self.watched(
            "OnStart has returned true before Run is invoked, and Run before the role is Ready",
            sequence("life_order", [["on_start_called"], ["on_start_returned"], ["run_invoked"], ["role_ready"]], gone),
            ("R-9",),
            "role_ready",
        )
        yield self.watched(
            "a package without an entry point ends its process at every start, until a package is set up again",
            observer(
                "no_entry_point",
                ("well", "broken"),
                (
                    on("entry_point_missing", "well", "broken"),
                    on(("entry_point_loaded", "on_start_called"), "broken", VIOLATED),
                    on("set_up_package", "broken", "well"),
                ),
            ),
            ("R-9", *HOSTS[self.role.kind][2][1:]),
            "entry_point_missing",
        )
        yield self.recovers(
            "a host process that was started loads its entry point, or ends",
            self.at(self.host, "in(loading)") & self.at("guest_os", "in(running)"),
            self.at(self.host, "not in(loading)"),
            ("R-9", *HOSTS[self.role.kind][2][1:]),
        )
        yield self.never(
            "Ready follows Run at once, whether or not Run ever returns",
            [TICK],
            self.at(self.host, "in(running.invoked)"),
            ("R-9",),
        )
        yield self.precedes(
            "OnStop is called only for a role that was told to stop, returned from Run, or refused a change",
            ["stop_host", "run_returns", "change_cancelled"],
            ["on_stop_called"],
            gone,
            ("R-9", "R-K1") if self.full_iis else ("R-9",),
        )
        yield self.watched(
            "a role that was up and recycles, or is told to stop, sees OnStop called before its process ends",
            _recycle(),
            ("R-9", "R-E2"),
            "on_stop_called",
        )
        yield self.precedes(
            "OnStop is called only after Run was invoked", ["run_invoked"], ["on_stop_called"], gone, ("R-9",)
        )
        yield self.precedes(
            "Stopping is raised before OnStop is called", ["stopping_raised"], ["on_stop_called"], gone, ("R-9",)
        )
        yield self.watched(
            "after a crash, or after OnStart returned false, the process ends without Stopping and without OnStop",
            _no_farewell(self.start_host),
            ("R-9", "R-E2"),
            "host_exits",
        )
        yield self.watched(
            "OnStop has 5 minutes: no more, and the process is killed no sooner",
            _on_stop(limit),
            ("R-9",),
            "on_stop_called",
        )
        yield self.never(
            "a host process that ends is gone before the minute is over",
            [TICK],
            self.at(self.host, "in(exiting)"),
            ("R-9", "R-E2"),
        )
        yield self.recovers(
            "a process whose OnStop returns ends by itself, and is not killed",
            self.at(self.host, "in(on_stop)") & self.at("guest_os", "in(running)"),
            self.at(self.host, "in(exiting)"),
            ("R-9",),
        )
        yield self.watched(
            "a role that sets Busy goes on running: its process does not end for it",
            _goes_on(),
            ("R-E3", "R-9"),
            "handler_sets_busy",
        )
        yield self.recovers(
            "a role that has set Busy is Ready again with a status check that finds it so",
            self.at(self.host, "in(running.busy)")
            & self.at("guest_os", "in(running)")
            & self.at("guest_agent", "in(running) and not in(stopping_role) and goal != stop and goal != package"),
            self.at(self.host, "in(running.ready)") & self.at("guest_agent", "status == ready"),
            ("R-E3", "R-9", "R-D3"),
        )

    def changes(self) -> Iterator[Property]:
        """Changing and Changed: the role's say in a new configuration."""
        gone = ["host_exits", "kill_host", *END_OF_START]
        yield self.precedes(
            "a configuration is announced to the role only when it was delivered, and not again once it is applied",
            ["deliver_configuration"],
            ["announce_change"],
            ["apply_configuration"],
            ("R-D4", "R-C2"),
        )
        yield self.watched(
            "a configuration that the role cancels is not applied in place: it recycles, and starts with it",
            _cancelled(),
            ("R-D4", "R-5"),
            "change_cancelled",
        )
        yield self.precedes(
            "Changing is raised before a change is accepted, applied and Changed raised",
            ["changing_raised"],
            ["changed_raised"],
            ["changed_raised", *gone],
            ("R-K2",) if self.full_iis else ("R-9",),
        )
        yield self.precedes(
            "Changed is raised only when the new configuration has been applied",
            ["apply_configuration"],
            ["changed_raised"],
            ["changed_raised", *gone],
            ("R-K2", "R-D1") if self.full_iis else ("R-D1",),
        )

    def rotation(self) -> Iterator[Property]:
        """Who gets traffic (R-9)."""
        default, custom = balanced(self.role)
        stays = self.workflow.platform.single_instance == "stays_in_rotation" and self.role.instances == 1
        records = ([("rotation", "")] if default else []) + (
            [((CUSTOM if default else "") + "rotation", CUSTOM if default else "")] if custom else []
        )
        for record, prefix in records:
            enter = prefix + "enter_rotation"
            by_probe = (custom and record != "rotation") or not default
            which = " (custom probe)" if by_probe else ""
            yield self.precedes(
                f"an instance enters the load balancer's rotation only after Run was invoked{which}",
                ["run_invoked"],
                [enter],
                END_OF_START,
                ("R-9",),
            )
            yield self.precedes(
                f"an instance enters the rotation only when its addresses and ports are known{which}",
                ["deploy_guest"],
                [enter],
                ["stop_guest"],
                ("R-3", "R-9"),
            )
            yield self.watched(
                f"there is a probe in every minute{which}",
                _probed(prefix, by_probe, by_probe and self.full_iis),
                ("R-9",),
                prefix + "probe_answered",
            )
            if not stays:
                yield self.watched(
                    f"an instance that left the rotation gets no traffic until it enters again{which}",
                    _out_is_out(prefix, by_probe),
                    ("R-9",),
                    enter,
                )
            if by_probe:
                yield from self.custom_probe(CustomProbe(prefix), which, stays)
                continue
            ready = self.at("guest_agent", "in(running) and status == ready")
            yield self.never(
                "the probe of an instance that is Ready is answered",
                ["probe_not_ready", "leave_rotation_not_ready"],
                ready,
                ("R-9",),
            )
            yield self.never(
                "an instance enters the rotation only while it is Ready",
                [enter],
                ~ready,
                ("R-9",),
            )
            yield self.watched(
                "an instance that is Ready is in the rotation before the second minute has passed",
                _enters(
                    ("role_ready", "status_check"),
                    enter,
                    ("leave_rotation_not_ready", "leave_rotation_timeout", "deploy_guest", "stop_guest"),
                    LOST_READY,
                ),
                ("R-9",),
                "role_ready",
            )
            if not stays:
                yield self.watched(
                    "an instance that is no longer Ready leaves the rotation before the next minute has passed",
                    _leaves(),
                    ("R-9",),
                    "leave_rotation_not_ready",
                )
                yield self.watched(
                    "an instance leaves the rotation only for a reason: its role, its agent or its guest is not well",
                    _for_a_reason(),
                    ("R-9", "R-L1"),
                    "leave_rotation_not_ready",
                )
                yield self.never(
                    "Stopping is raised only when the instance has left the rotation",
                    ["stopping_raised"],
                    self.at("rotation", "in(in_rotation)"),
                    ("R-9",),
                )

    def custom_probe(self, probe: CustomProbe, which: str, stays: bool) -> Iterator[Property]:
        """Who answers a custom probe, and what follows from it."""
        agent = "w3wp" if self.full_iis else self.host
        up = "in(serving) or in(idle)" if self.full_iis else "in(running) or in(stopping)"
        yield self.never(
            "a custom probe is answered by the site, in a w3wp that runs"
            if self.full_iis
            else "a custom probe is answered by the host process, once Run was invoked",
            probe.answered,
            ~self.at(agent, f"({up}) and not unwell"),
            ("R-9", "R-L1") if self.full_iis else ("R-9",),
        )
        yield self.never(
            "a custom probe whose program is well is answered",
            probe.refused,
            self.at(agent, f"({up}) and not unwell"),
            ("R-9",),
        )
        if not stays:
            yield self.watched(
                f"an instance whose program fails leaves the rotation before the next minute has passed{which}",
                _program_leaves(probe, self.full_iis),
                ("R-9",),
                probe.refused[1],
            )
        if not self.full_iis:
            lost = (probe.fails, "run_hangs", "run_throws", "kill_host", "host_exits", "guest_hangs", *END_OF_START)
            leave = (probe.refused[1], probe.prefix + "leave_rotation_timeout", "deploy_guest", "stop_guest")
            yield self.watched(
                f"an instance whose program answers is in the rotation before the second minute has passed{which}",
                _enters(("run_invoked",), probe.answered[0], leave, lost),
                ("R-9",),
                "run_invoked",
            )

    def direct(self) -> Iterator[Property]:
        """Endpoints that no probe decides on."""
        if reached_directly(self.role):
            yield self.precedes(
                "a request comes in by an endpoint without rotation only when the instance has an address",
                ["deploy_guest"],
                [DIRECT_REQUEST],
                ["stop_guest"],
                ("R-3",),
            )
            yield Property(
                "an endpoint without rotation takes requests before the role is Ready",
                Possible(self.can(DIRECT_REQUEST) & self.at(self.host, "in(running.invoked)")),
                ("R-3",),
                subject=self.here.rstrip("/"),
            )

    def time(self) -> Iterator[Property]:
        """Time never stops."""
        yield Property(
            "time can always go on",
            AlwaysCan(anywhere([self.can(t) for t in TICKS]), None, unhelped(self.workflow.network)),
            subject=self.here.rstrip("/"),
        )


def unhelped(network: Network) -> frozenset[str]:
    """The user's requests and the faults: what a recovery by the platform alone does without."""
    return frozenset(e.name for e in network.events if e.fault or network.components[e.sender].name == "user")


# -- observers ---------------------------------------------------------------------------------------------------------


def _silence(limit: int) -> Statechart:
    """Counts the minutes without an answer that got through, once there was contact (R-C4)."""
    others = tuple(e for e in GUEST_DOWN if e != "restart_guest")
    heard = "silence := 0"
    return observer(
        "silence",
        ("no_contact", "contact"),
        (
            on("heartbeat_answered", "no_contact", "contact", when="not lost and not down", then=heard),
            on("heartbeat_answered", "contact", when="not lost", then=heard),
            on(TICKS, "contact", when=f"silence < {limit}", then="silence := silence + 1"),
            on(TICKS, "contact", VIOLATED, when=f"silence == {limit}"),
            on(
                "restart_guest", "contact", "no_contact", when=f"silence == {limit}", then="silence := 0; lost := false"
            ),
            on("restart_guest", "contact", VIOLATED, when=f"silence < {limit}"),
            on("restart_guest", "no_contact", VIOLATED),
            on(others, "contact", "no_contact", then="silence := 0; lost := false"),
            # While the host agent is down nobody listens and nobody counts.
            on("host_agent_crashes", ("no_contact", "contact"), "no_contact", then="silence := 0; down := true"),
            on("restart_host_agent", "no_contact", then="down := false"),
            on(others, "no_contact", then="lost := false; down := false"),
            on("heartbeats_lost", ("no_contact", "contact"), then="lost := true"),
            on("heartbeats_restored", ("no_contact", "contact"), then="lost := false"),
        ),
        (Variable.counter("silence", 0, limit), Variable.flag("lost"), Variable.flag("down")),
    )


def _first_contact(limit: int) -> Statechart:
    """Counts the minutes of a guest that has not answered yet, and the time-outs in a row (LEAP)."""
    last = FIRST_CONTACT_ATTEMPTS - 1
    count = f"waited == {limit}"
    return observer(
        "first_contact",
        ("no_guest", "waiting", "contact"),
        (
            on("start_guest", "no_guest", "waiting", then="waited := 0; timeouts := 0"),
            on("heartbeat_answered", "waiting", "contact", when="not lost", then="waited := 0; timeouts := 0"),
            on(TICKS, "waiting", when=f"waited < {limit}", then="waited := waited + 1"),
            on(TICKS, "waiting", VIOLATED, when=count),
            on(
                "restart_guest_no_contact",
                "waiting",
                when=f"{count} and timeouts < {last}",
                then="waited := 0; timeouts := timeouts + 1; lost := false",
            ),
            on("restart_guest_no_contact", "waiting", VIOLATED, when=f"not ({count} and timeouts < {last})"),
            on("restart_guest_no_contact", ("no_guest", "contact"), VIOLATED),
            on(
                "report_hardware_fault",
                "waiting",
                "no_guest",
                when=f"{count} and timeouts == {last}",
                then="waited := 0; timeouts := 0; lost := false",
            ),
            on("report_hardware_fault", "waiting", VIOLATED, when=f"not ({count} and timeouts == {last})"),
            on("report_hardware_fault", ("no_guest", "contact"), VIOLATED),
            on(
                ("restart_guest", "reboot_guest", "reimage_guest"),
                ("waiting", "contact"),
                "waiting",
                then="waited := 0; lost := false",
            ),
            on(
                ("stop_guest", "host_fails"),
                ("waiting", "contact"),
                "no_guest",
                then="waited := 0; timeouts := 0; lost := false",
            ),
            on("host_agent_crashes", ("waiting", "contact"), "no_guest", then="waited := 0; timeouts := 0"),
            # A restarted host agent waits for contact anew, but only where there was a guest before.
            on("host_agent_crashes", "no_guest", then="before_start := true"),
            on("host_fails", "no_guest", then="before_start := false; lost := false"),
            on("restart_host_agent", "no_guest", "waiting", when="not before_start"),
            on("restart_host_agent", "no_guest", when="before_start", then="before_start := false"),
            on("heartbeats_lost", ("waiting", "contact"), then="lost := true"),
            on("heartbeats_restored", ("waiting", "contact"), then="lost := false"),
        ),
        (
            Variable.counter("waited", 0, limit),
            Variable.counter("timeouts", 0, last),
            Variable.flag("lost"),
            Variable.flag("before_start"),
        ),
    )


def _patient(places: tuple[int, int], limit: int) -> Iterator[tuple[str, Statechart, str]]:
    """For an instance at these places of the two walks: what is claimed of the waiting, who watches it, and an event
    that must be possible."""
    update, configure = places
    for what, tell, deliver, report, done in (
        ("an update", update_domain(update), "deliver_package", "report_ready", update_domain_done(update)),
        (
            "a configuration change",
            configure_domain(configure),
            "deliver_configuration",
            "report_configuration_applied",
            configure_domain_done(configure),
        ),
    ):
        sentence = f"{what} goes on when the instance has it and said so, or after 30 minutes, and never later"
        yield sentence, _patience(tell, deliver, report, done, limit, heals=what == "an update"), deliver


def _patience(tell: str, deliver: str, report: str, done: str, limit: int, *, heals: bool) -> Statechart:
    """The walk goes on when the instance has reported on what was delivered, or after exactly ``limit`` ticks.

    An instance without a guest is not waited for.  One that is moved to another host in the meantime starts with the
    newest package and configuration; in an update (``heals``) its start is still waited for.
    """
    moved = ("host_fails", "report_hardware_fault")
    away = "placed := false; waited := 0"
    waits = ("told", "delivered")
    return observer(
        "patience",
        ("quiet", *waits),
        (
            on("deploy_guest", ("quiet", *waits), then="placed := true"),
            on(tell, "quiet", "told", when="placed"),
            on(deliver, "told", "delivered"),
            on(TICKS, waits, when=f"waited < {limit}", then="waited := waited + 1"),
            on(TICKS, waits, VIOLATED, when=f"waited == {limit}"),
            on(report, "delivered", "quiet", then="waited := 0"),
            on(done, waits, VIOLATED, when=f"waited < {limit}"),
            on(done, waits, "quiet", when=f"waited == {limit}", then="waited := 0"),
            on(moved, "quiet", then=away),
            on(moved, waits, "delivered" if heals else "quiet", then=away),
            on(command("stop"), ("quiet", *waits), "quiet", then=away),
        ),
        (Variable.counter("waited", 0, limit), Variable.flag("placed")),
    )


def _left_alone() -> Statechart:
    """After a hang of the role's code neither the bootstrapper exits nor the guest goes down, but for a reason.

    The reason for the bootstrapper is that the role is told to stop; for the guest, an order, or anything that can
    keep an answer from the host agent.
    """
    silent = ("heartbeats_lost", "guest_hangs", "guest_agent_crashes", "app_agent_crashes", "host_agent_crashes")
    orders = ("order_stop", "order_reboot", "order_reimage")
    everywhere = ("quiet", "told_to_stop", "hung")
    down = tuple(e for e in GUEST_DOWN if e != "host_fails")
    return observer(
        "left_alone",
        everywhere,
        (
            on("stop_role", ("quiet", "hung"), "told_to_stop"),
            on(("run_hangs", "on_start_hangs"), "quiet", "hung"),
            on((*silent, *orders), everywhere, then="excused := true"),
            on("bootstrapper_exits", "hung", VIOLATED),
            on(down, "hung", VIOLATED, when="not excused"),
            on(down, "hung", "quiet", when="excused", then="excused := false"),
            on("host_fails", everywhere, "quiet", then="excused := false"),
            on(down, ("quiet", "told_to_stop"), "quiet", then="excused := false"),
            on(STACK_DOWN, ("quiet", "told_to_stop"), "quiet"),
            on("bootstrapper_crashes", "hung", "quiet"),
        ),
        (Variable.flag("excused"),),
    )


def _walk(kind: str, tell: Callable[[int], str], done: Callable[[int], str], domains: int) -> Statechart:
    """The walk of one operation: the domains in their order, each done before the next, and all of them."""
    rows = [
        on(command(kind), "quiet", "telling", then="domain := 0"),
        on("operation_finished", ("telling", "waiting"), VIOLATED),
        on("operation_finished", "walked", "quiet"),
    ]
    for d in range(domains):
        last = d == domains - 1
        rows += [
            on(tell(d), "telling", "waiting", when=f"domain == {d}"),
            on(tell(d), "telling", VIOLATED, when=f"domain != {d}"),
            on(tell(d), ("quiet", "waiting", "walked"), VIOLATED),
            on(
                done(d),
                "waiting",
                "walked" if last else "telling",
                when=f"domain == {d}",
                then=f"domain := {0 if last else d + 1}",
            ),
            on(done(d), "waiting", VIOLATED, when=f"domain != {d}"),
            on(done(d), ("quiet", "telling", "walked"), VIOLATED),
        ]
    if domains == 1:
        # With one domain there is no other to be told or done.
        rows = [row for row in rows if row.when != "domain != 0"]
    return observer(
        f"{kind}_walk",
        ("quiet", "telling", "waiting", "walked"),
        rows,
        (Variable.counter("domain", 0, max(domains - 1, 1)),),
    )


def _newest(told: tuple[str, ...]) -> Statechart:
    """What is on the host is out of date from the time when the instance's domain was told, until it is copied anew."""
    return observer(
        "newest",
        ("none", "newest", "stale"),
        (
            on("package_and_configuration_copied", ("none", "stale"), "newest"),
            on(told, "newest", "stale"),
            on("deploy_guest", ("none", "stale"), VIOLATED),
        ),
    )


def _contact_first() -> Statechart:
    """Whether the host agent has heard from the guest since it was started."""
    back = "lost := false; down := false"
    both = ("unheard", "heard")
    return observer(
        "contact_first",
        both,
        (
            on("heartbeat_answered", "unheard", "heard", when="not lost and not down"),
            on("start_bootstrapper", "unheard", VIOLATED),
            on(GUEST_DOWN, both, "unheard", then=back),
            on("host_agent_crashes", both, then="down := true"),
            on("restart_host_agent", both, then="down := false"),
            on("heartbeats_lost", both, then="lost := true"),
            on("heartbeats_restored", both, then="lost := false"),
        ),
        (Variable.flag("lost"), Variable.flag("down")),
    )


def _set_up_first() -> Statechart:
    """Between a new package and its set-up nothing is started, and no Ready is reported; a stop takes its place."""
    return observer(
        "set_up_first",
        ("quiet", "due"),
        (
            on("deliver_package", "quiet", "due"),
            on("set_up_package", "due", "quiet"),
            on(("start_bootstrapper", "report_ready"), "due", VIOLATED),
            on((*GUEST_DOWN, "deliver_stop"), "due", "quiet"),
        ),
    )


def _after_a_package() -> Statechart:
    """Each set-up of a package begins the steps after it anew."""
    steps = ("install_certificates", "set_up_account", "copy_configuration", "start_bootstrapper")
    due = tuple(f"{step}_due" for step in steps)
    rows = [on("set_up_package", "quiet", due[0]), on("set_up_package", due[1:], due[0])]
    for k, step in enumerate(steps):
        rows.append(on(step, due[k], due[k + 1] if k + 1 < len(steps) else "quiet"))
        if later := steps[k + 1 :]:
            rows.append(on(later, due[k], VIOLATED))
    rows.append(on((*GUEST_DOWN, "no_bootstrapper_found"), due, "quiet"))
    return observer("after_a_package", ("quiet", *due), rows)


def _stack_only() -> Statechart:
    """A guest agent that sees the bootstrapper end does not begin with the guest OS again (KHB-3)."""
    anew = ("configure_firewall", "configure_acls", "create_local_storage", "set_up_package")
    everywhere = ("unwatched", "watched", "ended")
    return observer(
        "stack_only",
        everywhere,
        (
            on(("start_bootstrapper", "bootstrapper_found"), ("unwatched", "ended"), "watched"),
            on(STACK_DOWN, "watched", "ended"),
            on(anew, "ended", VIOLATED, when="not newer"),
            on("set_up_package", everywhere, then="newer := false", when="newer"),
            on("deliver_package", everywhere, then="newer := true"),
            on("guest_agent_crashes", ("watched", "ended"), "unwatched"),
            on(GUEST_DOWN, everywhere, "unwatched", then="newer := false"),
        ),
        (Variable.flag("newer"),),
    )


def _goes_on() -> Statechart:
    """A role that set Busy does not end, unless there is another reason."""
    reasons = ("stop_role", "run_returns", "run_throws", "run_hangs", "change_cancelled", "status_check")
    return observer(
        "goes_on",
        ("quiet", "busy"),
        (
            on("handler_sets_busy", "quiet", "busy"),
            on(
                ("host_exits", "kill_host", "bootstrapper_exits", "stopping_raised", "on_stop_called"), "busy", VIOLATED
            ),
            on((*reasons, "bootstrapper_crashes", *GUEST_DOWN), "busy", "quiet"),
        ),
    )


def _cancelled() -> Statechart:
    """A cancelled change: not applied in place, no status check any more, and copied before the next start."""
    return observer(
        "cancelled",
        ("quiet", "due"),
        (
            on("change_cancelled", "quiet", "due"),
            on(("apply_configuration", "changed_raised", "status_check", "start_bootstrapper"), "due", VIOLATED),
            on(("copy_configuration", *GUEST_DOWN), "due", "quiet"),
        ),
    )


def _farewell(asked: tuple[str, ...]) -> Statechart:
    """Whether the host agent has heard from the guest, and then from the guest agent that the role has stopped."""
    unasked = tuple(e for e in GUEST_DOWN if e not in asked)
    return observer(
        "farewell",
        ("unseen", "contact", "stopped"),
        (
            on("heartbeat_answered", "unseen", "contact", when="not lost and not down"),
            on("role_stopped", ("unseen", "contact"), "stopped", when="not down"),
            on(asked, "contact", VIOLATED),
            on(asked, ("unseen", "stopped"), "unseen", then="lost := false; down := false"),
            on(unasked, ("unseen", "contact", "stopped"), "unseen", then="lost := false; down := false"),
            # A guest that was in contact before the host agent was restarted may have a role that runs.
            on("host_agent_crashes", ("unseen", "contact", "stopped"), then="down := true"),
            on("restart_host_agent", ("unseen", "contact", "stopped"), then="down := false"),
            on("heartbeats_lost", ("unseen", "contact", "stopped"), then="lost := true"),
            on("heartbeats_restored", ("unseen", "contact", "stopped"), then="lost := false"),
        ),
        (Variable.flag("lost"), Variable.flag("down")),
    )


def _recycle() -> Statechart:
    """A role that was up and whose Run returned, or that is to stop, sees OnStop called before its process ends."""
    return observer(
        "recycle",
        ("quiet", "up", "due"),
        (
            on(("role_ready", "status_check"), "quiet", "up"),
            on(("run_returns", "stop_host", "change_cancelled"), "up", "due"),
            on(("host_exits", "status_check"), "due", VIOLATED),
            on(("run_hangs", "run_throws", *END_OF_START), "up", "quiet"),
            on(("on_stop_called", *END_OF_START), "due", "quiet"),
        ),
    )


def _out_is_out(prefix: str, custom: bool) -> Statechart:
    """Between leaving the rotation and entering it, no probe is counted as answered and no request arrives."""
    left = (
        prefix + ("leave_rotation_refused" if custom else "leave_rotation_not_ready"),
        prefix + "leave_rotation_timeout",
    )
    traffic = (prefix + "probe_answered", prefix + REQUEST)
    return observer(
        prefix + "out_is_out",
        ("in_rotation", "out"),
        (
            on(left, "in_rotation", "out"),
            on((*left, *traffic), "out", VIOLATED),
            on(prefix + "enter_rotation", "out", "in_rotation"),
        ),
    )


def _on_stop(limit: int) -> Statechart:
    """Counts the minutes of OnStop; minutes in which the guest does not compute don't count."""
    ends = ("on_stop_returned", "on_stop_throws", *END_OF_START)
    return observer(
        "on_stop",
        ("quiet", "stopping"),
        (
            on(("on_stop_called",), "quiet", "stopping", then="minutes := 0"),
            on(TICK, "stopping", when=f"minutes < {limit}", then="minutes := minutes + 1"),
            on(TICK, "stopping", VIOLATED, when=f"minutes == {limit}"),
            on("kill_host", "stopping", "quiet", when=f"minutes == {limit}", then="minutes := 0"),
            on("kill_host", "stopping", VIOLATED, when=f"minutes < {limit}"),
            on(ends, "stopping", "quiet", then="minutes := 0"),
        ),
        (Variable.counter("minutes", 0, limit),),
    )


def _no_farewell(start_host: str) -> Statechart:
    """After a crash there is neither Stopping nor OnStop until the next start, and nothing goes on."""
    crashes = ("on_start_returned_false", "on_start_throws", "run_throws", "entry_point_missing")
    return observer(
        "no_farewell",
        ("alive", "crashed"),
        (
            on(crashes, "alive", "crashed"),
            on(("stopping_raised", "on_stop_called", "run_invoked", "status_check"), "crashed", VIOLATED),
            on((start_host, *END_OF_START), "crashed", "alive"),
        ),
    )


def _both_processes(name: str, raised: tuple[str, ...], passed_on: tuple[str, ...]) -> Statechart:
    """What is raised in one process is passed on to the other before anything of the kind, or a minute, comes."""
    return observer(
        name,
        ("quiet", "due"),
        (
            on(raised, "quiet", "due"),
            on((*raised, TICK), "due", VIOLATED),
            on(passed_on, "due", "quiet"),
            on(passed_on, "quiet", VIOLATED),
            on(END_OF_START, "due", "quiet"),
        ),
    )


def _probed(prefix: str, custom: bool, site: bool) -> Statechart:
    """There is a probe between any two minutes of an instance that has an address."""
    early = (CustomProbe(prefix).before_run,) if site else ()
    negative = (
        ("probe_refused", "leave_rotation_refused") if custom else ("probe_not_ready", "leave_rotation_not_ready")
    )
    probes = tuple(
        prefix + e for e in ("enter_rotation", "probe_answered", *negative, "probe_timeout", "leave_rotation_timeout")
    )
    probes = (*probes, *early)
    return observer(
        prefix + "probed",
        ("unconfigured", "due", "done"),
        (
            on("deploy_guest", ("unconfigured", "due", "done"), "due"),
            on("stop_guest", ("due", "done"), "unconfigured"),
            on(probes, "due", "done"),
            on(TICKS, "done", "due"),
            on(TICKS, "due", VIOLATED),
        ),
    )


LOST_READY = (
    "handler_sets_busy",
    "status_check_unanswered",
    "run_returns",
    "change_cancelled",
    "stop_role",
    "guest_agent_crashes",
    "guest_hangs",
    *STACK_DOWN,
    *GUEST_DOWN,
)
"""What takes Ready away, by the role, its agent or its guest; w3wp is not among it: nobody monitors it."""


def _enters(ready: tuple[str, ...], enter: str, leave: tuple[str, ...], lost: tuple[str, ...]) -> Statechart:
    """An instance that is well and stays so is probed within the next minute, and so in rotation.

    What the role says while its guest agent is away reaches nobody, and a role that was told to stop is not Ready any
    more, whatever it says.
    """
    due = ("due", "late")
    special = ("guest_agent_crashes", "stop_role", *END_OF_START)
    gone = tuple(e for e in END_OF_START if e not in leave)
    everywhere = ("out", *due, "inside")
    return observer(
        f"{enter}_after_{ready[0]}",
        everywhere,
        (
            on(ready, "out", "due", when="not away and not stopping"),
            on(enter, ("out", *due), "inside"),
            on(tuple(e for e in leave if e not in END_OF_START), "inside", "out"),
            on(tuple(e for e in leave if e in END_OF_START), everywhere, "out", then="stopping := false"),
            on(tuple(e for e in lost if e not in special), due, "out"),
            on(gone, due, "out", then="stopping := false"),
            on(gone, ("out", "inside"), then="stopping := false"),
            on("stop_role", due, "out", then="stopping := true"),
            on("stop_role", ("out", "inside"), then="stopping := true"),
            on("guest_agent_crashes", due, "out", then="away := true"),
            on("guest_agent_crashes", ("out", "inside"), then="away := true"),
            on("start_guest_agent", everywhere, then="away := false"),
            on(TICKS, "due", "late"),
            on(TICKS, "late", VIOLATED),
        ),
        (Variable.flag("away"), Variable.flag("stopping")),
    )


def _for_a_reason() -> Statechart:
    """A Ready role leaves the rotation only after something has taken Ready away."""
    both = ("ready", "not_ready")
    special = ("guest_agent_crashes", "stop_role", *END_OF_START)
    return observer(
        "for_a_reason",
        ("not_ready", "ready"),
        (
            on(("role_ready", "status_check"), "not_ready", "ready", when="not away and not stopping"),
            on(("leave_rotation_not_ready", "leave_rotation_timeout"), "ready", VIOLATED),
            on(tuple(e for e in LOST_READY if e not in special), "ready", "not_ready"),
            on("guest_agent_crashes", both, "not_ready", then="away := true"),
            on("start_guest_agent", both, then="away := false"),
            on("stop_role", both, "not_ready", then="stopping := true"),
            on(END_OF_START, both, "not_ready", then="stopping := false"),
        ),
        (Variable.flag("away"), Variable.flag("stopping")),
    )


def _program_leaves(probe: CustomProbe, site: bool) -> Statechart:
    """An instance in rotation whose program does not answer: at most one minute boundary passes."""
    lost: tuple[str, ...] = (probe.fails, "guest_hangs")
    lost += ("w3wp_crashes", "app_pools_deleted") if site else ("run_hangs", "run_throws", "host_exits", *STACK_DOWN)
    gained = (probe.recovers, "w3wp_started" if site else "run_invoked")
    out = (probe.refused[1], probe.prefix + "leave_rotation_timeout", "stop_guest", "deploy_guest")
    inside = ("in_well", "in_due", "in_late")
    return observer(
        probe.prefix + "program_leaves",
        ("out", *inside),
        (
            on(probe.answered[0], "out", "in_well"),
            on((*lost, *(e for e in GUEST_DOWN if e not in out)), "in_well", "in_due"),
            on(gained, ("in_due", "in_late"), "in_well"),
            on(out, inside, "out"),
            on(TICKS, "in_due", "in_late"),
            on(TICKS, "in_late", VIOLATED),
        ),
    )


def _leaves() -> Statechart:
    """An instance in rotation that is not Ready any more: at most one minute boundary passes."""
    gained = ("role_ready", "status_check")
    out = ("leave_rotation_not_ready", "leave_rotation_timeout", "stop_guest", "deploy_guest")
    lost_for_good = tuple(e for e in LOST_READY if e not in out)
    return observer(
        "leaves",
        ("out", "in_ready", "in_due", "in_late"),
        (
            on("enter_rotation", "out", "in_ready"),
            on(lost_for_good, "in_ready", "in_due"),
            on(gained, ("in_due", "in_late"), "in_ready"),
            on(out, ("in_ready", "in_due", "in_late"), "out"),
            on(TICKS, "in_due", "in_late"),
            on(TICKS, "in_late", VIOLATED),
        ),
    )
