"""The arguments of the command line: commands, options, and what each option takes.

Nothing is done here: a command reads its options and hands over to `commands`.  What is heavy is imported by the
command that needs it, so that `--version` and `--help` are immediate.  The answer to a wrong value
is what is allowed, and what to write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from .terminal.answer import Answer

if TYPE_CHECKING:
    from .reading.subjects import Choices

EXAMPLES = """\b
Examples:
  goalstate verify                              the example that comes with goalstate
  goalstate verify MyService/                   a folder with a .csdef and a .cscfg
  goalstate verify a.csdef b.cscfg --faults 2   two faults instead of one
  goalstate verify MyService/ --instances Web=1 --property Ready -v
  goalstate verify net.py:NAME                  a network written in the notation
  goalstate verify MyService/ --format sarif -o findings.sarif
  goalstate verify MyService/ --write-accepted MyService/goalstate.toml
  goalstate verify MyService/ --counterexamples 3 --write-test test_mended.py
  goalstate simulate MyService/ --guide '*/on_start_returned'
  goalstate draw agents MyService/ -o pictures/
  goalstate export promela net.py:NAME -o model.pml

\b
Exit codes: 0 holds, 1 violated, 2 wrong input or usage, 3 unknown,
4 holds, but something was put to no test, 5 a mutant survives without a reason,
70 a fault of goalstate itself, 130 interrupted before there was a verdict.
"""

ALTERNATIVES = """\b
Alternatives of the platform, the default first:
  --option failing_simple_task=restart|blocked   what follows when a simple startup task fails
  --option reboot=runs_on_stop|skips_on_stop     whether OnStop runs when the VM reboots
  --option single_instance=leaves_rotation|stays_in_rotation
                                                 a single instance that is not Ready
  --option role_events=entry_point_and_w3wp|entry_point
                                                 where a full-IIS role hears of changes
"""

SEARCHES = f"""\b
The searches, for each role:
  start         the first deployment, with one fault of any kind at any moment
  operations    a second request of the user (stop, update, new configuration, reboot, reimage), without faults
  combined      with --thorough: one fault and a second request, in steps of five minutes; ten times the states
  availability  for a public endpoint: does it keep an instance in rotation
And one for the service, if it has several upgrade domains:
  fabric        how an update walks from domain to domain, with one fault and two requests
--faults, --requests or --tick replace start and operations by one search within these bounds.

{ALTERNATIVES}
\b
A role that recycles because a task fails is no violation: the task is tried again for ever, and may succeed.
--option failing_simple_task=blocked asks what happens when it is not.
"""

MOST_WAYS = 100
"""Ways to break a property that are looked for at most."""

MOST_STEPS = 10_000
"""Steps of a simulation at most: a story that nobody reads to the end, told in some seconds."""

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
    SYMBOLIC = "symbolic"


T = TypeVar("T", int, float)


def _number(kind: type[T], least: float, most: float, allowed: str) -> Callable[[str | T], T]:
    """A reader of numbers in a range; what is no such number is refused with what is allowed."""

    form = re.compile(r"[+-]?[0-9]{1,18}" + (r"(\.[0-9]{0,18})?" if kind is float else ""))

    def read(given: str | T) -> T:
        text = str(given)  # the default is a number already
        plain = form.fullmatch(text.strip())
        if plain and least <= kind(text) <= most:
            return kind(text)
        raise typer.BadParameter(f"{text!r}; allowed: {allowed}.")

    read.__name__ = "number"
    return read


MOST = 10**15
"""More states, seconds or steps than anybody waits for."""

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
    str | None,
    typer.Option("--faults", metavar="none|N|KIND=N,...", help="How many faults may happen.", show_default=False),
]
Requests = Annotated[
    int | None,
    typer.Option(
        "--requests",
        metavar="N",
        parser=_number(
            int, 0, 255, "0 to 255, the first deployment included; 0 stands for any number, as in --requests 0"
        ),
        help="User requests, the first deployment included; 0: any number.",
        show_default=False,
    ),
]
Tick = Annotated[
    int | None,
    typer.Option(
        "--tick",
        metavar="1|5",
        parser=_number(int, -MOST, MOST, "1 or 5, as in --tick 5"),
        help="Minutes in a tick of the clocks.",
        show_default=False,
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An alternative of the platform, as listed below. Repeatable."),
]


def _states(otherwise: str, help: str = "Stop a search at so many states.") -> Any:
    """The option that limits the states of a search; ``otherwise`` is what leaving it out stands for."""
    allowed = f"1 or more; leave the option out for {otherwise}"
    return typer.Option(
        "--max-states", metavar="N", parser=_number(int, 1, MOST, allowed), help=help, show_default=False
    )


MaxStates = Annotated[int | None, _states("no limit")]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        parser=_number(int, -MOST, MOST, "a whole number of at most 15 digits, as in --seed 7"),
        help="The same seed gives the same choice.",
    ),
]
TextFormat = Annotated[TextOrJson, typer.Option("--format", help="How to report.")]
Output = Annotated[
    str | None,
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


@app.command("verify", short_help="Check every property of a service or network.", epilog=SEARCHES)
def _verify(
    paths: Paths = None,
    instances: Instances = None,
    faults: FaultBudget = None,
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
    max_states: MaxStates = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            "--max-seconds",
            metavar="S",
            parser=_number(float, 0.001, MOST, "0.001 or more, as in 2.5; leave the option out for no limit"),
            help="Stop searching after so long, all searches together.",
            show_default=False,
        ),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="All instances in one network (large), not one of each role.")
    ] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Search for what a fault and a second request do together, too (long).")
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option(
            "--accept",
            metavar="FILE|none",
            help="Accepted violations: not a failure. Else: goalstate.toml beside the .csdef.",
            show_default=False,
        ),
    ] = None,
    write_accepted: Annotated[
        str | None,
        typer.Option(
            "--write-accepted",
            metavar="FILE",
            help="Accept what is violated now: list it in FILE, for --accept.",
            show_default=False,
        ),
    ] = None,
    counterexamples: Annotated[
        int,
        typer.Option(
            "--counterexamples",
            metavar="K",
            parser=_number(int, 1, MOST_WAYS, f"1 to {MOST_WAYS}, as in --counterexamples 3"),
            help="Up to K different ways to break each property.",
        ),
    ] = 1,
    all_events: Annotated[
        bool, typer.Option("--all-events", help="Tell runs as found, with the events that a violation does not need.")
    ] = False,
    write_test: Annotated[
        str | None,
        typer.Option(
            "--write-test",
            metavar="FILE",
            help="Write a test for pytest that fails until what is violated is mended. A new file.",
            show_default=False,
        ),
    ] = None,
    save_trace: Annotated[
        str | None,
        typer.Option(
            "--save-trace",
            metavar="FILE.json|DIR",
            help="Save the run, or all runs, for goalstate replay. A new file, or a new or empty folder.",
            show_default=False,
        ),
    ] = None,
    allow_vacuous: Annotated[
        bool, typer.Option("--allow-vacuous", help="What holds only because nothing puts it to the test is no failure.")
    ] = False,
    liveness: Annotated[
        bool, typer.Option("--liveness/--no-liveness", help="Judge what comes about in the end, too.")
    ] = True,
    minimal: Annotated[
        bool, typer.Option("--minimal", help="Find which of its assumptions each sentence about the end needs (long).")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How to report.")] = Format.TEXT,
    output: Output = None,
    verbose: Verbose = False,
    progress: Annotated[
        bool, typer.Option("--progress", help="Progress on stderr even if that is no terminal.")
    ] = False,
) -> Answer:
    """Check every property of a deployment, or of a network in a file.

    A violated property comes with the path that shows it; exit code 1. A search that did not get through
    says unknown; exit code 3. A property that holds only because nothing within the bounds puts it to the
    test is vacuous; exit code 4.
    """
    from .commands.verify import Search, verify
    from .replay.saving import Kept

    return verify(
        paths or (),
        _choices(instances, faults, requests, tick, option),
        Search(
            engine.value,
            tuple(properties or ()),
            max_states,
            max_seconds,
            whole,
            thorough,
            counterexamples,
            all_events,
            liveness,
            minimal,
        ),
        accept=accept,
        write_accepted=write_accepted,
        allow_vacuous=allow_vacuous,
        kept=Kept(write_test, save_trace),
        format=format.value,
        output=output,
        verbose=verbose,
        progress=progress,
    )


@app.command("simulate", short_help="Run the agents once and tell the story.", epilog=ALTERNATIVES)
def _simulate(
    paths: Paths = None,
    instances: Instances = None,
    faults: FaultBudget = None,
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    guide: Annotated[
        list[str] | None,
        typer.Option("--guide", metavar="EVENT", help="An event that must come next; * and ? are wild. Repeatable."),
    ] = None,
    seed: Seed = 0,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            metavar="N",
            parser=_number(int, 0, MOST_STEPS, f"0 to {MOST_STEPS}, as in --steps 200"),
            help="Random steps: 60, or none after a guide.",
            show_default=False,
        ),
    ] = None,
    format: TextFormat = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> Answer:
    """Run the agents once, guided or at random, and tell the story."""
    from .commands.simulate import simulate

    return simulate(
        paths or (),
        _choices(instances, faults, requests, tick, option),
        seed=seed,
        steps=steps,
        guide=guide or (),
        format=format.value,
        output=output,
        verbose=verbose,
    )


@app.command("replay", short_help="Take a saved run once more, step by step.")
def _replay(
    trace: Annotated[str, typer.Argument(metavar="TRACE", help="A run that verify --save-trace has saved.")],
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATHS",
            help="The definition to try it on, changed or not; none: the one of then, which must not have changed.",
            show_default=False,
        ),
    ] = None,
    step: Annotated[bool, typer.Option("--step", help="Wait for a command after each step: next, back, ...")] = False,
    first: Annotated[
        int | None,
        typer.Option(
            "--from",
            metavar="N",
            parser=_number(int, 1, MOST, "1 or more"),
            help="The first step to show.",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--to",
            metavar="N",
            parser=_number(int, 1, MOST, "1 or more"),
            help="The last step to show.",
            show_default=False,
        ),
    ] = None,
    backwards: Annotated[bool, typer.Option("--backwards", help="From the end to the start.")] = False,
    lanes: Annotated[bool, typer.Option("--lanes", help="Swim lanes: a column for each agent.")] = False,
    picture: Annotated[
        str | None,
        typer.Option(
            "--picture", metavar="FILE.svg|.mmd", help="Draw the swim lanes as SVG or Mermaid.", show_default=False
        ),
    ] = None,
    format: TextFormat = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> Answer:
    """Take a saved run once more, and tell what is true at each step.

    The exit code is 0 where it breaks its property as before, 1 where it does not any more, 2 where it can't
    happen any more, 3 where that can't be told.
    """
    from .commands.replay import View, replay

    view = View(first, last, backwards, step, lanes, picture, format.value, output, verbose)
    return replay(trace, paths or (), view)


@app.command("draw", short_help="Draw agents, workflow or network.", epilog=ALTERNATIVES)
def _draw(
    kind: Annotated[str, typer.Argument(metavar="agents|workflow|network", help="What to draw.")],
    directory: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="The folder for the pictures.")],
    paths: Paths = None,
    instances: Instances = None,
    faults: FaultBudget = None,
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
) -> Answer:
    """Draw the agents, the workflow, or who shares events with whom: as SVG, DOT and Mermaid."""
    from .commands.draw import draw

    return draw(kind, paths or (), _choices(instances, faults, requests, tick, option), directory)


@app.command("export", short_help="Write a network for other tools.", epilog=ALTERNATIVES)
def _export(
    kind: Annotated[str, typer.Argument(metavar="promela|murphi|tla|aut|graphml", help="The format.")],
    paths: Paths = None,
    instances: Instances = None,
    faults: FaultBudget = None,
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    max_states: Annotated[
        int | None, _states("no limit", "Refuse a state space (aut, graphml) with more states.")
    ] = None,
    output: Output = None,
) -> Answer:
    """Write a network as a model for SPIN, rumur or TLC, or its state space as a graph.

    All instances are one network: take few of them, as in --instances Web=1.
    """
    from .commands.export import export

    return export(kind, paths or (), _choices(instances, faults, requests, tick, option), output, max_states)


@app.command("times", short_help="How long until faults are noticed and repaired.", epilog=ALTERNATIVES)
def _times(
    paths: Paths = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="KIND", help="Only this kind of fault. Repeatable.")
    ] = None,
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    max_states: MaxStates = None,
    format: TextFormat = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> Answer:
    """For each kind of fault, the shortest and the longest time until it is noticed, and until the instance is back."""
    from .commands.times import times

    return times(
        paths or (),
        _choices(None, None, requests, tick, option),
        faults=tuple(fault or ()),
        max_states=max_states,
        format=format.value,
        output=output,
        verbose=verbose,
    )


@app.command("availability", short_help="How many faults an endpoint bears.", epilog=ALTERNATIVES)
def _availability(
    paths: Paths = None,
    instances: Instances = None,
    tick: Tick = None,
    option: Options = None,
    max_states: MaxStates = None,
    format: Annotated[TextOrJson, typer.Option("--format", help="How to report.")] = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> Answer:
    """For each public endpoint, the smallest number of faults that leaves no instance in rotation.

    While the user asks for nothing, and during an update. A number that is not known gives exit code 3.
    """
    from .commands.availability import availability

    return availability(
        paths or (),
        _choices(instances, None, None, tick, option),
        max_states=max_states,
        format=format.value,
        output=output,
        verbose=verbose,
    )


@app.command("mutants", short_help="Make small mistakes in the agents and see who notices.", epilog=ALTERNATIVES)
def _mutants(
    paths: Paths = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            metavar="N",
            parser=_number(int, 1, MOST, "1 or more; leave the option out for all of them"),
            help="Only so many, chosen at random.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    faults: FaultBudget = None,
    requests: Requests = None,
    tick: Tick = None,
    option: Options = None,
    max_states: Annotated[int | None, _states("200,000")] = None,
    format: TextFormat = TextOrJson.TEXT,
    output: Output = None,
    platform: Annotated[
        bool, typer.Option("--platform", help="All agents of the platform, on a list of configurations of its own.")
    ] = False,
    agent: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="NAME", help="With --platform: only this; repeatable.", show_default=False),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", metavar="N", parser=_number(int, 1, 256, "1 to 256"), help="With --platform: so many at a time."
        ),
    ] = 1,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="With --platform: judge again what the ledger knows.")
    ] = False,
    ledger: Annotated[
        str | None,
        typer.Option(
            "--ledger",
            metavar="FILE",
            help="With --platform: where what was found is kept, instead of goalstate's own ledger.",
            show_default=False,
        ),
    ] = None,
    verbose: Verbose = False,
) -> Answer:
    """Judge every property again with one small mistake in an agent, and tell which mistakes nothing notices."""
    from .terminal.errors import UserError

    if platform:
        from .commands.platform_mutants import judge_platform

        if paths:
            raise UserError("--platform brings its own configurations; give it no files")
        return judge_platform(
            agent or (),
            jobs=jobs,
            afresh=afresh,
            file=ledger,
            format=format.value,
            output=output,
            verbose=verbose,
        )
    if agent or jobs != 1 or afresh or ledger:
        raise UserError("--agent, --jobs, --afresh and --ledger go with --platform")
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


@app.command("requirements", short_help="Trace requirements to transitions and properties.")
def _requirements(
    format: TextFormat = TextOrJson.TEXT,
    output: Output = None,
    verbose: Verbose = False,
) -> Answer:
    """Show which transitions realise each requirement, and which properties check it."""
    from .commands.requirements import requirements

    return requirements(format=format.value, output=output, verbose=verbose)


def _choices(
    instances: list[str] | None,
    faults: str | None,
    requests: int | None,
    tick: int | None,
    options: list[str] | None,
) -> Choices:
    from .reading.subjects import Choices

    return Choices(tuple(instances or ()), faults, requests, tick, tuple(options or ()))
