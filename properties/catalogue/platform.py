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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...model.agents import startup_task as tasks
from ...model.agents.guest_agent import CONFIGURING
from ...model.agents.host_agent import FIRST_CONTACT_ATTEMPTS, FIRST_CONTACT_LIMIT, HEARTBEAT_LIMIT
from ...model.agents.iis_configurator import site_configured
from ...model.agents.load_balancer import CUSTOM
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
from ...model.workflow import Workflow, balanced, scope
from ..observer import VIOLATED, observer, precedence, sequence
from ..predicates import At, Can, Predicate, anywhere
from ..property import Always, AlwaysCan, Lacks, Never, NoDeadlock, NothingLost, Property, SentBy, Watched

END_OF_START = (*STACK_DOWN, *GUEST_DOWN)

HOSTS = {
    RoleKind.WORKER: ("worker_host", "start_worker_host", ("R-9", "R-9.1", "R-I1")),
    RoleKind.HWC_WEB: ("web_host", "start_web_host", ("R-9", "R-9.2", "R-J1")),
    RoleKind.FULL_IIS_WEB: ("iis_host", "start_iis_host", ("R-9", "R-9.3", "R-K1")),
}
"""Component, start event and requirements of the host process of each kind of role."""


def platform_properties(workflow: Workflow) -> list[Property]:
    """Every platform property of the network of a workflow, instance by instance."""
    found = list(_service(workflow.network))
    for role, number in workflow.instances:
        found += Instance(workflow, role, number).properties()
    return found


def _service(network: Network) -> Iterator[Property]:
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
    yield Property(
        "an operation of the fabric can always come to its end",
        AlwaysCan(At("fabric_controller", "in(operation.idle)"), None, unhelped(network)),
        ("R-B1", "R-1"),
        witness=At("fabric_controller", "not in(operation.idle)"),
    )
    yield Property("something can always happen: there is no deadlock", NoDeadlock())
    yield Property("no event is lost: whoever knows it takes it, ignores it or makes the sender wait", NothingLost())


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

    def struck(self, kind: str) -> Predicate | None:
        """A fault has happened that may have been of this kind; None if no such fault is allowed."""
        faults = self.workflow.bounds.faults
        units = faults.total if faults.kinds is None else dict(faults.kinds).get(kind, 0)
        budget = "fault_budget" if faults.kinds is None else f"fault_budget_{kind}"
        return At(budget, f"left < {units}") if units else None

    def properties(self) -> list[Property]:
        """All platform properties of the instance."""
        return [
            *self.placement(),
            *self.heartbeats(),
            *self.guest(),
            *self.start(),
            *self.startup_tasks(),
            *(self.full_iis_only() if self.full_iis else self.never_full_iis()),
            *self.lifecycle(),
            *self.rotation(),
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
        yield self.recovers(
            "a host agent whose process died is restarted by the fabric",
            self.at("placement", "host_agent_down and in(placed)"),
            self.at("placement", "not host_agent_down"),
            ("R-B1",),
        )
        limit = self.workflow.bounds.ticks(START_LIMIT)
        update, configure = self.workflow.domains(self.role, self.number)
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
            yield self.watched(
                f"{what} goes on when the instance has it and said so, or after 30 minutes, and never later",
                _patience(tell, deliver, report, done, limit, heals=what == "an update"),
                ("R-B1", "R-D3"),
                deliver,
            )
        stopping = self.at("placement", "in(stopping)")
        yield self.recovers(
            "an instance that is to be stopped can always get there",
            stopping,
            self.at("placement", "in(unallocated)"),
            ("R-C2", "R-1"),
        )

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
            sequence("guest_set_up", steps, GUEST_DOWN),
            ("R-D1", "R-D2", "R-5"),
            "start_bootstrapper",
        )
        yield self.precedes(
            "the configuration file is copied to C:\\Config before the bootstrapper starts",
            ["copy_configuration"],
            ["start_bootstrapper"],
            GUEST_DOWN,
            ("R-5",),
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
            & self.at("guest_agent", "goal != stop"),
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
        others = tuple(self.here + name for kind, name in hosts.items() if kind is not self.role.kind)
        yield Property(
            "the host process is the one that fits the kind of role, and no other",
            Lacks(others),
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
                alive = self.at(f"startup_task_{k}", "in(working)")
                struck = self.struck("task_crash")
                yield Property(
                    f"{label} is a plugin's agent: it stays alive after the startup tasks, unless a fault ends it",
                    Always(~up | alive if struck is None else ~up | alive | struck),
                    ("R-H4", "R-H2"),
                    subject=self.here.rstrip("/"),
                    witness=up,
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
            Lacks(self.events("web_host", "worker_host")),
            ("R-K1", "R-F1"),
            subject=self.here.rstrip("/"),
            witness=self.can("start_iis_configurator"),
        )
        if any(balanced(self.role)):
            starting = self.at("w3wp", "in(starting)") & self.at("guest_os", "in(running)")
            yield self.recovers(
                "the request for which w3wp is started can be served",
                starting,
                self.at("w3wp", "in(idle)"),
                ("R-10", "R-L1"),
            )
            yield self.precedes(
                "w3wp is started only by a web request",
                ["client_request"],
                ["w3wp_started"],
                ["w3wp_started", "app_pools_deleted", "w3wp_crashes", *GUEST_DOWN],
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
            if any(balanced(self.role)):
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
            Lacks(self.events("iis_configurator", "w3wp")),
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
        if any(balanced(self.role)):
            yield self.never(
                "the host process serves requests itself, and only once Run was invoked",
                ["client_request"],
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
                _probed(prefix, by_probe),
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
            if not stays:
                yield self.watched(
                    "an instance that is no longer Ready leaves the rotation before the next minute has passed",
                    _leaves(),
                    ("R-9",),
                    "leave_rotation_not_ready",
                )
                yield self.never(
                    "Stopping is raised only when the instance has left the rotation",
                    ["stopping_raised"],
                    self.at("rotation", "in(in_rotation)"),
                    ("R-9",),
                )

    def time(self) -> Iterator[Property]:
        """Time never stops."""
        yield Property(
            "time can always go on",
            AlwaysCan(anywhere([self.can(t) for t in TICKS])),
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
            on("host_fails", "no_guest", then="before_start := false"),
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
    """After a hang of the role's code the bootstrapper does not exit, unless the role is told to stop."""
    return observer(
        "left_alone",
        ("quiet", "told_to_stop", "hung"),
        (
            on("stop_role", ("quiet", "hung"), "told_to_stop"),
            on(("run_hangs", "on_start_hangs"), "quiet", "hung"),
            on("bootstrapper_exits", "hung", VIOLATED),
            on(END_OF_START, ("quiet", "told_to_stop"), "quiet"),
            on(("bootstrapper_crashes", *GUEST_DOWN), "hung", "quiet"),
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
            on("host_exits", "due", VIOLATED),
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
    traffic = (prefix + "probe_answered", *(() if prefix else ("client_request",)))
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
    """After a crash there is neither Stopping nor OnStop until the next start."""
    crashes = ("on_start_returned_false", "on_start_throws", "run_throws", "entry_point_missing")
    return observer(
        "no_farewell",
        ("alive", "crashed"),
        (
            on(crashes, "alive", "crashed"),
            on(("stopping_raised", "on_stop_called"), "crashed", VIOLATED),
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


def _probed(prefix: str, custom: bool) -> Statechart:
    """There is a probe between any two minutes of an instance that has an address."""
    negative = (
        ("probe_refused", "leave_rotation_refused") if custom else ("probe_not_ready", "leave_rotation_not_ready")
    )
    probes = tuple(
        prefix + e for e in ("enter_rotation", "probe_answered", *negative, "probe_timeout", "leave_rotation_timeout")
    )
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


def _leaves() -> Statechart:
    """An instance in rotation that is not Ready any more: at most one minute boundary passes."""
    lost = (
        "handler_sets_busy",
        "status_check_unanswered",
        "run_returns",
        "stop_role",
        "guest_agent_crashes",
        "guest_hangs",
        *STACK_DOWN,
        *GUEST_DOWN,
    )
    gained = ("role_ready", "status_check")
    out = ("leave_rotation_not_ready", "leave_rotation_timeout", "stop_guest", "deploy_guest")
    lost_for_good = tuple(e for e in lost if e not in out)
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
