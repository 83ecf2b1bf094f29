"""The inner loops of the explicit engine, compiled by numba and cached on disk.

A step of the search is three loops over a block of states, so that memory is asked for long before it is needed:

``generate``  successors of some states, into a buffer per region of the hash table; loops are counted and dropped;
``insert``    which of the buffered states are new: the line of the table in which a state belongs is asked for some
              candidates ahead, compared in one go, and the new ones are moved together in their buffer;
``commit``    the new states move behind those known.

The loops release the interpreter's lock.  ``generate`` runs at once for different states, ``insert`` and ``commit`` for
different regions; nothing is shared that two of them write.  They are compiled for states of one word, of two, and of
any number.

The hash table has lines of sixteen entries of 32 bits, a line of the processor's cache, filled from the front; what
doesn't fit goes to another line of the region, by quadratic probing.  An entry is of one of two kinds:

exact     for states of one word.  The hash is a permutation of the states, so a state is told by its line, what the
          line leaves open of its hash, and how many lines it was displaced: quotienting (Cleary, "Compact hash tables
          using bidirectional linear probing", 1984).  Nothing else is looked at.
numbered  otherwise: the number of a state plus one, and in the bits left over some of its hash, which spare most of the
          comparisons that would fail.  An entry never decides alone: states are equal only if all their words are.

The mixer is that of MurmurHash3's finaliser (Appleby), cut to the bits of a state.
"""

from __future__ import annotations

# The types of the loops are numba's to infer.
# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit, types
from numba.cpython.unsafe.numbers import trailing_zeros
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])

REGION_BITS = 6
REGIONS = 1 << REGION_BITS
"""Regions of the hash table.  A constant, so that the order of states doesn't depend on the number of cores."""

LINE = 16
"""Entries of a line."""

AHEAD = 32
"""Candidates whose memory accesses overlap."""

DISPLACED = 15
"""Lines looked into beyond an entry's own.  That is next to never too few; then the table grows."""

SLACK = 8
"""Places behind the last successor of a state that may be written to."""

_DISPLACEMENT_BITS = np.uint64(4)
_REGION_BITS = np.uint64(REGION_BITS)
_REGION_SHIFT = np.uint64(64 - REGION_BITS)
_OCCUPIED = np.uint64(1 << 31)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_USED = np.uint32(16)
_HITS = np.uint32(0xFFFF)
_FULL = np.uint32(LINE)
_ALL = np.uint32(0xFFFFFFFF)
_ODD_1 = np.uint64(0xFF51AFD7ED558CCD)
_ODD_2 = np.uint64(0xC4CEB9FE1A85EC53)
_SALT = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


class Mixer(NamedTuple):
    """How a word is scattered: its bits as a mask, half of their number, and how far they are from the top."""

    mask: np.uint64
    shift: np.uint64
    left: np.uint64

    @classmethod
    def of(cls, bits: int, words: int) -> Mixer:
        """For states of so many bits in so many words."""
        bits = 64 if words > 1 else max(bits, 2)
        return cls(np.uint64((1 << bits) - 1), np.uint64(bits // 2 + 1), np.uint64(64 - bits))


class Table(NamedTuple):
    """A hash table: ``lines`` in each region.  ``number_bits`` is 0 for exact entries.

    ``open`` and ``rest`` are the bits of an exact entry that the choice of its line leaves open: of the 32 bits that
    choose it, how many are given up, and how many there are below them.
    """

    entries: NDArray[np.uint32]
    lines: int
    number_bits: int
    open: np.uint64
    rest: np.uint64

    @classmethod
    def of(cls, lines: int, number_bits: int, bits: int) -> Table:
        """An empty table; ``bits`` are those of a state."""
        size = REGIONS * lines * LINE
        entries = np.zeros(size + LINE, np.uint32)
        begin = -entries.ctypes.data // entries.itemsize % LINE
        rest = np.uint64(max(0, bits - REGION_BITS - 32))
        return cls(entries[begin : begin + size], lines, number_bits, np.uint64(lines.bit_length() - 1), rest)


def exact(lines: int, bits: int, words: int) -> bool:
    """Whether entries of tables of this size can be exact."""
    open_bits = 32 - (lines.bit_length() - 1) + max(0, bits - REGION_BITS - 32)
    return words == 1 and open_bits + int(_DISPLACEMENT_BITS) <= 31


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


def width(words):
    """The number of words of a state: that number, or the length of a tuple, which the compiler knows."""
    return words if isinstance(words, int) else len(words)


@overload(width, inline="always")
def _width(words):
    if isinstance(words, types.UniTuple):
        length = words.count
        return lambda words: length
    return lambda words: words


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


@intrinsic
def probe(typingctx: Any, entries: Any, begin: Any, wanted: Any, mask: Any) -> Any:
    """A line of the table in one go: bit i if entry i is as wanted under the mask; from bit 16 on, how many it has."""
    ir = importlib.import_module("llvmlite.ir")

    def generate_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        bits, number = ir.IntType(LINE), ir.IntType(32)
        line = ir.VectorType(number, LINE)
        found = builder.load(builder.bitcast(builder.gep(view.data, [arguments[1]]), line.as_pointer()), align=4)
        alike = builder.icmp_unsigned(
            "==", builder.and_(found, _spread(builder, arguments[3], line)), _spread(builder, arguments[2], line)
        )
        used = builder.ctpop(builder.bitcast(builder.icmp_unsigned("!=", found, line([0] * LINE)), bits))
        hits = builder.zext(builder.bitcast(alike, bits), number)
        return builder.or_(builder.shl(builder.zext(used, number), number(16)), hits)

    return types.uint32(entries, types.intp, types.uint32, types.uint32), generate_code


@intrinsic
def change_eight(typingctx: Any, word: Any, changes: Any, begin: Any, out: Any, at: Any) -> Any:
    """A word with each of eight changes, one after the other."""
    ir = importlib.import_module("llvmlite.ir")

    def generate_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        eight = ir.VectorType(ir.IntType(64), 8)
        source = context.make_array(signature.args[1])(context, builder, arguments[1])
        target = context.make_array(signature.args[3])(context, builder, arguments[3])
        bits = builder.load(builder.bitcast(builder.gep(source.data, [arguments[2]]), eight.as_pointer()), align=8)
        place = builder.bitcast(builder.gep(target.data, [arguments[4]]), eight.as_pointer())
        builder.store(builder.xor(bits, _spread(builder, arguments[0], eight)), place, align=8)
        return context.get_dummy_value()

    return types.void(types.uint64, changes, types.intp, out, types.intp), generate_code


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    ir = importlib.import_module("llvmlite.ir")
    nothing = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.IntType(32)(0))
    return builder.shuffle_vector(one, nothing, ir.VectorType(ir.IntType(32), vector.count)([0] * vector.count))


@compiled(inline=True)
def mix(word, mixer):
    """A permutation of the words of so many bits, their bits at the top."""
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


@compiled()
def generate(
    words, network, events, mixer, states, begin, end, out,
    candidates, sent, base, stride, regions, fill, room, degrees,
):  # fmt: skip
    """Successors of the states ``begin..end``; returns where it stopped for want of room, and how many they are.

    Candidates of region r go to rows ``base + r * stride + fill[r]``, at most ``room`` of them.  ``regions`` is 1 when
    they are all to stay in one buffer.  ``out`` has room for the successors of one state and some more.  ``degrees``
    gets the numbers of successors, unless empty.  Successors that are the state itself are counted and dropped: they
    are known.  With ``sent``, which gets the events, they are kept; otherwise it and ``events`` are None.
    """
    units, index, free, guarded, asking, several, listed, moves, most = network
    size = width(words)
    many = size > 2
    rest = 6 if size == 2 else 3
    region_mask = np.uint64(regions - 1)
    fullest = np.int64(0)
    for r in range(regions):
        fullest = max(fullest, fill[r])
    transitions = np.int64(0)
    s = np.int64(begin)
    while s < end and fullest + most <= room:
        here = s * size
        n = np.int64(0)
        loops = np.int64(0)
        for u in range(len(units)):
            own = units[u, 0] if size != 1 else np.int64(0)
            value = units[u, 3] + np.int64((states[here + own] >> np.uint64(units[u, 1])) & np.uint64(units[u, 2]))
            first, last = np.int64(index[value, 0]), np.int64(index[value + 1, 0])
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
            if sent is not None:
                for k in range(first, last):
                    sent[base + fill[0] + n + k - first] = events[0][k]
            n += last - first
            if sent is None:
                loops += np.int64(index[value + 1, 1] - index[value, 1])
            else:
                for k in range(index[value, 1], index[value + 1, 1]):
                    for w in range(size):
                        out[n * size + w] = states[here + w]
                    sent[base + fill[0] + n] = events[1][k]
                    n += 1
            # From here on counted without a sign, so that no index is looked at for being negative.
            for k in range(np.uint64(index[value, 2]), np.uint64(index[value + 1, 2])):
                taken = allowed(words, states, here, own, guarded, k)
                if many and not taken:
                    continue
                change_all(words, states, here, own, guarded, k, out, n)
                if sent is None:
                    moved = taken & changing(words, guarded, k)
                    n += moved
                    loops += taken ^ moved
                else:
                    sent[base + fill[0] + n] = events[2][k]
                    n += taken
            for k in range(np.uint64(index[value, 3]), np.uint64(index[value + 1, 3])):
                taken = allowed(words, states, here, own, asking, k)
                if many and not taken:
                    continue
                change_all(words, states, here, own, asking, k, out, n)
                other = np.int64(asking[k, rest + 3]) if size != 1 else np.int64(0)
                theirs = (states[here + other] >> asking[k, rest + 2]) & asking[k, rest]
                move = moves[asking[k, rest + 1] + theirs]
                taken &= move >= 0
                change = (theirs ^ np.uint64(move)) << asking[k, rest + 2]
                out[n * size + other] ^= change
                if sent is None:
                    moved = taken & (changing(words, asking, k) | (change != 0))
                    n += moved
                    loops += taken ^ moved
                else:
                    sent[base + fill[0] + n] = events[3][k]
                    n += taken
            for k in range(np.uint64(index[value, 4]), np.uint64(index[value + 1, 4])):
                if not allowed(words, states, here, own, several, k):
                    continue
                change_all(words, states, here, own, several, k, out, n)
                moved = changing(words, several, k)
                blocked = False
                for p in range(several[k, rest], several[k, rest + 1]):
                    other = listed[p, 0] if size != 1 else np.int64(0)
                    theirs = (states[here + other] >> np.uint64(listed[p, 1])) & np.uint64(listed[p, 2])
                    move = moves[listed[p, 3] + np.int64(theirs)]
                    if move < 0:
                        blocked = True
                        break
                    change = theirs ^ np.uint64(move)
                    out[n * size + other] ^= change << np.uint64(listed[p, 1])
                    moved |= change != 0
                if blocked:
                    continue
                if sent is not None:
                    sent[base + fill[0] + n] = events[4][k]
                    n += 1
                else:
                    n += moved
                    loops += not moved
        transitions += n + loops
        if len(degrees) > 0:
            degrees[s] = n + loops
        for k in range(n):
            r = np.int64((hash_of(out, k, words, mixer) >> _REGION_SHIFT) & region_mask)
            row = base + r * stride + fill[r]
            for w in range(size):
                candidates[row * size + w] = out[k * size + w]
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
def exact_entry(code, between, table):
    """What an exact table keeps of a hash in its own line."""
    below = ((code << _REGION_BITS) & _LOW) >> (_HALF - table.rest)
    return np.uint32((((between >> table.open) << table.rest | below) << _DISPLACEMENT_BITS) | _OCCUPIED)


@compiled(inline=True)
def following(line, lines, displaced):
    """The ``displaced``-th line to look into further, in the same region: ever larger steps, so that no crowds form."""
    inside = line % lines
    return line - inside + (inside + displaced) % lines


@compiled()
def insert(words, mixer, candidates, begin, count, base, found, table, states, known, slots):
    """Which of ``count`` candidates from row ``begin`` on are new; returns the number of new states since ``base``.

    New states are moved to the rows from ``base`` on, behind ``found`` others that are there already.  In a numbered
    table they are numbered provisionally from ``known`` on, and ``slots``, by the same rows, tells where their entries
    are.  Returns -1 when the table is too full.
    """
    size = width(words)
    lines = table.lines
    entries = table.entries
    belongs = np.empty(2 * AHEAD, np.int64)
    wanted = np.empty(2 * AHEAD, np.uint32)
    if table.number_bits == 0:
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
                        candidates[(base + found) * size] = candidates[(i - AHEAD) * size]
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
                wanted[i & (AHEAD - 1)] = exact_entry(code, between, table)
                prefetch(entries, line * LINE)
        return found
    number_mask = np.uint32((_ONE << np.uint64(table.number_bits)) - _ONE)
    tag_mask = np.uint32(~number_mask)
    for i in range(begin, begin + count + 2 * AHEAD):
        if i >= begin + 2 * AHEAD:
            row = i - 2 * AHEAD
            line = belongs[i & (2 * AHEAD - 1)]
            tag = wanted[i & (2 * AHEAD - 1)]
            old = False
            displaced = 0
            while True:
                seen = probe(entries, line * LINE, tag, tag_mask)
                used = seen >> _USED
                hits = np.uint64(seen) & ((_ONE << np.uint64(used)) - _ONE)
                while hits and not old:
                    number = np.int64(entries[line * LINE + np.int64(trailing_zeros(hits))] & number_mask) - 1
                    old = True
                    if number < known:
                        for w in range(size):
                            old &= states[number * size + w] == candidates[row * size + w]
                    else:
                        for w in range(size):
                            old &= candidates[(base + number - known) * size + w] == candidates[row * size + w]
                    hits &= hits - _ONE
                if old:
                    break
                if used < _FULL:
                    slot = line * LINE + np.int64(used)
                    entries[slot] = tag | np.uint32(known + found + 1)
                    slots[base + found] = slot
                    for w in range(size):
                        candidates[(base + found) * size + w] = candidates[row * size + w]
                    found += 1
                    break
                if displaced == DISPLACED:
                    return np.int64(-1)
                displaced += 1
                line = following(line, lines, displaced)
        if begin + AHEAD <= i < begin + count + AHEAD:
            place = (i - AHEAD) & (2 * AHEAD - 1)
            seen = probe(entries, belongs[place] * LINE, wanted[place], tag_mask)
            hits = np.uint64(seen & _HITS)
            if hits:
                number = np.int64(entries[belongs[place] * LINE + np.int64(trailing_zeros(hits))] & number_mask) - 1
                if 0 <= number < known:
                    prefetch(states, number * size)
        if i < begin + count:
            line, between = locate(hash_of(candidates, i, words, mixer), lines)
            belongs[i & (2 * AHEAD - 1)] = line
            wanted[i & (2 * AHEAD - 1)] = np.uint32(between) & tag_mask
            prefetch(entries, line * LINE)
    return found


@compiled()
def insert_regions(words, mixer, candidates, begin, end, slices, room, fills, table, states, known, slots, new):
    """``insert`` for the regions ``begin..end``, from all slices; ``new`` gets how many states are new in each."""
    for region in range(begin, end):
        base = region * slices * room
        found = np.int64(0)
        for j in range(slices):
            first = base + j * room
            found = insert(words, mixer, candidates, first, fills[j, region], base, found, table, states, known, slots)
            if found < 0:
                break
        new[region] = found


@compiled()
def commit(words, candidates, base, count, states, first, table, slots):
    """Move ``count`` new states from row ``base`` on behind those known, with the numbers from ``first`` on."""
    size = width(words)
    for k in range(count * size):
        states[first * size + k] = candidates[base * size + k]
    if table.number_bits:
        tag_mask = np.uint32(~((_ONE << np.uint64(table.number_bits)) - _ONE))
        for k in range(count):
            if k + AHEAD < count:
                prefetch(table.entries, np.int64(slots[base + k + AHEAD]))
            slot = np.int64(slots[base + k])
            table.entries[slot] = (table.entries[slot] & tag_mask) | np.uint32(first + k + 1)


@compiled()
def commit_regions(words, candidates, begin, end, slices, room, new, states, known, table, slots):
    """``commit`` for the new states of the regions ``begin..end``."""
    first = known + new[:begin].sum()
    for region in range(begin, end):
        commit(words, candidates, region * slices * room, new[region], states, first, table, slots)
        first += new[region]


@compiled()
def narrow(
    words, network, mixer, states, known, expanded, level_end, wide, most_states, effort,
    out, candidates, room, table, capacity, slots, degrees, levels,
):  # fmt: skip
    """Search alone, through as many levels as it takes, until a level has ``wide`` states left to expand or more.

    Also stops when there is nothing left, more than ``most_states`` are known, ``capacity`` would not hold what may
    come, ``levels`` is full, or ``effort`` (states plus transitions) is used up.  Returns the numbers of known and
    expanded states, the end of the level being expanded, the number of transitions, that of levels begun, and whether
    the table was too full to go on.
    """
    fill = np.zeros(1, np.int64)
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
            words, network, None, mixer, states, expanded, end, out, candidates, None, 0, 0, 1, fill, room, degrees
        )
        new = insert(words, mixer, candidates, 0, fill[0], 0, 0, table, states, known, slots)
        if new < 0:
            return known, expanded, level_end, transitions, begun, True
        commit(words, candidates, 0, new, states, known, table, slots)
        known += new
        transitions += count
        work += count + after - expanded
        expanded = after
    return known, expanded, level_end, transitions, begun, False


@compiled()
def rebuild(words, mixer, states, known, table, part, parts):
    """Enter the known states into an empty table, for the regions r with ``r % parts == part``.

    Returns whether there was room for them.
    """
    lines = table.lines
    entries = table.entries
    number_mask = np.uint32((_ONE << np.uint64(table.number_bits)) - _ONE)
    tag_mask = np.uint32(~number_mask)
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
                    wanted[waiting] = exact_entry(code, between, table)
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


@compiled()
def edges(
    words, network, events, mixer, states, begin, end, out, candidates, sent, room, table, offsets, targets, labels,
    degrees,
):  # fmt: skip
    """The edges of the states ``begin..end``, by looking their successors up in a numbered table.

    Returns where it stopped for want of room; a state that is not known is an error and stops it at once.
    """
    size = width(words)
    lines = table.lines
    entries = table.entries
    number_mask = np.uint32((_ONE << np.uint64(table.number_bits)) - _ONE)
    tag_mask = np.uint32(~number_mask)
    fill = np.zeros(1, np.int64)
    after, count = generate(
        words, network, events, mixer, states, begin, end, out, candidates, sent, 0, 0, 1, fill, room, degrees
    )
    edge = offsets[begin]
    belongs = np.empty(2 * AHEAD, np.int64)
    wanted = np.empty(2 * AHEAD, np.uint32)
    for i in range(count + 2 * AHEAD):
        if i >= 2 * AHEAD:
            row = i - 2 * AHEAD
            line = belongs[i & (2 * AHEAD - 1)]
            tag = wanted[i & (2 * AHEAD - 1)]
            number = np.int64(-1)
            displaced = 0
            while number < 0:
                seen = probe(entries, line * LINE, tag, tag_mask)
                used = seen >> _USED
                hits = np.uint64(seen) & ((_ONE << np.uint64(used)) - _ONE)
                while hits and number < 0:
                    number = np.int64(entries[line * LINE + np.int64(trailing_zeros(hits))] & number_mask) - 1
                    for w in range(size):
                        if states[number * size + w] != candidates[row * size + w]:
                            number = np.int64(-1)
                            break
                    hits &= hits - _ONE
                if number < 0 and (used < _FULL or displaced == DISPLACED):
                    return np.int64(-1)
                displaced += 1
                line = following(line, lines, displaced)
            targets[edge + row] = number
            labels[edge + row] = sent[row]
        if AHEAD <= i < count + AHEAD:
            place = (i - AHEAD) & (2 * AHEAD - 1)
            hits = np.uint64(probe(entries, belongs[place] * LINE, wanted[place], tag_mask) & _HITS)
            if hits:
                number = np.int64(entries[belongs[place] * LINE + np.int64(trailing_zeros(hits))] & number_mask) - 1
                if number >= 0:
                    prefetch(states, number * size)
        if i < count:
            line, between = locate(hash_of(candidates, i, words, mixer), lines)
            belongs[i & (2 * AHEAD - 1)] = line
            wanted[i & (2 * AHEAD - 1)] = np.uint32(between) & tag_mask
            prefetch(entries, line * LINE)
    return after
