"""`goalstate verify` on several services: each as if alone, and their reports in one.

The exit code is the worst: 2 if a service can't be read, else violated, unknown, vacuous, holds.  What was found of the
others is reported all the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from ..reading.subjects import read_subject, sources
from ..terminal.answer import Answer, Format, Output, Unfinished
from ..terminal.errors import USER_ERRORS, UserError, message
from ..terminal.exit_codes import HOLDS, UNKNOWN, VACUOUS, VIOLATED
from ..terminal.output_file import report_place
from ..terminal.page import BLANK, HEADING, Line, line, tame

WORST_FIRST = (VIOLATED, UNKNOWN, VACUOUS, HOLDS)
WORDS = {VIOLATED: "violated", UNKNOWN: "unknown", VACUOUS: "vacuous", HOLDS: "holds"}

Verify = Callable[[Sequence[str], Output], Answer]


def verify_several(services: Sequence[tuple[str, ...]], output: Output, verify: Verify) -> Answer:
    """Verify one service after the other; raises Unfinished, with what was found, for one that can't be read."""
    place = report_place(output.file, _sources(services))
    answers: list[tuple[str, Answer]] = []
    wrong: list[str] = []
    for paths in services:
        name = " ".join(paths)
        try:
            answers.append((name, verify(paths, replace(output, file=None))))
        except USER_ERRORS as error:
            wrong.append(message(error))
        except Unfinished as error:
            answers.append((name, error.answer))
            raise Unfinished(_joined(answers, output.format, place)) from error.__cause__
    answer = _joined(answers, output.format, place)
    if not wrong:
        return answer
    problem = UserError("\n".join(wrong))
    if not answers:
        raise problem
    raise Unfinished(answer) from problem


def nothing_changed(count: int, since: str, output: Output) -> Answer:
    """The answer where no service has changed."""
    place = report_place(output.file)
    summary = f"none of {count} services changed since {since}" if count != 1 else f"not changed since {since}"
    if output.format is Format.TEXT:
        return Answer(HOLDS, [line("", summary)], place, summary)
    return replace(_joined([], output.format, place), summary=summary)


def _sources(services: Sequence[tuple[str, ...]]) -> list[str]:
    """The files of the services, none of which may be overwritten; those of one that can't be read are its paths."""
    found: list[str] = []
    for paths in services:
        if all(Path(path).suffix != ".py" and ".py:" not in path for path in paths):
            try:
                found += sources(read_subject(paths))
            except USER_ERRORS:
                found += paths
    return found


def _joined(answers: Sequence[tuple[str, Answer]], format: Format, place: Path | None) -> Answer:
    code = next((c for c in WORST_FIRST if any(a.code == c for _, a in answers)), HOLDS)
    times = Counter(answer.code for _, answer in answers)
    counted = ", ".join(f"{WORDS[c]}: {times[c]}" for c in WORST_FIRST if times[c]) or "none"
    summary = f"{len(answers)} {'service' if len(answers) == 1 else 'services'}; {counted}"
    content: str | list[Line]
    if format is Format.JSON:
        documents = [json.loads(answer.text) | {"paths": name} for name, answer in answers]
        content = json.dumps({"goalstate": version("goalstate"), "services": documents}, indent=2) + "\n"
    elif format is Format.SARIF:
        content = _joined_sarif([answer.text for _, answer in answers])
    elif format is Format.JUNIT:
        content = _joined_junit([answer.text for _, answer in answers])
    else:
        content = []
        for name, answer in answers:
            content += [line("", (f"== {tame(name)}", HEADING)), *_lines(answer), BLANK]
        content += [line("", (f"{WORDS[answer.code]:>9}", HEADING), f"  {tame(name)}") for name, answer in answers]
        content += [line("", summary)]
    return Answer(code, content, place, summary)


def _lines(answer: Answer) -> list[Line]:
    return answer.content if isinstance(answer.content, list) else [line("", one) for one in answer.text.splitlines()]


def _joined_sarif(texts: Sequence[str]) -> str:
    """One log with the runs of all."""
    logs = [json.loads(text) for text in texts]
    head = {key: value for log in logs[:1] for key, value in log.items() if key != "runs"}
    head = head or {"version": "2.1.0"}
    return json.dumps(head | {"runs": [run for log in logs for run in log["runs"]]}, indent=2) + "\n"


def _joined_junit(texts: Sequence[str]) -> str:
    """One file with the suites of all, and the counts summed."""
    together = ElementTree.Element("testsuites", name="goalstate")
    counts: Counter[str] = Counter()
    seconds = 0.0
    for text in texts:
        root = ElementTree.fromstring(text)
        together.extend(root)
        counts.update({name: int(root.attrib[name]) for name in ("tests", "failures", "errors", "skipped")})
        seconds += float(root.attrib["time"])
    for name in ("tests", "failures", "errors", "skipped"):
        together.set(name, str(counts[name]))
    together.set("time", f"{seconds:.3f}")
    ElementTree.indent(together)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(together, encoding="unicode") + "\n"
