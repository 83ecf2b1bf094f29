"""Verification of a deployment: which searches are made, what the settings change, and availability by composition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goalstate.model.deployment import Deployment
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.network import Component, Network
from goalstate.model.network.path import Path
from goalstate.model.network.statespace import Limits
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.model.running.runner import Runner
from goalstate.model.workflow import DEFAULT_PLATFORM, Bounds, BoundsError, Fabric, Faults, Platform, Workflow
from goalstate.properties.catalogue import fabric_properties
from goalstate.properties.catalogue.deployment import availability
from goalstate.properties.judging.explicit import check
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, Family, Outcome, Possible, Property
from goalstate.properties.service.searches import SearchKind, searches
from goalstate.properties.service.settings import Engine, Settings, with_instances
from goalstate.properties.service.verification import verify, verify_network
from tests.model.services import role, service

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
    assert space.distinct > 150_000
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


def test_whole_puts_all_instances_into_one_network() -> None:
    report = verify(TWO_ROLES, Settings(faults=Faults(0), requests=1, tick=5, whole=True))
    assert (report.outcome, report.runs[0].counts.distinct) == (Outcome.HOLDS, 36_997)
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
    assert ("R_IN_0/host_agent", 387) in report.agents
    assert {v.engine for v in report.verdicts} == {"explicit"}


def test_both_engines_give_the_same_verdicts() -> None:
    found = [
        {str(v.property): (v.outcome, v.vacuous, v.counts) for v in verify(TWO_ROLES, settings).verdicts}
        for settings in (
            Settings(faults=Faults(0), requests=1, tick=5, engine=Engine.REFERENCE),
            Settings(faults=Faults(0), requests=1, tick=5, engine=Engine.EXPLICIT),
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
        (Settings(instances=(("S", 2),)), r"no role 'S'.*; roles: R"),
        (Settings(instances=(("R", 0),)), r"role 'R' can't have 0 instances; allowed: 1 to 1000000"),
        (Settings(tick=3), r"a tick can't be 3 minutes"),
        (Settings(tick=0), r"a tick can't be 0 minutes"),
        (Settings(requests=300), r"requests can't be 300; allowed: 1 to 255"),
        (Settings(faults=Faults(0, (("hang", 1),))), r"no fault of kind 'hang' here"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: Settings, message: str) -> None:
    with pytest.raises(BoundsError, match=message):
        verify(TWO_ROLES, settings)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(BoundsError, match=r"no engine 'explict' \(did you mean 'explicit'\?\); engines: auto, "):
        Engine.of("explict")


def test_a_kind_of_fault_counts_where_a_role_has_it() -> None:
    """Only one of the roles has a task that can hang; the other's network has nothing to count then."""
    both = service(replace(role("worker", ("simple",)), name="Tasked"), replace(role("worker"), name="Plain"))
    report = verify(both, Settings(Faults.parse("task_hang=1"), 1, 5, only=("deadlock",)))
    assert {run.label: "fault_budget_task_hang" in run.network.index for run in report.runs} == {
        "Tasked": True,
        "Plain": False,
    }
    assert report.outcome is Outcome.HOLDS


def test_a_kind_of_fault_has_one_number() -> None:
    with pytest.raises(BoundsError, match="each kind once, task_hang is there twice"):
        Faults.parse("task_hang=1,run_throws=1,task_hang=2")


def test_the_seconds_are_for_all_searches_together() -> None:
    report = verify(TWO_ROLES, Settings(limits=Limits(seconds=0.0)))
    assert report.outcome is Outcome.UNKNOWN
    assert {run.limit for run in report.runs} == {"stopped after 0 seconds"}


def test_instance_counts_can_be_replaced() -> None:
    assert with_instances(TWO_ROLES, [("R", 7)]).roles[0].instances == 7
    assert with_instances(TWO_ROLES, []) == TWO_ROLES


@pytest.mark.parametrize("reboot", ["runs_on_stop", "skips_on_stop"])
def test_a_reboot_that_had_to_wait_is_no_repair_of_a_role_that_hangs(reboot: str) -> None:
    """The order waits while the first contact times out; the role that is started then hangs, and the order comes."""
    settings = Settings(
        Faults.parse("on_start_hangs=1,run_hangs=1"),
        2,
        5,
        platform=Platform(reboot=reboot),
        only=("merely hangs is left alone",),
    )
    [verdict] = verify(service(role("worker")), settings).verdicts
    assert (verdict.outcome, verdict.vacuous) == (Outcome.HOLDS, False)


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
    assert labels["R: availability"]["faults"] == "2 in an instance, 4 in RDFE, FFE or fabric controller"


@pytest.mark.parametrize(
    ("faults", "searched"),
    [
        ("none", "none"),
        ("1", "none in an instance, 1 in RDFE, FFE or fabric controller"),
        ("3", "1 in an instance, 3 in RDFE, FFE or fabric controller"),
        ("guest_hang=1", "none"),
        ("guest_hang=1,rdfe_crash=2", "rdfe_crash=2"),
        ("guest_hang=1,run_throws=1,rdfe_crash=1", "guest_hang=1,rdfe_crash=1,run_throws=1"),
    ],
)
def test_faults_of_the_service_befall_every_instance(faults: str, searched: str) -> None:
    pair = service(role("worker", probed="default", instances=2))
    settings = Settings(faults=Faults.parse(faults), requests=1, tick=5, only=KEEPS)
    run = next(r for r in verify(pair, settings).runs if r.label == "R: availability")
    assert dict(run.network.bounds)["faults"] == searched
    assert not run.verdicts[0].vacuous


def lonely(bounds: Bounds, platform: Platform = DEFAULT_PLATFORM) -> Outcome:
    """What is found about the availability of a single worker that is asked by the guest agent's probe."""
    alone = role("worker", probed="default")
    workflow = Workflow(service(alone), bounds, platform)
    verdict = check(explicit.explore(workflow.network, graph=True), availability(workflow, alone))[0]
    assert not verdict.vacuous
    return verdict.outcome


def test_an_instance_that_moves_to_another_host_is_out_of_the_rotation() -> None:
    stays = Platform(single_instance="stays_in_rotation")
    assert lonely(Bounds(Faults.parse("guest_hang=1"), 1, 5), stays) is Outcome.VIOLATED, "three time-outs: a new host"
    assert lonely(Bounds(Faults.parse("handler_busy=1"), 1, 5), stays) is Outcome.HOLDS
    assert lonely(Bounds(Faults.parse("host_failure=1"), 1, 5), stays) is Outcome.VIOLATED


def test_what_the_user_asks_for_is_not_counted_against_availability() -> None:
    assert lonely(Bounds(Faults(0), 2, 5)) is Outcome.HOLDS


def test_an_observer_of_too_many_instances_is_refused() -> None:
    many = role("worker", probed="default", instances=7)
    with pytest.raises(ValueError, match="7 instances of R; an observer can follow 6 at once"):
        availability(Workflow(service(many)), many)


# -- the fabric --------------------------------------------------------------------------------------------------------


def fabric_of(deployment: Deployment, settings: Settings) -> Fabric | None:
    """The fabric that is searched, if one is."""
    found = [search.system for search in searches(deployment, settings) if search.kind is SearchKind.FABRIC]
    assert len(found) <= 1
    return next((fabric for fabric in found if isinstance(fabric, Fabric)), None)


def test_the_walk_from_domain_to_domain_is_searched_where_there_are_several() -> None:
    fabric = fabric_of(service(role("worker", instances=7)), Settings())
    assert fabric is not None
    assert [(r.name, n) for r, n in fabric.instances] == [("R", 0), ("R", 1)]
    assert {f"update_domain_{d}_done" for d in range(5)} < set(fabric.network.event_index)
    space = explicit.explore(fabric.network, graph=True)
    assert (space.complete, space.distinct, space.transitions) == (True, 101_426, 3_032_076)
    verdicts = check(space, fabric_properties(fabric))
    assert {(v.outcome, v.vacuous) for v in verdicts} == {(Outcome.HOLDS, False)}
    assert "an update works on the instances of one upgrade domain at a time" in {v.property.name for v in verdicts}


@pytest.mark.parametrize(
    ("instances", "settings"), [(1, Settings()), (2, Settings(requests=1)), (2, Settings(whole=True))]
)
def test_there_is_no_walk_to_search(instances: int, settings: Settings) -> None:
    assert fabric_of(service(role("worker", instances=instances)), settings) is None


def test_the_fabric_is_searched_under_the_bounds_that_were_chosen() -> None:
    settings = Settings(faults=Faults.parse("guest_hang=1,host_failure=1"), requests=0, tick=5, thorough=True)
    fabric = fabric_of(TWO_ROLES, settings)
    assert fabric is not None
    assert fabric.network.bounds == (
        ("faults", "host_failure=1"),
        ("requests", "any number"),
        ("tick", "5 minutes"),
        ("instances", "the fabric's records of R_IN_0 and R_IN_1; around them, anything"),
    )
    assert explicit.explore(fabric.network).complete


def test_the_fabric_alone_can_do_all_that_the_whole_service_does_to_it() -> None:
    """Each state of the fabric in the product of all instances is one of the fabric with surroundings."""
    bounds = Bounds(Faults(0), requests=2, tick=5)
    whole, fabric = Workflow(TWO_ROLES, bounds).network, Fabric(TWO_ROLES, bounds).network
    names = [c.name for c in fabric.components if not c.name.endswith("surroundings") and "budget" not in c.name]
    spaces = [explicit.explore(network) for network in (whole, fabric)]
    seen = [
        {
            tuple(space.network.components[i].lts.name(int(s)) for i, s in zip(places, states, strict=True))
            for space, places in [(space, [space.network.index[name] for name in names])]
            for states in np.unique(np.stack([space.column(i) for i in places], axis=1), axis=0)
        }
        for space in spaces
    ]
    assert spaces[0].complete
    # The controller has one more scope to choose from, and numbers its states alike all the same.
    assert seen[0] <= seen[1]


def test_two_endpoints_on_one_line_have_verdicts_of_their_own() -> None:
    both = service(role("worker", probed="both", instances=2))
    faults = Faults.parse("run_throws=2")
    verdicts = verify(both, Settings(faults=faults, requests=1, tick=5, only=KEEPS)).verdicts
    assert [v.outcome for v in verdicts] == [Outcome.VIOLATED] * 2


# -- the symbolic engine -----------------------------------------------------------------------------------------------


def test_the_symbolic_engine_makes_the_same_searches_with_the_same_results() -> None:
    deployment = service(role("worker", ("simple",)))
    explicitly = verify(deployment, QUICK)
    symbolically = verify(deployment, replace(QUICK, engine=Engine.SYMBOLIC))
    safety, endless = explicitly.runs
    assert endless.label == "R, liveness"
    assert [run.counts for run in symbolically.runs] == [safety.counts]
    assert [v.outcome for v in symbolically.verdicts] == [v.outcome for v in safety.verdicts]
    assert explicitly.left_out == ()
    assert symbolically.left_out == (
        "liveness was not judged: runs that never end need another engine, explicit or reference",
    )
    assert {run.engine for run in symbolically.runs} == {"symbolic"}


def test_all_of_a_hundred_instances_are_verified_by_asking_about_one() -> None:
    deployment = service(role("worker", ("simple",), instances=100))
    told: list[str] = []
    report = verify(deployment, replace(QUICK, whole=True, only=("Ready",)), told.append)
    assert report.runs[0].engine == "symbolic"
    assert any("each kind of instance is asked about once" in line and "about 10^" in line for line in told)
    assert dict(report.runs[0].network.bounds)["instances"] == "all (100)"
    assert report.outcome is Outcome.HOLDS


def test_few_instances_are_searched_state_by_state() -> None:
    deployment = service(role("worker", instances=1))
    report = verify(deployment, replace(QUICK, whole=True, only=("Ready",)))
    assert report.runs[0].engine == "explicit"


# -- liveness ----------------------------------------------------------------------------------------------------------


def test_what_a_sentence_needs_within_the_bounds_is_less_than_it_assumes() -> None:
    settings = Settings(faults=Faults.parse("guest_hang=1"), requests=1, tick=5, minimal=True, only=("is silent",))
    [verdict] = verify(service(role("worker", probed="default")), settings).verdicts
    assert (verdict.outcome, verdict.vacuous) == (Outcome.HOLDS, False)
    # The rotation's record can hold up the minutes of a guest that does not compute.
    assert verdict.property.assumes == tuple(
        f"weak fairness of each action of {agent}"
        for agent in (
            "fabric_controller",
            "R_IN_0/placement",
            "R_IN_0/host_agent",
            "R_IN_0/guest_os",
            "R_IN_0/rotation",
        )
    )
    assert verdict.needs == tuple(
        f"weak fairness of each action of {agent}" for agent in ("R_IN_0/host_agent", "R_IN_0/guest_os")
    )


def test_what_is_left_out_is_said() -> None:
    deployment = service(role("worker", instances=2))
    bounds = Settings(faults=Faults(0), requests=1, tick=5, only=("Ready",))
    without = verify(deployment, replace(bounds, liveness=False))
    assert without.left_out == ("liveness was not judged: leave out --no-liveness",)
    assert not any(run.search.kind is SearchKind.LIVENESS for run in without.runs)
    assert verify(deployment, replace(bounds, whole=True)).left_out[0].endswith("without --whole")
    assert verify(deployment, bounds).left_out == ()
