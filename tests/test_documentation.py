"""The documentation says what the model says: generated pages, transcripts, links, and every agent's abstractions.

The Python examples in it are collected by pytest as doctests.
"""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "tests" / "README.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\]\((?!\w+:)(?P<target>[^)#]*)(?P<anchor>#[^)]*)?\)")
LONGEST = 120
"""Characters in a line of prose; tables and code may be longer."""

OUTPUT = """\
Shop: violated

  1           user: asks
              user: a -> b
  2  min 0    rdfe: works
              rdfe: c -> d
  3  min 0    rdfe: hands over
              rdfe: d -> e
  4  min 1    ffe: takes
              ffe: f -> g
  5  min 1    ffe: finds
              ffe: g -> h
  6  min 1    FAULT ffe_crash: ffe: dies
              ffe: h -> i

violated: 1 violated; 8.1 s
"""
ABRIDGED = """\
Shop: violated

  1           user: asks
              user: a -> b
      …
  4  min 1    ffe: takes
              ffe: f -> g
  5  min 1    ffe: finds
              ffe: g -> h
  6  min 1    FAULT ffe_crash: ffe: dies
              ffe: h -> i

violated: 1 violated; 8.1 s
"""


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_fresh(generate: ModuleType) -> None:
    for name, text in generate.pages().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"docs/{name} is stale: run {generate.COMMAND}"


def test_what_does_not_hold_in_the_example_is_named(generate: ModuleType) -> None:
    verdicts = {"it starts": "holds", "it ends": "violated", "it lasts": "unknown", "it is asked": "vacuous"}
    assert generate.broken(verdicts) == [
        "in the bundled example violated: it ends; `goalstate verify` shows a run",
        "in the bundled example unknown: it lasts; `goalstate verify` shows a run",
    ]


def test_transcripts_are_fresh(generate: ModuleType) -> None:
    for path in generate.TRANSCRIPTS:
        page = path.read_text(encoding="utf-8")
        assert generate.TRANSCRIPT.search(page), f"{path.name} has no transcript"
        assert generate.with_transcripts(page) == page, f"{path.name} is stale: run {generate.COMMAND}"


def test_the_middle_of_a_story_is_left_out(generate: ModuleType) -> None:
    assert generate.abridged(OUTPUT) == ABRIDGED
    assert generate.abridged("x" * 151 + "\n") == "x" * 150 + " …\n"


def test_a_slower_machine_cuts_no_other_line(generate: ModuleType) -> None:
    quick, slow = (f"{'x' * 140}  {seconds} s  explicit\n" for seconds in ("1.6", "16.0"))
    assert generate.without_seconds(generate.abridged(quick)) == generate.without_seconds(generate.abridged(slow))


def test_transcripts_may_differ_in_seconds_only(generate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "# A page\n\n```console\n$ goalstate verify\n10 states  1.7 s\n```\n\nThe end.\n"
    monkeypatch.setattr(generate, "run", lambda arguments: {"verify": "10 states   12 s\n"}[arguments])
    assert generate.with_transcripts(page) == page
    monkeypatch.setattr(generate, "run", lambda arguments: "11 states  1.7 s\n")
    assert generate.with_transcripts(page) == page.replace("10 states", "11 states")


def test_a_transcript_that_ends_with_an_ellipsis_has_as_many_lines_as_before(
    generate: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "```console\n$ goalstate verify\na\nb\n…\n```\n"
    monkeypatch.setattr(generate, "run", lambda arguments: "a\nb\nc\n")
    assert generate.with_transcripts(page) == page
    monkeypatch.setattr(generate, "run", lambda arguments: "a\nd\nc\n")
    assert generate.with_transcripts(page) == page.replace("b\n…", "d\n…")


def test_every_agent_says_what_it_leaves_out() -> None:
    page = (DOCS / "explanation" / "abstractions.md").read_text(encoding="utf-8")
    agents = {path.name for path in (ROOT / "model" / "agents").glob("*.py")} - {"__init__.py"}
    listed = set(re.findall(r"^\| `(\w+\.py)` \|", page, re.MULTILINE))
    missing, gone = sorted(agents - listed), sorted(listed - agents)
    assert not missing, (
        f"docs/explanation/abstractions.md needs a row for each of {missing}: what it leaves out, and why"
    )
    assert not gone, f"docs/explanation/abstractions.md has rows for {gone}, which model/agents/ does not have"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target = page.parent / link["target"] if link["target"] else page
        anchor = (link["anchor"] or "").removeprefix("#")
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link[0])
    assert not dead, f"{page.relative_to(ROOT)}: nothing is there: {', '.join(dead)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_lines_of_prose_fit_a_screen(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    long = [line for line in text.splitlines() if len(line) > LONGEST and not line.startswith("|")]
    assert not long, f"{page.relative_to(ROOT)}: a sentence or a clause a line, at most {LONGEST} characters: {long[0]}"


def test_the_index_has_every_page() -> None:
    index = DOCS / "index.md"
    listed = {(DOCS / link["target"]).resolve() for link in LINK.finditer(index.read_text(encoding="utf-8"))}
    missing = sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page not in listed | {index})
    assert not missing, f"docs/index.md does not name {', '.join(missing)}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 900
