"""Every kind of claim is judged as a plain enumeration judges it, and a limit never turns into a `holds`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Component, GlobalState, Network
from goalstate.model.network.statespace import NO_LIMITS, Limits
from goalstate.model.notation.flattening import flatten
from goalstate.model.notation.lts import NONE
from goalstate.model.notation.statechart import ROOT, State, Statechart, does, ignores, on, refuses
from goalstate.model.notation.terms import Variable, condition, holds
from goalstate.model.running.runner import Runner
from goalstate.properties.graph import traversal
from goalstate.properties.judging.explicit import check
from goalstate.properties.observer import precedence, sequence
from goalstate.properties.predicates import At, Can, Predicate, PredicateError, anywhere, bind, everywhere, local_states
from goalstate.properties.property import (
    Always,
    AlwaysCan,
    Claim,
    Lacks,
    Never,
    NoDeadlock,
    NothingLost,
    Outcome,
    Possible,
    Property,
    SentBy,
    Watched,
    worst,
)
from goalstate.properties.verdict import Verdict
from tests.strategies import networks
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import two_phase_commit

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
MOST = 400


def judge(network: Network, claim: Claim, limits: Limits = NO_LIMITS, witness: Predicate | None = None) -> Verdict:
    return check(explicit.explore(network, limits, graph=True), [Property("a claim", claim, witness=witness)])[0]


# -- the plain enumeration ---------------------------------------------------------------------------------------------


def reachable(network: Network) -> list[GlobalState]:
    space = reference.explore(network, Limits(states=MOST))
    assume(space.complete)
    return space.layout.unpack(space.packed)


def atoms(draw: st.DrawFn, network: Network) -> Predicate:
    component = draw(st.sampled_from(network.components))
    kind = draw(st.sampled_from(["in", "can", "not", "both", "either"]))
    if kind == "can":
        return Can(draw(st.sampled_from(network.events)).name)
    atom = At(component.name, f"in({draw(st.sampled_from(component.chart.state_names))})")
    if kind == "in":
        return atom
    if kind == "not":
        return ~atom
    other = atoms(draw, network)
    return atom & other if kind == "both" else atom | other


def truth(predicate: Predicate, network: Network, state: GlobalState) -> bool:
    """The predicate in one state, without tables."""
    if isinstance(predicate, At):
        lts = network.components[network.index[predicate.component]].lts
        name = predicate.condition.removeprefix("in(").removesuffix(")")
        return name in lts.active(state[network.index[predicate.component]])
    if isinstance(predicate, Can):
        return predicate.event in network.enabled(state)
    if hasattr(predicate, "operand"):
        return not truth(predicate.operand, network, state)
    both = (truth(predicate.left, network, state), truth(predicate.right, network, state))
    return all(both) if type(predicate).__name__ == "Both" else any(both)


def shortest(network: Network, start: object, follow: Callable[[object, str], object]) -> int | None:
    """Length of a shortest run that takes a memory to None; ``follow`` says what an event does to the memory."""
    seen = {(network.initial, start)}
    queue = deque([(network.initial, start, 0)])
    while queue:
        state, memory, length = queue.popleft()
        for number, following in network.successors(state):
            after = follow(memory, network.events[number].name)
            if after is None:
                return length + 1
            if (following, after) not in seen:
                seen.add((following, after))
                queue.append((following, after, length + 1))
    return None


def split(data: st.DataObject, network: Network, parts: int) -> list[list[str]]:
    """Disjoint sets of events, none of them empty."""
    names = [e.name for e in network.events]
    assume(len(names) >= parts)
    mixed = data.draw(st.permutations(names))
    found = [[mixed[k]] for k in range(parts)]
    for name in mixed[parts:]:
        k = data.draw(st.integers(0, parts))
        if k < parts:
            found[k].append(name)
    return found


def agrees(verdict: Verdict, violated: bool, length: int | None = None) -> None:
    assert verdict.outcome is (Outcome.VIOLATED if violated else Outcome.HOLDS), verdict.reason
    if violated and verdict.path is not None:
        assert Runner(verdict.path.network).accepts(verdict.path)
        assert length is None or len(verdict.path) == length


@settings(max_examples=40, suppress_health_check=SLOW)
@given(networks(most=3), st.data())
def test_state_claims_against_enumeration(network: Network, data: st.DataObject) -> None:
    states = reachable(network)
    predicate = data.draw(st.composite(atoms)(network))
    event = data.draw(st.sampled_from(network.events)).name
    here = [s for s in states if truth(predicate, network, s)]
    verdict = judge(network, Always(predicate))
    agrees(verdict, len(here) < len(states))
    if verdict.path is not None:
        assert not truth(predicate, network, verdict.path.last)
    agrees(judge(network, Possible(predicate)), not here)
    verdict = judge(network, Never((event,), predicate))
    agrees(verdict, any(event in network.enabled(s) for s in here))
    if verdict.outcome is Outcome.VIOLATED:
        assert verdict.path is not None
        assert verdict.path.events[-1] == event
        assert truth(predicate, network, verdict.path.states[-2])
    agrees(judge(network, NoDeadlock()), any(not network.enabled(s) for s in states))
    bound = bind(predicate, network)
    assert [bound.of(s) for s in states] == [truth(predicate, network, s) for s in states]


@settings(max_examples=40, suppress_health_check=SLOW)
@given(networks(most=3), st.data())
def test_observers_against_enumeration(network: Network, data: st.DataObject) -> None:
    reachable(network)
    first, then, since = split(data, network, 3)

    def before(memory: object, event: str) -> object:
        if event in then and memory != "happened":
            return None
        return "happened" if event in first else "not yet" if event in since else memory

    length = shortest(network, "not yet", before)
    verdict = judge(network, Watched(Component("watch", precedence("watch", first, then, since))))
    agrees(verdict, length is not None, length)

    steps, restart = [first, then], since

    def ordered(memory: object, event: str) -> object:
        assert isinstance(memory, frozenset)
        if event in restart:
            return frozenset()
        k = next((k for k, step in enumerate(steps) if event in step), None)
        return memory if k is None else memory | {k} if set(range(k)) <= memory else None

    length = shortest(network, frozenset(), ordered)
    verdict = judge(network, Watched(Component("watch", sequence("watch", steps, restart))))
    agrees(verdict, length is not None, length)


@settings(max_examples=40, suppress_health_check=SLOW)
@given(networks(most=3), st.data())
def test_recoverability_against_networkx(network: Network, data: st.DataObject) -> None:
    states = reachable(network)
    target, source = (data.draw(st.composite(atoms)(network)) for _ in range(2))
    without = data.draw(st.frozensets(st.sampled_from([e.name for e in network.events]), max_size=3))
    graph: nx.DiGraph[GlobalState] = nx.DiGraph()
    graph.add_nodes_from(states)
    for state in states:
        for number, following in network.successors(state):
            if network.events[number].name not in without:
                graph.add_edge(state, following)
    stuck = [
        s
        for s in states
        if truth(source, network, s) and not any(truth(target, network, t) for t in {s, *nx.descendants(graph, s)})
    ]
    verdict = judge(network, AlwaysCan(target, source, without))
    agrees(verdict, bool(stuck))
    if stuck:
        assert verdict.path is not None
        assert verdict.path.last in stuck
        depths = {s: d for d, level in enumerate(_levels(network)) for s in level}
        assert len(verdict.path) == min(depths[s] for s in stuck)


def _levels(network: Network) -> list[list[GlobalState]]:
    space = reference.explore(network)
    states = space.layout.unpack(space.packed)
    return [states[a:b] for a, b in zip(space.levels, space.levels[1:], strict=False)]


@settings(max_examples=40, suppress_health_check=SLOW)
@given(networks(most=3))
def test_lost_events_against_the_definition(network: Network) -> None:
    def lost(state: GlobalState) -> bool:
        for event in network.events:
            answers = []
            for i, e in event.participants:
                lts = network.components[i].lts
                answers.append((i, lts.moves[e][state[i]] != NONE, bool(lts.refused[e][state[i]])))
            offered = next(takes for i, takes, _ in answers if i == event.sender)
            silent = any(not takes and not refused for i, takes, refused in answers if i != event.sender)
            if offered and silent and not any(refused for _, _, refused in answers):
                return True
        return False

    verdict = judge(network, NothingLost())
    agrees(verdict, any(lost(s) for s in reachable(network)))
    if verdict.path is not None:
        assert lost(verdict.path.last)


# -- limits ------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, suppress_health_check=SLOW)
@given(networks(most=3), st.integers(1, 40), st.data())
def test_a_limit_gives_unknown_and_never_holds(network: Network, most: int, data: st.DataObject) -> None:
    reachable(network)
    predicate, other = (data.draw(st.composite(atoms)(network)) for _ in range(2))
    first, then = split(data, network, 2)
    claims: list[Claim] = [
        Always(predicate),
        Possible(predicate),
        Never((first[0],), predicate),
        Never((first[0],)),
        AlwaysCan(predicate, other),
        Watched(Component("watch", precedence("watch", first, then))),
        NoDeadlock(),
        NothingLost(),
    ]
    part = explicit.explore(network, Limits(states=most), graph=True)
    for claim in claims:
        whole, verdict = judge(network, claim), check(part, [Property("a claim", claim)])[0]
        if part.complete:
            assert verdict.outcome is whole.outcome
        elif verdict.outcome is Outcome.UNKNOWN:
            assert verdict.reason == str(part.stopped)
            assert verdict.path is None
        else:
            assert verdict.outcome is whole.outcome
            found = Outcome.HOLDS if isinstance(claim, Possible) else Outcome.VIOLATED
            assert verdict.outcome is found


def test_a_violation_that_was_found_stays_one_under_a_limit() -> None:
    network = philosophers(6)
    verdict = judge(network, Always(At("p0", "in(thinks)")), Limits(states=10))
    assert (verdict.outcome, len(verdict.path or ())) == (Outcome.VIOLATED, 1)
    assert judge(network, Possible(At("p0", "in(eats)")), Limits(states=60)).outcome is Outcome.HOLDS
    for claim in (NoDeadlock(), AlwaysCan(At("p0", "in(eats)")), Always(At("p0", "in(thinks) or in(holds_left)"))):
        verdict = judge(network, claim, Limits(states=2))
        assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, "stopped at 2 states")


# -- published models --------------------------------------------------------------------------------------------------


def test_two_phase_commit_is_consistent() -> None:
    network = two_phase_commit(3)
    managers = [f"rm{i}/self" for i in range(3)]
    split_brain = anywhere(
        [At(a, "in(committed)") & At(b, "in(aborted)") for a in managers for b in managers if a != b]
    )
    assert judge(network, Always(~split_brain)).outcome is Outcome.HOLDS
    for state in ("committed", "aborted"):
        assert judge(network, Possible(everywhere([At(m, f"in({state})") for m in managers]))).outcome is Outcome.HOLDS


def test_philosophers_starve_together() -> None:
    verdict = judge(philosophers(5), NoDeadlock())
    assert verdict.path is not None
    assert (verdict.outcome, len(verdict.path), verdict.reason) == (Outcome.VIOLATED, 5, "nothing can happen any more")
    assert {name.partition("/")[2].partition("/")[0] for name in verdict.path.events} == {"takes"}


# -- vacuity, structure, wrong names -----------------------------------------------------------------------------------

LAMP = Statechart(
    "lamp",
    (State("dark"), State("bright"), State("burnt")),
    "dark",
    rows=(does("light", "dark", "bright"), does("douse", "bright", "dark"), does("burn", "bright", "burnt")),
)
HAND = Statechart("hand", (State("idle"),), "idle", rows=(refuses("burn", says="no"), ignores(("light", "douse"))))
ROOM = Network((Component("lamp", LAMP), Component("hand", HAND)), bounds=(("faults", "none"),), options=(("a", "b"),))


def test_a_witness_out_of_reach_makes_it_vacuous() -> None:
    never_burnt = Always(At("lamp", "not in(burnt)"))
    verdict = judge(ROOM, never_burnt, witness=Can("burn"))
    assert (verdict.outcome, verdict.vacuous) == (Outcome.HOLDS, True)
    assert verdict.reason == "vacuous: nothing in these bounds gets to where burn can happen"
    assert not judge(ROOM, never_burnt, witness=Can("douse")).vacuous
    assert not judge(ROOM, never_burnt).vacuous
    violated = judge(ROOM, Always(At("lamp", "in(dark)")), witness=Can("burn"))
    assert (violated.outcome, violated.vacuous) == (Outcome.VIOLATED, False)


def test_a_verdict_carries_the_bounds_and_the_size_of_the_search() -> None:
    verdict = judge(ROOM, NoDeadlock())
    assert (verdict.bounds, verdict.options, verdict.engine) == ((("faults", "none"),), (("a", "b"),), "explicit")
    assert (verdict.counts.distinct, verdict.counts.transitions, verdict.counts.depth) == (2, 2, 1)


def test_what_happens_at_the_very_start_has_a_path_of_one_event() -> None:
    assert judge(ROOM, Never(("light",))).reason == "light happens"
    verdict = judge(ROOM, Never(("light",), At("lamp", "in(dark)")))
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.path is not None
    assert verdict.path.events == ("light",)
    assert judge(ROOM, Never(("light",), At("lamp", "in(dark)")), Limits(states=1)).outcome is Outcome.VIOLATED


def test_structural_claims_are_violated_before_anything_happens() -> None:
    for claim, reason in (
        (Lacks(("tap", "hand")), "there is a hand"),
        (SentBy(("light", "douse"), "hand"), "light is sent by lamp; douse is sent by lamp"),
    ):
        verdict = judge(ROOM, claim)
        assert (verdict.outcome, verdict.reason) == (Outcome.VIOLATED, reason)
        assert verdict.path is not None
        assert len(verdict.path) == 0
    assert judge(ROOM, Lacks(("tap",))).outcome is Outcome.HOLDS
    assert judge(ROOM, SentBy(("light",), "lamp")).outcome is Outcome.HOLDS


def test_a_component_that_there_never_is_can_not_be_lacked() -> None:
    known = frozenset({"tap", "hand", "lamp"})
    assert judge(ROOM, Lacks(("tap",), known)).outcome is Outcome.HOLDS
    with pytest.raises(PredicateError, match=r"no component is ever called 'tab' \(did you mean 'tap'\?\)"):
        Lacks(("tab",), known)


def test_a_misspelt_rule_is_an_error_and_does_not_hold() -> None:
    watch = Component("watch", precedence("watch", ["light"], ["doose"]))
    for claim, message in (
        (SentBy(("lihgt",), "lamp"), r"no event 'lihgt' \(did you mean 'light'\?\)"),
        (SentBy(("light",), "lammp"), r"no component 'lammp' \(did you mean 'lamp'\?\)"),
        (Watched(watch), r"watch: no event 'doose' \(did you mean 'douse'\?\)"),
    ):
        with pytest.raises(PredicateError, match=message):
            judge(ROOM, claim)
    assert judge(ROOM, Watched(watch, frozenset({"doose"}))).outcome is Outcome.HOLDS


def test_an_event_held_back_on_purpose_is_not_lost() -> None:
    assert judge(ROOM, NothingLost()).outcome is Outcome.HOLDS
    deaf = Statechart("hand", (State("idle"),), "idle", rows=(ignores("light"),), knows=frozenset({"burn"}))
    verdict = judge(Network((Component("lamp", LAMP), Component("hand", deaf))), NothingLost())
    assert verdict.reason == "lamp sends burn, which hand in idle does not expect"
    assert verdict.path is not None
    assert verdict.path.events == ("light",)


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (At("lam", "in(dark)"), r"no component 'lam' \(did you mean 'lamp'\?\)"),
        (At("lamp", "in(drak)"), r"lamp: unknown state 'drak' in 'in\(drak\)' \(did you mean 'dark'\?\)"),
        (Can("brun"), r"no event 'brun' \(did you mean 'burn'\?\)"),
        (At("lamp", "in(dark)") & ~Can("x"), "no event 'x'"),
    ],
)
def test_a_predicate_about_nothing_is_refused(predicate: Predicate, message: str) -> None:
    with pytest.raises(PredicateError, match=message):
        bind(predicate, ROOM)


def test_predicates_read_as_sentences() -> None:
    dark = At("lamp", "in(dark)")
    assert str(~(dark & Can("light")) | dark) == ("(not ((lamp: in(dark)) and (light can happen))) or (lamp: in(dark))")


def test_the_worst_of_several_outcomes() -> None:
    assert worst([]) is Outcome.HOLDS
    assert worst([Outcome.HOLDS, Outcome.UNKNOWN]) is Outcome.UNKNOWN
    assert worst([Outcome.UNKNOWN, Outcome.VIOLATED, Outcome.HOLDS]) is Outcome.VIOLATED


def test_an_observer_takes_every_event_everywhere() -> None:
    chart = sequence("steps", [["a"], ["b"], ["c"]], ["again"])
    lts = Component("steps", chart).lts
    assert not chart.sends
    assert (lts.moves != NONE).all()
    violated = [s for s in range(lts.size) if "violated" in lts.active(s)]
    assert (lts.moves[:, violated] == violated).all(), "there is no way out"
    assert on("a", ROOT).event == "a"


def test_a_search_that_was_stopped_without_its_graph_is_unknown() -> None:
    """A stop by time, memory or the interrupt key may leave no graph: nothing is concluded, and nothing breaks."""
    space = replace(reference.explore(ROOM, Limits(states=1)), graph=None)
    assert not space.complete
    watch = Watched(Component("watch", precedence("watch", ["light"], ["douse"])))
    for claim in (watch, NoDeadlock(), AlwaysCan(Can("light"))):
        verdict = check(space, [Property("any", claim)])[0]
        assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, str(space.stopped))


@pytest.mark.parametrize("compiled", [False, True])
def test_what_is_not_judged_in_time_is_unknown(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traversal, "COMPILE_FROM", 0 if compiled else 1 << 40)
    network = philosophers(5)
    space = explicit.explore(network, graph=True)
    claims: list[Claim] = [
        NothingLost(),
        NoDeadlock(),
        Possible(Can(network.events[0].name)),
        Never(("p0/takes/fork0",), At("p0", "in(eats)")),
    ]
    watched = Watched(Component("watch", precedence("watch", ["p0/takes/fork1"], ["p0/returns/fork0"])))
    properties = [Property(str(k), claim) for k, claim in enumerate([*claims, watched])]
    for verdict in check(space, properties, deadline=time.perf_counter()):
        assert (verdict.outcome, verdict.path) == (Outcome.UNKNOWN, None)
        assert verdict.reason == "time limit reached before it was judged"
    # The time runs out while they are judged: what was not begun is unknown, the rest as ever.
    readings = iter([0.0] * 3)
    monkeypatch.setattr(time, "perf_counter", lambda: next(readings, 2.0))
    partly = check(space, properties, deadline=1.0)
    assert {v.outcome for v in partly} >= {Outcome.UNKNOWN}
    monkeypatch.undo()
    whole = check(space, properties)
    assert all(p.outcome in (w.outcome, Outcome.UNKNOWN) for p, w in zip(partly, whole, strict=True))


@given(low=st.integers(-2, 0), high=st.integers(2, 4), text=st.sampled_from(["n > 1", "in(up)", "in(up.on) and n < 2"]))
def test_a_condition_is_true_where_each_local_state_says_so(low: int, high: int, text: str) -> None:
    n, m = Variable("n", low, high, 1), Variable("m", 0, 1, 0)
    up = State("up", (State("off"), State("on")), "off")
    rows = (
        does("rise", "down", "up"),
        does("light", "up.off", "up.on", when=f"n < {high}", then="n := n + 1"),
        does("fall", "up", "down", then="m := 1 - m"),
        does("less", "down", when=f"n > {low}", then="n := n - 1"),
    )
    chart = Statechart("lift", (State("down"), up), "down", variables=(n, m), rows=rows)
    lts, network = flatten(chart), Network((Component("lift", chart),))
    term = condition(text, (n, m), chart.state_names)
    expected = [holds(term, lts.values(s), lts.active(s)) for s in range(lts.size)]
    assert local_states(network, "lift", text).tolist() == expected
    assert len(set(expected)) == 2


def test_a_witness_is_bound_as_a_whole() -> None:
    """Whatever part of it decides, a misspelt name in the other part is a mistake."""
    lamp = Statechart("lamp", (State("dark"), State("bright")), "dark", rows=(does("light", "dark", "bright"),))
    network = Network((Component("lamp", lamp),))
    with pytest.raises(PredicateError, match="no component 'lmap'"):
        judge(network, Possible(At("lamp", "in(dark)") | At("lmap", "in(dark)")))
