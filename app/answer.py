"""What a command hands to the front door, which alone writes to the terminal and leaves the program."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .errors import UserError
from .page import Line, plain

HOLDS, VIOLATED, WRONG, UNKNOWN = 0, 1, 2, 3
"""Exit codes: holds or conforms; violated; wrong input or usage; unknown, stopped by a limit or by hand."""


@dataclass(frozen=True)
class Answer:
    """An exit code, what to show, and where: in ``file``, of which ``summary`` then tells, or on stdout."""

    code: int
    content: str | list[Line]
    file: Path | None = None
    summary: str = ""

    @property
    def text(self) -> str:
        """The content without colours."""
        return self.content if isinstance(self.content, str) else plain(self.content)


def require_place(file: Path | None) -> None:
    """Refuse a file that can't be written, before a long search is made for it; raises UserError."""
    if file is None:
        return
    if file.is_dir():
        raise UserError(f"{file}: a folder, where a file is expected; name a file in it")
    folder = file.parent
    if not folder.is_dir():
        raise UserError(f"{file}: can't be written, there is no folder {folder}; make it, or name another file")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise UserError(f"{file}: can't be written, no permission; name another file")
