"""SPIN gives the same verdicts on formulas of linear time, with and without its weak fairness; skipped without SPIN.

`python -m benchmarks.temporal` asks about hundreds of networks; here are a few, and some whose answers are known.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from goalstate.model.exports.system import ExportError
from goalstate.model.network import Network
from goalstate.properties.exporting.promela import with_choices, with_processes
from goalstate.properties.temporal.reading import linear
from tests.toys.counters import relay
from tests.toys.peterson import peterson

from .random_graphs import random_network
from .spin import compare, compiled, violated

needs_spin = pytest.mark.skipif(not (shutil.which("spin") and shutil.which("gcc")), reason="no spin or no gcc here")

KNOWN = [
    (peterson(), "never ({p0: in(critical)} & {p1: in(critical)})", False),
    (peterson(gives_turn=False), "{p1: in(waits)} leads to {p1: in(critical)}", True),
    (peterson(), "G (<p0/raises> -> X <p0/gives_turn>)", True),
    (relay(2), "X G !<hand_0>", False),
    (relay(2), "G F <hand_0>", True),
]


@needs_spin
@pytest.mark.parametrize(("network", "text", "broken"), KNOWN)
def test_known_answers(network: Network, text: str, broken: bool, tmp_path: Path) -> None:
    compiled(with_choices(network, [linear(text, network)]), 0, tmp_path)
    assert violated(tmp_path) is broken


@needs_spin
@pytest.mark.parametrize("number", range(4))
def test_random_networks(number: int, tmp_path: Path) -> None:
    assert compare(random_network(Random(number)), number, tmp_path).differences == ()


def test_a_formula_with_events_needs_choices() -> None:
    network = peterson()
    with pytest.raises(ExportError, match="a formula about states without 'next' is needed here, not X true"):
        with_processes(network, [linear("X true", network)])
