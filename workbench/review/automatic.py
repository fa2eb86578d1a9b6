"""Corrections that may be made without a reviewer, because reviewers verified others like them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import beta

from workbench.errors import InputError
from workbench.review.decisions import PAIR, Verdict

# Suspects are told apart by their probability of being an error; below, none is corrected.
BANDS = (0.9, 0.95, 0.98, 0.99)
LEAST_PROBABILITY = BANDS[0]
BAND = ["kind", "attribute", "band"]
LEVEL = 0.95


def lower_bound(n_right: int, n: int) -> float:
    """Return the precision that is exceeded with 95 % confidence (Clopper and Pearson 1934).

    Examples
    --------
    >>> round(lower_bound(149, 149), 4), lower_bound(0, 9)  # 0.05 ** (1 / 149)
    (0.9801, 0.0)
    """
    return float(beta.ppf(1 - LEVEL, n_right, n - n_right + 1)) if n_right else 0.0


def upper_bound(n_right: int, n: int) -> float:
    """Return the precision that is not reached with 95 % confidence."""
    return float(beta.ppf(LEVEL, n_right + 1, n - n_right)) if n_right < n else 1.0


def verified_bands(
    suspects: pd.DataFrame,
    resolved: pd.DataFrame,
    bound: float,
    *,
    audited: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what reviewers found in each band, and which bands are precise enough.

    A band holds the suspects of a kind and an attribute whose probability of being an error lies
    between two of ``BANDS``. It is on if the precision among its reviewed pairs is at least
    ``bound`` with 95 % confidence: for 0.98 that takes 149 pairs without a false alarm. Audited
    corrections, drawn at random from those made before, count as well; and if they alone say with
    95 % confidence that the precision is lower, the band is off whatever else was reviewed.

    Parameters
    ----------
    suspects : pd.DataFrame
        ``instance_id, label_id, kind, attribute, probability``.
    resolved : pd.DataFrame
        ``instance_id, label_id, verdict``.
    bound : float
    audited : pd.DataFrame, optional
        ``kind, attribute, band, right``, a row an audited correction.

    Returns
    -------
    pd.DataFrame
        ``kind, attribute, band, n_open, n_reviewed, n_right, n_audited, n_audited_right,
        precision_low, is_on``; ``band`` is its lowest probability, and the audited ones are among
        the reviewed ones.
    """
    if not 0 < bound < 1:
        raise ValueError(f"bound must lie between 0 and 1, found {bound}")
    placed = _with_band(suspects).merge(resolved[[*PAIR, "verdict"]], how="left", on=PAIR)
    settled = placed["verdict"].isin([Verdict.PRESENT, Verdict.ABSENT])
    evidence = placed[settled]
    right = evidence["verdict"] == evidence["kind"].map(_VERDICT_OF_KIND)
    told = evidence[BAND].assign(right=right.to_numpy(bool), is_audit=False)
    if audited is not None:
        told = pd.concat([told, audited[[*BAND, "right"]].assign(is_audit=True)])
    bands = pd.DataFrame(placed[BAND].assign(n_open=~settled))
    bands = bands.groupby(BAND, as_index=False).agg(n_open=("n_open", "sum"))
    for which, (name, right_name) in (
        (told, ("n_reviewed", "n_right")),
        (told[told["is_audit"].to_numpy(bool)], ("n_audited", "n_audited_right")),
    ):
        counts = which.groupby(BAND, as_index=False).agg(
            **{name: ("right", "size"), right_name: ("right", "sum")}
        )
        bands = bands.merge(counts, how="left", on=BAND)
        bands[[name, right_name]] = bands[[name, right_name]].fillna(0).astype("int64")
    bands["precision_low"] = [
        lower_bound(int(k), int(n))
        for k, n in zip(bands["n_right"], bands["n_reviewed"], strict=True)
    ]
    highest = [
        upper_bound(int(k), int(n))
        for k, n in zip(bands["n_audited_right"], bands["n_audited"], strict=True)
    ]
    bands["is_on"] = (bands["precision_low"] >= bound) & (np.array(highest) >= bound)
    return bands


def automatic_corrections(
    suspects: pd.DataFrame, resolved: pd.DataFrame, bands: pd.DataFrame
) -> pd.DataFrame:
    """Return the corrections of the bands that are on; what people looked at is left to them.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, verdict, kind, attribute, band, probability`` and of the band
        ``n_reviewed, n_right, precision_low``.
    """
    seen = pd.MultiIndex.from_frame(resolved[PAIR])
    placed = _with_band(suspects)
    untouched = placed[~pd.MultiIndex.from_frame(placed[PAIR]).isin(seen)]
    on = bands.loc[bands["is_on"], [*BAND, "n_reviewed", "n_right", "precision_low"]]
    made: pd.DataFrame = untouched.merge(on, on=BAND)
    verdicts = made["kind"].map(_VERDICT_OF_KIND)
    made.insert(2, "verdict", verdicts.astype("str"))
    return made


def _with_band(suspects: pd.DataFrame) -> pd.DataFrame:
    absent = [c for c in (*PAIR, "kind", "attribute", "probability") if c not in suspects.columns]
    if absent:
        raise InputError(f"suspects: columns {absent} are missing, found {list(suspects.columns)}")
    probability = suspects["probability"].to_numpy(np.float64)
    place = np.digitize(probability, BANDS) - 1
    placed: pd.DataFrame = suspects.assign(band=np.array(BANDS)[np.maximum(place, 0)])[place >= 0]
    return placed


_VERDICT_OF_KIND = {"wrong": Verdict.ABSENT.value, "missing": Verdict.PRESENT.value}
