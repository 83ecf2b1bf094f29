"""The compiled loops of ``kernels``, loaded on first use: importing the compiler takes longer than most searches."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from . import kernels

    return getattr(kernels, name)
