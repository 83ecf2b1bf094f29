"""w3wp: the standard IIS worker process; it runs the AppPool that IISConfigurator set up (R-L1).

IIS starts it when the first web request comes in, and it serves that request (R-10).  It is a child of IIS, not of
the bootstrapper: it outlives a recycle of the role until its AppPool is deleted, and when it crashes IIS starts it
again with the next request; nobody reports that to the fabric.

RoleEnvironment events subscribed in it (StatusCheck, Changing, Changed, Stopping) are raised in it (R-L2).  Its
handlers have the same say as those of the entry point: one that sets Busy takes the instance out of rotation, and one
that cancels a change recycles it.  With the option role_events=w3wp it alone subscribed.

A custom probe of the load balancer is a web request as well: it is the site that answers it, in w3wp, and IIS starts
w3wp for it.  While w3wp comes up, and when the site answers with anything but 200, the probe counts as not answered.

Rapid-fail protection: when w3wp has ended five times within five minutes, IIS disables its AppPool.  The count starts
with the first end, and starts anew when five minutes are over.  Requests then fail with 503, and RoleEnvironment events
find no w3wp; the role stays Ready, and the default probe knows nothing of it.  That lasts until the AppPool is set up
anew: at a recycle of the role, which deletes it, or with a new guest.  The agent counts only where the bounds allow
five ends of w3wp.

Sources: the workflow document, L and step 10; IIS's configuration reference (failure: rapidFailProtectionMaxCrashes and
rapidFailProtectionInterval, 5 and 5 minutes by default); the load-balancer probe schema page, which says who is asked
by a custom probe, and that w3wp is watched by nobody else [LB].

Left out: several worker processes, idle time-outs and recycling of AppPools (all of them look like a crash from
outside); probes by TCP, which Windows answers as long as the site is bound.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..notation.statechart import ROOT, State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .load_balancer import CustomProbe
from .vocabulary import GUEST_DOWN, TICK

RAISED = ("status_check_in_w3wp", "changing_raised_in_w3wp", "changed_raised_in_w3wp")
NOBODY = ("no_w3wp_to_check", "no_w3wp_to_ask", "no_w3wp_to_tell")
ANSWERS = ("w3wp_sets_busy", "w3wp_cancels_change")
"""What a handler in w3wp may say other than that all is well."""
RUNS = ("starting", "serving", "idle")
UP = ("serving", "idle")
RAPID_FAIL_ENDS, RAPID_FAIL_WINDOW = 5, 5
"""So many ends of w3wp within so many minutes disable its AppPool."""


def w3wp(
    requests: Sequence[str], subscribed: bool, probe: CustomProbe | None = None, window: int | None = None
) -> Statechart:
    """The worker process; ``requests`` are the events that reach the site from outside, ``subscribed`` says whether it
    listens to RoleEnvironment events, ``probe`` is the custom probe that its site answers, ``window`` the ticks within
    which five ends disable the AppPool (None: there can't be five)."""
    asked = tuple(requests)
    served = bool(asked)
    counts = served and window is not None
    unwell = "unwell := false" if probe else ""
    anew = "; ".join((*((unwell,) if probe else ()), *((FORGOTTEN,) if counts else ())))
    disabled = DISABLED if counts else ()
    states = (State("no_site"), State("site"), *(State(s) for s in ((*RUNS, *disabled) if served else ())))
    serving = (
        on(asked, "site", "starting", realises=("R-10", "R-L1"), says="the first request: IIS starts w3wp"),
        does(
            "w3wp_started", "starting", "serving", realises=("R-10", "R-L1"), says="w3wp runs the AppPool of the site"
        ),
        does("request_served", "serving", "idle", realises=("R-10", "R-L1"), says="w3wp serves the request"),
        on(asked, "idle", "serving", realises=("R-L1",), says="another request"),
        refuses(asked, ("no_site", "starting", "serving"), says="the request waits"),
        *(_rapid_fail(asked, window, unwell) if window is not None else (_crash(unwell),)),
    )
    return Statechart(
        "w3wp",
        states,
        "no_site",
        variables=(*((Variable.flag("unwell"),) if probe else ()), *(_memory(window) if served else ())),
        withholds=frozenset(ANSWERS) if subscribed and not served else frozenset(),
        rows=(
            on(
                "sites_configured", "no_site", "site", realises=("R-L1",), says="IISConfigurator has set up the AppPool"
            ),
            on(
                "app_pools_deleted",
                ROOT,
                "no_site",
                then=anew,
                realises=("R-6",),
                says="the AppPool is deleted, and w3wp with it",
            ),
            *(serving if served else ()),
            *(_answers(probe, disabled) if probe else ()),
            *(_events(served, disabled) if subscribed else ()),
            on(GUEST_DOWN, ROOT, "no_site", then=anew, says="the guest goes down"),
        ),
    )


DISABLED = ("disabled", "failing")
"""The AppPool is disabled; and a request to it is failing."""
FORGOTTEN = "ends := 0; minutes := 0"


def _memory(window: int | None) -> tuple[Variable, ...]:
    """The ends of w3wp that count, and the minutes since the first of them."""
    if window is None:
        return ()
    return Variable.counter("ends", 0, RAPID_FAIL_ENDS - 1), Variable.counter("minutes", 0, window - 1)


def _crash(then: str, when: str = "") -> Transition:
    return does(
        "w3wp_crashes",
        RUNS,
        "site",
        when=when,
        then=then,
        fault="w3wp_crash",
        says="w3wp dies; the next request starts it again",
    )


def _minute(window: int) -> Transition:
    return on(
        TICK,
        ROOT,
        when=f"ends > 0 and minutes < {window - 1}",
        then="minutes := minutes + 1",
        says="a minute since the first of these ends",
    )


def _rapid_fail(asked: tuple[str, ...], window: int, unwell: str) -> tuple[Transition, ...]:
    """Rows of an AppPool that IIS may disable."""
    last, well = RAPID_FAIL_ENDS - 1, (unwell,) if unwell else ()
    return (
        _crash("; ".join((*well, "ends := ends + 1")), f"ends < {last}"),
        does(
            "w3wp_crashes",
            RUNS,
            "disabled",
            when=f"ends == {last}",
            then="; ".join((*well, FORGOTTEN)),
            fault="w3wp_crash",
            says="w3wp dies for the fifth time within five minutes: IIS disables its AppPool",
        ),
        *((_minute(window),) if window > 1 else ()),
        on(
            TICK,
            ROOT,
            when=f"ends > 0 and minutes == {window - 1}",
            then=FORGOTTEN,
            says="five minutes since the first of these ends: IIS counts anew",
        ),
        ignores(TICK, ROOT, when="ends == 0"),
        on(asked, "disabled", "failing", says="a request to a disabled AppPool"),
        does("request_fails", "failing", "disabled", says="IIS answers with 503: the AppPool is disabled"),
        refuses(asked, "failing", says="the request waits"),
    )


def _events(served: bool, disabled: tuple[str, ...]) -> tuple[Transition, ...]:
    """Rows of a w3wp that subscribed to RoleEnvironment events."""
    none = ("no_site", "site", *disabled)
    running = (
        on(RAISED, RUNS, realises=("R-L2",), says="the event is raised in w3wp"),
        on("stopping_raised", RUNS, realises=("R-L2",), says="Stopping is raised in w3wp too"),
        refuses(NOBODY, RUNS, says="there is a w3wp"),
        does(
            "w3wp_sets_busy",
            RUNS,
            fault="handler_busy",
            realises=("R-L2",),
            says="StatusCheck is raised in w3wp, and its handler sets Busy",
        ),
        does(
            "w3wp_cancels_change",
            RUNS,
            realises=("R-L2",),
            says="Changing is raised in w3wp, and its handler cancels the change, as it may (no fault)",
        ),
    )
    return (
        *(running if served else ()),
        ignores("stopping_raised", none, says="there is no w3wp to tell"),
        refuses(RAISED, none, says="there is no w3wp"),
        ignores(NOBODY, none),
    )


def _answers(probe: CustomProbe, disabled: tuple[str, ...]) -> tuple[Transition, ...]:
    """Rows of the site for a custom probe."""
    answered = (*probe.answered, probe.before_run)
    return (
        on(probe.reaches_iis, "site", "starting", realises=("R-10",), says="the probe is a request: IIS starts w3wp"),
        refuses(
            probe.reaches_iis, ("no_site", *RUNS, *disabled), says="there is no site, or w3wp has been started already"
        ),
        on(answered, UP, when="not unwell", realises=("R-L1",), says="the site answers the custom probe"),
        refuses(answered, ("no_site", "site", "starting", *disabled), says="no w3wp to answer"),
        refuses(answered, UP, when="unwell", says="the site answers with an error"),
        ignores(probe.refused, ("no_site", "starting", *disabled), says="no answer in time, or 503"),
        ignores(probe.refused, UP, when="unwell", says="the site answers with an error"),
        refuses(probe.refused, UP, when="not unwell", says="the site answers"),
        refuses(probe.refused, "site", says="IIS starts w3wp first"),
        does(
            probe.fails,
            UP,
            when="not unwell",
            then="unwell := true",
            fault="custom_probe_fails",
            says="the site stops answering the custom probe with 200",
        ),
        does(probe.recovers, UP, when="unwell", then="unwell := false", says="the site answers the custom probe again"),
    )
