"""SPIN on random networks: its verdicts on formulas of linear time beside ours, and where they differ."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from goalstate.model.engines.reference import explore
from goalstate.model.network import Network
from goalstate.properties.exporting.promela import Exported, with_choices, with_processes
from goalstate.properties.predicates import At, Can, Predicate
from goalstate.properties.temporal import formula as f
from goalstate.properties.temporal.automaton import of_formula
from goalstate.properties.temporal.fairness import Fair, Strength
from goalstate.properties.temporal.search import Arena, accepted_run

PATIENCE = 10
"""Seconds for a translation, a compilation or a search: SPIN's translation of formulas can take for ever."""

NEXT = 2
"""How many temporal operators a *next* is, written for SPIN."""


class SpinFailed(RuntimeError):
    """SPIN gave no answer."""


@dataclass(frozen=True)
class Question:
    """A formula, and the fairness under which all runs are to satisfy it."""

    formula: f.Formula
    fairness: tuple[Fair, ...] = ()


def run(command: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise SpinFailed(f"{command[0]} took more than {PATIENCE} s") from None
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    if command[0] != "./pan" and done.returncode:
        raise SpinFailed(f"{' '.join(command)}: {text[-2_000:]}")
    return text


def compiled(exported: Exported, number: int, folder: Path) -> None:
    """Make ``pan`` for the contrary of a formula."""
    folder.mkdir(parents=True, exist_ok=True)
    never = run(["spin", "-f", f"!({exported.formulas[number]})"], folder)
    (folder / "model.pml").write_text(exported.model + never, encoding="ascii")
    run(["spin", "-o2", "-a", "model.pml"], folder)
    run(["gcc", "-O0", "-w", "-DNOREDUCE", "-DNFAIR=3", "-o", "pan", "pan.c"], folder)


def violated(folder: Path, *flags: str) -> bool:
    """Whether SPIN finds a run that breaks the formula."""
    text = run(["./pan", "-a", "-E", "-m300000", "-w18", *flags], folder)
    found = re.search(r"errors: (\d+)", text)
    if found is None or (found[1] == "0" and "max search depth too small" in text):
        raise SpinFailed(text[-2_000:])
    return int(found[1]) > 0


def ours(arena: Arena, question: Question) -> bool:
    return accepted_run(arena, of_formula(f.Not(question.formula)), question.fairness) is not None


# -- questions ---------------------------------------------------------------------------------------------------------


def predicate(random: Random, network: Network) -> Predicate:
    if random.random() < 0.25:
        return Can(random.choice(network.events).name)
    component = random.choice(network.components)
    return At(component.name, f"in({random.choice(component.chart.state_names)})")


def formula(random: Random, network: Network, depth: int, operators: int, events: bool) -> f.Formula:
    """A formula; with ``events`` it may speak of events and of the next step."""
    if depth == 0 or operators == 0:
        if events and random.random() < 0.5:
            return f.Happens((random.choice(network.events).name,))
        return f.Holds(predicate(random, network))

    def one(share: int) -> f.Formula:
        return formula(random, network, depth - 1, share, events)

    half = operators // 2
    match random.randrange(10 if events and operators >= NEXT else 9):
        case 0:
            return f.Not(one(operators))
        case 1:
            return f.And((one(half), one(operators - half)))
        case 2:
            return f.Implies(one(half), one(operators - half))
        case 3 | 4:
            return f.Finally(one(operators - 1))
        case 5 | 6:
            return f.Globally(one(operators - 1))
        case 7:
            return f.Until(one((operators - 1) // 2), one(operators // 2))
        case 8:
            return random.choice((f.WeakUntil, f.Release))(one((operators - 1) // 2), one(operators // 2))
        case _:
            return f.Next(one(operators - NEXT))


def by_choices(random: Random, network: Network) -> Question:
    """A formula about states and events, next included."""
    return Question(formula(random, network, 3, 3, events=True))


def by_processes(random: Random, network: Network) -> tuple[Question, Question]:
    """A formula about states without next, without and with weak fairness of every agent."""
    agents = [
        Fair(Strength.WEAK, c.name, tuple(e.name for e in network.events if e.sender == i))
        for i, c in enumerate(network.components)
    ]
    about = formula(random, network, 3, 3, events=False)
    return Question(about), Question(about, tuple(a for a in agents if a.events))


@dataclass(frozen=True)
class Comparison:
    """How many questions both answered, how many of them were violated, and where the answers differ."""

    asked: int
    violated: int
    differences: tuple[str, ...]


def compare(network: Network, number: int, folder: Path) -> Comparison:
    """Both ways to write the network, all questions about it."""
    random = Random(number)
    arena = Arena(explore(network))
    answers: list[tuple[Question, bool, bool]] = []
    question = by_choices(random, network)
    compiled(with_choices(network, [question.formula]), 0, folder)
    answers.append((question, ours(arena, question), violated(folder)))
    plain, fair = by_processes(random, network)
    compiled(with_processes(network, [plain.formula]), 0, folder)
    answers.append((plain, ours(arena, plain), violated(folder)))
    answers.append((fair, ours(arena, fair), violated(folder, "-f")))
    wrong = tuple(
        f"network {number}: {q.formula} {[str(x) for x in q.fairness]}: "
        f"{'violated' if mine else 'holds'} here, {'violated' if theirs else 'holds'} under SPIN"
        for q, mine, theirs in answers
        if mine is not theirs
    )
    return Comparison(len(answers), sum(mine for _, mine, _ in answers), wrong)
