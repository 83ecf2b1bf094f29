"""A network as flat integer tables: for a local state, which events its component offers and what they do.

An event needs its sender.  So a search asks each component what its local state offers, and only then asks the other
participants: the work is proportional to the offers, not to the alphabet.  Components with equal charts share one
table.

These are for the search in plain Python, which must not wait for tables; ``units`` has those of the compiled loops.

Left out, since they can't matter: participants that take the event everywhere and never change, and
events that some participant never takes.  Participants that hold an event back most often are asked first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...network import GlobalState, Network
from ...network.statespace import Layout
from ...notation.lts import LTS, NONE

Integers: TypeAlias = NDArray[np.int64]
Successors: TypeAlias = Callable[[GlobalState], list[tuple[int, GlobalState]]]


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of one network.

    ``senders``, a row per component that sends, by word: word, shift and mask, where its local states begin in
    ``offer_start``, its first event, its number.  ``offers[offer_start[s]:offer_start[s + 1]]`` are, for a local state,
    pairs of an event (counted from the sender's first) and the sender's next local state.
    ``others[other_start[e]:other_start[e + 1]]`` are the other participants of event ``e``: word, shift and mask of the
    field, where their next local states for this event begin in ``moves``, their number.
    """

    layout: Layout
    senders: Integers
    offer_start: Integers
    offers: Integers
    other_start: Integers
    others: Integers
    moves: NDArray[np.int32]

    @classmethod
    def of(cls, network: Network) -> Tables:
        """The tables of a network."""
        layout = Layout.of(network)
        machines: dict[int, LTS] = {id(c.lts): c.lts for c in network.components}
        base: dict[int, int] = {}
        size = 0
        for key, lts in machines.items():
            base[key] = size
            size += lts.moves.size
        moves = np.concatenate([lts.moves.ravel() for lts in machines.values()] or [np.empty(0, np.int32)])
        taken = {key: (lts.moves != NONE).mean(axis=1).tolist() for key, lts in machines.items()}
        idle = {
            key: (lts.moves == np.arange(lts.size, dtype=np.int32)).all(axis=1).tolist()
            for key, lts in machines.items()
        }

        sent: list[list[tuple[int, int]]] = [
            [] for _ in network.components
        ]  # live events: number from the first, in the LTS
        first: dict[int, int] = {}
        other_start, others = [0], []
        for number, event in enumerate(network.events):
            begin = first.setdefault(event.sender, number)
            asked = []
            for i, e in event.participants:
                lts = network.components[i].lts
                share = taken[id(lts)][e]
                if i == event.sender:
                    mine = e
                elif not idle[id(lts)][e]:
                    word, shift, width = layout.fields[i]
                    asked.append((share, (word, shift, (1 << width) - 1, base[id(lts)] + e * lts.size, i)))
            if all(share for share, _ in asked):
                sent[event.sender].append((number - begin, mine))
                others += [row for _, row in sorted(asked)]
            other_start.append(len(others))

        senders = []
        starts: list[Integers] = []
        offers: list[Integers] = []
        known: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        states = entries = 0
        for i, component in enumerate(network.components):
            if not sent[i]:
                continue
            key2 = (id(component.lts), tuple(sent[i]))
            if key2 not in known:
                chosen = component.lts.moves[[e for _, e in sent[i]]].T
                where, which = np.nonzero(chosen != NONE)
                counts = np.bincount(where, minlength=component.lts.size)
                known[key2] = states
                starts.append(entries + np.concatenate(([0], np.cumsum(counts))))
                names = np.array([k for k, _ in sent[i]], dtype=np.int64)
                offers.append(np.stack([names[which], chosen[where, which].astype(np.int64)], axis=1))
                states += component.lts.size + 1
                entries += len(where)
            word, shift, width = layout.fields[i]
            senders.append((word, shift, (1 << width) - 1, known[key2], first[i], i))
        senders.sort(key=lambda row: (row[0], row[-1]))
        return cls(
            layout,
            np.array(senders, dtype=np.int64).reshape(-1, 6),
            np.concatenate([*starts, np.empty(0, np.int64)]),
            np.concatenate([*offers, np.empty((0, 2), np.int64)]),
            np.array(other_start, dtype=np.int64),
            np.array(others, dtype=np.int64).reshape(-1, 5),
            moves,
        )

    def successors(self) -> Successors:
        """A function from an unpacked state to its events and next states, in the order of the network's events."""
        senders = [(i, start, first) for _, _, _, start, first, i in self.senders.tolist()]
        offered: dict[tuple[int, int], list[tuple[int, int, list[tuple[int, list[int]]]]]] = {}
        columns: dict[tuple[int, int], list[int]] = {}

        def column(base: int, size: int) -> list[int]:
            if (base, size) not in columns:
                columns[base, size] = self.moves[base : base + size].tolist()
            return columns[base, size]

        def look_up(
            sender: int, start: int, first: int, local: int
        ) -> list[tuple[int, int, list[tuple[int, list[int]]]]]:
            begin, end = self.offer_start[start + local : start + local + 2].tolist()
            found = []
            for k, following in self.offers[begin:end].tolist():
                rows = self.others[self.other_start[first + k] : self.other_start[first + k + 1]].tolist()
                asked = [(i, column(base, min(mask + 1, len(self.moves) - base))) for _, _, mask, base, i in rows]
                found.append((first + k, following, asked))
            offered[sender, local] = found
            return found

        def successors(state: GlobalState) -> list[tuple[int, GlobalState]]:
            found = []
            for sender, start, first in senders:
                local = state[sender]
                offers = offered.get((sender, local))
                if offers is None:
                    offers = look_up(sender, start, first, local)
                for event, mine, asked in offers:
                    following = list(state)
                    following[sender] = mine
                    for i, moves in asked:
                        move = moves[state[i]]
                        if move == NONE:
                            break
                        following[i] = move
                    else:
                        found.append((event, tuple(following)))
            return found

        return successors
