"""Defaults of options, from `goalstate.toml` or from `[tool.goalstate]` in `pyproject.toml`.

    [verify]
    max-seconds = 300
    assume = ["Web/install.cmd fails"]

The folder where the command runs is looked at, then the folders above it, up to that of the repository; the first file
that has a table of defaults counts, and `goalstate.toml` before `pyproject.toml`.  Options on the command line win.

Left out: options that name what is verified, what of it is reported, or a file to write.  A file that nobody sees may
change bounds, which every report prints; it may not make a report say less.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goalstate.model.notation.terms import suggestion

from ..terminal.errors import UserError
from ..terminal.page import tame
from .acceptance import NAME
from .toml_file import TABLES, parsed, text_of

PROJECT = "pyproject.toml"
EXPECTED = "a TOML file"

Check = Callable[[str, Any], None]
"""What refuses a value of an option, by the name of its field; raises an error whose text says what is allowed."""


@dataclass(frozen=True)
class Default:
    """One default: the value, and the file and line where it stands."""

    value: Any
    place: str


def defaults(command: str) -> dict[str, Default]:
    """The defaults of a command by the names of its options, without dashes before them; raises UserError."""
    for file, prefix in _files():
        text, tables = _tables(file, prefix)
        if tables:
            where = _heading(prefix, command)
            shown = tame(os.path.relpath(file))
            return {
                key: Default(value, f"{shown}:{_line(text, key, where)}")
                for key, value in tables.get(command, {}).items()
            }
    return {}


def source() -> Path | None:
    """The file that has the defaults, if there is one; raises UserError."""
    return next((file for file, prefix in _files() if _tables(file, prefix)[1]), None)


def _tables(file: Path, prefix: tuple[str, ...]) -> tuple[str, dict[str, dict[str, Any]]]:
    """The text of a file, and its tables of defaults by the names of the commands; raises UserError."""
    shown = tame(os.path.relpath(file))
    text = text_of(file, EXPECTED, "check its permissions")
    if file.name == PROJECT and "goalstate" not in text:
        return text, {}
    section = parsed(text, shown, EXPECTED)
    for name in prefix:
        inner = section.get(name, {})
        section = inner if isinstance(inner, dict) else {}
    tables = {name: table for name, table in section.items() if (file.name, name) != (NAME, "accepted")}
    for name, table in tables.items():
        if name not in TABLES or not isinstance(table, dict):
            raise UserError(
                f"{shown}:{_line(text, name)}: {name!r} is no table of defaults{suggestion(name, TABLES)}; "
                f"allowed: {', '.join(_heading(prefix, one) for one in TABLES)}; correct the name"
            )
    return text, tables


def checked(found: Mapping[str, Default], options: Mapping[str, str], check: Check) -> dict[str, Any]:
    """The values by the names of the fields; ``options``: the fields by the names of the options that may be set.

    Raises UserError with file and line.
    """
    values = {}
    for key, default in found.items():
        if key not in options:
            raise UserError(
                f"{default.place}: no option {key!r} that a file can set{suggestion(key, options)}; "
                f"allowed: {', '.join(options)}; correct or delete it"
            )
        try:
            check(options[key], default.value)
        except Exception as error:
            if not isinstance(error, ValueError | UserError):
                raise
            raise UserError(f"{default.place}: {key}: {error}") from None
        values[options[key]] = default.value
    return values


def _files() -> list[tuple[Path, tuple[str, ...]]]:
    """The files to look at, the nearest first, each with the names of the tables around those of the commands."""
    try:
        here = Path.cwd()
    except OSError:  # a folder that was deleted
        return []
    found: list[tuple[Path, tuple[str, ...]]] = []
    for folder in (here, *here.parents):
        for name, prefix in ((NAME, ()), (PROJECT, ("tool", "goalstate"))):
            if (folder / name).is_file():
                found.append((folder / name, prefix))
        if (folder / ".git").exists():
            break
    return found


def _heading(prefix: tuple[str, ...], command: str) -> str:
    return f"[{'.'.join((*prefix, command))}]"


def _line(text: str, key: str, heading: str = "") -> int:
    """The line of a key, below a heading if that is found; 1 if the key is written in some other way."""
    start = 0
    if heading:
        head = re.search(rf"^[ \t]*{re.escape(heading)}", text, re.MULTILINE)
        start = head.start() if head else 0
    found = re.compile(rf"^[ \t]*[\[\"']*(?:[\w.-]*\.)?{re.escape(key)}\b", re.MULTILINE).search(text, start)
    return text.count("\n", 0, found.start()) + 1 if found else 1
