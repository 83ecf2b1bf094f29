"""Every JSON of every command follows its schema, which is shipped with the package and has a name of its own."""

import json
from importlib import resources
from pathlib import Path

import click
import jsonschema
import pytest

from goalstate.arguments import goalstate
from tests.app.calls import CONFIGURATION, DEFINITION, QUICK, ROOT, WATCHDOG, call, quay

FOLDER = ROOT / "app" / "schemas"
SCHEMAS = {file.name.removesuffix(".schema.json"): json.loads(file.read_text("utf-8")) for file in FOLDER.iterdir()}
SERVED = DEFINITION.replace(
    "</Startup>", '</Startup>\n    <Endpoints><InputEndpoint name="In" protocol="tcp" port="80" /></Endpoints>'
)
SOON = ("--max-states", "200000")

CALLS: dict[str, list[tuple[str, ...]]] = {
    "verify": [("verify", "quay", *QUICK), ("verify", f"{WATCHDOG}:hasty")],
    "services": [("verify", "quay", "other", *QUICK)],
    "list": [("verify", "quay", "other", "--list"), ("verify", f"{WATCHDOG}:hasty", "--list")],
    "simulate": [
        ("simulate", "quay"),
        ("simulate", "quay", "--guide", "*/on_start_returned"),
        ("simulate", f"{WATCHDOG}:hasty", "--steps", "3"),
    ],
    "replay": [("replay", "trace.json"), ("replay", "trace.json", "refused")],
    "diff": [("diff", "quay", "mended", "--faults", "1", "--requests", "1", "--no-liveness")],
    "explain": [
        ("explain", "Recycling", "--deployment", "quay"),
        ("explain", "Ready", "--deployment", "quay"),
        ("explain", "Busy", "--deployment", "quay", "--max-states", "9"),
    ],
    "times": [
        ("times", "quay", "--fault", "task_hang", "--tick", "5"),
        ("times", "quay", "--fault", "host_failure", "--tick", "5"),
    ],
    "availability": [("availability", "quay", *SOON)],
    "mutants": [("mutants", f"{WATCHDOG}:patient", "--sample", "3")],
    "requirements": [("requirements", "R-9", "R-C4")],
    "doctor": [("doctor",)],
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schemas")
    quay(folder / "quay", SERVED, CONFIGURATION)
    quay(folder / "other")
    quay(folder / "mended", SERVED.replace("<Task ", '<Task taskType="background" '))
    twice = SERVED.replace("<Task ", '<Task commandLine="oil.cmd" taskType="background" />\n      <Task ')
    quay(folder / "refused", twice)
    asked = ("verify", folder / "quay", *QUICK, "--property", "can't block", "--save-trace", folder / "trace.json")
    assert call(*asked).code == 1
    return folder


def test_every_command_with_json_has_a_schema() -> None:
    with_json = {
        name
        for name, command in goalstate.commands.items()
        for p in command.params
        if isinstance(p.type, click.Choice) and "json" in p.type.choices
    }
    assert with_json <= set(SCHEMAS)
    assert set(SCHEMAS) == set(CALLS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_has_an_id_and_is_shipped(name: str) -> None:
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:goalstate:schema:{name}"
    shipped = resources.files("goalstate").joinpath("schemas", f"{name}.schema.json")
    assert json.loads(shipped.read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize(("name", "arguments"), [(n, a) for n, calls in CALLS.items() for a in calls], ids=str)
def test_what_a_command_writes_follows_its_schema(
    name: str, arguments: tuple[str, ...], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    done = call(*arguments, "--format", "json")
    found = json.loads(done.out)
    jsonschema.validate(found, SCHEMAS[name])
    if name == "services":
        for service in found["services"]:
            del service["paths"]
            jsonschema.validate(service, SCHEMAS["verify"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_field_that_a_schema_does_not_know_is_refused(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    found = json.loads(call(*CALLS[name][0], "--format", "json").out)
    wrong = found[0] if isinstance(found, list) else found
    wrong["surprise"] = True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMAS[name])
