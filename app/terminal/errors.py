"""The mistakes of users: a message on stderr and an exit code, 2 for nearly all of them; never a traceback."""

from __future__ import annotations

import ast
import os
import traceback
from contextlib import suppress
from pathlib import Path

from goalstate.model.deployment import DeploymentError
from goalstate.model.network import NetworkError, ReplayError
from goalstate.model.notation.statechart import StatechartError
from goalstate.model.notation.terms import TermError
from goalstate.model.running.story import GuideError
from goalstate.model.workflow import BoundsError
from goalstate.properties.predicates import PredicateError
from goalstate.properties.requirements import UnknownRequirement

from .exit_codes import IMPOSSIBLE, WRONG
from .page import tame

CATALOGUE = Path(__file__).parent.parent / "properties" / "catalogue"


class UserError(Exception):
    """A request that can't be met: the message says what was wrong, what is allowed, and the likely fix."""


class Impossible(UserError):
    """A run that can't happen on the definition that it is replayed on."""


USER_ERRORS: tuple[type[Exception], ...] = (
    UserError,
    BoundsError,
    DeploymentError,
    GuideError,
    NetworkError,
    PredicateError,
    ReplayError,
    StatechartError,
    TermError,
    UnknownRequirement,
)
"""Exceptions whose text is written for the user."""


def code_of(error: BaseException) -> int:
    """The exit code for an error of `USER_ERRORS`."""
    return IMPOSSIBLE if isinstance(error, Impossible) else WRONG


def message(error: BaseException) -> str:
    """The message for a user's mistake: a line for each problem, without control characters."""
    if isinstance(error, DeploymentError):
        return "\n".join(tame(str(problem)) for problem in error.problems)
    told = str(error)
    if isinstance(error, UnknownRequirement):
        told = f"{_place(error, error.id)}{error}"
    elif isinstance(error, PredicateError) and error.property:
        told = f"{_place(error, error.name.rpartition('/')[2])}property {error.property!r}: {error}"
    return "\n".join(map(tame, told.split("\n")))


def _place(error: Exception, name: str) -> str:
    """`file:line: ` of a mistyped name, in the source that was at work or in the catalogue; empty where none has it."""
    at_work = [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    for filename, number in [*reversed(at_work), *((str(file), 0) for file in sorted(CATALOGUE.rglob("*.py")))]:
        with suppress(OSError, SyntaxError, ValueError):
            file = Path(filename).resolve()
            nodes = ast.walk(ast.parse(file.read_bytes()))
            lines = [node.lineno for node in nodes if isinstance(node, ast.Constant) and node.value == name]
            if lines:
                return f"{os.path.relpath(file)}:{min(lines, key=lambda line: abs(line - number))}: "
    return ""
