"""A path: a start and a list of events, which exists only if it replays.

All nondeterminism of a network is the choice of the next event, so the events determine the states.  ``Path.replay`` is
the only way to a path: one that doesn't replay can't be shown.  A *lasso* is a path whose last state is one it has been
in before: from there on it can repeat for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .network import Change, GlobalState, Network, ReplayError


@dataclass(frozen=True)
class Occurrence:
    """One step of a path: the event, who takes part (the sender first), and what changed."""

    event: str
    participants: tuple[str, ...]
    changes: tuple[Change, ...]
    fault: str = ""


@dataclass(frozen=True)
class Path:
    """Events from the initial state and the states between them; ``loop`` is where a lasso returns to."""

    network: Network
    events: tuple[str, ...]
    states: tuple[GlobalState, ...]
    loop: int | None = None

    @classmethod
    def replay(cls, network: Network, events: Sequence[str], loop: int | None = None) -> Path:
        """The path that takes ``events`` one after the other.

        ``loop`` is the number of events before the loop of a lasso.  Raises ReplayError when an event can't happen,
        with its position and who holds it back, or when the loop doesn't close.
        """
        states = [network.initial]
        for position, event in enumerate(events):
            try:
                states.append(network.step(states[-1], event))
            except ReplayError as error:
                raise ReplayError(f"step {position + 1} of {len(events)}: {error}") from None
        if loop is not None and (loop >= len(events) or states[loop] != states[-1]):
            raise ReplayError(f"the loop from step {loop + 1} does not return to where it began")
        return cls(network, tuple(events), tuple(states), loop)

    def then(self, event: str) -> Path:
        """The path with one more event at its end."""
        return Path.replay(self.network, (*self.events, event))

    @property
    def last(self) -> GlobalState:
        """The state at the end."""
        return self.states[-1]

    def __len__(self) -> int:
        return len(self.events)

    def occurrences(self) -> Iterator[Occurrence]:
        """The steps, with participants and changes."""
        for event, before, after in zip(self.events, self.states, self.states[1:], strict=False):
            fault = self.network.events[self.network.event_index[event]].fault
            yield Occurrence(event, self.network.participants(event), self.network.changes(before, after), fault)
