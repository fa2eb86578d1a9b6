"""Checks at the door of the ranking: whether its parts speak of the same pairs, in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.matrices import LabelMatrix, PairScores, check_aligned
from workbench.score_sums import ScoreSums
from workbench.text import check_texts


def check_parts(
    given: LabelMatrix,
    scores: PairScores,
    column_sums: NDArray[np.float64],
    lowest: NDArray[np.float32] | None,
    comparison: PairScores | None,
    features: csr_array | None,
    neighbours: csr_array | None,
    texts: Sequence[str] | None,
    votes_log_odds: csr_array | None,
) -> None:
    """Raise unless the parts of a ranking fit together.

    Raises
    ------
    AxisMismatchError
        If they do not share their axes.
    InputError
        If a sum is none of so many scores, a log-odds is not finite, or a text is no string.
    """
    check_aligned(given, scores)
    if comparison is not None:
        check_aligned(given, comparison)
    n_instances, n_labels = given.values.shape
    for name, length in (
        ("lowest", n_instances if lowest is None else len(lowest)),
        ("features", n_instances if features is None else features.shape[0]),
        ("neighbours", n_instances if neighbours is None else neighbours.shape[0]),
        ("texts", n_instances if texts is None else len(texts)),
    ):
        if length != n_instances:
            raise AxisMismatchError(
                f"{name}: expected one row an instance, {n_instances}, found {length}"
            )
    ScoreSums(n_instances, column_sums).check_axes(n_instances, n_labels)
    if texts is not None:
        check_texts(texts)
    if votes_log_odds is not None:
        _check_votes(votes_log_odds, given.values.shape)


def _check_votes(votes: csr_array, shape: tuple[int, int]) -> None:
    if votes.shape != shape:
        raise AxisMismatchError(f"votes_log_odds: expected shape {shape}, found {votes.shape}")
    if not votes.has_canonical_format:
        raise InputError(
            "votes_log_odds has unsorted or repeated pairs; call sum_duplicates() first"
        )
    bad = np.flatnonzero(~np.isfinite(votes.data))
    if len(bad):
        rows = np.unique(np.searchsorted(votes.indptr, bad, side="right") - 1)
        raise InputError(
            f"votes_log_odds: {len(bad)} of {votes.nnz} values are NaN or infinite, the first in "
            f"rows {rows[:5].tolist()}; leave a pair without votes out, and give one that is "
            "certain a large number"
        )
