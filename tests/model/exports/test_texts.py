"""The texts of the exports: the same every time, with valid names, and refused where a tool has no words."""

from __future__ import annotations

import re

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goalstate.model.engines.reference import explore
from goalstate.model.exports.aut import aut, label
from goalstate.model.exports.graphml import graph, graphml
from goalstate.model.exports.murphi import murphi
from goalstate.model.exports.naming import Taken, comment, identifier
from goalstate.model.exports.promela import promela
from goalstate.model.exports.system import Claim, ExportError, Local, System
from goalstate.model.exports.tla import tla
from goalstate.model.network import Component, Network
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.model.notation.terms import Variable, condition
from goalstate.properties.exporting.invariants import as_system
from goalstate.properties.observer import precedence
from goalstate.properties.predicates import At, PredicateError
from goalstate.properties.property import Always, AlwaysCan, Lacks, NoDeadlock, NothingLost, Possible, Property, Watched
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import two_phase_commit


def hostile() -> Network:
    """Names that are keywords, names that are equal once written with letters only, and names that end comments."""
    chart = Statechart(
        "while",
        (State("int"), State("INT")),
        "int",
        (Variable("x y*/", 0, 300, 0), Variable.choice("assert", "do", "od", "init")),
        (does("*/ done", "int", "INT"), does('say "hi"\n', "INT", "int"), does("a-b", "int"), does("a_b", "int")),
    )
    names = ("timeout", "a b", "a_b", "a/b", "A_B", "é", "*)", "\\*", "====")
    return Network(tuple(Component(n, chart, f"{n}.") for n in names), bounds=(("*/", "--\n"),), name='"*/ (* \n')


def texts(system: System) -> tuple[str, ...]:
    written = tla(system)
    return promela(system), murphi(system), written.module, written.configuration


def test_the_same_text_every_time() -> None:
    assert texts(System(two_phase_commit(3))) == texts(System(two_phase_commit(3)))
    assert texts(System(hostile())) == texts(System(hostile()))


def test_names_that_are_different_stay_different() -> None:
    system = System(hostile())
    declared = re.findall(r"^(?:bit|byte|short|int|bool) (\w+) =", promela(system), re.MULTILINE)
    assert len(declared) == len({n.casefold() for n in declared}) == 3 * 9
    assert {n for n in declared if n.startswith("at_")} >= {"at_timeout", "at_a_b", "at_a_b_2", "at_a_b_3", "at_A_B_4"}
    constants = re.findall(r"^#define (\w+) \d", promela(system), re.MULTILINE)
    assert len(constants) == len(set(constants)) == 2 + 3


def test_everything_is_ascii_and_nothing_ends_a_comment() -> None:
    for text in texts(System(hostile())):
        assert text.isascii() or all(ord(c) < 0x100 for c in text)
        assert "(*" not in text
        assert text.count("/*") == text.count("*/")


@given(st.text(max_size=20), st.text(max_size=20))
def test_comments_tell_texts_apart(one: str, other: str) -> None:
    assert (comment(one) == comment(other)) == (one == other)
    assert (label(one) == label(other)) == (one == other)
    assert comment(one).isascii()
    assert not {'"', "\\", "\n"} & set(comment(one))
    assert not any(mark in comment(one) for mark in ("*/", "/*", "(*", "*)", "--", "=="))


@given(st.lists(st.text(max_size=8), max_size=20))
def test_identifiers(names: list[str]) -> None:
    taken = Taken({"end"})
    given_out = [taken.new(n) for n in names]
    assert len({n.casefold() for n in given_out} | {"end"}) == len(names) + 1
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", n) for n in given_out)
    assert len(identifier("x" * 1_000)) == 100


def test_numbers_beyond_32_bits_are_refused() -> None:
    chart = Statechart(
        "clock", (State("on"),), "on", (Variable("t", 0, 2**31, 0),), (does("stop", "on", then="t := 5"),)
    )
    with pytest.raises(ExportError, match=r"numbers beyond 32 bits can't be exported: c: t in 0\.\.2147483648"):
        System(Network((Component("c", chart),)))
    sum_chart = Statechart(
        "sum",
        (State("on"),),
        "on",
        (Variable("t", 2**31 - 1, 2**31 - 1, 2**31 - 1), Variable.counter("u", 0, 1)),
        (does("stop", "on", then="u := min(t + t, 1)"),),
    )
    with pytest.raises(ExportError, match=r"c: u := min\(t \+ t, 1\)"):
        System(Network((Component("c", sum_chart),)))


def test_a_network_without_components_is_refused() -> None:
    with pytest.raises(ExportError, match="without components"):
        System(Network(()))


def test_properties_that_are_no_invariants_are_refused_all_at_once() -> None:
    network = philosophers(3)
    at = At("p0", "in(eats)")
    properties = [
        Property("can eat again", AlwaysCan(at)),
        Property("can eat", Possible(at)),
        Property("no waiter", Lacks(("waiter",))),
        Property("fine", Always(at)),
    ]
    with pytest.raises(ExportError) as refused:
        as_system(network, properties)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()[1:]] == [
        "  - can eat again",
        "  - can eat",
        "  - no waiter",
    ]
    with pytest.raises(PredicateError, match="no component 'p9'"):
        as_system(network, [Property("x", Always(At("p9", "in(eats)")))])


def test_observers_become_components_once() -> None:
    watching = Component("order", precedence("order", ["p0/takes/fork0"], ["p0/takes/fork1", "p0/leaves"]))
    properties = [Property("a", Watched(watching)), Property("b", Watched(watching)), Property("c", NoDeadlock())]
    system = as_system(philosophers(3), properties)
    assert [c.name for c in system.network.components[6:]] == ["observer order", "nobody"]
    assert (len(system.claims), system.deadlock) == (2, True)
    # The observer counts no state that the philosophers don't have, but the one after the first step.
    assert "p0/leaves" in system.network.event_index
    assert explore(system.network).distinct > explore(philosophers(3)).distinct == 26


def test_nothing_lost_is_a_claim_per_event() -> None:
    system = as_system(two_phase_commit(3), [Property("nothing is lost", NothingLost())])
    assert len(system.claims) == 1
    assert "claim_nothing_is_lost" in promela(system)


def test_events_that_never_happen_are_listed_and_left_out() -> None:
    chart = Statechart("c", (State("a"),), "a", rows=(does("go", "a"),), withholds=frozenset({"stay"}))
    system = System(Network((Component("c", chart),)))
    for text in texts(system)[:3]:
        assert "event that can't happen under these bounds: stay" in text
        assert len(re.findall("stay", text)) == 1


def test_aut() -> None:
    lines = list(aut(explore(two_phase_commit(3))))
    assert lines[0] == "des (0, 1145, 288)"
    assert len(lines) == 1_146
    assert all(re.fullmatch(r'\(\d+, "[^"]+", \d+\)', line) for line in lines[1:])
    assert len(set(lines)) == len(lines)


def test_graphml() -> None:
    space = explore(philosophers(3))
    text = "\n".join(graphml(space))
    read = nx.parse_graphml(text, node_type=int)
    assert (read.number_of_nodes(), read.number_of_edges()) == (26, 51)
    assert read.nodes[0] == {"depth": 0} | {f"at p{i}": "thinks" for i in range(3)} | {
        f"at fork{i}": "free" for i in range(3)
    }
    assert sorted(d["event"] for _, _, d in graph(space).out_edges(0, data=True)) == [
        f"p{i}/takes/fork{i}" for i in range(3)
    ]
    assert "\n".join(graphml(explore(philosophers(3)))) == text


def test_hostile_names_in_graphs() -> None:
    chart = Statechart("c", (State("a"),), "a", rows=(does('"\0\x1b<&', "a"),))
    space = explore(Network((Component('c"\0', chart),)))
    assert list(aut(space))[1] == '(0, "%22%00%1b<&", 0)'
    assert nx.parse_graphml("\n".join(graphml(space))).number_of_edges() == 1


def test_a_part_of_a_state_space_is_refused() -> None:
    with pytest.raises(ExportError, match="not complete"):
        list(aut(explore(two_phase_commit(3), Limits(states=10))))


def test_claims_in_every_language() -> None:
    network = philosophers(3)
    eats = Local(0, condition("not in(eats)", (), network.components[0].chart.state_names))
    spin, rumur, module, configuration = texts(System(network, (Claim("p0 never eats", eats),), deadlock=True))
    assert "d_step { !claim_p0_never_eats -> assert(claim_p0_never_eats) }" in spin
    assert "\nend:" not in spin
    assert 'invariant "p0 never eats"' in rumur
    assert "claim_p0_never_eats ==" in module
    assert "INVARIANT claim_p0_never_eats" in configuration


def test_murphi_has_a_range_for_what_lies_between() -> None:
    """rumur computes in the smallest type that holds every range of the model; ``n - 1`` may be less than each."""
    down = does("down", "on", then="n := max(n - 1, 0)")
    chart = Statechart("tap", (State("on"),), "on", variables=(Variable.counter("n", 0, 5, 5),), rows=(down,))
    network = Network((Component("tap", chart),))
    assert "  between: -1 .. 5;\n" in murphi(System(network))
