"""What models learn from the labels at each budget, on clean labels of other instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.gain.first_look import FirstLook
from pipelines.gain.lesson import Lesson, Tools
from pipelines.gain.ways import spend
from workbench.evaluate.propensity import propensities
from workbench.evaluate.ranking import precision_at_k, psp_at_k
from workbench.matrices import LabelMatrix

KS = (1, 3, 5)
MEASURES = (*(f"P@{k}" for k in KS), *(f"PSP@{k}" for k in KS))
NOISY, CLEAN = "before", "full cleaning"
# The mean of several trainings is told, for that of one differs by 0.1 to 0.25 points; with many
# given pairs one tells a point well enough.
_N_TRAININGS, _MANY = 3, 100_000


def measure_ways(
    lesson: Lesson,
    tools: Tools,
    ways: Sequence[str],
    shares: Sequence[float],
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return a row a way and budget: what was done, and what models learn from it.

    Parameters
    ----------
    lesson : Lesson
    tools : Tools
    ways : sequence of str
        Among :data:`pipelines.gain.ways.WAYS`.
    shares : sequence of float
        Budgets of decisions as shares of the given pairs, ascending.
    seed : int
        Of the clusters, folds and what falls by chance.
    progress : callable, optional
        Called with the points done and in all.

    Returns
    -------
    pd.DataFrame
        ``way, share, asked, found, unseen, spoilt`` (see :class:`pipelines.gain.desk.Tally`) and
        the ``MEASURES`` in [0, 1]. ``before`` has the share 0, ``full cleaning`` none.
    """
    total, rows = len(ways) * len(shares) + 2, []
    budgets = [round(share * lesson.given.n_given) for share in shares]

    def add(way: str, share: float, labels: LabelMatrix, **done: int) -> None:
        found = dict(zip(MEASURES, _measure(lesson, tools, labels, seed), strict=True))
        rows.append({"way": way, "share": share, **done, **found})
        if progress is not None:
            progress(len(rows), total)

    look = FirstLook(lesson, tools, seed)
    add(NOISY, 0.0, lesson.given)
    add(CLEAN, np.nan, lesson.truth)
    for way in ways:
        spent = spend(way, look, budgets)
        for share, (tally, labels) in zip(shares, spent, strict=True):
            add(way, share, labels, **vars(tally))
    return pd.DataFrame(rows)


def _measure(lesson: Lesson, tools: Tools, labels: LabelMatrix, seed: int) -> NDArray[np.float64]:
    """Return the ``MEASURES`` of models trained on these labels, the mean over trainings."""
    truth = lesson.truth_test.values
    propensity = propensities(lesson.truth.values)
    n_trainings = 1 if lesson.given.n_given > _MANY else _N_TRAININGS
    Y, found = csr_array(labels.values.astype(np.float32)), []
    for i in range(n_trainings):
        model = tools.make_model(n_trainings * seed + i).fit(lesson.X, Y)
        predicted = model.predict(lesson.X_test, k=max(KS))
        found.append(
            [precision_at_k(predicted, truth, k) for k in KS]
            + [psp_at_k(predicted, truth, k, propensity) for k in KS]
        )
    return np.asarray(np.mean(found, axis=0), np.float64)
