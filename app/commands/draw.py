"""`goalstate draw`: pictures of the agents, of the workflow, or of who shares events with whom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..answer import HOLDS, Answer
from ..diagrams.drawing import KINDS, Kind
from ..diagrams.drawing import draw as write_pictures
from ..errors import UserError
from ..model.terms import suggestion
from ..page import line
from ..subjects import Choices, network_of, read_subject


def draw(kind: str, paths: Sequence[str], choices: Choices, directory: Path) -> Answer:
    """Write the pictures of one kind into a directory and name the files."""
    network = network_of(read_subject(paths), choices)
    try:
        written = write_pictures(_kind(kind), network, directory)
    except OSError as error:
        raise UserError(
            f"{error.filename or directory}: can't be written ({error.strerror}); name another folder"
        ) from None
    return Answer(HOLDS, [line("", str(path)) for path in written])


def _kind(name: str) -> Kind:
    for kind in KINDS:
        if kind == name:
            return kind
    raise UserError(f"no pictures of {name!r}{suggestion(name, KINDS)}; allowed: {', '.join(KINDS)}")
