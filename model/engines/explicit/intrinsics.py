"""What the compiled loops need and numba lacks: a width known to the compiler, prefetching, vectors of integers.

An intrinsic writes the instructions of LLVM, the compiler behind numba, for one call.
"""

from __future__ import annotations

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False
import importlib
from typing import Any

from numba import types
from numba.extending import intrinsic, overload

from .structures import LINE


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
def borrowed(typingctx: Any, value: Any) -> Any:
    """A value with arrays whose references are not counted; the value itself has to stay as long.

    numba counts references by atomic instructions, also in loops, where threads then wait for one another.
    """

    def strip(context: Any, builder: Any, kind: Any, found: Any) -> Any:
        if isinstance(kind, types.BaseTuple):
            kinds: Any = kind
            parts = [strip(context, builder, k, builder.extract_value(found, i)) for i, k in enumerate(kinds)]
            return context.make_tuple(builder, kind, parts)
        if not isinstance(kind, types.Array):
            return found
        view = context.make_array(kind)(context, builder, found)
        view.meminfo = view.meminfo.type(None)
        view.parent = view.parent.type(None)
        return view._getvalue()

    def generate_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return strip(context, builder, signature.return_type, arguments[0])

    return value(value), generate_code


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
