"""A page of text: lines with a margin and styles.

On a terminal a long line is wrapped under its own beginning; elsewhere it is not wrapped, so that `grep` finds it.
Colours are those of `rich`, which honours NO_COLOR and FORCE_COLOR.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, TypeAlias
from unicodedata import category

if TYPE_CHECKING:
    from rich.text import Text

Span: TypeAlias = "str | tuple[str, str]"
"""A piece of text, or text with a style."""

HEADING = "bold"
QUIET = "dim"
WARNING = "yellow"
AGENT = "cyan"

NARROWEST = 40
"""The least number of columns for the text of a line, whatever its margin."""

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


@dataclass(frozen=True)
class Line:
    """A margin, and the text beside it."""

    margin: str
    spans: tuple[Span, ...]

    def __str__(self) -> str:
        return (self.margin + "".join(s if isinstance(s, str) else s[0] for s in self.spans)).rstrip()


def line(margin: str, *spans: Span) -> Line:
    r"""A line whose text can't control the terminal: control characters are escaped.

    >>> str(line("  ", "a \x1b[2J file name"))
    '  a \\x1b[2J file name'
    """
    return Line(margin, tuple(tame(s) if isinstance(s, str) else (tame(s[0]), s[1]) for s in spans))


def tame(text: str) -> str:
    r"""A text on one line, with every character escaped that is invisible or controls a terminal.

    These are control characters, formats such as those that change the direction of writing, separators of lines,
    surrogates, and code points without a character.  XML 1.0 allows all that is left.

    >>> tame("a\x1b[2J\u202efdp.cmd\n")
    'a\\x1b[2J\\u202efdp.cmd\\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or category(c) == "Zs" else _SHORT.get(c) or _spelt(c) for c in text)


def _spelt(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


BLANK = Line("", ())


def table(margin: str, rows: Sequence[Sequence[Span]]) -> list[Line]:
    """Rows with aligned cells; the last cell of a row may have any length."""
    widths: list[int] = []
    for row in rows:
        for i, cell in enumerate(row[:-1]):
            widths[i:] = [max([_width(cell), *widths[i : i + 1]]), *widths[i + 1 :]]
    lines = []
    for row in rows:
        spans: list[Span] = []
        for i, cell in enumerate(row[:-1]):
            spans += [cell, " " * (widths[i] - _width(cell) + 2)]
        lines.append(line(margin, *spans, *row[-1:]))
    return lines


def plain(lines: Iterable[Line]) -> str:
    """The page without styles."""
    return "".join(f"{one}\n" for one in lines)


def write(lines: Iterable[Line], file: TextIO) -> None:
    """Write a page, with colours and wrapped where the file is a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        file.write(plain(lines))
        return
    if console.width < 1:  # what COLUMNS says
        console.width = NARROWEST
    # Captured, since rich handles a broken pipe in its own way.
    with console.capture() as page:
        for one in lines:
            text = Text()
            for span in one.spans:
                text.append(*((span,) if isinstance(span, str) else span))
            parts = _wrapped(text, console.width - len(one.margin))
            for beginning, part in zip(_margins(one.margin), parts, strict=False):
                part.rstrip()
                console.print(Text(beginning).append_text(part), soft_wrap=True)
    file.write(page.get())


def _wrapped(text: Text, width: int) -> list[Text]:
    from rich.console import Console

    lines = text.wrap(Console(width=max(width, NARROWEST)), max(width, NARROWEST))
    return list(lines) or [text]


def _margins(first: str) -> Iterable[str]:
    yield first
    while True:
        yield " " * len(first)


def _width(cell: Span) -> int:
    return len(tame(cell if isinstance(cell, str) else cell[0]))
