"""Parquet, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.export.training_set import Done


def write_parquet_tables(path: Path, tables: Iterable[pa.Table], done: Done) -> None:
    """Write the tables, of which there is at least one, as one file; call ``done`` after each."""
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            done(len(table))
    finally:
        if writer is not None:
            writer.close()
