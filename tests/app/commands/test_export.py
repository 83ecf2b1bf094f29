"""`goalstate export` writes what other tools read, and says what it can't write."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import networkx as nx
import pytest

from tests.app.calls import TWO_PHASE_COMMIT, call

THREE = f"{TWO_PHASE_COMMIT}:three"

MODELS = ("promela", "murphi", "tla")

LEFT_OUT = "it asks for one state, not about all of them"


def test_each_format_goes_to_stdout_or_into_a_file(tmp_path: Path) -> None:
    for kind, name in (
        ("promela", "m.pml"),
        ("murphi", "m.m"),
        ("tla", "M.tla"),
        ("aut", "m.aut"),
        ("graphml", "m.xml"),
    ):
        shown = call("export", kind, THREE)
        assert shown.code == 0
        assert (shown.err == "") is (kind not in MODELS)
        written = call("export", kind, THREE, "-o", tmp_path / name)
        assert written.code == 0
        assert str(tmp_path / name) in written.out
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text == shown.out or kind == "tla"
    assert "INIT Init" in (tmp_path / "M.cfg").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", MODELS)
def test_what_a_model_leaves_out_is_told_with_the_reason(kind: str, tmp_path: Path) -> None:
    written = call("export", kind, THREE, "-o", tmp_path / "M.tla")
    assert written.code == 0
    head, *told = written.err.splitlines()
    assert head == f"{kind}: 2 of 4 properties exported; left out, as the model's head says:"
    assert [line.split(": ")[0].strip() for line in told] == ["all can commit", "all can abort"]
    assert all(LEFT_OUT in line for line in told)
    model = (tmp_path / "M.tla").read_text(encoding="utf-8")
    assert model.count(f"left out: all can commit: {LEFT_OUT}") == 1
    assert "left out: something can always happen" not in model


def test_state_spaces_have_the_published_count(tmp_path: Path) -> None:
    assert call("export", "aut", THREE).out.startswith("des (0, 1145, 288)\n")
    call("export", "graphml", THREE, "-o", tmp_path / "m.xml")
    graph = nx.read_graphml(tmp_path / "m.xml")
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (288, 1145)


@pytest.mark.skipif(not (shutil.which("spin") and shutil.which("cc")), reason="needs spin and a C compiler")
def test_spin_takes_the_model_as_it_is_written(tmp_path: Path) -> None:
    call("export", "promela", THREE, "-o", tmp_path / "model.pml")
    subprocess.run(["spin", "-o2", "-a", "model.pml"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["cc", "-DSAFETY", "-DNOREDUCE", "-w", "-o", "pan", "pan.c"], cwd=tmp_path, check=True)
    found = subprocess.run(["./pan"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "errors: 0" in found
    assert "288 states, stored" in found


def test_a_deployment_is_exported_with_the_general_questions(tmp_path: Path) -> None:
    shown = call("export", "murphi", "--instances", "Counter=1", "--instances", "Watering=1", "--faults", "none")
    assert (shown.code, shown.err) == (0, "")
    assert "left out" not in shown.out
    assert "something can always happen" in shown.out or "no event is lost" in shown.out


def test_what_can_t_be_exported_is_told(tmp_path: Path) -> None:
    wrong = call("export", "promella", THREE)
    assert wrong.code == 2
    assert "did you mean 'promela'?" in wrong.err
    named = call("export", "tla", THREE, "-o", tmp_path / "two phase.tla")
    assert named.code == 2
    assert "write two_phase.tla" in named.err
    large = call("export", "aut", THREE, "--max-states", "100")
    assert large.code == 2
    assert "the state space is not complete" in large.err
    many = call("export", "promela", "--instances", "Counter=1000")
    assert many.code == 2
    assert "allowed: 64" in many.err
