"""The fast loop: the tests that mirror what has changed, then a few that are about everything, for a minute at most.

``python -m tests.quick [BASE]`` looks at what differs from a commit: from the last one, or, if nothing does, from the
one before it.  A changed test comes first, then the tests of the changed module, then those of its folder, then
``ALWAYS``.  Tests that do not begin within the time are skipped, and the summary counts them: what this command passes
is a sign, `make test` is the proof.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SECONDS = 45
"""How long tests may begin; the rest of the minute and a half is for lint, types, and the tests that run then."""

SOURCES = ("app", "diagrams", "model", "properties")

ALWAYS = (
    "tests/test_installation.py",
    "tests/test_packaging.py",
    "tests/model/notation",
    "tests/model/test_network_of_a_role.py",
    "tests/model/engines/test_explore.py",
    "tests/properties/judging/test_explicit.py",
    "tests/app/formats",
)

SLOW = (
    "tests/test_documentation.py",
    "tests/app/pages",
    "tests/properties/mutants/test_traceability.py",
    "tests/test_counts.py",
)
"""They come last."""

BESIDES = {
    "app": ("tests/app/terminal",),
    "docs": ("tests/test_documentation.py", "tests/app/pages"),
    "model/agents": ("tests/model/agents", "tests/properties/mutants/test_traceability.py", "tests/test_counts.py"),
    "model/workflow": ("tests/model", "tests/properties/mutants/test_traceability.py", "tests/test_counts.py"),
    "properties/catalogue": ("tests/properties/mutants/test_traceability.py", "tests/test_counts.py"),
    "properties/requirements.py": ("tests/properties/mutants/test_traceability.py",),
}
"""Tests that are about a part of the tree without mirroring it."""


def changed(base: str | None = None) -> list[str]:
    """The files that differ from a commit, new ones included."""
    new = _git("ls-files", "--others", "--exclude-standard")
    found = _git("diff", "--name-only", base or "HEAD") + new
    return found if found or base else _git("diff", "--name-only", "HEAD~1")


def selected(files: Iterable[str], root: Path = ROOT) -> list[str]:
    """The tests to run, those nearest to the changed files first."""
    exact: list[str] = []
    around: list[str] = []
    for file in files:
        path = Path(file)
        if path.suffix == ".md" or (path.parts[0] == "tests" and path.name.startswith("test_")):
            exact.append(file)
        elif path.parts[0] in SOURCES and path.suffix == ".py":
            mirror = Path("tests") / path.parent
            exact.append((mirror / f"test_{path.name}").as_posix())
            around.append(mirror.as_posix())
        around += [test for part, tests in BESIDES.items() if file.startswith(part) for test in tests]
    # A whole top folder is more than a quick look.
    tops = {f"tests/{top}" for top in SOURCES}
    wanted = dict.fromkeys([*exact, *(folder for folder in around if folder not in tops), *ALWAYS])
    return sorted((test for test in wanted if (root / test).exists()), key=SLOW.__contains__)


class OutOfTime:
    """A plugin of pytest that skips the tests which would begin too late."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds

    def pytest_runtest_setup(self) -> None:
        """Skip, with the reason in the summary."""
        if time.monotonic() > self.until:
            pytest.skip(f"not begun within {SECONDS} seconds; `make test` runs it")


def main(arguments: Sequence[str]) -> int:
    """Run the tests and return pytest's exit code."""
    chosen = selected(changed(*arguments[:1]))
    print("tests:", *chosen, flush=True)
    os.chdir(ROOT)
    return pytest.main(["-q", "-rfE", *chosen], plugins=[OutOfTime(SECONDS)])


def _git(*arguments: str) -> list[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
