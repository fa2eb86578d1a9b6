"""Attributes that hold free text rather than values: a description, a list of selling points."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

# Of an attribute's filled cells so many differ, and they are so many words long on average.
MIN_DISTINCT = 0.5
MIN_WORDS = 4.0
# Of fewer cells nobody can tell whether their values come again.
MIN_CELLS = 20


def mean_words(values: Iterable[str]) -> float:
    """Return the mean number of words, 0 of no values; two signs without spaces are a word.

    Examples
    --------
    >>> mean_words(["Red", "a light shoe"])
    2.0
    """
    counts = [_n_words(value) for value in values]
    return sum(counts) / len(counts) if counts else 0.0


def is_free_text(n_cells: int, values: Collection[str]) -> bool:
    """Whether the different values of an attribute's ``n_cells`` filled cells are free text."""
    return (
        n_cells >= MIN_CELLS
        and len(values) >= MIN_DISTINCT * n_cells
        and mean_words(values) >= MIN_WORDS
    )


def find_free_text(labels: pd.DataFrame, item_labels: pd.DataFrame) -> list[str]:
    """Return the attributes of which nearly every item has a long value of its own, by name.

    Parameters
    ----------
    labels : pd.DataFrame
        ``label_id, attribute, value, path``; categories, which have a path, are none.
    item_labels : pd.DataFrame
        ``item_id, label_id``.
    """
    values = labels.loc[labels["path"].isna(), ["label_id", "attribute", "value"]]
    support = values["label_id"].map(item_labels["label_id"].value_counts()).fillna(0)
    by_attribute = values.assign(n=support).groupby("attribute")
    return [
        str(attribute)
        for attribute, group in by_attribute
        if is_free_text(int(group["n"].sum()), group["value"].tolist())
    ]


def _n_words(value: str) -> float:
    """Return the number of words; scripts without spaces have one in two signs, roughly."""
    return sum(1.0 if word.isascii() else max(len(word) / 2, 1.0) for word in value.split())
