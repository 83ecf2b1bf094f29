"""The import contracts of pyproject.toml refuse what they are for: a contract that nothing can break says nothing.

Each case is a package of the same shape with one import too many; the real package is checked by `make layers`.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
    "packages"
]


def lint(folder: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Check a package of empty modules in which some modules (`a__b` for `a.b`) hold a line."""
    for package in PACKAGES:
        (folder / package.replace(".", "/")).mkdir(parents=True)
        (folder / package.replace(".", "/") / "__init__.py").touch()
    for module in (ROOT / "app").glob("*.py"):
        (folder / "goalstate" / module.name).touch()
    for module_name, line in extra.items():
        package_folder = folder.joinpath("goalstate", *module_name.split("__"))
        module = package_folder / "__init__.py" if package_folder.is_dir() else package_folder.with_suffix(".py")
        module.write_text(line + "\n", encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_downwards_are_fine(tmp_path: Path) -> None:
    done = lint(
        tmp_path,
        cli="from . import diagrams, model, properties",
        diagrams="from .. import model",
        properties="from ..model import engines",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contracts: 2 kept, 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "finding"),
    [
        ("model__engines", "import goalstate.properties", "goalstate.model.engines -> goalstate.properties"),
        ("model", "from .. import diagrams", "goalstate.model -> goalstate.diagrams"),
        ("properties", "from ..diagrams import __doc__", "goalstate.properties -> goalstate.diagrams"),
        ("diagrams", "from ..properties import catalogue", "goalstate.diagrams -> goalstate.properties.catalogue"),
        ("properties__catalogue", "from ...cli import main", "goalstate.properties.catalogue -> goalstate.cli"),
        ("model", "import goalstate", "goalstate.model -> goalstate"),
        ("unheard_of", "", "goalstate.unheard_of"),
    ],
)
def test_an_import_too_many_is_found(tmp_path: Path, module: str, line: str, finding: str) -> None:
    done = lint(tmp_path, **{module: line})
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Contracts: 1 kept, 1 broken." in done.stdout
    assert finding in done.stdout
