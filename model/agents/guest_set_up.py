"""Step 5: what a role declares for its guest OS, and how the guest agent sets it up, with what can stand in the way.

The document lists firewall, ACLs, LocalStorage resources, package and configuration, and certificates (R-D1), and the
SID of the role's account (R-D2); then comes the configuration file (R-5).  A guest that was started and a new package
go through all of it; a bootstrapper that ended is started again without, but a recycle empties the local storage that
the definition does not keep (cleanOnRoleRecycle, true unless said otherwise).

An obstacle keeps its step from being done each time that the agent tries, so the bootstrapper never starts.  From
outside that is a role that recycles with nothing but WindowsAzureGuestAgent.exe running [K6].  What heals it:

===================  ===============================================================================================
locked directory     the guest goes down, and with it whatever holds the lock: a reboot or a reimage
missing certificate  a new configuration or a new package, which names certificates that the service has
damaged package      a new package only
===================  ===============================================================================================

Sources: the workflow document, D and step 5; "Troubleshooting Scenario 6" [K6] for the locked directory; the schema
pages on LocalStorage, Certificates and Endpoints for what is declared.

Left out: the sizes of local storage; firewall rules that are applied anew when the role is recycled
(cleanupFirewallOnRoleRestart), which nobody sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..notation.statechart import ROOT, Transition, does, ignores, on
from .vocabulary import GUEST_DOWN


@dataclass(frozen=True)
class SetUp:
    """What a role declares for its guest OS, each by name: endpoints, local storage, certificates; ``emptied`` is the
    local storage with cleanOnRoleRecycle."""

    endpoints: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of configuring the guest OS, in order.

        Firewall and ACLs are the guest's own, and the document names them without a condition.  Without an endpoint the
        firewall stays shut.  LocalStorage and certificates are resources of the role: none declared, none set up.

        >>> [step.event for step in SetUp(storage=("Cache",)).steps[:3]]
        ['configure_firewall', 'configure_acls', 'create_local_storage']
        """
        opened = f"the firewall is opened for {listed(self.endpoints)}" if self.endpoints else "the firewall stays shut"
        storage = f"local storage is created: {listed(self.storage)}"
        certificates = f"certificates are installed: {listed(self.certificates)}"
        found = (
            Step("firewall", "configure_firewall", "R-D1", opened),
            Step("acls", "configure_acls", "R-D1", "access control lists are set"),
            Step("local_storage", "create_local_storage", "R-D1", storage) if self.storage else None,
            Step("package", "set_up_package", "R-D1", "package and configuration are put in place"),
            Step("certificates", "install_certificates", "R-D1", certificates) if self.certificates else None,
            Step("account", "set_up_account", "R-D2", "the SID of the account that the role runs under is set up"),
        )
        return tuple(step for step in found if step is not None)

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """The obstacles that the role can meet, at those steps that it has."""
        there = {f"configuring.{step.state}" for step in self.steps}
        if self.emptied:
            there.add("emptying_storage")
        mine = (replace(o, steps=tuple(s for s in o.steps if s in there)) for o in OBSTACLES)
        return tuple(o for o in mine if o.steps)

    def meets(self, name: str) -> bool:
        """Whether the role can meet an obstacle of this name."""
        return any(o.name == name for o in self.obstacles)


NOTHING_DECLARED = SetUp()


@dataclass(frozen=True)
class Step:
    """One step of configuring the guest OS: its state, event, requirement and sentence."""

    state: str
    event: str
    requirement: str
    says: str


@dataclass(frozen=True)
class Obstacle:
    """What keeps a step from being done, whenever the agent tries: what the agent finds once, and again and again."""

    name: str
    steps: tuple[str, ...]
    found: str
    again: str
    says: str


OBSTACLES = (
    Obstacle(
        "locked_directory",
        ("configuring.local_storage", "emptying_storage"),
        "local_storage_locked",
        "local_storage_still_locked",
        "a file in local storage is locked: the directory can't be cleaned up",
    ),
    Obstacle(
        "damaged_package",
        ("configuring.package",),
        "package_damaged",
        "package_still_damaged",
        "the package is damaged",
    ),
    Obstacle(
        "missing_certificate",
        ("configuring.certificates",),
        "certificate_missing",
        "certificate_still_missing",
        "the service has no certificate with the thumbprint that the configuration names",
    ),
)
"""The obstacles by kind of fault, which is also the value of the agent's variable."""


def listed(names: tuple[str, ...]) -> str:
    """Some names, cut off after the third."""
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")


def configuring(setup: SetUp) -> Iterator[Transition]:
    """Step 5 (R-5): each step in its turn, from the first one for a new package and for a guest that was started."""
    steps, obstacles = setup.steps, setup.obstacles
    states = [f"configuring.{step.state}" for step in steps] + ["copying_configuration"]
    first = steps[0]
    yield does(
        first.event,
        states[0],
        states[1],
        # A report is about one incarnation: Ready with the package before is taken back first.
        when="goal == package and reported == busy",
        then="goal := configuration",
        realises=(first.requirement,),
        says=f"for the new package {first.says}; its configuration comes next",
    )
    for step, here, after in zip(steps, states, states[1:], strict=False):
        clear = "".join(f" and obstacle != {o.name}" for o in obstacles if here in o.steps)
        yield does(
            step.event,
            here,
            after,
            when=f"goal != stop and goal != package{clear}",
            realises=(step.requirement, *(("R-5",) if step is first else ())),
            says=step.says,
        )
    for obstacle in obstacles:
        yield does(
            obstacle.found,
            obstacle.steps,
            when="obstacle == none",
            then=f"obstacle := {obstacle.name}",
            fault=obstacle.name,
            says=obstacle.says,
        )
        yield does(
            obstacle.again,
            obstacle.steps,
            when=f"obstacle == {obstacle.name}",
            says=f"the guest agent tries again, and again {obstacle.says}; no bootstrapper is started",
        )


def emptying_storage(setup: SetUp) -> Iterator[Transition]:
    """A recycle empties local storage, unless the definition keeps it by cleanOnRoleRecycle="false"."""
    if setup.emptied:
        yield does(
            "empty_local_storage",
            "emptying_storage",
            "ready_to_start",
            when="goal != stop and goal != package and obstacle != locked_directory",
            realises=("R-D1",),
            says=f"local storage with cleanOnRoleRecycle is emptied: {listed(setup.emptied)}",
        )


def newer_goal_states(setup: SetUp) -> Iterator[Transition]:
    """A new configuration or package is handed to the guest agent (R-C2); some obstacles end with it."""
    configured, newer = "goal == reached or goal == applied", "goal == package or goal == configuration"
    certain = setup.meets("missing_certificate")
    yield on(
        "deliver_configuration",
        "running",
        when=f"obstacle != missing_certificate and ({configured})" if certain else configured,
        then="goal := configuration",
        realises=("R-C2",),
        says="a new incarnation: a new configuration",
    )
    if certain:
        yield on(
            "deliver_configuration",
            "running",
            when=f"obstacle == missing_certificate and ({configured} or goal == configuration)",
            then="goal := configuration; obstacle := none",
            realises=("R-C2",),
            says="a new incarnation: a new configuration, which names certificates that the service has",
        )
        newer = "goal == package or goal == configuration and obstacle != missing_certificate"
    yield ignores("deliver_configuration", "running", when=newer, says="the newest configuration is copied in any case")
    locks = setup.meets("locked_directory")
    yield on(
        "deliver_package",
        "running",
        when="goal != stop and obstacle != locked_directory" if locks else "goal != stop",
        then="goal := package; obstacle := none",
        realises=("R-C2",),
        says="a new incarnation: a new package, with a configuration of its own",
    )
    if locks:
        yield on(
            "deliver_package",
            "running",
            when="goal != stop and obstacle == locked_directory",
            then="goal := package",
            realises=("R-C2",),
            says="a new incarnation: a new package; a directory that is locked stays so",
        )


def guest_goes_down(setup: SetUp) -> Iterator[Transition]:
    """The guest agent ends with its guest, and so does whatever holds a lock; a stopped service leaves no obstacle."""
    forgets = "status := busy; reported := busy; goal := configuration"
    others = tuple(e for e in GUEST_DOWN if e != "stop_guest")
    yield on(
        "stop_guest", ROOT, "absent", then=f"{forgets}; obstacle := none", says="the guest is stopped, and its service"
    )
    locks = setup.meets("locked_directory")
    yield on(
        others,
        ROOT,
        "absent",
        when="obstacle != locked_directory" if locks else "",
        then=forgets,
        says="the guest goes down; after the next start the agent asks for the newest goal state",
    )
    if locks:
        yield on(
            others,
            ROOT,
            "absent",
            when="obstacle == locked_directory",
            then=f"{forgets}; obstacle := none",
            says="the guest goes down, and with it whatever holds the lock",
        )
