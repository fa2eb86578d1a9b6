"""The tables that a command writes as a file for people to take away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from workbench.export.writers import json_line, safe_cells

TABLE_ENDINGS = (".csv", ".parquet")


def write_out_table(frame: pd.DataFrame, out: Path) -> None:
    """Write a table in the format of the file's ending: .csv, .parquet or .jsonl.

    In a CSV, which is for spreadsheets, a text that would be a formula gets a quote before it. What
    lies there is replaced once all is written; if the writing fails, it stays.
    """
    draft = out.with_name(f".{out.name}.draft")
    try:
        _WRITERS[out.suffix.lower()](frame, draft)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    texts = [str(name) for name in frame if pd.api.types.is_string_dtype(frame[name])]
    safe = frame.assign(**{name: safe_cells(frame[name]) for name in texts})
    safe.to_csv(path, index=False, encoding="utf-8-sig")


def _write_jsonl(frame: pd.DataFrame, path: Path) -> None:
    short = map(str, frame.select_dtypes("float32"))  # the shortest decimals that mean the same
    rows = frame.assign(**{name: frame[name].astype("str").astype("float64") for name in short})
    rows = rows.astype(object).where(rows.notna(), None)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json_line(row) + "\n" for row in rows.to_dict("records"))


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".jsonl": _write_jsonl,
}
