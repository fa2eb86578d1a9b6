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
# So many rows at a time, so that what is in between stays in the cache too.
_BLOCK_ROWS = 2**16


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

    Rows are packed into one integer, the first column being the most significant.

    Examples
    --------
    >>> first, number, counts = distinct_rows([np.array([1, 0, 1]), np.array([5, -1, 5])])
    >>> first.tolist(), number.tolist(), counts.tolist()
    ([1, 0], [1, 0, 1], [1, 2])
    """
    lowest = [int(column.min()) if len(column) else 0 for column in columns]
    radices = [
        int(column.max(initial=low)) - low + 1 for column, low in zip(columns, lowest, strict=True)
    ]
    if math.prod(radices) <= _DENSE_CODES:
        return _distinct_small_rows(columns, lowest, radices)
    packed = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column, low, radix in zip(columns, lowest, radices, strict=True):
        if size * radix > _LARGEST_CODE:
            distinct, packed = distinct_keys(packed)
            size = len(distinct)
        packed *= radix
        packed += column
        packed -= low
        size *= radix
    distinct, number = distinct_keys(packed)
    first = np.empty(len(distinct), np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    return first, number, np.bincount(number, minlength=len(distinct)).astype(np.int64)


def _distinct_small_rows(
    columns: Sequence[NDArray[np.integer]], lowest: Sequence[int], radices: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return what `distinct_rows` does, of rows with few possible values: tables, no hashing."""
    n_rows, size = len(columns[0]), math.prod(radices)
    counts = np.zeros(size, np.int64)
    first = np.empty(size, np.int64)
    key = np.zeros(n_rows, np.int32)
    for start in range(0, n_rows, _BLOCK_ROWS):
        block = key[start : start + _BLOCK_ROWS]
        for column, low, radix in zip(columns, lowest, radices, strict=True):
            block *= radix
            np.add(block, column[start : start + _BLOCK_ROWS], out=block, casting="unsafe")
            block -= low
        found = np.bincount(block, minlength=size)
        is_new = (found > 0) & (counts == 0)
        if is_new.any():
            new = np.flatnonzero(is_new[block])[::-1]
            first[block[new]] = start + new
        counts += found
    distinct = np.flatnonzero(counts)
    number = np.empty(size, np.int64)
    number[distinct] = np.arange(len(distinct))
    return first[distinct], number[key], counts[distinct]
