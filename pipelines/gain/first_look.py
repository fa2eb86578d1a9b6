"""What is scored and ranked before anything is decided, once for all ways."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from pipelines.gain.desk import Desk
from pipelines.gain.lesson import Lesson, Tools
from pipelines.gain.queue import Queue, make_queue
from workbench.issues.comparison import draw_comparison_pairs
from workbench.model import OutOfSample, out_of_fold

_N_FOLDS, _TOP_K = 5, 20


class FirstLook:
    """The queues and scores of the labels as they were given, made when they are asked for.

    Parameters
    ----------
    lesson : Lesson
    tools : Tools
    seed : int
    """

    def __init__(self, lesson: Lesson, tools: Tools, seed: int) -> None:
        self.lesson, self.tools, self.seed = lesson, tools, seed

    @cached_property
    def queue(self) -> Queue:
        """Our queue, of the scores that are configured."""
        return make_queue(Desk(self.lesson), self.tools, self.seed)

    @cached_property
    def queue_of_folds(self) -> Queue:
        """Our queue, of five folds."""
        tools = replace(self.tools, score=lambda *_: self.folds)
        return make_queue(Desk(self.lesson), tools, self.seed)

    @cached_property
    def folds(self) -> OutOfSample:
        """Scores of five folds, each row by a model that did not see it."""
        given = self.lesson.given
        return out_of_fold(
            self.tools.make_model(self.seed),
            self.lesson.X,
            given.values.astype(np.float32),
            n_folds=_N_FOLDS,
            top_k=_TOP_K,
            random_state=self.seed,
            also=draw_comparison_pairs(given, self.lesson.labels),
        )
