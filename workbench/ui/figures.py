"""The numbers behind the pictures of the overview: frames in, small frames out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.matrices import LabelMatrix, pairs_in


def noise_by_source(
    votes: pd.DataFrame, issues: pd.DataFrame, given: LabelMatrix, attributes: pd.Series
) -> pd.DataFrame:
    """Return how much of what each source speaks for is given and yet an issue.

    Parameters
    ----------
    votes : pd.DataFrame
        Columns instance_id, label_id, source, level.
    issues : pd.DataFrame
        Columns instance_id, label_id, kind.
    given : LabelMatrix
    attributes : pd.Series
        The attribute of every label, by label_id.

    Returns
    -------
    pd.DataFrame
        Columns source, attribute, n_given, n_flagged, share; sources and attributes without a
        given pair are left out.
    """
    voted = votes[votes["level"] > 0]
    rows, columns = _positions(voted, given)
    at = pairs_in(given.values, rows, columns)
    flagged = np.zeros(given.n_given, bool)
    wrong = issues[issues["kind"] == "wrong"]
    at_issue = pairs_in(given.values, *_positions(wrong, given))
    flagged[at_issue[at_issue >= 0]] = True
    known = at >= 0
    pairs = pd.DataFrame(
        {
            "source": voted["source"].to_numpy()[known],
            "attribute": _attribute_of(given, columns[known], attributes),
            "flagged": flagged[at[known]],
        }
    )
    grouped = pairs.groupby(["source", "attribute"])["flagged"]
    counts = {"n_given": grouped.size(), "n_flagged": grouped.sum()}
    found = pd.DataFrame(counts).reset_index()
    return found.assign(share=found["n_flagged"] / found["n_given"])


def support_and_flags(
    issues: pd.DataFrame, given: LabelMatrix, attributes: pd.Series
) -> pd.DataFrame:
    """Return for every label with a given pair its support and the share of it that is flagged.

    Returns
    -------
    pd.DataFrame
        Columns label_id, attribute, support, n_wrong, n_missing, share (of the support that is
        issues).
    """
    frame = pd.DataFrame({"label_id": given.label_ids, "support": given.support()})
    for kind in ("wrong", "missing"):
        flagged = issues.loc[issues["kind"] == kind, "label_id"].value_counts()
        at = given.label_ids.get_indexer(pd.Index(flagged.index.astype("str")))
        frame[f"n_{kind}"] = np.bincount(
            at[at >= 0], weights=flagged.to_numpy()[at >= 0], minlength=len(frame)
        ).astype("int64")
    frame["attribute"] = frame["label_id"].map(attributes)
    frame = frame[frame["support"] > 0].reset_index(drop=True)
    return frame.assign(share=(frame["n_wrong"] / frame["support"]).clip(upper=1.0))


def with_estimates(support: pd.DataFrame, noise: pd.DataFrame) -> pd.DataFrame:
    """Return the labels with the estimated share of wrong pairs where there is an estimate.

    Parameters
    ----------
    support : pd.DataFrame
        As of `support_and_flags`.
    noise : pd.DataFrame
        Columns name (of a label), estimated_wrong; may be empty.
    """
    if noise.empty:
        return support
    wrong = support["label_id"].map(noise.set_index("name")["estimated_wrong"])
    estimated = (wrong / support["support"]).clip(upper=1.0)
    return support.assign(share=estimated.fillna(support["share"]))


def noise_by_branch(noise: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the share of wrong pairs of the ``n`` branches with most of them, worst first.

    Returns
    -------
    pd.DataFrame
        Columns branch (without the attribute in front), label_id, share, low, high, n_given.
    """
    worst = noise[noise["n_given"] > 0].nlargest(n, "estimated_wrong")
    names = {"share": "estimated_wrong", "low": "wrong_low", "high": "wrong_high"}
    shares = {
        share: (worst[column] / worst["n_given"]).clip(upper=1.0) for share, column in names.items()
    }
    found = pd.DataFrame({"label_id": worst["name"], "n_given": worst["n_given"], **shares})
    found["branch"] = found["label_id"].str.split(": ", n=1).str[-1]
    # Two attributes may have a branch of one name.
    doubled = found["branch"].duplicated(keep=False)
    found["branch"] = found["branch"].mask(doubled, found["label_id"])
    return found.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def issues_by_attribute(issues: pd.DataFrame) -> pd.DataFrame:
    """Return the number of issues by attribute and kind: columns attribute, kind, n."""
    return (
        issues.groupby(["attribute", "kind"], observed=True).size().rename("n").reset_index()
    ).astype({"attribute": "str", "kind": "str"})


def largest_attributes(frame: pd.DataFrame, weight: str, n: int) -> pd.DataFrame:
    """Return the rows of the ``n`` attributes with the largest sum of a column."""
    sums = frame.groupby("attribute")[weight].sum().sort_values(ascending=False, kind="stable")
    return frame[frame["attribute"].isin(sums.index[:n])]


def decisions_over_time(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the standing decisions a day, or an hour if all are of one day.

    Returns
    -------
    pd.DataFrame
        Columns when (start of the day or hour, UTC), verdict, n.
    """
    times = decisions["decided_at"].dt.tz_localize(None)
    days = times.dt.floor("D")
    when = days if days.min() < days.max() else times.dt.floor("h")
    counted = decisions.assign(when=when).groupby(["when", "verdict"], as_index=False)
    return counted.size().rename(columns={"size": "n"})


def _positions(
    pairs: pd.DataFrame, given: LabelMatrix
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return row and column of every pair; a pair off the axes gets a place that is never given."""
    rows = given.instance_ids.get_indexer(pd.Index(pairs["instance_id"].astype("str")))
    columns = given.label_ids.get_indexer(pd.Index(pairs["label_id"].astype("str")))
    off = (rows < 0) | (columns < 0)
    rows[off], columns[off] = given.values.shape[0], 0
    return rows.astype(np.int64), columns.astype(np.int64)


def _attribute_of(
    given: LabelMatrix, columns: np.ndarray[tuple[int], np.dtype[np.int64]], attributes: pd.Series
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    of_column = attributes.reindex(given.label_ids).to_numpy(dtype=object)
    return of_column[columns]
