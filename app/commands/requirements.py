"""`goalstate requirements`: which transitions realise each requirement, which properties check it, what they catch."""

from __future__ import annotations

import json
from collections.abc import Sequence

from goalstate.model.notation.terms import suggestion
from goalstate.properties.mutants.traceability import trace
from goalstate.properties.requirements import BY_ID, Kind

from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, QUIET, WARNING, Line, line


def requirements(ids: Sequence[str], output: Output) -> Answer:
    """The traceability of the requirements with these ids, or of all; verbose output names transitions and properties.

    Raises UserError for ids that no requirement has.
    """
    _require_known(ids)
    place = report_place(output.file)
    rows = [row for row in trace() if not ids or row.id in ids]
    gaps = [row.id for row in rows if row.gap]
    summary = f"{_counted(len(rows), 'requirement')}, {len(gaps)} of them with a gap"
    summary += f": {', '.join(gaps)}" if gaps else ""
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


def _require_known(ids: Sequence[str]) -> None:
    """All mistakes at once, each with the id that was probably meant."""
    unknown = [id for id in dict.fromkeys(ids) if id not in BY_ID]
    if unknown:
        raise UserError(
            "\n".join(
                f"ID: no requirement is called {id!r}{suggestion(id.upper(), BY_ID)}; allowed: the ids that "
                "`goalstate requirements` lists, as in goalstate requirements R-C4 R-9.1"
                for id in unknown
            )
        )


def _counted(number: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number or 'no'} {noun if number == 1 else plural}"
