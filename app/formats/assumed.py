"""What becomes of a role whose code is assumed to behave in some way, from the verdicts about it.

The claim about the role is that it becomes Ready and stays so.  Where it is violated, the run repeats something for
ever, and what is in that loop says what becomes of the role: started again and again, or never again; Ready in between,
or never.  What the portal shows then is read off the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from goalstate.model.assumption import told
from goalstate.model.deployment import Deployment, Role
from goalstate.model.network.path import Path
from goalstate.properties.catalogue.liveness import HOST_PROCESS
from goalstate.properties.log_files import LogFile, entries
from goalstate.properties.portal import describe
from goalstate.properties.property import Outcome
from goalstate.properties.rules import Code

from ..terminal.page import HEADING, QUIET, Line, line
from .findings import Finding
from .portal import log_lines, role_of, words_of
from .story import Labels


class Fate(Enum):
    """What becomes of a role; the value says it."""

    READY = "it becomes Ready, and stays so while nobody asks for anything"
    CRASH_LOOP = "a crash loop: it is started again and again, for ever, and is never Ready"
    CRASH_LOOP_LATER = "its first start is an ordinary one; once it is started again: a crash loop, for ever"
    RECYCLES = "it becomes Ready and recycles, again and again, for ever"
    STUCK = "it stays where it is for ever: nobody restarts it"
    UNKNOWN = "not decided: the search was stopped"


def fate(found: Sequence[Finding], role: Role) -> tuple[Fate, Finding] | None:
    """What becomes of the instances of a role, and the finding that shows it; None where that was not asked."""
    asked = [f for f in found if f.prop.code is Code.CODE_ASSUMED and role_of(f.prop.subject) == role.name]
    for outcome in (Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.HOLDS):
        for finding in asked:
            if finding.outcome is outcome:
                later = any(assumption.later for assumption in role.assumptions)
                return _shown(outcome, finding.telling.path, later), finding
    return None


def _shown(outcome: Outcome, path: Path | None, later: bool) -> Fate:
    """What a verdict shows: what a run that never ends does for ever.  ``later``: the first start may go well."""
    if outcome is not Outcome.VIOLATED:
        return Fate.READY if outcome is Outcome.HOLDS else Fate.UNKNOWN
    if path is None:
        return Fate.STUCK
    events = [event.rpartition("/")[2] for event in path.events]
    begin = path.loop or 0
    if "start_bootstrapper" not in events[begin:]:
        return Fate.STUCK
    if "role_ready" in events[begin:]:
        return Fate.RECYCLES
    return Fate.CRASH_LOOP_LATER if later else Fate.CRASH_LOOP


def fate_lines(found: Sequence[Finding], deployment: Deployment | None, labels: Labels) -> Iterator[Line]:
    """For each role with assumptions: what is assumed, what becomes of it, how that looks, and who must act."""
    for role in () if deployment is None else deployment.roles:
        if not role.assumptions:
            continue
        for assumption in role.assumptions:
            yield line("", ("assumed ", HEADING), f"{role.name}: {told(role, assumption)}")
        becomes = fate(found, role)
        if becomes is None:
            yield line("  ", ("what becomes of it was not asked: that is a question of liveness", QUIET))
            continue
        what, finding = becomes
        yield line("  ", (what.value, HEADING))
        if what in (Fate.READY, Fate.UNKNOWN):
            continue
        if finding.telling.path is not None:
            yield from _look(finding.telling.path, finding.prop.subject, labels)
        yield line("  ", "it never heals by itself: you must mend the code and upload a new package")
        tasks = any(assumption.subject.startswith("startup_task_") for assumption in role.assumptions)
        code = any(not assumption.subject.startswith("startup_task_") for assumption in role.assumptions)
        files = [*([LogFile.BOOTSTRAPPER] if tasks else []), *([LogFile.HOST] if code else [])]
        logs = entries(files, HOST_PROCESS[role.kind])
        yield from log_lines(logs, finding.prop.subject, "  ", len(logs))


def _look(path: Path, instance: str, labels: Labels) -> Iterator[Line]:
    """What the portal shows of an instance, one after the other, in the part of a run that repeats."""
    for appearance, tour in describe(path):
        if appearance.instance == instance:
            shown = dict.fromkeys(words_of(one, labels) for one in tour or (appearance,))
            yield line("  ", f"on the portal: {', then '.join(shown)}")
