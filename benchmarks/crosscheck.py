"""Runs other model checkers on exported networks and compares what they find with what the explicit engine finds.

`python -m benchmarks.crosscheck` from the repository root. For each network: distinct states and steps under SPIN,
rumur and TLC must be ours, every claim that holds must hold there, every claim that is violated must be violated there,
and the counterexample that the other tool shows must replay on our network and break the claim. The exit code is 1
when something differs, 3 when no tool was there to compare with. A tool that is missing is left out, and named.

`--only TEXT` takes the networks whose name contains the text, `--tools SPIN,rumur` some of the tools, `--small` the
networks up to 2,000 states, `--write` puts the table into docs/generated/cross-check.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from goalstate.model.engines.explicit import search as explicit
from goalstate.model.exports.system import System
from goalstate.model.network import Network, ReplayError
from goalstate.model.network.statespace import StateSpace
from goalstate.model.workflow import Bounds, Faults, Workflow
from goalstate.properties.catalogue import deployment_properties, platform_properties
from goalstate.properties.exporting.invariants import as_system, reason_against
from goalstate.properties.judging.explicit import check
from goalstate.properties.predicates import At, Can, everywhere
from goalstate.properties.property import Always, Never, NoDeadlock, Outcome, Property, Watched
from tests.model.exports.checkers import TOOLS, Finding, ToolFailed, breaks, missing
from tests.model.services import KINDS, role, service
from tests.properties.mutants.seeded import Mistake, catalogue, mistakes
from tests.strategies import networks
from tests.toys.counters import barrier, counters, relay
from tests.toys.peterson import peterson
from tests.toys.philosophers import philosophers
from tests.toys.two_phase_commit import two_phase_commit

PAGE = Path(__file__).resolve().parent.parent / "docs" / "generated" / "cross-check.md"
MARKS = "<!-- table: written by python -m benchmarks.crosscheck --write -->", "<!-- end of table -->"
SMALL = 2_000
RANDOM = 12
EACH = 9  # of so many seeded mistakes, the first
NO_DEADLOCK = Property("something can always happen", NoDeadlock())


@dataclass(frozen=True)
class Subject:
    """A network with the properties that are compared."""

    name: str
    build: Callable[[], tuple[Network, list[Property]]]


def subjects() -> Iterator[Subject]:
    """Everything that is compared, the small things first."""
    for number in (3, 5):
        yield Subject(f"two-phase commit, {number} managers", partial(_commit, number))
    for number in (3, 5, 7):
        yield Subject(f"{number} dining philosophers", partial(_philosophers, number))
    yield Subject("Peterson's mutual exclusion", partial(_peterson, True))
    yield Subject("Peterson's mutual exclusion, the turn kept", partial(_peterson, False))
    yield Subject("4 counters to 7", lambda: (counters(4, 7), [NO_DEADLOCK]))
    yield Subject("relay of 40", lambda: (relay(40), [NO_DEADLOCK]))
    yield Subject("barrier of 6", lambda: (barrier(6), [NO_DEADLOCK]))
    for number, network in enumerate(random_networks(RANDOM), start=1):
        yield Subject(f"random network {number}", partial(_with_random_claims, network))
    for kind in KINDS:
        for tick in (5, 1):
            for faults in (0, 1):
                name = f"{kind} role, tick of {tick} min, {faults} fault{'s' if faults != 1 else ''}"
                yield Subject(name, partial(_workflow, kind, tick, faults, observers=False))
    yield Subject("worker role, tick of 5 min, 0 faults, observers", partial(_workflow, "worker", 5, 0, observers=True))
    for number, mistake in list(enumerate(mistakes(), start=1))[::EACH]:
        found = [catalogue(mistake.setting)[mistake.caught_by]]
        if not reason_against(found[0]):
            name = f"seeded mistake {number}: {mistake.agent}: {mistake.name}"
            yield Subject(name, partial(_mistaken, mistake, found))


def _mistaken(mistake: Mistake, properties: list[Property]) -> tuple[Network, list[Property]]:
    return mistake.network(), properties


def _commit(managers: int) -> tuple[Network, list[Property]]:
    network = two_phase_commit(managers)
    pairs = [(a, b) for a in range(managers) for b in range(managers) if a != b]
    consistent = everywhere(
        [~(At(f"rm{a}/self", "in(committed)") & At(f"rm{b}/self", "in(aborted)")) for a, b in pairs]
    )
    return network, [
        NO_DEADLOCK,
        Property("no manager commits what another aborts", Always(consistent)),
        Property("nobody commits", Always(~At("rm0/self", "in(committed)"))),
        Property("nobody aborts after preparing", Never(("rm0/RMRcvAbort",), At("rm0/self", "in(prepared)"))),
    ]


def _philosophers(number: int) -> tuple[Network, list[Property]]:
    both = At("p0", "in(eats)") & At("p1", "in(eats)")
    return philosophers(number), [NO_DEADLOCK, Property("neighbours don't eat at the same time", Always(~both))]


def _peterson(right: bool) -> tuple[Network, list[Property]]:
    both = At("p0", "in(critical)") & At("p1", "in(critical)")
    return peterson(right), [NO_DEADLOCK, Property("at most one process is critical", Always(~both))]


@cache
def _catalogue(workflow: Workflow) -> list[Property]:
    return platform_properties(workflow) + deployment_properties(workflow)


def _workflow(kind: str, tick: int, faults: int, observers: bool) -> tuple[Network, list[Property]]:
    tasks = ("pair", "simple") if kind == "full IIS" else ("simple",)
    workflow = Workflow(
        service(role(kind, tasks, "default" if kind != "worker" else "none")),
        Bounds(Faults(faults), requests=1, tick=tick),
    )
    found = [p for p in _catalogue(workflow) if not reason_against(p)]
    return workflow.network, [p for p in found if observers or not isinstance(p.claim, Watched)]


def random_networks(number: int) -> list[Network]:
    """The same random networks in every run."""
    found: list[Network] = []

    @seed(1987)
    @settings(
        max_examples=10 * number,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(networks())
    def draw(network: Network) -> None:
        found.append(network)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draw()
    # The largest are the most telling.
    return sorted(dict.fromkeys(found), key=lambda n: -explicit.explore(n).distinct)[:number]


def _with_random_claims(network: Network) -> tuple[Network, list[Property]]:
    """For each component its last state forbidden, and its first event together with the next one's."""
    claims = [NO_DEADLOCK]
    for component in network.components[:2]:
        last = component.chart.state_names[-1]
        claims.append(Property(f"{component.name} is never in {last}", Always(~At(component.name, f"in({last})"))))
    one, other = network.events[0].name, network.events[-1].name
    claims.append(Property(f"{one} never happens where {other} can", Never((one,), Can(other))))
    return network, claims


# -- comparing ---------------------------------------------------------------------------------------------------------


@dataclass
class Ours:
    """What the explicit engine finds on a subject; the network exported has the observers in it."""

    network: Network
    properties: list[Property]
    verdicts: dict[int, Outcome] = field(default_factory=dict)

    @cached_property
    def alone(self) -> StateSpace:
        """The network by itself."""
        return explicit.explore(self.network, graph=True)

    @cached_property
    def space(self) -> StateSpace:
        """The network as it is exported."""
        system = as_system(self.network, self.properties)
        same = len(system.network.components) == len(self.network.components)
        return self.alone if same else explicit.explore(system.network)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Our verdicts, in the order of the properties."""
        return [v.outcome for v in check(self.alone, self.properties)]

    @cached_property
    def holding(self) -> list[Property]:
        """The properties that hold."""
        return [p for p, o in zip(self.properties, self.outcomes, strict=True) if o is Outcome.HOLDS]

    @cached_property
    def violated(self) -> list[Property]:
        """The properties that are violated."""
        return [p for p, o in zip(self.properties, self.outcomes, strict=True) if o is Outcome.VIOLATED]


def system_of(ours: Ours, claims: Sequence[Property]) -> System:
    """The network with all observers and some of the claims, so that every run has the same states."""
    whole = as_system(ours.network, ours.properties)
    wanted = {str(p) for p in claims}
    return System(
        whole.network,
        tuple(c for c in whole.claims if c.sentence in wanted),
        any(isinstance(p.claim, NoDeadlock) for p in claims),
    )


@dataclass
class Theirs:
    """What a tool found: counts, how many claims hold and how many are violated, and where it differs from us."""

    states: int = 0
    steps: int = 0
    holds: int = 0
    violated: int = 0
    differs: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return _cell(self.states, self.steps, self.holds, self.violated)


def _cell(states: int, steps: int, holds: int, violated: int) -> str:
    return f"{states:,} / {steps:,} / {holds} / {violated}"


def found_by(tool: str, ours: Ours, folder: Path) -> Theirs:
    """What a tool finds: all claims that hold in one run, for the counts, and each one that is violated by itself."""

    def run(system: System, name: str) -> Finding:
        # The longest way without a repetition has at most as many steps as there are states.
        depth = {"depth": ours.space.distinct + 10} if tool == "SPIN" else {}
        return TOOLS[tool](system, folder / name, **depth)

    finding = run(system_of(ours, ours.holding), "holding")
    theirs = Theirs(finding.states, finding.transitions, 0 if finding.violated else len(ours.holding))
    if finding.violated:
        theirs.differs.append("a claim that holds here is violated there")
    if not finding.counts(ours.space.distinct, ours.space.transitions):
        theirs.differs.append("other counts")
    for number, prop in enumerate(ours.violated):
        system = system_of(ours, [prop])
        finding = run(system, f"violated{number}")
        if not finding.violated:
            theirs.differs.append(f"not violated there: {prop}")
            continue
        theirs.violated += 1
        try:
            if not breaks(system, finding.trace):
                theirs.differs.append(f"its counterexample breaks nothing here: {prop}")
        except ReplayError as error:
            theirs.differs.append(f"its counterexample does not replay here: {prop}: {error}")
    return theirs


def compare(subject: Subject, tools: Sequence[str], most: int | None) -> tuple[list[str], bool] | None:
    """A row of the table, and whether everything agrees; nothing for a network with more than ``most`` states."""
    ours = Ours(*subject.build())
    if most is not None and ours.space.distinct > most:
        return None
    row = [subject.name, _cell(ours.space.distinct, ours.space.transitions, len(ours.holding), len(ours.violated))]
    differs = ["undecided here"] if Outcome.UNKNOWN in ours.outcomes else []
    for tool in tools:
        with tempfile.TemporaryDirectory() as folder:
            try:
                theirs = found_by(tool, ours, Path(folder))
            except ToolFailed as failure:
                row.append("failed")
                differs.append(f"{tool}: {failure}")
            else:
                row.append(str(theirs))
                differs += [f"{tool}: {what}" for what in theirs.differs]
    return [*row, "; ".join(differs) or "agree"], not differs


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the table, and tell by the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crosscheck", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--tools", default=",".join(TOOLS), help="tools, separated by commas")
    parser.add_argument("--small", action="store_true", help=f"networks up to {SMALL:,} states")
    parser.add_argument("--write", action="store_true", help="write the table into docs/generated/cross-check.md")
    chosen = parser.parse_args(arguments)
    wanted = [t for t in TOOLS if t.casefold() in chosen.tools.casefold().split(",")]
    tools = [t for t in wanted if not missing(t)]
    for tool in wanted:
        if tool not in tools:
            print(f"{tool} is left out: {missing(tool)}", file=sys.stderr)
    if not tools:
        return 3
    head = ["network", "goalstate", *tools, "all of them"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (1 + len(tools)) + "---|"]
    print("\n".join(lines), flush=True)
    everything, began = True, time.perf_counter()
    for subject in subjects():
        if chosen.only.casefold() not in subject.name.casefold():
            continue
        compared = compare(subject, tools, SMALL if chosen.small else None)
        if compared is not None:
            lines.append("| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in compared[0]) + " |")
            print(lines[-1], flush=True)
            everything &= compared[1]
    rows = len(lines) - 2
    last = f"{rows} networks, {'all agree' if everything else 'NOT all agree'} ({', '.join(tools)})."
    print(f"\n{last} {time.perf_counter() - began:.0f} s")
    if chosen.write:
        text = PAGE.read_text(encoding="utf-8")
        before, after = text.partition(MARKS[0])[0], text.partition(MARKS[1])[2]
        PAGE.write_text(before + "\n".join((MARKS[0], "", *lines, "", last, "", MARKS[1])) + after, encoding="utf-8")
    return 0 if everything and rows else 1


if __name__ == "__main__":
    sys.exit(main())
