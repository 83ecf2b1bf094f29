"""`python -m goalstate.development mutants`: which small mistakes the platform properties notice."""

from __future__ import annotations

from collections.abc import Sequence

from ..arguments import Commands, Doing, Values, add, parsed
from ..cli import main
from ..options import Option, number, options
from ..terminal.answer import Answer


def read(arguments: Sequence[str] | None) -> Doing | int:
    """What the arguments ask for, as `arguments.read` does."""
    return parsed(development, arguments)


def _mutants(values: Values) -> Answer:
    """Judge every small mistake in every agent by the platform properties, on the project's own configurations.

    What is found is kept in a ledger; what the ledger knows is not judged again. Exit code 5: a mutant
    survives without a reason, or a reason is given for one that does not survive.
    """
    from .mutants import Ask, judge_platform

    return judge_platform(Ask(values.agent, values.jobs, values.afresh, values.ledger), values.output)


development = Commands("goalstate.development", help="Commands for those who develop goalstate itself.")
add(
    development,
    "mutants",
    "Judge every small mistake in every agent of the platform.",
    _mutants,
    Option("--agent", "NAME", "Only this agent. Repeatable.", multiple=True),
    Option("--jobs", "N", "N mutants at a time (1).", default=1, type=number(1, 256, "1 to 256")),
    Option("--afresh", "", "Judge again what the ledger knows."),
    Option("--ledger", "FILE", "Where the fates are kept, instead of goalstate's own ledger."),
    *options("format", "output", "verbose"),
)

if __name__ == "__main__":
    main(read)
