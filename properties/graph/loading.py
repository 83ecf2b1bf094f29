"""Compiled loops for two processes: loaded while there is one, and kept on disk by one at a time.

numba writes what it has compiled as an index and a data file, one after the other (``numba.core.caching``,
``IndexDataCacheFile.save``).  Between the two, another process would find in the index what the data file does not have
yet, and load what an older version had left there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from .traversal import load


@contextmanager
def compiled_loops() -> Iterator[None]:
    """The compiler and what the loops need of it, for this process and its copies (which only Linux has)."""
    import fcntl

    load()
    from numba.core.caching import Cache

    lock = os.memfd_create("compiled loops")

    def one_at_a_time(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def guarded(*arguments: Any) -> Any:
            fcntl.lockf(lock, fcntl.LOCK_EX)  # that of a process which is killed is given back
            try:
                return method(*arguments)
            finally:
                fcntl.lockf(lock, fcntl.LOCK_UN)

        return guarded

    known = Cache.load_overload, Cache.save_overload
    Cache.load_overload, Cache.save_overload = map(one_at_a_time, known)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Cache.load_overload, Cache.save_overload = known  # type: ignore[method-assign]
        os.close(lock)
