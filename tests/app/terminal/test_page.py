"""Pages: what is narrow is wrapped under itself, what is piped is not, and nothing controls the terminal."""

import io

import pytest

from goalstate.terminal.page import line, plain, table, write


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_line_goes_on_under_its_own_beginning_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Terminal()
    write([line("  1. ", "words " * 14)], screen)
    assert screen.getvalue().splitlines() == ["  1. " + "words " * 6 + "words", "     " + "words " * 6 + "words"]


def test_a_long_line_stays_one_elsewhere() -> None:
    file = io.StringIO()
    write([line("  ", "word " * 100)], file)
    assert file.getvalue() == "  " + ("word " * 100).rstrip() + "\n"


def test_markup_is_text() -> None:
    assert plain([line("", ("[red]", "bold"), " :smile:")]) == "[red] :smile:\n"


def test_cells_stand_below_each_other() -> None:
    assert [str(row) for row in table("", [["a", ("long", "bold"), "x"], ["abc", "b"], ["d", "e", "f"]])] == [
        "a    long  x",
        "abc  b",
        "d    e     f",
    ]
