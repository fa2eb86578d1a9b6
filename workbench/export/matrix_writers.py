"""Formats of matrices: a file a split for trainers that count labels and features by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.export.training_set import Done, TrainingSet
from workbench.formats import NpzBlocks, write_npz_blocks, write_xmc_blocks
from workbench.ids import in_lists

# What needs features.
MATRIX_FORMATS = ("xmc", "npz")


def write_xmc_folder(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write xmc/: for each split a matrix and the ids of its lines; the names of the columns."""
    n_features, n_labels = _widths(training_set)
    n_rows = _write_names(folder / "xmc", training_set)
    for split, size in training_set.split_sizes().items():
        blocks = _counted(training_set.blocks(split), done)
        write_xmc_blocks(folder / f"xmc/{split}.txt", (size, n_features, n_labels), blocks)
        n_rows[f"xmc/{split}.txt"] = size
    return n_rows


def write_npz_folder(folder: Path, training_set: TrainingSet, done: Done) -> dict[str, int]:
    """Write npz/: for each split X and Y, and the names of rows and columns."""
    n_rows = _write_names(folder / "npz", training_set)
    for split, size in training_set.split_sizes().items():
        for name, parts in _matrices(training_set, split, done):
            write_npz_blocks(folder / f"npz/{name}_{split}.npz", parts)
            n_rows[f"npz/{name}_{split}.npz"] = size
    if training_set.origins is not None:
        names = pd.Index(training_set.origins.names)
        n_rows["npz/origins.txt"] = _write_lines(folder / "npz/origins.txt", names)
    return n_rows


def check_for_matrices(training_set: TrainingSet, formats: Iterable[str]) -> None:
    """Raise unless there are features and every name fits on one line.

    Raises
    ------
    InputError
    """
    wanted = " and ".join(name for name in formats if name in MATRIX_FORMATS)
    if not wanted:
        return
    if training_set.features is None:
        raise InputError(f"the format {wanted} needs features; pass them or leave the format out")
    for what, ids in (
        ("instance ids", training_set.labels.instance_ids),
        ("label ids", training_set.labels.label_ids),
        ("feature names", training_set.feature_names or ()),
    ):
        broken = [text for part in in_lists(ids) for text in part if "\n" in text or "\r" in text]
        if broken:
            raise InputError(
                f"{len(broken)} {what} hold a line break, which the name files of the format "
                f"{wanted} cannot: {broken[:5]}; rename them or leave the format out"
            )


def _matrices(training_set: TrainingSet, split: str, done: Done) -> Iterator[tuple[str, NpzBlocks]]:
    """Yield the name and the blocks of each matrix of a split; X counts the rows."""
    labels, rows = training_set.labels, training_set.rows(split)
    n_features, n_labels = _widths(training_set)
    X = training_set.features
    assert X is not None

    def features() -> Iterator[csr_array]:
        for block in training_set.feature_blocks(split):
            yield block.astype(np.float32)

    def of_pairs(values: NDArray[Any] | None, dtype: type) -> Callable[[], Iterator[csr_array]]:
        def blocks() -> Iterator[csr_array]:
            for block in training_set.row_blocks(split):
                offsets, pairs = training_set.pairs_of(block)
                data = np.ones(len(pairs), dtype) if values is None else values[pairs]
                parts = (data, labels.values.indices[pairs], offsets.to_numpy())
                yield csr_array(parts, shape=(len(block), n_labels))

        return blocks

    n_values, n_pairs = _n_stored(X, rows), _n_stored(labels.values, rows)
    shape = (len(rows), n_labels)
    yield "X", NpzBlocks((len(rows), n_features), n_values, np.float32, features)
    done(len(rows))
    yield "Y", NpzBlocks(shape, n_pairs, np.float32, of_pairs(None, np.float32))
    if labels.confidence is not None:
        sure = of_pairs(labels.confidence, np.float32)
        yield "confidence", NpzBlocks(shape, n_pairs, np.float32, sure)
    if training_set.origins is not None:
        # From one on: a stored zero gets lost in sums.
        codes = of_pairs(training_set.origins.codes + np.uint8(1), np.uint8)
        yield "origin", NpzBlocks(shape, n_pairs, np.uint8, codes)


def _n_stored(matrix: csr_array, rows: NDArray[np.int64]) -> int:
    lengths = np.diff(np.asarray(matrix.indptr, np.int64))
    return int(lengths[rows].sum())


def _widths(training_set: TrainingSet) -> tuple[int, int]:
    assert training_set.features is not None
    return training_set.features.shape[1], len(training_set.labels.label_ids)


def _write_names(folder: Path, training_set: TrainingSet) -> dict[str, int]:
    """Write what the rows of each split and the columns are; return the files with their lines."""
    folder.mkdir()
    names = {"labels": training_set.labels.label_ids}
    if training_set.feature_names is not None:
        names["features"] = pd.Index(training_set.feature_names)
    for split in training_set.split_sizes():
        names[f"{split}_instances"] = training_set.instance_ids(split)
    return {
        f"{folder.name}/{name}.txt": _write_lines(folder / f"{name}.txt", ids)
        for name, ids in names.items()
    }


def _write_lines(path: Path, texts: pd.Index) -> int:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for part in in_lists(texts):
            stream.writelines(f"{text}\n" for text in part)
    return len(texts)


def _counted(
    blocks: Iterable[tuple[csr_array, csr_array]], done: Done
) -> Iterator[tuple[csr_array, csr_array]]:
    for X, Y in blocks:
        yield X, Y
        done(X.shape[0])
