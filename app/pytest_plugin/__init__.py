"""The pytest plugin: with `--goalstate`, each service definition among the tests is a file of tests, one a property.

    pytest --goalstate services/

collects every `.csdef` there, with the `.cscfg` that a folder stands for.  A violated property fails with the story of
its path; an unknown one fails with the limit that stopped the search; a vacuous one fails, too, unless that is allowed
(`--goalstate-allow-vacuous`); files that can't be read are one failing test.

A violation that is accepted (`goalstate.toml` beside the `.csdef`, or `--goalstate-accept`) is an expected failure.

The search is made when the first test of a file runs.  Options are looked at before anything is collected.  Without
`--goalstate` nothing of goalstate is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .service_tests import ServiceFile


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, which `pytest --help` then lists."""
    group = parser.getgroup("goalstate", "service definitions as tests (goalstate)")
    group.addoption(
        "--goalstate", action="store_true", help="Verify each .csdef in the folders given: one test per property."
    )
    group.addoption("--goalstate-faults", default=None, metavar="none|N|KIND=N,...", help="How many faults may happen.")
    group.addoption("--goalstate-max-states", default=None, metavar="N", help="Stop a search at so many states.")
    group.addoption(
        "--goalstate-max-seconds", default=None, metavar="S", help="Stop searching after so long, for each service."
    )
    group.addoption(
        "--goalstate-accept",
        default=None,
        metavar="FILE|none",
        help="Accepted violations: not a failure. Else: goalstate.toml beside each .csdef.",
    )
    group.addoption(
        "--goalstate-allow-vacuous", action="store_true", help="What nothing puts to the test within the bounds passes."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse wrong options, if they are asked for."""
    if config.getoption("--goalstate"):
        from .service_tests import require_sense

        require_sense(config)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the version of the model that services are verified with."""
    if not config.getoption("--goalstate"):
        return None
    from importlib.metadata import version

    return f"goalstate {version('goalstate')}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ServiceFile | None:
    """Take the service definitions."""
    if not parent.config.getoption("--goalstate") or file_path.suffix.casefold() != ".csdef":
        return None
    from .service_tests import ServiceFile

    found: ServiceFile = ServiceFile.from_parent(parent, path=file_path)
    return found
