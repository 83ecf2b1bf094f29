"""What counts as the user's mistake: a message on stderr and exit code 2, never a traceback."""

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
    """Something asked of the front door that it can't do: the message says what, what was allowed, and a likely fix."""


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
    """What a user's mistake is told with: a line for each, in which the names of files control nothing."""
    if isinstance(error, DeploymentError):
        return "\n".join(tame(str(problem)) for problem in error.problems)
    return "\n".join(map(tame, str(error).split("\n")))
