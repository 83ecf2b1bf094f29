"""What counts as the user's mistake: a message on stderr and exit code 2, never a traceback."""

from __future__ import annotations

from .model.deployment import DeploymentError
from .model.network import NetworkError, ReplayError
from .model.statechart import StatechartError
from .model.story import GuideError
from .model.terms import TermError
from .model.workflow import BoundsError
from .properties.predicates import PredicateError


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
