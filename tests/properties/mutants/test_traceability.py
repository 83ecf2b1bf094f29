"""Traceability: no behaviour without a row and a property, no id that does not exist, no option without a decision."""

import re
from pathlib import Path

import pytest

from goalstate.model.network import Component
from goalstate.model.notation.statechart import State, Statechart, does, on
from goalstate.model.platform import ALTERNATIVES
from goalstate.model.workflow import Workflow
from goalstate.properties.mutants.ledger import read
from goalstate.properties.mutants.traceability import SHOWCASE, Traced, catalogue, readable_rows, trace
from goalstate.properties.requirements import BY_ID, DECISIONS, REQUIREMENTS, Kind, UnknownRequirement, require_known

ROOT = Path(__file__).resolve().parents[3]
SPECIFICATION = ROOT.parent / "shared" / "spec" / "requirements.md"
AN_ID = re.compile(r"\bR-[A-Za-z]*\d+(?:\.\d+)*\b")

COMPONENTS = "A1 A2 A3 A4 B1 B2 C1 C2 C2.1 C3 C4 D1 D2 D3 D4 E1 E2 E3 F1 F2 F3 F4 F5 F6 F7 G1 G2 G3 H1 H2 H3 H4"
HOSTS = "I1 J1 K1 K2 L1 L2"
STEPS = "1 2 3 4 5 6 7 8 9 9.1 9.2 9.3 10"
LOGS = "LOG1 LOG2 LOG3 LOG4 LOG5 LOG6 LOG7 LOG8"


@pytest.fixture(scope="module")
def traced() -> dict[str, Traced]:
    return {row.id: row for row in trace()}


def test_every_requirement_of_the_document_is_there_once() -> None:
    expected = [f"R-{id}" for id in f"{COMPONENTS} {HOSTS} {STEPS} {LOGS}".split()]
    assert sorted(r.id for r in REQUIREMENTS) == sorted(expected)
    assert len({r.text for r in REQUIREMENTS}) == len(REQUIREMENTS)


def test_only_log_files_are_data() -> None:
    assert [r.id for r in REQUIREMENTS if r.kind is Kind.LOG_DATA] == [f"R-{id}" for id in LOGS.split()]


def test_every_behaviour_is_realised_and_checked(traced: dict[str, Traced]) -> None:
    assert {id: row.gap for id, row in traced.items() if row.gap} == {}


def test_log_data_is_neither_realised_nor_checked(traced: dict[str, Traced]) -> None:
    data = [row for row in traced.values() if row.kind is Kind.LOG_DATA]
    assert [(row.transitions, row.properties) for row in data] == [((), ())] * 8


def test_a_gap_says_what_is_missing() -> None:
    assert Traced("R-1", "", Kind.BEHAVIOUR, (), ()).gap == "no transition and no property"
    assert Traced("R-1", "", Kind.BEHAVIOUR, ("a row",), ()).gap == "no property"
    assert Traced("R-LOG1", "", Kind.LOG_DATA, (), ()).gap == ""


def test_the_ten_minutes_are_traced_to_the_restart(traced: dict[str, Traced]) -> None:
    row = traced["R-C4"]
    assert (
        "host_agent: does restart_guest, guest.in_contact -> guest.first_contact [silence == 10 and order == reboot]"
        in row.transitions
    )
    assert "host_agent: refuses tick or tick_while_down, in guest.in_contact [silence == 10]" in row.transitions
    assert any("exactly 10 minutes" in sentence for sentence in row.properties)


def test_both_columns_name_each_entry_once(traced: dict[str, Traced]) -> None:
    for row in traced.values():
        assert len(set(row.transitions)) == len(row.transitions)
        assert len(set(row.properties)) == len(row.properties)


def test_as_a_value_for_json(traced: dict[str, Traced]) -> None:
    document = traced["R-A2"].as_dict()
    assert list(document) == ["id", "text", "transitions", "properties", "mutants"]
    assert document["transitions"] == [
        "rdfe: does subscription_work_done, operation.subscription_work -> operation.handing_over"
    ]
    assert document["mutants"] == list(traced["R-A2"].mutants)
    assert all(" | " in mutant for mutant in document["mutants"])


def test_the_mutants_of_a_requirement_are_those_that_its_properties_caught(traced: dict[str, Traced]) -> None:
    mutants = traced["R-C2.1"].mutants
    assert any(mutant.startswith("wa_app_agent | ") for mutant in mutants)
    caught = read().caught()
    general = {p.name: p.in_general for p in catalogue(Workflow(SHOWCASE))}
    sentences = {general[sentence] for sentence in traced["R-C2.1"].properties}
    assert set(mutants) == {str(name) for sentence in sentences for name in caught.get(sentence, ())}


def test_rows_read_as_they_were_written() -> None:
    chart = Statechart(
        "lamp",
        (State("dark"), State("bright"), State("broken")),
        "dark",
        rows=(
            does("light", "dark", "bright", realises=("R-1",)),
            on(("storm", "fall"), ("dark", "bright"), "broken", realises=("R-2",)),
            on("fall", "broken"),
        ),
    )
    assert list(readable_rows(chart)) == [
        ("lamp: does light, dark -> bright", ("R-1",)),
        ("lamp: on storm or fall, dark or bright -> broken", ("R-2",)),
        ("lamp: on fall, in broken", ()),
    ]


def test_the_showcase_has_one_of_everything() -> None:
    network = Workflow(SHOWCASE).network
    names = {component.name.rpartition("/")[2] for component in network.components}
    assert {"worker_host", "web_host", "iis_host", "w3wp", "iis_configurator", "rotation", "custom_rotation"} <= names
    assert "update_domain_1" in network.event_index
    assert {task.type for role in SHOWCASE.roles for task in role.tasks} == {"simple", "background", "foreground"}


def test_the_catalogue_has_properties_of_every_family() -> None:
    sentences = {p.name for p in catalogue(Workflow(SHOWCASE))}
    assert "only FFE gives commands to the fabric controller" in sentences
    assert "the role can become Ready" in sentences
    assert "a stop leads to stopped" in sentences
    assert (
        "endpoint Public keeps an instance in rotation, once all were in, while the user asks for nothing" in sentences
    )


@pytest.mark.parametrize("wrong", ["R-C44", "R-c4", "R-LOG9", "C4", ""])
def test_an_unknown_id_is_refused(wrong: str) -> None:
    with pytest.raises(UnknownRequirement, match=re.escape(f"the lamp names {wrong!r}, which is no requirement")):
        require_known(["R-C4", wrong], "the lamp")


def test_a_typo_in_a_row_is_found_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = Statechart("lamp", (State("lit"),), "lit", rows=(does("flicker", "lit", realises=("R-C33",)),))
    network = Workflow(SHOWCASE).network.with_components([Component("lamp", lamp)])
    monkeypatch.setattr(Workflow, "network", network)
    with pytest.raises(UnknownRequirement, match=re.escape("lamp: does flicker, in lit names 'R-C33'")):
        trace()


def test_every_id_in_the_sources_exists() -> None:
    sources = [path for folder in ("model", "properties", "diagrams") for path in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 40
    named = {(path.name, id) for path in sources for id in AN_ID.findall(path.read_text(encoding="utf-8"))}
    assert {id for _, id in named} >= {"R-C2.1", "R-9.2", "R-L2"}
    # "R-n" and "R-9.1-R-9.3" are fine; a sentence may end in an id.
    assert {(where, id) for where, id in named if id not in BY_ID} == set()


def test_every_option_of_the_platform_has_its_decision() -> None:
    options = [d.option.split("=") for d in DECISIONS if d.option]
    assert {name for name, _ in options} == set(ALTERNATIVES)
    for name, value in options:
        assert value in ALTERNATIVES[name][1:], f"{name}={value} is no alternative, or the default"
    assert all(bool(d.option) == bool(d.alternative) for d in DECISIONS)
    assert len({d.topic for d in DECISIONS}) == len(DECISIONS)


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the specification is not beside the repository")
def test_ids_are_those_of_the_specification() -> None:
    rows = [line.split("|") for line in SPECIFICATION.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    specified = [row[1].strip() for row in rows]
    assert {id for id in specified if re.fullmatch(AN_ID, id)} == set(BY_ID)
