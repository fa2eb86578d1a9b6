"""The label matrix that the resolved decisions lead to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.matrices import LabelMatrix, pairs_in
from workbench.review.decisions import PAIR, Verdict


class Effect(StrEnum):
    """What became of a resolved pair."""

    ADDED = "added"
    REMOVED = "removed"
    CONFIRMED = "confirmed"
    UNSURE = "unsure"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


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
    effects : ndarray of str, shape (n_resolved,)
        The :class:`Effect` on each pair; what reviewers call both present and absent without a
        majority is in conflict, which ``unsure`` counts too.
    """

    labels: LabelMatrix
    added: int
    removed: int
    confirmed: int
    unsure: int
    unknown_pairs: pd.DataFrame
    effects: NDArray[np.object_]


def apply_decisions(given: LabelMatrix, resolved: pd.DataFrame) -> AppliedDecisions:
    """Return the given labels changed by the resolved verdicts; twice is the same as once.

    ``present`` makes a pair given with confidence 1, or that of a column ``confidence``; ``absent``
    makes it not given, ``unsure`` leaves it. A matrix without confidence stays without.

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
    effect = np.full(len(verdict), Effect.CONFIRMED.value, object)
    effect[added], effect[removed] = Effect.ADDED.value, Effect.REMOVED.value
    effect[~(present | absent)] = Effect.UNSURE.value
    effects = np.full(len(resolved), Effect.UNKNOWN.value, object)
    effects[known] = effect
    effects[(effects == Effect.UNSURE) & is_torn(resolved)] = Effect.CONFLICT.value
    believed = np.ones(len(verdict), np.float32)
    if "confidence" in resolved:
        believed = resolved["confidence"][known].to_numpy(np.float32)
    kept = present & (stored >= 0)
    return AppliedDecisions(
        _edited(
            given,
            kept=(stored[kept], believed[kept]),
            dropped=stored[removed],
            new=(rows[added], columns[added], believed[added]),
        ),
        added=int(added.sum()),
        removed=int(removed.sum()),
        confirmed=int((present | absent).sum() - added.sum() - removed.sum()),
        unsure=int((~(present | absent)).sum()),
        unknown_pairs=resolved[~known].reset_index(drop=True),
        effects=effects,
    )


def is_torn(resolved: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of which pairs reviewers disagree so that no verdict settles them."""
    if "conflict" not in resolved:
        return np.zeros(len(resolved), bool)
    both = (resolved["n_present"] > 0) & (resolved["n_absent"] > 0)
    return (both & resolved["conflict"].astype(bool)).to_numpy(bool)


def _edited(
    given: LabelMatrix,
    *,
    kept: tuple[NDArray[np.int64], NDArray[np.float32]],
    dropped: NDArray[np.int64],
    new: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.float32]],
) -> LabelMatrix:
    stays = np.ones(given.n_given, bool)
    stays[dropped] = False
    rows, columns, believed = new
    confidence = None
    if given.confidence is not None:
        confidence = given.confidence.copy()
        confidence[kept[0]] = kept[1]
        confidence = np.concatenate([confidence[stays], believed])
    return LabelMatrix.from_positions(
        np.concatenate([given.rows_of_pairs()[stays], rows]),
        np.concatenate([given.values.indices[stays], columns]),
        instance_ids=given.instance_ids,
        label_ids=given.label_ids,
        confidence=confidence,
    )
