"""The inner loops on multiway decision diagrams, compiled by numba and cached on disk.

A *node* is a number: 0 is the empty set, 1 the end of every path, others have a level and, sorted, those local states
of that level's component for which something is left, each with a node one level down.  Levels are counted from the
bottom; no level is skipped, and equal nodes are one node.

``step`` is what one event of a search can lead to.  ``fire`` is saturation: what it returns is closed under all events
whose highest participant is at that level or below.  An event is a list of *links*, from the top down: level, move of
the component there, next link; links that are equal are one, so what instances have in common below is worked out once.
A set may be *confined* to another, as backward searches want to be.  Without closing, ``fire`` is the image of one
event.

Sources: Ciardo, Lüttgen and Siminiescu, "Saturation: an efficient iteration strategy for symbolic state-space
generation", 2001; Zhao and Ciardo, "Symbolic CTL model checking of asynchronous systems using constrained saturation",
2009; Bryant 1986 for unique nodes and the cache of operations.
"""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False
from typing import Any, NamedTuple

import numpy as np

from ..compilation import compiled

NODES, POOL, TOP, STOP, PATIENCE = 0, 1, 2, 3, 4
"""Places in ``Store.state``: nodes and entries in use, the top of the scratch stack, why to stop (0: don't), and how
many more nodes a search may work out before it stops, to be continued elsewhere."""

FULL, ASKED, STACK, LONG = 1, 2, 4, 8
"""Reasons to stop: no room for nodes; somebody asked for it; no room on the scratch stack; no patience left."""

OR, AND, MINUS = -1, -2, -3
"""Operations on two sets; in the cache the numbers of links, which are not negative, stand for events."""

END = 0
"""The link after the last."""

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xFF51AFD7ED558CCD)
_32 = np.uint64(32)
_29 = np.uint64(29)


class Store(NamedTuple):
    """Nodes: level, where the entries begin, how many; entries: local state and child; hash table; cache; scratch."""

    level: Any
    begin: Any
    length: Any
    index: Any
    child: Any
    table: Any
    cache: Any
    scratch: Any
    state: Any


class Moves(NamedTuple):
    """What a search may do.

    ``size`` and ``everything``: by level, local states and the node of all states; ``at``, ``move``, ``next``: links;
    ``rows`` and ``columns``: the moves, ``row[m]`` says where those of move m begin; ``fan``, ``fan_link``,
    ``fan_to``: by level and local state, the events to close under (their link below the top) and where the component
    goes; ``fan_row[level]`` is -1 where there are none.  ``closing``: whether ``fire`` does close.  ``number`` tells
    searches apart in the cache.
    """

    size: Any
    everything: Any
    at: Any
    move: Any
    next: Any
    row: Any
    rows: Any
    columns: Any
    fan_row: Any
    fan: Any
    fan_link: Any
    fan_to: Any
    closing: bool
    number: int


@compiled(inline=True)
def known(store, operation, pair):
    """The answer in the cache, or -1.  Looked up before calling: a call hands over every array and costs more."""
    line = 3 * (np.int64(((pair * _B) ^ (np.uint64(operation) * _A)) >> _29) & (len(store.cache) // 3 - 1))
    answer = np.int64(-1)
    if store.cache[line] == pair and store.cache[line + 1] == np.uint64(operation):
        answer = np.int64(store.cache[line + 2])
    return answer


@compiled(inline=True)
def remember(store, operation, pair, answer):
    """Put an answer into the cache, in the place of another one."""
    line = 3 * (np.int64(((pair * _B) ^ (np.uint64(operation) * _A)) >> _29) & (len(store.cache) // 3 - 1))
    store.cache[line] = pair
    store.cache[line + 1] = np.uint64(operation)
    store.cache[line + 2] = np.uint64(answer)


@compiled()
def answered(store, number, p, inside):
    """What closing ``p`` under the events of a search gave, if that is still in the cache; else -1."""
    operation = (np.int64(END) << 16) | np.int64(number)
    return known(store, operation, (np.uint64(p) << _32) | np.uint64(inside))


@compiled()
def make(store, level, here, below, count):
    """The node with ``count`` entries, whose local states and children lie in the scratch."""
    if count == 0:
        return 0
    scratch = store.scratch
    mixed = np.uint64(level) * _A
    for k in range(count):
        word = (np.uint64(scratch[here + k]) << _32) | np.uint64(scratch[below + k])
        mixed = (mixed ^ word) * _B
        mixed ^= mixed >> _29
    mask = len(store.table) - 1
    slot = np.int64(mixed & np.uint64(mask))
    while True:
        found = store.table[slot]
        if found == 0:
            break
        if store.level[found] == level and store.length[found] == count:
            begin = store.begin[found]
            same = True
            for k in range(count):
                if store.index[begin + k] != scratch[here + k] or store.child[begin + k] != scratch[below + k]:
                    same = False
                    break
            if same:
                return np.int64(found)
        slot = (slot + 1) & mask
    node = store.state[NODES]
    begin = store.state[POOL]
    if node >= len(store.level) or begin + count > len(store.index):
        store.state[STOP] |= FULL
        return 0
    store.state[NODES] = node + 1
    store.state[POOL] = begin + count
    store.level[node] = level
    store.begin[node] = begin
    store.length[node] = count
    for k in range(count):
        store.index[begin + k] = scratch[here + k]
        store.child[begin + k] = scratch[below + k]
    store.table[slot] = node
    return node


@compiled()
def combine(store, operation, p, q):
    """The union, intersection or difference of two sets of one level."""
    if q == 0:
        return 0 if operation == AND else p
    if p == 0:
        return q if operation == OR else 0
    if p == q:
        return 0 if operation == MINUS else p
    if store.state[STOP] != 0:
        return 0
    if operation != MINUS and p > q:
        p, q = q, p
    pair = (np.uint64(p) << _32) | np.uint64(q)
    node = known(store, operation, pair)
    if node >= 0:
        return node
    scratch = store.scratch
    top = store.state[TOP]
    many, more = np.int64(store.length[p]), np.int64(store.length[q])
    room = many + more
    if top + 2 * room > len(scratch):
        store.state[STOP] |= STACK
        return 0
    store.state[TOP] = top + 2 * room
    left, right = store.begin[p], store.begin[q]
    i = j = count = 0
    while i < many or j < more:
        if j == more or (i < many and store.index[left + i] < store.index[right + j]):
            at, here = store.index[left + i], 0 if operation == AND else np.int64(store.child[left + i])
            i += 1
        elif i == many or store.index[right + j] < store.index[left + i]:
            at, here = store.index[right + j], np.int64(store.child[right + j]) if operation == OR else 0
            j += 1
        else:
            at = store.index[left + i]
            one, other = np.int64(store.child[left + i]), np.int64(store.child[right + j])
            if one == other:
                here = 0 if operation == MINUS else one
            else:
                if operation != MINUS and one > other:
                    one, other = other, one
                here = known(store, operation, (np.uint64(one) << _32) | np.uint64(other))
                if here < 0:
                    here = combine(store, operation, one, other)
            i += 1
            j += 1
        if here != 0:
            scratch[top + count] = at
            scratch[top + room + count] = here
            count += 1
    store.state[TOP] = top
    node = make(store, np.int64(store.level[p]), top, top + room, count)
    if store.state[STOP] == 0:
        remember(store, operation, pair, node)
    return node


@compiled(inline=True)
def confine(store, moves, level, inside, room):
    """Write the children of a node into the scratch from ``room`` on, by local state, 0 where there is none."""
    scratch = store.scratch
    if inside == moves.everything[level]:
        for i in range(moves.size[level]):
            scratch[room + i] = moves.everything[level - 1]
    else:
        for i in range(moves.size[level]):
            scratch[room + i] = 0
        begin = store.begin[inside]
        for k in range(store.length[inside]):
            scratch[room + store.index[begin + k]] = store.child[begin + k]


@compiled(inline=True)
def gather(store, level, width, found, here, below):
    """The node with the children that are in the scratch from ``found`` on, by local state; ``here`` and ``below`` are
    where its entries may be written."""
    scratch = store.scratch
    count = 0
    for i in range(width):
        if scratch[found + i] != 0:
            scratch[here + count] = i
            scratch[below + count] = scratch[found + i]
            count += 1
    return make(store, level, here, below, count)


@compiled(inline=True)
def after(store, moves, link, child, confined):
    """``fire``, but looked up before calling."""
    operation = (link << 16) | np.int64(moves.number)
    reached = known(store, operation, (np.uint64(child) << _32) | np.uint64(confined))
    if reached < 0:
        reached = fire(store, moves, link, child, confined)
    return reached


@compiled(inline=True)
def join(store, one, other):
    """The union of two sets, the second of which is not empty."""
    if one == 0 or one == other:
        return other
    low, high = min(one, other), max(one, other)
    joined = known(store, OR, (np.uint64(low) << _32) | np.uint64(high))
    if joined < 0:
        joined = combine(store, OR, low, high)
    return joined


@compiled(inline=True)
def move(store, moves, link, p, found, room, whole):
    """Add to the sets from ``found`` on what an event leads to whose participant at the level of ``p`` is in ``link``.

    ``whole``: nothing below is confined.
    """
    scratch = store.scratch
    begin = store.begin[p]
    first = moves.row[moves.move[link]]
    following = np.int64(moves.next[link])
    for k in range(store.length[p]):
        i = first + store.index[begin + k]
        child = np.int64(store.child[begin + k])
        for t in range(moves.rows[i], moves.rows[i + 1]):
            j = np.int64(moves.columns[t])
            confined = np.int64(scratch[room + j])
            if confined == 0:
                continue
            reached = child if following == END and whole else after(store, moves, following, child, confined)
            if reached != 0:
                scratch[found + j] = join(store, np.int64(scratch[found + j]), reached)


@compiled(inline=True)
def stay(store, moves, link, p, found, room):
    """Write from ``found`` on what an event leads to that has no participant at the level of ``p``."""
    begin = store.begin[p]
    for k in range(store.length[p]):
        i = np.int64(store.index[begin + k])
        confined = np.int64(store.scratch[room + i])
        if confined != 0:
            store.scratch[found + i] = after(store, moves, np.int64(link), np.int64(store.child[begin + k]), confined)


@compiled(inline=True)
def saturate(store, moves, level, found, room, waiting, whole):
    """Close the sets from ``found`` on under the events whose highest participant is at this level."""
    scratch = store.scratch
    width = np.int64(moves.size[level])
    queue = waiting + width
    row = moves.fan_row[level]
    first = last = 0  # a ring: each local state waits at most once
    count = 0
    for i in range(width):
        scratch[waiting + i] = scratch[found + i] != 0
        if scratch[found + i] != 0:
            scratch[queue + count] = i
            count += 1
    last = count if count < width else 0
    while count > 0 and store.state[STOP] == 0:
        i = np.int64(scratch[queue + first])
        first = first + 1 if first + 1 < width else 0
        count -= 1
        scratch[waiting + i] = 0
        for t in range(moves.fan[row + i], moves.fan[row + i + 1]):
            j = np.int64(moves.fan_to[t])
            confined = np.int64(scratch[room + j])
            if confined == 0:
                continue
            following = np.int64(moves.fan_link[t])
            child = np.int64(scratch[found + i])
            reached = child if following == END and whole else after(store, moves, following, child, confined)
            if reached == 0:
                continue
            former = np.int64(scratch[found + j])
            joined = join(store, former, reached)
            if joined != former:
                scratch[found + j] = joined
                if scratch[waiting + j] == 0:
                    scratch[waiting + j] = 1
                    scratch[queue + last] = j
                    last = last + 1 if last + 1 < width else 0
                    count += 1


@compiled()
def fire(store, moves, link, p, inside):
    """The states after the events from ``link`` on, from those in ``p``, as far as they lie ``inside``.

    With ``moves.closing`` closed under the events whose highest participant is at the level of ``p`` or below; ``p``'s
    children then are closed already, unless ``link`` is the end, which closes them.
    """
    if p == 0 or inside == 0 or store.state[STOP] != 0:
        return 0
    level = np.int64(store.level[p])
    if level == 0:
        return 1
    if link == END and not moves.closing:
        return combine(store, AND, p, inside)
    pair = (np.uint64(p) << _32) | np.uint64(inside)
    operation = (np.int64(link) << 16) | np.int64(moves.number)
    node = known(store, operation, pair)
    if node >= 0:
        return node
    store.state[PATIENCE] -= 1
    if store.state[PATIENCE] < 0:
        store.state[STOP] |= LONG
        return 0
    width = np.int64(moves.size[level])
    top = store.state[TOP]
    if top + 5 * width > len(store.scratch):
        store.state[STOP] |= STACK
        return 0
    found, room, waiting = top, top + width, top + 2 * width
    store.state[TOP] = top + 4 * width
    whole = level == 1 or inside == moves.everything[level]
    for i in range(width):
        store.scratch[found + i] = 0
    confine(store, moves, level, inside, room)
    if link != END and moves.at[link] == level:
        move(store, moves, link, p, found, room, whole)
    else:
        stay(store, moves, link, p, found, room)
    if moves.closing and moves.fan_row[level] >= 0:
        saturate(store, moves, level, found, room, waiting, whole)
    node = gather(store, level, width, found, room, waiting)
    store.state[TOP] = top
    if store.state[STOP] == 0:
        remember(store, operation, pair, node)
    return node


@compiled()
def step(store, moves, p, inside):
    """The states one event away from those in ``p``, as far as they lie ``inside``; ``moves`` must not be closing."""
    if p == 0 or inside == 0 or store.state[STOP] != 0:
        return 0
    level = np.int64(store.level[p])
    if level == 0:
        return 0
    operation = -16 - np.int64(moves.number)
    pair = (np.uint64(p) << _32) | np.uint64(inside)
    node = known(store, operation, pair)
    if node >= 0:
        return node
    store.state[PATIENCE] -= 1
    if store.state[PATIENCE] < 0:
        store.state[STOP] |= LONG
        return 0
    scratch = store.scratch
    width = np.int64(moves.size[level])
    top = store.state[TOP]
    if top + 3 * width > len(scratch):
        store.state[STOP] |= STACK
        return 0
    found, room, entries = top, top + width, top + 2 * width
    store.state[TOP] = top + 3 * width
    for i in range(width):
        scratch[found + i] = 0
    confine(store, moves, level, inside, room)
    row = moves.fan_row[level]
    begin = store.begin[p]
    for k in range(store.length[p]):
        i = np.int64(store.index[begin + k])
        child = np.int64(store.child[begin + k])
        reached = step(store, moves, child, np.int64(scratch[room + i]))
        if reached != 0:
            scratch[found + i] = combine(store, OR, np.int64(scratch[found + i]), reached)
        if row < 0:
            continue
        for t in range(moves.fan[row + i], moves.fan[row + i + 1]):
            j = np.int64(moves.fan_to[t])
            reached = fire(store, moves, np.int64(moves.fan_link[t]), child, np.int64(scratch[room + j]))
            if reached != 0:
                scratch[found + j] = combine(store, OR, np.int64(scratch[found + j]), reached)
    node = gather(store, level, width, found, room, entries)
    store.state[TOP] = top
    if store.state[STOP] == 0:
        remember(store, operation, pair, node)
    return node


@compiled()
def box(store, size, chosen):
    """The product of sets of local states, one a level from the bottom up, one after the other in ``chosen``."""
    scratch = store.scratch
    top = store.state[TOP]
    node = 1
    begin = 0
    for level in range(1, len(size)):
        width = np.int64(size[level])
        if top + 2 * width > len(scratch):
            store.state[STOP] |= STACK
            return 0
        count = 0
        for i in range(width):
            if chosen[begin + i]:
                scratch[top + count] = i
                scratch[top + width + count] = node
                count += 1
        begin += width
        node = make(store, level, top, top + width, count)
        if node == 0:
            return 0
    return node


@compiled()
def ladder(store, size, every):
    """For each number of levels, the node of all states on so many."""
    scratch = store.scratch
    every[0] = 1
    for level in range(1, len(size)):
        width = np.int64(size[level])
        if 2 * width > len(scratch):
            store.state[STOP] |= STACK
            return 0
        for i in range(width):
            scratch[i] = i
            scratch[width + i] = every[level - 1]
        every[level] = make(store, level, 0, width, width)
    return every[len(size) - 1]


@compiled()
def mark(store, node, marked):
    """Mark the nodes below a node, itself included; children have smaller numbers than their parents."""
    marked[node] = True
    for p in range(node, 1, -1):
        if marked[p]:
            begin = store.begin[p]
            for k in range(store.length[p]):
                marked[store.child[begin + k]] = True


@compiled()
def rehash(store):
    """Fill an empty hash table with the nodes that there are."""
    mask = len(store.table) - 1
    for node in range(2, store.state[NODES]):
        mixed = np.uint64(store.level[node]) * _A
        begin = store.begin[node]
        for k in range(store.length[node]):
            word = (np.uint64(store.index[begin + k]) << _32) | np.uint64(store.child[begin + k])
            mixed = (mixed ^ word) * _B
            mixed ^= mixed >> _29
        slot = np.int64(mixed & np.uint64(mask))
        while store.table[slot] != 0:
            slot = (slot + 1) & mask
        store.table[slot] = node
