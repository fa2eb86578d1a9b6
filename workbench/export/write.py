"""Publish a training set in several formats with a manifest of what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from workbench.export.folder import MANIFEST, check_export_name, publishing
from workbench.export.matrix_writers import check_for_matrices
from workbench.export.tables import named_by_attribute, write_labels, write_pairs
from workbench.export.training_set import PairOrigins, TrainingSet
from workbench.export.writers import FORMATS, WRITERS
from workbench.matrices import LabelMatrix

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ExportedFile:
    """One file of an export: its path below the folder, rows, size and SHA-256."""

    path: str
    n_rows: int
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class ExportManifest:
    """What an export holds; the content of its ``manifest.json``."""

    label_version: str | None
    n_instances: int
    n_instances_by_split: dict[str, int]
    n_instances_without_labels: int
    n_labels: int
    n_labels_without_instances: int
    n_given: int
    n_given_by_origin: dict[str, int] | None
    files: tuple[ExportedFile, ...]


def write_export(
    folder: Path,
    labels: LabelMatrix,
    instances: pd.DataFrame,
    *,
    formats: Sequence[str] = ("parquet", "jsonl", "csv"),
    features: csr_array | None = None,
    feature_names: Sequence[str] | None = None,
    label_names: pd.DataFrame | None = None,
    origins: PairOrigins | None = None,
    label_version: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> ExportManifest:
    """Write the given labels and their texts in some formats, all or nothing.

    Rows come in the order of the label matrix and are written block by block. All formats but
    sheet keep every text as it is. A sheet is for people: the labels are joined by ``" | "``, a
    byte order mark makes spreadsheets show Japanese, and a cell that starts like a formula
    (``= + - @``, also full-width, a tab or a line break) gets a leading apostrophe.

    Parameters
    ----------
    folder : Path
        Appears only when all its files are written. Its name must pass `check_export_name`.
    labels : LabelMatrix
        Its confidences are exported where known (not to sheet and xmc).
    instances : DataFrame
        instance_id, text, split (train or test) and, where known, weight; one row for each
        instance of the labels, in any order.
    formats : sequence of str
        parquet: ``instances.parquet``; jsonl: ``instances.jsonl``; csv: ``instances.csv``; sheet:
        ``sheet.csv``; xmc: ``xmc/{train,test}.txt``; npz: ``npz/{X,Y}_{train,test}.npz``;
        huggingface: ``huggingface/``, which datasets reads. Beside xmc and npz lie the instance of
        each row, ``{train,test}_instances.txt``, and the columns, ``labels.txt`` and, if named,
        ``features.txt``. A split without instances has no files.
    features : csr_array of numbers, shape (n_instances, n_features), optional
        Needed for xmc and npz; rows in the order of the label matrix.
    feature_names : sequence of str, length n_features, optional
    label_names : DataFrame, optional
        label_id and perhaps attribute and value. With it ``labels.parquet`` is written, one row a
        label in the order of the label axis, and how many instances of each split carry it.
    origins : PairOrigins, optional
        Who said so of each pair. With it ``pairs.parquet`` is written, one row a given pair, and
        the formats hold a list ``origins`` beside the labels (npz: a matrix; not xmc).
    label_version : str, optional
        Recorded in the manifest.
    overwrite : bool
        Replace an earlier export of this name.
    progress : callable, optional
        Called with the rows written and in total, over all formats.

    Raises
    ------
    InputError
        If the folder exists, or a table or text cannot be exported as asked.
    AxisMismatchError
        If instances or features do not fit the labels.
    ValueError
        If a format is unknown.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ValueError(f"unknown formats {unknown}; choose one or more of {list(FORMATS)}")
    check_export_name(folder.name)
    names = None if label_names is None else named_by_attribute(label_names)
    training_set = TrainingSet.joined(labels, instances, features, feature_names, origins, names)
    check_for_matrices(training_set, formats)
    wanted = list(dict.fromkeys(formats))
    done = _counter(len(wanted) * len(instances), progress)
    with publishing(folder, overwrite=overwrite) as beside:
        n_rows: dict[str, int] = {}
        for name in wanted:
            n_rows |= WRITERS[name](beside, training_set, done)
        if label_names is not None:
            n_rows |= write_labels(beside, training_set)
        if origins is not None:
            n_rows |= write_pairs(beside, training_set)
        manifest = _describe(beside, training_set, n_rows, label_version)
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n"
        (beside / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def _counter(n_total: int, progress: Progress | None) -> Callable[[int], None]:
    n_done = 0

    def done(n_rows: int) -> None:
        nonlocal n_done
        n_done += n_rows
        if progress is not None:
            progress(n_done, n_total)

    return done


def _describe(
    folder: Path, training_set: TrainingSet, n_rows: dict[str, int], label_version: str | None
) -> ExportManifest:
    labels = training_set.labels
    return ExportManifest(
        label_version=label_version,
        n_instances=len(labels.instance_ids),
        n_instances_by_split=training_set.split_sizes(),
        n_instances_without_labels=int((np.diff(labels.values.indptr) == 0).sum()),
        n_labels=len(labels.label_ids),
        n_labels_without_instances=int((labels.support() == 0).sum()),
        n_given=labels.n_given,
        n_given_by_origin=None if training_set.origins is None else training_set.origins.counts(),
        files=tuple(_file(folder, path, n) for path, n in n_rows.items()),
    )


def _file(folder: Path, path: str, n_rows: int) -> ExportedFile:
    with (folder / path).open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return ExportedFile(path, n_rows, (folder / path).stat().st_size, sha256)
