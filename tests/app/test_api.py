"""The front door: `import goalstate` is light, and its names are those of the public interface."""

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
