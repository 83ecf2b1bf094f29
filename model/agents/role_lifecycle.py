"""The life of a RoleEntryPoint, the same in whichever process hosts it: OnStart, then Run, then perhaps OnStop.

The bootstrapper has this process run OnStart, which keeps the instance Busy.  When OnStart has returned true, the
bootstrapper has it run Run and marks the role Ready in the same moment, whether or not Run ever returns (R-9).

From then on three things go on side by side, each in a region of its own: Run, the status that the role gives itself,
and the handlers of a configuration change.  So Run may return, throw or hang while a handler runs, and a status check
comes during a change as at any other time.

The role's own code can fail in several ways, and each has its own effect:

==================  ==================================================================================================
OnStart false       the process ends at once: no Stopping, no OnStop
OnStart, Run or     the process dies: no OnStop
OnStop throws
OnStart hangs       Busy for ever; nobody repairs it
Run returns         a graceful recycle: Stopping, OnStop, and the role is started again
RequestRecycle      the same: the role's own code asks for it
handler throws      the process dies, as with Run: no OnStop
Run hangs           the process does not answer StatusCheck any more: taken for busy, and left alone
handler sets Busy   for as many checks in a row as it likes; out of rotation until a check finds it ready; the process
                    keeps running
wrong entry point   the process ends at every start, until a new package is set up
==================  ==================================================================================================

Stopping is raised after the instance has left the rotation, then OnStop is called.  It has five minutes, then the
process is killed.  A role that is told to stop before Run was invoked just ends.

A new configuration is announced by Changing.  The role accepts it, and is told by Changed when it was applied; or it
cancels it, and recycles instead.  An entry point that did not subscribe to RoleEnvironment events has no handlers: it
neither sets Busy nor throws in one, and it has no say in a change.

Sources: "Customize the lifecycle of a web or worker role" [LC]; the class library pages on OnStop, Stopping, Changing
and SetBusy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..notation.statechart import ROOT, State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .load_balancer import CustomProbe
from .vocabulary import GUEST_DOWN, NEW_PACKAGE, STACK_DOWN, TICK, command, update_domain

ON_STOP_LIMIT = 5
"""Minutes that OnStop may take."""

UNDER_WAY = "running.run.under_way"
"""Run has been invoked, the role was marked Ready, and Run has not ended."""


ENTRY_POINT = ("usable", "missing", "promised", "delivered")
"""What is known of the package's entry point; once missing: whether a new package is on its way, or on the host."""


def _new_package(update: int) -> tuple[Transition, ...]:
    """A missing entry point heals with a new package only: one that is set up again, after a reimage or on another
    host, is the same."""
    return (
        on(
            (update_domain(update), command("deploy")),
            ROOT,
            when="entry_point == missing",
            then="entry_point := promised",
            says="the user has a new package for the instance",
        ),
        ignores((update_domain(update), command("deploy")), ROOT, when="entry_point != missing"),
        on(
            NEW_PACKAGE,
            ROOT,
            when="entry_point == promised",
            then="entry_point := delivered",
            says="the new package comes to the host that the instance is on",
        ),
        ignores(NEW_PACKAGE, ROOT, when="entry_point != promised"),
        on(
            "set_up_package",
            ROOT,
            when="entry_point == delivered",
            then="entry_point := usable",
            says="the new package is set up",
        ),
        ignores("set_up_package", ROOT, when="entry_point != delivered", says="the package is the same as before"),
    )


def answers_custom_probe(probe: CustomProbe) -> tuple[Transition, ...]:
    """Rows of a host process whose program answers a custom probe, once Run is invoked and while the process serves."""
    serving = ("running", "stopping")
    return (
        does(
            probe.fails,
            UNDER_WAY,
            when="not unwell",
            then="unwell := true",
            fault="custom_probe_fails",
            says="the program stops answering the custom probe",
        ),
        does(
            probe.recovers,
            UNDER_WAY,
            when="unwell",
            then="unwell := false",
            says="the program answers the custom probe again",
        ),
        on(probe.answered, serving, when="not unwell", says="the program answers the custom probe, Busy or not"),
        refuses(probe.refused, serving, when="not unwell", says="the program answers"),
        ignores(probe.refused, ROOT, says="the program does not answer"),
        refuses(probe.answered, ROOT, says="the program does not answer"),
    )


def admits_to_rotation(probe: CustomProbe) -> tuple[Transition, ...]:
    """Rows of a host process beside a site that answers a custom probe: nobody gets traffic before Run (R-9)."""
    enter, invoked = probe.answered[0], ("running", "run_hung", "stopping")
    return (
        ignores(enter, invoked, says="Run was invoked: from now on the probe decides"),
        refuses(enter, ROOT, says="Run was not invoked in this start"),
        refuses(probe.before_run, invoked, says="Run was invoked"),
        ignores(probe.before_run, ROOT),
    )


HANDLERS = ("handler_sets_busy", "handler_stays_busy", "handler_throws", "change_cancelled")
"""What the handlers of an entry point may do that subscribed to RoleEnvironment events."""

_EVENTS = State(
    "events",
    (State("quiet"), State("deciding", says="the handler of Changing runs"), State("awaiting_configuration")),
    "quiet",
)


def _handlers() -> Iterator[Transition]:
    """The handlers of an entry point that subscribed to RoleEnvironment events."""
    yield does(
        "handler_sets_busy",
        "ready",
        "busy",
        fault="handler_busy",
        realises=("R-K2",),
        says="the handler of StatusCheck sets Busy",
    )
    yield does(
        "handler_stays_busy", "busy", realises=("R-K2",), says="the handler sets Busy again, as often as it likes"
    )
    yield does(
        "handler_throws",
        "under_way",
        "exiting",
        fault="handler_throws",
        says="a handler of an event throws: the process dies",
    )


def _changes(ending: tuple[str, ...]) -> Iterator[Transition]:
    """Changes of the configuration, of which an entry point is told that subscribed."""
    yield on("changing_raised", ("quiet", "awaiting_configuration"), "deciding", says="Changing is raised")
    yield refuses(("changing_raised", "changed_raised"), ending, says="the role can't be told any more")
    yield does("change_accepted", "deciding", "awaiting_configuration", says="the role accepts the change")
    yield does(
        "change_cancelled",
        "deciding",
        "stopping",
        says="the role's handler cancels the change, as it may (no fault), which means: recycle",
    )
    yield on("changed_raised", "awaiting_configuration", "quiet", realises=("R-K2",), says="Changed is raised")


def role_host(
    name: str,
    start: str,
    rows: Sequence[Transition] = (),
    *,
    hosts: tuple[str, ...],
    on_stop_limit: int = ON_STOP_LIMIT,
    memory: tuple[Variable, ...] = (),
    update: int = 0,
    subscribed: bool = True,
) -> Statechart:
    """A host process: the life-cycle, with ``start`` as the event that starts it, and what is its own in ``rows``.

    ``hosts`` are the requirements that say what this process is; ``on_stop_limit`` counts ticks; ``memory`` are flags
    of ``rows`` that are forgotten when the role does not run any more; ``update`` is the domain in which new packages
    come; ``subscribed`` says whether the entry point subscribed to RoleEnvironment events.
    """
    probed = any("unwell" in row.when for row in rows)
    before_run = ("loading", "starting", "on_start", "on_start_hung", "started")
    ending = ("run_hung", "stopping", "exiting")
    return Statechart(
        name,
        (
            State("absent"),
            State("loading"),
            State("starting", says="the entry point is loaded"),
            State("on_start"),
            State("on_start_hung"),
            State("started", says="OnStart has returned true"),
            State(
                "running",
                (
                    State("run", (State("invoked"), State("under_way")), "invoked"),
                    State("status", (State("ready"), State("busy")), "ready"),
                    *((_EVENTS,) if subscribed else ()),
                ),
                parallel=True,
                exit="; ".join(f"{flag.name} := false" for flag in memory),
            ),
            State("run_hung"),
            State(
                "stopping",
                (State("leaving"), State("stopping_raised"), State("on_stop"), State("on_stop_hung")),
                "leaving",
            ),
            State("exiting"),
        ),
        "absent",
        variables=(
            Variable.counter("minutes", 0, on_stop_limit),
            Variable.choice("entry_point", *ENTRY_POINT),
            *((Variable.flag("unwell"),) if probed else ()),
            *memory,
        ),
        withholds=frozenset() if subscribed else frozenset(HANDLERS),
        rows=(
            on(
                start,
                "absent",
                "loading",
                then="unwell := false" if probed else "",
                realises=hosts,
                says="the bootstrapper starts the host process",
            ),
            *rows,
            # OnStart, Run, Ready.
            does(
                "entry_point_loaded",
                "loading",
                "starting",
                when="entry_point == usable",
                realises=hosts,
                says="the entry point is loaded",
            ),
            does(
                "entry_point_missing",
                "loading",
                "exiting",
                when="entry_point == usable",
                then="entry_point := missing",
                fault="wrong_entry_point",
                says="the package has no usable entry point: the process ends",
            ),
            does(
                "entry_point_still_missing",
                "loading",
                "exiting",
                when="entry_point != usable",
                says="the package is the same: the process ends",
            ),
            on("on_start_called", "starting", "on_start", realises=("R-9",), says="OnStart is called"),
            refuses("on_start_called", ("loading", "exiting"), says="the entry point is not loaded"),
            does("on_start_returned", "on_start", "started", realises=("R-9",), says="OnStart returns true"),
            does(
                "on_start_returned_false",
                "on_start",
                "exiting",
                fault="on_start_false",
                says="OnStart returns false: the process ends at once",
            ),
            does(
                "on_start_throws",
                "on_start",
                "exiting",
                fault="on_start_throws",
                says="OnStart throws: the process dies",
            ),
            does("on_start_hangs", "on_start", "on_start_hung", fault="on_start_hangs", says="OnStart never returns"),
            on("run_invoked", "started", "running", realises=("R-9",), says="Run is invoked"),
            on(
                "role_ready",
                "invoked",
                "under_way",
                realises=("R-9",),
                says="the role is marked Ready at the same time",
            ),
            refuses(TICK, "invoked", says="Ready follows Run at once"),
            # Status checks (R-E3), which come during a change too.
            on(
                "status_check",
                ("ready", "busy"),
                "ready",
                realises=("R-E3", "R-9", "R-K2"),
                says="the status check: the handler leaves the role Ready",
            ),
            refuses("status_check", ending, says="the role does not answer, or is on its way out"),
            *(_handlers() if subscribed else ()),
            does("run_hangs", "under_way", "run_hung", fault="run_hangs", says="the process hangs while Run runs"),
            on("status_check_unanswered", "run_hung", realises=("R-E3",), says="a hung process does not answer"),
            refuses(
                "status_check_unanswered",
                ("running", "stopping", "exiting"),
                says="the process answers, or is on its way out",
            ),
            # The end.
            does("run_throws", "under_way", "exiting", fault="run_throws", says="Run throws: the process dies"),
            does(
                "run_returns",
                "under_way",
                "stopping",
                fault="run_returns",
                says="Run returns: a graceful recycle begins",
            ),
            does(
                "recycle_requested",
                "under_way",
                "stopping",
                fault="request_recycle",
                says="the role's own code calls RequestRecycle: a graceful recycle begins",
            ),
            on("stop_host", "running", "stopping", says="the role is to stop"),
            on("stop_host", before_run, "exiting", says="the role is to stop before it was up: the process ends"),
            on("stop_host", "run_hung", "on_stop_hung", says="the role is to stop, but the process does not react"),
            ignores("stop_host", ("stopping", "exiting")),
            does("stopping_raised", "leaving", "stopping.stopping_raised", says="Stopping is raised, out of rotation"),
            does(
                "on_stop_called",
                "stopping.stopping_raised",
                "on_stop",
                then="minutes := 0",
                realises=("R-K1",) if "R-K1" in hosts else (),
                says="OnStop is called",
            ),
            does("on_stop_returned", "on_stop", "exiting", then="minutes := 0", says="OnStop returns"),
            does(
                "on_stop_throws",
                "on_stop",
                "exiting",
                then="minutes := 0",
                fault="on_stop_throws",
                says="OnStop throws: the process dies",
            ),
            does("on_stop_hangs", "on_stop", "on_stop_hung", fault="on_stop_hangs", says="OnStop never returns"),
            on(
                TICK,
                ("on_stop", "on_stop_hung"),
                when=f"minutes < {on_stop_limit}",
                then="minutes := minutes + 1",
                says="a minute of OnStop",
            ),
            refuses(
                TICK, ("on_stop", "on_stop_hung"), when=f"minutes == {on_stop_limit}", says="OnStop has had its time"
            ),
            on(
                "kill_host",
                ("on_stop", "on_stop_hung"),
                "absent",
                when=f"minutes == {on_stop_limit}",
                then="minutes := 0",
                says="OnStop took five minutes: the process is killed",
            ),
            refuses(
                "kill_host", ("on_stop", "on_stop_hung"), when=f"minutes < {on_stop_limit}", says="OnStop may go on"
            ),
            refuses(
                "kill_host",
                ("absent", *before_run, "running", "run_hung", "leaving", "stopping.stopping_raised", "exiting"),
                says="there is no reason to kill the process",
            ),
            does("host_exits", "exiting", "absent", says="the host process has ended"),
            refuses(TICK, "exiting", says="a process that ends is gone before the minute is over"),
            ignores(TICK, ("absent", *before_run, "running", "run_hung", "leaving", "stopping.stopping_raised")),
            # Configuration changes.
            *(_changes(ending) if subscribed else ()),
            # From outside.
            *_new_package(update),
            on(
                (*STACK_DOWN, *GUEST_DOWN),
                ROOT,
                "absent",
                then="minutes := 0",
                says="the process ends with the bootstrapper",
            ),
        ),
    )
