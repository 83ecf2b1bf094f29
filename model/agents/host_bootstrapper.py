"""WaHostBootstrapper: reads the role configuration and starts every task and process that the role needs (R-E1).

Started by the guest agent, it goes through the start of the role in order:

* full IIS: it starts IISConfigurator and tells it to delete the role's existing AppPools (R-6);
* it reads the startup tasks from E:\\RoleModel.xml and runs them, one after the other as far as they are simple (R-7,
  R-G3);
* full IIS: it tells IISConfigurator to configure the AppPool and the sites (R-8);
* it starts the host process that fits the role (R-9).

Then it monitors its child processes (R-E2) and raises StatusCheck on the role host process (R-E3), for ever.
RoleEnvironment events are raised in the host process and, in full IIS, in w3wp as well (R-K2, R-L2), in each that
subscribed.

When a child that the role needs has crashed, or a simple task failed, the bootstrapper exits; its parent, the guest
agent, starts it again: the portal's "Recovering role", without limit.  With the option failing_simple_task=blocked it
stays instead, as the page on startup tasks says.  A child that merely hangs is left alone.  OnStop has five minutes;
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


def host_bootstrapper(
    host: str,
    simple: Sequence[bool],
    full_iis: bool,
    events_in_w3wp: bool = False,
    failing_task_blocks: bool = False,
    names: Sequence[str] = (),
) -> Statechart:
    """The bootstrapper of a role.

    ``host`` is the event that starts the host process, ``simple`` tells for each startup task, in order, whether it is
    waited for, ``events_in_w3wp`` whether w3wp subscribed to RoleEnvironment events; ``names`` what the tasks are
    called, if they have names.
    """
    tasks = len(simple)
    called = names or [f"startup task {k}" for k in range(tasks)]
    after_reading = "clearing" if full_iis else "tasks"
    starting = ("reading", *(("clearing", "configuring_sites") if full_iis else ()), "tasks", "starting_host")
    alive = (*starting, "monitoring", "stopping", "exiting")
    in_w3wp = full_iis and events_in_w3wp
    after_event = "monitoring.status_check_in_w3wp" if in_w3wp else "monitoring.watching"
    blocked = failing_task_blocks and any(simple)
    return Statechart(
        "host_bootstrapper",
        (
            State("absent"),
            State("reading", says="reading the role configuration and E:\\RoleModel.xml"),
            *(
                (State("clearing", (State("starting"), State("telling"), State("waiting")), "starting"),)
                if full_iis
                else ()
            ),
            State(
                "tasks",
                (
                    State("launching"),
                    *((State("waiting"),) if any(simple) else ()),
                    *((State("blocked"),) if blocked else ()),
                ),
                "launching",
            ),
            *((State("configuring_sites", (State("telling"), State("waiting")), "telling"),) if full_iis else ()),
            State("starting_host"),
            State(
                "monitoring",
                (
                    State("watching"),
                    *((State("status_check_in_w3wp"),) if in_w3wp else ()),
                    State("raising_changing"),
                    State("awaiting_answer"),
                    State("awaiting_configuration"),
                    State("raising_changed"),
                    *((State("changed_in_w3wp"),) if in_w3wp else ()),
                ),
                "watching",
            ),
            State("stopping", (State("telling"), State("waiting")), "telling"),
            State("exiting"),
        ),
        "absent",
        variables=(Variable.counter("task", 0, tasks),) if tasks else (),
        rows=(
            on("start_bootstrapper", "absent", "reading", realises=("R-5", "R-E1"), says="the guest agent starts it"),
            ignores("bootstrapper_found", alive),
            refuses("bootstrapper_found", "absent", says="there is none"),
            ignores("no_bootstrapper_found", "absent"),
            refuses("no_bootstrapper_found", alive, says="there is one"),
            does(
                "read_role_model",
                "reading",
                after_reading,
                realises=("R-E1", "R-7", "R-G1"),
                says="it reads the role configuration, with the startup tasks, from E:\\RoleModel.xml",
            ),
            *(_clearing() if full_iis else ()),
            *_tasks(simple, called, "configuring_sites" if full_iis else "starting_host", blocked),
            *(_sites() if full_iis else ()),
            # The host process and its supervision (R-E2, R-E3).
            does(
                host, "starting_host", "monitoring", realises=("R-9", "R-E1"), says="it starts the role's host process"
            ),
            does(
                "status_check",
                "watching",
                after_event,
                realises=("R-E3", "R-9", "R-K2"),
                says="StatusCheck is raised on the host process, and the role says Ready",
            ),
            on(
                "handler_sets_busy",
                "watching",
                after_event,
                realises=("R-E3", "R-K2"),
                says="StatusCheck is raised on the host process, and the handler sets Busy",
            ),
            refuses(
                "handler_sets_busy",
                ("absent", *starting, "monitoring", "stopping", "exiting"),
                says="the handler runs in a status check only",
            ),
            does(
                "status_check_unanswered",
                ("watching", "raising_changing"),
                realises=("R-E3",),
                says="the host process does not answer",
            ),
            *(_w3wp_events() if in_w3wp else ()),
            # Configuration changes.
            on(
                "announce_change",
                ("watching", "awaiting_configuration"),
                "raising_changing",
                realises=("R-D4",),
                says="the guest agent announces a new configuration",
            ),
            refuses(
                "announce_change",
                ("absent", *starting, "monitoring", "stopping", "exiting"),
                says="the role has to be up, and to be done with an event before the next",
            ),
            does(
                "changing_raised",
                "raising_changing",
                "awaiting_answer",
                realises=("R-K2",),
                says="Changing is raised in the host process",
            ),
            on("change_accepted", "awaiting_answer", "awaiting_configuration", says="the role accepts the change"),
            on("change_cancelled", "awaiting_answer", "watching", says="the role cancels: it recycles instead"),
            ignores(("change_accepted", "change_cancelled"), "stopping", says="the role is to stop in any case"),
            on("apply_configuration", "awaiting_configuration", "raising_changed", says="the change is applied"),
            does(
                "changed_raised",
                "raising_changed",
                "changed_in_w3wp" if in_w3wp else "watching",
                realises=("R-K2",),
                says="Changed is raised in the host process",
            ),
            # The end of the host process, and of the bootstrapper.
            *_too_late(simple, full_iis),
            on(
                "host_exits",
                ("monitoring", "stopping"),
                "exiting",
                realises=("R-E2",),
                says="the host process has ended",
            ),
            on("run_returns", "monitoring", realises=("R-E2",), says="the role begins to recycle"),
            ignores("run_returns", "stopping"),
            on(
                "stop_role",
                starting,
                "exiting",
                realises=("R-D4",),
                says="the role is to stop, and has not started yet",
            ),
            on("stop_role", "monitoring", "stopping", realises=("R-D4",), says="the role is to stop"),
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


def _too_late(simple: Sequence[bool], full_iis: bool) -> Iterator[Transition]:
    late = [event(k) for k, waits in enumerate(simple) if waits for event in (succeeded, failed, wants_reboot)]
    if full_iis:
        late += ["app_pools_deleted", "sites_configured", "iis_configurator_fails"]
    if late:
        yield ignores(tuple(late), "exiting", says="the bootstrapper is on its way out")


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


def _w3wp_events() -> Iterator[Transition]:
    yield does(
        ("status_check_in_w3wp", "no_w3wp_to_check"),
        "monitoring.status_check_in_w3wp",
        "watching",
        realises=("R-L2",),
        says="StatusCheck is raised in w3wp too, if there is one",
    )
    yield does(
        ("changed_raised_in_w3wp", "no_w3wp_to_tell"),
        "monitoring.changed_in_w3wp",
        "watching",
        realises=("R-L2",),
        says="Changed is raised in w3wp too, if there is one",
    )
    yield refuses(
        "stop_role",
        ("monitoring.status_check_in_w3wp", "monitoring.changed_in_w3wp"),
        says="an event that was raised in one process is raised in the other first",
    )
    yield refuses(
        TICK,
        ("monitoring.status_check_in_w3wp", "monitoring.changed_in_w3wp"),
        says="an event is raised in both processes before the minute is over",
    )
