"""The load balancer, as one rotation record per instance: does it get new connections?

An instance with a public endpoint enters the rotation when a probe finds it Ready (R-9) and leaves it with the first
probe that does not; there is at least one probe in every minute.  By default the guest agent is probed.  Its answer is
200 only while the role is Ready, and no answer counts as no.

A custom probe replaces the guest agent's (decision table): it asks the role's own program, and rotation depends on the
probe alone, Busy or not.  The program is the host process of a worker or an HWC web role.  In full IIS it is the site,
in w3wp; its AppPool is there before OnStart is called (step 8), so a site can answer too early: an instance enters the
rotation only after Run was invoked (R-9 and the order of the steps, which hold whatever is probed), and only from then
on does the probe decide alone.

With the option single_instance=stays_in_rotation a single instance, once in, stays in whatever its status.

Connections that exist when an instance leaves the rotation go on; only new ones are modelled, as client requests.

Endpoints that no probe decides on (``ignoreRoleInstanceStatus``, instance input endpoints, which forward a port of
their own to each instance, and internal ones, which other instances reach directly) have no rotation: requests may come
in as soon as the instance has an address (``open_endpoint``).

Sources: the workflow document, step 9; the load-balancer probe schema page [LB]; "Heartbeats, Recovery, and the Load
Balancer" (2013) [KHB-4, KHB-5]; the schema page on endpoints [DOC] for ignoreRoleInstanceStatus.

Left out: how many probes must fail (two intervals; here: one probe), distribution modes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..notation.statechart import State, Statechart, Transition, does, ignores, on, refuses
from ..notation.terms import Variable
from .vocabulary import GUEST_ENDS, TICKS

CUSTOM = "custom_"
"""Prefix of the events of a custom probe's record, where an instance has one beside the guest agent's."""

REQUEST = "client_request"
DIRECT_REQUEST = "direct_request"
"""A new connection by way of the rotation, and one by an endpoint that has none."""


@dataclass(frozen=True)
class CustomProbe:
    """The events of a custom probe; ``prefix`` is ``CUSTOM`` beside a record of the guest agent's probe, else empty."""

    prefix: str = ""

    @property
    def answered(self) -> tuple[str, str]:
        """The program answers: the instance comes in, or stays in."""
        return self.prefix + "enter_rotation", self.prefix + "probe_answered"

    @property
    def refused(self) -> tuple[str, str]:
        """The program does not answer: the instance stays out, or goes out."""
        return self.prefix + "probe_refused", self.prefix + "leave_rotation_refused"

    @property
    def before_run(self) -> str:
        """A site answers although Run was not invoked: the instance stays out."""
        return self.prefix + "probe_answered_before_run"

    @property
    def reaches_iis(self) -> str:
        """The probe finds a site without w3wp."""
        return self.prefix + "probe_reaches_iis"

    @property
    def fails(self) -> str:
        """The program stops answering."""
        return self.prefix + "program_fails_probe"

    @property
    def recovers(self) -> str:
        """The program answers again."""
        return self.prefix + "program_answers_probe"


def rotation(
    custom_probe: bool, always_in: bool = False, beside: bool = False, site_answers: bool = False
) -> Statechart:
    """The rotation record of an instance, with the guest agent's probe or a custom one.

    ``beside``: the instance has endpoints of both kinds, and this is the second record, of the custom probe.
    ``site_answers``: the program that is probed is a site in IIS.
    """
    probe = CustomProbe(CUSTOM if beside else "")
    own = probe.prefix
    away = probe.refused if custom_probe else ("probe_not_ready", "leave_rotation_not_ready")
    outside = (away[0], own + "probe_timeout")
    leaving = (away[1], own + "leave_rotation_timeout")
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
            *(_asks_a_site(probe) if custom_probe and site_answers else ()),
            _leaving(outside, leaving, asked, always_in),
            on(
                "stop_guest",
                ("out", "in_rotation"),
                "unconfigured",
                then="probed := false",
                says="the instance has no address any more",
            ),
            on(
                TICKS,
                ("out", "in_rotation"),
                when="probed",
                then="probed := false",
                says="a minute with a probe is over",
            ),
            refuses(TICKS, ("out", "in_rotation"), when="not probed", says="there is a probe in every minute"),
            ignores(TICKS, "unconfigured"),
            does(own + REQUEST, "in_rotation", says="a client's new connection is sent to the instance"),
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


def open_endpoint() -> Statechart:
    """The endpoints of an instance that take requests whatever the role's status."""
    return Statechart(
        "open_endpoint",
        (State("closed", says="no address yet"), State("open")),
        "closed",
        rows=(
            on("deploy_guest", "closed", "open", realises=("R-3",), says="addresses and ports are known"),
            on(
                GUEST_ENDS,
                "open",
                "closed",
                says="the instance has no address any more, or will have another on another host",
            ),
            does(DIRECT_REQUEST, "open", says="a new connection comes in, Ready or not"),
        ),
    )


def _asks_a_site(probe: CustomProbe) -> tuple[Transition, ...]:
    return (
        does(
            probe.reaches_iis,
            ("out", "in_rotation"),
            realises=("R-10",),
            says="the custom probe is a web request, and no w3wp runs yet",
        ),
        does(
            probe.before_run,
            "out",
            then="probed := true",
            realises=("R-9",),
            says="the site answers the custom probe already, but the role's Run was not invoked",
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
