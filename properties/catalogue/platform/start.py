"""Steps 6 to 9: the bootstrapper's start, with its startup tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ....model.agents import startup_task as tasks
from ....model.agents.vocabulary import GUEST_DOWN, STACK_DOWN, TICK
from ....model.deployment import TaskType
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer, sequence
from ...predicates import Predicate, anywhere
from ...property import Property, SentBy
from .instance import END_OF_START, HOSTS, Instance


def order_of_start(its: Instance) -> Iterator[Property]:
    """The steps of one start in their order, and the host process that fits the role (R-E1, R-5 to R-9)."""
    order = [["start_bootstrapper"], ["read_role_configuration"]]
    if its.full_iis:
        order += [["start_iis_configurator"], ["app_pools_deleted"]]
    order += [["read_startup_tasks"], ["startup_tasks_done"]]
    if its.full_iis:
        order += [["sites_configured"]]
    order += [[its.start_host], ["on_start_returned"], ["run_invoked"], ["role_ready"]]
    steps = ("R-5", "R-6", "R-7", "R-8", "R-9") if its.full_iis else ("R-5", "R-7", "R-9")
    yield its.watched(
        "every start goes through steps 5 to 9 in their order, each once",
        sequence("start_order", order, END_OF_START, once=True),
        (*steps, "R-E1"),
        "role_ready",
    )
    yield its.precedes(
        "WaHostBootstrapper reads the startup tasks from the role model before it starts one, or the host process",
        ["read_startup_tasks"],
        [*(tasks.started(k) for k in range(len(its.role.tasks))), its.start_host],
        END_OF_START,
        ("R-E1", "R-7", "R-G1"),
        its.start_host,
    )
    yield its.claim(
        "it is WaHostBootstrapper that has OnStart run, then Run, and marks the role Ready",
        SentBy(its.events("on_start_called", "run_invoked", "role_ready"), its.here + "host_bootstrapper"),
        ("R-9", "R-E1"),
        its.can("role_ready"),
    )
    hosts = {kind: names[0] for kind, names in HOSTS.items()}
    others = [name for kind, name in hosts.items() if kind is not its.role.kind]
    yield its.claim(
        "the host process is the one that fits the kind of role, and no other",
        its.lacks(others),
        HOSTS[its.role.kind][2],
        its.can(its.start_host),
    )


def status_checks(its: Instance) -> Iterator[Property]:
    """StatusCheck, and what a role that does not answer one leads to: nothing (R-E3, R-D4)."""
    yield its.never(
        "StatusCheck is raised only on a host process that runs",
        ["status_check"],
        ~its.at(its.host, "in(running)"),
        ("R-E3", "R-9"),
    )
    yield its.never(
        "a status check goes unanswered only where the host process hangs",
        ["status_check_unanswered"],
        ~its.at(its.host, "in(run_hung)"),
        ("R-E3",),
    )
    answering = its.at(its.host, "in(under_way) or in(run_hung)")
    yield its.recovers(
        "the status of a role that is not to stop can always be checked again: StatusCheck is raised for ever",
        its.at("host_bootstrapper", "in(monitoring)")
        & answering
        & its.at("guest_os", "in(running)")
        & its.at("guest_agent", "goal != stop"),
        its.can("status_check") | its.can("status_check_unanswered"),
        ("R-E3", "R-9"),
    )
    checking = (
        its.at("host_bootstrapper", "in(watching)" + (" and not in(checks.in_w3wp)" if its.events_in_w3wp else ""))
        & its.at("guest_os", "in(running)")
        & its.at("guest_agent", "in(absent) or in(running)")
    )
    under_way = checking & its.at(its.host, "in(under_way)")
    yield its.invariant(
        "a status check may come at any time, during a change too, and its handler may leave the role Ready",
        ~under_way | its.can("status_check"),
        ("R-E3", "R-9", "R-K2"),
        under_way,
    )
    if its.events_in_host:
        yield from _stays_busy(its, checking & its.at(its.host, "in(busy)"))
    yield its.watched(
        "a role that merely hangs is left alone: neither its processes nor the VM are restarted for it",
        _left_alone(its.deaths),
        ("R-D4", "R-E2"),
        "run_hangs",
    )


def _stays_busy(its: Instance, still_busy: Predicate) -> Iterator[Property]:
    """The handler of StatusCheck in an entry point that subscribed."""
    yield its.invariant(
        "a handler that has set Busy may do so again at the next check, as often as it likes",
        ~still_busy | its.can("handler_stays_busy"),
        ("R-E3", "R-9", "R-K2"),
        still_busy,
    )
    yield its.never(
        "a role stays Busy only where a handler has set Busy",
        ["handler_stays_busy"],
        ~its.at(its.host, "in(busy)"),
        ("R-E3", "R-9"),
    )


def bootstrapper_end(its: Instance) -> Iterator[Property]:
    """The bootstrapper and its host process end together (R-E2)."""
    yield its.never(
        "the bootstrapper's process dies only where it runs",
        ["bootstrapper_crashes"],
        its.at("host_bootstrapper", "in(absent)"),
        ("R-D4", "R-E2"),
    )
    yield its.never(
        "a bootstrapper whose child has ended is gone before the minute is over",
        [TICK],
        its.at("host_bootstrapper", "in(exiting)"),
        ("R-E2",),
    )
    yield its.recovers(
        "a bootstrapper that exits takes the host process with it",
        its.at("host_bootstrapper", "in(exiting)") & its.at("guest_os", "in(running)"),
        its.at("host_bootstrapper", "in(absent)") & its.at(its.host, "in(absent)"),
        ("R-E2",),
    )
    yield its.never(
        "the host process never runs without its bootstrapper",
        ["entry_point_loaded", "on_start_returned", "stopping_raised", "on_stop_called"],
        its.at("host_bootstrapper", "in(absent)"),
        ("R-E2", "R-E1"),
        "on_start_returned",
    )


def startup_tasks(its: Instance) -> Iterator[Property]:
    """R-G* and R-H*: the tasks together, and each by itself."""
    started = [tasks.started(k) for k in range(len(its.role.tasks))]
    if started:
        yield its.watched(
            "the startup tasks are started in the order of the role model, each once in a start",
            sequence("tasks_once", [*([event] for event in started), ["startup_tasks_done"]], END_OF_START, once=True),
            ("R-7", "R-G1"),
            "startup_tasks_done",
        )
    for k in range(len(started)):
        for about in (_end, _awaited_or_not, _plugin_agent, _foreground, _partner, _plugin_first):
            yield from (_of_any_task(prop, _label(its, k)) for prop in about(its, k))
    yield from _deaths(its)
    ready_to_go_on = its.at("host_bootstrapper", "in(tasks.launching)") & its.at("guest_os", "in(running)")
    yield its.invariant(
        "a background or foreground task is never waited for: the next one can be started at once",
        ~ready_to_go_on | anywhere([its.can(e) for e in [*started, "startup_tasks_done"]]),
        ("R-G2", "R-G1"),
        ready_to_go_on,
    )


def _deaths(its: Instance) -> Iterator[Property]:
    """What follows when a background task dies: nothing, or with the option a new start of the role (R-E2)."""
    awaited = sorted({t.partner for t in its.role.tasks if t.partner is not None})
    if its.deaths:
        yield its.watched(
            "a background task that dies takes the bootstrapper down before anything goes on",
            observer(
                "noticed",
                ("quiet", "due", "stopping"),
                (
                    on(its.deaths, "quiet", "due"),
                    on("stop_role", "quiet", "stopping"),
                    on(("startup_tasks_done", its.start_host, "status_check", TICK), "due", VIOLATED),
                    on(END_OF_START, ("due", "stopping"), "quiet"),
                ),
            ),
            ("R-E2", "R-D4"),
            its.deaths[0],
        )
    elif awaited:
        reasons = [e for k in range(len(its.role.tasks)) for e in (tasks.failed(k), tasks.wants_reboot(k))]
        yield its.watched(
            "nobody notices the death of a plugin's process: the bootstrapper exits only for another reason",
            observer(
                "unnoticed",
                ("quiet", "excused", "unnoticed"),
                (
                    on(tasks.dies(awaited[0], True), "quiet", "unnoticed"),
                    on("bootstrapper_exits", "unnoticed", VIOLATED),
                    on(
                        ("stop_role", "host_exits", "kill_host", "iis_configurator_fails", *reasons),
                        ("quiet", "unnoticed"),
                        "excused",
                    ),
                    on(END_OF_START, ("excused",), "quiet"),
                    on(("bootstrapper_crashes", *GUEST_DOWN), "unnoticed", "quiet"),
                ),
            ),
            ("R-E2", "R-H4"),
            tasks.dies(awaited[0], True),
        )


def _label(its: Instance, k: int) -> str:
    return f"startup task {k} ({its.role.tasks[k].command})"


def _of_any_task(prop: Property, label: str) -> Property:
    """The property of one task, whose sentence begins with its label, with what it says of any."""
    return replace(prop, general="a startup task" + prop.name.removeprefix(label))


def _awaited_or_not(its: Instance, k: int) -> Iterator[Property]:
    """The bootstrapper waits for the end of a simple task, and of no other."""
    label, simple = _label(its, k), its.role.tasks[k].type is TaskType.SIMPLE
    later = [tasks.started(j) for j in range(k + 1, len(its.role.tasks))] + ["startup_tasks_done", its.start_host]
    if its.full_iis:
        later.append("configure_sites")
    if simple:
        waiting = its.at("host_bootstrapper", f"in(tasks.waiting) and task == {k + 1}")
        yield its.invariant(
            f"{label} has not ended as long as the bootstrapper waits for it: a failure is noticed at once",
            ~(waiting & its.at(f"startup_task_{k}", "in(idle)")),
            ("R-E2", "R-G3"),
            waiting,
        )
    yield its.precedes(
        f"{label} is simple: it ends with exit code 0 before anything after it is started"
        if simple
        else f"{label} is started before anything after it",
        [tasks.succeeded(k) if simple else tasks.started(k)],
        later,
        END_OF_START,
        ("R-G3", "R-7") if simple else ("R-G1", "R-G2"),
        "startup_tasks_done",
    )
    if not simple and any(t.type is TaskType.SIMPLE for t in its.role.tasks):
        started = its.at("host_bootstrapper", f"task == {k + 1}")
        yield its.invariant(
            f"{label} is not waited for",
            ~(started & its.at("host_bootstrapper", "in(tasks.waiting)")),
            ("R-G2",),
            started,
        )


def _plugin_agent(its: Instance, k: int) -> Iterator[Property]:
    if k in {t.partner for t in its.role.tasks}:
        up = its.at("host_bootstrapper", "in(monitoring)")
        yield its.invariant(
            f"{_label(its, k)} is a plugin's agent: it stays alive after the startup tasks, unless a fault ends it",
            ~up | its.at(f"startup_task_{k}", "in(working) or in(dead)"),
            ("R-H4", "R-H2"),
            up,
        )


def _foreground(its: Instance, k: int) -> Iterator[Property]:
    if its.role.tasks[k].type is TaskType.FOREGROUND:
        yield its.never(
            f"{_label(its, k)} keeps the role from being started again or shut down until it has ended",
            ["start_bootstrapper", "stopping_raised", "role_stopped"],
            its.at(f"startup_task_{k}", "in(working)"),
            ("R-G1",),
            tasks.started(k),
        )


def _partner(its: Instance, k: int) -> Iterator[Property]:
    """The /blockStartup task of a plugin and the background task that it waits for."""
    partner = its.role.tasks[k].partner
    if partner is not None:
        yield its.precedes(
            f"{_label(its, k)} waits until its background partner has initialised",
            [f"task_{partner}_initialised"],
            [tasks.succeeded(k)],
            END_OF_START,
            ("R-H2", "R-H3", "R-H4"),
        )
        yield its.never(
            f"{_label(its, k)} ends only while its background partner is alive",
            [tasks.succeeded(k)],
            ~its.at(f"startup_task_{partner}", "in(working)"),
            ("R-H3", "R-H4"),
        )


def _plugin_first(its: Instance, k: int) -> Iterator[Property]:
    module = its.role.tasks[k].module
    if module is not None:
        own = [tasks.started(j) for j, t in enumerate(its.role.tasks) if t.module is None]
        yield its.precedes(
            f"{_label(its, k)} of the plugin {module} comes before the role's own tasks and the host process",
            [tasks.started(k)],
            [*own, its.start_host],
            END_OF_START,
            ("R-H1", "R-H4"),
            its.start_host,
        )


def _end(its: Instance, k: int) -> Iterator[Property]:
    """How a task ends."""
    task = its.role.tasks[k]
    label = _label(its, k)
    own = f"startup_task_{k}"
    if task.type is TaskType.SIMPLE:
        ends = {
            tasks.succeeded(k): "ends with exit code 0 only while it runs: one that hangs never does",
            tasks.failed(k): "fails only while it runs",
            tasks.wants_reboot(k): "asks for a reboot (3010) only while it runs",
            f"task_{k}_hangs": "hangs only while it runs",
        }
        for event, sentence in ends.items():
            yield its.never(f"{label} {sentence}", [event], ~its.at(own, "in(running)"), ("R-G3",))
        yield its.only_once(f"{label} ends once in a start", list(ends), END_OF_START, ("R-G3", "R-G1"))
    else:
        ended = f"task_{k}_ends"
        since = GUEST_DOWN if task.type is TaskType.FOREGROUND else END_OF_START
        yield its.precedes(
            f"{label} ends once for each time that it was started",
            [tasks.started(k)],
            [ended],
            [ended, *since],
            ("R-G2", "R-G1"),
        )
        if k in {t.partner for t in its.role.tasks}:
            yield its.only_once(
                f"{label} initialises once in a start", [f"task_{k}_initialised"], END_OF_START, ("R-H2", "R-H4")
            )


def _left_alone(deaths: tuple[str, ...]) -> Statechart:
    """After a hang of the role's code neither the bootstrapper exits nor the guest goes down without a reason.

    The reason for the bootstrapper is that the role is told to stop, that a background task died, or that a handler in
    w3wp cancelled a change; for the guest, an order, or anything that can keep an answer from the host agent.  An order
    that waits still waits after a time-out of the first contact.
    """
    silent = ("heartbeats_lost", "guest_hangs", "guest_agent_crashes", "app_agent_crashes", "host_agent_crashes")
    orders = ("order_stop", "order_reboot", "order_reimage")
    everywhere = ("quiet", "told_to_stop", "hung")
    timeout = "restart_guest_no_contact"
    down = tuple(e for e in GUEST_DOWN if e not in ("host_fails", timeout))
    return observer(
        "left_alone",
        everywhere,
        (
            on(("stop_role", "w3wp_cancels_change", *deaths), ("quiet", "hung"), "told_to_stop"),
            on(("run_hangs", "on_start_hangs"), "quiet", "hung"),
            on((*silent, *orders), everywhere, then="excused := true"),
            on("bootstrapper_exits", "hung", VIOLATED),
            on((*down, timeout), "hung", VIOLATED, when="not excused"),
            on(timeout, "hung", "quiet", when="excused"),
            on(timeout, "told_to_stop", "quiet"),
            on(down, "hung", "quiet", when="excused", then="excused := false"),
            on("host_fails", everywhere, "quiet", then="excused := false"),
            on(down, ("quiet", "told_to_stop"), "quiet", then="excused := false"),
            on(STACK_DOWN, ("quiet", "told_to_stop"), "quiet"),
            on("bootstrapper_crashes", "hung", "quiet"),
        ),
        (Variable.flag("excused"),),
    )
