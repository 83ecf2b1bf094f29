"""What only full IIS has: IISConfigurator, W3SVC and w3wp beside the host process; and that the other kinds lack it."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.agents import startup_task as tasks
from ....model.agents.host_bootstrapper import RAISED_IN_HOST
from ....model.agents.iis_configurator import site_configured
from ....model.agents.load_balancer import CUSTOM, CustomProbe
from ....model.agents.role_lifecycle import HANDLERS
from ....model.agents.vocabulary import GUEST_DOWN, TICK
from ....model.agents.w3wp import ANSWERS, RAPID_FAIL_ENDS, RAPID_FAIL_WINDOW
from ....model.deployment import RoleKind
from ....model.instance import balanced, requests_to
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer, sequence
from ...property import Property
from .instance import END_OF_START, Instance

WARM_UP_NEEDLESS = ("host_exits", "run_returns", "recycle_requested", "change_cancelled", "stop_host", *END_OF_START)


def of_the_kind(its: Instance) -> Iterator[Property]:
    """What full IIS has and the other kinds of role lack (R-6, R-8, R-10, R-F*, R-K*, R-L*)."""
    if not its.full_iis:
        yield from _without_full_iis(its)
        return
    yield from _iis_configurator(its)
    yield from _order_of_sites(its)
    if requests_to(its.role):
        yield from _requests(its)
    if its.events_in_w3wp:
        yield from _events_in_w3wp(its)


def _iis_configurator(its: Instance) -> Iterator[Property]:
    """IISConfigurator does its work in order, and the bootstrapper waits for it (R-F*)."""
    order = [
        ["configure_sites"],
        ["start_iis_services"],
        ["configure_rewrite_module"],
        *([site_configured(i)] for i in range(len(its.role.sites))),
        ["redirect_iis_logging"],
        ["set_permissions"],
        ["sites_configured"],
    ]
    yield its.watched(
        "IISConfigurator starts IIS, sets up the AppPool of each site in order, logging and permissions, each once",
        sequence("sites", order, (*END_OF_START, "iis_configurator_fails"), once=True),
        ("R-F2", "R-F3", "R-F4", "R-F5", "R-F6", "R-F7", "R-8"),
        "sites_configured",
    )
    waiting = its.at("host_bootstrapper", "in(clearing.waiting) or in(configuring_sites.waiting)")
    yield its.invariant(
        "IISConfigurator is there as long as the bootstrapper waits for it: a failure is noticed at once",
        ~(waiting & its.at("iis_configurator", "in(absent)")),
        ("R-E2", "R-6", "R-8"),
        waiting,
    )
    yield its.never(
        "IISConfigurator fails only while it works",
        ["iis_configurator_fails"],
        ~its.at("iis_configurator", "in(deleting) or in(configuring)"),
        ("R-E2", "R-F1"),
    )
    up = its.at(its.host, "not in(absent)")
    yield its.invariant(
        "IISConfigurator has ended before the host process is started",
        ~up | its.at("iis_configurator", "in(absent)"),
        ("R-8", "R-9"),
        up,
    )


def _order_of_sites(its: Instance) -> Iterator[Property]:
    """AppPools are deleted, the startup tasks run, and only then the sites are set up (R-6 to R-8)."""
    yield its.precedes(
        "the old AppPools are deleted before new ones are set up",
        ["app_pools_deleted"],
        [site_configured(0)],
        END_OF_START,
        ("R-6", "R-F4", "R-F1"),
    )
    yield its.precedes(
        "the old AppPools are deleted before the startup tasks",
        ["app_pools_deleted"],
        [*(tasks.started(k) for k in range(len(its.role.tasks))), "startup_tasks_done"],
        END_OF_START,
        ("R-6", "R-7"),
        "startup_tasks_done",
    )
    yield its.precedes(
        "sites are configured only when every simple startup task has ended; background tasks are not waited for",
        ["startup_tasks_done"],
        ["configure_sites"],
        END_OF_START,
        ("R-7", "R-8"),
    )
    yield its.claim(
        "the role has an IISConfigurator and a w3wp, and neither hosts the entry point",
        its.lacks(["web_host", "worker_host"]),
        ("R-K1", "R-F1"),
        its.can("start_iis_configurator"),
    )


def _requests(its: Instance) -> Iterator[Property]:
    """The site and its w3wp, which a request starts and which serves it (R-10, R-L1)."""
    requests = list(requests_to(its.role))
    default, custom = balanced(its.role)
    probes = [CustomProbe(CUSTOM if default else "").reaches_iis] if custom else []
    starting = its.at("w3wp", "in(starting)") & its.at("guest_os", "in(running)")
    yield its.recovers(
        "the request for which w3wp is started can be served", starting, its.at("w3wp", "in(idle)"), ("R-10", "R-L1")
    )
    yield its.precedes(
        "w3wp is started only by a web request",
        [*requests, *probes],
        ["w3wp_started"],
        ["w3wp_started", "app_pools_deleted", "w3wp_crashes", *GUEST_DOWN],
        ("R-10", "R-L1"),
    )
    yield its.watched(
        "a request is served before the next one comes to w3wp: IIS loses none",
        _one_request((*requests, *probes)),
        ("R-10", "R-L1"),
        "request_served",
    )
    yield its.precedes(
        "w3wp serves a request once",
        [*requests, *probes],
        ["request_served"],
        ["request_served", "app_pools_deleted", "w3wp_crashes", *GUEST_DOWN],
        ("R-10", "R-L1"),
    )
    yield its.never("w3wp dies only where it runs", ["w3wp_crashes"], its.without_w3wp, ("R-L1",))
    yield from _probed_site(its)
    if its.rapid_fail:
        yield from _rapid_fail(its)
    yield its.never(
        "no request is lost in IIS: it comes where it can be served, or starts w3wp",
        requests,
        its.at("w3wp", "in(no_site) or in(starting) or in(serving)"),
        ("R-10", "R-L1"),
    )
    yield its.precedes(
        "a request is served only by a w3wp that was started",
        ["w3wp_started"],
        ["request_served"],
        ["app_pools_deleted", "w3wp_crashes", *GUEST_DOWN],
        ("R-10", "R-L1"),
    )
    yield its.precedes(
        "w3wp runs only an AppPool that IISConfigurator has set up",
        ["sites_configured"],
        ["w3wp_started"],
        ["app_pools_deleted", *GUEST_DOWN],
        ("R-L1", "R-10"),
    )


def _events_in_w3wp(its: Instance) -> Iterator[Property]:
    """RoleEnvironment events are raised in w3wp too, or there alone (R-L2)."""
    yield its.watched(
        "a status check in WaIISHost is raised in w3wp too, before the next one and before the minute is over",
        _both_processes(
            "status_check_in_both",
            ("status_check", "handler_sets_busy", "handler_stays_busy"),
            ("status_check_in_w3wp", "no_w3wp_to_check", "w3wp_sets_busy"),
            ("status_check_unanswered",),
        ),
        ("R-K2", "R-L2", "R-E3"),
        "status_check",
    )
    yield from _changes_in_both(its) if its.events_in_host else _changes_in_w3wp_alone(its)
    yield its.never(
        "a RoleEnvironment event is raised in w3wp only where one runs",
        ["status_check_in_w3wp", "changing_raised_in_w3wp", "changed_raised_in_w3wp", *ANSWERS],
        its.without_w3wp,
        ("R-L2",),
        "no_w3wp_to_check",
    )
    if requests_to(its.role):
        yield its.never(
            "w3wp is passed over only when there is none",
            ["no_w3wp_to_check", "no_w3wp_to_ask", "no_w3wp_to_tell"],
            ~its.without_w3wp,
            ("R-L2",),
            "no_w3wp_to_check",
        )
        if its.workflow.bounds.faults.allow("handler_busy"):
            yield its.possible("a handler in w3wp can set Busy", "w3wp_sets_busy", ("R-L2",))
        if its.workflow.bounds.requests != 1:
            yield its.possible("a handler in w3wp can cancel a change", "w3wp_cancels_change", ("R-L2",))


def _changes_in_w3wp_alone(its: Instance) -> Iterator[Property]:
    """An entry point that did not subscribe hears of nothing, and has no say (R-L2)."""
    yield its.never(
        "RoleEnvironment events that w3wp alone subscribed to are raised in no other process",
        [*RAISED_IN_HOST, *HANDLERS],
        its.at("host_bootstrapper", "not in(absent)"),
        ("R-L2",),
        "no_w3wp_to_check",
    )
    yield its.watched(
        "a change is accepted only after w3wp, if there is one, was asked and did not cancel",
        _asked_in_w3wp(),
        ("R-L2",),
        "change_accepted",
    )
    if not its.meets_request("run_hangs"):
        return
    changing = its.at("host_bootstrapper", "in(raising_changing)") & its.at("guest_os", "in(running)")
    hung = changing & its.at(its.host, "in(run_hung)")
    yield its.invariant(
        "a Run that hangs in WaIISHost does not keep Changing from w3wp",
        ~hung | its.can("changing_raised_in_w3wp") | its.can("no_w3wp_to_ask"),
        ("R-L2",),
        hung,
    )


def _changes_in_both(its: Instance) -> Iterator[Property]:
    """Changing and Changed where both processes subscribed (R-K2, R-L2)."""
    yield its.watched(
        "Changed in WaIISHost is raised in w3wp too, before the minute is over",
        _both_processes("changed_in_both", ("changed_raised",), ("changed_raised_in_w3wp", "no_w3wp_to_tell")),
        ("R-K2", "R-L2"),
        "changed_raised",
    )
    yield its.watched(
        "Changing in WaIISHost is raised in w3wp too, before the role accepts and before the minute is over",
        _both_processes(
            "changing_in_both",
            ("changing_raised",),
            ("changing_raised_in_w3wp", "no_w3wp_to_ask", "w3wp_cancels_change"),
            ("change_accepted", "change_cancelled"),
        ),
        ("R-K2", "R-L2"),
        "changing_raised",
    )


def _rapid_fail(its: Instance) -> Iterator[Property]:
    """Five ends of w3wp within five minutes: IIS disables the AppPool, and nobody else takes notice."""
    yield its.watched(
        "IIS disables an AppPool after five ends of w3wp within five minutes and no sooner, and starts no w3wp for it "
        "until it is set up anew",
        _five_ends(its.workflow.bounds.ticks(RAPID_FAIL_WINDOW)),
        ("R-L1", "R-10"),
        "request_fails",
    )
    yield its.precedes(
        "a request to a disabled AppPool fails once",
        list(requests_to(its.role)),
        ["request_fails"],
        ["request_fails", "request_served", "w3wp_crashes", "app_pools_deleted", *GUEST_DOWN],
        ("R-L1", "R-10"),
    )
    if not balanced(its.role)[0]:
        return
    ready = its.at(its.host, "in(under_way) and in(ready)") & its.at("guest_agent", "in(running) and status == ready")
    gone = its.at("w3wp", "in(disabled)") & its.at("guest_os", "in(running)") & ready
    in_rotation = gone & its.at("rotation", "in(in_rotation)")
    yield its.invariant(
        "a role that is Ready gets requests although its AppPool is disabled: nobody takes it out of rotation for that",
        ~in_rotation | its.can("client_request"),
        ("R-L1", "R-D3"),
        in_rotation,
    )


def _probed_site(its: Instance) -> Iterator[Property]:
    """The site's own answers to a custom probe."""
    default, custom = balanced(its.role)
    if not custom:
        return
    probe = CustomProbe(CUSTOM if default else "")
    down = its.without_w3wp | its.at("w3wp", "in(starting)")
    unwell = its.at("w3wp", "unwell")
    yield its.never(
        "a custom probe is answered only by a w3wp that runs and is well",
        [*probe.answered, probe.before_run],
        down | unwell,
        ("R-L1", "R-10"),
        probe.answered[0],
    )
    yield its.never(
        "a site answers for a role whose Run was not invoked only before it was",
        [probe.before_run],
        its.at(its.host, "in(running) or in(run_hung) or in(stopping)"),
        ("R-9", "R-L1"),
    )
    yield its.never(
        "a probe that finds a site without w3wp starts one, and is not refused",
        list(probe.refused),
        its.at("w3wp", "in(site)"),
        ("R-10", "R-L1"),
        probe.refused[0],
    )


def _without_full_iis(its: Instance) -> Iterator[Property]:
    """What HWC web roles and worker roles don't have."""
    hosted = "R-J1" if its.role.kind is RoleKind.HWC_WEB else "R-I1"
    yield its.claim(
        "IISConfigurator and w3wp are for full-IIS web roles only",
        its.lacks(["iis_configurator", "w3wp"]),
        ("R-F1", hosted),
    )
    if its.role.kind is RoleKind.HWC_WEB:
        yield its.precedes(
            "WaWebHost issues the warm-up request only after Run was invoked and the role was marked Ready",
            ["role_ready"],
            ["warm_up_requested"],
            ["host_exits", *END_OF_START],
            ("R-9.2",),
        )
        yield its.watched(
            "the warm-up request is issued in the minute in which the role became Ready, unless its Run ends",
            observer(
                "warmed_up",
                ("quiet", "due"),
                (
                    on("role_ready", "quiet", "due"),
                    on(TICK, "due", VIOLATED),
                    on(("warm_up_requested", "run_hangs", "stopping_raised", *WARM_UP_NEEDLESS), "due", "quiet"),
                ),
            ),
            ("R-9.2",),
            "warm_up_requested",
        )
        yield its.only_once(
            "the warm-up request is issued once in a start",
            ["warm_up_requested"],
            ["host_exits", *END_OF_START],
            ("R-9.2",),
        )
    if requests := requests_to(its.role):
        yield its.never(
            "the host process serves requests itself, and only once Run was invoked",
            requests,
            ~its.at(its.host, "in(running)"),
            ("R-9.2", "R-J1") if hosted == "R-J1" else ("R-I1",),
        )


def _one_request(requests: tuple[str, ...]) -> Statechart:
    """A request waits in IIS until the one before has been served, or w3wp is gone."""
    return observer(
        "one_request",
        ("quiet", "pending"),
        (
            on(requests, "quiet", "pending"),
            on(requests, "pending", VIOLATED),
            on(
                ("request_served", "request_fails", "w3wp_crashes", "app_pools_deleted", *GUEST_DOWN),
                "pending",
                "quiet",
            ),
        ),
    )


def _five_ends(window: int) -> Statechart:
    """Counts the ends of w3wp, and the minutes since the first of them, until the AppPool is deleted."""
    anew = "ends := 0; minutes := 0"
    passing = f"ends > 0 and minutes < {window - 1}"
    minute = (on(TICK, "enabled", when=passing, then="minutes := minutes + 1"),) if window > 1 else ()
    return observer(
        "five_ends",
        ("enabled", "disabled"),
        (
            on("w3wp_crashes", "enabled", when=f"ends < {RAPID_FAIL_ENDS - 1}", then="ends := ends + 1"),
            on("w3wp_crashes", "enabled", "disabled", when=f"ends == {RAPID_FAIL_ENDS - 1}", then=anew),
            *minute,
            on(TICK, "enabled", when=f"ends > 0 and minutes == {window - 1}", then=anew),
            on("request_fails", "enabled", VIOLATED),
            on(("w3wp_started", "request_served", "w3wp_crashes"), "disabled", VIOLATED),
            on(("app_pools_deleted", *GUEST_DOWN), ("enabled", "disabled"), "enabled", then=anew),
        ),
        (Variable.counter("ends", 0, RAPID_FAIL_ENDS - 1), Variable.counter("minutes", 0, window - 1)),
    )


def _asked_in_w3wp() -> Statechart:
    """A change that was announced is accepted when w3wp was asked, or there was none to ask."""
    unasked = ("quiet", "cancelled")
    return observer(
        "asked_in_w3wp",
        (*unasked, "asked"),
        (
            on(("changing_raised_in_w3wp", "no_w3wp_to_ask"), unasked, "asked"),
            on("w3wp_cancels_change", ("quiet", "asked"), "cancelled"),
            on("change_accepted", unasked, VIOLATED),
            on(("announce_change", *END_OF_START), ("asked", "cancelled"), "quiet"),
        ),
    )


def _both_processes(
    name: str, raised: tuple[str, ...], passed_on: tuple[str, ...], later: tuple[str, ...] = ()
) -> Statechart:
    """What is raised in one process is passed on to the other before the next such event, and within the minute."""
    return observer(
        name,
        ("quiet", "due"),
        (
            on(raised, "quiet", "due"),
            on((*raised, *later, TICK), "due", VIOLATED),
            on(passed_on, "due", "quiet"),
            on(passed_on, "quiet", VIOLATED),
            on(END_OF_START, "due", "quiet"),
        ),
    )
