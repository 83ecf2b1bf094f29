"""A report whose runs are told without the events that their violations do not need."""

from __future__ import annotations

from dataclasses import replace

from goalstate.properties.property import Outcome
from goalstate.properties.runs.slicing import sliced
from goalstate.properties.service.searches import SearchKind
from goalstate.properties.service.verification import Report, Run
from goalstate.properties.verdict import Verdict


def without_detours(report: Report) -> Report:
    """The report with sliced runs; each of them has been replayed and judged again."""
    return replace(
        report, runs=tuple(replace(run, verdicts=tuple(_sliced(run, v) for v in run.verdicts)) for run in report.runs)
    )


def _sliced(run: Run, verdict: Verdict) -> Verdict:
    path = verdict.path
    # Where the run of one instance was repeated by all, the violation is that of all, not that of the claim on one.
    repeated = path is not None and path.network != run.network and run.search.kind is SearchKind.AVAILABILITY
    if verdict.outcome is not Outcome.VIOLATED or path is None or repeated:
        return verdict
    shorter = sliced(path, verdict.property.claim)
    return replace(verdict, path=shorter, left_out=len(path) - len(shorter))
