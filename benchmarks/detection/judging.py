"""How good a queue is, kind by kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluate.detection import (
    average_precision,
    calibration_report,
    detection_report,
    hits_in_order,
)
from workbench.evaluate.noise import NoisyLabels
from workbench.evaluate.segments import SEGMENTS, label_segments

BUDGETS = (100, 500, 1000)
# Labels that are given to one to so many instances are looked at on their own.
MOST_OF_FEW = 5
FEW = f"1 to {MOST_OF_FEW}"


def judge(queue: pd.DataFrame, noisy: NoisyLabels) -> dict[str, dict[str, Any]]:
    """Return the figures of the queue of wrong labels and of the queue of missing ones.

    Besides those of `detection_report` the recall at a budget of as many reviews as there are
    errors, the average precision of head, torso and tail labels and of those given to one to five
    instances on their own, and where the queue has a ``label_quality`` those of
    `calibration_report`. A kind without errors is left out.
    """
    given = noisy.given
    n_absent = given.values.shape[0] * given.values.shape[1] - given.n_given
    report = detection_report(
        queue,
        wrong=noisy.wrong,
        missing=noisy.missing,
        n_given=given.n_given,
        n_absent=n_absent,
        budgets=BUDGETS,
    )
    support = pd.Series(given.support(), index=given.label_ids)
    segments = pd.Series(label_segments(given.support()), index=given.label_ids)
    is_few = support.between(1, MOST_OF_FEW)
    figures = {}
    for kind, truth in (("wrong", noisy.wrong), ("missing", noisy.missing)):
        if truth.empty:
            continue
        ranked = queue[queue["kind"] == kind].sort_values("rank")
        hits = hits_in_order(ranked, truth)
        found: dict[str, Any] = report.loc[kind].to_dict()
        found["recall_at_as_many"] = float(hits[: len(truth)].sum() / len(truth))
        for part in (*SEGMENTS, FEW):
            inside = is_few if part == FEW else segments == part
            n_true = int(inside.loc[truth["label_id"]].sum())
            found[f"n_true_{part}"] = n_true
            if n_true:
                mine = hits[inside.loc[ranked["label_id"]].to_numpy()]
                found[f"average_precision_{part}"] = average_precision(mine, n_true)
        if "label_quality" in ranked:
            found |= calibration_report(1 - ranked["label_quality"].to_numpy(np.float64), hits)
        figures[kind] = found
    return figures
