"""The inner loops of the explicit engine, compiled by numba and cached on disk.

A step of the search is three loops over a block of states, so that memory is asked for long before it is needed:

``generate``  successors of some states, into a buffer per region of the hash table; loops are counted and dropped;
``insert``    which of the buffered states are new: the line of the table in which a state belongs is asked for some
              candidates ahead, compared in one go, and the new ones are moved together in their buffer;
``commit``    the new states move behind those known.

The loops release the interpreter's lock.  ``generate`` runs at once for different states, ``insert`` and ``commit`` for
different regions; nothing is shared that two of them write.  They are compiled for states of one word, of two, and of
any number.  What they work on is in ``structures``.
"""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False
import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from ..compilation import compiled
from .intrinsics import borrowed, change_eight, prefetch, probe, width
from .structures import DISPLACEMENT_BITS, LINE, REGION_BITS, SLACK, Place
from .units import ASKING, FREE, GUARDED, LISTED, LOOP

AHEAD = 32
"""Candidates whose memory accesses overlap."""

DISPLACED = 15
"""Lines looked into beyond an entry's own.  That is next to never too few; then the table grows."""

RING = 2 * AHEAD
"""Candidates under way through a numbered table: half of them wait for a line, half for a state."""

REFILLS = 256
"""Times that ``edges`` fills its buffer before it comes back: numba takes long to find the types in a record."""

_DISPLACEMENT_BITS = np.uint64(DISPLACEMENT_BITS)
_REGION_BITS = np.uint64(REGION_BITS)
_REGION_SHIFT = np.uint64(64 - REGION_BITS)
_OCCUPIED, _LOW, _HALF = np.uint64(1 << 31), np.uint64(0xFFFFFFFF), np.uint64(32)
_USED, _HITS, _FULL, _ALL = np.uint32(16), np.uint32(0xFFFF), np.uint32(LINE), np.uint32(0xFFFFFFFF)
_ODD_1, _ODD_2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SALT, _ONE = np.uint64(0x9E3779B97F4A7C15), np.uint64(1)


@compiled(inline=True)
def mix(word, mixer):
    """A permutation of the words of so many bits, their bits at the top: the finaliser of MurmurHash3 (Appleby)."""
    word = ((word ^ (word >> mixer.shift)) * _ODD_1) & mixer.mask
    word = ((word ^ (word >> mixer.shift)) * _ODD_2) & mixer.mask
    return (word ^ (word >> mixer.shift)) << mixer.left


@compiled(inline=True)
def hash_of(states, row, words, mixer):
    """The hash of a stored state: several words are first brought together, each times an odd number of its own."""
    found = states[row * width(words)]
    for w in range(1, width(words)):
        found += states[row * width(words) + w] * (_SALT * np.uint64(2 * w + 1))
    return mix(found, mixer)


@compiled(inline=True)
def allowed(words, states, here, own, rows, k):
    """Whether the guard of a row holds in the state that begins at ``here``."""
    if width(words) == 2:
        return (((states[here] & rows[k, 2]) ^ rows[k, 4]) | ((states[here + 1] & rows[k, 3]) ^ rows[k, 5])) == 0
    return (states[here + own] & rows[k, 1]) == rows[k, 2]


@compiled(inline=True)
def changing(words, rows, k):
    """Whether a row changes anything."""
    return (rows[k, 0] | rows[k, 1]) != 0 if width(words) == 2 else rows[k, 0] != 0


@compiled(inline=True)
def change_all(words, states, here, own, rows, k, out, n):
    """Write the state that begins at ``here``, as a row changes it, into row ``n`` of ``out``."""
    if width(words) == 1:
        out[n] = states[here] ^ rows[k, 0]
    elif width(words) == 2:
        out[2 * n] = states[here] ^ rows[k, 0]
        out[2 * n + 1] = states[here + 1] ^ rows[k, 1]
    else:
        for w in range(width(words)):
            out[n * width(words) + w] = states[here + w]
        out[n * width(words) + own] ^= rows[k, 0]


@compiled(inline=True)
def copy_state(words, states, row, out, n):
    """Copy a state from one row to another."""
    for w in range(width(words)):
        out[n * width(words) + w] = states[row * width(words) + w]


@compiled(inline=True)
def same_state(words, states, row, others, n):
    """Whether the states of two rows are equal."""
    same = True
    for w in range(width(words)):
        same &= states[row * width(words) + w] == others[n * width(words) + w]
    return same


@compiled(inline=True)
def rows_of(begins, value, kind, here, own, n, at):
    """The rows of one kind for a value of a unit, and where to apply them."""
    # Counted without a sign, so that no index is looked at for being negative.
    return Place(here, own, n, at, np.uint64(begins[value, kind]), np.uint64(begins[value + 1, kind]))


@compiled(inline=True)
def free_rows(words, states, place, free, out, sent, events):
    """Rows that nobody is asked about, as successors; returns how many successors there are then."""
    size = width(words)
    here, own, n, at = place.here, place.own, place.n, place.at
    first, last = np.int64(place.first), np.int64(place.last)
    if size == 1:
        change_eight(states[here], free, first, out, n)
        for k in range(first + SLACK, last, SLACK):
            change_eight(states[here], free, k, out, n + k - first)
    else:
        for k in range(first, last):
            to = (n + k - first) * size
            for w in range(size):
                out[to + w] = states[here + w]
            out[to + own] ^= free[k]
    for k in range(first, last if len(sent) else first):
        sent[at + n + k - first] = events[k]
    return n + last - first


@compiled(inline=True)
def loop_rows(words, states, place, out, sent, events):
    """Rows that change nothing: counted, or kept for their events."""
    size = width(words)
    here, n = place.here, place.n
    if len(sent) == 0:
        return n, np.int64(place.last - place.first)
    for k in range(place.first, place.last):
        for w in range(size):
            out[n * size + w] = states[here + w]
        sent[place.at + n] = events[k]
        n += 1
    return n, np.int64(0)


@compiled(inline=True)
def guarded_rows(words, states, place, rows, out, sent, events):
    """Rows with a guard; returns the number of successors and that of loops, here and below."""
    here, own, n = place.here, place.own, place.n
    noting, loops = len(sent) > 0, np.int64(0)
    for k in range(place.first, place.last):
        taken = allowed(words, states, here, own, rows, k)
        if width(words) > 2 and not taken:
            continue
        change_all(words, states, here, own, rows, k, out, n)
        if noting:
            sent[place.at + n] = events[k]
        moved = taken & (noting | changing(words, rows, k))
        n += moved
        loops += taken ^ moved
    return n, loops


@compiled(inline=True)
def asking_rows(words, states, place, rows, moves, out, sent, events):
    """Rows with a guard and one more participant."""
    size = width(words)
    here, own, n = place.here, place.own, place.n
    rest = 6 if size == 2 else 3
    noting, loops = len(sent) > 0, np.int64(0)
    for k in range(place.first, place.last):
        taken = allowed(words, states, here, own, rows, k)
        if size > 2 and not taken:
            continue
        change_all(words, states, here, own, rows, k, out, n)
        if noting:
            sent[place.at + n] = events[k]
        other = np.int64(rows[k, rest + 3]) if size != 1 else np.int64(0)
        theirs = (states[here + other] >> rows[k, rest + 2]) & rows[k, rest]
        move = moves[rows[k, rest + 1] + theirs]
        taken &= move >= 0
        change = (theirs ^ np.uint64(move)) << rows[k, rest + 2]
        out[n * size + other] ^= change
        moved = taken & (noting | changing(words, rows, k) | (change != 0))
        n += moved
        loops += taken ^ moved
    return n, loops


@compiled(inline=True)
def listed_rows(words, states, place, rows, others, out, sent, events):
    """Rows with a guard and a list of participants; ``others`` are these and their moves."""
    size = width(words)
    here, own, n = place.here, place.own, place.n
    rest = 6 if size == 2 else 3
    noting, loops = len(sent) > 0, np.int64(0)
    for k in range(place.first, place.last):
        if not allowed(words, states, here, own, rows, k):
            continue
        listed, moves = others
        change_all(words, states, here, own, rows, k, out, n)
        if noting:
            sent[place.at + n] = events[k]
        moved = noting | changing(words, rows, k)
        blocked = False
        for p in range(rows[k, rest], rows[k, rest + 1]):
            other = listed[p, 0] if size != 1 else np.int64(0)
            theirs = (states[here + other] >> np.uint64(listed[p, 1])) & np.uint64(listed[p, 2])
            move = moves[listed[p, 3] + np.int64(theirs)]
            if move < 0:
                blocked = True
                break
            change = theirs ^ np.uint64(move)
            out[n * size + other] ^= change << np.uint64(listed[p, 1])
            moved |= change != 0
        if not blocked:
            n += moved
            loops += not moved
    return n, loops


@compiled()
def generate(system, states, begin, end, buffer, slice_, fill, degrees):
    """Successors of the states ``begin..end``; returns where it stopped for want of room, and how many they are.

    They become candidates: those of region r go behind ``fill[r]`` others of this slice, which is counted on.
    ``degrees`` gets the numbers of successors, unless empty.  Successors that are the state itself are counted and
    dropped: they are known.  Where ``buffer.sent`` has room, it gets the events, and they are kept.
    """
    system, states, buffer = borrowed(system), borrowed(states), borrowed(buffer)
    words, mixer, size = system.words, system.mixer, width(system.words)
    units, begins, (free, _, guarded, asking, several), events, listed, moves, most = system.units
    of_free, of_loop, of_guarded, of_asking, of_listed = events
    out, candidates, sent, room = buffer.scratch, buffer.candidates, buffer.sent, buffer.room
    base, stride = slice_ * room, buffer.slices * room
    fullest = np.int64(0)
    for r in range(buffer.regions):
        fullest = max(fullest, fill[r])
    s, transitions = np.int64(begin), np.int64(0)
    while s < end and fullest + most <= room:
        here = s * size
        n, loops = np.int64(0), np.int64(0)
        at = base + fill[0]
        for u in range(len(units)):
            own = units[u, 0] if size != 1 else np.int64(0)
            v = units[u, 3] + np.int64((states[here + own] >> np.uint64(units[u, 1])) & np.uint64(units[u, 2]))
            place = rows_of(begins, v, FREE, here, own, n, at)
            n = free_rows(words, states, place, free, out, sent, of_free)
            place = rows_of(begins, v, LOOP, here, own, n, at)
            n, still = loop_rows(words, states, place, out, sent, of_loop)
            loops += still
            place = rows_of(begins, v, GUARDED, here, own, n, at)
            n, still = guarded_rows(words, states, place, guarded, out, sent, of_guarded)
            loops += still
            place = rows_of(begins, v, ASKING, here, own, n, at)
            n, still = asking_rows(words, states, place, asking, moves, out, sent, of_asking)
            loops += still
            place = rows_of(begins, v, LISTED, here, own, n, at)
            n, still = listed_rows(words, states, place, several, (listed, moves), out, sent, of_listed)
            loops += still
        transitions += n + loops
        if len(degrees) > 0:
            degrees[s] = n + loops
        for k in range(n):
            r = np.int64((hash_of(out, k, words, mixer) >> _REGION_SHIFT) & np.uint64(buffer.regions - 1))
            copy_state(words, out, k, candidates, base + r * stride + fill[r])
            fill[r] += 1
            fullest = max(fullest, fill[r])
        s += 1
    return s, transitions


@compiled(inline=True)
def locate(code, lines):
    """The line in which a hash belongs, and in 32 bits where between this line and the next."""
    product = ((code << _REGION_BITS) >> _HALF) * np.uint64(lines)
    return np.int64(code >> _REGION_SHIFT) * lines + np.int64(product >> _HALF), product & _LOW


@compiled(inline=True)
def exact_entry(code, between, open_, rest):
    """What an exact table keeps of a hash in its own line."""
    below = ((code << _REGION_BITS) & _LOW) >> (_HALF - rest)
    return np.uint32((((between >> open_) << rest | below) << _DISPLACEMENT_BITS) | _OCCUPIED)


@compiled(inline=True)
def following(line, lines, displaced):
    """The ``displaced``-th line to look into further, in the same region: ever larger steps, so no clusters form."""
    inside = line % lines
    return line - inside + (inside + displaced) % lines


@compiled(inline=True)
def insert_exact(system, table, candidates, begin, count, base, found):
    """``insert`` into a table with exact entries."""
    words, mixer = system.words, system.mixer
    lines, entries = table.lines, table.entries
    belongs = np.empty(AHEAD, np.int64)
    wanted = np.empty(AHEAD, np.uint32)
    for i in range(begin, begin + count + AHEAD):
        if i >= begin + AHEAD:
            line = belongs[i & (AHEAD - 1)]
            entry = wanted[i & (AHEAD - 1)]
            displaced = 0
            while True:
                seen = probe(entries, line * LINE, entry, _ALL)
                if seen & _HITS:
                    break
                if (seen >> _USED) < _FULL:
                    entries[line * LINE + np.int64(seen >> _USED)] = entry
                    copy_state(words, candidates, i - AHEAD, candidates, base + found)
                    found += 1
                    break
                if displaced == DISPLACED:
                    return np.int64(-1)
                displaced += 1
                entry = np.uint32(entry + np.uint32(1))
                line = following(line, lines, displaced)
        if i < begin + count:
            code = hash_of(candidates, i, words, mixer)
            line, between = locate(code, lines)
            belongs[i & (AHEAD - 1)] = line
            wanted[i & (AHEAD - 1)] = exact_entry(code, between, table.open, table.rest)
            prefetch(entries, line * LINE)
    return found


@compiled(inline=True)
def numbers_of(number_bits):
    """The bits of an entry that hold a number, and the others, which hold a part of the hash."""
    number_mask = np.uint32((_ONE << np.uint64(number_bits)) - _ONE)
    return number_mask, np.uint32(~number_mask)


@compiled(inline=True)
def ask_for_state(words, states, known, entries, number_mask, line, tag):
    """Ask for the first of the known states with which a candidate will be compared, its line being there."""
    hits = np.uint64(probe(entries, line * LINE, tag, np.uint32(~number_mask)) & _HITS)
    if hits:
        number = np.int64(entries[line * LINE + np.int64(trailing_zeros(hits))] & number_mask) - 1
        if 0 <= number < known:
            prefetch(states, number * width(words))


@compiled(inline=True)
def insert_numbered(system, store, known, buffer, begin, count, base, found):
    """``insert`` into a table with numbered entries."""
    words, mixer, states = system.words, system.mixer, store.states
    lines, entries = store.table.lines, store.table.entries
    candidates, slots = buffer.candidates, buffer.slots
    number_mask, tag_mask = numbers_of(store.table.number_bits)
    belongs = np.empty(RING, np.int64)
    wanted = np.empty(RING, np.uint32)
    for i in range(begin, begin + count + RING):
        if i >= begin + RING:
            row = i - RING
            line = belongs[row & (RING - 1)]
            tag = wanted[row & (RING - 1)]
            old = False
            displaced = 0
            while True:
                seen = probe(entries, line * LINE, tag, tag_mask)
                used = seen >> _USED
                hits = np.uint64(seen) & ((_ONE << np.uint64(used)) - _ONE)
                while hits and not old:
                    number = np.int64(entries[line * LINE + np.int64(trailing_zeros(hits))] & number_mask) - 1
                    if number < known:
                        old = same_state(words, states, number, candidates, row)
                    else:
                        old = same_state(words, candidates, base + number - known, candidates, row)
                    hits &= hits - _ONE
                if old:
                    break
                if used < _FULL:
                    slot = line * LINE + np.int64(used)
                    entries[slot] = tag | np.uint32(known + found + 1)
                    slots[base + found] = slot
                    copy_state(words, candidates, row, candidates, base + found)
                    found += 1
                    break
                if displaced == DISPLACED:
                    return np.int64(-1)
                displaced += 1
                line = following(line, lines, displaced)
        if begin + AHEAD <= i < begin + count + AHEAD:
            place = (i - AHEAD) & (RING - 1)
            ask_for_state(words, states, known, entries, number_mask, belongs[place], wanted[place])
        if i < begin + count:
            line, between = locate(hash_of(candidates, i, words, mixer), lines)
            belongs[i & (RING - 1)] = line
            wanted[i & (RING - 1)] = np.uint32(between) & tag_mask
            prefetch(entries, line * LINE)
    return found


@compiled()
def insert(system, store, known, buffer, begin, count, base, found):
    """Which of ``count`` candidates from row ``begin`` on are new; returns the number of new states since ``base``.

    New states are moved to the rows from ``base`` on, behind ``found`` others that are there already.  In a numbered
    table they are numbered provisionally from ``known`` on, and ``buffer.slots``, by the same rows, tells where their
    entries are.  Returns -1 when the table is too full.
    """
    system, store, buffer = borrowed(system), borrowed(store), borrowed(buffer)
    if store.table.number_bits == 0:
        return insert_exact(system, store.table, buffer.candidates, begin, count, base, found)
    return insert_numbered(system, store, known, buffer, begin, count, base, found)


@compiled()
def insert_regions(system, store, known, buffer, begin, end, fills, new):
    """``insert`` for the regions ``begin..end``, from all slices; ``new`` gets how many states are new in each."""
    for region in range(begin, end):
        base = region * buffer.slices * buffer.room
        found = np.int64(0)
        for j in range(buffer.slices):
            found = insert(system, store, known, buffer, base + j * buffer.room, fills[j, region], base, found)
            if found < 0:
                break
        new[region] = found


@compiled()
def commit(system, store, buffer, base, count, first):
    """Move ``count`` new states from row ``base`` on behind those known, with the numbers from ``first`` on."""
    system, store, buffer = borrowed(system), borrowed(store), borrowed(buffer)
    size = width(system.words)
    states, candidates = store.states, buffer.candidates
    for k in range(count * size):
        states[first * size + k] = candidates[base * size + k]
    if store.table.number_bits:
        _, tag_mask = numbers_of(store.table.number_bits)
        entries, slots = store.table.entries, buffer.slots
        for k in range(count):
            if k + AHEAD < count:
                prefetch(entries, np.int64(slots[base + k + AHEAD]))
            slot = np.int64(slots[base + k])
            entries[slot] = (entries[slot] & tag_mask) | np.uint32(first + k + 1)


@compiled()
def commit_regions(system, store, known, buffer, begin, end, new):
    """``commit`` for the new states of the regions ``begin..end``."""
    first = known + new[:begin].sum()
    for region in range(begin, end):
        commit(system, store, buffer, region * buffer.slices * buffer.room, new[region], first)
        first += new[region]


@compiled()
def narrow(system, store, buffer, at, bounds, degrees, levels):
    """Search alone, through as many levels as it takes, until one of the ``bounds`` is met or nothing is left.

    Also stops when ``levels`` is full.  Returns the numbers of known and expanded states, the number of transitions,
    that of levels begun, and whether the table was too full to go on.
    """
    known, expanded, level_end = at
    fill = np.zeros(1, np.int64)
    transitions, begun = np.int64(0), np.int64(0)
    while (
        transitions + expanded - at.expanded < bounds.effort
        and known <= bounds.most_states
        and known + buffer.room <= bounds.capacity
    ):
        if expanded == level_end:
            if expanded == known or begun == len(levels):
                break
            level_end = known
            levels[begun] = known
            begun += 1
        if level_end - expanded >= bounds.wide:
            break
        end = level_end
        if known + buffer.room > bounds.most_states:
            end = expanded + 1  # near the limit, state by state
        fill[0] = 0
        after, count = generate(system, store.states, expanded, end, buffer, 0, fill, degrees)
        new = insert(system, store, known, buffer, 0, fill[0], 0, 0)
        if new < 0:
            return known, expanded, transitions, begun, True
        commit(system, store, buffer, 0, new, known)
        known += new
        transitions += count
        expanded = after
    return known, expanded, transitions, begun, False


@compiled()
def rebuild(system, store, known, part, parts):
    """Enter the known states into an empty table, for the regions r with ``r % parts == part``.

    Returns whether there was room for them.
    """
    system, store = borrowed(system), borrowed(store)
    words, mixer, states, table = system.words, system.mixer, store.states, store.table
    lines, entries = table.lines, table.entries
    _, tag_mask = numbers_of(table.number_bits)
    belongs = np.empty(AHEAD, np.int64)
    wanted = np.empty(AHEAD, np.uint32)
    s = np.int64(0)
    while s < known:
        waiting = np.int64(0)
        while s < known and waiting < AHEAD:
            code = hash_of(states, s, words, mixer)
            if np.int64(code >> _REGION_SHIFT) % parts == part:
                line, between = locate(code, lines)
                belongs[waiting] = line
                if table.number_bits == 0:
                    wanted[waiting] = exact_entry(code, between, table.open, table.rest)
                else:
                    wanted[waiting] = (np.uint32(between) & tag_mask) | np.uint32(s + 1)
                prefetch(entries, line * LINE)
                waiting += 1
            s += 1
        for i in range(waiting):
            line = belongs[i]
            entry = wanted[i]
            displaced = 0
            while True:
                used = probe(entries, line * LINE, entry, _ALL) >> _USED
                if used < _FULL:
                    break
                if displaced == DISPLACED:
                    return False
                displaced += 1
                line = following(line, lines, displaced)
                if table.number_bits == 0:
                    entry = np.uint32(entry + np.uint32(1))
            entries[line * LINE + np.int64(used)] = entry
    return True


@compiled(inline=True)
def number_of(words, states, entries, lines, number_mask, candidates, row, entry):
    """The number of the state that a candidate is, or -1 if it is not known; ``entry`` is its line and its tag."""
    line, tag = entry
    number = np.int64(-1)
    displaced = 0
    while number < 0:
        seen = probe(entries, line * LINE, tag, np.uint32(~number_mask))
        used = seen >> _USED
        hits = np.uint64(seen) & ((_ONE << np.uint64(used)) - _ONE)
        while hits and number < 0:
            number = np.int64(entries[line * LINE + np.int64(trailing_zeros(hits))] & number_mask) - 1
            if not same_state(words, states, number, candidates, row):
                number = np.int64(-1)
            hits &= hits - _ONE
        if number < 0 and (used < _FULL or displaced == DISPLACED):
            break
        displaced += 1
        line = following(line, lines, displaced)
    return number


@compiled()
def edges(system, store, buffer, begin, end, offsets, targets, labels):
    """The edges of the states ``begin..end``, by looking their successors up in a numbered table.

    Returns how far it got: it comes back now and then, so that the caller can stop it.  A state that is not known is an
    error and stops it at once, with -1.
    """
    system, store, buffer = borrowed(system), borrowed(store), borrowed(buffer)
    words, mixer, states = system.words, system.mixer, store.states
    lines, entries = store.table.lines, store.table.entries
    candidates, sent = buffer.candidates, buffer.sent
    number_mask, tag_mask = numbers_of(store.table.number_bits)
    fill = np.zeros(1, np.int64)
    belongs = np.empty(RING, np.int64)
    wanted = np.empty(RING, np.uint32)
    for _ in range(REFILLS):
        if begin == end:
            break
        edge = offsets[begin]
        fill[0] = 0
        begin, count = generate(system, states, begin, end, buffer, 0, fill, np.empty(0, np.int32))
        for i in range(count + RING):
            if i >= RING:
                row = i - RING
                entry = belongs[row & (RING - 1)], wanted[row & (RING - 1)]
                number = number_of(words, states, entries, lines, number_mask, candidates, row, entry)
                if number < 0:
                    return np.int64(-1)
                targets[edge + row] = number
                labels[edge + row] = sent[row]
            if AHEAD <= i < count + AHEAD:
                place = (i - AHEAD) & (RING - 1)
                ask_for_state(words, states, len(states), entries, number_mask, belongs[place], wanted[place])
            if i < count:
                line, between = locate(hash_of(candidates, i, words, mixer), lines)
                belongs[i & (RING - 1)] = line
                wanted[i & (RING - 1)] = np.uint32(between) & tag_mask
                prefetch(entries, line * LINE)
    return np.int64(begin)
