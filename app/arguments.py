"""The commands: what each is for, which options it takes, and what does it.

`read` parses a command line and returns what is to be done, without doing it.  What is heavy is imported when that is
called, so that `--version` and `--help` are immediate.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from .options import GROUPS, PATHS, WORLD, WORLD_FIELDS, Option, options
from .terminal.answer import Answer, Format, Output
from .topics import EXAMPLES, TOPICS, topic

if TYPE_CHECKING:
    from goalstate.properties.service.settings import Settings

Doing: TypeAlias = Callable[[], Answer]
"""What a command line asks for, not done yet."""

CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Command(click.Command):
    """A command whose help lists the options in groups, and whose options have the defaults of the user's file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; raises UserError for a wrong file of defaults."""
        if any(isinstance(p, Option) and p.settable for p in self.params) and not {"-h", "--help"} & set(args):
            from .reading.defaults import checked, defaults

            settable = {p.opts[0].lstrip("-"): p for p in self.params if isinstance(p, Option) and p.settable}
            by_field = {str(p.name): p for p in settable.values()}
            fields = {key: str(p.name) for key, p in settable.items()}
            ctx.default_map = checked(
                defaults(self.name or ""), fields, lambda field, value: _check(ctx, by_field[field], value)
            )
        return super().parse_args(ctx, args)

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
            found.get("quiet", False),
        )

    @property
    def settings(self) -> Settings:
        """What to search, and how; raises UserError and BoundsError."""
        from goalstate.model.network.statespace import Limits
        from goalstate.properties.service.settings import Engine

        from .reading.settings import read_world

        world = read_world(**self._those(*WORLD_FIELDS))
        return replace(
            world,
            liveness=not self.given.get("no_liveness", False),
            limits=Limits(*map(self.given.get, ("max_states", "max_seconds", "max_memory"))),
            engine=Engine.of(self.given.get("engine", Engine.AUTO.value)),
            **self._those("only", "whole", "thorough", "minimal", "counterexamples"),
        )

    def of_side(self, name: str) -> Values:
        """The values of one side of a comparison, whose own options replace those of the same name for both sides."""
        return Values(self.given | _options_in(f"--{name}", self.given[name] or ""))

    def _those(self, *names: str) -> dict[str, Any]:
        return {name: self.given[name] for name in names if name in self.given}


def _options_in(name: str, text: str) -> dict[str, Any]:
    """The options that the value of another option holds, as in --old "--tick 1"; raises UserError."""
    from .terminal.errors import UserError

    try:
        words = shlex.split(text)
        command = click.Command(name, params=options(*WORLD), add_help_option=False)
        given = command.make_context(name, words).params
    except (ValueError, click.ClickException) as error:
        reason = error.format_message() if isinstance(error, click.ClickException) else str(error)
        flags = ", ".join(option.opts[0] for option in options(*WORLD))
        raise UserError(
            f"{name}: {text!r}: {reason.rstrip('.')}; allowed: {flags}, together in quotes; "
            f'as in {name} "--tick 5 --instances Web=1"'
        ) from None
    return {option: value for option, value in given.items() if value not in (None, ())}


def _check(context: click.Context, option: Option, value: Any) -> None:
    """Refuse a value that a file has for an option; raises ValueError and UserError."""
    if option.is_flag and not isinstance(value, bool):
        raise ValueError(f"{value!r}; allowed: true or false; write one, without quotes")
    if option.multiple and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise ValueError(f'{value!r}; allowed: a list of texts; as in ["...", "..."]')
    if not (option.is_flag or option.multiple) and (
        isinstance(value, bool) or not isinstance(value, str | int | float)
    ):
        raise ValueError(f"{value!r}; allowed: a text or a number, as on the command line; write one")
    try:
        option.type_cast_value(context, value)
    except click.BadParameter as error:
        raise ValueError(error.message.rstrip(".")) from None
    if option.name in WORLD_FIELDS:
        from .reading.settings import read_world

        given: Any = {option.name: str(value) if option.name == "faults" else value}
        read_world(**given)


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

    Exit code 1: a property is violated, and a path shows it. 3: a search stopped at a limit.
    4: a property holds only vacuously: no search put it to the test.

    PATHS: folders, a .csdef and its .cscfg, FILE.py:NAME, or none: an example.
    """
    from .commands.listing import list_properties
    from .commands.verify import verify
    from .commands.verify_several import nothing_changed, verify_several
    from .reading.acceptance import Accepting
    from .reading.services import changed, services
    from .replay.saving import Kept
    from .terminal.errors import UserError

    settings, output = values.settings, values.output
    found = chosen = services(values.paths)
    if values.changed is not None:
        if not values.paths:
            raise UserError("--changed: no path; allowed: the folder of the services; as in verify . --changed HEAD")
        chosen = changed(found, values.changed)
        if not chosen:
            return nothing_changed(len(found), values.changed, output)
    if values.list:
        return list_properties(chosen, settings, output)
    accepting = Accepting(values.accept, values.write_accepted, values.allow_vacuous)
    kept = Kept(values.write_test, values.save_trace)

    def of_one(paths: Sequence[str], output: Output) -> Answer:
        return verify(paths, settings, output, accepting, kept, all_events=values.all_events)

    if len(found) == 1:
        return of_one(chosen[0], output)
    for option in ("write_accepted", "write_test", "save_trace"):
        if values.given[option] is not None:
            raise UserError(
                f"--{option.replace('_', '-')}: for one service, and there are {len(found)}; name one of them"
            )
    return verify_several(chosen, output, of_one)


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

    Exit code 0: the run breaks its property as before. 1: it breaks it no longer. 3: unknown. 6: it can't happen.
    """
    from .commands.replay import View, replay

    view = View(values.output, values.first, values.last, values.backwards, values.step, values.lanes, values.picture)
    return replay(values.trace, values.paths, view)


def _diff(values: Values) -> Answer:
    """Compare two definitions: which findings come, go and stay, and what a start no longer guarantees.

    PATHS: OLD and NEW, each a folder with a .csdef, or a .csdef, or FILE.py:NAME; or one of them, with --old
    or --new. A run that tells the two apart is shown for each finding that comes or goes.

    Exit code 0: nothing is violated that was not. 1: something is. 3: that is not known.
    """
    from .commands.diff import diff, sides

    old, new = sides(values.paths, values.of_side("old").settings, values.of_side("new").settings)
    return diff(old, new, values.output)


def _explain(values: Values) -> Answer:
    """Explain the words of the portal: how an instance gets there, whether it heals, who must act, which log to open.

    WORDS: a status, a text, or both, as in "Busy (Starting role... Sites were deployed.)"; in quotes.
    Or the code of a finding, as in GS101: its cause, an example, the remedy, and the sources.

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


def _new(values: Values) -> Answer:
    """Write a first model of your own, with properties and a test, into a new folder NAME.

    All of it runs at once; the file says how to go on.
    """
    from .commands.program.new import new

    return new(values.name)


def _doctor(values: Values) -> Answer:
    """Look at the machine: versions, cores, the limit of memory, caches, Graphviz and other programs.

    What is missing is told with what it is for; the exit code is 0 all the same.
    """
    from .commands.program.doctor import doctor

    return doctor(values.output)


def _completion(values: Values) -> Answer:
    """Write a script by which a shell completes commands, options and their values.

    For this session: source <(goalstate completion bash). For good: put that line into ~/.bashrc, or for zsh into
    ~/.zshrc; for fish: goalstate completion fish > ~/.config/fish/completions/goalstate.fish
    """
    from .commands.program.completion import completion

    return completion(values.kind, goalstate)


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
    *options("list", "changed", "property", "thorough", "whole", "no_liveness", "minimal", "counterexamples"),
    *options("accept", "write_accepted", "allow_vacuous"),
    *options(*WORLD, "engine", "max_states", "max_seconds", "max_memory"),
    *options("report", "output", "quiet", "verbose", "progress", "all_events", "write_test", "save_trace"),
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
    "diff",
    "Compare two definitions: what a change mends and costs.",
    _diff,
    PATHS,
    *options("old", "new", "no_liveness", *WORLD),
    *options("max_states", "max_seconds", "max_memory", *OUTPUT, "progress"),
)
add(
    goalstate,
    "explain",
    "What a status of the portal or a code means, and what helps.",
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
add(goalstate, "new", "Write a first model with a property and a test.", _new, click.Argument(["name"]))
add(goalstate, "doctor", "What this machine has, and what is missing.", _doctor, *options("format", "output"))
add(goalstate, "completion", "Complete commands and options in a shell.", _completion, _kind(("bash", "zsh", "fish")))
add(goalstate, "help", f"Explain a command, or: {', '.join(TOPICS)}.", _help, click.Argument(["topic"], required=False))
