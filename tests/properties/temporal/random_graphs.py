"""Small random graphs, as networks of one chart, with random formulas about them."""

from __future__ import annotations

from random import Random

from goalstate.model.network import Component, Network
from goalstate.model.notation.statechart import State, Statechart, does
from goalstate.properties.predicates import At, Predicate
from goalstate.properties.temporal import branching as b
from goalstate.properties.temporal import formula as f
from goalstate.properties.temporal.fairness import Fair, Strength

EVENTS = "abc"


def random_network(random: Random, most: int = 6) -> Network:
    """Up to ``most`` states, all reached, up to three events; some states may have no event at all."""
    size = random.randint(1, most)
    moves: dict[tuple[int, str], int] = {}
    for state in range(1, size):
        free = [(s, e) for s in range(state) for e in EVENTS if (s, e) not in moves]
        moves[random.choice(free)] = state
    for state in range(size):
        for event in EVENTS:
            if (state, event) not in moves and random.random() < 0.35:
                moves[state, event] = random.randrange(size)
    states = tuple(State(f"s{k}") for k in range(size))
    rows = tuple(does(e, f"s{s}", f"s{t}") for (s, e), t in moves.items())
    used = {e for _, e in moves}
    chart = Statechart("chart", states, "s0", rows=rows, withholds=frozenset(EVENTS) - used)
    return Network((Component("c", chart),))


def some_states(random: Random, network: Network) -> Predicate:
    """A predicate that some states satisfy."""
    names = network.components[0].chart.state_names
    chosen = random.sample(names, random.randint(1, max(1, len(names) // 2)))
    return At("c", " or ".join(f"in({n})" for n in chosen))


def random_formula(random: Random, network: Network, depth: int, operators: int = 4) -> f.Formula:
    """A formula of linear time with at most so many temporal operators."""
    if depth == 0 or operators == 0:
        kind = random.randrange(8)
        if kind == 0:
            return f.Constant(random.random() < 0.5)
        if kind < 4:
            return f.Happens(tuple(random.sample(EVENTS, random.choice((1, 1, 2)))))
        return f.Holds(some_states(random, network))

    def one(share: int) -> f.Formula:
        return random_formula(random, network, depth - 1, share)

    half = operators // 2
    match random.randrange(11):
        case 0:
            return f.Not(one(operators))
        case 1:
            return f.And((one(half), one(operators - half)))
        case 2:
            return f.Or((one(half), one(operators - half)))
        case 3:
            return f.Implies(one(half), one(operators - half))
        case 4:
            return f.Next(one(operators - 1))
        case 5 | 6:
            return f.Finally(one(operators - 1))
        case 7 | 8:
            return f.Globally(one(operators - 1))
        case 9:
            return f.Until(one((operators - 1) // 2), one(operators // 2))
        case _:
            binary = random.choice((f.WeakUntil, f.Release))
            return binary(one((operators - 1) // 2), one(operators // 2))


def random_branching(random: Random, network: Network, depth: int) -> b.Branching:
    """A formula of branching time."""
    if depth == 0:
        return b.Here(some_states(random, network))

    def one() -> b.Branching:
        return random_branching(random, network, depth - 1)

    match random.randrange(11):
        case 0:
            return ~one()
        case 1:
            return one() & one()
        case 2:
            return one() | one()
        case 3:
            events = random.sample(EVENTS, random.randint(0, 2))
            return random.choice((b.ex, b.ax))(one(), *events)
        case 4:
            return b.ef(one())
        case 5:
            return b.ag(one())
        case 6:
            return b.eg(one())
        case 7:
            return b.af(one())
        case 8:
            return b.eu(one(), one())
        case _:
            return b.au(one(), one())


def random_fairness(random: Random) -> tuple[Fair, ...]:
    """None, or up to three constraints."""
    found = []
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        events = tuple(random.sample(EVENTS, random.choice((1, 1, 2))))
        strength = random.choice((Strength.WEAK, Strength.WEAK, Strength.STRONG, Strength.STRONG, Strength.ENDLESS))
        found.append(Fair(strength, "+".join(events), events))
    return tuple(found)
