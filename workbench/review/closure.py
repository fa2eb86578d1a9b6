"""What follows by the taxonomy from what people decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.matrices import LabelMatrix
from workbench.review.apply import is_torn
from workbench.review.decisions import PAIR, Verdict
from workbench.sparse import rows_of


@dataclass(frozen=True, eq=False)
class Closure:
    """Pairs that follow from decided ones, and decided ones that contradict each other.

    Parameters
    ----------
    pairs : pd.DataFrame
        ``instance_id, label_id, verdict, follows_from``: the decided label of the instance from
        which the verdict follows, the nearest. Nobody decided these pairs.
    contradictions : pd.DataFrame
        ``instance_id, label_id, contradicts``: the label is called present, and the one above it,
        ``contradicts``, absent. Both stay as they were decided.
    """

    pairs: pd.DataFrame
    contradictions: pd.DataFrame


def no_closure() -> Closure:
    """Return a closure in which nothing follows."""
    pairs = pd.DataFrame(columns=[*PAIR, "verdict", "follows_from"], dtype="str")
    return Closure(pairs, pd.DataFrame(columns=[*PAIR, "contradicts"], dtype="str"))


def close_decided(
    given: LabelMatrix, resolved: pd.DataFrame, parents: NDArray[np.int64]
) -> Closure:
    """Return what follows from the resolved verdicts by the tree of labels.

    Whatever is a sneaker is a shoe. So a pair that people call present makes the labels above it
    present, and one that they call absent makes those below it that are given absent. A person's
    word stays: neither overrides a verdict, or a pair that people are torn about. Between the two
    the word for "present" counts: what lies between a present label and an absent one far above it
    is present. Only decided pairs are closed: what the inputs gave stays as it was given.

    Parameters
    ----------
    given : LabelMatrix
        The labels after the decisions.
    resolved : pd.DataFrame
        ``instance_id, label_id, verdict`` and, if known, ``conflict, n_present, n_absent``.
    parents : ndarray of int64, shape (n_labels,)
        The position of each label's parent, -1 for none; without circles.
    """
    n_labels = max(len(parents), 1)
    rows = given.instance_ids.get_indexer(pd.Index(resolved["instance_id"])).astype(np.int64)
    columns = given.label_ids.get_indexer(pd.Index(resolved["label_id"])).astype(np.int64)
    known = (rows >= 0) & (columns >= 0)
    key = rows * n_labels + columns
    verdict = resolved["verdict"].to_numpy(dtype=object)
    present = np.sort(key[known & (verdict == Verdict.PRESENT)])
    absent = np.sort(key[known & (verdict == Verdict.ABSENT)])
    left_alone = np.sort(key[known & (is_torn(resolved) | np.isin(verdict, ["present", "absent"]))])
    above, by = _above(present, parents, n_labels)
    torn = _holds(absent, above)
    brought = ~_holds(left_alone, above)
    # Of several absent labels above a pair the nearest comes first.
    below, because = _below(given, absent, parents, n_labels)
    dropped = ~_holds(left_alone, below) & ~_holds(above, below)

    def ids(keys: NDArray[np.int64]) -> dict[str, pd.Index]:
        return dict(
            zip(
                PAIR,
                (given.instance_ids.take(keys // n_labels), given.label_ids.take(keys % n_labels)),
                strict=True,
            )
        )

    up = pd.DataFrame(ids(above[brought])).assign(
        verdict=Verdict.PRESENT.value, follows_from=given.label_ids.take(by[brought] % n_labels)
    )
    down = pd.DataFrame(ids(below[dropped])).assign(
        verdict=Verdict.ABSENT.value, follows_from=given.label_ids.take(because[dropped] % n_labels)
    )
    contradictions = pd.DataFrame(ids(by[torn])).assign(
        contradicts=given.label_ids.take(above[torn] % n_labels)
    )
    return Closure(pd.concat([up, down], ignore_index=True), contradictions)


def _above(
    keys: NDArray[np.int64], parents: NDArray[np.int64], n_labels: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs above some, ascending, and of each the nearest below it."""
    found, by = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    own, rows, at = keys, keys // n_labels, keys % n_labels
    while len(own):
        at = parents[at]
        own, rows, at = own[at >= 0], rows[at >= 0], at[at >= 0]
        found.append(rows * n_labels + at)
        by.append(own)
    above, first = np.unique(np.concatenate(found), return_index=True)
    return above, np.concatenate(by)[first]


def _below(
    given: LabelMatrix, absent: NDArray[np.int64], parents: NDArray[np.int64], n_labels: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the given pairs below some, ascending, and of each the nearest above it."""
    touched = np.unique(absent // n_labels)
    part = given.values[touched]
    rows = touched[rows_of(part)]
    own = rows * n_labels + part.indices
    found, by = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    at = part.indices.astype(np.int64)
    while len(own):
        at = parents[at]
        own, rows, at = own[at >= 0], rows[at >= 0], at[at >= 0]
        hit = _holds(absent, rows * n_labels + at)
        found.append(own[hit])
        by.append(rows[hit] * n_labels + at[hit])
    below, first = np.unique(np.concatenate(found), return_index=True)
    return below, np.concatenate(by)[first]


def _holds(ascending: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which keys are among others, which ascend."""
    if not len(ascending):
        return np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(ascending, keys), len(ascending) - 1)
    return np.asarray(ascending[at] == keys, bool)
