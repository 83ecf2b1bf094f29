"""Writes counts.toml again: ``python -m tests.counts`` after a change of the model or the catalogue.

The configurations are those that stand there already; a new one is a table with kind, tasks, probed, faults, requests
and tick, and without numbers.  What changed is printed, so that somebody can say which states came or went.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from goalstate.model.engines.explicit import search as explicit

from .test_counts import COUNTS, TOYS, bits, counted, judged, product, sizes, workflow

PAGE = Path(__file__).parent / "counts.toml"
OUTCOMES = ("holds", "vacuous", "violated", "unknown", "findings")
FOUND = ("distinct", "transitions", "depth", *OUTCOMES, "with_core", "before", "after", "bits", "joined", "placement")
"""What is computed; the rest of an entry says of what."""


def toy(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of a toy model with its counts."""
    return entry | counted(explicit.explore(TOYS[entry["model"]](entry["size"])))


def configuration(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of a configuration of the workflow with its counts, outcomes and findings."""
    subject = workflow(entry)
    space = explicit.explore(subject.network, graph=True)
    found = {key: value for key, value in entry.items() if key not in FOUND} | counted(space)
    if entry.get("judged", True):
        outcomes, findings = judged(subject, space)
        found |= outcomes | ({"findings": findings} if findings else {})
    return found


def whole(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of a product of all instances with its number of states."""
    return entry | {"distinct": product(entry)}


def minimised(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of an instance that is minimised, with its sizes."""
    return entry | sizes(entry)


def joined(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of a role whose machines are joined, with the bits of its states."""
    return entry | bits(entry)


KINDS = {"toy": toy, "workflow": configuration, "product": whole, "quotient": minimised, "joined": joined}


def text(value: object) -> str:
    """A value as TOML has it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {text(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}" if value > 9999 else str(value)
    return json.dumps(value)


def main() -> None:
    """Write the page and say what is different."""
    tables = []
    for kind, computed in KINDS.items():
        for entry in COUNTS[kind]:
            found = computed(entry)
            tables.append(f"[[{kind}]]\n" + "\n".join(f"{key} = {text(value)}" for key, value in found.items()))
            for key in FOUND:
                if found.get(key) != entry.get(key):
                    print(f"{entry['name']}: {key} was {entry.get(key)}, is {found.get(key)}")
    head = PAGE.read_text(encoding="utf-8").partition("\n[[")[0].rstrip()
    PAGE.write_text(head + "\n\n" + "\n\n".join(tables) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
