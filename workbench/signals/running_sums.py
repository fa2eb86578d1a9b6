"""Sums by key over tables that come one by one."""

from __future__ import annotations

import pyarrow as pa

# So many rows may lie unsummed however few there are.
_ROWS_NOT_SUMMED = 1_000_000


class RunningSum:
    """Rows that are summed by their keys whenever they have become twice as many.

    Examples
    --------
    >>> clicks = RunningSum("query")
    >>> clicks.add(pa.table({"query": ["red", "red"], "n": [1, 2]}))
    >>> clicks.add(pa.table({"query": ["red"], "n": [4]}))
    >>> clicks.total().to_pylist()
    [{'query': 'red', 'n': 7}]
    """

    def __init__(self, *keys: str) -> None:
        self._keys = list(keys)
        self._parts: list[pa.Table] = []
        self._n_summed = 0

    def __len__(self) -> int:
        """Return the number of rows held."""
        return sum(map(len, self._parts))

    def add(self, rows: pa.Table) -> None:
        """Add the rows of a table; all tables have the same columns."""
        self._parts.append(rows)
        if len(self) > 2 * self._n_summed + _ROWS_NOT_SUMMED:
            self._parts = [self.total()]
            self._n_summed = len(self._parts[0])

    def total(self) -> pa.Table:
        """Return one row a key; the sum of nulls alone is null."""
        rows = pa.concat_tables(self._parts)
        sums = [name for name in rows.column_names if name not in self._keys]
        summed = rows.group_by(self._keys).aggregate([(name, "sum") for name in sums])
        return summed.rename_columns([*self._keys, *sums])
