"""The compiled halves of ``search`` and ``branching``: see there for what they mean.

A directed graph is given by ``begins`` and ``to``: the edges of node n lead to ``to[begins[n]:begins[n + 1]]``.
"""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disable-error-code="call-arg, index"
import numpy as np
from numpy.typing import NDArray

from ...model.engines.compilation import compiled
from .search import Constraints, Nodes, Rows

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]


@compiled()
def product(
    offsets: Ints, targets: Ints, events: Shorts, state_kind: Shorts, event_kind: Shorts, rows: Rows
) -> tuple[Ints, Shorts, Ints, Shorts, Ints, Ints]:
    """The reachable pairs of graph state and automaton state, breadth first, with their edges.

    Returns per pair its number (state * ``rows.size`` + automaton state) and the pair before it; ``begins``, ``to``;
    per edge its position in the graph and its marks.
    """
    row_begins, row_targets, row_marks, kinds, size = rows
    several = (len(row_begins) - 1) // (size * kinds)
    number = np.full((len(offsets) - 1) * size, -1, dtype=np.int32)
    pairs = np.empty(1024, dtype=np.int64)
    before = np.empty(1024, dtype=np.int32)
    begins = np.empty(1025, dtype=np.int64)
    to = np.empty(4096, dtype=np.int32)
    via = np.empty(4096, dtype=np.int64)
    bears = np.empty(4096, dtype=np.int64)
    pairs[0] = 0
    before[0] = -1
    number[0] = 0
    count, edges, head = 1, 0, 0
    while head < count:
        begins[head] = edges
        state, here = pairs[head] // size, pairs[head] % size
        first = (here * several + state_kind[state]) * kinds
        for position in range(offsets[state], offsets[state + 1]):
            row = first + event_kind[events[position]]
            for k in range(row_begins[row], row_begins[row + 1]):
                pair = targets[position] * size + row_targets[k]
                known = number[pair]
                if known < 0:
                    if count == len(pairs):
                        pairs = np.concatenate((pairs, np.empty(count, dtype=np.int64)))
                        before = np.concatenate((before, np.empty(count, dtype=np.int32)))
                        begins = np.concatenate((begins, np.empty(count, dtype=np.int64)))
                    known = np.int32(count)
                    number[pair] = known
                    pairs[count] = pair
                    before[count] = head
                    count += 1
                if edges == len(to):
                    to = np.concatenate((to, np.empty(edges, dtype=np.int32)))
                    via = np.concatenate((via, np.empty(edges, dtype=np.int64)))
                    bears = np.concatenate((bears, np.empty(edges, dtype=np.int64)))
                to[edges] = known
                via[edges] = position
                bears[edges] = row_marks[k]
                edges += 1
        head += 1
    begins[count] = edges
    return pairs[:count], before[:count], begins[: count + 1], to[:edges], via[:edges], bears[:edges]


@compiled()
def gathered(nodes: Nodes, constraints: Constraints, component: Shorts, found: int) -> tuple[Ints, Words, Words, Words]:
    """Per component: the marks on its inner edges; the fairness constraints whose events are taken inside, that are
    enabled in some node, and that are disabled in some node (as bits in words)."""
    state, _, begins, to, bears, event = nodes
    taken, enabled = constraints.taken, constraints.enabled
    words = taken.shape[1]
    marks = np.zeros(found, dtype=np.int64)
    inside = np.zeros((found, words), dtype=np.uint64)
    somewhere = np.zeros((found, words), dtype=np.uint64)
    not_always = np.zeros((found, words), dtype=np.uint64)
    for node in range(len(component)):
        c = component[node]
        if c < 0:
            continue
        for w in range(words):
            somewhere[c, w] |= enabled[state[node], w]
            not_always[c, w] |= ~enabled[state[node], w]
        for k in range(begins[node], begins[node + 1]):
            if component[to[k]] == c:
                marks[c] |= bears[k]
                for w in range(words):
                    inside[c, w] |= taken[event[k], w]
    return marks, inside, somewhere, not_always


@compiled()
def enabled_in(offsets: Ints, events: Shorts, taken: Words) -> Words:
    """Per state, the fairness constraints with an event that can happen in it."""
    found = np.zeros((len(offsets) - 1, taken.shape[1]), dtype=np.uint64)
    for state in range(len(offsets) - 1):
        for position in range(offsets[state], offsets[state + 1]):
            for w in range(taken.shape[1]):
                found[state, w] |= taken[events[position], w]
    return found


@compiled(inline=True)
def way_to(led: Ints, before: Shorts, node: int, last: int) -> Ints:
    """The edges that led to a node, and one more."""
    length = 1
    at = node
    while led[at] >= 0:
        length += 1
        at = before[at]
    way = np.empty(length, dtype=np.int64)
    way[length - 1] = last
    while led[node] >= 0:
        length -= 1
        way[length - 1] = led[node]
        node = before[node]
    return way


@compiled()
def seek(
    nodes: Nodes,
    constraints: Constraints,
    inside: Mask,
    start: int,
    goal: int,
    marks: int,
    must: Words,
    may_rest: Words,
) -> Ints:
    """The edges of a shortest way inside a component from ``start`` to an edge that is wanted.

    Wanted is an edge into ``goal`` (-1: none), one that bears one of ``marks``, one that takes a constraint in
    ``must``, or one that takes a constraint in ``may_rest`` or starts where it is disabled.
    """
    state, _, begins, to, bears, event = nodes
    taken, enabled = constraints.taken, constraints.enabled
    led = np.full(len(inside), -1, dtype=np.int64)
    before = np.full(len(inside), -1, dtype=np.int32)
    queue = np.empty(len(inside), dtype=np.int32)
    queue[0] = start
    before[start] = start
    head, tail = 0, 1
    last, end = -1, -1
    while head < tail and last < 0:
        node = queue[head]
        head += 1
        for k in range(begins[node], begins[node + 1]):
            following = to[k]
            if not inside[following]:
                continue
            wanted = following == goal or (bears[k] & marks) != 0
            for w in range(len(must)):
                got = taken[event[k], w]
                wanted = wanted or (got & must[w]) != 0 or ((got | ~enabled[state[node], w]) & may_rest[w]) != 0
            if wanted:
                last, end = k, node
                break
            if before[following] < 0:
                before[following] = node
                led[following] = k
                queue[tail] = following
                tail += 1
    return way_to(led, before, end, last)


@compiled()
def backwards(offsets: Ints, sources: Ints, events: Shorts, goals: Mask, through: Mask, allowed: Mask) -> Mask:
    """The states from which a goal can be reached through states of ``through`` over edges whose event is allowed.

    ``offsets`` and ``sources`` are the reversed graph."""
    reached = goals.copy()
    stack = np.empty(len(goals), dtype=np.int64)
    top = 0
    for state in range(len(goals)):
        if goals[state]:
            stack[top] = state
            top += 1
    while top:
        top -= 1
        state = stack[top]
        for position in range(offsets[state], offsets[state + 1]):
            source = sources[position]
            if allowed[events[position]] and through[source] and not reached[source]:
                reached[source] = True
                stack[top] = source
                top += 1
    return reached


@compiled()
def most_ticks(
    begins: Ints, to: Shorts, tick: Mask, open_: Mask, ends: Mask, final: Mask, component: Shorts, endless: int
) -> Ints:
    """Per node, how many ticks there can be on a way over open edges before a node in ``final`` or an edge in ``ends``
    is reached; ``endless`` when there is no greatest number, -1 when nothing of the kind is reached.

    ``component``: the strongly connected components by open edges, numbered so that what follows comes first, which is
    the order that a longest way needs.
    """
    nodes = len(final)
    value = np.full(nodes, -1, dtype=np.int64)
    order = np.argsort(component)
    first = last = 0
    while first < nodes:
        own = component[order[first]]
        best, turns = -1, False
        while last < nodes and component[order[last]] == own:
            member = order[last]
            last += 1
            if final[member]:
                best = max(best, 0)
            for k in range(begins[member], begins[member + 1]):
                if ends[k]:
                    best = max(best, 0)
                if not open_[k]:
                    continue
                if component[to[k]] == own:
                    turns = turns or tick[k]
                elif value[to[k]] >= 0:
                    further = value[to[k]]
                    best = max(best, further if further == endless else further + tick[k])
        if best >= 0 and turns:
            best = endless
        for i in range(first, last):
            value[order[i]] = best
        first = last
    return value


@compiled()
def fewest_ticks(begins: Ints, to: Shorts, tick: Mask, open_: Mask, ends: Mask, sources: Ints) -> tuple[int, Ints]:
    """The fewest ticks on a way over open edges from one of the sources to an edge in ``ends``, and the edges of a
    shortest such way, that last one included; -1 when there is none."""
    nodes = len(begins) - 1
    seen = np.zeros(nodes, dtype=np.bool_)
    led = np.full(nodes, -1, dtype=np.int64)
    before = np.full(nodes, -1, dtype=np.int32)
    now = np.empty(nodes, dtype=np.int32)
    later = np.empty(len(to), dtype=np.int64)  # edges with a tick
    count, waiting, ticks = 0, 0, 0
    for source in sources:
        if not seen[source]:
            seen[source] = True
            now[count] = source
            count += 1
    while count:
        head = 0
        while head < count:
            node = now[head]
            head += 1
            for k in range(begins[node], begins[node + 1]):
                if ends[k]:
                    return ticks, way_to(led, before, node, k)
            for k in range(begins[node], begins[node + 1]):
                if not open_[k] or seen[to[k]]:
                    continue
                if tick[k]:
                    later[waiting] = k
                    waiting += 1
                else:
                    seen[to[k]] = True
                    led[to[k]] = k
                    before[to[k]] = node
                    now[count] = to[k]
                    count += 1
        ticks += 1
        count = 0
        for i in range(waiting):
            k = later[i]
            if not seen[to[k]]:
                seen[to[k]] = True
                led[to[k]] = k
                source = np.searchsorted(begins, k, side="right") - 1
                before[to[k]] = source
                now[count] = to[k]
                count += 1
        waiting = 0
    return -1, led[:0]
