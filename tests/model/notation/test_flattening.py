"""Events that are alike are flattened as each would be by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from goalstate.model.notation.flattening import _explored, flatten
from goalstate.model.notation.statechart import State, Statechart, StatechartError, Transition, does, on
from goalstate.model.notation.terms import Variable
from tests.strategies import statecharts


def doubled(chart: Statechart) -> Statechart:
    """The chart with two more events beside each of its own, in the same rows."""

    def beside(name: str) -> tuple[str, ...]:
        return (name, f"a_{name}", f"z_{name}")

    def row(written: Transition) -> Transition:
        events = (written.event,) if isinstance(written.event, str) else written.event
        return replace(written, event=tuple(n for e in events for n in beside(e)))

    return replace(
        chart,
        rows=tuple(map(row, chart.rows)),
        knows=frozenset(n for e in chart.knows for n in beside(e)),
        withholds=frozenset(n for e in chart.withholds for n in beside(e)),
    )


@given(statecharts(("go", "halt"), ("call",), "core").map(doubled))
@settings(max_examples=60, deadline=None)
def test_alike_or_not_the_machine_is_the_same(chart: Statechart) -> None:
    events = tuple(sorted(chart.alphabet))
    one_by_one, mistakes = _explored(chart, events, len(events))
    together = flatten(chart)
    assert not mistakes
    assert together.events == one_by_one.events
    assert together.states == one_by_one.states
    assert together.moves.tolist() == one_by_one.moves.tolist()
    assert together.refused.tolist() == one_by_one.refused.tolist()
    assert together.rows == one_by_one.rows


def test_each_of_the_events_that_are_alike_is_named_where_it_is_wrong() -> None:
    with pytest.raises(StatechartError) as error:
        flatten(
            Statechart(
                "counter",
                (State("a"),),
                "a",
                variables=(Variable.counter("n", 0, 1),),
                rows=(does("start", "a"), on(("one", "two"), "a", then="n := n + 1")),
            )
        )
    assert [m for m in error.value.mistakes if "on one" in m]
    assert [m for m in error.value.mistakes if "on two" in m]
