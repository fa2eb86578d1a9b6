"""The issues of a workspace as cards: which a filter admits, and in which order they come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.ids import position_of
from workbench.review.pair_positions import PairPositions
from workbench.text import normalise

QueueOrder = Literal["rank", "gain_rank", "label"]
# Rows that are looked at together while the next cards are searched for.
_BLOCK = 8192


@dataclass(frozen=True)
class QueueFilter:
    """Which issues a reviewer is asked about; what is not set admits everything.

    Parameters
    ----------
    kind : str, optional
        ``wrong`` or ``missing``.
    attribute, label_id, instance_id, split, pattern_id : str, optional
    suspicion : tuple of (float, float), optional
        Lowest suspicion (1 - label quality), and the lowest that is too high.
    support : tuple of (int, int), optional
        Lowest and highest number of instances that carry the label.
    text : str
        Found in the instance, whatever its case and width.
    """

    kind: str | None = None
    attribute: str | None = None
    label_id: str | None = None
    instance_id: str | None = None
    split: str | None = None
    pattern_id: str | None = None
    suspicion: tuple[float, float] | None = None
    support: tuple[int, int] | None = None
    text: str = ""


EVERYTHING = QueueFilter()


@dataclass(frozen=True)
class Card:
    """One instance with its flagged labels.

    Parameters
    ----------
    instance_id : str
    asked : tuple of str
        The labels that are asked, in the order of the queue.
    besides : tuple of str
        Its other flagged labels.
    is_gold : bool
        The answer is known, or measures others: the card does not show what was said before.
    """

    instance_id: str
    asked: tuple[str, ...]
    besides: tuple[str, ...]
    is_gold: bool = False


class ReviewQueue:
    """The issues in the orders in which they may be asked.

    The unit of work is a card: an instance with all its flagged labels, placed where its best
    ranked issue stands. Which issues are asked is handed in as a mask over the rows of the issue
    table, since it changes with every decision and the queue does not.

    Parameters
    ----------
    issues : pd.DataFrame
        The issue table: ``instance_id, label_id, kind, rank`` and, where there are any,
        ``gain_rank, label_quality, pattern_id``. The order of its rows settles equal ranks.
    instances : pd.DataFrame, optional
        Columns instance_id, text, split. Without it, text is searched in the instance ids and
        splits are unknown.
    labels : pd.DataFrame, optional
        Columns label_id, attribute and perhaps support. Without it attributes are unknown.

    Raises
    ------
    InputError
        If a table lacks a column.

    Examples
    --------
    >>> issues = pd.DataFrame({
    ...     "instance_id": ["red shoe", "blue cap", "red shoe"],
    ...     "label_id": ["Color: Blue", "Color: Red", "Type: Cap"],
    ...     "kind": ["wrong", "wrong", "wrong"], "rank": [1, 2, 3]})
    >>> queue = ReviewQueue(issues)
    >>> [(card.instance_id, card.asked) for card in queue.cards(np.array([False, True, True]))]
    [('blue cap', ('Color: Red',)), ('red shoe', ('Type: Cap',))]
    """

    def __init__(
        self,
        issues: pd.DataFrame,
        *,
        instances: pd.DataFrame | None = None,
        labels: pd.DataFrame | None = None,
    ) -> None:
        _check_columns(issues, ["instance_id", "label_id", "kind", "rank"], "issues")
        self.positions = PairPositions(issues)
        self._columns = issues.drop(columns=["instance_id", "label_id"]).reset_index(drop=True)
        self._instance = self.positions.rows
        self._label = self.positions.columns
        self._orders: dict[str, NDArray[np.int64]] = {}
        self._places_of: dict[str, NDArray[np.int64]] = {}
        self._instances = _about(self.positions.instance_ids, instances, ["text", "split"])
        self._labels = _about(self.positions.label_ids, labels, ["attribute"])

    def __len__(self) -> int:
        return len(self.positions)

    def matching(self, where: QueueFilter = EVERYTHING) -> NDArray[np.bool_]:
        """Return which issues the filter admits, decided or not, shape (n_issues,)."""
        admitted = np.ones(len(self), bool)
        for column, wanted in (("kind", where.kind), ("pattern_id", where.pattern_id)):
            if wanted is not None:
                admitted &= _equal(self._columns, column, wanted)
        if where.label_id is not None:
            admitted &= (self.positions.label_ids == where.label_id)[self._label]
        if where.instance_id is not None:
            admitted &= (self.positions.instance_ids == where.instance_id)[self._instance]
        if where.attribute is not None:
            admitted &= _equal(self._labels, "attribute", where.attribute)[self._label]
        if where.support is not None:
            admitted &= _between(self._labels, "support", *where.support)[self._label]
        if where.split is not None:
            admitted &= _equal(self._instances, "split", where.split)[self._instance]
        if where.suspicion is not None:
            low, high = where.suspicion
            suspicion = 1 - _column(self._columns, "label_quality").to_numpy(float)
            admitted &= (suspicion >= low) & (suspicion < high)
        if where.text.strip():
            admitted &= self._contains(where.text)[self._instance]
        return admitted

    def cards(
        self,
        asked: NDArray[np.bool_],
        *,
        order: QueueOrder = "rank",
        limit: int = 50,
        besides: Collection[str] = (),
    ) -> list[Card]:
        """Return the next cards in order, at most ``limit``.

        Parameters
        ----------
        asked : ndarray of bool, shape (n_issues,)
        order : str
            ``rank`` to find errors (kinds take turns), ``gain_rank`` to improve the next model,
            ``label`` to see the issues of a label together.
        limit : int
        besides : collection of str
            Instances that are left out.
        """
        skipped = np.zeros(len(self.positions.instance_ids), bool)
        at = self.positions.instance_ids.get_indexer(pd.Index(list(besides), dtype="str"))
        skipped[at[at >= 0]] = True
        places = self._in_order(order)
        found: list[int] = []
        for start in range(0, len(places), _BLOCK):
            block = places[start : start + _BLOCK]
            instances = self._instance[block]
            kept = instances[asked[block] & ~skipped[instances]]
            new = pd.unique(kept)[: limit - len(found)]
            skipped[new] = True
            found += new.tolist()
            if len(found) >= limit:
                break
        return [self._card(instance, asked, order) for instance in found]

    def rows_of(self, instance_id: str) -> NDArray[np.int64]:
        """Return the rows of the issue table about an instance."""
        at = position_of(self.positions.instance_ids, instance_id)
        if at < 0:
            return np.empty(0, np.int64)
        return self._by_instance[self._starts[at] : self._starts[at + 1]]

    def text_of(self, instance_id: str) -> str:
        """Return the text of an instance; its id where the texts are not known."""
        at = position_of(self.positions.instance_ids, instance_id)
        if at < 0 or "text" not in self._instances:
            return instance_id
        text = self._instances["text"].iloc[at]
        return text if isinstance(text, str) else instance_id

    def _card(self, instance: int, asked: NDArray[np.bool_], order: QueueOrder) -> Card:
        start, end = self._starts[instance : instance + 2]
        rows = self._by_instance[start:end]
        rows = rows[np.argsort(self._places(order)[rows], kind="stable")]
        names = self.positions.label_ids.take(self._label[rows])
        wanted = asked[rows]
        return Card(
            str(self.positions.instance_ids[instance]),
            tuple(map(str, names[wanted])),
            tuple(map(str, names[~wanted])),
        )

    @cached_property
    def _by_instance(self) -> NDArray[np.int64]:
        return np.argsort(self._instance, kind="stable")

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        counts = np.bincount(self._instance, minlength=len(self.positions.instance_ids))
        return np.concatenate([[0], np.cumsum(counts)])

    def _in_order(self, order: QueueOrder) -> NDArray[np.int64]:
        """Return the rows of the issue table in the order of asking."""
        if order not in self._orders:
            self._orders[order] = self._sorted(order)
        return self._orders[order]

    def _places(self, order: QueueOrder) -> NDArray[np.int64]:
        """Return the place of each row of the issue table in the order of asking."""
        if order not in self._places_of:
            rows = self._in_order(order)
            places = np.empty_like(rows)
            places[rows] = np.arange(len(rows))
            # Other threads see it now.
            self._places_of[order] = places
        return self._places_of[order]

    def _sorted(self, order: QueueOrder) -> NDArray[np.int64]:
        kinds, _ = pd.factorize(self._columns["kind"], sort=True)
        if order != "label":
            return np.lexsort((kinds, _column(self._columns, order).to_numpy()))
        by_rank = self._in_order("rank")
        # A label stands where its best ranked issue does.
        first = np.full(len(self.positions.label_ids), len(self))
        np.minimum.at(first, self._label[by_rank], np.arange(len(by_rank)))
        return by_rank[np.argsort(first[self._label[by_rank]], kind="stable")]

    def _contains(self, text: str) -> NDArray[np.bool_]:
        # A query's id is its normal form; the raw text serves where ids are keys.
        ids = pd.Series(self.positions.instance_ids)
        found = ids.str.contains(normalise(text), regex=False)
        if "text" in self._instances:
            raw = self._instances["text"].str.contains(
                text.strip(), case=False, regex=False, na=False
            )
            found |= raw.to_numpy(dtype=bool)
        return found.to_numpy(dtype=bool)


def _check_columns(frame: pd.DataFrame, names: list[str], what: str) -> None:
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise InputError(f"{what}: columns {absent} are missing, found {frame.columns.tolist()}")


def _about(ids: pd.Index, table: pd.DataFrame | None, columns: list[str]) -> pd.DataFrame:
    """Return the rows of the ids; null where the table lacks one."""
    if table is None:
        return pd.DataFrame(index=range(len(ids)))
    key = "instance_id" if "text" in columns else "label_id"
    _check_columns(table, [key, *columns], f"table of {key}s")
    # Hash the flagged ids, not the whole table, which may be many times longer.
    flagged = ids.get_indexer(pd.Index(table[key]))
    rows = np.flatnonzero(flagged >= 0)
    position = np.full(len(ids), -1)
    position[flagged[rows]] = rows
    kept = table.drop(columns=key).reset_index(drop=True)
    return kept.reindex(position).reset_index(drop=True)


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table.columns:
        raise ValueError(f"cannot filter or order by {name}: the queue was built without it")
    return table[name]


def _equal(table: pd.DataFrame, column: str, wanted: str) -> NDArray[np.bool_]:
    return (_column(table, column) == wanted).to_numpy(dtype=bool, na_value=False)


def _between(table: pd.DataFrame, column: str, low: int, high: int) -> NDArray[np.bool_]:
    return _column(table, column).between(low, high).to_numpy(dtype=bool, na_value=False)
