"""The fabric controller: maintains and monitors the resources of the data centre (R-B1) and executes FFE's commands.

It is two charts, so that neither grows with the number of instances: this one for the operation as a whole, and a
placement record per instance (``placement``), which is the controller's own memory of that instance.

* Deploying and stopping reach all records at once; the operation is over when each record has done its part.
* A new package goes from one upgrade domain to the next: the domain is told, and the next one follows when each
  instance of it is started again, or after 30 minutes, which the record counts.  A configuration change walks in the
  same way, unless the definition says topologyChangeDiscovery="Blast": then all instances are one domain.
* Reboot and reimage are for one instance, which the user names.

The controller is a replicated service: when its process dies, another replica continues its work.

Left out: the walk of host and guest OS updates (the same walk, started by the platform), rollback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..notation.statechart import State, Statechart, Transition, does, on, refuses
from ..notation.terms import Variable
from .vocabulary import REQUESTS, command, configure_domain, configure_domain_done, update_domain, update_domain_done


def fabric_controller(update_domains: int, configure_domains: int, instances: Sequence[str]) -> Statechart:
    """The controller of a deployment whose upgrade domains and instance scopes (such as ``Web_IN_0/``) are given."""
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
    commands = tuple(command(k) for k in REQUESTS)
    walk = (State("telling"), State("waiting"))
    return Statechart(
        "fabric_controller",
        (
            State("process", (State("up"), State("down")), "up"),
            State(
                "operation",
                (
                    State("idle"),
                    State("all_instances", says="deploying or stopping: every placement record does its part"),
                    State("updating", walk, "telling"),
                    State("configuring", walk, "telling"),
                    State("rebooting"),
                    State("reimaging"),
                    State("finishing"),
                ),
                "idle",
            ),
        ),
        parallel=True,
        variables=(Variable.counter("domain", 0, max(update_domains, configure_domains) - 1),),
        rows=(
            on(
                (command("deploy"), command("stop")),
                "idle",
                "all_instances",
                realises=("R-2", "R-B1"),
                says="the fabric controller takes the command and passes it to every placement record",
            ),
            on(command("update_package"), "idle", "updating", realises=("R-2",), says="an update walks the domains"),
            on(
                command("change_configuration"),
                "idle",
                "configuring",
                realises=("R-2",),
                says="a configuration change walks the domains",
            ),
            on(command("reboot"), "idle", "rebooting", realises=("R-2",), says="one instance is to be rebooted"),
            on(command("reimage"), "idle", "reimaging", realises=("R-2",), says="one instance is to be reimaged"),
            *_walk("updating", update_domain, update_domain_done, update_domains),
            *_walk("configuring", configure_domain, configure_domain_done, configure_domains),
            on(chosen["reboot"], "rebooting", "finishing", says="the record of that instance has the order"),
            on(chosen["reimage"], "reimaging", "finishing", says="the record of that instance has the order"),
            refuses(
                chosen["reboot"],
                ("idle", "all_instances", "updating", "configuring", "reimaging", "finishing"),
                says="nobody asked for a reboot",
            ),
            refuses(
                chosen["reimage"],
                ("idle", "all_instances", "updating", "configuring", "rebooting", "finishing"),
                says="nobody asked for a reimage",
            ),
            does(
                "operation_finished",
                ("all_instances", "finishing"),
                "idle",
                says="every placement record has done its part of the operation",
            ),
            does("fabric_controller_crashes", "up", "down", fault="fabric_crash", says="the controller's process dies"),
            does("fabric_controller_fails_over", "down", "up", says="another replica becomes master and goes on"),
            refuses(
                (*commands, *walks, *chosen["reboot"], *chosen["reimage"], "operation_finished"),
                "down",
                says="no operation moves until a replica has become master",
            ),
        ),
    )


def _walk(state: str, tell: Callable[[int], str], done: Callable[[int], str], domains: int) -> Iterator[Transition]:
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
        yield does(
            done(d),
            f"{state}.waiting",
            "finishing" if last else f"{state}.telling",
            when=f"domain == {d}",
            then=f"domain := {0 if last else d + 1}",
            realises=("R-B1",),
            says=f"every instance of upgrade domain {d} has started again or was waited for long enough",
        )
