"""Write the repository's text format, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.formats.replacing import replacing
from workbench.sparse import check_sparse

_WRITE_PAIRS = 250_000
_WRITE_ROWS = 50_000


def write_xmc(path: str | Path, X: csr_array, Y: csr_array) -> None:
    """Write features and labels in the repository's text format, all or nothing.

    Values are written as the shortest text that reads back as the same float32.

    Parameters
    ----------
    path : str or Path
        Replaced once everything is written; the folder must exist.
    X : sparse matrix of numbers, shape (n_instances, n_features)
    Y : sparse matrix, shape (n_instances, n_labels)
        A stored pair is given.

    Raises
    ------
    TypeError
        If X or Y is not a sparse matrix of numbers.
    AxisMismatchError
        If X and Y differ in their number of instances.
    InputError
        If a value of X is not finite as float32 or a stored pair of Y is zero.
    """
    X, Y = check_sparse(X, "X"), check_sparse(Y, "Y")
    if X.shape[0] != Y.shape[0]:
        raise AxisMismatchError(f"X has {X.shape[0]} instances, Y has {Y.shape[0]}")
    blocks = ((X[start:stop], Y[start:stop]) for start, stop in _row_blocks(X.indptr))
    write_xmc_blocks(path, (X.shape[0], X.shape[1], Y.shape[1]), blocks)


def write_xmc_blocks(
    path: str | Path, shape: tuple[int, int, int], blocks: Iterable[tuple[csr_array, csr_array]]
) -> None:
    """Write blocks of instances in the repository's text format, all or nothing.

    Parameters
    ----------
    path : str or Path
    shape : (n_instances, n_features, n_labels)
    blocks : iterable of (X, Y)
        Consecutive rows; one block at a time is held as text.

    Raises
    ------
    AxisMismatchError
        If the blocks do not add up to the shape.
    TypeError, InputError
        As for `write_xmc`.
    """
    path = Path(path)
    n_written = 0
    with replacing(path) as stream:
        stream.write(b"%d %d %d\n" % shape)
        for block in blocks:
            X, Y = check_sparse(block[0], "X"), check_sparse(block[1], "Y")
            if (X.shape[0], X.shape[1], Y.shape[1]) != (Y.shape[0], *shape[1:]):
                raise AxisMismatchError(
                    f"{path}: blocks of shapes {X.shape} and {Y.shape} do not fit {shape}"
                )
            stream.write(_lines(X, Y, path))
            n_written += X.shape[0]
        if n_written != shape[0]:
            raise AxisMismatchError(f"{path}: expected {shape[0]} instances, got {n_written}")


def _row_blocks(indptr: NDArray[Any]) -> Iterator[tuple[int, int]]:
    start, n_rows = 0, len(indptr) - 1
    while start < n_rows:
        full = int(np.searchsorted(indptr, indptr[start] + _WRITE_PAIRS, side="right")) - 1
        stop = min(max(full, start + 1), start + _WRITE_ROWS, n_rows)
        yield start, stop
        start = stop


def _lines(X: csr_array, Y: csr_array, path: Path) -> memoryview:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        values = X.data.astype(np.float32)
    if not np.isfinite(values).all():
        bad = X.data[~np.isfinite(values)]
        raise InputError(
            f"{path}: {len(bad)} values are not finite as float32: {bad[:5].tolist()}; "
            "scale or drop these features"
        )
    if not Y.data.all():
        raise InputError(f"{path}: a stored pair must be given; drop the stored zeros of Y first")
    pairs = pc.binary_join_element_wise(_as_text(X.indices), _as_text(values), ":")
    lines = pc.binary_join_element_wise(
        _join_rows(Y.indptr, _as_text(Y.indices), ","), _join_rows(X.indptr, pairs, " "), " "
    )
    lines = pc.binary_join_element_wise(lines, "\n", "")
    edges = np.frombuffer(lines.buffers()[1], np.int32)
    return memoryview(lines.buffers()[2])[: edges[len(lines)]]


def _as_text(numbers: NDArray[Any]) -> Any:
    return pa.array(numbers).cast(pa.string())


def _join_rows(indptr: NDArray[Any], tokens: Any, separator: str) -> Any:
    rows = pa.ListArray.from_arrays(pa.array(indptr.astype(np.int32)), tokens)
    return pc.binary_join(rows, separator)
