"""The fast loop chooses the tests that mirror a change, and says which ones it left out."""

from pathlib import Path

import pytest

from tests import quick


def test_a_module_leads_to_its_tests_and_those_of_its_folder() -> None:
    chosen = quick.selected(["model/notation/terms.py"])
    assert chosen[:2] == ["tests/model/notation/test_terms.py", "tests/model/notation"]
    assert set(quick.ALWAYS) <= set(chosen)


def test_a_changed_test_and_a_changed_page_come_first() -> None:
    chosen = quick.selected(["model/notation/terms.py", "tests/diagrams/test_traces.py", "README.md"])
    assert chosen.index("tests/diagrams/test_traces.py") < chosen.index("tests/model/notation")
    assert "README.md" in chosen


def test_an_agent_leads_to_counts_and_requirements() -> None:
    assert {"tests/model/agents", "tests/test_counts.py"} <= set(quick.selected(["model/agents/log_shipper.py"]))


def test_every_named_test_exists() -> None:
    named = {*quick.ALWAYS, *(test for tests in quick.BESIDES.values() for test in tests)}
    assert [test for test in sorted(named) if not (quick.ROOT / test).exists()] == []


def test_what_is_not_there_is_not_run(tmp_path: Path) -> None:
    assert quick.selected(["model/notation/terms.py"], tmp_path) == []


def test_tests_that_begin_too_late_are_skipped_with_the_reason() -> None:
    quick.OutOfTime(60).pytest_runtest_setup()
    with pytest.raises(pytest.skip.Exception, match="`make test` runs it"):
        quick.OutOfTime(-1).pytest_runtest_setup()
