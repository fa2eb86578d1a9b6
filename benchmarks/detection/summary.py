"""Means over seeds with intervals, and paired ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

_LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and the interval of 95 % around it; not a number for a single seed."""

    middle: float
    low: float
    high: float

    def told(self) -> str:
        """Return the three numbers, or the mean alone of a single seed."""
        if np.isnan(self.low):
            return f"{self.middle:.3f}"
        return f"{self.middle:.3f} ({self.low:.3f} to {self.high:.3f})"


class Figures:
    """The records, asked by data set, world, queue and kind.

    Parameters
    ----------
    records : sequence of dict
    """

    def __init__(self, records: Sequence[dict[str, Any]]) -> None:
        self.records = sorted(records, key=lambda record: int(record["seed"]))

    def of(self, data_set: str, world: str, queue: str, kind: str) -> list[dict[str, Any]]:
        """Return the figures of all seeds that have the queue and kind, each with its seed."""
        asked = {"data_set": data_set, "world": world}
        of_queue = [
            (record["seed"], record["queues"].get(queue, {}))
            for record in self.records
            if asked.items() <= record.items()
        ]
        return [found[kind] | {"seed": seed} for seed, found in of_queue if kind in found]

    def measured(self) -> list[tuple[str, str, str]]:
        """Return every data set, world and kind that was measured."""
        return sorted(
            {
                (record["data_set"], record["world"], kind)
                for record in self.records
                for found in record["queues"].values()
                for kind in ("wrong", "missing")
                if kind in found
            }
        )


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean with Student's interval."""
    middle = float(np.mean(values)) if len(values) else float("nan")
    if len(values) < 2:
        return Interval(middle, float("nan"), float("nan"))
    reach = float(student.ppf((1 + _LEVEL) / 2, len(values) - 1))
    reach *= float(np.std(values, ddof=1)) / len(values) ** 0.5
    return Interval(middle, middle - reach, middle + reach)


def interval(values: Sequence[float]) -> str:
    """Return the mean and its interval as they are told."""
    return mean_interval(values).told()


def ratio(ours: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> Interval:
    """Return the geometric mean of the ratio of average precisions over the seeds of both."""
    of_seed = {other["seed"]: other["average_precision"] for other in others}
    logs = [
        float(np.log(one["average_precision"] / of_seed[one["seed"]]))
        for one in ours
        if one["seed"] in of_seed
    ]
    found = mean_interval(logs)
    middle, low, high = (float(np.exp(v)) for v in (found.middle, found.low, found.high))
    return Interval(middle, low, high)
