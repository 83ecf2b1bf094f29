"""Steps 3 and 4: the fabric places an instance, its host agent is told what to do, and an operation waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....model.agents.placement import START_LIMIT
from ....model.agents.vocabulary import (
    ALLOCATION_FAILED,
    GUEST_DOWN,
    GUEST_ENDS,
    NO_CORES,
    RECYCLES,
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
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ....model.workflow import Fabric
from ...observer import VIOLATED, observer
from ...predicates import At, Can
from ...property import Never, Property
from .instance import Instance

RECYCLING = ("bootstrapper_crash", "on_start_false", "on_start_throws", "task_failure")
"""Kinds of fault that may end a role before it was ever Ready with a new package."""


def placing(its: Instance) -> Iterator[Property]:
    """How the fabric's record of an instance places it and watches over its host agent: true of the record alone."""
    ends = (*GUEST_ENDS, command("stop"), command("delete"), WITHDRAWN)
    found = ("free_cores_found", "host_spun_up")
    yield its.watched(
        "package and configuration are copied only to the host that was found, which a stopped instance keeps, and "
        "anew only if out of date or to start again",
        _copied(newer_for(its)),
        ("R-3", "R-B1"),
        "package_and_configuration_copied",
    )
    yield its.precedes(
        "the host agent is told to deploy only when package and configuration are on the host, and once",
        ["package_and_configuration_copied"],
        ["deploy_guest"],
        ["deploy_guest", *ends],
        ("R-3", "R-B2"),
    )
    # It can happen only where the record takes it; what surrounds the fabric may do anything at any time.
    losses = ("host_agent_crashes", *GUEST_ENDS)
    yield its.precedes(
        "an instance loses its host agent, guest or host only where it was deployed, and the latter two once",
        ["deploy_guest"],
        losses,
        GUEST_ENDS,
        ("R-3", "R-B1"),
    )
    yield its.precedes(
        "an instance is placed only when the deployment was commanded",
        [command("deploy")],
        found,
        [command("stop"), command("delete"), WITHDRAWN],
        ("R-2", "R-3"),
    )
    yield its.only_once(
        "a host is looked for once, and again only when the one that was found is lost, given up or freed by a delete",
        found,
        ["host_fails", "report_hardware_fault", command("delete"), WITHDRAWN],
        ("R-3", "R-B1"),
    )
    yield its.precedes(
        "the fabric restarts a host agent only when its process died, on the host that the instance is on",
        ["host_agent_crashes"],
        ["restart_host_agent"],
        ["restart_host_agent", *GUEST_ENDS],
        ("R-B1", "R-C1"),
    )
    if "delete" in its.workflow.bounds.kinds:
        deleted = its.at("placement", "deleted")
        yield its.invariant(
            "an instance is to be deleted only until its guest is off: deployed anew, it is stopped like any other",
            ~deleted | its.at("placement", "in(stopping)"),
            ("R-C2", "R-1"),
            deleted,
        )


def newer_for(its: Instance) -> tuple[str, str]:
    """The events that make a package or a configuration of the instance out of date."""
    update, configure = its.domains
    return update_domain(update), configure_domain(configure)


def _copied(newer: Sequence[str]) -> Statechart:
    """The host of an instance and whether package and configuration are to be copied there."""
    return observer(
        "copied",
        ("nowhere", "due", "there", "kept"),
        (
            on(("free_cores_found", "host_spun_up"), "nowhere", "due"),
            on(("free_cores_found", "host_spun_up"), ("due", "there", "kept"), VIOLATED),
            on("package_and_configuration_copied", "due", "there"),
            on("package_and_configuration_copied", ("nowhere", "there", "kept"), VIOLATED),
            on(tuple(newer), "there", "due"),
            on((command("stop"), "stop_guest"), ("due", "there"), "kept"),
            on(command("deploy"), "kept", "due"),
            on(
                (command("delete"), WITHDRAWN, "host_fails", "report_hardware_fault"),
                ("due", "there", "kept"),
                "nowhere",
            ),
        ),
    )


def placement(its: Instance) -> Iterator[Property]:
    """How the fabric places an instance, watches it, and waits for it (R-3, R-B1)."""
    yield from placing(its)
    yield its.precedes(
        "the host agent starts the guest OS only when the fabric has told it which, with addresses and ports",
        ["deploy_guest"],
        ["start_guest"],
        GUEST_ENDS,
        ("R-3", "R-4", "R-C1", "R-B2"),
    )
    yield its.invariant(
        "an instance that counts as placed has a host agent at work for it",
        ~(its.at("placement", "in(placed)") & its.at("host_agent", "in(no_guest)")),
        ("R-B1", "R-3"),
        its.at("placement", "in(placed)"),
    )
    yield its.recovers(
        "an instance that lost its host is started on another",
        its.at("placement", "in(allocating)"),
        its.at("placement", "in(placed)"),
        ("R-B1", "R-3"),
    )
    yield its.invariant(
        "the fabric counts an instance as started only while the role's last report was Ready",
        ~(its.at("placement", "in(placed.started)") & its.at("guest_agent", "reported == busy")),
        ("R-B1", "R-D3"),
        its.at("placement", "in(placed.started)"),
    )
    newer = its.at("placement", "awaits != nothing or order == package") | (
        its.at("host_agent", "order == package") | its.at("guest_agent", "goal == package or goal == stop")
    )
    yield its.invariant(
        "the fabric counts an instance as started when its role has reported Ready, unless an update or a stop "
        "concerns it",
        ~(its.at("placement", "in(placed.starting)") & its.at("guest_agent", "reported == ready")) | newer,
        ("R-B1", "R-D3"),
        its.at("guest_agent", "reported == ready"),
    )
    yield its.claim(
        "an operation is over only when the instance has done its part: placed, or stopped",
        Never(
            ("operation_finished",),
            its.at("placement", "in(allocating) or in(copying) or in(instructing) or in(stopping)"),
        ),
        ("R-3", "R-B1"),
        Can("operation_finished"),
    )
    yield its.recovers(
        "a host agent that crashed is at work again for an instance that is placed",
        its.at("host_agent", "in(crashed)") & its.at("placement", "in(placed)"),
        its.at("host_agent", "in(guest)"),
        ("R-B1", "R-C1"),
    )
    yield its.recovers(
        "a host agent whose process died is restarted by the fabric",
        its.at("placement", "host_agent_down and in(placed)"),
        its.at("placement", "not host_agent_down"),
        ("R-B1",),
    )
    for sentence, chart, deliver in patient(its.domains, its.workflow.bounds.ticks(START_LIMIT)):
        yield its.watched(sentence, chart, ("R-B1", "R-D3"), deliver)
    yield its.recovers(
        "an instance that is to be stopped can always get there, and keeps its host and its cores",
        its.at("placement", "in(stopping) and not deleted"),
        its.at("placement", "in(stopped)"),
        ("R-C2", "R-1"),
    )
    if its.workflow.platform.refusable:
        yield its.never(
            "no host is found wanting for an instance but while one is looked for",
            [NO_CORES],
            its.at("placement", "not in(allocating)"),
            ("R-3",),
        )
        yield its.claim(
            "when the user is told that there is no room, nothing of the deployment is left",
            Never((ALLOCATION_FAILED,), its.at("placement", "not in(unallocated) and not in(stopped)")),
            ("R-3", "R-B1"),
            Can(ALLOCATION_FAILED),
        )
    if "delete" in its.workflow.bounds.kinds:
        gone = At("user", "in(nothing_deployed)") & At("rdfe", "in(operation.idle)")
        yield its.invariant(
            "an instance of a service that was deleted has no host and no cores",
            ~gone | its.at("placement", "in(unallocated)"),
            ("R-C2", "R-1"),
            gone,
        )
        yield its.recovers(
            "an instance that is to be deleted can always get there, and frees its host and its cores",
            its.at("placement", "in(stopping) and deleted"),
            its.at("placement", "in(unallocated)"),
            ("R-C2", "R-1"),
        )


def orders_given(its: Instance) -> Iterator[Property]:
    """What the fabric's record of an instance orders (R-B2), once the user asks for more than the deployment: true of
    the record alone.

    An order for a host that the instance has left is void: on the next one it starts with what is newest.
    """
    update, configure = its.domains
    told = {
        "reboot": ["chosen_for_reboot"],
        "reimage": ["chosen_for_reimage"],
        "stop": [command("stop"), command("delete"), WITHDRAWN],
        "configuration": [configure_domain(configure)],
        "package": [update_domain(update)],
    }
    for kind, first in told.items():
        yield its.precedes(
            f"an order to the host agent ({kind}) is given only when the user's request has come to the instance",
            first,
            [f"order_{kind}"],
            [f"order_{kind}", "deploy_guest"],
            ("R-B2", "R-1"),
        )
    for kind in ("reboot", "reimage"):
        yield its.precedes(
            f"an instance is chosen for a {kind} only when the user has asked for one",
            [command(kind)],
            [f"chosen_for_{kind}"],
            [f"chosen_for_{kind}"],
            ("R-B2", "R-1"),
        )
    yield its.claim(
        "a deployment is finished only when the instance is placed",
        Never(
            ("operation_finished",),
            its.at("placement", "in(unallocated) or in(stopped)") & At("fabric_controller", "in(deploying)"),
        ),
        ("R-2", "R-3"),
        Can("operation_finished"),
    )
    for what, operations, states in (
        ("package", ("updating",), ("package",)),
        ("configuration", ("configuring",), ("configuration", "applied")),
        ("start", ("updating", "configuring"), ("start", "ready", "recovery")),
    ):
        due = its.at("placement", " or ".join(f"awaits == {state}" for state in states))
        walking = " or ".join(f"in({operation}.waiting)" for operation in operations) + " or in(updating.failing)"
        yield its.invariant(
            f"an instance is waited for only while the walk waits for its domain ({what})",
            ~due | At("fabric_controller", walking),
            ("R-B1",),
            due,
        )
    if any(its.meets_request(kind) for kind in RECYCLING) or isinstance(its.workflow, Fabric):
        yield its.watched(
            "an instance stops an update only when its role has recycled with the new package before it was Ready",
            _recycled(newer_for(its)),
            ("R-B1", "R-D3"),
            RECYCLES,
        )
    yield its.watched(
        "an instance gets the next order of the fabric only when the one before was handed to its host agent",
        _one_order(
            tuple(e for kind, first in told.items() if kind != "stop" for e in first),
            tuple(f"order_{kind}" for kind in told),
        ),
        ("R-B2", "R-1"),
        "order_stop",
    )
    if its.meets_request("host_agent_crash"):
        yield its.watched(
            "no order is given to a host agent whose process died, until the fabric has restarted it",
            _spoken_to(tuple(f"order_{kind}" for kind in told)),
            ("R-B2", "R-B1"),
            "order_stop",
        )
    yield its.watched(
        "an instance starts with the package and the configuration that were newest when it was deployed",
        _newest(newer_for(its)),
        ("R-B2", "R-3"),
        "deploy_guest",
    )


def orders(its: Instance) -> Iterator[Property]:
    """What the fabric orders and the host agent hands on (R-B2, R-C2), once the user asks for more than the
    deployment."""
    if its.workflow.bounds.requests == 1:
        return
    yield from orders_given(its)
    for kind in ("configuration", "package"):
        yield its.precedes(
            f"a new {kind} is handed to the guest agent only when the fabric ordered it",
            [f"order_{kind}"],
            [f"deliver_{kind}"],
            [f"deliver_{kind}", *GUEST_ENDS],
            ("R-B2", "R-C2"),
        )
    yield its.precedes(
        "the guest agent is told to stop the role only when the fabric ordered it, or a reboot or reimage",
        ["order_stop", "order_reboot", "order_reimage"],
        ["deliver_stop"],
        ["reboot_guest", "reimage_guest", *GUEST_ENDS],
        ("R-B2", "R-C2"),
    )
    for kind in ("package", "configuration"):
        due = its.at("placement", f"awaits == {kind}")
        yield its.invariant(
            f"an instance that is waited for to get a new {kind} gets it: its order is given, or still to be given",
            ~due | its.at("placement", f"order == {kind}") | its.at("host_agent", f"order == {kind}"),
            ("R-B2", "R-B1"),
            due,
        )
    yield its.recovers(
        "a change of the configuration that was announced comes to its end, unless the role hangs",
        its.at("guest_agent", "in(changing)")
        & its.at("guest_os", "in(running)")
        & ~its.at(its.host, "in(on_start_hung) or in(run_hung)"),
        its.at("guest_agent", "not in(changing)"),
        ("R-D1", "R-D4"),
    )
    yield its.recovers(
        "an order that the host agent has can always be carried out",
        its.at("host_agent", "order != none"),
        its.at("host_agent", "order == none"),
        ("R-C2", "R-B2"),
    )
    waiting = its.at("placement", "in(placed) and awaits == start")
    yield its.invariant(
        "a new package that was delivered is not forgotten: it is still to be set up, or the role to be reported",
        ~(waiting & its.at("guest_agent", "reported == ready and goal != package")),
        ("R-C2", "R-D1", "R-D3"),
        waiting,
    )
    waiting = its.at("placement", "in(placed) and awaits == applied")
    yield its.invariant(
        "a new configuration that was delivered is not forgotten: it is still to be put in place, or reported",
        ~(waiting & its.at("guest_agent", "goal == reached")),
        ("R-C2", "R-D1", "R-D3"),
        waiting,
    )
    yield its.watched(
        "a new package that was delivered is set up before the role is started again or reported Ready",
        _set_up_first(),
        ("R-C2", "R-D1"),
        "deliver_package",
    )
    for what, event in (
        ("a reboot", "reboot_guest"),
        ("a reimage", "reimage_guest"),
        ("a stop", "stop_guest"),
        ("an update", "deliver_package"),
        ("a configuration change", "apply_configuration"),
    ):
        yield its.possible(f"{what} that the user asks for can come about", event, ("R-1", "R-C2", "R-B2"))


def patient(places: tuple[int, int], limit: int) -> Iterator[tuple[str, Statechart, str]]:
    """For an instance at these places of the two walks: the sentence about waiting, its observer, and an event that
    must be possible."""
    update, configure = places
    for what, kind, tell, report, done in (
        ("an update", "package", update_domain(update), "report_ready", update_domain_done(update)),
        (
            "a configuration change",
            "configuration",
            configure_domain(configure),
            "report_configuration_applied",
            configure_domain_done(configure),
        ),
    ):
        sentence = f"{what} goes on when the instance has it and said so, or after 30 minutes, and never later"
        yield sentence, _patience(kind, tell, report, done, limit), f"deliver_{kind}"


def _patience(kind: str, tell: str, report: str, done: str, limit: int) -> Statechart:
    """The walk goes on when the instance has reported on what was delivered, or exactly ``limit`` ticks after it came
    to its domain.

    An instance without a guest or a host, or one that loses it in the meantime, starts with the newest package and
    configuration: then it is its report Ready that counts.  What was ordered before is not what is waited for.
    """
    moved = ("host_fails", "report_hardware_fault")
    waits = ("told", "ordered", "delivered", "starting")
    over = (UPDATE_STOPS, *(command(kind) for kind in UPDATES))
    return observer(
        "patience",
        ("unwanted", "quiet", *waits),
        (
            on(command("deploy"), "unwanted", "quiet"),
            on("deploy_guest", ("quiet", *waits), then="placed := true"),
            on(tell, "quiet", "told", when="placed"),
            on(tell, "quiet", "starting", when="not placed"),
            on(f"order_{kind}", "told", "ordered"),
            on(f"deliver_{kind}", "ordered", "delivered"),
            on(TICKS, waits, when=f"waited < {limit}", then="waited := waited + 1"),
            on(TICKS, waits, VIOLATED, when=f"waited == {limit}"),
            on(report, "delivered", "quiet", then="waited := 0"),
            on("report_ready", "starting", "quiet", when="placed", then="waited := 0"),
            on(done, waits, VIOLATED, when=f"waited < {limit}"),
            on(done, waits, "quiet", when=f"waited == {limit}", then="waited := 0"),
            on(moved, "quiet", then="placed := false"),
            on(moved, waits, "starting", then="placed := false"),
            on((RECYCLES, *over), waits, "quiet", then="waited := 0"),
            on(
                (command("stop"), command("delete"), WITHDRAWN),
                ("quiet", *waits),
                "unwanted",
                then="placed := false; waited := 0",
            ),
        ),
        (Variable.counter("waited", 0, limit), Variable.flag("placed")),
    )


def _one_order(told: tuple[str, ...], given: tuple[str, ...]) -> Statechart:
    """Whether there is an order for the host agent of an instance that has one."""
    return observer(
        "one_order",
        ("nowhere", "none", "pending"),
        (
            on("deploy_guest", "nowhere", "none"),
            on(told, "none", "pending"),
            on(told, "pending", VIOLATED),
            on(given, "pending", "none"),
            on((*GUEST_ENDS, command("stop"), command("delete"), WITHDRAWN), ("none", "pending"), "nowhere"),
        ),
    )


def _recycled(told: tuple[str, ...]) -> Statechart:
    """Whether a role has been started with what is new, and has recycled since, without having been Ready."""
    anew = (*told, *GUEST_ENDS)
    return observer(
        "recycled",
        ("quiet", "started", "recycled"),
        (
            on("start_bootstrapper", "quiet", "started"),
            on(STACK_DOWN, "started", "recycled"),
            on(("report_ready", *anew), ("started", "recycled"), "quiet"),
            on(RECYCLES, ("quiet", "started"), VIOLATED),
        ),
    )


def _spoken_to(orders: tuple[str, ...]) -> Statechart:
    """Whether the host agent of the instance is there to take orders; one on another host is."""
    return observer(
        "spoken_to",
        ("up", "down"),
        (
            on("host_agent_crashes", "up", "down"),
            on(("restart_host_agent", *GUEST_ENDS), "down", "up"),
            on(orders, "down", VIOLATED),
        ),
    )


def _newest(told: tuple[str, ...]) -> Statechart:
    """What is on the host is out of date from the time when the instance's domain was told, until it is copied anew."""
    return observer(
        "newest",
        ("none", "newest", "stale"),
        (
            on("package_and_configuration_copied", ("none", "stale"), "newest"),
            on(told, "newest", "stale"),
            on("deploy_guest", ("none", "stale"), VIOLATED),
        ),
    )


def _set_up_first() -> Statechart:
    """Between a new package and its set-up nothing is started, and no Ready is reported; a stop takes its place."""
    return observer(
        "set_up_first",
        ("quiet", "due"),
        (
            on("deliver_package", "quiet", "due"),
            on("set_up_package", "due", "quiet"),
            on(("start_bootstrapper", "report_ready"), "due", VIOLATED),
            on((*GUEST_DOWN, "deliver_stop"), "due", "quiet"),
        ),
    )
