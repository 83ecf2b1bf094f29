r"""What people see of an instance: the status and its text, as the portal and the management API show them.

The table ``SIGHTS`` reads the composed state of an instance from the outside in: first what the fabric knows (is there
a host, a guest, an answer?), then what the guest agent reports, then how far the start of the role has come.  The first
line that fits is what is shown.  Each line names the log file that tells more.

What is shown is what the fabric was told: an instance is Ready from the report on, and stays so until the next one.
The table looks at one state.  That a start has failed before is no part of a state; ``Appearance.again`` tells it of
the end of a run, and people then see Recycling where the table says Busy [K7].

Sources: the names of statuses are those of the Service Management API's InstanceStatus [MSDN jj889126]; no page says
what they mean.  Texts: incident reports, above all Microsoft's "Troubleshooting Scenario 7, Role Recycling" (2013)
[K7], and the publishing output of Visual Studio of 2016, which shows them in their order.  Where neither has a line's
case, its source is "by name only".

Left out: time stamps and exit codes in the texts; the words of other languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..model.network import GlobalState, Network
from ..model.network.path import Path
from ..model.network.statespace import StateSpace
from ..model.notation.lts import LTS
from .log_files import LogFile
from .predicates import Mask, arranged, local_states

BY_NAME = "by name only"
"""The source of a status that no page and no report ties to a part of the workflow."""

PUBLISHING = "publishing output of Visual Studio, 2016"
RECYCLING = "Microsoft, Troubleshooting Scenario 7, Role Recycling (2013)"

HOST = "host_process"
"""In the table: the host process, whatever the kind of the role."""

HOSTS = ("worker_host", "web_host", "iis_host")


class Status(Enum):
    """A status that an instance of this model can have: its name in the API, and the word that the portal shows."""

    READY = ("ReadyRole", "Ready")
    BUSY = ("BusyRole", "Busy")
    CYCLING = ("CyclingRole", "Recycling")
    RESTARTING = ("RestartingRole", "Restarting")
    CREATING_VM = ("CreatingVM", "Creating VM")
    STARTING_VM = ("StartingVM", "Starting VM")
    FAILED_STARTING_VM = ("FailedStartingVM", "Failed starting VM")
    UNRESPONSIVE = ("UnresponsiveRole", "Unresponsive")
    UNKNOWN = ("RoleStateUnknown", "Unknown")
    STOPPING_ROLE = ("StoppingRole", "Stopping")
    STOPPING_VM = ("StoppingVM", "Stopping VM")
    STOPPED_VM = ("StoppedVM", "Stopped")

    @property
    def api(self) -> str:
        """The name in the API."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The portal's word."""
        return self.value[1]


@dataclass(frozen=True)
class Where:
    """A component is in one of some states (or, not ``inside``, in none), and ``condition`` holds of its variables.

    States that the chart of this role's component lacks count as never entered.
    """

    component: str
    states: tuple[str, ...] = ()
    inside: bool = True
    condition: str = ""

    def __str__(self) -> str:
        one = " or ".join(f"in({state})" for state in self.states)
        return f"{self.component}: " + " and ".join(
            filter(None, [one and (one if self.inside else f"not ({one})"), self.condition])
        )


@dataclass(frozen=True)
class Sight:
    """A line of the table: what is seen where all of ``where`` holds and no line before it fits.

    ``logs``: the files that tell more, the most telling first; empty where nothing inside the guest writes yet.
    ``events``: ids in the event log "Windows Azure".  ``means``: the part of the workflow, in a few words.
    ``also``: other texts that were seen for it.
    """

    status: Status
    text: str
    means: str
    where: tuple[Where, ...]
    source: str = BY_NAME
    logs: tuple[LogFile, ...] = ()
    events: tuple[int, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """As the portal writes it: ``Busy (Preparing to start role... System is initializing.)``."""
        return f"{self.status.word} ({self.text})" if self.text else self.status.word


def at(component: str, *states: str) -> Where:
    """The component is in one of these states."""
    return Where(component, states)


def outside(component: str, *states: str) -> Where:
    """The component is in none of these states."""
    return Where(component, states, inside=False)


def having(component: str, condition: str) -> Where:
    """A condition on the variables of a component holds."""
    return Where(component, condition=condition)


FABRIC, HOST_AGENT, GUEST, AGENT, BOOTSTRAPPER = (
    "placement",
    "host_agent",
    "guest_os",
    "guest_agent",
    "host_bootstrapper",
)
BEFORE_RUN = ("loading", "starting", "on_start", "on_start_hung")

SIGHTS = (
    # What the fabric knows by itself.
    Sight(
        Status.STOPPED_VM,
        "",
        "there is no guest: not deployed, or stopped",
        (at(FABRIC, "unallocated", "stopped"),),
        source=f"{PUBLISHING}: before the first host is found",
    ),
    Sight(
        Status.CREATING_VM,
        "Waiting for Host",
        "step 3: a host with free cores is looked for",
        (at(FABRIC, "allocating"),),
        source=f"status: {PUBLISHING}; text: incident reports",
    ),
    Sight(
        Status.CREATING_VM,
        "",
        "step 3: package and configuration go to the host",
        (at(FABRIC, "copying", "instructing"),),
        source=PUBLISHING,
    ),
    Sight(
        Status.STOPPING_ROLE,
        "",
        "the role is to stop, and its processes still run",
        (at(FABRIC, "stopping"), outside(BOOTSTRAPPER, "absent")),
        logs=(LogFile.GUEST_AGENT, LogFile.HOST),
    ),
    Sight(
        Status.STOPPING_VM,
        "",
        "the role is stopped, the guest goes down next",
        (at(FABRIC, "stopping"),),
        logs=(LogFile.GUEST_AGENT,),
    ),
    Sight(
        Status.UNKNOWN, "", "the host agent is down: neither status nor heartbeats pass", (at(HOST_AGENT, "crashed"),)
    ),
    # A guest that is not heard.
    Sight(
        Status.FAILED_STARTING_VM,
        "",
        "no first answer within 25 minutes, once at least: the guest is set up and started again",
        (outside(HOST_AGENT, "in_contact"), having(HOST_AGENT, "timeouts > 0")),
    ),
    Sight(
        Status.RESTARTING,
        "",
        "a guest that was up before boots",
        (at(GUEST, "booting"), having("wa_app_agent", "installed")),
        source="issue WALinuxAgent#142",
    ),
    Sight(
        Status.STARTING_VM,
        "",
        "step 4: the guest OS is started",
        (outside(HOST_AGENT, "in_contact"), at(GUEST, "off", "booting")),
        source=PUBLISHING,
    ),
    Sight(
        Status.UNKNOWN,
        "",
        "the guest OS is up, and its agent has not been heard yet",
        (outside(HOST_AGENT, "in_contact"),),
        source=f"{PUBLISHING}: between StartingVM and Busy",
        logs=(LogFile.APP_AGENT,),
    ),
    Sight(
        Status.UNRESPONSIVE,
        "",
        "heartbeats stay unanswered; after 10 minutes the guest OS is restarted",
        (having(HOST_AGENT, "silence > 1"),),
        logs=(LogFile.APP_AGENT, LogFile.GUEST_AGENT),
    ),
    Sight(
        Status.RESTARTING,
        "",
        "the role is stopped for a reboot or reimage that was asked for",
        (at(HOST_AGENT, "stopping_role", "role_stopped"),),
        logs=(LogFile.GUEST_AGENT,),
    ),
    Sight(
        Status.READY,
        "",
        "step 9: Run was invoked, the role reported Ready",
        (at(FABRIC, "started"),),
        source="the document, step 9",
        logs=(LogFile.APP_AGENT, LogFile.IIS),
    ),
    # A guest that is heard, and whose role is not Ready.
    Sight(
        Status.STOPPING_ROLE,
        "",
        "the role is stopped for a new package",
        (at(AGENT, "stopping_role", "role_stopped", "stopped"),),
        logs=(LogFile.GUEST_AGENT, LogFile.HOST),
    ),
    Sight(
        Status.BUSY,
        "Preparing to start role... System is initializing.",
        "step 5: the guest agent sets up the guest OS, and WaHostBootstrapper is started",
        (at(BOOTSTRAPPER, "absent"),),
        source=PUBLISHING,
        logs=(LogFile.GUEST_AGENT, LogFile.APP_AGENT),
        events=(20001,),
        also=("Initializing role... System is initializing.",),
    ),
    Sight(
        Status.BUSY,
        "Initializing role... System is initializing.",
        "steps 5 and 6: the bootstrapper reads the role's configuration; old AppPools are deleted",
        (at(BOOTSTRAPPER, "reading", "clearing"),),
        source=PUBLISHING,
        logs=(LogFile.BOOTSTRAPPER,),
        events=(20001,),
    ),
    Sight(
        Status.BUSY,
        "Waiting for role to start... System startup tasks are running.",
        "step 7: startup tasks run; each simple one is waited for",
        (at(BOOTSTRAPPER, "tasks"),),
        source=RECYCLING,
        logs=(LogFile.BOOTSTRAPPER,),
        events=(10001, 10002),
        also=("Waiting for role to start... Application startup tasks are running.",),
    ),
    Sight(
        Status.BUSY,
        "Waiting for role to start... Sites are being deployed.",
        "step 8: IISConfigurator sets up the AppPools and sites",
        (at(BOOTSTRAPPER, "configuring_sites"),),
        source=RECYCLING,
        logs=(LogFile.IIS_CONFIGURATOR, LogFile.BOOTSTRAPPER),
        events=(10003, 10004),
    ),
    Sight(
        Status.CYCLING,
        "Role has encountered an error and has stopped. Sites were deployed.",
        "a task, IISConfigurator or the host process has ended: the bootstrapper exits and is started again",
        (at(BOOTSTRAPPER, "exiting"),),
        source=RECYCLING,
        logs=(LogFile.BOOTSTRAPPER, LogFile.EVENTS),
        also=("Recovering role...",),
    ),
    Sight(
        Status.BUSY,
        "Starting role... Sites were deployed.",
        "step 9: the host process is started, and OnStart runs",
        (at(BOOTSTRAPPER, "starting_host"),),
        source="incident reports",
        logs=(LogFile.HOST, LogFile.EVENTS),
    ),
    Sight(
        Status.BUSY,
        "Starting role... Sites were deployed.",
        "step 9: the host process is started, and OnStart runs",
        (at(HOST, *BEFORE_RUN),),
        source="incident reports",
        logs=(LogFile.HOST, LogFile.EVENTS),
    ),
    Sight(
        Status.BUSY,
        "Waiting for the status (Role has reported itself as unhealthy.)",
        "the host process hangs and answers no status check: it is left alone",
        (at(HOST, "run_hung"),),
        source="issue azure-sdk-for-node#1139; that it is this case is inferred",
        logs=(LogFile.HOST, LogFile.APP_AGENT),
    ),
    Sight(
        Status.BUSY,
        "",
        "the role is up, and its own handler of StatusCheck sets Busy",
        (at(HOST, "busy"),),
        source="MSDN ee772756 (SetBusy)",
        logs=(LogFile.APP_AGENT, LogFile.HOST),
    ),
    Sight(
        Status.BUSY,
        "Bringing role online... Calling OnRoleRun.",
        "step 9: Run is invoked, and Ready is not reported yet",
        (at(HOST, "started", "invoked", "ready"),),
        source=PUBLISHING,
        logs=(LogFile.HOST, LogFile.APP_AGENT),
        also=("Waiting for role to start... Calling OnRoleRun.",),
    ),
    Sight(
        Status.CYCLING,
        "",
        "a graceful recycle: Run has returned, or a change was cancelled; Stopping and OnStop run",
        (at(HOST, "stopping"),),
        logs=(LogFile.HOST, LogFile.BOOTSTRAPPER),
    ),
    Sight(
        Status.CYCLING,
        "Role has encountered an error and has stopped. Sites were deployed.",
        "the host process has ended: the bootstrapper exits next, and is started again",
        (at(HOST, "exiting", "absent"),),
        source=RECYCLING,
        logs=(LogFile.EVENTS, LogFile.BOOTSTRAPPER),
    ),
)
"""The table, from the outside in.  The first line that fits is what is seen."""

READY = frozenset(k for k, sight in enumerate(SIGHTS) if sight.status is Status.READY)

TELLING = frozenset(w.component for sight in SIGHTS for w in sight.where) - {HOST}
"""The components that the table speaks of, besides the host process."""


class UnseenState(LookupError):
    """A state that no line of the table fits: the model has a state that the table does not know yet."""


@dataclass(frozen=True)
class Appearance:
    """What is seen of an instance at the end of a run.

    ``again``: a start of the role has failed since it was Ready last, so that people see Recycling in place of Busy.
    ``failed_task``: the event in which a startup task failed since then, for "Last startup task error".
    """

    instance: str
    sight: Sight
    again: bool = False
    failed_task: str = ""

    @property
    def shown(self) -> str:
        """The words of the portal."""
        if self.again and self.sight.status is Status.BUSY:
            return self.sight.shown.replace(Status.BUSY.word, Status.CYCLING.word, 1)
        return self.sight.shown

    @property
    def status(self) -> Status:
        """The status that goes with the words."""
        return Status.CYCLING if self.again and self.sight.status is Status.BUSY else self.sight.status


def scopes_seen(network: Network) -> tuple[str, ...]:
    """The prefixes of the instances of a network that are there with all their agents.

    Other networks, and the search on the fabric alone, have none.
    """
    found = dict.fromkeys(c.scope for c in network.components if c.scope)
    return tuple(s for s in found if all(s + name in network.index for name in TELLING) and host_of(network, s))


def sight(network: Network, state: GlobalState, scope: str) -> Sight:
    """What is seen of the instance with the prefix ``scope``.  Raises UnseenState."""
    return SIGHTS[int(_seen(network, scope, [np.array([number]) for number in state])[0])]


def sights(space: StateSpace, scope: str) -> NDArray[np.int64]:
    """For every state of a space, the number of the line in ``SIGHTS`` that is seen.  Raises UnseenState."""
    count = len(space.network.components)
    return _seen(space.network, scope, [space.column(i) for i in range(count)])


def appearances(path: Path) -> tuple[Appearance, ...]:
    """What is seen of each instance at the end of a run; empty for a network without whole instances."""
    return tuple(_appearance(path, len(path), scope) for scope in scopes_seen(path.network))


def round_of(path: Path, scope: str) -> tuple[Appearance, ...]:
    """What is seen one after the other, each once, in the part of a run that repeats for ever; empty without one."""
    if path.loop is None:
        return ()
    found = (_appearance(path, k, scope) for k in range(path.loop, len(path)))
    return tuple({a.shown: a for a in found}.values())


def describe(path: Path) -> tuple[tuple[Appearance, tuple[Appearance, ...]], ...]:
    """For each instance what is seen at the end of a run, and in the part that repeats, if there is more than one."""
    rounds = [(a, round_of(path, f"{a.instance}/")) for a in appearances(path)]
    return tuple((a, tour if len(tour) > 1 else ()) for a, tour in rounds)


def _appearance(path: Path, at: int, scope: str) -> Appearance:
    again, failed = False, ""
    for event in path.events[:at]:
        if not event.startswith(scope):
            continue
        name = event.removeprefix(scope)
        if name in FRESH:
            again, failed = False, ""
        elif name in ENDS:
            again = True
        elif name.startswith("task_") and name.endswith(FAILED):
            failed = name
    return Appearance(scope.rstrip("/"), sight(path.network, path.states[at], scope), again, failed)


ENDS = ("bootstrapper_exits", "bootstrapper_crashes")
"""The host stack is gone, and is started again."""

REPORTED = "report_ready"
"""The event from which on an instance is shown as Ready."""

FRESH = (REPORTED, "guest_booted", "set_up_package")
"""Ready, or a start from the beginning: what failed before is not shown any more."""

FAILED = ("_fails", "_exits_3010")


def host_of(network: Network, scope: str) -> str:
    """The name of an instance's host process, without scope; empty where it has none."""
    return next((name for name in HOSTS if scope + name in network.index), "")


def _seen(network: Network, scope: str, columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    found = np.full(len(columns[0]), -1, dtype=np.int64)
    for k, line in enumerate(SIGHTS):
        fits = found < 0
        for where in line.where:
            name = scope + (host_of(network, scope) if where.component == HOST else where.component)
            table = _places(network.components[network.index[name]].lts, where)
            if where.condition:
                table = table & local_states(network, name, where.condition)
            fits &= table[columns[network.index[name]]]
        found[fits] = k
    if (found < 0).any():
        first = int(np.flatnonzero(found < 0)[0])
        there = network.describe(tuple(int(column[first]) for column in columns))
        told = "; ".join(f"{name} in {state}" for name, state in there.items() if name.startswith(scope))
        raise UnseenState(f"what people see of {scope.rstrip('/')} is not known where {told}")
    return found


@lru_cache(maxsize=4096)
def _places(lts: LTS, where: Where) -> Mask:
    """The local states that are in the states of a condition."""
    if not where.states:
        return np.ones(lts.size, dtype=np.bool_)
    asked = frozenset(where.states)
    places, place, _ = arranged(lts)
    inside = np.array([bool(_last(active) & asked) for active in places], dtype=np.bool_)[place]
    return inside if where.inside else ~inside


def _last(active: frozenset[str]) -> frozenset[str]:
    """The active states, by their whole names and by their last ones."""
    return active | {name.rpartition(".")[2] for name in active}
