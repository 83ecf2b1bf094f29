"""`goalstate simulate`: one run of the agents, guided or random, told as a story."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version

from goalstate.model.deployment import Deployment
from goalstate.model.running.story import Story
from goalstate.model.running.story import simulate as run
from goalstate.properties.service.settings import Settings

from ..formats.portal import seen_as_json, seen_lines
from ..formats.story import minutes_in_a_tick, story_lines, task_labels
from ..reading.subjects import network_of, read_subject, sources
from ..terminal.answer import Answer, Format, Output
from ..terminal.errors import UserError
from ..terminal.exit_codes import HOLDS
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, Line, line


def simulate(
    paths: Sequence[str],
    settings: Settings,
    output: Output,
    *,
    seed: int = 0,
    steps: int | None = None,
    guide: Sequence[str] = (),
) -> Answer:
    """A run along ``guide`` and then ``steps`` random steps (none after a guide, 60 without one, if not given)."""
    subject = read_subject(paths)
    place = report_place(output.file, sources(subject))
    network = network_of(subject, settings)
    if "" in guide:
        raise UserError("--guide: an event is empty; allowed: an event, or a pattern with * and ?, as in '*/tick'")
    if steps is None:
        steps = 0 if guide else 60
    story = run(network, seed=seed, steps=steps, guide=guide, tick=minutes_in_a_tick(network))
    taken = f"{len(story.lines)} {'step' if len(story.lines) == 1 else 'steps'}, seed {seed}"
    if output.format is Format.JSON:
        content: str | list[Line] = _as_json(story)
    else:
        labels = task_labels(subject) if isinstance(subject, Deployment) else {}
        bounds = ", ".join(f"{name}: {value}" for name, value in network.bounds)
        content = [
            line("", (network.name, HEADING), f": {taken}" + (f"; {bounds}" if bounds else "")),
            BLANK,
            *story_lines(story, "", labels, output.verbose),
            BLANK,
            *seen_lines(story.path, "", labels),
            line("", story.ending),
        ]
    return Answer(HOLDS, content, place, taken)


def _as_json(story: Story) -> str:
    found = {"goalstate": version("goalstate"), **story.as_dict(), "seen": seen_as_json(story.path)}
    return json.dumps(found, indent=2) + "\n"
