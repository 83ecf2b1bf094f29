"""The smallest number of faults that breaks the availability of an endpoint, with the run that breaks it.

Availability: once all instances of a role were in rotation, one of them is.  It is asked twice: while the user asks for
nothing, and while an update walks through the upgrade domains.

*While nothing is asked for.*  Let j be the smallest number of faults of its own by which one instance leaves the
rotation, however often RDFE, FFE or the fabric fail besides; with n instances, n * j faults are needed, since with
fewer some instance has fewer than j, and they are enough, since the run of one instance can be repeated by all.  That
nothing breaks it is said only when one instance was searched with any number of faults and never left.

*During an update* no fault is needed.  The walk goes on when an instance has reported Ready, or was waited for for 30
minutes; in rotation it is only at the next probe.  So all can be out for a moment, one domain after the other, and of
one domain all are out at once.  More is said for the case that each instance is back in rotation before the walk goes
on: then the m instances of one domain are out together, and of the n - m others each needs its j faults; that an
instance without faults leaves the rotation only when its own domain is in hand is a search of its own.

Each number stands on a search (it takes no fewer) and on a run of all instances that replays (it takes no more); where
one of them fails, the number is unknown, and the reason says why.

Left out: faults of several kinds with budgets of their own; other requests than an update.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...model.agents.vocabulary import REQUESTS, request, update_domain, update_domain_done
from ...model.deployment import Deployment, Endpoint, Role
from ...model.engines.explicit import search as explicit
from ...model.network import Component, Network, ReplayError
from ...model.network.path import Path
from ...model.network.statespace import NO_LIMITS, Limits
from ...model.notation.statechart import on
from ...model.notation.terms import Variable
from ...model.workflow import DEFAULT_PLATFORM, Bounds, Faults, Platform, Workflow, scope
from ..catalogue.deployment import availability, kept, record_of, rotation_events
from ..judging.explicit import check
from ..observer import VIOLATED, observer
from ..predicates import At, bind
from ..property import Outcome, Property, Watched
from ..verdict import Verdict

MOST_OF_ITS_OWN = 3
"""Faults of one instance that are tried before any number of them is."""


@dataclass(frozen=True)
class Breaking:
    """What breaks an endpoint's availability.

    ``faults``: the smallest number; None if no number does (``never``) or it is not known.  ``path``: a run of all
    instances of the role that does it.  ``condition``: what the number is said under.
    """

    role: str
    endpoint: str
    instances: int
    location: str
    faults: int | None
    never: bool = False
    path: Path | None = None
    reason: str = ""
    condition: str = ""

    def __str__(self) -> str:
        what = "no number of faults breaks it" if self.never else "not known"
        number = what if self.faults is None else f"smallest k that breaks availability: {self.faults}"
        under = f", {self.condition}" if self.condition else ""
        return f"role {self.role}, endpoint {self.endpoint}{under}: {number} ({self.reason})"


UPDATE = "during an update"
BACK_FIRST = "during an update that goes on only when each instance is back in rotation"


def breaking(
    deployment: Deployment, role: Role, platform: Platform = DEFAULT_PLATFORM, tick: int = 5, limits: Limits = NO_LIMITS
) -> list[Breaking]:
    """What breaks the availability of each public endpoint of a role: without a request, and during an update.

    Endpoints that ignore the role's status keep their instances whatever happens.
    """
    asking = _Asking(deployment, role, platform, tick, limits)
    found = []
    for endpoint in role.input_endpoints:
        if endpoint.ignores_status:
            reason = "it ignores the role's status: its instances are never taken out"
            found.append(asking.said(endpoint, None, never=True, reason=reason))
            continue
        alone, fall = asking.at_rest(endpoint)
        found += [alone, *asking.updating(endpoint, alone, fall)]
    return found


@dataclass(frozen=True)
class _Asking:
    """One role of a deployment, and how it is searched."""

    deployment: Deployment
    role: Role
    platform: Platform
    tick: int
    limits: Limits

    def said(self, endpoint: Endpoint, faults: int | None, **more: object) -> Breaking:
        made = Breaking(self.role.name, endpoint.name, self.role.instances, str(endpoint.location), faults)
        return replace(made, **more)  # type: ignore[arg-type]

    def bounds(self, faults: Faults, requests: int, whole: bool = False) -> Bounds:
        numbers = tuple(range(self.role.instances)) if whole else (0,)
        return Bounds(faults, requests, self.tick, ((self.role.name, numbers),))

    def workflow(self, bounds: Bounds) -> Workflow:
        return Workflow(self.deployment, bounds, self.platform)

    def judged(self, network: Network, prop: Property) -> Verdict:
        [verdict] = check(explicit.explore(network, self.limits, graph=True), [prop])
        return verdict

    def at_rest(self, endpoint: Endpoint) -> tuple[Breaking, Path | None]:
        """The number while the user asks for nothing; and the run of one instance that leaves."""
        n = self.role.instances
        for own in range(MOST_OF_ITS_OWN + 1):
            # As many faults of the service as there can be when each instance has no more than these of its own.
            for service in dict.fromkeys((0, (own + 1) * n - 1)):
                workflow = self.workflow(self.bounds(Faults(own, service=service), 1))
                verdict = self.judged(workflow.network, _of(availability(workflow, self.role), endpoint))
                if verdict.outcome is Outcome.UNKNOWN:
                    return self.said(endpoint, None, reason=verdict.reason), None
                if verdict.outcome is Outcome.VIOLATED and verdict.path is not None:
                    return self._all_leave(endpoint, verdict.path, own, service), verdict.path
        workflow = self.workflow(self.bounds(Faults(1), 1))
        verdict = self.judged(_without_budgets(workflow.network), _of(availability(workflow, self.role), endpoint))
        if verdict.outcome is Outcome.HOLDS and not verdict.vacuous:
            reason = "an instance never leaves the rotation, with any number of faults"
            return self.said(endpoint, None, never=True, reason=reason), None
        return self.said(endpoint, None, reason=f"more than {n * MOST_OF_ITS_OWN}"), None

    def _all_leave(self, endpoint: Endpoint, path: Path, own: int, service: int) -> Breaking:
        n = self.role.instances
        if service:
            reason = f"an instance leaves with {own} faults of its own and up to {service} of the service's"
            return self.said(endpoint, None, reason=f"{reason}; which is the smallest number was not decided")
        whole = self.workflow(self.bounds(Faults(own * n), 1, whole=True))
        run = replayed(whole.network, [e for event in path.events for e in by_all(event, self.role, range(n))])
        if run is None or not self.broken(run, endpoint):
            return self.said(endpoint, None, reason="one instance can leave; whether all can at once was not decided")
        each = _faults_of(path)
        who = "the only instance leaves" if n == 1 else f"each of the {n} instances leaves"
        return self.said(endpoint, own * n, path=run, reason=f"{who}: {', '.join(each) or 'without a fault'}")

    def updating(self, endpoint: Endpoint, alone: Breaking, fall: Path | None) -> list[Breaking]:
        """The numbers during an update: as it is, and if each instance is back before the walk goes on."""
        domains = self.domains()
        workflow = self.workflow(self.bounds(Faults(0), 2))
        network = workflow.network
        taken = self.judged(network, self._walked(workflow, endpoint, "taken"))
        if alone.never or taken.outcome is not Outcome.VIOLATED or taken.path is None:
            reason = taken.reason or "an update takes no instance out of rotation"
            never = taken.outcome is Outcome.HOLDS and not taken.vacuous and alone.never
            return [self.said(endpoint, None, never=never, reason=reason, condition=UPDATE)]
        if len(domains) == 1:
            run = self._walk(taken.path, domains, Faults(0))
            reason = "the only instance is restarted" if self.role.instances == 1 else "all instances are one domain"
            return [self._shown(endpoint, 0, run, reason, UPDATE)]
        early = self.judged(network, self._walked(workflow, endpoint, "early"))
        found = []
        if early.path is not None:
            run = self._walk(early.path, domains, Faults(0))
            ready = any(e.endswith("/report_ready") for e in early.path.events[_last(early.path, update_domain(0)) :])
            why = (
                "the walk goes on before an instance that is Ready was probed"
                if ready
                else "a start takes over 30 minutes"
            )
            found.append(self._shown(endpoint, 0, run, why, UPDATE))
        else:
            found.append(self.said(endpoint, None, reason=early.reason, condition=UPDATE))
        if fall is None or alone.faults is None:
            return found
        own = alone.faults // self.role.instances
        others = self.role.instances - len(domains[0])
        number = others * own
        guarded = self.workflow(self.bounds(Faults(own - 1, service=number), 2))
        left = self.judged(guarded.network, self._walked(guarded, endpoint, "left"))
        if left.outcome is not Outcome.HOLDS or left.vacuous:
            found.append(self.said(endpoint, None, reason=left.reason, condition=BACK_FIRST))
            return found
        run = self._walk(taken.path, domains[:1], Faults(number), self._tail(fall, endpoint))
        reason = f"{len(domains[0])} in hand, and {others} with {', '.join(_faults_of(fall))}"
        found.append(self._shown(endpoint, number, run, reason, BACK_FIRST))
        return found

    def _shown(self, endpoint: Endpoint, faults: int, run: Path | None, reason: str, condition: str) -> Breaking:
        if run is None or not self.broken(run, endpoint):
            reason = f"{faults} for one instance; no run of all instances was found ({reason})"
            return self.said(endpoint, None, reason=reason, condition=condition)
        return self.said(endpoint, faults, path=run, reason=reason, condition=condition)

    def domains(self) -> list[list[int]]:
        """The instances of each upgrade domain in use, in the order of the walk, the largest first where it can be."""
        count = self.deployment.upgrade_domain_count
        found: dict[int, list[int]] = {}
        for n in range(self.role.instances):
            found.setdefault(self.role.upgrade_domain(n, count), []).append(n)
        return [found[d] for d in sorted(found)]

    def _walked(self, workflow: Workflow, endpoint: Endpoint, what: str) -> Property:
        """An observer of one instance in an update.  ``taken``: it leaves while its domain is in hand; ``early``: its
        domain is done while it is out; ``left``: it leaves though its domain is not in hand and it was back."""
        here = scope(self.role.name, 0)
        enter, leave = rotation_events(self.role, endpoint, here)
        others = tuple(request(k) for k in REQUESTS if k not in ("deploy", "update_package"))
        tell, done = update_domain(0), update_domain_done(0)
        rows = [
            on(others, ("serving", "hand"), "asked"),
            on(others, "filling", "asked"),
            on(enter, "filling", "serving"),
            on(tell, "serving", "hand", then="" if what == "taken" else "place := still_in"),
        ]
        if what == "taken":
            rows += [on(leave, "hand", VIOLATED), on(done, "hand", "serving")]
        else:
            rows += [
                on(leave, "hand", then="place := out"),
                on(enter, "hand", when="place == out", then="place := back"),
                # An instance that is done without having left was waited for in vain: it has its restart to come.
                on(done, "hand", "serving", when="place == back"),
                on(done, "hand", VIOLATED if what == "early" else "asked", when="place == out"),
                on(done, "hand", "asked", when="place == still_in"),
            ]
        states = ["filling", "serving", "hand", "asked"]
        if what == "left":
            # It may come into the rotation when its domain is in hand already.
            states.append("filling_in_hand")
            rows += [
                on(leave, "serving", VIOLATED),
                on(others, "filling_in_hand", "asked"),
                on(tell, "filling", "filling_in_hand"),
                on(done, "filling_in_hand", "asked"),
                on(enter, "filling_in_hand", "hand", then="place := still_in"),
            ]
        variables = [] if what == "taken" else [Variable.choice("place", "still_in", "out", "back")]
        chart = observer(f"{what}_in_an_update", states, rows, variables)
        return Property(f"{self.role.name}: {what}", Watched(Component(f"{endpoint.name} {chart.name}", chart)))

    def _walk(
        self, path: Path, domains: Sequence[Sequence[int]], faults: Faults, tail: Sequence[str] = ()
    ) -> Path | None:
        """The update of one instance done by domain after domain; then a tail by the instances of all others."""
        begin = _last(path, update_domain(0))
        everyone = range(self.role.instances)
        events = [e for event in path.events[:begin] for e in by_all(event, self.role, everyone)]
        for d, members in enumerate(domains):
            for event in path.events[begin:]:
                if event in (update_domain(0), update_domain_done(0)):
                    last = d == len(domains) - 1
                    if not (last and event == update_domain_done(0)):
                        events.append(event.replace("_domain_0", f"_domain_{d}"))
                else:
                    events += by_all(event, self.role, members)
        inside = {n for members in domains for n in members}
        for n in everyone:
            if n not in inside:
                events += [e for event in tail for e in by_all(event, self.role, [n])]
        bounds = self.bounds(faults, 2, whole=True)
        return replayed(self.workflow(bounds).network, events)

    def _tail(self, fall: Path, endpoint: Endpoint) -> list[str]:
        """What one instance does from its entry into the rotation to its leaving."""
        here = scope(self.role.name, 0)
        enter, _ = rotation_events(self.role, endpoint, here)
        return [e for e in fall.events[_last(fall, enter) + 1 :] if e.startswith(here)]

    def broken(self, run: Path, endpoint: Endpoint) -> bool:
        """Whether a run breaks the availability of an endpoint."""
        return all_left(run, self.role, endpoint)


def _of(properties: Sequence[Property], endpoint: Endpoint) -> Property:
    return next(p for p in properties if p.name == kept(endpoint))


def _without_budgets(network: Network) -> Network:
    """The network with any number of faults."""
    kept_ones = tuple(c for c in network.components if not c.name.startswith("fault_budget"))
    bounds = (("faults", "any number"), *network.bounds[1:])
    return replace(network, components=kept_ones, bounds=bounds)


def by_all(event: str, role: Role, numbers: Sequence[int]) -> list[str]:
    """An event of the first instance of a role, done by others; an event of the service as it is.

    >>> from goalstate.model.deployment import RoleKind
    >>> by_all("R_IN_0/run_invoked", Role("R", RoleKind.WORKER, instances=2), [0, 1])
    ['R_IN_0/run_invoked', 'R_IN_1/run_invoked']
    """
    here = scope(role.name, 0)
    return [scope(role.name, n) + event.removeprefix(here) for n in numbers] if event.startswith(here) else [event]


def all_left(run: Path, role: Role, endpoint: Endpoint) -> bool:
    """Whether all instances of a role are in rotation in some state of a run, and none in the last one."""
    record = record_of(role, endpoint)
    bound = [bind(At(scope(role.name, n) + record, "in(in_rotation)"), run.network) for n in range(role.instances)]
    return any(all(b.of(s) for b in bound) for s in run.states) and not any(b.of(run.last) for b in bound)


def replayed(network: Network, events: Sequence[str]) -> Path | None:
    """A run of a network; None if it can't happen."""
    try:
        return Path.replay(network, events)
    except ReplayError:
        return None


def _faults_of(path: Path) -> list[str]:
    known = path.network.event_index
    kinds = (path.network.events[known[e]].fault for e in path.events)
    return [kind for kind in kinds if kind]


def _last(path: Path, event: str) -> int:
    """The place of an event on a path, the last one of it."""
    return max(k for k, e in enumerate(path.events) if e == event)
