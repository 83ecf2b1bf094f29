"""What a verification finds that can only be wrong of us: false or untested sentences, unknown verdicts, errors.

The sentences of the platform are true of every service.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace

from goalstate.model.deployment import Deployment
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network.statespace import Limits, StateSpace
from goalstate.model.platform import Platform
from goalstate.properties.judging.explicit import check
from goalstate.properties.property import Family, Outcome, worst
from goalstate.properties.service.searches import GivenNetwork, searches
from goalstate.properties.service.settings import Settings
from goalstate.properties.verdict import Verdict

TICK = 5
"""Minutes in a step."""


@dataclass(frozen=True)
class Mistake:
    """Something that is wrong of us: what sort of thing, and which sentence or error."""

    sort: str
    what: str


def mistakes(service: Deployment, platform: Platform, limits: Limits) -> list[Mistake]:
    """What is wrong of us in the verification of a service; what is wrong of the service is none of it."""
    try:
        verdicts = judged(service, platform, limits)
    except Exception:  # noqa: BLE001 whatever it is, a service that can be read is verified
        return [Mistake("error", traceback.format_exc())]
    found = []
    for name, same in verdicts.items():
        outcome, platforms = worst([v.outcome for v in same]), same[0].property.family is Family.PLATFORM
        if outcome is Outcome.VIOLATED and platforms:
            found.append(Mistake("violated", name))
        elif outcome is Outcome.UNKNOWN:
            found.append(Mistake("unknown", f"{name}: {same[0].reason}"))
        elif all(v.vacuous for v in same):
            found.append(Mistake("vacuous", name))
    return found


def judged(service: Deployment, platform: Platform, limits: Limits) -> dict[str, list[Verdict]]:
    """The verdicts of all searches of a verification, by the property; each network is searched once."""
    spaces: dict[object, StateSpace] = {}
    found: dict[str, list[Verdict]] = {}
    for search in searches(service, Settings(platform=platform)):
        system = search.system
        assert not isinstance(system, GivenNetwork), "a service is searched"
        bounds = replace(system.bounds, tick=TICK)
        slower = replace(search, system=replace(system, bounds=bounds))
        world = (type(system), bounds)
        if world not in spaces:
            spaces[world] = explicit.explore(slower.network, limits, graph=True)
        for verdict in check(spaces[world], slower.properties()):
            found.setdefault(str(verdict.property), []).append(verdict)
    return found
