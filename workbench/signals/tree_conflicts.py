"""Which pairs go with none of the categories that were found for their instance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.signals.taxonomy import Taxonomy
from workbench.signals.tree_order import Places, TreeOrder

# Candidates judged at a time: each is put beside all found categories of its instance.
_BLOCK = 1 << 18


def find_conflicts(
    found: pd.DataFrame,
    candidates: pd.DataFrame,
    taxonomy: Taxonomy,
    labels: pd.DataFrame,
    applicability: pd.DataFrame,
) -> pd.DataFrame:
    """Return the candidates of other branches, and those whose attribute is out of place.

    Parameters
    ----------
    found : pd.DataFrame
        ``instance_id, category_id`` (a label), each once.
    candidates : pd.DataFrame
        ``instance_id, label_id``; a pair may stand there several times. Pairs of instances
        without a found category, or of labels that ``labels`` does not have, do not conflict.
    taxonomy : Taxonomy
    labels : pd.DataFrame
        ``label_id, attribute``.
    applicability : pd.DataFrame
        ``attribute, category_id``; an attribute that is not there applies everywhere.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, n_found, category_id``: each pair once, how many categories
        were found for its instance, and the first of them in the alphabet.
    """
    order = TreeOrder.of(taxonomy)
    theirs = _found_by_instance(found, order)
    instance, label, names = _candidates(candidates, labels, theirs.instance_ids)
    listed = pd.Index(applicability["attribute"].unique())
    attribute = listed.get_indexer(pd.Index(names["attribute"])).astype(np.int64)
    against = _goes_with_none(
        instance,
        order.places(names["label_id"])[label],
        attribute[label],
        near=_near(applicability, taxonomy, order, listed),
        found=theirs,
        order=order,
    )
    instance, label = instance[against], label[against]
    return pd.DataFrame(
        {
            "instance_id": theirs.instance_ids.take(instance).array,
            "label_id": names["label_id"].iloc[label].array,
            "n_found": np.diff(theirs.start)[instance],
            "category_id": order.label_ids.take(theirs.place[theirs.start[instance]]).array,
        }
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """The found categories, instance by instance.

    ``place[start[i] : start[i + 1]]`` are the places of those of instance i, at least one, in
    the alphabet's order of their labels.
    """

    instance_ids: pd.Index
    start: Places
    place: Places


def _found_by_instance(found: pd.DataFrame, order: TreeOrder) -> _Found:
    instance, instance_ids = pd.factorize(found["instance_id"])
    place = order.places(found["category_id"])
    alphabet = np.empty(len(order.label_ids), np.int64)
    alphabet[np.argsort(order.label_ids.to_numpy(object))] = np.arange(len(alphabet))
    sorted_by = np.lexsort((alphabet[place], instance))
    start = np.concatenate([[0], np.cumsum(np.bincount(instance, minlength=len(instance_ids)))])
    return _Found(instance_ids, start, place[sorted_by])


def _candidates(
    pairs: pd.DataFrame, labels: pd.DataFrame, instance_ids: pd.Index
) -> tuple[Places, Places, pd.DataFrame]:
    """Return each pair of these instances once: positions in them and in the names, and these."""
    names = labels[["label_id", "attribute"]].drop_duplicates("label_id", ignore_index=True)
    instance = instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
    label = pd.Index(names["label_id"]).get_indexer(pd.Index(pairs["label_id"]))
    known = (instance >= 0) & (label >= 0)
    keys = pd.unique(instance[known].astype(np.int64) * len(names) + label[known])
    return keys // max(len(names), 1), keys % max(len(names), 1), names


def _near(
    applicability: pd.DataFrame, taxonomy: Taxonomy, order: TreeOrder, listed: pd.Index
) -> Places:
    """Return where attributes apply, or do so above or below, as sorted keys (`_keys`)."""
    codes = listed.get_indexer(pd.Index(applicability["attribute"])).astype(np.int64)
    links = pd.DataFrame({"attribute": codes, "category_id": applicability["category_id"]})
    below = links.merge(taxonomy.lineages, left_on="category_id", right_on="ancestor_id")
    above = links.merge(taxonomy.lineages, left_on="category_id", right_on="label_id")
    attribute = np.concatenate([below["attribute"], above["attribute"]])
    place = np.concatenate([order.places(below["label_id"]), order.places(above["ancestor_id"])])
    return np.unique(_keys(attribute, place, order))


def _keys(attribute: Places, place: Places, order: TreeOrder) -> Places:
    return attribute * len(order.label_ids) + place


def _goes_with_none(
    instance: Places,
    place: Places,
    attribute: Places,
    *,
    near: Places,
    found: _Found,
    order: TreeOrder,
) -> NDArray[np.bool_]:
    """Return for each candidate whether no found category of its instance goes with it.

    ``place`` is -1 for labels that are no category, ``attribute`` for those that apply everywhere.
    """
    against = np.zeros(len(instance), bool)
    asked = np.flatnonzero((place >= 0) | (attribute >= 0))
    for begin in range(0, len(asked), _BLOCK):
        block = asked[begin : begin + _BLOCK]
        n_found = np.diff(found.start)[instance[block]]
        first = np.cumsum(n_found) - n_found
        row = np.repeat(np.arange(len(block)), n_found)
        theirs = found.place[np.arange(len(row)) + (found.start[instance[block]] - first)[row]]
        own, its = place[block][row], attribute[block][row]
        on_line = (own < 0) | order.on_one_line(np.maximum(own, 0), theirs)
        applies = (its < 0) | _is_among(_keys(its, theirs, order), near)
        # Of the found ones, one may be on its line and another one have the attribute.
        goes = np.logical_or.reduceat(on_line, first) & np.logical_or.reduceat(applies, first)
        against[block] = ~goes
    return against


def _is_among(keys: Places, sorted_keys: Places) -> NDArray[np.bool_]:
    if not len(sorted_keys):
        return np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    found: NDArray[np.bool_] = sorted_keys[at] == keys
    return found
