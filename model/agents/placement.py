"""A placement record: what the fabric controller knows of one instance, and what it does for it.

A command to deploy makes the controller look for a host with free CPU cores, or spin up a new one; package and
configuration are copied there, and the host agent is told to deploy, with addresses, ports and guest OS (R-3, R-B2).
From then on the record monitors the instance (R-B1): it learns from the guest agent's reports whether the role is
Ready, and from the host agent when it restarts the guest (a real instance is then shown as restarting until it is Ready
again); it restarts a host agent whose process died (KHB-1 below), and when the host fails, or the host agent gives the
guest up after three time-outs of the first contact, it moves the instance to another host.

In an update or a configuration change the record waits for its instance from the moment it is told, for 30 minutes at
most; then the walk goes on.  An instance without a guest or a host is waited for like any other: it starts with the
newest package and configuration, and its report Ready ends the waiting.  Elsewhere a report counts once the guest agent
has the new goal state: what it says before is about the old one.  A role that recycles with its new package may stop
the update, after how many recycles is not published: any number from one on.  What an operation leaves behind (a guest
that hangs) is repaired by the host agent, not by the record.

Stopping an instance keeps its host and its cores, on which it is started again; deleting frees them.

Sources: Microsoft, "Heartbeats, Recovery, and the Load Balancer" (2013) [KHB-1]; "Update an Azure cloud service" and
"Role instance restarts due to OS upgrades" for the 30 minutes; "Summary of Windows Azure Service Disruption on Feb
29th, 2012" for the three time-outs and service healing.

Left out: the choice of the host; the threshold at which a whole cluster stops healing.
"""

from __future__ import annotations

from ..notation.statechart import ROOT, State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .vocabulary import (
    ALLOCATION_FAILED,
    GUEST_RESTARTS,
    NO_CORES,
    RECYCLES,
    REQUESTS,
    STACK_DOWN,
    TICKS,
    UPDATE_STOPS,
    UPDATES,
    WITHDRAWN,
    command,
    configure_domain,
    configure_domain_done,
    update_domain,
    update_domain_done,
)

START_LIMIT = 30
"""Minutes for which the fabric waits for an instance during an update."""

STARTING = "awaits == start or awaits == ready or awaits == recovery"
"""The walk waits for the start of the role with what is new."""


def placement(
    update: int,
    configure: int,
    start_limit: int = START_LIMIT,
    requests: tuple[str, ...] = REQUESTS,
    *,
    refusable: bool = False,
) -> Statechart:
    """The record of an instance in upgrade domain ``update`` (``configure`` for configuration changes).

    ``start_limit`` is the waiting time in ticks; ``requests`` what the user may ask for; ``refusable``: there may
    be no host for the instance.
    """
    placed = ("placed.starting", "placed.started")
    away = ("unallocated", "stopped", "allocating", "copying", "instructing")
    domain_events = (update_domain(update), configure_domain(configure))
    walks = tuple(command(kind) for kind in UPDATES if kind in requests)
    return Statechart(
        "placement",
        (
            State("unallocated", says="no host, no cores"),
            State("stopped", says="no guest; host and cores are kept"),
            State("allocating", says="the instance needs a host"),
            State("copying", says="package and configuration go to the host"),
            State("instructing", says="the host agent is to be told"),
            State("placed", (State("starting"), State("started")), "starting"),
            State("stopping", (State("telling"), State("waiting")), "telling"),
        ),
        "unallocated",
        variables=(
            Variable.choice("order", "none", "configuration", "package", "reboot", "reimage"),
            Variable.choice("awaits", "nothing", "package", "configuration", "applied", "start", "ready", "recovery"),
            Variable.counter("waited", 0, start_limit),
            Variable.flag("host_agent_down"),
            Variable.flag("deleted"),
        ),
        rows=(
            # Deploying.
            on(command("deploy"), "unallocated", "allocating", realises=("R-2", "R-3"), says="the instance is wanted"),
            on(
                command("deploy"),
                "stopped",
                "copying",
                realises=("R-2", "R-3"),
                says="the instance is wanted again, on the host that it has kept",
            ),
            does(
                ("free_cores_found", "host_spun_up"),
                "allocating",
                "copying",
                realises=("R-3",),
                says="a host with free CPU cores is found, or a new host is spun up",
            ),
            does(
                "package_and_configuration_copied",
                "copying",
                "instructing",
                realises=("R-3", "R-B2"),
                says="service package and service configuration are copied to the host",
            ),
            does(
                "deploy_guest",
                "instructing",
                "placed",
                realises=("R-3", "R-B2"),
                says="the host agent is told to deploy: guest OS version, DIPs, ports, service state",
            ),
            refuses(
                "operation_finished", ("allocating", "copying", "instructing"), says="the deployment is not placed yet"
            ),
            ignores("operation_finished", ("unallocated", "stopped", *placed), says="this instance has done its part"),
            # Monitoring (R-B1).
            on(
                "report_ready",
                "placed",
                "placed.started",
                then="awaits := nothing; waited := 0",
                when=STARTING,
                realises=("R-B1", "R-D3"),
                says="the guest agent reports Ready: the update of this instance is over",
            ),
            on(
                "report_ready",
                "placed",
                "placed.started",
                when=f"not ({STARTING})",
                realises=("R-B1", "R-D3"),
                says="the guest agent reports Ready; of the package before, if a new one is still on its way",
            ),
            on(
                "report_not_ready",
                "placed",
                "placed.starting",
                realises=("R-B1", "R-D3"),
                says="the guest agent reports that the role is not Ready",
            ),
            on(
                GUEST_RESTARTS,
                placed,
                "placed.starting",
                realises=("R-B1",),
                says="the host agent restarts the guest: the role is not Ready until it says so again",
            ),
            ignores(GUEST_RESTARTS, "stopping", says="the instance is on its way out in any case"),
            ignores(
                ("report_ready", "report_not_ready"),
                ("stopping", *away),
                says="a late report about an instance that is on its way out",
            ),
            on(
                "host_agent_crashes",
                placed,
                then="host_agent_down := true",
                realises=("R-B1",),
                says="the probe from the fabric to the host agent fails",
            ),
            does(
                "restart_host_agent",
                placed,
                when="host_agent_down",
                then="host_agent_down := false",
                realises=("R-B1",),
                says="the fabric restarts the host agent (KHB-1)",
            ),
            on(
                "host_agent_crashes",
                "stopping",
                then="host_agent_down := true",
                realises=("R-B1",),
                says="the probe from the fabric to the host agent fails",
            ),
            does(
                "restart_host_agent",
                "stopping",
                when="host_agent_down",
                then="host_agent_down := false",
                realises=("R-B1",),
                says="the fabric restarts the host agent (KHB-1)",
            ),
            on(
                ("host_fails", "report_hardware_fault"),
                placed,
                "allocating",
                then="order := none; host_agent_down := false",
                when="awaits == nothing",
                realises=("R-B1",),
                says="service healing: the instance is started anew on another host",
            ),
            on(
                ("host_fails", "report_hardware_fault"),
                placed,
                "allocating",
                then="order := none; host_agent_down := false; awaits := start",
                when="awaits != nothing",
                realises=("R-B1",),
                says="service healing in the middle of a walk: it goes on waiting, now for the start on another host",
            ),
            on(
                ("host_fails", "report_hardware_fault"),
                "stopping",
                "unallocated",
                then="host_agent_down := false; deleted := false",
                realises=("R-B1",),
                says="the instance to be stopped is gone with its host",
            ),
            # Orders for a running instance.
            on(
                command("stop"),
                placed,
                "stopping",
                then="order := none; awaits := nothing; waited := 0",
                says="the instance is to be stopped",
            ),
            on(
                command("stop"),
                "allocating",
                "unallocated",
                then="awaits := nothing; waited := 0",
                says="the instance has no host yet",
            ),
            on(
                command("stop"),
                ("copying", "instructing"),
                "stopped",
                then="awaits := nothing; waited := 0",
                says="the instance has no guest yet; its host is kept",
            ),
            does(
                "order_stop",
                "stopping.telling",
                "stopping.waiting",
                when="not host_agent_down",
                realises=("R-B2",),
                says="the host agent is told the new service state: stopped",
            ),
            on(
                "stop_guest",
                "stopping",
                "stopped",
                when="not deleted",
                then="host_agent_down := false",
                says="the guest is off; the instance keeps its host and its cores",
            ),
            *(_deleting(placed) if "delete" in requests else ()),
            *(_no_room(placed) if refusable else ()),
            *(_freeing() if refusable or "delete" in requests else ()),
            refuses("operation_finished", "stopping", says="the guest still runs"),
            does(
                "chosen_for_reboot",
                placed,
                when="order == none",
                then="order := reboot",
                says="this is the instance that the user wants rebooted",
            ),
            does(
                "chosen_for_reimage",
                placed,
                when="order == none",
                then="order := reimage",
                says="this is the instance that the user wants reimaged",
            ),
            on(
                configure_domain(configure),
                placed,
                when="order == none",
                then="order := configuration; awaits := configuration",
                says="a new configuration for this instance",
            ),
            on(
                update_domain(update),
                placed,
                when="order == none",
                then="order := package; awaits := package",
                says="a new package for this instance",
            ),
            refuses(domain_events, placed, when="order != none", says="an earlier order has not been handed over yet"),
            on(
                domain_events,
                ("allocating", "copying"),
                then="awaits := start",
                realises=("R-B1",),
                says="the instance will start with the newest package and configuration: its start is waited for",
            ),
            on(
                domain_events,
                "instructing",
                "copying",
                then="awaits := start",
                realises=("R-B2", "R-B1"),
                says="what was copied to the host is out of date: it is copied again, and the start is waited for",
            ),
            on(
                "deliver_package",
                placed,
                when="awaits == package and order != package",
                then="awaits := start",
                says="the guest agent has the new package: from now on its reports count",
            ),
            ignores("deliver_package", says="an older one, or nobody waits for it"),
            on(
                "deliver_configuration",
                placed,
                when="awaits == configuration and order != configuration",
                then="awaits := applied",
                says="the guest agent has the new configuration: from now on its reports count",
            ),
            ignores("deliver_configuration", says="an older one, or nobody waits for it"),
            does(
                "order_configuration",
                placed,
                when="order == configuration and not host_agent_down",
                then="order := none",
                realises=("R-B2",),
                says="the host agent gets the new service configuration",
            ),
            does(
                "order_package",
                placed,
                when="order == package and not host_agent_down",
                then="order := none",
                realises=("R-B2",),
                says="the host agent gets the new service package",
            ),
            does(
                "order_reboot",
                placed,
                when="order == reboot and not host_agent_down",
                then="order := none",
                realises=("R-B2",),
                says="the host agent is told to reboot the guest",
            ),
            does(
                "order_reimage",
                placed,
                when="order == reimage and not host_agent_down",
                then="order := none",
                realises=("R-B2",),
                says="the host agent is told to reimage the guest",
            ),
            on(
                "report_configuration_applied",
                placed,
                when="awaits == applied",
                then="awaits := nothing; waited := 0",
                realises=("R-D3",),
                says="the guest agent reports the new incarnation",
            ),
            ignores(
                "report_configuration_applied",
                placed,
                when="awaits != applied",
                says="an earlier configuration, or the walk has gone on without waiting any longer",
            ),
            ignores("report_configuration_applied", ("stopping", *away), says="a late report"),
            # A role that recycles with its new package may stop the update.
            on(
                "start_bootstrapper",
                placed,
                when="awaits == start",
                then="awaits := ready",
                says="the guest agent starts the role with its new package",
            ),
            ignores("start_bootstrapper"),
            on(
                STACK_DOWN,
                placed,
                when="awaits == ready",
                then="awaits := recovery",
                realises=("R-D3", "R-B1"),
                says="the role with the new package recycles before it was ever Ready",
            ),
            ignores(STACK_DOWN, when="awaits != ready"),
            does(
                RECYCLES,
                placed,
                when="awaits == recovery",
                realises=("R-B1",),
                says="the role has recycled too often: the update is not to go on",
            ),
            on(
                (UPDATE_STOPS, *walks),
                ROOT,
                when="awaits != nothing",
                then="awaits := nothing; waited := 0",
                says="the walk is over, or begins anew: nobody waits for this instance any more",
            ),
            ignores((UPDATE_STOPS, *walks), when="awaits == nothing"),
            # Waiting for an instance, with a time limit.
            refuses(
                (update_domain_done(update), configure_domain_done(configure)),
                when=f"awaits != nothing and waited < {start_limit}",
                says="the instance is still waited for",
            ),
            on(
                (update_domain_done(update), configure_domain_done(configure)),
                ROOT,
                when=f"awaits == nothing or waited == {start_limit}",
                then="awaits := nothing; waited := 0",
                says="started, configured, or waited for 30 minutes: the walk goes on",
            ),
            on(
                TICKS,
                ROOT,
                when=f"awaits != nothing and waited < {start_limit}",
                then="waited := waited + 1",
                says="a minute of waiting",
            ),
            refuses(
                TICKS,
                when=f"awaits != nothing and waited == {start_limit}",
                says="30 minutes are over: the walk goes on before anything else takes time",
            ),
            ignores(TICKS, when="awaits == nothing"),
        ),
    )


def _deleting(placed: tuple[str, str]) -> tuple[Transition, ...]:
    delete = command("delete")
    forget = "awaits := nothing; waited := 0"
    return (
        on(
            delete,
            placed,
            "stopping",
            then=f"order := none; {forget}; deleted := true",
            says="the instance is to be stopped, and its cores to be freed",
        ),
        on(
            delete,
            ("allocating", "copying", "instructing", "stopped"),
            "unallocated",
            then=forget,
            says="the instance has no guest; its host and its cores are free",
        ),
        ignores(delete, "unallocated"),
    )


def _no_room(placed: tuple[str, str]) -> tuple[Transition, ...]:
    before = ("allocating", "copying", "instructing")
    return (
        does(
            NO_CORES,
            "allocating",
            realises=("R-3",),
            fault="no_capacity",
            says="no host has free cores, and none can be spun up",
        ),
        on(WITHDRAWN, before, "unallocated", says="the deployment is given up: host and cores are free"),
        on(
            WITHDRAWN,
            placed,
            "stopping",
            then="order := none; deleted := true",
            says="the deployment is given up: the instance is to be stopped, and its cores to be freed",
        ),
        ignores(ALLOCATION_FAILED, ("unallocated", "stopped"), says="nothing of the instance is left"),
        refuses(ALLOCATION_FAILED, "stopping", says="the guest still runs"),
    )


def _freeing() -> tuple[Transition, ...]:
    return (
        on(
            "stop_guest",
            "stopping",
            "unallocated",
            when="deleted",
            then="host_agent_down := false; deleted := false",
            says="the guest is off; its cores are free again",
        ),
    )
