"""How good a queue is, kind by kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluate.compare import SEGMENTS, label_segments
from workbench.evaluate.detection import (
    average_precision,
    calibration_report,
    detection_report,
    hits_in_order,
)
from workbench.evaluate.noise import NoisyLabels

BUDGETS = (100, 500, 1000)


def judge(queue: pd.DataFrame, noisy: NoisyLabels) -> dict[str, dict[str, Any]]:
    """Return the figures of the queue of wrong labels and of the queue of missing ones.

    Besides those of `detection_report` the recall at a budget of as many reviews as there are
    errors, the average precision of head, torso and tail labels on their own, and where the queue
    has a ``label_quality`` those of `calibration_report`. A kind without errors is left out.
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
    segments = pd.Series(label_segments(given.support()), index=given.label_ids)
    figures = {}
    for kind, truth in (("wrong", noisy.wrong), ("missing", noisy.missing)):
        if truth.empty:
            continue
        ranked = queue[queue["kind"] == kind].sort_values("rank")
        hits = hits_in_order(ranked, truth)
        found: dict[str, Any] = report.loc[kind].to_dict()
        found["recall_at_as_many"] = float(hits[: len(truth)].sum() / len(truth))
        of_ranked, of_true = (
            segments.loc[frame["label_id"]].to_numpy() for frame in (ranked, truth)
        )
        for segment in SEGMENTS:
            n_true = int((of_true == segment).sum())
            found[f"n_true_{segment}"] = n_true
            if n_true:
                part = hits[of_ranked == segment]
                found[f"average_precision_{segment}"] = average_precision(part, n_true)
        if "label_quality" in ranked:
            found |= calibration_report(1 - ranked["label_quality"].to_numpy(np.float64), hits)
        figures[kind] = found
    return figures
