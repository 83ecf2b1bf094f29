"""What a command hands to the front door, which alone writes to the terminal and leaves the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .page import Line, plain


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


class Unfinished(Exception):
    """Something unexpected ended a command, and is the cause; ``answer`` is as far as the command had got."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("ended before its time")
        self.answer = answer
