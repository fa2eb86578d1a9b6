"""Pairs that are judged beside the given ones and the model's own best."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import logit

from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in
from workbench.report import Report
from workbench.workspace import Artefact

# Of pairs that the weak signals believe less hardly one in fifty is true.
_LEAST_POSTERIOR = 0.05


def withdrawn_pairs(given: LabelMatrix, without: LabelMatrix) -> csr_array:
    """Return the pairs that are given without any verdict, and are not given now.

    Parameters
    ----------
    given, without : LabelMatrix
        On the same axes.
    """
    return _absent_of(given, without.rows_of_pairs(), without.values.indices)


def voted_pairs(given: LabelMatrix, believed: pd.DataFrame) -> csr_array:
    """Return the pairs that are not given and that the weak signals do not think unlikely.

    Parameters
    ----------
    given : LabelMatrix
    believed : pd.DataFrame
        ``instance_id, label_id, posterior``; pairs of other axes are left out.

    Notes
    -----
    A model that learns from labels which most instances of some kind lack does not propose them.
    On four generated shops (seeds 7, 101, 201, 202) 1,459, 1,463, 1,414 and 1,430 missing pairs
    are issues without these candidates, and 2,359, 2,524, 2,564 and 2,403 with them, of 5,874,
    5,842, 6,555 and 6,298; of the first 500 issues 69 to 78 % are right.
    """
    likely = believed[believed["posterior"] >= _LEAST_POSTERIOR]
    return _absent_of(given, *_positions(given, likely))


def scores_of_candidates(scored: Artefact) -> PairScores:
    """Return the scores of the given pairs, the model's candidates and those of the votes."""
    scores = scored.scores()
    voted = PairScores(scored.matrix("voted"), scores.instance_ids, scores.label_ids)
    return with_further(scores, voted)


def with_further(scores: PairScores, further: PairScores) -> PairScores:
    """Return the scores and, beside them, those of further pairs that are not among them.

    Parameters
    ----------
    scores, further : PairScores
        On the same axes.
    """
    check_aligned(scores, further)
    rows, columns = further.rows_of_pairs(), further.values.indices
    new = pairs_in(scores.values, rows, columns) < 0
    data = np.concatenate([scores.values.data, further.values.data[new]])
    places = (
        np.concatenate([scores.rows_of_pairs(), rows[new]]),
        np.concatenate([scores.values.indices, columns[new]]),
    )
    values = csr_array((data, places), shape=scores.values.shape)
    values.sort_indices()
    return PairScores(values, scores.instance_ids, scores.label_ids)


def scores_among(scores: PairScores, pairs: pd.DataFrame) -> PairScores:
    """Return the scores of some pairs; those without one stay absent.

    Parameters
    ----------
    scores : PairScores
    pairs : pd.DataFrame
        ``instance_id, label_id``; pairs of other axes are left out.
    """
    values = scores_at(scores.values, *_positions(scores, pairs))
    return PairScores(values, scores.instance_ids, scores.label_ids)


def drawn_among_judged(
    reviewed: pd.DataFrame,
    scores: PairScores,
    lowest: NDArray[np.float32],
    votes: csr_array,
    without: LabelMatrix,
    report: Report,
) -> pd.DataFrame:
    """Return reviewed pairs, as drawn at random only those that are judged whatever was said.

    A pair that is called present becomes given, and given pairs are judged; one that is called
    absent is judged if it is a candidate. A sample of the judged pairs that held both would count
    the present ones of what is judged by no other way. They count as reviewed for a reason.

    Parameters
    ----------
    reviewed : pd.DataFrame
        ``instance_id, label_id, audit`` and more.
    scores : PairScores
    lowest : ndarray of float32, shape (n_instances,)
        Score of each instance's last candidate.
    votes : csr_array of float, shape (n_instances, n_labels)
        Posterior log-odds of the weak signals, verdicts left out.
    without : LabelMatrix
        The labels as they would be without verdicts.
    report : Report
        Counts those that no longer count as drawn.
    """
    rows, columns = (
        axis.get_indexer(pd.Index(reviewed[name]))
        for axis, name in ((scores.instance_ids, "instance_id"), (scores.label_ids, "label_id"))
    )
    at = np.flatnonzero((rows >= 0) & (columns >= 0))
    pairs = rows[at], columns[at]
    log_odds, score = _values_of(votes, *pairs), _values_of(scores.values, *pairs)
    is_judged = pairs_in(without.values, *pairs) >= 0
    is_judged |= log_odds >= logit(_LEAST_POSTERIOR)
    is_judged |= score >= lowest[pairs[0]]
    audit = reviewed["audit"].to_numpy(bool, copy=True)
    audit[at] &= is_judged
    n_left = int(reviewed["audit"].sum()) - int(audit.sum())
    report.count("pairs drawn at random that no sample can hold, judged for their verdict", n_left)
    return reviewed.assign(audit=audit)


def _values_of(
    matrix: csr_array, rows: NDArray[np.integer], columns: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the values of pairs, minus infinity where there is none."""
    found = pairs_in(matrix, rows, columns)
    values = np.full(len(found), -np.inf)
    values[found >= 0] = matrix.data[found[found >= 0]]
    return values


def scores_at(
    scores: csr_array, rows: NDArray[np.integer], columns: NDArray[np.integer]
) -> csr_array:
    """Return the scores of the pairs of some positions; those without one stay absent."""
    found = pairs_in(scores, rows, columns)
    known = found >= 0
    values = csr_array((scores.data[found[known]], (rows[known], columns[known])), scores.shape)
    values.sort_indices()
    return values


def _positions(
    axes: LabelMatrix | PairScores, pairs: pd.DataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of the pairs, without those of other axes."""
    rows = axes.instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
    columns = axes.label_ids.get_indexer(pd.Index(pairs["label_id"]))
    known = (rows >= 0) & (columns >= 0)
    return rows[known].astype(np.int64), columns[known].astype(np.int64)


def _absent_of(
    given: LabelMatrix, rows: NDArray[np.integer], columns: NDArray[np.integer]
) -> csr_array:
    """Return the pairs that are not given."""
    absent = pairs_in(given.values, rows, columns) < 0
    pairs = csr_array(
        (np.ones(int(absent.sum()), bool), (rows[absent], columns[absent])),
        shape=given.values.shape,
    )
    pairs.sort_indices()
    return pairs
