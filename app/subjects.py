"""What a command is about: a deployment read from service files, or a network written in the notation.

``FILE.py:NAME`` names a Network, a pair of a Network and its properties, or a function without arguments that returns
one of the two.  The file is a Python program and is run as one; what goes wrong in it is reported with its line there.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from .errors import UserError
from .model.deployment import Deployment, read_deployment
from .model.network import Network
from .model.terms import suggestion
from .model.workflow import Bounds, Faults, Platform, Workflow
from .properties.property import NoDeadlock, NothingLost, Property
from .properties.verification import with_instances

_IN_A_FILE = re.compile(r"(?P<file>.+\.py)(?::(?P<name>\w*))?", re.DOTALL)

EXAMPLE = Path(__file__).resolve().parent / "example"
"""The service that comes with goalstate."""

ALLOWED = "a folder, a .csdef and its .cscfg, or FILE.py:NAME"

MOST_INSTANCES = 64
"""Instances in a network that is drawn or run as a whole."""

GENERAL = (
    Property("no event is lost: what an agent sends, the others take, ignore or refuse on purpose", NothingLost()),
    Property("something can always happen", NoDeadlock()),
)
"""What is asked of a network that comes without properties."""


@dataclass(frozen=True)
class Notated:
    """A network written in the notation, with what shall be true of it."""

    name: str
    network: Network
    properties: tuple[Property, ...]


Subject: TypeAlias = "Deployment | Notated"


@dataclass(frozen=True)
class Choices:
    """What the options say about the world to look at, unread; empty where nothing was said."""

    instances: tuple[str, ...] = ()
    faults: str = ""
    requests: int | None = None
    tick: int | None = None
    options: tuple[str, ...] = ()

    @property
    def given(self) -> tuple[str, ...]:
        """The options that were used."""
        used = {
            "--instances": bool(self.instances),
            "--faults": bool(self.faults),
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
        here = Path.cwd()
        return read_deployment([EXAMPLE.relative_to(here) if EXAMPLE.is_relative_to(here) else EXAMPLE])
    in_files = [(path, _IN_A_FILE.fullmatch(path)) for path in paths]
    found = next(((path, match) for path, match in in_files if match), None)
    if found is None:
        return read_deployment(paths)
    path, match = found
    if len(paths) > 1:
        raise UserError(f"{path}: stands for everything to look at, but {len(paths)} paths are given; give it alone")
    return _read_notated(Path(match["file"]), match["name"] or "")


def read_world(choices: Choices) -> World:
    """Read the choices; raises UserError and BoundsError."""
    options = [_pair(text, "--option", "NAME=VALUE, as in reboot=skips_on_stop") for text in choices.options]
    return World(
        tuple(_count(*_pair(text, "--instances", "ROLE=N, as in Web=2")) for text in choices.instances),
        Faults.parse(choices.faults) if choices.faults else None,
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
    total = sum(role.instances for role in deployment.roles)
    if total > MOST_INSTANCES:
        raise UserError(
            f"{deployment.location}: {total} instances in one network; allowed: {MOST_INSTANCES}; "
            f"take fewer, as in --instances {deployment.roles[0].name}=2"
        )
    return Workflow(deployment, bounds, world.platform).network


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


# -- networks in Python files ------------------------------------------------------------------------------------------


def _read_notated(file: Path, name: str) -> Notated:
    if not file.is_file():
        raise UserError(f"{file}:1: file not found, or no file; allowed: {ALLOWED}; check the path")
    module = _run(file)
    if not name:
        raise UserError(f"{file}:1: which network? write {file}:NAME; there: {_candidates(module) or 'none'}")
    if name not in vars(module):
        close = suggestion(name, [n for n in vars(module) if not n.startswith("_")])
        raise UserError(f"{file}:1: no {name!r} here{close}; networks and functions: {_candidates(module) or 'none'}")
    found: Any = getattr(module, name)
    line = _line_of(found, file)
    if callable(found):
        if _wants_arguments(found):
            raise UserError(f"{file}:{line}: {name} wants arguments; allowed: a function without, such as a lambda")
        found = _guarded(file, found)
    properties: Any = GENERAL
    network = found
    if isinstance(found, tuple | list) and len(found) == 2:
        network, properties = found
    if isinstance(properties, Property):
        properties = (properties,)
    if not isinstance(network, Network):
        what = type(network).__name__
        raise UserError(f"{file}:{line}: {name} is a {what}; allowed: a Network, or a pair of a Network and properties")
    wrong = [p for p in properties if not isinstance(p, Property)] if isinstance(properties, Sequence) else [properties]
    if wrong:
        raise UserError(
            f"{file}:{line}: {name} has a {type(wrong[0]).__name__} among its properties; allowed: Property"
        )
    if not properties:
        raise UserError(f"{file}:{line}: {name} has no properties; leave the pair out to ask the general questions")
    return Notated(network.name if network.name != "network" else name, network, tuple(properties))


def _run(file: Path) -> ModuleType:
    """Import a file as a module of its own, with its folder first on the path, as `python FILE` has it."""
    spec = importlib.util.spec_from_file_location(f"_notated_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UserError(f"{file}:1: can't be imported as Python; allowed: a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    folder = str(file.parent.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    loader = spec.loader
    _guarded(file, lambda: loader.exec_module(module))
    return module


def _guarded(file: Path, action: Any) -> Any:
    """Do what the user's code does; what goes wrong there is a UserError with the last line of the file it got to.

    What it prints goes to stderr: stdout is for the report.
    """
    try:
        with redirect_stdout(sys.stderr):
            return action()
    except SyntaxError as error:
        raise UserError(f"{error.filename or file}:{error.lineno or 1}: {error.msg}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's program may raise anything
        here = file.resolve()
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == here]
        kind = "" if type(error).__module__.startswith("goalstate.") else f"{type(error).__name__}: "
        raise UserError(f"{file}:{lines[-1] if lines else 1}: {kind}{error}") from None


def _line_of(value: object, file: Path) -> int:
    code = getattr(value, "__code__", None)
    return code.co_firstlineno if code is not None and Path(code.co_filename).resolve() == file.resolve() else 1


def _wants_arguments(function: Any) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _candidates(module: ModuleType) -> str:
    names = []
    for name, value in vars(module).items():
        if isinstance(value, tuple | list) and len(value) == 2:
            value = value[0]
        own = inspect.isfunction(value) and value.__module__ == module.__name__ and not _wants_arguments(value)
        if not name.startswith("_") and (isinstance(value, Network) or own):
            names.append(name)
    return ", ".join(names)


# -- options -----------------------------------------------------------------------------------------------------------


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in text.partition("="))
    if not (name and sign and value):
        raise UserError(f"{option} can't be {text!r}; write {form}")
    return name, value


def _count(role: str, number: str) -> tuple[str, int]:
    if not (number.isascii() and number.isdecimal() and len(number) <= 7 and 1 <= int(number) <= 1_000_000):
        raise UserError(f"--instances: role {role!r} can't have {number!r} instances; allowed: 1 to 1000000")
    return role, int(number)
