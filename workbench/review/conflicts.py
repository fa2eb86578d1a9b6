"""Pairs that some call present and others absent."""

from __future__ import annotations

import pandas as pd

from workbench.review.decisions import PAIR, Role, Verdict


def find_conflicts(standing: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that reviewers disagree about, unless an adjudicator has settled them.

    Parameters
    ----------
    standing : pd.DataFrame
        ``reviewer, instance_id, label_id, verdict, decided_at, role``, one row a reviewer and pair.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, present, absent, unsure, decided_at``: who says what, names in
        their order parted by commas, and when the last of them said it; the newest first.
    """
    said = standing.sort_values("reviewer", kind="stable")
    settled = said.loc[said["role"] == Role.ADJUDICATOR, PAIR].drop_duplicates()
    said = said.merge(settled, on=PAIR, how="left", indicator=True)
    said = said[said["_merge"] == "left_only"]
    names = [
        said[said["verdict"] == verdict].groupby(PAIR)["reviewer"].agg(", ".join).rename(verdict)
        for verdict in (Verdict.PRESENT.value, Verdict.ABSENT.value, Verdict.UNSURE.value)
    ]
    torn = pd.concat(names[:2], axis=1, join="inner").join(names[2], how="left")
    last = said.groupby(PAIR)["decided_at"].max()
    found = torn.join(last).reset_index()
    order = ["decided_at", *PAIR]
    found = found.sort_values(order, ascending=[False, True, True], ignore_index=True)
    return found.assign(unsure=found["unsure"].fillna(""))
