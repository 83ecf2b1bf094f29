"""w3wp: the standard IIS worker process; it runs the AppPool that IISConfigurator set up (R-L1).

IIS starts it when the first web request comes in, and it serves that request (R-10).  It is a child of IIS, not of
the bootstrapper: it outlives a recycle of the role until its AppPool is deleted, and when it crashes IIS starts it
again with the next request; nobody reports that to the fabric.

RoleEnvironment events subscribed in it (StatusCheck, Changing, Changed, Stopping) are raised in it (R-L2).  Its
handlers have the same say as those of the entry point: one that sets Busy takes the instance out of rotation, and one
that cancels a change recycles it.  With the option role_events=w3wp it alone subscribed.

A custom probe of the load balancer is a web request as well: it is the site that answers it, in w3wp, and IIS starts
w3wp for it.  While w3wp comes up, and when the site answers with anything but 200, the probe counts as not answered.

Sources: the workflow document, L and step 10; the load-balancer probe schema page, which says who is asked by a custom
probe, and that w3wp is watched by nobody else [LB].

Left out: several worker processes, idle time-outs and recycling of AppPools (all of them look like a crash from
outside); probes by TCP, which Windows answers as long as the site is bound.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..notation.statechart import ROOT, State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .load_balancer import CustomProbe
from .vocabulary import GUEST_DOWN

RAISED = ("status_check_in_w3wp", "changing_raised_in_w3wp", "changed_raised_in_w3wp")
NOBODY = ("no_w3wp_to_check", "no_w3wp_to_ask", "no_w3wp_to_tell")
ANSWERS = ("w3wp_sets_busy", "w3wp_cancels_change")
"""What a handler in w3wp may say other than that all is well."""
RUNS = ("starting", "serving", "idle")
UP = ("serving", "idle")


def w3wp(requests: Sequence[str], subscribed: bool, probe: CustomProbe | None = None) -> Statechart:
    """The worker process; ``requests`` are the events that reach the site from outside, ``subscribed`` says whether it
    listens to RoleEnvironment events, ``probe`` is the custom probe that its site answers."""
    asked = tuple(requests)
    served = bool(asked)
    unwell = "unwell := false" if probe else ""
    states = (State("no_site"), State("site"), *(State(s) for s in (RUNS if served else ())))
    serving = (
        on(asked, "site", "starting", realises=("R-10", "R-L1"), says="the first request: IIS starts w3wp"),
        does(
            "w3wp_started", "starting", "serving", realises=("R-10", "R-L1"), says="w3wp runs the AppPool of the site"
        ),
        does("request_served", "serving", "idle", realises=("R-10", "R-L1"), says="w3wp serves the request"),
        on(asked, "idle", "serving", realises=("R-L1",), says="another request"),
        refuses(asked, ("no_site", "starting", "serving"), says="the request waits"),
        does(
            "w3wp_crashes",
            RUNS,
            "site",
            then=unwell,
            fault="w3wp_crash",
            says="w3wp dies; the next request starts it again",
        ),
    )
    return Statechart(
        "w3wp",
        states,
        "no_site",
        variables=(Variable.flag("unwell"),) if probe else (),
        withholds=frozenset(ANSWERS) if subscribed and not served else frozenset(),
        rows=(
            on(
                "sites_configured", "no_site", "site", realises=("R-L1",), says="IISConfigurator has set up the AppPool"
            ),
            on(
                "app_pools_deleted",
                ROOT,
                "no_site",
                then=unwell,
                realises=("R-6",),
                says="the AppPool is deleted, and w3wp with it",
            ),
            *(serving if served else ()),
            *(_answers(probe) if probe else ()),
            *(_events(served) if subscribed else ()),
            on(GUEST_DOWN, ROOT, "no_site", then=unwell, says="the guest goes down"),
        ),
    )


def _events(served: bool) -> tuple[Transition, ...]:
    """Rows of a w3wp that subscribed to RoleEnvironment events."""
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
        ignores("stopping_raised", ("no_site", "site"), says="there is no w3wp to tell"),
        refuses(RAISED, ("no_site", "site"), says="there is no w3wp"),
        ignores(NOBODY, ("no_site", "site")),
    )


def _answers(probe: CustomProbe) -> tuple[Transition, ...]:
    """Rows of the site for a custom probe."""
    answered = (*probe.answered, probe.before_run)
    return (
        on(probe.reaches_iis, "site", "starting", realises=("R-10",), says="the probe is a request: IIS starts w3wp"),
        refuses(probe.reaches_iis, ("no_site", *RUNS), says="there is no site, or w3wp has been started already"),
        on(answered, UP, when="not unwell", realises=("R-L1",), says="the site answers the custom probe"),
        refuses(answered, ("no_site", "site", "starting"), says="no w3wp to answer"),
        refuses(answered, UP, when="unwell", says="the site answers with an error"),
        ignores(probe.refused, ("no_site", "starting"), says="no answer in time"),
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
