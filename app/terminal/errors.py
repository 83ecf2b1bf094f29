"""The mistakes of users: a message on stderr and exit code 2, never a traceback."""

from __future__ import annotations

from goalstate.model.deployment import DeploymentError
from goalstate.model.network import NetworkError, ReplayError
from goalstate.model.notation.statechart import StatechartError
from goalstate.model.notation.terms import TermError
from goalstate.model.running.story import GuideError
from goalstate.model.workflow import BoundsError
from goalstate.properties.predicates import PredicateError

from .page import tame


class UserError(Exception):
    """A request that can't be met: the message says what was wrong, what is allowed, and the likely fix."""


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
)
"""Exceptions whose text is written for the user."""


def message(error: BaseException) -> str:
    """The message for a user's mistake: a line for each problem, without control characters."""
    if isinstance(error, DeploymentError):
        return "\n".join(tame(str(problem)) for problem in error.problems)
    return "\n".join(map(tame, str(error).split("\n")))
