"""The compiled loops of ``kernels``, loaded on first use: importing the compiler takes longer than most searches."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):  # Python asks every module for such names; there is nothing to load for them
        raise AttributeError(name)
    from . import kernels

    return getattr(kernels, name)
