"""The fabric controller: maintains and monitors the resources of the data centre (R-B1) and executes FFE's commands.

It is two charts, so that neither grows with the number of instances: this one for the operation as a whole, and a
placement record per instance (``placement``), which is the controller's own memory of that instance.

* Deploying and stopping reach all records at once; the operation is over when each record has done its part.
* A new package goes from one upgrade domain to the next: the domain is told, and the next one follows when each
  instance of it is started again, or after 30 minutes, which the record counts.  A configuration change walks in the
  same way, unless the definition says topologyChangeDiscovery="Blast": then all instances are one domain.
* An update can be overtaken.  A stop or a delete ends it.  A new update begins with domain 0 at once.  A rollback puts
  the package of before back in the domains that have come to the new one, as long as there is one that has not.
* Instances that recycle again and again with the new package stop the update until then.
* Reboot and reimage are for one instance, which the user names.

The controller is a replicated service: when its process dies, another replica continues its work.

Sources: the workflow document, B and step 3; Microsoft, "Update an Azure cloud service", for the walk, for what may
overtake it and for the rollback; the error UpdateDeploymentRoleRecycleThresholdReached, whose threshold is not public:
any number of recycles from one on.

Left out: the order in which a rollback comes to the domains, which no source gives: here that of the update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..notation.statechart import State, Statechart, Transition, does, on, refuses
from ..notation.terms import Variable
from .vocabulary import (
    ALLOCATION_FAILED,
    NO_CORES,
    RECYCLES,
    REQUESTS,
    UPDATE_STOPS,
    WITHDRAWN,
    command,
    configure_domain,
    configure_domain_done,
    update_domain,
    update_domain_done,
)


def fabric_controller(
    update_domains: int,
    configure_domains: int,
    instances: Sequence[str],
    kinds: tuple[str, ...] = REQUESTS,
    *,
    refusable: bool = False,
) -> Statechart:
    """The controller of a deployment whose upgrade domains and instance scopes (such as ``Web_IN_0/``) are given, for
    commands of these kinds; ``refusable``: there may be no host for an instance."""
    no_cores = tuple(f"{i}{NO_CORES}" for i in instances) if refusable else ()
    refusing = (State("giving_up"), State("withdrawing", says="what was placed is taken back")) if refusable else ()
    failing_events = (*no_cores, WITHDRAWN, ALLOCATION_FAILED) if refusable else ()
    recycling = tuple(f"{i}{RECYCLES}" for i in instances)
    rollback = "rollback" in kinds
    chosen = {kind: tuple(f"{i}chosen_for_{kind}" for i in instances) for kind in ("reboot", "reimage")}
    walks = tuple(
        event(d)
        for events, domains in (
            ((update_domain, update_domain_done), update_domains),
            ((configure_domain, configure_domain_done), configure_domains),
        )
        for event in events
        for d in range(domains)
    )
    commands = tuple(command(k) for k in kinds)
    walk = (State("telling"), State("waiting"))
    failing = (State("failing"), State("stopped", says="until the user acts"))
    overtaken = ("idle", "updating", "finishing")
    others = ("configuring", "rebooting", "reimaging", "finishing")
    all_domains = f"; last := {update_domains - 1}" if rollback else ""
    return Statechart(
        "fabric_controller",
        (
            State("process", (State("up"), State("down")), "up"),
            State(
                "operation",
                (
                    State("idle"),
                    State("deploying", says="every placement record looks for a host and starts its instance there"),
                    State("stopping", says="every placement record stops its instance, or gives its host up"),
                    State("updating", (*walk, *failing), "telling"),
                    State("configuring", walk, "telling"),
                    State("rebooting"),
                    State("reimaging"),
                    State("finishing"),
                    *refusing,
                ),
                "idle",
            ),
        ),
        parallel=True,
        variables=(
            Variable.counter("domain", 0, max(update_domains, configure_domains) - 1),
            *((Variable.counter("last", 0, update_domains - 1, update_domains - 1),) if rollback else ()),
        ),
        rows=(
            on(
                command("deploy"),
                "idle",
                "deploying",
                realises=("R-2", "R-B1"),
                says="the fabric controller takes the command and passes it to every placement record",
            ),
            on(
                tuple(command(k) for k in ("stop", "delete") if k in kinds),
                overtaken,
                "stopping",
                then="domain := 0" + all_domains,
                realises=("R-2", "R-B1"),
                says="it passes the command to every placement record; an update that is under way is over",
            ),
            on(
                command("update_package"),
                overtaken,
                "updating",
                then="domain := 0" + all_domains,
                realises=("R-2",),
                says="an update walks the domains; it begins at once, whether or not one is under way",
            ),
            *(_rolling_back(update_domains) if rollback else ()),
            on(
                command("change_configuration"),
                "idle",
                "configuring",
                realises=("R-2",),
                says="a configuration change walks the domains",
            ),
            on(command("reboot"), "idle", "rebooting", realises=("R-2",), says="one instance is to be rebooted"),
            on(command("reimage"), "idle", "reimaging", realises=("R-2",), says="one instance is to be reimaged"),
            *(_giving_up(no_cores, others) if refusable else ()),
            *_walk("updating", update_domain, update_domain_done, update_domains, rolls_back=rollback),
            *_walk("configuring", configure_domain, configure_domain_done, configure_domains),
            on(
                recycling,
                "updating.waiting",
                "updating.failing",
                realises=("R-B1",),
                says="an instance of the domain recycles with its new package",
            ),
            refuses(
                recycling,
                (
                    "idle",
                    "deploying",
                    "stopping",
                    "updating.telling",
                    *(f"updating.{s.name}" for s in failing),
                    *others,
                ),
                says="only the domain that is waited for is judged",
            ),
            does(
                UPDATE_STOPS,
                "updating.failing",
                "updating.stopped",
                realises=("R-B1",),
                says="the update stops until the user rolls it back, updates again, stops or deletes the service",
            ),
            on(chosen["reboot"], "rebooting", "finishing", says="the record of that instance has the order"),
            on(chosen["reimage"], "reimaging", "finishing", says="the record of that instance has the order"),
            refuses(
                chosen["reboot"],
                (
                    "idle",
                    "deploying",
                    "stopping",
                    "updating",
                    "configuring",
                    "reimaging",
                    "finishing",
                    *(s.name for s in refusing),
                ),
                says="nobody asked for a reboot",
            ),
            refuses(
                chosen["reimage"],
                (
                    "idle",
                    "deploying",
                    "stopping",
                    "updating",
                    "configuring",
                    "rebooting",
                    "finishing",
                    *(s.name for s in refusing),
                ),
                says="nobody asked for a reimage",
            ),
            does(
                "operation_finished",
                ("deploying", "stopping", "finishing"),
                "idle",
                says="every placement record has done its part of the operation",
            ),
            does("fabric_controller_crashes", "up", "down", fault="fabric_crash", says="the controller's process dies"),
            does("fabric_controller_fails_over", "down", "up", says="another replica becomes master and goes on"),
            refuses(
                (
                    *commands,
                    *walks,
                    *recycling,
                    *failing_events,
                    UPDATE_STOPS,
                    *chosen["reboot"],
                    *chosen["reimage"],
                    "operation_finished",
                ),
                "down",
                says="no operation moves until a replica has become master",
            ),
        ),
    )


def _giving_up(no_cores: tuple[str, ...], others: tuple[str, ...]) -> Iterator[Transition]:
    yield on(
        no_cores,
        "deploying",
        "giving_up",
        realises=("R-3",),
        says="there is no host with free cores for an instance, and none to spin up",
    )
    yield refuses(
        no_cores,
        ("idle", "stopping", "updating", *others),
        says="nobody waits for an answer: the record goes on looking",
    )
    yield refuses(no_cores, ("giving_up", "withdrawing"), says="the deployment is given up already")
    yield does(WITHDRAWN, "giving_up", "withdrawing", realises=("R-3",), says="the whole deployment is given up")
    yield does(
        ALLOCATION_FAILED,
        "withdrawing",
        "idle",
        realises=("R-2", "R-3"),
        says="everything is taken back: the user is told that there is no room",
    )


def _rolling_back(domains: int) -> Iterator[Transition]:
    for d in range(domains):
        told = ("updating.waiting", "updating.failing", "updating.stopped")
        if d < domains - 1:
            yield on(
                command("rollback"),
                told,
                "updating.telling",
                when=f"domain == {d}",
                then=f"domain := 0; last := {d}",
                says="the domains that have come to the new package get the one of before",
            )
        yield on(
            command("rollback"),
            "updating.telling",
            "updating.telling" if d else "finishing",
            when=f"domain == {d}",
            then=f"domain := 0; last := {d - 1 if d else domains - 1}",
            says="the domains that have come to the new package get the one of before",
        )
    yield on(
        command("rollback"),
        ("updating.waiting", "updating.failing", "updating.stopped"),
        when=f"domain == {domains - 1}",
        says="too late: no domain has the package of before",
    )
    yield on(command("rollback"), ("idle", "finishing"), "finishing", says="there is no update to roll back")


def _walk(
    state: str, tell: Callable[[int], str], done: Callable[[int], str], domains: int, *, rolls_back: bool = False
) -> Iterator[Transition]:
    for d in range(domains):
        last = d == domains - 1
        yield does(
            tell(d),
            f"{state}.telling",
            f"{state}.waiting",
            when=f"domain == {d}",
            realises=("R-B1",),
            says=f"the instances of upgrade domain {d} are told; the others keep running",
        )
        over = "started again or was waited for long enough"
        yield does(
            done(d),
            f"{state}.waiting",
            "finishing" if last else f"{state}.telling",
            when=f"domain == {d} and last > {d}" if rolls_back and not last else f"domain == {d}",
            then=f"domain := {0 if last else d + 1}",
            realises=("R-B1",),
            says=f"every instance of upgrade domain {d} has {over}",
        )
        if rolls_back and not last:
            yield does(
                done(d),
                f"{state}.waiting",
                "finishing",
                when=f"domain == {d} and last == {d}",
                then=f"domain := 0; last := {domains - 1}",
                realises=("R-B1",),
                says=f"every instance of upgrade domain {d} has {over}; the others have kept the package of before",
            )
