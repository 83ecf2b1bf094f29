"""The table of the document's sentences names rows and parts that exist, and the requirements that they realise."""

from importlib import import_module

import pytest

from goalstate.model.workflow import Workflow
from goalstate.properties.document import DOCUMENT, Sentence
from goalstate.properties.mutants.traceability import SHOWCASE
from goalstate.properties.requirements import BY_ID, REQUIREMENTS

ROWS: dict[tuple[str, str], set[str]] = {}
for chart in dict.fromkeys(c.chart for c in Workflow(SHOWCASE).network.components):
    for row in chart.rows:
        for event in (row.event,) if isinstance(row.event, str) else row.event:
            ROWS.setdefault((chart.name, event), set()).update(row.realises)


@pytest.mark.parametrize("sentence", DOCUMENT, ids=lambda s: s.id)
def test_a_sentence_names_what_exists(sentence: Sentence) -> None:
    assert sentence.rows
    realised = set()
    for row in sentence.rows:
        place, name = row.split(":")
        if "." in place:
            assert hasattr(import_module(f"goalstate.{place}"), name), row
            realised |= set(sentence.requirements)
        else:
            assert (place, name) in ROWS, f"{row}: no such row in the showcase"
            realised |= ROWS[place, name]
    assert set(sentence.requirements) <= set(BY_ID)
    assert realised & set(sentence.requirements), "no row named says that it realises a requirement of the sentence"


def test_every_requirement_has_a_sentence() -> None:
    assert {id for sentence in DOCUMENT for id in sentence.requirements} == {r.id for r in REQUIREMENTS}


def test_sentences_are_exact_but_for_decisions() -> None:
    ids = [sentence.id for sentence in DOCUMENT]
    assert len(set(ids)) == len(ids)
    # A difference is a decision with its reason.
    assert all(len(s.differs.split()) > 8 for s in DOCUMENT if not s.exact)
    assert sum(s.exact for s in DOCUMENT) >= 0.95 * len(DOCUMENT)
