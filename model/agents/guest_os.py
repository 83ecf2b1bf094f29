"""The guest OS: the Windows that the role runs in.  Whatever is inside it runs only while it runs.

While it is off, boots or hangs, the processes inside do nothing, answer nothing, and don't notice that time passes; for
the agents outside, a minute then passes as ``tick_while_down``.  Nothing inside repairs a hang: the guest agent that
could report it hangs too (R-C4).

Left out: crashes with an automatic reboot, which look like a hang and a restart from outside; Windows Update.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..notation.statechart import State, Statechart, does, ignores, on, refuses
from .vocabulary import GUEST_ENDS, GUEST_RESTARTS, TICK, TICK_WHILE_DOWN


def guest_os(events_inside: Iterable[str], unanswered: Iterable[str] = ()) -> Statechart:
    """The guest OS that computes for the events named: they happen only while it runs; ``unanswered`` only while
    not."""
    timeouts = tuple(sorted(unanswered))
    inside = tuple(sorted(events_inside))
    down = ("off", "booting", "hung")
    return Statechart(
        "guest_os",
        (State("off"), State("booting"), State("running"), State("hung")),
        "off",
        rows=(
            on("start_guest", "off", "booting", realises=("R-C1", "R-4"), says="the host agent starts the guest OS"),
            does("guest_booted", "booting", "running", realises=("R-4",), says="the guest OS is up"),
            on(GUEST_RESTARTS, ("booting", "running", "hung"), "booting", says="the guest OS goes down and boots"),
            on(GUEST_ENDS, ("booting", "running", "hung"), "off", says="the guest OS is gone"),
            ignores("host_fails", "off", says="there is no guest yet"),
            does("guest_hangs", "running", "hung", fault="guest_hang", says="the guest OS hangs"),
            does(TICK, "running", says="a minute passes"),
            does(TICK_WHILE_DOWN, down, says="a minute passes while the guest does not compute"),
            on(timeouts, down, says="nothing answers at the guest's address"),
            refuses(timeouts, "running", says="something answers: yes or no"),
            ignores(inside, "running"),
            refuses(inside, down, says="the guest OS does not compute"),
        ),
    )
