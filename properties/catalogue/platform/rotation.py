"""Rotation: when the load balancer sends requests to an instance, and when not."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.agents.load_balancer import CUSTOM, DIRECT_REQUEST, REQUEST, CustomProbe
from ....model.agents.vocabulary import GUEST_DOWN, GUEST_ENDS, STACK_DOWN, TICKS
from ....model.instance import balanced, reached_directly
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer
from ...property import Possible, Property
from .guest import UNREADY
from .instance import END_OF_START, Instance


def rotation(its: Instance) -> Iterator[Property]:
    """Who gets traffic (R-9)."""
    default, custom = balanced(its.role)
    stays = its.stays_in_rotation
    records = ([("rotation", "")] if default else []) + (
        [((CUSTOM if default else "") + "rotation", CUSTOM if default else "")] if custom else []
    )
    for record, prefix in records:
        enter = prefix + "enter_rotation"
        by_probe = (custom and record != "rotation") or not default
        which = " (custom probe)" if by_probe else ""
        yield its.precedes(
            f"an instance enters the load balancer's rotation only after Run was invoked{which}",
            ["run_invoked"],
            [enter],
            END_OF_START,
            ("R-9",),
        )
        yield its.precedes(
            f"an instance is probed, enters the rotation and gets requests only while it has an address{which}",
            ["deploy_guest"],
            [*_probes(prefix, by_probe, by_probe and its.full_iis), prefix + REQUEST],
            ["stop_guest"],
            ("R-3", "R-9"),
            prefix + REQUEST,
        )
        yield its.watched(
            f"there is a probe in every minute{which}",
            _probed(prefix, by_probe, by_probe and its.full_iis),
            ("R-9",),
            prefix + "probe_answered",
        )
        if not stays:
            yield its.watched(
                f"an instance that left the rotation gets no traffic until it enters again{which}",
                _out_is_out(prefix, by_probe, by_probe and its.full_iis),
                ("R-9",),
                enter,
            )
        if by_probe:
            yield from custom_probe(its, CustomProbe(prefix), which, stays)
        else:
            yield from guest_agents_probe(its, enter, stays)


def guest_agents_probe(its: Instance, enter: str, stays: bool) -> Iterator[Property]:
    """The probe that the guest agent answers: only a Ready role is in rotation."""
    ready = its.at("guest_agent", "in(running) and status == ready")
    yield its.never(
        "the probe of an instance that is Ready is answered",
        ["probe_not_ready", "leave_rotation_not_ready"],
        ready,
        ("R-9",),
    )
    yield its.never("an instance enters the rotation only while it is Ready", [enter], ~ready, ("R-9",))
    yield its.watched(
        "an instance that is Ready is in the rotation before the second minute has passed",
        _enters(
            ("role_ready", "status_check"),
            enter,
            ("leave_rotation_not_ready", "leave_rotation_timeout", "deploy_guest", "stop_guest"),
            LOST_READY,
        ),
        ("R-9",),
        "role_ready",
    )
    if not stays:
        yield its.watched(
            "an instance that is no longer Ready leaves the rotation before the next minute has passed",
            _leaves(),
            ("R-9",),
            "leave_rotation_not_ready",
        )
        yield its.watched(
            "an instance leaves the rotation only for a reason: its role, its agent or its guest is not well",
            _for_a_reason(),
            ("R-9", "R-L1"),
            "leave_rotation_not_ready",
        )
        yield its.never(
            "Stopping is raised only when the instance has left the rotation",
            ["stopping_raised"],
            its.at("rotation", "in(in_rotation)"),
            ("R-9",),
        )


def custom_probe(its: Instance, probe: CustomProbe, which: str, stays: bool) -> Iterator[Property]:
    """Who answers a custom probe, and what follows from it."""
    agent = "w3wp" if its.full_iis else its.host
    up = "in(serving) or in(idle)" if its.full_iis else "in(running) or in(stopping)"
    yield its.never(
        "a custom probe is answered by the site, in a w3wp that runs"
        if its.full_iis
        else "a custom probe is answered by the host process, once Run was invoked",
        probe.answered,
        ~its.at(agent, f"({up}) and not unwell"),
        ("R-9", "R-L1") if its.full_iis else ("R-9",),
    )
    yield its.never(
        "a custom probe whose program is well is answered",
        probe.refused,
        its.at(agent, f"({up}) and not unwell"),
        ("R-9",),
    )
    if not stays:
        yield its.watched(
            f"an instance whose program fails leaves the rotation before the next minute has passed{which}",
            _program_leaves(probe, its.full_iis),
            ("R-9",),
            probe.refused[1],
        )
    if not its.full_iis:
        lost = (
            probe.fails,
            "run_hangs",
            "run_throws",
            "handler_throws",
            "kill_host",
            "host_exits",
            "guest_hangs",
            *END_OF_START,
        )
        leave = (probe.refused[1], probe.prefix + "leave_rotation_timeout", "deploy_guest", "stop_guest")
        yield its.watched(
            f"an instance whose program answers is in the rotation before the second minute has passed{which}",
            _enters(("run_invoked",), probe.answered[0], leave, lost),
            ("R-9",),
            "run_invoked",
        )


def direct(its: Instance) -> Iterator[Property]:
    """Endpoints that no probe decides on."""
    if reached_directly(its.role):
        yield its.precedes(
            "a request comes in by an endpoint without rotation only when the instance has an address",
            ["deploy_guest"],
            [DIRECT_REQUEST],
            GUEST_ENDS,
            ("R-3",),
        )
        has_address = its.at("placement", "in(placed) or in(stopping)")
        opened = its.at("open_endpoint", "in(open)")
        yield its.invariant(
            "an endpoint without rotation is open exactly while the instance is on a host",
            (has_address & opened) | (~has_address & ~opened),
            ("R-3",),
            opened,
        )
        yield its.claim(
            "an endpoint without rotation takes requests before the role is Ready",
            Possible(its.can(DIRECT_REQUEST) & its.at(its.host, "in(invoked)")),
            ("R-3",),
        )


def _out_is_out(prefix: str, custom: bool, site: bool) -> Statechart:
    """Between leaving the rotation and entering it, no probe is counted as answered and no request arrives; between
    entering and leaving it is not entered, nor does an answer come too early."""
    left = (
        prefix + ("leave_rotation_refused" if custom else "leave_rotation_not_ready"),
        prefix + "leave_rotation_timeout",
    )
    traffic = (prefix + "probe_answered", prefix + REQUEST)
    early = (CustomProbe(prefix).before_run,) if site else ()
    return observer(
        prefix + "out_is_out",
        ("out", "in_rotation"),
        (
            on((*left, "deploy_guest", "stop_guest"), "in_rotation", "out"),
            on((*left, *traffic), "out", VIOLATED),
            on(prefix + "enter_rotation", "out", "in_rotation"),
            on((prefix + "enter_rotation", *early), "in_rotation", VIOLATED),
        ),
    )


def _probes(prefix: str, custom: bool, site: bool) -> tuple[str, ...]:
    """Every possible result of a probe."""
    early = (CustomProbe(prefix).before_run,) if site else ()
    negative = (
        ("probe_refused", "leave_rotation_refused") if custom else ("probe_not_ready", "leave_rotation_not_ready")
    )
    answers = ("enter_rotation", "probe_answered", *negative, "probe_timeout", "leave_rotation_timeout")
    return (*(prefix + e for e in answers), *early)


def _probed(prefix: str, custom: bool, site: bool) -> Statechart:
    """There is a probe between any two minutes of an instance that has an address."""
    probes = _probes(prefix, custom, site)
    return observer(
        prefix + "probed",
        ("unconfigured", "due", "done"),
        (
            on("deploy_guest", ("unconfigured", "due", "done"), "due"),
            on("stop_guest", ("due", "done"), "unconfigured"),
            on(probes, "due", "done"),
            on(TICKS, "done", "due"),
            on(TICKS, "due", VIOLATED),
        ),
    )


LOST_READY = (*UNREADY, "stop_role", "guest_agent_crashes", "guest_hangs", *STACK_DOWN, *GUEST_DOWN)
"""What takes Ready away, by the role, its agent or its guest; the end of w3wp is not among it: nobody monitors it."""


def _enters(ready: tuple[str, ...], enter: str, leave: tuple[str, ...], lost: tuple[str, ...]) -> Statechart:
    """An instance that is well and stays so is probed within the next minute, and so in rotation.

    While the guest agent is away nobody hears what the role says.  A role that was told to stop is no longer Ready,
    whatever it says.
    """
    due = ("due", "late")
    special = ("guest_agent_crashes", "stop_role", *END_OF_START)
    gone = tuple(e for e in END_OF_START if e not in leave)
    everywhere = ("out", *due, "inside")
    return observer(
        f"{enter}_after_{ready[0]}",
        everywhere,
        (
            on(ready, "out", "due", when="not away and not stopping"),
            on(enter, ("out", *due), "inside"),
            on(tuple(e for e in leave if e not in END_OF_START), "inside", "out"),
            on(tuple(e for e in leave if e in END_OF_START), everywhere, "out", then="stopping := false"),
            on(tuple(e for e in lost if e not in special), due, "out"),
            on(gone, due, "out", then="stopping := false"),
            on(gone, ("out", "inside"), then="stopping := false"),
            on("stop_role", due, "out", then="stopping := true"),
            on("stop_role", ("out", "inside"), then="stopping := true"),
            on("guest_agent_crashes", due, "out", then="away := true"),
            on("guest_agent_crashes", ("out", "inside"), then="away := true"),
            on("start_guest_agent", everywhere, then="away := false"),
            on(TICKS, "due", "late"),
            on(TICKS, "late", VIOLATED),
        ),
        (Variable.flag("away"), Variable.flag("stopping")),
    )


def _for_a_reason() -> Statechart:
    """A Ready role leaves the rotation only after something has taken Ready away."""
    both = ("ready", "not_ready")
    special = ("guest_agent_crashes", "stop_role", *END_OF_START)
    return observer(
        "for_a_reason",
        ("not_ready", "ready"),
        (
            on(("role_ready", "status_check"), "not_ready", "ready", when="not away and not stopping"),
            on(("leave_rotation_not_ready", "leave_rotation_timeout"), "ready", VIOLATED),
            on(tuple(e for e in LOST_READY if e not in special), "ready", "not_ready"),
            on("guest_agent_crashes", both, "not_ready", then="away := true"),
            on("start_guest_agent", both, then="away := false"),
            on("stop_role", both, "not_ready", then="stopping := true"),
            on(END_OF_START, both, "not_ready", then="stopping := false"),
        ),
        (Variable.flag("away"), Variable.flag("stopping")),
    )


def _program_leaves(probe: CustomProbe, site: bool) -> Statechart:
    """An instance in rotation whose program does not answer: at most one minute boundary passes."""
    lost: tuple[str, ...] = (probe.fails, "guest_hangs")
    ends = ("run_hangs", "run_throws", "handler_throws", "host_exits", *STACK_DOWN)
    lost += ("w3wp_crashes", "app_pools_deleted") if site else ends
    gained = (probe.recovers, "w3wp_started" if site else "run_invoked")
    out = (probe.refused[1], probe.prefix + "leave_rotation_timeout", "stop_guest", "deploy_guest")
    inside = ("in_well", "in_due", "in_late")
    return observer(
        probe.prefix + "program_leaves",
        ("out", *inside),
        (
            on(probe.answered[0], "out", "in_well"),
            on((*lost, *(e for e in GUEST_DOWN if e not in out)), "in_well", "in_due"),
            on(gained, ("in_due", "in_late"), "in_well"),
            on(out, inside, "out"),
            on(TICKS, "in_due", "in_late"),
            on(TICKS, "in_late", VIOLATED),
        ),
    )


def _leaves() -> Statechart:
    """An instance in rotation that is not Ready any more: at most one minute boundary passes."""
    gained = ("role_ready", "status_check")
    out = ("leave_rotation_not_ready", "leave_rotation_timeout", "stop_guest", "deploy_guest")
    lost_for_good = tuple(e for e in LOST_READY if e not in out)
    return observer(
        "leaves",
        ("out", "in_ready", "in_due", "in_late"),
        (
            on("enter_rotation", "out", "in_ready"),
            on(lost_for_good, "in_ready", "in_due"),
            on(gained, ("in_due", "in_late"), "in_ready"),
            on(out, ("in_ready", "in_due", "in_late"), "out"),
            on(TICKS, "in_due", "in_late"),
            on(TICKS, "in_late", VIOLATED),
        ),
    )
