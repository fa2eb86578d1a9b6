"""How many issues were open at the end of each day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.review.decisions import PAIR


def open_by_day(
    issues: pd.DataFrame, standing: pd.DataFrame, *, n_issues: int, today: pd.Timestamp
) -> pd.DataFrame:
    """Return how many issues had no verdict at the end of each day, from the first verdict on.

    Parameters
    ----------
    issues : pd.DataFrame
        ``instance_id, label_id`` of all issues or of a random sample of them.
    standing : pd.DataFrame
        The verdicts that stand on these instances: ``instance_id, label_id, decided_at``.
    n_issues : int
        How many issues there are; those of a sample stand for all.
    today : Timestamp
        The last day shown, without a time zone (UTC).

    Returns
    -------
    pd.DataFrame
        ``day, n_open``; the first row is the day before the first verdict. Empty without verdicts.
    """
    pairs = issues[PAIR].astype("str").merge(standing[[*PAIR, "decided_at"]], on=PAIR)
    if pairs.empty:
        return pd.DataFrame({"day": pd.Series(dtype="datetime64[us]"), "n_open": np.array([], int)})
    first = pairs.groupby(PAIR)["decided_at"].min().dt.tz_convert("UTC").dt.tz_localize(None)
    decided = first.dt.floor("D").value_counts()
    days = pd.date_range(decided.index.min() - pd.Timedelta(days=1), today, freq="D")
    share_open = 1 - decided.reindex(days, fill_value=0).cumsum() / len(issues)
    n_open = (n_issues * share_open).round().astype("int64")
    return pd.DataFrame({"day": days, "n_open": n_open.to_numpy()})
