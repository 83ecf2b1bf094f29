"""The assumptions that a formula needs: a smallest set of them under which every run satisfies it.

An assumption is fairness of each action of one agent, or that faults of one kind don't happen.  More assumptions leave
fewer runs, so the sets under which a formula holds are closed upwards.  One set from which nothing can be taken is
found by taking away; where each of its members is needed even beside all other assumptions, it is the only such set,
and the smallest.  Else a smallest one is found by hitting sets: every set under which the formula fails says "one of
the others is needed"; a smallest set that meets all demands so far either is enough or gives another demand.

Strong fairness is then weakened agent by agent where weak fairness is enough.

Sources: Reiter, "A theory of diagnosis from first principles", 1987, for hitting sets; Ignatiev, Previti, Liffiton and
Marques-Silva, "Smallest MUS extraction with minimal hitting set dualization", 2015.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...model.network import Network
from .automaton import of_formula
from .fairness import Fair, Strength, does_of_itself, each_action
from .formula import Formula, Globally, Happens, Implies, Not
from .search import Arena, accepted_run


@dataclass(frozen=True)
class FairAgent:
    """Each action of an agent is fair."""

    agent: str
    strength: Strength = Strength.STRONG

    def __str__(self) -> str:
        return f"{self.strength.value} fairness of each action of {self.agent}"


@dataclass(frozen=True)
class NoFault:
    """Faults of a kind don't happen."""

    kind: str

    def __str__(self) -> str:
        return f"no fault {self.kind}"


Assumption = FairAgent | NoFault


@dataclass(frozen=True)
class Needed:
    """A smallest set of assumptions; ``only``: there is no other from which nothing can be taken."""

    assumptions: tuple[Assumption, ...]
    only: bool

    def __str__(self) -> str:
        return ", ".join(map(str, self.assumptions)) or "nothing"


def candidates(network: Network) -> tuple[Assumption, ...]:
    """Every assumption that can be made of a network: its agents but the user, then its kinds of fault."""
    agents = [c.name for c in network.components if c.name != "user" and does_of_itself(network, c.name)]
    kinds = sorted({e.fault for e in network.events if e.fault})
    return (*map(FairAgent, agents), *map(NoFault, kinds))


def assumed(network: Network, formula: Formula, assumptions: Iterable[Assumption]) -> tuple[Formula, tuple[Fair, ...]]:
    """A formula under assumptions: what must hold of the fair runs, and which those are."""
    fairness: list[Fair] = []
    absent: list[str] = []
    for assumption in assumptions:
        match assumption:
            case FairAgent(agent, strength):
                fairness += each_action(network, strength, agent)
            case NoFault(kind):
                absent.append(kind)
    if not absent:
        return formula, tuple(fairness)
    faults = tuple(e.name for e in network.events if e.fault in absent)
    never = Globally(Not(Happens(faults, " | ".join(f"fault {kind}" for kind in absent))))
    return Implies(never, formula), tuple(fairness)


def holds(arena: Arena, formula: Formula, assumptions: Iterable[Assumption]) -> bool:
    """Whether every run that keeps the assumptions satisfies the formula."""
    wanted, fairness = assumed(arena.network, formula, assumptions)
    return accepted_run(arena, of_formula(Not(wanted)), fairness) is None


def needed(
    arena: Arena,
    formula: Formula,
    possible: Sequence[Assumption] | None = None,
    enough: Sequence[Assumption] | None = None,
) -> Needed | None:
    """A smallest set of assumptions under which the formula holds; None when all of them are not enough.

    ``enough``: some of them that are known to be enough, which spares most of the searches.
    """
    everything = tuple(possible if possible is not None else candidates(arena.network))
    if enough is None and not holds(arena, formula, everything):
        return None
    found = [_strongest(a) for a in (everything if enough is None else enough)]
    for assumption in reversed(found):
        rest = [a for a in found if a != assumption]
        if holds(arena, formula, rest):
            found = rest
    only = all(not holds(arena, formula, [a for a in everything if a != member]) for member in found)
    if not only:
        found = _smallest(arena, formula, everything, found)
    return Needed(tuple(_weakened(arena, formula, found)), only)


def _strongest(assumption: Assumption) -> Assumption:
    return FairAgent(assumption.agent) if isinstance(assumption, FairAgent) else assumption


def _weakened(arena: Arena, formula: Formula, found: list[Assumption]) -> list[Assumption]:
    for k, assumption in enumerate(found):
        if isinstance(assumption, FairAgent) and assumption.strength is Strength.STRONG:
            weaker = [*found[:k], FairAgent(assumption.agent, Strength.WEAK), *found[k + 1 :]]
            if holds(arena, formula, weaker):
                found = weaker
    return found


def _smallest(
    arena: Arena, formula: Formula, everything: Sequence[Assumption], known: list[Assumption]
) -> list[Assumption]:
    demands: list[frozenset[Assumption]] = []
    while True:
        tried = _hitting(demands, len(known))
        if tried is None:
            return known
        if holds(arena, formula, tried):
            return [a for a in everything if a in tried]
        failing = list(tried)
        for assumption in everything:
            if assumption not in failing and not holds(arena, formula, [*failing, assumption]):
                failing.append(assumption)
        demands.append(frozenset(everything) - frozenset(failing))


def _hitting(demands: Sequence[frozenset[Assumption]], most: int) -> list[Assumption] | None:
    """A smallest set that meets every demand, if one has fewer than ``most`` members."""
    best: list[Assumption] | None = None
    size = most

    def extend(chosen: list[Assumption]) -> None:
        nonlocal best, size
        open_ = [d for d in demands if not d & frozenset(chosen)]
        if not open_ and len(chosen) < size:
            best, size = list(chosen), len(chosen)
        elif open_ and len(chosen) + 1 < size:
            demand: frozenset[Assumption] = min(open_, key=len)
            for assumption in sorted(demand, key=str):
                extend([*chosen, assumption])

    extend([])
    return best
