"""The ways to break a property, as lines of a page: by the faults that they need, each with what only it needs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from goalstate.model.network.path import Path
from goalstate.properties.verdict import Verdict, Way

from ..terminal.page import AGENT, BLANK, HEADING, QUIET, WARNING, Line, line
from .portal import seen_lines
from .story import FAULT, Labels, Names, story_lines, story_of

MOST_OWN = 6
"""Events of its own that are named of a way."""

SHORTEST_SKIP = 5
"""Steps in common from which on they are not told again."""


def way_lines(verdict: Verdict, labels: Labels | None = None, verbose: bool = False) -> Iterator[Line]:
    """The ways of a verdict, without the story of the first one, which is told already; nothing if none were asked."""
    if not verdict.more_ways:
        return
    count = len(verdict.ways)
    if count < 2:
        yield line("  ", (f"one way to break it; {verdict.more_ways}" if count else verdict.more_ways, QUIET))
        return
    yield BLANK
    yield line("  ", (f"{count} ways to break it", HEADING), f"; {verdict.more_ways}")
    numbered = enumerate(verdict.ways, start=1)
    for faults, together in groupby(numbered, lambda pair: pair[1].faults):
        by = (f"by {' and '.join(faults)}:", FAULT) if faults else ("without any fault:", WARNING)
        yield line("  ", by)
        for number, way in together:
            yield from _way(number, way, verdict.ways[0], labels, verbose)


def _way(number: int, way: Way, first: Way, labels: Labels | None, verbose: bool) -> Iterator[Line]:
    story = story_of(way.path)
    names = Names(way.path.network, labels or {})
    says = {told.event: (names.short(told.sender), told.says) for told in story.lines}
    another = f": {way.reason}" if way.reason != first.reason else ""
    yield line("    ", (f"way {number}, {len(way.path)} steps", HEADING), another)
    for event in way.own[:MOST_OWN]:
        sender, sentence = says[event]
        yield line("      ", "only so: ", (sender, AGENT), f": {sentence}", (f"  {event}", QUIET))
    if len(way.own) > MOST_OWN:
        yield line("      ", f"and {len(way.own) - MOST_OWN} more events that not every way needs")
    if number == 1:
        yield line("      ", ("its story is the one above", QUIET))
        return
    skip = _common(way.path, first.path)
    skip = skip if skip >= SHORTEST_SKIP else 0
    yield from story_lines(story, "      ", labels, verbose, skip, "as for the first way")
    yield from seen_lines(way.path, "      ", labels)


def _common(path: Path, other: Path) -> int:
    """How many steps two runs have in common at the beginning; never all of them."""
    same = 0
    for one, two in zip(path.events[:-1], other.events, strict=False):
        if one != two:
            break
        same += 1
    return same
