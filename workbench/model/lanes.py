"""Sixteen float32 numbers that kernels handle as one: a vector type for numba.

Plain loops over 16 numbers do not become vector instructions inside a larger kernel, so the vector
is a type of its own, with LLVM's portable vector instructions behind its operations. LLVM cuts
them to what the machine has: one register of 512 bits, two of 256, four of 128.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

N_LANES = 16
_FLOAT, _INT = ir.FloatType(), ir.IntType(32)
_FLOATS, _INTS = ir.VectorType(_FLOAT, N_LANES), ir.VectorType(_INT, N_LANES)


class Lanes(types.Type):  # type: ignore[misc]  # numba has no types
    """The numba type of sixteen float32 numbers; its values live inside kernels only."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _FLOATS)


_LANES = Lanes()


def _one(emit: Callable[[Any, Any], Any]) -> Any:
    """Return an operation on one vector, whose instructions ``emit`` writes."""

    def operation(typing_context, a):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            return emit(builder, *values)

        return _LANES(_LANES), codegen

    return intrinsic(operation)


def _two(emit: Callable[[Any, Any, Any], Any]) -> Any:
    """Return an operation on two vectors."""

    def operation(typing_context, a, b):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            return emit(builder, *values)

        return _LANES(_LANES, _LANES), codegen

    return intrinsic(operation)


def _three(emit: Callable[[Any, Any, Any, Any], Any]) -> Any:
    """Return an operation on three vectors."""

    def operation(typing_context, a, b, c):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
            return emit(builder, *values)

        return _LANES(_LANES, _LANES, _LANES), codegen

    return intrinsic(operation)


def _call(builder: Any, name: str, *arguments: Any) -> Any:
    """Emit a call of one of LLVM's own functions from vectors to a vector."""
    signature = ir.FunctionType(_FLOATS, [_FLOATS] * len(arguments))
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.v16f32")
    return builder.call(function, arguments)


def _larger(builder: Any, a: Any, b: Any) -> Any:
    """Emit the larger numbers, ``b`` where one is NaN: one instruction, unlike LLVM's maxnum."""
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _splat(builder: Any, scalar: Any) -> Any:
    """Emit a vector of sixteen times the scalar."""
    empty = ir.Constant(_FLOATS, ir.Undefined)
    first = builder.insert_element(empty, scalar, _INT(0))
    return builder.shuffle_vector(first, empty, ir.Constant(_INTS, [_INT(0)] * N_LANES))


def _constant(value: float) -> Any:
    return ir.Constant(_FLOATS, [ir.Constant(_FLOAT, value)] * N_LANES)


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
    """Return the sixteen numbers of a row."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        address = _address(context, builder, signature, values, N_LANES)
        return builder.load(builder.bitcast(address, _FLOATS.as_pointer()), align=4)

    return _LANES(array, row), codegen


@intrinsic
def store(typing_context, array, row, lanes):  # type: ignore[no-untyped-def]
    """Write the sixteen numbers of a row."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        address = _address(context, builder, signature, values, N_LANES)
        builder.store(values[2], builder.bitcast(address, _FLOATS.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, row, _LANES), codegen


@intrinsic
def fetch_ahead(typing_context, array, position):  # type: ignore[no-untyped-def]
    """Ask for the cache line of an element, which is going to be read soon."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        address = _address(context, builder, signature, values, 1)
        address = builder.bitcast(address, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [address.type, _INT, _INT, _INT])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [address, _INT(0), _INT(3), _INT(1)])
        return context.get_dummy_value()

    return types.void(array, position), codegen


@intrinsic
def splat(typing_context, scalar):  # type: ignore[no-untyped-def]
    """Return sixteen times the same float32."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return _splat(builder, values[0])

    return _LANES(types.float32), codegen


@intrinsic
def multiply_add(typing_context, scalar, lanes, sum_so_far):  # type: ignore[no-untyped-def]
    """Return scalar * lanes + sum, in one step where the machine has it."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return _call(builder, "fmuladd", _splat(builder, values[0]), values[1], values[2])

    return _LANES(types.float32, _LANES, _LANES), codegen


@intrinsic
def clamp_at_zero(typing_context, gradient, alpha):  # type: ignore[no-untyped-def]
    """Return the gradient, but no more than 0 where alpha is 0."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        gradient, alpha = values
        at_zero = builder.fcmp_ordered("==", alpha, _constant(0.0))
        is_below = builder.fcmp_ordered("<", gradient, _constant(0.0))
        clamped = builder.select(is_below, gradient, _constant(0.0))
        return builder.select(at_zero, clamped, gradient)

    return _LANES(_LANES, _LANES), codegen


@intrinsic
def above(typing_context, a, b):  # type: ignore[no-untyped-def]
    """Return a number whose j-th bit says whether lane j of ``a`` is above that of ``b``."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        bits = builder.bitcast(builder.fcmp_ordered(">", *values), ir.IntType(N_LANES))
        return builder.zext(bits, ir.IntType(64))

    return types.int64(_LANES, _LANES), codegen


@intrinsic
def largest(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Return the largest of the sixteen numbers."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        best = values[0]
        for half in (8, 4, 2, 1):
            order = [_INT((j + half) % N_LANES) for j in range(N_LANES)]
            other = builder.shuffle_vector(best, best, ir.Constant(_INTS, order))
            best = _larger(builder, best, other)
        return builder.extract_element(best, _INT(0))

    return types.float32(_LANES), codegen


@intrinsic
def total_of(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Return the sum of the sixteen numbers."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        total = values[0]
        for half in (8, 4, 2, 1):
            order = [_INT((j + half) % N_LANES) for j in range(N_LANES)]
            other = builder.shuffle_vector(total, total, ir.Constant(_INTS, order))
            total = builder.fadd(total, other)
        return builder.extract_element(total, _INT(0))

    return types.float32(_LANES), codegen


@intrinsic
def power_of_two(typing_context, exponents):  # type: ignore[no-untyped-def]
    """Return two to the power of whole numbers between -126 and 127."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        whole = builder.fptosi(values[0], _INTS)
        biased = builder.add(whole, ir.Constant(_INTS, [_INT(127)] * N_LANES))
        shifted = builder.shl(biased, ir.Constant(_INTS, [_INT(23)] * N_LANES))
        return builder.bitcast(shifted, _FLOATS)

    return _LANES(_LANES), codegen


@intrinsic
def round_down(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Return the largest whole numbers that are not above, for small numbers."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        # Not llvm.floor: without the instruction that is sixteen calls.
        whole = builder.sitofp(builder.fptosi(values[0], _INTS), _FLOATS)
        too_high = builder.fcmp_ordered(">", whole, values[0])
        return builder.select(too_high, builder.fsub(whole, _constant(1.0)), whole)

    return _LANES(_LANES), codegen


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


@intrinsic
def splat_bits(typing_context, number):  # type: ignore[no-untyped-def]
    """Return sixteen times the bits of an int32, to be moved and chosen, not computed with."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        number = context.cast(builder, values[0], signature.args[0], types.int32)
        return _splat(builder, builder.bitcast(number, _FLOAT))

    return _LANES(number), codegen


@intrinsic
def moved_up(typing_context, lanes, before):  # type: ignore[no-untyped-def]
    """Return the last number of ``before``, then all but the last of ``lanes``."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        order = [_INT(2 * N_LANES - 1)] + [_INT(j) for j in range(N_LANES - 1)]
        return builder.shuffle_vector(values[0], values[1], ir.Constant(_INTS, order))

    return _LANES(_LANES, _LANES), codegen


@intrinsic
def where_reaching(typing_context, a, b, yes, no):  # type: ignore[no-untyped-def]
    """Return ``yes`` in the lanes where a >= b, else ``no``."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        a, b, yes, no = values
        return builder.select(builder.fcmp_ordered(">=", a, b), yes, no)

    return _LANES(_LANES, _LANES, _LANES, _LANES), codegen
