"""A report is written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from goalstate.terminal.whole_file import write_whole


def test_a_new_file_and_one_that_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    write_whole(file, "one")
    file.chmod(0o640)
    write_whole(file, "two \ud800")
    assert file.read_text(encoding="utf-8") == "two \\ud800"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "found.json", tmp_path / "link.json"
    file.write_text("one", encoding="utf-8")
    link.symlink_to(file)
    write_whole(link, "two")
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "two"


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "found.json"
    write_whole(file, "one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, "two")
    assert file.read_text(encoding="utf-8") == "one"
    assert list(tmp_path.iterdir()) == [file]
