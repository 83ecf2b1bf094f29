"""How far a search has come, told while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Progress:
    """A search under way: states found, those of them not expanded yet, transitions, distance reached, seconds."""

    distinct: int
    waiting: int
    transitions: int
    depth: int
    seconds: float


Report: TypeAlias = Callable[[Progress], None]
"""What is called with the progress, a few times a second, in the thread that started the search."""
