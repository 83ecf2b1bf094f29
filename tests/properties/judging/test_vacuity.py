"""Kinds of vacuity, seeded one by one: each is caught, with the reason, and its sound twin is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from goalstate.model.engines.reference import explore
from goalstate.model.network import Component, Network
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, does, ignores, on
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.judging.explicit import check
from goalstate.properties.observer import VIOLATED, observer
from goalstate.properties.predicates import At, PredicateError
from goalstate.properties.property import Always, AlwaysCan, Claim, Lacks, Never, Outcome, Property, SentBy, Watched
from goalstate.properties.temporal.claims import EveryRun, Initially, Within
from goalstate.properties.temporal.fairness import endless
from goalstate.properties.temporal.formula import Happens, happens
from goalstate.properties.temporal.reading import FormulaError, branching_time, linear
from goalstate.properties.verdict import Verdict
from tests.app.calls import call
from tests.model.services import role, service

KETTLE = Statechart(
    "kettle",
    (State("cold"), State("hot"), State("burnt")),
    "cold",
    rows=(
        does("heat", "cold", "hot"),
        does("pour", "hot", "cold"),
        does("tick", "hot"),
        on("scorch", "hot", "burnt"),
        ignores("scorch", "cold"),
    ),
)
COOK = Statechart(
    "cook",
    (State("careful"), State("careless"), State("asleep")),
    "careful",
    rows=(
        does("look", "careful"),
        does("nap", "careful", "asleep", fault="nap"),
        does("wake", "asleep", "careful"),
        does("forget", "careless"),
        does("scorch", "careless"),
        on("distract", "careful", "careless"),
    ),
)
PHONE = Statechart(
    "phone", (State("off"), State("on")), "off", rows=(does("distract", "on"), on("plug_in", "off", "on"))
)
WALL = Statechart(
    "wall", (State("dead"), State("live")), "dead", rows=(does("plug_in", "live"), on("distract", "dead", "live"))
)


def kitchen() -> Network:
    """A kettle that never burns: nobody distracts the cook: the phone waits for the wall, and it for the phone."""
    parts = {"kettle": KETTLE, "cook": COOK, "phone": PHONE, "wall": WALL}
    return Network(tuple(Component(name, chart) for name, chart in parts.items()))


def judged(claim: Claim) -> Verdict:
    [verdict] = check(explore(kitchen()), [Property("seeded", claim)])
    return verdict


@dataclass(frozen=True)
class Seed:
    """A claim that holds for no good reason, what is said of it, and a twin that holds for a good one."""

    name: str
    claim: Claim
    says: str
    twin: Claim


def watching(trigger: str) -> Watched:
    """An observer that waits for an event, and is violated by the next one of it."""
    rows = (on(trigger, "waiting", "seen"), on("scorch", "seen", VIOLATED))
    return Watched(Component("guard", observer("guard", ("waiting", "seen"), rows)))


def seeds() -> list[Seed]:
    """The kinds."""
    network = kitchen()

    def every(text: str) -> EveryRun:
        return EveryRun(linear(text, network))

    return [
        Seed(
            "an antecedent that is never true",
            every("G ({kettle: in(burnt)} -> F <pour>)"),
            "vacuous: it holds whatever follows from this: kettle is in(burnt)",
            every("G ({kettle: in(hot)} -> !X {kettle: in(burnt)})"),
        ),
        Seed(
            "a trigger that never happens",
            every("<scorch> leads to <pour>"),
            "vacuous: it holds whatever follows from this: scorch happens",
            every("G (<pour> -> X {kettle: in(cold)})"),
        ),
        Seed(
            "a scope that never opens",
            every("after <distract>: never <scorch>"),
            "vacuous: it holds whatever follows from this: distract happens",
            every("after <heat>: never <scorch>"),
        ),
        Seed(
            "fairness that no run keeps",
            EveryRun(linear("G F <pour>", network), endless(network, "scorch")),
            "vacuous: no run at all keeps what is assumed, assuming scorch happens again and again",
            EveryRun(linear("G F <pour>", network), endless(network, "pour")),
        ),
        Seed(
            "fairness that no run keeps, in branching time",
            Initially(branching_time("AF {kettle: in(hot)}", network), endless(network, "scorch")),
            "vacuous: no run at all keeps what is assumed, assuming scorch happens again and again",
            Initially(branching_time("AF {kettle: in(hot)}", network), endless(network, "pour")),
        ),
        Seed(
            "a deadline whose clock never starts",
            Within(happens("scorch"), happens("pour"), 3, ("tick",)),
            "vacuous: in these bounds it never comes to it that scorch happens",
            Within(happens("pour"), happens("heat"), 3, ("tick",)),
        ),
        Seed(
            "a deadline whose clock never ticks",
            Within(happens("heat"), happens("scorch"), 0, ("plug_in",)),
            "vacuous: the clock never ticks, so that every deadline is kept",
            Within(happens("pour"), happens("heat"), 0, ("tick",)),
        ),
        Seed(
            "an invariant that is true by its words alone",
            Always(At("kettle", "in(cold) or in(hot) or in(burnt)") | At("cook", "in(careless)")),
            "vacuous: it is true by its words alone, whatever the agents do",
            Always(At("kettle", "in(cold) or in(hot)")),
        ),
        Seed(
            "a condition that contradicts itself",
            Never(("pour",), At("kettle", "in(hot)") & At("kettle", "in(cold)")),
            "vacuous: by its words alone it is never so that (kettle: in(hot)) and (kettle: in(cold))",
            Never(("pour",), At("kettle", "in(cold)")),
        ),
        Seed(
            "a formula that is true of every run",
            every("F <pour> | G !<pour>"),
            "vacuous: it is true of every run whatsoever, whatever the network",
            every("G !<scorch> | F <pour>"),
        ),
        Seed(
            "an observer that never leaves its first state",
            watching("distract"),
            "vacuous: the observer guard never leaves its first state: nothing that moves it ever happens",
            watching("heat"),
        ),
        Seed(
            "recovery from what never comes",
            AlwaysCan(At("kettle", "in(cold)"), At("kettle", "in(burnt)")),
            "vacuous: nothing in these bounds gets to where kettle: in(burnt)",
            AlwaysCan(At("kettle", "in(cold)"), At("kettle", "in(hot)")),
        ),
        Seed(
            "no event",
            Never((), At("kettle", "in(hot)")),
            "vacuous: it speaks of no event",
            Never(("scorch",), At("cook", "in(careful)")),
        ),
        Seed("nothing sent", SentBy((), "kettle"), "vacuous: it speaks of no event", SentBy(("heat",), "kettle")),
        Seed("nothing lacking", Lacks(()), "vacuous: it speaks of no component", Lacks(("toaster",))),
    ]


def by_name(seed: Seed) -> str:
    return seed.name


@pytest.mark.parametrize("seed", seeds(), ids=by_name)
def test_a_seeded_vacuity_is_caught_and_its_twin_is_not(seed: Seed) -> None:
    verdict, twin = judged(seed.claim), judged(seed.twin)
    assert (verdict.outcome, verdict.vacuous, verdict.reason) == (Outcome.HOLDS, True, seed.says)
    assert (twin.outcome, twin.vacuous) == (Outcome.HOLDS, False), twin.reason


def test_an_empty_domain_and_a_state_that_is_not_there_are_refused() -> None:
    network = Workflow(service(role("worker")), Bounds(Faults(1), 1, 5)).network
    with pytest.raises(FormulaError, match="no role 'Rr'"):
        linear("all i in Rr: always {i/guest_agent: status == ready}", network)
    with pytest.raises(PredicateError, match="unknown state 'boiling'"):
        judged(Always(At("kettle", "not in(boiling)")))
    with pytest.raises(PredicateError, match="no event 'boil'"):
        judged(EveryRun(linear("F <heat>", kitchen()) | Happens(("boil",))))


def test_a_search_that_was_cut_off_never_says_that_anything_holds() -> None:
    space = explore(kitchen(), Limits(1))
    claims = [seed.twin for seed in seeds() if not isinstance(seed.twin, Lacks | SentBy)]
    verdicts = check(space, [Property(str(k), claim) for k, claim in enumerate(claims)])
    assert {(v.outcome, v.vacuous) for v in verdicts} == {(Outcome.UNKNOWN, False)}


# -- the command -------------------------------------------------------------------------------------------------------

FILE = """
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.properties.predicates import At, Can
from goalstate.properties.property import Always, Property
rows = (does("light", "off", "lit"), does("dim", "lit", "off"))
lamp = Statechart("lamp", (State("off"), State("lit")), "off", rows=rows)
network = Network((Component("lamp", lamp),))
sound = network, (Property("it is off or lit", Always(At("lamp", "in(off) or in(lit)")), witness=Can("dim")),)
nothing = network, ()
"""


class TestExitCodes:
    """A vacuous pass has an exit code of its own, unless it is accepted."""

    def test_a_vacuous_pass_fails_unless_it_is_allowed(self, tmp_path: Path) -> None:
        file = tmp_path / "lamp.py"
        file.write_text(FILE, encoding="utf-8")
        done = call("verify", f"{file}:sound")
        assert done.code == 4
        assert done.out.startswith("lamp") is False
        assert "VACUOUS 1 property put to no test; wider bounds (--faults, --requests), or --allow-vacuous" in done.out
        assert "vacuously: it is off or lit  it is true by its words alone" in done.out
        assert ": vacuous\n" in done.out.splitlines(keepends=True)[0]
        allowed = call("verify", f"{file}:sound", "--allow-vacuous", "--output-format", "full")
        assert allowed.code == 0
        assert "VACUOUS 1 property put to no test; allowed" in allowed.out

    def test_an_accepted_one_is_named_with_its_reason(self, tmp_path: Path) -> None:
        file, accepted = tmp_path / "lamp.py", tmp_path / "accepted.toml"
        file.write_text(FILE, encoding="utf-8")
        accepted.write_text(
            '[[accepted]]\nproperty = "it is off or lit"\nreason = "a lamp is simple"\n', encoding="utf-8"
        )
        done = call("verify", f"{file}:sound", "--accept", str(accepted), "--output-format", "full")
        assert done.code == 0
        assert "accepted: a lamp is simple" in done.out
        assert "STALE" not in done.out

    def test_bounds_that_cut_everything_off_do_not_pass(self) -> None:
        options = ("--requests", "1", "--faults", "none", "--tick", "5", "--property", "after exactly 10 minutes")
        assert call("verify", *options).code == 4

    @pytest.mark.parametrize(
        ("format", "says"), [("junit", 'errors="1"'), ("sarif", '"kind": "fail"'), ("json", '"outcome": "vacuous"')]
    )
    def test_the_formats_say_so(self, format: str, says: str, tmp_path: Path) -> None:
        file = tmp_path / "lamp.py"
        file.write_text(FILE, encoding="utf-8")
        done = call("verify", f"{file}:sound", "--format", format)
        assert done.code == 4
        assert says in done.out
