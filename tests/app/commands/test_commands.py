"""`goalstate simulate`, `draw` and `requirements`."""

import json
from pathlib import Path

import pytest

from goalstate.diagrams.svg import LayoutError
from tests.app.calls import WATCHDOG, call, quay


class TestSimulate:
    def test_a_guided_run_ends_with_the_guide(self, tmp_path: Path) -> None:
        done = call("simulate", quay(tmp_path), "--guide", "*/on_start_returned")
        assert (done.code, done.err) == (0, "")
        assert "worker_host: OnStart returns true\n" in done.out
        assert done.out.endswith("\nthe guide ends here\n")

    def test_the_same_seed_gives_the_same_run(self) -> None:
        first, again, other = (call("simulate", f"{WATCHDOG}:hasty", "--seed", s).out for s in ("1", "1", "2"))
        assert first == again
        assert first != other

    def test_json_is_the_story(self) -> None:
        done = call("simulate", f"{WATCHDOG}:hasty", "--guide", "hang", "--guide", "restart", "--format", "json")
        story = json.loads(done.out)
        assert [s["event"] for s in story["steps"]] == ["hang", "tick", "tick", "tick", "restart"]
        assert story["guide"] == ["hang", "restart"]

    def test_a_guide_that_leads_nowhere_is_refused(self) -> None:
        done = call("simulate", f"{WATCHDOG}:hasty", "--guide", "hung")
        assert (done.code, done.out) == (2, "")
        assert "no event is called 'hung'" in done.err

    def test_an_empty_guide_is_refused(self) -> None:
        done = call("simulate", f"{WATCHDOG}:hasty", "--guide", "")
        assert (done.code, done.out) == (2, "")
        assert "--guide: an event is empty; allowed: an event, or a pattern with * and ?" in done.err

    def test_too_many_instances_for_one_network_are_refused(self, tmp_path: Path) -> None:
        done = call("simulate", quay(tmp_path), "--instances", "Crane=5000")
        assert (done.code, done.out) == (2, "")
        assert "5000 instances in one network; allowed: 64" in done.err


class TestTimes:
    def test_a_guest_that_hangs(self, tmp_path: Path) -> None:
        done = call("times", quay(tmp_path), "--fault", "guest_hang", "--tick", "5")
        assert (done.code, done.err) == (0, "")
        lines = done.out.splitlines()
        assert lines[0] == "Crane_IN_0: times in minutes; requests: 1, tick: 5 minutes, instances: all (1)"
        assert lines[3].startswith("  --faults guest_hang=1 --guide '*/guest_hangs'  anywhere ")
        assert "  10 min " in lines[3]

    def test_the_runs_are_told(self, tmp_path: Path) -> None:
        done = call("times", quay(tmp_path), "--fault", "guest_hang", "--tick", "5", "-v")
        assert "guest_hangs, since the last answer: 10 min\n" in done.out
        assert "host_agent: no answer for 10 minutes: the host agent restarts the guest OS\n" in done.out

    def test_json_has_the_runs(self, tmp_path: Path) -> None:
        done = call("times", quay(tmp_path), "--fault", "guest_hang", "--tick", "5", "--format", "json")
        (row,) = json.loads(done.out)["roles"]["Crane"]
        assert (row["kind"], row["back"]) == ("guest_hang", None)
        since = row["since_answer"]
        assert (since["shortest"]["minutes"], since["longest"]["minutes"], since["certain"]) == (10, 10, True)
        assert since["longest"]["path"][-1] == "Crane_IN_0/restart_guest"

    def test_what_is_wrong_is_said(self, tmp_path: Path) -> None:
        done = call("times", quay(tmp_path), "--fault", "guest_hangs")
        assert (done.code, done.out) == (2, "")
        assert "--fault: no kind 'guest_hangs' (did you mean 'guest_hang'?); kinds: " in done.err
        done = call("times", f"{WATCHDOG}:hasty")
        assert (done.code, done.err) == (
            2,
            "times are those of a deployment's agents; a network in a file has none of them\n",
        )

    def test_a_limit_gives_no_times(self, tmp_path: Path) -> None:
        done = call("times", quay(tmp_path), "--fault", "guest_hang", "--max-states", "50")
        assert done.code == 3
        assert done.out.startswith("unknown: guest_hang: ")


class TestMutants:
    def test_what_nothing_notices_is_listed(self) -> None:
        done = call("mutants", f"{WATCHDOG}:patient")
        assert (done.code, done.err) == (0, "")
        assert "SURVIVE " in done.out or "score 1.00" in done.out
        assert " mutants: " in done.out.splitlines()[-1]

    def test_json_has_every_mutant_of_the_sample(self, tmp_path: Path) -> None:
        bounds = ("--requests", "1", "--tick", "5")
        done = call("mutants", quay(tmp_path), "--sample", "2", "--seed", "1", *bounds, "--format", "json")
        found = json.loads(done.out)
        assert len(found["mutants"]) == 2
        fates = [bool(m["killed_by"]) + m["equivalent"] + m["unknown"] for m in found["mutants"]]
        assert found["killed"] + found["equivalent"] + found["unknown"] + len(found["survivors"]) == 2
        assert len(found["survivors"]) == fates.count(0)

    def test_bounds_are_for_deployments(self) -> None:
        done = call("mutants", f"{WATCHDOG}:hasty", "--tick", "5")
        assert (done.code, done.out) == (2, "")
        assert "--tick is for deployments" in done.err


class TestDraw:
    @pytest.mark.parametrize("kind", ["agents", "workflow", "network"])
    def test_pictures_are_written_and_named(self, kind: str, tmp_path: Path) -> None:
        done = call("draw", kind, f"{WATCHDOG}:hasty", "-o", tmp_path / "pictures")
        assert (done.code, done.err) == (0, "")
        files = [Path(name) for name in done.out.splitlines()]
        assert {f.suffix for f in files} == {".dot", ".svg", ".mmd"}
        assert sorted(files) == sorted((tmp_path / "pictures").iterdir())

    def test_where_there_is_nothing_to_draw_that_is_said(self, tmp_path: Path) -> None:
        empty = tmp_path / "empty.py"
        empty.write_text("from goalstate.model.network import Network\n\nnothing = Network(())\n", encoding="utf-8")
        done = call("draw", "agents", f"{empty}:nothing", "-o", tmp_path / "pictures")
        assert (done.code, done.out) == (2, "")
        assert "a network without agents; allowed: one or more; there is nothing to draw, add some" in done.err
        assert not (tmp_path / "pictures").exists()

    def test_an_unknown_kind_is_refused(self, tmp_path: Path) -> None:
        done = call("draw", "agent", f"{WATCHDOG}:hasty", "-o", tmp_path)
        assert (done.code, done.out) == (2, "")
        assert "no pictures of 'agent' (did you mean 'agents'?); allowed: agents, workflow, network" in done.err

    def test_a_file_in_place_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        done = call("draw", "agents", f"{WATCHDOG}:hasty", "-o", tmp_path / "file")
        assert (done.code, done.out) == (2, "")
        assert "file: can't be written" in done.err

    def test_pictures_that_cannot_be_laid_out_are_a_message(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(*_: object) -> None:
            raise LayoutError("no dot here")

        monkeypatch.setattr("goalstate.commands.draw.write_pictures", failing)
        done = call("draw", "agents", f"{WATCHDOG}:hasty", "-o", tmp_path)
        assert (done.code, done.err) == (2, "pictures of agents: no dot here\n")


class TestRequirements:
    def test_json_has_every_requirement(self) -> None:
        done = call("requirements", "--format", "json")
        rows = json.loads(done.out)
        assert done.code == 0
        assert all(row.keys() >= {"id", "text", "transitions", "properties"} for row in rows)
        (restart,) = [row for row in rows if row["id"] == "R-C4"]
        assert restart["transitions"]
        assert restart["properties"]

    def test_text_is_one_line_each_and_more_with_verbose(self) -> None:
        short, long = call("requirements"), call("requirements", "-v")
        lines = short.out.splitlines()
        assert lines[-1].startswith(f"{sum(line.startswith('R-') for line in lines)} requirements, ")
        assert "realised by" not in short.out
        assert "realised by" in long.out

    def test_ids_choose_what_is_listed(self) -> None:
        done = call("requirements", "R-C4", "R-9.1", "R-C4", "-v")
        assert (done.code, done.err) == (0, "")
        lines = done.out.splitlines()
        assert [line.split()[0] for line in lines if line.startswith("R-")] == ["R-C4", "R-9.1"]
        assert any("realised by host_agent: does restart_guest" in line for line in lines)
        assert lines[-1] == "2 requirements, 0 of them with a gap"

    def test_ids_choose_what_json_has(self) -> None:
        (row,) = json.loads(call("requirements", "R-C4", "--format", "json").out)
        assert row["id"] == "R-C4"
        assert row["transitions"]

    def test_unknown_ids_are_refused_all_at_once_with_those_probably_meant(self) -> None:
        done = call("requirements", "R-C4", "R-C44", "r-c4")
        assert (done.code, done.out) == (2, "")
        assert done.err.count("no requirement is called") == 2
        assert "no requirement is called 'R-C44' (did you mean 'R-C4'?); allowed: the ids that" in done.err
        assert "no requirement is called 'r-c4' (did you mean 'R-C4'?)" in done.err
        assert "'R-C4'; allowed" not in done.err
