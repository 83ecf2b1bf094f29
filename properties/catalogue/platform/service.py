"""Steps 1 and 2: user, RDFE, FFE and fabric controller, and the walks over the upgrade domains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import eq

from ....model.agents.placement import START_LIMIT, STARTING
from ....model.agents.vocabulary import (
    ALLOCATION_FAILED,
    FURTHER_REQUESTS,
    NO_CORES,
    NO_POOL,
    OVERTAKING,
    REQUESTS,
    TICKS,
    UPDATE_STOPS,
    UPDATES,
    WITHDRAWN,
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
from ...property import Always, AlwaysCan, Never, NoDeadlock, NothingLost, Possible, Property, SentBy, Watched
from ...rules import Code
from .instance import Instance, in_ticks, unhelped
from .placement import orders_given, patient, placing
from .walks import recycling_stops, walks

DONE = (update_domain_done, configure_domain_done)
"""What ends the waiting for an upgrade domain, in the two walks."""


STOPPED = At("fabric_controller", "in(updating.failing) or in(updating.stopped)")
"""An update does not go on until the user acts."""


def kinds(network: Network) -> tuple[str, ...]:
    """The kinds of request that a network knows."""
    return tuple(k for k in (*REQUESTS, *FURTHER_REQUESTS) if request(k) in network.event_index)


def _failed(network: Network) -> tuple[str, ...]:
    """The answers that there is no room, as far as a network knows them."""
    return tuple(e for e in (NO_POOL, ALLOCATION_FAILED) if e in network.event_index)


def requests_allowed(network: Network) -> int | None:
    """How many requests the user may make; None: any number."""
    return next((v.high for v in network.components[network.index["user"]].chart.variables), None)


def service_properties(network: Network) -> Iterator[Property]:
    """What is true of user, RDFE, FFE and fabric controller, whatever the instances do."""
    yield from _requests(network)
    yield from _front_ends(network)
    yield from _in_hand()
    yield from _replicas(network)
    yield from walks(network, kinds(network))
    yield from _no_room(network)
    yield from _answered(network)
    yield Property(
        "RDFE and FFE can always become free for the next request, unless an update was stopped by what recycles",
        AlwaysCan(
            At("rdfe", "in(operation.idle) and in(up)") & At("ffe", "in(work.idle) and in(up)"),
            ~STOPPED,
            unhelped(network),
        ),
        ("R-A1", "R-A3", "R-1"),
        witness=At("rdfe", "not in(operation.idle)"),
    )
    yield Property(
        "an operation of the fabric can always come to its end, unless an update was stopped by what recycles",
        AlwaysCan(At("fabric_controller", "in(operation.idle)"), ~STOPPED, unhelped(network)),
        ("R-B1", "R-1"),
        witness=At("fabric_controller", "not in(operation.idle)"),
    )
    yield Property("something can always happen: there is no deadlock", NoDeadlock())
    yield Property("no event is lost: whoever knows it takes it, ignores it or makes the sender wait", NothingLost())


def _requests(network: Network) -> Iterator[Property]:
    there = kinds(network)
    yield Property(
        "a request passes through RDFE's subscription work and FFE's choice of a pool before it reaches the fabric",
        Watched(Component("request order", _request_order(there, _failed(network)))),
        ("R-A1", "R-A2", "R-A3", "R-A4", "R-1", "R-2"),
        witness=Can(command("deploy")),
    )
    for kind in there:
        yield Property(
            f"the fabric is commanded to {kind.replace('_', ' ')} only when the user asked for it",
            Watched(
                Component(
                    f"{kind} asked for",
                    precedence(f"{kind}_asked_for", [request(kind)], [command(kind)], [command(kind)]),
                )
            ),
            ("R-A4", "R-1"),
            witness=Can(command(kind)),
        )
    yield Property(
        "only RDFE talks to FFE, and only FFE to the fabric controller",
        SentBy(tuple(forward(k) for k in there), "rdfe"),
        ("R-A1", "R-A3"),
    )
    yield Property(
        "only FFE gives commands to the fabric controller",
        SentBy(tuple(command(k) for k in there), "ffe"),
        ("R-A3", "R-A4"),
    )


def _front_ends(network: Network) -> Iterator[Property]:
    there = kinds(network)
    requests = tuple(request(k) for k in there)
    yield Property(
        "RDFE takes the next request when the operation before it is over; only an update can be overtaken: by a stop, "
        "a delete, a rollback and a new update",
        Watched(Component("one at a time", _one_at_a_time(there, _failed(network)))),
        ("R-A1", "R-1"),
        witness=Can("operation_finished"),
    )
    changes = tuple(request(k) for k in there if k not in ("deploy", "delete"))
    ends = [request("stop"), request("delete"), *_failed(network)]
    yield Property(
        "what is deployed is not deployed again before it was stopped or deleted, or found no room",
        Watched(Component("deployed once", _deployed_once(ends)), frozenset(ends) - frozenset(network.event_index)),
        ("R-A1", "R-1"),
        witness=Can(request("deploy")),
    )
    yield Property(
        "what is not deployed, or was stopped, is deployed before the user asks for anything else",
        Watched(
            Component("deployed first", precedence("deployed_first", [request("deploy")], changes, ends)),
            frozenset(ends) - frozenset(network.event_index),
        ),
        ("R-A1", "R-1"),
        witness=Can(request("deploy")),
    )
    if "delete" in there:
        yield Property(
            "from the moment when the user asks for a delete there is nothing deployed",
            Always(~At("rdfe", "kind == delete") | At("user", "in(nothing_deployed)")),
            ("R-A1", "R-1"),
            witness=At("rdfe", "kind == delete"),
        )
    allowed = requests_allowed(network)
    if allowed is None or allowed > 2:
        for kind in (k for k in there if k in OVERTAKING):
            yield Property(
                f"an update can be overtaken ({kind.replace('_', ' ')})",
                Possible(At("fabric_controller", "in(updating)") & Can(command(kind))),
                ("R-A1", "R-B1"),
            )
        yield Property(
            "what was stopped can be deployed again",
            Possible(At("user", "in(stopped)") & Can(request("deploy"))),
            ("R-A1", "R-1"),
        )
        replicas = At("rdfe", "in(process.up)") & At("fabric_controller", "in(process.up) and in(updating)")
        in_hand = [
            (At("ffe", f"in(work.translating) and in(process.up) and kind == {kind}") & replicas, Can(command(kind)))
            for kind in there
            if kind in OVERTAKING
        ]
        yield Property(
            "the fabric takes a request that overtakes an update at once, whatever the update is doing",
            Always(everywhere([~due | takes for due, takes in in_hand])),
            ("R-B1", "R-2"),
            witness=anywhere([due for due, _ in in_hand]),
        )
    if allowed is not None and allowed <= MOST_COUNTED:
        yield Property(
            "the user makes no more requests than the bounds of the search say",
            Watched(Component("requests made", _at_most(requests, allowed))),
            ("R-1",),
            witness=At("user", "left == 0"),
        )


def _no_room(network: Network) -> Iterator[Property]:
    """The user gets an answer where there is no pool or no core left (R-2, R-3)."""
    failed = _failed(network)
    if not failed:
        return
    no_cores = tuple(e.name for e in network.events if e.name.endswith("/" + NO_CORES))
    none_found = anywhere([Can(event) for event in no_cores])
    yield Property(
        "the user is told that no pool has room only when FFE found none",
        Watched(Component("no pool", precedence("no_pool", ["no_pool_found"], [NO_POOL], [NO_POOL]))),
        ("R-2", "R-3"),
        witness=Can(NO_POOL),
    )
    yield Property(
        "a deployment that finds no host for an instance is not finished: it is given up, taken back, and the user is "
        "told, all of it for no other reason",
        Watched(Component("given up", _given_up(no_cores))),
        ("R-2", "R-3"),
        witness=Can(ALLOCATION_FAILED),
    )
    yield Property(
        "that there is no host for an instance is an answer to the deployment that the fabric has in hand",
        Never(no_cores, ~At("fabric_controller", "in(deploying)")),
        ("R-3",),
        witness=none_found,
    )
    yield Property(
        "a deployment that is given up is taken back at once",
        Always(~At("fabric_controller", "in(giving_up) and in(process.up)") | Can(WITHDRAWN)),
        ("R-3",),
        witness=none_found,
    )


def _answered(network: Network) -> Iterator[Property]:
    """The user gets an answer in the end."""
    if _failed(network):
        given_up = At("ffe", "in(work.answering)") | At("fabric_controller", "in(giving_up) or in(withdrawing)")
        yield Property(
            "where a deployment finds no room, the user can always get the answer",
            AlwaysCan(At("user", "in(nothing_deployed)"), given_up, unhelped(network)),
            ("R-2", "R-3"),
            witness=given_up,
        )


def _in_hand() -> Iterator[Property]:
    """Between RDFE, FFE and the fabric controller no request is lost, and none is invented."""
    under_way = At("rdfe", "in(operation.under_way) or in(operation.update_under_way)")
    chosen, executed = At("ffe", "not in(work.idle)"), At("fabric_controller", "not in(operation.idle)")
    overtaken = At("fabric_controller", "in(updating) or in(finishing)") & At("rdfe", "not in(operation.idle)")
    yield Property(
        "a request that RDFE has handed over is in the hands of FFE or of the fabric until it is finished",
        Always(~under_way | chosen | executed),
        ("R-A3", "R-A4", "R-1"),
        witness=under_way,
    )
    yield Property(
        "FFE and the fabric controller work only on what RDFE has handed over, and not both at once, but for an update "
        "that is overtaken",
        Always((~chosen | under_way) & (~executed | under_way | overtaken) & (~chosen | ~executed | overtaken)),
        ("R-A3", "R-A4", "R-1"),
        witness=executed,
    )
    walking, hears = At("fabric_controller", "in(updating)"), At("rdfe", "in(operation.update_under_way)")
    yield Property(
        "RDFE takes an operation for an update that can be overtaken when the fabric has begun one, and only then",
        Always((~hears | ~chosen & overtaken) & (~walking | chosen | ~At("rdfe", "in(operation.under_way)"))),
        ("R-A1", "R-B1"),
        witness=hears,
    )


def _replicas(network: Network, chosen: tuple[str, ...] = ()) -> Iterator[Property]:
    """RDFE, FFE and the fabric controller are replicated services: the next replica goes on with what the last one did.

    ``chosen`` are the events of the instances that the fabric controller takes part in.
    """
    there = kinds(network)
    requests, forwards, commands = (tuple(made(k) for k in there) for made in (request, forward, command))
    tells = (update_domain, update_domain_done, configure_domain, configure_domain_done)
    walks = tuple(e for d in range(len(network.events)) for tell in tells if (e := tell(d)) in network.event_index)
    for who, name, events, requirements in (
        ("RDFE", "rdfe", (*requests, "subscription_work_done", *forwards, "operation_finished"), ("R-A1", "R-1")),
        ("FFE", "ffe", (*forwards, "pool_found", *commands), ("R-A3", "R-2")),
        (
            "the fabric controller",
            "fabric_controller",
            (*commands, *walks, UPDATE_STOPS, *chosen, "operation_finished"),
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
        *walks(network, kinds(network)),
        *_no_room(network),
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
    if bounds.requests != 1:
        found.append(recycling_stops(network, kinds(network)))
    for role, number in fabric.instances:
        its = Instance(fabric, role, number)
        placed = (*placing(its), *(() if bounds.requests == 1 else orders_given(its)))
        found += [replace(prop, code=Code.PLACEMENT) for prop in placed]
        beside = list(_waited_for(fabric, its))
        others = " or waits for another instance of the domain" if beside else ""
        goes_on = [its.can(t) for t in TICKS] + [Can(done(d)) for done, d in zip(DONE, its.domains, strict=True)]
        goes_on += [Can(UPDATE_STOPS)]
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
            found.append(replace(its.watched(sentence, chart, ("R-B1", "R-D3"), deliver), code=Code.PLACEMENT))
    in_hand = [
        At(scope(role.name, n) + "placement", f"awaits == package or {STARTING}") for role, n in fabric.instances
    ]
    if len(in_hand) > 1:
        found.append(
            Property(
                "an update works on the instances of one upgrade domain at a time",
                Always(~everywhere([*in_hand, At("fabric_controller", "in(updating)")])),
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


def _request_order(there: Sequence[str], failed: Sequence[str]) -> Statechart:
    """A request goes its way step by step.

    While an update is under way (``updating``) another one may begin its own, until whose hand-over the update may end.
    """
    commands = {kind: command(kind) for kind in there}
    steps = (
        [request(k) for k in there],
        ["subscription_work_done"],
        [forward(k) for k in there],
        ["pool_found"],
        [*commands.values()],
    )
    states = [f"after_{k}" for k in range(len(steps) + 1)]
    overtaking = tuple(request(k) for k in there if k in OVERTAKING)
    rows = []
    for k, step in enumerate(steps[:-1]):
        rows.append(on(tuple(step), states[k], states[k + 1]))
    rows += [
        on(tuple(commands[k] for k in there if k in UPDATES), states[-2], states[-1], then="updating := true"),
        on(tuple(commands[k] for k in there if k not in UPDATES), states[-2], states[-1], then="updating := false"),
        on(overtaking, states[-1], states[1], when="updating"),
        on(overtaking, states[-1], VIOLATED, when="not updating"),
        on(tuple(r for r in steps[0] if r not in overtaking), states[-1], VIOLATED),
        on("operation_finished", states[-1], states[0], then="updating := false"),
        on("operation_finished", (states[1], states[2]), when="updating", then="updating := false"),
        on("operation_finished", (states[1], states[2]), VIOLATED, when="not updating"),
        on("operation_finished", (states[0], states[3], states[4]), VIOLATED),
    ]
    if failed:
        rows += [
            on(NO_POOL, states[3], states[0]),
            on(NO_POOL, (*states[:3], *states[4:]), VIOLATED),
            on(ALLOCATION_FAILED, states[5], states[0], when="not updating"),
            on(ALLOCATION_FAILED, tuple(states[:5]), VIOLATED),
        ]
    for k in range(len(states)):
        others = tuple(e for n, other in enumerate(steps) if n not in (k, 0 if k == len(steps) else k) for e in other)
        rows.append(on(others, states[k], VIOLATED))
    return observer("request_order", states, rows, (Variable.flag("updating"),))


def _deployed_once(ends: Sequence[str]) -> Statechart:
    """Whether the user has a deployment."""
    deploy = request("deploy")
    return observer(
        "deployed_once",
        ("nothing", "deployed"),
        (on(deploy, "nothing", "deployed"), on(deploy, "deployed", VIOLATED), on(tuple(ends), "deployed", "nothing")),
    )


def _one_at_a_time(there: Sequence[str], failed: Sequence[str]) -> Statechart:
    """Whether RDFE may take a request: idle, or an update under way that the request may overtake."""
    requests = tuple(request(k) for k in there)
    overtaking = tuple(request(k) for k in there if k in OVERTAKING)
    return observer(
        "one_at_a_time",
        ("idle", "busy", "updating", "overtaken"),
        (
            on(requests, "idle", "busy"),
            on(requests, ("busy", "overtaken"), VIOLATED),
            on(overtaking, "updating", "overtaken"),
            on(tuple(r for r in requests if r not in overtaking), "updating", VIOLATED),
            on(tuple(forward(k) for k in there if k in OVERTAKING), "overtaken", "busy"),
            on(tuple(command(k) for k in there if k in UPDATES), "busy", "updating"),
            on("operation_finished", ("busy", "updating"), "idle"),
            *((on(tuple(failed), "busy", "idle"),) if failed else ()),
        ),
    )


def _given_up(no_cores: Sequence[str]) -> Statechart:
    """A deployment that finds no host, from then on until the user is told."""
    return observer(
        "given_up",
        ("fine", "due", "taken_back"),
        (
            on(tuple(no_cores), "fine", "due"),
            on(WITHDRAWN, "due", "taken_back"),
            on(ALLOCATION_FAILED, "taken_back", "fine"),
            on((WITHDRAWN, ALLOCATION_FAILED), "fine", VIOLATED),
            on((ALLOCATION_FAILED, "operation_finished"), "due", VIOLATED),
            on((WITHDRAWN, "operation_finished"), "taken_back", VIOLATED),
        ),
    )


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
