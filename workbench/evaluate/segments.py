"""Parts that are measured by themselves: labels by support or attribute, instances by branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.matrices import LabelMatrix

SEGMENTS = ("head", "torso", "tail")
# Of fewer instances an interval is wider than any difference that one could hope for.
MIN_INSTANCES = 30
MAX_SEGMENTS = 30
# Longer chains of parents run in a circle: so many doublings reach 2^6 levels.
_DOUBLINGS = 6


@dataclass(frozen=True, eq=False)
class Segment:
    """Some of the test data.

    Parameters
    ----------
    by : str
        ``attribute`` or ``branch``.
    name : str
        The attribute, or the label that is the branch; ``""`` where it stands for many or none.
    rows : ndarray of int64
        The instances that take part, ascending: each has a true label here.
    columns : ndarray of int64, optional
        The labels that are ranked and true; all if left out.
    n_pooled : int
        How many attributes or branches it holds: 1, more for the small ones taken together, 0
        for what has none.
    """

    by: str
    name: str
    rows: NDArray[np.int64]
    columns: NDArray[np.int64] | None = None
    n_pooled: int = 1

    def part_of(self, values: csr_array) -> csr_array:
        """Return these instances and labels of a matrix, shape (n_rows, n_columns)."""
        rows = values[self.rows]
        return rows if self.columns is None else rows[:, self.columns]


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The segments of a kind, the largest first, and what is in none of them.

    Parameters
    ----------
    by : str
    segments : tuple of Segment
        None if there would be a single one, which is all over again.
    n_without : int
        How many attributes or branches no instance is in.
    n_small : int
        How many were too small even together, and are in no segment.
    """

    by: str
    segments: tuple[Segment, ...]
    n_without: int = 0
    n_small: int = 0


def label_segments(support: NDArray[np.integer]) -> NDArray[np.str_]:
    """Return head, torso or tail for every label, each with about a third of the given pairs.

    Labels are taken by falling support, equal ones by position. Head are the labels before which
    less than a third of all pairs is counted, torso those before which less than two thirds is,
    tail the rest and every label without support. So a label belongs to one segment whole, and
    one that carries most pairs is the head alone.

    Parameters
    ----------
    support : ndarray of int, shape (n_labels,)

    Examples
    --------
    >>> label_segments(np.array([1, 4, 2, 1, 1, 0])).tolist()
    ['tail', 'head', 'torso', 'tail', 'tail', 'tail']
    """
    order = np.argsort(-support, kind="stable")
    before = np.cumsum(support[order]) - support[order]
    total = int(support.sum())
    # In whole numbers: a third is exact.
    place = (3 * before >= total).astype(int) + (3 * before >= 2 * total)
    segments = np.empty(len(support), "<U5")
    segments[order] = np.array(SEGMENTS)[place]
    segments[np.asarray(support) == 0] = "tail"
    return segments


def segment_by_attribute(
    truth: LabelMatrix, attributes: Sequence[Any] | pd.Series, *, min_instances: int = MIN_INSTANCES
) -> Segmentation:
    """Return the labels parted by attribute, each with the instances that truly carry one.

    Attributes with fewer than ``min_instances`` instances, and those beyond the largest
    `MAX_SEGMENTS`, are taken together.

    Parameters
    ----------
    truth : LabelMatrix
    attributes : sequence of str or None, length n_labels
        None or NaN where a label has none; such labels are a segment of their own.

    Examples
    --------
    >>> truth = LabelMatrix.from_positions(np.array([0, 1, 1]), np.array([0, 0, 2]),
    ...     instance_ids=pd.Index(["a", "b"]), label_ids=pd.Index(["red", "blue", "shoe"]))
    >>> found = segment_by_attribute(truth, ["Color", "Color", "Type"], min_instances=1)
    >>> [(one.name, one.rows.tolist(), one.columns.tolist()) for one in found.segments]
    [('Color', [0, 1], [0, 1]), ('Type', [1], [2])]
    """
    codes, names = pd.factorize(pd.Series(attributes, dtype="str"))
    named = dict(enumerate(map(str, names)))
    # Those without an attribute come last.
    codes = np.where(codes < 0, len(names), codes)
    rows = _rows_of_groups(codes, truth)
    if len(np.unique(codes)) < 2:
        return Segmentation("attribute", ())
    large, small = _parted(rows, min_instances)
    segments = [
        Segment(
            "attribute", named.get(at, ""), rows[at], np.flatnonzero(codes == at), int(at in named)
        )
        for at in large
    ]
    together = _together(rows, small)
    if enough := len(together) >= min_instances and bool(small):
        columns = np.flatnonzero(np.isin(codes, small))
        segments.append(Segment("attribute", "", together, columns, len(small)))
    n_without = len(np.unique(codes)) - len(rows)
    return Segmentation("attribute", tuple(segments), n_without, 0 if enough else len(small))


def segment_by_branch(
    truth: LabelMatrix, parents: NDArray[np.int64], *, min_instances: int = MIN_INSTANCES
) -> Segmentation:
    """Return the instances by the branch of the taxonomy that a true label of theirs lies in.

    Branches are the topmost labels with others below them; below a single one, its children
    that have some. All labels of an instance are measured, and it may be in several branches.
    Small ones are taken together, as are instances in none.

    Parameters
    ----------
    truth : LabelMatrix
    parents : ndarray of int64, shape (n_labels,)
        Position of the label above, -1 without one.
    """
    branch = branches_of_labels(parents)
    known = np.unique(branch[branch >= 0])
    rows = _rows_of_groups(branch, truth)
    outside = np.setdiff1d(rows.pop(-1, _NOBODY), _together(rows, list(rows)))
    large, small = _parted(rows, min_instances)
    segments = [Segment("branch", str(truth.label_ids[at]), rows[at]) for at in large]
    together = _together(rows, small)
    if enough := len(together) >= min_instances and bool(small):
        segments.append(Segment("branch", "", together, n_pooled=len(small)))
    if len(known) and len(outside) >= min_instances:
        segments.append(Segment("branch", "", outside, n_pooled=0))
    n_without = len(known) - len(rows)
    return Segmentation("branch", tuple(segments), n_without, 0 if enough else len(small))


_NOBODY = np.empty(0, np.int64)


def branches_of_labels(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position of each label's branch, -1 where it is in none, shape (n_labels,).

    Examples
    --------
    >>> branches_of_labels(np.array([-1, 0, 1, -1, 3, -1])).tolist()
    [0, 0, 0, 3, 3, -1]
    >>> branches_of_labels(np.array([-1, 0, 1, 0, 3, -1])).tolist()  # one root: a level deeper
    [-1, 1, 1, 3, 3, -1]
    """
    parents = np.asarray(parents, np.int64).copy()
    while True:
        is_above = np.zeros(len(parents), bool)
        is_above[parents[parents >= 0]] = True
        tops = np.flatnonzero((parents < 0) & is_above)
        below = np.flatnonzero(is_above & (parents >= 0))
        deeper = len(tops) == 1 and bool((parents[below] == tops[0]).any())
        if not deeper:
            break
        parents[parents == tops[0]] = -1
    top = np.where(parents >= 0, parents, np.arange(len(parents)))
    for _ in range(_DOUBLINGS):
        top = top[top]
    found = np.full(len(parents), -1, np.int64)
    inside = np.isin(top, tops)
    found[inside] = top[inside]
    return found


def _rows_of_groups(group: NDArray[np.int64], truth: LabelMatrix) -> dict[int, NDArray[np.int64]]:
    """Return the instances with a true label of each group, ascending; no group is empty."""
    pairs = pd.DataFrame({"group": group[truth.values.indices], "row": truth.rows_of_pairs()})
    pairs = pairs.drop_duplicates().sort_values(["group", "row"])
    if pairs.empty:
        return {}
    starts = np.flatnonzero(np.diff(pairs["group"].to_numpy(), prepend=-2))
    groups, rows = pairs["group"].to_numpy()[starts], pairs["row"].to_numpy(np.int64)
    return dict(zip(groups.tolist(), np.split(rows, starts[1:]), strict=True))


def _parted(rows: dict[int, NDArray[np.int64]], min_instances: int) -> tuple[list[int], list[int]]:
    """Return the groups that are large, the largest first, and those that are small."""
    order = sorted(rows, key=lambda at: -len(rows[at]))
    large = [at for at in order if len(rows[at]) >= min_instances][:MAX_SEGMENTS]
    return large, order[len(large) :]


def _together(rows: dict[int, NDArray[np.int64]], groups: list[int]) -> NDArray[np.int64]:
    return np.unique(np.concatenate([rows[at] for at in groups])) if groups else _NOBODY
