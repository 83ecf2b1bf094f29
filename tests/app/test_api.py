"""The front door: `import goalstate` is light, and its names are those of the public interface."""

import inspect
import re
import subprocess
import sys

import pytest

import goalstate
from goalstate import api


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'numba', 'networkx', 'goalstate.api'}"
    program = f"import sys, goalstate; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_names_are_those_of_the_api() -> None:
    assert goalstate.__all__ == api.__all__ == sorted(api.__all__)
    assert set(api.__all__) <= set(dir(goalstate))
    assert goalstate.verify is api.verify


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="verfy"):
        getattr(goalstate, "verfy")  # noqa: B009 - mypy knows that there is none


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_is_in_an_example(name: str) -> None:
    texts = (api.__doc__ or "", inspect.getdoc(getattr(goalstate, name)) or "")
    examples = [line for text in texts for line in text.splitlines() if line.lstrip().startswith((">>>", "..."))]
    assert any(re.search(rf"\b{name}\b", line) for line in examples), f"{name}: no example uses it"
