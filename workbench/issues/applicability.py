"""Attributes that do not apply to the category of an instance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.issues.conflicts import Conflicts
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix
from workbench.signals.taxonomy import Taxonomy
from workbench.signals.tree_conflicts import find_conflicts

# Tables of what applies where have gaps.
_TOLERANCE = 0.05


def inapplicable_attributes(
    given: LabelMatrix,
    labels: pd.DataFrame,
    taxonomy: Taxonomy,
    applicability: pd.DataFrame,
    lowest: NDArray[np.bool_],
) -> Conflicts:
    """Return the given labels whose attribute applies to no given category of their instance.

    An instance without a given category has no such conflict, nor has an attribute that
    ``applicability`` does not name.

    Parameters
    ----------
    given : LabelMatrix
    labels : pd.DataFrame
        ``label_id, attribute``.
    taxonomy : Taxonomy
    applicability : pd.DataFrame
        ``attribute, category_id`` (a label): the attribute applies there, above and below.
        An attribute that the labels put elsewhere often is tolerated there as often.
    lowest : ndarray of bool, shape (n_given,)
        See :func:`workbench.issues.hierarchy.without_ancestors`.
    """
    is_category = given.label_ids.isin(taxonomy.categories["label_id"])
    named = labels.loc[labels["attribute"].isin(applicability["attribute"]), "label_id"]
    asked = given.label_ids.isin(named) & ~is_category
    rows, columns = given.rows_of_pairs(), given.values.indices
    found = find_conflicts(
        _frame(given, rows, columns, is_category[columns] & lowest, "category_id"),
        _frame(given, rows, columns, asked[columns], "label_id"),
        taxonomy,
        labels,
        applicability,
    )
    row = given.instance_ids.get_indexer(pd.Index(found["instance_id"])).astype(np.int64)
    every = np.ones(len(row), bool)
    label, category = (
        Pairs(row, given.label_ids.get_indexer(pd.Index(found[name])).astype(np.int64), every)
        for name in ("label_id", "category_id")
    )
    attribute_of = labels.drop_duplicates("label_id").set_index("label_id")["attribute"]
    attributes = attribute_of.reindex(found["label_id"]).tolist()

    def tell(i: int, of_first: bool) -> str:
        where = given.label_ids[category.columns[i]]
        told = f"{attributes[i]} does not apply to {where}"
        return told if of_first else f"{told}, yet {given.label_ids[label.columns[i]]} is given"

    return Conflicts(
        "an attribute does not apply to the category",
        label,
        category,
        _tolerance(found, given, asked, attribute_of),
        tell,
        np.ones((len(row), 2), bool),
    )


def _tolerance(
    found: pd.DataFrame, given: LabelMatrix, asked: NDArray[np.bool_], attribute_of: pd.Series
) -> NDArray[np.float64]:
    """Return the share of each attribute's pairs that are out of place: many mean a bad table."""
    n_pairs = pd.Series(given.support()[asked], index=given.label_ids[asked])
    totals = n_pairs.groupby(attribute_of.reindex(n_pairs.index).to_numpy()).sum()
    attributes = pd.Series(attribute_of.reindex(found["label_id"]).to_numpy(), dtype="str")
    share = attributes.map(attributes.value_counts() / totals)
    return np.asarray(np.maximum(share.to_numpy(np.float64), _TOLERANCE), np.float64)


def _frame(
    given: LabelMatrix,
    rows: NDArray[np.int64],
    columns: NDArray[np.integer],
    kept: NDArray[np.bool_],
    name: str,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "instance_id": given.instance_ids.take(rows[kept]),
            name: given.label_ids.take(columns[kept]),
        }
    )
