"""The list of searches: what each is about, its label, and that a search is found again by its label."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from goalstate.model.network.digest import digest
from goalstate.model.workflow import Bounds, Faults
from goalstate.properties.service.searches import SearchKind, bounds_of_all, search_of, searches
from goalstate.properties.service.settings import Engine, Settings
from goalstate.properties.service.verification import verify
from tests.model.services import role, service

SHOP = service(role("worker", ("simple",), probed="default"))
QUICK = Settings(faults=Faults(0), requests=1, tick=5)
PAIR = service(role("worker", probed="default", instances=2))


TWO_ROLES = service(role("worker", instances=2))


def standard(settings: Settings) -> list[tuple[str, Bounds]]:
    """The label and the bounds of each search for safety."""
    return [(s.label, s.workflow.bounds) for s in searches(TWO_ROLES, settings) if s.kind.is_standard]


def test_two_searches_per_role_unless_the_settings_say_otherwise() -> None:
    assert standard(Settings()) == [
        ("R: start", Bounds(Faults(1), 1, 1, (("R", (0,)),))),
        ("R: operations", Bounds(Faults(0), 2, 1, (("R", (0,)),))),
    ]


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (Settings(faults=Faults(2)), [("R: start", 2, 1, 1), ("R: operations", 0, 2, 1)]),
        (Settings(requests=3), [("R: start", 1, 1, 1), ("R: operations", 0, 3, 1)]),
        (Settings(requests=0), [("R: start", 1, 1, 1), ("R: operations", 0, None, 1)]),
        (Settings(tick=5), [("R: start", 1, 1, 5), ("R: operations", 0, 2, 5)]),
        (Settings(faults=Faults(2), requests=3), [("R", 2, 3, 1)]),
    ],
    ids=["faults", "requests", "any requests", "tick", "both"],
)
def test_a_bound_changes_what_it_names_and_nothing_else(
    settings: Settings, found: list[tuple[str, int, int | None, int]]
) -> None:
    assert [(label, b.faults.total, b.requests, b.tick) for label, b in standard(settings)] == found


def test_a_thorough_verification_combines_a_fault_with_a_second_request() -> None:
    thorough = standard(Settings(thorough=True))
    assert thorough[:2] == standard(Settings())
    assert thorough[2:] == [("R: combined", Bounds(Faults(1), 2, 5, (("R", (0,)),)))]
    assert standard(Settings(thorough=True, tick=5)) == standard(Settings(tick=5))


def test_whole_is_one_search_of_all_instances() -> None:
    found = searches(TWO_ROLES, Settings(faults=Faults(0), requests=1, tick=5, whole=True))
    assert [(search.label, len(search.workflow.instances)) for search in found] == [("all instances", 2)]
    assert [search.label for search in searches(PAIR, Settings(whole=True))] == [
        "start",
        "operations",
        "R: availability",
    ]


@pytest.mark.parametrize("whole", [False, True])
def test_each_label_is_that_of_one_search(whole: bool) -> None:
    web = replace(role("HWC", probed="default", instances=2), name="W")
    found = searches(service(role("worker", probed="both"), web), Settings(thorough=True, whole=whole))
    assert set(Counter(search.label for search in found).values()) == {1}
    assert {search.kind for search in found} >= {SearchKind.START, SearchKind.COMBINED, SearchKind.AVAILABILITY}


def test_availability_shares_the_states_of_a_search_with_the_same_bounds() -> None:
    one = service(role("worker", probed="default"))
    start, availability, *_ = searches(one, Settings())
    assert (start.kind, availability.kind) == (SearchKind.START, SearchKind.AVAILABILITY)
    assert availability.system == start.system
    assert searches(PAIR, Settings())[-1].kind is SearchKind.AVAILABILITY


def test_a_run_about_availability_is_one_of_all_instances() -> None:
    [asked] = [search for search in searches(PAIR, QUICK) if search.kind is SearchKind.AVAILABILITY]
    again = search_of(PAIR, QUICK, asked.label)
    assert again is not None
    assert [n for _, n in asked.workflow.instances] == [0]
    assert [n for _, n in again.workflow.instances] == [0, 1]
    assert again.workflow.bounds == bounds_of_all(PAIR.roles[0], QUICK)
    many = service(role("worker", probed="default", instances=7))
    assert search_of(many, QUICK, asked.label) is None, "no observer can follow so many"


@pytest.mark.parametrize(
    "settings",
    [QUICK, replace(QUICK, liveness=False), replace(QUICK, whole=True, engine=Engine.EXPLICIT)],
    ids=["each", "without liveness", "whole"],
)
def test_every_search_is_found_again(settings: Settings) -> None:
    report = verify(SHOP, settings)
    assert [run.search for run in report.runs] == searches(SHOP, settings)
    for run in report.runs:
        again = search_of(SHOP, settings, run.label)
        assert again is not None
        assert (again.label, again.kind) == (run.label, run.search.kind)
        assert digest(again.network) == digest(run.network)
        for verdict in run.verdicts:
            prop = again.property(str(verdict.property))
            assert prop is not None
            assert str(prop.claim) == str(verdict.property.claim)


def test_a_search_that_there_is_not() -> None:
    assert search_of(SHOP, QUICK, "nowhere") is None


def test_runs_saved_before_liveness_had_its_name_are_known() -> None:
    for now, before in (("R, liveness", "R, in the end"), ("R: start, liveness", "R: start, in the end")):
        settings = QUICK if ":" not in now else Settings()
        found = search_of(SHOP, settings, before)
        assert found is not None
        assert found == search_of(SHOP, settings, now)
        assert (found.label, found.kind) == (now, SearchKind.LIVENESS)


def test_what_stands_in_brackets_may_change() -> None:
    again = searches(SHOP, QUICK)[0]
    names = [str(p) for p in again.properties() if "block the role" in str(p)]
    assert len(names) == 1
    command = names[0][names[0].index("(") : names[0].index(")") + 1]
    assert again.property(names[0].replace(command, "(another (one).cmd)")) == again.property(names[0])
    assert again.property(names[0].replace(command, "")) is not None
    assert again.property("something that nobody claims") is None
