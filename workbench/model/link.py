"""The compiled kernels between a margin and a score."""

from __future__ import annotations

import numpy as np

from workbench.kernels import kernel
from workbench.model.lanes import (
    absolute,
    add,
    divide,
    maximum,
    minimum,
    multiply,
    power_of_two,
    round_down,
    splat,
    subtract,
)

_STEEPNESS, _SEVERITY = np.float32(4), np.float32(4)
_ZERO, _ONE = np.float32(0), np.float32(1)
_LAST_DIGITS = np.float32(1e-6)
_LOG2_E, _LN_2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)


@kernel
def log_scores(margin):  # type: ignore[no-untyped-def]
    """Return the log scores of sixteen margins f: -log(1 + e^(-4 f)) - 4 max(0, -f)^3.

    -log(1 + e^-s) = min(s, 0) - log(1 + e^-|s|), the exponential by its series around 0 after
    taking out whole powers of two, the logarithm as twice the series of artanh.
    """
    zero, one = splat(_ZERO), splat(_ONE)
    steep = multiply(splat(_STEEPNESS), margin)
    power = multiply(absolute(steep), splat(-_LOG2_E))
    power = maximum(power, splat(np.float32(-126)))
    whole = round_down(add(power, splat(np.float32(0.5))))
    rest = multiply(subtract(power, whole), splat(_LN_2))
    series = one
    for divisor in (7, 6, 5, 4, 3, 2, 1):
        series = add(multiply(multiply(series, rest), splat(np.float32(1 / divisor))), one)
    exponential = multiply(series, power_of_two(whole))
    ratio = divide(exponential, add(exponential, splat(np.float32(2))))
    square = multiply(ratio, ratio)
    series = splat(np.float32(1 / 11))
    for divisor in (9, 7, 5, 3, 1):
        series = add(multiply(series, square), splat(np.float32(1 / divisor)))
    logistic = subtract(minimum(steep, zero), multiply(add(ratio, ratio), series))
    # Of minus infinity, the margin of a label without positives, this is minus infinity.
    below = maximum(subtract(zero, margin), zero)
    cube = multiply(below, multiply(below, below))
    return subtract(logistic, multiply(splat(_SEVERITY), cube))


@kernel
def probability(log_score: np.float32) -> np.float32:
    """Return the score of a log score; numpy's own differs in the last digit."""
    return np.exp(log_score)


@kernel
def margin_of(log_score: np.float32, parent_score: np.float32) -> np.float32:
    """Return a margin that is below all those which score more than this under the parent.

    Near a score of 1 margins far apart score alike, so that the bound has to allow for the last
    digits of both numbers.
    """
    share = log_score - parent_score - _LAST_DIGITS * (_ONE - parent_score)
    if share >= _ZERO:
        return np.float32(np.inf)
    return np.float32(-np.log(np.expm1(-share)) / _STEEPNESS - _LAST_DIGITS)
