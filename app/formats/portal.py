"""What people see of an instance, as lines of a page and in JSON: status, text, and the log file to open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from goalstate.model.network import Network
from goalstate.model.network.path import Path
from goalstate.properties.log_files import EVENTS, Entry, entries
from goalstate.properties.portal import Appearance, Sight, describe, host_of

from ..terminal.page import AGENT, HEADING, QUIET, Line, line
from .story import Labels

MOST_LOGS = 2
"""Log files that a report names; the first tells most."""


def seen_lines(path: Path, margin: str = "", labels: Labels | None = None, instance: str = "") -> list[Line]:
    """What is seen of each instance (of one, if it is named) at the end of a run; nothing for other networks."""
    lines: list[Line] = []
    for appearance, tour in describe(path):
        if instance and appearance.instance != instance.rstrip("/"):
            continue
        told = words_of(appearance, labels or {})
        api = f"  {appearance.status.api}"
        lines.append(
            line(margin, ("the portal shows of ", HEADING), (appearance.instance, AGENT), f": {told}", (api, QUIET))
        )
        if tour:
            lines.append(line(margin + "  ", ("and in turn: ", QUIET), ", then ".join(one.shown for one in tour)))
        logs = logs_of(appearance.sight, path.network, appearance.instance)
        lines += log_lines(logs, appearance.instance, margin + "  ", MOST_LOGS) if logs else []
    return lines


def seen_as_json(path: Path) -> list[dict[str, Any]]:
    """The same in types that JSON has."""
    return [
        {
            "instance": appearance.instance,
            **sight_as_json(appearance.sight),
            "status": appearance.status.api,
            "shown": appearance.shown,
            "failed_task": appearance.failed_task or None,
            "logs": [
                entry_as_json(entry, appearance.instance)
                for entry in logs_of(appearance.sight, path.network, appearance.instance)
            ],
            "in_turn": [one.shown for one in tour],
        }
        for appearance, tour in describe(path)
    ]


def sight_as_json(sight: Sight) -> dict[str, Any]:
    """A line of the table."""
    return {
        "status": sight.status.api,
        "text": sight.text or None,
        "shown": sight.shown,
        "means": sight.means,
        "source": sight.source,
        "states": [str(where) for where in sight.where],
        "event_ids": list(sight.events),
    }


def entry_as_json(entry: Entry, instance: str) -> dict[str, str]:
    """A log file of an instance."""
    path = entry.path.format(role=role_of(instance))
    return {"requirement": entry.requirement, "component": entry.component, "path": path, "tells": entry.tells}


def log_lines(logs: Sequence[Entry], instance: str, margin: str, most: int) -> list[Line]:
    """Which files to open, the most telling first."""
    if not logs:
        return [line(margin, ("no log inside the guest tells more", QUIET))]
    return [
        line(margin, ("open ", HEADING), entry.path.format(role=role_of(instance)), (f"  {entry.tells}", QUIET))
        for entry in logs[:most]
    ]


def event_lines(sights: Sequence[Sight], margin: str) -> list[Line]:
    """The event ids to look for."""
    ids = sorted({number for sight in sights for number in sight.events})
    told = "; ".join(f"{number} {EVENTS[number]}" for number in ids)
    return [line(margin, ("events ", HEADING), told, ("  in the log Windows Azure", QUIET))] if ids else []


def logs_of(sight: Sight, network: Network, instance: str) -> tuple[Entry, ...]:
    """The log files of a line of the table, for an instance of a network."""
    return entries(sight.logs, host_of(network, f"{instance}/"))


def role_of(instance: str) -> str:
    """The role of an instance.

    >>> role_of("Web_IN_0")
    'Web'
    """
    return instance.rpartition("_IN_")[0]


def words_of(appearance: Appearance, labels: Labels) -> str:
    """What the portal shows of an instance, with the task that failed before if there is one."""
    return f"{appearance.shown}{_failed(appearance, labels)}"


def _failed(appearance: Appearance, labels: Labels) -> str:
    """The portal's "Last startup task error", for a start after a task that failed."""
    if not appearance.failed_task:
        return ""
    number = appearance.failed_task.split("_")[1]
    component = f"startup_task_{number}"
    label = labels.get(f"{appearance.instance}/{component}")
    command = component if label is None else label.command
    code = "3010" if appearance.failed_task.endswith("3010") else "not 0"
    return f' Last startup task error: name - "{command}", exit code - {code}.'
