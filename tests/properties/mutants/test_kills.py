"""The ledger that comes with goalstate: of this model and this catalogue, and true where it is looked at again."""

from __future__ import annotations

import pytest

from goalstate.properties.mutants.campaign import Fate, Judge, Name, names
from goalstate.properties.mutants.ledger import Ledger, present, read, reasons, unjustified

AGAIN = "judge them again: goalstate mutants --platform"

LEAST = 0.95
"""The share of the platform's mutants that the catalogue notices, of those that can be noticed."""

APART = 197
"""Of so many mutants one is judged afresh here."""


@pytest.fixture(scope="module")
def book() -> Ledger:
    return read()


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def test_it_is_of_this_model_and_this_catalogue(book: Ledger) -> None:
    now = present()
    assert book.configurations == now.configurations, AGAIN
    assert book.properties == now.properties, AGAIN
    assert not [name for name, judgement in book.fates.items() if judgement.fate is Fate.STALE], AGAIN
    assert set(book.fates) <= set(names()), AGAIN


def test_the_catalogue_notices_what_it_is_said_to_notice(book: Ledger) -> None:
    assert len(book.fates) > 1500
    assert book.score >= LEAST
    counted = len(book.killed) + len(book.survivors)
    assert book.score == len(book.killed) / counted


def test_every_survivor_has_a_reason_and_no_other_mutant_has(book: Ledger) -> None:
    assert unjustified(book, reasons()) == ([], [])


@pytest.mark.parametrize("name", sorted(names())[::APART], ids=str)
def test_a_mutant_judged_afresh_has_the_fate_that_is_written(name: Name, book: Ledger, judge: Judge) -> None:
    written = book.fates.get(name)
    found = judge.judge(name)
    assert (None if found is None else found.fate) == (None if written is None else written.fate)
    if found is not None and written is not None and found.configuration == written.configuration:
        assert set(written.by) <= set(found.by)
