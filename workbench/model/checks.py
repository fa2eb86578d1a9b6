"""Checks at the door of the models: behind it the kernels trust every index and value."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.model.rows import as_rows, is_canonical
from workbench.sparse import check_sparse

_MOST_COLUMNS = 2**31 - 1
# The sum of the squares of many rows has to be a float32.
_LARGEST = 1e9


def check_instances(X: Any, n_features: int | None = None) -> csr_array:
    """Return X as csr of float32 with sorted and unique indices; copied only if needed.

    Raises
    ------
    TypeError
        If X is not a scipy sparse matrix.
    InputError
        If its width is not ``n_features``, or it holds NaN, infinity or positions outside.
    """
    x = _as_csr(X, "X")
    if n_features is not None and x.shape[1] != n_features:
        raise InputError(
            f"X: expected {n_features} features, as in fit, found {x.shape[1]}; "
            "transform the texts with the features that the model was fitted on"
        )
    _check_values(x, "X")
    return x


def check_label_features(features: Any, n_labels: int) -> csr_array:
    """Return what is known of the labels as csr of float32.

    Raises
    ------
    TypeError
        If it is not a scipy sparse matrix.
    InputError
        If it has not ``n_labels`` rows or holds NaN or infinity.
    """
    known = _as_csr(features, "label_features")
    if known.shape[0] != n_labels:
        raise InputError(
            f"label_features: expected a row for each of {n_labels} labels, found {known.shape[0]}"
        )
    _check_values(known, "label_features")
    return known


def check_labels(Y: Any, n_rows: int) -> csr_array:
    """Return Y as csr of float32 with the weight of every given pair; stored zeros are dropped.

    Raises
    ------
    TypeError
        If Y is not a scipy sparse matrix.
    InputError
        If it has not ``n_rows`` rows, no column, or a value outside [0, 1].
    """
    y = _as_csr(Y, "Y")
    if getattr(Y, "dtype", None) == np.bool_:
        # A pair that is stored twice is given once; as numbers the two add up to 2.
        np.minimum(y.data, np.float32(1), out=y.data)
    if y.shape[0] != n_rows:
        raise InputError(
            f"X and Y must have the same rows, found {n_rows} in X and {y.shape[0]} in Y"
        )
    if y.shape[1] == 0:
        raise InputError("Y: expected at least one label, found none")
    bad = ~((y.data >= 0) & (y.data <= 1))
    if bad.any():
        rows = np.unique(np.searchsorted(y.indptr, np.flatnonzero(bad), side="right") - 1)
        raise InputError(
            f"Y: the confidence of a given pair must be in (0, 1], found {int(bad.sum())} other "
            f"values: {np.unique(y.data[bad])[:5].tolist()}, the first in rows "
            f"{rows[:5].tolist()}; give Y > 0 if they are counts, or sum up pairs stored twice"
        )
    if not y.data.all():
        y = y.copy()
        y.eliminate_zeros()
    return y


def check_sample_weight(sample_weight: Any, n_rows: int) -> NDArray[np.float32]:
    """Return one weight a row, 1 where none are given.

    Raises
    ------
    InputError
        If the length differs, a weight is negative or not finite, or all are zero.
    """
    if sample_weight is None:
        return np.ones(n_rows, np.float32)
    weight = np.asarray(sample_weight, np.float32)
    if weight.shape != (n_rows,):
        raise InputError(f"sample_weight: expected {n_rows} values, found shape {weight.shape}")
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        raise InputError(
            f"sample_weight: expected finite values of 0 or more, found {int(bad.sum())} others: "
            f"{weight[bad][:5].tolist()}"
        )
    if not weight.any():
        raise InputError("sample_weight: all rows have weight 0, nothing to learn from")
    return weight


def check_pairs(
    rows: Any, columns: Any, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of the pairs.

    Raises
    ------
    InputError
        If the lengths differ or a position is outside ``shape``.
    """
    rows, columns = np.asarray(rows), np.asarray(columns)
    for name, positions in (("row", rows), ("label", columns)):
        if positions.size and positions.dtype.kind not in "iu":
            raise InputError(
                f"pairs: {name} positions must be whole numbers, found {positions.dtype}"
            )
    rows, columns = rows.astype(np.int64), columns.astype(np.int64)
    if rows.ndim != 1 or rows.shape != columns.shape:
        raise InputError(
            f"pairs: expected as many rows as columns, found shapes {rows.shape}, {columns.shape}"
        )
    for name, positions, size in (("row", rows, shape[0]), ("label", columns, shape[1])):
        outside = positions[(positions < 0) | (positions >= size)]
        if len(outside):
            raise InputError(
                f"pairs: {name} positions must be in 0..{size - 1}, found {len(outside)} others: "
                f"{outside[:5].tolist()}"
            )
    return rows, columns


def check_pairs_of(matrix: Any, shape: tuple[int, int], name: str) -> csr_array:
    """Return a matrix whose stored pairs count, whatever their value, as csr of float32.

    Raises
    ------
    TypeError
        If it is not a scipy sparse matrix.
    InputError
        If it has another shape, or positions outside.
    """
    pairs = _as_csr(matrix, name)
    if pairs.shape != shape:
        raise InputError(f"{name}: expected pairs of shape {shape}, found {pairs.shape}")
    return pairs


def check_between(lowest: float, highest: float, **parameters: float) -> None:
    """Raise if a parameter is not a number from ``lowest`` to ``highest``.

    Raises
    ------
    ValueError
    """
    for name, value in parameters.items():
        is_number = isinstance(value, (int, float, np.number)) and np.isfinite(value)
        if not is_number or not lowest <= value <= highest:
            bounds = f"{lowest:g} or more" if highest == np.inf else f"{lowest:g} to {highest:g}"
            raise ValueError(f"{name} must be a number, {bounds}, found {value!r}")


def check_whole_number(minimum: int, **parameters: int) -> None:
    """Raise if a parameter is not a whole number of at least ``minimum``, or is above 2^63 - 1.

    Raises
    ------
    ValueError
    """
    for name, value in parameters.items():
        if not isinstance(value, (int, np.integer)) or not minimum <= value < 2**63:
            raise ValueError(f"{name} must be a whole number of {minimum} or more, found {value!r}")


def _check_values(matrix: csr_array, name: str) -> None:
    """Raise unless all values are finite and small enough to be squared and added up."""
    values = matrix.data[: matrix.indptr[-1]]
    bad = np.flatnonzero(~(np.abs(values) <= _LARGEST))
    if len(bad) == 0:
        return
    where = np.unique(np.searchsorted(matrix.indptr, bad, side="right") - 1)[:5]
    infinite = int((~np.isfinite(values)).sum())
    if infinite:
        raise InputError(
            f"{name}: every value must be finite in float32, found {infinite} NaN or infinite "
            f"values, the first in rows {where.tolist()}; remove or replace them"
        )
    raise InputError(
        f"{name}: expected values of the order of 1, found {len(bad)} beyond {_LARGEST:g}, the "
        f"first in rows {where.tolist()}; scale the rows to length 1"
    )


def _as_csr(matrix: Any, name: str) -> csr_array:
    is_plain = isinstance(matrix, csr_array) and matrix.ndim == 2 and matrix.dtype.kind in "biuf"
    # What else there is costs scipy's own checks, which take longer than to predict one row.
    given = cast(csr_array, matrix) if is_plain else check_sparse(matrix, name)
    if given.dtype != np.float32:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            given = given.astype(np.float32, copy=False)
    if given.shape[1] > _MOST_COLUMNS:
        raise InputError(f"{name}: expected at most {_MOST_COLUMNS:,} columns, found more")
    # One compiled pass.
    if _fits_kernels(given) and is_canonical(as_rows(given)):
        return given
    try:
        given.check_format(full_check=True)
    except ValueError as error:
        raise InputError(f"{name}: not a valid csr matrix: {error}; build it anew") from error
    # Built anew, because scipy believes what the matrix says of its own order.
    checked = csr_array((given.data, given.indices, given.indptr), shape=given.shape, copy=True)
    checked.sum_duplicates()
    return checked


def _fits_kernels(matrix: csr_array) -> bool:
    """Return whether the lengths are as they should be, and 32 bits hold every index."""
    if len(matrix.indptr) != matrix.shape[0] + 1 or len(matrix.data) != len(matrix.indices):
        return False
    if matrix.indices.dtype == np.int32 or len(matrix.indices) == 0:
        return True
    return int(matrix.indices.min()) >= 0 and int(matrix.indices.max()) < matrix.shape[1]
