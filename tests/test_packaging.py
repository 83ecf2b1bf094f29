"""The package as installed is the package on disk: no folder, module or data file is forgotten in pyproject.toml."""

import importlib
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS: dict[str, Any] = PYPROJECT["tool"]["setuptools"]
PACKAGES: list[str] = SETUPTOOLS["packages"]
FOLDERS: dict[str, str] = SETUPTOOLS["package-dir"]
MADE_BY_RUNNING = {".nbc", ".nbi", ".pyc"}


def source_folder(package: str) -> Path:
    """The folder of a package in the repository: that of its longest mapped prefix, and the rest of the name below."""
    prefix = max((p for p in FOLDERS if package == p or package.startswith(p + ".")), key=len)
    return ROOT.joinpath(FOLDERS[prefix], *package[len(prefix) :].split(".")[1:])


def files_of(folder: Path) -> set[str]:
    """The files below a folder that belong to its package: none of the sub-packages', none that running made."""
    subpackages = [init.parent for init in folder.rglob("__init__.py") if init.parent != folder]
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in MADE_BY_RUNNING and not any(s in path.parents for s in subpackages)
    }


def test_every_folder_with_python_files_is_a_listed_package() -> None:
    on_disk = {
        ".".join((name, *module.parent.relative_to(ROOT / folder).parts))
        for name, folder in FOLDERS.items()
        for module in (ROOT / folder).rglob("*.py")
    }
    assert on_disk == set(PACKAGES), "[tool.setuptools] packages in pyproject.toml is not what the folders hold"


def test_packages_are_listed_once_and_in_order() -> None:
    assert sorted(set(PACKAGES)) == PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_an_init_file(package: str) -> None:
    assert (source_folder(package) / "__init__.py").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_installed_files_are_the_files_on_disk(package: str) -> None:
    """Only the wheel can forget a data file; `make test` puts the wheel in front of the editable install."""
    (installed,) = importlib.import_module(package).__path__
    if package == "goalstate" and Path(installed) != ROOT / "app":
        beside = {folder for name, folder in FOLDERS.items() if name != "goalstate"}
        found = {f for f in files_of(Path(installed)) if f.split("/")[0] not in beside}
    else:
        found = files_of(Path(installed))
    assert found == files_of(source_folder(package))


def test_no_folder_shadows_the_package() -> None:
    assert not (ROOT / "goalstate").exists(), "a top-level folder goalstate/ would be imported instead of app/"


def test_the_console_script_and_the_pytest_plugin_can_be_loaded() -> None:
    (script,) = {e.value for e in entry_points(group="console_scripts", name="goalstate")}
    (plugin,) = {e.value for e in entry_points(group="pytest11", name="goalstate")}
    assert (script, plugin) == ("goalstate.cli:main", "goalstate.pytest_plugin")
    module, _, function = script.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    importlib.import_module(plugin)


def test_the_version_is_that_of_pyproject() -> None:
    assert version("goalstate") == PYPROJECT["project"]["version"]


def test_every_dependency_has_a_lower_bound_and_a_pinned_version() -> None:
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    project = PYPROJECT["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    for requirement in wanted:
        name, bound, _ = requirement.partition(">=")
        assert bound, f"{requirement}: no lower bound"
        assert name.lower().replace("_", "-") in pinned, f"{name}: not in constraints.txt; run make constraints"
