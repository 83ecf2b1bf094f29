"""What becomes of a role whose code is assumed to behave in some way, from the verdicts about it.

The claim about the role is that it becomes Ready and stays so.  Where it is violated, the run repeats something for
ever, and what is in that loop says what becomes of the role: started again and again, or never again; Ready in between,
or never.

Source: texts of the portal from public reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from goalstate.model.assumption import behaviour, told
from goalstate.model.deployment import Deployment, Role
from goalstate.model.network.path import Path
from goalstate.model.workflow import scope
from goalstate.properties.catalogue.liveness import HOST_PROCESS, STAYS_READY
from goalstate.properties.log_files import LogFile, entries
from goalstate.properties.property import Outcome

from ..terminal.page import HEADING, QUIET, Line, line
from .findings import Finding


class Fate(Enum):
    """What becomes of a role; the value says it."""

    READY = "it becomes Ready, and stays so while nobody asks for anything"
    CRASH_LOOP = "a crash loop: it is started again and again, for ever, and is never Ready"
    RECYCLES = "it becomes Ready and recycles, again and again, for ever"
    STUCK = "it stays where it is for ever: nobody restarts it"
    UNKNOWN = "not decided: the search was stopped"


def fate(found: Sequence[Finding], role: Role) -> Fate | None:
    """What becomes of the instances of a role; None where that was not asked."""
    asked = [f for f in found if f.prop.name == STAYS_READY and f.prop.subject in _names(role)]
    outcomes = {finding.outcome for finding in asked}
    if not asked:
        return None
    if Outcome.VIOLATED in outcomes:
        [path, *_] = [f.telling.path for f in asked if f.outcome is Outcome.VIOLATED]
        return Fate.STUCK if path is None else _repeated(path)
    return Fate.UNKNOWN if Outcome.UNKNOWN in outcomes else Fate.READY


def _repeated(path: Path) -> Fate:
    """What a run that never ends does for ever."""
    repeated = {event.rpartition("/")[2] for event in path.events[path.loop or 0 :]}
    if "start_bootstrapper" not in repeated:
        return Fate.STUCK
    return Fate.RECYCLES if "role_ready" in repeated else Fate.CRASH_LOOP


def _names(role: Role) -> frozenset[str]:
    return frozenset(scope(role.name, n).rstrip("/") for n in range(role.instances))


def fate_lines(found: Sequence[Finding], deployment: Deployment | None) -> Iterator[Line]:
    """For each role with assumptions: what is assumed, what becomes of it, how that looks, and who must act."""
    for role in () if deployment is None else deployment.roles:
        becomes = fate(found, role) if role.assumptions else None
        for assumption in role.assumptions:
            yield line("", ("assumed ", HEADING), f"{role.name}: {told(role, assumption)}")
        if becomes is None:
            if role.assumptions:
                yield line("  ", ("what becomes of it was not asked: that is a question of liveness", QUIET))
            continue
        yield line("  ", (becomes.value, HEADING))
        if becomes in (Fate.READY, Fate.UNKNOWN):
            continue
        for assumption in role.assumptions:
            yield line("  ", f"on the portal: {behaviour(role, assumption).looks}")
        tasks = any(assumption.subject.startswith("startup_task_") for assumption in role.assumptions)
        yield line("  ", "it never heals by itself: you must mend the code and upload a new package")
        [log] = entries([LogFile.BOOTSTRAPPER if tasks else LogFile.HOST], HOST_PROCESS[role.kind])
        yield line("  ", f"look into {log.path.format(role=role.name)} ({log.requirement})")
