"""The longer texts of the help: examples, exit codes, the searches of `verify`, the alternatives of the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable

EXAMPLES = """\b
Examples:
  goalstate verify                              the example that comes with goalstate
  goalstate verify MyService/                   a folder with a .csdef and a .cscfg
  goalstate verify a.csdef b.cscfg --faults 2   two faults instead of one, in the search start
  goalstate verify net.py:NAME                  a network written in the notation
  goalstate verify MyService/ --output-format sarif -o findings.sarif
  goalstate verify MyService/ --counterexamples 3 --write-test test_mended.py
  goalstate diff Before/ After/                 what a change mends, and what it costs
  goalstate simulate MyService/ --guide '*/on_start_returned'
  goalstate export promela net.py:NAME -o model.pml

\b
Exit codes: 0 holds, 1 violated, 2 wrong input or usage, 3 unknown,
4 holds, but a property holds only vacuously, 6 a saved run can't happen,
70 an internal error of goalstate, 130 interrupted before there was a verdict.
"""

SEARCHES = """\
The searches of verify, for each role:
  start         the first deployment, with one fault of any kind at any moment
  operations    a second request of the user (stop, update, new configuration, reboot, reimage), without faults
  combined      with --thorough: one fault and a second request, in steps of five minutes; ten times the states
  availability  for a public endpoint: does it keep an instance in rotation
and one for the service, if it has several upgrade domains:
  fabric        how an update walks from domain to domain, with one fault and two requests

--also KIND lets the user ask for more: delete, rollback (of an update that is under way).
An update can be overtaken, by a stop, a delete, a rollback or a new update: take --requests 3 to see it.

--faults changes the faults of start, --requests the requests of operations, --tick the minutes of both.
--faults and --requests together replace the two by one search with both.
Larger bounds are reached step by step: what a smaller one gave is kept if a larger one meets a limit.
Liveness is judged within the bounds of each search of a role, in steps of five minutes.

A role that recycles because a task fails is no violation: the task is tried again without limit, and may succeed.
--option failing_simple_task=blocked asks what happens if it is not tried again.
"""


def alternatives() -> str:
    """The alternatives of the platform, as the model has them."""
    from goalstate.model.platform import OPTIONS

    lines = ["The alternatives of the platform, the default first:"]
    for option in OPTIONS:
        lines += ["", f"  --option {option.name}={'|'.join(option.alternatives)}", f"      {option.says}:"]
        lines += [f"      {name}: {meaning}" for name, meaning in option.alternatives.items()]
    return "\n".join(lines) + "\n"


ASSUME = """\
--assume says how the code of a role always behaves, and verify says what becomes of the role:

  goalstate verify MyService/ --assume "Web/install.cmd fails"

It is no fault: it needs no unit of --faults, and the ordinary outcome never comes about.

  "ROLE/TASK fails"       also: exits 3010, hangs        a simple task
  "ROLE/TASK never ends"                                 a foreground task
  "ROLE/OnStart throws"   also: returns false, hangs
  "ROLE/Run returns"      also: throws, hangs
  "ROLE/OnStop hangs"     also: throws
  "ROLE never answers the probe"                         a role with a custom probe

TASK is the file name of a task's program, or its command line, or startup_task_0, as verify -v lists them.
Tasks and OnStart can do so "from the second start on": "ROLE/TASK fails from the second start on".
Give the option several times to assume several things.
"""

TOPICS: dict[str, Callable[[], str]] = {
    "searches": lambda: SEARCHES,
    "alternatives": alternatives,
    "assume": lambda: ASSUME,
}
"""What `goalstate help` explains."""


def topic(name: str, commands: Iterable[str]) -> str:
    """The text on a topic; raises UserError for none."""
    if name in TOPICS:
        return TOPICS[name]()
    there = f"topics: {', '.join(TOPICS)}; commands: {', '.join(commands)}"
    if not name:
        return f"goalstate help TOPIC explains one of these.\n{there}\n"
    from goalstate.model.notation.terms import suggestion

    from .terminal.errors import UserError

    raise UserError(f"help: no topic {name!r}{suggestion(name, [*TOPICS, *commands])}; {there}")
