"""The answer of a command to `cli`, which alone writes to the terminal and ends the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TextIO

from .page import Line, plain


class Format(Enum):
    """The formats of reports; all but text and JSON are formats of `verify` only."""

    TEXT = "text"
    CONCISE = "concise"
    FULL = "full"
    GITHUB = "github"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"


@dataclass(frozen=True)
class Output:
    """How to report: the format; the name of the file, None for stdout; whether to leave nothing out; whether to show
    progress even where stderr is no terminal; whether to say the verdict only."""

    format: Format = Format.TEXT
    file: str | None = None
    verbose: bool = False
    progress: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Answer:
    """An exit code, what to show, and where: in ``file``, of which ``summary`` then tells, or on stdout.

    ``talk`` then reads further commands from its first argument and writes the answers to the second.
    """

    code: int
    content: str | list[Line]
    file: Path | None = None
    summary: str = ""
    talk: Callable[[TextIO, TextIO], None] | None = None

    @property
    def text(self) -> str:
        """The content without colours."""
        return self.content if isinstance(self.content, str) else plain(self.content)


class Unfinished(Exception):
    """An unexpected error, the cause, ended a command; ``answer`` is the result until then."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("ended before its time")
        self.answer = answer
