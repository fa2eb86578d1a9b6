"""How likely a true label is to be given, by how often it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.evaluate.hits import check_canonical
from workbench.sparse import check_sparse


def propensities(Y_train: csr_array, A: float = 0.55, B: float = 1.5) -> NDArray[np.float64]:
    """Return how likely a true label is to be given, by its support, shape (n_labels,).

    p = 1 / (1 + C (N_l + B)^-A) with C = (log N - 1)(B + 1)^A (Jain, Prabhu, Varma: Extreme
    multi-label loss functions, KDD 2016). The paper fits A and B: 0.5 and 0.4 for
    Wikipedia, 0.6 and 2.6 for Amazon, the defaults elsewhere.

    Parameters
    ----------
    Y_train : sparse matrix, shape (n_instances, n_labels)
        A stored pair other than zero is given, as in `fit` of the models.
    A, B : float

    Raises
    ------
    TypeError
        If Y_train is not a sparse matrix of numbers.
    InputError
        If a pair is stored twice.

    Notes
    -----
    With one or two instances log N - 1 is negative; it is taken as 0 so that no propensity
    exceeds 1.
    """
    given = check_canonical(check_sparse(Y_train, "Y_train"), "Y_train")
    support = np.bincount(given.indices[given.data != 0], minlength=given.shape[1])
    return propensities_of_support(support, given.shape[0], A, B)


def propensities_of_support(
    support: NDArray[np.integer], n_instances: int, A: float = 0.55, B: float = 1.5
) -> NDArray[np.float64]:
    """Return the propensities of labels with this support among n_instances (`propensities`)."""
    C = max(np.log(max(n_instances, 1)) - 1, 0.0) * (B + 1) ** A
    return np.asarray(1 / (1 + C * (support + B) ** -A), np.float64)


def check_propensity(propensity: ArrayLike, n_labels: int) -> NDArray[np.float64]:
    """Return the propensities as an array.

    Raises
    ------
    TypeError
        If they are no numbers.
    AxisMismatchError
        If there is not one for each label.
    InputError
        If one is not in (0, 1].
    """
    found = np.asarray(propensity)
    if found.dtype.kind not in "biuf":
        kind = type(propensity).__name__
        raise TypeError(
            f"propensity must be an array of numbers, found {kind} of {found.dtype}; compute it "
            "with propensities()"
        )
    if found.shape != (n_labels,):
        raise AxisMismatchError(
            f"expected a propensity for each of {n_labels} labels, found {found.shape}"
        )
    if not ((found > 0) & (found <= 1)).all():
        raise InputError("propensities must lie in (0, 1]; compute them with propensities()")
    return found.astype(np.float64)
