"""Which given pairs could be judged, and why others could not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix
from workbench.report import Report

TOO_RARE = "label is given to too few instances"
NOT_SCORED = "pair has no out-of-sample score"


@dataclass(frozen=True, eq=False)
class Coverage:
    """How much of the data the issues speak about.

    Parameters
    ----------
    n_given, n_given_judged : int
        Given pairs, and those among which wrong labels were looked for.
    n_candidates : int
        Pairs that are not given and among which missing labels were looked for.
    unjudged : pd.DataFrame
        ``label_id, support, n_pairs, reason``: given pairs that were not judged, by label.
    """

    n_given: int
    n_given_judged: int
    n_candidates: int
    unjudged: pd.DataFrame

    def to_report(self) -> Report:
        """Return the same as counts with examples."""
        report = Report()
        report.count("given pairs judged", self.n_given_judged)
        report.count("candidates for a missing label judged", self.n_candidates)
        for reason, part in self.unjudged.groupby("reason"):
            n_pairs, examples = int(part["n_pairs"].sum()), part["label_id"].tolist()
            report.count(f"given pairs not judged: {reason}", n_pairs, examples)
        return report


def measure_coverage(given: LabelMatrix, ranked: Pairs, min_support: int) -> Coverage:
    """Return the coverage of the pairs that are ranked.

    Parameters
    ----------
    given : LabelMatrix
    ranked : Pairs
    min_support : int
        Labels with fewer given pairs were left out.
    """
    n_labels = len(given.label_ids)
    support = given.support()
    n_left = support - np.bincount(ranked.columns[ranked.given], minlength=n_labels)
    left = np.flatnonzero(n_left)
    unjudged = pd.DataFrame(
        {
            "label_id": given.label_ids.take(left),
            "support": support[left],
            "n_pairs": n_left[left],
            "reason": pd.Series(
                np.where(support[left] < min_support, TOO_RARE, NOT_SCORED), dtype="str"
            ),
        }
    )
    n_judged = int(ranked.given.sum())
    return Coverage(given.n_given, n_judged, len(ranked) - n_judged, unjudged)
