"""Diagrams as values: what is drawn and what it means, without format, colour or position.

A picture is made in two steps.  Extraction (`statecharts`, `networks`, `workflows`, `traces`) turns a model into one
of the two values below; rendering (`dot`, `mermaid`, `svg`, `swimlanes`) turns a value into text.  So every format
shows the same things, a test can ask what is in a picture without reading a picture, and equal models give equal
bytes.

`Diagram` is a nested graph: nodes and clusters hold lines of text, edges join nodes.  `Sequence` is a chart over
time: lanes from left to right, messages from top to bottom.

Styles name meanings (``FAULT``, ``REGION``); what a meaning looks like is each renderer's own business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Style(Enum):
    """What a node, cluster or edge is."""

    # nodes
    STATE = "state"
    INITIAL = "initial"  # where a composite state, or the chart, begins
    ANYWHERE = "anywhere"  # "in whatever state inside": the source of rows that belong to the composite itself
    SEVERAL = "several"  # "in one of these states": the source of rows that several states have in common
    AGENT = "agent"
    # clusters
    COMPOSITE = "composite"  # one of its children is active
    PARALLEL = "parallel"  # all of its children are active
    REGION = "region"  # a child of a parallel state
    INSTANCE = "instance"  # components of one instance
    # edges
    BEGIN = "begin"  # from an initial marker
    SEND = "send"
    RECEIVE = "receive"
    TICK = "tick"
    FAULT = "fault"


class Tone(Enum):
    """How a line of text is to be taken."""

    TITLE = "title"
    PLAIN = "plain"
    QUIET = "quiet"  # true, and rarely what one looks for: refusals, ignored events, legends
    FAULT = "fault"


@dataclass(frozen=True)
class Line:
    """One line of a label; renderers wrap it."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Node:
    """A box; ``says`` is a sentence shown where the format has room for one (a tooltip)."""

    id: str
    lines: tuple[Line, ...]
    style: Style
    says: str = ""


@dataclass(frozen=True)
class Cluster:
    """A box around boxes."""

    id: str
    lines: tuple[Line, ...]
    style: Style
    items: tuple[Item, ...] = ()
    says: str = ""


Item: TypeAlias = "Node | Cluster"


@dataclass(frozen=True)
class Edge:
    """An arrow between two nodes, by id."""

    tail: str
    head: str
    lines: tuple[Line, ...]
    style: Style
    says: str = ""


@dataclass(frozen=True)
class Diagram:
    """A nested graph with a title; ``lines`` (legend, variables) stand under the title."""

    title: str
    items: tuple[Item, ...]
    edges: tuple[Edge, ...]
    lines: tuple[Line, ...] = ()
    sideways: bool = False

    def walk(self) -> Iterator[Item]:
        """Every node and cluster, outermost first, in order.

        >>> inner = Node("b", (Line("b"),), Style.STATE)
        >>> [i.id for i in Diagram("d", (Cluster("a", (), Style.COMPOSITE, (inner,)),), ()).walk()]
        ['a', 'b']
        """
        yield from _walk(self.items)


def _walk(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        if isinstance(item, Cluster):
            yield from _walk(item.items)


class Mark(Enum):
    """What is special about a message."""

    FAULT = "fault"
    TICK = "tick"
    VIOLATED = "violated"


@dataclass(frozen=True)
class Lane:
    """One component: its name, the instance it belongs to (or ""), and the state it begins in."""

    name: str
    group: str
    begins: str


@dataclass(frozen=True)
class Note:
    """What a message changed in one lane (by number)."""

    lane: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Track:
    """Something that is watched along a run: its letter, what it is, and its value before each event and at the end."""

    letter: str
    text: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """One event: ``number`` counts from 1; lanes by number; receivers that merely ignore it are left out.

    ``watched`` has the value of each track before it.
    """

    number: int
    event: str
    sender: int
    receivers: tuple[int, ...]
    notes: tuple[Note, ...] = ()
    marks: frozenset[Mark] = frozenset()
    watched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """Messages that happen several times in a row (``times``), or, with ``times`` None, for ever.

    ``last`` is the number of the last step they stand for.  The notes tell the first state before and the last after.
    """

    messages: tuple[Message | Repeat, ...]
    times: int | None
    last: int


@dataclass(frozen=True)
class Sequence:
    """A run over time; ``end`` has the values of the tracks where it ends, if it does."""

    title: str
    lanes: tuple[Lane, ...]
    messages: tuple[Message | Repeat, ...]
    says: str = ""
    tracks: tuple[Track, ...] = ()
    end: tuple[str, ...] = ()

    def walk(self) -> Iterator[Message]:
        """Every message, those inside repetitions once."""
        yield from _messages(self.messages)


def _messages(items: tuple[Message | Repeat, ...]) -> Iterator[Message]:
    for item in items:
        if isinstance(item, Message):
            yield item
        else:
            yield from _messages(item.messages)


_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Text with everything that XML forbids, breaks a line or turns its direction replaced by a visible sign.

    >>> printable("a\\x00b\\nc")
    'a\ufffdb c'
    """
    return _UNPRINTABLE.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))
