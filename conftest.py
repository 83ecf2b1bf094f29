"""For tests and pages alike: the installed package is the tree, and modules that a page tells to create are there."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import goalstate

ROOT = Path(__file__).resolve().parent
SOURCES = {"app": ".", "model": "model", "properties": "properties", "diagrams": "diagrams"}
"""The folders of sources, and where they lie in the installed package."""

CREATED = re.compile(r"^Create `(?P<file>\S+)\.py`:\n\n```python\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
"""A module that a page tells the reader to create."""


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


@pytest.fixture(autouse=True)
def created_modules(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules that a page tells the reader to create, as if they were installed."""
    page: Path = request.path
    if page.suffix != ".md":
        return
    for found in CREATED.finditer(page.read_text(encoding="utf-8")):
        if (ROOT / f"{found['file']}.py").exists():
            pytest.skip(f"somebody does what {page.name} says: {found['file']}.py is in the tree already")
        name = "goalstate." + found["file"].replace("/", ".")
        module = ModuleType(name)
        module.__package__ = name.rpartition(".")[0]
        exec(compile(found["text"], str(page), "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
