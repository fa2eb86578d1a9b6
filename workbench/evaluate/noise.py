"""Label noise on purpose: pairs added, swapped and dropped, with a note of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.evaluate.propensity import propensities
from workbench.matrices import LabelMatrix, pairs_in
from workbench.sparse import check_sparse

_ROUNDS = 30


@dataclass(frozen=True, eq=False)
class NoisyLabels:
    """Given labels with noise, and the pairs that were changed.

    Parameters
    ----------
    given : LabelMatrix
        The labels after the noise.
    wrong : pd.DataFrame
        ``instance_id, label_id, cause``: pairs that are given and should not be; the cause is
        ``added`` or ``swapped``.
    missing : pd.DataFrame
        The same for pairs that should be given and are not; the cause is ``swapped``, ``dropped``
        or ``dropped_by_propensity``.
    """

    given: LabelMatrix
    wrong: pd.DataFrame
    missing: pd.DataFrame


def inject_noise(
    truth: LabelMatrix,
    *,
    siblings: csr_array,
    added: float = 0.05,
    swapped: float = 0.05,
    dropped: float = 0.10,
    dropped_by_propensity: float = 0.05,
    random_state: int = 0,
) -> NoisyLabels:
    """Return labels with four kinds of noise, each rate a share of the true pairs.

    No pair is changed twice. A share of a swap that finds no sibling that is not given already
    is left out, so that fewer pairs than asked for may be swapped.

    Parameters
    ----------
    truth : LabelMatrix
    siblings : csr_array, shape (n_labels, n_labels)
        A stored pair says that the row's label may be taken for the column's; see
        :func:`siblings_by_attribute` and :func:`siblings_by_similarity`.
    added : float
        Pairs of any instance and any label that are not given, drawn uniformly.
    swapped : float
        Given pairs whose label is replaced by a sibling: one wrong pair and one missing pair.
    dropped : float
        Given pairs dropped at random.
    dropped_by_propensity : float
        Given pairs dropped with a chance proportional to one minus the label's propensity, so
        that rare labels lose more.
    random_state : int

    Raises
    ------
    ValueError
        If a rate is NaN, infinite or below 0, more than all pairs would be dropped, or more added
        than there is room for.
    AxisMismatchError
        If ``siblings`` has not a row and a column a label.

    References
    ----------
    Jain, Prabhu and Varma (2016), Extreme Multi-label Loss Functions: the propensity model.
    """
    rates = (added, swapped, dropped, dropped_by_propensity)
    if not (np.isfinite(rates).all() and min(rates) >= 0 and sum(rates[1:]) <= 1):
        raise ValueError(f"noise rates must be 0 or more and leave labels over, found {rates}")
    siblings = check_sparse(siblings, "siblings")
    n_labels = len(truth.label_ids)
    if siblings.shape != (n_labels, n_labels):
        raise AxisMismatchError(
            f"siblings: expected a row and a column a label, {(n_labels, n_labels)}, "
            f"found {siblings.shape}"
        )
    rng = np.random.default_rng(random_state)
    n_of = [round(rate * truth.n_given) for rate in rates]
    rows, columns = truth.rows_of_pairs(), truth.values.indices.astype(np.int64)

    left = rng.permutation(truth.n_given)
    swap, partner = _swaps(truth, siblings, left, n_of[1], rng)
    left = np.setdiff1d(left, swap)
    drop = rng.choice(left, n_of[2], replace=False)
    left = np.setdiff1d(left, drop)
    rare = _weighted_sample(left, 1 - propensities(truth.values)[columns[left]], n_of[3], rng)

    new_rows, new_columns = _additions(truth, rows[swap], partner, n_of[0], rng)
    gone = np.concatenate([swap, drop, rare])
    put = (np.concatenate([rows[swap], new_rows]), np.concatenate([partner, new_columns]))
    causes_gone = ["swapped"] * len(swap) + ["dropped"] * len(drop)
    causes_gone += ["dropped_by_propensity"] * len(rare)
    causes_put = ["swapped"] * len(swap) + ["added"] * len(new_rows)
    return NoisyLabels(
        given=_changed(truth, gone, put, rng),
        wrong=_pairs_frame(truth, *put, causes_put),
        missing=_pairs_frame(truth, rows[gone], columns[gone], causes_gone),
    )


def siblings_by_attribute(
    attributes: pd.Series, *, n_siblings: int = 20, random_state: int = 0
) -> csr_array:
    """Return up to ``n_siblings`` random other values of each label's attribute.

    Parameters
    ----------
    attributes : pd.Series of str, length n_labels
        In the order of the labels; a label with a null has no siblings.
    n_siblings : int
    random_state : int

    Returns
    -------
    csr_array of float32, shape (n_labels, n_labels)
    """
    rng = np.random.default_rng(random_state)
    sources, targets = [], []
    codes = pd.factorize(attributes, sort=True)[0]
    by_attribute = np.argsort(codes, kind="stable")
    borders = np.searchsorted(codes[by_attribute], np.arange(codes.max(initial=-1) + 2))
    for first, last in pairwise(borders):
        members = by_attribute[first:last]
        n_others = min(n_siblings, len(members) - 1)
        for position in range(len(members)):
            others = rng.choice(len(members) - 1, n_others, replace=False)
            sources.append(np.full(n_others, members[position]))
            targets.append(members[others + (others >= position)])
    return _sibling_matrix(sources, targets, len(attributes))


def siblings_by_similarity(X: csr_array, given: LabelMatrix, *, n_siblings: int = 10) -> csr_array:
    """Return the labels whose mean instance features point most nearly the same way.

    Parameters
    ----------
    X : csr_array of float, shape (n_instances, n_features)
    given : LabelMatrix
    n_siblings : int

    Returns
    -------
    csr_array of float32, shape (n_labels, n_labels)

    Raises
    ------
    AxisMismatchError
        If X has not a row an instance.
    InputError
        If a value of X is not finite.
    """
    X = check_sparse(X, "X")
    if X.shape[0] != len(given.instance_ids):
        raise AxisMismatchError(
            f"X: expected one row an instance, {len(given.instance_ids)}, found {X.shape[0]}"
        )
    bad = np.flatnonzero(~np.isfinite(X.data))
    if len(bad):
        rows = np.unique(np.searchsorted(X.indptr, bad, side="right") - 1)
        raise InputError(
            f"X: every value must be finite, found {len(bad)} NaN or infinite values, the first in "
            f"rows {rows[:5].tolist()}; remove or replace them"
        )
    centroids = csr_array(given.values.T.astype(np.float32) @ X)
    norms = np.sqrt(np.asarray(centroids.power(2).sum(axis=1)).ravel())
    centroids.data /= np.repeat(np.maximum(norms, 1e-12), np.diff(centroids.indptr))
    n_labels = len(given.label_ids)
    sources, targets = [], []
    for start in range(0, n_labels, 256):
        cosines = (centroids[start : start + 256] @ centroids.T).toarray()
        cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = 0
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :n_siblings]
        block, rank = np.nonzero(np.take_along_axis(cosines, nearest, axis=1) > 0)
        sources.append(block + start)
        targets.append(nearest[block, rank])
    return _sibling_matrix(sources, targets, n_labels)


def _sibling_matrix(
    sources: list[NDArray[np.int64]], targets: list[NDArray[np.int64]], n_labels: int
) -> csr_array:
    if not sources:
        sources = targets = [np.empty(0, np.int64)]
    row, column = np.concatenate(sources), np.concatenate(targets)
    return csr_array((np.ones(len(row), np.float32), (row, column)), shape=(n_labels, n_labels))


def _swaps(
    truth: LabelMatrix,
    siblings: csr_array,
    order: NDArray[np.int64],
    n_swaps: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return positions of given pairs and the sibling that takes each one's place."""
    rows, columns = truth.rows_of_pairs(), truth.values.indices
    n_siblings = np.diff(siblings.indptr)
    order = order[n_siblings[columns[order]] > 0]
    labels = columns[order]
    pick = siblings.indptr[labels] + (rng.random(len(order)) * n_siblings[labels]).astype(np.int64)
    partner = siblings.indices[pick].astype(np.int64)
    free = pairs_in(truth.values, rows[order], partner) < 0
    # Two labels of one instance may draw the same sibling: the first one has it.
    keys = rows[order] * truth.values.shape[1] + partner
    first = np.zeros(len(order), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    kept = np.flatnonzero(free & first)[:n_swaps]
    return order[kept], partner[kept]


def _additions(
    truth: LabelMatrix,
    taken_rows: NDArray[np.int64],
    taken_columns: NDArray[np.int64],
    n_added: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n_instances, n_labels = truth.values.shape
    n_free = n_instances * n_labels - truth.n_given - len(taken_rows)
    if n_added > n_free:
        raise ValueError(f"cannot add {n_added} pairs: only {n_free} are not given")
    taken = taken_rows * n_labels + taken_columns
    keys = np.empty(0, np.int64)
    for drawn in _draws(n_instances * n_labels, n_added, rng):
        free = pairs_in(truth.values, drawn // n_labels, drawn % n_labels) < 0
        fresh = drawn[free & ~np.isin(drawn, taken)]
        keys = np.concatenate([keys, fresh])
        keys = keys[np.sort(np.unique(keys, return_index=True)[1])][:n_added]
        if len(keys) == n_added:
            break
    return keys // n_labels, keys % n_labels


def _draws(n_pairs: int, n_added: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield random pair keys; at last all of them, for matrices that are nearly full."""
    for _ in range(_ROUNDS if n_pairs else 0):
        yield rng.integers(0, n_pairs, 2 * n_added + 10)
    yield rng.permutation(n_pairs)


def _weighted_sample(
    positions: NDArray[np.int64],
    weights: NDArray[np.float64],
    n: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return ``n`` positions without replacement (Efraimidis and Spirakis 2006)."""
    keys = rng.exponential(size=len(positions)) / np.maximum(weights, 1e-12)
    return positions[np.argsort(keys, kind="stable")[:n]]


def _changed(
    truth: LabelMatrix,
    gone: NDArray[np.int64],
    put: tuple[NDArray[np.int64], NDArray[np.int64]],
    rng: np.random.Generator,
) -> LabelMatrix:
    kept = np.ones(truth.n_given, bool)
    kept[gone] = False
    confidence = None
    if truth.confidence is not None:
        # A wrong pair must not be told from its confidence: it draws one of a true pair.
        drawn = rng.choice(truth.confidence, len(put[0]))
        confidence = np.concatenate([truth.confidence[kept], drawn])
    return LabelMatrix.from_positions(
        np.concatenate([truth.rows_of_pairs()[kept], put[0]]),
        np.concatenate([truth.values.indices[kept], put[1]]),
        instance_ids=truth.instance_ids,
        label_ids=truth.label_ids,
        confidence=confidence,
    )


def _pairs_frame(
    truth: LabelMatrix, rows: NDArray[np.int64], columns: NDArray[np.int64], causes: list[str]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "instance_id": truth.instance_ids.take(rows),
            "label_id": truth.label_ids.take(columns),
            "cause": pd.Series(causes, dtype="str"),
        }
    )
