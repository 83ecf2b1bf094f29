"""The inner loops of the explicit engine, compiled by numba and cached on disk.

A step of the search is three loops over a block of states, so that memory is asked for long before it is needed:

``generate``  successors of some states, each with its hash, into a buffer per region of the hash table;
``insert``    for one region: which of the buffered states are new.  In each block of candidates the slots are fetched
              first, then the states they point to, then both are compared: the cache misses of a block overlap;
``commit``    the new states get their numbers and move behind those known.

The loops release the interpreter's lock.  ``generate`` runs at once for different states, ``insert`` and ``commit`` for
different regions; nothing is shared that two of them write.

The hash table holds no states, only 32-bit entries: the number of a state plus one in the low bits, and in the bits
left over a few bits of its hash, which spare most of the comparisons that would fail.  An entry never decides alone:
states are equal only if all their words are.  A slot is chosen by open addressing with linear probing inside the
region (Knuth, "The Art of Computer Programming" 3, section 6.4); the mixer is the finaliser of MurmurHash3 (Appleby).
"""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False
import importlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

REGION_BITS = 4
REGIONS = 1 << REGION_BITS
"""Regions of the hash table.  A constant, so that the order of states doesn't depend on the number of cores."""

BLOCK = 32
"""Candidates whose memory accesses overlap."""

EMPTY = np.uint32(0)
_REGION_SHIFT = np.uint64(64 - REGION_BITS)
_SLOT_SHIFT = np.uint64(32 - REGION_BITS)
_TAG_SHIFT = np.uint64(REGION_BITS)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_33 = np.uint64(33)
_ODD_1 = np.uint64(0xFF51AFD7ED558CCD)
_ODD_2 = np.uint64(0xC4CEB9FE1A85EC53)
_SALT = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


def compiled(inline: bool = False) -> Callable[[F], F]:
    """Compile with numba; the result is kept on disk or, where there is no place for it, in memory."""

    def decorate(function: F) -> F:
        options: dict[str, Any] = {"nogil": True, "boundscheck": False}
        if inline:
            return njit(inline="always", **options)(function)  # type: ignore[no-any-return]
        try:
            return njit(cache=True, **options)(function)  # type: ignore[no-any-return]
        except RuntimeError:  # numba found no folder it may write to
            return njit(**options)(function)  # type: ignore[no-any-return]

    return decorate


@intrinsic
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Ask for an element of an array that will be read soon."""
    ir = importlib.import_module("llvmlite.ir")

    def generate_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte = ir.IntType(8).as_pointer()
        pointer = builder.bitcast(builder.gep(view.data, [arguments[1]]), byte)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", (pointer.type,), kind)
        builder.call(fetch, [pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate_code


@compiled(inline=True)
def mix(word, position):
    """A word of a state, scattered; different at each position."""
    word = word ^ (position * _SALT)
    word = (word ^ (word >> _33)) * _ODD_1
    word = (word ^ (word >> _33)) * _ODD_2
    return word ^ (word >> _33)


@compiled()
def hash_of(states, row, words):
    """The hash of a stored state: the words mixed one by one, so that a change of one word is cheap to follow."""
    found = np.uint64(0)
    for w in range(words):
        found ^= mix(states[row * words + w], np.uint64(w))
    return found


@compiled()
def generate(
    words, senders, offer_start, offers, other_start, others, moves, most,
    states, begin, end, candidates, hashes, sent, base, stride, regions, fill, room, degrees,
):  # fmt: skip
    """Successors of the states ``begin..end``; returns where it stopped for want of room, and how many they are.

    Candidates of region r go to rows ``base + r * stride + fill[r]``, at most ``room`` of them.  ``regions`` is 1
    when they are all to stay in one buffer.  ``sent`` gets the events and ``degrees`` the numbers of successors,
    unless empty. Without ``sent``, successors that are the state itself are counted and dropped: they are known.
    """
    one = words == 1
    keep_events = len(sent) > 0
    keep_degrees = len(degrees) > 0
    region_mask = np.uint64(regions - 1)
    scratch = np.empty(words, np.uint64)
    # Neighbours in a level share most of their words; what a word's components offer is looked up when it changes.
    first_sender = np.zeros(words + 1, np.int64)
    for c in range(len(senders)):
        first_sender[senders[c, 0] + 1] = c + 1
    for w in range(words):
        first_sender[w + 1] = max(first_sender[w], first_sender[w + 1])
    offering = np.empty((len(senders), 3), np.int64)
    after_last = np.zeros(words, np.int64)
    fullest = np.int64(0)
    for r in range(regions):
        fullest = max(fullest, fill[r])
    transitions = np.int64(0)
    s = begin
    while s < end and fullest + most <= room:
        old = hash_of(states, s, words)
        degree = np.int64(0)
        for word in range(words):
            value = states[s * words + word]
            if s == begin or value != states[(s - 1) * words + word]:
                k = first_sender[word]
                for c in range(first_sender[word], first_sender[word + 1]):
                    start = senders[c, 3] + np.int64((value >> np.uint64(senders[c, 1])) & np.uint64(senders[c, 2]))
                    if offer_start[start] < offer_start[start + 1]:
                        offering[k, 0] = c
                        offering[k, 1] = offer_start[start]
                        offering[k, 2] = offer_start[start + 1]
                        k += 1
                after_last[word] = k
            for k in range(first_sender[word], after_last[word]):
                c = offering[k, 0]
                shift = np.uint64(senders[c, 1])
                local = (value >> shift) & np.uint64(senders[c, 2])
                for o in range(offering[k, 1], offering[k, 2]):
                    event = senders[c, 4] + offers[o, 0]
                    mine = (local ^ np.uint64(offers[o, 1])) << shift
                    first, last = other_start[event], other_start[event + 1]
                    blocked = False
                    if one:
                        here = states[s]
                        following = here ^ mine
                        for p in range(first, last):
                            at = np.uint64(others[p, 1])
                            theirs = (here >> at) & np.uint64(others[p, 2])
                            move = moves[others[p, 3] + np.int64(theirs)]
                            if move < 0:
                                blocked = True
                                break
                            following ^= (theirs ^ np.uint64(move)) << at
                        if blocked:
                            continue
                        if following == here and not keep_events:
                            degree += 1
                            continue
                        code = mix(following, np.uint64(0))
                        r = np.int64((code >> _REGION_SHIFT) & region_mask)
                        row = base + r * stride + fill[r]
                        candidates[row] = following
                    else:
                        for p in range(first, last):
                            theirs = (states[s * words + others[p, 0]] >> np.uint64(others[p, 1])) & np.uint64(
                                others[p, 2]
                            )
                            if moves[others[p, 3] + np.int64(theirs)] < 0:
                                blocked = True
                                break
                        if blocked:
                            continue
                        for w in range(words):
                            scratch[w] = states[s * words + w]
                        scratch[word] ^= mine
                        for p in range(first, last):
                            w = others[p, 0]
                            at = np.uint64(others[p, 1])
                            theirs = (scratch[w] >> at) & np.uint64(others[p, 2])
                            scratch[w] ^= (theirs ^ np.uint64(moves[others[p, 3] + np.int64(theirs)])) << at
                        code = old
                        loop = True
                        for w in range(words):
                            before = states[s * words + w]
                            if scratch[w] != before:
                                loop = False
                                code ^= mix(before, np.uint64(w)) ^ mix(scratch[w], np.uint64(w))
                        if loop and not keep_events:
                            degree += 1
                            continue
                        r = np.int64((code >> _REGION_SHIFT) & region_mask)
                        row = base + r * stride + fill[r]
                        for w in range(words):
                            candidates[row * words + w] = scratch[w]
                    hashes[row] = code
                    if keep_events:
                        sent[row] = event
                    fill[r] += 1
                    fullest = max(fullest, fill[r])
                    degree += 1
        if keep_degrees:
            degrees[s] = degree
        transitions += degree
        s += 1
    return s, transitions


@compiled(inline=True)
def slot_of(code, size):
    """Where the search for a hash begins, in a table of ``REGIONS`` regions of ``size`` slots each."""
    inside = (((code >> _SLOT_SHIFT) & _LOW) * np.uint64(size)) >> _HALF
    return np.int64(code >> _REGION_SHIFT) * size + np.int64(inside)


@compiled()
def insert(
    words, candidates, hashes, begin, count, table, number_bits, states, known, new, before, new_row, new_slot,
):  # fmt: skip
    """Which of ``count`` candidates from row ``begin`` on are new; returns the number of new states in this region.

    ``known`` states have their numbers.  The new ones, of which there are ``before`` from earlier calls, are numbered
    provisionally from ``known`` on and are still found among the candidates: the k-th in row ``new_row[new + k]``, its
    entry in slot ``new_slot[new + k]``.
    """
    size = len(table) // REGIONS
    number_mask = np.uint32((_ONE << np.uint64(number_bits)) - _ONE)
    tag_mask = np.uint32(~number_mask)
    slots = np.empty(BLOCK, np.int64)
    found = before
    for block in range(begin, begin + count, BLOCK):
        width = min(BLOCK, begin + count - block)
        for i in range(width):
            slots[i] = slot_of(hashes[block + i], size)
            prefetch(table, slots[i])
        for i in range(width):
            code = hashes[block + i]
            tag = np.uint32(code << _TAG_SHIFT) & tag_mask
            slot = slots[i]
            last = np.int64(code >> _REGION_SHIFT) * size + size - 1
            entry = table[slot]
            while entry != EMPTY and (entry & tag_mask) != tag:
                slot = slot + 1 if slot < last else last + 1 - size
                entry = table[slot]
            slots[i] = slot
            number = np.int64(entry & number_mask) - 1
            if entry != EMPTY and number < known:
                prefetch(states, number * words)
        for i in range(width):
            row = block + i
            code = hashes[row]
            tag = np.uint32(code << _TAG_SHIFT) & tag_mask
            slot = slots[i]
            last = np.int64(code >> _REGION_SHIFT) * size + size - 1
            while True:
                entry = table[slot]
                if entry == EMPTY:
                    table[slot] = tag | np.uint32(known + found + 1)
                    new_row[new + found] = row
                    new_slot[new + found] = slot
                    found += 1
                    break
                if (entry & tag_mask) == tag:
                    number = np.int64(entry & number_mask) - 1
                    same = True
                    if number < known:
                        for w in range(words):
                            if states[number * words + w] != candidates[row * words + w]:
                                same = False
                                break
                    else:
                        other = new_row[new + number - known]
                        for w in range(words):
                            if candidates[other * words + w] != candidates[row * words + w]:
                                same = False
                                break
                    if same:
                        break
                slot = slot + 1 if slot < last else last + 1 - size
    return found


@compiled()
def commit(
    words, candidates, table, number_bits, states, first, new, count, new_row, new_slot,
):  # fmt: skip
    """Give ``count`` new states of one region the numbers from ``first`` on."""
    tag_mask = np.uint32(~((_ONE << np.uint64(number_bits)) - _ONE))
    for k in range(count):
        row = new_row[new + k]
        slot = new_slot[new + k]
        for w in range(words):
            states[(first + k) * words + w] = candidates[row * words + w]
        table[slot] = (table[slot] & tag_mask) | np.uint32(first + k + 1)


@compiled()
def insert_region(
    words, candidates, hashes, region, slices, room, fills, table, number_bits, states, known, new_row, new_slot,
):  # fmt: skip
    """``insert`` for the candidates of one region from all slices; returns the number of new states."""
    new = region * slices * room
    found = np.int64(0)
    for j in range(slices):
        begin = (j * REGIONS + region) * room
        found = insert(
            words, candidates, hashes, begin, fills[j, region], table, number_bits, states, known, new, found,
            new_row, new_slot,
        )  # fmt: skip
    return found


@compiled()
def narrow(
    words, senders, offer_start, offers, other_start, others, moves, most,
    states, known, expanded, level_end, wide, most_states, effort,
    candidates, hashes, room, table, number_bits, capacity, new_row, new_slot, degrees, levels,
):  # fmt: skip
    """Search alone, through as many levels as it takes, until a level has ``wide`` states left to expand or more.

    Also stops when there is nothing left, more than ``most_states`` are known, ``capacity`` would not hold what may
    come, ``levels`` is full, or ``effort`` (states plus transitions) is used up.  Returns the numbers of known and
    expanded states, the end of the level being expanded, the number of transitions and that of levels begun.
    """
    fill = np.zeros(1, np.int64)
    no_events = np.empty(0, np.int32)
    transitions = np.int64(0)
    begun = np.int64(0)
    work = np.int64(0)
    while work < effort and known <= most_states and known + room <= capacity:
        if expanded == level_end:
            if expanded == known or begun == len(levels):
                break
            level_end = known
            levels[begun] = known
            begun += 1
        if level_end - expanded >= wide:
            break
        end = level_end
        if known + room > most_states:
            end = expanded + 1  # near the limit, state by state
        fill[0] = 0
        after, count = generate(
            words, senders, offer_start, offers, other_start, others, moves, most,
            states, expanded, end, candidates, hashes, no_events, 0, 0, 1, fill, room, degrees,
        )  # fmt: skip
        new = insert(words, candidates, hashes, 0, fill[0], table, number_bits, states, known, 0, 0, new_row, new_slot)
        commit(words, candidates, table, number_bits, states, known, 0, new, new_row, new_slot)
        known += new
        transitions += count
        work += count + after - expanded
        expanded = after
    return known, expanded, level_end, transitions, begun


@compiled()
def rebuild(words, states, known, table, number_bits, part, parts):
    """Enter the known states into an empty table, for the regions r with ``r % parts == part``."""
    size = len(table) // REGIONS
    number_mask = np.uint32((_ONE << np.uint64(number_bits)) - _ONE)
    tag_mask = np.uint32(~number_mask)
    rows = np.empty(BLOCK, np.int64)
    codes = np.empty(BLOCK, np.uint64)
    s = np.int64(0)
    while s < known:
        width = 0
        while s < known and width < BLOCK:
            code = hash_of(states, s, words)
            if np.int64(code >> _REGION_SHIFT) % parts == part:
                rows[width] = s
                codes[width] = code
                prefetch(table, slot_of(code, size))
                width += 1
            s += 1
        for i in range(width):
            slot = slot_of(codes[i], size)
            last = np.int64(codes[i] >> _REGION_SHIFT) * size + size - 1
            while table[slot] != EMPTY:
                slot = slot + 1 if slot < last else last + 1 - size
            tag = np.uint32(codes[i] << _TAG_SHIFT) & tag_mask
            table[slot] = tag | np.uint32(rows[i] + 1)


@compiled()
def edges(
    words, senders, offer_start, offers, other_start, others, moves, most,
    states, known, begin, end, candidates, hashes, sent, room, table, number_bits, offsets, targets, events, degrees,
):  # fmt: skip
    """The edges of the states ``begin..end``, by looking their successors up among the known states.

    Returns where it stopped for want of room; a state that is not known is an error and stops it at once.
    """
    size = len(table) // REGIONS
    number_mask = np.uint32((_ONE << np.uint64(number_bits)) - _ONE)
    tag_mask = np.uint32(~number_mask)
    fill = np.zeros(1, np.int64)
    after, count = generate(
        words, senders, offer_start, offers, other_start, others, moves, most,
        states, begin, end, candidates, hashes, sent, 0, 0, 1, fill, room, degrees,
    )  # fmt: skip
    edge = offsets[begin]
    slots = np.empty(BLOCK, np.int64)
    for block in range(0, count, BLOCK):
        width = min(BLOCK, count - block)
        for i in range(width):
            slots[i] = slot_of(hashes[block + i], size)
            prefetch(table, slots[i])
        for i in range(width):
            code = hashes[block + i]
            tag = np.uint32(code << _TAG_SHIFT) & tag_mask
            slot = slots[i]
            last = np.int64(code >> _REGION_SHIFT) * size + size - 1
            entry = table[slot]
            while entry != EMPTY and (entry & tag_mask) != tag:
                slot = slot + 1 if slot < last else last + 1 - size
                entry = table[slot]
            slots[i] = slot
            if entry != EMPTY:
                prefetch(states, (np.int64(entry & number_mask) - 1) * words)
        for i in range(width):
            row = block + i
            tag = np.uint32(hashes[row] << _TAG_SHIFT) & tag_mask
            slot = slots[i]
            last = np.int64(hashes[row] >> _REGION_SHIFT) * size + size - 1
            while True:
                entry = table[slot]
                if entry == EMPTY:
                    return np.int64(-1)
                if (entry & tag_mask) == tag:
                    number = np.int64(entry & number_mask) - 1
                    same = True
                    for w in range(words):
                        if states[number * words + w] != candidates[row * words + w]:
                            same = False
                            break
                    if same:
                        break
                slot = slot + 1 if slot < last else last + 1 - size
            targets[edge + row] = number
            events[edge + row] = sent[row]
    return after
