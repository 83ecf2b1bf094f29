"""Before any test: the installed package is the tree, and Hypothesis has its profile.

Profiles of Hypothesis: `dev` draws new examples in every run, `ci` the same ones each time, `thorough` very many.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

import goalstate

settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True, database=None, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {"app": ".", "model": "model", "properties": "properties", "diagrams": "diagrams"}
"""The folders of sources, and where they lie in the installed package."""


def not_installed(root: Path, installed: Path) -> list[str]:
    """The modules of a tree that the package does not have, and those that it has and the tree does not."""
    tree = {
        (Path(place) / module.relative_to(root / folder)).as_posix()
        for folder, place in SOURCES.items()
        for module in (root / folder).rglob("*.py")
    }
    # A link to a deleted file is found by its name, though it leads nowhere.
    return sorted(tree ^ {module.relative_to(installed).as_posix() for module in installed.rglob("*.py")})


def pytest_configure() -> None:
    """Refuse to run tests on a package that is not the tree: imports would fail far from the reason."""
    (installed,) = map(Path, goalstate.__path__)
    differing = not_installed(ROOT, installed)
    if differing:
        raise pytest.UsageError(
            f"these modules are new, moved or deleted since the package was installed: {', '.join(differing)}; "
            "run `make ready` (a new folder must be listed in pyproject.toml, [tool.setuptools] packages, first)"
        )
