"""Findings: the verdicts of all searches on one property, put together.

One property is judged by several searches, each within its own bounds.  Together they say: violated if one of them
found a violation, else unknown if one of them did not get through, else holds; vacuous only if none got to the witness.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..properties.property import WORST_FIRST, Outcome, Property, worst
from ..properties.verdict import Verdict
from ..properties.verification import Report, Run


@dataclass(frozen=True)
class Finding:
    """A property with what each search says of it, the most telling first: the worst, with the shortest path."""

    prop: Property
    verdicts: tuple[tuple[Run, Verdict], ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of the verdicts."""
        return worst([v.outcome for _, v in self.verdicts])

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


def findings(report: Report) -> list[Finding]:
    """Every property that was checked, in the order of the report."""
    together: dict[tuple[str, str], list[tuple[Run, Verdict]]] = {}
    for run in report.runs:
        for verdict in run.verdicts:
            key = (str(verdict.property), verdict.property.location)
            together.setdefault(key, []).append((run, verdict))
    return [Finding(same[0][1].property, tuple(sorted(same, key=_telling))) for same in together.values()]


def _telling(judged: tuple[Run, Verdict]) -> tuple[int, int]:
    verdict = judged[1]
    return WORST_FIRST[verdict.outcome], len(verdict.path.events) if verdict.path is not None else 0
