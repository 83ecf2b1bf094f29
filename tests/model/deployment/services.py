"""Small service files for tests, written as text so that every line number can be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from goalstate.model.deployment import Deployment, DeploymentError, read_deployment

DEFINITION_NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition"
CONFIGURATION_NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"


def definition(*lines: str, attributes: str = "") -> str:
    """A definition of service `Shop`; the first of the lines stands on line 2."""
    head = f'<ServiceDefinition name="Shop" xmlns="{DEFINITION_NAMESPACE}" {attributes}>'
    return "\n".join([head, *lines, "</ServiceDefinition>"])


def configuration(*lines: str, name: str = "Shop") -> str:
    """A configuration; the first of the lines stands on line 2."""
    return "\n".join(
        [
            f'<ServiceConfiguration serviceName="{name}" xmlns="{CONFIGURATION_NAMESPACE}">',
            *lines,
            "</ServiceConfiguration>",
        ]
    )


def worker(*lines: str, name: str = "Worker") -> str:
    """A definition with one worker role on line 2; the first of the lines stands on line 3."""
    return definition(f'<WorkerRole name="{name}">', *lines, "</WorkerRole>")


def web(*lines: str) -> str:
    """A definition with one web role on line 2; the first of the lines stands on line 3."""
    return definition('<WebRole name="Web">', *lines, "</WebRole>")


def read(folder: Path, csdef: str, cscfg: str | None = None) -> Deployment:
    """Read `a.csdef` (and `a.cscfg`) with this content."""
    (folder / "a.csdef").write_text(csdef, encoding="utf-8")
    if cscfg is not None:
        (folder / "a.cscfg").write_text(cscfg, encoding="utf-8")
    return read_deployment([folder])


def refused(folder: Path, csdef: str, cscfg: str | None = None) -> list[str]:
    """The lines of the error that reading gives, without the folder."""
    with pytest.raises(DeploymentError) as caught:
        read(folder, csdef, cscfg)
    return str(caught.value).replace(f"{folder}/", "").split("\n")
