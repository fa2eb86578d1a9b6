"""One function a format; each writes below a folder and returns its files with their rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench.export.huggingface import write_huggingface
from workbench.export.matrix_writers import write_npz_folder, write_xmc_folder
from workbench.export.parquet_writer import write_parquet_tables
from workbench.export.training_set import Done, TrainingSet

LABEL_SEPARATOR = " | "
# What a spreadsheet shows; further rows it leaves out.
SPREADSHEET_ROWS = 1_048_576

# Spreadsheets take a cell that starts so for a formula, some after dropping white space or
# narrowing the sign.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# JSON allows these inside a string, but some readers of lines break at them.
_LINE_BREAKS = {sign: f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}
# One for all: json.dumps makes one a call.
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode

Writer = Callable[[Path, TrainingSet, Done], dict[str, int]]


def write_parquet(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write instances.parquet."""
    write_parquet_tables(folder / "instances.parquet", training_set.tables(), done)
    return {"instances.parquet": len(training_set.instances)}


def write_jsonl(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write instances.jsonl, one object a line."""
    with (folder / "instances.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
        for table in training_set.tables():
            lines = "\n".join(map(_ENCODE, _shortened(table).to_pylist()))
            stream.write(_on_one_line(lines) + "\n" * (len(table) > 0))
            done(len(table))
    return {"instances.jsonl": len(training_set.instances)}


def write_csv(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write instances.csv, every text as it is; a list is a cell of JSON."""
    with (folder / "instances.csv").open("w", encoding="utf-8", newline="") as stream:
        # All texts quoted: without, a reader may split at a lone carriage return.
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        for number, table in enumerate(training_set.tables()):
            table = _shortened(table)
            if not number:
                writer.writerow(table.column_names)
            writer.writerows(zip(*map(_cells, table.columns), strict=True))
            done(len(table))
    return {"instances.csv": len(training_set.instances)}


def write_sheet(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write sheet.csv for people, safe in spreadsheets."""
    with (folder / "sheet.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        lists = ["labels", *(["origins"] if training_set.origins is not None else [])]
        names = [*training_set.instances.columns, *lists]
        writer.writerow(names)
        for table in training_set.tables():
            for row in table.select(names).to_pylist():
                for name in lists:
                    row[name] = LABEL_SEPARATOR.join(row[name])
                writer.writerow([_safe_cell(value) for value in row.values()])
            done(len(table))
    return {"sheet.csv": len(training_set.instances)}


WRITERS: dict[str, Writer] = {
    "parquet": write_parquet,
    "jsonl": write_jsonl,
    "csv": write_csv,
    "sheet": write_sheet,
    "xmc": write_xmc_folder,
    "npz": write_npz_folder,
    "huggingface": write_huggingface,
}
FORMATS = tuple(WRITERS)


def _cells(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if pa.types.is_list(column.type):
        return list(map(_ENCODE, values))
    return values


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
    return _on_one_line(_ENCODE(row))


def _on_one_line(text: str) -> str:
    for sign, escaped in _LINE_BREAKS.items():
        text = text.replace(sign, escaped)
    return text


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
