"""Names that a property gets wrong, in a user's file or in the catalogue: refused with file, line and a close one."""

from __future__ import annotations

from pathlib import Path

import pytest

from goalstate.model.workflow import Workflow
from goalstate.properties.predicates import At
from goalstate.properties.property import Always, Never, NoDeadlock, Property
from goalstate.properties.requirements import UnknownRequirement
from goalstate.properties.service import searches
from goalstate.terminal import errors
from tests.app.calls import run_anyhow

ALLOWED = "allowed: the ids that `goalstate requirements` lists; correct the id\n"

LAMP = """\
from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.properties.property import NoDeadlock, Property

def lamp(*ids):
    return Network((Component("lamp", Statechart("lamp", (State("lit"),), "lit", rows=(
        does("flicker", "lit", realises=ids),
    ))),))

row = lamp(
    "R-C33",
)
known = lamp("R-C3"), [Property("it lives", NoDeadlock(), ("R-C3",))]

def claimed():
    return lamp(), [Property("it lives", NoDeadlock(), ("R-C4", "R-99"))]
"""


def quick(folder: Path) -> list[str]:
    (folder / "s.csdef").write_text(
        '<ServiceDefinition name="S" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">'
        '<WorkerRole name="R" /></ServiceDefinition>',
        encoding="utf-8",
    )
    return ["verify", str(folder / "s.csdef"), "--faults", "none", "--requests", "1", "--tick", "5", "--no-liveness"]


def test_in_a_file_of_the_user(tmp_path: Path) -> None:
    file = tmp_path / "lamp.py"
    file.write_text(LAMP, encoding="utf-8")
    row = run_anyhow("verify", f"{file}:row")
    assert (row.code, row.out) == (2, "")
    assert row.err == (
        f"{file}:11: a row of lamp names 'R-C33', which is no requirement (did you mean 'R-C3'?); {ALLOWED}"
    )
    claimed = run_anyhow("verify", f"{file}:claimed")
    assert (claimed.code, claimed.out) == (2, "")
    assert claimed.err == (
        f"{file}:16: property 'it lives' names 'R-99', which is no requirement (did you mean 'R-9'?); {ALLOWED}"
    )
    assert run_anyhow("verify", f"{file}:known").code == 0


def test_a_requirement_in_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistyped(workflow: Workflow) -> list[Property]:
        return [Property("it lives", NoDeadlock(), ("R-99",))]

    monkeypatch.setattr(searches, "platform_properties", mistyped)
    done = run_anyhow(*quick(tmp_path))
    assert (done.code, done.out) == (2, "")
    place, _, said = done.err.partition(": ")
    assert Path(place.rpartition(":")[0]).resolve() == Path(__file__).resolve()
    line = Path(__file__).read_text(encoding="utf-8").splitlines()[int(place.rpartition(":")[2]) - 1]
    assert '("R-99",)' in line
    assert said == f"property 'it lives' names 'R-99', which is no requirement (did you mean 'R-9'?); {ALLOWED}"


@pytest.mark.parametrize("name", ["raedy_reported", "hostagent"])
def test_a_name_that_the_network_lacks_in_the_catalogue(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistyped(workflow: Workflow) -> list[Property]:
        off = At("R_IN_0/guest_os", "in(off)")
        claim = Always(At("R_IN_0/hostagent", "in(x)")) if name == "hostagent" else Never((f"R_IN_0/{name}",), ~off)
        return [Property("it lives", claim)]

    (tmp_path / "sentences.py").write_text(f"SENTENCES = (\n    '{name}',\n)\n", encoding="utf-8")
    monkeypatch.setattr(searches, "platform_properties", mistyped)
    monkeypatch.setattr(errors, "CATALOGUE", tmp_path)
    done = run_anyhow(*quick(tmp_path))
    assert (done.code, done.out) == (2, "")
    place, _, said = done.err.partition(": ")
    assert Path(place.rpartition(":")[0]).resolve() == tmp_path / "sentences.py"
    assert place.endswith(":2")
    assert said.startswith("property 'it lives': ")
    assert f"'R_IN_0/{name}'" in said


def test_a_property_is_not_made_with_an_unknown_requirement() -> None:
    with pytest.raises(UnknownRequirement, match="property 'it lives' names 'R-99'"):
        Property("it lives", NoDeadlock(), ("R-9", "R-99"))
