"""The numba type of sixteen float32 numbers, and what its operations share."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import models, register_model

N_LANES = 16
FLOAT, INT = ir.FloatType(), ir.IntType(32)
FLOATS, INTS = ir.VectorType(FLOAT, N_LANES), ir.VectorType(INT, N_LANES)


class Lanes(types.Type):  # type: ignore[misc]  # numba has no types
    """The numba type of sixteen float32 numbers; its values live inside kernels only."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, FLOATS)


LANES = Lanes()


def emit_splat(builder: Any, scalar: Any) -> Any:
    """Emit a vector of sixteen times the scalar."""
    empty = ir.Constant(FLOATS, ir.Undefined)
    first = builder.insert_element(empty, scalar, INT(0))
    return builder.shuffle_vector(first, empty, ir.Constant(INTS, [INT(0)] * N_LANES))


def emit_constant(value: float, kind: Any = FLOATS) -> Any:
    """Return the number as a constant, by default sixteen times."""
    one = ir.Constant(FLOAT, value)
    return one if kind == FLOAT else ir.Constant(FLOATS, [one] * N_LANES)
