"""`goalstate new`: a first model of one's own with properties and a test, all of which run."""

from __future__ import annotations

import keyword
import re
import sys
from importlib import resources
from pathlib import Path
from string import Template

from ...terminal.answer import Answer
from ...terminal.errors import UserError
from ...terminal.exit_codes import HOLDS
from ...terminal.page import BLANK, Line, line, tame

FILES = {"{}.py": "model.txt", "test_{}.py": "test_model.txt"}
"""The files of a model by their names, with the templates that they are made from."""


def new(name: str) -> Answer:
    """Write a model into a new folder of its name; raises UserError, and then nothing is written."""
    _require_a_name(name)
    folder = Path(name)
    try:
        folder.mkdir()
        for pattern, template in FILES.items():
            text = resources.files("goalstate").joinpath("templates", template).read_text(encoding="utf-8")
            file = folder / pattern.format(name)
            file.write_text(Template(text).substitute(name=name), encoding="utf-8", newline="\n")
    except FileExistsError:
        raise UserError(
            f"{tame(name)}:1: is there already; allowed: a new folder, since nothing is overwritten; take another name"
        ) from None
    except OSError as error:
        raise UserError(
            f"{tame(str(error.filename or name))}:1: can't be written ({error.strerror}); allowed: a folder where you "
            "may write; go to another one"
        ) from None
    made = [line("", f"{folder / pattern.format(name)} written") for pattern in FILES]
    return Answer(HOLDS, [*made, BLANK, *_next(name)])


def _next(name: str) -> list[Line]:
    """What to try."""
    return [
        line("", f"goalstate verify {name}/{name}.py:model        every property holds"),
        line("", f"goalstate verify {name}/{name}.py:hasty        a run shows what goes wrong"),
        line("", f"pytest {name}"),
    ]


def _require_a_name(name: str) -> None:
    """Refuse what Python could not import; raises UserError."""
    allowed = "small letters, digits and _, the first a letter, and no word or module of Python; as in pump_station"
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise UserError(f"NAME: {tame(name)!r} can't be imported by Python; allowed: {allowed}")
    taken = {"goalstate", "pytest", "test", "conftest", *sys.stdlib_module_names}
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in taken:
        raise UserError(f"NAME: {name!r} means something in Python already; allowed: {allowed}")
