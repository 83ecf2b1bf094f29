"""A startup task: a program that the role model names, started by WaHostBootstrapper (R-G1).

A *simple* task, the default, must end with exit code 0 before the next task is started (R-G3); any other exit code is
a failure, 3010 ("reboot required") included.  A *background* task is started and not waited for (R-G2).  A
*foreground* task is not waited for either, but the role is not started again or shut down until it has ended.

Plugins expand into tasks (R-H1).  RemoteAccess, and Diagnostics of the older SDKs, define a pair (R-H2): a background
task, and a simple one with /blockStartup that waits until its partner has finished initialising and then exits
(R-H3); so the partner is configured before role processes start, and stays alive afterwards (R-H4).  If the partner
dies before it has initialised, the waiting task waits for ever (an incident with the diagnostics agent shows it).
Nobody notices the death of a background task; with the option dead_background_task=restart the bootstrapper exits.

Tasks run again at every start of the role.  Nobody repairs a simple task that never ends: the role stays Busy.

Sources: the workflow document, G and H; the SDK pages on startup tasks; the RoleModel.xml files that cspack writes.

Left out: what a task does; its account and its environment.
"""

from __future__ import annotations

from ..notation.statechart import ROOT, State, Statechart, Transition, does, ignores, on, refuses
from .vocabulary import GUEST_DOWN, STACK_DOWN


def started(task: int) -> str:
    """WaHostBootstrapper starts the task with this position in the role model, counted from 0."""
    return f"start_task_{task}"


def succeeded(task: int) -> str:
    """A simple task ends with exit code 0."""
    return f"task_{task}_succeeds"


def failed(task: int) -> str:
    """A simple task ends with another exit code."""
    return f"task_{task}_fails"


def wants_reboot(task: int) -> str:
    """A simple task ends with 3010, which is not 0."""
    return f"task_{task}_exits_3010"


def dies(task: int, awaited: bool) -> str:
    """A background task dies; ``awaited`` if a /blockStartup task waits for it to initialise."""
    return f"task_{task}_ends" if awaited else f"task_{task}_dies"


def simple_task(task: int, blocks_startup: bool = False, plugin: bool = False) -> Statechart:
    """A simple task; with ``blocks_startup`` the /blockStartup half of a pair; ``plugin`` if an import brought it."""
    brought = ("R-H1",) if plugin else ()
    waiting = "it waits until its background partner has initialised" if blocks_startup else "the program runs"
    return Statechart(
        f"startup_task_{task}",
        (State("idle"), State("running", says=waiting), State("hung")),
        "idle",
        rows=(
            on(
                started(task),
                "idle",
                "running",
                realises=("R-G1", *brought),
                says="the bootstrapper starts the simple task",
            ),
            does(
                succeeded(task),
                "running",
                "idle",
                realises=("R-G3", *(("R-H3",) if blocks_startup else ())),
                says="the task ends with exit code 0",
            ),
            does(
                failed(task),
                "running",
                "idle",
                fault="task_failure",
                realises=("R-G3",),
                says="the task ends with an exit code other than 0",
            ),
            does(
                wants_reboot(task),
                "running",
                "idle",
                fault="task_3010",
                realises=("R-G3",),
                says="the task ends with 3010, reboot required, which is not 0",
            ),
            does(f"task_{task}_hangs", "running", "hung", fault="task_hang", says="the task never ends"),
            on((*STACK_DOWN, *GUEST_DOWN), ROOT, "idle", says="the task ends with the bootstrapper or the guest"),
        ),
    )


def background_task(
    task: int, awaited_by: int | None = None, plugin: bool = False, noticed: bool = False
) -> Statechart:
    """A background task; ``awaited_by`` is the position of the /blockStartup task that waits for it to initialise,
    ``noticed`` says whether its death matters to anybody."""
    brought = ("R-H1",) if plugin else ()
    first = "initialising" if awaited_by is not None else "working"
    states = (
        State("idle"),
        *((State("initialising"),) if awaited_by is not None else ()),
        State("working"),
        *((State("dead", says="the plugin's agent has died"),) if awaited_by is not None else ()),
    )
    pair: tuple[Transition, ...] = ()
    if awaited_by is not None:
        pair = (
            does(
                f"task_{task}_initialised",
                "initialising",
                "working",
                realises=("R-H2", "R-H4"),
                says="the plugin's agent has finished initialising",
            ),
            on(
                succeeded(awaited_by),
                "working",
                realises=("R-H3",),
                says="the waiting partner sees that it has initialised",
            ),
            refuses(
                succeeded(awaited_by),
                ("idle", "initialising", "dead"),
                realises=("R-H3",),
                says="the partner has not initialised, or is gone",
            ),
        )
    return Statechart(
        f"startup_task_{task}",
        states,
        "idle",
        rows=(
            on(
                started(task),
                "idle",
                first,
                realises=("R-G1", "R-G2", *brought),
                says="the bootstrapper starts it and goes on",
            ),
            *pair,
            *(
                # A plugin's agent is meant to stay (R-H4), so its end is a fault; other programs may end.
                (
                    does(
                        dies(task, True),
                        ("initialising", "working"),
                        "dead",
                        fault="task_crash",
                        says="the plugin's agent dies",
                    ),
                )
                if awaited_by is not None
                else (
                    does(
                        f"task_{task}_ends",
                        "working",
                        "idle",
                        realises=("R-G2",),
                        says="the background task ends; its exit code does not matter",
                    ),
                )
            ),
            *(
                (does(dies(task, False), "working", "idle", fault="task_crash", says="the background task dies"),)
                if noticed and awaited_by is None
                else ()
            ),
            on((*STACK_DOWN, *GUEST_DOWN), ROOT, "idle", says="the task ends with the bootstrapper or the guest"),
        ),
    )


def foreground_task(task: int) -> Statechart:
    """A foreground task: it outlives the bootstrapper, and the role is not started again before it has ended."""
    return Statechart(
        f"startup_task_{task}",
        (State("idle"), State("working")),
        "idle",
        rows=(
            on(started(task), "idle", "working", realises=("R-G1",), says="the bootstrapper starts it and goes on"),
            does(f"task_{task}_ends", "working", "idle", says="the foreground task ends"),
            refuses(
                ("start_bootstrapper", "stopping_raised", "role_stopped"),
                "working",
                says="the role is not recycled or shut down until the foreground task has ended",
            ),
            ignores(("start_bootstrapper", "stopping_raised", "role_stopped"), "idle"),
            on(GUEST_DOWN, ROOT, "idle", says="the task ends with the guest"),
        ),
    )
