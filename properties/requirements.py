"""The requirements: what the workflow document asks for, one numbered sentence each, and where it had to be read.

The source is Microsoft's document "Workflow of Windows Azure classic VM architecture" (text of April 2019): its
components A to L, its workflow steps 1 to 10 and its list of log files.  Every requirement keeps its id for life.  The
model names it at the rows that realise it, a property names it as what it checks, and ``traceability`` joins the two.

A *behaviour* must have both, at least one row and one property.  *Log data* says where a component writes; nothing
happens or fails to happen by it, so it has neither.

``DECISIONS`` settles what the document leaves open or where sources disagree.  Where another reading is just as
likely, it is kept as a named option of the platform (``model.workflow.Platform``).

Left out: the document's remarks on how to collect logs, and what it says of products rather than of agents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from ..model.notation.terms import suggestion


class Kind(Enum):
    """What a requirement speaks of."""

    BEHAVIOUR = "behaviour"
    LOG_DATA = "log data"


@dataclass(frozen=True)
class Requirement:
    """One requirement: its id, and what it asks for in a sentence."""

    id: str
    text: str
    kind: Kind = Kind.BEHAVIOUR


@dataclass(frozen=True)
class Decision:
    """One reading of an open point; ``option`` names the alternative that is kept, ``alternative`` says what it is."""

    topic: str
    decision: str
    option: str = ""
    alternative: str = ""


_BEHAVIOUR = {
    # A: RDFE and FFE.
    "R-A1": "RDFE is the one entrance: whatever the user asks for, from whichever client, comes in there.",
    "R-A2": "RDFE finishes the work on the subscription before the request goes anywhere else.",
    "R-A3": "Between RDFE and a fabric controller there is always FFE.",
    "R-A4": "FFE turns what RDFE asks into commands for the fabric.",
    # B: fabric controller.
    "R-B1": "The fabric controller looks after every resource of the data centre and watches it.",
    "R-B2": "The fabric controller gives host agents four things: guest OS version, service package, service "
    "configuration, service state.",
    # C: host agent, and the agent's installer.
    "R-C1": "The host agent runs on the host OS; setting up the guest OS is its job.",
    "R-C2": "The host agent brings the role to its goal state by way of the guest agent.",
    "R-C2.1": "WaAppAgent is responsible for the guest agent's program: installs it, configures it, updates it.",
    "R-C3": "The host agent checks by heartbeats whether the guest agent is there.",
    "R-C4": "After 10 minutes without an answer to a heartbeat the host agent restarts the guest OS: no sooner, "
    "and without fail.",
    # D: guest agent.
    "R-D1": "The guest agent configures the guest OS: firewall, ACLs, LocalStorage, package and configuration, "
    "certificates.",
    "R-D2": "The guest agent sets up the SID of the user account under which the role runs.",
    "R-D3": "The guest agent tells the fabric what the role's status is.",
    "R-D4": "The guest agent starts WaHostBootstrapper and watches it, so that the role reaches its goal "
    "state and stays there.",
    # E: WaHostBootstrapper.
    "R-E1": "WaHostBootstrapper reads how the role is configured and starts all tasks and processes it needs.",
    "R-E2": "WaHostBootstrapper watches each process that it started.",
    "R-E3": "WaHostBootstrapper raises StatusCheck on the host process of the role.",
    # F: IISConfigurator.
    "R-F1": "IISConfigurator is there for full-IIS web roles and for no other kind of role.",
    "R-F2": "IISConfigurator starts the standard services of IIS.",
    "R-F3": "IISConfigurator sets the rewrite module up in web.config.",
    "R-F4": "IISConfigurator creates the AppPool of the sites that the service model names.",
    "R-F5": "IISConfigurator makes IIS write its logs to the DiagnosticStore folder.",
    "R-F6": "IISConfigurator sets permissions and ACLs.",
    "R-F7": "The content of a site lies in sitesroot\\<index> of the role's drive, and its AppPool points there.",
    # G: startup tasks.
    "R-G1": "Which startup tasks there are is said by the role model; WaHostBootstrapper starts them.",
    "R-G2": "Nobody waits for a background task once it is started.",
    "R-G3": "A simple task, which is the default, holds up the next one until it has ended with exit code 0.",
    # H: plugins.
    "R-H1": "What the .csdef imports becomes startup tasks.",
    "R-H2": "DiagnosticsAgent and RemoteAccessAgent come as a pair: a background task, and a simple one with "
    "/blockStartup.",
    "R-H3": "A /blockStartup task ends once its background partner has finished initialising; only then does the "
    "bootstrapper go on.",
    "R-H4": "So diagnostics and remote desktop are configured before any role process runs, and outlive the "
    "startup tasks.",
    # I to L: host processes and w3wp.
    "R-I1": "WaWorkerHost hosts the DLLs of a worker role and calls its entry point, OnStart and Run.",
    "R-J1": "A web role that has no <Sites> is in HWC mode: all of its code is in WaWebHost, with no w3wp and no "
    "AppPool.",
    "R-K1": "With full IIS, WaIISHost runs the code of the RoleEntryPoint (OnStart, Run, OnStop) and no other.",
    "R-K2": "RoleEnvironment events that the entry point subscribed to, such as StatusCheck and Changed, are "
    "raised in WaIISHost.",
    "R-L1": "w3wp is the ordinary worker process of IIS, running the AppPool that IISConfigurator made.",
    "R-L2": "RoleEnvironment events that code in w3wp subscribed to are raised in w3wp: in both processes if both "
    "subscribed, only there if w3wp alone did.",
    # The steps of the workflow.
    "R-1": "Step 1: the user's request (deploy, stop, change) reaches RDFE, which works on the subscription and "
    "passes it to FFE.",
    "R-2": "Step 2: FFE picks the machine pool, by affinity group or geography and by availability, and addresses "
    "its master fabric controller.",
    "R-3": "Step 3: the fabric controller takes a host with free cores or spins one up, has package and "
    "configuration copied there, and tells the host agent what to deploy (DIPs, ports, guest OS).",
    "R-4": "Step 4: the host agent starts the guest OS and talks to the guest agent; heartbeats show whether the "
    "role is getting to its goal state.",
    "R-5": "Step 5: the guest agent sets the guest OS up, copies a new XML configuration file to C:\\Config, and "
    "then starts WaHostBootstrapper.",
    "R-6": "Step 6, full IIS: WaHostBootstrapper starts IISConfigurator and has the role's old AppPools deleted.",
    "R-7": "Step 7: WaHostBootstrapper takes the startup tasks from E:\\RoleModel.xml and runs them; every simple "
    "one has to succeed before it goes on.",
    "R-8": "Step 8, full IIS: on its word, IISConfigurator sets the AppPool up and points each site to "
    "E:\\Sitesroot\\<index>, counted from 0.",
    "R-9": "Step 9: the host process is started. OnStart runs; when it has returned, Run is invoked and at the "
    "same time the role becomes Ready and, if it has InputEndpoints, enters the rotation; from then on its "
    "status is checked again and again.",
    "R-9.1": "Step 9 for a worker role: its code is hosted by WaWorkerHost.",
    "R-9.2": "Step 9 for an HWC web role: it is hosted by WaWebHost, which warms the site up with "
    "GET /do.__rd_runtime_init__ and serves every web request itself.",
    "R-9.3": "Step 9 for a full-IIS web role: its entry point is hosted by WaIISHost.",
    "R-10": "Step 10, full IIS: on the first web request that comes in, IIS starts w3wp, and w3wp serves it.",
}

_LOG_DATA = {
    "R-LOG1": "WindowsAzureGuestAgent writes C:\\Logs\\AppAgentRuntime.log: its starts, stops and new "
    "configurations; hours without a line are normal.",
    "R-LOG2": "WaAppAgent writes C:\\Logs\\WaAppAgent.log every 2 to 3 seconds: status, heartbeats, and why an "
    "instance is not Ready.",
    "R-LOG3": "WaHostBootstrapper writes WaHostBootstrapper.log in "
    "C:\\Resources\\Directory\\<deploymentID>.<role>.DiagnosticStore.",
    "R-LOG4": "WaWebHost writes WaWebHost.log in C:\\Resources\\Directory\\<guid>.<role>.",
    "R-LOG5": "WaIISHost writes WaIISHost.log in C:\\Resources\\Directory\\<deploymentID>.<role>.",
    "R-LOG6": "IISConfigurator writes IISConfigurator.log in C:\\Resources\\Directory\\<deploymentID>.<role>.",
    "R-LOG7": "IIS writes its logs below C:\\Resources\\Directory\\<guid>.<role>.DiagnosticStore, in LogFiles\\W3SVC1.",
    "R-LOG8": "Windows keeps its event logs in D:\\Windows\\System32\\Winevt\\Logs.",
}

REQUIREMENTS: tuple[Requirement, ...] = (
    *(Requirement(id, text) for id, text in _BEHAVIOUR.items()),
    *(Requirement(id, text, Kind.LOG_DATA) for id, text in _LOG_DATA.items()),
)
"""Every requirement, components first, then steps, then log files."""


DECISIONS: tuple[Decision, ...] = (
    Decision(
        "Ready against Run",
        "Run is invoked first; Ready follows at once, and does not wait for Run to return, which it may never do.",
    ),
    Decision(
        "direction of heartbeats",
        "The host agent asks and the guest agent answers; what counts is the answer that does not come.",
    ),
    Decision(
        "time limit before first contact",
        "The 10 minutes run from the last answer. A guest that has not answered yet has 25 minutes, and after three "
        "such time-outs in a row the fabric moves the instance to another host. The first answer makes a connection: "
        "while it does not reach the host agent, no role is started.",
    ),
    Decision(
        "lost link", "It carries nothing between host agent and guest agent: no heartbeats, no orders, no status."
    ),
    Decision(
        "status of the role",
        "It goes from the guest agent to the host agent and on to the fabric; while the host agent is down, and until "
        "it has heard from the guest agent again, nothing passes.",
    ),
    Decision(
        "a new package",
        "Step 5 in full, as for a guest that was started: firewall, ACLs, LocalStorage, package, certificates, "
        "account, configuration. Firewall and ACLs are set for every role, LocalStorage and certificates only where "
        "the definition declares any.",
    ),
    Decision(
        "recycle",
        "Local storage with cleanOnRoleRecycle, which is the default, is emptied before the role is started again.",
    ),
    Decision(
        "a step of step 5 fails",
        "The guest agent tries again and again, and starts no bootstrapper. A locked directory heals when the guest "
        "goes down, a missing certificate with a new configuration or package, a damaged package with a new "
        "package only.",
    ),
    Decision("first contact timed out", "The guest OS is set up anew, on an empty disk, and started."),
    Decision(
        "an answer in the very minute in which a restart is due",
        "It comes too late: 10 minutes without an answer are over, and the restart has to come without fail. A first "
        "answer at the end of its 25 minutes counts: no sentence asks for that restart without fail, and a guest that "
        "is slow to start would be set up anew for ever.",
    ),
    Decision(
        "guest agent's process dies",
        "WaAppAgent starts it again before the minute is over.",
        "dead_guest_agent=stays_dead",
        "Nobody starts it, so the host agent's 10 minutes run out and the guest OS is restarted.",
    ),
    Decision(
        "failing simple task",
        "After an exit code other than 0 the bootstrapper exits and the guest agent starts it again, without limit: "
        "the portal's 'Recovering role'.",
        "failing_simple_task=blocked",
        "The bootstrapper stays where it is and the role is blocked for ever.",
    ),
    Decision("simple task that never ends", "Nobody repairs it: the role is Busy for ever."),
    Decision(
        "child process crashes",
        "The bootstrapper goes down with the host process and the guest agent restarts all of them; it never restarts "
        "the VM.",
    ),
    Decision(
        "a background task or a plugin's process dies",
        "Nobody notices; the role stays Ready.",
        "dead_background_task=restart",
        "The bootstrapper exits and the host stack is started again.",
    ),
    Decision(
        "inner probe times out", "Nothing is done: to the guest agent, a process that does not answer is a busy one."
    ),
    Decision("OnStart returns false", "The process ends at once, without Stopping and OnStop, and is started again."),
    Decision("missing entry point", "It heals with a new package only: a reimage or another host brings the same one."),
    Decision("OnStart, Run or OnStop throws", "The process dies without OnStop, and is started again."),
    Decision("Run returns", "A graceful recycle: Stopping, OnStop, and the role is started again."),
    Decision(
        "role code and events",
        "Run goes on beside event handlers: it may return, throw or hang during Changing. An exception in a handler "
        "ends the process. RequestRecycle recycles like a Run that returns.",
    ),
    Decision(
        "StatusCheck handler sets Busy",
        "The instance is out of rotation until a check finds it ready; the handler may set Busy as often as it likes.",
    ),
    Decision(
        "foreground task",
        "It is started and not waited for, but until it has ended the role is neither recycled nor shut down.",
    ),
    Decision("OnStop", "It has 5 minutes; then the process is killed."),
    Decision(
        "VM reboot",
        "Stopping and OnStop are run before the user's reboot.",
        "reboot=skips_on_stop",
        "The guest goes down without them.",
    ),
    Decision(
        "single-instance deployment",
        "The only instance leaves the rotation as any other does.",
        "single_instance=stays_in_rotation",
        "Once in rotation, a single instance stays there whatever its status.",
    ),
    Decision(
        "custom probe",
        "It takes the place of the guest agent's probe, and rotation then depends on it alone, once Run was invoked. "
        "With full IIS it is the site that answers, in w3wp.",
    ),
    Decision(
        "configuration change",
        "A new incarnation: Changing is raised, then the change is applied in place and Changed is raised. A role that "
        "cancels Changing is recycled instead.",
    ),
    Decision(
        "update",
        "One upgrade domain after the other; the fabric waits for each instance of the domain to start, 30 minutes at "
        "most, and goes on. An instance that has no guest or no host at the time is waited for like any other.",
    ),
    Decision(
        "during an update",
        "A stop, a delete, a rollback and a new update may come. A new update starts with domain 0 at once; a rollback "
        "walks the domains that have come to the new package, as long as there is one that has not. A role that "
        "recycles with its new package stops the update until then: after how many recycles is not published, so any "
        "number from one on.",
    ),
    Decision("stop and delete", "A stop keeps the host and its cores, a delete frees them."),
    Decision(
        "no capacity",
        "There is room for what is deployed.",
        "capacity=may_run_out",
        "No pool may have room for a deployment, or no host free cores for an instance: the user gets an allocation "
        "failure, and what was placed of the deployment is taken back.",
    ),
    Decision(
        "rapid-fail protection",
        "Five ends of w3wp within five minutes, counted from the first, disable the AppPool (IIS's defaults). Requests "
        "fail and the role stays Ready, until a recycle or a new guest sets the AppPool up anew. Counted only where "
        "the bounds allow five ends: `--faults w3wp_crash=5`.",
    ),
    Decision(
        "who subscribes to RoleEnvironment events",
        "In a full-IIS role, both the entry point and code in w3wp.",
        "role_events=entry_point",
        "The entry point only.",
    ),
    Decision(
        "events in w3wp alone",
        "The host process is still asked whether it answers (R-E3), but no handler runs there. Changing, Changed and "
        "Stopping are raised in w3wp if there is one; a change that it does not cancel is accepted.",
        "role_events=w3wp",
        "Code in w3wp only, as when Global.asax subscribes and the entry point does not.",
    ),
)
"""What was decided where the document is silent or sources disagree."""

BY_ID: Mapping[str, Requirement] = {r.id: r for r in REQUIREMENTS}
"""Every requirement by its id."""


class UnknownRequirement(ValueError):
    """An id that no requirement has; ``id`` is it."""

    def __init__(self, id: str, where: str) -> None:
        super().__init__(
            f"{where} names {id!r}, which is no requirement{suggestion(str(id), BY_ID)}; allowed: the ids that "
            "`goalstate requirements` lists; correct the id"
        )
        self.id = id


def require_known(ids: Iterable[str], where: str) -> None:
    """Refuse ids that don't exist; raises UnknownRequirement naming the first of them, ``where``, and a close one.

    >>> require_known(["R-C4", "R-9.1"], "host_agent")
    """
    for id in ids:
        if id not in BY_ID:
            raise UnknownRequirement(id, where)
