"""Accepted violations: they do not fail a run, they are shown, and they are told when they are gone."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from goalstate.properties.property import NoDeadlock, Property
from goalstate.reading.acceptance import Accepted, added, read_accepted
from goalstate.terminal.errors import UserError
from tests.app.calls import DEFINITION, QUICK, ROOT, TWO_PHASE_COMMIT, WATCHDOG, Done, call, quay

SCHEMA = json.loads((ROOT / "app" / "schemas" / "verify.schema.json").read_text(encoding="utf-8"))
SENTENCE = "Crane_IN_0: startup task 0 (grease.cmd) can't block the role for ever"
ENTRY = f'[[accepted]]\nproperty = "{SENTENCE}"\nlocation = "Quay.csdef:99"\nreason = "it is watched"\n'
TWO_TASKS = DEFINITION.replace("</Startup>", '<Task commandLine="oil.cmd" /></Startup>')
GOLD = "a server that boots can come up"


def accepting(folder: Path, *entries: str, definition: str = DEFINITION) -> Path:
    """The service of one task, with accepted violations beside it."""
    quay(folder, definition).joinpath("goalstate.toml").write_text("\n".join(entries), encoding="utf-8")
    return folder


def blocked(folder: Path, *options: str | Path) -> Done:
    return call("verify", folder, *QUICK, "--property", "can't block", *options)


class TestCovering:
    """Which property an entry speaks of."""

    @pytest.mark.parametrize(
        ("pattern", "location", "covers"),
        [
            ("task 0 (a[1].cmd) ends", "", True),
            ("task * (a[1].cmd) ends", "", True),
            ("*ends", "Quay.csdef:4", True),
            ("*ends", "Quay.csdef:400", True),
            ("*ends", "elsewhere/Quay.csdef:4", True),
            ("*ends", r"C:\elsewhere\Quay.csdef:4", True),
            ("*ends", "Quay.csdef", True),
            ("*ends", "Mole.csdef:4", False),
            ("task 0 (a[1].cmd)", "", False),
            ("task ? (a[1].cmd) ends", "", False),
            ("TASK 0 (a[1].cmd) ends", "", False),
        ],
    )
    def test_sentence_and_file_decide(self, pattern: str, location: str, covers: bool) -> None:
        prop = Property("task 0 (a[1].cmd) ends", NoDeadlock(), location="there/Quay.csdef:4")
        assert Accepted(pattern, location, "so be it", "").covers(prop) is covers

    def test_what_is_written_covers_what_it_was_written_for(self, tmp_path: Path) -> None:
        file = tmp_path / "goalstate.toml"
        odd = 'a "task" * \\ (x\ny\t\x00\x7f\u202e\U000e0001\udcff é) ends'
        prop = Property(odd, NoDeadlock(), location="a b/Quay.csdef:4")
        file.write_text(added(file, [prop]), encoding="utf-8")
        (entry,) = read_accepted(file, unsaid=True).entries
        assert entry.covers(prop)
        assert (entry.location, entry.reason, entry.place) == ("Quay.csdef:4", "to be written", f"{file}:4")
        assert not entry.covers(Property("another", NoDeadlock(), location="Quay.csdef:4"))


class TestRuns:
    """What a run makes of them."""

    def test_an_accepted_violation_does_not_fail_and_is_shown_with_its_reason(self, tmp_path: Path) -> None:
        folder = accepting(tmp_path, ENTRY)
        done = blocked(folder, "--output-format", "full")
        assert (done.code, done.err) == (0, "")
        assert "Quay: holds, but for 1 accepted violation\n" in done.out
        assert (
            f"ACCEPTED 1 violation; -v tells their stories\n  {SENTENCE}\n    {folder / 'Quay.csdef'}:4 · " in done.out
        )
        assert f"    accepted: it is watched  {folder / 'goalstate.toml'}:1\n" in done.out
        assert "holds: 0 violated, 1 accepted, 0 unknown, 0 hold; " in done.out
        assert "FAULT task_hang" not in done.out
        assert "FAULT task_hang" in blocked(folder, "-v").out

    def test_another_violation_fails_as_ever(self, tmp_path: Path) -> None:
        done = blocked(accepting(tmp_path, ENTRY, definition=TWO_TASKS))
        assert done.code == 1
        assert "oil.cmd may keep Crane Busy for ever [GS101] (the task never ends)\n" in done.out
        assert "violated: 1 violated, 1 accepted, 0 unknown, 0 hold; " in done.out

    def test_none_and_another_file_can_be_chosen(self, tmp_path: Path) -> None:
        folder = accepting(tmp_path / "quay", ENTRY)
        other = tmp_path / "other.toml"
        other.write_text("", encoding="utf-8")
        assert blocked(folder, "--accept", "none").code == 1
        assert blocked(folder, "--accept", other).code == 1
        other.write_text(ENTRY, encoding="utf-8")
        (folder / "goalstate.toml").unlink()
        assert blocked(folder).code == 1
        assert blocked(folder, "--accept", other).code == 0

    def test_what_is_unknown_is_not_accepted(self, tmp_path: Path) -> None:
        done = blocked(accepting(tmp_path, ENTRY), "--max-states", "20")
        assert done.code == 3
        assert "UNKNOWN 1 property" in done.out
        assert "STALE" not in done.out

    def test_one_whose_property_holds_is_stale(self, tmp_path: Path) -> None:
        folder = accepting(tmp_path, ENTRY)
        done = call("verify", folder, "--faults", "none", "--requests", "1", "--property", "can't block")
        assert done.code == 0
        told = f"{folder / 'goalstate.toml'}:1: {SENTENCE}: it holds in these bounds\n"
        assert f"\nstale: {told}" in done.out
        full = call(
            "verify", folder, "--faults", "none", "--requests", "1", "--property", "can't block", "--format", "full"
        )
        assert f"STALE 1 accepted violation no longer found; delete what is not needed\n  {told}" in full.out
        assert ", 1 accepted no longer violated; " in done.out

    def test_one_whose_property_is_there_no_more_is_stale_only_if_all_were_asked_for(self, tmp_path: Path) -> None:
        folder = accepting(tmp_path, ENTRY, ENTRY.replace("grease", "oil"))
        assert "STALE" not in blocked(folder).out
        done = call("verify", folder, *QUICK)
        assert done.code == 0
        assert f"goalstate.toml:6: {SENTENCE.replace('grease', 'oil')}: there is no such property\n" in done.out

    def test_a_network_in_a_file_takes_a_file_of_them(self, tmp_path: Path) -> None:
        file = tmp_path / "accepted.toml"
        file.write_text(f'[[accepted]]\nproperty = "{GOLD}"\nreason = "known"\n', encoding="utf-8")
        assert call("verify", f"{WATCHDOG}:hasty", "--accept", file).code == 0


class TestFormats:
    """The other formats say so too."""

    def test_json(self, tmp_path: Path) -> None:
        folder = accepting(tmp_path, ENTRY, ENTRY.replace("grease", "oil"))
        done = call("verify", folder, *QUICK, "--format", "json")
        found = json.loads(done.out)
        Draft202012Validator(SCHEMA).validate(found)
        assert (done.code, found["outcome"]) == (0, "holds")
        (violated,) = [p for p in found["properties"] if p["outcome"] == "violated"]
        assert violated["accepted"] == "it is watched"
        assert violated["path"]
        assert all(p["accepted"] is None for p in found["properties"] if p["outcome"] == "holds")
        assert [(a["location"], a["stale"]) for a in found["accepted"]] == [
            ("Quay.csdef:99", None),
            ("Quay.csdef:99", "there is no such property"),
        ]

    def test_junit(self, tmp_path: Path) -> None:
        done = call("verify", accepting(tmp_path, ENTRY, ENTRY.replace("grease", "oil")), *QUICK, "--format", "junit")
        suites = ElementTree.fromstring(done.out)
        assert (done.code, suites.get("failures"), suites.get("skipped")) == (0, "0", "1")
        (skipped,) = suites.findall("testsuite/testcase/skipped")
        assert skipped.get("message") == "accepted: it is watched"
        (gone,) = suites.findall("testsuite/properties/property[@name='stale accepted violation']")
        assert (gone.get("value") or "").endswith(": there is no such property; delete the entry")

    def test_sarif(self, tmp_path: Path) -> None:
        done = call("verify", accepting(tmp_path, ENTRY, ENTRY.replace("grease", "oil")), *QUICK, "--format", "sarif")
        (run,) = json.loads(done.out)["runs"]
        (result,) = [r for r in run["results"] if r["kind"] == "fail"]
        assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "it is watched"}]
        (invocation,) = run["invocations"]
        (told,) = invocation["toolExecutionNotifications"]
        assert "there is no such property" in told["message"]["text"]
        assert (done.code, invocation["executionSuccessful"], run["properties"]["outcome"]) == (0, True, "holds")


class TestWriting:
    """--write-accepted."""

    def test_what_is_violated_is_added_and_accepted_at_once(self, tmp_path: Path) -> None:
        folder = quay(tmp_path, TWO_TASKS)
        file = folder / "goalstate.toml"
        file.write_text(f"# mine\n{ENTRY}", encoding="utf-8")
        done = blocked(folder, "--write-accepted", file, "--format", "json")
        assert (done.code, json.loads(done.out)["outcome"]) == (0, "holds")
        assert done.err == f"1 violation added to {file}; write the reasons into it\n"
        text = file.read_text(encoding="utf-8")
        assert text.startswith(f"# mine\n{ENTRY}\n[[accepted]]\n")
        found = read_accepted(file, unsaid=True)
        assert [entry.reason for entry in found.entries] == ["it is watched", "to be written"]
        unsaid = blocked(folder)
        assert unsaid.code == 2
        assert unsaid.err == (
            f"{found.entries[1].place}: the reason is 'to be written'; allowed: why this is lived with; write it, or "
            "delete the entry\n"
        )
        again = blocked(folder, "--write-accepted", file)
        assert again.err == f"0 violations added to {file}\n"
        assert file.read_text(encoding="utf-8") == text

    def test_what_is_unknown_is_not_added(self, tmp_path: Path) -> None:
        folder = quay(tmp_path)
        assert blocked(folder, "--max-states", "20", "--write-accepted", folder / "new.toml").code == 3
        assert not (folder / "new.toml").exists()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--accept", "none", "--write-accepted", "a.toml"), "--accept and --write-accepted: allowed: one of them"),
            (("--write-accepted", ""), "--write-accepted: the name of the file is empty"),
            (("--write-accepted", "no/where.toml"), "no/where.toml: can't be written, there is no folder no"),
            (("--write-accepted", "Quay.csdef"), "Quay.csdef: is what is to be verified"),
            (("--write-accepted", "wrong.toml"), "wrong.toml:1: no TOML"),
            (("--accept", ""), "--accept: the name of the file is empty; allowed: a TOML file, or none"),
            (("--accept", "nowhere.toml"), "nowhere.toml:1: can't be read (No such file or directory); allowed: "),
            (("--accept", "."), ".:1: not a regular file; allowed: "),
        ],
        ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
    )
    def test_what_makes_no_sense_is_refused(
        self, options: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quay(tmp_path).joinpath("wrong.toml").write_text("= 1", encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        done = blocked(Path("."), *options)
        assert (done.code, done.out) == (2, "")
        assert message in done.err

    def test_a_limit_of_another_network_stays_one(self, tmp_path: Path) -> None:
        done = call(
            "verify", f"{TWO_PHASE_COMMIT}:five", "--max-states", "100", "--write-accepted", tmp_path / "a.toml"
        )
        assert done.code == 3


MISTAKES = {
    "no TOML": ("a = 1\n\n[[accepted]\n", ":3: no TOML ("),
    "an end too soon": ('[[accepted]]\nproperty = "', ":2: no TOML ("),
    "another key": ("[[acepted]]\n", ":1: unknown key 'acepted' (did you mean 'accepted'?); allowed: [[accepted]]"),
    "no entries": ("accepted = 3\n", ":1: 'accepted' is no list of entries; allowed: entries; begin each with"),
    "numbers": ("accepted = [1]\n", ":1: 'accepted' is no list of entries"),
    "another field": (f'\n{ENTRY}why = "x"\n', ":2: unknown key 'why'; allowed: property, location, reason;"),
    "no reason": ('\n\n[[accepted]]\nproperty = "x"\n', ":3: no reason; allowed: "),
    "no property": (f'{ENTRY}\n[[accepted]]\nreason = "x"\n', ":6: no property; allowed: "),
    "an empty reason": ('[[accepted]]\nproperty = "x"\nreason = " "\n', ":1: reason can't be ' '; allowed: text"),
    "a list of properties": ('[[accepted]]\nproperty = ["x"]\nreason = "y"\n', ":1: property can't be ['x']"),
    "nested without end": ("a = " + "[" * 100_000, ":1: no TOML ("),
    "too much": ("#" * 2**21, ":1: more than 1048576 bytes"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_list_with_mistakes_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    text, message = MISTAKES[name]
    done = blocked(accepting(tmp_path, text))
    assert (done.code, done.out) == (2, "")
    assert f"goalstate.toml{message}" in done.err


@pytest.mark.parametrize("data", ["\ufeff" + ENTRY, ENTRY.replace("\n", "\r\n")])
def test_marks_and_line_ends_of_windows_are_read(data: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(data.encode())
    assert len(read_accepted(tmp_path / "a.toml").entries) == 1


def test_other_encodings_are_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"# one\n# \xff\n")
    with pytest.raises(UserError, match=r"a\.toml:2: no UTF-8; allowed: UTF-8"):
        read_accepted(tmp_path / "a.toml")
