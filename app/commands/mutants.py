"""`goalstate mutants`: small mistakes in the agents, made systematically, and whether the properties notice them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from itertools import islice
from random import Random

from goalstate.model.deployment import Deployment
from goalstate.model.mutants import Mutant, attempts
from goalstate.model.network import Network
from goalstate.model.network.statespace import Limits
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue import deployment_properties, platform_properties
from goalstate.properties.mutants.score import Fate, Score, score
from goalstate.properties.property import Property
from goalstate.properties.service.settings import Settings

from ..reading.subjects import bounds_of, read_subject, require_no_bounds
from ..terminal.answer import Answer, Format, Output
from ..terminal.exit_codes import HOLDS
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, QUIET, Line, line

MOST_STATES = 200_000
"""States up to which a mutant is searched, unless told otherwise: one that lost a bound may have no end."""


def judge_mutants(
    paths: Sequence[str], settings: Settings, output: Output, *, sample: int | None = None, seed: int = 0
) -> Answer:
    """Judge the mutants of a network in a file, or of one instance of the first role of a deployment."""
    place = report_place(output.file, paths)
    network, properties = _subject(paths, settings)
    found = score(network, properties, Limits(settings.limits.states or MOST_STATES), _chosen(network, sample, seed))
    counts = (
        f"{len(found.fates)} mutants: {len(found.killed)} killed, {len(found.survivors)} survive, "
        f"{sum(f.equivalent for f in found.fates)} equivalent, {sum(f.unknown for f in found.fates)} unknown; "
        f"score {found.score:.2f}"
    )
    content = _as_json(found) if output.format is Format.JSON else _lines(network, found, counts, output.verbose)
    return Answer(HOLDS, content, place, counts)


def _chosen(network: Network, sample: int | None, seed: int) -> list[tuple[int, Mutant]] | None:
    """A random sample of the mutants; None: all of them."""
    if sample is None:
        return None
    everything = [
        (k, attempt) for k, component in enumerate(network.components) for attempt in attempts(component.chart)
    ]
    Random(seed).shuffle(everything)
    made = ((k, mutant) for k, attempt in everything if (mutant := attempt.mutant()) is not None)
    return list(islice(made, sample))


def _subject(paths: Sequence[str], settings: Settings) -> tuple[Network, Sequence[Property]]:
    subject = read_subject(paths)
    if not isinstance(subject, Deployment):
        require_no_bounds(settings)
        return subject.network, subject.properties
    bounds = bounds_of(settings, Bounds(Faults(0), 2, 5, ((subject.roles[0].name, (0,)),)))
    workflow = Workflow(subject, bounds, settings.platform)
    return workflow.network, platform_properties(workflow) + deployment_properties(workflow)


def _lines(network: Network, found: Score, counts: str, verbose: bool) -> list[Line]:
    bounds = ", ".join(f"{name}: {value}" for name, value in network.bounds)
    lines = [line("", (network.name, HEADING), f": {bounds}" if bounds else ""), BLANK]
    for what, fates in _groups(found, verbose):
        lines += [line("", (f"{what} ", HEADING), f"{len(fates)}")]
        for fate in fates:
            why = f"  {fate.killed_by[0]}" if fate.killed_by else ""
            lines.append(line("  ", str(fate), (why, QUIET)))
        lines.append(BLANK)
    return [*lines, line("", counts)]


def _groups(found: Score, verbose: bool) -> list[tuple[str, tuple[Fate, ...]]]:
    groups = [
        ("SURVIVE", found.survivors),
        ("UNKNOWN", tuple(f for f in found.fates if f.unknown)),
        *([("KILLED", found.killed)] if verbose else []),
        *([("EQUIVALENT", tuple(f for f in found.fates if f.equivalent))] if verbose else []),
    ]
    return [(what, fates) for what, fates in groups if fates]


def _as_json(found: Score) -> str:
    listed = [
        {
            "component": fate.component,
            "row": fate.mutant.row,
            "operator": fate.mutant.operator,
            "what": fate.mutant.what,
            "killed_by": list(fate.killed_by),
            "equivalent": fate.equivalent,
            "unknown": fate.unknown,
        }
        for fate in found.fates
    ]
    report = {
        "goalstate": version("goalstate"),
        "score": found.score,
        "killed": len(found.killed),
        "equivalent": sum(f.equivalent for f in found.fates),
        "unknown": sum(f.unknown for f in found.fates),
        "survivors": [str(f) for f in found.survivors],
        "mutants": listed,
    }
    return json.dumps(report, indent=2) + "\n"
