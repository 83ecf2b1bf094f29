"""Neither random bytes nor a damaged file make reading raise anything but a `DeploymentError` with reasons."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from goalstate.model.deployment import DeploymentError, Problem, read_configuration, read_definition

from .services import worker


def problems_of(reader: Callable[[Path], object], path: Path) -> tuple[Problem, ...]:
    try:
        reader(path)
    except DeploymentError as error:
        return error.problems
    return ()


def read_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csdef")
        path.write_bytes(data)
        for problem in (*problems_of(read_definition, path), *problems_of(read_configuration, path)):
            assert problem.location.line >= 1
            assert problem.message.count("; ") >= 2


@given(st.binary(max_size=200))
def test_no_bytes_give_another_exception(data: bytes) -> None:
    read_bytes(data)


PIECES = [
    "<",
    ">",
    "/>",
    "</",
    "=",
    '"',
    "&",
    "&amp;",
    "\n",
    "Startup",
    "Task",
    "WebRole",
    "Site",
    "name",
    "port",
    "é",
    "\x00",
]


@given(st.data())
def test_no_damage_to_a_good_file_gives_another_exception(data: st.DataObject) -> None:
    text = worker('<Startup><Task commandLine="a.cmd" taskType="simple"/></Startup>', '<Endpoints><InputEndpoint '
                  'name="I" protocol="tcp" port="80"/></Endpoints>')  # fmt: skip
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 10)))
        text = text[:begin] + data.draw(st.sampled_from(PIECES)) + text[end:]
    read_bytes(text.encode("utf-8"))
