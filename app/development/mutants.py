"""Every small mistake in every agent, judged by the platform properties.

What is found is kept in a ledger (``properties.mutants.ledger``), so that a run that was stopped goes on where it
was, and a later one judges only what has changed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from goalstate.model.notation.terms import suggestion
from goalstate.properties.mutants import ledger as ledgers
from goalstate.properties.mutants.campaign import Fate, agents, judge_all, names
from goalstate.properties.mutants.ledger import Ledger

from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS, UNJUSTIFIED
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, QUIET, WARNING, Line, line
from ..terminal.progress import told

OFTEN = 20.0
"""Seconds after which what has been found is written down."""


@dataclass(frozen=True)
class Ask:
    """Which mutants to judge: those of the agents named, or of all; how many at a time; whether to forget what is known
    of them; and the name of the ledger's file, None for goalstate's own."""

    agents: tuple[str, ...] = ()
    jobs: int = 1
    afresh: bool = False
    ledger: str | None = None


def judge_platform(ask: Ask, output: Output) -> Answer:
    """Judge the mutants that are asked for, and tell of all that the ledger then knows of their agents."""
    place = report_place(output.file)
    for agent in ask.agents:
        if agent not in agents():
            raise UserError(f"no agent {agent!r}{suggestion(agent, agents())}; agents: {', '.join(agents())}")
    book = Path(ask.ledger) if ask.ledger is not None else ledgers.place()
    found = _judged(book, ask)
    shown = found.of(*ask.agents) if ask.agents else found
    missing, outdated = ledgers.unjustified(shown, ledgers.reasons())
    counts = _counts(shown)
    content: str | list[Line] = (
        _as_json(shown, missing, outdated)
        if output.format is Format.JSON
        else _lines(shown, missing, outdated, counts, output.verbose)
    )
    return Answer(UNJUSTIFIED if missing or outdated else HOLDS, content, place, counts)


def _judged(book: Path, ask: Ask) -> Ledger:
    """The ledger with everything wanted in it; written to its file now and then, and at the end."""
    before, now = ledgers.read(book), ledgers.present()
    wanted, possible = names(ask.agents), set(names())
    kept = before.still(now)
    for name, judgement in before.fates.items():
        if name in possible:
            now.fates[name] = kept.get(name) or replace(judgement, fate=Fate.STALE, by=now.known(judgement.by))
    if ask.afresh:
        for name in wanted:
            now.fates.pop(name, None)
    open_ones = {name: now.fates.get(name) for name in wanted if name not in kept or ask.afresh}
    since = time.monotonic()
    with told(True) as tell:
        try:
            for name, fresh in judge_all(open_ones, ask.jobs, tell):
                now.fates.pop(name, None)
                if fresh is not None:
                    now.fates[name] = fresh
                if time.monotonic() - since > OFTEN:
                    since = time.monotonic()
                    _write(book, now)
        finally:
            _write(book, now)
    return now


def _write(book: Path, found: Ledger) -> None:
    # A run that is stopped while it writes leaves the ledger that was there.  In an editable install the book is a link
    # into the tree: the file is replaced, not the link.
    book = book.resolve()
    fresh = book.with_suffix(".new")
    fresh.write_text(ledgers.written(found), encoding="utf-8")
    fresh.replace(book)


def _counts(found: Ledger) -> str:
    fates = [judgement.fate for judgement in found.fates.values()]
    equivalent = sum(fate in (Fate.EQUIVALENT, Fate.EQUIVALENT_HERE) for fate in fates)
    return (
        f"{len(fates)} mutants: {len(found.killed)} killed, {len(found.survivors)} survive, {equivalent} equivalent; "
        f"score {found.score:.3f}"
    )


def _lines(found: Ledger, missing: Iterable[str], outdated: Iterable[str], counts: str, verbose: bool) -> list[Line]:
    lines: list[Line] = []
    everybody = list(dict.fromkeys(name.agent for name in found.fates))
    width = max(map(len, everybody), default=0)
    for agent in everybody:
        lines.append(line(f"{agent:<{width}}  ", _counts(found.of(agent))))
    reasons = ledgers.reasons()
    if found.survivors:
        lines += [BLANK, line("", ("survive", HEADING))]
    for name in found.survivors:
        judgement = found.fates[name]
        where = f", told in: {judgement.configuration}" if judgement.configuration else ""
        lines.append(line("  ", str(name), (f"  {judgement.fate.value}{where}", QUIET)))
        if str(name) in reasons:
            lines.append(line("    ", (reasons[str(name)], QUIET)))
    if verbose:
        lines += [BLANK, line("", ("killed", HEADING))]
        for name in found.killed:
            lines.append(line("  ", str(name)))
            lines += [line("    ", (sentence, QUIET)) for sentence in found.fates[name].by]
    for what, listed in (("no reason is given for", missing), ("given a reason, but does not survive", outdated)):
        lines += [line("", (f"{what}: ", WARNING), name) for name in listed]
    return [*lines, BLANK, line("", counts)]


def _as_json(found: Ledger, missing: Sequence[str], outdated: Sequence[str]) -> str:
    reasons = ledgers.reasons()
    listed = [
        {
            "agent": name.agent,
            "row": name.row,
            "change": name.change,
            "fate": judgement.fate.value,
            "configuration": judgement.configuration,
            "killed_by": list(judgement.by),
            "reason": reasons.get(str(name)),
        }
        for name, judgement in sorted(found.fates.items())
    ]
    report = {
        "score": found.score,
        "killed": len(found.killed),
        "equivalent": len(found.fates) - len(found.killed) - len(found.survivors),
        "survivors": [str(name) for name in found.survivors],
        "unjustified": list(missing),
        "outdated": list(outdated),
        "mutants": listed,
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
