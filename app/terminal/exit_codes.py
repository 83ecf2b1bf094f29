"""Exit codes, the same for every command.

Source: `EX_SOFTWARE` of BSD's sysexits.h for a fault in the program itself, and 128 + SIGINT as shells have it.
"""

from __future__ import annotations

HOLDS, VIOLATED, WRONG, UNKNOWN, VACUOUS = 0, 1, 2, 3, 4
"""Holds or done; violated; wrong input or usage; unknown, stopped by a limit or by hand; held, but put to no test."""

UNJUSTIFIED = 5
"""Of `goalstate.development mutants` alone: a mutant survives without a reason, or one with a reason does not."""

IMPOSSIBLE = 6
"""Of `replay` alone: the run can't happen on the definition, so that nothing is said about its property."""

BROKEN = 70
"""A fault of goalstate itself: says nothing about the service."""

INTERRUPTED = 130
"""Ctrl-C before there was anything to report."""
