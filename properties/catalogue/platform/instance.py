"""One instance of a role: the terms in which its properties are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ....model.agents.vocabulary import GUEST_DOWN, GUEST_ENDS, STACK_DOWN
from ....model.deployment import Role, RoleKind
from ....model.instance import AGENTS, noticed_deaths, rapid_fail, requests_to
from ....model.network import Component, Network
from ....model.notation.statechart import Statechart
from ....model.workflow import Fabric, Workflow, scope
from ...observer import once, precedence
from ...predicates import At, Can, Predicate, anywhere
from ...property import Always, AlwaysCan, Claim, Lacks, Never, Possible, Property, Watched

END_OF_START = (*STACK_DOWN, *GUEST_DOWN)
WIPED = ("restart_guest_no_contact", "reimage_guest", *GUEST_ENDS)
"""The disk of the guest, with what was installed on it, is gone."""

UNASKED = ("no_w3wp_to_ask", "w3wp_cancels_change")
"""Nobody listens to Changing in w3wp, or its handler cancels at once."""

HOSTS = {
    RoleKind.WORKER: ("worker_host", "start_worker_host", ("R-9", "R-9.1", "R-I1")),
    RoleKind.HWC_WEB: ("web_host", "start_web_host", ("R-9", "R-9.2", "R-J1")),
    RoleKind.FULL_IIS_WEB: ("iis_host", "start_iis_host", ("R-9", "R-9.3", "R-K1")),
}
"""Component, start event and requirements of the host process of each kind of role."""


def in_ticks(prop: Property, minutes: int) -> Property:
    """A property whose sentence speaks of minutes says what was counted, where a tick is longer than a minute.

    >>> from goalstate.properties.property import NoDeadlock
    >>> in_ticks(Property("it takes 10 minutes", NoDeadlock()), 5).name
    'it takes 10 minutes (counted in steps of 5 minutes)'
    """
    if minutes == 1 or "minute" not in prop.name:
        return prop
    return replace(prop, name=prop.name + counted_in(minutes), general=prop.in_general)


def counted_in(minutes: int) -> str:
    """What is said of a sentence that was checked with longer ticks."""
    return f" (counted in steps of {minutes} minutes)"


def unhelped(network: Network) -> frozenset[str]:
    """The user's requests and the faults: a recovery by the platform alone uses none of them."""
    return frozenset(e.name for e in network.events if e.fault or network.components[e.sender].name == "user")


@dataclass(frozen=True)
class Instance:
    """One instance of a role in a workflow, or in the fabric alone: the terms in which its properties are written."""

    workflow: Workflow | Fabric
    role: Role
    number: int

    @property
    def here(self) -> str:
        """The prefix of the instance's events and components."""
        return scope(self.role.name, self.number)

    @property
    def domains(self) -> tuple[int, int]:
        """Its places in the walk of an update, and in that of a configuration change."""
        return self.workflow.domains(self.role, self.number)

    @property
    def host(self) -> str:
        """The component of the host process."""
        return HOSTS[self.role.kind][0]

    @property
    def start_host(self) -> str:
        """The event that starts the host process."""
        return HOSTS[self.role.kind][1]

    @property
    def full_iis(self) -> bool:
        """Whether the role is a full-IIS web role."""
        return self.role.kind is RoleKind.FULL_IIS_WEB

    @property
    def events_in_w3wp(self) -> bool:
        """Whether w3wp subscribed to RoleEnvironment events."""
        return self.full_iis and self.workflow.platform.role_events != "entry_point"

    @property
    def events_in_host(self) -> bool:
        """Whether the entry point subscribed to RoleEnvironment events."""
        return not self.full_iis or self.workflow.platform.role_events != "w3wp"

    @property
    def rapid_fail(self) -> bool:
        """Whether IIS may disable the AppPool of the instance."""
        return self.full_iis and bool(requests_to(self.role)) and rapid_fail(self.workflow.bounds)

    @property
    def without_w3wp(self) -> Predicate:
        """No w3wp runs: there is no site, it has not been asked for anything, or its AppPool is disabled."""
        disabled = " or in(disabled) or in(failing)" if self.rapid_fail else ""
        return self.at("w3wp", "in(no_site) or in(site)" + disabled)

    @property
    def asked(self) -> tuple[str, ...]:
        """The events in which the role is asked about a change first."""
        return ("changing_raised",) if self.events_in_host else ("changing_raised_in_w3wp", *UNASKED)

    @property
    def told(self) -> tuple[str, ...]:
        """The events in which the role is told first that a change was applied."""
        return ("changed_raised",) if self.events_in_host else ("changed_raised_in_w3wp", "no_w3wp_to_tell")

    @property
    def deaths(self) -> tuple[str, ...]:
        """The deaths of background tasks for which the bootstrapper exits."""
        restarts = self.workflow.platform.dead_background_task == "restart"
        return tuple(noticed_deaths(self.role)) if restarts else ()

    @property
    def stays_in_rotation(self) -> bool:
        """Whether the instance, once in rotation, stays there whatever a probe finds."""
        return self.workflow.platform.single_instance == "stays_in_rotation" and self.role.instances == 1

    def meets_request(self, kind: str) -> bool:
        """Whether the bounds allow such a fault after a second request: else a claim about both would be vacuous."""
        return self.workflow.bounds.requests != 1 and self.workflow.bounds.faults.allow(kind)

    def at(self, component: str, condition: str) -> Predicate:
        """A predicate on one of the instance's agents."""
        return At(self.here + component, condition)

    def can(self, event: str) -> Predicate:
        """One of the instance's events can happen."""
        return Can(self.here + event)

    def events(self, *names: str) -> tuple[str, ...]:
        """Events of the instance, by the network's names."""
        return tuple(self.here + n for n in names)

    def short(self, component: Component) -> str:
        """The name of one of the instance's agents, without its scope."""
        return component.name.removeprefix(self.here)

    def short_event(self, event: str) -> str:
        """The name of one of the instance's events, without its scope."""
        return event.removeprefix(self.here)

    def claim(
        self, sentence: str, claim: Claim, requirements: Sequence[str], witness: Predicate | None = None
    ) -> Property:
        """A property of the instance; the witness is a state without which the claim would say nothing."""
        return Property(sentence, claim, tuple(requirements), subject=self.here.rstrip("/"), witness=witness)

    def never(
        self, sentence: str, events: Sequence[str], when: Predicate, requirements: Sequence[str], witness: str = ""
    ) -> Property:
        """An event that never happens in some states; the witness is, unless given, that the event does happen."""
        possible = self.can(witness) if witness else anywhere([self.can(e) for e in events])
        return self.claim(sentence, Never(self.events(*events), when), requirements, possible)

    def watched(self, sentence: str, chart: Statechart, requirements: Sequence[str], witness: str) -> Property:
        """A rule that an observer watches; the witness is an event that must be possible."""
        known = self.workflow.network.event_index
        # The service's own events, and those of agents that this kind of role does not have.
        shared = frozenset(e for e in chart.alphabet if self.here + e not in known)
        absent = frozenset(e for e in shared if e not in known)
        watched = Watched(Component(self.here + chart.name, chart, self.here, shared), absent)
        return self.claim(sentence, watched, requirements, self.can(witness))

    def precedes(
        self,
        sentence: str,
        first: Sequence[str],
        then: Sequence[str],
        since: Sequence[str],
        requirements: Sequence[str],
        witness: str = "",
    ) -> Property:
        """``then`` never happens before ``first``, counted anew from ``since``."""
        name = f"{first[0]}_before_{then[0]}"
        return self.watched(sentence, precedence(name, first, then, since), requirements, witness or then[0])

    def only_once(
        self, sentence: str, events: Sequence[str], since: Sequence[str], requirements: Sequence[str], witness: str = ""
    ) -> Property:
        """One of ``events`` happens at most once, counted anew from ``since``."""
        chart = once(f"{events[0]}_once", events, since)
        return self.watched(sentence, chart, requirements, witness or events[0])

    def recovers(self, sentence: str, source: Predicate, target: Predicate, requirements: Sequence[str]) -> Property:
        """From ``source`` the platform alone, without user and without further faults, can get to ``target``."""
        claim = AlwaysCan(target, source, unhelped(self.workflow.network))
        return self.claim(sentence, claim, requirements, source)

    def invariant(
        self, sentence: str, predicate: Predicate, requirements: Sequence[str], witness: Predicate
    ) -> Property:
        """What is true in every state."""
        return self.claim(sentence, Always(predicate), requirements, witness)

    def possible(self, sentence: str, event: str, requirements: Sequence[str]) -> Property:
        """An event that some run must reach."""
        return self.claim(sentence, Possible(self.can(event)), requirements)

    def lacks(self, names: Sequence[str]) -> Lacks:
        """The instance has no such agents."""
        return Lacks(self.events(*names), frozenset(self.events(*AGENTS)))
