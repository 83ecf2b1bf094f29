"""What a command is about: a deployment read from service files, or a network written in the notation.

The options about the world to look at are read here too, since what they may say depends on the subject.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from goalstate.model.deployment import Deployment, read_deployment
from goalstate.model.network import Network
from goalstate.model.notation.terms import suggestion
from goalstate.model.workflow import ALTERNATIVES, Bounds, Faults, Platform, Workflow
from goalstate.properties.service.settings import with_instances

from ..terminal.errors import UserError
from ..terminal.page import tame
from .network_file import ALLOWED, Notated, read_notated

_IN_A_FILE = re.compile(r"(?P<file>.+\.py)(?::(?P<name>\w*))?", re.DOTALL)

EXAMPLE = Path(__file__).resolve().parent.parent / "example"
"""The service that comes with goalstate."""

MOST_INSTANCES = 64
"""Instances in a network that is drawn, run or searched as a whole."""


Subject: TypeAlias = "Deployment | Notated"


@dataclass(frozen=True)
class Choices:
    """What the options say about the world to look at, unread; empty where nothing was said."""

    instances: tuple[str, ...] = ()
    faults: str | None = None
    requests: int | None = None
    tick: int | None = None
    options: tuple[str, ...] = ()

    @property
    def given(self) -> tuple[str, ...]:
        """The options that were used."""
        used = {
            "--instances": bool(self.instances),
            "--faults": self.faults is not None,
            "--requests": self.requests is not None,
            "--tick": self.tick is not None,
            "--option": bool(self.options),
        }
        return tuple(name for name, is_used in used.items() if is_used)


@dataclass(frozen=True)
class World:
    """The choices, read: None where nothing was said."""

    instances: tuple[tuple[str, int], ...]
    faults: Faults | None
    requests: int | None
    tick: int | None
    platform: Platform


def read_subject(paths: Sequence[str]) -> Subject:
    """The deployment or the network that paths stand for; no path: the example that comes with goalstate.

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


def read_world(choices: Choices) -> World:
    """Read the choices; raises UserError and BoundsError."""
    options = [_pair(text, "--option", "NAME=VALUE, as in reboot=skips_on_stop") for text in choices.options]
    instances = [_count(*_pair(text, "--instances", "ROLE=N, as in Web=2")) for text in choices.instances]
    _require_once("--instances", [role for role, _ in instances])
    _require_once("--option", [name for name, _ in options])
    if choices.faults is not None:
        _require_once("--faults", [part.partition("=")[0].strip() for part in choices.faults.split(",")])
    return World(
        tuple(instances),
        None if choices.faults is None else Faults.parse(choices.faults),
        choices.requests,
        choices.tick,
        Platform.of(dict(options)),
    )


def network_of(subject: Subject, choices: Choices) -> Network:
    """The whole network of a subject, for what looks at one network: drawings and runs."""
    world = read_world(choices)
    if isinstance(subject, Notated):
        require_no_choices(choices)
        return subject.network
    defaults = Bounds()
    bounds = Bounds(
        defaults.faults if world.faults is None else world.faults,
        defaults.requests if world.requests is None else world.requests or None,
        defaults.tick if world.tick is None else world.tick,
    )
    require_roles(subject, world.instances)
    deployment = with_instances(subject, world.instances)
    require_few(deployment)
    return Workflow(deployment, bounds, world.platform).network


def require_few(deployment: Deployment) -> None:
    """Refuse more instances than fit into one network; raises UserError with what would do."""
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


def require_no_choices(choices: Choices) -> None:
    """Refuse options that speak of a deployment; raises UserError."""
    if choices.given:
        plural = "are" if len(choices.given) > 1 else "is"
        raise UserError(
            f"{', '.join(choices.given)} {plural} for deployments; a network in a file has the bounds it was built with"
        )


# -- options -----------------------------------------------------------------------------------------------------------


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in text.partition("="))
    if not (name and sign and value):
        known = f"; options: {', '.join(ALTERNATIVES)}" if option == "--option" else ""
        close = suggestion(name, ALTERNATIVES) if option == "--option" and name not in ALTERNATIVES else ""
        if option == "--option" and name in ALTERNATIVES:
            known, form = f"; allowed: {', '.join(ALTERNATIVES[name])}", f"--option {name}={ALTERNATIVES[name][-1]}"
        raise UserError(f"{option} can't be {text!r}{close}; write {form}{known}")
    return name, value


def _require_once(option: str, names: Sequence[str]) -> None:
    """Refuse a name that is given twice: the second would replace the first."""
    for name, times in Counter(names).items():
        if times > 1:
            raise UserError(f"{option}: {name!r} is given {times} times; allowed: once; keep the one that is meant")


def _count(role: str, number: str) -> tuple[str, int]:
    if not (number.isascii() and number.isdecimal() and len(number) <= 7 and 1 <= int(number) <= 1_000_000):
        raise UserError(f"--instances: role {role!r} can't have {number!r} instances; allowed: 1 to 1000000")
    return role, int(number)
