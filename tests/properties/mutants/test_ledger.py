"""The ledger of the platform's mutants: what is written is read again, what is stale is judged again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from goalstate.properties.mutants.campaign import Fate, Judgement, Name, names
from goalstate.properties.mutants.ledger import Ledger, present, read, reasons, unjustified, written

A, B, C, D = (Name("agent", f"does {event}: here", "drop row") for event in "abcd")
ONE = Ledger(
    {
        A: Judgement(Fate.KILLED, "worker", ("rule", "other")),
        B: Judgement(Fate.SURVIVES, "worker"),
        C: Judgement(Fate.EQUIVALENT),
        D: Judgement(Fate.KILLED, "worker", ("other",)),
    },
    {"worker": "1"},
    {"other": "x", "rule": "y"},
    {"rule": "any rule"},
)


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    book = tmp_path / "kills.json"
    book.write_text(written(ONE), encoding="utf-8")
    assert read(book) == ONE
    assert written(read(book)) == written(ONE)
    assert read(tmp_path / "none.json") == Ledger()


def test_the_score_counts_what_could_be_noticed() -> None:
    assert (ONE.score, ONE.killed, ONE.survivors) == (2 / 3, [A, D], [B])
    assert ONE.caught() == {"any rule": [A], "other": [D, A]}, "first what few others notice"
    assert Ledger().score == 1.0
    for fate in Fate:
        found = Ledger({A: Judgement(fate)})
        assert len(found.survivors) == (fate not in (Fate.KILLED, Fate.EQUIVALENT, Fate.EQUIVALENT_HERE))


def test_only_what_changed_is_judged_again() -> None:
    assert set(ONE.still(ONE)) == {A, B, C, D}
    changed = replace(ONE, properties={"other": "changed", "rule": "y"})
    assert ONE.still(changed) == {A: Judgement(Fate.KILLED, "worker", ("rule",)), C: ONE.fates[C]}
    one_more = replace(ONE, properties={**ONE.properties, "new": "z"})
    assert set(ONE.still(one_more)) == {A, C, D}, "a survivor may be noticed by the new property"
    assert ONE.still(replace(ONE, configurations={"worker": "2"})) == {}
    assert replace(ONE, fates={B: Judgement(Fate.STALE)}).still(ONE) == {}


def test_a_survivor_needs_a_reason_and_a_reason_a_survivor(tmp_path: Path) -> None:
    assert unjustified(ONE, [str(B)]) == ([], [])
    assert unjustified(ONE, []) == ([str(B)], [])
    assert unjustified(ONE, [str(A), str(B), "elsewhere | a | b"]) == ([], [str(A)])
    listed = tmp_path / "agent.toml"
    listed.write_text(f'[[survivor]]\nwhy = "freedom"\nmutants = ["{A}", "{B}"]\n', encoding="utf-8")
    assert reasons(tmp_path) == {str(A): "freedom", str(B): "freedom"}
    for text in ('why = " "\nmutants = ["x"]', 'why = "twice"\nmutants = ["x", "x"]'):
        listed.write_text(f"[[survivor]]\n{text}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=r"agent\.toml"):
            reasons(tmp_path)


def test_digests_are_those_of_the_model_and_the_catalogue() -> None:
    now, again = present(), present()
    assert now == again
    assert len(set(now.configurations.values())) == len(now.configurations)
    assert len(names(["guest_agent"])) > 200
    assert all(name.agent == "guest_agent" for name in names(["guest_agent"]))
