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


def find_free_text(cells: pd.DataFrame) -> tuple[str, ...]:
    """Return the attributes of which nearly every item has a long text of its own, by name.

    Parameters
    ----------
    cells : pd.DataFrame
        ``attribute, raw, n``: the different contents of cells, before they are split into values,
        and on how many items each is.

    Examples
    --------
    >>> told = [f"A light shoe in colour {i}" for i in range(30)]
    >>> find_free_text(pd.DataFrame({"attribute": "Features", "raw": told, "n": 1}))
    ('Features',)
    """
    return tuple(
        str(attribute)
        for attribute, group in cells.groupby("attribute")
        if is_free_text(int(group["n"].sum()), group["raw"].unique().tolist())
    )


def _n_words(value: str) -> float:
    """Return the number of words; scripts without spaces have one in two signs, roughly."""
    return sum(1.0 if word.isascii() else max(len(word) / 2, 1.0) for word in value.split())
