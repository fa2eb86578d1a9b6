"""Made-up label problems: dense ones that cleanlab can take, sparse ones at the size of a shop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import N_BINS, ScoreSums, add_to_histogram, bin_ranges

_ROWS_PER_BATCH = 50_000
_LABELS_PER_ROW = 4
# Of the pairs that are not stored a model that searches a tree reaches some hundreds a row.
_REACHED_PER_ROW = 500


@dataclass(frozen=True)
class Size:
    """Rows, labels, and scored pairs a row; 0 for all labels."""

    name: str
    n_instances: int
    n_labels: int
    per_row: int = 0


DENSE = Size("dense", 20_000, 2_000)
SPARSE = Size("sparse", 500_000, 100_000, 54)


@dataclass(frozen=True, eq=False)
class Dense:
    """Given labels and the probabilities of all pairs, as cleanlab wants them."""

    given: LabelMatrix
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sparse:
    """Given labels, stored scores, and the sums over all scores."""

    given: LabelMatrix
    scores: PairScores
    sums: ScoreSums


def make_dense(size: Size, seed: int) -> Dense:
    """Return labels given to .05 to 5 % of the instances, a tenth of them wrong, and scores."""
    rng = np.random.default_rng(seed)
    n, m = size.n_instances, size.n_labels
    share = np.exp(rng.uniform(np.log(0.0005), np.log(0.05), m))
    true = rng.random((n, m), np.float32) < share
    given = true & (rng.random((n, m), np.float32) > 0.1)
    given |= rng.random((n, m), np.float32) < 0.1 * share
    given[0], given[1] = True, False
    margins = rng.standard_normal((n, m), np.float32) * 1.5 - 5
    margins[true] += 6
    probabilities = (1 / (1 + np.exp(-margins))).astype(np.float64)
    return Dense(LabelMatrix(csr_array(given), *_axes(n, m)), probabilities)


def make_sparse(size: Size, seed: int) -> Sparse:
    """Return the given pairs and some candidates of every row; of the rest only the sums."""
    rng = np.random.default_rng(seed)
    n, m = size.n_instances, size.n_labels
    labels, given, values, lengths = [], [], [], []
    for start in range(0, n, _ROWS_PER_BATCH):
        n_rows = min(_ROWS_PER_BATCH, n - start)
        # Frequent and rare labels: half of the pairs fall on a quarter of the labels.
        drawn = (m * rng.random((n_rows, size.per_row), np.float32) ** 2).astype(np.int32)
        drawn = np.minimum(np.sort(drawn, axis=1), m - 1)
        distinct = np.ones(drawn.shape, bool)
        distinct[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
        is_given = rng.random(drawn.shape, np.float32) < _LABELS_PER_ROW / size.per_row
        margins = rng.standard_normal(drawn.shape, np.float32) * 1.5 - 4
        margins[is_given ^ (rng.random(drawn.shape, np.float32) < 0.01)] += 5
        labels.append(drawn[distinct])
        given.append(is_given[distinct])
        values.append((1 / (1 + np.exp(-margins[distinct]))).astype(np.float32))
        lengths.append(distinct.sum(axis=1))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int32)
    axes = _axes(n, m)
    stored = csr_array((np.concatenate(values), np.concatenate(labels), indptr), shape=(n, m))
    present = np.concatenate(given)
    at = np.concatenate([[0], np.cumsum(present)])[indptr].astype(np.int32)
    Y = csr_array((np.ones(at[-1], bool), stored.indices[present], at), shape=(n, m))
    return Sparse(LabelMatrix(Y, *axes), PairScores(stored, *axes), _sums_of_all(stored, rng))


def _sums_of_all(stored: csr_array, rng: np.random.Generator) -> ScoreSums:
    """Return the sums of the stored scores and of others, some of them between 2^-12 and 2^-2."""
    n, m = stored.shape
    histogram = np.zeros((m, N_BINS), np.int32)
    reached = rng.multinomial(n * _REACHED_PER_ROW // m, np.full(40, 1 / 40), m)
    histogram[:, 33:73] = reached
    lowest, highest = bin_ranges()
    sums = histogram @ ((lowest + highest) / 2)
    sums += np.bincount(stored.indices, stored.data, m)
    add_to_histogram(histogram, stored.indices, stored.data)
    histogram[:, 0] += n - histogram.sum(axis=1, dtype=np.int32)
    return ScoreSums(n, sums, histogram)


def _axes(n_instances: int, n_labels: int) -> tuple[pd.Index, pd.Index]:
    return (
        pd.Index(np.char.add("i", np.arange(n_instances).astype(str))),
        pd.Index(np.char.add("l", np.arange(n_labels).astype(str))),
    )
