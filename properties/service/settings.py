"""Settings: what the user chose for a verification; all that a search needs besides the deployment.

One value carries every choice from the command line, from a saved run or from a test to the searches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from ...model.assumption import with_assumptions
from ...model.deployment import Deployment
from ...model.network.statespace import NO_LIMITS, Limits
from ...model.notation.terms import suggestion
from ...model.workflow import DEFAULT_PLATFORM, BoundsError, Faults, Platform

DEFAULT_FAULTS = Faults(1)
DEFAULT_REQUESTS = 2


class Engine(Enum):
    """The search engine; ``AUTO`` is the explicit one, and the symbolic one for many instances in one network."""

    AUTO = "auto"
    REFERENCE = "reference"
    EXPLICIT = "explicit"
    SYMBOLIC = "symbolic"

    @classmethod
    def of(cls, name: str) -> Engine:
        """The engine of a name; raises BoundsError for a name that no engine has.

        >>> Engine.of("explicit")
        <Engine.EXPLICIT: 'explicit'>
        """
        names = [engine.value for engine in cls]
        if name not in names:
            raise BoundsError(f"no engine {name!r}{suggestion(name, names)}; engines: {', '.join(names)}")
        return cls(name)


@dataclass(frozen=True)
class Settings:
    """What the user chose; None means the default of the two standard searches.

    ``faults``, ``requests`` (0: any number) and ``tick`` (minutes, 1 or 5) change that bound of the standard searches;
    faults and requests together replace them by one search with both.  ``instances``: role name to a count that
    replaces the one of the .cscfg.  ``also``: further kinds of request that the user may make.  ``assume``: how the
    code of roles always behaves, each as ``model.assumption`` reads it.  ``whole``: all instances in one network.
    ``thorough``: also a search for a fault and a second request together.  ``liveness``: also judge liveness;
    ``minimal``: which of its assumptions each liveness property needs within the bounds.  ``only``: parts of property
    names, or patterns with ``*``; empty: all properties.  ``counterexamples``: how many different ways to break each
    property are looked for.
    """

    faults: Faults | None = None
    requests: int | None = None
    tick: int | None = None
    instances: tuple[tuple[str, int], ...] = ()
    also: tuple[str, ...] = ()
    assume: tuple[str, ...] = ()
    whole: bool = False
    thorough: bool = False
    liveness: bool = True
    minimal: bool = False
    platform: Platform = DEFAULT_PLATFORM
    engine: Engine = Engine.AUTO
    limits: Limits = NO_LIMITS
    only: tuple[str, ...] = ()
    counterexamples: int = 1

    @property
    def bounded(self) -> bool:
        """Whether the user chose bounds."""
        return self.faults is not None or self.requests is not None or self.tick is not None

    @property
    def minutes(self) -> int:
        """The minutes in a tick; what is no tick is kept, so that the bounds refuse it."""
        return 1 if self.tick is None else self.tick

    @property
    def most_faults(self) -> Faults:
        """The faults of a search with faults."""
        return DEFAULT_FAULTS if self.faults is None else self.faults

    @property
    def most_requests(self) -> int | None:
        """The requests of a search with several of them; None: any number."""
        return DEFAULT_REQUESTS if self.requests is None else self.requests or None


DEFAULT_SETTINGS = Settings()


def as_chosen(deployment: Deployment, settings: Settings) -> Deployment:
    """The deployment with the instance counts and the assumptions of the settings; raises BoundsError."""
    return with_assumptions(with_instances(deployment, settings.instances), settings.assume)


def with_instances(deployment: Deployment, counts: Iterable[tuple[str, int]]) -> Deployment:
    """The deployment with other instance counts; raises BoundsError for an unknown role or a count below 1."""
    wanted = dict(counts)
    names = [r.name for r in deployment.roles]
    for name, count in wanted.items():
        if name not in names:
            raise BoundsError(f"no role {name!r}{suggestion(name, names)}; roles: {', '.join(names)}")
        if not 1 <= count <= 1_000_000:
            raise BoundsError(f"role {name!r} can't have {count} instances; allowed: 1 to 1000000")
    return replace(
        deployment, roles=tuple(replace(r, instances=wanted.get(r.name, r.instances)) for r in deployment.roles)
    )
