"""`goalstate requirements`: which transitions realise each requirement, which properties check it, what they catch."""

from __future__ import annotations

import json

from goalstate.properties.mutants.traceability import trace
from goalstate.properties.requirements import Kind

from ..terminal.answer import Answer, Format, Output
from ..terminal.exit_codes import HOLDS
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, QUIET, WARNING, Line, line


def requirements(output: Output) -> Answer:
    """The traceability of all requirements; verbose output names every transition and property."""
    place = report_place(output.file)
    rows = trace()
    gaps = [row.id for row in rows if row.gap]
    summary = f"{len(rows)} requirements, {len(gaps)} of them with a gap" + (f": {', '.join(gaps)}" if gaps else "")
    if output.format is Format.JSON:
        return Answer(HOLDS, json.dumps([row.as_dict() for row in rows], indent=2) + "\n", place, summary)
    width = max(len(row.id) for row in rows)
    lines: list[Line] = []
    for row in rows:
        realised = (
            f"{_counted(len(row.transitions), 'transition')}, {_counted(len(row.properties), 'property')}, "
            f"{_counted(len(row.mutants), 'mutant')} caught"
        )
        counts = realised if row.kind is Kind.BEHAVIOUR else row.kind.value
        lines.append(line(f"{row.id:<{width}}  ", row.text, (f"  {counts}", WARNING if row.gap else QUIET)))
        if output.verbose:
            below = " " * (width + 4)
            lines += [line(below, ("realised by ", QUIET), name) for name in row.transitions]
            lines += [line(below, ("checked by ", QUIET), name) for name in row.properties]
            lines += [line(below, ("mutant caught: ", QUIET), name) for name in row.mutants]
    return Answer(HOLDS, [*lines, BLANK, line("", summary)], place, summary)


def _counted(number: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number or 'no'} {noun if number == 1 else plural}"
