"""What scoring does with sixteen numbers besides arithmetic."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from workbench.model.lane_type import (
    FLOAT,
    FLOATS,
    INT,
    INTS,
    LANES,
    N_LANES,
    emit_constant,
    emit_splat,
)


@intrinsic
def power_of_two(typing_context, exponents):  # type: ignore[no-untyped-def]
    """Return two to the power of whole numbers between -126 and 127."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        whole = builder.fptosi(values[0], INTS)
        biased = builder.add(whole, ir.Constant(INTS, [INT(127)] * N_LANES))
        shifted = builder.shl(biased, ir.Constant(INTS, [INT(23)] * N_LANES))
        return builder.bitcast(shifted, FLOATS)

    return LANES(LANES), codegen


@intrinsic
def round_down(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Return the largest whole numbers that are not above, for small numbers."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        # Not llvm.floor: without the instruction that is sixteen calls.
        whole = builder.sitofp(builder.fptosi(values[0], INTS), FLOATS)
        too_high = builder.fcmp_ordered(">", whole, values[0])
        return builder.select(too_high, builder.fsub(whole, emit_constant(1.0)), whole)

    return LANES(LANES), codegen


@intrinsic
def splat_bits(typing_context, number):  # type: ignore[no-untyped-def]
    """Return sixteen times the bits of an int32, to be moved and chosen, not computed with."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        number = context.cast(builder, values[0], signature.args[0], types.int32)
        return emit_splat(builder, builder.bitcast(number, FLOAT))

    return LANES(number), codegen


@intrinsic
def moved_up(typing_context, lanes, before):  # type: ignore[no-untyped-def]
    """Return the last number of ``before``, then all but the last of ``lanes``."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        order = [INT(2 * N_LANES - 1)] + [INT(j) for j in range(N_LANES - 1)]
        return builder.shuffle_vector(values[0], values[1], ir.Constant(INTS, order))

    return LANES(LANES, LANES), codegen


@intrinsic
def where_reaching(typing_context, a, b, yes, no):  # type: ignore[no-untyped-def]
    """Return ``yes`` in the lanes where a >= b, else ``no``."""

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        a, b, yes, no = values
        return builder.select(builder.fcmp_ordered(">=", a, b), yes, no)

    return LANES(LANES, LANES, LANES, LANES), codegen
