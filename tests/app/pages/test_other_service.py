"""Every command of README and docs runs on a service other than the bundled one: the portal of examples/.

What a command answers there is not what its page shows, so these tests assert what holds of any service:
an exit code that the command may have, no traceback, a name of the service at the head of a report, an outcome that
agrees with the exit code, formats that their readers take, and files that are there and not empty.

Names of the page's service are replaced by those of the portal, and words such as NAME by an example.  A command that
looks at all instances together takes one of each role, and long searches get a limit.  Commands on networks in files
are about no service: the tests of their own pages run them, and one here sees that there is such a page.
"""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from goalstate.commands import verify as verifying
from tests.app.calls import ROOT, Done, call
from tests.app.formats.test_schemas import SCHEMAS

from .test_counterexamples_page import PAGE as COUNTEREXAMPLES
from .test_docs import commands as followed

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
ON_CONSOLE = re.compile(r"^(?:\$ | {4})goalstate (?P<words>[a-z].*?)(?:  .*)?$")
IN_CODE = re.compile(r"^\s*(?:- (?:run|script): |\.venv/bin/)?goalstate (?P<words>[a-z].*?)(?:  .*|\s+#.*)?$")
IN_PROSE = re.compile(r"`goalstate (?P<words>[a-z-][^`]*)`")

NETWORK = re.compile(r"\.py:|\bboth\.json|\bunjust\.json")
"""What tells that a command is about a network in a file, or about a run of one."""

FEW = ("--instances", "Front=1", "--instances", "Jobs=1")
SOON = {
    "--whole": ("--max-seconds", "5"),
    "--faults": ("--max-seconds", "5"),
    "--minimal": ("--faults", "guest_hang=1", "--requests", "1", "--property", "is silent", "--max-seconds", "5"),
    "--counterexamples": ("--property", "UnlockConfig"),
    "--assume": ("--no-liveness", "--requests", "1"),
}
"""What keeps a command short that looks further than others, by the option that makes it do so."""

ADDED = {
    "simulate": FEW,
    "draw": FEW,
    "export": (*FEW, "--faults", "none", "--requests", "1", "--max-states", "2000"),
    "mutants": ("--sample", "1", "--max-states", "20000"),
    "availability": ("--max-states", "200000"),
    "diff": ("--no-liveness", "--faults", "task_hang=1", "--requests", "1"),
    "times": ("--fault", "task_hang", "--tick", "5"),
}
"""What keeps a command short that looks at all instances together, or at every kind of fault."""

WORDS = {
    **dict.fromkeys(("examples/orchard", "MyService/", "service", "before", "Before/", "OLD"), "portal"),
    **dict.fromkeys(("[PATHS]", "PATH]", "TRACE [PATHS]"), "portal"),
    **dict.fromkeys(("after", "After/", "NEW", "[NEW]"), "changed"),
    "services/": "services",
    "jetty": "own",
    "a.csdef": "portal/ServiceDefinition.csdef",
    "b.cscfg": "portal/ServiceConfiguration.cscfg",
    "[--deployment": "--deployment",
    "TRACE": "trace.json",
    "NAME": "pump",
    "CODE": "GS101",
    "WORDS": "Busy",
    "[ID]...": "R-9",
    "[TOPIC]": "verify",
    "NAME=VALUE": "failing_simple_task=blocked",
    "DIR": "pictures",
    "FILE": "written.txt",
    "install-fonts": "UnlockConfig",
    "Shop=1": "Front=1",
}
"""Words of the pages, and what stands for them here."""

NAMES = {
    "Crane/grease.cmd": "Front/UnlockConfig.cmd",
    "Till/prepare.cmd": "Front/UnlockConfig.cmd",
    "Crane/": "Front/",
    "Web/": "Front/",
    "Shop_IN_0": "Front_IN_0",
    "task_2": "task_7",
    "jetty/": "own/",
}
"""Parts of words, and what stands for them here."""

CODES = {"verify": {0, 1, 3, 4}, "diff": {0, 1}, "explain": {0, 3}, "availability": {0, 3}, "mutants": {0, 3}}
"""The exit codes that a command may have on a service that has mistakes; 0 of the others."""

GRAPHS = {"aut", "graphml"}
"""Exports of state spaces: that of the portal, of a million states, is refused with the limit that is added here."""

ABOUT_A_SERVICE = {"verify", "simulate", "draw", "export", "times", "availability", "mutants"}

NEED_MORE = {"diff", "draw", "explain", "replay", "export"}
"""Commands that a page names without the words that they need."""


@dataclass(frozen=True)
class Typed:
    """A command of the pages, and the words that are typed here."""

    shown: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The command."""
        return self.words[0]


def shown() -> dict[str, Path]:
    """Every command of the pages, with the first page that has it."""
    found: dict[str, Path] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        prose = FENCE.sub("", text)
        typed = [m["words"] for m in IN_PROSE.finditer(prose)]
        blocks = [(m["language"], m["text"]) for m in FENCE.finditer(text)]
        for language, block in [*blocks, ("", "\n".join(re.findall(r"^    \S.*$", prose, re.MULTILINE)))]:
            form = ON_CONSOLE if language == "console" else IN_CODE
            typed += [m["words"].strip() for line in block.splitlines() if (m := form.match(line))]
        for words in typed:
            found.setdefault(words, page)
    return found


def typed() -> Iterator[Typed]:
    """The commands that are about services, as they are typed here; one for each of the alternatives of a page."""
    seen = set()
    for words in shown():
        if NETWORK.search(words):
            continue
        parts = [_alternatives(part) for part in shlex.split(words.replace("\\|", "|"))]
        for chosen in product(*parts):
            here = _here(list(chosen))
            if here not in seen:
                seen.add(here)
                yield Typed(words, here)


def _alternatives(part: str) -> list[str]:
    return part.split("|") if re.fullmatch(r"\w+(\|\w+)+", part) else [part]


def _here(words: list[str]) -> tuple[str, ...]:
    name = words[0]
    if words == [name] and name in NEED_MORE:
        return (name, "--help")
    found = [WORDS.get(word, word) for word in words]
    for old, new in NAMES.items():
        found = [word.replace(old, new) for word in found]
    if name in ABOUT_A_SERVICE and not any(word.partition("/")[0] in ("portal", "services", "own") for word in found):
        found.append("portal")
    if name == "verify":
        found += [word for option in SOON if option in found for word in SOON[option]]
    if name == "explain" and "--deployment" in found:
        found += ["--max-states", "100000"]
    if name == "diff" and "changed" not in found and "--new" not in found:
        found.append("changed")
    added = ADDED.get(name, ())
    if "Front=1" in found:
        added = added[2:]
    if "tla" in found:
        found = ["written.tla" if word == "written.txt" else word for word in found]
    return (*found, *added)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("other")
    for name in ("portal", "services/portal"):
        shutil.copytree(ROOT / "examples" / "portal", folder / name)
    shutil.copytree(ROOT / "examples" / "portal", folder / "changed")
    definition = folder / "changed" / "ServiceDefinition.csdef"
    text = definition.read_text(encoding="utf-8")
    changed = text.replace('limited" taskType="simple"', 'limited" taskType="background"')
    assert changed != text
    definition.write_text(changed, encoding="utf-8")
    # What is searched depends on the settings alone: reports in several formats need one search.
    with pytest.MonkeyPatch.context() as patch:
        known: dict[Any, Any] = {}
        judged = verifying.judged

        def judged_once(subject: Any, settings: Any, tell: Any = None, runs: Any = None, **more: Any) -> Any:
            key = (subject, settings, *more.items())
            if key not in known:
                known[key] = judged(subject, settings, tell, runs, **more)
            return known[key]

        patch.setattr(verifying, "judged", judged_once)
        patch.chdir(folder)
        asked = ("verify", "portal", "--property", "UnlockConfig", "--save-trace", "trace.json")
        assert call(*asked).code == 1
        yield folder


@pytest.mark.parametrize("command", list(typed()), ids=lambda command: command.shown[:60])
def test_a_command_of_the_pages_runs_on_the_portal(
    command: Typed, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for entry in here.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    shutil.copytree(here / "portal", tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    done = call(*command.words)
    if command.name == "export" and command.words[1] in GRAPHS:
        assert (done.code, done.out) == (2, "")
        assert "the state space is not complete" in done.err
        return
    expected = {0} if "--help" in command.words or "--list" in command.words else CODES.get(command.name, {0})
    assert done.code in expected, done.err
    assert "Traceback" not in done.out + done.err
    assert done.out.strip()
    if "--help" in command.words:
        assert done.out.startswith(f"Usage: goalstate {command.name}")
    elif command.name == "verify":
        _is_a_report(command, done, tmp_path)
    elif command.name in ABOUT_A_SERVICE - {"draw", "export"}:
        assert re.search("Portal|Front|Jobs", done.out)
    for option in ("-o", "--output", "--picture", "--write-test", "--save-trace", "--write-accepted"):
        if option in command.words:
            written = tmp_path / command.words[command.words.index(option) + 1]
            assert any(written.iterdir()) if written.is_dir() else written.read_text(encoding="utf-8").strip()


OUTCOMES = {0: {"holds"}, 1: {"violated"}, 3: {"unknown"}, 4: {"vacuous"}}


def _is_a_report(command: Typed, done: Done, folder: Path) -> None:
    """The report has the name of the service, and its outcome is that of the exit code."""
    words = command.words
    format = words[words.index("--output-format") + 1] if "--output-format" in words else "text"
    place = next((words[words.index(o) + 1] for o in ("-o", "--output") if o in words), None)
    content = (folder / place).read_text(encoding="utf-8") if place else done.out
    match format:
        case "json":
            from jsonschema import validate

            found = json.loads(content)
            validate(found, SCHEMAS["verify"])
            assert (found["name"], found["outcome"] in OUTCOMES[done.code]) == ("Portal", True)
        case "sarif":
            (run,) = json.loads(content)["runs"]
            assert bool(run["results"]) is (done.code in (1, 4))
        case "junit":
            suites = ElementTree.fromstring(content)
            assert (int(suites.get("failures", "0")) > 0) is (done.code == 1)
        case _:
            heads = re.findall(r"^Portal: (\w+)", content, re.MULTILINE)
            assert heads
            assert set(heads) <= OUTCOMES[done.code]


def test_commands_on_networks_run_on_their_own_pages() -> None:
    own = (ROOT / "docs" / "tutorials" / "own-systems.md").read_text(encoding="utf-8")
    run = [command.removeprefix("goalstate ") for command, _ in followed()]
    left = [
        words
        for words in shown()
        if NETWORK.search(words) and words not in run and words not in own and words not in COUNTEREXAMPLES
    ]
    assert {words.split()[1].partition(":")[0] for words in left} <= {"promela", "net.py"}, left


def test_no_command_is_overlooked() -> None:
    named = {command.name for command in typed()}
    everything = set(re.findall(r"^  (\w+) {2,}\S", call("--help").out, re.MULTILINE))
    assert everything <= named | {"help"}, everything - named
    assert len(list(typed())) > 60
