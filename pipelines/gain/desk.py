"""The truth as the reviewer: what was asked, what was answered, and the labels that come of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.gain.lesson import Lesson
from workbench.matrices import LabelMatrix
from workbench.review.decisions import Verdict

Keys = NDArray[np.int64]


@dataclass
class Tally:
    """What a review cost and did so far.

    Parameters
    ----------
    asked : int
        Decisions of the reviewer: a verdict on a pair, or one on all open pairs of a pattern.
    found : int
        Errors among the pairs that were looked at.
    unseen : int
        Pairs changed without a look: in a batch, or automatically.
    spoilt : int
        Those of them that were right before.
    """

    asked: int = 0
    found: int = 0
    unseen: int = 0
    spoilt: int = 0


class Desk:
    """Answers with the truth, and keeps the labels as they are after every answer.

    A pair is named by one number, its key: row times the number of labels plus column.

    Parameters
    ----------
    lesson : Lesson
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.tally = Tally()
        self._n_labels = len(lesson.given.label_ids)
        self._true = self.keys_of(lesson.truth)
        self._given = self.keys_of(lesson.given)
        self._seen = np.empty(0, np.int64)
        self._batched = np.empty(0, np.int64)

    def keys_of(self, labels: LabelMatrix) -> Keys:
        """Return the keys of the given pairs, ascending."""
        return labels.rows_of_pairs() * self._n_labels + labels.values.indices

    def keys(self, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> Keys:
        """Return the keys of pairs."""
        return rows.astype(np.int64) * self._n_labels + columns

    def is_decided(self, keys: Keys) -> NDArray[np.bool_]:
        """Say which pairs have a verdict, of their own or of a batch."""
        decided = np.isin(keys, self._seen) | np.isin(keys, self._batched)
        return np.asarray(decided, np.bool_)

    def is_true(self, keys: Keys) -> NDArray[np.bool_]:
        """Say which pairs are true: for those that were answered."""
        return np.asarray(np.isin(keys, self._true), np.bool_)

    def answer(self, keys: Keys) -> None:
        """Judge pairs one by one, a decision each."""
        present = np.isin(keys, self._true)
        self.tally.asked += len(keys)
        self.tally.found += int((present != np.isin(keys, self._given)).sum())
        self._seen = np.union1d(self._seen, keys)
        self._change(keys, present)

    def open_of(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of pairs without a verdict."""
        return pairs[~self.is_decided(self._keys_of(pairs))]

    def decide_batch(self, keys: Keys, present: NDArray[np.bool_]) -> None:
        """Give all open pairs of a pattern the verdict of their flag: one decision."""
        self._change_unseen(keys, present)
        self._batched = np.concatenate([self._batched, keys])
        self.tally.asked += 1

    def correct(self, pairs: pd.DataFrame) -> None:
        """Correct pairs that nobody decides, ``instance_id, label_id, verdict``: no decision."""
        present = (pairs["verdict"] == Verdict.PRESENT).to_numpy(bool)
        self._change_unseen(self._keys_of(pairs), present)

    def labels(self) -> LabelMatrix:
        """Return the labels as they are now."""
        given = self.lesson.given
        return LabelMatrix.from_positions(
            self._given // self._n_labels,
            self._given % self._n_labels,
            instance_ids=given.instance_ids,
            label_ids=given.label_ids,
        )

    def reviewed(self) -> pd.DataFrame:
        """Return what was looked at: ``instance_id, label_id, verdict``.

        A batch repeats the flags of pairs that nobody saw: there is nothing to learn from it.
        """
        keys, given = self._seen, self.lesson.given
        verdicts = np.where(np.isin(keys, self._true), Verdict.PRESENT, Verdict.ABSENT)
        return pd.DataFrame(
            {
                "instance_id": given.instance_ids.take(keys // self._n_labels),
                "label_id": given.label_ids.take(keys % self._n_labels),
                "verdict": pd.Series(verdicts, dtype="str"),
            }
        )

    def _keys_of(self, pairs: pd.DataFrame) -> Keys:
        given = self.lesson.given
        rows = given.instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
        return self.keys(rows, given.label_ids.get_indexer(pd.Index(pairs["label_id"])))

    def _change_unseen(self, keys: Keys, present: NDArray[np.bool_]) -> None:
        was, true = np.isin(keys, self._given), np.isin(keys, self._true)
        self.tally.unseen += int((present != was).sum())
        self.tally.spoilt += int(((present != was) & (was == true)).sum())
        self._change(keys, present)

    def _change(self, keys: Keys, present: NDArray[np.bool_]) -> None:
        left = np.setdiff1d(self._given, keys[~present])
        self._given = np.union1d(left, keys[present])
