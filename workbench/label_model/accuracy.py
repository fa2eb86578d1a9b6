"""How right each source is, as the posterior sees it: over all, by attribute and by level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.signals.intervals import mean_by_group, wilson_interval
from workbench.signals.vote_codes import VoteCodes

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
    keys = {"source": codes.source}
    table = _means(codes, _agrees(codes, belief), keys, "accuracy")
    return _named(table, codes)


def accuracy_by_attribute(codes: VoteCodes, belief: Floats) -> pd.DataFrame:
    """Return what `source_accuracy_by_attribute` does, of votes with a posterior each."""
    keys = {"source": codes.source, "attribute": codes.attribute}
    table = _means(codes, _agrees(codes, belief), keys, "accuracy")
    return _named(table, codes)


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
    table = _means(codes, belief, {"source": codes.source, "level": codes.level}, "posterior")
    cells = pd.DataFrame({"source": codes.source, "level": codes.level, "i": codes.instance})
    n_instances = cells.groupby(["source", "level"])["i"].nunique().to_numpy(np.int64)
    table.insert(3, "n_instances", n_instances)
    return _named(table, codes)


def posterior_of_votes(votes: pd.DataFrame, posterior: pd.DataFrame) -> NDArray[np.float64]:
    """Return the posterior of the pair of every vote, shape (n_votes,).

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior does not hold.
    """
    instance, instance_ids = pd.factorize(posterior["instance_id"])
    label, label_ids = pd.factorize(posterior["label_id"])
    row = pd.Index(instance_ids).get_indexer(pd.Index(votes["instance_id"]))
    column = pd.Index(label_ids).get_indexer(pd.Index(votes["label_id"]))
    n_labels = max(len(label_ids), 1)
    pairs = pd.Index(instance.astype(np.int64) * n_labels + label)
    at = pairs.get_indexer(pd.Index(row.astype(np.int64) * n_labels + column))
    unknown = (row < 0) | (column < 0) | (at < 0)
    if unknown.any():
        examples = votes.loc[unknown, _PAIR].head(5).to_numpy().tolist()
        raise InputError(
            f"{int(unknown.sum())} of {len(votes)} votes are on pairs without a posterior: "
            f"{examples}; predict the posterior from these votes first"
        )
    belief: Floats = posterior["posterior"].to_numpy(np.float64)[at]
    return belief


def _agrees(codes: VoteCodes, belief: Floats) -> Floats:
    agrees: Floats = np.where(codes.speaks_for, belief, 1 - belief)
    return agrees


def _means(
    codes: VoteCodes, values: Floats, keys: Mapping[str, NDArray[Any]], name: str
) -> pd.DataFrame:
    """Return one row a group: its keys, n_votes, the mean and its interval."""
    grouped = pd.DataFrame(dict(keys)).groupby(list(keys))
    table = grouped.size().rename("n_votes").reset_index()
    group = grouped.ngroup().to_numpy().astype(np.int64)
    _, mean, worth = mean_by_group(values, group, codes.instance, len(table))
    low, high = wilson_interval(mean, worth)
    return table.assign(**{name: mean, f"{name}_low": low, f"{name}_high": high})


def _named(table: pd.DataFrame, codes: VoteCodes) -> pd.DataFrame:
    """Return the table with names for positions."""
    known = {"source": codes.sources, "attribute": codes.attributes}
    for column, names in known.items():
        if column in table:
            taken = pd.Index(names, dtype="str").take(table[column].to_numpy())
            table[column] = pd.Series(taken, dtype="str", index=table.index)
    return table
