"""A property: a claim about a network, with the sentence that says it and the requirements it checks.

The claims of safety and recoverability; each has one meaning, whichever engine judges it.

``Never``         an event never happens in a state that satisfies a predicate
``Always``        every reachable state satisfies a predicate
``Watched``       no run takes an observer to ``violated``
``Possible``      some reachable state satisfies a predicate
``AlwaysCan``     from every reachable state that satisfies one predicate, a state that satisfies another can be
                  reached, with certain events left out: AG (from -> EF to)
``NoDeadlock``    in every reachable state something can happen
``Lacks``         the network has none of the components named
``SentBy``        events are sent by one component only, the one named
``NothingLost``   whenever an agent sends an event, each agent that knows it takes it, ignores it, or holds it back on
                  purpose

Claims about whole runs (linear and branching time, fairness, deadlines) are in ``temporal.claims``.

A *witness* is a predicate or an event that some run must reach for the property to say anything: where it is out of
reach the property holds vacuously, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from ..model.network import Component
from ..model.notation.terms import suggestion
from .predicates import Can, Negation, Predicate, PredicateError
from .requirements import require_known
from .rules import Code
from .temporal.claims import EveryRun, Initially, SomeRun, Within


class Family(Enum):
    """What a property is about: the platform, or one deployment."""

    PLATFORM = "platform"
    DEPLOYMENT = "deployment"


@dataclass(frozen=True)
class Never:
    """``event`` never happens while ``when`` holds (before the event)."""

    events: tuple[str, ...]
    when: Predicate

    def __str__(self) -> str:
        return f"never {' or '.join(self.events)} while {self.when}"


@dataclass(frozen=True)
class Always:
    """``predicate`` holds in every reachable state."""

    predicate: Predicate

    def __str__(self) -> str:
        return f"always {self.predicate}"

    @property
    def broken(self) -> str:
        """What is wrong with a state that breaks it."""
        if isinstance(self.predicate, Negation):
            return f"a state in which {self.predicate.operand}"
        return f"a state in which {self.predicate} is false"


@dataclass(frozen=True)
class Watched:
    """``observer`` never gets to its state ``violated``.

    Every event that it knows must be one of the network's, but for those that are known to be ``absent`` from it.
    """

    observer: Component
    absent: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"no run violates the observer {self.observer.name}"


@dataclass(frozen=True)
class Possible:
    """``predicate`` holds in some reachable state."""

    predicate: Predicate

    def __str__(self) -> str:
        return f"possibly {self.predicate}"


@dataclass(frozen=True)
class AlwaysCan:
    """From every state with ``source`` a state with ``target`` can be reached without the events ``without``."""

    target: Predicate
    source: Predicate | None = None
    without: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"from {self.source or 'anywhere'} one can get to {self.target}"

    @property
    def stuck(self) -> str:
        """What is wrong with a state that breaks it, in words for a reader who knows no temporal logic.

        >>> AlwaysCan(Can("restart"), without=frozenset({"repair"})).stuck
        'whatever happens from here on, but for repair, this never comes true: restart can happen'
        """
        barred = f"but for {', '.join(sorted(self.without))}, " if 0 < len(self.without) <= 4 else ""
        return f"whatever happens from here on, {barred}this never comes true: {self.target}"


@dataclass(frozen=True)
class NoDeadlock:
    """In every reachable state some event can happen."""

    def __str__(self) -> str:
        return "something can always happen"


@dataclass(frozen=True)
class NothingLost:
    """No event is sent to an agent that neither takes, ignores nor refuses it."""

    def __str__(self) -> str:
        return "no event is lost"


@dataclass(frozen=True)
class Lacks:
    """The network has no component of these names.

    A name that no component ever has would hold for nothing; where it is known which names there can be, ``known`` has
    them.  Raises PredicateError for a name that is not among them.

    >>> Lacks(("w3pw",), frozenset({"w3wp", "iis_host"}))
    Traceback (most recent call last):
    ...
    goalstate.properties.predicates.PredicateError: no component is ever called 'w3pw' (did you mean 'w3wp'?)
    """

    components: tuple[str, ...]
    known: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in self.components:
            if self.known and name not in self.known:
                hint = suggestion(name, sorted(self.known))
                raise PredicateError(f"no component is ever called {name!r}{hint}", name)

    def __str__(self) -> str:
        return f"there is no {' and no '.join(self.components)}"


@dataclass(frozen=True)
class SentBy:
    """``component`` sends ``events``, and no other component does."""

    events: tuple[str, ...]
    component: str

    def __str__(self) -> str:
        return f"{', '.join(self.events)} are sent by {self.component}"


Claim: TypeAlias = (
    Never
    | Always
    | Watched
    | Possible
    | AlwaysCan
    | NoDeadlock
    | NothingLost
    | Lacks
    | SentBy
    | EveryRun
    | SomeRun
    | Initially
    | Within
)


@dataclass(frozen=True)
class Property:
    """A claim with its sentence.

    ``name`` is the sentence, the same on every instance; ``subject`` the instance, role or endpoint it speaks of;
    ``location`` the line of the service definition that a deployment property points at; ``assumes`` what is assumed of
    the runs that it speaks of, each in words; ``failure`` the sentence that is true where the property is violated;
    ``code`` that of its rule; ``about`` what it speaks of within its subject, such as the command of a task, without
    numbers or lines.  Raises UnknownRequirement for an id that no requirement has.

    >>> Property("it is ready", NoDeadlock(), ("R99",))
    Traceback (most recent call last):
    ...
    goalstate.properties.requirements.UnknownRequirement: property 'it is ready' names 'R99', which is no requirement \
(did you mean 'R-9'?); allowed: the ids that `goalstate requirements` lists; correct the id
    """

    name: str
    claim: Claim
    requirements: tuple[str, ...] = ()
    family: Family = Family.PLATFORM
    subject: str = ""
    witness: Predicate | None = None
    location: str = ""
    assumes: tuple[str, ...] = ()
    failure: str = ""
    code: Code = Code.OWN
    about: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.requirements, str):
            require_known(self.requirements, f"property {self.name!r}")

    def __str__(self) -> str:
        return f"{self.subject}: {self.name}" if self.subject else self.name


class Outcome(Enum):
    """The three answers."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


def happens(event: str) -> Predicate:
    """The witness "this event can happen somewhere"."""
    return Can(event)


WORST_FIRST: Mapping[Outcome, int] = {Outcome.VIOLATED: 0, Outcome.UNKNOWN: 1, Outcome.HOLDS: 2}


def worst(outcomes: list[Outcome]) -> Outcome:
    """The worst of several outcomes; of none, holds."""
    return min(outcomes, key=lambda o: WORST_FIRST[o], default=Outcome.HOLDS)
