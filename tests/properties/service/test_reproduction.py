"""Searches made anew by their labels are those that `verify` made: the same networks, asked about the same things."""

from dataclasses import replace

import pytest

from goalstate.model.network.digest import digest
from goalstate.model.workflow import Faults
from goalstate.properties.service.reproduction import labels, reproduced
from goalstate.properties.service.verification import Settings, verify
from tests.model.services import role, service

SHOP = service(role("worker", ("simple",), probed="default"))
QUICK = Settings(faults=Faults(0), requests=1, tick=5)


@pytest.mark.parametrize(
    "settings",
    [QUICK, replace(QUICK, liveness=False), replace(QUICK, whole=True, engine="explicit")],
    ids=["each", "without liveness", "whole"],
)
def test_every_search_is_found_again(settings: Settings) -> None:
    report = verify(SHOP, settings)
    assert {run.label for run in report.runs} == set(labels(SHOP, settings))
    for run in report.runs:
        again = reproduced(SHOP, settings, run.label)
        assert again is not None
        assert digest(again.network) == digest(run.network)
        for verdict in run.verdicts:
            prop = again.property(str(verdict.property))
            assert prop is not None
            assert str(prop.claim) == str(verdict.property.claim)


def test_a_search_that_there_is_not() -> None:
    assert reproduced(SHOP, QUICK, "nowhere") is None


def test_what_stands_in_brackets_may_change() -> None:
    label = labels(SHOP, QUICK)[0]
    again = reproduced(SHOP, QUICK, label)
    assert again is not None
    names = [str(p) for p in again.properties() if "block the role" in str(p)]
    assert len(names) == 1
    command = names[0][names[0].index("(") : names[0].index(")") + 1]
    assert again.property(names[0].replace(command, "(another (one).cmd)")) == again.property(names[0])
    assert again.property(names[0].replace(command, "")) is not None
    assert again.property("something that nobody claims") is None
