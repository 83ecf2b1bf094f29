"""`goalstate requirements`: which transitions realise each requirement, and which properties check it."""

from __future__ import annotations

import json
from pathlib import Path

from ..answer import HOLDS, Answer, require_place
from ..page import BLANK, QUIET, WARNING, Line, line
from ..properties.requirements import Kind
from ..properties.traceability import trace


def requirements(*, format: str = "text", output: Path | None = None, verbose: bool = False) -> Answer:
    """The traceability of all requirements; ``verbose`` names every transition and property."""
    require_place(output)
    rows = trace()
    gaps = [row.id for row in rows if row.gap]
    summary = f"{len(rows)} requirements, {len(gaps)} of them with a gap" + (f": {', '.join(gaps)}" if gaps else "")
    if format == "json":
        return Answer(HOLDS, json.dumps([row.as_dict() for row in rows], indent=2) + "\n", output, summary)
    width = max(len(row.id) for row in rows)
    lines: list[Line] = []
    for row in rows:
        realised = f"{_counted(len(row.transitions), 'transition')}, {_counted(len(row.properties), 'property')}"
        counts = realised if row.kind is Kind.BEHAVIOUR else row.kind.value
        lines.append(line(f"{row.id:<{width}}  ", row.text, (f"  {counts}", WARNING if row.gap else QUIET)))
        if verbose:
            below = " " * (width + 4)
            lines += [line(below, ("realised by ", QUIET), name) for name in row.transitions]
            lines += [line(below, ("checked by ", QUIET), name) for name in row.properties]
            lines += [line(below, ("mutant caught: ", QUIET), name) for name in row.mutants]
    return Answer(HOLDS, [*lines, BLANK, line("", summary)], output, summary)


def _counted(number: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number or 'no'} {noun if number == 1 else plural}"
