"""Sparse matrices: the door for those that a caller hands in, and the rows of their pairs."""

from __future__ import annotations

import mmap
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, issparse

from workbench.errors import InputError


def check_sparse(matrix: Any, name: str) -> csr_array:
    """Return a sparse matrix of any format as csr; its arrays are shared where they can be.

    Indices may be unsorted, zeros stored, and pairs stored twice but for coo, whose pairs scipy
    adds up.

    Parameters
    ----------
    matrix : sparse matrix or array of numbers, shape (n_rows, n_columns)
    name : str
        What messages call it.

    Raises
    ------
    TypeError
        If it is not a scipy sparse matrix of real numbers.
    InputError
        If it has not two dimensions, or its arrays do not make a matrix of its shape.

    Examples
    --------
    >>> check_sparse(csr_array([[0, 1], [2, 0]]).tocsc(), "X").indices.tolist()
    [1, 0]
    """
    if not issparse(matrix):
        found = type(matrix).__name__
        raise TypeError(
            f"{name} must be a scipy sparse matrix, found {found}; scipy.sparse.csr_array makes one"
        )
    given = cast(Any, matrix)
    if given.ndim != 2:
        raise InputError(
            f"{name} must have two dimensions, found shape {given.shape}; a single row is "
            f"{name}[[i]]"
        )
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, found {given.dtype}")
    try:
        rows = csr_array(_with_positions_inside(given))
        rows.check_format(full_check=True)
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{name}: not a valid {given.format} matrix: {error}; build it anew"
        ) from error
    # Built anew, because scipy believes what a matrix says of its own order.
    return csr_array((rows.data, rows.indices, rows.indptr), shape=rows.shape)


def rows_of(matrix: csr_array) -> NDArray[np.int64]:
    """Return the row of every stored pair, in stored order.

    Examples
    --------
    >>> rows_of(csr_array([[0, 1], [0, 0], [2, 3]])).tolist()
    [0, 2, 2]
    """
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))


def let_go_of_pages(matrix: csr_array) -> None:
    """Let go of the memory in which the system keeps what was read of a matrix in a file.

    What is read again is fetched again. Does nothing to a matrix in memory or one that can be
    written to, nor where the system knows no such thing.
    """
    for part in (matrix.data, matrix.indices):
        owner: Any = part
        while owner is not None and not isinstance(owner, mmap.mmap):
            owner = getattr(owner, "base", None)
        if owner is not None and not part.flags.writeable and hasattr(mmap, "MADV_DONTNEED"):
            owner.madvise(mmap.MADV_DONTNEED)


def _with_positions_inside(matrix: Any) -> Any:
    """Return the matrix, checked as far as its change to csr would trust it with memory."""
    if matrix.format == "coo":
        return coo_array((matrix.data, (matrix.row, matrix.col)), shape=matrix.shape)
    if hasattr(matrix, "check_format"):
        _check_pointers(matrix.indptr)
        # Of an object that shares the arrays: the check cuts off what lies behind the last row.
        matrix = type(matrix)(matrix)
        matrix.check_format(full_check=True)
    return matrix


def _check_pointers(indptr: NDArray[np.integer]) -> None:
    """Raise ValueError unless row pointers ascend from 0: of an empty end scipy checks nothing."""
    if len(indptr) and (indptr[0] != 0 or (indptr[1:] < indptr[:-1]).any()):
        raise ValueError("index pointers must ascend from 0")
