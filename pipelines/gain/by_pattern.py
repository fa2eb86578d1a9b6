"""Reviewing by pattern: a sample is judged, and the rest decided at once if it allows that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.gain.desk import Desk
from pipelines.gain.lesson import Lesson
from pipelines.gain.queue import Queue, patterns_of
from workbench.review.bounds import least_share_of_rest
from workbench.review.samples import N_SAMPLE, sample_of

# Of a pattern's open pairs so many are right at least, or they are reviewed one by one.
LEAST_SHARE = 0.8


class ByPattern:
    """Spends decisions on the patterns larger than a sample first, then one by one.

    A pattern is left as soon as its sample can no longer promise ``LEAST_SHARE``. A verdict on a
    pair is a decision, and so is the one on the rest of a pattern.

    Parameters
    ----------
    queue : Queue
    lesson : Lesson
    """

    def __init__(self, queue: Queue, lesson: Lesson) -> None:
        self._queue = queue
        frame, self._of_issues = patterns_of(queue, lesson)
        large = np.flatnonzero(frame["n_issues"].to_numpy() > N_SAMPLE)
        self._left = [(int(at), str(frame["pattern_id"][at])) for at in large]

    def spend(self, desk: Desk, budget: int) -> None:
        """Ask until the desk was asked so often."""
        while self._left and budget - desk.tally.asked > N_SAMPLE:
            at, pattern_id = self._left.pop(0)
            self._review(desk, np.flatnonzero(self._of_issues == at), pattern_id)
        left = self._queue.keys[~desk.is_decided(self._queue.keys)]
        desk.answer(left[: budget - desk.tally.asked])

    def _review(self, desk: Desk, members: NDArray[np.int64], pattern_id: str) -> None:
        issues, keys = self._queue.issues, self._queue.keys
        sample = sample_of(pattern_id, issues.iloc[members], N_SAMPLE).index.to_numpy()
        n_wrong = 0
        for at in sample:
            if not desk.is_decided(keys[[at]])[0]:
                desk.answer(keys[[at]])
            n_wrong += int(desk.is_true(keys[[at]])[0] == issues["given"][at])
            if least_share_of_rest(N_SAMPLE - n_wrong, N_SAMPLE, len(members)) < LEAST_SHARE:
                return
        rest = members[~desk.is_decided(keys[members])]
        if len(rest):
            desk.decide_batch(keys[rest], ~issues["given"].to_numpy(bool)[rest])
