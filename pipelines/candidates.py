"""Pairs that are judged beside the given ones and the model's own best."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in
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
    are issues without these candidates, and 2,290, 2,445, 2,503 and 2,315 with them, of 5,874,
    5,842, 6,555 and 6,298; the first 500 issues are as often right, 68 to 74 %.
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
