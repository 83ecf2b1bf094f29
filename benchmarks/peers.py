"""Times the explicit engine against SPIN, rumur and TLC, on the same networks and on models written by hand for them.

`python -m benchmarks.peers` from the repository root. Ours and theirs take turns; a number is the median of `--runs`
runs (default 5) in seconds of wall clock, for the whole search without claims. For SPIN (-O2; `SPIN full` is without
partial-order reduction) and rumur (-O3, all cores) the time is that of the compiled program, and translating and
compiling stand in a column of their own; TLC (all cores) starts its Java machine and reads the model in it. `ours` is
the search in a running Python, with the loops compiled before; `ours, new process` is all of a new one.

The models by hand are two-phase commit, after Lamport's TwoPhase.tla: processes and arrays in Promela, rulesets over
arrays in Murphi, sets and functions in TLA+. Their states and steps are those of the network.

`--only TEXT` takes the systems whose name contains the text (repeatable), `--tools SPIN,TLC` some of the tools,
`--large` adds systems of millions of states, and `--least 5000000` leaves the smaller ones out. A tool that runs out of
memory or of `--patience` seconds has that said in its row, and the others go on. The exit code is 1 when counts differ.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.exports.system import System
from goalstate.model.network import Network
from goalstate.model.workflow import Bounds, Faults, Workflow
from tests.model.exports import checkers
from tests.model.exports.checkers import Finding, ToolFailed, missing, rumur, spin, tlc
from tests.model.services import role, service
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import two_phase_commit


@dataclass(frozen=True)
class Rival:
    """A network, and the same system written by hand for each tool, if it was."""

    name: str
    build: Callable[[], Network]
    states: int
    by_hand: Callable[[], tuple[str, str, tuple[str, str]]] | None = None


LARGE = 2_000_000
"""States from which a system is run with ``--large`` only."""


def _workflow(kind: str, faults: int, tasks: tuple[str, ...] = ("simple",), probed: str = "default") -> Network:
    return Workflow(service(role(kind, tasks, probed)), Bounds(Faults(faults), requests=1, tick=1)).network


RIVALS = (
    Rival("two-phase commit, 5", lambda: two_phase_commit(5), 8_832, by_hand=lambda: commit_by_hand(5)),
    Rival("two-phase commit, 7", lambda: two_phase_commit(7), 296_448, by_hand=lambda: commit_by_hand(7)),
    Rival("two-phase commit, 9", lambda: two_phase_commit(9), 10_340_352, by_hand=lambda: commit_by_hand(9)),
    Rival("9 philosophers", lambda: philosophers(9), 19_682),
    Rival("12 philosophers", lambda: philosophers(12), 531_440),
    Rival("15 philosophers", lambda: philosophers(15), 14_348_906),
    Rival("worker role, 1 fault", lambda: _workflow("worker", 1, probed="none"), 12_263),
    Rival("full IIS role, 1 fault", lambda: _workflow("full IIS", 1), 36_520),
    Rival("full IIS role, 2 faults", lambda: _workflow("full IIS", 2), 395_284),
    Rival("full IIS role, 3 faults", lambda: _workflow("full IIS", 3, ("simple", "background"), "custom"), 6_097_188),
)


# -- by hand -----------------------------------------------------------------------------------------------------------

PROMELA = """\
mtype = {{ working, prepared, committed, aborted, undecided }};
mtype rm[{n}] = working;
mtype tm = undecided;
bool sent[{n}], received[{n}], commit, abort;

active [{n}] proctype manager()
{{
end:
  do
  :: d_step {{ rm[_pid] == working -> rm[_pid] = prepared; sent[_pid] = true }}
  :: d_step {{ rm[_pid] == working -> rm[_pid] = aborted }}
  :: d_step {{ commit -> rm[_pid] = committed }}
  :: d_step {{ abort -> rm[_pid] = aborted }}
  od
}}

active proctype transaction()
{{
end:
  do
{receive}
  :: d_step {{ tm == undecided && {all} -> tm = committed; commit = true }}
  :: d_step {{ tm == undecided -> tm = aborted; abort = true }}
  od
}}
"""

MURPHI = """\
type
  managers: 0 .. {last};
  place: enum {{ init, working, prepared, committed, aborted }};
var
  rm: array [managers] of place;
  tm: place;
  sent, received: array [managers] of boolean;
  commit, abort: boolean;

startstate
begin
  for r: managers do rm[r] := working; sent[r] := false; received[r] := false; end;
  tm := init;
  commit := false;
  abort := false;
end;

ruleset r: managers do
  rule "prepare" rm[r] = working ==> begin rm[r] := prepared; sent[r] := true; end;
  rule "choose to abort" rm[r] = working ==> begin rm[r] := aborted; end;
  rule "receive commit" commit ==> begin rm[r] := committed; end;
  rule "receive abort" abort ==> begin rm[r] := aborted; end;
  rule "receive prepared" tm = init & sent[r] ==> begin received[r] := true; end;
end;
rule "commit" tm = init & (forall r: managers do received[r] end) ==> begin tm := committed; commit := true; end;
rule "abort" tm = init ==> begin tm := aborted; abort := true; end;
"""

TLA = """\
---- MODULE model ----
RM == {managers}
VARIABLES rmState, tmState, tmPrepared, msgs
Init == /\\ rmState = [r \\in RM |-> "working"]
        /\\ tmState = "init"
        /\\ tmPrepared = {{}}
        /\\ msgs = {{}}
TMRcvPrepared(r) == /\\ tmState = "init"
                    /\\ [type |-> "Prepared", rm |-> r] \\in msgs
                    /\\ tmPrepared' = tmPrepared \\cup {{r}}
                    /\\ UNCHANGED <<rmState, tmState, msgs>>
TMCommit == /\\ tmState = "init"
            /\\ tmPrepared = RM
            /\\ tmState' = "committed"
            /\\ msgs' = msgs \\cup {{[type |-> "Commit"]}}
            /\\ UNCHANGED <<rmState, tmPrepared>>
TMAbort == /\\ tmState = "init"
           /\\ tmState' = "aborted"
           /\\ msgs' = msgs \\cup {{[type |-> "Abort"]}}
           /\\ UNCHANGED <<rmState, tmPrepared>>
RMPrepare(r) == /\\ rmState[r] = "working"
                /\\ rmState' = [rmState EXCEPT ![r] = "prepared"]
                /\\ msgs' = msgs \\cup {{[type |-> "Prepared", rm |-> r]}}
                /\\ UNCHANGED <<tmState, tmPrepared>>
RMChooseToAbort(r) == /\\ rmState[r] = "working"
                      /\\ rmState' = [rmState EXCEPT ![r] = "aborted"]
                      /\\ UNCHANGED <<tmState, tmPrepared, msgs>>
RMRcvCommitMsg(r) == /\\ [type |-> "Commit"] \\in msgs
                     /\\ rmState' = [rmState EXCEPT ![r] = "committed"]
                     /\\ UNCHANGED <<tmState, tmPrepared, msgs>>
RMRcvAbortMsg(r) == /\\ [type |-> "Abort"] \\in msgs
                    /\\ rmState' = [rmState EXCEPT ![r] = "aborted"]
                    /\\ UNCHANGED <<tmState, tmPrepared, msgs>>
Next == \\/ TMCommit \\/ TMAbort
        \\/ \\E r \\in RM : \\/ TMRcvPrepared(r) \\/ RMPrepare(r) \\/ RMChooseToAbort(r)
                          \\/ RMRcvCommitMsg(r) \\/ RMRcvAbortMsg(r)
====
"""


def commit_by_hand(managers: int) -> tuple[str, str, tuple[str, str]]:
    """Two-phase commit in Promela, Murphi, and TLA+ with its configuration."""
    every = range(managers)
    receive = "\n".join(f"  :: d_step {{ tm == undecided && sent[{r}] -> received[{r}] = true }}" for r in every)
    together = " && ".join(f"received[{r}]" for r in every)
    return (
        PROMELA.format(n=managers, receive=receive, all=together),
        MURPHI.format(last=managers - 1),
        (TLA.format(managers=f"{{{', '.join(map(str, every))}}}"), "INIT Init\nNEXT Next\n"),
    )


# -- timing ------------------------------------------------------------------------------------------------------------


def runners(
    rival: Rival, network: Network, states: int, folder: Path, tools: Sequence[str]
) -> dict[str, Callable[..., Finding]]:
    """The competitors' runs by name; with ``again=True`` they run without compiling."""
    system = System(network)
    slots = max(18, min(30, states.bit_length() + 1))

    def with_spin(name: str, model: str, *flags: str) -> Callable[..., Finding]:
        return lambda again=False: spin(
            system, folder / name, model=model, depth=states + 10, slots=slots, flags=flags, again=again
        )

    def with_rumur(name: str, model: str) -> Callable[..., Finding]:
        return lambda again=False: rumur(system, folder / name, model=model, optimise="-O3", again=again)

    def with_tlc(name: str, model: tuple[str, str] | None) -> Callable[..., Finding]:
        return lambda again=False: tlc(system, folder / name, model=model)

    found: dict[str, Callable[..., Finding]] = {}
    versions: list[tuple[str, tuple[str, str, tuple[str, str] | None]]] = [("", ("", "", None))]
    if rival.by_hand is not None:
        versions.append((" by hand", rival.by_hand()))
    for label, (in_promela, in_murphi, in_tla) in versions:
        if "SPIN" in tools:
            found[f"SPIN{label}"] = with_spin(f"spin{label}", in_promela)
            found[f"SPIN full{label}"] = with_spin(f"full{label}", in_promela, "-DNOREDUCE")
        if "rumur" in tools:
            found[f"rumur{label}"] = with_rumur(f"rumur{label}", in_murphi)
        if "TLC" in tools:
            found[f"TLC{label}"] = with_tlc(f"tlc{label}", in_tla)
    return found


def new_process(rival: Rival) -> float:
    """Seconds for a new Python that searches the network and ends."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "benchmarks.peers", "--alone", rival.name], check=True, capture_output=True)
    return time.perf_counter() - began


def race(rival: Rival, tools: Sequence[str], runs: int) -> bool:
    """Run everybody in turns, print the medians, and tell whether the counts agree.

    Whoever fails is out of the race, with the reason in the table.
    """
    network = rival.build()
    space = explicit.explore(network)  # compiles what is to be compiled
    counts = (space.distinct, space.transitions)
    print(f"\n{rival.name}: {space.distinct:,} states, {space.transitions:,} steps", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        competitors = runners(rival, network, space.distinct, Path(folder), tools)
        built: dict[str, Finding] = {}
        ours: list[float] = []
        alone: list[float] = []
        theirs: dict[str, list[float]] = {name: [] for name in competitors}
        failed: dict[str, str] = {}
        for turn in range(runs):
            ours.append(explicit.explore(network).seconds)
            alone.append(new_process(rival))
            for name, run in competitors.items():
                if name in failed:
                    continue
                try:
                    finding = run(again=turn > 0)
                except (ToolFailed, subprocess.TimeoutExpired) as reason:
                    failed[name] = _in_short(reason)
                else:
                    built.setdefault(name, finding)
                    theirs[name].append(finding.seconds)
    base = statistics.median(ours)
    print(f"  {'':18} {'seconds':>9} {'times ours':>11} {'compiling':>10}  {'states':>12} {'steps':>13}")
    print(f"  {'ours':18} {base:9.3f} {1:11.1f} {'':10}  {space.distinct:12,} {space.transitions:13,}")
    print(f"  {'ours, new process':18} {statistics.median(alone):9.3f} {statistics.median(alone) / base:11.1f}")
    agree = True
    for name in competitors:
        if name in failed:
            print(f"  {name:18} {failed[name]}", flush=True)
            continue
        median, found = statistics.median(theirs[name]), built[name]
        same = found.counts(*counts)
        # By hand, SPIN's reduction may leave states out: that is what it is for.
        reduced = name == "SPIN by hand" and found.states <= counts[0]
        agree &= same or reduced
        said = "" if same else "  reduced" if reduced else "  not ours"
        print(
            f"  {name:18} {median:9.3f} {median / base:11.1f} {found.build:10.1f}  {found.states:12,} "
            f"{found.transitions:13,}{said}",
            flush=True,
        )
    return agree


def _in_short(reason: ToolFailed | subprocess.TimeoutExpired) -> str:
    if isinstance(reason, subprocess.TimeoutExpired):
        return f"no answer after {reason.timeout:g} s"
    text = str(reason).lower()
    for sign, short in (
        ("out of memory", "out of memory"),
        ("memory limit", "out of memory"),
        ("java heap space", "out of memory"),
        ("search depth too small", "search depth too small"),
        ("vectorsz", "the state is too large for it"),
    ):
        if sign in text:
            return short
    return f"failed: {str(reason).strip().splitlines()[-1]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Time the systems chosen."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median is taken")
    parser.add_argument("--only", action="append", default=[], help="systems whose name contains this; repeatable")
    parser.add_argument("--tools", default="SPIN,rumur,TLC", help="tools, separated by commas")
    parser.add_argument("--large", action="store_true", help="also systems of millions of states")
    parser.add_argument("--least", type=int, default=0, help="only systems of at least so many states; with --large")
    parser.add_argument("--patience", type=int, default=checkers.PATIENCE, help="seconds a run of a tool may take")
    parser.add_argument("--alone", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.alone:
        explicit.explore(next(r for r in RIVALS if r.name == chosen.alone).build())
        return 0
    tools = []
    for tool in chosen.tools.split(","):
        if reason := missing(tool):
            print(f"{tool} is left out: {reason}", file=sys.stderr)
        else:
            tools.append(tool)
    checkers.PATIENCE = chosen.patience
    wanted = [
        r
        for r in RIVALS
        if (not chosen.only or any(text in r.name for text in chosen.only))
        and chosen.least <= r.states
        and (chosen.large or chosen.least > LARGE or r.states < LARGE)
    ]
    agree = [race(rival, tools, max(1, chosen.runs)) for rival in wanted]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
