"""How much memory this machine would still give to a search: physical memory, and the limit of the container around it."""

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
    # Control groups, version 2 and 1; "max" and absurdly large numbers mean that there is no limit.
    for most, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            limit, current = (int(Path(p).read_text(encoding="ascii")) for p in (most, used))
        except (OSError, ValueError):
            continue
        if limit < 1 << 60:
            yield max(limit - current, 0)
