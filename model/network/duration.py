"""How long a tick is: a number of units of time, such as 500 milliseconds or 5 minutes.

The network counts its ticks and nothing else; what a tick stands for is a value of the network.  Stories, deadlines and
drawings of runs take it from there, so a time is never wrong by a factor.

Left out: ticks of two lengths in one network.  The smallest length is the tick; who is slower counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class DurationError(ValueError):
    """A length of time that there is not: the message says what was allowed."""


class Unit(Enum):
    """A unit of time.

    >>> [unit.short for unit in Unit]
    ['ms', 'sec', 'min', 'hour', 'day']
    """

    MILLISECOND = "millisecond"
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def short(self) -> str:
        """The unit where there is little room, as at the margin of a story."""
        return {Unit.MILLISECOND: "ms", Unit.SECOND: "sec", Unit.MINUTE: "min"}.get(self, self.value)

    @property
    def milliseconds(self) -> int:
        """How many milliseconds the unit has."""
        return MILLISECONDS[self]


MILLISECONDS = {
    Unit.MILLISECOND: 1,
    Unit.SECOND: 1_000,
    Unit.MINUTE: 60_000,
    Unit.HOUR: 3_600_000,
    Unit.DAY: 86_400_000,
}


@dataclass(frozen=True)
class Duration:
    """A length of time: one unit or more of them.

    Raises DurationError for less than one unit.

    >>> print(Duration(500, Unit.MILLISECOND), Duration(1, Unit.MINUTE), sep=", ")
    500 milliseconds, 1 minute
    >>> Duration(0)
    Traceback (most recent call last):
    ...
    goalstate.model.network.duration.DurationError: a duration of 0 minutes; allowed: 1 or more; take a smaller unit
    """

    number: int = 1
    """How many units."""

    unit: Unit = Unit.MINUTE
    """Of which unit."""

    def __post_init__(self) -> None:
        if not isinstance(self.unit, Unit):
            allowed = ", ".join(f"Unit.{unit.name}" for unit in Unit)
            raise DurationError(f"a duration in {self.unit!r}; allowed: {allowed}; write Duration(5, Unit.SECOND)")
        if self.number < 1 or self.number % 1:
            raise DurationError(
                f"a duration of {self.number} {self.unit.value}s; allowed: 1 or more; take a smaller unit"
            )

    def __str__(self) -> str:
        return f"{self.number} {self.unit.value}{'' if self.number == 1 else 's'}"

    @property
    def milliseconds(self) -> int:
        """How many milliseconds it has."""
        return self.number * self.unit.milliseconds

    def times(self, ticks: int) -> str:
        """So many times as long, in words.

        >>> Duration(5).times(2)
        '10 minutes'
        """
        return f"{self.number * ticks} {self.unit.value}s"


MINUTE = Duration()
"""What a tick is where nothing else is said."""
