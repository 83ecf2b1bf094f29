"""Ways to call the command line, and services and networks to call it with."""

import io
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from goalstate.cli import Read, run
from goalstate.commands.verify import judged
from goalstate.model.network.statespace import Limits
from goalstate.properties.service.settings import Settings
from goalstate.properties.service.verification import Report
from goalstate.reading.subjects import read_subject
from goalstate.terminal.exit_codes import BROKEN

ROOT = Path(__file__).resolve().parents[2]
WATCHDOG = str(ROOT / "examples" / "watchdog.py")
TWO_PHASE_COMMIT = str(ROOT / "examples" / "two_phase_commit.py")

NAMESPACE = "http://schemas.microsoft.com/ServiceHosting/2008/10/"
DEFINITION = f"""<ServiceDefinition name="Quay" xmlns="{NAMESPACE}ServiceDefinition">
  <WorkerRole name="Crane">
    <Startup>
      <Task commandLine="grease.cmd" />
    </Startup>
  </WorkerRole>
</ServiceDefinition>
"""
CONFIGURATION = f"""<ServiceConfiguration serviceName="Quay" xmlns="{NAMESPACE}ServiceConfiguration">
  <Role name="Crane"><Instances count="1" /></Role>
</ServiceConfiguration>
"""

QUICK = ("--faults", "task_hang=1", "--requests", "1", "--allow-vacuous")
"""Bounds under which a small service is searched in a second."""


@dataclass(frozen=True)
class Done:
    """What a call came to; the seconds are those of the processor, since the machine may be busy."""

    code: int
    out: str
    err: str
    seconds: float


def call(*arguments: str | Path) -> Done:
    """Call the command line in this process; a fault of goalstate's own is one of the test."""
    done = run_anyhow(*arguments)
    assert done.code != BROKEN, done.err
    return done


def run_anyhow(*arguments: str | Path, read: Read | None = None) -> Done:
    """Call the command line in this process, whatever comes of it; ``read`` parses the arguments of another program."""
    started = time.process_time()
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(a) for a in arguments], out, read)
    return Done(code, out.getvalue(), err.getvalue(), time.process_time() - started)


def start(*arguments: str | Path, cwd: Path | None = None, **variables: str) -> Done:
    """Call the command line as a program."""
    started = _processor_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "goalstate", *map(str, arguments)],
        cwd=cwd or ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr, _processor_seconds() - started)


def _processor_seconds() -> float:
    """Seconds that the programs called so far took (on Windows, where nobody counts, that have passed)."""
    spent = os.times()
    return spent.children_user + spent.children_system if os.name == "posix" else time.perf_counter()


def quay(folder: Path, definition: str = DEFINITION, configuration: str | None = CONFIGURATION) -> Path:
    """A service of one worker role with one simple startup task, written into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Quay.csdef").write_text(definition, encoding="utf-8")
    if configuration is not None:
        (folder / "Quay.cscfg").write_text(configuration, encoding="utf-8")
    return folder


def report_on(subject: str, max_states: int | None = None) -> Report:
    """The report on a network of the examples."""
    return judged(read_subject([subject]), Settings(limits=Limits(max_states)))
