"""Service definitions as files of tests: what the pytest plugin collects when it is asked to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from .commands.verify import Search, judged
from .errors import USER_ERRORS, UserError
from .formats.findings import Finding, findings
from .formats.text import task_labels, violation_lines
from .model.deployment import Deployment, read_deployment
from .page import plain
from .properties.property import Outcome
from .properties.traceability import catalogue
from .properties.verification import Report, Settings, searches
from .subjects import Choices


class Refuted(Exception):
    """A property that does not hold, or is not known to."""


class ServiceFile(pytest.File):
    """One `.csdef` with its configuration."""

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each property; for files that can't be read, one that fails with the reason."""
        try:
            names = self.names
        except USER_ERRORS as error:
            yield Unreadable.from_parent(self, name="the service can be read", message=str(error))
            return
        for name in names:
            yield PropertyTest.from_parent(self, name=name)

    @cached_property
    def deployment(self) -> Deployment:
        """What the files say."""
        return read_deployment(_files(self.path))

    @cached_property
    def names(self) -> list[str]:
        """The properties that there are to check, without checking them."""
        workflows = [workflow for _, workflow in searches(self.deployment, Settings())]
        return list(dict.fromkeys(str(prop) for workflow in workflows for prop in catalogue(workflow)))

    @cached_property
    def report(self) -> Report:
        """The verdicts, found when the first test asks for them."""
        option = self.config.getoption
        choices = Choices(faults=option("--goalstate-faults"))
        limits = Search(max_states=option("--goalstate-max-states"), max_seconds=option("--goalstate-max-seconds"))
        return judged(self.deployment, choices, limits)

    @cached_property
    def found(self) -> dict[str, Finding]:
        """The findings by property; raises UserError when there is one without a test."""
        found = {str(f.prop): f for f in findings(self.report)}
        unseen = set(found) - set(self.names)
        if unseen:
            raise UserError(f"{self.path}: checked, but not collected as tests: {', '.join(sorted(unseen))}")
        return found


class _ServiceTest(pytest.Item):
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone: where in goalstate it was raised is of no interest."""
        if isinstance(excinfo.value, (Refuted, *USER_ERRORS)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test stands; a heading other than the name, in which pytest would take dots for modules."""
        return self.path, None, f"{self.path.name}: {self.name}"


class Unreadable(_ServiceTest):
    """The one test of files that can't be read."""

    def __init__(self, *, message: str, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.message = message

    def runtest(self) -> None:
        """Fail with the reason."""
        raise UserError(self.message)


class PropertyTest(_ServiceTest):
    """One property of one service."""

    parent: ServiceFile

    def runtest(self) -> None:
        """Pass if the property holds in every search; else fail with the story or the limit."""
        finding = self.parent.found.get(self.name)
        if finding is None:
            raise Refuted(f"{self.name}: unknown, no search has judged it")
        if finding.outcome is Outcome.HOLDS:
            if finding.vacuous:
                self.add_report_section("call", "goalstate", finding.telling.reason)
            return
        prop = finding.prop
        head = [f"{finding.outcome.value}: {prop}", prop.location, ", ".join(prop.requirements)]
        story = plain(violation_lines(finding.telling, task_labels(self.parent.deployment)))
        raise Refuted("\n".join([*filter(None, head), story]))


def _files(definition: Path) -> list[Path]:
    """A definition with the configuration that its folder stands for; alone if its folder has none."""
    beside = {path.suffix.casefold() for path in definition.parent.iterdir() if path != definition}
    return [definition.parent] if ".cscfg" in beside or ".csdef" not in beside else [definition]
