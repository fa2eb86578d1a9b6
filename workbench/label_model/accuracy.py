"""How right each source is, as the posterior sees it: over all, by attribute and by level."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.label_model.codes import sorted_codes
from workbench.label_model.patterns import attributes_of_labels
from workbench.signals.intervals import mean_by_group, wilson_interval

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
    return _agreement(votes, posterior, [votes["source"]])


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
    label, label_ids = sorted_codes(votes["label_id"])
    attribute_of_label, attributes = attributes_of_labels(label_ids, labels)
    names = pd.Index(attributes, dtype="str").take(attribute_of_label[label])
    return _agreement(votes, posterior, [votes["source"], pd.Series(names, name="attribute")])


def source_levels(votes: pd.DataFrame, posterior: pd.DataFrame) -> pd.DataFrame:
    """Return how likely a pair is at each level of each source.

    Returns
    -------
    DataFrame
        source, level, n_votes, n_instances, posterior (the mean over these pairs: the learnt
        precision of the level; at level 0, how often the source errs), low, high; sorted. The
        interval is that of `source_accuracy`.

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior does not hold.
    """
    belief = posterior_of_votes(votes, posterior)
    table = _means(votes, belief, [votes["source"], votes["level"]])
    n_instances = votes.groupby(["source", "level"])["instance_id"].nunique()
    table.insert(3, "n_instances", n_instances.to_numpy(np.int64))
    names = {"mean": "posterior", "mean_low": "low", "mean_high": "high"}
    return table.rename(columns=names).astype({"level": "int8"})


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
    return posterior["posterior"].to_numpy(np.float64)[at]


def _agreement(
    votes: pd.DataFrame, posterior: pd.DataFrame, keys: list[pd.Series]
) -> pd.DataFrame:
    belief = posterior_of_votes(votes, posterior)
    right = np.where(votes["level"].to_numpy() > 0, belief, 1 - belief)
    table = _means(votes, right, keys)
    names = {"mean": "accuracy", "mean_low": "accuracy_low", "mean_high": "accuracy_high"}
    return table.rename(columns=names)


def _means(
    votes: pd.DataFrame, values: NDArray[np.float64], keys: list[pd.Series]
) -> pd.DataFrame:
    """Return one row a group: its keys, n_votes, mean, mean_low, mean_high."""
    columns = pd.DataFrame({str(key.name): key.to_numpy() for key in keys})
    names = columns.columns.tolist()
    grouped = columns.groupby(names, observed=True)
    table = grouped.size().rename("n_votes").reset_index()
    instance, _ = pd.factorize(votes["instance_id"])
    group = grouped.ngroup().to_numpy(np.int64)
    _, mean, worth = mean_by_group(values, group, instance.astype(np.int64), len(table))
    low, high = wilson_interval(mean, worth)
    return table.assign(mean=mean, mean_low=low, mean_high=high)
