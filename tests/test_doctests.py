"""The examples in the docstrings run, under the names by which users import the modules.

`pytest --doctest-modules model` would import `model.network` for `goalstate.model.network`, and its relative imports
would lead nowhere; so the modules are found as Python finds them. The examples in docs/ are collected by pytest.
"""

import doctest
import importlib
import pkgutil
import tomllib
from pathlib import Path

import pytest

PYPROJECT = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PYPROJECT["tool"]["setuptools"]["packages"]
FLAGS = sum(doctest.OPTIONFLAGS_BY_NAME[f] for f in PYPROJECT["tool"]["pytest"]["ini_options"]["doctest_optionflags"])


def modules() -> list[str]:
    """Every module of every package, but `__main__`, which runs when imported under that name only."""
    found = set(PACKAGES)
    for package in PACKAGES:
        found.update(m.name for m in pkgutil.iter_modules(importlib.import_module(package).__path__, package + "."))
    return sorted(m for m in found if not m.endswith(".__main__"))


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for name in modules() for test in finder.find(importlib.import_module(name), name) if test.examples]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_example(example: doctest.DocTest) -> None:
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=report.append)
    assert result.failed == 0, "".join(report)
