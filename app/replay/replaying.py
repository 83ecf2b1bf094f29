"""A run tried again on a definition: does it still happen, and does it still break its property?

There are four answers: it breaks the property as before; it happens and breaks nothing (the mistake is mended); it
can't happen any more; or that can't be told.  `goalstate replay` shows them, and the tests that `--write-test` writes
ask for them by ``assert_mended``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from goalstate.model.deployment import Deployment
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Network, ReplayError
from goalstate.model.network.path import Path as Run
from goalstate.model.network.statespace import Limits, StateSpace
from goalstate.model.notation.terms import suggestion
from goalstate.model.workflow import NoSuchFault
from goalstate.properties.property import Property
from goalstate.properties.runs.refutation import ABOUT_WHAT_FOLLOWS, Ruling, rule
from goalstate.properties.service.searches import Search, network_search, search_of, searches
from goalstate.properties.service.settings import Settings

from ..formats.story import story_lines, story_of
from ..formats.text import task_labels
from ..formats.trace import Asked
from ..reading.subjects import Choices, Subject, read_subject, read_world, require_roles
from ..terminal.errors import UserError
from ..terminal.page import plain

LIMITS = Limits(states=5_000_000, seconds=60.0)
"""How far is searched to tell what can come after a run."""

MOST_LISTED = 12
"""Events that are named where a run can't go on."""


@dataclass(frozen=True)
class Refusal:
    """Why a run can't happen: at which event (from 0), who holds it back, and what could happen there instead."""

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


def searched_again(subject: Subject, asked: Asked) -> Search:
    """The search that a run comes from, on a definition of now; raises UserError where there is no such search."""
    if not isinstance(subject, Deployment):
        return network_search(subject.network, tuple(subject.properties))
    world = read_world(Choices(asked.instances, asked.faults, asked.requests, asked.tick, asked.options))
    require_roles(subject, world.instances)
    settings = Settings(
        faults=world.faults,
        requests=world.requests,
        tick=world.tick,
        instances=world.instances,
        whole=asked.whole,
        thorough=True,  # a search is found by its label, whichever others were made besides
        platform=world.platform,
    )
    found = search_of(subject, settings, asked.label)
    if found is None:
        there = [search.label for search in searches(subject, settings)]
        raise UserError(
            f"no search {asked.label!r} of this service{suggestion(asked.label, there)}; searches: {', '.join(there)}; "
            "was a role renamed? then write its new name into the run"
        )
    return found


def try_run(searched: Search, name: str, events: Sequence[str], loop: int | None = None) -> Tried:
    """Take the events one after the other, as far as they go; raises nothing for events that can't happen."""
    network = searched.network
    prop = searched.property(name)
    try:
        return Tried(searched, Run.replay(network, events, loop), None, prop)
    except ReplayError as error:
        at = _possible(network, events)
        run = Run.replay(network, events[:at])
        if at == len(events):
            return Tried(searched, run, Refusal(at, str(error), ()), prop)
        return Tried(searched, run, _refusal(network, run, events[at]), prop)


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
    instances: Sequence[str] = (),
    faults: str | None = None,
    requests: int | None = None,
    tick: int | None = None,
    options: Sequence[str] = (),
    whole: bool = False,
) -> None:
    """Fail as long as a run of a service or network can happen and breaks a property.

    ``paths`` as on the command line, seen from the folder of the file ``beside``; none: the example that comes with
    goalstate.  ``search`` and the rest are how `goalstate verify` found the run, ``loop`` is how many events come
    before the part that goes round for ever.  Raises AssertionError with the story, and the errors of reading.
    """
    __tracebackhide__ = True
    asked = Asked(search, tuple(instances), faults, requests, tick, tuple(options), whole)
    subject = read_subject(seen_from(os.path.dirname(os.path.abspath(beside)), paths))
    try:
        searched = searched_again(subject, asked)
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
    """Paths of the command line that are seen from a folder, as seen from the working folder."""
    found = []
    for path in paths:
        there = os.path.join(folder, path)
        try:
            short = os.path.relpath(there)
        except (ValueError, OSError):  # another drive; a working folder that was deleted
            short = there
        found.append(short if not Path(path).is_absolute() else path)
    return found
