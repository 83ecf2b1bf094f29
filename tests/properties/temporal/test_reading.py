"""Formulas as text: what is read, what is refused and how, and that a formula prints as text that reads back."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest

from goalstate.model.engines.explicit.search import explore as explore_explicitly
from goalstate.model.network import Component, Network
from goalstate.model.network.duration import MINUTE, Duration, Unit
from goalstate.model.notation.statechart import State, Statechart, does, ignores, on, refuses
from goalstate.model.notation.terms import Variable
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.judging.explicit import check
from goalstate.properties.predicates import At, Can, PredicateError
from goalstate.properties.property import Outcome, Property
from goalstate.properties.temporal import branching as b
from goalstate.properties.temporal import patterns
from goalstate.properties.temporal.claims import Within
from goalstate.properties.temporal.formula import (
    FALSE,
    TRUE,
    And,
    Finally,
    Formula,
    Globally,
    Happens,
    Holds,
    Implies,
    Next,
    Not,
    Or,
    Release,
    Until,
    WeakUntil,
    happens,
    sentence,
)
from goalstate.properties.temporal.reading import (
    DEEPEST,
    FormulaError,
    branching_time,
    deadline,
    every_instance,
    linear,
    some_instance,
)
from tests.model.services import role, service
from tests.toys.peterson import peterson

from .random_graphs import random_branching, random_formula, random_network

PETERSON = peterson()
P0, P1 = Holds(At("p0", "in(critical)")), Holds(At("p1", "in(critical)"))
RAISES, LEAVES = happens("p0/raises"), happens("p0/leaves")
TWO = Workflow(service(role("worker", instances=2)), Bounds(Faults(1), requests=1, tick=5)).network


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("{p0: in(critical)}", P0),
        ("{can p0/raises}", Holds(Can("p0/raises"))),
        ("<p0/raises>", RAISES),
        ("< p0/raises | p0/leaves >", Happens(("p0/raises", "p0/leaves"))),
        ("true U false", Until(TRUE, FALSE)),
        ("G !({p0: in(critical)} & {p1: in(critical)})", Globally(Not(And((P0, P1))))),
        ("[] not ({p0: in(critical)} and {p1: in(critical)})", Globally(Not(And((P0, P1))))),
        ("F <p0/raises> -> <> <p0/leaves>", Implies(Finally(RAISES), Finally(LEAVES))),
        ("<p0/raises> -> <p0/leaves> -> true", Implies(RAISES, Implies(LEAVES, TRUE))),
        ("<p0/raises> | <p0/leaves> & true", Or((RAISES, And((LEAVES, TRUE))))),
        ("<p0/raises> & X <p0/leaves> U true", And((RAISES, Until(Next(LEAVES), TRUE)))),
        ("<p0/raises> W <p0/leaves> R true", WeakUntil(RAISES, Release(LEAVES, TRUE))),
        ("true <-> false", And((Implies(TRUE, FALSE), Implies(FALSE, TRUE)))),
        ("never <p0/raises>", patterns.absence(RAISES)),
        ("always ({p0: in(critical)} -> {p1: in(idle)})", patterns.universality(P0 >> Holds(At("p1", "in(idle)")))),
        ("eventually <p0/raises>", patterns.existence(RAISES)),
        ("<p0/raises> leads to {p0: in(critical)}", patterns.response(RAISES, P0)),
        ("<p0/raises> precedes {p0: in(critical)}", patterns.precedence(RAISES, P0)),
        ("before <p0/leaves>: <p0/raises> leads to true", patterns.response(RAISES, TRUE, patterns.before(LEAVES))),
        ("after <p0/raises>: never true", patterns.absence(TRUE, patterns.after(RAISES))),
        (
            "after <p0/raises> until <p0/leaves>: eventually {p0: in(critical)}",
            patterns.existence(P0, patterns.after_until(RAISES, LEAVES)),
        ),
        (
            "between <p0/raises> and <p0/leaves>: always true",
            patterns.universality(TRUE, patterns.between(RAISES, LEAVES)),
        ),
    ],
)
def test_linear_time(text: str, formula: Formula) -> None:
    assert linear(text, PETERSON) == formula


def test_patterns_of_names() -> None:
    assert linear("<p0/sees_*>", PETERSON) == Happens(("p0/sees_no_flag", "p0/sees_own_turn"))
    assert str(linear("<p0/sees_*>", PETERSON)) == "<p0/sees_*>"
    acts = linear("<by p1>", PETERSON)
    assert isinstance(acts, Happens)
    assert acts.events == tuple(e.name for e in PETERSON.events if e.name.startswith("p1/"))
    assert sentence(acts) == "At the start p1 does something."
    faults = linear("<fault>", TWO)
    assert isinstance(faults, Happens)
    assert set(faults.events) == {e.name for e in TWO.events if e.fault}
    assert linear("<fault guest_hang>", TWO) == Happens(("R_IN_0/guest_hangs", "R_IN_1/guest_hangs"))
    several = linear("<fault guest_hang | fault run_throws | by R_IN_0/guest_os>", TWO)
    assert isinstance(several, Happens)
    assert {"R_IN_0/guest_hangs", "R_IN_1/run_throws", "R_IN_0/tick"} < set(several.events)
    assert linear(str(several), TWO) == several
    ticks = linear("<tick>", TWO)
    assert isinstance(ticks, Happens)
    assert set(ticks.events) == TWO.ticks
    assert sentence(Globally(Finally(ticks))) == "Again and again a tick happens."


def test_one_formula_for_every_instance() -> None:
    read = linear("all i in R: <i/guest_hangs> leads to {i/guest_os: in(running)}", TWO)
    built = every_instance(
        TWO, "R", lambda i: patterns.response(happens(i + "guest_hangs"), At(i + "guest_os", "in(running)"))
    )
    assert read == built
    assert sentence(read) == sentence(built)
    assert sentence(read) == (
        "For every instance i of R, whenever i/guest_hangs happens, then after it, sooner or later, "
        "i/guest_os is in(running)."
    )
    assert str(read).count("G ") == 2
    some = linear("some i in R: {i/guest_os: in(running)}", TWO)
    assert some == some_instance(TWO, "R", lambda i: Holds(At(i + "guest_os", "in(running)")))
    two = branching_time("AG EF (all i in R: {i/guest_os: in(running)})", TWO)
    both = b.Here(At("R_IN_0/guest_os", "in(running)")) & At("R_IN_1/guest_os", "in(running)")
    assert two == b.ag(b.ef(both))
    with pytest.raises(PredicateError, match=r"no role 'Q' \(did you mean|no role 'Q'; roles: R"):
        every_instance(TWO, "Q", lambda i: happens(i))


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("AG EF {p0: in(idle)}", b.ag(b.ef(At("p0", "in(idle)")))),
        ("AF {p0: in(idle)} & EG {p0: in(idle)}", b.af(At("p0", "in(idle)")) & b.eg(At("p0", "in(idle)"))),
        ("E[{p0: in(idle)} U {p1: in(idle)}]", b.eu(At("p0", "in(idle)"), At("p1", "in(idle)"))),
        ("A[true U {p1: in(idle)}]", b.au(b.ANY_STATE, At("p1", "in(idle)"))),
        ("EX<p0/raises> true -> AX false", b.ex(b.ANY_STATE, "p0/raises") >> b.ax(~b.ANY_STATE)),
    ],
)
def test_branching_time(text: str, formula: b.Branching) -> None:
    assert branching_time(text, PETERSON) == formula


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: a formula is needed where the text ends"),
        ("G", "column 2: a formula is needed where the text ends"),
        ("(true", "column 6: ')' is needed to close the bracket where the text ends"),
        ("true true", "column 6: the formula should end here or go on with an operator, not 'true'"),
        ("alwais true", "column 1: 'alwais' is no operator (did you mean 'always'?); allowed: true, false, not"),
        (
            "true untill false",
            "column 6: the formula should end here or go on with an operator (did you mean 'until'?)",
        ),
        ("<p0/raise>", "column 1: no event 'p0/raise' (did you mean 'p0/raises'?)"),
        ("<by flog0>", "column 1: no agent 'flog0' (did you mean 'flag0'?)"),
        ("<fault x>", "column 1: no fault of kind 'x'; kinds: none"),
        ("{flog0: in(up)}", "column 1: no component 'flog0' (did you mean 'flag0'?)"),
        ("F {p0: in(idl)}", "column 3: p0: unknown state 'idl'"),
        ("{p0}", "column 1: {p0} is no state; write {component: condition} or {can event}"),
        ("{can p0/rises}", "column 1: no event 'p0/rises' (did you mean 'p0/raises'?)"),
        ("true % false", "column 6: '% false' begins nothing that can stand in a formula"),
        ("before true never false", "column 13: ':' is needed after a scope, not 'never'"),
        ("after true: false", "a scope needs a pattern: never, always, eventually, ... leads to ..., ... precedes ..."),
        ("all in R: true", "column 8: 'in' is needed after 'all in'"),
        ("all i in R: true", "column 10: no role 'R'; roles: none"),
        ("(" * (DEEPEST + 1) + "true" + ")" * (DEEPEST + 1), f"nested more than {DEEPEST} levels deep"),
        ("!" * 100_001, "a formula of 100,001 characters; at most 100,000 are read"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as error:
        linear(text, PETERSON)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AG EV true", "column 4: 'EV' is no operator"),
        ("E true", "column 3: '[' is needed after 'E', as in 'E[p U q]', not 'true'"),
        ("E[true]", "column 7: 'U' is needed in 'E[p U q]', not ']'"),
        ("<p0/raises>", "column 1: a formula is needed, not '<p0/raises>'"),
    ],
)
def test_what_is_wrong_in_branching_time_is_said(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as error:
        branching_time(text, PETERSON)
    assert message in str(error.value)


def reads_back(formula: Formula, network: Network) -> None:
    again = linear(str(formula), network)
    assert str(again) == str(formula)
    assert sentence(formula)[0].isupper()
    assert sentence(formula).endswith(".")


def test_a_formula_reads_back() -> None:
    for number in range(300):
        random = Random(number)
        network = random_network(random)
        reads_back(random_formula(random, network, 4), network)
        claim = random_branching(random, network, 3)
        assert str(branching_time(str(claim), network)) == str(claim)
        assert b.english(claim)


def test_text_from_anywhere_is_refused_without_a_traceback() -> None:
    pieces = [
        "G",
        "F",
        "(",
        ")",
        "<p0/raises>",
        "{p0: in(idle)}",
        "U",
        "all",
        "in",
        ":",
        "never",
        "&",
        "é",
        "{",
        "<",
        "'",
    ]
    refused = 0
    for number in range(2_000):
        random = Random(number)
        text = " ".join(random.choice(pieces) for _ in range(random.randint(1, 9)))
        try:
            linear(text, PETERSON)
        except FormulaError:
            refused += 1
    assert refused > 1_000


# -- deadlines ---------------------------------------------------------------------------------------------------------


def test_a_deadline_is_read_and_judged() -> None:
    network = Workflow(service(role("worker")), Bounds(Faults.parse("guest_hang=1"), 1, 5)).network
    claim = deadline("within 10 minutes of <R_IN_0/guest_hangs>, <R_IN_0/restart_guest* | R_IN_0/report_*>", network)
    assert (claim.limit, claim.tick_length, claim.ticks) == (2, Duration(5), ("R_IN_0/tick", "R_IN_0/tick_while_down"))
    late = replace(claim, limit=1)
    space = explore_explicitly(network, graph=True)
    verdicts = check(space, [Property(str(k), c) for k, c in enumerate((deadline_of(network, 25), late))])
    assert [v.outcome for v in verdicts] == [Outcome.HOLDS, Outcome.VIOLATED]


def deadline_of(network: Network, minutes: int) -> Within:
    text = f"within {minutes} minutes of <R_IN_0/guest_hangs>, <R_IN_0/restart_guest* | R_IN_0/report_hardware_fault>"
    return deadline(text, network)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("within ten minutes of <R_IN_0/guest_hangs>, <R_IN_0/start_guest>", "is no deadline; allowed: within N UNIT"),
        ("within 5 minuets of <R_IN_0/guest_hangs>, <R_IN_0/start_guest>", "no unit 'minuet' (did you mean 'minute'?)"),
        ("within 7 seconds of <R_IN_0/guest_hangs>, <R_IN_0/start_guest>", "allowed: multiples of 5 minutes, or ticks"),
        ("within 7 minutes of <R_IN_0/guest_hangs>, <R_IN_0/start_guest>", "7 minutes are no number of ticks of 5"),
        ("within 5 minutes of <request_deploy>, <operation_finished>", "the events are of no instance"),
        ("within 5 minutes of <R_IN_0/guest_hang>, <R_IN_0/start_guest>", "did you mean 'R_IN_0/guest_hangs'"),
    ],
)
def test_what_is_no_deadline_is_refused(text: str, wrong: str) -> None:
    network = Workflow(service(role("worker")), Bounds(Faults(1), 1, 5)).network
    with pytest.raises(FormulaError, match=re.escape(wrong)):
        deadline(text, network)


def crossing(*, scope: str = "", ticks: tuple[str, ...] = ("tick",), length: Duration = MINUTE) -> Network:
    """A gate that opens and shuts at most two ticks later, and a clock of its own or of the whole network."""
    clock = Statechart("clock", (State("goes"),), "goes", rows=(does("tick", "goes"),))
    gate = Statechart(
        "gate",
        (State("shut"), State("open")),
        "shut",
        variables=(Variable.counter("waited", 0, 2),),
        rows=(
            does("opens", "shut", "open", then="waited := 0"),
            does("shuts", "open", "shut"),
            ignores("tick", "shut"),
            on("tick", "open", when="waited < 2", then="waited := waited + 1"),
            refuses("tick", "open", when="waited == 2"),
        ),
    )
    shared = frozenset({"tick"}) & frozenset(ticks)
    components = (Component("clock", clock, "" if shared else scope), Component("gate", gate, scope, shared))
    return Network(components, ticks=frozenset(ticks), tick_length=length)


@pytest.mark.parametrize(
    ("text", "length", "limit"),
    [
        ("within 2 ticks of <opens>, <shuts>", Duration(5, Unit.SECOND), 2),
        ("within 10 seconds of <opens>, <shuts>", Duration(5, Unit.SECOND), 2),
        ("within 1 second of <opens>, <shuts>", Duration(500, Unit.MILLISECOND), 2),
        ("within 2 hours of <opens>, <shuts>", Duration(1, Unit.HOUR), 2),
        ("within 1 day of <opens>, <shuts>", Duration(12, Unit.HOUR), 2),
    ],
)
def test_a_deadline_over_events_of_ones_own_counts_in_their_units(text: str, length: Duration, limit: int) -> None:
    network = crossing(length=length)
    claim = deadline(text, network)
    assert (claim.limit, claim.ticks, claim.tick_length) == (limit, ("tick",), length)
    late = replace(claim, limit=limit - 1)
    kept, broken = check(explore_explicitly(network, graph=True), [Property("kept", claim), Property("late", late)])
    assert (kept.outcome, broken.outcome) == (Outcome.HOLDS, Outcome.VIOLATED)
    assert broken.reason.startswith(f"{length.times(2)} can pass without that shuts happens")


def test_the_clock_of_a_deadline_is_that_of_the_events_or_the_networks_own() -> None:
    assert deadline("within 2 ticks of <a/opens>, <a/shuts>", crossing(scope="a/")).ticks == ("tick",)
    own = crossing(scope="a/", ticks=("a/tick",))
    assert deadline("within 2 ticks of <a/opens>, <a/shuts>", own).ticks == ("a/tick",)
    with pytest.raises(FormulaError, match="the network has no clock; allowed: one that names its ticks"):
        deadline("within 2 ticks of <opens>, <shuts>", crossing(ticks=()))
