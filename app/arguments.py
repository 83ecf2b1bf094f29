"""The commands: what each is for, which options it takes, and what does it.

`read` parses a command line and returns what is to be done, without doing it.  What is heavy is imported when that is
called, so that `--version` and `--help` are immediate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from .options import GROUPS, PATHS, WORLD, Option, options
from .terminal.answer import Answer, Format, Output
from .topics import EXAMPLES, TOPICS, topic

if TYPE_CHECKING:
    from goalstate.properties.service.settings import Settings

Doing: TypeAlias = Callable[[], Answer]
"""What a command line asks for, not done yet."""

CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Command(click.Command):
    """A command whose help lists the options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group of options."""
        for group in GROUPS:
            records = [p.get_help_record(ctx) for p in self.params if isinstance(p, Option) and p.group == group]
            if found := [record for record in records if record is not None]:
                with formatter.section(group):
                    formatter.write_dl(found, col_max=32)


class Commands(click.Group):
    """Commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(self.commands)


@dataclass(frozen=True)
class Values:
    """The values of the options of one command, by the names of their fields."""

    given: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.given[name]

    @property
    def output(self) -> Output:
        """How to report."""
        found = self.given
        return Output(
            Format(found.get("format", "text")),
            found.get("output"),
            found.get("verbose", False),
            found.get("progress", False),
        )

    @property
    def settings(self) -> Settings:
        """What to search, and how; raises UserError and BoundsError."""
        from goalstate.model.network.statespace import Limits
        from goalstate.properties.service.settings import Engine

        from .reading.settings import read_world

        world = read_world(**self._those("instances", "faults", "requests", "also", "tick", "options", "assume"))
        return replace(
            world,
            liveness=not self.given.get("no_liveness", False),
            limits=Limits(*map(self.given.get, ("max_states", "max_seconds", "max_memory"))),
            engine=Engine.of(self.given.get("engine", Engine.AUTO.value)),
            **self._those("only", "whole", "thorough", "minimal", "counterexamples"),
        )

    def _those(self, *names: str) -> dict[str, Any]:
        return {name: self.given[name] for name in names if name in self.given}


def read(arguments: Sequence[str] | None) -> Doing | int:
    """What the arguments (None: those of the program) ask for, or the exit code if all is printed already.

    Raises the exceptions of click.
    """
    return parsed(goalstate, arguments)


def parsed(commands: click.Group, arguments: Sequence[str] | None) -> Doing | int:
    """The same, for other commands."""
    done: Doing | int | None = commands.main(arguments, commands.name, standalone_mode=False)
    return 0 if done is None else done


def add(commands: click.Group, name: str, summary: str, do: Callable[[Values], Answer], *parameters: Any) -> None:
    """Add a command whose help is the docstring of what does it."""

    def callback(**given: Any) -> Doing:
        return partial(do, Values(given))

    epilog = "PATHS: see goalstate help verify." if PATHS in parameters and "PATHS:" not in (do.__doc__ or "") else None
    commands.add_command(Command(name, CONTEXT, callback, list(parameters), do.__doc__, epilog, summary))


def _verify(values: Values) -> Answer:
    """Check every property of a deployment, or of a network in a file.

    Exit code 1: a property is violated, and a path shows it. 3: a search stopped at a limit, so that
    something is unknown. 4: a property holds only vacuously: no search put it to the test.

    PATHS: a folder with a .csdef, or a .csdef and its .cscfg, or FILE.py:NAME; none: the bundled example.
    """
    from .commands.verify import verify
    from .reading.acceptance import Accepting
    from .replay.saving import Kept

    return verify(
        values.paths,
        values.settings,
        values.output,
        Accepting(values.accept, values.write_accepted, values.allow_vacuous),
        Kept(values.write_test, values.save_trace),
        all_events=values.all_events,
    )


def _simulate(values: Values) -> Answer:
    """Run the agents once, guided or at random, and tell the story."""
    from .commands.simulate import simulate

    return simulate(
        values.paths, values.settings, values.output, guide=values.guide, seed=values.seed, steps=values.steps
    )


def _replay(values: Values) -> Answer:
    """Take a saved run once more, and tell what is true at each step.

    TRACE: a run that verify --save-trace has saved. PATHS: the definition to try it on, changed or not;
    none: the definition as saved, which must not have changed.

    Exit code 0: the run breaks its property as before. 1: it breaks it no longer. 2: it can't happen. 3: unknown.
    """
    from .commands.replay import View, replay

    view = View(values.output, values.first, values.last, values.backwards, values.step, values.lanes, values.picture)
    return replay(values.trace, values.paths, view)


def _explain(values: Values) -> Answer:
    """Explain the words of the portal: how an instance gets there, whether it heals, who must act, which log to open.

    WORDS: a status, a text, or both, as in "Busy (Starting role... Sites were deployed.)"; in quotes.

    Exit code 3: a limit stopped a search, so that not every cause is known.
    """
    from .commands.explain import explain

    return explain(values.words, values.paths, values.settings, values.output)


def _draw(values: Values) -> Answer:
    """Draw the agents, the workflow, or which agents share events: as SVG, DOT and Mermaid."""
    from .commands.draw import draw

    return draw(values.kind, values.paths, values.settings, values.given["output"])


def _export(values: Values) -> Answer:
    """Write a network as a model for SPIN, rumur or TLC, or its state space as a graph.

    All instances are one network: take few of them, as in --instances Web=1.
    """
    from .commands.export import export

    return export(values.kind, values.paths, values.settings, values.given["output"])


def _times(values: Values) -> Answer:
    """For each kind of fault, the shortest and the longest time until it is noticed, and until the instance is back."""
    from .commands.times import times

    return times(values.paths, values.settings, values.output, kinds=values.kinds)


def _availability(values: Values) -> Answer:
    """For each public endpoint, the smallest number of faults that leaves no instance in rotation.

    While the user asks for nothing, and during an update. Exit code 3: a number is not known.
    """
    from .commands.availability import availability

    return availability(values.paths, values.settings, values.output)


def _mutants(values: Values) -> Answer:
    """Judge every property again with one small mistake in an agent, and list the mistakes that no property notices."""
    from .commands.mutants import judge_mutants

    return judge_mutants(values.paths, values.settings, values.output, sample=values.sample, seed=values.seed)


def _requirements(values: Values) -> Answer:
    """Show which transitions realise each requirement, and which properties check it.

    With IDs, as R-C4, only those requirements. -v names the transitions, the properties, and the mutants
    that these notice.
    """
    from .commands.requirements import requirements

    return requirements(values.ids, values.output)


def _help(values: Values) -> Answer:
    """Explain a TOPIC, or show the help of a command."""
    name = values.topic or ""
    if name in goalstate.commands:
        found = goalstate.commands[name]
        text = found.get_help(click.Context(found, info_name=f"goalstate {name}", **CONTEXT)) + "\n"
    else:
        text = topic(name, goalstate.commands)
    return Answer(0, text)


def _show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"goalstate {version('goalstate')}")
        context.exit()


VERSION = click.Option(
    ["--version"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)

goalstate = Commands(
    "goalstate",
    context_settings=CONTEXT,
    params=[VERSION],
    help="The executable, verified model of the classic Windows Azure VM workflow.",
    epilog=EXAMPLES,
    no_args_is_help=True,
)

OUTPUT = ("format", "output", "verbose")


def _kind(kinds: Iterable[str]) -> click.Argument:
    return click.Argument(["kind"], metavar="|".join(kinds))


add(
    goalstate,
    "verify",
    "Check every property of a service or network.",
    _verify,
    PATHS,
    *options("property", "thorough", "whole", "no_liveness", "minimal", "counterexamples"),
    *options("accept", "write_accepted", "allow_vacuous"),
    *options(*WORLD, "engine", "max_states", "max_seconds", "max_memory"),
    *options("report", "output", "verbose", "progress", "all_events", "write_test", "save_trace"),
)
add(
    goalstate,
    "simulate",
    "Run the agents once and tell the story.",
    _simulate,
    PATHS,
    *options("guide", "seed", "steps", *WORLD, *OUTPUT),
)
add(
    goalstate,
    "replay",
    "Take a saved run once more, step by step.",
    _replay,
    click.Argument(["trace"]),
    PATHS,
    *options("step", "first", "last", "backwards", "lanes", "picture", *OUTPUT),
)
add(
    goalstate,
    "explain",
    "What a status of the portal means here, and what helps.",
    _explain,
    click.Argument(["words"]),
    *options("deployment", "tick", "option", "max_states", *OUTPUT),
)
add(
    goalstate,
    "draw",
    "Draw agents, workflow or network.",
    _draw,
    _kind(("agents", "workflow", "network")),
    PATHS,
    *options(*WORLD, "folder"),
)
add(
    goalstate,
    "export",
    "Write a network for other tools.",
    _export,
    _kind(("promela", "murphi", "tla", "aut", "graphml")),
    PATHS,
    *options(*WORLD, "most_exported", "output"),
)
add(
    goalstate,
    "times",
    "How long until faults are noticed and repaired.",
    _times,
    PATHS,
    *options("fault", "requests", "tick", "option", "max_states", *OUTPUT),
)
add(
    goalstate,
    "availability",
    "How many faults an endpoint bears.",
    _availability,
    PATHS,
    *options("instances", "tick", "option", "max_states", *OUTPUT),
)
add(
    goalstate,
    "mutants",
    "Make small mistakes in the agents and see which are noticed.",
    _mutants,
    PATHS,
    *options("sample", "seed", "faults", "requests", "tick", "option", "most_of_mutant", *OUTPUT),
)
add(
    goalstate,
    "requirements",
    "Trace requirements to transitions and properties.",
    _requirements,
    click.Argument(["ids"], nargs=-1, metavar="[ID]..."),
    *options(*OUTPUT),
)
add(goalstate, "help", f"Explain a command, or: {', '.join(TOPICS)}.", _help, click.Argument(["topic"], required=False))
