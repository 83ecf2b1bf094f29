"""Steps 1 and 2: user, RDFE, FFE and fabric controller, and the walks over the upgrade domains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import eq

from ....model.agents.placement import START_LIMIT
from ....model.agents.vocabulary import (
    REQUESTS,
    TICKS,
    command,
    configure_domain,
    configure_domain_done,
    forward,
    request,
    update_domain,
    update_domain_done,
)
from ....model.network import Component, Network
from ....model.notation.statechart import Statechart, on
from ....model.notation.terms import Variable
from ....model.workflow import Fabric, scope
from ...observer import VIOLATED, observer, precedence
from ...predicates import At, Can, Predicate, anywhere, everywhere
from ...property import Always, AlwaysCan, NoDeadlock, NothingLost, Property, SentBy, Watched
from ...rules import Code
from .instance import Instance, in_ticks, unhelped
from .placement import orders_given, patient, placing

DONE = (update_domain_done, configure_domain_done)
"""What ends the waiting for an upgrade domain, in the two walks."""


def service_properties(network: Network) -> Iterator[Property]:
    """What is true of user, RDFE, FFE and fabric controller, whatever the instances do."""
    yield from _requests(network)
    yield from _front_ends(network)
    yield from _in_hand()
    yield from _replicas(network)
    yield from _walks(network)
    yield Property(
        "RDFE and FFE can always become free for the next request",
        AlwaysCan(
            At("rdfe", "in(operation.idle) and in(up)") & At("ffe", "in(work.idle) and in(up)"), None, unhelped(network)
        ),
        ("R-A1", "R-A3", "R-1"),
        witness=At("rdfe", "not in(operation.idle)"),
    )
    yield Property(
        "an operation of the fabric can always come to its end",
        AlwaysCan(At("fabric_controller", "in(operation.idle)"), None, unhelped(network)),
        ("R-B1", "R-1"),
        witness=At("fabric_controller", "not in(operation.idle)"),
    )
    yield Property("something can always happen: there is no deadlock", NoDeadlock())
    yield Property("no event is lost: whoever knows it takes it, ignores it or makes the sender wait", NothingLost())


def _requests(network: Network) -> Iterator[Property]:
    steps = (
        [request(k) for k in REQUESTS],
        ["subscription_work_done"],
        [forward(k) for k in REQUESTS],
        ["pool_found"],
        [command(k) for k in REQUESTS],
        ["operation_finished"],
    )
    yield Property(
        "a request passes through RDFE's subscription work and FFE's choice of a pool before it reaches the fabric",
        Watched(Component("request order", _one_by_one("request_order", steps))),
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
        (on(requests, "idle", "busy"), on(requests, "busy", VIOLATED), on("operation_finished", "busy", "idle")),
    )
    yield Property(
        "RDFE takes the next request when the operation before it is over",
        Watched(Component("one at a time", chart)),
        ("R-A1", "R-1"),
        witness=Can("operation_finished"),
    )
    changes = tuple(request(k) for k in REQUESTS if k != "deploy")
    yield Property(
        "what is not deployed, or was stopped, is deployed before the user asks for anything else",
        Watched(
            Component("deployed first", precedence("deployed_first", [request("deploy")], changes, [request("stop")]))
        ),
        ("R-A1", "R-1"),
        witness=Can(request("deploy")),
    )
    allowed = next((v.high for v in network.components[network.index["user"]].chart.variables), None)
    if allowed is not None and allowed <= MOST_COUNTED:
        yield Property(
            "the user makes no more requests than the bounds of the search say",
            Watched(Component("requests made", _at_most(requests, allowed))),
            ("R-1",),
            witness=At("user", "left == 0"),
        )


def _in_hand() -> Iterator[Property]:
    """Between RDFE, FFE and the fabric controller no request is lost, and none is invented."""
    under_way = At("rdfe", "in(operation.under_way)")
    chosen, executed = At("ffe", "not in(work.idle)"), At("fabric_controller", "not in(operation.idle)")
    yield Property(
        "a request that RDFE has handed over is in the hands of FFE or of the fabric until it is finished",
        Always(~under_way | chosen | executed),
        ("R-A3", "R-A4", "R-1"),
        witness=under_way,
    )
    yield Property(
        "FFE and the fabric controller work only on what RDFE has handed over, and not both at once",
        Always((~chosen & ~executed) | (under_way & ~(chosen & executed))),
        ("R-A3", "R-A4", "R-1"),
        witness=executed,
    )


def _replicas(network: Network, chosen: tuple[str, ...] = ()) -> Iterator[Property]:
    """RDFE, FFE and the fabric controller are replicated services: the next replica goes on with what the last one did.

    ``chosen`` are the events of the instances that the fabric controller takes part in.
    """
    requests, forwards, commands = (tuple(made(k) for k in REQUESTS) for made in (request, forward, command))
    tells = (update_domain, update_domain_done, configure_domain, configure_domain_done)
    walks = tuple(e for d in range(len(network.events)) for tell in tells if (e := tell(d)) in network.event_index)
    for who, name, events, requirements in (
        ("RDFE", "rdfe", (*requests, "subscription_work_done", *forwards, "operation_finished"), ("R-A1", "R-1")),
        ("FFE", "ffe", (*forwards, "pool_found", *commands), ("R-A3", "R-2")),
        (
            "the fabric controller",
            "fabric_controller",
            (*commands, *walks, *chosen, "operation_finished"),
            ("R-B1", "R-2"),
        ),
    ):
        crash, takes_over = f"{name}_crashes", f"{name}_fails_over"
        chart = observer(
            f"{name}_replicas",
            ("up", "down"),
            (
                on(crash, "up", "down"),
                on(takes_over, "down", "up"),
                on(takes_over, "up", VIOLATED),
                on((crash, *events), "down", VIOLATED),
            ),
        )
        yield Property(
            f"after a crash {who} takes and hands on nothing until another replica has taken over",
            Watched(Component(f"replicas of {name}", chart)),
            requirements,
            witness=Can(takes_over),
        )
        yield Property(
            f"when {who} has crashed another replica can take over at once",
            Always(At(name, "in(process.up)") | Can(takes_over)),
            requirements,
            witness=At(name, "in(process.down)"),
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
            ("an update", update_domain, update_domain_done),
            ("a configuration change", configure_domain, configure_domain_done),
        ):
            if tell(domain) not in network.event_index:
                continue
            chart = precedence("domain_in_turn", [done(domain - 1)], [tell(domain)], ["operation_finished"])
            yield Property(
                f"{what} comes to an upgrade domain only when the domain before it is done",
                Watched(Component(f"{tell(domain)} in turn", chart)),
                ("R-B1",),
                subject=f"upgrade domain {domain}",
                witness=Can(tell(domain)),
            )
        domain += 1


def fabric_properties(fabric: Fabric) -> list[Property]:
    """What is true of the walk of an operation, whatever the instances do; judged on the fabric alone.

    Claims about what never happens: they are true of the whole service too, since the surroundings of the records can
    do more than instances can.  And, of the fabric alone: it never blocks itself (replicas, walks, time).
    """
    network = fabric.network
    chosen = {
        kind: tuple(e.name for e in network.events if e.name.endswith(f"/chosen_for_{kind}"))
        for kind in ("reboot", "reimage")
    }
    common = [
        *_requests(network),
        *_front_ends(network),
        *_in_hand(),
        *_replicas(network, (*chosen["reboot"], *chosen["reimage"])),
        *_walks(network),
    ]
    found = [replace(prop, code=Code.SERVICE) for prop in common]
    for kind, events in chosen.items():
        found.append(
            Property(
                f"a {kind} that the user asks for is for one instance only",
                Watched(Component(f"one {kind}", precedence(f"one_{kind}", [command(kind)], events, events))),
                ("R-B1", "R-1"),
                witness=Can(events[0]),
            )
        )
    bounds = fabric.bounds
    found += _told_at_once(fabric)
    for role, number in fabric.instances:
        here = scope(role.name, number)
        its = Instance(fabric, role, number)
        placed = (*placing(its), *(() if bounds.requests == 1 else orders_given(its)))
        found += [replace(prop, code=Code.PLACEMENT) for prop in placed]
        beside = list(_waited_for(fabric, its))
        others = " or waits for another instance of the domain" if beside else ""
        goes_on = [its.can(t) for t in TICKS] + [Can(done(d)) for done, d in zip(DONE, its.domains, strict=True)]
        found.append(
            its.invariant(
                f"time waits for the fabric's record of an instance only while the walk can go on{others}, or has no "
                "controller",
                anywhere([*goes_on, *beside]) | At("fabric_controller", "in(process.down)"),
                ("R-B1",),
                its.can(TICKS[0]),
            )
        )
        for sentence, chart, deliver in patient(its.domains, bounds.ticks(START_LIMIT)):
            shared = chart.alphabet & frozenset(network.event_index)
            watched = Watched(Component(here + chart.name, chart, here, shared))
            found.append(replace(its.claim(sentence, watched, ("R-B1", "R-D3"), its.can(deliver)), code=Code.PLACEMENT))
    in_hand = [
        At(scope(role.name, n) + "placement", "awaits == package or awaits == start") for role, n in fabric.instances
    ]
    if len(in_hand) > 1:
        found.append(
            Property(
                "an update works on the instances of one upgrade domain at a time",
                Always(~everywhere(in_hand)),
                ("R-B1",),
                witness=in_hand[1],
            )
        )
    # What is true of the service too keeps its code there.
    coded = [p if p.code is not Code.OWN else replace(p, code=Code.FABRIC) for p in found]
    return [in_ticks(p, bounds.tick) for p in coded]


def _waited_for(fabric: Fabric, beside: Instance) -> Iterator[Predicate]:
    """Another instance of a domain that an instance is in, of whichever walk, is waited for and has time left."""
    for role, number in fabric.instances:
        here = scope(role.name, number)
        if here != beside.here and any(map(eq, fabric.domains(role, number), beside.domains)):
            yield At(here + "placement", f"awaits != nothing and waited < {fabric.bounds.ticks(START_LIMIT)}")


def _told_at_once(fabric: Fabric) -> Iterator[Property]:
    """A walk tells its next domain at once, unless an order before it was not handed over yet."""
    records: dict[tuple[str, int], list[Predicate]] = {}
    for role, number in fabric.instances:
        for walk, domain in zip(("updating", "configuring"), fabric.domains(role, number), strict=True):
            record = At(scope(role.name, number) + "placement", "order != none")
            records.setdefault((walk, domain), []).append(record)
    for walk, what, tell in (
        ("updating", "an update", update_domain),
        ("configuring", "a configuration change", configure_domain),
    ):
        turns = [
            (At("fabric_controller", f"in({walk}.telling) and in(process.up) and domain == {d}"), Can(tell(d)), pending)
            for (kind, d), pending in sorted(records.items())
            if kind == walk
        ]
        yield Property(
            f"{what} comes to its next upgrade domain at once, unless an order before it was not handed over yet",
            Always(everywhere([~turn | tells | anywhere(pending) for turn, tells, pending in turns])),
            ("R-B1", "R-2"),
            witness=turns[0][0],
        )


MOST_COUNTED = 60
"""An observer counts up to this number: beyond it its states don't fit into a machine word."""


def _one_by_one(name: str, steps: Sequence[Sequence[str]]) -> Statechart:
    """A round of steps, each of them once, and never out of turn."""
    states = [f"after_{k}" for k in range(len(steps))]
    rows = []
    for k, step in enumerate(steps):
        rows.append(on(tuple(step), states[k], states[(k + 1) % len(steps)]))
        others = tuple(e for other in steps if other is not step for e in other)
        rows.append(on(others, states[k], VIOLATED))
    return observer(name, states, rows)


def _at_most(events: tuple[str, ...], number: int) -> Statechart:
    """Events that happen so many times and no more."""
    return observer(
        "at_most",
        ("counting",),
        (
            on(events, "counting", when=f"count < {number}", then="count := count + 1"),
            on(events, "counting", VIOLATED, when=f"count == {number}"),
        ),
        (Variable.counter("count", 0, number),),
    )


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
