"""Tables beside the instances: one row a label, one row a given pair."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.export.parquet_writer import write_parquet_tables
from workbench.export.training_set import SPLITS, TrainingSet, arrow_texts


def write_labels(folder: Path, training_set: TrainingSet) -> dict[str, int]:
    """Write labels.parquet, one row a label."""
    table = label_table(training_set)
    write_parquet_tables(folder / "labels.parquet", [table], lambda _: None)
    return {"labels.parquet": len(table)}


def write_pairs(folder: Path, training_set: TrainingSet) -> dict[str, int]:
    """Write pairs.parquet, one row a given pair: who said so, since when, how sure."""
    write_parquet_tables(folder / "pairs.parquet", _pairs(training_set), lambda _: None)
    return {"pairs.parquet": training_set.labels.n_given}


def label_table(training_set: TrainingSet) -> pa.Table:
    """Return one row a label, in the order of the label axis.

    Columns label_index, label_id, attribute and value where known, and n_train and n_test, the
    instances of each split that carry it.
    """
    labels = training_set.labels
    columns = {
        "label_index": pa.array(np.arange(len(labels.label_ids)), pa.int64()),
        "label_id": arrow_texts(labels.label_ids),
    }
    if training_set.label_names is not None:
        for name in ("attribute", "value"):
            column = training_set.label_names[name].reindex(labels.label_ids)
            columns[name] = arrow_texts(column)
    for split in SPLITS:
        counts = np.zeros(len(labels.label_ids), np.int64)
        for rows in training_set.row_blocks(split):
            _, pairs = training_set.pairs_of(rows)
            counts += np.bincount(labels.values.indices[pairs], minlength=len(counts))
        columns[f"n_{split}"] = pa.array(counts, pa.int64())
    return pa.table(columns)


def _pairs(training_set: TrainingSet) -> Iterator[pa.Table]:
    """Yield the given pairs in the order of the label matrix, a block of instances at a time."""
    labels, origins = training_set.labels, training_set.origins
    assert origins is not None
    label_ids, splits = arrow_texts(labels.label_ids), training_set.instances["split"]
    names, versions = pa.array(origins.names), pa.array(origins.versions)
    for rows in training_set.row_blocks(None):
        offsets, pairs = training_set.pairs_of(rows)
        of_pairs = rows.repeat(np.diff(offsets.to_numpy()))
        columns = {
            "instance_id": arrow_texts(labels.instance_ids[of_pairs]),
            "label_id": label_ids.take(pa.array(labels.values.indices[pairs])),
            "split": arrow_texts(splits.iloc[of_pairs]),
            "origin": names.take(pa.array(origins.codes[pairs])),
            "since": versions.take(pa.array(origins.since[pairs])),
            "posterior": pa.array(origins.posterior[pairs], pa.float32(), from_pandas=True),
        }
        if labels.confidence is not None:
            columns["confidence"] = pa.array(labels.confidence[pairs], pa.float32())
        if origins.people is not None:
            said = [origins.people[pair] for pair in pairs.tolist()]
            columns["reviewers"] = pa.array(said, pa.list_(pa.string()))
        yield pa.table(columns)


def named_by_attribute(labels: pd.DataFrame) -> pd.DataFrame | None:
    """Return attribute and value by label id; None if the table does not have them."""
    if not {"label_id", "attribute", "value"} <= set(labels.columns):
        return None
    return labels.set_index("label_id")[["attribute", "value"]]
