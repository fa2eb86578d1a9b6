"""Features and labels as two ``.npz`` files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray
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


@dataclass(frozen=True)
class NpzBlocks:
    """A sparse matrix that is written a block of rows at a time.

    Parameters
    ----------
    shape : (n_rows, n_columns)
    n_stored : int
        Values in all blocks.
    dtype : numeric dtype
        Of the values in the file.
    blocks : callable
        Returns the blocks, consecutive rows, anew at each call.
    """

    shape: tuple[int, int]
    n_stored: int
    dtype: DTypeLike
    blocks: Callable[[], Iterable[csr_array]]


def write_npz_blocks(path: str | Path, matrix: NpzBlocks) -> None:
    """Write a matrix as a compressed ``.npz`` file that scipy reads, all or nothing.

    One block at a time is in memory, and 8 bytes a row.

    Raises
    ------
    InputError
        If a value is not finite as the dtype of the file.
    AxisMismatchError
        If the blocks do not add up to the shape and the number of values.
    """
    path = Path(path)
    n_rows = n_written = 0
    lengths = []
    wide = max(matrix.n_stored, matrix.shape[1]) > np.iinfo(np.int32).max
    index = np.int64 if wide else np.int32
    with (
        replacing(path) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        with _array(archive, "data", matrix.dtype, matrix.n_stored) as data:
            for block in matrix.blocks():
                data.write(_finite(block.data, matrix.dtype, path).tobytes())
                lengths.append(np.diff(block.indptr))
                n_rows, n_written = n_rows + block.shape[0], n_written + len(block.data)
        if (n_rows, n_written) != (matrix.shape[0], matrix.n_stored):
            raise AxisMismatchError(
                f"{path}: expected {matrix.n_stored} values in {matrix.shape[0]} rows, got "
                f"{n_written} in {n_rows}"
            )
        with _array(archive, "indices", index, n_written) as indices:
            for block in matrix.blocks():
                indices.write(block.indices.astype(index).tobytes())
        small: dict[str, NDArray[Any]] = {
            "indptr": np.concatenate([[0], *lengths]).cumsum().astype(index),
            "shape": np.array(matrix.shape, np.int64),
            "format": np.array(b"csr"),
            "_is_array": np.array(True),
        }
        for name, values in small.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)


def _array(archive: zipfile.ZipFile, name: str, dtype: DTypeLike, size: int) -> IO[bytes]:
    """Return a member of the archive that awaits the bytes of an array of one dimension."""
    about = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}
    member = archive.open(f"{name}.npy", "w", force_zip64=True)
    np.lib.format.write_array_header_1_0(member, about | {"shape": (size,)})
    return member


def _finite(values: NDArray[Any], dtype: DTypeLike, path: Path) -> NDArray[Any]:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        narrow = values.astype(dtype)
    if not np.isfinite(narrow).all():
        bad = values[~np.isfinite(narrow)]
        raise InputError(
            f"{path}: {len(bad)} values are not finite as {np.dtype(dtype)}: {bad[:5].tolist()}; "
            "scale or drop these features"
        )
    return narrow


def check_is_npz(path: Path) -> None:
    """Raise unless a file is an archive, as every .npz file.

    Raises
    ------
    InputError
    """
    if not zipfile.is_zipfile(path):
        raise InputError(
            f"{path}: expected a sparse matrix as scipy.sparse.save_npz writes it, but the content "
            "is no .npz archive, or is cut off"
        )


def _read_npz(path: Path) -> csr_array:
    try:
        with path.open("rb") as stream:
            check_is_npz(path)
            return check_sparse(load_npz(cast(Any, stream)), str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path}: expected a sparse matrix, but there is no such file") from error
    except _UNREADABLE as error:
        raise InputError(
            f"{path}: expected a sparse matrix as scipy.sparse.save_npz writes it ({error})"
        ) from error
