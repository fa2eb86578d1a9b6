"""One function a format; each writes below a folder and returns its files with their rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.export.training_set import TrainingSet
from workbench.formats import write_xmc_blocks

LABEL_SEPARATOR = " | "

# Spreadsheets take a cell that starts so for a formula, some after dropping white space or
# narrowing the sign.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# JSON allows these inside a string, but some readers of lines break at them.
_LINE_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}

Done = Callable[[int], None]
Writer = Callable[[Path, TrainingSet, Done], dict[str, int]]


def write_parquet(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write instances.parquet."""
    writer: pq.ParquetWriter | None = None
    try:
        for table in training_set.tables():
            if writer is None:
                writer = pq.ParquetWriter(
                    folder / "instances.parquet", table.schema, compression="zstd"
                )
            writer.write_table(table)
            done(len(table))
    finally:
        if writer is not None:
            writer.close()
    return {"instances.parquet": len(training_set.instances)}


def write_jsonl(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write instances.jsonl, one object a line."""
    with (folder / "instances.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
        for table in training_set.tables():
            for row in _shortened(table).to_pylist():
                stream.write(json_line(row) + "\n")
            done(len(table))
    return {"instances.jsonl": len(training_set.instances)}


def write_csv(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write instances.csv for spreadsheets."""
    with (folder / "instances.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        names = [*training_set.instances.columns, "labels"]
        writer.writerow(names)
        for table in training_set.tables():
            for row in table.select(names).to_pylist():
                row["labels"] = LABEL_SEPARATOR.join(row["labels"])
                writer.writerow([_safe_cell(value) for value in row.values()])
            done(len(table))
    return {"instances.csv": len(training_set.instances)}


def write_xmc_folder(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write xmc/: for each split a matrix and the ids of its lines; the names of the columns."""
    assert training_set.features is not None
    n_features, label_ids = training_set.features.shape[1], training_set.labels.label_ids
    names = {"labels": label_ids}
    if training_set.feature_names is not None:
        names["features"] = pd.Index(training_set.feature_names)
    n_rows = {}
    (folder / "xmc").mkdir()
    for split, size in training_set.split_sizes().items():
        shape = (size, n_features, len(label_ids))
        blocks = _counted(training_set.blocks(split), done)
        write_xmc_blocks(folder / f"xmc/{split}.txt", shape, blocks)
        n_rows[f"xmc/{split}.txt"] = size
        names[f"{split}_instances"] = training_set.instance_ids(split)
    for name, ids in names.items():
        with (folder / f"xmc/{name}.txt").open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{text}\n" for text in ids)
        n_rows[f"xmc/{name}.txt"] = len(ids)
    return n_rows


WRITERS: dict[str, Writer] = {
    "parquet": write_parquet,
    "jsonl": write_jsonl,
    "csv": write_csv,
    "xmc": write_xmc_folder,
}
FORMATS = tuple(WRITERS)


def check_for_xmc(training_set: TrainingSet) -> None:
    """Raise unless there are features and every name fits on one line.

    Raises
    ------
    InputError
    """
    if training_set.features is None:
        raise InputError("the format xmc needs features; pass them or leave the format out")
    for what, ids in (
        ("instance ids", training_set.labels.instance_ids),
        ("label ids", training_set.labels.label_ids),
        ("feature names", training_set.feature_names or ()),
    ):
        broken = [text for text in ids if "\n" in text or "\r" in text]
        if broken:
            raise InputError(
                f"{len(broken)} {what} hold a line break, which the name files of the format xmc "
                f"cannot: {broken[:5]}; rename them or leave the format out"
            )


def _counted(
    blocks: Iterable[tuple[csr_array, csr_array]], done: Done
) -> Iterator[tuple[csr_array, csr_array]]:
    for X, Y in blocks:
        yield X, Y
        done(X.shape[0])


def _shortened(table: pa.Table) -> pa.Table:
    """Return the table with confidences as the shortest decimals that mean the same float32."""
    if "confidences" not in table.column_names:
        return table
    sure = table["confidences"].combine_chunks()
    decimals = sure.values.cast(pa.string()).cast(pa.float64())
    lists = pa.ListArray.from_arrays(sure.offsets, decimals)
    return table.set_column(table.column_names.index("confidences"), "confidences", lists)


def _safe_cell(value: str | int) -> str | int:
    """Return the value so that no spreadsheet takes it for a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def json_line(row: Mapping[Any, Any]) -> str:
    """Return a row as JSON that stays one line for every reader."""
    return json.dumps(row, ensure_ascii=False).translate(_LINE_BREAKS)


def safe_cells(values: pd.Series) -> pd.Series:
    """Return texts so that no spreadsheet takes one for a formula.

    Examples
    --------
    >>> safe_cells(pd.Series(["=1+1", "adidas"])).tolist()
    ["'=1+1", 'adidas']
    """
    return ("'" + values).where(values.str.startswith(_FORMULA_STARTS), values)


def unescaped_cells(values: pd.Series, known: pd.Index) -> pd.Series:
    """Return the texts as they were before `safe_cells`, those that are unknown otherwise.

    Examples
    --------
    >>> unescaped_cells(pd.Series(["'=1+1", "'n Sync"]), pd.Index(["=1+1", "'n Sync"])).tolist()
    ['=1+1', "'n Sync"]
    """
    bare = values.str.removeprefix("'")
    return bare.where(~values.isin(known) & bare.isin(known), values)
