"""Where labels that exist already stand in a tree: by a taxonomy, or by the paths they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from workbench.errors import InputError
from workbench.report import MAX_EXAMPLES, Report
from workbench.signals.taxonomy import CATEGORY, Taxonomy
from workbench.signals.taxonomy_checks import SEPARATOR
from workbench.text import normalise


def parents_by_path(label_ids: Iterable[str]) -> dict[str, str]:
    """Return the nearest label above each label that is a path; others have none.

    Examples
    --------
    >>> parents_by_path(["Shoes", "Shoes > Boots > Snow boots", "Bags > Totes"])
    {'Shoes > Boots > Snow boots': 'Shoes'}
    """
    known = list(label_ids)
    there = set(known)
    return {
        label_id: above
        for label_id in known
        if (above := next((path for path in _above(label_id) if path in there), None)) is not None
    }


def place_labels(
    labels: pd.DataFrame, taxonomy: Taxonomy, *, category: str | None = None, report: Report
) -> tuple[pd.DataFrame, Taxonomy]:
    """Return the labels with their places in the taxonomy, and the taxonomy in their names.

    Labels of the attribute ``category`` are looked up by their value: a category's key, path or
    unique name. Where no label has an attribute, all are. What is not found on either side is
    counted; no label is made.

    Parameters
    ----------
    labels : pd.DataFrame
        ``label_id, attribute, value, path, parent_id``.
    taxonomy : Taxonomy
    category : str, optional
        "Category" if left out, in any case.
    report : Report

    Returns
    -------
    tuple of pd.DataFrame and Taxonomy
        Of a label that was found, ``path`` is the category's and ``parent_id`` the nearest label
        above it. The categories that are labels have these as ``label_id``.

    Raises
    ------
    InputError
        If no label has the attribute, or none of its labels is in the taxonomy.
    """
    asked = _category_labels(labels, category)
    of_label = {label: taxonomy.find(value) for label, value in zip(*asked, strict=True)}
    label_of = _one_label_each(of_label, report)
    if not label_of:
        raise InputError(
            f"the taxonomy has none of the {len(of_label):,} labels that should be its categories, "
            f"such as {list(of_label)[:MAX_EXAMPLES]}; it has paths such as "
            f"{taxonomy.categories['path'].head(MAX_EXAMPLES).tolist()}. Labels name a category by "
            "its key, path or unique name"
        )
    lost = [label for label, found in of_label.items() if found is None]
    report.count("labels that are not in the taxonomy, without a place in it", len(lost), lost)
    bare = taxonomy.categories.loc[~taxonomy.categories["label_id"].isin(label_of), "path"]
    report.count("categories of the taxonomy that no label names", len(bare), bare.head().tolist())
    return _placed(labels, taxonomy, label_of), _renamed(taxonomy, label_of)


def _above(path: str) -> Iterable[str]:
    """Return the paths above a path, the nearest first."""
    steps = path.split(SEPARATOR)
    return (SEPARATOR.join(steps[:depth]) for depth in range(len(steps) - 1, 0, -1))


def _category_labels(labels: pd.DataFrame, category: str | None) -> tuple[pd.Series, pd.Series]:
    """Return the ids and values of the labels that should be categories."""
    attributes = labels["attribute"].dropna().unique().tolist()
    wanted = normalise(category or CATEGORY)
    named = [name for name in attributes if normalise(name) == wanted]
    if attributes and not named:
        raise InputError(
            f"no label has the attribute {category or CATEGORY!r}, whose values the taxonomy "
            f"should hold; the attributes are {attributes[:10]}: name that of the categories in "
            "[inputs.labels] category"
        )
    if category is not None and not attributes:
        raise InputError(
            f"no label has an attribute, so none is {category!r}; set [inputs.labels] "
            "attribute_separator, or leave 'category' out if all labels are categories"
        )
    mine = labels[labels["attribute"].isin(named)] if attributes else labels
    return mine["label_id"], mine["value"]


def _one_label_each(of_label: Mapping[str, str | None], report: Report) -> dict[str, str]:
    """Return the label of each category that has one, the first of several."""
    label_of: dict[str, str] = {}
    others = []
    for label, found in of_label.items():
        if found is not None and label_of.setdefault(found, label) != label:
            others.append(f"{label} as {label_of[found]}")
    report.count(
        "labels of a category that another label names, without a place in the taxonomy",
        len(others),
        others,
    )
    return label_of


def _placed(labels: pd.DataFrame, taxonomy: Taxonomy, label_of: Mapping[str, str]) -> pd.DataFrame:
    categories = taxonomy.categories.set_index("label_id")
    parents, path_of = categories["parent_id"].to_dict(), categories["path"].to_dict()
    paths, above = {}, {}
    for found, label in label_of.items():
        paths[label] = path_of[found]
        step = parents[found]
        while isinstance(step, str) and step not in label_of:
            step = parents[step]
        if isinstance(step, str):
            above[label] = label_of[step]
    found_path, found_parent = (labels["label_id"].map(known) for known in (paths, above))
    is_placed = labels["label_id"].isin(paths)
    return labels.assign(
        path=labels["path"].where(~is_placed, found_path).astype("str"),
        parent_id=labels["parent_id"].where(~is_placed, found_parent).astype("str"),
    )


def _renamed(taxonomy: Taxonomy, label_of: Mapping[str, str]) -> Taxonomy:
    """Return the taxonomy with the labels' ids for the categories that are labels."""

    def renamed(ids: pd.Series) -> pd.Series:
        return ids.map(lambda label: label_of.get(label, label), na_action="ignore").astype("str")

    categories = taxonomy.categories.assign(
        label_id=renamed(taxonomy.categories["label_id"]),
        parent_id=renamed(taxonomy.categories["parent_id"]),
    )
    names = taxonomy.names.assign(label_id=renamed(taxonomy.names["label_id"]))
    return replace(taxonomy, categories=categories, names=names)
