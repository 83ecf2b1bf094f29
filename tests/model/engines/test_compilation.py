"""What numba keeps on disk is a help: broken files are thrown away, and a full disk is no error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LOOP = """
import sys
from goalstate.model.engines.compilation import compiled

@compiled()
def double(n):
    return 2 * n

print(double(21), sum(double.stats.cache_hits.values()))
"""


def run(folder: Path) -> str:
    """What the loop says: its result, and how many loops were read from disk."""
    done = subprocess.run([sys.executable, folder / "loop.py"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [0, 20])
def test_a_broken_file_is_thrown_away_and_the_loop_compiled_anew(tmp_path: Path, ending: str, left: int) -> None:
    (tmp_path / "loop.py").write_text(LOOP, encoding="utf-8")
    assert run(tmp_path) == "42 0"
    assert run(tmp_path) == "42 1"
    [file] = tmp_path.rglob(f"*.{ending}")
    file.write_bytes(file.read_bytes()[:left])
    assert run(tmp_path) == "42 0"
    assert run(tmp_path) == "42 1"


GONE = """
import os
from goalstate.model.engines.compilation import Kept

class Nothing:
    def load_overload(self, signature, context): return None
    def save_overload(self, signature, compiled): pass

os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
here, kept = os.stat("."), Kept(Nothing())
kept.load_overload(None, None)
print(os.getcwd())
kept.save_overload(None, None)
print(os.path.samestat(here, os.stat(".")))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that somebody works in")
def test_a_loop_is_compiled_in_a_folder_that_there_is(tmp_path: Path) -> None:
    """Numba asks for the working folder while it compiles; it may be no more."""
    done = subprocess.run([sys.executable, "-c", GONE], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["/", "True"], "")
