"""Which instance a reviewer sees next, with all its flagged labels on one card."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.text import normalise

QueueOrder = Literal["rank", "gain_rank"]


@dataclass(frozen=True)
class QueueFilter:
    """Which issues a reviewer is asked about; what is not set admits everything.

    Parameters
    ----------
    kind : str, optional
        ``wrong`` or ``missing``.
    attribute, label_id, split, pattern_id : str, optional
    text : str
        Found in the instance, whatever its case and width.
    only_undecided : bool
        Leave out the pairs that are decided.
    """

    kind: str | None = None
    attribute: str | None = None
    label_id: str | None = None
    split: str | None = None
    pattern_id: str | None = None
    text: str = ""
    only_undecided: bool = True


EVERYTHING_UNDECIDED = QueueFilter()


@dataclass(frozen=True, eq=False)
class Card:
    """One instance and everything that was flagged about it.

    Parameters
    ----------
    instance_id : str
    position : int
        Place of its best issue that is asked, in the order of the whole queue; pass it as
        ``after`` to go on behind this card.
    issues : pd.DataFrame
        All flagged labels of the instance, best rank first: the columns of the issue table and
        ``decided`` and ``asked`` (bool; asked = the filter admits it).
    """

    instance_id: str
    position: int
    issues: pd.DataFrame


class ReviewQueue:
    """The issues in the order in which they deserve a look.

    The unit of work is a card: an instance with all its flagged labels, placed where its best
    ranked issue stands. Equal ranks of two kinds take turns.

    Parameters
    ----------
    issues : pd.DataFrame
        The issue table. The order of its rows settles equal ranks.
    decided : pd.DataFrame
        Columns instance_id, label_id: the pairs with a verdict.
    instances : pd.DataFrame, optional
        Columns instance_id, text, split. Without it, text is searched in the instance ids and
        splits are unknown.
    labels : pd.DataFrame, optional
        Columns label_id, attribute. Without it attributes are unknown.
    order : str
        The column of ``issues`` with the ranks: ``rank`` to find errors, a kind each, or
        ``gain_rank`` to improve the next model, both kinds in one.

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
    >>> queue = ReviewQueue(issues, decided=issues.head(1))
    >>> [(card.instance_id, card.issues["asked"].tolist()) for card in queue.cards()]
    [('blue cap', [True]), ('red shoe', [False, True])]
    """

    def __init__(
        self,
        issues: pd.DataFrame,
        decided: pd.DataFrame,
        *,
        instances: pd.DataFrame | None = None,
        labels: pd.DataFrame | None = None,
        order: QueueOrder = "rank",
    ) -> None:
        _check_columns(issues, ["instance_id", "label_id", "kind", order], "issues")
        kinds, _ = pd.factorize(issues["kind"], sort=True)
        in_order = np.lexsort((kinds, issues[order].to_numpy()))
        self._issues = issues.take(in_order).reset_index(drop=True)
        self._instance, self._instance_ids = _codes(self._issues["instance_id"])
        self._label, self._label_ids = _codes(self._issues["label_id"])
        self._instances = _about(self._instance_ids, instances, ["instance_id", "text", "split"])
        self._labels = _about(self._label_ids, labels, ["label_id", "attribute"])
        self._decided = self._are_decided(decided)

    def with_decided(self, decided: pd.DataFrame) -> ReviewQueue:
        """Return the queue of the same issues with other decided pairs; cheap."""
        other = copy.copy(self)
        other._decided = self._are_decided(decided)
        return other

    def select(self, where: QueueFilter = EVERYTHING_UNDECIDED) -> pd.DataFrame:
        """Return the issues that the filter admits, in order, with a column ``decided``."""
        positions = np.flatnonzero(self._admitted(where))
        return self._issues.take(positions).assign(decided=self._decided[positions])

    def cards(
        self,
        where: QueueFilter = EVERYTHING_UNDECIDED,
        *,
        limit: int = 50,
        after: int | None = None,
    ) -> list[Card]:
        """Return the next cards in order, at most ``limit``.

        Parameters
        ----------
        where : QueueFilter
        limit : int
        after : int, optional
            The position of the card that was seen last.
        """
        asked = self._admitted(where)
        best = _first_of_each(np.flatnonzero(asked), self._instance)
        if after is not None:
            best = best[np.searchsorted(best, after, side="right") :]
        best = best[:limit]
        place = np.full(len(self._instance_ids), -1)
        place[self._instance[best]] = np.arange(len(best))
        rows = np.flatnonzero(place[self._instance] >= 0)
        rows = rows[np.argsort(place[self._instance[rows]], kind="stable")]
        shown = self._issues.take(rows).assign(decided=self._decided[rows], asked=asked[rows])
        ends = np.cumsum(np.bincount(place[self._instance[rows]], minlength=len(best)))
        starts = ends - np.diff(ends, prepend=0)
        return [
            Card(
                str(self._instance_ids[self._instance[position]]),
                int(position),
                shown.iloc[start:end].reset_index(drop=True),
            )
            for position, start, end in zip(best, starts, ends, strict=True)
        ]

    def next_card(
        self, where: QueueFilter = EVERYTHING_UNDECIDED, *, after: int | None = None
    ) -> Card | None:
        """Return the next card, None at the end of the queue."""
        cards = self.cards(where, limit=1, after=after)
        return cards[0] if cards else None

    def counts(self, where: QueueFilter = EVERYTHING_UNDECIDED) -> pd.DataFrame:
        """Return how much is done and to do, one row a kind.

        Returns
        -------
        pd.DataFrame
            Columns kind, n_issues, n_decided, n_undecided and n_cards (instances with an undecided
            issue); ``only_undecided`` of the filter does not matter.
        """
        admitted = self._matching(where)
        rows = pd.DataFrame(
            {
                "kind": self._issues["kind"].to_numpy()[admitted],
                "instance": self._instance[admitted],
                "decided": self._decided[admitted],
            }
        )
        open_rows = rows[~rows["decided"]]
        table = rows.groupby("kind").agg(n_issues=("decided", "size"), n_decided=("decided", "sum"))
        table["n_undecided"] = table["n_issues"] - table["n_decided"]
        table["n_cards"] = open_rows.groupby("kind")["instance"].nunique()
        return table.fillna(0).astype("int64").reset_index()

    def _admitted(self, where: QueueFilter) -> NDArray[np.bool_]:
        admitted = self._matching(where)
        return admitted & ~self._decided if where.only_undecided else admitted

    def _matching(self, where: QueueFilter) -> NDArray[np.bool_]:
        admitted = np.ones(len(self._issues), bool)
        if where.kind is not None:
            admitted &= _equal(self._issues, "kind", where.kind)
        if where.pattern_id is not None:
            admitted &= _equal(self._issues, "pattern_id", where.pattern_id)
        if where.label_id is not None:
            admitted &= (self._label_ids == where.label_id)[self._label]
        if where.attribute is not None:
            admitted &= _equal(self._labels, "attribute", where.attribute)[self._label]
        if where.split is not None:
            admitted &= _equal(self._instances, "split", where.split)[self._instance]
        if where.text.strip():
            admitted &= self._contains(where.text)[self._instance]
        return admitted

    def _contains(self, text: str) -> NDArray[np.bool_]:
        # A query's id is its normal form; the raw text serves where ids are keys.
        found = pd.Series(self._instance_ids).str.contains(normalise(text), regex=False)
        if "text" in self._instances:
            raw = self._instances["text"].str.contains(
                text.strip(), case=False, regex=False, na=False
            )
            found |= raw.to_numpy(dtype=bool)
        return found.to_numpy(dtype=bool)

    def _are_decided(self, decided: pd.DataFrame) -> NDArray[np.bool_]:
        _check_columns(decided, ["instance_id", "label_id"], "decided pairs")
        instance = self._instance_ids.get_indexer(pd.Index(decided["instance_id"]))
        label = self._label_ids.get_indexer(pd.Index(decided["label_id"]))
        known = (instance >= 0) & (label >= 0)
        width = np.int64(len(self._label_ids))
        pairs = pd.Series(self._instance * width + self._label)
        wanted = instance[known].astype(np.int64) * width + label[known]
        return pairs.isin(wanted).to_numpy(dtype=bool)


def _check_columns(frame: pd.DataFrame, names: list[str], what: str) -> None:
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise InputError(f"{what}: columns {absent} are missing, found {frame.columns.tolist()}")


def _codes(ids: pd.Series) -> tuple[NDArray[np.int64], pd.Index]:
    codes, distinct = pd.factorize(ids)
    return codes.astype(np.int64), pd.Index(distinct)


def _about(ids: pd.Index, table: pd.DataFrame | None, columns: list[str]) -> pd.DataFrame:
    """Return the rows of the ids, the first column being their key; null where it lacks one."""
    if table is None:
        return pd.DataFrame(index=range(len(ids)))
    _check_columns(table, columns, f"table of {columns[0]}s")
    # Hash the flagged ids, not the whole table, which may be many times longer.
    flagged = ids.get_indexer(pd.Index(table[columns[0]]))
    rows = np.flatnonzero(flagged >= 0)
    position = np.full(len(ids), -1)
    position[flagged[rows]] = rows
    return table[columns].reset_index(drop=True).reindex(position).reset_index(drop=True)


def _first_of_each(positions: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first position of every code, in ascending order."""
    return positions[~pd.Series(codes[positions]).duplicated().to_numpy()]


def _equal(table: pd.DataFrame, column: str, wanted: str) -> NDArray[np.bool_]:
    if column not in table.columns:
        raise ValueError(f"cannot filter by {column}: the queue was built without it")
    return (table[column] == wanted).to_numpy(dtype=bool, na_value=False)
