"""Shortening a run: leaving events out as long as what remains can happen and still shows what it is to show.

Events are left out in ever smaller blocks until no single one can go.

Source: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...model.network import ReplayError
from ...model.network.path import Path

ROUND = 8
"""Up to so many events a block is tried at every place, so that a round of a loop of this length can go."""


def shorten(path: Path, shows: Callable[[Path], bool]) -> Path:
    """A run with some of the events of another one that ``shows`` the same: no single event more can be left out.

    A lasso stays one, and its loop begins as early as it can.  A run that does not show what it should stays as it is.
    """
    kept = [(event, path.loop is not None and k >= path.loop) for k, event in enumerate(path.events)]
    size = (len(kept) + 1) // 2
    while size:
        before, start = len(kept), 0
        while start < len(kept):
            rest = kept[:start] + kept[start + size :]
            if _shown(path, rest, shows) is not None:
                kept = rest
            else:
                start += size if size > ROUND else 1
        if len(kept) < before:
            size = min(max(size, ROUND), len(kept))  # what could not go before may be able to now
        else:
            size = size // 2 if size > 2 * ROUND else min(size, ROUND + 1) - 1
    found = _shown(path, kept, shows)
    return path if found is None else _wound_up(found)


def _wound_up(path: Path) -> Path:
    """The same endless run with its loop begun as early as it can: x (y x) (y x) ... is (x y) (x y) ..."""
    events, loop = list(path.events), path.loop
    while loop and events[loop - 1] == events[-1] and path.states[loop - 1] == path.states[len(events) - 1]:
        events.pop()
        loop -= 1
    return path if loop == path.loop else Path.replay(path.network, events, loop)


def _shown(path: Path, kept: Sequence[tuple[str, bool]], shows: Callable[[Path], bool]) -> Path | None:
    loop = None
    if path.loop is not None:
        loop = sum(not turning for _, turning in kept)
        if loop == len(kept):
            return None
    try:
        found = Path.replay(path.network, [event for event, _ in kept], loop)
    except ReplayError:
        return None
    return found if shows(found) else None
