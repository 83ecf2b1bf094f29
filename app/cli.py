"""The command line of goalstate: options are declared and answers written here, the work is done in `commands`.

Exit codes: 0 holds, 1 violated, 2 wrong input or usage, 3 unknown.  A user's mistake is a message on stderr, never a
traceback.  What is heavy is imported by the command that needs it, so that `--version` and `--help` are immediate.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from .answer import Answer
    from .subjects import Choices

EXAMPLES = """\b
Examples:
  goalstate verify                              the example that comes with goalstate
  goalstate verify MyService/                   a folder with a .csdef and a .cscfg
  goalstate verify a.csdef b.cscfg --faults 2   two faults instead of one
  goalstate verify MyService/ --instances Web=1 --property Ready -v
  goalstate verify net.py:NAME                  a network written in the notation
  goalstate verify MyService/ --format sarif -o findings.sarif
  goalstate simulate MyService/ --guide '*/on_start_returned'
  goalstate draw agents MyService/ -o pictures/

\b
Exit codes: 0 holds, 1 violated, 2 wrong input or usage, 3 unknown.
"""

app = typer.Typer(
    name="goalstate",
    help="The executable, verified model of the classic Windows Azure VM workflow.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


class Format(StrEnum):
    """How `verify` reports."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"


class TextOrJson(StrEnum):
    """How the other commands report."""

    TEXT = "text"
    JSON = "json"


class Engine(StrEnum):
    """Who searches."""

    AUTO = "auto"
    REFERENCE = "reference"
    EXPLICIT = "explicit"


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATHS",
        help="A folder with a .csdef, or a .csdef and its .cscfg, or FILE.py:NAME; none: the bundled example.",
        show_default=False,
    ),
]
Instances = Annotated[
    list[str] | None,
    typer.Option("--instances", metavar="ROLE=N", help="Instances of a role, instead of the .cscfg's. Repeatable."),
]
FaultBudget = Annotated[
    str, typer.Option("--faults", metavar="none|N|KIND=N,...", help="How many faults may happen.", show_default=False)
]
Requests = Annotated[
    int | None,
    typer.Option(
        "--requests",
        metavar="N",
        min=0,
        max=255,
        help="User requests, the first deployment included; 0: any number.",
        show_default=False,
    ),
]
Tick = Annotated[
    int | None, typer.Option("--tick", metavar="1|5", help="Minutes in a tick of the clocks.", show_default=False)
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An alternative of the platform. Repeatable."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write there instead of stdout.", show_default=False),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Leave nothing out.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"goalstate {version('goalstate')}")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command("verify", short_help="Check every property of a service or network.")
def _verify(
    paths: Paths = None,
    instances: Instances = None,
    faults: FaultBudget = "",
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    engine: Annotated[Engine, typer.Option("--engine", help="Who searches.")] = Engine.AUTO,
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property", metavar="NAME", help="Only properties with this in their name; * and ? are wild. Repeatable."
        ),
    ] = None,
    max_states: Annotated[
        int | None,
        typer.Option("--max-states", metavar="N", min=1, help="Stop a search at so many states.", show_default=False),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option("--max-seconds", metavar="S", min=0.0, help="Stop a search after so long.", show_default=False),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="All instances in one network (large), not one of each role.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How to report.")] = Format.TEXT,
    output: Output = None,
    verbose: Verbose = False,
    progress: Annotated[
        bool, typer.Option("--progress", help="Progress on stderr even if that is no terminal.")
    ] = False,
) -> None:
    """Check every property of a deployment, or of a network in a file.

    A violated property comes with the path that shows it; exit code 1. A search that did not get through
    says unknown; exit code 3.
    """

    def command() -> Answer:
        from .commands.verify import Search, verify

        search = Search(engine.value, tuple(properties or ()), max_states, max_seconds, whole)
        choices = _choices(instances, faults, requests, tick, option)
        return verify(
            paths or (), choices, search, format=format.value, output=output, verbose=verbose, progress=progress
        )

    _answer(command)


@app.command("simulate", short_help="Run the agents once and tell the story.")
def _simulate(
    paths: Paths = None,
    instances: Instances = None,
    faults: FaultBudget = "",
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    guide: Annotated[
        list[str] | None,
        typer.Option("--guide", metavar="EVENT", help="An event that must come next; * and ? are wild. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed gives the same run.")] = 0,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            metavar="N",
            min=0,
            max=100_000,
            help="Random steps: 60, or none after a guide.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to report.")] = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> None:
    """Run the agents once, guided or at random, and tell the story."""

    def command() -> Answer:
        from .commands.simulate import simulate

        choices = _choices(instances, faults, requests, tick, option)
        return simulate(
            paths or (),
            choices,
            seed=seed,
            steps=steps,
            guide=guide or (),
            format=format.value,
            output=output,
            verbose=verbose,
        )

    _answer(command)


@app.command("draw", short_help="Draw agents, workflow or network.")
def _draw(
    kind: Annotated[str, typer.Argument(metavar="agents|workflow|network", help="What to draw.")],
    directory: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder for the pictures.")],
    paths: Paths = None,
    instances: Instances = None,
    faults: FaultBudget = "",
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
) -> None:
    """Draw the agents, the workflow, or who shares events with whom: as SVG, DOT and Mermaid."""

    def command() -> Answer:
        from .commands.draw import draw

        return draw(kind, paths or (), _choices(instances, faults, requests, tick, option), directory)

    _answer(command)


@app.command("times", short_help="How long until faults are noticed and repaired.")
def _times(
    paths: Paths = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="KIND", help="Only this kind of fault. Repeatable.")
    ] = None,
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    max_states: Annotated[
        int | None, typer.Option("--max-states", metavar="N", min=1, help="Stop a search there.", show_default=False)
    ] = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to report.")] = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> None:
    """For each kind of fault, the shortest and the longest time until it is noticed, and until the instance is back."""

    def command() -> Answer:
        from .commands.times import times

        return times(
            paths or (),
            _choices(None, "", requests, tick, option),
            faults=tuple(fault or ()),
            max_states=max_states,
            format=format.value,
            output=output,
            verbose=verbose,
        )

    _answer(command)


@app.command("mutants", short_help="Make small mistakes in the agents and see who notices.")
def _mutants(
    paths: Paths = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", min=1, help="Only so many, chosen at random.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed gives the same sample.")] = 0,
    faults: FaultBudget = "",
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    max_states: Annotated[
        int | None, typer.Option("--max-states", metavar="N", min=1, help="Stop a search there.", show_default=False)
    ] = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to report.")] = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> None:
    """Judge every property again with one small mistake in an agent, and tell which mistakes nothing notices."""

    def command() -> Answer:
        from .commands.mutants import judge_mutants

        return judge_mutants(
            paths or (),
            _choices(None, faults, requests, tick, option),
            sample=sample,
            seed=seed,
            max_states=max_states,
            format=format.value,
            output=output,
            verbose=verbose,
        )

    _answer(command)


@app.command("requirements", short_help="Trace requirements to transitions and properties.")
def _requirements(
    format: Annotated[TextOrJson, typer.Option("--format", help="How to report.")] = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> None:
    """Show which transitions realise each requirement, and which properties check it."""

    def command() -> Answer:
        from .commands.requirements import requirements

        return requirements(format=format.value, output=output, verbose=verbose)

    _answer(command)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A file's name may hold what the terminal's encoding can't.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    app(prog_name="goalstate")


def _choices(
    instances: list[str] | None, faults: str, requests: int | None, tick: int | None, options: list[str] | None
) -> Choices:
    from .subjects import Choices

    return Choices(tuple(instances or ()), faults, requests, tick, tuple(options or ()))


def _answer(command: Callable[[], Answer]) -> NoReturn:
    """Do a command, write its answer and leave; the user's mistakes become messages."""
    try:
        answer = command()
    except KeyboardInterrupt:
        print("interrupted before there was a verdict: unknown", file=sys.stderr)
        raise typer.Exit(3) from None
    except MemoryError:
        print("memory ran out before there was a verdict: unknown", file=sys.stderr)
        raise typer.Exit(3) from None
    except Exception as error:
        from .errors import USER_ERRORS
        from .page import tame

        if not isinstance(error, USER_ERRORS):
            raise
        print("\n".join(map(tame, str(error).splitlines())), file=sys.stderr)
        raise typer.Exit(2) from None
    try:
        _write(answer)
    except BrokenPipeError:
        # The reader has seen enough.  What is still buffered must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"{answer.file or 'stdout'}: can't be written ({error.strerror})", file=sys.stderr)
        raise typer.Exit(2) from None
    raise typer.Exit(answer.code)


def _write(answer: Answer) -> None:
    from .page import write

    if answer.file is not None:
        answer.file.write_text(answer.text, encoding="utf-8", errors="backslashreplace")
        print(f"{answer.summary}; written to {answer.file}")
    elif isinstance(answer.content, str):
        sys.stdout.write(answer.content)
    else:
        write(answer.content, sys.stdout)
    sys.stdout.flush()
