"""Temporal logic by other means: nothing here is taken from the checker but the classes of formulas.

* ``run_exists``: the tableau of Lichtenstein and Pnueli ("Checking that finite state concurrent programs satisfy their
  linear specification", 1985): nodes are a state, an event and a guess which formulas hold next; fairness by trying,
  for each constraint, every way to keep it.
* ``true_on``: a formula on a lasso, by recursion on its definition over enough steps.
* ``satisfying``: branching time by naive fixed points over sets of states.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import networkx as nx

from goalstate.properties.temporal import branching as b
from goalstate.properties.temporal import formula as f
from goalstate.properties.temporal.fairness import Fair, Strength

State = int
Step = tuple[State, str | None, State]
StateTruth = Callable[[State, object], bool]


@dataclass(frozen=True)
class Game:
    """A graph by its steps; states where nothing can happen have been given a step to themselves with no event."""

    steps: tuple[Step, ...]
    predicate: StateTruth

    def out(self, state: State) -> list[Step]:
        return [s for s in self.steps if s[0] == state]

    def enabled(self, fair: Fair, state: State) -> bool:
        return any(s[1] in fair.events for s in self.out(state))


def plain(of: f.Formula) -> f.Formula:
    """Atoms, not, and, next, until only."""
    match of:
        case f.Constant() | f.Holds() | f.Happens():
            return of
        case f.Said(_, meaning):
            return plain(meaning)
        case f.Not(p):
            return f.Not(plain(p))
        case f.And(ps):
            return f.And(tuple(plain(p) for p in ps))
        case f.Or(ps):
            return f.Not(f.And(tuple(f.Not(plain(p)) for p in ps)))
        case f.Implies(p, q):
            return f.Not(f.And((plain(p), f.Not(plain(q)))))
        case f.Next(p):
            return f.Next(plain(p))
        case f.Finally(p):
            return f.Until(f.TRUE, plain(p))
        case f.Globally(p):
            return f.Not(f.Until(f.TRUE, f.Not(plain(p))))
        case f.Until(p, q):
            return f.Until(plain(p), plain(q))
        case f.Release(p, q):
            return f.Not(f.Until(f.Not(plain(p)), f.Not(plain(q))))
        case f.WeakUntil(p, q):
            # p W q = not (not q U (not p and not q))
            no_q = f.Not(plain(q))
            return f.Not(f.Until(no_q, f.And((f.Not(plain(p)), no_q))))


def inside(of: f.Formula) -> Iterator[f.Formula]:
    match of:
        case f.Not(p) | f.Next(p):
            yield from inside(p)
        case f.And(ps):
            for p in ps:
                yield from inside(p)
        case f.Until(p, q):
            yield from inside(p)
            yield from inside(q)
        case _:
            pass
    yield of


Node = tuple[Step, frozenset[f.Formula]]
Test = Callable[[Node], bool]


def run_exists(game: Game, of: f.Formula, fairness: Sequence[Fair] = ()) -> bool:
    """Whether some fair run from state 0 satisfies the formula."""
    wanted = plain(of)
    guessed = list(
        dict.fromkeys(
            p.operand if isinstance(p, f.Next) else p for p in inside(wanted) if isinstance(p, f.Next | f.Until)
        )
    )

    def true(p: f.Formula, node: Node) -> bool:
        (state, event, _), later = node
        match p:
            case f.Constant(value):
                return value
            case f.Holds(predicate):
                return game.predicate(state, predicate)
            case f.Happens(events):
                return event in events
            case f.Not(q):
                return not true(q, node)
            case f.And(qs):
                return all(true(q, node) for q in qs)
            case f.Next(q):
                return q in later
            case f.Until(q, r):
                return true(r, node) or (true(q, node) and p in later)
        raise AssertionError(p)

    choices = [frozenset(c) for k in range(len(guessed) + 1) for c in itertools.combinations(guessed, k)]
    nodes = [(step, later) for step in game.steps for later in choices]
    now = {node: frozenset(p for p in guessed if true(p, node)) for node in nodes}
    by_start: dict[tuple[State, frozenset[f.Formula]], list[Node]] = {}
    for node in nodes:
        by_start.setdefault((node[0][0], now[node]), []).append(node)
    graph: nx.DiGraph[Node] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    for node in nodes:
        graph.add_edges_from((node, following) for following in by_start.get((node[0][2], node[1]), []))
    begin = [n for n in nodes if n[0][0] == 0 and true(wanted, n)]
    reached = set(begin).union(*(nx.descendants(graph, n) for n in begin)) if begin else set()
    untils = [p for p in guessed if isinstance(p, f.Until)]
    for nodes_left, goals in _ways(game, fairness, reached):
        for part in nx.strongly_connected_components(graph.subgraph(nodes_left)):
            one = next(iter(part))
            if len(part) == 1 and not graph.has_edge(one, one):
                continue
            if all(any(g(n) for n in part) for g in goals) and all(
                any(true(u.right, n) or not true(u, n) for n in part) for u in untils
            ):
                return True
    return False


def _ways(game: Game, fairness: Sequence[Fair], nodes: set[Node]) -> Iterator[tuple[set[Node], list[Test]]]:
    """Every way to keep the constraints: which nodes may be visited for ever, and what must come again and again."""
    options: list[list[tuple[Test | None, Test | None]]] = []
    for fair in fairness:

        def taken(n: Node, fair: Fair = fair) -> bool:
            return n[0][1] in fair.events

        def off(n: Node, fair: Fair = fair) -> bool:
            return not game.enabled(fair, n[0][0])

        ways: dict[Strength, list[tuple[Test | None, Test | None]]] = {
            Strength.WEAK: [(None, taken), (None, off)],
            Strength.STRONG: [(None, taken), (off, None)],
            Strength.ENDLESS: [(None, taken)],
        }
        options.append(ways[fair.strength])
    for chosen in itertools.product(*options):
        left = {n for n in nodes if all(keep is None or keep(n) for keep, _ in chosen)}
        yield left, [goal for _, goal in chosen if goal is not None]


def true_on(
    states: Sequence[object], events: Sequence[str | None], loop: int, of: f.Formula, predicate: Callable[..., bool]
) -> bool:
    """The formula at the first step of a lasso, straight from the definition."""
    length = len(states)

    def at(i: int) -> int:
        return i if i < length else loop + (i - loop) % (length - loop)

    def true(p: f.Formula, i: int) -> bool:
        i = at(i)
        later = range(i, i + 2 * length)
        match p:
            case f.Constant(value):
                return value
            case f.Holds(q):
                return predicate(states[i], q)
            case f.Happens(names):
                return events[i] in names
            case f.Said(_, q):
                return true(q, i)
            case f.Not(q):
                return not true(q, i)
            case f.And(qs):
                return all(true(q, i) for q in qs)
            case f.Or(qs):
                return any(true(q, i) for q in qs)
            case f.Implies(q, r):
                return true(r, i) or not true(q, i)
            case f.Next(q):
                return true(q, i + 1)
            case f.Finally(q):
                return any(true(q, j) for j in later)
            case f.Globally(q):
                return all(true(q, j) for j in later)
            case f.Until(q, r):
                return any(true(r, j) and all(true(q, k) for k in range(i, j)) for j in later)
            case f.WeakUntil(q, r):
                return all(true(q, j) for j in later) or true(f.Until(q, r), i)
            case f.Release(q, r):
                return all(true(r, j) or any(true(q, k) for k in range(i, j)) for j in later)

    return true(of, 0)


def satisfying(game: Game, of: b.Branching, fairness: Sequence[Fair] = ()) -> set[State]:
    """The states that satisfy a formula of branching time."""
    everywhere = {s[0] for s in game.steps}

    def lasting(where: set[State]) -> set[State]:
        """States from which a fair run stays in ``where``."""
        nodes: set[Node] = {(s, frozenset()) for s in game.steps if s[0] in where and s[2] in where}
        good: set[State] = set()
        for left, goals in _ways(game, fairness, nodes):
            graph: nx.DiGraph[Node] = nx.DiGraph()
            graph.add_nodes_from(left)
            graph.add_edges_from((x, y) for x in left for y in left if x[0][2] == y[0][0])
            for part in nx.strongly_connected_components(graph):
                one = next(iter(part))
                if len(part) == 1 and not graph.has_edge(one, one):
                    continue
                if all(any(g(n) for n in part) for g in goals):
                    good |= {n[0][0] for n in part}
        return until(where, good)

    def until(through: set[State], goals: set[State]) -> set[State]:
        found = set(goals)
        while True:
            more = {s[0] for s in game.steps if s[0] in through and s[2] in found} - found
            if not more:
                return found
            found |= more

    fair = lasting(everywhere) if fairness else everywhere

    def states(p: b.Branching) -> set[State]:
        match p:
            case b.Here(predicate):
                return {s for s in everywhere if predicate is None or game.predicate(s, predicate)}
            case b.Fails(q):
                return everywhere - states(q)
            case b.AndAlso(q, r):
                return states(q) & states(r)
            case b.OrElse(q, r):
                return states(q) | states(r)
            case b.SomeNext(q, events):
                goals = states(q) & fair
                return {s[0] for s in game.steps if s[2] in goals and (not events or s[1] in events)}
            case b.SomeUntil(q, r):
                return until(states(q), states(r) & fair)
            case b.SomeGlobally(q):
                return lasting(states(q))
            case b.AllUntil(q, r):
                no_r = everywhere - states(r)
                return everywhere - until(no_r, no_r & fair - states(q)) - lasting(no_r)

    return states(of)
