"""What the sources say: how much each votes, at what levels, and against how many others."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.signals.intervals import cases_worth, squares_about, wilson_interval
from workbench.signals.vote_codes import Codes, VoteCodes, take_names

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
    table = _summary(codes, 1, n_instances)
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
    table = _summary(codes, n_attributes, n_instances)
    named = _named_groups(codes, n_attributes)
    return named.join(table)[table["n_votes"] > 0].reset_index(drop=True)


def count_levels(codes: VoteCodes) -> pd.DataFrame:
    """Return how often each source votes at each level.

    Returns
    -------
    pd.DataFrame
        ``source, attribute, level, n_votes, n_instances`` (with such a vote); sorted.
    """
    cells = pd.concat([_levels_of(part) for part, _ in codes.parts()])
    cells = cells.groupby(["s", "a", "level"]).sum().reset_index()
    return pd.DataFrame(
        {
            "source": take_names(codes.sources, cells["s"]),
            "attribute": take_names(codes.attributes, cells["a"]),
            "level": cells["level"].astype("int8"),
            "n_votes": cells["size"].astype("int64"),
            "n_instances": cells["nunique"].astype("int64"),
        }
    )


def _levels_of(codes: VoteCodes) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"s": codes.source, "a": codes.attribute, "level": codes.level, "instance": codes.instance}
    )
    cells = frame.groupby(["s", "a", "level"])["instance"].agg(["size", "nunique"])
    return cells.reset_index()


def _summary(codes: VoteCodes, n_parts: int, n_instances: int) -> pd.DataFrame:
    """Return the figures of every source in every part; groups are source * n_parts + part.

    With x what is counted and c the cases of an instance, the squares that `cases_worth` wants are
    the sum of (x - share c)² over all instances with a case: they add up from sums of x², x c, c².
    """
    sums = reduce(operator.add, (_sums_of(part, n_parts) for part, _ in codes.parts()))
    n_votes, n_pairs = (sums[name].to_numpy(np.int64) for name in ("votes", "pairs"))
    conflict, conflict_worth = _share(sums, "conflicts", "votes", "cells")
    coverage, coverage_worth = _share(sums, "votes", "pairs", "instances")
    conflict_low, conflict_high = wilson_interval(conflict, conflict_worth)
    coverage_low, coverage_high = wilson_interval(coverage, coverage_worth)
    mean = n_votes / max(n_instances, 1)
    variance = np.maximum(sums["votes_votes"] - n_votes * mean, 0.0) / max(n_instances - 1, 1)
    with np.errstate(invalid="ignore"):
        overlap = sums["overlaps"].to_numpy() / n_votes
    return pd.DataFrame(
        {
            "n_votes": n_votes,
            "n_for": sums["votes_for"],
            "n_against": n_votes - sums["votes_for"],
            "n_pairs": n_pairs,
            "coverage": coverage,
            "coverage_low": coverage_low,
            "coverage_high": coverage_high,
            "overlap": overlap,
            "conflict": conflict,
            "conflict_low": conflict_low,
            "conflict_high": conflict_high,
            "votes_per_instance": mean,
            "votes_per_instance_error": np.sqrt(variance / max(n_instances, 1)),
        }
    ).astype(dict(SUMMARY))


def _share(sums: pd.DataFrame, counted: str, cases: str, clusters: str) -> tuple[Floats, Floats]:
    """Return the share of the cases that is counted, and how many independent cases it is worth."""
    x, n = sums[counted].to_numpy(), sums[cases].to_numpy(np.int64)
    xx, xc, cc = (
        sums[f"{a}_{b}"].to_numpy()
        for a, b in ((counted, counted), (counted, cases), (cases, cases))
    )
    with np.errstate(invalid="ignore"):
        share = x / n
    squares = squares_about(share, xx, xc, cc)
    return share, cases_worth(share, n, sums[clusters].to_numpy(np.int64), squares)


def _sums_of(codes: VoteCodes, n_parts: int) -> pd.DataFrame:
    """Return the sums of a group a row, over votes, and over instances of squares and products."""
    n_sources, n_instances = len(codes.sources), max(codes.n_instances, 1)
    n_groups = n_sources * n_parts
    of_pair = codes.attribute_of_pair if n_parts > 1 else np.zeros(codes.n_pairs, np.int64)
    group = codes.source * n_parts + of_pair[codes.pair]
    others, opposed = _others(codes)
    # A cell is a group of an instance.
    cell, keys = pd.factorize(group * n_instances + codes.instance)
    of_cell = keys // n_instances
    votes = np.bincount(cell, minlength=len(keys)).astype(np.float64)
    conflicts = np.bincount(cell, opposed > 0, len(keys))
    # Its candidate pairs are those of its part, whether the source votes on them or not.
    place, places = pd.factorize(of_pair * n_instances + codes.instance_of_pair)
    pairs = np.bincount(place, minlength=len(places)).astype(np.float64)
    of_place = places // n_instances

    def by_source(counts: NDArray[Any]) -> NDArray[Any]:
        return np.tile(counts, n_sources)

    return pd.DataFrame(
        {
            "votes": np.bincount(group, minlength=n_groups),
            "votes_for": np.bincount(group[codes.speaks_for], minlength=n_groups),
            "overlaps": np.bincount(group, others > 0, n_groups),
            "conflicts": np.bincount(of_cell, conflicts, n_groups),
            "cells": np.bincount(of_cell, minlength=n_groups),
            "conflicts_conflicts": np.bincount(of_cell, conflicts**2, n_groups),
            "conflicts_votes": np.bincount(of_cell, conflicts * votes, n_groups),
            "votes_votes": np.bincount(of_cell, votes**2, n_groups),
            "votes_pairs": np.bincount(group, pairs[place[codes.pair]], n_groups),
            "pairs": by_source(np.bincount(of_pair, minlength=n_parts)),
            "instances": by_source(np.bincount(of_place, minlength=n_parts)),
            "pairs_pairs": by_source(np.bincount(of_place, pairs**2, n_parts)),
        }
    )


def _others(codes: VoteCodes) -> tuple[Codes, Codes]:
    """Return for each vote how many other sources vote on its pair, and how many against it."""
    said_for = codes.speaks_for
    n_all = np.bincount(codes.pair, minlength=codes.n_pairs)[codes.pair]
    n_for = np.bincount(codes.pair, said_for, codes.n_pairs).astype(np.int64)[codes.pair]
    return n_all - 1, np.where(said_for, n_all - n_for, n_for)


def _named_groups(codes: VoteCodes, n_attributes: int) -> pd.DataFrame:
    group = np.arange(len(codes.sources) * n_attributes)
    return pd.DataFrame(
        {
            "source": take_names(codes.sources, pd.Series(group // max(n_attributes, 1))),
            "attribute": take_names(codes.attributes, pd.Series(group % max(n_attributes, 1))),
        }
    )
