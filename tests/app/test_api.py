"""The front door: `import goalstate` is light, and every public name is documented with an example that runs."""

import subprocess
import sys

import pytest

import goalstate
from goalstate import api


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'numba', 'networkx', 'goalstate.api'}"
    program = f"import sys, goalstate; sys.exit(bool({heavy} & set(sys.modules)))"
        "import sys, goalstate; sys.exit(bool({'numpy', 'numba', 'networkx', 'goalstate.api'} & set(sys.modules)))"


def test_the_names_are_those_of_the_api() -> None:
    assert goalstate.__all__ == api.__all__ == sorted(api.__all__)
    assert set(api.__all__) <= set(dir(goalstate))
    assert goalstate.verify is api.verify


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="verfy"):
        goalstate.verfy  # noqa: B018
