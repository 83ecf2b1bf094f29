"""Service definitions as files of tests: what the pytest plugin collects when it is asked to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from goalstate.model.deployment import Deployment, read_deployment
from goalstate.model.network.statespace import Limits
from goalstate.model.workflow import Bounds, Workflow
from goalstate.properties.mutants.traceability import SHOWCASE
from goalstate.properties.property import Outcome
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import Report, property_names

from ..commands.verify import judged
from ..formats.findings import Finding, Stale, findings, stale
from ..formats.story import task_labels
from ..formats.text import violation_lines
from ..reading.acceptance import NOTHING, Acceptance, accepted_beside, read_accepted
from ..reading.settings import read_world
from ..terminal.errors import USER_ERRORS, UserError, message
from ..terminal.page import plain, tame


class Refuted(Exception):
    """A property that does not hold, or is not known to."""


def require_sense(config: pytest.Config) -> None:
    """Refuse options that are wrong whatever the service; raises pytest.UsageError."""
    try:
        faults = _read(config).settings.faults
        if faults is not None and faults.kinds is not None:
            # The showcase has one of everything, so also every kind of fault.
            _ = Workflow(SHOWCASE, Bounds(faults)).network
    except USER_ERRORS as error:
        raise pytest.UsageError(f"goalstate: {message(error)}") from None


@dataclass(frozen=True)
class _Options:
    """The options of the plugin, read; no acceptance: that beside each definition."""

    settings: Settings
    acceptance: Acceptance | None


def _read(config: pytest.Config) -> _Options:
    """The options; raises UserError."""
    accept = config.getoption("--goalstate-accept")
    if accept == "":
        raise UserError("--goalstate-accept: the name of the file is empty; allowed: a TOML file, or none; name one")
    acceptance = None if accept is None else NOTHING if accept == "none" else read_accepted(Path(accept))
    states = _number(config, "--goalstate-max-states", r"[0-9]{1,15}", "1 or more")
    seconds = _number(config, "--goalstate-max-seconds", r"[0-9]{1,15}(\.[0-9]{1,9})?", "more than 0, as in 2.5")
    world = read_world(faults=config.getoption("--goalstate-faults"))
    limits = Limits(None if states is None else int(states), seconds)
    return _Options(replace(world, limits=limits), acceptance)


def _number(config: pytest.Config, option: str, form: str, allowed: str) -> float | None:
    text = config.getoption(option)
    if text is None:
        return None
    if not re.fullmatch(form, text) or not float(text) > 0:
        raise UserError(f"{option} can't be {text!r}; allowed: {allowed}; leave the option out for no limit")
    return float(text)


class ServiceFile(pytest.File):
    """One `.csdef` with its configuration."""

    failure: BaseException | None = None
    """What the search has failed with: the other tests need not try again."""

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each property; for files that can't be read, one that fails with the reason."""
        try:
            names = self.names
            assert self.acceptance is not None
        except USER_ERRORS as error:
            yield Unreadable.from_parent(self, name="the service can be read", message=message(error))
            return
        for name in names:
            yield PropertyTest.from_parent(self, name=tame(name), sentence=name)

    @cached_property
    def deployment(self) -> Deployment:
        """What the files say."""
        return read_deployment(_files(self.path))

    @cached_property
    def acceptance(self) -> Acceptance:
        """What is accepted of it."""
        named = _read(self.config).acceptance
        return accepted_beside(str(self.path)) if named is None else named

    @cached_property
    def names(self) -> list[str]:
        """The properties that there are to check, without checking them.  Raises BoundsError for faults it lacks."""
        return property_names(self.deployment, _read(self.config).settings)

    @property
    def found(self) -> dict[str, Finding]:
        """The findings by property, found when the first test asks for them."""
        if self.failure is not None:
            raise Refuted(f"not judged: the search has failed ({type(self.failure).__name__}: {self.failure})")
        try:
            return self._found
        except Exception as error:
            self.failure = error
            raise

    @cached_property
    def _found(self) -> dict[str, Finding]:
        return {str(f.prop): f for f in findings(self.report, self.acceptance)}

    @cached_property
    def report(self) -> Report:
        """The verdicts."""
        return judged(self.deployment, _read(self.config).settings)

    @cached_property
    def gone(self) -> list[Stale]:
        """The accepted violations that are found no longer, and are not told yet."""
        return stale(self.report, self.acceptance)


class _ServiceTest(pytest.Item):
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone: where in goalstate it was raised is of no interest."""
        if isinstance(excinfo.value, (Refuted, *USER_ERRORS)):
            return message(excinfo.value)
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

    def __init__(self, *, sentence: str, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.sentence = sentence

    def runtest(self) -> None:
        """Pass if the property holds in every search; else fail with the story or the limit, or as it is accepted."""
        finding = self.parent.found.get(self.sentence)
        while self.parent.gone:
            one = self.parent.gone.pop(0)
            self.parent.warn(
                pytest.PytestWarning(f"{one.entry.place}: accepted, but {one.instead}: {one.entry.property}")
            )
        if finding is None:
            raise Refuted(f"{tame(self.sentence)}: unknown, no search has judged it")
        if finding.outcome is Outcome.HOLDS and not finding.vacuous:
            return
        if finding.accepted:
            pytest.xfail(f"accepted: {tame(finding.accepted.reason)}")
        if finding.vacuous and self.config.getoption("--goalstate-allow-vacuous"):
            self.add_report_section("call", "goalstate", tame(finding.telling.reason))
            return
        prop = finding.prop
        head = [
            f"{'vacuous' if finding.vacuous else finding.outcome.value}: {prop}",
            prop.location,
            ", ".join(prop.requirements),
        ]
        story = plain(violation_lines(finding.telling, task_labels(self.parent.deployment)))
        raise Refuted("\n".join([*map(tame, filter(None, head)), story]))


def _files(definition: Path) -> list[Path]:
    """A definition with the configuration that its folder stands for; alone if its folder has none."""
    beside = {path.suffix.casefold() for path in definition.parent.iterdir() if path != definition}
    return [definition.parent] if ".cscfg" in beside or ".csdef" not in beside else [definition]
