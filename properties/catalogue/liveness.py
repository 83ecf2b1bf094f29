"""Liveness: what comes about in every run, and the assumptions that each sentence needs.

Nothing in the network has to happen, so each sentence is true under assumptions only: fairness of each action of some
agents, and the absence of faults that nobody repairs, which are its named *exceptions*.  Both are part of the property,
and each is needed: the tests show that without any one of them, or with weak fairness in the place of strong, the
sentence is false (``temporal.assumptions`` finds such sets).

Whoever brings the effect about is named by the sentence.  Who else must act is read from the agents' tables: those
around the guest who can hold time up, and where the sentence says so, those who can hold up another event
(``Sentence.waits_for``).  So a probe more, or a task that the role waits for, is never forgotten.

Faults are finitely many, as the budget of the network says.  The sentences speak of one instance, and hold within any
bounds; those whose causes the bounds leave out are left out.

Of a role whose code is assumed to behave in some way (``model.assumption``) the sentences about working code are left
out; whether it becomes Ready and stays so is asked instead, as a property of the deployment.

*Recoverability* assumes nothing: from every reachable state the role can become Ready again, without the user and
without a further fault, except after a fault that nobody repairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from ...model.agents.vocabulary import (
    GUEST_DOWN,
    GUEST_ENDS,
    STACK_DOWN,
    TICK_WHILE_DOWN,
    UPDATE_STOPS,
    command,
    request,
)
from ...model.assumption import declared, told
from ...model.deployment import Role, RoleKind, TaskType
from ...model.instance import requests_to
from ...model.workflow import Workflow, scope
from ..predicates import At, Can, Predicate, anywhere, everywhere
from ..property import AlwaysCan, Family, Property
from ..rules import Code
from ..temporal.assumptions import Assumption, FairAgent, NoFault, assumed
from ..temporal.claims import EveryRun
from ..temporal.fairness import Strength, does_of_itself, holding_up
from ..temporal.formula import And, Formula, Globally, Happens, Holds, Or, leads_to
from .platform.instance import unhelped

HOST_PROCESS = {RoleKind.WORKER: "worker_host", RoleKind.HWC_WEB: "web_host", RoleKind.FULL_IIS_WEB: "iis_host"}

ENDS = (
    "bootstrapper_crash",
    "guest_agent_crash",
    "handler_throws",
    "iis_configurator_failure",
    "on_start_false",
    "on_start_throws",
    "on_stop_throws",
    "request_recycle",
    "run_returns",
    "run_throws",
    "task_failure",
)
"""Kinds of fault that end a process of the instance, and with it the role's being Ready or its way there."""

LOSSES = ("guest_hang", "host_failure")
"""Kinds of fault that take all processes of the instance at once."""

SILENCE = ("guest_hang", "heartbeats_lost")
"""Kinds of fault that keep heartbeats from being answered."""

RESTARTS = {
    "rdfe_crash": ("rdfe", "rdfe_fails_over"),
    "ffe_crash": ("ffe", "ffe_fails_over"),
    "fabric_crash": ("fabric_controller", "fabric_controller_fails_over"),
    "host_agent_crash": ("placement", "restart_host_agent", *GUEST_ENDS),
    "app_agent_crash": ("wa_app_agent", "restart_app_agent", "guest_hangs", *GUEST_DOWN),
}
"""Kinds of fault that end a process which the role does not need to stay Ready: who starts it again, and how that is
called; or what makes it needless."""

START = ("placement", "host_agent", "host_bootstrapper", "startup_task", "host", "iis_configurator")
ASKED = ("rdfe", "ffe", "fabric_controller")
AWAKE = ("guest_os", "wa_app_agent", "guest_agent")
UNREPAIRED = (
    "damaged_package",
    "locked_directory",
    "missing_certificate",
    "no_capacity",
    "on_start_hangs",
    "run_hangs",
    "task_hang",
    "wrong_entry_point",
)
"""Kinds of fault that keep a role from Ready for ever: nobody repairs them."""


@dataclass(frozen=True)
class Response:
    """One of ``cause`` happens in a state that satisfies ``given``: then, sooner or later, ``effect``."""

    cause: tuple[str, ...]
    effect: Formula
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


@dataclass(frozen=True)
class Sentence:
    """Causes that lead to their effects, and what is assumed: agents whose every action is weakly or strongly fair, and
    the kinds of fault that are left out.

    ``waits_for``: events that must come, so that whoever can hold them up is assumed to be weakly fair too.
    """

    name: str
    requirements: tuple[str, ...]
    responses: tuple[Response, ...]
    weak: tuple[str, ...]
    strong: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()

    @property
    def formula(self) -> Formula:
        """Each cause leads to its effect."""
        formulas = tuple(r.formula for r in self.responses)
        return formulas[0] if len(formulas) == 1 else And(formulas)

    @property
    def witness(self) -> Predicate:
        """Some cause can happen."""
        return anywhere([r.witness for r in self.responses])

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """All that is assumed."""
        return (
            *(FairAgent(agent, Strength.WEAK) for agent in self.weak),
            *(FairAgent(agent, Strength.STRONG) for agent in self.strong),
            *(NoFault(kind) for kind in self.exceptions),
        )


def liveness_properties(workflow: Workflow) -> list[Property]:
    """Recoverability, and the sentences as properties, for each instance of a workflow.

    >>> from goalstate.model.deployment import Deployment
    >>> service = Deployment("Shop", (Role("Back", RoleKind.WORKER),))
    >>> stop = next(p for p in liveness_properties(Workflow(service)) if "stop leads" in p.name)
    >>> print(stop.claim.formula)
    G (<request_stop> -> (X (F {Back_IN_0/guest_os: in(off)})))
    >>> stop.assumes[-1]
    'strong fairness of each action of Back_IN_0/guest_agent'
    """
    found: list[Property] = []
    for role, number in workflow.instances:
        if not role.assumptions:
            found += recoverability(workflow, role, number)
        for sentence in sentences(workflow, role, number):
            wanted, fairness = assumed(workflow.network, sentence.formula, sentence.assumptions)
            subject = scope(role.name, number).rstrip("/")
            claim = EveryRun(wanted, fairness)
            prop = Property(
                sentence.name,
                claim,
                sentence.requirements,
                subject=subject,
                witness=sentence.witness,
                assumes=tuple(map(str, sentence.assumptions)),
                code=Code.LIVENESS,
            )
            found.append(prop if sentence.name != STAYS_READY else _of_deployment(prop, role))
    return found


def _of_deployment(prop: Property, role: Role) -> Property:
    """A property that is about the role's code, with the line that declares the code and what is assumed of it."""
    assumed = " and ".join(told(role, assumption) for assumption in role.assumptions)
    return replace(
        prop,
        family=Family.DEPLOYMENT,
        code=Code.CODE_ASSUMED,
        location=str(declared(role, role.assumptions[0])),
        failure=f"{role.name} does not become Ready and stay so, assumed that {assumed}",
    )


def sentences(workflow: Workflow, role: Role, number: int) -> Iterator[Sentence]:
    """What comes about on one instance, of what can happen at all within the workflow's bounds: a sentence whose causes
    the bounds leave out is left out."""
    words = _Words(workflow, role, number)
    first = _stays_ready if role.assumptions else _ready_again
    for group in (first, _restarted, _operations, _served):
        yield from map(words.with_whoever_holds_up, group(words))


def _ready_again(words: _Words) -> Iterator[Sentence]:
    """The role becomes Ready: after the deployment, and after each kind of fault that somebody repairs."""
    ready = Or((Holds(words.ready), words.another))
    unrepaired = words.unrepaired()
    yield Sentence(
        "a deployment leads to Ready, unless the user asks for something else",
        ("R-1", "R-9"),
        (Response((request("deploy"),), ready),),
        words.agents(*ASKED, *START),
        words.agents(*AWAKE),
        unrepaired,
    )
    if ends := words.faults(*ENDS):
        yield Sentence(
            "the end of any process of the role leads to Ready again, unless the user asks for something else",
            ("R-D4", "R-E2"),
            (Response(ends, ready, DEPLOYED),),
            words.agents("fabric_controller", *START),
            words.agents(*AWAKE),
            unrepaired,
        )
    if losses := words.faults(*LOSSES):
        yield Sentence(
            "a guest that hangs and a host that fails lead to Ready again, unless the user asks for something else",
            ("R-B1", "R-C4", "R-9"),
            (Response(losses, ready, DEPLOYED),),
            words.agents("fabric_controller", *START),
            words.agents(*AWAKE),
            tuple(kind for kind in unrepaired if kind != "run_hangs"),
        )


STAYS_READY = "the role becomes Ready and stays so, unless the user asks for something else"


def _stays_ready(words: _Words) -> Iterator[Sentence]:
    """The role becomes Ready and stays so, whatever is assumed of its code: else it is stuck, or recycles for ever."""
    asked = words.events(*(request(kind) for kind in ("deploy", "update_package", "reboot", "reimage")))
    yield Sentence(
        STAYS_READY,
        ("R-9", "R-D4"),
        (Response(asked, Or((Globally(Holds(words.ready)), words.another))),),
        words.agents(*ASKED, *START),
        words.agents(*AWAKE),
        words.unrepaired(),
    )


def _restarted(words: _Words) -> Iterator[Sentence]:
    """What is silent or dead is started again."""
    if silence := words.faults(*SILENCE):
        yield Sentence(
            "a guest that is silent is restarted, unless it is heard again",
            ("R-C3", "R-C4"),
            (Response(silence, words.own(*GUEST_DOWN, "heartbeats_restored")),),
            words.agents("fabric_controller", "placement", "host_agent", "guest_os"),
        )
    replaced = [
        Response(dead, words.own(*starts)) for kind, (_, *starts) in RESTARTS.items() if (dead := words.faults(kind))
    ]
    if replaced:
        yield Sentence(
            "an agent that dies beside the role is started again, or its replica takes over",
            ("R-B1", "R-C2.1"),
            tuple(replaced),
            words.agents(*(agent for kind, (agent, *_) in RESTARTS.items() if words.faults(kind))),
        )


def _operations(words: _Words) -> Iterator[Sentence]:
    """What the user asks for after the deployment is done."""
    if words.workflow.bounds.requests == 1:
        return
    # A user who asks again and again without end may keep a configuration from ever being applied.
    stopped = words.another if words.workflow.bounds.requests is None else words.own(request("stop"), request("delete"))
    applied = Or((words.own("report_configuration_applied"), stopped))
    ended = Or((Happens(("operation_finished", UPDATE_STOPS)), words.another))
    yield Sentence(
        "a stop leads to stopped",
        ("R-1", "R-C2"),
        (Response((request("stop"),), Holds(words.at("guest_os", "in(off)"))),),
        words.agents(*ASKED, "placement", "host_agent", "wa_app_agent", "host_bootstrapper", "host"),
        words.agents("guest_os", "guest_agent"),
        waits_for=words.events("start_bootstrapper", "stopping_raised", "role_stopped"),
    )
    if not words.role.assumptions:
        yield Sentence(
            "a changed configuration is in place in the end, unless the service is stopped",
            ("R-B2", "R-D1"),
            (Response((request("change_configuration"),), applied),),
            words.agents(*ASKED, *START),
            words.agents(*AWAKE),
            tuple(kind for kind in words.unrepaired() if kind != "wrong_entry_point"),
        )
    yield Sentence(
        "an update comes to its end, unless it is overtaken, or stopped by a role that recycles",
        ("R-B1",),
        (Response((command("update_package"),), ended),),
        words.agents("rdfe", "fabric_controller", "placement", "host_agent", "host_bootstrapper", "host"),
        words.agents(*AWAKE),
    )


def _served(words: _Words) -> Iterator[Sentence]:
    """A request that reaches the site of a full-IIS role is served."""
    requests = words.events(*requests_to(words.role))
    if requests and "request_served" in words:
        answers = ("request_served", *(("request_fails",) if "request_fails" in words else ()))
        yield Sentence(
            "a client's request to a role that is Ready is served, unless what would serve it goes down",
            ("R-10",),
            (
                Response(
                    requests,
                    words.own(*answers, "w3wp_crashes", "guest_hangs", *STACK_DOWN, *GUEST_DOWN),
                    words.at("guest_agent", "status == ready") & words.at("guest_os", "in(running)"),
                ),
            ),
            words.agents("w3wp"),
        )


def recoverability(workflow: Workflow, role: Role, number: int) -> list[Property]:
    """From every reachable state the platform alone can make the role Ready again, except after a fault that nobody
    repairs; the sentence names each such cause."""
    words = _Words(workflow, role, number)
    causes = stuck(workflow, role, number)
    return [
        Property(
            f"a role that is wanted can always become Ready again, except after {', '.join(causes)}",
            AlwaysCan(
                words.ready, DEPLOYED & everywhere([~where for where in causes.values()]), unhelped(workflow.network)
            ),
            ("R-C2", "R-D4", "R-9"),
            subject=scope(role.name, number).rstrip("/"),
            witness=DEPLOYED & ~words.ready,
            code=Code.RECOVERY,
        )
    ]


def stuck(workflow: Workflow, role: Role, number: int) -> dict[str, Predicate]:
    """Where a role is kept from Ready for ever, by the cause."""
    words, host = _Words(workflow, role, number), HOST_PROCESS[role.kind]
    found = {
        "an OnStart that hangs": words.at(host, "in(on_start_hung)"),
        "a Run that hangs": words.at(host, "in(run_hung)"),
        "a package without an entry point": words.at(host, "entry_point != usable"),
        "a package that is damaged": words.at("guest_agent", "obstacle == damaged_package"),
    }
    if role.local_storage:
        found["a directory that is locked"] = words.at("guest_agent", "obstacle == locked_directory")
    if role.certificates:
        found["a certificate that is missing"] = words.at("guest_agent", "obstacle == missing_certificate")
    hung = [words.at(f"startup_task_{k}", "in(hung)") for k, t in enumerate(role.tasks) if t.type is TaskType.SIMPLE]
    if hung:
        found["a simple task that hangs"] = anywhere(hung)
    dead = [words.at(f"startup_task_{task.partner}", "in(dead)") for task in role.tasks if task.partner is not None]
    if dead and workflow.platform.dead_background_task == "unnoticed":
        found["a plugin's agent that died before its partner saw it"] = anywhere(dead)
    if workflow.platform.failing_simple_task == "blocked" and hung:
        found["a simple task that failed"] = words.at("host_bootstrapper", "in(tasks.blocked)")
    if workflow.platform.refusable:
        found["an allocation failure"] = At("ffe", "in(work.answering)") | At(
            "fabric_controller", "in(giving_up) or in(withdrawing)"
        )
    return found


DEPLOYED = At("user", "in(deployed)")
"""The user wants the service: a role that is to be stopped need not come back."""


@dataclass(frozen=True)
class _Words:
    """One instance: the names that sentences are made of."""

    workflow: Workflow
    role: Role
    number: int

    @property
    def here(self) -> str:
        return scope(self.role.name, self.number)

    def __contains__(self, event: str) -> bool:
        return self.here + event in self.workflow.network.event_index

    @property
    def another(self) -> Happens:
        """The user asks for something else: what was under way may then never come about."""
        return Happens(tuple(request(kind) for kind in self.workflow.bounds.kinds), "request_*")

    def at(self, component: str, condition: str) -> Predicate:
        """A predicate on one of the instance's agents."""
        return At(self.here + component, condition)

    def events(self, *names: str) -> tuple[str, ...]:
        """The events with these names, of the instance or of the service, as far as there are any."""
        known = self.workflow.network.event_index
        return tuple(e for name in names for e in (self.here + name, name) if e in known)

    def own(self, *names: str) -> Happens:
        """One of them happens."""
        return Happens(self.events(*names))

    def faults(self, *kinds: str) -> tuple[str, ...]:
        """The faults of some kinds, of the instance or of the service, that the bounds allow."""
        return tuple(name for name, kind in self.possible if kind in kinds)

    @cached_property
    def possible(self) -> tuple[tuple[str, str], ...]:
        """The faults that the bounds allow, and the kind of each."""
        budget = self.workflow.bounds.faults
        named = None if budget.kinds is None else dict(budget.kinds)
        found = []
        for event in self.workflow.network.events:
            if event.fault and (event.name.startswith(self.here) or "/" not in event.name):
                left = budget.total if "/" in event.name or budget.service is None else budget.service
                if left if named is None else named.get(event.fault):
                    found.append((event.name, event.fault))
        return tuple(found)

    def agents(self, *names: str) -> tuple[str, ...]:
        """The components with these names, of the instance or of the service, as far as there are any."""
        network = self.workflow.network
        meant = [HOST_PROCESS[self.role.kind] if name == "host" else name for name in names]
        tasks = [f"startup_task_{k}" for k in range(len(self.role.tasks))]
        listed = [n for name in meant for n in (tasks if name == "startup_task" else [name])]
        full = dict.fromkeys(n if n in network.index else self.here + n for n in listed)
        return tuple(n for n in full if n in network.index and does_of_itself(network, n))

    def with_whoever_holds_up(self, sentence: Sentence) -> Sentence:
        """A sentence that assumes fairness also of the agents that can hold up what it waits for.  Where it speaks of
        the guest OS, by which time passes, they are also those around the guest that can hold time up."""
        named = (*sentence.weak, *sentence.strong)
        time = self.events(TICK_WHILE_DOWN) if self.here + "guest_os" in named else ()
        awaited = [*sentence.waits_for, *time]
        found = holding_up(self.workflow.network, awaited)
        return replace(sentence, weak=(*sentence.weak, *(agent for agent in found if agent not in named)))

    @property
    def ready(self) -> Predicate:
        """The role is Ready, in a guest that computes."""
        return self.at("guest_agent", "status == ready") & self.at("guest_os", "in(running)")

    def unrepaired(self) -> tuple[str, ...]:
        """The kinds of fault that keep the role from Ready for ever."""
        kinds = list(UNREPAIRED)
        unnoticed = self.workflow.platform.dead_background_task == "unnoticed"
        if unnoticed and any(task.partner is not None for task in self.role.tasks):
            kinds.append("task_crash")
        if self.workflow.platform.failing_simple_task == "blocked":
            kinds += ["task_failure", "task_3010"]
        return tuple(kind for kind in sorted(kinds) if self.faults(kind))
