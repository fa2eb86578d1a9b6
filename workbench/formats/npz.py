"""Features and labels as two ``.npz`` files."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, cast

import numpy as np
from scipy.sparse import csr_array, load_npz, save_npz

from workbench.errors import AxisMismatchError, InputError
from workbench.formats.replacing import replacing
from workbench.sparse import check_sparse

# What numpy and scipy raise on archives that are damaged or hold something else.
_UNREADABLE = (
    *(OSError, ValueError, TypeError, KeyError, AttributeError, EOFError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)


def read_npz_pair(x_path: str | Path, y_path: str | Path) -> tuple[csr_array, csr_array]:
    """Return features as float32 and labels as bool; a stored zero of Y is not given.

    Raises
    ------
    InputError
        If a file is missing, damaged or not a sparse matrix, or a value of X is not finite.
    AxisMismatchError
        If the files differ in their number of instances.
    """
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        X = _read_npz(Path(x_path)).astype(np.float32)
    Y = _read_npz(Path(y_path)).astype(np.bool_)
    if X.shape[0] != Y.shape[0]:
        raise AxisMismatchError(
            f"{x_path} has {X.shape[0]} instances, {y_path} has {Y.shape[0]}; "
            "they must be of the same split"
        )
    if not np.isfinite(X.data).all():
        n_bad = int((~np.isfinite(X.data)).sum())
        raise InputError(f"{x_path}: {n_bad} values are not finite as float32; repair them first")
    Y.eliminate_zeros()
    for matrix in (X, Y):
        matrix.sum_duplicates()
    return X, Y


def write_npz_pair(x_path: str | Path, y_path: str | Path, X: csr_array, Y: csr_array) -> None:
    """Write features and labels as two compressed ``.npz`` files, each all or nothing.

    Parameters
    ----------
    x_path, y_path : str or Path
        Each replaced once it is written; the folder must exist.
    X : sparse matrix of numbers, shape (n_instances, n_features)
    Y : sparse matrix, shape (n_instances, n_labels)

    Raises
    ------
    TypeError
        If X or Y is not a sparse matrix of numbers.
    InputError
        If the arrays of one do not make a matrix of its shape.
    AxisMismatchError
        If X and Y differ in their number of instances.
    """
    X, Y = check_sparse(X, "X"), check_sparse(Y, "Y")
    if X.shape[0] != Y.shape[0]:
        raise AxisMismatchError(f"X has {X.shape[0]} instances, Y has {Y.shape[0]}")
    for path, matrix in ((x_path, X), (y_path, Y)):
        with replacing(Path(path)) as stream:
            save_npz(cast(Any, stream), matrix)


def _read_npz(path: Path) -> csr_array:
    try:
        with path.open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise InputError(
                    f"{path}: expected a sparse matrix as scipy.sparse.save_npz writes it, but the "
                    "content is no .npz archive, or is cut off"
                )
            stream.seek(0)
            return check_sparse(load_npz(cast(Any, stream)), str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path}: expected a sparse matrix, but there is no such file") from error
    except _UNREADABLE as error:
        raise InputError(
            f"{path}: expected a sparse matrix as scipy.sparse.save_npz writes it ({error})"
        ) from error
