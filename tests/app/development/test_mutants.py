"""`python -m goalstate.development mutants`, with ledgers that know everything but what the test is about."""

import json
import subprocess
import sys
from pathlib import Path

from goalstate.development.__main__ import read
from goalstate.properties.mutants import ledger
from goalstate.properties.mutants.campaign import Fate, Judgement
from goalstate.terminal.exit_codes import BROKEN
from tests.app.calls import Done, run_anyhow


def develop(*arguments: str | Path) -> Done:
    done = run_anyhow(*arguments, read=read)
    assert done.code != BROKEN, done.err
    return done


def test_what_is_known_is_not_judged_again(tmp_path: Path) -> None:
    book = tmp_path / "kills.json"
    book.write_text(ledger.place().read_text(encoding="utf-8"), encoding="utf-8")
    done = develop("mutants", "--agent", "user", "--ledger", book, "--format", "json")
    found = json.loads(done.out)
    assert (done.code, found["unjustified"], found["outdated"]) == (0, [], [])
    assert {m["agent"] for m in found["mutants"]} == {"user"}
    assert found["killed"] == sum(bool(m["killed_by"]) for m in found["mutants"]) > 0
    assert ledger.read(book) == ledger.read()


def test_a_survivor_without_a_reason_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    known = ledger.read()
    name = next(n for n in known.killed if n.agent == "user")
    known.fates[name] = Judgement(Fate.SURVIVES, "worker, start")
    book = tmp_path / "kills.json"
    book.write_text(ledger.written(known), encoding="utf-8")
    done = develop("mutants", "--agent", "user", "--ledger", book)
    assert done.code == 5
    assert f"no reason is given for: {name}\n" in done.out
    assert f"  {name}  survives, told in: worker, start\n" in done.out
    other = develop("mutants", "--agent", "rdfe", "--ledger", book)
    assert (other.code, "no reason is given" in other.out) == (0, False)


def test_a_ledger_behind_a_link_is_written_where_the_link_leads(tmp_path: Path) -> None:
    # So it is in an editable install: what a run found must be in the tree, where git sees it.
    (tmp_path / "tree").mkdir()
    book, link = tmp_path / "tree" / "kills.json", tmp_path / "kills.json"
    known = ledger.read()
    book.write_text(ledger.written(known), encoding="utf-8")
    link.symlink_to(book)
    before = book.stat().st_ino
    assert develop("mutants", "--agent", "user", "--ledger", link).code == 0
    assert link.is_symlink()
    assert book.stat().st_ino != before
    assert ledger.read(book) == known
    assert [file.name for file in book.parent.iterdir()] == ["kills.json"]


def test_usage() -> None:
    done = develop("mutants", "--agent", "usr")
    assert (done.code, done.out) == (2, "")
    assert "no agent 'usr' (did you mean 'user'?)" in done.err
    done = develop("mutants", "--jobs", "0")
    assert (done.code, done.out) == (2, "")
    assert "allowed: 1 to 256" in done.err


def test_it_is_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "goalstate.development", "mutants", "--agent", "nobody"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no agent 'nobody'")
