"""The ledger: what became of each of the platform's mutants, and why those that survive may.

``kills.json`` is written by ``goalstate mutants --platform`` and read by whatever tells which property catches what.
It holds a digest of each configuration and of each property, and what a property says in general, so that a second run
judges only what has changed:

* a mutant that was killed stays killed as long as the configuration is the same and one of the properties that killed
  it says what it said;
* an equivalent one stays equivalent as long as all configurations are the same, and a survivor stays one if, besides,
  no property is new or says something else;
* everything else is judged again, what killed a mutant before being tried first.

``survivors/`` is written by hand, a file for each agent: for each mutant that survives the reason why that is meant.  A
survivor without a reason is a gap; a reason for a mutant that does not survive is out of date.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...model.notation.statechart import State, Statechart, Transition
from .campaign import PLAN, Fate, Judgement, Name, properties_of

KILLS, SURVIVORS = "kills.json", "survivors"

SILENT = {Transition: {"says", "realises"}, State: {"says"}, Statechart: {"says"}}
"""What is said about behaviour and is none."""


@dataclass
class Ledger:
    """Fates by name, with the digests under which they were found."""

    fates: dict[Name, Judgement] = field(default_factory=dict)
    configurations: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    general: Mapping[str, str] = field(default_factory=dict)

    def rule(self, sentence: str) -> str:
        """What a sentence says of every deployment: without the names of tasks and the length of a tick.

        >>> Ledger(general={"startup task 1 (setup.cmd) fails": "a startup task fails"}).rule("it fails")
        'it fails'
        """
        return self.general.get(sentence, sentence)

    @property
    def killed(self) -> list[Name]:
        """Those that a property noticed."""
        return sorted(n for n, j in self.fates.items() if j.fate is Fate.KILLED)

    @property
    def survivors(self) -> list[Name]:
        """Those that nothing noticed and that were not proved equivalent."""
        return sorted(n for n, j in self.fates.items() if j.fate.survived)

    @property
    def score(self) -> float:
        """The share of the killed among all that are not equivalent; 1.0 of none."""
        counted = len(self.killed) + len(self.survivors)
        return len(self.killed) / counted if counted else 1.0

    def of(self, *agents: str) -> Ledger:
        """The part of it that is about some agents."""
        return replace(self, fates={n: j for n, j in self.fates.items() if n.agent in agents})

    def caught(self) -> dict[str, list[Name]]:
        """For each rule the mutants that it killed: those first that few others notice."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in sorted(self.killed, key=lambda n: (len(self.fates[n].by), len(str(n)), n)):
            for kept in dict.fromkeys(map(self.rule, self.fates[name].by)):
                found[kept].append(name)
        return found

    def known(self, sentences: Iterable[str]) -> tuple[str, ...]:
        """Those of some sentences that the catalogue has."""
        return tuple(sentence for sentence in sentences if sentence in self.properties)

    def still(self, now: Ledger) -> dict[Name, Judgement]:
        """The fates that need not be judged again under the digests of ``now``."""
        there = {name for name, digest in self.configurations.items() if now.configurations.get(name) == digest}
        same = {name for name, digest in self.properties.items() if now.properties.get(name) == digest}
        everywhere = self.configurations == now.configurations
        nothing_new = everywhere and same == set(now.properties)
        kept = {}
        for name, judgement in self.fates.items():
            if judgement.fate is Fate.KILLED:
                by = tuple(sentence for sentence in judgement.by if sentence in same)
                if by and judgement.configuration in there:
                    kept[name] = Judgement(Fate.KILLED, judgement.configuration, by)
            elif judgement.fate is not Fate.STALE and (nothing_new if judgement.fate.survived else everywhere):
                kept[name] = judgement
        return kept


def present() -> Ledger:
    """A ledger without fates, for the model and the catalogue as they are."""
    said: dict[str, list[str]] = defaultdict(list)
    general: dict[str, str] = {}
    for workflow in PLAN.values():
        for prop in properties_of(workflow):
            said[prop.name].append(_digest((prop.claim, prop.witness)))
            if prop.general:
                general[prop.name] = prop.general
    return Ledger(
        {},
        {configuration: _digest(workflow.network.components) for configuration, workflow in PLAN.items()},
        {name: _digest(tuple(parts)) for name, parts in sorted(said.items())},
        dict(sorted(general.items())),
    )


def place() -> Path:
    """Where goalstate keeps its own ledger."""
    return Path(__file__).with_name(KILLS)


def read(path: Path | None = None) -> Ledger:
    """The ledger in a file, or goalstate's own; an empty one where there is none."""
    book = path or place()
    if not book.is_file():
        return Ledger()
    document = json.loads(book.read_text(encoding="utf-8"))
    sentences = list(document["properties"])
    # A ledger that was written before general sentences were kept has none.
    found = Ledger({}, document["configurations"], document["properties"], document.get("general", {}))
    for agent, rows in document["agents"].items():
        for row, changes in rows.items():
            for change, entry in changes.items():
                fate, configuration, *by = entry
                found.fates[Name(agent, row, change)] = Judgement(
                    Fate(fate), configuration, tuple(sentences[number] for number in by)
                )
    return found


def written(ledger: Ledger) -> str:
    """A ledger as it lies in its file: a line for each mutant, in the order of their names."""
    number = {sentence: k for k, sentence in enumerate(ledger.properties)}
    agents: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in sorted(ledger.fates):
        judgement = ledger.fates[name]
        entry = [judgement.fate.value, judgement.configuration, *(number[sentence] for sentence in judgement.by)]
        agents[name.agent][name.row].append(f"{_text(name.change)}: {_text(entry)}")
    parts = [
        f'"configurations": {json.dumps(dict(ledger.configurations), indent=1)}',
        f'"properties": {json.dumps(dict(ledger.properties), indent=1, ensure_ascii=False)}',
        f'"general": {json.dumps(dict(ledger.general), indent=1, ensure_ascii=False)}',
        '"agents": {\n' + ",\n".join(f"{_text(agent)}: {_rows(rows)}" for agent, rows in agents.items()) + "\n}",
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def reasons(folder: Path | None = None) -> dict[str, str]:
    """For each mutant that is meant to survive, why; ValueError for one that is named twice or has no reason."""
    found: dict[str, str] = {}
    for listed in sorted((folder or Path(__file__).with_name(SURVIVORS)).glob("*.toml")):
        for entry in tomllib.loads(listed.read_text(encoding="utf-8")).get("survivor", ()):
            why = " ".join(entry["why"].split())
            for name in entry["mutants"]:
                if name in found or not why:
                    raise ValueError(
                        f"{listed.name}: {name}: {'named twice' if name in found else 'no reason is given'}"
                    )
                found[name] = why
    return found


def unjustified(ledger: Ledger, given: Iterable[str]) -> tuple[list[str], list[str]]:
    """The survivors that no reason is given for, and the reasons that are given for mutants that do not survive."""
    survivors = [str(name) for name in ledger.survivors]
    reasoned = set(given)
    known = {name.agent for name in ledger.fates}
    missing = [name for name in survivors if name not in reasoned]
    outdated = sorted(n for n in reasoned.difference(survivors) if n.split(" | ")[0] in known)
    return missing, outdated


def _rows(rows: Mapping[str, list[str]]) -> str:
    return (
        "{\n"
        + ",\n".join(f" {_text(row)}: {{\n  " + ",\n  ".join(lines) + "\n }" for row, lines in rows.items())
        + "\n}"
    )


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _digest(value: object) -> str:
    return sha256(_canonical(value).encode()).hexdigest()[:12]


def _canonical(value: Any) -> str:
    """A value in words that do not depend on the order of sets."""
    if isinstance(value, Statechart):
        return _chart(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(_canonical, value))) + "}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_canonical, value))})"
    return repr(value)


@lru_cache(maxsize=1024)
def _chart(chart: Statechart) -> str:
    return _digest(_record(chart))


def _record(value: Any) -> str:
    silent = SILENT.get(type(value), set())
    parts = (f"{f.name}={_canonical(getattr(value, f.name))}" for f in fields(value) if f.name not in silent)
    return f"{type(value).__name__}({', '.join(parts)})"
