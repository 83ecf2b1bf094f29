"""Findings: the verdicts of all searches on one property, put together, and with what is accepted.

One property is judged by several searches, each within its own bounds.  The outcome is: violated if one of
them found a violation; else unknown if one of them was not completed; else holds.  It holds vacuously only if no search
reached the witness.  A violation that is accepted remains a violation, but does not count for the outcome of the whole;
nor does an accepted vacuous pass.  Any other vacuous pass makes the whole vacuous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from goalstate.model.deployment import Deployment
from goalstate.properties.property import WORST_FIRST, Family, Outcome, Property, worst
from goalstate.properties.rules import RULES, Code, Rule
from goalstate.properties.service.verification import Report, Run
from goalstate.properties.verdict import Verdict

from ..reading.acceptance import NOTHING, Acceptance, Accepted


class Result(Enum):
    """The answers for everything together, the worst first."""

    VIOLATED = "violated"
    UNKNOWN = "unknown"
    VACUOUS = "vacuous"
    HOLDS = "holds"


@dataclass(frozen=True)
class Finding:
    """A property with what each search says of it, the most telling first: the worst, with the shortest path.

    ``entry`` is the first entry of what is accepted that covers the property, whether or not it is violated.
    """

    prop: Property
    verdicts: tuple[tuple[Run, Verdict], ...]
    entry: Accepted | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of the verdicts."""
        return worst([v.outcome for _, v in self.verdicts])

    @property
    def accepted(self) -> Accepted | None:
        """What accepts the violation, or that the property holds only vacuously, if that is so and is accepted."""
        return self.entry if self.outcome is Outcome.VIOLATED or self.vacuous else None

    @property
    def vacuous(self) -> bool:
        """Whether the property holds only because no search got to its witness."""
        return self.outcome is Outcome.HOLDS and all(v.vacuous for _, v in self.verdicts)

    @property
    def telling(self) -> Verdict:
        """The verdict to show."""
        return self.verdicts[0][1]

    @property
    def runs(self) -> tuple[str, ...]:
        """The searches that came to the outcome, the most telling first."""
        return tuple(run.label for run, v in self.verdicts if v.outcome is self.outcome)

    @property
    def rule(self) -> Rule:
        """The rule of the property."""
        return RULES[self.prop.code]

    @property
    def says(self) -> str:
        """What may happen, or where nothing may: what was put to no test."""
        return self.prop.failure if self.prop.failure and self.outcome is Outcome.VIOLATED else str(self.prop)


@dataclass(frozen=True)
class Stale:
    """An accepted violation that does not occur any more, and what is true instead."""

    entry: Accepted
    instead: str


def findings(report: Report, acceptance: Acceptance = NOTHING) -> list[Finding]:
    """Every property that was checked, in the order of the report.

    Instances that one search tells apart and another does not have the verdicts of both.
    """
    together: dict[tuple[str, str], list[tuple[Run, Verdict]]] = {}
    for run in report.runs:
        for verdict in run.verdicts:
            key = (str(verdict.property), verdict.property.location)
            together.setdefault(key, []).append((run, verdict))
    for run in report.runs:
        for verdict in run.verdicts:
            for subject in verdict.alike:
                same = replace(verdict.property, subject=subject)
                told_apart = together.get((str(same), same.location))
                if told_apart is not None:
                    told_apart.append((run, replace(verdict, property=told_apart[0][1].property)))
    return [
        Finding(same[0][1].property, tuple(sorted(same, key=_telling)), acceptance.of(same[0][1].property))
        for same in together.values()
    ]


def counts(found: Sequence[Finding]) -> dict[str, int]:
    """How many properties are violated, accepted, unknown, and hold, and how many of these only vacuously.

    Every format has these numbers: what is accepted is counted apart, unless it only holds vacuously.
    """
    accepted = [f for f in found if f.accepted and not f.vacuous]
    return {
        "violated": sum(f.outcome is Outcome.VIOLATED for f in found) - len(accepted),
        "accepted": len(accepted),
        "unknown": sum(f.outcome is Outcome.UNKNOWN for f in found),
        "hold": sum(f.outcome is Outcome.HOLDS for f in found),
        "vacuous": sum(f.vacuous for f in found),
    }


def outcome(report: Report, found: Sequence[Finding], acceptance: Acceptance = NOTHING) -> Result:
    """The outcome of the whole, without what is accepted."""
    judged = [f.outcome for f in found if not f.accepted]
    if not any(f.accepted for f in found):
        judged.append(report.outcome)  # a report may say more than its verdicts: that it was broken off
    if report.unfinished:
        judged.append(Outcome.UNKNOWN)
    result = Result(worst(judged).value)
    # Nothing judged at all is no pass either.
    nothing = not found or bool(untested(found, acceptance))
    return Result.VACUOUS if result is Result.HOLDS and nothing else result


def untested(found: Sequence[Finding], acceptance: Acceptance) -> list[Finding]:
    """What holds only vacuously, and is not accepted."""
    return [f for f in found if f.vacuous and not f.accepted and not acceptance.excuses(f.prop)]


def stale(report: Report, acceptance: Acceptance) -> list[Stale]:
    """The accepted violations that do not occur any more; what was not judged or is unknown is none of them."""
    found = findings(report)
    partial = acceptance.partial or any(run.limit for run in report.runs)
    gone = []
    for entry in acceptance.entries:
        covered = [f for f in found if entry.covers(f.prop)]
        if all(f.outcome is Outcome.HOLDS and not f.vacuous for f in covered) and (covered or not partial):
            gone.append(Stale(entry, "it holds in these bounds" if covered else "there is no such property"))
    return gone


def summary(report: Report, acceptance: Acceptance = NOTHING) -> str:
    """The report in one line: the outcome, and how many properties are violated, accepted, unknown, and hold."""
    found = findings(report, acceptance)
    count = counts(found)
    gone = len(stale(report, acceptance))
    parts = [f"{count['violated']} violated"]
    parts += [f"{count['accepted']} accepted"] if count["accepted"] else []
    parts.append(f"{count['unknown']} unknown")
    parts.append(f"{count['hold']} hold" + (f" ({count['vacuous']} of them vacuously)" if count["vacuous"] else ""))
    parts += [f"{gone} accepted no longer violated"] if gone else []
    return f"{outcome(report, found, acceptance).value}: {', '.join(parts)}; {report.seconds:.1f} s"


def groups(found: Sequence[Finding], rank: Callable[[Finding], int] = lambda _: 0) -> list[list[Finding]]:
    """Findings grouped by their rule and by the faults of their paths; in a group the lowest rank first, and then the
    shortest path.  Rules that stand for many sentences are no kind of their own."""
    together: dict[tuple[object, ...], list[Finding]] = {}
    for finding in found:
        prop = finding.prop
        sentence = prop.name if prop.family is Family.PLATFORM else ""
        key = (prop.code, sentence, type(prop.claim), _faults(finding.telling))
        together.setdefault(key, []).append(finding)
    return [sorted(same, key=lambda f: (rank(f), _telling(f.verdicts[0]))) for same in together.values()]


def _faults(verdict: Verdict) -> tuple[str, ...]:
    """The kinds of the faults on a path, in their order."""
    if verdict.path is None:
        return ()
    network = verdict.path.network
    return tuple(filter(None, (network.events[network.event_index[e]].fault for e in verdict.path.events)))


def _telling(judged: tuple[Run, Verdict]) -> tuple[int, int]:
    verdict = judged[1]
    return WORST_FIRST[verdict.outcome], len(verdict.path.events) if verdict.path is not None else 0


def rank_in(deployment: Deployment | None) -> Callable[[Finding], int]:
    """What ranks findings about a deployment: 0 for what is assumed, 2 for tasks of imported modules, else 1.

    An imported module brings startup tasks that nobody can mend, and they run before the tasks of the role: by the
    length of their stories they would come first.  Their place is the line of the import.
    """
    roles = () if deployment is None else deployment.roles
    imports = {str(task.location) for role in roles for task in role.tasks if task.module is not None}

    def rank(finding: Finding) -> int:
        if finding.prop.code is Code.CODE_ASSUMED:
            return 0
        return 2 if finding.prop.location in imports else 1

    return rank
