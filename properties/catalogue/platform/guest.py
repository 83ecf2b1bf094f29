"""Steps 4 and 5: the host agent and its guest: heartbeats, restarts, and what is installed in it."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.agents.host_agent import FIRST_CONTACT_ATTEMPTS, FIRST_CONTACT_LIMIT, HEARTBEAT_LIMIT
from ....model.agents.vocabulary import CUT_OFF, GUEST_DOWN, GUEST_ENDS, GUEST_RESTARTS, STACK_DOWN, TICK, TICKS
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer, sequence
from ...property import Property, SentBy
from .instance import WIPED, Instance

DUE = "(ready and not reported and not newer) or (reported and not ready)"
"""When there is something to report, in the words of an observer."""


def heartbeats(its: Instance) -> Iterator[Property]:
    """R-C3, R-C4 and the first contact."""
    bounds = its.workflow.bounds
    limit, first = bounds.ticks(HEARTBEAT_LIMIT), bounds.ticks(FIRST_CONTACT_LIMIT)
    yield its.watched(
        "the guest OS is restarted after exactly 10 minutes without a heartbeat answer, not before and never later",
        _silence(limit),
        ("R-C3", "R-C4", "R-4"),
        "restart_guest",
    )
    yield its.watched(
        "a guest that never answered is restarted after exactly 25 minutes, and given up after three times",
        _first_contact(first),
        ("R-C3", "R-4"),
        "restart_guest_no_contact",
    )
    yield its.watched(
        "a role is started only in a guest that the host agent has heard from",
        _contact_first(),
        ("R-4", "R-C3"),
        "start_bootstrapper",
    )
    for order, done in (("reboot", "reboot_guest"), ("reimage", "reimage_guest"), ("stop", "stop_guest")):
        # A restart for silence is also the reboot that was asked for.
        instead = ("restart_guest",) if order == "reboot" else ()
        yield its.precedes(
            f"the host agent carries out a {order} only when the fabric ordered it, and once",
            [f"order_{order}"],
            [done],
            [done, *instead, *(e for e in GUEST_ENDS if e != done)],
            ("R-B2", "R-C2"),
        )
    asked: tuple[str, ...] = ("reimage_guest", "stop_guest")
    if its.workflow.platform.reboot == "runs_on_stop":
        asked = ("reboot_guest", *asked)
    yield its.watched(
        "a guest that was in contact goes down by order only when the guest agent has said that its role stopped",
        _farewell(asked),
        ("R-C2", "R-D4"),
        "stop_guest",
    )
    yield its.claim(
        "only the host agent restarts the guest OS; the guest agent never does",
        SentBy(its.events(*GUEST_RESTARTS), its.here + "host_agent"),
        ("R-C4", "R-D4"),
    )
    yield its.never(
        "a heartbeat is answered only by a guest agent that runs in a guest OS that runs",
        ["heartbeat_answered"],
        ~(its.at("guest_os", "in(running)") & its.at("guest_agent", "in(running)")),
        ("R-C3", "R-4"),
    )
    yield its.never(
        "a goal state is handed to the guest agent only while it is in contact",
        ["deliver_configuration", "deliver_package", "deliver_stop"],
        ~its.at("host_agent", "in(in_contact)"),
        ("R-C2",),
        "deliver_stop",
    )


def guest_agent_installed(its: Instance) -> Iterator[Property]:
    """WaAppAgent checks the guest agent, installs or updates it, and configures it (R-C2.1)."""
    yield its.precedes(
        "WaAppAgent starts the guest agent only when it has installed or checked it, and configured it",
        ["configure_guest_agent"],
        ["start_guest_agent"],
        GUEST_DOWN,
        ("R-C2.1",),
    )
    yield its.precedes(
        "WaAppAgent configures the guest agent only when it has installed it or found the newest one there",
        ["install_guest_agent", "update_guest_agent", "guest_agent_is_newest"],
        ["configure_guest_agent"],
        GUEST_DOWN,
        ("R-C2.1",),
    )
    yield its.precedes(
        "a guest agent is updated, or found to be the newest, only where it was installed",
        ["install_guest_agent"],
        ["update_guest_agent", "guest_agent_is_newest"],
        WIPED,
        ("R-C2.1",),
    )
    yield its.watched(
        "WaAppAgent checks the guest agent and configures it once each time that it comes up",
        sequence(
            "checked_once",
            [["install_guest_agent", "update_guest_agent", "guest_agent_is_newest"], ["configure_guest_agent"]],
            ("app_agent_crashes", *GUEST_DOWN),
            once=True,
        ),
        ("R-C2.1",),
        "configure_guest_agent",
    )
    yield its.only_once(
        "a guest agent is installed once, as long as the guest keeps its disk",
        ["install_guest_agent"],
        WIPED,
        ("R-C2.1",),
    )


def guest_agent_looked_after(its: Instance) -> Iterator[Property]:
    """WaAppAgent watches the guest agent and starts it again (R-C2.1)."""
    yield its.precedes(
        "WaAppAgent is started again only when it has crashed, once each time",
        ["app_agent_crashes"],
        ["restart_app_agent"],
        ["restart_app_agent", *GUEST_DOWN],
        ("R-C2.1",),
    )
    if its.workflow.platform.dead_guest_agent == "restarted":
        yield its.never(
            "a guest agent that WaAppAgent saw crash is started again before the minute is over",
            [TICK],
            its.at("wa_app_agent", "in(relaunching)"),
            ("R-C2.1",),
        )
    else:
        yield its.watched(
            "a guest agent that WaAppAgent saw crash is started again only when its guest was",
            _bereft(),
            ("R-C2.1", "R-C4"),
            "guest_agent_crashes",
        )
    runs = its.at("guest_agent", "in(running)")
    for sentence, event, never in (
        ("WaAppAgent finds a guest agent only where one runs", "guest_agent_found", ~runs),
        ("WaAppAgent misses the guest agent only where none runs", "guest_agent_missing", runs),
    ):
        yield its.never(sentence, [event], never, ("R-C2.1",))
    running = its.at("guest_os", "in(running)")
    yield its.recovers(
        "WaAppAgent watches the guest agent again after its own restart",
        its.at("wa_app_agent", "in(crashed) or in(looking)") & running,
        its.at("wa_app_agent", "in(watching)"),
        ("R-C2.1",),
    )
    yield its.recovers(
        "a guest agent that was started finds out whether to start the role or to supervise the one that runs, unless "
        "its guest goes down",
        its.at("guest_agent", "in(attaching)") & running,
        its.at("guest_agent", "in(running) and not in(attaching)") | ~running,
        ("R-D4", "R-4"),
    )
    gone = its.at("guest_agent", "in(absent)") & running
    if its.workflow.platform.dead_guest_agent == "restarted":
        yield its.recovers(
            "a guest agent that is gone while its guest runs is started again",
            gone,
            its.at("guest_agent", "in(running)"),
            ("R-C2.1",),
        )
    else:
        yield its.recovers(
            "a guest whose guest agent is gone gets one, or is restarted or stopped",
            gone,
            its.at("guest_agent", "in(running)") | ~running,
            ("R-C2.1", "R-C4"),
        )


def first_report(its: Instance) -> Iterator[Property]:
    """Before it starts the bootstrapper a guest agent answers the host agent, and reports (R-C3, R-D3)."""
    yield its.precedes(
        "a guest agent that was started answers the host agent before it looks for a bootstrapper",
        ["heartbeat_answered"],
        ["bootstrapper_found", "no_bootstrapper_found"],
        ["guest_agent_crashes", *GUEST_DOWN],
        ("R-C3", "R-4"),
        "no_bootstrapper_found",
    )
    yield its.watched(
        "a guest agent that runs answers the host agent's heartbeat once in every minute, whether it is heard or not",
        _answers(),
        ("R-C3",),
        "heartbeat_answered",
    )
    yield its.precedes(
        "after every start of the guest the configuration is reported as applied before the bootstrapper starts",
        ["report_configuration_applied"],
        ["start_bootstrapper"],
        GUEST_DOWN,
        ("R-D3", "R-5"),
    )


def bootstrapper_kept_running(its: Instance) -> Iterator[Property]:
    """The guest agent starts one bootstrapper and keeps it running (R-D4, R-5)."""
    yield its.precedes(
        "the configuration file is copied to C:\\Config before the bootstrapper starts",
        ["copy_configuration"],
        ["start_bootstrapper"],
        GUEST_DOWN,
        ("R-5",),
    )
    absent = its.at("host_bootstrapper", "in(absent)")
    for sentence, event, never, requirements in (
        *(
            # A guest agent that stays dead comes back with its guest only, in which no bootstrapper runs yet.
            [("the guest agent finds a bootstrapper only where one runs", "bootstrapper_found", absent, ["R-D4"])]
            if its.workflow.platform.dead_guest_agent == "restarted"
            else []
        ),
        ("the guest agent finds no bootstrapper only where none runs", "no_bootstrapper_found", ~absent, ["R-D4"]),
        ("only one bootstrapper runs at a time", "start_bootstrapper", ~absent, ["R-D4", "R-5"]),
    ):
        yield its.never(sentence, [event], never, requirements)
    yield its.recovers(
        "when the bootstrapper has ended the guest agent starts it again, unless the role is to stop or its guest OS "
        "can't be set up",
        absent
        & its.at("guest_os", "in(running)")
        & its.at("guest_agent", "goal != stop and obstacle == none")
        & its.at("placement", "not in(stopping) and not in(unallocated)"),
        its.at("host_bootstrapper", "not in(absent)"),
        ("R-D4", "R-E2"),
    )
    watching = its.at("guest_agent", "in(supervising) or in(changing) or in(stopping_role)")
    yield its.invariant(
        "the guest agent notices the end of the bootstrapper that it supervises",
        ~(watching & its.at("host_bootstrapper", "in(absent)")),
        ("R-D4", "R-E2"),
        watching,
    )


def status_reported(its: Instance) -> Iterator[Property]:
    """The guest agent reports the role's status to the fabric (R-D3)."""
    yield its.watched(
        "a change of the role's status is reported to the fabric before the minute is over, as long as the host agent "
        "hears the guest agent",
        _told_in_time(),
        ("R-D3",),
        "report_ready",
    )
    yield its.watched(
        "the fabric is told of changes only: Ready, not Ready, Ready, in turn",
        observer(
            "in_turn",
            ("not_ready", "ready"),
            (
                on("report_ready", "not_ready", "ready"),
                on("report_ready", "ready", VIOLATED),
                on("report_not_ready", "ready", "not_ready"),
                on("report_not_ready", "not_ready", VIOLATED),
                on(GUEST_DOWN, "ready", "not_ready"),
            ),
        ),
        ("R-D3",),
        "report_ready",
    )
    yield its.precedes(
        "a guest agent that was started hears from the role before it reports Ready",
        ["role_ready", "status_check"],
        ["report_ready"],
        ["start_guest_agent"],
        ("R-D3", "R-D4"),
    )
    yield its.invariant(
        "the guest agent does not count a role as Ready when its bootstrapper is gone",
        its.at("guest_agent", "status == busy") | its.at("host_bootstrapper", "not in(absent)"),
        ("R-D3", "R-D4"),
        its.at("guest_agent", "status == ready"),
    )


def goal_states(its: Instance) -> Iterator[Property]:
    """What the guest agent is told, and what it tells (R-C2, R-D3); what it leaves to the host agent (R-C4)."""
    yield its.never(
        "a goal state is handed only to a guest agent that runs",
        ["deliver_configuration", "deliver_package", "deliver_stop"],
        its.at("guest_agent", "in(absent)"),
        ("R-C2",),
        "deliver_stop",
    )
    yield its.never(
        "the host agent is told that the role stopped only when no bootstrapper runs",
        ["role_stopped"],
        its.at("host_bootstrapper", "not in(absent)"),
        ("R-C2", "R-D4"),
    )
    yield its.precedes(
        "the host agent is told that the role stopped once for each time it asks",
        ["deliver_stop"],
        ["role_stopped"],
        ["role_stopped", *GUEST_DOWN],
        ("R-C2", "R-D3"),
    )
    for event, status in (("report_ready", "ready"), ("report_not_ready", "busy")):
        yield its.never(
            f"the fabric is told {'Ready' if status == 'ready' else 'not Ready'} only when the role is",
            [event],
            ~its.at("guest_agent", f"status == {status}"),
            ("R-D3",),
        )
    yield its.claim(
        "the guest agent takes no part in switching the guest OS off or on: a hang of the role is left alone",
        SentBy(its.events("stop_guest", "start_guest"), its.here + "host_agent"),
        ("R-C1", "R-C4"),
    )


def _silence(limit: int) -> Statechart:
    """Counts the minutes without an answer that got through, once there was contact (R-C4)."""
    others = tuple(e for e in GUEST_DOWN if e != "restart_guest")
    heard = "silence := 0"
    return observer(
        "silence",
        ("no_contact", "contact"),
        (
            on("heartbeat_answered", "no_contact", "contact", when="not lost and not down", then=heard),
            on("heartbeat_answered", "contact", when=f"not lost and silence < {limit}", then=heard),
            # At the very end of the ten minutes the restart is certain.
            on("heartbeat_answered", "contact", VIOLATED, when=f"silence == {limit}"),
            on(TICKS, "contact", when=f"silence < {limit}", then="silence := silence + 1"),
            on(TICKS, "contact", VIOLATED, when=f"silence == {limit}"),
            on(
                "restart_guest", "contact", "no_contact", when=f"silence == {limit}", then="silence := 0; lost := false"
            ),
            on("restart_guest", "contact", VIOLATED, when=f"silence < {limit}"),
            on("restart_guest", "no_contact", VIOLATED),
            on(others, "contact", "no_contact", then="silence := 0; lost := false"),
            # While the host agent is down nobody listens and nobody counts.
            on("host_agent_crashes", ("no_contact", "contact"), "no_contact", then="silence := 0; down := true"),
            on("restart_host_agent", "no_contact", then="down := false"),
            on(others, "no_contact", then="lost := false; down := false"),
            on("heartbeats_lost", ("no_contact", "contact"), then="lost := true"),
            on("heartbeats_restored", ("no_contact", "contact"), then="lost := false"),
        ),
        (Variable.counter("silence", 0, limit), Variable.flag("lost"), Variable.flag("down")),
    )


def _first_contact(limit: int) -> Statechart:
    """Counts the minutes of a guest that has not answered yet, and the time-outs in a row (LEAP)."""
    last = FIRST_CONTACT_ATTEMPTS - 1
    count = f"waited == {limit}"
    return observer(
        "first_contact",
        ("no_guest", "waiting", "contact"),
        (
            on("start_guest", "no_guest", "waiting", then="waited := 0; timeouts := 0"),
            on("heartbeat_answered", "waiting", "contact", when="not lost", then="waited := 0; timeouts := 0"),
            on(TICKS, "waiting", when=f"waited < {limit}", then="waited := waited + 1"),
            on(TICKS, "waiting", VIOLATED, when=count),
            on(
                "restart_guest_no_contact",
                "waiting",
                when=f"{count} and timeouts < {last}",
                then="waited := 0; timeouts := timeouts + 1; lost := false",
            ),
            on("restart_guest_no_contact", "waiting", VIOLATED, when=f"not ({count} and timeouts < {last})"),
            on("restart_guest_no_contact", ("no_guest", "contact"), VIOLATED),
            on(
                "report_hardware_fault",
                "waiting",
                "no_guest",
                when=f"{count} and timeouts == {last}",
                then="waited := 0; timeouts := 0; lost := false",
            ),
            on("report_hardware_fault", "waiting", VIOLATED, when=f"not ({count} and timeouts == {last})"),
            on("report_hardware_fault", ("no_guest", "contact"), VIOLATED),
            on(
                ("restart_guest", "reboot_guest", "reimage_guest"),
                ("waiting", "contact"),
                "waiting",
                then="waited := 0; lost := false",
            ),
            on(
                ("stop_guest", "host_fails"),
                ("waiting", "contact"),
                "no_guest",
                then="waited := 0; timeouts := 0; lost := false",
            ),
            on("host_agent_crashes", ("waiting", "contact"), "no_guest", then="waited := 0; timeouts := 0"),
            # A restarted host agent waits for contact anew, but only where there was a guest before.
            on("host_agent_crashes", "no_guest", then="before_start := true"),
            on("host_fails", "no_guest", then="before_start := false; lost := false"),
            on("restart_host_agent", "no_guest", "waiting", when="not before_start"),
            on("restart_host_agent", "no_guest", when="before_start", then="before_start := false"),
            on("heartbeats_lost", ("waiting", "contact"), then="lost := true"),
            on("heartbeats_restored", ("waiting", "contact"), then="lost := false"),
        ),
        (
            Variable.counter("waited", 0, limit),
            Variable.counter("timeouts", 0, last),
            Variable.flag("lost"),
            Variable.flag("before_start"),
        ),
    )


def _contact_first() -> Statechart:
    """Whether the host agent has heard from the guest since it was started."""
    back = "lost := false; down := false"
    both = ("unheard", "heard")
    return observer(
        "contact_first",
        both,
        (
            on("heartbeat_answered", "unheard", "heard", when="not lost and not down"),
            on("start_bootstrapper", "unheard", VIOLATED),
            on(GUEST_DOWN, both, "unheard", then=back),
            on("host_agent_crashes", both, then="down := true"),
            on("restart_host_agent", both, then="down := false"),
            on("heartbeats_lost", both, then="lost := true"),
            on("heartbeats_restored", both, then="lost := false"),
        ),
        (Variable.flag("lost"), Variable.flag("down")),
    )


def _farewell(asked: tuple[str, ...]) -> Statechart:
    """Whether the host agent has heard from the guest, and then from the guest agent that the role has stopped."""
    unasked = tuple(e for e in GUEST_DOWN if e not in asked)
    return observer(
        "farewell",
        ("unseen", "contact", "stopped"),
        (
            on("heartbeat_answered", "unseen", "contact", when="not lost and not down"),
            on("role_stopped", ("unseen", "contact"), "stopped"),
            on(asked, "contact", VIOLATED),
            on(asked, ("unseen", "stopped"), "unseen", then="lost := false; down := false"),
            on(unasked, ("unseen", "contact", "stopped"), "unseen", then="lost := false; down := false"),
            # A guest that was in contact before the host agent was restarted may have a role that runs.
            on("host_agent_crashes", ("unseen", "contact", "stopped"), then="down := true"),
            on("restart_host_agent", ("unseen", "contact", "stopped"), then="down := false"),
            on("heartbeats_lost", ("unseen", "contact", "stopped"), then="lost := true"),
            on("heartbeats_restored", ("unseen", "contact", "stopped"), then="lost := false"),
        ),
        (Variable.flag("lost"), Variable.flag("down")),
    )


def _bereft() -> Statechart:
    """Whether WaAppAgent was there to see the guest agent crash, and whether the guest was restarted since."""
    return observer(
        "bereft",
        ("blind", "watching", "gone"),
        (
            on(("start_guest_agent", "guest_agent_found"), "blind", "watching"),
            on("app_agent_crashes", "watching", "blind"),
            on("guest_agent_crashes", "watching", "gone"),
            on("start_guest_agent", "gone", VIOLATED),
            on(GUEST_DOWN, ("watching", "gone"), "blind"),
        ),
    )


def _answers() -> Statechart:
    """Whether the guest agent that runs still owes the answer of this minute."""
    return observer(
        "answers",
        ("absent", "owing", "done"),
        (
            on("start_guest_agent", "absent", "owing"),
            on(("heartbeat_answered", "heartbeat_unheard"), "owing", "done"),
            on(("heartbeat_answered", "heartbeat_unheard"), ("absent", "done"), VIOLATED),
            on(TICK, "done", "owing"),
            on(TICK, "owing", VIOLATED),
            on(("guest_agent_crashes", *GUEST_DOWN), ("owing", "done"), "absent"),
        ),
    )


UNREADY = (
    "handler_sets_busy",
    "w3wp_sets_busy",
    "status_check_unanswered",
    "run_returns",
    "recycle_requested",
    "change_cancelled",
    "w3wp_cancels_change",
)
"""What the guest agent hears of a role that is Ready no more."""


def _told_in_time() -> Statechart:
    """What the role's status is, what was reported, and whether the host agent heard from the guest in this minute."""
    gone = "heard := false; ready := false; stopping := false"
    return observer(
        "told_in_time",
        ("watching",),
        (
            on("start_guest_agent", "watching", then="there := true"),
            on("heartbeat_answered", "watching", then="heard := true"),
            on(CUT_OFF, "watching", then="heard := false"),
            on(("role_ready", "status_check"), "watching", when="there and not stopping", then="ready := true"),
            on(UNREADY, "watching", then="ready := false"),
            on("stop_role", "watching", then="ready := false; stopping := true"),
            on(STACK_DOWN, "watching", then="ready := false; stopping := false"),
            on("guest_agent_crashes", "watching", then=f"there := false; {gone}"),
            on(GUEST_DOWN, "watching", then=f"there := false; {gone}; reported := false; newer := false"),
            on("report_ready", "watching", then="reported := true"),
            on("report_not_ready", "watching", then="reported := false"),
            # Ready says nothing of a package that is still to come.
            on("deliver_package", "watching", then="newer := true"),
            on(("configure_firewall", "deliver_stop"), "watching", then="newer := false"),
            on(TICK, "watching", VIOLATED, when=f"heard and ({DUE})"),
            on(TICK, "watching", when=f"not (heard and ({DUE}))", then="heard := false"),
        ),
        tuple(map(Variable.flag, ("there", "heard", "stopping", "ready", "reported", "newer"))),
    )
