"""The walks over the upgrade domains: of an update, of a rollback, and of a configuration change (R-B1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ....model.agents.vocabulary import (
    RECYCLES,
    UPDATE_STOPS,
    command,
    configure_domain,
    configure_domain_done,
    update_domain,
    update_domain_done,
)
from ....model.network import Component, Network
from ....model.notation.statechart import Statechart, Transition, on
from ....model.notation.terms import Variable
from ...observer import VIOLATED, observer, precedence
from ...predicates import Can
from ...property import Property, Watched

Domain = Callable[[int], str]


def walks(network: Network, there: Sequence[str]) -> Iterator[Property]:
    """What is true of each walk; ``there``: the kinds of request that the network knows."""
    known = network.event_index
    for what, kind, tell, done in (
        ("an update", "update_package", update_domain, update_domain_done),
        ("a configuration change", "change_configuration", configure_domain, configure_domain_done),
    ):
        domains = sum(tell(d) in known for d in range(len(known)))
        chart = _walk(kind, tell, done, domains, there)
        yield Property(
            f"{what} walks all upgrade domains, one after the other, and is over when the last one is done",
            Watched(Component(f"{kind} walk", chart)),
            ("R-B1", "R-2"),
            witness=Can(done(domains - 1)),
        )
        again = [command(k) for k in (kind, "rollback") if k in ("change_configuration", *there)]
        for d in range(1, domains):
            chart = precedence("domain_in_turn", [done(d - 1)], [tell(d)], ["operation_finished", *again])
            yield Property(
                f"{what} comes to an upgrade domain only when the domain before it is done",
                Watched(Component(f"{tell(d)} in turn", chart)),
                ("R-B1",),
                subject=f"upgrade domain {d}",
                witness=Can(tell(d)),
            )


def recycling_stops(network: Network, there: Sequence[str]) -> Property:
    """When an update stops; of a network in which a role may recycle during one."""
    domains = sum(update_domain(d) in network.event_index for d in range(len(network.event_index)))
    recycles = tuple(e.name for e in network.events if e.name.endswith("/" + RECYCLES))
    return Property(
        "an update stops when an instance of the domain that is waited for has recycled too often, and only then",
        Watched(Component("recycling stops", _recycling(recycles, domains, there))),
        ("R-B1",),
        witness=Can(UPDATE_STOPS),
    )


def _recycling(recycles: tuple[str, ...], domains: int, there: Sequence[str]) -> Statechart:
    """What may come when an instance has recycled too often: the end of the update, or a request that overtakes it.

    In the last domain a rollback comes too late, and changes nothing.
    """
    end = domains - 1
    told = tuple(update_domain(d) for d in range(end))
    done = tuple(update_domain_done(d) for d in range(domains))
    waiting, failing = ("waiting_for_last", "waiting")[:domains], ("failing_in_last", "failing")[:domains]
    overtaking = tuple(command(k) for k in ("update_package", "stop", "delete") if k in there)
    rollback = (on(command("rollback"), ("waiting", "failing"), "quiet"),) if "rollback" in there and end else ()
    return observer(
        "recycling",
        ("quiet", *waiting, *failing),
        (
            *((on(told, "quiet", "waiting"),) if end else ()),
            on(update_domain(end), "quiet", "waiting_for_last"),
            on(done, waiting, "quiet"),
            *(on(recycles, before, after) for before, after in zip(waiting, failing, strict=True)),
            on(UPDATE_STOPS, failing, "quiet"),
            on(overtaking, (*waiting, *failing), "quiet"),
            *rollback,
            on((*recycles, UPDATE_STOPS), "quiet", VIOLATED),
            on(UPDATE_STOPS, waiting, VIOLATED),
            on((*recycles, *told, update_domain(end), *done, "operation_finished"), failing, VIOLATED),
        ),
    )


def _walk(kind: str, tell: Domain, done: Domain, domains: int, there: Sequence[str]) -> Statechart:
    """The walk of one operation: the domains in their order, each done before the next, and all of them.

    An update may be overtaken: a new one begins with domain 0 at once, a stop or a delete ends the walk, and a rollback
    walks the domains that have come to the new package, if there is one that has not.
    """
    stopped = ("stopped",) if kind == "update_package" else ()
    anywhere = ("quiet", "telling", "waiting", "walked", *stopped)
    end = domains - 1
    back = kind == "update_package" and "rollback" in there
    rows = [
        on(command(kind), anywhere, "telling", then="domain := 0" + (f"; last := {end}" if back else "")),
        on("operation_finished", ("telling", "waiting", *stopped), VIOLATED),
        on("operation_finished", "walked", "quiet"),
    ]
    if kind == "update_package":
        ending = tuple(command(k) for k in ("stop", "delete") if k in there)
        rows += [on(ending, anywhere, "quiet"), on(UPDATE_STOPS, "waiting", "stopped")]
        rows.append(on(UPDATE_STOPS, ("quiet", "telling", "walked", "stopped"), VIOLATED))
    for d in range(domains):
        last = "always" if d == end else f"last == {d}" if back else ""
        rows += [
            on(tell(d), "telling", "waiting", when=f"domain == {d}"),
            on(tell(d), "telling", VIOLATED, when=f"domain != {d}"),
            on(tell(d), ("quiet", "waiting", "walked", *stopped), VIOLATED),
            *_done(done(d), d, last),
            on(done(d), "waiting", VIOLATED, when=f"domain != {d}"),
            on(done(d), ("quiet", "telling", "walked", *stopped), VIOLATED),
        ]
    if back:
        rows += _back(domains)
    if domains == 1:
        # With one domain there is no other to be told or done.
        rows = [row for row in rows if "!= 0" not in row.when]
    variables = [Variable.counter("domain", 0, max(end, 1))]
    if back:
        variables.append(Variable.counter("last", 0, max(end, 1), end))
    return observer(f"{kind}_walk", anywhere, rows, variables)


def _done(event: str, domain: int, last: str) -> Iterator[Transition]:
    """A domain is done: on to the next, or it was the last (a guard, ``always``, or empty for never)."""
    here = f"domain == {domain}"
    if last:
        when = here if last == "always" else f"{here} and {last}"
        yield on(event, "waiting", "walked", when=when, then="domain := 0")
    if last != "always":
        more = f"{here} and {last.replace('==', '!=')}" if last else here
        yield on(event, "waiting", "telling", when=more, then=f"domain := {domain + 1}")


def _back(domains: int) -> Iterator[Transition]:
    rollback = command("rollback")
    yield on(rollback, ("quiet", "walked"), "walked")
    yield on(rollback, "telling", "walked", when="domain == 0", then=f"last := {domains - 1}")
    for d in range(domains - 1):
        again = f"domain := 0; last := {d}"
        yield on(rollback, ("waiting", "stopped"), "telling", when=f"domain == {d}", then=again)
        yield on(rollback, "telling", when=f"domain == {d + 1}", then=again)
