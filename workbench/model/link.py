"""The compiled kernels between a margin and a score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel
from workbench.model.lanes import (
    absolute,
    add,
    divide,
    fused,
    maximum,
    minimum,
    multiply,
    splat,
    subtract,
)
from workbench.model.scoring_lanes import power_of_two, round_down

_STEEPNESS, _SEVERITY = np.float32(4), np.float32(4)
_ZERO, _ONE = np.float32(0), np.float32(1)
_LAST_DIGITS = np.float32(1e-6)
_LOG2_E, _LN_2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)


@inlined
def _line(x, constant, factor):  # type: ignore[no-untyped-def]
    """Return constant + factor * x."""
    return fused(x, splat(np.float32(factor)), splat(np.float32(constant)))


@inlined
def exponentials(x):  # type: ignore[no-untyped-def]
    """Return e^x of sixteen numbers that are not above 0.

    By its series around 0 after taking out whole powers of two. Terms are added in pairs, which do
    not wait for each other.
    """
    one = splat(_ONE)
    power = multiply(x, splat(_LOG2_E))
    power = maximum(power, splat(np.float32(-126)))
    whole = round_down(add(power, splat(np.float32(0.5))))
    rest = multiply(subtract(power, whole), splat(_LN_2))
    square = multiply(rest, rest)
    low = fused(_line(rest, 1 / 2, 1 / 6), square, add(one, rest))
    high = fused(_line(rest, 1 / 720, 1 / 5040), square, _line(rest, 1 / 24, 1 / 120))
    series = fused(high, multiply(square, square), low)
    return multiply(series, power_of_two(whole))


@inlined
def log_scores(margin):  # type: ignore[no-untyped-def]
    """Return the log scores of sixteen margins f: -log(1 + e^(-4 f)) - 4 max(0, -f)^3.

    -log(1 + e^-s) = min(s, 0) - log(1 + e^-|s|), the logarithm as twice the series of artanh.
    """
    zero = splat(_ZERO)
    steep = multiply(splat(_STEEPNESS), margin)
    exponential = exponentials(subtract(zero, absolute(steep)))
    ratio = divide(exponential, add(exponential, splat(np.float32(2))))
    square = multiply(ratio, ratio)
    fourth = multiply(square, square)
    high = fused(_line(square, 1 / 9, 1 / 11), fourth, _line(square, 1 / 5, 1 / 7))
    series = fused(high, fourth, _line(square, 1.0, 1 / 3))
    logistic = subtract(minimum(steep, zero), multiply(add(ratio, ratio), series))
    # Of minus infinity, the margin of a label without positives, this is minus infinity.
    below = maximum(subtract(zero, margin), zero)
    cube = multiply(below, multiply(below, below))
    return subtract(logistic, multiply(splat(_SEVERITY), cube))


@kernel
def probability(log_score: np.float32) -> np.float32:
    """Return the score of a log score; numpy's own differs in the last digit."""
    return np.exp(log_score)


# A positive float32 without its last 19 bits numbers the steps of its size, sixteen an octave.
_STEP_BITS = 19
_FIRST_STEP, _LAST_STEP = (100 << 23) >> _STEP_BITS, (138 << 23) >> _STEP_BITS  # 2^-27 to 2^11


def _margins_of_steps() -> NDArray[np.float32]:
    """Return the margins whose log scores are minus the upper end of each step, by bisection."""
    bits = np.arange(_FIRST_STEP + 1, _LAST_STEP + 1, dtype=np.uint32) << np.uint32(_STEP_BITS)
    wanted = -bits.view(np.float32).astype(np.float64)
    low, high = np.full(len(wanted), -10.0), np.full(len(wanted), 10.0)
    for _ in range(40):
        margin = (low + high) / 2
        found = -np.logaddexp(0, -_STEEPNESS * margin) - _SEVERITY * np.maximum(0, -margin) ** 3
        low, high = np.where(found < wanted, margin, low), np.where(found < wanted, high, margin)
    return (low - 10 * _LAST_DIGITS).astype(np.float32)


_MARGINS_OF_STEPS = _margins_of_steps()


@inlined
def margin_of(log_score: np.float32, parent_score: np.float32) -> np.float32:
    """Return a margin that is below all those which score more than this under the parent.

    Near a score of 1 margins far apart score alike, so that the bound has to allow for the last
    digits of both numbers.
    """
    loss = np.float32(parent_score - log_score + _LAST_DIGITS * (_ONE - parent_score))
    if loss <= _ZERO:
        return np.float32(np.inf)
    step = (np.int64(loss.view(np.uint32)) >> _STEP_BITS) - _FIRST_STEP
    if step >= len(_MARGINS_OF_STEPS):
        return np.float32(-np.inf)
    return np.float32(_MARGINS_OF_STEPS[step if step > 0 else 0])
