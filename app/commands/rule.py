"""`goalstate explain CODE`: what a kind of finding is, how it comes about, and what helps; and the page of all of them.

Everything is read from the table (`properties.rules`), and the texts of requirements from theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from goalstate.properties.requirements import BY_ID
from goalstate.properties.rules import ROWS, RULES, Code, Rule, code_of

from ..terminal.answer import Answer, Format
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS
from ..terminal.page import AGENT, HEADING, Line, line


def code_meant(words: str) -> Code | None:
    """The code that somebody asks about; None where the words are no code.

    Raises UserError for what looks like a code and is none.
    """
    found = code_of(words)
    if found is None and re.fullmatch(r"GS[0-9]*", words.strip(), re.IGNORECASE):
        there = [code.value for code in RULES]
        raise UserError(
            f"explain: no finding has the code {words.strip()!r}; "
            f"allowed: {', '.join(there)}; take the code from a report"
        )
    return found


def explain_rule(code: Code, format: Format, place: Path | None) -> Answer:
    """One row of the table, as a page or as JSON."""
    rule = RULES[code]
    summary = f"{code.value}: {rule.title}"
    if format is Format.JSON:
        told = {
            "goalstate": version("goalstate"),
            "code": code.value,
            "slug": rule.slug,
            "title": rule.title,
            "cause": rule.cause,
            "example": rule.example,
            "remedy": rule.remedy,
            "who_must_act": rule.actor.value,
            "sources": list(rule.sources),
        }
        return Answer(HOLDS, json.dumps(told, indent=2) + "\n", place, summary)
    return Answer(HOLDS, list(_lines(rule)), place, summary)


def _lines(rule: Rule) -> Iterator[Line]:
    yield line("", (rule.code.value, AGENT), f" {rule.slug}: ", (rule.title, HEADING))
    yield line("  ", ("cause     ", HEADING), rule.cause)
    yield line("  ", ("example   ", HEADING), rule.example)
    yield line("  ", ("remedy    ", HEADING), rule.remedy)
    yield line("  ", ("who acts  ", HEADING), rule.actor.value)
    for source in rule.sources:
        yield line("  ", ("source    ", HEADING), _source(rule, source))


def _source(rule: Rule, source: str) -> str:
    return f"{source}: {BY_ID[source].text}" if source in BY_ID else source


def rules_page() -> str:
    """The page of all rules, in Markdown: a section for each, with the code as its anchor.

    >>> "## GS101" in rules_page()
    True
    """
    lines = ["# Findings", "", "Each kind of finding has a code, which never changes.", ""]
    lines += [
        "`goalstate explain GS101` shows the same in the terminal.",
        "",
        "| code | what may happen |",
        "|---|---|",
    ]
    lines += [f"| [{r.code.value}](#{r.anchor}) | {r.title} |" for r in ROWS]
    for rule in ROWS:
        lines += ["", f"## {rule.code.value}", "", f"{rule.title} (`{rule.slug}`).", ""]
        lines += ["**Cause.**", *_sentences(rule.cause), "", "**Example.**", "", "```", rule.example, "```", ""]
        lines += ["**Remedy.**", *_sentences(rule.remedy), "", f"**Who must act.** {rule.actor.value.capitalize()}."]
        if rule.sources:
            lines += ["", "**Sources.**", ""]
            lines += [f"- {source if source in BY_ID else f'<{source}>'}" for source in rule.sources]
    return "\n".join(lines) + "\n"


def _sentences(text: str) -> list[str]:
    """The sentences and clauses of a text, one a line, as the pages have them."""
    return re.sub(r"(?<=[.:;!?]) (?=\S)", "\n", text).split("\n")
