"""The load balancer, as one rotation record per instance: does it get new connections?

An instance with a public endpoint enters the rotation when a probe finds it Ready (R-9) and leaves it with the first
probe that does not; there is at least one probe in every minute.  By default the guest agent is probed.  Its answer
is 200 only while the role is Ready, and no answer counts as no.

A custom probe replaces the guest agent's (decision table): it asks the role's own program, which answers once Run has
been invoked for as long as the process serves, Busy or not; rotation then depends on the probe alone.

With the option single_instance=stays_in_rotation a single instance, once in, stays in whatever its status.

Connections that exist when an instance leaves the rotation go on; only new ones are modelled, as client requests.

Sources: the workflow document, step 9; the load-balancer probe schema page [LB]; "Heartbeats, Recovery, and the Load
Balancer" (2013) [KHB-4, KHB-5].

Left out: how many probes must fail (two intervals; here: one probe), distribution modes.
"""

from __future__ import annotations

from ..statechart import State, Statechart, Transition, does, ignores, on, refuses
from ..terms import Variable
from .vocabulary import TICKS

CUSTOM = "custom_"
"""Prefix of the events of a custom probe's record, where an instance has one beside the guest agent's."""


def rotation(custom_probe: bool, always_in: bool = False, beside: bool = False) -> Statechart:
    """The rotation record of an instance, with the guest agent's probe or a custom one.

    ``beside``: the instance has endpoints of both kinds, and this is the second record, of the custom probe.
    """
    own = CUSTOM if beside else ""
    away = (
        ("probe_refused", "leave_rotation_refused") if custom_probe else ("probe_not_ready", "leave_rotation_not_ready")
    )
    outside = (own + away[0], own + "probe_timeout")
    leaving = (own + away[1], own + "leave_rotation_timeout")
    asked = "the custom probe" if custom_probe else "the guest agent's probe"
    return Statechart(
        own + "rotation",
        (State("unconfigured", says="no address yet"), State("out"), State("in_rotation")),
        "unconfigured",
        variables=(Variable.flag("probed"),),
        withholds=frozenset(leaving) if always_in else frozenset(),
        rows=(
            on(
                "deploy_guest",
                "unconfigured",
                "out",
                then="probed := false",
                realises=("R-3",),
                says="addresses and ports of the instance are known",
            ),
            on(
                "deploy_guest",
                ("out", "in_rotation"),
                "out",
                then="probed := false",
                realises=("R-3",),
                says="a new host, a new address",
            ),
            does(
                own + "enter_rotation",
                "out",
                "in_rotation",
                then="probed := true",
                realises=("R-9",),
                says=f"{asked} is answered: the instance gets traffic",
            ),
            does(outside, "out", then="probed := true", says=f"{asked} finds the instance not Ready"),
            does(
                own + "probe_answered",
                "in_rotation",
                then="probed := true",
                realises=("R-9",),
                says=f"{asked} is answered",
            ),
            _leaving(outside, leaving, asked, always_in),
            on(
                "stop_guest",
                ("out", "in_rotation"),
                "unconfigured",
                then="probed := false",
                says="the instance has no address any more",
            ),
            ignores("stop_guest", "unconfigured"),
            on(
                TICKS,
                ("out", "in_rotation"),
                when="probed",
                then="probed := false",
                says="a minute with a probe is over",
            ),
            refuses(TICKS, ("out", "in_rotation"), when="not probed", says="there is a probe in every minute"),
            ignores(TICKS, "unconfigured"),
            *(
                ()
                if beside
                else (does("client_request", "in_rotation", says="a client's new connection is sent to the instance"),)
            ),
            *(
                ()
                if custom_probe or always_in
                else (
                    refuses(
                        "stopping_raised",
                        "in_rotation",
                        says="Stopping is raised after the instance has left the rotation",
                    ),
                    ignores("stopping_raised", ("out", "unconfigured")),
                )
            ),
        ),
    )


def _leaving(outside: tuple[str, ...], leaving: tuple[str, ...], asked: str, always_in: bool) -> Transition:
    if always_in:
        return does(
            outside,
            "in_rotation",
            then="probed := true",
            says="a single instance stays in rotation whatever its status",
        )
    return does(
        leaving,
        "in_rotation",
        "out",
        then="probed := true",
        realises=("R-9",),
        says=f"{asked} finds the instance not Ready any more: no new connections",
    )
