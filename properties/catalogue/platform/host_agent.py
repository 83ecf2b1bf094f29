"""Step 4: the host agent of an instance: what it hears, what it tells, and what is left when it dies."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.agents.vocabulary import GUEST_DOWN, GUEST_RESTARTS, REPORTS, TICKS
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer
from ...predicates import anywhere
from ...property import AlwaysCan, Property
from .instance import Instance, unhelped


def host_agent(its: Instance) -> Iterator[Property]:
    """Heartbeats between guest and host agent, and what the host agent remembers of its guest (R-C1, R-C3)."""
    yield its.watched(
        "an answer to a heartbeat gets through, unless heartbeats are lost or the host agent is down",
        _on_the_way(),
        ("R-C3", "R-4"),
        "heartbeat_answered",
    )
    yield its.watched(
        "neither orders nor status pass between host agent and guest agent, or on to the fabric, while the link is "
        "lost or the host agent has not heard from the guest agent since it was started",
        _passing(),
        ("R-C2", "R-D3", "R-C3"),
        "report_ready",
    )
    cut_off = its.at("host_agent", "in(crashed.with_guest) or in(guest) and link == lost")
    yield its.claim(
        "time waits neither for a link that is lost nor for a host agent that is down",
        AlwaysCan(
            anywhere([its.can(tick) for tick in TICKS]),
            cut_off,
            unhelped(its.workflow.network) | frozenset(its.events("heartbeats_restored", "restart_host_agent")),
        ),
        ("R-C3", "R-D3"),
        cut_off,
    )
    yield its.precedes(
        "heartbeats get through again once after each loss; a guest that was started anew has lost none",
        ["heartbeats_lost"],
        ["heartbeats_restored"],
        ["heartbeats_restored", *GUEST_DOWN],
        ("R-C3",),
    )
    yield its.watched(
        "on a host that failed nothing goes on: no guest is heard from, told or restarted until one is started",
        _failed_host(),
        ("R-B1", "R-C1"),
        "host_fails",
    )
    dead = its.at("host_agent", "in(crashed)")
    yield its.invariant(
        "a host agent that was in contact with its guest leaves it running when its process dies",
        ~its.at("host_agent", "in(crashed.with_guest)") | ~its.at("guest_os", "in(off)"),
        ("R-C1", "R-B1"),
        dead & its.at("host_agent", "known"),
    )
    unheard = its.at("host_agent", "(in(first_contact) or in(crashed.with_guest)) and not known")
    yield its.invariant(
        "a guest that its host agent never heard from has no bootstrapper, the host agent dead or alive",
        ~unheard | its.at("host_bootstrapper", "in(absent)"),
        ("R-C1", "R-4"),
        dead & its.at("host_agent", "in(crashed.with_guest) and not known"),
    )
    yield its.invariant(
        "the host agent has not heard yet from a guest that boots, whatever it knew of it before",
        ~(its.at("host_agent", "known or in(in_contact)") & its.at("guest_os", "in(booting)")),
        ("R-C3", "R-4"),
        its.at("guest_os", "in(booting)"),
    )


def orders_taken(its: Instance) -> Iterator[Property]:
    """What the host agent does with orders (R-B2, R-C2), once the user asks for more than the deployment."""
    if its.workflow.bounds.requests == 1:
        return
    yield its.never(
        "the host agent takes a new configuration or package for a guest agent that it is in contact with",
        ["order_configuration", "order_package"],
        ~its.at("host_agent", "in(in_contact)"),
        ("R-B2", "R-C2"),
    )
    yield its.watched(
        "the guest agent is told once to stop the role and says so once, unless the host agent was restarted",
        _told_to_stop(),
        ("R-C2", "R-D3"),
        "role_stopped",
    )
    ordered = its.at("host_agent", "order == stop or order == reboot or order == reimage")
    yield its.claim(
        "a guest that never answered is stopped, rebooted or reimaged at once: there is no role to wait for",
        AlwaysCan(
            its.at("host_agent", "order == none"),
            ordered & its.at("host_agent", "in(first_contact)") & its.at("guest_os", "in(booting)"),
            unhelped(its.workflow.network) | frozenset(its.events(*TICKS, "guest_booted")),
        ),
        ("R-C2", "R-B2"),
        ordered & its.at("host_agent", "in(first_contact)"),
    )


def _on_the_way() -> Statechart:
    """Whether heartbeats get lost, and whether there is a host agent to hear the answers."""
    both = ("through", "lost")
    return observer(
        "on_the_way",
        both,
        (
            # None are sent while the host agent is down, so none get lost.
            on("heartbeats_lost", "through", "lost", when="not down"),
            on("heartbeats_lost", "through", VIOLATED, when="down"),
            on("heartbeats_lost", "lost", VIOLATED),
            on("heartbeats_restored", "lost", "through"),
            on("heartbeat_answered", "lost", VIOLATED),
            on("heartbeat_answered", "through", VIOLATED, when="down"),
            on("heartbeat_unheard", "through", VIOLATED, when="not down"),
            on("host_agent_crashes", both, then="down := true"),
            on("restart_host_agent", both, then="down := false"),
            on(GUEST_DOWN, both, "through", then="down := false"),
        ),
        (Variable.flag("down"),),
    )


def _passing() -> Statechart:
    """Whether there is a connection, and a link that carries what passes over it."""
    carried = ("deliver_configuration", "deliver_package", "deliver_stop", "role_stopped", *REPORTS)
    both = ("unheard", "heard")
    return observer(
        "passing",
        both,
        (
            on("heartbeat_answered", "unheard", "heard"),
            on("heartbeats_lost", both, then="lost := true"),
            on("heartbeats_restored", both, then="lost := false"),
            on("host_agent_crashes", both, "unheard"),
            on(GUEST_DOWN, both, "unheard", then="lost := false"),
            on(carried, "unheard", VIOLATED),
            on(carried, "heard", VIOLATED, when="lost"),
        ),
        (Variable.flag("lost"),),
    )


def _failed_host() -> Statechart:
    """When a host has failed, what was on it is gone."""
    life = (
        *GUEST_RESTARTS,
        *("guest_booted", "stop_guest", "report_hardware_fault", "restart_host_agent", "host_agent_crashes"),
        *("heartbeat_answered", "heartbeat_unheard", "heartbeats_lost", "heartbeats_restored"),
        *("deliver_configuration", "deliver_package", "deliver_stop", "role_stopped", *REPORTS),
    )
    return observer(
        "failed_host",
        ("standing", "failed"),
        (
            on("host_fails", "standing", "failed"),
            on(("deploy_guest", "start_guest"), "failed", "standing"),
            on(life, "failed", VIOLATED),
        ),
    )


def _told_to_stop() -> Statechart:
    """Whether the guest agent was told to stop the role, by the host agent that runs, and has said that it did."""
    states = ("untold", "told", "stopped")
    return observer(
        "told_to_stop",
        states,
        (
            on("deliver_stop", "untold", "told"),
            on("deliver_stop", ("told", "stopped"), VIOLATED),
            on("role_stopped", "told", "stopped"),
            on("role_stopped", ("untold", "stopped"), VIOLATED),
            on(("host_agent_crashes", *GUEST_DOWN), states, "untold"),
        ),
    )
