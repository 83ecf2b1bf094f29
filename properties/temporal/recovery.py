"""The heartbeat table: for each kind of fault, the time until an agent notices, and until the instance is back.

Each kind is looked at alone: a network with one fault of that kind and none of another, whatever else happens, and all
of its runs.  Times are whole minutes of the instance's clock.

* *noticed*: from the fault to the first event by which another agent reacts to it; the fault is one that hits the
  instance in rotation, if that is possible at all;
* *since the last answer*, for what silences the guest: from the last answer that reached the host agent to its
  reaction;
* *back*: from a fault that hits the instance in rotation to its next entry into the rotation.  A fault that is repaired
  between two probes costs no rotation; such runs are not counted.

A time that has no greatest value is shown as such, with a run in which time goes on for ever; and so is a reaction that
never has to come.  Few things are urgent in the model (limits, heartbeats, probes), so most greatest values are of that
kind; *at once* leaves out the runs in which an agent delays (``deadline``); what remains is the time of the limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ...model.agents.load_balancer import CUSTOM
from ...model.engines.explicit import search as explicit
from ...model.network.path import Path
from ...model.network.statespace import NO_LIMITS, Limits
from ...model.workflow import Faults, Workflow, scope
from ..predicates import At
from .deadline import Stopwatch, Time
from .search import Arena

AGAIN = ("start_bootstrapper",)
SILENCE = ("restart_guest", "restart_guest_no_contact")

NOTICED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rdfe_crash": ("rdfe_fails_over",),
        "ffe_crash": ("ffe_fails_over",),
        "fabric_crash": ("fabric_controller_fails_over",),
        "host_agent_crash": ("restart_host_agent",),
        "host_failure": ("free_cores_found", "host_spun_up"),
        "guest_hang": SILENCE,
        "heartbeats_lost": SILENCE,
        "app_agent_crash": ("restart_app_agent",),
        "guest_agent_crash": ("guest_agent_missing", "start_guest_agent"),
        "bootstrapper_crash": AGAIN,
        "task_crash": ("bootstrapper_exits",),
        "task_failure": ("bootstrapper_exits",),
        "iis_configurator_failure": ("bootstrapper_exits",),
        "wrong_entry_point": AGAIN,
        "locked_directory": ("local_storage_still_locked",),
        "damaged_package": ("package_still_damaged",),
        "missing_certificate": ("certificate_still_missing",),
        "on_start_false": AGAIN,
        "on_start_throws": AGAIN,
        "on_stop_throws": AGAIN,
        "run_returns": AGAIN,
        "request_recycle": AGAIN,
        "run_throws": AGAIN,
        "handler_throws": AGAIN,
        "handler_busy": ("leave_rotation_not_ready",),
        "w3wp_crash": ("w3wp_started",),
        "task_3010": ("bootstrapper_exits",),
        "run_hangs": ("status_check_unanswered", "leave_rotation_timeout"),
        "on_stop_hangs": ("kill_host",),
        "custom_probe_fails": ("leave_rotation_refused", CUSTOM + "leave_rotation_refused"),
    }
)
"""The events that show the reaction to a fault.  No agent reacts to kinds that are not listed: they make nothing
possible that was not possible without it, which the tests check."""

SILENCING = ("guest_hang", "heartbeats_lost")
"""Faults that show by missing answers only."""


@dataclass(frozen=True)
class Span:
    """The shortest and the longest time of something, each with a run that takes it.

    ``certain``: it comes in every run in which time goes on (of *back*: in which the instance left the rotation).
    """

    shortest: Time
    longest: Time
    certain: bool

    def text(self, minutes: int = 1) -> str:
        """The times, with so many minutes to a tick."""
        low, high = self.shortest.ticks, self.longest.ticks
        least = (low or 0) * minutes
        text = f"{least} min or more" if high is None else f"{least} min"
        if high is not None and low != high:
            text = f"{least} to {high * minutes} min"
        return text if self.certain else f"{text}, or never"


@dataclass(frozen=True)
class Row:
    """One kind of fault on one instance; None where it never comes to that."""

    instance: str
    kind: str
    fault: str
    in_rotation: bool
    noticed_by: tuple[str, ...]
    noticed: Span | None
    since_answer: Span | None
    back: Span | None
    back_at_once: Span | None

    def runs(self) -> Iterator[tuple[str, Path]]:
        """Every run that the row rests on, by what it shows."""
        for what in ("noticed", "since_answer", "back", "back_at_once"):
            span = getattr(self, what)
            if span is not None:
                yield f"{what}, shortest", span.shortest.path
                yield f"{what}, longest", span.longest.path


class Unfinished(ValueError):
    """A search stopped by a limit: it can tell no times."""


def recovery_times(
    workflow: Workflow, kinds: Sequence[str] | None = None, limits: Limits = NO_LIMITS
) -> tuple[Row, ...]:
    """The heartbeat table of a workflow with one instance, for some kinds of fault or (None) for all.

    The workflow's own bounds on faults are replaced by one fault of the kind.  Raises Unfinished when a limit stops a
    search, and BoundsError for an unknown kind.
    """
    faults = {e.name: e.fault for e in workflow.network.events if e.fault}
    wanted = sorted(set(faults.values())) if kinds is None else kinds
    found = []
    for kind in wanted:
        alone = replace(workflow, bounds=replace(workflow.bounds, faults=Faults(0, ((kind, 1),))))
        space = explicit.explore(alone.network, limits, graph=True)
        if not space.complete:
            raise Unfinished(f"{kind}: {space.stopped}")
        arena = Arena(space)
        found += [_row(alone, arena, event) for event, k in faults.items() if k == kind]
    return tuple(found)


HEAD = (
    "the fault, as options",
    "hits an instance",
    "noticed by",
    "noticed after",
    "after the last answer",
    "back in rotation after",
    "if nobody delays",
)


def cells(row: Row, minutes: int = 1) -> tuple[str, ...]:
    """A row as text, below ``HEAD``: it says without a legend what is meant, and ``as_options`` can be pasted."""

    def told(span: Span | None, otherwise: str) -> str:
        return otherwise if span is None else span.text(minutes)

    out = "it stays in, or out for ever" if row.in_rotation else "it was not in"
    return (
        as_options(row),
        "in rotation" if row.in_rotation else "anywhere",
        ", ".join(row.noticed_by) or "nobody",
        told(row.noticed, "never"),
        told(row.since_answer, "answers go on"),
        told(row.back, out),
        told(row.back_at_once, out),
    )


def as_options(row: Row) -> str:
    """The fault of a row as options of `goalstate simulate`, which then tells a run to it."""
    instance, _, event = row.fault.rpartition("/")
    guide = f"'*/{event}'" if instance else event
    return f"--faults {row.kind}=1 --guide {guide}"


def table(rows: Sequence[Row], minutes: int = 1) -> str:
    """The rows as a Markdown table, in minutes, with so many to a tick."""
    lines = ["Times in minutes.", "", "| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(cells(row, minutes)) + " |" for row in rows)]) + "\n"


def _row(workflow: Workflow, arena: Arena, fault: str) -> Row:
    network = arena.network
    kind = network.events[network.event_index[fault]].fault
    here = scope(workflow.instances[0][0].name, workflow.instances[0][1])

    def known(*names: str) -> tuple[str, ...]:
        return tuple(e for name in names for e in (here + name, name) if e in network.event_index)

    ticks = tuple(sorted(t for t in network.ticks if t.startswith(here)))
    reactions = known(*NOTICED.get(kind, ()))
    rotation = here + "rotation"
    in_rotation = At(rotation, "in(in_rotation)") if rotation in network.index else None
    there = in_rotation is not None and len(Stopwatch(arena, (fault,), (), ticks, in_rotation).starts) > 0
    at_leisure = (*known("heartbeats_restored"), *(e.name for e in network.events if e.sender == network.index["user"]))
    noticed = _span(Stopwatch(arena, (fault,), reactions, ticks, in_rotation if there else None)) if reactions else None
    since = None
    if kind in SILENCING:
        heard = At(here + "host_agent", "in(guest) and link == up")
        since = _span(Stopwatch(arena, known("heartbeat_answered"), known("restart_guest"), ticks, heard))
    back = prompt = None
    if in_rotation is not None:
        spent = At(f"fault_budget_{kind}", "left == 0")
        watch = Stopwatch(arena, (fault,), known("enter_rotation"), ticks, in_rotation)
        leaving = known("leave_rotation_not_ready", "leave_rotation_timeout", "leave_rotation_refused")
        out = Stopwatch(arena, leaving, known("enter_rotation"), ticks, spent)
        back = _span(watch, out)
        prompt = _span(hurried(watch, at_leisure), hurried(out, at_leisure))
    noticed_by = tuple(e.rpartition("/")[2] for e in reactions)
    return Row(here.rstrip("/"), kind, fault, there, noticed_by, noticed, since, back, prompt)


def hurried(watch: Stopwatch, at_leisure: tuple[str, ...]) -> Stopwatch:
    """The stopwatch for runs in which no agent delays what it could do."""
    return replace(watch, prompt=True, at_leisure=at_leisure)


def _span(watch: Stopwatch, rest: Stopwatch | None = None) -> Span | None:
    """The times of a watch; with ``rest``, it is certain also where every run that comes to the rest goes on."""
    shortest, longest, tightest = watch.shortest(), watch.longest(), watch.tightest()
    if shortest is None or longest is None or tightest is None:
        return None
    certain = tightest.ticks is not None
    if not certain and rest is not None:
        remaining = rest.tightest()
        certain = remaining is not None and remaining.ticks is not None
    return Span(shortest, longest, certain)
