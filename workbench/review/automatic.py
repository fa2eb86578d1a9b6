"""Corrections that may be made without a reviewer, because reviewers verified others like them."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv

from workbench.errors import InputError
from workbench.review.decisions import PAIR, Verdict

# Suspects are told apart by their probability of being an error; below, none is corrected.
BANDS = (0.9, 0.95, 0.98, 0.99)
LEAST_PROBABILITY = BANDS[0]
BAND = ["kind", "attribute", "band"]
LEVEL = 0.95
# What a correction of each kind says of the pair.
VERDICT_OF_KIND = {"wrong": Verdict.ABSENT.value, "missing": Verdict.PRESENT.value}
_SUSPECTS = (*PAIR, "kind", "attribute", "probability", "suspicion")


def lower_bound(n_right: NDArray[np.integer], n: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the precisions that are exceeded with 95 % confidence (Clopper and Pearson 1934).

    Examples
    --------
    >>> lower_bound(np.array([149, 0]), np.array([149, 9])).round(4).tolist()  # 0.05 ** (1 / 149)
    [0.9801, 0.0]
    """
    low = betaincinv(np.maximum(n_right, 1), n - n_right + 1, 1 - LEVEL)
    return np.asarray(np.where(n_right > 0, low, 0.0), np.float64)


def upper_bound(n_right: int, n: int) -> float:
    """Return the precision that is not reached with 95 % confidence."""
    return float(betaincinv(n_right + 1, n - n_right, LEVEL)) if n_right < n else 1.0


def more_to_verify(n_right: int, n: int, bound: float) -> int:
    """Return how many more pairs, all of them right, would verify a precision.

    Examples
    --------
    >>> more_to_verify(0, 0, 0.9), more_to_verify(31, 33, 0.9)  # 0.9 ** 29 < 0.05
    (29, 28)
    """

    def verified(more: int) -> bool:
        return float(lower_bound(np.array([n_right + more]), np.array([n + more]))[0]) >= bound

    most = 1
    while not verified(most):
        most *= 2
    return bisect_left(range(most), True, key=verified)


def verified_bands(
    suspects: pd.DataFrame,
    resolved: pd.DataFrame,
    bound: float,
    *,
    audited: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what reviewers found in each band, and from where on its pairs may be corrected.

    A band holds the suspects of a kind and an attribute whose probability of being an error lies
    between two of ``BANDS``. What is reviewed is the most suspicious part of it more often than
    not, so a pair may be corrected only if those reviewed pairs of the band that are no more
    suspicious than it were right in at least ``bound``, with 95 % confidence: for 0.98 that takes
    149 of them without a false alarm. That more suspicious pairs are right no less often is all
    that is assumed; equally suspicious ones vouch together. Audited corrections, drawn at random
    from those made before, count as well, and once: what ``resolved`` says of them does not. If
    they alone say with 95 % confidence that the precision is lower, none is corrected.

    Parameters
    ----------
    suspects : pd.DataFrame
        ``instance_id, label_id, kind, attribute, probability, suspicion``; suspicion has the finer
        order of equal probabilities.
    resolved : pd.DataFrame
        ``instance_id, label_id, verdict``.
    bound : float
    audited : pd.DataFrame, optional
        ``instance_id, label_id, kind, attribute, band, right``, a row an audited correction.

    Returns
    -------
    pd.DataFrame
        ``kind, attribute, band, n_open, n_reviewed, n_right, precision_low, from_suspicion,
        stopped``, a row a band: ``band`` is its lowest probability; pairs from ``from_suspicion``
        on may be corrected, which is infinite if none may; reviewed, right and the precision that
        is exceeded are those of the pairs that vouch for the least suspicious of them, or all;
        ``stopped`` if audited corrections say that it is lower.
    """
    if not 0 < bound < 1:
        raise ValueError(f"bound must lie between 0 and 1, found {bound}")
    said = resolved[[*PAIR, "verdict"]]
    if audited is not None:
        of_audit = pd.MultiIndex.from_frame(audited[PAIR])
        said = said[~pd.MultiIndex.from_frame(said[PAIR]).isin(of_audit)]
    placed = _with_band(suspects).merge(said, how="left", on=PAIR)
    settled = placed["verdict"].isin([Verdict.PRESENT, Verdict.ABSENT])
    right = placed["verdict"] == placed["kind"].map(VERDICT_OF_KIND)
    placed = placed.assign(settled=settled, right=right).sort_values("suspicion", kind="stable")
    audits: dict[Any, NDArray[np.bool_]] = {}
    if audited is not None:
        groups = audited.groupby(BAND)["right"]
        audits = {key: part.to_numpy(bool) for key, part in groups}
    rows = []
    for key, part in placed.groupby(BAND):
        reviewed = part[part["settled"]]
        found = _vouched(
            reviewed["suspicion"].to_numpy(np.float64),
            reviewed["right"].to_numpy(bool),
            audits.get(key, np.empty(0, bool)),
            bound,
        )
        rows.append((*key, len(part) - len(reviewed), *found))
    columns = [*BAND, "n_open", "n_reviewed", "n_right", "precision_low", "from_suspicion"]
    columns.append("stopped")
    return pd.DataFrame(rows, columns=columns)


def _vouched(
    suspicion: NDArray[np.float64],
    right: NDArray[np.bool_],
    audit: NDArray[np.bool_],
    bound: float,
) -> tuple[int, int, float, float, bool]:
    """Return reviewed, right, lower bound, from which suspicion on these vouch, if audits stop it.

    Parameters
    ----------
    suspicion : ndarray of float64, shape (n_reviewed,)
        Ascending.
    right : ndarray of bool, shape (n_reviewed,)
    audit : ndarray of bool, shape (n_audited,)
    bound : float
    """
    n = np.arange(len(right) + 1) + len(audit)
    n_right = np.concatenate([[0], np.cumsum(right)]) + audit.sum()
    low = lower_bound(n_right, n)
    # Equal suspicions tell nobody which pair comes first: they vouch together or not at all.
    whole = np.append(np.diff(suspicion, prepend=-np.inf) > 0, True)
    n, n_right, low = n[whole], n_right[whole], low[whole]
    # What vouches by chance, and no longer when further pairs join, does not count.
    holds = np.logical_and.accumulate((low >= bound)[::-1])[::-1]
    stopped = upper_bound(int(audit.sum()), len(audit)) < bound
    if stopped or not holds.any():
        return int(n[-1]), int(n_right[-1]), float(low[-1]), np.inf, stopped
    first = int(holds.argmax())
    n_vouching = int(np.flatnonzero(whole)[first])
    least = -np.inf if n_vouching == 0 else float(suspicion[n_vouching - 1])
    return int(n[first]), int(n_right[first]), float(low[first]), least, False


def automatic_corrections(
    suspects: pd.DataFrame, resolved: pd.DataFrame, bands: pd.DataFrame
) -> pd.DataFrame:
    """Return the corrections that the bands vouch for; what people looked at is left to them.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, verdict, kind, attribute, probability, suspicion, band`` and of
        the band ``n_reviewed, n_right, precision_low, from_suspicion``.
    """
    seen = pd.MultiIndex.from_frame(resolved[PAIR])
    placed = _with_band(suspects)
    untouched = placed[~pd.MultiIndex.from_frame(placed[PAIR]).isin(seen)]
    told = [*BAND, "n_reviewed", "n_right", "precision_low", "from_suspicion"]
    both = untouched.merge(bands[told], on=BAND)
    made = both[both["suspicion"] >= both["from_suspicion"]].reset_index(drop=True)
    verdicts = made["kind"].map(VERDICT_OF_KIND)
    made.insert(2, "verdict", verdicts.astype("str"))
    return made


def _with_band(suspects: pd.DataFrame) -> pd.DataFrame:
    absent = [c for c in _SUSPECTS if c not in suspects.columns]
    if absent:
        raise InputError(f"suspects: columns {absent} are missing, found {list(suspects.columns)}")
    probability = suspects["probability"].to_numpy(np.float64)
    place = np.digitize(probability, BANDS) - 1
    placed: pd.DataFrame = suspects.assign(band=np.array(BANDS)[np.maximum(place, 0)])[place >= 0]
    return placed
