"""Scores of pairs that nobody's own state has influenced, whichever way they were found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.matrices import PairScores, pairs_in
from workbench.model.checks import check_pairs_of
from workbench.score_sums import ScoreSums
from workbench.sparse import rows_of


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """Out-of-sample scores, each from a model that did not learn from the row's own labels.

    Parameters
    ----------
    scores : csr_array of float32, shape (n_instances, n_labels)
        In [0, 1]: every given pair and the best candidates of every row; a stored zero is a
        score. Absent pairs were not kept. Indices are sorted.
    unjudged_pairs : ndarray of bool, shape (n_stored,)
        In the order of ``scores.data``: the label had no positive in the rows that were learned
        from, so the score (0) says nothing about the pair.
    sums : ScoreSums
        Over all scores of the rows that took part, kept or not: of the given pairs, and of the
        others that the search reached. The rest counts as 0.
    also : csr_array of float32, shape (n_instances, n_labels)
        Scores of the pairs that were asked for besides, and of no others; not in ``sums``.
    unjudged_also : ndarray of bool, shape (n_also,)
        As ``unjudged_pairs``, in the order of ``also.data``.
    """

    scores: csr_array
    unjudged_pairs: NDArray[np.bool_]
    sums: ScoreSums
    also: csr_array
    unjudged_also: NDArray[np.bool_]


def as_out_of_sample(
    scores: PairScores, *, sums: ScoreSums | None = None, also: csr_array | None = None
) -> OutOfSample:
    """Return scores that somebody else computed in the form of our own.

    Nothing tells whether they are out of sample: that is for the user to see to. A pair without a
    score is not judged.

    Parameters
    ----------
    scores : PairScores
    sums : ScoreSums, optional
        Over all instances; without it the pairs that have no score count as 0.
    also : csr_array, shape (n_instances, n_labels), optional
        Pairs that are asked for besides; those without a score stay absent.

    Raises
    ------
    TypeError
        If ``also`` is not a scipy sparse matrix of real numbers.
    AxisMismatchError
        If the sums speak of another number of instances or labels.
    InputError
        If a sum is less than the scores of its label add up to, or ``also`` has another shape than
        the scores.
    """
    values = scores.values
    n_instances, n_labels = values.shape
    stored = np.bincount(values.indices, values.data, n_labels).astype(np.float64)
    if sums is None:
        sums = ScoreSums(n_instances, stored)
    sums.check_axes(n_instances, n_labels)
    _check_sums(sums.sums, stored)
    found = csr_array((np.empty(0, np.float32), ([], [])), shape=values.shape)
    if also is not None:
        also = check_pairs_of(also, values.shape, "also")
        rows = rows_of(also)
        places = pairs_in(values, rows, also.indices)
        known = places >= 0
        pairs = rows[known], also.indices[known]
        found = csr_array((values.data[places[known]], pairs), shape=values.shape)
    return OutOfSample(values, np.zeros(values.nnz, bool), sums, found, np.zeros(found.nnz, bool))


def _check_sums(sums: NDArray[np.float64], stored: NDArray[np.float64]) -> None:
    # Sums of many float32 are off in the fifth digit.
    bad = np.flatnonzero(sums < stored * (1 - 1e-3) - 1e-3)
    if len(bad):
        raise InputError(
            f"column sums: {len(bad)} labels, at positions {bad[:5].tolist()}, have a sum below "
            f"what their scores add up to: {sums[bad[:5]].tolist()} instead of at least "
            f"{stored[bad[:5]].tolist()}; sum the scores of all instances, stored or not"
        )
