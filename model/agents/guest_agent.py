"""The guest agent, WindowsAzureGuestAgent.exe: it drives the role to its goal state from inside the guest.

It does two things at once, so it has two regions.

* **Goal state.**  It configures the guest OS (R-D1): firewall, ACLs, LocalStorage resources, service package and
  configuration, certificates; and it sets up the SID of the user account that the role runs under (R-D2).  It copies a
  new XML configuration file to C:\\Config and then starts WaHostBootstrapper (R-5).  What is set up for which role, and
  what can stand in the way, is said in ``guest_set_up``.  It monitors the bootstrapper so that the role is in its goal
  state (R-D4): when the bootstrapper ends, for whatever reason, it is started again, without limit.  That is the only
  repair the agent ever does.  It never restarts the VM, and it treats a process that hangs as busy and lets it run
  (KHB-3).
* **Health.**  It answers the host agent's heartbeats (R-C3) and the load balancer's probe, and it tells the fabric, by
  way of the host agent, each change of the role's status (R-D3): before the minute is over, if the host agent hears it;
  else as soon as it can.

A new goal state from the host agent is a new configuration (announced to the role, applied in place, or with a recycle
if the role cancels it), a new package (the role is stopped, and step 5 begins anew), or "stopped".  Goal states are
stored on disk: a guest agent that was restarted knows them, and after a start of the guest it asks for the newest.
After its own crash it finds the bootstrapper running and goes on monitoring.  A report of the status is about one
incarnation [SDK]: before a new package is set up the role is reported not Ready, and Ready again after it, even if that
takes less than a minute.

Sources: the workflow document, D and step 5; "Heartbeats, Recovery, and the Load Balancer" (2013) [KHB]; the SDK's
runtime protocol for incarnations; the SDK documentation on Changing and its Cancel; "Summary of Windows Azure Service
Disruption on Feb 29th, 2012" for the connection to the host agent that comes first [LEAP].

Left out: status leases that expire; the update of the agent (see ``wa_app_agent``); certificates changed at run time.
"""

from __future__ import annotations

from ..notation.statechart import State, Statechart, does, ignores, on, refuses
from ..notation.terms import Variable
from .guest_set_up import (
    NOTHING_DECLARED,
    OBSTACLES,
    SetUp,
    configuring,
    emptying_storage,
    guest_goes_down,
    newer_goal_states,
)
from .vocabulary import CUT_OFF, STACK_DOWN, TICK

ENDED = (
    on(
        STACK_DOWN,
        ("supervising", "changing"),
        "ready_to_start",
        then="status := busy",
        when="goal != configuration and goal != package",
        realises=("R-D4",),
        says="the bootstrapper is gone: start it again, from step 5 or 6",
    ),
    on(
        STACK_DOWN,
        ("supervising", "changing"),
        "copying_configuration",
        then="status := busy",
        when="goal == configuration or goal == package",
        realises=("R-D4", "R-5"),
        says="the bootstrapper is gone: start it again with the new configuration",
    ),
)
"""The bootstrapper of a role without local storage that a recycle empties has ended (R-D4)."""


def guest_agent(probed: bool, setup: SetUp = NOTHING_DECLARED, w3wp_answers: tuple[str, ...] = ()) -> Statechart:
    """The agent that drives one instance to its goal state; ``probed`` if the load balancer asks it; ``w3wp_answers``
    are the events in which a handler in w3wp takes the role out of Ready."""
    steps = tuple(f"configuring.{step.state}" for step in setup.steps)
    # Ready says nothing of a package that is still to come, so it is not reported for it.
    due = "status != reported and (status == busy or goal != package)"
    emptying = ("emptying_storage",) if setup.emptied else ()
    before_role = (*steps, "copying_configuration", *emptying, "ready_to_start")
    probes = (
        on(
            ("enter_rotation", "probe_answered"),
            "running",
            when="status == ready",
            realises=("R-9",),
            says="the probe is answered with 200: the role is Ready",
        ),
        refuses(("enter_rotation", "probe_answered"), "running", when="status == busy", says="not Ready: no 200"),
        refuses(("enter_rotation", "probe_answered"), "absent", says="nobody answers"),
        on(
            ("leave_rotation_not_ready", "probe_not_ready"),
            "running",
            when="status == busy",
            realises=("R-9",),
            says="the probe is not answered with 200: the role is not Ready",
        ),
        ignores(("leave_rotation_not_ready", "probe_not_ready"), "absent", says="the connection is refused"),
        refuses(("leave_rotation_not_ready", "probe_not_ready"), "running", when="status == ready", says="Ready"),
    )
    return Statechart(
        "guest_agent",
        (
            State("absent"),
            State(
                "running",
                (
                    State(
                        "goal",
                        (
                            State("attaching", says="just started: is a bootstrapper running already?"),
                            State("configuring", tuple(State(step.state) for step in setup.steps), "firewall"),
                            State("copying_configuration"),
                            *(State(name, says="the role is recycled") for name in emptying),
                            State("ready_to_start"),
                            State("supervising"),
                            State("changing", (State("announced"), State("applying")), "announced"),
                            State("stopping_role"),
                            State("role_stopped"),
                            State("stopped"),
                        ),
                        "attaching",
                    ),
                    State("health", (State("owes_answer"), State("answered"), State("unheard")), "owes_answer"),
                ),
                parallel=True,
            ),
        ),
        "absent",
        variables=(
            Variable.choice("status", "busy", "ready"),
            Variable.choice("reported", "busy", "ready"),
            Variable.choice("goal", "configuration", "package", "stop", "applied", "reached"),
            Variable.choice("obstacle", "none", *(o.name for o in OBSTACLES)),
        ),
        rows=(
            on(
                "start_guest_agent", "absent", "running", realises=("R-C2.1",), says="WaAppAgent starts the guest agent"
            ),
            on("guest_agent_found", "running", says="WaAppAgent finds it running"),
            refuses("guest_agent_found", "absent", says="there is none to find"),
            on("guest_agent_missing", "absent", says="WaAppAgent does not find it"),
            refuses("guest_agent_missing", "running", says="it runs"),
            # Configuring the guest OS (R-D1, R-D2) and starting the bootstrapper (R-5, R-D4).
            # It connects to the host agent before anything else (LEAP); an answer that nobody hears is no connection.
            does(
                "no_bootstrapper_found",
                "attaching",
                "configuring",
                when="in(answered)",
                says="the host agent is answered, and no role is running yet",
            ),
            does(
                "bootstrapper_found",
                "attaching",
                "supervising",
                when="in(answered)",
                realises=("R-D4",),
                says="the bootstrapper outlived the agent's crash and is monitored again",
            ),
            *configuring(setup),
            *emptying_storage(setup),
            does(
                "copy_configuration",
                "copying_configuration",
                "ready_to_start",
                then="goal := applied",
                when="goal == configuration",
                realises=("R-5",),
                says="a new XML configuration file is copied to C:\\Config",
            ),
            does(
                "copy_configuration",
                "copying_configuration",
                "ready_to_start",
                when="goal == applied or goal == reached",
                realises=("R-5",),
                says="the XML configuration file is copied to C:\\Config",
            ),
            does(
                "start_bootstrapper",
                "ready_to_start",
                "supervising",
                when="goal == reached",
                realises=("R-5", "R-D4"),
                says="the guest agent starts WaHostBootstrapper",
            ),
            does(
                "goal_state_changed",
                "ready_to_start",
                "copying_configuration",
                when="goal == configuration",
                says="a newer configuration arrived in the meantime: it is copied first",
            ),
            does(
                "goal_state_changed",
                (*steps[1:], "copying_configuration", *emptying, "ready_to_start"),
                "configuring",
                when="goal == package",
                says="a newer package arrived in the meantime: the guest OS is set up for it first",
            ),
            does(
                "report_configuration_applied",
                "running",
                when="goal == applied",
                then="goal := reached",
                realises=("R-D3",),
                says="the guest agent reports that the new configuration is in place",
            ),
            # Supervising (R-D4): whatever ends the bootstrapper, it is started again.
            *(
                on(
                    STACK_DOWN,
                    ("supervising", "changing"),
                    "emptying_storage",
                    then="status := busy",
                    realises=("R-D4",),
                    says="the bootstrapper is gone: start it again, when local storage is emptied",
                )
                for _ in emptying
            ),
            *(() if emptying else ENDED),
            on(
                STACK_DOWN,
                "stopping_role",
                "role_stopped",
                then="status := busy",
                when="goal == stop",
                realises=("R-C2",),
                says="the role is stopped, as the goal state says",
            ),
            on(
                STACK_DOWN,
                "stopping_role",
                "configuring",
                then="status := busy",
                when="goal != stop",
                realises=("R-D1", "R-5"),
                says="the role is stopped: now the guest OS is set up for the new package",
            ),
            ignores(STACK_DOWN, "absent", says="it will be noticed when the agent is back"),
            on(
                STACK_DOWN,
                "attaching",
                then="status := busy",
                realises=("R-D4",),
                says="the bootstrapper is gone before the agent has looked for it",
            ),
            # Status of the role (R-D3).
            on(
                ("role_ready", "status_check"),
                "running",
                then="status := ready",
                realises=("R-9", "R-D3"),
                says="the role is Ready, or its status check says so",
            ),
            on(
                ("handler_sets_busy", "run_returns", "recycle_requested", "change_cancelled", *w3wp_answers),
                "running",
                then="status := busy",
                realises=("R-D3",),
                says="the role is not Ready any more",
            ),
            on(
                "status_check_unanswered",
                "running",
                then="status := busy",
                realises=("R-D3", "R-D4"),
                says="the inner probe times out: the guest agent takes the role for busy and does nothing else (KHB-3)",
            ),
            ignores(
                (
                    "role_ready",
                    "status_check",
                    "handler_sets_busy",
                    "run_returns",
                    "recycle_requested",
                    "change_cancelled",
                    "status_check_unanswered",
                    *w3wp_answers,
                ),
                "absent",
                says="nobody to hear it",
            ),
            does(
                "report_ready",
                "running",
                when="status == ready and reported == busy and goal != package",
                then="reported := ready",
                realises=("R-D3",),
                says="the guest agent reports to the fabric: Ready",
            ),
            does(
                "report_not_ready",
                "running",
                when="status == busy and reported == ready",
                then="reported := busy",
                realises=("R-D3",),
                says="the guest agent reports to the fabric: not Ready",
            ),
            # New goal states.
            *newer_goal_states(setup),
            on("deliver_stop", "running", then="goal := stop", realises=("R-C2",), says="the goal state is: stopped"),
            refuses(
                ("deliver_configuration", "deliver_package"),
                "running",
                when="goal == stop",
                says="the agent is on its way to Stopped",
            ),
            refuses(("deliver_configuration", "deliver_package", "deliver_stop"), "absent", says="no agent to talk to"),
            does(
                "announce_change",
                "supervising",
                "changing",
                when="goal == configuration",
                realises=("R-D4",),
                says="the bootstrapper is told of the new configuration",
            ),
            on("change_accepted", "announced", "applying", realises=("R-D1",), says="the role accepts the change"),
            ignores("change_accepted", "running", says="the role's answer to an announcement before the agent's crash"),
            ignores("change_accepted", "absent", says="nobody to hear it"),
            does(
                "apply_configuration",
                "applying",
                "supervising",
                when="goal == configuration",
                then="goal := applied",
                realises=("R-D1", "R-5"),
                says="the new configuration is applied in place, its XML file copied to C:\\Config",
            ),
            does(
                "apply_configuration",
                "applying",
                "supervising",
                when="goal == package or goal == stop",
                realises=("R-D1",),
                says="the new configuration is applied, although the role will be stopped next",
            ),
            does(
                "stop_role",
                ("supervising", "announced"),
                "stopping_role",
                when="goal == package or goal == stop",
                then="status := busy",
                realises=("R-D4",),
                says="the bootstrapper is told to stop the role",
            ),
            does(
                "goal_state_stopped", before_role, "role_stopped", when="goal == stop", says="there is no role to stop"
            ),
            on(
                "deliver_stop",
                "stopped",
                "role_stopped",
                then="goal := stop",
                realises=("R-C2",),
                says="the host agent asks again: it was restarted in the meantime",
            ),
            does(
                "role_stopped",
                "role_stopped",
                "stopped",
                realises=("R-C2", "R-D3"),
                says="the host agent learns that the role is stopped",
            ),
            # Health: heartbeats and probes.
            does(
                "heartbeat_answered",
                "owes_answer",
                "answered",
                realises=("R-C3", "R-4"),
                says="the guest agent answers the host agent's heartbeat",
            ),
            does(
                "heartbeat_unheard",
                "owes_answer",
                "unheard",
                realises=("R-C3",),
                says="the guest agent answers, and the answer does not reach the host agent",
            ),
            on(
                CUT_OFF, "answered", "unheard", says="what the guest agent says in this minute does not arrive any more"
            ),
            ignores(CUT_OFF, ("absent", "owes_answer", "unheard"), says="the guest agent does not know of it"),
            refuses(TICK, "owes_answer", says="a guest agent that runs answers within the minute"),
            refuses(TICK, "answered", when=due, says="a change is reported within the minute: the host agent hears it"),
            on(TICK, "answered", "owes_answer", when=f"not ({due})", says="the next heartbeat is due"),
            on(TICK, "unheard", "owes_answer", says="the next heartbeat is due; a change waits until it can be told"),
            ignores(TICK, "absent"),
            *(probes if probed else ()),
            # Crash and restart of the agent itself.
            does(
                "guest_agent_crashes",
                "running",
                "absent",
                then="status := busy",
                fault="guest_agent_crash",
                says="the guest agent's process dies; the role's processes go on",
            ),
            *guest_goes_down(setup),
        ),
    )
