"""WaHostBootstrapper: reads the role configuration and starts every task and process that the role needs (R-E1).

Started by the guest agent, it goes through the start of the role in order:

* it reads the role's own configuration (R-E1);
* full IIS: it starts IISConfigurator and tells it to delete the role's existing AppPools (R-6);
* it reads the startup tasks from E:\\RoleModel.xml and runs them, one after the other as far as they are simple (R-7,
  R-G3);
* full IIS: it tells IISConfigurator to configure the AppPool and the sites (R-8);
* it starts the host process that fits the role and has it run OnStart; when that has returned it has it run Run, and
  marks the role Ready at the same time (R-9).

It monitors its child processes from the first one on (R-E2).  When the role is Ready it raises StatusCheck on the role
host process (R-E3), for ever, and beside that it carries changes of the configuration to the role.
RoleEnvironment events are raised in the host process and, in full IIS, in w3wp as well (R-K2, R-L2), in each that
subscribed.  Where w3wp alone did, the bootstrapper still asks the host process whether it answers (R-E3), but no
handler runs there: w3wp alone hears of a change, and one that it did not cancel is accepted.

When a child that the role needs has crashed, or a simple task failed, the bootstrapper exits; its parent, the guest
agent, starts it again: the portal's "Recovering role", without limit.  With the option failing_simple_task=blocked it
stays instead, as the page on startup tasks says.  The death of a background task goes unnoticed, unless the option
dead_background_task=restart is chosen.  A child that merely hangs is left alone.  OnStop has five minutes;
then the bootstrapper kills the process.

Sources: the workflow document, E and steps 5 to 9; "Heartbeats, Recovery, and the Load Balancer" (2013); incident
reports in which the bootstrapper exits with E_FAIL after a failed task.

Left out: exit codes; the debugger and environment look-ups that fill its log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..notation.statechart import ROOT, State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .startup_task import failed, started, succeeded, wants_reboot
from .vocabulary import GUEST_DOWN, TICK

RAISED_IN_HOST = ("changing_raised", "changed_raised")
"""The events of a change that are raised in a host process that subscribed."""


def host_bootstrapper(
    host: str,
    simple: Sequence[bool],
    full_iis: bool,
    events_in_w3wp: bool = False,
    failing_task_blocks: bool = False,
    deaths: tuple[str, ...] = (),
    events_in_host: bool = True,
    names: Sequence[str] = (),
) -> Statechart:
    """The bootstrapper of a role.

    ``host`` is the event that starts the host process, ``simple`` tells for each startup task, in order, whether it is
    waited for, ``events_in_w3wp`` and ``events_in_host`` whether w3wp and the entry point subscribed to RoleEnvironment
    events; ``deaths`` are those of background tasks, where it cares for them; ``names`` what the tasks are called, if
    they have names.
    """
    tasks = len(simple)
    called = names or [f"startup task {k}" for k in range(tasks)]
    starting = ("reading", *(("clearing", "configuring_sites") if full_iis else ()), "tasks", "starting_host")
    alive = (*starting, "monitoring", "stopping", "exiting")
    in_w3wp = full_iis and events_in_w3wp
    in_both = in_w3wp and events_in_host
    checking = "checks.in_host" if in_w3wp else "watching"
    after_check = "checks.in_w3wp" if in_w3wp else None
    blocked = failing_task_blocks and any(simple)
    return Statechart(
        "host_bootstrapper",
        (
            State("absent"),
            State("reading", says="reading the role's own configuration"),
            *(
                (State("clearing", (State("starting"), State("telling"), State("waiting")), "starting"),)
                if full_iis
                else ()
            ),
            State(
                "tasks",
                (
                    State("reading_model", says="reading the startup tasks from E:\\RoleModel.xml"),
                    State("launching"),
                    *((State("waiting"),) if any(simple) else ()),
                    *((State("blocked"),) if blocked else ()),
                ),
                "reading_model",
            ),
            *((State("configuring_sites", (State("telling"), State("waiting")), "telling"),) if full_iis else ()),
            State("starting_host"),
            State(
                "monitoring",
                (
                    State("loading", says="the host process loads the entry point"),
                    State("on_start"),
                    State("started", says="OnStart has returned true"),
                    State("invoked", says="Run is invoked"),
                    _watching(in_w3wp, in_both),
                ),
                "loading",
            ),
            State("stopping", (State("telling"), State("waiting")), "telling"),
            State("exiting"),
        ),
        "absent",
        variables=(Variable.counter("task", 0, tasks),) if tasks else (),
        withholds=frozenset() if events_in_host else frozenset(RAISED_IN_HOST),
        rows=(
            on("start_bootstrapper", "absent", "reading", realises=("R-5", "R-E1"), says="the guest agent starts it"),
            ignores("bootstrapper_found", alive),
            refuses("bootstrapper_found", "absent", says="there is none"),
            ignores("no_bootstrapper_found", "absent"),
            refuses("no_bootstrapper_found", alive, says="there is one"),
            does(
                "read_role_configuration",
                "reading",
                "clearing" if full_iis else "tasks",
                realises=("R-E1",),
                says="it reads the role's own configuration",
            ),
            *(_clearing() if full_iis else ()),
            *_tasks(simple, called, "configuring_sites" if full_iis else "starting_host", blocked),
            *(_sites() if full_iis else ()),
            *_life(host),
            # Supervision (R-E2, R-E3): a status check comes again and again, during a change too.
            does(
                "status_check",
                checking,
                after_check,
                realises=("R-E3", "R-9", "R-K2"),
                says="StatusCheck is raised on the host process, and the role says Ready",
            ),
            *(_handler_of_checks(checking, after_check) if events_in_host else ()),
            does("status_check_unanswered", checking, realises=("R-E3",), says="the host process does not answer"),
            *(_w3wp_events(in_both) if in_w3wp else ()),
            *_changes(starting, "changes.quiet" if in_w3wp else "watching.quiet"),
            *(_changes_in_host("changes.quiet" if in_w3wp else "watching.quiet", in_w3wp) if events_in_host else ()),
            # The end of the host process, and of the bootstrapper.
            *_too_late(simple, full_iis),
            *(_deaths(deaths, full_iis, events_in_host) if deaths else ()),
            on(
                "host_exits",
                ("monitoring", "stopping"),
                "exiting",
                realises=("R-E2",),
                says="the host process has ended",
            ),
            on(
                ("run_returns", "recycle_requested"),
                "monitoring",
                realises=("R-E2",),
                says="the role begins to recycle",
            ),
            ignores(("run_returns", "recycle_requested"), "stopping"),
            on(
                "stop_role",
                starting,
                "exiting",
                realises=("R-D4",),
                says="the role is to stop, and has not started yet",
            ),
            on("stop_role", "monitoring", "stopping", realises=("R-D4",), says="the role is to stop"),
            refuses("stop_role", "monitoring.invoked", says="Run and Ready are one moment"),
            ignores(
                "stop_role",
                ("stopping", "exiting"),
                says="it stops already: the guest agent was restarted and asks again",
            ),
            does(
                "stop_host",
                "stopping.telling",
                "stopping.waiting",
                realises=("R-E2",),
                says="the host process is told to stop",
            ),
            does(
                "kill_host",
                ("monitoring", "stopping"),
                "exiting",
                realises=("R-E2",),
                says="OnStop has had its five minutes: the process is killed",
            ),
            does(
                "bootstrapper_exits",
                "exiting",
                "absent",
                then="task := 0" if tasks else "",
                realises=("R-E2",),
                says="the bootstrapper exits, with every process it started",
            ),
            does(
                "bootstrapper_crashes",
                alive,
                "absent",
                then="task := 0" if tasks else "",
                fault="bootstrapper_crash",
                says="the bootstrapper's process dies",
            ),
            refuses(TICK, "exiting", says="it exits before the minute is over"),
            ignores(TICK, tuple(s for s in ("absent", *alive) if s != "exiting")),
            on(GUEST_DOWN, ROOT, "absent", then="task := 0" if tasks else "", says="the guest goes down"),
        ),
    )


def _watching(in_w3wp: bool, in_both: bool) -> State:
    """The state of a bootstrapper whose role is Ready: changes, and beside them the status checks of two processes."""
    changes = (
        State("quiet"),
        State("raising_changing"),
        *((State("changing_in_w3wp"),) if in_both else ()),
        State("awaiting_answer"),
        State("awaiting_configuration"),
        State("raising_changed"),
        *((State("changed_in_w3wp"),) if in_both else ()),
    )
    if not in_w3wp:
        return State("watching", changes, "quiet")
    checks = State("checks", (State("in_host"), State("in_w3wp")), "in_host")
    return State("watching", (checks, State("changes", changes, "quiet")), parallel=True)


def _life(host: str) -> Iterator[Transition]:
    """The host process, OnStart, Run and Ready (R-9)."""
    yield does(host, "starting_host", "monitoring", realises=("R-9", "R-E1"), says="it starts the role's host process")
    yield does(
        "on_start_called",
        "monitoring.loading",
        "monitoring.on_start",
        realises=("R-9",),
        says="it has the host process run OnStart",
    )
    yield on(
        "on_start_returned",
        "monitoring.on_start",
        "monitoring.started",
        realises=("R-9",),
        says="OnStart has returned true",
    )
    yield ignores("on_start_returned", "stopping", says="the role is to stop in any case")
    yield does(
        "run_invoked",
        "monitoring.started",
        "monitoring.invoked",
        realises=("R-9",),
        says="it has the host process run Run",
    )
    yield does(
        "role_ready",
        "monitoring.invoked",
        "monitoring.watching",
        realises=("R-9",),
        says="it marks the role Ready at the same time",
    )


def _handler_of_checks(checking: str, after_check: str | None) -> Iterator[Transition]:
    """The handler of StatusCheck in a host process that subscribed."""
    yield on(
        ("handler_sets_busy", "handler_stays_busy"),
        checking,
        after_check,
        realises=("R-E3", "R-K2"),
        says="StatusCheck is raised on the host process, and the handler sets Busy",
    )
    yield refuses(
        ("handler_sets_busy", "handler_stays_busy"),
        ("monitoring", "stopping"),
        says="the handler runs in a status check only",
    )


def _changes(starting: tuple[str, ...], quiet: str) -> Iterator[Transition]:
    """Changes of the configuration, beside the status checks."""
    yield on(
        "announce_change",
        (quiet, "awaiting_configuration"),
        "raising_changing",
        realises=("R-D4",),
        says="the guest agent announces a new configuration",
    )
    yield refuses(
        "announce_change",
        ("absent", *starting, "monitoring", "stopping", "exiting"),
        says="the role has to be up, and to be done with an event before the next",
    )
    yield on("apply_configuration", "awaiting_configuration", "raising_changed", says="the change is applied")
    yield refuses("apply_configuration", "exiting", says="the role has ended: its next start has the configuration")


def _changes_in_host(quiet: str, in_w3wp: bool) -> Iterator[Transition]:
    """Changing and Changed in a host process that subscribed."""
    yield does(
        "changing_raised",
        "raising_changing",
        "changing_in_w3wp" if in_w3wp else "awaiting_answer",
        realises=("R-K2",),
        says="Changing is raised in the host process",
    )
    yield on("change_accepted", "awaiting_answer", "awaiting_configuration", says="the role accepts the change")
    yield on("change_cancelled", "awaiting_answer", says="the role cancels: it recycles instead")
    yield ignores(("change_accepted", "change_cancelled"), "stopping", says="the role is to stop in any case")
    yield does(
        "changed_raised",
        "raising_changed",
        "changed_in_w3wp" if in_w3wp else quiet,
        realises=("R-K2",),
        says="Changed is raised in the host process",
    )


def _too_late(simple: Sequence[bool], full_iis: bool) -> Iterator[Transition]:
    late = [event(k) for k, waits in enumerate(simple) if waits for event in (succeeded, failed, wants_reboot)]
    if full_iis:
        late += ["app_pools_deleted", "sites_configured", "iis_configurator_fails"]
    if late:
        yield ignores(tuple(late), "exiting", says="the bootstrapper is on its way out")


def _deaths(deaths: tuple[str, ...], full_iis: bool, events_in_host: bool) -> Iterator[Transition]:
    """Background tasks are looked after from the first one that is started, beside starting what comes next."""
    yield on(
        deaths,
        ("tasks", *(("configuring_sites",) if full_iis else ()), "starting_host", "monitoring"),
        "exiting",
        realises=("R-E2",),
        says="a background task has died: the role is started again",
    )
    yield ignores(deaths, ("stopping", "exiting"), says="the bootstrapper is on its way out")
    said = ("on_start_returned", "run_returns", "recycle_requested", "host_exits")
    handlers = ("change_accepted", "change_cancelled", "handler_sets_busy", "handler_stays_busy")
    yield refuses(
        (*said, *(handlers if events_in_host else ())),
        "exiting",
        says="the host process ends with the bootstrapper, which is on its way out",
    )


def _clearing() -> Iterator[Transition]:
    yield does(
        "start_iis_configurator",
        "clearing.starting",
        "clearing.telling",
        realises=("R-6", "R-F1"),
        says="it starts IISConfigurator",
    )
    yield does(
        "delete_app_pools",
        "clearing.telling",
        "clearing.waiting",
        realises=("R-6",),
        says="it tells IISConfigurator to delete the role's existing AppPools",
    )
    yield on("app_pools_deleted", "clearing.waiting", "tasks", realises=("R-6",), says="the old AppPools are gone")
    yield on("iis_configurator_fails", "clearing.waiting", "exiting", realises=("R-E2",), says="IISConfigurator failed")


def _tasks(simple: Sequence[bool], names: Sequence[str], then: str, blocked: bool) -> Iterator[Transition]:
    yield does(
        "read_startup_tasks",
        "tasks.reading_model",
        "tasks.launching",
        realises=("R-7", "R-G1"),
        says="it reads the startup tasks from E:\\RoleModel.xml",
    )
    for k, (waits, name) in enumerate(zip(simple, names, strict=True)):
        yield does(
            started(k),
            "tasks.launching",
            "tasks.waiting" if waits else None,
            when=f"task == {k}",
            then=f"task := {k + 1}",
            realises=("R-7", "R-G1", "R-G3" if waits else "R-G2"),
            says=f"{name} is started and {'' if waits else 'not '}waited for",
        )
        if waits:
            yield on(
                succeeded(k),
                "tasks.waiting",
                "tasks.launching",
                realises=("R-7", "R-G3"),
                says=f"{name} has ended with exit code 0: on to the next",
            )
            yield on(
                (failed(k), wants_reboot(k)),
                "tasks.waiting",
                "tasks.blocked" if blocked else "exiting",
                realises=("R-7", "R-G3"),
                says=f"{name} has failed: the role can't start",
            )
    yield does(
        "startup_tasks_done",
        "tasks.launching",
        then,
        when=f"task == {len(simple)}" if simple else "",
        realises=("R-7",),
        says="every simple startup task has ended with success",
    )


def _sites() -> Iterator[Transition]:
    yield does(
        "configure_sites",
        "configuring_sites.telling",
        "configuring_sites.waiting",
        realises=("R-8",),
        says="it tells IISConfigurator to configure the AppPool and to point the sites to E:\\Sitesroot",
    )
    yield on(
        "sites_configured", "configuring_sites.waiting", "starting_host", realises=("R-8",), says="the sites are there"
    )
    yield on(
        "iis_configurator_fails",
        "configuring_sites.waiting",
        "exiting",
        realises=("R-E2",),
        says="IISConfigurator failed: the role can't start",
    )


def _w3wp_events(in_both: bool) -> Iterator[Transition]:
    """What is raised in w3wp: after the host process where both subscribed, else there alone."""
    asking, telling = ("changing_in_w3wp", "changed_in_w3wp") if in_both else ("raising_changing", "raising_changed")
    told = ("checks.in_w3wp", *((asking, telling) if in_both else ()))
    too = " too" if in_both else ""
    yield does(
        ("status_check_in_w3wp", "no_w3wp_to_check"),
        "checks.in_w3wp",
        "checks.in_host",
        realises=("R-L2",),
        says=f"StatusCheck is raised in w3wp{too}, if there is one",
    )
    yield does(
        ("changing_raised_in_w3wp", "no_w3wp_to_ask"),
        asking,
        "awaiting_answer",
        realises=("R-L2",),
        says=f"Changing is raised in w3wp{too}, if there is one",
    )
    yield does(
        ("changed_raised_in_w3wp", "no_w3wp_to_tell"),
        telling,
        "changes.quiet",
        realises=("R-L2",),
        says=f"Changed is raised in w3wp{too}, if there is one",
    )
    yield on(
        "w3wp_sets_busy",
        "checks.in_w3wp",
        "checks.in_host",
        realises=("R-L2",),
        says=f"StatusCheck is raised in w3wp{too}, and the handler there sets Busy",
    )
    yield on(
        "w3wp_cancels_change",
        asking,
        "changes.quiet",
        realises=("R-L2",),
        says=f"Changing is raised in w3wp{too}, and the handler there cancels: the role recycles instead",
    )
    yield refuses(("w3wp_sets_busy", "w3wp_cancels_change"), ROOT, says="a handler in w3wp runs only when it is asked")
    if in_both:
        yield refuses(("change_accepted", "change_cancelled"), asking, says="w3wp is asked first")
    else:
        yield does(
            "change_accepted",
            "awaiting_answer",
            "awaiting_configuration",
            realises=("R-L2",),
            says="w3wp, if there is one, did not cancel: the role accepts the change",
        )
    yield refuses("stop_role", told, says="an event that was raised in one process is raised in the other first")
    yield refuses(TICK, told, says="an event is raised in both processes before the minute is over")
