"""What the compiled loops rest on: tables by units, and the two kinds of entries of the hash table."""

from __future__ import annotations

from collections import Counter
from inspect import unwrap

import numpy as np
import pytest

from goalstate.model.engines import reference
from goalstate.model.engines.explicit import kernels, structures
from goalstate.model.engines.explicit import search as explicit
from goalstate.model.engines.explicit.machines import Machines
from goalstate.model.engines.explicit.units import ASKING, FREE, GUARDED, LISTED, LOOP, Units
from goalstate.model.network import Network
from goalstate.model.network.statespace import StateSpace
from tests.toys.counters import counters, relay
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import COUNTS, two_phase_commit


@pytest.mark.parametrize("bits", [6, 12, 17])
def test_the_mixer_is_a_permutation(bits: int) -> None:
    states = np.arange(1 << bits, dtype=np.uint64)
    with np.errstate(over="ignore"):
        codes = unwrap(kernels.mix)(states, structures.Mixer.of(bits, 1))
    assert np.array_equal(np.sort(codes), states << np.uint64(64 - bits))


@pytest.mark.parametrize(("bits", "lines", "begin"), [(12, 32, 0), (18, 77, 0), (38, 33, 12_345), (45, 5_000, 1 << 44)])
def test_an_exact_entry_tells_every_state_from_every_other(bits: int, lines: int, begin: int) -> None:
    assert structures.exact(lines, bits, 1)
    table = structures.Table.of(lines, 0, bits)
    codes = np.arange(begin, begin + min(1 << bits, 1 << 19), dtype=np.uint64) << np.uint64(64 - bits)
    line, between = unwrap(kernels.locate)(codes, lines)
    entries = unwrap(kernels.exact_entry)(codes, between, table.open, table.rest)
    assert len(np.unique(line.astype(np.uint64) << np.uint64(32) | entries)) == len(codes)
    assert line.max() < structures.REGIONS * lines
    # The last four bits count the lines it is away from its own; the first says that the entry is in use.
    assert not (entries & 15).any()
    assert (entries >> 31).all()


def test_what_an_exact_entry_can_hold() -> None:
    assert structures.exact(32, 38, 1)
    assert not structures.exact(31, 38, 1), "five bits of the line, four of the displacement, one in use"
    assert not structures.exact(1 << 14, 48, 1)
    assert structures.exact(1 << 15, 48, 1)
    assert not structures.exact(1 << 30, 20, 2), "two words have no permutation here"


def compiled(monkeypatch: pytest.MonkeyPatch, network: Network, **settings: object) -> StateSpace:
    for name, value in {"SMALL": 1, "WIDE": 64, "ROUND": 2_000, **settings}.items():
        monkeypatch.setattr(explicit, name, value)
    return explicit.explore(network, graph=True)


def test_both_kinds_of_entries_find_the_same_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    network = two_phase_commit(5)
    with_exact = compiled(monkeypatch, network)
    monkeypatch.setattr(explicit, "exact", lambda lines, bits, words: False)
    with_numbers = compiled(monkeypatch, network)
    assert (with_exact.packed == with_numbers.packed).all()
    assert with_exact.graph is not None
    assert with_numbers.graph is not None
    assert (with_exact.graph.targets == with_numbers.graph.targets).all()


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("wide", [64, 1 << 40])
def test_a_table_that_is_too_full_grows(monkeypatch: pytest.MonkeyPatch, exact: bool, wide: int) -> None:
    """At a load that no one would allow, states don't find a place; nothing is lost by that."""
    if not exact:
        monkeypatch.setattr(explicit, "exact", lambda lines, bits, words: False)
    grown = Counter[int]()
    enlarge = explicit._Compiled._enlarge_table_for

    def counting(self: explicit._Compiled, wanted: int) -> bool:
        grown[wanted == self.fitting + 1] += 1
        return enlarge(self, wanted)

    reserve = explicit._Compiled._reserve
    monkeypatch.setattr(explicit._Compiled, "_enlarge_table_for", counting)

    def reckoning_low(self: explicit._Compiled, wanted: int) -> bool:
        return reserve(self, wanted if wanted == self.known + self.room else min(wanted, self.known + 100))

    monkeypatch.setattr(explicit._Compiled, "_reserve", reckoning_low)
    space = compiled(monkeypatch, two_phase_commit(5), LOAD=0.9999, FIRST_SLOTS=1 << 10, WIDE=wide, GENEROUS=0)
    assert (space.distinct, space.transitions, space.depth) == COUNTS[5]
    assert grown[True] > 0


@pytest.mark.parametrize("network", [two_phase_commit(5), philosophers(8), relay(70)], ids=lambda n: n.name)
def test_tables_made_anew_in_the_middle_change_nothing(monkeypatch: pytest.MonkeyPatch, network: Network) -> None:
    wanted = reference.explore(network)
    space = compiled(monkeypatch, network, WIDE=8, FIRST_SAMPLE=16, SAMPLED_AGAIN=2)
    assert (space.distinct, space.transitions, space.depth) == (wanted.distinct, wanted.transitions, wanted.depth)
    assert {tuple(row) for row in space.packed.tolist()} == {tuple(row) for row in wanted.packed.tolist()}


def test_what_a_unit_decides_in_advance() -> None:
    """Two counters of three bits each share a unit, which asks nobody."""
    network = counters(2, 7)
    units = Units.of(Machines.of(network))
    assert units.units.tolist() == [[0, 0, 63, 0]]
    assert [len(events) for events in units.events] == [2 * 64, 0, 0, 0, 0]
    assert units.most == 2


def test_a_fork_is_asked_by_its_bit_and_a_record_by_two() -> None:
    network = philosophers(12)
    units = Units.of(Machines.of(network))
    kinds = {kind: set(units.events[kind].tolist()) for kind in (FREE, LOOP, GUARDED, ASKING, LISTED)}
    assert kinds[GUARDED] | kinds[FREE] == set(range(len(network.events)))
    assert not kinds[LOOP] | kinds[ASKING] | kinds[LISTED]
    commit = two_phase_commit(9)
    units = Units.of(Machines.of(commit))
    names = {kind: {commit.events[e].name for e in units.events[kind].tolist()} for kind in range(5)}
    assert "TMCommit" in names[GUARDED], "every record has received: one comparison"
    assert "rm8/TMRcvPrepared" in names[ASKING], "sent becomes received, received stays"
    assert "rm0/RMRcvCommit" in names[LOOP], "in the same unit as the transaction manager"
