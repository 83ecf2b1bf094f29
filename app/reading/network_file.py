"""Networks in Python files: ``FILE.py:NAME`` is a Network, a pair of a Network and its properties, or a function
without arguments that returns one of the two.

The file is a Python program and is run as one.  Whatever goes wrong in it, or in what it says of its network, is
reported with its line there, and before anything is searched.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, get_args

from goalstate.model.engines import reference
from goalstate.model.network import Network
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.terms import TermError, suggestion
from goalstate.properties.judging.explicit import check
from goalstate.properties.predicates import PredicateError, bind
from goalstate.properties.property import AlwaysCan, Claim, NoDeadlock, NothingLost, Property
from goalstate.properties.requirements import UnknownRequirement, require_known

from ..terminal.errors import USER_ERRORS, UserError
from ..terminal.interrupts import noted
from ..terminal.page import tame

ALLOWED = "a folder, a .csdef and its .cscfg, or FILE.py:NAME"

MOST_NAMES = 12
"""Names that a message lists."""

GENERAL = (
    Property("no event is lost: what an agent sends, the others take, ignore or refuse on purpose", NothingLost()),
    Property("something can always happen", NoDeadlock()),
)
"""What is asked of a network that comes without properties."""


@dataclass(frozen=True)
class Notated:
    """A network written in the notation, with what shall be true of it, and the file that it stands in."""

    name: str
    network: Network
    properties: tuple[Property, ...]
    file: str = ""


def read_notated(file: Path, name: str) -> Notated:
    """The network that a name in a file stands for; raises UserError for whatever goes wrong."""
    shown = tame(str(file))
    try:
        there = file.is_file()
    except OSError:  # a name that no file can have
        there = False
    if not there:
        raise UserError(f"{shown}:1: file not found, or no file; allowed: {ALLOWED}; check the path")
    # What the user's objects do when they are looked at is the user's code too.
    found, place = _guarded(file, lambda: _named(file, name))
    _guarded(file, lambda: _require_sense(found, _PropertyLines(file, place)))
    assert isinstance(found, Notated)
    return found


def _named(file: Path, name: str) -> tuple[Notated, str]:
    """The value of a name, and the line where the name gets it."""
    shown = tame(str(file))
    module = _run(file)
    if not name:
        raise UserError(f"{shown}:1: which network? write {shown}:NAME; there: {_candidates(module) or 'none'}")
    if name not in vars(module):
        close = suggestion(name, [n for n in vars(module) if not n.startswith("_")])
        raise UserError(f"{shown}:1: no {name!r} here{close}; networks and functions: {_candidates(module) or 'none'}")
    found: Any = getattr(module, name)
    place = f"{shown}:{_line_of(found, name, file)}"
    if callable(found):
        if _wants_arguments(found):
            raise UserError(f"{place}: {name} wants arguments; allowed: a function without, such as a lambda")
        found = found()
    properties: Any = GENERAL
    network = found
    if isinstance(found, tuple | list) and len(found) == 2:
        network, properties = found
    if isinstance(properties, Property):
        properties = (properties,)
    if not isinstance(network, Network):
        what = type(network).__name__
        raise UserError(
            f"{place}: {name} is a {what}; allowed: a Network, or a pair of a Network and properties; "
            f"networks and functions: {_candidates(module) or 'none'}"
        )
    wrong = [p for p in properties if not isinstance(p, Property)] if isinstance(properties, Sequence) else [properties]
    if wrong:
        raise UserError(
            f"{place}: {name} has a {type(wrong[0]).__name__} among its properties; allowed: Property; "
            "write (network, [Property(...), ...])"
        )
    if not properties:
        raise UserError(f"{place}: {name} has no properties; leave the pair out to ask the general questions")
    return Notated(network.name if network.name != "network" else name, network, tuple(properties), str(file)), place


def _require_sense(subject: Notated, lines: _PropertyLines) -> None:
    """Refuse two properties of one name, and properties about what the network lacks, before the search."""
    network = subject.network
    for chart in dict.fromkeys(component.chart for component in network.components):
        for id in (id for row in chart.rows for id in row.realises):
            try:
                require_known([id], f"a row of {chart.name}")
            except UnknownRequirement as error:
                raise UserError(f"{lines.place_of_text(id)}: {error}") from None
    start = reference.explore(network, Limits(states=1))
    known: dict[str, str] = {}
    for prop in subject.properties:
        _require_types(prop, lines)
        name, place = str(prop), lines.place(prop.name)
        if name in known:
            raise UserError(
                f"{lines.place(prop.name, 1)}: a second property {name!r}, the first: {known[name]}; "
                "allowed: one property of a name, since findings go by names; rename one of them"
            )
        known[name] = place
        try:
            check(start, [prop])
            if prop.witness is not None:
                bind(prop.witness, network)
            if isinstance(prop.claim, AlwaysCan):
                for event in sorted(prop.claim.without - set(network.event_index)):
                    raise PredicateError(f"no event {event!r}{suggestion(event, network.event_index)}")
        except (PredicateError, TermError) as error:
            raise UserError(f"{place}: property {name!r}: {error}{_allowed(str(error), network)}") from None


def _require_types(prop: Any, lines: _PropertyLines) -> None:
    """Refuse a property whose fields have values of a wrong type."""
    place = lines.place(prop.name) if isinstance(prop.name, str) else lines.otherwise
    texts = {"name": prop.name, "subject": prop.subject, "location": prop.location}
    for field, value in texts.items():
        if not isinstance(value, str):
            raise UserError(
                f"{place}: a property's {field} is a {type(value).__name__}; allowed: text; put it in quotes"
            )
    if not prop.name.strip():
        raise UserError(f"{place}: a property has no name; allowed: the sentence that it claims; write it")
    if not isinstance(prop.claim, get_args(Claim)):
        kinds = ", ".join(claim.__name__ for claim in get_args(Claim))
        raise UserError(
            f"{place}: property {prop.name!r}: its claim is a {type(prop.claim).__name__}; allowed: {kinds}; "
            "write one of them, as in Always(...)"
        )
    if isinstance(prop.requirements, str) or not all(isinstance(id, str) for id in prop.requirements):
        raise UserError(
            f"{place}: property {prop.name!r}: its requirements are no tuple of ids; allowed: ids in a tuple; "
            'write ("R-1",)'
        )
    if prop.location and not re.fullmatch(r".+:[0-9]+", prop.location, re.DOTALL):
        raise UserError(
            f"{place}: property {prop.name!r}: its location is {prop.location!r}; allowed: file:line; "
            "write it so, or leave it out"
        )


def _allowed(message: str, network: Network) -> str:
    """The names that are allowed in place of a wrong one, and the likely fix."""
    lists = {"no component": ("components", network.index), "no event": ("events", network.event_index)}
    for words, (kind, names) in lists.items():
        if words in message and f"{kind}: " not in message:
            some = [
                *islice(names, MOST_NAMES),
                *([f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []),
            ]
            return f"; {kind}: {', '.join(some)}; correct the name"
    return "" if ";" in message else "; correct the condition"


class _PropertyLines:
    """Where in a file the properties stand, found by their sentences; else where the network stands."""

    def __init__(self, file: Path, otherwise: str) -> None:
        self.shown, self.otherwise = tame(str(file)), otherwise
        self.lines: dict[str, list[int]] = {}
        self.texts: dict[object, int] = {}
        with suppress(OSError, SyntaxError, ValueError, RecursionError):
            for node in ast.walk(ast.parse(file.read_bytes())):
                if isinstance(node, ast.Constant):
                    self.texts.setdefault(node.value, node.lineno)
                if isinstance(node, ast.Call):
                    for argument in [*node.args[:1], *(k.value for k in node.keywords if k.arg == "name")]:
                        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                            self.lines.setdefault(argument.value, []).append(node.lineno)

    def place(self, name: str, occurrence: int = 0) -> str:
        """`file:line` of a property, of the second one of its name if ``occurrence`` is 1."""
        found = sorted(self.lines.get(name, ()))
        return f"{self.shown}:{found[min(occurrence, len(found) - 1)]}" if found else self.otherwise

    def place_of_text(self, text: str) -> str:
        """`file:line` of a text in quotes; else where the network stands."""
        return f"{self.shown}:{self.texts[text]}" if text in self.texts else self.otherwise


def _run(file: Path) -> ModuleType:
    """Import a file as a module of its own, with its folder first on the path, as `python FILE` has it."""
    spec = importlib.util.spec_from_file_location(f"_notated_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UserError(f"{tame(str(file))}:1: can't be imported as Python; allowed: a .py file; check the path")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    folder = str(file.parent.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    # Not by the loader: its bytecode would be taken for that of a file of the same size written in the same second.
    exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
    return module


def _guarded(file: Path, action: Callable[[], Any]) -> Any:
    """Run the user's code; an error in it becomes a UserError with the last line of the file that it reached.

    What it prints goes to stderr: stdout is for the report.  Ctrl-C stays Ctrl-C, but for one that the file raises.
    What it changes in the interpreter is put back.
    """
    shown = tame(str(file))
    with redirect_stdout(sys.stderr), redirect_stderr(sys.stderr), _put_back(), noted() as pressed:
        try:
            return action()
        except UserError:
            raise
        except SyntaxError as error:
            raise UserError(f"{tame(error.filename or shown)}:{error.lineno or 1}: {error.msg}") from None
        except BaseException as error:
            if pressed:
                raise KeyboardInterrupt from None
            here = file.resolve()
            lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == here]
            if not lines and type(error) not in USER_ERRORS:
                raise  # nothing of the user's: goalstate itself is wrong
            ours = type(error).__module__.startswith("goalstate.")
            told = str(error) if ours else f"{type(error).__name__}: {error}".removesuffix(": ")
            fix = "" if ours else "; allowed: a program that runs and ends; run it with python to see more"
            raise UserError(f"{shown}:{lines[-1] if lines else 1}: {told}{fix}") from None


@contextmanager
def _put_back() -> Iterator[None]:
    """Put back the limit of recursion and the working folder; meanwhile an exit on the spot is an exception.

    It would end this program with a code of the file's choice, such as 0: that everything holds.
    """
    limit, leave, own = sys.getrecursionlimit(), os._exit, os.getpid()

    def refuse(code: int = 0, /) -> NoReturn:
        if os.getpid() != own:  # a child process of the file
            leave(code)
        raise SystemExit(f"os._exit({code})")

    try:
        folder = os.getcwd()
    except OSError:  # a folder that was deleted
        folder = ""
    os._exit = refuse  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = leave
        sys.setrecursionlimit(limit)
        if folder:
            os.chdir(folder)


def _line_of(value: object, name: str, file: Path) -> int:
    """Where a name gets its value."""
    code = getattr(value, "__code__", None)
    if code is not None and Path(code.co_filename).resolve() == file.resolve():
        return int(code.co_firstlineno)
    with suppress(OSError, SyntaxError, ValueError, RecursionError):
        for node in ast.parse(file.read_bytes()).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node.lineno
    return 1


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
    return ", ".join(names[:MOST_NAMES])
