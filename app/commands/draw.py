"""`goalstate draw`: diagrams of the agents, of the workflow, or of which agents share events."""

from __future__ import annotations

from collections.abc import Sequence

from goalstate.diagrams.drawing import KINDS, Kind
from goalstate.diagrams.drawing import draw as write_pictures
from goalstate.diagrams.svg import LayoutError
from goalstate.model.notation.terms import suggestion
from goalstate.properties.service.settings import Settings

from ..reading.subjects import network_of, read_subject
from ..terminal.answer import Answer
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS
from ..terminal.output_file import report_folder
from ..terminal.page import line, tame


def draw(kind: str, paths: Sequence[str], settings: Settings, directory: str) -> Answer:
    """Write the pictures of one kind into a directory and name the files."""
    wanted, folder = _kind(kind), report_folder(directory)
    network = network_of(read_subject(paths), settings)
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
