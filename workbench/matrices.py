"""Sparse matrices that know their instances and labels, and what an absent pair means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from workbench.errors import AxisMismatchError, InputError
from workbench.ids import is_unique
from workbench.sparse import rows_of


@dataclass(frozen=True, eq=False)
class LabelMatrix:
    """Which labels are given to which instances; an absent pair is *not given*.

    Parameters
    ----------
    values : csr_array of bool, shape (n_instances, n_labels)
        A stored pair is given. Every stored value is True; indices are sorted and unique.
    instance_ids : pd.Index of str, length n_instances
        Any other sequence is made one.
    label_ids : pd.Index of str, length n_labels
    confidence : ndarray of float32, shape (n_given,), optional
        How sure the source of a given pair is, in [0, 1], in the order of ``values.data``.

    Raises
    ------
    InputError
        If the parts do not fit together.

    Examples
    --------
    >>> given = LabelMatrix.from_pairs(
    ...     ["q1", "q1", "q2"], ["red", "shoe", "red"],
    ...     instance_ids=pd.Index(["q1", "q2"]), label_ids=pd.Index(["red", "shoe"]))
    >>> given.support().tolist()
    [2, 1]
    """

    values: csr_array
    instance_ids: pd.Index
    label_ids: pd.Index
    confidence: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        _make_axes(self)
        _check_axes(self.values, self.instance_ids, self.label_ids)
        if self.values.dtype != np.bool_:
            raise InputError(
                f"label matrix: values must be bool, found {self.values.dtype}; give csr_array(Y > "
                "0) if all above 0 is given"
            )
        if not self.values.data.all():
            raise InputError("label matrix: a stored pair must be True; drop stored zeros first")
        if self.confidence is not None:
            check_unit_interval(self.confidence, self.values.nnz, "confidence")

    @classmethod
    def from_pairs(
        cls,
        instances: pd.Series | list[str],
        labels: pd.Series | list[str],
        *,
        instance_ids: pd.Index,
        label_ids: pd.Index,
        confidence: NDArray[np.float32] | None = None,
    ) -> LabelMatrix:
        """Return the matrix of the pairs; a pair named twice keeps its highest confidence.

        Raises
        ------
        InputError
            If a pair names an instance or label that is not on the axes.
        """
        rows = _positions(instances, instance_ids, "instance")
        columns = _positions(labels, label_ids, "label")
        return cls.from_positions(
            rows, columns, instance_ids=instance_ids, label_ids=label_ids, confidence=confidence
        )

    @classmethod
    def from_positions(
        cls,
        rows: NDArray[np.integer],
        columns: NDArray[np.integer],
        *,
        instance_ids: pd.Index,
        label_ids: pd.Index,
        confidence: NDArray[np.float32] | None = None,
    ) -> LabelMatrix:
        """Return the matrix of the pairs at these positions."""
        shape = (len(instance_ids), len(label_ids))
        weight = np.ones(len(rows), np.float32) if confidence is None else confidence
        order = np.lexsort((-np.asarray(weight), columns, rows))
        r, c, w = np.asarray(rows)[order], np.asarray(columns)[order], np.asarray(weight)[order]
        first = np.ones(len(r), bool)
        first[1:] = (r[1:] != r[:-1]) | (c[1:] != c[:-1])
        values = csr_array((np.ones(int(first.sum()), bool), (r[first], c[first])), shape=shape)
        values.sort_indices()
        kept = None if confidence is None else w[first].astype(np.float32)
        return cls(values, instance_ids, label_ids, kept)

    @property
    def n_given(self) -> int:
        """Number of given pairs."""
        return int(self.values.nnz)

    def support(self) -> NDArray[np.int64]:
        """Return how many instances carry each label, shape (n_labels,)."""
        return np.bincount(self.values.indices, minlength=len(self.label_ids)).astype(np.int64)

    def rows_of_pairs(self) -> NDArray[np.int64]:
        """Return the instance position of every given pair, in stored order."""
        return rows_of(self.values)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a given pair: instance_id, label_id and confidence where known."""
        frame = pd.DataFrame(
            {
                "instance_id": self.instance_ids.take(self.rows_of_pairs()),
                "label_id": self.label_ids.take(self.values.indices),
            }
        )
        if self.confidence is not None:
            frame["confidence"] = self.confidence
        return frame

    def take_instances(self, positions: NDArray[np.integer]) -> LabelMatrix:
        """Return the matrix of some instances, in the order of ``positions``."""
        indexed = csr_array(
            (
                np.arange(1, self.n_given + 1, dtype=np.int64),
                self.values.indices,
                self.values.indptr,
            ),
            shape=self.values.shape,
        )[positions]
        confidence = None if self.confidence is None else self.confidence[indexed.data - 1]
        values = csr_array(
            (np.ones(indexed.nnz, bool), indexed.indices, indexed.indptr), shape=indexed.shape
        )
        return LabelMatrix(values, self.instance_ids.take(positions), self.label_ids, confidence)


@dataclass(frozen=True, eq=False)
class PairScores:
    """Out-of-sample probability that a label is truly present; an absent pair was *not judged*.

    Parameters
    ----------
    values : csr_array of float32, shape (n_instances, n_labels)
        In [0, 1]; a stored zero is a judgement and is kept.
    instance_ids : pd.Index of str, length n_instances
        Any other sequence is made one.
    label_ids : pd.Index of str, length n_labels

    Raises
    ------
    InputError
        If the parts do not fit together or a score is NaN or outside [0, 1].

    Examples
    --------
    >>> scores = PairScores(
    ...     csr_array((np.float32([0.9, 0.0]), ([0, 1], [1, 0])), shape=(2, 2)),
    ...     pd.Index(["q1", "q2"]), pd.Index(["red", "shoe"]))
    >>> scores.n_judged
    2
    """

    values: csr_array
    instance_ids: pd.Index
    label_ids: pd.Index

    def __post_init__(self) -> None:
        _make_axes(self)
        _check_axes(self.values, self.instance_ids, self.label_ids)
        if self.values.dtype != np.float32:
            raise InputError(
                f"scores: values must be float32, found {self.values.dtype}; give "
                "scores.astype(np.float32)"
            )
        check_unit_interval(self.values.data, self.values.nnz, "score")

    @property
    def n_judged(self) -> int:
        """Number of judged pairs."""
        return int(self.values.nnz)

    def rows_of_pairs(self) -> NDArray[np.int64]:
        """Return the instance position of every judged pair, in stored order."""
        return rows_of(self.values)


def check_aligned(one: LabelMatrix | PairScores, other: LabelMatrix | PairScores) -> None:
    """Raise unless both speak of the same instances and labels in the same order.

    Raises
    ------
    AxisMismatchError
    """
    for axis, mine, theirs in (
        ("instances", one.instance_ids, other.instance_ids),
        ("labels", one.label_ids, other.label_ids),
    ):
        if mine is theirs or mine.equals(theirs):
            continue
        only = mine.difference(theirs)[:5].tolist()
        raise AxisMismatchError(
            f"the two matrices do not share their {axis}: {len(mine)} against {len(theirs)}"
            + (f"; only in the first: {only}" if only else "; the order differs")
        )


def check_unit_interval(data: NDArray[np.floating], expected: int, what: str) -> None:
    """Raise unless there are as many values as expected, each of them in [0, 1].

    Parameters
    ----------
    data : ndarray of float
    expected : int
    what : str
        What messages call the values.

    Raises
    ------
    InputError
    """
    if data.shape != (expected,):
        raise InputError(f"{what}: expected {expected} values, found {data.shape}")
    bad = ~((data >= 0) & (data <= 1))
    if bad.any():
        raise InputError(
            f"{what}: {int(bad.sum())} of {expected} values are NaN or outside [0, 1], "
            f"at positions {np.flatnonzero(bad)[:5].tolist()}: {data[bad][:5].tolist()}"
        )


def pairs_in(
    matrix: csr_array, rows: NDArray[np.integer], columns: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return where each pair is stored in ``matrix.data``, or -1 where it is absent.

    ``matrix`` has sorted indices.
    """
    # 60 MB that who only reads matrices does without.
    from workbench.kernels import read_only
    from workbench.lookup import find_stored

    stored = (matrix.indptr, matrix.indices)
    wanted = (np.asarray(p, np.int64) for p in np.broadcast_arrays(rows, columns))
    places: NDArray[np.int64] = find_stored(
        *(read_only(np.ascontiguousarray(array)) for array in (*stored, *wanted))
    )
    return places


def _make_axes(matrix: LabelMatrix | PairScores) -> None:
    """Make indexes of ids that are none yet.

    Raises
    ------
    TypeError
        If they are no sequence, such as a single text.
    """
    for name in ("instance_ids", "label_ids"):
        ids = getattr(matrix, name)
        if isinstance(ids, pd.Index):
            continue
        if isinstance(ids, str) or not hasattr(ids, "__len__") or not hasattr(ids, "__iter__"):
            raise TypeError(
                f"{name} must be a sequence of distinct ids, found {type(ids).__name__}"
            )
        object.__setattr__(matrix, name, pd.Index(ids if hasattr(ids, "dtype") else list(ids)))


def _check_axes(values: csr_array, instance_ids: pd.Index, label_ids: pd.Index) -> None:
    if not issparse(values) or values.format != "csr":
        raise TypeError(
            f"values must be a scipy csr_array, found {type(values).__name__}; make one with "
            "csr_array(...)"
        )
    expected = (len(instance_ids), len(label_ids))
    if values.shape != expected:
        raise InputError(f"matrix of shape {values.shape} does not fit axes of lengths {expected}")
    for name, axis in (("instance", instance_ids), ("label", label_ids)):
        if not is_unique(axis):
            twice = axis[axis.duplicated()].unique()
            raise InputError(
                f"{len(twice)} {name} ids appear more than once: {twice[:5].tolist()}; "
                "merge their rows first"
            )
    if not values.has_canonical_format:
        raise InputError("matrix has unsorted or repeated pairs; call sum_duplicates() first")


def _positions(ids: pd.Series | list[str], axis: pd.Index, what: str) -> NDArray[np.int64]:
    positions = axis.get_indexer(pd.Index(ids))
    if (positions < 0).any():
        unknown = pd.Index(ids)[positions < 0].unique()
        raise InputError(f"{len(unknown)} unknown {what} ids: {unknown[:5].tolist()}")
    return positions.astype(np.int64)
