"""What this machine gives to a search: cores, and memory, with the limit of the container around it.

A limit that each stage counts for itself holds only where somebody has counted.  So the system counts too: RLIMIT_DATA
bounds what a process may write to, and beyond it an allocation is refused and Python raises MemoryError, at whatever
stage.  Nothing is killed, and what was found so far stays.

Sources: setrlimit(2) (RLIMIT_DATA counts private mappings since Linux 4.7); proc(5) for VmData.
Left out: systems other than Linux do not enforce it; there the stages' own counts are the only limit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNKNOWN = 4 << 30
"""What is assumed where the system doesn't tell: 4 GiB."""

SHARE = 0.5
"""The part of it that a verification takes, with all its processes, unless told otherwise."""

LEAST = 200_000_000
"""Bytes: a process is not held to less, since the interpreter and its libraries need that much to work at all."""


def automatic_limit() -> int:
    """Bytes a verification may take when no limit was given, all its processes together.

    >>> automatic_limit() > 0
    True
    """
    return int(SHARE * min([*_system(), *_container()], default=UNKNOWN))


def cores() -> int:
    """The cores that this process may use.

    >>> cores() > 0
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def taken() -> int:
    """Bytes that this process may write to already, used or not; 0 where the system doesn't tell.

    >>> taken() >= 0
    True
    """
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def room(otherwise: int) -> int:
    """Bytes that this process may still take; ``otherwise`` where nothing holds it."""
    most = allowed()
    return otherwise if most is None else max(0, most - taken())


def allowed() -> int | None:
    """Bytes that this process may write to in all; None where the system doesn't limit that."""
    if sys.platform != "linux":
        return None
    import resource

    most = resource.getrlimit(resource.RLIMIT_DATA)[0]
    return None if most == resource.RLIM_INFINITY else most


def allow(most: int | None) -> None:
    """Let the system refuse this process more than so many bytes (None: as many as it may have at all)."""
    if sys.platform != "linux":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = hard if most is None else most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


@contextmanager
def kept_within(more: int) -> Iterator[None]:
    """Inside, this process takes at most so many bytes more than it has now; a narrower limit around it stays.

    Less than ``LEAST`` is left to those who count what they take.

    >>> with kept_within(300_000_000):
    ...     room(300_000_000) <= 300_000_000
    True
    """
    before = allowed()
    wanted = taken() + max(more, LEAST)
    allow(wanted if before is None else min(before, wanted))
    try:
        yield
    finally:
        allow(before)


def _system() -> Iterator[int]:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024
                return
    except OSError:
        pass  # not Linux
    try:
        # Half of what is built in: macOS tells no better.
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return  # Windows has no sysconf


def _container() -> Iterator[int]:
    # Control groups, version 2 and 1; "max" and absurdly large numbers mean that there is no limit.  What is in use
    # includes files the kernel only keeps because there is room; those it gives up.
    for group, most, used, files in (
        ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            limit, current = (int(Path(group, name).read_text(encoding="ascii")) for name in (most, used))
            statistics = Path(group, "memory.stat").read_text(encoding="ascii")
        except (OSError, ValueError):
            continue
        spare = sum(int(line.split()[1]) for line in statistics.splitlines() if line.split()[0] == files)
        if limit < 1 << 60:
            yield max(limit - current + spare, 0)
