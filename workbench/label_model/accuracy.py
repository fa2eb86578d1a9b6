"""How right each source is, as the posterior sees it: over all, by attribute and by level."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.matrices import pairs_in
from workbench.signals.intervals import ClusterSums, wilson_interval
from workbench.signals.vote_codes import VOTES_AT_ONCE, Codes, VoteCodes, take_names

Floats = NDArray[np.float64]

_PAIR = ["instance_id", "label_id"]


def source_accuracy(votes: pd.DataFrame, posterior: pd.DataFrame) -> pd.DataFrame:
    """Return how many votes each source cast and the share of them that the posterior expects.

    A vote for a pair agrees with probability ``posterior``, a vote against it with one minus that.

    Returns
    -------
    DataFrame
        source, n_votes, accuracy, accuracy_low, accuracy_high; sorted by source.

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior does not hold.

    Notes
    -----
    The interval (95 %, Wilson) is that of the share of right votes if the posterior is right: it
    holds the doubt about each pair and the spread between instances, whose pairs count as one
    cluster. It does not hold the doubt about the label model itself.
    """
    labels = pd.DataFrame({"label_id": votes["label_id"].unique()}).assign(attribute=None)
    codes = VoteCodes.from_votes(votes, labels)
    return accuracy_of_sources(codes, posterior_of_votes(votes, posterior))


def source_accuracy_by_attribute(
    votes: pd.DataFrame, posterior: pd.DataFrame, labels: pd.DataFrame
) -> pd.DataFrame:
    """Return the same as `source_accuracy`, a row each source and attribute it votes on.

    Returns
    -------
    DataFrame
        source, attribute, n_votes, accuracy, accuracy_low, accuracy_high; sorted. Labels without
        an attribute count as "".

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior, or on labels that ``labels`` does not hold.
    """
    codes = VoteCodes.from_votes(votes, labels)
    return accuracy_by_attribute(codes, posterior_of_votes(votes, posterior))


def accuracy_of_sources(codes: VoteCodes, belief: Floats) -> pd.DataFrame:
    """Return what `source_accuracy` does, of votes with a posterior each."""
    table = _means(codes, belief, lambda part: np.zeros_like(part.source), 1, agreeing=True)
    return _named(table, codes, "accuracy").drop(columns=["key", "n_instances"])


def accuracy_by_attribute(codes: VoteCodes, belief: Floats) -> pd.DataFrame:
    """Return what `source_accuracy_by_attribute` does, of votes with a posterior each."""
    n_attributes = len(codes.attributes)
    table = _means(codes, belief, lambda part: part.attribute, n_attributes, agreeing=True)
    table = _named(table, codes, "accuracy").drop(columns="n_instances")
    table["key"] = take_names(codes.attributes, table["key"])
    return table.rename(columns={"key": "attribute"})


def source_levels(codes: VoteCodes, belief: Floats) -> pd.DataFrame:
    """Return how likely a pair is at each level of each source.

    Parameters
    ----------
    codes : VoteCodes
    belief : ndarray of float64, shape (n_votes,)
        What `posterior_of_votes` returns.

    Returns
    -------
    DataFrame
        source, level, n_votes, n_instances, posterior (the mean over these pairs: the learnt
        precision of the level; at level 0, how often the source errs), posterior_low,
        posterior_high; sorted. The interval is that of `source_accuracy`.
    """
    n_levels = int(codes.level.max(initial=0)) + 1
    table = _means(codes, belief, lambda part: part.level.astype(np.int64), n_levels)
    table = _named(table, codes, "posterior").rename(columns={"key": "level"})
    return table.astype({"level": "int8"})


def posterior_of_votes(votes: pd.DataFrame, posterior: pd.DataFrame) -> NDArray[np.float64]:
    """Return the posterior of the pair of every vote, shape (n_votes,).

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior does not hold, or it holds a pair twice.
    """
    instance, instance_ids = pd.factorize(posterior["instance_id"])
    label, label_ids = pd.factorize(posterior["label_id"])
    shape = max(len(instance_ids), 1), max(len(label_ids), 1)
    known = csr_array((posterior["posterior"].to_numpy(np.float64), (instance, label)), shape=shape)
    known.sort_indices()
    if n_more := len(posterior) - known.nnz:
        examples = posterior.loc[posterior.duplicated(_PAIR), _PAIR].head(5).to_numpy().tolist()
        raise InputError(
            "posterior: a pair must have one row, number of rows whose pair stands above already: "
            f"{n_more}, such as {examples}; keep one row a pair"
        )
    axes = pd.Index(instance_ids), pd.Index(label_ids)
    belief = np.full(len(votes), np.nan)
    for begin in range(0, len(votes), VOTES_AT_ONCE):
        some = votes[begin : begin + VOTES_AT_ONCE]
        row, column = (
            axis.get_indexer(pd.Index(some[name])) for axis, name in zip(axes, _PAIR, strict=True)
        )
        at = pairs_in(known, row, column)  # a pair off the axes is -1 and stored nowhere
        belief[begin + np.flatnonzero(at >= 0)] = known.data[at[at >= 0]]
    unknown = np.isnan(belief)
    if unknown.any():
        examples = votes.loc[unknown, _PAIR].head(5).to_numpy().tolist()
        raise InputError(
            f"{int(unknown.sum())} of {len(votes)} votes are on pairs without a posterior: "
            f"{examples}; predict the posterior from these votes first"
        )
    return belief


def _means(
    codes: VoteCodes,
    belief: Floats,
    key_of: Callable[[VoteCodes], Codes],
    n_keys: int,
    *,
    agreeing: bool = False,
) -> pd.DataFrame:
    """Return ``source, key, n_votes, n_instances, mean, low, high``, a row where there are votes.

    The mean is that of the belief, or with ``agreeing`` of how likely the vote is right.
    """
    sums = reduce(operator.add, _sums_of_parts(codes, belief, key_of, n_keys, agreeing))
    group = np.flatnonzero(sums.n)
    mean, worth = sums.mean()
    low, high = wilson_interval(mean, worth)
    return pd.DataFrame(
        {
            "source": group // n_keys,
            "key": group % n_keys,
            "n_votes": sums.n[group],
            "n_instances": sums.n_clusters[group],
            "mean": mean[group],
            "low": low[group],
            "high": high[group],
        }
    )


def _sums_of_parts(
    codes: VoteCodes,
    belief: Floats,
    key_of: Callable[[VoteCodes], Codes],
    n_keys: int,
    agreeing: bool,
) -> Iterator[ClusterSums]:
    for part, votes in codes.parts():
        values = belief[votes]
        if agreeing:
            values = np.where(part.speaks_for, values, 1 - values)
        group = part.source * n_keys + key_of(part)
        yield ClusterSums.of(values, group, part.instance, len(codes.sources) * n_keys)


def _named(table: pd.DataFrame, codes: VoteCodes, name: str) -> pd.DataFrame:
    """Return the table with names for sources and of the mean."""
    named = table.rename(columns={"mean": name, "low": f"{name}_low", "high": f"{name}_high"})
    named["source"] = take_names(codes.sources, named["source"])
    return named
