"""A fault budget: how many faults may still happen.

A fault is an event of the agent that fails; it also needs a unit of the budget.  So a verdict under a budget of one
says what happens with any single fault at any moment, and the budget is printed with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..notation.rows import each
from ..notation.statechart import State, Statechart, on, refuses
from ..notation.terms import Variable


def fault_budget(faults: Iterable[str], units: int) -> Statechart:
    """A budget of ``units`` for the fault events named: one, or several."""
    events = tuple(sorted(each(faults)))
    if units == 0:
        return Statechart(
            "fault_budget", (State("spent"),), "spent", rows=(refuses(events, "spent", says="no faults are allowed"),)
        )
    return Statechart(
        "fault_budget",
        (State("counting"),),
        "counting",
        variables=(Variable.counter("left", 0, units, units),),
        rows=(
            on(events, "counting", when="left > 0", then="left := left - 1", says="a fault"),
            refuses(events, "counting", when="left == 0", says="the budget is spent"),
        ),
    )
