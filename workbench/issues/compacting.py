"""Dense scores cut down to what confident learning needs, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError
from workbench.issues.compiled import add_scores, count_from, count_up_to, keep_marked
from workbench.issues.confident_joint import calibrate_joint, round_joint
from workbench.issues.thresholds import (
    LabelThresholds,
    looks_absent,
    looks_present,
    sum_by_label,
    thresholds_of,
)
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums, check_probabilities

_SCORES_PER_BLOCK = 250_000
_TEST = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class CompactScores:
    """Dense scores without those that decide nothing; every filter is exact with these.

    Parameters
    ----------
    scores : PairScores
        All given pairs and all other pairs above 0.5.
    sums : ScoreSums
        Over all scores.
    confident_joint : ndarray of float64, shape (n_labels, 2, 2)
        Calibrated numbers of pairs in the order [label, given, confident].
    is_given : ndarray of bool, shape (n_judged,)
        Which pairs of ``scores`` are given, in stored order.
    """

    scores: PairScores
    sums: ScoreSums
    confident_joint: NDArray[np.float64]
    is_given: NDArray[np.bool_]


def compact_scores(given: LabelMatrix, probabilities: NDArray[np.floating]) -> CompactScores:
    """Return what confident learning needs of dense scores.

    Parameters
    ----------
    given : LabelMatrix
    probabilities : ndarray of float, shape (n_instances, n_labels)
        A memory map will do: they are read twice, a block of rows at a time, as float32.

    Raises
    ------
    AxisMismatchError
        If the shape is not that of the label matrix.
    InputError
        If a value is NaN or outside [0, 1].

    Examples
    --------
    >>> import pandas as pd
    >>> ids, labels = pd.Index(["q1", "q2", "q3"]), pd.Index(["red"])
    >>> given = LabelMatrix.from_pairs(["q1"], ["red"], instance_ids=ids, label_ids=labels)
    >>> compact = compact_scores(given, np.array([[0.25], [0.75], [0.125]]))
    >>> compact.scores.n_judged, compact.sums.sums.tolist()
    (2, [1.125])
    """
    P = np.asarray(probabilities)
    if P.shape != given.values.shape:
        raise AxisMismatchError(
            f"probabilities: expected shape {given.values.shape}, instances x labels as given, "
            f"found {P.shape}"
        )
    sums = np.zeros(P.shape[1])
    kept = [_keep(given, rows, block, P, sums) for rows, block in _blocks(P)]
    scores, is_given = _joined(kept, P.shape)
    of_given = scores.data[is_given]
    thresholds = thresholds_of(given, given.values.indices, of_given, sums)
    return CompactScores(
        PairScores(scores, given.instance_ids, given.label_ids),
        ScoreSums(P.shape[0], sums),
        _confident_joint(given, P, scores, of_given, thresholds),
        is_given,
    )


def _keep(
    given: LabelMatrix,
    rows: slice,
    block: NDArray[np.floating],
    P: NDArray[np.floating],
    sums: NDArray[np.float64],
) -> tuple[NDArray[Any], ...]:
    """Return how many scores of each row are kept, their columns, themselves, and if given.

    All scores are added to the sums.
    """
    marks = np.zeros(-(-block.size // 8) * 8, np.uint8)
    if add_scores(block, sums, marks):
        check_probabilities(P)
    indptr = given.values.indptr[rows.start : rows.stop + 1]
    labels = given.values.indices[indptr[0] : indptr[-1]]
    lengths, columns = np.empty(len(block), np.int32), np.empty(block.size, np.int32)
    values, is_given = np.empty(block.size, np.float32), np.empty(block.size, bool)
    n = keep_marked(block, indptr, labels, marks, columns, values, is_given, lengths)
    return lengths, columns[:n].copy(), values[:n].copy(), is_given[:n].copy()


def _confident_joint(
    given: LabelMatrix,
    P: NDArray[np.floating],
    scores: csr_array,
    of_given: NDArray[np.float32],
    thresholds: LabelThresholds,
) -> NDArray[np.float64]:
    """Return the joint from a second pass: the counts need thresholds that need all scores."""
    n_instances, n_labels = P.shape
    at_most = _cut(looks_absent, thresholds, downwards=False)
    at_least = _cut(looks_present, thresholds, downwards=True)
    low, high = np.zeros(n_labels, np.int32), np.zeros(n_labels, np.int32)
    # Pairs above 0.5 are stored; others are counted where the cut is lower.
    low_cuts = np.flatnonzero(at_least <= 0.5)
    for _, block in _blocks(P):
        count_up_to(block, at_most, low)
        count_from(block, low_cuts, at_least, high)
    columns = scores.indices
    is_beyond = (scores.data >= at_least[columns]) & (at_least[columns] > 0.5)
    high += sum_by_label(columns[is_beyond], n_labels).astype(np.int32)
    labels, support = given.values.indices, given.support()
    of = [
        sum_by_label(labels[is_beyond], n_labels)
        for is_beyond in (of_given <= at_most[labels], of_given >= at_least[labels])
    ]
    counts = np.array([[low - of[0], high - of[1]], of])
    n_pairs = np.stack([n_instances - support, support], axis=1)
    return round_joint(calibrate_joint(counts.transpose(2, 0, 1), n_pairs))


def _cut(looks: _TEST, thresholds: LabelThresholds, *, downwards: bool) -> NDArray[np.float32]:
    """Return for each label the float32 up to which, or down to which, the test holds.

    The tests hold below a cut or above one, so that the exact place of the cut is found by halving
    the range of the float32 in [0, 1], whose bits are in the order of their values.
    """
    # One place beyond either end: a test may hold nowhere.
    outside, inside = int(np.float32(0).view(np.int32)) - 1, int(np.float32(1).view(np.int32)) + 1
    n_labels = len(thresholds.present)
    no, yes = np.full(n_labels, outside, np.int64), np.full(n_labels, inside, np.int64)
    for _ in range(31):
        middle = (no + yes) // 2
        p = middle.astype(np.int32).view(np.float32).astype(np.float64)
        above = looks(p, thresholds.absent, thresholds.present) == downwards
        within = (middle > outside) & (middle < inside)
        yes, no = np.where(within & above, middle, yes), np.where(within & ~above, middle, no)
    place = yes if downwards else no
    values = np.clip(place, 0, inside - 1).astype(np.int32).view(np.float32)
    nowhere = np.float32(2 if downwards else -1)
    return np.where((place > outside) & (place < inside), values, nowhere)


def _blocks(P: NDArray[np.floating]) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Yield some rows at a time, read-only: kernels are compiled for such."""
    n_instances, n_labels = P.shape
    size = max(_SCORES_PER_BLOCK // max(n_labels, 1), 1)
    dtype = P.dtype if P.dtype in (np.float32, np.float64) else np.float32
    for start in range(0, n_instances, size):
        rows = slice(start, min(start + size, n_instances))
        block = np.ascontiguousarray(P[rows], dtype).view()
        block.flags.writeable = False
        yield rows, block


def _joined(
    kept: Sequence[tuple[NDArray[Any], ...]], shape: tuple[int, int]
) -> tuple[csr_array, NDArray[np.bool_]]:
    """Return the kept scores of all blocks, and which of them are given."""
    nothing = (np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    lengths, columns, values, is_given = (
        np.concatenate(parts) for parts in zip((*nothing, np.empty(0, bool)), *kept, strict=True)
    )
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    if indptr[-1] < 2**31:  # scipy widens all indices where one kind is wide
        indptr = indptr.astype(np.int32)
    return csr_array((values, columns, indptr), shape=shape), is_given
