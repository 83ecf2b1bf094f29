"""The compiled halves of ``search`` and ``branching``: see there for what they mean.

A directed graph is given by ``begins`` and ``to``: the edges of node n lead to ``to[begins[n]:begins[n + 1]]``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]


@njit(cache=True)
def product(
    offsets: Ints,
    targets: Ints,
    events: Shorts,
    state_kind: Shorts,
    event_kind: Shorts,
    kinds: int,
    row_begins: Ints,
    row_targets: Shorts,
    row_marks: Ints,
    size: int,
) -> tuple[Ints, Shorts, Ints, Shorts, Ints, Ints]:
    """The reachable pairs of graph state and automaton state, breadth first, with their edges.

    ``kinds`` is the number of kinds of events, ``size`` the number of automaton states; the row of an automaton state,
    a kind of state and a kind of event lists where the automaton may go.  Returns per pair its number (state * size +
    automaton state) and the pair before it; ``begins``, ``to``; per edge its position in the graph and its marks.
    """
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


@njit(cache=True)
def components(begins: Ints, to: Shorts, alive: Mask) -> tuple[Shorts, int]:
    """The strongly connected components that have an inner edge, among the nodes ``alive``: per node its component,
    -1 for none; and their number.  Tarjan's algorithm, with a stack of its own."""
    nodes = len(alive)
    component = np.full(nodes, -1, dtype=np.int32)
    index = np.zeros(nodes, dtype=np.int32)  # 0: not seen yet
    low = np.empty(nodes, dtype=np.int32)
    settled = ~alive
    waiting = np.empty(nodes, dtype=np.int32)
    calls = np.empty(nodes, dtype=np.int32)
    cursor = np.empty(nodes, dtype=np.int64)
    found, clock, tops = 0, 0, 0
    for root in range(nodes):
        if settled[root] or index[root]:
            continue
        depth = 0
        calls[0] = root
        clock += 1
        index[root] = low[root] = clock
        cursor[root] = begins[root]
        waiting[tops] = root
        tops += 1
        while depth >= 0:
            node = calls[depth]
            if cursor[node] < begins[node + 1]:
                following = to[cursor[node]]
                cursor[node] += 1
                if settled[following]:
                    continue
                if index[following] == 0:
                    clock += 1
                    index[following] = low[following] = clock
                    cursor[following] = begins[following]
                    waiting[tops] = following
                    tops += 1
                    depth += 1
                    calls[depth] = following
                elif index[following] < low[node]:
                    low[node] = index[following]
                continue
            depth -= 1
            if depth >= 0 and low[node] < low[calls[depth]]:
                low[calls[depth]] = low[node]
            if low[node] != index[node]:
                continue
            alone = waiting[tops - 1] == node
            loops = not alone
            if alone:
                for k in range(begins[node], begins[node + 1]):
                    loops = loops or to[k] == node
            while True:
                tops -= 1
                member = waiting[tops]
                settled[member] = True
                if loops:
                    component[member] = found
                if member == node:
                    break
            if loops:
                found += 1
    return component, found


@njit(cache=True)
def gathered(
    begins: Ints,
    to: Shorts,
    bears: Ints,
    event: Shorts,
    state: Ints,
    component: Shorts,
    found: int,
    taken: Words,
    enabled: Words,
) -> tuple[Ints, Words, Words, Words]:
    """Per component: the marks on its inner edges; the fairness constraints whose events are taken inside, that are
    enabled in some node, and that are disabled in some node (as bits in words).

    ``event`` is the event of each edge, ``state`` the graph state of each node.
    """
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


@njit(cache=True)
def enabled_in(offsets: Ints, events: Shorts, taken: Words) -> Words:
    """Per state, the fairness constraints with an event that can happen in it."""
    found = np.zeros((len(offsets) - 1, taken.shape[1]), dtype=np.uint64)
    for state in range(len(offsets) - 1):
        for position in range(offsets[state], offsets[state + 1]):
            for w in range(taken.shape[1]):
                found[state, w] |= taken[events[position], w]
    return found


@njit(cache=True)
def seek(
    begins: Ints,
    to: Shorts,
    bears: Ints,
    event: Shorts,
    state: Ints,
    inside: Mask,
    taken: Words,
    enabled: Words,
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
    length = 1
    node = end
    while node != start:
        length += 1
        node = before[node]
    way = np.empty(length, dtype=np.int64)
    way[length - 1] = last
    node = end
    while node != start:
        length -= 1
        way[length - 1] = led[node]
        node = before[node]
    return way


@njit(cache=True)
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


@njit(cache=True)
def most_ticks(begins: Ints, to: Shorts, tick: Mask, open_: Mask, ends: Mask, final: Mask, endless: int) -> Ints:
    """Per node, how many ticks there can be on a way over open edges before a node in ``final`` or an edge in ``ends``
    is reached; ``endless`` when there is no greatest number, -1 when nothing of the kind is reached.

    Tarjan's algorithm settles the components in the order in which a longest way needs them: what follows, first."""
    nodes = len(final)
    value = np.full(nodes, -1, dtype=np.int64)
    index = np.zeros(nodes, dtype=np.int32)
    low = np.empty(nodes, dtype=np.int32)
    settled = np.zeros(nodes, dtype=np.bool_)
    mine = np.full(nodes, -1, dtype=np.int32)  # the root of the component, once settled
    waiting = np.empty(nodes, dtype=np.int32)
    calls = np.empty(nodes, dtype=np.int32)
    cursor = np.empty(nodes, dtype=np.int64)
    clock, tops = 0, 0
    for root in range(nodes):
        if index[root]:
            continue
        depth = 0
        calls[0] = root
        clock += 1
        index[root] = low[root] = clock
        cursor[root] = begins[root]
        waiting[tops] = root
        tops += 1
        while depth >= 0:
            node = calls[depth]
            if cursor[node] < begins[node + 1]:
                k = cursor[node]
                cursor[node] += 1
                following = to[k]
                if not open_[k] or settled[following]:
                    continue
                if index[following] == 0:
                    clock += 1
                    index[following] = low[following] = clock
                    cursor[following] = begins[following]
                    waiting[tops] = following
                    tops += 1
                    depth += 1
                    calls[depth] = following
                elif index[following] < low[node]:
                    low[node] = index[following]
                continue
            depth -= 1
            if depth >= 0 and low[node] < low[calls[depth]]:
                low[calls[depth]] = low[node]
            if low[node] != index[node]:
                continue
            first = tops - 1
            while waiting[first] != node:
                first -= 1
            for i in range(first, tops):
                settled[waiting[i]] = True
                mine[waiting[i]] = node
            best, turns = -1, False
            for i in range(first, tops):
                member = waiting[i]
                if final[member]:
                    best = max(best, 0)
                for k in range(begins[member], begins[member + 1]):
                    if ends[k]:
                        best = max(best, 0)
                    if not open_[k]:
                        continue
                    if mine[to[k]] == node:
                        turns = turns or tick[k]
                    elif value[to[k]] >= 0:
                        further = value[to[k]]
                        best = max(best, further if further == endless else further + tick[k])
            if best >= 0 and turns:
                best = endless
            for i in range(first, tops):
                value[waiting[i]] = best
            tops = first
    return value


@njit(cache=True)
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
                    length = 1
                    at = node
                    while led[at] >= 0:
                        length += 1
                        at = before[at]
                    way = np.empty(length, dtype=np.int64)
                    way[length - 1] = k
                    at = node
                    while led[at] >= 0:
                        length -= 1
                        way[length - 1] = led[at]
                        at = before[at]
                    return ticks, way
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
