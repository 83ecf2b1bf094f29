"""Random charts with all that the notation has: nesting, regions, entry and exit effects, guards, every kind of row."""

import re
from collections.abc import Sequence

from hypothesis import reject
from hypothesis import strategies as st

from goalstate.model.notation.flattening import flatten
from goalstate.model.notation.statechart import ROOT, Answer, State, Statechart, StatechartError, Transition
from goalstate.model.notation.terms import Variable

VARIABLES = (Variable.counter("n", 0, 3), Variable.flag("lit"), Variable.choice("link", "up", "down", "unknown"))
EFFECTS = (
    "n := min(n + 1, 3)",
    "n := max(n - 1, 0)",
    "n := 3 - n",
    "n := min(n + n, 3); lit := false",
    "lit := true",
    "link := down",
    "link := unknown; n := 2",
)
GUARDS = ("n < 2", "n >= 1 and lit", "not lit", "link == up or n == 3", "link != unknown")
SENT = ("a", "b")
RECEIVED = ("c", "d")


def effect() -> st.SearchStrategy[str]:
    return st.sampled_from(("", "", *EFFECTS))


def states(name: str, depth: int) -> st.SearchStrategy[State]:
    """A state with at most ``depth`` levels below it."""

    @st.composite
    def drawn(draw: st.DrawFn) -> State:
        children: tuple[State, ...] = ()
        if depth and draw(st.booleans()):
            children = tuple(draw(states(n, depth - 1)) for n in ("x", "y", "z")[: draw(st.integers(1, 3))])
        parallel = bool(children) and draw(st.booleans())
        initial = draw(st.sampled_from([c.name for c in children])) if children and not parallel else ""
        return State(name, children, initial, parallel, draw(effect()), draw(effect()))

    return drawn()


def full_names(children: Sequence[State], around: str = "") -> list[str]:
    """Every state below, by its full name."""
    return [n for c in children for n in (around + c.name, *full_names(c.children, f"{around}{c.name}."))]


def may_lead(source: str, target: str, tops: Sequence[State], parallel: bool) -> bool:
    """Whether a row may be drawn: in a chart of regions, none that leaves a region."""
    if not parallel or source == ROOT or target.startswith(source + "."):
        return True
    region, inside, _ = source.partition(".")
    flat = [t.name for t in tops if not t.parallel]
    return bool(inside) and region in flat and target.startswith(region + ".")


@st.composite
def rows(draw: st.DrawFn, tops: Sequence[State], parallel: bool) -> Transition:
    """One row between any two states."""
    names = full_names(tops)
    event = draw(st.sampled_from(SENT + RECEIVED))
    taken = Answer.DOES if event in SENT else Answer.ON
    answer = draw(st.sampled_from((taken, taken, taken, taken, Answer.IGNORES, Answer.REFUSES)))
    source = draw(st.sampled_from((ROOT, *names)))
    takes = answer is taken
    targets = [t for t in names if may_lead(source, t, tops, parallel)]
    target = draw(st.sampled_from((None, *targets))) if takes else None
    guard = draw(st.sampled_from(("", "", *GUARDS, *(f"in({n})" for n in names))))
    return Transition(answer, event, source, target, guard, draw(effect()) if takes else "")


@st.composite
def charts(draw: st.DrawFn, name: str = "chart") -> Statechart:
    """A valid chart; rows that turn out dead or ambiguous are taken out again."""
    tops = tuple(draw(states(n, 2)) for n in ("p", "q", "r")[: draw(st.integers(1, 3))])
    parallel = draw(st.booleans())
    names = full_names(tops)
    # One event per state that leads there from anywhere: nothing is out of reach.
    table = [Transition(Answer.ON, f"go_{n}", ROOT, n, says=f"goes to {n}") for n in names]
    table += draw(st.lists(rows(tops, parallel), min_size=2, max_size=10))
    for _ in range(12):
        try:
            chart = Statechart(name, tops, "" if parallel else tops[0].name, VARIABLES, tuple(table), parallel)
            flatten(chart)
            return chart
        except StatechartError as error:
            wrong = {int(n) for m in error.mistakes for n in re.findall(r"^row (\d+) ", m)}
            if not wrong:
                reject()
            table = [row for i, row in enumerate(table) if i not in wrong]
    reject()
