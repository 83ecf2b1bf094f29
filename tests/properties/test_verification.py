"""Verification of a deployment: which searches are made, what the settings change, and availability by composition."""

from __future__ import annotations

import pytest

from goalstate.model.engines import explicit
from goalstate.model.network import Component, Network
from goalstate.model.path import Path
from goalstate.model.runner import Runner
from goalstate.model.statechart import State, Statechart, does
from goalstate.model.statespace import Limits
from goalstate.model.workflow import Bounds, BoundsError, Faults, Platform, Workflow
from goalstate.properties.catalogue.deployment import availability
from goalstate.properties.checking import check
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, Family, Outcome, Possible, Property
from goalstate.properties.verification import Settings, searches, verify, verify_network, with_instances

from ..model.services import role, service

QUICK = Settings(faults=Faults(0), requests=1, tick=5)
KEEPS = ("keeps an instance",)


# -- availability ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "faults", "outcome"),
    [
        ("worker", "none", Outcome.HOLDS),
        ("worker", "handler_busy=1", Outcome.HOLDS),
        ("worker", "handler_busy=2", Outcome.VIOLATED),
        ("worker", "run_throws=2", Outcome.VIOLATED),
        ("HWC", "handler_busy=1", Outcome.HOLDS),
    ],
)
def test_availability_by_composition_is_that_of_the_whole_product(kind: str, faults: str, outcome: Outcome) -> None:
    """Two instances at once are still few enough to be enumerated: the argument and the enumeration agree."""
    both = role(kind, probed="default", instances=2)
    workflow = Workflow(service(both), Bounds(Faults.parse(faults), requests=1, tick=5))
    space = explicit.explore(workflow.network, Limits(states=1_000_000), graph=True)
    assert space.complete
    assert space.distinct > 200_000
    product = check(space, availability(workflow, both))[0]
    composed = verify(service(both), Settings(faults=Faults.parse(faults), requests=1, tick=5, only=KEEPS)).verdicts[0]
    assert (product.outcome, composed.outcome) == (outcome, outcome)
    assert not product.vacuous
    assert not composed.vacuous
    assert dict(composed.bounds)["instances"] == "2 of R"
    if outcome is Outcome.VIOLATED:
        assert product.path is not None
        assert composed.path is not None
        assert len(product.path) == len(composed.path), "a shortest way for one, done by both, is a shortest for both"
        assert composed.reason == "all 2 instances leave the rotation"
        again = Path.replay(workflow.network, composed.path.events)
        assert Runner(workflow.network).accepts(again)


def test_a_single_instance_leaves_the_rotation_with_the_first_fault() -> None:
    lonely = service(role("worker", probed="default"))
    verdict = verify(lonely, Settings(faults=Faults(1), requests=1, tick=5, only=KEEPS)).verdicts[0]
    assert (verdict.outcome, verdict.property.family) == (Outcome.VIOLATED, Family.DEPLOYMENT)
    assert verdict.reason == "the only instance leaves the rotation: a second instance would stay"
    platform = Platform(single_instance="stays_in_rotation")
    kept = verify(lonely, Settings(faults=Faults.parse("handler_busy=1"), requests=1, tick=5, only=KEEPS))
    assert kept.outcome is Outcome.VIOLATED
    stays = Settings(faults=Faults(0), requests=1, tick=5, platform=platform, only=KEEPS)
    assert verify(lonely, stays).outcome is Outcome.HOLDS


# -- searches ----------------------------------------------------------------------------------------------------------

TWO_ROLES = service(role("worker", instances=2))


def test_two_searches_per_role_unless_the_settings_say_otherwise() -> None:
    assert [(label, w.bounds) for label, w in searches(TWO_ROLES, Settings())] == [
        ("R: start", Bounds(Faults(1), 1, 1, (("R", (0,)),))),
        ("R: operations", Bounds(Faults(0), 2, 1, (("R", (0,)),))),
    ]
    assert [(label, w.bounds) for label, w in searches(TWO_ROLES, Settings(tick=5))] == [
        ("R", Bounds(Faults(1), 2, 5, (("R", (0,)),)))
    ]
    assert [w.bounds.requests for _, w in searches(TWO_ROLES, Settings(requests=0))] == [None]


def test_whole_puts_all_instances_into_one_network() -> None:
    found = searches(TWO_ROLES, Settings(faults=Faults(0), requests=1, tick=5, whole=True))
    assert [(label, len(w.instances)) for label, w in found] == [("all instances", 2)]
    report = verify(TWO_ROLES, Settings(faults=Faults(0), requests=1, tick=5, whole=True))
    assert (report.outcome, report.runs[0].counts.distinct) == (Outcome.HOLDS, 49_933)
    assert dict(report.verdicts[0].bounds)["instances"] == "all (2)"


def test_a_verification_without_faults_holds_and_says_what_it_covers() -> None:
    report = verify(TWO_ROLES, QUICK)
    assert report.outcome is Outcome.HOLDS
    assert dict(report.verdicts[0].bounds) == {
        "faults": "none",
        "requests": "1",
        "tick": "5 minutes",
        "instances": "R_IN_0 of 2",
    }
    assert ("R_IN_0/host_agent", 388) in report.agents
    assert {v.engine for v in report.verdicts} == {"explicit"}


def test_both_engines_give_the_same_verdicts() -> None:
    found = [
        {str(v.property): (v.outcome, v.vacuous, v.counts) for v in verify(TWO_ROLES, settings).verdicts}
        for settings in (
            Settings(faults=Faults(0), requests=1, tick=5, engine="reference"),
            Settings(faults=Faults(0), requests=1, tick=5, engine="explicit"),
        )
    ]
    assert found[0] == found[1]


def test_a_limit_makes_it_unknown() -> None:
    report = verify(TWO_ROLES, Settings(faults=Faults(0), requests=1, tick=5, limits=Limits(states=50)))
    assert report.outcome is Outcome.UNKNOWN
    assert report.runs[0].limit == "stopped at 50 states"
    assert {v.outcome for v in report.verdicts} <= {Outcome.UNKNOWN, Outcome.HOLDS}
    held = [v for v in report.verdicts if v.outcome is Outcome.HOLDS]
    assert all(isinstance(v.property.claim, Possible) for v in held)


def test_properties_are_chosen_by_a_part_of_their_name_or_a_pattern() -> None:
    def names(*only: str) -> set[str]:
        return {v.property.name for v in verify(TWO_ROLES, Settings(Faults(0), 1, 5, only=only)).verdicts}

    assert names("DEADLOCK") == {"something can always happen: there is no deadlock"}
    assert names("*event is lost*", "deadlock") == {
        "something can always happen: there is no deadlock",
        "no event is lost: whoever knows it takes it, ignores it or makes the sender wait",
    }
    with pytest.raises(BoundsError, match="no property matches 'unheard of'; run without --property to see all"):
        names("unheard of")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(engine="explict"), r"no engine 'explict' \(did you mean 'explicit'\?\); engines: auto, "),
        (Settings(instances=(("S", 2),)), r"no role 'S'.*; roles: R"),
        (Settings(instances=(("R", 0),)), r"role 'R' can't have 0 instances; allowed: 1 to 1000000"),
        (Settings(tick=3), r"a tick can't be 3 minutes"),
        (Settings(requests=300), r"requests can't be 300; allowed: 1 to 255"),
        (Settings(faults=Faults(0, (("hang", 1),))), r"no fault of kind 'hang' here"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: Settings, message: str) -> None:
    with pytest.raises(BoundsError, match=message):
        verify(TWO_ROLES, settings)


def test_instance_counts_can_be_replaced() -> None:
    assert with_instances(TWO_ROLES, [("R", 7)]).roles[0].instances == 7
    assert with_instances(TWO_ROLES, []) == TWO_ROLES


# -- any network -------------------------------------------------------------------------------------------------------


def test_any_network_can_be_verified() -> None:
    lamp = Statechart(
        "lamp",
        (State("dark"), State("bright")),
        "dark",
        rows=(does("light", "dark", "bright"), does("douse", "bright", "dark")),
    )
    network = Network((Component("lamp", lamp),), name="room")
    properties = [
        Property("it can be bright", Possible(At("lamp", "in(bright)"))),
        Property("it is dark", Always(At("lamp", "in(dark)"))),
    ]
    report = verify_network(network, properties)
    assert (report.name, report.outcome, report.agents) == ("room", Outcome.VIOLATED, (("lamp", 2),))
    assert [v.outcome for v in report.verdicts] == [Outcome.HOLDS, Outcome.VIOLATED]
    assert verify_network(network, properties, Settings(only=("bright",))).outcome is Outcome.HOLDS


def test_faults_may_fall_on_one_instance_more_than_once() -> None:
    """Four faults on two instances: each can suffer two, so the search on one instance must allow two."""
    pair = service(role("worker", probed="default", instances=2))
    labels = {
        run.label: dict(run.network.bounds)
        for run in verify(pair, Settings(faults=Faults(4), requests=1, tick=5, only=KEEPS)).runs
    }
    assert labels["R: availability"]["faults"] == "2"


def test_two_endpoints_on_one_line_have_verdicts_of_their_own() -> None:
    both = service(role("worker", probed="both", instances=2))
    faults = Faults.parse("run_throws=2")
    verdicts = verify(both, Settings(faults=faults, requests=1, tick=5, only=KEEPS)).verdicts
    assert [v.outcome for v in verdicts] == [Outcome.VIOLATED] * 2
