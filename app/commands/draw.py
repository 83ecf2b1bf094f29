"""`goalstate draw`: pictures of the agents, of the workflow, or of who shares events with whom."""

from __future__ import annotations

from collections.abc import Sequence

from ..answer import Answer
from ..codes import HOLDS
from ..diagrams.drawing import KINDS, Kind
from ..diagrams.drawing import draw as write_pictures
from ..diagrams.svg import LayoutError
from ..errors import UserError
from ..model.terms import suggestion
from ..page import line, tame
from ..place import report_folder
from ..subjects import Choices, network_of, read_subject


def draw(kind: str, paths: Sequence[str], choices: Choices, directory: str) -> Answer:
    """Write the pictures of one kind into a directory and name the files."""
    wanted, folder = _kind(kind), report_folder(directory)
    network = network_of(read_subject(paths), choices)
    try:
        written = write_pictures(wanted, network, folder)
    except OSError as error:
        raise UserError(
            f"{error.filename or directory}: can't be written ({error.strerror}); allowed: a folder, there or to be "
            "made; name another one"
        ) from None
    except LayoutError as error:
        raise UserError(f"pictures of {kind}: {error}") from None
    if not written:
        where = tame(" ".join(paths))
        raise UserError(f"{where}: a network without agents; allowed: one or more; there is nothing to draw, add some")
    return Answer(HOLDS, [line("", str(path)) for path in written])


def _kind(name: str) -> Kind:
    for kind in KINDS:
        if kind == name:
            return kind
    raise UserError(f"no pictures of {name!r}{suggestion(name, KINDS)}; allowed: {', '.join(KINDS)}")
