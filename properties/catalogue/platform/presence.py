"""Presence: a program that does not run does nothing, and what a process needs is there as long as it runs.

Programs need the guest OS that computes for them, the guest agent needs WaAppAgent to have started it, children need
their bootstrapper (facts: KHB, steps 4 to 9 of the workflow).  None of this says what an agent does: only that it is
the agent that does it, and that no process outlives the one that contains it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ....model.agents.load_balancer import CUSTOM
from ....model.agents.vocabulary import CUT_OFF, GUEST_DOWN, NEW_PACKAGE, TICK_WHILE_DOWN
from ....model.assumption import COMPONENT as ASSUMPTION
from ....model.network import Component
from ...predicates import everywhere
from ...property import Property
from .instance import Instance

OUTSIDE = ("placement", "host_agent", "guest_os", "rotation", CUSTOM + "rotation", "open_endpoint")
"""The agents of an instance that do not run inside its guest."""

PROCESSES = {
    "wa_app_agent": ("WaAppAgent", "R-C2.1"),
    "guest_agent": ("the guest agent", "R-C2"),
    "host_bootstrapper": ("WaHostBootstrapper", "R-E1"),
    "iis_configurator": ("IISConfigurator", "R-F1"),
    "worker_host": ("WaWorkerHost", "R-I1"),
    "web_host": ("WaWebHost", "R-J1"),
    "iis_host": ("WaIISHost", "R-K1"),
}
"""The programs that run or do not, with their names and what says that they exist."""


def presence(its: Instance) -> Iterator[Property]:
    """What holds of every program inside a guest."""
    here = [c for c in its.workflow.network.components if c.scope == its.here]
    inside = [c for c in here if its.short(c) not in OUTSIDE and not its.short(c).startswith(ASSUMPTION)]
    within = sorted({its.short_event(e) for c in inside for e in c.alphabet if e.startswith(its.here)})
    not_inside = (*GUEST_DOWN, *CUT_OFF, TICK_WHILE_DOWN, "guest_booted", *NEW_PACKAGE)
    off = its.at("guest_os", "in(off) or in(booting)")
    running = its.at("guest_os", "in(running)")
    yield its.never(
        "nothing happens inside a guest that is off, booting or hung",
        [e for e in within if e not in not_inside],
        ~running,
        ("R-C1", "R-C4"),
        "guest_booted",
    )
    timeouts = sorted(
        its.short_event(e.name)
        for e in its.workflow.network.events
        if e.name.startswith(its.here) and e.name.endswith("_timeout")
    )
    yield its.never(
        "a guest that runs notices every minute, and probes of its address do not time out",
        [TICK_WHILE_DOWN, *timeouts],
        running,
        ("R-C1", "R-4"),
    )
    yield its.never("a guest OS hangs only while it runs", ["guest_hangs"], ~running, ("R-C4",))
    yield its.invariant(
        "nothing runs in a guest that is off or boots: every program ended when it went down",
        ~off | everywhere([its.at(its.short(c), _gone(its, c)) for c in inside]),
        ("R-C4", "R-C1"),
        off,
    )
    yield its.precedes(
        "a guest OS boots before anything runs in it",
        ["guest_booted"],
        ["install_guest_agent", "update_guest_agent", "guest_agent_is_newest"],
        GUEST_DOWN,
        ("R-4", "R-C1"),
        "install_guest_agent",
    )
    yield its.invariant(
        "WaAppAgent is there while the guest OS runs, unless it has just crashed",
        ~running | its.at("wa_app_agent", "not in(absent)"),
        ("R-C2.1", "R-4"),
        running,
    )
    for component in inside:
        name = its.short(component)
        if name in PROCESSES:
            called, requirement = PROCESSES[name]
            yield its.never(
                f"{called} does nothing where it does not run",
                sorted(its.short_event(e) for e in component.sends),
                its.at(name, "in(absent)"),
                (requirement, "R-C1"),
                "guest_booted",
            )
    host = its.at(its.host, "not in(absent) and not in(exiting)")
    yield its.invariant(
        "a host process runs only under a bootstrapper that looks after it or is on its way out",
        ~host | its.at("host_bootstrapper", "in(monitoring) or in(stopping) or in(exiting)"),
        ("R-E2", "R-E1"),
        host,
    )


def _gone(its: Instance, component: Component) -> str:
    """Where a program is when it does not run, in the words of its chart."""
    name = its.short(component)
    if name == "w3wp":
        return "in(no_site)"
    return "in(idle)" if name.startswith("startup_task_") else "in(absent)"
