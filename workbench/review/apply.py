"""The label matrix that the resolved decisions lead to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.matrices import LabelMatrix, pairs_in
from workbench.review.decisions import PAIR, Verdict


@dataclass(frozen=True, eq=False)
class AppliedDecisions:
    """The label matrix after review, and what became of every resolved pair.

    Parameters
    ----------
    labels : LabelMatrix
        On the axes of the given matrix.
    added, removed, confirmed, unsure : int
        Pairs that became given, that ceased to be given, that were already as the verdict says,
        and that no verdict settles.
    unknown_pairs : pd.DataFrame
        The resolved pairs whose instance or label is not on the axes (any more).
    """

    labels: LabelMatrix
    added: int
    removed: int
    confirmed: int
    unsure: int
    unknown_pairs: pd.DataFrame


def apply_decisions(given: LabelMatrix, resolved: pd.DataFrame) -> AppliedDecisions:
    """Return the given labels changed by the resolved verdicts; twice is the same as once.

    ``present`` makes a pair given with confidence 1, ``absent`` makes it not given, ``unsure``
    leaves it. A matrix without confidence stays without.

    Raises
    ------
    InputError
        If ``resolved`` names a pair more than once.
    """
    twice = resolved.loc[resolved.duplicated(PAIR), PAIR]
    if len(twice):
        raise InputError(
            f"resolved decisions: {len(twice)} pairs appear more than once: "
            f"{twice[:5].to_numpy().tolist()}; resolve the log first"
        )
    rows = given.instance_ids.get_indexer(pd.Index(resolved["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(resolved["label_id"]))
    known = (rows >= 0) & (columns >= 0)
    rows, columns = rows[known], columns[known]
    verdict = resolved["verdict"][known].to_numpy(dtype=object)
    present, absent = verdict == Verdict.PRESENT, verdict == Verdict.ABSENT
    stored = pairs_in(given.values, rows, columns)
    added, removed = present & (stored < 0), absent & (stored >= 0)
    return AppliedDecisions(
        _edited(
            given,
            sure=stored[present & (stored >= 0)],
            dropped=stored[removed],
            rows=rows[added],
            columns=columns[added],
        ),
        added=int(added.sum()),
        removed=int(removed.sum()),
        confirmed=int((present | absent).sum() - added.sum() - removed.sum()),
        unsure=int((~(present | absent)).sum()),
        unknown_pairs=resolved[~known].reset_index(drop=True),
    )


def _edited(
    given: LabelMatrix,
    *,
    sure: NDArray[np.int64],
    dropped: NDArray[np.int64],
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
) -> LabelMatrix:
    kept = np.ones(given.n_given, bool)
    kept[dropped] = False
    confidence = None
    if given.confidence is not None:
        confidence = given.confidence.copy()
        confidence[sure] = 1
        confidence = np.concatenate([confidence[kept], np.ones(len(rows), np.float32)])
    return LabelMatrix.from_positions(
        np.concatenate([given.rows_of_pairs()[kept], rows]),
        np.concatenate([given.values.indices[kept], columns]),
        instance_ids=given.instance_ids,
        label_ids=given.label_ids,
        confidence=confidence,
    )
