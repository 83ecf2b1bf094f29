"""WaAppAgent: installs, configures and updates WindowsAzureGuestAgent.exe, starts it, and keeps it running (R-C2.1).

It is a Windows service and comes up with the guest OS.  When the guest agent's process dies, WaAppAgent starts it again
at once, which means here: before the minute is over.  With the option dead_guest_agent=stays_dead it does nothing, and
the host agent's ten minutes run out (R-C4).  When WaAppAgent itself dies, the service manager starts it again, and it
checks whether a guest agent is running.  No source gives a time for either; both readings follow from R-C2.1 and from
Windows' own handling of services.

A guest OS that is set up anew (by a reimage, after a time-out of the first contact, on another host) has an empty disk:
WaAppAgent installs the guest agent again.

Left out: the monthly update of a guest agent that runs (host process stopped gracefully, agent updated, host process
started): an update happens when the agent is started.
"""

from __future__ import annotations

from ..notation.statechart import ROOT, State, Statechart, does, ignores, on, refuses
from ..notation.terms import Variable
from .vocabulary import GUEST_DOWN, TICK, WIPED


def wa_app_agent(restarts: bool = True) -> Statechart:
    """The service that keeps the guest agent installed; it also keeps it running, if it ``restarts`` one that died."""
    return Statechart(
        "wa_app_agent",
        (
            State("absent"),
            State("checking", says="is the guest agent installed, and is it the newest?"),
            State("configuring"),
            State("launching"),
            State("watching"),
            *((State("relaunching"),) if restarts else (State("bereft", says="the guest agent is gone for good"),)),
            State("crashed"),
            State("looking", says="after its own restart: is a guest agent running?"),
        ),
        "absent",
        variables=(Variable.flag("installed"),),
        rows=(
            on("guest_booted", "absent", "checking", says="the service starts with the guest OS"),
            does(
                "install_guest_agent",
                "checking",
                "configuring",
                when="not installed",
                then="installed := true",
                realises=("R-C2.1",),
                says="WaAppAgent installs the guest agent",
            ),
            does(
                ("update_guest_agent", "guest_agent_is_newest"),
                "checking",
                "configuring",
                when="installed",
                realises=("R-C2.1",),
                says="WaAppAgent updates the guest agent, if there is a newer one",
            ),
            does(
                "configure_guest_agent",
                "configuring",
                "launching",
                realises=("R-C2.1",),
                says="WaAppAgent configures the guest agent",
            ),
            does(
                "start_guest_agent",
                ("launching", "relaunching") if restarts else "launching",
                "watching",
                realises=("R-C2.1",),
                says="WaAppAgent starts the guest agent",
            ),
            on(
                "guest_agent_crashes",
                "watching",
                "relaunching" if restarts else "bereft",
                realises=("R-C2.1",),
                says="WaAppAgent notices that the guest agent is gone"
                if restarts
                else "WaAppAgent does nothing about it: the host agent will restart the guest",
            ),
            *(
                (refuses(TICK, "relaunching", says="the guest agent is started again before the minute is over"),)
                if restarts
                else (ignores(TICK, "bereft", says="the host agent's ten minutes run"),)
            ),
            ignores(TICK, ("absent", "checking", "configuring", "launching", "watching", "crashed", "looking")),
            ignores("guest_agent_crashes", ("crashed", "looking"), says="it will be noticed later"),
            does(
                "app_agent_crashes",
                ("checking", "configuring", "launching", "watching"),
                "crashed",
                fault="app_agent_crash",
                says="WaAppAgent's process dies",
            ),
            does("restart_app_agent", "crashed", "looking", says="the service manager starts WaAppAgent again"),
            does(
                "guest_agent_found",
                "looking",
                "watching",
                realises=("R-C2.1",),
                says="a guest agent is running: nothing to do but watch",
            ),
            does(
                "guest_agent_missing",
                "looking",
                "checking",
                realises=("R-C2.1",),
                says="no guest agent is running: back to the installation",
            ),
            on(tuple(e for e in GUEST_DOWN if e not in WIPED), ROOT, "absent", says="the guest OS goes down"),
            on(WIPED, ROOT, "absent", then="installed := false", says="the guest OS goes down, its disk with it"),
        ),
    )
