"""Ids, keys and rows as positions among the sorted distinct ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError

_LARGEST_CODE = 2**62
# Up to so many possible codes a table of them fits into the cache.
_DENSE_CODES = 2**18


def sorted_codes(ids: pd.Series) -> tuple[NDArray[np.int64], pd.Index]:
    """Return each id's position among the sorted distinct ids, and those.

    Raises
    ------
    InputError
        If an id is null.

    Examples
    --------
    >>> codes, distinct = sorted_codes(pd.Series(["red", "blue", "red"]))
    >>> codes.tolist(), distinct.tolist()
    ([1, 0, 1], ['blue', 'red'])
    """
    codes, distinct = pd.factorize(ids)
    if (codes < 0).any():
        raise InputError(f"votes: '{ids.name}' is null in {int((codes < 0).sum())} rows")
    index = pd.Index(distinct).astype("str")
    order = index.argsort()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], index.take(order)


def distinct_keys(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sorted distinct keys and each key's position among them.

    Examples
    --------
    >>> distinct, position = distinct_keys(np.array([7, 3, 7]))
    >>> distinct.tolist(), position.tolist()
    ([3, 7], [1, 0, 1])
    """
    # Hashing first: sorting only the distinct keys is several times faster than np.unique.
    codes, distinct = pd.factorize(keys)
    order = np.argsort(distinct)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[codes]


def distinct_rows(
    columns: Sequence[NDArray[np.integer]],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return of the distinct rows: where each is first found, each row's number, the counts.

    The columns hold integers from 0 up; rows are packed into one integer, most significant first.

    Examples
    --------
    >>> first, number, counts = distinct_rows([np.array([1, 0, 1]), np.array([5, 9, 5])])
    >>> first.tolist(), number.tolist(), counts.tolist()
    ([1, 0], [1, 0, 1], [1, 2])
    """
    radices = [int(column.max(initial=0)) + 1 for column in columns]
    if math.prod(radices) <= _DENSE_CODES:
        return _distinct_small_rows(columns, radices)
    packed = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column, radix in zip(columns, radices, strict=True):
        if size * radix > _LARGEST_CODE:
            distinct, packed = distinct_keys(packed)
            size = len(distinct)
        packed *= radix
        packed += column
        size *= radix
    distinct, number = distinct_keys(packed)
    first = np.empty(len(distinct), np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    return first, number, np.bincount(number, minlength=len(distinct)).astype(np.int64)


def _distinct_small_rows(
    columns: Sequence[NDArray[np.integer]], radices: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return what `distinct_rows` does, of rows with few possible values: tables, no hashing."""
    n_rows, size = len(columns[0]), math.prod(radices)
    key = np.zeros(n_rows, np.int32)
    for column, radix in zip(columns, radices, strict=True):
        key *= radix
        key += column.astype(np.int32, copy=False)
    counts = np.bincount(key, minlength=size)
    distinct = np.flatnonzero(counts)
    first = np.empty(size, np.int64)
    first[key[::-1]] = np.arange(n_rows - 1, -1, -1)
    number = np.empty(size, np.int64)
    number[distinct] = np.arange(len(distinct))
    return first[distinct], number[key], counts[distinct].astype(np.int64)
