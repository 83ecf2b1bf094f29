"""What a command is about: a deployment read from service files, or a network written in the notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from goalstate.model.deployment import Deployment, read_deployment
from goalstate.model.network import Network
from goalstate.model.notation.terms import suggestion
from goalstate.model.workflow import DEFAULT_PLATFORM, Bounds, Workflow
from goalstate.properties.service.settings import Settings, as_chosen

from ..terminal.errors import UserError
from ..terminal.page import tame
from .network_file import ALLOWED, Notated, read_notated

_IN_A_FILE = re.compile(r"(?P<file>.+\.py)(?::(?P<name>\w*))?", re.DOTALL)

EXAMPLE = Path(__file__).resolve().parent.parent / "example"
"""The service that comes with goalstate."""

MOST_INSTANCES = 64
"""Instances in a network that is drawn, run or searched as a whole."""


Subject: TypeAlias = "Deployment | Notated"


def read_subject(paths: Sequence[str]) -> Subject:
    """The deployment or the network that paths name; no path: the example that comes with goalstate.

    Raises the errors of its parts, all of them the user's.
    """
    if not paths:
        try:
            here = Path.cwd()
        except OSError:  # a folder that was deleted
            here = EXAMPLE
        return read_deployment([EXAMPLE.relative_to(here) if EXAMPLE.parent.is_relative_to(here) else EXAMPLE])
    if "" in paths:
        raise UserError(f"a path is empty; allowed: {ALLOWED}, or no path for the bundled example; name one")
    in_files = [(path, _IN_A_FILE.fullmatch(path)) for path in paths]
    found = next(((path, match) for path, match in in_files if match), None)
    if found is None:
        return read_deployment(paths)
    path, match = found
    if len(paths) > 1:
        raise UserError(f"{path}: stands for everything to look at, but {len(paths)} paths are given; give it alone")
    return read_notated(Path(match["file"]), match["name"] or "")


def sources(subject: Subject) -> tuple[str, ...]:
    """The files that a subject was read from."""
    return subject.sources if isinstance(subject, Deployment) else (subject.file,)


def network_of(subject: Subject, settings: Settings) -> Network:
    """The whole network of a subject, for commands that need one network: drawings and simulations."""
    if isinstance(subject, Notated):
        require_no_bounds(settings)
        return subject.network
    bounds = bounds_of(settings, Bounds())
    require_roles(subject, settings.instances)
    deployment = as_chosen(subject, settings)
    require_few(deployment)
    return Workflow(deployment, bounds, settings.platform).network


def bounds_of(settings: Settings, defaults: Bounds) -> Bounds:
    """The bounds that the settings choose; ``defaults`` where they choose none."""
    return replace(
        defaults,
        faults=defaults.faults if settings.faults is None else settings.faults,
        requests=defaults.requests if settings.requests is None else settings.requests or None,
        also=settings.also,
        tick=defaults.tick if settings.tick is None else settings.tick,
    )


def require_few(deployment: Deployment) -> None:
    """Refuse more instances than fit into one network; raises UserError with what is allowed."""
    total = sum(role.instances for role in deployment.roles)
    if total > MOST_INSTANCES:
        where = f"{tame(str(deployment.location))}: " if deployment.location.line else ""
        most = max(deployment.roles, key=lambda role: role.instances)
        raise UserError(
            f"{where}{total} instances in one network; allowed: {MOST_INSTANCES}; "
            f"take fewer, as in --instances {tame(most.name)}=2"
        )


def require_roles(deployment: Deployment, counts: Iterable[tuple[str, int]]) -> None:
    """Refuse counts for roles that the deployment does not have; raises UserError with the line of the definition."""
    names = [role.name for role in deployment.roles]
    for name, _ in counts:
        if name not in names:
            where = f"{deployment.location}: " if deployment.location.line else ""
            hint = suggestion(name, names)
            raise UserError(f"{where}--instances: no role {name!r}{hint}; roles: {', '.join(names)}")


def require_no_bounds(settings: Settings) -> None:
    """Refuse settings that are for deployments; raises UserError."""
    chosen = {
        "--instances": bool(settings.instances),
        "--faults": settings.faults is not None,
        "--requests": settings.requests is not None,
        "--also": bool(settings.also),
        "--tick": settings.tick is not None,
        "--assume": bool(settings.assume),
        "--option": settings.platform != DEFAULT_PLATFORM,
    }
    given = [name for name, is_given in chosen.items() if is_given]
    if given:
        plural = "are" if len(given) > 1 else "is"
        raise UserError(
            f"{', '.join(given)} {plural} for deployments; a network in a file has the bounds it was built with; "
            "change them there: a fault_budget, the numbers of components"
        )
