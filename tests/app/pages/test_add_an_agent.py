"""The guide on a new agent, done as it says: the agent's test passes once the agent is a part of the workflow."""

import re

import pytest

from conftest import CREATED
from goalstate.model import instance
from goalstate.properties.predicates import PredicateError
from tests.app.calls import ROOT

PAGE = (ROOT / "docs" / "guides" / "add-an-agent.md").read_text(encoding="utf-8")


def ran(text: str, package: str) -> dict[str, object]:
    """The names of a module of the page, as if it were one of a package."""
    names: dict[str, object] = {"__name__": f"{package}.log_shipper", "__package__": package}
    exec(compile(text, "add-an-agent.md", "exec"), names)
    return names


@pytest.mark.skipif((ROOT / "model" / "agents" / "log_shipper.py").exists(), reason="somebody does what the page says")
def test_the_test_of_the_guide_fails_before_the_agent_is_in_the_workflow_and_passes_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (created,) = CREATED.finditer(PAGE)
    (line,) = re.findall(r"^```text\n *(Part\(.*\)),\n```$", PAGE, re.MULTILINE)
    (test,) = (
        text for text in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) if "def test_" in text
    )
    names = ran(test, "tests")
    the_test = names["test_logs_are_shipped_while_the_guest_runs"]
    assert callable(the_test)
    with pytest.raises(PredicateError, match="ship_logs"):
        the_test()
    part = eval(line, {"Part": instance.Part, **ran(created["text"], "goalstate.model.agents")})
    monkeypatch.setattr(instance, "AFTER_TASKS", (*instance.AFTER_TASKS, part))
    the_test()
