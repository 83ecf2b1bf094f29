"""The role's life: OnStart, Run, OnStop, status, recycling, and changes of the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.agents.load_balancer import CUSTOM, CustomProbe
from ....model.agents.role_lifecycle import HANDLERS, ON_STOP_LIMIT
from ....model.agents.vocabulary import GUEST_DOWN, NEW_PACKAGE, TICK, command, update_domain
from ....model.instance import balanced, requests_to
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer, sequence
from ...property import Property
from .instance import END_OF_START, HOSTS, Instance

PROCESS_ENDS = ("host_exits", "kill_host", *END_OF_START)
"""The host process is gone, by itself or with what is around it."""


RECYCLES = ("stop_host", "run_returns", "recycle_requested", "change_cancelled", "w3wp_cancels_change")
"""The role is told to stop, or recycles of its own accord: Stopping and OnStop follow."""


def starting(its: Instance) -> Iterator[Property]:
    """The entry point, OnStart and Run, and the faults of each (R-9)."""
    yield its.watched(
        "OnStart has returned true before Run is invoked, and Run before the role is Ready",
        sequence(
            "life_order",
            [["entry_point_loaded"], ["on_start_called"], ["on_start_returned"], ["run_invoked"], ["role_ready"]],
            PROCESS_ENDS,
            once=True,
        ),
        ("R-9",),
        "role_ready",
    )
    yield its.watched(
        "a package without an entry point ends its process at every start, until a new package is set up",
        _no_entry_point(its),
        ("R-9", *HOSTS[its.role.kind][2][1:]),
        "entry_point_missing",
    )
    for event, sentence, where in (
        ("entry_point_missing", "a package turns out to have no entry point only while it is loaded", "in(loading)"),
        ("on_start_returned_false", "OnStart returns false only when it was called", "in(on_start)"),
        ("on_start_throws", "OnStart throws only when it was called", "in(on_start)"),
        ("on_start_hangs", "OnStart hangs only when it was called", "in(on_start)"),
        ("run_throws", "Run throws only in a role that runs", "in(under_way)"),
        ("handler_throws", "a handler throws only in a role that runs", "in(under_way)"),
        ("run_returns", "Run returns only in a role that runs", "in(under_way)"),
        ("recycle_requested", "RequestRecycle is called only in a role that runs", "in(under_way)"),
        ("run_hangs", "a role hangs in Run only while it runs", "in(under_way)"),
        ("handler_sets_busy", "a handler sets Busy only in a role that is Ready", "in(under_way) and in(ready)"),
        ("on_stop_throws", "OnStop throws only when it was called", "in(on_stop)"),
        ("on_stop_hangs", "OnStop hangs only when it was called", "in(on_stop)"),
    ):
        if event in HANDLERS and not its.events_in_host:
            continue
        if where != "in(on_stop)" or its.meets_request(event):
            yield its.never(sentence, [event], ~its.at(its.host, where), ("R-9", HOSTS[its.role.kind][2][-1]))
    yield its.only_once(
        "a package's entry point is looked for once in a start: one that is missing ends the process",
        ["entry_point_loaded", "entry_point_missing", "entry_point_still_missing"],
        PROCESS_ENDS,
        ("R-9", *HOSTS[its.role.kind][2][1:]),
    )
    yield its.only_once(
        "OnStart ends once in a start: it returns true or false, or throws; or it never returns",
        ["on_start_returned", "on_start_returned_false", "on_start_throws", "on_start_hangs"],
        PROCESS_ENDS,
        ("R-9",),
    )
    yield its.only_once(
        "a package turns out once to have no entry point", ["entry_point_missing"], ["set_up_package"], ("R-9", "R-D1")
    )


def running(its: Instance) -> Iterator[Property]:
    """A role that runs: Ready, Busy, or hung in Run (R-9, R-E3)."""
    monitored = its.at("host_bootstrapper", "in(monitoring) or in(stopping)")
    yield its.invariant(
        "the bootstrapper notices the end of its host process: it never looks after one that is gone",
        ~monitored | its.at(its.host, "not in(absent)"),
        ("R-E2",),
        monitored,
    )
    busy = its.at(its.host, "in(busy)")
    yield its.invariant(
        "a role that says Busy is not taken for Ready",
        ~busy | its.at("guest_agent", "status == busy"),
        ("R-D3", "R-9"),
        its.at(its.host, "in(under_way) and in(ready)"),
    )
    yield its.watched(
        "a process that hangs in Run runs no code any more: no status, no Stopping, no OnStop",
        _hung(),
        ("R-E3", "R-9"),
        "run_hangs",
    )
    yield its.watched(
        "Stopping and OnStop come once, and OnStop ends once: it returns, throws or hangs",
        sequence(
            "stop_once",
            [["stopping_raised"], ["on_stop_called"], ["on_stop_returned", "on_stop_throws", "on_stop_hangs"]],
            PROCESS_ENDS,
            once=True,
        ),
        ("R-9", "R-K1") if its.full_iis else ("R-9",),
        "on_stop_called",
    )
    yield its.recovers(
        "a host process that was started loads its entry point, or ends",
        its.at(its.host, "in(loading)") & its.at("guest_os", "in(running)"),
        its.at(its.host, "not in(loading)"),
        ("R-9", *HOSTS[its.role.kind][2][1:]),
    )
    yield its.never(
        "Ready follows Run at once, whether or not Run ever returns", [TICK], its.at(its.host, "in(invoked)"), ("R-9",)
    )
    yield its.never(
        "a role is told to stop before its Run is invoked or when it is Ready, not in between",
        ["stop_role"],
        its.at("host_bootstrapper", "in(monitoring.invoked)"),
        ("R-9", "R-D4"),
    )


def stopping(its: Instance) -> Iterator[Property]:
    """Stopping and OnStop: when they come, when they do not, and how long OnStop may take (R-9)."""
    yield its.precedes(
        "OnStop is called only for a role that was told to stop, returned from Run, asked for it, or refused a change",
        RECYCLES,
        ["on_stop_called"],
        PROCESS_ENDS,
        ("R-9", "R-K1") if its.full_iis else ("R-9",),
    )
    yield its.watched(
        "a role that was up and recycles, or is told to stop, sees OnStop called before its process ends",
        _recycle(),
        ("R-9", "R-E2"),
        "on_stop_called",
    )
    yield its.only_once("a role that is to stop is told so once", ["stop_host"], END_OF_START, ("R-E2", "R-9"))
    yield its.precedes(
        "OnStop is called only after Run was invoked", ["run_invoked"], ["on_stop_called"], PROCESS_ENDS, ("R-9",)
    )
    yield its.precedes(
        "Stopping is raised before OnStop is called", ["stopping_raised"], ["on_stop_called"], PROCESS_ENDS, ("R-9",)
    )
    yield its.watched(
        "after a crash, or after OnStart returned false, the process ends without Stopping and without OnStop",
        _no_farewell(its.start_host),
        ("R-9", "R-E2"),
        "host_exits",
    )
    yield its.watched(
        "OnStop has 5 minutes: no more, and the process is killed no sooner",
        _on_stop(its.workflow.bounds.ticks(ON_STOP_LIMIT)),
        ("R-9",),
        "on_stop_called",
    )
    if not its.events_in_host and its.meets_request("run_hangs") and requests_to(its.role):
        yield its.watched(
            "a process that hangs in Run is killed after OnStop's 5 minutes when w3wp cancels a change",
            _hung_and_told(its.workflow.bounds.ticks(ON_STOP_LIMIT)),
            ("R-L2", "R-9"),
            "w3wp_cancels_change",
        )
    yield its.never(
        "a host process that ends is gone before the minute is over",
        [TICK],
        its.at(its.host, "in(exiting)"),
        ("R-9", "R-E2"),
    )
    yield its.recovers(
        "a process whose OnStop returns ends by itself, and is not killed",
        its.at(its.host, "in(on_stop)") & its.at("guest_os", "in(running)"),
        its.at(its.host, "in(exiting)"),
        ("R-9",),
    )


def busy(its: Instance) -> Iterator[Property]:
    """A role that sets Busy runs on, and may be Ready again (R-E3)."""
    sets_busy = "handler_sets_busy" if its.events_in_host else "w3wp_sets_busy"
    yield its.watched(
        "a role that sets Busy goes on running: its process does not end for it",
        _goes_on(its.deaths, sets_busy),
        ("R-E3", "R-9"),
        sets_busy,
    )
    if its.events_in_host:
        yield its.watched(
            "a role is Busy from the check in which its handler sets Busy until a status check that says Ready",
            _busy_until_ready(),
            ("R-E3", "R-K2"),
            "handler_stays_busy",
        )
    yield its.recovers(
        "a role that has set Busy can be Ready again after a status check that says Ready",
        its.at(its.host, "in(busy)")
        & its.at("guest_os", "in(running)")
        & its.at("guest_agent", "in(running) and not in(stopping_role) and goal != stop and goal != package"),
        its.at(its.host, "in(under_way) and in(ready)") & its.at("guest_agent", "status == ready"),
        ("R-E3", "R-9", "R-D3"),
    )


def changes_announced(its: Instance) -> Iterator[Property]:
    """Changing: the role accepts a new configuration in place, or cancels it and recycles."""
    if its.events_in_host:
        yield its.never(
            "Changing and Changed are raised in no process that hangs or is on its way out",
            ["changing_raised", "changed_raised"],
            its.at(its.host, "in(run_hung) or in(stopping) or in(exiting)"),
            ("R-D4", "R-K2"),
        )
    yield its.never(
        "a configuration is applied in place only while the bootstrapper watches the role",
        ["apply_configuration"],
        its.at("host_bootstrapper", "not in(monitoring)"),
        ("R-D4", "R-C2"),
    )
    yield its.precedes(
        "a configuration is announced to the role only when it was delivered, and not again once it is applied",
        ["deliver_configuration"],
        ["announce_change"],
        ["apply_configuration"],
        ("R-D4", "R-C2"),
    )
    yield its.watched(
        "a configuration that the role cancels is not applied in place: it recycles, and starts with it",
        _cancelled(),
        ("R-D4", "R-5"),
        "change_cancelled" if its.events_in_host else "w3wp_cancels_change",
    )
    yield its.only_once(
        "a change is announced again only after the guest agent's own crash",
        ["announce_change"],
        ["guest_agent_crashes", "apply_configuration", *END_OF_START],
        ("R-D4",),
    )
    yield its.precedes(
        "Changing is raised once for each announcement, and before the next one",
        ["announce_change"],
        its.asked,
        [*its.asked, *PROCESS_ENDS],
        ("R-K2",) if its.full_iis else ("R-9",),
    )
    yield its.only_once(
        "an announcement waits until Changing was raised for the one before",
        ["announce_change"],
        [*its.asked, *END_OF_START],
        ("R-D4",),
    )
    yield its.watched(
        "a configuration that the role accepted, once, is applied before the role is told to stop",
        observer(
            "accepted",
            ("quiet", "asked", "due"),
            (
                on("announce_change", "quiet", "asked"),
                on("change_accepted", "asked", "due"),
                on(("stop_role", "change_accepted"), "due", VIOLATED),
                on(("apply_configuration", "guest_agent_crashes", *END_OF_START), ("asked", "due"), "quiet"),
            ),
        ),
        ("R-D1", "R-D4"),
        "apply_configuration",
    )


def changes_in_place(its: Instance) -> Iterator[Property]:
    """Who waits for whom while a change goes on, and Changed at its end."""
    owed = its.at("host_bootstrapper", "in(raising_changed)")
    yield its.invariant(
        "as long as Changed is owed to the role the guest agent waits for no answer to an announcement",
        ~owed | its.at("guest_agent", "not in(changing)"),
        ("R-D4", "R-D1"),
        owed,
    )
    if its.events_in_host:
        yield from _entry_point_waits(its)
    yield its.precedes(
        "Changing is raised before a change is accepted, applied and Changed raised",
        its.asked,
        its.told,
        [*its.told, *PROCESS_ENDS],
        ("R-K2",) if its.full_iis else ("R-9",),
    )
    yield its.precedes(
        "Changed is raised only when the new configuration has been applied",
        ["apply_configuration"],
        its.told,
        [*its.told, *PROCESS_ENDS],
        ("R-K2", "R-D1") if its.full_iis else ("R-D1",),
    )


def _entry_point_waits(its: Instance) -> Iterator[Property]:
    """An entry point that subscribed decides on a change, and waits for it."""
    waiting = its.at(its.host, "in(awaiting_configuration)")
    yield its.invariant(
        "a role waits for its new configuration only as long as the bootstrapper owes it Changed",
        ~waiting | its.at("host_bootstrapper", "not in(quiet) and not in(absent)"),
        ("R-9", "R-D1"),
        waiting,
    )
    answer = its.at("host_bootstrapper", "in(awaiting_answer)")
    yield its.invariant(
        "the bootstrapper waits for the role's answer to a change only while the role decides, or is gone",
        ~answer | its.at(its.host, "in(deciding) or in(run_hung) or in(stopping) or in(exiting)"),
        ("R-E3", "R-9"),
        answer,
    )


def probed_program(its: Instance) -> Iterator[Property]:
    """The program that answers a custom probe: the host process, or in full IIS the site in w3wp."""
    default, custom = balanced(its.role)
    if not custom:
        return
    probe = CustomProbe(CUSTOM if default else "")
    program = "w3wp" if its.full_iis else its.host
    serves = "in(serving) or in(idle)" if its.full_iis else "in(under_way)"
    unwell = its.at(program, "unwell") & its.at(program, serves) & its.at("guest_os", "in(running)")
    if not its.full_iis:
        yield its.never(
            "a program stops answering its custom probe only while it runs",
            [probe.fails],
            ~its.at(program, serves),
            ("R-9",),
        )
    yield its.precedes(
        "a program answers its custom probe again only when it had stopped",
        [probe.fails],
        [probe.recovers],
        [probe.recovers],
        ("R-9",),
    )
    yield its.recovers(
        "a program that stopped answering its custom probe can answer it again",
        unwell,
        its.at(program, "not unwell") & its.at(program, serves),
        ("R-9",),
    )
    away, leaves = probe.refused
    in_rotation = away if its.stays_in_rotation else leaves
    record = f"{probe.prefix}rotation"
    yield its.invariant(
        "a program that does not answer its custom probe can be found out at any time",
        ~unwell
        | (its.at(record, "not in(out)") | its.can(away))
        & (its.at(record, "not in(in_rotation)") | its.can(in_rotation)),
        ("R-9",),
        unwell,
    )


def _no_entry_point(its: Instance) -> Statechart:
    """Once missing, the entry point stays so until a new package has come to the host and is set up: the user must have
    uploaded it, and a package that is set up after a reimage or on another host is the same as before."""
    new = (update_domain(its.domains[0]), command("deploy"))
    broken = ("missing", "promised", "delivered")
    return observer(
        "no_entry_point",
        ("usable", *broken),
        (
            on("entry_point_missing", "usable", "missing"),
            on("entry_point_still_missing", "usable", VIOLATED),
            on(("entry_point_loaded", "on_start_called"), broken, VIOLATED),
            on(new, "missing", "promised"),
            on(NEW_PACKAGE, "promised", "delivered"),
            on("set_up_package", "delivered", "usable"),
        ),
    )


def _goes_on(deaths: tuple[str, ...], sets_busy: str) -> Statechart:
    """A role that set Busy does not end, unless there is another reason."""
    reasons = ("stop_role", *RECYCLES, "run_throws", "handler_throws", "run_hangs", *deaths)
    return observer(
        "goes_on",
        ("quiet", "busy", "ending"),
        (
            on(sets_busy, "quiet", "busy"),
            on(
                ("host_exits", "kill_host", "bootstrapper_exits", "stopping_raised", "on_stop_called"), "busy", VIOLATED
            ),
            on(reasons, ("quiet", "busy"), "ending"),
            on("status_check", "busy", "quiet"),
            on(("bootstrapper_crashes", *GUEST_DOWN), "busy", "quiet"),
            on(END_OF_START, "ending", "quiet"),
        ),
    )


def _busy_until_ready() -> Statechart:
    """A handler sets Busy anew only in a role that is Busy, and for the first time only in one that is Ready."""
    return observer(
        "busy_until_ready",
        ("ready", "busy"),
        (
            on(("handler_sets_busy", "w3wp_sets_busy"), "ready", "busy"),
            on("handler_sets_busy", "busy", VIOLATED),
            on("handler_stays_busy", "ready", VIOLATED),
            on(("status_check", *PROCESS_ENDS), "busy", "ready"),
        ),
    )


def _hung() -> Statechart:
    """After a hang in Run the role's code does nothing until the next start."""
    spoken = ("status_check", "handler_sets_busy", "handler_stays_busy", "handler_throws", "run_throws")
    ended = ("run_returns", "recycle_requested", "stopping_raised", "on_stop_called", "on_stop_returned")
    return observer(
        "hung",
        ("alive", "hung"),
        (
            on("run_hangs", "alive", "hung"),
            on((*spoken, *ended, "role_ready"), "hung", VIOLATED),
            on(END_OF_START, "hung", "alive"),
        ),
    )


def _cancelled() -> Statechart:
    """A cancelled change: not applied in place, no status check any more, and copied before the next start."""
    return observer(
        "cancelled",
        ("quiet", "due"),
        (
            on(("change_cancelled", "w3wp_cancels_change"), "quiet", "due"),
            on(("apply_configuration", "changed_raised", "status_check", "start_bootstrapper"), "due", VIOLATED),
            on(("copy_configuration", *GUEST_DOWN), "due", "quiet"),
        ),
    )


def _recycle() -> Statechart:
    """A role that was up and whose Run returned, or that is to stop, sees OnStop called before its process ends."""
    return observer(
        "recycle",
        ("quiet", "up", "due"),
        (
            on(("role_ready", "status_check"), "quiet", "up"),
            on(RECYCLES, "up", "due"),
            on(("host_exits", "kill_host", "status_check"), "due", VIOLATED),
            on(("run_hangs", "run_throws", "handler_throws", *END_OF_START), "up", "quiet"),
            on(("on_stop_called", *END_OF_START), "due", "quiet"),
        ),
    )


def _on_stop(limit: int) -> Statechart:
    """Counts the minutes of OnStop; minutes in which the guest does not compute don't count."""
    ends = ("on_stop_returned", "on_stop_throws", *END_OF_START)
    return observer(
        "on_stop",
        ("quiet", "stopping"),
        (
            on(("on_stop_called",), "quiet", "stopping", then="minutes := 0"),
            on(TICK, "stopping", when=f"minutes < {limit}", then="minutes := minutes + 1"),
            on(TICK, "stopping", VIOLATED, when=f"minutes == {limit}"),
            on("kill_host", "stopping", "quiet", when=f"minutes == {limit}", then="minutes := 0"),
            on("kill_host", "stopping", VIOLATED, when=f"minutes < {limit}"),
            on(ends, "stopping", "quiet", then="minutes := 0"),
        ),
        (Variable.counter("minutes", 0, limit),),
    )


def _hung_and_told(limit: int) -> Statechart:
    """A hung process that is to recycle, since w3wp alone hears of events and cancelled a change."""
    return observer(
        "hung_and_told",
        ("quiet", "hung", "told"),
        (
            on("run_hangs", "quiet", "hung"),
            on("w3wp_cancels_change", "hung", "told"),
            on(TICK, "told", when=f"minutes < {limit}", then="minutes := minutes + 1"),
            on(TICK, "told", VIOLATED, when=f"minutes == {limit}"),
            on(END_OF_START, "hung", "quiet"),
            on(END_OF_START, "told", "quiet", then="minutes := 0"),
        ),
        (Variable.counter("minutes", 0, limit),),
    )


def _no_farewell(start_host: str) -> Statechart:
    """After a crash there is neither Stopping nor OnStop until the next start, and nothing goes on."""
    crashes = ("on_start_returned_false", "on_start_throws", "run_throws", "handler_throws", "entry_point_missing")
    return observer(
        "no_farewell",
        ("alive", "crashed"),
        (
            on(crashes, "alive", "crashed"),
            on(("stopping_raised", "on_stop_called", "run_invoked", "status_check"), "crashed", VIOLATED),
            on((start_host, *END_OF_START), "crashed", "alive"),
        ),
    )
