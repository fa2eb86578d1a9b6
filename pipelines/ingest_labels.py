"""Read texts and labels that exist already into the tables of a workspace."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, load_npz

from pipelines.config import Config
from pipelines.config_inputs import LabelsInput
from pipelines.ingest_taxonomy import configured_applicability, configured_taxonomy
from pipelines.label_doubts import TWICE, WITHOUT_TEXT, count_strange_labels
from pipelines.reading import read_configured
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.report import MAX_EXAMPLES, Report
from workbench.signals.labels_in_tree import parents_by_path, place_labels
from workbench.tables import BadRows, Column, Contract, connect

TEXTS = Contract(
    "texts",
    (
        Column("instance_id", "text", setting="text_columns.instance_id"),
        Column("text", "text", nullable=True, setting="text_columns.text"),
        Column("split", "text", required=False, choices=("train", "test")),
    ),
    key=("instance_id",),
)
PAIRS = Contract(
    "labels",
    (
        Column("instance_id", "text", setting="pair_columns.instance_id"),
        Column("label_id", "text", setting="pair_columns.label_id"),
    ),
)


def ingest_existing_labels(run: Run) -> tuple[dict[str, pd.DataFrame], Report]:
    """Return the tables instances, labels and given_pairs, and what was counted on the way.

    Raises
    ------
    InputError
        If a file breaks its contract, or a matrix does not fit its texts and names.
    """
    config, report = run.config, Report()
    source = config.inputs.labels
    assert source is not None
    texts = read_configured(run, source.texts, TEXTS, source.text_columns, report)
    if source.label_names is not None:
        pairs, names = _read_matrix(run, source, texts, report)
    else:
        pairs = _read_pairs(run, source, texts, report)
        names = pd.Index(sorted(pairs["label_id"].unique()))
    instances = pd.DataFrame({"instance_id": texts["instance_id"].astype("str")})
    instances["text"] = texts["text"].fillna("").astype("str")
    empty = instances["text"].str.strip() == ""
    report.count(
        "instances with an empty text (kept; nothing can be predicted for them)",
        int(empty.sum()),
        instances["instance_id"][empty].head().tolist(),
    )
    split = texts["split"] if "split" in texts else splits(instances["instance_id"], config)
    instances["split"] = split.astype("str")
    instances["weight"] = np.int64(1)
    tables = {
        "instances": instances.sort_values("instance_id", ignore_index=True),
        "given_pairs": pairs.sort_values(["instance_id", "label_id"], ignore_index=True),
    }
    labels = labels_table(names, source.attribute_separator)
    count_strange_labels(labels, pairs, report)
    return tables | _labels_in_tree(run, source, labels, report), report


def _labels_in_tree(
    run: Run, source: LabelsInput, labels: pd.DataFrame, report: Report
) -> dict[str, pd.DataFrame]:
    """Return the labels, with the taxonomy and where its attributes apply if one is configured."""
    connection = connect(memory_limit=run.config.inputs.memory_limit)
    taxonomy = configured_taxonomy(run, connection, report)
    if taxonomy is None:
        return {"labels": labels}
    labels, taxonomy = place_labels(labels, taxonomy, category=source.category, report=report)
    attributes = labels["attribute"].dropna().unique().tolist()
    return {
        "labels": labels,
        "categories": taxonomy.categories,
        "applicability": configured_applicability(run, connection, taxonomy, attributes, report),
    }


def splits(instance_ids: pd.Series, config: Config) -> pd.Series:
    """Return ``train`` or ``test`` for each instance, by a hash of its id.

    An instance keeps its side whatever else is in the data.
    """
    bar = config.split.test_share * 2**32
    seed = config.split.seed
    sides = ["test" if zlib.crc32(f"{seed}:{i}".encode()) < bar else "train" for i in instance_ids]
    return pd.Series(sides, index=instance_ids.index, dtype="str")


def labels_table(names: pd.Index, separator: str) -> pd.DataFrame:
    """Return the labels table of plain names, parted into attribute and value where possible.

    A label that is a path, such as "Shoes > Boots", has the nearest one above it as its parent.
    """
    frame = pd.DataFrame({"label_id": pd.Series(names, dtype="str")})
    frame["attribute"] = pd.Series(pd.NA, index=frame.index, dtype="str")
    frame["value"] = frame["label_id"]
    if separator:
        parts = frame["label_id"].str.partition(separator)
        parted = parts[1] != ""
        frame.loc[parted, "attribute"] = parts[0][parted].str.strip()
        frame.loc[parted, "value"] = parts[2][parted].str.strip()
    frame["path"] = pd.Series(pd.NA, index=frame.index, dtype="str")
    frame["parent_id"] = frame["label_id"].map(parents_by_path(names)).astype("str")
    return frame


def _read_pairs(run: Run, source: LabelsInput, texts: pd.DataFrame, report: Report) -> pd.DataFrame:
    pairs = read_configured(run, source.pairs, PAIRS, source.pair_columns, report)
    known = pairs["instance_id"].isin(texts["instance_id"])
    report.count(
        WITHOUT_TEXT,
        int((~known).sum()),
        pairs["instance_id"][~known].drop_duplicates().head().tolist(),
    )
    pairs = pairs[known]
    twice = pairs.duplicated()
    report.count(
        TWICE,
        int(twice.sum()),
        [" / ".join(pair) for pair in pairs[twice].head().to_numpy().tolist()],
    )
    if pairs.empty:
        raise InputError(
            f"{source.pairs}: no label is on an instance of {source.texts}; check that both "
            "name the instances alike"
        )
    return pairs[~twice]


def _read_matrix(
    run: Run, source: LabelsInput, texts: pd.DataFrame, report: Report
) -> tuple[pd.DataFrame, pd.Index]:
    assert source.label_names is not None
    names = read_label_names(run.path(source.label_names))
    matrix = _load_matrix(run.path(source.pairs))
    if matrix.shape != (len(texts), len(names)):
        raise InputError(
            f"{source.pairs}: expected {len(texts)} rows (the instances of {source.texts}) and "
            f"{len(names)} columns (the names of {source.label_names}), found {matrix.shape}"
        )
    matrix = _given_values(matrix, source.pairs, run.config.inputs.bad_rows, report)
    nobody = np.bincount(matrix.indices, minlength=len(names)) == 0
    report.count(
        "labels that nobody carries (kept; they are never predicted)",
        int(nobody.sum()),
        names[nobody][:5].tolist(),
    )
    found = coo_array(matrix)
    pairs = pd.DataFrame(
        {
            "instance_id": texts["instance_id"].astype("str").to_numpy()[found.row],
            "label_id": names.to_numpy()[found.col],
        }
    ).astype("str")
    return pairs, names


def _given_values(matrix: csr_array, name: str, bad_rows: BadRows, report: Report) -> csr_array:
    """Return the values above 0, which are given pairs.

    Raises
    ------
    InputError
        If there are others than 0 and ``bad_rows`` does not skip them.
    """
    values = matrix.data
    is_bad = ~((values >= 0) & np.isfinite(values))
    if is_bad.any() and bad_rows == "error":
        rows, columns = (axis[is_bad][:MAX_EXAMPLES] for axis in coo_array(matrix).coords)
        told = zip(rows, columns, values[is_bad], strict=False)
        shown = ", ".join(f"row {row}, column {column}: {value}" for row, column, value in told)
        raise InputError(
            f"{name}: a value must be above 0 where a label is given and 0 or absent elsewhere, "
            f"found {int((values < 0).sum()):,} below 0 and {int((~np.isfinite(values)).sum()):,} "
            f"NaN or infinite ({shown}; rows and columns from 0); write 1 for given pairs only"
        )
    report.count(f"{name}: values below 0, NaN or infinite (left out)", int(is_bad.sum()))
    known = matrix.copy()
    known.data = np.where(is_bad, 0, values)
    known.eliminate_zeros()
    report.count(
        f"{name}: values above 0 that are not 1 (given like those that are)",
        int((known.data != 1).sum()),
        np.unique(known.data[known.data != 1])[:MAX_EXAMPLES].tolist(),
    )
    return known


def _load_matrix(path: Path) -> csr_array:
    try:
        with path.open("rb") as stream:
            return csr_array(load_npz(stream))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} cannot be read as a sparse matrix ({error}); write it with "
            "scipy.sparse.save_npz"
        ) from error


def read_label_names(path: Path) -> pd.Index:
    """Return the names of a file of one label a line.

    Raises
    ------
    InputError
        If it is not UTF-8, or a name stands on two lines.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}); convert it first") from error
    names = pd.Index(lines, dtype="str")
    twice = names[names.duplicated()]
    if len(twice):
        raise InputError(
            f"{path}: {len(twice)} names stand on more than one line: {twice[:5].tolist()}; "
            "a label needs a name of its own"
        )
    return names
