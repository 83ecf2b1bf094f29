"""Charts over time, drawn by hand: as SVG, and as plain text for a terminal or a log.

One lane per component, time downwards.  A dot is the sender of an event, arrow heads are the receivers; what changed
stands in boxes below.  A dotted arrow is time passing, a dashed one that says "fault" a fault.  What is watched, such
as the truth of a formula, has columns to the right, with its values before each event: a full dot for true, an empty
one for false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from .diagram import Lane, Mark, Message, Note, Repeat, Sequence, printable
from .dot import FAMILY, FAULT, INK, QUIET, SEND, wrap

LANE = 172
GUTTER = 46
LETTERS = 29
"""Width of a lane and of the column of step numbers, in pixels, and how many characters fit into a lane."""

TRACK = 30
"""Width of a column for what is watched; wider where its values are words."""

_LINE = 13
_TRUE, _FALSE = "+", "·"
_VIOLATED = "#8f0031"


def swimlanes(sequence: Sequence) -> str:
    """The sequence as an SVG document."""
    return _Drawing(sequence).document()


class _Drawing:
    def __init__(self, sequence: Sequence) -> None:
        self.sequence = sequence
        self.tracks = [max([TRACK, *(7 * len(v) + 12 for v in track.values)]) for track in sequence.tracks]
        self.width = max(GUTTER + LANE * len(sequence.lanes) + sum(self.tracks) + 16, 480)
        self.behind: list[str] = []
        self.front: list[str] = []
        self.y = 0

    def document(self) -> str:
        self.head()
        top = self.y
        self.y += 8
        self.messages(self.sequence.messages, 0)
        if self.sequence.end:
            self.y += 26
            self.text(12, self.y + 4, "end", colour=QUIET)
            self.watched(self.sequence.end, self.y)
        self.y += 12
        for lane in range(len(self.sequence.lanes)):
            x = self.x(lane)
            self.behind.insert(0, f'<path d="M{x} {top}V{self.y}" stroke="#9a9a9a" fill="none"/>')
        height = self.y + 12
        title = escape(printable(self.sequence.title), {'"': "&quot;"})
        return "\n".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}" width="{self.width}" '
                f'height="{height}" viewBox="0 0 {self.width} {height}" '
                f'font-family="{FAMILY}" font-size="11">',
                f'<rect width="{self.width}" height="{height}" fill="#ffffff"/>',
                *self.behind,
                *self.front,
                "</svg>\n",
            )
        )

    def x(self, lane: int) -> int:
        return GUTTER + LANE * lane + LANE // 2

    def column(self, track: int) -> int:
        """The middle of the column of a track."""
        return GUTTER + LANE * len(self.sequence.lanes) + sum(self.tracks[:track]) + self.tracks[track] // 2

    def watched(self, values: tuple[str, ...], y: int) -> None:
        """The values of the tracks, in a row."""
        for track, value in enumerate(values):
            x = self.column(track)
            if value in (_TRUE, _FALSE):
                fill = INK if value == _TRUE else "#ffffff"
                self.front.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{fill}" stroke="{INK}"/>')
            else:
                self.text(x, y + 4, value, middle=True)

    def head(self) -> None:
        self.y = 26
        self.text(12, self.y, self.sequence.title, size=16, bold=True)
        for line in wrap(self.sequence.says, self.width // 6) if self.sequence.says else ():
            self.y += 16
            self.text(12, self.y, line, colour=QUIET)
        for legend in self.sequence.tracks:
            for line in wrap(f"{legend.letter}: {legend.text}", self.width // 6):
                self.y += 16
                self.text(12, self.y, line)
        self.y += 14
        lanes = self.sequence.lanes
        if any(lane.group for lane in lanes):
            for first, last in _runs(lanes):
                left, right = self.x(first) - LANE // 2 + 3, self.x(last) + LANE // 2 - 3
                if lanes[first].group:
                    self.front.append(
                        f'<rect x="{left}" y="{self.y}" width="{right - left}" height="18" fill="#e2e2e2" rx="4"/>'
                    )
                    self.text((left + right) // 2, self.y + 13, lanes[first].group, middle=True)
            self.y += 22
        names = [wrap(lane.name, LETTERS - 3) for lane in lanes]
        begins = [wrap(lane.begins, LETTERS) for lane in lanes]
        tallest = max((len(n) + len(b) for n, b in zip(names, begins, strict=True)), default=0)
        height = tallest * _LINE + 10
        for i, (name, begin) in enumerate(zip(names, begins, strict=True)):
            self.front.append(
                f'<rect x="{self.x(i) - LANE // 2 + 3}" y="{self.y}" width="{LANE - 6}" height="{height}" '
                f'fill="#eaf3f9" stroke="{INK}" rx="4"/>'
            )
            for k, line in enumerate(name):
                self.text(self.x(i), self.y + 15 + k * _LINE, line, middle=True, bold=True)
            for k, line in enumerate(begin):
                self.text(self.x(i), self.y + 15 + (len(name) + k) * _LINE, line, middle=True, size=10, colour=QUIET)
        for track, watched in enumerate(self.sequence.tracks):
            self.text(self.column(track), self.y + height - 6, watched.letter, middle=True, bold=True)
        self.y += height

    def messages(self, items: Iterable[Message | Repeat], depth: int) -> None:
        for item in items:
            if isinstance(item, Message):
                self.message(item)
                continue
            self.y += 10
            top, inset = self.y, 4 + 6 * depth
            self.text(inset + 8, top + 14, _times(item), bold=True)
            self.y += 18
            self.messages(item.messages, depth + 1)
            self.y += 8
            self.behind.append(
                f'<rect x="{inset}" y="{top}" width="{self.width - 2 * inset}" height="{self.y - top}" rx="4" '
                f'fill="#fffbe6" fill-opacity="0.7" stroke="{INK}" stroke-dasharray="6 3"/>'
            )

    def message(self, message: Message) -> None:
        colour = FAULT if Mark.FAULT in message.marks else INK if Mark.TICK in message.marks else SEND
        dashes = "7 4" if Mark.FAULT in message.marks else "2 4" if Mark.TICK in message.marks else ""
        self.y += 26
        y, sender = self.y, self.x(message.sender)
        ends = [self.x(r) for r in message.receivers]
        self.text(12, y + 4, str(message.number), colour=QUIET)
        self.watched(message.watched, y)
        if ends:
            dash = f' stroke-dasharray="{dashes}"' if dashes else ""
            left, right = min(sender, *ends), max(sender, *ends)
            self.front.append(f'<path d="M{left} {y}H{right}" stroke="{colour}" stroke-width="1.5" fill="none"{dash}/>')
        for end in ends:
            back = -8 if end > sender else 8
            self.front.append(f'<path d="M{end} {y}l{back} -4v8z" fill="{colour}"/>')
        self.front.append(f'<circle cx="{sender}" cy="{y}" r="4" fill="{colour}"/>')
        # The lane says which instance it is.
        name = label(message, self.sequence.lanes[message.sender].group)
        # Beside the dot where there is no arrow; above it, from its left end, where there is one.
        if ends:
            self.text(min(sender, *ends) + 9, y - 5, name, colour=colour, bold=True)
        else:
            self.text(sender + 9, y - 5, name, colour=colour, bold=True)
        if Mark.VIOLATED in message.marks:
            self.front.append(f'<path d="M34 {y - 6}l10 12m0 -12l-10 12" stroke="{_VIOLATED}" stroke-width="2.5"/>')
        deepest = max((self.note(note, y + 7) for note in message.notes), default=y + 4)
        self.y = deepest

    def note(self, note: Note, y: int) -> int:
        lines = [line for text in note.lines for line in wrap(text, LETTERS)]
        height = len(lines) * _LINE + 5
        left = self.x(note.lane) - LANE // 2 + 5
        self.front.append(
            f'<rect x="{left}" y="{y}" width="{LANE - 10}" height="{height}" fill="#ffffff" stroke="#9a9a9a" rx="3"/>'
        )
        for k, line in enumerate(lines):
            self.text(self.x(note.lane), y + 12 + k * _LINE, line, middle=True, size=10)
        return y + height

    def text(
        self, x: int, y: int, text: str, *, colour: str = INK, size: int = 11, bold: bool = False, middle: bool = False
    ) -> None:
        attributes = ' text-anchor="middle"' if middle else ""
        attributes += ' font-weight="bold"' if bold else ""
        attributes += f' font-size="{size}"' if size != 11 else ""
        # The white rim keeps text legible where it crosses a lane.
        self.front.append(
            f'<text x="{x}" y="{y}" fill="{colour}" stroke="#ffffff" stroke-width="3" paint-order="stroke"{attributes}>'
            f"{escape(printable(text))}</text>"
        )


def _runs(lanes: tuple[Lane, ...]) -> Iterator[tuple[int, int]]:
    """First and last of each run of lanes of one group."""
    first = 0
    for i in range(1, len(lanes) + 1):
        if i == len(lanes) or lanes[i].group != lanes[first].group:
            yield first, i - 1
            first = i


def _times(repeat: Repeat) -> str:
    return "for ever" if repeat.times is None else f"{repeat.times} times, until step {repeat.last}"


def label(message: Message, instance: str = "") -> str:
    """What a message is called: its event, without the instance where a lane tells it, and what is wrong with it."""
    marks = [m.value for m in (Mark.VIOLATED, Mark.FAULT) if m in message.marks]
    return ": ".join((*marks, message.event.removeprefix(f"{instance}/")))


def text(sequence: Sequence) -> str:
    """The sequence as plain text: a column per lane, events and changes to the right.

    >>> from goalstate.diagrams.diagram import Lane, Message, Note, Sequence
    >>> lanes = (Lane("host", "", "idle"), Lane("guest", "", "off"))
    >>> print(text(Sequence("start", lanes, (Message(1, "boot", 0, (1,), (Note(1, ("off → on",)),)),))))
    start
      A  host   idle
      B  guest  off
    <BLANKLINE>
          A   B
       1  ●──▶│  boot
          │   │    B: off → on
    <BLANKLINE>
    """
    lanes = sequence.lanes
    signs = [_sign(i) for i in range(len(lanes))]
    names = [printable(f"{lane.group}/{lane.name}" if lane.group else lane.name) for lane in lanes]
    widest = max(map(len, names), default=0)
    lines = [printable(sequence.title)]
    if sequence.says:
        lines.append(printable(sequence.says))
    for sign, name, lane in zip(signs, names, lanes, strict=True):
        lines.append(f"  {sign:<2} {name:<{widest}}  {printable(lane.begins)}")
    lines += [f"  {track.letter:<2} {printable(track.text)}" for track in sequence.tracks]
    widths = [max(len(track.letter), *map(len, track.values)) for track in sequence.tracks]
    watched = _columns([track.letter for track in sequence.tracks], widths)
    lines += ["", "      " + "".join(f"{s:<4}" for s in signs).rstrip() + (f"  {watched}" if watched else "")]
    lines += _rows(sequence.messages, signs, widths)
    if sequence.end:
        lines.append("  end " + "   ".join("│" for _ in signs) + f"  {_columns(sequence.end, widths)}")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _sign(lane: int) -> str:
    """A, B, ..., Z, A1, B1, ..."""
    return chr(ord("A") + lane % 26) + (str(lane // 26) if lane >= 26 else "")


def _columns(values: Iterable[str], widths: list[int]) -> str:
    return " ".join(f"{printable(value):<{width}}" for value, width in zip(values, widths, strict=True))


def _rows(items: Iterable[Message | Repeat], signs: list[str], widths: list[int]) -> Iterator[str]:
    still = " " * 6 + "   ".join("│" for _ in signs) + " " * (sum(widths) + len(widths))
    for item in items:
        if isinstance(item, Repeat):
            yield f" ┌─ {_times(item)}"
            yield from (f" │{row[2:]}" for row in _rows(item.messages, signs, widths))
            yield " └─"
            continue
        watched = f"  {_columns(item.watched, widths)}" if item.watched else ""
        yield f"  {item.number:>3} {_arrow(item, len(signs))}{watched}  {printable(label(item))}"
        for note in item.notes:
            yield f"{still}    {signs[note.lane]}: {printable('; '.join(note.lines))}"


def _arrow(message: Message, lanes: int) -> str:
    cells = list("│   " * (lanes - 1) + "│")
    ends = [4 * r for r in message.receivers]
    sender = 4 * message.sender
    stroke = "╌" if Mark.FAULT in message.marks else "┄" if Mark.TICK in message.marks else "─"
    for k in range(min(sender, *ends, sender), max(sender, *ends, sender)):
        cells[k] = "┼" if k % 4 == 0 else stroke
    cells[sender] = "●"
    for end in ends:
        cells[end - 1 if end > sender else end + 1] = "▶" if end > sender else "◀"
        cells[end] = "│"
    return "".join(cells)
