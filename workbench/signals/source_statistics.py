"""What the sources say: how much each votes, and how they get on with each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.signals.intervals import cases_worth, mean_by_group, wilson_interval
from workbench.signals.vote_codes import Codes, VoteCodes

Floats = NDArray[np.float64]

SUMMARY: Mapping[str, str] = {
    "n_votes": "int64",
    "n_for": "int64",
    "n_against": "int64",
    "n_pairs": "int64",
    "coverage": "float64",
    "coverage_low": "float64",
    "coverage_high": "float64",
    "overlap": "float64",
    "conflict": "float64",
    "conflict_low": "float64",
    "conflict_high": "float64",
    "votes_per_instance": "float64",
    "votes_per_instance_error": "float64",
}
AGREEMENT: Mapping[str, str] = {
    "n_both": "int64",
    "n_both_for": "int64",
    "n_both_against": "int64",
    "n_conflict": "int64",
    "agreement": "float64",
}


def source_summary(codes: VoteCodes, *, n_instances: int) -> pd.DataFrame:
    """Return one row a source: how much it votes, and how it gets on with the others.

    Parameters
    ----------
    codes : VoteCodes
    n_instances : int
        All instances, with and without votes.

    Returns
    -------
    pd.DataFrame
        ``source``; ``n_votes``, ``n_for``, ``n_against``; ``n_pairs``, the candidate pairs;
        ``coverage``, the share of the candidate pairs on which the source votes; ``overlap`` and
        ``conflict``, the shares of *its votes* on whose pair another source votes, and votes the
        other way; ``votes_per_instance`` with its standard error. ``_low`` and ``_high`` are 95 %
        intervals. Sorted by source.

    Notes
    -----
    The words are those of snorkel's ``LFAnalysis`` (Ratner et al., "Snorkel: Rapid Training Data
    Creation with Weak Supervision", VLDB 2017, 2.2). There every share is one of all data points.
    Here coverage is one of the candidate pairs, since of instances × labels nearly all are without
    any vote; overlap and conflict are shares of the source's own votes, so that a source that
    speaks seldom does not look peaceful: times coverage they are snorkel's. Polarity, the classes
    a source ever votes for, shows as ``n_for`` and ``n_against``. The pairs of one instance stand
    together, so the intervals count instances as what was drawn (`cases_worth`).
    """
    zero = np.zeros(len(codes.pair), np.int64)
    table = _summary(codes, zero, 1, n_instances)
    table.insert(0, "source", pd.Series(codes.sources, dtype="str"))
    return table


def source_summary_by_attribute(codes: VoteCodes, *, n_instances: int) -> pd.DataFrame:
    """Return the same as `source_summary`, a row each source and attribute it votes on.

    Returns
    -------
    pd.DataFrame
        ``source``, ``attribute`` ("" for labels without one) and the columns of `source_summary`,
        in which the candidate pairs are those of the attribute. Sorted.
    """
    n_attributes = len(codes.attributes)
    table = _summary(codes, codes.attribute, n_attributes, n_instances)
    named = _named_groups(codes, n_attributes)
    return named.join(table)[table["n_votes"] > 0].reset_index(drop=True)


def source_agreement(codes: VoteCodes) -> pd.DataFrame:
    """Return one row for every two sources: on how many pairs they meet, and agree.

    Returns
    -------
    pd.DataFrame
        ``source_a`` before ``source_b`` by name; ``n_both``, the pairs both vote on;
        ``n_both_for``, ``n_both_against`` and ``n_conflict``, which add up to it; ``agreement``,
        the share without a conflict, NaN where they never meet.
    """
    cells = _meetings(codes, np.zeros(len(codes.pair), np.int64), 1)
    first, second = np.triu_indices(len(codes.sources), k=1)
    known = pd.MultiIndex.from_arrays([first, second], names=["a", "b"])
    table = cells.set_index(["a", "b"]).reindex(known, fill_value=0).reset_index()
    return _named_meetings(table, codes).drop(columns="attribute")


def source_agreement_by_attribute(codes: VoteCodes) -> pd.DataFrame:
    """Return the same as `source_agreement` with ``attribute``; two that never meet are left out.

    Sorted by attribute, then by the sources.
    """
    cells = _meetings(codes, codes.attribute, len(codes.attributes))
    return _named_meetings(cells.sort_values(["group", "a", "b"]), codes)


def count_levels(codes: VoteCodes) -> pd.DataFrame:
    """Return how often each source votes at each level.

    Returns
    -------
    pd.DataFrame
        ``source, attribute, level, n_votes, n_instances`` (with such a vote); sorted.
    """
    frame = pd.DataFrame(
        {"s": codes.source, "a": codes.attribute, "level": codes.level, "instance": codes.instance}
    )
    cells = frame.groupby(["s", "a", "level"])["instance"].agg(["size", "nunique"]).reset_index()
    return pd.DataFrame(
        {
            "source": _take(codes.sources, cells["s"]),
            "attribute": _take(codes.attributes, cells["a"]),
            "level": cells["level"].astype("int8"),
            "n_votes": cells["size"].astype("int64"),
            "n_instances": cells["nunique"].astype("int64"),
        }
    )


def _summary(codes: VoteCodes, part: Codes, n_parts: int, n_instances: int) -> pd.DataFrame:
    """Return the figures of every source in every part; groups are source * n_parts + part."""
    n_groups = len(codes.sources) * n_parts
    group = codes.source * n_parts + part
    n_votes = np.bincount(group, minlength=n_groups).astype(np.int64)
    n_for = np.bincount(group[codes.speaks_for], minlength=n_groups).astype(np.int64)
    others, opposed = _others(codes)
    with np.errstate(invalid="ignore"):
        overlap = np.bincount(group, others > 0, n_groups) / n_votes
    _, conflict, worth = mean_by_group(
        (opposed > 0).astype(np.float64), group, codes.instance, n_groups
    )
    low, high = wilson_interval(conflict, worth)
    of_pair = codes.attribute_of_pair if n_parts > 1 else np.zeros(codes.n_pairs, np.int64)
    n_pairs = np.tile(np.bincount(of_pair, minlength=n_parts), len(codes.sources))
    coverage, coverage_worth, squares = _coverage(codes, group, part, of_pair, n_pairs)
    coverage_low, coverage_high = wilson_interval(coverage, coverage_worth)
    mean = n_votes / max(n_instances, 1)
    variance = np.maximum(squares - n_votes * mean, 0.0) / max(n_instances - 1, 1)
    return pd.DataFrame(
        {
            "n_votes": n_votes,
            "n_for": n_for,
            "n_against": n_votes - n_for,
            "n_pairs": n_pairs,
            "coverage": coverage,
            "coverage_low": coverage_low,
            "coverage_high": coverage_high,
            "overlap": overlap,
            "conflict": conflict,
            "conflict_low": low,
            "conflict_high": high,
            "votes_per_instance": mean,
            "votes_per_instance_error": np.sqrt(variance / max(n_instances, 1)),
        }
    ).astype(dict(SUMMARY))


def _others(codes: VoteCodes) -> tuple[Codes, Codes]:
    """Return for each vote how many other sources vote on its pair, and how many against it."""
    said_for = codes.speaks_for
    n_all = np.bincount(codes.pair, minlength=codes.n_pairs)[codes.pair]
    n_for = np.bincount(codes.pair, said_for, codes.n_pairs).astype(np.int64)[codes.pair]
    return n_all - 1, np.where(said_for, n_all - n_for, n_for)


def _coverage(
    codes: VoteCodes, group: Codes, part: Codes, of_pair: Codes, n_pairs: Codes
) -> tuple[Floats, Floats, Floats]:
    """Return coverage, the independent pairs it is worth, and the squared votes an instance.

    With x the votes and c the candidate pairs of an instance, the squares that `cases_worth`
    wants are the sum of (x - share c)² over all instances with a candidate pair.
    """
    n_groups = len(n_pairs)
    n_parts = n_groups // max(len(codes.sources), 1)
    here = of_pair * codes.n_instances + codes.instance_of_pair
    cell, keys = pd.factorize(here)
    candidates = np.bincount(cell, minlength=len(keys)).astype(np.float64)
    of_key = keys // max(codes.n_instances, 1)
    cc = np.tile(np.bincount(of_key, candidates**2, n_parts), len(codes.sources))
    n_clusters = np.tile(np.bincount(of_key, minlength=n_parts), len(codes.sources))
    votes_here = group * codes.n_instances + codes.instance
    own, _ = pd.factorize(votes_here)
    squares = np.bincount(group, np.bincount(own)[own], n_groups).astype(np.float64)
    xc = np.bincount(group, candidates[cell[codes.pair]], n_groups)
    with np.errstate(invalid="ignore"):
        share = np.bincount(group, minlength=n_groups) / n_pairs
    spread = np.maximum(squares - 2 * share * xc + share**2 * cc, 0.0)
    return share, cases_worth(share, n_pairs, n_clusters, spread), squares


def _meetings(codes: VoteCodes, part: Codes, n_parts: int) -> pd.DataFrame:
    """Return per part and two sources how often both say yes, both no, and one each."""
    n_sources = len(codes.sources)
    column = part * n_sources + codes.source
    shape = (codes.n_pairs, n_sources * n_parts)
    sides = [codes.speaks_for, ~codes.speaks_for]
    yes, no = (
        csr_array((np.ones(int(side.sum())), (codes.pair[side], column[side])), shape=shape)
        for side in sides
    )
    counts = {"n_both_for": yes.T @ yes, "n_both_against": no.T @ no, "n_conflict": yes.T @ no}
    # Row and column stand for a source each, so the one yes, the other no, is there both ways.
    counts["n_conflict"] = counts["n_conflict"] + counts["n_conflict"].T
    parts = []
    for name, product in counts.items():
        found = product.tocoo()
        kept = found.row < found.col
        cells = {"row": found.row[kept], "column": found.col[kept], "n": found.data[kept]}
        parts.append(pd.DataFrame(cells).assign(what=name))
    long = pd.concat(parts).astype({"row": "int64", "column": "int64", "n": "int64"})
    wide = long.pivot_table(index=["row", "column"], columns="what", values="n", aggfunc="sum")
    wide = wide.reindex(columns=list(counts)).fillna(0).astype("int64").reset_index()
    wide = wide.assign(
        group=wide["row"] // max(n_sources, 1),
        a=wide["row"] % max(n_sources, 1),
        b=wide["column"] % max(n_sources, 1),
    )
    return wide[["group", "a", "b", *counts]]


def _named_meetings(cells: pd.DataFrame, codes: VoteCodes) -> pd.DataFrame:
    counts = ["n_both_for", "n_both_against", "n_conflict"]
    n_both = cells[counts].sum(axis=1).astype("int64")
    agreement = 1 - cells["n_conflict"] / n_both.where(n_both > 0)
    named = pd.DataFrame(
        {
            "attribute": _take(codes.attributes, cells["group"]),
            "source_a": _take(codes.sources, cells["a"]),
            "source_b": _take(codes.sources, cells["b"]),
        }
    )
    figures = cells[counts].assign(n_both=n_both, agreement=agreement)[list(AGREEMENT)]
    return named.join(figures.reset_index(drop=True).astype(dict(AGREEMENT)))


def _named_groups(codes: VoteCodes, n_attributes: int) -> pd.DataFrame:
    group = np.arange(len(codes.sources) * n_attributes)
    return pd.DataFrame(
        {
            "source": _take(codes.sources, pd.Series(group // max(n_attributes, 1))),
            "attribute": _take(codes.attributes, pd.Series(group % max(n_attributes, 1))),
        }
    )


def _take(names: tuple[str, ...], positions: pd.Series) -> pd.Series:
    taken = pd.Index(names, dtype="str").take(positions.to_numpy(np.int64))
    return pd.Series(taken, dtype="str")
