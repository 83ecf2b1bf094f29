"""Two definitions compared: which findings go, come and stay, and what a start no longer guarantees.

A finding of one side is matched with that of the other by its sentence; where a task was put in front, by the sentence
without the number of the task.  A run of one side is replayed on the other, with the events of its tasks renamed as
the tasks are matched.  So what is said of a pair of definitions is what two verifications and a replay have found.

Left out: roles that were renamed; they are taken for a role that went and another that came.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from goalstate.model.deployment import Deployment
from goalstate.model.network import Network
from goalstate.model.network.path import Path as Run
from goalstate.model.workflow import BoundsError, scope
from goalstate.properties.property import Outcome
from goalstate.properties.service.guarantees import Judged
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import Report

from ..formats.findings import Finding, findings
from ..reading.acceptance import Acceptance
from ..reading.subjects import Subject
from ..terminal.errors import UserError
from .replaying import Refusal, as_far_as_possible, searched_again

T = TypeVar("T")
Renaming = Callable[[str], str | None]
"""An event's name on the other side; None if the other side has no such task."""

TASK = re.compile(r"(?P<scope>[^/]+/)(?P<before>start_task_|task_)(?P<number>[0-9]+)(?P<after>(_.*)?)")


class Change(Enum):
    """What becomes of a finding; ``UNDECIDED``: a limit stopped a search on one side, so that it is not known."""

    COMES = "comes"
    GOES = "goes"
    STAYS = "stays"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Side:
    """One side: what was verified, how, and what came of it; ``guarantees``: what its starts guarantee or not."""

    name: str
    subject: Subject
    settings: Settings
    report: Report
    acceptance: Acceptance
    guarantees: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Apart:
    """A run of one side, and how far it can be taken on the other; ``refusal`` is None if to its end.

    ``common``: how many of its steps both sides take.
    """

    run: Run
    common: int
    refusal: Refusal | None


@dataclass(frozen=True)
class Difference:
    """A finding on the old and on the new side (None: there is no such property), and the run that tells them apart.

    ``apart`` is None where it is the lack of a run that breaks the property, and for findings that stay.
    """

    change: Change
    old: Finding | None
    new: Finding | None
    apart: Apart | None = None

    @property
    def shown(self) -> Finding:
        """The finding to name: that of the side where it is violated, or not decided."""
        found = self.old if self.change is Change.GOES else self.new
        return found or self.old or self._nothing()

    @property
    def accepted(self) -> bool:
        """Whether the new side accepts it."""
        return self.new is not None and self.new.accepted is not None

    def _nothing(self) -> Finding:
        raise AssertionError("a difference of nothing")


@dataclass(frozen=True)
class Traded:
    """A guarantee that one side gives and the other does not; ``apart``: the run that breaks it, tried on the other."""

    given_up: bool
    old: Judged
    new: Judged
    apart: Apart | None


@dataclass(frozen=True)
class Comparison:
    """All differences of two sides.

    ``open``: guarantees that a limit left undecided on one side.
    """

    old: Side
    new: Side
    differences: tuple[Difference, ...]
    traded: tuple[Traded, ...]
    open: tuple[Judged, ...]

    def of(self, change: Change) -> list[Difference]:
        """The differences of one kind."""
        return [d for d in self.differences if d.change is change]


def compared(old: Side, new: Side) -> Comparison:
    """Compare two sides that have been verified."""
    there, back = _renaming(old.subject, new.subject), _renaming(new.subject, old.subject)
    before, after = findings(old.report, old.acceptance), findings(new.report, new.acceptance)
    differences = []
    for one, other in matched(before, after, lambda f: str(f.prop), lambda f: _numberless(str(f.prop))):
        change = _change(one, other, old.report, new.report)
        if change is Change.GOES and one is not None:
            differences.append(Difference(change, one, other, _told_apart(one, new, there)))
        elif change is Change.COMES and other is not None:
            differences.append(Difference(change, one, other, _told_apart(other, old, back)))
        elif change is not None:
            differences.append(Difference(change, one, other))
    traded, undecided = [], []
    for was, now in matched(old.guarantees, new.guarantees, _position, _kept_by):
        if was is None or now is None or was.verdict.vacuous or now.verdict.vacuous:
            continue
        outcomes = {was.verdict.outcome, now.verdict.outcome}
        if outcomes == {Outcome.HOLDS, Outcome.VIOLATED}:
            given_up = now.verdict.outcome is Outcome.VIOLATED
            broken, other_network, names = (
                (now, was.search.network, back) if given_up else (was, now.search.network, there)
            )
            apart = None if broken.verdict.path is None else _tried(broken.verdict.path, other_network, names)
            traded.append(Traded(given_up, was, now, apart))
        elif Outcome.UNKNOWN in outcomes:
            undecided.append(now)
    return Comparison(old, new, tuple(differences), tuple(traded), tuple(undecided))


def matched(
    old: Sequence[T], new: Sequence[T], same: Callable[[T], object], alike: Callable[[T], object]
) -> list[tuple[T | None, T | None]]:
    """Pairs of what is the same on both sides, then of what is alike, in their order; what is left has no partner.

    >>> matched(["task 0", "task 1"], ["task 1", "door 5"], str, lambda text: text.rstrip("0123456789"))
    [('task 1', 'task 1'), ('task 0', None), (None, 'door 5')]
    """
    pairs: list[tuple[T | None, T | None]] = []
    left, right = list(old), list(new)
    for key in (same, alike):
        waiting: defaultdict[object, list[T]] = defaultdict(list)
        for one in right:
            waiting[key(one)].append(one)
        rest = []
        for one in left:
            partners = waiting[key(one)]
            if partners:
                pairs.append((one, partners.pop(0)))
            else:
                rest.append(one)
        left = rest
        taken = {id(other) for _, other in pairs}
        right = [one for one in right if id(one) not in taken]
    return [*pairs, *((one, None) for one in left), *((None, one) for one in right)]


def _change(old: Finding | None, new: Finding | None, before: Report, after: Report) -> Change | None:
    """What becomes of a finding; None if the property is violated on neither side."""
    was = _outcome(old, before)
    now = _outcome(new, after)
    if now is Outcome.UNKNOWN or (was is Outcome.UNKNOWN and now is Outcome.VIOLATED):
        return Change.UNDECIDED
    if now is Outcome.VIOLATED:
        return Change.STAYS if was is Outcome.VIOLATED else Change.COMES
    return Change.GOES if was is Outcome.VIOLATED else None


def _outcome(finding: Finding | None, report: Report) -> Outcome:
    """The outcome; a property that a side lacks holds there, unless a search was not made that might have it."""
    if finding is not None:
        return finding.outcome
    return Outcome.UNKNOWN if report.unfinished else Outcome.HOLDS


def _told_apart(finding: Finding, other: Side, names: Renaming) -> Apart | None:
    """The run that shows a finding, tried on the other side."""
    run = finding.telling.path
    if run is None:
        return None
    label = finding.verdicts[0][0].label
    try:
        network = searched_again(other.subject, label, other.settings).network
    except (UserError, BoundsError) as error:
        return Apart(run, 0, Refusal(0, str(error), ()))
    return _tried(run, network, names)


def _tried(run: Run, network: Network, names: Renaming) -> Apart:
    events: list[str] = []
    for event in run.events:
        renamed = names(event)
        if renamed is None:
            break
        events.append(renamed)
    whole = len(events) == len(run)
    taken, refusal = as_far_as_possible(network, events, run.loop if whole else None)
    if refusal is not None and refusal.at < len(events) and events[refusal.at] not in network.event_index:
        refusal = replace(refusal, reason=f"{run.events[refusal.at]}: there is no such event")
    if refusal is None and not whole:
        refusal = Refusal(len(events), f"{run.events[len(events)]}: there is no such task", ())
    return Apart(run, len(taken), refusal)


def _renaming(one: Subject, other: Subject) -> Renaming:
    """How the events of one side are called on the other, where tasks have other numbers."""
    numbers: dict[str, Mapping[int, int]] = {}
    if isinstance(one, Deployment) and isinstance(other, Deployment):
        roles = {role.name: role for role in other.roles}
        for role in one.roles:
            if role.name in roles:
                there = roles[role.name].tasks
                pairs = matched(
                    list(enumerate(role.tasks)),
                    list(enumerate(there)),
                    lambda t: (t[0], t[1].command),
                    lambda t: t[1].command,
                )
                moved = {a[0]: b[0] for a, b in pairs if a is not None and b is not None}
                numbers |= {scope(role.name, n): moved for n in range(role.instances)}

    def rename(event: str) -> str | None:
        found = TASK.fullmatch(event)
        if found is None or found["scope"] not in numbers:
            return event
        number = numbers[found["scope"]].get(int(found["number"]))
        return None if number is None else f"{found['scope']}{found['before']}{number}{found['after']}"

    return rename


def _numberless(sentence: str) -> str:
    return " ".join(re.sub(r"\b[0-9]+\b", "", sentence).split())


def _position(judged: Judged) -> object:
    one = judged.guarantee
    return one.role.name, one.position, one.task, one.moment


def _kept_by(judged: Judged) -> object:
    one = judged.guarantee
    return one.role.name, one.task, one.moment
