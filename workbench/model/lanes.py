"""Sixteen float32 numbers that kernels handle as one: the operations of a vector type for numba.

Plain loops over 16 numbers do not become vector instructions inside a larger kernel, so the vector
is a type of its own, with LLVM's portable vector instructions behind its operations. LLVM cuts
them to what the machine has: one register of 512 bits, two of 256, four of 128.

What training does with vectors it can do with single numbers too: a kernel whose arrays have one
dimension in place of rows of sixteen works on one lane alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from workbench.model.lane_type import (
    FLOAT,
    INT,
    INTS,
    LANES,
    N_LANES,
    Lanes,
    emit_constant,
    emit_splat,
)


def _one(emit: Callable[[Any, Any], Any]) -> Any:
    """Return an operation on one vector or number, whose instructions ``emit`` writes."""

    def operation(typing_context, a):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            return emit(builder, *values)

        return _wide_or_not(a)(a), codegen

    return intrinsic(operation)


def _two(emit: Callable[[Any, Any, Any], Any]) -> Any:
    """Return an operation on two vectors or numbers."""

    def operation(typing_context, a, b):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            return emit(builder, *values)

        return _wide_or_not(a)(a, a), codegen

    return intrinsic(operation)


def _three(emit: Callable[[Any, Any, Any, Any], Any]) -> Any:
    """Return an operation on three vectors or numbers."""

    def operation(typing_context, a, b, c):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            return emit(builder, *values)

        return _wide_or_not(a)(a, a, a), codegen

    return intrinsic(operation)


def _wide_or_not(lanes: Any) -> Any:
    """Return the type of an operand: of vectors, or of single float32 numbers."""
    if not isinstance(lanes, Lanes) and lanes != types.float32:
        raise TypingError(f"expected sixteen float32 numbers or one, found {lanes}")
    return lanes


def _row_of(array: Any) -> tuple[Any, int]:
    """Return the type and the width of what ``load_row`` reads from an array of one or two axes."""
    return (types.float32, 1) if array.ndim == 1 else (LANES, N_LANES)


def _call(builder: Any, name: str, *arguments: Any) -> Any:
    """Emit a call of one of LLVM's own functions from vectors to a vector, or numbers to one."""
    kind = arguments[0].type
    signature = ir.FunctionType(kind, [kind] * len(arguments))
    told = "f32" if kind == FLOAT else "v16f32"
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.{told}")
    return builder.call(function, arguments)


def _larger(builder: Any, a: Any, b: Any) -> Any:
    """Emit the larger numbers, ``b`` where one is NaN: one instruction, unlike LLVM's maxnum."""
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _address(context: Any, builder: Any, signature: Any, values: Any, width: int) -> Any:
    """Emit the address of element ``width`` * position; array and position come first."""
    array_type, position_type = signature.args[:2]
    data = cgutils.create_struct_proxy(array_type)(context, builder, values[0]).data
    position = context.cast(builder, values[1], position_type, types.int64)
    offset = builder.mul(position, ir.Constant(position.type, width))
    return builder.gep(data, [offset])


add = _two(lambda builder, a, b: builder.fadd(a, b))
subtract = _two(lambda builder, a, b: builder.fsub(a, b))
multiply = _two(lambda builder, a, b: builder.fmul(a, b))
divide = _two(lambda builder, a, b: builder.fdiv(a, b))
maximum = _two(lambda builder, a, b: _larger(builder, a, b))
minimum = _two(lambda builder, a, b: builder.select(builder.fcmp_ordered("<", a, b), a, b))
copy_sign = _two(lambda builder, a, b: _call(builder, "copysign", a, b))
# a * b + c, in one step where the machine has it. Not llvm.fma: without the instruction that is a
# call of a slow function.
fused = _three(lambda builder, a, b, c: _call(builder, "fmuladd", a, b, c))
absolute = _one(lambda builder, a: _call(builder, "fabs", a))


@intrinsic
def load(typing_context, array, row):  # type: ignore[no-untyped-def]
    """Return the sixteen numbers of a row, of a flat array too."""
    return LANES(array, row), _reader(LANES, N_LANES)


@intrinsic
def store(typing_context, array, row, lanes):  # type: ignore[no-untyped-def]
    """Write the sixteen numbers of a row, of a flat array too."""
    return types.void(array, row, LANES), _writer(LANES, N_LANES)


@intrinsic
def load_row(typing_context, array, row):  # type: ignore[no-untyped-def]
    """Return the sixteen numbers of a row, or the number of an array of one axis."""
    kind, width = _row_of(array)
    return kind(array, row), _reader(kind, width)


@intrinsic
def store_row(typing_context, array, row, lanes):  # type: ignore[no-untyped-def]
    """Write the sixteen numbers of a row, or the number of an array of one axis."""
    kind, width = _row_of(array)
    return types.void(array, row, kind), _writer(kind, width)


def _reader(kind: Any, width: int) -> Any:
    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        address = _address(context, builder, signature, values, width)
        pointer = context.get_value_type(kind).as_pointer()
        return builder.load(builder.bitcast(address, pointer), align=4)

    return codegen


def _writer(kind: Any, width: int) -> Any:
    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        address = _address(context, builder, signature, values, width)
        pointer = context.get_value_type(kind).as_pointer()
        builder.store(values[2], builder.bitcast(address, pointer), align=4)
        return context.get_dummy_value()

    return codegen


@intrinsic
def fetch_ahead(typing_context, array, position):  # type: ignore[no-untyped-def]
    """Ask for the cache line of an element, which is going to be read soon."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return _fetch(context, builder, _address(context, builder, signature, values, 1))

    return types.void(array, position), codegen


@intrinsic
def fetch_row_ahead(typing_context, array, row):  # type: ignore[no-untyped-def]
    """Ask for the cache line where what ``load_row`` reads begins."""
    _, width = _row_of(array)

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return _fetch(context, builder, _address(context, builder, signature, values, width))

    return types.void(array, row), codegen


def _fetch(context: Any, builder: Any, address: Any) -> Any:
    address = builder.bitcast(address, ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [address.type, INT, INT, INT])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [address, INT(0), INT(3), INT(1)])
    return context.get_dummy_value()


@intrinsic
def fill_as(typing_context, lanes, scalar):  # type: ignore[no-untyped-def]
    """Return the float32 as often as ``lanes`` holds numbers."""
    kind = _wide_or_not(lanes)

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return values[1] if kind == types.float32 else emit_splat(builder, values[1])

    return kind(kind, types.float32), codegen


@intrinsic
def splat(typing_context, scalar):  # type: ignore[no-untyped-def]
    """Return sixteen times the same float32."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return emit_splat(builder, values[0])

    return LANES(types.float32), codegen


@intrinsic
def multiply_add(typing_context, scalar, lanes, sum_so_far):  # type: ignore[no-untyped-def]
    """Return scalar * lanes + sum, in one step where the machine has it."""
    kind = _wide_or_not(lanes)

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        scalar = values[0] if kind == types.float32 else emit_splat(builder, values[0])
        return _call(builder, "fmuladd", scalar, *values[1:])

    return kind(types.float32, kind, kind), codegen


@intrinsic
def clamp_at_zero(typing_context, gradient, alpha):  # type: ignore[no-untyped-def]
    """Return the gradient, but no more than 0 where alpha is 0."""
    kind = _wide_or_not(gradient)

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        gradient, alpha = values
        zero = emit_constant(0.0, alpha.type)
        at_zero = builder.fcmp_ordered("==", alpha, zero)
        is_below = builder.fcmp_ordered("<", gradient, zero)
        return builder.select(at_zero, builder.select(is_below, gradient, zero), gradient)

    return kind(kind, kind), codegen


@intrinsic
def above(typing_context, a, b):  # type: ignore[no-untyped-def]
    """Return a number whose j-th bit says whether lane j of ``a`` is above that of ``b``."""
    kind = _wide_or_not(a)
    n_bits = 1 if kind == types.float32 else N_LANES

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        bits = builder.bitcast(builder.fcmp_ordered(">", *values), ir.IntType(n_bits))
        return builder.zext(bits, ir.IntType(64))

    return types.int64(kind, kind), codegen


@intrinsic
def largest(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Return the largest of the numbers."""
    kind = _wide_or_not(lanes)

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        best = values[0]
        if kind == types.float32:
            return best
        for half in (8, 4, 2, 1):
            order = [INT((j + half) % N_LANES) for j in range(N_LANES)]
            other = builder.shuffle_vector(best, best, ir.Constant(INTS, order))
            best = _larger(builder, best, other)
        return builder.extract_element(best, INT(0))

    return types.float32(kind), codegen


@intrinsic
def total_of(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Return the sum of the sixteen numbers."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        total = values[0]
        for half in (8, 4, 2, 1):
            order = [INT((j + half) % N_LANES) for j in range(N_LANES)]
            other = builder.shuffle_vector(total, total, ir.Constant(INTS, order))
            total = builder.fadd(total, other)
        return builder.extract_element(total, INT(0))

    return types.float32(LANES), codegen


@intrinsic
def lowest_bit(typing_context, bits):  # type: ignore[no-untyped-def]
    """Return the position of the lowest bit that is set; there has to be one."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


@intrinsic
def count_bits(typing_context, bits):  # type: ignore[no-untyped-def]
    """Return how many bits are set."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return builder.ctpop(values[0])

    return types.int64(types.int64), codegen
