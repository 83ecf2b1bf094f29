"""A run tried again on a definition: is it still possible, and does it still break its property?

There are four answers: the run breaks the property as before; it is possible and breaks nothing (the mistake is
mended); it is not possible any more; or the answer is unknown.  `goalstate replay` shows the answer, and the tests that
`--write-test` writes check it with ``assert_mended``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Unpack

from goalstate.model.bounds import NoSuchFault
from goalstate.model.deployment import Deployment
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Network, ReplayError
from goalstate.model.network.path import Path as Run
from goalstate.model.network.statespace import Limits, StateSpace
from goalstate.model.notation.terms import suggestion
from goalstate.properties.property import Property
from goalstate.properties.runs.refutation import ABOUT_WHAT_FOLLOWS, Ruling, rule
from goalstate.properties.service.searches import Search, network_search, search_of, searches
from goalstate.properties.service.settings import Settings

from ..formats.story import story_lines, story_of, task_labels
from ..reading.settings import World, read_world
from ..reading.subjects import Subject, read_subject, require_roles
from ..terminal.errors import UserError
from ..terminal.page import plain

LIMITS = Limits(states=5_000_000, seconds=60.0)
"""How far is searched to tell what can come after a run."""

MOST_LISTED = 12
"""Events that are named where a run can't go on."""


@dataclass(frozen=True)
class Refusal:
    """Why a run is not possible: at which event (from 0), which agent blocks it, and what is possible there instead."""

    at: int
    reason: str
    instead: tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """A run on a network: as far as it goes, why no further, and whether it breaks its property there.

    ``prop`` is None where the definition has no such property.
    """

    searched: Search
    run: Run
    refusal: Refusal | None
    prop: Property | None

    @cached_property
    def space(self) -> StateSpace | None:
        """The state space, where the claim is about what can come after the run."""
        if self.prop is None or not isinstance(self.prop.claim, ABOUT_WHAT_FOLLOWS):
            return None
        return explicit.explore(self.searched.network, LIMITS, graph=True)

    @cached_property
    def ruling(self) -> Ruling:
        """Whether the run breaks the property."""
        if self.refusal is not None:
            return Ruling(False, f"the run can't happen any more: {self.refusal.reason}")
        if self.prop is None:
            return Ruling(False, "the definition has no such property any more")
        return rule(self.run, self.prop.claim, self.space)


def searched_again(subject: Subject, label: str, settings: Settings) -> Search:
    """The search that a run comes from, on the present definition.

    Raises UserError if there is no such search, and NoSuchFault if the definition lacks a fault that it needs.
    """
    if not isinstance(subject, Deployment):
        return network_search(subject.network, tuple(subject.properties))
    require_roles(subject, settings.instances)
    settings = replace(settings, thorough=True)  # a search is found by its label, whichever were made besides it
    found = search_of(subject, settings, label)
    if found is None:
        there = [search.label for search in searches(subject, settings)]
        raise UserError(
            f"no search {label!r} of this service{suggestion(label, there)}; searches: {', '.join(there)}; "
            "was a role renamed? then write its new name into the run"
        )
    _ = found.network
    return found


def try_run(searched: Search, name: str, events: Sequence[str], loop: int | None = None) -> Tried:
    """Take the events one after the other, as far as possible; an impossible event raises nothing."""
    run, refusal = as_far_as_possible(searched.network, events, loop)
    return Tried(searched, run, refusal, searched.property(name))


def as_far_as_possible(network: Network, events: Sequence[str], loop: int | None = None) -> tuple[Run, Refusal | None]:
    """The run of as many of the events as can happen, and why no more of them can, if that is so."""
    try:
        return Run.replay(network, events, loop), None
    except ReplayError as error:
        at = _possible(network, events)
        run = Run.replay(network, events[:at])
        if at == len(events):
            return run, Refusal(at, str(error), ())
        return run, _refusal(network, run, events[at])


def _possible(network: Network, events: Sequence[str]) -> int:
    """How many of the events can happen, one after the other."""
    state = network.initial
    for number, event in enumerate(events):
        try:
            state = network.step(state, event)
        except ReplayError:
            return number
    return len(events)


def _refusal(network: Network, run: Run, event: str) -> Refusal:
    try:
        network.step(run.last, event)
    except ReplayError as error:
        return Refusal(len(run), str(error), tuple(network.enabled(run.last)))
    raise AssertionError("an event that can happen")


def assert_mended(
    *paths: str,
    beside: str,
    property: str,
    run: Sequence[str],
    loop: int | None = None,
    search: str = "",
    **world: Unpack[World],
) -> None:
    """Fail as long as a run of a service or network can happen and breaks a property.

    ``paths`` as on the command line, seen from the folder of the file ``beside``; none: the example that comes with
    goalstate.  ``search`` is the label of the search in which `goalstate verify` found the run, ``world`` its options,
    ``loop`` the number of events before the part that repeats for ever.  Raises AssertionError with the story, and the
    errors of reading.
    """
    __tracebackhide__ = True
    subject = read_subject(seen_from(os.path.dirname(os.path.abspath(beside)), paths))
    try:
        searched = searched_again(subject, search, read_world(**world))
    except NoSuchFault:
        return  # what the run needs can't happen any more
    tried = try_run(searched, property, run, loop)
    if tried.ruling.broken is False:
        return
    verdict = "still violated" if tried.ruling.broken else "can't be told whether it is still violated"
    labels = task_labels(subject) if isinstance(subject, Deployment) else {}
    story = plain(story_lines(story_of(tried.run), "  ", labels))
    raise AssertionError(f"{verdict}: {property}\n  {tried.ruling.reason}\n\n{story}")


def seen_from(folder: str, paths: Sequence[str]) -> list[str]:
    """Paths that are relative to a folder, made relative to the working folder."""
    found = []
    for path in paths:
        there = os.path.join(folder, path)
        try:
            short = os.path.relpath(there)
        except (ValueError, OSError):  # another drive; a working folder that was deleted
            short = there
        found.append(short if not Path(path).is_absolute() else path)
    return found
