"""What people said of pairs, put on the pairs of the vote table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError

NOT_REVIEWED = -1
PAIR = ["instance_id", "label_id"]
_VERDICTS = {"absent": 0, "present": 1}


@dataclass(frozen=True, eq=False)
class PairVerdicts:
    """The settled verdicts on pairs that have a vote.

    Parameters
    ----------
    position : ndarray of int64, shape (n_reviewed,)
        Row of the pair in ``VotePatterns.pairs``; each once.
    present : ndarray of int8, shape (n_reviewed,)
        1 present, 0 absent.
    weight : ndarray of float64, shape (n_reviewed,)
        How many pairs each one stands for; 1 where the table has no weights.
    """

    position: NDArray[np.int64]
    present: NDArray[np.int8]
    weight: NDArray[np.float64]

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> PairVerdicts:
        """Return some of the verdicts."""
        return PairVerdicts(self.position[rows], self.present[rows], self.weight[rows])

    def joined_by(self, others: PairVerdicts) -> PairVerdicts:
        """Return these verdicts, a sample, and others, on other pairs, that are none.

        The others weigh as much beside each other as before, and one of weight 1 as much as a mean
        one of the sample: what they stand for is not known.
        """
        typical = self.weight.mean() if len(self.weight) else 1.0
        return PairVerdicts(
            np.concatenate([self.position, others.position]),
            np.concatenate([self.present, others.present]),
            np.concatenate([self.weight, others.weight * typical]),
        )


def settled_verdicts(reviewed: pd.DataFrame, pairs: pd.DataFrame) -> PairVerdicts:
    """Return the verdicts on known pairs; those of unknown pairs and ``unsure`` ones are left out.

    Parameters
    ----------
    reviewed : DataFrame with instance_id, label_id, verdict and, optional, weight
    pairs : DataFrame with instance_id and label_id
        Each pair once.

    Raises
    ------
    InputError
        If a column is missing, a verdict is unknown, a pair is both present and absent, or a
        weight is not above 0.
    """
    _check_reviewed(reviewed)
    certain = reviewed[reviewed["verdict"].isin(list(_VERDICTS))]
    position = positions_of(certain, pairs)
    known = position >= 0
    certain, position = certain[known], position[known]
    present = certain["verdict"].map(_VERDICTS).to_numpy().astype(np.int8)
    weight = (
        certain["weight"].to_numpy(np.float64)
        if "weight" in certain
        else np.ones(len(certain), np.float64)
    )
    _check_torn(certain, position, present)
    _, first = np.unique(position, return_index=True)
    return PairVerdicts(position[first], present[first], weight[first])


def positions_of(asked: pd.DataFrame, pairs: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row of each asked pair among the pairs, -1 where it is none of them."""
    # Few pairs are asked for: an index of all of them would cost more than the rest of the work.
    near = np.flatnonzero(pairs["instance_id"].isin(asked["instance_id"].unique()))
    known = pd.MultiIndex.from_frame(pairs[PAIR].iloc[near])
    found = known.get_indexer(pd.MultiIndex.from_frame(asked[PAIR]))
    padded = np.append(near, -1).astype(np.int64)
    return padded[found]


def _check_reviewed(reviewed: pd.DataFrame) -> None:
    missing = [name for name in (*PAIR, "verdict") if name not in reviewed.columns]
    if missing:
        raise InputError(f"reviewed: no column {missing}; found {reviewed.columns.tolist()}")
    unknown = set(reviewed["verdict"]) - {*_VERDICTS, "unsure"}
    if unknown:
        shown = sorted(map(str, unknown))[:5]
        raise InputError(f"reviewed: 'verdict' must be present, absent or unsure, found {shown}")
    if "weight" in reviewed:
        weight = reviewed["weight"].to_numpy(np.float64, na_value=np.nan)
        bad = ~((weight > 0) & (weight < np.inf))
        if bad.any():
            raise InputError(
                f"reviewed: 'weight' must be above 0, found {int(bad.sum())} other values: "
                f"{weight[bad][:5].tolist()}; it says how many pairs one stands for"
            )


def _check_torn(
    certain: pd.DataFrame, position: NDArray[np.int64], present: NDArray[np.int8]
) -> None:
    verdicts = pd.Series(present).groupby(position).transform("nunique").to_numpy()
    torn = certain.loc[verdicts > 1, PAIR].drop_duplicates()
    if len(torn):
        raise InputError(
            f"reviewed: {len(torn)} pairs are both present and absent: "
            f"{torn.head(5).to_numpy().tolist()}; settle on one verdict a pair first"
        )
