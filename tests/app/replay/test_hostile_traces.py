"""Traces are input: whatever is in the file, the answer is a message with its place, and exit code 2."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goalstate.formats.trace import MOST_BYTES, MOST_EVENTS, Source, as_text, line_of_event, read_trace
from tests.app.calls import QUICK, WATCHDOG, call, quay

MESSAGE = re.compile(r"^[^\n]+:\d+: [^\n]+; [^\n]+\n$")


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A good trace of a network."""
    file = tmp_path / "trace.json"
    assert call("verify", f"{WATCHDOG}:hasty", "--save-trace", file).code == 1
    return file


def changed(file: Path, change: Callable[[Any], None]) -> None:
    """Change a trace in its file."""
    found = json.loads(file.read_text(encoding="utf-8"))
    change(found)
    file.write_text(json.dumps(found, indent=1), encoding="utf-8")


def refused(file: Path) -> str:
    """What is said of a trace that is refused."""
    done = call("replay", file)
    assert (done.code, done.out) == (2, "")
    assert MESSAGE.match(done.err), done.err
    assert done.err.startswith(f"{file}:")
    assert done.seconds < 20
    return done.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no JSON"),
        (b"\x00\x01\x02", "no JSON"),
        (b"null", "a trace is nothing"),
        (b"[]", "a trace is a list"),
        (b'"text"', "a trace is text"),
        (b"42", "a trace is a number"),
        (b"{}", "format of a trace is missing"),
        (b'{"format": "goalstate trace"}', "version of a trace is missing"),
        (b'{"format": "goalstate trace", "version": 2}', "version of a trace is 2"),
        (b'{"format": "goalstate trace", "version": true}', "version of a trace is true or false"),
        (b'{"format": ["goalstate trace"]}', "format of a trace is a list"),
        (b'{\n\n "a": }', ":3: no JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"version": ' + b"9" * 10_000 + b"}", ""),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": Infinity}', "Infinity is no number"),
        (b"{}\n{}", ":2: no JSON"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b'{"a":\n"\xe9"}', ":2: not UTF-8"),
        (b"\xef\xbb\xbf{}", "format of a trace is missing"),
        (b'{"a": "' + b"x" * MOST_BYTES + b'"}', "longer than 16,777,216 bytes"),
        (b"<trace/>", "no JSON"),
    ],
)
def test_what_is_no_trace(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_bytes(content)
    assert says in refused(file)


FIELDS: dict[tuple[str, ...], tuple[object, ...]] = {
    ("name",): (None, 1, []),
    ("goalstate",): (None, 7),
    ("loop",): ("1", -1, 5, 10**30, 1.5, True, []),
    ("events",): (None, "hang", [1], [None], {"hang": 1}, ["x"] * (MOST_EVENTS + 1)),
    ("property",): (None, [], "x"),
    ("property", "name"): (None, 1),
    ("property", "claim"): (None, 1),
    ("property", "reason"): (None, ["x"]),
    ("property", "location"): (1, []),
    ("definition",): (None, []),
    ("definition", "paths"): (None, "x", [1]),
    ("definition", "sources"): (None, "x", [1], [{}], [{"file": "", "sha256": ""}], [{"file": "a\0b", "sha256": "x"}]),
    ("search",): (None, 1),
    ("search", "label"): (None, 1),
    ("search", "instances"): (None, "Web=1", [1]),
    ("search", "faults"): (1, []),
    ("search", "requests"): ("1", -1, 256, True),
    ("search", "tick"): ("1", 0, 6),
    ("search", "options"): (None, {}),
    ("search", "whole"): (None, 1, "yes"),
    ("network",): (None, []),
    ("network", "sha256"): (None, "x", "Z" * 64, 5),
    ("network", "bounds"): (None, [], {"faults": 1}),
    ("network", "options"): (None, {"reboot": None}),
}


@pytest.mark.parametrize("field", FIELDS, ids=".".join)
def test_fields_of_a_wrong_kind(field: tuple[str, ...], trace: Path) -> None:
    good = trace.read_text(encoding="utf-8")
    for value in FIELDS[field]:
        trace.write_text(good, encoding="utf-8")

        def change(found: Any, value: object = value) -> None:
            for name in field[:-1]:
                found = found[name]
            found[field[-1]] = value

        changed(trace, change)
        assert f"{field[-1]} of " in refused(trace) or field[-1] in ("sources", "bounds", "options")

    def without(found: Any) -> None:
        for name in field[:-1]:
            found = found[name]
        del found[field[-1]]

    trace.write_text(good, encoding="utf-8")
    changed(trace, without)
    assert "is missing" in refused(trace)


def test_further_fields_are_for_later_versions_and_do_no_harm(trace: Path) -> None:
    changed(trace, lambda found: found.update(comment="so be it"))
    assert call("replay", trace).code == 0


def test_events_that_do_not_exist(trace: Path) -> None:
    changed(trace, lambda found: found["events"].__setitem__(2, "tikc"))
    done = call("replay", trace)
    assert done.code == 2
    line = trace.read_text(encoding="utf-8").splitlines().index('  "tikc",') + 1
    assert done.err == (
        f"{trace}:{line}: step 3 of 5: unknown event 'tikc' (did you mean 'tick'?); could happen instead: tick\n"
    )


def test_json_stays_json_where_a_run_is_refused(trace: Path) -> None:
    changed(trace, lambda found: found["events"].__setitem__(2, "tikc"))
    done = call("replay", trace, "--format", "json")
    found = json.loads(done.out)
    assert (done.code, found["violated"], len(found["steps"])) == (2, False, 2)
    assert found["refused"] == {"step": 3, "reason": "unknown event 'tikc' (did you mean 'tick'?)", "instead": ["tick"]}


@pytest.mark.parametrize("name", ["\x1b[2J", "\u202e", "x" * 50_000, "\n\n", "", "../../x"])
def test_names_of_events_control_nothing(name: str, trace: Path) -> None:
    changed(trace, lambda found: found["events"].__setitem__(0, name))
    done = call("replay", trace)
    assert done.code == 2
    assert "\x1b" not in done.err + done.out
    assert "\u202e" not in done.err + done.out


def test_a_loop_that_does_not_close(trace: Path) -> None:
    changed(trace, lambda found: found.update(loop=1))
    done = call("replay", trace)
    assert done.code == 2
    assert "the loop from step 2 does not return to where it began" in done.err


def test_events_in_one_line_have_no_line_of_their_own(trace: Path) -> None:
    found = json.loads(trace.read_text(encoding="utf-8"))
    found["events"][4] = "hang"
    trace.write_text(json.dumps(found), encoding="utf-8")
    assert call("replay", trace).err.startswith(
        f"{trace}:1: step 5 of 5: 'hang' can't happen: server holds it back in hung"
    )
    assert line_of_event('"events": [', 0) == 1


def test_a_run_without_events(trace: Path) -> None:
    changed(trace, lambda found: found.update(events=[]))
    done = call("replay", trace)
    assert (done.code, "no longer violated" in done.out) == (1, True)
    assert call("replay", trace, "--backwards").code == 1
    assert call("replay", trace, "--lanes").code == 1


def test_embedded_files_stay_in_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quay(tmp_path / "quay")
    monkeypatch.chdir(tmp_path)
    assert call("verify", "quay", *QUICK, "--property", "can't block", "--save-trace", "trace.json").code == 1
    good = Path("trace.json").read_text(encoding="utf-8")
    for name in ("../../../evil.csdef", "/tmp/goalstate-evil/evil.csdef", "..\\evil.csdef", "gone/.."):
        Path("trace.json").write_text(good, encoding="utf-8")

        def rename(found: Any, name: str = name) -> None:
            found["definition"]["sources"][0].update(file=name)

        changed(Path("trace.json"), rename)
        before = set(tmp_path.rglob("*"))
        done = call("replay", "trace.json")
        assert done.code in (0, 2)
        assert set(tmp_path.rglob("*")) == before
        assert not os.path.lexists("/tmp/goalstate-evil")


def test_embedded_files_are_read_as_carefully_as_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quay(tmp_path / "quay")
    monkeypatch.chdir(tmp_path)
    assert call("verify", "quay", *QUICK, "--property", "can't block", "--save-trace", "trace.json").code == 1
    bomb = '<!DOCTYPE a [<!ENTITY b "x">]><ServiceDefinition name="&b;"/>'

    def change(found: Any) -> None:
        found["definition"]["sources"][0].update(file="gone/Quay.csdef", text=bomb)

    changed(Path("trace.json"), change)
    done = call("replay", "trace.json")
    assert (done.code, done.out) == (2, "")
    assert "Quay.csdef:1: " in done.err


def test_two_files_of_one_name_are_no_accident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quay(tmp_path / "quay")
    monkeypatch.chdir(tmp_path)
    assert call("verify", "quay", *QUICK, "--property", "can't block", "--save-trace", "trace.json").code == 1

    def change(found: Any) -> None:
        sources = found["definition"]["sources"]
        sources[0]["file"] = "gone/a.csdef"
        sources.append({**sources[0], "file": "gone/too/a.csdef"})

    changed(Path("trace.json"), change)
    done = call("replay", "trace.json")
    assert (done.code, done.out) == (2, "")
    assert MESSAGE.match(done.err), done.err


def test_half_characters_in_a_file_are_no_accident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quay(tmp_path / "quay")
    monkeypatch.chdir(tmp_path)
    assert call("verify", "quay", *QUICK, "--property", "can't block", "--save-trace", "trace.json").code == 1

    def change(found: Any) -> None:
        found["definition"]["sources"][0].update(file="gone/a.csdef", text="\ud800")

    changed(Path("trace.json"), change)
    assert "no text of Unicode" in refused(Path("trace.json"))


@pytest.mark.parametrize("path", ["/", "nowhere.json", ".", "\0", "", "a" * 5000])
def test_files_that_can_not_be_read(path: str) -> None:
    done = call("replay", path)
    assert (done.code, done.out) == (2, "")
    assert "allowed: " in done.err


def test_what_is_written_is_read_again(trace: Path) -> None:
    found, text = read_trace(trace)
    assert as_text(found) == text
    assert Source("a", "b") != found.sources[0]


def test_a_trace_over_the_trace_is_refused(trace: Path) -> None:
    before = trace.read_bytes()
    for option in ("-o", "--picture"):
        done = call("replay", trace, option, trace)
        assert done.code == 2
    assert trace.read_bytes() == before
