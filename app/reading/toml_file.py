"""A TOML file as text and as values, with every mistake at its line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from ..terminal.errors import UserError
from ..terminal.page import tame

MOST_BYTES = 2**20

TABLES = ("verify", "simulate", "diff", "times", "availability", "mutants")
"""The commands that have a table of defaults, in `goalstate.toml` or below `[tool.goalstate]`."""


def text_of(file: Path, expected: str, fix: str) -> str:
    """The text of a file, with lines that end as on Unix; raises UserError, which says what was ``expected``."""
    shown = tame(str(file))
    try:
        if file.exists() and not file.is_file():
            raise UserError(f"{shown}:1: not a regular file; allowed: {expected}; name one")
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"{shown}:1: can't be read ({reason}); allowed: {expected}; {fix}") from None
    if len(data) > MOST_BYTES:
        raise UserError(f"{shown}:1: more than {MOST_BYTES} bytes; allowed: at most that; is this really the file?")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{shown}:{line}: no UTF-8; allowed: UTF-8, as TOML has it; save the file as UTF-8") from None


def parsed(text: str, shown: str, expected: str) -> dict[str, Any]:
    """The values of a TOML text; raises UserError with the line where it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"\(at line ([0-9]+)", str(error))
        line = at[1] if at else text.count("\n") + 1 if "end of document" in str(error) else 1
        raise UserError(f"{shown}:{line}: no TOML ({error}); allowed: {expected}; mend the line") from None
