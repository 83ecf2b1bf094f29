"""Steps 1 and 2: user, RDFE, FFE and fabric controller, and the walks over the upgrade domains."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ....model.agents.placement import START_LIMIT
from ....model.agents.vocabulary import (
    REQUESTS,
    command,
    configure_domain,
    configure_domain_done,
    forward,
    request,
    update_domain,
    update_domain_done,
)
from ....model.network import Component, Network
from ....model.statechart import Statechart, on
from ....model.terms import Variable
from ....model.workflow import Fabric, scope
from ...observer import VIOLATED, observer, precedence, sequence
from ...predicates import At, Can, everywhere
from ...property import Always, AlwaysCan, NoDeadlock, NothingLost, Property, SentBy, Watched
from .instance import in_ticks, unhelped
from .placement import patient


def service_properties(network: Network) -> Iterator[Property]:
    """What is true of user, RDFE, FFE and fabric controller, whatever the instances do."""
    yield from _requests(network)
    yield from _front_ends(network)
    yield from _walks(network)
    yield Property(
        "an operation of the fabric can always come to its end",
        AlwaysCan(At("fabric_controller", "in(operation.idle)"), None, unhelped(network)),
        ("R-B1", "R-1"),
        witness=At("fabric_controller", "not in(operation.idle)"),
    )
    yield Property("something can always happen: there is no deadlock", NoDeadlock())
    yield Property("no event is lost: whoever knows it takes it, ignores it or makes the sender wait", NothingLost())


def _requests(network: Network) -> Iterator[Property]:
    requests = [request(k) for k in REQUESTS]
    steps = (
        requests,
        ["subscription_work_done"],
        [forward(k) for k in REQUESTS],
        ["pool_found"],
        [command(k) for k in REQUESTS],
    )
    yield Property(
        "a request passes through RDFE's subscription work and FFE's choice of a pool before it reaches the fabric",
        Watched(Component("request order", sequence("request_order", steps, ["operation_finished"]))),
        ("R-A1", "R-A2", "R-A3", "R-A4", "R-1", "R-2"),
        witness=Can(command("deploy")),
    )
    for kind in REQUESTS:
        yield Property(
            f"the fabric is commanded to {kind.replace('_', ' ')} only when the user asked for it",
            Watched(
                Component(
                    f"{kind} asked for",
                    precedence(f"{kind}_asked_for", [request(kind)], [command(kind)], ["operation_finished"]),
                )
            ),
            ("R-A4", "R-1"),
            witness=Can(command(kind)),
        )
    yield Property(
        "only RDFE talks to FFE, and only FFE to the fabric controller",
        SentBy(tuple(forward(k) for k in REQUESTS), "rdfe"),
        ("R-A1", "R-A3"),
    )
    yield Property(
        "only FFE gives commands to the fabric controller",
        SentBy(tuple(command(k) for k in REQUESTS), "ffe"),
        ("R-A3", "R-A4"),
    )


def _front_ends(network: Network) -> Iterator[Property]:
    requests = tuple(request(k) for k in REQUESTS)
    chart = observer(
        "one_at_a_time",
        ("idle", "busy"),
        (
            on(requests, "idle", "busy"),
            on(requests, "busy", VIOLATED),
            on("operation_finished", "busy", "idle"),
        ),
    )
    yield Property(
        "RDFE takes the next request when the operation before it is over",
        Watched(Component("one at a time", chart)),
        ("R-A1", "R-1"),
        witness=Can("operation_finished"),
    )
    yield Property(
        "RDFE and FFE can always come to where they take the next request",
        AlwaysCan(
            At("rdfe", "in(operation.idle) and in(up)") & At("ffe", "in(work.idle) and in(up)"), None, unhelped(network)
        ),
        ("R-A1", "R-A3", "R-1"),
        witness=At("rdfe", "not in(operation.idle)"),
    )


def _walks(network: Network) -> Iterator[Property]:
    known = network.event_index
    for what, kind, tell, done in (
        ("an update", "update_package", update_domain, update_domain_done),
        ("a configuration change", "change_configuration", configure_domain, configure_domain_done),
    ):
        domains = sum(tell(d) in known for d in range(len(known)))
        yield Property(
            f"{what} walks all upgrade domains, one after the other, and is over when the last one is done",
            Watched(Component(f"{kind} walk", _walk(kind, tell, done, domains))),
            ("R-B1", "R-2"),
            witness=Can(done(domains - 1)),
        )
    domain = 1
    while update_domain(domain) in network.event_index:
        for what, tell, done in (
            ("update", update_domain, update_domain_done),
            ("configuration change", configure_domain, configure_domain_done),
        ):
            if tell(domain) not in network.event_index:
                continue
            yield Property(
                f"an {what} comes to an upgrade domain only when the domain before it is done"
                if what == "update"
                else f"a {what} comes to an upgrade domain only when the domain before it is done",
                Watched(
                    Component(
                        f"{tell(domain)} in turn",
                        precedence("domain_in_turn", [done(domain - 1)], [tell(domain)], ["operation_finished"]),
                    )
                ),
                ("R-B1",),
                subject=f"upgrade domain {domain}",
                witness=Can(tell(domain)),
            )
        domain += 1


def fabric_properties(fabric: Fabric) -> list[Property]:
    """What is true of the walk of an operation, whatever the instances do; judged on the fabric alone.

    Only claims about what never happens: the surroundings of the records can do more than instances can.
    """
    network = fabric.network
    found = list(_walks(network))
    bounds = fabric.bounds
    for role, number in fabric.instances:
        here = scope(role.name, number)
        places = fabric.whole.domains(role, number)
        for sentence, chart, deliver in patient(places, bounds.ticks(START_LIMIT)):
            shared = chart.alphabet & frozenset(network.event_index)
            watched = Watched(Component(here + chart.name, chart, here, shared))
            found.append(
                Property(sentence, watched, ("R-B1", "R-D3"), subject=here.rstrip("/"), witness=Can(here + deliver))
            )
    in_hand = [
        At(scope(role.name, n) + "placement", "awaits == package or awaits == start") for role, n in fabric.instances
    ]
    if len(in_hand) > 1:
        found.append(
            Property(
                "an update has the instances of one upgrade domain in hand at a time",
                Always(~everywhere(in_hand)),
                ("R-B1",),
                witness=in_hand[1],
            )
        )
    return [in_ticks(p, bounds.tick) for p in found]


# -- observers ---------------------------------------------------------------------------------------------------------


def _walk(kind: str, tell: Callable[[int], str], done: Callable[[int], str], domains: int) -> Statechart:
    """The walk of one operation: the domains in their order, each done before the next, and all of them."""
    rows = [
        on(command(kind), "quiet", "telling", then="domain := 0"),
        on("operation_finished", ("telling", "waiting"), VIOLATED),
        on("operation_finished", "walked", "quiet"),
    ]
    for d in range(domains):
        last = d == domains - 1
        rows += [
            on(tell(d), "telling", "waiting", when=f"domain == {d}"),
            on(tell(d), "telling", VIOLATED, when=f"domain != {d}"),
            on(tell(d), ("quiet", "waiting", "walked"), VIOLATED),
            on(
                done(d),
                "waiting",
                "walked" if last else "telling",
                when=f"domain == {d}",
                then=f"domain := {0 if last else d + 1}",
            ),
            on(done(d), "waiting", VIOLATED, when=f"domain != {d}"),
            on(done(d), ("quiet", "telling", "walked"), VIOLATED),
        ]
    if domains == 1:
        # With one domain there is no other to be told or done.
        rows = [row for row in rows if row.when != "domain != 0"]
    return observer(
        f"{kind}_walk",
        ("quiet", "telling", "waiting", "walked"),
        rows,
        (Variable.counter("domain", 0, max(domains - 1, 1)),),
    )
