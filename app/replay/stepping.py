"""Stepping through a run by hand: forwards, backwards, to any step; the states of the agents, and what is possible.

Commands are read line by line and answered at once, so that a person and a pipe are treated alike; no feature of the
terminal is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from goalstate.model.network.path import Path
from goalstate.model.notation.terms import suggestion
from goalstate.model.running.story import moves
from goalstate.properties.runs.truths import Track

from ..formats.portal import seen_lines
from ..formats.story import FAULT, Labels, Names, story_of
from ..formats.truth import changed
from ..terminal.page import AGENT, HEADING, QUIET, Line, Span, line, table, write

COMMANDS = {
    "next": "take the next step; so does an empty line",
    "back": "undo the last step",
    "NUMBER": "go to where so many steps are taken; 0 is the start",
    "state": "where every agent is; state NAME: those with NAME in their names",
    "who": "who can do what now; > is what the run does",
    "truth": "what is true now of the parts of the property",
    "help": "this; the first letter of a command is enough",
    "quit": "end",
}

LONGEST = 10_000
"""Characters of a command that are read at once."""

LONGEST_SHOWN = 40
"""Characters of a wrong command that are repeated."""


class Stepper:
    """A run and a place in it: ``at`` is the number of steps taken."""

    def __init__(self, path: Path, tracks: Sequence[Track] = (), labels: Labels | None = None) -> None:
        self.path = path
        self.tracks = tracks
        self.story = story_of(path).lines
        self.labels = labels or {}
        self.names = Names(path.network, self.labels)
        self.at = 0

    def talk(self, questions: TextIO, answers: TextIO) -> None:
        """Answer commands until one ends it, or there are no more."""
        asked = questions.isatty()
        write([line("", f"{len(self.path)} steps; help tells the commands")], answers)
        while True:
            if asked:
                answers.write(f"{self.at} of {len(self.path)}> ")
            answers.flush()
            try:
                text = questions.readline(LONGEST)
            except UnicodeDecodeError:
                text = "?\n"  # what is no text is no command either
            if not text or text.strip().casefold() in ("quit", "q"):
                return
            write(list(self.answer(text.strip())), answers)

    def answer(self, text: str) -> Iterator[Line]:
        """Carry out a command; returns the lines of its answer."""
        word, _, rest = text.partition(" ")
        word = next((c for c in COMMANDS if word.casefold() in (c, c[0])), word) if word else "next"
        if word == "state":
            yield from self._state(rest.strip())
        elif word.isascii() and word.isdecimal() and not rest:
            yield from self._jump(word)
        elif rest or word not in COMMANDS or word == "NUMBER":
            shown = text[:LONGEST_SHOWN]
            yield line("", f"no command {shown!r}{suggestion(shown, COMMANDS)}; help tells the commands")
        else:
            yield from {
                "next": self._next,
                "back": self._back,
                "who": self._who,
                "truth": self._truth,
                "help": self._help,
            }[word]()

    def _next(self) -> Iterator[Line]:
        if self.at == len(self.path):
            if self.path.loop is None:
                yield line("", "this is the end; back goes back")
                return
            self.at = self.path.loop
            yield line("", f"round again, from step {self.at + 1}")
        self.at += 1
        yield self._told(self.at, "")
        yield from self._differing(self.at - 1, self.at)
        yield from self._seen()

    def _back(self) -> Iterator[Line]:
        if not self.at:
            yield line("", "this is the start; next goes on")
            return
        yield self._told(self.at, "undone: ")
        self.at -= 1
        yield from self._differing(self.at + 1, self.at)

    def _jump(self, digits: str) -> Iterator[Line]:
        number = int(digits) if len(digits) <= len(str(len(self.path))) else len(self.path) + 1
        if number > len(self.path):
            yield line("", f"no step {digits[:LONGEST_SHOWN]}; allowed: 0 to {len(self.path)}")
            return
        self.at = number
        yield self._told(number, "after: ") if number else line("   0  ", "the start")
        yield from self._truth()
        yield from self._seen()

    def _seen(self) -> Iterator[Line]:
        """At the end of the run, what people see of each instance."""
        if self.at == len(self.path):
            yield from seen_lines(self.path, "      ", self.labels)

    def _state(self, wanted: str) -> Iterator[Line]:
        there = self.path.network.describe(self.path.states[self.at])
        rows: list[list[Span]] = [
            [(self.names.short(name), AGENT), where] for name, where in there.items() if wanted in name
        ]
        if not rows:
            shown = wanted[:LONGEST_SHOWN]
            yield line("", f"no agent has {shown!r} in its name{suggestion(shown, there)}")
        yield from table("  ", rows)

    def _who(self) -> Iterator[Line]:
        network = self.path.network
        rounds = self.at == len(self.path) and self.path.loop is not None
        place = self.path.loop if rounds and self.path.loop is not None else self.at
        following = self.path.events[place] if place < len(self.path) else None
        able = network.enabled(self.path.states[self.at])
        for event in able:
            fault = network.events[network.event_index[event]].fault
            kind: Span = (f"  (fault {fault})", FAULT) if fault else ""
            mark = "> " if event == following else "  "
            yield line(mark, (self.names.short(network.participants(event)[0]), AGENT), f": {event}", kind)
        if not able:
            yield line("", "nothing can happen any more")

    def _truth(self) -> Iterator[Line]:
        yield from (line("  ", text) for text in changed(self.tracks, None, self.at))
        if not self.tracks:
            yield line("", "the property says nothing of single steps")

    def _help(self) -> Iterator[Line]:
        yield from table("  ", [list(row) for row in COMMANDS.items()])

    def _told(self, number: int, how: str) -> Line:
        told = self.story[number - 1]
        fault: Span = (f"FAULT {told.fault}: ", FAULT) if told.fault else ""
        return line(f"{number:>4}  ", (how, HEADING), fault, (self.names.short(told.sender), AGENT), f": {told.says}")

    def _differing(self, before: int, now: int) -> Iterator[Line]:
        """What changes from one place to another one."""
        found = moves(self.path.network, self.path.states[before], self.path.states[now])
        if found:
            yield line("      ", ("; ".join(f"{self.names.short(name, '')}: {what}" for name, what in found), QUIET))
        texts = list(changed(self.tracks, before, now))
        if texts:
            yield line("      ", ("; ".join(texts), HEADING))


def backwards(stepper: Stepper, first: int, last: int) -> Iterator[Line]:
    """The steps ``last`` down to ``first`` (from 1), undone one after the other."""
    stepper.at = last
    for _ in range(last - first + 1):
        yield from stepper.answer("back")
