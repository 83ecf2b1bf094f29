"""Which services paths stand for: one, or all below a folder; and which of them have changed in git.

A folder with a `.csdef` is a service.  A folder without one stands for the services below it, as for the pytest plugin.
Folders that a build writes, and hidden ones, are not looked into.  A service has changed if a `.csdef`, a `.cscfg` or
the `goalstate.toml` in its folder has: in a commit since, in the working tree, or as a file that git does not know yet.

Left out: Python files with networks below a folder; they are named one by one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..terminal.errors import UserError
from ..terminal.page import tame
from .acceptance import NAME

BUILT = frozenset({"bin", "obj", "csx", "node_modules", "packages"})
"""Folders with copies of definitions, which Visual Studio and package managers write."""

KINDS = frozenset({".csdef", ".cscfg"})


def services(paths: Sequence[str]) -> list[tuple[str, ...]]:
    """The paths of each service; one that is given by several paths stays one.  Raises UserError."""
    folders = [path for path in paths if os.path.isdir(path)]
    definitions = [path for path in paths if Path(path).suffix.casefold() == ".csdef"]
    if len(paths) == 1 and folders and not _defines(Path(paths[0])):
        return [(str(folder),) for folder in below(Path(paths[0]))] or [tuple(paths)]
    if len(paths) < 2 or (len(definitions) < 2 and not folders):
        return [tuple(paths)]
    found: list[tuple[str, ...]] = []
    for path in paths:
        if not os.path.lexists(path) and ".py" not in path:
            raise UserError(
                f"{tame(path)}:1: there is no such file or folder; allowed: folders, .csdef files and FILE.py:NAME; "
                "check the name"
            )
        if Path(path).suffix.casefold() == ".cscfg":
            raise UserError(
                f"{tame(path)}: a configuration among several services; allowed: folders, .csdef files and "
                "FILE.py:NAME; name the folder, or the service alone"
            )
        inside = list(below(Path(path))) if path in folders and not _defines(Path(path)) else []
        found += [(str(folder),) for folder in inside] or [(path,)]
    return list(dict.fromkeys(found))


def below(folder: Path) -> Iterator[Path]:
    """The folders below one that hold a definition, in the order of their names."""
    for here, inside, files in os.walk(folder):
        inside[:] = sorted(name for name in inside if name.casefold() not in BUILT and not name.startswith("."))
        if any(name.casefold().endswith(".csdef") for name in files):
            yield Path(here)


def changed(found: Sequence[tuple[str, ...]], since: str) -> list[tuple[str, ...]]:
    """Those of the services that have changed since a commit; raises UserError where git can't tell."""
    touched: dict[Path, frozenset[Path]] = {}
    chosen = []
    for paths in found:
        file = Path(paths[0])
        folder = (file if file.is_dir() else file.parent).resolve()
        top = Path(_git(folder, "rev-parse", "--show-toplevel", since=since).rstrip("\n"))
        if top not in touched:
            touched[top] = _touched(top, since)
        if any(_counts(path, file) for path in touched[top] if path.parent == folder):
            chosen.append(paths)
    return chosen


def _counts(path: Path, subject: Path) -> bool:
    """Whether a file that has changed, in the folder of a service, is one of the service's."""
    return path.suffix.casefold() in KINDS or path.name in (NAME, subject.name.rpartition(":")[0] or subject.name)


def _touched(top: Path, since: str) -> frozenset[Path]:
    base = _git(top, "merge-base", since, "HEAD", since=since).strip()
    names = _git(top, "diff", "--name-only", "-z", "--no-renames", base, since=since)
    names += _git(top, "ls-files", "--others", "--exclude-standard", "-z", since=since)
    return frozenset((top / name).resolve() for name in names.split("\0") if name)


def _git(folder: Path, *arguments: str, since: str) -> str:
    """What git says; raises UserError."""
    if not since or since.startswith("-"):
        raise UserError(
            f"--changed: {tame(since)!r} is no commit; allowed: what git knows, as in --changed origin/main"
        )
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(
            f"--changed: git can't be run ({error.strerror}); allowed: a machine with git; leave --changed out"
        ) from None
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise UserError(
            f"--changed {tame(since)}: git says of {tame(str(folder))}: {tame(reason)}; allowed: a commit or branch of "
            "the repository of the services, as in --changed HEAD or --changed origin/main"
        )
    return done.stdout


def _defines(folder: Path) -> bool:
    try:
        return any(name.casefold().endswith(".csdef") for name in os.listdir(folder))
    except OSError:
        return True  # reading says what is wrong with it
