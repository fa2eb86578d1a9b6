"""Dense scores cut down to what confident learning needs, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError
from workbench.issues.confident_joint import calibrate_joint, count_confident, round_joint
from workbench.issues.dense_kernels import count_beyond, keep_and_add
from workbench.issues.thresholds import (
    LabelThresholds,
    is_given,
    looks_absent,
    looks_present,
    thresholds_of,
)
from workbench.matrices import LabelMatrix, PairScores
from workbench.score_sums import ScoreSums, check_probabilities

_SCORES_PER_BLOCK = 2_000_000
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
    """

    scores: PairScores
    sums: ScoreSums
    confident_joint: NDArray[np.float64]


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
    kept = []
    for rows, block in _blocks(P):
        sound, lengths, columns, values = _keep(given, rows, block, sums)
        if not sound:
            check_probabilities(P)
        kept.append((lengths, columns, values))
    scores = PairScores(_joined(kept, P.shape), given.instance_ids, given.label_ids)
    of_given = scores.values.data[is_given(given, scores)]
    thresholds = thresholds_of(given, given.values.indices, of_given, sums)
    joint = _confident_joint(given, P, of_given, thresholds)
    return CompactScores(scores, ScoreSums(P.shape[0], sums), joint)


def _keep(
    given: LabelMatrix, rows: slice, block: NDArray[np.floating], sums: NDArray[np.float64]
) -> tuple[bool, NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return whether some rows are sound, and what is kept of them; add all to the sums."""
    indptr = given.values.indptr[rows.start : rows.stop + 1].astype(np.int64)
    columns = given.values.indices[indptr[0] : indptr[-1]].astype(np.int32)
    kept_columns = np.empty(block.size + 1, np.int32)
    kept_scores, lengths = np.empty(block.size + 1, np.float32), np.empty(len(block), np.int64)
    sound = keep_and_add(
        block, indptr - indptr[0], columns, sums, kept_columns, kept_scores, lengths
    )
    n_kept = int(lengths.sum())
    return sound, lengths, kept_columns[:n_kept].copy(), kept_scores[:n_kept].copy()


def _confident_joint(
    given: LabelMatrix,
    P: NDArray[np.floating],
    of_given: NDArray[np.float32],
    thresholds: LabelThresholds,
) -> NDArray[np.float64]:
    """Return the joint from a second pass: the counts need thresholds that need all scores."""
    n_instances, n_labels = P.shape
    at_most = _cut(looks_absent, thresholds, downwards=False)
    at_least = _cut(looks_present, thresholds, downwards=True)
    low, high = np.zeros(n_labels, np.int64), np.zeros(n_labels, np.int64)
    for _, block in _blocks(P):
        count_beyond(block, at_most, at_least, low, high)
    of = count_confident(given.values.indices, of_given, thresholds)
    others = np.stack([low, high], axis=1) - of
    support = given.support()
    n_pairs = np.stack([n_instances - support, support], axis=1)
    return round_joint(calibrate_joint(np.stack([others, of], axis=1), n_pairs))


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


def _joined(kept: Sequence[tuple[NDArray[Any], ...]], shape: tuple[int, int]) -> csr_array:
    nothing = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
    lengths, columns, values = (np.concatenate(part) for part in zip(nothing, *kept, strict=True))
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array((values, columns, indptr), shape=shape)
