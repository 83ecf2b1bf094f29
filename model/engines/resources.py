"""What this machine gives to a search: cores, and memory, with the limit of the container around it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = 4 << 30
"""What is assumed where the system doesn't tell: 4 GiB."""

SHARE = 0.85
"""The part of it that a search takes unless told otherwise."""


def automatic_limit() -> int:
    """Bytes a search may take when no limit was given.

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
