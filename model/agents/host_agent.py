"""The host agent: it lives on the host OS, sets up and starts the guest OS, and talks to the guest agent (R-C1, R-4).

It drives the role to its goal state *through* the guest agent (R-C2): what the fabric orders (a new configuration or
package, stop, reboot, reimage) it hands on, and what the guest agent says of the role's status goes by way of the host
agent to the fabric (R-D3).  And it makes heartbeat checks *with* the guest agent (R-C3): the host agent asks, the guest
agent answers, and what counts is a missing answer.  Ten minutes without an answer make the host agent restart the guest
OS: not earlier, and without fail (R-C4).  So an answer in the very minute in which the restart is due comes too late.

All of this needs the link between host and guest.  A link that is lost carries nothing: no answer, no order, no status.
While the host agent is down nobody listens, so nothing passes either.

Before the first answer after a start other limits apply [LEAP].  The first contact is a connection that the guest agent
makes; without it no role is started in that guest.  It has 25 minutes, and counts to the very end of them.  After a
time-out the guest OS is set up anew, on an empty disk, and started; after three in a row the host agent reports a
hardware fault and the fabric moves the instance.  A guest that never answered has no role to stop, so stop, reboot and
reimage then happen at once; a new configuration or package has to wait for the contact.

A host agent whose process died counts nothing while it is down.  After its restart it has not heard from the guest yet,
so the first-contact rule applies again: no source says so, but with any other reading a restarted host agent might
restart a healthy guest.

Sources: the workflow document, C and step 4; "Summary of Windows Azure Service Disruption on Feb 29th, 2012" for 25
minutes three times [LEAP].  The 2010 post "How does Azure identify a faulty role instance" has the fabric restart the
VM; the document and the 2013 post say the host agent, and so does this model.

Left out: the agent's own update, disks and virtual switches.
"""

from __future__ import annotations

from ..notation.statechart import State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .vocabulary import REPORTS, TICKS

HEARTBEAT_LIMIT = 10
"""Minutes without an answer after which the guest OS is restarted (R-C4)."""

FIRST_CONTACT_LIMIT = 25
"""Minutes that a guest has for its first answer (LEAP)."""

FIRST_CONTACT_ATTEMPTS = 3
"""Time-outs of the first contact in a row that mean a hardware fault (LEAP)."""

ORDERS = ("configuration", "package", "stop", "reboot", "reimage")


def host_agent(
    heartbeat_limit: int = HEARTBEAT_LIMIT,
    first_contact_limit: int = FIRST_CONTACT_LIMIT,
    stops_role_before_reboot: bool = True,
) -> Statechart:
    """The host agent of one instance; limits in ticks.

    ``stops_role_before_reboot``: Stopping and OnStop are run when the user reboots the VM (else the guest just goes
    down).
    """
    role_ending = ("stop", "reboot", "reimage") if stops_role_before_reboot else ("stop", "reimage")
    limit = max(heartbeat_limit, first_contact_limit)
    contact = "guest.in_contact"
    return Statechart(
        "host_agent",
        (
            State("no_guest", says="nothing, or a package that was never started"),
            State("starting"),
            State(
                "guest",
                (
                    State("first_contact"),
                    State("in_contact", (State("steady"), State("stopping_role"), State("role_stopped")), "steady"),
                ),
                "first_contact",
            ),
            State("crashed", (State("before_start"), State("with_guest")), "before_start"),
        ),
        "no_guest",
        variables=(
            Variable.counter("silence", 0, limit),
            Variable.counter("timeouts", 0, FIRST_CONTACT_ATTEMPTS - 1),
            Variable.choice("link", "up", "lost"),
            Variable.choice("order", "none", *ORDERS),
            Variable.flag("known"),
        ),
        rows=(
            # Setting up and starting the guest OS (R-C1, R-3, R-4).
            on(
                "package_and_configuration_copied",
                "no_guest",
                realises=("R-B2", "R-3"),
                says="package and configuration arrive on the host, in place of any that were never started",
            ),
            on(
                "deploy_guest",
                "no_guest",
                "starting",
                realises=("R-B2", "R-3", "R-C1"),
                says="the fabric says which guest OS, addresses and ports to set up",
            ),
            does(
                "start_guest", "starting", "guest", realises=("R-C1", "R-4"), says="the host agent starts the guest OS"
            ),
            # Heartbeats (R-C3, R-C4).
            on(
                "heartbeat_answered",
                "first_contact",
                contact,
                when="link == up",
                then="silence := 0; timeouts := 0; known := false",
                realises=("R-C3", "R-4"),
                says="the guest agent answers for the first time, if only at the very end of its 25 minutes",
            ),
            on(
                "heartbeat_answered",
                contact,
                when=f"link == up and silence < {heartbeat_limit}",
                then="silence := 0",
                realises=("R-C3", "R-4"),
                says="the guest agent answers the heartbeat",
            ),
            refuses("heartbeat_answered", "guest", when="link == lost", says="no answer gets through"),
            # R-C4 says "not never": when the ten minutes are over the restart is certain, whatever is heard at last.
            refuses(
                "heartbeat_answered",
                contact,
                when=f"link == up and silence == {heartbeat_limit}",
                realises=("R-C4",),
                says="an answer in the very minute in which the restart is due comes too late",
            ),
            refuses("heartbeat_answered", "crashed", says="nobody listens"),
            ignores("heartbeat_unheard", "guest", when="link == lost", says="the answer is lost on its way"),
            ignores("heartbeat_unheard", "crashed", says="nobody listens"),
            refuses("heartbeat_unheard", "guest", when="link == up", says="the answer gets through"),
            on(
                TICKS,
                contact,
                when=f"silence < {heartbeat_limit}",
                then="silence := silence + 1",
                realises=("R-C3",),
                says="a minute without an answer, so far",
            ),
            refuses(
                TICKS,
                contact,
                when=f"silence == {heartbeat_limit}",
                realises=("R-C4",),
                says="ten minutes are over: the restart comes before anything else takes time",
            ),
            does(
                "restart_guest",
                contact,
                "first_contact",
                when=f"silence == {heartbeat_limit} and order != reboot",
                then="silence := 0; link := up",
                realises=("R-C4",),
                says="no answer for 10 minutes: the host agent restarts the guest OS",
            ),
            does(
                "restart_guest",
                contact,
                "first_contact",
                when=f"silence == {heartbeat_limit} and order == reboot",
                then="silence := 0; link := up; order := none",
                realises=("R-C4",),
                says="no answer for 10 minutes: the restart is also the reboot that was asked for",
            ),
            on(
                TICKS,
                "first_contact",
                when=f"silence < {first_contact_limit}",
                then="silence := silence + 1",
                realises=("R-C3",),
                says="a minute of waiting for the first answer",
            ),
            refuses(
                TICKS,
                "first_contact",
                when=f"silence == {first_contact_limit}",
                says="25 minutes are over: the time-out comes first",
            ),
            does(
                "restart_guest_no_contact",
                "first_contact",
                then="silence := 0; timeouts := timeouts + 1; link := up; known := false",
                when=f"silence == {first_contact_limit} and timeouts < {FIRST_CONTACT_ATTEMPTS - 1}",
                realises=("R-C3",),
                says="no first answer for 25 minutes: the guest OS is set up anew, on an empty disk, and started",
            ),
            does(
                "report_hardware_fault",
                "first_contact",
                "no_guest",
                then="silence := 0; timeouts := 0; link := up; order := none",
                when=f"silence == {first_contact_limit} and timeouts == {FIRST_CONTACT_ATTEMPTS - 1}",
                realises=("R-C3",),
                says="the third time-out in a row: the fabric is to move the instance",
            ),
            ignores(TICKS, ("no_guest", "starting", "crashed"), says="nothing to count"),
            does(
                "heartbeats_lost",
                "guest",
                when="link == up",
                then="link := lost",
                fault="heartbeats_lost",
                says="nothing gets through between host and guest from now on",
            ),
            does(
                "heartbeats_restored",
                "guest",
                when="link == lost",
                then="link := up",
                says="heartbeats, orders and status get through again",
            ),
            # Orders of the fabric (R-B2), handed on to the guest agent (R-C2).
            *(_order(kind) for kind in ORDERS),
            refuses(
                ("order_configuration", "order_package"),
                "first_contact",
                when="order == none",
                says="there is nobody yet to hand it on to",
            ),
            refuses(
                tuple(f"order_{k}" for k in ORDERS),
                "guest",
                when="order != none",
                says="the order before it has not been handed over yet",
            ),
            refuses(
                tuple(f"order_{k}" for k in ORDERS),
                ("starting", "crashed"),
                says="the order has to wait until the guest is started",
            ),
            does(
                "deliver_configuration",
                "steady",
                when="order == configuration and link == up",
                then="order := none",
                realises=("R-C2",),
                says="the guest agent gets the new goal state: a new configuration",
            ),
            does(
                "deliver_package",
                "steady",
                when="order == package and link == up",
                then="order := none",
                realises=("R-C2",),
                says="the guest agent gets the new goal state: a new package",
            ),
            does(
                "deliver_stop",
                "steady",
                "stopping_role",
                when=f"link == up and ({_one_of(role_ending)})",
                realises=("R-C2",),
                says="the guest agent gets the new goal state: the role is to be stopped",
            ),
            on(
                "role_stopped",
                "stopping_role",
                "in_contact.role_stopped",
                when="link == up",
                realises=("R-C2",),
                says="the guest agent has stopped the role",
            ),
            refuses("role_stopped", "stopping_role", when="link == lost", says="the link carries nothing"),
            refuses(
                "role_stopped",
                ("first_contact", "steady", "in_contact.role_stopped"),
                says="the host agent did not ask, or was restarted and will ask again",
            ),
            refuses("role_stopped", "crashed", says="nobody listens; the host agent will ask again"),
            # The status of the role goes from the guest agent by way of the host agent to the fabric (R-D3).
            on(
                REPORTS,
                contact,
                when="link == up",
                realises=("R-D3",),
                says="what the guest agent says of the role goes on to the fabric",
            ),
            refuses(REPORTS, contact, when="link == lost", says="the link carries no status"),
            refuses(REPORTS, ("first_contact", "crashed"), says="there is no connection that carries a status"),
            does(
                "stop_guest",
                "first_contact",
                "no_guest",
                when="order == stop and not known",
                then="order := none; silence := 0; timeouts := 0; link := up",
                says="the guest OS is switched off",
            ),
            does(
                "stop_guest",
                "in_contact.role_stopped",
                "no_guest",
                when="order == stop",
                then="order := none; silence := 0; link := up",
                says="the guest OS is switched off",
            ),
            does(
                "reboot_guest",
                "first_contact",
                when="order == reboot and not known",
                then="order := none; silence := 0; link := up",
                says="the guest OS is rebooted",
            ),
            does(
                "reboot_guest",
                "in_contact.role_stopped" if stops_role_before_reboot else "steady",
                "first_contact",
                when="order == reboot",
                then="order := none; silence := 0; link := up",
                says="the guest OS is rebooted",
            ),
            does(
                "reimage_guest",
                "first_contact",
                when="order == reimage and not known",
                then="order := none; silence := 0; link := up",
                says="the guest OS is set up anew and started",
            ),
            does(
                "reimage_guest",
                "in_contact.role_stopped",
                "first_contact",
                when="order == reimage",
                then="order := none; silence := 0; link := up",
                says="the guest OS is set up anew and started",
            ),
            # Failures of its own process and of its host.
            does(
                "host_agent_crashes",
                "in_contact",
                "crashed.with_guest",
                then="silence := 0; known := true",
                fault="host_agent_crash",
                says="the host agent's process dies; the guest goes on, and may have a role that runs",
            ),
            does(
                "host_agent_crashes",
                "first_contact",
                "crashed.with_guest",
                then="silence := 0; timeouts := 0",
                fault="host_agent_crash",
                says="the host agent's process dies; the guest goes on",
            ),
            does(
                "host_agent_crashes",
                "starting",
                "crashed.before_start",
                fault="host_agent_crash",
                says="the host agent's process dies before the guest was started",
            ),
            on(
                "restart_host_agent",
                "crashed.with_guest",
                "first_contact",
                says="the fabric has restarted the host agent; it has yet to hear from the guest",
            ),
            on(
                "restart_host_agent", "crashed.before_start", "starting", says="the fabric has restarted the host agent"
            ),
            does(
                "host_fails",
                ("starting", "guest", "crashed"),
                "no_guest",
                then="silence := 0; timeouts := 0; link := up; order := none; known := false",
                fault="host_failure",
                says="the host machine fails with everything on it",
            ),
        ),
    )


def _order(kind: str) -> Transition:
    taken = "guest.in_contact" if kind in ("configuration", "package") else "guest"
    return on(
        f"order_{kind}",
        taken,
        when="order == none",
        then=f"order := {kind}",
        realises=("R-B2", "R-C2"),
        says=f"the fabric orders: {kind}",
    )


def _one_of(kinds: tuple[str, ...]) -> str:
    return " or ".join(f"order == {k}" for k in kinds)
