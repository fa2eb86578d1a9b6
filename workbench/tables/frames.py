"""Between lazy tables and frames in memory, by way of Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa


def to_frame(table: ibis.Table) -> pd.DataFrame:
    """Return the rows of a lazy table; texts are `str`, whole numbers stay whole.

    An integer column with empty cells comes out as float64 with NaN, as pandas has it.
    """
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame


def to_row(table: ibis.Table) -> dict[str, Any]:
    """Return the only row of a table of totals, by column."""
    (row,) = table.to_pyarrow().to_pylist()
    return dict(row)


@contextmanager
def computed(table: ibis.Table) -> Iterator[ibis.Table]:
    """Compute a table once for the block; its backend holds it and drops it afterwards."""
    held = table.cache()
    try:
        yield held
    finally:
        held.release()


@contextmanager
def held_here(table: ibis.Table) -> Iterator[ibis.Table]:
    """Hold the few rows of a table in this process for the block, wherever they come from.

    Not every engine of a warehouse can join what it holds with tables from here.
    """
    if ibis.get_backend(table).name == "duckdb":
        with computed(table) as held:
            yield held
    else:
        yield from_arrow(table.to_pyarrow())


def from_frame(frame: pd.DataFrame, types: Mapping[str, str] | None = None) -> ibis.Table:
    """Return a frame as a lazy table that joins with tables of any backend.

    Parameters
    ----------
    frame : pd.DataFrame
        Its index is left out.
    types : mapping of str to str, optional
        Arrow types of columns whose values do not tell, such as a column of nothing but nulls.
    """
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for name, kind in (types or {}).items():
        position = table.schema.get_field_index(name)
        table = table.set_column(position, name, table[name].cast(pa.type_for_alias(kind)))
    return from_arrow(table)


def from_arrow(table: pa.Table) -> ibis.Table:
    """Return an Arrow table as a lazy table that joins with tables of any backend."""
    # Frames hold their texts as large strings, a type that not every backend takes.
    return ibis.memtable(table.cast(pa.schema([_plain(field) for field in table.schema])))


def _plain(field: pa.Field) -> pa.Field:
    if pa.types.is_large_string(field.type) or pa.types.is_null(field.type):
        return field.with_type(pa.string())
    return field
