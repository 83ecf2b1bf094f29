"""What is true along a run, as lines of a page: a legend of letters, and a row for each stretch of equal values.

Source: the value-change dumps of hardware simulators (IEEE 1364), for telling only what changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from goalstate.model.network.path import Path
from goalstate.properties.runs.truths import FALSE, TRUE, Track

from ..terminal.page import HEADING, QUIET, Line, line

ALIKE = 3
"""As many equal rows in sequence are shown as one."""


def truth_lines(
    path: Path, tracks: Sequence[Track], margin: str = "", first: int = 1, last: int | None = None
) -> list[Line]:
    """The truth before each of the steps ``first`` to ``last`` (from 1), and after the last one."""
    if not tracks:
        return []
    last = len(path) if last is None else last
    lines = [line(margin, ("what is true before each step, and at the end:", HEADING))]
    widest = max(len(t.letter) for t in tracks)
    lines += [line(margin + "  ", f"{t.letter:<{widest}}  {t.text}") for t in tracks]
    widths = [max(len(t.letter), *(len(v) for v in t.values)) for t in tracks]
    number = 2 * len(str(len(path))) + 1
    head = " ".join(f"{t.letter:<{w}}" for t, w in zip(tracks, widths, strict=True))
    lines += [line(margin, " " * (number + 6), head)]
    rows = range(first - 1, last + 1) if path.loop is None else range(first - 1, last)
    for begin, end in _stretches(path, tracks, rows):
        values = " ".join(f"{t.values[begin]:<{w}}" for t, w in zip(tracks, widths, strict=True))
        mark = ">" if path.loop == begin else " "
        shown = f"{begin + 1}-{end}" if end - begin > 1 else str(begin + 1)
        if begin >= len(path):
            shown, what = "end", ""
        else:
            what = path.events[begin] if end - begin == 1 else f"{end - begin} steps"
        lines.append(line(margin, f"  {shown:>{number}} {mark}  {values}  ", (what, QUIET)))
    rounds = "" if path.loop is None else "; from > on it repeats for ever"
    return [*lines, line(margin + "  ", (f"{TRUE} true, {FALSE} false{rounds}", QUIET))]


def changed(tracks: Sequence[Track], before: int | None, now: int) -> Iterator[str]:
    """The values that differ between two places of a run; all values, if there is no place before."""
    for track in tracks:
        value = track.values[now]
        if before is None or track.values[before] != value:
            said = {TRUE: "true", FALSE: "false"}.get(value, value)
            yield f"{track.letter} is {said}: {track.text}" if before is None else f"{track.letter} becomes {said}"


def _stretches(path: Path, tracks: Sequence[Track], rows: range) -> Iterator[tuple[int, int]]:
    """The rows in stretches of equal values; a stretch begins with the loop and with the end."""

    def kind(row: int) -> tuple[object, ...]:
        return (row >= len(path), path.loop is not None and row >= path.loop, *(t.values[row] for t in tracks))

    for _, together in groupby(rows, kind):
        same = list(together)
        if len(same) >= ALIKE:
            yield same[0], same[-1] + 1
        else:
            yield from ((row, row + 1) for row in same)
