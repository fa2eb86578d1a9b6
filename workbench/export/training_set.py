"""Labels joined to their texts, as blocks of Arrow rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.matrices import LabelMatrix

SPLITS = ("train", "test")
_ROWS_AT_ONCE = 20_000
_TEXT_COLUMNS = ("instance_id", "text", "split")


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """What is exported.

    Parameters
    ----------
    labels : LabelMatrix
    instances : DataFrame
        instance_id, text, split and perhaps weight; rows in the order of the labels.
    features : csr_array of numbers, shape (n_instances, n_features), optional
    feature_names : sequence of str, length n_features, optional
    """

    labels: LabelMatrix
    instances: pd.DataFrame
    features: csr_array | None = None
    feature_names: Sequence[str] | None = None

    @classmethod
    def joined(
        cls,
        labels: LabelMatrix,
        instances: pd.DataFrame,
        features: csr_array | None,
        feature_names: Sequence[str] | None,
    ) -> TrainingSet:
        """Return the training set with the instances put in the order of the labels.

        Raises
        ------
        InputError
            If a column is missing, of the wrong type, or holds values it must not.
        AxisMismatchError
            If instances or features do not fit the labels.
        """
        _check_columns(instances)
        names = [*_TEXT_COLUMNS, *(["weight"] if "weight" in instances else [])]
        rows = instances[names].iloc[_positions(instances, labels)]
        _check_features(labels, features, feature_names)
        return cls(labels, rows, features, feature_names)

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows, a block at a time; one empty block if there are none.

        Columns instance_id, text, split, weight where known, labels (a list in the order of the
        label axis) and confidences (a list of float32) where known.
        """
        label_ids = pa.array(self.labels.label_ids, pa.string())
        values, confidence = self.labels.values, self.labels.confidence
        for start in range(0, max(len(self.instances), 1), _ROWS_AT_ONCE):
            frame = self.instances.iloc[start : start + _ROWS_AT_ONCE]
            edges = values.indptr[start : start + len(frame) + 1]
            given = slice(edges[0], edges[-1])
            offsets = pa.array((edges - edges[0]).astype(np.int32))
            table = pa.Table.from_pandas(frame, _schema(frame), preserve_index=False)
            names = label_ids.take(pa.array(values.indices[given]))
            table = table.append_column("labels", pa.ListArray.from_arrays(offsets, names))
            if confidence is not None:
                sure = pa.ListArray.from_arrays(offsets, pa.array(confidence[given]))
                table = table.append_column("confidences", sure)
            yield table.replace_schema_metadata(None)

    def blocks(self, split: str) -> Iterator[tuple[csr_array, csr_array]]:
        """Yield the features and labels of a split, a block of rows at a time."""
        assert self.features is not None
        rows = np.flatnonzero(self.instances["split"] == split)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            block = rows[start : start + _ROWS_AT_ONCE]
            yield self.features[block], self.labels.values[block]

    def instance_ids(self, split: str) -> pd.Index:
        """Return the ids of a split, in the order of its blocks."""
        return self.labels.instance_ids[(self.instances["split"] == split).to_numpy()]

    def split_sizes(self) -> dict[str, int]:
        """Return the number of instances in each split that has any."""
        sizes = self.instances["split"].value_counts()
        return {split: int(sizes[split]) for split in SPLITS if split in sizes}


def _schema(frame: pd.DataFrame) -> pa.Schema:
    fields = [(name, pa.string()) for name in _TEXT_COLUMNS]
    if "weight" in frame:
        fields.append(("weight", pa.int64()))
    return pa.schema(fields)


def _check_columns(instances: pd.DataFrame) -> None:
    missing = [name for name in _TEXT_COLUMNS if name not in instances]
    if missing:
        raise InputError(
            f"instances: missing columns {missing}, found {instances.columns.tolist()}; "
            f"expected {list(_TEXT_COLUMNS)} and perhaps 'weight'"
        )
    problems = []
    for name in _TEXT_COLUMNS:
        n_null = int(instances[name].isna().sum())
        if n_null:
            problems.append(f"{n_null} values of '{name}' are null")
        elif not isinstance(instances[name].dtype, pd.StringDtype):
            problems.append(f"'{name}' must be str, found {instances[name].dtype}")
    if "weight" in instances and not pd.api.types.is_integer_dtype(instances["weight"]):
        problems.append(f"'weight' must be whole numbers, found {instances['weight'].dtype}")
    strange = instances.loc[~instances["split"].isin(SPLITS), "split"].dropna()
    if len(strange):
        shown = strange.unique()[:5].tolist()
        problems.append(f"{len(strange)} values of 'split' are not train or test: {shown}")
    if problems:
        raise InputError(f"instances: {'; '.join(problems)}; repair the table before the export")


def _positions(instances: pd.DataFrame, labels: LabelMatrix) -> NDArray[np.int64]:
    ids = pd.Index(instances["instance_id"])
    if not ids.is_unique:
        twice = ids[ids.duplicated()].unique()
        raise InputError(
            f"instances: {len(twice)} ids appear more than once: {twice[:5].tolist()}; "
            "keep one row each"
        )
    positions = ids.get_indexer(labels.instance_ids)
    without = labels.instance_ids[positions < 0]
    if len(without) or len(ids) != len(labels.instance_ids):
        surplus = ids.difference(labels.instance_ids)
        raise AxisMismatchError(
            "instances and labels must speak of the same instances; "
            f"{len(without)} of the labels are not in the table: {without[:5].tolist()}; "
            f"{len(surplus)} of the table have no row in the labels: {surplus[:5].tolist()}"
        )
    return np.asarray(positions, np.int64)


def _check_features(
    labels: LabelMatrix, features: csr_array | None, feature_names: Sequence[str] | None
) -> None:
    if features is not None and features.shape[0] != len(labels.instance_ids):
        raise AxisMismatchError(
            f"features have {features.shape[0]} rows, the labels {len(labels.instance_ids)}"
        )
    if feature_names is not None and features is None:
        raise ValueError("feature_names were given without features")
    if features is None or feature_names is None:
        return
    if len(feature_names) != features.shape[1]:
        raise AxisMismatchError(
            f"{len(feature_names)} feature names do not fit {features.shape[1]} features"
        )
