"""Liveness: what comes about in the end, and the assumptions that each sentence needs.

Nothing in the network has to happen, so each sentence is true under assumptions only: fairness of each action of some
agents, and the absence of faults that nobody repairs, which are its named *exceptions*.  Both are part of the property,
and none is superfluous: the tests show that without any one of them, or with weak fairness for strong, the sentence
is false of the role (``temporal.assumptions`` finds such sets).

Faults are finitely many, as the budget of the network says.  The sentences speak of one instance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...model.agents.vocabulary import GUEST_DOWN, REQUESTS, STACK_DOWN, command, request
from ...model.deployment import Role, RoleKind
from ...model.workflow import Workflow, scope
from ..predicates import At, Can, Predicate, anywhere
from ..property import Property
from ..temporal.assumptions import Assumption, FairAgent, NoFault, assumed
from ..temporal.claims import EveryRun
from ..temporal.fairness import Strength, does_of_itself
from ..temporal.formula import Formula, Happens, Holds, Or, leads_to

HOST_PROCESS = {RoleKind.WORKER: "worker_host", RoleKind.HWC_WEB: "web_host", RoleKind.FULL_IIS_WEB: "iis_host"}

PROCESS_ENDS = (
    "app_agent_crash",
    "bootstrapper_crash",
    "guest_agent_crash",
    "host_agent_crash",
    "run_returns",
    "run_throws",
    "w3wp_crash",
)
"""Kinds of fault that end a process of the instance, or of its host agent."""


START = ("placement", "host_agent", "host_bootstrapper", "startup_task", "host", "iis_configurator")
ASKED = ("rdfe", "ffe", "fabric_controller")
AWAKE = ("guest_os", "wa_app_agent", "guest_agent")
UNREPAIRED = ("on_start_hangs", "task_hang", "wrong_entry_point")
"""Kinds of fault that keep a role from Ready for ever: nobody repairs them."""


@dataclass(frozen=True)
class Sentence:
    """A cause that leads to an effect, and what is assumed: agents whose every action is weakly or strongly fair, and
    the kinds of fault that are left out.  The cause are events, in a state that satisfies ``given``."""

    name: str
    requirements: tuple[str, ...]
    cause: tuple[str, ...]
    effect: Formula
    weak: tuple[str, ...]
    strong: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    given: Predicate | None = None

    @property
    def formula(self) -> Formula:
        """Cause leads to effect."""
        happens = Happens(self.cause)
        return leads_to(happens if self.given is None else happens & self.given, self.effect)

    @property
    def witness(self) -> Predicate:
        """The cause can happen."""
        possible = anywhere([Can(e) for e in self.cause])
        return possible if self.given is None else possible & self.given

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """All that is assumed."""
        return (
            *(FairAgent(agent, Strength.WEAK) for agent in self.weak),
            *(FairAgent(agent, Strength.STRONG) for agent in self.strong),
            *(NoFault(kind) for kind in self.exceptions),
        )


def liveness_properties(workflow: Workflow) -> list[Property]:
    """The sentences as properties, for each instance of a workflow.

    >>> from ...model.deployment import Deployment
    >>> service = Deployment("Shop", (Role("Back", RoleKind.WORKER),))
    >>> print(liveness_properties(Workflow(service))[2].claim)
    Whenever Back_IN_0/guest_hangs happens, then after it, sooner or later, Back_IN_0/restart_guest or \
    Back_IN_0/restart_guest_no_contact or Back_IN_0/report_hardware_fault happens, assuming weak fairness of each \
    action of Back_IN_0/host_agent, weak fairness of each action of Back_IN_0/guest_os.
    """
    found = []
    for role, number in workflow.instances:
        for sentence in sentences(workflow, role, number):
            wanted, fairness = assumed(workflow.network, sentence.formula, sentence.assumptions)
            subject = scope(role.name, number).rstrip("/")
            claim = EveryRun(wanted, fairness)
            found.append(
                Property(sentence.name, claim, sentence.requirements, subject=subject, witness=sentence.witness)
            )
    return found


def sentences(workflow: Workflow, role: Role, number: int) -> Iterator[Sentence]:
    """What comes about in the end on one instance."""
    network, here = workflow.network, scope(role.name, number)
    full_iis = role.kind is RoleKind.FULL_IIS_WEB
    another = tuple(request(k) for k in REQUESTS)
    ready = Or((Holds(At(here + "guest_agent", "status == ready")), Happens(another, "request_*")))
    kinds = {e.fault for e in network.events if e.fault}

    def own(*names: str) -> Happens:
        return Happens(tuple(here + name for name in names if here + name in network.event_index))

    def agents(*names: str) -> tuple[str, ...]:
        """The components that are meant: of the instance or of the service, as far as there are any."""
        meant = [HOST_PROCESS[role.kind] if name == "host" else name for name in names]
        tasks = [f"startup_task_{k}" for k in range(len(role.tasks))]
        listed = [n for name in meant for n in (tasks if name == "startup_task" else [name])]
        full = [n if n in network.index else here + n for n in listed]
        return tuple(n for n in full if n in network.index and does_of_itself(network, n))

    def except_for(*names: str) -> tuple[str, ...]:
        return tuple(name for name in names if name in kinds)

    leaving = ("rotation",) if full_iis else ()
    yield Sentence(
        "a deployment leads to Ready",
        ("R-1", "R-9"),
        ("request_deploy",),
        ready,
        agents(*ASKED, *START),
        agents(*AWAKE),
        except_for(*UNREPAIRED),
    )
    yield Sentence(
        "the end of any process leads to Ready again",
        ("R-D4", "R-E2"),
        tuple(e.name for e in network.events if e.fault in PROCESS_ENDS and e.name.startswith(here)),
        ready,
        agents(*START, *leaving),
        agents(*AWAKE),
    )
    yield Sentence(
        "a guest that hangs is restarted",
        ("R-C3", "R-C4"),
        (here + "guest_hangs",),
        own("restart_guest", "restart_guest_no_contact", "report_hardware_fault"),
        agents("host_agent", "guest_os"),
    )
    yield Sentence(
        "a stop leads to stopped",
        ("R-1", "R-C2"),
        ("request_stop",),
        Holds(At(here + "guest_os", "in(off)")),
        agents("rdfe", "ffe", "placement", "host_agent", "host_bootstrapper", "host", *leaving),
        agents("guest_agent"),
    )
    yield Sentence(
        "a changed configuration is in place in the end",
        ("R-B2", "R-D1"),
        ("request_change_configuration",),
        own("report_configuration_applied"),
        agents(*ASKED, *START, *leaving),
        agents(*AWAKE),
    )
    yield Sentence(
        "an update comes to its end",
        ("R-B1",),
        (command("update_package"),),
        Happens(("operation_finished",)),
        agents("placement", "host_agent", "guest_agent", "host_bootstrapper", "host", *leaving, *_os(not full_iis)),
        agents("fabric_controller", *_os(full_iis)),
    )
    if here + "request_served" in network.event_index:
        yield Sentence(
            "a client's request to a role that is Ready is served, unless what would serve it goes down",
            ("R-10",),
            (here + "client_request",),
            own("request_served", "w3wp_crashes", "guest_hangs", *STACK_DOWN, *GUEST_DOWN),
            agents("w3wp"),
            given=At(here + "guest_agent", "status == ready") & At(here + "guest_os", "in(running)"),
        )


def _os(wanted: bool) -> tuple[str, ...]:
    return ("guest_os",) if wanted else ()
