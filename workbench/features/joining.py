"""Dense features that the user brings, beside the sparse ones of the text."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, hstack, issparse
from sklearn.preprocessing import normalize

from workbench.errors import InputError


def join_features(X: csr_array, dense: ArrayLike, *, weight: float = 1.0) -> csr_array:
    """Return sparse and dense features of the same rows side by side, each row of length 1.

    Both parts are scaled to length 1 first, the dense one then to ``weight``. A dense value takes
    8 bytes here: 500,000 sentence embeddings of 384 numbers are 1.5 GB.

    Parameters
    ----------
    X : csr_array, shape (n_rows, n_sparse)
        Such as `TextFeatures` makes.
    dense : array of float, shape (n_rows, n_dense)
        Such as sentence embeddings.
    weight : float, default 1.0
        How much the dense part counts against the sparse one; above 0.

    Returns
    -------
    csr_array of float32, shape (n_rows, n_sparse + n_dense)
        The dense features come last. A row that is empty in both parts is empty.

    Raises
    ------
    TypeError
        If X is not a scipy sparse matrix, or ``dense`` is one.
    ValueError
        If ``weight`` is not above 0.
    InputError
        If ``dense`` has other rows than X or holds NaN or infinity.

    Examples
    --------
    >>> X = csr_array(np.float32([[3, 0], [0, 0]]))
    >>> join_features(X, [[0, 2], [4, 3]]).toarray().round(1).astype(float).round(1).tolist()
    [[0.7, 0.0, 0.0, 0.7], [0.0, 0.0, 0.8, 0.6]]
    """
    if not (np.isfinite(weight) and weight > 0):
        raise ValueError(f"weight must be a number above 0, found {weight!r}")
    if not issparse(X):
        raise TypeError(f"X must be a scipy sparse matrix, found {type(X).__name__}")
    if issparse(dense):
        raise TypeError("dense must be an array, found a sparse matrix; use scipy.sparse.hstack")
    block = np.asarray(dense, np.float32)
    if block.ndim != 2 or block.shape[0] != X.shape[0] or block.shape[1] == 0:
        raise InputError(
            f"dense: expected {X.shape[0]} rows of numbers, as in X, found shape {block.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
    if len(bad):
        raise InputError(
            f"dense: every value must be finite, found NaN or infinity in {len(bad)} rows: "
            f"{bad[:5].tolist()}; remove or replace them"
        )
    scaled = csr_array(normalize(block) * np.float32(weight))
    joined = hstack([normalize(X), scaled], format="csr")
    return csr_array(normalize(joined), dtype=np.float32)
