"""Read the matrices of a data set; needs scipy alone, so that every environment can."""

from __future__ import annotations

from pathlib import Path

from scipy.sparse import csr_matrix, load_npz

PARTS = ("X_train", "Y_train", "X_test", "Y_test")


def read_part(folder: Path, part: str) -> csr_matrix:
    """Return one of `PARTS` as csr of float32 with indices of 32 bits.

    The old matrix class, because the peers know no other.
    """
    matrix = csr_matrix(load_npz(folder / f"{part}.npz"))
    matrix.sort_indices()
    return matrix
