"""Labels joined to their texts, as blocks of Arrow rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.ids import in_arrow
from workbench.matrices import LabelMatrix
from workbench.sparse import let_go_of_pages

SPLITS = ("train", "test")
_ROWS_AT_ONCE = 10_000
# Of features, of which a row has dozens.
_FEATURE_ROWS_AT_ONCE = 1_000
_TEXT_COLUMNS = ("instance_id", "text", "split")

Done = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class PairOrigins:
    """Who said so, of each given pair.

    Parameters
    ----------
    names : tuple of str
        What the codes mean.
    codes : ndarray of uint8, shape (n_given,)
        In the order of the stored pairs, as all that follows.
    versions : tuple of str
        The label versions of the lineage.
    since : ndarray of int, shape (n_given,)
        The position in ``versions`` of the one in which the pair was last settled.
    posterior : ndarray of float32, shape (n_given,)
        What the signals believed; NaN where none had a say.
    people : sequence of lists of str or None, length n_given, optional
        Who decided, where that is recorded.
    """

    names: tuple[str, ...]
    codes: NDArray[np.uint8]
    versions: tuple[str, ...]
    since: NDArray[np.integer]
    posterior: NDArray[np.float32]
    people: Sequence[Sequence[str] | None] | None = None

    def counts(self) -> dict[str, int]:
        """Return how many given pairs each has that has any."""
        n_pairs = np.bincount(self.codes, minlength=len(self.names)).tolist()
        return {name: n for name, n in zip(self.names, n_pairs, strict=True) if n}


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
    origins : PairOrigins, optional
    label_names : DataFrame, optional
        attribute and value, by label id.
    """

    labels: LabelMatrix
    instances: pd.DataFrame
    features: csr_array | None = None
    feature_names: Sequence[str] | None = None
    origins: PairOrigins | None = None
    label_names: pd.DataFrame | None = None

    @classmethod
    def joined(
        cls,
        labels: LabelMatrix,
        instances: pd.DataFrame,
        features: csr_array | None,
        feature_names: Sequence[str] | None,
        origins: PairOrigins | None = None,
        label_names: pd.DataFrame | None = None,
    ) -> TrainingSet:
        """Return the training set with the instances put in the order of the labels.

        Raises
        ------
        InputError
            If a column is missing, of the wrong type, or holds values it must not, or an id or
            text is not Unicode.
        AxisMismatchError
            If instances, features or origins do not fit the labels.
        """
        _check_columns(instances)
        names = [*_TEXT_COLUMNS, *(["weight"] if "weight" in instances else [])]
        rows = instances[names]
        if not labels.instance_ids.equals(pd.Index(instances["instance_id"])):
            rows = rows.iloc[_positions(instances, labels)]
        _check_features(labels, features, feature_names)
        if origins is not None and len(origins.codes) != labels.n_given:
            raise AxisMismatchError(
                f"{len(origins.codes)} origins do not fit {labels.n_given} given pairs"
            )
        _check_unicode(labels, rows, feature_names)
        return cls(labels, rows, features, feature_names, origins, label_names)

    def tables(self, split: str | None = None) -> Iterator[pa.Table]:
        """Yield the rows, all or those of a split, a block at a time; one empty block if none.

        Columns instance_id, text, split, weight where known, labels (a list in the order of the
        label axis), confidences (a list of float32) and origins (a list) where known.
        """
        label_ids = arrow_texts(self.labels.label_ids)
        for rows in self.row_blocks(split):
            frame = self.instances.iloc[rows]
            offsets, pairs = self.pairs_of(rows)
            table = pa.Table.from_pandas(frame, _schema(frame), preserve_index=False)
            lists = {"labels": label_ids.take(pa.array(self.labels.values.indices[pairs]))}
            if self.labels.confidence is not None:
                lists["confidences"] = pa.array(self.labels.confidence[pairs])
            if self.origins is not None:
                names = pa.array(self.origins.names, pa.string())
                lists["origins"] = names.take(pa.array(self.origins.codes[pairs]))
            for name, values in lists.items():
                table = table.append_column(name, pa.ListArray.from_arrays(offsets, values))
            yield table.replace_schema_metadata(None)

    def pairs_of(self, rows: NDArray[np.int64]) -> tuple[pa.Array, NDArray[np.int64]]:
        """Return where the pairs of each row begin among those of all, and where they are stored.

        Parameters
        ----------
        rows : ndarray of int64, shape (n_rows,)
        """
        indptr = np.asarray(self.labels.values.indptr, np.int64)
        lengths = indptr[rows + 1] - indptr[rows]
        edges = np.append(0, np.cumsum(lengths))
        pairs = np.arange(edges[-1]) + np.repeat(indptr[rows] - edges[:-1], lengths)
        return pa.array(edges.astype(np.int32)), pairs

    def rows(self, split: str | None) -> NDArray[np.int64]:
        """Return the positions of the instances of a split, or of all."""
        if split is None:
            return np.arange(len(self.instances))
        return np.flatnonzero(self.instances["split"] == split)

    def row_blocks(
        self, split: str | None, at_once: int | None = None
    ) -> Iterator[NDArray[np.int64]]:
        """Yield the positions of the instances of a split, or of all, a block at a time."""
        rows, at_once = self.rows(split), at_once or _ROWS_AT_ONCE
        for start in range(0, max(len(rows), 1), at_once):
            yield rows[start : start + at_once]

    def blocks(self, split: str) -> Iterator[tuple[csr_array, csr_array]]:
        """Yield the features and labels of a split, a block of rows at a time."""
        blocks = self.row_blocks(split, _FEATURE_ROWS_AT_ONCE)
        for X, rows in zip(self.feature_blocks(split), blocks, strict=True):
            yield X, self.labels.values[rows]

    def feature_blocks(self, split: str) -> Iterator[csr_array]:
        """Yield the features of a split; of a matrix in a file no more stays in memory."""
        assert self.features is not None
        for rows in self.row_blocks(split, _FEATURE_ROWS_AT_ONCE):
            yield self.features[rows]
            let_go_of_pages(self.features)

    def instance_ids(self, split: str) -> pd.Index:
        """Return the ids of a split, in the order of its blocks."""
        return self.labels.instance_ids[self.rows(split)]

    def split_sizes(self) -> dict[str, int]:
        """Return the number of instances in each split that has any."""
        sizes = self.instances["split"].value_counts()
        return {split: int(sizes[split]) for split in SPLITS if split in sizes}


def arrow_texts(texts: Any) -> pa.Array:
    """Return texts as one Arrow array; a pandas column may come in several."""
    found = pa.array(texts, pa.string(), from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


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


def _check_unicode(
    labels: LabelMatrix, instances: pd.DataFrame, feature_names: Sequence[str] | None
) -> None:
    """Raise if a text holds half a surrogate pair: no file of UTF-8 can."""
    problems = []
    for what, texts in (
        ("label ids", labels.label_ids),
        ("instance ids", labels.instance_ids),
        ("texts", instances["text"]),
        ("feature names", feature_names if feature_names is not None else ()),
    ):
        if in_arrow(texts):
            continue
        try:
            pa.array(texts, pa.string())
        except UnicodeEncodeError:
            broken = [text for text in texts if not _is_unicode(text)]
            problems.append(f"{len(broken)} {what}: {', '.join(map(ascii, broken[:5]))}")
    if problems:
        raise InputError(
            f"half a surrogate pair, which no file can hold, is in {'; '.join(problems)}; "
            "repair the input, whose text was cut or decoded wrongly"
        )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
