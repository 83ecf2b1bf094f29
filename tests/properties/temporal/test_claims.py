"""Temporal claims as properties: known systems, fairness that matters, deadlocks, limits, and what a verdict says."""

from __future__ import annotations

import pytest

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Component, Network
from goalstate.model.network.duration import Duration
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import NO_LIMITS, Limits
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.model.running.runner import Runner
from goalstate.properties.judging.explicit import check
from goalstate.properties.predicates import At, PredicateError
from goalstate.properties.property import Claim, Outcome, Property
from goalstate.properties.temporal.automaton import FormulaTooLarge, of_formula
from goalstate.properties.temporal.branching import ag, ef, eg
from goalstate.properties.temporal.claims import EveryRun, Initially, SomeRun, Within
from goalstate.properties.temporal.fairness import Fair, Strength, endless, strong, weak
from goalstate.properties.temporal.formula import And, Formula, Happens, finally_, globally, happens, leads_to, next_
from goalstate.properties.temporal.reading import branching_time, linear
from goalstate.properties.temporal.search import Arena, accepted_run
from goalstate.properties.verdict import Verdict
from tests.toys.counters import counters, relay
from tests.toys.peterson import peterson
from tests.toys.philosophers import philosophers


def judge(network: Network, claim: Claim, limits: Limits = NO_LIMITS) -> Verdict:
    return check(explicit.explore(network, limits, graph=True), [Property("a claim", claim)])[0]


def holds(network: Network, text: str, fairness: tuple[Fair, ...] = ()) -> bool:
    verdict = judge(network, EveryRun(linear(text, network), fairness))
    assert verdict.outcome in (Outcome.HOLDS, Outcome.VIOLATED)
    if verdict.outcome is Outcome.VIOLATED:
        assert verdict.path is not None
        assert Runner(network).accepts(verdict.path)
    return verdict.outcome is Outcome.HOLDS


# -- known systems -----------------------------------------------------------------------------------------------------


def test_peterson() -> None:
    """Mutual exclusion; who has raised the flag gets in, if only the processes go on (here they have no choice)."""
    network = peterson()
    assert holds(network, "never ({p0: in(critical)} & {p1: in(critical)})")
    assert holds(network, "{p0: in(waits)} leads to {p0: in(critical)}")
    assert not holds(network, "always eventually <by p0>".replace("always eventually", "G F"))
    # p1 may leave for ever: then nothing makes p0 raise its flag but weak fairness.
    assert holds(network, "G F <by p0>", weak(network, "p0"))
    wrong = peterson(gives_turn=False)
    assert not holds(wrong, "{p1: in(waits)} leads to {p1: in(critical)}")


def test_philosophers_who_starve() -> None:
    network = philosophers(3)
    eats = "G F {p0: in(eats)}"
    assert not holds(network, eats, strong(network, "*"))  # all hold their left fork: nothing can happen any more
    ever = f"(G {{can p0/takes/fork0}}) | {eats}"
    assert not holds(network, ever, weak(network, "p0", "p1", "p2"))
    alive = " | ".join(f"{{can {e.name}}}" for e in network.events)
    assert not holds(network, f"(G ({alive})) -> {eats}", weak(network, "*"))
    # Each event strongly fair, and no deadlock on the way: everybody eats.
    assert holds(network, f"(G ({alive})) -> {eats}", strong(network, "*"))
    # Of the philosophers as wholes it is enough too, if it is all of them: a neighbour who stops keeps its fork.
    assert holds(network, f"(G ({alive})) -> {eats}", strong(network, "p0", "p1", "p2"))
    assert not holds(network, f"(G ({alive})) -> {eats}", strong(network, "p0", "p1"))


def lamp_and_switch() -> Network:
    """A switch that flips for ever; a lamp that burns out, by itself, only while it is on."""
    lamp = Statechart(
        "lamp",
        (State("off"), State("on"), State("broken")),
        "off",
        rows=(on("flip_on", "off", "on"), on("flip_off", "on", "off"), does("burns_out", "on", "broken")),
    )
    switch = Statechart(
        "switch",
        (State("down"), State("up")),
        "down",
        rows=(does("flip_on", "down", "up"), does("flip_off", "up", "down"), does("rattles", "down")),
    )
    return Network((Component("lamp", lamp), Component("switch", switch)))


def test_weak_and_strong_fairness_differ() -> None:
    network = lamp_and_switch()
    breaks = "F <burns_out>"
    assert not holds(network, breaks)
    assert not holds(network, breaks, weak(network, "lamp"))  # the switch may rattle for ever
    assert not holds(network, breaks, weak(network, "*"))  # burning out is possible again and again, never for good
    assert holds(network, breaks, strong(network, "burns_out", "flip_on"))
    assert not holds(network, breaks, strong(network, "burns_out"))
    assert holds(network, breaks, endless(network, "burns_out"))  # no run at all does that: it happens once
    assert holds(network, "F false", endless(network, "burns_out"))
    verdict = judge(network, EveryRun(linear(breaks, network), weak(network, "lamp")))
    assert verdict.reason == (
        "a run that never ends, of which this is false, assuming weak fairness of lamp: at some step from then on: "
        "burns_out happens"
    )
    assert str(verdict.property.claim) == (
        "At some step from then on: burns_out happens, assuming weak fairness of lamp."
    )


def test_strong_fairness_takes_a_component_apart() -> None:
    """The way out is possible in a part of the round only; who stays in the rest for ever neglects nothing."""
    walk = Statechart(
        "walk",
        (State("home"), State("street"), State("away")),
        "home",
        rows=(
            does("rests", "home"),
            does("goes", "home", "street"),
            does("returns", "street", "home"),
            does("leaves", "street", "away"),
            does("stays", "away"),
        ),
    )
    network = Network((Component("walk", walk),))
    verdict = judge(network, EveryRun(linear("F <leaves>", network), strong(network, "leaves")))
    assert verdict.path == Path.replay(network, ["rests"], loop=0)
    assert not holds(network, "F <leaves>", strong(network, "leaves", "rests"))
    assert not holds(network, "(G F <goes>) -> F <leaves>")
    assert holds(network, "(G F <goes>) -> F <leaves>", strong(network, "leaves"))
    assert holds(network, "F <leaves>", strong(network, "leaves", "goes"))


def test_a_name_that_nobody_has_is_refused() -> None:
    network = lamp_and_switch()
    with pytest.raises(PredicateError, match=r"no event 'lamb' \(did you mean 'lamp'\?\)"):
        weak(network, "lamb")
    with pytest.raises(PredicateError, match="no event 'gone'"):
        judge(network, EveryRun(happens("gone")))


# -- runs that end -----------------------------------------------------------------------------------------------------


def test_where_nothing_can_happen_the_run_stays() -> None:
    network = relay(3)  # two events, then nothing
    assert holds(network, "F G {holder2: in(with_it)}")
    assert holds(network, "X X X X {holder2: in(with_it)}")
    assert holds(network, "X X G !(<hand_0> | <hand_1>)")
    assert holds(network, "<hand_0> & X <hand_1>")
    verdict = judge(network, EveryRun(globally(finally_(happens("hand_0")))))
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.path == Path.replay(network, ["hand_0", "hand_1"])
    assert verdict.reason.startswith("a run to where nothing can happen any more, of which this is false")
    assert holds(network, "G F false", endless(network, "hand_0"))  # no run is endless in that sense
    assert not holds(network, "G F <hand_0>", strong(network, "hand_0"))
    assert judge(network, Initially(branching_time("AF EG {holder2: in(with_it)}", network))).outcome is Outcome.HOLDS
    assert judge(network, Initially(branching_time("AG EX true", network))).outcome is Outcome.HOLDS
    assert judge(network, Initially(branching_time("AG EX<hand_0 | hand_1> true", network))).outcome is Outcome.VIOLATED


# -- some run, branching time ------------------------------------------------------------------------------------------


def test_a_scenario_must_be_possible() -> None:
    network = lamp_and_switch()
    twice = linear("F (<flip_on> & X F <flip_on>)", network)
    assert judge(network, SomeRun(twice)).outcome is Outcome.HOLDS
    verdict = judge(network, SomeRun(linear("F (<burns_out> & X F <burns_out>)", network)))
    assert (verdict.outcome, verdict.path) == (Outcome.VIOLATED, None)
    assert verdict.reason.startswith("no run satisfies this: ")


def test_branching_time_shows_a_nearest_state() -> None:
    network = lamp_and_switch()
    verdict = judge(network, Initially(ag(ef(At("lamp", "in(off)")))))
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.path == Path.replay(network, ["flip_on", "burns_out"])
    assert verdict.reason == (
        "a state in which this is false: one can get to a state where lamp is in(off) "
        "(no run does it, which no single one shows)"
    )
    assert judge(network, Initially(eg(At("lamp", "in(off)")))).outcome is Outcome.HOLDS
    fair = Initially(eg(At("lamp", "in(off)")), strong(network, "flip_on"))
    assert judge(network, fair).outcome is Outcome.VIOLATED
    assert str(fair) == "Some run stays for ever where lamp is in(off), assuming strong fairness of flip_on."


# -- vacuous -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<burns_out> leads to {lamp: in(broken)}", ""),
        ("{lamp: in(broken)} leads to <flip_on>", "violated"),
        ("({lamp: in(broken)} & <flip_off>) leads to <rattles>", "(lamp is in(broken) and flip_off happens)"),
        ("G ({lamp: in(off)} -> X ({lamp: in(broken)} -> false))", "lamp is in(broken)"),
        ("F ({lamp: in(on)} -> {switch: in(up)})", "lamp is in(on)"),
        ("G ({can flip_off} -> {lamp: in(on)}) & G (<burns_out> -> ({lamp: in(off)} -> false))", "lamp is in(off)"),
    ],
)
def test_a_consequence_of_nothing_is_vacuous(text: str, never: str) -> None:
    network = lamp_and_switch()
    verdict = judge(network, EveryRun(linear(text, network)))
    assert (verdict.outcome is Outcome.VIOLATED) is (never == "violated")
    assert verdict.vacuous is (never not in ("", "violated"))
    assert never in ("violated", "") or never.strip("()") in verdict.reason


def test_a_deadline_of_nothing_is_vacuous_and_an_assumption_is_named() -> None:
    network = lamp_and_switch()
    assert not judge(network, Within(happens("flip_on"), happens("flip_off"), 0, ("rattles",))).vacuous
    assert judge(network, Within(happens("flip_on"), happens("flip_off"), 0, ())).vacuous
    once = relay(3)
    assert judge(once, Within(Happens(()), happens("hand_1"), 0, ())).vacuous
    after_all = linear("F <burns_out>", network)
    kept = judge(network, EveryRun(after_all, strong(network, "burns_out", "flip_on")))
    assert (kept.reason, kept.vacuous) == ("assuming strong fairness of burns_out, flip_on", False)


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_limit_never_gives_holds() -> None:
    network = counters(2, 40)
    stopped = Limits(states=300)
    goes_round = EveryRun(linear("G F <c0/resets>", network), strong(network, "*"))
    assert judge(network, goes_round).outcome is Outcome.HOLDS
    assert judge(network, goes_round, stopped).outcome is Outcome.UNKNOWN
    never = EveryRun(linear("never <c1/resets>", network))
    assert judge(network, never).outcome is Outcome.VIOLATED
    assert judge(network, never, stopped).outcome is Outcome.UNKNOWN
    both = EveryRun(linear("X X !({c0: n == 1} & {c1: n == 1})", network))
    assert judge(network, SomeRun(linear("F {c0: n == 2}", network)), stopped).outcome is Outcome.UNKNOWN
    assert judge(network, Initially(ag(ef(At("c0", "n == 0")))), stopped).outcome is Outcome.UNKNOWN
    # An endless run has to go round, and no round is closed among the first 300 states.
    assert judge(network, both, stopped).outcome is Outcome.UNKNOWN
    flips = lamp_and_switch()
    found = judge(flips, EveryRun(linear("F <burns_out>", flips)), Limits(states=2))
    assert found.outcome is Outcome.VIOLATED, "the run was found among the states that were searched"
    assert judge(flips, SomeRun(linear("G <rattles>", flips)), Limits(states=2)).outcome is Outcome.HOLDS


def test_a_formula_too_large_is_refused() -> None:
    many = And(tuple(globally(finally_(happens(f"e{k}"))) for k in range(70)))
    with pytest.raises(FormulaTooLarge, match="70 untils; at most 62"):
        of_formula(many)
    wide = And(tuple(finally_(And((happens(f"e{k}"), next_(happens(f"f{k}"))))) for k in range(20)))
    with pytest.raises(FormulaTooLarge, match="more than 4096 "):
        of_formula(wide)
    network = lamp_and_switch()
    many = And(tuple(finally_(next_(leads(k))) for k in range(70)))
    verdict = judge(network, SomeRun(many))
    assert (verdict.outcome, verdict.path) == (Outcome.UNKNOWN, None)
    assert verdict.reason == "a formula with 70 untils; at most 62 can be checked"


def leads(number: int) -> Formula:
    """Formulas that are all different."""
    formula: Formula = happens("rattles")
    for _ in range(number):
        formula = next_(formula)
    return formula


def test_many_constraints() -> None:
    """More than fit into one machine word."""
    network = counters(2, 3)
    clause = tuple(Fair(Strength.STRONG, e.name, (e.name,)) for e in network.events) * 20
    assert len(clause) > 64
    formula = leads_to(happens("c0/counts"), happens("c1/resets"))
    space = explicit.explore(network, graph=True)
    assert accepted_run(Arena(space), of_formula(~formula), clause) is None
    assert accepted_run(Arena(space), of_formula(~formula), clause[:1]) is not None


# -- deadlines ---------------------------------------------------------------------------------------------------------


def test_a_deadline_is_kept_or_says_by_how_much_it_is_missed() -> None:
    clock = Statechart(
        "egg",
        (State("raw"), State("boiling"), State("done")),
        "raw",
        (),
        (
            does("boil", "raw", "boiling"),
            does("tick", "boiling", "boiling"),
            does("ready", "boiling", "done"),
            does("eat", "done", "raw"),
        ),
    )
    loose = Network((Component("egg", clock),), ticks=frozenset({"tick"}))
    verdict = judge(loose, Within(happens("boil"), happens("ready"), 5, ("tick",)))
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.reason == "time can pass without end without that ready happens: no deadline is kept"
    assert verdict.path is not None
    assert verdict.path.loop is not None
    assert judge(loose, Within(happens("eat"), happens("ready"), 0, ())).outcome is Outcome.HOLDS


def test_the_words_of_a_deadline() -> None:
    claim = Within(happens("guest_hangs"), happens("restart_guest"), 2, ("tick",), Duration(5))
    assert str(claim) == (
        "Whenever guest_hangs happens, restart_guest happens before more than 10 minutes have passed."
    )
