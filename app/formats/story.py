"""The story of a path as lines of a page: which agent did what, in which minute, and what it changed.

Most steps of a path to a violation are waiting.  So steps that repeat without changing any state (variables such as
clocks may change) are folded: a minute that passes, or the events of a heartbeat, appears once with a count.
Faults are marked and never folded.

Source: the "stutter" of Lamport, "What good is temporal logic?", 1983, for what may be left out of a behaviour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from goalstate.model.deployment import Deployment
from goalstate.model.network import Network
from goalstate.model.network.path import Path
from goalstate.model.running.story import Line as Told
from goalstate.model.running.story import Story, tell
from goalstate.model.workflow import scope

from ..terminal.page import AGENT, HEADING, QUIET, Line, Span, line

LONGEST_PERIOD = 8
"""Events in the longest cycle that is looked for."""

FAULT = "bold magenta"


@dataclass(frozen=True)
class Label:
    """What a startup task is called in a story, and its command line."""

    name: str
    command: str


Labels = Mapping[str, Label]
"""The startup tasks, by the names of their components."""


def task_labels(deployment: Deployment | None) -> Labels:
    """What every startup task is called, by the name of its component."""
    if deployment is None:
        return {}
    return {
        f"{scope(role.name, n)}startup_task_{k}": Label(shortened(name), shortened(task.command))
        for role in deployment.roles
        for n in range(role.instances)
        for k, (task, name) in enumerate(zip(role.tasks, role.task_names, strict=True))
    }


@dataclass(frozen=True)
class Fold:
    """``times`` repetitions of the ``period`` steps that begin at ``start`` (from 0)."""

    start: int
    period: int = 1
    times: int = 1

    @property
    def end(self) -> int:
        """The first step after it."""
        return self.start + self.period * self.times


def folded(path: Path, start: int = 0) -> list[Fold]:
    """The steps of a path from ``start`` on, with repetitions that change no state folded."""
    events = path.events
    shapes = [_shape(path.network, state) for state in path.states]
    faults = {e.name for e in path.network.events if e.fault}
    folds = []
    while start < len(events):
        best = Fold(start)
        for period in range(1, LONGEST_PERIOD + 1):
            block = events[start : start + period]
            if len(block) < period or any(e in faults for e in block):
                break
            times = 0
            while (
                events[(at := start + times * period) : at + period] == block
                and shapes[at + period] == shapes[start]
                and not _crosses_loop(path.loop, start, at + period)
            ):
                times += 1
            candidate = Fold(start, period, times)
            if times >= (2 if period == 1 else 3) and candidate.end > best.end:
                best = candidate
        folds.append(best)
        start = best.end
    return folds


def minutes_in_a_tick(network: Network) -> int:
    """How long a tick is, as the bounds of the network say; 1 where they don't."""
    number = dict(network.bounds).get("tick", "1").split()[0]
    return int(number) if number.isdecimal() else 1


def story_of(path: Path, ending: str = "") -> Story:
    """The story of a path."""
    return tell(path, tick=minutes_in_a_tick(path.network), ending=ending)


def story_lines(
    story: Story, margin: str = "", labels: Labels | None = None, verbose: bool = False, skip: int = 0, why: str = ""
) -> list[Line]:
    """A story as lines; ``verbose`` adds what the receivers say and the requirements of each step.

    The first ``skip`` steps are left out, for the reason ``why``.
    """
    names = Names(story.path.network, labels or {})
    width = len(str(len(story.lines)))
    lines: list[Line] = []
    if skip:
        number = f"1-{skip}"
        lines.append(line(f"{margin}{number:>{2 * width + 1}}  ", (why, QUIET)))
    for fold in folded(story.path, skip):
        if story.path.loop == fold.start:
            lines.append(line(margin + " " * (width + 2), ("from here on it repeats for ever:", HEADING)))
        lines += _told(story, fold, names, margin, width, verbose)
    if not story.lines:
        lines.append(line(margin, "at the start, before anything has happened"))
    return lines


def step_lines(story: Story, margin: str, labels: Labels, skip: int, most: int) -> list[Line]:
    """A story in short: what came before in one line, then the steps after ``skip``, the last ``most`` and the first of
    them, each in one line; what an agent's states are is left out."""
    names = Names(story.path.network, labels)
    width = len(str(len(story.lines)))
    lines: list[Line] = []
    if skip:
        number = f"1-{skip}" if skip > 1 else "1"
        lines.append(line(f"{margin}{number:>{2 * width + 1}}  ", ("as in every ordinary deployment", QUIET)))
    folds = folded(story.path, skip)
    for k, fold in enumerate(folds):
        if story.path.loop == fold.start:
            lines.append(line(margin + " " * (width + 2), ("from here on it repeats for ever:", HEADING)))
        if k == 0 or k >= len(folds) - most:
            lines.append(next(_told(story, fold, names, margin, width, False)))
        elif k == 1:
            left = f"{len(folds) - most - 1} steps more"
            lines.append(line(margin + " " * (2 * width + 3), (left, QUIET)))
    if not story.lines:
        lines.append(line(margin, "at the start, before anything has happened"))
    return lines


def shortened(command: str, longest: int = 60) -> str:
    """A command line that fits beside other words."""
    return command if len(command) <= longest else command[: longest - 1] + "…"


def whereabouts(path: Path, scope: str = "", labels: Labels | None = None) -> list[tuple[str, str]]:
    """Every agent and where it is at the end of a path; of one instance only, if ``scope`` is its prefix."""
    names = Names(path.network, labels or {})
    there = path.network.describe(path.last)
    return [(names.short(name, scope.rstrip("/")), state) for name, state in there.items() if name.startswith(scope)]


def cause(story: Story, labels: Labels | None = None, *, kinds: bool = True) -> str:
    """The faults of a story in words, in their order; without one, its last step, unless the story repeats for ever.

    ``kinds``: with the kind of each fault.
    """
    faults = [f"{told.says} ({told.fault})" if kinds else told.says for told in story.lines if told.fault]
    names = Names(story.path.network, labels or {})
    last = story.lines[-1:] if story.path.loop is None else ()
    return ", then ".join(faults or [f"{names.short(told.sender)}: {told.says}" for told in last])


class Names:
    """Short names of components: without the instance where there is only one."""

    def __init__(self, network: Network, labels: Labels) -> None:
        scopes = {c.scope for c in network.components if c.scope}
        self.only = next(iter(scopes)) if len(scopes) == 1 else ""
        self.labels = labels

    def whole(self, name: str) -> str:
        """The name of a component with its instance; a task is called by its program."""
        here, slash, component = name.rpartition("/")
        return here + slash + (self.labels[name].name if name in self.labels else component)

    def short(self, name: str, instance: str = "") -> str:
        """The name of a component without its instance, where that is clear; a task is called by its program."""
        here = name[: name.rfind("/") + 1]
        clear = here in (self.only, f"{instance}/" if instance else "")
        return self.whole(name).removeprefix(here) if clear else self.whole(name)


def _told(story: Story, fold: Fold, names: Names, margin: str, width: int, verbose: bool) -> Iterator[Line]:
    steps = story.lines[fold.start : fold.end]
    first, last = steps[0], steps[-1]
    number = str(first.number) if len(steps) == 1 else f"{first.number}-{last.number}"
    head = f"{margin}{number:>{2 * width + 1}}  {_minutes(steps):<{_clock_width(story)}}"
    spans: list[Span] = []
    if first.fault:
        spans.append((f"FAULT {first.fault}: ", FAULT))
    if fold.period == 1:
        spans += [(names.short(first.sender), AGENT), f": {first.says}"]
    else:
        said = "; ".join(f"{names.short(s.sender, first.instance)}: {s.says}" for s in steps[: fold.period])
        spans.append(said)
    if fold.times > 1:
        spans.append((f" ({fold.times} times)", HEADING))
    yield line(head, *spans)
    below = margin + " " * (2 * width + 3 + _clock_width(story))
    moves = first.moves if len(steps) == 1 else _net_moves(story.path, fold)
    if moves:
        texts = [f"{names.short(name, first.instance)}: {what}" for name, what in moves]
        yield line(below, ("; ".join(texts), QUIET))
    if verbose and len(steps) == 1:
        for name, says in first.reactions:
            yield line(below, (names.short(name, first.instance), AGENT), f": {says}")
        yield line(below, (f"event {first.event}" + _bracketed(first.realises), QUIET))


def _net_moves(path: Path, fold: Fold) -> list[tuple[str, str]]:
    """What the variables of the components are before and after a fold; their states are the same."""
    found = []
    for component, b, a in zip(path.network.components, path.states[fold.start], path.states[fold.end], strict=True):
        before, after = component.lts.states[b], component.lts.states[a]
        texts = [
            f"{variable.name} {variable.show(x)} -> {variable.show(y)}"
            for variable, x, y in zip(component.chart.variables, before.values, after.values, strict=True)
            if x != y
        ]
        if texts:
            found.append((component.name, ", ".join(texts)))
    return found


def _minutes(steps: Sequence[Told]) -> str:
    """The minutes in which steps happen, on the clock of their instance."""
    known = [s.minute for s in steps if s.minute is not None]
    if not known:
        return ""
    return f"min {known[0]}" if known[0] == known[-1] else f"min {known[0]}-{known[-1]}"


def _clock_width(story: Story) -> int:
    longest = max((s.minute for s in story.lines if s.minute is not None), default=None)
    if longest is None:
        return 0
    return len("min -") + 2 * len(str(longest)) + 2


def _bracketed(requirements: tuple[str, ...]) -> str:
    return f" [{', '.join(requirements)}]" if requirements else ""


def _shape(network: Network, state: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
    """The active states of every component, without variables."""
    return tuple(c.lts.states[s].active for c, s in zip(network.components, state, strict=True))


def _crosses_loop(loop: int | None, start: int, end: int) -> bool:
    return loop is not None and start < loop < end
