"""The pages on the command line and the tutorial say what the program does."""

import re
import shlex
from pathlib import Path

import pytest

from goalstate.formats.document import document
from tests.app.calls import DEFINITION, ROOT, WATCHDOG, call, quay, report_on

TUTORIAL, COMMANDS = "tutorials/small-network.md", "reference/command-line.md"
PAGES = [TUTORIAL, COMMANDS]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in blocks(page, "console"):
            command, _, expected = block.removeprefix("$ ").partition("\n")
            found.append((command, expected))
    return found


def timeless(text: str) -> str:
    """The text without durations, and without the spaces that make room for them."""
    return re.sub(r" +", " ", re.sub(r"\d+\.\d s\b", "0.0 s", text))


@pytest.mark.parametrize(("command", "expected"), commands(), ids=lambda text: text.split("\n")[0][:70])
def test_commands_answer_as_the_page_says(command: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    program, *arguments = shlex.split(command)
    assert program == "goalstate"
    done = call(*arguments)
    assert timeless(done.out + done.err) == timeless(expected)


def questions() -> list[str]:
    page = (ROOT / "docs" / "guides" / "read-a-counterexample.md").read_text(encoding="utf-8")
    table = page[page.index("## From a symptom") : page.index("## In Python")]
    return re.findall(r"`goalstate (.*?)`", table)


@pytest.mark.parametrize("question", questions())
def test_a_question_about_a_symptom_is_understood(question: str, tmp_path: Path) -> None:
    endpoint = '<Endpoints><InputEndpoint name="In" protocol="tcp" port="80" /></Endpoints>'
    folder = quay(tmp_path, DEFINITION.replace("</Startup>", f"</Startup>\n    {endpoint}"))
    command, *options = shlex.split(question)
    done = call(command, folder, *options)
    assert done.code == (1 if command == "verify" else 0), done.err
    assert "a mistake in the model" not in done.out
    if "--assume" in options:
        assert re.search(r"never heals by itself", done.out)
    elif question != WITHOUT_A_FAULT:
        assert "FAULT " in done.out


WITHOUT_A_FAULT = 'simulate --guide "*/role_ready"'
"""The question about what is in order."""


@pytest.mark.parametrize(
    ("what", "last"),
    [
        ("grease.cmd fails", "grease.cmd: the task ends with an exit code other than 0"),
        ("OnStart throws", "worker_host: OnStart throws: the process dies"),
    ],
)
def test_a_question_about_two_instances_gets_its_own_story_first(what: str, last: str, tmp_path: Path) -> None:
    done = call("verify", quay(tmp_path), "--instances", "Crane=2", "--assume", f"Crane/{what}", "--format", "full")
    assert done.code == 1
    assert "a crash loop: it is started again and again, for ever, and is never Ready" in done.out
    first = done.out[done.out.index("does not become Ready and stay so") :].split("\n\n")[0]
    assert done.out.index(first) < done.out.index("can never become Ready")
    assert last in first[first.index("from here on it repeats for ever:") :]
    assert "FAULT" not in first


def test_an_on_stop_that_hangs_is_killed_on_one_of_two_instances(tmp_path: Path) -> None:
    [question] = [q for q in questions() if "kill_host" in q]
    command, *options = shlex.split(question)
    done = call(command, quay(tmp_path), "--instances", "Crane=2", *options)
    assert done.code == 0, done.err
    assert "min 5    Crane_IN_0/host_bootstrapper: OnStop has had its five minutes: the process is killed" in done.out


def test_the_pieces_of_the_tutorial_are_those_of_the_example() -> None:
    example = Path(WATCHDOG).read_text(encoding="utf-8")
    pieces = blocks(TUTORIAL, "python")
    assert len(pieces) == 6
    for piece in pieces:
        assert piece in example


@pytest.mark.parametrize(
    "command", ["verify", "simulate", "replay", "explain", "draw", "times", "availability", "mutants", "requirements"]
)
def test_every_option_is_described(command: str) -> None:
    page = (ROOT / "docs" / COMMANDS).read_text(encoding="utf-8")
    for option in re.findall(r"--[a-z-]+", call(command, "--help").out):
        assert f"`{option}" in page, f"{option} of {command}"


def test_every_field_of_the_json_is_described() -> None:
    page = (ROOT / "docs" / COMMANDS).read_text(encoding="utf-8")
    found = document(report_on(f"{WATCHDOG}:hasty"))
    for name in [*found, *found["properties"][0], *found["properties"][0]["path"][0], *found["runs"][0]]:
        assert f"`{name}`" in page, name
